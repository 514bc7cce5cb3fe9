/* token: fetch the next access token before the old one ends. */
#include "flow/credential_priv.h"
#include "flow/stories.h"

#include <string.h>

#define BACKOFF_FIRST (30 * MS_SECOND)
#define BACKOFF_MOST (15 * MS_MINUTE)
#define RETRY_MOST (6 * MS_HOUR) /* a server may ask for this much patience */
#define FORM_MAX ((size_t)64 << 10)

enum want { WANT_NOTHING, WANT_LATER, WANT_SIGN_IN, WANT_TOKENS };

/* What the row says is to be done now; *refresh is NULL for client credentials. */
static enum want
want_now(struct desk *desk, const struct policy_credential *settled, const struct credential *row,
    const char **refresh)
{
	*refresh = NULL;
	if (text_is(row->state, "ok") && credential_due(row, desk->now) > desk->now)
		return WANT_LATER;
	if (settled->grant == GRANT_CLIENT)
		return WANT_TOKENS;
	if (row->refresh.size == 0)
		return WANT_NOTHING;
	*refresh = credential_refresh(desk, row);
	return *refresh == NULL ? WANT_SIGN_IN : WANT_TOKENS;
}

int
token_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	AUTO(str_donep) struct str form = STR_INIT(FORM_MAX);
	const struct policy_credential *settled = credential_of_job(desk, job);
	struct credential row;
	const char *refresh;
	int rc;

	if (settled == NULL)
		return 0;
	rc = credential_load(desk, settled->name, &row, err);
	if (rc < 0 || want_now(desk, settled, &row, &refresh) != WANT_TOKENS)
		return rc;
	oauth_add_field(
	    &form, "grant_type", refresh != NULL ? "refresh_token" : "client_credentials");
	oauth_add_field(&form, "refresh_token", refresh);
	oauth_add_client(&form, settled);
	oauth_add_field(&form, "scope", settled->scope);
	call->kind = CALL_TOKEN;
	call->token = (struct token_call){
		.url = arena_dup(call->arena, settled->token_url),
		.form = arena_dup(call->arena, str_text(&form)),
		.turn = row.turn,
		.retry_after = -1,
	};
	mem_wipe(form.text, form.len);
	return 0;
}

static int
note_refusal(struct desk *desk, struct credential *row, const char *why, struct err *err)
{
	row->state = "refused";
	row->error = why;
	row->failures++;
	row->access_until = 0;
	row->next = 0;
	return credential_put(desk->tx, row, err);
}

static span_ms
backoff(int64_t failures, span_ms retry_after)
{
	span_ms wait = BACKOFF_FIRST;

	for (int64_t i = 1; i < failures && wait < BACKOFF_MOST; i++)
		wait *= 2;
	if (wait > BACKOFF_MOST)
		wait = BACKOFF_MOST;
	if (retry_after > RETRY_MOST)
		retry_after = RETRY_MOST;
	return retry_after > wait ? retry_after : wait;
}

/* Never given up: a token server that was down for a week is asked again when it is up. */
static int
note_failure(
    struct desk *desk, struct credential *row, struct call *call, const char *why, struct err *err)
{
	row->error = why;
	row->failures++;
	row->next = desk->now + backoff(row->failures, call->token.retry_after);
	call->again = row->next;
	return credential_put(desk->tx, row, err);
}

static int
settle_answer(struct desk *desk, struct credential *row, struct call *call, struct err *err)
{
	struct oauth_answer answer;
	int rc;

	oauth_read(tx_arena(desk->tx), call, &answer);
	if (answer.verdict != OAUTH_TOKENS)
		answer.why =
		    credential_words(desk, row->name, credential_refresh(desk, row), answer.why);
	call->is_bad_news = answer.verdict != OAUTH_TOKENS;
	call->note = arena_printf(call->arena, "credential %s: %s", row->name,
	    call->is_bad_news ? answer.why : "a fresh access token");
	if (answer.verdict == OAUTH_REFUSED)
		return note_refusal(desk, row, answer.why, err);
	if (answer.verdict != OAUTH_TOKENS)
		return note_failure(desk, row, call, answer.why, err);
	rc = credential_take(desk, row, &answer, err);
	call->again = row->next;
	return rc;
}

int
token_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	const struct policy_credential *settled = credential_of_job(desk, job);
	struct credential row;
	const char *refresh;
	enum want want;
	int rc;

	if (settled == NULL)
		return 0;
	rc = credential_load(desk, settled->name, &row, err);
	if (rc < 0)
		return rc;
	call->after = credential_watch;
	/* Somebody signed in meanwhile: what the old grant came to says nothing. */
	if (call->kind == CALL_TOKEN && call->token.turn == row.turn)
		return settle_answer(desk, &row, call, err);
	want = want_now(desk, settled, &row, &refresh);
	if (want == WANT_SIGN_IN)
		return note_refusal(desk, &row,
		    "its tokens were encrypted with a key that is not in the ring any more", err);
	if (want == WANT_LATER)
		call->again = row.next;
	else if (want == WANT_TOKENS)
		call->again = desk->now + BACKOFF_FIRST;
	return 0;
}
