#pragma once
/*
 * form: application/x-www-form-urlencoded, as forms and query strings use it.
 *
 * Strict, because what a person decides comes in this way: each field is
 * name=value, a name occurs once, escapes are whole, values are UTF-8 without
 * control characters other than tab, CR and LF.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <stddef.h>

#define FORM_FIELDS_MAX 64

struct form_field {
	const char *name;
	const char *value; /* decoded; line ends as sent (browsers send CR LF) */
};

struct form {
	struct form_field *fields;
	size_t count;
};

/*
 * Decode text[0..n) into the arena (about twice n bytes). Empty text is a form
 * without fields. ERR_INVALID with the reason when it is malformed or names a
 * field twice; ERR_LIMIT above FORM_FIELDS_MAX. *out is untouched on failure.
 */
int form_parse(
    struct arena *arena, const char *text, size_t n, struct form *out, struct err *err) MUST_USE;

/* The field's value, or NULL. */
const char *form_get(const struct form *form, const char *name);

/* Append text with everything but letters, digits and "-._~" as %XX. */
void form_escape(struct str *out, const char *text);
