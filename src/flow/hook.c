/* hook, the story: one event of a helpdesk, kept, read and filed once. */
#include <assent/base/metric.h>
#include <assent/base/utf8.h>
#include <assent/flow/links.h>
#include <assent/flow/story.h>
#include <assent/store/queue.h>

#include "flow/hook_priv.h"
#include "flow/received.h"
#include "flow/stories.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTCOME_MAX ((size_t)4000)

/* --- keeping ----------------------------------------------------------------- */

static int
add_job(struct desk *desk, const struct id *inbound, struct err *err)
{
	char id[ID_TEXT_SIZE];
	const struct job job = {
		/* Those that are due at the same moment are done by their ids. */
		.id = id_next(desk->now),
		.kind = "hook",
		.lane = LANE_INTAKE,
		.payload =
		    arena_printf(tx_arena(desk->tx), "{\"inbound\":\"%s\"}", id_text(inbound, id)),
		.serial = "",
		.due = desk->now,
		.created = desk->now,
	};

	return job_add(desk->tx, &job, err);
}

/* Erased bodies cannot be compared any more; then id and length have to do. */
static int
is_repeat(
    struct desk *desk, const struct inbound *wanted, struct id *id, bool *known, struct err *err)
{
	struct inbound before;
	int rc = inbound_by_key(desk->tx, wanted->source_key, true, &before, err);

	if (rc < 0)
		return rc;
	if (before.size != wanted->size ||
	    (before.raw != NULL && memcmp(before.raw, wanted->raw, (size_t)wanted->size) != 0))
		return err_set(
		    err, ERR_CONFLICT, "a delivery with this id came before, with another body");
	*id = before.id;
	*known = true;
	return 0;
}

int
hook_keep(struct desk *desk, const struct hook_delivery *delivery, struct id *id, bool *known,
    struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	const struct inbound row = {
		.id = id_new(desk->now),
		.source = arena_printf(arena, HOOK_PREFIX "%s", delivery->source),
		.source_key =
		    arena_printf(arena, HOOK_PREFIX "%s:%s", delivery->source, delivery->id),
		.received = desk->now,
		.size = (int64_t)delivery->n,
		.raw = delivery->body,
		.spool = "",
		.status = "new",
		.outcome = "",
		.from_email = "",
		.subject = "",
	};
	int rc = inbound_add(desk->tx, &row, err);

	if (rc == ERR_CONFLICT)
		return is_repeat(desk, &row, id, known, err);
	if (rc == 0)
		rc = add_job(desk, &row.id, err);
	*id = row.id;
	*known = false;
	return rc;
}

/* --- reading it again ---------------------------------------------------------- */

static void
want_html(struct call *call, struct hook_words *words)
{
	if (words->html == NULL)
		return;
	call->kind = CALL_HTML;
	call->htmls[call->html_count++] = (struct html_call){ words->html, &words->text };
}

static void
want_htmls(struct call *call)
{
	struct hook_event *event = call->hook;
	size_t most = 0;

	for (size_t i = 0; i < event->ticket_count; i++)
		most += event->tickets[i].message_count + 1;
	call->htmls = arena_alloc(call->arena, most * sizeof(*call->htmls));
	for (size_t i = 0; i < event->ticket_count; i++) {
		struct hook_ticket *ticket = &event->tickets[i];

		want_html(call, &ticket->description);
		for (size_t k = 0; k < ticket->message_count; k++)
			want_html(call, &ticket->messages[k].words);
	}
}

int
hook_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct strict_fault fault;
	struct hook_event *event;
	struct inbound inbound;
	int rc = received_open(desk, job, &inbound, err);

	if (rc <= 0 || inbound.raw == NULL)
		return rc < 0 ? rc : 0;
	event = arena_alloc(call->arena, sizeof(*event));
	/* It was read at the door; what cannot be read now is filed by the settling. */
	if (!hook_read(inbound.raw, (size_t)inbound.size, call->arena, event, &fault))
		return 0;
	call->hook = event;
	want_htmls(call);
	return 0;
}

/* --- filing -------------------------------------------------------------------- */

static void add_note(struct hook_run *run, const char *fmt, va_list args) PRINTF(2, 0);

static void
add_note(struct hook_run *run, const char *fmt, va_list args)
{
	char text[1400]; /* three texts of an event and a sentence of ours */

	vsnprintf(text, sizeof(text), fmt, args);
	if (run->notes->len > 0)
		str_add(run->notes, "; ");
	str_add(run->notes, text);
}

void
hook_note(struct hook_run *run, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_note(run, fmt, args);
	va_end(args);
}

void
hook_refuse(struct hook_run *run, const char *fmt, ...)
{
	va_list args;

	run->refused = true;
	va_start(args, fmt);
	add_note(run, fmt, args);
	va_end(args);
}

int
hook_excuse(struct hook_run *run, const char *what, int rc, const struct err *err)
{
	if (rc != ERR_INVALID && rc != ERR_LIMIT && rc != ERR_NOT_FOUND)
		return rc;
	hook_refuse(run, "%s: %s", what, err->text);
	return 0;
}

const char *
hook_words(struct hook_run *run, const struct hook_words *words)
{
	return words->text != NULL ? links_redact(tx_arena(run->desk->tx), words->text) : "";
}

const struct policy_source *
hook_source(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (text_is(policy->sources[i].name, name))
			return &policy->sources[i];
	return NULL;
}

static int
apply(struct hook_run *run, struct err *err)
{
	const struct hook_event *event = run->event;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < event->ticket_count; i++)
		rc = hook_ticket(run, &event->tickets[i], &run->tickets[i], err);
	return rc == 0 && event->kind == HOOK_ASK ? hook_ask(run, err) : rc;
}

static int
take_event(struct desk *desk, struct call *call, struct inbound *inbound, struct err *err)
{
	AUTO(str_donep) struct str notes = STR_INIT(OUTCOME_MAX), clean = STR_INIT(2 * OUTCOME_MAX);
	struct arena *arena = tx_arena(desk->tx);
	const char *name = inbound->source + strlen(HOOK_PREFIX);
	struct hook_run run = {
		.desk = desk,
		.source = hook_source(desk->policy, name),
		.event = call->hook,
		.inbound = inbound,
		.by = inbound->source,
		.evidence = arena_printf(arena, "A webhook that %s signed, delivery %s", name,
		    inbound->source_key + strlen(inbound->source) + 1),
		.notes = &notes,
	};
	int rc = 0;

	run.tickets = arena_alloc(arena, call->hook->ticket_count * sizeof(*run.tickets));
	if (run.source == NULL)
		hook_refuse(&run, "the settings name no source %s any more", name);
	else
		rc = apply(&run, err);
	if (rc < 0)
		return rc;
	if (run.refused)
		metric_add(METRIC_HOOKS_FILED, 1);
	inbound->status = run.refused ? "filed" : "done";
	/* Sentences are clipped by bytes. */
	utf8_add_clean(&clean, str_text(&notes), notes.len);
	inbound->outcome = arena_dup(arena, str_text(&clean));
	inbound->from_email = "";
	inbound->subject =
	    arena_printf(arena, "%s %s", call->hook->type, call->hook->tickets[0].id);
	inbound->ticket = run.tickets[0];
	return inbound_settle(desk->tx, inbound, err);
}

int
hook_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct inbound inbound;
	int rc = received_take(desk, &(struct received){ job, call }, &inbound, err);

	if (rc <= 0)
		return rc;
	if (call->hook == NULL)
		return received_quarantine(desk, &inbound, "what is stored is no event", err);
	rc = take_event(desk, call, &inbound, err);
	if (rc == 0)
		call->note = arena_printf(call->arena, "%s: %s", inbound.status, inbound.outcome);
	return rc < 0 ? err_wrap(err, rc, "event") : 0;
}
