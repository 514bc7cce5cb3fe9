/* Packets over several rounds, and what ends in time (flow/escalation.h). */
#include "help_escalation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)
#define MAILS(kit, to, want) assert_int_equal(kit_sent_count(kit, to), want)

static struct escalation_wish
wish(const struct escalation *e, enum escalation_act act, const char *by)
{
	return (struct escalation_wish){ .id = e->id, .act = act, .by = by };
}

static void
who_acknowledges_late_has_a_day_from_then(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);

	kit_pass(kit, 10 * MS_HOUR);
	e = packet_do(kit, wish(&e, ESCALATION_ACK, EVE_AT));
	assert_int_equal(e.next_at, 0);
	kit_pass(kit, MS_DAY - 1);
	assert_string_equal(packet_get(kit, &e.id).state, "in_progress");
	kit_pass(kit, 1);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
}

static void
what_is_acknowledged_is_looked_at_when_it_is_due(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);

	e = packet_do(kit, wish(&e, ESCALATION_ACK, EVE_AT));
	assert_int_equal(e.next_at, e.due);
}

static void
a_level_is_not_told_for_ever(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();

	raise.levels = "[{\"after_ms\": 3600000, \"to\": \"admin\", \"repeat_ms\": 300000},"
		       " {\"after_ms\": 864000000, \"to\": \"owner\"}]";
	packet_new(kit, &raise);
	kit_pass(kit, MS_HOUR);
	for (int i = 0; i < 30; i++)
		kit_pass(kit, 5 * MS_MINUTE);
	MAILS(kit, MAX_AT, 1 + ESCALATION_REPEATS_MAX);
}

static void
what_is_put_off_beyond_its_time_does_not_expire_before(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation_wish snooze;
	struct escalation e;

	raise.levels = "";
	e = packet_new(kit, &raise);
	snooze = wish(&e, ESCALATION_SNOOZE, EVE_AT);
	snooze.until = kit->now + 8 * MS_HOUR;
	packet_do(kit, snooze);
	kit_pass(kit, 8 * MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	MAILS(kit, EVE_AT, 2);
	kit_pass(kit, MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
}

static void
a_new_round_tells_nobody_of_the_one_before(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);

	kit_pass(kit, 2 * MS_HOUR);
	MAILS(kit, MAX_AT, 1);
	packet_do(kit, wish(&e, ESCALATION_RESOLVE, EVE_AT));
	MAILS(kit, MAX_AT, 2);
	kit_pass(kit, MS_MINUTE);
	packet_do(kit, wish(&e, ESCALATION_REOPEN, EVE_AT));
	packet_do(kit, wish(&e, ESCALATION_RESOLVE, EVE_AT));
	MAILS(kit, MAX_AT, 2);
}

static void
who_gets_it_back_hears_so_once(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);
	struct escalation_wish assign = wish(&e, ESCALATION_ASSIGN, MAX_AT);

	kit_pass(kit, 2 * MS_HOUR);
	MAILS(kit, EVE_AT, 2);
	kit_pass(kit, MS_MINUTE);
	assign.to = EVE_AT;
	packet_do(kit, assign);
	MAILS(kit, EVE_AT, 3);
	assert_int_equal(
	    COUNT(kit, "outgoing", "kind = 'escalation-moved' AND to_email = 'eve@help.test'"), 1);
	/* Her rows are two now; she hears once that it is overdue. */
	kit_pass(kit, 2 * MS_HOUR);
	MAILS(kit, EVE_AT, 4);
}

static int
raise_and_take(struct desk *desk, void *arg, struct err *err)
{
	struct escalation *e = arg;
	const struct escalation_raise raise = packet_plain();
	struct escalation_wish take = { .act = ESCALATION_ACK, .by = MAX_AT };
	bool changed;
	int rc = escalation_raise(desk, &raise, e, &changed, err);

	take.id = e->id;
	return rc < 0 ? rc : escalation_do(desk, &take, e, &changed, err);
}

static void
a_mail_that_has_not_left_is_dropped_when_somebody_else_takes_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e;
	struct err err;

	assert_int_equal(kit_step(kit, raise_and_take, &e, &err), 0);
	kit_run(kit);
	assert_int_equal(COUNT(kit, "outgoing", "kind = 'escalation' AND status = 'dropped'"), 1);
	MAILS(kit, EVE_AT, 1); /* that he has it */
}

/* A clock that went back makes no time less than none. */
static void
what_is_resolved_before_it_was_raised_took_no_time(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);

	kit->now -= 5 * MS_MINUTE;
	assert_int_equal(packet_do(kit, wish(&e, ESCALATION_RESOLVE, EVE_AT)).took, 0);
}

/* Whichever of the two jobs comes first after days of silence. */
static void
what_is_out_of_time_goes_up_before_it_is_over(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);

	kit->now += 3 * MS_DAY;
	kit_change(kit,
	    arena_printf(kit->arena,
		"UPDATE job_due SET due = %lld WHERE id IN"
		" (SELECT id FROM jobs WHERE kind = 'climb')",
		(long long)(kit->now + MS_MINUTE)));
	kit_run(kit);
	e = packet_get(kit, &e.id);
	assert_string_equal(e.state, "pending");
	assert_string_equal(e.to, "owner");
	MAILS(kit, OLGA_AT, 1);
	kit_pass(kit, MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	MAILS(kit, OLGA_AT, 2);
}

/* --- what is foreseen is what happens --------------------------------------------- */

struct foreseen {
	struct desk_kit *kit;
	const struct escalation *e;
	struct escalation_foreseen steps[100];
	char to[100][100];
	size_t count;
};

static void
keep_step(void *arg, const struct escalation_foreseen *step)
{
	struct foreseen *f = arg;

	assert_true(f->count < ARRAY_LEN(f->steps));
	f->steps[f->count] = *step;
	f->steps[f->count].to = f->to[f->count];
	snprintf(f->to[f->count++], sizeof(f->to[0]), "%s", step->to);
}

static int
do_foresee(struct desk *desk, void *arg, struct err *err)
{
	struct foreseen *f = arg;

	(void)err;
	escalation_foresee(desk, f->e, keep_step, f);
	return 0;
}

static int64_t
events_so_far(struct desk_kit *kit, const char *kind)
{
	char sql[200];

	snprintf(
	    sql, sizeof(sql), "SELECT count(*) FROM escalation_events WHERE kind = '%s'", kind);
	return kit_number(kit, sql);
}

/* Not a millisecond before, and to whom it says. */
static void
check_step(struct foreseen *f, const struct escalation_foreseen *step)
{
	bool is_level = text_is(step->what, "level"), is_end = text_is(step->what, "expires");
	const char *kind = is_level ? "climb" : is_end ? "lapse" : "again";
	int64_t before = events_so_far(f->kit, kind);
	struct escalation e;

	if (text_is(step->what, "due")) {
		assert_int_equal(step->at, f->e->due);
		return;
	}
	kit_pass(f->kit, step->at - f->kit->now - 1);
	assert_int_equal(events_so_far(f->kit, kind), before);
	kit_pass(f->kit, 1);
	e = packet_get(f->kit, &f->e->id);
	assert_int_equal(events_so_far(f->kit, kind), before + 1);
	assert_string_equal(*e.assignee ? e.assignee : e.to, step->to);
	assert_string_equal(is_end ? e.state : "expired", "expired");
}

static void
what_is_foreseen_is_what_happens(void **state)
{
	static const struct {
		const char *levels, *priority;
		enum escalation_act act; /* LAPSE: nobody does anything */
		span_ms snooze;
		size_t steps;
	} cases[] = {
		{ "", "medium", ESCALATION_LAPSE, 0, 2 },
		{ "", "medium", ESCALATION_ACK, 0, 2 },
		{ "", "medium", ESCALATION_SNOOZE, 9 * MS_HOUR, 3 },
		{ "[{\"after_ms\": 7200000, \"to\": \"admin\"},"
		  " {\"after_ms\": 86400000, \"to\": \"owner\"}]",
		    "critical", ESCALATION_LAPSE, 0, 4 },
		{ "[{\"after_ms\": 3600000, \"to\": \"admin\", \"repeat_ms\": 1500000},"
		  " {\"after_ms\": 7200000, \"to\": \"owner\", \"repeat_ms\": 1800000}]",
		    "high", ESCALATION_LAPSE, 0, 9 },
		{ "[{\"after_ms\": 3600000, \"to\": \"admin\"}]", "high", ESCALATION_SNOOZE,
		    5 * MS_HOUR, 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_kit *kit = *state;
		struct escalation_raise raise = packet_plain();
		struct foreseen f = { .kit = kit };
		struct escalation_wish act;
		struct escalation e;
		struct err err;

		raise.levels = cases[i].levels;
		raise.priority = cases[i].priority;
		raise.once_key = "";
		e = packet_new(kit, &raise);
		act = wish(&e, cases[i].act, EVE_AT);
		act.until = kit->now + cases[i].snooze;
		if (cases[i].act != ESCALATION_LAPSE)
			e = packet_do(kit, act);
		f.e = &e;
		assert_int_equal(kit_step(kit, do_foresee, &f, &err), 0);
		assert_int_equal(f.count, cases[i].steps);
		for (size_t n = 0; n < f.count; n++)
			check_step(&f, &f.steps[n]);
	}
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(who_acknowledges_late_has_a_day_from_then),
		STORY(what_is_acknowledged_is_looked_at_when_it_is_due),
		STORY(a_level_is_not_told_for_ever),
		STORY(what_is_put_off_beyond_its_time_does_not_expire_before),
		STORY(a_new_round_tells_nobody_of_the_one_before),
		STORY(who_gets_it_back_hears_so_once),
		STORY(a_mail_that_has_not_left_is_dropped_when_somebody_else_takes_it),
		STORY(what_is_resolved_before_it_was_raised_took_no_time),
		STORY(what_is_out_of_time_goes_up_before_it_is_over),
		STORY(what_is_foreseen_is_what_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
