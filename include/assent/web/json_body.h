#pragma once
/*
 * json_body: JSON that a stranger sends, read strictly, and JSON errors that
 * say which part of it was wrong.
 *
 * A body is one JSON object of at most JSON_BODY_DEPTH levels, as text/strict.h
 * reads it. Every refusal names the place as an RFC 6901 pointer
 * ("/messages/2/text"; "" is the whole), clipped to JSON_POINTER_MAX bytes.
 * Answers have one shape: {"error": {"code", "message", "pointer"?}}, message
 * being a sentence.
 */
#include <assent/base/err.h>
#include <assent/net/http.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_BODY_MAX ((size_t)1 << 20) /* for http_route.max_body */
#define JSON_BODY_DEPTH 32 /* objects and arrays within each other */
#define JSON_POINTER_MAX 300

struct json_fault {
	int status; /* of the HTTP answer */
	const char *code; /* a constant */
	char message[500]; /* may quote what was sent: shown cleaned by json_answer_fault() */
	bool has_pointer;
	char pointer[JSON_POINTER_MAX + 1]; /* valid UTF-8 */
};

/*
 * Fill in; returns false, so that a check can end with it. The status comes
 * with the code: 400 "syntax", "bad-request" and "cursor", 401 "unauthorized", 403 "scope" and
 * "denied", 404 "not-found", 405 "method", 409 "conflict", 413 "too-large",
 * 415 "media-type", 429 "rate", 503 "busy", "io", "peer" and "full"; 422 is
 * everything else. pointer may be NULL for none.
 */
bool json_fault(struct json_fault *fault, const char *code, const char *pointer, const char *fmt,
    ...) PRINTF(4, 5);

/* Read bytes[0..n) (text/strict.h). True gives *out to the caller; false has strict_read()'s code. */
bool json_body_parse(const char *bytes, size_t n, json_t **out, struct json_fault *fault) MUST_USE;

/* json_body_parse() of a request's body; 415 "media-type" when its Content-Type is not JSON. */
bool json_body_read(const struct http_request *rq, json_t **out, struct json_fault *fault) MUST_USE;

/* Is a Content-Type "application/json" or "…+json", in UTF-8? NULL is not. */
bool json_body_is_type(const char *content_type) MUST_USE;

/* --- what an object must hold ------------------------------------------- */

enum json_kind {
	JSON_KIND_TEXT,
	JSON_KIND_ADDRESS, /* text that is one plain mail address */
	JSON_KIND_BOOLEAN,
	JSON_KIND_INTEGER,
	JSON_KIND_NUMBER, /* whole or not */
	JSON_KIND_LIST,
	JSON_KIND_OBJECT,
};

struct json_field {
	const char *name; /* a table ends with NULL */
	enum json_kind kind;
	bool required; /* then a text may not be blank either */
	size_t max; /* bytes of a text, items of a list; 0 is no limit */
};

struct json_part {
	const json_t *object;
	const char *pointer; /* where it lies in the body; "" is the whole */
};

/*
 * Does the part hold what the table says? null counts as absent. strict:
 * nothing else may be in it. 422 "missing", "invalid", "too-long" or
 * "unknown-field", whichever comes first in the table.
 */
bool json_check(const struct json_part *part, const struct json_field *fields, bool strict,
    struct json_fault *fault) MUST_USE;

/* The text of a member; "" when it is absent or null. */
const char *json_text(const json_t *object, const char *name);

/* Append "/" and the escaped name to a pointer of JSON_POINTER_MAX + 1 bytes; clips. */
void json_pointer_add(char *pointer, const char *name);
void json_pointer_add_index(char *pointer, size_t index);

/* --- answers --------------------------------------------------------------- */

#define JSON_TYPE "application/json"

/* The body becomes json, in one line with a newline. Takes the reference. */
void json_answer(struct http_request *rq, struct http_answer *answer, int status, json_t *json);
/* Append json to out as an answer would hold it. Takes no reference. */
void json_answer_text(const json_t *json, struct str *out);

/* The error's object; a new reference. */
json_t *json_fault_json(const struct json_fault *fault) MUST_USE;
void json_answer_fault(
    struct http_request *rq, struct http_answer *answer, const struct json_fault *fault);

/* The fault that belongs to an error of the layers below; its code is err_name()'s. */
void json_fault_of(struct json_fault *fault, const struct err *err);
