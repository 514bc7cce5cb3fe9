/*
 * Whatever stands in Authentication-Results: a field that opens a comment or a
 * quote and never closes it is told to be malformed, and no field can speak in
 * the name of a host that it does not begin with.
 */
#include "parser/parser_priv.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_field(const char *raw, struct arena *arena, struct letter *out)
{
	struct reading r = { .arena = arena, .letter = out };

	auth_read(&r, raw);
}

static void
check_rows(const struct letter *l)
{
	assert(l->auth_count <= LETTER_LIST_MAX);
	for (size_t i = 0; i < l->auth_count; i++) {
		const struct auth_result *a = &l->auth[i];

		/* One field names one host. */
		assert(!*a->method || text_is(a->authserv_id, l->auth[0].authserv_id));
		assert(a->field == 0 && a->above_received && strlen(a->domain) <= 256);
		assert(*a->method || text_is(a->result, "malformed"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)4 << 20);
	struct letter whole = { 0 }, open = { 0 };
	char *raw;

	if (size > 16384)
		return 0;
	raw = arena_dup_n(arena, data, size);
	read_field(raw, arena, &whole);
	check_rows(&whole);
	/* What reads well is malformed as soon as a comment is left open behind it. */
	read_field(arena_printf(arena, "%s ; x=y (", raw), arena, &open);
	check_rows(&open);
	assert(open.auth_malformed);
	return 0;
}
