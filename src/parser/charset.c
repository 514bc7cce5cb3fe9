#include "charset_priv.h"

#include <assent/base/utf8.h>

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <uchardet/uchardet.h>

#define GUESS_MAX ((size_t)64 << 10) /* bytes looked at for a guess */
#define CLOSED ((iconv_t)-1)

struct charset {
	const char *name; /* as iconv calls it */
	iconv_t cd;
};

struct alias {
	const char *label; /* lower-case, as mail calls it */
	const char *name;
};

/* clang-format off */
/* Supersets stand in for what they contain: senders label loosely. */
static struct charset charsets[] = {
	{ "CP1250", CLOSED }, { "CP1251", CLOSED }, { "CP1252", CLOSED }, { "CP1253", CLOSED },
	{ "CP1254", CLOSED }, { "CP1255", CLOSED }, { "CP1256", CLOSED }, { "CP1257", CLOSED },
	{ "CP1258", CLOSED }, { "CP874", CLOSED }, { "CP932", CLOSED }, { "CP949", CLOSED },
	{ "GB18030", CLOSED }, { "BIG5-HKSCS", CLOSED }, { "EUC-JP", CLOSED }, { "EUC-TW", CLOSED },
	{ "ISO-2022-JP-3", CLOSED }, { "ISO-2022-JP-2", CLOSED }, { "ISO-2022-KR", CLOSED },
	{ "ISO-8859-2", CLOSED }, { "ISO-8859-3", CLOSED }, { "ISO-8859-4", CLOSED },
	{ "ISO-8859-5", CLOSED }, { "ISO-8859-6", CLOSED }, { "ISO-8859-7", CLOSED },
	{ "ISO-8859-8", CLOSED }, { "ISO-8859-10", CLOSED }, { "ISO-8859-13", CLOSED },
	{ "ISO-8859-14", CLOSED }, { "ISO-8859-15", CLOSED }, { "ISO-8859-16", CLOSED },
	{ "KOI8-R", CLOSED }, { "KOI8-U", CLOSED }, { "MACINTOSH", CLOSED }, { "IBM437", CLOSED },
	{ "IBM850", CLOSED }, { "IBM852", CLOSED }, { "IBM866", CLOSED }, { "UTF-7", CLOSED },
	{ "UTF-16", CLOSED }, { "UTF-16BE", CLOSED }, { "UTF-16LE", CLOSED }, { "UTF-32", CLOSED },
};

static const struct alias aliases[] = {
	{ "utf8", "utf-8" }, { "unicode-1-1-utf-8", "utf-8" }, { "x-utf-8", "utf-8" },
	{ "cp65001", "utf-8" }, { "utf-8-sig", "utf-8" }, { "utf8mb4", "utf-8" },
	{ "us-ascii", "" }, { "ascii", "" }, { "ansi_x3.4-1968", "" }, { "ansi_x3.110-1983", "" },
	{ "x-unknown", "" }, { "unknown-8bit", "" }, { "unknown", "" }, { "default", "" },
	{ "8bit", "" }, { "7bit", "" }, { "binary", "" }, { "x-user-defined", "" }, { "646", "" },
	{ "iso-8859-1", "cp1252" }, { "latin1", "cp1252" }, { "iso8859-1", "cp1252" },
	{ "iso_8859-1", "cp1252" }, { "l1", "cp1252" }, { "x-ansi", "cp1252" }, { "ansi", "cp1252" },
	{ "iso-8859-9", "cp1254" }, { "latin5", "cp1254" }, { "iso8859-9", "cp1254" },
	{ "iso-8859-11", "cp874" }, { "tis-620", "cp874" }, { "tis620", "cp874" },
	{ "latin2", "iso-8859-2" }, { "latin9", "iso-8859-15" }, { "latin-9", "iso-8859-15" },
	{ "iso-8859-8-i", "iso-8859-8" }, { "iso-8859-8-e", "iso-8859-8" }, { "logical", "iso-8859-8" },
	{ "iso-8859-6-i", "iso-8859-6" }, { "iso-8859-6-e", "iso-8859-6" },
	{ "ks_c_5601-1987", "cp949" }, { "ks_c_5601-1989", "cp949" }, { "ksc_5601", "cp949" },
	{ "ksc5601", "cp949" }, { "korean", "cp949" }, { "euc-kr", "cp949" }, { "euckr", "cp949" },
	{ "uhc", "cp949" }, { "x-windows-949", "cp949" }, { "iso-ir-149", "cp949" },
	{ "shift_jis", "cp932" }, { "shift-jis", "cp932" }, { "sjis", "cp932" }, { "x-sjis", "cp932" },
	{ "ms_kanji", "cp932" }, { "windows-31j", "cp932" }, { "csshiftjis", "cp932" },
	{ "x-ms-cp932", "cp932" }, { "x-euc-jp", "euc-jp" }, { "eucjp", "euc-jp" },
	{ "iso-2022-jp", "iso-2022-jp-3" }, { "iso-2022-jp-1", "iso-2022-jp-2" },
	{ "cp50220", "iso-2022-jp-3" }, { "cp50221", "iso-2022-jp-3" }, { "csiso2022jp", "iso-2022-jp-3" },
	{ "gb2312", "gb18030" }, { "gbk", "gb18030" }, { "x-gbk", "gb18030" }, { "cp936", "gb18030" },
	{ "gb_2312-80", "gb18030" }, { "euc-cn", "gb18030" }, { "x-euc-cn", "gb18030" },
	{ "chinese", "gb18030" }, { "hz-gb-2312", "gb18030" }, { "x-gb18030", "gb18030" },
	{ "big5", "big5-hkscs" }, { "big-5", "big5-hkscs" }, { "x-x-big5", "big5-hkscs" },
	{ "cn-big5", "big5-hkscs" }, { "big5hkscs", "big5-hkscs" }, { "cp950", "big5-hkscs" },
	{ "koi8r", "koi8-r" }, { "koi", "koi8-r" }, { "cskoi8r", "koi8-r" }, { "koi8-ru", "koi8-u" },
	{ "mac", "macintosh" }, { "x-mac-roman", "macintosh" }, { "macroman", "macintosh" },
	{ "cp437", "ibm437" }, { "cp850", "ibm850" }, { "cp852", "ibm852" }, { "cp866", "ibm866" },
	{ "x-unicode-2-0-utf-7", "utf-7" }, { "unicode-1-1-utf-7", "utf-7" }, { "utf7", "utf-7" },
	{ "unicode", "utf-16" }, { "ucs-2", "utf-16" }, { "iso-10646-ucs-2", "utf-16be" },
	{ "iso-10646-ucs-4", "utf-32" }, { "ucs-4", "utf-32" },
};
/* clang-format on */

void
charset_open_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(charsets); i++)
		if (charsets[i].cd == CLOSED)
			charsets[i].cd = iconv_open("UTF-8", charsets[i].name);
}

void
charset_close_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(charsets); i++) {
		if (charsets[i].cd != CLOSED)
			iconv_close(charsets[i].cd);
		charsets[i].cd = CLOSED;
	}
}

/* "windows-1252", "x-cp1252", "cp-1252" and "win-1252" mean the same. */
static void
add_windows_name(const char *label, char *out, size_t room)
{
	static const char *const prefixes[] = { "windows-", "x-cp-", "x-cp", "cp-", "win-",
		"windows", "ms-" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(label, prefixes[i], n) != 0 || strlen(label + n) + 3 > room)
			continue;
		memmove(out + 2, label + n, strlen(label + n) + 1);
		out[0] = 'c';
		out[1] = 'p';
		return;
	}
}

/* The label in lower case, without quotes, aliases resolved; "" for none worth believing. */
static void
canonical(const char *label, char *out, size_t room)
{
	size_t n = 0;

	for (; label && *label && n + 1 < room; label++)
		if (!strchr("\"' \t\r\n", *label))
			out[n++] = *label;
	out[n] = '\0';
	text_lower(out);
	add_windows_name(out, out, room);
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (text_is(out, aliases[i].label)) {
			memcpy(out, aliases[i].name, strlen(aliases[i].name) + 1);
			return;
		}
}

static struct charset *
find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(charsets); i++)
		if (text_is_nocase(name, charsets[i].name) && charsets[i].cd != CLOSED)
			return &charsets[i];
	return NULL;
}

/* As much of valid UTF-8 as fits. */
static bool
add_fitting(struct str *out, const char *s, size_t n)
{
	size_t fits = utf8_cut(s, n, out->ceiling - out->len);

	utf8_add_clean(out, s, fits);
	return fits == n;
}

struct conversion {
	iconv_t cd;
	char *in;
	size_t left;
	size_t bad; /* bytes that mean nothing in this charset */
};

/* One buffer's worth; false at the end. What cannot be read becomes U+FFFD. */
static bool
convert_some(struct conversion *c, char *buf, size_t room, size_t *got)
{
	char *to = buf;
	size_t left = room - 3;

	if (c->left == 0)
		return false;
	if (iconv(c->cd, &c->in, &c->left, &to, &left) == (size_t)-1 && errno != E2BIG) {
		memcpy(to, "\xef\xbf\xbd", 3);
		to += 3;
		c->bad++;
		c->in++;
		c->left--;
	}
	*got = (size_t)(to - buf);
	return true;
}

/* *bad is the number of bytes that meant nothing. */
static bool
convert(const struct charset *charset, const char *bytes, size_t n, struct str *out, size_t *bad)
{
	struct conversion c = { .cd = charset->cd, .left = n };
	char buf[4096];
	size_t got;
	bool whole = true;

	memcpy(&c.in, &bytes, sizeof(c.in));
	iconv(c.cd, NULL, NULL, NULL, NULL);
	while (whole && convert_some(&c, buf, sizeof(buf), &got))
		whole = add_fitting(out, buf, got);
	*bad = c.bad;
	return whole;
}

static const struct charset *
guess(const char *bytes, size_t n)
{
	const struct charset *found = NULL;
	char name[64];
	uchardet_t ud = uchardet_new();

	if (uchardet_handle_data(ud, bytes, n < GUESS_MAX ? n : GUESS_MAX) == 0) {
		uchardet_data_end(ud);
		canonical(uchardet_get_charset(ud), name, sizeof(name));
		found = find(name);
	}
	uchardet_delete(ud);
	return found ? found : find("CP1252");
}

static bool
decode_guessed(const char *bytes, size_t n, struct str *out)
{
	const struct charset *charset = guess(bytes, n);
	size_t bad;

	if (charset)
		return convert(charset, bytes, n, out, &bad);
	utf8_add_clean(out, bytes, utf8_cut(bytes, n, (out->ceiling - out->len) / 3));
	return n <= (out->ceiling - out->len) / 3;
}

/* Clipped in mid-character or with a slip or two it is still UTF-8. */
static bool
is_mostly_utf8(const char *s, size_t n)
{
	size_t good = 0, bad = 0;

	while (n > 0) {
		uint32_t c;
		size_t len = utf8_next(s, n, &c);

		if (c == 0xfffd && len == 1)
			bad++;
		else if (len > 1)
			good++;
		s += len;
		n -= len;
	}
	return bad * 20 <= good + 19 && good > 0;
}

static bool
decode_utf8(const char *bytes, size_t n, struct str *out)
{
	size_t room = out->ceiling - out->len, fits = utf8_cut(bytes, n, room);

	/* A broken byte grows to three. */
	if (!utf8_is_valid(bytes, fits) && fits > room / 3)
		fits = room / 3;
	utf8_add_clean(out, bytes, fits);
	return fits == n;
}

static bool
has_escape(const char *bytes, size_t n)
{
	return memchr(bytes, 0x1b, n) != NULL;
}

/* Every second byte NUL: UTF-16 without its label. */
static bool
looks_like_utf16(const char *bytes, size_t n)
{
	size_t nuls = 0;

	if (n < 4)
		return false;
	for (size_t i = 0; i < n && i < 1024; i++)
		nuls += bytes[i] == '\0';
	return nuls * 3 > (n < 1024 ? n : 1024);
}

static bool
decode_unlabelled(const char *bytes, size_t n, struct str *out)
{
	if (!has_escape(bytes, n) && !looks_like_utf16(bytes, n) &&
	    (utf8_is_valid(bytes, n) || is_mostly_utf8(bytes, n)))
		return decode_utf8(bytes, n, out);
	return decode_guessed(bytes, n, out);
}

bool
charset_decode(const char *label, const char *bytes, size_t n, struct str *out)
{
	const struct charset *charset;
	size_t start = out->len, bad = 0;
	char name[64];
	bool whole;

	if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return decode_utf8(bytes + 3, n - 3, out);
	canonical(label, name, sizeof(name));
	if (text_is(name, "utf-8") && (utf8_is_valid(bytes, n) || is_mostly_utf8(bytes, n)))
		return decode_utf8(bytes, n, out);
	charset = find(name);
	if (!charset)
		return decode_unlabelled(bytes, n, out);
	whole = convert(charset, bytes, n, out, &bad);
	/* More than a few slips: the label lies. */
	if (bad * 10 <= n || !whole)
		return whole;
	str_cut(out, start);
	return decode_unlabelled(bytes, n, out);
}
