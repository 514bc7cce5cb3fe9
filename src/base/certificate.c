#include <assent/base/certificate.h>

#include <assent/base/mem.h>
#include <assent/base/utf8.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_BYTES ((size_t)300)
#define EMAIL_MAX_BYTES 320

struct authorities {
	X509_STORE *store;
	size_t count;
};

void
authorities_free(struct authorities *authorities)
{
	if (!authorities)
		return;
	X509_STORE_free(authorities->store);
	mem_free(authorities);
}

struct x509_store_st *
authorities_store(struct authorities *authorities)
{
	return authorities->store;
}

const char *
authorities_file(const char *ca_file)
{
	static const char *const usual[] = { "/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };
	const char *told = getenv("SSL_CERT_FILE");

	if (ca_file != NULL && ca_file[0] != '\0')
		return ca_file;
	if (told != NULL && told[0] != '\0')
		return told;
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (access(usual[i], R_OK) == 0)
			return usual[i];
	return "";
}

static int
add_authority(struct authorities *a, X509 *x509, struct err *err)
{
	AUTO(str_donep) struct str name = STR_INIT(NAME_MAX_BYTES);

	certificate_subject(x509, &name);
	/* Else the key of one person could make certificates for all. */
	if (X509_check_ca(x509) == 0)
		return err_set(
		    err, ERR_INVALID, "the certificate of '%s' is no authority's", str_text(&name));
	if (X509_STORE_add_cert(a->store, x509) != 1)
		return err_set(
		    err, ERR_INVALID, "the certificate of '%s' cannot be used", str_text(&name));
	a->count++;
	return 0;
}

/* No more than this may wait behind the last certificate: PEM readers end at "no start line". */
static bool
is_end_of_pem(void)
{
	unsigned long code = ERR_peek_last_error();
	bool end = code == 0 ||
	    (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE);

	ERR_clear_error();
	return end;
}

static int
add_bundle(struct authorities *a, const char *pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x509;
	int rc = 0;

	ERR_clear_error();
	while (rc == 0 && (x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		rc = add_authority(a, x509, err);
		X509_free(x509);
	}
	BIO_free(bio);
	if (rc == 0 && !is_end_of_pem())
		return err_set(err, ERR_INVALID, "a certificate in it cannot be read");
	if (rc == 0 && a->count == 0)
		return err_set(err, ERR_INVALID, "there is no certificate in it");
	return rc;
}

static int
add_crls(struct authorities *a, const char *pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	size_t count = 0;
	X509_CRL *crl;

	ERR_clear_error();
	while ((crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		count += X509_STORE_add_crl(a->store, crl) == 1;
		X509_CRL_free(crl);
	}
	BIO_free(bio);
	if (!is_end_of_pem() || count == 0)
		return err_set(
		    err, ERR_INVALID, "the revocation lists hold none that can be read (PEM)");
	X509_STORE_set_flags(a->store, X509_V_FLAG_CRL_CHECK);
	return 0;
}

int
authorities_read(const char *bundle, const char *crls, struct authorities **out, struct err *err)
{
	AUTO(authorities_freep) struct authorities *a = mem_alloc(sizeof(*a));
	int rc;

	a->store = X509_STORE_new();
	if (!a->store)
		return err_set(err, ERR_IO, "no room for authorities");
	/* An issuing authority alone may be named, without the root above it. */
	X509_STORE_set_flags(a->store, X509_V_FLAG_PARTIAL_CHAIN);
	rc = add_bundle(a, bundle, err);
	if (rc == 0 && *crls)
		rc = add_crls(a, crls, err);
	if (rc < 0)
		return rc;
	*out = a;
	a = NULL;
	return 0;
}

/* --- what a certificate says ----------------------------------------------------- */

static bool
offer(const ASN1_STRING *value, bool (*found)(const char *email, void *ctx), void *ctx)
{
	const char *bytes = (const char *)ASN1_STRING_get0_data(value);
	int n = ASN1_STRING_length(value);
	char email[EMAIL_MAX_BYTES + 1];

	/* A NUL in it would be the end for some and not for others. */
	if (n <= 0 || n > EMAIL_MAX_BYTES || memchr(bytes, '\0', (size_t)n) ||
	    !utf8_is_valid(bytes, (size_t)n))
		return false;
	memcpy(email, bytes, (size_t)n);
	email[n] = '\0';
	return found(email, ctx);
}

static const ASN1_STRING *
name_value(const GENERAL_NAME *name)
{
	const OTHERNAME *other = name->type == GEN_OTHERNAME ? name->d.otherName : NULL;

	if (name->type == GEN_EMAIL)
		return name->d.rfc822Name;
	if (other && OBJ_obj2nid(other->type_id) == NID_id_on_SmtpUTF8Mailbox &&
	    other->value->type == V_ASN1_UTF8STRING)
		return other->value->value.utf8string;
	return NULL;
}

static bool
emails_of_names(const GENERAL_NAMES *names, bool (*found)(const char *email, void *ctx), void *ctx)
{
	int seen = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const ASN1_STRING *value = name_value(sk_GENERAL_NAME_value(names, i));

		if (!value)
			continue;
		if (++seen > CERTIFICATE_EMAILS_MAX)
			return false;
		if (offer(value, found, ctx))
			return true;
	}
	return false;
}

static bool
emails_of_subject(const X509_NAME *subject, bool (*found)(const char *email, void *ctx), void *ctx)
{
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, at)) >= 0)
		if (offer(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), found, ctx))
			return true;
	return false;
}

bool
certificate_emails(struct x509_st *x509, bool (*found)(const char *email, void *ctx), void *ctx)
{
	int critical = -1;
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
	bool result;

	/* -1: there is no such extension; other values without names: one that cannot be read. */
	if (!names)
		return critical == -1 && emails_of_subject(X509_get_subject_name(x509), found, ctx);
	result = emails_of_names(names, found, ctx);
	GENERAL_NAMES_free(names);
	return result;
}

static void
add_name(const X509_NAME *name, struct str *out)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char line[NAME_MAX_BYTES];
	int n = -1;

	if (at >= 0)
		n = ASN1_STRING_to_UTF8(
		    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n > 0)
		utf8_add_line(out, (const char *)utf8, (size_t)n);
	else if (X509_NAME_oneline(name, line, sizeof(line)))
		utf8_add_line(out, line, strlen(line));
	OPENSSL_free(utf8);
}

void
certificate_subject(struct x509_st *x509, struct str *out)
{
	add_name(X509_get_subject_name(x509), out);
}

void
certificate_issuer(struct x509_st *x509, struct str *out)
{
	add_name(X509_get_issuer_name(x509), out);
}

utc_ms
certificate_until(struct x509_st *x509)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) != 1)
		return 0;
	return (utc_ms)timegm(&tm) * MS_SECOND;
}
