/* The fields of the mail itself, one row each. */
#include "parser_priv.h"

#include <assent/base/utf8.h>
#include <assent/text/autoreply.h>

#include <string.h>

#define SIGNS_MAX 64
#define SIGN_TEXT_MAX 200

/* Controls become blanks: a decoded line break must not break a line of ours. */
static void
flatten(char *s)
{
	char *to = s;
	bool blank = false;

	for (; *s; s++) {
		bool is_break = (unsigned char)*s < ' ' || *s == 0x7f;

		if (is_break && blank)
			continue;
		blank = is_break || *s == ' ';
		*to++ = is_break ? ' ' : *s;
	}
	*to = '\0';
}

const char *
header_clean(struct reading *r, const char *text, size_t max)
{
	size_t n = strlen(text);
	char *line;

	if (utf8_is_valid(text, n)) {
		line = arena_dup_n(r->arena, text, utf8_cut(text, n, max));
	} else {
		AUTO(str_donep) struct str clean = STR_INIT(3 * LETTER_LINE_MAX);

		utf8_add_clean(&clean, text, n < LETTER_LINE_MAX ? n : LETTER_LINE_MAX);
		line = arena_dup_n(
		    r->arena, str_text(&clean), utf8_cut(str_text(&clean), clean.len, max));
	}
	if (n > max)
		r->letter->truncated = true;
	flatten(line);
	return text_trim(line);
}

static bool
is_plain(const char *raw)
{
	for (const char *s = raw; *s; s++)
		if ((signed char)*s < 0 || (s[0] == '=' && s[1] == '?'))
			return false;
	return true;
}

const char *
header_text(struct reading *r, const char *raw, size_t max)
{
	const char *line;
	char *decoded;

	if (is_plain(raw))
		return header_clean(r, raw, max);
	decoded = g_mime_utils_header_decode_text(r->options, raw);
	line = header_clean(r, decoded ? decoded : "", max);
	g_free(decoded);
	return line;
}

void *
grow(struct reading *r, struct growing *list, void *items, size_t size)
{
	void *more;

	if (list->count >= LETTER_LIST_MAX) {
		r->letter->truncated = true;
		return NULL;
	}
	if (list->count < list->room)
		return items;
	list->room = list->room ? list->room * 4 : 4;
	more = arena_alloc(r->arena, list->room * size);
	if (list->count > 0)
		memcpy(more, items, list->count * size);
	return more;
}

void
list_add(struct reading *r, struct growing *growing, struct text_list *list, const char *text)
{
	void *items = grow(r, growing, list->items, sizeof(*list->items));

	if (!items)
		return;
	list->items = items;
	list->items[growing->count++] = text;
	list->count = growing->count;
}

const char *
header_next_id(struct reading *r, const char **at)
{
	const char *end = strchr(*at, '>'), *start = end;
	char *id;
	size_t n = 0;

	while (start && start > *at && start[-1] != '<')
		start--;
	if (!start || start == *at) {
		*at += strlen(*at);
		return NULL;
	}
	*at = end + 1;
	/* Folding put blanks into it; no id has any. */
	id = arena_alloc(r->arena, (size_t)(end - start) + 1);
	for (; start < end && n < ID_MAX_BYTES; start++)
		if ((unsigned char)*start > ' ' && *start != 0x7f)
			id[n++] = *start;
	return header_clean(r, id, ID_MAX_BYTES);
}

const char *
header_id(struct reading *r, const char *raw)
{
	const char *at = raw, *id = header_next_id(r, &at);

	if (id)
		return id;
	if (strchr(raw, '<'))
		return "";
	return header_clean(r, raw, ID_MAX_BYTES);
}

static void
read_ids(struct reading *r, struct growing *growing, struct text_list *list, const char *raw)
{
	const char *at = raw, *id;

	while (growing->count < LETTER_LIST_MAX && (id = header_next_id(r, &at)))
		if (*id)
			list_add(r, growing, list, id);
	if (growing->count >= LETTER_LIST_MAX && strchr(at, '<'))
		r->letter->truncated = true;
}

static void
read_in_reply_to(struct reading *r, const char *raw)
{
	read_ids(r, &r->in_reply_to, &r->letter->in_reply_to, raw);
}

static void
read_references(struct reading *r, const char *raw)
{
	read_ids(r, &r->references, &r->letter->references, raw);
}

static void
read_recipient(struct reading *r, const char *raw)
{
	const char *line = header_text(r, raw, LETTER_LINE_MAX);
	const char *email = address_of(r, line);

	if (*email)
		list_add(r, &r->recipients, &r->letter->recipients, email);
}

static void
read_return_path(struct reading *r, const char *raw)
{
	const char *line = header_clean(r, raw, LETTER_LINE_MAX);

	if (*r->letter->return_path)
		return;
	if (text_starts(line, "<>"))
		r->letter->return_path = "<>";
	else
		r->letter->return_path = address_of(r, line);
}

static void
read_message_id(struct reading *r, const char *raw)
{
	if (!*r->letter->message_id)
		r->letter->message_id = header_id(r, raw);
	hash_add_text(r->fingerprint, header_clean(r, raw, LETTER_LINE_MAX));
}

static void
read_original_id(struct reading *r, const char *raw)
{
	if (!*r->letter->original_id)
		r->letter->original_id = header_id(r, raw);
}

static void
read_loop(struct reading *r, const char *raw)
{
	if (!*r->letter->loop)
		r->letter->loop = header_text(r, raw, LETTER_LINE_MAX);
}

static void
read_from(struct reading *r, const char *raw)
{
	r->letter->from_fields++;
	if (address_is_odd(raw))
		r->letter->from_odd = true;
	hash_add_text(r->fingerprint, header_clean(r, raw, LETTER_LINE_MAX));
}

static void
read_date(struct reading *r, const char *raw)
{
	hash_add_text(r->fingerprint, header_clean(r, raw, LETTER_LINE_MAX));
}

/* The word after " word " outside of comments, cut at what cannot be in it. */
static void
trace_word(const char *raw, const char *word, char *out, size_t room)
{
	size_t n = strlen(word), len = 0;
	int depth = 0;

	out[0] = '\0';
	for (const char *s = raw; *s; s++) {
		if (*s == '(')
			depth++;
		else if (*s == ')' && depth > 0)
			depth--;
		if (depth > 0 || !strchr(" \t\r\n", *s) || !text_starts_nocase(s + 1, word))
			continue;
		s += 1 + n;
		if (!*s || !strchr(" \t\r\n", *s)) {
			s--;
			continue;
		}
		s += strspn(s, " \t\r\n");
		while (*s && !strchr(" \t\r\n;()", *s) && len + 1 < room)
			out[len++] = *s++;
		out[len] = '\0';
		return;
	}
}

/*
 * A topmost field "with LMTP" was written by our own final delivery, behind
 * the border that the mail came through by SMTP: it hides nothing.
 */
static void
read_received(struct reading *r, const char *raw)
{
	char by[256], with[32];

	trace_word(raw, "by", by, sizeof(by));
	trace_word(raw, "with", with, sizeof(with));
	if (r->received > 0 || !text_find_nocase(with, "LMTP"))
		r->received++;
	r->received_all++;
	text_lower(by);
	list_add(r, &r->received_by, &r->letter->received_by, header_clean(r, by, sizeof(by)));
}

struct field {
	const char *name;
	void (*read)(struct reading *r, const char *raw);
};

/* clang-format off */
static const struct field fields[] = {
	{ "Authentication-Results",	auth_read },
	{ "Date",			read_date },
	{ "Delivered-To",		read_recipient },
	{ "Envelope-To",		read_recipient },
	{ "From",			read_from },
	{ "In-Reply-To",		read_in_reply_to },
	{ "Message-ID",			read_message_id },
	{ "Received",			read_received },
	{ "References",			read_references },
	{ "Return-Path",		read_return_path },
	{ "X-Assentd-Loop",		read_loop },
	{ "X-Delivered-To",		read_recipient },
	{ "X-Envelope-To",		read_recipient },
	{ "X-Microsoft-Original-Message-ID", read_original_id },
	{ "X-Original-To",		read_recipient },
};
/* clang-format on */

static void
read_field(struct reading *r, const char *name, const char *raw)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if ((name[0] | 0x20) == (fields[i].name[0] | 0x20) &&
		    text_is_nocase(name, fields[i].name)) {
			fields[i].read(r, raw);
			return;
		}
}

struct signs {
	struct header_value items[SIGNS_MAX];
	size_t count;
};

static void
add_sign(struct signs *signs, const char *name, const char *value)
{
	if (signs->count < SIGNS_MAX)
		signs->items[signs->count++] = (struct header_value){ name, value };
}

static void
judge_automatic(struct reading *r, const struct signs *signs)
{
	static const enum auto_kind kinds[] = {
		[AUTOREPLY_PERSON] = AUTO_NO,
		[AUTOREPLY_GENERATED] = AUTO_GENERATED,
		[AUTOREPLY_REPLY] = AUTO_REPLY,
		[AUTOREPLY_RECEIPT] = AUTO_RECEIPT,
		[AUTOREPLY_BOUNCE] = AUTO_BOUNCE,
	};
	struct autoreply_sign sign = autoreply_judge(signs->items, signs->count);

	r->letter->automatic = kinds[sign.kind];
	if (sign.header)
		r->letter->automatic_why = header_clean(r,
		    arena_printf(r->arena, "%s: %s", sign.header->name, sign.header->value),
		    SIGN_TEXT_MAX);
}

/* What the whole mail says it is; RFC 3462 wants report-type, not all give it. */
static const char *
content_sign(struct reading *r, GMimeObject *root)
{
	GMimeContentType *type = g_mime_object_get_content_type(root);
	const char *report, *media, *subtype;

	if (!type || !g_mime_content_type_is_type(type, "multipart", "report")) {
		media = type ? g_mime_content_type_get_media_type(type) : "text";
		subtype = type ? g_mime_content_type_get_media_subtype(type) : "plain";
		return header_clean(
		    r, arena_printf(r->arena, "%s/%s", media, subtype), LETTER_LINE_MAX);
	}
	report = g_mime_content_type_get_parameter(type, "report-type");
	return header_clean(r,
	    arena_printf(r->arena, "multipart/report; report-type=%s", report ? report : "none"),
	    LETTER_LINE_MAX);
}

static void
read_fields(struct reading *r, GMimeHeaderList *headers, struct signs *signs)
{
	int n = g_mime_header_list_get_count(headers);

	for (int i = 0; i < n; i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);
		const char *name = g_mime_header_get_name(header);
		const char *raw = g_mime_header_get_raw_value(header);

		if (!name || !raw)
			continue;
		read_field(r, name, raw);
		if (signs->count < SIGNS_MAX && autoreply_wants(name))
			add_sign(signs, name, header_text(r, raw, LETTER_LINE_MAX));
	}
}

void
header_read(struct reading *r, GMimeMessage *message)
{
	GMimeObject *root = g_mime_message_get_mime_part(message);
	const char *subject = g_mime_message_get_subject(message);
	GDateTime *date = g_mime_message_get_date(message);
	struct letter *l = r->letter;
	struct signs signs;

	signs.count = 0;
	if (root)
		add_sign(&signs, "Content-Type", content_sign(r, root));
	read_fields(r, g_mime_object_get_header_list(GMIME_OBJECT(message)), &signs);
	l->subject = header_clean(r, subject ? subject : "", LETTER_LINE_MAX);
	if (date && g_date_time_to_unix(date) > 0)
		l->date = (utc_ms)g_date_time_to_unix(date) * MS_SECOND;
	address_read_all(r, message);
	judge_automatic(r, &signs);
}
