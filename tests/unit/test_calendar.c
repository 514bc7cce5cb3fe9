#include "help_calendar.h"

#include <assent/model/policy.h>

#include <string.h>

static const struct site office = {
	.zone = "Europe/Berlin",
	.hours = { "mon-fri 09:00-17:00" },
	.holidays = { "12-25", "2026-12-24 09:00-12:00", "2026-05-01" },
};

/* --- texts --------------------------------------------------------------- */

/* clang-format off */
static const struct { const char *before, *text, *wrong; } hours_texts[] = {
	{ NULL, "mon-fri 09:00-17:00", NULL },
	{ NULL, "Mon-Fri 9:00-12:00 13:00-17:00", NULL },
	{ NULL, "mon-fri 09:00-12:00, 13:00-17:00", NULL },
	{ NULL, "sun-thu 08:00-16:00", NULL },
	{ NULL, "mon,wed,fri 08:00-16:00", NULL },
	{ NULL, "sat 22:00-06:00", NULL },
	{ NULL, "mon-sun 00:00-24:00", NULL },
	{ "mon 09:00-12:00", "mon 12:00-13:00", NULL },
	{ NULL, "", "does not begin" },
	{ NULL, "weekdays 9-17", "does not begin" },
	{ NULL, "mon-fri", "does not begin" },
	{ NULL, "mon- 09:00-17:00", "does not begin" },
	{ NULL, "mond 09:00-17:00", "does not begin" },
	{ NULL, "mon-fri 9-17", "has no time" },
	{ NULL, "mon-fri 09:00-24:01", "has no time" },
	{ NULL, "mon-fri 09:60-12:00", "has no time" },
	{ NULL, "mon-fri 09:00-17:00x", "has no time" },
	{ NULL, "mon-fri 09:00-17:00 ", NULL },
	{ NULL, "mon-fri 09:00-09:00", "is over when it begins" },
	{ NULL, "mon-fri 24:00-03:00", "is over when it begins" },
	{ NULL, "mon-fri 09:00-13:00 12:00-17:00", "meets hours" },
	{ "sun 22:00-06:00", "mon 05:00-06:00", "meets hours" },
	{ "mon 05:00-06:00", "sun 22:00-06:00", "meets hours" },
	{ "mon-sun 00:00-01:00 02:00-03:00 04:00-05:00 06:00-07:00 08:00-09:00 10:00-11:00 "
	  "12:00-13:00 14:00-15:00", "mon 16:00-17:00", "more than 56" },
};

static const struct { const char *text, *wrong; int days; } date_texts[] = {
	{ "2026-12-25", NULL, 1 },
	{ "12-25", NULL, 1 },
	{ "02-29", NULL, 1 },
	{ "2028-02-29", NULL, 1 },
	{ "2026-12-24/2027-01-01", NULL, 9 },
	{ "2026-12-24 09:00-12:00", NULL, 1 },
	{ "12-31 09:00-12:00 13:00-14:00", NULL, 1 },
	{ "2026-02-29", "is no day", 0 },
	{ "2026-13-01", "is no day", 0 },
	{ "2026-00-01", "is no day", 0 },
	{ "2026-01-00", "is no day", 0 },
	{ "25.12.2026", "is no day", 0 },
	{ "", "is no day", 0 },
	{ "1999-12-31", "outside the years", 0 },
	{ "2070-01-01", "outside the years", 0 },
	{ "2026-12-24/2026-12-23", "ends before", 0 },
	{ "2026-01-01/2027-01-02", "longer than a year", 0 },
	{ "2026-01-01/", "no second day", 0 },
	{ "2026-01-01T00:00", "something behind", 0 },
	{ "2026-01-01 closed", "has no time", 0 },
};
/* clang-format on */

static void
hours_are_read_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hours_texts); i++) {
		struct week_hours hours = { .count = 0 };

		if (hours_texts[i].before)
			assert_null(week_hours_fault(hours_texts[i].before, &hours));
		assert_wrong(hours_texts[i].text, week_hours_fault(hours_texts[i].text, &hours),
		    hours_texts[i].wrong);
	}
}

static void
dates_are_read_or_refused_with_a_reason(void **state)
{
	struct date_range range;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(date_texts); i++) {
		const char *wrong = calendar_date_fault(date_texts[i].text, &range);

		assert_wrong(date_texts[i].text, wrong, date_texts[i].wrong);
		if (!wrong)
			assert_int_equal(range.days, date_texts[i].days);
	}
}

/* clang-format off */
static const struct { const char *hours[3]; int gap; } gaps[] = {
	{ { "mon-sun 00:00-24:00" }, -1 },
	{ { "mon-sun 08:00-20:00", "mon-sun 20:00-08:00" }, -1 },
	{ { "mon-fri 00:00-24:00", "sat-sun 01:00-24:00" }, 5 * 1440 },
	{ { "tue-sun 00:00-24:00" }, 0 },
	{ { "mon-sun 00:00-23:59" }, 1439 },
	{ { NULL }, 0 },
};
/* clang-format on */

static void
the_first_minute_that_no_hours_cover_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gaps); i++) {
		struct week_hours hours = { .count = 0 };

		for (const char *const *text = gaps[i].hours; *text; text++)
			assert_null(week_hours_fault(*text, &hours));
		assert_int_equal(week_hours_gap(&hours), gaps[i].gap);
	}
}

/* --- by hand ------------------------------------------------------------- */

/* clang-format off */
static const struct { const char *from, *to; double hours; } spans[] = {
	{ "2026-11-23T08:00:00Z", "2026-11-23T16:00:00Z", 8 },		/* a Monday, 9 to 17 */
	{ "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", 8 },
	{ "2026-11-20T15:00:00Z", "2026-11-23T09:00:00Z", 2 },		/* Friday 16:00 to Monday 10:00 */
	{ "2026-11-21T00:00:00Z", "2026-11-22T20:00:00Z", 0 },		/* a weekend */
	{ "2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z", 3 },		/* half a day */
	{ "2026-12-24T23:00:00Z", "2026-12-27T23:00:00Z", 0 },		/* Christmas on a Friday */
	{ "2025-12-24T23:00:00Z", "2025-12-25T23:00:00Z", 0 },		/* every year */
	{ "2026-04-30T22:00:00Z", "2026-05-01T22:00:00Z", 0 },
	{ "2027-04-30T22:00:00Z", "2027-05-01T22:00:00Z", 0 },		/* a Saturday */
	{ "2028-04-30T22:00:00Z", "2028-05-01T22:00:00Z", 8 },		/* of 2026 only */
	{ "2026-03-27T15:00:00Z", "2026-03-30T08:00:00Z", 2 },		/* over the spring change */
	{ "2026-10-23T14:00:00Z", "2026-10-26T09:00:00Z", 2 },		/* over the autumn change */
	{ "2026-11-23T16:00:00Z", "2026-11-23T08:00:00Z", -8 },
	{ "1990-01-01T00:00:00Z", "1990-01-08T00:00:00Z", 40 },
	{ "2100-01-01T00:00:00Z", "2100-01-08T00:00:00Z", 40 },
};
/* clang-format on */

static void
business_time_is_what_people_count(void **state)
{
	AUTO(calendar_freep) struct calendar *c = make(&office);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		if (calendar_between(c, at(spans[i].from), at(spans[i].to)) !=
		    (span_ms)(spans[i].hours * (double)MS_HOUR))
			fail_msg("%s to %s: %lld", spans[i].from, spans[i].to,
			    (long long)calendar_between(c, at(spans[i].from), at(spans[i].to)));
}

static void
business_time_that_ends_with_a_day_ends_at_its_close(void **state)
{
	AUTO(calendar_freep) struct calendar *c = make(&office);

	(void)state;
	assert_true(calendar_after(c, at("2026-11-23T12:00:00Z"), 4 * MS_HOUR) ==
	    at("2026-11-23T16:00:00Z"));
	assert_true(calendar_after(c, at("2026-11-23T12:00:00Z"), 4 * MS_HOUR + 1) ==
	    at("2026-11-24T08:00:00.001Z"));
	/* 16:30 on Friday, four hours: half an hour, and three and a half on Monday. */
	assert_true(calendar_after(c, at("2026-11-20T15:30:00Z"), 4 * MS_HOUR) ==
	    at("2026-11-23T11:30:00Z"));
	assert_true(calendar_after(c, at("2026-11-21T12:00:00Z"), 0) == at("2026-11-21T12:00:00Z"));
	assert_true(calendar_after(c, at("2026-12-24T10:00:00Z"), 2 * MS_HOUR) ==
	    at("2026-12-28T09:00:00Z"));
}

static void
without_a_calendar_all_time_is_business_time(void **state)
{
	utc_ms from = at("2026-11-21T12:00:00Z");

	(void)state;
	assert_true(calendar_is_open(NULL, from));
	assert_true(calendar_after(NULL, from, 4 * MS_HOUR) == from + 4 * MS_HOUR);
	assert_true(calendar_between(NULL, from, from + 4 * MS_HOUR) == 4 * MS_HOUR);
	for (int n = 0; n < 30; n++)
		assert_true(calendar_add_days(NULL, zone("Europe/Berlin"), from, n) ==
		    zone_add_working_days(zone("Europe/Berlin"), from, n));
}

static void
a_week_of_plain_working_days_counts_days_as_before(void **state)
{
	const struct site plain = { .zone = "America/New_York",
		.hours = { "mon-fri 09:00-17:00" } };
	AUTO(calendar_freep) struct calendar *c = make(&plain);
	utc_ms from = at("2026-01-01T04:30:00.123Z");

	(void)state;
	for (int i = 0; i < 400; i++, from += 25 * MS_HOUR)
		for (int n = 0; n < 15; n++)
			assert_true(calendar_add_days(c, NULL, from, n) ==
			    zone_add_working_days(zone("America/New_York"), from, n));
}

static void
holidays_are_no_working_days(void **state)
{
	AUTO(calendar_freep) struct calendar *c = make(&office);
	struct civil day = { .year = 2026, .month = 12, .day = 25, .hour = 9 };

	(void)state;
	assert_true(calendar_add_days(c, NULL, at("2026-12-24T09:00:00Z"), 1) ==
	    at("2026-12-28T09:00:00Z"));
	assert_true(calendar_add_days(c, NULL, at("2026-12-23T09:00:00Z"), 1) ==
	    at("2026-12-24T09:00:00Z"));
	assert_true(calendar_add_days(c, NULL, at("2026-12-25T09:00:00Z"), 1) ==
	    at("2026-12-29T09:00:00Z"));
	calendar_to_working_day(c, &day);
	assert_int_equal(day.month * 100 + day.day, 1228);
	assert_int_equal(day.hour, 9);
	day = (struct civil){ .year = 2026, .month = 12, .day = 26 };
	calendar_to_working_day(NULL, &day);
	assert_int_equal(day.day, 28);
}

static void
a_night_shift_belongs_to_the_day_on_which_it_begins(void **state)
{
	const struct site night = {
		.zone = "UTC", .hours = { "mon-fri 22:00-06:00" }, .holidays = { "2026-11-25" }
	};
	AUTO(calendar_freep) struct calendar *c = make(&night);

	(void)state;
	assert_true(calendar_is_open(c, at("2026-11-28T05:59:59Z"))); /* Saturday morning */
	assert_false(calendar_is_open(c, at("2026-11-28T06:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-11-23T05:00:00Z"))); /* Monday morning */
	/* A closed day is closed from midnight to midnight. */
	assert_true(calendar_is_open(c, at("2026-11-24T23:59:59Z")));
	assert_false(calendar_is_open(c, at("2026-11-25T00:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-11-25T23:00:00Z")));
	assert_true(calendar_is_open(c, at("2026-11-26T00:00:00Z")));
	assert_true(calendar_between(c, at("2026-11-22T00:00:00Z"), at("2026-11-29T00:00:00Z")) ==
	    32 * MS_HOUR);
}

/* clang-format off */
static const struct { const char *zone, *hours, *from; double want; } changes[] = {
	/* Berlin: 29 March 2026 has no 02:00 to 03:00, 25 October has it twice. */
	{ "Europe/Berlin", "sun 09:00-17:00", "2026-03-28T23:00:00Z", 8 },
	{ "Europe/Berlin", "sun 09:00-17:00", "2026-10-24T22:00:00Z", 8 },
	{ "Europe/Berlin", "sun 01:00-05:00", "2026-03-28T23:00:00Z", 3 },
	{ "Europe/Berlin", "sun 01:00-05:00", "2026-10-24T22:00:00Z", 5 },
	{ "Europe/Berlin", "sun 02:00-03:00", "2026-03-28T23:00:00Z", 0 },
	{ "Europe/Berlin", "sun 02:00-03:00", "2026-10-24T22:00:00Z", 2 },
	{ "Europe/Berlin", "sun 02:30-04:00", "2026-03-28T23:00:00Z", 1 },
	{ "Europe/Berlin", "sun 01:00-02:30", "2026-10-24T22:00:00Z", 2 },
	{ "America/New_York", "sun 00:00-24:00", "2026-03-08T05:00:00Z", 23 },
	{ "America/New_York", "sun 00:00-24:00", "2026-11-01T04:00:00Z", 25 },
	/* Half an hour. */
	{ "Australia/Lord_Howe", "sun 01:00-03:00", "2026-10-03T13:30:00Z", 1.5 },
	{ "Australia/Lord_Howe", "sun 01:00-03:00", "2026-04-04T13:00:00Z", 2.5 },
	{ "Australia/Lord_Howe", "sun 09:00-17:00", "2026-04-04T13:00:00Z", 8 },
	{ "Asia/Riyadh", "sun 00:00-24:00", "2026-03-28T21:00:00Z", 24 },
};
/* clang-format on */

static void
hours_on_the_day_of_a_change_are_what_the_wall_clock_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const struct site site = { .zone = changes[i].zone, .hours = { changes[i].hours } };
		AUTO(calendar_freep) struct calendar *c = make(&site);
		utc_ms from = at(changes[i].from);
		span_ms found = calendar_between(c, from, from + 26 * MS_HOUR);

		if (found != (span_ms)(changes[i].want * (double)MS_HOUR))
			fail_msg(
			    "%s %s: %lld", changes[i].zone, changes[i].hours, (long long)found);
	}
}

static void
no_moment_is_too_far_away(void **state)
{
	const struct site minute = { .zone = "UTC", .hours = { "mon 09:00-09:01" } };
	AUTO(calendar_freep) struct calendar *c = make(&minute);

	(void)state;
	assert_true(calendar_after(c, INT64_MAX, INT64_MAX) > 0);
	assert_true(calendar_after(c, 0, INT64_MAX) > at("9999-01-01T00:00:00Z"));
	assert_true(calendar_after(c, INT64_MIN, INT64_MAX) > at("2200-01-01T00:00:00Z"));
	assert_true(calendar_after(c, INT64_MIN, 5) < 0);
	assert_true(calendar_between(c, INT64_MIN, INT64_MAX) > 0);
	assert_true(calendar_after(NULL, INT64_MAX, INT64_MAX) > 0);
}

static void
an_organisation_without_a_calendar_has_the_sites(void **state)
{
	const struct site weekend = { .zone = "UTC", .hours = { "sat 09:00-12:00" } };
	AUTO(calendar_freep) struct calendar *own = make(&office), *sites = make(&weekend);
	const struct policy_organisation organisations[] = {
		{ .key = "northwind", .calendar = own }, { .key = "brightdesk" }
	};
	struct policy policy = { .organisations = organisations, .organisation_count = 2 };

	(void)state;
	assert_null(policy_calendar(&policy, "brightdesk"));
	assert_null(policy_calendar(&policy, NULL));
	policy.calendar = sites;
	assert_ptr_equal(policy_calendar(&policy, "northwind"), own);
	assert_ptr_equal(policy_calendar(&policy, "brightdesk"), sites);
	assert_ptr_equal(policy_calendar(&policy, "made-by-a-webhook"), sites);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_are_read_or_refused_with_a_reason),
		cmocka_unit_test(dates_are_read_or_refused_with_a_reason),
		cmocka_unit_test(the_first_minute_that_no_hours_cover_is_found),
		cmocka_unit_test(business_time_is_what_people_count),
		cmocka_unit_test(business_time_that_ends_with_a_day_ends_at_its_close),
		cmocka_unit_test(without_a_calendar_all_time_is_business_time),
		cmocka_unit_test(a_week_of_plain_working_days_counts_days_as_before),
		cmocka_unit_test(holidays_are_no_working_days),
		cmocka_unit_test(a_night_shift_belongs_to_the_day_on_which_it_begins),
		cmocka_unit_test(hours_on_the_day_of_a_change_are_what_the_wall_clock_shows),
		cmocka_unit_test(no_moment_is_too_far_away),
		cmocka_unit_test(an_organisation_without_a_calendar_has_the_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
