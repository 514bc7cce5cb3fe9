/* api: tickets and their messages. */
#include <assent/flow/api.h>

#include <assent/base/str.h>
#include <assent/flow/address.h>
#include <assent/flow/closing.h>
#include <assent/flow/links.h>
#include <assent/store/ticket.h>

#include "flow/intake_priv.h"
#include "flow/record.h"

#include <string.h>

#define DESCRIPTION "description" /* external id of a ticket's first message */

static int
read_address(struct desk *desk, const char *typed, const char **out, struct err *err)
{
	*out = "";
	if (*typed == '\0')
		return 0;
	*out = address_read(tx_arena(desk->tx), typed);
	if (*out == NULL)
		return err_set(err, ERR_INVALID, "\"%s\" is not a mail address", typed);
	if (links_is_own(desk, *out))
		return err_set(err, ERR_INVALID, "%s is this desk itself", *out);
	return 0;
}

/* --- a new ticket ---------------------------------------------------------- */

struct opening {
	struct desk *desk;
	const struct api_ticket *wish;
	const char **wrong;
	struct organisation organisation;
	struct ticket ticket;
};

static int
find_customer(struct opening *o, struct err *err)
{
	const char *key = o->wish->customer, *email = o->ticket.requester_email;
	int rc;

	*o->wrong = "/customer";
	if (*key != '\0') {
		rc = organisation_by_key(o->desk->tx, key, &o->organisation, err);
		if (rc == ERR_NOT_FOUND)
			return err_set(err, ERR_INVALID, "there is no customer \"%s\"", key);
		return rc;
	}
	if (*email == '\0')
		return err_set(err, ERR_INVALID,
		    "name the customer, or a requester with an address of one of its domains");
	rc = organisation_by_domain(o->desk->tx, email_domain(email), &o->organisation, err);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_INVALID, "no customer has the domain %s; name the customer",
		    email_domain(email));
	return rc;
}

static int
find_engineer(struct opening *o, struct err *err)
{
	const char *email;
	struct staff staff;
	int rc;

	*o->wrong = "/engineer";
	if (o->wish->engineer[0] == '\0')
		return 0;
	email = address_read(tx_arena(o->desk->tx), o->wish->engineer);
	rc = email != NULL ? staff_by_email(o->desk->tx, email, &staff, err) : ERR_NOT_FOUND;
	if (rc == ERR_NOT_FOUND)
		return err_set(
		    err, ERR_INVALID, "%s is not of this desk's staff", o->wish->engineer);
	if (rc < 0)
		return rc;
	o->ticket.engineer_email = staff.email;
	o->ticket.engineer_name = staff.name;
	return 0;
}

static int
check_external(struct opening *o, struct err *err)
{
	struct ticket before;
	int rc;

	*o->wrong = "/external_id";
	if (o->ticket.external_id[0] == '\0')
		return 0;
	rc = ticket_by_external(o->desk->tx, API_SOURCE, o->ticket.external_id, &before, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc < 0
	    ? rc
	    : err_set(err, ERR_CONFLICT, "the ticket with this external_id is T-%lld already",
		  (long long)before.ref);
}

/* Only people of the customer's own domains become known contacts. */
static int
keep_contact(struct opening *o, struct err *err)
{
	const struct ticket *t = &o->ticket;
	bool is_theirs = false;
	int rc;

	if (t->requester_email[0] == '\0')
		return 0;
	rc = organisation_has_domain(
	    o->desk->tx, &o->organisation.id, email_domain(t->requester_email), &is_theirs, err);
	if (rc < 0 || !is_theirs)
		return rc;
	return contact_put(o->desk->tx,
	    &(struct contact){ id_new(o->desk->now), o->organisation.id, t->requester_email,
		t->requester_name, o->desk->now },
	    err);
}

static int
add_words(struct opening *o, struct err *err)
{
	const char *text = links_visible(tx_arena(o->desk->tx), o->wish->description);
	const struct message message = {
		.id = id_new(o->desk->now),
		.ticket = o->ticket.id,
		.is_public = true,
		.message_id = "",
		.from_email = o->ticket.requester_email,
		.from_name = o->ticket.requester_name,
		.subject = o->ticket.title,
		.text = text,
		.own = text,
		.at = o->desk->now,
		.external_id = DESCRIPTION,
	};

	return message_add(o->desk->tx, &message, NULL, err);
}

static void
begin(struct opening *o)
{
	struct desk *desk = o->desk;

	o->ticket = (struct ticket){
		.id = id_new(desk->now),
		.title = links_line(tx_arena(desk->tx), o->wish->title),
		.requester_email = "",
		.requester_name = links_line(tx_arena(desk->tx), o->wish->requester.name),
		.engineer_email = "",
		.engineer_name = "",
		.status = "open",
		.created = desk->now,
		.updated = desk->now,
		.source = API_SOURCE,
		.external_id = o->wish->external_id,
		.external_status = "",
		.external_url = "",
		.priority = links_line(tx_arena(desk->tx), o->wish->priority),
		.attributes = "",
		.external_at = desk->now,
	};
}

static int
prepare(struct opening *o, struct err *err)
{
	int rc;

	begin(o);
	*o->wrong = "/title";
	if (o->ticket.title[0] == '\0')
		return err_set(err, ERR_INVALID, "the title has no visible letter");
	*o->wrong = "/requester/email";
	rc = read_address(o->desk, o->wish->requester.email, &o->ticket.requester_email, err);
	if (rc == 0)
		rc = find_customer(o, err);
	if (rc == 0)
		rc = find_engineer(o, err);
	return rc < 0 ? rc : check_external(o, err);
}

int
api_open_ticket(struct desk *desk, const struct api_ticket *wish, struct id *out,
    const char **wrong, struct err *err)
{
	struct opening o = { .desk = desk, .wish = wish, .wrong = wrong };
	int rc = prepare(&o, err);

	if (rc < 0)
		return rc;
	*wrong = NULL;
	o.ticket.organisation = o.organisation.id;
	rc = ticket_add(desk->tx, &o.ticket, NULL, err);
	if (rc == 0)
		rc = add_words(&o, err);
	if (rc == 0)
		rc = keep_contact(&o, err);
	if (rc < 0)
		return rc;
	*out = o.ticket.id;
	return record_event(desk, &o.ticket.id,
	    &(struct record_change){ "ticket.opened", wish->by, NULL, o.ticket.title }, err);
}

/* --- a message ------------------------------------------------------------- */

static int
check_new(struct desk *desk, const struct message *message, const char **wrong, struct err *err)
{
	struct message before;
	int rc;

	if (message->external_id[0] == '\0')
		return 0;
	*wrong = "/external_id";
	rc = message_by_external(desk->tx, &message->ticket, message->external_id, &before, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc < 0
	    ? rc
	    : err_set(err, ERR_CONFLICT, "the ticket has a message with this external_id already");
}

int
api_add_message(struct desk *desk, const struct api_message *wish, struct id *out,
    const char **wrong, struct err *err)
{
	const char *text = links_visible(tx_arena(desk->tx), wish->text);
	struct message message = {
		.id = id_new(desk->now),
		.ticket = wish->ticket,
		.is_public = wish->is_public,
		.message_id = "",
		.from_name = links_line(tx_arena(desk->tx), wish->from.name),
		.subject = "",
		.text = text,
		.own = text,
		.at = desk->now,
		.external_id = wish->external_id[0] != '\0'
		    ? arena_printf(tx_arena(desk->tx), "message/%s", wish->external_id)
		    : "",
	};
	int rc;

	*wrong = "/text";
	if (text_is_blank(text))
		return err_set(err, ERR_INVALID, "the text has no visible letter");
	*wrong = "/from/email";
	rc = read_address(desk, wish->from.email, &message.from_email, err);
	if (rc == 0)
		rc = check_new(desk, &message, wrong, err);
	if (rc < 0)
		return rc;
	*wrong = NULL;
	*out = message.id;
	rc = message_add(desk->tx, &message, NULL, err);
	if (rc == 0)
		rc = ticket_touch(desk->tx, &wish->ticket, desk->now, err);
	if (rc == 0)
		rc = record_event(desk, &wish->ticket,
		    &(struct record_change){ "message.added", wish->by, NULL, message.from_email },
		    err);
	return rc < 0 || !wish->is_public
	    ? rc
	    : closing_heard(desk,
		  &(struct closing_words){ wish->ticket, message.from_email, desk->now }, err);
}
