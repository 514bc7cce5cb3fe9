#include <assent/mail/sign.h>

#include <assent/base/crypto.h>

#include <string.h>

#define BASE64_LINE 57 /* bytes that make 76 letters */

/* The first line of what is signed; compose_mime.c writes it last of all fields. */
static const char body_start[] = "MIME-Version: 1.0\r\nContent-Type: ";
static const char body_type[] = "Content-Type: ";

/* Of the bytes, so that a repeat has the same one; "=_" is in no encoding that we use. */
static void
add_boundary(struct str *out, const char *bytes, size_t n)
{
	uint8_t hash[SHA256_SIZE];

	sha256(bytes, n, hash);
	str_add(out, "=_s");
	str_add_base32(out, hash, 20);
}

static void
add_signature(struct str *out, const struct str *der)
{
	str_add(out,
	    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n");
	for (size_t at = 0; at < der->len; at += BASE64_LINE) {
		size_t left = der->len - at;

		str_add_base64(out, der->text + at, left < BASE64_LINE ? left : BASE64_LINE);
		str_add(out, "\r\n");
	}
}

int
mail_sign(const struct identity *identity, const struct outlet_mail *mail, struct str *out,
    struct err *err)
{
	AUTO(str_donep) struct str der = STR_INIT(IDENTITY_SIGNATURE_MAX), boundary = STR_INIT(64);
	const char *start = memmem(mail->bytes, mail->size, body_start, strlen(body_start));
	struct identity_bytes what = { .at = mail->date };
	int rc;

	if (!start)
		return err_set(err, ERR_INVALID, "the mail has no body that could be signed");
	what.bytes = start + strlen(body_start) - strlen(body_type);
	what.n = (size_t)(mail->bytes + mail->size - what.bytes);
	rc = identity_sign(identity, &what, &der, err);
	if (rc < 0)
		return rc;
	add_boundary(&boundary, what.bytes, what.n);
	str_add_n(out, mail->bytes, (size_t)(start - mail->bytes));
	str_addf(out,
	    "MIME-Version: 1.0\r\nContent-Type: multipart/signed;\r\n"
	    "\tprotocol=\"application/pkcs7-signature\"; micalg=sha-256;\r\n"
	    "\tboundary=\"%s\"\r\n\r\n--%s\r\n",
	    str_text(&boundary), str_text(&boundary));
	str_add_n(out, what.bytes, what.n);
	str_addf(out, "\r\n--%s\r\n", str_text(&boundary));
	add_signature(out, &der);
	str_addf(out, "\r\n--%s--\r\n", str_text(&boundary));
	return str_overflowed(out) ? err_set(err, ERR_LIMIT, "the signed mail does not fit") : 0;
}
