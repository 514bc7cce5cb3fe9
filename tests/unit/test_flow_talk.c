/* The conversation about a question: what the owner asks, what the engineer answers, who is told what. */
#include <assent/base/str.h>

#include "help_jane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static size_t
told_eve(struct desk_kit *kit)
{
	return kit_sent_count(kit, EVES);
}

static const char *
newest_header(struct desk_kit *kit, const char *to, const char *name)
{
	return kit_header(kit, to, kit_sent_count(kit, to) - 1, name);
}

static void
assert_holds(const char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, text);
}

static void
assert_lacks(const char *text, const char *words)
{
	if (strstr(text, words) != NULL)
		fail_msg("\"%s\" is in: %s", words, text);
}

/* Eve answers the nth mail to her; some clients keep only the references. */
static void
eve_answers(struct desk_kit *kit, size_t n, const char *field, const char *body)
{
	struct kit_letter letter = { .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: whatever",
		.extra = arena_printf(
		    kit->arena, "%s: %s\r\n", field, kit_header(kit, EVES, n, "Message-ID")),
		.body = body };

	kit_say(kit, letter);
}

static void
the_engineers_answer_reaches_the_owner_in_the_owners_thread(void **state)
{
	static const char *const fields[] = { "In-Reply-To", "References" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		jane_ask(&kit);
		struct kit_letter letter = { .from = JANE_LONG,
			.to = jane_address(&kit),
			.subject = "Re: Approve?",
			.message_id = "q1@acme.test",
			.extra = arena_printf(kit.arena, "References: %s\r\n", jane_question(&kit)),
			.body = "Is the price per month or per year?\r\n" };
		kit_say(&kit, letter);
		assert_holds(kit_last_to(&kit, JANE), "passed on to Eve Engineer");
		eve_answers(&kit, told_eve(&kit) - 1, fields[i],
		    "Per year, no VAT.\r\n\r\nstatus\r\n\r\n> a secret of the thread\r\n");
		const char *mail = kit_last_to(&kit, JANE);
		assert_holds(mail, "Per year, no VAT.");
		assert_holds(mail, "> Is the price per month or per year?");
		assert_holds(mail, "https://ok.desk.test/a/");
		assert_lacks(mail, "status");
		assert_lacks(mail, "secret");
		assert_string_equal(newest_header(&kit, JANE, "In-Reply-To"), "<q1@acme.test>");
		assert_holds(newest_header(&kit, JANE, "References"), jane_question(&kit));
		assert_string_equal(newest_header(&kit, JANE, "Auto-Submitted"), "auto-replied");
		assert_int_equal(kit_state(&kit, 0), AS_SENT);
		assert_holds(kit_last_to(&kit, EVES), "passed on to jane@acme.test");
		assert_holds(kit_last_to(&kit, EVES), "> status");

		const char *to = newest_header(&kit, JANE, "Reply-To");
		size_t told = told_eve(&kit);
		kit_say(&kit,
		    (struct kit_letter){ .from = JANE_LONG,
			.to = to,
			.subject = "Re: Answer",
			.body = "And what about next year?\r\n" });
		assert_int_equal(told_eve(&kit), told + 1);
		assert_holds(kit_last_to(&kit, EVES), "And what about next year?");
		kit_say(&kit,
		    (struct kit_letter){ .from = JANE_LONG,
			.to = to,
			.subject = "Re: Answer",
			.body = "Approved\r\n" });
		assert_int_equal(kit_state(&kit, 0), AS_APPROVED);
		eve_answers(&kit, told, fields[i], "Next year it is the same.\r\n");
		assert_holds(kit_last_to(&kit, EVES), "closed already");
		assert_lacks(kit_last_to(&kit, JANE), "Next year");
		kit_close(&kit);
	}
}

static void
what_is_no_answer_of_a_vouched_engineer_stays_in_the_house(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_answer(kit, 0, "Is the price per month?\r\n");
	size_t question = told_eve(kit) - 1, sent = kit_sent_count(kit, JANE);
	struct kit_letter letter = { .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: whatever",
		.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\n",
		    kit_header(kit, EVES, question, "Message-ID")),
		.body = "Forged: call 555-0100\r\n",
		.not_vouched = true };
	kit_say(kit, letter);
	assert_int_equal(kit_sent_count(kit, JANE), sent);
	assert_holds(kit_last_to(kit, EVES), "vouched");
	/* Not an answer to the question, though its thread names it. */
	letter.not_vouched = false;
	letter.body = "Jane is a difficult one.\r\n";
	letter.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\nReferences: %s %s\r\n",
	    kit_header(kit, EVES, 0, "Message-ID"), kit_header(kit, EVES, question, "Message-ID"),
	    kit_header(kit, EVES, 0, "Message-ID"));
	kit_say(kit, letter);
	assert_int_equal(kit_sent_count(kit, JANE), sent);
	/* Only commands are no words. */
	eve_answers(kit, question, "In-Reply-To", "status\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), sent);
	/* Jane has it already. */
	letter.extra = arena_printf(
	    kit->arena, "In-Reply-To: %s\r\n", kit_header(kit, EVES, question, "Message-ID"));
	letter.cc = JANE_LONG;
	kit_say(kit, letter);
	assert_int_equal(kit_sent_count(kit, JANE), sent);
}

static void
of_a_bulk_mail_the_answer_is_about_the_item_that_was_asked_about(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask_bulk(kit);
	jane_answer(kit, 0, "2: is that per month?\r\n");
	assert_holds(kit_last_to(kit, EVES), "a phone");
	eve_answers(kit, told_eve(kit) - 1, "In-Reply-To", "No, once.\r\n");
	const char *mail = kit_last_to(kit, JANE);
	assert_holds(mail, "No, once.");
	assert_holds(mail, "number 2 only");
	assert_lacks(mail, "a laptop");
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = newest_header(kit, JANE, "Reply-To"),
		.subject = "Re: Answer",
		.body = "ok\r\n" });
	assert_int_equal(kit_item_state(kit, 1), AS_SENT);
	assert_int_equal(kit_item_state(kit, 2), AS_APPROVED);
	assert_int_equal(kit_item_state(kit, 3), AS_SENT);
}

static void
an_unclear_answer_is_told_three_words_that_would_do(void **state)
{
	static const struct {
		bool bulk;
		const char *url, *words[3];
	} cases[] = {
		{ false, "https://ok.desk.test",
		    { "  ok\n", "  approved\n", "  no, too expensive" } },
		{ false, "", { "  ok\n", "  approved\n", "  no, too expensive" } },
		{ true, "https://ok.desk.test",
		    { "approve 1; reject 2: too expensive", "1 ok", "no, too expensive" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		kit.policy.public_url = cases[i].url;
		if (cases[i].bulk)
			jane_ask_bulk(&kit);
		else
			jane_ask(&kit);
		jane_answer(&kit, 0, "I shall think about it\r\n");
		const char *mail = kit_last_to(&kit, JANE);
		assert_holds(mail, "> I shall think about it");
		for (size_t k = 0; k < 3; k++)
			assert_holds(mail, cases[i].words[k]);
		if (cases[i].url[0] == '\0')
			assert_lacks(mail, "http");
		kit_close(&kit);
	}
}

static void
is_this_phishing_is_answered_with_proof_once_an_hour(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	size_t told = told_eve(kit);
	jane_answer(kit, 0, "Is this phishing?\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	const char *mail = kit_last_to(kit, JANE);
	assert_holds(mail, "Eve Engineer (eve@help.test)");
	assert_holds(mail, "Acme Ltd");
	assert_holds(mail, "[T-1001]");
	assert_holds(mail, "you already have");
	assert_holds(mail, "ok.desk.test");
	assert_lacks(mail, "http");
	assert_int_equal(told_eve(kit), told + 1);
	assert_holds(kit_last_to(kit, EVES), "asks whether our mail is genuine");
	jane_answer(kit, 0, "Is this a scam??\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_int_equal(told_eve(kit), told + 1);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	jane_answer(kit, 0, "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
a_stranger_learns_nothing_by_asking_about_phishing(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter = { .from = "Mallory <mallory@evil.test>",
		.subject = "Re: Approve?",
		.body = "Is this phishing?\r\n" };

	jane_ask(kit);
	letter.to = jane_address(kit);
	kit_letter(kit, &letter);
	letter.from = JANE_LONG;
	letter.to = "agent@desk.test";
	letter.not_vouched = true;
	kit_say(kit, letter);
	assert_int_equal(kit_sent_count(kit, "mallory@evil.test"), 0);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

static void
the_receipt_of_a_bulk_mail_says_it_line_by_line(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask_bulk(kit);
	jane_answer(kit, 0, "1 yes\r\n2 no, too expensive\r\n");
	assert_holds(kit_last_to(kit, JANE),
	    "1 approved \xc2\xb7 2 rejected \"too expensive\" \xc2\xb7 3 still open");
	jane_answer(kit, 0, "3 ok\r\n");
	assert_holds(kit_last_to(kit, JANE), "1 approved earlier");
	assert_holds(kit_last_to(kit, JANE), "3 approved");
}

static void
a_second_thought_is_told_to_both_at_once_and_noted(void **state)
{
	static const struct {
		const char *said, *told;
	} words[] = {
		{ "Sorry, I meant no\r\n", "takes it back; the decision stands" },
		{ "No\r\n", "now says no; the decision stands" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct desk_kit box, *kit = &box;

		kit_open(kit);
		jane_ask(kit);
		jane_answer(kit, 0, "Approved\r\n");
		jane_answer(kit, 0, "Approved!\r\n"); /* told what stands, within the hour */
		size_t told = told_eve(kit), sent = kit_sent_count(kit, JANE);
		jane_answer(kit, 0, words[i].said);
		assert_int_equal(kit_state(kit, 0), AS_APPROVED);
		assert_int_equal(told_eve(kit), told + 1);
		assert_holds(kit_last_to(kit, EVES), words[i].told);
		assert_holds(kit_last_to(kit, EVES), "> ");
		assert_holds(kit_last_to(kit, EVES), "What stands: Approved, by Jane Owner");
		assert_int_equal(kit_sent_count(kit, JANE), sent + 1);
		assert_holds(kit_last_to(kit, JANE), "By Jane Owner");
		assert_holds(kit_last_to(kit, JANE), "Tell Eve Engineer (eve@help.test)");
		assert_int_equal(
		    kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'late'"), 1);
		kit_close(kit);
	}
}

static void
forms_that_disagree_decide_nothing_and_the_engineer_sees_both(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	size_t told = told_eve(kit);
	kit_mail(kit,
	    arena_printf(kit->arena,
		"Authentication-Results: mx.desk.test; dkim=pass header.d=acme.test\r\n"
		"Received: from a by mx.desk.test; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
		"From: Jane Owner <jane@acme.test>\r\nTo: %s\r\nSubject: Re: Approve?\r\n"
		"Message-ID: <two@acme.test>\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain\r\n\r\nApproved\r\n"
		"--b\r\nContent-Type: text/html\r\n\r\n<p>No, far too expensive. See "
		"https://ok.desk.test/a/%s</p>\r\n--b--\r\n",
		jane_address(kit), kit_link(kit, JANE, 0, 0)));
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(told_eve(kit), told + 1);
	assert_holds(kit_last_to(kit, EVES), "The plain form says:");
	assert_holds(kit_last_to(kit, EVES), "> Approved");
	assert_holds(kit_last_to(kit, EVES), "The formatted form says:");
	assert_holds(kit_last_to(kit, EVES), "far too expensive");
	assert_lacks(kit_last_to(kit, EVES), kit_link(kit, JANE, 0, 0));
	assert_holds(kit_last_to(kit, JANE), "say different things");
}

static void
an_owner_who_names_no_question_is_told_once_a_day_what_waits(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter = { .from = JANE_LONG,
		.to = "agent@desk.test",
		.subject = "the laptop",
		.body = "Approved\r\n" };

	kit_say(kit, letter);
	assert_holds(kit_last_to(kit, JANE), "Nothing waits for your answer");
	kit_pass(kit, MS_DAY + MS_MINUTE);
	jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	size_t sent = kit_sent_count(kit, JANE);
	kit_letter(kit, &letter);
	kit_say(kit, letter);
	assert_int_equal(kit_sent_count(kit, JANE), sent + 1);
	assert_holds(kit_last_to(kit, JANE), "One question waits");
	assert_holds(kit_last_to(kit, JANE), "[T-1001]");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	/* Nobody vouches: nobody is mailed. */
	kit_pass(kit, MS_DAY + MS_MINUTE);
	sent = kit_sent_count(kit, JANE);
	letter.not_vouched = true;
	kit_say(kit, letter);
	assert_int_equal(kit_sent_count(kit, JANE), sent);
}

static void
nothing_that_an_owner_writes_makes_us_write_without_end(void **state)
{
	static const char *const bodies[] = { "What is it?\r\n", "perhaps\r\n",
		"Is this phishing?\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		jane_ask(&kit);
		size_t told = told_eve(&kit);
		for (int n = 0; n < 12; n++)
			jane_answer(&kit, 0, bodies[i]);
		assert_true(told_eve(&kit) - told <= 5);
		assert_true(kit_sent_count(&kit, JANE) <= 3);
		kit_close(&kit);
	}
}

static void
where_only_links_decide_a_question_is_passed_on_all_the_same(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.level = LEVEL_LINK;
	jane_ask(kit);
	size_t told = told_eve(kit);
	jane_answer(kit, 0, "Is that per month?\r\n");
	assert_int_equal(told_eve(kit), told + 1);
	assert_holds(kit_last_to(kit, EVES), "Is that per month?");
}

#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engineers_answer_reaches_the_owner_in_the_owners_thread),
		T(what_is_no_answer_of_a_vouched_engineer_stays_in_the_house),
		T(of_a_bulk_mail_the_answer_is_about_the_item_that_was_asked_about),
		cmocka_unit_test(an_unclear_answer_is_told_three_words_that_would_do),
		T(is_this_phishing_is_answered_with_proof_once_an_hour),
		T(a_stranger_learns_nothing_by_asking_about_phishing),
		T(the_receipt_of_a_bulk_mail_says_it_line_by_line),
		cmocka_unit_test(a_second_thought_is_told_to_both_at_once_and_noted),
		T(forms_that_disagree_decide_nothing_and_the_engineer_sees_both),
		T(an_owner_who_names_no_question_is_told_once_a_day_what_waits),
		cmocka_unit_test(nothing_that_an_owner_writes_makes_us_write_without_end),
		T(where_only_links_decide_a_question_is_passed_on_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
