/* Delivery status (RFC 3464) and the mail that came back with it. */
#include "parser_priv.h"

#include <string.h>

struct group { /* fields of one recipient */
	struct delivery_status status;
	const char *original_recipient;
};

/* "rfc822; name@host" without its type; comments and a second type have no place. */
static const char *
without_type(const char *value)
{
	const char *semicolon = strchr(value, ';');

	if (!semicolon)
		return value;
	value = semicolon + 1;
	return value + strspn(value, " \t");
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
		g->status.recipient = without_type(value);
	} else if (text_is_nocase(name, "Original-Recipient")) {
		g->original_recipient = without_type(value);
	} else if (text_is_nocase(name, "Diagnostic-Code")) {
		g->status.diagnostic = without_type(value);
	}
}

/* A group is worth keeping when it is the first that was not delivered. */
static void
end_group(struct reading *r, struct group *g)
{
	struct delivery_status *d = &r->letter->delivery;

	if (!g->status.recipient)
		g->status.recipient = g->original_recipient;
	if (g->status.action && !*d->action && !text_is(g->status.action, "delivered") &&
	    !text_is(g->status.action, "relayed") && !text_is(g->status.action, "expanded")) {
		d->action = g->status.action;
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

void
dsn_returned(struct reading *r, GMimeMessage *returned)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(returned));
	GMimeHeader *header = g_mime_header_list_get_header(headers, "Message-ID");
	const char *raw = header ? g_mime_header_get_raw_value(header) : NULL;

	if (raw)
		set_original_id(r, header_id(r, raw));
}

void
dsn_returned_headers(struct reading *r, const char *text)
{
	const char *at = text;

	while ((at = text_find_nocase(at, "message-id:"))) {
		const char *value = at + strlen("message-id:");
		size_t n = strcspn(value, ">");

		/* At the start of a line, quoted or not, with its id on this line or the next. */
		if ((at == text || strchr("\n> \t", at[-1])) && value[n] && n < ID_MAX_BYTES) {
			set_original_id(r, header_id(r, arena_dup_n(r->arena, value, n + 1)));
			return;
		}
		at = value;
	}
}

/* Bounces that are no reports: the id stands in the text, the address in a field. */
void
dsn_finish(struct reading *r, const char *failed_recipients)
{
	struct delivery_status *d = &r->letter->delivery;

	if (r->letter->automatic != AUTO_BOUNCE)
		return;
	if (!*d->original_message_id)
		dsn_returned_headers(r, r->letter->text);
	if (!*d->action && failed_recipients) {
		const char *line = header_text(r, failed_recipients, LETTER_LINE_MAX);

		d->action = "failed";
		d->recipient = address_of(r, arena_dup_n(r->arena, line, strcspn(line, ",")));
	}
}
