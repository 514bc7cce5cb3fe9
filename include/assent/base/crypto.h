#pragma once
/*
 * crypto: OpenSSL 3 behind the few calls we need. A failing primitive (no
 * entropy, no memory) ends the process: there is nothing sensible to return.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define ED25519_KEY_SIZE 32
#define ED25519_SIGNATURE_SIZE 64

void random_bytes(void *out, size_t n);
void sha256(const void *bytes, size_t n, uint8_t out[SHA256_SIZE]);
void hmac_sha256(
    const void *key, size_t key_len, const void *bytes, size_t n, uint8_t out[SHA256_SIZE]);

/* A secret that signs messages, as long as it is. */
#define MAC_KEY_MAX 64
struct mac_key {
	uint8_t bytes[MAC_KEY_MAX];
	size_t len;
};

struct bytes_part {
	const void *bytes;
	size_t n;
};
/* hmac_sha256() of what does not lie in one piece. */
void hmac_sha256_parts(const struct mac_key *key, const struct bytes_part *parts, size_t count,
    uint8_t out[SHA256_SIZE]);
bool bytes_equal(const void *a, const void *b, size_t n); /* constant time */

/* Running SHA-256 for what does not lie in one piece. */
struct hash;
struct hash *hash_new(void) MUST_USE;
void hash_free(struct hash *hash);
FREEP(struct hash, hash_free)
void hash_add(struct hash *hash, const void *bytes, size_t n);
/* Length-prefixed (64-bit big-endian) text; NULL hashes like length 2^64-1 and no bytes. */
void hash_add_text(struct hash *hash, const char *text);
void hash_add_u64(struct hash *hash, uint64_t n);
void hash_end(struct hash *hash, uint8_t out[SHA256_SIZE]); /* then only hash_free() */

/* Ed25519 (RFC 8032); seed is the 32-byte private key. */
void ed25519_public(const uint8_t seed[ED25519_KEY_SIZE], uint8_t out[ED25519_KEY_SIZE]);
void ed25519_sign(const uint8_t seed[ED25519_KEY_SIZE], const void *bytes, size_t n,
    uint8_t out[ED25519_SIGNATURE_SIZE]);
/* A signature and the key to check it with, for half the work of asking for both. */
struct ed25519_proof {
	uint8_t key[ED25519_KEY_SIZE];
	uint8_t signature[ED25519_SIGNATURE_SIZE];
};
void ed25519_prove(
    const uint8_t seed[ED25519_KEY_SIZE], const void *bytes, size_t n, struct ed25519_proof *out);
bool ed25519_verify(const uint8_t public_key[ED25519_KEY_SIZE], const void *bytes, size_t n,
    const uint8_t signature[ED25519_SIGNATURE_SIZE]);
