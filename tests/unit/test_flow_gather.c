/* Many mails to one person at once are lines of one (flow/gather.h). */
#include "help_escalation.h"
#include "help_jane.h"

#include <assent/base/str.h>
#include <assent/model/calendar.h>
#include <assent/model/rota.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)
#define MAILS(kit, to, want) assert_int_equal(kit_sent_count(kit, to), want)
#define SINGLES 5

static int
setup(void **state)
{
	int rc = packet_setup(state);
	struct desk_kit *kit = *state;

	kit->policy.singles = SINGLES;
	kit->policy.reminders_per_day = 10;
	kit->policy.expire_after_days = 10;
	return rc;
}

static void
holds(const char *text, const char *part, bool want)
{
	if (text == NULL || (strstr(text, part) != NULL) != want)
		fail_msg("\"%s\" %s \"%s\"", text != NULL ? text : "no mail",
		    want ? "does not hold" : "holds", part);
}

static struct escalation
raise_one(struct desk_kit *kit, int n, const char *priority)
{
	struct escalation_raise raise = packet_plain();
	struct escalation out;
	bool is_new = false;
	struct err err;

	raise.title = arena_printf(kit->arena, "matter %03d", n);
	raise.priority = priority;
	raise.levels = "";
	if (packet_raise(kit, &raise, &out, &is_new, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

static void
raise_many(struct desk_kit *kit, int count)
{
	for (int i = 0; i < count; i++)
		raise_one(kit, i, "medium");
	kit_run(kit);
}

static void
five_hundred_at_once_are_five_mails_and_one(void **state)
{
	struct desk_kit *kit = *state;
	const char *digest;

	raise_many(kit, 500);
	MAILS(kit, EVE_AT, SINGLES);
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, EVE_AT, SINGLES + 1);
	digest = kit_sent(kit, EVE_AT, SINGLES);
	holds(digest, "495 matters", true);
	holds(digest, "\n1. matter 005\n", true);
	holds(digest, "\n50. matter 054\n", true);
	holds(digest, "\n51. ", false);
	holds(digest, "Not shown here: 445 more.", true);
	assert_int_equal(COUNT(kit, "outgoing", "status = 'sent' AND digest IS NOT NULL"), 495);
	assert_int_equal(
	    COUNT(kit, "outgoing", "status IN ('gathered', 'gathering', 'queued')"), 0);
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, EVE_AT, SINGLES + 1);
}

static void
a_few_in_a_minute_come_by_themselves_and_so_does_what_is_critical(void **state)
{
	struct desk_kit *kit = *state;

	for (int i = 0; i < 3; i++) {
		raise_many(kit, SINGLES);
		kit_pass(kit, 2 * MS_MINUTE);
	}
	MAILS(kit, EVE_AT, 3 * SINGLES);
	raise_many(kit, SINGLES);
	for (int i = 0; i < 10; i++)
		raise_one(kit, i, "critical");
	kit_run(kit);
	MAILS(kit, EVE_AT, 4 * SINGLES + 10);
	kit->policy.singles = 0;
	raise_many(kit, 20);
	MAILS(kit, EVE_AT, 4 * SINGLES + 30);
}

static void
the_most_urgent_stands_first_and_what_is_over_is_not_in_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation done;
	const char *digest;

	raise_many(kit, SINGLES);
	raise_one(kit, 100, "low");
	raise_one(kit, 101, "medium");
	done = raise_one(kit, 102, "high");
	raise_one(kit, 103, "high");
	kit_run(kit);
	packet_do(kit,
	    (struct escalation_wish){
		.id = done.id, .act = ESCALATION_RESOLVE, .by = EVE_AT, .action = "paid" });
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, EVE_AT, SINGLES + 1);
	digest = kit_sent(kit, EVE_AT, SINGLES);
	holds(digest, "\n1. matter 103\n", true);
	holds(digest, "\n2. matter 101\n", true);
	holds(digest, "\n3. matter 100\n", true);
	holds(digest, "matter 102", false);
}

static struct kit_letter
answer(struct desk_kit *kit, const char *from, const char *body)
{
	const char *id = kit_header(kit, EVE_AT, SINGLES, "Message-ID");

	return (struct kit_letter){ .from = from,
		.to = "agent@desk.test",
		.subject = "Re: matters",
		.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\n", id),
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
a_line_is_answered_by_its_number(void **state)
{
	static const struct {
		const char *body;
		int acked, resolved, answers;
	} cases[] = {
		{ "2 ack\r\n", 1, 0, 1 },
		{ "#3: resolved: called them\r\nand they came\r\n", 1, 1, 2 },
		{ "\xd9\xa1 \xd8\xa7\xd8\xb3\xd8\xaa\xd9\x84\xd9\x85\xd8\xaa\r\n", 2, 1, 3 },
		{ "4. ack\r\n\r\n5) resolved: done\r\n", 3, 2, 5 },
	};
	struct desk_kit *kit = *state;

	raise_many(kit, SINGLES + 6);
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, EVE_AT, SINGLES + 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		take(kit, answer(kit, EVE_AT, cases[i].body));
		assert_int_equal(
		    COUNT(kit, "escalation_events", "kind = 'ack' AND channel = 'reply'"),
		    cases[i].acked);
		assert_int_equal(
		    COUNT(kit, "escalations", "state = 'resolved'"), cases[i].resolved);
		MAILS(kit, EVE_AT, SINGLES + 1 + (size_t)cases[i].answers);
	}
	assert_int_equal(
	    COUNT(kit, "escalations",
		"title = 'matter 007' AND action = 'called them' || char(10) || 'and they came'"),
	    1);
	assert_int_equal(COUNT(kit, "escalations", "title = 'matter 005' AND acked_at <> 0"), 1);
}

static void
an_answer_that_names_no_line_does_nothing_and_hears_how(void **state)
{
	static const char *const bodies[] = { "ack\r\n", "99 ack\r\n", "0 ack\r\n", "1 maybe\r\n",
		"1 ack\r\n77 ack\r\n", "12345 ack\r\n" };
	struct desk_kit *kit = *state;

	raise_many(kit, SINGLES + 3);
	kit_pass(kit, MS_MINUTE);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		take(kit, answer(kit, EVE_AT, bodies[i]));
	assert_int_equal(COUNT(kit, "escalations", "state <> 'pending'"), 0);
	/* Three times a day; then he is a robot. */
	MAILS(kit, EVE_AT, SINGLES + 1 + 3);
	holds(kit_sent(kit, EVE_AT, SINGLES + 1), "Begin each line of your answer", true);
}

static void
mails_in_his_name_use_up_no_explanation_of_his(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter;
	size_t before;

	raise_many(kit, SINGLES + 3);
	kit_pass(kit, MS_MINUTE);
	for (int i = 0; i < 5; i++) {
		letter = answer(kit, EVE_AT, "1 maybe\r\n");
		letter.not_vouched = true;
		take(kit, letter);
	}
	before = kit_sent_count(kit, EVE_AT);
	take(kit, answer(kit, EVE_AT, "1 maybe\r\n"));
	MAILS(kit, EVE_AT, before + 1);
}

static void
strangers_and_who_is_not_vouched_for_do_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter;

	raise_many(kit, SINGLES + 3);
	kit_pass(kit, MS_MINUTE);
	take(kit, answer(kit, "mallory@evil.test", "1 ack\r\n"));
	MAILS(kit, "mallory@evil.test", 0);
	letter = answer(kit, EVE_AT, "1 ack\r\n");
	letter.not_vouched = true;
	take(kit, letter);
	assert_int_equal(COUNT(kit, "escalations", "state <> 'pending'"), 0);
}

static void
what_quiet_hours_held_is_one_mail_in_the_morning(void **state)
{
	static const char *people[] = { EVE_AT };
	static struct rota rota;
	static struct policy_role role;
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	bool is_new;
	struct err err;

	rota = (struct rota){ .zone = kit->policy.zone };
	assert_null(week_hours_fault("mon-sun 20:00-08:00", &rota.quiet));
	role = (struct policy_role){
		.name = "manager", .organisation = "", .people = { people, 1 }, .turns = &rota
	};
	kit->policy.roles = &role;
	kit->policy.role_count = 1;
	kit_pass(kit, 12 * MS_HOUR); /* it is night */
	raise.to = "manager";
	raise.levels = "";
	for (int i = 0; i < 20; i++) {
		struct escalation out;

		raise.title = arena_printf(kit->arena, "matter %03d", i);
		raise.due = kit->now + 2 * MS_DAY;
		assert_int_equal(packet_raise(kit, &raise, &out, &is_new, &err), 0);
		kit_pass(kit, 10 * MS_MINUTE);
	}
	MAILS(kit, EVE_AT, 0);
	kit_pass(kit, 12 * MS_HOUR);
	MAILS(kit, EVE_AT, SINGLES + 1);
	holds(kit_sent(kit, EVE_AT, SINGLES), "15 matters", true);
}

static void
whose_digest_comes_back_was_told_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation out;
	bool is_new;
	struct err err;

	for (int i = 0; i < SINGLES + 3; i++)
		assert_int_equal(packet_raise(kit, &raise, &out, &is_new, &err), 0);
	kit_run(kit);
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, EVE_AT, SINGLES + 1);
	kit_letter(kit,
	    &(struct kit_letter){ .from = "MAILER-DAEMON@help.test",
		.to = "agent@desk.test",
		.subject = "Undelivered Mail Returned to Sender",
		.extra = arena_printf(kit->arena,
		    "Return-Path: <>\r\nIn-Reply-To: %s\r\nAuto-Submitted: auto-replied\r\n",
		    kit_header(kit, EVE_AT, SINGLES, "Message-ID")),
		.body = "550 5.1.1 <eve@help.test>: user unknown\r\n" });
	kit_run(kit);
	assert_int_equal(COUNT(kit, "escalation_people", "skipped = 'the mail came back'"), 3);
	assert_int_equal(COUNT(kit, "escalations", "level = 1"), 3);
}

/* Monday; nothing runs until Thursday. */
static void
what_waited_for_days_is_ten_reminders_at_most_and_one_list(void **state)
{
	struct desk_kit *kit = *state;
	const char *list;

	for (int i = 0; i < 40; i++) {
		jane_ticket(
		    kit, "bob@acme.test", arena_printf(kit->arena, "laptop %02d", i), "ask\r\n");
		kit_pass(kit, MS_MINUTE);
	}
	MAILS(kit, JANE, 40);
	kit_pass(kit, 3 * MS_DAY);
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, JANE, 40 + SINGLES + 1);
	list = kit_sent(kit, JANE, 40 + SINGLES);
	holds(list, "35 questions wait", true);
	holds(list, "laptop 05 [T-1006]", true);
	holds(list, "laptop 39 [T-1040]", true);
	holds(list, "/a/", true);
	assert_int_equal(COUNT(kit, "events", "kind = 'approval.reminded'"), 40);
	/* Its links are those of the questions; a reply to it decides nothing. */
	kit_letter(kit,
	    &(struct kit_letter){ .from = JANE_LONG,
		.to = "agent@desk.test",
		.subject = "Re: questions",
		.extra = arena_printf(kit->arena, "In-Reply-To: %s\r\n",
		    kit_header(kit, JANE, 40 + SINGLES, "Message-ID")),
		.body = "yes, approved\r\n" });
	kit_run(kit);
	assert_int_equal(COUNT(kit, "approvals", "state <> 'sent'"), 0);
	kit_pass(kit, MS_DAY);
	MAILS(kit, JANE, 40 + SINGLES + 1);
}

int
main(void)
{
#define with_desk(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		with_desk(five_hundred_at_once_are_five_mails_and_one),
		with_desk(a_few_in_a_minute_come_by_themselves_and_so_does_what_is_critical),
		with_desk(the_most_urgent_stands_first_and_what_is_over_is_not_in_it),
		with_desk(a_line_is_answered_by_its_number),
		with_desk(an_answer_that_names_no_line_does_nothing_and_hears_how),
		with_desk(mails_in_his_name_use_up_no_explanation_of_his),
		with_desk(strangers_and_who_is_not_vouched_for_do_nothing),
		with_desk(what_quiet_hours_held_is_one_mail_in_the_morning),
		with_desk(whose_digest_comes_back_was_told_nothing),
		with_desk(what_waited_for_days_is_ten_reminders_at_most_and_one_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
