#include "help_file.h"

#include <assent/base/fault.h>
#include <assent/base/file.h>
#include <assent/mail/maildir.h>

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define ROOM ((size_t)1 << 20)

static char base[64], box[80];
static struct maildir *maildir;
static struct arena *arena;

static int
open_box(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/assent-maildir-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(box, sizeof(box), "%s/in", base);
	arena = arena_new(ROOM);
	return maildir_open(box, &maildir, NULL);
}

static int
close_box(void **state)
{
	(void)state;
	maildir_free(maildir);
	maildir = NULL;
	arena_free(arena);
	return folder_remove(base);
}

static const char *
at(const char *folder, const char *name)
{
	static char path[500];

	snprintf(path, sizeof(path), "%s/%s/%s", box, folder, name);
	return path;
}

static void
put(const char *folder, const char *name, const char *bytes)
{
	int fd = open(at(folder, name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
}

static void
deliver(const char *name, const char *bytes)
{
	char from[500];

	put("tmp", name, bytes);
	snprintf(from, sizeof(from), "%s", at("tmp", name));
	assert_int_equal(rename(from, at("new", name)), 0);
}

static bool
is_there(const char *folder, const char *name)
{
	return access(at(folder, name), F_OK) == 0;
}

static struct maildir_entry *
list(size_t max, size_t *count)
{
	struct maildir_entry *entries = NULL;
	struct err err = { 0 };

	if (maildir_list(maildir, max, arena, &entries, count, &err) < 0)
		fail_msg("%s", err.text);
	return entries;
}

static void
a_mail_is_listed_read_and_settled(void **state)
{
	AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
	struct maildir_entry *entries;
	size_t count;

	(void)state;
	deliver("1795.M1.host", "Subject: hi\n\nthere");
	entries = list(10, &count);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0].name, "1795.M1.host");
	assert_string_equal(entries[0].unique, "1795.M1.host");
	assert_int_equal(entries[0].size, 18);
	assert_true(entries[0].mtime > 1500000000000);
	assert_int_equal(maildir_read(maildir, entries, 1000, &bytes, NULL), 0);
	assert_string_equal(str_text(&bytes), "Subject: hi\n\nthere");
	assert_int_equal(bytes.ceiling, ROOM);
	assert_int_equal(maildir_settle(maildir, entries, NULL), 0);
	assert_true(is_there("cur", "1795.M1.host:2,"));
	assert_false(is_there("new", "1795.M1.host"));
	list(10, &count);
	assert_int_equal(count, 0);
}

static void
the_oldest_names_come_first_and_no_more_than_asked(void **state)
{
	static const char *const order[] = { "1700.a", "1701.a", "1702.a", "1703.a", "1704.a",
		"1705.a", "1706.a", "1707.a", "1708.a" };
	static const int delivered[] = { 5, 2, 8, 0, 7, 1, 6, 3, 4 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(delivered); i++)
		deliver(order[delivered[i]], "x");
	for (size_t max = 0; max <= 12; max++) {
		size_t count;
		struct maildir_entry *entries = list(max, &count);

		assert_int_equal(count, max < 9 ? max : 9);
		for (size_t i = 0; i < count; i++)
			assert_string_equal(entries[i].name, order[i]);
	}
}

static void
a_crash_before_settling_shows_the_mail_again(void **state)
{
	size_t count;

	(void)state;
	deliver("1795.M1.host", "x");
	list(10, &count);
	maildir_free(maildir);
	assert_int_equal(maildir_open(box, &maildir, NULL), 0);
	struct maildir_entry *entries = list(10, &count);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0].unique, "1795.M1.host");
	assert_int_equal(maildir_settle(maildir, entries, NULL), 0);
	/* A crash after the move, before the caller knows: settling again is no fault. */
	assert_int_equal(maildir_settle(maildir, entries, NULL), 0);
}

static void
what_is_no_mail_is_passed_over(void **state)
{
	size_t count;

	(void)state;
	put("new", ".hidden", "x");
	put("tmp", "half.written", "x");
	assert_int_equal(mkdir(at("new", "folder"), 0700), 0);
	assert_int_equal(mkfifo(at("new", "pipe"), 0600), 0);
	assert_int_equal(symlink("/etc/passwd", at("new", "link")), 0);
	list(10, &count);
	assert_int_equal(count, 0);
}

/* A name that changes between listing and reading must not lead elsewhere. */
static void
a_link_in_a_mail_s_place_is_not_followed(void **state)
{
	AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
	struct maildir_entry *entries;
	struct err err = { 0 };
	size_t count;

	(void)state;
	deliver("1795.a", "x");
	entries = list(10, &count);
	assert_int_equal(unlink(at("new", "1795.a")), 0);
	assert_int_equal(symlink("/etc/passwd", at("new", "1795.a")), 0);
	assert_int_equal(maildir_read(maildir, entries, 1000, &bytes, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "1795.a is not a regular file"));
	assert_int_equal(bytes.len, 0);
}

/* clang-format off */
static const struct {
	const char *name, *unique, *settled;
} odd[] = {
	{ "1.a:2,",		"1.a",			"1.a:2," },
	{ "2.b:2,S",		"2.b",			"2.b:2,S" },
	{ "3 c d",		"3 c d",		"3 c d:2," },
	{ "4.\xc3\xa4",		"4.\xc3\xa4",		"4.\xc3\xa4:2," },
	{ "5.\xe4",		"hex-352ee4",		"5.\xe4:2," },
	{ "6.a\nb",		"hex-362e610a62",	"6.a\nb:2," },
	{ "7.%s%n",		"7.%s%n",		"7.%s%n:2," },
	{ ":2,",		"hex-3a322c",		":2," },
	{ "--help",		"--help",		"--help:2," },
};
/* clang-format on */

static void
odd_names_have_a_stable_printable_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
		struct maildir_entry *entries;
		size_t count;

		deliver(odd[i].name, "body");
		entries = list(10, &count);
		assert_int_equal(count, 1);
		assert_string_equal(entries[0].name, odd[i].name);
		assert_string_equal(entries[0].unique, odd[i].unique);
		assert_int_equal(maildir_read(maildir, entries, 100, &bytes, NULL), 0);
		assert_int_equal(maildir_settle(maildir, entries, NULL), 0);
		assert_true(is_there("cur", odd[i].settled));
	}
}

static void
the_same_name_again_overwrites_nothing(void **state)
{
	size_t count;

	(void)state;
	for (int i = 0; i < 3; i++) {
		deliver("1795.a", i == 0 ? "first" : i == 1 ? "second" : "third");
		assert_int_equal(maildir_settle(maildir, list(1, &count), NULL), 0);
	}
	assert_true(is_there("cur", "1795.a:2,"));
	assert_true(is_there("cur", "1795.a.1:2,"));
	assert_true(is_there("cur", "1795.a.2:2,"));
}

static void
an_oversized_mail_is_refused_and_stays(void **state)
{
	AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
	struct maildir_entry *entries;
	struct err err = { 0 };
	size_t count;

	(void)state;
	deliver("1795.a", "0123456789");
	entries = list(10, &count);
	assert_int_equal(maildir_read(maildir, entries, 10, &bytes, &err), 0);
	assert_int_equal(maildir_read(maildir, entries, 9, &bytes, &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "new/1795.a is larger than 9 bytes"));
	assert_int_equal(bytes.ceiling, ROOM);
	assert_true(is_there("new", "1795.a"));
}

static void
a_mail_that_went_away_is_not_found(void **state)
{
	AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
	struct maildir_entry *entries;
	struct err err = { 0 };
	size_t count;

	(void)state;
	deliver("1795.a", "x");
	entries = list(10, &count);
	assert_int_equal(unlink(at("new", "1795.a")), 0);
	assert_int_equal(maildir_read(maildir, entries, 10, &bytes, &err), ERR_NOT_FOUND);
	assert_int_equal(maildir_settle(maildir, entries, &err), 0);
}

static void
an_unreadable_mail_is_named_and_stays(void **state)
{
	AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
	struct maildir_entry *entries;
	struct err err = { 0 };
	size_t count;
	uid_t me = geteuid();
	int rc;

	(void)state;
	deliver("1795.a", "x");
	assert_int_equal(chmod(at("new", "1795.a"), 0), 0);
	if (me == 0) { /* root reads everything: be nobody for the moment */
		assert_int_equal(chmod(base, 0755), 0);
		assert_int_equal(chmod(box, 0755), 0);
		assert_int_equal(chmod(at("new", ""), 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	entries = list(10, &count);
	rc = maildir_read(maildir, entries, 10, &bytes, &err);
	if (me == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(count, 1);
	assert_int_equal(rc, ERR_DENIED);
	assert_non_null(strstr(err.text, "/new/1795.a"));
	assert_true(is_there("new", "1795.a"));
}

static void
a_new_mail_makes_the_descriptor_readable(void **state)
{
	struct pollfd poller = { .fd = maildir_watch_fd(maildir), .events = POLLIN };

	(void)state;
	assert_true(poller.fd >= 0);
	assert_int_equal(poll(&poller, 1, 0), 0);
	deliver("1795.a", "x");
	assert_int_equal(poll(&poller, 1, 0), 1);
	maildir_watch_clear(maildir);
	assert_int_equal(poll(&poller, 1, 0), 0);
	for (int i = 0; i < 300; i++) {
		char name[60];

		snprintf(name, sizeof(name), "1796.%03d.a-longer-name-than-usual", i);
		deliver(name, "x");
	}
	maildir_watch_clear(maildir);
	assert_int_equal(poll(&poller, 1, 0), 0);
}

static void
a_wrong_path_is_told_in_one_sentence(void **state)
{
	struct maildir *other = NULL;
	struct err err = { 0 };
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/mial/in", base);
	assert_int_equal(maildir_open(path, &other, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "there is no folder "));
	assert_non_null(strstr(err.text, "/mial (make it, or correct the path)"));
	assert_null(other);
	put("tmp", "file", "x");
	snprintf(path, sizeof(path), "%s/tmp/file", box);
	assert_true(maildir_open(path, &other, &err) < 0);
	assert_non_null(strstr(err.text, "is in the way: it is not a folder"));
	assert_null(other);
}

static void
a_box_that_was_moved_away_is_told(void **state)
{
	struct maildir_entry *entries = NULL;
	struct err err = { 0 };
	size_t count = 77;
	char elsewhere[100];

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "%s/out", base);
	assert_int_equal(rename(box, elsewhere), 0);
	assert_int_equal(maildir_list(maildir, 10, arena, &entries, &count, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "cannot read the folder new (was it moved?)"));
	assert_int_equal(count, 77);
}

#ifdef ASSENT_FAULTS
static void
a_failing_move_leaves_the_mail_in_new(void **state)
{
	struct maildir_entry *entries;
	struct err err = { 0 };
	size_t count;

	(void)state;
	deliver("1795.a", "x");
	entries = list(10, &count);
	fault_arm("maildir.settle", 1);
	assert_int_equal(maildir_settle(maildir, entries, &err), ERR_IO);
	fault_arm("maildir.settle", 0);
	assert_true(is_there("new", "1795.a"));
	assert_int_equal(maildir_settle(maildir, entries, &err), 0);
}
#endif

#define with_box(f) cmocka_unit_test_setup_teardown(f, open_box, close_box)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_box(a_mail_is_listed_read_and_settled),
		with_box(the_oldest_names_come_first_and_no_more_than_asked),
		with_box(a_crash_before_settling_shows_the_mail_again),
		with_box(what_is_no_mail_is_passed_over),
		with_box(a_link_in_a_mail_s_place_is_not_followed),
		with_box(odd_names_have_a_stable_printable_form),
		with_box(the_same_name_again_overwrites_nothing),
		with_box(an_oversized_mail_is_refused_and_stays),
		with_box(a_mail_that_went_away_is_not_found),
		with_box(an_unreadable_mail_is_named_and_stays),
		with_box(a_new_mail_makes_the_descriptor_readable),
		with_box(a_wrong_path_is_told_in_one_sentence),
		with_box(a_box_that_was_moved_away_is_told),
#ifdef ASSENT_FAULTS
		with_box(a_failing_move_leaves_the_mail_in_new),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
