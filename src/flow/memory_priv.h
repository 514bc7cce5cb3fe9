#pragma once
/* memory_priv: what the files of the memory share. */
#include <assent/flow/memory.h>

#include "flow/record.h"

/* A text of people: cleaned, and then not longer than max and, if wanted, not blank. */
struct memory_text {
	const char *pointer; /* "/text" */
	const char *name; /* "the text" */
	size_t max;
	bool line; /* one line of it */
	bool wanted;
	bool cut; /* instead of refusing it: a model's */
};
/* Texts of one wish, read in turn: what is wrong first is what is told. */
struct memory_read {
	struct desk *desk;
	const char **wrong;
	struct err *err;
	int rc;
};
/* "" when something was wrong. */
const char *memory_clean(
    struct memory_read *read, const char *text, const struct memory_text *rule);

/* A model does this? ERR_DENIED. */
int memory_by_person(const char *by, struct err *err) MUST_USE;

/* record_event() with both texts clipped. */
int memory_event(struct desk *desk, const struct id *ticket, const struct record_change *change,
    struct err *err) MUST_USE;
/* "2: active" → "2: dismissed" */
struct memory_move {
	const char *kind; /* "fix.state" */
	int64_t n;
	const char *from, *to;
	const char *by;
};
int memory_moved(struct desk *desk, const struct id *ticket, const struct memory_move *move,
    struct err *err) MUST_USE;

/* Rows that are clean, with their events; what stands already is what *row becomes. */
int memory_add_fix(struct desk *desk, struct fix *row, struct err *err) MUST_USE;
int memory_add_task(struct desk *desk, struct task *row, struct err *err) MUST_USE;
