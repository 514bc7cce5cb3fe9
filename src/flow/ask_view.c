/* ask, its mails: what the owner reads. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/standin_priv.h"

#include <string.h>

#define EXCERPT_MAX ((size_t)400)

static void
add_shown(struct desk *desk, const struct matter *m, json_t *view)
{
	struct arena *arena = tx_arena(desk->tx);

	matter_add_summary(m, view);
	view_text(view, "deadline", words_date(arena, m->zone, m->approval.deadline));
	matter_name_links(desk, m, view);
}

static void
add_extra(struct desk *desk, const struct matter *m, const struct ask_extra *extra, json_t *view)
{
	if (extra->flag != NULL) {
		json_object_set_new(view, extra->flag, json_true());
		view_text(
		    view, "asked", words_date(tx_arena(desk->tx), m->zone, m->approval.asked_at));
	}
	if (extra->changes != NULL && json_array_size(extra->changes) > 0)
		json_object_set(view, "changes", extra->changes);
	view_text(view, "replaces", extra->replaces);
}

static json_t *
attachment_list_view(struct desk *desk, const struct asked *asked)
{
	json_t *list = json_array();

	for (size_t i = 0; i < asked->attachment_count; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "name", asked->attachments[i].name, "size_text",
			words_size(tx_arena(desk->tx), asked->attachments[i].size)));
	return list;
}

static json_t *
binding_view(const struct asked *asked)
{
	json_t *list = json_array();

	for (size_t i = 0; i < asked->attribute_count; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "name", asked->attributes[i].name, "value",
			asked->attributes[i].value));
	return list;
}

static int
first_message(struct desk *desk, const struct matter *m, struct message *out, struct err *err)
{
	struct message *messages;
	size_t n;
	int rc = message_list(desk->tx, &m->ticket.id, 1, &messages, &n, err);

	if (rc < 0)
		return rc;
	*out = n > 0 ? messages[0] : (struct message){ .from_name = "", .from_email = "" };
	return 0;
}

static const char *
who_wrote(const struct message *message)
{
	return message->from_name[0] != '\0' ? message->from_name : message->from_email;
}

int
ask_view_request(struct desk *desk, const struct matter *m, const struct asked *asked, json_t *view,
    struct err *err)
{
	struct message first;
	int rc = first_message(desk, m, &first, err);

	if (rc < 0)
		return rc;
	json_t *request = json_object();
	view_text(request, "who", who_wrote(&first));
	view_text(request, "date", words_date(tx_arena(desk->tx), m->zone, first.at));
	view_text(request, "text", asked->request);
	json_object_set_new(view, "request", request);
	json_object_set_new(view, "attachments", attachment_list_view(desk, asked));
	if (asked->attribute_count > 0)
		json_object_set_new(view, "binding", binding_view(asked));
	return 0;
}

static int
shown_to_owner(struct desk *desk, const struct matter *m, struct asked *out, struct err *err)
{
	json_t *stored = json_loads(m->approval.asked, 0, NULL);
	int rc = asked_from_json(stored, tx_arena(desk->tx), out, err);

	json_decref(stored);
	return rc < 0 ? err_wrap(err, rc, "approval of T-%lld", (long long)m->ticket.ref) : 0;
}

/* A reminder belongs under the request in the owner's mailbox. */
static int
thread_under_request(
    struct desk *desk, const struct id *about, struct notice *notice, struct err *err)
{
	struct outgoing *sent;
	size_t n;
	int rc = outgoing_list(desk->tx, about, &sent, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!text_is_nocase(sent[i].to_email, notice->to_email))
			continue;
		notice->in_reply_to = sent[i].message_id;
		notice->references = sent[i].message_id;
		break;
	}
	return rc;
}

int
ask_address(struct desk *desk, const struct matter *m, struct notice *notice, struct err *err)
{
	bool single = id_is_null(&m->approval.batch);

	notice->to_email = m->ballot.person_email;
	notice->to_name = m->ballot.person_name;
	notice->locale = m->organisation.locale;
	notice->zone_name = m->organisation.zone_name;
	notice->ticket = &m->ticket.id;
	notice->approval = &m->approval.id;
	notice->ballot = single ? &m->ballot.id : NULL;
	notice->batch = single ? NULL : &m->approval.batch;
	return thread_under_request(
	    desk, single ? &m->approval.id : &m->approval.batch, notice, err);
}

int
ask_send_single(
    struct desk *desk, const struct matter *m, const struct ask_extra *extra, struct err *err)
{
	struct notice notice = {
		.kind = "request", .view = matter_view(desk, m), .gathers = extra->gathers
	};
	struct asked asked;
	int rc = shown_to_owner(desk, m, &asked, err);

	if (rc == 0)
		rc = ask_view_request(desk, m, &asked, notice.view, err);
	if (rc == 0)
		rc = ask_address(desk, m, &notice, err);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	add_shown(desk, m, notice.view);
	add_extra(desk, m, extra, notice.view);
	return notice_send(desk, &notice, NULL, err);
}

static int
card_view(struct desk *desk, const struct matter *m, json_t **out, struct err *err)
{
	struct message first;
	struct asked asked;
	int rc = shown_to_owner(desk, m, &asked, err);

	if (rc == 0)
		rc = first_message(desk, m, &first, err);
	if (rc < 0)
		return rc;
	json_t *card = matter_item(desk, m);
	size_t n = strlen(asked.request), cut = utf8_cut(asked.request, n, EXCERPT_MAX);
	view_text(card, "excerpt",
	    arena_printf(
		tx_arena(desk->tx), "%.*s%s", (int)cut, asked.request, cut < n ? " …" : ""));
	view_text(card, "who", who_wrote(&first));
	view_text(card, "date", words_date(tx_arena(desk->tx), m->zone, first.at));
	json_object_set_new(card, "summary", matter_summary(m));
	matter_name_links(desk, m, card);
	*out = card;
	return 0;
}

static bool
is_waiting(const struct matter *m)
{
	return matter_is_open(m) && m->approval.state != AS_DRAFT;
}

/* Where some summaries were drafted by a model and some without, each card says how its own was. */
static void
label_cards(struct desk *desk, const struct matter *matters, size_t count, json_t *cards)
{
	const char *first = NULL;
	bool differ = false;
	size_t at = json_array_size(cards);

	for (size_t i = 0; i < count; i++) {
		const char *label = matter_summary_label(desk, &matters[i]);

		if (!is_waiting(&matters[i]))
			continue;
		at--;
		differ = differ || (first != NULL && !text_is(first, label));
		first = label;
	}
	for (size_t i = 0; differ && i < count; i++)
		if (is_waiting(&matters[i]))
			view_text(json_array_get(cards, at++), "drafted",
			    matter_summary_label(desk, &matters[i]));
}

int
ask_cards(
    struct desk *desk, const struct matter *matters, size_t count, json_t *cards, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		json_t *card;
		int rc;

		if (!is_waiting(&matters[i]))
			continue;
		rc = card_view(desk, &matters[i], &card, err);
		if (rc < 0)
			return rc;
		json_array_append_new(cards, card);
	}
	label_cards(desk, matters, count, cards);
	return 0;
}

int
ask_send_batch(struct desk *desk, const struct matter *matters, size_t count,
    const struct ask_extra *extra, struct err *err)
{
	const struct matter *first = matters;
	struct notice notice = { .kind = "batch" };
	json_t *cards = json_array();
	int rc = ask_cards(desk, matters, count, cards, err);

	while (first < matters + count - 1 && !is_waiting(first))
		first++;
	if (rc == 0)
		rc = ask_address(desk, first, &notice, err);
	if (rc < 0) {
		json_decref(cards);
		return rc;
	}
	notice.view = matter_view(desk, first);
	add_shown(desk, first, notice.view);
	json_object_del(notice.view, "ballot");
	json_object_del(notice.view, "summary");
	if (json_object_get(json_array_get(cards, 0), "drafted") != NULL) {
		json_object_del(notice.view, "summary_label");
		json_object_del(notice.view, "summary_model");
	}
	add_extra(desk, first, extra, notice.view);
	if (extra->flag != NULL)
		json_object_set_new(notice.view, "decided_count",
		    json_integer((json_int_t)(count - json_array_size(cards))));
	json_object_set_new(notice.view, "cards", cards);
	return notice_send(desk, &notice, NULL, err);
}

int
ask_tell_person_closed(struct desk *desk, const struct matter *m, const char *by, struct err *err)
{
	struct notice notice = { .kind = "closed", .view = matter_view(desk, m) };
	int rc = ask_address(desk, m, &notice, err);

	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	view_text(notice.view, "outcome", approval_state_name(m->approval.state));
	view_text(notice.view, "when", words_date(tx_arena(desk->tx), m->zone, desk->now));
	/* No customer knows our rules by name. */
	if (by != NULL && !text_starts(by, "rule:"))
		view_text(notice.view, "by", by);
	return notice_send(desk, &notice, NULL, err);
}

static int
tell_engineer(struct desk *desk, const struct matter *m, const char *diagnostic, struct err *err)
{
	struct notice notice = { .kind = "outcome" };
	int rc = matter_note(desk, m, &notice, err);

	if (rc <= 0)
		return rc;
	json_t *item = matter_item(desk, m);
	view_text(item, "when", words_date(tx_arena(desk->tx), desk->policy->zone, desk->now));
	view_text(notice.view, "diagnostic", diagnostic);
	json_object_set_new(notice.view, "items", json_pack("[o]", item));
	return notice_send(desk, &notice, NULL, err);
}

int
ask_tell_closed(
    struct desk *desk, struct matter *m, unsigned effects, const char *by, struct err *err)
{
	int rc = matter_reload(desk, m, err);

	if (rc == 0 && (effects & FX_TELL_OWNER) != 0)
		rc = ask_tell_person_closed(desk, m, by, err);
	if (rc == 0 && (effects & FX_TELL_OWNER) != 0)
		rc = standin_tell_closed(desk, m, by, err);
	/* Why not when the engineer withdrew it himself: his transcript says so. */
	if (rc == 0 && (effects & FX_TELL_HELPDESK) != 0 &&
	    (by == NULL || !text_is_nocase(by, m->ticket.engineer_email)))
		rc = tell_engineer(desk, m, NULL, err);
	return rc;
}

int
ask_tell_undeliverable(struct desk *desk, const struct matter *m, const char *why, struct err *err)
{
	return tell_engineer(desk, m, why, err);
}
