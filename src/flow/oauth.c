#include "flow/oauth.h"

#include <assent/base/num.h>
#include <assent/base/utf8.h>

#include <jansson.h>
#include <string.h>

#define LIFETIME_MOST (30 * MS_DAY)
#define DEVICE_LIFETIME (15 * MS_MINUTE)
#define DEVICE_LIFETIME_MOST MS_HOUR
#define USER_CODE_MAX 64
#define URL_MAX 300
#define WORD_MAX 40 /* a longer word of a server may be a secret of ours */
#define WHY_MAX 200

/* --- requests --------------------------------------------------------------- */

void
oauth_add_field(struct str *form, const char *name, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	if (value == NULL || value[0] == '\0')
		return;
	str_addf(form, "%s%s=", form->len > 0 ? "&" : "", name);
	for (const char *p = value; *p != '\0'; p++)
		if (strchr(plain, *p) != NULL)
			str_add_char(form, *p);
		else
			str_addf(form, "%%%02X", (unsigned char)*p);
}

/* RFC 6749 section 2.3.1: in the body, which Microsoft and Google read alike. */
void
oauth_add_client(struct str *form, const struct policy_credential *credential)
{
	oauth_add_field(form, "client_id", credential->client_id);
	oauth_add_field(form, "client_secret", credential->secret);
}

/* --- reading ---------------------------------------------------------------- */

static json_t *
read_object(const struct call *call)
{
	json_t *json = call->token.answer == NULL
	    ? NULL
	    : json_loads(call->token.answer, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

/* RFC 6749 appendix A: printable ASCII; here without blanks, too. */
static bool
is_word(const char *text, size_t max)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return n > 0 && n <= max;
}

bool
oauth_is_token(const char *text)
{
	return is_word(text, OAUTH_TOKEN_MAX);
}

/* NULL when it is none. */
static const char *
take_token(struct arena *arena, const json_t *json, const char *name, size_t max)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text != NULL && is_word(text, max) ? arena_dup(arena, text) : NULL;
}

/* A number of seconds, which some servers send as text. */
static span_ms
take_seconds(const json_t *json, const char *name, span_ms fallback, span_ms most)
{
	const json_t *value = json_object_get(json, name);
	int64_t seconds = json_is_integer(value) ? json_integer_value(value) : -1;

	if (json_is_string(value) && !num_parse(json_string_value(value), &seconds))
		seconds = -1;
	if (seconds <= 0)
		return fallback;
	return seconds > most / MS_SECOND ? most : seconds * MS_SECOND;
}

/* A server's own words on one line, without any that could be a token. */
static const char *
take_words(struct arena *arena, const char *text)
{
	AUTO(str_donep) struct str line = STR_INIT(4 * WHY_MAX), out = STR_INIT(4 * WHY_MAX);
	char *rest, *word;

	utf8_add_line(&line, text, WHY_MAX);
	rest = arena_dup(arena, str_text(&line));
	while ((word = strsep(&rest, " ")) != NULL)
		str_addf(
		    &out, "%s%s", out.len > 0 ? " " : "", strlen(word) > WORD_MAX ? "…" : word);
	return arena_dup(arena, str_text(&out));
}

/* --- the token endpoint ----------------------------------------------------- */

static const struct {
	const char *error;
	enum oauth_verdict verdict;
} errors[] = {
	{ "authorization_pending", OAUTH_PENDING },
	{ "slow_down", OAUTH_SLOWER },
	{ "expired_token", OAUTH_EXPIRED },
	{ "server_error", OAUTH_LATER },
	{ "temporarily_unavailable", OAUTH_LATER },
};

static void
read_error(
    struct arena *arena, const struct call *call, const json_t *json, struct oauth_answer *out)
{
	const char *error = json_string_value(json_object_get(json, "error"));
	const char *words = json_string_value(json_object_get(json, "error_description"));
	int status = call->token.status;
	bool is_ours = status >= 400 && status < 500 && status != 408 && status != 429;

	if (error == NULL) {
		*out = (struct oauth_answer){ .verdict = OAUTH_LATER,
			.why = arena_printf(arena,
			    "the token server answered with status %d and no reason", status) };
		return;
	}
	out->verdict = is_ours ? OAUTH_REFUSED : OAUTH_LATER;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (text_is(errors[i].error, error))
			out->verdict = errors[i].verdict;
	error = take_words(arena, error);
	out->why = words == NULL
	    ? arena_printf(arena, "the token server says %s", error)
	    : arena_printf(arena, "the token server says %s (%s)", error, take_words(arena, words));
}

static void
read_tokens(struct arena *arena, const json_t *json, struct oauth_answer *out)
{
	const char *type = json_string_value(json_object_get(json, "token_type"));
	const json_t *refresh = json_object_get(json, "refresh_token");

	*out = (struct oauth_answer){
		.verdict = OAUTH_TOKENS,
		.access = take_token(arena, json, "access_token", OAUTH_TOKEN_MAX),
		.refresh = take_token(arena, json, "refresh_token", OAUTH_TOKEN_MAX),
		.lifetime = take_seconds(json, "expires_in", OAUTH_LIFETIME, LIFETIME_MOST),
	};
	if (out->access == NULL)
		out->why = "the token server sent no usable access token";
	else if (type != NULL && !text_is_nocase(type, "Bearer"))
		out->why = "the token server sent a token that is no bearer token";
	else if (refresh != NULL && !json_is_null(refresh) && out->refresh == NULL)
		out->why = "the token server sent a refresh token that cannot be used";
	if (out->why != NULL)
		out->verdict = OAUTH_LATER;
}

void
oauth_read(struct arena *arena, const struct call *call, struct oauth_answer *out)
{
	json_t *json;

	*out = (struct oauth_answer){ .verdict = OAUTH_LATER };
	if (call->rc < 0) {
		out->why = arena_dup(arena, call->err.text);
		return;
	}
	json = read_object(call);
	if (call->token.status != 200)
		read_error(arena, call, json, out);
	else if (json == NULL)
		out->why = "the token server's answer is not JSON";
	else
		read_tokens(arena, json, out);
	json_decref(json);
}

/* --- the device endpoint ---------------------------------------------------- */

static bool
is_web_address(const char *url)
{
	return url != NULL && (text_starts(url, "https://") || text_starts(url, "http://"));
}

static int
read_device(struct arena *arena, const json_t *json, struct oauth_device *out, struct err *err)
{
	/* Google wrote verification_url before the RFC was one. */
	const char *url = take_token(arena, json, "verification_uri", URL_MAX);

	if (url == NULL)
		url = take_token(arena, json, "verification_url", URL_MAX);
	*out = (struct oauth_device){
		.code = take_token(arena, json, "device_code", OAUTH_TOKEN_MAX),
		.user_code = take_token(arena, json, "user_code", USER_CODE_MAX),
		.url = url,
		.lifetime = take_seconds(json, "expires_in", DEVICE_LIFETIME, DEVICE_LIFETIME_MOST),
		.interval = take_seconds(json, "interval", 5 * MS_SECOND, MS_MINUTE),
	};
	if (out->code == NULL || out->user_code == NULL || !is_web_address(url))
		return err_set(err, ERR_PEER,
		    "device_url answers without a device code, a user code or a web address");
	return 0;
}

int
oauth_read_device(
    struct arena *arena, const struct call *call, struct oauth_device *out, struct err *err)
{
	struct oauth_answer refused;
	json_t *json;
	int rc;

	if (call->rc < 0)
		return err_set(err, call->rc, "%s", call->err.text);
	json = read_object(call);
	if (call->token.status != 200) {
		read_error(arena, call, json, &refused);
		rc = err_set(err, ERR_DENIED, "%s", refused.why);
	} else {
		rc = read_device(arena, json, out, err);
	}
	json_decref(json);
	return rc;
}
