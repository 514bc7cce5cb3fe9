/* lane: threads that claim due jobs, do them and settle them. */
#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/store/hold.h>

#include "daemon/lane_priv.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LEASE (15 * MS_MINUTE)
#define BEGIN_MOST (LEASE / 3) /* a job begun later might outlast its lease */
#define MAILS_MAX 8 /* in one claim: the threads share what there is */
#define PACE ((span_ms)500) /* what a claim of mails should take, so that all threads have some */
#define NAP MS_SECOND
#define HOLD ((span_ms)20)
#define LOOK_MOST MS_MINUTE /* to ask for work, with a full queue before the writer */
#define TASK_MOST (10 * MS_MINUTE) /* one job's plan and call, or the settling of all */
#define CLAIM_ARENA ((size_t)64 << 20)
#define THREADS_MAX 16
#define BEHIND 10 /* on the scale of nice(1) */

struct lanes {
	struct team teams[LANE_COUNT];
	pthread_t threads[LANE_COUNT * THREADS_MAX];
	size_t count;
};

void
team_init(struct team *team, struct daemon *daemon, enum lane lane)
{
	team->daemon = daemon;
	team->lane = lane;
	team->look_again = clock_boot() + LEASE;
	team->most = 1;
	pthread_mutex_init(&team->scout, NULL);
	order_init(&team->order, task_hand_in);
}

void
team_done(struct team *team)
{
	order_done(&team->order);
	pthread_mutex_destroy(&team->scout);
}

static bool
is_stopping(const struct team *team)
{
	return atomic_load(&team->daemon->stop);
}

/* --- claiming -------------------------------------------------------------- */

static void
keep_texts(struct arena *arena, struct job *job)
{
	job->kind = arena_dup(arena, job->kind);
	job->payload = arena_dup(arena, job->payload);
	job->serial = arena_dup(arena, job->serial);
	job->state = arena_dup(arena, job->state);
	job->last_error = arena_dup(arena, job->last_error);
}

/* While a hold is on, nothing goes out. */
static int
is_held(struct tx *tx, enum lane lane, bool *out, struct err *err)
{
	*out = false;
	if (lane != LANE_OUTGOING)
		return 0;
	return hold_get(tx, out, NULL, err);
}

static int
claim_step(struct tx *tx, void *arg, struct err *err)
{
	struct claim *claim = arg;
	struct job *jobs;
	bool held;
	int rc = is_held(tx, claim->ask.lane, &held, err);

	arena_reset(claim->arena);
	claim->count = 0;
	if (rc < 0 || held)
		return rc;
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

struct due {
	enum lane lane;
	utc_ms at;
	bool held; /* nothing of this lane may be done now */
};

static int
due_step(struct tx *tx, void *arg, struct err *err)
{
	struct due *due = arg;
	int rc = is_held(tx, due->lane, &due->held, err);

	return rc < 0 ? rc : job_next_due(tx, due->lane, &due->at, err);
}

static bool
was_tried(const struct claim *claim)
{
	for (size_t i = 0; i < claim->count; i++)
		if (claim->jobs[i].attempts > 1)
			return true;
	return false;
}

/*
 * Why letters that were tried before, and all jobs that were cut off, are done
 * one by one: what takes the whole program down has used up a try of each that
 * was claimed with it. Alone it uses up only its own (invariant 6). For the
 * same reason the first claims after a start are small.
 */
static bool
wants_care(struct team *team, const struct claim *claim)
{
	bool care = claim->jobs[0].cut_offs > 0 || (team->lane == LANE_INTAKE && was_tried(claim));

	if (care)
		team->most = 1;
	else if (team->most < (team->lane == LANE_OUTGOING ? MAILS_MAX : CLAIM_MAX))
		team->most *= 2;
	return care;
}

/*
 * Why jobs that ask other people's servers are claimed one by one: a claim is
 * done in order, and thirty that each wait for a timeout would outlive its
 * lease, while the other threads had nothing to do.
 */
static size_t
most_of(const struct team *team)
{
	struct settings *settings = settings_get(team->daemon->settings);
	bool is_slow = team->lane == LANE_DRAFT ||
	    (team->lane == LANE_OUTSIDE &&
		(settings->ai.chain_count > 0 || settings->policy.credential_count > 0));

	settings_unref(settings);
	return is_slow ? 1 : team->most;
}

/*
 * Why all of it, and not only what cannot be taken back: a clock that is not
 * believed makes everything due at once, and what it says is no due time for
 * later either. Each keeps its own until the clock is right again.
 */
static bool
rests(const struct team *team)
{
	return team->lane == LANE_CLOCK && !clockwork_is_trusted(team->daemon->clockwork);
}

/* Under the scout's lock. Leases that ran out have no due time, so now and then we look for them. */
static int
find_work(struct team *team, struct claim *claim, span_ms *nap, struct err *err)
{
	struct due due = { .lane = team->lane, .at = INT64_MAX };
	span_ms boot = clock_boot();
	utc_ms now = clock_now();
	int rc = db_read(team->daemon->db, NULL, due_step, &due, err);

	claim->count = 0;
	*nap = NAP;
	/* Asked after the time was: that one was right, then. */
	if (rc < 0 || due.held || rests(team))
		return rc;
	if (due.at > now && boot < team->look_again) {
		if (due.at - now < NAP)
			*nap = due.at - now;
		return 0;
	}
	team->look_again = boot + LEASE;
	claim->ask =
	    (struct job_ask){ team->lane, now, boot, LEASE, team->daemon->holder, most_of(team) };
	return db_step(team->daemon->db, claim_step, claim, err);
}

/* --- many at once ------------------------------------------------------------ */

static void
wait_for_all(struct team *team, struct crew *crew)
{
	struct timespec until;

	pthread_mutex_lock(&crew->lock);
	while (crew->open > 0) {
		wake_deadline(&until, ORDER_WAIT);
		if (pthread_cond_timedwait(&crew->all_done, &crew->lock, &until) == 0)
			continue;
		pthread_mutex_unlock(&crew->lock);
		order_hurry(&team->order, clock_boot());
		pthread_mutex_lock(&crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
}

static int
put_back_step(struct tx *tx, void *arg, struct err *err)
{
	const struct job *job = arg;
	int rc = job_postpone(tx, &job->id, job->due, err);

	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* What was claimed and not begun when we were told to stop is as if never claimed. */
static void
put_back(struct team *team, struct task *task)
{
	struct err err;

	if (db_step(team->daemon->db, put_back_step, &task->job, &err) < 0)
		log_err(LOG_WARN, "job.left_leased", &err);
}

static void
crew_init(struct crew *crew, size_t open)
{
	crew->open = open;
	pthread_mutex_init(&crew->lock, NULL);
	wake_cond_init(&crew->all_done);
}

static void
crew_done(struct crew *crew)
{
	pthread_cond_destroy(&crew->all_done);
	pthread_mutex_destroy(&crew->lock);
}

static void
fill_task(struct task *task, struct team *team, const struct claim *claim, size_t i)
{
	task->daemon = team->daemon;
	task->team = team;
	task->place = claim->place + i;
	task->job = claim->jobs[i];
	task->is_skipped = is_stopping(team) || clock_boot() - claim->ask.boot > BEGIN_MOST;
}

/*
 * Why settlings are held a little: handed in together they share a commit, and
 * each wake-up of the writer may cost a tick on a busy machine. What takes long
 * is not waited for.
 */
static void
begin_all(struct team *team, const struct claim *claim, struct task *tasks)
{
	size_t most = team->lane == LANE_INTAKE ? TASKS_TOGETHER : 1, begun = 0, held = 0;
	span_ms since = clock_boot();

	while (begun < claim->count) {
		size_t first = begun;

		beat_promise(claim->beat, TASK_MOST);
		for (; begun < claim->count && begun - first < most; begun++)
			fill_task(&tasks[begun], team, claim, begun);
		tasks_begin(&tasks[first], begun - first);
		if (begun < claim->count && clock_boot() - since < HOLD)
			continue;
		for (; held < begun; held++)
			task_go_on(&tasks[held]);
		since = clock_boot();
	}
}

/* A slow relay is served by many small claims, a fast one by few large ones. */
static void
keep_pace(struct team *team, const struct claim *claim, span_ms took)
{
	size_t fits;

	if (team->lane != LANE_OUTGOING || took <= PACE)
		return;
	fits = claim->count * (size_t)PACE / (size_t)took;
	team->most = fits > 0 ? fits : 1;
}

static void
do_jobs(struct team *team, struct claim *claim)
{
	span_ms began = clock_boot();
	struct task *tasks = mem_alloc(claim->count * sizeof(*tasks));
	struct settings *settings = settings_get(team->daemon->settings);
	struct crew crew;

	crew_init(&crew, claim->count);
	for (size_t i = 0; i < claim->count; i++) {
		tasks[i].settings = settings;
		tasks[i].crew = &crew;
	}
	begin_all(team, claim, tasks);
	keep_pace(team, claim, clock_boot() - began);
	beat_promise(claim->beat, TASK_MOST);
	wait_for_all(team, &crew);
	for (size_t i = 0; i < claim->count; i++) {
		task_end(&tasks[i]);
		if (tasks[i].is_skipped)
			put_back(team, &tasks[i]);
	}
	crew_done(&crew);
	settings_unref(settings);
	mem_free(tasks);
}

/* --- looking and doing --------------------------------------------------------- */

bool
team_look(struct team *team, struct claim *claim, span_ms *nap)
{
	struct err err;

	if (find_work(team, claim, nap, &err) < 0) {
		log_err(LOG_ERROR, "queue.failed", &err);
		return false;
	}
	if (claim->count == 0)
		return false;
	claim->place = order_take(&team->order, claim->count, clock_boot());
	claim->care = wants_care(team, claim);
	return true;
}

void
team_do(struct team *team, struct claim *claim)
{
	if (!claim->care)
		pthread_mutex_unlock(&team->scout);
	do_jobs(team, claim);
	if (claim->care)
		pthread_mutex_unlock(&team->scout);
}

/* True with the scout's lock held, once there is something to do; false to stop. */
static bool
team_wait(struct team *team, struct claim *claim)
{
	span_ms nap;

	/* Another thread of the team has the lock, and promised for itself. */
	beat_rest(claim->beat);
	pthread_mutex_lock(&team->scout);
	for (;;) {
		/* Counted first, so that a ring after the question is not missed. */
		uint64_t seen = wake_count(&team->daemon->wake);

		beat_promise(claim->beat, LOOK_MOST);
		if (is_stopping(team))
			break;
		if (team_look(team, claim, &nap))
			return true;
		beat_promise(claim->beat, nap);
		wake_wait(&team->daemon->wake, seen, nap);
	}
	pthread_mutex_unlock(&team->scout);
	return false;
}

/*
 * Mails in, answers and pages go first: what goes out or is drafted runs on
 * what they leave, and on a tenth of a busy processor at least, so nothing
 * starves. Where the system refuses, all share alike.
 */
static void
step_back(enum lane lane)
{
	if (lane == LANE_OUTGOING || lane == LANE_OUTSIDE || lane == LANE_DRAFT)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), BEHIND);
}

static void *
lane_main(void *arg)
{
	struct team *team = arg;
	struct claim claim = { .arena = arena_new(CLAIM_ARENA) };

	claim.beat = thread_begin("lane", lane_name(team->lane));
	step_back(team->lane);
	while (team_wait(team, &claim))
		team_do(team, &claim);
	arena_free(claim.arena);
	beat_free(claim.beat);
	return NULL;
}

/* --- the threads ------------------------------------------------------------- */

static int
threads_of(enum lane lane, const struct settings *settings)
{
	switch (lane) {
	case LANE_INTAKE:
		/* While one waits for the commit of its letters, another has some read. */
		return 2 * settings->parser_children;
	case LANE_OUTGOING:
		return settings->outgoing.maildir[0] ? 2 : settings->outgoing.connections;
	case LANE_OUTSIDE:
		return 4;
	case LANE_DRAFT:
		return settings->ai.chain_count == 0 ? 1 : settings->ai.at_once;
	default:
		return 1;
	}
}

static int
start_team(struct lanes *lanes, struct team *team, int threads, struct err *err)
{
	for (int i = 0; i < threads && i < THREADS_MAX; i++) {
		int no = pthread_create(&lanes->threads[lanes->count], NULL, lane_main, team);

		if (no != 0)
			return err_errno(
			    err, ERR_BUSY, no, "no thread for lane %s", lane_name(team->lane));
		lanes->count++;
	}
	return 0;
}

int
lanes_start(struct daemon *daemon, struct lanes **out, struct err *err)
{
	struct settings *settings = settings_get(daemon->settings);
	struct lanes *lanes = mem_alloc(sizeof(*lanes));
	int rc = 0;

	*out = lanes;
	for (int lane = 0; lane < LANE_COUNT; lane++)
		team_init(&lanes->teams[lane], daemon, (enum lane)lane);
	for (int lane = 0; lane < LANE_COUNT && rc == 0; lane++)
		rc = start_team(
		    lanes, &lanes->teams[lane], threads_of((enum lane)lane, settings), err);
	settings_unref(settings);
	return rc;
}

void
lanes_stop(struct lanes *lanes)
{
	if (lanes == NULL)
		return;
	for (size_t i = 0; i < lanes->count; i++)
		pthread_join(lanes->threads[i], NULL);
	for (int lane = 0; lane < LANE_COUNT; lane++)
		team_done(&lanes->teams[lane]);
	mem_free(lanes);
}
