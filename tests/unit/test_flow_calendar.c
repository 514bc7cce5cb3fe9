/* Reminders, deadlines and returns where the organisation has a calendar (flow/matter.h). */
#include "help_standin.h"

#include <assent/model/calendar.h>

/*
 * The kit's clock starts on Monday 16 November 2026, 10:00 in Berlin; reminders
 * after two working days, the end after five. Here Tuesday and Wednesday are
 * holidays, and Saturday is a working day.
 */
static struct calendar *
make(const struct desk_kit *kit)
{
	struct calendar_plan plan = { .zone = kit->policy.zone };
	struct calendar_date dates[2];
	struct date_range range;

	assert_null(week_hours_fault("mon-sat 09:00-17:00", &plan.hours));
	assert_null(calendar_date_fault("2026-11-17/2026-11-18", &range));
	dates[0] = dates[1] = range.date;
	dates[1].day++;
	plan.dates = dates;
	plan.date_count = 2;
	return calendar_new(&plan);
}

static void
days_without_business_put_reminder_and_deadline_off(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(calendar_freep) struct calendar *calendar = make(kit);

	kit->policy.calendar = calendar;
	jane_ask(kit);
	kit_pass(kit, 3 * MS_DAY); /* Thursday, the first working day */
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_non_null(strstr(kit_last_to(kit, JANE), "Reminder"));
	assert_non_null(strstr(kit_last_to(kit, JANE), "24 Nov 2026"));
	kit_pass(kit, 4 * MS_DAY - MS_HOUR); /* Tuesday 24: Thu, Fri, Sat, Mon, Tue */
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	kit_pass(kit, 2 * MS_HOUR);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
}

static void
who_is_back_on_a_holiday_is_reminded_after_it(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(calendar_freep) struct calendar *calendar = make(kit);

	kit->policy.calendar = calendar;
	jane_ask(kit);
	jane_is_away(kit, "I am out of the office until 16 November.\r\n");
	assert_non_null(strstr(kit_last_to(kit, EVES), "is away until Thu 19 Nov 2026"));
}

static void
who_is_back_on_a_saturday_of_business_is_back_then(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(calendar_freep) struct calendar *calendar = make(kit);

	kit->policy.calendar = calendar;
	jane_ask(kit);
	jane_is_away(kit, "I am out of the office until 20 November.\r\n");
	assert_non_null(strstr(kit_last_to(kit, EVES), "is away until Sat 21 Nov 2026"));
}

static int64_t
deadline(struct desk_kit *kit)
{
	return kit_number(kit, "SELECT deadline FROM approvals");
}

static void
the_deadline_after_a_return_counts_days_of_business(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(calendar_freep) struct calendar *calendar = make(kit);
	utc_ms fresh, most;

	kit->policy.calendar = calendar;
	jane_ask(kit);
	assert_true(utc_parse_iso("2026-11-27T08:00:00Z", &fresh));
	assert_true(utc_parse_iso("2026-11-30T09:00:00Z", &most));
	jane_is_away(kit, "I am out of the office until 20 November.\r\n");
	assert_true(deadline(kit) == fresh); /* five days after Saturday 21, 09:00 */
	jane_is_away(kit, "I am out of the office until 20 March 2027.\r\n");
	assert_true(deadline(kit) >= most && deadline(kit) < most + MS_HOUR); /* twice five */
}

/* A calendar of another organisation is nobody else's. */
static void
without_a_calendar_days_are_monday_to_friday(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(calendar_freep) struct calendar *calendar = make(kit);
	const struct policy_organisation both[] = { kit->policy.organisations[0],
		{ .key = "northwind", .calendar = calendar } };

	jane_ask(kit);
	kit->policy.organisations = both;
	kit->policy.organisation_count = 2;
	kit_pass(kit, 2 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_non_null(strstr(kit_last_to(kit, JANE), "23 Nov 2026"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(days_without_business_put_reminder_and_deadline_off),
		STORY(who_is_back_on_a_holiday_is_reminded_after_it),
		STORY(who_is_back_on_a_saturday_of_business_is_back_then),
		STORY(the_deadline_after_a_return_counts_days_of_business),
		STORY(without_a_calendar_days_are_monday_to_friday),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
