#include "verbs.h"

#include <assent/mail/letter.h>

#define MAIL_MAX ((size_t)256 << 20)
#define ARENA_MAX ((size_t)64 << 20)

static json_t *
addresses_json(const struct address_list *list)
{
	json_t *out = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(out,
		    json_pack("{s:o, s:o}", "name", cli_json_text(list->items[i].name), "email",
			cli_json_text(list->items[i].email)));
	return out;
}

static json_t *
texts_json(const struct text_list *list)
{
	json_t *out = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(out, cli_json_text(list->items[i]));
	return out;
}

static json_t *
hex_json(const uint8_t bytes[32])
{
	AUTO(str_donep) struct str hex = STR_INIT(80);

	str_add_hex(&hex, bytes, 32);
	return json_string(str_text(&hex));
}

static json_t *
attachments_json(const struct letter *letter)
{
	json_t *out = json_array();

	for (size_t i = 0; i < letter->attachment_count; i++) {
		const struct attachment *a = &letter->attachments[i];

		json_array_append_new(out,
		    json_pack("{s:o, s:o, s:I, s:o}", "name", cli_json_text(a->name), "type",
			cli_json_text(a->type), "size", (json_int_t)a->size, "sha256",
			hex_json(a->sha256)));
	}
	return out;
}

static json_t *
auth_json(const struct letter *letter)
{
	json_t *out = json_array();

	for (size_t i = 0; i < letter->auth_count; i++) {
		const struct auth_result *a = &letter->auth[i];

		json_array_append_new(out,
		    json_pack("{s:o, s:o, s:o, s:o, s:i, s:b}", "authserv_id",
			cli_json_text(a->authserv_id), "method", cli_json_text(a->method), "result",
			cli_json_text(a->result), "domain", cli_json_text(a->domain), "field",
			a->field, "above_received", a->above_received));
	}
	return out;
}

static const char *
auto_name(enum auto_kind kind)
{
	static const char *const names[] = { [AUTO_NO] = "no",
		[AUTO_REPLY] = "reply",
		[AUTO_GENERATED] = "generated",
		[AUTO_BOUNCE] = "bounce",
		[AUTO_RECEIPT] = "receipt" };

	return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "no";
}

static json_t *
delivery_json(const struct delivery_status *d)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "action", cli_json_text(d->action), "status",
	    cli_json_text(d->status), "recipient", cli_json_text(d->recipient), "diagnostic",
	    cli_json_text(d->diagnostic), "original_message_id",
	    cli_json_text(d->original_message_id));
}

static void
add_people(json_t *out, const struct letter *letter)
{
	json_object_set_new(out, "from", addresses_json(&letter->from));
	json_object_set_new(out, "from_fields", json_integer(letter->from_fields));
	json_object_set_new(out, "from_odd", json_boolean(letter->from_odd));
	json_object_set_new(out, "sender", addresses_json(&letter->sender));
	json_object_set_new(out, "reply_to", addresses_json(&letter->reply_to));
	json_object_set_new(out, "to", addresses_json(&letter->to));
	json_object_set_new(out, "cc", addresses_json(&letter->cc));
	json_object_set_new(out, "recipients", texts_json(&letter->recipients));
	json_object_set_new(out, "return_path", cli_json_text(letter->return_path));
}

static void
add_ids(json_t *out, const struct letter *letter)
{
	json_object_set_new(out, "date", cli_json_time(letter->date));
	json_object_set_new(out, "message_id", cli_json_text(letter->message_id));
	json_object_set_new(out, "in_reply_to", texts_json(&letter->in_reply_to));
	json_object_set_new(out, "references", texts_json(&letter->references));
	json_object_set_new(out, "original_id", cli_json_text(letter->original_id));
	json_object_set_new(out, "loop", cli_json_text(letter->loop));
	json_object_set_new(out, "fingerprint", hex_json(letter->fingerprint));
}

static void
add_body(json_t *out, const struct letter *letter)
{
	json_object_set_new(out, "text", cli_json_text(letter->text));
	json_object_set_new(out, "html_text", cli_json_text(letter->html_text));
	json_object_set_new(out, "reply", cli_json_text(letter->reply));
	json_object_set_new(out, "reply_forwarded", json_boolean(letter->reply_forwarded));
	json_object_set_new(out, "parts_disagree", json_boolean(letter->parts_disagree));
	json_object_set_new(out, "attachments", attachments_json(letter));
	json_object_set_new(out, "truncated", json_boolean(letter->truncated));
}

static void
add_signs(json_t *out, const struct letter *letter)
{
	json_object_set_new(out, "auto_submitted", json_string(auto_name(letter->automatic)));
	json_object_set_new(out, "auto_why", cli_json_text(letter->automatic_why));
	json_object_set_new(out, "auth_results", auth_json(letter));
	json_object_set_new(out, "auth_malformed", json_boolean(letter->auth_malformed));
	json_object_set_new(out, "delivery", delivery_json(&letter->delivery));
}

int
verb_mail_parse(struct cli *cli)
{
	AUTO(str_donep) struct str raw = STR_INIT(MAIL_MAX);
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct parser *parser;
	struct letter *letter;
	struct err err = { 0 };
	json_t *out;
	int rc;

	if (cli_read_file(cli->words[0], &raw, &err) < 0)
		return cli_fail(cli, &err);
	rc = cli_parser(cli, &parser);
	if (rc != CLI_OK)
		return rc;
	if (parser_letter(parser, str_text(&raw), raw.len, arena, &letter, &err) < 0) {
		err_wrap(&err, err.code, "%s", cli->words[0]);
		return cli_fail(cli, &err);
	}
	out = json_object();
	json_object_set_new(out, "subject", cli_json_text(letter->subject));
	add_people(out, letter);
	add_ids(out, letter);
	add_body(out, letter);
	add_signs(out, letter);
	return cli_print_json(out);
}
