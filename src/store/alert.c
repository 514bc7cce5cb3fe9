#include <assent/store/alert.h>

#include "query.h"

/* clang-format off */
#define ALERT(F, N, S) \
	F(S, TEXT, name) N(S, TEXT, text) N(S, INT, since) N(S, INT, told) \
	N(S, INT, ended) N(S, INT, begins)

#define ALERTS(X) \
	X(ALERT_PUT, INSERT("alerts", ALERT) " ON CONFLICT (name) DO UPDATE SET" \
	    " text = excluded.text, since = excluded.since, told = excluded.told," \
	    " ended = excluded.ended, begins = excluded.begins") \
	X(ALERT_LIST, "SELECT " NAMES(ALERT) " FROM alerts ORDER BY name") \
	X(DEAD_SINCE, "SELECT count(*) FROM jobs WHERE dead = 1 AND due >= ?") \
	X(QUARANTINED_SINCE, "SELECT count(*) FROM inbound WHERE status = 'quarantined'" \
	    " AND received >= ?") \
	X(RESUMES_SINCE, "SELECT count(*) FROM resumes WHERE state IN ('refused', 'given_up')" \
	    " AND at >= ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_ALERT, alert, ALERTS);
DEFINE_TABLE(alert, struct alert, ALERT);

#define QUERY(which) query_open(tx, &alert_statements, which)

int
alert_put(struct tx *tx, const struct alert *alert, struct err *err)
{
	struct query q = QUERY(ALERT_PUT);

	bind_row(&q, &alert_table, alert);
	return query_run(&q, err);
}

int
alert_list(struct tx *tx, struct alert **out, size_t *count, struct err *err)
{
	struct query q = QUERY(ALERT_LIST);

	return query_list(&q, &alert_table, out, count, err);
}

static int
count_since(struct query *q, utc_ms since, int64_t *out, struct err *err)
{
	bind_int(q, since);
	return query_int(q, out, err);
}

int
alert_trouble(struct tx *tx, utc_ms since, struct alert_trouble *out, struct err *err)
{
	struct query dead = QUERY(DEAD_SINCE);
	int rc = count_since(&dead, since, &out->jobs_dead, err);

	if (rc < 0)
		return rc;

	struct query quarantined = QUERY(QUARANTINED_SINCE);

	rc = count_since(&quarantined, since, &out->quarantined, err);
	if (rc < 0)
		return rc;

	struct query resumes = QUERY(RESUMES_SINCE);

	return count_since(&resumes, since, &out->resumes_failed, err);
}
