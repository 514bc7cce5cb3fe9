#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_model.h"

#include <assent/base/breaker.h>
#include <assent/base/str.h>
#include <assent/net/http_client.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

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

static bool
play_429(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	return model_say(fd, "429 Slow down", "Retry-After: 7\r\n", "{}");
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
		"{\"error\":{\"code\":\"" KEY "\"}}",
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
	return model_say(fd, "200 OK", "", WHOLE("- the key is " KEY " yes"));
}

/* The same, a letter at a time. */
static bool
play_letters(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	model_stream(fd);
	for (const char *p = "- the key is sk-north " KEY " yes"; *p != '\0'; p++) {
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
static int gate_waiting, gate_most, gate_open;

static bool
play_gate(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	pthread_mutex_lock(&gate_lock);
	if (++gate_waiting > gate_most)
		gate_most = gate_waiting;
	pthread_cond_broadcast(&gate_moved);
	while (gate_open == 0)
		pthread_cond_wait(&gate_moved, &gate_lock);
	gate_open--;
	gate_waiting--;
	pthread_mutex_unlock(&gate_lock);
	return model_say(fd, "200 OK", "", WHOLE("- at last"));
}

static void
gate_wait(int waiting)
{
	pthread_mutex_lock(&gate_lock);
	while (gate_waiting < waiting)
		pthread_cond_wait(&gate_moved, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
}

static void
gate_let(int n)
{
	pthread_mutex_lock(&gate_lock);
	gate_open += n;
	pthread_cond_broadcast(&gate_moved);
	pthread_mutex_unlock(&gate_lock);
}

static const struct model_part parts[] = {
	{ "/plain", play_plain },
	{ "/stream", play_stream },
	{ "/broken", play_broken },
	{ "/500", play_500 },
	{ "/429", play_429 },
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
	gate_waiting = gate_most = gate_open = 0;
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

static int
asked(const char *path)
{
	return model_site_asked(bench.site, path);
}

static void
retry_after_is_obeyed_and_nobody_asks_before(void **state)
{
	struct model_state *states;
	struct model_call call;

	(void)state;
	add("429");
	set();
	call = run();
	assert_int_equal(call.rc, ERR_PEER);
	assert_int_equal(call.trouble, MODEL_STATUS);
	assert_non_null(strstr(call.err.text, "429: the AI server answered with status 429"));
	assert_int_equal(models_look(bench.models, bench.arena, &states), 1);
	assert_int_equal(states[0].rests, 7000);
	assert_int_equal(states[0].failures, 1);
	call = run();
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_RESTS);
	add("plain");
	set(); /* who was left alone still is */
	assert_string_equal(run().provider, "plain");
	assert_int_equal(asked("/429"), 1);
	boot_now += 7000;
	assert_string_equal(run().provider, "plain");
	assert_int_equal(asked("/429"), 2);
}

static void
five_failures_in_a_row_open_the_breaker(void **state)
{
	(void)state;
	add("500");
	add("plain");
	set();
	for (int i = 0; i < 8; i++)
		assert_int_equal(run().rc, 0);
	assert_int_equal(asked("/500"), BREAKER_FAILURES);
	boot_now += BREAKER_REST;
	for (int i = 0; i < 3; i++)
		assert_int_equal(run().rc, 0);
	assert_int_equal(asked("/500"), BREAKER_FAILURES + 1);
}

static void
a_request_that_is_not_liked_says_nothing_of_the_next(void **state)
{
	(void)state;
	add("400");
	set();
	for (int i = 0; i < 2 * BREAKER_FAILURES; i++)
		assert_int_equal(run().trouble, MODEL_STATUS);
	assert_int_equal(asked("/400"), 2 * BREAKER_FAILURES);
}

static void
who_wants_no_tuning_is_asked_once_more_without(void **state)
{
	struct model_call call;

	(void)state;
	add("picky");
	set();
	call = run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- untuned");
	assert_int_equal(asked("/picky"), 2);
	assert_int_equal(run().rc, 0);
	assert_int_equal(asked("/picky"), 3);
}

static void
a_text_that_is_not_utf8_is_asked_of_nobody(void **state)
{
	struct model_call call = call_of("\xff");

	(void)state;
	add("plain");
	add("plain");
	set();
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, ERR_INVALID);
	assert_int_equal(asked("/plain"), 0);
}

/* --- streams ----------------------------------------------------------------------------- */

struct heard {
	struct str text;
	int began;
};

static void
hear_began(void *arg)
{
	struct heard *heard = arg;

	heard->began++;
	str_add(&heard->text, "|");
}

static void
hear_delta(void *arg, const char *text, size_t n)
{
	struct heard *heard = arg;

	str_add_n(&heard->text, text, n);
}

static struct model_call
stream(struct heard *heard)
{
	struct model_call call = call_of("Title: x");

	*heard = (struct heard){ .text = STR_INIT(4096) };
	call.began = hear_began;
	call.delta = hear_delta;
	call.arg = heard;
	models_run(bench.models, &call, 1, bench.arena);
	return call;
}

static void
pieces_come_in_order_and_are_the_text(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	add("stream");
	set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- one and two");
	assert_string_equal(str_text(&heard.text), "|- one and two");
	assert_int_equal(call.usage.out, 200);
	str_done(&heard.text);
}

static void
a_try_that_breaks_off_is_void_and_the_next_one_begins_anew(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	add("broken");
	add("stream");
	set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(str_text(&heard.text), "|- void|- one and two");
	assert_int_equal(heard.began, 2);
	str_done(&heard.text);
}

static void
a_line_that_breaks_is_a_trouble_of_the_connection(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	add("broken");
	set();
	call = stream(&heard);
	assert_int_equal(call.rc, ERR_PEER);
	assert_int_equal(call.trouble, MODEL_CONNECTION);
	assert_null(call.text);
	str_done(&heard.text);
}

static void
a_text_that_was_whole_before_the_line_broke_is_one(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	add("abrupt");
	set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- all");
	str_done(&heard.text);
}

static void
a_server_that_does_not_stream_tells_one_piece(void **state)
{
	struct heard heard;

	(void)state;
	add("plain");
	set();
	assert_int_equal(stream(&heard).rc, 0);
	assert_string_equal(str_text(&heard.text), "|- a text");
	str_done(&heard.text);
}

static void
drips_end_with_the_time_of_a_call(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	add("drip")->timeout = 100;
	add("stream");
	set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.provider, "stream");
	str_done(&heard.text);
	bench.chain.provider_count = 1;
	set();
	call = stream(&heard);
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_TIME);
	str_done(&heard.text);
}

static void
what_has_no_time_left_is_not_asked(void **state)
{
	struct model_call call = call_of("x");

	(void)state;
	add("plain");
	set();
	models_run_until(bench.models, &call, 1, boot_now, bench.arena);
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_TIME);
	assert_int_equal(asked("/plain"), 0);
	assert_int_equal(models_deadline(bench.models), boot_now + 30 * MS_SECOND);
}

/* --- what is hostile -------------------------------------------------------------------- */

static void
a_malformed_answer_is_none(void **state)
{
	(void)state;
	add("malformed");
	set();
	for (int i = 0; i < 8; i++) {
		struct model_call call = run();
		if (i < BREAKER_FAILURES - 1)
			assert_int_equal(call.rc, ERR_PEER);
		assert_true(call.rc < 0);
		assert_null(call.text);
		assert_null(strstr(call.err.text, KEY));
		boot_now += BREAKER_REST;
	}
	assert_int_equal(asked("/malformed"), 8);
}

static void
no_error_and_no_text_shows_the_key(void **state)
{
	static const char *const names[] = { "500", "echo", "letters" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct heard heard;
		struct model_call call;
		bench.chain.provider_count = 0;
		add(names[i]);
		set();
		call = stream(&heard);
		assert_true(call.rc < 0);
		assert_null(call.text);
		assert_null(strstr(call.err.text, KEY));
		assert_null(strstr(str_text(&heard.text), KEY));
		if (i == 2)
			assert_string_equal(str_text(&heard.text), "|- the key is sk-north ");
		str_done(&heard.text);
	}
}

/* --- budgets ---------------------------------------------------------------------------------- */

static void
a_spent_budget_is_told_and_nobody_is_asked(void **state)
{
	struct model_call call;

	(void)state;
	add("plain");
	bench.chain.budget = 1250; /* one call spends 1,200, and wants more than 100 */
	set();
	assert_int_equal(run().rc, 0);
	call = run();
	assert_int_equal(call.rc, ERR_LIMIT);
	assert_int_equal(call.trouble, MODEL_BUDGET);
	assert_non_null(strstr(call.err.text, "ai.budget: of today's 1250 tokens 1200 are spent"));
	assert_int_equal(asked("/plain"), 1);
	wall_now += MS_DAY;
	assert_int_equal(run().rc, 0);
}

static void
an_organisation_has_a_budget_of_its_own(void **state)
{
	const struct model_budget budgets[] = { { "acme", 1000 }, { "northwind", 0 } };
	struct model_call call;

	(void)state;
	add("plain");
	bench.chain.budgets = budgets;
	bench.chain.budget_count = ARRAY_LEN(budgets);
	bench.chain.organisation_budget = 1;
	set();
	models_spent(bench.models, "acme", DAY, 950);
	models_spent(bench.models, "acme", DAY - 1, 999999); /* not of today */
	call = run();
	assert_int_equal(call.rc, ERR_LIMIT);
	assert_non_null(strstr(call.err.text, "organisation 'acme'"));
	call = call_of("x");
	call.organisation = "northwind";
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, 0);
	call.organisation = "somebody";
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, ERR_LIMIT);
	call.organisation = "";
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, 0);
}

static void
a_failure_gives_back_what_it_had_set_aside(void **state)
{
	int64_t spent, budget;

	(void)state;
	add("500");
	bench.chain.budget = 1000;
	set();
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(run().trouble, MODEL_BUDGET);
	models_day(bench.models, &spent, &budget);
	assert_int_equal(spent, 0);
	assert_int_equal(budget, 1000);
}

/* --- many at once --------------------------------------------------------------------------- */

struct crowd {
	struct model_call calls[12];
	struct arena *arena;
	pthread_t thread;
};

static void *
run_crowd(void *arg)
{
	struct crowd *crowd = arg;

	models_run(bench.models, crowd->calls, ARRAY_LEN(crowd->calls), crowd->arena);
	return NULL;
}

static void
begin_crowd(struct crowd *crowd)
{
	crowd->arena = arena_new((size_t)64 << 20);
	for (size_t i = 0; i < ARRAY_LEN(crowd->calls); i++)
		crowd->calls[i] = call_of("x");
	pthread_create(&crowd->thread, NULL, run_crowd, crowd);
}

static void
end_crowd(struct crowd *crowd)
{
	pthread_join(crowd->thread, NULL);
	for (size_t i = 0; i < ARRAY_LEN(crowd->calls); i++) {
		assert_int_equal(crowd->calls[i].rc, 0);
		assert_string_equal(crowd->calls[i].provider, "gate");
	}
	arena_free(crowd->arena);
}

static void
no_more_are_asked_at_once_than_may_be(void **state)
{
	struct crowd crowd;

	(void)state;
	add("gate");
	set();
	begin_crowd(&crowd);
	gate_wait(5);
	gate_let(ARRAY_LEN(crowd.calls));
	end_crowd(&crowd);
	assert_int_equal(gate_most, 5);
	assert_int_equal(asked("/gate"), ARRAY_LEN(crowd.calls));
}

static void
new_settings_do_not_disturb_what_is_under_way(void **state)
{
	struct crowd crowd;

	(void)state;
	add("gate");
	set();
	begin_crowd(&crowd);
	gate_wait(5);
	bench.chain.provider_count = 0;
	add("plain");
	set();
	assert_string_equal(run().provider, "plain");
	gate_let(ARRAY_LEN(crowd.calls));
	end_crowd(&crowd); /* all by the chain that they began with */
}

static void
together_they_spend_no_more_than_the_budget(void **state)
{
	struct crowd crowd = { .arena = arena_new((size_t)64 << 20) };
	size_t written = 0;
	int64_t spent, budget;

	(void)state;
	add("plain");
	bench.chain.budget = 3000;
	bench.chain.at_once = 12;
	set();
	for (size_t i = 0; i < ARRAY_LEN(crowd.calls); i++) {
		crowd.calls[i] = call_of("x");
		crowd.calls[i].max_tokens = 1199; /* what is set aside is what it takes */
	}
	run_crowd(&crowd);
	for (size_t i = 0; i < ARRAY_LEN(crowd.calls); i++)
		written += crowd.calls[i].rc == 0;
	models_day(bench.models, &spent, &budget);
	assert_int_equal(written, 2);
	assert_int_equal(spent, 2400);
	arena_free(crowd.arena);
}

static void
a_connection_is_kept(void **state)
{
	(void)state;
	add("plain");
	set();
	for (int i = 0; i < 4; i++)
		assert_int_equal(run().rc, 0);
	assert_int_equal(model_site_connections(bench.site), 1);
}

static void
figures_are_kept_for_each_provider(void **state)
{
	struct model_state *states;

	(void)state;
	add("500");
	add("plain")->price_in = 1000000;
	set();
	run();
	run();
	assert_int_equal(models_look(bench.models, bench.arena, &states), 2);
	assert_int_equal(states[0].calls, 2);
	assert_int_equal(states[0].failures, 2);
	assert_int_equal(states[1].calls, 2);
	assert_int_equal(states[1].failures, 0);
	assert_int_equal(states[1].usage.in, 2000);
	assert_int_equal(states[1].usage.cached, 800);
	assert_int_equal(states[1].micros, 2000);
	assert_string_equal(states[1].model, "plain-model");
}

static void
a_kind_that_is_none_is_refused_whole(void **state)
{
	struct err err;

	(void)state;
	add("plain");
	set();
	add("stream")->kind = "oracle";
	assert_int_equal(models_set(bench.models, &bench.chain, &err), ERR_INVALID);
	assert_string_equal(run().provider, "plain");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_text_comes_with_who_wrote_it_and_what_it_cost),
		TEST(without_anybody_for_a_tier_nobody_is_asked),
		TEST(the_next_one_is_asked_when_one_fails),
		TEST(retry_after_is_obeyed_and_nobody_asks_before),
		TEST(five_failures_in_a_row_open_the_breaker),
		TEST(a_request_that_is_not_liked_says_nothing_of_the_next),
		TEST(who_wants_no_tuning_is_asked_once_more_without),
		TEST(a_text_that_is_not_utf8_is_asked_of_nobody),
		TEST(pieces_come_in_order_and_are_the_text),
		TEST(a_try_that_breaks_off_is_void_and_the_next_one_begins_anew),
		TEST(a_line_that_breaks_is_a_trouble_of_the_connection),
		TEST(a_text_that_was_whole_before_the_line_broke_is_one),
		TEST(a_server_that_does_not_stream_tells_one_piece),
		TEST(drips_end_with_the_time_of_a_call),
		TEST(what_has_no_time_left_is_not_asked),
		TEST(a_malformed_answer_is_none),
		TEST(no_error_and_no_text_shows_the_key),
		TEST(a_spent_budget_is_told_and_nobody_is_asked),
		TEST(an_organisation_has_a_budget_of_its_own),
		TEST(a_failure_gives_back_what_it_had_set_aside),
		TEST(no_more_are_asked_at_once_than_may_be),
		TEST(new_settings_do_not_disturb_what_is_under_way),
		TEST(together_they_spend_no_more_than_the_budget),
		TEST(a_connection_is_kept),
		TEST(figures_are_kept_for_each_provider),
		TEST(a_kind_that_is_none_is_refused_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
