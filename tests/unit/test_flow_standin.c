/* People who are away, and who answers in their place. */
#include "help_standin.h"

/* The kit's clock starts on Monday 16 November 2026, 10:00 in Berlin; reminders after two days, the end after five. */
static void
reminders_wait_for_the_return_and_so_does_the_end(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "I am out of the office until 20 November.\r\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences WHERE until > 0"), 1);
	assert_non_null(strstr(kit_last_to(kit, EVES), "is away until Mon 23 Nov 2026"));
	size_t before = kit_sent_count(kit, JANE);
	kit_pass(kit, 4 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), before);
	kit_pass(kit, 2 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), before);
	kit_pass(kit, MS_DAY); /* Monday 23 */
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
	assert_non_null(strstr(kit_last_to(kit, JANE), "Reminder"));
	kit_pass(kit, 3 * MS_DAY); /* past the first deadline */
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	kit_pass(kit, 7 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
}

static void
a_question_ends_after_twice_its_time_however_long_somebody_is_away(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "I am away until 20 March 2027.\r\n");
	kit_pass(kit, 13 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	kit_pass(kit, 2 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
}

static void
a_note_without_a_date_is_only_noted(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	jane_is_away(kit, "I am out of the office with limited access to mail.\r\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences WHERE until = 0"), 1);
	assert_non_null(strstr(kit_last_to(kit, EVES), "names no day of return"));
	assert_int_equal(kit_sent_count(kit, DAN), 0);
	size_t before = kit_sent_count(kit, JANE);
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
}

static void
the_engineer_is_told_once_for_an_absence_and_a_ticket(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	size_t told = kit_sent_count(kit, EVES);
	jane_is_away(kit, "Away until 20 November. Second note.\r\n");
	assert_int_equal(kit_sent_count(kit, EVES), told);
}

static void
a_note_that_is_not_hers_teaches_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter forged = { .from = JANE_LONG,
		.subject = "Automatic reply",
		.extra = NOTE,
		.body = "I am away until 20 November. Approved.\r\n",
		.not_vouched = true };

	set_delegate(kit, &deputy);
	jane_ask(kit);
	forged.to = kit_header(kit, JANE, kit_sent_count(kit, JANE) - 1, "Reply-To");
	kit_say(kit, forged);
	mail_to(kit, JANE, "Mallory <mallory@evil.test>", NOTE, "Away until 20 November.\r\n");
	mail_to(kit, JANE, "Bob <bob@acme.test>", NOTE, "Away until 20 November.\r\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences"), 0);
	assert_int_equal(kit_sent_count(kit, DAN), 0);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
an_absence_note_never_decides(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "Approved. I am away until 20 November.\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
quoted_words_of_a_note_name_no_return(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "I am away.\r\n\r\n> I am away until 20 November.\r\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences WHERE until > 0"), 0);
}

static void
a_deputy_is_asked_too_and_his_answer_is_recorded_as_such(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	assert_non_null(strstr(kit_last_to(kit, JANE), "Dan Deputy"));
	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	assert_int_equal(kit_sent_count(kit, DAN), 1);
	assert_non_null(strstr(kit_last_to(kit, DAN), "in the place of Jane Owner"));
	assert_non_null(strstr(kit_last_to(kit, EVES), "Dan Deputy"));
	mail_to(kit, DAN, "Dan Deputy <" DAN ">", "", "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_non_null(strstr(kit_last_to(kit, DAN), "in the place of Jane Owner"));
	assert_non_null(strstr(kit_last_to(kit, EVES), "in the place of Jane Owner"));
	assert_non_null(
	    strstr(kit_last_to(kit, JANE), "By Dan Deputy, in the place of Jane Owner"));
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM ballots WHERE status = 'cast' AND"
			     " on_behalf_of = 'jane@acme.test' AND person_email = 'dan@acme.test'"
			     " AND evidence LIKE '%\"on_behalf_of\":\"jane@acme.test\"%'"),
	    1);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM ledger l JOIN ledger_values v ON"
			     " v.seq = l.seq WHERE l.kind = 'decision' AND"
			     " v.value = 'jane@acme.test'"),
	    1);
}

static const char *
text_of_outcome(struct desk_kit *kit, const struct id *id)
{
	return kit_outcome(kit, id);
}

static void
the_first_answer_counts_and_the_second_is_told(void **state)
{
	struct desk_kit *kit = *state;
	const char *request;
	struct id late;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	request = kit_header(kit, JANE, kit_sent_count(kit, JANE) - 1, "Reply-To");
	jane_is_away(kit, "Away until 20 November.\r\n");
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = request,
		.subject = "Re: Approve?",
		.body = "No, too expensive\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_REJECTED);
	assert_non_null(strstr(kit_last_to(kit, DAN), "This is decided"));
	size_t told = kit_sent_count(kit, DAN);
	late = kit_say(kit,
	    (struct kit_letter){ .from = "Dan Deputy <" DAN ">",
		.to = kit_header(kit, DAN, 0, "Reply-To"),
		.subject = "Re: Approve?",
		.body = "Approved\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_REJECTED);
	assert_int_equal(kit_sent_count(kit, DAN), told + 1);
	assert_non_null(strstr(kit_last_to(kit, DAN), "This is decided already"));
	assert_non_null(strstr(kit_last_to(kit, DAN), "By Jane Owner"));
	assert_non_null(strstr(text_of_outcome(kit, &late), "1 closed before"));
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ballots WHERE status = 'cast'"), 1);
}

static void
nobody_answers_with_the_address_of_another(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	const char *hers = kit_header(kit, JANE, kit_sent_count(kit, JANE) - 1, "Reply-To");
	/* Before an absence is known, the deputy has no say. */
	kit_say(kit,
	    (struct kit_letter){
		.from = DAN, .to = hers, .subject = "Re: Approve?", .body = "Approved\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	jane_is_away(kit, "Away until 20 November.\r\n");
	kit_say(kit,
	    (struct kit_letter){
		.from = DAN, .to = hers, .subject = "Re: Approve?", .body = "Approved\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_deputy_by_link_answers_for_himself(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	assert_string_not_equal(
	    kit_link(kit, DAN, 0, 0), kit_link(kit, JANE, kit_sent_count(kit, JANE) - 1, 0));
}

static void
a_known_absence_counts_for_the_next_question(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	set_delegate(kit, &deputy);
	jane_ask(kit);
	assert_int_equal(kit_sent_count(kit, DAN), 1);
}

static void
a_deputy_whose_time_is_over_is_not_asked(void **state)
{
	struct desk_kit *kit = *state;
	struct policy_delegate over = deputy;

	over.until = kit->now - MS_DAY;
	set_delegate(kit, &over);
	jane_ask(kit);
	jane_is_away(kit, "Away until 20 November.\r\n");
	assert_int_equal(kit_sent_count(kit, DAN), 0);
}

static void
somebody_who_answers_always_is_asked_instead(void **state)
{
	struct desk_kit *kit = *state;
	struct policy_delegate always = deputy;

	always.when = "always";
	always.from = kit->now - MS_DAY;
	always.until = kit->now + 30 * MS_DAY;
	set_delegate(kit, &always);
	size_t before = kit_sent_count(kit, JANE);
	jane_ask(kit);
	assert_int_equal(kit_sent_count(kit, JANE), before);
	mail_to(kit, DAN, "Dan Deputy <" DAN ">", "", "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
	assert_non_null(
	    strstr(kit_last_to(kit, JANE), "By Dan Deputy, in the place of Jane Owner"));
}

static void
a_change_of_delegates_is_in_the_ledger_and_told_to_the_owner(void **state)
{
	struct desk_kit *kit = *state;

	set_delegate(kit, &deputy);
	set_delegate(kit, &deputy);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'delegate'"), 1);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	set_delegate(kit, NULL);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'delegate'"), 2);
	assert_non_null(strstr(kit_last_to(kit, JANE), "no longer answers"));
}

/* --- handing over ------------------------------------------------------------ */

static void
naming_somebody_is_a_proposal_and_staff_hands_over(void **state)
{
	struct desk_kit *kit = *state;
	const char *request;

	jane_ask(kit);
	request = kit_header(kit, JANE, 0, "Reply-To");
	mail_to(kit, JANE, JANE_LONG, "", "Please ask dan@acme.test.\r\n");
	assert_int_equal(kit_sent_count(kit, DAN), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM proposals WHERE state = 'open'"), 1);
	assert_non_null(strstr(kit_sent(kit, EVES, 1), "delegate: dan@acme.test"));
	engineer(kit, "delegate: dan@acme.test\r\n", true);
	assert_int_equal(kit_sent_count(kit, DAN), 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM proposals WHERE state = 'accepted'"), 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'delegated'"), 1);
	assert_non_null(strstr(kit_last_to(kit, JANE), "answers in your place"));
	/* Her own answer comes too late for her. */
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = request,
		.subject = "Re: Approve?",
		.body = "Approved\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	mail_to(kit, DAN, "Dan <" DAN ">", "", "No, thanks\r\n");
	assert_int_equal(kit_state(kit, 0), AS_REJECTED);
	assert_non_null(strstr(kit_last_to(kit, JANE), "in the place of Jane Owner"));
}

static void
only_own_words_and_own_domains_propose(void **state)
{
	static const struct {
		const char *body;
		int open, all;
	} cases[] = {
		{ "Hm.\r\n\r\n> please ask dan@acme.test\r\n", 0, 0 },
		{ "Ask dan@acme.test or ann@acme.test\r\n", 0, 0 },
		{ "Ask mallory@evil.test\r\n", 0, 1 },
		{ "Ask jane@acme.test\r\n", 0, 0 },
		{ "Bitte an Dan <dan@acme.test> weiterleiten, er soll das entscheiden.\r\n", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		jane_ask(&kit);
		mail_to(&kit, JANE, JANE_LONG, "", cases[i].body);
		if (kit_number(&kit, "SELECT count(*) FROM proposals") != cases[i].all ||
		    kit_number(&kit, "SELECT count(*) FROM proposals WHERE state = 'open'") !=
			cases[i].open)
			fail_msg("%s", cases[i].body);
		assert_int_equal(kit_sent_count(&kit, "mallory@evil.test"), 0);
		kit_close(&kit);
	}
}

static void
what_may_not_hand_over_does_not(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	engineer(kit, "delegate: dan@acme.test\r\n", false);
	engineer(kit, "delegate: mallory@evil.test\r\n", true);
	engineer(kit, "delegate: agent@desk.test\r\n", true);
	engineer(kit, "delegate: jane@acme.test\r\n", true);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ballots"), 1);
	assert_int_equal(kit_sent_count(kit, DAN), 0);
	assert_int_equal(kit_sent_count(kit, "mallory@evil.test"), 0);
}

static void
a_proposal_ends_with_its_question(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	mail_to(kit, JANE, JANE_LONG, "", "Please ask dan@acme.test.\r\n");
	engineer(kit, "withdraw\r\n", true);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM proposals WHERE state = 'closed'"), 1);
	engineer(kit, "delegate: dan@acme.test\r\n", true);
	assert_int_equal(kit_sent_count(kit, DAN), 0);
}

/* --- notes that mislead ---------------------------------------------------------- */

static void
ask_about(struct desk_kit *kit, const char *title)
{
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = title,
		.body = "ask\r\n\r\nOn Monday Bob Buyer wrote:\r\n> We need it.\r\n" });
	kit_pass(kit, MS_MINUTE);
}

static void
a_note_that_repeats_what_the_requester_wrote_names_no_return(void **state)
{
	static const char *const bodies[] = {
		"I am away.\r\n",
		"I am away. Your mail \"Server is out until 20 December\" will be read later.\r\n",
		"Re: server is out UNTIL 20 december\r\n\r\nI am away.\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		ask_about(&kit, "Server is out until 20 December");
		kit_say(&kit,
		    (struct kit_letter){ .from = JANE_LONG,
			.to = address_of(&kit, JANE),
			.subject = "Automatic reply: Approve? Server is out until 20 December",
			.extra = NOTE,
			.body = bodies[i] });
		if (kit_number(&kit, "SELECT count(*) FROM absences WHERE until > 0") != 0 ||
		    kit_number(&kit, "SELECT count(*) FROM absences") != 1)
			fail_msg("%s", bodies[i]);
		kit_close(&kit);
	}
}

static void
a_note_left_on_too_long_or_absurd_names_no_return(void **state)
{
	static const char *const bodies[] = {
		"I am away until 14 August.\r\n", /* it is November */
		"I am away until 2 November.\r\n",
		"I am away until 20 November 2036.\r\n",
		"I am away until 20 November 2025.\r\n",
		"I am away until 31 February.\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		jane_ask(&kit);
		jane_is_away(&kit, bodies[i]);
		if (kit_number(&kit, "SELECT count(*) FROM absences WHERE until > 0") != 0)
			fail_msg("%s", bodies[i]);
		kit_close(&kit);
	}
}

static void
the_same_note_again_changes_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter note = { .from = JANE_LONG,
		.subject = "Automatic reply",
		.extra = NOTE,
		.message_id = "note-1@acme.test",
		.body = "Away until 20 November.\r\n" };

	jane_ask(kit);
	note.to = address_of(kit, JANE);
	kit_say(kit, note);
	kit_change(kit, "DELETE FROM absences");
	kit_say(kit, note);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences"), 0);
}

static void
while_the_clock_is_doubted_no_date_is_believed(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	kit->clock_trusted = false;
	jane_is_away(kit, "Away until 20 November.\r\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences WHERE until > 0"), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM absences"), 1);
}

/* 09:00 in Berlin is 08:00 UTC in November, 07:00 from 28 March 2027 on. */
static void
the_morning_of_return_is_the_customers_own_in_summer_too(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_is_away(kit, "I am away until 30 March 2027.\r\n"); /* back on Wednesday 31 */
	assert_int_equal(kit_number(kit, "SELECT until / 1000 FROM absences"), 1806476400);
	jane_is_away(kit, "I am away until 20 November.\r\n"); /* a Friday: Monday 23 */
	assert_int_equal(kit_number(kit, "SELECT until / 1000 FROM absences"), 1795420800);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reminders_wait_for_the_return_and_so_does_the_end),
		TEST(a_question_ends_after_twice_its_time_however_long_somebody_is_away),
		TEST(a_note_without_a_date_is_only_noted),
		TEST(the_engineer_is_told_once_for_an_absence_and_a_ticket),
		TEST(a_note_that_is_not_hers_teaches_nothing),
		TEST(an_absence_note_never_decides),
		TEST(quoted_words_of_a_note_name_no_return),
		TEST(a_deputy_is_asked_too_and_his_answer_is_recorded_as_such),
		TEST(the_first_answer_counts_and_the_second_is_told),
		TEST(nobody_answers_with_the_address_of_another),
		TEST(a_deputy_by_link_answers_for_himself),
		TEST(a_known_absence_counts_for_the_next_question),
		TEST(a_deputy_whose_time_is_over_is_not_asked),
		TEST(somebody_who_answers_always_is_asked_instead),
		TEST(a_change_of_delegates_is_in_the_ledger_and_told_to_the_owner),
		TEST(naming_somebody_is_a_proposal_and_staff_hands_over),
		cmocka_unit_test(only_own_words_and_own_domains_propose),
		TEST(what_may_not_hand_over_does_not),
		TEST(a_proposal_ends_with_its_question),
		cmocka_unit_test(a_note_that_repeats_what_the_requester_wrote_names_no_return),
		cmocka_unit_test(a_note_left_on_too_long_or_absurd_names_no_return),
		TEST(the_same_note_again_changes_nothing),
		TEST(while_the_clock_is_doubted_no_date_is_believed),
		TEST(the_morning_of_return_is_the_customers_own_in_summer_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
