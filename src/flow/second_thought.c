#include "flow/second_thought_priv.h"

#include <assent/base/str.h>
#include <assent/flow/notice.h>

#include "flow/intake_priv.h"
#include "flow/record.h"

/* Who presses a button again and again, or lets a robot write, is heard five times an hour. */
#define THOUGHTS_AN_HOUR 5

static json_t *
thought_view(struct desk *desk, const struct matter *m, const struct second_thought *thought)
{
	json_t *view = matter_view(desk, m), *item = matter_item(desk, m);

	json_object_update_missing(view, item);
	json_decref(item);
	json_object_set_new(view,
	    text_is(thought->said, "approve")	   ? "says_yes"
		: text_is(thought->said, "reject") ? "says_no"
						   : "says_otherwise",
	    json_true());
	json_object_set_new(
	    view, thought->channel == CHANNEL_LINK ? "on_page" : "by_mail", json_true());
	view_text(view, "text", thought->words);
	view_text(view, "said_at", words_date(tx_arena(desk->tx), desk->policy->zone, desk->now));
	return view;
}

int
second_thought_note(struct desk *desk, const struct matter *m, const struct second_thought *thought,
    struct err *err)
{
	char id[ID_TEXT_SIZE];
	const char *key = arena_printf(tx_arena(desk->tx), "late:%s", id_text(&m->approval.id, id));
	const struct ledger_field fields[] = {
		{ "said", thought->said },
		{ "stands", approval_state_name(m->approval.state) },
		{ "approver", m->ballot.person_email },
		{ "channel", channel_name(thought->channel) },
		{ "source", thought->source },
	};
	bool is_first;
	int rc = answered_first(desk->tx, key, desk->now - MS_DAY, desk->now, &is_first, err);

	if (rc < 0 || !is_first)
		return rc;
	return record_ledger(desk,
	    &(struct record_entry){ "late", m->approval.id, fields, ARRAY_LEN(fields) }, NULL, err);
}

int
second_thought_tell(struct desk *desk, const struct matter *m, const struct second_thought *thought,
    struct err *err)
{
	const struct often often = { "thought", &m->approval.id, THOUGHTS_AN_HOUR, 0 };
	struct notice notice = { .kind = "second-thought" };
	bool may;
	int rc;

	if (m->ticket.engineer_email[0] == '\0')
		return 0;
	rc = often_enough(desk, &often, &may, err);
	if (rc == 0 && may)
		rc = notice_thread(desk, &m->ticket, &notice, err);
	if (rc < 0 || !may)
		return rc;
	notice.view = thought_view(desk, m, thought);
	notice.to_email = m->ticket.engineer_email;
	notice.to_name = m->ticket.engineer_name;
	notice.approval = &m->approval.id;
	return notice_send(desk, &notice, NULL, err);
}
