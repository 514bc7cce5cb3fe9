#pragma once
/*
 * mailbox_priv: one mailbox, its thread, and what its kinds share: letters go
 * in by batches, each one step, and nothing is acknowledged before it.
 */
#include <assent/base/err.h>
#include <assent/mail/maildir.h>
#include <assent/store/post.h>

#include "daemon/daemon_priv.h"

struct mailbox;

/* What differs between mailboxes. open() may leave half of it to close(). */
struct mailbox_kind {
	int (*open)(struct mailbox *self, const struct settings_mailbox *wanted, struct err *err);
	void (*close)(struct mailbox *self);
	void (*run)(struct mailbox *self); /* until the daemon stops */
};

extern const struct mailbox_kind maildir_kind, imap_kind;

struct mailbox {
	struct daemon *daemon;
	const struct mailbox_kind *kind;
	char *name;
	union {
		struct maildir_box *maildir;
		struct imap_box *imap;
	} own;
	pthread_t thread;
	struct beat *beat; /* a kind's run() promises; NULL in tests */
	bool is_running;
	bool is_full; /* the disk was, when last seen */
	struct err said; /* the last complaint: each is logged once */
};

int mailbox_open(struct mailbox *self, struct daemon *daemon, const struct settings_mailbox *wanted,
    struct err *err) MUST_USE;
void mailbox_close(struct mailbox *self);

/* Log it, but each complaint once, however often the thing is tried. */
void mailbox_complain(struct mailbox *self, const struct err *err);
/* Is there enough free space to take mail in? A change is logged. */
bool mailbox_has_room(struct mailbox *self, const struct settings *settings);

/* --- batches -------------------------------------------------------------- */

#define BATCH_ARENA ((size_t)256 << 20)
#define BATCH_BYTES ((size_t)32 << 20) /* of raw mail in one step */
#define HEAD_MAX ((size_t)64 << 10) /* what is kept of a mail that is not taken whole */

struct item {
	struct inbound inbound;
	bool has_job; /* false: it is settled as it is */
	bool is_known; /* committed before */
};

struct batch {
	struct mailbox *box;
	const struct settings *settings;
	struct arena *arena;
	struct item *items; /* in the order in which they lay in the mailbox */
	size_t count;
	utc_ms now;
	/* What else belongs into the step; may be NULL, may run more than once. */
	int (*also)(struct tx *tx, const struct batch *batch, struct err *err);
	void *ctx;
};

/* A row that is to be read by the intake lane. key is the source key. */
void batch_item(const struct batch *batch, struct item *item, const char *key);
/* Its bytes, copied into the arena; large ones into the spool, durable before the row is. */
int batch_bytes(
    const struct batch *batch, struct item *item, const struct str *raw, struct err *err) MUST_USE;
/* It is settled as status with the sentence; of bytes only the header is kept. */
void batch_set_aside(
    const struct batch *batch, struct item *item, const char *status, const char *outcome);
void batch_head(const struct batch *batch, struct item *item, const void *bytes, size_t n);
/* One step; then the items are counted and logged. */
int batch_commit(struct batch *batch, struct err *err) MUST_USE;

/* --- Maildirs ------------------------------------------------------------- */

struct maildir_box {
	char *path;
	struct maildir *maildir;
	size_t stuck; /* entries that could not be read or moved, in the last round */
};

/* One round: list, read, commit, move. True when there may be more at once. */
bool maildir_round(struct mailbox *self, struct arena *arena) MUST_USE;
