#pragma once
/*
 * api_token: what a program shows to use the API, and what it may do with it.
 *
 * A token is "asn_" and 40 lower-case base32 characters: 160 bits of chance and
 * 40 of their SHA-256, so that a slip of the pen is told from a guess, and a
 * leaked one is found by its looks. It is shown once; the store keeps its
 * SHA-256 (invariant 7).
 */
#include <assent/base/attr.h>
#include <assent/base/crypto.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define API_SCOPES(X) \
	X(TICKETS_READ,		"tickets:read") \
	X(TICKETS_WRITE,	"tickets:write") \
	X(APPROVALS_READ,	"approvals:read") \
	X(APPROVALS_WRITE,	"approvals:write") \
	X(ORGANISATIONS_READ,	"organisations:read") \
	X(ORGANISATIONS_WRITE,	"organisations:write") \
	X(ESCALATIONS_READ,	"escalations:read") \
	X(ESCALATIONS_WRITE,	"escalations:write")
/* clang-format on */

enum api_scope {
#define X(id, name) SCOPE_##id,
	API_SCOPES(X)
#undef X
	    SCOPE_COUNT
};

/* Scopes as a set of bits. */
#define SCOPE_BIT(scope) (1u << (scope))
#define SCOPE_ALL (SCOPE_BIT(SCOPE_COUNT) - 1)

#define API_TOKEN_CHANCE 20
#define API_TOKEN_CHARS 44
#define API_NAME_MAX 64
#define API_TEAM_MAX 80

struct api_token_text {
	char text[API_TOKEN_CHARS + 1];
};

void api_token_text(const uint8_t chance[API_TOKEN_CHANCE], struct api_token_text *out);
/* The store's name of a token. False for what cannot be one. */
bool api_token_hash(const char *text, uint8_t out[SHA256_SIZE]) MUST_USE;

const char *api_scope_name(enum api_scope scope);
/* A list parted by blanks or commas; false leaves *bad at the first unknown word (in a static buffer of the thread). */
bool api_scopes_parse(const char *text, unsigned *out, const char **bad) MUST_USE;
/* Append them in their order, parted by a blank. */
void api_scopes_add(struct str *out, unsigned scopes);

/* What a role ("reader", "engineer", "admin") may hold at most; false for another word. */
bool api_role_scopes(const char *role, unsigned *out) MUST_USE;

/* Letters, digits, dots, dashes and underscores, at most API_NAME_MAX. */
bool api_name_is_good(const char *name) MUST_USE;
