#pragma once
/* credential_priv: what the stories "token" and "login" share with credential.c. */
#include <assent/flow/credential.h>
#include <assent/store/credential.h>

#include "flow/oauth.h"

/* The settings of a credential, NULL when it is not in them (any more). */
const struct policy_credential *credential_settled(const struct desk *desk, const char *name);
/* The credential that a job is about; texts in tx_arena(). NULL when the settings do not name it. */
const struct policy_credential *credential_of_job(struct desk *desk, const struct job *job);

/* Its row, or a fresh one in state "new". */
int credential_load(
    struct desk *desk, const char *name, struct credential *out, struct err *err) MUST_USE;

/* Sealed bytes as text; NULL when there are none or the ring lost their key. */
const char *credential_open(struct desk *desk, const char *name, const char *use, int64_t key_id,
    const struct sealed *sealed);
/* With the newest key, whose id comes back. */
int64_t credential_close(
    struct desk *desk, const char *name, const char *use, const char *text, struct sealed *out);

/* Fresh tokens: into the row, and when to fetch the next ones. */
int credential_take(struct desk *desk, struct credential *row, const struct oauth_answer *tokens,
    struct err *err) MUST_USE;

/* The one "token" job of this credential is due then. */
int credential_schedule(struct desk *desk, const char *name, utc_ms due, struct err *err) MUST_USE;
/* A job of this kind, in the credential's own order. */
int credential_add_job(
    struct desk *desk, const char *kind, const char *name, utc_ms due, struct err *err) MUST_USE;
