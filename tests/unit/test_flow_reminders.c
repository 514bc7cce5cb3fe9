/* After days without a daemon much is due at once, and nobody gets forty mails. */
#include "help_escalation.h"
#include "help_jane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define QUESTIONS 40
#define A_DAY 10

static int
setup(void **state)
{
	int rc = packet_setup(state);
	struct desk_kit *kit = *state;

	kit->policy.reminders_per_day = A_DAY;
	kit->policy.expire_after_days = 10;
	return rc;
}

static const char *
title(struct desk_kit *kit, int n)
{
	return arena_printf(kit->arena, "laptop %02d", n);
}

static void
ask_many(struct desk_kit *kit, int count)
{
	for (int i = 0; i < count; i++) {
		jane_ticket(kit, "bob@acme.test", title(kit, i), "ask\r\n");
		kit_pass(kit, MS_MINUTE);
	}
	assert_int_equal(kit_sent_count(kit, JANE), count);
}

/* The nth mail to Jane reminds her of question number which. */
static void
assert_reminder(struct desk_kit *kit, size_t n, int which)
{
	const char *mail = kit_sent(kit, JANE, n);

	assert_non_null(strstr(mail, "Reminder"));
	if (strstr(mail, title(kit, which)) == NULL)
		fail_msg("mail %zu is not about %s: %.200s", n, title(kit, which), mail);
}

static int64_t
open_questions(struct desk_kit *kit)
{
	return kit_number(kit, "SELECT count(*) FROM approvals WHERE state = 'sent'");
}

/* Monday; nothing runs until Thursday. */
static void
forty_questions_are_reminded_of_ten_a_day_in_the_order_they_were_asked(void **state)
{
	struct desk_kit *kit = *state;

	ask_many(kit, QUESTIONS);
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), QUESTIONS + A_DAY);
	kit_pass(kit, 12 * MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), QUESTIONS + A_DAY);
	kit_pass(kit, 12 * MS_HOUR); /* Friday */
	assert_int_equal(kit_sent_count(kit, JANE), QUESTIONS + 2 * A_DAY);
	kit_pass(kit, 2 * MS_DAY); /* Sunday */
	assert_int_equal(kit_sent_count(kit, JANE), QUESTIONS + 2 * A_DAY);
	kit_pass(kit, MS_DAY);
	kit_pass(kit, MS_DAY);
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), QUESTIONS * 2);
	for (int i = 0; i < QUESTIONS; i++)
		assert_reminder(kit, (size_t)(QUESTIONS + i), i);
	assert_int_equal(open_questions(kit), QUESTIONS);
}

static void
what_is_answered_meanwhile_takes_nobodys_place(void **state)
{
	struct desk_kit *kit = *state;

	ask_many(kit, A_DAY + 2);
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 2 * A_DAY + 2);
	jane_answer(kit, A_DAY, "approved\r\n"); /* and her receipt */
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 2 * A_DAY + 4);
	assert_reminder(kit, 2 * A_DAY + 3, A_DAY + 1);
}

static void
without_a_limit_all_go_out(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.reminders_per_day = 0;
	ask_many(kit, A_DAY + 2);
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 2 * (A_DAY + 2));
}

/* --- packets ------------------------------------------------------------------------ */

static struct id
raise(struct desk_kit *kit, const char *priority)
{
	struct escalation_raise raise = packet_plain();

	raise.priority = priority;
	raise.due = kit->now + 30 * MS_DAY;
	raise.levels = "[{\"after_ms\": 3600000, \"to\": \"admin\", \"repeat_ms\": 1800000}]";
	return packet_new(kit, &raise).id;
}

static void
packets_are_told_again_within_the_limit_and_critical_ones_beyond_it(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.reminders_per_day = 2;
	for (int i = 0; i < 3; i++)
		raise(kit, "high");
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 3); /* each climbed, once */
	kit_pass(kit, 30 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 5);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM escalation_events WHERE kind = 'skipped'"
			     " AND after = 'reminded often enough today'"),
	    1);
	raise(kit, "critical");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 6);
	kit_pass(kit, 30 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 7);
}

static void
who_wants_to_be_told_again_is(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_wish snooze = { .act = ESCALATION_SNOOZE, .by = MAX_AT };

	kit->policy.reminders_per_day = 1;
	for (int i = 0; i < 2; i++)
		snooze.id = raise(kit, "high");
	kit_pass(kit, MS_HOUR);
	kit_pass(kit, 30 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 3);
	snooze.until = kit->now + 10 * MS_MINUTE;
	packet_do(kit, snooze);
	kit_pass(kit, 10 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 4);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)
	static const struct CMUnitTest tests[] = {
		T(forty_questions_are_reminded_of_ten_a_day_in_the_order_they_were_asked),
		T(what_is_answered_meanwhile_takes_nobodys_place),
		T(without_a_limit_all_go_out),
		T(packets_are_told_again_within_the_limit_and_critical_ones_beyond_it),
		T(who_wants_to_be_told_again_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
