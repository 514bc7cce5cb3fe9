/* escalation_note: a packet's history, with its event and ledger entry. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/flow/matter.h>

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static const struct escalation_way *
way_of(const struct escalation_note *note)
{
	static const struct escalation_way none;

	return note->way != NULL ? note->way : &none;
}

static int
to_ledger(struct desk *desk, const struct escalation *e, const struct escalation_note *note,
    const char *kind, struct err *err)
{
	const struct escalation_way *way = way_of(note);
	const struct ledger_field fields[] = {
		{ "by", note->actor },
		{ "title", e->title },
		{ "organisation", record_maybe(e->organisation) },
		{ "reason", e->reason },
		{ "priority", e->priority },
		{ "state", e->state },
		{ "before", record_maybe(note->before) },
		{ "after", record_maybe(note->after) },
		{ "action", record_maybe(e->action) },
		{ "override", record_maybe(e->override_json) },
		{ "channel", record_maybe(way->channel) },
		{ "evidence", record_maybe(way->evidence) },
	};

	return record_ledger(
	    desk, &(struct record_entry){ kind, e->id, fields, ARRAY_LEN(fields) }, NULL, err);
}

int
escalation_record(struct desk *desk, const struct escalation *e, const struct escalation_note *note,
    struct err *err)
{
	const char *kind = arena_printf(tx_arena(desk->tx), "escalation.%s", note->kind);
	const struct escalation_event event = {
		.escalation = e->id,
		.at = desk->now,
		.kind = note->kind,
		.actor = note->actor,
		.before = or_empty(note->before),
		.after = or_empty(note->after),
		.channel = or_empty(way_of(note)->channel),
		.evidence = or_empty(way_of(note)->evidence),
	};
	int rc = escalation_event_add(desk->tx, &event, err);

	if (rc == 0)
		rc = record_event(desk, &e->ticket,
		    &(struct record_change){ kind, note->actor, note->before, note->after }, err);
	if (rc == 0 && note->to_ledger)
		rc = to_ledger(desk, e, note, kind, err);
	return rc;
}

const char *
escalation_last_word(struct desk *desk, const struct escalation *e)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *who = e->acked_by, *what = NULL;
	utc_ms at = e->acked_at;

	if (e->resolved_at != 0) {
		who = e->resolved_by;
		what = "resolved it";
		at = e->resolved_at;
	} else if (text_is(e->state, escalation_state_name(ESCALATION_EXPIRED))) {
		return arena_printf(
		    arena, "it expired on %s", words_date(arena, desk->policy->zone, e->moved_at));
	} else if (e->acked_at != 0) {
		what = "acknowledged it";
	}
	if (what == NULL)
		return arena_printf(arena, "it was put to %s on %s",
		    e->assignee[0] != '\0' ? e->assignee : e->to,
		    words_date(arena, desk->policy->zone, e->climbed_at));
	return arena_printf(arena, "%s %s on %s", who[0] != '\0' ? who : "somebody", what,
	    words_date(arena, desk->policy->zone, at));
}
