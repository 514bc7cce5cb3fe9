#include "ai/openai_priv.h"

#include <assent/base/str.h>

#include "ai/check_priv.h"

#include <jansson.h>
#include <string.h>

#define ANSWER_MAX ((size_t)256 << 10)
#define CODE_MAX 40

/* --- JSON ------------------------------------------------------------------- */

/*
 * Why neither temperature nor max_tokens: newer models refuse the first and
 * renamed the second, and ANSWER_MAX and the timeout bound us anyway.
 */
const char *
openai_body(const char *model, const struct prompt *prompt, struct arena *arena)
{
	json_t *json = json_pack("{s:s, s:b, s:[{s:s, s:s}, {s:s, s:s}]}", "model", model, "stream",
	    0, "messages", "role", "system", "content", prompt->task, "role", "user", "content",
	    prompt->material);
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	const char *body = arena_dup(arena, text);

	json_decref(json);
	free(text); /* house: library memory */
	return body;
}

static bool
is_given(const json_t *value)
{
	return value != NULL && !json_is_null(value) &&
	    !(json_is_array(value) && json_array_size(value) == 0);
}

static int
read_message(const json_t *choice, const char **out, struct err *err)
{
	const json_t *message = json_object_get(choice, "message");
	const char *reason = json_string_value(json_object_get(choice, "finish_reason"));
	const char *text = json_string_value(json_object_get(message, "content"));

	if (is_given(json_object_get(message, "refusal")))
		return err_set(err, ERR_PEER, "the model refused");
	if (is_given(json_object_get(message, "tool_calls")) ||
	    is_given(json_object_get(message, "function_call")))
		return err_set(err, ERR_PEER, "the model wanted to call a tool");
	if (reason != NULL && !text_is(reason, "stop"))
		return err_set(err, ERR_PEER, "the model did not come to its end");
	if (text == NULL || text_is_blank(text))
		return err_set(err, ERR_PEER, "the model wrote nothing");
	*out = text;
	return 0;
}

int
openai_read(const char *body, struct arena *arena, const char **out, struct err *err)
{
	json_t *json = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
	const char *text = NULL;
	int rc;

	if (json == NULL)
		rc = err_set(err, ERR_PEER, "the AI server's answer is not JSON");
	else if (choice == NULL)
		rc = err_set(err, ERR_PEER, "the AI server's answer holds no choice");
	else
		rc = read_message(choice, &text, err);
	if (rc == 0)
		*out = arena_dup(arena, text);
	json_decref(json);
	return rc;
}

/* A server's own code for it where that is one word; its sentences may quote the ticket. */
static const char *
error_code(const char *body, struct arena *arena)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
	json_t *json = json_loads(body, 0, NULL);
	const json_t *error = json_object_get(json, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *out = "no reason";

	if (code == NULL)
		code = json_string_value(json_object_get(error, "type"));
	if (code != NULL && *code != '\0' && strlen(code) <= CODE_MAX &&
	    code[strspn(code, plain)] == '\0')
		out = arena_dup(arena, code);
	json_decref(json);
	return out;
}

/* One draft that is really asked for. */
struct asking {
	struct draft_task *task;
	struct http_call *call;
	const char *seen; /* by the model: what a bullet may repeat */
};

/* --- one draft --------------------------------------------------------------- */

static void
note(struct openai *openai, const struct draft_task *task, enum openai_trouble trouble)
{
	if (openai->troubles[trouble].count++ == 0)
		openai->troubles[trouble].why = task->err;
}

static void
take_text(struct openai *openai, const struct asking *asking, struct arena *arena)
{
	struct draft_task *task = asking->task;

	struct draft draft = {
		.provider = "openai",
		.label = arena_printf(arena, "drafted by AI (%s)", openai->model),
		.model = arena_dup(arena, openai->model),
	};
	const char *text = "";

	task->rc = openai_read(str_text(&asking->call->answer), arena, &text, &task->err);
	if (task->rc < 0) {
		note(openai, task, OPENAI_ANSWER);
		return;
	}
	task->rc = check_answer(text, asking->seen, arena, &draft, &task->err);
	if (task->rc < 0) {
		note(openai, task, OPENAI_TEXT);
		return;
	}
	*task->out = draft;
	task->err = (struct err){ 0 };
	openai->drafted++;
}

/* Did the server do its part? What the model wrote is another matter. */
static bool
take_call(struct openai *openai, const struct asking *asking, struct arena *arena)
{
	const struct http_call *call = asking->call;
	struct draft_task *task = asking->task;

	if (call->rc < 0) {
		task->rc = err_set(&task->err, call->rc, "%s", call->err.text);
		note(openai, task, call->rc == ERR_BUSY ? OPENAI_TIME : OPENAI_CONNECTION);
		return false;
	}
	if (call->status != 200) {
		task->rc =
		    err_set(&task->err, ERR_PEER, "the AI server answered with status %d (%s)",
			call->status, error_code(str_text(&call->answer), arena));
		note(openai, task, OPENAI_STATUS);
		return false;
	}
	take_text(openai, asking, arena);
	return true;
}

/* --- many ---------------------------------------------------------------------- */

struct fan {
	struct http_call *calls;
	struct asking *askings;
	size_t count;
	const char *url;
	const char *headers[2];
	size_t header_count;
};

static void
open_fan(struct fan *fan, const struct openai *openai, size_t room, struct arena *arena)
{
	size_t n = strlen(openai->base_url);

	while (n > 0 && openai->base_url[n - 1] == '/')
		n--;
	*fan = (struct fan){
		.calls = arena_alloc(arena, room * sizeof(*fan->calls)),
		.askings = arena_alloc(arena, room * sizeof(*fan->askings)),
		.url = arena_printf(arena, "%.*s/chat/completions", (int)n, openai->base_url),
	};
	fan->headers[fan->header_count++] = "Content-Type: application/json";
	if (openai->key != NULL)
		fan->headers[fan->header_count++] =
		    arena_printf(arena, "Authorization: Bearer %s", openai->key);
}

static void
add_call(struct fan *fan, struct openai *openai, struct draft_task *task, struct arena *arena)
{
	struct http_call *call = &fan->calls[fan->count];
	struct prompt prompt;

	task->rc = prompt_make(openai->site_dir, task->request, arena, &prompt, &task->err);
	if (task->rc < 0) {
		note(openai, task, OPENAI_PROMPT);
		return;
	}
	if (!breaker_may(openai->breaker, openai->boot())) {
		task->rc = err_set(&task->err, ERR_BUSY,
		    "the AI server failed too often and is left alone for a while");
		note(openai, task, OPENAI_RESTS);
		return;
	}
	*call = (struct http_call){
		.method = "POST",
		.url = fan->url,
		.headers = fan->headers,
		.header_count = fan->header_count,
		.body = openai_body(openai->model, &prompt, arena),
		.timeout = openai->timeout,
		.max_answer = ANSWER_MAX,
	};
	call->body_len = strlen(call->body);
	fan->askings[fan->count++] = (struct asking){ task, call, prompt.material };
}

static void
draft_many(void *state, struct draft_task *tasks, size_t count, struct arena *arena)
{
	struct openai *openai = state;
	struct fan fan;

	open_fan(&fan, openai, count, arena);
	for (size_t i = 0; i < count; i++)
		if (tasks[i].rc < 0)
			add_call(&fan, openai, &tasks[i], arena);
	http_client_run(
	    openai->client, fan.calls, fan.count, openai->at_once, openai->batch_timeout);
	for (size_t i = 0; i < fan.count; i++) {
		struct http_call *call = &fan.calls[i];
		bool good = take_call(openai, &fan.askings[i], arena);

		breaker_note(openai->breaker, good, call->retry_after > 0 ? call->retry_after : 0,
		    openai->boot());
		str_done(&call->answer);
	}
}

static int
draft_one(void *state, const struct draft_request *request, struct arena *arena, struct draft *out,
    struct err *err)
{
	struct draft_task task = { .request = request, .out = out, .rc = ERR_NOT_FOUND };

	draft_many(state, &task, 1, arena);
	if (task.rc < 0)
		return err_set(err, task.rc, "%s", task.err.text);
	return 0;
}

const char *
openai_trouble_name(enum openai_trouble trouble)
{
	static const char *const names[] = {
		[OPENAI_RESTS] = "rests",
		[OPENAI_TIME] = "time",
		[OPENAI_CONNECTION] = "connection",
		[OPENAI_STATUS] = "status",
		[OPENAI_ANSWER] = "answer",
		[OPENAI_TEXT] = "text",
		[OPENAI_PROMPT] = "prompt",
	};

	return names[trouble];
}

struct provider
openai_provider(struct openai *openai)
{
	return (struct provider){ "openai", openai, draft_one, draft_many };
}
