/* Verbs about a ticket as a whole: resolved, handed over, laid aside. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/model/ticket.h>

static void
print_open(const json_t *tasks)
{
	static const struct look_column columns[] = {
		{ "N", "n", LOOK_TEXT },
		{ "KIND", "kind", LOOK_TEXT },
		{ "TASK", "text", LOOK_TEXT },
		{ "So far", "answer", LOOK_BODY },
		{ NULL, NULL, LOOK_TEXT },
	};

	if (json_array_size(tasks) == 0)
		return;
	look_heading("Still open");
	look_table(tasks, columns, "");
}

static void
print_documents(const json_t *documents)
{
	const json_t *document;
	const char *kind;

	json_object_foreach((json_t *)(uintptr_t)documents, kind, document)
	{
		printf("The %s: %s.\n", kind, look_string(document, "status"));
	}
}

static void
print_done(const json_t *out)
{
	int64_t spent = json_integer_value(json_object_get(out, "spent"));
	char text[TICKET_SPENT_SIZE];

	printf("%s is %s", look_string(out, "ticket"), look_string(out, "status"));
	if (json_object_get(out, "to"))
		printf(", handed to %s", look_string(out, "to"));
	if (spent > 0)
		printf("; %s spent", ticket_spent_text(spent, text));
	printf(".\n");
	if (json_object_get(out, "withdrawn"))
		printf("Withdrawn questions: %lld.\n",
		    (long long)json_integer_value(json_object_get(out, "withdrawn")));
	print_documents(json_object_get(out, "documents"));
	print_open(json_object_get(out, "open"));
}

/* Takes the arguments. */
static int
run(struct cli *cli, const char *verb, json_t *arguments)
{
	struct control_answer answer;
	int rc;

	json_object_set_new(arguments, "ticket", cli_json_text(cli->words[0]));
	cli_take_text(cli, arguments, "comment", "--comment");
	rc = control_verb(cli, verb, arguments, &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	print_done(answer.out);
	json_decref(answer.out);
	return CLI_OK;
}

static int
close_it(struct cli *cli, const char *verb, json_t *arguments)
{
	cli_take_text(cli, arguments, "spent", "--spent");
	return run(cli, verb, arguments);
}

int
verb_ticket_resolve(struct cli *cli)
{
	json_t *arguments = json_object();

	if (cli_flag(cli, "--withdraw"))
		json_object_set_new(arguments, "withdraw", json_true());
	return close_it(cli, "ticket.resolve", arguments);
}

int
verb_ticket_escalate(struct cli *cli)
{
	json_t *arguments = json_object();

	cli_take_text(cli, arguments, "to", "--to");
	return close_it(cli, "ticket.escalate", arguments);
}

int
verb_ticket_pause(struct cli *cli)
{
	return close_it(cli, "ticket.pause", json_object());
}

int
verb_ticket_resume(struct cli *cli)
{
	return close_it(cli, "ticket.resume", json_object());
}

int
verb_ticket_reopen(struct cli *cli)
{
	return close_it(cli, "ticket.reopen", json_object());
}

int
verb_ticket_spent(struct cli *cli)
{
	return run(cli, "ticket.spent", json_pack("{s:o}", "spent", cli_json_text(cli->words[1])));
}
