/* mailbox: letters from a Maildir into the inbound table, before anything else. */
#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/store/post.h>

#include "daemon/mailbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX 200
#define SWEEP (5 * MS_SECOND)
#define BATCH_ARENA ((size_t)256 << 20)
#define BATCH_BYTES ((size_t)32 << 20) /* of raw mail in one step */
#define HEAD_MAX ((size_t)64 << 10) /* what is kept of a mail that is too large */

struct mailboxes {
	struct mailbox *items;
	size_t count;
};

struct item {
	const struct maildir_entry *entry;
	struct inbound inbound;
	bool has_job; /* false: filed at once */
	bool is_known; /* committed before, only not moved */
};

struct batch_in {
	struct mailbox *box;
	const struct settings *settings;
	struct arena *arena;
	struct maildir_entry *entries;
	size_t listed;
	struct item *items;
	size_t count, stuck, moved;
	utc_ms now;
};

/* Each complaint once, however often the thing is tried. */
static void
complain(struct mailbox *self, const struct err *err)
{
	if (text_is(self->said.text, err->text))
		return;
	self->said = *err;
	log_line(LOG_ERROR, "mailbox.failed", "mailbox", self->name, "error", err->text, NULL);
}

/* --- the step ------------------------------------------------------------------ */

/* Due one after the other, as they lay in the folder: an answer may follow its question. */
static int
add_job(struct tx *tx, const struct batch_in *batch, const struct item *item, struct err *err)
{
	char id[ID_TEXT_SIZE];
	struct job job = {
		.id = id_new(batch->now),
		.kind = "intake",
		.lane = LANE_INTAKE,
		.serial = "",
		.due = batch->now - (batch->items + batch->count - item),
		.created = batch->now,
	};

	job.payload =
	    arena_printf(tx_arena(tx), "{\"inbound\":\"%s\"}", id_text(&item->inbound.id, id));
	return job_add(tx, &job, err);
}

/* A source key that is there already means: committed before a crash, only not moved. */
static int
add_step(struct tx *tx, void *arg, struct err *err)
{
	struct batch_in *batch = arg;

	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		int rc = inbound_add(tx, &item->inbound, err);

		item->is_known = rc == ERR_CONFLICT;
		if (item->is_known)
			continue;
		if (rc == 0 && item->has_job)
			rc = add_job(tx, batch, item, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- reading -------------------------------------------------------------------- */

/* Large mail lies in the spool, durable before its row is. */
static int
spool(const struct batch_in *batch, struct item *item, const struct str *raw, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096), hex = STR_INIT(2 * SHA256_SIZE);
	uint8_t hash[SHA256_SIZE];
	int rc = folder_make(batch->settings->spool, 0700, err);

	if (rc < 0)
		return rc;
	sha256(str_text(raw), raw->len, hash);
	str_add_hex(&hex, hash, sizeof(hash));
	str_addf(&path, "%s/%s", batch->settings->spool, str_text(&hex));
	rc = file_write(str_text(&path), str_text(raw), raw->len, 0600, err);
	item->inbound.raw = NULL;
	item->inbound.spool = arena_dup(batch->arena, str_text(&hex));
	return rc;
}

/* The length of the header in a mail's first n bytes: to the first empty line. */
static size_t
head_length(const char *bytes, size_t n)
{
	const char *lf = memmem(bytes, n, "\n\n", 2), *crlf = memmem(bytes, n, "\r\n\r\n", 4);

	if (lf != NULL && (crlf == NULL || lf < crlf))
		return (size_t)(lf - bytes) + 2;
	return crlf != NULL ? (size_t)(crlf - bytes) + 4 : n;
}

static int
read_head(const struct batch_in *batch, struct item *item, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);
	char *bytes = arena_alloc(batch->arena, HEAD_MAX);
	ssize_t n = -1;
	int fd;

	str_addf(&path, "%s/new/%s", batch->box->path, item->entry->name);
	fd = open(str_text(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, bytes, HEAD_MAX);
		close(fd);
	}
	if (n < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
		    "cannot read %s", str_text(&path));
	item->inbound.size = (int64_t)head_length(bytes, (size_t)n);
	item->inbound.raw = bytes;
	return 0;
}

/* Too large to be read: its header is kept, it stays in cur, and the row says so. */
static int
file_oversized(const struct batch_in *batch, struct item *item, struct err *err)
{
	item->inbound.status = "quarantined";
	item->inbound.outcome = arena_printf(batch->arena,
	    "the mail has %lld bytes, more than mail.max_size (%lld); it lies unread in the "
	    "Maildir as cur/%s",
	    (long long)item->entry->size, (long long)batch->settings->mail_max_size,
	    item->entry->unique);
	item->has_job = false;
	return read_head(batch, item, err);
}

static int
take_bytes(const struct batch_in *batch, struct item *item, struct err *err)
{
	int64_t most = batch->settings->mail_max_size;
	AUTO(str_donep) struct str raw = STR_INIT((size_t)most + 1);
	int rc = maildir_read(batch->box->maildir, item->entry, most, &raw, err);

	if (rc == ERR_LIMIT)
		return file_oversized(batch, item, err);
	if (rc < 0)
		return rc;
	item->inbound.size = (int64_t)raw.len;
	if (raw.len > INBOUND_ROW_MAX)
		return spool(batch, item, &raw, err);
	item->inbound.raw = arena_dup_n(batch->arena, str_text(&raw), raw.len);
	return 0;
}

static int
take_entry(const struct batch_in *batch, struct item *item, struct err *err)
{
	item->has_job = true;
	item->inbound = (struct inbound){
		.id = id_new(batch->now),
		.source = batch->box->name,
		.source_key = arena_printf(
		    batch->arena, "maildir:%s:%s", batch->box->name, item->entry->unique),
		.received = batch->now,
		.spool = "",
		.status = "new",
		.outcome = "",
		.from_email = "",
		.subject = "",
	};
	return take_bytes(batch, item, err);
}

/* Read what fits into one step. One that cannot be read keeps nobody else waiting. */
static void
gather(struct batch_in *batch)
{
	size_t bytes = 0;
	struct err err;

	for (size_t i = 0; i < batch->listed && bytes < BATCH_BYTES; i++) {
		struct item *item = &batch->items[batch->count];
		int rc;

		item->entry = &batch->entries[i];
		rc = take_entry(batch, item, &err);
		if (rc == 0) {
			bytes += (size_t)item->inbound.size;
			batch->count++;
		} else if (rc != ERR_NOT_FOUND) {
			batch->stuck++;
			complain(batch->box, &err);
		}
	}
}

/* --- one round -------------------------------------------------------------------- */

static bool
has_room(struct mailbox *self, const struct settings *settings)
{
	int64_t room = disk_free(settings->state_dir);
	bool is_full = room >= 0 && room < settings->min_free;

	if (is_full != self->is_full)
		log_line(is_full ? LOG_ERROR : LOG_NOTICE,
		    is_full ? "mailbox.disk_full" : "mailbox.disk_has_room", "mailbox", self->name,
		    "folder", settings->state_dir, "effect",
		    is_full ? "mail stays in the mailbox; decisions go on" : NULL, NULL);
	self->is_full = is_full;
	return !is_full;
}

static void
count_item(const struct mailbox *self, const struct item *item)
{
	if (item->is_known)
		return;
	metric_add(METRIC_MAIL_IN, 1);
	if (item->has_job)
		return;
	metric_add(METRIC_MAIL_QUARANTINED, 1);
	log_line(LOG_WARN, "mailbox.quarantined", "mailbox", self->name, "reason",
	    item->inbound.outcome, NULL);
}

static void
settle_all(struct batch_in *batch)
{
	struct mailbox *self = batch->box;
	char count[24];
	struct err err;

	for (size_t i = 0; i < batch->count; i++) {
		count_item(self, &batch->items[i]);
		if (maildir_settle(self->maildir, batch->items[i].entry, &err) == 0) {
			batch->moved++;
			continue;
		}
		batch->stuck++;
		complain(self, &err);
	}
	snprintf(count, sizeof(count), "%zu", batch->count);
	log_line(LOG_INFO, "mailbox.taken", "mailbox", self->name, "count", count, NULL);
}

/* Listed, readable and with room; 0 when there is nothing to do. */
static int
fill_batch(struct batch_in *batch, struct err *err)
{
	struct mailbox *self = batch->box;
	int rc = maildir_list(self->maildir, LIST_MAX + self->stuck, batch->arena, &batch->entries,
	    &batch->listed, err);

	if (rc < 0 || batch->listed == 0 || !has_room(self, batch->settings))
		return rc;
	batch->items = arena_alloc(batch->arena, batch->listed * sizeof(*batch->items));
	gather(batch);
	return 0;
}

static int
take_batch(struct batch_in *batch, struct err *err)
{
	int rc = fill_batch(batch, err);

	if (rc == 0 && batch->count > 0) {
		rc = db_step(batch->box->daemon->db, add_step, batch, err);
		if (rc == 0)
			settle_all(batch);
		else
			batch->count = 0;
	}
	return rc;
}

bool
mailbox_round(struct mailbox *self, struct arena *arena)
{
	struct settings *settings = settings_get(self->daemon->settings);
	struct batch_in batch = {
		.box = self,
		.settings = settings,
		.arena = arena,
		.now = clock_now(),
	};
	struct err err;
	int rc = take_batch(&batch, &err);

	if (rc < 0)
		complain(self, &err);
	else if (batch.stuck == 0)
		self->said = (struct err){ 0 };
	self->stuck = batch.stuck;
	settings_unref(settings);
	arena_reset(arena);
	/* What could not be moved will be met again: no reason to hurry. */
	return batch.moved > 0;
}

/* --- the thread --------------------------------------------------------------------- */

static void
wait_for_mail(struct mailbox *self)
{
	struct pollfd fds[] = {
		{ .fd = maildir_watch_fd(self->maildir), .events = POLLIN },
		{ .fd = self->daemon->stop_fd, .events = POLLIN },
	};

	if (poll(fds, ARRAY_LEN(fds), (int)SWEEP) > 0 && fds[0].revents != 0)
		maildir_watch_clear(self->maildir);
}

static void *
mailbox_main(void *arg)
{
	struct mailbox *self = arg;
	struct arena *arena = arena_new(BATCH_ARENA);

	while (!atomic_load(&self->daemon->stop))
		if (!mailbox_round(self, arena))
			wait_for_mail(self);
	arena_free(arena);
	return NULL;
}

int
mailbox_open(struct mailbox *self, struct daemon *daemon, const struct settings_mailbox *wanted,
    struct err *err)
{
	self->daemon = daemon;
	self->name = mem_dup(wanted->name);
	self->path = mem_dup(wanted->maildir);
	return maildir_open(wanted->maildir, &self->maildir, err);
}

void
mailbox_close(struct mailbox *self)
{
	if (self->is_running)
		pthread_join(self->thread, NULL);
	maildir_free(self->maildir);
	mem_free(self->name);
	mem_free(self->path);
}

static int
start_one(struct mailbox *self, struct daemon *daemon, const struct settings_mailbox *wanted,
    struct err *err)
{
	int rc = mailbox_open(self, daemon, wanted, err), no;

	if (rc < 0)
		return err_wrap(err, rc, "mailbox %s", wanted->name);
	no = pthread_create(&self->thread, NULL, mailbox_main, self);
	if (no != 0)
		return err_errno(err, ERR_BUSY, no, "no thread for mailbox %s", wanted->name);
	self->is_running = true;
	return 0;
}

int
mailboxes_start(struct daemon *daemon, struct mailboxes **out, struct err *err)
{
	struct settings *settings = settings_get(daemon->settings);
	struct mailboxes *all = mem_alloc(sizeof(*all));
	int rc = 0;

	*out = all;
	all->items = mem_alloc((settings->mailbox_count + 1) * sizeof(*all->items));
	for (size_t i = 0; i < settings->mailbox_count && rc == 0; i++)
		rc = start_one(&all->items[all->count++], daemon, &settings->mailboxes[i], err);
	settings_unref(settings);
	return rc;
}

void
mailboxes_stop(struct mailboxes *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->count; i++)
		mailbox_close(&all->items[i]);
	mem_free(all->items);
	mem_free(all);
}
