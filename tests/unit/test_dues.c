/* When tickets are to be looked at again: a list of numbers and seconds. */
#include "daemon/dues.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define T ((utc_ms)1795000000000)

static size_t
list(struct dues *dues, struct dues_wish wish, int64_t *refs)
{
	return dues_list(dues, &wish, refs);
}

static void
what_is_due_is_listed_by_number(void **state)
{
	AUTO(dues_freep) struct dues *dues = dues_new();
	int64_t refs[10];

	(void)state;
	assert_int_equal(list(dues, (struct dues_wish){ T, -1, 10 }, refs), 0);
	dues_set(dues, 1001, T + 5);
	dues_set(dues, 900000, T - 1);
	dues_set(dues, 1002, T + 100 * MS_SECOND);
	dues_set(dues, 1003, DUES_AT_ONCE);
	assert_int_equal(dues_count(dues), 4);
	assert_int_equal(list(dues, (struct dues_wish){ T, -1, 10 }, refs), 2);
	assert_int_equal(refs[0], 1003);
	assert_int_equal(refs[1], 900000);
	/* Never before, and not much later. */
	assert_int_equal(list(dues, (struct dues_wish){ T + 4, -1, 10 }, refs), 2);
	assert_int_equal(list(dues, (struct dues_wish){ T + 1004, -1, 10 }, refs), 3);
	assert_int_equal(list(dues, (struct dues_wish){ T + 1004, 1001, 10 }, refs), 2);
	assert_int_equal(list(dues, (struct dues_wish){ T + 1004, 1001, 1 }, refs), 1);
	assert_int_equal(refs[0], 1003);
	assert_int_equal(list(dues, (struct dues_wish){ T + MS_DAY, 900000, 10 }, refs), 0);
}

static void
what_has_no_instant_takes_no_room(void **state)
{
	AUTO(dues_freep) struct dues *dues = dues_new();
	size_t empty;
	int64_t refs[10];

	(void)state;
	dues_set(dues, 5, DUES_NEVER);
	dues_set(dues, -5, T);
	dues_set(dues, INT64_MAX, T);
	empty = dues_bytes(dues);
	assert_int_equal(dues_count(dues), 0);
	dues_set(dues, 7, T);
	dues_set(dues, 7, T + MS_DAY);
	assert_int_equal(dues_count(dues), 1);
	assert_true(dues_bytes(dues) > empty);
	dues_set(dues, 7, INT64_C(253402300799999));
	assert_int_equal(dues_count(dues), 0);
	assert_int_equal(list(dues, (struct dues_wish){ T + 2 * MS_DAY, -1, 10 }, refs), 0);
	for (int64_t ref = 1; ref <= 1000000; ref++)
		dues_set(dues, ref, T);
	assert_true(dues_bytes(dues) < (size_t)4200000);
	for (int64_t ref = 1; ref <= 1000000; ref++)
		dues_set(dues, ref, DUES_NEVER);
	assert_true(dues_bytes(dues) < 5000);
}

/* A list that is walked while it changes: each once, and none before its time. */
static void
it_is_as_a_plain_array(void **state)
{
	AUTO(dues_freep) struct dues *dues = dues_new();
	static utc_ms plain[10000];
	uint64_t seed = 3;

	(void)state;
	memset(plain, 0, sizeof(plain));
	for (int round = 0; round < 400; round++) {
		utc_ms now = T + round * MS_SECOND;
		int64_t refs[64], after = -1, expected = 0, listed = 0;
		size_t n;

		for (int i = 0; i < 50; i++) {
			int64_t ref =
			    (int64_t)((seed = seed * 6364136223846793005u + 1) >> 33) % 10000;
			utc_ms at = now + (utc_ms)(seed >> 50) % 300 * MS_SECOND;

			plain[ref] = seed >> 62 == 0 ? DUES_NEVER : at;
			dues_set(dues, ref, plain[ref]);
		}
		for (int64_t ref = 0; ref < 10000; ref++)
			expected += plain[ref] != 0 && plain[ref] <= now;
		assert_int_equal(dues_late(dues, now), expected);
		while ((n = list(dues, (struct dues_wish){ now, after, 64 }, refs)) > 0)
			for (size_t i = 0; i < n; i++, listed++) {
				assert_true(refs[i] > after);
				assert_true(plain[refs[i]] != 0 && plain[refs[i]] <= now);
				after = refs[i];
				if (round % 3 == 0) {
					plain[refs[i]] = DUES_NEVER;
					dues_set(dues, refs[i], DUES_NEVER);
				}
			}
		assert_int_equal(listed, expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_due_is_listed_by_number),
		cmocka_unit_test(what_has_no_instant_takes_no_room),
		cmocka_unit_test(it_is_as_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
