/*
 * Windows, flights and their end. A flight is the range of UIDs that is being
 * fetched; the step that adds its letters also moves the cursor past them and
 * commits the next range, so that a batch costs one commit.
 */
#include <assent/base/fault.h>
#include <assent/base/str.h>

#include "daemon/mailbox_imap_priv.h"

#include <string.h>

#define OLD_MOST 1000 /* rows without bodies in one step */

enum how {
	HOW_WHOLE,
	HOW_HEADER, /* oversized, or killed somebody before */
	HOW_NOTHING, /* even its header did */
	HOW_OLD,
};

struct chunk { /* entries of one list that go into one step */
	struct imap_box *self;
	const struct imap_entry *entries;
	size_t count;
	enum how *hows;
	bool *came;
	bool is_old;
	struct batch batch;
};

/* --- what belongs together ------------------------------------------------------- */

bool
flight_is_old(const struct cursor *cursor, const struct imap_entry *entry)
{
	return entry->uid < cursor->old_uid && entry->time < cursor->old_time;
}

static bool
is_oversized(const struct imap_box *self, const struct imap_entry *entry)
{
	return entry->size > self->settings->mail_max_size;
}

/* Old ones and others are not mixed: the former cost no flight. */
static size_t
plan(const struct imap_box *self, const struct imap_entry *entries, size_t count)
{
	bool is_old = flight_is_old(&self->cursor, &entries[0]);
	size_t most = is_old ? OLD_MOST : (size_t)self->cursor.batch, bytes = 0, n = 0;

	while (n < count && n < most && bytes < BATCH_BYTES &&
	    flight_is_old(&self->cursor, &entries[n]) == is_old) {
		if (!is_old)
			bytes +=
			    is_oversized(self, &entries[n]) ? HEAD_MAX : (size_t)entries[n].size;
		n++;
	}
	return n;
}

/* --- the cursor -------------------------------------------------------------------- */

static int
put_step(struct tx *tx, void *arg, struct err *err)
{
	const struct cursor *cursor = arg;

	return cursor_put(tx, cursor, err);
}

int
flight_put(struct imap_box *self, struct err *err)
{
	int rc;

	self->cursor.updated = clock_now();
	rc = db_step(self->box->daemon->db, put_step, &self->cursor, err);
	self->is_overtaken |= rc == ERR_CONFLICT;
	return rc;
}

static void
forget_flight(struct cursor *cursor)
{
	cursor->flight_first = cursor->flight_last = cursor->flight_tries = 0;
}

int
flight_land(struct imap_box *self, struct err *err)
{
	if (self->cursor.flight_first == 0)
		return 0;
	if (self->cursor.flight_tries > 0)
		self->cursor.flight_tries--;
	self->is_aloft = false;
	return flight_put(self, err);
}

/* How many of these entries were in the flight that did not arrive. */
static size_t
in_flight(const struct cursor *cursor, const struct imap_entry *entries, size_t count)
{
	size_t n = 0;

	while (n < count && entries[n].uid <= cursor->flight_last)
		n++;
	return cursor->flight_first == 0 ? 0 : n;
}

/*
 * Why patience grows: a server that lists and gives nothing, for as long as its
 * store is out, would cost us one letter after the other.
 */
static unsigned
soft_most(const struct imap_box *self)
{
	return SOFT_GIVE_UP << (self->lost < SOFT_DOUBLINGS ? self->lost : SOFT_DOUBLINGS);
}

/* A flight that failed often enough is tried in halves, to find the one that does it. */
static void
make_smaller(struct imap_box *self, size_t n)
{
	struct cursor *cursor = &self->cursor;

	if (n > 1 && (cursor->flight_tries >= TRIES_WHOLE || self->soft >= SOFT_HALVE)) {
		cursor->batch = (int64_t)n / 2;
		cursor->flight_tries = 0;
		self->soft = 0;
	} else if (n == 1 && self->soft >= soft_most(self)) {
		cursor->flight_tries =
		    cursor->flight_tries < TRIES_WHOLE ? TRIES_WHOLE : TRIES_HEADER;
		self->soft = 0;
	}
}

/* How many entries to take now: of a flight that failed before, no more than that. */
static size_t
aim(struct imap_box *self, const struct imap_entry *entries, size_t count)
{
	size_t n = in_flight(&self->cursor, entries, count);

	if (flight_is_old(&self->cursor, &entries[0]))
		return plan(self, entries, count);
	if (n == 0) {
		forget_flight(&self->cursor);
		self->soft = 0;
		self->is_aloft = false;
		return plan(self, entries, count);
	}
	if (!self->is_aloft)
		make_smaller(self, n);
	return plan(self, entries, n);
}

static void
take_off(struct cursor *cursor, const struct imap_entry *entries, size_t count)
{
	cursor->flight_first = entries[0].uid;
	cursor->flight_last = entries[count - 1].uid;
	cursor->flight_tries++;
}

/* Committed before the FETCH (invariant 6). */
static int
begin(struct chunk *chunk, struct err *err)
{
	struct imap_box *self = chunk->self;
	struct cursor before = self->cursor;
	int rc = 0;

	if (!self->is_aloft) {
		take_off(&self->cursor, chunk->entries, chunk->count);
		rc = flight_put(self, err);
	}
	self->is_aloft = false;
	if (rc < 0)
		self->cursor = before;
	return rc;
}

/*
 * A child that died of what it fetched leaves the try counted. Else nobody
 * died: the try is taken back, and counts only for as long as we run.
 */
static void
note_failure(struct imap_box *self, const struct err *why)
{
	struct imap_trouble trouble = imap_trouble(self->imap);

	if (trouble.is_stop)
		return;
	self->why = *why;
	if (trouble.has_died) {
		self->mishap = self->lost < LOST_MOST ? MISHAP_FLIGHT : MISHAP_EVERY;
		return;
	}
	if (why->code != ERR_IO && why->code != ERR_FULL) {
		self->mishap = MISHAP_SOFT;
		self->soft++;
	}
	if (self->cursor.flight_tries > 0)
		self->cursor.flight_tries--;
}

/* --- letters ----------------------------------------------------------------------- */

static enum how
how_to_take(const struct chunk *chunk, const struct imap_entry *entry)
{
	int64_t tries = chunk->count == 1 ? chunk->self->cursor.flight_tries : 0;

	if (chunk->is_old)
		return HOW_OLD;
	if (tries > TRIES_HEADER)
		return HOW_NOTHING;
	return tries > TRIES_WHOLE || is_oversized(chunk->self, entry) ? HOW_HEADER : HOW_WHOLE;
}

static const char *
too_large(const struct chunk *chunk, const struct imap_entry *entry, size_t size)
{
	return arena_printf(chunk->batch.arena,
	    "the mail has %lld bytes, more than mail.max_size (%lld); " LIES_UNREAD
	    " %s as UID %lld",
	    (long long)size, (long long)chunk->self->settings->mail_max_size, chunk->self->folder,
	    (long long)entry->uid);
}

static const char *
gave_up(const struct chunk *chunk, const struct imap_entry *entry, const char *kept)
{
	const struct err *why = &chunk->self->why;

	return arena_printf(chunk->batch.arena,
	    "the mail could not be fetched (%s); %s, and " LIES_UNREAD " %s as UID %lld",
	    why->code < 0 ? why->text : "it ended a program each time", kept, chunk->self->folder,
	    (long long)entry->uid);
}

static const char *
too_old(const struct chunk *chunk, const struct imap_entry *entry)
{
	return arena_printf(chunk->batch.arena,
	    "the mail lay in %s as UID %lld before the folder was first looked into; it has no "
	    "effect",
	    chunk->self->folder, (long long)entry->uid);
}

/* All that can be said of a letter without its bytes. */
static void
prepare(struct chunk *chunk, size_t i)
{
	const struct imap_entry *entry = &chunk->entries[i];
	const struct batch *batch = &chunk->batch;
	struct item *item = &batch->items[i];

	chunk->hows[i] = how_to_take(chunk, entry);
	batch_item(batch, item,
	    arena_printf(batch->arena, SOURCE_KEY, chunk->self->key,
		(long long)chunk->self->cursor.uidvalidity, (long long)entry->uid));
	if (chunk->hows[i] == HOW_OLD)
		batch_set_aside(batch, item, "filed", too_old(chunk, entry));
	else if (is_oversized(chunk->self, entry))
		batch_set_aside(
		    batch, item, "quarantined", too_large(chunk, entry, (size_t)entry->size));
	else if (chunk->hows[i] == HOW_HEADER)
		batch_set_aside(
		    batch, item, "quarantined", gave_up(chunk, entry, "only its header was kept"));
	else if (chunk->hows[i] == HOW_NOTHING)
		batch_set_aside(batch, item, "quarantined",
		    gave_up(chunk, entry, "not even its header was kept"));
	chunk->came[i] = chunk->hows[i] == HOW_OLD || chunk->hows[i] == HOW_NOTHING;
}

struct wanting { /* the letters of one FETCH */
	struct chunk *chunk;
	int64_t uids[IMAP_FETCH_MAX];
	size_t at[IMAP_FETCH_MAX]; /* each one's place in the chunk */
	size_t count;
};

static int
take_letter(void *ctx, size_t which, const void *bytes, size_t n, struct err *err)
{
	const struct wanting *wanting = ctx;
	struct chunk *chunk = wanting->chunk;
	size_t i = wanting->at[which];
	struct item *item = &chunk->batch.items[i];
	/* A view, not a string of its own. */
	const struct str raw = { .text = (char *)(uintptr_t)bytes, .len = n, .ceiling = n };

	chunk->came[i] = true;
	if ((int64_t)n > chunk->self->settings->mail_max_size)
		batch_set_aside(
		    &chunk->batch, item, "quarantined", too_large(chunk, &chunk->entries[i], n));
	if (item->has_job)
		return batch_bytes(&chunk->batch, item, &raw, err);
	batch_head(&chunk->batch, item, bytes, n);
	return 0;
}

static int
fetch(struct chunk *chunk, enum how how, struct err *err)
{
	struct wanting wanting = { .chunk = chunk };
	struct imap_fetch ask = { .part = how == HOW_HEADER ? IMAP_HEADER : IMAP_WHOLE,
		.uids = wanting.uids,
		.mail = take_letter,
		.ctx = &wanting };

	for (size_t i = 0; i < chunk->count; i++) {
		if (chunk->hows[i] != how)
			continue;
		wanting.at[wanting.count] = i;
		wanting.uids[wanting.count++] = chunk->entries[i].uid;
	}
	ask.count = wanting.count;
	if (wanting.count == 0)
		return 0;
	if (fault_here("imap.fetch"))
		return err_set(err, ERR_PEER, "the mailbox failed on purpose");
	return imap_fetch(chunk->self->imap, &ask, err);
}

/* --- what did not come --------------------------------------------------------------- */

static bool
is_missing(const struct chunk *chunk, int64_t uid)
{
	for (size_t i = 0; i < chunk->count; i++)
		if (chunk->entries[i].uid == uid)
			return !chunk->came[i];
	return false;
}

static int
check_list(const struct chunk *chunk, const struct imap_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_missing(chunk, list->entries[i].uid))
			return err_set(err, ERR_PEER,
			    "the server lists UID %lld but does not give it",
			    (long long)list->entries[i].uid);
	return 0;
}

/* Gone from the folder, or kept from us? The latter would be lost once the cursor is past it. */
static int
ask_again(const struct chunk *chunk, int64_t first, struct err *err)
{
	int64_t last = chunk->entries[chunk->count - 1].uid;
	struct imap_list list = { .next = first, .more = true };
	int rc = 0;

	/* A list hushes the news that came before it. */
	chunk->self->again = true;
	while (rc == 0 && list.more && list.next <= last) {
		list = (struct imap_list){ .first = list.next, .most = IMAP_LIST_MAX };
		rc = imap_list(chunk->self->imap, &list, chunk->batch.arena, err);
		if (rc == 0)
			rc = check_list(chunk, &list, err);
	}
	return rc;
}

static int
check_missing(const struct chunk *chunk, struct err *err)
{
	for (size_t i = 0; i < chunk->count; i++)
		if (!chunk->came[i])
			return ask_again(chunk, chunk->entries[i].uid, err);
	return 0;
}

static void
drop_missing(struct chunk *chunk)
{
	struct batch *batch = &chunk->batch;

	batch->count = 0;
	for (size_t i = 0; i < chunk->count; i++)
		if (chunk->came[i])
			batch->items[batch->count++] = batch->items[i];
}

/* --- the step ------------------------------------------------------------------------ */

static int
also_cursor(struct tx *tx, const struct batch *batch, struct err *err)
{
	const struct cursor *cursor = batch->ctx;

	return cursor_put(tx, cursor, err);
}

/* Where the cursor is once the chunk is in: past it, with the flight over. */
static struct cursor
moved_past(const struct chunk *chunk)
{
	struct cursor cursor = chunk->self->cursor;

	for (size_t i = 0; i < chunk->count; i++)
		if (chunk->entries[i].time > cursor.newest)
			cursor.newest = chunk->entries[i].time;
	/* A date in the future would make everything old after a change of UIDVALIDITY. */
	if (cursor.newest > chunk->batch.now)
		cursor.newest = chunk->batch.now;
	cursor.next_uid = chunk->entries[chunk->count - 1].uid + 1;
	if (chunk->self->wanted->after == AFTER_KEEP)
		cursor.settled_uid = cursor.next_uid;
	if (!chunk->is_old) {
		forget_flight(&cursor);
		cursor.batch =
		    2 * cursor.batch < IMAP_FETCH_MAX ? 2 * cursor.batch : IMAP_FETCH_MAX;
	}
	cursor.updated = chunk->batch.now;
	return cursor;
}

/* Does the child die of each letter, or of one now and then? */
static void
count_lost(const struct chunk *chunk)
{
	struct imap_box *self = chunk->self;

	for (size_t i = 0; i < chunk->count; i++) {
		if (chunk->hows[i] == HOW_WHOLE && chunk->came[i])
			self->lost = 0;
		else if (chunk->hows[i] == HOW_NOTHING ||
		    (chunk->hows[i] == HOW_HEADER && !is_oversized(self, &chunk->entries[i])))
			self->lost++;
	}
}

/* left: entries of the list behind this chunk. The next flight is committed with this one's end. */
static int
commit(struct chunk *chunk, size_t left, struct err *err)
{
	struct imap_box *self = chunk->self;
	const struct imap_entry *next = chunk->entries + chunk->count;
	struct cursor before = self->cursor;
	bool announce;
	int rc;

	self->cursor = moved_past(chunk);
	announce = left > 0 && !flight_is_old(&self->cursor, next);
	if (announce)
		take_off(&self->cursor, next, plan(self, next, left));
	chunk->batch.also = also_cursor;
	chunk->batch.ctx = &self->cursor;
	rc = batch_commit(&chunk->batch, err);
	if (rc < 0) {
		self->cursor = before;
		self->is_overtaken |= rc == ERR_CONFLICT;
		return rc;
	}
	count_lost(chunk);
	self->is_aloft = announce;
	self->soft = 0;
	self->why = (struct err){ 0 };
	return 0;
}

static int
gather(struct chunk *chunk, struct err *err)
{
	int rc;

	for (size_t i = 0; i < chunk->count; i++)
		prepare(chunk, i);
	rc = fetch(chunk, HOW_WHOLE, err);
	if (rc == 0)
		rc = fetch(chunk, HOW_HEADER, err);
	if (rc == 0)
		rc = check_missing(chunk, err);
	if (rc < 0)
		note_failure(chunk->self, err);
	return rc;
}

static int
fly(struct chunk *chunk, size_t left, struct err *err)
{
	struct imap_box *self = chunk->self;
	struct batch *batch = &chunk->batch;
	int rc = chunk->is_old ? 0 : begin(chunk, err);

	if (rc < 0)
		return rc;
	batch->items = arena_alloc(self->arena, chunk->count * sizeof(*batch->items));
	chunk->hows = arena_alloc(self->arena, chunk->count * sizeof(*chunk->hows));
	chunk->came = arena_alloc(self->arena, chunk->count * sizeof(*chunk->came));
	rc = gather(chunk, err);
	if (rc < 0)
		return rc;
	drop_missing(chunk);
	return commit(chunk, left, err);
}

/* The first entries of a list, as many as fit into one step; *taken says how many. */
static int
take_some(struct imap_box *self, const struct imap_entry *entries, size_t count, size_t *taken,
    struct err *err)
{
	struct chunk chunk = {
		.self = self,
		.entries = entries,
		.count = aim(self, entries, count),
		.is_old = flight_is_old(&self->cursor, &entries[0]),
		.batch = { .box = self->box,
		    .settings = self->settings,
		    .arena = self->arena,
		    .now = clock_now() },
	};
	int rc = fly(&chunk, count - chunk.count, err);

	*taken = chunk.count;
	arena_reset(self->arena);
	return rc;
}

static bool
may_go_on(const struct imap_box *self)
{
	beat_promise(self->box->beat, CALL_MOST);
	return !atomic_load(&self->box->daemon->stop) &&
	    mailbox_has_room(self->box, self->settings);
}

static int
take_list(struct imap_box *self, const struct imap_list *list, struct err *err)
{
	size_t at = 0, taken;
	int rc = 0;

	while (rc == 0 && at < list->count && may_go_on(self)) {
		rc = take_some(self, list->entries + at, list->count - at, &taken, err);
		at += taken;
	}
	return rc;
}

/* A server that did not say where its UIDs go on: now we know. */
static int
end_first_look(struct imap_box *self, struct err *err)
{
	if (self->cursor.old_uid <= IMAP_UID_MAX || !may_go_on(self))
		return 0;
	self->cursor.old_uid = self->cursor.next_uid;
	return flight_put(self, err);
}

int
flight_take_all(struct imap_box *self, struct err *err)
{
	struct imap_list list = { .next = self->cursor.next_uid, .more = true };
	int rc = 0;

	while (rc == 0 && list.more && may_go_on(self)) {
		self->again = false;
		list = (struct imap_list){ .first = list.next, .most = IMAP_LIST_MAX };
		arena_reset(self->listed);
		rc = imap_list(self->imap, &list, self->listed, err);
		if (rc == 0)
			rc = take_list(self, &list, err);
		list.more |= self->again;
	}
	return rc < 0 ? rc : end_first_look(self, err);
}
