/* writer: the one thread that writes, and the ways to hand it a step. */
#include "db_priv.h"

#include <assent/base/log.h>

#include <errno.h>
#include <signal.h>

/* For one group, or a checkpoint that the writer waits for. */
#define GROUP_MOST (2 * MS_MINUTE)

/* Under lock: those that are waited for first, then as many others as may join. */
static struct call *
take(struct db *db)
{
	if (db->waiting.first != NULL)
		return calls_take(&db->waiting);
	if (db->allowed <= 0)
		return NULL;
	db->allowed--;
	return calls_take(&db->patient);
}

static struct call *
take_more(struct db *db)
{
	struct call *call;

	pthread_mutex_lock(&db->lock);
	call = take(db);
	pthread_mutex_unlock(&db->lock);
	return call;
}

static bool
has_work(const struct db *db)
{
	return db->waiting.first != NULL || db->patient.first != NULL;
}

/* Under lock: wait for something to do; false when there is nothing and never will be. */
static bool
wait_for_work(struct db *db)
{
	for (;;) {
		if (!db->checkpointer.blocks && has_work(db))
			return true;
		if (db->stop && !has_work(db))
			return false;
		db->is_idle = true;
		if (!has_work(db))
			beat_rest(db->beat);
		pthread_cond_wait(&db->work, &db->lock);
		db->is_idle = false;
	}
}

/*
 * How many patient steps may join a group: all that fit while nobody hurries,
 * one where thousands a second do. Nobody starves.
 */
static int
allowed_now(struct db *db)
{
	uint64_t now = clock_tick_ns(), past = now - db->window_ns;
	int most;

	if (past >= HURRY_WINDOW_NS) {
		db->hurried_before = past < 2 * HURRY_WINDOW_NS ? db->hurried : 0;
		db->hurried = 0;
		db->window_ns = now;
	}
	most = db->hurried > db->hurried_before ? db->hurried : db->hurried_before;
	return most < GROUP_MAX / 2 ? GROUP_MAX / (1 + most) : 1;
}

static void
begin_group(struct db *db, struct calls *group)
{
	struct call *call;

	*group = (struct calls){ 0 };
	db->allowed = allowed_now(db);
	while (group->count < GROUP_MAX && (call = take(db)) != NULL)
		calls_add(group, call);
}

static void *
writer_main(void *arg)
{
	struct db *db = arg;
	struct calls group;

	pthread_mutex_lock(&db->lock);
	while (wait_for_work(db)) {
		begin_group(db, &group);
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

/* Why a thread that waits sets no hurry: lanes do it too, for their claims. */
enum patience { IS_HURRIED, IS_BETWEEN, IS_PATIENT };

static void
hand_in(struct db *db, struct call *call, enum patience patience)
{
	if (db->mode == DB_TOOL) {
		run_here(db, call);
		return;
	}
	call->began_ns = clock_tick_ns();
	pthread_mutex_lock(&db->lock);
	calls_add(patience == IS_PATIENT ? &db->patient : &db->waiting, call);
	if (patience == IS_HURRIED)
		db->hurried++;
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
	hand_in(db, &call, IS_BETWEEN);
	while (sem_wait(&call.ready) != 0)
		; /* a signal came */
	sem_destroy(&call.ready);
	if (call.rc < 0 && err != NULL)
		*err = call.err;
	return call.rc;
}

static void
submit(struct db *db, const struct call *wanted, enum patience patience)
{
	struct call *call;
	struct err err;

	if (db->mode == DB_READ_ONLY) {
		wanted->done(wanted->arg, refuse(db, &err), &err);
		return;
	}
	call = mem_alloc(sizeof(*call));
	*call = *wanted;
	hand_in(db, call, patience);
}

void
db_submit(struct db *db, step_fn fn, step_done_fn done, void *arg)
{
	submit(db, &(struct call){ .fn = fn, .arg = arg, .done = done }, IS_HURRIED);
}

void
db_submit_later(struct db *db, step_fn fn, step_done_fn done, void *arg)
{
	submit(db, &(struct call){ .fn = fn, .arg = arg, .done = done }, IS_PATIENT);
}
