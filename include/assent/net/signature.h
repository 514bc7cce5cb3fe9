#pragma once
/*
 * signature: who sent a webhook, and when (Standard Webhooks 1.0).
 *
 * A sender signs "id.timestamp.body" with a secret that both sides know and
 * sends three headers: webhook-id (the same for each try of one delivery),
 * webhook-timestamp (seconds, of this try) and webhook-signature (a list of
 * "version,base64", of which only v1 counts here: HMAC-SHA256). Reading the
 * headers proves nothing; signature_holds() does.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/crypto.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_ID_MAX 128
#define SIGNATURES_MAX 16

struct webhook_signature {
	const char *id; /* visible ASCII without '.' */
	const char *timestamp; /* as sent */
	utc_ms at; /* the same as a time */
	uint8_t macs[SIGNATURES_MAX][SHA256_SIZE]; /* the v1 ones that are well-formed */
	size_t count;
};

/* The three headers as sent; NULL where there is none. */
struct signature_head {
	const char *id, *timestamp, *signature;
};

/*
 * Texts of out are those of head. Entries of unknown versions and malformed
 * ones are passed over. ERR_INVALID says which header is missing or wrong.
 */
int signature_read(
    const struct signature_head *head, struct webhook_signature *out, struct err *err) MUST_USE;

/* What was signed with what. */
struct signed_body {
	const void *bytes;
	size_t n;
	const struct mac_key *keys; /* any of them will do */
	size_t key_count;
};

/* Does any signature fit any key? Takes the same time whichever does. */
bool signature_holds(
    const struct webhook_signature *signature, const struct signed_body *body) MUST_USE;

/* What webhook-signature says of body: "v1," and base64 for each key, parted by blanks. */
void signature_add(
    struct str *out, const char *id, const char *timestamp, const struct signed_body *body);

/* Is the time of the try within tolerance of now, either way? */
bool signature_is_fresh(
    const struct webhook_signature *signature, utc_ms now, span_ms tolerance) MUST_USE;
