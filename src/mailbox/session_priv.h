#pragma once
/*
 * session: one folder on one server, from connecting to taking leave.
 *
 * Each call returns 0 or an ERR_ code with a sentence; after a failure the
 * connection is of no more use and session_close() is due. stage says how far
 * it had come and permanent whether the same again can help.
 */
#include "reach_priv.h"

#include <assent/mail/imap_wire.h>
#include <assent/model/login.h>

#include <libetpan/libetpan.h>

struct opening { /* what IMAP_OPEN says; texts live in the session's arena */
	const char *host;
	int port;
	int tls, auth; /* enum tls_mode, enum login_auth */
	const char *user;
	char *secret; /* wiped once it was used */
	const char *ca_file, *folder;
	span_ms deadline;
	int64_t max_size;
};

struct entry { /* of a listing */
	uint32_t uid;
	int64_t size;
	int64_t date; /* INTERNALDATE, ms; 0 when not said */
};

struct listing {
	struct entry *entries; /* room for most */
	size_t count, most;
	int64_t next; /* where the next one starts */
	bool more;
};

struct uids {
	const uint32_t *items; /* ascending */
	size_t count;
};

/* Takes a letter of n bytes at bytes[0..n); below 0 when nobody is there to have it. */
typedef int letter_fn(void *arg, uint32_t uid, const char *bytes, size_t n);

struct session {
	struct arena *arena; /* texts of what */
	struct opening what;
	enum imap_stage stage;
	bool permanent;
	int wake; /* the daemon's descriptor */
	struct stream *stream;
	mailimap *imap;
	int64_t highest; /* UID that is known to be there or to have been */
	unsigned tag;
	struct str capabilities; /* words with a blank between */
	char sent[17]; /* how the coded secret began, to know it by should it come back */
};

void session_init(struct session *s, int wake);
void session_done(struct session *s);

/*
 * Connect, sign in and select as s->what says. trust is from trust_new(), NULL
 * without TLS. Whatever comes of it, the secret is wiped.
 */
int session_open(struct session *s, SSL_CTX *trust, struct err *err) MUST_USE;

/* session_open() over a stream that is connected (and over TLS where that is implicit). */
int session_open_over(
    struct session *s, struct stream *stream, SSL_CTX *trust, struct err *err) MUST_USE;

/* Take leave within half a second; politely only when nothing failed. */
void session_close(struct session *s);

/* Up to most entries from first on, by ascending UID. */
int session_list(struct session *s, int64_t first, struct listing *out, struct err *err) MUST_USE;

/* Each letter of uids that is still there, whole or its header, as it comes. */
struct fetching {
	const struct uids *uids;
	enum imap_part part;
	letter_fn *letter;
	void *arg;
};
int session_fetch(struct session *s, const struct fetching *f, struct err *err) MUST_USE;

int session_flag(struct session *s, const struct uids *uids, struct err *err) MUST_USE;
int session_move(
    struct session *s, const struct uids *uids, const char *folder, struct err *err) MUST_USE;

/*
 * Until the folder may hold more (*news), the time (ms from now) is up or wake
 * has something to read; then (*woken) the caller looks and may come back.
 */
struct waiting {
	span_ms time;
	bool news, woken;
};
int session_wait(struct session *s, struct waiting *w, struct err *err) MUST_USE;

/* --- among the session's own files --- */

/* A command of the library's begins: time, and what its answer may hold. */
void session_begin(struct session *s, int64_t literal_max, int64_t budget, int64_t fetch_room);

/* The same for one of ours: sends "tag text". Not for secrets. */
int session_send(struct session *s, const char *text, struct err *err) MUST_USE;

/* Our command's tagged line: 0 when it came (see stream->guard.status), else failed. */
int session_await(struct session *s, struct err *err) MUST_USE;
/* Its "+": 0 when it came, 1 when it said no at once, else failed. */
int session_go_ahead(struct session *s, struct err *err) MUST_USE;
bool session_is_tagged(const struct session *s, const char *line);

/* Why the stream or the library gave up. */
int session_broke(struct session *s, struct err *err);

/* 0 when the last tagged answer was OK; else code with "cannot <what>" and the server's words. */
int session_check(struct session *s, int code, const char *what, struct err *err) MUST_USE;

/* Append ", saying "…"" to err where the server gave words. */
void session_add_words(struct session *s, struct err *err);

/* login.c: sign in as what says. */
int session_login(struct session *s, struct err *err) MUST_USE;
/* session.c: ask anew what the server can do. */
int session_capabilities(struct session *s, struct err *err) MUST_USE;
bool session_can(const struct session *s, const char *capability);

/* folder.c: name in the modified UTF-7 of RFC 3501 section 5.1.3; ASCII stays as it is. False when it is no UTF-8. */
bool folder_encode(const char *name, struct str *out);
