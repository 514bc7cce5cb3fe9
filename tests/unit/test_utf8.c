#include <assent/base/utf8.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define FFFD "\xef\xbf\xbd"

/* clang-format off */
static const struct {
	const char *bytes;
	size_t n;
	bool valid;
	const char *clean;
} rows[] = {
	{ "plain", 5, true, "plain" },
	{ "", 0, true, "" },
	{ "Gr\xc3\xbc\xc3\x9f" "e", 7, true, "Gr\xc3\xbc\xc3\x9f" "e" },
	{ "\xe2\x82\xac", 3, true, "\xe2\x82\xac" },
	{ "\xf0\x9f\x91\x8d", 4, true, "\xf0\x9f\x91\x8d" },
	{ "\xf4\x8f\xbf\xbf", 4, true, "\xf4\x8f\xbf\xbf" },
	{ "\xf4\x90\x80\x80", 4, false, FFFD FFFD FFFD FFFD },		/* above U+10FFFF */
	{ "\xed\xa0\x80", 3, false, FFFD FFFD FFFD },			/* surrogate */
	{ "\xed\x9f\xbf", 3, true, "\xed\x9f\xbf" },
	{ "\xc0\xaf", 2, false, FFFD FFFD },				/* overlong */
	{ "\xc1\xbf", 2, false, FFFD FFFD },
	{ "\xe0\x80\xaf", 3, false, FFFD FFFD FFFD },
	{ "\xf0\x80\x80\xaf", 4, false, FFFD FFFD FFFD FFFD },
	{ "\x80", 1, false, FFFD },
	{ "a\xe2\x82", 3, false, "a" FFFD FFFD },			/* cut off */
	{ "\xe2z\xac", 3, false, FFFD "z" FFFD },
	{ "\xff\xfe", 2, false, FFFD FFFD },
	{ "a\0b", 3, false, "ab" },
};
/* clang-format on */

static void
only_what_rfc_3629_allows_is_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(utf8_is_valid(rows[i].bytes, rows[i].n), rows[i].valid);
}

static void
malformed_bytes_become_replacement_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		utf8_add_clean(&s, rows[i].bytes, rows[i].n);
		assert_string_equal(str_text(&s), rows[i].clean);
		assert_true(utf8_is_valid(str_text(&s), s.len));
	}
}

static void
every_code_point_survives_writing_and_reading(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x110010; c += c < 0x11000 ? 1 : 61) {
		AUTO(str_donep) struct str s = STR_INIT(10);
		bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
		uint32_t got;

		utf8_add(&s, c);
		assert_int_equal(utf8_next(s.text, s.len, &got), s.len);
		assert_int_equal(got, good ? c : 0xfffd);
	}
}

static void
a_cut_falls_between_code_points(void **state)
{
	const char *s = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x91\x8d.";
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };

	(void)state;
	for (size_t max = 0; max < ARRAY_LEN(want); max++)
		assert_int_equal(utf8_cut(s, strlen(s), max), want[max]);
	/* Malformed bytes are one each, so nothing holds them together. */
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
	assert_int_equal(utf8_cut("a\xe2\x82", 3, 2), 2);
}

/* clang-format off */
static const struct {
	const char *raw, *seen;
} visible[] = {
	{ "one\ttwo\nthree", "one\ttwo\nthree" },
	{ "line\r\nline", "line\nline" },
	{ "ap\xe2\x80\x8bproved", "approved" },				/* U+200B */
	{ "\xe2\x80\xae" "devorppa\xe2\x80\xac", "devorppa" },		/* U+202E */
	{ "\xe2\x81\xa6" "a\xe2\x81\xa9", "a" },			/* isolates */
	{ "\xef\xbb\xbf" "bom", "bom" },
	{ "a\x1b[31mred", "a[31mred" },
	{ "a\x7f\xc2\x85" "b", "ab" },					/* DEL, C1 */
	{ "so\xc2\xad" "ft", "soft" },
	{ "a\xf3\xa0\x81\xa1\xf3\xa0\x81\xa2z", "az" },			/* tags */
	{ "a\xf3\xa0\x84\x80\xef\xb8\x81z", "az" },			/* selectors */
	{ "\xe2\x80\xa8next", "\nnext" },				/* line separator */
	{ "bad\xff!", "bad" FFFD "!" },
	{ "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb" },
	{ "\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5", "\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5" },
	{ "\xe2\x9c\x94\xef\xb8\x8f ok", "\xe2\x9c\x94\xef\xb8\x8f ok" },
	{ "1\xef\xb8\x8f\xe2\x83\xa3", "1\xef\xb8\x8f\xe2\x83\xa3" },	/* keycap */
	{ "\xf0\x9f\x91\xa9\xe2\x80\x8d" "a", "\xf0\x9f\x91\xa9" "a" },
	{ "a\xe2\x80\x8d\xf0\x9f\x92\xbb", "a\xf0\x9f\x92\xbb" },
	{ "\xf0\x9f\x91\x8d\xe2\x80\x8d", "\xf0\x9f\x91\x8d" },
	{ "\xf0\x9f\x91\x8d\xef\xb8\x8f\xef\xb8\x8f", "\xf0\x9f\x91\x8d\xef\xb8\x8f" },
};
/* clang-format on */

static void
people_see_all_that_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(visible); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		utf8_add_visible(&s, visible[i].raw, strlen(visible[i].raw));
		assert_string_equal(str_text(&s), visible[i].seen);
	}
}

static void
showing_twice_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(visible); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		utf8_add_visible(&s, visible[i].seen, strlen(visible[i].seen));
		assert_string_equal(str_text(&s), visible[i].seen);
	}
}

static const struct {
	const char *text;
	size_t max;
	const char *line;
} lines[] = {
	{ "hello", 10, "hello" },
	{ "hello", 5, "hello" },
	{ "hello!", 5, "he\xe2\x80\xa6" },
	{ "a\nb\tc", 10, "a b c" },
	{ "\xc3\xbc\xc3\xbc\xc3\xbc", 5, "\xc3\xbc\xe2\x80\xa6" },
	{ "\xc3\xbc\xc3\xbc\xc3\xbc", 6, "\xc3\xbc\xc3\xbc\xc3\xbc" },
	{ "hello", 3, "\xe2\x80\xa6" },
	{ "hello", 2, "" },
	{ "hi\xe2\x80\x8b\xe2\x80\x8b\xe2\x80\x8b", 2, "hi" },
	{ "", 5, "" },
	{ NULL, 5, "" },
};

static void
a_line_is_one_line_and_clipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		str_add(&s, "x=");
		utf8_add_line(&s, lines[i].text, lines[i].max);
		assert_string_equal(str_text(&s) + 2, lines[i].line);
		assert_true(s.len - 2 <= lines[i].max);
	}
}

static void
a_line_needs_no_more_room_than_it_may_have(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(8);

	(void)state;
	utf8_add_line(&s, "a longer text", 8);
	assert_string_equal(str_text(&s), "a lon\xe2\x80\xa6");
	assert_false(str_overflowed(&s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_rfc_3629_allows_is_valid),
		cmocka_unit_test(malformed_bytes_become_replacement_characters),
		cmocka_unit_test(every_code_point_survives_writing_and_reading),
		cmocka_unit_test(a_cut_falls_between_code_points),
		cmocka_unit_test(people_see_all_that_is_there),
		cmocka_unit_test(showing_twice_changes_nothing),
		cmocka_unit_test(a_line_is_one_line_and_clipped),
		cmocka_unit_test(a_line_needs_no_more_room_than_it_may_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
