/* replay_past: what was so about one ticket at a time, from what is stored. */
#include "flow/replay_priv.h"

#include <assent/base/num.h>
#include <assent/base/str.h>

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const track_names[TRACK_ROWS] = { "status", "title", "priority",
	"external_status", "requester", "engineer", "attributes", "organisation", "spent",
	"updated" };

static const enum fact thread_facts[] = { FACT_OF_MESSAGES, FACT_OF_LAST_MESSAGE,
	FACT_OF_LAST_MESSAGE_BY, FACT_OF_UNANSWERED_SINCE, FACT_OF_LAST_MESSAGE_TEXT };
static const enum fact asked_facts[] = { FACT_OF_APPROVAL_STATE, FACT_OF_QUESTION,
	FACT_OF_APPROVER, FACT_OF_ASKED_AT, FACT_OF_ANSWER_BY, FACT_OF_DECIDED_AT,
	FACT_OF_REMINDED_AT, FACT_OF_REMINDERS, FACT_OF_UNCLEAR_ANSWERS, FACT_OF_APPROVALS,
	FACT_OF_REJECTIONS };

/* What is lost with a reason. */
static const enum fact before_facts[] = { FACT_OF_STATUS, FACT_OF_STATUS_SINCE, FACT_OF_UPDATED,
	FACT_OF_SPENT_MINUTES, FACT_OF_ORGANISATION, FACT_OF_ORGANISATION_NAME,
	FACT_OF_ORGANISATION_LOCALE, FACT_OF_ORGANISATION_ZONE, FACT_OF_OWNER,
	FACT_OF_OWNER_AWAY, FACT_OF_APPROVAL_STATE, FACT_OF_APPROVER, FACT_OF_ANSWER_BY,
	FACT_OF_REMINDED_AT, FACT_OF_UNCLEAR_ANSWERS, FACT_OF_OPEN_TASKS, FACT_OF_AI_CONFIDENCE,
	FACT_OF_DELIVERY_FAILURES, FACT_OF_LAST_FAILURE };
static const enum fact forgotten_facts[] = { FACT_OF_TITLE, FACT_OF_PRIORITY,
	FACT_OF_EXTERNAL_STATUS, FACT_OF_REQUESTER, FACT_OF_ENGINEER, FACT_OF_LAST_MESSAGE_BY,
	FACT_OF_UNANSWERED_SINCE, FACT_OF_LAST_MESSAGE_TEXT, FACT_OF_QUESTION, FACT_OF_APPROVER,
	FACT_OF_OPEN_TASKS, FACT_OF_AI_CONFIDENCE };
static const enum fact message_facts[] = { FACT_OF_LAST_MESSAGE_BY, FACT_OF_UNANSWERED_SINCE,
	FACT_OF_LAST_MESSAGE_TEXT };
static const enum fact edited_facts[] = { FACT_OF_LAST_MESSAGE_TEXT };
static const enum fact staff_facts[] = { FACT_OF_LAST_MESSAGE_BY, FACT_OF_UNANSWERED_SINCE };
/* clang-format on */

bool
replay_uses(const struct rules *rules, const enum fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rules_use(rules, facts[i]))
			return true;
	return false;
}

#define USES_ANY(past, list) replay_uses((past)->rules, list, ARRAY_LEN(list))

static bool
uses_asked(const struct past *past)
{
	for (size_t i = 0; i < rules_count(past->rules); i++)
		if (rules_at(past->rules, i)->once_per == ONCE_PER_APPROVAL)
			return true;
	return USES_ANY(past, asked_facts);
}

/* --- changes --------------------------------------------------------------------------- */

static size_t
track_of(const struct history_change *change)
{
	size_t i = 0;

	while (i < TRACK_ROWS && !text_is(change->what, track_names[i]))
		i++;
	return i;
}

static void
move_changes(struct changes *changes, utc_ms at)
{
	while (changes->done < changes->count && changes->items[changes->done].at <= at)
		changes->done++;
}

static const char *
text_then(const struct past *past, enum track track, const char *stored)
{
	const struct changes *c = &past->tracks[track];

	return c->done < c->count ? c->items[c->done].value : stored;
}

static int64_t
number_then(const struct past *past, enum track track, int64_t stored)
{
	const struct changes *c = &past->tracks[track];
	int64_t value = stored;

	return c->done < c->count && num_parse(c->items[c->done].value, &value) ? value : stored;
}

const char *
past_row(const struct past *past, const char *what, const struct id *row)
{
	const struct changes *changes = &past->tracks[TRACK_ROWS];

	for (size_t i = changes->done; i < changes->count; i++)
		if (id_equal(&changes->items[i].row, row) && text_is(changes->items[i].what, what))
			return changes->items[i].value;
	return NULL;
}

/* --- loading --------------------------------------------------------------------------- */

void
past_add_instant(struct past *past, utc_ms at, bool is_sharp)
{
	if ((past->instant_count & (past->instant_count - 1)) == 0)
		past->instants = mem_grow(past->instants,
		    (past->instant_count > 0 ? 2 * past->instant_count : 1) *
			sizeof(*past->instants));
	past->instants[past->instant_count++] = (struct instant){ at, is_sharp };
}

/* Does the daemon look at the ticket because of it, although there is no event? */
static bool
is_told(const struct history_change *change)
{
	size_t track = track_of(change);

	if (track < TRACK_ROWS)
		return track >= TRACK_TITLE && track <= TRACK_ORGANISATION;
	return text_is(change->what, "ballot") || text_is(change->what, "refused") ||
	    text_is(change->what, "message");
}

static int
load_changes(struct past *past, struct err *err)
{
	struct arena *arena = tx_arena(past->desk.tx);
	struct history_change *list;
	size_t n = 0, counts[TRACK_COUNT] = { 0 };
	int rc = history_list(past->desk.tx, &past->now.id, &list, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		counts[track_of(&list[i])]++;
	for (size_t i = 0; i < TRACK_COUNT; i++)
		past->tracks[i].items =
		    arena_alloc(arena, (counts[i] + 1) * sizeof(*past->tracks[i].items));
	for (size_t i = 0; i < n; i++) {
		struct changes *to = &past->tracks[track_of(&list[i])];

		to->items[to->count++] = list[i];
		past_add_instant(past, list[i].at, is_told(&list[i]));
	}
	return 0;
}

/* A title is never empty, but where it was taken away. */
static bool
has_lost_words(const struct past *past)
{
	const struct changes *titles = &past->tracks[TRACK_TITLE];
	bool lost = *past->now.title == '\0';

	for (size_t i = 0; i < titles->count; i++)
		lost = lost || *titles->items[i].value == '\0';
	return lost;
}

static int
load_events(struct past *past, struct err *err)
{
	bool edited = false;
	struct history_event *list;
	size_t n = 0;
	int rc = history_events(past->desk.tx, &past->now.id, &list, &n, err);

	past->reminders = arena_alloc(tx_arena(past->desk.tx), (n + 1) * sizeof(utc_ms));
	past->began = id_time(&past->now.id);
	if (n > 0 && list[0].at < past->began)
		past->began = list[0].at;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		past_add_instant(past, list[i].at, true);
		edited = edited || list[i].is_edit;
		if (list[i].is_reminder)
			past->reminders[past->reminder_count++] = list[i].at;
	}
	if (edited)
		replay_lose(past->replay, REPLAY_EDITED, edited_facts, ARRAY_LEN(edited_facts));
	return rc;
}

static int
load_thread(struct past *past, struct err *err)
{
	bool erased = false;
	int rc;

	if (!USES_ANY(past, thread_facts))
		return 0;
	rc = history_messages(past->desk.tx, &past->now.id,
	    rules_use(past->rules, FACT_OF_LAST_MESSAGE_TEXT), &past->messages,
	    &past->message_count, err);
	for (size_t i = 0; rc == 0 && i < past->message_count; i++) {
		past_add_instant(
		    past, id_time(&past->messages[i].id), !past->messages[i].is_public);
		erased = erased || past->messages[i].is_erased;
	}
	for (size_t i = 0; i < past->tracks[TRACK_ROWS].count; i++)
		past->has_flips =
		    past->has_flips || text_is(past->tracks[TRACK_ROWS].items[i].what, "message");
	if (erased && !past->is_forgotten)
		replay_lose(past->replay, REPLAY_ERASED, message_facts, ARRAY_LEN(message_facts));
	return rc;
}

static int
load_asked(struct past *past, struct err *err)
{
	const struct approval_filter all = { .ticket = past->now.id };
	int rc;

	if (!uses_asked(past))
		return 0;
	rc = approval_list(past->desk.tx, &all, &past->approvals, &past->approval_count, err);
	if (rc == 0)
		rc = history_ballots(
		    past->desk.tx, &past->now.id, &past->ballots, &past->ballot_count, err);
	for (size_t i = 0; rc == 0 && i < past->approval_count; i++)
		past_add_instant(past, past->approvals[i].created, false);
	return rc;
}

static int
load_work(struct past *past, struct err *err)
{
	struct tx *tx = past->desk.tx;
	const struct id *id = &past->now.id;
	int rc = 0;

	if (rules_use(past->rules, FACT_OF_AI_CONFIDENCE))
		rc = fix_list(tx, id, &past->fixes, &past->fix_count, err);
	if (rc == 0 && rules_use(past->rules, FACT_OF_OPEN_TASKS))
		rc = task_list(tx, id, &past->tasks, &past->task_count, err);
	if (rc == 0 && REPLAY_USES(past->rules, FACT_OF_DELIVERY_FAILURES, FACT_OF_LAST_FAILURE))
		rc = history_failures(tx, id, &past->failures, &past->failure_count, err);
	for (size_t i = 0; rc == 0 && i < past->fix_count; i++)
		past_add_instant(past, past->fixes[i].created, false);
	for (size_t i = 0; rc == 0 && i < past->task_count; i++)
		past_add_instant(past, past->tasks[i].created, false);
	return rc;
}

static int
by_time(const void *a, const void *b)
{
	const struct instant *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void
note_losses(struct past *past)
{
	struct replay *replay = past->replay;
	utc_ms first = past->began > replay->wish.since ? past->began : replay->wish.since;

	if (first < replay->recorded_since)
		replay_lose(replay, REPLAY_BEFORE, before_facts, ARRAY_LEN(before_facts));
	if (replay->staff_changed)
		replay_lose(replay, REPLAY_STAFF, staff_facts, ARRAY_LEN(staff_facts));
	if (!past->is_forgotten)
		return;
	replay_lose(replay, REPLAY_FORGOTTEN, forgotten_facts, ARRAY_LEN(forgotten_facts));
	for (size_t i = 0; i < rules_fact_count(past->rules); i++)
		if (rules_fact(past->rules, i)->of_attribute)
			replay_lose(
			    replay, REPLAY_FORGOTTEN, &(const enum fact){ (enum fact)i }, 1);
}

int
past_load(struct past *past, const struct id *ticket, struct err *err)
{
	int rc = ticket_get(past->desk.tx, ticket, &past->now, err);

	if (rc < 0)
		return rc;
	past->facts.ticket = past->now;
	rc = load_changes(past, err);
	past->is_forgotten = has_lost_words(past);
	if (rc == 0)
		rc = load_events(past, err);
	if (rc == 0)
		rc = load_thread(past, err);
	if (rc == 0)
		rc = load_asked(past, err);
	if (rc == 0)
		rc = load_work(past, err);
	if (rc == 0)
		rc = org_past_instants(past, err);
	if (rc < 0)
		return rc;
	past_add_instant(past, past->began, false);
	qsort(past->instants, past->instant_count, sizeof(*past->instants), by_time);
	note_losses(past);
	return 0;
}

void
past_done(struct past *past)
{
	facts_done(&past->facts);
	mem_free(past->instants);
	past->instants = NULL;
}

/* --- the ticket itself ------------------------------------------------------------------ */

void
past_put(struct past *past, enum fact fact, struct fact_value value)
{
	past->facts.values[fact] = value;
}

const char *
past_lower(struct past *past, const char *email)
{
	char *copy = arena_dup(tx_arena(past->desk.tx), email);

	text_lower(copy);
	return copy;
}

static struct id
organisation_then(const struct past *past)
{
	const char *hex = text_then(past, TRACK_ORGANISATION, NULL);
	struct id id = { 0 };

	if (hex == NULL)
		return past->now.organisation;
	return id_parse(hex, &id) ? id : (struct id){ 0 };
}

static void
put_ticket(struct past *past)
{
	struct ticket *t = &past->facts.ticket;
	const struct changes *status = &past->tracks[TRACK_STATUS];

	t->status = text_then(past, TRACK_STATUS, past->now.status);
	t->title = text_then(past, TRACK_TITLE, past->now.title);
	t->priority = text_then(past, TRACK_PRIORITY, past->now.priority);
	t->external_status = text_then(past, TRACK_EXTERNAL_STATUS, past->now.external_status);
	t->requester_email = text_then(past, TRACK_REQUESTER, past->now.requester_email);
	t->engineer_email = text_then(past, TRACK_ENGINEER, past->now.engineer_email);
	t->attributes = text_then(past, TRACK_ATTRIBUTES, past->now.attributes);
	t->spent = number_then(past, TRACK_SPENT, past->now.spent);
	t->updated = number_then(past, TRACK_UPDATED, past->now.updated);
	t->organisation = organisation_then(past);
	past_put(past, FACT_OF_STATUS, fact_text(t->status));
	past_put(past, FACT_OF_PRIORITY, fact_text(t->priority));
	past_put(past, FACT_OF_TITLE, fact_text(t->title));
	past_put(past, FACT_OF_SOURCE, fact_text(t->source));
	past_put(past, FACT_OF_EXTERNAL_STATUS, fact_text(t->external_status));
	if (rules_use(past->rules, FACT_OF_REQUESTER))
		past_put(past, FACT_OF_REQUESTER, fact_text(past_lower(past, t->requester_email)));
	if (rules_use(past->rules, FACT_OF_ENGINEER))
		past_put(past, FACT_OF_ENGINEER, fact_text(past_lower(past, t->engineer_email)));
	past_put(past, FACT_OF_CREATED, fact_time(t->created));
	past_put(past, FACT_OF_UPDATED, fact_time(t->updated));
	past_put(past, FACT_OF_SPENT_MINUTES, fact_number((double)t->spent));
	past_put(past, FACT_OF_STATUS_SINCE,
	    fact_time(status->done > 0 ? status->items[status->done - 1].at : t->created));
}

static void
put_attributes(struct past *past)
{
	const char *text = past->facts.ticket.attributes;
	json_error_t why;

	if (past->attributes != NULL && text_is(past->attributes, text))
		return;
	facts_done(&past->facts);
	past->attributes = text;
	if (*text != '\0' && strlen(text) <= FACTS_ATTRIBUTES_MAX)
		past->facts.attributes = json_loads(text, 0, &why);
	rules_take_attributes(past->rules, past->facts.attributes, past->facts.values);
}

/* --- the thread ------------------------------------------------------------------------- */

static bool
was_public(const struct past *past, const struct history_message *m)
{
	const char *text = past->has_flips ? past_row(past, "message", &m->id) : NULL;

	return text != NULL ? text_is(text, "1") : m->is_public;
}

static void
see_message(struct past *past, const struct history_message *m)
{
	struct facts_thread_past *thread = &past->thread;

	thread->count++;
	thread->last = m->at;
	thread->is_staff = m->is_staff;
	thread->own = m->own;
	if (!was_public(past, m))
		return;
	if (m->is_staff)
		thread->unanswered = 0;
	else if (thread->unanswered == 0 || m->at < thread->unanswered)
		thread->unanswered = m->at;
}

static void
put_thread(struct past *past)
{
	struct facts_thread_past *thread = &past->thread;

	if (past->has_flips) {
		*thread = (struct facts_thread_past){ .own = "" };
		past->messages_seen = 0;
	}
	while (past->messages_seen < past->message_count &&
	    id_time(&past->messages[past->messages_seen].id) <= past->desk.now)
		see_message(past, &past->messages[past->messages_seen++]);
	past_put(past, FACT_OF_MESSAGES, fact_number((double)thread->count));
	past_put(past, FACT_OF_LAST_MESSAGE, fact_time(thread->last));
	past_put(past, FACT_OF_UNANSWERED_SINCE, fact_time(thread->unanswered));
	if (thread->count == 0)
		return;
	past_put(past, FACT_OF_LAST_MESSAGE_BY, fact_text(thread->is_staff ? "staff" : "customer"));
	past_put(past, FACT_OF_LAST_MESSAGE_TEXT, fact_text(thread->own));
}

int
past_move(struct past *past, utc_ms at, struct err *err)
{
	past->desk.now = at;
	for (size_t i = 0; i < TRACK_COUNT; i++)
		move_changes(&past->tracks[i], at);
	put_ticket(past);
	put_attributes(past);
	put_thread(past);
	past_put_asked(past);
	past_put_work(past);
	return org_past_put(past, err);
}
