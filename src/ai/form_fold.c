#include <assent/base/utf8.h>

#include "ai/form_priv.h"

#include <string.h>

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The ASCII that a reader takes it for; 0 to leave it. */
static char
ascii_of(uint32_t c)
{
	static const uint32_t zeros[] = { 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0 };

	for (size_t i = 0; zeros[i] != 0; i++)
		if (c >= zeros[i] && c <= zeros[i] + 9)
			return (char)('0' + (c - zeros[i]));
	if (c >= 0xff01 && c <= 0xff5e)
		return (char)(c - 0xff01 + '!');
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	if (c == 0xa0 || c == 0x202f || (c >= 0x2000 && c <= 0x200a) || c == 0x3000)
		return ' ';
	if (c == 0x2018 || c == 0x2019)
		return '\'';
	return c == 0xff61 ? '.' : c == 0x66b ? ',' : c == 0x66c ? '\'' : '\0';
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
