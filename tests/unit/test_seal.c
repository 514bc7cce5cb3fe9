#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/base/seal.h>

#include <string.h>

static const uint8_t key[SEAL_KEY_SIZE] = { 1, 2, 3 }, other[SEAL_KEY_SIZE] = { 1, 2, 4 };
static const struct seal ours = { key, "credential m365 refresh" };
static const char secret[] = "a refresh token";

static void
what_was_sealed_opens_again(void **state)
{
	uint8_t sealed[sizeof(secret) + SEAL_EXTRA];
	char out[sizeof(secret)];

	(void)state;
	seal_close(&ours, secret, sizeof(secret), sealed);
	assert_null(memmem(sealed, sizeof(sealed), "refresh", 7));
	assert_true(seal_open(&ours, sealed, sizeof(sealed), (uint8_t *)out));
	assert_string_equal(out, secret);
}

static void
nothing_can_be_sealed_too(void **state)
{
	uint8_t sealed[SEAL_EXTRA], out[1] = { 7 };

	(void)state;
	seal_close(&ours, "", 0, sealed);
	assert_true(seal_open(&ours, sealed, sizeof(sealed), out));
	assert_int_equal(out[0], 7);
}

static void
the_same_text_never_looks_the_same(void **state)
{
	uint8_t a[sizeof(secret) + SEAL_EXTRA], b[sizeof(secret) + SEAL_EXTRA];

	(void)state;
	seal_close(&ours, secret, sizeof(secret), a);
	seal_close(&ours, secret, sizeof(secret), b);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
another_key_or_use_opens_nothing(void **state)
{
	const struct seal wrong[] = { { other, ours.context }, { key, "credential m365 access" },
		{ key, "credential m36 refresh" }, { key, "" } };
	uint8_t sealed[sizeof(secret) + SEAL_EXTRA], out[sizeof(secret)];

	(void)state;
	seal_close(&ours, secret, sizeof(secret), sealed);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(seal_open(&wrong[i], sealed, sizeof(sealed), out));
		assert_memory_not_equal(out, secret, 4);
	}
}

static void
no_byte_may_change(void **state)
{
	uint8_t sealed[sizeof(secret) + SEAL_EXTRA], out[sizeof(secret)];

	(void)state;
	seal_close(&ours, secret, sizeof(secret), sealed);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_false(seal_open(&ours, sealed, sizeof(sealed), out));
		sealed[i] ^= 1;
	}
	for (size_t n = 0; n < sizeof(sealed); n++)
		assert_false(seal_open(&ours, sealed, n, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens_again),
		cmocka_unit_test(nothing_can_be_sealed_too),
		cmocka_unit_test(the_same_text_never_looks_the_same),
		cmocka_unit_test(another_key_or_use_opens_nothing),
		cmocka_unit_test(no_byte_may_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
