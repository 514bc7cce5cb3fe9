#include "help_queue.h"

#include <assent/store/site.h>

#include <stdio.h>
#include <string.h>

/* --- claiming -------------------------------------------------------------- */

STEP_TEST(what_is_due_is_claimed_earliest_first_and_the_rest_waits)
{
	struct job_ask few = queue_ask, other = queue_ask;
	utc_ms due;

	few.max = 2;
	other.lane = LANE_CLOCK;
	queue_add(tx, 1, "", T0 - 1);
	queue_add(tx, 2, "", T0 - 30);
	queue_add(tx, 3, "", T0);
	queue_add(tx, 4, "", T0 + 1);
	OK(job_next_due(tx, LANE_OUTGOING, &due, err));
	assert_int_equal(due, T0 - 30);
	assert_string_equal(queue_claimed(tx, &other), "");
	assert_string_equal(queue_claimed(tx, &few), "2 1");
	assert_string_equal(queue_claimed(tx, &few), "3");
	assert_string_equal(queue_claimed(tx, &few), "");
	OK(job_next_due(tx, LANE_OUTGOING, &due, err));
	assert_int_equal(due, T0 + 1);
	OK(job_next_due(tx, LANE_CLOCK, &due, err));
	assert_true(due == INT64_MAX);
}

STEP_TEST(a_claimed_job_tells_all_that_was_put_in)
{
	struct job job = { id_of(9), "reminder", LANE_CLOCK, "{\"approval\":\"x\"}", "ticket-1",
		.due = T0 - 5, .created = T0 - 6 };
	struct job_ask clock = queue_ask;
	struct job *list;
	size_t count;

	clock.lane = LANE_CLOCK;
	OK(job_add(tx, &job, err));
	assert_string_equal(queue_job(tx, 9).state, "waiting");
	assert_int_equal(queue_job(tx, 9).attempts, 0);
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
	assert_string_equal(queue_job(tx, 9).state, "leased");
	assert_int_equal(queue_job(tx, 9).attempts, 1);
}

STEP_TEST(a_job_is_settled_once)
{
	struct id id = id_of(1);
	struct job job;

	queue_add(tx, 1, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	OK(job_done(tx, &id, err));
	REFUSED(ERR_CONFLICT, job_done(tx, &id, err));
	assert_string_equal(err->text, "the job was settled before");
	REFUSED(ERR_NOT_FOUND, job_get(tx, &id, &job, err));
	queue_add(tx, 2, "", T0);
	REFUSED(ERR_CONFLICT,
	    job_add(tx, &(struct job){ .id = id_of(2), .kind = "a", .lane = LANE_CLOCK }, err));
}

STEP_TEST(a_job_that_nobody_claimed_can_be_settled_too)
{
	queue_add(tx, 1, "", T0);
	queue_add(tx, 2, "s", T0);
	queue_add(tx, 3, "s", T0);
	queue_done(tx, 1);
	queue_done(tx, 3);
	queue_done(tx, 2);
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
}

STEP_TEST(any_mix_of_claims_in_pieces_sees_each_job_once)
{
	struct job_ask three = queue_ask;
	int seen[101] = { 0 };
	size_t count = 1;
	struct job *list;

	three.max = 3;
	for (unsigned n = 1; n <= 100; n++)
		queue_add(tx, n, "", T0 - (n * 37) % 11);
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
	queue_add(tx, 1, "ticket-1", T0);
	queue_add(tx, 2, "ticket-1", T0 - 1000);
	queue_add(tx, 3, "ticket-2", T0);
	queue_add(tx, 4, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1 3 4");
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
	assert_string_equal(queue_job(tx, 2).state, "waiting");
	queue_done(tx, 1);
	assert_string_equal(queue_claimed(tx, &queue_ask), "2");
	queue_done(tx, 2);
	queue_add(tx, 5, "ticket-1", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "5");
}

/* Ids of one millisecond are in no order, so the order of adding counts. */
STEP_TEST(the_order_is_that_of_adding_not_of_ids)
{
	queue_add(tx, 9, "s", T0);
	queue_add(tx, 3, "s", T0);
	queue_add(tx, 6, "s", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "9");
	queue_done(tx, 9);
	assert_string_equal(queue_claimed(tx, &queue_ask), "3");
	queue_done(tx, 3);
	assert_string_equal(queue_claimed(tx, &queue_ask), "6");
}

STEP_TEST(a_first_one_that_is_not_due_holds_up_the_others)
{
	struct job_ask later = queue_ask;

	later.now = T0 + MS_HOUR;
	queue_add(tx, 1, "s", T0 + MS_HOUR);
	queue_add(tx, 2, "s", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
	assert_string_equal(queue_claimed(tx, &later), "1");
	assert_string_equal(queue_claimed(tx, &later), "");
}

STEP_TEST(a_failed_one_goes_on_holding_up_a_dead_one_does_not)
{
	struct job_ask later = queue_ask;

	later.now = T0 + MS_HOUR;
	queue_add(tx, 1, "s", T0);
	queue_add(tx, 2, "s", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_false(queue_fail(tx, 1, 2));
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
	assert_string_equal(queue_claimed(tx, &later), "1");
	assert_true(queue_fail(tx, 1, 2));
	assert_string_equal(queue_claimed(tx, &later), "2");
}

/* --- failing --------------------------------------------------------------- */

/* The wait after the nth failure of a job, in seconds. */
static int64_t
wait_of(struct tx *tx, unsigned n, struct job_ask *later)
{
	later->now += MS_DAY;
	assert_string_not_equal(queue_claimed(tx, later), "");
	assert_false(queue_fail(tx, n, 1000));
	return (queue_job(tx, n).due - T0) / MS_SECOND;
}

STEP_TEST(waits_double_from_half_a_minute_to_an_hour_and_scatter_by_a_fifth)
{
	static const int64_t seconds[] = { 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600 };
	int64_t least = INT64_MAX, most = 0;

	for (unsigned n = 1; n <= 41; n++) {
		struct job_ask later = queue_ask;

		queue_add(tx, n, "", T0);
		for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
			int64_t wait = wait_of(tx, n, &later);

			assert_in_range(wait, seconds[i] * 8 / 10, seconds[i] * 12 / 10);
			if (seconds[i] == 3600 && wait < least)
				least = wait;
			if (wait > most)
				most = wait;
		}
		queue_done(tx, n);
	}
	assert_int_equal(least, 2880);
	assert_int_equal(most, 4320);
}

STEP_TEST(a_failed_job_keeps_its_reason_and_its_count)
{
	struct job_ask later = queue_ask;

	later.now = T0 + MS_HOUR;
	queue_add(tx, 1, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_false(queue_fail(tx, 1, 3));
	assert_string_equal(queue_job(tx, 1).state, "waiting");
	assert_string_equal(queue_job(tx, 1).last_error, "451 try later");
	assert_int_equal(queue_job(tx, 1).attempts, 1);
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
	assert_string_equal(queue_claimed(tx, &later), "1");
	assert_false(queue_fail(tx, 1, 3));
	later.now += 2 * MS_HOUR;
	assert_string_equal(queue_claimed(tx, &later), "1");
	assert_int_equal(queue_job(tx, 1).attempts, 3);
	assert_true(queue_fail(tx, 1, 3));
	assert_string_equal(queue_job(tx, 1).state, "dead");
	later.now += MS_DAY;
	assert_string_equal(queue_claimed(tx, &later), "");
}

STEP_TEST(a_final_failure_is_dead_at_once)
{
	struct job_failure failure = { T0, 9, "550 no", true };
	struct job job;
	bool dead = false;

	queue_add(tx, 1, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	job = queue_job(tx, 1);
	OK(job_fail(tx, &job, &failure, &dead, err));
	assert_true(dead);
	assert_string_equal(queue_job(tx, 1).last_error, "550 no");
}

STEP_TEST(postponing_is_no_try)
{
	struct id id = id_of(1), gone = id_of(7);
	struct job_ask later = queue_ask;

	later.now = T0 + 500;
	queue_add(tx, 1, "s", T0);
	queue_add(tx, 2, "s", T0);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(queue_claimed(tx, i == 0 ? &queue_ask : &later), "1");
		assert_int_equal(queue_job(tx, 1).attempts, 1);
		OK(job_postpone(tx, &id, T0 + 500, err));
		assert_int_equal(queue_job(tx, 1).attempts, 0);
		assert_string_equal(queue_claimed(tx, &queue_ask), "");
	}
	REFUSED(ERR_NOT_FOUND, job_postpone(tx, &gone, T0, err));
}

STEP_TEST(a_waiting_job_can_be_postponed_also_behind_its_serial)
{
	struct id first = id_of(1), second = id_of(2);
	struct job_ask later = queue_ask;

	later.now = T0 + 500;
	queue_add(tx, 1, "s", T0);
	queue_add(tx, 2, "s", T0);
	OK(job_postpone(tx, &first, T0 + 500, err));
	OK(job_postpone(tx, &second, T0 + 900, err));
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
	assert_string_equal(queue_claimed(tx, &later), "1");
	queue_done(tx, 1);
	assert_string_equal(queue_claimed(tx, &later), "");
	later.now = T0 + 900;
	assert_string_equal(queue_claimed(tx, &later), "2");
}

/* --- cancelling and reviving ----------------------------------------------- */

STEP_TEST(cancelling_takes_the_unclaimed_of_a_kind_and_lets_the_next_go)
{
	size_t count = 0;

	queue_add(tx, 1, "s", T0);
	queue_add(tx, 2, "s", T0);
	queue_add_kind(tx, 3, "note", "s");
	queue_add(tx, 4, "t", T0);
	OK(job_cancel(tx, "s", "mail.send", &count, err));
	assert_int_equal(count, 2);
	assert_string_equal(queue_claimed(tx, &queue_ask), "3 4");
	OK(job_cancel(tx, "s", "note", &count, err));
	assert_int_equal(count, 0);
	OK(job_cancel(tx, "nobody", "note", NULL, err));
	REFUSED(ERR_INVALID, job_cancel(tx, "", "note", NULL, err));
}

STEP_TEST(cancelling_behind_a_claimed_one_leaves_it_alone)
{
	size_t count = 0;

	queue_add(tx, 1, "s", T0);
	queue_add(tx, 2, "s", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	OK(job_cancel(tx, "s", "mail.send", &count, err));
	assert_int_equal(count, 1);
	assert_string_equal(queue_job(tx, 1).state, "leased");
	queue_done(tx, 1);
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
}

STEP_TEST(a_dead_letter_lives_again_at_the_end_of_its_order)
{
	struct id id = id_of(1), gone = id_of(7);

	queue_add(tx, 1, "s", T0);
	queue_add(tx, 2, "s", T0);
	REFUSED(ERR_NOT_FOUND, job_revive(tx, &gone, T0, err));
	REFUSED(ERR_CONFLICT, job_revive(tx, &id, T0, err));
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	REFUSED(ERR_CONFLICT, job_revive(tx, &id, T0, err));
	assert_true(queue_fail(tx, 1, 1));
	assert_string_equal(queue_claimed(tx, &queue_ask), "2");
	OK(job_revive(tx, &id, T0, err));
	assert_int_equal(queue_job(tx, 1).attempts, 0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "");
	queue_done(tx, 2);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_int_equal(queue_job(tx, 1).attempts, 1);
}

/* --- looking --------------------------------------------------------------- */

STEP_TEST(lists_and_counts_agree_with_where_each_job_is)
{
	static const struct {
		const char *state, *want;
	} cases[] = { { "", "4 2 1 3 5 " }, { "waiting", "4 3 5 " }, { "leased", "2 " },
		{ "dead", "1 " } };
	struct site_counts counts;
	struct job_ask two = queue_ask;
	struct job *list;
	size_t count;

	two.max = 2;
	queue_add(tx, 1, "", T0 - 2);
	queue_add(tx, 2, "s", T0 - 1);
	queue_add(tx, 3, "s", T0);
	queue_add(tx, 5, "", T0 + 5);
	assert_string_equal(queue_claimed(tx, &two), "1 2");
	assert_true(queue_fail(tx, 1, 1));
	queue_add(tx, 4, "", T0 - 10);
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
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	return 0;
}

static int
add_one(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	queue_add(tx, 1, "", T0);
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
