#include "compose_priv.h"

#include <assent/base/crypto.h>
#include <assent/base/utf8.h>

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>

#define LINE_MAX_BYTES 998 /* RFC 5322 section 2.1.1 */
#define REFERENCES_MAX ((size_t)64 << 10)
#define QUOTED_LINE 76 /* RFC 2045 sections 6.7 and 6.8 */
#define BASE64_LINE 57 /* bytes that make 76 letters */

enum encoding { ENCODING_7BIT, ENCODING_QUOTED, ENCODING_BASE64 };

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

/* Mailboxes in one file put a '>' in front of such a line, which would break a signature. */
static bool
is_from_line(const char *at, const char *end)
{
	return end - at >= 5 && memcmp(at, "From ", 5) == 0;
}

static bool
has_from_line(const struct str *body)
{
	return body->len > 0 &&
	    (is_from_line(body->text, body->text + body->len) ||
		memmem(body->text, body->len, "\nFrom ", 6) != NULL);
}

/*
 * Plain where it is plain, quoted-printable where a few letters are not, base64
 * where quoting would triple the text (Arabic). Never 8bit: a relay without
 * 8BITMIME would have to rewrite the mail.
 */
static enum encoding
choose_encoding(const struct str *body)
{
	size_t high = 0;

	for (size_t i = 0; i < body->len; i++)
		high += (unsigned char)body->text[i] >= 0x80;
	if (high * 6 > body->len)
		return ENCODING_BASE64;
	if (high > 0 || longest_line(str_text(body)) > LINE_MAX_BYTES || has_from_line(body))
		return ENCODING_QUOTED;
	return ENCODING_7BIT;
}

/* --- the body ----------------------------------------------------------------------
 *
 * By hand, because GMime takes three times as long for it, under one lock: two
 * parts of text in one multipart, nothing of a stranger's in any header.
 */

static void
add_lines(struct str *out, const char *text, size_t n)
{
	for (const char *end = text + n; text < end;) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));

		str_add_n(out, text, (size_t)((lf ? lf : end) - text));
		if (lf)
			str_add_n(out, "\r\n", 2);
		text = lf ? lf + 1 : end;
	}
}

/* base64 encodes bytes: its line ends must be the wire's already (RFC 2045 section 6.8). */
static void
add_base64_lines(struct str *out, const char *text, size_t n)
{
	AUTO(str_donep) struct str wire = STR_INIT(2 * COMPOSE_MAX);

	add_lines(&wire, text, n);
	for (size_t at = 0; at < wire.len; at += BASE64_LINE) {
		size_t left = wire.len - at;

		str_add_base64(out, wire.text + at, left < BASE64_LINE ? left : BASE64_LINE);
		str_add_n(out, "\r\n", 2);
	}
}

/* May this byte stand for itself? A blank at the end of a line may not. */
static bool
is_literal(const char *at, const char *end)
{
	unsigned char c = (unsigned char)*at;

	if (c == ' ' || c == '\t')
		return at + 1 < end && at[1] != '\n';
	return c > ' ' && c < 0x7f && c != '=';
}

/* How many bytes from at stand for themselves, `most` at most. */
static size_t
literals(const char *at, const char *end, size_t most)
{
	size_t n = 0;

	while (n < most && at + n < end && is_literal(at + n, end))
		n++;
	return n;
}

/* RFC 2045 section 6.7: no line is longer than 76 with the "=" of a soft break. */
static void
add_quoted(struct str *out, const char *text, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t column = 0;

	for (const char *at = text, *end = text + n; at < end;) {
		bool escape = column == 0 && is_from_line(at, end);
		size_t run = escape ? 0 : literals(at, end, QUOTED_LINE - 1 - column);

		str_add_n(out, at, run);
		column += run;
		at += run;
		if (at == end)
			break;
		if (*at == '\n') {
			str_add_n(out, "\r\n", 2);
			column = 0;
			at++;
		} else if (column + (is_literal(at, end) ? 1 : 3) > QUOTED_LINE - 1) {
			str_add_n(out, "=\r\n", 3);
			column = 0;
		} else {
			const char quoted[] = { '=', hex[(unsigned char)*at >> 4], hex[*at & 15] };

			str_add_n(out, quoted, sizeof(quoted));
			column += sizeof(quoted);
			at++;
		}
	}
}

static void
add_part(struct str *out, const char *boundary, const char *subtype, const struct str *body)
{
	static const struct {
		const char *name;
		void (*add)(struct str *out, const char *text, size_t n);
	} encodings[] = {
		[ENCODING_7BIT] = { "7bit", add_lines },
		[ENCODING_QUOTED] = { "quoted-printable", add_quoted },
		[ENCODING_BASE64] = { "base64", add_base64_lines },
	};
	enum encoding encoding = choose_encoding(body);

	str_addf(out,
	    "--%s\r\nContent-Type: text/%s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    boundary, subtype, encodings[encoding].name);
	encodings[encoding].add(out, str_text(body), body->len);
	str_add_n(out, "\r\n", 2);
}

/* From the Message-ID and not from chance: the same mail has the same bytes on a repeat. */
static void
add_boundary(struct str *out, const char *message_id)
{
	uint8_t hash[SHA256_SIZE];

	sha256(message_id, strlen(message_id), hash);
	/* "=_" cannot occur in quoted-printable (RFC 2045 section 6.7). */
	str_add(out, "=_");
	str_add_base32(out, hash, 20);
}

static void
add_body(struct str *out, const struct compose_parts *parts)
{
	AUTO(str_donep) struct str boundary = STR_INIT(64);

	add_boundary(&boundary, parts->compose->message_id);
	str_addf(out,
	    "MIME-Version: 1.0\r\nContent-Type: "
	    "multipart/alternative;\r\n\tboundary=\"%s\"\r\n\r\n",
	    str_text(&boundary));
	add_part(out, str_text(&boundary), "plain", parts->text);
	add_part(out, str_text(&boundary), "html", parts->html);
	str_addf(out, "--%s--\r\n", str_text(&boundary));
}

/*
 * One thread at a time: GMime fills global tables at first use, and locks of
 * GLib's own kind are invisible to TSan.
 */
static void
add_headers(struct str *out, const struct compose_parts *parts)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static GMimeFormatOptions *options;
	GMimeMessage *message;
	char *headers;

	pthread_mutex_lock(&lock);
	if (options == NULL) {
		g_mime_init();
		options = g_mime_format_options_new();
		g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
	}
	message = g_mime_message_new(FALSE);
	set_headers(message, parts->compose, parts->subject);
	headers = g_mime_object_get_headers(GMIME_OBJECT(message), options);
	str_add(out, headers);
	g_free(headers);
	g_object_unref(message);
	pthread_mutex_unlock(&lock);
}

int
compose_write(const struct compose_parts *parts, struct str *out, struct err *err)
{
	add_headers(out, parts);
	add_body(out, parts);
	return str_overflowed(out) ? err_set(err, ERR_LIMIT, "the mail does not fit") : 0;
}
