/* command: what an engineer writes down about a ticket. */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/memory.h>
#include <assent/model/memory.h>

#include "flow/command_priv.h"

#include <string.h>

#define WRAPPED 50 /* a first line as long as this was wrapped by the mail program */
#define SHOWN 120

const char *
command_whole(struct desk *desk, const struct command *command)
{
	char *text =
	    arena_printf(tx_arena(desk->tx), "%s\n%s", command->argument, command->further);

	return text_trim(text);
}

static void
said(const struct command_context *context, const struct command *command, const char *text)
{
	transcript_line(context->transcript, command->line, true, text);
}

static const char *
shown(struct desk *desk, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(8 * SHOWN);

	utf8_add_line(&out, text, SHOWN);
	return arena_dup(tx_arena(desk->tx), str_text(&out));
}

int
command_finding(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	const struct finding_wish wish = { *context->ticket, "", command_whole(desk, command),
		"mail", context->staff->email };
	struct finding finding;
	const char *wrong;
	struct err why;
	int rc = finding_put(desk, &wish, &finding, &wrong, &why);

	if (rc < 0)
		return command_settle(context, command, rc, &why);
	said(context, command,
	    arena_printf(tx_arena(desk->tx), "noted as finding %lld", (long long)finding.n));
	return 0;
}

enum read {
	NONE,
	TAKEN,
	WRONG,
};

/* "… (80%)" at the end: cut off, and *out set. WRONG for a number that is no confidence. */
static enum read
take_confidence(char *text, int64_t *out)
{
	size_t n = strlen(text);
	char *open = strrchr(text, '('), *end;
	size_t digits;

	if (n < 2 || text[n - 1] != ')' || open == NULL)
		return NONE;
	digits = strspn(open + 1, "0123456789");
	end = open + 1 + digits;
	while (*end == ' ')
		end++;
	if (digits == 0 || strcmp(end, "%)") != 0)
		return NONE;
	open[1 + digits] = '\0';
	if (!num_parse_within(open + 1, 0, 100, out))
		return WRONG;
	*open = '\0';
	return TAKEN;
}

/* One line stands for itself; a short first line is the title of what follows. */
static void
part(struct desk *desk, char *text, struct fix_wish *wish)
{
	struct arena *arena = tx_arena(desk->tx);
	size_t first = strcspn(text, "\n");
	bool one = text[first] == '\0';

	wish->title = text;
	wish->description = "";
	if (!one && first < WRAPPED) {
		wish->title = arena_dup_n(arena, text, first);
		wish->description = text + first + 1;
	} else if (strlen(text) > FIX_TITLE_MAX) {
		wish->title = shown(desk, text);
		wish->description = text;
	}
}

/* Title, description and confidence, which stands at the end of all or of the title. */
static enum read
read_fix(struct desk *desk, char *text, struct fix_wish *wish)
{
	enum read found = take_confidence(text, &wish->confidence);
	size_t first = strcspn(text, "\n");

	if (found == NONE && text[first] != '\0') {
		char *title = arena_dup_n(tx_arena(desk->tx), text, first);

		found = take_confidence(text_trim(title), &wish->confidence);
		if (found == TAKEN && strlen(title) <= FIX_TITLE_MAX) {
			wish->title = text_trim(title);
			wish->description = text_trim(text + first);
			return found;
		}
	}
	part(desk, text_trim(text), wish);
	return found;
}

int
command_fix(struct desk *desk, const struct command_context *context, const struct command *command)
{
	struct fix_wish wish = { .ticket = *context->ticket,
		.confidence = FIX_CONFIDENCE,
		.by = context->staff->email };
	char *text = arena_dup(tx_arena(desk->tx), command_whole(desk, command));
	const char *wrong;
	struct err why;
	struct fix fix;
	int rc;

	if (read_fix(desk, text, &wish) == WRONG) {
		transcript_line(context->transcript, command->line, false,
		    "a confidence is a number from 0 to 100, such as (80%)");
		return 0;
	}
	rc = fix_suggest(desk, &wish, &fix, &wrong, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	said(context, command,
	    arena_printf(tx_arena(desk->tx),
		"fix %lld is now the suggested one, at %lld%% confidence", (long long)fix.n,
		(long long)fix.confidence));
	return 0;
}

int
command_task(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	const char *text = command_whole(desk, command);
	const struct task_wish wish = { *context->ticket, task_kind_of(text), text,
		context->staff->email };
	const char *wrong;
	struct task task;
	struct err why;
	int rc = task_put(desk, &wish, &task, &wrong, &why);

	if (rc < 0)
		return command_settle(context, command, rc, &why);
	said(context, command,
	    text_is(task.kind, "question")
		? arena_printf(tx_arena(desk->tx),
		      "open question %lld; \"answer %lld: …\" answers it", (long long)task.n,
		      (long long)task.n)
		: arena_printf(tx_arena(desk->tx), "task %lld; \"answer %lld: done\" settles it",
		      (long long)task.n, (long long)task.n));
	return 0;
}

static int
settle_task(struct desk *desk, const struct command_context *context, const struct command *command,
    enum task_state state)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *answer = command_whole(desk, command), *wrong;
	const struct task_change change = { NULL, *answer != '\0' ? answer : NULL,
		task_state_name(state), context->staff->email };
	const struct memory_name name = { *context->ticket,
		arena_printf(arena, "%lld", (long long)command->number) };
	struct task task = { .n = 0 };
	struct err why;
	int rc = task_named(desk, &name, &task, &why);

	if (rc == 0)
		rc = task_change(desk, &task, &change, &wrong, &why);
	if (rc < 0)
		return command_settle(context, command, rc, &why);
	said(context, command,
	    arena_printf(arena, "\"%s\" is %s", shown(desk, task.text), task.state));
	return 0;
}

int
command_answer(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	return settle_task(desk, context, command, TASK_ANSWERED);
}

int
command_skip(
    struct desk *desk, const struct command_context *context, const struct command *command)
{
	return settle_task(desk, context, command, TASK_SKIPPED);
}
