#include "rules/machine_priv.h"

#include <assent/base/sqlite.h>

#include <string.h>

/* clang-format off */
/* As small as rules need them; SQLite refuses what is beyond. */
static const struct {
	int what, most;
} limits[] = {
	{ SQLITE_LIMIT_LENGTH, 16 << 20 },
	{ SQLITE_LIMIT_SQL_LENGTH, 16 << 20 },
	{ SQLITE_LIMIT_COLUMN, RULES_MAX },
	{ SQLITE_LIMIT_EXPR_DEPTH, 1000 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 1 },
	{ SQLITE_LIMIT_VDBE_OP, 2000000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 20 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, EXPR_PATTERN_MAX },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, FACTS_MAX + 2 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 0 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};
/* clang-format on */

/* --- functions ------------------------------------------------------------------ */

static void
match(
    sqlite3_context *context, const struct glob *glob, sqlite3_value *pattern, sqlite3_value *text)
{
	const char *p = (const char *)sqlite3_value_text(pattern);
	const char *t = (const char *)sqlite3_value_text(text);

	if (p && t)
		sqlite3_result_int(context, glob_matches(glob, p, t));
}

static void
fn_matches(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	static const struct glob glob = { '*', '?' };

	match(context, &glob, argv[1], argv[0]);
}

/* SQLite hands LIKE's right side over first. */
static void
fn_like(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	static const struct glob glob = { '%', '_' };

	match(context, &glob, argv[0], argv[1]);
}

span_ms
moment_business(const struct moment *moment, utc_ms from, utc_ms to)
{
	if (!moment->business)
		return to - from;
	return from <= to ? moment->business(moment->arg, from, to)
			  : -moment->business(moment->arg, to, from);
}

static void
fn_business_hours_since(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const struct moment *moment = *(const struct moment **)sqlite3_user_data(context);

	if (sqlite3_value_type(argv[0]) != SQLITE_NULL)
		sqlite3_result_double(context,
		    (double)moment_business(moment, sqlite3_value_int64(argv[0]), moment->now) /
			(double)MS_HOUR);
}

static const struct {
	const char *name;
	int args;
	void (*fn)(sqlite3_context *, int, sqlite3_value **);
} own[] = {
	{ "matches", 2, fn_matches },
	{ "like", 2, fn_like },
	{ "business_hours_since", 1, fn_business_hours_since },
};

/* --- walls ---------------------------------------------------------------------- */

/* Behind the grammar, which lets nothing else through: two walls, one thought wrong. */
/* house: library callback */
static int
authorize(void *arg, int action, const char *a, const char *function, const char *c, const char *d)
{
	if (action == SQLITE_SELECT)
		return SQLITE_OK;
	if (action == SQLITE_FUNCTION && (function_find(function) || strcmp(function, "like") == 0))
		return SQLITE_OK;
	return SQLITE_DENY;
}

static int
stop(void *arg)
{
	return 1;
}

/* SQLite counts a statement's steps over all its runs, unless they are forgotten. */
int
machine_step(sqlite3 *db, sqlite3_stmt *stmt, int steps)
{
	sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	sqlite3_progress_handler(db, steps, stop, NULL);
	return sqlite3_step(stmt);
}

static int
fail(sqlite3 *db, struct err *err)
{
	return err_set(
	    err, ERR_INVALID, "SQLite: %s", db ? sqlite3_errmsg(db) : "there is not enough memory");
}

static int
set_up(sqlite3 *db, const struct moment **moment)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		sqlite3_limit(db, limits[i].what, limits[i].most);
	for (size_t i = 0; rc == SQLITE_OK && i < ARRAY_LEN(own); i++)
		rc = sqlite3_create_function_v2(db, own[i].name, own[i].args,
		    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, moment, own[i].fn, NULL,
		    NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return rc == SQLITE_OK ? sqlite3_set_authorizer(db, authorize, NULL) : rc;
}

int
machine_open(const struct moment **moment, sqlite3 **out, struct err *err)
{
	sqlite3 *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_PRIVATECACHE;
	int rc;

	sqlite_start();
	rc = sqlite3_open_v2(":memory:", &db, flags, NULL);
	if (rc == SQLITE_OK)
		rc = set_up(db, moment);
	if (rc != SQLITE_OK) {
		rc = fail(db, err);
		sqlite3_close(db);
		return rc;
	}
	*out = db;
	return 0;
}

void
machine_close(sqlite3 *db)
{
	sqlite3_close(db);
}

int
machine_prepare(sqlite3 *db, const struct str *sql, sqlite3_stmt **out, struct err *err)
{
	if (str_overflowed(sql))
		return err_set(err, ERR_LIMIT, "all expressions together are too long");
	if (sqlite3_prepare_v3(db, str_text(sql), (int)sql->len + 1, SQLITE_PREPARE_PERSISTENT, out,
		NULL) != SQLITE_OK)
		return fail(db, err);
	return 0;
}

/* CASE, because its condition is left as soon as it is known, and a value's is not. */
void
machine_add_case(const struct expr_sql *to, const struct expr *expr)
{
	str_add(to->out, "CASE WHEN ");
	expr_add_sql(to, expr);
	str_add(to->out, " THEN 1 ELSE 0 END");
}

int
machine_try(sqlite3 *db, const struct expr *expr, struct err *err)
{
	AUTO(str_donep) struct str sql = STR_INIT((size_t)1 << 20);
	int numbers[FACTS_MAX], rc;
	const struct expr_sql to = { numbers, &sql };
	sqlite3_stmt *stmt = NULL;

	for (int i = 0; i < FACTS_MAX; i++)
		numbers[i] = i + 2;
	str_add(&sql, "SELECT ");
	machine_add_case(&to, expr);
	rc = machine_prepare(db, &sql, &stmt, err);
	sqlite3_finalize(stmt);
	return rc;
}
