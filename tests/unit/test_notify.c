#include "daemon/daemon_priv.h"

#include <assent/base/attr.h>
#include <assent/base/log.h>

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

/* A manager that listens at name ("@…" is abstract) and is named in the environment. */
static int
listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	size_t n = strlen(name);

	assert_true(sock >= 0 && n < sizeof(address.sun_path));
	memcpy(address.sun_path, name, n);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(sock, (const struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	return sock;
}

static void
assert_heard(int sock, const char *want)
{
	char text[100] = "";
	ssize_t n = recv(sock, text, sizeof(text) - 1, 0);

	assert_int_equal(n, strlen(want));
	assert_string_equal(text, want);
	close(sock);
}

static void
the_manager_hears_at_a_path(void **state)
{
	char path[100];
	int sock;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/assent-notify-%ld", (long)getpid());
	sock = listen_at(path);
	notify_manager("READY=1");
	unlink(path);
	assert_heard(sock, "READY=1");
}

static void
the_manager_hears_in_the_abstract_name_space(void **state)
{
	char name[100];
	int sock;

	(void)state;
	snprintf(name, sizeof(name), "@assent-notify-%ld", (long)getpid());
	sock = listen_at(name);
	notify_manager("STOPPING=1");
	assert_heard(sock, "STOPPING=1");
}

static void
without_a_manager_nothing_happens(void **state)
{
	static const char *const names[] = { "", "/", "relative", "/tmp/nobody-listens-here" };

	(void)state;
	log_set_level((enum log_level)(LOG_ERROR + 1));
	unsetenv("NOTIFY_SOCKET");
	notify_manager("READY=1");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_manager("READY=1");
	}
	unsetenv("NOTIFY_SOCKET");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_hears_at_a_path),
		cmocka_unit_test(the_manager_hears_in_the_abstract_name_space),
		cmocka_unit_test(without_a_manager_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
