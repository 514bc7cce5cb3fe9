#pragma once
/* unique: find what was given twice, in n log n, and tell it at the later place. */
#include <assent/config/tree.h>

struct unique_entry {
	const char *text;
	const struct node *node;
};

struct unique {
	const char *what; /* "domain" */
	bool nocase;
	struct unique_entry *entries;
	size_t count, room;
};

/* A NULL text (a value with a fault of its own) is passed over. */
void unique_add(struct unique *unique, const char *text, const struct node *node);
void unique_check(struct unique *unique, struct faults *faults);
void unique_donep(struct unique *unique);
