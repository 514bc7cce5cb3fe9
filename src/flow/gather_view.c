/* gather_view: a digest as its reader sees it, line by line. */
#include <assent/base/str.h>
#include <assent/flow/links.h>
#include <assent/flow/matter.h>

#include "flow/gather.h"

#include <string.h>

bool
gather_is_digest(const struct outgoing *mail)
{
	return text_is(mail->kind, GATHER_DIGEST) || text_is(mail->kind, GATHER_REMINDERS);
}

const char *
gather_keep(struct desk *desk, const struct outgoing *mail)
{
	static const char *const kept[] = { "title", "mark", "ticket_title", "organisation",
		"priority", "due", "other", "resolved_by", "question", "asked", "deadline",
		"approver", "engineer", "when", "ballot" };
	json_t *view = json_loads(mail->view, 0, NULL), *out = json_object(), *value;
	const char *key, *text;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		view_text(out, kept[i], json_string_value(json_object_get(view, kept[i])));
	json_object_foreach(view, key, value)
	{
		if (json_is_true(value))
			json_object_set_new(out, key, json_true());
	}
	text = view_dump(tx_arena(desk->tx), out);
	json_decref(out);
	json_decref(view);
	return text;
}

/* --- lines ----------------------------------------------------------------------------- */

static int
line_at(struct desk *desk, const json_t *lines, size_t i, struct outgoing *out, struct err *err)
{
	const char *name = json_string_value(json_array_get(lines, i));
	struct id id;

	if (name == NULL || !id_parse(name, &id))
		return err_set(err, ERR_NOT_FOUND, "there is no line %zu", i + 1);
	return outgoing_get(desk->tx, &id, out, err);
}

int
gather_line(struct desk *desk, const struct outgoing *digest, int64_t number, struct outgoing *out,
    struct err *err)
{
	json_t *view = json_loads(digest->view, 0, NULL);
	const json_t *lines = json_object_get(view, "lines");
	int rc = ERR_NOT_FOUND;

	if (number >= 1 && number <= (int64_t)json_array_size(lines))
		rc = line_at(desk, lines, (size_t)number - 1, out, err);
	json_decref(view);
	return rc;
}

/* "kind_escalation_moved": a template says each kind in its own words. */
static void
add_kind(struct desk *desk, const struct outgoing *mail, json_t *card)
{
	char *key = arena_printf(tx_arena(desk->tx), "kind_%s", mail->kind);

	for (char *p = strchr(key, '-'); p != NULL; p = strchr(p, '-'))
		*p = '_';
	json_object_set_new(card, key, json_true());
}

/* Where it is answered: without links, and by who would rather write. */
static int
add_address(struct desk *desk, const struct outgoing *mail, json_t *card, struct err *err)
{
	const char *address = "";
	int rc = links_reply_to(desk, mail, &address, err);

	if (rc == 0)
		view_text(card, "reply_to", address);
	return rc;
}

static int
card_of(struct desk *desk, const struct outgoing *mail, json_t *card, struct err *err)
{
	int rc = links_fill(desk, mail, card, err);

	add_kind(desk, mail, card);
	if (rc == 0 && !id_is_null(&mail->ballot))
		rc = add_address(desk, mail, card, err);
	return rc;
}

int
gather_fill_view(struct desk *desk, const struct outgoing *digest, json_t *view, struct err *err)
{
	const json_t *lines = json_object_get(view, "lines");
	json_int_t more = json_integer_value(json_object_get(view, "more"));
	size_t n = json_array_size(lines);
	json_t *cards = json_array();
	int rc = 0;

	(void)digest;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct outgoing mail = { .view = "" };
		json_t *card;

		rc = line_at(desk, lines, i, &mail, err);
		if (rc != 0)
			break;
		card = json_loads(mail.view, 0, NULL);
		json_array_append_new(cards, card);
		json_object_set_new(card, "number", json_integer((json_int_t)i + 1));
		if (!id_is_null(&mail.escalation))
			json_object_set_new(view, "has_packets", json_true());
		rc = card_of(desk, &mail, card, err);
	}
	json_object_set_new(view, "cards", cards);
	json_object_set_new(view, "count", json_integer((json_int_t)n + more));
	json_object_del(view, "lines");
	view_text(view, "agent_email", desk->policy->agent_email);
	return rc;
}

int
gather_settled(
    struct desk *desk, const struct outgoing *digest, const char *status, struct err *err)
{
	/* What reached nobody is told for each line: send_undeliverable(). */
	return gather_is_digest(digest) && !text_is(status, "refused")
	    ? outgoing_lines_settle(desk->tx, &digest->id, status, desk->now, err)
	    : 0;
}
