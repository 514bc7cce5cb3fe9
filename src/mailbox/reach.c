/* Names to addresses to a connected socket, never later than allowed. */
#include "reach_priv.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct lookup { /* lives as long as the resolver's thread may write to it */
	char host[256], port[8];
	struct addrinfo hints;
	struct gaicb request;
};

static int
lookup_failed(const char *host, int code, struct err *err)
{
	if (code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY)
		return err_set(err, ERR_PEER, "the name %s cannot be looked up now (%s)", host,
		    gai_strerror(code));
	return err_set(err, ERR_NOT_FOUND, "there is no host named %s (%s): is it spelt right?",
	    host, gai_strerror(code));
}

/* The resolver has no deadline of its own, so it is waited for from outside. */
static int
wait_for(struct lookup *l, span_ms deadline)
{
	const struct gaicb *one[] = { &l->request };

	for (;;) {
		span_ms left = deadline - clock_boot();
		struct timespec time = { left / MS_SECOND, left % MS_SECOND * 1000000 };
		int code = gai_error(&l->request);

		if (code != EAI_INPROGRESS || left <= 0)
			return code;
		gai_suspend(one, 1, &time);
	}
}

static int
look_up(const struct place *place, span_ms deadline, struct addrinfo **out, struct err *err)
{
	struct lookup *l = mem_alloc(sizeof(*l));
	struct gaicb *one[] = { &l->request };
	int code;

	snprintf(l->host, sizeof(l->host), "%s", place->host);
	snprintf(l->port, sizeof(l->port), "%d", place->port);
	l->hints.ai_socktype = SOCK_STREAM;
	l->request.ar_name = l->host;
	l->request.ar_service = l->port;
	l->request.ar_request = &l->hints;
	l->hints.ai_flags = AI_NUMERICHOST;
	if (getaddrinfo(l->host, l->port, &l->hints, out) == 0) {
		mem_free(l);
		return 0;
	}
	l->hints.ai_flags = 0;
	code = getaddrinfo_a(GAI_NOWAIT, one, 1, NULL);
	if (code == 0)
		code = wait_for(l, deadline);
	if (code == EAI_INPROGRESS && gai_cancel(&l->request) != EAI_CANCELED)
		/* It is being asked this moment and still writes there: left behind. */
		return err_set(err, ERR_BUSY, "the name %s was not found in time", place->host);
	*out = l->request.ar_result;
	mem_free(l);
	if (code == EAI_INPROGRESS)
		return err_set(err, ERR_BUSY, "the name %s was not found in time", place->host);
	return code == 0 ? 0 : lookup_failed(place->host, code, err);
}

/* Waits out what connect() began; 0 or the errno value of why not. */
static int
connected(int fd, int wake, span_ms deadline)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLOUT }, { .fd = wake } };
	socklen_t size = sizeof(int);
	int n, no = 0;

	do {
		span_ms left = deadline - clock_boot();

		n = left > 0 ? poll(p, 2, (int)(left < MS_HOUR ? left : MS_HOUR)) : 0;
	} while (n < 0 && errno == EINTR);
	if (n <= 0 || p[1].revents)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &no, &size);
	return no;
}

static int
connect_one(const struct addrinfo *a, int wake, span_ms deadline, int *no)
{
	int fd =
	    socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);

	if (fd < 0) {
		*no = errno;
		return -1;
	}
	*no = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
	if (*no == EINPROGRESS)
		*no = connected(fd, wake, deadline);
	if (*no == 0)
		return fd;
	close(fd);
	return -1;
}

static void
tune(int fd)
{
	int on = 1, idle = 120;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
}

/* One address that swallows everything must not cost the others their turn. */
static span_ms
turn(const struct addrinfo *a, span_ms deadline)
{
	span_ms now = clock_boot();
	int others = 1;

	for (a = a->ai_next; a; a = a->ai_next)
		others++;
	return now + (deadline - now) / others;
}

int
reach(const struct place *place, struct stream **out, struct err *err)
{
	span_ms deadline = clock_boot() + place->allowed;
	struct addrinfo *found = NULL;
	int fd = -1, no = 0, rc = look_up(place, deadline, &found, err);

	if (rc < 0)
		return rc;
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
		fd = connect_one(a, place->wake, turn(a, deadline), &no);
	freeaddrinfo(found);
	if (fd < 0 && no == ETIMEDOUT)
		return err_set(err, ERR_BUSY, "nothing answers there");
	if (fd < 0)
		return err_errno(err, ERR_PEER, no, "cannot connect");
	tune(fd);
	*out = stream_new(fd, place->wake, place->allowed);
	return 0;
}
