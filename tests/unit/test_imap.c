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

/* --- the child ------------------------------------------------------------------ */

static struct str heard = { .ceiling = 1 << 20 }, said = { .ceiling = 1 << 20 };
static struct frame question;

static void
answer(enum imap_frame kind)
{
	struct err err;

	if (frame_send(SOCK, (uint8_t)kind, str_text(&said), said.len, -1, -1, &err) < 0)
		_exit(9);
	str_clear(&said);
}

static void
next_question(void)
{
	struct err err;

	if (frame_receive(SOCK, &heard, &question, NULL, -1, &err) < 0 || question.kind == IMAP_END)
		_exit(0);
}

static void
say_ints(const int64_t *ints, size_t count)
{
	for (size_t i = 0; i < count; i++)
		field_add_int(&said, ints[i]);
}

#define SAY(...) \
	say_ints((const int64_t[]){ __VA_ARGS__ }, \
	    sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static void
say_opened(void)
{
	SAY(1700, 42, 1, 0);
	field_add_text(&said, "IMAP4rev1 IDLE");
	answer(IMAP_OPENED);
}

static void
say_mail(int64_t uid, const char *text)
{
	field_add_int(&said, uid);
	field_add_text(&said, text);
	answer(IMAP_MAIL);
}

static void
say_failed(enum imap_stage stage, enum err_code code, bool is_final)
{
	SAY(stage, code, is_final);
	field_add_text(&said, "the server does not like us");
	answer(IMAP_FAILED);
}

static void
die(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	_exit(1);
}

static void
hang(void)
{
	for (;;)
		pause();
}

static void
opened_and_asked(void)
{
	next_question();
	say_opened();
	next_question();
}

static void
good(void)
{
	for (;;) {
		next_question();
		switch (question.kind) {
		case IMAP_OPEN:
			say_opened();
			break;
		case IMAP_LIST:
			SAY(43, 0, 2, 7, 500, 1000, 41, 900, 2000);
			answer(IMAP_LISTED);
			break;
		case IMAP_FETCH:
			say_mail(7, "seven");
			say_mail(41, "forty-one");
			answer(IMAP_OK);
			break;
		case IMAP_AFTER:
			answer(IMAP_OK);
			break;
		case IMAP_WAIT:
			SAY(1);
			answer(IMAP_NEWS);
			break;
		default:
			_exit(8);
		}
	}
}

static void
echo(void)
{
	struct field_reader r;
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 16);

	next_question();
	field_reader_init(&r, question.payload, question.len);
	if (!text_is(field_take_text(&r, arena, 300), "mail.brightdesk.example") ||
	    field_take_int(&r, 0, 65535) != 993 || field_take_int(&r, 0, 9) != TLS_STARTTLS ||
	    field_take_int(&r, 0, 9) != AUTH_XOAUTH2 ||
	    !text_is(field_take_text(&r, arena, 300), "desk") ||
	    !text_is(field_take_text(&r, arena, 300), "secret") ||
	    !text_is(field_take_text(&r, arena, 300), "/ca.pem") ||
	    !text_is(field_take_text(&r, arena, 300), "INBOX") ||
	    field_take_int(&r, 0, 99999) != 30000 || field_take_int(&r, 0, 1000000) != MAX_SIZE ||
	    !field_is_end(&r))
		_exit(7);
	say_opened();
	next_question();
}

static void
dies_at_once(void)
{
	die();
}

static void
dies_at_open(void)
{
	next_question();
	die();
}

static void
dies_in_mid_letter(void)
{
	opened_and_asked();
	say_mail(7, "seven");
	if (write(SOCK, "\0\0\1\0\102", 5) != 5)
		_exit(6);
	die();
}

static void
leaves(void)
{
	opened_and_asked();
	_exit(3);
}

static void
hangs_at_open(void)
{
	next_question();
	hang();
}

static void
hangs_after_a_letter(void)
{
	opened_and_asked();
	say_mail(7, "seven");
	hang();
}

static void
refuses(void)
{
	next_question();
	say_failed(IMAP_AT_LOGIN, ERR_DENIED, true);
	next_question();
	say_opened();
	hang();
}

static void
sends_a_stranger(void)
{
	opened_and_asked();
	say_mail(8, "eight");
	hang();
}

static void
sends_twice(void)
{
	opened_and_asked();
	say_mail(7, "seven");
	say_mail(7, "seven");
	hang();
}

static void
sends_backwards(void)
{
	opened_and_asked();
	say_mail(41, "forty-one");
	say_mail(7, "seven");
	hang();
}

static void
omits(void)
{
	opened_and_asked();
	say_mail(41, "forty-one");
	answer(IMAP_OK);
	hang();
}

static void
sends_too_much(void)
{
	AUTO(mem_freep) char *text = mem_alloc(MAX_SIZE + (1 << 20));

	opened_and_asked();
	memset(text, 'x', MAX_SIZE + (1 << 20) - 1);
	said.ceiling = 4 << 20;
	say_mail(7, text);
	hang();
}

static void
fails_in_mid_fetch(void)
{
	opened_and_asked();
	say_mail(7, "seven");
	say_failed(IMAP_AT_FETCH, ERR_PEER, false);
	hang();
}

static void
lists_what_is_below(void)
{
	opened_and_asked();
	SAY(43, 0, 1, 4, 500, 1000);
	answer(IMAP_LISTED);
	hang();
}

static void
lists_downwards(void)
{
	opened_and_asked();
	SAY(43, 0, 2, 41, 500, 1000, 7, 500, 1000);
	answer(IMAP_LISTED);
	hang();
}

static void
lists_too_many(void)
{
	opened_and_asked();
	SAY(43, 0, 3, 7, 1, 1, 8, 1, 1, 9, 1, 1);
	answer(IMAP_LISTED);
	hang();
}

static void
lists_in_circles(void)
{
	opened_and_asked();
	SAY(5, 1, 0);
	answer(IMAP_LISTED);
	hang();
}

static void
lists_and_adds_something(void)
{
	opened_and_asked();
	SAY(43, 0, 1, 7, 500, 1000, 8);
	answer(IMAP_LISTED);
	hang();
}

static void
is_told_to_break(void)
{
	opened_and_asked();
	next_question();
	if (question.kind != IMAP_BREAK)
		_exit(5);
	SAY(0);
	answer(IMAP_NEWS);
	next_question();
}

static void
speaks_of_validity_zero(void)
{
	next_question();
	SAY(0, 42, 1, 0);
	field_add_text(&said, "");
	answer(IMAP_OPENED);
	hang();
}

/* clang-format off */
#define CHILDREN(X) \
	X(good) X(echo) X(dies_at_once) X(dies_at_open) X(dies_in_mid_letter) X(leaves) \
	X(hangs_at_open) X(hangs_after_a_letter) X(refuses) X(sends_a_stranger) X(sends_twice) \
	X(sends_backwards) X(omits) X(sends_too_much) X(fails_in_mid_fetch) \
	X(lists_what_is_below) X(lists_downwards) X(lists_too_many) X(lists_in_circles) \
	X(lists_and_adds_something) X(is_told_to_break) X(speaks_of_validity_zero)
/* clang-format on */

static const struct {
	const char *name;
	void (*be)(void);
} children[] = {
#define X(name) { "fake-" #name, name },
	CHILDREN(X)
#undef X
};

static void
be_a_child(const char *program)
{
	const char *name = strrchr(program, '/');

	for (size_t i = 0; name != NULL && i < ARRAY_LEN(children); i++)
		if (text_is(name + 1, children[i].name)) {
			children[i].be();
			_exit(0);
		}
}

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
