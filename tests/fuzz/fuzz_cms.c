/*
 * Whatever a stranger sends: a signature is valid only over the very words that
 * were signed. Nobody has the key of the authority below any more; the one
 * person whom it vouches for signed WORDS, and the seeds hold that signature.
 * A first byte of 0 or 1: the rest is a signature beside or around WORDS, as DER;
 * anything else is a whole mail.
 */
#include "parser/parser_priv.h"

#include <assent/base/certificate.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1800000000000 /* 2027-01-15 */
#define WORDS "Content-Type: text/plain\r\n\r\nApproved.\r\n"
#define MAIL "From: Jane <jane@acme.test>\r\nMIME-Version: 1.0\r\n"

static const char root[] = "-----BEGIN CERTIFICATE-----\n"
			   "MIIBazCCARKgAwIBAgIUOqkW25bEuC9YPqLKKRTbLZEwKQYwCgYIKoZIzj0EAwIw\n"
			   "FDESMBAGA1UEAwwJU2VlZCBSb290MB4XDTI2MTEyMTExMDM0OVoXDTM2MTExODEx\n"
			   "MDM0OVowFDESMBAGA1UEAwwJU2VlZCBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
			   "AQcDQgAEq9SkmwmGCeNBedOb1KHUT9WyFu7UXXgCUEoZWnXnKKcRot4HD7nkA7o2\n"
			   "1tAwClizmozU8FNLQgSGBy4ABWZRuaNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNV\n"
			   "HQ8BAf8EBAMCAgQwHQYDVR0OBBYEFHRGWk/BDahFZCk4f5KY9DOusA0MMAoGCCqG\n"
			   "SM49BAMCA0cAMEQCIDv1sEI1uPllvgw2Y4/JI2SFeJVVGy1k1rE6wQf+oTVcAiBa\n"
			   "PYGpOBVHuLQ8mTIpqV6bR74UY9qpl8WoYczkLKSqRg==\n"
			   "-----END CERTIFICATE-----\n";

static struct rules rules = { .now = NOW };

static void
set_up(void)
{
	struct err err;

	if (rules.authorities)
		return;
	g_mime_init();
	assert(authorities_read(root, "", &rules.authorities, &err) == 0);
}

static void
add_mail(const uint8_t *data, size_t size, struct str *out)
{
	if (size == 0 || data[0] > 1) {
		str_add_n(out, data, size);
		return;
	}
	if (data[0] == 0)
		str_add(out,
		    MAIL "Content-Type: multipart/signed; boundary=s;"
			 " protocol=\"application/pkcs7-signature\"\r\n\r\n--s\r\n" WORDS
			 "\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n");
	else
		str_add(
		    out, MAIL "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n");
	str_add(out, "Content-Transfer-Encoding: base64\r\n\r\n");
	str_add_base64(out, data + 1, size - 1);
	str_add(out, data[0] == 0 ? "\r\n--s--\r\n" : "\r\n");
}

static void
check(const struct letter *letter)
{
	const struct signature *s = &letter->signature;

	assert(s->emails.count <= CERTIFICATE_EMAILS_MAX);
	assert(strlen(s->sentence) <= LETTER_LINE_MAX);
	if (s->state != SIGNATURE_VALID) {
		assert(s->references.count == 0);
		return;
	}
	assert(strcmp(letter->reply, "Approved.") == 0 && letter->html_text[0] == '\0');
	assert(strcmp(s->name, "Jane") == 0 && strcmp(s->issuer, "Seed Root") == 0);
	assert(s->emails.count == 1 && strcmp(s->emails.items[0], "jane@acme.test") == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
	AUTO(str_donep) struct str mail = STR_INIT((size_t)8 << 20);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct letter *letter;
	struct err err;

	set_up();
	add_mail(data, size, &mail);
	if (str_overflowed(&mail) ||
	    mime_parse(str_text(&mail), mail.len, &rules, arena, &letter, &err) < 0)
		return 0;
	check(letter);
	letter_encode(letter, &wire);
	assert(!str_overflowed(&wire));
	return 0;
}
