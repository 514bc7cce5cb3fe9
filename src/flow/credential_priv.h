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

/* A text that is kept sealed; whose it is and what for open no other. */
struct kept {
	const char *name, *use; /* "m365", "refresh" */
	int64_t key_id;
	struct sealed sealed;
};

/* As text; NULL when there is none or the ring lost its key. */
const char *credential_open(struct desk *desk, const struct kept *kept);
/* Fills key_id (of the newest key) and sealed. */
void credential_close(struct desk *desk, struct kept *kept, const char *text);

/* The refresh token of a row; NULL as credential_open(). */
const char *credential_refresh(struct desk *desk, const struct credential *row);

/* Fresh tokens: into the row, and when to fetch the next ones. */
int credential_take(struct desk *desk, struct credential *row, const struct oauth_answer *tokens,
    struct err *err) MUST_USE;

/*
 * When to fetch the next: as the row says, unless it was written by a clock
 * that went back since; then now.
 */
utc_ms credential_due(const struct credential *row, utc_ms now);

/* A server's words as they may be kept and shown: not those that repeat the client's secret or token. */
const char *credential_words(
    struct desk *desk, const char *name, const char *token, const char *words);

/* The one "token" job of this credential is due then. */
int credential_schedule(struct desk *desk, const char *name, utc_ms due, struct err *err) MUST_USE;
/* A job of this kind, in the credential's own order. */
int credential_add_job(
    struct desk *desk, const char *kind, const char *name, utc_ms due, struct err *err) MUST_USE;
