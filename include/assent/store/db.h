#pragma once
/*
 * db: the database, and the only two ways to touch it.
 *
 * All writes are steps: db_step(db, fn, arg). fn touches nothing but the
 * transaction it is given and may run more than once, so it has no effect
 * elsewhere and fills its results afresh each time. One writer thread runs many
 * steps in one BEGIN IMMEDIATE, a savepoint each, and releases the results
 * after the commit: this is the group commit. A step that fails is rolled back
 * alone. When the commit itself fails, every step of the group fails with that
 * error and nothing has happened.
 *
 * Reads run on connections of their own, as snapshots; keep them short, or the
 * write-ahead log cannot be reset.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>

#include <stdbool.h>

struct db;
struct tx; /* a running step or snapshot */

typedef int (*step_fn)(struct tx *tx, void *arg, struct err *err);
/* Runs on the writer's thread after the commit (or failure): be brief, never step from it. */
typedef void (*step_done_fn)(void *arg, int rc, const struct err *err);

enum db_mode {
	DB_SERVER, /* a writer thread, group commits, many readers */
	DB_TOOL, /* steps run in the caller's thread (the operator's tool) */
	DB_READ_ONLY, /* never writes; steps are refused with ERR_DENIED */
};

struct db_options {
	const char *path; /* file; made when missing, except read-only */
	enum db_mode mode;
	int readers; /* most read connections at once, at least 1 */
	void (*committed)(void *ctx); /* after each commit, on the writer's thread; may be NULL */
	/*
	 * The disk is full: make room and return true, then the steps that met it
	 * run once more. On the writer's thread; may be NULL.
	 */
	bool (*full)(void *ctx);
	void *ctx;
};

/*
 * Open and migrate to the newest schema. ERR_CONFLICT when the file was
 * written by a newer assentd; ERR_INVALID when it is not ours or is damaged;
 * ERR_DENIED, ERR_FULL, ERR_IO.
 */
int db_open(const struct db_options *options, struct db **out, struct err *err) MUST_USE;
/* Waits for steps under way; none may be handed in any more. */
void db_close(struct db *db);
FREEP(struct db, db_close)

/* Run a step and wait until it is durable. Returns fn's own error, or the commit's. */
int db_step(struct db *db, step_fn fn, void *arg, struct err *err) MUST_USE;

/* Hand a step in and go on; done(arg, …) is called exactly once. */
void db_submit(struct db *db, step_fn fn, step_done_fn done, void *arg);

/*
 * db_submit() for what nobody waits for. While others hand steps in by
 * db_submit(), only a few of these join each group, so that a queue that is
 * worked off does not slow down those who wait for an answer.
 */
void db_submit_later(struct db *db, step_fn fn, step_done_fn done, void *arg);

/*
 * Run fn on a snapshot. Texts that getters return lie in arena where it is not
 * NULL, else in one that ends with the call.
 */
int db_read(struct db *db, struct arena *arena, step_fn fn, void *arg, struct err *err) MUST_USE;

/* Grows with each commit of any process (PRAGMA data_version and our own). */
int64_t db_version(struct db *db);

/*
 * Give back memory that is only kept for speed: for a quiet hour. Waits for the
 * writer; what comes next is slower by a little.
 */
void db_trim(struct db *db);

/* Where getters put their texts: valid until fn returns, or as long as db_read()'s arena. */
struct arena *tx_arena(struct tx *tx);
