#pragma once
/*
 * smtp: an outlet that hands mail to a relay (libcurl).
 *
 * A few connections are kept open between mails; each thread that calls
 * ops->send() is served by a free one and waits for one when all are busy. One
 * recipient a transaction. With TLS the relay's certificate and name are
 * verified before anything is said; without it only addresses of this machine
 * are connected to.
 *
 * What send() returns says whose fault it was:
 *   0            the relay has the mail
 *   ERR_INVALID  it will never take this mail, or this recipient
 *   ERR_BUSY     it said "later" (4xx), or we are stopping
 *   ERR_DENIED   it refuses us: our login, our sender, our machine
 *   ERR_IO       it cannot be reached or not be trusted, or was lost before the mail was out
 *   ERR_PEER     the connection was lost between the mail's last byte and the
 *                answer: perhaps it was sent (invariant 3)
 */
#include <assent/base/clock.h>
#include <assent/base/str.h>
#include <assent/mail/outlet.h>
#include <assent/model/login.h>

struct smtp_options {
	struct login login; /* password and password_file are not read: see secret */
	const char *helo; /* "" takes the host's name */
	int connections; /* most at once, at least 1 */
	span_ms deadline; /* for one mail, connecting and all */
	/* The password or access token; not called for AUTH_NONE. */
	int (*secret)(void *ctx, struct str *out, struct err *err);
	/* The relay refused a secret that was just asked for; may be NULL. */
	void (*refused)(void *ctx);
	void *ctx;
};

/* Copies what it needs of options. ERR_INVALID when they cannot work; nothing is connected yet. */
int outlet_smtp_new(
    const struct smtp_options *options, struct outlet **out, struct err *err) MUST_USE;
