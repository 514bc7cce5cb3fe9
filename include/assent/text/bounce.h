#pragma once
/*
 * bounce: what a mail system says in words when it sends no report (RFC 3464)
 * about a mail that it could not deliver: qmail, Exim, Exchange, Domino,
 * GroupWise, gateways and mailbox providers, in the languages they speak.
 *
 * Pure and linear. It reads mail that is known to be a bounce by its header;
 * people's words are not for it.
 */
#include <assent/base/attr.h>

#include <stddef.h>

enum bounce_fate {
	BOUNCE_UNKNOWN, /* says neither */
	BOUNCE_DELAYED, /* it is tried again: nobody has to do anything */
	BOUNCE_FAILED, /* it is given up */
};

struct bounce_words {
	enum bounce_fate fate;
	char status[12]; /* "5.1.1" of RFC 3463, "" for none */
	const char *line; /* what says most, in the text; not ended by a NUL */
	size_t line_size;
};

/* Read text up to where it returns our own mail. */
void bounce_read(const char *text, struct bounce_words *out);
