/*
 * base64, base32 and hex (RFC 4648) by hand. Decoding is strict: one text for
 * each row of bytes, so a token cannot be written in two ways.
 */
#include <assent/base/str.h>

#include <string.h>

struct code {
	const char *letters;
	unsigned bits; /* in each letter */
};

static const struct code base64 = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6
};
static const struct code base32 = { "abcdefghijklmnopqrstuvwxyz234567", 5 };
static const struct code hex = { "0123456789abcdef", 4 };

static void
encode(struct str *s, const struct code *code, const void *bytes, size_t n)
{
	const uint8_t *in = bytes;
	uint32_t pool = 0;
	unsigned have = 0, mask = (1u << code->bits) - 1;

	for (size_t i = 0; i < n; i++) {
		pool = (pool << 8 | in[i]) & 0xffff;
		for (have += 8; have >= code->bits; have -= code->bits)
			str_add_char(s, code->letters[pool >> (have - code->bits) & mask]);
	}
	if (have)
		str_add_char(s, code->letters[pool << (code->bits - have) & mask]);
}

static int
letter_value(const struct code *code, char c)
{
	const char *at;

	if (code->bits < 6 && c >= 'A' && c <= 'Z')
		c = (char)(c + ('a' - 'A'));
	at = memchr(code->letters, c, (size_t)1 << code->bits);
	return at ? (int)(at - code->letters) : -1;
}

struct output {
	uint8_t *bytes;
	size_t room;
};

/* No letter may be left over whole, and the spare bits must be zero. */
static long
decode(const struct code *code, const char *text, size_t len, struct output out)
{
	uint32_t pool = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int value = letter_value(code, text[i]);

		if (value < 0)
			return -1;
		pool = (pool << code->bits | (uint32_t)value) & 0xffff;
		have += code->bits;
		if (have < 8)
			continue;
		have -= 8;
		if (n == out.room)
			return -1;
		out.bytes[n++] = (uint8_t)(pool >> have);
	}
	if (have >= code->bits || (pool & ((1u << have) - 1)))
		return -1;
	return (long)n;
}

void
str_add_base64(struct str *s, const void *bytes, size_t n)
{
	encode(s, &base64, bytes, n);
	str_add(s, n % 3 == 0 ? "" : n % 3 == 1 ? "==" : "=");
}

void
str_add_base32(struct str *s, const void *bytes, size_t n)
{
	encode(s, &base32, bytes, n);
}

void
str_add_hex(struct str *s, const void *bytes, size_t n)
{
	encode(s, &hex, bytes, n);
}

long
base64_decode(const char *text, size_t len, void *out, size_t room)
{
	size_t letters = len;

	if (len % 4)
		return -1;
	while (letters > 0 && len - letters < 2 && text[letters - 1] == '=')
		letters--;
	return decode(&base64, text, letters, (struct output){ out, room });
}

long
base32_decode(const char *text, size_t len, void *out, size_t room)
{
	return decode(&base32, text, len, (struct output){ out, room });
}

long
hex_decode(const char *text, size_t len, void *out, size_t room)
{
	return decode(&hex, text, len, (struct output){ out, room });
}
