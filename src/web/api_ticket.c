/* api: /tickets. */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/verb.h>
#include <assent/store/browse.h>

#include "web/api_priv.h"

#include <stdio.h>
#include <string.h>

#define CURSOR 't'
#define MESSAGES_MAX 200 /* of a thread, in one answer: the newest */
#define THREAD_MAX ((size_t)2 << 20) /* bytes of their texts */

int
api_find_ticket(
    struct api *api, struct desk *desk, const char *name, struct id *out, struct err *err)
{
	int rc = verb_ticket(desk, name, out, err);

	/* What is no name of a ticket is the name of none. */
	if (rc == ERR_INVALID || rc == ERR_NOT_FOUND) {
		api_refuse(api, "not-found", NULL, err, "there is no ticket %s", name);
		return ERR_NOT_FOUND;
	}
	return rc;
}

int
api_query_organisation(struct api *api, struct desk *desk, struct id *out, struct err *err)
{
	const char *key = http_query(api->rq, "customer");
	struct organisation organisation;
	int rc;

	*out = (struct id){ { 0 } };
	if (key == NULL || *key == '\0')
		return 0;
	rc = organisation_by_key(desk->tx, key, &organisation, err);
	if (rc == ERR_NOT_FOUND)
		return api_refuse(
		    api, "invalid", NULL, err, "customer: there is no customer \"%s\"", key);
	if (rc == 0)
		*out = organisation.id;
	return rc;
}

/* --- list ------------------------------------------------------------------ */

static int
query_status(struct api *api, struct browse_tickets *want, struct err *err)
{
	const char *status = http_query(api->rq, "status");
	enum ticket_status known;

	want->status = status != NULL ? status : "";
	if (want->status[0] == '\0' || ticket_status_parse(status, &known))
		return 0;
	return api_refuse(api, "invalid", NULL, err, "status must be %s", ticket_status_words);
}

static int
query_list(struct api *api, struct desk *desk, struct browse_tickets *want, struct err *err)
{
	struct api_page page;
	int rc = api_page(api, CURSOR, &page, err);

	if (rc == 0)
		rc = query_status(api, want, err);
	if (rc == 0)
		rc = api_query_organisation(api, desk, &want->organisation, err);
	if (rc < 0)
		return rc;
	want->max = page.limit + 1;
	if (page.after[0] != '\0' && !num_parse_within(page.after, 1, INT64_MAX, &want->before))
		return api_refuse(api, "cursor", NULL, err, "cursor is damaged");
	return 0;
}

static int
list(struct api *api, struct desk *desk, struct err *err)
{
	struct browse_tickets want = { .before = 0 };
	json_t *items = json_array(), *item = NULL;
	struct ticket ticket;
	char last[24] = "";
	int64_t *refs = NULL;
	size_t n = 0;
	int rc = query_list(api, desk, &want, err);

	if (rc == 0)
		rc = browse_tickets(desk->tx, &want, &refs, &n, err);
	for (size_t i = 0; rc == 0 && i < n && i + 1 < want.max; i++) {
		rc = ticket_by_ref(desk->tx, refs[i], &ticket, err);
		if (rc == 0)
			rc = api_view_ticket(desk, &ticket, &item, err);
		if (rc == 0)
			json_array_append_new(items, item);
		snprintf(last, sizeof(last), "%lld", (long long)refs[i]);
	}
	if (rc < 0)
		json_decref(items);
	else
		api->out = api_list(CURSOR, items, n == want.max ? last : NULL);
	return rc;
}

/* --- one ------------------------------------------------------------------- */

static json_t *
message_view(const struct message *m)
{
	const char *external =
	    text_starts(m->external_id, "message/") ? m->external_id + strlen("message/") : "";
	json_t *object = json_object();

	api_set_id(object, "id", &m->id);
	json_object_set_new(object, "seq", json_integer(m->seq));
	json_object_set_new(object, "public", json_boolean(m->is_public));
	api_set_person(object, "from", m->from_email, m->from_name);
	member_text(object, "subject", m->subject);
	member_text(object, "text", m->text);
	member_text(object, "external_id", external);
	member_time(object, "at", m->at);
	return object;
}

/* Of a long thread the newest, so that the answer has an end; at least one. */
static size_t
first_shown(const struct message *messages, size_t n)
{
	size_t first = n, bytes = 0;

	while (first > 0 && n - first < MESSAGES_MAX && bytes <= THREAD_MAX)
		bytes += strlen(messages[--first].text);
	return bytes > THREAD_MAX && n - first > 1 ? first + 1 : first;
}

static int
add_messages(struct desk *desk, const struct id *ticket, json_t *out, struct err *err)
{
	struct message *messages = NULL;
	json_t *array = json_array();
	size_t n = 0, first = 0;
	int rc = message_list(desk->tx, ticket, 0, &messages, &n, err);

	if (rc == 0)
		first = first_shown(messages, n);
	for (size_t i = first; rc == 0 && i < n; i++)
		json_array_append_new(array, message_view(&messages[i]));
	json_object_set_new(out, "messages", array);
	json_object_set_new(out, "messages_left_out", json_integer((json_int_t)first));
	return rc;
}

static int
add_attachments(struct desk *desk, const struct id *ticket, json_t *out, struct err *err)
{
	struct stored_attachment *stored = NULL;
	json_t *array = json_array();
	size_t n = 0;
	int rc = attachment_list(desk->tx, ticket, 0, &stored, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *object = json_object();

		member_text(object, "name", stored[i].name);
		member_text(object, "type", stored[i].type);
		json_object_set_new(object, "size", json_integer(stored[i].size));
		api_set_hex(object, "sha256", stored[i].sha256, SHA256_SIZE);
		json_array_append_new(array, object);
	}
	json_object_set_new(out, "attachments", array);
	return rc;
}

static int
add_approvals(struct desk *desk, const struct id *ticket, json_t *out, struct err *err)
{
	struct approval_filter filter = { .ticket = *ticket, .max = 100 };
	struct approval *approvals = NULL;
	json_t *array = json_array();
	struct matter m;
	size_t n = 0;
	int rc = approval_list(desk->tx, &filter, &approvals, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = matter_load(desk, &approvals[i].id, &m, err);
		if (rc == 0)
			json_array_append_new(array, api_view_approval(&m));
	}
	json_object_set_new(out, "approvals", array);
	return rc;
}

/* A ticket with all that belongs to it, as api->out. */
static int
show_ticket(struct api *api, struct desk *desk, const struct id *id, struct err *err)
{
	struct ticket ticket;
	int rc = ticket_get(desk->tx, id, &ticket, err);

	if (rc == 0)
		rc = api_view_ticket(desk, &ticket, &api->out, err);
	if (rc == 0)
		rc = add_messages(desk, id, api->out, err);
	if (rc == 0)
		rc = add_attachments(desk, id, api->out, err);
	if (rc == 0)
		rc = add_approvals(desk, id, api->out, err);
	return rc;
}

static int
show(struct api *api, struct desk *desk, struct err *err)
{
	struct id id;
	int rc = api_find_ticket(api, desk, api->rq->segment, &id, err);

	return rc < 0 ? rc : show_ticket(api, desk, &id, err);
}

/* --- new ------------------------------------------------------------------- */

/* clang-format off */
static const struct json_field person_fields[] = {
	{ "email",	JSON_KIND_ADDRESS,	false,	0 },
	{ "name",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field ticket_fields[] = {
	{ "title",	JSON_KIND_TEXT,		true,	API_TITLE_MAX },
	{ "description", JSON_KIND_TEXT,	true,	API_TEXT_MAX },
	{ "customer",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ "requester",	JSON_KIND_OBJECT,	false,	0 },
	{ "engineer",	JSON_KIND_ADDRESS,	false,	0 },
	{ "external_id", JSON_KIND_TEXT,	false,	API_WORD_MAX },
	{ "priority",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field message_fields[] = {
	{ "text",	JSON_KIND_TEXT,		true,	API_TEXT_MAX },
	{ "from",	JSON_KIND_OBJECT,	false,	0 },
	{ "public",	JSON_KIND_BOOLEAN,	false,	0 },
	{ "external_id", JSON_KIND_TEXT,	false,	API_WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

static int
read_person(struct api *api, const char *name, struct api_person *out, struct err *err)
{
	const json_t *object = json_object_get(api->body, name);
	char pointer[JSON_POINTER_MAX + 1] = "";

	json_pointer_add(pointer, name);
	if (json_is_object(object) &&
	    !json_check(&(struct json_part){ object, pointer }, person_fields, true, &api->fault)) {
		api->refused = true;
		return err_set(err, ERR_INVALID, "%s", api->fault.message);
	}
	*out = (struct api_person){ json_text(object, "email"), json_text(object, "name") };
	return 0;
}

static int
open_ticket(struct api *api, struct desk *desk, struct err *err)
{
	struct api_ticket wish = {
		.title = json_text(api->body, "title"),
		.description = json_text(api->body, "description"),
		.customer = json_text(api->body, "customer"),
		.engineer = json_text(api->body, "engineer"),
		.external_id = json_text(api->body, "external_id"),
		.priority = json_text(api->body, "priority"),
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	struct id id;
	int rc = read_person(api, "requester", &wish.requester, err);

	if (rc < 0)
		return rc;
	rc = api_open_ticket(desk, &wish, &id, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->status = 201;
	return show_ticket(api, desk, &id, err);
}

static int
read_stored(
    struct desk *desk, const struct id *ticket, const struct id *id, json_t **out, struct err *err)
{
	struct message *messages;
	size_t n = 0;
	int rc = message_list(desk->tx, ticket, 0, &messages, &n, err);

	for (size_t i = n; rc == 0 && i > 0; i--)
		if (id_equal(&messages[i - 1].id, id)) {
			*out = message_view(&messages[i - 1]);
			return 0;
		}
	return rc < 0 ? rc : err_set(err, ERR_IO, "the message is gone");
}

static int
add_message(struct api *api, struct desk *desk, struct err *err)
{
	const json_t *is_public = json_object_get(api->body, "public");
	struct api_message wish = {
		.text = json_text(api->body, "text"),
		.external_id = json_text(api->body, "external_id"),
		.is_public = is_public == NULL || !json_is_false(is_public),
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	struct id id;
	int rc = api_find_ticket(api, desk, api->rq->segment, &wish.ticket, err);

	if (rc == 0)
		rc = read_person(api, "from", &wish.from, err);
	if (rc < 0)
		return rc;
	if (wish.from.email[0] == '\0' && wish.from.name[0] == '\0')
		wish.from.name = api->token.name;
	rc = api_add_message(desk, &wish, &id, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->status = 201;
	return read_stored(desk, &wish.ticket, &id, &api->out, err);
}

/* clang-format off */
const struct api_endpoint api_ticket_endpoints[] = {
	{ "GET",	"/api/v1/tickets",		SCOPE_TICKETS_READ,	list,		NULL },
	{ "POST",	"/api/v1/tickets",		SCOPE_TICKETS_WRITE,	open_ticket,	ticket_fields },
	{ "GET",	"/api/v1/tickets/{}",		SCOPE_TICKETS_READ,	show,		NULL },
	{ "POST",	"/api/v1/tickets/{}/messages",	SCOPE_TICKETS_WRITE,	add_message,	message_fields },
	{ NULL,		NULL,				SCOPE_COUNT,		NULL,		NULL },
};
/* clang-format on */
