/*
 * The tree of parts as a letter. GMime builds the tree over the mail's own
 * bytes; this walk decides what is body, what is attachment, what came back.
 */
#include "charset_priv.h"
#include "parser_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

/* Where body parts go while the walk is inside an alternative. */
struct choice {
	struct str plain, html;
	bool has_plain, has_html;
};

struct walk {
	struct reading *r;
	struct choice *choice; /* NULL outside of alternatives */
	int depth;
	bool has_body; /* a body part was seen */
	bool report; /* inside multipart/report */
};

static void walk_object(struct walk *w, GMimeObject *object);

bool
mime_is(GMimeObject *object, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(object);

	return t && g_mime_content_type_is_type(t, type, subtype);
}

static const char *
type_of(struct reading *r, GMimeObject *object)
{
	GMimeContentType *t = g_mime_object_get_content_type(object);
	const char *media = t ? g_mime_content_type_get_media_type(t) : NULL;
	const char *subtype = t ? g_mime_content_type_get_media_subtype(t) : NULL;
	char *type = arena_printf(
	    r->arena, "%s/%s", media ? media : "application", subtype ? subtype : "octet-stream");

	text_lower(type);
	return header_clean(r, type, NAME_MAX_BYTES);
}

static const char *
name_of(struct reading *r, GMimeObject *object)
{
	const char *name = NULL;

	if (GMIME_IS_PART(object))
		name = g_mime_part_get_filename(GMIME_PART(object));
	if (!name)
		name = g_mime_object_get_content_disposition_parameter(object, "filename");
	if (!name)
		name = g_mime_object_get_content_type_parameter(object, "name");
	return header_clean(r, name ? name : "", NAME_MAX_BYTES);
}

static struct attachment *
new_attachment(struct reading *r, GMimeObject *object)
{
	struct letter *l = r->letter;
	void *items = grow(r, &r->attachments, l->attachments, sizeof(*l->attachments));
	struct attachment *a;

	if (!items)
		return NULL;
	l->attachments = items;
	a = &l->attachments[r->attachments.count++];
	l->attachment_count = r->attachments.count;
	a->name = name_of(r, object);
	a->type = type_of(r, object);
	return a;
}

static void
add_attachment(struct reading *r, GMimePart *part)
{
	struct attachment *a = new_attachment(r, GMIME_OBJECT(part));
	struct leaf leaf = { .bytes = "" };

	if (!a)
		return;
	leaf_open(part, &leaf);
	a->size = leaf_hash(&leaf, a->sha256);
	hash_add(r->fingerprint, a->sha256, sizeof(a->sha256));
}

/* A mail within the mail: its bytes are written out to be counted, nothing is kept. */
static void
add_message(struct reading *r, GMimeObject *object)
{
	struct attachment *a = new_attachment(r, object);
	GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
	GMimeStream *null, *filtered;
	GMimeFilter *sum;

	if (!a || !message)
		return;
	null = g_mime_stream_null_new();
	filtered = g_mime_stream_filter_new(null);
	sum = g_mime_filter_checksum_new(G_CHECKSUM_SHA256);
	g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered), sum);
	g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, filtered);
	g_mime_stream_flush(filtered);
	a->size = (int64_t)GMIME_STREAM_NULL(null)->written;
	g_mime_filter_checksum_get_digest(GMIME_FILTER_CHECKSUM(sum), a->sha256, sizeof(a->sha256));
	hash_add(r->fingerprint, a->sha256, sizeof(a->sha256));
	g_object_unref(sum);
	g_object_unref(filtered);
	g_object_unref(null);
}

/* As much of text as fits. */
static void
append(struct reading *r, struct str *out, const char *text)
{
	size_t n = strlen(text), room = out->ceiling - out->len, fits;

	if (out->len > 0 && out->text[out->len - 1] != '\n' && room > 0) {
		str_add_char(out, '\n');
		room--;
	}
	fits = utf8_cut(text, n, room);
	str_add_n(out, text, fits);
	if (fits < n)
		r->letter->truncated = true;
}

static void
take_plain(struct walk *w, GMimePart *part)
{
	struct reading *r = w->r;
	struct str *out = w->choice ? &w->choice->plain : &r->text;

	/* Of several plain twins the first is meant, if they are twins. */
	if (w->choice && w->choice->has_plain && !text_is_blank(str_text(out))) {
		AUTO(str_donep) struct str twin = STR_INIT(LETTER_TEXT_MAX);

		body_plain(r, part, &twin);
		r->letter->parts_disagree |=
		    !bodies_agree(str_text(out), str_text(&twin), r->hints);
		return;
	}
	if (!body_plain(r, part, out))
		r->letter->truncated = true;
	if (w->choice)
		w->choice->has_plain = true;
}

/* RFC 1896: read like HTML, but its excerpts and parameters are not told apart. */
static bool
is_enriched(GMimePart *part)
{
	return mime_is(GMIME_OBJECT(part), "text", "enriched") ||
	    mime_is(GMIME_OBJECT(part), "text", "richtext");
}

static void
take_html(struct walk *w, GMimePart *part)
{
	struct reading *r = w->r;
	struct str *out = w->choice ? &w->choice->html : &r->html;
	size_t before = out->len;

	if (!body_html(r, part, out) || is_enriched(part))
		r->letter->truncated = true;
	if (w->choice)
		w->choice->has_html = true;
	else if (out->len > before)
		append(r, &r->text, out->text + before);
}

static bool
is_attachment(struct walk *w, GMimeObject *object)
{
	GMimeContentDisposition *d = g_mime_object_get_content_disposition(object);

	if (d && g_mime_content_disposition_is_attachment(d))
		return true;
	/* A named text beside the body was attached, whatever "inline" says. */
	return w->has_body && !w->choice && *name_of(w->r, object);
}

static bool
is_html(GMimeObject *object)
{
	return mime_is(object, "text", "html") || mime_is(object, "text", "enriched") ||
	    mime_is(object, "text", "richtext") || mime_is(object, "application", "xhtml+xml");
}

static void
take_returned_headers(struct walk *w, GMimePart *part)
{
	struct leaf leaf;

	str_clear(&w->r->scratch);
	if (!leaf_open(part, &leaf))
		return;
	leaf_decode(&leaf, &w->r->scratch);
	dsn_returned_headers(w->r, str_text(&w->r->scratch));
}

static void
take_status(struct walk *w, GMimePart *part)
{
	struct leaf leaf;

	str_clear(&w->r->scratch);
	if (!leaf_open(part, &leaf))
		return;
	leaf_decode(&leaf, &w->r->scratch);
	dsn_read(w->r, str_text(&w->r->scratch), w->r->scratch.len);
}

static void
add_aside(struct walk *w, GMimePart *part)
{
	w->r->parts++;
	add_attachment(w->r, part);
}

/* An answer to an invitation, which calendars show instead of the text beside it. */
static bool
is_calendar_answer(GMimeObject *object)
{
	const char *method = g_mime_object_get_content_type_parameter(object, "method");

	return mime_is(object, "text", "calendar") && method && text_is_nocase(method, "reply");
}

static void
walk_part(struct walk *w, GMimePart *part)
{
	GMimeObject *object = GMIME_OBJECT(part);

	if (w->choice && is_calendar_answer(object))
		w->r->letter->parts_disagree = true;
	if (mime_is(object, "message", "delivery-status") ||
	    mime_is(object, "message", "global-delivery-status")) {
		take_status(w, part);
		return;
	}
	if (w->report &&
	    (mime_is(object, "text", "rfc822-headers") ||
		mime_is(object, "message", "rfc822-headers") ||
		mime_is(object, "message", "global-headers")))
		take_returned_headers(w, part);
	if (!is_attachment(w, object) && mime_is(object, "text", "plain")) {
		take_plain(w, part);
		w->has_body = true;
	} else if (!is_attachment(w, object) && is_html(object)) {
		take_html(w, part);
		w->has_body = true;
	} else {
		add_attachment(w->r, part);
	}
}

static void
walk_children(struct walk *w, GMimeMultipart *multipart)
{
	int n = g_mime_multipart_get_count(multipart);

	if (w->depth >= DEPTH_MAX) {
		w->r->letter->truncated = true;
		return;
	}
	w->depth++;
	for (int i = 0; i < n && w->r->parts <= PARTS_MAX; i++)
		walk_object(w, g_mime_multipart_get_part(multipart, i));
	w->depth--;
}

/* RFC 2387: one part is shown, "start" says which; the others are what it refers to. */
static int
related_root(GMimeMultipart *multipart)
{
	const char *start =
	    g_mime_object_get_content_type_parameter(GMIME_OBJECT(multipart), "start");
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; start && i < n; i++) {
		const char *id =
		    g_mime_object_get_content_id(g_mime_multipart_get_part(multipart, i));

		if (id && *id && strstr(start, id))
			return i;
	}
	return 0;
}

static void
walk_related(struct walk *w, GMimeMultipart *multipart)
{
	int n = g_mime_multipart_get_count(multipart), root = related_root(multipart);

	if (w->depth >= DEPTH_MAX) {
		w->r->letter->truncated = true;
		return;
	}
	w->depth++;
	for (int i = 0; i < n && w->r->parts <= PARTS_MAX; i++) {
		GMimeObject *part = g_mime_multipart_get_part(multipart, i);

		if (i != root && GMIME_IS_PART(part))
			add_aside(w, GMIME_PART(part));
		else
			walk_object(w, part);
	}
	w->depth--;
}

/* What a choice of plain and HTML gives to the letter. */
static void
settle_choice(struct reading *r, const struct choice *c)
{
	const char *plain = str_text(&c->plain), *html = str_text(&c->html);

	append(r, &r->text, text_is_blank(plain) ? html : plain);
	append(r, &r->html, html);
	/* An empty plain twin hides nothing: the HTML is read instead. */
	if (c->has_html && c->has_plain && !text_is_blank(plain) &&
	    !bodies_agree(plain, html, r->hints))
		r->letter->parts_disagree = true;
}

static void
walk_alternative(struct walk *w, GMimeMultipart *multipart)
{
	struct choice choice = { STR_INIT(LETTER_TEXT_MAX), STR_INIT(LETTER_TEXT_MAX), false,
		false };

	if (w->choice) {
		walk_children(w, multipart);
		return;
	}
	w->choice = &choice;
	walk_children(w, multipart);
	w->choice = NULL;
	settle_choice(w->r, &choice);
	str_done(&choice.plain);
	str_done(&choice.html);
}

static void
walk_multipart(struct walk *w, GMimeObject *object)
{
	bool report = w->report;

	if (mime_is(object, "multipart", "report"))
		w->report = true;
	if (mime_is(object, "multipart", "alternative"))
		walk_alternative(w, GMIME_MULTIPART(object));
	else if (mime_is(object, "multipart", "related"))
		walk_related(w, GMIME_MULTIPART(object));
	else
		walk_children(w, GMIME_MULTIPART(object));
	w->report = report;
}

/* Words of a forwarded or returned mail are never this mail's words. */
static void
walk_message(struct walk *w, GMimeObject *object)
{
	GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

	if (w->report && inner)
		dsn_returned(w->r, inner);
	add_message(w->r, object);
}

/* The same parameter or field twice: one program takes the first, another the last. */
static bool
has_twins(GMimeObject *object)
{
	static const char *const fields[] = { "Content-Type", "Content-Transfer-Encoding" };
	GMimeContentType *type = g_mime_object_get_content_type(object);
	GMimeParamList *params = type ? g_mime_content_type_get_parameters(type) : NULL;
	GMimeHeaderList *headers = g_mime_object_get_header_list(object);
	int n = params ? g_mime_param_list_length(params) : 0, seen[ARRAY_LEN(fields)] = { 0 };

	for (int i = 1; i < n && i < LETTER_LIST_MAX; i++)
		for (int k = 0; k < i; k++)
			if (text_is_nocase(g_mime_param_get_name(
					       g_mime_param_list_get_parameter_at(params, i)),
				g_mime_param_get_name(
				    g_mime_param_list_get_parameter_at(params, k))))
				return true;
	n = g_mime_header_list_get_count(headers);
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			if (text_is_nocase(g_mime_header_get_name(
					       g_mime_header_list_get_header_at(headers, i)),
				fields[k]) &&
			    ++seen[k] > 1)
				return true;
	return false;
}

static void
walk_object(struct walk *w, GMimeObject *object)
{
	if (!object)
		return;
	if (++w->r->parts > PARTS_MAX) {
		w->r->letter->truncated = true;
		return;
	}
	if (has_twins(object))
		w->r->letter->truncated = true;
	smime_note(w->r, object);
	if (GMIME_IS_MULTIPART(object))
		walk_multipart(w, object);
	else if (GMIME_IS_MESSAGE_PART(object))
		walk_message(w, object);
	else if (GMIME_IS_PART(object))
		walk_part(w, GMIME_PART(object));
}

static struct letter *
new_letter(struct arena *arena)
{
	struct letter *l = arena_alloc(arena, sizeof(*l));

	l->subject = l->message_id = l->original_id = l->return_path = l->loop = "";
	l->automatic_why = l->text = l->html_text = l->reply = "";
	l->delivery = (struct delivery_status){ "", "", "", "", "" };
	l->signature = (struct signature){ .sentence = "", .name = "", .issuer = "", .serial = "" };
	return l;
}

static void
take_reply(struct reading *r)
{
	AUTO(str_donep) struct str reply = STR_INIT(LETTER_TEXT_MAX);
	struct reply_cut cut = { 0 };

	reply_extract(r->letter->text, r->hints, &reply, &cut);
	r->letter->reply = arena_dup_n(r->arena, str_text(&reply), reply.len);
	r->letter->reply_forwarded = cut.forwarded;
}

/* Of a signed mail only what is signed has words; both programs' readings are of the same bytes. */
static void
walk_mail(struct walk *w, GMimeObject *root, struct span mail)
{
	struct sealed sealed;

	if (!root || !smime_open(w->r, root, mail, &sealed)) {
		walk_object(w, root);
		return;
	}
	if (has_twins(root))
		w->r->letter->truncated = true;
	w->r->is_sealed = true;
	walk_object(w, sealed.inner);
	if (sealed.signature)
		add_aside(w, sealed.signature);
	smime_close(&sealed);
}

static void
read_message(struct reading *r, GMimeMessage *message, struct span mail)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
	GMimeHeader *failed = g_mime_header_list_get_header(headers, "X-Failed-Recipients");
	struct walk walk = { .r = r };
	struct letter *l = r->letter;

	header_read(r, message);
	walk_mail(&walk, g_mime_message_get_mime_part(message), mail);
	l->text = arena_dup_n(r->arena, str_text(&r->text), r->text.len);
	l->html_text = arena_dup_n(r->arena, str_text(&r->html), r->html.len);
	take_reply(r);
	dsn_finish(r, failed ? g_mime_header_get_raw_value(failed) : NULL);
	hash_end(r->fingerprint, l->fingerprint);
}

GMimeParser *
mime_parser(GByteArray *window)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(window);
	GMimeParser *parser;

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	parser = g_mime_parser_new_with_stream(stream);
	g_object_unref(stream);
	return parser;
}

static GMimeMessage *
construct(GByteArray *window, GMimeParserOptions *options)
{
	GMimeParser *parser = mime_parser(window);
	GMimeMessage *message = g_mime_parser_construct_message(parser, options);

	g_object_unref(parser);
	return message;
}

static void
reading_init(struct reading *r, const struct rules *rules, struct arena *arena)
{
	static const char *fallbacks[] = { "utf-8", "windows-1252", NULL };

	*r = (struct reading){
		.arena = arena,
		.letter = new_letter(arena),
		.rules = rules,
		.hints = &rules->hints,
		.fingerprint = hash_new(),
		.options = g_mime_parser_options_new(),
		.text = STR_INIT(LETTER_TEXT_MAX),
		.html = STR_INIT(LETTER_TEXT_MAX),
		.scratch = STR_INIT(BODY_MAX),
	};
	g_mime_parser_options_set_fallback_charsets(r->options, fallbacks);
}

static void
reading_done(struct reading *r)
{
	str_done(&r->text);
	str_done(&r->html);
	str_done(&r->scratch);
	hash_free(r->fingerprint);
	g_mime_parser_options_free(r->options);
}

/* house: wide on purpose */
int
mime_parse(const void *raw, size_t n, const struct rules *rules, struct arena *arena,
    struct letter **out, struct err *err)
{
	size_t front = shape_front(raw, n);
	GByteArray window = {
		.data = (guint8 *)(uintptr_t)raw + front,
		.len = (guint)(n - front),
	};
	GMimeMessage *message;
	struct reading r;
	int rc;

	if (n > LETTER_RAW_MAX)
		return err_set(err, ERR_LIMIT, "the mail of %zu bytes is too large", n);
	rc = shape_check((const char *)window.data, window.len, err);
	if (rc < 0)
		return rc;
	reading_init(&r, rules, arena);
	message = construct(&window, r.options);
	if (message) {
		r.letter->from_odd = shape_has_nul((const char *)window.data, window.len);
		read_message(&r, message, (struct span){ (const char *)window.data, window.len });
		g_object_unref(message);
		*out = r.letter;
	} else {
		rc = err_set(err, ERR_INVALID, "these bytes are not a mail");
	}
	reading_done(&r);
	return rc;
}
