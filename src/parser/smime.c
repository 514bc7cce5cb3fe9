/*
 * S/MIME (RFC 8551) as a shape of mail: what is signed, as exactly those bytes.
 * The signed bytes are cut out by hand and parsed again by themselves, so that
 * what was verified and what is read cannot be two things.
 */
#include "parser_priv.h"

#include <openssl/cms.h>
#include <string.h>

#define SIGNATURE_MAX ((size_t)256 << 10) /* decoded */
#define OPAQUE_MAX ((size_t)2 << 20) /* a whole mail inside of its signature, decoded */
#define BOUNDARY_MAX 200
#define REFERENCES_MAX 50
#define TOKEN_LENGTH 32
#define RUN_MAX 40 /* with what percent-encoding leaves in front of it */

/* --- what kind of part -------------------------------------------------------------- */

static bool
is_signature(GMimeObject *object)
{
	return mime_is(object, "application", "pkcs7-signature") ||
	    mime_is(object, "application", "x-pkcs7-signature");
}

static bool
is_envelope(GMimeObject *object)
{
	return mime_is(object, "application", "pkcs7-mime") ||
	    mime_is(object, "application", "x-pkcs7-mime");
}

static bool
is_kind(GMimeObject *object, const char *kind)
{
	return text_is_nocase(g_mime_object_get_content_type_parameter(object, "smime-type"), kind);
}

static bool
is_encrypted(GMimeObject *object)
{
	return is_envelope(object) &&
	    (is_kind(object, "enveloped-data") || is_kind(object, "authEnveloped-data"));
}

/* OpenPGP mail has the same shape and another protocol. */
static bool
is_detached(GMimeObject *object)
{
	const char *protocol = g_mime_object_get_content_type_parameter(object, "protocol");

	return mime_is(object, "multipart", "signed") && protocol &&
	    (text_is_nocase(protocol, "application/pkcs7-signature") ||
		text_is_nocase(protocol, "application/x-pkcs7-signature"));
}

void
smime_note(struct reading *r, GMimeObject *object)
{
	if (!r->rules->authorities || r->is_sealed || r->letter->signature.state != SIGNATURE_NONE)
		return;
	if (is_detached(object) || (is_envelope(object) && is_kind(object, "signed-data")))
		cms_say(r, SIGNATURE_PARTIAL, "it covers only a part of the mail");
}

/* --- where the bytes are -------------------------------------------------------------- */

static struct span
rest_from(struct span all, const char *at)
{
	return (struct span){ at, (size_t)(all.bytes + all.n - at) };
}

/* The next line of *rest with its end, moving *rest behind it. */
static struct span
next_line(struct span *rest)
{
	const char *lf = memchr(rest->bytes, '\n', rest->n);
	struct span line = { rest->bytes, lf ? (size_t)(lf - rest->bytes) + 1 : rest->n };

	*rest = rest_from(*rest, line.bytes + line.n);
	return line;
}

static bool
is_blank(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at) && *at)
		at++;
	return at == end;
}

static bool
find_body(struct span mail, struct span *body)
{
	*body = mail;
	while (body->n > 0) {
		struct span line = next_line(body);

		if (*line.bytes == '\n' || (line.n == 2 && memcmp(line.bytes, "\r\n", 2) == 0))
			return true;
	}
	return false;
}

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_LAST };

static enum delimiter
delimiter_of(struct span line, const char *boundary)
{
	size_t n = strlen(boundary);
	const char *at = line.bytes + 2 + n, *end = line.bytes + line.n;

	if (line.n < n + 2 || memcmp(line.bytes, "--", 2) != 0 ||
	    memcmp(line.bytes + 2, boundary, n) != 0)
		return DELIMITER_NONE;
	if (is_blank(at, end))
		return DELIMITER_NEXT;
	return end - at >= 2 && memcmp(at, "--", 2) == 0 && is_blank(at + 2, end) ? DELIMITER_LAST
										  : DELIMITER_NONE;
}

/* What stands before the next delimiter, without the line end that belongs to it. */
static enum delimiter
take_part(struct span *rest, const char *boundary, struct span *out)
{
	*out = (struct span){ rest->bytes, 0 };
	while (rest->n > 0) {
		struct span line = next_line(rest);
		enum delimiter found = delimiter_of(line, boundary);

		if (found == DELIMITER_NONE)
			continue;
		out->n = (size_t)(line.bytes - out->bytes);
		if (out->n > 0 && out->bytes[out->n - 1] == '\n')
			out->n--;
		if (out->n > 0 && out->bytes[out->n - 1] == '\r')
			out->n--;
		return found;
	}
	return DELIMITER_NONE;
}

/* RFC 1847 section 2.1: exactly two parts. What follows the last delimiter is nobody's. */
static bool
split(struct span mail, const char *boundary, struct span *content, struct span *signature)
{
	struct span rest, preamble;

	return boundary && *boundary && strlen(boundary) <= BOUNDARY_MAX &&
	    find_body(mail, &rest) && take_part(&rest, boundary, &preamble) == DELIMITER_NEXT &&
	    take_part(&rest, boundary, content) == DELIMITER_NEXT &&
	    take_part(&rest, boundary, signature) == DELIMITER_LAST;
}

/* --- the parts again ------------------------------------------------------------------- */

static GMimeObject *
construct(struct reading *r, struct span bytes, GByteArray *window)
{
	GMimeParser *parser;
	GMimeObject *object;

	*window = (GByteArray){ (guint8 *)(uintptr_t)bytes.bytes, (guint)bytes.n };
	parser = mime_parser(window);
	object = g_mime_parser_construct_part(parser, r->options);
	g_object_unref(parser);
	return object;
}

void
smime_close(struct sealed *sealed)
{
	if (sealed->inner)
		g_object_unref(sealed->inner);
	if (sealed->signature)
		g_object_unref(sealed->signature);
	CMS_ContentInfo_free(sealed->cms);
	*sealed = (struct sealed){ 0 };
}

static CMS_ContentInfo *
read_cms(GMimePart *part, size_t most)
{
	AUTO(str_donep) struct str der = STR_INIT(most);
	struct leaf leaf;

	if (!leaf_open(part, &leaf) || !leaf_decode(&leaf, &der))
		return NULL;
	return cms_read((struct span){ str_text(&der), der.len });
}

/* Header fields inside of what is signed (RFC 9788) say which mail it answers. */
static void
take_protected(struct reading *r, GMimeObject *inner)
{
	GMimeHeader *header =
	    g_mime_header_list_get_header(g_mime_object_get_header_list(inner), "In-Reply-To");
	const char *raw = header ? g_mime_header_get_raw_value(header) : NULL;

	if (raw && r->letter->signature.state == SIGNATURE_VALID)
		list_add(
		    r, &r->signed_references, &r->letter->signature.references, header_id(r, raw));
}

static bool
refuse(struct reading *r, struct sealed *out, const char *sentence)
{
	cms_say(r, SIGNATURE_BROKEN, sentence);
	smime_close(out);
	return false;
}

static bool
open_content(struct reading *r, struct span content, struct sealed *out)
{
	cms_check(r, out->cms, content);
	out->inner = construct(r, content, &out->window);
	if (!out->inner)
		return refuse(r, out, "what is signed is no mail");
	take_protected(r, out->inner);
	return true;
}

static bool
open_detached(struct reading *r, GMimeObject *root, struct span mail, struct sealed *out)
{
	const char *boundary = g_mime_object_get_content_type_parameter(root, "boundary");
	struct span content, signature;
	GMimeObject *part;

	if (!split(mail, boundary, &content, &signature)) {
		cms_say(r, SIGNATURE_PARTIAL, "the mail is not one text and its signature alone");
		return false;
	}
	part = construct(r, signature, &out->signature_window);
	if (!part || !GMIME_IS_PART(part) || !is_signature(part)) {
		if (part)
			g_object_unref(part);
		return refuse(r, out, "the second part of the mail is no signature");
	}
	out->signature = GMIME_PART(part);
	out->cms = read_cms(out->signature, SIGNATURE_MAX);
	if (!out->cms)
		return refuse(r, out, "it cannot be read");
	/* Some programs would show the text inside of it, others the one beside it. */
	if (CMS_is_detached(out->cms) != 1)
		return refuse(r, out, "it brings a second text of its own");
	return open_content(r, content, out);
}

static bool
open_opaque(struct reading *r, GMimeObject *root, struct sealed *out)
{
	ASN1_OCTET_STRING **content;

	out->cms = GMIME_IS_PART(root) ? read_cms(GMIME_PART(root), OPAQUE_MAX) : NULL;
	if (!out->cms)
		return refuse(r, out, "it cannot be read, or is too large");
	content = CMS_get0_content(out->cms);
	if (!content || !*content)
		return refuse(r, out, "there is nothing in it");
	return open_content(r,
	    (struct span){ (const char *)ASN1_STRING_get0_data(*content),
		(size_t)ASN1_STRING_length(*content) },
	    out);
}

bool
smime_open(struct reading *r, GMimeObject *root, struct span mail, struct sealed *out)
{
	*out = (struct sealed){ 0 };
	if (is_encrypted(root))
		cms_say(r, SIGNATURE_ENCRYPTED, "we cannot read encrypted mail");
	if (!r->rules->authorities)
		return false;
	if (is_detached(root))
		return open_detached(r, root, mail, out);
	return is_envelope(root) && is_kind(root, "signed-data") && open_opaque(r, root, out);
}

/* --- which question it answers ----------------------------------------------------------- */

static void
add_reference(struct reading *r, const char *text)
{
	struct text_list *list = &r->letter->signature.references;
	char *token;

	if (list->count >= REFERENCES_MAX)
		return;
	token = arena_dup_n(r->arena, text, TOKEN_LENGTH);
	text_lower(token);
	for (size_t i = 0; i < list->count; i++)
		if (text_is(list->items[i], token))
			return;
	list_add(r, &r->signed_references, list, token);
}

/* Base32 has no 0, 1, 8 and 9. */
static bool
is_token(const char *text)
{
	for (int i = 0; i < TOKEN_LENGTH; i++)
		if (!g_ascii_isalpha(text[i]) && (text[i] < '2' || text[i] > '7'))
			return false;
	return true;
}

void
smime_collect(struct reading *r, const char *bytes, size_t n)
{
	size_t run = 0;

	if (!r->is_sealed || r->letter->signature.state != SIGNATURE_VALID)
		return;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && g_ascii_isalnum(bytes[i])) {
			run++;
			continue;
		}
		if (run >= TOKEN_LENGTH && run <= RUN_MAX && is_token(bytes + i - TOKEN_LENGTH))
			add_reference(r, bytes + i - TOKEN_LENGTH);
		run = 0;
	}
}
