/* deed_tell: a rule's word to people of the desk. Many at once are gathered into one mail. */
#include "flow/deed.h"

#include <assent/base/str.h>
#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>

#include "flow/escalation_priv.h"

/* clang-format off */
static const char *const flags[] = {
	[DEED_NOTIFY]	= "is_notify",
	[DEED_ASKED]	= "is_asked",
	[DEED_CLOSED]	= "is_closed",
};
/* clang-format on */

struct reader {
	const char *email, *name;
	const char *role; /* whose quiet hours hold; "" for nobody's */
};

/* --- what it says ------------------------------------------------------------------ */

static void
add_ticket(struct deed *deed, json_t *view)
{
	const struct ticket *t = &deed->ticket;
	struct organisation organisation;

	view_text(view, "mark", notice_mark(deed->desk, t->ref));
	view_text(view, "ticket_title", t->title);
	view_text(view, "ticket_url", t->external_url);
	view_text(view, "requester",
	    t->requester_name[0] != '\0' ? t->requester_name : t->requester_email);
	view_text(
	    view, "engineer", t->engineer_name[0] != '\0' ? t->engineer_name : t->engineer_email);
	if (!id_is_null(&t->organisation) &&
	    organisation_get(deed->desk->tx, &t->organisation, &organisation, NULL) == 0)
		view_text(view, "organisation", organisation.name);
}

static void
add_more(struct deed *deed, const struct deed_letter *letter, const char *locale, json_t *view)
{
	const struct words_place place = { locale, deed->desk->policy->zone,
		deed->desk->policy->site_dir };

	if (letter->question != NULL)
		view_text(view, "question", letter->question);
	if (letter->approver != NULL)
		view_text(view, "approver", letter->approver);
	if (letter->when != 0)
		view_text(
		    view, "when", words_date_in(tx_arena(deed->desk->tx), &place, letter->when));
	if (letter->withdrawn > 0)
		json_object_set_new(view, "withdrawn", json_integer((json_int_t)letter->withdrawn));
}

static json_t *
view_of(struct deed *deed, const struct deed_letter *letter, const char *locale)
{
	const char *priority = deed_word(deed, "priority");
	json_t *view = json_object();

	view_text(view, "title", deed_text(deed, "title", locale));
	view_text(view, "suggest", deed_text(deed, "suggest", locale));
	view_text(view, "rule", deed->rule);
	view_text(view, "agent_email", deed->desk->policy->agent_email);
	json_object_set_new(view, flags[letter->why], json_true());
	if (letter->why == DEED_NOTIFY) {
		view_text(view, "priority", priority);
		json_object_set_new(view,
		    arena_printf(tx_arena(deed->desk->tx), "priority_%s", priority), json_true());
	}
	add_ticket(deed, view);
	add_more(deed, letter, locale, view);
	return view;
}

/* --- to whom ------------------------------------------------------------------------- */

/* What packets want to know of the ticket. */
static int
packet_like(struct deed *deed, const char *role, struct escalation *out, struct err *err)
{
	struct organisation organisation = { .key = "" };
	int rc = 0;

	if (!id_is_null(&deed->ticket.organisation))
		rc = organisation_get(
		    deed->desk->tx, &deed->ticket.organisation, &organisation, err);
	*out = (struct escalation){ .ticket = deed->ticket.id,
		.organisation = organisation.key,
		.priority = deed_word(deed, "priority"),
		.assignee = "",
		.to = role };
	return rc;
}

static bool
is_critical(const struct deed *deed, const struct deed_letter *letter)
{
	return letter->why == DEED_NOTIFY &&
	    text_is(deed_word(deed, "priority"), escalation_priority_name(ESCALATION_CRITICAL));
}

static int
tell(struct deed *deed, const struct deed_letter *letter, const struct reader *reader,
    struct err *err)
{
	struct notice notice = { .kind = "rule",
		.to_email = reader->email,
		.to_name = reader->name,
		.ticket = &deed->ticket.id };
	struct escalation like;
	int rc = packet_like(deed, reader->role, &like, err);

	if (rc < 0)
		return rc;
	notice.view = view_of(deed, letter, policy_locale_of(deed->desk->policy, reader->email));
	notice.gathers = is_critical(deed, letter) ? GATHER_NEVER : GATHER_MANY;
	notice.not_before = escalation_delivery(deed->desk, &like, reader->role, deed->desk->now);
	return notice_send(deed->desk, &notice, NULL, err);
}

static int
tell_people(struct deed *deed, const struct deed_letter *letter, const char *role, size_t *told,
    struct err *err)
{
	struct escalation_reached people[ESCALATION_PEOPLE_MAX];
	struct escalation like;
	const char *hindrance;
	size_t n = 0;
	bool one = false;
	int rc = packet_like(deed, role, &like, err);

	*told = 0;
	if (rc == 0) {
		n = escalation_people(deed->desk, &like, role, people);
		one = escalation_by_turns(deed->desk, &like);
	}
	for (size_t i = 0; rc == 0 && i < n && !(one && *told > 0); i++) {
		rc = escalation_hindrance(deed->desk, people[i].email, &hindrance, err);
		if (rc < 0 || hindrance != NULL)
			continue;
		++*told;
		rc = tell(
		    deed, letter, &(struct reader){ people[i].email, people[i].name, role }, err);
	}
	return rc;
}

/* A role that nobody has, or can be told of: whoever the site names for that. */
int
deed_tell_role(struct deed *deed, const struct deed_letter *letter, struct err *err)
{
	const char *other = escalation_default_to(deed->desk);
	size_t told = 0;
	int rc = tell_people(deed, letter, deed_word(deed, "to"), &told, err);

	return rc < 0 || told > 0 || *other == '\0' ? rc
						    : tell_people(deed, letter, other, &told, err);
}

int
deed_tell_engineer(struct deed *deed, const struct deed_letter *letter, struct err *err)
{
	const struct ticket *t = &deed->ticket;

	if (t->engineer_email[0] == '\0' ||
	    !escalation_may_reach(deed->desk, "", t->engineer_email))
		return 0;
	return tell(deed, letter, &(struct reader){ t->engineer_email, t->engineer_name, "" }, err);
}
