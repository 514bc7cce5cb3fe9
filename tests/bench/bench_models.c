/*
 * bench_models: what a streamed answer takes beyond its server: five at once,
 * each piece stamped when it is sent, by a server in a process of its own.
 *
 *   bench_models                 both, over plain HTTP/1.1
 *   bench_models serve           the server alone; it says its port
 *   bench_models ask NAME URL CA a server, or a proxy before one
 */
#include "../unit/help_model.h"

#include <assent/base/num.h>
#include <assent/net/http_client.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS 5
#define PIECES 60
#define GAP_NS 5000000 /* between two pieces */
#define ROUNDS 10
#define SAMPLES (CALLS * PIECES * ROUNDS)
#define STAMP "content\":\""
#define KEY "sk-northwind-0123456789abcdef"

static int64_t
nanos(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- the server --------------------------------------------------------------- */

static bool
play(int fd, int nth, const char *request)
{
	const struct timespec gap = { 0, GAP_NS };
	char piece[160];

	(void)nth;
	(void)request;
	if (!model_stream(fd))
		return false;
	for (int i = 0; i < PIECES; i++) {
		nanosleep(&gap, NULL);
		snprintf(piece, sizeof(piece),
		    "data: {\"choices\":[{\"delta\":{\"content\":\"%lld \"}}]}\n\n",
		    (long long)nanos(CLOCK_MONOTONIC));
		if (!model_chunk(fd, piece))
			return false;
	}
	return model_chunk(fd,
		   "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
		   "data: [DONE]\n\n") &&
	    model_chunk(fd, "");
}

/* Until whoever started it is gone. */
static int
serve(FILE *out)
{
	static const struct model_part parts[] = { { "/v1", play } };
	struct model_site *site = model_site_new(parts, 1);

	fprintf(out, "%d\n", model_site_port(site));
	fflush(out);
	while (getchar() != EOF)
		;
	model_site_free(site);
	return 0;
}

/* A child with the server, told to end by the end of its input. */
static int
start_server(int *keep)
{
	int in[2], out[2], port = 0;
	char line[16] = "";
	int64_t value;

	if (pipe(in) < 0 || pipe(out) < 0)
		return 0;
	if (fork() == 0) {
		dup2(in[0], STDIN_FILENO);
		close(in[1]);
		_exit(serve(fdopen(out[1], "w")));
	}
	close(in[0]);
	close(out[1]);
	if (read(out[0], line, sizeof(line) - 1) > 1 && num_parse(text_trim(line), &value))
		port = (int)value;
	close(out[0]);
	*keep = in[1];
	return port;
}

/* --- five who read ------------------------------------------------------------- */

struct samples {
	pthread_mutex_t lock;
	double late[SAMPLES]; /* milliseconds from the sending of a piece to its reader */
	size_t count;
	int64_t start, first; /* of a round, and the first stamp of it */
	double asked[ROUNDS]; /* milliseconds until the first piece of the last call was sent */
	int rounds;
};

struct reader {
	struct samples *to;
	bool has_first;
};

static void
note(void *arg, const char *text, size_t n)
{
	struct reader *reader = arg;
	struct samples *to = reader->to;
	int64_t now = nanos(CLOCK_MONOTONIC), sent = 0;

	for (size_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		sent = sent * 10 + (text[i] - '0');
	pthread_mutex_lock(&to->lock);
	if (sent > 0 && to->count < SAMPLES)
		to->late[to->count++] = (double)(now - sent) / 1e6;
	if (!reader->has_first && sent > to->first)
		to->first = sent;
	reader->has_first = true;
	pthread_mutex_unlock(&to->lock);
}

static void
begin_round(struct samples *to)
{
	to->start = nanos(CLOCK_MONOTONIC);
	to->first = 0;
}

static void
end_round(struct samples *to)
{
	to->asked[to->rounds++] = (double)(to->first - to->start - GAP_NS) / 1e6;
}

static void
ask_five(struct models *models, struct samples *to)
{
	struct arena *arena = arena_new((size_t)16 << 20);
	struct model_call calls[CALLS];
	struct reader readers[CALLS];

	for (int i = 0; i < CALLS; i++) {
		readers[i] = (struct reader){ to, false };
		calls[i] = (struct model_call){ .task = "Be brief.",
			.material = "Title: x",
			.temperature = -1,
			.organisation = "",
			.delta = note,
			.arg = &readers[i] };
	}
	begin_round(to);
	models_run(models, calls, CALLS, arena);
	end_round(to);
	for (int i = 0; i < CALLS; i++)
		if (calls[i].rc < 0) {
			fprintf(stderr, "bench_models: %s\n", calls[i].err.text);
			exit(1);
		}
	arena_free(arena);
}

struct asking {
	const char *url, *ca_file;
};

static utc_ms
day(void)
{
	return 20000 * MS_DAY;
}

static struct models *
open_models(const struct asking *asking, struct http_client **client)
{
	const struct http_client_options options = { .ca_file = asking->ca_file };
	const struct model_provider provider = {
		.name = "bench", .kind = "openai", .base_url = asking->url, .model = "m", .key = KEY
	};
	const struct model_chain chain = { &provider, 1, 15000, 30000, CALLS, 0, 0, NULL, 0 };
	struct models *models;
	struct err err;

	if (http_client_new(&options, client, &err) < 0)
		exit(1);
	models = models_new(&(struct models_options){ *client, clock_boot, day, NULL });
	if (models_set(models, &chain, &err) < 0)
		exit(1);
	return models;
}

/* Warm: after a round that is not counted. Cold: each round with connections of its own. */
static void
ask(const struct asking *asking, bool is_warm, struct samples *to)
{
	static struct samples unread;
	struct http_client *client = NULL;
	struct models *models = open_models(asking, &client);

	pthread_mutex_init(&unread.lock, NULL);
	unread.rounds = 0;
	if (is_warm)
		ask_five(models, &unread);
	for (int i = 0; i < ROUNDS; i++) {
		ask_five(models, to);
		if (is_warm)
			continue;
		models_free(models);
		http_client_free(client);
		models = open_models(asking, &client);
	}
	models_free(models);
	http_client_free(client);
}

/* --- what the machine itself takes ------------------------------------------------ */

struct bare {
	struct reader reader;
	int port;
};

/* A socket, a thread that sleeps in recv(), and no more than a look for the stamp. */
static void *
read_bare(void *arg)
{
	static const char request[] =
	    "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
	struct bare *bare = arg;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)bare->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char bytes[4096];
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(fd, request, strlen(request), 0) < 0)
		exit(1);
	while ((n = recv(fd, bytes, sizeof(bytes) - 1, 0)) > 0) {
		const char *stamp = bytes;
		bytes[n] = '\0';
		while ((stamp = strstr(stamp, STAMP)) != NULL) {
			stamp += strlen(STAMP);
			note(&bare->reader, stamp, strlen(stamp));
		}
		if (strstr(bytes, "[DONE]") != NULL)
			break;
	}
	close(fd);
	return NULL;
}

static void
ask_bare(int port, struct samples *to)
{
	pthread_t threads[CALLS];
	struct bare bare[CALLS];

	for (int round = 0; round < ROUNDS; round++) {
		begin_round(to);
		for (int i = 0; i < CALLS; i++) {
			bare[i] = (struct bare){ { to, false }, port };
			if (pthread_create(&threads[i], NULL, read_bare, &bare[i]) != 0)
				exit(1);
		}
		for (int i = 0; i < CALLS; i++)
			pthread_join(threads[i], NULL);
		end_round(to);
	}
}

/* --- the figures -------------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print(const char *name, struct samples *of, int64_t cpu)
{
	double mean = 0;

	qsort(of->late, of->count, sizeof(*of->late), by_size);
	qsort(of->asked, (size_t)of->rounds, sizeof(*of->asked), by_size);
	for (size_t i = 0; i < of->count; i++)
		mean += of->late[i] / (double)of->count;
	if (of->count != SAMPLES)
		fprintf(stderr, "bench_models: %zu pieces of %d\n", of->count, SAMPLES);
	else
		printf(
		    "{\"name\": \"stream_%s\", \"value\": %.3f, \"unit\": \"ms\", \"runs\": %d, "
		    "\"min\": %.3f, \"median\": %.3f, \"max\": %.3f, \"notes\": \"from a piece's "
		    "sending to its reader, %d at once; mean %.3f, p99 %.3f; all asked after "
		    "%.1f (at most %.1f); %.0f us of processor a piece\"}\n",
		    name, of->late[of->count / 2], ROUNDS, of->late[0], of->late[of->count / 2],
		    of->late[of->count - 1], CALLS, mean, of->late[of->count * 99 / 100],
		    of->asked[of->rounds / 2], of->asked[of->rounds - 1],
		    (double)cpu / 1000 / SAMPLES);
	fflush(stdout);
}

static struct samples *
samples_clear(void)
{
	static struct samples samples;

	memset(&samples, 0, sizeof(samples));
	pthread_mutex_init(&samples.lock, NULL);
	return &samples;
}

static void
measure(const char *name, const struct asking *asking)
{
	static const char *const how[] = { "cold", "warm" };
	char full[40];

	for (int is_warm = 1; is_warm >= 0; is_warm--) {
		struct samples *samples = samples_clear();
		int64_t cpu = nanos(CLOCK_PROCESS_CPUTIME_ID);
		ask(asking, is_warm, samples);
		snprintf(full, sizeof(full), "%s_%s", name, how[is_warm]);
		print(full, samples, nanos(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	}
}

static int
measure_plain(void)
{
	char url[64];
	int keep = -1, port = start_server(&keep);
	struct samples *samples = samples_clear();
	int64_t cpu = nanos(CLOCK_PROCESS_CPUTIME_ID);

	if (port == 0)
		return 1;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1", port);
	ask_bare(port, samples);
	print("bare_socket", samples, nanos(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	measure("plain", &(struct asking){ url, NULL });
	close(keep);
	return 0;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && text_is(argv[1], "serve"))
		return serve(stdout);
	if (argc == 5 && text_is(argv[1], "ask"))
		measure(argv[2], &(struct asking){ argv[3], argv[4] });
	else
		return measure_plain();
	return 0;
}
