#pragma once
/*
 * seal: bytes that only the holder of a key can read or change (AES-256-GCM).
 *
 * The nonce is random, so one key may seal 2^32 times; what the bytes are for
 * goes in as context and must be the same to open them. As in base/crypto a
 * failing primitive ends the process.
 */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_SIZE 32
#define SEAL_EXTRA 28 /* bytes that sealing adds: nonce and tag */

struct seal {
	const uint8_t *key; /* SEAL_KEY_SIZE bytes */
	const char *context; /* "credential m365 refresh" */
};

/* n bytes become n + SEAL_EXTRA in out. */
void seal_close(const struct seal *seal, const void *bytes, size_t n, uint8_t *out);

/* The other way; false, and nothing in out, for another key or context or changed bytes. */
bool seal_open(const struct seal *seal, const uint8_t *sealed, size_t n, uint8_t *out) MUST_USE;
