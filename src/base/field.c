/* The flat encoding of a frame's fields (base/frame.h). */
#include <assent/base/frame.h>
#include <assent/base/utf8.h>

#include <string.h>

static void
put_big(uint8_t *at, uint64_t n, int bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (uint8_t)n;
		n >>= 8;
	}
}

static uint64_t
get_big(const uint8_t *at, int bytes)
{
	uint64_t n = 0;

	for (int i = 0; i < bytes; i++)
		n = n << 8 | at[i];
	return n;
}

void
field_add(struct str *out, const void *bytes, size_t n)
{
	uint8_t len[4];

	if (n > UINT32_MAX) {
		out->overflow = true;
		return;
	}
	put_big(len, n, 4);
	str_add_n(out, len, sizeof(len));
	str_add_n(out, bytes, n);
}

void
field_add_text(struct str *out, const char *text)
{
	field_add(out, text, text ? strlen(text) : 0);
}

void
field_add_int(struct str *out, int64_t value)
{
	uint8_t b[8];

	put_big(b, (uint64_t)value, 8);
	field_add(out, b, sizeof(b));
}

void
field_reader_init(struct field_reader *r, const void *bytes, size_t n)
{
	*r = (struct field_reader){ .at = bytes, .left = n };
}

static const char *
bad(struct field_reader *r, size_t *n)
{
	r->bad = true;
	if (n)
		*n = 0;
	return "";
}

const char *
field_take(struct field_reader *r, size_t *n)
{
	const char *bytes;
	size_t len;

	if (r->bad || r->left < 4)
		return bad(r, n);
	len = get_big((const uint8_t *)r->at, 4);
	if (len > r->left - 4)
		return bad(r, n);
	bytes = r->at + 4;
	r->at = bytes + len;
	r->left -= 4 + len;
	if (n)
		*n = len;
	return bytes;
}

char *
field_take_text(struct field_reader *r, struct arena *arena, size_t max)
{
	size_t n;
	const char *bytes = field_take(r, &n);

	if (n > max || !utf8_is_valid(bytes, n))
		bytes = bad(r, &n);
	return arena_dup_n(arena, bytes, n);
}

int64_t
field_take_int(struct field_reader *r, int64_t min, int64_t max)
{
	size_t n;
	const char *bytes = field_take(r, &n);
	int64_t value;

	if (n != 8) {
		bad(r, NULL);
		return min;
	}
	value = (int64_t)get_big((const uint8_t *)bytes, 8);
	if (value >= min && value <= max)
		return value;
	bad(r, NULL);
	return min;
}

bool
field_is_end(const struct field_reader *r)
{
	return !r->bad && r->left == 0;
}
