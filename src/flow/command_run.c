/* command: what each one does. A command that cannot be done says why; nothing fails. */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/ask.h>
#include <assent/flow/notice.h>
#include <assent/flow/owner.h>

#include "flow/command_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

#define BULK_SCAN 500

static void
add_asks(struct desk *desk, const struct ask_result *result, struct transcript *transcript)
{
	struct arena *arena = tx_arena(desk->tx);

	for (size_t i = 0; i < result->count; i++) {
		const struct ask_line *line = &result->lines[i];
		json_t *ask = json_object();

		view_text(ask, "approver",
		    line->owner_name[0] != '\0' ? line->owner_name : line->owner_email);
		view_text(ask, "approver_email", line->owner_email);
		view_text(ask, "question", line->question);
		view_text(ask, "when", words_date(arena, desk->policy->zone, line->ask_at));
		view_text(ask, "cancel", "withdraw");
		view_text(ask, "title",
		    line->count > 1 ? arena_printf(arena, "%zu tickets in one mail", line->count)
				    : line->title);
		json_array_append_new(transcript->asks, ask);
	}
}

int
command_settle(const struct command_context *context, const struct command *command, int rc,
    const struct err *err)
{
	if (rc == 0)
		return 0;
	if (err_is_temporary(rc))
		return rc;
	transcript_line(context->transcript, command->line, false, err->text);
	return 0;
}

static int
run_ask_about(struct desk *desk, const struct command_context *context,
    const struct command *command, struct ask *ask)
{
	struct ask_result result;
	struct err why;
	int rc;

	ask->by = context->staff->email;
	ask->summary = "";
	ask->delay = desk->policy->send_delay;
	rc = ask_request(desk, ask, &result, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	add_asks(desk, &result, context->transcript);
	transcript_line(context->transcript, command->line, true,
	    arena_printf(tx_arena(desk->tx), "%zu question%s on the way", ask->ticket_count,
		ask->ticket_count == 1 ? "" : "s"));
	return 0;
}

static int
run_ask(struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct ask ask = {
		.tickets = context->ticket, .ticket_count = 1, .question = command->argument
	};

	return run_ask_about(desk, context, command, &ask);
}

static int
named_tickets(
    struct desk *desk, const char *argument, struct id *out, size_t *count, struct err *err)
{
	char *rest = arena_dup(tx_arena(desk->tx), argument), *word;

	while ((word = strsep(&rest, " ,;\t")) != NULL) {
		struct ticket ticket;
		int64_t ref;
		const char *digits = text_starts_nocase(word, "T-") ? word + 2 : word;

		if (*word == '\0')
			continue;
		if (!num_parse_within(digits, 1, INT64_MAX, &ref))
			return err_set(err, ERR_INVALID,
			    "\"%s\" is no ticket; write \"bulk: T-1001, T-1002\"", word);
		if (*count == (size_t)desk->policy->batch_max)
			return err_set(err, ERR_LIMIT, "more than %d tickets in one bulk mail",
			    desk->policy->batch_max);
		int rc = ticket_by_ref(desk->tx, ref, &ticket, err);
		if (rc < 0)
			return err_set(err, rc, "there is no ticket T-%lld", (long long)ref);
		out[(*count)++] = ticket.id;
	}
	return 0;
}

/* Without names: every ticket of this customer that nobody was asked about yet. */
static int
open_tickets(
    struct desk *desk, const struct id *ticket, struct id *out, size_t *count, struct err *err)
{
	struct ticket *list = NULL, self;
	size_t n = 0;
	int rc;

	if (ticket == NULL)
		return err_set(err, ERR_INVALID, "write \"bulk: T-1001, T-1002\"");
	rc = ticket_get(desk->tx, ticket, &self, err);
	if (rc == 0)
		rc = ticket_list(desk->tx, "open", BULK_SCAN, &list, &n, err);
	for (size_t i = n; rc == 0 && i > 0; i--)
		if (id_equal(&list[i - 1].organisation, &self.organisation) &&
		    *count < (size_t)desk->policy->batch_max)
			out[(*count)++] = list[i - 1].id;
	return rc;
}

static int
run_bulk(struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct id *tickets = arena_alloc(
	    tx_arena(desk->tx), ((size_t)desk->policy->batch_max + 1) * sizeof(*tickets));
	struct ask ask = { .tickets = tickets, .question = "" };
	struct err why;
	int rc;

	if (command->argument[0] != '\0')
		rc = named_tickets(desk, command->argument, tickets, &ask.ticket_count, &why);
	else
		rc = open_tickets(desk, context->ticket, tickets, &ask.ticket_count, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	return run_ask_about(desk, context, command, &ask);
}

static int
run_owner(struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct owner_change change = {
		.ticket = context->ticket,
		.email = command->argument,
		.by = context->staff->email,
		.evidence = context->arrival->sender.sentence,
	};
	struct err why;
	int rc = owner_change(desk, &change, &why);

	if (rc < 0)
		return command_settle(context, command, rc, &why);
	transcript_line(context->transcript, command->line, true,
	    arena_printf(tx_arena(desk->tx),
		"%s now decides; questions that are open stay with "
		"the one who was asked",
		command->argument));
	return 0;
}

/* It settles who will be asked, so it is kept like a change of owner (invariant 13). */
static int
record_customer(struct desk *desk, const struct command_context *context,
    const struct organisation *organisation, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "organisation", organisation->key },
		{ "by", context->staff->email },
		{ "evidence", context->arrival->sender.sentence },
	};
	int rc = record_event(desk, context->ticket,
	    &(struct record_change){
		"ticket.customer", context->staff->email, NULL, organisation->key },
	    err);

	if (rc < 0)
		return rc;
	return record_ledger(desk,
	    &(struct record_entry){ "customer", *context->ticket, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

/* The owner of another customer would answer, or be shown, what is not his. */
static int
check_may_move(struct desk *desk, const struct id *ticket, struct err *err)
{
	struct approval_filter filter = { .ticket = *ticket, .only_open = true, .max = 1 };
	struct approval *open;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &open, &n, err);

	if (rc < 0 || n == 0)
		return rc;
	return err_set(err, ERR_CONFLICT,
	    "not done: a question about this ticket is open; write \"withdraw\" first");
}

static int
run_customer(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct organisation organisation;
	struct err why;
	int rc = organisation_by_key(desk->tx, command->argument, &organisation, &why);

	if (rc == ERR_NOT_FOUND)
		err_set(&why, rc, "no customer has the key \"%s\"", command->argument);
	if (rc == 0)
		rc = check_may_move(desk, context->ticket, &why);
	if (rc == 0)
		rc = ticket_set_organisation(
		    desk->tx, context->ticket, &organisation.id, desk->now, &why);
	if (rc == 0)
		rc = record_customer(desk, context, &organisation, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	transcript_line(context->transcript, command->line, true,
	    arena_printf(tx_arena(desk->tx), "the ticket belongs to %s; %s decides",
		organisation.name,
		organisation.owner_email[0] != '\0' ? organisation.owner_email : "nobody yet"));
	return 0;
}

static int
run_withdraw(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct approval_filter filter = {
		.ticket = *context->ticket, .only_open = true, .max = 100
	};
	struct approval *open;
	struct err why;
	size_t n = 0;
	int rc = approval_list(desk->tx, &filter, &open, &n, &why);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = ask_withdraw(desk, &open[i], context->staff->email, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	transcript_line(context->transcript, command->line, n > 0,
	    n > 0 ? "withdrawn; nobody needs to answer any more"
		  : "there is no open question on this ticket");
	return 0;
}

static int
run_status(struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct approval_filter filter = { .ticket = *context->ticket, .max = 10 };
	struct arena *arena = tx_arena(desk->tx);
	struct approval *list;
	struct err why;
	size_t n = 0;
	int rc = approval_list(desk->tx, &filter, &list, &n, &why);

	if (rc < 0)
		return command_settle(context, command, rc, &why);
	if (n == 0)
		transcript_line(context->transcript, command->line, true,
		    "nobody was asked about this ticket yet");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct matter m;
		rc = matter_load(desk, &list[i].id, &m, &why);
		if (rc == 0)
			transcript_line(context->transcript, command->line, true,
			    arena_printf(arena, "\"%s\" to %s: %s", m.approval.question,
				m.ballot.person_email, approval_state_name(m.approval.state)));
	}
	return rc < 0 ? command_settle(context, command, rc, &why) : 0;
}

static int
run_delegate(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct approval_filter filter = {
		.ticket = *context->ticket, .only_open = true, .max = 100
	};
	const struct handover handover = { command->argument, context->staff->email,
		context->arrival->sender.sentence };
	struct approval *open;
	struct err why;
	size_t n = 0;
	int rc = approval_list(desk->tx, &filter, &open, &n, &why);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = handover_do(desk, &open[i].id, &handover, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	transcript_line(context->transcript, command->line, n > 0,
	    n > 0 ? arena_printf(tx_arena(desk->tx), "%s is asked instead", command->argument)
		  : "there is no open question on this ticket");
	return 0;
}

/* clang-format off */
static const struct {
	int (*run)(struct desk *, const struct command_context *, const struct command *);
	bool needs_ticket;
} runs[] = {
	[CMD_ASK]	= { run_ask,		true },
	[CMD_OWNER]	= { run_owner,		true },
	[CMD_CUSTOMER]	= { run_customer,	true },
	[CMD_BULK]	= { run_bulk,		false },
	[CMD_WITHDRAW]	= { run_withdraw,	true },
	[CMD_STATUS]	= { run_status,		true },
	[CMD_DELEGATE]	= { run_delegate,	true },
	[CMD_FINDING]	= { command_finding,	true },
	[CMD_FIX]	= { command_fix,	true },
	[CMD_TASK]	= { command_task,	true },
	[CMD_ANSWER]	= { command_answer,	true },
	[CMD_SKIP]	= { command_skip,	true },
	[CMD_RESOLVE]	= { command_close,	true },
	[CMD_ESCALATE]	= { command_close,	true },
	[CMD_PAUSE]	= { command_close,	true },
	[CMD_RESUME]	= { command_close,	true },
	[CMD_REOPEN]	= { command_close,	true },
	[CMD_SPENT]	= { command_spent,	true },
};
/* clang-format on */

int
command_run(struct desk *desk, const struct command_context *context, const struct command *command,
    struct err *err)
{
	int rc;

	if (runs[command->kind].needs_ticket && context->ticket == NULL) {
		transcript_line(context->transcript, command->line, false,
		    "this mail belongs to no ticket; answer in a ticket's thread");
		return 0;
	}
	rc = runs[command->kind].run(desk, context, command);
	return rc < 0 ? err_set(err, rc, "command \"%s\" failed", command->line) : 0;
}
