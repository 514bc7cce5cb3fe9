#pragma once
/*
 * look: what the verbs that look into the database share. Each gathers one
 * JSON value in a snapshot; --json prints it, people get tables and fields
 * made from it. Texts of strangers are made visible and clipped on the way.
 */
#include "cli.h"

#include <assent/flow/desk.h>
#include <assent/flow/matter.h>
#include <assent/flow/verb.h>
#include <assent/store/find.h>

/* --- the database ------------------------------------------------------ */

/*
 * Is there a database, and may we see it? 0, or ERR_NOT_FOUND, ERR_DENIED with
 * a sentence that says what to do.
 */
int look_for_database(const struct settings *settings, struct err *err) MUST_USE;

/* The desk of a look: a snapshot, now. */
struct desk look_desk(const struct settings *settings, struct tx *tx);

typedef int (*look_fn)(struct desk *desk, void *arg, struct err *err);

/* Run fn on a snapshot of the database, opened read-only. Returns as cli_settings(). */
int look(struct cli *cli, look_fn fn, void *arg);

/*
 * As look(), again and again until fn has no more (*more stays false): for what
 * is longer than a snapshot should last.
 */
typedef int (*look_page_fn)(struct desk *desk, void *arg, bool *more, struct err *err);
int look_pages(struct cli *cli, look_page_fn fn, void *arg);

/* An id or its beginning as typed; exit status as cli_settings(), CLI_USAGE for what is no id. */
int look_id(struct cli *cli, enum find_in in, const char *text, struct id *out);

/*
 * The value of an option must be one of words; CLI_OK also when it is not
 * given, CLI_USAGE with the nearest word otherwise.
 */
int look_word(struct cli *cli, const char *option, const char *const *words, size_t count);

/* Likewise of an option that names an organisation. */
int look_organisation(struct cli *cli, const char *option);

/* A time that is over: "90d" (ago), "2026-09-01" (in the site's zone) or an ISO time. */
bool look_past(const struct settings *settings, const char *text, utc_ms now, utc_ms *out);

/* --- gathering --------------------------------------------------------- */

/* --max of a list: 100 unless given, 0 is all. CLI_OK or CLI_USAGE. */
#define LOOK_MAX_OPTION \
	{ \
		"--max", OPTION_TEXT, "N", "show at most N, 0 for all (default 100)" \
	}
int look_max(struct cli *cli, size_t *out);

/* "id", and for people "shown", its shortest unique beginning. */
int look_add_id(struct desk *desk, json_t *object, enum find_in in, const struct id *id,
    struct err *err) MUST_USE;
void look_set_text(json_t *object, const char *key, const char *text);
void look_set_id(json_t *object, const char *key, const struct id *id); /* null for none */
void look_set_time(json_t *object, const char *key, utc_ms at); /* null for 0 */
void look_set_int(json_t *object, const char *key, int64_t value);
void look_set_hex(json_t *object, const char *key, const uint8_t *bytes, size_t n);
/* "T-1001"; null when there is none, or it cannot be read. */
void look_set_ticket(struct desk *desk, json_t *object, const char *key, const struct id *id);
/* JSON text as the value it is; as text when it is none; null for "". */
void look_set_json(json_t *object, const char *key, const char *text);

/* --- showing ----------------------------------------------------------- */

enum look_kind {
	LOOK_TEXT,
	LOOK_NAME, /* text that is cut first where a table is too wide */
	LOOK_TIME, /* UTC in the JSON, local time here */
	LOOK_SPAN, /* milliseconds, "3 h 20 min" */
	LOOK_SIZE,
	LOOK_MINUTES, /* "3 h 20 min" */
	LOOK_BODY, /* below its row; after all others. With a heading it is "Heading: text" */
};

/* A column of a table, or a line of fields; key may be "owner.email", or "a|b": a, where it is null b. */
struct look_column {
	const char *heading;
	const char *key;
	enum look_kind kind;
};

/* Rows of objects as a table; columns end with a NULL heading. none is printed when there is no row. */
void look_table(const json_t *rows, const struct look_column *columns, const char *none);
/* What the verbs called "list" share. */
struct look_rows {
	const char *only; /* the caller's: a word to choose by, "" for all */
	size_t ask; /* gather no more than this, 0 for all: one more than --max */
	json_t *rows; /* gather appends to it */
};

/* Gather list's rows in a snapshot and show at most --max of them; with --json the rows themselves. */
int look_listing(
    struct cli *cli, look_fn gather, struct look_rows *list, const struct look_column *columns);
/* look_table() for a list of a verb: with --json the rows themselves. Takes rows, cuts it to max. */
int look_list(struct cli *cli, json_t *rows, const struct look_column *columns, size_t max);
/* "Heading:  value" for every key that is there and not empty. */
void look_fields(const json_t *object, const struct look_column *columns);
/* One value as a cell shows it. */
void look_add_cell(struct str *out, const json_t *object, const char *key, enum look_kind kind);
/* "  - text", wrapped */
void look_bullet(const char *text);
/* A text under an indent, its lines wrapped, without control characters, at most max bytes of it. */
void look_text(const char *text, size_t max);
void look_heading(const char *heading);
const char *look_string(const json_t *object, const char *key); /* "" when it is none */
