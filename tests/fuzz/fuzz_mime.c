/*
 * Whatever a stranger mails: the letter fits the wire and comes through it
 * unchanged, and the same bytes give the same letter.
 */
#include "parser/charset_priv.h"
#include "parser/parser_priv.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
encode(const uint8_t *data, size_t size, struct str *wire)
{
	static const struct rules rules;
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
	struct letter *letter;
	struct err err;
	int rc = mime_parse(data, size, &rules, arena, &letter, &err);

	if (rc < 0) {
		assert(rc == ERR_INVALID || rc == ERR_LIMIT);
		return rc;
	}
	letter_encode(letter, wire);
	assert(!str_overflowed(wire));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_set_up;
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX), again = wire, twice = wire;
	struct letter *letter;
	struct err err;

	if (!is_set_up)
		g_mime_init();
	is_set_up = true;
	if (encode(data, size, &wire) < 0)
		return 0;
	assert(letter_decode(wire.text, wire.len, arena, &letter, &err) == 0);
	letter_encode(letter, &again);
	assert(again.len == wire.len && memcmp(again.text, wire.text, wire.len) == 0);
	assert(encode(data, size, &twice) == 0);
	assert(twice.len == wire.len && memcmp(twice.text, wire.text, wire.len) == 0);
	return 0;
}
