/* From the bytes of a part to text: transfer encoding, charset, line ends, flowed lines. */
#include "charset_priv.h"
#include "parser_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

#define CHUNK 8192

bool
leaf_open(GMimePart *part, struct leaf *out)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	GByteArray *whole;
	gint64 end;

	if (!stream || !GMIME_IS_STREAM_MEM(stream))
		return false;
	/* The part's stream is a window on the mail itself: nothing is copied. */
	whole = GMIME_STREAM_MEM(stream)->buffer;
	end = stream->bound_end < 0 ? (gint64)whole->len : stream->bound_end;
	if (!whole->data || stream->bound_start < 0 || stream->bound_start > end ||
	    end > (gint64)whole->len)
		return false;
	out->bytes = (const char *)whole->data + stream->bound_start;
	out->n = (size_t)(end - stream->bound_start);
	out->encoding = g_mime_data_wrapper_get_encoding(content);
	return true;
}

struct decoding {
	GMimeEncoding state;
	const char *at;
	size_t left;
	char buf[2 * CHUNK]; /* no encoding grows by half when it is undone */
};

static void
decoding_init(struct decoding *d, const struct leaf *leaf)
{
	g_mime_encoding_init_decode(&d->state, leaf->encoding);
	d->at = leaf->bytes;
	d->left = leaf->n;
}

/* Bytes now in buf; 0 may also mean that a chunk held none. */
static size_t
decode_some(struct decoding *d)
{
	size_t n = d->left < CHUNK ? d->left : CHUNK, got;

	d->left -= n;
	if (d->left > 0)
		got = g_mime_encoding_step(&d->state, d->at, n, d->buf);
	else
		got = g_mime_encoding_flush(&d->state, d->at, n, d->buf);
	d->at += n;
	return got;
}

static bool
is_identity(GMimeContentEncoding encoding)
{
	return encoding != GMIME_CONTENT_ENCODING_BASE64 &&
	    encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE &&
	    encoding != GMIME_CONTENT_ENCODING_UUENCODE;
}

static bool
add_fitting(struct str *out, const char *bytes, size_t n)
{
	size_t room = out->ceiling - out->len;

	str_add_n(out, bytes, n < room ? n : room);
	return n <= room;
}

/* What stands behind the padding is read by some programs and not by others. */
static bool
goes_on_behind_padding(const struct leaf *leaf)
{
	const char *at = memchr(leaf->bytes, '=', leaf->n), *end = leaf->bytes + leaf->n;

	if (leaf->encoding != GMIME_CONTENT_ENCODING_BASE64 || !at)
		return false;
	for (; at < end; at++)
		if (g_ascii_isalnum(*at))
			return true;
	return false;
}

bool
leaf_decode(const struct leaf *leaf, struct str *out)
{
	struct decoding d;

	if (is_identity(leaf->encoding))
		return add_fitting(out, leaf->bytes, leaf->n);
	decoding_init(&d, leaf);
	while (d.left > 0)
		if (!add_fitting(out, d.buf, decode_some(&d)))
			return false;
	return !goes_on_behind_padding(leaf);
}

int64_t
leaf_hash(const struct leaf *leaf, uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *hash = NULL;
	struct decoding d;
	int64_t size = 0;

	if (is_identity(leaf->encoding)) {
		sha256(leaf->bytes, leaf->n, out);
		return (int64_t)leaf->n;
	}
	hash = hash_new();
	decoding_init(&d, leaf);
	while (d.left > 0) {
		size_t got = decode_some(&d);

		hash_add(hash, d.buf, got);
		size += (int64_t)got;
	}
	hash_end(hash, out);
	return size;
}

/* The same mail comes with LF from one store and CRLF from another. */
static void
add_to_fingerprint(struct reading *r, const char *bytes, size_t n)
{
	while (n > 0) {
		const char *cr = memchr(bytes, '\r', n);
		size_t len = cr ? (size_t)(cr - bytes) : n;

		hash_add(r->fingerprint, bytes, len);
		bytes += cr ? len + 1 : len;
		n -= cr ? len + 1 : len;
	}
}

/* The decoded bytes of a body part, in r->scratch. */
static bool
take_bytes(struct reading *r, GMimePart *part)
{
	struct leaf leaf;
	bool whole = true;

	str_clear(&r->scratch);
	if (leaf_open(part, &leaf))
		whole = leaf_decode(&leaf, &r->scratch);
	add_to_fingerprint(r, str_text(&r->scratch), r->scratch.len);
	smime_collect(r, str_text(&r->scratch), r->scratch.len);
	return whole;
}

static const char *
parameter(GMimePart *part, const char *name)
{
	return g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), name);
}

/* CRLF and lone CR become LF, in place. */
static void
unify_line_ends(struct str *s)
{
	size_t to = 0;

	if (!s->text || !memchr(s->text, '\r', s->len))
		return;
	for (size_t i = 0; i < s->len; i++) {
		if (s->text[i] != '\r')
			s->text[to++] = s->text[i];
		else if (i + 1 >= s->len || s->text[i + 1] != '\n')
			s->text[to++] = '\n';
	}
	str_cut(s, to);
}

struct line {
	const char *text;
	size_t n;
	size_t depth; /* quote marks */
	bool flows; /* goes on in the next line */
};

/* RFC 3676 section 4.5; "-- " never flows. */
static struct line
flowed_line(const char *text, size_t n, bool delsp)
{
	struct line line = { .text = text, .n = n };

	while (line.n > 0 && line.text[0] == '>') {
		line.text++;
		line.n--;
		line.depth++;
	}
	if (line.n > 0 && line.text[0] == ' ') {
		line.text++;
		line.n--;
	}
	line.flows = line.n > 0 && line.text[line.n - 1] == ' ' &&
	    !(line.n == 3 && memcmp(line.text, "-- ", 3) == 0);
	if (line.flows && delsp)
		line.n--;
	return line;
}

static void
start_line(struct str *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		str_add_char(out, '>');
	if (depth > 0)
		str_add_char(out, ' ');
}

static void
unflow(const struct str *in, bool delsp, struct str *out)
{
	const char *at = str_text(in), *end = at + in->len;
	struct line before = { .flows = false };

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);
		struct line line = flowed_line(at, n, delsp);
		bool joins = before.flows && before.depth == line.depth &&
		    !(line.n == 3 && memcmp(line.text, "-- ", 3) == 0);

		if (!joins && at > in->text)
			str_add_char(out, '\n');
		if (!joins)
			start_line(out, line.depth);
		str_add_n(out, line.text, line.n);
		before = line;
		at = newline ? newline + 1 : end;
	}
	str_add_char(out, '\n');
}

/* RFC 9580 section 7: the words inside the armour are the mail. */
static void
unwrap_pgp(struct str *s)
{
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----\n";
	static const char end[] = "\n-----BEGIN PGP SIGNATURE-----\n";
	char *start, *stop;
	size_t n;

	if (!text_starts(str_text(s), begin))
		return;
	start = strstr(s->text, "\n\n");
	stop = start ? strstr(start, end) : NULL;
	if (!stop)
		return;
	start += 2;
	n = stop >= start ? (size_t)(stop - start) : 0;
	memmove(s->text, start, n);
	str_cut(s, n);
}

static bool
is_flowed(GMimePart *part)
{
	return text_is_nocase(parameter(part, "format"), "flowed");
}

/* Backspaces and overrides of the direction show a person other words than are there. */
static bool
is_straight(const struct str *bytes)
{
	return bytes->len == 0 ||
	    (!memchr(bytes->text, '\b', bytes->len) &&
		!memmem(bytes->text, bytes->len, "\xe2\x80\xad", 3) &&
		!memmem(bytes->text, bytes->len, "\xe2\x80\xae", 3));
}

/* Few programs read UTF-7; the others show what is in it as it stands. */
static bool
is_read_by_all(const char *charset)
{
	return !charset || !text_find_nocase(charset, "utf-7");
}

bool
body_plain(struct reading *r, GMimePart *part, struct str *out)
{
	AUTO(str_donep) struct str text = STR_INIT(LETTER_TEXT_MAX);
	AUTO(str_donep) struct str joined = STR_INIT(2 * LETTER_TEXT_MAX);
	struct str *result = &text;
	bool whole = take_bytes(r, part) && is_straight(&r->scratch) &&
	    is_read_by_all(parameter(part, "charset"));
	size_t fits;

	whole = charset_decode(
		    parameter(part, "charset"), str_text(&r->scratch), r->scratch.len, &text) &&
	    whole;
	unify_line_ends(&text);
	unwrap_pgp(&text);
	if (is_flowed(part)) {
		unflow(&text, text_is_nocase(parameter(part, "delsp"), "yes"), &joined);
		result = &joined;
	}
	if (out->len > 0 && out->text[out->len - 1] != '\n')
		add_fitting(out, "\n", 1);
	fits = utf8_cut(str_text(result), result->len, out->ceiling - out->len);
	str_add_n(out, str_text(result), fits);
	return fits == result->len && whole;
}

/* The charset that an HTML page gives itself, where the mail gives none. */
static const char *
meta_charset(const char *html, char *out, size_t room)
{
	const char *at = text_find_nocase(html, "charset="), *head_end;
	size_t n = 0;

	head_end = text_find_nocase(html, "<body");
	if (!at || (head_end && at > head_end))
		return NULL;
	at += strlen("charset=");
	at += strspn(at, "\"' ");
	while (*at && !strchr("\"' ;/>", *at) && n + 1 < room)
		out[n++] = *at++;
	out[n] = '\0';
	return out;
}

bool
body_html(struct reading *r, GMimePart *part, struct str *out)
{
	AUTO(str_donep) struct str html = STR_INIT(BODY_MAX);
	bool whole = take_bytes(r, part);
	const char *label = parameter(part, "charset");
	char meta[64];

	if (!label)
		label = meta_charset(str_text(&r->scratch), meta, sizeof(meta));
	whole = charset_decode(label, str_text(&r->scratch), r->scratch.len, &html) && whole;
	/* The encoded bytes are not needed any more, and memory is promised to be small. */
	str_done(&r->scratch);
	if (out->len > 0 && out->text[out->len - 1] != '\n')
		add_fitting(out, "\n", 1);
	return html_to_text(str_text(&html), html.len, out) && whole;
}
