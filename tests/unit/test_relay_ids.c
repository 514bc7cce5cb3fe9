/*
 * Relays and mail systems give our mail new Message-IDs. An answer that names
 * only such a one finds its question, and proves nobody.
 */
#include "help_jane.h"

#include <assent/mail/outlet.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SES "0102019a8d3f2c11-3c5e9a60-4d1b-4b1e-9a51-0d2f5b6f8a10-000000"
#define OTHER "0102019a8d3f2c11-77777777-4d1b-4b1e-9a51-0d2f5b6f8a10-000000"

/* Jane is asked by a mail that the relay calls so. */
static void
ask_through(struct desk_kit *kit, const char *name)
{
	jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
	outlet_memory_name_next(kit->outlet, name);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

/* An answer to the desk's plain address, so that nothing but the fields names the question. */
static struct id
approve(struct desk_kit *kit, const char *from, const char *fields, bool not_vouched)
{
	return kit_say(kit,
	    (struct kit_letter){ .from = from,
		.subject = "Re: Approve?",
		.extra = fields,
		.body = "approved\r\n",
		.not_vouched = not_vouched });
}

/* clang-format off */
static const struct {
	const char *name; /* the relay's */
	const char *fields; /* of the answer */
	bool finds;
} cases[] = {
	{ SES, "In-Reply-To: <" SES "@email.amazonses.com>\r\n", true },
	{ SES, "In-Reply-To: <" SES "@eu-west-1.amazonses.com>\r\n", true },
	{ SES, "References: <" SES "@us-west-2.amazonses.com>\r\n", true },
	{ SES, "References: <a@x.test> <" SES "@email.amazonses.com> <b@x.test>\r\n", true },
	{ SES, "References:\r\n <a@x.test>\r\n <" SES "@email.amazonses.com>\r\n", true },
	{ SES, "X-Microsoft-Original-Message-ID: <" SES "@email.amazonses.com>\r\n", true },
	{ "20261116090000.1.ABCDEF0123@mail.relay.test", /* "queued as <...>" */
	  "In-Reply-To: <20261116090000.1.ABCDEF0123@mail.relay.test>\r\n", true },
	{ "b7bc2f4a-5e38-4336-af7d-e6c392c2f817",
	  "In-Reply-To: <b7bc2f4a-5e38-4336-af7d-e6c392c2f817@mtasv.relay.test>\r\n", true },

	{ SES, "In-Reply-To: <" OTHER "@email.amazonses.com>\r\n", false },
	{ SES, "In-Reply-To: <0102019a8d3f2c11@email.amazonses.com>\r\n", false },
	{ SES, "In-Reply-To: <x" SES "@email.amazonses.com>\r\n", false },
	{ SES, "X-Comment: <" SES "@email.amazonses.com>\r\n", false },
	{ "4dQ7", "In-Reply-To: <4dQ7@mail.relay.test>\r\n", false },
	{ "", "In-Reply-To: <@email.amazonses.com>\r\n", false },
};
/* clang-format on */

static void
an_answer_to_the_relays_name_finds_its_question(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk_kit kit;

		kit_open(&kit);
		ask_through(&kit, cases[i].name);
		approve(&kit, JANE_LONG, cases[i].fields, false);
		if ((kit_state(&kit, 0) == AS_APPROVED) != cases[i].finds)
			fail_msg("%s, sent as %s: %s", cases[i].fields, cases[i].name,
			    approval_state_name(kit_state(&kit, 0)));
		kit_close(&kit);
	}
}

static void
the_relays_name_proves_no_sender(void **state)
{
	struct desk_kit *kit = *state;
	const char *fields = "In-Reply-To: <" SES "@email.amazonses.com>\r\n";
	struct id id;

	ask_through(kit, SES);
	approve(kit, JANE_LONG, fields, true);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	id = approve(kit, "Bob Buyer <bob@acme.test>", fields, false);
	assert_string_equal(kit_outcome(kit, &id),
	    "filed: an answer from bob@acme.test, but jane@acme.test was asked");
	id = approve(kit, "Mallory <mallory@elsewhere.test>", fields, false);
	assert_string_equal(kit_outcome(kit, &id),
	    "filed: an answer from mallory@elsewhere.test, but jane@acme.test was asked");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	approve(kit, JANE_LONG, fields, false);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
a_name_belongs_to_the_mail_that_was_handed_over(void **state)
{
	struct desk_kit *kit = *state;

	ask_through(kit, SES);
	jane_ticket(kit, "bob@acme.test", "a printer", "ask\r\n");
	outlet_memory_name_next(kit->outlet, OTHER);
	kit_pass(kit, MS_MINUTE);
	approve(kit, JANE_LONG, "In-Reply-To: <" SES "@email.amazonses.com>\r\n", false);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM approvals a JOIN tickets t ON t.id = a.ticket"
			     " WHERE a.state = 'approved' AND t.ref = 1001"),
	    1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM approvals WHERE state = 'approved'"), 1);
}

/* --- what Exchange makes of them ---------------------------------------------------- */

static const char *
our_id(struct desk_kit *kit)
{
	return kit_header(kit, JANE, 0, "Message-ID");
}

static void
the_id_that_Exchange_kept_finds_the_question(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	approve(kit, JANE_LONG,
	    arena_printf(kit->arena,
		"In-Reply-To: <AM0PR01MB1234@prod.outlook.test>\r\n"
		"X-Microsoft-Original-Message-ID: %s\r\n",
		our_id(kit)),
	    false);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static const char *
code_of(struct desk_kit *kit)
{
	for (size_t i = 0; i < outlet_memory_count(kit->outlet); i++)
		if (text_is(outlet_memory_at(kit->outlet, i)->to, JANE))
			return outlet_memory_at(kit->outlet, i)->from;
	fail_msg("nothing was sent to Jane");
	return NULL;
}

#define NEW "AM0PR01MB5678@prod.outlook.test"

/* An absence note answers the Message-ID that Exchange gave our mail, and goes to the envelope. */
static void
note_absence(struct desk_kit *kit, const char *to)
{
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = to,
		.subject = "Automatic reply: Approve?",
		.extra = "In-Reply-To: <" NEW ">\r\nAuto-Submitted: auto-replied\r\n",
		.body = "I am away.\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
an_absence_note_teaches_another_name_of_our_mail(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.verp = true;
	jane_ask(kit);
	note_absence(kit, code_of(kit));
	approve(kit, JANE_LONG, "In-Reply-To: <" NEW ">\r\n", false);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
what_did_not_come_to_our_code_teaches_nothing(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.verp = true;
	jane_ask(kit);
	note_absence(kit, "agent@desk.test");
	note_absence(kit, "agent+b-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@desk.test");
	approve(kit, JANE_LONG, "In-Reply-To: <" NEW ">\r\n", false);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

/* Whoever got one of our mails knows its code, and the ids of mails that he has seen. */
static void
an_id_that_is_somebody_elses_is_not_learnt(void **state)
{
	struct desk_kit *kit = *state;
	static const char id[] = "eves-first-mail@help.test";

	kit->policy.verp = true;
	jane_ask(kit);
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = "a printer",
		.message_id = id,
		.body = "Does it work?\r\n" });
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = code_of(kit),
		.subject = "Automatic reply",
		.extra = arena_printf(
		    kit->arena, "In-Reply-To: <%s>\r\nAuto-Submitted: auto-replied\r\n", id),
		.body = "I am away.\r\n" });
	kit_say(kit,
	    (struct kit_letter){ .from = "Bob Buyer <bob@acme.test>",
		.subject = "Re: a printer",
		.extra = arena_printf(kit->arena, "In-Reply-To: <%s>\r\n", id),
		.body = "No, it does not.\r\n" });
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM messages m JOIN tickets t ON t.id = m.ticket"
			     " WHERE t.ref = 1002 AND m.from_email = 'bob@acme.test'"),
	    1);
}

/* A delay is no failure; the mail that it returns has the new name. */
static void
a_report_teaches_another_name_of_our_mail(void **state)
{
	struct desk_kit *kit = *state;
	static const char body[] =
	    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "
	    "mx.acme.test\r\n\r\nFinal-Recipient: rfc822; jane@acme.test\r\nAction: delayed\r\n"
	    "Status: 4.4.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
	    "Message-ID: <" NEW ">\r\nSubject: Approve?\r\n\r\n--b--\r\n";

	kit->policy.verp = true;
	jane_ask(kit);
	kit_mail(kit,
	    arena_printf(kit->arena,
		"Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\nReturn-Path: <>\r\n"
		"From: mailer-daemon@acme.test\r\nTo: %s\r\nSubject: Delayed\r\n"
		"Message-ID: <delay@acme.test>\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n%s",
		code_of(kit), body));
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	approve(kit, JANE_LONG, "In-Reply-To: <" NEW ">\r\n", false);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_to_the_relays_name_finds_its_question),
		T(the_relays_name_proves_no_sender),
		T(a_name_belongs_to_the_mail_that_was_handed_over),
		T(the_id_that_Exchange_kept_finds_the_question),
		T(an_absence_note_teaches_another_name_of_our_mail),
		T(what_did_not_come_to_our_code_teaches_nothing),
		T(an_id_that_is_somebody_elses_is_not_learnt),
		T(a_report_teaches_another_name_of_our_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
