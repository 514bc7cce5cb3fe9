#pragma once
/* secret_priv: the words that src/text/secret.c goes by. */
#include <stdbool.h>
#include <stddef.h>

struct secret_maker {
	const char *prefix;
	size_t least; /* bytes of the whole */
};
extern const struct secret_maker secret_makers[]; /* ends with NULL */
extern const char *const secret_phrases[]; /* of several words or letters beyond ASCII */

/* As secret_is_name(), for a word before a colon: "key" alone says nothing there. */
bool secret_is_said(const char *name);
