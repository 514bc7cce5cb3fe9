/*
 * drive: models_run() for scripts. Each line of standard input is a chain and the
 * calls of a run, each line of standard output what they came to; tests/wire and
 * tests/peers have both ends.
 */
#include <assent/ai/model.h>
#include <assent/base/clock.h>
#include <assent/base/str.h>
#include <assent/net/http_client.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16

struct heard {
	json_t *pieces; /* of the last try */
	int began;
};

static const char *
word(const json_t *json, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text != NULL ? text : otherwise;
}

static int
number(const json_t *json, const char *name)
{
	return (int)json_integer_value(json_object_get(json, name));
}

static bool
is_set(const json_t *json, const char *name)
{
	return json_is_true(json_object_get(json, name));
}

static void
hear_began(void *arg)
{
	struct heard *heard = arg;

	heard->began++;
	json_array_clear(heard->pieces);
}

static void
hear_delta(void *arg, const char *text, size_t n)
{
	struct heard *heard = arg;

	json_array_append_new(heard->pieces, json_stringn(text, n));
}

static struct model_provider
provider_of(const json_t *json)
{
	return (struct model_provider){
		.name = word(json, "name", "one"),
		.kind = word(json, "kind", ""),
		.base_url = word(json, "base_url", ""),
		.model = word(json, "model", "acme-small"),
		.key = word(json, "key", NULL),
		.price_in = -1,
		.price_cached = -1,
		.price_out = -1,
	};
}

static int
set(struct models *models, const json_t *json, struct err *err)
{
	const json_t *all = json_object_get(json, "providers");
	struct model_provider providers[MOST];
	struct model_chain chain = {
		.providers = providers,
		.provider_count = json_array_size(all) < MOST ? json_array_size(all) : MOST,
		.timeout = number(json, "timeout"),
		.batch_timeout = number(json, "batch_timeout"),
		.at_once = MOST,
	};

	for (size_t i = 0; i < chain.provider_count; i++)
		providers[i] = provider_of(json_array_get(all, i));
	return models_set(models, &chain, err);
}

static struct model_call
call_of(const json_t *json, struct heard *heard)
{
	struct model_call call = {
		.task = word(json, "task", "Summarise."),
		.material = word(json, "material", "Bob needs twelve licences."),
		.temperature = -1,
		.organisation = "",
	};

	heard->pieces = json_array();
	if (is_set(json, "stream")) {
		call.began = hear_began;
		call.delta = hear_delta;
		call.arg = heard;
	}
	if (is_set(json, "tuned")) {
		call.max_tokens = 800;
		call.temperature = 0.2;
	}
	if (is_set(json, "repair")) {
		call.before = "- Bob needs it.";
		call.fault = "There are too few bullets.";
	}
	return call;
}

static json_t *
told(const struct model_call *call, const struct heard *heard)
{
	return json_pack("{s:s?, s:s, s:s, s:s?, s:I, s:I, s:I, s:i, s:o}", "text", call->text,
	    "trouble", model_trouble_name(call->trouble), "why", call->rc < 0 ? call->err.text : "",
	    "provider", call->provider, "in", (json_int_t)call->usage.in, "cached",
	    (json_int_t)call->usage.cached, "out", (json_int_t)call->usage.out, "began",
	    heard->began, "pieces", heard->pieces);
}

static json_t *
state(struct models *models, struct arena *arena)
{
	struct model_state *states;
	size_t count = models_look(models, arena, &states);
	json_t *all = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(all, states[i].name,
		    json_pack("{s:I, s:I, s:I}", "calls", (json_int_t)states[i].calls, "failures",
			(json_int_t)states[i].failures, "rests", (json_int_t)states[i].rests));
	return all;
}

static json_t *
run(struct models *models, const json_t *json)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64u << 20);
	const json_t *asked = json_object_get(json, "calls");
	struct model_call calls[MOST];
	struct heard heard[MOST] = { 0 };
	size_t count = json_array_size(asked) < MOST ? json_array_size(asked) : MOST;
	json_t *out = json_array();
	struct err err;

	if (set(models, json, &err) < 0) {
		json_decref(out);
		return json_pack("{s:s}", "fault", err.text);
	}
	for (size_t i = 0; i < count; i++)
		calls[i] = call_of(json_array_get(asked, i), &heard[i]);
	models_run(models, calls, count, arena);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(out, told(&calls[i], &heard[i]));
	return json_pack("{s:o, s:o}", "calls", out, "providers", state(models, arena));
}

static bool
answer(struct models *models, const char *line)
{
	json_t *json = json_loads(line, 0, NULL);
	json_t *out = json != NULL ? run(models, json) : NULL;
	int rc = out != NULL ? json_dumpf(out, stdout, JSON_COMPACT) : -1;

	json_decref(json);
	json_decref(out);
	return rc == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
}

int
main(void)
{
	const struct http_client_options options = { 0 };
	AUTO(http_client_freep) struct http_client *client = NULL;
	AUTO(models_freep) struct models *models = NULL;
	char *line = NULL;
	size_t size = 0;
	struct err err;

	if (http_client_new(&options, &client, &err) < 0)
		return 1;
	models = models_new(
	    &(struct models_options){ .client = client, .boot = clock_boot, .now = clock_now });
	while (getline(&line, &size, stdin) > 0)
		if (!answer(models, line))
			break;
	free(line); /* house: library memory */
	return 0;
}
