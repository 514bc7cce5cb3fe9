#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
an_empty_string_is_a_text_too(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(10);
	AUTO(mem_freep) char *taken = NULL;

	(void)state;
	assert_string_equal(str_text(&s), "");
	str_cut(&s, 0);
	str_clear(&s);
	str_add(&s, NULL);
	str_add(&s, "");
	taken = str_take(&s);
	assert_string_equal(taken, "");
}

static void
text_grows_piece_by_piece(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100000);

	(void)state;
	for (int i = 0; i < 10000; i++) {
		str_add_char(&s, 'a');
		assert_int_equal(s.text[s.len], 0);
	}
	str_addf(&s, "%d-%s", 42, "x");
	assert_int_equal(s.len, 10004);
	assert_string_equal(str_text(&s) + 9999, "a42-x");
	str_cut(&s, 3);
	assert_string_equal(str_text(&s), "aaa");
	str_cut(&s, 50);
	assert_int_equal(s.len, 3);
}

static void
the_ceiling_is_the_last_byte_that_fits(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(5);

	(void)state;
	str_add(&s, "12345");
	assert_false(str_overflowed(&s));
	assert_string_equal(str_text(&s), "12345");
	str_add_char(&s, '6');
	assert_true(str_overflowed(&s));
	assert_string_equal(str_text(&s), "12345");
}

static void
an_overflow_stays_and_nothing_more_is_added(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(8);

	(void)state;
	str_add(&s, "1234");
	str_addf(&s, "%s", "56789");
	str_add(&s, "5");
	assert_true(str_overflowed(&s));
	assert_string_equal(str_text(&s), "1234");
	str_clear(&s);
	assert_false(str_overflowed(&s));
	str_add(&s, "5");
	assert_string_equal(str_text(&s), "5");
}

static void
a_taken_text_is_the_callers(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(50);
	AUTO(mem_freep) char *taken = NULL;

	(void)state;
	str_add(&s, "mine");
	taken = str_take(&s);
	assert_string_equal(taken, "mine");
	assert_string_equal(str_text(&s), "");
	str_add(&s, "next");
	assert_string_equal(str_text(&s), "next");
}

static void
a_byte_of_zero_is_a_byte(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(50);

	(void)state;
	str_add_n(&s, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.text, "a\0b", 4);
}

static void
null_is_only_null(void **state)
{
	(void)state;
	assert_true(text_is(NULL, NULL));
	assert_false(text_is(NULL, ""));
	assert_false(text_is("", NULL));
	assert_true(text_is_nocase(NULL, NULL));
	assert_false(text_is_nocase("a", NULL));
	assert_false(text_starts(NULL, ""));
	assert_false(text_starts_nocase(NULL, ""));
	assert_false(text_ends_nocase(NULL, ""));
	assert_null(text_find_nocase(NULL, "x"));
	assert_null(text_trim(NULL));
	assert_true(text_is_blank(NULL));
}

static const struct {
	const char *a, *b;
	bool same, starts, ends;
} pairs[] = {
	{ "Approved", "approved", true, true, true },
	{ "Approved", "approve", false, true, false },
	{ "approve", "Approved", false, false, false },
	{ "Re: Server", "SERVER", false, false, true },
	{ "x", "", false, true, true },
	{ "", "", true, true, true },
	{ "@", "`", false, false, false },
	{ "[", "{", false, false, false },
	{ "\xc3\x84", "\xc3\xa4", false, false, false },
};

static void
case_is_folded_for_ascii_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		assert_int_equal(text_is_nocase(pairs[i].a, pairs[i].b), pairs[i].same);
		assert_int_equal(text_starts_nocase(pairs[i].a, pairs[i].b), pairs[i].starts);
		assert_int_equal(text_ends_nocase(pairs[i].a, pairs[i].b), pairs[i].ends);
	}
	assert_true(text_starts("ab", "a"));
	assert_false(text_starts("Ab", "a"));
}

static void
a_needle_is_found_in_any_case(void **state)
{
	const char *hay = "On Monday Anna WROTE:";

	(void)state;
	assert_ptr_equal(text_find_nocase(hay, "wrote"), hay + 15);
	assert_ptr_equal(text_find_nocase(hay, ""), hay);
	assert_null(text_find_nocase(hay, "wrotes"));
	assert_string_equal(text_find_nocase("aaab", "AAB"), "aab");
}

static void
blanks_are_trimmed_at_both_ends(void **state)
{
	char text[] = " \t Yes, Go \r\n", blank[] = " \n\t ";

	(void)state;
	assert_string_equal(text_trim(text), "Yes, Go");
	assert_string_equal(text_trim(blank), "");
	text_lower(text);
	assert_string_equal(text_trim(text), "yes, go");
	assert_true(text_is_blank(" \r\n\t\v\f"));
	assert_true(text_is_blank(""));
	assert_false(text_is_blank(" x "));
}

static const char *const keys[] = { "public_url", "send_delay", "amount", "owner", "trust", "ai" };

static const struct {
	const char *typed, *meant;
} slips[] = {
	{ "ammount", "amount" },
	{ "publicurl", "public_url" },
	{ "Send_Delay", "send_delay" },
	{ "onwer", "owner" },
	{ "trsut", "trust" },
	{ "truust", "trust" },
	{ "tr", NULL },
	{ "ia", NULL },
	{ "ai", "ai" },
	{ "something_else", NULL },
	{ "", NULL },
	{ NULL, NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL },
};

static void
a_slip_of_the_pen_is_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		const char *got = text_nearest(slips[i].typed, keys, ARRAY_LEN(keys));

		if (slips[i].meant)
			assert_string_equal(got, slips[i].meant);
		else
			assert_null(got);
	}
}

/* RFC 4648 section 10 */
static const struct {
	const char *plain, *base64, *base32, *hex;
} vectors[] = {
	{ "", "", "", "" },
	{ "f", "Zg==", "my", "66" },
	{ "fo", "Zm8=", "mzxq", "666f" },
	{ "foo", "Zm9v", "mzxw6", "666f6f" },
	{ "foob", "Zm9vYg==", "mzxw6yq", "666f6f62" },
	{ "fooba", "Zm9vYmE=", "mzxw6ytb", "666f6f6261" },
	{ "foobar", "Zm9vYmFy", "mzxw6ytboi", "666f6f626172" },
};

static void
the_vectors_of_rfc_4648_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);
		size_t n = strlen(vectors[i].plain);
		char out[16];

		str_add_base64(&s, vectors[i].plain, n);
		assert_string_equal(str_text(&s), vectors[i].base64);
		assert_int_equal(base64_decode(str_text(&s), s.len, out, sizeof(out)), n);
		assert_memory_equal(out, vectors[i].plain, n);
		str_clear(&s);
		str_add_base32(&s, vectors[i].plain, n);
		assert_string_equal(str_text(&s), vectors[i].base32);
		assert_int_equal(base32_decode(str_text(&s), s.len, out, sizeof(out)), n);
		assert_memory_equal(out, vectors[i].plain, n);
		str_clear(&s);
		str_add_hex(&s, vectors[i].plain, n);
		assert_string_equal(str_text(&s), vectors[i].hex);
		assert_int_equal(hex_decode(str_text(&s), s.len, out, sizeof(out)), n);
		assert_memory_equal(out, vectors[i].plain, n);
	}
}

static void
every_byte_survives_each_code(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(1000);
	uint8_t bytes[256], out[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)(i * 7 + 3);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		str_clear(&s);
		str_add_base64(&s, bytes, n);
		assert_int_equal(base64_decode(str_text(&s), s.len, out, n), n);
		assert_memory_equal(out, bytes, n);
		str_clear(&s);
		str_add_base32(&s, bytes, n);
		assert_int_equal(base32_decode(str_text(&s), s.len, out, n), n);
		assert_memory_equal(out, bytes, n);
	}
}

typedef long (*decoder)(const char *, size_t, void *, size_t);

static const struct {
	decoder decode;
	const char *text;
	size_t room;
	long want;
} decodes[] = {
	{ base64_decode, "Zg", 9, -1 }, /* no padding */
	{ base64_decode, "Zg=", 9, -1 },
	{ base64_decode, "Z===", 9, -1 },
	{ base64_decode, "====", 9, -1 },
	{ base64_decode, "Zh==", 9, -1 }, /* spare bits set */
	{ base64_decode, "Zm9=", 9, -1 },
	{ base64_decode, "Zg==Zg==", 9, -1 },
	{ base64_decode, "Zm9v\n", 9, -1 },
	{ base64_decode, "Zm-v", 9, -1 },
	{ base64_decode, "Zm9v", 2, -1 }, /* does not fit */
	{ base64_decode, "Zm9v", 3, 3 },
	{ base32_decode, "MZXW6YTB", 5, 5 },
	{ base32_decode, "mZxW6yTb", 5, 5 },
	{ base32_decode, "mzxw6ytb", 4, -1 },
	{ base32_decode, "m", 9, -1 }, /* no such length */
	{ base32_decode, "mzx", 9, -1 },
	{ base32_decode, "mzxw6y", 9, -1 },
	{ base32_decode, "mz", 9, -1 }, /* spare bits set */
	{ base32_decode, "m1", 9, -1 },
	{ base32_decode, "my======", 9, -1 },
	{ hex_decode, "6G", 9, -1 },
	{ hex_decode, "6", 9, -1 },
	{ hex_decode, "fF00", 2, 2 },
	{ hex_decode, "ff00", 1, -1 },
	{ hex_decode, "0x", 9, -1 },
};

static void
bytes_are_written_in_one_way_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(decodes); i++) {
		uint8_t out[16];
		long got = decodes[i].decode(
		    decodes[i].text, strlen(decodes[i].text), out, decodes[i].room);

		if (got != decodes[i].want)
			fail_msg("%s: %ld", decodes[i].text, got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_string_is_a_text_too),
		cmocka_unit_test(text_grows_piece_by_piece),
		cmocka_unit_test(the_ceiling_is_the_last_byte_that_fits),
		cmocka_unit_test(an_overflow_stays_and_nothing_more_is_added),
		cmocka_unit_test(a_taken_text_is_the_callers),
		cmocka_unit_test(a_byte_of_zero_is_a_byte),
		cmocka_unit_test(null_is_only_null),
		cmocka_unit_test(case_is_folded_for_ascii_only),
		cmocka_unit_test(a_needle_is_found_in_any_case),
		cmocka_unit_test(blanks_are_trimmed_at_both_ends),
		cmocka_unit_test(a_slip_of_the_pen_is_guessed),
		cmocka_unit_test(the_vectors_of_rfc_4648_hold),
		cmocka_unit_test(every_byte_survives_each_code),
		cmocka_unit_test(bytes_are_written_in_one_way_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
