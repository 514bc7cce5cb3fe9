#pragma once
/*
 * form: the exact form of each kind of document, and whether a text has it.
 *
 * Pure and linear. Headings are compared word for word in the reader's
 * language; numbers, addresses, names of commands and identifiers of the text
 * must stand in the bundle.
 */
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

enum document_kind {
	DOCUMENT_SUMMARY,
	DOCUMENT_HANDOFF,
	DOCUMENT_RESOLUTION,
	DOCUMENT_PROPOSAL,
	DOCUMENT_NOTES,
	DOCUMENT_KINDS
};

const char *document_kind_name(enum document_kind kind); /* "summary", … */
bool document_kind_find(const char *name, enum document_kind *out) MUST_USE;

struct form_faults { /* each a sentence that a model can act on */
	const char *items[16];
	size_t count;
};

/*
 * Does text have the form? out gets it as it may be stored (marks of bullets
 * made one, blank lines settled); locale is of the headings. False fills
 * faults, in arena.
 */
struct form_check {
	enum document_kind kind;
	const char *locale;
	const char *text; /* of the model */
	const char *material; /* bundle_text() */
	int confidence; /* of the active fix, -1 for none: what a handoff's hypothesis must be */
};
bool form_read(const struct form_check *check, struct arena *arena, const char **out,
    struct form_faults *faults) MUST_USE;
