#include "unique_priv.h"

#include <string.h>

void
unique_add(struct unique *unique, const char *text, const struct node *node)
{
	if (!text || !*text)
		return;
	if (unique->count == unique->room) {
		unique->room = unique->room ? 2 * unique->room : 64;
		unique->entries =
		    mem_grow(unique->entries, unique->room * sizeof(unique->entries[0]));
	}
	unique->entries[unique->count++] = (struct unique_entry){ text, node };
}

static int
by_place(const struct unique_entry *a, const struct unique_entry *b)
{
	if (a->node->line != b->node->line)
		return a->node->line < b->node->line ? -1 : 1;
	return (a->node->column > b->node->column) - (a->node->column < b->node->column);
}

static int
by_text(const void *left, const void *right)
{
	const struct unique_entry *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order ? order : by_place(a, b);
}

static int
by_text_nocase(const void *left, const void *right)
{
	const struct unique_entry *a = left, *b = right;
	int order = strcasecmp(a->text, b->text);

	return order ? order : by_place(a, b);
}

void
unique_check(struct unique *unique, struct faults *faults)
{
	const struct unique_entry *first = unique->entries;

	if (unique->count < 2)
		return;
	qsort(unique->entries, unique->count, sizeof(unique->entries[0]),
	    unique->nocase ? by_text_nocase : by_text);
	for (size_t i = 1; i < unique->count; i++) {
		const struct unique_entry *e = &unique->entries[i];
		bool same = unique->nocase ? text_is_nocase(first->text, e->text)
					   : text_is(first->text, e->text);

		if (same)
			faults_add(faults, e->node->line, e->node->column,
			    "%s '%.200s' is given twice (first in line %d)", unique->what, e->text,
			    first->node->line);
		else
			first = e;
	}
}

void
unique_donep(struct unique *unique)
{
	mem_free(unique->entries);
	unique->entries = NULL;
}
