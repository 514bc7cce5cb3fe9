/*
 * group: many steps in one transaction, a savepoint each.
 *
 * A step that fails is rolled back to its savepoint. Some errors (a full disk)
 * make SQLite end the whole transaction; then the step that met it has failed
 * and the others run again in a new one, which is why steps may run twice.
 */
#include "db_priv.h"

#include <assent/base/fault.h>
#include <assent/base/metric.h>

void
calls_add(struct calls *calls, struct call *call)
{
	call->next = NULL;
	if (calls->last != NULL)
		calls->last->next = call;
	else
		calls->first = call;
	calls->last = call;
	calls->count++;
}

struct call *
calls_take(struct calls *calls)
{
	struct call *call = calls->first;

	if (call == NULL)
		return NULL;
	calls->first = call->next;
	if (calls->first == NULL)
		calls->last = NULL;
	calls->count--;
	call->next = NULL;
	return call;
}

static int
run_step(struct conn *conn, struct call *call)
{
	struct tx tx = { .conn = conn, .arena = conn->arena, .to_write = true };
	int rc = call->fn(&tx, call->arg, &call->err);

	arena_reset(conn->arena);
	if (tx.broken < 0) {
		call->err = tx.error;
		return tx.broken;
	}
	if (rc >= 0 && fault_here("step"))
		rc = err_set(&call->err, ERR_IO, "the step failed on purpose");
	return rc < 0 ? rc : 0;
}

/* call->rc says how it went; the transaction may be gone afterwards. */
static void
run_call(struct conn *conn, struct call *call)
{
	const struct db_ops *ops = conn->ops;

	call->err = (struct err){ 0 };
	call->rc = ops->savepoint(conn->session, &call->err);
	if (call->rc < 0)
		return;
	call->rc = run_step(conn, call);
	if (call->rc < 0 && ops->in_transaction(conn->session) &&
	    ops->rollback_to(conn->session, NULL) < 0)
		ops->rollback(conn->session);
	if (ops->in_transaction(conn->session) &&
	    ops->release(conn->session, call->rc < 0 ? NULL : &call->err) < 0) {
		ops->rollback(conn->session);
		call->rc = call->rc < 0 ? call->rc : call->err.code;
	}
}

static void
fail_all(struct calls *calls, int rc, const struct err *err)
{
	for (struct call *call = calls->first; call != NULL; call = call->next) {
		if (call->rc < 0)
			continue;
		call->rc = rc;
		call->err = *err;
	}
}

/* A step that ended the transaction without an error of its own has failed all the same. */
static void
run_and_blame(struct conn *conn, struct call *call)
{
	run_call(conn, call);
	if (call->rc == 0 && !conn->ops->in_transaction(conn->session))
		call->rc = err_set(&call->err, ERR_IO, "the step ended its transaction");
}

/* Run first … last again, but those that failed, until the transaction outlives them all. */
static int
run_again(struct conn *conn, struct call *first, struct call *last, struct err *err)
{
	const struct db_ops *ops = conn->ops;
	int rc = 0;

	while (rc == 0 && !ops->in_transaction(conn->session)) {
		rc = ops->begin(conn->session, true, err);
		for (struct call *call = first; rc == 0; call = call->next) {
			if (call->rc == 0)
				run_and_blame(conn, call);
			if (call == last || !ops->in_transaction(conn->session))
				break;
		}
	}
	return rc;
}

/* The next one of those at hand, or one that came in meanwhile. */
static struct call *
next_call(
    struct db *db, struct calls *calls, struct call *call, struct call *(*more)(struct db *db))
{
	struct call *late;

	if (call->next != NULL || more == NULL || calls->count >= GROUP_MAX)
		return call->next;
	late = more(db);
	if (late != NULL)
		calls_add(calls, late);
	return late;
}

static int
run_all(struct db *db, struct calls *calls, struct call *(*more)(struct db *db), struct err *err)
{
	struct conn *conn = db->writer;
	struct call *call = calls->first;
	int rc = conn->ops->begin(conn->session, true, err);

	while (call != NULL && rc == 0) {
		run_and_blame(conn, call);
		if (!conn->ops->in_transaction(conn->session))
			rc = run_again(conn, calls->first, call, err);
		call = next_call(db, calls, call, more);
	}
	return rc;
}

static int
commit(struct db *db, struct err *err)
{
	struct conn *conn = db->writer;
	uint64_t began = clock_tick_ns();
	int rc;

	if (fault_here("commit"))
		rc = err_set(err, ERR_IO, "database %s: the commit failed on purpose", db->path);
	else
		rc = conn->ops->commit(conn->session, err);
	if (rc < 0)
		conn->ops->rollback(conn->session);
	histogram_observe(HISTOGRAM_COMMIT, clock_tick_ns() - began);
	return rc;
}

static int
run_and_commit(
    struct db *db, struct calls *calls, struct call *(*more)(struct db *db), struct err *err)
{
	int rc = run_all(db, calls, more, err);

	if (rc == 0)
		return commit(db, err);
	db->writer->ops->rollback(db->writer->session);
	return rc;
}

/* --- a full disk -------------------------------------------------------------- */

static bool
met_full_disk(const struct calls *calls, int rc)
{
	for (const struct call *call = calls->first; call != NULL && rc != ERR_FULL;
	     call = call->next)
		if (call->rc == ERR_FULL)
			return true;
	return rc == ERR_FULL;
}

/*
 * Room was made. Those that the full disk failed run again; what was committed
 * before stays as it is, so only a group that failed whole can fail whole.
 */
static int
run_full_again(struct db *db, struct calls *calls, int before, struct err *err)
{
	struct calls again = { 0 }, settled = { 0 };
	struct call *call;
	int rc;

	while ((call = calls_take(calls)) != NULL)
		calls_add(before < 0 || call->rc == ERR_FULL ? &again : &settled, call);
	rc = run_and_commit(db, &again, NULL, err);
	if (rc < 0)
		fail_all(&again, rc, err);
	while ((call = calls_take(&again)) != NULL)
		calls_add(&settled, call);
	*calls = settled;
	return before < 0 ? rc : 0;
}

/* A single step's own failure says nothing about the database. */
static void
count_group(int rc, int steps)
{
	metric_add(rc < 0 ? METRIC_COMMITS_FAILED : METRIC_COMMITS, 1);
	metric_set(METRIC_STORE_FAILING, rc < 0);
	if (rc == 0)
		metric_add(METRIC_STEPS, steps);
}

static void
release_call(struct call *call, uint64_t now_ns)
{
	if (call->began_ns != 0)
		histogram_observe(HISTOGRAM_STEP, now_ns - call->began_ns);
	if (call->done == NULL) {
		sem_post(&call->ready); /* the call is gone from here on */
		return;
	}
	call->done(call->arg, call->rc, &call->err);
	mem_free(call);
}

void
group_run(struct db *db, struct calls *first, struct call *(*more)(struct db *db))
{
	struct err err = { 0 };
	struct call *call;
	uint64_t now_ns;
	int rc = run_and_commit(db, first, more, &err);

	if (met_full_disk(first, rc) && db->full != NULL && db->full(db->ctx))
		rc = run_full_again(db, first, rc, &err);
	if (rc < 0)
		fail_all(first, rc, &err);
	count_group(rc, first->count);
	now_ns = clock_tick_ns();
	while ((call = calls_take(first)) != NULL)
		release_call(call, now_ns);
	if (rc == 0 && db->committed != NULL)
		db->committed(db->ctx);
}
