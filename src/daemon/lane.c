/* lane: threads that claim due jobs, do them and settle them. */
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/flow/story.h>

#include "daemon/daemon_priv.h"
#include "daemon/lane_priv.h"

#include <stdint.h>

#define CLAIM_MAX 32
#define LEASE (5 * MS_MINUTE)
#define NAP MS_SECOND
#define TASK_ARENA ((size_t)64 << 20)
#define THREADS_MAX 16

struct lane_thread {
	struct daemon *daemon;
	enum lane lane;
	pthread_t thread;
};

struct lanes {
	struct lane_thread threads[LANE_COUNT * THREADS_MAX];
	size_t count;
};

static bool
is_stopping(struct lane_thread *self)
{
	return atomic_load(&self->daemon->stop);
}

/* --- claiming -------------------------------------------------------------- */

struct claim {
	struct job_ask ask;
	struct arena *arena;
	struct job *jobs;
	size_t count;
};

static void
keep_texts(struct arena *arena, struct job *job)
{
	job->kind = arena_dup(arena, job->kind);
	job->payload = arena_dup(arena, job->payload);
	job->serial = arena_dup(arena, job->serial);
	job->state = arena_dup(arena, job->state);
	job->last_error = arena_dup(arena, job->last_error);
}

static int
claim_step(struct tx *tx, void *arg, struct err *err)
{
	struct claim *claim = arg;
	struct job *jobs;
	int rc;

	arena_reset(claim->arena);
	claim->count = 0;
	rc = job_claim(tx, &claim->ask, &jobs, &claim->count, err);
	if (rc < 0 || claim->count == 0)
		return rc;
	claim->jobs = arena_alloc(claim->arena, claim->count * sizeof(*jobs));
	for (size_t i = 0; i < claim->count; i++) {
		claim->jobs[i] = jobs[i];
		keep_texts(claim->arena, &claim->jobs[i]);
	}
	return 0;
}

static int
due_step(struct tx *tx, void *arg, struct err *err)
{
	struct due *due = arg;

	return job_next_due(tx, due->lane, &due->at, err);
}

/* --- doing ------------------------------------------------------------------ */

static struct desk
task_desk(const struct task *task, struct tx *tx)
{
	return (struct desk){
		.tx = tx,
		.policy = &task->settings->policy,
		.now = clock_now(),
		.clock_trusted = clockwork_is_trusted(task->daemon->clockwork),
	};
}

static int
part_step(struct tx *tx, void *arg, struct err *err)
{
	struct task *task = arg;
	struct desk desk = task_desk(task, tx);

	return task->part(&desk, &task->job, &task->call, err);
}

static int
run_part(struct task *task, story_fn part)
{
	task->part = part;
	if (part == NULL)
		return 0;
	return db_read(task->daemon->db, task->call.arena, part_step, task, &task->err);
}

/* Everything before the settling; the result is in the call, or in task->err. */
static int
prepare(struct task *task)
{
	int rc = run_part(task, task->story->plan);

	if (rc < 0)
		return rc;
	carry(task->daemon, task->settings, &task->call);
	if (task->call.rc < 0 || task->story->more == NULL)
		return 0;
	rc = run_part(task, task->story->more);
	if (rc == 0)
		carry(task->daemon, task->settings, &task->call);
	return rc;
}

static int
settle_step(struct tx *tx, void *arg, struct err *err)
{
	struct task *task = arg;
	struct desk desk = task_desk(task, tx);
	int rc;

	task->call.again = 0;
	rc = task->story->settle(&desk, &task->job, &task->call, err);
	if (rc < 0)
		return rc;
	if (task->call.again != 0)
		return job_postpone(tx, &task->job.id, task->call.again, err);
	return job_done(tx, &task->job.id, err);
}

static int
fail_step(struct tx *tx, void *arg, struct err *err)
{
	struct task *task = arg;
	struct desk desk = task_desk(task, tx);
	const struct job_failure failure = {
		.now = desk.now,
		.max_attempts = desk.policy->job_attempts,
		.error = task->err.text,
		.final = !err_is_temporary(task->err.code) && task->err.code != ERR_CONFLICT,
	};
	int rc = job_fail(tx, &task->job, &failure, &task->dead, err);

	task->job.last_error = task->err.text;
	if (rc == 0 && task->dead && task->story != NULL && task->story->given_up != NULL)
		rc = task->story->given_up(&desk, &task->job, &task->call, err);
	return rc;
}

static void
fail_task(struct task *task)
{
	char id[ID_TEXT_SIZE];
	struct err err;

	task->dead = false;
	metric_add(METRIC_JOBS_FAILED, 1);
	if (db_step(task->daemon->db, fail_step, task, &err) < 0) {
		/* The lease runs out and the job is offered again. */
		log_err(LOG_ERROR, "job left leased", &err);
		return;
	}
	if (task->dead)
		metric_add(METRIC_JOBS_DEAD, 1);
	log_line(task->dead ? LOG_ERROR : LOG_WARN, task->dead ? "job given up" : "job put back",
	    "kind", task->job.kind, "job", id_text(&task->job.id, id), "error", task->err.text,
	    NULL);
}

/* --- many at once ------------------------------------------------------------ */

static void
settled(void *ctx, int rc, const struct err *err)
{
	struct task *task = ctx;
	struct crew *crew = task->crew;

	pthread_mutex_lock(&crew->lock);
	task->rc = rc;
	if (rc < 0)
		task->err = *err;
	crew->open--;
	pthread_cond_signal(&crew->one_done);
	pthread_mutex_unlock(&crew->lock);
}

static void
start_task(struct crew *crew, struct task *task)
{
	task->story = story_find(task->job.kind);
	task->call = (struct call){ .arena = arena_new(TASK_ARENA) };
	if (task->story == NULL)
		task->rc = err_set(&task->err, ERR_INVALID, "there is no story for jobs of kind %s",
		    task->job.kind);
	else
		task->rc = prepare(task);
	if (task->rc < 0)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->open++;
	pthread_mutex_unlock(&crew->lock);
	db_submit(task->daemon->db, settle_step, settled, task);
}

static void
wait_for_all(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->open > 0)
		pthread_cond_wait(&crew->one_done, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

static void
log_done(const struct task *task)
{
	char id[ID_TEXT_SIZE];

	metric_add(METRIC_JOBS_DONE, 1);
	log_line(LOG_INFO, task->job.kind, "job", id_text(&task->job.id, id), "result",
	    task->call.note, "later", task->call.again != 0 ? "yes" : NULL, NULL);
}

static void
end_task(struct task *task)
{
	if (task->rc < 0)
		fail_task(task);
	else
		log_done(task);
	arena_free(task->call.arena);
}

/* The settlings go in while the next jobs are prepared, so that they share commits. */
static void
do_jobs(struct lane_thread *self, struct claim *claim)
{
	struct task *tasks = mem_alloc(claim->count * sizeof(*tasks));
	struct settings *settings = settings_get(self->daemon->settings);
	struct crew crew = { .open = 0 };

	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.one_done, NULL);
	for (size_t i = 0; i < claim->count; i++) {
		tasks[i].daemon = self->daemon;
		tasks[i].settings = settings;
		tasks[i].crew = &crew;
		tasks[i].job = claim->jobs[i];
		start_task(&crew, &tasks[i]);
	}
	wait_for_all(&crew);
	for (size_t i = 0; i < claim->count; i++)
		end_task(&tasks[i]);
	pthread_cond_destroy(&crew.one_done);
	pthread_mutex_destroy(&crew.lock);
	settings_unref(settings);
	mem_free(tasks);
}

/* True when there may be more to do at once. */
static bool
work_once(struct lane_thread *self, struct claim *claim, span_ms *nap)
{
	struct due due = { .lane = self->lane, .at = INT64_MAX };
	utc_ms now = clock_now();
	struct err err;

	*nap = NAP;
	if (db_read(self->daemon->db, NULL, due_step, &due, &err) < 0) {
		log_err(LOG_ERROR, "queue", &err);
		return false;
	}
	if (due.at > now) {
		*nap = due.at - now < NAP ? due.at - now : NAP;
		return false;
	}
	claim->ask = (struct job_ask){ self->lane, now, clock_boot(), LEASE, self->daemon->holder,
		CLAIM_MAX };
	if (db_step(self->daemon->db, claim_step, claim, &err) < 0) {
		log_err(LOG_ERROR, "queue", &err);
		return false;
	}
	if (claim->count > 0)
		do_jobs(self, claim);
	return claim->count > 0;
}

static void *
lane_main(void *arg)
{
	struct lane_thread *self = arg;
	struct claim claim = { .arena = arena_new(TASK_ARENA) };

	while (!is_stopping(self)) {
		uint64_t seen = wake_count(&self->daemon->wake);
		span_ms nap;

		if (!work_once(self, &claim, &nap))
			wake_wait(&self->daemon->wake, seen, nap);
	}
	arena_free(claim.arena);
	return NULL;
}

/* --- the threads ------------------------------------------------------------- */

static int
threads_of(enum lane lane, const struct settings *settings)
{
	switch (lane) {
	case LANE_INTAKE:
		return settings->parser_children;
	case LANE_OUTGOING:
	case LANE_OUTSIDE:
		return 2;
	default:
		return 1;
	}
}

struct lanes *
lanes_start(struct daemon *daemon)
{
	struct settings *settings = settings_get(daemon->settings);
	struct lanes *lanes = mem_alloc(sizeof(*lanes));

	for (int lane = 0; lane < LANE_COUNT; lane++) {
		int n = threads_of((enum lane)lane, settings);
		for (int i = 0; i < n && i < THREADS_MAX; i++) {
			struct lane_thread *t = &lanes->threads[lanes->count];
			*t = (struct lane_thread){ daemon, (enum lane)lane, 0 };
			if (pthread_create(&t->thread, NULL, lane_main, t) == 0)
				lanes->count++;
		}
	}
	settings_unref(settings);
	return lanes;
}

void
lanes_stop(struct lanes *lanes)
{
	if (lanes == NULL)
		return;
	for (size_t i = 0; i < lanes->count; i++)
		pthread_join(lanes->threads[i].thread, NULL);
	mem_free(lanes);
}
