/* What people and models write down about a ticket (flow/memory.h). */
#include "help_jane.h"

#include <assent/base/str.h>
#include <assent/flow/memory.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SAMS "sam@help.test"

/* --- in a step ------------------------------------------------------------------- */

static struct ticket
add_ticket(struct desk *desk)
{
	struct ticket ticket = { .id = id_new(desk->now),
		.title = "Printer",
		.status = "open",
		.created = desk->now,
		.updated = desk->now };
	struct err err;

	if (ticket_add(desk->tx, &ticket, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return ticket;
}

static int64_t
version(struct desk *desk, const struct id *id)
{
	struct ticket ticket = { .state_version = 0 };

	assert_int_equal(ticket_get(desk->tx, id, &ticket, NULL), 0);
	return ticket.state_version;
}

static size_t
events(struct desk *desk, const struct id *ticket, const char *kind)
{
	struct event *list;
	size_t n = 0, count = 0;

	assert_int_equal(event_list(desk->tx, ticket, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		count += text_is(list[i].kind, kind);
	return count;
}

#define DESK_TEST(name) \
	static void name##_body(struct desk *desk, const struct id *ticket); \
	static int name##_step(struct desk *desk, void *arg, struct err *err) \
	{ \
		struct ticket made = add_ticket(desk); \
		(void)arg; \
		(void)err; \
		name##_body(desk, &made.id); \
		return 0; \
	} \
	static void name(void **state) \
	{ \
		struct err err; \
		assert_int_equal(kit_step(*state, name##_step, NULL, &err), 0); \
	} \
	static void name##_body(struct desk *desk, const struct id *ticket)

static void
check(int got, int want, const struct err *err)
{
	if (got != want)
		fail_msg("%d instead of %d: %s", got, want, got < 0 ? err->text : "");
}

static struct finding
finding(struct desk *desk, const struct id *ticket, const char *text)
{
	const struct finding_wish wish = { *ticket, "", text, "", EVES };
	struct finding out;
	const char *wrong;
	struct err err;

	check(finding_put(desk, &wish, &out, &wrong, &err), 0, &err);
	return out;
}

static struct fix
fix(struct desk *desk, const struct id *ticket, const char *title)
{
	const struct fix_wish wish = { *ticket, title, "", 70, EVES };
	const char *wrong;
	struct err err;
	struct fix out;

	check(fix_suggest(desk, &wish, &out, &wrong, &err), 0, &err);
	return out;
}

static int
decide(struct desk *desk, struct fix *it, const char *decision, struct err *err)
{
	const struct fix_verdict verdict = { decision, NULL, NULL, -1, SAMS };
	const char *wrong;

	return fix_decide(desk, it, &verdict, &wrong, err);
}

static struct task
task(struct desk *desk, const struct id *ticket, const char *text)
{
	const struct task_wish wish = { *ticket, task_kind_of(text), text, EVES };
	const char *wrong;
	struct err err;
	struct task out;

	check(task_put(desk, &wish, &out, &wrong, &err), 0, &err);
	return out;
}

static int
change(struct desk *desk, struct task *it, const char *answer, const char *state)
{
	const struct task_change change = { NULL, answer, state, SAMS };
	const char *wrong;
	struct err err;

	return task_change(desk, it, &change, &wrong, &err);
}

DESK_TEST(what_is_written_down_loses_what_nobody_sees_and_every_token)
{
	struct finding out = finding(desk, ticket,
	    " The light\xe2\x80\xae is off\x07, see https://desk.test/a/"
	    "abcdefghijklmnopqrstuvwxyz234567 \n");

	assert_string_equal(out.text, "The light is off, see https://desk.test/a/[token]");
	assert_string_equal(out.kind, "observed");
	assert_int_equal(out.n, 1);
	assert_string_equal(
	    fix(desk, ticket, "Clean\nthe \xe2\x80\x8brollers").title, "Clean the rollers");
}

DESK_TEST(the_same_words_again_change_nothing)
{
	struct finding first = finding(desk, ticket, "It is loud");
	struct fix second = fix(desk, ticket, "Clean it");
	struct task third = task(desk, ticket, "Who uses it?");
	int64_t before = version(desk, ticket);

	assert_int_equal(finding(desk, ticket, "It is loud").n, first.n);
	assert_int_equal(fix(desk, ticket, "Clean it").n, second.n);
	assert_int_equal(task(desk, ticket, "Who uses it?").n, third.n);
	assert_int_equal(version(desk, ticket), before);
	assert_int_equal(events(desk, ticket, "finding.added"), 1);
	assert_int_equal(events(desk, ticket, "fix.suggested"), 1);
	assert_int_equal(events(desk, ticket, "task.added"), 1);
	finding(desk, ticket, "It is very loud");
	assert_int_equal(version(desk, ticket), before + 1);
}

DESK_TEST(texts_have_an_end)
{
	char *text = arena_alloc(tx_arena(desk->tx), FIX_DESCRIPTION_MAX + 2);
	struct finding_wish found = { *ticket, "check", text, "", EVES };
	struct fix_wish fixed = { *ticket, text, "", 70, EVES };
	struct task_wish tasked = { *ticket, "action", text, EVES };
	const char *wrong = NULL;
	struct finding f;
	struct task t;
	struct fix x;
	struct err err;

	memset(text, 'x', FINDING_TEXT_MAX + 1);
	check(finding_put(desk, &found, &f, &wrong, &err), ERR_LIMIT, &err);
	assert_string_equal(wrong, "/text");
	check(fix_suggest(desk, &fixed, &x, &wrong, &err), ERR_LIMIT, &err);
	assert_string_equal(wrong, "/title");
	check(task_put(desk, &tasked, &t, &wrong, &err), ERR_LIMIT, &err);
	fixed.title = "Clean it";
	fixed.description = text;
	memset(text, 'x', FIX_DESCRIPTION_MAX + 1);
	check(fix_suggest(desk, &fixed, &x, &wrong, &err), ERR_LIMIT, &err);
	assert_string_equal(wrong, "/description");
	text[FIX_DESCRIPTION_MAX] = '\0';
	check(fix_suggest(desk, &fixed, &x, &wrong, &err), 0, &err);
	found.text = " \xe2\x80\x8b ";
	check(finding_put(desk, &found, &f, &wrong, &err), ERR_INVALID, &err);
	assert_string_equal(wrong, "/text");
	found.text = "x";
	found.kind = "rumour";
	check(finding_put(desk, &found, &f, &wrong, &err), ERR_INVALID, &err);
	assert_string_equal(wrong, "/kind");
	fixed.confidence = 101;
	check(fix_suggest(desk, &fixed, &x, &wrong, &err), ERR_INVALID, &err);
	assert_string_equal(wrong, "/confidence");
}

DESK_TEST(a_new_fix_supersedes_the_old_one_which_cannot_be_dismissed_then)
{
	struct fix one = fix(desk, ticket, "Clean it"), two = fix(desk, ticket, "Replace it");
	int64_t before = version(desk, ticket);
	struct err err;

	assert_int_equal(fix_get(desk->tx, &one.id, &one, &err), 0);
	assert_string_equal(one.state, "superseded");
	check(decide(desk, &one, "dismissed", &err), ERR_CONFLICT, &err);
	assert_string_equal(
	    err.text, "fix 1 is superseded already, by " EVES "; nothing was changed");
	assert_int_equal(version(desk, ticket), before);
	check(decide(desk, &two, "one_off", &err), 0, &err);
	assert_string_equal(two.state, "one_off");
	assert_string_equal(two.moved_by, SAMS);
	assert_int_equal(version(desk, ticket), before + 1);
	/* Said twice is not done twice; something else is a conflict. */
	check(decide(desk, &two, "one_off", &err), 0, &err);
	check(decide(desk, &two, "dismissed", &err), ERR_CONFLICT, &err);
	assert_int_equal(version(desk, ticket), before + 1);
	check(decide(desk, &two, "superseded", &err), ERR_INVALID, &err);
	assert_int_equal(events(desk, ticket, "fix.state"), 2);
}

DESK_TEST(a_question_is_answered_in_parts_skipped_and_opened_again)
{
	struct task it = task(desk, ticket, "Which model is it?");
	int64_t before = version(desk, ticket);

	assert_string_equal(it.kind, "question");
	assert_int_equal(change(desk, &it, NULL, "answered"), ERR_INVALID);
	assert_int_equal(change(desk, &it, "An old one", NULL), 0);
	assert_string_equal(it.state, "open");
	assert_int_equal(change(desk, &it, "An old one", NULL), 0);
	assert_int_equal(version(desk, ticket), before + 1);
	assert_int_equal(change(desk, &it, "An LX 300", "answered"), 0);
	assert_string_equal(it.state, "answered");
	assert_string_equal(it.answer, "An LX 300");
	assert_int_equal(version(desk, ticket), before + 2);
	assert_int_equal(change(desk, &it, "An LX 300", "answered"), 0);
	assert_int_equal(change(desk, &it, "An LX 400", "answered"), ERR_CONFLICT);
	assert_int_equal(change(desk, &it, NULL, "skipped"), ERR_CONFLICT);
	assert_int_equal(version(desk, ticket), before + 2);
	assert_int_equal(change(desk, &it, "An LX 400", "open"), 0);
	assert_string_equal(it.state, "open");
	assert_string_equal(it.answer, "An LX 400");
	assert_int_equal(change(desk, &it, NULL, "skipped"), 0);
	assert_string_equal(it.answer, "An LX 400");
	assert_int_equal(change(desk, &it, NULL, "dismissed"), ERR_CONFLICT);
	assert_int_equal(change(desk, &it, NULL, "proposed"), ERR_INVALID);
	assert_int_equal(change(desk, &it, NULL, "done"), ERR_INVALID);
	assert_int_equal(events(desk, ticket, "task.state"), 3);
}

DESK_TEST(an_action_needs_no_words_to_be_done)
{
	struct task it = task(desk, ticket, "Call the supplier");

	assert_string_equal(it.kind, "action");
	assert_int_equal(change(desk, &it, NULL, "answered"), 0);
	assert_string_equal(it.state, "answered");
}

static void
questions_are_told_from_actions_by_their_mark(void **state)
{
	static const char *const questions[] = { "Who?", "Who? \n", "谁？", "من؟" };
	static const char *const actions[] = { "Call", "", "?!", "Ask \"who?\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		assert_string_equal(task_kind_of(questions[i]), "question");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		assert_string_equal(task_kind_of(actions[i]), "action");
}

DESK_TEST(things_are_named_by_number_or_id_within_their_ticket)
{
	struct ticket other = add_ticket(desk);
	struct finding mine = finding(desk, ticket, "It is loud"), out;
	char id[ID_TEXT_SIZE];
	struct memory_name name = { *ticket, "1" };
	static const char *const bad[] = { "2", "0", "-1", "", "x", "1 ",
		"01010101-0101-7101-8101-010101010101" };
	struct err err;

	check(finding_named(desk, &name, &out, &err), 0, &err);
	assert_true(id_equal(&out.id, &mine.id));
	name.text = id_text(&mine.id, id);
	check(finding_named(desk, &name, &out, &err), 0, &err);
	name.ticket = other.id;
	check(finding_named(desk, &name, &out, &err), ERR_NOT_FOUND, &err);
	name.ticket = *ticket;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fix no_fix;
		struct task no_task;

		name.text = bad[i];
		check(finding_named(desk, &name, &out, &err), ERR_NOT_FOUND, &err);
		check(fix_named(desk, &name, &no_fix, &err), ERR_NOT_FOUND, &err);
		check(task_named(desk, &name, &no_task, &err), ERR_NOT_FOUND, &err);
	}
}

/* --- what a model proposes ------------------------------------------------------- */

DESK_TEST(a_model_only_proposes)
{
	const struct finding_wish found = { *ticket, "", "x", "", MEMORY_MODEL };
	const struct fix_wish fixed = { *ticket, "x", "", 50, MEMORY_MODEL };
	const struct task_wish tasked = { *ticket, "action", "x", MEMORY_MODEL };
	const struct fix_verdict verdict = { "accepted", NULL, NULL, -1, MEMORY_MODEL };
	const struct task_change opened = { NULL, NULL, "open", MEMORY_MODEL };
	struct finding f = finding(desk, ticket, "It is loud");
	struct fix x = fix(desk, ticket, "Clean it");
	struct task t = task(desk, ticket, "Who?");
	int64_t before = version(desk, ticket);
	const char *wrong;
	struct err err;

	check(finding_put(desk, &found, &f, &wrong, &err), ERR_DENIED, &err);
	check(finding_take_back(desk, &f, MEMORY_MODEL, &err), ERR_DENIED, &err);
	check(fix_suggest(desk, &fixed, &x, &wrong, &err), ERR_DENIED, &err);
	check(fix_decide(desk, &x, &verdict, &wrong, &err), ERR_DENIED, &err);
	check(task_put(desk, &tasked, &t, &wrong, &err), ERR_DENIED, &err);
	check(task_change(desk, &t, &opened, &wrong, &err), ERR_DENIED, &err);
	assert_int_equal(version(desk, ticket), before);
}

static void
propose(struct desk *desk, const struct memory_proposal *proposal)
{
	struct err err;

	check(memory_propose(desk, proposal, &err), 0, &err);
}

static struct fix
fix_no(struct desk *desk, const struct id *ticket, int64_t n)
{
	struct fix out = { .n = 0 };
	struct err err;

	check(fix_by_n(desk->tx, ticket, n, &out, &err), 0, &err);
	return out;
}

static struct task
task_no(struct desk *desk, const struct id *ticket, int64_t n)
{
	struct task out = { .n = 0 };
	struct err err;

	check(task_by_n(desk->tx, ticket, n, &out, &err), 0, &err);
	return out;
}

DESK_TEST(a_proposal_is_inert_until_it_is_accepted_edited_or_dismissed)
{
	static const char *const questions[] = { "Which\xe2\x80\xae model?" };
	static const char *const actions[] = { "Call them", "Clean the fan" };
	const struct memory_proposal proposal = { *ticket, "Reboot", "Twice", 400, questions,
		actions, 1, 2 };
	const struct fix_verdict edited = { "accepted", "Reboot once", NULL, 90, SAMS };
	const struct task_change reworded = { "Clean the rear fan", NULL, NULL, SAMS };
	struct fix mine = fix(desk, ticket, "Clean it"), theirs;
	int64_t before = version(desk, ticket);
	struct task asked, called, cleaned;
	const char *wrong;
	struct err err;

	propose(desk, &proposal);
	assert_int_equal(version(desk, ticket), before);
	assert_string_equal(fix_no(desk, ticket, mine.n).state, "active");
	theirs = fix_no(desk, ticket, 2);
	assert_string_equal(theirs.state, "proposed");
	assert_int_equal(theirs.confidence, 100);
	assert_string_equal(theirs.author, MEMORY_MODEL);
	check(decide(desk, &theirs, "one_off", &err), ERR_CONFLICT, &err);
	assert_non_null(strstr(err.text, "accept it first"));
	asked = task_no(desk, ticket, 1);
	assert_string_equal(asked.text, "Which model?");
	assert_int_equal(change(desk, &asked, "An LX", "answered"), ERR_CONFLICT);
	assert_int_equal(change(desk, &asked, "An LX", NULL), ERR_CONFLICT);
	assert_int_equal(version(desk, ticket), before);

	check(fix_decide(desk, &theirs, &edited, &wrong, &err), 0, &err);
	assert_string_equal(theirs.state, "active");
	assert_string_equal(theirs.title, "Reboot once");
	assert_string_equal(theirs.description, "Twice");
	assert_int_equal(theirs.confidence, 90);
	assert_string_equal(theirs.author, MEMORY_MODEL);
	assert_string_equal(theirs.moved_by, SAMS);
	assert_string_equal(fix_no(desk, ticket, mine.n).state, "superseded");
	assert_int_equal(version(desk, ticket), before + 1);
	assert_int_equal(change(desk, &asked, NULL, "open"), 0);
	called = task_no(desk, ticket, 2);
	assert_int_equal(change(desk, &called, NULL, "dismissed"), 0);
	cleaned = task_no(desk, ticket, 3);
	check(task_change(desk, &cleaned, &reworded, &wrong, &err), 0, &err);
	assert_string_equal(cleaned.state, "open");
	assert_string_equal(cleaned.text, "Clean the rear fan");
	/* Dismissing what was inert is noticed by no reader. */
	assert_int_equal(version(desk, ticket), before + 3);
}

DESK_TEST(a_new_proposal_takes_the_place_of_what_nobody_touched)
{
	static const char *const first[] = { "Call them", "Clean the fan" },
				 *const second[] = { "Clean the fan", "Open it", "" };
	struct memory_proposal proposal = { *ticket, "Reboot", "", 60, NULL, first, 0, 2 };
	struct task called;
	struct fix it;
	struct err err;

	propose(desk, &proposal);
	called = task_no(desk, ticket, 1);
	assert_int_equal(change(desk, &called, NULL, "open"), 0);
	it = fix_no(desk, ticket, 1);
	check(decide(desk, &it, "dismissed", &err), 0, &err);
	proposal.actions = second;
	proposal.action_count = 3;
	propose(desk, &proposal);
	propose(desk, &proposal);
	/* What a person dismissed does not come again in the same words. */
	assert_string_equal(fix_no(desk, ticket, 1).state, "dismissed");
	assert_int_equal(fix_by_n(desk->tx, ticket, 2, &it, &err), ERR_NOT_FOUND);
	assert_string_equal(task_no(desk, ticket, 1).state, "open");
	assert_string_equal(task_no(desk, ticket, 2).state, "proposed");
	assert_string_equal(task_no(desk, ticket, 3).text, "Open it");
	proposal.title = "Replace it";
	proposal.action_count = 0;
	propose(desk, &proposal);
	assert_string_equal(fix_no(desk, ticket, 2).state, "proposed");
	assert_string_equal(task_no(desk, ticket, 2).state, "dismissed");
	proposal.title = "";
	propose(desk, &proposal);
	assert_string_equal(fix_no(desk, ticket, 2).state, "superseded");
	proposal.title = "Replace it";
	propose(desk, &proposal);
	assert_string_equal(fix_no(desk, ticket, 3).state, "proposed");
	assert_string_equal(task_no(desk, ticket, 1).state, "open");
}

DESK_TEST(what_a_model_says_too_long_is_cut_at_a_character)
{
	struct memory_proposal proposal = {
		.ticket = *ticket, .description = "", .confidence = -5
	};
	char *title = arena_alloc(tx_arena(desk->tx), 1000);
	struct fix out;

	for (size_t i = 0; i < 400; i++)
		memcpy(title + 2 * i, "\xc3\xa4", 2);
	proposal.title = title;
	propose(desk, &proposal);
	out = fix_no(desk, ticket, 1);
	assert_true(strlen(out.title) <= FIX_TITLE_MAX);
	assert_true(text_ends_nocase(out.title, "ä…"));
	assert_int_equal(out.confidence, 0);
}

/* --- two at once ------------------------------------------------------------------- */

#define RACERS 30

struct race {
	struct desk_kit *kit;
	struct id ticket;
	unsigned n;
	int rc;
};

static int
race_step(struct tx *tx, void *arg, struct err *err)
{
	struct race *race = arg;
	struct desk desk = { tx, &race->kit->policy, race->kit->now, true };
	const struct fix_wish wish = { race->ticket, arena_printf(tx_arena(tx), "Fix %u", race->n),
		"", 50, EVES };
	const char *wrong;
	struct fix out;

	return fix_suggest(&desk, &wish, &out, &wrong, err);
}

static void
race_done(void *arg, int rc, const struct err *err)
{
	struct race *race = arg;

	(void)err;
	race->rc = rc;
}

static int
make_ticket(struct desk *desk, void *arg, struct err *err)
{
	(void)err;
	*(struct id *)arg = add_ticket(desk).id;
	return 0;
}

static int
dismiss_first(struct desk *desk, void *arg, struct err *err)
{
	struct fix it = fix_no(desk, arg, 1);

	return decide(desk, &it, "dismissed", err);
}

static void
of_fixes_suggested_at_once_one_is_active_and_the_others_cannot_be_dismissed(void **state)
{
	struct desk_kit *kit = *state;
	struct race races[RACERS];
	struct id ticket;
	struct err err;

	assert_int_equal(kit_step(kit, make_ticket, &ticket, &err), 0);
	for (unsigned i = 0; i < RACERS; i++) {
		races[i] = (struct race){ kit, ticket, i, 1 };
		db_submit(kit->db, race_step, race_done, &races[i]);
	}
	assert_int_equal(kit_step(kit, dismiss_first, &ticket, &err), ERR_CONFLICT);
	for (unsigned i = 0; i < RACERS; i++)
		assert_int_equal(races[i].rc, 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fixes WHERE state = 'active'"), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fixes"), RACERS);
	assert_int_equal(kit_number(kit, "SELECT n FROM fixes WHERE state = 'active'"), RACERS);
	assert_int_equal(kit_number(kit, "SELECT state_version FROM tickets"), RACERS + 1);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(what_is_written_down_loses_what_nobody_sees_and_every_token),
		KIT_TEST(the_same_words_again_change_nothing),
		KIT_TEST(texts_have_an_end),
		KIT_TEST(a_new_fix_supersedes_the_old_one_which_cannot_be_dismissed_then),
		KIT_TEST(a_question_is_answered_in_parts_skipped_and_opened_again),
		KIT_TEST(an_action_needs_no_words_to_be_done),
		cmocka_unit_test(questions_are_told_from_actions_by_their_mark),
		KIT_TEST(things_are_named_by_number_or_id_within_their_ticket),
		KIT_TEST(a_model_only_proposes),
		KIT_TEST(a_proposal_is_inert_until_it_is_accepted_edited_or_dismissed),
		KIT_TEST(a_new_proposal_takes_the_place_of_what_nobody_touched),
		KIT_TEST(what_a_model_says_too_long_is_cut_at_a_character),
		KIT_TEST(
		    of_fixes_suggested_at_once_one_is_active_and_the_others_cannot_be_dismissed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
