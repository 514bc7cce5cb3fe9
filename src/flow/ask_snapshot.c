#include <assent/flow/ask.h>

#include <assent/base/utf8.h>

#include <string.h>

#define REQUEST_MAX ((size_t)8000) /* bytes of the verbatim request that are shown */

static const char *
add_words(struct str *out, const struct message *message)
{
	const char *words = message->seq == 1 ? message->text : message->own;

	if (text_is_blank(words))
		return NULL;
	if (out->len > 0)
		str_addf(out, "\n\n%s wrote later:\n",
		    message->from_name[0] != '\0' ? message->from_name : message->from_email);
	str_add(out, words);
	return words;
}

/*
 * The first message whole, because an engineer's mail quotes the customer's
 * words; of later ones only what is new.
 */
static const char *
request_text(struct arena *arena, const struct message *messages, size_t count)
{
	AUTO(str_donep) struct str text = STR_INIT(8u << 20);
	size_t cut;

	for (size_t i = 0; i < count; i++)
		if (messages[i].is_public)
			add_words(&text, &messages[i]);
	if (text.len <= REQUEST_MAX)
		return arena_dup(arena, str_text(&text));
	cut = utf8_cut(str_text(&text), text.len, REQUEST_MAX);
	return arena_printf(arena, "%.*s\n[… cut here: %zu more bytes in the ticket]", (int)cut,
	    str_text(&text), text.len - cut);
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
static void
take_attributes(struct desk *desk, const struct ticket *ticket, struct asked *out)
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
	struct message *messages = NULL;
	struct ticket ticket;
	size_t count = 0;
	int rc = ticket_get(desk->tx, &approval->ticket, &ticket, err);

	if (rc == 0)
		rc = message_list(
		    desk->tx, &approval->ticket, approval->asked_seq, &messages, &count, err);
	if (rc == 0)
		rc = take_attachments(desk, approval, out, err);
	if (rc < 0)
		return err_wrap(err, rc, "what is asked");
	take_attributes(desk, &ticket, out);
	out->approver = approver;
	out->question = approval->question;
	out->title = ticket.title;
	out->request = request_text(tx_arena(desk->tx), messages, count);
	return 0;
}
