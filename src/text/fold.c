#include "fold_priv.h"

#include <assent/base/utf8.h>

struct range {
	uint32_t from, to;
};

/* clang-format off */
static const struct range dropped[] = {
	{ 0x0001, 0x0008 }, { 0x000e, 0x001f }, { '*', '*' }, { 0x007f, 0x0084 },
	{ 0x0086, 0x009f }, { 0x00ad, 0x00ad }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x061c, 0x061c }, { 0x0640, 0x0640 }, { 0x064b, 0x065f }, { 0x0670, 0x0670 },
	{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe01ef },
};

/* First code point of ten digits each. */
static const uint32_t digits[] = { 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10 };

static const struct {
	uint32_t from, to;
	char as;
} plain[] = {
	{ 0x00a0, 0x00a0, ' ' }, { 0x0085, 0x0085, ' ' }, { 0x2000, 0x200a, ' ' },
	{ 0x2028, 0x2029, ' ' }, { 0x202f, 0x202f, ' ' }, { 0x205f, 0x205f, ' ' },
	{ 0x3000, 0x3000, ' ' }, { 0x2018, 0x201b, '\'' }, { 0x2032, 0x2032, '\'' },
	{ 0x00b4, 0x00b4, '\'' }, { '`', '`', '\'' }, { 0x02bc, 0x02bc, '\'' },
	{ 0x201c, 0x201f, '"' }, { 0x00ab, 0x00ab, '"' }, { 0x00bb, 0x00bb, '"' },
	{ 0x2010, 0x2015, '-' }, { 0x2212, 0x2212, '-' }, { 0x061f, 0x061f, '?' },
	{ 0x060c, 0x060c, ',' }, { 0x061b, 0x061b, ';' }, { 0x3001, 0x3001, ',' },
	{ 0x3002, 0x3002, '.' }, { 0x037e, 0x037e, '?' }, { 0x0589, 0x0589, ':' },
	{ 0xfe55, 0xfe55, ':' }, { 0x3008, 0x3011, '"' }, { 0x301c, 0x301c, '~' },
	{ 0x05be, 0x05be, '-' }, { 0x05f3, 0x05f3, '\'' }, { 0x05f4, 0x05f4, '"' }, { 0x2755, 0x2755, '!' }, { 0x2753, 0x2754, '?' },
};
/* clang-format on */

static int
is_dropped(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		if (c >= dropped[i].from && c <= dropped[i].to)
			return 1;
	return 0;
}

static uint32_t
to_plain(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (c >= plain[i].from && c <= plain[i].to)
			return (unsigned char)plain[i].as;
	for (size_t i = 0; i < ARRAY_LEN(digits); i++)
		if (c >= digits[i] && c < digits[i] + 10)
			return '0' + (c - digits[i]);
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	return c;
}

/* U+0130 and U+0131 (Turkish) both read as i; so do the capitals of Cyrillic's extras. */
static uint32_t
to_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c == 0x130 || c == 0x131)
		return 'i';
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	if (c == 0x401)
		return 0x435;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	/* Letters that people write one for the other. */
	switch (c) {
	case 0x622:
	case 0x623:
	case 0x625:
	case 0x671:
		return 0x627;
	case 0x649:
	case 0x6cc:
		return 0x64a;
	case 0x629:
		return 0x647;
	case 0x6a9:
		return 0x643;
	case 0x451:
		return 0x435;
	case 0x178:
		return 0xff;
	case 0x386:
		return 0x3ac;
	case 0x388:
		return 0x3ad;
	case 0x389:
		return 0x3ae;
	case 0x38a:
		return 0x3af;
	case 0x38c:
		return 0x3cc;
	case 0x38e:
		return 0x3cd;
	case 0x38f:
		return 0x3ce;
	case 0x218:
		return 0x219;
	case 0x21a:
		return 0x21b;
	case 0x490:
		return 0x491;
	default:
		return c;
	}
}

/* Most text is ASCII: how many bytes of a word begin s, all of them kept. */
static size_t
ascii_run(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] > ' ' && s[i] < 0x7f && s[i] != '*')
		i++;
	return i;
}

static void
add_ascii(struct str *out, const char *s, size_t n)
{
	str_add_n(out, s, n);
	if (str_overflowed(out))
		return;
	for (char *c = out->text + out->len - n; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
		else if (*c == '`')
			*c = '\'';
	}
}

static int
is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t
fold_add(struct str *out, const char *s, size_t n)
{
	size_t from = out->len;
	int pending = 0;
	for (size_t i = 0; i < n;) {
		uint32_t c = (unsigned char)s[i];
		size_t len = ascii_run(s + i, n - i), word = len;
		if (len == 0)
			len = c < 0x80 ? 1 : utf8_next(s + i, n - i, &c);
		i += len;
		if ((c < ' ' || c == '*' || c >= 0x7f) && is_dropped(c))
			continue;
		if (c >= 0x80)
			c = to_plain(c);
		if (is_blank(c) || c == 0) {
			pending = 1;
			continue;
		}
		if (pending && out->len > from)
			str_add_char(out, ' ');
		pending = 0;
		if (word > 0) {
			add_ascii(out, s + i - word, word);
			continue;
		}
		/* A wide letter may have become a plain one. */
		char narrow = (char)c;
		if (c < 0x80)
			add_ascii(out, &narrow, 1);
		else
			utf8_add(out, to_lower(c));
	}
	return out->len - from;
}

int
fold_is_word(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	return (c >= 0xaa && c <= 0x1fff && c != 0xab && c != 0xb7 && c != 0xbb && c != 0xbf &&
		   c != 0xd7 && c != 0xf7 && c != 0x60c && c != 0x61b && c != 0x61f &&
		   c != 0x6d4) ||
	    (c >= 0x2c00 && c <= 0x2dff) || (c >= 0x3040 && c <= 0xd7ff) ||
	    (c >= 0xf900 && c <= 0xfdff) || c >= 0x20000;
}
