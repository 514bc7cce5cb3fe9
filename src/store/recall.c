/* recall: jobs that should be done by now, when one is due, and those that a clock which was ahead put off by years. */
#include <assent/store/queue.h>

#include "query.h"

#define WAIT_MOST (MS_DAY + MS_HOUR) /* a delay before sending, a Retry-After */
#define MAIL_MOST (8 * MS_DAY) /* quiet hours are of a week */
#define AHEAD MS_MINUTE

/*
 * Why not the lane of the clock: what waits there may be far away rightly, and
 * it rests while the clock is wrong.
 */
/* clang-format off */
/* What was made at a time that has not come yet waits as long as it was to; all else not at all. */
#define RECALLED "(due > ?3 OR created > ?4 OR attempts > 0)"
#define RECALL(X) \
	X(RECALL_PRESSING, "SELECT EXISTS (SELECT 1 FROM job_due WHERE lane = ?1 AND due <= ?2)" \
	    " OR EXISTS (SELECT 1 FROM job_leases WHERE lane = ?1)") \
	X(RECALL_WHEN, "SELECT j.due FROM job_serial s JOIN jobs j ON j.id = s.id" \
	    " WHERE s.serial = ? ORDER BY s.n LIMIT 1") \
	X(RECALL_ANY, "SELECT 1 FROM job_due d WHERE lane = ?1 AND due > ?2 AND EXISTS" \
	    " (SELECT 1 FROM jobs WHERE id = d.id AND " RECALLED ") LIMIT 1") \
	X(RECALL_JOBS, "UPDATE jobs SET due = CASE WHEN created > ?4 AND attempts = 0 THEN" \
	    " ?5 + max(0, min(due - created, ?3 - ?5)) ELSE ?5 END, created = min(created, ?5)" \
	    " WHERE lane = ?1 AND due > ?2 AND dead = 0 AND " RECALLED) \
	X(RECALL_DUE, "UPDATE job_due SET due = (SELECT due FROM jobs WHERE id = job_due.id)" \
	    " WHERE lane = ?1 AND due > ?2")
/* clang-format on */

DEFINE_STATEMENTS(SET_RECALL, recall, RECALL);

#define QUERY(which) query_open(tx, &recall_statements, which)

int
job_is_pressing(struct tx *tx, enum lane lane, utc_ms now, bool *out, struct err *err)
{
	struct query q = QUERY(RECALL_PRESSING);
	int64_t is = 0;
	int rc;

	bind_int(&q, lane);
	bind_int(&q, now);
	rc = query_int(&q, &is, err);
	*out = is != 0;
	return rc;
}

int
job_when(struct tx *tx, const char *serial, utc_ms *out, struct err *err)
{
	struct query q = QUERY(RECALL_WHEN);
	int rc;

	*out = 0;
	bind_text(&q, serial);
	rc = query_int(&q, out, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

struct recall {
	enum lane lane;
	utc_ms now;
	span_ms tried;
};

static struct query
query_of(struct tx *tx, int statement, const struct recall *recall)
{
	struct query q = QUERY(statement);

	bind_int(&q, recall->lane);
	bind_int(&q, recall->now + recall->tried);
	if (statement == RECALL_DUE)
		return q;
	bind_int(&q, recall->now + (recall->lane == LANE_OUTGOING ? MAIL_MOST : WAIT_MOST));
	bind_int(&q, recall->now + AHEAD);
	if (statement == RECALL_JOBS)
		bind_int(&q, recall->now);
	return q;
}

static int
is_any(struct tx *tx, const struct recall *recall, bool *out, struct err *err)
{
	struct query q = query_of(tx, RECALL_ANY, recall);
	int64_t one;
	int rc = query_int(&q, &one, err);

	*out = rc == 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
pull(struct tx *tx, const struct recall *recall, struct err *err)
{
	struct query jobs = query_of(tx, RECALL_JOBS, recall), due;
	int rc = query_run(&jobs, err);

	if (rc < 0)
		return rc;
	due = query_of(tx, RECALL_DUE, recall);
	return query_run(&due, err);
}

int
job_recall(struct tx *tx, utc_ms now, span_ms tried, struct err *err)
{
	int rc = 0;

	for (int lane = 0; rc == 0 && lane < LANE_COUNT; lane++) {
		const struct recall recall = { (enum lane)lane, now, tried };
		bool any = false;

		if (lane == LANE_CLOCK)
			continue;
		rc = is_any(tx, &recall, &any, err);
		if (rc == 0 && any)
			rc = pull(tx, &recall, err);
	}
	return rc;
}
