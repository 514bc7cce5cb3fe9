#include <assent/model/id.h>

#include <assent/base/crypto.h>
#include <assent/base/str.h>

#include <stdatomic.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

struct id
id_new(utc_ms now)
{
	struct id id;

	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)((uint64_t)now >> (40 - 8 * i));
	random_bytes(id.bytes + 6, 10);
	id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

struct id
id_next(utc_ms now)
{
	static _Atomic uint64_t last; /* milliseconds and a count of 12 bits */
	uint64_t before = last, wanted;
	struct id id;

	do {
		wanted = (uint64_t)now << 12;
		if (wanted <= before)
			wanted = before + 1;
	} while (!atomic_compare_exchange_weak(&last, &before, wanted));
	id = id_new((utc_ms)(wanted >> 12));
	id.bytes[6] = (uint8_t)(0x70 | ((wanted >> 8) & 0x0f));
	id.bytes[7] = (uint8_t)wanted;
	return id;
}

utc_ms
id_time(const struct id *id)
{
	uint64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id->bytes[i];
	return (utc_ms)ms;
}

static bool
dash_before(int i)
{
	return i == 4 || i == 6 || i == 8 || i == 10;
}

char *
id_text(const struct id *id, char out[ID_TEXT_SIZE])
{
	char *p = out;

	for (int i = 0; i < 16; i++) {
		if (dash_before(i))
			*p++ = '-';
		*p++ = hex_digits[id->bytes[i] >> 4];
		*p++ = hex_digits[id->bytes[i] & 15];
	}
	*p = '\0';
	return out;
}

bool
id_parse(const char *text, struct id *out)
{
	char hex[33];
	size_t n = 0;
	struct id id;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '-')
			continue;
		if (n == 32)
			return false;
		hex[n++] = *p;
	}
	if (n != 32 || hex_decode(hex, n, id.bytes, sizeof(id.bytes)) != 16)
		return false;
	*out = id;
	return true;
}

bool
id_is_null(const struct id *id)
{
	static const struct id null_id;

	return id_equal(id, &null_id);
}

bool
id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
