#pragma once
/*
 * credential: OAuth2 access tokens for mail servers (RFC 6749, 8628).
 *
 * Tokens lie in the store, encrypted (AES-256-GCM) with a key of the
 * credential's ring and the credential's name as associated data. A job of
 * kind "token" fetches each new access token well before the old one ends, and
 * keeps the refresh token that came with it, in one step. A refused grant
 * (invalid_grant) is a condition "credential:NAME" in base/health.h until
 * somebody signs in again.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/flow/desk.h>

#include <jansson.h>

/*
 * The access token in force, decrypted, in tx_arena(). ERR_NOT_FOUND: nobody
 * signed in yet; ERR_DENIED: the grant was refused; ERR_BUSY: it is being
 * fetched. The sentence says what to do. Reads only.
 */
int credential_token(
    struct desk *desk, const char *name, const char **out, struct err *err) MUST_USE;

/* A server refused this token although its time is not over: fetch a new one. A step. */
int credential_renew(struct desk *desk, const char *name, struct err *err) MUST_USE;

/* At start and after a reload: a "token" job for each credential that needs one. A step. */
int credential_sync(struct desk *desk, struct err *err) MUST_USE;

/*
 * Tell base/health what the rows say of each credential. On a snapshot, after
 * the commit of what changed them.
 */
void credential_watch(struct desk *desk);

/*
 * Begin to sign in by device code, or begin anew. A step. ERR_NOT_FOUND: the
 * settings do not name it; ERR_INVALID: it signs in by itself.
 */
int credential_sign_in(struct desk *desk, const char *name, struct err *err) MUST_USE;

/*
 * Take a refresh token that somebody got elsewhere, where a server offers no
 * device flow for mail (Google). A step. ERR_NOT_FOUND, ERR_INVALID.
 */
int credential_give(
    struct desk *desk, const char *name, const char *refresh, struct err *err) MUST_USE;

/*
 * Into out: credential, state ("new", "ok", "refused"), why, access_until,
 * and login {state, user_code, url, until, why, interval_ms} where somebody
 * ever began to sign in. Its state is "starting", "pending" (user_code and url
 * are to be shown), "done", "refused", "expired" or "failed". No secrets.
 */
int credential_show(struct desk *desk, const char *name, json_t *out, struct err *err) MUST_USE;
