#pragma once
/*
 * mustache: templates as the mustache specification (1.4) writes them:
 * interpolation, sections, inverted sections, partials, comments, delimiters.
 *
 * A template is compiled once and rendered many times, from any thread, with a
 * JSON view. Rendering is pure: it reads the view, calls the escape and the
 * partial function, and appends to a str.
 *
 * What the specification leaves open: false are a missing name, null, false,
 * "" and []; every number and every object is true. Booleans render as "true"
 * and "false", objects and lists as nothing. {{{name}}} and {{&name}} are not
 * escaped. Names are never looked up in a parent once their first part was
 * found. A partial whose name has a dot is a sentence (text/phrase.h): it stays
 * in its line even where it is alone there.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <jansson.h>
#include <stddef.h>

#define MUSTACHE_SOURCE_MAX ((size_t)1 << 20) /* bytes of one template */
#define MUSTACHE_DEPTH_MAX 64 /* sections and partials inside each other */
#define MUSTACHE_STEPS_MAX 4000000 /* tags and lines rendered in one call */

struct mustache;

/* Append text[0..n) to out so that it is safe where it stands. */
typedef void (*mustache_escape_fn)(struct str *out, const char *text, size_t n);

/* The compiled partial of that name, which outlives the call; NULL renders nothing. */
typedef const struct mustache *(*mustache_partial_fn)(void *arg, const char *name);

struct mustache_view {
	const json_t *data; /* NULL is an empty object */
	mustache_escape_fn escape; /* NULL is mustache_plain */
	mustache_partial_fn partial; /* NULL: there are none */
	void *partial_arg;
};

void mustache_html(struct str *out, const char *text, size_t n); /* & < > " ' */
void mustache_plain(struct str *out, const char *text, size_t n); /* as it is */

/*
 * Compile text[0..n). ERR_INVALID with "line:column: what" for an unclosed
 * tag, a section that is not closed or closed by another name, a malformed
 * delimiter change or an empty name; ERR_LIMIT when it is too long or nested
 * too deep. *out is untouched on failure.
 */
int mustache_compile(const char *text, size_t n, struct mustache **out, struct err *err) MUST_USE;
void mustache_free(struct mustache *template);
FREEP(struct mustache, mustache_free)

/*
 * Append the rendered template to out. ERR_LIMIT when out overflowed, partials
 * nest too deep or the work is unreasonable; out then holds a part.
 */
int mustache_render(const struct mustache *template, const struct mustache_view *view,
    struct str *out, struct err *err) MUST_USE;
