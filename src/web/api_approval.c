/* api: /approvals and /batches. */
#include <assent/base/str.h>
#include <assent/flow/ask.h>
#include <assent/flow/handover.h>
#include <assent/store/browse.h>

#include "web/api_priv.h"

#include <string.h>

#define CURSOR 'a'
#define TICKETS_MAX 1000 /* named in one request; policy says how many may go into one mail */
#define QUESTION_MAX 500
#define SUMMARY_MAX 8000
#define REMIND_PAUSE MS_HOUR
#define ADDRESS_MAX 320

static const char *const states[] = { "open", "draft", "sent", "undeliverable", "approved",
	"rejected", "expired", "withdrawn", "superseded" };

/* --- list ------------------------------------------------------------------ */

static int
query_state(struct api *api, const char **out, struct err *err)
{
	const char *state = http_query(api->rq, "state");

	*out = state != NULL ? state : "";
	if (**out == '\0')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (text_is(states[i], state))
			return 0;
	return api_refuse(api, "invalid", NULL, err,
	    "state must be open, draft, sent, undeliverable, approved, rejected, expired, "
	    "withdrawn or superseded");
}

static int
query_ticket(struct api *api, struct desk *desk, struct id *out, struct err *err)
{
	const char *name = http_query(api->rq, "ticket");
	int rc;

	if (name == NULL || *name == '\0')
		return 0;
	rc = api_find_ticket(api, desk, name, out, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	return api_refuse(api, "invalid", NULL, err, "ticket: there is no ticket %s", name);
}

static int
query_list(struct api *api, struct desk *desk, struct browse_approvals *want, struct err *err)
{
	const char *batch = http_query(api->rq, "batch");
	struct api_page page;
	int rc = api_page(api, CURSOR, &page, err);

	if (rc == 0)
		rc = query_state(api, &want->state, err);
	if (rc == 0)
		rc = api_query_organisation(api, desk, &want->organisation, err);
	if (rc == 0)
		rc = query_ticket(api, desk, &want->ticket, err);
	if (rc < 0)
		return rc;
	if (batch != NULL && *batch != '\0' && !id_parse(batch, &want->batch))
		return api_refuse(api, "invalid", NULL, err, "batch must be the id of a batch");
	want->max = page.limit + 1;
	if (page.after[0] != '\0' && !id_parse(page.after, &want->before))
		return api_refuse(api, "cursor", NULL, err, "cursor is damaged");
	return 0;
}

static int
list(struct api *api, struct desk *desk, struct err *err)
{
	struct browse_approvals want = { .state = "" };
	json_t *items = json_array();
	char last[ID_TEXT_SIZE] = "";
	struct id *ids = NULL;
	struct matter m;
	size_t n = 0;
	int rc = query_list(api, desk, &want, err);

	if (rc == 0)
		rc = browse_approvals(desk->tx, &want, &ids, &n, err);
	for (size_t i = 0; rc == 0 && i < n && i + 1 < want.max; i++) {
		rc = matter_load(desk, &ids[i], &m, err);
		if (rc == 0)
			json_array_append_new(items, api_view_approval(&m));
		id_text(&ids[i], last);
	}
	if (rc < 0)
		json_decref(items);
	else
		api->out = api_list(CURSOR, items, n == want.max ? last : NULL);
	return rc;
}

/* --- one ------------------------------------------------------------------- */

static int
find(struct api *api, struct desk *desk, struct matter *out, struct err *err)
{
	struct id id;
	int rc = ERR_NOT_FOUND;

	if (id_parse(api->rq->segment, &id))
		rc = matter_load(desk, &id, out, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	api_refuse(api, "not-found", NULL, err, "there is no approval %s", api->rq->segment);
	return ERR_NOT_FOUND;
}

/* What we stored ourselves, field by field: nothing that is not documented leaves. */
static json_t *
chosen(const char *text, const char *const *keys, size_t count)
{
	json_t *stored = json_loads(text, 0, NULL), *object;

	if (!json_is_object(stored)) {
		json_decref(stored);
		return json_null();
	}
	object = json_object();
	for (size_t i = 0; i < count; i++) {
		json_t *value = json_object_get(stored, keys[i]);
		json_object_set_new(object, keys[i], value ? json_incref(value) : json_null());
	}
	json_decref(stored);
	return object;
}

static json_t *
decision_view(const struct matter *m)
{
	static const char *const evidence[] = { "person", "source", "vouched", "words", "peer",
		"agent", "inbound" };
	json_t *object;

	if (!text_is(m->ballot.status, "cast"))
		return json_null();
	object = json_object();
	member_text(object, "outcome", m->ballot.approve ? "approved" : "rejected");
	api_set_person(object, "by", m->ballot.person_email, m->ballot.person_name);
	member_text(object, "on_behalf_of", m->ballot.on_behalf_of);
	member_time(object, "at", m->ballot.cast_at);
	member_text(object, "channel", channel_name(m->ballot.channel));
	member_text(object, "comment", m->ballot.comment);
	json_object_set_new(
	    object, "evidence", chosen(m->ballot.evidence, evidence, ARRAY_LEN(evidence)));
	return object;
}

static json_t *
whole_view(const struct matter *m)
{
	static const char *const asked[] = { "approver", "question", "title", "request",
		"attachments" };
	static const char *const summary[] = { "bullets", "label" };
	json_t *object = api_view_approval(m);
	bool was_asked = m->approval.asked_at != 0;

	api_set_id(object, "replaces", &m->approval.replaces);
	api_set_id(object, "replaced_by", &m->approval.replaced_by);
	json_object_set_new(
	    object, "summary", chosen(m->approval.summary, summary, ARRAY_LEN(summary)));
	json_object_set_new(object, "asked", chosen(m->approval.asked, asked, ARRAY_LEN(asked)));
	if (was_asked)
		api_set_hex(object, "asked_hash", m->approval.asked_hash, SHA256_SIZE);
	else
		json_object_set_new(object, "asked_hash", json_null());
	json_object_set_new(object, "decision", decision_view(m));
	return object;
}

static int
show(struct api *api, struct desk *desk, struct err *err)
{
	struct matter m;
	int rc = find(api, desk, &m, err);

	if (rc == 0)
		api->out = whole_view(&m);
	return rc;
}

static int
find_batch(struct api *api, struct desk *desk, struct batch *out, struct err *err)
{
	struct id id;
	int rc = ERR_NOT_FOUND;

	if (id_parse(api->rq->segment, &id))
		rc = batch_get(desk->tx, &id, out, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	api_refuse(api, "not-found", NULL, err, "there is no batch %s", api->rq->segment);
	return ERR_NOT_FOUND;
}

static int
show_batch(struct api *api, struct desk *desk, struct err *err)
{
	struct matter *matters = NULL;
	struct batch batch;
	json_t *array;
	size_t n = 0;
	int rc = find_batch(api, desk, &batch, err);

	if (rc == 0)
		rc = matter_load_batch(desk, &batch.id, &matters, &n, err);
	if (rc < 0)
		return rc;
	array = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, api_view_approval(&matters[i]));
	api->out = json_object();
	api_set_id(api->out, "id", &batch.id);
	api_set_person(api->out, "approver", batch.person_email, batch.person_name);
	member_time(api->out, "created", batch.created);
	member_time(api->out, "asked_at", batch.asked_at);
	json_object_set_new(api->out, "approvals", array);
	return 0;
}

/* --- asking ---------------------------------------------------------------- */

/* clang-format off */
static const struct json_field request_fields[] = {
	{ "tickets",	JSON_KIND_LIST,		true,	TICKETS_MAX },
	{ "question",	JSON_KIND_TEXT,		false,	QUESTION_MAX },
	{ "summary",	JSON_KIND_TEXT,		false,	SUMMARY_MAX },
	{ "now",	JSON_KIND_BOOLEAN,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

static int
read_tickets(struct api *api, struct desk *desk, struct id *out, struct err *err)
{
	const json_t *names = json_object_get(api->body, "tickets");

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		char pointer[JSON_POINTER_MAX + 1] = "/tickets";
		int rc;

		json_pointer_add_index(pointer, i);
		if (name == NULL)
			return api_refuse(api, "invalid", pointer, err,
			    "a ticket is named by a text such as T-1001");
		rc = api_find_ticket(api, desk, name, &out[i], err);
		if (rc == ERR_NOT_FOUND)
			return api_refuse(
			    api, "invalid", pointer, err, "there is no ticket %s", name);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
asked_approvals(struct desk *desk, const struct ask_line *line, json_t *out, struct err *err)
{
	struct matter *matters, single;
	size_t n = 1;
	int rc;

	if (id_is_null(&line->batch)) {
		rc = matter_load(desk, &line->approval, &single, err);
		matters = &single;
	} else {
		rc = matter_load_batch(desk, &line->batch, &matters, &n, err);
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		json_array_append_new(out, api_view_approval(&matters[i]));
	return rc;
}

/* One mail that will go out. */
static int
asked_view(struct desk *desk, const struct ask_line *line, json_t *out, struct err *err)
{
	json_t *object = json_object(), *approvals = json_array();

	api_set_id(object, "batch", &line->batch);
	api_set_person(object, "approver", line->owner_email, line->owner_name);
	member_text(object, "question", line->question);
	member_time(object, "ask_at", line->ask_at);
	json_object_set_new(object, "approvals", approvals);
	json_array_append_new(out, object);
	return asked_approvals(desk, line, approvals, err);
}

/* As many as it has left; a question is put all the same. */
static void
take_drafts(struct api *api, const struct ask *ask)
{
	bool paid = !ask->unpaid && *ask->summary == '\0';

	for (size_t i = 0; paid && i < ask->ticket_count; i++)
		paid = api_take_draft(api);
}

static int
ask_all(struct api *api, struct desk *desk, struct err *err)
{
	size_t n = json_array_size(json_object_get(api->body, "tickets"));
	struct id *tickets = arena_alloc(tx_arena(desk->tx), (n + 1) * sizeof(*tickets));
	struct ask_result result = { 0 };
	struct ask ask = {
		.tickets = tickets,
		.ticket_count = n,
		.question = json_text(api->body, "question"),
		.by = api_by(api, desk),
		.summary = json_text(api->body, "summary"),
		.delay =
		    json_is_true(json_object_get(api->body, "now")) ? 0 : desk->policy->send_delay,
		.unpaid = !api_has_drafts(api),
	};
	json_t *asked;
	int rc = read_tickets(api, desk, tickets, err);

	if (rc < 0)
		return rc;
	rc = ask_request(desk, &ask, &result, err);
	if (rc < 0)
		return api_refuse_part(api, rc, "/tickets", err);
	take_drafts(api, &ask);
	asked = json_array();
	api->out = json_pack("{s:o}", "asked", asked);
	api->status = 201;
	for (size_t i = 0; rc == 0 && i < result.count; i++)
		rc = asked_view(desk, &result.lines[i], asked, err);
	return rc;
}

/* --- taking back, reminding ------------------------------------------------ */

static int
show_again(struct api *api, struct desk *desk, struct matter *m, struct err *err)
{
	int rc = matter_reload(desk, m, err);

	if (rc == 0)
		api->out = whole_view(m);
	return rc;
}

static int
withdraw(struct api *api, struct desk *desk, struct err *err)
{
	struct matter m;
	int rc = find(api, desk, &m, err);

	if (rc == 0)
		rc = ask_withdraw(desk, &m.approval, api_by(api, desk), err);
	return rc < 0 ? rc : show_again(api, desk, &m, err);
}

/* A program in a loop must not fill the owner's mailbox. */
static int
check_pause(struct desk *desk, const struct matter *m, struct err *err)
{
	struct matter *matters = NULL;
	size_t n = 0;
	utc_ms last = m->approval.reminded_at;
	int rc = 0;

	if (!id_is_null(&m->batch))
		rc = matter_load_batch(desk, &m->batch, &matters, &n, err);
	for (size_t i = 0; i < n; i++)
		if (matters[i].approval.reminded_at > last)
			last = matters[i].approval.reminded_at;
	if (rc < 0 || last == 0 || last + REMIND_PAUSE <= desk->now)
		return rc;
	return err_set(err, ERR_CONFLICT,
	    "a reminder went out less than an hour ago; the next one may go in %s",
	    words_span(tx_arena(desk->tx), last + REMIND_PAUSE - desk->now));
}

static int
remind(struct api *api, struct desk *desk, struct err *err)
{
	struct matter m;
	int rc = find(api, desk, &m, err);

	if (rc == 0)
		rc = check_pause(desk, &m, err);
	if (rc == 0)
		rc = ask_remind(desk, &m.approval, err);
	return rc < 0 ? rc : show_again(api, desk, &m, err);
}

/* Another person than the one who was asked: the newest ballot is his. */
static int
delegate(struct api *api, struct desk *desk, struct err *err)
{
	const struct handover handover = { json_text(api->body, "to"), api_by(api, desk),
		"By a program, with a token of the API" };
	struct matter m;
	int rc = find(api, desk, &m, err);

	if (rc < 0)
		return rc;
	rc = handover_do(desk, &m.approval.id, &handover, err);
	if (rc < 0)
		return api_refuse_part(api, rc, "/to", err);
	rc = matter_load(desk, &m.approval.id, &m, err);
	if (rc == 0)
		api->out = whole_view(&m);
	return rc;
}

/* clang-format off */
static const struct json_field delegate_fields[] = {
	{ "to",		JSON_KIND_TEXT,		true,	ADDRESS_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

const struct api_endpoint api_approval_endpoints[] = {
	{ "GET",	"/api/v1/approvals",		SCOPE_APPROVALS_READ,	list,		NULL },
	{ "POST",	"/api/v1/approvals",		SCOPE_APPROVALS_WRITE,	ask_all,	request_fields },
	{ "GET",	"/api/v1/approvals/{}",		SCOPE_APPROVALS_READ,	show,		NULL },
	{ "POST",	"/api/v1/approvals/{}/withdraw", SCOPE_APPROVALS_WRITE,	withdraw,	NULL },
	{ "POST",	"/api/v1/approvals/{}/remind",	SCOPE_APPROVALS_WRITE,	remind,		NULL },
	{ "POST",	"/api/v1/approvals/{}/delegate", SCOPE_APPROVALS_WRITE,	delegate,	delegate_fields },
	{ "GET",	"/api/v1/batches/{}",		SCOPE_APPROVALS_READ,	show_batch,	NULL },
	{ NULL,		NULL,				SCOPE_COUNT,		NULL,		NULL },
};
/* clang-format on */
