/* reply: from somebody who was asked, but whose question was handed to another since. */
#include <assent/base/str.h>

#include "flow/ask_priv.h"
#include "flow/reply_priv.h"

/* On whose word, and when; nothing where the settings did it. */
static int
add_word(struct desk *desk, const struct matter *m, json_t *view, struct err *err)
{
	struct event *list;
	size_t n = 0;
	int rc = event_list(desk->tx, &m->ticket.id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!text_is(list[i].kind, "approval.delegated") ||
		    !text_is_nocase(list[i].before, m->ballot.person_email))
			continue;
		view_text(view, "by", list[i].actor);
		view_text(view, "when", words_date(tx_arena(desk->tx), m->zone, list[i].at));
	}
	return rc;
}

int
reply_elsewhere_view(struct desk *desk, const struct matter *m, json_t *view, struct err *err)
{
	const struct ballot *now = &m->asked_now;

	json_object_set_new(view, "is_elsewhere", json_true());
	/* Handed on and back: a newer mail of ours asks him. */
	if (text_is_nocase(now->person_email, m->ballot.person_email))
		json_object_set_new(view, "is_newer", json_true());
	view_text(
	    view, "deputy", now->person_name[0] != '\0' ? now->person_name : now->person_email);
	view_text(view, "deputy_email", now->person_email);
	return add_word(desk, m, view, err);
}

static int
tell_person(struct desk *desk, struct arrival *arrival, const struct matter *m, struct err *err)
{
	const struct often often = { "elsewhere", &m->ballot.id, 1, 3 };
	struct notice notice = { .kind = "stand-in" };
	bool may;
	int rc = often_enough(desk, &often, &may, err);

	if (rc < 0 || !may)
		return rc;
	rc = ask_address(desk, m, &notice, err);
	if (rc < 0)
		return rc;
	/* It asks nothing of him: an answer to it must not look like one. */
	notice.ballot = NULL;
	notice.batch = NULL;
	notice.view = matter_view(desk, m);
	rc = reply_elsewhere_view(desk, m, notice.view, err);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	reply_under(desk, arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

/* Of a bulk mail, only what his answer is about. */
static bool
is_meant(const struct arrival *arrival, const struct reply *reply, size_t item)
{
	const struct intent *intent = arrival->intent;

	return reply_all_closed(reply) ||
	    (item < intent->count && intent->items[item].verdict != VERDICT_UNCLEAR);
}

int
reply_tell_elsewhere(
    struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	bool vouched = arrival->sender.verdict == SENDER_VOUCHED;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reply->count; i++) {
		const struct passed passed = { &reply->matters[i], "elsewhere", false, NULL };
		bool done;

		if (!matter_is_elsewhere(passed.matter) || !is_meant(arrival, reply, i))
			continue;
		rc = tell_person(desk, arrival, passed.matter, err);
		if (rc == 0 && (vouched || arrival->target.by_token))
			rc = reply_pass_on(desk, arrival, &passed, &done, err);
	}
	return rc;
}
