/* api: tickets and approvals as programs see them. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include "web/api_priv.h"

#include <string.h>

void
api_set_id(json_t *object, const char *key, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	json_object_set_new(
	    object, key, id_is_null(id) ? json_null() : json_string(id_text(id, text)));
}

void
api_set_hex(json_t *object, const char *key, const uint8_t *bytes, size_t n)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * n + 1);

	str_add_hex(&hex, bytes, n);
	json_object_set_new(object, key, json_string(str_text(&hex)));
}

void
api_set_person(json_t *object, const char *key, const char *email, const char *name)
{
	json_t *person;

	if (*email == '\0' && *name == '\0') {
		json_object_set_new(object, key, json_null());
		return;
	}
	person = json_object();
	member_text(person, "email", email);
	member_text(person, "name", name);
	json_object_set_new(object, key, person);
}

json_t *
api_ref(int64_t ref)
{
	return json_sprintf("T-%lld", (long long)ref);
}

static void
set_attributes(json_t *object, const char *attributes)
{
	json_t *json = json_loads(attributes, 0, NULL);

	json_object_set_new(object, "attributes", json_is_object(json) ? json : json_object());
	if (!json_is_object(json))
		json_decref(json);
}

int
api_view_ticket(struct desk *desk, const struct ticket *ticket, json_t **out, struct err *err)
{
	struct organisation organisation = { .key = "" };
	json_t *object;
	int rc = 0;

	if (!id_is_null(&ticket->organisation))
		rc = organisation_get(desk->tx, &ticket->organisation, &organisation, err);
	if (rc < 0)
		return err_wrap(err, ERR_IO, "ticket T-%lld", (long long)ticket->ref);
	object = json_object();
	api_set_id(object, "id", &ticket->id);
	json_object_set_new(object, "ref", api_ref(ticket->ref));
	member_text(object, "title", ticket->title);
	member_text(object, "status", ticket->status);
	member_text(object, "customer", organisation.key);
	api_set_person(object, "requester", ticket->requester_email, ticket->requester_name);
	api_set_person(object, "engineer", ticket->engineer_email, ticket->engineer_name);
	member_text(object, "source", ticket->source);
	member_text(object, "external_id", ticket->external_id);
	member_text(object, "external_status", ticket->external_status);
	member_text(object, "external_url", ticket->external_url);
	member_text(object, "priority", ticket->priority);
	set_attributes(object, ticket->attributes);
	member_text(object, "status_before", ticket->status_before);
	member_text(object, "status_by", ticket->status_by);
	member_time(object, "status_at", ticket->status_at);
	json_object_set_new(object, "spent", json_integer(ticket->spent));
	json_object_set_new(object, "state_version", json_integer(ticket->state_version));
	member_time(object, "created", ticket->created);
	member_time(object, "updated", ticket->updated);
	*out = object;
	return 0;
}

json_t *
api_view_approval(const struct matter *m)
{
	const struct approval *a = &m->approval;
	json_t *object = json_object();

	api_set_id(object, "id", &a->id);
	json_object_set_new(object, "ticket", api_ref(m->ticket.ref));
	member_text(object, "title", m->ticket.title);
	member_text(object, "customer", m->organisation.key);
	member_text(object, "state", approval_state_name(a->state));
	member_text(object, "question", a->question);
	api_set_person(object, "approver", m->ballot.person_email, m->ballot.person_name);
	member_text(object, "on_behalf_of", m->ballot.on_behalf_of);
	member_text(object, "requested_by", a->requested_by);
	api_set_id(object, "batch", &m->batch);
	json_object_set_new(object, "item", a->item > 0 ? json_integer(a->item) : json_null());
	member_time(object, "created", a->created);
	member_time(object, "ask_at", a->ask_at);
	member_time(object, "asked_at", a->asked_at);
	member_time(object, "reminded_at", a->reminded_at);
	member_time(object, "deadline", a->deadline);
	member_time(object, "decided_at", a->decided_at);
	json_object_set_new(object, "turnaround_ms",
	    a->decided_at != 0 ? json_integer(a->turnaround) : json_null());
	member_text(object, "comment", a->comment);
	return object;
}
