/* Verbs that ask, take back and remind. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/utf8.h>
#include <assent/base/zone.h>

#define SUMMARY_MAX ((size_t)64 << 10)

/* --- request ----------------------------------------------------------- */

static int
take_summary(struct cli *cli, json_t *arguments)
{
	const char *file = cli_text(cli, "--summary");
	AUTO(str_donep) struct str text = STR_INIT(SUMMARY_MAX);
	struct err err = { 0 };

	if (!file)
		return CLI_OK;
	if (cli_read_file(file, &text, &err) < 0)
		return cli_fail(cli, &err);
	if (!utf8_is_valid(str_text(&text), text.len))
		return cli_error(cli, ERR_INVALID, "%s: not UTF-8 text", file);
	if (text_is_blank(str_text(&text)))
		return cli_error(cli, ERR_INVALID, "%s: the summary is empty", file);
	json_object_set_new(arguments, "summary", json_string(str_text(&text)));
	return CLI_OK;
}

static int
take_arguments(struct cli *cli, json_t *arguments)
{
	const char *question = cli_text(cli, "--question"), *ticket;
	json_t *tickets = json_array();

	json_object_set_new(arguments, "tickets", tickets);
	for (size_t i = 0; (ticket = cli_list(cli, "--ticket", i)); i++)
		json_array_append_new(tickets, cli_json_text(ticket));
	if (json_array_size(tickets) == 0)
		return cli_usage(cli, "'approval request' needs --ticket");
	if (question)
		json_object_set_new(arguments, "question", cli_json_text(question));
	return take_summary(cli, arguments);
}

static void
print_line(const json_t *line)
{
	AUTO(str_donep) struct str owner = STR_INIT(2000), when = STR_INIT(100);
	json_int_t n = json_integer_value(json_object_get(line, "count"));

	look_add_cell(&owner, line, "owner", LOOK_TEXT);
	look_add_cell(&when, line, "ask_at", LOOK_TIME);
	if (n == 1)
		printf("%s is asked, from %s on.\n", str_text(&owner), str_text(&when));
	else
		printf("%s is asked about %lld tickets in one mail, from %s on.\n",
		    str_text(&owner), (long long)n, str_text(&when));
	printf("  approval %s\n", look_string(line, "approval"));
}

int
verb_approval_request(struct cli *cli)
{
	json_t *arguments = json_object(), *line;
	struct control_answer answer;
	size_t i;
	int rc = take_arguments(cli, arguments);

	if (rc != CLI_OK) {
		json_decref(arguments);
		return rc;
	}
	rc = control_verb(cli, "approval.request", arguments, &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	json_array_foreach(json_object_get(answer.out, "asked"), i, line)
	{
		print_line(line);
	}
	json_decref(answer.out);
	control_print_when(&answer);
	return CLI_OK;
}

/* --- withdraw, remind -------------------------------------------------- */

static int
run_on_approval(struct cli *cli, const char *verb, struct control_answer *answer)
{
	char text[ID_TEXT_SIZE];
	struct id id;
	int rc = look_id(cli, FIND_APPROVAL, cli->words[0], &id);

	if (rc != CLI_OK)
		return rc;
	return control_verb(cli, verb, json_pack("{s:s}", "approval", id_text(&id, text)), answer);
}

int
verb_approval_withdraw(struct cli *cli)
{
	struct control_answer answer;
	int rc = run_on_approval(cli, "approval.withdraw", &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("The question is withdrawn.\n");
	json_decref(answer.out);
	control_print_when(&answer);
	return CLI_OK;
}

int
verb_approval_remind(struct cli *cli)
{
	AUTO(str_donep) struct str person = STR_INIT(2000);
	struct control_answer answer;
	int rc = run_on_approval(cli, "approval.remind", &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	look_add_cell(&person, answer.out, "reminded", LOOK_TEXT);
	printf("%s is reminded.\n", str_text(&person));
	json_decref(answer.out);
	control_print_when(&answer);
	return CLI_OK;
}

int
verb_approval_delegate(struct cli *cli)
{
	AUTO(str_donep) struct str person = STR_INIT(2000);
	char text[ID_TEXT_SIZE];
	struct control_answer answer;
	struct id id;
	int rc = look_id(cli, FIND_APPROVAL, cli->words[0], &id);

	if (rc == CLI_OK)
		rc = control_verb(cli, "approval.delegate",
		    json_pack("{s:s, s:o}", "approval", id_text(&id, text), "email",
			cli_json_text(cli->words[1])),
		    &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	look_add_cell(&person, answer.out, "asked", LOOK_TEXT);
	printf("%s is asked instead.\n", str_text(&person));
	json_decref(answer.out);
	control_print_when(&answer);
	return CLI_OK;
}
