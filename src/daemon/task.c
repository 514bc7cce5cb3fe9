/* task: one job from its claim to the end of this try. */
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/store/hold.h>

#include "daemon/lane_priv.h"

#define TASK_ARENA ((size_t)256 << 20)

/*
 * Why a hold stops the irreversible timers too: what was answered since the
 * backup is taken in again first, and must not be met by an expiry.
 */
static bool
may_expire(const struct task *task, struct tx *tx)
{
	bool held = false;

	if (!clockwork_is_trusted(task->daemon->clockwork))
		return false;
	return task->job.lane != LANE_CLOCK || (hold_get(tx, &held, NULL, NULL) == 0 && !held);
}

static struct desk
task_desk(const struct task *task, struct tx *tx)
{
	return (struct desk){
		.tx = tx,
		.policy = &task->settings->policy,
		.now = clock_now(),
		.clock_trusted = may_expire(task, tx),
	};
}

/* --- before the settling ---------------------------------------------------- */

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

/* What the first carry leads to; the result is in the call, or in task->err. */
static int
go_on(struct task *task)
{
	int rc;

	if (task->call.rc < 0 || task->story->more == NULL)
		return 0;
	rc = run_part(task, task->story->more);
	if (rc == 0)
		carry(task->daemon, task->settings, &task->call);
	return rc;
}

static void
leave_crew(struct task *task)
{
	struct crew *crew = task->crew;

	pthread_mutex_lock(&crew->lock);
	if (--crew->open == 0)
		pthread_cond_signal(&crew->all_done);
	pthread_mutex_unlock(&crew->lock);
}

/* Only letters that came together depend on each other; elsewhere a serial says so. */
void
task_go_on(struct task *task)
{
	bool settles = task->rc == 0 && !task->is_skipped;

	if (!settles)
		leave_crew(task);
	if (task->team->lane == LANE_INTAKE)
		order_ready(&task->team->order, task->place, settles ? task : NULL);
	else if (settles)
		task_hand_in(task);
}

/* What ended the program each time is not begun once more; letters and webhooks go into quarantine. */
static bool
is_poison(const struct task *task)
{
	return task->job.lane != LANE_INTAKE &&
	    task->job.cut_offs >= task->settings->policy.parse_attempts;
}

static void
plan(struct task *task)
{
	task->story = task->daemon->find_story(task->job.kind);
	task->call = (struct call){ .arena = arena_new(TASK_ARENA) };
	if (task->is_skipped)
		task->rc = 0;
	else if (task->story == NULL)
		task->rc = err_set(&task->err, ERR_INVALID, "there is no story for jobs of kind %s",
		    task->job.kind);
	else if (is_poison(task))
		task->rc = err_set(&task->err, ERR_LIMIT,
		    "every try ended the program (%lld of them)", (long long)task->job.cut_offs);
	else
		task->rc = run_part(task, task->story->plan);
}

static bool
is_planned(const struct task *task)
{
	return task->rc == 0 && !task->is_skipped;
}

void
tasks_begin(struct task *tasks, size_t count)
{
	struct call *calls[TASKS_TOGETHER];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		plan(&tasks[i]);
		if (is_planned(&tasks[i]))
			calls[n++] = &tasks[i].call;
	}
	if (n > 0)
		carry_all(tasks->daemon, tasks->settings, calls, n);
	for (size_t i = 0; i < count; i++)
		if (is_planned(&tasks[i]))
			tasks[i].rc = go_on(&tasks[i]);
}

/* --- the settling ------------------------------------------------------------ */

/* The clock jumped since it was claimed: what it says now would outlive the jump. */
static utc_ms
again_at(const struct task *task)
{
	if (task->job.lane == LANE_CLOCK && !clockwork_is_trusted(task->daemon->clockwork))
		return task->job.due;
	return task->call.again;
}

int
task_settle(struct tx *tx, void *arg, struct err *err)
{
	struct task *task = arg;
	struct desk desk = task_desk(task, tx);
	int rc;

	task->is_gone = false;
	task->call.again = 0;
	task->call.note = NULL;
	task->call.is_bad_news = false;
	task->call.after = NULL;
	rc = task->story->settle(&desk, &task->job, &task->call, err);
	if (rc < 0)
		return rc;
	if (task->call.again != 0)
		rc = job_postpone(tx, &task->job.id, again_at(task), err);
	else
		rc = job_done(tx, &task->job.id, err);
	task->is_gone = rc == ERR_CONFLICT || rc == ERR_NOT_FOUND;
	return rc;
}

/* On the writer's thread: only say so. */
static void
settled(void *ctx, int rc, const struct err *err)
{
	struct task *task = ctx;

	task->rc = rc;
	if (rc < 0)
		task->err = *err;
	leave_crew(task);
}

void
task_hand_in(struct task *task)
{
	db_submit_later(task->daemon->db, task_settle, settled, task);
}

/* --- after it ------------------------------------------------------------------ */

/* Is there no use in trying again? What somebody may mend meanwhile is not final. */
static bool
is_final(int code)
{
	return code == ERR_INVALID || code == ERR_LIMIT || code == ERR_NOT_FOUND;
}

static int
fail_step(struct tx *tx, void *arg, struct err *err)
{
	struct task *task = arg;
	struct desk desk = task_desk(task, tx);
	const struct job_failure failure = {
		.now = desk.now,
		.max_attempts = task->call.is_patient ? INT64_MAX : desk.policy->job_attempts,
		.error = task->err.text,
		.final = is_final(task->err.code),
	};
	struct job job = task->job;
	int rc = job_fail(tx, &job, &failure, &task->is_dead, err);

	task->is_gone = rc == ERR_CONFLICT;
	job.last_error = job_error(tx, &job, task->err.text);
	if (rc == 0 && task->is_dead && task->tells && task->story != NULL &&
	    task->story->given_up != NULL)
		rc = task->story->given_up(&desk, &job, &task->call, err);
	return rc;
}

/* That nobody can be told must not keep the job from being given up. */
static int
record_failure(struct task *task, struct err *err)
{
	int rc;

	task->tells = true;
	rc = db_step(task->daemon->db, fail_step, task, err);
	if (rc == 0 || task->is_gone || err_is_temporary(rc))
		return rc;
	log_err(LOG_ERROR, "job.given_up_untold", err);
	task->tells = false;
	return db_step(task->daemon->db, fail_step, task, err);
}

static void
fail_task(struct task *task)
{
	char id[ID_TEXT_SIZE];
	struct err err;

	task->is_dead = false;
	metric_add(METRIC_JOBS_FAILED, 1);
	if (record_failure(task, &err) < 0) {
		/* Somebody else has it, or its lease will run out: it is offered again. */
		log_err(task->is_gone ? LOG_DEBUG : LOG_ERROR, "job.left_leased", &err);
		return;
	}
	if (task->is_dead)
		metric_add(METRIC_JOBS_DEAD, 1);
	if (task->is_dead)
		watched_failed(task->daemon, &task->call);
	log_line(task->is_dead ? LOG_ERROR : LOG_WARN,
	    task->is_dead ? "job.given_up" : "job.put_back", "kind", task->job.kind, "job",
	    id_text(&task->job.id, id), "error", task->err.text, NULL);
}

static void
log_done(const struct task *task)
{
	char id[ID_TEXT_SIZE];

	metric_add(METRIC_JOBS_DONE, 1);
	log_line(task->call.is_bad_news ? LOG_WARN : LOG_INFO, task->job.kind, "job",
	    id_text(&task->job.id, id), "result", task->call.note, "later",
	    task->call.again != 0 ? "yes" : NULL, NULL);
}

static int
after_step(struct tx *tx, void *arg, struct err *err)
{
	struct task *task = arg;
	struct desk desk = task_desk(task, tx);

	(void)err;
	task->call.after(&desk);
	return 0;
}

static void
run_after(struct task *task)
{
	struct err err;

	if (task->call.after != NULL && db_read(task->daemon->db, NULL, after_step, task, &err) < 0)
		log_err(LOG_WARN, "job.told_late", &err);
}

void
task_end(struct task *task)
{
	if (task->rc < 0 && task->is_gone)
		log_err(LOG_DEBUG, "job.settled_before", &task->err);
	else if (task->rc < 0)
		fail_task(task);
	else if (!task->is_skipped) {
		log_done(task);
		watched_done(task->daemon, &task->call);
		run_after(task);
	}
	call_wipe(&task->call, true);
	arena_free(task->call.arena);
}
