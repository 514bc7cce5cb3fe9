/* sign_in: an operator lets us in from a browser elsewhere (RFC 8628). */
#include "flow/credential_priv.h"
#include "flow/stories.h"

#include <string.h>

#define START_TIME (2 * MS_MINUTE) /* for the answer that holds the code */
#define SLOWER (5 * MS_SECOND) /* RFC 8628 section 3.5 */
#define INTERVAL_MOST MS_MINUTE
#define FORM_MAX ((size_t)64 << 10)

static bool
is_open(const struct sign_in *s)
{
	return text_is(s->state, "starting") || text_is(s->state, "pending");
}

/* --- as verbs ---------------------------------------------------------------- */

int
credential_sign_in(struct desk *desk, const char *name, struct err *err)
{
	const struct policy_credential *settled = credential_settled(desk, name);
	struct sign_in s;
	int64_t turn;
	int rc;

	if (settled == NULL)
		return err_set(err, ERR_NOT_FOUND,
		    "assentd has no credential %s; reload it if it is new in the settings", name);
	if (settled->grant != GRANT_REFRESH || settled->device_url[0] == '\0')
		return err_set(err, ERR_INVALID,
		    "credential %s signs in by itself (grant: client-credentials)", name);
	rc = sign_in_get(desk->tx, name, &s, err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	turn = rc == 0 ? s.turn : 0;
	s = (struct sign_in){ .credential = name,
		.state = "starting",
		.user_code = "",
		.url = "",
		.error = "",
		.until = desk->now + START_TIME,
		.turn = turn + 1 };
	rc = sign_in_put(desk->tx, &s, err);
	return rc < 0 ? rc : credential_add_job(desk, "login", name, desk->now, err);
}

static void
add_time(json_t *out, const char *key, utc_ms at)
{
	AUTO(str_donep) struct str text = STR_INIT(64);

	utc_add_iso(&text, at);
	json_object_set_new(out, key, at != 0 ? json_string(str_text(&text)) : json_null());
}

int
credential_show(struct desk *desk, const char *name, json_t *out, struct err *err)
{
	struct credential row;
	struct sign_in s;
	json_t *login;
	int rc = credential_load(desk, name, &row, err);

	if (rc < 0)
		return rc;
	json_object_set_new(out, "credential", json_string(name));
	json_object_set_new(out, "state", json_string(row.state));
	json_object_set_new(out, "why", json_string(row.error));
	add_time(out, "access_until", row.access_until);
	rc = sign_in_get(desk->tx, name, &s, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	login = json_pack("{s:s, s:s, s:s, s:s, s:I}", "state",
	    is_open(&s) && s.until <= desk->now ? "expired" : s.state, "user_code", s.user_code,
	    "url", s.url, "why", s.error, "interval_ms", (json_int_t)s.interval);
	add_time(login, "until", s.until);
	json_object_set_new(out, "login", login);
	return 0;
}

/* --- as a job ------------------------------------------------------------------ */

int
login_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	AUTO(str_donep) struct str form = STR_INIT(FORM_MAX);
	const struct policy_credential *settled = credential_of_job(desk, job);
	const char *code = NULL;
	struct sign_in s;
	int rc;

	if (settled == NULL)
		return 0;
	rc = sign_in_get(desk->tx, settled->name, &s, err);
	if (rc < 0 || !is_open(&s) || s.until <= desk->now)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (text_is(s.state, "pending"))
		code = credential_open(
		    desk, &(struct kept){ settled->name, "device", s.key_id, s.code });
	if (code == NULL) {
		oauth_add_field(&form, "client_id", settled->client_id);
		oauth_add_field(&form, "scope", settled->scope);
	} else {
		oauth_add_field(
		    &form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
		oauth_add_field(&form, "device_code", code);
		oauth_add_client(&form, settled);
	}
	call->kind = CALL_TOKEN;
	call->token = (struct token_call){
		.url =
		    arena_dup(call->arena, code == NULL ? settled->device_url : settled->token_url),
		.form = arena_dup(call->arena, str_text(&form)),
		.turn = s.turn,
		.asks_code = code == NULL,
		.retry_after = -1,
	};
	mem_wipe(form.text, form.len);
	return 0;
}

/* It ended without tokens. */
static void
end_with(struct sign_in *s, const char *state, const char *why)
{
	s->state = state;
	s->error = why;
	s->code = (struct sealed){ 0 };
}

static void
take_code(struct desk *desk, struct sign_in *s, struct call *call)
{
	struct arena *arena = tx_arena(desk->tx);
	struct kept kept = { .name = s->credential, .use = "device" };
	struct oauth_device device;
	struct err err;

	if (call->rc < 0 && err_is_temporary(call->rc)) {
		s->interval = SLOWER; /* until START_TIME is over */
		return;
	}
	if (oauth_read_device(arena, call, &device, &err) < 0) {
		end_with(s, "failed",
		    credential_words(desk, s->credential, NULL, arena_dup(arena, err.text)));
		return;
	}
	s->state = "pending";
	credential_close(desk, &kept, device.code);
	s->key_id = kept.key_id;
	s->code = kept.sealed;
	s->user_code = device.user_code;
	s->url = device.url;
	s->until = desk->now + device.lifetime;
	s->interval = device.interval;
}

static int
take_tokens(
    struct desk *desk, struct sign_in *s, const struct oauth_answer *tokens, struct err *err)
{
	struct credential row;
	int rc;

	if (tokens->refresh == NULL) {
		end_with(s, "failed",
		    "the server gave no refresh token; scope probably lacks offline_access");
		return 0;
	}
	rc = credential_load(desk, s->credential, &row, err);
	if (rc == 0)
		rc = credential_take(desk, &row, tokens, err);
	if (rc < 0)
		return rc;
	end_with(s, "done", "");
	return credential_schedule(desk, s->credential, row.next, err);
}

static int
take_answer(struct desk *desk, struct sign_in *s, struct call *call, struct err *err)
{
	const struct kept kept = { s->credential, "device", s->key_id, s->code };
	struct oauth_answer answer;

	oauth_read(tx_arena(desk->tx), call, &answer);
	if (answer.verdict != OAUTH_TOKENS)
		answer.why =
		    credential_words(desk, s->credential, credential_open(desk, &kept), answer.why);
	switch (answer.verdict) {
	case OAUTH_TOKENS:
		return take_tokens(desk, s, &answer, err);
	case OAUTH_REFUSED:
		end_with(s, "refused", answer.why);
		break;
	case OAUTH_EXPIRED:
		end_with(s, "expired", answer.why);
		break;
	case OAUTH_SLOWER:
	case OAUTH_LATER: /* RFC 8628 section 3.5: a connection that fails backs off, too */
		s->interval += SLOWER;
		if (s->interval > INTERVAL_MOST)
			s->interval = INTERVAL_MOST;
		break;
	case OAUTH_PENDING:
		break;
	}
	return 0;
}

int
login_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	const struct policy_credential *settled = credential_of_job(desk, job);
	struct sign_in s;
	int rc;

	if (settled == NULL)
		return 0;
	rc = sign_in_get(desk->tx, settled->name, &s, err);
	if (rc < 0 || !is_open(&s))
		return rc == ERR_NOT_FOUND ? 0 : rc;
	/* Begun anew meanwhile: the new one has its own job. */
	if (call->kind == CALL_TOKEN && call->token.turn != s.turn)
		return 0;
	if (call->kind != CALL_TOKEN)
		end_with(&s, "expired", "nobody let us in in time");
	else if (call->token.asks_code)
		take_code(desk, &s, call);
	else
		rc = take_answer(desk, &s, call, err);
	if (rc == 0)
		rc = sign_in_put(desk->tx, &s, err);
	if (is_open(&s))
		call->again = desk->now + s.interval;
	call->note = arena_printf(call->arena, "credential %s: %s", s.credential, s.state);
	call->after = credential_watch;
	return rc;
}
