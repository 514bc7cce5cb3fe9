#include "stream_priv.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t
outcome(ssize_t n, int want)
{
	if (n >= 0)
		return n;
	if (errno == EINTR || errno == EAGAIN)
		return want;
	return errno == ECONNRESET || errno == EPIPE ? WIRE_END : WIRE_FAILED;
}

static ssize_t
socket_read(void *self, void *bytes, size_t n)
{
	return outcome(recv(*(int *)self, bytes, n, 0), WIRE_WANT_READ);
}

static ssize_t
socket_write(void *self, const void *bytes, size_t n)
{
	return outcome(send(*(int *)self, bytes, n, MSG_NOSIGNAL), WIRE_WANT_WRITE);
}

struct stream *
stream_new(int fd, int wake, span_ms allowed)
{
	struct stream *s = mem_alloc(sizeof(*s));

	s->fd = fd;
	s->wake = wake;
	s->allowed = allowed;
	s->line = STR_INIT(GUARD_LINE_MAX);
	s->wire = (struct wire){ socket_read, socket_write, NULL, NULL, &s->fd };
	stream_begin(s);
	return s;
}

void
stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->wire.free)
		s->wire.free(s->wire.self);
	if (s->fd >= 0)
		close(s->fd);
	str_done(&s->line);
	mem_free(s);
}

void
stream_wire(struct stream *s, struct wire wire)
{
	if (s->wire.free)
		s->wire.free(s->wire.self);
	s->wire = wire;
}

void
stream_begin(struct stream *s)
{
	s->deadline = clock_boot() + s->allowed;
}

int
stream_fail(struct stream *s, const struct err *why)
{
	if (!s->stopped)
		s->why = *why;
	s->stopped = true;
	return -1;
}

static int
fail(struct stream *s, int code, const char *sentence)
{
	struct err why;

	err_set(&why, code, "%s", sentence);
	return stream_fail(s, &why);
}

static int
fail_late(struct stream *s)
{
	struct err why;

	err_set(&why, ERR_BUSY, "it was not done within %lld ms", (long long)s->allowed);
	return stream_fail(s, &why);
}

bool
stream_is_quiet(const struct stream *s)
{
	return s->at == s->end && s->given == s->line.len &&
	    !(s->wire.pending && s->wire.pending(s->wire.self));
}

static int
milliseconds(span_ms left)
{
	return left > INT_MAX ? INT_MAX : left < 0 ? 0 : (int)left;
}

/* The daemon's closing counts even where its words do not. */
static bool
is_alone(const struct pollfd *wake)
{
	return (wake->revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

int
stream_wait(struct stream *s, short events)
{
	struct pollfd p[2] = { { .fd = s->fd, .events = events }, { .fd = s->wake } };

	for (;;) {
		span_ms left = s->deadline - clock_boot();
		int n;

		if (s->stopped)
			return -1;
		if (left <= 0)
			return fail_late(s);
		n = poll(p, 2, milliseconds(left));
		if (n < 0 && errno != EINTR)
			return fail(s, ERR_IO, "poll failed");
		if (n > 0 && is_alone(&p[1]))
			return fail(s, ERR_NOT_FOUND, "the daemon has gone");
		if (n > 0 && p[0].revents)
			return 0;
	}
}

int
stream_listen(struct stream *s, span_ms until)
{
	struct pollfd p[2] = {
		{ .fd = s->fd, .events = POLLIN },
		{ .fd = s->wake, .events = POLLIN },
	};

	if (s->stopped)
		return -1;
	if (!stream_is_quiet(s))
		return STREAM_DATA;
	for (;;) {
		int n = poll(p, 2, milliseconds(until - clock_boot()));

		if (n < 0 && errno != EINTR)
			return fail(s, ERR_IO, "poll failed");
		if (n > 0 && p[1].revents)
			return STREAM_WOKEN;
		if (n > 0)
			return STREAM_DATA;
		if (clock_boot() >= until)
			return STREAM_QUIET;
	}
}

/* One successful move of bytes, waiting as long as it is allowed to. */
static ssize_t
settle(struct stream *s, ssize_t n)
{
	if (n > 0)
		return n;
	if (n == WIRE_END)
		return fail(s, ERR_PEER, "it closed the connection");
	if (n == WIRE_FAILED)
		return fail(s, ERR_PEER, "the connection broke");
	return stream_wait(s, n == WIRE_WANT_READ ? POLLIN : POLLOUT);
}

static ssize_t
receive(struct stream *s, void *bytes, size_t n)
{
	for (;;) {
		ssize_t got;

		if (s->stopped)
			return -1;
		/* Whoever always has one more byte comes to an end as well. */
		if (clock_boot() >= s->deadline)
			return fail_late(s);
		got = settle(s, s->wire.read(s->wire.self, bytes, n));
		if (got != 0)
			return got;
	}
}

int
stream_write(struct stream *s, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t done = s->stopped ? -1 : settle(s, s->wire.write(s->wire.self, at, n));

		if (done < 0)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
fill(struct stream *s)
{
	ssize_t got = receive(s, s->raw, sizeof(s->raw));

	if (got < 0)
		return -1;
	s->at = 0;
	s->end = (size_t)got;
	return 0;
}

/* Bytes of the literal in hand, straight from the wire where they are many. */
static ssize_t
read_literal(struct stream *s, char *bytes, size_t n)
{
	struct err why;
	ssize_t got;

	if ((int64_t)n > s->guard.literal)
		n = (size_t)s->guard.literal;
	if (s->at == s->end && n >= STREAM_RAW) {
		got = receive(s, bytes, n);
	} else {
		if (s->at == s->end && fill(s) < 0)
			return -1;
		if (n > s->end - s->at)
			n = s->end - s->at;
		memcpy(bytes, s->raw + s->at, n);
		s->at += n;
		got = (ssize_t)n;
	}
	if (got < 0)
		return -1;
	s->guard.literal -= got;
	return guard_count(&s->guard, (size_t)got, &why) < 0 ? stream_fail(s, &why) : got;
}

static int
skip_literal(struct stream *s)
{
	char bytes[4096];

	while (s->guard.literal > 0)
		if (read_literal(s, bytes, sizeof(bytes)) < 0)
			return -1;
	return 0;
}

/* Move raw bytes into line up to the end of a line; 1 when that was reached. */
static int
gather(struct stream *s)
{
	const char *from = s->raw + s->at;
	const char *lf = memchr(from, '\n', s->end - s->at);
	size_t n = lf ? (size_t)(lf - from) + 1 : s->end - s->at;

	str_add_n(&s->line, from, n);
	s->at += n;
	if (str_overflowed(&s->line))
		return fail(s, ERR_LIMIT, "it sends a line without end");
	return lf != NULL;
}

/* The next line, and what the guard thinks of it. */
static int
one_line(struct stream *s)
{
	struct err why;
	int rc;

	str_clear(&s->line);
	do {
		if (s->at == s->end && fill(s) < 0)
			return -1;
		rc = gather(s);
	} while (rc == 0);
	s->given = s->line.len;
	if (rc < 0)
		return -1;
	rc = guard_line(&s->guard, s->line.text, s->line.len, &why);
	if (rc < 0)
		return stream_fail(s, &why);
	if (rc == GUARD_DROP && skip_literal(s) < 0)
		return -1;
	return rc;
}

/* The next line that is passed on. */
static int
next_line(struct stream *s)
{
	int rc;

	do {
		rc = one_line(s);
	} while (rc == GUARD_DROP);
	if (rc == GUARD_PASS)
		s->given = 0;
	return rc;
}

ssize_t
stream_read(struct stream *s, void *bytes, size_t n)
{
	size_t left = s->line.len - s->given;

	if (s->stopped)
		return -1;
	if (left == 0 && s->guard.literal > 0)
		return read_literal(s, bytes, n);
	if (left == 0) {
		if (next_line(s) < 0)
			return -1;
		left = s->line.len;
	}
	if (n > left)
		n = left;
	memcpy(bytes, s->line.text + s->given, n);
	s->given += n;
	return (ssize_t)n;
}

const char *
stream_read_line(struct stream *s)
{
	if (s->stopped || next_line(s) < 0)
		return NULL;
	s->given = s->line.len;
	return str_text(&s->line);
}

int
stream_hear(struct stream *s)
{
	if (s->stopped)
		return -1;
	if (s->at == s->end) {
		ssize_t got = s->wire.read(s->wire.self, s->raw, sizeof(s->raw));

		/* Not every packet of TLS carries words. */
		if (got == WIRE_WANT_READ || got == WIRE_WANT_WRITE)
			return 0;
		if (settle(s, got) <= 0)
			return -1;
		s->at = 0;
		s->end = (size_t)got;
	}
	return one_line(s) < 0 ? -1 : 1;
}
