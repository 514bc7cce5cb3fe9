#pragma once
/*
 * smtp_priv: what is said and heard on a connection to a relay, and what it
 * means. Pure; outlet_smtp.c has the connections.
 */
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

#define SMTP_REPLY_MAX 300 /* bytes of a reply that are shown */
/* ... and kept, so that a token or password is known as one that the end of these cuts. */
#define SMTP_REPLY_ROOM (SMTP_REPLY_MAX + 200)

enum smtp_stage {
	STAGE_CONNECT, /* nothing was said yet */
	STAGE_HELLO,
	STAGE_TLS,
	STAGE_SIGN_IN,
	STAGE_SENDER,
	STAGE_RECIPIENT,
	STAGE_DATA,
	STAGE_END, /* the mail is out; its answer is waited for */
};

struct smtp_talk {
	enum smtp_stage stage; /* what we said last */
	int code; /* the relay's whole answer to that, 0 while there is none */
	char text[SMTP_REPLY_ROOM + 1]; /* its words: one visible line */
	size_t length;
	bool has_ended; /* we said QUIT: what comes now is no answer to anything */
	bool offers_tls, offers_sign_in, offers_utf8; /* in the last EHLO's answer */
};

/* A new mail, on a kept connection or on a new one; what was offered is kept. */
void smtp_begin(struct smtp_talk *talk);
/* We sent n bytes that are a command (or more of an AUTH exchange). */
void smtp_said(struct smtp_talk *talk, const char *bytes, size_t n);
/* The mail's last byte is out. */
void smtp_said_all(struct smtp_talk *talk);
/* One line of the relay, with or without its line end. */
void smtp_heard(struct smtp_talk *talk, const char *line, size_t n);

enum smtp_break { /* why it ended, beside what the relay said */
	BREAK_NONE,
	BREAK_LINE, /* no connection, or it was lost */
	BREAK_TIME,
	BREAK_STOP, /* we are stopping */
	BREAK_CERTIFICATE, /* not to be trusted */
	BREAK_TLS, /* no encryption */
	BREAK_SIGN_IN, /* no way of signing in that we know */
	BREAK_UTF8, /* SMTPUTF8 is needed and not offered */
};

struct smtp_try {
	const char *relay; /* name and port */
	const char *user, *from, *to;
	const char *secret; /* not to be shown, "" for none */
	enum smtp_break broke;
	const char *why; /* the library's words */
};

/* What outlet_ops.send returns, with its sentence. */
int smtp_verdict(const struct smtp_talk *talk, const struct smtp_try *try, struct err *err);

/*
 * How the relay calls the mail that it took, from its answer to the final dot:
 * a Message-ID in angle brackets, or one long name ("Ok 0102018c…-000000",
 * "queued as …"). "" where nothing in it is one mail's only.
 */
void smtp_name(const struct smtp_talk *talk, char *out, size_t room);

/* Was it the login that was refused? */
bool smtp_refused_login(const struct smtp_talk *talk, enum smtp_break broke);
/* Did a kept connection end before the relay knew of this mail? */
bool smtp_was_stale(const struct smtp_talk *talk, enum smtp_break broke);
