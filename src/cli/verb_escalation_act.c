/* Verbs about packets that wait for a person: raising them, acting on them. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/base/zone.h>
#include <assent/flow/escalation.h>

#include <string.h>

#define FILE_MAX ((size_t)1 << 20)

/* Takes the arguments. */
static int
run(struct cli *cli, const char *verb, json_t *arguments)
{
	struct control_answer answer;
	const json_t *packet;
	int rc = control_verb(cli, verb, arguments, &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	packet = json_object_get(answer.out, "escalation");
	printf("%s is %s", look_string(packet, "id"), look_string(packet, "state"));
	if (json_is_true(json_object_get(answer.out, "changed")))
		printf(".\n");
	else
		printf(" already: %s; nothing was changed.\n", look_string(answer.out, "message"));
	json_decref(answer.out);
	return CLI_OK;
}

/* --- raise --------------------------------------------------------------- */

/* A JSON object from a file. CLI_OK or an exit status. */
static int
read_object(struct cli *cli, const char *path, json_t **out)
{
	AUTO(str_donep) struct str text = STR_INIT(FILE_MAX);
	struct err err = { 0 };
	json_error_t fault;

	if (cli_read_file(path, &text, &err) < 0)
		return cli_fail(cli, &err);
	*out = json_loadb(str_text(&text), text.len, JSON_REJECT_DUPLICATES, &fault);
	if (json_is_object(*out))
		return CLI_OK;
	json_decref(*out);
	return cli_error(cli, ERR_INVALID, "%s must be a JSON object: line %d, column %d: %s", path,
	    fault.line, fault.column, *out ? "something else" : fault.text);
}

/* 2h from now, or a time as such. CLI_OK or CLI_USAGE. */
static int
take_time(struct cli *cli, json_t *arguments, const char *name, const char *text)
{
	AUTO(str_donep) struct str iso = STR_INIT(64);
	span_ms span;
	utc_ms at;

	if (span_parse(text, &span) && span > 0 && span <= ESCALATION_DUE_MAX)
		at = clock_now() + span;
	else if (!utc_parse_iso(text, &at))
		return cli_usage(
		    cli, "'%s' is no time; write 2h, 3d or 2026-11-21T08:30:00Z", text);
	utc_add_iso(&iso, at);
	json_object_set_new(arguments, name, json_string(str_text(&iso)));
	return CLI_OK;
}

static void
take_list(struct cli *cli, json_t *arguments)
{
	json_t *list = json_array();

	for (size_t i = 0; cli_list(cli, "--missing", i); i++)
		json_array_append_new(list, cli_json_text(cli_list(cli, "--missing", i)));
	if (json_array_size(list) > 0)
		json_object_set(arguments, "missing", list);
	json_decref(list);
}

static void
take_entity(struct cli *cli, json_t *arguments)
{
	const char *text = cli_text(cli, "--entity"), *colon = text ? strchr(text, ':') : NULL;
	json_t *entity;

	if (!text)
		return;
	entity = json_object();
	if (colon)
		json_object_set_new(entity, "type", json_stringn(text, (size_t)(colon - text)));
	json_object_set_new(entity, "id", cli_json_text(colon ? colon + 1 : text));
	json_object_set_new(arguments, "entity", entity);
}

static int
take_options(struct cli *cli, json_t *arguments)
{
	static const char *const texts[][2] = { { "reason", "--reason" },
		{ "priority", "--priority" }, { "organisation", "--organisation" },
		{ "ticket", "--ticket" }, { "to", "--to" }, { "suggest", "--suggest" },
		{ "risk", "--risk" }, { "workflow", "--workflow" }, { "failed_step", "--step" },
		{ "resume_token", "--resume-token" }, { "once_key", "--once-key" } };
	const char *due = cli_text(cli, "--due");

	if (cli->word_count > 0)
		json_object_set_new(arguments, "title", cli_json_text(cli->words[0]));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cli_take_text(cli, arguments, texts[i][0], texts[i][1]);
	take_list(cli, arguments);
	take_entity(cli, arguments);
	return due ? take_time(cli, arguments, "due", due) : CLI_OK;
}

int
verb_escalation_raise(struct cli *cli)
{
	const char *file = cli_text(cli, "--file");
	json_t *arguments = NULL;
	int rc = CLI_OK;

	if (!file && cli->word_count == 0)
		return cli_usage(cli, "say what needs a person: a title, or --file");
	if (file)
		rc = read_object(cli, file, &arguments);
	else
		arguments = json_object();
	if (rc != CLI_OK)
		return rc;
	rc = take_options(cli, arguments);
	if (rc != CLI_OK) {
		json_decref(arguments);
		return rc;
	}
	return run(cli, "escalation.raise", arguments);
}

/* --- acts ------------------------------------------------------------------ */

/* The packet of the first word. CLI_OK or an exit status. */
static int
packet(struct cli *cli, json_t **out)
{
	char text[ID_TEXT_SIZE];
	struct id id;
	int rc = look_id(cli, FIND_ESCALATION, cli->words[0], &id);

	if (rc == CLI_OK)
		*out = json_pack("{s:s}", "escalation", id_text(&id, text));
	return rc;
}

int
verb_escalation_ack(struct cli *cli)
{
	json_t *arguments;
	int rc = packet(cli, &arguments);

	return rc == CLI_OK ? run(cli, "escalation.ack", arguments) : rc;
}

int
verb_escalation_assign(struct cli *cli)
{
	json_t *arguments;
	int rc = packet(cli, &arguments);

	if (rc != CLI_OK)
		return rc;
	json_object_set_new(arguments, "to", cli_json_text(cli->words[1]));
	return run(cli, "escalation.assign", arguments);
}

int
verb_escalation_snooze(struct cli *cli)
{
	json_t *arguments;
	int rc = packet(cli, &arguments);

	if (rc != CLI_OK)
		return rc;
	rc = take_time(cli, arguments, "until", cli->words[1]);
	if (rc != CLI_OK) {
		json_decref(arguments);
		return rc;
	}
	return run(cli, "escalation.snooze", arguments);
}

int
verb_escalation_resolve(struct cli *cli)
{
	const char *file = cli_text(cli, "--override");
	json_t *arguments, *override = NULL;
	int rc = packet(cli, &arguments);

	if (rc == CLI_OK && file) {
		rc = read_object(cli, file, &override);
		if (rc != CLI_OK)
			json_decref(arguments);
	}
	if (rc != CLI_OK)
		return rc;
	if (override)
		json_object_set_new(arguments, "override", override);
	if (cli->word_count > 1)
		json_object_set_new(arguments, "action", cli_json_text(cli->words[1]));
	cli_take_text(cli, arguments, "notes", "--notes");
	return run(cli, "escalation.resolve", arguments);
}

int
verb_escalation_reopen(struct cli *cli)
{
	json_t *arguments;
	int rc = packet(cli, &arguments);

	return rc == CLI_OK ? run(cli, "escalation.reopen", arguments) : rc;
}

int
verb_escalation_expire(struct cli *cli)
{
	json_t *arguments = json_object(), *before;
	struct control_answer answer;
	json_int_t all = 0;
	int rc;

	while (arguments != NULL) {
		rc = control_verb(cli, "escalation.expire", arguments, &answer);
		if (rc != CLI_OK)
			return rc;
		all += json_integer_value(json_object_get(answer.out, "expired"));
		before = json_object_get(answer.out, "before");
		arguments = before != NULL ? json_pack("{s:O}", "before", before) : NULL;
		json_decref(answer.out);
	}
	if (cli->json)
		return cli_print_json(json_pack("{s:I}", "expired", all));
	printf("%lld %s expired.\n", (long long)all, all == 1 ? "packet has" : "packets have");
	return CLI_OK;
}

int
verb_escalation_resume(struct cli *cli)
{
	struct control_answer answer;
	json_t *arguments;
	int rc = packet(cli, &arguments);

	if (rc == CLI_OK)
		rc = control_verb(cli, "escalation.resume", arguments, &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	if (json_is_true(json_object_get(answer.out, "changed")))
		printf("%s is told once more.\n", look_string(answer.out, "workflow"));
	else
		printf("%s took it before, with %lld; nothing was changed.\n",
		    look_string(answer.out, "workflow"),
		    (long long)json_integer_value(json_object_get(answer.out, "status")));
	control_print_when(&answer);
	json_decref(answer.out);
	return CLI_OK;
}
