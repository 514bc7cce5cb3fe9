/* Findings, fixes and tasks of a ticket (store/memory.h). */
#include "help_store.h"

#include <assent/store/memory.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

#define SAM "sam@desk.example"
#define EVE "eve@desk.example"

static struct id
add_ticket(struct tx *tx, unsigned n)
{
	struct ticket ticket = {
		.id = id_of(n), .title = "Printer", .status = "open", .created = T0, .updated = T0
	};
	struct err e, *err = &e;

	OK(ticket_add(tx, &ticket, NULL, err));
	return ticket.id;
}

static int64_t
version(struct tx *tx, unsigned n)
{
	struct id id = id_of(n);
	struct ticket ticket;
	struct err e, *err = &e;

	OK(ticket_get(tx, &id, &ticket, err));
	return ticket.state_version;
}

static struct finding
a_finding(unsigned n, const char *text)
{
	return (struct finding){ .id = id_of(n),
		.ticket = id_of(1),
		.kind = "observed",
		.text = text,
		.author = SAM,
		.created = T0 + n };
}

static struct fix
a_fix(unsigned n, const char *state)
{
	return (struct fix){ .id = id_of(n),
		.ticket = id_of(1),
		.title = "Clean the rollers",
		.description = "With a cloth",
		.confidence = 70,
		.author = SAM,
		.state = state,
		.created = T0 + n };
}

static struct task
a_task(unsigned n, const char *state)
{
	return (struct task){ .id = id_of(n),
		.ticket = id_of(1),
		.kind = "question",
		.text = "Which model is it?",
		.author = SAM,
		.state = state,
		.created = T0 + n };
}

static const char *
fix_state(struct tx *tx, unsigned n)
{
	struct id id = id_of(n);
	struct fix fix;
	struct err e, *err = &e;

	OK(fix_get(tx, &id, &fix, err));
	return fix.state;
}

STEP_TEST(a_finding_stands_until_it_is_removed_and_is_kept_then)
{
	struct id ticket = add_ticket(tx, 1), id = id_of(10), nobody = id_of(99);
	struct finding one = a_finding(10, "The light is off"), two = a_finding(11, "It is loud"),
		       *list, out;
	size_t n;

	OK(finding_add(tx, &one, err));
	OK(finding_add(tx, &two, err));
	assert_int_equal(version(tx, 1), 3);
	OK(finding_by_n(tx, &ticket, 2, &out, err));
	assert_string_equal(out.text, "It is loud");
	assert_string_equal(out.source, "");
	OK(finding_remove(tx, &id, EVE, T0 + 50, err));
	assert_int_equal(version(tx, 1), 4);
	REFUSED(ERR_CONFLICT, finding_remove(tx, &id, SAM, T0 + 60, err));
	assert_non_null(strstr(err->text, "finding 1 was removed by " EVE));
	assert_int_equal(version(tx, 1), 4);
	REFUSED(ERR_NOT_FOUND, finding_remove(tx, &nobody, SAM, T0 + 60, err));
	OK(finding_list(tx, &ticket, false, &list, &n, err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].n, 2);
	OK(finding_list(tx, &ticket, true, &list, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(list[0].removed, T0 + 50);
	assert_string_equal(list[0].removed_by, EVE);
	assert_string_equal(list[0].text, "The light is off");
}

STEP_TEST(a_new_active_fix_supersedes_the_old_one_in_the_same_step)
{
	struct id ticket = add_ticket(tx, 1), other = add_ticket(tx, 2);
	struct fix one = a_fix(10, "active"), two = a_fix(11, "active"),
		   foreign = a_fix(12, "active"), out;

	foreign.ticket = other;
	OK(fix_add(tx, &one, err));
	OK(fix_add(tx, &foreign, err));
	two.author = EVE;
	OK(fix_add(tx, &two, err));
	assert_string_equal(fix_state(tx, 10), "superseded");
	assert_string_equal(fix_state(tx, 11), "active");
	assert_string_equal(fix_state(tx, 12), "active");
	OK(fix_get(tx, &one.id, &out, err));
	assert_int_equal(out.moved_at, T0 + 11);
	assert_string_equal(out.moved_by, EVE);
	OK(fix_of_state(tx, &ticket, "active", &out, err));
	assert_int_equal(out.n, 2);
	assert_int_equal(version(tx, 1), 3);
}

STEP_TEST(a_fix_that_is_not_where_it_was_thought_is_left_alone)
{
	struct fix one = a_fix(10, "active"), two = a_fix(11, "active"), to;

	add_ticket(tx, 1);
	OK(fix_add(tx, &one, err));
	OK(fix_add(tx, &two, err));
	to = one;
	to.state = "dismissed";
	to.moved_by = SAM;
	to.moved_at = T0 + 99;
	REFUSED(ERR_CONFLICT, fix_move(tx, &to, "proposed active", err));
	assert_non_null(strstr(err->text, "fix 1 is superseded"));
	to.state = "active";
	REFUSED(ERR_CONFLICT, fix_move(tx, &to, "proposed", err));
	/* Nothing was superseded on the way to the refusal. */
	assert_string_equal(fix_state(tx, 11), "active");
	/* Words are whole: "act" is no state. */
	to = two;
	to.state = "dismissed";
	REFUSED(ERR_CONFLICT, fix_move(tx, &to, "inactive actives", err));
	assert_int_equal(version(tx, 1), 3);
	OK(fix_move(tx, &to, "proposed active", err));
	assert_int_equal(version(tx, 1), 4);
}

STEP_TEST(what_is_proposed_raises_no_version_until_a_person_accepts_it)
{
	struct fix mine = a_fix(10, "active"), first = a_fix(11, "proposed"),
		   second = a_fix(12, "proposed"), to;
	struct task task = a_task(13, "proposed");

	add_ticket(tx, 1);
	OK(fix_add(tx, &mine, err));
	OK(fix_add(tx, &first, err));
	OK(fix_add(tx, &second, err));
	OK(task_add(tx, &task, err));
	assert_int_equal(version(tx, 1), 2);
	assert_string_equal(fix_state(tx, 10), "active");
	assert_string_equal(fix_state(tx, 11), "superseded");
	assert_string_equal(fix_state(tx, 12), "proposed");
	task.state = "dismissed";
	OK(task_move(tx, &task, "proposed", err));
	assert_int_equal(version(tx, 1), 2);
	to = second;
	to.state = "active";
	to.title = "Clean both rollers";
	OK(fix_move(tx, &to, "proposed", err));
	assert_int_equal(version(tx, 1), 3);
	assert_string_equal(fix_state(tx, 10), "superseded");
	assert_string_equal(fix_state(tx, 12), "active");
}

STEP_TEST(a_task_keeps_its_partial_answer)
{
	struct id ticket = add_ticket(tx, 1);
	struct task task = a_task(10, "open"), to, *list;
	size_t n;

	OK(task_add(tx, &task, err));
	to = task;
	to.answer = "An old one";
	to.moved_by = EVE;
	to.moved_at = T0 + 20;
	OK(task_move(tx, &to, "open", err));
	to.state = "skipped";
	OK(task_move(tx, &to, "open", err));
	REFUSED(ERR_CONFLICT, task_move(tx, &to, "open", err));
	assert_non_null(strstr(err->text, "task 1 is skipped"));
	OK(task_list(tx, &ticket, &list, &n, err));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].answer, "An old one");
	assert_string_equal(list[0].moved_by, EVE);
	assert_int_equal(version(tx, 1), 4);
}

STEP_TEST(a_ticket_holds_so_many_findings_and_no_more)
{
	struct finding finding = a_finding(1, "x");

	add_ticket(tx, 1);
	add_ticket(tx, 2);
	for (unsigned i = 0; i < FINDINGS_MAX; i++) {
		finding.id = id_of(1000 + i);
		OK(finding_add(tx, &finding, err));
	}
	finding.id = id_of(5000);
	REFUSED(ERR_LIMIT, finding_add(tx, &finding, err));
	assert_non_null(strstr(err->text, "500 findings"));
	finding.ticket = id_of(2);
	OK(finding_add(tx, &finding, err));
}

STEP_TEST(all_texts_of_a_ticket_share_one_limit)
{
	size_t half = (size_t)MEMORY_BYTES_MAX / 2;
	struct finding finding = a_finding(10, "");
	struct task task = a_task(11, "open"), to;
	struct fix fix = a_fix(12, "active");
	char *long_text = mem_alloc(half + 1);

	add_ticket(tx, 1);
	memset(long_text, 'x', half);
	long_text[half] = '\0';
	finding.text = long_text;
	OK(finding_add(tx, &finding, err));
	OK(task_add(tx, &task, err));
	fix.description = long_text;
	REFUSED(ERR_LIMIT, fix_add(tx, &fix, err));
	assert_non_null(strstr(err->text, "1024 KiB"));
	to = task;
	to.answer = long_text;
	REFUSED(ERR_LIMIT, task_move(tx, &to, "open", err));
	/* Its own old text does not count against the new one. */
	long_text[half - 1000] = '\0';
	OK(task_move(tx, &to, "open", err));
	OK(task_move(tx, &to, "open", err));
	mem_free(long_text);
}

STEP_TEST(nothing_hangs_on_a_ticket_that_is_not_there)
{
	struct finding finding = a_finding(10, "x");
	struct fix fix = a_fix(10, "active");
	struct task task = a_task(10, "open");

	REFUSED(ERR_NOT_FOUND, finding_add(tx, &finding, err));
	REFUSED(ERR_NOT_FOUND, fix_add(tx, &fix, err));
	REFUSED(ERR_NOT_FOUND, task_add(tx, &task, err));
}

/* --- two at once ------------------------------------------------------------- */

#define RACERS 40

struct racer {
	unsigned n;
	int rc;
};

static int
suggest(struct tx *tx, void *arg, struct err *err)
{
	const struct racer *racer = arg;
	struct fix fix = a_fix(100 + racer->n, "active");

	return fix_add(tx, &fix, err);
}

static void
suggested(void *arg, int rc, const struct err *err)
{
	struct racer *racer = arg;

	(void)err;
	racer->rc = rc;
}

static int
make_ticket(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	add_ticket(tx, 1);
	return 0;
}

static int
nothing(struct tx *tx, void *arg, struct err *err)
{
	(void)tx;
	(void)arg;
	(void)err;
	return 0;
}

static void
of_many_suggested_at_once_one_is_active(void **state)
{
	struct store *store = *state;
	struct racer racers[RACERS];

	store_step(store, make_ticket, NULL);
	for (unsigned i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ i, 1 };
		db_submit(store->db, suggest, suggested, &racers[i]);
	}
	store_step(store, nothing, NULL);
	for (unsigned i = 0; i < RACERS; i++)
		assert_int_equal(racers[i].rc, 0);
	assert_int_equal(
	    store_number(store, "SELECT count(*) FROM fixes WHERE state = 'active'"), 1);
	assert_int_equal(
	    store_number(store, "SELECT count(*) FROM fixes WHERE state = 'superseded'"),
	    RACERS - 1);
	assert_int_equal(store_number(store, "SELECT state_version FROM tickets"), RACERS + 1);
}

static void
the_file_itself_holds_no_two_active_fixes(void **state)
{
	struct store *store = *state;
	struct racer racer = { 1, 0 };

	store_step(store, make_ticket, NULL);
	store_step(store, suggest, &racer);
	racer.n = 2;
	store_step(store, suggest, &racer);
	/* OR IGNORE: the unique index refuses it. */
	store_sql(store, "UPDATE OR IGNORE fixes SET state = 'active'");
	assert_int_equal(
	    store_number(store, "SELECT count(*) FROM fixes WHERE state = 'active'"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_finding_stands_until_it_is_removed_and_is_kept_then),
		STORE_TEST(a_new_active_fix_supersedes_the_old_one_in_the_same_step),
		STORE_TEST(a_fix_that_is_not_where_it_was_thought_is_left_alone),
		STORE_TEST(what_is_proposed_raises_no_version_until_a_person_accepts_it),
		STORE_TEST(a_task_keeps_its_partial_answer),
		STORE_TEST(a_ticket_holds_so_many_findings_and_no_more),
		STORE_TEST(all_texts_of_a_ticket_share_one_limit),
		STORE_TEST(nothing_hangs_on_a_ticket_that_is_not_there),
		SERVER_TEST(of_many_suggested_at_once_one_is_active),
		SERVER_TEST(the_file_itself_holds_no_two_active_fixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
