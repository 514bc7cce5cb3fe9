/* Verbs about findings, fixes and tasks of a ticket. */
#include "control.h"
#include "describe.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/flow/verb.h>
#include <assent/store/memory.h>

#include <string.h>

/* --- lists --------------------------------------------------------------- */

static json_t *
row_of(int64_t n, const struct id *id, const char *author, utc_ms created)
{
	json_t *row = json_object();

	look_set_int(row, "n", n);
	look_set_id(row, "id", id);
	look_set_text(row, "author", author);
	look_set_time(row, "created", created);
	return row;
}

/* Who changed it last, when, and how it is; the author as long as nobody did. */
static void
set_moved(json_t *row, const char *state, utc_ms at, const char *by)
{
	look_set_text(row, "state", state);
	look_set_time(row, "moved", at);
	if (at != 0)
		look_set_text(row, "moved_by", by);
	else
		json_object_set_new(row, "moved_by", json_null());
}

/* Only those that fit; 0 is all. */
static bool
fits(const struct look_rows *list)
{
	return !list->ask || json_array_size(list->rows) < list->ask;
}

struct findings { /* of `finding list` */
	struct look_rows list; /* first: it is what look_listing() hands on */
	bool all;
};

static int
add_findings(struct desk *desk, const struct id *ticket, struct findings *findings, struct err *err)
{
	struct look_rows *list = &findings->list;
	struct finding *rows;
	size_t n = 0;
	int rc = finding_list(desk->tx, ticket, findings->all, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n && fits(list); i++) {
		json_t *row = row_of(rows[i].n, &rows[i].id, rows[i].author, rows[i].created);

		look_set_text(row, "kind", rows[i].kind);
		look_set_text(row, "text", rows[i].text);
		look_set_text(row, "source", rows[i].source);
		set_moved(row, rows[i].removed ? "removed" : "standing", rows[i].removed,
		    rows[i].removed_by);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

static int
gather_findings(struct desk *desk, void *arg, struct err *err)
{
	struct id ticket;
	int rc = verb_ticket(desk, ((struct look_rows *)arg)->only, &ticket, err);

	return rc < 0 ? rc : add_findings(desk, &ticket, arg, err);
}

static const struct look_column finding_columns[] = {
	{ "N", "n", LOOK_TEXT },
	{ "KIND", "kind", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },
	{ "WHEN", "moved|created", LOOK_TIME },
	{ "BY", "moved_by|author", LOOK_NAME },
	{ "SOURCE", "source", LOOK_TEXT },
	{ "", "text", LOOK_BODY },
	{ NULL, NULL, LOOK_TEXT },
};

int
verb_finding_list(struct cli *cli)
{
	struct findings findings = { { .only = cli->words[0] }, cli_flag(cli, "--all") };

	return look_listing(cli, gather_findings, &findings.list, finding_columns);
}

static int
add_fixes(struct desk *desk, const struct id *ticket, struct look_rows *list, struct err *err)
{
	struct fix *rows;
	size_t n = 0;
	int rc = fix_list(desk->tx, ticket, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n && fits(list); i++) {
		json_t *row = row_of(rows[i].n, &rows[i].id, rows[i].author, rows[i].created);

		look_set_text(row, "title", rows[i].title);
		look_set_text(row, "description", rows[i].description);
		look_set_int(row, "confidence", rows[i].confidence);
		set_moved(row, rows[i].state, rows[i].moved_at, rows[i].moved_by);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

static int
gather_fixes(struct desk *desk, void *arg, struct err *err)
{
	struct id ticket;
	int rc = verb_ticket(desk, ((struct look_rows *)arg)->only, &ticket, err);

	return rc < 0 ? rc : add_fixes(desk, &ticket, arg, err);
}

static const struct look_column fix_columns[] = {
	{ "N", "n", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },
	{ "%", "confidence", LOOK_TEXT },
	{ "WHEN", "moved|created", LOOK_TIME },
	{ "BY", "moved_by|author", LOOK_NAME },
	{ "", "title", LOOK_BODY },
	{ "", "description", LOOK_BODY },
	{ NULL, NULL, LOOK_TEXT },
};

int
verb_fix_list(struct cli *cli)
{
	struct look_rows list = { .only = cli->words[0] };

	return look_listing(cli, gather_fixes, &list, fix_columns);
}

static int
add_tasks(struct desk *desk, const struct id *ticket, struct look_rows *list, struct err *err)
{
	struct task *rows;
	size_t n = 0;
	int rc = task_list(desk->tx, ticket, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n && fits(list); i++) {
		json_t *row = row_of(rows[i].n, &rows[i].id, rows[i].author, rows[i].created);

		look_set_text(row, "kind", rows[i].kind);
		look_set_text(row, "text", rows[i].text);
		look_set_text(row, "answer", rows[i].answer);
		set_moved(row, rows[i].state, rows[i].moved_at, rows[i].moved_by);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

static int
gather_tasks(struct desk *desk, void *arg, struct err *err)
{
	struct id ticket;
	int rc = verb_ticket(desk, ((struct look_rows *)arg)->only, &ticket, err);

	return rc < 0 ? rc : add_tasks(desk, &ticket, arg, err);
}

static const struct look_column task_columns[] = {
	{ "N", "n", LOOK_TEXT },
	{ "KIND", "kind", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },
	{ "WHEN", "moved|created", LOOK_TIME },
	{ "BY", "moved_by|author", LOOK_NAME },
	{ "", "text", LOOK_BODY },
	{ "Answer", "answer", LOOK_BODY },
	{ NULL, NULL, LOOK_TEXT },
};

int
verb_task_list(struct cli *cli)
{
	struct look_rows list = { .only = cli->words[0] };

	return look_listing(cli, gather_tasks, &list, task_columns);
}

/* --- as parts of a ticket ---------------------------------------------------- */

int
describe_memory(struct desk *desk, const struct id *ticket, json_t *out, struct err *err)
{
	struct findings findings = { { .rows = json_array() }, true };
	struct look_rows fixes = { .rows = json_array() }, tasks = { .rows = json_array() };
	int rc;

	json_object_set_new(out, "findings", findings.list.rows);
	json_object_set_new(out, "fixes", fixes.rows);
	json_object_set_new(out, "tasks", tasks.rows);
	rc = add_findings(desk, ticket, &findings, err);
	if (rc == 0)
		rc = add_fixes(desk, ticket, &fixes, err);
	return rc < 0 ? rc : add_tasks(desk, ticket, &tasks, err);
}

static void
print_part(const json_t *rows, const char *heading, const struct look_column *columns)
{
	if (json_array_size(rows) == 0)
		return;
	look_heading(heading);
	look_table(rows, columns, "");
}

void
describe_print_memory(const json_t *ticket)
{
	print_part(json_object_get(ticket, "findings"), "Findings", finding_columns);
	print_part(json_object_get(ticket, "fixes"), "Fixes", fix_columns);
	print_part(json_object_get(ticket, "tasks"), "Tasks", task_columns);
}

/* --- changing them --------------------------------------------------------- */

/* The ticket, and what is named in it, from the words. */
static json_t *
arguments_of(struct cli *cli, const char *thing)
{
	json_t *arguments = json_object();

	json_object_set_new(arguments, "ticket", cli_json_text(cli->words[0]));
	if (thing)
		json_object_set_new(arguments, thing, cli_json_text(cli->words[1]));
	return arguments;
}

static int
take_confidence(struct cli *cli, json_t *arguments)
{
	const char *text = cli_text(cli, "--confidence");
	int64_t n;

	if (!text)
		return CLI_OK;
	if (!num_parse_within(text, 0, 100, &n))
		return cli_usage(cli, "--confidence needs a number from 0 to 100, not '%s'", text);
	json_object_set_new(arguments, "confidence", json_integer(n));
	return CLI_OK;
}

/* Takes the arguments. */
static int
run(struct cli *cli, const char *verb, json_t *arguments, const char *thing)
{
	struct control_answer answer;
	int rc = control_verb(cli, verb, arguments, &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("%s %lld is %s.\n", thing,
	    (long long)json_integer_value(json_object_get(answer.out, "n")),
	    look_string(answer.out, "state"));
	json_decref(answer.out);
	return CLI_OK;
}

int
verb_finding_add(struct cli *cli)
{
	static const char *const kinds[] = { "reported", "observed", "check", "script" };
	json_t *arguments;
	int rc = look_word(cli, "--kind", kinds, ARRAY_LEN(kinds));

	if (rc != CLI_OK)
		return rc;
	arguments = arguments_of(cli, "text");
	cli_take_text(cli, arguments, "kind", "--kind");
	cli_take_text(cli, arguments, "source", "--source");
	return run(cli, "finding.add", arguments, "Finding");
}

int
verb_finding_remove(struct cli *cli)
{
	return run(cli, "finding.remove", arguments_of(cli, "finding"), "Finding");
}

static int
run_fix(struct cli *cli, const char *verb, json_t *arguments)
{
	int rc = take_confidence(cli, arguments);

	if (rc != CLI_OK) {
		json_decref(arguments);
		return rc;
	}
	cli_take_text(cli, arguments, "description", "--description");
	return run(cli, verb, arguments, "Fix");
}

int
verb_fix_add(struct cli *cli)
{
	return run_fix(cli, "fix.add", arguments_of(cli, "title"));
}

int
verb_fix_decide(struct cli *cli)
{
	json_t *arguments = arguments_of(cli, "fix");

	json_object_set_new(arguments, "decision", cli_json_text(cli->words[2]));
	cli_take_text(cli, arguments, "title", "--title");
	return run_fix(cli, "fix.decide", arguments);
}

int
verb_task_add(struct cli *cli)
{
	static const char *const kinds[] = { "question", "action" };
	json_t *arguments;
	int rc = look_word(cli, "--kind", kinds, ARRAY_LEN(kinds));

	if (rc != CLI_OK)
		return rc;
	arguments = arguments_of(cli, "text");
	cli_take_text(cli, arguments, "kind", "--kind");
	return run(cli, "task.add", arguments, "Task");
}

/* A third word, where there is one, is its answer or text. */
static int
change_task(struct cli *cli, const char *third, const char *state)
{
	json_t *arguments = arguments_of(cli, "task");

	if (cli->word_count > 2)
		json_object_set_new(arguments, third, cli_json_text(cli->words[2]));
	if (state)
		json_object_set_new(arguments, "state", json_string(state));
	return run(cli, "task.change", arguments, "Task");
}

int
verb_task_answer(struct cli *cli)
{
	bool part = cli_flag(cli, "--part");

	if (part && cli->word_count < 3)
		return cli_usage(cli, "--part needs the words of the answer");
	return change_task(cli, "answer", part ? NULL : "answered");
}

int
verb_task_skip(struct cli *cli)
{
	return change_task(cli, "answer", "skipped");
}

int
verb_task_open(struct cli *cli)
{
	return change_task(cli, "text", "open");
}

int
verb_task_dismiss(struct cli *cli)
{
	return change_task(cli, "text", "dismissed");
}

int
verb_task_edit(struct cli *cli)
{
	return change_task(cli, "text", NULL);
}
