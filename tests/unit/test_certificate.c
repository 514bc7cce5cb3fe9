#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/base/certificate.h>

#include <string.h>
#include <sys/stat.h>

static void
a_file_of_ones_own_takes_the_place_of_the_systems(void **state)
{
	(void)state;
	assert_string_equal(authorities_file("/etc/assentd/our-ca.pem"), "/etc/assentd/our-ca.pem");
}

static void
the_systems_authorities_are_one_file_that_is_there(void **state)
{
	static const char *const wanted[] = { NULL, "" };
	struct stat st;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const char *file = authorities_file(wanted[i]);
		if (file[0] == '\0') /* a machine without any: libcurl knows best */
			continue;
		assert_int_equal(stat(file, &st), 0);
		assert_true(S_ISREG(st.st_mode));
		assert_true(st.st_size > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_ones_own_takes_the_place_of_the_systems),
		cmocka_unit_test(the_systems_authorities_are_one_file_that_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
