/* "Is this phishing?": an answer that can be checked without it. */
#include <assent/base/str.h>

#include "flow/ask_priv.h"
#include "flow/reply_priv.h"

#include <string.h>

/* Only the host: what proves nothing is no link to press. */
static const char *
site_host(struct desk *desk)
{
	const char *host = strstr(desk->policy->public_url, "://");

	if (host == NULL)
		return "";
	host += 3;
	return arena_dup_n(tx_arena(desk->tx), host, strcspn(host, "/"));
}

static json_t *
open_items(struct desk *desk, const struct reply *reply)
{
	json_t *items = json_array();

	for (size_t i = 0; i < reply->count; i++)
		if (matter_is_open(&reply->matters[i]))
			json_array_append_new(items, matter_item(desk, &reply->matters[i]));
	return items;
}

static int
send_proof(struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	const struct matter *m = reply->matters;
	struct notice notice = { .kind = "genuine" };
	int rc = ask_address(desk, m, &notice, err);

	if (rc < 0)
		return rc;
	notice.view = matter_view(desk, m);
	view_text(
	    notice.view, "asked", words_date(tx_arena(desk->tx), m->zone, m->approval.asked_at));
	view_text(
	    notice.view, "deadline", words_date(tx_arena(desk->tx), m->zone, m->approval.deadline));
	view_text(notice.view, "site", site_host(desk));
	json_object_set_new(notice.view, "items", open_items(desk, reply));
	reply_under(desk, arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

int
genuine_answer(
    struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	const struct often often = { "genuine", &reply->matters->ballot.id, 1, 5 };
	struct passed passed = { reply->matters, "suspicion", reply->count > 1, NULL };
	bool may;
	int rc = often_enough(desk, &often, &may, err);

	arrival_file(arrival, "filed", "asks whether our mail is genuine");
	for (size_t i = reply->count; i > 0; i--)
		if (matter_is_open(&reply->matters[i - 1]))
			passed.matter = &reply->matters[i - 1];
	if (rc < 0 || !may)
		return rc;
	rc = send_proof(desk, arrival, reply, err);
	return rc < 0 ? rc : reply_tell_engineer(desk, arrival, &passed, err);
}
