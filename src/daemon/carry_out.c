/* carry_out: what stories want from other people's HTTP servers. */
#include <assent/ai/openai.h>
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/flow/story.h>
#include <assent/net/http_client.h>

#include "daemon/daemon_priv.h"

#include <string.h>

#define TOKEN_TIMEOUT (20 * MS_SECOND)
#define TOKEN_ANSWER_MAX ((size_t)64 << 10)

/* Both the form and the answer hold secrets: no copy but the call's own stays. */
void
carry_token(struct daemon *daemon, struct call *call)
{
	static const char *const headers[] = { "Accept: application/json",
		"Content-Type: application/x-www-form-urlencoded" };
	struct token_call *token = &call->token;
	struct http_call http = {
		.method = "POST",
		.url = token->url,
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.body = token->form,
		.body_len = strlen(token->form),
		.timeout = TOKEN_TIMEOUT,
		.max_answer = TOKEN_ANSWER_MAX,
	};

	http_client_run(daemon->client, &http, 1, 1, TOKEN_TIMEOUT);
	call->rc = http.rc;
	call->err = http.err;
	token->status = http.status;
	token->retry_after = http.retry_after;
	token->answer = arena_dup_n(call->arena, str_text(&http.answer), http.answer.len);
	token->answer_len = http.answer.len;
	mem_wipe(http.answer.text, http.answer.len);
	str_done(&http.answer);
	call_wipe(call, false);
}

void
call_wipe(struct call *call, bool answer_too)
{
	/* Made by a story in the call's own arena, so they may be written to. */
	if (call->token.form != NULL)
		mem_wipe((char *)call->token.form, strlen(call->token.form));
	if (answer_too && call->token.answer != NULL)
		mem_wipe((char *)call->token.answer, call->token.answer_len);
}

/* --- drafts ------------------------------------------------------------------ */

/*
 * Each kind of trouble is told once, until a draft comes through without any.
 * Nothing of the ticket is in these sentences (ai/openai.h).
 */
static void
tell_troubles(struct daemon *daemon, const struct openai *openai)
{
	unsigned now = 0, told;

	metric_add(METRIC_AI_DRAFTS, (int64_t)openai->drafted);
	for (int i = 0; i < OPENAI_TROUBLES; i++) {
		metric_add(METRIC_AI_FAILURES, (int64_t)openai->troubles[i].count);
		if (openai->troubles[i].count > 0)
			now |= 1u << i;
	}
	if (now == 0) {
		if (atomic_exchange(&daemon->ai_told, 0) != 0)
			log_line(LOG_NOTICE, "ai.works", "model", openai->model, NULL);
		health_good("ai");
		return;
	}
	told = atomic_fetch_or(&daemon->ai_told, now);
	for (int i = 0; i < OPENAI_TROUBLES; i++)
		if ((now & ~told) & 1u << i)
			log_line(LOG_WARN, "ai.failed", "kind",
			    openai_trouble_name((enum openai_trouble)i), "error",
			    openai->troubles[i].why.text, "instead", "drafted without AI", NULL);
	if (openai->troubles[OPENAI_RESTS].count > 0)
		health_bad("ai", false, clock_now(),
		    "The AI server fails, so summaries are drafted without AI; approvals go on. "
		    "Look for ai.failed in the log.");
}

static void
draft_all(const struct provider *const *chain, size_t providers, struct call *call)
{
	struct draft_task *tasks = arena_alloc(call->arena, call->draft_count * sizeof(*tasks));

	for (size_t i = 0; i < call->draft_count; i++) {
		tasks[i].request = &call->drafts[i].request;
		tasks[i].out = &call->drafts[i].result;
	}
	provider_draft_many(chain, providers, tasks, call->draft_count, call->arena);
	for (size_t i = 0; call->rc == 0 && i < call->draft_count; i++)
		if (tasks[i].rc < 0)
			call->rc = err_set(&call->err, tasks[i].rc, "%s", tasks[i].err.text);
}

void
carry_draft(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	struct openai openai = {
		.client = daemon->client,
		.breaker = &daemon->ai_breaker,
		.boot = clock_boot,
		.base_url = settings->ai.base_url,
		.model = settings->ai.model,
		.key = settings->ai.key,
		.site_dir = settings->policy.site_dir,
		.timeout = settings->ai.timeout,
		.batch_timeout = settings->ai.batch_timeout,
		.at_once = settings->ai.at_once,
	};
	const struct provider model = openai_provider(&openai);
	const struct provider *const chain[] = { &model, &provider_extract };
	size_t first = settings->ai.kind == AI_OPENAI ? 0 : 1;

	draft_all(chain + first, ARRAY_LEN(chain) - first, call);
	if (first != 0) {
		health_good("ai"); /* of settings that are not in force any more */
		return;
	}
	/* Cut off by our own end: after it there is time for a whole draft. */
	if (atomic_load(&daemon->stop) && openai.troubles[OPENAI_TIME].count > 0)
		call->rc = err_set(&call->err, ERR_BUSY, "the program stops");
	else
		tell_troubles(daemon, &openai);
}
