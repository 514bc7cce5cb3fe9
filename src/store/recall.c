/* recall: jobs that should be done by now, when one is due, and those that a clock which was ahead put off by years. */
#include <assent/store/queue.h>

#include "query.h"

/*
 * Why not the lane of the clock: what waits there may be far away rightly, and
 * it rests while the clock is wrong.
 */
/* clang-format off */
#define RECALL(X) \
	X(RECALL_PRESSING, "SELECT EXISTS (SELECT 1 FROM job_due WHERE lane = ?1 AND due <= ?2)" \
	    " OR EXISTS (SELECT 1 FROM job_leases WHERE lane = ?1)") \
	X(RECALL_WHEN, "SELECT j.due FROM job_serial s JOIN jobs j ON j.id = s.id" \
	    " WHERE s.serial = ? ORDER BY s.n LIMIT 1") \
	X(RECALL_ANY, "SELECT 1 FROM job_due WHERE lane = ? AND due > ? LIMIT 1") \
	X(RECALL_JOBS, "UPDATE jobs SET due = ?1 WHERE lane = ?3 AND due > ?2 AND dead = 0") \
	X(RECALL_DUE, "UPDATE job_due SET due = ?1 WHERE lane = ?3 AND due > ?2")
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
	utc_ms now, beyond;
};

static int
is_any(struct tx *tx, const struct recall *recall, bool *out, struct err *err)
{
	struct query q = QUERY(RECALL_ANY);
	int64_t one;
	int rc;

	bind_int(&q, recall->lane);
	bind_int(&q, recall->beyond);
	rc = query_int(&q, &one, err);
	*out = rc == 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
pull(struct tx *tx, int statement, const struct recall *recall, struct err *err)
{
	struct query q = QUERY(statement);

	bind_int(&q, recall->now);
	bind_int(&q, recall->beyond);
	bind_int(&q, recall->lane);
	return query_run(&q, err);
}

int
job_recall(struct tx *tx, utc_ms now, span_ms farthest, struct err *err)
{
	struct recall recall = { .now = now, .beyond = now + farthest };
	int rc = 0;

	for (int lane = 0; rc == 0 && lane < LANE_COUNT; lane++) {
		bool any = false;

		recall.lane = (enum lane)lane;
		if (lane == LANE_CLOCK)
			continue;
		rc = is_any(tx, &recall, &any, err);
		if (rc == 0 && any)
			rc = pull(tx, RECALL_JOBS, &recall, err);
		if (rc == 0 && any)
			rc = pull(tx, RECALL_DUE, &recall, err);
	}
	return rc;
}
