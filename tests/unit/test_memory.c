/* The lives of a suggested fix and of a task (model/memory.h). */
#include <assent/model/memory.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
every_name_is_its_state_and_no_other(void **state)
{
	(void)state;
	for (int i = 0; i < FIX_STATE_COUNT; i++) {
		enum fix_state out;

		assert_true(fix_state_parse(fix_state_name((enum fix_state)i), &out));
		assert_int_equal(out, i);
	}
	for (int i = 0; i < TASK_STATE_COUNT; i++) {
		enum task_state out;

		assert_true(task_state_parse(task_state_name((enum task_state)i), &out));
		assert_int_equal(out, i);
	}
	enum fix_state fix;
	enum task_state task;

	assert_false(fix_state_parse("open", &fix));
	assert_false(fix_state_parse("", &fix));
	assert_false(fix_state_parse("Active", &fix));
	assert_false(task_state_parse("active", &task));
	assert_false(task_state_parse(NULL, &task));
}

static void
what_a_model_proposes_is_only_accepted_or_put_aside(void **state)
{
	enum fix_state fix;
	enum task_state task;

	(void)state;
	for (int e = 0; e < FE_COUNT; e++)
		assert_int_equal(fix_step(FIX_PROPOSED, (enum fix_event)e, &fix),
		    e == FE_ACCEPT || e == FE_SUPERSEDE || e == FE_DISMISS);
	for (int e = 0; e < TE_COUNT; e++)
		assert_int_equal(task_step(TASK_PROPOSED, (enum task_event)e, &task),
		    e == TE_ACCEPT || e == TE_EDIT || e == TE_DISMISS);
}

static void
a_fix_that_is_settled_stays_so(void **state)
{
	(void)state;
	for (int from = 0; from < FIX_STATE_COUNT; from++)
		for (int e = 0; e < FE_COUNT; e++) {
			enum fix_state to;

			if (from == FIX_PROPOSED || from == FIX_ACTIVE)
				continue;
			assert_false(fix_step((enum fix_state)from, (enum fix_event)e, &to));
		}
}

static void
nothing_leads_back_to_a_proposal(void **state)
{
	(void)state;
	for (int from = 0; from < FIX_STATE_COUNT; from++)
		for (int e = 0; e < FE_COUNT; e++) {
			enum fix_state to = FIX_ACTIVE;

			(void)!fix_step((enum fix_state)from, (enum fix_event)e, &to);
			assert_int_not_equal(to, FIX_PROPOSED);
		}
	for (int from = 0; from < TASK_STATE_COUNT; from++)
		for (int e = 0; e < TE_COUNT; e++) {
			enum task_state to = TASK_OPEN;

			(void)!task_step((enum task_state)from, (enum task_event)e, &to);
			assert_int_not_equal(to, TASK_PROPOSED);
		}
}

static void
people_decide_all_but_that_a_fix_is_superseded(void **state)
{
	static const char *const words[] = { "accepted", "dismissed", "one_off", "draft_template",
		"build_template" };
	static const char *const none[] = { "superseded", "proposed", "active", "", "dismiss" };
	enum fix_event event;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_true(fix_decision_parse(words[i], &event));
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(fix_decision_parse(none[i], &event));
}

/* clang-format off */
static const struct {
	enum task_state from, wish;
	int event;	/* -1: there is no way */
} ways[] = {
	{ TASK_PROPOSED,	TASK_OPEN,	TE_ACCEPT },
	{ TASK_PROPOSED,	TASK_DISMISSED,	TE_DISMISS },
	{ TASK_PROPOSED,	TASK_ANSWERED,	-1 },
	{ TASK_PROPOSED,	TASK_SKIPPED,	-1 },
	{ TASK_OPEN,		TASK_ANSWERED,	TE_ANSWER },
	{ TASK_OPEN,		TASK_SKIPPED,	TE_SKIP },
	{ TASK_OPEN,		TASK_DISMISSED,	-1 },
	{ TASK_OPEN,		TASK_OPEN,	-1 },
	{ TASK_ANSWERED,	TASK_OPEN,	TE_REOPEN },
	{ TASK_ANSWERED,	TASK_SKIPPED,	-1 },
	{ TASK_SKIPPED,		TASK_OPEN,	TE_REOPEN },
	{ TASK_SKIPPED,		TASK_ANSWERED,	-1 },
	{ TASK_DISMISSED,	TASK_OPEN,	-1 },
};
/* clang-format on */

static void
a_task_goes_where_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		enum task_event event = TE_COUNT;
		enum task_state to;
		bool is = task_way(ways[i].from, ways[i].wish, &event);

		assert_int_equal(is ? (int)event : -1, ways[i].event);
		if (!is)
			continue;
		assert_true(task_step(ways[i].from, event, &to));
		assert_int_equal(to, ways[i].wish);
	}
}

static void
kinds_are_words_of_a_list(void **state)
{
	(void)state;
	assert_true(finding_kind_is_known("reported"));
	assert_true(finding_kind_is_known("script"));
	assert_false(finding_kind_is_known("question"));
	assert_false(finding_kind_is_known(""));
	assert_true(task_kind_is_known("question"));
	assert_true(task_kind_is_known("action"));
	assert_false(task_kind_is_known("check"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_its_state_and_no_other),
		cmocka_unit_test(what_a_model_proposes_is_only_accepted_or_put_aside),
		cmocka_unit_test(a_fix_that_is_settled_stays_so),
		cmocka_unit_test(nothing_leads_back_to_a_proposal),
		cmocka_unit_test(people_decide_all_but_that_a_fix_is_superseded),
		cmocka_unit_test(a_task_goes_where_the_table_says),
		cmocka_unit_test(kinds_are_words_of_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
