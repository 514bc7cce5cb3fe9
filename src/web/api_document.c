/* api: /tickets/{ticket}/documents. A GET never drafts; a POST may cost money. */
#include <assent/base/bucket.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/document.h>
#include <assent/store/ticket.h>

#include "web/api_priv.h"

#include <string.h>

#define TICKET "/api/v1/tickets/{}"
#define PAUSE_MAX ((span_ms)3600) /* seconds */

/* --- what is answered --------------------------------------------------------- */

static json_t *
document_view(struct desk *desk, const struct ticket *ticket, const struct document *d)
{
	json_t *object = json_object();

	api_set_id(object, "id", &d->id);
	json_object_set_new(object, "target_ticket_ref", api_ref(ticket->ref));
	member_text(object, "kind", d->kind);
	member_text(object, "locale", d->locale);
	json_object_set_new(object, "revision", json_integer(d->revision));
	member_text(object, "text", d->text);
	member_text(object, "label", document_label(desk, d));
	member_text(object, "author", d->author);
	json_object_set_new(object, "drafted_by_ai", json_boolean(d->is_by_ai));
	member_text(object, "provider", d->provider);
	member_text(object, "model", d->model);
	member_text(object, "why_not_by_ai", d->why);
	json_object_set_new(object, "state_version", json_integer(d->state_version));
	json_object_set_new(
	    object, "current", json_boolean(d->state_version == ticket->state_version));
	json_object_set_new(object, "usage", document_usage_json(d));
	member_time(object, "created", d->created);
	return object;
}

static int
answer_stored(struct api *api, struct desk *desk, const struct document *document, struct err *err)
{
	struct ticket ticket = { 0 };
	int rc = ticket_get(desk->tx, &document->ticket, &ticket, err);

	if (rc == 0)
		api->out = document_view(desk, &ticket, document);
	return rc;
}

/* --- what is asked -------------------------------------------------------------- */

static int
find_kind(struct api *api, enum document_kind *out, struct err *err)
{
	if (document_kind_find(api->rq->second, out))
		return 0;
	return err_set(err, ERR_NOT_FOUND,
	    "there is no such kind of document; there are summary, handoff, resolution, proposal "
	    "and notes");
}

/* Ticket, kind and locale; what is wrong with the locale is said with where it stands. */
static int
read_wish(struct api *api, struct desk *desk, const char *locale, struct document_wish *out,
    struct err *err)
{
	int rc = api_find_ticket(api, desk, api->rq->segment, &out->ticket, err);

	out->locale = locale != NULL ? locale : "";
	return rc < 0 ? rc : find_kind(api, &out->kind, err);
}

static int
list_documents(struct api *api, struct desk *desk, struct err *err)
{
	struct document *list = NULL;
	struct ticket ticket = { 0 };
	json_t *items;
	size_t n = 0;
	int rc = api_find_ticket(api, desk, api->rq->segment, &ticket.id, err);

	if (rc == 0)
		rc = ticket_get(desk->tx, &ticket.id, &ticket, err);
	if (rc == 0)
		rc = document_list(desk->tx, &ticket.id, &list, &n, err);
	if (rc < 0)
		return rc;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, document_view(desk, &ticket, &list[i]));
	api->out = json_pack("{s:o}", "items", items);
	return 0;
}

static int
show_document(struct api *api, struct desk *desk, struct err *err)
{
	const char *revision = http_query(api->rq, "revision");
	struct document_wish wish = { .by = "" };
	struct document document = { 0 };
	int64_t n = 0;
	int rc = read_wish(api, desk, http_query(api->rq, "locale"), &wish, err);

	if (rc == 0 && revision != NULL && !num_parse_within(revision, 1, INT64_MAX, &n))
		return api_refuse(api, "invalid", NULL, err, "revision must be a number from 1 on");
	if (rc == 0)
		rc = document_read(desk, &wish, n, &document, err);
	return rc < 0 ? rc : answer_stored(api, desk, &document, err);
}

/* --- drafting --------------------------------------------------------------------- */

/* clang-format off */
static const struct json_field draft_fields[] = {
	{ "locale",	JSON_KIND_TEXT,		false,	DOCUMENT_LOCALE_MAX },
	{ "force",	JSON_KIND_BOOLEAN,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field edit_fields[] = {
	{ "text",	JSON_KIND_TEXT,		true,	DOCUMENT_TEXT_MAX },
	{ "revision",	JSON_KIND_INTEGER,	false,	0 },
	{ "locale",	JSON_KIND_TEXT,		false,	DOCUMENT_LOCALE_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

static int
read_draft(struct api *api, struct desk *desk, struct document_wish *out, struct err *err)
{
	*out = (struct document_wish){
		.force = json_is_true(json_object_get(api->body, "force")),
		.by = api_by(api, desk),
		.prompt = api->prompt,
	};
	return read_wish(api, desk, json_text(api->body, "locale"), out, err);
}

static int
answer_cached(struct api *api, struct desk *desk, const struct document *document, struct err *err)
{
	int rc = answer_stored(api, desk, document, err);

	if (rc == 0)
		json_object_set_new(api->out, "from_cache", json_true());
	return rc;
}

/* A "minute" of these buckets is an hour. */
bool
api_has_drafts(struct api *api)
{
	char id[ID_TEXT_SIZE];

	return bucket_has(
	    api->web->draft_rates, id_text(&api->token.id, id), api->web->boot() / 60);
}

bool
api_take_draft(struct api *api)
{
	char id[ID_TEXT_SIZE];

	return bucket_take(
	    api->web->draft_rates, id_text(&api->token.id, id), api->web->boot() / 60);
}

/* In the step: who joins a draft that is under way pays nothing, and nobody can say so before. */
static int
pay(struct api *api, struct err *err)
{
	int most = api->settings->api_drafts;

	if (api_take_draft(api))
		return 0;
	api->pause = (PAUSE_MAX + most - 1) / most;
	return api_refuse(api, "rate", NULL, err,
	    "this token had more than %d documents drafted in an hour", most);
}

/*
 * On a snapshot, before the step: what is stored is answered without one. Why
 * not with a key: its answer is to be kept.
 */
static int
before_draft(struct api *api, struct desk *desk, struct err *err)
{
	struct document_wish wish;
	struct document document = { 0 };
	int rc;

	api->prompt = NULL;
	rc = read_draft(api, desk, &wish, err);
	if (rc < 0)
		return rc;
	api->prompt = document_prompt(desk, wish.kind);
	wish.prompt = api->prompt;
	rc = wish.force ? 0 : document_cached(desk, &wish, &document, err);
	if (rc > 0 && (api->key != NULL || desk->now - document.used >= DOCUMENT_USED_STEP))
		return 0;
	if (rc > 0)
		rc = answer_cached(api, desk, &document, err);
	if (rc < 0)
		return rc == ERR_INVALID ? api_refuse_part(api, rc, "/locale", err) : rc;
	return api->out != NULL;
}

/* For who would rather wait: the step's memory is gone by then. */
static void
wait_for(struct api *api, const struct document_wish *wish, const char *run)
{
	struct document_wish *copy = arena_alloc(api->rq->arena, sizeof(*copy));

	*copy = (struct document_wish){ .ticket = wish->ticket, .kind = wish->kind, .by = "" };
	copy->locale = arena_dup(api->rq->arena, wish->locale);
	api->wish = copy;
	api->run = arena_dup(api->rq->arena, run);
}

int
api_document_waited(struct api *api, struct desk *desk, struct err *err)
{
	struct document document = { 0 };
	enum document_stand stand = DOCUMENT_NONE;
	int rc = document_look(desk, api->wish, &document, &stand, err);

	if (rc < 0 || stand == DOCUMENT_DRAFTING)
		return rc;
	if (stand == DOCUMENT_NONE)
		return api_refuse(api, "peer", NULL, err,
		    "the document could not be drafted; the operator's log says why");
	json_decref(api->out);
	api->out = NULL;
	api->replay = NULL;
	api->status = 200;
	return answer_stored(api, desk, &document, err);
}

int
api_document_again(struct api *api, struct desk *desk, struct err *err)
{
	struct document_wish wish;
	struct document document = { 0 };
	enum document_stand stand = DOCUMENT_NONE;
	const char *run = "";
	int rc = read_draft(api, desk, &wish, err);

	if (rc == 0)
		rc = document_run_name(desk, &wish, &run, err);
	if (rc == 0)
		rc = document_look(desk, &wish, &document, &stand, err);
	if (rc == 0 && stand == DOCUMENT_DRAFTING)
		wait_for(api, &wish, run);
	if (rc < 0 || stand != DOCUMENT_STORED)
		return rc < 0 ? rc : 1;
	api->replay = NULL;
	api->status = 200;
	rc = answer_stored(api, desk, &document, err);
	return rc < 0 ? rc : 1;
}

static int
answer_drafting(
    struct api *api, struct desk *desk, const struct document_wish *wish, struct err *err)
{
	struct ticket ticket = { 0 };
	const char *run = NULL, *locale;
	int rc = document_run_name(desk, wish, &run, err);

	if (rc == 0)
		rc = ticket_get(desk->tx, &wish->ticket, &ticket, err);
	if (rc < 0)
		return rc;
	locale = strrchr(run, '/') + 1;
	wait_for(api, wish, run);
	api->status = 202;
	api->out = json_pack("{s:s, s:o, s:s, s:s, s:o}", "status", "drafting", "target_ticket_ref",
	    api_ref(ticket.ref), "kind", document_kind_name(wish->kind), "locale", locale, "stream",
	    json_sprintf("/api/v1/tickets/T-%lld/documents/%s/stream?locale=%s",
		(long long)ticket.ref, document_kind_name(wish->kind), locale));
	return 0;
}

static int
draft_document(struct api *api, struct desk *desk, struct err *err)
{
	struct document_wish wish;
	struct document document = { 0 };
	enum document_stand stand = DOCUMENT_NONE;
	bool is_coming = false;
	int rc = read_draft(api, desk, &wish, err);

	if (rc < 0)
		return rc;
	rc = document_is_coming(desk, &wish, &is_coming, err);
	if (rc == 0)
		rc = document_want(desk, &wish, &document, &stand, err);
	if (rc < 0)
		return rc == ERR_INVALID ? api_refuse_part(api, rc, "/locale", err) : rc;
	if (stand == DOCUMENT_STORED)
		return answer_cached(api, desk, &document, err);
	rc = is_coming ? 0 : pay(api, err);
	return rc < 0 ? rc : answer_drafting(api, desk, &wish, err);
}

/* --- editing ------------------------------------------------------------------------ */

static int
edit_document(struct api *api, struct desk *desk, struct err *err)
{
	struct document_edit edit = {
		.locale = json_text(api->body, "locale"),
		.text = json_text(api->body, "text"),
		.by = api_by(api, desk),
	};
	const json_t *revision = json_object_get(api->body, "revision");
	struct document_edited edited;
	const char *wrong = NULL;
	json_t *warnings;
	int rc = api_find_ticket(api, desk, api->rq->segment, &edit.ticket, err);

	edit.revision = json_integer_value(revision);
	if (rc == 0 && revision != NULL && edit.revision < 1)
		return api_refuse(
		    api, "invalid", "/revision", err, "revision must be a number from 1 on");
	if (rc == 0)
		rc = find_kind(api, &edit.kind, err);
	if (rc < 0)
		return rc;
	rc = document_edit(desk, &edit, &edited, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	rc = answer_stored(api, desk, &edited.document, err);
	if (rc < 0)
		return rc;
	warnings = json_array();
	for (size_t i = 0; i < edited.faults.count; i++)
		json_array_append_new(warnings, json_string(edited.faults.items[i]));
	json_object_set_new(api->out, "warnings", warnings);
	return 0;
}

/* clang-format off */
const struct api_endpoint api_document_endpoints[] = {
	{ "GET",	TICKET "/documents",	SCOPE_TICKETS_READ,	list_documents,	NULL },
	{ "GET",	TICKET "/documents/{}",	SCOPE_TICKETS_READ,	show_document,	NULL },
	{ "POST",	TICKET "/documents/{}",	SCOPE_TICKETS_WRITE,	draft_document,	draft_fields },
	{ "PUT",	TICKET "/documents/{}",	SCOPE_TICKETS_WRITE,	edit_document,	edit_fields },
	{ NULL,		NULL,			SCOPE_COUNT,		NULL,		NULL },
};
/* clang-format on */

api_fn
api_before(const struct api_endpoint *endpoint)
{
	return endpoint->run == draft_document ? before_draft : NULL;
}
