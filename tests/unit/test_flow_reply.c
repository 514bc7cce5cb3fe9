/* A question that is answered by mail: what decides, and everything that does not. */
#include "help_jane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_clear_word_above_the_quote_decides(void **state)
{
	static const struct {
		const char *body;
		enum approval_state want;
	} cases[] = {
		{ "Approved, thanks\r\n\r\n> May we?\r\n", AS_APPROVED },
		{ "ok\r\n\r\nSent from my iPhone\r\n", AS_APPROVED },
		{ "No, too expensive.\r\n\r\n> approved\r\n", AS_REJECTED },
		{ "> approved\r\n", AS_SENT },
		{ "approved if it is under 500\r\n", AS_SENT },
		{ "What does it cost per month?\r\n", AS_SENT },
		{ "I will look at it tonight\r\n", AS_SENT },
		{ "\r\n", AS_SENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		jane_ask(&kit);
		jane_answer(&kit, 0, cases[i].body);
		if (kit_state(&kit, 0) != cases[i].want)
			fail_msg("%s: %s", cases[i].body, approval_state_name(kit_state(&kit, 0)));
		kit_close(&kit);
	}
}

static void
an_unclear_answer_is_explained_and_the_second_is_told_to_the_engineer(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_answer(kit, 0, "perhaps, let me think about it\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	size_t told = kit_sent_count(kit, EVES);
	jane_answer(kit, 0, "hmm, still thinking\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 3);
	assert_non_null(strstr(kit_sent(kit, JANE, 2), "was told, with your words"));
	assert_int_equal(kit_sent_count(kit, EVES), told + 1);
	assert_non_null(strstr(kit_sent(kit, EVES, told), "hmm, still thinking"));
	jane_answer(kit, 0, "hmm, and I go on thinking\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 3);
	assert_int_equal(kit_sent_count(kit, EVES), told + 1);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_question_goes_to_the_engineer_word_for_word(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_answer(kit, 0, "Is the price per month or per year?\r\n");
	const char *mail = kit_sent(kit, EVES, 1);
	assert_non_null(mail);
	assert_non_null(strstr(mail, "Is the price per month or per year?"));
}

static void
what_cannot_be_believed_does_not_decide(void **state)
{
	static const struct {
		const char *what, *from, *extra;
		bool not_vouched, by_id;
	} cases[] = {
		{ "another sender", "Mallory <mallory@evil.test>", "", false, false },
		{ "nobody vouches", JANE_LONG, "", true, false },
		{ "found by id only, not vouched", JANE_LONG, "", true, true },
		{ "our host says fail", JANE_LONG,
		    "Authentication-Results: mx.desk.test; dmarc=fail header.from=acme.test\r\n",
		    true, false },
		{ "a foreign host vouches", JANE_LONG,
		    "Authentication-Results: mx.evil.test; dmarc=pass header.from=acme.test\r\n",
		    true, false },
		{ "forged below Received", JANE_LONG,
		    "Authentication-Results: mx.desk.test; dmarc=pass header.from=acme.test\r\n",
		    true, false },
		{ "an automatic answer", JANE_LONG, "Auto-Submitted: auto-replied\r\n", false,
		    false },
		{ "two From fields", JANE_LONG, "From: Mallory <mallory@evil.test>\r\n", false,
		    false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		jane_ask(&kit);
		struct kit_letter letter = { .from = cases[i].from,
			.to = cases[i].by_id ? "agent@desk.test" : jane_address(&kit),
			.subject = "Re: Approve?",
			.extra = arena_printf(kit.arena, "%sIn-Reply-To: %s\r\n", cases[i].extra,
			    jane_question(&kit)),
			.body = "Approved\r\n",
			.not_vouched = cases[i].not_vouched };
		struct id id = kit_say(&kit, letter);
		if (kit_state(&kit, 0) != AS_SENT)
			fail_msg("decided although %s: %s", cases[i].what, kit_outcome(&kit, &id));
		assert_null(strstr(kit_outcome(&kit, &id), "1 decided"));
		kit_close(&kit);
	}
}

static void
a_pass_for_another_domain_vouches_for_nobody(void **state)
{
	static const char *const results[] = { "dkim=pass header.d=evil.test header.from=acme.test",
		"spf=pass smtp.mailfrom=x@evil.test header.from=acme.test" };
	struct desk_kit *kit = *state;

	jane_ask(kit);
	for (size_t i = 0; i < ARRAY_LEN(results); i++) {
		kit_mail(kit,
		    arena_printf(kit->arena,
			"Authentication-Results: mx.desk.test; %s\r\n"
			"Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
			"From: Jane Owner <jane@acme.test>\r\nTo: %s\r\nSubject: Re: Approve?\r\n"
			"Message-ID: <pass-%zu@evil.test>\r\n\r\nApproved\r\n",
			results[i], jane_address(kit), i));
		kit_run(kit);
		assert_int_equal(kit_state(kit, 0), AS_SENT);
	}
}

static void
a_vouched_answer_that_names_only_our_message_id_decides(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	struct kit_letter letter = { .from = JANE_LONG,
		.to = "agent@desk.test",
		.subject = "Re: Approve?",
		.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\n", jane_question(kit)),
		.body = "Approved\r\n" };
	kit_say(kit, letter);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
without_a_trust_source_the_reply_token_decides_and_the_evidence_says_so(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	kit->policy.trust = TRUST_NONE;
	struct kit_letter letter = { .from = JANE_LONG,
		.to = jane_address(kit),
		.subject = "Re: Approve?",
		.body = "Approved\r\n",
		.not_vouched = true };
	kit_say(kit, letter);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	const char *note = kit_sent(kit, EVES, 1);
	assert_non_null(strstr(note, "sender not vouched for"));
}

static void
a_site_may_say_that_only_links_decide(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.level = LEVEL_LINK;
	jane_ask(kit);
	jane_answer(kit, 0, "Approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_non_null(strstr(kit_sent(kit, JANE, 1), "buttons"));
}

static void
a_second_answer_is_told_the_first_and_never_flips_it(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_answer(kit, 0, "Approved\r\n");
	size_t told = kit_sent_count(kit, EVES);
	jane_answer(kit, 0, "No\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_sent_count(kit, JANE), 3);
	assert_int_equal(kit_sent_count(kit, EVES), told + 1);
}

static void
the_same_mail_twice_counts_once(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter;

	jane_ask(kit);
	letter = (struct kit_letter){ .from = JANE_LONG,
		.to = jane_address(kit),
		.subject = "Re: Approve?",
		.body = "Approved\r\n" };
	letter.message_id = "same@mail.test";
	kit_say(kit, letter);
	size_t sent = kit_sent_count(kit, JANE);
	struct id id = kit_say(kit, letter);
	assert_non_null(strstr(kit_outcome(kit, &id), "came before"));
	assert_int_equal(kit_sent_count(kit, JANE), sent);
}

static void
a_bulk_mail_is_answered_line_by_line(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask_bulk(kit);
	jane_answer(kit, 0, "1 yes\r\n2 no, too expensive\r\n\r\n> quoted\r\n");
	assert_int_equal(kit_item_state(kit, 1), AS_APPROVED);
	assert_int_equal(kit_item_state(kit, 2), AS_REJECTED);
	assert_int_equal(kit_item_state(kit, 3), AS_SENT);
	const char *receipt = kit_sent(kit, JANE, 1);
	assert_non_null(strstr(receipt, "too expensive"));
	assert_non_null(strstr(receipt, "a desk"));
	jane_answer(kit, 0, "3 ok\r\n");
	assert_int_equal(kit_item_state(kit, 3), AS_APPROVED);
}

static void
one_word_answers_the_whole_bulk_mail(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask_bulk(kit);
	jane_answer(kit, 0, "Approved\r\n");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(kit_state(kit, i), AS_APPROVED);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
}

static void
a_bounce_makes_the_question_undeliverable_and_tells_the_engineer(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	kit_mail(kit,
	    arena_printf(kit->arena,
		"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.test\r\nTo: agent@desk.test\r\n"
		"Subject: Undelivered\r\nMessage-ID: <b1@mx.test>\r\nMIME-Version: 1.0\r\n"
		"Auto-Submitted: auto-replied\r\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "
		"mx.test\r\n\r\n"
		"Final-Recipient: rfc822; jane@acme.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
		"Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %s\r\n\r\n--b--\r\n",
		jane_question(kit)));
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_UNDELIVERABLE);
	assert_non_null(strstr(kit_sent(kit, EVES, 1), "550 no such user"));
}

static void
the_requester_is_told_only_where_the_site_wants_it(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.tell_requester = true;
	jane_ask(kit);
	jane_answer(kit, 0, "Approved\r\n");
	assert_int_equal(kit_sent_count(kit, "bob@acme.test"), 1);
}

static void
without_a_public_url_the_mail_holds_no_links_and_says_how_to_reply(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.public_url = "";
	jane_ask(kit);
	const char *mail = kit_sent(kit, JANE, 0);
	assert_null(strstr(mail, "http"));
	assert_non_null(strstr(mail, "Reply to this mail with"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clear_word_above_the_quote_decides),
		T(an_unclear_answer_is_explained_and_the_second_is_told_to_the_engineer),
		T(a_question_goes_to_the_engineer_word_for_word),
		cmocka_unit_test(what_cannot_be_believed_does_not_decide),
		T(a_pass_for_another_domain_vouches_for_nobody),
		T(a_vouched_answer_that_names_only_our_message_id_decides),
		T(without_a_trust_source_the_reply_token_decides_and_the_evidence_says_so),
		T(a_site_may_say_that_only_links_decide),
		T(a_second_answer_is_told_the_first_and_never_flips_it),
		T(the_same_mail_twice_counts_once),
		T(a_bulk_mail_is_answered_line_by_line),
		T(one_word_answers_the_whole_bulk_mail),
		T(a_bounce_makes_the_question_undeliverable_and_tells_the_engineer),
		T(the_requester_is_told_only_where_the_site_wants_it),
		T(without_a_public_url_the_mail_holds_no_links_and_says_how_to_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
