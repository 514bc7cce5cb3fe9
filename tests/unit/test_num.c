#include <assent/base/num.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct {
	const char *text;
	bool good;
	int64_t want;
} numbers[] = {
	{ "0", true, 0 },
	{ "-0", true, 0 },
	{ "007", true, 7 },
	{ "-42", true, -42 },
	{ "9223372036854775807", true, INT64_MAX },
	{ "-9223372036854775808", true, INT64_MIN },
	{ "9223372036854775808", false, 0 },
	{ "-9223372036854775809", false, 0 },
	{ "99999999999999999999999", false, 0 },
	{ "", false, 0 },
	{ "-", false, 0 },
	{ "+1", false, 0 },
	{ " 1", false, 0 },
	{ "1 ", false, 0 },
	{ "1.0", false, 0 },
	{ "0x10", false, 0 },
	{ "--1", false, 0 },
	{ "1e3", false, 0 },
	{ NULL, false, 0 },
};

static void
a_number_is_read_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		int64_t got = -777;

		assert_int_equal(num_parse(numbers[i].text, &got), numbers[i].good);
		assert_int_equal(got, numbers[i].good ? numbers[i].want : -777);
	}
}

static void
bounds_belong_to_the_range(void **state)
{
	int64_t got = 5;

	(void)state;
	assert_true(num_parse_within("1", 1, 10, &got));
	assert_true(num_parse_within("10", 1, 10, &got));
	assert_int_equal(got, 10);
	assert_false(num_parse_within("0", 1, 10, &got));
	assert_false(num_parse_within("11", 1, 10, &got));
	assert_false(num_parse_within("x", 1, 10, &got));
	assert_int_equal(got, 10);
}

static const struct {
	const char *text;
	bool good;
	int64_t want;
} spans[] = {
	{ "0", true, 0 },
	{ "0s", true, 0 },
	{ "250ms", true, 250 },
	{ "30s", true, 30000 },
	{ "5m", true, 300000 },
	{ "2h", true, 7200000 },
	{ "7d", true, 604800000 },
	{ "30", false, 0 },
	{ "00", false, 0 },
	{ "-5m", false, 0 },
	{ "5 m", false, 0 },
	{ "5min", false, 0 },
	{ "1h30m", false, 0 },
	{ "m", false, 0 },
	{ "", false, 0 },
	{ NULL, false, 0 },
	{ "9223372036854775807ms", true, INT64_MAX },
	{ "9223372036854775807s", false, 0 },
	{ "106751991168d", false, 0 },
};

static void
a_duration_has_a_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		int64_t got = -777;

		assert_int_equal(span_parse(spans[i].text, &got), spans[i].good);
		assert_int_equal(got, spans[i].good ? spans[i].want : -777);
	}
}

static const struct {
	const char *text;
	bool good;
	int64_t want;
} sizes[] = {
	{ "0", true, 0 },
	{ "512", true, 512 },
	{ "64KiB", true, 65536 },
	{ "25MiB", true, 26214400 },
	{ "1GiB", true, 1073741824 },
	{ "1KB", false, 0 },
	{ "1kib", false, 0 },
	{ "-1", false, 0 },
	{ "KiB", false, 0 },
	{ "9223372036854775807GiB", false, 0 },
	{ NULL, false, 0 },
};

static void
a_size_may_have_a_binary_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		int64_t got = -777;

		assert_int_equal(size_parse(sizes[i].text, &got), sizes[i].good);
		assert_int_equal(got, sizes[i].good ? sizes[i].want : -777);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_read_whole_or_not_at_all),
		cmocka_unit_test(bounds_belong_to_the_range),
		cmocka_unit_test(a_duration_has_a_unit),
		cmocka_unit_test(a_size_may_have_a_binary_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
