#pragma once
/* mailbox_priv: one Maildir and what its thread knows. */
#include <assent/base/err.h>
#include <assent/mail/maildir.h>

#include "daemon/daemon_priv.h"

struct mailbox {
	struct daemon *daemon;
	char *name, *path;
	struct maildir *maildir;
	pthread_t thread;
	bool is_running;
	bool is_full; /* the disk was, when last seen */
	size_t stuck; /* entries that could not be read or moved, in the last round */
	struct err said; /* the last complaint: each is logged once */
};

int mailbox_open(struct mailbox *self, struct daemon *daemon, const struct settings_mailbox *wanted,
    struct err *err) MUST_USE;
void mailbox_close(struct mailbox *self);

/* One round: list, read, commit, move. True when there may be more at once. */
bool mailbox_round(struct mailbox *self, struct arena *arena);
