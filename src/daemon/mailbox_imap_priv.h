#pragma once
/*
 * mailbox_imap_priv: one IMAP folder. Its thread lists what is new, commits
 * the range in flight, fetches it, and puts rows, jobs and cursor into one
 * step. Deaths on a flight are counted in the database, before each try.
 */
#include <assent/mail/imap.h>
#include <assent/store/cursor.h>

#include "daemon/mailbox_priv.h"

#define DEADLINE MS_MINUTE /* of each operation of the child */
#define CALL_MOST (35 * DEADLINE) /* more than any question to it may take (src/mail/imap.c) */

/* --- retreat: when to try again (pure) ------------------------------------ */

#define RETREAT_FIRST MS_SECOND
#define RETREAT_MOST (5 * MS_MINUTE)
#define RETREAT_SECRET (30 * MS_SECOND) /* somebody is signing in */
#define RETREAT_SOFT (10 * MS_SECOND) /* it was there a moment ago, and will not give a letter */
#define RETREAT_FLIGHT ((span_ms)200) /* deaths on a flight are few: each makes it smaller */
#define PARK_DEATHS 10
#define PARK_TIME (15 * MS_MINUTE)
#define TELL_FAILURES 5 /* in a row, before it is a condition */

enum mishap {
	MISHAP_FAILED, /* a server or a network did not do what we asked */
	MISHAP_FINAL, /* the same again will fail again: a password, a folder */
	MISHAP_SECRET, /* there is no password or token right now */
	MISHAP_DEATH, /* the child died before the folder was open */
	MISHAP_SOFT, /* a FETCH failed, nobody died */
	MISHAP_FLIGHT, /* the child died of what it fetched */
	MISHAP_EVERY, /* it dies of letter after letter: it is not the letters */
};

struct retreat {
	unsigned failures; /* in a row */
	unsigned deaths; /* before the folder was open, in a row */
	bool is_parked;
};

/* Count it; how long to wait. seed spreads those that failed together. */
span_ms retreat_after(struct retreat *retreat, enum mishap mishap, uint64_t seed);
/* Is it long enough to be told to the operator? */
bool retreat_is_bad(const struct retreat *retreat, enum mishap mishap);

/* --- flights -------------------------------------------------------------- */

#define TRIES_WHOLE 3 /* then only the header is asked for */
#define TRIES_HEADER 6 /* then nothing is */
#define SOFT_HALVE 3 /* fetches that failed without a death, until the batch is halved */
#define SOFT_GIVE_UP 10 /* of one letter; doubled for each that was lost before it in a row */
#define SOFT_DOUBLINGS 5
#define LOST_MOST 3 /* letters given up in a row, until the child is suspected */

/* In the outcome of each letter that was not taken whole: a person is sent there. */
#define LIES_UNREAD "it lies unread in"
#define SOURCE_KEY "imap:%s:%lld:%lld" /* of key, UIDVALIDITY and UID */

struct imap_box {
	struct mailbox *box;
	struct imap *imap;
	char *program, *folder;
	char *key; /* of the cursor and in source keys: the name, or name/folder */
	struct cursor cursor; /* as it is committed, or about to be */
	struct settings *settings; /* of this connection */
	const struct settings_mailbox *wanted; /* in settings */
	struct imap_opened opened;
	struct arena *arena; /* of one batch */
	struct arena *listed; /* of one list */
	struct retreat retreat;
	enum mishap mishap; /* of the failure under way */
	bool is_aloft; /* the cursor's flight is committed and was not begun yet */
	bool is_overtaken; /* somebody else has the cursor: a write was refused */
	bool again; /* there may be news that nobody will tell */
	unsigned lost; /* letters given up since the last one that came */
	unsigned soft; /* failures of this flight without a death */
	struct err why; /* the last one */
	span_ms settle_again; /* boot time; 0: at once */
};

/*
 * What is new since the cursor, to the last letter: list, fetch, commit.
 * ERR_CONFLICT: somebody else took the mailbox over.
 */
int flight_take_all(struct imap_box *self, struct err *err) MUST_USE;
/* We stop in an orderly way: what is in flight did not kill anybody. */
int flight_land(struct imap_box *self, struct err *err) MUST_USE;
/* Store the cursor alone. */
int flight_put(struct imap_box *self, struct err *err) MUST_USE;
/* Was the entry there before we first looked, and is it to be left alone? */
bool flight_is_old(const struct cursor *cursor, const struct imap_entry *entry);

/* Connected, and the cursor is that of this folder. */
int imap_box_connect(struct imap_box *self, struct err *err) MUST_USE;
/* One look: everything new is taken and settled. */
int imap_box_look(struct imap_box *self, struct err *err) MUST_USE;
/* Count and tell what went wrong; how long to wait. */
span_ms imap_box_retreat(struct imap_box *self, int rc, const struct err *err);
