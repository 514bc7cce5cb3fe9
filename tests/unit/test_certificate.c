#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/base/certificate.h>

#include <stdlib.h>
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
	assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const char *file = authorities_file(wanted[i]);
		if (file[0] == '\0') /* a machine without any: libcurl knows best */
			continue;
		assert_int_equal(stat(file, &st), 0);
		assert_true(S_ISREG(st.st_mode));
		assert_true(st.st_size > 0);
	}
}

static void
the_environment_names_one_between_the_two(void **state)
{
	(void)state;
	assert_int_equal(setenv("SSL_CERT_FILE", "/etc/house-ca.pem", 1), 0);
	assert_string_equal(authorities_file(NULL), "/etc/house-ca.pem");
	assert_string_equal(authorities_file("/etc/assentd/our-ca.pem"), "/etc/assentd/our-ca.pem");
	assert_int_equal(setenv("SSL_CERT_FILE", "", 1), 0);
	assert_string_not_equal(authorities_file(NULL), "/etc/house-ca.pem");
	assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_ones_own_takes_the_place_of_the_systems),
		cmocka_unit_test(the_systems_authorities_are_one_file_that_is_there),
		cmocka_unit_test(the_environment_names_one_between_the_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
