#include "help_imap_box.h"

#include <assent/base/file.h>
#include <assent/base/health.h>

#include <stdio.h>
#include <unistd.h>

/* --- what comes in ---------------------------------------------------------------- */

static void
letters_become_rows_and_jobs_once(void **state)
{
	(void)state;
	world(7, 9, "");
	look();
	assert_int_equal(rows("status = 'new'"), 3);
	assert_int_equal(jobs(), 3);
	assert_int_equal(rows("source_key = 'imap:desk:1700:8' AND source = 'desk'"), 1);
	assert_int_equal(stored("next_uid"), 10);
	assert_int_equal(stored("flight_first"), 0);
	assert_int_equal(stored("newest"), fresh);
	look();
	restart();
	look();
	assert_int_equal(rows("1"), 3);
	assert_int_equal(noted("fetch"), 1);
	assert_int_equal(
	    room_number(&room, "SELECT count(*) FROM inbound_raw WHERE instr(raw, 'printers') > 0"),
	    3);
}

static void
letters_are_due_in_the_order_of_their_uids(void **state)
{
	(void)state;
	world(1, 40, "");
	look();
	assert_int_equal(room_number(&room, "SELECT count(DISTINCT due) FROM jobs"), 40);
	assert_int_equal(room_number(&room,
			     "SELECT count(*) FROM (SELECT i.n AS n, lag(i.n) "
			     "OVER (ORDER BY j.due) AS before FROM jobs j JOIN inbound i ON "
			     "instr(j.payload, lower(substr(hex(i.id), 21))) > 0) "
			     "WHERE before < n"),
	    39);
}

static void
many_letters_come_in_batches(void **state)
{
	(void)state;
	world(1, 450, "");
	look();
	assert_int_equal(rows("status = 'new'"), 450);
	assert_int_equal(jobs(), 450);
	assert_int_equal(noted("fetch"), 3);
	assert_int_equal(stored("next_uid"), 451);
}

static void
a_letter_that_is_gone_before_it_is_fetched_is_passed_over(void **state)
{
	(void)state;
	world(1, 4, "vanish 2\nvanish 4");
	look();
	assert_int_equal(stored("next_uid"), 5);
	assert_int_equal(rows("status = 'new'"), 2);
	assert_int_equal(rows("1"), 2);
}

static void
a_letter_that_is_listed_and_never_given_is_not_lost(void **state)
{
	(void)state;
	world(1, 4, "omit 2");
	assert_true(look_until_it_works() > 10);
	assert_int_equal(rows("status = 'new'"), 3);
	assert_int_equal(rows("status = 'quarantined' AND source_key = 'imap:desk:1700:2' AND "
			      "outcome LIKE '%the server lists UID 2 but does not give it%'"),
	    1);
	assert_int_equal(stored("next_uid"), 5);
}

/* --- the first look ------------------------------------------------------------------ */

static void
old_mail_is_filed_without_being_fetched(void **state)
{
	(void)state;
	str_clear(&lines);
	str_addf(&lines, "next 10003\n");
	for (int i = 1; i <= 10000; i++)
		str_addf(&lines, "mail %d %lld\n", i, (long long)old);
	str_addf(&lines, "mail 10001 %lld\nmail 10002 %lld\n", (long long)fresh, (long long)fresh);
	write_world();
	look();
	assert_int_equal(rows("status = 'filed' AND outcome LIKE '%first looked into%'"), 10000);
	assert_int_equal(rows("status = 'new'"), 2);
	assert_int_equal(jobs(), 2);
	assert_int_equal(noted("fetch"), 1);
	assert_int_equal(noted("fetch whole 10001 10002\n"), 1);
}

static void
old_mail_that_comes_later_is_mail(void **state)
{
	(void)state;
	world(1, 1, "next 2");
	look();
	/* Somebody drags a letter of last week into the folder. */
	str_addf(&lines, "mail 2 %lld\n", (long long)old);
	write_world();
	look();
	assert_int_equal(rows("status = 'new'"), 2);
}

static void
a_server_that_does_not_say_where_it_goes_on_ends_the_first_look_too(void **state)
{
	(void)state;
	world(1, 1, "next 0");
	look();
	restart();
	str_addf(&lines, "mail 2 %lld\n", (long long)old);
	write_world();
	look();
	assert_int_equal(rows("status = 'new'"), 2);
}

static void
the_first_look_is_still_the_first_after_a_crash(void **state)
{
	(void)state;
	str_clear(&lines);
	for (int i = 1; i <= 1500; i++)
		str_addf(&lines, "mail %d %lld\n", i, (long long)old);
	write_world();
	assert_int_equal(imap_box_connect(imap_box, &last_err), 0);
	restart();
	look();
	assert_int_equal(rows("status = 'filed'"), 1500);
	assert_int_equal(jobs(), 0);
}

static void
after_a_new_uidvalidity_nothing_older_is_executed(void **state)
{
	(void)state;
	world(1, 3, "next 4");
	look();
	str_clear(&lines);
	str_addf(&lines,
	    "validity 1800\nnext 5\nmail 1 %lld\nmail 2 %lld\nmail 3 %lld\nmail 4 %lld\n",
	    (long long)old, (long long)fresh - 1, (long long)fresh, (long long)fresh + 1);
	write_world();
	look();
	assert_int_equal(rows("source_key LIKE 'imap:desk:1800:%'"), 4);
	assert_int_equal(rows("source_key LIKE 'imap:desk:1800:%' AND status = 'filed'"), 2);
	assert_int_equal(jobs(), 5);
	assert_int_equal(stored("uidvalidity"), 1800);
	assert_int_equal(noted("fetch whole 3 4\n"), 1);
}

static void
an_archive_that_is_restored_into_an_empty_folder_is_not_executed(void **state)
{
	(void)state;
	world(1, 0, "next 1");
	look();
	str_clear(&lines);
	str_addf(&lines, "validity 1800\nnext 3\nmail 1 %lld\nmail 2 %lld\n", (long long)old,
	    (long long)fresh);
	write_world();
	look();
	assert_int_equal(rows("status = 'filed'"), 1);
	assert_int_equal(jobs(), 1);
}

static void
a_date_in_the_future_does_not_make_everything_old(void **state)
{
	(void)state;
	str_clear(&lines);
	str_addf(&lines, "mail 1 %lld\n", (long long)clock_now() + 400 * MS_DAY);
	write_world();
	look();
	assert_true(stored("newest") <= clock_now());
}

/* --- size ------------------------------------------------------------------------------ */

static void
an_oversized_letter_is_set_aside_by_its_header(void **state)
{
	(void)state;
	room_settle(&room, SETTINGS "}]\nmail: {max_size: 64KiB}\n");
	world(1, 3, "big 2 65537");
	look();
	assert_int_equal(rows("status = 'new'"), 2);
	assert_int_equal(jobs(), 2);
	assert_int_equal(rows("status = 'quarantined' AND outcome LIKE 'the mail has 65537 bytes, "
			      "more than mail.max_size (65536); it lies unread in INBOX as UID 2'"),
	    1);
	assert_int_equal(noted("fetch whole 1 3\n"), 1);
	assert_int_equal(noted("fetch header 2\n"), 1);
	assert_int_equal(
	    room_number(&room, "SELECT count(*) FROM inbound_raw WHERE instr(raw, 'Subject') > 0"),
	    3);
}

static void
a_letter_larger_than_the_server_said_is_set_aside_too(void **state)
{
	(void)state;
	room_settle(&room, SETTINGS "}]\nmail: {max_size: 64KiB}\n");
	str_clear(&lines);
	str_addf(&lines, "big 1 70000\nmail 1 %lld 100\n", (long long)fresh);
	write_world();
	look();
	assert_int_equal(jobs(), 0);
	assert_int_equal(rows("status = 'quarantined' AND outcome LIKE '%70000 bytes%'"), 1);
}

static void
a_large_letter_lies_in_the_spool(void **state)
{
	char more[40];

	(void)state;
	snprintf(more, sizeof(more), "big 1 %d", INBOUND_ROW_MAX + 1);
	world(1, 1, more);
	look();
	assert_int_equal(rows("status = 'new' AND length(spool) = 64"), 1);
	assert_int_equal(room_number(&room, "SELECT count(*) FROM inbound_raw"), 0);
	assert_int_equal(jobs(), 1);
}

static void
below_the_reserve_mail_waits_outside(void **state)
{
	(void)state;
	world(1, 3, "");
	if (disk_free(room.folder) >= (int64_t)1 << 40) {
		print_message("left out: min_free (this disk has more than 1 TiB)\n");
		skip();
	}
	room_settle(&room, SETTINGS "}]\nmin_free: 1024GiB\n");
	look();
	assert_true(box.is_full);
	assert_int_equal(rows("1"), 0);
	room_settle(&room, SETTINGS "}]\nmin_free: 1MiB\n");
	look();
	assert_int_equal(jobs(), 3);
}

/* --- afterwards ------------------------------------------------------------------------------ */

static void
what_was_taken_is_moved_after_the_commit(void **state)
{
	(void)state;
	room_settle(&room, SETTINGS ", after: move, move_to: Done}]\nmail: {max_size: 64KiB}\n");
	str_clear(&lines);
	str_addf(&lines,
	    "next 5\nbig 3 70000\nmail 1 %lld\nmail 2 %lld\nmail 3 %lld\nmail 4 %lld\n",
	    (long long)old, (long long)fresh, (long long)fresh, (long long)fresh);
	write_world();
	look();
	/* What has no effect and what is oversized stays where a person finds it. */
	assert_int_equal(noted("move Done 2 4\n"), 1);
	assert_int_equal(rows("1"), 4);
	look();
	assert_int_equal(noted("move"), 1);
}

static void
a_crash_between_commit_and_move_is_made_good(void **state)
{
	(void)state;
	room_settle(&room, SETTINGS ", after: flag}]\n");
	world(1, 3, "");
	assert_int_equal(imap_box_connect(imap_box, &last_err), 0);
	assert_int_equal(flight_take_all(imap_box, &last_err), 0);
	restart();
	look();
	assert_int_equal(noted("flag  1 2 3\n"), 1);
	assert_int_equal(rows("1"), 3);
}

static void
a_folder_to_move_to_that_is_missing_holds_no_mail_up(void **state)
{
	struct health health;

	(void)state;
	room_settle(&room, SETTINGS ", after: move, move_to: Done}]\n");
	world(1, 2, "failafter");
	assert_true(try() < 0);
	assert_int_equal(jobs(), 2);
	assert_true(health_is_ready());
	assert_int_equal(health_list(&health, 1), 1);
	assert_string_equal(health.name, "mailbox:desk:after");
	world(1, 4, "failafter");
	look();
	assert_int_equal(jobs(), 4);
	world(1, 4, "");
	room_clock(&room, 10 * MS_MINUTE, 0, false);
	look();
	assert_int_equal(noted("move Done 1 2 3 4\n"), 1);
	assert_int_equal(health_list(&health, 1), 0);
}

static void
a_mailbox_that_kept_its_mail_does_not_move_it_later(void **state)
{
	(void)state;
	world(1, 3, "");
	look();
	room_settle(&room, SETTINGS ", after: move, move_to: Done}]\n");
	world(1, 4, "");
	look();
	assert_int_equal(noted("move Done 4\n"), 1);
	assert_int_equal(noted("move"), 1);
}

/* --- the thread ---------------------------------------------------------------------------- */

static void
wait_for(int64_t wanted)
{
	for (int i = 0; i < 200 && jobs() < wanted; i++)
		wake_wait(&room.daemon.wake, wake_count(&room.daemon.wake), 100);
	assert_int_equal(jobs(), wanted);
}

static void
a_thread_takes_what_lies_there_and_ends_when_told(void **state)
{
	struct mailboxes *all = NULL;
	const uint64_t one = 1;

	(void)state;
	world(1, 250, "");
	assert_int_equal(mailboxes_start(&room.daemon, &all, &last_err), 0);
	wait_for(250);
	atomic_store(&room.daemon.stop, true);
	assert_int_equal(write(room.daemon.stop_fd, &one, sizeof(one)), sizeof(one));
	mailboxes_stop(all);
	assert_true(health_is_ready());
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(letters_become_rows_and_jobs_once),
		BOX_TEST(letters_are_due_in_the_order_of_their_uids),
		BOX_TEST(many_letters_come_in_batches),
		BOX_TEST(a_letter_that_is_gone_before_it_is_fetched_is_passed_over),
		BOX_TEST(a_letter_that_is_listed_and_never_given_is_not_lost),
		BOX_TEST(old_mail_is_filed_without_being_fetched),
		BOX_TEST(old_mail_that_comes_later_is_mail),
		BOX_TEST(a_server_that_does_not_say_where_it_goes_on_ends_the_first_look_too),
		BOX_TEST(the_first_look_is_still_the_first_after_a_crash),
		BOX_TEST(after_a_new_uidvalidity_nothing_older_is_executed),
		BOX_TEST(an_archive_that_is_restored_into_an_empty_folder_is_not_executed),
		BOX_TEST(a_date_in_the_future_does_not_make_everything_old),
		BOX_TEST(an_oversized_letter_is_set_aside_by_its_header),
		BOX_TEST(a_letter_larger_than_the_server_said_is_set_aside_too),
		BOX_TEST(a_large_letter_lies_in_the_spool),
		BOX_TEST(below_the_reserve_mail_waits_outside),
		BOX_TEST(what_was_taken_is_moved_after_the_commit),
		BOX_TEST(a_crash_between_commit_and_move_is_made_good),
		BOX_TEST(a_folder_to_move_to_that_is_missing_holds_no_mail_up),
		BOX_TEST(a_mailbox_that_kept_its_mail_does_not_move_it_later),
		BOX_TEST(a_thread_takes_what_lies_there_and_ends_when_told),
	};

	return imap_box_tests(argc > 0 ? argv[0] : "", tests, ARRAY_LEN(tests));
}
