/* What engineers write down about a ticket by mail (flow/command_memory.c), and who cannot. */
#include "help_jane.h"

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
from_eve(struct desk_kit *kit, const char *body)
{
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = body });
}

static void
rows(struct desk_kit *kit, int64_t findings, int64_t fixes, int64_t tasks)
{
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM findings"), findings);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fixes"), fixes);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM tasks"), tasks);
}

#define IS(kit, table, where) \
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM " table " WHERE " where), 1)

static void
an_engineer_writes_down_what_he_knows(void **state)
{
	struct desk_kit *kit = *state;
	const char *mail;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	from_eve(kit,
	    "finding: The dock gets no power,\r\nnot even with another cable\r\n\r\n"
	    "fix: Replace the dock (80%)\r\n"
	    "task: Is it under warranty?\r\ntask: Order a dock\r\n\r\n"
	    "answer 1: Until May.\r\nskip 2: wait for Jane\r\n\r\nThat is all so far.\r\n");
	rows(kit, 1, 1, 2);
	IS(kit, "findings",
	    "text = 'The dock gets no power,' || char(10) ||"
	    " 'not even with another cable' AND author = 'eve@help.test'"
	    " AND kind = 'observed' AND source = 'mail'");
	IS(kit, "fixes", "title = 'Replace the dock' AND confidence = 80 AND state = 'active'");
	IS(kit, "tasks", "kind = 'question' AND state = 'answered' AND answer = 'Until May.'");
	IS(kit, "tasks", "kind = 'action' AND state = 'skipped' AND answer = 'wait for Jane'");
	mail = kit_last_to(kit, EVES);
	assert_non_null(strstr(mail, "noted as finding 1"));
	assert_non_null(strstr(mail, "fix 1 is now the suggested one, at 80% confidence"));
	assert_non_null(strstr(mail, "open question 1"));
	assert_non_null(strstr(mail, "task 2"));
	assert_non_null(strstr(mail, "is answered"));
	assert_non_null(strstr(mail, "is skipped"));
	/* It is in no thread that the owner is shown. */
	IS(kit, "messages", "text = 'That is all so far.'");
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM messages WHERE text LIKE '%cable%'"), 0);
	from_eve(kit, "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_null(strstr(kit_sent(kit, JANE, 0), "warranty"));
	assert_null(strstr(kit_sent(kit, JANE, 0), "another cable"));
}

/* clang-format off */
static const struct {
	const char *body, *title, *description;
	int confidence;
} fixes[] = {
	{ "fix: Replace it\r\n", "Replace it", "", 50 },
	{ "fix: Replace it (7 %)\r\n", "Replace it", "", 7 },
	{ "fix: Replace it\r\nIt is broken. (100%)\r\n", "Replace it", "It is broken.", 100 },
	{ "fix: Replace it (80%)\r\nIt is broken.\r\n(Since May.)\r\n", "Replace it",
	    "It is broken.\n(Since May.)", 80 },
	{ "fix: Replace the dock and the cable of the left desk, both (8%)\r\nThe plug is broken.\r\n",
	    "Replace the dock and the cable of the left desk, both", "The plug is broken.", 8 },
	{ "fix:\r\nReplace it (81%)\r\nIt is broken.\r\n", "Replace it", "It is broken.", 81 },
	{ "FIX : Replace it (see photo)\r\n", "Replace it (see photo)", "", 50 },
	{ "fix: Replace it (80%) today\r\n", "Replace it (80%) today", "", 50 },
	{ "fix: Replace the dock and the cable of the left desk because the\r\nplug is broken (9%)\r\n",
	    "Replace the dock and the cable of the left desk because the plug is broken", "", 9 },
};
/* clang-format on */

static void
a_fix_has_its_title_and_its_confidence_from_its_words(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	for (size_t i = 0; i < ARRAY_LEN(fixes); i++) {
		from_eve(kit, fixes[i].body);
		if (kit_number(kit,
			arena_printf(kit->arena,
			    "SELECT count(*) FROM fixes WHERE n = %zu AND title = '%s'"
			    " AND description = '%s' AND confidence = %d AND state = 'active'",
			    i + 1, fixes[i].title, fixes[i].description, fixes[i].confidence)) != 1)
			fail_msg("%s", fixes[i].body);
	}
	from_eve(kit, "fix: Burn it (101%)\r\n");
	assert_non_null(strstr(kit_last_to(kit, EVES), "a confidence is a number from 0 to 100"));
	assert_null(strstr(kit_last_to(kit, EVES), "not done"));
	from_eve(kit, "fix: Burn it (101%)\r\nIt is old.\r\n");
	assert_non_null(strstr(kit_last_to(kit, EVES), "from 0 to 100"));
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fixes"), ARRAY_LEN(fixes));
}

static void
what_cannot_be_done_is_answered_and_changes_nothing(void **state)
{
	struct desk_kit *kit = *state;
	static const struct {
		const char *line, *answer;
	} cases[] = {
		{ "answer 7: yes\r\n", "has no task 7" },
		{ "finding:\r\n", "finding" },
		{ "task: \r\n\r\nThat is all.\r\n", "task" },
		{ "skip 99999999999999999999\r\n", NULL },
		{ "answer 1: again\r\n", "task 1 is answered" },
		{ "skip 1\r\n", "task 1 is answered" },
	};
	int64_t before;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	from_eve(kit, "task: Who?\r\nanswer 1: me\r\n");
	before = kit_number(kit, "SELECT state_version FROM tickets");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t sent = kit_sent_count(kit, EVES);

		from_eve(kit, cases[i].line);
		if (cases[i].answer == NULL) {
			before = kit_number(kit, "SELECT state_version FROM tickets");
			continue;
		}
		assert_int_equal(kit_sent_count(kit, EVES), sent + 1);
		assert_non_null(strstr(kit_last_to(kit, EVES), cases[i].answer));
		assert_non_null(strstr(kit_last_to(kit, EVES), "Not done"));
	}
	IS(kit, "tasks", "state = 'answered' AND answer = 'me'");
	(void)before;
}

static void
nobody_but_vouched_staff_writes_anything_down(void **state)
{
	static const char words[] = "finding: it is a trap\r\nfix: pay Mallory (99%)\r\n"
				    "task: call Mallory\r\nanswer 1: yes\r\nskip 1\r\n";
	struct desk_kit *kit = *state;
	struct kit_letter letters[] = {
		{ .from = EVE, .not_vouched = true },
		{ .from = "Bob Buyer <bob@acme.test>" },
		{ .from = "Mallory <mallory@evil.test>" },
		{ .from = JANE_LONG },
	};

	jane_ask(kit);
	from_eve(kit, "task: Who?\r\n");
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		letters[i].to = "agent@desk.test";
		letters[i].subject = "Re: a laptop [T-1001]";
		letters[i].body = words;
		kit_say(kit, letters[i]);
	}
	jane_answer(kit, 0, words);
	rows(kit, 0, 0, 1);
	IS(kit, "tasks", "state = 'open' AND answer = ''");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
what_somebody_else_wrote_below_is_not_written_down(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	from_eve(kit,
	    "finding: The fan is loud\r\n\r\n"
	    "On Monday Bob Buyer <bob@acme.test> wrote:\r\n"
	    "> finding: the engineer is wrong\r\n> fix: pay me (100%)\r\n> more of it\r\n");
	rows(kit, 1, 0, 0);
	IS(kit, "findings", "text = 'The fan is loud'");
}

static void
a_huge_text_is_refused_and_the_next_command_is_done(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(str_donep) struct str body = STR_INIT(200000);

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	str_add(&body, "finding: so\r\n");
	for (int i = 0; i < 1000; i++)
		str_add(&body, "and then it did this and that again\r\n");
	str_add(&body, "task: Read it\r\n");
	from_eve(kit, str_text(&body));
	rows(kit, 0, 0, 1);
	assert_non_null(strstr(kit_last_to(kit, EVES), "longer than 8000 bytes"));
}

static void
two_answers_to_one_question_are_not_both_taken(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	from_eve(kit, "task: Who?\r\nanswer 1: Bob\r\nanswer 1: Carl\r\n");
	IS(kit, "tasks", "state = 'answered' AND answer = 'Bob'");
	assert_non_null(strstr(kit_last_to(kit, EVES), "task 1 is answered, by " EVES));
}

static void
what_an_engineer_writes_down_is_not_passed_on_to_the_owner(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	jane_answer(kit, 0, "Which model would that be?\r\n");
	from_eve(kit, "finding: Jane is slow\r\nto decide things\r\n\r\nIt is the LX 300.\r\n");
	kit_pass(kit, MS_MINUTE);
	for (size_t i = 0; i < kit_sent_count(kit, JANE); i++) {
		assert_null(strstr(kit_sent(kit, JANE, i), "slow"));
		assert_null(strstr(kit_sent(kit, JANE, i), "to decide things"));
	}
	rows(kit, 1, 0, 0);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(an_engineer_writes_down_what_he_knows),
		KIT_TEST(a_fix_has_its_title_and_its_confidence_from_its_words),
		KIT_TEST(what_cannot_be_done_is_answered_and_changes_nothing),
		KIT_TEST(nobody_but_vouched_staff_writes_anything_down),
		KIT_TEST(what_somebody_else_wrote_below_is_not_written_down),
		KIT_TEST(a_huge_text_is_refused_and_the_next_command_is_done),
		KIT_TEST(two_answers_to_one_question_are_not_both_taken),
		KIT_TEST(what_an_engineer_writes_down_is_not_passed_on_to_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
