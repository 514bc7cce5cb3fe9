#pragma once
/*
 * certificate: people's certificates (X.509, RFC 5280) and who may vouch for
 * them. Read once, then used by one thread at a time.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_BUNDLE_MAX ((size_t)256 << 10) /* PEM of authorities */
#define CERTIFICATE_CRL_MAX ((size_t)1 << 20) /* PEM of revocation lists */
#define CERTIFICATE_EMAILS_MAX 20 /* of one certificate that are looked at */

struct x509_st;
struct x509_store_st;

struct authorities;

/*
 * The authorities in a PEM bundle, and revocation lists ("" for none; with
 * any, who issued a person's certificate must have a current one). ERR_INVALID
 * when there is none, or one that is no authority.
 */
int authorities_read(
    const char *bundle, const char *crls, struct authorities **out, struct err *err) MUST_USE;
void authorities_free(struct authorities *authorities);
FREEP(struct authorities, authorities_free)
struct x509_store_st *authorities_store(struct authorities *authorities);

/*
 * The file that vouches for servers: ca_file, or where that is "" or NULL the
 * one that SSL_CERT_FILE of the environment names (OpenSSL's word for it), else
 * the one that holds the system's authorities; "" where there is none. A
 * folder of them, which is libcurl's own choice, holds each three times, and
 * GnuTLS reads all of it for each connection.
 */
const char *authorities_file(const char *ca_file);

/*
 * Each mail address that a certificate names, through found() until that is
 * true: rfc822Name and SmtpUTF8Mailbox (RFC 9598) of the alternative names, the
 * subject's emailAddress only where there are none of any kind.
 */
bool certificate_emails(
    struct x509_st *x509, bool (*found)(const char *email, void *ctx), void *ctx);

/* The common name, else the whole name on one line, as clean UTF-8. */
void certificate_subject(struct x509_st *x509, struct str *out);
void certificate_issuer(struct x509_st *x509, struct str *out);
/* The end of its validity; 0 when unreadable. */
utc_ms certificate_until(struct x509_st *x509);
