#include <assent/store/approval.h>

#include "query.h"

/* clang-format off */
#define APPROVAL(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, MAYBE_ID, organisation) N(S, MAYBE_ID, batch) \
	N(S, INT, item) N(S, STATE, state) N(S, TEXT, question) N(S, TEXT, requested_by) \
	N(S, TEXT, summary) N(S, TEXT, asked) N(S, HASH, asked_hash) N(S, INT, asked_seq) \
	N(S, MAYBE_ID, replaces) N(S, MAYBE_ID, replaced_by) N(S, INT, created) \
	N(S, INT, ask_at) N(S, INT, asked_at) N(S, INT, reminded_at) N(S, INT, deadline) \
	N(S, INT, moved_at) N(S, INT, decided_at) N(S, INT, turnaround) N(S, TEXT, comment)

#define SELECT_APPROVALS "SELECT " NAMES(APPROVAL) " FROM approvals WHERE "
#define OPEN_ONLY "(? = 0 OR state IN ('draft', 'sent', 'undeliverable'))"

#define APPROVALS(X) \
	X(APPROVAL_ADD, INSERT("approvals", APPROVAL)) \
	X(APPROVAL_GET, SELECT_APPROVALS "id = ?") \
	X(APPROVAL_MOVE, "UPDATE approvals SET state = ?, moved_at = ?" \
	    " WHERE id = ? AND state = ?") \
	X(APPROVAL_SET_ASKED, "UPDATE approvals SET asked = ?, asked_hash = ?, asked_seq = ?," \
	    " summary = ?, asked_at = ?, deadline = ? WHERE id = ?") \
	X(APPROVAL_SET_REMINDED, "UPDATE approvals SET reminded_at = ? WHERE id = ?") \
	X(APPROVAL_SET_DEADLINE, "UPDATE approvals SET deadline = ? WHERE id = ?") \
	X(APPROVAL_SET_OUTCOME, "UPDATE approvals SET comment = ?, decided_at = ?," \
	    " turnaround = ? WHERE id = ?") \
	X(APPROVAL_SET_REPLACED, "UPDATE approvals SET replaced_by = ? WHERE id = ?") \
	X(APPROVAL_LIST, SELECT_APPROVALS OPEN_ONLY " ORDER BY created DESC, id DESC LIMIT ?") \
	X(APPROVAL_COUNT_OPEN, "SELECT count(*) FROM approvals" \
	    " WHERE state IN ('draft', 'sent', 'undeliverable') AND organisation = ?") \
	X(APPROVAL_LIST_OPEN, SELECT_APPROVALS "state IN ('draft', 'sent', 'undeliverable')" \
	    " ORDER BY created DESC, id DESC LIMIT ?") \
	X(APPROVAL_LIST_TICKET, SELECT_APPROVALS OPEN_ONLY " AND ticket = ?" \
	    " ORDER BY created DESC, id DESC LIMIT ?") \
	X(APPROVAL_LIST_BATCH, SELECT_APPROVALS OPEN_ONLY " AND batch = ? ORDER BY item LIMIT ?") \
	X(APPROVAL_LIST_BOTH, SELECT_APPROVALS OPEN_ONLY " AND batch = ? AND ticket = ?" \
	    " ORDER BY item LIMIT ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_APPROVAL, approval, APPROVALS);
DEFINE_TABLE(approval, struct approval, APPROVAL);

#define QUERY(which) query_open(tx, &approval_statements, which)
#define NO_APPROVAL "there is no such approval"

int
approval_add(struct tx *tx, const struct approval *approval, struct err *err)
{
	struct query q = QUERY(APPROVAL_ADD);

	bind_row(&q, &approval_table, approval);
	return query_run(&q, err);
}

int
approval_get(struct tx *tx, const struct id *id, struct approval *out, struct err *err)
{
	struct query q = QUERY(APPROVAL_GET);

	bind_id(&q, id);
	return query_one(&q, &approval_table, out, err);
}

static int
explain_move(struct tx *tx, const struct id *id, struct err *err)
{
	struct approval now;
	int rc = approval_get(tx, id, &now, err);

	if (rc < 0)
		return rc;
	return err_set(
	    err, ERR_CONFLICT, "the approval is %s by now", approval_state_name(now.state));
}

/* Invariant 1: one conditional UPDATE, so that of many movers one wins. */
int
approval_move(struct tx *tx, const struct id *id, enum approval_state from, enum approval_state to,
    utc_ms now, struct err *err)
{
	struct query q = QUERY(APPROVAL_MOVE);
	size_t moved;
	int rc;

	bind_text(&q, approval_state_name(to));
	bind_int(&q, now);
	bind_id(&q, id);
	bind_text(&q, approval_state_name(from));
	rc = query_count(&q, &moved, err);
	if (rc == 0 && moved == 0)
		return explain_move(tx, id, err);
	return rc;
}

int
approval_set_asked(struct tx *tx, const struct approval *approval, struct err *err)
{
	struct query q = QUERY(APPROVAL_SET_ASKED);

	bind_text(&q, approval->asked);
	bind_hash(&q, approval->asked_hash);
	bind_int(&q, approval->asked_seq);
	bind_text(&q, approval->summary);
	bind_int(&q, approval->asked_at);
	bind_int(&q, approval->deadline);
	bind_id(&q, &approval->id);
	return query_claim(&q, ERR_NOT_FOUND, NO_APPROVAL, err);
}

int
approval_set_reminded(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct query q = QUERY(APPROVAL_SET_REMINDED);

	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, NO_APPROVAL, err);
}

int
approval_set_deadline(struct tx *tx, const struct id *id, utc_ms at, struct err *err)
{
	struct query q = QUERY(APPROVAL_SET_DEADLINE);

	bind_int(&q, at);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, NO_APPROVAL, err);
}

int
approval_set_outcome(struct tx *tx, const struct id *id, const char *comment, utc_ms decided_at,
    span_ms turnaround, struct err *err)
{
	struct query q = QUERY(APPROVAL_SET_OUTCOME);

	bind_text(&q, comment);
	bind_int(&q, decided_at);
	bind_int(&q, turnaround);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, NO_APPROVAL, err);
}

int
approval_set_replaced(
    struct tx *tx, const struct id *id, const struct id *replaced_by, struct err *err)
{
	struct query q = QUERY(APPROVAL_SET_REPLACED);

	bind_maybe_id(&q, replaced_by);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, NO_APPROVAL, err);
}

int
approval_count_open(struct tx *tx, const struct id *organisation, int64_t *out, struct err *err)
{
	struct query q = QUERY(APPROVAL_COUNT_OPEN);

	bind_id(&q, organisation);
	return query_int(&q, out, err);
}

static int
list_statement(const struct approval_filter *filter)
{
	bool of_ticket = !id_is_null(&filter->ticket), of_batch = !id_is_null(&filter->batch);

	if (of_batch)
		return of_ticket ? APPROVAL_LIST_BOTH : APPROVAL_LIST_BATCH;
	if (of_ticket)
		return APPROVAL_LIST_TICKET;
	return filter->only_open ? APPROVAL_LIST_OPEN : APPROVAL_LIST;
}

int
approval_list(struct tx *tx, const struct approval_filter *filter, struct approval **out,
    size_t *count, struct err *err)
{
	int which = list_statement(filter);
	struct query q = QUERY(which);

	if (which != APPROVAL_LIST_OPEN)
		bind_int(&q, filter->only_open);
	if (!id_is_null(&filter->batch))
		bind_id(&q, &filter->batch);
	if (!id_is_null(&filter->ticket))
		bind_id(&q, &filter->ticket);
	bind_max(&q, filter->max);
	return query_list(&q, &approval_table, out, count, err);
}
