/* mailbox: letters from a Maildir into the inbound table, before anything else. */
#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/mail/maildir.h>
#include <assent/store/post.h>

#include "daemon/daemon_priv.h"

#include <poll.h>

#define LIST_MAX 100
#define SWEEP (5 * MS_SECOND)
#define BATCH_ARENA ((size_t)256 << 20)
#define BATCH_BYTES ((size_t)32 << 20) /* of raw mail in one step */

struct mailbox {
	struct daemon *daemon;
	char *name;
	struct maildir *maildir;
	pthread_t thread;
	bool full; /* the disk was, when last seen */
};

struct mailboxes {
	struct mailbox *items;
	size_t count;
};

struct item {
	const struct maildir_entry *entry;
	struct inbound inbound;
	bool job; /* false: filed at once */
};

struct batch_in {
	struct maildir_entry *entries;
	size_t listed;
	struct item *items;
	size_t count;
	utc_ms now;
};

static int
add_job(struct tx *tx, const struct item *item, utc_ms now, struct err *err)
{
	char id[ID_TEXT_SIZE];
	struct job job = {
		.id = id_new(now),
		.kind = "intake",
		.lane = LANE_INTAKE,
		.serial = "",
		.due = now,
		.created = now,
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

		if (rc == ERR_CONFLICT)
			continue;
		if (rc == 0 && item->job)
			rc = add_job(tx, item, batch->now, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Large mail lies in the spool, durable before its row is (DESIGN: first commit wins). */
static int
spool(
    const struct settings *settings, struct arena *arena, struct item *item, const struct str *raw)
{
	AUTO(str_donep) struct str path = STR_INIT(4096), hex = STR_INIT(2 * SHA256_SIZE);
	uint8_t hash[SHA256_SIZE];
	struct err err;
	int rc = folder_make(settings->spool, 0700, &err);

	sha256(str_text(raw), raw->len, hash);
	str_add_hex(&hex, hash, sizeof(hash));
	str_addf(&path, "%s/%s", settings->spool, str_text(&hex));
	if (rc == 0)
		rc = file_write(str_text(&path), str_text(raw), raw->len, 0600, &err);
	if (rc < 0) {
		log_err(LOG_ERROR, "spool", &err);
		return rc;
	}
	item->inbound.raw = NULL;
	item->inbound.spool = arena_dup(arena, str_text(&hex));
	return 0;
}

/* Too large to be read: it stays in cur, and the row says so. */
static int
file_oversized(struct arena *arena, const struct settings *settings, struct item *item)
{
	item->inbound.raw = "";
	item->inbound.status = "quarantined";
	item->inbound.outcome = arena_printf(arena,
	    "the mail has %lld bytes, more than mail.max_size (%lld); it lies unread in the "
	    "Maildir as cur/%s",
	    (long long)item->entry->size, (long long)settings->mail_max_size, item->entry->unique);
	item->job = false;
	return 0;
}

static int
take_bytes(
    struct mailbox *self, const struct settings *settings, struct arena *arena, struct item *item)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)settings->mail_max_size + 1);
	struct err err;
	int rc = maildir_read(self->maildir, item->entry, settings->mail_max_size, &raw, &err);

	if (rc == ERR_LIMIT)
		return file_oversized(arena, settings, item);
	if (rc < 0) {
		if (rc != ERR_NOT_FOUND)
			log_err(LOG_WARN, "mailbox", &err);
		return rc;
	}
	item->inbound.size = (int64_t)raw.len;
	if (raw.len > INBOUND_ROW_MAX)
		return spool(settings, arena, item, &raw);
	item->inbound.raw = arena_dup_n(arena, str_text(&raw), raw.len);
	return 0;
}

static int
take_entry(
    struct mailbox *self, const struct settings *settings, struct arena *arena, struct item *item)
{
	utc_ms now = clock_now();

	item->job = true;
	item->inbound = (struct inbound){
		.id = id_new(now),
		.source = self->name,
		.source_key = arena_printf(arena, "maildir:%s:%s", self->name, item->entry->unique),
		.received = now,
		.spool = "",
		.status = "new",
		.outcome = "",
		.from_email = "",
		.subject = "",
	};
	return take_bytes(self, settings, arena, item);
}

static bool
has_room(struct mailbox *self, const struct settings *settings)
{
	int64_t room = disk_free(settings->state_dir);
	bool full = room >= 0 && room < settings->min_free;

	if (full != self->full)
		log_line(full ? LOG_ERROR : LOG_NOTICE,
		    full ? "disk full: mail is not taken in" : "disk has room again", "mailbox",
		    self->name, "folder", settings->state_dir, NULL);
	self->full = full;
	return !full;
}

static void
settle_all(struct mailbox *self, const struct batch_in *batch)
{
	struct err err;

	for (size_t i = 0; i < batch->count; i++)
		if (maildir_settle(self->maildir, batch->items[i].entry, &err) < 0)
			log_err(LOG_WARN, "mailbox", &err);
	metric_add(METRIC_MAIL_IN, (int64_t)batch->count);
}

/* Read what fits into one step. */
static void
gather(struct mailbox *self, const struct settings *settings, struct arena *arena,
    struct batch_in *batch)
{
	size_t bytes = 0;

	for (size_t i = 0; i < batch->listed && bytes < BATCH_BYTES; i++) {
		struct item *item = &batch->items[batch->count];

		item->entry = &batch->entries[i];
		if (take_entry(self, settings, arena, item) < 0)
			continue;
		bytes += (size_t)item->inbound.size;
		batch->count++;
	}
}

/* One round: list, read, commit, move. True when there may be more at once. */
static bool
take_some(struct mailbox *self, const struct settings *settings, struct arena *arena)
{
	struct batch_in batch = { .now = clock_now() };
	struct err err;

	if (maildir_list(self->maildir, LIST_MAX, arena, &batch.entries, &batch.listed, &err) < 0) {
		log_err(LOG_ERROR, "mailbox", &err);
		return false;
	}
	if (batch.listed == 0 || !has_room(self, settings))
		return false;
	batch.items = arena_alloc(arena, batch.listed * sizeof(*batch.items));
	gather(self, settings, arena, &batch);
	if (batch.count == 0)
		return false;
	if (db_step(self->daemon->db, add_step, &batch, &err) < 0) {
		log_err(LOG_ERROR, "mail waits in the mailbox", &err);
		return false;
	}
	settle_all(self, &batch);
	return true;
}

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

	while (!atomic_load(&self->daemon->stop)) {
		struct settings *settings = settings_get(self->daemon->settings);
		bool more = take_some(self, settings, arena);

		settings_unref(settings);
		arena_reset(arena);
		if (!more)
			wait_for_mail(self);
	}
	arena_free(arena);
	return NULL;
}

static void
start_one(struct mailbox *self, struct daemon *daemon, const struct settings_mailbox *wanted)
{
	struct err err;

	self->daemon = daemon;
	self->name = mem_dup(wanted->name);
	if (maildir_open(wanted->maildir, &self->maildir, &err) < 0) {
		log_err(LOG_ERROR, "mailbox", &err);
		return;
	}
	if (pthread_create(&self->thread, NULL, mailbox_main, self) != 0) {
		maildir_free(self->maildir);
		self->maildir = NULL;
	}
}

struct mailboxes *
mailboxes_start(struct daemon *daemon)
{
	struct settings *settings = settings_get(daemon->settings);
	struct mailboxes *all = mem_alloc(sizeof(*all));

	all->items = mem_alloc((settings->mailbox_count + 1) * sizeof(*all->items));
	for (size_t i = 0; i < settings->mailbox_count; i++)
		start_one(&all->items[all->count++], daemon, &settings->mailboxes[i]);
	settings_unref(settings);
	return all;
}

void
mailboxes_stop(struct mailboxes *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i].maildir != NULL)
			pthread_join(all->items[i].thread, NULL);
		maildir_free(all->items[i].maildir);
		mem_free(all->items[i].name);
	}
	mem_free(all->items);
	mem_free(all);
}
