/*
 * Signed data (RFC 5652) of people we do not know. Strict where that costs an
 * honest signer nothing: signed attributes, SHA-2, keys of 112 bits and more.
 */
#include "parser_priv.h"

#include <assent/base/certificate.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SIGNERS_MAX 8
#define CERTIFICATES_MAX 20
#define CERTIFICATE_BYTES_MAX (32 << 10)
#define ELEMENTS_MAX 20000 /* of BER: each takes up to 300 bytes of memory */
#define CHAIN_MAX 8
#define SECURITY_LEVEL 2 /* of libcrypto: RSA 2048, P-224, no SHA-1 */

/* What we know how to compute; everything else is too weak or too rare. */
static const struct {
	int nid;
	const EVP_MD *(*method)(void);
} digests[] = {
	{ NID_sha256, EVP_sha256 },
	{ NID_sha384, EVP_sha384 },
	{ NID_sha512, EVP_sha512 },
};

struct checking {
	struct reading *r;
	CMS_ContentInfo *cms;
	STACK_OF(X509) * certificates; /* that came with it */
	struct {
		EVP_MD_CTX *ctx;
		uint8_t bytes[EVP_MAX_MD_SIZE];
		unsigned n; /* 0: nobody needs it */
	} sums[ARRAY_LEN(digests)];
};

void
cms_say(struct reading *r, enum signature_state state, const char *sentence)
{
	r->letter->signature.state = state;
	r->letter->signature.sentence = header_clean(r, sentence, NAME_MAX_BYTES);
}

static bool
broken(struct checking *c, const char *sentence)
{
	cms_say(c->r, SIGNATURE_BROKEN, sentence);
	return false;
}

/* The length behind a tag, moving *at behind it; 0 where the end is marked. */
static size_t
take_length(const unsigned char **at, const unsigned char *end)
{
	size_t n = *at < end ? *(*at)++ : 0, value = 0;

	if (n < 0x80)
		return n;
	for (n &= 0x7f; n > 0 && *at < end; n--)
		value = value << 8 | *(*at)++;
	return value;
}

/* Elements within elements follow each other, so that nothing is called again for them. */
static bool
is_countable(struct span der)
{
	const unsigned char *at = (const unsigned char *)der.bytes, *end = at + der.n;
	size_t count = 0;

	while (at < end && count++ < ELEMENTS_MAX) {
		unsigned char tag = *at++;
		size_t n;

		for (bool more = (tag & 0x1f) == 0x1f; more && at < end;)
			more = (*at++ & 0x80) != 0;
		n = take_length(&at, end);
		if ((tag & 0x20) == 0)
			at += n < (size_t)(end - at) ? n : (size_t)(end - at);
	}
	return at == end;
}

CMS_ContentInfo *
cms_read(struct span der)
{
	const unsigned char *at = (const unsigned char *)der.bytes;
	CMS_ContentInfo *cms =
	    is_countable(der) ? d2i_CMS_ContentInfo(NULL, &at, (long)der.n) : NULL;

	ERR_clear_error();
	if (cms && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

/* --- the content's sums ----------------------------------------------------------- */

static int
digest_of(CMS_SignerInfo *si)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *name = NULL;
	int nid;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&name, NULL, NULL, digest);
	nid = OBJ_obj2nid(name);
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (digests[i].nid == nid)
			return (int)i;
	return -1;
}

static bool
want_sum(struct checking *c, CMS_SignerInfo *si)
{
	int i = digest_of(si);

	if (i < 0)
		return broken(c, "it is made with a digest that can be forged, such as SHA-1");
	if (c->sums[i].ctx)
		return true;
	c->sums[i].ctx = EVP_MD_CTX_new();
	return EVP_DigestInit_ex(c->sums[i].ctx, digests[i].method(), NULL) == 1 ||
	    broken(c, "its digest cannot be computed");
}

static void
add_to_sums(struct checking *c, const char *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (c->sums[i].ctx)
			EVP_DigestUpdate(c->sums[i].ctx, bytes, n);
}

/* Line ends as they are on the wire (RFC 8551 section 3.1.1): LF alone came from a store. */
static void
sum_up(struct checking *c, struct span content)
{
	const char *at = content.bytes, *end = at + content.n;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t n = lf ? (size_t)(lf - at) : (size_t)(end - at);

		if (lf && n > 0 && lf[-1] == '\r')
			n--;
		add_to_sums(c, at, n);
		if (lf)
			add_to_sums(c, "\r\n", 2);
		at = lf ? lf + 1 : end;
	}
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (c->sums[i].ctx)
			EVP_DigestFinal_ex(c->sums[i].ctx, c->sums[i].bytes, &c->sums[i].n);
}

/* --- one signer ------------------------------------------------------------------- */

/* Exactly one attribute of that name with exactly one value, or NULL. */
static void *
attribute(CMS_SignerInfo *si, int nid, int type)
{
	return CMS_signed_get0_data_by_OBJ(si, OBJ_nid2obj(nid), -3, type);
}

/*
 * The attributes speak of our content, and the signature of the attributes.
 * Without attributes, bytes that were signed as something else could be passed
 * off as content.
 */
static bool
check_content(struct checking *c, CMS_SignerInfo *si)
{
	const ASN1_OBJECT *type = attribute(si, NID_pkcs9_contentType, V_ASN1_OBJECT);
	const ASN1_OCTET_STRING *sum = attribute(si, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
	int i = digest_of(si);

	if (!type || !sum || OBJ_obj2nid(type) != NID_pkcs7_data || i < 0)
		return broken(c, "its attributes are missing or malformed");
	if (ASN1_STRING_length(sum) != (int)c->sums[i].n ||
	    !bytes_equal(ASN1_STRING_get0_data(sum), c->sums[i].bytes, c->sums[i].n))
		return broken(c, "the mail was changed after it was signed");
	if (CMS_SignerInfo_verify(si) != 1)
		return broken(c, "it does not fit the key of its certificate");
	return true;
}

static bool
untrusted(struct checking *c, int code)
{
	switch (code) {
	case X509_V_ERR_CERT_REVOKED:
		return broken(c, "its certificate was revoked");
	case X509_V_ERR_EE_KEY_TOO_SMALL:
		return broken(c, "the key of its certificate is too short");
	case X509_V_ERR_CERT_HAS_EXPIRED:
		cms_say(c->r, SIGNATURE_UNTRUSTED, "its certificate has expired");
		return false;
	default:
		break;
	}
	cms_say(c->r, SIGNATURE_UNTRUSTED,
	    arena_printf(c->r->arena, "nobody whom we know vouches for its certificate (%s)",
		X509_verify_cert_error_string(code)));
	return false;
}

static void
set_rules(X509_STORE_CTX *ctx, utc_ms now)
{
	X509_VERIFY_PARAM *param;

	X509_STORE_CTX_set_default(ctx, "smime_sign");
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)(now / MS_SECOND));
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
}

static bool
check_chain(struct checking *c, X509 *signer)
{
	const struct rules *rules = c->r->rules;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = ctx &&
	    X509_STORE_CTX_init(
		ctx, authorities_store(rules->authorities), signer, c->certificates) == 1;
	int code = X509_V_ERR_UNSPECIFIED;

	if (good) {
		set_rules(ctx, rules->now);
		good = X509_verify_cert(ctx) == 1;
		code = X509_STORE_CTX_get_error(ctx);
	}
	X509_STORE_CTX_free(ctx);
	return good || untrusted(c, code);
}

/* --- what is told about him -------------------------------------------------------- */

static bool
add_email(const char *email, void *ctx)
{
	struct reading *r = ctx;
	struct text_list *list = &r->letter->signature.emails;
	const char *clean = address_of(r, email);

	if (*clean && list->count < CERTIFICATE_EMAILS_MAX)
		list->items[list->count++] = clean;
	return false;
}

static const char *
serial_of(struct reading *r, const X509 *x509)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;
	const char *serial = header_clean(r, hex ? hex : "", NAME_MAX_BYTES);

	OPENSSL_free(hex);
	BN_free(number);
	return serial;
}

static utc_ms
time_of(CMS_SignerInfo *si)
{
	const ASN1_TIME *time = attribute(si, NID_pkcs9_signingTime, V_ASN1_UTCTIME);
	struct tm tm;
	time_t seconds;

	if (!time)
		time = attribute(si, NID_pkcs9_signingTime, V_ASN1_GENERALIZEDTIME);
	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return 0;
	seconds = timegm(&tm);
	return seconds > 0 ? (utc_ms)seconds * MS_SECOND : 0;
}

static void
describe(struct checking *c, CMS_SignerInfo *si, X509 *signer)
{
	AUTO(str_donep) struct str name = STR_INIT(NAME_MAX_BYTES), issuer = name;
	struct signature *s = &c->r->letter->signature;

	certificate_subject(signer, &name);
	certificate_issuer(signer, &issuer);
	s->name = header_clean(c->r, str_text(&name), NAME_MAX_BYTES);
	s->issuer = header_clean(c->r, str_text(&issuer), NAME_MAX_BYTES);
	s->serial = serial_of(c->r, signer);
	X509_digest(signer, EVP_sha256(), s->sha256, NULL);
	s->signed_at = time_of(si);
	s->emails.items =
	    arena_alloc(c->r->arena, CERTIFICATE_EMAILS_MAX * sizeof(*s->emails.items));
	s->emails.count = 0;
	certificate_emails(signer, add_email, c->r);
}

/* --- all of them -------------------------------------------------------------------- */

static X509 *
signer_of(CMS_SignerInfo *si)
{
	X509 *signer = NULL;

	CMS_SignerInfo_get0_algs(si, NULL, &signer, NULL, NULL);
	return signer;
}

/* What is in extensions is unpacked before anybody vouches for it. */
static bool
has_large(STACK_OF(X509) * certificates)
{
	for (int i = 0; i < sk_X509_num(certificates); i++)
		if (i2d_X509(sk_X509_value(certificates, i), NULL) > CERTIFICATE_BYTES_MAX)
			return true;
	return false;
}

static bool
check_shape(struct checking *c, STACK_OF(CMS_SignerInfo) * signers)
{
	int n = sk_CMS_SignerInfo_num(signers);

	if (n < 1)
		return broken(c, "nobody signed it");
	if (n > SIGNERS_MAX || sk_X509_num(c->certificates) > CERTIFICATES_MAX)
		return broken(c, "it has more signers or certificates than we look at");
	if (has_large(c->certificates))
		return broken(c, "it has larger certificates than we look at");
	if (OBJ_obj2nid(CMS_get0_eContentType(c->cms)) != NID_pkcs7_data)
		return broken(c, "it is about something that is no mail");
	CMS_set1_signers_certs(c->cms, NULL, 0);
	for (int i = 0; i < n; i++)
		if (!want_sum(c, sk_CMS_SignerInfo_value(signers, i)))
			return false;
	return true;
}

static bool
check_one(struct checking *c, CMS_SignerInfo *si)
{
	X509 *signer = signer_of(si);

	if (!signer) {
		cms_say(c->r, SIGNATURE_UNTRUSTED, "it came without the certificate of its signer");
		return false;
	}
	return check_content(c, si) && check_chain(c, signer);
}

/* Of several, every one must hold; the first one is named. */
static void
check_all(struct checking *c, struct span content)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(c->cms);
	X509 *first;

	if (!check_shape(c, signers))
		return;
	first = signer_of(sk_CMS_SignerInfo_value(signers, 0));
	if (first)
		describe(c, sk_CMS_SignerInfo_value(signers, 0), first);
	sum_up(c, content);
	for (int i = 0; i < sk_CMS_SignerInfo_num(signers); i++)
		if (!check_one(c, sk_CMS_SignerInfo_value(signers, i)))
			return;
	c->r->letter->signature.state = SIGNATURE_VALID;
}

void
cms_check(struct reading *r, CMS_ContentInfo *cms, struct span content)
{
	struct checking c = { .r = r, .cms = cms, .certificates = CMS_get1_certs(cms) };

	check_all(&c, content);
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		EVP_MD_CTX_free(c.sums[i].ctx);
	sk_X509_pop_free(c.certificates, X509_free);
	ERR_clear_error();
}
