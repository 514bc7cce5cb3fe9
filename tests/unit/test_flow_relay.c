/* Questions and answers between people who are asked, engineers, and robots on either side. */
#include "help_standin.h"

static size_t
answers_to(struct desk_kit *kit, const char *person)
{
	size_t n = 0;

	for (size_t i = 0; i < kit_sent_count(kit, person); i++)
		n += strstr(kit_sent(kit, person, i), "answers your question") != NULL;
	return n;
}

static void
eve_answers(struct desk_kit *kit, const char *extra, const char *body)
{
	size_t n = kit_sent_count(kit, EVES);
	struct kit_letter letter = { .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = body };

	letter.extra = arena_printf(
	    kit->arena, "In-Reply-To: %s\r\n%s", kit_header(kit, EVES, n - 1, "Message-ID"), extra);
	kit_say(kit, letter);
}

static void
what_a_deputy_asks_is_answered_to_him_alone(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	size_t jane = kit_sent_count(kit, JANE);
	answer_to(kit, "Dan <" DAN ">", address_of(kit, DAN), "Is that with a dock?\r\n");
	eve_answers(kit, "", "Yes, with a dock.\r\n");
	assert_int_equal(answers_to(kit, DAN), 1);
	assert_non_null(strstr(kit_last_to(kit, DAN), "Yes, with a dock."));
	assert_int_equal(kit_sent_count(kit, JANE), jane);
	answer_to(kit, "Dan <" DAN ">", address_of(kit, DAN), "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
who_is_not_asked_any_more_gets_no_buttons_with_an_answer(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	mail_to(kit, JANE, JANE_LONG, "", "Is that with a dock?\r\n");
	size_t n = kit_sent_count(kit, EVES);
	const char *question = kit_header(kit, EVES, n - 1, "Message-ID");
	engineer(kit, "delegate: dan@acme.test\r\n", true);
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\n", question),
		.body = "Yes, with a dock.\r\n" });
	assert_int_equal(answers_to(kit, JANE), 0);
	assert_int_equal(answers_to(kit, DAN), 0);
	assert_non_null(strstr(kit_last_to(kit, EVES), "dan@acme.test is asked instead of"));
}

/* Neither marks what it sends: only our limits can end it. */
static void
two_robots_on_either_side_go_quiet(void **state)
{
	struct desk_kit *kit = *state;
	size_t jane, eve;

	jane_ask(kit);
	for (int i = 0; i < 120; i++) {
		mail_to(kit, JANE, JANE_LONG, "", "Thank you for your mail. What is it about?\r\n");
		eve_answers(kit, "", "Your mail was received and will be read.\r\n");
		kit_pass(kit, 6 * MS_MINUTE);
	}
	jane = kit_sent_count(kit, JANE);
	eve = kit_sent_count(kit, EVES);
	/* Twelve hours, 120 rounds. */
	assert_in_range(answers_to(kit, JANE), 1, 20);
	assert_in_range(jane, 2, 40);
	assert_in_range(eve, 2, 60);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_marked_answer_of_the_engineers_robot_is_not_passed_on(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	mail_to(kit, JANE, JANE_LONG, "", "Is that with a dock?\r\n");
	eve_answers(kit, NOTE, "I am away until 20 November.\r\n");
	assert_int_equal(answers_to(kit, JANE), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences"), 0);
}

static void
an_answer_that_nobody_vouches_for_or_of_a_customer_reaches_nobody(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter forged = { .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = "Please sign in at https://evil.test/ first.\r\n",
		.not_vouched = true };

	jane_ask(kit);
	mail_to(kit, JANE, JANE_LONG, "", "Is that with a dock?\r\n");
	forged.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\n",
	    kit_header(kit, EVES, kit_sent_count(kit, EVES) - 1, "Message-ID"));
	kit_say(kit, forged);
	forged.not_vouched = false;
	forged.from = "Bob Buyer <bob@acme.test>";
	kit_say(kit, forged);
	for (size_t i = 0; i < kit_sent_count(kit, JANE); i++)
		assert_null(strstr(kit_sent(kit, JANE, i), "evil.test"));
}

static void
a_question_about_a_number_within_a_line_is_about_that_item(void **state)
{
	static const struct {
		const char *body, *about;
	} cases[] = {
		{ "What is number 3 for?\r\n", "a desk" },
		{ "Sorry, what is #2?\r\n", "a phone" },
		{ "Was soll Nr. 2 sein?\r\n", "a phone" },
		{ "Is it for 3 months?\r\n", NULL },
		{ "Did you get my mail 3 of 12?\r\n", NULL },
		{ "What is number 33 for?\r\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const char *const titles[] = { "a laptop", "a phone", "a desk" };
		struct desk_kit kit;
		const char *told;

		kit_open(&kit);
		for (size_t k = 0; k < ARRAY_LEN(titles); k++) {
			kit_say(&kit,
			    (struct kit_letter){ .from = EVE,
				.to = "Bob Buyer <bob@acme.test>",
				.cc = "agent@desk.test",
				.subject = titles[k],
				.body = "On Monday Bob wrote:\r\n> We need it.\r\n" });
		}
		kit_say(&kit,
		    (struct kit_letter){ .from = EVE,
			.subject = "for approval",
			.body = "bulk: T-1001, T-1002, T-1003\r\n" });
		kit_pass(&kit, MS_MINUTE);
		mail_to(&kit, JANE, JANE_LONG, "", cases[i].body);
		told = kit_last_to(&kit, EVES);
		if (cases[i].about == NULL ? strstr(told, "several questions") == NULL
					   : strstr(told, cases[i].about) == NULL ||
			    strstr(told, "several questions") != NULL)
			fail_msg("%s%s", cases[i].body, told);
		kit_close(&kit);
	}
}

/* --- bulk mails of which somebody else answers a part ----------------------------- */

static void
ask_in_bulk(struct desk_kit *kit)
{
	static const char *const titles[] = { "a laptop", "a phone" };

	for (size_t k = 0; k < ARRAY_LEN(titles); k++) {
		kit_say(kit,
		    (struct kit_letter){ .from = EVE,
			.to = "Bob Buyer <bob@acme.test>",
			.cc = "agent@desk.test",
			.subject = titles[k],
			.body = "On Monday Bob wrote:\r\n> We need it.\r\n" });
	}
	kit_say(kit,
	    (struct kit_letter){
		.from = EVE, .subject = "for approval", .body = "bulk: T-1001, T-1002\r\n" });
	kit_pass(kit, MS_MINUTE);
}

static void
an_item_that_was_handed_over_is_not_the_owners_any_more(void **state)
{
	struct desk_kit *kit = *state;

	ask_in_bulk(kit);
	const char *hers = address_of(kit, JANE);
	engineer(kit, "delegate: dan@acme.test\r\n", true); /* T-1001 */
	kit_pass(kit, 3 * MS_DAY);
	assert_non_null(strstr(kit_last_to(kit, JANE), "Reminder"));
	assert_non_null(strstr(kit_last_to(kit, JANE), "a phone"));
	assert_null(strstr(kit_last_to(kit, JANE), "a laptop"));
	assert_non_null(strstr(kit_last_to(kit, DAN), "Reminder"));
	answer_to(kit, JANE_LONG, hers, "Approved\r\n");
	assert_int_equal(kit_item_state(kit, 1), AS_SENT);
	assert_int_equal(kit_item_state(kit, 2), AS_APPROVED);
	answer_to(kit, "Dan <" DAN ">", address_of(kit, DAN), "No\r\n");
	assert_int_equal(kit_item_state(kit, 1), AS_REJECTED);
	assert_int_equal(kit_item_state(kit, 2), AS_APPROVED);
}

/* A deputy of one customer answers to the address, or in the thread, of another's question. */
static void
a_deputy_cannot_answer_for_another_customer(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	kit_change(kit,
	    "UPDATE ballots SET person_email = 'olga@other.test', on_behalf_of = ''"
	    " WHERE person_email = 'jane@acme.test'");
	kit_change(kit, "UPDATE ballots SET status = 'void' WHERE person_email = 'dan@acme.test'");
	answer_to(kit, "Dan <" DAN ">", kit_header(kit, JANE, 0, "Reply-To"), "Approved\r\n");
	answer_to(kit, "Dan <" DAN ">", address_of(kit, DAN), "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_deputy_asks_is_answered_to_him_alone),
		TEST(who_is_not_asked_any_more_gets_no_buttons_with_an_answer),
		TEST(two_robots_on_either_side_go_quiet),
		TEST(a_marked_answer_of_the_engineers_robot_is_not_passed_on),
		TEST(an_answer_that_nobody_vouches_for_or_of_a_customer_reaches_nobody),
		cmocka_unit_test(a_question_about_a_number_within_a_line_is_about_that_item),
		TEST(an_item_that_was_handed_over_is_not_the_owners_any_more),
		TEST(a_deputy_cannot_answer_for_another_customer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
