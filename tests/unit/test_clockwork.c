#include <assent/daemon/clockwork.h>

#include "help_daemon.h"

#include <assent/base/str.h>
#include <assent/store/queue.h>
#include <assent/store/site.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1700000000000)
#define YEAR (365 * MS_DAY)
#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* clang-format off */
static const struct {
	const char *name;
	span_ms passed;		/* by the boot clock */
	span_ms jump;		/* of the wall clock beside that */
	bool rebooted, synchronised;
	bool believed;
} jumps[] = {
	{ "time passes",			MS_HOUR,	0,			false, false,	true },
	{ "slewed by two minutes",		MS_HOUR,	2 * MS_MINUTE,		false, false,	true },
	{ "ten minutes are not more than ten",	MS_HOUR,	10 * MS_MINUTE,		false, false,	true },
	{ "just over",				MS_HOUR,	10 * MS_MINUTE + 1,	false, false,	false },
	{ "an hour ahead",			MS_HOUR,	MS_HOUR,		false, false,	false },
	{ "an hour back",			MS_HOUR,	-MS_HOUR,		false, false,	false },
	{ "five years ahead",			0,		5 * YEAR,		false, false,	false },
	{ "five years back",			0,		-5 * YEAR,		false, false,	false },
	{ "ahead, and the kernel vouches",	0,		5 * YEAR,		false, true,	true },
	{ "back, and the kernel vouches",	0,		-MS_HOUR,		false, true,	true },
	{ "suspended for a week",		7 * MS_DAY,	0,			false, false,	true },
	{ "off over night",			0,		12 * MS_HOUR,		true,  false,	true },
	{ "back to 1970 by an empty battery",	0,		-T0,			true,  false,	false },
	{ "an hour back over a reboot",		0,		-MS_HOUR,		true,  false,	false },
	{ "five years ahead over a reboot",	0,		5 * YEAR,		true,  false,	false },
	{ "rebooted and synchronised",		0,		-5 * YEAR,		true,  true,	true },
};
/* clang-format on */

static void
a_clock_is_believed_as_far_as_the_boot_clock_bears_it_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
		const struct clock_reading seen = { T0, MS_DAY, "one", false };
		const struct clock_reading now = {
			.wall = T0 + jumps[i].passed + jumps[i].jump,
			.boot = jumps[i].rebooted ? MS_MINUTE : MS_DAY + jumps[i].passed,
			.boot_id = jumps[i].rebooted ? "two" : "one",
			.synchronised = jumps[i].synchronised,
		};

		if (clock_is_believable(&seen, &now, 0) != jumps[i].believed)
			fail_msg("%s: believed is %d", jumps[i].name, !jumps[i].believed);
	}
}

static void
the_first_clock_ever_seen_is_believed(void **state)
{
	const struct clock_reading seen = { 0 }, now = { T0, 5, "one", false };

	(void)state;
	assert_true(clock_is_believable(&seen, &now, 0));
}

/* --- with a store and a clock that moves ---------------------------------------- */

static struct room room;

static int
setup(void **state)
{
	room_start(&room, "");
	*state = &room;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_end(&room);
	return 0;
}

static bool
is_trusted(void)
{
	return clockwork_is_trusted(room.daemon.clockwork);
}

static void
tick(void)
{
	clockwork_tick(room.daemon.clockwork);
}

/* As a start of the daemon does it. */
static void
start_again(void)
{
	struct err err;

	clockwork_close(room.daemon.clockwork);
	room.daemon.clockwork = NULL;
	assert_int_equal(clockwork_open(room.daemon.db, &room.daemon.clockwork, &err), 0);
}

static int
accept_step(struct tx *tx, void *arg, struct err *err)
{
	char text[32];

	(void)arg;
	snprintf(text, sizeof(text), "%lld", (long long)clock_now());
	return site_set(tx, "clock.accepted", text, err);
}

static void
a_jump_is_noticed_at_once_and_time_that_passes_is_none(void **state)
{
	(void)state;
	room_clock(&room, 3 * MS_HOUR, 0, false);
	assert_true(is_trusted());
	room_clock(&room, 3 * MS_HOUR, MS_HOUR, false);
	assert_false(is_trusted());
	tick();
	assert_false(is_trusted());
}

static void
a_clock_set_right_again_is_believed_again(void **state)
{
	(void)state;
	room_clock(&room, 0, 5 * YEAR, false);
	tick();
	assert_false(is_trusted());
	room_clock(&room, MS_MINUTE, 0, false);
	assert_true(is_trusted());
}

static void
a_synchronised_clock_is_believed_from_then_on(void **state)
{
	(void)state;
	room_clock(&room, 0, -MS_HOUR, false);
	tick();
	assert_false(is_trusted());
	room_clock(&room, MS_MINUTE, -MS_HOUR, true);
	tick();
	room_clock(&room, 2 * MS_MINUTE, -MS_HOUR, false);
	assert_true(is_trusted());
}

static void
the_operator_may_accept_it_once(void **state)
{
	(void)state;
	room_clock(&room, 0, 5 * YEAR, false);
	tick();
	room_write(&room, accept_step, NULL);
	tick();
	assert_true(is_trusted());
	/* The word was about that jump, not about the next one. */
	room_clock(&room, 0, 5 * YEAR - MS_HOUR / 2, false);
	tick();
	assert_false(is_trusted());
}

static void
a_word_said_in_good_times_excuses_nothing(void **state)
{
	(void)state;
	room_write(&room, accept_step, NULL);
	tick();
	room_clock(&room, 0, -MS_HOUR / 2, false);
	tick();
	assert_false(is_trusted());
}

static void
doubt_outlives_a_restart(void **state)
{
	(void)state;
	room_clock(&room, 0, 5 * YEAR, false);
	tick();
	start_again();
	assert_false(is_trusted());
}

static void
what_was_believed_is_written_down_every_minute(void **state)
{
	int64_t before, after;

	(void)state;
	before = room_number(&room, "SELECT wall FROM clock_seen");
	assert_true(before > 0);
	room_clock(&room, 30 * MS_SECOND, 0, false);
	tick();
	assert_int_equal(room_number(&room, "SELECT wall FROM clock_seen"), before);
	room_clock(&room, 61 * MS_SECOND, 0, false);
	tick();
	after = room_number(&room, "SELECT wall FROM clock_seen");
	assert_true(after >= before + 60 * MS_SECOND);
}

static void
what_is_doubted_is_not_written_down(void **state)
{
	int64_t before = room_number(*state, "SELECT wall FROM clock_seen");

	room_clock(&room, 2 * MS_MINUTE, -MS_HOUR, false);
	tick();
	assert_int_equal(room_number(&room, "SELECT wall FROM clock_seen"), before);
}

/* Two mails of one order and a reminder. */
static int
add_jobs(struct tx *tx, void *arg, struct err *err)
{
	const utc_ms *due = arg;
	const struct job jobs[] = {
		{ .kind = "first", .lane = LANE_OUTGOING, .serial = "one" },
		{ .kind = "second", .lane = LANE_OUTGOING, .serial = "one" },
		{ .kind = "timer", .lane = LANE_CLOCK, .serial = "" },
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(jobs); i++) {
		struct job job = jobs[i];

		job.id = id_new(clock_now());
		job.payload = "{}";
		job.due = *due;
		job.created = clock_now();
		rc = job_add(tx, &job, err);
	}
	return rc;
}

static void
what_a_wrong_clock_put_off_by_years_goes_out_when_it_is_right(void **state)
{
	utc_ms due = clock_now() + 5 * YEAR;

	(void)state;
	room_clock(&room, 0, 5 * YEAR, false);
	tick();
	room_write(&room, add_jobs, &due);
	room_clock(&room, 2 * MS_MINUTE, 5 * YEAR, false);
	tick();
	assert_int_equal(room_number(&room, "SELECT max(due) FROM job_due WHERE lane = 1"), due);
	room_clock(&room, 3 * MS_MINUTE, 0, false);
	tick();
	assert_true(is_trusted());
	assert_true(room_number(&room, "SELECT max(due) FROM job_due WHERE lane = 1") < due);
	assert_true(
	    room_number(&room, "SELECT due FROM jobs WHERE kind = 'second'") <= clock_now());
	assert_int_equal(room_number(&room, "SELECT due FROM jobs WHERE kind = 'timer'"), due);
	assert_int_equal(room_number(&room, "SELECT due FROM job_due WHERE lane = 3"), due);
}

/* clang-format off */
static const struct {
	const char *kind;
	enum lane lane;
	span_ms created, due;	/* from now on */
	int attempts;
	span_ms wanted;
} recalled[] = {
	{ "a try that failed an hour ahead",		LANE_OUTGOING,	-MS_HOUR,	3 * MS_HOUR,	2,	0 },
	{ "a try that failed",				LANE_OUTGOING,	-MS_HOUR,	MS_HOUR,	2,	MS_HOUR },
	{ "a try that failed next week",		LANE_OUTGOING,	7 * MS_DAY,	7 * MS_DAY + MS_HOUR,	1,	0 },
	{ "a mail held by quiet hours",			LANE_OUTGOING,	-MS_HOUR,	3 * MS_DAY,	0,	3 * MS_DAY },
	{ "a mail held longer than by a week",		LANE_OUTGOING,	-MS_HOUR,	9 * MS_DAY,	0,	0 },
	{ "a mail of next week, held for ten hours",	LANE_OUTGOING,	7 * MS_DAY,	7 * MS_DAY + 10 * MS_HOUR, 0, 10 * MS_HOUR },
	{ "a question of tomorrow",			LANE_DRAFT,	MS_DAY,		MS_DAY,		0,	0 },
	{ "a question that waits for its minute",	LANE_DRAFT,	-MS_SECOND,	MS_MINUTE,	0,	MS_MINUTE },
	{ "a call put off for two days",		LANE_DRAFT,	-MS_HOUR,	2 * MS_DAY,	0,	0 },
	{ "a call put off for six hours",		LANE_OUTSIDE,	-MS_HOUR,	6 * MS_HOUR,	0,	6 * MS_HOUR },
	{ "a deadline",					LANE_CLOCK,	MS_DAY,		9 * MS_DAY,	0,	9 * MS_DAY },
};
/* clang-format on */

static int
add_recalled(struct tx *tx, void *arg, struct err *err)
{
	const utc_ms *now = arg;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(recalled); i++)
		rc = job_add(tx,
		    &(struct job){ .id = id_next(*now),
			.kind = recalled[i].kind,
			.lane = recalled[i].lane,
			.payload = "{}",
			.serial = "",
			.due = *now + recalled[i].due,
			.created = *now + recalled[i].created },
		    err);
	return rc;
}

static int
recall_step(struct tx *tx, void *arg, struct err *err)
{
	return job_recall(tx, *(const utc_ms *)arg, 2 * MS_HOUR, err);
}

static void
after_a_wrong_clock_each_job_waits_as_long_as_it_may(void **state)
{
	utc_ms now = clock_now();
	char sql[200];

	(void)state;
	room_write(&room, add_recalled, &now);
	for (size_t i = 0; i < ARRAY_LEN(recalled); i++) {
		snprintf(sql, sizeof(sql), "UPDATE jobs SET attempts = %d WHERE kind = '%s'",
		    recalled[i].attempts, recalled[i].kind);
		room_sql(&room, sql);
	}
	/* Once more changes nothing more. */
	for (int times = 0; times < 2; times++) {
		room_write(&room, recall_step, &now);
		for (size_t i = 0; i < ARRAY_LEN(recalled); i++) {
			snprintf(sql, sizeof(sql),
			    "SELECT d.due FROM jobs j JOIN job_due d ON d.id = j.id AND d.due ="
			    " j.due WHERE kind = '%s'",
			    recalled[i].kind);
			if (room_number(&room, sql) != now + recalled[i].wanted)
				fail_msg("%s: %lld min from now", recalled[i].kind,
				    (long long)((room_number(&room, sql) - now) / MS_MINUTE));
		}
	}
}

static void
a_reboot_into_the_past_is_doubted(void **state)
{
	(void)state;
	room_sql(&room, "UPDATE clock_seen SET boot_id = 'another', wall = wall + 3600000");
	start_again();
	assert_false(is_trusted());
	room_clock(&room, 0, 0, true);
	tick();
	room_clock(&room, 0, 0, false);
	assert_true(is_trusted());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_is_believed_as_far_as_the_boot_clock_bears_it_out),
		cmocka_unit_test(the_first_clock_ever_seen_is_believed),
		ROOM_TEST(a_jump_is_noticed_at_once_and_time_that_passes_is_none),
		ROOM_TEST(a_clock_set_right_again_is_believed_again),
		ROOM_TEST(a_synchronised_clock_is_believed_from_then_on),
		ROOM_TEST(the_operator_may_accept_it_once),
		ROOM_TEST(a_word_said_in_good_times_excuses_nothing),
		ROOM_TEST(doubt_outlives_a_restart),
		ROOM_TEST(what_was_believed_is_written_down_every_minute),
		ROOM_TEST(what_is_doubted_is_not_written_down),
		ROOM_TEST(what_a_wrong_clock_put_off_by_years_goes_out_when_it_is_right),
		ROOM_TEST(after_a_wrong_clock_each_job_waits_as_long_as_it_may),
		ROOM_TEST(a_reboot_into_the_past_is_doubted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
