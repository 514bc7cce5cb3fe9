/* What an account is called (base/user.h). */
#include <assent/base/user.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
an_account_has_its_name_and_its_number(void **state)
{
	char out[USER_TEXT_SIZE];

	(void)state;
	assert_string_equal(user_text(0, out), "root (uid 0)");
}

static void
a_number_without_an_account_is_said_as_it_is(void **state)
{
	char out[USER_TEXT_SIZE];

	(void)state;
	assert_string_equal(user_text((uid_t)3999999999u, out), "uid 3999999999");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_has_its_name_and_its_number),
		cmocka_unit_test(a_number_without_an_account_is_said_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
