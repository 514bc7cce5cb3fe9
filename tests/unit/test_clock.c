#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/file.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* Room for a slow machine between two readings. */
#define SLACK (5 * MS_MINUTE)

static char path[] = "/tmp/assent-clock-XXXXXX";

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void
set_clock(const char *text)
{
	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	setenv("ASSENTD_CLOCK", path, 1);
}

static void
assert_near(int64_t a, int64_t b)
{
	assert_true(a - b < SLACK && b - a < SLACK);
}

static void
without_a_file_time_is_the_machines(void **state)
{
	utc_ms now;

	(void)state;
	unsetenv("ASSENTD_CLOCK");
	now = clock_now();
	assert_false(clock_is_virtual());
	assert_true(now > 1500000000000);
	assert_true(clock_now() >= now - SLACK);
	assert_true(clock_boot() > 0);
	setenv("ASSENTD_CLOCK", "", 1);
	assert_false(clock_is_virtual());
}

static const struct {
	const char *text;
	int64_t now, boot; /* by how much they move */
	int synchronised; /* -1: not told */
} files[] = {
	{ "0 0 1\n", 0, 0, 1 },
	{ "86400000 0 0\n", MS_DAY, MS_DAY, 0 },
	{ "0 -7200000 0", -2 * MS_HOUR, 0, 0 },
	{ "86400000 7200000 1\n", MS_DAY + 2 * MS_HOUR, MS_DAY, 1 },
	{ "", 0, 0, -1 },
	{ "86400000", 0, 0, -1 },
	{ "86400000 0 yes\n", 0, 0, -1 },
	{ "9223372036854775807 9223372036854775807 1", 0, 0, -1 },
};

static void
a_file_moves_time_as_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		utc_ms now;
		span_ms boot;

		unsetenv("ASSENTD_CLOCK");
		now = clock_now();
		boot = clock_boot();
		set_clock(files[i].text);
		assert_true(clock_is_virtual());
		assert_near(clock_now() - now, files[i].now);
		assert_near(clock_boot() - boot, files[i].boot);
		if (files[i].synchronised >= 0)
			assert_int_equal(clock_is_synchronised(), files[i].synchronised);
	}
}

static void
rewriting_the_file_moves_time_at_once(void **state)
{
	utc_ms before;

	(void)state;
	set_clock("0 0 1");
	before = clock_now();
	set_clock("604800000 0 1");
	assert_near(clock_now() - before, 7 * MS_DAY);
}

static void
a_measurement_never_goes_back(void **state)
{
	uint64_t before = clock_tick_ns();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_tick_ns();

		assert_true(now >= before);
		before = now;
	}
}

static void
a_boot_has_an_id(void **state)
{
	(void)state;
	assert_int_equal(strlen(clock_boot_id()), 36);
	assert_int_equal(strspn(clock_boot_id(), "0123456789abcdef-"), 36);
	assert_ptr_equal(clock_boot_id(), clock_boot_id());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_time_is_the_machines),
		cmocka_unit_test(a_file_moves_time_as_it_says),
		cmocka_unit_test(rewriting_the_file_moves_time_at_once),
		cmocka_unit_test(a_measurement_never_goes_back),
		cmocka_unit_test(a_boot_has_an_id),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
