#include "help_daemon.h"

#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/str.h>
#include <assent/store/post.h>

#include "daemon/mailbox_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BOX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define LETTER "From: a@acme.test\r\nSubject: hello\r\n\r\nWe need a printer.\r\n"

static struct room room;
static struct mailbox box;
static struct arena *arena;

static int
setup(void **state)
{
	struct settings *settings;
	struct err err;

	(void)state;
	room_start(&room, "");
	arena = arena_new((size_t)256 << 20);
	settings = settings_get(room.daemon.settings);
	box = (struct mailbox){ 0 };
	if (mailbox_open(&box, &room.daemon, &settings->mailboxes[0], &err) < 0)
		fail_msg("%s", err.text);
	settings_unref(settings);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mailbox_close(&box);
	arena_free(arena);
	room_end(&room);
	return 0;
}

static void
drop(const char *name, const void *bytes, size_t n)
{
	char path[300];

	snprintf(path, sizeof(path), "in/new/%s", name);
	room_file(&room, path, bytes, n);
}

static void
move(const char *from, const char *to)
{
	AUTO(mem_freep) char *old = mem_dup(room_path(&room, from));

	assert_int_equal(rename(old, room_path(&room, to)), 0);
}

static bool
sweep(void)
{
	return maildir_round(&box, arena);
}

static int64_t
rows(const char *where)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM inbound WHERE %s", where);
	return room_number(&room, sql);
}

static int64_t
jobs(void)
{
	return room_number(&room, "SELECT count(*) FROM jobs WHERE kind = 'intake' AND lane = 0");
}

/* --- what comes in ------------------------------------------------------------- */

static void
an_empty_folder_is_no_work(void **state)
{
	(void)state;
	assert_false(sweep());
	assert_int_equal(rows("1"), 0);
}

static int
read_first(struct tx *tx, void *arg, struct err *err)
{
	struct inbound *list, full;
	size_t count;
	int rc = inbound_list(tx, "new", 10, &list, &count, err);

	(void)arg;
	if (rc == 0)
		rc = inbound_get(tx, &list[0].id, true, &full, err);
	if (rc < 0)
		return rc;
	assert_int_equal(count, 1);
	assert_string_equal(full.source, "desk");
	assert_string_equal(full.source_key, "maildir:desk:1700.a.host");
	assert_int_equal(full.size, strlen(LETTER));
	assert_memory_equal(full.raw, LETTER, strlen(LETTER));
	return 0;
}

static void
a_letter_is_stored_with_its_job_and_then_moved(void **state)
{
	(void)state;
	drop("1700.a.host", LETTER, strlen(LETTER));
	assert_true(sweep());
	room_read(&room, read_first, NULL);
	assert_int_equal(jobs(), 1);
	assert_false(room_has_file(&room, "in/new/1700.a.host"));
	assert_true(room_has_file(&room, "in/cur/1700.a.host:2,"));
	assert_false(sweep());
}

static void
letters_are_due_in_the_order_of_their_names(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		char name[32];

		snprintf(name, sizeof(name), "17%02d.x", i);
		drop(name, LETTER, strlen(LETTER));
	}
	assert_true(sweep());
	assert_int_equal(jobs(), 40);
	/* Each but the first has its predecessor before it. */
	assert_int_equal(room_number(&room,
			     "SELECT count(*) FROM (SELECT i.source_key AS k, lag(i.source_key) "
			     "OVER (ORDER BY j.due) AS before FROM jobs j JOIN inbound i ON "
			     "instr(j.payload, lower(substr(hex(i.id), 21))) > 0) "
			     "WHERE before < k"),
	    39);
	assert_int_equal(room_number(&room, "SELECT count(DISTINCT due) FROM jobs"), 40);
}

/* --- crashes ---------------------------------------------------------------------- */

static void
a_crash_between_commit_and_move_doubles_nothing(void **state)
{
	(void)state;
	drop("1700.a.host", LETTER, strlen(LETTER));
	assert_true(sweep());
	move("in/cur/1700.a.host:2,", "in/new/1700.a.host");
	drop("1701.b.host", LETTER, strlen(LETTER));
	assert_true(sweep());
	assert_int_equal(rows("1"), 2);
	assert_int_equal(jobs(), 2);
	assert_false(room_has_file(&room, "in/new/1700.a.host"));
	assert_false(room_has_file(&room, "in/new/1701.b.host"));
}

static void
what_is_not_committed_is_not_moved(void **state)
{
	(void)state;
	drop("1700.a.host", LETTER, strlen(LETTER));
	room_sql(&room, "ALTER TABLE jobs RENAME TO jobs_away");
	assert_false(sweep());
	assert_true(room_has_file(&room, "in/new/1700.a.host"));
	assert_int_equal(rows("1"), 0);
	room_sql(&room, "ALTER TABLE jobs_away RENAME TO jobs");
	assert_true(sweep());
	assert_int_equal(rows("1"), 1);
	assert_int_equal(jobs(), 1);
}

static void
what_cannot_be_moved_is_stored_once_and_not_tried_in_a_loop(void **state)
{
	AUTO(mem_freep) char *cur = mem_dup(room_path(&room, "in/cur"));

	(void)state;
	drop("1700.a.host", LETTER, strlen(LETTER));
	assert_int_equal(rmdir(cur), 0);
	room_file(&room, "in/cur", "", 0);
	assert_false(sweep());
	assert_false(sweep());
	assert_int_equal(rows("1"), 1);
	assert_int_equal(jobs(), 1);
	assert_int_equal(box.own.maildir->stuck, 1);
	assert_int_equal(unlink(cur), 0);
	assert_int_equal(folder_make(cur, 0700, NULL), 0);
	assert_true(sweep());
	assert_int_equal(rows("1"), 1);
	assert_int_equal(box.own.maildir->stuck, 0);
}

/* --- size ---------------------------------------------------------------------------- */

static void
a_large_letter_lies_in_the_spool(void **state)
{
	size_t n = INBOUND_ROW_MAX + 1;
	AUTO(mem_freep) char *bytes = mem_alloc(n);
	AUTO(str_donep) struct str name = STR_INIT(200), read = STR_INIT(2 * n);
	uint8_t hash[SHA256_SIZE];
	struct err err;

	(void)state;
	memset(bytes, 'x', n);
	memcpy(bytes, LETTER, strlen(LETTER));
	drop("1700.a.host", bytes, n);
	assert_true(sweep());
	sha256(bytes, n, hash);
	str_add(&name, "state/spool/");
	str_add_hex(&name, hash, sizeof(hash));
	assert_int_equal(file_read(room_path(&room, str_text(&name)), &read, &err), 0);
	assert_int_equal(read.len, n);
	assert_memory_equal(read.text, bytes, n);
	assert_int_equal(rows("status = 'new' AND length(spool) = 64"), 1);
	assert_int_equal(room_number(&room, "SELECT count(*) FROM inbound_raw"), 0);
	assert_int_equal(jobs(), 1);
}

static void
the_largest_letter_that_fits_lies_in_its_row(void **state)
{
	AUTO(mem_freep) char *bytes = mem_alloc(INBOUND_ROW_MAX);

	(void)state;
	memset(bytes, 'x', INBOUND_ROW_MAX);
	drop("1700.a.host", bytes, INBOUND_ROW_MAX);
	assert_true(sweep());
	assert_int_equal(
	    room_number(&room, "SELECT length(raw) FROM inbound_raw"), INBOUND_ROW_MAX);
	assert_false(room_has_file(&room, "state/spool"));
}

static void
an_oversized_letter_is_set_aside_with_a_sentence(void **state)
{
	static const char head[] = "From: a@acme.test\r\nSubject: film\r\n\r\n";
	size_t n = (64 << 10) + 1;
	AUTO(mem_freep) char *bytes = mem_alloc(n);

	(void)state;
	room_settle(&room, "mail: {max_size: 64KiB}\n");
	memset(bytes, 'x', n);
	memcpy(bytes, head, strlen(head));
	drop("1700.a.host", bytes, n);
	assert_true(sweep());
	assert_int_equal(jobs(), 0);
	assert_int_equal(rows("status = 'quarantined' AND outcome LIKE "
			      "'the mail has 65537 bytes, more than mail.max_size (65536)%'"),
	    1);
	assert_int_equal(room_number(&room, "SELECT length(raw) FROM inbound_raw"), strlen(head));
	assert_true(room_has_file(&room, "in/cur/1700.a.host:2,"));
}

static void
an_oversized_letter_without_an_end_of_header_gives_64_kilobytes(void **state)
{
	size_t n = 200 << 10;
	AUTO(mem_freep) char *bytes = mem_alloc(n);

	(void)state;
	room_settle(&room, "mail: {max_size: 64KiB}\n");
	memset(bytes, 'x', n);
	drop("1700.a.host", bytes, n);
	assert_true(sweep());
	assert_int_equal(room_number(&room, "SELECT length(raw) FROM inbound_raw"), 64 << 10);
}

static void
an_empty_file_is_a_letter_too(void **state)
{
	(void)state;
	drop("1700.a.host", "", 0);
	assert_true(sweep());
	assert_int_equal(rows("size = 0"), 1);
}

/* --- the disk ------------------------------------------------------------------------- */

static void
below_the_reserve_mail_waits_outside(void **state)
{
	(void)state;
	drop("1700.a.host", LETTER, strlen(LETTER));
	room_settle(&room, "min_free: 1024GiB\n");
	if (disk_free(room.folder) >= (int64_t)1 << 40) {
		print_message("left out: min_free (this disk has more than 1 TiB)\n");
		skip();
	}
	assert_false(sweep());
	assert_true(box.is_full);
	assert_true(room_has_file(&room, "in/new/1700.a.host"));
	assert_int_equal(rows("1"), 0);
	room_settle(&room, "min_free: 1MiB\n");
	assert_true(sweep());
	assert_false(box.is_full);
	assert_int_equal(jobs(), 1);
}

/* --- the thread ------------------------------------------------------------------------ */

static void
wait_for_jobs(int64_t want)
{
	for (int i = 0; i < 100 && jobs() < want; i++)
		wake_wait(&room.daemon.wake, wake_count(&room.daemon.wake), 200);
	assert_int_equal(jobs(), want);
}

static void
a_thread_takes_what_lies_there_and_what_comes(void **state)
{
	struct mailboxes *all = NULL;
	const uint64_t one = 1;
	struct err err;

	(void)state;
	drop("1700.a.host", LETTER, strlen(LETTER));
	assert_int_equal(mailboxes_start(&room.daemon, &all, &err), 0);
	wait_for_jobs(1);
	drop("../tmp/1701.b.host", LETTER, strlen(LETTER));
	move("in/tmp/1701.b.host", "in/new/1701.b.host");
	wait_for_jobs(2);
	atomic_store(&room.daemon.stop, true);
	assert_int_equal(write(room.daemon.stop_fd, &one, sizeof(one)), sizeof(one));
	mailboxes_stop(all);
}

static void
a_mailbox_that_cannot_be_opened_is_a_clear_error(void **state)
{
	struct mailboxes *all = NULL;
	struct err err;

	(void)state;
	room_settle(&room, "");
	mailbox_close(&box);
	box = (struct mailbox){ 0 };
	move("in", "away");
	room_file(&room, "in", "", 0);
	assert_true(mailboxes_start(&room.daemon, &all, &err) < 0);
	assert_non_null(strstr(err.text, "mailbox desk: "));
	mailboxes_stop(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(an_empty_folder_is_no_work),
		BOX_TEST(a_letter_is_stored_with_its_job_and_then_moved),
		BOX_TEST(letters_are_due_in_the_order_of_their_names),
		BOX_TEST(a_crash_between_commit_and_move_doubles_nothing),
		BOX_TEST(what_is_not_committed_is_not_moved),
		BOX_TEST(what_cannot_be_moved_is_stored_once_and_not_tried_in_a_loop),
		BOX_TEST(a_large_letter_lies_in_the_spool),
		BOX_TEST(the_largest_letter_that_fits_lies_in_its_row),
		BOX_TEST(an_oversized_letter_is_set_aside_with_a_sentence),
		BOX_TEST(an_oversized_letter_without_an_end_of_header_gives_64_kilobytes),
		BOX_TEST(an_empty_file_is_a_letter_too),
		BOX_TEST(below_the_reserve_mail_waits_outside),
		BOX_TEST(a_thread_takes_what_lies_there_and_what_comes),
		BOX_TEST(a_mailbox_that_cannot_be_opened_is_a_clear_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
