#include "daemon/daemon_priv.h"

#include <assent/base/attr.h>
#include <assent/base/log.h>
#include <assent/base/str.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT 10000 /* ms; for what must come */

/* A manager that wants a ping every usec. */
static int
manager(const char *usec)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), n;

	n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "assent-watchdog-%ld",
	    (long)getpid());
	assert_int_equal(bind(sock, (const struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)),
	    0);
	address.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", usec, 1);
	unsetenv("WATCHDOG_PID");
	return sock;
}

static void
hear(int sock, char text[200])
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	ssize_t n;

	assert_int_equal(poll(&p, 1, LIMIT), 1);
	n = recv(sock, text, 199, 0);
	assert_true(n > 0);
	text[n] = '\0';
}

static struct watchdog *
start(void)
{
	struct watchdog *watchdog = NULL;
	struct err err;

	assert_int_equal(watchdog_start(&watchdog, &err), 0);
	return watchdog;
}

static void
it_pings_while_all_move(void **state)
{
	int sock = manager("100000");
	struct watchdog *watchdog = start();
	char text[200];

	(void)state;
	for (int i = 0; i < 3; i++) {
		hear(sock, text);
		assert_string_equal(text, "WATCHDOG=1");
	}
	watchdog_stop(watchdog);
	close(sock);
}

/* Until a text that begins so; *pings counts the pings before it. */
static void
hear_until(int sock, const char *want, int *pings)
{
	char text[200];

	for (*pings = 0;; ++*pings) {
		hear(sock, text);
		if (text_starts(text, want))
			return;
		assert_string_equal(text, "WATCHDOG=1");
	}
}

static void
it_falls_silent_for_who_hangs_and_names_him(void **state)
{
	struct beat *beat = beat_new("lane outgoing");
	int sock = manager("100000"), pings;
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct watchdog *watchdog;

	(void)state;
	log_set_level((enum log_level)(LOG_ERROR + 1));
	beat_promise(beat, 1);
	watchdog = start();
	hear_until(sock, "STATUS=stuck: lane outgoing", &pings);
	assert_int_equal(poll(&p, 1, 300), 0);
	beat_promise(beat, MS_MINUTE);
	hear_until(sock, "WATCHDOG=1", &pings);
	assert_int_equal(pings, 0);
	watchdog_stop(watchdog);
	beat_free(beat);
	close(sock);
}

static void
nobody_asked_for_pings(void **state)
{
	static const struct {
		const char *usec, *pid;
	} cases[] = { { NULL, NULL }, { "", NULL }, { "0", NULL }, { "soon", NULL },
		{ "1000000", "1" }, { "1000000", "x" }, { "999", NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (cases[i].usec != NULL)
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		if (cases[i].pid != NULL)
			setenv("WATCHDOG_PID", cases[i].pid, 1);
		assert_int_equal(notify_watchdog(), 0);
		assert_null(start());
	}
	watchdog_stop(NULL);
}

static void
the_span_is_that_of_our_process(void **state)
{
	char pid[24];

	(void)state;
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog(), 30000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_pings_while_all_move),
		cmocka_unit_test(it_falls_silent_for_who_hangs_and_names_him),
		cmocka_unit_test(nobody_asked_for_pings),
		cmocka_unit_test(the_span_is_that_of_our_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
