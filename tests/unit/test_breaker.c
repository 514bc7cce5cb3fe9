#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/base/breaker.h>

static int
setup(void **state)
{
	static struct breaker breaker;

	breaker_init(&breaker);
	*state = &breaker;
	return 0;
}

static int
teardown(void **state)
{
	breaker_done(*state);
	return 0;
}

static void
fail_times(struct breaker *b, int n, span_ms now)
{
	for (int i = 0; i < n; i++) {
		assert_true(breaker_may(b, now));
		breaker_note(b, false, 0, now);
	}
}

static void
five_failures_in_a_row_stop_the_asking_for_a_minute(void **state)
{
	struct breaker *b = *state;

	fail_times(b, 5, 1000);
	assert_false(breaker_may(b, 1000));
	assert_false(breaker_may(b, 1000 + MS_MINUTE - 1));
	assert_true(breaker_may(b, 1000 + MS_MINUTE));
}

static void
a_success_between_begins_the_count_anew(void **state)
{
	struct breaker *b = *state;

	fail_times(b, 4, 0);
	assert_true(breaker_may(b, 0));
	breaker_note(b, true, 0, 0);
	fail_times(b, 4, 0);
	assert_true(breaker_may(b, 0));
}

static void
after_the_rest_one_tries_for_all(void **state)
{
	struct breaker *b = *state;

	fail_times(b, 5, 0);
	assert_true(breaker_may(b, MS_MINUTE));
	assert_false(breaker_may(b, MS_MINUTE));
	breaker_note(b, false, 0, MS_MINUTE);
	assert_false(breaker_may(b, 2 * MS_MINUTE - 1));
	assert_true(breaker_may(b, 2 * MS_MINUTE));
	breaker_note(b, true, 0, 2 * MS_MINUTE);
	assert_true(breaker_may(b, 2 * MS_MINUTE));
	assert_true(breaker_may(b, 2 * MS_MINUTE));
}

static void
a_peer_that_names_a_time_is_left_alone_until_then(void **state)
{
	struct breaker *b = *state;

	assert_true(breaker_may(b, 0));
	breaker_note(b, false, 20 * MS_SECOND, 0);
	assert_false(breaker_may(b, 20 * MS_SECOND - 1));
	assert_true(breaker_may(b, 20 * MS_SECOND));
	breaker_note(b, false, MS_DAY, 20 * MS_SECOND);
	assert_true(breaker_may(b, 11 * MS_MINUTE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(five_failures_in_a_row_stop_the_asking_for_a_minute),
		TEST(a_success_between_begins_the_count_anew),
		TEST(after_the_rest_one_tries_for_all),
		TEST(a_peer_that_names_a_time_is_left_alone_until_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
