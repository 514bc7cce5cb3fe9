/* Folder names as IMAP writes them. */
#include "session_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

static bool
is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return false;
	return true;
}

static void
add_unit(struct str *units, uint32_t unit)
{
	str_add_char(units, (char)(unit >> 8));
	str_add_char(units, (char)unit);
}

static void
add_utf16(struct str *units, uint32_t c)
{
	if (c < 0x10000) {
		add_unit(units, c);
		return;
	}
	add_unit(units, 0xd800 + ((c - 0x10000) >> 10));
	add_unit(units, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* Base64 with ',' for '/' and no padding, between '&' and '-'. */
static void
flush(struct str *units, struct str *out)
{
	AUTO(str_donep) struct str coded = STR_INIT(out->ceiling);

	if (units->len == 0)
		return;
	str_add_base64(&coded, str_text(units), units->len);
	str_add_char(out, '&');
	for (const char *c = str_text(&coded); *c && *c != '='; c++)
		str_add_char(out, *c == '/' ? ',' : *c);
	str_add_char(out, '-');
	str_clear(units);
}

/* The length of "&…-" at its beginning where that is whole UTF-16 units in base64, else 0. */
static size_t
coded_length(const char *at)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+,";
	size_t n = strspn(at + 1, alphabet);

	if (at[1 + n] != '-' || (n > 0 && (n < 3 || 6 * n % 16 >= 6)))
		return 0;
	return n + 2;
}

/* Who copied "Entw&APw-rfe" from another program means just that; "R&D" is no code. */
static void
add_ascii(struct str *out, const char *name)
{
	while (*name) {
		size_t coded = *name == '&' ? coded_length(name) : 0;

		str_add_n(out, name, coded > 0 ? coded : 1);
		if (*name == '&' && coded == 0)
			str_add_char(out, '-');
		name += coded > 0 ? coded : 1;
	}
}

bool
folder_encode(const char *name, struct str *out)
{
	AUTO(str_donep) struct str units = STR_INIT(out->ceiling);
	size_t n = strlen(name);

	if (!utf8_is_valid(name, n))
		return false;
	if (is_ascii(name)) {
		add_ascii(out, name);
		return !str_overflowed(out);
	}
	while (n > 0) {
		uint32_t c;
		size_t used = utf8_next(name, n, &c);

		name += used;
		n -= used;
		if (c >= 0x80) {
			add_utf16(&units, c);
			continue;
		}
		flush(&units, out);
		str_add(out, c == '&' ? "&-" : "");
		if (c != '&')
			str_add_char(out, (char)c);
	}
	flush(&units, out);
	return !str_overflowed(out) && !str_overflowed(&units);
}
