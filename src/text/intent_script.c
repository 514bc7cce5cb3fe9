#include "intent_batch_priv.h"

#include "fold_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

/*
 * Scripts that put no blank between words, or particles in front of them.
 */

#define PARTICLE_BYTES 6 /* three letters */
#define LISTED_LETTERS 6 /* of the longest word that cuts a run */
#define SHORT_WORD 4 /* bytes: two letters, before which only "and" and "that" are safe */

/* Han and kana: no blanks at all. */
static bool
is_glued(uint32_t c)
{
	return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || c == 0x3005;
}

static bool
is_hangul(uint32_t c)
{
	return (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x3130 && c <= 0x318f);
}

/* The code point that ends right before s + at; at > 0. */
static uint32_t
code_before(const char *s, size_t at)
{
	uint32_t c;
	size_t from = at - 1;
	while (from > 0 && ((unsigned char)s[from] & 0xc0) == 0x80)
		from--;
	utf8_next(s + from, at - from, &c);
	return c;
}

static bool
is_east(uint32_t c)
{
	return is_glued(c) || is_hangul(c);
}

bool
script_begins_east(const char *s, size_t n)
{
	uint32_t c;
	return n > 2 && (unsigned char)*s >= 0xe3 && utf8_next(s, n, &c) > 0 && is_east(c);
}

/* Blanks between letters of the east mean nothing: people set them as they like. */
size_t
script_compact(char *out, const char *s, size_t n)
{
	size_t used = 0;
	for (size_t i = 0; i < n; i++)
		if (s[i] != ' ' || i == 0 || !script_begins_east(s + i + 1, n - i - 1) ||
		    !is_east(code_before(s, i)))
			out[used++] = s[i];
	out[used] = '\0';
	return used;
}

/* How many words, or what would be words elsewhere. */
size_t
script_words(const char *s)
{
	size_t words = *s != '\0', glued = 0;
	for (; *s; s++) {
		words += *s == ' ';
		glued += (unsigned char)*s >= 0xe3 && (unsigned char)*s <= 0xe9;
	}
	return words + glued / 2;
}

/* How many of the n bytes are one word of a pattern: a letter, in the east. */
size_t
script_word(const char *s, size_t n)
{
	uint32_t c;
	size_t end = 0;
	while (end < n) {
		size_t size = utf8_next(s + end, n - end, &c);
		if (is_east(c))
			return end ? end : size;
		end += size;
	}
	return end;
}

/* "好的 请下单": a blank between two Han letters is a comma. */
bool
script_blank_divides(const char *s, size_t n, size_t at)
{
	uint32_t next;
	if (at == 0 || at + 1 >= n || s[at] != ' ' || (unsigned char)s[at + 1] < 0xe3)
		return false;
	utf8_next(s + at + 1, n - at - 1, &next);
	uint32_t before = code_before(s, at);
	return next >= 0x3400 && next <= 0x9fff && before >= 0x3040 && before <= 0x9fff;
}

static bool
is_listed(const char *s, size_t n, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == n && memcmp(s, *list, n) == 0)
			return true;
	return false;
}

static bool
is_semitic(const char *s)
{
	unsigned char c = (unsigned char)*s;
	return c >= 0xd6 && c <= 0xdb;
}

/* "ولا", "שאם": do nothing but particles stand between the word's start and at? */
bool
script_is_particle(const char *text, const char *at, size_t len)
{
	static const char *const before_any[] = { "و", "ف", "ו", "ש", "כש", "וש", "שה", NULL };
	static const char *const before_long[] = { "ب", "ل", "ك", "ال", "وال", "بال", "لل", "ول",
		"وب", "س", "وس", "ה", "ב", "ל", "מ", "כ", "וה", "ול", "וב", "לכש", "ומ", NULL };
	const char *from = at;
	if (!is_semitic(at))
		return false;
	while (from - text >= 2 && at - from <= PARTICLE_BYTES && is_semitic(from - 2))
		from -= 2;
	size_t n = (size_t)(at - from);
	return is_listed(from, n, before_any) ||
	    (len > SHORT_WORD && is_listed(from, n, before_long));
}

/* "안 " is a word of its own: "동안 " is another. */
bool
script_is_inside(const char *text, const char *at, size_t len)
{
	uint32_t c;
	if (at == text || at[len - 1] != ' ' || (unsigned char)*at < 0xea)
		return false;
	utf8_next(at, len, &c);
	return is_hangul(c) && is_hangul(code_before(text, (size_t)(at - text)));
}

static bool
is_listed_word(const char *s, size_t n)
{
	size_t low = 0, high = script_listed_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strncmp(s, script_listed[middle], n);
		if (order == 0 && script_listed[middle][n] == '\0')
			return true;
		if (order <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* The longest word of the tables of lists that s begins with; 0 for none. */
static size_t
listed_at(const char *s, size_t n)
{
	size_t ends[LISTED_LETTERS], count = 0;
	for (size_t at = 0; at < n && count < LISTED_LETTERS; count++) {
		uint32_t c;
		ends[count] = at += utf8_next(s + at, n - at, &c);
		if (!is_glued(c))
			break;
	}
	while (count > 0 && !is_listed_word(s, ends[count - 1]))
		count--;
	return count ? ends[count - 1] : 0;
}

static bool
is_local_digit(uint32_t c)
{
	return (c >= 0x660 && c <= 0x669) || (c >= 0x6f0 && c <= 0x6f9) ||
	    (c >= 0xff10 && c <= 0xff19);
}

/* May c go on a token whose first letter is first? */
static bool
goes_on(uint32_t first, uint32_t c)
{
	bool digit = is_local_digit(c) || (c >= '0' && c <= '9');
	if (is_local_digit(first) || (digit && first >= 0x590))
		return digit && is_local_digit(first);
	return (fold_is_word(c) || c == '\'' || c == 0x2019) && is_glued(c) == is_glued(first);
}

size_t
script_token(const char *s, size_t n)
{
	uint32_t first, c;
	size_t end = utf8_next(s, n, &first);
	if (is_glued(first) && listed_at(s, n) > 0)
		return listed_at(s, n);
	while (end < n) {
		size_t size = utf8_next(s + end, n - end, &c);
		if (!goes_on(first, c) || (is_glued(first) && listed_at(s + end, n - end)))
			break;
		end += size;
	}
	return end;
}
