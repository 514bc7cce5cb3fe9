/* decide, afterwards: a receipt, a note to each thread, a word to the requester. */
#include <assent/flow/decide.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

#define LINE_COMMENT_MAX ((size_t)60)

static const char *
evidence_text(struct desk *desk, const struct matter *m, const char *key)
{
	json_t *json = json_loads(m->ballot.evidence, 0, NULL);
	const char *text = json_string_value(json_object_get(json, key));
	char *copy = arena_dup(tx_arena(desk->tx), text != NULL ? text : "");

	json_decref(json);
	return copy;
}

static const char *
evidence_sentence(struct desk *desk, const struct matter *m)
{
	const char *vouched = evidence_text(desk, m, "vouched");

	if (m->ballot.channel == CHANNEL_LINK)
		return "Decided on the page behind the link that was mailed to this address only.";
	return arena_printf(tx_arena(desk->tx), "By reply: %s.", vouched);
}

static const char *
person_line(struct desk *desk, const struct matter *m)
{
	const struct ballot *b = &m->ballot;

	if (b->person_name[0] == '\0')
		return b->person_email;
	return arena_printf(tx_arena(desk->tx), "%s <%s>", b->person_name, b->person_email);
}

/* All that one mail or click decided. */
struct told {
	const struct matter *matters;
	size_t count;
	const char *in_reply_to;
};

static void
take_told(struct desk *desk, const struct answered *answered, struct told *told)
{
	struct matter *matters = arena_alloc(tx_arena(desk->tx), told->count * sizeof(*matters));

	for (size_t i = 0; i < told->count; i++)
		matters[i] = answered[i].matter;
	told->matters = matters;
}

static bool
is_told(const struct told *told, const struct matter *m)
{
	for (size_t i = 0; i < told->count; i++)
		if (id_equal(&told->matters[i].approval.id, &m->approval.id))
			return true;
	return false;
}

/* One line of "1 approved · 2 rejected "too expensive" · 3 still open". */
static json_t *
line_view(struct desk *desk, const struct told *told, const struct matter *m)
{
	const char *comment = text_is(m->cast.status, "cast") ? m->cast.comment : "";
	size_t n = strlen(comment), cut = utf8_cut(comment, n, LINE_COMMENT_MAX);
	json_t *line = matter_item(desk, m);

	if (cut > 0)
		view_text(line, "short_comment",
		    arena_printf(tx_arena(desk->tx), "%.*s%s", (int)cut, comment,
			cut < n ? "\xe2\x80\xa6" : ""));
	if (!is_told(told, m) && !approval_is_open(m->approval.state))
		json_object_set_new(line, "earlier", json_true());
	return line;
}

/* Lists of what was decided now and, of a batch, what is still open and how each item stands. */
static int
add_items(struct desk *desk, const struct told *told, json_t *view, struct err *err)
{
	json_t *items = json_array(), *open = json_array(), *lines = json_array();
	const struct id *batch = &told->matters->approval.batch;
	struct matter *all;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < told->count; i++)
		json_array_append_new(items, matter_item(desk, &told->matters[i]));
	if (!id_is_null(batch))
		rc = matter_load_batch(desk, batch, &all, &n, err);
	for (size_t i = 0; i < n; i++) {
		if (approval_is_open(all[i].approval.state))
			json_array_append_new(open, matter_item(desk, &all[i]));
		json_array_append_new(lines, line_view(desk, told, &all[i]));
	}
	if (n > 0)
		json_object_set_new(json_array_get(lines, n - 1), "last", json_true());
	json_object_set_new(view, "items", items);
	json_object_set_new(view, "open", open);
	json_object_set_new(view, "transcript", lines);
	return rc;
}

static int
send_receipt(struct desk *desk, const struct told *told, struct err *err)
{
	struct notice notice = { .kind = "receipt" };
	const struct matter *m = told->matters;
	int rc = ask_address(desk, m, &notice, err);

	if (rc < 0)
		return rc;
	notice.view = matter_view(desk, m);
	rc = add_items(desk, told, notice.view, err);
	if (rc == 0)
		rc = record_head(desk, notice.view, err);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	view_text(
	    notice.view, "when", words_date(tx_arena(desk->tx), m->zone, m->approval.decided_at));
	view_text(notice.view, "channel", channel_name(m->ballot.channel));
	if (told->in_reply_to[0] != '\0') {
		notice.references = arena_printf(tx_arena(desk->tx), "%s %s",
		    notice.references != NULL ? notice.references : "", told->in_reply_to);
		notice.in_reply_to = told->in_reply_to;
		notice.replied = true;
	}
	return notice_send(desk, &notice, NULL, err);
}

static int
note_thread(struct desk *desk, const struct matter *m, struct err *err)
{
	struct notice notice = { .kind = "outcome" };
	int rc = matter_note(desk, m, &notice, err);

	if (rc <= 0)
		return rc;
	json_t *item = matter_item(desk, m);
	view_text(item, "by", person_line(desk, m));
	view_text(item, "evidence", evidence_sentence(desk, m));
	view_text(item, "when",
	    words_date(tx_arena(desk->tx), desk->policy->zone, m->approval.decided_at));
	json_object_set_new(notice.view, "items", json_pack("[o]", item));
	return notice_send(desk, &notice, NULL, err);
}

/* Only a known contact of this very customer hears of it (never mail a stranger). */
static int
may_tell_requester(struct desk *desk, const struct matter *m, bool *out, struct err *err)
{
	struct contact contact;
	int rc;

	*out = false;
	if (!desk->policy->tell_requester || m->ticket.requester_email[0] == '\0' ||
	    text_is(m->ticket.requester_email, m->ballot.person_email))
		return 0;
	rc = contact_by_email(desk->tx, m->ticket.requester_email, &contact, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	*out = rc == 0 && id_equal(&contact.organisation, &m->organisation.id);
	return rc;
}

static int
tell_requester(struct desk *desk, const struct matter *m, struct err *err)
{
	struct notice notice = { .kind = "requester" };
	bool may;
	int rc = may_tell_requester(desk, m, &may, err);

	if (rc < 0 || !may)
		return rc;
	notice.view = matter_item(desk, m);
	view_text(notice.view, "organisation", m->organisation.name);
	view_text(notice.view, "requester", m->ticket.requester_name);
	view_text(notice.view, "engineer", matter_engineer(m));
	view_text(notice.view, "engineer_email", m->ticket.engineer_email);
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	notice.to_email = m->ticket.requester_email;
	notice.to_name = m->ticket.requester_name;
	notice.locale = m->organisation.locale;
	notice.zone_name = m->organisation.zone_name;
	notice.ticket = &m->ticket.id;
	return notice_send(desk, &notice, NULL, err);
}

int
decide_tell(struct desk *desk, const struct answered *answered, size_t count,
    const char *in_reply_to, struct err *err)
{
	struct told told = { .count = count, .in_reply_to = in_reply_to };
	int rc;

	if (count == 0)
		return 0;
	take_told(desk, answered, &told);
	rc = send_receipt(desk, &told, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = note_thread(desk, &told.matters[i], err);
		if (rc == 0)
			rc = tell_requester(desk, &told.matters[i], err);
		if (rc == 0)
			rc = standin_tell_decided(desk, &told.matters[i], err);
	}
	return rc < 0 ? err_wrap(err, rc, "receipt and notes") : 0;
}
