#include "cli.h"

#include <assent/base/version.h>

#include <stdarg.h>
#include <string.h>

#define NAMES_MAX 64
#define NAME_WIDTH 26

/* clang-format off */
static const struct cli_option global_options[] = {
	{ "-c", OPTION_TEXT, "FILE", "settings file (default " SETTINGS_FILE ")" },
	{ "--json", OPTION_FLAG, NULL, "print JSON" },
	{ "-h", OPTION_FLAG, NULL, "this help; behind a verb, the verb's" },
	{ "-V", OPTION_FLAG, NULL, "the version" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};
/* clang-format on */

struct args {
	char **at;
	size_t left;
	bool only_words; /* after "--" */
};

static const struct cli_option *
option_find(const struct cli_option *options, const char *name, size_t len)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == len && strncmp(options->name, name, len) == 0)
			return options;
	return NULL;
}

static const struct cli_option *
option_of(const struct cli *cli, const char *name, size_t len)
{
	const struct cli_option *option = option_find(global_options, name, len);

	if (!option && cli->verb)
		option = option_find(cli->verb->options, name, len);
	if (!option && len == 6 && strncmp(name, "--help", 6) == 0)
		option = option_find(global_options, "-h", 2);
	if (!option && len == 9 && strncmp(name, "--version", 9) == 0)
		option = option_find(global_options, "-V", 2);
	return option;
}

static int
unknown_option(struct cli *cli, const char *name)
{
	const char *names[NAMES_MAX];
	const char *near;
	size_t n = 0;

	for (const struct cli_option *o = global_options; o->name; o++)
		names[n++] = o->name;
	for (const struct cli_option *o = cli->verb ? cli->verb->options : NULL;
	     o && o->name && n < NAMES_MAX; o++)
		names[n++] = o->name;
	near = text_nearest(name, names, n);
	if (near)
		return cli_usage(cli, "unknown option '%s', did you mean '%s'?", name, near);
	return cli_usage(cli, "unknown option '%s'", name);
}

static void
take_global(struct cli *cli, const struct cli_option *option, const char *value)
{
	if (text_is(option->name, "-c")) {
		cli->file = value;
		cli->file_given = true;
	} else if (text_is(option->name, "--json")) {
		cli->json = true;
	} else if (text_is(option->name, "-h")) {
		cli->help = true;
	} else {
		cli->version = true;
	}
}

/* One option, its value behind '=' or as the next argument. */
static int
take_option(struct cli *cli, struct args *args)
{
	const char *name = *args->at;
	const char *equals = text_starts(name, "--") ? strchr(name, '=') : NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *option = option_of(cli, name, len);
	const char *value = equals ? equals + 1 : NULL;

	args->at++;
	args->left--;
	if (!option)
		return unknown_option(cli, name);
	if (option->kind == OPTION_FLAG && value)
		return cli_usage(cli, "%s takes no value", option->name);
	if (option->kind != OPTION_FLAG && !value) {
		if (!args->left)
			return cli_usage(cli, "%s needs %s", option->name, option->value);
		value = *args->at++;
		args->left--;
	}
	if (option >= global_options && option < global_options + ARRAY_LEN(global_options))
		take_global(cli, option, value);
	else if (cli->given_count == CLI_WORDS_MAX)
		return cli_usage(cli, "more than %d options", CLI_WORDS_MAX);
	else
		cli->given[cli->given_count++] = (struct cli_given){ option, value };
	return CLI_OK;
}

static bool
is_option(const struct args *args)
{
	return args->left && !args->only_words && **args->at == '-' && (*args->at)[1] != '\0';
}

const struct cli_verb *
cli_find_verb(char *const *words, size_t count, size_t *used)
{
	char two[100];

	for (*used = count < 2 ? count : 2; *used > 0; --*used) {
		snprintf(two, sizeof(two), "%s%s%s", words[0], *used == 2 ? " " : "",
		    *used == 2 ? words[1] : "");
		for (size_t i = 0; i < cli_verb_count; i++)
			if (text_is(cli_verbs[i].name, two))
				return &cli_verbs[i];
	}
	return NULL;
}

/* The verbs that start with this word, as "check, show"; false when there are none. */
static bool
add_group(struct str *out, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < cli_verb_count; i++)
		if (strncmp(cli_verbs[i].name, word, len) == 0 && cli_verbs[i].name[len] == ' ')
			str_addf(out, "%s%s", out->len ? ", " : "", cli_verbs[i].name + len + 1);
	return out->len > 0;
}

static const char *
nearest_verb(const char *text)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (; n < cli_verb_count && n < NAMES_MAX; n++)
		names[n] = cli_verbs[n].name;
	return text_nearest(text, names, n);
}

static int
unknown_verb(struct cli *cli, const char *first, const char *second)
{
	AUTO(str_donep) struct str group = STR_INIT(400);
	char text[100];
	const char *near;

	snprintf(text, sizeof(text), "%s%s%s", first, second ? " " : "", second ? second : "");
	near = nearest_verb(text);
	if (!near)
		near = nearest_verb(first);
	if (add_group(&group, first) && !second)
		return cli_usage(cli, "'%s' needs one of: %s", first, str_text(&group));
	if (near)
		return cli_usage(cli, "unknown verb '%s', did you mean '%s'?", text, near);
	if (group.len)
		return cli_usage(
		    cli, "unknown verb '%s'; '%s' has: %s", text, first, str_text(&group));
	return cli_usage(cli, "unknown verb '%s'; `assent -h` lists them", first);
}

static int
take_verb(struct cli *cli, struct args *args)
{
	char *words[2] = { args->at[0], NULL };
	size_t count = 1, used;

	if (args->left > 1 && args->at[1][0] != '-')
		words[count++] = args->at[1];
	cli->verb = cli_find_verb(words, count, &used);
	if (!cli->verb)
		return unknown_verb(cli, words[0], words[1]);
	args->at += used;
	args->left -= used;
	return CLI_OK;
}

static int
take_word(struct cli *cli, struct args *args)
{
	if (!args->only_words && text_is(*args->at, "--")) {
		args->only_words = true;
	} else if (!cli->verb) {
		return take_verb(cli, args);
	} else if (cli->word_count == CLI_WORDS_MAX) {
		return cli_usage(cli, "more than %d words", CLI_WORDS_MAX);
	} else {
		cli->words[cli->word_count++] = *args->at;
	}
	args->at++;
	args->left--;
	return CLI_OK;
}

static int
check_words(struct cli *cli)
{
	if (cli->help || cli->version)
		return CLI_OK;
	if (!cli->verb)
		return cli_usage(cli, "what shall I do?");
	if (cli->word_count < cli->verb->min_words)
		return cli_usage(cli, "'%s' needs %s", cli->verb->name, cli->verb->words);
	if (cli->word_count > cli->verb->max_words)
		return cli_usage(
		    cli, "'%s' is one word too many", cli->words[cli->verb->max_words]);
	return CLI_OK;
}

int
cli_read_args(struct cli *cli, int argc, char **argv)
{
	struct args args = { argv + 1, argc > 0 ? (size_t)argc - 1 : 0, false };
	int rc;

	cli->file = SETTINGS_FILE;
	while (args.left) {
		bool option = is_option(&args) && !text_is(*args.at, "--");

		rc = option ? take_option(cli, &args) : take_word(cli, &args);
		if (rc != CLI_OK)
			return rc;
	}
	return check_words(cli);
}

static const struct cli_given *
given(const struct cli *cli, const char *name, size_t i, bool last)
{
	const struct cli_given *found = NULL;

	for (size_t k = 0; k < cli->given_count; k++)
		if (text_is(cli->given[k].option->name, name)) {
			found = &cli->given[k];
			if (!last && i-- == 0)
				return found;
		}
	return last ? found : NULL;
}

bool
cli_flag(const struct cli *cli, const char *name)
{
	return given(cli, name, 0, true) != NULL;
}

const char *
cli_text(const struct cli *cli, const char *name)
{
	const struct cli_given *found = given(cli, name, 0, true);

	return found ? found->value : NULL;
}

const char *
cli_list(const struct cli *cli, const char *name, size_t i)
{
	const struct cli_given *found = given(cli, name, i, false);

	return found ? found->value : NULL;
}

/* --- help -------------------------------------------------------------- */

/* A long name has its line, so that what is said of each begins in one column. */
static void
print_named(const char *name, const char *help, FILE *out)
{
	if (strlen(name) > NAME_WIDTH)
		fprintf(out, "  %s\n%*s", name, NAME_WIDTH + 3, "");
	else
		fprintf(out, "  %-*s ", NAME_WIDTH, name);
	fprintf(out, "%s", help);
}

static void
print_options(const struct cli_option *options, FILE *out)
{
	for (; options && options->name; options++) {
		char name[60];

		snprintf(name, sizeof(name), "%s%s%s", options->name, options->value ? " " : "",
		    options->value ? options->value : "");
		print_named(name, options->help, out);
		fprintf(out, "%s\n", options->kind == OPTION_LIST ? " (may be repeated)" : "");
	}
}

static void
print_verbs(FILE *out)
{
	for (size_t i = 0; i < cli_verb_count; i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s %s", cli_verbs[i].name, cli_verbs[i].words);
		print_named(name, cli_verbs[i].help, out);
		fputc('\n', out);
	}
}

static void
print_usage(const struct cli *cli, FILE *out)
{
	const struct cli_verb *verb = cli->verb;

	if (verb)
		fprintf(out, "usage: assent [-c FILE] [--json] %s%s%s%s\n", verb->name,
		    verb->options ? " [options]" : "", *verb->words ? " " : "", verb->words);
	else
		fprintf(out, "usage: assent [-c FILE] [--json] VERB ...\n");
}

void
cli_print_help(const struct cli *cli, FILE *out)
{
	print_usage(cli, out);
	if (cli->verb) {
		fprintf(out, "%s\n", cli->verb->help);
		print_options(cli->verb->options, out);
		return;
	}
	fprintf(out, "\nVerbs (`assent VERB -h` tells more):\n");
	print_verbs(out);
	fprintf(out, "\nOptions:\n");
	print_options(global_options, out);
	fprintf(out,
	    "\nExit status: 0 done, 1 faults found, 2 wrong usage, 3 not found,\n"
	    "4 refused or overtaken, 5 try again later.\n");
}

int
cli_usage(struct cli *cli, const char *fmt, ...)
{
	struct err err = { .code = ERR_INVALID };
	va_list args;

	va_start(args, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, args);
	va_end(args);
	cli_fail(cli, &err);
	if (cli->json)
		return CLI_USAGE;
	print_usage(cli, stderr);
	return CLI_USAGE;
}
