#include <assent/flow/owner.h>

#include <assent/base/str.h>
#include <assent/flow/links.h>
#include <assent/flow/notice.h>
#include <assent/mail/compose.h>
#include <assent/mail/sender.h>

#include "flow/intake_priv.h"
#include "flow/owner_priv.h"
#include "flow/record.h"

static int
tell(struct desk *desk, const struct organisation *before, const struct owner_step *step,
    struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct notice notice = { .kind = "owner-changed" };
	const struct zone *zone;
	int64_t open;
	int rc;

	if (before->owner_email[0] == '\0')
		return 0;
	rc = approval_count_open(desk->tx, &before->id, &open, err);
	if (rc < 0)
		return rc;
	if (zone_get(before->zone_name, &zone, NULL) < 0)
		zone = desk->policy->zone;
	notice.view = json_object();
	view_text(notice.view, "organisation", before->name);
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	view_text(notice.view, "previous",
	    before->owner_name[0] != '\0' ? before->owner_name : before->owner_email);
	view_text(notice.view, "previous_email", before->owner_email);
	view_text(notice.view, "owner", step->name[0] != '\0' ? step->name : step->email);
	view_text(notice.view, "owner_email", step->email);
	view_text(notice.view, "by", step->by);
	view_text(notice.view, "when", words_date(arena, zone, desk->now));
	view_text(notice.view, "evidence", arena_printf(arena, "%s.", step->evidence));
	json_object_set_new(notice.view, "open_count", json_integer(open));
	notice.to_email = before->owner_email;
	notice.to_name = before->owner_name;
	notice.locale = before->locale;
	notice.zone_name = before->zone_name;
	return notice_send(desk, &notice, NULL, err);
}

int
owner_set(struct desk *desk, const struct organisation *before, const struct owner_step *step,
    struct err *err)
{
	bool same = text_is_nocase(before->owner_email, step->email);
	const struct ledger_field fields[] = {
		{ "organisation", before->key },
		{ "before", before->owner_email },
		{ "after", step->email },
		{ "by", step->by },
		{ "evidence", step->evidence },
	};
	const char *name = same && step->name[0] == '\0' ? before->owner_name : step->name;
	utc_ms at = step->at != 0 ? step->at : desk->now;
	int rc = organisation_set_owner(desk->tx, &before->id, step->email, name, at, err);

	if (same)
		return rc;
	if (rc == 0)
		rc = record_ledger(desk,
		    &(struct record_entry){ "owner", before->id, fields, ARRAY_LEN(fields) }, NULL,
		    err);
	return rc < 0 ? rc : tell(desk, before, step, err);
}

static int
find_organisation(
    struct desk *desk, const struct owner_change *change, struct organisation *out, struct err *err)
{
	struct ticket ticket = { 0 };
	int rc = 0;

	if (change->ticket == NULL)
		return organisation_get(desk->tx, change->organisation, out, err);
	rc = ticket_get(desk->tx, change->ticket, &ticket, err);
	if (rc < 0)
		return rc;
	if (!id_is_null(&ticket.organisation))
		return organisation_get(desk->tx, &ticket.organisation, out, err);
	err_set(err, ERR_INVALID,
	    "the ticket belongs to no customer yet; write \"customer: KEY\" first");
	return ERR_INVALID;
}

/* A plain address that is not ours, as the store keeps it. */
static int
plain_email(struct desk *desk, const char *given, const char **out, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	char *email = arena_dup(arena, sender_ascii_address(arena, given));

	text_lower(email);
	if (!address_is_plain(email))
		return err_set(err, ERR_INVALID, "\"%s\" is not a mail address", given);
	if (links_is_own(desk, email))
		return err_set(err, ERR_INVALID, "%s is this desk itself", email);
	*out = email;
	return 0;
}

int
owner_change(struct desk *desk, const struct owner_change *change, struct err *err)
{
	struct organisation organisation;
	const char *email = "";
	bool allowed = false;
	int rc = plain_email(desk, change->email, &email, err);

	if (rc < 0)
		return rc;
	rc = find_organisation(desk, change, &organisation, err);
	if (rc < 0)
		return rc;
	rc =
	    organisation_has_domain(desk->tx, &organisation.id, email_domain(email), &allowed, err);
	if (rc < 0)
		return rc;
	if (!allowed)
		return err_set(err, ERR_INVALID,
		    "%s is not within the domains of %s, so it may not decide for it; an "
		    "operator can allow the domain in the settings",
		    email, organisation.name);
	return owner_set(desk, &organisation,
	    &(struct owner_step){ email, change->name != NULL ? change->name : "", change->by,
		change->evidence, change->at },
	    err);
}
