#pragma once
/*
 * expr: the expression of a rule as a tree, checked before SQLite sees it.
 *
 * What is not in this grammar does not exist: no subquery, no name but facts
 * and the functions of function.c, no comment, no parameter. The SQL that is
 * run is written anew from the tree, never copied from the file.
 */
#include <assent/rules/rules.h>

#define EXPR_DEPTH_MAX 40 /* of parentheses, NOT and signs */
#define EXPR_ITEMS_MAX 200 /* of a list */
#define EXPR_PATTERN_MAX 100 /* bytes */

enum expr_type {
	TYPE_NUMBER = FACT_NUMBER,
	TYPE_TEXT = FACT_TEXT,
	TYPE_BOOL = FACT_BOOL,
	TYPE_TIME = FACT_TIME,
	TYPE_NULL,
	TYPE_ANY, /* after a fault: fits everything, so that one slip is told once */
};

enum expr_kind {
	EXPR_NUMBER,
	EXPR_TEXT,
	EXPR_BOOL,
	EXPR_NULL,
	EXPR_FACT,
	EXPR_CALL,
	EXPR_SIGN,
	EXPR_ARITHMETIC, /* two args */
	EXPR_COMPARE, /* two args */
	EXPR_IS, /* two args */
	EXPR_IN, /* subject, items */
	EXPR_BETWEEN, /* subject, least, most */
	EXPR_LIKE, /* subject, pattern */
	EXPR_NOT,
	EXPR_AND,
	EXPR_OR,
};

enum expr_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD };

struct function;

struct expr {
	enum expr_kind kind;
	enum expr_op op;
	enum expr_type type;
	bool moves; /* time alone can change it; set by expr_check() */
	bool negated; /* NOT IN, NOT BETWEEN, NOT LIKE, IS NOT */
	bool yes; /* of EXPR_BOOL */
	double number;
	const char *text; /* of EXPR_TEXT, without quotes; of EXPR_NUMBER, its digits */
	size_t fact;
	const struct function *function;
	struct expr **args;
	size_t count;
	size_t start, end; /* bytes in the source */
};

struct fact_list {
	struct fact_def defs[FACTS_MAX];
	size_t count;
};

/* Where expressions come from and where their faults go. */
struct expr_source {
	const char *text;
	const struct fact_list *facts;
	struct arena *arena;
	void (*fault)(void *arg, size_t offset, const char *message, const char *meant);
	void *arg;
	size_t fault_count;
};

void expr_fault(struct expr_source *source, size_t offset, const char *fmt, ...) PRINTF(3, 4);
void expr_fault_meant(
    struct expr_source *source, size_t offset, const char *message, const char *meant);

/* A name of a fact into *out; false when there is none. */
bool fact_find(const struct fact_list *facts, const char *name, size_t *out);

/* The tree of source->text, or NULL after one fault. */
struct expr *expr_parse(struct expr_source *source);

/* Give every part its type; faults where names, words or types do not fit. */
void expr_check(struct expr_source *source, struct expr *expr);

/* A fault where a part holds, or does not, whatever the facts are. */
void expr_check_constant(struct expr_source *source, const struct expr *expr);

/* Which facts are read, and whether the time is. */
struct expr_uses {
	bool facts[FACTS_MAX];
	bool time;
};
void expr_uses(const struct expr *expr, struct expr_uses *uses);

/* Are both the same, letter by letter, spaces and case of names aside? */
bool expr_is_same(const struct expr *a, const struct expr *b);

/* --- functions --------------------------------------------------------------- */

enum function_id {
	FN_HOURS_SINCE,
	FN_DAYS_SINCE,
	FN_HOURS_UNTIL,
	FN_DAYS_UNTIL,
	FN_HOURS_BETWEEN,
	FN_BUSINESS_HOURS_SINCE,
	FN_MATCHES,
	FN_LOWER,
	FN_UPPER,
	FN_LENGTH,
	FN_COALESCE,
	FN_ABS,
	FN_ROUND,
	FN_MIN,
	FN_MAX,
	FN_COUNT
};

struct function {
	enum function_id id;
	const char *name;
	const char *takes; /* a letter each: t time, s text, n number, x any but all the same */
	size_t least, most;
	enum expr_type gives; /* TYPE_ANY: what it takes */
	const char *help;
};

const struct function *function_find(const char *name);
const struct function *function_at(size_t i); /* NULL past the end */

/* --- SQL ------------------------------------------------------------------------ */

/* Parameter 1 is the time, fact i parameter numbers[i]. */
struct expr_sql {
	const int *numbers;
	struct str *out;
};
void expr_add_sql(const struct expr_sql *sql, const struct expr *expr);

/* hours_since(t) > 48 as SQLite gets it: whole milliseconds, which are as exact. */
struct expr_whole {
	const struct expr *difference; /* FN_HOURS_SINCE … FN_HOURS_BETWEEN */
	bool is_turned; /* it stands on the right */
	span_ms ms;
};
bool expr_whole(const struct expr *comparison, struct expr_whole *out);
