#pragma once
/* api_priv: what the files of the API share. */
#include <assent/flow/api.h>
#include <assent/flow/api_token.h>
#include <assent/flow/matter.h>
#include <assent/flow/member.h>
#include <assent/web/json_body.h>
#include <assent/web/web.h>

struct api;
struct document_wish; /* flow/document.h */

/*
 * An endpoint's work, in a snapshot or a step: sets api->out (and status, 200
 * unless set). Returns an error whose sentence is for the client, or
 * api_refuse()'s.
 */
typedef int (*api_fn)(struct api *api, struct desk *desk, struct err *err);

struct api_endpoint {
	const char *method, *path;
	enum api_scope scope;
	api_fn run;
	const struct json_field *fields; /* of its body; NULL takes none */
};

extern const struct api_endpoint api_ticket_endpoints[], api_approval_endpoints[],
    api_organisation_endpoints[], api_memory_endpoints[], api_document_endpoints[],
    api_closing_endpoints[], api_stream_endpoints[],
    api_escalation_endpoints[]; /* each ends with a NULL method */

/*
 * What looks at a snapshot before the endpoint's step: 1 when its answer is in
 * api->out, 0 to go on. NULL for most.
 */
api_fn api_before(const struct api_endpoint *endpoint);
/* May it come signed by a source of the settings, without a token? */
bool api_takes_signature(const struct api_endpoint *endpoint);
bool api_is_signed(const struct api *api);
/* Who signed it becomes who asks; false, and a refusal, where that is nobody who may. */
bool api_take_sender(struct api *api, struct http_answer *answer, struct err *err);

struct api { /* one request; lives in its arena */
	struct web *web;
	struct settings *settings;
	struct http_request *rq;
	struct http_later *later;
	struct http_answer *answer; /* of a GET, which may fill it in itself */
	struct live_place mark; /* of web->live, before anything was looked at */
	int wait; /* seconds that a 202 may be held */
	const struct api_endpoint *endpoint;
	bool has_token; /* something was shown as one */
	uint8_t hash[SHA256_SIZE]; /* of the token shown */
	struct api_token token; /* texts in the arena of the last run */
	const struct policy_source *source; /* who signed the request instead; NULL: a token */
	const char *name; /* the token's or source's, in the request's arena */
	json_t *body;
	const char *key; /* Idempotency-Key, or NULL */
	uint8_t request[SHA256_SIZE]; /* what the key stands for */
	const char *prompt; /* prompt_hash() of what is to be drafted, or NULL */

	/* What the last run came to. */
	struct json_fault fault;
	bool refused; /* fault is filled */
	const char *run; /* what a 202 waits for, and as what it was wished; NULL for nothing */
	const struct document_wish *wish;
	span_ms pause; /* seconds of a refusal's Retry-After; 0: that of api_rate */
	int status;
	json_t *out;
	const char *replay; /* the body that was answered before */
};

/* Refuse with a code of json_fault(); pointer NULL for none. Returns ERR_INVALID. */
int api_refuse(struct api *api, const char *code, const char *pointer, struct err *err,
    const char *fmt, ...) PRINTF(5, 6);
/* What flow says of a wish: its sentence, with the part that is wrong. Returns rc. */
int api_refuse_part(struct api *api, int rc, const char *pointer, const struct err *err);

void api_answer_out(struct api *api, struct http_answer *answer);
void api_answer_refusal(struct api *api, struct http_answer *answer, const struct err *err);

/* Seconds of Prefer: wait=N, at most 60; 0 without. */
int api_prefer_wait(const char *prefer);
/* Answer when api->run has ended or after api->wait; a step's api is given away. */
void api_wait(struct api *api);
/*
 * The documents an hour of who asks. What costs money and must not be refused is
 * done without a model when there is none left.
 */
bool api_has_drafts(struct api *api);
bool api_take_draft(struct api *api);

/*
 * The 202 of before is to be answered once more, to who would rather wait: 1, with
 * the document in its place, or with api->run where that still goes on.
 */
int api_document_again(struct api *api, struct desk *desk, struct err *err);
/* What stands for api->wish now: 200, still the 202, or why there is none. */
int api_document_waited(struct api *api, struct desk *desk, struct err *err);

/* --- what is asked ---------------------------------------------------------- */

struct api_page { /* of a list */
	size_t limit;
	const char *after; /* what the cursor holds; "" for the first page */
};

/* ?limit and ?cursor; kind is one letter that the cursor must be of. */
int api_page(struct api *api, char kind, struct api_page *out, struct err *err) MUST_USE;
/* {"items": items, "next": cursor or null}; takes items. last is of the last item that is shown. */
json_t *api_list(char kind, json_t *items, const char *last) MUST_USE;

#define API_CURSOR_MAX 200
/* Opaque text for kind and value, and back: false for what is none of that kind. */
void api_cursor_add(struct str *out, char kind, const char *value);
bool api_cursor_read(const char *cursor, char kind, char out[API_CURSOR_MAX]) MUST_USE;

/* ?organisation; the null id without. */
int api_query_organisation(
    struct api *api, struct desk *desk, struct id *out, struct err *err) MUST_USE;
/* The ticket of a path or text; 404 or 422 (pointer given) when there is none. */
int api_find_ticket(
    struct api *api, struct desk *desk, const char *name, struct id *out, struct err *err) MUST_USE;

/* Who asks, for events. */
const char *api_by(struct api *api, struct desk *desk);

/* --- what is answered -------------------------------------------------------- */

void api_set_id(json_t *object, const char *key, const struct id *id); /* null for none */
void api_set_hex(json_t *object, const char *key, const uint8_t *bytes, size_t n);
/* {"email", "name"}, or null where both are "". */
void api_set_person(json_t *object, const char *key, const char *email, const char *name);
/* "T-1001" */
json_t *api_ref(int64_t ref);

int api_view_ticket(
    struct desk *desk, const struct ticket *ticket, json_t **out, struct err *err) MUST_USE;
json_t *api_view_approval(const struct matter *m);
