#pragma once
/*
 * api_token: programs get leave to use the API, and lose it. A token may change
 * who decides, so both are ledger entries (invariant 13).
 */
#include <assent/flow/desk.h>
#include <assent/model/api_token.h>
#include <assent/store/api_token.h>

#include <jansson.h>

struct api_wish {
	const char *name; /* api_name_is_good() */
	const char *role; /* "reader", "engineer", "admin" */
	const char *team; /* "" for none; noted on what the token asks */
	const char *scopes; /* words, within the role's */
	utc_ms expires; /* 0 for never */
	const char *by;
};

/* *secret is to be shown once. ERR_INVALID with a sentence about the wish. */
int api_token_make(struct desk *desk, const struct api_wish *wish, struct api_token *out,
    struct api_token_text *secret, struct err *err) MUST_USE;

/* From now on the token opens nothing. ERR_NOT_FOUND; ERR_CONFLICT when it was revoked before. */
int api_token_end(struct desk *desk, const struct id *id, const char *by, struct err *err) MUST_USE;

/* Who asks, for events and the ledger: "api:bridge" or "api:bridge (Network)"; in tx_arena(). */
const char *api_token_actor(struct desk *desk, const struct api_token *token);

/* Verbs of flow/verb.h. */
int api_verb_new(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);
int api_verb_revoke(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);
