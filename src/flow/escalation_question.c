/* escalation_question: the question that a packet is about, as its reader needs it. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/flow/matter.h>
#include <assent/store/facts.h>

static int64_t
day_of(const struct zone *zone, utc_ms at)
{
	struct civil c;

	zone_civil(zone, at, &c);
	return days_to_month(c.year, c.month) + c.day - 1;
}

static void
add_date(
    struct desk *desk, json_t *object, const char *key, utc_ms at, const struct words_place *place)
{
	if (at != 0)
		view_text(object, key, words_date_in(tx_arena(desk->tx), place, at));
}

static void
add_reminders(struct desk *desk, const struct matter *m, json_t *ask, struct err *err)
{
	struct facts_asked newest;

	if (m->approval.reminded_at == 0 ||
	    facts_asked(desk->tx, &m->ticket.id, &newest, err) < 0 ||
	    !id_equal(&newest.id, &m->approval.id))
		return;
	json_object_set_new(ask, "reminders", json_integer(newest.reminders));
}

/* Until when an answer counts, or what became of it meanwhile. */
static void
add_state(struct desk *desk, const struct matter *m, const struct words_place *place, json_t *ask)
{
	const struct approval *a = &m->approval;
	int64_t left = day_of(place->zone, a->deadline) - day_of(place->zone, desk->now);

	if (a->state == AS_SENT && a->deadline > desk->now) {
		json_object_set_new(ask, "is_waiting", json_true());
		add_date(desk, ask, "deadline", a->deadline, place);
		json_object_set_new(ask, "days_left", json_integer(left));
		return;
	}
	json_object_set_new(ask,
	    arena_printf(tx_arena(desk->tx), "now_%s", approval_state_name(a->state)), json_true());
	add_date(desk, ask, "ended", a->decided_at != 0 ? a->decided_at : a->moved_at, place);
}

static json_t *
ask_of(struct desk *desk, const struct matter *m, const struct words_place *place, struct err *err)
{
	const struct ballot *asked = &m->asked_now;
	json_t *ask = json_object();

	view_text(ask, "question", m->approval.question);
	view_text(ask, "approver", asked->person_name);
	view_text(ask, "approver_email", asked->person_email);
	add_date(desk, ask, "asked", m->approval.asked_at, place);
	add_date(desk, ask, "reminded", m->approval.reminded_at, place);
	add_reminders(desk, m, ask, err);
	add_state(desk, m, place, ask);
	return ask;
}

void
escalation_view_question(
    struct desk *desk, const struct escalation *e, const struct words_place *place, json_t *view)
{
	struct matter m = { 0 };
	struct err err;
	struct id id;

	if (!text_is(e->entity_type, "approval") || !id_parse(e->entity_id, &id) ||
	    matter_load(desk, &id, &m, &err) < 0)
		return;
	json_object_set_new(view, "ask", ask_of(desk, &m, place, &err));
	/* An id says nothing to a person. */
	json_object_del(view, "entity_type");
	json_object_del(view, "entity_id");
}
