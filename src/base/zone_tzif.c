/* Reading a TZif file (RFC 8536 section 3), believing none of its counts. */
#include "zone_priv.h"

#include <assent/base/mem.h>

#include <string.h>

#define HEADER 44
#define MOST_TRANSITIONS 20000
#define LONGEST_OFFSET (26 * 3600)

struct bytes {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct counts {
	uint8_t version;
	uint32_t isut, isstd, leap, time, type, chars;
};

/* n bytes, or NULL and bad for ever. */
static const uint8_t *
take(struct bytes *b, size_t n)
{
	const uint8_t *at = b->at;

	if (b->bad || n > b->left) {
		b->bad = true;
		return NULL;
	}
	b->at += n;
	b->left -= n;
	return at;
}

static uint64_t
take_big(struct bytes *b, size_t n)
{
	const uint8_t *at = take(b, n);
	uint64_t value = 0;

	for (size_t i = 0; at && i < n; i++)
		value = value << 8 | at[i];
	return value;
}

static bool
take_header(struct bytes *b, struct counts *c)
{
	const uint8_t *at = take(b, 20);

	if (!at || memcmp(at, "TZif", 4) != 0)
		return false;
	c->version = at[4];
	c->isut = (uint32_t)take_big(b, 4);
	c->isstd = (uint32_t)take_big(b, 4);
	c->leap = (uint32_t)take_big(b, 4);
	c->time = (uint32_t)take_big(b, 4);
	c->type = (uint32_t)take_big(b, 4);
	c->chars = (uint32_t)take_big(b, 4);
	return !b->bad;
}

static size_t
block_size(const struct counts *c, size_t time_size)
{
	return c->time * (time_size + 1) + c->type * (size_t)6 + c->chars +
	    c->leap * (time_size + 4) + (size_t)c->isstd + c->isut;
}

static const char *
take_times(struct bytes *b, const struct counts *c, struct zone *z)
{
	z->n = c->time;
	z->at = mem_alloc(z->n * sizeof(*z->at));
	z->becomes = mem_alloc(z->n);
	for (size_t i = 0; i < z->n; i++) {
		z->at[i] = (int64_t)take_big(b, 8);
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return "its transitions are not in order";
	}
	for (size_t i = 0; i < z->n; i++) {
		z->becomes[i] = (uint8_t)take_big(b, 1);
		if (z->becomes[i] >= c->type)
			return "a transition leads to a type that is not there";
	}
	return NULL;
}

static const char *
take_types(struct bytes *b, const struct counts *c, struct zone *z)
{
	uint8_t name_at[256];
	const char *names;

	z->n_types = c->type;
	z->types = mem_alloc(z->n_types * sizeof(*z->types));
	for (size_t i = 0; i < z->n_types; i++) {
		z->types[i].offset_s = (int32_t)(uint32_t)take_big(b, 4);
		take(b, 1); /* summer time or not: nobody asks */
		name_at[i] = (uint8_t)take_big(b, 1);
		if (z->types[i].offset_s > LONGEST_OFFSET ||
		    z->types[i].offset_s < -LONGEST_OFFSET || name_at[i] >= c->chars)
			return "one of its local time types is malformed";
	}
	names = (const char *)take(b, c->chars);
	for (size_t i = 0; names && i < z->n_types; i++) {
		size_t n = strnlen(names + name_at[i], c->chars - name_at[i]);

		memcpy(z->types[i].abbr, names + name_at[i], n < 7 ? n : 7);
	}
	return NULL;
}

static const char *
take_footer(struct bytes *b, struct zone *z)
{
	const uint8_t *newline = take(b, 1);
	const uint8_t *end = b->bad ? NULL : memchr(b->at, '\n', b->left);
	char text[128] = "";

	if (!end || *newline != '\n' || (size_t)(end - b->at) >= sizeof(text))
		return "its footer is malformed";
	memcpy(text, b->at, (size_t)(end - b->at));
	if (text[0] && !zone_rule_parse(text, &z->rule))
		return "the rule in its footer is malformed";
	return NULL;
}

static const char *
take_block(struct bytes *b, const struct counts *c, struct zone *z)
{
	const char *wrong;

	if (c->leap > 0)
		return "it counts leap seconds";
	if (c->type < 1 || c->type > 256 || c->chars < 1 || c->chars > 256 ||
	    c->time > MOST_TRANSITIONS)
		return "its counts are out of bounds";
	if (block_size(c, 8) > b->left)
		return "it is cut off";
	wrong = take_times(b, c, z);
	if (!wrong)
		wrong = take_types(b, c, z);
	take(b, (size_t)c->isstd + c->isut);
	return wrong;
}

const char *
tzif_parse(const char *bytes, size_t n, struct zone *zone)
{
	struct bytes b = { (const uint8_t *)bytes, n, false };
	struct counts c;
	const char *wrong;

	if (!take_header(&b, &c))
		return "it is no time zone file";
	if (c.version < '2')
		return "its version is too old";
	take(&b, block_size(&c, 4)); /* 32-bit times for older readers */
	if (!take_header(&b, &c))
		return "it is cut off";
	wrong = take_block(&b, &c, zone);
	return wrong ? wrong : take_footer(&b, zone);
}
