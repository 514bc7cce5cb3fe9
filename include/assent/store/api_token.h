#pragma once
/*
 * api_token: who may use the API, by the hash of what they show, and the
 * answers that a repeated request gets again.
 */
#include <assent/base/crypto.h>
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct api_token {
	struct id id;
	uint8_t hash[SHA256_SIZE]; /* api_token_hash() */
	const char *name;
	const char *role, *team;
	const char *scopes; /* as api_scopes_add() writes them */
	utc_ms created;
	utc_ms expires; /* 0 for never */
	utc_ms revoked; /* 0 while it is valid */
};

int api_token_add(struct tx *tx, const struct api_token *token, struct err *err) MUST_USE;
int api_token_get(
    struct tx *tx, const struct id *id, struct api_token *out, struct err *err) MUST_USE;
/* Whether it is expired or revoked is the caller's to look at. ERR_NOT_FOUND. */
int api_token_by_hash(struct tx *tx, const uint8_t hash[SHA256_SIZE], struct api_token *out,
    struct err *err) MUST_USE;
/* Newest first. */
int api_token_list(struct tx *tx, struct api_token **out, size_t *count, struct err *err) MUST_USE;
/* ERR_CONFLICT when it was revoked before. */
int api_token_revoke(struct tx *tx, const struct id *id, utc_ms now, struct err *err) MUST_USE;

#define API_ANSWER_KEPT MS_DAY

struct api_answer { /* of a request with an Idempotency-Key */
	struct id token;
	const char *key;
	uint8_t request[SHA256_SIZE]; /* what was asked */
	int64_t status;
	const char *body;
	utc_ms at;
};

/* One that is younger than API_ANSWER_KEPT; ERR_NOT_FOUND. */
struct api_answer_key {
	struct id token;
	const char *key;
	utc_ms now;
};
int api_answer_get(struct tx *tx, const struct api_answer_key *key, struct api_answer *out,
    struct err *err) MUST_USE;
/* Replaces an older one of the same key, and forgets some that nobody can ask for any more. */
int api_answer_put(struct tx *tx, const struct api_answer *answer, struct err *err) MUST_USE;
