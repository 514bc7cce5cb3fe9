#pragma once
/*
 * cursor: how far an IMAP folder was taken in, and by whom.
 *
 * Whoever starts on a mailbox takes its cursor with a new epoch; every later
 * write names that epoch, so one that was overtaken meanwhile can change
 * nothing any more (ERR_CONFLICT). The flight is the range of UIDs that is
 * being fetched: it is committed, with its tries counted, before the FETCH, so
 * that a letter that kills the child or the daemon is known after the crash
 * (invariants 2 and 6).
 */
#include <assent/store/db.h>

struct cursor {
	const char *mailbox; /* its key, see source keys in post.h */
	int64_t uidvalidity; /* 0: never looked into */
	int64_t next_uid; /* the first UID that was not taken yet */
	utc_ms newest; /* latest INTERNALDATE that was taken */
	/* Below old_uid, what is older than old_time is filed without effect. */
	int64_t old_uid;
	utc_ms old_time;
	int64_t settled_uid; /* below it, what was to be done on the server was done */
	int64_t epoch;
	const char *holder;
	int64_t flight_first, flight_last; /* 0: none */
	int64_t flight_tries; /* begun, the one under way included */
	int64_t batch; /* most UIDs in the next flight */
	utc_ms updated;
};

/*
 * Take the cursor of mailbox for holder: *out is what was stored, or a fresh
 * one (uidvalidity 0, next_uid 1), with the next epoch. A step.
 */
int cursor_take(struct tx *tx, const char *mailbox, const char *holder, struct cursor *out,
    struct err *err) MUST_USE;

/*
 * Store all of cursor but holder and epoch, if the epoch is still its own;
 * ERR_CONFLICT when somebody took it since. A step.
 */
int cursor_put(struct tx *tx, const struct cursor *cursor, struct err *err) MUST_USE;

/* ERR_NOT_FOUND when nobody ever took it. */
int cursor_get(struct tx *tx, const char *mailbox, struct cursor *out, struct err *err) MUST_USE;
