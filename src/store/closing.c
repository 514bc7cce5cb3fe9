#include <assent/store/closing.h>

#include "query.h"

/* clang-format off */
#define CLOSING(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, INT, n) N(S, TEXT, act) N(S, TEXT, by) N(S, INT, at) \
	N(S, TEXT, comment) N(S, INT, spent) N(S, EMAIL, to_email) N(S, TEXT, to_name) \
	N(S, INT, told)

#define CLOSINGS(X) \
	X(CLOSING_NEXT, "SELECT coalesce(max(n), 0) + 1 FROM closings WHERE ticket = ?") \
	X(CLOSING_ADD, INSERT("closings", CLOSING)) \
	X(CLOSING_LIST, "SELECT " NAMES(CLOSING) " FROM closings WHERE ticket = ? ORDER BY n") \
	X(CLOSING_UNTOLD, "SELECT " NAMES(CLOSING) " FROM closings WHERE ticket = ? AND told = 0" \
	    " ORDER BY n DESC LIMIT 1") \
	X(CLOSING_SET_TOLD, "UPDATE closings SET told = ? WHERE ticket = ? AND told = 0")
/* clang-format on */

DEFINE_STATEMENTS(SET_CLOSING, closing, CLOSINGS);
DEFINE_TABLE(closing, struct closing, CLOSING);

#define QUERY(which) query_open(tx, &closing_statements, which)

int
closing_add(struct tx *tx, const struct closing *closing, struct err *err)
{
	struct query next = QUERY(CLOSING_NEXT);
	struct closing row = *closing;
	int rc;

	bind_id(&next, &row.ticket);
	rc = query_int(&next, &row.n, err);
	if (rc == 0 && row.n > CLOSINGS_MAX)
		return err_set(err, ERR_LIMIT,
		    "this ticket was closed and opened %d times already, and that is the most",
		    CLOSINGS_MAX);
	if (rc < 0)
		return rc;

	struct query q = QUERY(CLOSING_ADD);

	bind_row(&q, &closing_table, &row);
	return query_run(&q, err);
}

int
closing_list(
    struct tx *tx, const struct id *ticket, struct closing **out, size_t *count, struct err *err)
{
	struct query q = QUERY(CLOSING_LIST);

	bind_id(&q, ticket);
	return query_list(&q, &closing_table, out, count, err);
}

int
closing_untold(struct tx *tx, const struct id *ticket, struct closing *out, struct err *err)
{
	struct query q = QUERY(CLOSING_UNTOLD);

	bind_id(&q, ticket);
	return query_one(&q, &closing_table, out, err);
}

int
closing_set_told(struct tx *tx, const struct id *ticket, utc_ms now, struct err *err)
{
	struct query q = QUERY(CLOSING_SET_TOLD);

	bind_int(&q, now);
	bind_id(&q, ticket);
	return query_run(&q, err);
}
