#pragma once
/* machine_priv: a SQLite that can do nothing but compute what expressions say. */
#include <assent/rules/engine.h>

#include "rules/expr_priv.h"

#include <sqlite3.h>

/* *moment is looked at while a statement runs. */
int machine_open(const struct moment **moment, sqlite3 **out, struct err *err) MUST_USE;
void machine_close(sqlite3 *db);

int machine_prepare(
    sqlite3 *db, const struct str *sql, sqlite3_stmt **out, struct err *err) MUST_USE;

/* Business time as moment counts it; less than 0 backwards. */
span_ms moment_business(const struct moment *moment, utc_ms from, utc_ms to);

/* A rule's column: 1 when expr holds, else 0. */
void machine_add_case(const struct expr_sql *to, const struct expr *expr);

/* Does SQLite take it? Nothing runs. */
int machine_try(sqlite3 *db, const struct expr *expr, struct err *err) MUST_USE;

/* sqlite3_step(), SQLITE_INTERRUPT for what takes about that many steps or more. */
int machine_step(sqlite3 *db, sqlite3_stmt *stmt, int steps);

/* Does the whole text match? *, ? and, for LIKE, % and _; a-z are as A-Z. */
struct glob {
	char many, one;
};
bool glob_matches(const struct glob *glob, const char *pattern, const char *text);
