#pragma once
/*
 * queue: jobs, everything that must happen later or outside.
 *
 * A job is written in the step of its cause, so both exist or neither does. A
 * lane claims due jobs for a limited time, does them and settles each in the
 * step of its effect. After a crash the claim runs out (or is freed at start)
 * and the job is offered again; attempts were committed before the try.
 * Handlers therefore repeat without harm.
 *
 * serial: a job waits while an older unsettled one has the same serial ("" has
 * no order). Due times and leases: due is wall-clock; a lease belongs to
 * (boot id, holder) and ends at a boot-clock time.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

/*
 * What a last_error begins with when a try ended without a word: its daemon was
 * killed, or its lease ran out. It stays until the job is settled.
 */
#define JOB_CUT_OFF "a try was cut off"

enum lane { LANE_INTAKE, LANE_OUTGOING, LANE_OUTSIDE, LANE_CLOCK, LANE_DRAFT, LANE_COUNT };

const char *lane_name(enum lane lane);

struct job {
	struct id id;
	const char *kind;
	enum lane lane;
	const char *payload; /* JSON */
	const char *serial;
	utc_ms due;
	int64_t attempts; /* tries begun, this one included */
	const char *state; /* "waiting", "leased", "dead" */
	const char *last_error;
	utc_ms created;
	int64_t cut_offs; /* tries in a row that ended without a word */
};

/* id, kind, lane, payload, serial, due, created are read. */
int job_add(struct tx *tx, const struct job *job, struct err *err) MUST_USE;

struct job_ask {
	enum lane lane;
	utc_ms now;
	span_ms boot; /* boot clock now */
	span_ms lease; /* how long the claim holds */
	const char *holder; /* boot id and daemon id */
	size_t max;
};

/*
 * Take up to ask->max due jobs, earliest first, attempts counted. *count = 0
 * when nothing is due. Jobs whose lease ran out are due again. One that was cut
 * off before comes alone.
 */
int job_claim(struct tx *tx, const struct job_ask *ask, struct job **out, size_t *count,
    struct err *err) MUST_USE;

/* Settled: the row goes. ERR_CONFLICT when it is not there any more (somebody else settled it): roll back. */
int job_done(struct tx *tx, const struct id *id, struct err *err) MUST_USE;

struct job_failure {
	utc_ms now;
	int64_t max_attempts;
	const char *error; /* sentence */
	bool final; /* no use in trying again */
};

/*
 * The last_error of a job after this try, which ended with error: that one
 * before it was cut off is not forgotten. In the step's arena.
 */
const char *job_error(struct tx *tx, const struct job *job, const char *error);

/*
 * Put back with exponential backoff (30 s doubling to 1 h, ±20 % taken from the
 * job's id, so that it repeats), or make it a dead letter. *dead says which.
 */
int job_fail(struct tx *tx, const struct job *job, const struct job_failure *failure, bool *dead,
    struct err *err) MUST_USE;

/* Offer again at due, attempts unchanged and not counted as a failure. */
int job_postpone(struct tx *tx, const struct id *id, utc_ms due, struct err *err) MUST_USE;

/* Remove the unclaimed jobs of this serial and kind; *count (may be NULL) says how many. */
int job_cancel(
    struct tx *tx, const char *serial, const char *kind, size_t *count, struct err *err) MUST_USE;

/* When the first job of this serial is due; 0 where there is none. */
int job_when(struct tx *tx, const char *serial, utc_ms *out, struct err *err) MUST_USE;

/* At start: free every lease that is not held by holder; those tries were cut off. */
int job_release(struct tx *tx, const char *holder, struct err *err) MUST_USE;

/* The earliest due time of a lane, INT64_MAX when it is empty. */
int job_next_due(struct tx *tx, enum lane lane, utc_ms *out, struct err *err) MUST_USE;

/* Is something of a lane due or under way? */
int job_is_pressing(struct tx *tx, enum lane lane, utc_ms now, bool *out, struct err *err) MUST_USE;

/*
 * After a clock that was wrong, in all lanes but the clock's: tries that failed
 * and wait for longer than tried, and what waits for longer than anything does,
 * are due now; what was made in the future waits from now on.
 */
int job_recall(struct tx *tx, utc_ms now, span_ms tried, struct err *err) MUST_USE;

/* Dead letters live again, attempts 0; ERR_NOT_FOUND, ERR_CONFLICT when it is not dead. */
int job_revive(struct tx *tx, const struct id *id, utc_ms now, struct err *err) MUST_USE;
int job_get(struct tx *tx, const struct id *id, struct job *out, struct err *err) MUST_USE;
/* state "" lists all; earliest due first. */
int job_list(struct tx *tx, const char *state, size_t max, struct job **out, size_t *count,
    struct err *err) MUST_USE;
