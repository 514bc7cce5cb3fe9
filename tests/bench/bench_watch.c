/*
 * bench_watch: 200 clients watch one draft as server-sent events. How much more
 * memory the server takes (PSS; the clients are another process), and how long
 * a piece is on its way from live_add() to the last of them.
 */
#include "help_bench.h"

#include <assent/base/num.h>
#include <assent/net/feed.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCHERS 200
#define PIECES 500
#define BEFORE 80 /* lines that are there when they come: a usual document */
#define RUN "bench"
#define LINE "- The licence server hands out no seat since it was moved on Monday.\n"

static struct live *live;

static double
pss_mib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[200];
	int64_t kib = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "Pss:", 4) == 0) {
			line[strcspn(line + 5, "k") + 4] = '\0';
			if (!num_parse(line + 5 + strspn(line + 5, " "), &kib))
				kib = -1;
		}
	if (f != NULL)
		fclose(f);
	return (double)kib / 1024;
}

/* --- the clients' process -------------------------------------------------------- */

static int
watch(int port)
{
	static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    write(fd, request, sizeof(request) - 1) < 0)
		_exit(1);
	return fd;
}

static size_t
lines_in(const char *bytes, size_t n)
{
	size_t count = 0;

	for (const char *at = bytes; (at = memmem(at, n - (size_t)(at - bytes), "\\n", 2)); at += 2)
		count++;
	return count;
}

/* Says so on the pipe when each of them has one line more. */
static void
clients(int port, int said)
{
	static struct pollfd fds[WATCHERS];
	static size_t have[WATCHERS];
	size_t wanted = BEFORE, there = 0;
	char buf[65536];

	for (size_t i = 0; i < WATCHERS; i++)
		fds[i] = (struct pollfd){ watch(port), POLLIN, 0 };
	while (poll(fds, WATCHERS, -1) > 0)
		for (size_t i = 0; i < WATCHERS; i++) {
			ssize_t n = fds[i].revents != 0 ? read(fds[i].fd, buf, sizeof(buf)) : 0;
			bool had = have[i] >= wanted;

			if (fds[i].revents != 0 && n <= 0)
				_exit(0);
			have[i] += lines_in(buf, (size_t)n);
			there += !had && have[i] >= wanted;
			if (there < WATCHERS)
				continue;
			there = 0;
			wanted++;
			if (write(said, "x", 1) != 1)
				_exit(1);
		}
	_exit(0);
}

/* --- the server -------------------------------------------------------------------- */

static enum http_when
stream(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_stream(answer, 200, FEED_TYPE,
	    feed_new(rq, &(struct feed_options){ .live = live, .run = RUN }));
	return HTTP_NOW;
}

static void
add_lines(int count)
{
	for (int i = 0; i < count; i++)
		live_add(live, RUN, LINE, strlen(LINE));
}

static void
measure(int heard, double before)
{
	static double took[PIECES];
	double after;
	char byte;

	if (read(heard, &byte, 1) != 1)
		return;
	after = pss_mib();
	for (int i = 0; i < PIECES; i++) {
		double start = bench_seconds();
		add_lines(1);
		if (read(heard, &byte, 1) != 1)
			return;
		took[i] = bench_seconds() - start;
	}
	bench_sort(took, PIECES);
	printf("watch      %d clients: %.1f MiB more (goal 20), %.1f MiB after %d pieces; a piece "
	       "to the last of them %.2f ms (p99 %.2f)\n",
	    WATCHERS, after - before, pss_mib() - before, PIECES, took[PIECES / 2] * 1e3,
	    took[PIECES * 99 / 100] * 1e3);
}

int
main(void)
{
	static const struct http_route route = { "GET", "/stream", stream, NULL, 0 };
	static const char *const addresses[] = { "127.0.0.1:0" };
	const struct http_options options = { .addresses = addresses,
		.address_count = 1,
		.routes = &route,
		.route_count = 1,
		.max_per_address = 2 * WATCHERS };
	struct http_server *server;
	struct err err;
	int said[2], told[2], port;
	pid_t pid;

	/* Before the server has any memory: shared pages would count by halves. */
	if (pipe(said) < 0 || pipe(told) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		close(said[0]);
		if (read(told[0], &port, sizeof(port)) == sizeof(port))
			clients(port, said[1]);
		_exit(1);
	}
	close(said[1]);
	live = live_new(&(struct live_options){ .runs = 64, .run_bytes = 64 << 10, .epoch = 1 });
	if (http_server_start(&options, &server, &err) < 0)
		return 1;
	live_begin(live, RUN);
	add_lines(BEFORE);
	double before = pss_mib();
	port = http_server_port(server, 0);
	if (write(told[1], &port, sizeof(port)) == sizeof(port))
		measure(said[0], before);
	kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	http_server_stop(server, 0);
	live_free(live);
	return 0;
}
