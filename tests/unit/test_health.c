#include <assent/base/health.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int
forget(void **state)
{
	(void)state;
	health_reset();
	return 0;
}

static void
a_condition_begins_changes_and_ends(void **state)
{
	struct health list[2];
	uint64_t before = health_version();

	(void)state;
	health_bad("mailbox:desk", true, 1000, "parked for %d minutes", 15);
	health_bad("mailbox:desk", true, 2000, "parked again");
	assert_int_equal(health_list(list, 2), 1);
	assert_string_equal(list[0].text, "parked again");
	assert_int_equal(list[0].since, 1000);
	assert_false(health_is_ready());
	assert_int_equal(health_version(), before + 2);
	health_good("mailbox:desk");
	assert_int_equal(health_list(list, 2), 0);
	assert_true(health_is_ready());
}

static void
the_same_words_are_no_change(void **state)
{
	uint64_t before;

	(void)state;
	health_bad("disk", false, 1000, "full");
	before = health_version();
	health_bad("disk", false, 2000, "full");
	assert_int_equal(health_version(), before);
	assert_true(health_is_ready());
}

static void
more_than_fit_are_not_kept(void **state)
{
	struct health list[HEALTH_MAX];
	char name[] = "a00";

	(void)state;
	for (int i = 0; i < HEALTH_MAX + 5; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		health_bad(name, false, i, "bad");
	}
	assert_int_equal(health_list(list, HEALTH_MAX), HEALTH_MAX);
	health_good("a69");
	health_good("a00");
	assert_int_equal(health_list(list, HEALTH_MAX), HEALTH_MAX - 1);
	assert_string_equal(list[0].name, "a01");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_condition_begins_changes_and_ends, forget),
		cmocka_unit_test_setup(the_same_words_are_no_change, forget),
		cmocka_unit_test_setup(more_than_fit_are_not_kept, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
