#pragma once
/*
 * compose: one of our own mails as bytes, from a template and a view.
 *
 * mail-templates/<locale>/<kind>.txt starts with "Subject: …", a blank line
 * and the text body; <kind>.html is the HTML body with the same content. Both
 * are mustache over the same view. Every mail gets the headers of DESIGN.md
 * section 7. Header values that hold CR, LF or NUL, and addresses that are not
 * plain "local@domain", are refused: ERR_INVALID, nothing is written.
 */
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/mail/letter.h>

#include <jansson.h>

#define COMPOSE_MAX (100u << 10)	/* bytes; Gmail clips what is longer */

enum compose_auto {
	COMPOSE_GENERATED,	/* requests, reminders, notes: DR, RN, NRN, AutoReply suppressed */
	COMPOSE_REPLIED,	/* answers to inbound mail: All suppressed */
};

struct compose {
	const char *kind;		/* template's name, "request" */
	const char *locale;		/* falls back to "en" */
	const char *site_dir;		/* overrides, may be "" */
	const json_t *view;
	struct address from, to;
	const char *reply_to;		/* address, "" for none */
	const char *message_id;		/* without <> */
	const char *in_reply_to;	/* without <>, "" for none */
	struct text_list references;	/* oldest first, without <> */
	const char *subject;		/* replaces the template's where not "" (threads keep theirs) */
	utc_ms date;
	const struct zone *zone;	/* of the Date field */
	enum compose_auto automatic;
	const char *loop;		/* value of X-Assentd-Loop: our instance */
};

/* Append the mail, CRLF line ends, to out. ERR_LIMIT over COMPOSE_MAX, ERR_INVALID as above, ERR_NOT_FOUND without a template. */
int compose_mail(const struct compose *compose, struct str *out, struct err *err)
    MUST_USE;

/* The text twin alone (subject line included), for previews. */
int compose_text(const struct compose *compose, struct str *out, struct err *err)
    MUST_USE;

/* May this address go into a header and an envelope? (RFC 5321 mailbox, SMTPUTF8 allowed, no comments, no quotes, no control bytes) */
bool address_is_plain(const char *email);
