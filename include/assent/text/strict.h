#pragma once
/*
 * strict: JSON that strangers send, read whole or not at all.
 *
 * One object, no key twice, no text with NUL, nesting within a limit. What is
 * wrong is said with the place as a JSON pointer (RFC 6901), so that the
 * sender's author finds it.
 */
#include <assent/base/attr.h>

#include <jansson.h>
#include <stddef.h>

#define STRICT_POINTER_MAX 256

struct strict_fault {
	const char *code; /* "syntax", "doubled-key", "too-deep", "not-an-object" */
	char pointer[STRICT_POINTER_MAX]; /* "/data/ticket/id"; "" is the whole; clipped */
	char message[200]; /* a sentence for people */
};

/* A new object, or NULL with *fault filled. depth counts objects and arrays inside each other. */
json_t *strict_read(const char *bytes, size_t n, size_t depth, struct strict_fault *fault) MUST_USE;

/* Append "/" and the key, with "~" and "/" written as RFC 6901 has it; unusual bytes become U+FFFD. */
struct str;
void strict_add_key(struct str *pointer, const char *key, size_t n);
