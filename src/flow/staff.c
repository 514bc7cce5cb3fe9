/* staff: engineers put the desk in Cc, and tell it what to do. */
#include <assent/base/str.h>
#include <assent/flow/links.h>
#include <assent/flow/notice.h>

#include "flow/command_priv.h"
#include "flow/intake_priv.h"
#include "flow/record.h"
#include "flow/relay_priv.h"

#include <string.h>

static const char *
plain_title(struct arena *arena, const char *subject)
{
	static const char *const prefixes[] = { "re:", "fwd:", "fw:", "aw:", "wg:", "sv:", "tr:" };
	char *title = text_trim(arena_dup(arena, subject));
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
			if (!text_starts_nocase(title, prefixes[i]))
				continue;
			title = text_trim(title + strlen(prefixes[i]));
			again = true;
		}
	}
	return *title != '\0' ? title : "(no subject)";
}

static int
keep_contacts(struct desk *desk, const struct letter *letter,
    const struct organisation *organisation, struct err *err)
{
	const struct address_list *lists[] = { &letter->to, &letter->cc };
	int rc = 0;

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; rc == 0 && i < lists[k]->count; i++) {
			const struct address *a = &lists[k]->items[i];
			bool ours;
			rc = organisation_has_domain(
			    desk->tx, &organisation->id, email_domain(a->email), &ours, err);
			if (rc == 0 && ours && !links_is_own(desk, a->email))
				rc = contact_put(desk->tx,
				    &(struct contact){ id_new(desk->now), organisation->id,
					a->email, a->name, desk->now },
				    err);
		}
	return rc;
}

/* The customer comes from the addresses; only a vouched mail makes its people known contacts. */
static int
find_customer(struct desk *desk, struct arrival *arrival, struct ticket *ticket, struct err *err)
{
	struct organisation organisation;
	const struct address *who;
	int rc = arrival_organisation(desk, arrival->letter, &organisation, &who, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	ticket->organisation = organisation.id;
	ticket->requester_email = who->email;
	ticket->requester_name = who->name;
	if (arrival->sender.verdict != SENDER_VOUCHED)
		return 0;
	return keep_contacts(desk, arrival->letter, &organisation, err);
}

static int
open_ticket(struct desk *desk, struct arrival *arrival, const struct staff *staff,
    struct ticket *ticket, struct err *err)
{
	int rc;

	*ticket = (struct ticket){
		.id = id_new(desk->now),
		.title = plain_title(tx_arena(desk->tx), arrival->letter->subject),
		.requester_email = "",
		.requester_name = "",
		.engineer_email = staff->email,
		.engineer_name = staff->name,
		.status = "open",
		.created = desk->now,
		.updated = desk->now,
	};
	rc = find_customer(desk, arrival, ticket, err);
	if (rc == 0)
		rc = ticket_add(desk->tx, ticket, &ticket->ref, err);
	if (rc < 0)
		return rc;
	arrival->target.ticket = ticket->id;
	arrival->opened = true;
	return record_event(desk, &ticket->id,
	    &(struct record_change){ "ticket.opened", staff->email, NULL, ticket->title }, err);
}

static int
opened_line(
    struct desk *desk, const struct ticket *ticket, struct transcript *transcript, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct organisation organisation;
	const char *name = arena_printf(arena, "T-%lld", (long long)ticket->ref);
	int rc;

	if (id_is_null(&ticket->organisation)) {
		transcript_line(transcript, name, false,
		    "opened, but no customer's address is in the mail; answer with "
		    "\"customer: KEY\"");
		return 0;
	}
	rc = organisation_get(desk->tx, &ticket->organisation, &organisation, err);
	if (rc < 0)
		return rc;
	bool owned = organisation.owner_email[0] != '\0';
	transcript_line(transcript, name, owned,
	    arena_printf(arena, "opened for %s; %s decides. A line \"ask\" puts the question.",
		organisation.name, owned ? organisation.owner_email : "nobody yet"));
	return 0;
}

static int
run_all(struct desk *desk, const struct command_context *context,
    const struct command_list *commands, struct err *err)
{
	bool vouched = context->arrival->sender.verdict == SENDER_VOUCHED;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < commands->count; i++) {
		if (vouched && !context->arrival->letter->parts_disagree)
			rc = command_run(desk, context, &commands->items[i], err);
		else if (vouched)
			transcript_line(context->transcript, commands->items[i].line, false,
			    "not done: the two forms of your mail, plain and formatted, say "
			    "different things");
		else
			transcript_line(context->transcript, commands->items[i].line, false,
			    "not done: no mail server vouched that this mail is yours "
			    "(the operator sets \"trust\")");
	}
	return rc;
}

static json_t *
transcript_view(struct desk *desk, const struct staff *staff, const struct command_list *commands,
    struct transcript *transcript)
{
	json_t *view = json_object();

	view_text(view, "engineer", staff->name);
	view_text(view, "engineer_email", staff->email);
	view_text(view, "agent_email", desk->policy->agent_email);
	json_object_set(view, "lines", transcript->lines);
	json_object_set(view, "asks", transcript->asks);
	if (commands->more)
		json_object_set_new(view, "unread", json_true());
	return view;
}

static int
send_transcript(struct desk *desk, struct arrival *arrival, const struct staff *staff, json_t *view,
    struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct arena *arena = tx_arena(desk->tx);
	struct notice notice = {
		.kind = "transcript",
		.to_email = staff->email,
		.to_name = staff->name,
		.view = view,
		.in_reply_to = letter->message_id,
		.replied = true,
		.doubtful = arrival->sender.verdict != SENDER_VOUCHED,
	};
	struct ticket ticket;

	if (!id_is_null(&arrival->target.ticket) &&
	    ticket_get(desk->tx, &arrival->target.ticket, &ticket, NULL) == 0) {
		int rc = notice_thread(desk, &ticket, &notice, err);
		if (rc < 0) {
			json_decref(view);
			return rc;
		}
		view_text(view, "mark", notice_mark(desk, ticket.ref));
		view_text(view, "title", ticket.title);
	} else {
		notice.subject = arena_printf(arena, "Re: %s", plain_title(arena, letter->subject));
		notice.references = letter->message_id;
	}
	notice.in_reply_to = letter->message_id;
	return notice_send(desk, &notice, NULL, err);
}

/*
 * A customer chooses the subject of his mail, and an engineer who forwards it
 * keeps it: a mark must not lead to the ticket of another customer.
 */
static int
forget_foreign_mark(struct desk *desk, struct arrival *arrival, struct err *err)
{
	struct organisation organisation;
	const struct address *who;
	struct ticket ticket;
	int rc;

	if (!arrival->target.by_mark)
		return 0;
	rc = ticket_get(desk->tx, &arrival->target.ticket, &ticket, err);
	if (rc < 0 || id_is_null(&ticket.organisation))
		return rc;
	rc = arrival_organisation(desk, arrival->letter, &organisation, &who, err);
	if (rc == 0 && !id_equal(&ticket.organisation, &organisation.id))
		arrival->target = (struct target){ .kind = TARGET_NONE };
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Mail that only commands, in a thread of its own, opens no ticket. */
static int
place(struct desk *desk, const struct command_context *context, const struct command_list *commands,
    struct err *err)
{
	struct arrival *arrival = context->arrival;
	const struct arrival_text text = {
		command_strip(tx_arena(desk->tx), arrival->letter->text, commands),
		command_strip(tx_arena(desk->tx), arrival->letter->reply, commands),
	};
	struct ticket ticket;
	int rc = forget_foreign_mark(desk, arrival, err);

	if (rc < 0)
		return rc;
	if (!id_is_null(&arrival->target.ticket))
		return arrival_add_message(desk, arrival, &arrival->target.ticket, &text, err);
	if (commands->only && text_is_blank(text.text))
		return 0;
	rc = open_ticket(desk, arrival, context->staff, &ticket, err);
	if (rc == 0)
		rc = opened_line(desk, &ticket, context->transcript, err);
	return rc < 0 ? rc : arrival_add_message(desk, arrival, &ticket.id, &text, err);
}

static int
take_commands(struct desk *desk, struct arrival *arrival, const struct staff *staff,
    struct transcript *transcript, struct err *err)
{
	struct command_list commands;
	struct command_context context = { arrival, staff, NULL, transcript };
	int rc;

	command_read(tx_arena(desk->tx), arrival->letter->reply, &commands);
	rc = place(desk, &context, &commands, err);
	if (rc < 0)
		return err_wrap(err, rc, "the ticket could not be written");
	if (!id_is_null(&arrival->target.ticket))
		context.ticket = &arrival->target.ticket;
	rc = run_all(desk, &context, &commands, err);
	if (rc == 0)
		rc = relay_answer(desk, &context,
		    command_strip(tx_arena(desk->tx), arrival->letter->reply, &commands), err);
	if (rc < 0)
		return rc;
	arrival_file(arrival, "done",
	    arena_printf(tx_arena(desk->tx), "from staff: %zu command%s", commands.count,
		commands.count == 1 ? "" : "s"));
	if (json_array_size(transcript->lines) == 0)
		return 0;
	return send_transcript(
	    desk, arrival, staff, transcript_view(desk, staff, &commands, transcript), err);
}

int
staff_take(struct desk *desk, struct arrival *arrival, const struct staff *staff, struct err *err)
{
	struct transcript transcript;
	int rc;

	if (arrival->sender.verdict == SENDER_FAILED) {
		arrival_file(arrival, "filed",
		    arena_printf(tx_arena(desk->tx), "not believed to be from staff: %s",
			arrival->sender.sentence));
		return 0;
	}
	transcript.lines = json_array();
	transcript.asks = json_array();
	rc = take_commands(desk, arrival, staff, &transcript, err);
	json_decref(transcript.lines);
	json_decref(transcript.asks);
	return rc;
}
