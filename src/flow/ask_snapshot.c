#include <assent/base/utf8.h>

#include "flow/ask_priv.h"

#include <string.h>

#define REQUEST_MAX ((size_t)8000) /* bytes of the verbatim request that are shown */

struct words {
	struct str text;
	size_t more; /* bytes beyond what is shown */
};

/* Longer than is shown; what does not fit is counted. */
#define WORDS_MAX (2 * REQUEST_MAX)

static void
add_part(struct words *words, const char *part)
{
	size_t n = strlen(part), room = WORDS_MAX - words->text.len;

	str_add_n(&words->text, part, n < room ? n : room);
	words->more += n < room ? 0 : n - room;
}

/*
 * The first message whole, because an engineer's mail quotes the customer's
 * words; of later ones only what is new.
 */
static int
add_words(const struct message *message, void *arg, struct err *err)
{
	const char *own = message->seq == 1 ? message->text : message->own;
	struct words *words = arg;

	(void)err;
	if (!message->is_public || text_is_blank(own))
		return 0;
	if (words->text.len > 0) {
		add_part(words, "\n\n");
		add_part(words,
		    message->from_name[0] != '\0' ? message->from_name : message->from_email);
		add_part(words, " wrote later:\n");
	}
	add_part(words, own);
	return 0;
}

/* Nobody reads 500 pages in a mail; where it was cut is said, and bound like the rest. */
static const char *
request_text(struct arena *arena, const struct words *words)
{
	const char *text = str_text(&words->text);
	size_t cut;

	if (words->text.len <= REQUEST_MAX)
		return arena_dup(arena, text);
	cut = utf8_cut(text, words->text.len, REQUEST_MAX);
	return arena_printf(arena, "%.*s\n[… cut here: %zu more bytes in the ticket]", (int)cut,
	    text, words->text.len - cut + words->more);
}

static int
take_attachments(
    struct desk *desk, const struct approval *approval, struct asked *out, struct err *err)
{
	struct stored_attachment *stored;
	struct asked_attachment *items;
	size_t count;
	int rc =
	    attachment_list(desk->tx, &approval->ticket, approval->asked_seq, &stored, &count, err);

	if (rc < 0)
		return rc;
	items = arena_alloc(tx_arena(desk->tx), (count + 1) * sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		items[i].name = stored[i].name;
		items[i].size = stored[i].size;
		memcpy(items[i].sha256, stored[i].sha256, SHA256_SIZE);
	}
	out->attachments = items;
	out->attachment_count = count;
	return 0;
}

static bool
is_binding(const struct text_items *binding, const char *name)
{
	for (size_t i = 0; i < binding->count; i++)
		if (text_is(binding->items[i], "*") || text_is_nocase(binding->items[i], name))
			return true;
	return false;
}

static int
add_chunk(const char *bytes, size_t n, void *out)
{
	str_add_n(out, bytes, n);
	return 0;
}

/* As one line for people: a text as it is, anything else as JSON. */
static const char *
value_line(struct arena *arena, const json_t *value)
{
	AUTO(str_donep) struct str text = STR_INIT(64 << 10), line = STR_INIT(256 << 10);

	if (json_is_string(value))
		str_add(&text, json_string_value(value));
	else
		json_dump_callback(value, add_chunk, &text, JSON_COMPACT | JSON_ENCODE_ANY);
	utf8_add_line(&line, str_text(&text), 64 << 10);
	return arena_dup(arena, str_text(&line));
}

/* In the order of their names, in which they are stored. */
void
ask_attributes(struct desk *desk, const struct ticket *ticket, struct asked *out)
{
	struct arena *arena = tx_arena(desk->tx);
	json_t *json = json_loads(ticket->attributes, 0, NULL), *value;
	size_t most = json_object_size(json);
	struct asked_attribute *items = arena_alloc(arena, (most + 1) * sizeof(*items));
	const char *name;

	out->attributes = items;
	out->attribute_count = 0;
	json_object_foreach(json, name, value)
	{
		AUTO(str_donep) struct str line = STR_INIT(64 << 10);

		if (!is_binding(&desk->policy->binding, name))
			continue;
		utf8_add_line(&line, name, 16 << 10);
		items[out->attribute_count++] =
		    (struct asked_attribute){ arena_dup(arena, str_text(&line)),
			    value_line(arena, value) };
	}
	json_decref(json);
}

int
ask_snapshot(struct desk *desk, const struct approval *approval, const char *approver,
    struct asked *out, struct err *err)
{
	struct words words = { STR_INIT(WORDS_MAX), 0 };
	const struct message_walk walk = { &approval->ticket, approval->asked_seq, add_words,
		&words };
	struct ticket ticket;
	int rc = ticket_get(desk->tx, &approval->ticket, &ticket, err);

	if (rc == 0)
		rc = message_each(desk->tx, &walk, err);
	out->request = rc == 0 ? request_text(tx_arena(desk->tx), &words) : "";
	str_done(&words.text);
	if (rc == 0)
		rc = take_attachments(desk, approval, out, err);
	if (rc < 0)
		return err_wrap(err, rc, "what is asked");
	ask_attributes(desk, &ticket, out);
	out->approver = approver;
	out->question = approval->question;
	out->title = ticket.title;
	return 0;
}
