#include "help_file.h"

#include <assent/base/fault.h>
#include <assent/base/file.h>
#include <assent/mail/outlet.h>

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define ROOM ((size_t)1 << 20)
#define BODY "Subject: hi\r\n\r\nthere\r\n"
#define TOP "Return-Path: <desk+b@brandt-it.example>\r\nDelivered-To: k@x.example\r\n"

static char base[64], box[80];
static struct outlet *outlet;

static int
open_box(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/assent-outlet-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(box, sizeof(box), "%s/mail/out", base);
	return outlet_maildir_new(box, &outlet, NULL);
}

static int
close_box(void **state)
{
	(void)state;
	outlet_free(outlet);
	outlet = NULL;
	return folder_remove(base);
}

static const char *
at(const char *folder, const char *name)
{
	static char path[2][500];
	static int turn;
	char *p = path[turn++ & 1];

	snprintf(p, sizeof(path[0]), "%s/%s/%s", box, folder, name);
	return p;
}

static int
count_in(const char *folder)
{
	DIR *d = opendir(at(folder, ""));
	const struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static struct outlet_mail
mail_of(const char *key, const char *bytes)
{
	return (struct outlet_mail){ key, "desk+b@brandt-it.example", "k@x.example", bytes,
		strlen(bytes), NULL, 0, NULL };
}

static int
send_mail(const char *key, const char *bytes, struct err *err)
{
	struct outlet_mail mail = mail_of(key, bytes);

	return outlet->ops->send(outlet, &mail, err);
}

static void
assert_file(const char *folder, const char *name, const char *want)
{
	AUTO(str_donep) struct str bytes = STR_INIT(ROOM);
	struct err err = { 0 };

	if (file_read(at(folder, name), &bytes, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&bytes), want);
}

static void
a_mail_lies_in_new_under_its_key(void **state)
{
	struct stat st;

	(void)state;
	assert_string_equal(outlet->ops->name, "maildir");
	assert_int_equal(send_mail("019a9c4e-7d21", BODY, NULL), 0);
	assert_file("new", "019a9c4e-7d21", TOP BODY);
	assert_int_equal(stat(at("new", "019a9c4e-7d21"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(count_in("tmp"), 0);
}

static void
what_a_killed_try_left_in_tmp_goes_and_nothing_else(void **state)
{
	static const char *const names[] = { "019a9c4e-7d21-7000-8000-0123456789ab.4711",
		"019a9c4e-7d21-7000-8000-0123456789ab.4711x",
		"019a9c4e-7d21-7000-8000-0123456789ab.", "019a9c4e-7d21-7000-8000-0123456789ab",
		"1700000000.M1P2.host" };
	struct outlet *again;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(file_write(at("tmp", names[i]), "x", 1, 0600, NULL), 0);
	assert_int_equal(outlet_maildir_new(box, &again, NULL), 0);
	outlet_free(again);
	assert_int_equal(access(at("tmp", names[0]), F_OK), -1);
	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		assert_int_equal(access(at("tmp", names[i]), F_OK), 0);
}

static void
a_repeat_with_the_same_key_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(send_mail("key", BODY, NULL), 0);
	assert_int_equal(send_mail("key", "Subject: other\r\n\r\n", NULL), 0);
	assert_file("new", "key", TOP BODY);
	assert_int_equal(count_in("new"), 1);
	assert_int_equal(count_in("tmp"), 0);
}

static void
a_repeat_after_somebody_read_the_mail_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(send_mail("key", BODY, NULL), 0);
	assert_int_equal(rename(at("new", "key"), at("cur", "key:2,S")), 0);
	assert_int_equal(send_mail("key", BODY, NULL), 0);
	assert_int_equal(count_in("new"), 0);
}

static void
a_key_that_makes_no_file_name_is_hashed(void **state)
{
	static const char *const keys[] = { "../../etc/cron.d/x", ".hidden", "a/b", "a:b", "a\nb",
		"", "ä",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		assert_int_equal(send_mail(keys[i], BODY, NULL), 0);
		assert_int_equal(send_mail(keys[i], BODY, NULL), 0);
		assert_int_equal(count_in("new"), i + 1);
	}
	assert_int_equal(count_in("tmp"), 0);
}

static void
an_envelope_that_is_no_address_is_refused_for_good(void **state)
{
	/* clang-format off */
	static const struct {
		const char *from, *to;
		int want;
	} cases[] = {
		{ "",				"k@x.example",			0 },
		{ "a@b.example",		"k@x.example\r\nX: y",		ERR_INVALID },
		{ "a@b.example",		"",				ERR_INVALID },
		{ "a@b.example> SIZE=1",	"k@x.example",			ERR_INVALID },
		{ "a\n@b.example",		"k@x.example",			ERR_INVALID },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outlet_mail mail = { "key", cases[i].from, cases[i].to, BODY, strlen(BODY),
			NULL, 0, NULL };
		struct err err = { 0 };

		assert_int_equal(outlet->ops->send(outlet, &mail, &err), cases[i].want);
		assert_int_equal(count_in("new"), 1);
	}
	assert_file("new", "key", "Return-Path: <>\r\nDelivered-To: k@x.example\r\n" BODY);
}

/* RLIMIT_FSIZE stands in for a full disk: write() fails half-way. */
static void
a_full_disk_is_told_and_leaves_no_half_mail(void **state)
{
	static char big[200 * 1024];
	struct rlimit before, small;
	struct err err = { 0 };
	int rc;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 64 * 1024;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = send_mail("key", big, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, ERR_FULL);
	assert_non_null(strstr(err.text, "no room for the mail (free some space)"));
	assert_non_null(strstr(err.text, box));
	assert_int_equal(count_in("new"), 0);
	assert_int_equal(count_in("tmp"), 0);
	assert_int_equal(send_mail("key", big, &err), 0);
	assert_int_equal(count_in("new"), 1);
}

static void
a_folder_that_may_not_be_written_is_told(void **state)
{
	struct err err = { 0 };
	uid_t me = geteuid();
	int rc;

	(void)state;
	assert_int_equal(chmod(at("tmp", ""), 0555), 0);
	if (me == 0) { /* root writes everywhere: be nobody for the moment */
		assert_int_equal(chmod(base, 0755), 0);
		assert_int_equal(chmod(at("..", ""), 0755), 0);
		assert_int_equal(chmod(box, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	rc = send_mail("key", BODY, &err);
	if (me == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(at("tmp", ""), 0700), 0);
	assert_int_equal(rc, ERR_DENIED);
	assert_non_null(
	    strstr(err.text, "cannot write there (its owner must be the daemon's user)"));
	assert_int_equal(send_mail("key", BODY, &err), 0);
}

static void
a_folder_that_went_away_is_a_fault_for_now(void **state)
{
	struct err err = { 0 };
	char elsewhere[100];

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "%s/moved", base);
	assert_int_equal(rename(box, elsewhere), 0);
	assert_true(err_is_temporary(send_mail("key", BODY, &err)));
	assert_non_null(strstr(err.text, box));
	assert_int_equal(rename(elsewhere, box), 0);
	assert_int_equal(send_mail("key", BODY, &err), 0);
}

static void
a_file_in_the_way_is_told_at_start(void **state)
{
	struct outlet *other = NULL;
	struct err err = { 0 };
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/file", base);
	assert_int_equal(file_write(path, "x", 1, 0600, &err), 0);
	assert_true(outlet_maildir_new(path, &other, &err) < 0);
	assert_non_null(strstr(err.text, "is in the way: it is not a folder"));
	assert_null(other);
}

#ifdef ASSENT_FAULTS
static void
no_mail_is_half_there_when_writing_fails(void **state)
{
	struct err err = { 0 };

	(void)state;
	fault_arm("outlet.write", 1);
	assert_int_equal(send_mail("key", BODY, &err), ERR_FULL);
	fault_arm("outlet.write", 0);
	assert_int_equal(count_in("new"), 0);
	assert_int_equal(count_in("tmp"), 0);
}

/* The folder may be lost in a power cut: told as a failure, taken back, and sent again. */
static void
what_may_be_lost_is_taken_back_and_sent_again(void **state)
{
	struct err err = { 0 };

	(void)state;
	fault_arm("folder.sync", 1);
	assert_true(err_is_temporary(send_mail("key", BODY, &err)));
	fault_arm("folder.sync", 0);
	assert_int_equal(count_in("new"), 0);
	assert_int_equal(send_mail("key", BODY, &err), 0);
	assert_int_equal(count_in("new"), 1);
}
#endif

/* --- memory ---------------------------------------------------------------------- */

static void
memory_keeps_what_was_sent(void **state)
{
	AUTO(outlet_freep) struct outlet *memory = outlet_memory_new();
	char key[] = "key", bytes[] = BODY;
	struct outlet_mail mail = mail_of(key, bytes);
	const struct outlet_mail *kept;

	(void)state;
	assert_int_equal(outlet_memory_count(memory), 0);
	assert_null(outlet_memory_at(memory, 0));
	assert_int_equal(memory->ops->send(memory, &mail, NULL), 0);
	memset(key, 'x', 3);
	memset(bytes, 'x', 3);
	kept = outlet_memory_at(memory, 0);
	assert_string_equal(kept->key, "key");
	assert_string_equal(kept->to, "k@x.example");
	assert_string_equal(kept->bytes, BODY);
	assert_int_equal(kept->size, strlen(BODY));
	for (int i = 0; i < 100; i++)
		assert_int_equal(memory->ops->send(memory, &mail, NULL), 0);
	assert_int_equal(outlet_memory_count(memory), 101);
	assert_ptr_equal(outlet_memory_at(memory, 0), kept); /* stays where it is */
}

static void
memory_fails_once_when_told(void **state)
{
	AUTO(outlet_freep) struct outlet *memory = outlet_memory_new();
	struct outlet_mail mail = mail_of("key", BODY);
	struct err err = { 0 };

	(void)state;
	outlet_memory_fail_next(memory, ERR_PEER);
	assert_int_equal(memory->ops->send(memory, &mail, &err), ERR_PEER);
	assert_int_equal(outlet_memory_count(memory), 0);
	assert_int_equal(memory->ops->send(memory, &mail, &err), 0);
	assert_int_equal(outlet_memory_count(memory), 1);
}

static void *
send_often(void *arg)
{
	struct outlet *memory = arg;
	struct outlet_mail mail = mail_of("key", BODY);

	for (int i = 0; i < 250; i++)
		if (memory->ops->send(memory, &mail, NULL) < 0)
			return arg;
	return NULL;
}

static void
memory_is_safe_for_threads(void **state)
{
	AUTO(outlet_freep) struct outlet *memory = outlet_memory_new();
	pthread_t threads[4];
	void *failed;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_often, memory), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(outlet_memory_count(memory), 1000);
}

#define with_box(f) cmocka_unit_test_setup_teardown(f, open_box, close_box)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_box(a_mail_lies_in_new_under_its_key),
		with_box(what_a_killed_try_left_in_tmp_goes_and_nothing_else),
		with_box(a_repeat_with_the_same_key_changes_nothing),
		with_box(a_repeat_after_somebody_read_the_mail_changes_nothing),
		with_box(a_key_that_makes_no_file_name_is_hashed),
		with_box(an_envelope_that_is_no_address_is_refused_for_good),
		with_box(a_full_disk_is_told_and_leaves_no_half_mail),
		with_box(a_folder_that_may_not_be_written_is_told),
		with_box(a_folder_that_went_away_is_a_fault_for_now),
		with_box(a_file_in_the_way_is_told_at_start),
#ifdef ASSENT_FAULTS
		with_box(no_mail_is_half_there_when_writing_fails),
		with_box(what_may_be_lost_is_taken_back_and_sent_again),
#endif
		cmocka_unit_test(memory_keeps_what_was_sent),
		cmocka_unit_test(memory_fails_once_when_told),
		cmocka_unit_test(memory_is_safe_for_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
