#pragma once
/*
 * credential: OAuth2 tokens as they are kept (sealed by flow, never read here),
 * and the sign-in by device code (RFC 8628) that brings the first ones.
 */
#include <assent/store/db.h>

#include <stddef.h>
#include <stdint.h>

struct sealed {
	const uint8_t *bytes; /* in tx_arena() */
	size_t size; /* 0: none */
};

struct credential {
	const char *name;
	int64_t key_id; /* of the ring; what sealed both */
	struct sealed refresh, access;
	utc_ms access_until; /* 0: no access token in force */
	const char *state; /* "new", "ok" or "refused" */
	const char *error; /* why the last try failed, "" after one that did not */
	int64_t failures; /* in a row */
	int64_t turn; /* grows with each change of the tokens */
	utc_ms fetched; /* when they changed last, 0 for never */
	utc_ms next; /* when they are to be fetched again, 0 for never */
};

/* ERR_NOT_FOUND when it has no row yet. */
int credential_get(
    struct tx *tx, const char *name, struct credential *out, struct err *err) MUST_USE;
int credential_put(struct tx *tx, const struct credential *credential, struct err *err) MUST_USE;

struct sign_in {
	const char *credential;
	const char *state; /* "starting", "pending", "done", "refused", "expired" or "failed" */
	int64_t key_id;
	struct sealed code; /* the device code: a secret */
	const char *user_code, *url;
	utc_ms until;
	span_ms interval;
	const char *error;
	int64_t turn; /* grows with each new start */
};

/* ERR_NOT_FOUND when nobody ever began to sign in. */
int sign_in_get(
    struct tx *tx, const char *credential, struct sign_in *out, struct err *err) MUST_USE;
int sign_in_put(struct tx *tx, const struct sign_in *sign_in, struct err *err) MUST_USE;
