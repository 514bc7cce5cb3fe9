#include "help_model.h"

#include <assent/base/num.h>
#include <assent/base/str.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES_MAX 128
#define REQUEST_MAX ((size_t)1 << 20)

struct line { /* a connection */
	struct model_site *site;
	pthread_t thread;
	int fd;
};

struct model_site {
	const struct model_part *parts;
	size_t part_count;
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	int asked[32];
	char *last;
	struct line lines[LINES_MAX];
	size_t line_count;
	bool is_over;
};

static bool
send_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

bool
model_say(int fd, const char *status, const char *headers, const char *body)
{
	AUTO(str_donep) struct str out = STR_INIT(REQUEST_MAX);

	str_addf(&out,
	    "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n",
	    status, headers, strlen(body));
	str_add(&out, body);
	return send_all(fd, str_text(&out), out.len);
}

bool
model_stream(int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";

	return send_all(fd, head, strlen(head));
}

bool
model_chunk(int fd, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(REQUEST_MAX);

	str_addf(&out, "%zx\r\n%s\r\n", strlen(text), text);
	return send_all(fd, str_text(&out), out.len);
}

/* A whole request, head and body. */
static bool
read_request(int fd, struct str *out)
{
	size_t want = SIZE_MAX;
	char bytes[4096];
	ssize_t n;

	while (out->len < want) {
		const char *end, *length;
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return false;
		str_add_n(out, bytes, (size_t)n);
		end = strstr(str_text(out), "\r\n\r\n");
		length = text_find_nocase(str_text(out), "content-length:");
		if (end != NULL && length != NULL) {
			char digits[20];
			int64_t body = 0;
			snprintf(digits, sizeof(digits), "%.*s",
			    (int)strspn(length + 16, "0123456789"), length + 16);
			if (!num_parse(digits, &body))
				return false;
			want = (size_t)(end + 4 - str_text(out)) + (size_t)body;
		}
	}
	return true;
}

static bool
play(struct model_site *site, int fd, const char *request)
{
	const char *path = strchr(request, ' ') + 1;

	for (size_t i = 0; i < site->part_count; i++) {
		size_t n = strlen(site->parts[i].path);
		int nth;
		if (strncmp(path, site->parts[i].path, n) != 0 || path[n] != '/')
			continue;
		pthread_mutex_lock(&site->lock);
		nth = site->asked[i]++;
		mem_free(site->last);
		site->last = mem_dup(request);
		pthread_mutex_unlock(&site->lock);
		return site->parts[i].play(fd, nth, request);
	}
	return model_say(fd, "404 Not Found", "", "{}");
}

static void *
serve_line(void *arg)
{
	struct line *line = arg;
	bool goes_on = true;

	while (goes_on) {
		AUTO(str_donep) struct str request = STR_INIT(REQUEST_MAX);
		goes_on = read_request(line->fd, &request) &&
		    play(line->site, line->fd, str_text(&request));
	}
	shutdown(line->fd, SHUT_RDWR);
	return NULL;
}

static void *
serve(void *arg)
{
	struct model_site *site = arg;
	int fd, one = 1;

	while ((fd = accept(site->fd, NULL, NULL)) >= 0) {
		struct line *line;
		pthread_mutex_lock(&site->lock);
		if (site->is_over || site->line_count == LINES_MAX) {
			pthread_mutex_unlock(&site->lock);
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		line = &site->lines[site->line_count++];
		*line = (struct line){ .site = site, .fd = fd };
		pthread_create(&line->thread, NULL, serve_line, line);
		pthread_mutex_unlock(&site->lock);
	}
	return NULL;
}

struct model_site *
model_site_new(const struct model_part *parts, size_t count)
{
	struct model_site *site = mem_alloc(sizeof(*site));
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);

	site->parts = parts;
	site->part_count = count;
	pthread_mutex_init(&site->lock, NULL);
	site->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(site->fd, (struct sockaddr *)&address, n) < 0 || listen(site->fd, 64) < 0 ||
	    getsockname(site->fd, (struct sockaddr *)&address, &n) < 0)
		abort();
	site->port = ntohs(address.sin_port);
	pthread_create(&site->thread, NULL, serve, site);
	return site;
}

void
model_site_free(struct model_site *site)
{
	pthread_mutex_lock(&site->lock);
	site->is_over = true;
	for (size_t i = 0; i < site->line_count; i++)
		shutdown(site->lines[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&site->lock);
	shutdown(site->fd, SHUT_RDWR);
	pthread_join(site->thread, NULL);
	for (size_t i = 0; i < site->line_count; i++) {
		pthread_join(site->lines[i].thread, NULL);
		close(site->lines[i].fd);
	}
	close(site->fd);
	pthread_mutex_destroy(&site->lock);
	mem_free(site->last);
	mem_free(site);
}

int
model_site_port(const struct model_site *site)
{
	return site->port;
}

int
model_site_asked(struct model_site *site, const char *path)
{
	int asked = 0;

	pthread_mutex_lock(&site->lock);
	for (size_t i = 0; i < site->part_count; i++)
		if (text_is(site->parts[i].path, path))
			asked = site->asked[i];
	pthread_mutex_unlock(&site->lock);
	return asked;
}

int
model_site_connections(struct model_site *site)
{
	int count;

	pthread_mutex_lock(&site->lock);
	count = (int)site->line_count;
	pthread_mutex_unlock(&site->lock);
	return count;
}

const char *
model_site_last(struct model_site *site)
{
	return site->last != NULL ? site->last : "";
}
