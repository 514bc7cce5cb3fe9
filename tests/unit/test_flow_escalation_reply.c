/* The mails of packets, and answers to them: what acts, and everything that does not. */
#include "help_escalation.h"

#include <assent/base/str.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)
#define EVE_LONG "Eve Engineer <eve@help.test>"
#define STATE(kit, e, want) assert_string_equal(packet_get(kit, &(e).id).state, want)

static struct escalation
fresh(struct desk_kit *kit)
{
	struct escalation_raise raise = packet_plain();

	return packet_new(kit, &raise);
}

/* Eve answers the first mail that she got. */
static struct kit_letter
from_eve(struct desk_kit *kit, const char *body)
{
	return (struct kit_letter){ .from = EVE_LONG,
		.to = kit_header(kit, EVE_AT, 0, "Reply-To"),
		.subject = "Re: A deal",
		.body = body };
}

static const char *
take(struct desk_kit *kit, struct kit_letter letter)
{
	struct id id = kit_letter(kit, &letter);

	kit_run(kit);
	return kit_outcome(kit, &id);
}

static void
assert_holds(const char *text, const char *part)
{
	if (text == NULL || strstr(text, part) == NULL)
		fail_msg("\"%s\" does not hold \"%s\"", text != NULL ? text : "no mail", part);
}

static void
its_mail_says_what_it_is_and_what_to_answer(void **state)
{
	struct desk_kit *kit = *state;
	const char *text;

	fresh(kit);
	text = kit_sent(kit, EVE_AT, 0);
	assert_holds(text, "This needs you: nobody has it yet.");
	assert_holds(text, "Priority: High");
	assert_holds(text, "Reason: High-value deal");
	assert_holds(text, "https://ok.desk.test/e/");
	assert_holds(text, "snooze 2h");
	assert_holds(kit_header(kit, EVE_AT, 0, "Reply-To"), "agent+");
	/* The store knows no token (invariant 7). */
	assert_int_equal(COUNT(kit, "outgoing", "view LIKE '%/e/%'"), 0);
	assert_int_equal(COUNT(kit, "tokens", "purpose = 'packet-link' AND open = 1"), 1);
	assert_int_equal(COUNT(kit, "tokens", "purpose = 'packet-reply' AND open = 1"), 1);
}

static void
each_word_does_what_it_says_and_is_confirmed(void **state)
{
	static const struct {
		const char *body, *state, *says;
	} steps[] = {
		{ "ack\r\n\r\nThanks, Eve\r\n", "in_progress", "You have it." },
		{ "snooze 2h\r\n", "in_progress", "It is put off until" },
		{ "assign max@help.test\r\n", "in_progress", "It was put to max@help.test." },
		{ "resolved: called them\r\nand they paid\r\n", "resolved", "It is resolved." },
		{ "reopen\r\n", "pending", "It is open again." },
	};
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		bool found = false;

		take(kit, from_eve(kit, steps[i].body));
		STATE(kit, e, steps[i].state);
		for (size_t n = 0; n < kit_sent_count(kit, EVE_AT); n++)
			found |= strstr(kit_sent(kit, EVE_AT, n), steps[i].says) != NULL;
		if (!found)
			fail_msg("nobody said \"%s\"", steps[i].says);
	}
	assert_int_equal(COUNT(kit, "ledger", "kind LIKE 'escalation.%'"), 6);
	assert_int_equal(COUNT(kit, "outgoing", "kind = 'escalation-answer'"), 5);
}

static void
what_was_done_is_told_word_for_word(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	take(kit, from_eve(kit, "resolved: called them\r\nand they paid\r\n\r\n> ack\r\n"));
	e = packet_get(kit, &e.id);
	assert_string_equal(e.action, "called them\nand they paid");
	assert_string_equal(e.resolved_by, EVE_AT);
}

static void
what_is_resolved_says_who_did_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	size_t n;

	packet_do(kit,
	    (struct escalation_wish){
		.id = e.id, .act = ESCALATION_RESOLVE, .by = MAX_AT, .action = "paid" });
	n = kit_sent_count(kit, EVE_AT);
	take(kit, from_eve(kit, "resolved: me too\r\n"));
	assert_holds(kit_sent(kit, EVE_AT, n), "It was resolved before: max@help.test");
	take(kit, from_eve(kit, "ack\r\n"));
	assert_holds(kit_sent(kit, EVE_AT, n + 1), "It is resolved: max@help.test");
	assert_holds(kit_sent(kit, EVE_AT, n + 1), "“reopen”");
	assert_string_equal(packet_get(kit, &e.id).action, "paid");
}

static void
what_is_unclear_changes_nothing_and_hears_what_to_write(void **state)
{
	static const struct {
		const char *body, *says;
	} cases[] = {
		{ "Shall I call them?\r\n", "could not be understood" },
		{ "ack\r\nresolved: done\r\n", "more than one thing" },
		{ "snooze 40 days\r\n", "for 31 days at most" },
		{ "assign mallory@evil.test\r\n", "mallory@evil.test is nobody of this desk" },
		{ "> ack\r\n", "could not be understood" },
	};
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *said;

		take(kit, from_eve(kit, cases[i].body));
		said = kit_sent(kit, EVE_AT, i + 1);
		assert_holds(said, cases[i].says);
		assert_holds(said, "resolved: WHAT WAS DONE");
	}
	STATE(kit, e, "pending");
	assert_int_equal(packet_get(kit, &e.id).version, e.version);
	assert_int_equal(kit_sent_count(kit, "mallory@evil.test"), 0);
}

static void
robots_and_strangers_do_nothing_and_get_no_answer(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct kit_letter robot = from_eve(kit, "ack\r\n"), stranger = robot, absent = robot;
	size_t before = kit_sent_count(kit, EVE_AT);

	robot.extra = "Auto-Submitted: auto-replied\r\n";
	absent.subject = "Out of office: A deal";
	absent.extra = "X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-replied\r\n";
	stranger.from = "Mallory <mallory@evil.test>";
	assert_holds(take(kit, robot), "no person wrote it");
	assert_holds(take(kit, absent), "no person wrote it");
	assert_holds(take(kit, stranger), "to whom the packet was not put");
	STATE(kit, e, "pending");
	assert_int_equal(kit_sent_count(kit, "mallory@evil.test"), 0);
	assert_int_equal(kit_sent_count(kit, EVE_AT), before);
	assert_int_equal(COUNT(kit, "ledger", "kind = 'escalation.ack'"), 0);
}

static void
a_sender_nobody_vouches_for_needs_the_token_and_the_level(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct kit_letter letter = from_eve(kit, "ack\r\n");
	size_t before = kit_sent_count(kit, EVE_AT);

	letter.not_vouched = true;
	take(kit, letter);
	assert_holds(kit_sent(kit, EVE_AT, before), "No mail server vouched");
	STATE(kit, e, "pending");
	kit->policy.level = LEVEL_TOKEN;
	letter.to = "agent@desk.test";
	letter.extra = arena_printf(
	    kit->arena, "In-Reply-To: %s\r\n", kit_header(kit, EVE_AT, 0, "Message-ID"));
	take(kit, letter);
	STATE(kit, e, "pending");
	letter.to = kit_header(kit, EVE_AT, 0, "Reply-To");
	letter.extra = "";
	take(kit, letter);
	STATE(kit, e, "in_progress");
	assert_string_equal(packet_get(kit, &e.id).acked_by, EVE_AT);
}

static void
what_nobody_can_read_through_a_signature_does_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	const char *raw = arena_printf(kit->arena,
	    "Authentication-Results: mx.desk.test; dkim=pass header.d=help.test\r\n"
	    "Received: from x by mx.desk.test; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
	    "From: %s\r\nTo: %s\r\nSubject: Re: A deal\r\nMessage-ID: <sealed@help.test>\r\n"
	    "Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nYWNrCg==\r\n",
	    EVE_LONG, kit_header(kit, EVE_AT, 0, "Reply-To"));
	size_t before = kit_sent_count(kit, EVE_AT);

	kit_mail(kit, raw);
	kit_run(kit);
	STATE(kit, e, "pending");
	assert_holds(kit_sent(kit, EVE_AT, before), "S/MIME signature of your mail");
}

static void
a_message_id_and_a_vouched_sender_are_enough(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct kit_letter letter = from_eve(kit, "ack\r\n");

	letter.to = "agent@desk.test";
	letter.extra = arena_printf(
	    kit->arena, "In-Reply-To: %s\r\n", kit_header(kit, EVE_AT, 0, "Message-ID"));
	take(kit, letter);
	STATE(kit, e, "in_progress");
}

static void
staff_who_got_it_from_somebody_acts_as_himself(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct kit_letter letter = from_eve(kit, "ack\r\n");

	kit_change(kit,
	    "INSERT INTO staff (id, email, name, role, team, active)"
	    " VALUES (randomblob(16), 'max@help.test', 'Max', 'admin', 'desk', 1)");
	letter.from = "Max Manager <max@help.test>";
	letter.not_vouched = true;
	take(kit, letter);
	STATE(kit, e, "pending");
	letter.not_vouched = false;
	take(kit, letter);
	assert_string_equal(packet_get(kit, &e.id).acked_by, MAX_AT);
}

static int
find_first(struct desk *desk, void *arg, struct err *err)
{
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err);

	*(struct id *)arg = ticket.id;
	return rc;
}

static struct id
first_ticket(struct desk_kit *kit)
{
	struct err err;
	struct id id;

	assert_int_equal(kit_step(kit, find_first, &id, &err), 0);
	return id;
}

static void
the_handoff_of_its_ticket_travels_with_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct kit_letter opens = { .from = EVE_LONG,
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = "The till is slow",
		.body = "Please see below.\r\n" };
	struct kit_letter hands = { .from = EVE_LONG,
		.to = "agent@desk.test",
		.subject = "Re: The till is slow [T-1001]",
		.body = "escalate: I am out of ideas\r\n" };
	size_t before;

	kit_letter(kit, &opens);
	kit_run(kit);
	kit->policy.escalate_to = MAX_AT;
	kit_letter(kit, &hands);
	kit_run(kit);
	assert_int_equal(COUNT(kit, "documents", "kind = 'handoff'"), 1);
	before = kit_sent_count(kit, OLGA_AT);
	raise.to = "owner";
	kit_change(kit, "UPDATE tickets SET external_url = 'https://helpdesk.test/1'");
	raise.ticket = first_ticket(kit);
	packet_new(kit, &raise);
	assert_holds(kit_sent(kit, OLGA_AT, before), "The ticket so far");
	assert_holds(kit_sent(kit, OLGA_AT, before), "drafted without AI");
	assert_holds(kit_sent(kit, OLGA_AT, before), "In the helpdesk: https://helpdesk.test/1");
}

static void
the_books_say_by_which_mail_he_acted(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter;

	fresh(kit);
	letter = from_eve(kit, "ack\r\n");
	letter.message_id = "phone-1@help.test";
	take(kit, letter);
	assert_int_equal(COUNT(kit, "escalation_events",
			     "kind = 'ack' AND channel = 'reply'"
			     " AND evidence LIKE '<phone-1@help.test>: %help.test%'"),
	    1);
	assert_int_equal(
	    COUNT(kit, "escalation_events", "kind <> 'ack' AND channel || evidence <> ''"), 0);
	assert_int_equal(
	    COUNT(kit, "ledger_values", "CAST(value AS TEXT) LIKE '<phone-1@help.test>:%'"), 1);
	/* Nobody vouches for this one: that is said, too. */
	letter = from_eve(kit, "resolved: called them\r\n");
	letter.not_vouched = true;
	kit->policy.level = LEVEL_TOKEN;
	take(kit, letter);
	assert_int_equal(
	    COUNT(kit, "escalation_events",
		"kind = 'resolve' AND channel = 'reply' AND evidence LIKE '%not vouched%'"),
	    1);
}

int
main(void)
{
#define with_packets(f) cmocka_unit_test_setup_teardown(f, packet_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		with_packets(its_mail_says_what_it_is_and_what_to_answer),
		with_packets(each_word_does_what_it_says_and_is_confirmed),
		with_packets(what_was_done_is_told_word_for_word),
		with_packets(what_is_resolved_says_who_did_it),
		with_packets(what_is_unclear_changes_nothing_and_hears_what_to_write),
		with_packets(robots_and_strangers_do_nothing_and_get_no_answer),
		with_packets(a_sender_nobody_vouches_for_needs_the_token_and_the_level),
		with_packets(what_nobody_can_read_through_a_signature_does_nothing),
		with_packets(a_message_id_and_a_vouched_sender_are_enough),
		with_packets(staff_who_got_it_from_somebody_acts_as_himself),
		with_packets(the_handoff_of_its_ticket_travels_with_it),
		with_packets(the_books_say_by_which_mail_he_acted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
