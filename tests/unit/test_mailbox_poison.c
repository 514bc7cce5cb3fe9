#include "help_imap_box.h"

#include <assent/base/fault.h>
#include <assent/base/health.h>
#include <assent/base/metric.h>

#include <string.h>

/* --- poison ------------------------------------------------------------------------------ */

static void
the_flight_is_committed_before_the_fetch(void **state)
{
	(void)state;
	world(7, 9, "kill 8");
	assert_int_equal(try(), ERR_PEER);
	assert_non_null(strstr(last_err.text, "died by signal 11 while fetching UIDs 7 to 9"));
	assert_int_equal(stored("flight_first"), 7);
	assert_int_equal(stored("flight_last"), 9);
	assert_int_equal(stored("flight_tries"), 1);
	assert_int_equal(stored("next_uid"), 1);
	assert_int_equal(rows("1"), 0);
}

static void
a_letter_that_kills_is_found_and_the_rest_arrives(void **state)
{
	(void)state;
	world(1, 100, "kill 37");
	(void)look_until_it_works();
	assert_int_equal(rows("status = 'new'"), 99);
	assert_int_equal(jobs(), 99);
	assert_int_equal(rows("status = 'quarantined' AND source_key = 'imap:desk:1700:37' AND "
			      "outcome LIKE '%died by signal 11%only its header was kept%UID 37'"),
	    1);
	assert_int_equal(noted("fetch header 37\n"), 1);
	assert_int_equal(stored("next_uid"), 101);
	/* Once the bad one is past, the batches grow again. */
	assert_true(stored("batch") > 1);
}

static void
deaths_are_counted_across_restarts(void **state)
{
	(void)state;
	world(5, 5, "kill 5");
	for (int n = 0; n < 3; n++) {
		assert_int_equal(try(), ERR_PEER);
		restart();
	}
	assert_int_equal(stored("flight_tries"), 3);
	look();
	assert_int_equal(rows("status = 'quarantined'"), 1);
	assert_int_equal(noted("fetch whole"), 3);
}

static void
a_letter_whose_header_kills_too_leaves_a_row_without_bytes(void **state)
{
	(void)state;
	world(5, 6, "kill 5\nkillhead 5");
	(void)look_until_it_works();
	assert_int_equal(rows("status = 'quarantined' AND size = 0 AND "
			      "outcome LIKE '%not even its header%'"),
	    1);
	assert_int_equal(rows("status = 'new'"), 1);
	assert_int_equal(noted("fetch header 5\n"), 3);
}

static void
a_stop_in_the_middle_is_nobodys_death(void **state)
{
	(void)state;
	world(5, 5, "kill 5");
	assert_int_equal(try(), ERR_PEER);
	assert_int_equal(flight_land(imap_box, &last_err), 0);
	assert_int_equal(stored("flight_tries"), 0);
}

static void
a_fetch_that_fails_without_a_death_is_tried_longer(void **state)
{
	(void)state;
	world(5, 6, "fail 5");
	for (int n = 0; n < 8; n++)
		assert_int_equal(try(), ERR_PEER);
	assert_int_equal(rows("1"), 0);
	world(5, 6, "");
	look();
	assert_int_equal(rows("status = 'new'"), 2);
}

static void
new_mail_does_not_hide_the_one_that_kills(void **state)
{
	(void)state;
	world(5, 5, "kill 5");
	for (int n = 0; n < 3; n++)
		assert_int_equal(try(), ERR_PEER);
	world(5, 8, "kill 5");
	look();
	assert_int_equal(noted("fetch whole"), 4);
	assert_int_equal(rows("status = 'quarantined'"), 1);
	assert_int_equal(rows("status = 'new'"), 3);
}

static void
a_child_that_dies_of_every_letter_is_suspected_itself(void **state)
{
	(void)state;
	world(1, 8, "kill 1\nkill 2\nkill 3\nkill 4\nkill 5\nkill 6\nkill 7\nkill 8");
	for (int n = 0; n < 100 && !imap_box->retreat.is_parked; n++)
		assert_true(try() < 0);
	assert_true(imap_box->retreat.is_parked);
	assert_int_equal(rows("status = 'quarantined'"), 3);
	assert_false(health_is_ready());
}

/* --- who else? ---------------------------------------------------------------------------- */

static void
one_that_was_overtaken_takes_nothing_more(void **state)
{
	(void)state;
	world(1, 3, "");
	assert_int_equal(imap_box_connect(imap_box, &last_err), 0);
	room_sql(&room, "UPDATE mailbox_cursor SET epoch = epoch + 1, holder = 'other'");
	assert_int_equal(imap_box_look(imap_box, &last_err), ERR_CONFLICT);
	assert_true(imap_box->is_overtaken);
	assert_int_equal(rows("1"), 0);
	assert_int_equal(jobs(), 0);
}

static void
what_is_not_committed_leaves_the_cursor(void **state)
{
	(void)state;
	world(1, 3, "");
	room_sql(&room, "ALTER TABLE jobs RENAME TO jobs_away");
	assert_true(try() < 0);
	assert_int_equal(stored("next_uid"), 1);
	assert_int_equal(rows("1"), 0);
	room_sql(&room, "ALTER TABLE jobs_away RENAME TO jobs");
	look();
	assert_int_equal(jobs(), 3);
}

/* --- trouble ----------------------------------------------------------------------------------- */

static void
a_wrong_password_is_a_condition_at_once(void **state)
{
	struct health health;

	(void)state;
	world(1, 1, "refuse 1");
	assert_int_equal(try(), ERR_DENIED);
	assert_false(health_is_ready());
	assert_int_equal(health_list(&health, 1), 1);
	assert_string_equal(health.name, "mailbox:desk");
	assert_non_null(strstr(health.text, "no mail comes in from the mailbox desk"));
}

static void
a_child_that_dies_ten_times_before_the_folder_is_open_is_parked(void **state)
{
	int64_t parked = metric_value(METRIC_MAILBOXES_PARKED);

	(void)state;
	world(1, 1, "dieopen");
	for (int n = 0; n < 9; n++)
		assert_int_equal(try(), ERR_PEER);
	assert_false(imap_box->retreat.is_parked);
	assert_int_equal(try(), ERR_PEER);
	assert_true(imap_box->retreat.is_parked);
	assert_int_equal(metric_value(METRIC_MAILBOXES_PARKED), parked + 1);
	assert_false(health_is_ready());
}

/* --- faults ------------------------------------------------------------------- */

#ifdef ASSENT_FAULTS
/* A mailbox whose nth passage of the point fails; false when it was not reached. */
static bool
survives(const char *point, int n)
{
	bool reached;

	(void)imap_box_setup(NULL);
	room_settle(&room, SETTINGS ", after: move, move_to: Done}]\nmail: {max_size: 64KiB}\n");
	world(1, 210, "big 3 70000");
	fault_arm(point, n);
	(void)look_until_it_works();
	reached = fault_passed(point) >= n;
	fault_arm(point, 0);
	look();
	assert_int_equal(rows("1"), 210);
	assert_int_equal(rows("status = 'quarantined'"), 1);
	assert_int_equal(jobs(), 209);
	assert_int_equal(stored("next_uid"), 211);
	assert_true(noted("move Done") >= 2);
	(void)imap_box_teardown(NULL);
	return reached;
}
#endif

static void
whatever_fails_once_loses_and_doubles_nothing(void **state)
{
#ifdef ASSENT_FAULTS
	static const struct {
		const char *point;
		int least;
	} points[] = { { "commit", 3 }, { "step", 3 }, { "imap.fetch", 3 }, { "imap.settle", 2 } };

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		int n = 1;

		while (survives(points[i].point, n))
			n++;
		assert_true(n > points[i].least);
	}
#else
	print_message("left out: this build has no faults\n");
	skip();
#endif
	(void)state;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(the_flight_is_committed_before_the_fetch),
		BOX_TEST(a_letter_that_kills_is_found_and_the_rest_arrives),
		BOX_TEST(deaths_are_counted_across_restarts),
		BOX_TEST(a_letter_whose_header_kills_too_leaves_a_row_without_bytes),
		BOX_TEST(a_stop_in_the_middle_is_nobodys_death),
		BOX_TEST(a_fetch_that_fails_without_a_death_is_tried_longer),
		BOX_TEST(new_mail_does_not_hide_the_one_that_kills),
		BOX_TEST(a_child_that_dies_of_every_letter_is_suspected_itself),
		BOX_TEST(one_that_was_overtaken_takes_nothing_more),
		BOX_TEST(what_is_not_committed_leaves_the_cursor),
		BOX_TEST(a_wrong_password_is_a_condition_at_once),
		BOX_TEST(a_child_that_dies_ten_times_before_the_folder_is_open_is_parked),
		cmocka_unit_test(whatever_fails_once_loses_and_doubles_nothing),
	};

	return imap_box_tests(argc > 0 ? argv[0] : "", tests, ARRAY_LEN(tests));
}
