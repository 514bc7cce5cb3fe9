#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_model.h"

#include <assent/base/breaker.h>
#include <assent/base/str.h>
#include <assent/net/http_client.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY "sk-northwind-0123456789abcdef"
#define DAY ((int64_t)20000)

/* --- clocks that a test moves ---------------------------------------------------- */

static _Atomic span_ms boot_now;
static _Atomic utc_ms wall_now;

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

static bool
play_500(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(
	    fd, "500 Oops", "", "{\"error\":{\"message\":\"" KEY "\",\"code\":\"oops\"}}");
}

static const struct model_part parts[] = {
	{ "/plain", play_plain },
	{ "/stream", play_stream },
	{ "/broken", play_broken },
	{ "/500", play_500 },
};

/* --- the bench ----------------------------------------------------------------------- */

static struct {
	struct model_site *site;
	struct http_client *client;
	struct models *models;
	struct arena *arena;
	struct model_provider providers[8];
	struct model_chain chain;
} bench;

static int
setup(void **state)
{
	const struct http_client_options options = { 0 };
	const struct models_options ours = { NULL, boot, wall };
	struct models_options theirs = ours;
	struct err err;

	(void)state;
	boot_now = MS_DAY;
	wall_now = DAY * MS_DAY + MS_HOUR;
	memset(&bench, 0, sizeof(bench));
	bench.arena = arena_new((size_t)64 << 20);
	bench.site = model_site_new(parts, ARRAY_LEN(parts));
	assert_int_equal(http_client_new(&options, &bench.client, &err), 0);
	theirs.client = bench.client;
	bench.models = models_new(&theirs);
	bench.chain = (struct model_chain){ .timeout = 20 * MS_SECOND,
		.batch_timeout = 30 * MS_SECOND,
		.at_once = 5,
		.providers = bench.providers };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	models_free(bench.models);
	http_client_free(bench.client);
	model_site_free(bench.site);
	arena_free(bench.arena);
	return 0;
}

/* One more at the end of the chain; its path is its name. */
static struct model_provider *
add(const char *name)
{
	struct model_provider *provider = &bench.providers[bench.chain.provider_count++];

	*provider = (struct model_provider){ .name = name,
		.kind = "openai",
		.base_url = arena_printf(
		    bench.arena, "http://127.0.0.1:%d/%s/v1", model_site_port(bench.site), name),
		.model = arena_printf(bench.arena, "%s-model", name),
		.key = KEY,
		.price_in = -1,
		.price_cached = -1,
		.price_out = -1 };
	return provider;
}

static void
set(void)
{
	struct err err;

	assert_int_equal(models_set(bench.models, &bench.chain, &err), 0);
}

static struct model_call
call_of(const char *material)
{
	return (struct model_call){ .tier = MODEL_FAST,
		.task = "Be brief.",
		.material = material,
		.max_tokens = 100,
		.temperature = 0.2,
		.organisation = "acme" };
}

static struct model_call
run(void)
{
	struct model_call call = call_of("Title: x");

	models_run(bench.models, &call, 1, bench.arena);
	return call;
}

/* --- a chain ---------------------------------------------------------------------------- */

static void
a_text_comes_with_who_wrote_it_and_what_it_cost(void **state)
{
	struct model_provider *provider = add("plain");
	struct model_call call;

	(void)state;
	provider->price_in = 150000;
	provider->price_cached = 75000;
	provider->price_out = 600000;
	set();
	call = run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- a text");
	assert_string_equal(call.provider, "plain");
	assert_string_equal(call.model, "plain-model");
	assert_int_equal(call.usage.in, 1000);
	assert_int_equal(call.usage.cached, 400);
	assert_int_equal(call.usage.out, 200);
	assert_int_equal(call.micros, 90 + 30 + 120);
	assert_int_equal(call.trouble, MODEL_WORKS);
}

static void
without_anybody_for_a_tier_nobody_is_asked(void **state)
{
	struct model_call call;

	(void)state;
	assert_false(models_are_there(bench.models));
	assert_int_equal(run().rc, ERR_NOT_FOUND);
	add("plain")->serves = MODEL_SERVES_CAREFUL;
	set();
	assert_true(models_are_there(bench.models));
	call = run();
	assert_int_equal(call.rc, ERR_NOT_FOUND);
	assert_int_equal(call.trouble, MODEL_NONE);
	assert_int_equal(model_site_asked(bench.site, "/plain"), 0);
}

static void
the_next_one_is_asked_when_one_fails(void **state)
{
	struct model_call call;

	(void)state;
	add("500");
	add("plain");
	set();
	call = run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.provider, "plain");
	assert_int_equal(model_site_asked(bench.site, "/500"), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_text_comes_with_who_wrote_it_and_what_it_cost),
		TEST(without_anybody_for_a_tier_nobody_is_asked),
		TEST(the_next_one_is_asked_when_one_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
