#include <assent/base/attr.h>
#include <assent/base/metric.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void
each_metric_has_a_name_of_its_own_and_help(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		assert_int_equal(strncmp(metric_name(i), "assentd_", 8), 0);
		assert_true(strlen(metric_help(i)) > 0);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(metric_name(i), metric_name(j));
	}
	assert_string_equal(metric_name(METRIC_DECISIONS), "assentd_decisions_total");
}

static void *
count(void *arg)
{
	for (int i = 0; i < 10000; i++)
		metric_add(METRIC_STEPS, 1);
	return arg;
}

static void
threads_lose_no_count(void **state)
{
	pthread_t threads[4];
	int64_t before = metric_value(METRIC_STEPS);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_value(METRIC_STEPS) - before, 40000);
	metric_add(METRIC_STEPS, -40000);
	assert_int_equal(metric_value(METRIC_STEPS), before);
	assert_int_equal(metric_value(METRIC_MAIL_IN), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_metric_has_a_name_of_its_own_and_help),
		cmocka_unit_test(threads_lose_no_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
