#pragma once
/*
 * identity: a certificate with its chain and key, which signs as ourselves
 * (CMS, RFC 5652). Immutable once read; any thread may sign.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>

#define IDENTITY_FILE_MAX ((size_t)64 << 10)
#define IDENTITY_SIGNATURE_MAX ((size_t)64 << 10)

struct identity;

/*
 * chain: PEM, our certificate first; key: PEM, not encrypted. ERR_INVALID when
 * either cannot be read, they do not belong together, or the key is too weak.
 */
int identity_read(
    const char *chain, const char *key, struct identity **out, struct err *err) MUST_USE;
void identity_free(struct identity *identity);
FREEP(struct identity, identity_free)

bool identity_names(const struct identity *identity, const char *email); /* any case */
utc_ms identity_until(const struct identity *identity);

/*
 * Append the detached signature of bytes[0..n), DER, made at that time. With
 * an RSA key the same arguments give the same signature; ECDSA draws a number
 * for each.
 */
struct identity_bytes {
	const char *bytes;
	size_t n;
	utc_ms at;
};
int identity_sign(const struct identity *identity, const struct identity_bytes *what,
    struct str *out, struct err *err) MUST_USE;
