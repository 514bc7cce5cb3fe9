#include "table_priv.h"

#include <assent/base/str.h>

int
edge_follow(const struct edge *edges, size_t n, int from, int event)
{
	for (size_t i = 0; i < n; i++)
		if (edges[i].from == from && edges[i].event == event)
			return edges[i].to;
	return -1;
}

int
word_place(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(words[i], word))
			return (int)i;
	return -1;
}
