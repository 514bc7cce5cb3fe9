/*
 * checkpoint: move the write-ahead log into the file, beside the writer.
 *
 * Passive checkpoints never keep the writer waiting, but under steady load they
 * never catch up with it either, so the log would grow for ever. Past LOG_HIGH
 * the writer is asked to pause between two groups while the rest is moved and
 * the log starts afresh. The passive one just before makes that pause short.
 */
#include "db_priv.h"

#include <assent/base/log.h>

#include <signal.h>

#define LOG_STEP ((int64_t)4 << 20)
#define LOG_HIGH ((int64_t)48 << 20)
/* When a reader kept the log from starting afresh: not so soon again. */
#define LOG_MORE ((int64_t)32 << 20)

void
checkpointer_note(struct db *db, int64_t log_bytes)
{
	struct checkpointer *c = &db->checkpointer;
	bool grew = log_bytes >= c->log_bytes + LOG_STEP;

	if (c->blocks)
		pthread_cond_signal(&c->changed);
	/* The log has started afresh since. */
	if (log_bytes < c->log_bytes) {
		c->log_bytes = 0;
		c->block_at = LOG_HIGH;
	}
	if (!grew)
		return;
	c->log_bytes = log_bytes;
	c->wanted = true;
	pthread_cond_signal(&c->changed);
}

static void
report(int rc, const struct err *err)
{
	/* Busy: somebody reads, or the tool writes; the next one will move more. */
	if (rc < 0 && rc != ERR_BUSY)
		log_err(LOG_DEBUG, "checkpoint.failed", err);
}

/* Under lock, which is given up meanwhile. */
static void
checkpoint_blocking(struct db *db, struct conn *conn)
{
	struct checkpointer *c = &db->checkpointer;
	struct err err;
	int rc;

	c->blocks = true;
	while (db->is_writing)
		pthread_cond_wait(&c->changed, &db->lock);
	pthread_mutex_unlock(&db->lock);
	rc = db->ops->checkpoint(conn->session, true, &err);
	report(rc, &err);
	pthread_mutex_lock(&db->lock);
	c->block_at = rc == 0 ? LOG_HIGH : c->log_bytes + LOG_MORE;
	c->blocks = false;
	pthread_cond_signal(&db->work);
}

static void
checkpoint_once(struct db *db, struct conn *conn)
{
	struct checkpointer *c = &db->checkpointer;
	struct err err;
	int rc;

	c->wanted = false;
	pthread_mutex_unlock(&db->lock);
	rc = db->ops->checkpoint(conn->session, false, &err);
	report(rc, &err);
	pthread_mutex_lock(&db->lock);
	if (c->log_bytes >= c->block_at && !c->stop)
		checkpoint_blocking(db, conn);
}

static void *
checkpointer_main(void *arg)
{
	struct db *db = arg;
	struct checkpointer *c = &db->checkpointer;
	AUTO(conn_closep) struct conn *conn = NULL;
	struct err err;

	if (conn_open(db, SESSION_CHECKPOINT, &conn, &err) < 0) {
		log_err(LOG_DEBUG, "checkpoint.failed", &err);
		return NULL;
	}
	pthread_mutex_lock(&db->lock);
	while (!c->stop) {
		if (c->wanted)
			checkpoint_once(db, conn);
		else
			pthread_cond_wait(&c->changed, &db->lock);
	}
	pthread_mutex_unlock(&db->lock);
	return NULL;
}

int
checkpointer_start(struct db *db, struct err *err)
{
	struct checkpointer *c = &db->checkpointer;
	sigset_t all, before;
	int no;

	c->block_at = LOG_HIGH;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	no = pthread_create(&c->thread, NULL, checkpointer_main, db);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (no != 0)
		return err_errno(err, ERR_BUSY, no, "database %s: no checkpoint thread", db->path);
	c->is_running = true;
	return 0;
}

void
checkpointer_stop(struct db *db)
{
	struct checkpointer *c = &db->checkpointer;

	if (!c->is_running)
		return;
	pthread_mutex_lock(&db->lock);
	c->stop = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&db->lock);
	pthread_join(c->thread, NULL);
	c->is_running = false;
}
