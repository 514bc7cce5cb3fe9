#include <assent/store/queue.h>

#include "dialect_sqlite.h"
#include "query.h"

#include <assent/base/str.h>

/*
 * Where a job is says what it does: job_due while it waits for its time,
 * job_leases while somebody holds it, job_serial (as well) while it has a
 * place in an order. Behind the first of its order a job is in job_serial only;
 * a dead letter is in none of them, so that it holds nobody up.
 *
 * attempts in jobs are the tries that are over; the lease counts the one under
 * way, so that postponing simply drops the lease.
 */
#define BACKOFF_FIRST (30 * MS_SECOND)
#define BACKOFF_MOST MS_HOUR
#define BACKOFF_SPREAD 20 /* percent, either way */

/* clang-format off */
#define JOB(F, N, S) \
	F(S, ID, id) N(S, TEXT, kind) N(S, LANE, lane) N(S, TEXT, payload) N(S, TEXT, serial) \
	N(S, INT, due) N(S, INT, attempts) N(S, TEXT, state) N(S, TEXT, last_error) \
	N(S, INT, created) N(S, INT, cut_offs)

#define SELECT_JOBS \
	"SELECT j.id, j.kind, j.lane, j.payload, j.serial, j.due," \
	" coalesce(l.attempts, j.attempts)," \
	" CASE WHEN j.dead THEN 'dead' WHEN l.id IS NULL THEN 'waiting' ELSE 'leased' END," \
	" j.last_error, j.created, j.cut_offs FROM jobs j LEFT JOIN job_leases l ON l.id = j.id"

#define QUEUE(X) \
	X(JOB_ADD, "INSERT INTO jobs (id, lane, due, attempts, dead, serial, kind, created," \
	    " last_error, payload) VALUES (?, ?, ?, 0, 0, ?, ?, ?, '', ?)") \
	X(DUE_ADD, "INSERT INTO job_due (lane, due, id) VALUES (?, ?, ?)") \
	X(DUE_REMOVE, "DELETE FROM job_due WHERE lane = ? AND due = ? AND id = ?") \
	X(DUE_NEXT, "SELECT due FROM job_due WHERE lane = ? ORDER BY due LIMIT 1") \
	X(SERIAL_LAST, "SELECT n FROM job_serial WHERE serial = ? ORDER BY n DESC LIMIT 1") \
	X(SERIAL_ADD, "INSERT INTO job_serial (serial, n, id) VALUES (?, ?, ?)") \
	X(SERIAL_REMOVE, "DELETE FROM job_serial WHERE serial = ? AND id = ?") \
	X(SERIAL_OFFER, "INSERT OR IGNORE INTO job_due (lane, due, id)" \
	    " SELECT lane, due, id FROM jobs WHERE id =" \
	    " (SELECT id FROM job_serial WHERE serial = ? ORDER BY n LIMIT 1)" \
	    " AND NOT EXISTS (SELECT 1 FROM job_leases l WHERE l.id = jobs.id)") \
	X(SERIAL_UNCLAIMED, "SELECT j.id, j.lane, j.due FROM job_serial s JOIN jobs j ON j.id = s.id" \
	    " WHERE s.serial = ? AND j.kind = ?" \
	    " AND NOT EXISTS (SELECT 1 FROM job_leases l WHERE l.id = j.id)") \
	X(CLAIM_EXPIRED, "SELECT j.id, j.kind, l.lane, j.payload, j.serial, j.due," \
	    " l.attempts + 1, 'leased', '" JOB_CUT_OFF "', j.created, j.cut_offs + 1" \
	    " FROM job_leases l JOIN jobs j ON j.id = l.id" \
	    " WHERE l.lane = ? AND l.until <= ? ORDER BY l.until LIMIT 1") \
	X(CUT_OFF, "UPDATE jobs SET cut_offs = cut_offs + 1 WHERE id = ?") \
	X(CLAIM_DUE, SQLITE_CLAIM_DUE) \
	X(CLAIM_TAKE, SQLITE_CLAIM_TAKE) \
	X(LEASE_ADD, "INSERT INTO job_leases (id, lane, until, attempts, holder)" \
	    " VALUES (?, ?, ?, ?, ?)") \
	X(LEASE_RENEW, "UPDATE job_leases SET until = ?, attempts = ?, holder = ? WHERE id = ?") \
	X(LEASE_REMOVE, "DELETE FROM job_leases WHERE id = ?") \
	X(LEASE_REMOVE_OF, "DELETE FROM job_leases WHERE id = ? AND attempts = ?") \
	X(RELEASE_OFFER, "INSERT OR IGNORE INTO job_due (lane, due, id)" \
	    " SELECT j.lane, j.due, j.id FROM job_leases l JOIN jobs j ON j.id = l.id" \
	    " WHERE l.holder <> ?") \
	X(RELEASE_COUNT, "UPDATE jobs SET attempts = l.attempts," \
	    " cut_offs = cut_offs + 1, last_error = '" JOB_CUT_OFF "' FROM job_leases l" \
	    " WHERE l.id = jobs.id AND l.holder <> ?") \
	X(RELEASE_LEASES, "DELETE FROM job_leases WHERE holder <> ?") \
	X(JOB_PLACE, "SELECT lane, due, serial, dead FROM jobs WHERE id = ?") \
	X(JOB_REMOVE, "DELETE FROM jobs WHERE id = ?") \
	X(JOB_PUT_BACK, "UPDATE jobs SET due = ?, attempts = ?, last_error = ?," \
	    " cut_offs = 0 WHERE id = ?") \
	X(JOB_SET_DUE, "UPDATE jobs SET due = ?, cut_offs = 0 WHERE id = ?") \
	X(JOB_BURY, "UPDATE jobs SET dead = 1, due = ?, attempts = ?, last_error = ?" \
	    " WHERE id = ?") \
	X(JOB_REVIVE, "UPDATE jobs SET dead = 0, due = ?, attempts = 0, cut_offs = 0 WHERE id = ?") \
	X(JOB_GET, SELECT_JOBS " WHERE j.id = ?") \
	X(JOB_LIST, SELECT_JOBS " ORDER BY j.due, j.id LIMIT ?") \
	X(JOB_LIST_WAITING, SELECT_JOBS " WHERE j.dead = 0 AND l.id IS NULL" \
	    " ORDER BY j.due, j.id LIMIT ?") \
	X(JOB_LIST_LEASED, SELECT_JOBS " WHERE l.id IS NOT NULL ORDER BY j.due, j.id LIMIT ?") \
	X(JOB_LIST_DEAD, SELECT_JOBS " WHERE j.dead = 1 ORDER BY j.due, j.id LIMIT ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_QUEUE, queue, QUEUE);
DEFINE_TABLE(job, struct job, JOB);

#define QUERY(which) query_open(tx, &queue_statements, which)

/* A job's row as the other tables need it. */
struct place {
	struct id id;
	int64_t lane;
	utc_ms due;
	const char *serial;
	bool is_dead;
};

static int
place_get(struct tx *tx, const struct id *id, struct place *out, struct err *err)
{
	struct query q = QUERY(JOB_PLACE);
	int rc;

	bind_id(&q, id);
	rc = query_next(&q, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such job");
	if (rc < 0)
		return rc;
	*out = (struct place){ *id, column_int(&q, 0), column_int(&q, 1), column_text(&q, 2),
		column_int(&q, 3) != 0 };
	query_end(&q);
	return 0;
}

static int
run_on(struct tx *tx, int statement, const struct id *id, struct err *err)
{
	struct query q = QUERY(statement);

	bind_id(&q, id);
	return query_run(&q, err);
}

static int
due_change(struct tx *tx, int statement, const struct place *place, struct err *err)
{
	struct query q = QUERY(statement);

	bind_int(&q, place->lane);
	bind_int(&q, place->due);
	bind_id(&q, &place->id);
	return query_run(&q, err);
}

/* --- order ----------------------------------------------------------------- */

static int
serial_last(struct tx *tx, const char *serial, int64_t *out, struct err *err)
{
	struct query q = QUERY(SERIAL_LAST);
	int rc;

	bind_text(&q, serial);
	rc = query_int(&q, out, err);
	if (rc == ERR_NOT_FOUND)
		*out = 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* At the end of its order; offered at once when it is the first there or has none. */
static int
enqueue(struct tx *tx, const struct place *place, struct err *err)
{
	int64_t last = 0;
	int rc;

	if (place->serial[0] == '\0')
		return due_change(tx, DUE_ADD, place, err);
	rc = serial_last(tx, place->serial, &last, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(SERIAL_ADD);

	bind_text(&q, place->serial);
	bind_int(&q, last + 1);
	bind_id(&q, &place->id);
	rc = query_run(&q, err);
	if (rc == 0 && last == 0)
		rc = due_change(tx, DUE_ADD, place, err);
	return rc;
}

static int
serial_offer(struct tx *tx, const char *serial, struct err *err)
{
	struct query q = QUERY(SERIAL_OFFER);

	bind_text(&q, serial);
	return query_run(&q, err);
}

static int
serial_remove(struct tx *tx, const struct place *place, struct err *err)
{
	struct query q = QUERY(SERIAL_REMOVE);

	bind_text(&q, place->serial);
	bind_id(&q, &place->id);
	return query_run(&q, err);
}

/* Give up the place in the order; the next one is offered. */
static int
leave_order(struct tx *tx, const struct place *place, struct err *err)
{
	int rc;

	if (place->serial[0] == '\0')
		return 0;
	rc = serial_remove(tx, place, err);
	return rc == 0 ? serial_offer(tx, place->serial, err) : rc;
}

/* --- adding and claiming --------------------------------------------------- */

int
job_add(struct tx *tx, const struct job *job, struct err *err)
{
	const char *serial = job->serial != NULL ? job->serial : "";
	struct place place = { job->id, job->lane, job->due, serial, false };
	struct query q = QUERY(JOB_ADD);
	int rc;

	bind_id(&q, &job->id);
	bind_int(&q, job->lane);
	bind_int(&q, job->due);
	bind_text(&q, serial);
	bind_text(&q, job->kind);
	bind_int(&q, job->created);
	bind_text(&q, job->payload);
	rc = query_run(&q, err);
	return rc == 0 ? enqueue(tx, &place, err) : rc;
}

static int
lease_renew(struct tx *tx, const struct job *job, const struct job_ask *ask, struct err *err)
{
	struct query q = QUERY(LEASE_RENEW);

	bind_int(&q, ask->boot + ask->lease);
	bind_int(&q, job->attempts);
	bind_text(&q, ask->holder);
	bind_id(&q, &job->id);
	return query_run(&q, err);
}

static int
lease_add(struct tx *tx, const struct job *job, const struct job_ask *ask, struct err *err)
{
	struct query q = QUERY(LEASE_ADD);

	bind_id(&q, &job->id);
	bind_int(&q, job->lane);
	bind_int(&q, ask->boot + ask->lease);
	bind_int(&q, job->attempts);
	bind_text(&q, ask->holder);
	return query_run(&q, err);
}

static int
claim_expired(
    struct tx *tx, const struct job_ask *ask, struct job **out, size_t *count, struct err *err)
{
	struct query q = QUERY(CLAIM_EXPIRED);
	int rc;

	bind_int(&q, ask->lane);
	bind_int(&q, ask->boot);
	rc = query_list(&q, &job_table, out, count, err);
	for (size_t i = 0; i < *count && rc == 0; i++) {
		rc = lease_renew(tx, &(*out)[i], ask, err);
		if (rc == 0)
			rc = run_on(tx, CUT_OFF, &(*out)[i].id, err);
	}
	return rc;
}

/* What was just claimed is all of the lane down to the last one, so one range goes. */
static int
take_range(struct tx *tx, const struct job *last, struct err *err)
{
	struct place place = { last->id, last->lane, last->due, "", false };

	return due_change(tx, CLAIM_TAKE, &place, err);
}

/*
 * Why a job that was cut off is claimed alone: if it takes the program down
 * again, it uses up no try of a neighbour (invariant 6).
 */
static size_t
count_together(const struct job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (jobs[i].cut_offs > 0)
			return i > 0 ? i : 1;
	return count;
}

static int
claim_due(
    struct tx *tx, const struct job_ask *ask, struct job **out, size_t *count, struct err *err)
{
	struct query q = QUERY(CLAIM_DUE);
	int rc;

	bind_int(&q, ask->lane);
	bind_int(&q, ask->now);
	bind_int(&q, (int64_t)ask->max);
	rc = query_list(&q, &job_table, out, count, err);
	*count = count_together(*out, *count);
	for (size_t i = 0; i < *count && rc == 0; i++)
		rc = lease_add(tx, &(*out)[i], ask, err);
	if (rc == 0 && *count > 0)
		rc = take_range(tx, &(*out)[*count - 1], err);
	return rc;
}

int
job_claim(
    struct tx *tx, const struct job_ask *ask, struct job **out, size_t *count, struct err *err)
{
	int rc = claim_expired(tx, ask, out, count, err);

	return rc == 0 && *count == 0 ? claim_due(tx, ask, out, count, err) : rc;
}

/* --- settling -------------------------------------------------------------- */

static int
lease_remove(struct tx *tx, const struct id *id, bool *was_leased, struct err *err)
{
	struct query q = QUERY(LEASE_REMOVE);
	size_t removed = 0;
	int rc;

	bind_id(&q, id);
	rc = query_count(&q, &removed, err);
	*was_leased = removed > 0;
	return rc;
}

int
job_done(struct tx *tx, const struct id *id, struct err *err)
{
	struct place place = { .serial = "" };
	bool was_leased = false;
	int rc = place_get(tx, id, &place, err);

	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_CONFLICT, "the job was settled before");
	if (rc == 0)
		rc = lease_remove(tx, id, &was_leased, err);
	if (rc == 0 && !was_leased)
		rc = due_change(tx, DUE_REMOVE, &place, err);
	if (rc == 0)
		rc = run_on(tx, JOB_REMOVE, &place.id, err);
	return rc == 0 ? leave_order(tx, &place, err) : rc;
}

static span_ms
backoff(const struct job *job)
{
	span_ms wait = BACKOFF_FIRST;
	uint64_t chance = 0;

	for (int64_t n = 1; n < job->attempts && wait < BACKOFF_MOST; n++)
		wait *= 2;
	if (wait > BACKOFF_MOST)
		wait = BACKOFF_MOST;
	/* The id's random half, so that a herd of jobs does not come back together. */
	for (int i = 9; i < 16; i++)
		chance = chance << 8 | job->id.bytes[i];
	return wait / 100 * (100 - BACKOFF_SPREAD + (span_ms)(chance % (2 * BACKOFF_SPREAD + 1)));
}

static int
put_back(
    struct tx *tx, const struct job *job, const char *error, struct place *place, struct err *err)
{
	struct query q = QUERY(JOB_PUT_BACK);
	int rc;

	bind_int(&q, place->due);
	bind_int(&q, job->attempts);
	bind_text(&q, error);
	bind_id(&q, &job->id);
	rc = query_run(&q, err);
	return rc == 0 ? due_change(tx, DUE_ADD, place, err) : rc;
}

static int
bury(struct tx *tx, const struct job *job, const struct job_failure *failure,
    const struct place *place, struct err *err)
{
	struct query q = QUERY(JOB_BURY);
	int rc;

	bind_int(&q, failure->now);
	bind_int(&q, job->attempts);
	bind_text(&q, failure->error);
	bind_id(&q, &job->id);
	rc = query_run(&q, err);
	return rc == 0 ? leave_order(tx, place, err) : rc;
}

/* Of two that believe to hold a job, the attempt says who does. */
static int
give_up_lease(struct tx *tx, const struct job *job, struct err *err)
{
	struct query q = QUERY(LEASE_REMOVE_OF);

	bind_id(&q, &job->id);
	bind_int(&q, job->attempts);
	return query_claim(&q, ERR_CONFLICT, "the job is not held any more", err);
}

int
job_fail(struct tx *tx, const struct job *job, const struct job_failure *failure, bool *dead,
    struct err *err)
{
	bool is_dead = failure->final || job->attempts >= failure->max_attempts;
	struct place place = { .serial = "" };
	int rc = give_up_lease(tx, job, err);

	if (rc == 0)
		rc = place_get(tx, &job->id, &place, err);
	if (rc < 0)
		return rc;
	place.due = failure->now + backoff(job);
	rc = is_dead ? bury(tx, job, failure, &place, err)
		     : put_back(tx, job, job_error(tx, job, failure->error), &place, err);
	if (rc == 0)
		*dead = is_dead;
	return rc;
}

static int
set_due(struct tx *tx, const struct place *place, struct err *err)
{
	struct query q = QUERY(JOB_SET_DUE);

	bind_int(&q, place->due);
	bind_id(&q, &place->id);
	return query_run(&q, err);
}

/* One that waits behind its serial only gets the new time; it is in no list to change. */
int
job_postpone(struct tx *tx, const struct id *id, utc_ms due, struct err *err)
{
	struct place place = { .serial = "" };
	bool was_offered = false;
	size_t removed = 0;
	int rc = place_get(tx, id, &place, err);

	if (rc == 0 && place.is_dead)
		return err_set(err, ERR_CONFLICT, "the job is a dead letter");
	if (rc == 0)
		rc = lease_remove(tx, id, &was_offered, err);
	if (rc == 0 && !was_offered) {
		struct query q = QUERY(DUE_REMOVE);

		bind_int(&q, place.lane);
		bind_int(&q, place.due);
		bind_id(&q, id);
		rc = query_count(&q, &removed, err);
		was_offered = removed > 0;
	}
	place.due = due;
	if (rc == 0)
		rc = set_due(tx, &place, err);
	return rc == 0 && was_offered ? due_change(tx, DUE_ADD, &place, err) : rc;
}

/* --- cancelling, freeing, reviving ----------------------------------------- */

struct cancellable {
	struct id id;
	enum lane lane;
	utc_ms due;
};

/* clang-format off */
#define CANCELLABLE(F, N, S) F(S, ID, id) N(S, LANE, lane) N(S, INT, due)
/* clang-format on */
DEFINE_TABLE(cancellable, struct cancellable, CANCELLABLE);

static int
cancel_one(struct tx *tx, const struct cancellable *job, const char *serial, struct err *err)
{
	struct place place = { job->id, job->lane, job->due, serial, false };
	int rc = due_change(tx, DUE_REMOVE, &place, err);

	if (rc == 0)
		rc = serial_remove(tx, &place, err);
	return rc == 0 ? run_on(tx, JOB_REMOVE, &place.id, err) : rc;
}

int
job_cancel(struct tx *tx, const char *serial, const char *kind, size_t *count, struct err *err)
{
	struct query q = QUERY(SERIAL_UNCLAIMED);
	struct cancellable *list = NULL;
	size_t n = 0;
	int rc;

	if (serial[0] == '\0')
		return err_set(err, ERR_INVALID, "only jobs with a serial can be cancelled");
	bind_text(&q, serial);
	bind_text(&q, kind);
	rc = query_list(&q, &cancellable_table, &list, &n, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = cancel_one(tx, &list[i], serial, err);
	if (rc == 0)
		rc = serial_offer(tx, serial, err);
	if (rc == 0 && count != NULL)
		*count = n;
	return rc;
}

int
job_release(struct tx *tx, const char *holder, struct err *err)
{
	static const int statements[] = { RELEASE_OFFER, RELEASE_COUNT, RELEASE_LEASES };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(statements) && rc == 0; i++) {
		struct query q = QUERY(statements[i]);

		bind_text(&q, holder);
		rc = query_run(&q, err);
	}
	return rc;
}

/* At the end of its order: those behind it went on when it died. */
int
job_revive(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct place place = { .serial = "" };
	int rc = place_get(tx, id, &place, err);

	if (rc < 0)
		return rc;
	if (!place.is_dead)
		return err_set(err, ERR_CONFLICT, "the job is not a dead letter");

	struct query q = QUERY(JOB_REVIVE);

	place.due = now;
	bind_int(&q, now);
	bind_id(&q, id);
	rc = query_run(&q, err);
	return rc == 0 ? enqueue(tx, &place, err) : rc;
}

/* --- looking --------------------------------------------------------------- */

int
job_next_due(struct tx *tx, enum lane lane, utc_ms *out, struct err *err)
{
	struct query q = QUERY(DUE_NEXT);
	int rc;

	bind_int(&q, lane);
	rc = query_int(&q, out, err);
	if (rc == ERR_NOT_FOUND)
		*out = INT64_MAX;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
job_get(struct tx *tx, const struct id *id, struct job *out, struct err *err)
{
	struct query q = QUERY(JOB_GET);

	bind_id(&q, id);
	return query_one(&q, &job_table, out, err);
}

int
job_list(
    struct tx *tx, const char *state, size_t max, struct job **out, size_t *count, struct err *err)
{
	static const struct {
		const char *state;
		int statement;
	} lists[] = {
		{ "", JOB_LIST },
		{ "waiting", JOB_LIST_WAITING },
		{ "leased", JOB_LIST_LEASED },
		{ "dead", JOB_LIST_DEAD },
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (!text_is(state, lists[i].state))
			continue;

		struct query q = QUERY(lists[i].statement);

		bind_max(&q, max);
		return query_list(&q, &job_table, out, count, err);
	}
	return err_set(err, ERR_INVALID, "no job is ever '%s'; say waiting, leased or dead", state);
}
