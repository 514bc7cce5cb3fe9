#include "help_store.h"

#include <assent/store/queue.h>
#include <assent/store/site.h>

#include <stdio.h>
#include <string.h>

#define BOOT (10 * MS_HOUR)
#define LEASE MS_MINUTE

static const struct job_ask ask = {
	.lane = LANE_OUTGOING,
	.now = T0,
	.boot = BOOT,
	.lease = LEASE,
	.holder = "boot-1/daemon-1",
	.max = 10,
};

static void
add_kind(struct tx *tx, unsigned n, const char *kind, const char *serial)
{
	struct err e, *err = &e;
	struct job job = { id_of(n), kind, LANE_OUTGOING, "{}", serial, .due = T0, .created = T0 };

	OK(job_add(tx, &job, err));
}

static void
add(struct tx *tx, unsigned n, const char *serial, utc_ms due)
{
	struct err e, *err = &e;
	struct job job = { id_of(n), "mail.send", LANE_OUTGOING, "{}", serial, due, .created = T0 };

	OK(job_add(tx, &job, err));
}

/* Claimed ids as numbers, such as "1 3 4". */
static const char *
claimed(struct tx *tx, const struct job_ask *how)
{
	static char text[200];
	struct err e, *err = &e;
	struct job *jobs;
	size_t count = 0, len = 0;

	text[0] = '\0';
	OK(job_claim(tx, how, &jobs, &count, err));
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s%d", i > 0 ? " " : "", jobs[i].id.bytes[15]);
	return text;
}

static struct job
job_no(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);
	struct job job = { 0 };

	OK(job_get(tx, &id, &job, err));
	return job;
}

static void
done(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);

	OK(job_done(tx, &id, err));
}

static bool
fail_it(struct tx *tx, unsigned n, int64_t max_attempts)
{
	struct err e, *err = &e;
	struct job job = job_no(tx, n);
	struct job_failure failure = { T0, max_attempts, "451 try later", false };
	bool dead = false;

	OK(job_fail(tx, &job, &failure, &dead, err));
	return dead;
}

/* --- claiming -------------------------------------------------------------- */

STEP_TEST(what_is_due_is_claimed_earliest_first_and_the_rest_waits)
{
	struct job_ask few = ask, other = ask;
	utc_ms due;

	few.max = 2;
	other.lane = LANE_CLOCK;
	add(tx, 1, "", T0 - 1);
	add(tx, 2, "", T0 - 30);
	add(tx, 3, "", T0);
	add(tx, 4, "", T0 + 1);
	OK(job_next_due(tx, LANE_OUTGOING, &due, err));
	assert_int_equal(due, T0 - 30);
	assert_string_equal(claimed(tx, &other), "");
	assert_string_equal(claimed(tx, &few), "2 1");
	assert_string_equal(claimed(tx, &few), "3");
	assert_string_equal(claimed(tx, &few), "");
	OK(job_next_due(tx, LANE_OUTGOING, &due, err));
	assert_int_equal(due, T0 + 1);
	OK(job_next_due(tx, LANE_CLOCK, &due, err));
	assert_true(due == INT64_MAX);
}

STEP_TEST(a_claimed_job_tells_all_that_was_put_in)
{
	struct job job = { id_of(9), "reminder", LANE_CLOCK, "{\"approval\":\"x\"}", "ticket-1",
		.due = T0 - 5, .created = T0 - 6 };
	struct job_ask clock = ask;
	struct job *list;
	size_t count;

	clock.lane = LANE_CLOCK;
	OK(job_add(tx, &job, err));
	assert_string_equal(job_no(tx, 9).state, "waiting");
	assert_int_equal(job_no(tx, 9).attempts, 0);
	OK(job_claim(tx, &clock, &list, &count, err));
	assert_int_equal(count, 1);
	assert_true(id_equal(&list[0].id, &job.id));
	assert_string_equal(list[0].kind, "reminder");
	assert_string_equal(list[0].payload, job.payload);
	assert_string_equal(list[0].serial, "ticket-1");
	assert_string_equal(list[0].state, "leased");
	assert_int_equal(list[0].lane, LANE_CLOCK);
	assert_int_equal(list[0].due, T0 - 5);
	assert_int_equal(list[0].created, T0 - 6);
	assert_int_equal(list[0].attempts, 1);
	assert_string_equal(job_no(tx, 9).state, "leased");
	assert_int_equal(job_no(tx, 9).attempts, 1);
}

STEP_TEST(a_job_is_settled_once)
{
	struct id id = id_of(1);
	struct job job;

	add(tx, 1, "", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	OK(job_done(tx, &id, err));
	REFUSED(ERR_CONFLICT, job_done(tx, &id, err));
	assert_string_equal(err->text, "the job was settled before");
	REFUSED(ERR_NOT_FOUND, job_get(tx, &id, &job, err));
	add(tx, 2, "", T0);
	REFUSED(ERR_CONFLICT,
	    job_add(tx, &(struct job){ .id = id_of(2), .kind = "a", .lane = LANE_CLOCK }, err));
}

STEP_TEST(a_job_that_nobody_claimed_can_be_settled_too)
{
	add(tx, 1, "", T0);
	add(tx, 2, "s", T0);
	add(tx, 3, "s", T0);
	done(tx, 1);
	done(tx, 3);
	done(tx, 2);
	assert_string_equal(claimed(tx, &ask), "");
}

STEP_TEST(any_mix_of_claims_in_pieces_sees_each_job_once)
{
	struct job_ask three = ask;
	int seen[101] = { 0 };
	size_t count = 1;
	struct job *list;

	three.max = 3;
	for (unsigned n = 1; n <= 100; n++)
		add(tx, n, "", T0 - (n * 37) % 11);
	while (count > 0) {
		OK(job_claim(tx, &three, &list, &count, err));
		for (size_t i = 0; i < count; i++)
			seen[list[i].id.bytes[15]]++;
	}
	for (int n = 1; n <= 100; n++)
		assert_int_equal(seen[n], 1);
}

/* --- order ----------------------------------------------------------------- */

STEP_TEST(a_job_waits_while_an_older_one_of_its_serial_is_unsettled)
{
	add(tx, 1, "ticket-1", T0);
	add(tx, 2, "ticket-1", T0 - 1000);
	add(tx, 3, "ticket-2", T0);
	add(tx, 4, "", T0);
	assert_string_equal(claimed(tx, &ask), "1 3 4");
	assert_string_equal(claimed(tx, &ask), "");
	assert_string_equal(job_no(tx, 2).state, "waiting");
	done(tx, 1);
	assert_string_equal(claimed(tx, &ask), "2");
	done(tx, 2);
	add(tx, 5, "ticket-1", T0);
	assert_string_equal(claimed(tx, &ask), "5");
}

/* Ids of one millisecond are in no order, so the order of adding counts. */
STEP_TEST(the_order_is_that_of_adding_not_of_ids)
{
	add(tx, 9, "s", T0);
	add(tx, 3, "s", T0);
	add(tx, 6, "s", T0);
	assert_string_equal(claimed(tx, &ask), "9");
	done(tx, 9);
	assert_string_equal(claimed(tx, &ask), "3");
	done(tx, 3);
	assert_string_equal(claimed(tx, &ask), "6");
}

STEP_TEST(a_first_one_that_is_not_due_holds_up_the_others)
{
	struct job_ask later = ask;

	later.now = T0 + MS_HOUR;
	add(tx, 1, "s", T0 + MS_HOUR);
	add(tx, 2, "s", T0);
	assert_string_equal(claimed(tx, &ask), "");
	assert_string_equal(claimed(tx, &later), "1");
	assert_string_equal(claimed(tx, &later), "");
}

STEP_TEST(a_failed_one_goes_on_holding_up_a_dead_one_does_not)
{
	struct job_ask later = ask;

	later.now = T0 + MS_HOUR;
	add(tx, 1, "s", T0);
	add(tx, 2, "s", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	assert_false(fail_it(tx, 1, 2));
	assert_string_equal(claimed(tx, &ask), "");
	assert_string_equal(claimed(tx, &later), "1");
	assert_true(fail_it(tx, 1, 2));
	assert_string_equal(claimed(tx, &later), "2");
}

/* --- leases ---------------------------------------------------------------- */

STEP_TEST(a_lease_that_ran_out_is_offered_again)
{
	struct job_ask before = ask, after = ask;

	before.boot = BOOT + LEASE - 1;
	after.boot = BOOT + LEASE;
	after.holder = "boot-1/daemon-2";
	add(tx, 1, "", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	assert_string_equal(claimed(tx, &before), "");
	add(tx, 2, "", T0);
	assert_string_equal(claimed(tx, &after), "1 2");
	assert_int_equal(job_no(tx, 1).attempts, 2);
	assert_int_equal(job_no(tx, 2).attempts, 1);
	assert_string_equal(claimed(tx, &after), "");
}

STEP_TEST(expired_leases_count_towards_the_most_that_are_wanted)
{
	struct job_ask after = ask;

	add(tx, 1, "", T0);
	add(tx, 2, "", T0);
	assert_string_equal(claimed(tx, &ask), "1 2");
	add(tx, 3, "", T0);
	after.boot = BOOT + LEASE;
	after.max = 2;
	assert_string_equal(claimed(tx, &after), "1 2");
	assert_string_equal(claimed(tx, &after), "3");
}

STEP_TEST(the_wall_clock_ends_no_lease)
{
	struct job_ask years = ask;

	years.now = T0 + 1000 * MS_DAY;
	add(tx, 1, "", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	assert_string_equal(claimed(tx, &years), "");
}

STEP_TEST(who_lost_the_lease_cannot_fail_the_job)
{
	struct job_failure failure = { T0, 5, "no", false };
	struct job_ask after = ask;
	struct job first;
	bool dead;

	after.boot = BOOT + LEASE;
	add(tx, 1, "", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	first = job_no(tx, 1);
	assert_string_equal(claimed(tx, &after), "1");
	REFUSED(ERR_CONFLICT, job_fail(tx, &first, &failure, &dead, err));
	assert_string_equal(job_no(tx, 1).state, "leased");
	done(tx, 1);
	REFUSED(ERR_CONFLICT, job_fail(tx, &first, &failure, &dead, err));
}

STEP_TEST(a_start_frees_the_leases_of_others_and_counts_their_tries)
{
	struct job_ask other = ask;

	other.holder = "boot-0/daemon-0";
	add(tx, 1, "", T0);
	add(tx, 2, "s", T0);
	add(tx, 3, "s", T0);
	assert_string_equal(claimed(tx, &other), "1 2");
	add(tx, 4, "", T0);
	assert_string_equal(claimed(tx, &ask), "4");
	OK(job_release(tx, ask.holder, err));
	assert_string_equal(job_no(tx, 1).state, "waiting");
	assert_int_equal(job_no(tx, 1).attempts, 1);
	assert_string_equal(job_no(tx, 4).state, "leased");
	assert_string_equal(claimed(tx, &ask), "1 2");
	assert_int_equal(job_no(tx, 1).attempts, 2);
	done(tx, 2);
	assert_string_equal(claimed(tx, &ask), "3");
}

/* --- failing --------------------------------------------------------------- */

/* The wait after the nth failure of a job, in seconds. */
static int64_t
wait_of(struct tx *tx, unsigned n, struct job_ask *later)
{
	later->now += MS_DAY;
	assert_string_not_equal(claimed(tx, later), "");
	assert_false(fail_it(tx, n, 1000));
	return (job_no(tx, n).due - T0) / MS_SECOND;
}

STEP_TEST(waits_double_from_half_a_minute_to_an_hour_and_scatter_by_a_fifth)
{
	static const int64_t seconds[] = { 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600 };
	int64_t least = INT64_MAX, most = 0;

	for (unsigned n = 1; n <= 41; n++) {
		struct job_ask later = ask;

		add(tx, n, "", T0);
		for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
			int64_t wait = wait_of(tx, n, &later);

			assert_in_range(wait, seconds[i] * 8 / 10, seconds[i] * 12 / 10);
			if (seconds[i] == 3600 && wait < least)
				least = wait;
			if (wait > most)
				most = wait;
		}
		done(tx, n);
	}
	assert_int_equal(least, 2880);
	assert_int_equal(most, 4320);
}

STEP_TEST(a_failed_job_keeps_its_reason_and_its_count)
{
	struct job_ask later = ask;

	later.now = T0 + MS_HOUR;
	add(tx, 1, "", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	assert_false(fail_it(tx, 1, 3));
	assert_string_equal(job_no(tx, 1).state, "waiting");
	assert_string_equal(job_no(tx, 1).last_error, "451 try later");
	assert_int_equal(job_no(tx, 1).attempts, 1);
	assert_string_equal(claimed(tx, &ask), "");
	assert_string_equal(claimed(tx, &later), "1");
	assert_false(fail_it(tx, 1, 3));
	later.now += 2 * MS_HOUR;
	assert_string_equal(claimed(tx, &later), "1");
	assert_int_equal(job_no(tx, 1).attempts, 3);
	assert_true(fail_it(tx, 1, 3));
	assert_string_equal(job_no(tx, 1).state, "dead");
	later.now += MS_DAY;
	assert_string_equal(claimed(tx, &later), "");
}

STEP_TEST(a_final_failure_is_dead_at_once)
{
	struct job_failure failure = { T0, 9, "550 no", true };
	struct job job;
	bool dead = false;

	add(tx, 1, "", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	job = job_no(tx, 1);
	OK(job_fail(tx, &job, &failure, &dead, err));
	assert_true(dead);
	assert_string_equal(job_no(tx, 1).last_error, "550 no");
}

STEP_TEST(postponing_is_no_try)
{
	struct id id = id_of(1), gone = id_of(7);
	struct job_ask later = ask;

	later.now = T0 + 500;
	add(tx, 1, "s", T0);
	add(tx, 2, "s", T0);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(claimed(tx, i == 0 ? &ask : &later), "1");
		assert_int_equal(job_no(tx, 1).attempts, 1);
		OK(job_postpone(tx, &id, T0 + 500, err));
		assert_int_equal(job_no(tx, 1).attempts, 0);
		assert_string_equal(claimed(tx, &ask), "");
	}
	REFUSED(ERR_NOT_FOUND, job_postpone(tx, &gone, T0, err));
}

STEP_TEST(a_waiting_job_can_be_postponed_also_behind_its_serial)
{
	struct id first = id_of(1), second = id_of(2);
	struct job_ask later = ask;

	later.now = T0 + 500;
	add(tx, 1, "s", T0);
	add(tx, 2, "s", T0);
	OK(job_postpone(tx, &first, T0 + 500, err));
	OK(job_postpone(tx, &second, T0 + 900, err));
	assert_string_equal(claimed(tx, &ask), "");
	assert_string_equal(claimed(tx, &later), "1");
	done(tx, 1);
	assert_string_equal(claimed(tx, &later), "");
	later.now = T0 + 900;
	assert_string_equal(claimed(tx, &later), "2");
}

/* --- cancelling and reviving ----------------------------------------------- */

STEP_TEST(cancelling_takes_the_unclaimed_of_a_kind_and_lets_the_next_go)
{
	size_t count = 0;

	add(tx, 1, "s", T0);
	add(tx, 2, "s", T0);
	add_kind(tx, 3, "note", "s");
	add(tx, 4, "t", T0);
	OK(job_cancel(tx, "s", "mail.send", &count, err));
	assert_int_equal(count, 2);
	assert_string_equal(claimed(tx, &ask), "3 4");
	OK(job_cancel(tx, "s", "note", &count, err));
	assert_int_equal(count, 0);
	OK(job_cancel(tx, "nobody", "note", NULL, err));
	REFUSED(ERR_INVALID, job_cancel(tx, "", "note", NULL, err));
}

STEP_TEST(cancelling_behind_a_claimed_one_leaves_it_alone)
{
	size_t count = 0;

	add(tx, 1, "s", T0);
	add(tx, 2, "s", T0);
	assert_string_equal(claimed(tx, &ask), "1");
	OK(job_cancel(tx, "s", "mail.send", &count, err));
	assert_int_equal(count, 1);
	assert_string_equal(job_no(tx, 1).state, "leased");
	done(tx, 1);
	assert_string_equal(claimed(tx, &ask), "");
}

STEP_TEST(a_dead_letter_lives_again_at_the_end_of_its_order)
{
	struct id id = id_of(1), gone = id_of(7);

	add(tx, 1, "s", T0);
	add(tx, 2, "s", T0);
	REFUSED(ERR_NOT_FOUND, job_revive(tx, &gone, T0, err));
	REFUSED(ERR_CONFLICT, job_revive(tx, &id, T0, err));
	assert_string_equal(claimed(tx, &ask), "1");
	REFUSED(ERR_CONFLICT, job_revive(tx, &id, T0, err));
	assert_true(fail_it(tx, 1, 1));
	assert_string_equal(claimed(tx, &ask), "2");
	OK(job_revive(tx, &id, T0, err));
	assert_int_equal(job_no(tx, 1).attempts, 0);
	assert_string_equal(claimed(tx, &ask), "");
	done(tx, 2);
	assert_string_equal(claimed(tx, &ask), "1");
	assert_int_equal(job_no(tx, 1).attempts, 1);
}

/* --- looking --------------------------------------------------------------- */

STEP_TEST(lists_and_counts_agree_with_where_each_job_is)
{
	static const struct {
		const char *state, *want;
	} cases[] = { { "", "4 2 1 3 5 " }, { "waiting", "4 3 5 " }, { "leased", "2 " },
		{ "dead", "1 " } };
	struct site_counts counts;
	struct job_ask two = ask;
	struct job *list;
	size_t count;

	two.max = 2;
	add(tx, 1, "", T0 - 2);
	add(tx, 2, "s", T0 - 1);
	add(tx, 3, "s", T0);
	add(tx, 5, "", T0 + 5);
	assert_string_equal(claimed(tx, &two), "1 2");
	assert_true(fail_it(tx, 1, 1));
	add(tx, 4, "", T0 - 10);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char got[40] = "";
		size_t len = 0;

		OK(job_list(tx, cases[i].state, 0, &list, &count, err));
		for (size_t j = 0; j < count; j++)
			len += (size_t)snprintf(
			    got + len, sizeof(got) - len, "%d ", list[j].id.bytes[15]);
		assert_string_equal(got, cases[i].want);
	}
	OK(job_list(tx, "waiting", 1, &list, &count, err));
	assert_int_equal(count, 1);
	REFUSED(ERR_INVALID, job_list(tx, "asleep", 1, &list, &count, err));
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.jobs_waiting, 3);
	assert_int_equal(counts.jobs_dead, 1);
	assert_int_equal(counts.oldest_job_due, T0 - 10);
}

static int
get_one(struct tx *tx, void *arg, struct err *err)
{
	struct id id = id_of(1);

	return job_get(tx, &id, arg, err);
}

static int
claim_one(struct tx *tx, void *arg, struct err *err)
{
	assert_string_equal(claimed(tx, &ask), "1");
	return 0;
}

static int
add_one(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	add(tx, 1, "", T0);
	return 0;
}

static void
a_row_that_we_never_wrote_is_refused_by_name(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };
	struct job job;

	store_step(store, add_one, NULL);
	store_sql(store, "UPDATE jobs SET lane = 77");
	assert_int_equal(db_read(store->db, NULL, get_one, &job, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "job 01020304"));
	assert_non_null(strstr(err.text, "column lane"));
	/* The lane it waits in is another column, so it holds up nobody. */
	store_step(store, claim_one, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(what_is_due_is_claimed_earliest_first_and_the_rest_waits),
		STORE_TEST(a_claimed_job_tells_all_that_was_put_in),
		STORE_TEST(a_job_is_settled_once),
		STORE_TEST(a_job_that_nobody_claimed_can_be_settled_too),
		STORE_TEST(any_mix_of_claims_in_pieces_sees_each_job_once),
		STORE_TEST(a_job_waits_while_an_older_one_of_its_serial_is_unsettled),
		STORE_TEST(the_order_is_that_of_adding_not_of_ids),
		STORE_TEST(a_first_one_that_is_not_due_holds_up_the_others),
		STORE_TEST(a_failed_one_goes_on_holding_up_a_dead_one_does_not),
		STORE_TEST(a_lease_that_ran_out_is_offered_again),
		STORE_TEST(expired_leases_count_towards_the_most_that_are_wanted),
		STORE_TEST(the_wall_clock_ends_no_lease),
		STORE_TEST(who_lost_the_lease_cannot_fail_the_job),
		STORE_TEST(a_start_frees_the_leases_of_others_and_counts_their_tries),
		STORE_TEST(waits_double_from_half_a_minute_to_an_hour_and_scatter_by_a_fifth),
		STORE_TEST(a_failed_job_keeps_its_reason_and_its_count),
		STORE_TEST(a_final_failure_is_dead_at_once),
		STORE_TEST(postponing_is_no_try),
		STORE_TEST(a_waiting_job_can_be_postponed_also_behind_its_serial),
		STORE_TEST(cancelling_takes_the_unclaimed_of_a_kind_and_lets_the_next_go),
		STORE_TEST(cancelling_behind_a_claimed_one_leaves_it_alone),
		STORE_TEST(a_dead_letter_lives_again_at_the_end_of_its_order),
		STORE_TEST(lists_and_counts_agree_with_where_each_job_is),
		STORE_TEST(a_row_that_we_never_wrote_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
