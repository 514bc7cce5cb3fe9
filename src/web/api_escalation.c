/* api: /escalations. What a packet may say is flow's to know. */
#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/flow/escalation_json.h>
#include <assent/flow/verb.h>

#include "web/api_priv.h"

#define CURSOR 'e'
#define TIME_MAX 40
#define ADDRESS_MAX 320
#define WORD_MAX 64

/* --- list ------------------------------------------------------------------ */

/* "" where it is not asked for; else one of words. */
static int
query_word(struct api *api, const char *name, const char *const *words, size_t count,
    const char **out, struct err *err)
{
	AUTO(str_donep) struct str all = STR_INIT(200);
	const char *value = http_query(api->rq, name);

	*out = value != NULL ? value : "";
	for (size_t i = 0; i < count; i++) {
		if (text_is(*out, words[i]))
			return 0;
		str_addf(&all, "%s%s", i == 0 ? "" : ", ", words[i]);
	}
	return **out == '\0'
	    ? 0
	    : api_refuse(api, "invalid", NULL, err, "%s must be one of %s", name, str_text(&all));
}

static int
query_words(struct api *api, struct escalation_filter *want, struct err *err)
{
	static const char *const states[] = { "open", "pending", "in_progress", "resolved",
		"expired" };
	static const char *const yes[] = { "true", "false" };
	const char *overdue = "", *reason = http_query(api->rq, "reason");
	const char *assignee = http_query(api->rq, "assignee"), *rule = http_query(api->rq, "rule");
	const char *meant;
	int rc = query_word(api, "state", states, ARRAY_LEN(states), &want->state, err);

	if (rc == 0)
		rc = query_word(api, "priority", escalation_priority_names,
		    ESCALATION_PRIORITY_COUNT, &want->priority, err);
	if (rc == 0)
		rc = query_word(api, "overdue", yes, ARRAY_LEN(yes), &overdue, err);
	want->reason = reason != NULL ? reason : "";
	meant = escalation_reason_meant(want->reason);
	if (rc == 0 && meant != NULL)
		rc = api_refuse(api, "invalid", NULL, err,
		    "reason is never \"%s\"; did you mean %s?", want->reason, meant);
	want->assignee = assignee != NULL ? assignee : "";
	want->rule = rule != NULL ? rule : "";
	want->overdue_at = text_is(overdue, "true") ? api->web->now() : 0;
	return rc;
}

/* NULL for any. */
static int
query_organisation(struct api *api, struct desk *desk, const char **out, struct err *err)
{
	const char *key = http_query(api->rq, "organisation");
	struct organisation organisation;
	int rc = 0;

	*out = key != NULL && *key != '\0' ? key : NULL;
	if (*out != NULL)
		rc = verb_organisation(desk, key, &organisation, err);
	return rc == ERR_NOT_FOUND ? api_refuse(api, "invalid", NULL, err, "organisation: %s",
					 arena_dup(tx_arena(desk->tx), err->text))
				   : rc;
}

static int
query_ticket(struct api *api, struct desk *desk, struct id *out, struct err *err)
{
	const char *name = http_query(api->rq, "ticket");

	return name == NULL || *name == '\0' ? 0 : api_find_ticket(api, desk, name, out, err);
}

static int
query_list(struct api *api, struct desk *desk, struct escalation_filter *want, struct err *err)
{
	struct api_page page;
	int rc = api_page(api, CURSOR, &page, err);

	if (rc == 0)
		rc = query_words(api, want, err);
	if (rc == 0)
		rc = query_ticket(api, desk, &want->ticket, err);
	if (rc == 0)
		rc = query_organisation(api, desk, &want->organisation, err);
	if (rc < 0)
		return rc;
	want->max = page.limit + 1;
	if (page.after[0] != '\0' && !id_parse(page.after, &want->before))
		return api_refuse(api, "cursor", NULL, err, "cursor is damaged");
	return 0;
}

static int
list(struct api *api, struct desk *desk, struct err *err)
{
	struct escalation_filter want = { .state = "" };
	struct escalation *packets = NULL;
	char last[ID_TEXT_SIZE] = "";
	json_t *items;
	size_t n = 0;
	int rc = query_list(api, desk, &want, err);

	if (rc == 0)
		rc = escalation_list(desk->tx, &want, &packets, &n, err);
	if (rc < 0)
		return rc;
	items = json_array();
	for (size_t i = 0; i < n && i + 1 < want.max; i++) {
		json_array_append_new(items, escalation_json(desk, &packets[i]));
		id_text(&packets[i].id, last);
	}
	api->out = api_list(CURSOR, items, n == want.max ? last : NULL);
	return 0;
}

/* --- one, and how many -------------------------------------------------------- */

static int
no_such(struct api *api, struct err *err)
{
	api_refuse(api, "not-found", NULL, err, "there is no packet %s", api->rq->segment);
	return ERR_NOT_FOUND;
}

static int
show(struct api *api, struct desk *desk, struct err *err)
{
	int rc = ERR_NOT_FOUND;
	struct escalation e;
	struct id id;

	if (id_parse(api->rq->segment, &id))
		rc = escalation_get(desk->tx, &id, &e, err);
	if (rc == ERR_NOT_FOUND)
		return no_such(api, err);
	return rc < 0 ? rc : escalation_json_whole(desk, &e, &api->out, err);
}

static int
query_time(struct api *api, const char *name, utc_ms *out, struct err *err)
{
	const char *text = http_query(api->rq, name);

	*out = 0;
	if (text == NULL || *text == '\0' || utc_parse_iso(text, out))
		return 0;
	return api_refuse(
	    api, "invalid", NULL, err, "%s must be a time such as 2026-11-21T08:30:00Z", name);
}

static int
stats(struct api *api, struct desk *desk, struct err *err)
{
	struct escalation_period period = { .now = desk->now };
	struct escalation_stats out;
	int rc = query_time(api, "from", &period.from, err);

	if (rc == 0)
		rc = query_time(api, "to", &period.to, err);
	if (rc == 0)
		rc = query_organisation(api, desk, &period.organisation, err);
	if (rc == 0)
		rc = escalation_stats(desk->tx, &period, &out, err);
	if (rc == 0)
		api->out = escalation_stats_json(&out);
	return rc;
}

/* --- new --------------------------------------------------------------------------- */

/* clang-format off */
static const struct json_field raise_fields[] = {
	{ "title",	JSON_KIND_TEXT,		true,	ESCALATION_TITLE_MAX },
	{ "reason",	JSON_KIND_TEXT,		true,	WORD_MAX },
	{ "priority",	JSON_KIND_TEXT,		false,	WORD_MAX },
	{ "organisation", JSON_KIND_TEXT,	false,	ESCALATION_NAME_MAX },
	{ "ticket",	JSON_KIND_TEXT,		false,	ESCALATION_NAME_MAX },
	{ "entity",	JSON_KIND_OBJECT,	false,	0 },
	{ "workflow",	JSON_KIND_TEXT,		false,	ESCALATION_NAME_MAX },
	{ "failed_step", JSON_KIND_TEXT,	false,	ESCALATION_NAME_MAX },
	{ "resume_token", JSON_KIND_TEXT,	false,	ESCALATION_TOKEN_MAX },
	{ "missing",	JSON_KIND_LIST,		false,	ESCALATION_ITEMS_MAX },
	{ "artifacts",	JSON_KIND_LIST,		false,	ESCALATION_ITEMS_MAX },
	{ "risk",	JSON_KIND_TEXT,		false,	ESCALATION_TEXT_MAX },
	{ "suggest",	JSON_KIND_TEXT,		false,	ESCALATION_TEXT_MAX },
	{ "texts",	JSON_KIND_OBJECT,	false,	0 },
	{ "confidence",	JSON_KIND_NUMBER,	false,	0 },
	{ "to",		JSON_KIND_TEXT,		false,	ESCALATION_NAME_MAX },
	{ "levels",	JSON_KIND_LIST,		false,	ESCALATION_LEVELS_MAX },
	{ "due",	JSON_KIND_TEXT,		false,	TIME_MAX },
	{ "once_key",	JSON_KIND_TEXT,		false,	ESCALATION_NAME_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field no_fields[] = {
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field assign_fields[] = {
	{ "to",		JSON_KIND_ADDRESS,	true,	ADDRESS_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field snooze_fields[] = {
	{ "until",	JSON_KIND_TEXT,		true,	TIME_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field resolve_fields[] = {
	{ "action",	JSON_KIND_TEXT,		false,	ESCALATION_TEXT_MAX },
	{ "notes",	JSON_KIND_TEXT,		false,	ESCALATION_TEXT_MAX },
	{ "override",	JSON_KIND_OBJECT,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

#define BY_API \
	{ \
		"api", NULL \
	}

static int
raise_it(struct api *api, struct desk *desk, struct err *err)
{
	struct escalation_request request = {
		.object = api->body,
		.by = api_by(api, desk),
		.way = BY_API,
		.source = api->source,
	};
	int rc = escalation_request_raise(desk, &request, err);

	if (rc < 0)
		return api_refuse_part(api, rc, request.wrong, err);
	api->status = request.changed ? 201 : 200;
	api->out = request.out;
	return 0;
}

bool
api_takes_signature(const struct api_endpoint *endpoint)
{
	return endpoint->run == raise_it;
}

/* --- acts --------------------------------------------------------------------------- */

typedef int (*request_fn)(struct desk *desk, struct escalation_request *request, struct err *err);

static int
run_by(struct api *api, struct desk *desk, struct escalation_request request, request_fn fn,
    struct err *err)
{
	int rc = ERR_NOT_FOUND;

	request.object = api->body;
	request.by = api_by(api, desk);
	request.way = (struct escalation_way)BY_API;
	if (id_parse(api->rq->segment, &request.id))
		rc = fn(desk, &request, err);
	if (rc == ERR_NOT_FOUND)
		return no_such(api, err);
	if (rc < 0)
		return api_refuse_part(api, rc, request.wrong, err);
	api->out = request.out;
	return 0;
}

static int
run(struct api *api, struct desk *desk, enum escalation_act act, struct err *err)
{
	return run_by(
	    api, desk, (struct escalation_request){ .act = act }, escalation_request_act, err);
}

static int
resume(struct api *api, struct desk *desk, struct err *err)
{
	return run_by(
	    api, desk, (struct escalation_request){ .by = NULL }, escalation_request_resume, err);
}

static int
acknowledge(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, ESCALATION_ACK, err);
}

static int
assign(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, ESCALATION_ASSIGN, err);
}

static int
snooze(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, ESCALATION_SNOOZE, err);
}

static int
resolve(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, ESCALATION_RESOLVE, err);
}

static int
reopen(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, ESCALATION_REOPEN, err);
}

/* Why stats come first: the first path that fits is taken. */
/* clang-format off */
#define PACKETS "/api/v1/escalations"
const struct api_endpoint api_escalation_endpoints[] = {
	{ "GET",	PACKETS,		SCOPE_ESCALATIONS_READ,	list,		NULL },
	{ "POST",	PACKETS,		SCOPE_ESCALATIONS_WRITE, raise_it,	raise_fields },
	{ "GET",	PACKETS "/stats",	SCOPE_ESCALATIONS_READ,	stats,		NULL },
	{ "GET",	PACKETS "/{}",		SCOPE_ESCALATIONS_READ,	show,		NULL },
	{ "POST",	PACKETS "/{}/acknowledge", SCOPE_ESCALATIONS_WRITE, acknowledge, no_fields },
	{ "POST",	PACKETS "/{}/assign",	SCOPE_ESCALATIONS_WRITE, assign,	assign_fields },
	{ "POST",	PACKETS "/{}/snooze",	SCOPE_ESCALATIONS_WRITE, snooze,	snooze_fields },
	{ "POST",	PACKETS "/{}/resolve",	SCOPE_ESCALATIONS_WRITE, resolve,	resolve_fields },
	{ "POST",	PACKETS "/{}/reopen",	SCOPE_ESCALATIONS_WRITE, reopen,	no_fields },
	{ "POST",	PACKETS "/{}/resume",	SCOPE_ESCALATIONS_WRITE, resume,	no_fields },
	{ NULL,		NULL,			SCOPE_COUNT,		NULL,		NULL },
};
/* clang-format on */
