/* reply: the mails that answer an answer. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/reply_priv.h"

#include <string.h>

#define QUOTE_MAX ((size_t)2000)

static const char *
short_words(struct desk *desk, const struct letter *letter)
{
	size_t n = strlen(letter->reply), cut = utf8_cut(letter->reply, n, QUOTE_MAX);

	return arena_printf(
	    tx_arena(desk->tx), "%.*s%s", (int)cut, letter->reply, cut < n ? " …" : "");
}

/* Under the letter that it answers. */
static void
answer_letter(struct desk *desk, const struct letter *letter, struct notice *notice)
{
	AUTO(str_donep) struct str refs = STR_INIT(64u << 10);

	for (size_t i = 0; i < letter->references.count; i++)
		str_addf(&refs, "%s ", letter->references.items[i]);
	str_add(&refs, letter->message_id);
	notice->references = arena_dup(tx_arena(desk->tx), str_text(&refs));
	notice->in_reply_to = letter->message_id;
	notice->replied = true;
}

static int
open_view(struct desk *desk, const struct reply *reply, json_t *view, struct err *err)
{
	const struct matter *first = reply->matters;
	json_t *cards;
	int rc;

	view_text(view, "deadline",
	    words_date(tx_arena(desk->tx), first->zone, first->approval.deadline));
	if (id_is_null(&first->approval.batch)) {
		matter_name_links(desk, first, view);
		return 0;
	}
	cards = json_array();
	rc = ask_cards(desk, reply->matters, reply->count, cards, err);
	json_object_set_new(view, "cards", cards);
	return rc;
}

int
reply_explain(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    const char *why, struct err *err)
{
	struct notice notice = { .kind = "unclear", .view = matter_view(desk, reply->matters) };
	int rc = ask_address(desk, reply->matters, &notice, err);

	if (rc == 0)
		rc = open_view(desk, reply, notice.view, err);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	view_text(notice.view, "understood", why);
	view_text(notice.view, "answer", short_words(desk, arrival->letter));
	answer_letter(desk, arrival->letter, &notice);
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
	rc = answered_first(desk->tx, arena_printf(tx_arena(desk->tx), "already:%s", text),
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
	answer_letter(desk, arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

int
reply_tell_engineer(
    struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	const struct matter *m = reply->flipped != NULL ? reply->flipped : reply->matters;
	struct arena *arena = tx_arena(desk->tx);
	struct notice notice = { .kind = "question" };
	int rc;

	if (m->ticket.engineer_email[0] == '\0')
		return 0;
	rc = notice_thread(desk, &m->ticket, &notice, err);
	if (rc < 0)
		return rc;
	notice.view = matter_view(desk, m);
	view_text(notice.view, "text", short_words(desk, arrival->letter));
	view_text(notice.view, "when", words_date(arena, desk->policy->zone, desk->now));
	if (approval_is_open(m->approval.state))
		view_text(notice.view, "deadline",
		    words_date(arena, desk->policy->zone, m->approval.deadline));
	notice.to_email = m->ticket.engineer_email;
	notice.to_name = m->ticket.engineer_name;
	return notice_send(desk, &notice, NULL, err);
}
