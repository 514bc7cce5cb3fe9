#include "compose_priv.h"

#include <assent/base/crypto.h>
#include <assent/base/utf8.h>

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>

#define LINE_MAX_BYTES 998 /* RFC 5322 section 2.1.1 */
#define REFERENCES_MAX ((size_t)64 << 10)

static void
object_unrefp(void *p)
{
	if (*(void **)p)
		g_object_unref(*(void **)p);
}

/* --- what may become a header -------------------------------------------------- */

static bool
is_header_value(const char *s)
{
	if (!s)
		return true;
	for (const char *p = s; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	return utf8_is_valid(s, strlen(s));
}

/* Without <>; what stands in angle brackets must not end them. */
static bool
is_message_id(const char *id)
{
	size_t n = strlen(id);

	if (n < 3 || n > 900 || !strchr(id, '@'))
		return false;
	for (const char *p = id; *p; p++)
		if (*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '<' || *p == '>')
			return false;
	return true;
}

static int
check_mailbox(const struct address *address, const char *field, struct err *err)
{
	if (!is_header_value(address->name))
		return err_set(err, ERR_INVALID,
		    "the name in %s holds a line break or control character", field);
	if (!address_is_plain(address->email))
		return err_set(
		    err, ERR_INVALID, "the address in %s is not a plain 'name@domain'", field);
	return 0;
}

int
compose_check_headers(const struct compose *compose, struct err *err)
{
	int rc = check_mailbox(&compose->from, "From", err);

	if (rc == 0)
		rc = check_mailbox(&compose->to, "To", err);
	if (rc < 0)
		return rc;
	if (compose->reply_to && compose->reply_to[0] && !address_is_plain(compose->reply_to))
		return err_set(
		    err, ERR_INVALID, "the address in Reply-To is not a plain 'name@domain'");
	if (!compose->message_id || !is_message_id(compose->message_id))
		return err_set(err, ERR_INVALID, "the Message-ID is malformed");
	if (!is_header_value(compose->subject))
		return err_set(
		    err, ERR_INVALID, "the subject holds a line break or control character");
	if (!compose->loop || !compose->loop[0] || !is_header_value(compose->loop))
		return err_set(err, ERR_INVALID, "the loop header's value is missing or malformed");
	if (!is_header_value(compose->in_reply_to))
		return err_set(
		    err, ERR_INVALID, "In-Reply-To holds a line break or control character");
	for (size_t i = 0; i < compose->references.count; i++)
		if (!is_header_value(compose->references.items[i]))
			return err_set(
			    err, ERR_INVALID, "References hold a line break or control character");
	return 0;
}

/* --- headers -------------------------------------------------------------------- */

static void
set(GMimeMessage *message, const char *name, const char *value)
{
	g_mime_object_set_header(GMIME_OBJECT(message), name, value, "utf-8");
}

static void
add_mailbox(GMimeMessage *message, GMimeAddressType type, const char *name, const char *email)
{
	InternetAddressList *list = g_mime_message_get_addresses(message, type);
	InternetAddress *mailbox =
	    internet_address_mailbox_new(name && name[0] ? name : NULL, email);

	internet_address_set_charset(mailbox, "utf-8");
	internet_address_list_add(list, mailbox);
	g_object_unref(mailbox);
}

static void
add_reference(struct str *out, const char *id)
{
	/* A malformed id of somebody else's mail threads nothing and is left out. */
	if (is_message_id(id))
		str_addf(out, "%s<%s>", out->len > 0 ? " " : "", id);
}

/* In full, oldest first; the mail that is answered comes last (RFC 5322 section 3.6.4). */
static void
set_thread(GMimeMessage *message, const struct compose *compose)
{
	AUTO(str_donep) struct str references = STR_INIT(REFERENCES_MAX);
	const struct text_list *list = &compose->references;
	const char *parent = compose->in_reply_to ? compose->in_reply_to : "";

	for (size_t i = 0; i < list->count; i++)
		if (!text_is(list->items[i], parent))
			add_reference(&references, list->items[i]);
	add_reference(&references, parent);
	if (is_message_id(parent)) {
		AUTO(str_donep) struct str value = STR_INIT(LETTER_LINE_MAX);

		str_addf(&value, "<%s>", parent);
		set(message, "In-Reply-To", str_text(&value));
	}
	if (references.len > 0)
		set(message, "References", str_text(&references));
}

static void
set_automatic(GMimeMessage *message, const struct compose *compose)
{
	bool replied = compose->automatic == COMPOSE_REPLIED;

	set(message, "Auto-Submitted", replied ? "auto-replied" : "auto-generated");
	/* Absence and non-delivery of a request are news to us: OOF and NDR stay allowed. */
	set(message, "X-Auto-Response-Suppress", replied ? "All" : "DR, RN, NRN, AutoReply");
	set(message, "X-Assentd-Loop", compose->loop);
}

static void
set_headers(GMimeMessage *message, const struct compose *compose, const char *subject)
{
	AUTO(str_donep) struct str date = STR_INIT(64);

	zone_add_rfc5322(&date, compose->zone, compose->date);
	set(message, "Date", str_text(&date));
	add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, compose->from.name, compose->from.email);
	add_mailbox(message, GMIME_ADDRESS_TYPE_TO, compose->to.name, compose->to.email);
	if (compose->reply_to && compose->reply_to[0])
		add_mailbox(
		    message, GMIME_ADDRESS_TYPE_REPLY_TO, compose->from.name, compose->reply_to);
	g_mime_message_set_subject(message, subject, "utf-8");
	g_mime_message_set_message_id(message, compose->message_id);
	set_thread(message, compose);
	set_automatic(message, compose);
}

/* --- parts ------------------------------------------------------------------------ */

static size_t
longest_line(const char *s)
{
	size_t longest = 0;

	while (*s) {
		size_t n = strcspn(s, "\n");

		if (n > longest)
			longest = n;
		s += n + (s[n] == '\n');
	}
	return longest;
}

/*
 * Plain where it is plain, quoted-printable where a few letters are not, base64
 * where quoting would triple the text (Arabic). Never 8bit: a relay without
 * 8BITMIME would have to rewrite the mail.
 */
static GMimeContentEncoding
choose_encoding(const struct str *body)
{
	size_t high = 0;

	for (size_t i = 0; i < body->len; i++)
		high += (unsigned char)body->text[i] >= 0x80;
	if (high * 6 > body->len)
		return GMIME_CONTENT_ENCODING_BASE64;
	if (high > 0 || longest_line(str_text(body)) > LINE_MAX_BYTES)
		return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
	return GMIME_CONTENT_ENCODING_7BIT;
}

/* base64 encodes bytes: its line ends must be the wire's already (RFC 2045 section 6.8). */
static void
add_crlf(struct str *out, const struct str *body)
{
	for (size_t i = 0; i < body->len; i++) {
		if (body->text[i] == '\n')
			str_add_char(out, '\r');
		str_add_char(out, body->text[i]);
	}
}

static GMimePart *
new_part(const char *subtype, const struct str *body)
{
	AUTO(str_donep) struct str wire = STR_INIT(2 * COMPOSE_MAX);
	GMimeContentEncoding encoding = choose_encoding(body);
	GMimePart *part = g_mime_part_new_with_type("text", subtype);
	GMimeDataWrapper *content;
	GMimeStream *stream;

	if (encoding == GMIME_CONTENT_ENCODING_BASE64)
		add_crlf(&wire, body);
	else
		str_add_n(&wire, str_text(body), body->len);
	stream = g_mime_stream_mem_new_with_buffer(str_text(&wire), wire.len);
	content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, encoding);
	g_object_unref(content);
	g_object_unref(stream);
	return part;
}

/* From the Message-ID and not from chance: the same mail has the same bytes on a repeat. */
static void
set_boundary(GMimeMultipart *multipart, const char *message_id)
{
	AUTO(str_donep) struct str boundary = STR_INIT(64);
	uint8_t hash[SHA256_SIZE];

	sha256(message_id, strlen(message_id), hash);
	/* "=_" cannot occur in quoted-printable (RFC 2045 section 6.7). */
	str_add(&boundary, "=_");
	str_add_base32(&boundary, hash, 20);
	g_mime_multipart_set_boundary(multipart, str_text(&boundary));
}

static GMimeMultipart *
new_alternative(const struct compose_parts *parts)
{
	GMimeMultipart *multipart = g_mime_multipart_new_with_subtype("alternative");
	GMimePart *text = new_part("plain", parts->text), *html = new_part("html", parts->html);

	set_boundary(multipart, parts->compose->message_id);
	g_mime_multipart_add(multipart, GMIME_OBJECT(text));
	g_mime_multipart_add(multipart, GMIME_OBJECT(html));
	g_object_unref(text);
	g_object_unref(html);
	return multipart;
}

static int
write_out(GMimeMessage *message, struct str *out, struct err *err)
{
	AUTO(object_unrefp) GMimeStream *stream = g_mime_stream_mem_new();
	GMimeFormatOptions *options = g_mime_format_options_new();
	GByteArray *bytes;
	gssize n;

	g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
	n = g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream);
	g_mime_format_options_free(options);
	if (n < 0)
		return err_set(err, ERR_IO, "the mail could not be written");
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	str_add_n(out, bytes->data, bytes->len);
	return str_overflowed(out) ? err_set(err, ERR_LIMIT, "the mail does not fit") : 0;
}

static int
write_alone(const struct compose_parts *parts, struct str *out, struct err *err)
{
	AUTO(object_unrefp) GMimeMessage *message = g_mime_message_new(FALSE);
	AUTO(object_unrefp) GMimeMultipart *body = new_alternative(parts);

	set_headers(message, parts->compose, parts->subject);
	g_mime_message_set_mime_part(message, GMIME_OBJECT(body));
	return write_out(message, out, err);
}

/*
 * One thread at a time: GMime fills global tables at first use, and locks of
 * GLib's own kind are invisible to TSan. A mail takes well under a millisecond.
 */
int
compose_write(const struct compose_parts *parts, struct str *out, struct err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool ready;
	int rc;

	pthread_mutex_lock(&lock);
	if (!ready)
		g_mime_init();
	ready = true;
	rc = write_alone(parts, out, err);
	pthread_mutex_unlock(&lock);
	return rc;
}
