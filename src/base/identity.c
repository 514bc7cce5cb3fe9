#include <assent/base/identity.h>

#include <assent/base/certificate.h>
#include <assent/base/mem.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define BITS_MIN 112 /* RSA 2048, P-256 */

struct identity {
	X509 *own;
	STACK_OF(X509) * chain; /* above it */
	EVP_PKEY *key;
};

void
identity_free(struct identity *identity)
{
	if (!identity)
		return;
	X509_free(identity->own);
	sk_X509_pop_free(identity->chain, X509_free);
	EVP_PKEY_free(identity->key);
	mem_free(identity);
}

/* Without this, libcrypto would ask the terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static int
read_chain(struct identity *identity, const char *pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x509;

	identity->own = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	identity->chain = sk_X509_new_null();
	while (identity->own && (x509 = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)))
		if (sk_X509_push(identity->chain, x509) == 0)
			X509_free(x509);
	BIO_free(bio);
	ERR_clear_error();
	return identity->own
	    ? 0
	    : err_set(err, ERR_INVALID, "the certificate file holds no certificate (PEM)");
}

static int
read_key(struct identity *identity, const char *pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);

	identity->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (!identity->key)
		return err_set(
		    err, ERR_INVALID, "the key file holds no key (PEM, without a passphrase)");
	if (!EVP_PKEY_is_a(identity->key, "RSA") && !EVP_PKEY_is_a(identity->key, "EC"))
		return err_set(err, ERR_INVALID, "the key is neither RSA nor EC");
	if (EVP_PKEY_get_security_bits(identity->key) < BITS_MIN)
		return err_set(err, ERR_INVALID, "the key is weaker than RSA with 2048 bits");
	if (X509_check_private_key(identity->own, identity->key) != 1) {
		ERR_clear_error();
		return err_set(err, ERR_INVALID, "the key does not belong to the certificate");
	}
	return 0;
}

int
identity_read(const char *chain, const char *key, struct identity **out, struct err *err)
{
	AUTO(identity_freep) struct identity *identity = mem_alloc(sizeof(*identity));
	int rc = read_chain(identity, chain, err);

	if (rc == 0)
		rc = read_key(identity, key, err);
	if (rc == 0 && X509_check_purpose(identity->own, X509_PURPOSE_SMIME_SIGN, 0) != 1)
		rc = err_set(err, ERR_INVALID, "the certificate is not one for signing mail");
	if (rc < 0)
		return rc;
	*out = identity;
	identity = NULL;
	return 0;
}

static bool
is_same(const char *email, void *ctx)
{
	return text_is_nocase(email, ctx);
}

bool
identity_names(const struct identity *identity, const char *email)
{
	return certificate_emails(identity->own, is_same, (void *)(uintptr_t)email);
}

utc_ms
identity_until(const struct identity *identity)
{
	return certificate_until(identity->own);
}

/* --- signing -------------------------------------------------------------------- */

/* RFC 5652 section 11.3: until 2049 as UTCTime, which ASN1_TIME_set() knows. */
static bool
set_time(CMS_SignerInfo *si, utc_ms at)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(at / MS_SECOND));
	bool ok = time &&
	    CMS_signed_add1_attr_by_NID(
		si, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) == 1;

	ASN1_TIME_free(time);
	return ok;
}

static CMS_ContentInfo *
sign(const struct identity *identity, const struct identity_bytes *what)
{
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, identity->chain, NULL, flags);
	CMS_SignerInfo *si =
	    cms ? CMS_add1_signer(cms, identity->own, identity->key, EVP_sha256(), flags) : NULL;
	BIO *bio = BIO_new_mem_buf(what->bytes, (int)what->n);
	bool ok = si && bio && set_time(si, what->at) && CMS_final(cms, bio, NULL, flags) == 1;

	BIO_free(bio);
	if (ok)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

int
identity_sign(const struct identity *identity, const struct identity_bytes *what, struct str *out,
    struct err *err)
{
	CMS_ContentInfo *cms = sign(identity, what);
	unsigned char *der = NULL;
	int n = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;

	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	if (n < 0)
		return err_set(err, ERR_IO, "the mail could not be signed");
	str_add_n(out, der, (size_t)n);
	OPENSSL_free(der);
	return 0;
}
