#include <assent/base/bucket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define T0 ((span_ms)5000000)

static void
a_burst_is_allowed_and_then_the_rate(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(8, 3, 6);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(bucket_take(b, "192.0.2.1", T0));
	assert_false(bucket_take(b, "192.0.2.1", T0));
	assert_false(bucket_has(b, "192.0.2.1", T0 + 9999));
	assert_true(bucket_has(b, "192.0.2.1", T0 + 10000));
	assert_true(bucket_take(b, "192.0.2.1", T0 + 10000));
	assert_false(bucket_take(b, "192.0.2.1", T0 + 10000));
	assert_false(bucket_take(b, "192.0.2.1", T0 + 19999));
	assert_true(bucket_take(b, "192.0.2.1", T0 + 20000));
}

static void
a_rest_never_saves_more_than_a_burst(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(8, 2, 60);

	(void)state;
	assert_true(bucket_take(b, "k", T0));
	for (int i = 0; i < 2; i++)
		assert_true(bucket_take(b, "k", T0 + 365 * MS_DAY));
	assert_false(bucket_take(b, "k", T0 + 365 * MS_DAY));
	assert_true(bucket_take(b, "k", INT64_MAX / 2));
}

static void
asking_takes_nothing(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(8, 1, 1);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(bucket_has(b, "k", T0));
	assert_true(bucket_take(b, "k", T0));
	assert_false(bucket_has(b, "k", T0));
}

static void
keys_do_not_share(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(100, 1, 1);
	char key[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "2001:db8:%x::/64", i);
		assert_true(bucket_take(b, key, T0));
	}
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "2001:db8:%x::/64", i);
		assert_false(bucket_take(b, key, T0));
	}
}

static void
time_that_goes_back_gives_nothing(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(8, 1, 60);

	(void)state;
	assert_true(bucket_take(b, "k", T0));
	assert_false(bucket_take(b, "k", T0 - MS_HOUR));
}

/* With many keys a stranger may forget his own buckets, not the emptiest. */
static void
the_emptiest_bucket_is_remembered_when_the_table_is_full(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(16, 5, 1);
	char key[32];

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(b, "guesser", T0));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		assert_true(bucket_take(b, key, T0));
	}
	assert_false(bucket_take(b, "guesser", T0));
	assert_true(bucket_take(b, "guesser", T0 + MS_MINUTE));
}

static void
without_a_rate_an_empty_bucket_stays_empty(void **state)
{
	AUTO(buckets_freep) struct buckets *b = buckets_new(0, 1, 0);
	AUTO(buckets_freep) struct buckets *none = buckets_new(4, 0, 60);

	(void)state;
	assert_true(bucket_take(b, "k", T0));
	assert_false(bucket_take(b, "k", T0 + 365 * MS_DAY));
	assert_false(bucket_take(none, "k", T0));
	assert_false(bucket_has(none, "k", T0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_allowed_and_then_the_rate),
		cmocka_unit_test(a_rest_never_saves_more_than_a_burst),
		cmocka_unit_test(asking_takes_nothing),
		cmocka_unit_test(keys_do_not_share),
		cmocka_unit_test(time_that_goes_back_gives_nothing),
		cmocka_unit_test(the_emptiest_bucket_is_remembered_when_the_table_is_full),
		cmocka_unit_test(without_a_rate_an_empty_bucket_stays_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
