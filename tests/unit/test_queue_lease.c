#include "help_queue.h"

STEP_TEST(a_lease_that_ran_out_is_offered_again)
{
	struct job_ask before = queue_ask, after = queue_ask;

	before.boot = BOOT + LEASE - 1;
	after.boot = BOOT + LEASE;
	after.holder = "boot-1/daemon-2";
	queue_add(tx, 1, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_string_equal(queue_claimed(tx, &before), "");
	queue_add(tx, 2, "", T0);
	assert_string_equal(queue_claimed(tx, &after), "1");
	assert_string_equal(queue_claimed(tx, &after), "2");
	assert_int_equal(queue_job(tx, 1).attempts, 2);
	assert_int_equal(queue_job(tx, 1).cut_offs, 1);
	assert_int_equal(queue_job(tx, 2).attempts, 1);
	assert_int_equal(queue_job(tx, 2).cut_offs, 0);
	assert_string_equal(queue_claimed(tx, &after), "");
}

STEP_TEST(jobs_that_were_cut_off_are_claimed_one_by_one)
{
	struct job_ask other = queue_ask, after = queue_ask;

	other.holder = "boot-0/daemon-0";
	queue_add(tx, 1, "", T0);
	queue_add(tx, 2, "", T0 + 2);
	queue_add(tx, 3, "", T0 + 3);
	queue_add(tx, 4, "", T0 + 4);
	after.now = T0 + 10;
	other.now = T0 + 10;
	other.max = 2;
	assert_string_equal(queue_claimed(tx, &other), "1 2");
	OK(job_release(tx, queue_ask.holder, err));
	queue_add(tx, 5, "", T0 + 1);
	assert_string_equal(queue_claimed(tx, &after), "1");
	assert_string_equal(queue_claimed(tx, &after), "5");
	assert_string_equal(queue_claimed(tx, &after), "2");
	assert_string_equal(queue_claimed(tx, &after), "3 4");
}

STEP_TEST(only_tries_in_a_row_count_as_cut_off)
{
	struct job_ask other = queue_ask, later = queue_ask;

	other.holder = "boot-0/daemon-0";
	later.now = T0 + MS_HOUR;
	queue_add(tx, 1, "", T0);
	for (int i = 1; i <= 2; i++) {
		assert_string_equal(queue_claimed(tx, &other), "1");
		OK(job_release(tx, queue_ask.holder, err));
		assert_int_equal(queue_job(tx, 1).cut_offs, i);
	}
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_false(queue_fail(tx, 1, 9));
	assert_int_equal(queue_job(tx, 1).cut_offs, 0);
	assert_int_equal(queue_job(tx, 1).attempts, 3);
	assert_string_equal(queue_claimed(tx, &later), "1");
}

STEP_TEST(the_wall_clock_ends_no_lease)
{
	struct job_ask years = queue_ask;

	years.now = T0 + 1000 * MS_DAY;
	queue_add(tx, 1, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_string_equal(queue_claimed(tx, &years), "");
}

STEP_TEST(who_lost_the_lease_cannot_fail_the_job)
{
	struct job_failure failure = { T0, 5, "no", false };
	struct job_ask after = queue_ask;
	struct job first;
	bool dead;

	after.boot = BOOT + LEASE;
	queue_add(tx, 1, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	first = queue_job(tx, 1);
	assert_string_equal(queue_claimed(tx, &after), "1");
	REFUSED(ERR_CONFLICT, job_fail(tx, &first, &failure, &dead, err));
	assert_string_equal(queue_job(tx, 1).state, "leased");
	queue_done(tx, 1);
	REFUSED(ERR_CONFLICT, job_fail(tx, &first, &failure, &dead, err));
}

STEP_TEST(a_start_frees_the_leases_of_others_and_counts_their_tries)
{
	struct job_ask other = queue_ask;

	other.holder = "boot-0/daemon-0";
	queue_add(tx, 1, "", T0);
	queue_add(tx, 2, "s", T0);
	queue_add(tx, 3, "s", T0);
	assert_string_equal(queue_claimed(tx, &other), "1 2");
	queue_add(tx, 4, "", T0);
	assert_string_equal(queue_claimed(tx, &queue_ask), "4");
	OK(job_release(tx, queue_ask.holder, err));
	assert_string_equal(queue_job(tx, 1).state, "waiting");
	assert_int_equal(queue_job(tx, 1).attempts, 1);
	assert_string_equal(queue_job(tx, 4).state, "leased");
	assert_string_equal(queue_claimed(tx, &queue_ask), "1");
	assert_string_equal(queue_claimed(tx, &queue_ask), "2");
	assert_int_equal(queue_job(tx, 1).attempts, 2);
	queue_done(tx, 2);
	assert_string_equal(queue_claimed(tx, &queue_ask), "3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_lease_that_ran_out_is_offered_again),
		STORE_TEST(jobs_that_were_cut_off_are_claimed_one_by_one),
		STORE_TEST(only_tries_in_a_row_count_as_cut_off),
		STORE_TEST(the_wall_clock_ends_no_lease),
		STORE_TEST(who_lost_the_lease_cannot_fail_the_job),
		STORE_TEST(a_start_frees_the_leases_of_others_and_counts_their_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
