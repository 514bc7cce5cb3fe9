/* Questions that were handed over, and people who may not answer any more. */
#include "help_standin.h"

static void
whose_question_was_handed_over_hears_who_is_asked_now(void **state)
{
	struct desk_kit *kit = *state;
	const char *hers, *told;

	jane_ask(kit);
	hers = address_of(kit, JANE);
	engineer(kit, "delegate: dan@acme.test\r\n", true);
	size_t before = kit_sent_count(kit, JANE);
	answer_to(kit, JANE_LONG, hers, "No, too expensive\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
	told = kit_last_to(kit, JANE);
	assert_null(strstr(told, "decided already"));
	assert_non_null(strstr(told, "Your answer was not taken"));
	assert_non_null(strstr(told, "dan@acme.test is asked instead of you since Mon 16 Nov"));
	assert_non_null(strstr(told, "eve@help.test arranged that"));
	assert_null(strstr(told, "/a/"));
	assert_non_null(strstr(kit_last_to(kit, EVES), "No, too expensive"));
	assert_non_null(strstr(kit_last_to(kit, EVES), "dan@acme.test is asked instead"));
	/* Nor is she offered buttons that lead nowhere. */
	answer_to(kit, JANE_LONG, hers, "Hmm, let me see.\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
	answer_to(kit, "Dan <" DAN ">", address_of(kit, DAN), "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
everybody_who_was_asked_hears_of_a_hand_over(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	engineer(kit, "delegate: ann@acme.test\r\n", true);
	assert_non_null(strstr(kit_last_to(kit, JANE), "handed this question to ann@acme.test"));
	assert_non_null(strstr(kit_last_to(kit, DAN), "handed this question to ann@acme.test"));
	assert_non_null(strstr(kit_last_to(kit, "ann@acme.test"), "in the place of Jane Owner"));
	answer_to(kit, "Dan <" DAN ">", kit_header(kit, DAN, 0, "Reply-To"), "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ballots WHERE status = 'open'"), 1);
}

static void
a_question_can_be_handed_back(void **state)
{
	struct desk_kit *kit = *state;
	const char *old;

	jane_ask(kit);
	old = address_of(kit, JANE);
	engineer(kit, "delegate: dan@acme.test\r\n", true);
	engineer(kit, "delegate: jane@acme.test\r\n", true);
	answer_to(kit, JANE_LONG, old, "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_non_null(strstr(kit_last_to(kit, JANE), "A newer mail of ours asks you"));
	size_t n = kit_sent_count(kit, JANE);
	answer_to(kit, JANE_LONG, kit_header(kit, JANE, n - 2, "Reply-To"), "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM ballots WHERE status = 'cast' AND"
			     " on_behalf_of = ''"),
	    1);
}

static void
who_asks_does_not_answer(void **state)
{
	struct desk_kit *kit = *state;

	/* The engineer works for the customer himself. */
	kit_change(kit,
	    "INSERT INTO organisation_domains (domain, organisation) SELECT 'help.test', id"
	    " FROM organisations");
	jane_ask(kit);
	engineer(kit, "delegate: eve@help.test\r\n", true);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ballots"), 1);
	assert_non_null(strstr(kit_last_to(kit, EVES), "somebody else must answer it"));
}

static void
who_is_back_is_reminded_beside_his_deputy(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	jane_is_away(kit, "Away until 19 November.\r\n"); /* back on Friday 20 */
	size_t jane = kit_sent_count(kit, JANE), dan = kit_sent_count(kit, DAN);
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, DAN), dan + 1);
	assert_non_null(strstr(kit_last_to(kit, DAN), "Reminder"));
	assert_int_equal(kit_sent_count(kit, JANE), jane);
	kit_pass(kit, MS_DAY); /* Friday, 10:00 */
	assert_int_equal(kit_sent_count(kit, JANE), jane + 1);
	assert_non_null(strstr(kit_last_to(kit, JANE), "Reminder"));
	assert_int_equal(kit_sent_count(kit, DAN), dan + 1);
}

static void
a_delegate_taken_out_of_the_settings_has_no_say_any_more(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	const char *hers = address_of(kit, JANE);
	jane_is_away(kit, "Away until 20 November.\r\n");
	const char *his = address_of(kit, DAN);
	set_delegate(kit, NULL);
	answer_to(kit, "Dan <" DAN ">", his, "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_non_null(strstr(kit_last_to(kit, DAN), "Jane Owner is asked instead of you"));
	answer_to(kit, JANE_LONG, hers, "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
when_nobody_else_is_left_the_owner_is_asked_again(void **state)
{
	struct desk_kit *kit = *state;
	struct policy_delegate always = deputy;

	always.when = "always";
	always.from = kit->now - MS_DAY;
	always.until = kit->now + 30 * MS_DAY;
	set_delegate(kit, &always);
	jane_ask(kit);
	set_delegate(kit, NULL);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM ballots WHERE status = 'open' AND"
			     " person_email = 'jane@acme.test' AND on_behalf_of = ''"),
	    1);
	for (size_t i = kit_sent_count(kit, JANE); i > 0; i--) {
		const char *to = kit_header(kit, JANE, i - 1, "Reply-To");

		if (to == NULL || strchr(to, '+') == NULL)
			continue;
		answer_to(kit, JANE_LONG, to, "Approved\r\n");
		break;
	}
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whose_question_was_handed_over_hears_who_is_asked_now),
		TEST(everybody_who_was_asked_hears_of_a_hand_over),
		TEST(a_question_can_be_handed_back),
		TEST(who_asks_does_not_answer),
		TEST(who_is_back_is_reminded_beside_his_deputy),
		TEST(a_delegate_taken_out_of_the_settings_has_no_say_any_more),
		TEST(when_nobody_else_is_left_the_owner_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
