#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_models.h"

#include <assent/base/str.h>
#include <assent/net/http_client.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct model_bench bench;

/* --- clocks that a test moves ---------------------------------------------------- */

_Atomic span_ms boot_now;
_Atomic utc_ms wall_now;

static span_ms
boot(void)
{
	return boot_now;
}

static utc_ms
wall(void)
{
	return wall_now;
}

static bool
pause_for(struct http_client *client, span_ms span)
{
	(void)client;
	if (bench.is_cancelled)
		return false;
	boot_now += span;
	bench.paused += span;
	return true;
}

/* --- what servers do ------------------------------------------------------------- */

#define USAGE \
	"\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":200," \
	"\"prompt_tokens_details\":{\"cached_tokens\":400}}"
#define WHOLE(text) \
	"{\"choices\":[{\"message\":{\"content\":\"" text \
	"\"},\"finish_reason\":\"stop\"}]," USAGE "}"
#define PIECE(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP \
	"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" \
	"data: {\"choices\":[]," USAGE "}\n\ndata: [DONE]\n\n"

static bool
play_plain(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(fd, "200 OK", "", WHOLE("- a text"));
}

/* It counts what it likes. */
static bool
play_boast(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(fd, "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":\"- a text\"},\"finish_reason\":\"stop\"}],"
	    "\"usage\":{\"prompt_tokens\":500000000,\"completion_tokens\":1000000000,"
	    "\"prompt_tokens_details\":{\"cached_tokens\":1000000000}}}");
}

static bool
play_stream(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_stream(fd) && model_chunk(fd, PIECE("- one")) &&
	    model_chunk(fd, PIECE(" and ")) && model_chunk(fd, PIECE("two")) &&
	    model_chunk(fd, STOP) && model_chunk(fd, "");
}

static bool
play_broken(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	model_stream(fd);
	model_chunk(fd, PIECE("- void"));
	return false;
}

/* Its usage would have come at the end. */
static bool
play_torn(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	model_stream(fd);
	for (int i = 0; i < 100; i++)
		model_chunk(fd, PIECE("- forty characters of a text that breaks"));
	return false;
}

static bool
play_500(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(
	    fd, "500 Oops", "", "{\"error\":{\"message\":\"" MODEL_KEY "\",\"code\":\"oops\"}}");
}

static bool
play_429(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(fd, "429 Slow down", "Retry-After: 7\r\n", "{}");
}

/* Three are too many for a moment, and the third is told so as Gemini says it. */
static bool
play_busy(int fd, int nth, const char *request)
{
	(void)request;
	if (nth < 2)
		return model_say(fd, "429 Slow down", "Retry-After: 2\r\n", "{}");
	if (nth == 2)
		return model_say(fd, "429 Slow down", "",
		    "{\"error\":{\"details\":[{},{\"retryDelay\":\"1.5s\"}]}}");
	return model_say(fd, "200 OK", "", WHOLE("- in the end"));
}

/* As OpenAI's newer models: they want neither max_tokens nor a temperature. */
static bool
play_picky(int fd, int nth, const char *request)
{
	(void)nth;
	if (strstr(request, "max_tokens") == NULL && strstr(request, "temperature") == NULL)
		return model_say(fd, "200 OK", "", WHOLE("- untuned"));
	return model_say(fd, "400 Bad Request", "",
	    "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens'\",\"code\":"
	    "\"unsupported_parameter\"}}");
}

static bool
play_400(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(fd, "400 Bad Request", "", "{\"error\":{\"code\":\"content_filter\"}}");
}

/* A byte now and then, so that the line is never quiet; until the client hangs up. */
static bool
play_drip(int fd, int nth, const char *request)
{
	struct pollfd hangup = { .fd = fd, .events = POLLRDHUP };

	(void)nth;
	(void)request;
	model_stream(fd);
	while (model_chunk(fd, ":\n") && poll(&hangup, 1, 5) == 0)
		;
	return false;
}

/* All is said but the line breaks before the end of the body. */
static bool
play_abrupt(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	model_stream(fd);
	model_chunk(fd, PIECE("- all") STOP);
	return false;
}

static bool
play_malformed(int fd, int nth, const char *request)
{
	static const char *const bodies[] = {
		"",
		"<html>Sign in to the WLAN</html>",
		"{\"choices\":[{\"message\":{\"content\":\"- a",
		"[]",
		"{\"error\":{\"code\":\"" MODEL_KEY "\"}}",
		"\"text\"",
		"{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"stop\"}]}",
		"data: {\"choices\":[{\"delta\":{\"content\":\"- a\"}}]}\n\n",
	};

	(void)request;
	return model_say(fd, "200 OK", "", bodies[nth % (int)ARRAY_LEN(bodies)]);
}

static bool
play_echo(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(fd, "200 OK", "", WHOLE("- the key is " MODEL_KEY " yes"));
}

/* The same, a letter at a time. */
static bool
play_letters(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	model_stream(fd);
	for (const char *p = "- the key is sk-north " MODEL_KEY " yes"; *p != '\0'; p++) {
		char piece[128];
		snprintf(piece, sizeof(piece),
		    "data: {\"choices\":[{\"delta\":{\"content\":\"%c\"}}]}\n\n", *p);
		model_chunk(fd, piece);
	}
	return model_chunk(fd, STOP) && model_chunk(fd, "");
}

/* Only when the test says so; how many wait at once is counted. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static int gate_waiting, most_waiting, gate_open;

static bool
play_gate(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	pthread_mutex_lock(&gate_lock);
	if (++gate_waiting > most_waiting)
		most_waiting = gate_waiting;
	pthread_cond_broadcast(&gate_moved);
	while (gate_open == 0)
		pthread_cond_wait(&gate_moved, &gate_lock);
	gate_open--;
	gate_waiting--;
	pthread_mutex_unlock(&gate_lock);
	return model_say(fd, "200 OK", "", WHOLE("- at last"));
}

void
gate_wait(int waiting)
{
	pthread_mutex_lock(&gate_lock);
	while (gate_waiting < waiting)
		pthread_cond_wait(&gate_moved, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
}

void
gate_let(int n)
{
	pthread_mutex_lock(&gate_lock);
	gate_open += n;
	pthread_cond_broadcast(&gate_moved);
	pthread_mutex_unlock(&gate_lock);
}

int
gate_most(void)
{
	int most;

	pthread_mutex_lock(&gate_lock);
	most = most_waiting;
	pthread_mutex_unlock(&gate_lock);
	return most;
}

static const struct model_part parts[] = {
	{ "/plain", play_plain },
	{ "/boast", play_boast },
	{ "/stream", play_stream },
	{ "/broken", play_broken },
	{ "/torn", play_torn },
	{ "/500", play_500 },
	{ "/429", play_429 },
	{ "/busy", play_busy },
	{ "/picky", play_picky },
	{ "/400", play_400 },
	{ "/drip", play_drip },
	{ "/abrupt", play_abrupt },
	{ "/malformed", play_malformed },
	{ "/echo", play_echo },
	{ "/letters", play_letters },
	{ "/gate", play_gate },
};

/* --- the bench ----------------------------------------------------------------------- */

static struct models *
models_of(bool (*pause)(struct http_client *client, span_ms span))
{
	const struct models_options options = { bench.client, boot, wall, pause };

	return models_new(&options);
}

void
bench_be_patient(void)
{
	models_free(bench.models);
	bench.models = models_of(pause_for);
}

int
bench_setup(void **state)
{
	const struct http_client_options options = { 0 };
	struct err err;

	(void)state;
	boot_now = MS_DAY;
	wall_now = MODEL_DAY * MS_DAY + MS_HOUR;
	memset(&bench, 0, sizeof(bench));
	gate_waiting = most_waiting = gate_open = 0;
	bench.arena = arena_new((size_t)64 << 20);
	bench.site = model_site_new(parts, ARRAY_LEN(parts));
	assert_int_equal(http_client_new(&options, &bench.client, &err), 0);
	bench.models = models_of(NULL);
	bench.chain = (struct model_chain){ .timeout = 20 * MS_SECOND,
		.batch_timeout = 30 * MS_SECOND,
		.at_once = 5,
		.providers = bench.providers };
	return 0;
}

int
bench_teardown(void **state)
{
	(void)state;
	models_free(bench.models);
	http_client_free(bench.client);
	model_site_free(bench.site);
	arena_free(bench.arena);
	return 0;
}

/* One more at the end of the chain; its path is its name. */
struct model_provider *
bench_add(const char *name)
{
	struct model_provider *provider = &bench.providers[bench.chain.provider_count++];

	*provider = (struct model_provider){ .name = name,
		.kind = "openai",
		.base_url = arena_printf(
		    bench.arena, "http://127.0.0.1:%d/%s/v1", model_site_port(bench.site), name),
		.model = arena_printf(bench.arena, "%s-model", name),
		.key = MODEL_KEY,
		.price_in = -1,
		.price_cached = -1,
		.price_out = -1 };
	return provider;
}

void
bench_set(void)
{
	struct err err;

	assert_int_equal(models_set(bench.models, &bench.chain, &err), 0);
}

struct model_call
bench_call(const char *material)
{
	return (struct model_call){ .tier = MODEL_FAST,
		.task = "Be brief.",
		.material = material,
		.max_tokens = 100,
		.temperature = 0.2,
		.organisation = "acme" };
}

struct model_call
bench_run(void)
{
	struct model_call call = bench_call("Title: x");

	models_run(bench.models, &call, 1, bench.arena);
	return call;
}

int
bench_asked(const char *path)
{
	return model_site_asked(bench.site, path);
}
