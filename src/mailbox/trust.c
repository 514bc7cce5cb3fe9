/* TLS: OpenSSL over the stream's socket, and who the other side is. */
#include "reach_priv.h"

#include <assent/base/utf8.h>

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>

#define NAME_TEXT_MAX 120

int
trust_new(const char *ca_file, SSL_CTX **out, struct err *err)
{
	SSL_CTX *trust = SSL_CTX_new(TLS_client_method());
	int ok = trust && SSL_CTX_set_min_proto_version(trust, TLS1_2_VERSION);

	if (ok)
		ok = *ca_file ? SSL_CTX_load_verify_locations(trust, ca_file, NULL)
			      : SSL_CTX_set_default_verify_paths(trust);
	if (!ok) {
		SSL_CTX_free(trust);
		ERR_clear_error();
		return err_set(err, ERR_INVALID,
		    "the certificates in %s cannot be read: is it a PEM file that the daemon may "
		    "read?",
		    *ca_file ? ca_file : "the system's folder");
	}
	SSL_CTX_set_mode(
	    trust, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	*out = trust;
	return 0;
}

static ssize_t
outcome(SSL *ssl, int rc)
{
	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_NONE:
		return rc;
	case SSL_ERROR_WANT_READ:
		return WIRE_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return WIRE_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
	case SSL_ERROR_SYSCALL:
		return WIRE_END;
	default:
		return WIRE_FAILED;
	}
}

static ssize_t
tls_read(void *self, void *bytes, size_t n)
{
	ERR_clear_error();
	return outcome(self, SSL_read(self, bytes, n > INT_MAX ? INT_MAX : (int)n));
}

static ssize_t
tls_write(void *self, const void *bytes, size_t n)
{
	ERR_clear_error();
	return outcome(self, SSL_write(self, bytes, n > INT_MAX ? INT_MAX : (int)n));
}

/* Words that are there, not half a record: poll() tells of its other half. */
static bool
tls_pending(void *self)
{
	return SSL_pending(self) > 0;
}

/* One try to take leave politely; nobody waits for the answer. */
static void
tls_free(void *self)
{
	ERR_clear_error();
	if (SSL_is_init_finished(self))
		SSL_shutdown(self);
	SSL_free(self);
	ERR_clear_error();
}

static bool
is_address(const char *host)
{
	unsigned char any[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1;
}

static bool
expect_name(SSL *ssl, const char *host)
{
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	/* A common name is no name (RFC 9525 section 6.3), part of a label no wildcard. */
	SSL_set_hostflags(
	    ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static void
add_visible(struct str *out, const char *text, size_t n)
{
	AUTO(str_donep) struct str copy = STR_INIT(NAME_TEXT_MAX);

	str_add_n(&copy, text, n < NAME_TEXT_MAX ? n : NAME_TEXT_MAX);
	utf8_add_line(out, str_text(&copy), NAME_TEXT_MAX);
}

/* The names that a certificate is for, a few of them. */
static void
add_names(struct str *out, X509 *certificate)
{
	GENERAL_NAMES *names =
	    certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
	int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < 3; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		str_add(out, shown++ ? ", " : "");
		add_visible(out, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
		    (size_t)ASN1_STRING_length(name->d.dNSName));
	}
	if (shown == 0)
		str_add(out, "no host name at all");
	GENERAL_NAMES_free(names);
}

static void
add_issuer(struct str *out, X509 *certificate)
{
	char name[NAME_TEXT_MAX] = "";

	if (certificate)
		X509_NAME_get_text_by_NID(
		    X509_get_issuer_name(certificate), NID_commonName, name, sizeof(name));
	if (*name)
		add_visible(out, name, strlen(name));
	else
		str_add(out, "somebody unnamed");
}

static int
is_wrong_name(const char *host, X509 *certificate, struct err *err)
{
	AUTO(str_donep) struct str names = STR_INIT((size_t)8 * NAME_TEXT_MAX);

	add_names(&names, certificate);
	return err_set(err, ERR_DENIED,
	    "its certificate is for %s, not for %s: set host to a name that it is for, or have the "
	    "certificate made anew",
	    str_text(&names), host);
}

static int
is_unknown(X509 *certificate, struct err *err)
{
	AUTO(str_donep) struct str issuer = STR_INIT((size_t)4 * NAME_TEXT_MAX);

	add_issuer(&issuer, certificate);
	return err_set(err, ERR_DENIED,
	    "its certificate was issued by %s, whom nobody here trusts: name the authority's file "
	    "as ca_file, if it is yours",
	    str_text(&issuer));
}

/* OpenSSL forgets a certificate that it refuses; we want to tell of it. */
static int
on_verdict(int good, X509_STORE_CTX *context)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 **refused = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(context);

	if (!good && refused && leaf && !*refused && X509_up_ref(leaf))
		*refused = leaf;
	return good;
}

/* What is wrong with the certificate, and what to do. */
static int
refuse(SSL *ssl, const char *host, struct err *err)
{
	long why = SSL_get_verify_result(ssl);
	X509 *certificate = *(X509 **)SSL_get_app_data(ssl);

	switch (why) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return err_set(err, ERR_DENIED,
		    "its certificate has expired: renew it on the server, and look at this "
		    "machine's "
		    "clock");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return err_set(err, ERR_DENIED,
		    "its certificate is not valid yet: look at this machine's clock and the "
		    "server's");
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return is_wrong_name(host, certificate, err);
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return err_set(err, ERR_DENIED,
		    "its certificate is self-signed, so nobody vouches for it: if it is yours, "
		    "name "
		    "its file as ca_file");
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return is_unknown(certificate, err);
	default:
		return err_set(err, ERR_DENIED, "its certificate is refused: %s",
		    X509_verify_cert_error_string(why));
	}
}

static int
shake_failed(struct stream *s, SSL *ssl, const char *host, struct err *err)
{
	unsigned long first = ERR_peek_error();
	const char *why = first ? ERR_reason_error_string(first) : NULL;

	if (SSL_get_verify_result(ssl) != X509_V_OK)
		return refuse(ssl, host, err);
	if (s->stopped) {
		*err = s->why;
		return err->code;
	}
	if (!why)
		return err_set(err, ERR_PEER,
		    "it ended the connection: does it speak TLS from the first byte on that port?");
	return err_set(err, ERR_PEER,
	    "no TLS could be agreed on (%s): does it speak TLS 1.2 or newer on that port?", why);
}

static int
shake(struct stream *s, SSL *ssl, const char *host, struct err *err)
{
	for (;;) {
		ssize_t n;

		ERR_clear_error();
		n = outcome(ssl, SSL_connect(ssl));
		if (n > 0)
			return 0;
		if (n != WIRE_WANT_READ && n != WIRE_WANT_WRITE)
			return shake_failed(s, ssl, host, err);
		if (stream_wait(s, n == WIRE_WANT_READ ? POLLIN : POLLOUT) < 0)
			return shake_failed(s, ssl, host, err);
	}
}

int
trust_start(struct stream *s, SSL_CTX *trust, const char *host, struct err *err)
{
	SSL *ssl = SSL_new(trust);
	X509 *refused = NULL;
	int rc;

	if (!ssl || !SSL_set_app_data(ssl, &refused) || !expect_name(ssl, host) ||
	    SSL_set_fd(ssl, s->fd) != 1) {
		SSL_free(ssl);
		return err_set(err, ERR_INVALID, "%s is no name for TLS", host);
	}
	SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verdict);
	stream_begin(s);
	rc = shake(s, ssl, host, err);
	SSL_set_app_data(ssl, NULL);
	X509_free(refused);
	if (rc < 0) {
		SSL_free(ssl);
		ERR_clear_error();
		/* Nothing more is said to it, in clear least of all. */
		stream_fail(s, err);
		return rc;
	}
	stream_wire(s, (struct wire){ tls_read, tls_write, tls_pending, tls_free, ssl });
	return 0;
}
