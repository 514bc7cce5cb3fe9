#include "http_priv.h"

#include <assent/base/num.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 511

union any_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int
bind_error(struct err *err, int no, const char *what)
{
	int code = no == EADDRINUSE ? ERR_BUSY : no == EACCES ? ERR_DENIED : ERR_IO;

	return err_errno(err, code, no, "listen on %s", what);
}

/* "127.0.0.1:8080" or "[::1]:8080"; the host is cut out into host. */
static int
split_address(const char *address, char host[HTTP_ADDRESS_MAX], int64_t *port)
{
	const char *colon = strrchr(address, ':');
	const char *start = address, *end = colon;

	if (!colon || !num_parse_within(colon + 1, 0, 65535, port))
		return -1;
	if (*start == '[') {
		start++;
		end--;
		if (end < start || *end != ']')
			return -1;
	}
	if (end == start || end - start >= HTTP_ADDRESS_MAX)
		return -1;
	memcpy(host, start, (size_t)(end - start));
	host[end - start] = '\0';
	return (*address == '[') == (strchr(host, ':') != NULL) ? 0 : -1;
}

static int
read_address(const char *address, union any_address *out, socklen_t *len)
{
	char host[HTTP_ADDRESS_MAX];
	int64_t port;

	memset(out, 0, sizeof(*out));
	if (split_address(address, host, &port) < 0)
		return -1;
	if (inet_pton(AF_INET, host, &out->in.sin_addr) == 1) {
		out->in.sin_family = AF_INET;
		out->in.sin_port = htons((uint16_t)port);
		*len = sizeof(out->in);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &out->in6.sin6_addr) != 1)
		return -1;
	out->in6.sin6_family = AF_INET6;
	out->in6.sin6_port = htons((uint16_t)port);
	*len = sizeof(out->in6);
	return 0;
}

static void
set_options(int fd, int family)
{
	int on = 1;

	/* Accepted sockets inherit TCP_NODELAY; what is refused here only costs speed. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

int
http_listen_tcp(const char *address, int *out, struct err *err)
{
	union any_address any;
	socklen_t len;
	int fd, no;

	if (read_address(address, &any, &len) < 0)
		return err_set(err, ERR_INVALID,
		    "'%s' is not an address to listen on; write 127.0.0.1:8080 or [::1]:8080",
		    address);
	fd = socket(any.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return bind_error(err, errno, address);
	set_options(fd, any.sa.sa_family);
	if (bind(fd, &any.sa, len) < 0 || listen(fd, BACKLOG) < 0) {
		no = errno;
		close(fd);
		return bind_error(err, no, address);
	}
	*out = fd;
	return 0;
}

int
http_socket_port(int fd)
{
	union any_address any = { 0 };
	socklen_t len = sizeof(any);

	if (getsockname(fd, &any.sa, &len) < 0)
		return 0;
	if (any.sa.sa_family == AF_INET)
		return ntohs(any.in.sin_port);
	return any.sa.sa_family == AF_INET6 ? ntohs(any.in6.sin6_port) : 0;
}

/* Does anybody listen at this socket file? */
static bool
is_alive(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	alive = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 || errno != ECONNREFUSED;
	close(fd);
	return alive;
}

static int
clear_stale(const struct sockaddr_un *at, struct err *err)
{
	struct stat st;

	if (lstat(at->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_INVALID, "listen on %s: a file of that name is in the way",
		    at->sun_path);
	if (is_alive(at))
		return bind_error(err, EADDRINUSE, at->sun_path);
	(void)unlink(at->sun_path);
	return 0;
}

/* The mode is set between bind and listen: nobody can connect before it is right. */
static int
bind_unix(int fd, const struct sockaddr_un *at, mode_t mode, struct err *err)
{
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		return bind_error(err, errno, at->sun_path);
	if (chmod(at->sun_path, mode) < 0 || listen(fd, BACKLOG) < 0)
		return bind_error(err, errno, at->sun_path);
	return 0;
}

int
http_unix_socket(const char *path, mode_t mode, int *out, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(at.sun_path))
		return err_set(err, ERR_INVALID, "listen on %s: the path is too long", path);
	memcpy(at.sun_path, path, strlen(path));
	rc = clear_stale(&at, err);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return bind_error(err, errno, path);
	rc = bind_unix(fd, &at, mode, err);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}
