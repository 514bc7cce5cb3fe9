/* mailbox_maildir: a folder that a mail system delivers to; what is committed moves to cur. */
#include <assent/base/str.h>

#include "daemon/mailbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define LIST_MAX 200
#define SWEEP (5 * MS_SECOND)
#define ROUND_MOST (5 * MS_MINUTE) /* a batch of large mails on a slow disk */

struct round { /* a batch and where its items lie */
	struct batch batch;
	struct maildir_box *own;
	struct maildir_entry *entries;
	size_t *of; /* each item's place in entries */
	size_t listed, stuck, moved;
};

/* --- reading -------------------------------------------------------------------- */

static int
read_head(const struct round *round, struct item *item, const struct maildir_entry *entry,
    struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);
	AUTO(mem_freep) char *bytes = mem_alloc(HEAD_MAX);
	ssize_t n = -1;
	int fd;

	str_addf(&path, "%s/new/%s", round->own->path, entry->name);
	fd = open(str_text(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, bytes, HEAD_MAX);
		close(fd);
	}
	if (n < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
		    "cannot read %s", str_text(&path));
	batch_head(&round->batch, item, bytes, (size_t)n);
	return 0;
}

/* Too large to be read: its header is kept, it stays in cur, and the row says so. */
static int
file_oversized(const struct round *round, struct item *item, const struct maildir_entry *entry,
    struct err *err)
{
	const struct batch *batch = &round->batch;

	batch_set_aside(batch, item, "quarantined",
	    arena_printf(batch->arena,
		"the mail has %lld bytes, more than mail.max_size (%lld); it lies unread in the "
		"Maildir as cur/%s",
		(long long)entry->size, (long long)batch->settings->mail_max_size, entry->unique));
	return read_head(round, item, entry, err);
}

static int
take_entry(const struct round *round, struct item *item, const struct maildir_entry *entry,
    struct err *err)
{
	const struct batch *batch = &round->batch;
	int64_t most = batch->settings->mail_max_size;
	AUTO(str_donep) struct str raw = STR_INIT((size_t)most + 1);
	int rc;

	batch_item(batch, item,
	    arena_printf(batch->arena, "maildir:%s:%s", batch->box->name, entry->unique));
	rc = maildir_read(round->own->maildir, entry, most, &raw, err);
	if (rc == ERR_LIMIT)
		return file_oversized(round, item, entry, err);
	return rc < 0 ? rc : batch_bytes(batch, item, &raw, err);
}

/* Read what fits into one step. One that cannot be read keeps nobody else waiting. */
static void
gather(struct round *round)
{
	struct batch *batch = &round->batch;
	size_t bytes = 0;
	struct err err;

	for (size_t i = 0; i < round->listed && bytes < BATCH_BYTES; i++) {
		struct item *item = &batch->items[batch->count];
		int rc = take_entry(round, item, &round->entries[i], &err);

		if (rc == 0) {
			bytes += (size_t)item->inbound.size;
			round->of[batch->count++] = i;
		} else if (rc != ERR_NOT_FOUND) {
			round->stuck++;
			mailbox_complain(batch->box, &err);
		}
	}
}

/* --- one round -------------------------------------------------------------------- */

static void
settle_all(struct round *round)
{
	struct err err;

	for (size_t i = 0; i < round->batch.count; i++) {
		if (maildir_settle(round->own->maildir, &round->entries[round->of[i]], &err) == 0) {
			round->moved++;
			continue;
		}
		round->stuck++;
		mailbox_complain(round->batch.box, &err);
	}
}

/* Listed, readable and with room; nothing in the batch when there is nothing to do. */
static int
fill_batch(struct round *round, struct err *err)
{
	struct batch *batch = &round->batch;
	int rc = maildir_list(round->own->maildir, LIST_MAX + round->own->stuck, batch->arena,
	    &round->entries, &round->listed, err);

	if (rc < 0 || round->listed == 0 || !mailbox_has_room(batch->box, batch->settings))
		return rc;
	batch->items = arena_alloc(batch->arena, round->listed * sizeof(*batch->items));
	round->of = arena_alloc(batch->arena, round->listed * sizeof(*round->of));
	gather(round);
	return 0;
}

static int
take_batch(struct round *round, struct err *err)
{
	int rc = fill_batch(round, err);

	if (rc == 0 && round->batch.count > 0)
		rc = batch_commit(&round->batch, err);
	if (rc == 0)
		settle_all(round);
	return rc;
}

bool
maildir_round(struct mailbox *self, struct arena *arena)
{
	struct settings *settings = settings_get(self->daemon->settings);
	struct round round = {
		.own = self->own.maildir,
		.batch = { .box = self, .settings = settings, .arena = arena, .now = clock_now() },
	};
	struct err err;
	int rc = take_batch(&round, &err);

	if (rc < 0)
		mailbox_complain(self, &err);
	else if (round.stuck == 0)
		self->said = (struct err){ 0 };
	round.own->stuck = round.stuck;
	settings_unref(settings);
	arena_reset(arena);
	/* What could not be moved will be met again: no reason to hurry. */
	return round.moved > 0;
}

/* --- the kind ----------------------------------------------------------------------- */

static void
wait_for_mail(struct mailbox *self)
{
	struct maildir *maildir = self->own.maildir->maildir;
	struct pollfd fds[] = {
		{ .fd = maildir_watch_fd(maildir), .events = POLLIN },
		{ .fd = self->daemon->stop_fd, .events = POLLIN },
	};

	beat_promise(self->beat, SWEEP);
	if (poll(fds, ARRAY_LEN(fds), (int)SWEEP) > 0 && fds[0].revents != 0)
		maildir_watch_clear(maildir);
}

static void
run(struct mailbox *self)
{
	struct arena *arena = arena_new(BATCH_ARENA);

	while (!atomic_load(&self->daemon->stop)) {
		beat_promise(self->beat, ROUND_MOST);
		if (!maildir_round(self, arena))
			wait_for_mail(self);
	}
	arena_free(arena);
}

static int
open_box(struct mailbox *self, const struct settings_mailbox *wanted, struct err *err)
{
	struct maildir_box *own = mem_alloc(sizeof(*own));

	self->own.maildir = own;
	own->path = mem_dup(wanted->maildir);
	return maildir_open(wanted->maildir, &own->maildir, err);
}

static void
close_box(struct mailbox *self)
{
	struct maildir_box *own = self->own.maildir;

	maildir_free(own->maildir);
	mem_free(own->path);
	mem_free(own);
}

const struct mailbox_kind maildir_kind = { open_box, close_box, run };
