#include "daemon/mailbox_imap_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
within(span_ms got, span_ms middle)
{
	assert_in_range(got, middle - middle / 5, middle + middle / 5);
}

static void
pauses_double_up_to_five_minutes(void **state)
{
	static const span_ms wanted[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300 };
	struct retreat retreat = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		within(retreat_after(&retreat, MISHAP_FAILED, 7), wanted[i] * MS_SECOND);
}

static void
pauses_are_spread_and_repeat(void **state)
{
	span_ms first = 0;
	int others = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct retreat one = { 0 }, two = { 0 };
		span_ms span = retreat_after(&one, MISHAP_FINAL, seed << 32);

		assert_int_equal(span, retreat_after(&two, MISHAP_FINAL, seed << 32));
		others += seed > 0 && span != first;
		first = seed == 0 ? span : first;
	}
	assert_true(others > 40);
}

static void
what_will_fail_again_waits_five_minutes_and_is_told_at_once(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	within(retreat_after(&retreat, MISHAP_FINAL, 1), 5 * MS_MINUTE);
	assert_true(retreat_is_bad(&retreat, MISHAP_FINAL));
	assert_false(retreat.is_parked);
}

static void
a_passing_trouble_is_told_when_it_lasts(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	for (int i = 1; i < TELL_FAILURES; i++) {
		(void)retreat_after(&retreat, MISHAP_FAILED, 1);
		assert_false(retreat_is_bad(&retreat, MISHAP_FAILED));
	}
	(void)retreat_after(&retreat, MISHAP_FAILED, 1);
	assert_true(retreat_is_bad(&retreat, MISHAP_FAILED));
}

static void
ten_deaths_in_a_row_park_a_mailbox(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	for (int i = 1; i < PARK_DEATHS; i++)
		assert_true(retreat_after(&retreat, MISHAP_DEATH, 1) < PARK_TIME);
	assert_int_equal(retreat_after(&retreat, MISHAP_DEATH, 1), PARK_TIME);
	assert_true(retreat.is_parked && retreat_is_bad(&retreat, MISHAP_DEATH));
	/* One more try, one more death. */
	assert_int_equal(retreat_after(&retreat, MISHAP_DEATH, 1), PARK_TIME);
}

static void
deaths_that_are_not_in_a_row_do_not(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	for (int i = 0; i < 4 * PARK_DEATHS; i++)
		assert_true(
		    retreat_after(&retreat, i % 5 ? MISHAP_DEATH : MISHAP_FAILED, 1) < PARK_TIME);
	assert_false(retreat.is_parked);
}

static void
a_flight_is_tried_again_soon(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(retreat_after(&retreat, MISHAP_FLIGHT, 1), RETREAT_FLIGHT);
	assert_false(retreat_is_bad(&retreat, MISHAP_FLIGHT));
}

static void
somebody_who_signs_in_waits_half_a_minute_at_most(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_true(retreat_after(&retreat, MISHAP_SECRET, 1) <=
		    RETREAT_SECRET + RETREAT_SECRET / 5);
}

static void
a_letter_that_is_not_given_is_asked_for_every_ten_seconds(void **state)
{
	struct retreat retreat = { 0 };

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_true(
		    retreat_after(&retreat, MISHAP_SOFT, 1) <= RETREAT_SOFT + RETREAT_SOFT / 5);
	assert_true(retreat_is_bad(&retreat, MISHAP_SOFT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_five_minutes),
		cmocka_unit_test(pauses_are_spread_and_repeat),
		cmocka_unit_test(what_will_fail_again_waits_five_minutes_and_is_told_at_once),
		cmocka_unit_test(a_passing_trouble_is_told_when_it_lasts),
		cmocka_unit_test(ten_deaths_in_a_row_park_a_mailbox),
		cmocka_unit_test(deaths_that_are_not_in_a_row_do_not),
		cmocka_unit_test(a_flight_is_tried_again_soon),
		cmocka_unit_test(a_letter_that_is_not_given_is_asked_for_every_ten_seconds),
		cmocka_unit_test(somebody_who_signs_in_waits_half_a_minute_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
