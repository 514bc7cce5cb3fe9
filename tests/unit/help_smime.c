#include "help_smime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define YEARS_FROM 1767225600 /* 2026-01-01 */
#define YEARS_UNTIL 1830297600 /* 2028-01-01 */

static void
add_extension(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

	assert_non_null(extension);
	X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
}

static void
add_extensions(X509 *x509, X509 *issuer, const struct person_spec *spec)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	add_extension(x509, &ctx, NID_subject_key_identifier, "hash");
	if (spec->authority) {
		add_extension(x509, &ctx, NID_basic_constraints, "critical,CA:TRUE");
		add_extension(x509, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign");
		return;
	}
	add_extension(x509, &ctx, NID_key_usage, "critical,digitalSignature");
	add_extension(x509, &ctx, NID_ext_key_usage, spec->usage ? spec->usage : "emailProtection");
	if (spec->san)
		add_extension(x509, &ctx, NID_subject_alt_name, spec->san);
}

static void
set_name(X509 *x509, const struct person_spec *spec)
{
	X509_NAME *name = X509_get_subject_name(x509);

	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)spec->name, -1, -1, 0);
	if (spec->subject_email)
		X509_NAME_add_entry_by_txt(name, "emailAddress", MBSTRING_ASC,
		    (const unsigned char *)spec->subject_email, -1, -1, 0);
}

struct person
help_person(const struct person_spec *spec, const struct person *issuer)
{
	static long serial = 0x5EED;
	struct person p = { X509_new(),
		spec->rsa ? EVP_RSA_gen((unsigned)spec->rsa) : EVP_EC_gen("P-256") };
	const struct person *by = issuer ? issuer : &p;
	const char *digest = spec->digest ? spec->digest : "SHA256";

	X509_set_version(p.x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(p.x509), ++serial);
	ASN1_TIME_set(
	    X509_getm_notBefore(p.x509), spec->from ? (time_t)(spec->from / 1000) : YEARS_FROM);
	ASN1_TIME_set(
	    X509_getm_notAfter(p.x509), spec->until ? (time_t)(spec->until / 1000) : YEARS_UNTIL);
	X509_set_pubkey(p.x509, p.key);
	set_name(p.x509, spec);
	X509_set_issuer_name(p.x509, X509_get_subject_name(by->x509));
	add_extensions(p.x509, by->x509, spec);
	assert_true(X509_sign(p.x509, by->key, EVP_get_digestbyname(digest)) > 0);
	return p;
}

void
help_person_free(struct person *person)
{
	X509_free(person->x509);
	EVP_PKEY_free(person->key);
}

static void
add_bio(BIO *bio, struct str *out)
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);

	str_add_n(out, bytes, (size_t)n);
	BIO_free(bio);
}

void
help_person_pem(const struct person *person, struct str *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, person->x509);
	add_bio(bio, out);
}

void
help_person_key(const struct person *person, struct str *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PrivateKey(bio, person->key, NULL, NULL, 0, NULL, NULL);
	add_bio(bio, out);
}

void
help_crl(const struct person *issuer, const struct person *revoked, utc_ms until, struct str *out)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, YEARS_FROM);
	ASN1_TIME *end = ASN1_TIME_set(NULL, (time_t)(until / 1000));
	X509_REVOKED *entry;
	BIO *bio = BIO_new(BIO_s_mem());

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, end);
	if (revoked) {
		entry = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509));
		X509_REVOKED_set_revocationDate(entry, from);
		X509_CRL_add0_revoked(crl, entry);
	}
	X509_CRL_sort(crl);
	assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
	PEM_write_bio_X509_CRL(bio, crl);
	add_bio(bio, out);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(end);
}

static void
add_signer(CMS_ContentInfo *cms, const struct person *who, const struct signing *s, unsigned flags)
{
	const EVP_MD *md = EVP_get_digestbyname(s->digest ? s->digest : "SHA256");
	utc_ms at = s->at ? s->at : HELP_SIGNED_AT;
	CMS_SignerInfo *si = CMS_add1_signer(cms, who->x509, who->key, md, flags);
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(at / 1000));

	assert_non_null(si);
	if (!(flags & CMS_NOATTR))
		CMS_signed_add1_attr_by_NID(
		    si, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1);
	ASN1_TIME_free(time);
}

void
help_sign(const struct signing *s, const char *part, bool opaque, struct str *out)
{
	unsigned flags = s->flags | CMS_BINARY | CMS_PARTIAL | (opaque ? 0 : CMS_DETACHED);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	BIO *bio = BIO_new_mem_buf(part, -1);
	unsigned char *der = NULL;
	int n;

	add_signer(cms, s->who, s, flags);
	if (s->second)
		add_signer(cms, s->second, s, flags);
	assert_int_equal(CMS_final(cms, bio, NULL, flags), 1);
	n = i2d_CMS_ContentInfo(cms, &der);
	assert_true(n > 0);
	str_add_n(out, der, (size_t)n);
	OPENSSL_free(der);
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
}

static void
add_base64(struct str *out, const struct str *der)
{
	for (size_t at = 0; at < der->len; at += 57) {
		str_add_base64(out, der->text + at, der->len - at < 57 ? der->len - at : 57);
		str_add(out, "\r\n");
	}
}

void
help_detached(const struct signing *signing, const char *part, struct str *out)
{
	AUTO(str_donep) struct str der = STR_INIT((size_t)1 << 20);

	help_sign(signing, part, false, &der);
	str_addf(out,
	    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
	    " micalg=sha-256; boundary=\"sig\"\r\n\r\n--sig\r\n%s\r\n--sig\r\n"
	    "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    part);
	add_base64(out, &der);
	str_add(out, "\r\n--sig--\r\n");
}

void
help_opaque(const struct signing *signing, const char *part, struct str *out)
{
	AUTO(str_donep) struct str der = STR_INIT((size_t)4 << 20);

	help_sign(signing, part, true, &der);
	str_add(out,
	    "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	add_base64(out, &der);
}
