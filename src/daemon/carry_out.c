/* carry_out: what stories want from other people's HTTP servers. */
#include <assent/base/version.h>
#include <assent/flow/story.h>
#include <assent/net/http_client.h>
#include <assent/net/signature.h>

#include "daemon/daemon_priv.h"

#include <string.h>

#define TOKEN_TIMEOUT (20 * MS_SECOND)
#define POST_TIMEOUT (20 * MS_SECOND)
#define POST_ANSWER_MAX ((size_t)64 << 10)
#define SIGNATURE_MAX 2000 /* of 16 keys */
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
carry_post(struct daemon *daemon, struct call *call)
{
	struct post_call *post = &call->post;
	const struct signed_body body = { post->body, strlen(post->body), post->keys,
		post->key_count };
	AUTO(str_donep) struct str signature = STR_INIT(SIGNATURE_MAX);
	char *seconds = arena_printf(call->arena, "%lld", (long long)(clock_now() / MS_SECOND));
	const char *headers[] = { "Content-Type: application/json",
		("User-Agent: assentd/" ASSENT_VERSION),
		arena_printf(call->arena, "webhook-id: %s", post->id),
		arena_printf(call->arena, "webhook-timestamp: %s", seconds), NULL };
	struct http_call http = {
		.method = "POST",
		.url = post->url,
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.body = post->body,
		.body_len = body.n,
		.timeout = POST_TIMEOUT,
		.max_answer = POST_ANSWER_MAX,
	};

	signature_add(&signature, post->id, seconds, &body);
	headers[ARRAY_LEN(headers) - 1] =
	    arena_printf(call->arena, "webhook-signature: %s", str_text(&signature));
	http_client_run(daemon->client, &http, 1, 1, POST_TIMEOUT);
	/* Of a long answer the beginning is enough: it came, and what it said counts. */
	call->rc = http.rc == ERR_LIMIT && http.status != 0 ? 0 : http.rc;
	call->err = http.err;
	post->status = http.status;
	post->retry_after = http.retry_after;
	post->answer = arena_dup_n(call->arena, str_text(&http.answer), http.answer.len);
	post->answer_len = http.answer.len;
	str_done(&http.answer);
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
