#pragma once
/* compose_priv: the steps from a view to the two twins. */
#include <assent/mail/compose.h>
#include <assent/text/mustache.h>
#include <assent/text/phrase.h>

/* --- compose_template.c: files, compiled and kept --------------------------- */

#define COMPOSE_NAME_MAX 64 /* bytes of a locale, a kind, a partial */

struct compose_template { /* one kind in the first locale that has it */
	const struct mustache *subject, *text, *html;
	char locale[COMPOSE_NAME_MAX + 1]; /* of the folder it was found in */
};

/* Templates handed out between these two stay, whatever compose_forget() does. */
void compose_hold(void);
void compose_release(void);

/* Needs compose_hold(). ERR_NOT_FOUND, ERR_INVALID, ERR_IO. */
int compose_find(const struct compose *compose, struct compose_template *out, struct err *err);

enum compose_twin { COMPOSE_TEXT, COMPOSE_HTML };

struct compose_render {
	const char *kind;
	const char *site_dir, *locale; /* where partials come from */
	enum compose_twin twin;
	const struct mustache *template;
	const json_t *view;
};

/* Needs compose_hold(). Append the rendered template to out. */
int compose_render(const struct compose_render *render, struct str *out, struct err *err);

/* --- compose_view.c: the keys that every view gets ---------------------------- */

/*
 * A new view for *out (json_decref()): every text made visible and single-line,
 * the added keys of docs/TEMPLATES.md but subject and hrefs. ERR_INVALID when
 * a link is none.
 */
int compose_view(const struct compose *compose, const char *locale, json_t **out, struct err *err);

/* Add subject, approve_href and reject_href. */
void compose_view_finish(const struct compose *compose, const char *subject, json_t *view);

/*
 * Make the cards of a view that turned out too large shorter and say so
 * (shortened); false when there is nothing left to take away.
 */
bool compose_view_shorten(json_t *view, int step);

/* --- compose_wrap.c ------------------------------------------------------------ */

/*
 * Append text with lines broken at blanks near 72 columns, the beginning of
 * quotes and list entries kept, no blanks at line ends, one blank line at most
 * in a row. Words longer than a line (links) stay whole, lines between
 * "-----BEGIN " and "-----END " as they are.
 */
void compose_wrap(struct str *out, const char *text);

/* --- compose_mime.c: headers and parts as bytes, by GMime -------------------------- */

struct compose_parts {
	const struct compose *compose;
	const char *subject;
	const struct str *text, *html;
};

/* May these values become header fields? ERR_INVALID says which may not. */
int compose_check_headers(const struct compose *compose, struct err *err);

/* Append the mail with CRLF line ends to out; the values were checked. */
int compose_write(const struct compose_parts *parts, struct str *out, struct err *err);
