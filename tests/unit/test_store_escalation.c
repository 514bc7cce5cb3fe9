/* Packets, whom they were put to, their history and numbers, as rows (store/escalation.h). */
#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/escalation.h>

#include <math.h>

static struct escalation
row(unsigned n)
{
	return (struct escalation){ .id = id_of(n),
		.version = 1,
		.organisation = "brightdesk",
		.title = "A large deal",
		.reason = "high_value_deal",
		.missing = "[]",
		.priority = "high",
		.artifacts = "[]",
		.texts = "{}",
		.confidence = -1,
		.rule = "high_value",
		.source = "rules",
		.first_to = "manager",
		.levels = "[]",
		.state = "pending",
		.to = "manager",
		.assignee = "",
		.created = T0,
		.began = T0,
		.due = T0 + 4 * MS_HOUR,
		.climbed_at = T0,
		.moved_at = T0 };
}

static void
add(struct tx *tx, const struct escalation *e)
{
	struct err e_, *err = &e_;

	OK(escalation_add(tx, e, err));
}

STEP_TEST(what_is_written_is_read_again)
{
	struct escalation e = row(1), out;

	e.ticket = id_of(7);
	e.confidence = 812500;
	e.once_key = "T-1001";
	e.resume_token = "tok";
	add(tx, &e);
	OK(escalation_get(tx, &e.id, &out, err));
	assert_string_equal(out.title, "A large deal");
	assert_string_equal(out.organisation, "brightdesk");
	assert_true(id_equal(&out.ticket, &e.ticket));
	assert_int_equal(out.confidence, 812500);
	assert_string_equal(out.once_key, "T-1001");
	assert_string_equal(out.resume_token, "tok");
	assert_string_equal(out.workflow, "");
	assert_int_equal(out.due, e.due);
	REFUSED(ERR_NOT_FOUND, escalation_get(tx, &(struct id){ { 9 } }, &out, err));
}

STEP_TEST(of_two_changes_at_once_one_finds_it_changed)
{
	struct escalation e = row(1), first, second;

	add(tx, &e);
	OK(escalation_get(tx, &e.id, &first, err));
	OK(escalation_get(tx, &e.id, &second, err));
	first.state = "in_progress";
	first.acked_by = "eve@help.example";
	OK(escalation_put(tx, &first, err));
	assert_int_equal(first.version, 2);
	second.state = "resolved";
	REFUSED(ERR_CONFLICT, escalation_put(tx, &second, err));
	OK(escalation_get(tx, &e.id, &e, err));
	assert_string_equal(e.state, "in_progress");
	assert_string_equal(e.acked_by, "eve@help.example");
	first.state = "done";
	REFUSED(ERR_INVALID, escalation_put(tx, &first, err));
}

STEP_TEST(one_of_a_rule_and_key_is_open_at_a_time)
{
	struct escalation e = row(1), other = row(2), out;

	e.once_key = other.once_key = "T-1001";
	add(tx, &e);
	assert_true(escalation_add(tx, &other, err) < 0);
	OK(escalation_of_key(tx, "high_value", "T-1001", &out, err));
	assert_true(id_equal(&out.id, &e.id));
	REFUSED(ERR_NOT_FOUND, escalation_of_key(tx, "high_value", "T-1002", &out, err));
	REFUSED(ERR_NOT_FOUND, escalation_of_key(tx, "high_value", "", &out, err));
	e.state = "resolved";
	OK(escalation_put(tx, &e, err));
	REFUSED(ERR_NOT_FOUND, escalation_of_key(tx, "high_value", "T-1001", &out, err));
	add(tx, &other);
	/* It would be the second one. */
	e.state = "pending";
	REFUSED(ERR_CONFLICT, escalation_put(tx, &e, err));
}

static const struct {
	struct escalation_filter filter;
	const char *want; /* the numbers, newest first */
} lists[] = {
	{ { 0 }, "654321" },
	{ { .state = "open" }, "6421" },
	{ { .state = "resolved" }, "3" },
	{ { .state = "expired" }, "5" },
	{ { .state = "pending", .organisation = "brightdesk" }, "1" },
	{ { .organisation = "brightdesk" }, "531" },
	{ { .organisation = "northwind", .state = "open" }, "642" },
	{ { .organisation = "" }, "" },
	{ { .priority = "critical" }, "4" },
	{ { .reason = "timeout" }, "2" },
	{ { .assignee = "Eve@Help.example" }, "6" },
	{ { .rule = "no_such" }, "" },
	{ { .overdue_at = T0 + 5 * MS_HOUR }, "621" },
	{ { .overdue_at = T0 + 5 * MS_HOUR, .organisation = "brightdesk" }, "1" },
	{ { .ticket = { { 0 } }, .max = 2 }, "65" },
};

static void
add_six(struct tx *tx)
{
	for (unsigned i = 1; i <= 6; i++) {
		struct escalation e = row(i);

		e.organisation = i % 2 == 0 ? "northwind" : "brightdesk";
		if (i == 2)
			e.reason = "timeout";
		if (i == 3)
			e.state = "resolved";
		if (i == 4) {
			e.priority = "critical";
			e.due = T0 + MS_DAY;
		}
		if (i == 5)
			e.state = "expired";
		if (i == 6) {
			e.assignee = "Eve@help.example";
			e.state = "in_progress";
			e.ticket = id_of(100);
		}
		add(tx, &e);
	}
}

STEP_TEST(lists_hold_what_is_asked_for_newest_first)
{
	add_six(tx);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		char got[16] = "";
		struct escalation *list;
		size_t n;

		OK(escalation_list(tx, &lists[i].filter, &list, &n, err));
		for (size_t k = 0; k < n; k++)
			for (unsigned id = 1; id <= 6; id++) {
				struct id one = id_of(id);

				if (id_equal(&list[k].id, &one))
					got[k] = (char)('0' + id);
			}
		assert_string_equal(got, lists[i].want);
	}
}

STEP_TEST(a_list_goes_on_behind_its_last_and_one_of_a_ticket_holds_its_own)
{
	struct escalation_filter filter = { .max = 2 };
	struct escalation *list;
	size_t n, all = 0;

	add_six(tx);
	do {
		OK(escalation_list(tx, &filter, &list, &n, err));
		all += n;
		if (n > 0)
			filter.before = list[n - 1].id;
	} while (n > 0);
	assert_int_equal(all, 6);
	filter = (struct escalation_filter){ .ticket = id_of(100) };
	OK(escalation_list(tx, &filter, &list, &n, err));
	assert_int_equal(n, 1);
	filter.state = "expired";
	OK(escalation_list(tx, &filter, &list, &n, err));
	assert_int_equal(n, 0);
}

STEP_TEST(people_and_events_are_kept_in_order)
{
	struct escalation_person person = { .id = id_of(11),
		.escalation = id_of(1),
		.role = "manager",
		.email = "Max@help.example",
		.name = "Max",
		.at = T0,
		.skipped = "" },
				 out, *people;
	struct escalation_event event = { .escalation = id_of(1),
		.at = T0,
		.kind = "raised",
		.actor = "rules",
		.before = "",
		.after = "manager" },
				*events;
	size_t n;

	OK(escalation_person_add(tx, &person, err));
	person.id = id_of(12);
	person.level = 1;
	OK(escalation_person_add(tx, &person, err));
	OK(escalation_person_of(tx, &person.escalation, "max@help.example", &out, err));
	assert_int_equal(out.level, 1);
	OK(escalation_person_skip(tx, &person.id, "the mail came back", err));
	OK(escalation_person_get(tx, &person.id, &out, err));
	assert_string_equal(out.skipped, "the mail came back");
	assert_string_equal(out.email, "max@help.example");
	OK(escalation_person_list(tx, &person.escalation, &people, &n, err));
	assert_int_equal(n, 2);
	REFUSED(ERR_NOT_FOUND,
	    escalation_person_of(tx, &person.escalation, "bob@help.example", &out, err));
	REFUSED(ERR_NOT_FOUND, escalation_person_skip(tx, &(struct id){ { 1 } }, "", err));
	OK(escalation_event_add(tx, &event, err));
	event.kind = "ack";
	OK(escalation_event_add(tx, &event, err));
	OK(escalation_event_list(tx, &event.escalation, &events, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(events[1].n, 2);
	assert_string_equal(events[1].kind, "ack");
}

/* --- numbers ------------------------------------------------------------------------ */

static void
near(double got, double want)
{
	if (fabs(got - want) > 0.001)
		fail_msg("%f, not %f", got, want);
}

STEP_TEST(numbers_of_nothing_are_nothing)
{
	struct escalation_period period = { .now = T0 };
	struct escalation_stats stats;

	OK(escalation_stats(tx, &period, &stats, err));
	assert_int_equal(stats.total, 0);
	assert_int_equal(stats.reason_count, 0);
	near(stats.average_minutes, 0);
	near(stats.p95_minutes, 0);
	near(stats.oldest_pending_hours, 0);
	assert_string_equal(stats.states[ESCALATION_PENDING].word, "pending");
}

/* Resolved after 1, 2, … 100 minutes; then three that are open. */
static void
add_many(struct tx *tx)
{
	for (unsigned i = 1; i <= 100; i++) {
		struct escalation e = row(i);

		e.state = "resolved";
		e.created = T0 + i;
		e.took = i * MS_MINUTE;
		e.reason = i <= 10 ? "timeout" : "missing_data";
		e.organisation = i % 2 == 0 ? "northwind" : "brightdesk";
		add(tx, &e);
	}
	for (unsigned i = 101; i <= 103; i++) {
		struct escalation e = row(i);

		e.created = T0 + (i - 100) * MS_HOUR;
		e.due = e.created + MS_HOUR;
		e.state = i == 103 ? "in_progress" : "pending";
		e.priority = "low";
		add(tx, &e);
	}
}

STEP_TEST(numbers_are_those_of_the_rows)
{
	struct escalation_period period = { .now = T0 + 3 * MS_HOUR + 1 };
	struct escalation_stats stats;

	add_many(tx);
	OK(escalation_stats(tx, &period, &stats, err));
	assert_int_equal(stats.total, 103);
	assert_int_equal(stats.states[ESCALATION_PENDING].n, 2);
	assert_int_equal(stats.states[ESCALATION_IN_PROGRESS].n, 1);
	assert_int_equal(stats.states[ESCALATION_RESOLVED].n, 100);
	assert_int_equal(stats.states[ESCALATION_EXPIRED].n, 0);
	assert_int_equal(stats.priorities[ESCALATION_HIGH].n, 100);
	assert_int_equal(stats.priorities[ESCALATION_LOW].n, 3);
	assert_int_equal(stats.reason_count, 3);
	assert_string_equal(stats.reasons[0].word, "missing_data");
	assert_int_equal(stats.reasons[0].n, 90);
	assert_string_equal(stats.reasons[2].word, "high_value_deal");
	assert_int_equal(stats.overdue, 2);
	near(stats.average_minutes, 50.5);
	near(stats.p95_minutes, 95);
	near(stats.oldest_pending_hours, 2.0 + 1.0 / MS_HOUR);
}

STEP_TEST(numbers_of_one_organisation_and_period_leave_the_others_out)
{
	struct escalation_period period = { "northwind", T0 + 1, T0 + 41, T0 + MS_DAY };
	struct escalation_stats stats;

	add_many(tx);
	OK(escalation_stats(tx, &period, &stats, err));
	assert_int_equal(stats.total, 20);
	near(stats.average_minutes, 21);
	near(stats.p95_minutes, 38);
	assert_int_equal(stats.overdue, 0);
	period.organisation = "";
	OK(escalation_stats(tx, &period, &stats, err));
	assert_int_equal(stats.total, 0);
	period = (struct escalation_period){ NULL, T0 + 1, T0 + 21, T0 + MS_DAY };
	OK(escalation_stats(tx, &period, &stats, err));
	assert_int_equal(stats.total, 20);
	near(stats.p95_minutes, 19);
}

STEP_TEST(a_monitor_counts_what_is_open_and_over_its_time)
{
	static const char *const states[] = { "pending", "in_progress", "resolved", "expired" };
	struct escalation_gauges g;

	for (unsigned i = 0; i < 16; i++) {
		struct escalation e = row(i + 1);

		e.state = states[i % 4];
		e.priority = escalation_priority_names[i / 4];
		e.due = T0 + (i < 4 ? 1 : 10) * MS_HOUR;
		add(tx, &e);
	}
	OK(escalation_gauge(tx, T0 + 2 * MS_HOUR, &g, err));
	for (int i = 0; i < ESCALATION_PRIORITY_COUNT; i++) {
		assert_int_equal(g.pending[i], 1);
		assert_int_equal(g.in_progress[i], 1);
	}
	assert_int_equal(g.overdue, 2);
	OK(escalation_gauge(tx, T0, &g, err));
	assert_int_equal(g.overdue, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(what_is_written_is_read_again),
		STORE_TEST(of_two_changes_at_once_one_finds_it_changed),
		STORE_TEST(one_of_a_rule_and_key_is_open_at_a_time),
		STORE_TEST(lists_hold_what_is_asked_for_newest_first),
		STORE_TEST(a_list_goes_on_behind_its_last_and_one_of_a_ticket_holds_its_own),
		STORE_TEST(people_and_events_are_kept_in_order),
		STORE_TEST(numbers_of_nothing_are_nothing),
		STORE_TEST(numbers_are_those_of_the_rows),
		STORE_TEST(numbers_of_one_organisation_and_period_leave_the_others_out),
		STORE_TEST(a_monitor_counts_what_is_open_and_over_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
