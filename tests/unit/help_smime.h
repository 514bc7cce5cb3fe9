#pragma once
/* help_smime: people with certificates of an authority that the test makes itself. */
#include <assent/base/clock.h>
#include <assent/base/str.h>

#include <openssl/cms.h>
#include <openssl/x509.h>

struct person {
	X509 *x509;
	EVP_PKEY *key;
};

struct person_spec { /* what is missing is as it should be */
	const char *name;
	const char *san; /* "email:jane@acme.test"; NULL for none */
	const char *subject_email; /* NULL for none */
	const char *usage; /* extended key usage; NULL: emailProtection */
	bool authority;
	int rsa; /* bits; 0: P-256 */
	utc_ms from, until; /* 0: all of 2026 and 2027 */
	const char *digest; /* of the issuer's signature; NULL: SHA-256 */
};

struct person help_person(const struct person_spec *spec, const struct person *issuer);
void help_person_free(struct person *person);
/* Certificate, or key, as PEM, appended. */
void help_person_pem(const struct person *person, struct str *out);
void help_person_key(const struct person *person, struct str *out);

/* A revocation list of issuer (PEM), appended; revoked may be NULL. */
void help_crl(
    const struct person *issuer, const struct person *revoked, utc_ms until, struct str *out);

struct signing {
	const struct person *who, *second; /* second: NULL for one signer */
	const char *digest; /* NULL: SHA-256 */
	unsigned flags; /* more of CMS_* */
	utc_ms at; /* 0: 2026-11-16 */
};

#define HELP_SIGNED_AT 1794819600000 /* 2026-11-16T09:00:00Z */

/* DER of the signature of part (CRLF line ends), appended; around it where opaque. */
void help_sign(const struct signing *signing, const char *part, bool opaque, struct str *out);
/* The Content-Type field and body of a mail that is signed beside or around part. */
void help_detached(const struct signing *signing, const char *part, struct str *out);
void help_opaque(const struct signing *signing, const char *part, struct str *out);
