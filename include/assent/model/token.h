#pragma once
/*
 * token: the secrets in links and reply addresses (invariant 7).
 *
 * A token is 160 bits of HMAC-SHA256(site key, purpose, target, generation) as
 * 32 lower-case base32 characters. It is derived when a mail is rendered and
 * never stored; the store keeps its SHA-256. Link and reply tokens differ by
 * purpose.
 */
#include <assent/base/attr.h>
#include <assent/base/crypto.h>
#include <assent/model/id.h>
#include <assent/model/policy.h>

#define TOKEN_BYTES 20
#define TOKEN_CHARS 32

enum token_purpose {
	TOKEN_LINK, /* the portal page of a ballot */
	TOKEN_REPLY, /* answers to a single request */
	TOKEN_BATCH_REPLY, /* answers to a bulk mail */
	TOKEN_PACKET_LINK, /* the page of a packet, for one whom it was put to */
	TOKEN_PACKET_REPLY, /* his answers to its mails */
};

struct token_of {
	enum token_purpose purpose;
	struct id target; /* ballot, batch, or whom a packet was put to */
	int64_t generation;
	uint32_t key_id;
};

struct token_text {
	char text[TOKEN_CHARS + 1];
};

const char *token_purpose_name(enum token_purpose purpose);
bool token_purpose_parse(const char *name, enum token_purpose *out) MUST_USE;

/* False when the ring no longer holds the key. */
bool token_derive(
    const struct policy *policy, const struct token_of *of, struct token_text *out) MUST_USE;

/* The store's name of a token. False when text is not 32 base32 characters (either case). */
bool token_hash(const char *text, size_t len, uint8_t out[SHA256_SIZE]) MUST_USE;

uint32_t token_newest_key(const struct policy *policy);
const struct site_key *token_key(const struct policy *policy, uint32_t id); /* NULL when gone */
