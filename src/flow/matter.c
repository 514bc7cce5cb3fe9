#include <assent/flow/matter.h>

#include <assent/base/str.h>
#include <assent/flow/notice.h>
#include <assent/model/asked.h>

#include <string.h>

/* Without reading it all; in a text of somebody's the marks would stand behind backslashes. */
static bool
names_approver(struct arena *arena, const struct matter *m)
{
	return strstr(m->approval.asked,
		   arena_printf(arena, "\"approver\":\"%s\"", m->ballot.person_email)) != NULL;
}

/* Of two who were asked the same, each was shown his own name (invariant 9). */
static int
bind_person(struct desk *desk, struct matter *m, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct asked asked;
	json_t *json;
	int rc;

	if (m->approval.asked[0] == '\0' || names_approver(arena, m))
		return 0;
	json = json_loads(m->approval.asked, 0, NULL);
	rc = asked_from_json(json, arena, &asked, err);
	json_decref(json);
	if (rc < 0 || text_is(asked.approver, m->ballot.person_email))
		return rc;
	asked.approver = m->ballot.person_email;
	json = asked_to_json(&asked);
	m->approval.asked = view_dump(arena, json);
	json_decref(json);
	asked_hash(&asked, m->approval.asked_hash);
	m->approval.batch = (struct id){ { 0 } };
	return 0;
}

/* approval and ballot are there; the rest follows from them. */
static int
load_around(struct desk *desk, struct matter *m, struct err *err)
{
	int rc = ballot_of_approval(desk->tx, &m->approval.id, &m->cast, err);

	m->batch = m->approval.batch;
	m->asked_now = text_is(m->cast.status, "open") ? m->cast : m->ballot;
	if (rc == 0 && !text_is(m->cast.status, "cast"))
		m->cast = m->ballot;
	if (rc == 0)
		rc = bind_person(desk, m, err);
	if (rc == 0)
		rc = ticket_get(desk->tx, &m->approval.ticket, &m->ticket, err);
	if (rc == 0)
		rc = organisation_get(desk->tx, &m->approval.organisation, &m->organisation, err);
	if (rc < 0)
		return err_wrap(err, rc, "approval");
	if (zone_get(m->organisation.zone_name, &m->zone, NULL) < 0)
		m->zone = desk->policy->zone;
	return 0;
}

const struct calendar *
matter_calendar(const struct desk *desk, const struct matter *matter)
{
	return policy_calendar(desk->policy, matter->organisation.key);
}

utc_ms
matter_add_days(const struct desk *desk, const struct matter *matter, utc_ms from, int n)
{
	return calendar_add_days(matter_calendar(desk, matter), matter->zone, from, n);
}

int
matter_load(struct desk *desk, const struct id *approval, struct matter *out, struct err *err)
{
	int rc = approval_get(desk->tx, approval, &out->approval, err);

	if (rc == 0)
		rc = ballot_of_approval(desk->tx, approval, &out->ballot, err);
	return rc < 0 ? rc : load_around(desk, out, err);
}

int
matter_load_ballot(struct desk *desk, const struct id *ballot, struct matter *out, struct err *err)
{
	int rc = ballot_get(desk->tx, ballot, &out->ballot, err);

	if (rc == 0)
		rc = approval_get(desk->tx, &out->ballot.approval, &out->approval, err);
	return rc < 0 ? rc : load_around(desk, out, err);
}

int
matter_renew(struct desk *desk, struct matter *matter, struct err *err)
{
	return matter_reload(desk, matter, err);
}

int
matter_reload(struct desk *desk, struct matter *matter, struct err *err)
{
	struct id id = matter->ballot.id;

	return matter_load_ballot(desk, &id, matter, err);
}

/* The one that the batch was put to, whoever else was asked about a part of it. */
static int
load_item(struct desk *desk, const struct approval *approval, const struct batch *batch,
    struct matter *out, struct err *err)
{
	int rc;

	out->approval = *approval;
	rc = ballot_of_person(desk->tx, &approval->id, batch->person_email, &out->ballot, err);
	if (rc == ERR_NOT_FOUND)
		rc = ballot_of_approval(desk->tx, &approval->id, &out->ballot, err);
	return rc < 0 ? rc : load_around(desk, out, err);
}

int
matter_load_batch(
    struct desk *desk, const struct id *batch, struct matter **out, size_t *count, struct err *err)
{
	struct approval_filter filter = { .batch = *batch, .max = 100 };
	struct approval *approvals = NULL;
	struct matter *list;
	struct batch row;
	size_t n = 0;
	int rc = batch_get(desk->tx, batch, &row, err);

	if (rc == 0)
		rc = approval_list(desk->tx, &filter, &approvals, &n, err);
	if (rc < 0)
		return rc;
	list = arena_alloc(tx_arena(desk->tx), (n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		rc = load_item(desk, &approvals[i], &row, &list[i], err);
		if (rc < 0)
			return rc;
	}
	*out = list;
	*count = n;
	return 0;
}

bool
matter_is_open(const struct matter *matter)
{
	return approval_is_open(matter->approval.state) && text_is(matter->ballot.status, "open");
}

bool
matter_is_elsewhere(const struct matter *matter)
{
	return approval_is_open(matter->approval.state) && text_is(matter->ballot.status, "void");
}

static const char *
ballot_person(const struct ballot *ballot)
{
	return ballot->person_name[0] != '\0' ? ballot->person_name : ballot->person_email;
}

const char *
matter_person(const struct matter *matter)
{
	return ballot_person(&matter->ballot);
}

/* The owner by his name; somebody who was the owner then by his address. */
static const char *
behalf_name(const struct matter *m, const struct ballot *ballot)
{
	bool owner = text_is_nocase(ballot->on_behalf_of, m->organisation.owner_email);

	return owner && m->organisation.owner_name[0] != '\0' ? m->organisation.owner_name
							      : ballot->on_behalf_of;
}

const char *
matter_engineer(const struct matter *matter)
{
	const struct ticket *ticket = &matter->ticket;

	return ticket->engineer_name[0] != '\0' ? ticket->engineer_name : ticket->engineer_email;
}

json_t *
matter_view(struct desk *desk, const struct matter *m)
{
	json_t *view = json_object();

	view_text(view, "organisation", m->organisation.name);
	view_text(view, "approver", matter_person(m));
	view_text(view, "approver_email", m->ballot.person_email);
	view_text(view, "on_behalf_of", behalf_name(m, &m->ballot));
	view_text(view, "engineer", matter_engineer(m));
	view_text(view, "engineer_email", m->ticket.engineer_email);
	view_text(view, "agent_email", desk->policy->agent_email);
	view_text(view, "mark", notice_mark(desk, m->ticket.ref));
	view_text(view, "title", m->ticket.title);
	view_text(view, "question", m->approval.question);
	if (matter_level(desk, m) == LEVEL_LINK)
		json_object_set_new(view, "links_only", json_true());
	return view;
}

int
matter_note(struct desk *desk, const struct matter *m, struct notice *notice, struct err *err)
{
	int rc;

	if (m->ticket.engineer_email[0] == '\0')
		return 0;
	rc = notice_thread(desk, &m->ticket, notice, err);
	if (rc < 0)
		return rc;
	notice->to_email = m->ticket.engineer_email;
	notice->to_name = m->ticket.engineer_name;
	notice->approval = &m->approval.id;
	notice->view = matter_view(desk, m);
	return 1;
}

/* When it was decided or closed; 0 while it waits. */
static utc_ms
ended_at(const struct approval *approval)
{
	if (approval->decided_at != 0)
		return approval->decided_at;
	return approval_is_open(approval->state) ? 0 : approval->moved_at;
}

static void
add_outcome(struct desk *desk, const struct matter *m, json_t *item)
{
	struct arena *arena = tx_arena(desk->tx);
	bool cast = text_is(m->cast.status, "cast");

	view_text(item, "outcome",
	    approval_is_open(m->approval.state) && m->approval.state != AS_UNDELIVERABLE
		? "open"
		: approval_state_name(m->approval.state));
	if (ended_at(&m->approval) != 0)
		view_text(item, "when", words_date(arena, m->zone, ended_at(&m->approval)));
	if (!cast)
		return;
	view_text(item, "by", ballot_person(&m->cast));
	view_text(item, "for", behalf_name(m, &m->cast));
	view_text(item, "channel", channel_name(m->cast.channel));
	view_text(item, "comment", m->cast.comment);
	view_text(item, "turnaround", words_span(arena, m->approval.turnaround));
}

json_t *
matter_item(struct desk *desk, const struct matter *m)
{
	json_t *item = json_object();

	if (m->approval.item > 0)
		json_object_set_new(item, "number", json_integer(m->approval.item));
	view_text(item, "mark", notice_mark(desk, m->ticket.ref));
	view_text(item, "title", m->ticket.title);
	view_text(item, "question", m->approval.question);
	add_outcome(desk, m, item);
	return item;
}

void
matter_name_links(struct desk *desk, const struct matter *m, json_t *object)
{
	char text[ID_TEXT_SIZE];

	if (desk->policy->public_url[0] == '\0')
		return;
	view_text(object, "ballot", id_text(&m->ballot.id, text));
}

/* New reference. */
static json_t *
bullets_of(const json_t *document)
{
	json_t *bullets = json_object_get(document, "bullets");

	return json_is_array(bullets) ? json_incref(bullets) : json_array();
}

json_t *
matter_summary(const struct matter *matter)
{
	json_t *document = json_loads(matter->approval.summary, 0, NULL);
	json_t *list = bullets_of(document);

	json_decref(document);
	return list;
}

const char *
matter_summary_label(struct desk *desk, const struct matter *matter)
{
	json_t *document = json_loads(matter->approval.summary, 0, NULL);
	const char *label = json_string_value(json_object_get(document, "label"));

	label = arena_dup(tx_arena(desk->tx), label != NULL ? label : "");
	json_decref(document);
	return label;
}

void
matter_add_summary(const struct matter *matter, json_t *view)
{
	json_t *document = json_loads(matter->approval.summary, 0, NULL);

	json_object_set_new(view, "summary", bullets_of(document));
	view_text(view, "summary_label", json_string_value(json_object_get(document, "label")));
	view_text(view, "summary_model", json_string_value(json_object_get(document, "model")));
	json_decref(document);
}

enum reply_level
matter_level_of(const struct desk *desk, enum reply_level level)
{
	if (level == LEVEL_DEFAULT)
		level = desk->policy->level;
	if (level == LEVEL_DEFAULT)
		level = desk->policy->trust == TRUST_NONE ? LEVEL_TOKEN : LEVEL_VOUCHED;
	return level;
}

enum reply_level
matter_level(const struct desk *desk, const struct matter *m)
{
	return matter_level_of(desk, m->organisation.level);
}
