/* codec_ask: requests. What the three APIs share is written once. */
#include <assent/base/utf8.h>

#include "ai/codec_json_priv.h"
#include "ai/codec_priv.h"

#include <string.h>

/* --- bodies ------------------------------------------------------------------ */

typedef json_t *turn_of(const char *role, const char *text);

static json_t *
plain_turn(const char *role, const char *text)
{
	return json_pack("{s:s, s:s}", "role", role, "content", text);
}

static json_t *
gemini_turn(const char *role, const char *text)
{
	return json_pack("{s:s, s:[{s:s}]}", "role", role, "parts", "text", text);
}

/* The material, and in a repair round what was written and what is wrong with it. */
static void
add_turns(json_t *turns, const struct model_call *call, const char *model, turn_of *turn)
{
	json_array_append_new(turns, turn("user", call->material));
	if (call->before == NULL || call->fault == NULL)
		return;
	json_array_append_new(turns, turn(model, call->before));
	json_array_append_new(turns, turn("user", call->fault));
}

#define HOTTEST 2.0

static void
add_tuning(json_t *json, const struct model_call *call, const char *most)
{
	double heat = call->temperature < HOTTEST ? call->temperature : HOTTEST;

	if (call->max_tokens > 0)
		json_object_set_new(json, most, json_integer(call->max_tokens));
	if (heat >= 0)
		json_object_set_new(json, "temperature", json_real(heat));
}

static bool
is_of_the_house(const struct codec_server *server)
{
	return text_find_nocase(server->base_url, "openai.com") != NULL ||
	    text_find_nocase(server->base_url, "azure.com") != NULL;
}

json_t *
codec_openai_body(const struct codec_server *server, const struct model_call *call)
{
	bool is_stream = call->delta != NULL;
	json_t *turns = json_array();
	json_t *json;

	json_array_append_new(turns, plain_turn("system", call->task));
	add_turns(turns, call, "assistant", plain_turn);
	json = json_pack(
	    "{s:s, s:b, s:o}", "model", server->model, "stream", is_stream, "messages", turns);
	if (is_stream)
		json_object_set_new(json, "stream_options", json_pack("{s:b}", "include_usage", 1));
	/*
	 * OpenAI's own newer models refuse a temperature, renamed max_tokens and
	 * count what they think against it. The time and CODEC_ANSWER_MAX bound us.
	 */
	if (!is_of_the_house(server))
		add_tuning(json, call, "max_tokens");
	return json;
}

#define ANTHROPIC_MOST 4096 /* it wants to be told one */

/*
 * Why no temperature: models after Claude Opus 4.6 refuse all but 1.0, which is
 * the default, and the API's types know none since 1.0 of its package.
 */
json_t *
codec_anthropic_body(const struct codec_server *server, const struct model_call *call)
{
	int most = call->max_tokens > 0 ? call->max_tokens : ANTHROPIC_MOST;
	json_t *turns = json_array();

	add_turns(turns, call, "assistant", plain_turn);
	return json_pack("{s:s, s:b, s:i, s:[{s:s, s:s, s:{s:s}}], s:o}", "model", server->model,
	    "stream", call->delta != NULL, "max_tokens", most, "system", "type", "text", "text",
	    call->task, "cache_control", "type", "ephemeral", "messages", turns);
}

json_t *
codec_gemini_body(const struct codec_server *server, const struct model_call *call)
{
	json_t *turns = json_array(), *tuning = json_object();
	json_t *json;

	(void)server;
	add_turns(turns, call, "model", gemini_turn);
	add_tuning(tuning, call, "maxOutputTokens");
	json = json_pack("{s:{s:[{s:s}]}, s:o}", "systemInstruction", "parts", "text", call->task,
	    "contents", turns);
	if (json_object_size(tuning) > 0)
		json_object_set(json, "generationConfig", tuning);
	json_decref(tuning);
	return json;
}

/* --- addresses ------------------------------------------------------------------ */

const char *
codec_openai_path(const struct codec_server *server, bool is_stream, struct arena *arena)
{
	(void)server;
	(void)is_stream;
	(void)arena;
	return "/chat/completions";
}

const char *
codec_anthropic_path(const struct codec_server *server, bool is_stream, struct arena *arena)
{
	(void)server;
	(void)is_stream;
	(void)arena;
	return "/messages";
}

const char *
codec_gemini_path(const struct codec_server *server, bool is_stream, struct arena *arena)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	AUTO(str_donep) struct str name = STR_INIT(4096);
	const char *at = server->model;

	if (text_starts(at, "models/"))
		at += strlen("models/");
	for (; *at != '\0'; at++)
		if (strchr(plain, *at) != NULL)
			str_add_char(&name, *at);
		else
			str_addf(&name, "%%%02X", (unsigned)(unsigned char)*at);
	return arena_printf(arena, "/models/%s:%s", str_text(&name),
	    is_stream ? "streamGenerateContent?alt=sse" : "generateContent");
}

/* Azure's base urls end in ?api-version=…, which stays at the end. */
static const char *
make_url(const struct codec_server *server, bool is_stream, struct arena *arena)
{
	const char *path = server->codec->path(server, is_stream, arena);
	const char *base = server->base_url, *host = strstr(base, "://");
	size_t n = strcspn(base, "?");
	const char *query = base + n, *version = server->codec->version;
	const char *given = strstr(host != NULL ? host + 3 : base, "/v");

	while (n > 0 && base[n - 1] == '/')
		n--;
	if (given != NULL && given < base + n)
		version = "";
	if (strlen(query) < 2)
		return arena_printf(arena, "%.*s%s%s", (int)n, base, version, path);
	return arena_printf(arena, "%.*s%s%s%c%s", (int)n, base, version, path,
	    strchr(path, '?') != NULL ? '&' : '?', query + 1);
}

static const char *
key_header(const struct codec_server *server)
{
	return strstr(server->base_url, "api-version=") != NULL ? "api-key: "
								: server->codec->key_header;
}

/* --- all of it ------------------------------------------------------------------- */

static bool
is_text(const char *text)
{
	return text == NULL || utf8_is_valid(text, strlen(text));
}

int
codec_request(const struct codec_server *server, const struct model_call *call, struct arena *arena,
    struct codec_request *out, struct err *err)
{
	json_t *json;
	char *text;

	if (!is_text(server->model) || !is_text(call->task) || !is_text(call->material) ||
	    !is_text(call->before) || !is_text(call->fault))
		return err_set(err, ERR_INVALID, "what the model is to be asked is not UTF-8");
	json = server->codec->body(server, call);
	text = json_dumps(json, JSON_COMPACT);
	*out = (struct codec_request){
		.url = make_url(server, call->delta != NULL, arena),
		.body = arena_dup(arena, text),
		.headers = { "Content-Type: application/json" },
		.header_count = 1,
	};
	json_decref(json);
	free(text); /* house: library memory */
	if (server->codec->constant_header != NULL)
		out->headers[out->header_count++] = server->codec->constant_header;
	if (server->key != NULL)
		out->headers[out->header_count++] =
		    arena_printf(arena, "%s%s", key_header(server), server->key);
	return 0;
}
