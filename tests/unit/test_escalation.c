/* The life of a packet that waits for a person (model/escalation.h). */
#include <assent/model/escalation.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
every_name_is_its_word_and_no_other(void **state)
{
	enum escalation_priority priority;
	enum escalation_state status;
	enum escalation_act act;

	(void)state;
	for (int i = 0; i < ESCALATION_STATE_COUNT; i++) {
		assert_true(escalation_state_parse(
		    escalation_state_name((enum escalation_state)i), &status));
		assert_int_equal(status, i);
	}
	for (int i = 0; i < ESCALATION_ACT_COUNT; i++) {
		assert_true(
		    escalation_act_parse(escalation_act_name((enum escalation_act)i), &act));
		assert_int_equal(act, i);
	}
	for (int i = 0; i < ESCALATION_PRIORITY_COUNT; i++) {
		assert_true(escalation_priority_parse(
		    escalation_priority_name((enum escalation_priority)i), &priority));
		assert_int_equal(priority, i);
	}
	assert_false(escalation_state_parse("Pending", &status));
	assert_false(escalation_state_parse("", &status));
	assert_false(escalation_state_parse(NULL, &status));
	assert_false(escalation_act_parse("acknowledge", &act));
	assert_false(escalation_priority_parse("urgent", &priority));
}

/* clang-format off */
static const struct {
	enum escalation_state from;
	const char *to[ESCALATION_ACT_COUNT]; /* ack assign snooze resolve reopen climb lapse; NULL: refused */
} ways[] = {
	{ ESCALATION_PENDING, { "in_progress", "in_progress", "pending", "resolved", NULL, "pending", "expired" } },
	{ ESCALATION_IN_PROGRESS, { "in_progress", "in_progress", "in_progress", "resolved", NULL, "pending", "expired" } },
	{ ESCALATION_RESOLVED, { NULL, NULL, NULL, NULL, "pending", NULL, NULL } },
	{ ESCALATION_EXPIRED, { NULL, NULL, NULL, NULL, "pending", NULL, NULL } },
};
/* clang-format on */

static void
each_act_leads_where_the_table_says_and_nowhere_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (int act = 0; act < ESCALATION_ACT_COUNT; act++) {
			const char *want = ways[i].to[act];
			enum escalation_state to;
			bool may = escalation_step(ways[i].from, (enum escalation_act)act, &to);

			assert_int_equal(may, want != NULL);
			if (may)
				assert_string_equal(escalation_state_name(to), want);
		}
}

static void
only_a_person_opens_what_is_closed_again(void **state)
{
	enum escalation_state to;

	(void)state;
	for (int from = 0; from < ESCALATION_STATE_COUNT; from++)
		for (int act = 0; act < ESCALATION_ACT_COUNT; act++)
			if (!escalation_is_open((enum escalation_state)from) &&
			    escalation_step(
				(enum escalation_state)from, (enum escalation_act)act, &to))
				assert_int_equal(act, ESCALATION_REOPEN);
	assert_true(escalation_is_open(ESCALATION_PENDING));
	assert_true(escalation_is_open(ESCALATION_IN_PROGRESS));
	assert_false(escalation_is_open(ESCALATION_RESOLVED));
	assert_false(escalation_is_open(ESCALATION_EXPIRED));
}

static void
a_reason_is_one_plain_word(void **state)
{
	static const char *const bad[] = { "", "Timeout", "2fa", "_x", "a b", "a-b", "é", "a\n",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	assert_int_equal(escalation_reason_count, 11);
	for (size_t i = 0; i < escalation_reason_count; i++)
		assert_true(escalation_reason_is_sane(escalation_reasons[i]));
	assert_true(escalation_reason_is_sane("sla_2"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(escalation_reason_is_sane(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_its_word_and_no_other),
		cmocka_unit_test(each_act_leads_where_the_table_says_and_nowhere_else),
		cmocka_unit_test(only_a_person_opens_what_is_closed_again),
		cmocka_unit_test(a_reason_is_one_plain_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
