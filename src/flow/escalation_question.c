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

struct asking { /* for one reader */
	struct desk *desk;
	const struct words_place *place;
	const struct matter *m;
	json_t *ask;
};

static void
add_date(const struct asking *a, const char *key, utc_ms at)
{
	if (at != 0)
		view_text(a->ask, key, words_date_in(tx_arena(a->desk->tx), a->place, at));
}

static void
add_reminders(const struct asking *a)
{
	struct facts_asked newest;
	struct err err;

	add_date(a, "reminded", a->m->approval.reminded_at);
	if (a->m->approval.reminded_at != 0 &&
	    facts_asked(a->desk->tx, &a->m->ticket.id, &newest, &err) == 0 &&
	    id_equal(&newest.id, &a->m->approval.id))
		json_object_set_new(a->ask, "reminders", json_integer(newest.reminders));
}

/* Until when an answer counts, or what became of it meanwhile. */
static void
add_state(const struct asking *a)
{
	const struct approval *row = &a->m->approval;
	const struct zone *zone = a->place->zone;
	struct arena *arena = tx_arena(a->desk->tx);

	if (row->state == AS_SENT && row->deadline > a->desk->now) {
		json_object_set_new(a->ask, "is_waiting", json_true());
		add_date(a, "deadline", row->deadline);
		json_object_set_new(a->ask, "days_left",
		    json_integer(day_of(zone, row->deadline) - day_of(zone, a->desk->now)));
		return;
	}
	json_object_set_new(
	    a->ask, arena_printf(arena, "now_%s", approval_state_name(row->state)), json_true());
	add_date(a, "ended", row->decided_at != 0 ? row->decided_at : row->moved_at);
}

static json_t *
ask_of(struct desk *desk, const struct words_place *place, const struct matter *m)
{
	const struct asking a = { desk, place, m, json_object() };
	const struct ballot *asked = &m->asked_now;

	view_text(a.ask, "question", m->approval.question);
	view_text(a.ask, "approver", asked->person_name);
	view_text(a.ask, "approver_email", asked->person_email);
	add_date(&a, "asked", m->approval.asked_at);
	add_reminders(&a);
	add_state(&a);
	return a.ask;
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
	json_object_set_new(view, "ask", ask_of(desk, place, &m));
	/* An id says nothing to a person. */
	json_object_del(view, "entity_type");
	json_object_del(view, "entity_id");
}
