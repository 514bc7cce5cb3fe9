/* hook: the words of a ticket, each message known by its helpdesk's id. */
#include <assent/flow/closing.h>
#include <assent/flow/links.h>
#include <assent/store/history.h>

#include "flow/hook_priv.h"
#include "flow/record.h"

#include <string.h>

#define DESCRIPTION "description" /* external id of the first message; others are "message/…" */

struct thread {
	struct hook_run *run;
	const struct ticket *ticket;
	bool is_newest; /* texts that are known may be replaced */
	bool changed;
};

struct entry { /* one message as it shall be */
	const char *external_id;
	const char *text;
	const struct hook_person *from;
	bool is_public;
	utc_ms at;
};

static int
add(struct thread *thread, const struct entry *entry, struct err *err)
{
	struct desk *desk = thread->run->desk;
	const struct message message = {
		.id = id_new(desk->now),
		.ticket = thread->ticket->id,
		.is_public = entry->is_public,
		.message_id = "",
		.from_email = entry->from->email != NULL ? entry->from->email : "",
		.from_name = entry->from->name,
		.subject = thread->ticket->title,
		.text = entry->text,
		.own = entry->text,
		.inbound = thread->run->inbound->id,
		.at = entry->at < desk->now ? entry->at : desk->now,
		.external_id = entry->external_id,
	};
	int rc = message_add(desk->tx, &message, NULL, err);

	thread->changed |= rc == 0;
	if (rc < 0 || text_is(entry->external_id, DESCRIPTION))
		return rc;
	rc = record_event(desk, &thread->ticket->id,
	    &(struct record_change){ "message.added", thread->run->by, NULL, message.from_email },
	    err);
	return rc < 0 || !entry->is_public
	    ? rc
	    : closing_heard(desk,
		  &(struct closing_words){ thread->ticket->id, message.from_email, entry->at },
		  err);
}

/* What the helpdesk edited afterwards; a question that is open shows it (invariant 9). */
static int
change(
    struct thread *thread, const struct message *stored, const struct entry *entry, struct err *err)
{
	struct desk *desk = thread->run->desk;
	int rc = 0;

	if (!thread->is_newest ||
	    (text_is(stored->text, entry->text) && stored->is_public == entry->is_public))
		return 0;
	if (stored->is_public != entry->is_public)
		rc = history_before(desk->tx, HISTORY_MESSAGE, &stored->id, desk->now, err);
	if (rc == 0)
		rc = message_set_text(desk->tx, &stored->id, entry->text, entry->text, err);
	if (rc == 0 && stored->is_public != entry->is_public)
		rc = message_set_public(desk->tx, &stored->id, entry->is_public, err);
	thread->changed |= rc == 0;
	return rc < 0 ? rc
		      : record_event(desk, &thread->ticket->id,
			    &(struct record_change){ "message.changed", thread->run->by,
				stored->is_public ? "public" : "internal",
				entry->is_public ? "public" : "internal" },
			    err);
}

static int
bring(struct thread *thread, const struct entry *entry, struct err *err)
{
	struct message stored;
	int rc = message_by_external(
	    thread->run->desk->tx, &thread->ticket->id, entry->external_id, &stored, err);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	rc = rc < 0 ? add(thread, entry, err) : change(thread, &stored, entry, err);
	return rc == ERR_LIMIT ? hook_excuse(thread->run, "a message was left out", rc, err) : rc;
}

int
hook_thread(struct hook_run *run, const struct hook_ticket *said, const struct ticket *ticket,
    bool *changed, struct err *err)
{
	struct thread thread = { run, ticket, run->event->at >= ticket->external_at, false };
	struct entry entry = {
		.external_id = DESCRIPTION,
		.text = hook_words(run, &said->description),
		.from = &said->requester,
		.is_public = true,
		.at = run->event->at,
	};
	int rc = 0;

	if (said->description.text != NULL)
		rc = bring(&thread, &entry, err);
	for (size_t i = 0; rc == 0 && i < said->message_count; i++) {
		const struct hook_message *m = &said->messages[i];
		entry = (struct entry){
			.external_id = arena_printf(tx_arena(run->desk->tx), "message/%s", m->id),
			.text = hook_words(run, &m->words),
			.from = &m->from,
			.is_public = m->is_public,
			.at = m->at,
		};
		rc = bring(&thread, &entry, err);
	}
	*changed = thread.changed;
	return rc;
}
