/* What rules do besides packets: they tell people, and close. */
#include "help_escalation.h"
#include "help_jane.h"
#include "help_watch.h"

#include <assent/base/str.h>
#include <assent/model/rota.h>
#include <assent/store/hold.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOTIFY "    then: notify\n    to: admin\n    suggest: {en: Have a look.}\n"
#define CLOSE "    then: close\n"

/* --- notify ------------------------------------------------------------------------------ */

static void
a_role_is_told_and_nothing_waits(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", NOTIFY));

	watch_laptop(kit);
	assert_int_equal(watch_ticket(kit, engine, FIRST).noted, 1);
	assert_int_equal(watch_told(kit, MAX_AT, "is_notify"), 1);
	assert_non_null(strstr(kit_last_to(kit, MAX_AT), "A title"));
	assert_non_null(strstr(kit_last_to(kit, MAX_AT), "Have a look."));
	assert_non_null(strstr(kit_last_to(kit, MAX_AT), "[T-1001] a laptop"));
	NONE(kit, "escalations", "1");
	IS(kit, "events", "kind = 'rule.notify' AND actor = 'rule:r'");
	assert_int_equal(watch_ticket(kit, engine, FIRST).noted, 0);
}

static void
one_of_an_organisation_is_told_once_for_all_its_tickets(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("matches(title, '*a*')", NOTIFY "    once_per: organisation\n"));

	watch_laptop(kit);
	jane_ticket(kit, "bob@acme.test", "a phone", "");
	watch_ticket(kit, engine, FIRST);
	kit->now += MS_SECOND;
	watch_ticket(kit, engine, FIRST + 1);
	assert_int_equal(watch_told(kit, MAX_AT, "is_notify"), 1);
}

static void
five_words_are_mails_and_the_others_one_more(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", NOTIFY));
	const char *digest;

	kit->policy.singles = 5;
	for (int i = 0; i < 12; i++)
		jane_ticket(kit, "bob@acme.test", arena_printf(kit->arena, "laptop %d", i), "");
	for (int i = 0; i < 12; i++)
		watch_ticket(kit, engine, FIRST + i);
	kit_pass(kit, 2 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 6);
	digest = kit_last_to(kit, MAX_AT);
	assert_non_null(strstr(digest, "7. A title [T-1012]"));
	assert_non_null(strstr(digest, "Ticket: laptop 11"));
	/* Nothing of it can be acknowledged. */
	assert_null(strstr(digest, "1 ack"));
}

static void
what_is_critical_comes_by_itself(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("matches(title, '*laptop*')", NOTIFY "    priority: critical\n"));

	kit->policy.singles = 2;
	for (int i = 0; i < 4; i++)
		jane_ticket(kit, "bob@acme.test", arena_printf(kit->arena, "laptop %d", i), "");
	for (int i = 0; i < 4; i++)
		watch_ticket(kit, engine, FIRST + i);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 4);
}

/* "night": max and olga by turns, quiet from 20 to 8. */
static void
who_is_on_call_alone_is_told_and_not_in_quiet_hours(void **state)
{
	static const char *turns[] = { MAX_AT, OLGA_AT };
	struct desk_kit *kit = *state;
	struct rota rota = { .zone = kit->policy.zone,
		.first_day = kit->now / MS_DAY,
		.people = turns,
		.count = 2 };
	const struct policy_role role = {
		.name = "night", .organisation = "", .people = { turns, 2 }, .turns = &rota
	};
	AUTO(engine_freep)
	struct engine *late =
	    rules_engine(RULE("priority = 'late'", "    then: notify\n    to: night\n"));
	AUTO(engine_freep)
	struct engine *fire = rules_engine(
	    RULE("priority = 'fire'", "    then: notify\n    to: night\n    priority: critical\n"));

	assert_null(week_hours_fault("mon-sun 20:00-08:00", &rota.quiet));
	kit->policy.roles = &role;
	kit->policy.role_count = 1;
	watch_laptop(kit);
	kit_pass(kit, 12 * MS_HOUR); /* 22:00 in Berlin */
	kit_change(kit, "UPDATE tickets SET priority = 'late'");
	watch_ticket(kit, late, FIRST);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 0);
	kit_change(kit, "DELETE FROM rule_holds"); /* of a rule of that name */
	kit_change(kit, "UPDATE tickets SET priority = 'fire'");
	watch_ticket(kit, fire, FIRST);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 1);
	kit_pass(kit, 10 * MS_HOUR);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 2);
	assert_int_equal(kit_sent_count(kit, OLGA_AT), 0);
}

static void
a_role_that_is_gone_means_whom_the_site_names(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("matches(title, '*laptop*')", "    then: notify\n    to: bygone\n"));

	watch_laptop(kit);
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(watch_told(kit, SECOND_AT, "is_notify"), 1);
}

static void
a_role_that_nobody_has_means_the_same(void **state)
{
	static const struct policy_staff eve[] = { { EVE_AT, "Eve", "engineer", "desk", "" } };
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", NOTIFY));

	kit->policy.staff = eve;
	kit->policy.staff_count = ARRAY_LEN(eve);
	watch_laptop(kit);
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(watch_told(kit, SECOND_AT, "is_notify"), 1);
}

static void
each_reads_his_own_language(void **state)
{
	static const struct policy_staff arabic[] = {
		{ EVE_AT, "Eve Engineer", "engineer", "desk", "" },
		{ MAX_AT, "Max Manager", "admin", "desk", "ar" },
	};
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", NOTIFY));

	kit->policy.staff = arabic;
	kit->policy.staff_count = ARRAY_LEN(arabic);
	watch_laptop(kit);
	watch_ticket(kit, engine, FIRST);
	IS(kit, "outgoing",
	    "kind = 'rule' AND locale = 'ar' AND json_extract(\"view\", '$.title') = 'عنوان'");
}

/* --- close --------------------------------------------------------------------------------- */

static void
a_ticket_is_resolved_and_its_engineer_told(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", CLOSE));

	watch_laptop(kit);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	IS(kit, "tickets", "status = 'resolved' AND status_by = 'rule:r'");
	IS(kit, "closings", "act = 'resolve' AND by = 'rule:r' AND comment = 'A title'");
	IS(kit, "events", "kind = 'rule.close' AND actor = 'rule:r'");
	IS(kit, "ledger", "kind = 'rule.close'");
	assert_int_equal(watch_told(kit, EVES, "is_closed"), 1);
	assert_int_equal(COUNT(kit, "documents", "kind IN ('notes', 'resolution')"), 2);
}

static void
a_ticket_with_an_open_question_waits_for_its_end(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", CLOSE));

	jane_ask(kit);
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_DAY);
	IS(kit, "tickets", "status = 'waiting'");
	jane_answer(kit, 0, "no");
	kit_pass(kit, MS_HOUR);
	IS(kit, "tickets", "status = 'resolved'");
	assert_int_equal(kit_state(kit, 0), AS_REJECTED);
}

static void
it_withdraws_the_question_only_when_the_rule_says_so(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(
	    RULE("matches(title, '*laptop*')", CLOSE "    withdraw: true\n    to: owner\n"));

	jane_ask(kit);
	watch_ticket(kit, engine, FIRST);
	IS(kit, "tickets", "status = 'resolved'");
	assert_int_equal(kit_state(kit, 0), AS_WITHDRAWN);
	assert_non_null(strstr(kit_last_to(kit, JANE), "No answer is needed any more"));
	assert_null(strstr(kit_last_to(kit, JANE), "rule:r"));
	assert_int_equal(watch_told(kit, OLGA_AT, "is_closed"), 1);
	assert_non_null(strstr(kit_last_to(kit, OLGA_AT), "was withdrawn; whoever"));
}

static void
no_ticket_is_closed_under_somebody_who_holds_a_packet(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", CLOSE));
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	watch_laptop(kit);
	e = packet_new(kit, &raise);
	kit_change(kit, "UPDATE escalations SET ticket = (SELECT id FROM tickets)");
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_HOUR);
	IS(kit, "tickets", "status = 'open'");
	packet_do(
	    kit, (struct escalation_wish){ .id = e.id, .act = ESCALATION_RESOLVE, .by = EVE_AT });
	kit_pass(kit, MS_HOUR);
	IS(kit, "tickets", "status = 'resolved'");
}

static void
what_was_laid_aside_stays_so(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", CLOSE));

	watch_laptop(kit);
	watch_command(kit, "pause\r\n");
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_DAY);
	IS(kit, "tickets", "status = 'paused'");
}

/* Its own closing makes this condition end; opened again it would begin anew. */
static void
what_somebody_opened_again_is_left_alone_for_a_week(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("status = 'open'", CLOSE));

	watch_laptop(kit);
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(watch_ticket(kit, engine, FIRST).ended, 1);
	watch_command(kit, "reopen\r\n");
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	kit_pass(kit, 6 * MS_DAY);
	IS(kit, "tickets", "status = 'open'");
	kit_pass(kit, 2 * MS_DAY);
	IS(kit, "tickets", "status = 'resolved'");
}

static int
hold(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return hold_set(desk->tx, true, desk->now, err);
}

static int
let_go(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return hold_set(desk->tx, false, desk->now, err);
}

static void
nothing_is_done_by_a_clock_that_nobody_believes(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", CLOSE));

	watch_laptop(kit);
	kit->clock_trusted = false;
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_HOUR);
	IS(kit, "tickets", "status = 'open'");
	kit->clock_trusted = true;
	kit_pass(kit, MS_MINUTE);
	IS(kit, "tickets", "status = 'resolved'");
}

static void
nothing_is_done_while_a_hold_is_on(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", CLOSE));
	struct err err;

	watch_laptop(kit);
	assert_int_equal(kit_step(kit, hold, NULL, &err), 0);
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_HOUR);
	IS(kit, "tickets", "status = 'open'");
	assert_int_equal(kit_step(kit, let_go, NULL, &err), 0);
	kit_pass(kit, MS_MINUTE);
	IS(kit, "tickets", "status = 'resolved'");
}

/* --- levels -------------------------------------------------------------------------------- */

static void
a_level_of_a_rule_is_told_again(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')",
	    "    to: engineer\n    due: 2d\n    levels: [{after: 2h, to: admin, repeat: 1h}]\n"));

	watch_laptop(kit);
	assert_int_equal(watch_ticket(kit, engine, FIRST).raised, 1);
	kit_pass(kit, 2 * MS_HOUR);
	assert_int_equal(COUNT(kit, "outgoing", "to_email = 'max@help.test'"), 1);
	kit_pass(kit, MS_HOUR);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(COUNT(kit, "outgoing", "to_email = 'max@help.test'"), 3);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(a_role_is_told_and_nothing_waits),
		T(one_of_an_organisation_is_told_once_for_all_its_tickets),
		T(five_words_are_mails_and_the_others_one_more),
		T(what_is_critical_comes_by_itself),
		T(who_is_on_call_alone_is_told_and_not_in_quiet_hours),
		T(a_role_that_is_gone_means_whom_the_site_names),
		T(a_role_that_nobody_has_means_the_same),
		T(each_reads_his_own_language),
		T(a_ticket_is_resolved_and_its_engineer_told),
		T(a_ticket_with_an_open_question_waits_for_its_end),
		T(it_withdraws_the_question_only_when_the_rule_says_so),
		T(no_ticket_is_closed_under_somebody_who_holds_a_packet),
		T(what_was_laid_aside_stays_so),
		T(what_somebody_opened_again_is_left_alone_for_a_week),
		T(nothing_is_done_by_a_clock_that_nobody_believes),
		T(nothing_is_done_while_a_hold_is_on),
		T(a_level_of_a_rule_is_told_again),
	};

	mem_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
