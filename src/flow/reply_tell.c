/* reply: the mails that answer an answer. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/links.h>
#include <assent/mail/compose.h>

#include "flow/ask_priv.h"
#include "flow/reply_priv.h"

#include <string.h>

#define QUOTE_MAX ((size_t)2000)

const char *
reply_clip(struct arena *arena, const char *text)
{
	size_t n = strlen(text), cut = utf8_cut(text, n, QUOTE_MAX);

	return arena_printf(arena, "%.*s%s", (int)cut, text, cut < n ? " …" : "");
}

static const char *
short_words(struct desk *desk, const struct letter *letter)
{
	return reply_clip(tx_arena(desk->tx), letter->reply);
}

/* All that a mail under this letter refers to. */
static const char *
references_under(struct desk *desk, const struct letter *letter)
{
	AUTO(str_donep) struct str refs = STR_INIT(64u << 10);

	for (size_t i = 0; i < letter->references.count; i++)
		str_addf(&refs, "%s ", letter->references.items[i]);
	str_add(&refs, letter->message_id);
	return arena_dup(tx_arena(desk->tx), str_text(&refs));
}

void
reply_under(struct desk *desk, const struct letter *letter, struct notice *notice)
{
	notice->references = references_under(desk, letter);
	notice->in_reply_to = letter->message_id;
	notice->replied = true;
}

int
reply_open_view(
    struct desk *desk, const struct matter *first, size_t count, json_t *view, struct err *err)
{
	json_t *cards;
	int rc;

	view_text(view, "deadline",
	    words_date(tx_arena(desk->tx), first->zone, first->approval.deadline));
	if (id_is_null(&first->approval.batch)) {
		matter_name_links(desk, first, view);
		return 0;
	}
	cards = json_array();
	rc = ask_cards(desk, first, count, cards, err);
	json_object_set_new(view, "cards", cards);
	return rc;
}

int
reply_explain(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    const struct explained *explained, struct err *err)
{
	struct notice notice = { .kind = "unclear", .view = matter_view(desk, reply->matters) };
	int rc = ask_address(desk, reply->matters, &notice, err);

	if (rc == 0)
		rc = reply_open_view(desk, reply->matters, reply->count, notice.view, err);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	view_text(notice.view, "understood", explained->why);
	if (explained->passed_on)
		json_object_set_new(notice.view, "passed_on", json_true());
	if (explained->told_engineer)
		json_object_set_new(notice.view, "told_engineer", json_true());
	view_text(notice.view, "answer", short_words(desk, arrival->letter));
	reply_under(desk, arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

int
reply_tell_already(
    struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	struct notice notice = { .kind = "already" };
	char text[ID_TEXT_SIZE];
	bool first_time;
	int rc;

	id_text(&reply->late[0].ballot.id, text);
	rc = answered_first(desk->tx,
	    arena_printf(
		tx_arena(desk->tx), "%s:%s", reply->flipped != NULL ? "flipped" : "already", text),
	    desk->now - MS_HOUR, desk->now, &first_time, err);
	if (rc < 0 || !first_time)
		return rc;
	rc = ask_address(desk, reply->matters, &notice, err);
	if (rc < 0)
		return rc;
	json_t *items = json_array();
	for (size_t i = 0; i < reply->late_count; i++)
		json_array_append_new(items, matter_item(desk, &reply->late[i]));
	notice.view = matter_view(desk, reply->matters);
	json_object_set_new(notice.view, "items", items);
	if (reply->flipped != NULL)
		json_object_set_new(notice.view, "second_thought", json_true());
	reply_under(desk, arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

/* Up to where our own mail begins below it. */
static const char *
own_part(struct arena *arena, const char *text)
{
	size_t count, n = strlen(text);
	const char *const *markers = compose_cut_markers(&count);

	for (size_t i = 0; i < count; i++) {
		const char *at = strstr(text, markers[i]);

		if (at != NULL && (size_t)(at - text) < n)
			n = (size_t)(at - text);
	}
	return reply_clip(arena, links_redact(arena, arena_dup_n(arena, text, n)));
}

/* Of a mail whose forms say different things the engineer sees both. */
static json_t *
versions_view(struct desk *desk, const struct letter *letter)
{
	struct arena *arena = tx_arena(desk->tx);

	return json_pack("[{s:b, s:s}, {s:b, s:s}]", "plain", 1, "text",
	    own_part(arena, letter->text), "formatted", 1, "text",
	    own_part(arena, letter->html_text));
}

/* What it takes to pass the engineer's answer on (relay.c). */
static void
add_way_back(
    struct desk *desk, const struct arrival *arrival, const struct passed *passed, json_t *view)
{
	const struct letter *letter = arrival->letter;
	char ballot[ID_TEXT_SIZE];

	view_text(view, "asked_ballot", id_text(&passed->matter->ballot.id, ballot));
	view_text(view, "asked_id", letter->message_id);
	view_text(view, "asked_references", references_under(desk, letter));
	if (passed->of_batch)
		json_object_set_new(view, "of_batch", json_true());
	else if (passed->matter->approval.item > 0)
		json_object_set_new(view, "number", json_integer(passed->matter->approval.item));
	if (passed->flag != NULL)
		json_object_set_new(view, passed->flag, json_true());
	if (arrival->sender.verdict != SENDER_VOUCHED)
		json_object_set_new(view, "unvouched", json_true());
	if (letter->parts_disagree)
		json_object_set_new(view, "versions", versions_view(desk, letter));
}

int
reply_tell_engineer(
    struct desk *desk, struct arrival *arrival, const struct passed *passed, struct err *err)
{
	const struct matter *m = passed->matter;
	struct arena *arena = tx_arena(desk->tx);
	struct notice notice = { .kind = "question" };
	int rc = matter_note(desk, m, &notice, err);

	if (rc <= 0)
		return rc;
	add_way_back(desk, arrival, passed, notice.view);
	view_text(notice.view, "text", short_words(desk, arrival->letter));
	view_text(notice.view, "when", words_date(arena, desk->policy->zone, desk->now));
	if (matter_is_elsewhere(m))
		view_text(notice.view, "asked_now", m->asked_now.person_email);
	if (matter_is_open(m))
		view_text(notice.view, "deadline",
		    words_date(arena, desk->policy->zone, m->approval.deadline));
	return notice_send(desk, &notice, NULL, err);
}
