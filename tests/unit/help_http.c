#include "help_http.h"

#include <assent/base/num.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define REPLY_MAX ((size_t)8 << 20)

const char *const site_address[1] = { "127.0.0.1:0" };

struct http_server *
site_start(struct http_options options)
{
	struct http_server *server = NULL;
	struct err err = { 0 };

	if (http_server_start(&options, &server, &err) < 0)
		fail_msg("%s", err.text);
	return server;
}

/* A test that would wait for ever fails instead. */
static int
with_timeout(int fd)
{
	struct timeval wait = { .tv_sec = 10 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

int
client_tcp(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		close(fd);
		return -1;
	}
	return with_timeout(fd);
}

int
client_of(const struct http_server *server)
{
	return client_tcp(http_server_port(server, 0));
}

int
client_unix(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		close(fd);
		return -1;
	}
	return with_timeout(fd);
}

bool
client_try_send(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;
	ssize_t sent;

	while (n > 0) {
		sent = send(fd, at, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		at += sent;
		n -= (size_t)sent;
	}
	return true;
}

void
client_send(int fd, const char *text)
{
	(void)client_try_send(fd, text, strlen(text));
}

/* Byte by byte: a following answer on the same connection stays unread. */
static bool
read_head(int fd, struct str *head)
{
	char c;

	while (read(fd, &c, 1) == 1) {
		str_add_char(head, c);
		if (head->len >= 4 && memcmp(head->text + head->len - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static void
read_body(int fd, struct reply *reply)
{
	const char *length = reply_header(reply, "Content-Length");
	int64_t want = 0;
	ssize_t n;

	if (!length || !num_parse_within(length, 0, (int64_t)REPLY_MAX, &want))
		want = 0;
	reply->body = mem_alloc((size_t)want + 1);
	while (reply->body_len < (size_t)want) {
		n = read(fd, reply->body + reply->body_len, (size_t)want - reply->body_len);
		if (n <= 0)
			return;
		reply->body_len += (size_t)n;
	}
}

struct reply
client_read(int fd, bool head)
{
	struct reply reply = { 0 };
	struct str text = STR_INIT(REPLY_MAX);
	int64_t status;
	char code[4] = "";

	if (!read_head(fd, &text)) {
		str_done(&text);
		return reply;
	}
	reply.head = str_take(&text);
	if (strlen(reply.head) > 12)
		memcpy(code, reply.head + 9, 3);
	if (num_parse(code, &status))
		reply.status = (int)status;
	if (!head)
		read_body(fd, &reply);
	return reply;
}

struct reply
client_ask(int port, const char *request)
{
	int fd = client_tcp(port);
	struct reply reply;

	client_send(fd, request);
	reply = client_read(fd, text_starts(request, "HEAD "));
	close(fd);
	return reply;
}

void
client_expect(int fd, int status, const char *body)
{
	struct reply reply = client_read(fd, false);

	assert_int_equal(reply.status, status);
	if (body != NULL)
		assert_string_equal(reply.body, body);
	reply_done(&reply);
}

void
client_read_all(int fd, struct str *out)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		str_add_n(out, buf, (size_t)n);
}

bool
client_is_closed(int fd)
{
	char c;

	return read(fd, &c, 1) <= 0;
}

void
reply_done(struct reply *reply)
{
	mem_free(reply->head);
	mem_free(reply->body);
	*reply = (struct reply){ 0 };
}

const char *
reply_header(const struct reply *reply, const char *name)
{
	static char value[1024];
	const char *line = reply->head, *end;
	size_t n = strlen(name);

	while (line && (line = strstr(line, "\r\n"))) {
		line += 2;
		if (!text_starts_nocase(line, name) || line[n] != ':')
			continue;
		end = strstr(line, "\r\n");
		line += n + 1;
		line += strspn(line, " ");
		n = (size_t)(end - line);
		if (n >= sizeof(value))
			n = sizeof(value) - 1;
		memcpy(value, line, n);
		value[n] = '\0';
		return value;
	}
	return NULL;
}
