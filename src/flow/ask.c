/* ask, first half: from a wish to drafts that wait for their time. */
#include <assent/flow/ask.h>

#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>
#include <assent/store/queue.h>

#include "flow/ask_priv.h"
#include "flow/document_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

#define QUESTION_MAX 500
#define SUMMARY_MAX ((size_t)64 << 10)

static const char usual_question[] = "Do you approve this request?";

struct wish { /* one ticket that shall be asked about */
	struct ticket ticket;
	struct organisation organisation;
	struct standin_person person; /* who is asked */
	bool placed; /* in a line of the result already */
};

static bool
is_closed(const struct ticket *ticket)
{
	return text_is(ticket->status, ticket_status_name(TICKET_RESOLVED)) ||
	    text_is(ticket->status, ticket_status_name(TICKET_PAUSED));
}

static int
load_wish(struct desk *desk, const struct id *id, struct wish *wish, struct err *err)
{
	int rc = ticket_get(desk->tx, id, &wish->ticket, err);

	if (rc < 0)
		return rc;
	long long ref = wish->ticket.ref;
	if (is_closed(&wish->ticket))
		return err_set(err, ERR_CONFLICT,
		    "ticket T-%lld is %s; nobody is asked about it before it is %s", ref,
		    wish->ticket.status,
		    text_is(wish->ticket.status, "paused") ? "resumed" : "opened again");
	if (id_is_null(&wish->ticket.organisation))
		return err_set(err, ERR_INVALID,
		    "ticket T-%lld belongs to no customer yet; "
		    "answer in its thread with \"customer: KEY\"",
		    ref);
	rc = organisation_get(desk->tx, &wish->ticket.organisation, &wish->organisation, err);
	if (rc < 0)
		return err_wrap(err, rc, "ticket T-%lld", ref);
	if (wish->organisation.owner_email[0] == '\0')
		return err_set(err, ERR_INVALID,
		    "nobody is named who decides for %s; answer in the thread of T-%lld with "
		    "\"owner: ADDRESS\" or name one in the settings",
		    wish->organisation.name, ref);
	return standin_first(desk, &wish->organisation, &wish->person, err);
}

/* Drafts were shown to nobody: the newest wish for a ticket is the one that counts. */
static int
drop_drafts(struct desk *desk, const struct id *ticket, struct err *err)
{
	struct approval_filter filter = { .ticket = *ticket, .only_open = true, .max = 100 };
	struct approval *open;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &open, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (open[i].state == AS_DRAFT)
			rc = ask_close(desk, &open[i], AE_SUPERSEDE, err);
	return rc;
}

static int
keep_summary(struct desk *desk, const struct ask *ask, const struct wish *wish, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(SUMMARY_MAX);
	AUTO(mem_freep) char *copy = mem_dup(ask->summary);
	char *rest = copy, *line;
	struct document stored;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line = text_trim(line);
		while (*line == '-' || *line == '*' || *line == ' ')
			line++;
		if (*line != '\0')
			str_addf(&text, "%s- %s", text.len > 0 ? "\n" : "", line);
	}
	if (str_overflowed(&text))
		return err_set(err, ERR_LIMIT, "the summary is longer than %zu bytes", SUMMARY_MAX);
	return document_put_words(desk,
	    &(struct document){
		.id = id_new(desk->now),
		.ticket = wish->ticket.id,
		.kind = "summary",
		.locale = wish->organisation.locale,
		.author = ask->by,
		.text = str_text(&text),
		.state_version = wish->ticket.state_version,
		.kept = true,
		.created = desk->now,
		.used = desk->now,
	    },
	    &stored, err);
}

static int
add_approval(struct desk *desk, const struct wish *wish, struct approval *approval, struct err *err)
{
	struct ballot ballot = {
		.id = id_new(desk->now),
		.person_email = wish->person.email,
		.person_name = wish->person.name,
		.on_behalf_of = wish->person.on_behalf_of,
		.status = "open",
		.generation = 1,
		.comment = "",
		.evidence = "",
	};
	int rc = drop_drafts(desk, &wish->ticket.id, err);

	approval->id = id_new(desk->now);
	approval->ticket = wish->ticket.id;
	approval->organisation = wish->organisation.id;
	ballot.approval = approval->id;
	if (rc == 0)
		rc = approval_add(desk->tx, approval, err);
	if (rc == 0)
		rc = ballot_add(desk->tx, &ballot, err);
	return rc < 0 ? rc
		      : record_event(desk, &wish->ticket.id,
			    &(struct record_change){ "approval.drafted", approval->requested_by,
				NULL, approval->question },
			    err);
}

/* more: what else its payload says. */
static int
queue(struct desk *desk, const struct approval *approval, struct job *job, const char *more,
    struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	bool batch = !id_is_null(&approval->batch);
	char text[ID_TEXT_SIZE];

	job->id = id_new(desk->now);
	job->created = desk->now;
	job->lane = text_is(job->kind, "ask") ? LANE_OUTSIDE : LANE_CLOCK;
	id_text(batch ? &approval->batch : &approval->id, text);
	job->payload =
	    arena_printf(arena, "{\"%s\":\"%s\"%s}", batch ? "batch" : "approval", text, more);
	job->serial = arena_printf(arena, "%s:%s", job->kind, text);
	return job_add(desk->tx, job, err);
}

int
ask_queue(struct desk *desk, const struct approval *approval, const char *kind, utc_ms due,
    struct err *err)
{
	struct job job = { .kind = kind, .due = due };

	return queue(desk, approval, &job, "", err);
}

/* All wishes from `first` on that have its owner, as one line of the result. */
static int
place_line(struct desk *desk, const struct ask *ask, struct wish *wishes, struct ask_line *line,
    struct err *err)
{
	struct approval approval = {
		.question = ask->question[0] != '\0' ? ask->question : usual_question,
		.requested_by = ask->by,
		.summary = "",
		.asked = "",
		.comment = "",
		.created = desk->now,
		.ask_at = desk->now + ask->delay,
	};
	struct wish *first = wishes;
	int rc = 0;

	while (first->placed)
		first++;
	approval.batch = line->batch;
	for (struct wish *w = first; rc == 0 && w < wishes + ask->ticket_count; w++) {
		if (w->placed || !text_is(w->person.email, first->person.email))
			continue;
		w->placed = true;
		line->count++;
		approval.item = id_is_null(&line->batch) ? 0 : (int64_t)line->count;
		rc = add_approval(desk, w, &approval, err);
		if (line->count == 1)
			line->approval = approval.id;
		if (rc == 0 && ask->summary[0] != '\0')
			rc = keep_summary(desk, ask, w, err);
	}
	line->owner_email = first->person.email;
	line->owner_name = first->person.name;
	line->title = first->ticket.title;
	line->question = approval.question;
	line->ask_at = approval.ask_at;
	struct job job = { .kind = "ask", .due = approval.ask_at };
	return rc < 0
	    ? rc
	    : queue(desk, &approval, &job, ask->unpaid ? ",\"" ASK_UNPAID "\":true" : "", err);
}

static size_t
same_owner(const struct wish *wishes, size_t n, const struct wish *first)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		same += text_is(wishes[i].person.email, first->person.email);
	return same;
}

static int
make_batch(struct desk *desk, const struct wish *first, struct id *out, struct err *err)
{
	struct batch batch = {
		.id = id_new(desk->now),
		.person_email = first->person.email,
		.person_name = first->person.name,
		.generation = 1,
		.created = desk->now,
	};

	*out = batch.id;
	return batch_add(desk->tx, &batch, err);
}

/* Singles queue under their approval's id, which place_line() makes. */
static int
place_all(struct desk *desk, const struct ask *ask, struct wish *wishes, struct ask_result *out,
    struct err *err)
{
	for (size_t i = 0; i < ask->ticket_count; i++) {
		struct ask_line *line = &out->lines[out->count];
		size_t same = same_owner(wishes, ask->ticket_count, &wishes[i]);
		int rc = 0;

		if (wishes[i].placed)
			continue;
		if (same > (size_t)desk->policy->batch_max)
			return err_set(err, ERR_LIMIT,
			    "%zu tickets in one bulk mail are too many to read; ask about at "
			    "most %d at once",
			    same, desk->policy->batch_max);
		if (same > 1)
			rc = make_batch(desk, &wishes[i], &line->batch, err);
		if (rc == 0)
			rc = place_line(desk, ask, wishes, line, err);
		if (rc < 0)
			return rc;
		out->count++;
	}
	return 0;
}

static int
check_ask(const struct ask *ask, struct err *err)
{
	if (ask->ticket_count == 0)
		return err_set(err, ERR_INVALID, "no ticket is named");
	if (strlen(ask->question) > QUESTION_MAX)
		return err_set(
		    err, ERR_LIMIT, "the question is longer than %d bytes", QUESTION_MAX);
	for (size_t i = 0; i < ask->ticket_count; i++)
		for (size_t k = 0; k < i; k++)
			if (id_equal(&ask->tickets[i], &ask->tickets[k]))
				return err_set(err, ERR_INVALID, "a ticket is named twice");
	return 0;
}

int
ask_request(struct desk *desk, const struct ask *ask, struct ask_result *out, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct wish *wishes = arena_alloc(arena, (ask->ticket_count + 1) * sizeof(*wishes));
	struct ask_result result = {
		.lines = arena_alloc(arena, (ask->ticket_count + 1) * sizeof(struct ask_line)),
	};
	int rc = check_ask(ask, err);

	for (size_t i = 0; rc == 0 && i < ask->ticket_count; i++)
		rc = load_wish(desk, &ask->tickets[i], &wishes[i], err);
	if (rc == 0)
		rc = place_all(desk, ask, wishes, &result, err);
	if (rc == 0)
		*out = result;
	return rc;
}
