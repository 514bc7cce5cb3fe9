#include <assent/base/str.h>
#include <assent/mail/verp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct site_key keys[] = {
	{ 1, "an old key, thirty-two bytes...." },
	{ 2, "the newest key of thirty-two...." },
	{ 3, "somebody else's key of the same." },
};
static const struct policy policy = { .keys = keys, .key_count = 2 };
static const struct id id = { { 1, 0x93, 0xf0, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15,
    0xff } };

static void
a_code_says_which_mail_it_was(void **state)
{
	char code[VERP_CODE_SIZE];
	struct id got = { { 0 } };

	(void)state;
	verp_code(&policy, &id, code);
	assert_int_equal(strlen(code), VERP_CODE_SIZE - 1);
	assert_int_equal(strncmp(code, "b-", 2), 0);
	assert_int_equal(strspn(code + 2, "abcdefghijklmnopqrstuvwxyz234567"), VERP_CODE_SIZE - 3);
	assert_true(verp_read(&policy, code, &got));
	assert_true(id_equal(&id, &got));
	for (char *c = code; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	assert_true(verp_read(&policy, code, &got));
}

static void
a_code_of_an_older_key_of_the_ring_is_still_read(void **state)
{
	const struct policy before = { .keys = keys, .key_count = 1 };
	const struct policy other = { .keys = keys + 2, .key_count = 1 };
	char code[VERP_CODE_SIZE];
	struct id got;

	(void)state;
	verp_code(&before, &id, code);
	assert_true(verp_read(&policy, code, &got));
	assert_false(verp_read(&other, code, &got));
}

static void
a_code_with_any_letter_changed_is_none(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	char code[VERP_CODE_SIZE], changed[VERP_CODE_SIZE];
	size_t read = 0;
	struct id got;

	(void)state;
	verp_code(&policy, &id, code);
	for (size_t at = 0; at < VERP_CODE_SIZE - 1; at++)
		for (const char *letter = letters; *letter != '\0'; letter++) {
			memcpy(changed, code, sizeof(code));
			if (changed[at] == *letter)
				continue;
			changed[at] = *letter;
			read += verp_read(&policy, changed, &got);
		}
	/* The last letter has two bits that mean nothing, where the decoder lets them. */
	assert_in_range(read, 0, 3);
}

static void
what_is_no_code_is_read_as_none(void **state)
{
	static const char *const none[] = { "", "b-", "b-aaaa", "abcdefghijklmnopqrstuvwxyz234567",
		"b-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"b-\xc3\xa9" };
	struct id got;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(verp_read(&policy, none[i], &got));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_says_which_mail_it_was),
		cmocka_unit_test(a_code_of_an_older_key_of_the_ring_is_still_read),
		cmocka_unit_test(a_code_with_any_letter_changed_is_none),
		cmocka_unit_test(what_is_no_code_is_read_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
