/*
 * The child here is this program again, under a name that says how it behaves:
 * main() finds "fake-…" in argv[0] and speaks the frames of imap_wire.h.
 */
#include <assent/mail/imap.h>

#include <assent/base/frame.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define SOCK 3
#define MAX_SIZE 100000

#include "cases_imap_children.inc"

/* --- the daemon's side ---------------------------------------------------------- */

static char folder[256];
static struct imap *imap;
static struct arena *arena;
static int stop_fd;
static struct err err;

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/assent-imap-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	arena = arena_new(1 << 20);
	stop_fd = eventfd(0, EFD_CLOEXEC);
	imap = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	imap_free(imap);
	arena_free(arena);
	close(stop_fd);
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		char path[400];

		snprintf(path, sizeof(path), "%s/%s", folder, children[i].name);
		unlink(path);
	}
	rmdir(folder);
	assert_int_equal(metric_value(METRIC_MAILBOX_CHILDREN), 0);
	return 0;
}

static void
with_child(const char *name)
{
	char path[400], self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s/fake-%s", folder, name);
	assert_int_equal(symlink(self, path), 0);
	imap = imap_new(path, stop_fd);
}

static int
open_within(span_ms deadline, struct imap_opened *opened)
{
	const struct login login = { .host = "mail.brightdesk.example",
		.port = 993,
		.tls = TLS_STARTTLS,
		.auth = AUTH_XOAUTH2,
		.user = "desk",
		.ca_file = "/ca.pem" };
	const struct imap_account account = { &login, "secret", "INBOX", deadline, MAX_SIZE };

	return imap_open(imap, &account, opened, &err);
}

static void
opens(const char *child)
{
	struct imap_opened opened;

	with_child(child);
	if (open_within(30 * MS_SECOND, &opened) < 0)
		fail_msg("%s", err.text);
}

static const int64_t asked[] = { 7, 41 };

static int
note_mail(void *ctx, size_t which, const void *bytes, size_t n, struct err *unused)
{
	struct str *all = ctx;

	(void)unused;
	str_addf(all, "%zu=%.*s;", which, (int)n, (const char *)bytes);
	return 0;
}

static struct str mails;

static int
fetch(void)
{
	const struct imap_fetch ask = { IMAP_WHOLE, asked, 2, note_mail, &mails };

	str_done(&mails);
	mails = STR_INIT(1 << 20);
	return imap_fetch(imap, &ask, &err);
}

static void
said_so(const char *words)
{
	if (strstr(err.text, words) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, words);
}

/* --- tests ------------------------------------------------------------------------ */

static void
a_child_is_told_the_whole_account(void **state)
{
	(void)state;
	opens("echo");
}

static void
a_mailbox_is_opened_listed_fetched_settled_and_watched(void **state)
{
	struct imap_opened opened;
	struct imap_list list = { .first = 5, .most = 10 };
	const struct imap_settle settle = { IMAP_MOVE, "Done", asked, 2 };
	bool news = false;

	(void)state;
	with_child("good");
	assert_int_equal(open_within(30 * MS_SECOND, &opened), 0);
	assert_int_equal(opened.uidvalidity, 1700);
	assert_int_equal(opened.uidnext, 42);
	assert_true(opened.has_idle && !opened.has_move);
	assert_int_equal(imap_list(imap, &list, arena, &err), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.entries[1].uid, 41);
	assert_int_equal(list.entries[1].size, 900);
	assert_int_equal(list.entries[1].time, 2000);
	assert_int_equal(list.next, 43);
	assert_false(list.more);
	assert_int_equal(fetch(), 0);
	assert_string_equal(str_text(&mails), "0=seven;1=forty-one;");
	assert_int_equal(imap_after(imap, &settle, &err), 0);
	assert_int_equal(imap_wait(imap, MS_MINUTE, &news, &err), 0);
	assert_true(news);
}

static void
a_dead_child_is_named_with_what_it_was_doing(void **state)
{
	struct imap_opened opened;
	int64_t deaths = metric_value(METRIC_MAILBOX_DEATHS);

	(void)state;
	opens("dies_in_mid_letter");
	assert_int_equal(fetch(), ERR_PEER);
	assert_string_equal(
	    err.text, "the mailbox child died by signal 11 while fetching UIDs 7 to 41");
	assert_true(imap_trouble(imap).has_died);
	assert_int_equal(imap_pid(imap), 0);
	assert_string_equal(str_text(&mails), "0=seven;");
	assert_int_equal(metric_value(METRIC_MAILBOX_DEATHS), deaths + 1);
	/* The next question starts another one. */
	assert_int_equal(open_within(30 * MS_SECOND, &opened), 0);
	assert_int_not_equal(imap_pid(imap), 0);
}

static void
a_child_that_leaves_is_no_better(void **state)
{
	(void)state;
	opens("leaves");
	assert_int_equal(fetch(), ERR_PEER);
	said_so("ended with status 3 while fetching UIDs 7 to 41");
}

static void
a_child_that_dies_before_it_is_open_is_counted(void **state)
{
	static const char *const names[] = { "dies_at_once", "dies_at_open" };
	struct imap_opened opened;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		with_child(names[i]);
		assert_int_equal(open_within(30 * MS_SECOND, &opened), ERR_PEER);
		said_so("died by signal 11 while signing in");
		assert_true(imap_trouble(imap).has_died);
		imap_free(imap);
		imap = NULL;
	}
}

static void
a_hung_child_is_ended(void **state)
{
	struct imap_opened opened;

	(void)state;
	with_child("hangs_at_open");
	assert_int_equal(open_within(50, &opened), ERR_PEER);
	said_so("gave no answer");
	said_so("while signing in");
	assert_true(imap_trouble(imap).has_died);
	assert_int_equal(imap_pid(imap), 0);
}

static void
one_that_hangs_between_two_letters_is_ended_too(void **state)
{
	struct imap_opened opened;

	(void)state;
	with_child("hangs_after_a_letter");
	assert_int_equal(open_within(300, &opened), 0);
	assert_int_equal(fetch(), ERR_PEER);
	said_so("gave no answer");
	assert_string_equal(str_text(&mails), "0=seven;");
}

static void
a_refusal_is_the_servers_and_the_child_lives(void **state)
{
	struct imap_opened opened;
	struct imap_trouble trouble;
	int pid;

	(void)state;
	with_child("refuses");
	assert_int_equal(open_within(30 * MS_SECOND, &opened), ERR_DENIED);
	assert_string_equal(err.text, "the server does not like us");
	trouble = imap_trouble(imap);
	assert_true(trouble.is_final && !trouble.has_died && !trouble.is_stop);
	assert_int_equal(trouble.stage, IMAP_AT_LOGIN);
	pid = imap_pid(imap);
	assert_int_not_equal(pid, 0);
	assert_int_equal(open_within(30 * MS_SECOND, &opened), 0);
	assert_int_equal(imap_pid(imap), pid);
}

static void
a_fetch_that_fails_in_the_middle_is_no_death(void **state)
{
	(void)state;
	opens("fails_in_mid_fetch");
	assert_int_equal(fetch(), ERR_PEER);
	assert_false(imap_trouble(imap).has_died);
	assert_int_equal(imap_trouble(imap).stage, IMAP_AT_FETCH);
	assert_int_not_equal(imap_pid(imap), 0);
}

static void
a_letter_that_is_gone_is_just_not_given(void **state)
{
	(void)state;
	opens("omits");
	assert_int_equal(fetch(), 0);
	assert_string_equal(str_text(&mails), "1=forty-one;");
}

static void
letters_that_nobody_asked_for_are_not_believed(void **state)
{
	static const struct {
		const char *child, *words;
	} cases[] = {
		{ "sends_a_stranger", "UID 8, which nobody asked for" },
		{ "sends_twice", "UID 7, which nobody asked for" },
		{ "sends_backwards", "UID 7, which nobody asked for" },
		{ "sends_too_much", "while fetching UIDs 7 to 41" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		opens(cases[i].child);
		assert_int_equal(fetch(), ERR_PEER);
		said_so(cases[i].words);
		assert_true(imap_trouble(imap).has_died);
		assert_int_equal(imap_pid(imap), 0);
		imap_free(imap);
		imap = NULL;
	}
}

static void
lists_that_cannot_be_are_not_believed(void **state)
{
	static const char *const names[] = { "lists_what_is_below", "lists_downwards",
		"lists_too_many", "lists_in_circles", "lists_and_adds_something" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct imap_list list = { .first = 5, .most = 2 };

		opens(names[i]);
		assert_int_equal(imap_list(imap, &list, arena, &err), ERR_PEER);
		said_so("a list that cannot be");
		said_so("while listing from UID 5");
		assert_true(imap_trouble(imap).has_died);
		assert_null(list.entries);
		imap_free(imap);
		imap = NULL;
	}
}

static void
a_uidvalidity_of_zero_is_not_believed(void **state)
{
	struct imap_opened opened;

	(void)state;
	with_child("speaks_of_validity_zero");
	assert_int_equal(open_within(30 * MS_SECOND, &opened), ERR_PEER);
	said_so("a greeting that cannot be");
}

static int
refuse_mail(void *ctx, size_t which, const void *bytes, size_t n, struct err *e)
{
	(void)ctx;
	(void)which;
	(void)bytes;
	(void)n;
	return err_set(e, ERR_FULL, "no room");
}

static void
a_caller_that_gives_up_leaves_no_answers_behind(void **state)
{
	const struct imap_fetch ask = { IMAP_WHOLE, asked, 2, refuse_mail, NULL };
	struct imap_opened opened;

	(void)state;
	opens("good");
	assert_int_equal(imap_fetch(imap, &ask, &err), ERR_FULL);
	assert_false(imap_trouble(imap).has_died);
	assert_int_equal(imap_pid(imap), 0);
	assert_int_equal(open_within(30 * MS_SECOND, &opened), 0);
}

static void
stop(void)
{
	const uint64_t one = 1;

	assert_int_equal(write(stop_fd, &one, sizeof(one)), sizeof(one));
}

static void
a_stop_ends_a_call_at_once(void **state)
{
	struct imap_opened opened;

	(void)state;
	with_child("hangs_at_open");
	stop();
	assert_int_equal(open_within(30 * MS_SECOND, &opened), ERR_BUSY);
	assert_true(imap_trouble(imap).is_stop && !imap_trouble(imap).has_died);
}

static void
a_stop_ends_the_waiting_gently(void **state)
{
	bool news;

	(void)state;
	opens("is_told_to_break");
	stop();
	assert_int_equal(imap_wait(imap, MS_HOUR, &news, &err), ERR_BUSY);
	assert_true(imap_trouble(imap).is_stop);
	assert_int_not_equal(imap_pid(imap), 0);
}

static void
a_program_that_is_not_there_is_a_clear_error(void **state)
{
	struct imap_opened opened;

	(void)state;
	imap = imap_new("/nowhere/assent-mailbox", -1);
	assert_int_equal(open_within(30 * MS_SECOND, &opened), ERR_NOT_FOUND);
	said_so("cannot run /nowhere/assent-mailbox");
	assert_false(imap_trouble(imap).has_died);
}

#define IMAP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IMAP_TEST(a_child_is_told_the_whole_account),
		IMAP_TEST(a_mailbox_is_opened_listed_fetched_settled_and_watched),
		IMAP_TEST(a_dead_child_is_named_with_what_it_was_doing),
		IMAP_TEST(a_child_that_leaves_is_no_better),
		IMAP_TEST(a_child_that_dies_before_it_is_open_is_counted),
		IMAP_TEST(a_hung_child_is_ended),
		IMAP_TEST(one_that_hangs_between_two_letters_is_ended_too),
		IMAP_TEST(a_refusal_is_the_servers_and_the_child_lives),
		IMAP_TEST(a_fetch_that_fails_in_the_middle_is_no_death),
		IMAP_TEST(a_letter_that_is_gone_is_just_not_given),
		IMAP_TEST(letters_that_nobody_asked_for_are_not_believed),
		IMAP_TEST(lists_that_cannot_be_are_not_believed),
		IMAP_TEST(a_uidvalidity_of_zero_is_not_believed),
		IMAP_TEST(a_caller_that_gives_up_leaves_no_answers_behind),
		IMAP_TEST(a_stop_ends_a_call_at_once),
		IMAP_TEST(a_stop_ends_the_waiting_gently),
		IMAP_TEST(a_program_that_is_not_there_is_a_clear_error),
	};
	int rc;

	if (argc > 0)
		be_a_child(argv[0]);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	str_done(&mails);
	return rc;
}
