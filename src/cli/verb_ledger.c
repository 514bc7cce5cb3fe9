#include "look.h"
#include "verbs.h"

#include <assent/base/utf8.h>
#include <assent/flow/operate.h>
#include <assent/flow/proof.h>
#include <assent/mail/letter.h>

#include <string.h>

#define MAIL_MAX ((size_t)64 << 20)
#define PAGE 200
#define VALUE_MAX 2000 /* of a field, for people */
#define LINE_MAX_LEN ((size_t)100) /* what is longer gets lines of its own */

/* --- verify ------------------------------------------------------------ */

struct verify {
	const struct proof *proof; /* NULL without --receipt */
	struct ledger_report report;
	bool in_ledger, was_ours;
	char fault[400];
};

static int
gather_verify(struct desk *desk, void *arg, struct err *err)
{
	struct verify *verify = arg;
	int rc = ledger_verify(desk->tx, &verify->report, err);

	if (rc < 0)
		return rc;
	snprintf(verify->fault, sizeof(verify->fault), "%s", verify->report.fault);
	verify->report.fault = verify->fault;
	if (verify->proof)
		rc = ledger_has(desk->tx, &verify->proof->head, &verify->in_ledger, err);
	if (rc == 0 && verify->proof)
		rc = signing_was_ours(desk, verify->proof->key, &verify->was_ours, err);
	return rc;
}

/* The receipt is in the text, or in the HTML, or the file is no mail but a copy of the lines. */
static int
find_proof(const struct letter *letter, const char *raw, struct arena *arena, struct proof *out,
    struct err *err)
{
	const char *texts[] = { letter ? letter->text : "", letter ? letter->html_text : "", raw };
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; rc == ERR_NOT_FOUND && i < ARRAY_LEN(texts); i++)
		rc = proof_read(texts[i], arena, out, err);
	return rc;
}

static int
read_receipt(struct cli *cli, const char *file, struct arena *arena, struct proof *out)
{
	AUTO(str_donep) struct str raw = STR_INIT(MAIL_MAX);
	struct err err = { 0 };
	struct parser *parser;
	struct letter *letter = NULL;
	int rc = cli_read_file(file, &raw, &err);

	if (rc < 0)
		return cli_fail(cli, &err);
	rc = cli_parser(cli, &parser);
	if (rc != CLI_OK)
		return rc;
	rc = parser_letter(parser, str_text(&raw), raw.len, arena, &letter, &err);
	if (rc == 0 || rc == ERR_INVALID)
		rc = find_proof(letter, str_text(&raw), arena, out, &err);
	if (rc < 0) {
		err_wrap(&err, rc, "%s", file);
		return cli_fail(cli, &err);
	}
	return CLI_OK;
}

/* What is wrong with the receipt, or "". */
static const char *
receipt_fault(const struct verify *verify, const struct policy *policy)
{
	uint8_t ours[ED25519_KEY_SIZE];

	ed25519_public(policy->signing_seed, ours);
	if (!verify->proof->is_signed)
		return "its lines do not fit its signature, somebody changed them";
	if (!bytes_equal(ours, verify->proof->key, sizeof(ours)) && !verify->was_ours)
		return "it is signed with another key than this site's";
	if (!verify->in_ledger)
		return "the ledger does not hold the entry that it names: the ledger was changed, "
		       "or is another one";
	return "";
}

static json_t *
head_json(const struct ledger_head *head)
{
	json_t *object = json_object();

	look_set_int(object, "seq", head->seq);
	look_set_hex(object, "hash", head->hash, sizeof(head->hash));
	return object;
}

static json_t *
receipt_json(const struct proof *proof, const char *fault)
{
	json_t *object = json_object(), *items = json_array();

	json_object_set_new(object, "genuine", json_boolean(!*fault));
	look_set_text(object, "fault", fault);
	look_set_text(object, "mail", proof->mail);
	look_set_text(object, "when", proof->when);
	json_object_set_new(object, "head", head_json(&proof->head));
	json_object_set_new(object, "items", items);
	for (size_t i = 0; i < proof->count; i++) {
		json_t *item = json_object();

		look_set_text(item, "mark", proof->items[i].mark);
		look_set_text(item, "outcome", proof->items[i].outcome);
		json_array_append_new(items, item);
	}
	return object;
}

static json_t *
report_json(const struct ledger_report *report)
{
	json_t *object = json_object();

	json_object_set_new(object, "intact", json_boolean(!report->bad_seq));
	look_set_int(object, "entries", report->entries);
	look_set_int(object, "values", report->values);
	look_set_int(object, "erased", report->erased);
	json_object_set_new(object, "head", head_json(&report->head));
	look_set_int(object, "bad_entry", report->bad_seq);
	look_set_text(object, "fault", report->fault);
	return object;
}

static void
print_receipt(const json_t *receipt)
{
	AUTO(str_donep) struct str line = STR_INIT(2000);
	const json_t *item;
	size_t i;

	if (*look_string(receipt, "fault")) {
		printf("receipt NOT genuine: %s\n", look_string(receipt, "fault"));
		return;
	}
	str_add(&line, "receipt genuine: signed by this site at ");
	look_add_cell(&line, receipt, "when", LOOK_TIME);
	printf("%s, ledger entry %lld\n", str_text(&line),
	    (long long)json_integer_value(
		json_object_get(json_object_get(receipt, "head"), "seq")));
	json_array_foreach(json_object_get(receipt, "items"), i, item)
	{
		str_clear(&line);
		look_add_cell(&line, item, "mark", LOOK_TEXT);
		str_add_char(&line, ' ');
		look_add_cell(&line, item, "outcome", LOOK_TEXT);
		printf("  %s\n", str_text(&line));
	}
}

static void
print_report(const struct ledger_report *report)
{
	AUTO(str_donep) struct str hash = STR_INIT(100);

	str_add_hex(&hash, report->head.hash, sizeof(report->head.hash));
	if (report->bad_seq)
		printf("ledger NOT intact: %s\n", report->fault);
	else
		printf("ledger intact: %lld entries, %lld values, %lld erased, head %lld %s\n",
		    (long long)report->entries, (long long)report->values,
		    (long long)report->erased, (long long)report->head.seq, str_text(&hash));
}

static int
print_verified(struct cli *cli, const struct verify *verify, const struct policy *policy)
{
	const char *fault = verify->proof ? receipt_fault(verify, policy) : "";
	json_t *receipt = verify->proof ? receipt_json(verify->proof, fault) : NULL;

	if (cli->json) {
		json_t *object = report_json(&verify->report);

		if (receipt)
			json_object_set_new(object, "receipt", receipt);
		cli_print_json(object);
	} else {
		if (receipt)
			print_receipt(receipt);
		print_report(&verify->report);
		json_decref(receipt);
	}
	return *fault || verify->report.bad_seq ? CLI_FAULTS : CLI_OK;
}

int
verb_ledger_verify(struct cli *cli)
{
	AUTO(arena_freep) struct arena *arena = arena_new(2 * LETTER_ARENA_MAX);
	const char *file = cli_text(cli, "--receipt");
	struct verify verify = { 0 };
	const struct settings *settings;
	struct proof proof;
	int rc = cli_settings(cli, &settings);

	if (rc == CLI_OK && file) {
		rc = read_receipt(cli, file, arena, &proof);
		verify.proof = &proof;
	}
	if (rc == CLI_OK)
		rc = look(cli, gather_verify, &verify);
	return rc == CLI_OK ? print_verified(cli, &verify, &settings->policy) : rc;
}

/* --- show -------------------------------------------------------------- */

struct show {
	struct id subject;
	int64_t after;
	json_t *entries;
};

static json_t *
entry_json(const struct ledger_entry *entry)
{
	json_t *object = json_object(), *fields = json_array();

	look_set_int(object, "seq", entry->seq);
	look_set_time(object, "at", entry->at);
	look_set_text(object, "kind", entry->kind);
	look_set_id(object, "subject", &entry->subject);
	look_set_hex(object, "hash", entry->hash, sizeof(entry->hash));
	json_object_set_new(object, "fields", fields);
	for (size_t i = 0; i < entry->field_count; i++) {
		const struct ledger_field *field = &entry->fields[i];
		json_t *pair = json_object();

		look_set_text(pair, "name", field->name);
		json_object_set_new(
		    pair, "value", field->value ? cli_json_text(field->value) : json_null());
		json_array_append_new(fields, pair);
	}
	return object;
}

static void
print_field(const json_t *field)
{
	const char *name = look_string(field, "name"), *value = look_string(field, "value");
	AUTO(str_donep) struct str line = STR_INIT(1000);

	if (json_is_null(json_object_get(field, "value"))) {
		printf("  %s: (erased)\n", name);
	} else if (strchr(value, '\n') || strlen(value) > LINE_MAX_LEN) {
		printf("  %s:\n", name);
		look_text(value, VALUE_MAX);
	} else {
		utf8_add_line(&line, value, 2 * LINE_MAX_LEN);
		printf("  %s:%s%s\n", name, line.len ? " " : "", str_text(&line));
	}
}

static void
print_entry(const json_t *entry)
{
	AUTO(str_donep) struct str at = STR_INIT(100);
	const json_t *field;
	size_t i;

	look_add_cell(&at, entry, "at", LOOK_TIME);
	printf("%lld  %s  %s  %s\n", (long long)json_integer_value(json_object_get(entry, "seq")),
	    str_text(&at), look_string(entry, "kind"), look_string(entry, "subject"));
	json_array_foreach(json_object_get(entry, "fields"), i, field)
	{
		print_field(field);
	}
}

/* A page at a time, and nothing is printed meanwhile: a pager may hold us up for hours. */
static int
gather_show(struct desk *desk, void *arg, bool *more, struct err *err)
{
	struct show *show = arg;
	struct ledger_entry *entries;
	size_t n;
	int rc = ledger_list(desk->tx, &show->subject, show->after, PAGE, &entries, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_array_append_new(show->entries, entry_json(&entries[i]));
		show->after = entries[i].seq;
	}
	*more = rc == 0 && n == PAGE;
	return rc;
}

int
verb_ledger_show(struct cli *cli)
{
	struct show show = { 0 };
	const json_t *entry;
	int rc = CLI_OK;
	size_t i;

	if (cli->word_count)
		rc = look_id(cli, FIND_APPROVAL, cli->words[0], &show.subject);
	if (rc != CLI_OK)
		return rc;
	show.entries = json_array();
	rc = look_pages(cli, gather_show, &show);
	if (rc == CLI_OK && cli->json)
		return cli_print_json(show.entries);
	json_array_foreach(show.entries, i, entry)
	{
		print_entry(entry);
	}
	if (rc == CLI_OK && i == 0)
		printf("none\n");
	json_decref(show.entries);
	return rc;
}
