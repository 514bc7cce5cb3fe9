#include <assent/base/log.h>
#include <assent/base/str.h>

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static int pipe_ends[2];
static int real_stderr;
static char said[16384];

/* From here to heard() standard error is a pipe. */
static void
listen_to_log(void)
{
	assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
	real_stderr = dup(STDERR_FILENO);
	assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
}

static const char *
heard(void)
{
	ssize_t n = read(pipe_ends[0], said, sizeof(said) - 1);

	said[n > 0 ? n : 0] = '\0';
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return said;
}

static const struct {
	const char *value, *shown;
} values[] = {
	{ "plain", "e k=plain\n" },
	{ "two words", "e k=\"two words\"\n" },
	{ "", "e k=\"\"\n" },
	{ "a=b", "e k=\"a=b\"\n" },
	{ "say \"no\"", "e k=\"say \\\"no\\\"\"\n" },
	{ "back\\slash", "e k=\"back\\\\slash\"\n" },
	{ "x\ndecision outcome=approved", "e k=\"x decision outcome=approved\"\n" },
	{ "\x1b[31mred\xff", "e k=[31mred\xef\xbf\xbd\n" },
	{ NULL, "e\n" },
};

static void
a_value_is_visible_and_cannot_start_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		listen_to_log();
		log_line(LOG_INFO, "e", "k", values[i].value, NULL);
		assert_string_equal(heard(), values[i].shown);
	}
}

static void
a_line_has_the_event_and_its_pairs(void **state)
{
	(void)state;
	listen_to_log();
	log_line(
	    LOG_NOTICE, "decision", "approval", "A1", "nobody", NULL, "outcome", "approved", NULL);
	assert_string_equal(heard(), "decision approval=A1 outcome=approved\n");
}

static void
a_long_value_is_clipped_and_the_line_still_ends(void **state)
{
	char big[9000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	listen_to_log();
	log_line(LOG_INFO, "e", "a", big, "b", "seen", NULL);
	assert_non_null(strstr(heard(), "\xe2\x80\xa6 b=seen\n"));
	listen_to_log();
	log_line(LOG_INFO, "e", "a", big, "b", big, "c", big, "d", big, "e", big, "f", big, "g",
	    big, "h", big, "i", big, NULL);
	heard();
	assert_true(strlen(said) < 4200);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void
what_is_below_the_level_is_not_said(void **state)
{
	(void)state;
	assert_int_equal(log_level_now(), LOG_INFO);
	listen_to_log();
	log_line(LOG_DEBUG, "quiet", NULL);
	log_set_level(LOG_WARN);
	log_line(LOG_NOTICE, "quiet", NULL);
	log_line(LOG_WARN, "loud", NULL);
	log_set_level(LOG_INFO);
	assert_string_equal(heard(), "loud\n");
}

static void
an_error_is_said_with_its_code(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_FULL, "cannot write /var/lib/x: No space left on device");
	listen_to_log();
	log_err(LOG_ERROR, "store", &err);
	assert_string_equal(heard(),
	    "store error=\"cannot write /var/lib/x: No space left on device\" code=full\n");
}

/* As systemd does for a service. */
static void
name_the_stream(void)
{
	char name[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
}

static int
journal_at(char path[100])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(path, 100, "/tmp/assent-journal-%ld", (long)getpid());
	memcpy(at.sun_path, path, strlen(path) + 1);
	unlink(path);
	assert_int_equal(bind(sock, (const struct sockaddr *)&at, sizeof(at)), 0);
	log_set_journal(path);
	return sock;
}

static const struct {
	const char *key, *value, *want;
} fields[] = {
	{ "outcome", "approved",
	    "ASSENTD_EVENT=decision\nASSENTD_OUTCOME=approved\nPRIORITY=5\n"
	    "SYSLOG_IDENTIFIER=test_log\nMESSAGE=decision outcome=approved\n" },
	{ "seconds-late", "a b",
	    "ASSENTD_EVENT=decision\nASSENTD_SECONDS_LATE=a b\nPRIORITY=5\n"
	    "SYSLOG_IDENTIFIER=test_log\nMESSAGE=decision seconds-late=\"a b\"\n" },
	{ "error", "no\nPRIORITY=0\nMESSAGE=all is well",
	    "ASSENTD_EVENT=decision\nASSENTD_ERROR=no PRIORITY=0 MESSAGE=all is well\n"
	    "PRIORITY=5\nSYSLOG_IDENTIFIER=test_log\n"
	    "MESSAGE=decision error=\"no PRIORITY=0 MESSAGE=all is well\"\n" },
	{ "error", NULL,
	    "ASSENTD_EVENT=decision\nPRIORITY=5\nSYSLOG_IDENTIFIER=test_log\n"
	    "MESSAGE=decision\n" },
};

static void
the_journal_gets_each_pair_as_a_field(void **state)
{
	char path[100], got[4096];
	int sock = journal_at(path);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		ssize_t n;

		listen_to_log();
		name_the_stream();
		log_line(LOG_NOTICE, "decision", fields[i].key, fields[i].value, NULL);
		assert_string_equal(heard(), "");
		n = recv(sock, got, sizeof(got) - 1, 0);
		assert_true(n > 0);
		got[n] = '\0';
		assert_string_equal(got, fields[i].want);
	}
	close(sock);
	unlink(path);
	unsetenv("JOURNAL_STREAM");
}

static void
without_the_journal_a_line_has_its_priority(void **state)
{
	static const struct {
		enum log_level level;
		const char *want;
	} levels[] = {
		{ LOG_INFO, "<6>e\n" },
		{ LOG_NOTICE, "<5>e\n" },
		{ LOG_WARN, "<4>e\n" },
		{ LOG_ERROR, "<3>e\n" },
	};
	(void)state;
	log_set_journal("/nonexistent/journal");
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		listen_to_log();
		name_the_stream();
		log_line(levels[i].level, "e", NULL);
		assert_string_equal(heard(), levels[i].want);
	}
	setenv("JOURNAL_STREAM", "1:1", 1);
	listen_to_log();
	log_line(LOG_INFO, "e", NULL);
	assert_string_equal(heard(), "e\n");
	unsetenv("JOURNAL_STREAM");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_visible_and_cannot_start_a_line),
		cmocka_unit_test(a_line_has_the_event_and_its_pairs),
		cmocka_unit_test(a_long_value_is_clipped_and_the_line_still_ends),
		cmocka_unit_test(what_is_below_the_level_is_not_said),
		cmocka_unit_test(an_error_is_said_with_its_code),
		cmocka_unit_test(the_journal_gets_each_pair_as_a_field),
		cmocka_unit_test(without_the_journal_a_line_has_its_priority),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
