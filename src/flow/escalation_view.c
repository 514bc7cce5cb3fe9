/* escalation_view: a packet as a mail or page says it. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>

static const struct zone *
zone_of(const struct desk *desk, const struct escalation_reader *reader)
{
	const struct zone *zone;

	return zone_get(reader->zone_name, &zone, NULL) == 0 ? zone : desk->policy->zone;
}

static const char *
plain_text(const struct escalation *e, const char *field)
{
	if (text_is(field, "title"))
		return e->title;
	if (text_is(field, "suggest"))
		return e->suggest;
	return text_is(field, "risk") ? e->risk : "";
}

const char *
escalation_text(
    struct desk *desk, const struct escalation *e, const char *field, const char *locale)
{
	json_t *texts = json_loads(e->texts, 0, NULL);
	const char *text =
	    json_string_value(json_object_get(json_object_get(texts, field), locale));
	const char *out = text != NULL && text[0] != '\0' ? arena_dup(tx_arena(desk->tx), text)
							  : plain_text(e, field);

	json_decref(texts);
	return out;
}

static void
add_json(json_t *view, const char *key, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	if (json_array_size(json) > 0)
		json_object_set(view, key, json);
	json_decref(json);
}

static void
add_ticket(struct desk *desk, const struct escalation *e, json_t *view)
{
	struct organisation organisation;
	struct ticket ticket;

	if (e->organisation[0] != '\0' &&
	    organisation_by_key(desk->tx, e->organisation, &organisation, NULL) == 0)
		view_text(view, "organisation", organisation.name);
	if (id_is_null(&e->ticket) || ticket_get(desk->tx, &e->ticket, &ticket, NULL) < 0)
		return;
	view_text(view, "mark", notice_mark(desk, ticket.ref));
	view_text(view, "ticket_title", ticket.title);
	view_text(view, "ticket_url", ticket.external_url);
}

static void
add_outcome(struct desk *desk, const struct escalation *e, const struct zone *zone, json_t *view)
{
	struct arena *arena = tx_arena(desk->tx);

	view_text(view, "acked_by", e->acked_by);
	view_text(view, "action", e->action);
	view_text(view, "notes", e->notes);
	view_text(view, "resolved_by", e->resolved_by);
	if (e->resolved_at != 0)
		view_text(view, "resolved", words_date(arena, zone, e->resolved_at));
	if (e->snoozed_until != 0)
		view_text(view, "snoozed_until", words_date(arena, zone, e->snoozed_until));
}

json_t *
escalation_view(
    struct desk *desk, const struct escalation *e, const struct escalation_reader *reader)
{
	const struct zone *zone = zone_of(desk, reader);
	struct arena *arena = tx_arena(desk->tx);
	json_t *view = json_object();
	char text[ID_TEXT_SIZE];

	view_text(view, "escalation", id_text(&e->id, text));
	view_text(view, "title", escalation_text(desk, e, "title", reader->locale));
	view_text(view, "risk", escalation_text(desk, e, "risk", reader->locale));
	view_text(view, "suggest", escalation_text(desk, e, "suggest", reader->locale));
	view_text(view, "reason", e->reason);
	view_text(view, "priority", e->priority);
	view_text(view, "state", e->state);
	view_text(view, "to", e->to);
	view_text(view, "assignee", e->assignee);
	view_text(view, "entity_type", e->entity_type);
	view_text(view, "entity_id", e->entity_id);
	view_text(view, "workflow", e->workflow);
	view_text(view, "failed_step", e->failed_step);
	view_text(view, "due", words_date(arena, zone, e->due));
	view_text(view, "raised", words_date(arena, zone, e->created));
	view_text(view, "agent_email", desk->policy->agent_email);
	add_json(view, "missing", e->missing);
	add_json(view, "artifacts", e->artifacts);
	add_ticket(desk, e, view);
	add_outcome(desk, e, zone, view);
	if (e->confidence >= 0)
		json_object_set_new(view, "confidence", json_integer(e->confidence / 10000));
	return view;
}
