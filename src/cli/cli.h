#pragma once
/*
 * cli: the frame of `assent`. One file a verb: src/cli/verb_<name>.c with
 * functions of the shape cli_run_fn, declared in verbs.h, one row each in
 * verbs.c. The frame reads options, loads settings when a verb asks for them,
 * prints tables, JSON and errors, and turns error codes into exit statuses.
 *
 * With --json a verb prints one JSON value to standard output (verbs that work
 * on lines: one object a line), and an error is one JSON object on standard
 * error: {"error": sentence, "code": name}.
 */
#include <assent/base/err.h>
#include <assent/base/str.h>
#include <assent/config/settings.h>
#include <assent/mail/parser.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum cli_exit { /* documented in assent(1) */
	CLI_OK = 0,
	CLI_FAULTS = 1, /* something that was checked is wrong */
	CLI_USAGE = 2, /* the command line is */
	CLI_NOT_FOUND = 3,
	CLI_REFUSED = 4, /* not allowed, or overtaken by others */
	CLI_TEMPORARY = 5, /* try again later */
};

struct cli;

typedef int (*cli_run_fn)(struct cli *cli);

enum cli_option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST };

struct cli_option {
	const char *name; /* "--ticket"; ends a table with NULL */
	enum cli_option_kind kind;
	const char *value; /* what help calls it: "ID" */
	const char *help;
};

struct cli_verb {
	const char *name; /* "approval list" */
	const char *words; /* what follows, for help: "FILE" */
	size_t min_words, max_words;
	const struct cli_option *options; /* NULL for none */
	const char *help; /* one line */
	cli_run_fn run;
};

extern const struct cli_verb cli_verbs[]; /* verbs.c */
extern const size_t cli_verb_count;

#define CLI_WORDS_MAX 256

struct cli_given {
	const struct cli_option *option;
	const char *value; /* NULL of a flag */
};

struct cli {
	const struct cli_verb *verb;
	const char *file; /* -c */
	bool file_given;
	bool json, help, version;
	const char *words[CLI_WORDS_MAX]; /* behind the verb's name */
	size_t word_count;
	struct cli_given given[CLI_WORDS_MAX];
	size_t given_count;
	struct settings *settings; /* through cli_settings() only */
	struct parser *parser; /* through cli_parser() only */
};

/* --- command line ------------------------------------------------------ */

/* Fill cli; CLI_OK, or CLI_USAGE with the sentence already printed. */
int cli_read_args(struct cli *cli, int argc, char **argv);

/* Was a flag given? The (last) value of an option, or NULL. The ith value of a list, or NULL. */
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_text(const struct cli *cli, const char *name);
const char *cli_list(const struct cli *cli, const char *name, size_t i);

/* The verb whose name is argv's first words; *used is how many. NULL when there is none. */
const struct cli_verb *cli_find_verb(char *const *words, size_t count, size_t *used);

void cli_print_help(const struct cli *cli, FILE *out);

/* --- what verbs need --------------------------------------------------- */

/*
 * The settings of -c, loaded at the first call; they belong to the frame.
 * Returns CLI_OK, or an exit status after everything wrong was printed.
 */
int cli_settings(struct cli *cli, const struct settings **out);

/* The parser children beside our own program; no settings needed. Returns as cli_settings(). */
int cli_parser(struct cli *cli, struct parser **out);

/* Append the path of a program in the folder of our own. */
int cli_program_beside(const char *name, struct str *out, struct err *err) MUST_USE;

/* Print the error; returns the exit status that belongs to it. */
int cli_fail(struct cli *cli, const struct err *err);
/* The same for a sentence of one's own. */
int cli_error(struct cli *cli, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
/* "usage: ..." of the verb with a sentence in front; returns CLI_USAGE. */
int cli_usage(struct cli *cli, const char *fmt, ...) PRINTF(2, 3);
enum cli_exit cli_exit_of(int code);

/* Print faults as the verb's output (config check) or as its error; returns CLI_FAULTS. */
int cli_print_faults(struct cli *cli, struct faults *faults, FILE *out);

/* --- output ------------------------------------------------------------ */

/* One JSON value, indented, with a newline. Takes the reference. */
int cli_print_json(json_t *value);

/* A JSON text (always valid UTF-8, whatever came in). */
json_t *cli_json_text(const char *text);
/* The text of an option as a member; none where it was not given. */
void cli_take_text(struct cli *cli, json_t *arguments, const char *name, const char *option);

/* "2026-11-21 09:30 CET" in the local zone; "" for 0. */
void cli_add_time(struct str *out, utc_ms at);
/* "2026-11-21T08:30:00.000Z", or null for 0. */
json_t *cli_json_time(utc_ms at);

/*
 * A table: columns are as wide as their widest cell (counted in terminal
 * columns, not bytes). Where a line would be longer than the terminal, or than
 * $COLUMNS or 100 elsewhere, first those of cli_table_cut() are narrowed and
 * then the last column is clipped. headings end with NULL; a table without
 * headings (NULL) has columns columns.
 */
struct cli_table;

struct cli_table *cli_table_new(const char *const *headings, size_t columns) MUST_USE;
void cli_table_free(struct cli_table *table);
/* Its cells may be cut where the table is too wide. */
void cli_table_cut(struct cli_table *table, size_t column);
FREEP(struct cli_table, cli_table_free)
/* Cells are copied; a NULL cell is empty, and so are those after the last. Ends with CLI_END. */
void cli_table_add(struct cli_table *table, ...);
#define CLI_END ((const char *)-1)
/* Lines under the row that was added last, as cli_print_wrapped(), below its second column. */
void cli_table_below(struct cli_table *table, const char *text);
void cli_table_print(const struct cli_table *table, FILE *out);

/*
 * One line of text under an indent. Where it is longer than the terminal, or
 * than $COLUMNS, its words go on below, hang columns further in; in a pipe it
 * stays whole, and so does a word that is too long.
 */
void cli_print_wrapped(const char *line, size_t indent, size_t hang, FILE *out);

/* Columns a terminal needs for text. */
size_t text_columns(const char *text);

/* --- input ------------------------------------------------------------- */

#define CLI_LINE_MAX ((size_t)64 << 20)

/* A line of a descriptor at a time; standard output is flushed before each wait. */
struct cli_lines;

struct cli_lines *cli_lines_new(int fd) MUST_USE;
void cli_lines_free(struct cli_lines *lines);
FREEP(struct cli_lines, cli_lines_free)
/*
 * The next line without its newline, valid until the next call. ERR_NOT_FOUND
 * at the end, ERR_LIMIT for a line over CLI_LINE_MAX (which is passed over),
 * ERR_IO.
 */
int cli_lines_next(
    struct cli_lines *lines, const char **line, size_t *len, struct err *err) MUST_USE;

/* The whole of a file, or of standard input for "-". */
int cli_read_file(const char *path, struct str *out, struct err *err) MUST_USE;

/* --- hooks ------------------------------------------------------------- */

/*
 * What `config check` asks beyond the settings file itself: each function
 * appends a line "file:line:column: message" for everything it finds wrong.
 */
typedef void (*cli_check_fn)(const struct settings *settings, struct str *out);

extern const cli_check_fn cli_checks[]; /* checks.c; ends with NULL */
