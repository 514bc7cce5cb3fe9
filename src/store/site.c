#include <assent/store/site.h>

#include "query.h"

/* clang-format off */
#define CLOCK_SEEN(F, N, S) F(S, INT, wall) N(S, INT, boot) N(S, TEXT, boot_id)

/* Jobs that wait are due or behind the first of their serial. */
#define COUNTS(X) \
	X(tickets, "SELECT count(*) FROM tickets") \
	X(approvals_open, "SELECT count(*) FROM approvals" \
	    " WHERE state IN ('draft', 'sent', 'undeliverable')") \
	X(approvals_all, "SELECT count(*) FROM approvals") \
	X(inbound_new, "SELECT count(*) FROM inbound WHERE status = 'new'") \
	X(inbound_quarantined, "SELECT count(*) FROM inbound WHERE status = 'quarantined'") \
	X(jobs_waiting, "SELECT (SELECT count(*) FROM job_due) +" \
	    " (SELECT count(*) - count(DISTINCT serial) FROM job_serial)") \
	X(jobs_dead, "SELECT count(*) FROM jobs WHERE dead = 1") \
	X(outgoing_queued, "SELECT count(*) FROM outgoing" \
	    " WHERE status IN ('queued', 'maybe') AND status = 'queued'") \
	X(outgoing_maybe, "SELECT count(*) FROM outgoing" \
	    " WHERE status IN ('queued', 'maybe') AND status = 'maybe'") \
	X(ledger_entries, "SELECT seq FROM ledger_head") \
	X(oldest_job_due, "SELECT coalesce(min(due), 0) FROM job_due")

#define LANES(X) \
	X(LANE_DUE, "SELECT count(*) FROM job_due WHERE lane = ?") \
	X(LANE_LEASED, "SELECT count(*) FROM job_leases WHERE lane = ?") \
	X(LANE_DEAD, "SELECT count(*) FROM jobs WHERE dead = 1 AND lane = ?") \
	X(LANE_OLDEST, "SELECT coalesce(min(due), 0) FROM job_due WHERE lane = ?")

#define SITE(X) \
	COUNTS(X) \
	LANES(X) \
	X(SITE_GET, "SELECT value FROM site WHERE name = ?") \
	X(SITE_SET, "INSERT INTO site (name, value) VALUES (?, ?)" \
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value") \
	X(CLOCK_GET, "SELECT " NAMES(CLOCK_SEEN) " FROM clock_seen WHERE id = 1") \
	X(CLOCK_SET, "INSERT INTO clock_seen (" NAMES(CLOCK_SEEN) ", id)" \
	    " VALUES (" MARKS(CLOCK_SEEN) ", 1) ON CONFLICT (id) DO UPDATE SET" \
	    " wall = excluded.wall, boot = excluded.boot, boot_id = excluded.boot_id")
/* clang-format on */

DEFINE_STATEMENTS(SET_SITE, site, SITE);
DEFINE_TABLE(clock_seen, struct clock_seen, CLOCK_SEEN);

#define QUERY(which) query_open(tx, &site_statements, which)

int
site_get(struct tx *tx, const char *name, const char **out, struct err *err)
{
	struct query q = QUERY(SITE_GET);
	int rc;

	bind_text(&q, name);
	rc = query_next(&q, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "'%s' was never set", name);
	if (rc < 0)
		return rc;
	*out = column_text(&q, 0);
	query_end(&q);
	return 0;
}

int
site_set(struct tx *tx, const char *name, const char *value, struct err *err)
{
	struct query q = QUERY(SITE_SET);

	bind_text(&q, name);
	bind_text(&q, value);
	return query_run(&q, err);
}

int
clock_seen_get(struct tx *tx, struct clock_seen *out, struct err *err)
{
	struct query q = QUERY(CLOCK_GET);

	return query_one(&q, &clock_seen_table, out, err);
}

int
clock_seen_set(struct tx *tx, const struct clock_seen *seen, struct err *err)
{
	struct query q = QUERY(CLOCK_SET);

	bind_row(&q, &clock_seen_table, seen);
	return query_run(&q, err);
}

int
site_count(struct tx *tx, struct site_counts *out, struct err *err)
{
	static const struct {
		int statement;
		size_t offset;
	} counts[] = {
#define X(name, sql) { name, offsetof(struct site_counts, name) },
		COUNTS(X)
#undef X
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(counts) && rc == 0; i++) {
		struct query q = QUERY(counts[i].statement);

		rc = query_int(&q, (int64_t *)(void *)((char *)out + counts[i].offset), err);
	}
	return rc;
}

static int
gauge_lane(struct tx *tx, int lane, struct site_gauges *out, struct err *err)
{
	const struct {
		int statement;
		int64_t *into;
	} asked[] = {
		{ LANE_DUE, &out->lanes[lane].due },
		{ LANE_LEASED, &out->lanes[lane].leased },
		{ LANE_DEAD, &out->lanes[lane].dead },
		{ LANE_OLDEST, &out->lanes[lane].oldest },
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(asked) && rc == 0; i++) {
		struct query q = QUERY(asked[i].statement);

		bind_int(&q, lane);
		rc = query_int(&q, asked[i].into, err);
	}
	return rc;
}

int
site_gauge(struct tx *tx, struct site_gauges *out, struct err *err)
{
	const struct {
		int statement;
		int64_t *into;
	} asked[] = {
		{ approvals_open, &out->approvals_open },
		{ inbound_new, &out->inbound_new },
		{ inbound_quarantined, &out->inbound_quarantined },
		{ outgoing_queued, &out->outgoing_queued },
		{ outgoing_maybe, &out->outgoing_maybe },
		{ ledger_entries, &out->ledger_entries },
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(asked) && rc == 0; i++) {
		struct query q = QUERY(asked[i].statement);

		rc = query_int(&q, asked[i].into, err);
	}
	for (int lane = 0; lane < LANE_COUNT && rc == 0; lane++)
		rc = gauge_lane(tx, lane, out, err);
	return rc;
}
