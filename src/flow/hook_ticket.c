/* hook: a ticket as its helpdesk has it, never made older than it is known to be. */
#include <assent/flow/links.h>
#include <assent/store/approval.h>

#include "flow/hook_priv.h"
#include "flow/record.h"

#include <string.h>

/* What an event says of a ticket, beside what is stored. */
struct change {
	struct hook_run *run;
	const struct hook_ticket *said;
	struct ticket ticket; /* as it shall be */
	bool is_new;
	bool is_newest; /* nothing newer is known of it */
	bool has_changed; /* ticket is not what is stored */
};

static utc_ms
event_time(const struct hook_run *run)
{
	/* A sender whose clock runs ahead must not outdate what comes next. */
	return run->event->at < run->desk->now ? run->event->at : run->desk->now;
}

/* --- facts -------------------------------------------------------------------- */

/* *stored becomes said, with an event; NULL says nothing. */
static int
set_text(struct change *c, const char *kind, const char **stored, const char *said, struct err *err)
{
	const char *before = *stored;

	if (said == NULL || text_is(before, said))
		return 0;
	*stored = said;
	if (c->is_new)
		return 0;
	c->has_changed = true;
	return record_event(c->run->desk, &c->ticket.id,
	    &(struct record_change){ kind, c->run->by, before, said }, err);
}

static int
set_engineer(struct change *c, struct err *err)
{
	const char *email = c->said->engineer.email;
	struct staff staff;
	int rc;

	if (email == NULL || *email == '\0')
		return 0;
	rc = staff_by_email(c->run->desk->tx, email, &staff, err);
	if (rc == ERR_NOT_FOUND) {
		hook_refuse(c->run, "%s is not of this desk's staff", email);
		return 0;
	}
	if (rc < 0)
		return rc;
	c->ticket.engineer_name = staff.name;
	return set_text(c, "ticket.engineer", &c->ticket.engineer_email, staff.email, err);
}

static int
set_requester(struct change *c, struct err *err)
{
	const struct hook_person *said = &c->said->requester;

	if (said->email == NULL)
		return 0;
	if (!text_is(said->name, c->ticket.requester_name)) {
		c->ticket.requester_name = said->name;
		c->has_changed = !c->is_new;
	}
	return set_text(c, "ticket.requester", &c->ticket.requester_email, said->email, err);
}

static const char *
redacted(const struct change *c, const char *text)
{
	return text != NULL ? links_redact(tx_arena(c->run->desk->tx), text) : NULL;
}

static int
set_facts(struct change *c, struct err *err)
{
	const struct hook_ticket *said = c->said;
	struct ticket *t = &c->ticket;
	const char *title = redacted(c, said->title);
	int rc = 0;

	if (title != NULL && !text_is_blank(title))
		rc = set_text(c, "ticket.title", &t->title, title, err);
	if (rc == 0)
		rc = set_text(c, "ticket.status", &t->external_status, said->status, err);
	if (rc == 0)
		rc = set_text(c, "ticket.priority", &t->priority, said->priority, err);
	if (rc == 0)
		rc = set_text(c, "ticket.attributes", &t->attributes, said->attributes, err);
	if (rc == 0)
		rc = set_text(c, "ticket.url", &t->external_url, said->url, err);
	if (rc == 0)
		rc = set_requester(c, err);
	return rc < 0 ? rc : set_engineer(c, err);
}

/* --- the customer --------------------------------------------------------------- */

/* The owner of another customer would answer, or be shown, what is not his. */
static int
is_asked_about(struct change *c, bool *out, struct err *err)
{
	struct approval_filter filter = { .ticket = c->ticket.id, .only_open = true, .max = 1 };
	struct approval *open;
	size_t n = 0;
	int rc = approval_list(c->run->desk->tx, &filter, &open, &n, err);

	*out = n > 0;
	return rc;
}

static int
record_move(struct change *c, const struct organisation *organisation, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "organisation", organisation->key },
		{ "by", c->run->by },
		{ "evidence", c->run->evidence },
	};
	int rc = record_event(c->run->desk, &c->ticket.id,
	    &(struct record_change){ "ticket.customer", c->run->by, NULL, organisation->key }, err);

	if (rc < 0)
		return rc;
	return record_ledger(c->run->desk,
	    &(struct record_entry){ "customer", c->ticket.id, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

static int
set_customer(struct change *c, const struct organisation *organisation, struct err *err)
{
	bool is_asked = false;
	int rc;

	if (id_equal(&c->ticket.organisation, &organisation->id))
		return 0;
	if (c->is_new) {
		c->ticket.organisation = organisation->id;
		return 0;
	}
	rc = is_asked_about(c, &is_asked, err);
	if (rc < 0)
		return rc;
	if (is_asked) {
		hook_refuse(c->run, "ticket %s was not moved to %s: a question about it is open",
		    c->said->id, organisation->key);
		return 0;
	}
	c->ticket.organisation = organisation->id;
	c->has_changed = true;
	return record_move(c, organisation, err);
}

/*
 * *taken: false when nothing of the ticket may be taken, because it is of a
 * customer that this source may not speak for.
 */
static int
settle_customer(struct change *c, bool *taken, struct err *err)
{
	struct organisation organisation;
	int rc = ERR_NOT_FOUND;

	*taken = true;
	if (!c->is_new && !id_is_null(&c->ticket.organisation)) {
		rc =
		    organisation_get(c->run->desk->tx, &c->ticket.organisation, &organisation, err);
		if (rc < 0)
			return rc;
		*taken = hook_may_speak(c->run->source, &organisation);
		if (!*taken) {
			hook_refuse(c->run, "ticket %s: this source may not speak for %s any more",
			    c->said->id, organisation.key);
			return 0;
		}
	}
	if (c->is_newest && (rc < 0 || c->said->customer != NULL)) {
		rc = hook_organisation(c->run, c->said, &organisation, err);
		if (rc == ERR_DENIED) {
			*taken = false;
			return 0;
		}
		if (rc == 0)
			rc = set_customer(c, &organisation, err);
	}
	if (rc == 0 && c->is_newest && id_equal(&organisation.id, &c->ticket.organisation))
		rc = hook_people(c->run, c->said, &organisation, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- the whole -------------------------------------------------------------------- */

static int
add_ticket(struct change *c, struct err *err)
{
	struct desk *desk = c->run->desk;
	int rc = ticket_add(desk->tx, &c->ticket, &c->ticket.ref, err);

	if (rc < 0)
		return rc;
	return record_event(desk, &c->ticket.id,
	    &(struct record_change){ "ticket.opened", c->run->by, NULL, c->ticket.title }, err);
}

static int
store(struct change *c, struct err *err)
{
	struct desk *desk = c->run->desk;
	bool new_words = false;
	int rc = c->is_new ? add_ticket(c, err) : 0;

	if (rc == 0)
		rc = hook_thread(c->run, c->said, &c->ticket, &new_words, err);
	if (rc < 0)
		return rc;
	if (c->is_newest)
		c->ticket.external_at = event_time(c->run);
	if (c->is_new)
		hook_note(c->run, "T-%lld opened", (long long)c->ticket.ref);
	else if (c->has_changed || new_words)
		hook_note(c->run, "T-%lld brought up to date", (long long)c->ticket.ref);
	else
		hook_note(c->run, "nothing new about T-%lld%s", (long long)c->ticket.ref,
		    c->is_newest ? "" : ": newer facts stand");
	if (c->has_changed || (new_words && !c->is_new))
		return ticket_set_facts(desk->tx, &c->ticket, desk->now, err);
	return ticket_set_external_at(desk->tx, &c->ticket.id, c->ticket.external_at, err);
}

static int
begin(struct change *c, struct err *err)
{
	struct desk *desk = c->run->desk;
	int rc = ticket_by_external(desk->tx, c->run->source->name, c->said->id, &c->ticket, err);

	c->is_new = rc == ERR_NOT_FOUND;
	c->is_newest = true;
	if (rc == 0)
		c->is_newest = event_time(c->run) >= c->ticket.external_at;
	if (!c->is_new)
		return rc;
	c->ticket = (struct ticket){
		.id = id_new(desk->now),
		.title = "",
		.requester_email = "",
		.requester_name = "",
		.engineer_email = "",
		.engineer_name = "",
		.status = "open",
		.created = desk->now,
		.updated = desk->now,
		.source = c->run->source->name,
		.external_id = c->said->id,
		.external_status = "",
		.external_url = "",
		.priority = "",
		.attributes = "",
	};
	return 0;
}

int
hook_ticket(struct hook_run *run, const struct hook_ticket *said, struct id *out, struct err *err)
{
	struct change c = { .run = run, .said = said };
	bool taken = false;
	int rc = begin(&c, err);

	*out = (struct id){ { 0 } };
	if (rc == 0 && c.is_new && text_is_blank(said->title != NULL ? said->title : "")) {
		hook_refuse(
		    run, "ticket %s is not known here, and the event brings no title", said->id);
		return 0;
	}
	if (rc == 0)
		rc = settle_customer(&c, &taken, err);
	if (rc < 0 || !taken)
		return rc;
	if (c.is_newest)
		rc = set_facts(&c, err);
	if (rc == 0)
		rc = store(&c, err);
	*out = c.ticket.id;
	return rc;
}
