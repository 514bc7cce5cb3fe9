/* stray: an owner writes to us, but about no question that we could find. */
#include <assent/base/str.h>
#include <assent/flow/notice.h>
#include <assent/store/browse.h>

#include "flow/intake_priv.h"

#define LISTED_MAX 10

/* The customer that this person decides for. */
static int
find_owned(struct desk *desk, const char *email, struct organisation *out, struct err *err)
{
	const struct policy *policy = desk->policy;
	int rc = organisation_by_domain(desk->tx, email_domain(email), out, err);

	if (rc == 0 && text_is_nocase(out->owner_email, email))
		return 0;
	for (size_t i = 0; (rc == 0 || rc == ERR_NOT_FOUND) && i < policy->organisation_count;
	     i++) {
		if (!text_is_nocase(policy->organisations[i].owner_email, email))
			continue;
		rc = organisation_by_key(desk->tx, policy->organisations[i].key, out, err);
		if (rc == 0 && text_is_nocase(out->owner_email, email))
			return 0;
	}
	return rc == 0 ? ERR_NOT_FOUND : rc;
}

static json_t *
item_view(struct desk *desk, const struct matter *m)
{
	json_t *item = matter_item(desk, m);

	json_object_del(item, "number");
	view_text(item, "when", words_date(tx_arena(desk->tx), m->zone, m->approval.asked_at));
	view_text(item, "deadline", words_date(tx_arena(desk->tx), m->zone, m->approval.deadline));
	return item;
}

/* His open questions, newest first; *all counts those that are not listed too. */
static int
list_open(struct desk *desk, const struct organisation *organisation, json_t *items, size_t *all,
    struct err *err)
{
	const struct browse_approvals want = {
		.state = "open", .organisation = organisation->id, .max = BROWSE_MAX
	};
	struct id *ids;
	size_t count;
	int rc = browse_approvals(desk->tx, &want, &ids, &count, err);

	*all = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct ballot his;
		struct matter m;

		rc = ballot_of_person(desk->tx, &ids[i], organisation->owner_email, &his, err);
		if (rc == ERR_NOT_FOUND) {
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = matter_load_ballot(desk, &his.id, &m, err);
		if (rc != 0 || !matter_is_open(&m) || m.approval.asked_at == 0)
			continue;
		if ((*all)++ < LISTED_MAX)
			json_array_append_new(items, item_view(desk, &m));
	}
	return rc;
}

static int
explain(struct desk *desk, struct arrival *arrival, const struct organisation *organisation,
    struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct notice notice = {
		.kind = "stray",
		.to_email = organisation->owner_email,
		.to_name = organisation->owner_name,
		.locale = organisation->locale,
		.zone_name = organisation->zone_name,
		.in_reply_to = letter->message_id,
		.references = letter->message_id,
		.replied = true,
	};
	json_t *items = json_array();
	size_t all;
	int rc = list_open(desk, organisation, items, &all, err);

	if (rc < 0) {
		json_decref(items);
		return rc;
	}
	notice.view = json_object();
	if (all > json_array_size(items))
		json_object_set_new(
		    notice.view, "more", json_integer((json_int_t)(all - json_array_size(items))));
	json_object_set_new(notice.view, "items", items);
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	view_text(notice.view, "organisation", organisation->name);
	view_text(notice.view, "approver", organisation->owner_name);
	view_text(notice.view, "approver_email", organisation->owner_email);
	view_text(notice.view, "title", letter->subject);
	return notice_send(desk, &notice, NULL, err);
}

int
stray_take(struct desk *desk, struct arrival *arrival, bool *taken, struct err *err)
{
	const struct target *target = &arrival->target;
	struct organisation organisation;
	char id[ID_TEXT_SIZE];
	bool first_time;
	int rc;

	*taken = false;
	if (arrival->sender.verdict != SENDER_VOUCHED ||
	    (target->kind != TARGET_NONE && !target->by_mark))
		return 0;
	rc = find_owned(desk, arrival->sender.email, &organisation, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	*taken = target->kind == TARGET_NONE;
	if (*taken)
		arrival_file(arrival, "filed", "from an owner, but about no question");
	rc = answered_first(desk->tx,
	    arena_printf(tx_arena(desk->tx), "stray:%s", id_text(&organisation.id, id)),
	    desk->now - MS_DAY, desk->now, &first_time, err);
	return rc < 0 || !first_time ? rc : explain(desk, arrival, &organisation, err);
}
