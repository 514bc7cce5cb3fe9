/* facts: each part of a page of tickets is one statement over the range of their ids. */
#include <assent/store/facts.h>

#include "query.h"

#include <assent/base/str.h>

#include <string.h>

/* clang-format off */
#define STAFF "(SELECT email FROM staff WHERE active = 1)"
#define OF_PAGE "ticket BETWEEN ?1 AND ?2"
#define STATUS_SINCE "CASE WHEN status_since > 0 THEN status_since WHEN status_at > 0" \
	" THEN status_at ELSE created END"
#define ASKED "SELECT a.ticket, a.id, a.created, a.state, a.asked_at, a.deadline, a.decided_at," \
	" a.reminded_at, a.question"

#define FACTS_LIST(X) \
	X(PAGE_TICKETS, "SELECT id, ref, status, forgotten, organisation, created, updated, spent," \
	    " " STATUS_SINCE ", title, requester_email, engineer_email, priority, source," \
	    " external_status, attributes FROM tickets WHERE id > ? ORDER BY id LIMIT ?") \
	X(ONE_STATUS_SINCE, "SELECT " STATUS_SINCE " FROM tickets WHERE id = ?") \
	X(PAGE_THREAD, "SELECT ticket, at, is_public, from_email IN " STAFF " FROM messages" \
	    " WHERE " OF_PAGE " ORDER BY ticket, seq") \
	X(PAGE_WORDS, "SELECT ticket, substr(own, 1, 4000) FROM messages m WHERE " OF_PAGE \
	    " AND seq = (SELECT max(seq) FROM messages WHERE ticket = m.ticket) ORDER BY ticket") \
	X(PAGE_TASKS, "SELECT ticket, count(*) FROM tasks WHERE " OF_PAGE " AND state = 'open'" \
	    " GROUP BY ticket ORDER BY ticket") \
	X(PAGE_FIXES, "SELECT ticket, confidence FROM fixes WHERE " OF_PAGE \
	    " AND state IN ('active', 'proposed') ORDER BY ticket, n") \
	X(PAGE_FAILURES, "SELECT ticket, count(*), max(coalesce(nullif(sent_at, 0), created))" \
	    " FROM outgoing WHERE " OF_PAGE " AND status = 'refused' AND escalation IS NULL" \
	    " GROUP BY ticket ORDER BY ticket") \
	X(PAGE_PACKETS, "SELECT ticket, count(*), sum(state IN ('pending', 'in_progress'))" \
	    " FROM escalations WHERE " OF_PAGE " GROUP BY ticket ORDER BY ticket") \
	X(PAGE_ASKED, ASKED " FROM approvals a WHERE " OF_PAGE " ORDER BY ticket, created") \
	X(PAGE_BALLOTS, ASKED ", b.id, b.status, b.unclear, b.person_email FROM approvals a" \
	    " LEFT JOIN ballots b ON b.approval = a.id WHERE " OF_PAGE " ORDER BY ticket, a.created") \
	X(PAGE_REMINDERS, "SELECT ticket, at FROM events WHERE " OF_PAGE \
	    " AND kind = 'approval.reminded' ORDER BY ticket, at") \
	X(PAGE_HOLDS, "SELECT ticket, rule, once_key, since FROM rule_holds WHERE " OF_PAGE \
	    " ORDER BY ticket, rule")
/* clang-format on */

DEFINE_STATEMENTS(SET_FACTS, facts, FACTS_LIST);

#define QUERY(which) query_open(tx, &facts_statements, which)

/* Of longer ones nothing is known but that they are. */
#define TEXT_MOST (((size_t)256 << 10) + 1)

/* A row of a part, for the ticket that it belongs to. */
struct taking {
	struct query *q;
	struct facts_rows *page;
	struct facts_row *row;
};

static const char *
text_at(const struct taking *t, int at)
{
	size_t n;
	const char *text = column_peek(t->q, at, &n);

	return n == 0 ? "" : arena_dup_n(t->page->arena, text, n < TEXT_MOST ? n : TEXT_MOST);
}

static const char *
wanted_text(const struct taking *t, unsigned part, int at)
{
	return t->page->parts & part ? text_at(t, at) : "";
}

/* --- parts ------------------------------------------------------------------------ */

static void
take_message(struct taking *t)
{
	struct facts_row *row = t->row;
	utc_ms at = column_int(t->q, 1), *unanswered = &row->thread.unanswered_since;
	bool is_public = column_int(t->q, 2) != 0, is_staff = column_int(t->q, 3) != 0;

	row->thread.messages++;
	row->thread.last = at;
	row->thread.is_by_staff = is_staff;
	if (is_public && is_staff)
		*unanswered = 0;
	else if (is_public && (*unanswered == 0 || at < *unanswered))
		*unanswered = at;
}

static void
take_words(struct taking *t)
{
	t->row->thread.own = text_at(t, 1);
}

static void
take_tasks(struct taking *t)
{
	t->row->open_tasks = column_int(t->q, 1);
}

static void
take_fix(struct taking *t)
{
	t->row->confidence = column_int(t->q, 1);
}

static void
take_failures(struct taking *t)
{
	t->row->failures = column_int(t->q, 1);
	t->row->last_failure = column_int(t->q, 2);
}

static void
take_packets(struct taking *t)
{
	t->row->packets = column_int(t->q, 1);
	t->row->open_packets = column_int(t->q, 2);
}

static int
compare_ids(const struct id *a, const struct id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static void
begin_asked(struct taking *t, const struct id *id)
{
	struct facts_asked *asked = &t->row->asked;
	int64_t approvals = asked->approvals, rejections = asked->rejections;

	*asked = (struct facts_asked){ .id = *id,
		.created = column_int(t->q, 2),
		.state = text_at(t, 3),
		.asked_at = column_int(t->q, 4),
		.deadline = column_int(t->q, 5),
		.decided_at = column_int(t->q, 6),
		.reminded_at = column_int(t->q, 7),
		.question = wanted_text(t, FACTS_QUESTION, 8),
		.approver = "",
		.approvals = approvals,
		.rejections = rejections,
		.seen = *id };
}

static bool
is_rejected(struct query *q)
{
	size_t n;
	const char *state = column_peek(q, 3, &n);

	return n == strlen("rejected") && memcmp(state, "rejected", n) == 0;
}

/* True where the row is of the newest question so far; of two at once the greater id is. */
static bool
take_asked_row(struct taking *t)
{
	struct facts_asked *asked = &t->row->asked;
	struct id id;

	if (!column_id(t->q, 1, &id))
		return false;
	/* A question has as many rows, one behind the other, as it has ballots. */
	if (asked->approvals > 0 && id_equal(&id, &asked->seen))
		return id_equal(&id, &asked->id);
	asked->seen = id;
	asked->approvals++;
	asked->rejections += is_rejected(t->q);
	if (asked->approvals > 1 && column_int(t->q, 2) == asked->created &&
	    compare_ids(&id, &asked->id) < 0)
		return false;
	begin_asked(t, &id);
	return true;
}

static void
take_asked(struct taking *t)
{
	take_asked_row(t);
}

/* Who has answered, else who may, else who might have; of them the last one. */
static int
rank_of(struct query *q)
{
	size_t n;
	const char *status = column_peek(q, 10, &n);

	if (n == strlen("cast") && memcmp(status, "cast", n) == 0)
		return 3;
	return n == strlen("open") && memcmp(status, "open", n) == 0 ? 2 : 1;
}

static void
take_ballot(struct taking *t)
{
	struct facts_asked *asked = &t->row->asked;
	struct id ballot;
	int rank;

	if (!take_asked_row(t) || column_is_null(t->q, 9) || !column_id(t->q, 9, &ballot))
		return;
	asked->unclear += column_int(t->q, 11);
	rank = rank_of(t->q);
	if (rank < asked->rank || (rank == asked->rank && compare_ids(&ballot, &asked->ballot) < 0))
		return;
	asked->rank = rank;
	asked->ballot = ballot;
	asked->approver = text_at(t, 12);
}

static void
take_reminder(struct taking *t)
{
	struct facts_asked *asked = &t->row->asked;

	asked->reminders += asked->approvals > 0 && column_int(t->q, 1) >= asked->created;
}

/* They lie behind one another, as nothing else is put into the arena between them. */
static void
take_hold(struct taking *t)
{
	struct facts_row *row = t->row;
	struct rule_hold *list = arena_alloc(t->page->arena, (row->hold_count + 1) * sizeof(*list));

	if (row->hold_count > 0)
		memcpy(list, row->holds, row->hold_count * sizeof(*list));
	list[row->hold_count++] =
	    (struct rule_hold){ row->ticket.id, text_at(t, 1), text_at(t, 2), column_int(t->q, 3) };
	row->holds = list;
}

/* In order: what comes later may count on what came before. */
static const struct part {
	unsigned part, unless; /* wanted with the first, and not with the second */
	int statement;
	void (*take)(struct taking *taking);
} parts[] = {
	{ FACTS_THREAD, 0, PAGE_THREAD, take_message },
	{ FACTS_WORDS, 0, PAGE_WORDS, take_words },
	{ FACTS_TASKS, 0, PAGE_TASKS, take_tasks },
	{ FACTS_FIXES, 0, PAGE_FIXES, take_fix },
	{ FACTS_FAILURES, 0, PAGE_FAILURES, take_failures },
	{ FACTS_PACKETS, 0, PAGE_PACKETS, take_packets },
	{ FACTS_ASKED, FACTS_BALLOTS, PAGE_ASKED, take_asked },
	{ FACTS_BALLOTS, 0, PAGE_BALLOTS, take_ballot },
	{ FACTS_REMINDERS, 0, PAGE_REMINDERS, take_reminder },
	{ FACTS_HOLDS, 0, PAGE_HOLDS, take_hold },
};

/* --- pages ------------------------------------------------------------------------- */

struct run { /* of tickets that follow each other */
	struct facts_rows *page;
	size_t first, end;
};

/* Both are in order of the tickets. */
static int
read_part(struct tx *tx, const struct run *run, const struct part *part, struct err *err)
{
	struct facts_row *rows = run->page->rows;
	struct query q = QUERY(part->statement);
	size_t at = run->first, n;
	const void *ticket;
	int rc;

	bind_id(&q, &rows[run->first].ticket.id);
	bind_id(&q, &rows[run->end - 1].ticket.id);
	while ((rc = query_next(&q, err)) > 0) {
		ticket = column_bytes(&q, 0, &n);
		while (n == sizeof(struct id) && at < run->end &&
		    memcmp(rows[at].ticket.id.bytes, ticket, sizeof(struct id)) < 0)
			at++;
		if (n == sizeof(struct id) && at < run->end &&
		    memcmp(rows[at].ticket.id.bytes, ticket, sizeof(struct id)) == 0)
			part->take(&(struct taking){ &q, run->page, &rows[at] });
	}
	return rc;
}

static int
read_parts(struct tx *tx, const struct run *run, struct err *err)
{
	unsigned wanted = run->page->parts;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(parts); i++)
		if (wanted & parts[i].part && !(wanted & parts[i].unless))
			rc = read_part(tx, run, &parts[i], err);
	return rc;
}

static struct facts_row
no_row(void)
{
	return (struct facts_row){ .thread.own = "",
		.confidence = -1,
		.asked = { .state = "", .question = "", .approver = "" } };
}

static void
take_ticket(const struct taking *t)
{
	struct ticket *ticket = &t->row->ticket;

	*t->row = no_row();
	ticket->id = t->page->after;
	ticket->ref = column_int(t->q, 1);
	ticket->status = text_at(t, 2);
	if (!column_id(t->q, 4, &ticket->organisation))
		ticket->organisation = (struct id){ 0 };
	ticket->created = column_int(t->q, 5);
	ticket->updated = column_int(t->q, 6);
	ticket->spent = column_int(t->q, 7);
	t->row->status_since = column_int(t->q, 8);
	ticket->title = wanted_text(t, FACTS_TITLE, 9);
	ticket->requester_email = wanted_text(t, FACTS_PEOPLE, 10);
	ticket->engineer_email = wanted_text(t, FACTS_PEOPLE, 11);
	ticket->priority = wanted_text(t, FACTS_HELPDESK, 12);
	ticket->source = wanted_text(t, FACTS_HELPDESK, 13);
	ticket->external_status = wanted_text(t, FACTS_HELPDESK, 14);
	ticket->attributes = wanted_text(t, FACTS_ATTRIBUTES, 15);
}

static bool
is_over(struct query *q)
{
	size_t n;
	const char *status = column_peek(q, 2, &n);

	return (n == strlen("resolved") && memcmp(status, "resolved", n) == 0) ||
	    column_int(q, 3) != 0;
}

static int
read_tickets(struct tx *tx, struct facts_rows *page, struct err *err)
{
	struct query q = QUERY(PAGE_TICKETS);
	size_t rows = 0;
	int rc;

	bind_id(&q, &page->after);
	bind_int(&q, (int64_t)page->max);
	while ((rc = query_next(&q, err)) > 0) {
		rows++;
		if (!column_id(&q, 0, &page->after))
			continue;
		if (!is_over(&q))
			take_ticket(&(struct taking){ &q, page, &page->rows[page->count++] });
		else if (page->count > 0)
			page->rows[page->count - 1].ends = true;
	}
	page->more = rows == page->max;
	return rc;
}

int
facts_page(struct tx *tx, struct facts_rows *page, struct err *err)
{
	struct run run = { .page = page };
	int rc;

	page->count = 0;
	rc = read_tickets(tx, page, err);
	while (rc == 0 && run.first < page->count) {
		run.end = run.first + 1;
		while (run.end < page->count && !page->rows[run.end - 1].ends)
			run.end++;
		rc = read_parts(tx, &run, err);
		run.first = run.end;
	}
	return rc;
}

int
facts_one(struct tx *tx, const struct id *ticket, struct facts_rows *page, struct err *err)
{
	struct query since = QUERY(ONE_STATUS_SINCE);
	int rc;

	page->rows[0] = no_row();
	page->count = 1;
	bind_id(&since, ticket);
	rc = ticket_get(tx, ticket, &page->rows[0].ticket, err);
	if (rc == 0)
		rc = query_int(&since, &page->rows[0].status_since, err);
	if (rc == 0)
		rc = read_parts(tx, &(struct run){ page, 0, 1 }, err);
	query_end(&since);
	return rc;
}

int
facts_asked(struct tx *tx, const struct id *ticket, struct facts_asked *out, struct err *err)
{
	struct facts_row row = no_row();
	struct facts_rows page = { .parts = FACTS_ASKED | FACTS_BALLOTS | FACTS_REMINDERS |
		    FACTS_QUESTION,
		.arena = tx_arena(tx),
		.rows = &row,
		.count = 1 };
	int rc;

	row.ticket.id = *ticket;
	rc = read_parts(tx, &(struct run){ &page, 0, 1 }, err);
	*out = row.asked;
	return rc;
}
