#pragma once
/* help_fuzz: what fuzzers share: a property that must hold, a text as a reply quotes it. */
#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

static inline char *
quoted(struct arena *arena, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(4u << 20);

	str_add(&out, "> ");
	for (const char *p = text; *p != '\0'; p++) {
		str_add_char(&out, *p);
		if (*p == '\n')
			str_add(&out, "> ");
	}
	return arena_dup(arena, str_text(&out));
}

/* As many as a place of a fault may name. */
static inline int
count_lines(const uint8_t *data, size_t size)
{
	int n = 1;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n' || data[i] == '\r';
	return n;
}
