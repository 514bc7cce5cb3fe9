/* mailbox: a thread for each mailbox, and what it says of itself. */
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/str.h>

#include "daemon/mailbox_priv.h"

struct mailboxes {
	struct mailbox *items;
	size_t count;
};

void
mailbox_complain(struct mailbox *self, const struct err *err)
{
	if (text_is(self->said.text, err->text))
		return;
	self->said = *err;
	log_line(LOG_ERROR, "mailbox.failed", "mailbox", self->name, "error", err->text, NULL);
}

bool
mailbox_has_room(struct mailbox *self, const struct settings *settings)
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

int
mailbox_open(struct mailbox *self, struct daemon *daemon, const struct settings_mailbox *wanted,
    struct err *err)
{
	self->daemon = daemon;
	self->name = mem_dup(wanted->name);
	self->kind = wanted->login.host[0] != '\0' ? &imap_kind : &maildir_kind;
	return self->kind->open(self, wanted, err);
}

void
mailbox_close(struct mailbox *self)
{
	if (self->is_running)
		pthread_join(self->thread, NULL);
	if (self->kind != NULL)
		self->kind->close(self);
	mem_free(self->name);
}

static void *
mailbox_main(void *arg)
{
	struct mailbox *self = arg;

	self->beat = thread_begin("mailbox", self->name);
	self->kind->run(self);
	beat_free(self->beat);
	return NULL;
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
