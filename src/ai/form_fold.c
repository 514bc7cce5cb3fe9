#include <assent/base/utf8.h>

#include "ai/form_priv.h"

#include <string.h>

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Signs in a row that each stand for the next one of ASCII. */
struct row {
	uint32_t from, to;
	char first;
};

static char
in_row(const struct row *rows, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= rows[i].from && c <= rows[i].to)
			return (char)(rows[i].first + (char)(c - rows[i].from));
	return '\0';
}

/* Numbers of other scripts. */
static char
digit_of(uint32_t c)
{
	static const uint32_t zeros[] = { 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66,
		0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0,
		0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50 };

	for (size_t i = 0; i < ARRAY_LEN(zeros) && c >= zeros[i]; i++)
		if (c <= zeros[i] + 9)
			return (char)('0' + (c - zeros[i]));
	return '\0';
}

/* Letters and digits as ornaments: raised, lowered, within circles and boxes. */
static char
ornament_of(uint32_t c)
{
	static const struct row rows[] = { { 0x2074, 0x2079, '4' }, { 0x2080, 0x2089, '0' },
		{ 0x2460, 0x2468, '1' }, { 0x2474, 0x247c, '1' }, { 0x2488, 0x2490, '1' },
		{ 0x249c, 0x24b5, 'a' }, { 0x24b6, 0x24cf, 'a' }, { 0x24d0, 0x24e9, 'a' },
		{ 0x24ea, 0x24ea, '0' }, { 0x24f5, 0x24fd, '1' }, { 0x2776, 0x277e, '1' },
		{ 0x2780, 0x2788, '1' }, { 0x278a, 0x2792, '1' }, { 0x1f101, 0x1f10a, '0' },
		{ 0x1f110, 0x1f129, 'a' }, { 0x1f130, 0x1f149, 'a' }, { 0x1f150, 0x1f169, 'a' },
		{ 0x1f170, 0x1f189, 'a' }, { 0x1f1e6, 0x1f1ff, 'a' }, { 0x1fbf0, 0x1fbf9, '0' } };
	/* From U+2102 on; a blank is none. */
	static const char letters[] = "c       ghhhh iill n   pqrrr      z   z k bc eef mo    i";

	if (c == 0x2070)
		return '0';
	if (c >= 0x2102 && c < 0x2102 + sizeof(letters) - 1)
		return letters[c - 0x2102] != ' ' ? letters[c - 0x2102] : '\0';
	return in_row(rows, ARRAY_LEN(rows), c);
}

/* Mathematical alphabets: thirteen, of capitals and small letters; then five times ten digits. */
static char
mathematical_of(uint32_t c)
{
	if (c >= 0x1d400 && c <= 0x1d6a3)
		return (char)('a' + (c - 0x1d400) % 26);
	return c >= 0x1d7ce && c <= 0x1d7ff ? (char)('0' + (c - 0x1d7ce) % 10) : '\0';
}

static char
sign_of(uint32_t c)
{
	static const struct row rows[] = { { 0xb2, 0xb3, '2' }, { 0xb9, 0xb9, '1' },
		{ 0x2024, 0x2024, '.' }, { 0x2044, 0x2044, '/' }, { 0x2215, 0x2215, '/' },
		{ 0x2236, 0x2236, ':' }, { 0xa789, 0xa789, ':' }, { 0xfe52, 0xfe52, '.' },
		{ 0xfe55, 0xfe55, ':' }, { 0xfe6b, 0xfe6b, '@' } };

	return in_row(rows, ARRAY_LEN(rows), c);
}

/* The ASCII that a reader takes it for; 0 to leave it. */
static char
ascii_of(uint32_t c)
{
	char digit = c >= 0x660 && c < 0x1c60 ? digit_of(c) : '\0';

	if (digit != '\0')
		return digit;
	if (c >= 0xff01 && c <= 0xff5e)
		return (char)(c - 0xff01 + '!');
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	if (c == 0xa0 || c == 0x202f || (c >= 0x2000 && c <= 0x200a) || c == 0x3000)
		return ' ';
	if (c == 0x2018 || c == 0x2019)
		return '\'';
	if (c == 0xff61 || c == 0x66b || c == 0x66c)
		return c == 0xff61 ? '.' : c == 0x66b ? ',' : '\'';
	/* Most letters of the world are none of what follows. */
	if ((c >= 0x2070 && c < 0x27c0) || c >= 0x1d400)
		digit = c >= 0x1d400 && c < 0x1d800 ? mathematical_of(c) : ornament_of(c);
	return digit != '\0' || (c > 0xb9 && c < 0x2024) ? digit : sign_of(c);
}

/* "evil。example" is a host name to a browser; "許可。周五" are two sentences. */
static bool
is_wide_dot(const char *p, const char *start)
{
	return p > start && is_alnum(p[-1]) && text_starts(p, "。") && is_alnum(p[3]);
}

const char *
form_fold(const char *text, struct arena *arena)
{
	size_t n = strlen(text);
	char *out = arena_alloc(arena, n + 1), *to = out;

	for (const char *p = text, *end = text + n; p < end;) {
		uint32_t c;
		size_t len;
		if ((unsigned char)*p < 0x80) {
			*to++ = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
			p++;
			continue;
		}
		len = utf8_next(p, (size_t)(end - p), &c);
		char plain = is_wide_dot(p, text) ? '.' : ascii_of(c);
		if (plain != '\0') {
			*to++ = plain >= 'A' && plain <= 'Z' ? (char)(plain | 0x20) : plain;
		} else {
			memcpy(to, p, len);
			to += len;
		}
		p += len;
	}
	*to = '\0';
	return out;
}
