#include <assent/base/utf8.h>

#include <string.h>

#define REPLACEMENT 0xfffd
#define ELLIPSIS "\xe2\x80\xa6"

struct range {
	uint32_t first, last;
};

/* clang-format off */
/* What a reader cannot see, or what turns the line around, but may carry meaning to a machine. */
static const struct range hidden[] = {
	{ 0x00, 0x08 }, { 0x0b, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
	{ 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
	{ 0x202a, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },
};
static const struct range emoji[] = {
	{ 0x203c, 0x203c }, { 0x2049, 0x2049 }, { 0x2190, 0x21ff },
	{ 0x2300, 0x23ff }, { 0x2600, 0x27bf }, { 0x2900, 0x297f },
	{ 0x2b00, 0x2bff }, { 0x1f000, 0x1faff },
};
/* clang-format on */

static bool
within(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static bool
is_emoji(uint32_t c)
{
	return within(c, emoji, ARRAY_LEN(emoji));
}

/* RFC 3629 section 4: what the lead byte promises, 0 for a byte that cannot lead. */
static size_t
lead_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

static bool
is_code_point(uint32_t c, size_t len)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return c >= smallest[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* Length of the code point at s, or 0 when it is malformed. */
static size_t
decode_one(const char *s, size_t n, uint32_t *out)
{
	size_t len = lead_length((uint8_t)s[0]);
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	c = (uint8_t)s[0];
	if (len > 1)
		c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	}
	if (!is_code_point(c, len))
		return 0;
	*out = c;
	return len;
}

/* How many bytes from s on are ASCII without NUL, eight at a time. */
static size_t
ascii_run(const char *s, size_t n)
{
	const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		/* A NUL borrows from its neighbour; a high bit is one already. */
		if (((word - ones) | word) & highs)
			break;
	}
	while (i < n && (signed char)s[i] > 0)
		i++;
	return i;
}

bool
utf8_is_valid(const char *s, size_t n)
{
	uint32_t c;

	while (n > 0) {
		size_t len = ascii_run(s, n);

		if (len == 0)
			len = decode_one(s, n, &c);
		else
			c = 1;
		if (len == 0 || c == 0)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

size_t
utf8_next(const char *s, size_t n, uint32_t *out)
{
	size_t len = decode_one(s, n, out);

	if (len > 0)
		return len;
	*out = REPLACEMENT;
	return 1;
}

void
utf8_add(struct str *s, uint32_t c)
{
	char b[4];
	size_t n = 0;

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = REPLACEMENT;
	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (c < 0x800) {
		b[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		b[n++] = (char)(0xe0 | c >> 12);
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		b[n++] = (char)(0xf0 | c >> 18);
		b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		b[n++] = (char)(0x80 | (c & 0x3f));
	str_add_n(s, b, n);
}

size_t
utf8_cut(const char *s, size_t n, size_t max)
{
	uint32_t c;

	if (n <= max)
		return n;
	for (size_t back = 0; back < 4 && back <= max; back++) {
		size_t at = max - back;

		if (((uint8_t)s[at] & 0xc0) != 0x80)
			return at + utf8_next(s + at, n - at, &c) > max ? at : max;
	}
	return max;
}

/* Are the eight bytes at s between blank and tilde? */
static bool
are_printable(const char *s)
{
	const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;
	uint64_t word;

	memcpy(&word, s, sizeof(word));
	/* A byte below a blank borrows, DEL carries, a high bit is one already. */
	return (((word - ones * ' ') | (word + ones) | word) & highs) == 0;
}

size_t
utf8_plain_run(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		if (n - i >= sizeof(uint64_t) && are_printable(s + i))
			i += sizeof(uint64_t);
		else if ((s[i] >= ' ' && s[i] < 0x7f) || s[i] == '\n' || s[i] == '\t')
			i++;
		else
			break;
	}
	return i;
}

void
utf8_add_clean(struct str *out, const char *s, size_t n)
{
	while (n > 0) {
		uint32_t c;
		size_t len = utf8_plain_run(s, n);

		if (len > 0) {
			str_add_n(out, s, len);
		} else {
			len = utf8_next(s, n, &c);
			if (c != 0)
				utf8_add(out, c);
		}
		s += len;
		n -= len;
	}
}

struct visible {
	const char *s;
	size_t n;
	uint32_t before; /* the last code point that was shown */
};

/* A joiner between two emoji, and the one selector that an emoji may have. */
static bool
is_part_of_emoji(const struct visible *v, uint32_t c)
{
	uint32_t next = 0;

	if (v->n > 0)
		utf8_next(v->s, v->n, &next);
	if (c == 0x200d)
		return (is_emoji(v->before) || v->before == 0xfe0f) && is_emoji(next);
	if (c != 0xfe0e && c != 0xfe0f)
		return false;
	return is_emoji(v->before) || next == 0x20e3; /* keycap */
}

/* The next code point that a person may see; false at the end. */
static bool
visible_next(struct visible *v, uint32_t *out)
{
	while (v->n > 0) {
		uint32_t c;
		size_t len = utf8_next(v->s, v->n, &c);

		v->s += len;
		v->n -= len;
		if (c == 0x2028 || c == 0x2029)
			c = '\n';
		if (within(c, hidden, ARRAY_LEN(hidden)) && !is_part_of_emoji(v, c))
			continue;
		v->before = *out = c;
		return true;
	}
	return false;
}

void
utf8_add_visible(struct str *out, const char *s, size_t n)
{
	struct visible v = { .s = s, .n = n };
	uint32_t c;

	while (v.n > 0) {
		size_t plain = utf8_plain_run(v.s, v.n);

		if (plain > 0) {
			str_add_n(out, v.s, plain);
			v.s += plain;
			v.n -= plain;
			v.before = ' ';
		} else if (visible_next(&v, &c)) {
			utf8_add(out, c);
		}
	}
}

static size_t
code_length(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

void
utf8_add_line(struct str *out, const char *s, size_t max)
{
	struct visible v = { .s = s, .n = s ? strlen(s) : 0 };
	size_t used = 0, fits = out->len;
	uint32_t c;

	while (visible_next(&v, &c)) {
		if (used + strlen(ELLIPSIS) <= max)
			fits = out->len;
		used += code_length(c);
		if (used <= max) {
			utf8_add(out, c == '\n' || c == '\t' ? ' ' : c);
			continue;
		}
		str_cut(out, fits);
		if (max >= strlen(ELLIPSIS))
			str_add(out, ELLIPSIS);
		return;
	}
}
