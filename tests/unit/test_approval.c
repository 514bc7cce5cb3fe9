/* The life of a question: every pair of state and event. */
#include <assent/model/approval.h>

#include <assent/base/attr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
final_states_refuse_everything(void **state)
{
	(void)state;
	for (int s = 0; s < AS_COUNT; s++) {
		if (!approval_is_final((enum approval_state)s))
			continue;
		for (int e = 0; e < AE_COUNT; e++) {
			enum approval_state to;
			unsigned effects;
			assert_false(approval_step(
			    (enum approval_state)s, (enum approval_event)e, &to, &effects));
		}
	}
}

static void
every_open_state_can_end(void **state)
{
	(void)state;
	for (int s = 0; s < AS_COUNT; s++) {
		bool ends = false;
		if (!approval_is_open((enum approval_state)s))
			continue;
		for (int e = 0; e < AE_COUNT; e++) {
			enum approval_state to;
			unsigned effects;
			if (approval_step(
				(enum approval_state)s, (enum approval_event)e, &to, &effects) &&
			    approval_is_final(to))
				ends = true;
		}
		assert_true(ends);
	}
}

static void
silence_is_never_consent(void **state)
{
	(void)state;
	for (int s = 0; s < AS_COUNT; s++)
		for (int e = 0; e < AE_COUNT; e++) {
			enum approval_state to;
			unsigned effects;
			if (!approval_step(
				(enum approval_state)s, (enum approval_event)e, &to, &effects))
				continue;
			if (to == AS_APPROVED)
				assert_int_equal(e, AE_YES);
			if (to == AS_REJECTED)
				assert_int_equal(e, AE_NO);
		}
}

static void
whatever_ends_closes_its_tokens(void **state)
{
	(void)state;
	for (int s = 0; s < AS_COUNT; s++)
		for (int e = 0; e < AE_COUNT; e++) {
			enum approval_state to;
			unsigned effects;
			if (approval_step(
				(enum approval_state)s, (enum approval_event)e, &to, &effects) &&
			    approval_is_final(to))
				assert_true((effects & FX_CLOSE_TOKENS) != 0);
		}
}

static void
a_draft_cannot_be_decided(void **state)
{
	enum approval_state to;
	unsigned effects;

	(void)state;
	assert_false(approval_step(AS_DRAFT, AE_YES, &to, &effects));
	assert_false(approval_step(AS_DRAFT, AE_NO, &to, &effects));
	assert_false(approval_step(AS_DRAFT, AE_DEADLINE, &to, &effects));
}

static void
names_are_read_back(void **state)
{
	(void)state;
	for (int s = 0; s < AS_COUNT; s++) {
		enum approval_state back;
		assert_true(
		    approval_state_parse(approval_state_name((enum approval_state)s), &back));
		assert_int_equal(back, s);
	}
	enum approval_state untouched = AS_SENT;
	assert_false(approval_state_parse("approve", &untouched));
	assert_int_equal(untouched, AS_SENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(final_states_refuse_everything),
		cmocka_unit_test(every_open_state_can_end),
		cmocka_unit_test(silence_is_never_consent),
		cmocka_unit_test(whatever_ends_closes_its_tokens),
		cmocka_unit_test(a_draft_cannot_be_decided),
		cmocka_unit_test(names_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
