/* ask, second half: the summaries are drafted, and the mail goes out. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/material.h>
#include <assent/flow/notice.h>
#include <assent/store/hold.h>

#include "flow/ask_priv.h"
#include "flow/document_priv.h"
#include "flow/payload.h"
#include "flow/record.h"
#include "flow/standin_priv.h"
#include "flow/stories.h"

#include <string.h>

#define PATIENCE (2 * MS_MINUTE) /* with a ticket that moves while its summary is drafted */

/*
 * The newest of the ticket as it is, whoever wrote it and however: what the
 * engineer saw or edited before is what the owner is shown.
 */
static int
find_summary(struct desk *desk, const struct matter *m, struct document *out, struct err *err)
{
	const char *locale = m->organisation.locale;
	const struct document_name name = { m->ticket.id, document_kind_name(DOCUMENT_SUMMARY),
		locale[0] != '\0' ? locale : desk->policy->locale, 0 };
	int rc = document_get(desk->tx, &name, out, err);

	if (rc == 0 && out->state_version != m->ticket.state_version)
		rc = err_set(err, ERR_NOT_FOUND, "the ticket moved since");
	return rc;
}

static int
plan_writing(struct desk *desk, const struct matter *m, struct document_call *out, struct err *err)
{
	struct bundle *bundle = arena_alloc(tx_arena(desk->tx), sizeof(*bundle));
	int rc = material_read(desk, &m->ticket.id, DOCUMENT_SUMMARY, bundle, err);

	bundle->question = m->approval.question;
	out->writing = (struct writing){ .kind = DOCUMENT_SUMMARY,
		.locale = out->key.locale,
		.bundle = bundle,
		.organisation = m->organisation.key };
	return rc;
}

/*
 * A ticket that moves with every mail would be drafted again and again, each
 * time for money, and its question never put: after a while no model is asked
 * about it, which takes no time in which it could move.
 */
static int
moves_on(struct desk *desk, const struct job *job, const struct document *key, bool *out,
    struct err *err)
{
	const struct document_name name = { key->ticket, key->kind, key->locale, 0 };
	struct document last;
	int rc = document_get(desk->tx, &name, &last, err);

	*out = rc == 0 && last.created >= job->created && desk->now - job->created > PATIENCE;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* 1: there is one to be drafted. */
static int
plan_draft(struct desk *desk, const struct job *job, const struct matter *m,
    struct document_call *out, struct err *err)
{
	const struct document_wish wish = { .ticket = m->ticket.id,
		.kind = DOCUMENT_SUMMARY,
		.locale = "",
		.by = m->approval.requested_by,
		.prompt = document_prompt(desk, DOCUMENT_SUMMARY) };
	struct document_matter about;
	struct document there;
	int rc = document_resolve(desk, &wish, &about, err);

	if (rc == 0)
		rc = document_find_fresh(desk, &about.key, &there, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	out->run = about.run;
	out->key = about.key;
	rc = document_mark(desk, out, err);
	if (rc == 0)
		rc = plan_writing(desk, m, out, err);
	if (rc == 0)
		rc = moves_on(desk, job, &out->key, &out->writing.is_offline, err);
	out->writing.is_offline |= payload_says(job, ASK_UNPAID);
	return rc < 0 ? rc : 1;
}

int
ask_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters;
	bool held = false;
	int rc = payload_matters(desk, job, &matters, err);

	if (rc == 0)
		rc = hold_get(desk->tx, &held, NULL, err);
	if (rc < 0 || held || !desk->clock_trusted)
		return rc;
	call->drafts = arena_alloc(call->arena, (matters.count + 1) * sizeof(*call->drafts));
	for (size_t i = 0; i < matters.count; i++) {
		if (matters.items[i].approval.state != AS_DRAFT)
			continue;
		rc =
		    plan_draft(desk, job, &matters.items[i], &call->drafts[call->draft_count], err);
		if (rc < 0)
			return rc;
		call->draft_count += (size_t)rc;
	}
	call->kind = call->draft_count > 0 ? CALL_DRAFT : CALL_NONE;
	return 0;
}

static int
keep_draft(
    struct desk *desk, const struct job *job, const struct document_call *draft, struct err *err)
{
	const struct document_who who = { draft->writing.organisation, "system", false };
	struct document stored;
	bool erased = false;
	int rc = document_was_erased(desk, draft, &erased, err);

	if (rc == 0 && !erased)
		rc = document_was_edited(desk, job, &draft->key, &stored, err);
	if (rc > 0 || erased)
		return document_count(desk, draft, who.organisation, err);
	return rc < 0 ? rc : document_store(desk, draft, &who, &stored, err);
}

int
ask_add_token(struct desk *desk, enum token_purpose purpose, const struct id *target,
    int64_t generation, struct err *err)
{
	struct token_row row = {
		.of = { purpose, *target, generation, token_newest_key(desk->policy) },
		.open = true,
		.created = desk->now,
	};
	struct token_text text;

	if (!token_derive(desk->policy, &row.of, &text) ||
	    !token_hash(text.text, strlen(text.text), row.hash))
		return err_set(err, ERR_INVALID, "the tokens of a question could not be made");
	return token_add(desk->tx, &row, err);
}

static int
add_tokens(struct desk *desk, const struct matter *m, struct err *err)
{
	bool single = id_is_null(&m->approval.batch);
	int rc = ask_add_token(desk, TOKEN_LINK, &m->ballot.id, m->ballot.generation, err);

	if (rc == 0 && single)
		rc = ask_add_token(desk, TOKEN_REPLY, &m->ballot.id, m->ballot.generation, err);
	if (rc == 0 && !single)
		rc = ask_add_token(desk, TOKEN_BATCH_REPLY, &m->approval.batch, 1, err);
	return rc < 0 ? err_wrap(err, rc, "tokens of a question") : 0;
}

/* Fix what is put to the person; from here on it binds (invariant 9). */
static int
fix_asked(struct desk *desk, struct matter *m, struct asked *asked, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct document document;
	int rc = find_summary(desk, m, &document, err);

	if (rc == 0)
		rc = message_last_seq(desk->tx, &m->ticket.id, &m->approval.asked_seq, err);
	if (rc == 0)
		rc = ask_snapshot(desk, &m->approval, m->ballot.person_email, asked, err);
	if (rc < 0)
		return rc;
	json_t *json = asked_to_json(asked);
	m->approval.asked = view_dump(arena, json);
	json_decref(json);
	asked_hash(asked, m->approval.asked_hash);
	rc = document_keep(desk->tx, &document.id, err);
	if (rc < 0)
		return rc;
	m->approval.summary = document_summary_json(desk, &document);
	m->approval.asked_at = desk->now;
	m->approval.deadline = matter_add_days(desk, m, desk->now, desk->policy->expire_after_days);
	return approval_set_asked(desk->tx, &m->approval, err);
}

static int
ledger_asked(struct desk *desk, const struct matter *m, const struct asked *asked, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "ticket", notice_mark(desk, m->ticket.ref) },
		{ "organisation", m->organisation.key },
		{ "approver", asked->approver },
		{ "on_behalf_of", record_maybe(m->ballot.on_behalf_of) },
		{ "question", asked->question },
		{ "title", asked->title },
		{ "request", asked->request },
		{ "summary", m->approval.summary },
		{ "requested_by", m->approval.requested_by },
		{ "asked_hash", record_hex(desk, m->approval.asked_hash) },
	};

	return record_ledger(desk,
	    &(struct record_entry){ "asked", m->approval.id, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

int
ask_put_to(struct desk *desk, const struct matter *m, struct err *err)
{
	json_t *json = json_loads(m->approval.asked, 0, NULL);
	struct asked asked;
	int rc = asked_from_json(json, tx_arena(desk->tx), &asked, err);

	json_decref(json);
	if (rc == 0)
		rc = add_tokens(desk, m, err);
	if (rc == 0)
		rc = ledger_asked(desk, m, &asked, err);
	return rc < 0 ? rc : ask_send_single(desk, m, &(struct ask_extra){ .flag = NULL }, err);
}

static int
move_to_sent(struct desk *desk, struct matter *m, struct err *err)
{
	enum approval_state to;
	unsigned effects;
	int rc;

	if (!approval_step(m->approval.state, AE_ASK, &to, &effects))
		return err_set(err, ERR_CONFLICT, "not a draft");
	rc = approval_move(desk->tx, &m->approval.id, m->approval.state, to, desk->now, err);
	if (rc == 0)
		rc = closing_of_owner(desk, &m->ticket.id, TICKET_DO_ASK, err);
	if (rc < 0)
		return rc;
	m->approval.state = to;
	return record_event(desk, &m->ticket.id,
	    &(struct record_change){ "approval.state", m->approval.requested_by,
		approval_state_name(AS_DRAFT), approval_state_name(to) },
	    err);
}

static int
put_one(struct desk *desk, struct matter *m, const char **old_question, struct err *err)
{
	struct asked asked;
	int rc = ask_supersede(desk, m, old_question, err);

	if (rc == 0)
		rc = fix_asked(desk, m, &asked, err);
	if (rc == 0)
		rc = move_to_sent(desk, m, err);
	if (rc == 0)
		rc = add_tokens(desk, m, err);
	return rc < 0 ? rc : ledger_asked(desk, m, &asked, err);
}

static int
queue_timers(struct desk *desk, const struct matter *m, struct err *err)
{
	int days = desk->policy->remind_after_days;
	utc_ms remind = matter_add_days(desk, m, desk->now, days);
	int rc = 0;

	if (days > 0 && remind < m->approval.deadline)
		rc = ask_queue(desk, &m->approval, "remind", remind, err);
	return rc < 0 ? rc : ask_queue(desk, &m->approval, "expire", m->approval.deadline, err);
}

/* What the stale question said and this one says, when this one was asked because of it. */
static int
find_changes(struct desk *desk, const struct matter *m, json_t **out, struct err *err)
{
	struct approval stale;
	struct asked before, after;
	json_t *json;
	int rc;

	*out = NULL;
	if (id_is_null(&m->approval.replaces))
		return 0;
	rc = approval_get(desk->tx, &m->approval.replaces, &stale, err);
	if (rc < 0)
		return rc;
	json = json_loads(stale.asked, 0, NULL);
	rc = asked_from_json(json, tx_arena(desk->tx), &before, err);
	if (rc == 0)
		rc = ask_snapshot(desk, &m->approval, m->ballot.person_email, &after, err);
	if (rc == 0)
		*out = asked_changes(&before, &after);
	json_decref(json);
	return rc;
}

static int
send_one(struct desk *desk, struct matter *m, const char *old_question, struct err *err)
{
	struct ask_extra extra = { .replaces = old_question };
	int rc = find_changes(desk, m, &extra.changes, err);

	if (rc == 0)
		rc = ask_send_single(desk, m, &extra, err);
	json_decref(extra.changes);
	return rc;
}

static int
send_all(
    struct desk *desk, struct matter *sent, size_t n, const char *old_question, struct err *err)
{
	const struct ask_extra extra = { .replaces = old_question };
	int rc;

	if (id_is_null(&sent[0].approval.batch))
		return send_one(desk, &sent[0], old_question, err);
	rc = batch_set_asked(desk->tx, &sent[0].approval.batch, desk->now, err);
	return rc < 0 ? rc : ask_send_batch(desk, sent, n, &extra, err);
}

static int
put_all(struct desk *desk, const struct payload_matters *matters, struct err *err)
{
	const char *old_question = NULL;
	struct matter *sent = arena_alloc(tx_arena(desk->tx), (matters->count + 1) * sizeof(*sent));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < matters->count; i++) {
		if (matters->items[i].approval.state != AS_DRAFT)
			continue;
		rc = put_one(desk, &matters->items[i], &old_question, err);
		if (rc < 0)
			return rc;
		sent[n++] = matters->items[i];
	}
	if (n == 0)
		return 0;
	rc = queue_timers(desk, &sent[0], err);
	if (rc < 0)
		return rc;
	rc = send_all(desk, sent, n, old_question, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = standin_check(desk, &sent[i], err);
	return rc;
}

/*
 * Its deadline would be of a clock that nobody believes. Why a failure: that is
 * what is tried again as soon as the clock is believed.
 */
static int
wait_for_clock(struct call *call, struct err *err)
{
	call->is_patient = true;
	return err_set(err, ERR_BUSY,
	    "the clock of this machine is not believed, and a question has a deadline; "
	    "see assent clock accept");
}

int
ask_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters = { 0 };
	struct document document;
	bool held = false;
	int rc = call->rc;

	if (rc < 0)
		return err_set(err, rc, "%s", call->err.text);
	if (!desk->clock_trusted)
		return wait_for_clock(call, err);
	rc = hold_get(desk->tx, &held, NULL, err);
	if (rc == 0 && held) {
		/* Its deadline would run while its mail may not leave. */
		call->again = desk->now + MS_MINUTE;
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < call->draft_count; i++)
		rc = keep_draft(desk, job, &call->drafts[i], err);
	if (rc == 0)
		rc = payload_matters(desk, job, &matters, err);
	for (size_t i = 0; rc == 0 && i < matters.count; i++) {
		if (matters.items[i].approval.state != AS_DRAFT ||
		    find_summary(desk, &matters.items[i], &document, err) == 0)
			continue;
		call->again = desk->now; /* the ticket moved while we drafted */
		return 0;
	}
	return rc < 0 ? rc : put_all(desk, &matters, err);
}
