#include "ai/codec_priv.h"

#include <assent/base/num.h>

#include "ai/codec_json_priv.h"

#include <string.h>

#define CODE_MAX 40
#define KEY_MIN 16
#define REST_MOST ((int64_t)30 * 24 * 3600) /* seconds */
#define BLANKS " \t\r\n"
#define THOUGHT "<think>"
#define THOUGHT_END "</think>"
#define TOO_LARGE "the AI server's answer is too large"

const struct codec codec_openai = {
	.name = "openai",
	.version = "", /* its base urls end in /v1, or in what a compatible server likes */
	.key_header = "Authorization: Bearer ",
	.path = codec_openai_path,
	.body = codec_openai_body,
	.take = codec_openai_take,
};

const struct codec codec_anthropic = {
	.name = "anthropic",
	.version = "/v1",
	.key_header = "x-api-key: ",
	.constant_header = "anthropic-version: 2023-06-01",
	.path = codec_anthropic_path,
	.body = codec_anthropic_body,
	.take = codec_anthropic_take,
};

const struct codec codec_gemini = {
	.name = "gemini",
	.version = "/v1beta",
	.key_header = "x-goog-api-key: ",
	.ends_with_body = true,
	.path = codec_gemini_path,
	.body = codec_gemini_body,
	.take = codec_gemini_take,
};

const struct codec *
codec_find(const char *name)
{
	static const struct codec *const all[] = { &codec_openai, &codec_anthropic, &codec_gemini };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (text_is(name, all[i]->name))
			return all[i];
	return NULL;
}

/* --- errors ------------------------------------------------------------------- */

/* Why not its sentences: they may quote the ticket, or the key. */
static bool
is_code(const char *word, const struct codec_server *server)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

	return word != NULL && *word != '\0' && strlen(word) <= CODE_MAX &&
	    word[strspn(word, plain)] == '\0' &&
	    (server->key == NULL || strstr(server->key, word) == NULL);
}

/* A server's own code for it where that is one word; lives as long as json. */
static const char *
error_code(const struct codec_server *server, const json_t *json)
{
	static const char *const names[] = { "code", "status", "type" };
	const json_t *error =
	    json_object_get(json_is_array(json) ? json_array_get(json, 0) : json, "error");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *word = json_string_value(json_object_get(error, names[i]));
		if (is_code(word, server))
			return word;
	}
	return "no reason";
}

static const char *
status_hint(int status)
{
	static const struct {
		int status;
		const char *hint;
	} hints[] = {
		{ 400, ": it cannot be asked this; look at the model's name" },
		{ 401, ": look at the key" },
		{ 403, ": the key may not use it" },
		{ 404, ": look at the base url and the model's name" },
		{ 429, ": too many requests, or nothing left to spend" },
		{ 529, ": it has too much to do" },
	};

	for (size_t i = 0; i < ARRAY_LEN(hints); i++)
		if (status == hints[i].status)
			return hints[i].hint;
	return "";
}

/* "17s", "2.5s" in milliseconds, whole seconds rounded up. */
static span_ms
span_of(const char *text)
{
	int64_t seconds;
	char digits[12];
	size_t n = text != NULL ? strspn(text, "0123456789") : 0;
	bool has_more;

	if (n == 0 || n >= sizeof(digits))
		return 0;
	memcpy(digits, text, n);
	digits[n] = '\0';
	has_more = text[n] == '.';
	if (has_more)
		n += 1 + strspn(text + n + 1, "0123456789");
	if (!text_is(text + n, "s") || !num_parse_within(digits, 0, INT64_MAX, &seconds))
		return 0;
	return (seconds < REST_MOST ? seconds + has_more : REST_MOST) * MS_SECOND;
}

span_ms
codec_rest(const char *body)
{
	json_t *json = json_loads(body, 0, NULL);
	const json_t *error =
	    json_object_get(json_is_array(json) ? json_array_get(json, 0) : json, "error");
	const json_t *details = json_object_get(error, "details");
	span_ms rest = 0;

	for (size_t i = 0; i < json_array_size(details) && rest == 0; i++)
		rest = span_of(
		    json_string_value(json_object_get(json_array_get(details, i), "retryDelay")));
	json_decref(json);
	return rest;
}

int
codec_status(const struct codec_server *server, int status, const char *body, struct err *err)
{
	json_t *json = json_loads(body, 0, NULL);
	int rc = err_set(err, ERR_PEER, "the AI server answered with status %d (%s)%s", status,
	    error_code(server, json), status_hint(status));

	json_decref(json);
	return rc;
}

/* --- what take() finds ----------------------------------------------------------- */

void
codec_fail(struct codec_reading *reading, const char *why)
{
	if (reading->trouble.code == 0)
		err_set(&reading->trouble, ERR_PEER, "%s", why);
}

static void
fail_broken(struct codec_reading *reading, const char *why)
{
	reading->is_broken |= reading->trouble.code == 0;
	codec_fail(reading, why);
}

/* The text up to its byte end, as far as it was not told yet. */
static void
tell(struct codec_reading *reading, size_t end)
{
	const struct model_call *call = reading->call;
	bool is_first = reading->told == 0;
	const char *text = str_text(&reading->text) + reading->told;

	if (call == NULL || call->delta == NULL || end <= reading->told)
		return;
	if (is_first && call->began != NULL)
		call->began(call->arg);
	call->delta(call->arg, text, end - reading->told);
	reading->told = end;
}

/* Shorter ones are words such as "ollama", which servers without keys are given. */
static bool
has_key(const struct codec_reading *reading)
{
	const char *key = reading->server->key;

	return key != NULL && strlen(key) >= KEY_MIN;
}

/* How much of the text's end may be the begin of our key. */
static size_t
held_back(const struct codec_reading *reading)
{
	const char *key = reading->server->key, *text = str_text(&reading->text);
	size_t n = has_key(reading) ? strlen(key) - 1 : 0;

	if (n > reading->text.len)
		n = reading->text.len;
	while (n > 0 && memcmp(text + reading->text.len - n, key, n) != 0)
		n--;
	return n;
}

/* --- thoughts -------------------------------------------------------------------- */

/*
 * What a model thinks before it writes, where its server leaves that in the
 * text. Some templates have said the first mark already, so that only the last
 * one comes: what was told before it is void.
 */
static void
drop_thought(struct codec_reading *reading, size_t from)
{
	const char *end = strstr(str_text(&reading->text) + from, THOUGHT_END);
	char *rest;

	if (end == NULL)
		return;
	end += strlen(THOUGHT_END);
	reading->thought += (size_t)(end - str_text(&reading->text));
	rest = mem_dup(end + strspn(end, BLANKS));
	str_clear(&reading->text);
	str_add(&reading->text, rest);
	mem_free(rest);
	reading->told = 0;
}

/* Is the text a thought so far, or may it become one? */
static bool
is_thought(const struct codec_reading *reading, bool is_whole)
{
	const char *text = str_text(&reading->text);
	size_t n = reading->text.len;

	return text_starts(text, THOUGHT) ||
	    (!is_whole && n < strlen(THOUGHT) && strncmp(text, THOUGHT, n) == 0);
}

static void
check_text(struct codec_reading *reading, size_t old)
{
	size_t key_len = has_key(reading) ? strlen(reading->server->key) : 0;
	size_t from = old > key_len ? old - key_len : 0;

	if (str_overflowed(&reading->text))
		err_set(&reading->trouble, ERR_LIMIT, "the model's text is too long");
	else if (key_len > 0 &&
	    strstr(str_text(&reading->text) + from, reading->server->key) != NULL)
		codec_fail(reading, "the AI server sent our key back");
}

void
codec_add(struct codec_reading *reading, const char *text)
{
	size_t old = reading->text.len, end_len = strlen(THOUGHT_END);

	if (text == NULL || reading->trouble.code != 0)
		return;
	str_add(&reading->text, old == 0 ? text + strspn(text, BLANKS) : text);
	check_text(reading, old);
	if (reading->trouble.code != 0)
		return;
	drop_thought(reading, old > end_len ? old - end_len : 0);
	if (!is_thought(reading, false))
		tell(reading, reading->text.len - held_back(reading));
}

/* --- bytes ------------------------------------------------------------------------ */

/* Why a NUL is no reason to look: jansson refuses it in strings, and bytes that are not UTF-8. */
static bool
take_json(struct codec_reading *reading, const char *bytes, size_t n)
{
	json_t *json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *error =
	    json_object_get(json_is_array(json) ? json_array_get(json, 0) : json, "error");
	bool fits = true;

	if (json == NULL)
		fail_broken(reading, "the AI server's answer is not JSON");
	else if (error != NULL && !json_is_null(error) && reading->trouble.code == 0)
		err_set(&reading->trouble, ERR_PEER, "the AI server answered with an error (%s)",
		    error_code(reading->server, json));
	else
		fits = reading->server->codec->take(reading, json);
	json_decref(json);
	return fits;
}

static int
take_event(void *arg, const struct sse_event *event, struct err *err)
{
	struct codec_reading *reading = arg;

	(void)err;
	if (text_is(event->data, "[DONE]"))
		reading->is_done = true;
	else
		take_json(reading, event->data, event->data_len);
	return 0;
}

void
codec_begin(
    struct codec_reading *reading, const struct codec_server *server, const struct model_call *call)
{
	*reading = (struct codec_reading){
		.server = server,
		.call = call,
		.whole = STR_INIT(CODEC_ANSWER_MAX),
		.text = STR_INIT(CODEC_ANSWER_MAX),
	};
	sse_init(&reading->sse, CODEC_ANSWER_MAX, take_event, reading);
}

static int
take_bytes(struct codec_reading *reading, const char *bytes, size_t n, struct err *err)
{
	if (reading->shape == CODEC_STREAM)
		return sse_feed(&reading->sse, bytes, n, err);
	str_add_n(&reading->whole, bytes, n);
	return str_overflowed(&reading->whole) ? err_set(err, ERR_LIMIT, TOO_LARGE) : 0;
}

int
codec_feed(struct codec_reading *reading, const char *bytes, size_t n, struct err *err)
{
	int rc;

	while (reading->shape == CODEC_UNKNOWN && n > 0 &&
	    memchr(BLANKS, *bytes, strlen(BLANKS)) != NULL) {
		bytes++;
		n--;
	}
	if (n == 0)
		return 0;
	/* '<' is a proxy's page, which is no stream that broke off. */
	if (reading->shape == CODEC_UNKNOWN)
		reading->shape = memchr("{[<", *bytes, 3) != NULL ? CODEC_WHOLE : CODEC_STREAM;
	rc = take_bytes(reading, bytes, n, err);
	if (rc < 0 && reading->trouble.code == 0)
		err_set(&reading->trouble, rc, "%s", err->text);
	return rc;
}

static void
take_whole(struct codec_reading *reading)
{
	if (str_overflowed(&reading->whole))
		err_set(&reading->trouble, ERR_LIMIT, TOO_LARGE);
	else if (!take_json(reading, str_text(&reading->whole), reading->whole.len))
		fail_broken(reading, "the AI server's answer is not what its API says");
	reading->is_done = true;
}

int
codec_end(
    struct codec_reading *reading, struct arena *arena, struct codec_answer *out, struct err *err)
{
	if (reading->shape == CODEC_WHOLE)
		take_whole(reading);
	if (!reading->is_done)
		fail_broken(reading, "the AI server's answer broke off");
	if (text_is_blank(str_text(&reading->text)) || is_thought(reading, true))
		codec_fail(reading, "the model wrote nothing");
	*out = (struct codec_answer){ .usage = reading->usage,
		.heard = reading->thought + reading->text.len };
	if (reading->trouble.code == 0)
		tell(reading, reading->text.len);
	if (reading->trouble.code == 0)
		out->text = arena_dup(arena, str_text(&reading->text));
	else
		err_set(err, reading->trouble.code, "%s", reading->trouble.text);
	sse_done(&reading->sse);
	str_done(&reading->whole);
	str_done(&reading->text);
	return reading->trouble.code;
}

int
codec_read(const struct codec_server *server, const char *body, struct arena *arena,
    struct codec_answer *out, struct err *err)
{
	struct codec_reading reading;

	codec_begin(&reading, server, NULL);
	reading.shape = CODEC_WHOLE;
	str_add(&reading.whole, body);
	return codec_end(&reading, arena, out, err);
}
