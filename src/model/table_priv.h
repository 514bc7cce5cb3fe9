#pragma once
/* table: what the state machines and word lists of this folder share. */
#include <stddef.h>

struct edge {
	int from, event, to; /* of enums that begin at 0 */
};

/* Where the event leads from that state; -1 if nowhere. */
int edge_follow(const struct edge *edges, size_t n, int from, int event);

/* The place of the word among n; -1 if it is none of them. */
int word_place(const char *const *words, size_t n, const char *word);
