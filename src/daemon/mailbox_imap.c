/* mailbox_imap: the thread of one IMAP folder: connect, take, settle, wait, try again. */
#include <assent/base/crypto.h>
#include <assent/base/fault.h>
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>

#include "daemon/mailbox_imap_priv.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLICE MS_SECOND /* a virtual clock and the settings are looked at this often */
#define ROOM_AGAIN (5 * MS_SECOND)
#define SETTLE_AGAIN (5 * MS_MINUTE)
#define LIST_ARENA ((size_t)4 << 20)
#define SECRET_MAX 65536

static bool
is_stopping(const struct imap_box *self)
{
	return atomic_load(&self->box->daemon->stop);
}

/* --- settings ---------------------------------------------------------------------- */

static const struct settings_mailbox *
find(const struct settings *settings, const struct imap_box *self)
{
	for (size_t i = 0; i < settings->mailbox_count; i++) {
		const struct settings_mailbox *wanted = &settings->mailboxes[i];

		if (text_is(wanted->name, self->box->name) && wanted->login.host[0] != '\0' &&
		    text_is(wanted->folder, self->folder))
			return wanted;
	}
	return NULL;
}

/* Those in force, unless they say that this is another folder: that takes a restart. */
static void
renew_settings(struct imap_box *self)
{
	struct settings *settings = settings_get(self->box->daemon->settings);
	const struct settings_mailbox *wanted = find(settings, self);

	if (wanted == NULL && self->settings != NULL) {
		settings_unref(settings);
		return;
	}
	settings_unref(self->settings);
	self->settings = settings;
	self->wanted = wanted;
}

static bool
has_new_settings(const struct imap_box *self)
{
	AUTO(settings_unrefp) struct settings *settings = settings_get(self->box->daemon->settings);

	return settings != self->settings && find(settings, self) != NULL;
}

/* --- connecting ---------------------------------------------------------------------- */

static int
sign_in(struct imap_box *self, struct err *err)
{
	AUTO(str_donep) struct str secret = STR_INIT(SECRET_MAX);
	struct imap_account account = {
		.login = &self->wanted->login,
		.folder = self->folder,
		.deadline = DEADLINE,
		.max_size = self->settings->mail_max_size,
	};
	int rc = login_secret(self->box->daemon, account.login, &secret, err);

	self->mishap = MISHAP_SECRET;
	if (rc < 0)
		return rc;
	self->mishap = MISHAP_FAILED;
	account.secret = str_text(&secret);
	rc = imap_open(self->imap, &account, &self->opened, err);
	mem_wipe(secret.text, secret.len);
	return rc;
}

/* A token may be refused before its time is over: some tries later a new one has come. */
static void
was_refused(struct imap_box *self)
{
	struct err err;

	if (self->wanted->login.auth != AUTH_XOAUTH2)
		return;
	if (self->retreat.failures < TELL_FAILURES)
		self->mishap = MISHAP_SECRET;
	if (login_refused(self->box->daemon, &self->wanted->login, &err) < 0)
		mailbox_complain(self->box, &err);
}

static void
explain_refusal(struct imap_box *self, const struct err *err)
{
	struct imap_trouble trouble = imap_trouble(self->imap);

	if (trouble.has_died)
		self->mishap = MISHAP_DEATH;
	else if (trouble.is_final || (imap_pid(self->imap) == 0 && !trouble.is_stop))
		self->mishap = MISHAP_FINAL;
	if (trouble.stage == IMAP_AT_LOGIN && err->code == ERR_DENIED)
		was_refused(self);
}

/* Numbered anew, or never seen: what lies there already is not for us to act on (invariant 2). */
static int
begin_folder(struct imap_box *self, struct err *err)
{
	struct cursor *cursor = &self->cursor;
	bool is_first = cursor->uidvalidity == 0;

	log_line(is_first ? LOG_NOTICE : LOG_WARN, "mailbox.new_folder", "mailbox", self->box->name,
	    "folder", self->folder, "because",
	    is_first ? "it was never looked into" : "the server numbered it anew", NULL);
	/* What is too old now is so after a change of UIDVALIDITY as well. */
	if (is_first)
		cursor->newest = clock_now() - self->wanted->fresh;
	cursor->old_time = cursor->newest;
	cursor->old_uid = self->opened.uidnext > 0 ? self->opened.uidnext : IMAP_UID_MAX + 1;
	cursor->uidvalidity = self->opened.uidvalidity;
	cursor->next_uid = cursor->settled_uid = 1;
	cursor->flight_first = cursor->flight_last = cursor->flight_tries = 0;
	cursor->batch = IMAP_FETCH_MAX;
	return flight_put(self, err);
}

int
imap_box_connect(struct imap_box *self, struct err *err)
{
	int rc;

	beat_promise(self->box->beat, CALL_MOST);
	renew_settings(self);
	self->is_aloft = false;
	rc = sign_in(self, err);
	if (rc < 0) {
		if (self->mishap != MISHAP_SECRET)
			explain_refusal(self, err);
		return rc;
	}
	self->retreat.deaths = 0;
	log_line(LOG_INFO, "mailbox.connected", "mailbox", self->box->name, "host",
	    self->wanted->login.host, "folder", self->folder, "idle",
	    self->opened.has_idle ? "yes" : "no", NULL);
	if (self->opened.uidvalidity == self->cursor.uidvalidity)
		return 0;
	return begin_folder(self, err);
}

/* --- what happens on the server afterwards --------------------------------------------- */

struct settling {
	struct imap_box *self;
	int64_t uids[IMAP_FETCH_MAX];
	size_t count;
};

/*
 * What was not taken whole stays where a person can find it, and what we have
 * no row of is not ours to touch.
 */
static int
was_taken(struct tx *tx, const struct settling *settling, int64_t uid, bool *out, struct err *err)
{
	const struct imap_box *self = settling->self;
	struct inbound inbound;
	int rc = inbound_by_key(tx,
	    arena_printf(tx_arena(tx), SOURCE_KEY, self->key, (long long)self->cursor.uidvalidity,
		(long long)uid),
	    false, &inbound, err);

	*out = rc == 0 && strstr(inbound.outcome, LIES_UNREAD) == NULL;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
leave_out_step(struct tx *tx, void *arg, struct err *err)
{
	struct settling *settling = arg;
	size_t n = 0;
	bool taken;

	for (size_t i = 0; i < settling->count; i++) {
		int rc = was_taken(tx, settling, settling->uids[i], &taken, err);

		if (rc < 0)
			return rc;
		if (taken)
			settling->uids[n++] = settling->uids[i];
	}
	settling->count = n;
	return 0;
}

static int
settle_some(struct settling *settling, struct err *err)
{
	const struct settings_mailbox *wanted = settling->self->wanted;
	int rc = db_read(settling->self->box->daemon->db, NULL, leave_out_step, settling, err);
	const struct imap_settle settle = {
		.what = wanted->after == AFTER_MOVE ? IMAP_MOVE : IMAP_FLAG_SEEN,
		.folder = wanted->after == AFTER_MOVE ? wanted->move_to : "",
		.uids = settling->uids,
		.count = settling->count,
	};

	settling->count = 0;
	if (rc < 0 || settle.count == 0)
		return rc;
	beat_promise(settling->self->box->beat, CALL_MOST);
	if (fault_here("imap.settle"))
		return err_set(err, ERR_PEER, "the mailbox failed on purpose");
	return imap_after(settling->self->imap, &settle, err);
}

static bool
is_settled_here(const struct imap_box *self, const struct imap_entry *entry)
{
	return entry->uid < self->cursor.next_uid && !flight_is_old(&self->cursor, entry) &&
	    entry->size <= self->settings->mail_max_size;
}

static int
settle_list(struct imap_box *self, const struct imap_list *list, struct err *err)
{
	struct settling settling = { .self = self };
	int rc = 0;

	for (size_t i = 0; i < list->count && rc == 0; i++) {
		if (!is_settled_here(self, &list->entries[i]))
			continue;
		settling.uids[settling.count++] = list->entries[i].uid;
		if (settling.count == ARRAY_LEN(settling.uids))
			rc = settle_some(&settling, err);
	}
	return rc < 0 ? rc : settle_some(&settling, err);
}

/*
 * All that was taken since the last time, as the folder lists it: so a crash
 * between the commit and here is made good. The cursor's settled_uid is stored
 * with the next letters; doing it twice does no harm.
 */
static int
settle_all(struct imap_box *self, struct err *err)
{
	struct imap_list list = { .next = self->cursor.settled_uid, .more = true };
	int rc = 0;

	while (rc == 0 && list.more && list.next < self->cursor.next_uid) {
		list = (struct imap_list){ .first = list.next, .most = IMAP_LIST_MAX };
		arena_reset(self->listed);
		beat_promise(self->box->beat, CALL_MOST);
		rc = imap_list(self->imap, &list, self->listed, err);
		if (rc == 0)
			rc = settle_list(self, &list, err);
	}
	if (rc == 0)
		self->cursor.settled_uid = self->cursor.next_uid;
	return rc;
}

static bool
is_due(const struct imap_box *self)
{
	return self->wanted->after != AFTER_KEEP &&
	    self->cursor.settled_uid < self->cursor.next_uid && clock_boot() >= self->settle_again;
}

/* A folder that is not there holds no mail up: it is told, and tried again later. */
static int
settle(struct imap_box *self, struct err *err)
{
	char name[HEALTH_NAME_SIZE];
	int rc = settle_all(self, err);

	snprintf(name, sizeof(name), "mailbox:%s:after", self->box->name);
	if (rc == 0) {
		health_good(name);
		return 0;
	}
	if (imap_trouble(self->imap).stage == IMAP_AT_AFTER) {
		self->settle_again = clock_boot() + SETTLE_AGAIN;
		health_bad(name, false, clock_now(),
		    "mail of the mailbox %s was taken in but not %s: %s", self->box->name,
		    self->wanted->after == AFTER_MOVE ? "moved" : "flagged", err->text);
	}
	return rc;
}

/* --- looking and waiting ----------------------------------------------------------------- */

/* To settle is to list, which hushes the news of what came meanwhile: look once more. */
int
imap_box_look(struct imap_box *self, struct err *err)
{
	int rc = flight_take_all(self, err);

	while (rc == 0 && is_due(self) && !is_stopping(self)) {
		rc = settle(self, err);
		if (rc == 0)
			rc = flight_take_all(self, err);
	}
	return rc;
}

static void
is_well(struct imap_box *self)
{
	char name[HEALTH_NAME_SIZE];

	snprintf(name, sizeof(name), "mailbox:%s", self->box->name);
	if (self->retreat.failures > 0)
		log_line(LOG_NOTICE, "mailbox.well_again", "mailbox", self->box->name, NULL);
	if (self->retreat.is_parked)
		metric_add(METRIC_MAILBOXES_PARKED, -1);
	self->retreat = (struct retreat){ 0 };
	self->box->said = (struct err){ 0 };
	health_good(name);
}

/* In slices, so that a moved clock, new settings and the daemon's end are noticed. */
static void
nap(const struct imap_box *self, span_ms span)
{
	struct pollfd stop = { .fd = self->box->daemon->stop_fd, .events = POLLIN };
	span_ms until = clock_boot() + span, left;

	while ((left = until - clock_boot()) > 0 && !is_stopping(self) && !has_new_settings(self)) {
		beat_promise(self->box->beat, SLICE);
		(void)poll(&stop, 1, (int)(left < SLICE ? left : SLICE));
	}
	beat_promise(self->box->beat, CALL_MOST);
}

static int
look_and_wait(struct imap_box *self, struct err *err)
{
	bool news;
	int rc = imap_box_look(self, err);

	if (rc < 0)
		return rc;
	is_well(self);
	if (self->box->is_full) {
		nap(self, ROOM_AGAIN);
		return 0;
	}
	beat_promise(self->box->beat, self->wanted->poll + CALL_MOST);
	return imap_wait(self->imap, self->wanted->poll, &news, err);
}

/* Until something fails, there are other settings, or we stop. */
static int
session(struct imap_box *self, struct err *err)
{
	int rc = imap_box_connect(self, err);

	while (rc == 0 && !is_stopping(self) && !has_new_settings(self))
		rc = look_and_wait(self, err);
	return rc;
}

/* --- trouble -------------------------------------------------------------------------------- */

static uint64_t
seed_of(const struct imap_box *self)
{
	uint8_t hash[SHA256_SIZE];
	uint64_t seed;

	sha256(self->key, strlen(self->key), hash);
	memcpy(&seed, hash, sizeof(seed));
	return seed;
}

static void
tell_condition(const struct imap_box *self, span_ms span, const struct err *err)
{
	char name[HEALTH_NAME_SIZE];

	snprintf(name, sizeof(name), "mailbox:%s", self->box->name);
	health_bad(name, true, clock_now(),
	    "no mail comes in from the mailbox %s: %s; %u tries failed, the next is in %lld s",
	    self->box->name, err->text, self->retreat.failures, (long long)(span / MS_SECOND));
}

span_ms
imap_box_retreat(struct imap_box *self, int rc, const struct err *err)
{
	bool was_parked = self->retreat.is_parked;
	enum mishap mishap = self->mishap;
	span_ms span;

	self->mishap = MISHAP_FAILED;
	if (rc == 0 || imap_trouble(self->imap).is_stop)
		return 0;
	span = retreat_after(&self->retreat, mishap, seed_of(self));
	metric_add(METRIC_MAILBOXES_PARKED, self->retreat.is_parked - was_parked);
	mailbox_complain(self->box, err);
	if (self->retreat.is_parked && !was_parked)
		log_line(LOG_ERROR, "mailbox.parked", "mailbox", self->box->name, "minutes", "15",
		    "because", "its child keeps dying", NULL);
	if (retreat_is_bad(&self->retreat, mishap))
		tell_condition(self, span, err);
	return span;
}

/* --- the kind --------------------------------------------------------------------------------- */

/* A child whose session ended is not asked anything else: the next one is cheap. */
static void
start_afresh(struct imap_box *self)
{
	imap_free(self->imap);
	self->imap = imap_new(self->program, self->box->daemon->stop_fd);
}

static void
leave(struct imap_box *self)
{
	struct err err;

	if (flight_land(self, &err) < 0)
		mailbox_complain(self->box, &err);
}

/* Another program took the cursor: whatever we did now would not count. */
static void
was_overtaken(struct imap_box *self, const struct err *err)
{
	char name[HEALTH_NAME_SIZE];

	snprintf(name, sizeof(name), "mailbox:%s", self->box->name);
	mailbox_complain(self->box, err);
	health_bad(name, true, clock_now(), "%s", err->text);
}

static void
run(struct mailbox *mailbox)
{
	struct imap_box *self = mailbox->own.imap;
	struct err err = { 0 };
	span_ms span;
	int rc;

	while (!is_stopping(self) && !self->is_overtaken) {
		rc = session(self, &err);
		span = self->is_overtaken ? 0 : imap_box_retreat(self, rc, &err);
		start_afresh(self);
		nap(self, span);
	}
	if (self->is_overtaken)
		was_overtaken(self, &err);
	else
		leave(self);
}

static int
take_step(struct tx *tx, void *arg, struct err *err)
{
	struct imap_box *self = arg;
	struct cursor taken;
	int rc = cursor_take(tx, self->key, self->box->daemon->holder, &taken, err);

	if (rc < 0)
		return rc;
	taken.mailbox = self->key;
	taken.holder = self->box->daemon->holder;
	if (taken.batch < 1 || taken.batch > IMAP_FETCH_MAX)
		taken.batch = IMAP_FETCH_MAX;
	self->cursor = taken;
	return 0;
}

/* The child lies beside the program that starts it. */
static int
find_program(struct imap_box *self, struct err *err)
{
	const char *given = self->box->daemon->mailbox_program;
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX + 32);
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	own[n > 0 ? n : 0] = '\0';
	slash = strrchr(own, '/');
	if (slash == NULL)
		return err_set(err, ERR_IO, "this program does not find its own folder");
	str_addf(&path, "%.*s/assent-mailbox", (int)(slash - own), own);
	self->program = mem_dup(given != NULL ? given : str_text(&path));
	return 0;
}

/* Another folder of the same mailbox has UIDs of its own. */
static char *
key_of(const struct settings_mailbox *wanted)
{
	struct str key = STR_INIT(1024);

	str_add(&key, wanted->name);
	if (!text_is_nocase(wanted->folder, "INBOX"))
		str_addf(&key, "/%s", wanted->folder);
	return str_take(&key);
}

static int
open_box(struct mailbox *mailbox, const struct settings_mailbox *wanted, struct err *err)
{
	struct imap_box *self = mem_alloc(sizeof(*self));
	int rc;

	mailbox->own.imap = self;
	self->box = mailbox;
	self->folder = mem_dup(wanted->folder);
	self->key = key_of(wanted);
	self->arena = arena_new(BATCH_ARENA);
	self->listed = arena_new(LIST_ARENA);
	rc = find_program(self, err);
	if (rc < 0)
		return rc;
	self->imap = imap_new(self->program, mailbox->daemon->stop_fd);
	return db_step(mailbox->daemon->db, take_step, self, err);
}

static void
close_box(struct mailbox *mailbox)
{
	struct imap_box *self = mailbox->own.imap;

	imap_free(self->imap);
	settings_unref(self->settings);
	arena_free(self->arena);
	arena_free(self->listed);
	mem_free(self->program);
	mem_free(self->folder);
	mem_free(self->key);
	mem_free(self);
}

const struct mailbox_kind imap_kind = { open_box, close_box, run };
