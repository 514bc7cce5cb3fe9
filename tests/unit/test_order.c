#include "daemon/order_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct task {
	int number;
};

static int handed[16];
static size_t count;

static void
note(struct task *task)
{
	handed[count++] = task->number;
}

static struct task tasks[] = { { 0 }, { 1 }, { 2 }, { 3 }, { 4 }, { 5 } };

static void
assert_handed(const char *want)
{
	assert_int_equal(count, strlen(want));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(handed[i], want[i] - '0');
}

static struct order *
fresh(void)
{
	static struct order order;

	count = 0;
	order_init(&order, note);
	return &order;
}

static void
what_is_ready_early_waits_for_those_before_it(void **state)
{
	struct order *order = fresh();

	(void)state;
	assert_int_equal(order_take(order, 2, 0), 0);
	assert_int_equal(order_take(order, 2, 0), 2);
	order_ready(order, 3, &tasks[3]);
	order_ready(order, 1, &tasks[1]);
	assert_handed("");
	order_ready(order, 0, &tasks[0]);
	assert_handed("01");
	order_ready(order, 2, &tasks[2]);
	assert_handed("0123");
	order_done(order);
}

static void
what_failed_keeps_nobody_waiting(void **state)
{
	struct order *order = fresh();

	(void)state;
	order_take(order, 3, 0);
	order_ready(order, 2, &tasks[2]);
	order_ready(order, 0, NULL);
	assert_handed("");
	order_ready(order, 1, NULL);
	assert_handed("2");
	order_done(order);
}

static void
what_takes_too_long_is_passed_over_and_comes_later(void **state)
{
	struct order *order = fresh();

	(void)state;
	order_take(order, 3, 100);
	order_ready(order, 1, &tasks[1]);
	order_hurry(order, 100 + ORDER_WAIT - 1);
	assert_handed("");
	order_hurry(order, 100 + ORDER_WAIT);
	assert_handed("1");
	order_ready(order, 0, &tasks[0]);
	assert_handed("10");
	/* The third was slow as well, and passed over with the first. */
	order_ready(order, 2, &tasks[2]);
	assert_handed("102");
	order_done(order);
}

static void
places_are_used_again(void **state)
{
	struct order *order = fresh();

	(void)state;
	for (uint64_t i = 0; i < 3 * ORDER_SLOTS; i++) {
		count = 0;
		assert_int_equal(order_take(order, 1, 0), i);
		order_ready(order, i, &tasks[4]);
		assert_handed("4");
	}
	order_done(order);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ready_early_waits_for_those_before_it),
		cmocka_unit_test(what_failed_keeps_nobody_waiting),
		cmocka_unit_test(what_takes_too_long_is_passed_over_and_comes_later),
		cmocka_unit_test(places_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
