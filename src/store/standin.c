#include <assent/store/standin.h>

#include "query.h"

/* clang-format off */
#define ABSENCE(F, N, S) \
	F(S, EMAIL, person_email) N(S, INT, until) N(S, TEXT, words) N(S, ID, inbound) \
	N(S, INT, learnt)

#define DELEGATE(F, N, S) \
	F(S, ID, id) N(S, ID, organisation) N(S, EMAIL, person_email) N(S, EMAIL, delegate_email) \
	N(S, TEXT, delegate_name) N(S, TEXT, when) N(S, INT, since) N(S, INT, until) \
	N(S, TEXT, source) N(S, INT, created)

#define PROPOSAL(F, N, S) \
	F(S, ID, id) N(S, ID, approval) N(S, EMAIL, email) N(S, TEXT, name) \
	N(S, EMAIL, proposed_by) N(S, TEXT, state) N(S, INT, created) N(S, INT, moved_at)

#define STANDINS(X) \
	X(ABSENCE_PUT, INSERT("absences", ABSENCE) " ON CONFLICT (person_email) DO UPDATE" \
	    " SET until = excluded.until, words = excluded.words, inbound = excluded.inbound," \
	    " learnt = excluded.learnt") \
	X(ABSENCE_GET, "SELECT " NAMES(ABSENCE) " FROM absences WHERE person_email = ?") \
	X(ABSENCE_LIST, "SELECT " NAMES(ABSENCE) " FROM absences" \
	    " ORDER BY until DESC, person_email LIMIT ?") \
	X(ABSENCE_FORGET, "DELETE FROM absences WHERE person_email = ?") \
	X(DELEGATE_ADD, INSERT("delegates", DELEGATE)) \
	X(DELEGATE_REMOVE, "DELETE FROM delegates WHERE id = ?") \
	X(DELEGATE_LIST, "SELECT " NAMES(DELEGATE) " FROM delegates ORDER BY id") \
	X(DELEGATE_LIST_OF, "SELECT " NAMES(DELEGATE) " FROM delegates WHERE organisation = ?" \
	    " ORDER BY id") \
	X(PROPOSAL_ADD, INSERT("proposals", PROPOSAL)) \
	X(PROPOSAL_LIST, "SELECT " NAMES(PROPOSAL) " FROM proposals WHERE approval = ?" \
	    " ORDER BY id DESC") \
	X(PROPOSAL_CLOSE, "UPDATE proposals SET state = ?, moved_at = ?" \
	    " WHERE approval = ? AND state = 'open'")
/* clang-format on */

DEFINE_STATEMENTS(SET_STANDIN, standin, STANDINS);
DEFINE_TABLE(absence, struct absence, ABSENCE);
DEFINE_TABLE(delegate, struct delegate, DELEGATE);
DEFINE_TABLE(proposal, struct proposal, PROPOSAL);

#define QUERY(which) query_open(tx, &standin_statements, which)

int
absence_put(struct tx *tx, const struct absence *absence, struct err *err)
{
	struct query q = QUERY(ABSENCE_PUT);

	bind_row(&q, &absence_table, absence);
	return query_run(&q, err);
}

int
absence_get(struct tx *tx, const char *email, struct absence *out, struct err *err)
{
	struct query q = QUERY(ABSENCE_GET);

	bind_email(&q, email);
	return query_one(&q, &absence_table, out, err);
}

int
absence_list(struct tx *tx, size_t max, struct absence **out, size_t *count, struct err *err)
{
	struct query q = QUERY(ABSENCE_LIST);

	bind_max(&q, max);
	return query_list(&q, &absence_table, out, count, err);
}

int
absence_forget(struct tx *tx, const char *email, struct err *err)
{
	struct query q = QUERY(ABSENCE_FORGET);

	bind_email(&q, email);
	return query_claim(&q, ERR_NOT_FOUND, "nobody of this address is known to be away", err);
}

int
delegate_add(struct tx *tx, const struct delegate *delegate, struct err *err)
{
	struct query q = QUERY(DELEGATE_ADD);

	bind_row(&q, &delegate_table, delegate);
	return query_run(&q, err);
}

int
delegate_remove(struct tx *tx, const struct id *id, struct err *err)
{
	struct query q = QUERY(DELEGATE_REMOVE);

	bind_id(&q, id);
	return query_run(&q, err);
}

int
delegate_list(struct tx *tx, const struct id *organisation, struct delegate **out, size_t *count,
    struct err *err)
{
	struct query q = query_open(
	    tx, &standin_statements, organisation == NULL ? DELEGATE_LIST : DELEGATE_LIST_OF);

	if (organisation != NULL)
		bind_id(&q, organisation);
	return query_list(&q, &delegate_table, out, count, err);
}

int
proposal_add(struct tx *tx, const struct proposal *proposal, struct err *err)
{
	struct query q = QUERY(PROPOSAL_ADD);

	bind_row(&q, &proposal_table, proposal);
	return query_run(&q, err);
}

int
proposal_list(
    struct tx *tx, const struct id *approval, struct proposal **out, size_t *count, struct err *err)
{
	struct query q = QUERY(PROPOSAL_LIST);

	bind_id(&q, approval);
	return query_list(&q, &proposal_table, out, count, err);
}

int
proposal_close(
    struct tx *tx, const struct id *approval, const char *state, utc_ms now, struct err *err)
{
	struct query q = QUERY(PROPOSAL_CLOSE);

	bind_text(&q, state);
	bind_int(&q, now);
	bind_id(&q, approval);
	return query_run(&q, err);
}
