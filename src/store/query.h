#pragma once
/*
 * query: statements, kept per connection, with their values bound and read in
 * order. Errors stick: whatever went wrong on the way is returned by the
 * function that ends the query.
 *
 *	struct query q = QUERY(tx, TICKET_BY_REF);
 *
 *	bind_int(&q, ref);
 *	return query_one(&q, &ticket_table, out, err);
 *
 * A file lists its statements and fields once, as X-macros; a table of columns
 * then binds and reads whole structs.
 */
#include "db_priv.h"

#include <assent/base/crypto.h>
#include <assent/model/id.h>

#include <stddef.h>

/* Of outgoing: it waits for nothing any more. */
#define OUTGOING_HAS_LEFT "(status NOT IN ('queued', 'gathered', 'gathering'))"

struct statements {
	enum statement_set set;
	const char *const *sql;
	size_t count;
};

#define STATEMENT_NAME(name, sql) name,
#define STATEMENT_TEXT(name, sql) sql,
#define DEFINE_STATEMENTS(which, name_, LIST) \
	enum { LIST(STATEMENT_NAME) }; \
	DEFINE_STATEMENT_TEXTS(which, name_, LIST)
/* The second half alone, where the names are in a header. */
#define DEFINE_STATEMENT_TEXTS(which, name_, LIST) \
	static const char *const name_##_sql[] = { LIST(STATEMENT_TEXT) }; \
	const struct statements name_##_statements = { which, name_##_sql, ARRAY_LEN(name_##_sql) }

extern const struct statements people_statements, ticket_statements, message_statements,
    approval_statements, ballot_statements, post_statements, queue_statements, recall_statements,
    ledger_statements, site_statements, cursor_statements, find_statements, alert_statements,
    hold_statements, backup_statements, retention_statements, erase_statements, keyring_statements;
extern const struct statements credential_statements;
extern const struct statements api_statements, browse_statements, standin_statements,
    memory_statements, document_statements, closing_statements, escalation_statements,
    resume_statements, facts_statements, watch_statements, history_statements;
extern const struct statements *const all_statements[SET_COUNT];

/* --- fields ---------------------------------------------------------------- */

enum column_type {
	COL_ID, /* struct id, never null */
	COL_MAYBE_ID, /* struct id; the null id is NULL */
	COL_INT, /* int64_t */
	COL_BOOL,
	COL_TEXT, /* const char *; NULL is stored as "" */
	COL_EMAIL, /* COL_TEXT in lower case */
	COL_HASH, /* SHA256_SIZE bytes */
	COL_STATE, /* enum approval_state, by name */
	COL_CHANNEL, /* enum channel, by name */
	COL_LEVEL, /* enum reply_level, by name */
	COL_LANE, /* enum lane, by number */
};

struct column {
	const char *name;
	enum column_type type;
	size_t offset;
};

struct table {
	const char *name; /* one row's name in sentences: "ticket" */
	const struct column *columns;
	int count;
	size_t size;
};

enum {
	SIZE_ID = sizeof(struct id),
	SIZE_MAYBE_ID = sizeof(struct id),
	SIZE_INT = 8,
	SIZE_BOOL = sizeof(bool),
	SIZE_TEXT = sizeof(char *),
	SIZE_EMAIL = sizeof(char *),
	SIZE_HASH = SHA256_SIZE,
	SIZE_STATE = sizeof(int),
	SIZE_CHANNEL = sizeof(int),
	SIZE_LEVEL = sizeof(int),
	SIZE_LANE = sizeof(int),
};

/*
 * A list of fields is #define LIST(F, N, S) F(S, ID, id) N(S, TEXT, name) …:
 * F for the first, N for each next one, S the struct.
 */
#define FIELD_NAME(S, type, field) "\"" #field "\""
#define FIELD_NEXT_NAME(S, type, field) ", \"" #field "\""
#define FIELD_MARK(S, type, field) "?"
#define FIELD_NEXT_MARK(S, type, field) ", ?"
#define FIELD_COLUMN(S, type, field) \
	{ #field, COL_##type, \
		offsetof(S, field) + \
		    0 * sizeof(char[sizeof(((S *)0)->field) == SIZE_##type ? 1 : -1]) },

#define NAMES(LIST) LIST(FIELD_NAME, FIELD_NEXT_NAME, )
#define MARKS(LIST) LIST(FIELD_MARK, FIELD_NEXT_MARK, )
#define INSERT(table, LIST) "INSERT INTO " table " (" NAMES(LIST) ") VALUES (" MARKS(LIST) ")"

#define DEFINE_TABLE(name_, S, LIST) \
	static const struct column name_##_columns[] = { LIST(FIELD_COLUMN, FIELD_COLUMN, S) }; \
	static const struct table name_##_table = { #name_, name_##_columns, \
		(int)ARRAY_LEN(name_##_columns), sizeof(S) }

/* --- queries --------------------------------------------------------------- */

struct query {
	struct tx *tx;
	struct stmt *stmt; /* NULL when rc says why not */
	int bound; /* parameters so far */
	int rc;
};

struct query query_open(struct tx *tx, const struct statements *statements, int which) MUST_USE;
void query_end(struct query *query); /* early; any number of times */

void bind_int(struct query *query, int64_t value);
void bind_max(struct query *query, size_t max); /* for LIMIT; 0 is no limit */
void bind_text(struct query *query, const char *text);
void bind_email(struct query *query, const char *email);
void bind_id(struct query *query, const struct id *id);
void bind_maybe_id(struct query *query, const struct id *id);
void bind_bytes(struct query *query, const void *bytes, size_t n);
void bind_hash(struct query *query, const uint8_t hash[SHA256_SIZE]);
void bind_row(struct query *query, const struct table *table, const void *row);

/* Run to the end; rows are not wanted. */
int query_run(struct query *query, struct err *err) MUST_USE;
/* query_run() that wants at least one row changed; else code and "table: what". */
int query_claim(struct query *query, int code, const char *what, struct err *err) MUST_USE;
/* query_run(); *changed gets the number of rows. */
int query_count(struct query *query, size_t *changed, struct err *err) MUST_USE;

/* 1: a row can be read; 0: no more and the query has ended; or an error, ended as well. */
int query_next(struct query *query, struct err *err) MUST_USE;
int64_t column_int(struct query *query, int at);
bool column_is_null(struct query *query, int at);
const char *column_text(struct query *query, int at); /* copy in the tx's arena */
const void *column_bytes(struct query *query, int at, size_t *n); /* until the next step */
const char *column_peek(struct query *query, int at, size_t *n); /* until the next step */
bool column_id(struct query *query, int at, struct id *out) MUST_USE; /* NULL is the null id */
bool column_hash(struct query *query, int at, uint8_t out[SHA256_SIZE]) MUST_USE;
/* ERR_INVALID, naming table and row, when a column is not what we write. */
int read_row(struct query *query, const struct table *table, void *out, struct err *err) MUST_USE;

/* The first row; ERR_NOT_FOUND "there is no such <table>". */
int query_one(struct query *query, const struct table *table, void *out, struct err *err) MUST_USE;
/* All rows, as an array in the tx's arena. */
int query_list(struct query *query, const struct table *table, void *out, size_t *count,
    struct err *err) MUST_USE;
/* The first column of the first row; ERR_NOT_FOUND without one. */
int query_int(struct query *query, int64_t *out, struct err *err) MUST_USE;
/* Is there a row? */
int query_exists(struct query *query, bool *out, struct err *err) MUST_USE;

/* words.c: enums as stored. */
const char *level_name(int level);
bool level_parse(const char *name, int *out) MUST_USE;
