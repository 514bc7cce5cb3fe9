#pragma once
/*
 * maildir: reading an incoming Maildir (new → cur) without losing or doubling.
 *
 * The name up to ":" is the mail's stable name and part of its source key.
 * A mail is moved to cur only after the caller committed it; after a crash
 * between the two it is seen again and recognised by its source key.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <stddef.h>
#include <stdint.h>

struct maildir;

struct maildir_entry {
	const char *name; /* file name in new */
	const char *unique; /* name up to ":" */
	int64_t size;
	utc_ms mtime;
};

/* Opens (makes what is missing of) path/{tmp,new,cur} and watches new with inotify where that works. */
int maildir_open(const char *path, struct maildir **out, struct err *err) MUST_USE;
void maildir_free(struct maildir *maildir);
FREEP(struct maildir, maildir_free)

/*
 * At most max entries of new, oldest name first, in arena. Names that start
 * with a dot and things that are not regular files are passed over.
 */
int maildir_list(struct maildir *maildir, size_t max, struct arena *arena,
    struct maildir_entry **out, size_t *count, struct err *err) MUST_USE;

/* The bytes of an entry; ERR_LIMIT when larger than max, ERR_NOT_FOUND when gone. */
int maildir_read(struct maildir *maildir, const struct maildir_entry *entry, int64_t max,
    struct str *out, struct err *err) MUST_USE;

/* Move an entry from new to cur ("name:2,"). Gone already is success. */
int maildir_settle(
    struct maildir *maildir, const struct maildir_entry *entry, struct err *err) MUST_USE;

/* A descriptor that becomes readable when new changes, or -1: then sweep. */
int maildir_watch_fd(const struct maildir *maildir);
void maildir_watch_clear(struct maildir *maildir);
