/* writer: the one thread that writes, and the ways to hand it a step. */
#include "db_priv.h"

#include <assent/base/log.h>

#include <errno.h>
#include <signal.h>

/* For one group, or a checkpoint that the writer waits for. */
#define GROUP_MOST (2 * MS_MINUTE)

static struct call *
take_more(struct db *db)
{
	struct call *call;

	pthread_mutex_lock(&db->lock);
	call = calls_take(&db->waiting);
	pthread_mutex_unlock(&db->lock);
	return call;
}

/* Under lock: wait for something to do; false when there is nothing and never will be. */
static bool
wait_for_work(struct db *db)
{
	for (;;) {
		if (!db->checkpointer.blocks && db->waiting.first != NULL)
			return true;
		if (db->stop && db->waiting.first == NULL)
			return false;
		db->is_idle = true;
		if (db->waiting.first == NULL)
			beat_rest(db->beat);
		pthread_cond_wait(&db->work, &db->lock);
		db->is_idle = false;
	}
}

static void *
writer_main(void *arg)
{
	struct db *db = arg;
	struct calls group;

	pthread_mutex_lock(&db->lock);
	while (wait_for_work(db)) {
		group = (struct calls){ 0 };
		while (group.count < GROUP_MAX && db->waiting.first != NULL)
			calls_add(&group, calls_take(&db->waiting));
		db->is_writing = true;
		beat_promise(db->beat, GROUP_MOST);
		pthread_mutex_unlock(&db->lock);
		group_run(db, &group, take_more);
		pthread_mutex_lock(&db->lock);
		db->is_writing = false;
		checkpointer_note(db, db->ops->log_bytes(db->writer->session));
	}
	beat_rest(db->beat);
	pthread_mutex_unlock(&db->lock);
	return NULL;
}

int
writer_start(struct db *db, struct err *err)
{
	sigset_t all, before;
	int no;

	db->beat = beat_new("writer");
	/* Signals belong to the program's main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	no = pthread_create(&db->thread, NULL, writer_main, db);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (no != 0) {
		beat_free(db->beat);
		return err_errno(err, ERR_BUSY, no, "database %s: no writer thread", db->path);
	}
	pthread_setname_np(db->thread, "writer");
	db->is_running = true;
	return 0;
}

void
writer_stop(struct db *db)
{
	if (!db->is_running)
		return;
	pthread_mutex_lock(&db->lock);
	db->stop = true;
	pthread_cond_signal(&db->work);
	pthread_mutex_unlock(&db->lock);
	pthread_join(db->thread, NULL);
	beat_free(db->beat);
	db->is_running = false;
}

/* A tool has no writer: the step runs here and now, in a group of its own. */
static void
run_here(struct db *db, struct call *call)
{
	struct calls group = { 0 };

	calls_add(&group, call);
	pthread_mutex_lock(&db->tool_lock);
	group_run(db, &group, NULL);
	if (db->ops->log_bytes(db->writer->session) > TOOL_LOG_MAX &&
	    db->ops->checkpoint(db->writer->session, false, NULL) < 0)
		log_line(LOG_DEBUG, "checkpoint.postponed", NULL);
	pthread_mutex_unlock(&db->tool_lock);
}

static void
hand_in(struct db *db, struct call *call)
{
	if (db->mode == DB_TOOL) {
		run_here(db, call);
		return;
	}
	call->began_ns = clock_tick_ns();
	pthread_mutex_lock(&db->lock);
	calls_add(&db->waiting, call);
	/* A writer that does not wake up has hung as surely as one that does not come back. */
	beat_expect(db->beat, GROUP_MOST);
	if (db->is_idle)
		pthread_cond_signal(&db->work);
	pthread_mutex_unlock(&db->lock);
}

static int
refuse(const struct db *db, struct err *err)
{
	return err_set(err, ERR_DENIED, "database %s: opened for reading only", db->path);
}

int
db_step(struct db *db, step_fn fn, void *arg, struct err *err)
{
	struct call call = { .fn = fn, .arg = arg };

	if (db->mode == DB_READ_ONLY)
		return refuse(db, err);
	sem_init(&call.ready, 0, 0);
	hand_in(db, &call);
	while (sem_wait(&call.ready) != 0)
		; /* a signal came */
	sem_destroy(&call.ready);
	if (call.rc < 0 && err != NULL)
		*err = call.err;
	return call.rc;
}

void
db_submit(struct db *db, step_fn fn, step_done_fn done, void *arg)
{
	struct call *call;
	struct err err;

	if (db->mode == DB_READ_ONLY) {
		done(arg, refuse(db, &err), &err);
		return;
	}
	call = mem_alloc(sizeof(*call));
	*call = (struct call){ .fn = fn, .arg = arg, .done = done };
	hand_in(db, call);
}
