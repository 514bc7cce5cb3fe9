#include <assent/ai/openai.h>

#include <assent/ai/prompt.h>
#include <assent/base/str.h>

#include "ai/check_priv.h"
#include "ai/codec_priv.h"

#include <string.h>

/* One draft that is really asked for. */
struct asking {
	struct draft_task *task;
	struct http_call *call;
	const char *seen; /* by the model: what a bullet may repeat */
};

static struct codec_server
server_of(const struct openai *openai)
{
	return (struct codec_server){ &codec_openai, openai->base_url, openai->model, openai->key };
}

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
	struct codec_server server = server_of(openai);
	struct codec_answer answer;

	task->rc = codec_read(&server, str_text(&asking->call->answer), arena, &answer, &task->err);
	if (task->rc < 0) {
		note(openai, task, OPENAI_ANSWER);
		return;
	}
	task->rc = check_answer(answer.text, asking->seen, arena, &draft, &task->err);
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
	struct codec_server server = server_of(openai);

	if (call->rc < 0) {
		task->rc = err_set(&task->err, call->rc, "%s", call->err.text);
		note(openai, task, call->rc == ERR_BUSY ? OPENAI_TIME : OPENAI_CONNECTION);
		return false;
	}
	if (call->status != 200) {
		task->rc = codec_status(&server, call->status, str_text(&call->answer), &task->err);
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
};

struct question {
	struct prompt prompt;
	struct codec_request request;
};

static int
make_question(
    const struct openai *openai, struct draft_task *task, struct arena *arena, struct question *out)
{
	struct codec_server server = server_of(openai);
	struct model_call call = { .temperature = -1 };
	int rc = prompt_make(openai->site_dir, task->request, arena, &out->prompt, &task->err);

	if (rc < 0)
		return rc;
	call.task = out->prompt.task;
	call.material = out->prompt.material;
	return codec_request(&server, &call, arena, &out->request, &task->err);
}

static void
add_call(struct fan *fan, struct openai *openai, struct draft_task *task, struct arena *arena)
{
	struct http_call *call = &fan->calls[fan->count];
	struct question *question = arena_alloc(arena, sizeof(*question));
	const struct codec_request *request = &question->request;

	task->rc = make_question(openai, task, arena, question);
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
		.url = request->url,
		.headers = request->headers,
		.header_count = request->header_count,
		.body = request->body,
		.body_len = strlen(request->body),
		.timeout = openai->timeout,
		.max_answer = CODEC_ANSWER_MAX,
	};
	fan->askings[fan->count++] = (struct asking){ task, call, question->prompt.material };
}

static void
draft_many(void *state, struct draft_task *tasks, size_t count, struct arena *arena)
{
	struct openai *openai = state;
	struct fan fan = {
		.calls = arena_alloc(arena, count * sizeof(*fan.calls)),
		.askings = arena_alloc(arena, count * sizeof(*fan.askings)),
	};

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
