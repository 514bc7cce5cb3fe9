/* standin, afterwards: who else hears of an answer, and of a change of delegates. */
#include <assent/base/str.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

/* Under what that person was sent; by himself, as a mail that he need not answer. */
static int
send_decided(
    struct desk *desk, const struct matter *m, const struct standin_person *to, struct err *err)
{
	struct notice notice = {
		.kind = "stand-in",
		.to_email = to->email,
		.to_name = to->name,
		.locale = m->organisation.locale,
		.zone_name = m->organisation.zone_name,
		.ticket = &m->ticket.id,
		.approval = &m->approval.id,
	};

	notice.view = matter_view(desk, m);
	json_object_set_new(notice.view, "is_decided", json_true());
	json_object_set_new(notice.view, "items", json_pack("[o]", matter_item(desk, m)));
	return notice_send(desk, &notice, NULL, err);
}

int
standin_tell_decided(struct desk *desk, const struct matter *m, struct err *err)
{
	const char *owner = m->cast.on_behalf_of;
	bool owner_told = owner[0] == '\0';
	struct ballot *list;
	size_t n = 0;
	int rc = ballot_list(desk->tx, &m->approval.id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct standin_person to = { list[i].person_email, list[i].person_name, "" };

		if (text_is_nocase(to.email, m->cast.person_email))
			continue;
		owner_told = owner_told || text_is_nocase(to.email, owner);
		rc = send_decided(desk, m, &to, err);
	}
	if (rc == 0 && !owner_told)
		rc = send_decided(desk, m, &(struct standin_person){ owner, "", "" }, err);
	return rc;
}

int
standin_tell_closed(struct desk *desk, const struct matter *m, const char *by, struct err *err)
{
	struct ballot *list;
	struct matter his;
	size_t n = 0;
	int rc = ballot_list(desk->tx, &m->approval.id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (id_equal(&list[i].id, &m->ballot.id))
			continue;
		rc = matter_load_ballot(desk, &list[i].id, &his, err);
		if (rc == 0)
			rc = ask_tell_person_closed(desk, &his, by, err);
	}
	return rc;
}

/* --- the settings --------------------------------------------------------- */

static int
record_delegate(struct desk *desk, const struct organisation *organisation,
    const struct delegate *d, const char *change, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	const struct zone *zone = desk->policy->zone;
	const struct ledger_field fields[] = {
		{ "organisation", organisation->key },
		{ "change", change },
		{ "person", record_maybe(d->person_email) },
		{ "delegate", d->delegate_email },
		{ "when", d->when },
		{ "since", d->since != 0 ? words_date(arena, zone, d->since) : NULL },
		{ "until", d->until != 0 ? words_date(arena, zone, d->until) : NULL },
		{ "by", "operator" },
	};

	return record_ledger(desk,
	    &(struct record_entry){ "delegate", organisation->id, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

static int
tell_owner(struct desk *desk, const struct organisation *organisation, const struct delegate *d,
    bool ends, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct notice notice = { .kind = "stand-in" };
	const struct zone *zone;

	if (organisation->owner_email[0] == '\0')
		return 0;
	if (zone_get(organisation->zone_name, &zone, NULL) < 0)
		zone = desk->policy->zone;
	notice.view = json_object();
	json_object_set_new(notice.view, ends ? "is_ended" : "is_named", json_true());
	view_text(notice.view, "organisation", organisation->name);
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	view_text(notice.view, "approver",
	    d->person_email[0] != '\0' ? d->person_email : organisation->owner_email);
	view_text(notice.view, "deputy",
	    d->delegate_name[0] != '\0' ? d->delegate_name : d->delegate_email);
	view_text(notice.view, "deputy_email", d->delegate_email);
	if (text_is(d->when, "always"))
		json_object_set_new(notice.view, "always", json_true());
	if (d->since != 0)
		view_text(notice.view, "since", words_date(arena, zone, d->since));
	if (d->until != 0)
		view_text(notice.view, "until", words_date(arena, zone, d->until));
	notice.to_email = organisation->owner_email;
	notice.to_name = organisation->owner_name;
	notice.locale = organisation->locale;
	notice.zone_name = organisation->zone_name;
	return notice_send(desk, &notice, NULL, err);
}

static bool
is_same(const struct delegate *d, const struct id *organisation, const struct policy_delegate *p)
{
	return id_equal(&d->organisation, organisation) &&
	    text_is_nocase(d->person_email, p->person) &&
	    text_is_nocase(d->delegate_email, p->delegate) && text_is(d->delegate_name, p->name) &&
	    text_is(d->when, p->when) && d->since == p->from && d->until == p->until;
}

static int
add_wanted(struct desk *desk, const struct organisation *organisation,
    const struct policy_delegate *p, struct err *err)
{
	struct delegate d = {
		.id = id_next(desk->now),
		.organisation = organisation->id,
		.person_email = p->person,
		.delegate_email = p->delegate,
		.delegate_name = p->name,
		.when = p->when,
		.since = p->from,
		.until = p->until,
		.source = "settings",
		.created = desk->now,
	};
	int rc = delegate_add(desk->tx, &d, err);

	if (rc == 0)
		rc = record_delegate(desk, organisation, &d, "named", err);
	return rc < 0 ? rc : tell_owner(desk, organisation, &d, false, err);
}

static int
remove_unwanted(struct desk *desk, const struct delegate *d, struct err *err)
{
	struct organisation organisation;
	int rc = organisation_get(desk->tx, &d->organisation, &organisation, err);

	if (rc == 0)
		rc = delegate_remove(desk->tx, &d->id, err);
	if (rc == 0)
		rc = record_delegate(desk, &organisation, d, "ended", err);
	if (rc == 0)
		rc = standin_release(desk, &organisation, d, err);
	return rc < 0 ? rc : tell_owner(desk, &organisation, d, true, err);
}

int
standin_sync(struct desk *desk, struct err *err)
{
	const struct policy *policy = desk->policy;
	struct delegate *list;
	size_t n = 0;
	int rc = delegate_list(desk->tx, NULL, &list, &n, err);
	bool *kept = arena_alloc(tx_arena(desk->tx), (n + 1) * sizeof(*kept));

	memset(kept, 0, n * sizeof(*kept));
	for (size_t i = 0; rc == 0 && i < policy->delegate_count; i++) {
		const struct policy_delegate *p = &policy->delegates[i];
		struct organisation organisation;
		bool found = false;

		rc = organisation_by_key(desk->tx, p->organisation, &organisation, err);
		for (size_t k = 0; rc == 0 && k < n && !found; k++)
			kept[k] |= found = !kept[k] && is_same(&list[k], &organisation.id, p);
		if (rc == 0 && !found)
			rc = add_wanted(desk, &organisation, p, err);
	}
	for (size_t k = 0; rc == 0 && k < n; k++)
		if (!kept[k])
			rc = remove_unwanted(desk, &list[k], err);
	return rc;
}
