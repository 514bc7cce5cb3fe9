#include "store/query.h"

#include <assent/base/str.h>
#include <assent/model/policy.h>
#include <assent/store/queue.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
each_level_is_read_back_as_it_was_written(void **state)
{
	static const int levels[] = { LEVEL_DEFAULT, LEVEL_VOUCHED, LEVEL_TOKEN, LEVEL_LINK,
		LEVEL_SIGNED };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		int level = -1;

		assert_true(level_parse(level_name(levels[i]), &level));
		assert_int_equal(level, levels[i]);
	}
}

static void
a_level_that_nobody_knows_is_no_level(void **state)
{
	static const char *const words[] = { "", "Vouched", "link ", "none" };
	int level = 7;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_false(level_parse(words[i], &level));
	assert_int_equal(level, 7);
}

static void
every_lane_has_a_name_of_its_own(void **state)
{
	for (int a = 0; a < LANE_COUNT; a++)
		for (int b = 0; b < LANE_COUNT; b++)
			assert_int_equal(
			    text_is(lane_name((enum lane)a), lane_name((enum lane)b)), a == b);
	assert_string_equal(lane_name(LANE_OUTGOING), "outgoing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_is_read_back_as_it_was_written),
		cmocka_unit_test(a_level_that_nobody_knows_is_no_level),
		cmocka_unit_test(every_lane_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
