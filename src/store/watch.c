/* watch: what rules are to look at, and which of them hold. */
#include <assent/store/facts.h>

#include "query.h"

/* clang-format off */
#define HOLD(F, N, S) F(S, ID, ticket) N(S, TEXT, rule) N(S, TEXT, once_key) N(S, INT, since)

#define WATCH_LIST(X) \
	X(WATCH_EVENTS, "SELECT seq, ticket FROM events WHERE seq > ? ORDER BY seq LIMIT ?") \
	X(WATCH_LAST_EVENT, "SELECT coalesce(max(seq), 0) FROM events") \
	X(WATCH_TOUCHED, "SELECT n, ticket FROM watch_touched WHERE n > ? ORDER BY n LIMIT ?") \
	X(WATCH_LAST_TOUCHED, "SELECT coalesce(max(n), 0) FROM watch_touched") \
	X(WATCH_UNRESOLVED, "SELECT id FROM tickets WHERE ref = ? AND status <> 'resolved'" \
	    " AND forgotten = 0") \
	X(WATCH_MARKS, "SELECT max(n) FILTER (WHERE name = 'organisations')," \
	    " max(n) FILTER (WHERE name = 'staff'), max(n) FILTER (WHERE name = 'absences')" \
	    " FROM watch_marks") \
	X(HOLD_LIST, "SELECT " NAMES(HOLD) " FROM rule_holds WHERE ticket = ? ORDER BY rule") \
	X(HOLD_PUT, "INSERT OR REPLACE INTO rule_holds (" NAMES(HOLD) ") VALUES (" MARKS(HOLD) ")") \
	X(HOLD_REMOVE, "DELETE FROM rule_holds WHERE ticket = ? AND rule = ?") \
	X(HOLD_BEFORE, "SELECT 1 FROM rule_holds WHERE rule = ?1 AND once_key = ?2" \
	    " AND once_key >= 'organisation:' AND once_key < 'organisation;'" \
	    " AND (since < ?4 OR (since = ?4 AND ticket < ?3)) LIMIT 1")
/* clang-format on */

DEFINE_STATEMENTS(SET_WATCH, watch, WATCH_LIST);
DEFINE_TABLE(rule_hold, struct rule_hold, HOLD);

#define QUERY(which) query_open(tx, &watch_statements, which)

static bool
is_listed(const struct facts_page *page, const struct id *ticket)
{
	for (size_t i = 0; i < page->count; i++)
		if (id_equal(&page->tickets[i], ticket))
			return true;
	return false;
}

static int
read_page(struct tx *tx, int which, struct facts_page *page, struct err *err)
{
	struct query q = QUERY(which);
	size_t rows = 0;
	struct id ticket;
	int rc;

	page->tickets = arena_alloc(tx_arena(tx), (page->max + 1) * sizeof(*page->tickets));
	page->count = 0;
	page->lost = false;
	bind_int(&q, page->after);
	bind_int(&q, (int64_t)page->max);
	while ((rc = query_next(&q, err)) > 0) {
		page->lost = page->lost || column_int(&q, 0) != page->after + 1;
		rows++;
		page->after = column_int(&q, 0);
		if (column_id(&q, 1, &ticket) && !id_is_null(&ticket) && !is_listed(page, &ticket))
			page->tickets[page->count++] = ticket;
	}
	page->more = rows == page->max;
	return rc;
}

int
facts_events(struct tx *tx, struct facts_page *page, struct err *err)
{
	return read_page(tx, WATCH_EVENTS, page, err);
}

int
facts_touched(struct tx *tx, struct facts_page *page, struct err *err)
{
	return read_page(tx, WATCH_TOUCHED, page, err);
}

int
facts_last_touched(struct tx *tx, int64_t *n, struct err *err)
{
	struct query q = QUERY(WATCH_LAST_TOUCHED);

	return query_int(&q, n, err);
}

int
facts_last_event(struct tx *tx, int64_t *seq, struct err *err)
{
	struct query q = QUERY(WATCH_LAST_EVENT);

	return query_int(&q, seq, err);
}

int
facts_unresolved(struct tx *tx, int64_t ref, struct id *ticket, struct err *err)
{
	struct query q = QUERY(WATCH_UNRESOLVED);
	int rc;

	bind_int(&q, ref);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(err, ERR_NOT_FOUND, "there is no such ticket");
	rc = column_id(&q, 0, ticket) ? 0 : err_set(err, ERR_INVALID, "a ticket has a bad id");
	query_end(&q);
	return rc;
}

int
facts_marks(struct tx *tx, struct facts_marks *out, struct err *err)
{
	struct query q = QUERY(WATCH_MARKS);
	int rc = query_next(&q, err);

	*out = (struct facts_marks){ 0 };
	if (rc <= 0)
		return rc;
	*out = (struct facts_marks){ column_int(&q, 0), column_int(&q, 1), column_int(&q, 2) };
	query_end(&q);
	return 0;
}

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
