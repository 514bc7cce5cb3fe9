#pragma once
/*
 * imap: the daemon's side of a mailbox child (assent-mailbox): one process,
 * one IMAP connection, one question at a time (mail/imap_wire.h).
 *
 * Nothing that the child says is believed before it was checked: UIDs lie in
 * what was asked for and come once, in order; counts and sizes keep to their
 * limits. A child that dies, hangs or talks nonsense is ended, and the call
 * says so (ERR_PEER); the next imap_open() starts another. Every call has a
 * deadline of its own and ends early, with ERR_BUSY, when the stop descriptor
 * becomes readable. Not for two threads at once.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/mail/imap_wire.h>
#include <assent/model/login.h>

#include <stdbool.h>
#include <stddef.h>

#define IMAP_UID_MAX INT64_C(4294967295)

struct imap;

/* program is the child's; stop_fd may be -1. Nothing is started yet. */
struct imap *imap_new(const char *program, int stop_fd) MUST_USE;
/* Logs out and ends the child, by force after a second. */
void imap_free(struct imap *imap);
FREEP(struct imap, imap_free)

struct imap_account {
	const struct login *login;
	const char *secret; /* password or access token */
	const char *folder;
	span_ms deadline; /* for each operation of the child */
	int64_t max_size; /* of a letter that is fetched whole */
};

struct imap_opened {
	int64_t uidvalidity; /* at least 1 */
	int64_t uidnext; /* 0: not said */
	bool has_idle, has_move;
};

/* Start a child if there is none; connect, sign in, select. */
int imap_open(struct imap *imap, const struct imap_account *account, struct imap_opened *out,
    struct err *err) MUST_USE;

struct imap_entry {
	int64_t uid, size;
	utc_ms time; /* INTERNALDATE */
};

struct imap_list {
	int64_t first; /* asked: UIDs from here */
	size_t most; /* asked: entries, at most IMAP_LIST_MAX */
	struct imap_entry *entries; /* ascending, in the arena */
	size_t count;
	int64_t next; /* where the next list starts */
	bool more; /* there may be more at once */
};

int imap_list(
    struct imap *imap, struct imap_list *list, struct arena *arena, struct err *err) MUST_USE;

/* bytes are valid until it returns; what it returns (0 to go on) ends the call when negative. */
typedef int (*imap_mail_fn)(void *ctx, size_t which, const void *bytes, size_t n, struct err *err);

struct imap_fetch {
	enum imap_part part;
	const int64_t *uids; /* ascending */
	size_t count; /* 1 to IMAP_FETCH_MAX */
	imap_mail_fn mail; /* with the place in uids; not called for a mail that is gone */
	void *ctx;
};

int imap_fetch(struct imap *imap, const struct imap_fetch *fetch, struct err *err) MUST_USE;

struct imap_settle {
	enum imap_after what;
	const char *folder; /* to move to, else "" */
	const int64_t *uids; /* ascending */
	size_t count; /* 1 to IMAP_FETCH_MAX */
};

int imap_after(struct imap *imap, const struct imap_settle *settle, struct err *err) MUST_USE;

/* Until there is news, the span is over or we are to stop. *news: look again at once. */
int imap_wait(struct imap *imap, span_ms span, bool *news, struct err *err) MUST_USE;

struct imap_trouble { /* what is known about the last call that failed */
	bool has_died; /* the child; its end may have been ours */
	bool is_final; /* the same again will fail again */
	bool is_stop; /* only because we are to stop */
	enum imap_stage stage;
};

struct imap_trouble imap_trouble(const struct imap *imap);
/* The child's process, 0 without one. */
int imap_pid(const struct imap *imap);
