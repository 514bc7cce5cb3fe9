/* api: /tickets/{ticket}/findings, fixes and tasks. */
#include <assent/base/str.h>
#include <assent/flow/memory.h>

#include "web/api_priv.h"

#define WORD_MAX 40

/* --- what is answered --------------------------------------------------------- */

static json_t *
finding_view(const struct finding *f)
{
	json_t *object = json_object();

	api_set_id(object, "id", &f->id);
	json_object_set_new(object, "n", json_integer(f->n));
	member_text(object, "kind", f->kind);
	member_text(object, "text", f->text);
	member_text(object, "author", f->author);
	member_text(object, "source", f->source);
	member_time(object, "created", f->created);
	member_time(object, "removed", f->removed);
	member_text(object, "removed_by", f->removed_by);
	return object;
}

static json_t *
fix_view(const struct fix *f)
{
	json_t *object = json_object();

	api_set_id(object, "id", &f->id);
	json_object_set_new(object, "n", json_integer(f->n));
	member_text(object, "title", f->title);
	member_text(object, "description", f->description);
	json_object_set_new(object, "confidence", json_integer(f->confidence));
	member_text(object, "state", f->state);
	member_text(object, "author", f->author);
	member_time(object, "created", f->created);
	member_time(object, "moved", f->moved_at);
	member_text(object, "moved_by", f->moved_by);
	return object;
}

static json_t *
task_view(const struct task *t)
{
	json_t *object = json_object();

	api_set_id(object, "id", &t->id);
	json_object_set_new(object, "n", json_integer(t->n));
	member_text(object, "kind", t->kind);
	member_text(object, "text", t->text);
	member_text(object, "answer", t->answer);
	member_text(object, "state", t->state);
	member_text(object, "author", t->author);
	member_time(object, "created", t->created);
	member_time(object, "moved", t->moved_at);
	member_text(object, "moved_by", t->moved_by);
	return object;
}

/* --- lists ---------------------------------------------------------------------- */

/* Whole: a ticket holds only so many. */
static int
list_findings(struct api *api, struct desk *desk, struct err *err)
{
	const char *all = http_query(api->rq, "all");
	struct finding *list;
	json_t *items;
	struct id ticket;
	size_t n = 0;
	int rc = api_find_ticket(api, desk, api->rq->segment, &ticket, err);

	if (rc == 0)
		rc = finding_list(desk->tx, &ticket, text_is(all, "true"), &list, &n, err);
	if (rc < 0)
		return rc;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, finding_view(&list[i]));
	api->out = json_pack("{s:o}", "items", items);
	return 0;
}

static int
list_fixes(struct api *api, struct desk *desk, struct err *err)
{
	struct fix *list;
	json_t *items;
	struct id ticket;
	size_t n = 0;
	int rc = api_find_ticket(api, desk, api->rq->segment, &ticket, err);

	if (rc == 0)
		rc = fix_list(desk->tx, &ticket, &list, &n, err);
	if (rc < 0)
		return rc;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, fix_view(&list[i]));
	api->out = json_pack("{s:o}", "items", items);
	return 0;
}

static int
list_tasks(struct api *api, struct desk *desk, struct err *err)
{
	struct task *list;
	json_t *items;
	struct id ticket;
	size_t n = 0;
	int rc = api_find_ticket(api, desk, api->rq->segment, &ticket, err);

	if (rc == 0)
		rc = task_list(desk->tx, &ticket, &list, &n, err);
	if (rc < 0)
		return rc;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, task_view(&list[i]));
	api->out = json_pack("{s:o}", "items", items);
	return 0;
}

/* --- what is sent ----------------------------------------------------------------- */

/* clang-format off */
static const struct json_field finding_fields[] = {
	{ "text",	JSON_KIND_TEXT,		true,	FINDING_TEXT_MAX },
	{ "kind",	JSON_KIND_TEXT,		false,	WORD_MAX },
	{ "source",	JSON_KIND_TEXT,		false,	FINDING_SOURCE_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field fix_fields[] = {
	{ "title",	JSON_KIND_TEXT,		true,	FIX_TITLE_MAX },
	{ "description", JSON_KIND_TEXT,	false,	FIX_DESCRIPTION_MAX },
	{ "confidence",	JSON_KIND_INTEGER,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field decision_fields[] = {
	{ "decision",	JSON_KIND_TEXT,		true,	WORD_MAX },
	{ "title",	JSON_KIND_TEXT,		false,	FIX_TITLE_MAX },
	{ "description", JSON_KIND_TEXT,	false,	FIX_DESCRIPTION_MAX },
	{ "confidence",	JSON_KIND_INTEGER,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field task_fields[] = {
	{ "text",	JSON_KIND_TEXT,		true,	TASK_TEXT_MAX },
	{ "kind",	JSON_KIND_TEXT,		false,	WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field change_fields[] = {
	{ "text",	JSON_KIND_TEXT,		false,	TASK_TEXT_MAX },
	{ "answer",	JSON_KIND_TEXT,		false,	TASK_ANSWER_MAX },
	{ "state",	JSON_KIND_TEXT,		false,	WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

/* NULL where it is absent or null. */
static const char *
maybe(const struct api *api, const char *name)
{
	return json_string_value(json_object_get(api->body, name));
}

/* What is no number that fits is none that may be a confidence either. */
static int64_t
confidence(const struct api *api, int64_t otherwise)
{
	const json_t *value = json_object_get(api->body, "confidence");
	int64_t n;

	if (!json_is_integer(value))
		return otherwise;
	n = json_integer_value(value);
	return n < 0 || n > 100 ? 101 : n;
}

static int
add_finding(struct api *api, struct desk *desk, struct err *err)
{
	struct finding_wish wish = {
		.kind = json_text(api->body, "kind"),
		.text = json_text(api->body, "text"),
		.source = json_text(api->body, "source"),
		.by = api_by(api, desk),
	};
	struct finding finding;
	const char *wrong = NULL;
	int rc = api_find_ticket(api, desk, api->rq->segment, &wish.ticket, err);

	if (rc < 0)
		return rc;
	rc = finding_put(desk, &wish, &finding, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->status = 201;
	api->out = finding_view(&finding);
	return 0;
}

static int
add_fix(struct api *api, struct desk *desk, struct err *err)
{
	struct fix_wish wish = {
		.title = json_text(api->body, "title"),
		.description = json_text(api->body, "description"),
		.confidence = confidence(api, FIX_CONFIDENCE),
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	struct fix fix;
	int rc = api_find_ticket(api, desk, api->rq->segment, &wish.ticket, err);

	if (rc < 0)
		return rc;
	rc = fix_suggest(desk, &wish, &fix, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->status = 201;
	api->out = fix_view(&fix);
	return 0;
}

static int
add_task(struct api *api, struct desk *desk, struct err *err)
{
	const char *kind = json_text(api->body, "kind"), *text = json_text(api->body, "text");
	struct task_wish wish = {
		.kind = *kind != '\0' ? kind : task_kind_of(text),
		.text = text,
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	struct task task;
	int rc = api_find_ticket(api, desk, api->rq->segment, &wish.ticket, err);

	if (rc < 0)
		return rc;
	rc = task_put(desk, &wish, &task, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->status = 201;
	api->out = task_view(&task);
	return 0;
}

/* --- one of them ------------------------------------------------------------------- */

static int
find_name(struct api *api, struct desk *desk, struct memory_name *out, struct err *err)
{
	out->text = api->rq->second;
	return api_find_ticket(api, desk, api->rq->segment, &out->ticket, err);
}

static int
remove_finding(struct api *api, struct desk *desk, struct err *err)
{
	struct finding finding;
	struct memory_name name;
	int rc = find_name(api, desk, &name, err);

	if (rc == 0)
		rc = finding_named(desk, &name, &finding, err);
	if (rc == 0)
		rc = finding_take_back(desk, &finding, api_by(api, desk), err);
	if (rc == 0)
		rc = finding_get(desk->tx, &finding.id, &finding, err);
	if (rc == 0)
		api->out = finding_view(&finding);
	return rc;
}

static int
decide_fix(struct api *api, struct desk *desk, struct err *err)
{
	const struct fix_verdict verdict = {
		.decision = json_text(api->body, "decision"),
		.title = maybe(api, "title"),
		.description = maybe(api, "description"),
		.confidence = confidence(api, -1),
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	struct memory_name name;
	struct fix fix;
	int rc = find_name(api, desk, &name, err);

	if (rc == 0)
		rc = fix_named(desk, &name, &fix, err);
	if (rc < 0)
		return rc;
	rc = fix_decide(desk, &fix, &verdict, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->out = fix_view(&fix);
	return 0;
}

static int
change_task(struct api *api, struct desk *desk, struct err *err)
{
	const struct task_change change = {
		.text = maybe(api, "text"),
		.answer = maybe(api, "answer"),
		.state = maybe(api, "state"),
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	struct memory_name name;
	struct task task;
	int rc = find_name(api, desk, &name, err);

	if (rc == 0)
		rc = task_named(desk, &name, &task, err);
	if (rc < 0)
		return rc;
	rc = task_change(desk, &task, &change, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->out = task_view(&task);
	return 0;
}

/* clang-format off */
#define TICKET "/api/v1/tickets/{}"
const struct api_endpoint api_memory_endpoints[] = {
	{ "GET",	TICKET "/findings",	SCOPE_TICKETS_READ,	list_findings,	NULL },
	{ "POST",	TICKET "/findings",	SCOPE_TICKETS_WRITE,	add_finding,	finding_fields },
	{ "DELETE",	TICKET "/findings/{}",	SCOPE_TICKETS_WRITE,	remove_finding,	NULL },
	{ "GET",	TICKET "/fixes",	SCOPE_TICKETS_READ,	list_fixes,	NULL },
	{ "POST",	TICKET "/fixes",	SCOPE_TICKETS_WRITE,	add_fix,	fix_fields },
	{ "POST",	TICKET "/fixes/{}/decision", SCOPE_TICKETS_WRITE, decide_fix,	decision_fields },
	{ "GET",	TICKET "/tasks",	SCOPE_TICKETS_READ,	list_tasks,	NULL },
	{ "POST",	TICKET "/tasks",	SCOPE_TICKETS_WRITE,	add_task,	task_fields },
	{ "PATCH",	TICKET "/tasks/{}",	SCOPE_TICKETS_WRITE,	change_task,	change_fields },
	{ NULL,		NULL,			SCOPE_COUNT,		NULL,		NULL },
};
/* clang-format on */
