/* Verbs about documents: what is written about a ticket, and what it cost. */
#include "control.h"
#include "describe.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/flow/document.h>
#include <assent/flow/verb.h>

#include <string.h>

#define SINCE_DEFAULT (30 * 24 * MS_HOUR)
#define MICROS_SHOWN 100 /* four decimals */
#define WITHOUT_USAGE 8 /* fields of a document */

/* --- what they look like ------------------------------------------------------- */

static void
set_cost(json_t *row, const char *key, int64_t micros)
{
	AUTO(str_donep) struct str text = STR_INIT(64);
	long long parts = (long long)((micros + MICROS_SHOWN / 2) / MICROS_SHOWN);

	str_addf(&text, "%lld.%04lld", parts / 10000, parts % 10000);
	look_set_text(row, key, micros != 0 ? str_text(&text) : "");
}

static json_t *
usage_row(const struct document *d)
{
	json_t *row = json_object();

	look_set_int(row, "input_tokens", d->tokens_in);
	look_set_int(row, "cached_tokens", d->tokens_cached);
	look_set_int(row, "output_tokens", d->tokens_out);
	look_set_int(row, "micros", d->micros);
	set_cost(row, "cost", d->micros);
	return row;
}

static json_t *
document_row(struct desk *desk, const struct ticket *ticket, const struct document *d)
{
	json_t *row = json_object();

	look_set_id(row, "id", &d->id);
	look_set_ticket(desk, row, "target_ticket_ref", &ticket->id);
	look_set_text(row, "kind", d->kind);
	look_set_text(row, "locale", d->locale);
	look_set_int(row, "revision", d->revision);
	look_set_text(row, "author", d->author);
	look_set_text(row, "label", document_label(desk, d));
	look_set_text(row, "provider", d->provider);
	look_set_text(row, "model", d->model);
	look_set_text(row, "why_not_by_ai", d->why);
	look_set_int(row, "state_version", d->state_version);
	json_object_set_new(
	    row, "current", json_boolean(d->state_version == ticket->state_version));
	look_set_text(
	    row, "state", d->state_version == ticket->state_version ? "current" : "older");
	look_set_time(row, "created", d->created);
	json_object_set_new(row, "usage", usage_row(d));
	look_set_text(row, "text", d->text);
	return row;
}

/* --- list ------------------------------------------------------------------------ */

static const struct look_column list_columns[] = {
	{ "KIND", "kind", LOOK_TEXT },
	{ "LANG", "locale", LOOK_TEXT },
	{ "REV", "revision", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },
	{ "WHEN", "created", LOOK_TIME },
	{ "HOW", "label", LOOK_TEXT },
	{ NULL, NULL, LOOK_TEXT },
};

static int
add_documents(struct desk *desk, const struct id *id, struct look_rows *list, struct err *err)
{
	struct document *rows = NULL;
	struct ticket ticket = { 0 };
	size_t n = 0;
	int rc = ticket_get(desk->tx, id, &ticket, err);

	if (rc == 0)
		rc = document_list(desk->tx, id, &rows, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!list->ask || json_array_size(list->rows) < list->ask)
			json_array_append_new(list->rows, document_row(desk, &ticket, &rows[i]));
	return rc;
}

static int
gather_documents(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct id ticket;
	int rc = verb_ticket(desk, list->only, &ticket, err);

	return rc < 0 ? rc : add_documents(desk, &ticket, list, err);
}

int
verb_document_list(struct cli *cli)
{
	struct look_rows list = { .only = cli->words[0] };

	return look_listing(cli, gather_documents, &list, list_columns);
}

int
describe_documents(struct desk *desk, const struct id *ticket, json_t *out, struct err *err)
{
	struct look_rows list = { .rows = json_array() };

	json_object_set_new(out, "documents", list.rows);
	return add_documents(desk, ticket, &list, err);
}

void
describe_print_documents(const json_t *ticket)
{
	const json_t *rows = json_object_get(ticket, "documents");

	if (json_array_size(rows) == 0)
		return;
	look_heading("Documents");
	look_table(rows, list_columns, "");
}

/* --- show ------------------------------------------------------------------------ */

struct showing {
	const char *ticket, *word; /* what was typed */
	struct document_wish wish;
	int64_t revision;
	bool only_fresh; /* what drafting now would give */
	json_t *out; /* NULL: nothing is stored */
};

static int
gather_one(struct desk *desk, void *arg, struct err *err)
{
	struct showing *showing = arg;
	struct document document = { 0 };
	struct ticket ticket = { 0 };
	int rc = verb_ticket(desk, showing->ticket, &showing->wish.ticket, err);

	if (rc == 0)
		rc = ticket_get(desk->tx, &showing->wish.ticket, &ticket, err);
	if (rc < 0)
		return rc;
	rc = showing->only_fresh
	    ? document_cached(desk, &showing->wish, &document, err)
	    : document_read(desk, &showing->wish, showing->revision, &document, err);
	if (rc == ERR_NOT_FOUND && showing->revision == 0) {
		const struct err none = *err;

		return err_set(err, rc, "%s; `assent document draft %s %s` drafts one", none.text,
		    showing->ticket, showing->word);
	}
	if (rc < 0 || (showing->only_fresh && rc == 0))
		return rc;
	showing->out = document_row(desk, &ticket, &document);
	return 0;
}

static void
print_document(struct cli *cli, const json_t *document)
{
	struct look_column columns[] = {
		{ "Ticket", "target_ticket_ref", LOOK_TEXT },
		{ "Kind", "kind", LOOK_TEXT },
		{ "Language", "locale", LOOK_TEXT },
		{ "Revision", "revision", LOOK_TEXT },
		{ "State", "state", LOOK_TEXT },
		{ "Written", "created", LOOK_TIME },
		{ "How", "label", LOOK_TEXT },
		{ "Why not by AI", "why_not_by_ai", LOOK_TEXT },
		{ "Tokens in", "usage.input_tokens", LOOK_TEXT },
		{ "of them cached", "usage.cached_tokens", LOOK_TEXT },
		{ "Tokens out", "usage.output_tokens", LOOK_TEXT },
		{ "Cost", "usage.cost", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	if (!cli_flag(cli, "--usage"))
		columns[WITHOUT_USAGE].heading = NULL;
	look_fields(document, columns);
	putchar('\n');
	look_text(look_string(document, "text"), DOCUMENT_TEXT_MAX);
}

/* Takes it. */
static int
show(struct cli *cli, json_t *document)
{
	if (cli->json)
		return cli_print_json(document);
	print_document(cli, document);
	json_decref(document);
	return CLI_OK;
}

/* Words: ticket, kind. CLI_OK or CLI_USAGE. */
static int
read_words(struct cli *cli, struct showing *out)
{
	const char *locale = cli_text(cli, "--locale");

	out->ticket = cli->words[0];
	out->word = cli->words[1];
	out->wish.locale = locale ? locale : "";
	out->wish.by = "operator";
	if (document_kind_find(cli->words[1], &out->wish.kind))
		return CLI_OK;
	return cli_usage(cli, "KIND is summary, handoff, resolution, proposal or notes, not '%s'",
	    cli->words[1]);
}

static int
read_revision(struct cli *cli, int64_t *out)
{
	const char *revision = cli_text(cli, "--revision");

	if (!revision || num_parse_within(revision, 1, INT64_MAX, out))
		return CLI_OK;
	return cli_usage(cli, "--revision needs a number from 1 on, not '%s'", revision);
}

int
verb_document_show(struct cli *cli)
{
	struct showing showing = { .out = NULL };
	int rc = read_words(cli, &showing);

	if (rc == CLI_OK)
		rc = read_revision(cli, &showing.revision);
	if (rc == CLI_OK)
		rc = look(cli, gather_one, &showing);
	return rc == CLI_OK ? show(cli, showing.out) : rc;
}

/* --- draft and edit ---------------------------------------------------------------- */

static json_t *
arguments_of(const struct cli *cli, const struct showing *showing)
{
	return json_pack("{s:o, s:s, s:o}", "ticket", cli_json_text(showing->ticket), "kind",
	    cli->words[1], "locale", cli_json_text(showing->wish.locale));
}

static int
start_draft(struct cli *cli, const struct showing *showing, bool force)
{
	json_t *arguments = arguments_of(cli, showing);
	const char *kind = cli->words[1];
	bool many = text_is(kind, "notes");
	struct control_answer answer;
	int rc;

	json_object_set_new(arguments, "force", json_boolean(force));
	rc = control_verb(cli, "document.draft", arguments, &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("%s: the %s %s being drafted; `assent document show %s %s` has %s then.\n",
	    showing->ticket, kind, many ? "are" : "is", showing->ticket, kind,
	    many ? "them" : "it");
	control_print_when(&answer);
	json_decref(answer.out);
	return CLI_OK;
}

/* What drafting would only repeat is shown instead. */
int
verb_document_draft(struct cli *cli)
{
	struct showing showing = { .only_fresh = true };
	bool force = cli_flag(cli, "--force");
	int rc = read_words(cli, &showing);

	if (rc == CLI_OK && !force)
		rc = look(cli, gather_one, &showing);
	if (rc != CLI_OK)
		return rc;
	return showing.out ? show(cli, showing.out) : start_draft(cli, &showing, force);
}

static int
print_edited(struct cli *cli, json_t *out)
{
	const json_t *warnings = json_object_get(out, "warnings");

	if (cli->json)
		return cli_print_json(out);
	printf("It is revision %lld.\n",
	    (long long)json_integer_value(json_object_get(out, "revision")));
	if (json_array_size(warnings) > 0)
		printf("Of a draft one would want besides:\n");
	for (size_t i = 0; i < json_array_size(warnings); i++)
		look_bullet(json_string_value(json_array_get(warnings, i)));
	json_decref(out);
	return CLI_OK;
}

int
verb_document_edit(struct cli *cli)
{
	AUTO(str_donep) struct str text = STR_INIT(2 * DOCUMENT_TEXT_MAX);
	const char *file = cli_text(cli, "--file");
	struct showing showing = { .out = NULL };
	struct control_answer answer;
	json_t *arguments;
	struct err err;
	int rc = read_words(cli, &showing);

	if (rc == CLI_OK)
		rc = read_revision(cli, &showing.revision);
	if (rc != CLI_OK)
		return rc;
	if (!file)
		return cli_usage(cli, "--file names the file with the text; - is standard input");
	if (cli_read_file(file, &text, &err) < 0)
		return cli_fail(cli, &err);
	arguments = arguments_of(cli, &showing);
	json_object_set_new(arguments, "text", cli_json_text(str_text(&text)));
	json_object_set_new(arguments, "revision", json_integer(showing.revision));
	rc = control_verb(cli, "document.edit", arguments, &answer);
	return rc == CLI_OK ? print_edited(cli, answer.out) : rc;
}

/* --- what it cost -------------------------------------------------------------------- */

struct spending {
	struct look_rows list; /* first: it is what look_listing() hands on */
	const char *organisation;
	span_ms since;
};

static int
gather_usage(struct desk *desk, void *arg, struct err *err)
{
	struct spending *spending = arg;
	const struct ai_usage_filter filter = { DAY_OF(desk->now - spending->since),
		DAY_OF(desk->now), spending->organisation };
	struct look_rows *list = &spending->list;
	struct ai_usage *sums;
	size_t n = 0;
	int rc = ai_usage_sum(desk->tx, &filter, &sums, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *row = json_object();

		look_set_text(row, "organisation", sums[i].organisation);
		look_set_text(row, "kind", sums[i].kind);
		look_set_text(row, "provider", sums[i].provider);
		look_set_text(row, "model", sums[i].model);
		look_set_int(row, "documents", sums[i].calls);
		look_set_int(row, "input_tokens", sums[i].tokens_in);
		look_set_int(row, "cached_tokens", sums[i].tokens_cached);
		look_set_int(row, "output_tokens", sums[i].tokens_out);
		look_set_int(row, "micros", sums[i].micros);
		set_cost(row, "cost", sums[i].micros);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

int
verb_document_usage(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "CUSTOMER", "organisation", LOOK_NAME },
		{ "KIND", "kind", LOOK_TEXT },
		{ "PROVIDER", "provider", LOOK_TEXT },
		{ "MODEL", "model", LOOK_NAME },
		{ "DOCUMENTS", "documents", LOOK_TEXT },
		{ "IN", "input_tokens", LOOK_TEXT },
		{ "CACHED", "cached_tokens", LOOK_TEXT },
		{ "OUT", "output_tokens", LOOK_TEXT },
		{ "COST", "cost", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	const char *since = cli_text(cli, "--since");
	struct spending spending = { .since = SINCE_DEFAULT,
		.organisation = cli_text(cli, "--organisation") };

	if (since && (!span_parse(since, &spending.since) || spending.since <= 0))
		return cli_usage(cli, "--since needs a time such as 30d, not '%s'", since);
	return look_listing(cli, gather_usage, &spending.list, columns);
}
