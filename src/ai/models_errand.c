/* models_errand: one call, along its chain. */
#include <assent/net/http_client.h>

#include "ai/models_priv.h"

#include <string.h>

#define TRY_MAX ((size_t)64 << 20)
#define BYTES_A_TOKEN 4 /* of English; other languages have fewer */
#define OUT_USUAL 1000 /* tokens, where a call says no most */
#define MILLION 1000000
#define ANSWER_LEAST ((span_ms)2000) /* of the time for all, or nobody is waited for */

struct
try {
	struct errand *errand;
	struct peer *peer;
	struct model_call asked; /* the call, perhaps without its tuning */
	struct arena *arena;
	struct codec_reading reading;
	struct codec_answer answer;
	struct http_call http;
	int rc;
	struct err err;
	enum model_trouble trouble;
	bool is_good; /* the server did its part, whatever came of it */
	bool is_tuning; /* it did not like max_tokens or the temperature */
	span_ms rest; /* how long it asked to be left alone; 0: it did not */
};

/* --- tokens and money ------------------------------------------------------------ */

static int64_t
length(const char *text)
{
	return text != NULL ? (int64_t)strlen(text) : 0;
}

static int64_t
guess_in(const struct model_call *call)
{
	int64_t bytes = length(call->task) + length(call->material);

	if (call->before != NULL && call->fault != NULL)
		bytes += length(call->before) + length(call->fault);
	return bytes / BYTES_A_TOKEN + 1;
}

static int64_t
guess(const struct model_call *call)
{
	return guess_in(call) + (call->max_tokens > 0 ? call->max_tokens : OUT_USUAL);
}

/* What a try took from the budgets: a server that counts nothing is guessed. */
static int64_t
tokens_of(const struct try *try)
{
	const struct model_usage *usage = &try->answer.usage;
	int64_t heard = (int64_t)try->answer.heard / BYTES_A_TOKEN;
	bool is_read = try->http.status == 200 || try->reading.shape != CODEC_UNKNOWN;

	if (try->rc == 0 && (usage->in > 0 || usage->out > 0))
		return usage->in + usage->out;
	if (!is_read)
		return 0;
	/* What a line carried before it broke was written, too, and is not counted at its end. */
	return (usage->in > 0 ? usage->in : guess_in(&try->asked)) +
	    (usage->out > heard ? usage->out : heard);
}

/* In parts: what a server says to have counted, times a price, may be more than there are numbers. */
static int64_t
price(int64_t tokens, int64_t micros)
{
	if (micros <= 0)
		return 0;
	return tokens / MILLION * micros + (tokens % MILLION * micros + MILLION / 2) / MILLION;
}

static int64_t
micros_of(const struct model_provider *provider, const struct model_usage *usage)
{
	int64_t cached = usage->cached < usage->in ? usage->cached : usage->in;
	int64_t price_cached =
	    provider->price_cached < 0 ? provider->price_in : provider->price_cached;

	return price(usage->in - cached, provider->price_in) + price(cached, price_cached) +
	    price(usage->out, provider->price_out);
}

static void
count(struct try *try)
{
	struct model_call *call = try->errand->call;
	const struct model_usage *usage = &try->answer.usage;
	struct peer *peer = try->peer;
	int64_t micros = micros_of(&peer->provider, usage);

	call->usage.in += usage->in;
	call->usage.cached += usage->cached;
	call->usage.out += usage->out;
	call->micros += micros;
	atomic_fetch_add(&peer->calls, 1);
	atomic_fetch_add(&peer->failures, try->rc < 0);
	atomic_fetch_add(&peer->in, usage->in);
	atomic_fetch_add(&peer->cached, usage->cached);
	atomic_fetch_add(&peer->out, usage->out);
	atomic_fetch_add(&peer->micros, micros);
}

/* --- what came back ---------------------------------------------------------------- */

static bool
take_piece(void *arg, const char *bytes, size_t n)
{
	struct try *try = arg;
	struct err err;

	return codec_feed(&try->reading, bytes, n, &err) == 0;
}

/* Servers say it in many ways; all name what they did not like. */
static bool
is_about_tuning(const struct try *try)
{
	static const char *const names[] = { "max_tokens", "maxoutputtokens", "max_output_tokens",
		"max_completion_tokens", "temperature" };
	const char *body = str_text(&try->http.answer);

	if (try->http.status != 400 || (try->asked.max_tokens <= 0 && try->asked.temperature < 0))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_find_nocase(body, names[i]) != NULL)
			return true;
	return false;
}

/* What is wrong with this one request says nothing of the next. */
static bool
is_ours(int status)
{
	return status == 400 || status == 413 || status == 422;
}

static void
take_lost(struct try *try)
{
	try->rc = err_set(&try->err, try->http.rc, "%s", try->http.err.text);
	try->trouble = try->http.rc == ERR_BUSY ? MODEL_TIME : MODEL_CONNECTION;
}

/* A text that had come to its end is one, however the line was lost then. */
static void
take_text(struct try *try)
{
	bool is_broken = try->http.rc < 0 && try->peer->server.codec->ends_with_body;

	try->rc = codec_end(&try->reading, try->arena, &try->answer, &try->err);
	is_broken |= try->reading.is_broken;
	try->is_good = !is_broken;
	if (is_broken && try->http.rc < 0)
		take_lost(try);
	else if (try->rc < 0)
		try->trouble = MODEL_ANSWER;
}

static void
take_failure(struct try *try)
{
	if (try->http.rc < 0) {
		take_lost(try);
		return;
	}
	try->rc = codec_status(
	    &try->peer->server, try->http.status, str_text(&try->http.answer), &try->err);
	try->trouble = MODEL_STATUS;
	try->is_good = is_ours(try->http.status);
	try->is_tuning = is_about_tuning(try);
	try->rest = codec_rest(str_text(&try->http.answer));
}

/* --- one try -------------------------------------------------------------------------- */

static span_ms
span_left(const struct errand *errand)
{
	return errand->deadline - errand->models->options.boot();
}

/* The header that holds it is in the arena, which is used again. */
static void
forget_key(const struct peer *peer, const struct codec_request *request)
{
	const char *header = request->headers[request->header_count - 1];

	if (peer->server.key != NULL)
		mem_wipe((char *)(uintptr_t)header, strlen(header));
}

static void
send(struct try *try, const struct codec_request *request)
{
	const struct errand *errand = try->errand;
	span_ms timeout = try->peer->provider.timeout, left = span_left(errand);

	try->http = (struct http_call){
		.method = "POST",
		.url = request->url,
		.headers = request->headers,
		.header_count = request->header_count,
		.body = request->body,
		.body_len = strlen(request->body),
		.timeout = timeout > 0 ? timeout : errand->setup->chain.timeout,
		.max_answer = CODEC_STREAM_MAX,
		.piece = take_piece,
		.piece_arg = try,
	};
	codec_begin(&try->reading, &try->peer->server, &try->asked);
	http_client_run(errand->models->options.client, &try->http, 1, 1, left);
	forget_key(try->peer, request);
	take_text(try);
	if (try->reading.shape == CODEC_UNKNOWN && try->http.status != 200)
		take_failure(try);
	if (try->http.retry_after > 0)
		try->rest = try->http.retry_after;
	str_done(&try->http.answer);
}

/* Ask one provider once, with what budgets and breaker say to that. */
static void
try_once(struct try *try)
{
	struct errand *errand = try->errand;
	struct models *models = errand->models;
	const struct purse purse = { &models->budget, &errand->setup->chain,
		errand->call->organisation != NULL ? errand->call->organisation : "" };
	int64_t day = models->options.now() / MS_DAY, most = guess(errand->call);
	struct codec_request request;

	try->rc = codec_request(&try->peer->server, &try->asked, try->arena, &request, &try->err);
	try->trouble = MODEL_ANSWER;
	if (try->rc < 0)
		return;
	try->rc = budget_take(&purse, day, most, &try->err);
	try->trouble = MODEL_BUDGET;
	if (try->rc < 0)
		return;
	if (!breaker_may(&try->peer->breaker, models->options.boot())) {
		budget_add(&models->budget, purse.organisation, day, -most);
		try->rc = err_set(&try->err, ERR_BUSY,
		    "it failed too often, or asked for it, and is left alone for a while");
		try->trouble = MODEL_RESTS;
		return;
	}
	try->trouble = MODEL_WORKS;
	send(try, &request);
	breaker_note(&try->peer->breaker, try->is_good, try->rest, models->options.boot());
	budget_add(&models->budget, purse.organisation, day, tokens_of(try) - most);
	count(try);
}

/* --- the chain --------------------------------------------------------------------------- */

static void
tell(const struct try *try)
{
	const struct errand *errand = try->errand;
	struct model_call *call = errand->call;

	/* Who is left alone was not asked: what the one before said stays. */
	if (try->trouble == MODEL_RESTS && call->trouble != MODEL_NONE &&
	    call->trouble != MODEL_RESTS)
		return;
	call->rc = try->rc;
	call->trouble = try->trouble;
	call->err = try->err;
	if (try->rc < 0)
		err_wrap(&call->err, try->rc, "%s", try->peer->provider.name);
	if (try->trouble == MODEL_RESTS || try->trouble == MODEL_BUDGET)
		return;
	call->provider = arena_dup(errand->arena, try->peer->provider.name);
	call->model = arena_dup(errand->arena, try->peer->provider.model);
	if (try->rc == 0)
		call->text = arena_dup(errand->arena, try->answer.text);
}

/* True: ask it once more, without tuning. */
static bool
ask(struct errand *errand, struct peer *peer, bool is_tuned)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TRY_MAX);
	struct try try = { .errand = errand, .peer = peer, .asked = *errand->call, .arena = arena };

	if (!is_tuned) {
		try.asked.max_tokens = 0;
		try.asked.temperature = -1;
	}
	try_once(&try);
	tell(&try);
	if (try.is_tuning)
		atomic_store(&peer->is_untuned, true);
	return try.is_tuning;
}

static void
start(struct model_call *call)
{
	call->text = call->provider = call->model = NULL;
	call->usage = (struct model_usage){ 0 };
	call->micros = 0;
	call->trouble = MODEL_NONE;
	call->rc = err_set(&call->err, ERR_NOT_FOUND, "no provider serves the tier \"%s\"",
	    call->tier == MODEL_FAST ? "fast" : "careful");
}

/* Nothing that another provider could do better: a text that is not UTF-8, no tokens left. */
static bool
is_over(const struct errand *errand)
{
	const struct model_call *call = errand->call;

	return call->rc == 0 || call->trouble == MODEL_BUDGET ||
	    (call->rc == ERR_INVALID && call->trouble == MODEL_ANSWER);
}

static void
ask_peer(struct errand *errand, struct peer *peer)
{
	if (ask(errand, peer, !atomic_load(&peer->is_untuned)))
		ask(errand, peer, false);
}

/* Each of them once; false: the time was over. */
static bool
ask_all(struct errand *errand)
{
	struct model_call *call = errand->call;
	const struct setup *setup = errand->setup;

	for (size_t i = 0; i < setup->count && !is_over(errand); i++) {
		if (!peer_serves(setup->peers[i], call->tier))
			continue;
		if (span_left(errand) > 0) {
			ask_peer(errand, setup->peers[i]);
			continue;
		}
		if (call->trouble == MODEL_NONE) {
			call->trouble = MODEL_TIME;
			call->rc = err_set(&call->err, ERR_BUSY,
			    "the time for all texts was over before this one");
		}
		return false;
	}
	return true;
}

/* Who may be asked again soonest, while there is time for an answer; NULL: nobody. */
static struct peer *
soonest(const struct errand *errand, span_ms *rest)
{
	const struct setup *setup = errand->setup;
	span_ms now = errand->models->options.boot();
	struct peer *best = NULL;

	*rest = span_left(errand) - ANSWER_LEAST;
	for (size_t i = 0; i < setup->count; i++) {
		struct peer *peer = setup->peers[i];
		span_ms rests = breaker_rests(&peer->breaker, now);

		if (rests <= 0 || rests > *rest || !peer_serves(peer, errand->call->tier))
			continue;
		*rest = rests;
		best = peer;
	}
	return best;
}

void
errand_do(struct errand *errand)
{
	const struct models_options *options = &errand->models->options;
	struct peer *peer;
	span_ms rest;

	start(errand->call);
	if (!ask_all(errand))
		return;
	/* "Try again in two seconds" is no reason to do without. */
	while (
	    !is_over(errand) && options->pause != NULL && (peer = soonest(errand, &rest)) != NULL) {
		if (!options->pause(options->client, rest)) {
			errand->call->trouble = MODEL_TIME;
			errand->call->rc =
			    err_set(&errand->call->err, ERR_BUSY, "the program stops");
			return;
		}
		ask_peer(errand, peer);
	}
}
