/* Whom a packet reaches, and when: roles, rotas, quiet hours, calendars (flow/escalation.h). */
#include "help_escalation.h"

#include <assent/base/str.h>
#include <assent/model/calendar.h>
#include <assent/model/rota.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define IS(kit, table, where) \
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM " table " WHERE " where), 1)
#define MAILS(kit, to, want) assert_int_equal(kit_sent_count(kit, to), want)

static const char *turns[] = { MAX_AT, OLGA_AT };
static const char *second[] = { EVE_AT };
static struct rota rota;
static struct policy_role role;

/* "manager": max and olga by turns of a week from Monday on, then eve; quiet from 20 to 8. */
static void
add_role(struct desk_kit *kit)
{
	rota = (struct rota){ .zone = kit->policy.zone,
		.first_day = kit->now / MS_DAY,
		.people = turns,
		.count = 2 };
	assert_null(week_hours_fault("mon-sun 20:00-08:00", &rota.quiet));
	role = (struct policy_role){
		.name = "manager", .organisation = "", .people = { second, 1 }, .turns = &rota
	};
	kit->policy.roles = &role;
	kit->policy.role_count = 1;
}

static void
who_is_on_call_is_told_and_the_next_when_he_cannot_be(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();

	add_role(kit);
	raise.to = "manager";
	raise.levels = "";
	packet_new(kit, &raise);
	MAILS(kit, MAX_AT, 1);
	MAILS(kit, OLGA_AT, 0);
	MAILS(kit, EVE_AT, 0);
	kit_change(kit, "UPDATE outgoing SET status = 'refused'");
	packet_new(kit, &raise);
	MAILS(kit, MAX_AT, 1);
	MAILS(kit, EVE_AT, 1);
	kit_pass(kit, 7 * MS_DAY);
	packet_new(kit, &raise);
	MAILS(kit, OLGA_AT, 1);
}

static void
quiet_hours_hold_the_mail_but_not_what_is_critical(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	add_role(kit);
	raise.to = "manager";
	raise.levels = "";
	kit_pass(kit, 12 * MS_HOUR); /* 22:00 in Berlin */
	e = packet_new(kit, &raise);
	MAILS(kit, MAX_AT, 0);
	kit_pass(kit, 9 * MS_HOUR);
	/* Its time ran out meanwhile: he has an hour from the mail on. */
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	kit_pass(kit, MS_HOUR);
	MAILS(kit, MAX_AT, 1);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	kit_pass(kit, MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	kit_pass(kit, 12 * MS_HOUR); /* 21:00 */
	raise.priority = "critical";
	MAILS(kit, MAX_AT, 2);
	packet_new(kit, &raise);
	MAILS(kit, MAX_AT, 3);
}

static void
nobody_is_woken_for_what_somebody_else_has_by_then(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	add_role(kit);
	raise.to = "manager";
	kit_pass(kit, 12 * MS_HOUR);
	e = packet_new(kit, &raise);
	packet_do(
	    kit, (struct escalation_wish){ .id = e.id, .act = ESCALATION_RESOLVE, .by = EVE_AT });
	kit_pass(kit, 11 * MS_HOUR);
	IS(kit, "outgoing", "kind = 'escalation' AND status = 'dropped'");
}

static void
business_time_is_counted_unless_it_is_critical(void **state)
{
	struct desk_kit *kit = *state;
	struct calendar_plan plan = { .zone = kit->policy.zone };
	AUTO(calendar_freep) struct calendar *calendar = NULL;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	assert_null(week_hours_fault("mon-fri 09:00-12:00", &plan.hours));
	kit->policy.calendar = calendar = calendar_new(&plan);
	e = packet_new(kit, &raise);
	assert_int_equal(e.next_at, kit->now + 2 * MS_HOUR); /* from 10:00 on, the last minute */
	assert_int_equal(e.due, kit->now + 25 * MS_HOUR); /* the other two tomorrow: 11:00 */
	raise.priority = "critical";
	e = packet_new(kit, &raise);
	assert_int_equal(e.due, kit->now + 4 * MS_HOUR);
}

static void
what_waited_for_its_mail_has_its_hour_when_that_leaves(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e, out;
	bool is_new;
	struct err err;

	raise.levels = "";
	assert_int_equal(packet_raise(kit, &raise, &out, &is_new, &err), 0);
	kit_change(kit,
	    "UPDATE job_due SET due = due + 259200000 WHERE id IN"
	    " (SELECT id FROM jobs WHERE kind = 'send')");
	kit_pass(kit, 2 * MS_DAY);
	e = packet_get(kit, &out.id);
	assert_string_equal(e.state, "pending");
	MAILS(kit, EVE_AT, 0);
	kit_pass(kit, MS_DAY);
	MAILS(kit, EVE_AT, 1);
	assert_string_equal(packet_get(kit, &out.id).state, "pending");
	kit_pass(kit, MS_HOUR);
	assert_string_equal(packet_get(kit, &out.id).state, "expired");
}

#define MOVED(kit, to, want) \
	assert_int_equal(kit_number(kit, \
			     "SELECT count(*) FROM outgoing WHERE kind = 'escalation-moved'" \
			     " AND to_email = '" to "'"), \
	    want)

/* "shift": eve and max. "director": nobody. */
static void
add_shift(struct desk_kit *kit)
{
	static const char *shift[] = { EVE_AT, MAX_AT };
	static struct policy_role roles[2];

	roles[0] =
	    (struct policy_role){ .name = "shift", .organisation = "", .people = { shift, 2 } };
	roles[1] = (struct policy_role){ .name = "director", .organisation = "" };
	kit->policy.roles = roles;
	kit->policy.role_count = 2;
}

static void
who_is_of_the_next_level_too_is_not_told_that_it_went_to_another(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();

	add_shift(kit);
	raise.to = "shift";
	packet_new(kit, &raise);
	kit_pass(kit, 2 * MS_HOUR); /* to admin: max */
	MAILS(kit, MAX_AT, 2);
	MOVED(kit, MAX_AT, 0);
	MOVED(kit, EVE_AT, 1);
	kit_pass(kit, MS_DAY); /* to owner: olga */
	MOVED(kit, MAX_AT, 1);
	MAILS(kit, OLGA_AT, 1);
}

static void
the_old_level_hears_once_where_it_really_went(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();

	add_shift(kit);
	raise.levels = "[{\"after_ms\": 7200000, \"to\": \"director\"},"
		       " {\"after_ms\": 10800000, \"to\": \"owner\"}]";
	packet_new(kit, &raise);
	kit_pass(kit, 2 * MS_HOUR);
	MAILS(kit, OLGA_AT, 1);
	MOVED(kit, EVE_AT, 1);
	assert_non_null(strstr(kit_sent(kit, EVE_AT, 1), "owner"));
	assert_null(strstr(kit_sent(kit, EVE_AT, 1), "director"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(who_is_on_call_is_told_and_the_next_when_he_cannot_be),
		STORY(quiet_hours_hold_the_mail_but_not_what_is_critical),
		STORY(what_waited_for_its_mail_has_its_hour_when_that_leaves),
		STORY(nobody_is_woken_for_what_somebody_else_has_by_then),
		STORY(who_is_of_the_next_level_too_is_not_told_that_it_went_to_another),
		STORY(the_old_level_hears_once_where_it_really_went),
		STORY(business_time_is_counted_unless_it_is_critical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
