/* arrival: what intake does with a letter whoever sent it. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/links.h>
#include <assent/flow/notice.h>

#include "flow/answers.h"
#include "flow/intake_priv.h"
#include "flow/record.h"

#include <string.h>

#define EXPLAIN_AGAIN (30 * MS_DAY)

const char *
email_domain(const char *email)
{
	const char *at = strrchr(email, '@');

	return at != NULL ? at + 1 : "";
}

static int
add_attachments(
    struct desk *desk, const struct letter *letter, const struct id *message, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < letter->attachment_count; i++) {
		const struct attachment *a = &letter->attachments[i];
		struct stored_attachment row = { *message, a->name, a->type, a->size, { 0 } };
		memcpy(row.sha256, a->sha256, SHA256_SIZE);
		rc = attachment_add(desk->tx, &row, err);
	}
	return rc;
}

/*
 * Where somebody can vouch for senders, a letter that nobody vouches for may
 * open a ticket, but puts no words into a question that others ask.
 */
static bool
is_heard(const struct desk *desk, const struct arrival *arrival)
{
	return arrival->opened || desk->policy->trust == TRUST_NONE ||
	    arrival->sender.verdict == SENDER_VOUCHED;
}

int
arrival_add_message(struct desk *desk, struct arrival *arrival, const struct id *ticket,
    const struct arrival_text *text, struct err *err)
{
	const struct letter *letter = arrival->letter;
	bool words =
	    (!text_is_blank(text->text) || letter->attachment_count > 0) && is_heard(desk, arrival);
	struct message message = {
		.id = id_new(desk->now),
		.ticket = *ticket,
		/* Commands alone are nobody's words; kept only so that threads are found. */
		.is_public = words,
		.message_id = letter->message_id,
		.from_email = arrival->sender.email,
		.from_name = letter->from.count > 0 ? letter->from.items[0].name : "",
		.subject = letter->subject,
		.text = text->text,
		.own = text->own,
		.inbound = arrival->inbound->id,
		.at = letter->date != 0 && letter->date < desk->now ? letter->date : desk->now,
	};
	int rc = message_add(desk->tx, &message, NULL, err);

	arrival->inbound->ticket = *ticket;
	if (rc == 0 && words)
		rc = add_attachments(desk, letter, &message.id, err);
	if (rc == 0 && words)
		rc = ticket_touch(desk->tx, ticket, desk->now, err);
	if (rc == 0 && words)
		rc = record_event(desk, ticket,
		    &(struct record_change){
			"message.added", arrival->sender.email, NULL, letter->subject },
		    err);
	return rc < 0 || !words
	    ? rc
	    : closing_heard(
		  desk, &(struct closing_words){ *ticket, arrival->sender.email, desk->now }, err);
}

int
often_enough(struct desk *desk, const struct often *often, bool *out, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	char text[ID_TEXT_SIZE];
	const char *about = id_text(often->about, text);
	const struct answers_limit hour = { arena_printf(arena, "%s:%s", often->what, about),
		often->max, MS_HOUR };
	const struct answers_limit day = { arena_printf(arena, "%s-day:%s", often->what, about),
		often->a_day, MS_DAY };
	int rc = answers_take(desk, &hour, out, err);

	return rc < 0 || !*out || often->a_day == 0 ? rc : answers_take(desk, &day, out, err);
}

int
arrival_explain(struct desk *desk, struct arrival *arrival, const char *reason, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *email = arrival->sender.email;
	struct notice notice = { .kind = "not-understood",
		.replied = true,
		.doubtful = arrival->sender.verdict != SENDER_VOUCHED };
	struct contact contact;
	struct staff staff;
	bool first_time;
	int rc;

	if (email[0] == '\0' || arrival->sender.verdict == SENDER_FAILED)
		return 0;
	bool is_staff = staff_by_email(desk->tx, email, &staff, NULL) == 0;
	if (!is_staff && contact_by_email(desk->tx, email, &contact, NULL) < 0)
		return 0; /* never mail a stranger because a stranger's mail said so */
	rc = answered_first(desk->tx, arena_printf(arena, "explain:%s:%s", email, reason),
	    desk->now - EXPLAIN_AGAIN, desk->now, &first_time, err);
	if (rc < 0 || !first_time)
		return rc;
	notice.view = json_object();
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	view_text(notice.view, "name", is_staff ? staff.name : contact.name);
	view_text(notice.view, "title", arrival->letter->subject);
	view_text(notice.view, "reason", reason);
	if (is_staff)
		json_object_set_new(notice.view, "staff", json_true());
	notice.to_email = email;
	notice.in_reply_to = arrival->letter->message_id;
	notice.references = arrival->letter->message_id;
	notice.subject = arena_printf(arena, "Re: %s", arrival->letter->subject);
	return notice_send(desk, &notice, NULL, err);
}

struct org_search {
	struct organisation *out;
	const struct address **who;
	bool found;
};

static int
try_address(
    struct desk *desk, const struct address *address, struct org_search *search, struct err *err)
{
	struct organisation organisation;
	struct staff staff;
	int rc;

	if (search->found || address->email[0] == '\0' || links_is_own(desk, address->email) ||
	    staff_by_email(desk->tx, address->email, &staff, NULL) == 0)
		return 0;
	rc = organisation_by_domain(desk->tx, email_domain(address->email), &organisation, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	search->found = true;
	*search->out = organisation;
	*search->who = address;
	return 0;
}

static bool
is_address_char(char c)
{
	return c != '\0' && strchr("<>()[]{}\"',;: \t\r\n", c) == NULL;
}

/* Addresses in the text: an engineer's mail quotes the customer's. */
static int
try_text(struct desk *desk, const char *text, struct org_search *search, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	int tries = 200, rc = 0;

	for (const char *at = strchr(text, '@'); rc == 0 && at != NULL && tries-- > 0;
	     at = strchr(at + 1, '@')) {
		const char *start = at, *end = at + 1;
		while (start > text && is_address_char(start[-1]))
			start--;
		while (is_address_char(*end))
			end++;
		while (end > at && end[-1] == '.')
			end--;
		if (start == at || end == at + 1 || end - start > 254)
			continue;
		struct address *address = arena_alloc(arena, sizeof(*address));
		char *email = arena_dup_n(arena, start, (size_t)(end - start));
		text_lower(email);
		*address = (struct address){ "", email };
		rc = try_address(desk, address, search, err);
	}
	return rc;
}

int
arrival_organisation(struct desk *desk, const struct letter *letter, struct organisation *out,
    const struct address **who, struct err *err)
{
	const struct address_list *lists[] = { &letter->from, &letter->to, &letter->cc };
	struct org_search search = { .out = out, .who = who };
	int rc = 0;

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; rc == 0 && i < lists[k]->count; i++)
			rc = try_address(desk, &lists[k]->items[i], &search, err);
	if (rc == 0 && !search.found)
		rc = try_text(desk, letter->text, &search, err);
	if (rc < 0)
		return rc;
	return search.found ? 0 : err_set(err, ERR_NOT_FOUND, "no customer's domain in the mail");
}
