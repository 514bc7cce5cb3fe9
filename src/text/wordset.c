#include "wordset.h"

#include <stdbool.h>

#define EDGE_BYTE(edge) ((unsigned char)(edge))
#define EDGE_LAST(edge) (((edge) >> 8 & 1) != 0)
#define EDGE_ENDS(edge) (((edge) >> 9 & 1) != 0)
#define EDGE_TO(edge) ((edge) >> 10)

/* The edge of the state at `at` that reads byte; false for none. */
static bool
edge_of(const struct wordset *set, unsigned char byte, size_t *at)
{
	while (EDGE_BYTE(set->edges[*at]) != byte) {
		if (EDGE_LAST(set->edges[*at]))
			return false;
		++*at;
	}
	return true;
}

size_t
wordset_find(const struct wordset *set, const char *text, size_t n)
{
	size_t at = 0, number = 0;
	bool ends = false, goes_on = set->count > 0;

	for (size_t i = 0; i < n; i++) {
		if (!goes_on || !edge_of(set, (unsigned char)text[i], &at))
			return WORDSET_NONE;
		uint32_t edge = set->edges[at];
		number += set->skips[at];
		ends = EDGE_ENDS(edge);
		at = EDGE_TO(edge);
		goes_on = at != 0;
	}
	return ends ? number : WORDSET_NONE;
}

void
wordset_each(
    const struct wordset *set, void (*fn)(void *arg, size_t number, const char *text), void *arg)
{
	size_t at[WORDSET_TEXT_MAX], depth = 0, number = 0;
	char text[WORDSET_TEXT_MAX + 1];

	if (set->count == 0)
		return;
	at[0] = 0;
	for (;;) {
		uint32_t edge = set->edges[at[depth]];

		text[depth] = (char)EDGE_BYTE(edge);
		text[depth + 1] = '\0';
		if (EDGE_ENDS(edge))
			fn(arg, number++, text);
		if (EDGE_TO(edge) != 0 && depth + 1 < WORDSET_TEXT_MAX) {
			at[++depth] = EDGE_TO(edge);
			continue;
		}
		while (EDGE_LAST(set->edges[at[depth]])) {
			if (depth-- == 0)
				return;
		}
		at[depth]++;
	}
}
