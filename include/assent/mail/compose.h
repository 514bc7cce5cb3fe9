#pragma once
/*
 * compose: one of our own mails as bytes, from a template and a view.
 *
 * mail-templates/<locale>/<kind>.txt starts with "Subject: …", a blank line
 * and the text body; <kind>.html is the HTML body with the same content. Both
 * are mustache over the same view. Every mail gets the headers that
 * docs/TEMPLATES.md lists. Header values that hold CR, LF or NUL, and addresses that are not
 * plain "local@domain", are refused: ERR_INVALID, nothing is written.
 */
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/mail/letter.h>

#include <jansson.h>

#define COMPOSE_MAX (100u << 10) /* bytes of each twin; Gmail clips what is longer */
#define COMPOSE_MAIL_MAX (512u << 10) /* the whole mail, encoded: the ceiling for out */
#define COMPOSE_CUT_MARKER_EN "--- Please reply above this line ---"

enum compose_auto {
	COMPOSE_GENERATED, /* requests, reminders, notes: DR, RN, NRN, AutoReply suppressed */
	COMPOSE_REPLIED, /* answers to inbound mail: All suppressed */
};

struct compose {
	const char *kind; /* template's name, "request" */
	const char *locale; /* falls back to "en" */
	const char *site_dir; /* overrides, may be "" */
	const json_t *view;
	struct address from, to;
	const char *reply_to; /* address, "" for none */
	const char *message_id; /* without <> */
	const char *in_reply_to; /* without <>, "" for none */
	struct text_list references; /* oldest first, without <> */
	const char *subject; /* replaces the template's where not "" (threads keep theirs) */
	utc_ms date;
	const struct zone *zone; /* of the Date field */
	enum compose_auto automatic;
	const char *loop; /* value of X-Assentd-Loop: our instance */
};

/*
 * Append the mail, CRLF line ends, to out. The same compose gives the same
 * bytes. docs/TEMPLATES.md names each kind's keys and those that are added
 * here. Cards are shortened where a twin would be over COMPOSE_MAX; ERR_LIMIT
 * when it still is, ERR_INVALID as above or for
 * a broken template, ERR_NOT_FOUND without a template.
 */
int compose_mail(const struct compose *compose, struct str *out, struct err *err) MUST_USE;

/* The text twin alone (subject line included), or the HTML one, for previews. */
int compose_text(const struct compose *compose, struct str *out, struct err *err) MUST_USE;
int compose_html(const struct compose *compose, struct str *out, struct err *err) MUST_USE;

/* Compile every kind of a locale as a mail would use it: are a site's overrides sound? */
int compose_check(const char *site_dir, const char *locale, struct err *err) MUST_USE;

/*
 * Compiled templates are kept per site_dir, locale and name. Forget them when
 * the files may have changed (a reload); mails being composed finish first.
 */
void compose_forget(void);

struct compose_phrase {
	const char *site_dir, *locale;
	const char *name; /* of a sentence in phrases/<locale>.txt */
	const json_t *view; /* its values */
};
/* The sentence as plain text, appended; "de-AT" is looked for as "de", too. False: there is none. */
bool compose_phrase(const struct compose_phrase *phrase, struct str *out);

/* Every kind that is shipped, by name. */
extern const char *const compose_kinds[];
extern const size_t compose_kind_count;

/* The line that a reader in that locale answers above. */
const char *compose_cut_marker(const char *locale);

/* All lines and beginnings of lines, in every language, from which on an answer is our own mail quoted (reply_hints). */
const char *const *compose_cut_markers(size_t *count);

/* May this address go into a header and an envelope? (RFC 5321 mailbox, SMTPUTF8 allowed, no comments, no quotes, no control bytes) */
bool address_is_plain(const char *email);
