/* The pool and the jail: what a mail can do to its reader, and to nobody else. */
#include "help_mail.h"

#include <assent/base/file.h>
#include <assent/base/metric.h>
#include <assent/base/num.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENT (60 * MS_SECOND)
#define LARGE ((size_t)20 << 20)

static const char small[] = "From: anna@example.com\r\nSubject: small\r\n\r\nApproved\r\n";

static int
parse(struct parser *parser, const struct str *raw, struct arena *arena, struct letter **out)
{
	struct err err = { 0 };
	int rc = parser_letter(parser, str_text(raw), raw->len, arena, out, &err);

	if (rc < 0)
		assert_true(strlen(err.text) > 10);
	return rc;
}

static void
assert_works(struct parser *parser)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *letter;
	struct err err = { 0 };

	if (parser_letter(parser, small, strlen(small), arena, &letter, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(letter->reply, "Approved");
}

/* A mail that does its worst is lost alone, and is counted. */
static void
assert_survives(const char *header, span_ms deadline)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, deadline);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str raw = STR_INIT(4096);
	int64_t before = metric_value(METRIC_PARSER_DEATHS);
	struct letter *letter = NULL;

	str_addf(&raw, "%s\r\n%s", header, small);
	assert_works(parser);
	assert_int_equal(parse(parser, &raw, arena, &letter), ERR_PEER);
	assert_null(letter);
	assert_int_equal(metric_value(METRIC_PARSER_DEATHS), before + 1);
	assert_works(parser);
}

static void
need_faults(void)
{
#ifndef ASSENT_FAULTS
	print_message("left out: this build obeys no X-Assentd-Test\n");
	skip();
#endif
}

static void
a_mail_that_crashes_its_reader_is_lost_alone(void **state)
{
	(void)state;
	need_faults();
	assert_survives("X-Assentd-Test: crash", PATIENT);
}

static void
a_mail_that_wants_to_run_a_program_is_stopped(void **state)
{
	(void)state;
	need_faults();
	assert_survives("X-Assentd-Test: exec", PATIENT);
}

static void
a_mail_that_wants_the_network_is_stopped(void **state)
{
	(void)state;
	need_faults();
	assert_survives("X-Assentd-Test: net", PATIENT);
}

static void
a_mail_that_wants_to_signal_us_is_stopped(void **state)
{
	(void)state;
	need_faults();
	assert_survives("X-Assentd-Test: kill", PATIENT);
}

static void
a_mail_that_wants_a_file_gets_none(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str raw = STR_INIT(4096);
	struct letter *letter = NULL;

	(void)state;
	need_faults();
	str_addf(&raw, "X-Assentd-Test: file\r\n%s", small);
	/* It would abort if it got one. */
	assert_int_equal(parse(parser, &raw, arena, &letter), 0);
}

static void
a_mail_that_never_ends_is_given_up(void **state)
{
	(void)state;
	need_faults();
	assert_survives("X-Assentd-Test: hang", 300);
}

/* A test has one child: the parser of its one pool. */
static pid_t
first_child(void)
{
	char path[64];
	FILE *f;
	long pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	return (pid_t)pid;
}

static void
a_child_killed_while_idle_is_replaced(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	pid_t pid;

	(void)state;
	assert_works(parser);
	pid = first_child();
	kill(pid, SIGKILL);
	/* Wait, without reaping, until its socket is closed as well. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_works(parser);
	assert_int_not_equal(first_child(), pid);
}

static void
count_descriptors(pid_t pid, char *out, size_t room)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	dir = opendir(path);
	out[0] = '\0';
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && n + 1 < room)
			out[n++] = entry->d_name[0];
	out[n] = '\0';
	closedir(dir);
}

static void
a_child_holds_nothing_of_ours(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(str_donep) struct str status = STR_INIT(64 * 1024);
	char fds[64], path[64];
	struct err err;

	(void)state;
	assert_works(parser);
	count_descriptors(first_child(), fds, sizeof(fds));
	/* Root sees them; others are kept out by PR_SET_DUMPABLE. */
	if (*fds)
		assert_int_equal(strlen(fds), 4);
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)first_child());
	assert_int_equal(file_read(path, &status, &err), 0);
	assert_non_null(strstr(status.text, "Seccomp:\t2"));
	assert_non_null(strstr(status.text, "NoNewPrivs:\t1"));
}

struct worker {
	pthread_t thread;
	struct parser *parser;
	int bad;
};

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < 25; i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
		char raw[200];
		struct letter *letter;
		int n = snprintf(raw, sizeof(raw),
		    "From: a@b.test\r\nSubject: %p-%d\r\n\r\nhello %d", arg, i, i);
		char *subject = arena_printf(arena, "%p-%d", arg, i);

		if (parser_letter(w->parser, raw, (size_t)n, arena, &letter, NULL) < 0 ||
		    !text_is(letter->subject, subject))
			w->bad++;
	}
	return NULL;
}

static void
eight_threads_share_two_children(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(2, PATIENT);
	struct worker workers[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		workers[i] = (struct worker){ .parser = parser };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].bad, 0);
	}
	/* The threads that started the children are gone; the children are not. */
	assert_works(parser);
}

static int64_t
peak_kib(pid_t pid, const char *name)
{
	AUTO(str_donep) struct str status = STR_INIT(64 * 1024);
	char path[64], digits[32] = "";
	const char *at;
	struct err err;
	int64_t value = 0;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	assert_int_equal(file_read(path, &status, &err), 0);
	at = strstr(str_text(&status), name);
	assert_non_null(at);
	at += strlen(name) + strspn(at + strlen(name), ": \t");
	memcpy(digits, at, strspn(at, "0123456789"));
	assert_true(num_parse(digits, &value));
	return value;
}

static void
add_base64_file(struct str *out, size_t n)
{
	static const char line[] =
	    "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n";

	for (size_t i = 0; i < n; i += sizeof(line) - 1)
		str_add(out, line);
}

static void
a_large_attachment_costs_no_more_than_itself(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str raw = STR_INIT(LETTER_RAW_MAX);
	struct letter *letter;
	int64_t before;

	(void)state;
	assert_works(parser);
	before = peak_kib(first_child(), "VmHWM");
	str_add(&raw,
	    "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"
	    "See the file.\r\n--x\r\nContent-Type: application/pdf; name=big.pdf\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	add_base64_file(&raw, LARGE);
	str_add(&raw, "--x--\r\n");
	assert_int_equal(parse(parser, &raw, arena, &letter), 0);
	assert_string_equal(letter->reply, "See the file.");
	assert_int_equal(letter->attachment_count, 1);
	assert_true(letter->attachments[0].size > (int64_t)LARGE / 4 * 3 - 2000000);
#ifndef ASSENT_SANITIZED
	assert_true(
	    peak_kib(first_child(), "VmHWM") - before < (int64_t)(raw.len >> 10) + 8 * 1024);
#else
	(void)before;
#endif
}

/* The bombs end with an answer or a refusal, never with a dead child. */
static void
assert_defused(const struct str *raw, bool truncated)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	int64_t before = metric_value(METRIC_PARSER_DEATHS);
	struct letter *letter = NULL;
	int rc;

	assert_false(str_overflowed(raw));
	rc = parse(parser, raw, arena, &letter);
	assert_int_equal(metric_value(METRIC_PARSER_DEATHS), before);
	if (rc == 0)
		assert_int_equal(letter->truncated, truncated);
	else
		assert_int_equal(rc, ERR_LIMIT);
}

static void
parts_nested_a_thousand_deep_are_cut(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);

	(void)state;
	str_add(&raw, "From: a@b.test\r\n");
	for (int i = 0; i < 1000; i++)
		str_addf(
		    &raw, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	str_add(&raw, "\r\nApproved\r\n");
	assert_defused(&raw, true);
}

static void
mails_nested_a_thousand_deep_are_one_attachment(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);

	(void)state;
	for (int i = 0; i < 1000; i++)
		str_add(&raw, "Content-Type: message/rfc822\r\n\r\n");
	str_add(&raw, "Subject: x\r\n\r\nApproved\r\n");
	assert_defused(&raw, false);
}

static void
ten_thousand_parts_are_cut(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);

	(void)state;
	str_add(&raw, "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (int i = 0; i < 10000; i++)
		str_add(&raw, "--b\r\n\r\nx\r\n");
	assert_defused(&raw, true);
}

static void
thousands_of_addresses_and_ids_are_cut(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);

	(void)state;
	str_add(&raw, "From: a@b.test\r\nTo: ");
	for (int i = 0; i < 5000; i++)
		str_addf(&raw, "a%d@example.com,\r\n ", i);
	str_add(&raw, "z@example.com\r\nReferences:");
	for (int i = 0; i < 5000; i++)
		str_addf(&raw, " <%d@example.com>\r\n", i);
	str_add(&raw, "\r\nx");
	assert_defused(&raw, true);
}

static void
a_header_without_end_is_refused(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);

	(void)state;
	while (raw.len < (size_t)3 << 20)
		str_add(&raw, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
	assert_defused(&raw, false);
}

static void
what_is_no_mail_is_said_to_be_none(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *letter;
	struct err err;

	(void)state;
	assert_int_equal(parser_letter(parser, "", 0, arena, &letter, &err), ERR_INVALID);
	assert_int_equal(parser_letter(parser, "\0\1\2", 3, arena, &letter, &err), ERR_INVALID);
	assert_int_equal(parser_letter(parser, "hello\n", 6, arena, &letter, &err), ERR_INVALID);
	assert_string_equal(err.text, "these bytes do not begin with a mail's header");
	assert_works(parser);
}

static void
a_program_that_is_not_there_is_said_to_be_missing(void **state)
{
	struct parser_options options = { .program = "/nowhere/assent-parser", .children = 1 };
	struct parser *parser = NULL;
	struct err err;

	(void)state;
	assert_int_equal(parser_new(&options, &parser, &err), ERR_NOT_FOUND);
	assert_null(parser);
}

static void
a_program_that_is_another_does_not_start(void **state)
{
	struct parser_options options = { .program = "/bin/true", .children = 1, .deadline = 1000 };
	AUTO(parser_freep) struct parser *parser = NULL;
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *letter;
	struct err err;

	(void)state;
	assert_int_equal(parser_new(&options, &parser, &err), 0);
	assert_int_equal(parser_letter(parser, small, strlen(small), arena, &letter, &err), ERR_IO);
	assert_non_null(strstr(err.text, "/bin/true did not start"));
}

static void
our_marker_cuts_the_reply(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct err err = { 0 };
	char *words = NULL;

	(void)state;
	assert_int_equal(
	    parser_extract(parser, "Approved\n\n--- Please reply above this line ---\nold words\n",
		arena, &words, &err),
	    0);
	assert_string_equal(words, "Approved");
}

static void
a_reply_is_read_as_a_decision(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct intent intent;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(parser_decide(parser, &(struct intent_ask){ "Approved\n", 1, "" }, arena,
			     &intent, &err),
	    0);
	assert_int_equal(intent.count, 1);
	assert_int_equal(intent.items[0].verdict, VERDICT_APPROVE);
	assert_int_equal(
	    parser_decide(parser, &(struct intent_ask){ "Hm.\n", 2, "" }, arena, &intent, &err), 0);
	assert_int_equal(intent.items[1].verdict, VERDICT_UNCLEAR);
	assert_int_equal(
	    parser_decide(parser, &(struct intent_ask){ "x", 0, "" }, arena, &intent, &err),
	    ERR_LIMIT);
	assert_int_equal(
	    parser_decide(parser, &(struct intent_ask){ "x", INTENT_ITEMS_MAX + 1, "" }, arena,
		&intent, &err),
	    ERR_LIMIT);
}

static void
html_is_read_as_text(void **state)
{
	static const char html[] = "<p>One &amp; <b>two</b></p><p hidden>three</p>";
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct err err = { 0 };
	char *text = NULL;

	(void)state;
	assert_int_equal(parser_html(parser, html, strlen(html), arena, &text, &err), 0);
	assert_string_equal(text, "One & two\n");
	assert_int_equal(parser_html(parser, "", 0, arena, &text, &err), 0);
	assert_string_equal(text, "");
}

static int
parse_file(struct parser *parser, const char *path)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str raw = STR_INIT(LETTER_RAW_MAX);
	struct letter *letter;
	struct err err = { 0 };

	assert_int_equal(file_read(path, &raw, &err), 0);
	if (parser_letter(parser, str_text(&raw), raw.len, arena, &letter, &err) == ERR_PEER)
		fail_msg("%s: %s", path, err.text);
	return 1;
}

/* Every .eml below folder; how many there were. */
static int
parse_folder(struct parser *parser, const char *folder)
{
	struct dirent *entry;
	int n = 0;
	DIR *dir = opendir(folder);

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		AUTO(str_donep) struct str path = STR_INIT(4096);
		struct stat st;

		str_addf(&path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || stat(str_text(&path), &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			n += parse_folder(parser, str_text(&path));
		else if (text_ends_nocase(entry->d_name, ".eml"))
			n += parse_file(parser, str_text(&path));
	}
	closedir(dir);
	return n;
}

static void
the_collected_mails_kill_no_child(void **state)
{
	AUTO(parser_freep) struct parser *parser = help_parser(1, PATIENT);
	AUTO(str_donep) struct str folder = STR_INIT(4096);
	const char *shared = getenv("SHARED");
	int64_t before = metric_value(METRIC_PARSER_DEATHS);
	int n;

	(void)state;
	str_addf(&folder, "%s/corpus/mime", shared ? shared : "../shared");
	n = parse_folder(parser, str_text(&folder));
	if (n == 0) {
		print_message("left out: no collected mails below %s\n", str_text(&folder));
		return;
	}
	print_message("%d collected mails were read\n", n);
	assert_int_equal(metric_value(METRIC_PARSER_DEATHS), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_that_crashes_its_reader_is_lost_alone),
		cmocka_unit_test(a_mail_that_wants_to_run_a_program_is_stopped),
		cmocka_unit_test(a_mail_that_wants_the_network_is_stopped),
		cmocka_unit_test(a_mail_that_wants_to_signal_us_is_stopped),
		cmocka_unit_test(a_mail_that_wants_a_file_gets_none),
		cmocka_unit_test(a_mail_that_never_ends_is_given_up),
		cmocka_unit_test(a_child_killed_while_idle_is_replaced),
		cmocka_unit_test(a_child_holds_nothing_of_ours),
		cmocka_unit_test(eight_threads_share_two_children),
		cmocka_unit_test(a_large_attachment_costs_no_more_than_itself),
		cmocka_unit_test(parts_nested_a_thousand_deep_are_cut),
		cmocka_unit_test(mails_nested_a_thousand_deep_are_one_attachment),
		cmocka_unit_test(ten_thousand_parts_are_cut),
		cmocka_unit_test(thousands_of_addresses_and_ids_are_cut),
		cmocka_unit_test(a_header_without_end_is_refused),
		cmocka_unit_test(what_is_no_mail_is_said_to_be_none),
		cmocka_unit_test(a_program_that_is_not_there_is_said_to_be_missing),
		cmocka_unit_test(a_program_that_is_another_does_not_start),
		cmocka_unit_test(our_marker_cuts_the_reply),
		cmocka_unit_test(a_reply_is_read_as_a_decision),
		cmocka_unit_test(html_is_read_as_text),
		cmocka_unit_test(the_collected_mails_kill_no_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
