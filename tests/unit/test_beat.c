#include <assent/base/attr.h>
#include <assent/base/beat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define NS_PER_MS UINT64_C(1000000)

static uint64_t
in(span_ms span)
{
	return clock_tick_ns() + (uint64_t)span * NS_PER_MS;
}

static bool
is_late(uint64_t at, const char *who)
{
	struct beat_late late;

	if (!beat_find_late(at, &late))
		return false;
	assert_string_equal(late.name, who);
	return true;
}

static void
a_promise_is_broken_when_its_time_is_over(void **state)
{
	struct beat *beat = beat_new("lane intake");
	struct beat_late late;

	(void)state;
	beat_promise(beat, 1000);
	assert_false(beat_find_late(in(900), &late));
	assert_true(beat_find_late(in(3000), &late));
	assert_string_equal(late.name, "lane intake");
	assert_in_range(late.by, 1900, 2100);
	beat_promise(beat, 10000);
	assert_false(beat_find_late(in(3000), &late));
	beat_free(beat);
	assert_false(beat_find_late(in(MS_DAY), &late));
}

static void
who_rests_is_never_late(void **state)
{
	struct beat *beat = beat_new("writer");

	(void)state;
	assert_false(is_late(in(MS_DAY), "writer"));
	beat_promise(beat, 1);
	beat_rest(beat);
	assert_false(is_late(in(MS_DAY), "writer"));
	beat_free(beat);
}

static void
work_wakes_who_rests_and_hurries_nobody_else(void **state)
{
	struct beat *beat = beat_new("writer");

	(void)state;
	beat_expect(beat, 1000);
	assert_true(is_late(in(2000), "writer"));
	/* More work does not put the end of the first wait off. */
	beat_expect(beat, MS_DAY);
	assert_true(is_late(in(2000), "writer"));
	beat_promise(beat, 60000);
	beat_expect(beat, 1);
	assert_false(is_late(in(2000), "writer"));
	beat_free(beat);
}

static void
the_one_that_is_late_longest_is_named(void **state)
{
	struct beat *second = beat_new("second"), *first = beat_new("first");

	(void)state;
	beat_promise(second, 2000);
	beat_promise(first, 1000);
	assert_true(is_late(in(5000), "first"));
	beat_free(first);
	assert_true(is_late(in(5000), "second"));
	beat_free(second);
}

static void
more_threads_than_places_are_not_watched(void **state)
{
	struct beat *beats[BEATS_MAX];

	(void)state;
	for (size_t i = 0; i < BEATS_MAX; i++) {
		beats[i] = beat_new("a");
		assert_non_null(beats[i]);
	}
	assert_null(beat_new("one too many"));
	beat_promise(NULL, 1);
	beat_expect(NULL, 1);
	beat_rest(NULL);
	beat_free(NULL);
	for (size_t i = 0; i < BEATS_MAX; i++)
		beat_free(beats[i]);
	assert_false(is_late(in(MS_DAY), ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_promise_is_broken_when_its_time_is_over),
		cmocka_unit_test(who_rests_is_never_late),
		cmocka_unit_test(work_wakes_who_rests_and_hurries_nobody_else),
		cmocka_unit_test(the_one_that_is_late_longest_is_named),
		cmocka_unit_test(more_threads_than_places_are_not_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
