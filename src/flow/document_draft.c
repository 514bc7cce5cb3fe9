/* document: the job that drafts one. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/material.h>
#include <assent/flow/memory.h>
#include <assent/store/hold.h>

#include "flow/document_priv.h"
#include "flow/payload.h"
#include "flow/stories.h"

#include <string.h>

/* --- plan ------------------------------------------------------------------------- */

struct drafting {
	struct document_wish wish;
	struct document_matter matter;
};

static const char *
text_of(struct desk *desk, const json_t *payload, const char *name)
{
	const char *text = json_string_value(json_object_get(payload, name));

	return arena_dup(tx_arena(desk->tx), text != NULL ? text : "");
}

static int
read_wish(struct desk *desk, const struct job *job, struct document_wish *out, struct err *err)
{
	json_t *payload = json_loads(job->payload, 0, NULL);
	bool found = document_kind_find(text_of(desk, payload, "kind"), &out->kind) &&
	    id_parse(text_of(desk, payload, "ticket"), &out->ticket);

	out->locale = text_of(desk, payload, "locale");
	out->by = text_of(desk, payload, "by");
	out->force = json_is_true(json_object_get(payload, "force"));
	out->keep = json_is_true(json_object_get(payload, "keep"));
	out->unpaid = json_is_true(json_object_get(payload, "unpaid"));
	out->prompt = NULL;
	json_decref(payload);
	return found ? 0 : err_set(err, ERR_INVALID, "job document names no ticket or no kind");
}

static int
read_job(struct desk *desk, const struct job *job, struct drafting *out, struct err *err)
{
	int rc = read_wish(desk, job, &out->wish, err);

	return rc < 0 ? rc : document_resolve(desk, &out->wish, &out->matter, err);
}

/* While a hold is on nothing leaves, and that is what asking a model does. */
static int
must_wait(struct desk *desk, bool *out, struct err *err)
{
	const char *chain = desk->policy->ai_chain;

	*out = false;
	if (chain == NULL || chain[0] == '\0')
		return 0;
	return hold_get(desk->tx, out, NULL, err);
}

static int
plan_writing(struct desk *desk, struct drafting *d, struct call *call, struct err *err)
{
	struct bundle *bundle = arena_alloc(call->arena, sizeof(*bundle));
	int rc;

	call->kind = CALL_DOCUMENT;
	call->document->writing = (struct writing){
		.kind = d->wish.kind,
		.locale = call->document->key.locale,
		.bundle = bundle,
		.organisation = d->matter.organisation.key,
		.is_offline = d->wish.unpaid,
	};
	rc = document_mark(desk, call->document, err);
	return rc < 0 ? rc : material_read(desk, &d->wish.ticket, d->wish.kind, bundle, err);
}

/* Everything here lies in the call's arena: it is the snapshot's, too. */
int
document_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct document_call *document = arena_alloc(call->arena, sizeof(*document));
	struct drafting d;
	struct document cached;
	int rc = read_job(desk, job, &d, err);

	if (rc == 0)
		rc = must_wait(desk, &document->waits, err);
	if (rc < 0)
		return rc;
	call->document = document;
	document->run = d.matter.run;
	d.wish.prompt = document_prompt(desk, d.wish.kind);
	d.matter.key.prompt = d.wish.prompt;
	document->key = d.matter.key;
	if (document->waits)
		return 0;
	rc = d.wish.force ? 0 : document_find_fresh(desk, &d.matter.key, &cached, err);
	if (rc > 0)
		document->cached = cached.id;
	return rc != 0 ? (rc < 0 ? rc : 0) : plan_writing(desk, &d, call, err);
}

/* --- settle ------------------------------------------------------------------------- */

static size_t
list_of(struct arena *arena, const json_t *array, const char *const **out)
{
	size_t n = json_array_size(array);
	const char **list = arena_alloc(arena, (n + 1) * sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(array, i));
		list[i] = text != NULL ? text : "";
	}
	*out = list;
	return n;
}

static const char *
member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* Inert from here on (flow/memory.h). A ticket that is full of them is no reason to lose the text. */
static int
propose(struct desk *desk, const struct document *document, struct call *call, struct err *err)
{
	json_t *body = json_loads(document->text, 0, NULL);
	const json_t *fix = json_object_get(body, "fix");
	struct memory_proposal proposal = {
		.ticket = document->ticket,
		.title = member(fix, "title"),
		.description = member(fix, "description"),
		.confidence = json_integer_value(json_object_get(fix, "confidence")),
	};
	struct arena *arena = tx_arena(desk->tx);
	int rc;

	proposal.question_count =
	    list_of(arena, json_object_get(body, "questions"), &proposal.questions);
	proposal.action_count = list_of(arena, json_object_get(body, "actions"), &proposal.actions);
	rc = memory_propose(desk, &proposal, err);
	json_decref(body);
	if (rc != ERR_LIMIT)
		return rc;
	call->note = arena_dup(call->arena, err->text);
	call->is_bad_news = true;
	return 0;
}

/* Who is at work is not written over. Ids are in order of time. */
int
document_was_edited(struct desk *desk, const struct job *job, const struct document *key,
    struct document *out, struct err *err)
{
	int rc = document_get(
	    desk->tx, &(struct document_name){ key->ticket, key->kind, key->locale, 0 }, out, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	return out->author[0] != '\0' && out->state_version >= key->state_version &&
	    memcmp(&out->id, &job->id, sizeof(out->id)) > 0;
}

static int
store(struct desk *desk, const struct drafting *d, struct call *call, struct err *err)
{
	const struct document_who who = { d->matter.organisation.key, d->wish.by, d->wish.keep };
	struct document row;
	int rc = document_store(desk, call->document, &who, &row, err);

	if (rc < 0)
		return rc;
	if (d->wish.kind == DOCUMENT_PROPOSAL)
		rc = propose(desk, &row, call, err);
	call->document->stored = row.id;
	return rc;
}

/* The ticket may have moved: what is stored says from which state of it. */
static int
settle_text(struct desk *desk, const struct job *job, const struct drafting *d, struct call *call,
    struct err *err)
{
	struct document edited;
	bool erased = false;
	int rc = document_was_erased(desk, call->document, &erased, err);

	if (erased) {
		call->note = "something was erased meanwhile";
		call->again = desk->now;
		return document_count(desk, call->document, d->matter.organisation.key, err);
	}
	if (rc == 0)
		rc = document_was_edited(desk, job, &call->document->key, &edited, err);
	if (rc <= 0)
		return rc < 0 ? rc : store(desk, d, call, err);
	call->note = "somebody wrote one meanwhile";
	call->document->stored = edited.id;
	return document_count(desk, call->document, d->matter.organisation.key, err);
}

/* Removed since: then it is to be drafted after all. */
static int
settle_cached(struct desk *desk, const struct drafting *d, struct call *call, struct err *err)
{
	const struct id *id = &call->document->cached;
	int rc = document_use(desk->tx, id, desk->now, err);

	if (rc == 0 && d->wish.keep)
		rc = document_keep(desk->tx, id, err);
	call->note = "it was there";
	call->document->stored = *id;
	if (rc != ERR_NOT_FOUND)
		return rc;
	call->document->stored = (struct id){ { 0 } };
	call->again = desk->now;
	return 0;
}

static int
tell_next(struct desk *desk, const struct drafting *d, const struct call *call, struct err *err)
{
	const struct document_name name = { d->wish.ticket, call->document->key.kind,
		call->document->key.locale, 0 };
	struct document document;
	int rc;

	if (d->wish.kind != DOCUMENT_HANDOFF || id_is_null(&call->document->stored))
		return 0;
	rc = document_get(desk->tx, &name, &document, err);
	return rc < 0 ? rc : closing_handoff(desk, &d->wish.ticket, &document, err);
}

int
document_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct drafting d;
	int rc = call->rc;

	if (rc < 0)
		return err_set(err, rc, "%s", call->err.text);
	if (call->document->waits) {
		call->again = desk->now + MS_MINUTE;
		return 0;
	}
	rc = read_job(desk, job, &d, err);
	if (rc < 0)
		return rc;
	rc = id_is_null(&call->document->cached) ? settle_text(desk, job, &d, call, err)
						 : settle_cached(desk, &d, call, err);
	return rc < 0 ? rc : tell_next(desk, &d, call, err);
}

/* Who takes the ticket over is told all the same. */
int
document_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct drafting d;
	int rc = read_job(desk, job, &d, err);

	(void)call;
	if (rc < 0 || d.wish.kind != DOCUMENT_HANDOFF)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return closing_handoff(desk, &d.wish.ticket, NULL, err);
}
