/*
 * activation: listening sockets that the service manager opened for us, as
 * sd_listen_fds_with_names(3) finds them; no library for 60 lines, which would
 * also be loaded by a daemon that must stay small.
 */
#include <assent/base/num.h>
#include <assent/base/str.h>

#include "daemon/daemon_priv.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 3 /* SD_LISTEN_FDS_START */

static bool
is_for_us(void)
{
	const char *pid = getenv("LISTEN_PID");
	int64_t whose;

	return pid != NULL && num_parse(pid, &whose) && whose == (int64_t)getpid();
}

/* Ours and no child's. */
static bool
is_listening(int fd)
{
	int listens = 0, on = 1, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(listens);

	/* Accepted sockets inherit it; a unix socket refuses, which is fine. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens;
}

static int
place(struct activation *out, int fd, const char *name, struct err *err)
{
	if (!is_listening(fd))
		return err_set(err, ERR_INVALID,
		    "the service manager handed over descriptor %d, which does not listen", fd);
	if (text_is(name, "control")) {
		if (out->control >= 0)
			return err_set(err, ERR_INVALID, "two sockets are called control");
		out->control = fd;
		return 0;
	}
	if (!text_is(name, "http"))
		return err_set(err, ERR_INVALID,
		    "a socket is called '%.60s'; FileDescriptorName= must be http or control",
		    name);
	out->http[out->http_count++] = fd;
	return 0;
}

static void
forget(void)
{
	/* Children must not take them for theirs. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

int
activation_take(struct activation *out, struct err *err)
{
	AUTO(mem_freep) char *names = mem_dup(getenv("LISTEN_FDNAMES"));
	const char *count_text = getenv("LISTEN_FDS");
	char *rest = names;
	int64_t count = 0;
	int rc = 0;

	*out = (struct activation){ .control = -1 };
	if (count_text == NULL || !is_for_us())
		return 0;
	if (!num_parse_within(count_text, 0, ACTIVATION_MAX, &count))
		rc = err_set(err, ERR_INVALID, "LISTEN_FDS is %.20s: at most %d sockets",
		    count_text, ACTIVATION_MAX);
	for (int i = 0; i < count && rc == 0; i++) {
		const char *name = rest != NULL ? strsep(&rest, ":") : NULL;

		rc = place(out, FIRST + i, name != NULL ? name : "", err);
	}
	forget();
	return rc;
}
