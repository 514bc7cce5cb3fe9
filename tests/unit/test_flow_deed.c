/* What rules do besides packets: they ask and remind. */
#include "help_escalation.h"
#include "help_jane.h"
#include "help_watch.h"

#include <assent/base/str.h>
#include <assent/model/calendar.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ASK "    then: request_approval\n    ask: {en: May we?, de: Darf das sein?}\n"
#define REMIND "    then: remind\n"

/* --- request_approval --------------------------------------------------------------- */

static void
the_owner_is_asked_as_if_an_engineer_had_written_it(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", ASK));

	watch_laptop(kit);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	IS(kit, "approvals",
	    "state = 'draft' AND question = 'May we?' AND requested_by = 'rule:r'");
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	IS(kit, "events", "kind = 'rule.request_approval' AND actor = 'rule:r'");
	assert_int_equal(watch_told(kit, EVES, "is_asked"), 1);
	assert_non_null(strstr(kit_last_to(kit, EVES), "May we?"));
	assert_non_null(strstr(kit_last_to(kit, EVES), "Jane Owner"));
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_non_null(strstr(kit_sent(kit, JANE, 0), "May we?"));
	jane_answer(kit, 0, "yes");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 0);
	assert_int_equal(kit_approvals(kit), 1);
	NONE(kit, "escalations", "1");
}

static void
it_is_asked_in_the_customers_language(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", ASK));

	watch_laptop(kit);
	kit_change(kit, "UPDATE organisations SET locale = 'de-AT'");
	watch_ticket(kit, engine, FIRST);
	IS(kit, "approvals", "question = 'Darf das sein?'");
}

/* The question itself makes this condition end and begin again. */
static void
what_was_withdrawn_or_answered_is_not_asked_again(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("coalesce(approval_state, 'none') not in ('draft', 'sent')", ASK));

	watch_laptop(kit);
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(watch_ticket(kit, engine, FIRST).ended, 1);
	watch_command(kit, "withdraw\r\n");
	assert_int_equal(kit_state(kit, 0), AS_WITHDRAWN);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	kit_pass(kit, 2 * MS_DAY);
	assert_int_equal(kit_approvals(kit), 1);
	assert_int_equal(kit_sent_count(kit, JANE), 0);
}

static void
no_second_question_comes_while_one_is_open(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", ASK));

	jane_ask(kit);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_approvals(kit), 1);
	jane_answer(kit, 0, "no");
	assert_int_equal(kit_approvals(kit), 1);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_approvals(kit), 2);
	kit_pass(kit, MS_MINUTE);
	IS(kit, "approvals", "requested_by = 'rule:r' AND state = 'sent'");
}

static void
what_ceased_to_hold_while_it_waited_is_not_asked(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("priority = 'urgent'", ASK));

	jane_ask(kit);
	kit_change(kit, "UPDATE tickets SET priority = 'urgent'");
	watch_ticket(kit, engine, FIRST);
	kit_change(kit, "UPDATE tickets SET priority = 'low'");
	assert_int_equal(watch_ticket(kit, engine, FIRST).ended, 1);
	jane_answer(kit, 0, "yes");
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_approvals(kit), 1);
	NONE(kit, "jobs", "kind = 'rule'");
}

static void
a_paused_ticket_is_asked_about_once_it_is_resumed(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", ASK));

	watch_laptop(kit);
	watch_command(kit, "pause\r\n");
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_approvals(kit), 0);
	watch_command(kit, "resume\r\n");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_approvals(kit), 1);
}

static void
once_per_day_is_another_question_tomorrow(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("matches(title, '*laptop*')", ASK "    once_per: day\n"));

	watch_laptop(kit);
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_MINUTE);
	jane_answer(kit, 0, "no");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 0);
	kit_pass(kit, MS_DAY);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	assert_int_equal(kit_approvals(kit), 2);
}

static void
without_an_owner_the_engineer_gets_a_packet(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", ASK));

	watch_laptop(kit);
	kit_change(kit, "UPDATE organisations SET owner_email = ''");
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_approvals(kit), 0);
	IS(kit, "escalations",
	    "rule = 'r' AND reason = 'nobody_to_ask' AND \"to\" = 'engineer' AND entity_id = "
	    "'T-1001'"
	    " AND json_extract(missing, '$[0]') = 'May we?'");
	assert_non_null(strstr(kit_last_to(kit, EVES), "no owner is named"));
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 0);
}

static void
a_ticket_of_no_customer_is_a_packet_too(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("matches(title, '*laptop*')", ASK "    to: admin\n"));

	watch_laptop(kit);
	kit_change(kit, "UPDATE tickets SET organisation = NULL");
	watch_ticket(kit, engine, FIRST);
	IS(kit, "escalations", "reason = 'nobody_to_ask' AND \"to\" = 'admin'");
	assert_int_equal(kit_approvals(kit), 0);
}

static void
of_twelve_questions_two_wait_for_the_next_day(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", ASK));

	for (int i = 0; i < 12; i++)
		jane_ticket(kit, "bob@acme.test", arena_printf(kit->arena, "laptop %d", i), "");
	for (int i = 0; i < 12; i++)
		watch_ticket(kit, engine, FIRST + i);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_approvals(kit), 12);
	assert_int_equal(kit_sent_count(kit, JANE), 10);
	kit_pass(kit, MS_DAY);
	assert_int_equal(COUNT(kit, "approvals", "state = 'sent'"), 12);
}

/* --- remind ---------------------------------------------------------------------------- */

static void
the_open_question_is_reminded_of_now(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("hours_since(asked_at) > 2", REMIND));

	jane_ask(kit);
	kit_pass(kit, 3 * MS_HOUR);
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 1);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_non_null(strstr(kit_sent(kit, JANE, 1), "Reminder"));
	IS(kit, "events", "kind = 'rule.remind' AND actor = 'rule:r'");
	IS(kit, "events", "kind = 'approval.reminded'");
	assert_int_equal(watch_ticket(kit, engine, FIRST).acted, 0);
	/* The clock's own one is not sent, too. */
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
}

static void
nobody_is_reminded_within_an_hour_of_the_question(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("status = 'waiting'", REMIND));

	jane_ask(kit);
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, 50 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	kit_pass(kit, 10 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
}

static void
by_day_it_is_reminded_of_again_but_never_twice_a_day(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine =
	    rules_engine(RULE("hours_since(asked_at) > 2", REMIND "    once_per: day\n"));

	kit->policy.remind_after_days = 0;
	jane_ask(kit);
	kit_pass(kit, 3 * MS_HOUR);
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	kit_change(kit, "DELETE FROM rule_holds");
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	kit_pass(kit, MS_DAY);
	watch_ticket(kit, engine, FIRST);
	assert_int_equal(kit_sent_count(kit, JANE), 3);
}

static void
what_was_answered_meanwhile_is_not_reminded_of(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("matches(title, '*laptop*')", REMIND));

	jane_ask(kit);
	watch_ticket(kit, engine, FIRST);
	jane_answer(kit, 0, "yes");
	kit_pass(kit, 2 * MS_HOUR);
	NONE(kit, "events", "kind LIKE '%remind%'");
	NONE(kit, "jobs", "kind = 'rule'");
}

/* It is Monday, 10:01; the rule begins to hold at 20:00. */
static void
nobody_is_reminded_outside_the_customers_hours(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("hours_since(asked_at) > 2", REMIND));
	struct calendar_plan plan = { .zone = kit->policy.zone };
	AUTO(calendar_freep) struct calendar *calendar = NULL;

	assert_null(week_hours_fault("mon-fri 09:00-17:00", &plan.hours));
	calendar = calendar_new(&plan);
	kit->policy.calendar = calendar;
	jane_ask(kit);
	kit_pass(kit, 10 * MS_HOUR);
	watch_ticket(kit, engine, FIRST);
	kit_pass(kit, 12 * MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	IS(kit, "events", "kind = 'rule.remind'");
}

static void
a_bulk_mail_is_reminded_of_once_and_counts_once(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("hours_since(asked_at) > 2", REMIND));

	kit->policy.reminders_per_day = 2;
	kit->policy.remind_after_days = 0;
	jane_ask_bulk(kit);
	jane_ticket(kit, "bob@acme.test", "a chair", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	kit_pass(kit, 3 * MS_HOUR);
	for (int i = 0; i < 4; i++)
		watch_ticket(kit, engine, FIRST + i);
	assert_int_equal(kit_sent_count(kit, JANE), 4);
}

static void
the_limit_of_a_day_holds_for_rules(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("hours_since(asked_at) > 2", REMIND));

	kit->policy.reminders_per_day = 1;
	kit->policy.remind_after_days = 0;
	jane_ask(kit);
	jane_ticket(kit, "bob@acme.test", "a phone", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	kit_pass(kit, 3 * MS_HOUR);
	watch_ticket(kit, engine, FIRST);
	watch_ticket(kit, engine, FIRST + 1);
	assert_int_equal(COUNT(kit, "events", "kind = 'approval.reminded'"), 1);
	kit_pass(kit, MS_DAY);
	assert_int_equal(COUNT(kit, "events", "kind = 'approval.reminded'"), 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(the_owner_is_asked_as_if_an_engineer_had_written_it),
		T(it_is_asked_in_the_customers_language),
		T(what_was_withdrawn_or_answered_is_not_asked_again),
		T(no_second_question_comes_while_one_is_open),
		T(what_ceased_to_hold_while_it_waited_is_not_asked),
		T(a_paused_ticket_is_asked_about_once_it_is_resumed),
		T(once_per_day_is_another_question_tomorrow),
		T(without_an_owner_the_engineer_gets_a_packet),
		T(a_ticket_of_no_customer_is_a_packet_too),
		T(of_twelve_questions_two_wait_for_the_next_day),
		T(the_open_question_is_reminded_of_now),
		T(nobody_is_reminded_within_an_hour_of_the_question),
		T(by_day_it_is_reminded_of_again_but_never_twice_a_day),
		T(what_was_answered_meanwhile_is_not_reminded_of),
		T(nobody_is_reminded_outside_the_customers_hours),
		T(a_bulk_mail_is_reminded_of_once_and_counts_once),
		T(the_limit_of_a_day_holds_for_rules),
	};

	mem_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
