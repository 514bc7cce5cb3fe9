#include <assent/store/facts.h>

#include "query.h"

#include <string.h>

/* clang-format off */
#define STAFF "(SELECT email FROM staff WHERE active = 1)"
#define OF_CUSTOMER "is_public = 1 AND from_email NOT IN " STAFF
#define OF_STAFF "is_public = 1 AND from_email IN " STAFF
#define THREAD "FROM messages WHERE ticket = ?1"
#define NEWEST " ORDER BY seq DESC LIMIT 1"

#define HOLD(F, N, S) F(S, ID, ticket) N(S, TEXT, rule) N(S, TEXT, once_key) N(S, INT, since)

#define FACTS_LIST(X) \
	X(FACTS_THREAD, "SELECT (SELECT count(*) " THREAD "), (SELECT at " THREAD NEWEST ")," \
	    " (SELECT min(at) " THREAD " AND " OF_CUSTOMER " AND seq >" \
	    " coalesce((SELECT max(seq) " THREAD " AND " OF_STAFF "), 0))," \
	    " (SELECT from_email IN " STAFF " " THREAD NEWEST ")," \
	    " (SELECT substr(own, 1, 4000) " THREAD NEWEST ")," \
	    " CASE WHEN status_since > 0 THEN status_since WHEN status_at > 0 THEN status_at" \
	    " ELSE created END FROM tickets WHERE id = ?1") \
	X(FACTS_WORK, "SELECT (SELECT count(*) FROM tasks WHERE ticket = ?1 AND state = 'open')," \
	    " (SELECT count(*) FROM escalations WHERE ticket = ?1)," \
	    " (SELECT count(*) FROM escalations WHERE ticket = ?1" \
	    " AND state IN ('pending', 'in_progress'))," \
	    " (SELECT confidence FROM fixes WHERE ticket = ?1 AND state IN ('active', 'proposed')" \
	    " ORDER BY n DESC LIMIT 1)," \
	    " count(*), max(coalesce(nullif(sent_at, 0), created)) FROM outgoing" \
	    " WHERE ticket = ?1 AND status = 'refused' AND escalation IS NULL") \
	X(FACTS_ASKED, "SELECT id, state, question, asked_at, deadline, decided_at, reminded_at," \
	    " (SELECT person_email FROM ballots WHERE approval = a.id ORDER BY status = 'cast' DESC," \
	    " status = 'open' DESC, id DESC LIMIT 1)," \
	    " (SELECT count(*) FROM events WHERE ticket = ?1 AND kind = 'approval.reminded'" \
	    " AND at >= a.created)," \
	    " (SELECT sum(unclear) FROM ballots WHERE approval = a.id)," \
	    " (SELECT count(*) FROM approvals WHERE ticket = ?1)," \
	    " (SELECT count(*) FROM approvals WHERE ticket = ?1 AND state = 'rejected')" \
	    " FROM approvals a WHERE ticket = ?1 ORDER BY created DESC, id DESC LIMIT 1") \
	X(FACTS_EVENTS, "SELECT seq, ticket FROM events WHERE seq > ? ORDER BY seq LIMIT ?") \
	X(FACTS_LAST_EVENT, "SELECT coalesce(max(seq), 0) FROM events") \
	X(FACTS_UNRESOLVED, "SELECT ref, id FROM tickets WHERE ref > ? AND status <> 'resolved'" \
	    " AND forgotten = 0 ORDER BY ref LIMIT ?") \
	X(HOLD_LIST, "SELECT " NAMES(HOLD) " FROM rule_holds WHERE ticket = ? ORDER BY rule") \
	X(HOLD_PUT, "INSERT OR REPLACE INTO rule_holds (" NAMES(HOLD) ") VALUES (" MARKS(HOLD) ")") \
	X(HOLD_REMOVE, "DELETE FROM rule_holds WHERE ticket = ? AND rule = ?") \
	X(HOLD_BEFORE, "SELECT 1 FROM rule_holds WHERE rule = ?1 AND once_key = ?2" \
	    " AND once_key >= 'organisation:' AND once_key < 'organisation;'" \
	    " AND (since < ?4 OR (since = ?4 AND ticket < ?3)) LIMIT 1")
/* clang-format on */

DEFINE_STATEMENTS(SET_FACTS, facts, FACTS_LIST);
DEFINE_TABLE(rule_hold, struct rule_hold, HOLD);

#define QUERY(which) query_open(tx, &facts_statements, which)

/* --- one ticket ------------------------------------------------------------------ */

int
facts_thread(struct tx *tx, const struct id *ticket, struct facts_thread *out, struct err *err)
{
	struct query q = QUERY(FACTS_THREAD);
	int rc;

	*out = (struct facts_thread){ .own = "" };
	bind_id(&q, ticket);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc;
	out->messages = column_int(&q, 0);
	out->last = column_int(&q, 1);
	out->unanswered_since = column_int(&q, 2);
	out->is_by_staff = column_int(&q, 3) != 0;
	out->own = column_text(&q, 4);
	out->status_since = column_int(&q, 5);
	query_end(&q);
	return 0;
}

int
facts_work(struct tx *tx, const struct id *ticket, struct facts_work *out, struct err *err)
{
	struct query q = QUERY(FACTS_WORK);
	int rc;

	*out = (struct facts_work){ .confidence = -1 };
	bind_id(&q, ticket);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc;
	out->open_tasks = column_int(&q, 0);
	out->packets = column_int(&q, 1);
	out->open_packets = column_int(&q, 2);
	if (!column_is_null(&q, 3))
		out->confidence = column_int(&q, 3);
	out->failures = column_int(&q, 4);
	out->last_failure = column_int(&q, 5);
	query_end(&q);
	return 0;
}

int
facts_asked(struct tx *tx, const struct id *ticket, struct facts_asked *out, struct err *err)
{
	struct query q = QUERY(FACTS_ASKED);
	int rc;

	*out = (struct facts_asked){ .state = "", .question = "", .approver = "" };
	bind_id(&q, ticket);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc;
	if (!column_id(&q, 0, &out->id))
		out->id = (struct id){ 0 };
	out->state = column_text(&q, 1);
	out->question = column_text(&q, 2);
	out->asked_at = column_int(&q, 3);
	out->deadline = column_int(&q, 4);
	out->decided_at = column_int(&q, 5);
	out->reminded_at = column_int(&q, 6);
	out->approver = column_text(&q, 7);
	out->reminders = column_int(&q, 8);
	out->unclear = column_int(&q, 9);
	out->approvals = column_int(&q, 10);
	out->rejections = column_int(&q, 11);
	query_end(&q);
	return 0;
}

/* --- what is to be looked at ----------------------------------------------------- */

static bool
is_listed(const struct facts_page *page, const struct id *ticket)
{
	for (size_t i = 0; i < page->count; i++)
		if (id_equal(&page->tickets[i], ticket))
			return true;
	return false;
}

static int
read_page(struct query *q, struct facts_page *page, bool twice, struct err *err)
{
	size_t rows = 0;
	struct id ticket;
	int rc;

	page->tickets = arena_alloc(tx_arena(q->tx), (page->max + 1) * sizeof(*page->tickets));
	page->count = 0;
	bind_int(q, page->after);
	bind_int(q, (int64_t)page->max);
	while ((rc = query_next(q, err)) > 0) {
		rows++;
		page->after = column_int(q, 0);
		if (!column_is_null(q, 1) && column_id(q, 1, &ticket) && !id_is_null(&ticket) &&
		    !(twice && is_listed(page, &ticket)))
			page->tickets[page->count++] = ticket;
	}
	page->more = rows == page->max;
	return rc;
}

int
facts_events(struct tx *tx, struct facts_page *page, struct err *err)
{
	struct query q = QUERY(FACTS_EVENTS);

	return read_page(&q, page, true, err);
}

int
facts_last_event(struct tx *tx, int64_t *seq, struct err *err)
{
	struct query q = QUERY(FACTS_LAST_EVENT);

	return query_int(&q, seq, err);
}

int
facts_unresolved(struct tx *tx, struct facts_page *page, struct err *err)
{
	struct query q = QUERY(FACTS_UNRESOLVED);

	return read_page(&q, page, false, err);
}

/* --- which rules hold -------------------------------------------------------------- */

int
rule_hold_list(
    struct tx *tx, const struct id *ticket, struct rule_hold **out, size_t *count, struct err *err)
{
	struct query q = QUERY(HOLD_LIST);

	bind_id(&q, ticket);
	return query_list(&q, &rule_hold_table, out, count, err);
}

int
rule_hold_put(struct tx *tx, const struct rule_hold *hold, struct err *err)
{
	struct query q = QUERY(HOLD_PUT);

	bind_row(&q, &rule_hold_table, hold);
	return query_run(&q, err);
}

int
rule_hold_remove(struct tx *tx, const struct id *ticket, const char *rule, struct err *err)
{
	struct query q = QUERY(HOLD_REMOVE);

	bind_id(&q, ticket);
	bind_text(&q, rule);
	return query_run(&q, err);
}

int
rule_hold_before(struct tx *tx, const struct rule_hold *hold, bool *out, struct err *err)
{
	struct query q = QUERY(HOLD_BEFORE);

	bind_text(&q, hold->rule);
	bind_text(&q, hold->once_key);
	bind_id(&q, &hold->ticket);
	bind_int(&q, hold->since);
	return query_exists(&q, out, err);
}
