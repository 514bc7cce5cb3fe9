#include <assent/model/rota.h>

#include "help_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char *people[] = { "ann@brightdesk.example", "bob@brightdesk.example",
	"cid@brightdesk.example" };

/* Mondays at 09:00 in Berlin from 5 January 2026 on: ann, bob, cid. */
static struct rota
berlin(void)
{
	struct rota rota = { .zone = zone("Europe/Berlin"),
		.first_day = days_to_month(2026, 1) + 4,
		.people = people,
		.count = ARRAY_LEN(people) };
	int weekday;

	assert_null(rota_handover_fault("mon 09:00", &weekday, &rota.minute));
	return rota;
}

/* clang-format off */
static const struct { const char *text, *wrong; int weekday, minute; } handovers[] = {
	{ "mon 09:00", NULL, 0, 540 },
	{ "Sun 0:30", NULL, 6, 30 },
	{ "monday 09:00", "is no weekday", 0, 0 },
	{ "mon", "is no weekday", 0, 0 },
	{ "mon 24:00", "is no weekday", 0, 0 },
	{ "mon 09:00 ", "is no weekday", 0, 0 },
	{ "", "is no weekday", 0, 0 },
};

static const struct { const char *text, *wrong, *from, *until, *person; } overrides[] = {
	{ "2026-12-24 2026-12-26 bob@brightdesk.example", NULL,
	  "2026-12-23T23:00:00Z", "2026-12-26T23:00:00Z", "bob@brightdesk.example" },
	{ "2026-12-24T18:00 2026-12-26T09:30 nobody", NULL,
	  "2026-12-24T17:00:00Z", "2026-12-26T08:30:00Z", "" },
	{ "2026-12-24 2026-12-24 nobody", NULL, "2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z", "" },
	{ "2026-12-24 2026-12-23 nobody", "ends before", NULL, NULL, NULL },
	{ "2026-12-24T09:00 2026-12-24T09:00 nobody", "ends before", NULL, NULL, NULL },
	{ "2026-12-24 2026-12-26", "does not begin", NULL, NULL, NULL },
	{ "2026-12-24 2026-12-26 ", "does not end", NULL, NULL, NULL },
	{ "2026-12-24 2026-12-26 a b", "does not end", NULL, NULL, NULL },
	{ "2026-02-30 2026-12-26 nobody", "does not begin", NULL, NULL, NULL },
	{ "2026-12-24T 2026-12-26 nobody", "does not begin", NULL, NULL, NULL },
	{ "christmas", "does not begin", NULL, NULL, NULL },
	{ "", "does not begin", NULL, NULL, NULL },
};

static const struct { const char *utc; int who; } turns[] = {
	{ "2026-01-05T07:59:59Z", 2 },	/* before the first hand-over: turns go on backwards */
	{ "2026-01-05T08:00:00Z", 0 },
	{ "2026-01-12T07:59:59Z", 0 },
	{ "2026-01-12T08:00:00Z", 1 },
	{ "2026-01-19T08:00:00Z", 2 },
	{ "2026-01-26T08:00:00Z", 0 },
	/* Summer time: hand-over stays at nine on the wall clock. */
	{ "2026-03-30T06:59:59Z", 2 },
	{ "2026-03-30T07:00:00Z", 0 },
	{ "2026-10-26T07:59:59Z", 2 },
	{ "2026-10-26T08:00:00Z", 0 },
	{ "2025-12-29T08:00:00Z", 2 },
	{ "2025-12-29T07:59:59Z", 1 },
};
/* clang-format on */

static void
a_handover_is_a_weekday_and_a_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(handovers); i++) {
		int weekday, minute;
		const char *wrong = rota_handover_fault(handovers[i].text, &weekday, &minute);

		assert_wrong(handovers[i].text, wrong, handovers[i].wrong);
		if (wrong)
			continue;
		assert_int_equal(weekday, handovers[i].weekday);
		assert_int_equal(minute, handovers[i].minute);
	}
}

static void
an_override_is_two_days_and_a_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(overrides); i++) {
		struct rota_override o;
		const char *wrong =
		    rota_override_fault(overrides[i].text, zone("Europe/Berlin"), &o);

		assert_wrong(overrides[i].text, wrong, overrides[i].wrong);
		if (wrong)
			continue;
		assert_true(o.from == at(overrides[i].from));
		assert_true(o.until == at(overrides[i].until));
		assert_string_equal(o.person, overrides[i].person);
	}
}

static void
people_take_turns_at_the_wall_clock(void **state)
{
	struct rota rota = berlin();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(turns); i++)
		if (rota_on_call(&rota, at(turns[i].utc)) != people[turns[i].who])
			fail_msg("%s: %s", turns[i].utc, rota_on_call(&rota, at(turns[i].utc)));
}

/* Two years of a rota whose Sundays begin at 02:30, in steps of five minutes. */
static void
walk_hand_overs(const char *name, int64_t first_day)
{
	struct rota rota = { .zone = zone(name),
		.first_day = first_day,
		.minute = 150,
		.people = people,
		.count = ARRAY_LEN(people) };
	utc_ms t = at("2026-01-01T00:00:00Z"), end = at("2028-01-01T00:00:00Z"), last = 0;
	const char *now = rota_on_call(&rota, t);
	int n = 0;

	for (; t < end; t += 5 * MS_MINUTE) {
		const char *before = now;
		struct civil c;

		now = rota_on_call(&rota, t);
		if (now == before)
			continue;
		zone_civil(rota.zone, t, &c);
		for (size_t i = 0; i < ARRAY_LEN(people); i++)
			if (before == people[i] && now != people[(i + 1) % 3])
				fail_msg("%s: out of turn at %lld", name, (long long)t);
		/* 02:30, or as much later as the clocks jump */
		if (c.weekday != 0 || c.hour * 60 + c.minute < 150 || c.hour * 60 + c.minute > 210)
			fail_msg("%s: handed over at %02d:%02d", name, c.hour, c.minute);
		if (n++ && (t - last < 7 * MS_DAY - MS_HOUR || t - last > 7 * MS_DAY + MS_HOUR))
			fail_msg("%s: a turn of %lld ms", name, (long long)(t - last));
		last = t;
	}
	assert_int_equal(n, 104);
}

/* A hand-over in the hour that comes twice happens once; one in the lost hour as the clocks jump. */
static void
two_years_of_hand_overs_each_happen_once(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "America/New_York",
		"Australia/Lord_Howe" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		walk_hand_overs(zones[i], days_to_month(2026, 1) + 3); /* Sundays */
		walk_hand_overs(zones[i], days_to_month(2026, 7) + 4);
	}
}

static void
the_last_override_that_fits_wins(void **state)
{
	struct rota_override list[] = {
		{ at("2026-01-06T00:00:00Z"), at("2026-01-09T00:00:00Z"),
		    "dee@brightdesk.example" },
		{ at("2026-01-07T00:00:00Z"), at("2026-01-08T00:00:00Z"), "" },
	};
	struct rota rota = berlin();

	(void)state;
	rota.overrides = list;
	rota.override_count = ARRAY_LEN(list);
	assert_ptr_equal(rota_on_call(&rota, at("2026-01-05T23:59:59Z")), people[0]);
	assert_string_equal(
	    rota_on_call(&rota, at("2026-01-06T00:00:00Z")), "dee@brightdesk.example");
	assert_null(rota_on_call(&rota, at("2026-01-07T12:00:00Z")));
	assert_string_equal(
	    rota_on_call(&rota, at("2026-01-08T00:00:00Z")), "dee@brightdesk.example");
	assert_ptr_equal(rota_on_call(&rota, at("2026-01-09T00:00:00Z")), people[0]);
}

static void
outside_its_hours_nobody_is_on_call(void **state)
{
	struct rota rota = berlin();

	(void)state;
	assert_null(week_hours_fault("mon-fri 08:00-20:00", &rota.hours));
	assert_ptr_equal(rota_on_call(&rota, at("2026-01-06T12:00:00Z")), people[0]);
	assert_null(rota_on_call(&rota, at("2026-01-06T19:00:00Z")));
	assert_null(rota_on_call(&rota, at("2026-01-10T12:00:00Z")));
}

static void
who_is_on_call_comes_first_and_everybody_once(void **state)
{
	const char *listed[] = { "cid@brightdesk.example", "Bob@brightdesk.example",
		"head@brightdesk.example" };
	struct rota rota = berlin();
	struct policy_role role = { .name = "manager",
		.organisation = "",
		.people = { listed, ARRAY_LEN(listed) },
		.turns = &rota };
	const char *found[ROTA_PEOPLE_MAX];
	utc_ms bobs_week = at("2026-01-13T00:00:00Z");

	(void)state;
	assert_int_equal(role_people(&role, bobs_week, found, ROTA_PEOPLE_MAX), 3);
	assert_string_equal(found[0], "bob@brightdesk.example");
	assert_string_equal(found[1], "cid@brightdesk.example");
	assert_string_equal(found[2], "head@brightdesk.example");
	assert_int_equal(role_people(&role, bobs_week, found, 1), 1);
	assert_int_equal(role_people(&role, bobs_week, found, 0), 0);
	rota.count = 0;
	assert_int_equal(role_people(&role, bobs_week, found, ROTA_PEOPLE_MAX), 3);
	assert_string_equal(found[0], "cid@brightdesk.example");
}

static void
an_organisations_own_role_comes_before_everybodys(void **state)
{
	const struct policy_role roles[] = {
		{ .name = "manager", .organisation = "northwind" },
		{ .name = "manager", .organisation = "" },
		{ .name = "director", .organisation = "northwind" },
	};
	const struct policy policy = { .roles = roles, .role_count = ARRAY_LEN(roles) };

	(void)state;
	assert_ptr_equal(policy_role(&policy, "manager"), &roles[1]);
	assert_ptr_equal(policy_role_of(&policy, "manager", "northwind"), &roles[0]);
	assert_ptr_equal(policy_role_of(&policy, "manager", "brightdesk"), &roles[1]);
	assert_ptr_equal(policy_role_of(&policy, "director", "northwind"), &roles[2]);
	assert_null(policy_role_of(&policy, "director", "brightdesk"));
	assert_null(policy_role(&policy, "director"));
	assert_null(policy_role(&policy, "managers"));
}

/* clang-format off */
static const struct { const char *at, *out; } quiet_times[] = {
	{ "2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z" },
	{ "2026-11-23T18:59:59Z", "2026-11-23T18:59:59Z" },
	{ "2026-11-23T19:00:00Z", "2026-11-24T06:00:00Z" },	/* 20:00 to 07:00 */
	{ "2026-11-24T03:00:00Z", "2026-11-24T06:00:00Z" },
	{ "2026-11-24T06:00:00Z", "2026-11-24T06:00:00Z" },
	{ "2026-11-27T19:30:00Z", "2026-11-30T06:00:00Z" },	/* Friday night to Monday morning */
	{ "2026-03-27T19:30:00Z", "2026-03-30T05:00:00Z" },	/* over the spring change */
	{ "2026-10-24T12:00:00Z", "2026-10-26T06:00:00Z" },	/* over the autumn change */
};
/* clang-format on */

static void
delivery_waits_until_quiet_hours_end_but_not_for_what_is_critical(void **state)
{
	struct rota rota = { .zone = zone("Europe/Berlin") };
	const struct policy_role role = { .name = "manager", .turns = &rota };

	(void)state;
	assert_true(role_delivery(&role, at(quiet_times[2].at), false) == at(quiet_times[2].at));
	assert_null(week_hours_fault("mon-thu 20:00-07:00", &rota.quiet));
	assert_null(week_hours_fault("fri 20:00-24:00", &rota.quiet));
	assert_null(week_hours_fault("sat 00:00-24:00", &rota.quiet));
	assert_null(week_hours_fault("sun 00:00-07:00", &rota.quiet));
	assert_null(week_hours_fault("sun 07:00-24:00", &rota.quiet));
	assert_null(week_hours_fault("mon 00:00-07:00", &rota.quiet));
	for (size_t i = 0; i < ARRAY_LEN(quiet_times); i++) {
		if (role_delivery(&role, at(quiet_times[i].at), false) != at(quiet_times[i].out))
			fail_msg("%s", quiet_times[i].at);
		assert_true(
		    role_delivery(&role, at(quiet_times[i].at), true) == at(quiet_times[i].at));
	}
}

/* Every five minutes of two years, against asking minute after minute. */
static void
quiet_hours_end_when_the_wall_clock_says_so(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "America/New_York",
		"Australia/Lord_Howe", "Asia/Riyadh" };
	struct week_hours quiet = { .count = 0 };

	(void)state;
	assert_null(week_hours_fault("mon-sat 01:15-02:30", &quiet));
	assert_null(week_hours_fault("sun 00:30-01:45 02:30-03:10", &quiet));
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		const struct zone *z = zone(zones[i]);
		utc_ms end = at("2026-01-01T00:00:00Z"), out = 0;

		for (utc_ms t = end; t < at("2028-01-01T00:00:00Z"); t += 5 * MS_MINUTE) {
			if (t >= out)
				for (out = t; week_hours_has(&quiet, z, out);)
					out += MS_MINUTE;
			if (week_hours_end(&quiet, z, t) != out)
				fail_msg("%s: %lld", zones[i], (long long)t);
		}
	}
}

static void
hours_that_never_end_are_told(void **state)
{
	struct week_hours always = { .count = 0 };

	(void)state;
	assert_null(week_hours_fault("mon-sun 00:00-24:00", &always));
	assert_true(week_hours_end(&always, zone("UTC"), 0) == -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handover_is_a_weekday_and_a_time),
		cmocka_unit_test(an_override_is_two_days_and_a_person),
		cmocka_unit_test(people_take_turns_at_the_wall_clock),
		cmocka_unit_test(two_years_of_hand_overs_each_happen_once),
		cmocka_unit_test(the_last_override_that_fits_wins),
		cmocka_unit_test(outside_its_hours_nobody_is_on_call),
		cmocka_unit_test(who_is_on_call_comes_first_and_everybody_once),
		cmocka_unit_test(an_organisations_own_role_comes_before_everybodys),
		cmocka_unit_test(delivery_waits_until_quiet_hours_end_but_not_for_what_is_critical),
		cmocka_unit_test(quiet_hours_end_when_the_wall_clock_says_so),
		cmocka_unit_test(hours_that_never_end_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
