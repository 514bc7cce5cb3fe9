/* Delivery status (RFC 3464) and the mail that came back with it. */
#include "parser_priv.h"

#include <assent/base/utf8.h>
#include <assent/text/bounce.h>

#include <string.h>

struct group { /* fields of one recipient */
	struct delivery_status status;
	const char *original_recipient;
};

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x{e9}" of RFC 6533 section 3 at s: its length, 0 for none. */
static size_t
unitext_at(const char *s, uint32_t *out)
{
	size_t n = 3;
	int digit;

	if (strncmp(s, "\\x{", 3) != 0)
		return 0;
	for (*out = 0; n < 9 && (digit = hex_value(s[n])) >= 0; n++)
		*out = *out << 4 | (uint32_t)digit;
	return n > 3 && s[n] == '}' ? n + 1 : 0;
}

static const char *
without_unitext(struct reading *r, const char *value)
{
	AUTO(str_donep) struct str text = STR_INIT(LETTER_LINE_MAX);

	if (!strstr(value, "\\x{"))
		return value;
	while (*value) {
		uint32_t point;
		size_t n = unitext_at(value, &point);

		if (n > 0)
			utf8_add(&text, point);
		else
			str_add_char(&text, *value);
		value += n > 0 ? n : 1;
	}
	return header_clean(r, str_text(&text), LETTER_LINE_MAX);
}

/* "rfc822; name@host" without its type; brackets around it are some systems' habit. */
static const char *
without_type(struct reading *r, const char *value)
{
	const char *semicolon = strchr(value, ';');
	size_t n;

	if (semicolon)
		value = semicolon + 1;
	value += strspn(value, " \t");
	n = strlen(value);
	if (n > 1 && value[0] == '<' && value[n - 1] == '>')
		value = arena_dup_n(r->arena, value + 1, n - 2);
	return without_unitext(r, value);
}

static void
take_field(struct reading *r, struct group *g, const char *name, const char *raw)
{
	const char *value = header_text(r, raw, LETTER_LINE_MAX);
	size_t word = strcspn(value, " (;");

	if (text_is_nocase(name, "Action")) {
		char *action = arena_dup_n(r->arena, value, word);

		text_lower(action);
		g->status.action = action;
	} else if (text_is_nocase(name, "Status")) {
		g->status.status = arena_dup_n(r->arena, value, word);
	} else if (text_is_nocase(name, "Final-Recipient")) {
		g->status.recipient = without_type(r, value);
	} else if (text_is_nocase(name, "Original-Recipient")) {
		g->original_recipient = without_type(r, value);
	} else if (text_is_nocase(name, "Diagnostic-Code")) {
		g->status.diagnostic = without_type(r, value);
	}
}

/* How much an action says about whether our mail arrived. */
static int
rank_of(const char *action)
{
	static const char *const names[] = { "delivered", "relayed", "expanded" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_is(action, names[i]))
			return 0;
	return text_is(action, "failed") ? 3 : text_is(action, "delayed") ? 2 : 1;
}

/* Of several recipients, one that failed counts before one that waits. */
static void
end_group(struct reading *r, struct group *g)
{
	struct delivery_status *d = &r->letter->delivery;
	const char *action = g->status.action;

	if (!g->status.recipient)
		g->status.recipient = g->original_recipient;
	if (action && (!*d->action || rank_of(action) > rank_of(d->action))) {
		d->action = action;
		d->status = g->status.status ? g->status.status : "";
		d->recipient = g->status.recipient ? g->status.recipient : "";
		d->diagnostic = g->status.diagnostic ? g->status.diagnostic : "";
	}
	*g = (struct group){ 0 };
}

/* One logical line (folded ones joined) of text into out; where the next starts. */
static const char *
take_line(const char *text, struct str *out)
{
	str_clear(out);
	do {
		size_t n = strcspn(text, "\n");

		str_add_n(out, text, n);
		text += n + (text[n] == '\n');
		if (out->len > 0 && (*text == ' ' || *text == '\t'))
			text += strspn(text, " \t") - 1;
	} while (out->len > 0 && (*text == ' ' || *text == '\t'));
	return text;
}

static void
read_line(struct reading *r, struct group *g, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return;
	*colon = '\0';
	take_field(r, g, text_trim(line), colon + 1);
}

void
dsn_read(struct reading *r, const char *status, size_t n)
{
	AUTO(str_donep) struct str text = STR_INIT(BODY_MAX);
	AUTO(str_donep) struct str line = STR_INIT(LETTER_LINE_MAX * 4);
	struct group group = { 0 };

	for (size_t i = 0; i < n && i < 64 * 1024; i++)
		if (status[i] != '\r' && status[i] != '\0')
			str_add_char(&text, status[i]);
	for (const char *at = str_text(&text); *at;) {
		at = take_line(at, &line);
		if (text_is_blank(str_text(&line)))
			end_group(r, &group);
		else if (line.text)
			read_line(r, &group, line.text);
	}
	end_group(r, &group);
}

static void
set_original_id(struct reading *r, const char *id)
{
	if (*id && !*r->letter->delivery.original_message_id)
		r->letter->delivery.original_message_id = id;
}

/* What Exchange gave a new Message-ID keeps ours in a field of its own. */
#define ORIGINAL "X-Microsoft-Original-Message-ID"

static const char *
returned_id(struct reading *r, GMimeMessage *returned, const char *name)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(returned));
	GMimeHeader *header = g_mime_header_list_get_header(headers, name);
	const char *raw = header ? g_mime_header_get_raw_value(header) : NULL;

	return raw ? header_id(r, raw) : "";
}

void
dsn_returned(struct reading *r, GMimeMessage *returned)
{
	set_original_id(r, returned_id(r, returned, "Message-ID"));
	if (!*r->letter->original_id)
		r->letter->original_id = returned_id(r, returned, ORIGINAL);
}

/* Of a field at the start of a line, quoted or not, with its id on this line or the next. */
static const char *
id_in_text(struct reading *r, const char *text, const char *field)
{
	const char *at = text;

	while ((at = text_find_nocase(at, field))) {
		const char *value = at + strlen(field);
		size_t n = strcspn(value, ">");

		if ((at == text || strchr("\n> \t", at[-1])) && value[n] && n < ID_MAX_BYTES)
			return header_id(r, arena_dup_n(r->arena, value, n + 1));
		at = value;
	}
	return "";
}

void
dsn_returned_headers(struct reading *r, const char *text)
{
	set_original_id(r, id_in_text(r, text, "message-id:"));
	if (!*r->letter->original_id)
		r->letter->original_id = id_in_text(r, text, ORIGINAL ":");
}

/* What the words say, where no report does. */
static void
take_words(struct reading *r)
{
	struct delivery_status *d = &r->letter->delivery;
	struct bounce_words words;

	bounce_read(r->letter->text, &words);
	if (words.fate == BOUNCE_UNKNOWN)
		return;
	d->action = words.fate == BOUNCE_FAILED ? "failed" : "delayed";
	d->status = arena_dup(r->arena, words.status);
	d->diagnostic =
	    header_clean(r, arena_dup_n(r->arena, words.line, words.line_size), LETTER_LINE_MAX);
}

/* Bounces that are no reports: the id stands in the text, the address in a field. */
void
dsn_finish(struct reading *r, const char *failed_recipients)
{
	struct delivery_status *d = &r->letter->delivery;
	const char *line;

	if (r->letter->automatic != AUTO_BOUNCE)
		return;
	if (!*d->original_message_id)
		dsn_returned_headers(r, r->letter->text);
	if (*d->action)
		return;
	take_words(r);
	if (!failed_recipients)
		return;
	line = header_text(r, failed_recipients, LETTER_LINE_MAX);
	if (!*d->action)
		d->action = "failed";
	d->recipient = address_of(r, arena_dup_n(r->arena, line, strcspn(line, ",")));
}
