/* assent rules: what the files of rules say, whether they are sound and do what their tests say. */
#include "rules.h"
#include "verbs.h"

#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>

#include <string.h>
#include <sys/stat.h>

#define LINES_MAX ((size_t)1 << 20)
#define FOLDER "rules"

/* --- reading ------------------------------------------------------------------ */

struct faulty {
	const char *site;
	const struct rules_file *beside; /* NULL: none */
	const char *path; /* where beside was read */
	json_t *list;
	struct str lines;
};

static bool
is_of_site(const struct faulty *faulty, const char *file)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);
	struct stat st;

	str_addf(&path, "%s/%s", faulty->site, file);
	return *faulty->site && stat(str_text(&path), &st) == 0;
}

/* The file that --rules named. */
static bool
is_given(const struct faulty *faulty, const char *file)
{
	return faulty->beside && strcmp(file, faulty->beside->name) == 0;
}

static void
add_fault_line(struct faulty *faulty, const char *file, const struct fault *fault)
{
	bool given = is_given(faulty, file);
	bool of_site = !given && is_of_site(faulty, file);

	str_addf(&faulty->lines, "%s%s%s:%d:%d: %s", of_site ? faulty->site : "",
	    of_site ? "/" : "", given ? faulty->path : file, fault->line, fault->column,
	    fault->message);
	if (fault->meant)
		str_addf(&faulty->lines, " (did you mean '%s'?)", fault->meant);
	if (!given && !of_site)
		str_add(&faulty->lines,
		    " (this file is built in; one of yours of this name takes its place)");
	str_add_char(&faulty->lines, '\n');
}

static void
add_fault(void *arg, const char *file, const struct fault *fault)
{
	struct faulty *faulty = arg;
	bool given = is_given(faulty, file);

	json_array_append_new(faulty->list,
	    json_pack("{s:o, s:i, s:i, s:o, s:o}", "file",
		cli_json_text(given ? faulty->path : file), "line", fault->line, "column",
		fault->column, "message", cli_json_text(fault->message), "meant",
		fault->meant ? cli_json_text(fault->meant) : json_null()));
	add_fault_line(faulty, file, fault);
}

static int
print_faulty(struct cli *cli, struct faulty *faulty, const struct err *err, FILE *out)
{
	if (json_array_size(faulty->list) == 0)
		return cli_fail(cli, err);
	if (cli->json) {
		json_t *object = json_pack("{s:b, s:O}", "ok", 0, "faults", faulty->list);

		json_dumpf(object, out, JSON_INDENT(2));
		fputc('\n', out);
		json_decref(object);
	} else {
		fputs(str_text(&faulty->lines), out);
	}
	return CLI_FAULTS;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The site folder that DIR means: itself, or the one above when it is the folder of rules. */
static int
site_of(struct cli *cli, const char *dir, struct str *site)
{
	AUTO(str_donep) struct str inside = STR_INIT(4096);
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	str_addf(&inside, "%.*s/" FOLDER, (int)len, dir);
	if (is_folder(str_text(&inside))) {
		str_add_n(site, dir, len);
		return CLI_OK;
	}
	if (!is_folder(dir) || len < strlen(FOLDER) ||
	    strncmp(dir + len - strlen(FOLDER), FOLDER, strlen(FOLDER)) != 0)
		return cli_error(
		    cli, ERR_NOT_FOUND, "%s has no folder " FOLDER "/ in it, and is none", dir);
	str_addf(site, "%.*s.", (int)(len - strlen(FOLDER)), dir);
	return CLI_OK;
}

struct reading {
	struct cli *cli;
	const char *dir; /* NULL: the settings' site */
	FILE *out;
	const struct rules_file *beside; /* NULL: none */
	const char *path; /* where beside was read */
};

static int
read_as(const struct reading *reading, struct rules **rules)
{
	AUTO(str_donep) struct str site = STR_INIT(4096);
	struct faulty faulty = { .lines = STR_INIT(LINES_MAX),
		.list = json_array(),
		.site = "",
		.beside = reading->beside,
		.path = reading->path };
	struct rules_source how = { .fault = add_fault, .arg = &faulty, .beside = reading->beside };
	const struct settings *settings = NULL;
	struct cli *cli = reading->cli;
	struct err err = { 0 };
	int rc = reading->dir ? site_of(cli, reading->dir, &site) : cli_settings(cli, &settings);

	if (rc == CLI_OK) {
		how.site_dir = faulty.site =
		    reading->dir ? str_text(&site) : settings->policy.site_dir;
		rc = reading->dir ? rules_load(&how, rules, &err)
				  : rules_load_site(&settings->policy, &how, rules, &err);
		rc = rc < 0 ? print_faulty(cli, &faulty, &err, reading->out) : CLI_OK;
	}
	str_done(&faulty.lines);
	json_decref(faulty.list);
	return rc;
}

int
rules_read(struct cli *cli, const char *dir, FILE *out, struct rules **rules)
{
	return read_as(&(struct reading){ .cli = cli, .dir = dir, .out = out }, rules);
}

int
rules_read_with(struct cli *cli, const char *path, struct rules **rules)
{
	AUTO(str_donep) struct str text = STR_INIT(RULES_FILE_MAX + 1), name = STR_INIT(300);
	const char *last = path ? strrchr(path, '/') : NULL;
	struct rules_file file;
	struct err err;

	if (!path || is_folder(path))
		return rules_read(cli, path, stderr, rules);
	last = last ? last + 1 : path;
	if (!text_ends_nocase(last, ".yaml"))
		return cli_usage(cli,
		    "--rules is a folder, or a file of rules whose name ends in .yaml, not '%s'",
		    path);
	if (cli_read_file(path, &text, &err) < 0)
		return cli_fail(cli, &err);
	str_addf(&name, FOLDER "/%s", last);
	file = (struct rules_file){ str_text(&name), str_text(&text), text.len };
	return read_as(
	    &(struct reading){ .cli = cli, .out = stderr, .beside = &file, .path = path }, rules);
}

static const char *
folder_given(const struct cli *cli)
{
	return cli->word_count ? cli->words[0] : NULL;
}

/* --- check -------------------------------------------------------------------- */

int
verb_rules_check(struct cli *cli)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;
	int rc = rules_read(cli, folder_given(cli), stdout, &rules);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(json_pack("{s:b, s:[], s:I, s:s}", "ok", 1, "faults", "rules",
		    (json_int_t)rules_count(rules), "hash", rules_hash(rules)));
	printf("%zu rules, no faults\n", rules_count(rules));
	return CLI_OK;
}

/* --- test --------------------------------------------------------------------- */

struct tally {
	json_t *list; /* with --json, else NULL */
	const struct rule *last;
	size_t count;
};

static void
print_test(struct tally *tally, const struct rule_tested *t)
{
	printf("%s %zu - %s, test %zu at %s:%d\n", t->passed ? "ok" : "not ok", tally->count,
	    t->rule->id, t->n, t->rule->file, t->line);
	if (!t->passed)
		printf("  # %s:%d:%d: %s\n", t->rule->file, t->line, t->column, t->why);
}

static void
add_test(void *arg, const struct rule_tested *t)
{
	struct tally *tally = arg;

	tally->count++;
	if (!tally->list)
		print_test(tally, t);
	else
		json_array_append_new(tally->list,
		    json_pack("{s:s, s:I, s:s, s:i, s:i, s:b, s:o}", "rule", t->rule->id, "n",
			(json_int_t)t->n, "file", t->rule->file, "line", t->line, "column",
			t->column, "passed", t->passed, "why",
			*t->why ? cli_json_text(t->why) : json_null()));
}

int
verb_rules_test(struct cli *cli)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;
	struct tally tally = { .list = cli->json ? json_array() : NULL };
	int rc = rules_read(cli, folder_given(cli), stderr, &rules);
	size_t failed;

	if (!cli->json)
		puts("TAP version 13");
	if (rc != CLI_OK) {
		if (!cli->json)
			puts("Bail out! The rules cannot be tested; standard error says why");
		json_decref(tally.list);
		return rc;
	}
	failed = rules_test(rules, add_test, &tally);
	if (cli->json)
		cli_print_json(json_pack("{s:b, s:I, s:I, s:o}", "ok", failed == 0, "passed",
		    (json_int_t)(tally.count - failed), "failed", (json_int_t)failed, "tests",
		    tally.list));
	else
		printf("1..%zu\n", tally.count);
	return failed ? CLI_FAULTS : CLI_OK;
}

/* --- facts -------------------------------------------------------------------- */

static json_t *
facts_json(const struct rules *rules)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rules_fact_count(rules); i++) {
		const struct fact_def *def = rules_fact(rules, i);

		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:b, s:b, s:o}", "name", def->name,
			"type", fact_type_name(def->type), "words", def->words, "unit",
			cli_json_text(def->unit), "help", def->help, "built_in", i < FACT_COUNT,
			"of_attribute", def->of_attribute, "used", rules_use(rules, i), "default",
			fact_json(def, &def->fallback)));
	}
	return list;
}

static void
add_fact_row(struct cli_table *table, const struct fact_def *def)
{
	AUTO(str_donep) struct str type = STR_INIT(200), help = STR_INIT(2000);

	str_add(&type, fact_type_name(def->type));
	if (*def->unit)
		str_addf(&type, ", %s", def->unit);
	str_add(&help, def->help);
	if (*def->words)
		str_addf(&help, "%s%s", *def->help ? ": " : "", def->words);
	cli_table_add(table, def->name, str_text(&type), str_text(&help), CLI_END);
}

int
verb_rules_facts(struct cli *cli)
{
	static const char *const headings[] = { "FACT", "TYPE", "WHAT IT SAYS", NULL };
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(headings, 0);
	AUTO(rules_unrefp) struct rules *rules = NULL;
	int rc = rules_read(cli, folder_given(cli), stderr, &rules);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(facts_json(rules));
	for (size_t i = 0; i < rules_fact_count(rules); i++)
		add_fact_row(table, rules_fact(rules, i));
	cli_table_print(table, stdout);
	return CLI_OK;
}

/* --- show --------------------------------------------------------------------- */

static json_t *
texts_json(const struct rule_text *text)
{
	json_t *object = json_object();

	for (size_t i = 0; i < text->count; i++)
		json_object_set_new(
		    object, text->said[i].locale, cli_json_text(text->said[i].text));
	return object;
}

static json_t *
rule_json(const struct rules *rules, size_t i)
{
	const struct rule *rule = rules_at(rules, i);
	json_t *levels = json_array(), *facts = json_array();

	for (size_t n = 0; n < rule->level_count; n++)
		json_array_append_new(levels,
		    json_pack("{s:I, s:s, s:I}", "after_ms", (json_int_t)rule->levels[n].after,
			"to", rule->levels[n].to, "repeat_ms", (json_int_t)rule->levels[n].repeat));
	for (size_t n = 0; n < rules_fact_count(rules); n++)
		if (rule_uses(rules, i, n))
			json_array_append_new(facts, json_string(rules_fact(rules, n)->name));
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:s, s:s, s:I, s:s, s:o, s:s, s:s, s:s, "
			 "s:o, s:b, s:o, s:b}",
	    "id", rule->id, "file", rule->file, "line", rule->line, "title",
	    texts_json(&rule->title), "suggest", texts_json(&rule->suggest), "when",
	    cli_json_text(rule->when), "reason", rule->reason, "priority",
	    escalation_priority_name(rule->priority), "due_ms", (json_int_t)rule->due, "to",
	    rule->to, "levels", levels, "once_per", rule_once_name(rule->once_per), "then",
	    rule_then_name(rule->then), "group", rule->group, "facts", facts, "of_time",
	    rules_use_time(rules, i), "ask", texts_json(&rule->ask), "withdraw", rule->withdraw);
}

static void
print_texts(const char *name, const struct rule_text *text)
{
	for (size_t n = 0; n < text->count; n++)
		printf("  %-5s %-4s  %s\n", name, text->said[n].locale, text->said[n].text);
}

/* A packet, and who has it when; else what the rule does and who hears of it. */
static void
print_then(const struct rule *rule)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096);

	if (rule->then == THEN_ESCALATE)
		printf("  then        escalate, %s, due in %s, to %s\n",
		    escalation_priority_name(rule->priority),
		    words_span(arena, rule->due ? rule->due : ESCALATION_DUE), rule->to);
	else
		printf("  then        %s%s%s%s\n", rule_then_name(rule->then),
		    *rule->to ? ", to " : "", rule->to,
		    rule->withdraw ? ", and withdraw an open question" : "");
	for (size_t n = 0; n < rule->level_count; n++)
		printf("  level       after %s, to %s%s%s\n",
		    words_span(arena, rule->levels[n].after), rule->levels[n].to,
		    rule->levels[n].repeat ? ", again every " : "",
		    rule->levels[n].repeat ? words_span(arena, rule->levels[n].repeat) : "");
}

static void
print_rule(const struct rules *rules, size_t i)
{
	const struct rule *rule = rules_at(rules, i);

	printf("%s  %s:%d\n", rule->id, rule->file, rule->line);
	print_texts("title", &rule->title);
	printf("  when        %.*s\n", (int)strcspn(rule->when, "\n"), rule->when);
	for (size_t n = 0; n < rules_fact_count(rules); n++)
		if (rule_uses(rules, i, n))
			printf("  fact        %s, %s\n", rules_fact(rules, n)->name,
			    fact_type_name(rules_fact(rules, n)->type));
	print_then(rule);
	print_texts("ask", &rule->ask);
	printf("  once per    %s\n", rule_once_name(rule->once_per));
	if (*rule->group)
		printf("  group       %s\n", rule->group);
}

int
rules_unknown(struct cli *cli, const struct rules *rules, const char *id)
{
	const char *names[RULES_MAX], *near;
	size_t n = rules_count(rules);

	for (size_t i = 0; i < n; i++)
		names[i] = rules_at(rules, i)->id;
	near = text_nearest(id, names, n);
	return cli_error(cli, ERR_NOT_FOUND, "there is no rule %s%s%s%s", id,
	    near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int
show_one(struct cli *cli, const struct rules *rules, const char *id)
{
	size_t i;

	if (!rules_find(rules, id, &i))
		return rules_unknown(cli, rules, id);
	if (cli->json)
		return cli_print_json(rule_json(rules, i));
	print_rule(rules, i);
	return CLI_OK;
}

static int
show_all(struct cli *cli, const struct rules *rules)
{
	static const char *const headings[] = { "RULE", "THEN", "PRIORITY", "TO", "ONCE PER",
		"WHEN", NULL };
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(headings, 0);
	json_t *list;

	if (cli->json) {
		list = json_array();
		for (size_t i = 0; i < rules_count(rules); i++)
			json_array_append_new(list, rule_json(rules, i));
		return cli_print_json(list);
	}
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);

		cli_table_add(table, rule->id, rule_then_name(rule->then),
		    escalation_priority_name(rule->priority), rule->to,
		    rule_once_name(rule->once_per), rule->when, CLI_END);
	}
	cli_table_print(table, stdout);
	return CLI_OK;
}

int
verb_rules_show(struct cli *cli)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;
	int rc = rules_read(cli, cli_text(cli, "--dir"), stderr, &rules);

	if (rc != CLI_OK)
		return rc;
	return cli->word_count ? show_one(cli, rules, cli->words[0]) : show_all(cli, rules);
}
