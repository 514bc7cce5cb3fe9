#include <assent/base/err.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void
a_sentence_is_read_outside_in(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, ERR_INVALID, "unknown fact '%s'", "ammount"), ERR_INVALID);
	assert_int_equal(err_wrap(&err, ERR_INVALID, "%s:%d", "vip.yaml", 14), ERR_INVALID);
	assert_int_equal(err_wrap(&err, ERR_IO, "rules"), ERR_IO);
	assert_string_equal(err.text, "rules: vip.yaml:14: unknown fact 'ammount'");
	assert_int_equal(err.code, ERR_IO);
}

static void
an_errno_value_is_put_into_words(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(
	    err_errno(&err, ERR_NOT_FOUND, ENOENT, "cannot open %s", "x"), ERR_NOT_FOUND);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
	err_errno(&err, ERR_IO, 99999, "cannot open x");
	assert_string_equal(err.text, "cannot open x: error 99999");
}

static void
nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_BUSY, "x"), ERR_BUSY);
	assert_int_equal(err_errno(NULL, ERR_IO, EIO, "x"), ERR_IO);
	assert_int_equal(err_wrap(NULL, ERR_FULL, "x"), ERR_FULL);
}

static void
a_sentence_is_one_clipped_line(void **state)
{
	struct err err;
	char big[2000];

	(void)state;
	err_set(&err, ERR_PEER, "the server said: 250 ok\r\nerror=none\x1b[2J\n");
	assert_string_equal(err.text, "the server said: 250 ok  error=none [2J");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&err, ERR_PEER, "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_wrap(&err, ERR_PEER, "the server");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "the server: xxx", 15);
}

static void
a_prefix_alone_has_no_colon(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_wrap(&err, ERR_IO, "the disk");
	assert_string_equal(err.text, "the disk");
}

static const struct {
	int code;
	const char *name;
	bool temporary;
} codes[] = {
	{ 0, "ok", false },
	{ ERR_NOT_FOUND, "not-found", false },
	{ ERR_INVALID, "invalid", false },
	{ ERR_LIMIT, "limit", false },
	{ ERR_CONFLICT, "conflict", false },
	{ ERR_DENIED, "denied", false },
	{ ERR_BUSY, "busy", true },
	{ ERR_IO, "io", true },
	{ ERR_PEER, "peer", true },
	{ ERR_FULL, "full", true },
	{ -99, "unknown", false },
};

static void
a_code_has_a_name_and_says_whether_to_try_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		assert_string_equal(err_name(codes[i].code), codes[i].name);
		assert_int_equal(err_is_temporary(codes[i].code), codes[i].temporary);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_is_read_outside_in),
		cmocka_unit_test(an_errno_value_is_put_into_words),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(a_sentence_is_one_clipped_line),
		cmocka_unit_test(a_prefix_alone_has_no_colon),
		cmocka_unit_test(a_code_has_a_name_and_says_whether_to_try_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
