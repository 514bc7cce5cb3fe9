/* The wire: whole frames over a stream socket, never later than asked for. */
#include <assent/base/frame.h>

#include "str_priv.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEADER 5 /* u32 length, u8 kind */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void
put_u32(uint8_t *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(n >> (24 - 8 * i));
}

static uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Wait for events until the deadline; an interruption just looks again. */
static int
wait_for(int sock, short events, span_ms deadline, struct err *err)
{
	struct pollfd p = { .fd = sock, .events = events };
	span_ms left = deadline < 0 ? -1 : deadline - clock_boot();

	if (deadline >= 0 && left <= 0)
		return err_set(err, ERR_BUSY, "the other program did not answer in time");
	if (left > INT_MAX)
		left = INT_MAX;
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return err_errno(err, ERR_IO, errno, "cannot poll a socket");
	return 0;
}

static int
socket_failed(int no, const char *verb, struct err *err)
{
	if (no == EPIPE || no == ECONNRESET)
		return err_set(err, ERR_PEER, "the other program has gone");
	return err_errno(err, ERR_IO, no, "cannot %s a socket", verb);
}

static void
attach(struct msghdr *msg, union control *control, int fd)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->bytes;
	msg->msg_controllen = sizeof(control->bytes);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
}

/* What was sent leaves the message: its front bytes, and the descriptor with them. */
static void
advance(struct msghdr *msg, size_t n)
{
	msg->msg_control = NULL;
	msg->msg_controllen = 0;
	while (msg->msg_iovlen > 0 && n >= msg->msg_iov->iov_len) {
		n -= msg->msg_iov->iov_len;
		msg->msg_iov++;
		msg->msg_iovlen--;
	}
	if (msg->msg_iovlen > 0) {
		msg->msg_iov->iov_base = (char *)msg->msg_iov->iov_base + n;
		msg->msg_iov->iov_len -= n;
	}
}

static int
send_whole(int sock, struct msghdr *msg, span_ms deadline, struct err *err)
{
	while (msg->msg_iovlen > 0) {
		ssize_t n = sendmsg(sock, msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc;

		if (n >= 0) {
			advance(msg, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return socket_failed(errno, "write to", err);
		rc = wait_for(sock, POLLOUT, deadline, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* house: wide on purpose */
int
frame_send(int sock, uint8_t kind, const void *payload, size_t len, int fd_to_pass,
    span_ms deadline, struct err *err)
{
	uint8_t header[HEADER];
	union control control;
	struct iovec pieces[2] = {
		{ header, HEADER },
		{ (void *)(uintptr_t)payload, len },
	};
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = len ? 2 : 1 };

	if (len >= UINT32_MAX)
		return err_set(err, ERR_LIMIT, "a frame of %zu bytes is too long", len);
	put_u32(header, (uint32_t)len + 1);
	header[4] = kind;
	if (fd_to_pass >= 0)
		attach(&msg, &control, fd_to_pass);
	return send_whole(sock, &msg, deadline, err);
}

/* Keep the first descriptor that came, close any other (and all if not wanted). */
static void
detach(struct msghdr *msg, int *fd_got)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (fd_got && *fd_got < 0)
				*fd_got = fd;
			else
				close(fd);
		}
	}
}

struct receiving {
	int sock;
	int *fd_got;
	span_ms deadline;
	bool inside; /* a part of the frame has come already */
};

static int
receive_some(struct receiving *r, void *out, size_t n, struct err *err)
{
	union control control;
	struct iovec piece = { out, n };
	struct msghdr msg = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t got = recvmsg(r->sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0 && errno == EAGAIN)
		return wait_for(r->sock, POLLIN, r->deadline, err);
	if (got < 0)
		return socket_failed(errno, "read from", err);
	detach(&msg, r->fd_got);
	if (got > 0) {
		r->inside = true;
		return (int)got;
	}
	if (r->inside)
		return err_set(err, ERR_PEER, "the other program has gone in mid-sentence");
	return err_set(err, ERR_NOT_FOUND, "the other program has closed");
}

static int
receive_whole(struct receiving *r, void *out, size_t n, struct err *err)
{
	char *at = out;

	while (n > 0) {
		int got = receive_some(r, at, n < INT_MAX ? n : INT_MAX, err);

		if (got < 0)
			return got;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
receive_frame(struct receiving *r, struct str *buf, struct frame *out, struct err *err)
{
	uint8_t header[HEADER];
	int rc = receive_whole(r, header, HEADER, err);
	size_t len;

	if (rc < 0)
		return rc;
	len = get_u32(header);
	if (len < 1)
		return err_set(err, ERR_PEER, "the other program sent a frame without a kind");
	len--;
	if (!str_reserve(buf, len))
		return err_set(err, ERR_LIMIT, "a frame of %zu bytes is over the limit of %zu", len,
		    buf->ceiling);
	rc = receive_whole(r, buf->text, len, err);
	if (rc < 0)
		return rc;
	buf->len = len;
	buf->text[len] = '\0';
	*out = (struct frame){ header[4], buf->text, len };
	return 0;
}

/* house: wide on purpose */
int
frame_receive(
    int sock, struct str *buf, struct frame *out, int *fd_got, span_ms deadline, struct err *err)
{
	struct receiving r = { sock, fd_got, deadline, false };
	int rc;

	if (fd_got)
		*fd_got = -1;
	str_clear(buf);
	rc = receive_frame(&r, buf, out, err);
	if (rc == 0)
		return 0;
	str_clear(buf);
	if (fd_got && *fd_got >= 0) {
		close(*fd_got);
		*fd_got = -1;
	}
	return rc;
}
