#include <assent/flow/escalation_json.h>

#include <assent/base/str.h>
#include <assent/flow/member.h>
#include <assent/flow/resume.h>
#include <assent/store/ticket.h>

#include <string.h>

#define MILLION 1000000.0

/* --- members --------------------------------------------------------------------- */

/* What was stored as JSON; otherwise where it cannot be read. Takes otherwise. */
static void
set_json(json_t *object, const char *key, const char *text, json_t *otherwise)
{
	json_t *json = text[0] != '\0' ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	json_object_set_new(object, key, json != NULL ? json : json_incref(otherwise));
	json_decref(otherwise);
}

/* --- a packet ---------------------------------------------------------------------- */

static void
set_subject(struct desk *desk, json_t *object, const struct escalation *e)
{
	struct ticket ticket;
	bool found =
	    !id_is_null(&e->ticket) && ticket_get(desk->tx, &e->ticket, &ticket, NULL) == 0;
	json_t *entity = json_object();

	member_text(object, "organisation", e->organisation);
	json_object_set_new(
	    object, "ticket", found ? json_sprintf("T-%lld", (long long)ticket.ref) : json_null());
	member_text(entity, "type", e->entity_type);
	member_text(entity, "id", e->entity_id);
	json_object_set_new(object, "entity", entity);
	member_text(object, "workflow", e->workflow);
	member_text(object, "failed_step", e->failed_step);
}

static void
set_reason(json_t *object, const struct escalation *e)
{
	member_text(object, "title", e->title);
	member_text(object, "reason", e->reason);
	member_text(object, "priority", e->priority);
	member_text(object, "risk", e->risk);
	member_text(object, "suggest", e->suggest);
	json_object_set_new(object, "confidence",
	    e->confidence >= 0 ? json_real((double)e->confidence / MILLION) : json_null());
	set_json(object, "missing", e->missing, json_array());
	set_json(object, "artifacts", e->artifacts, json_array());
	set_json(object, "texts", e->texts, json_object());
	member_text(object, "rule", e->rule);
	member_text(object, "once_key", e->once_key);
	member_text(object, "source", e->source);
}

static void
set_place(struct desk *desk, json_t *object, const struct escalation *e)
{
	enum escalation_state state = ESCALATION_RESOLVED;
	bool is_open = escalation_state_parse(e->state, &state) && escalation_is_open(state);

	member_text(object, "state", e->state);
	member_text(object, "to", e->to);
	member_text(object, "assignee", e->assignee);
	json_object_set_new(object, "level", json_integer(e->level));
	set_json(object, "levels", e->levels, json_array());
	member_time(object, "created", e->created);
	member_time(object, "due", e->due);
	json_object_set_new(object, "overdue", json_boolean(is_open && e->due < desk->now));
	member_time(object, "snoozed_until", e->snoozed_until);
	member_time(object, "acked_at", e->acked_at);
	member_text(object, "acked_by", e->acked_by);
	member_time(object, "moved", e->moved_at);
}

static json_t *
resolution_json(const struct escalation *e)
{
	json_t *object;

	if (e->resolved_at == 0)
		return json_null();
	object = json_object();
	member_text(object, "action", e->action);
	member_text(object, "notes", e->notes);
	set_json(object, "override", e->override_json, json_object());
	member_text(object, "by", e->resolved_by);
	member_time(object, "at", e->resolved_at);
	json_object_set_new(object, "took_ms", json_integer(e->took));
	return object;
}

json_t *
escalation_json(struct desk *desk, const struct escalation *e)
{
	json_t *object = json_object();
	char id[ID_TEXT_SIZE];

	json_object_set_new(object, "id", json_string(id_text(&e->id, id)));
	set_reason(object, e);
	set_subject(desk, object, e);
	set_place(desk, object, e);
	json_object_set_new(object, "resolution", resolution_json(e));
	json_object_set_new(object, "resume", resume_json(desk, e));
	return object;
}

/* --- all of it ------------------------------------------------------------------------ */

static json_t *
person_json(const struct escalation_person *p)
{
	json_t *object = json_object();

	member_text(object, "email", p->email);
	member_text(object, "name", p->name);
	member_text(object, "role", p->role);
	json_object_set_new(object, "level", p->level >= 0 ? json_integer(p->level) : json_null());
	member_time(object, "at", p->at);
	member_text(object, "skipped", p->skipped);
	return object;
}

static json_t *
event_json(const struct escalation_event *event)
{
	json_t *object = json_object();

	member_time(object, "at", event->at);
	member_text(object, "kind", event->kind);
	member_text(object, "by", event->actor);
	member_text(object, "before", event->before);
	member_text(object, "after", event->after);
	member_text(object, "channel", event->channel);
	member_text(object, "evidence", event->evidence);
	return object;
}

static int
add_people(struct desk *desk, const struct id *id, json_t *out, struct err *err)
{
	struct escalation_person *people = NULL;
	json_t *list = json_array();
	size_t n = 0;
	int rc = escalation_person_list(desk->tx, id, &people, &n, err);
	size_t first = n > ESCALATION_HISTORY_MAX ? n - ESCALATION_HISTORY_MAX : 0;

	for (size_t i = first; rc == 0 && i < n; i++)
		json_array_append_new(list, person_json(&people[i]));
	json_object_set_new(out, "people", list);
	return rc;
}

static int
add_history(struct desk *desk, const struct id *id, json_t *out, struct err *err)
{
	struct escalation_event *events = NULL;
	json_t *list = json_array();
	size_t n = 0;
	int rc = escalation_event_list(desk->tx, id, &events, &n, err);
	size_t first = n > ESCALATION_HISTORY_MAX ? n - ESCALATION_HISTORY_MAX : 0;

	for (size_t i = first; rc == 0 && i < n; i++)
		json_array_append_new(list, event_json(&events[i]));
	json_object_set_new(out, "history", list);
	return rc;
}

int
escalation_json_whole(struct desk *desk, const struct escalation *e, json_t **out, struct err *err)
{
	json_t *object = escalation_json(desk, e);
	int rc = add_people(desk, &e->id, object, err);

	if (rc == 0)
		rc = add_history(desk, &e->id, object, err);
	if (rc == 0)
		*out = object;
	else
		json_decref(object);
	return rc;
}

/* --- statistics --------------------------------------------------------------------------- */

static json_t *
counts_json(const struct escalation_count *counts, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(object, counts[i].word, json_integer(counts[i].n));
	return object;
}

json_t *
escalation_stats_json(const struct escalation_stats *stats)
{
	json_t *object = json_object();

	json_object_set_new(object, "total", json_integer(stats->total));
	json_object_set_new(object, "overdue", json_integer(stats->overdue));
	json_object_set_new(object, "by_state", counts_json(stats->states, ESCALATION_STATE_COUNT));
	json_object_set_new(
	    object, "by_priority", counts_json(stats->priorities, ESCALATION_PRIORITY_COUNT));
	json_object_set_new(object, "by_reason", counts_json(stats->reasons, stats->reason_count));
	json_object_set_new(
	    object, "average_resolution_minutes", json_real(stats->average_minutes));
	json_object_set_new(object, "p95_resolution_minutes", json_real(stats->p95_minutes));
	json_object_set_new(object, "oldest_pending_hours", json_real(stats->oldest_pending_hours));
	return object;
}
