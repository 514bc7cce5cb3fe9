#include "help_daemon.h"

#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/store/site.h>

#include "daemon/lane_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LANE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct room room;
static struct team team;
static struct claim claim;

/* --- the stories of this test ----------------------------------------------------- */

static struct {
	int failures; /* settlings that still fail */
	int code; /* with this error */
	span_ms later; /* settlings postpone by this */
	bool untold; /* given_up fails */
	atomic_int planned, settled, given_up;
	char last_error[200];
} play;

static int
play_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	(void)desk;
	(void)err;
	atomic_fetch_add(&play.planned, 1);
	call->kind = CALL_SEND;
	call->mail = (struct outlet_mail){
		.key = arena_dup(call->arena, job->payload),
		.from = "agent@desk.test",
		.to = "jane@acme.test",
		.bytes = "hello",
		.size = 5,
	};
	return 0;
}

static int
plan_fails(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	(void)desk;
	(void)job;
	(void)call;
	return err_set(err, ERR_IO, "the plan failed");
}

/* A name for each settling, so that the store tells how often one was kept. */
static int
play_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	const char *name = arena_printf(tx_arena(desk->tx), "settled.%s", job->payload);
	int rc = site_set(desk->tx, name, "yes", err);

	atomic_fetch_add(&play.settled, 1);
	if (rc == 0 && play.failures > 0) {
		play.failures--;
		rc = err_set(err, play.code, "not now");
	}
	if (rc == 0 && call->rc < 0)
		rc = err_set(err, call->rc, "%s", call->err.text);
	if (play.later > 0)
		call->again = desk->now + play.later;
	return rc;
}

static int
play_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	(void)call;
	atomic_fetch_add(&play.given_up, 1);
	snprintf(play.last_error, sizeof(play.last_error), "%s", job->last_error);
	if (play.untold)
		return err_set(err, ERR_INVALID, "there is nobody to tell");
	return site_set(desk->tx, "told", "yes", err);
}

static const struct story stories[] = {
	{ "letter", LANE_INTAKE, NULL, NULL, play_settle, play_given_up },
	{ "mail", LANE_OUTGOING, play_plan, NULL, play_settle, play_given_up },
	{ "hopeless", LANE_OUTGOING, plan_fails, NULL, play_settle, play_given_up },
};

static const struct story *
find_play(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(stories); i++)
		if (text_is(stories[i].kind, kind))
			return &stories[i];
	return NULL;
}

static void
new_team(enum lane lane)
{
	team_done(&team);
	team_init(&team, &room.daemon, lane);
}

static int
setup(void **state)
{
	(void)state;
	memset(&play, 0, sizeof(play));
	play.code = ERR_BUSY;
	room_start(&room, "jobs: {attempts: 3}\n");
	room.daemon.find_story = find_play;
	claim.arena = arena_new((size_t)1 << 20);
	team_init(&team, &room.daemon, LANE_OUTGOING);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	team_done(&team);
	arena_free(claim.arena);
	room_end(&room);
	return 0;
}

struct wanted {
	const char *kind;
	enum lane lane;
	int first, count;
};

static int
add_step(struct tx *tx, void *arg, struct err *err)
{
	const struct wanted *wanted = arg;
	utc_ms now = clock_now();

	for (int i = wanted->first; i < wanted->first + wanted->count; i++) {
		const struct job job = {
			.id = id_new(now),
			.kind = wanted->kind,
			.lane = wanted->lane,
			.payload = arena_printf(tx_arena(tx), "\"%04d\"", i),
			.serial = "",
			.due = now - 1000 + i,
			.created = now,
		};
		int rc = job_add(tx, &job, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static void
add(const char *kind, int first, int count)
{
	const struct story *known = find_play(kind);
	struct wanted wanted = { kind, known ? known->lane : LANE_OUTGOING, first, count };

	room_write(&room, add_step, &wanted);
}

/* Claim once; false when nothing was due. */
static bool
look(void)
{
	span_ms nap;

	pthread_mutex_lock(&team.scout);
	if (team_look(&team, &claim, &nap))
		return true;
	pthread_mutex_unlock(&team.scout);
	return false;
}

static int
run(void)
{
	int rounds = 0;

	for (; look(); rounds++)
		team_do(&team, &claim);
	return rounds;
}

static int64_t
number(const char *sql)
{
	return room_number(&room, sql);
}

static int64_t
jobs_left(void)
{
	return number("SELECT count(*) FROM jobs");
}

static int64_t
settlings_kept(void)
{
	return number("SELECT count(*) FROM site WHERE name LIKE 'settled.%'");
}

static void
a_job_is_planned_carried_and_settled_and_gone(void **state)
{
	(void)state;
	add("mail", 1, 1);
	assert_int_equal(run(), 1);
	assert_int_equal(outlet_memory_count(room.daemon.outlet), 1);
	assert_string_equal(outlet_memory_at(room.daemon.outlet, 0)->key, "\"0001\"");
	assert_int_equal(settlings_kept(), 1);
	assert_int_equal(jobs_left(), 0);
	assert_int_equal(run(), 0);
}

static void
what_is_not_due_waits(void **state)
{
	(void)state;
	add("mail", 1, 1);
	room_sql(&room, "UPDATE jobs SET due = due + 5000; UPDATE job_due SET due = due + 5000");
	assert_int_equal(run(), 0);
	room_clock(&room, 6 * MS_SECOND, 0, false);
	assert_int_equal(run(), 1);
}

static void
a_temporary_failure_is_tried_again_after_growing_pauses(void **state)
{
	utc_ms now = clock_now();

	(void)state;
	play.failures = 2;
	add("mail", 1, 1);
	assert_int_equal(run(), 1);
	assert_int_equal(settlings_kept(), 0);
	assert_int_equal(number("SELECT attempts FROM jobs"), 1);
	assert_in_range(number("SELECT due FROM jobs") - now, 24 * MS_SECOND, 40 * MS_SECOND);
	assert_int_equal(run(), 0);
	room_clock(&room, 41 * MS_SECOND, 0, false);
	now = clock_now();
	assert_int_equal(run(), 1);
	assert_in_range(number("SELECT due FROM jobs") - now, 48 * MS_SECOND, 76 * MS_SECOND);
	room_clock(&room, 2 * MS_MINUTE, 0, false);
	assert_int_equal(run(), 1);
	assert_int_equal(jobs_left(), 0);
	assert_int_equal(settlings_kept(), 1);
	assert_int_equal(play.given_up, 0);
}

static void
what_the_outside_refused_is_for_the_settling_to_judge(void **state)
{
	(void)state;
	outlet_memory_fail_next(room.daemon.outlet, ERR_IO);
	add("mail", 1, 1);
	assert_int_equal(run(), 1);
	assert_int_equal(play.settled, 1);
	assert_int_equal(number("SELECT attempts FROM jobs"), 1);
	room_clock(&room, MS_MINUTE, 0, false);
	assert_int_equal(run(), 1);
	assert_int_equal(outlet_memory_count(room.daemon.outlet), 1);
	assert_int_equal(jobs_left(), 0);
}

static void
the_last_try_makes_a_dead_letter_and_tells_who_waits(void **state)
{
	(void)state;
	add("hopeless", 1, 1);
	for (int i = 1; i <= 4; i++) {
		run();
		room_clock(&room, i * MS_HOUR, 0, false);
	}
	assert_int_equal(play.given_up, 1);
	assert_string_equal(play.last_error, "the plan failed");
	assert_int_equal(number("SELECT dead FROM jobs"), 1);
	assert_int_equal(number("SELECT attempts FROM jobs"), 3);
	assert_int_equal(number("SELECT count(*) FROM site WHERE name = 'told'"), 1);
}

static void
what_is_wrong_for_good_is_given_up_at_once(void **state)
{
	(void)state;
	play.failures = 1;
	play.code = ERR_INVALID;
	add("mail", 1, 1);
	assert_int_equal(run(), 1);
	assert_int_equal(play.given_up, 1);
	assert_int_equal(number("SELECT dead FROM jobs"), 1);
}

static void
somebody_elses_hand_is_tried_again(void **state)
{
	(void)state;
	play.failures = 1;
	play.code = ERR_CONFLICT;
	add("mail", 1, 1);
	run();
	assert_int_equal(number("SELECT dead FROM jobs"), 0);
	assert_int_equal(number("SELECT attempts FROM jobs"), 1);
}

static void
a_job_is_given_up_even_when_nobody_can_be_told(void **state)
{
	(void)state;
	play.failures = 1;
	play.code = ERR_INVALID;
	play.untold = true;
	add("mail", 1, 1);
	run();
	assert_int_equal(play.given_up, 1);
	assert_int_equal(number("SELECT dead FROM jobs"), 1);
	assert_int_equal(number("SELECT count(*) FROM site WHERE name = 'told'"), 0);
}

static void
a_kind_without_a_story_is_given_up_with_a_sentence(void **state)
{
	(void)state;
	add("nonsense", 1, 1);
	run();
	assert_int_equal(number("SELECT count(*) FROM jobs WHERE dead AND last_error = "
				"'there is no story for jobs of kind nonsense'"),
	    1);
}

static void
a_settling_may_put_its_job_off_and_that_is_no_failure(void **state)
{
	utc_ms now = clock_now();

	(void)state;
	play.later = 5 * MS_MINUTE;
	add("mail", 1, 1);
	assert_int_equal(run(), 1);
	assert_int_equal(settlings_kept(), 1);
	assert_int_equal(number("SELECT attempts FROM jobs"), 0);
	assert_in_range(number("SELECT due FROM jobs") - now, 5 * MS_MINUTE, 6 * MS_MINUTE);
	play.later = 0;
	room_clock(&room, 7 * MS_MINUTE, 0, false);
	assert_int_equal(run(), 1);
	assert_int_equal(jobs_left(), 0);
}

static struct task
a_task(struct settings *settings)
{
	return (struct task){
		.daemon = &room.daemon,
		.settings = settings,
		.team = &team,
		.story = find_play("mail"),
		.job = claim.jobs[0],
	};
}

static int
settle_and_roll_back(struct tx *tx, void *arg, struct err *err)
{
	int rc = task_settle(tx, arg, err);

	return rc < 0 ? rc : err_set(err, ERR_IO, "the disk was full");
}

static void
a_settling_that_was_rolled_back_runs_again_as_if_new(void **state)
{
	struct settings *settings = settings_get(room.daemon.settings);
	struct task task;
	struct err err;

	(void)state;
	add("mail", 1, 1);
	assert_true(look());
	pthread_mutex_unlock(&team.scout);
	task = a_task(settings);
	play.later = MS_MINUTE;
	assert_int_equal(db_step(room.daemon.db, settle_and_roll_back, &task, &err), ERR_IO);
	assert_int_equal(settlings_kept(), 0);
	assert_int_equal(jobs_left(), 1);
	play.later = 0;
	room_write(&room, task_settle, &task);
	assert_int_equal(settlings_kept(), 1);
	assert_int_equal(jobs_left(), 0);
	settings_unref(settings);
}

static int
release_step(struct tx *tx, void *arg, struct err *err)
{
	return job_release(tx, arg, err);
}

/* The one that claimed is gone; another process starts. */
static void
crash(enum lane lane)
{
	static int starts = 1;

	pthread_mutex_unlock(&team.scout);
	snprintf(room.daemon.holder, sizeof(room.daemon.holder), "boot:%d", ++starts);
	room_write(&room, release_step, room.daemon.holder);
	new_team(lane);
}

static void
a_crash_after_the_claim_offers_the_job_again(void **state)
{
	(void)state;
	add("mail", 1, 1);
	assert_true(look());
	crash(LANE_OUTGOING);
	assert_true(look());
	assert_int_equal(claim.count, 1);
	assert_int_equal(claim.jobs[0].attempts, 2);
	team_do(&team, &claim);
	assert_int_equal(jobs_left(), 0);
	assert_int_equal(settlings_kept(), 1);
}

/* Invariant 6: what takes the program down each time is not tried for ever. */
static void
a_job_that_ends_the_program_three_times_is_given_up_alone(void **state)
{
	(void)state;
	add("mail", 1, 2);
	for (int deaths = 0; deaths < 3; deaths++, crash(LANE_OUTGOING)) {
		assert_true(look());
		assert_int_equal(claim.care, deaths > 0);
	}
	assert_int_equal(run(), 2);
	assert_int_equal(play.given_up, 1);
	assert_int_equal(settlings_kept(), 1);
}

static int
done_step(struct tx *tx, void *arg, struct err *err)
{
	return job_done(tx, arg, err);
}

static void
what_another_hand_settled_is_not_settled_twice(void **state)
{
	(void)state;
	add("mail", 1, 1);
	assert_true(look());
	room_write(&room, done_step, &claim.jobs[0].id);
	team_do(&team, &claim);
	assert_int_equal(settlings_kept(), 0);
	assert_int_equal(play.given_up, 0);
	assert_int_equal(jobs_left(), 0);
}

static void
a_lease_that_was_lost_is_looked_for_now_and_then(void **state)
{
	(void)state;
	add("mail", 1, 1);
	assert_true(look());
	pthread_mutex_unlock(&team.scout);
	assert_false(look());
	room_clock(&room, MS_HOUR, 0, false);
	assert_int_equal(run(), 1);
	assert_int_equal(jobs_left(), 0);
}

static void
a_letter_that_was_tried_before_is_read_alone(void **state)
{
	static const size_t sizes[] = { 1, 1, 1, 2 };
	size_t rounds = 0;

	(void)state;
	new_team(LANE_INTAKE);
	team.most = 2;
	add("letter", 1, 2);
	assert_true(look());
	assert_int_equal(claim.count, 2);
	add("letter", 3, 3);
	crash(LANE_INTAKE);
	for (; look(); rounds++) {
		assert_true(rounds < ARRAY_LEN(sizes));
		assert_int_equal(claim.count, sizes[rounds]);
		/* With care the lock is kept, so that nothing else of the lane runs. */
		assert_int_equal(claim.care, rounds < 2);
		team_do(&team, &claim);
	}
	assert_int_equal(rounds, ARRAY_LEN(sizes));
	assert_int_equal(jobs_left(), 0);
}

static void
what_was_not_begun_when_we_stop_is_as_if_never_claimed(void **state)
{
	(void)state;
	add("mail", 1, 5);
	assert_true(look());
	atomic_store(&room.daemon.stop, true);
	team_do(&team, &claim);
	assert_int_equal(play.planned, 0);
	assert_int_equal(number("SELECT count(*) FROM job_due"), 5);
	assert_int_equal(number("SELECT sum(attempts) FROM jobs"), 0);
	assert_int_equal(number("SELECT count(*) FROM job_leases"), 0);
}

static void
wait_until_empty(void)
{
	uint64_t start = clock_tick_ns();

	/* By the clock: each settling rings, so a number of rings says nothing. */
	while (jobs_left() > 0 && clock_tick_ns() - start < 60000000000u)
		wake_wait(&room.daemon.wake, wake_count(&room.daemon.wake), 100);
	assert_int_equal(jobs_left(), 0);
}

static void
threads_settle_each_job_once(void **state)
{
	struct lanes *lanes = NULL;
	struct err err;

	(void)state;
	add("letter", 1, 300);
	assert_int_equal(lanes_start(&room.daemon, &lanes, &err), 0);
	add("mail", 1001, 300);
	wait_until_empty();
	add("letter", 2001, 20);
	wait_until_empty();
	atomic_store(&room.daemon.stop, true);
	wake_ring(&room.daemon.wake);
	lanes_stop(lanes);
	assert_int_equal(settlings_kept(), 620);
	assert_int_equal(play.settled, 620);
	assert_int_equal(outlet_memory_count(room.daemon.outlet), 300);
}

static void
threads_stop_at_once_when_there_is_nothing_to_do(void **state)
{
	struct lanes *lanes = NULL;
	uint64_t before = clock_tick_ns();
	struct err err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		atomic_store(&room.daemon.stop, false);
		assert_int_equal(lanes_start(&room.daemon, &lanes, &err), 0);
		atomic_store(&room.daemon.stop, true);
		wake_ring(&room.daemon.wake);
		lanes_stop(lanes);
	}
	/* Not one nap each. */
	assert_true(clock_tick_ns() - before < 2900000000u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LANE_TEST(a_job_is_planned_carried_and_settled_and_gone),
		LANE_TEST(what_is_not_due_waits),
		LANE_TEST(a_temporary_failure_is_tried_again_after_growing_pauses),
		LANE_TEST(what_the_outside_refused_is_for_the_settling_to_judge),
		LANE_TEST(the_last_try_makes_a_dead_letter_and_tells_who_waits),
		LANE_TEST(what_is_wrong_for_good_is_given_up_at_once),
		LANE_TEST(somebody_elses_hand_is_tried_again),
		LANE_TEST(a_job_is_given_up_even_when_nobody_can_be_told),
		LANE_TEST(a_kind_without_a_story_is_given_up_with_a_sentence),
		LANE_TEST(a_settling_may_put_its_job_off_and_that_is_no_failure),
		LANE_TEST(a_settling_that_was_rolled_back_runs_again_as_if_new),
		LANE_TEST(a_crash_after_the_claim_offers_the_job_again),
		LANE_TEST(a_job_that_ends_the_program_three_times_is_given_up_alone),
		LANE_TEST(what_another_hand_settled_is_not_settled_twice),
		LANE_TEST(a_lease_that_was_lost_is_looked_for_now_and_then),
		LANE_TEST(a_letter_that_was_tried_before_is_read_alone),
		LANE_TEST(what_was_not_begun_when_we_stop_is_as_if_never_claimed),
		LANE_TEST(threads_settle_each_job_once),
		LANE_TEST(threads_stop_at_once_when_there_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
