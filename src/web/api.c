/* api, first half: who may ask, and what was asked before. */
#include <assent/web/api.h>

#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/flow/verb.h>
#include <assent/web/page.h>

#include "web/api_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 200
#define ANSWER_MAX ((size_t)16 << 20) /* as long as a page may be */
#define LOOKUP_PAUSE "60"
#define REALM "Bearer realm=\"assentd\""

static const struct api_endpoint *const endpoint_lists[] = { api_ticket_endpoints,
	api_approval_endpoints, api_organisation_endpoints, api_memory_endpoints,
	api_document_endpoints, api_closing_endpoints, api_stream_endpoints,
	api_escalation_endpoints };

/* --- refusing -------------------------------------------------------------- */

int
api_refuse(
    struct api *api, const char *code, const char *pointer, struct err *err, const char *fmt, ...)
{
	char sentence[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	json_fault(&api->fault, code, pointer, "%s", sentence);
	api->refused = true;
	return err_set(err, ERR_INVALID, "%s", sentence);
}

int
api_refuse_part(struct api *api, int rc, const char *pointer, const struct err *err)
{
	if (err_is_temporary(rc))
		return rc;
	json_fault(&api->fault, err_name(rc), pointer, "%s", err->text);
	api->refused = true;
	return rc;
}

/* --- who asks -------------------------------------------------------------- */

static int
unauthorized(struct api *api, struct err *err, const char *sentence)
{
	return api_refuse(api, "unauthorized", NULL, err, "%s", sentence);
}

/* Expired and revoked ones are told so: who shows one had it. */
static int
check_token(struct api *api, struct desk *desk, struct err *err)
{
	int rc = api_token_by_hash(desk->tx, api->hash, &api->token, err);

	if (rc == ERR_NOT_FOUND)
		return unauthorized(api, err, "this token is not known here");
	if (rc < 0)
		return rc;
	if (api->token.revoked != 0)
		return unauthorized(api, err, "this token was revoked");
	if (api->token.expires != 0 && api->token.expires <= desk->now)
		return unauthorized(
		    api, err, "this token has expired; ask the operator for another one");
	return 0;
}

/* The stored scopes within the role's: what the table says is input too. */
static int
check_scope(struct api *api, struct err *err)
{
	enum api_scope wanted = api->endpoint->scope;
	unsigned scopes = 0, role = 0;
	const char *bad;

	if (api_scopes_parse(api->token.scopes, &scopes, &bad) &&
	    api_role_scopes(api->token.role, &role) && (scopes & role & SCOPE_BIT(wanted)) != 0)
		return 0;
	return api_refuse(api, "scope", NULL, err, "this needs a token with the scope %s",
	    api_scope_name(wanted));
}

static int
check_rate(struct api *api, struct err *err)
{
	char id[ID_TEXT_SIZE];

	if (bucket_take(api->web->api_rates, id_text(&api->token.id, id), api->web->boot()))
		return 0;
	return api_refuse(api, "rate", NULL, err,
	    "this token made more than %d requests in a minute", api->settings->api_rate);
}

static int
admit(struct api *api, struct desk *desk, struct err *err)
{
	int rc = check_token(api, desk, err);

	if (rc == 0)
		rc = check_rate(api, err);
	if (rc == 0)
		rc = check_scope(api, err);
	if (rc == 0)
		api->name = arena_dup(api->rq->arena, api->token.name);
	return rc;
}

const char *
api_by(struct api *api, struct desk *desk)
{
	return api->source != NULL ? api->name : api_token_actor(desk, &api->token);
}

/* False when it is refused: no token, or nothing that could be one. */
static bool
read_token(struct api *api, struct err *err)
{
	const char *header = http_header(api->rq, "Authorization");

	if (header == NULL) {
		(void)unauthorized(api, err, "send Authorization: Bearer and a token");
		return false;
	}
	api->has_token = true;
	if (text_starts_nocase(header, "Bearer "))
		header += strlen("Bearer ");
	if (api_token_hash(header, api->hash))
		return true;
	(void)unauthorized(api, err, "this is no token of assentd, or not the whole of one");
	return false;
}

/* --- answering ------------------------------------------------------------- */

static void
add_fault_headers(struct api *api, struct http_answer *answer)
{
	const char *code = api->fault.code;
	int rate = api->settings->api_rate;
	span_ms pause = api->pause != 0 ? api->pause : (60 + rate - 1) / rate;

	if (text_is(code, "unauthorized"))
		http_answer_header(answer, "WWW-Authenticate",
		    api->has_token ? REALM ", error=\"invalid_token\"" : REALM);
	if (text_is(code, "scope"))
		http_answer_header(answer, "WWW-Authenticate",
		    arena_printf(api->rq->arena,
			REALM ", error=\"insufficient_scope\", scope=\"%s\"",
			api_scope_name(api->endpoint->scope)));
	if (text_is(code, "rate"))
		http_answer_header(
		    answer, "Retry-After", arena_printf(api->rq->arena, "%lld", (long long)pause));
}

void
api_answer_refusal(struct api *api, struct http_answer *answer, const struct err *err)
{
	if (!api->refused)
		json_fault_of(&api->fault, err);
	if (err_is_temporary(err->code))
		log_err(LOG_ERROR, "api", err);
	json_answer_fault(api->rq, answer, &api->fault);
	add_fault_headers(api, answer);
}

/*
 * A good token is never turned away for the bad ones of others behind the same
 * address, and neither is who follows a link: the count is the API's own.
 */
static bool
is_guess(struct api *api, struct http_answer *answer)
{
	struct web *web = api->web;
	const char *who = arena_printf(api->rq->arena, "api %s", api->rq->peer_key);

	if (!api->has_token || !api->refused || !text_is(api->fault.code, "unauthorized") ||
	    bucket_take(web->lookups, who, web->boot()))
		return false;
	json_fault(&api->fault, "rate", NULL,
	    "too many tokens from this address that are none; try again in a minute");
	json_answer_fault(api->rq, answer, &api->fault);
	http_answer_header(answer, "Retry-After", LOOKUP_PAUSE);
	return true;
}

void
api_answer_out(struct api *api, struct http_answer *answer)
{
	if (api->replay != NULL) {
		str_clear(api->rq->page);
		str_add(api->rq->page, api->replay);
		http_answer_page(answer, api->rq, api->status, JSON_TYPE);
		http_answer_header(answer, "Idempotent-Replay", "true");
	} else {
		json_answer(api->rq, answer, api->status, api->out);
	}
	api->out = NULL;
}

/* --- reading --------------------------------------------------------------- */

static int
read_run(struct tx *tx, void *arg, struct err *err)
{
	struct api *api = arg;
	struct desk desk = web_desk(api->web, api->settings, tx);
	bool writes = !text_is(api->endpoint->method, "GET");
	int rc = admit(api, &desk, err);

	return rc < 0 || writes ? rc : api->endpoint->run(api, &desk, err);
}

/* --- writing --------------------------------------------------------------- */

static bool
read_key(struct api *api)
{
	const char *key = http_header(api->rq, "Idempotency-Key");
	size_t len = key != NULL ? strlen(key) : 0;

	api->key = NULL;
	if (key == NULL)
		return true;
	for (size_t i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~')
			len = 0;
	if (len == 0 || len > KEY_MAX)
		return json_fault(&api->fault, "idempotency-key", NULL,
		    "Idempotency-Key must be 1 to %d letters, digits and signs without blanks",
		    KEY_MAX);
	api->key = arena_dup(api->rq->arena, key);
	return true;
}

static void
hash_request(struct api *api)
{
	AUTO(hash_freep) struct hash *hash = hash_new();

	hash_add_text(hash, api->rq->method);
	hash_add_text(hash, api->rq->path);
	hash_add_u64(hash, api->rq->body_len);
	hash_add(hash, api->rq->body, api->rq->body_len);
	hash_end(hash, api->request);
}

/* What is left of the disk is for decisions; taking a question back needs next to nothing. */
static bool
has_room(struct api *api)
{
	int64_t room = disk_free(api->settings->state_dir);

	if (api->endpoint->fields == NULL || room < 0 || room >= api->settings->min_free)
		return true;
	return json_fault(&api->fault, "full", NULL,
	    "there is no room to keep this; nothing was done, try again later");
}

/* No body at all is one without a field, where none must be there. */
static bool
may_be_empty(const struct api *api)
{
	if (api->rq->body_len > 0 || !text_is(api->endpoint->method, "POST"))
		return false;
	for (const struct json_field *f = api->endpoint->fields; f->name != NULL; f++)
		if (f->required)
			return false;
	return true;
}

static bool
read_request(struct api *api)
{
	struct json_part whole = { NULL, "" };

	if (!has_room(api) || (api->source == NULL && !read_key(api)))
		return false;
	hash_request(api);
	if (api->endpoint->fields == NULL)
		return true;
	if (may_be_empty(api)) {
		api->body = json_object();
		return true;
	}
	if (!json_body_read(api->rq, &api->body, &api->fault))
		return false;
	whole.object = api->body;
	return json_check(&whole, api->endpoint->fields, true, &api->fault);
}

/* 1 when the answer of before is given again. */
static int
look_back(struct api *api, struct desk *desk, struct err *err)
{
	const struct api_answer_key key = { api->token.id, api->key, desk->now };
	struct api_answer before;
	int rc = api_answer_get(desk->tx, &key, &before, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	if (!bytes_equal(before.request, api->request, SHA256_SIZE))
		return api_refuse(api, "idempotency-key", NULL, err,
		    "this Idempotency-Key came with another request; take a new one");
	api->status = (int)before.status;
	api->replay = arena_dup(api->rq->arena, before.body);
	return 1;
}

static int
keep_answer(struct api *api, struct desk *desk, struct err *err)
{
	AUTO(str_donep) struct str body = STR_INIT(ANSWER_MAX);
	struct api_answer answer = {
		.token = api->token.id,
		.key = api->key,
		.status = api->status,
		.at = desk->now,
	};

	json_answer_text(api->out, &body);
	if (str_overflowed(&body))
		return err_set(err, ERR_LIMIT, "the answer would be too long");
	answer.body = str_text(&body);
	memcpy(answer.request, api->request, SHA256_SIZE);
	return api_answer_put(desk->tx, &answer, err);
}

/* May run more than once; only the last one counts. */
static int
write_run(struct tx *tx, void *arg, struct err *err)
{
	struct api *api = arg;
	struct desk desk = web_desk(api->web, api->settings, tx);
	int rc;

	json_decref(api->out);
	api->out = NULL;
	api->replay = NULL;
	api->run = NULL;
	api->refused = false;
	api->status = 200;
	/* Again, and in the step: it may have been revoked in between. */
	rc = api->source == NULL ? check_token(api, &desk, err) : 0;
	if (rc == 0 && api->key != NULL)
		rc = look_back(api, &desk, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = api->endpoint->run(api, &desk, err);
	return rc < 0 || api->key == NULL ? rc : keep_answer(api, &desk, err);
}

static void
note(const struct api *api)
{
	char status[16];

	snprintf(status, sizeof(status), "%d", api->status);
	log_line(LOG_INFO, "api", "token", api->name, "method", api->endpoint->method, "route",
	    api->endpoint->path, "status", status, "replay", api->replay != NULL ? "yes" : "no",
	    NULL);
}

static void
written(void *arg, int rc, const struct err *err)
{
	struct api *api = arg;
	struct http_later *later = api->later;
	struct http_answer answer = { 0 };

	json_decref(api->body);
	if (rc == 0 && api->wait > 0 && api->run != NULL && api->replay == NULL) {
		note(api);
		api_wait(api);
		return;
	}
	if (rc < 0) {
		json_decref(api->out);
		api_answer_refusal(api, &answer, err);
	} else {
		note(api);
		api_answer_out(api, &answer);
	}
	settings_unref(api->settings);
	http_answer_send(later, &answer);
}

static int
before_run(struct tx *tx, void *arg, struct err *err)
{
	struct api *api = arg;
	struct desk desk = web_desk(api->web, api->settings, tx);
	int rc = api->key != NULL ? look_back(api, &desk, err) : 0;

	if (rc > 0 && api->status == 202 && api->wait > 0)
		return api_document_again(api, &desk, err);
	return rc != 0 ? rc : api_before(api->endpoint)(api, &desk, err);
}

/* True when the step need not be, or must not. */
static bool
is_answered(struct api *api, struct http_answer *answer)
{
	struct err err = { 0 };
	int rc;

	if (!read_request(api)) {
		json_answer_fault(api->rq, answer, &api->fault);
		return true;
	}
	if (api_before(api->endpoint) == NULL)
		return false;
	rc = db_read(api->web->db, api->rq->arena, before_run, api, &err);
	if (rc > 0) {
		note(api);
		if (api->run == NULL)
			api_answer_out(api, answer);
	} else if (rc < 0) {
		json_decref(api->out);
		api_answer_refusal(api, answer, &err);
	}
	return rc != 0;
}

static enum http_when
submit(struct api *api, struct http_answer *answer)
{
	if (is_answered(api, answer)) {
		json_decref(api->body);
		if (api->run != NULL) {
			api->later = http_later(api->rq);
			api_wait(api);
			return HTTP_LATER;
		}
		settings_unref(api->settings);
		return HTTP_NOW;
	}
	api->later = http_later(api->rq);
	db_submit(api->web->db, write_run, written, api);
	return HTTP_LATER;
}

/* --- the door -------------------------------------------------------------- */

static const struct api_endpoint *
find_endpoint(const struct http_request *rq)
{
	for (size_t k = 0; k < ARRAY_LEN(endpoint_lists); k++)
		for (const struct api_endpoint *e = endpoint_lists[k]; e->method != NULL; e++)
			if (text_is(e->method, rq->method) && text_is(e->path, rq->route))
				return e;
	return NULL;
}

static enum http_when
handle_signed(struct api *api, struct http_answer *answer)
{
	struct err err = { 0 };

	if (api_take_sender(api, answer, &err))
		return submit(api, answer);
	api_answer_refusal(api, answer, &err);
	settings_unref(api->settings);
	return HTTP_NOW;
}

static enum http_when
handle(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct api *api = arena_alloc(rq->arena, sizeof(*api));
	struct err err = { 0 };
	int rc = ERR_INVALID;

	*api = (struct api){ .web = arg, .rq = rq, .endpoint = find_endpoint(rq), .status = 200 };
	api->settings = settings_get(api->web->settings);
	api->answer = answer;
	api->wait = api_prefer_wait(http_header(rq, "Prefer"));
	if (api->web->live != NULL)
		api->mark = live_mark(api->web->live);
	if (api_is_signed(api))
		return handle_signed(api, answer);
	if (read_token(api, &err))
		rc = db_read(api->web->db, rq->arena, read_run, api, &err);
	if (rc == 0 && !text_is(rq->method, "GET"))
		return submit(api, answer);
	if (rc == 0 && answer->status == 0)
		api_answer_out(api, answer);
	else if (rc < 0 && !is_guess(api, answer))
		api_answer_refusal(api, answer, &err);
	if (rc < 0)
		json_decref(api->out);
	settings_unref(api->settings);
	return HTTP_NOW;
}

size_t
api_routes(struct web *web, struct http_route *out, size_t room)
{
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_LEN(endpoint_lists); k++)
		for (const struct api_endpoint *e = endpoint_lists[k]; e->method != NULL; e++) {
			if (n < room)
				out[n] = (struct http_route){ e->method, e->path, handle, web,
					e->fields != NULL ? JSON_BODY_MAX : 0 };
			n += n < room;
		}
	return n;
}

/* --- what the HTTP layer refuses -------------------------------------------- */

/* clang-format off */
static const struct {
	int status;
	const char *code, *message;
} problems[] = {
	{ 400, "bad-request", "this request cannot be read" },
	{ 404, "not-found", "there is nothing at this address" },
	{ 405, "method", "this address does not take that method; Allow says which ones" },
	{ 413, "too-large", "the body is larger than this address takes" },
	{ 503, "busy", "the server is busy or starting; try again in a minute" },
};
/* clang-format on */

void
api_problem(struct http_request *rq, int status, struct http_answer *answer, void *arg)
{
	const struct web *web = arg;
	struct json_fault fault;

	if (!text_starts(rq->path, "/api/") && !text_starts(rq->path, "/hooks/")) {
		page_problem(rq, status, answer, (void *)(uintptr_t)web->pages);
		return;
	}
	json_fault(&fault, "io", NULL, "something went wrong here; try again in a minute");
	for (size_t i = 0; i < ARRAY_LEN(problems); i++)
		if (problems[i].status == status)
			json_fault(&fault, problems[i].code, NULL, "%s", problems[i].message);
	fault.status = status;
	json_answer_fault(rq, answer, &fault);
}
