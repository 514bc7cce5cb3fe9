#include <assent/store/ticket.h>

#include "query.h"

/* clang-format off */
#define TICKET(F, N, S) \
	F(S, ID, id) N(S, INT, ref) N(S, MAYBE_ID, organisation) N(S, TEXT, title) \
	N(S, TEXT, requester_email) N(S, TEXT, requester_name) N(S, TEXT, engineer_email) \
	N(S, TEXT, engineer_name) N(S, TEXT, status) N(S, INT, state_version) \
	N(S, INT, created) N(S, INT, updated) N(S, TEXT, source) N(S, TEXT, external_id) \
	N(S, TEXT, external_status) N(S, TEXT, external_url) N(S, TEXT, priority) \
	N(S, TEXT, attributes) N(S, INT, external_at) N(S, TEXT, status_before) \
	N(S, TEXT, status_by) N(S, INT, status_at) N(S, INT, spent)

/* Each change that a reader notices. */
#define CHANGED "state_version = state_version + 1, updated = ? WHERE id = ?"

#define TICKETS(X) \
	X(TICKET_ADD, INSERT("tickets", TICKET)) \
	X(TICKET_LAST_REF, "SELECT coalesce(max(ref), 0) FROM tickets") \
	X(TICKET_GET, "SELECT " NAMES(TICKET) " FROM tickets WHERE id = ?") \
	X(TICKET_BY_REF, "SELECT " NAMES(TICKET) " FROM tickets WHERE ref = ?") \
	X(TICKET_MOVE, "UPDATE tickets SET status_since = iif(status = ?1," \
	    " status_since, ?5), status = ?1, status_before = ?2, status_by = ?3, status_at = ?4," \
	    " state_version = state_version + 1, updated = ?5" \
	    " WHERE id = ?6 AND status = ?7 AND status_before = ?8") \
	X(TICKET_SET_ENGINEER, "UPDATE tickets SET engineer_email = ?, engineer_name = ?, " CHANGED) \
	X(TICKET_ADD_SPENT, "UPDATE tickets SET spent = spent + ?, " CHANGED) \
	X(TICKET_SET_TITLE, "UPDATE tickets SET title = ?, " CHANGED) \
	X(TICKET_SET_ORGANISATION, "UPDATE tickets SET organisation = ?, " CHANGED) \
	X(TICKET_SET_REQUESTER, "UPDATE tickets SET requester_email = ?, requester_name = ?, " \
	    CHANGED) \
	X(TICKET_BY_EXTERNAL, "SELECT " NAMES(TICKET) " FROM tickets WHERE source = ?" \
	    " AND external_id = ? AND external_id <> ''") \
	X(TICKET_SET_FACTS, "UPDATE tickets SET organisation = ?, title = ?, requester_email = ?," \
	    " requester_name = ?, engineer_email = ?, engineer_name = ?, external_status = ?," \
	    " external_url = ?, priority = ?, attributes = ?, external_at = ?, " CHANGED) \
	X(TICKET_SET_EXTERNAL_AT, "UPDATE tickets SET external_at = ? WHERE id = ?") \
	X(TICKET_TOUCH, "UPDATE tickets SET " CHANGED) \
	X(TICKET_LIST, "SELECT " NAMES(TICKET) " FROM tickets ORDER BY ref DESC LIMIT ?") \
	X(TICKET_LIST_STATUS, "SELECT " NAMES(TICKET) " FROM tickets WHERE status = ?" \
	    " ORDER BY ref DESC LIMIT ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_TICKET, ticket, TICKETS);
DEFINE_TABLE(ticket, struct ticket, TICKET);

#define QUERY(which) query_open(tx, &ticket_statements, which)

int
ticket_add(struct tx *tx, const struct ticket *ticket, int64_t *ref, struct err *err)
{
	struct query last = QUERY(TICKET_LAST_REF);
	struct ticket row = *ticket;
	int rc = query_int(&last, &row.ref, err);

	if (rc < 0)
		return rc;
	row.ref = row.ref >= TICKET_REF_FIRST ? row.ref + 1 : TICKET_REF_FIRST;
	row.state_version = 1;

	struct query q = QUERY(TICKET_ADD);

	bind_row(&q, &ticket_table, &row);
	rc = query_run(&q, err);
	if (rc == 0 && ref != NULL)
		*ref = row.ref;
	return rc;
}

int
ticket_get(struct tx *tx, const struct id *id, struct ticket *out, struct err *err)
{
	struct query q = QUERY(TICKET_GET);

	bind_id(&q, id);
	return query_one(&q, &ticket_table, out, err);
}

int
ticket_by_ref(struct tx *tx, int64_t ref, struct ticket *out, struct err *err)
{
	struct query q = QUERY(TICKET_BY_REF);

	bind_int(&q, ref);
	return query_one(&q, &ticket_table, out, err);
}

static int
change(struct query *q, const struct id *id, utc_ms now, struct err *err)
{
	bind_int(q, now);
	bind_id(q, id);
	return query_claim(q, ERR_NOT_FOUND, "there is no such ticket", err);
}

int
ticket_move(struct tx *tx, const struct ticket_move *move, struct err *err)
{
	bool paused = move->to.status == TICKET_PAUSED;
	struct query q = QUERY(TICKET_MOVE);

	bind_text(&q, ticket_status_name(move->to.status));
	bind_text(&q, paused ? ticket_status_name(move->to.before) : "");
	bind_text(&q, move->by != NULL ? move->by : move->ticket->status_by);
	bind_int(&q, move->by != NULL ? move->at : move->ticket->status_at);
	bind_int(&q, move->at);
	bind_id(&q, &move->ticket->id);
	bind_text(&q, move->ticket->status);
	bind_text(&q, move->ticket->status_before);
	return query_claim(&q, ERR_CONFLICT, "the ticket's status changed meanwhile", err);
}

int
ticket_life(const struct ticket *ticket, struct ticket_life *out, struct err *err)
{
	struct ticket_life life = { .before = TICKET_OPEN };
	bool is = ticket_status_parse(ticket->status, &life.status);

	if (is && life.status != TICKET_PAUSED)
		life.before = life.status;
	else if (is)
		is = ticket_status_parse(ticket->status_before, &life.before);
	if (!is)
		return err_set(err, ERR_INVALID, "T-%lld is in no known status: %s %s",
		    (long long)ticket->ref, ticket->status, ticket->status_before);
	*out = life;
	return 0;
}

int
ticket_set_engineer(struct tx *tx, const struct ticket *to, utc_ms now, struct err *err)
{
	struct query q = QUERY(TICKET_SET_ENGINEER);

	bind_text(&q, to->engineer_email);
	bind_text(&q, to->engineer_name);
	return change(&q, &to->id, now, err);
}

int
ticket_add_spent(struct tx *tx, const struct id *id, int64_t minutes, utc_ms now, struct err *err)
{
	struct query q = QUERY(TICKET_ADD_SPENT);

	bind_int(&q, minutes);
	return change(&q, id, now, err);
}

int
ticket_set_title(struct tx *tx, const struct id *id, const char *title, utc_ms now, struct err *err)
{
	struct query q = QUERY(TICKET_SET_TITLE);

	bind_text(&q, title);
	return change(&q, id, now, err);
}

int
ticket_set_organisation(
    struct tx *tx, const struct id *id, const struct id *organisation, utc_ms now, struct err *err)
{
	struct query q = QUERY(TICKET_SET_ORGANISATION);

	bind_maybe_id(&q, organisation);
	return change(&q, id, now, err);
}

int
ticket_set_requester(struct tx *tx, const struct id *id, const char *email, const char *name,
    utc_ms now, struct err *err)
{
	struct query q = QUERY(TICKET_SET_REQUESTER);

	bind_text(&q, email);
	bind_text(&q, name);
	return change(&q, id, now, err);
}

int
ticket_by_external(
    struct tx *tx, const char *source, const char *external_id, struct ticket *out, struct err *err)
{
	struct query q = QUERY(TICKET_BY_EXTERNAL);

	bind_text(&q, source);
	bind_text(&q, external_id);
	return query_one(&q, &ticket_table, out, err);
}

int
ticket_set_facts(struct tx *tx, const struct ticket *facts, utc_ms now, struct err *err)
{
	const char *const texts[] = { facts->title, facts->requester_email, facts->requester_name,
		facts->engineer_email, facts->engineer_name, facts->external_status,
		facts->external_url, facts->priority, facts->attributes };
	struct query q = QUERY(TICKET_SET_FACTS);

	bind_maybe_id(&q, &facts->organisation);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		bind_text(&q, texts[i]);
	bind_int(&q, facts->external_at);
	return change(&q, &facts->id, now, err);
}

int
ticket_set_external_at(struct tx *tx, const struct id *id, utc_ms at, struct err *err)
{
	struct query q = QUERY(TICKET_SET_EXTERNAL_AT);

	bind_int(&q, at);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such ticket", err);
}

int
ticket_touch(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct query q = QUERY(TICKET_TOUCH);

	return change(&q, id, now, err);
}

int
ticket_list(struct tx *tx, const char *status, size_t max, struct ticket **out, size_t *count,
    struct err *err)
{
	bool all = status == NULL || *status == '\0';
	struct query q = QUERY(all ? TICKET_LIST : TICKET_LIST_STATUS);

	if (!all)
		bind_text(&q, status);
	bind_max(&q, max);
	return query_list(&q, &ticket_table, out, count, err);
}
