/* command: what an engineer says about a ticket as a whole. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>

#include "flow/command_priv.h"

/* clang-format off */
static const struct {
	enum ticket_event act;
	const char *what;
} acts[] = {
	[CMD_RESOLVE]	= { TICKET_DO_RESOLVE,	"resolved; the notes are being written" },
	[CMD_ESCALATE]	= { TICKET_DO_ESCALATE,	"handed over" },
	[CMD_PAUSE]	= { TICKET_DO_PAUSE,	"paused; \"resume\" takes it up again" },
	[CMD_RESUME]	= { TICKET_DO_RESUME,	"taken up again" },
	[CMD_REOPEN]	= { TICKET_DO_REOPEN,	"open again" },
};
/* clang-format on */

static const char *
tell_open(struct desk *desk, const struct closing_done *done)
{
	if (done->open_count == 0)
		return "";
	return arena_printf(tx_arena(desk->tx), "; %zu task%s still open", done->open_count,
	    done->open_count == 1 ? " is" : "s are");
}

int
command_close(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	const struct closing_wish wish = {
		.ticket = *context->ticket,
		.act = acts[command->kind].act,
		.by = context->staff->email,
		.comment = command_whole(desk, command),
		.spent = "",
		.to = command->person,
	};
	struct arena *arena = tx_arena(desk->tx);
	bool handed = wish.act == TICKET_DO_ESCALATE;
	struct closing_done done;
	const char *wrong;
	struct err why;
	int rc = closing_do(desk, &wish, &done, &wrong, &why);

	if (rc < 0)
		return command_settle(context, command, rc, &why);
	transcript_line(context->transcript, command->line, true,
	    arena_printf(arena, "%s%s%s%s", acts[command->kind].what, handed ? " to " : "",
		handed ? done.ticket.engineer_email : "", tell_open(desk, &done)));
	return 0;
}

int
command_spent(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	const struct closing_wish wish = {
		.ticket = *context->ticket,
		.by = context->staff->email,
		.comment = "",
		.spent = command->argument,
	};
	char text[TICKET_SPENT_SIZE];
	struct closing_done done;
	const char *wrong;
	struct err why;
	int rc = closing_spend(desk, &wish, &done, &wrong, &why);

	if (rc < 0)
		return command_settle(context, command, rc, &why);
	transcript_line(context->transcript, command->line, true,
	    arena_printf(
		tx_arena(desk->tx), "%s in all now", ticket_spent_text(done.ticket.spent, text)));
	return 0;
}
