#include "rules/facts_priv.h"
#include "rules/lex_priv.h"

#include <stdio.h>
#include <string.h>

struct parser {
	struct expr_source *source;
	struct token token; /* the next one */
	size_t last_end; /* of the one before */
	size_t depth;
	bool failed;
};

static struct expr *parse_or(struct parser *p);

/* --- tokens ------------------------------------------------------------------ */

static void
step(struct parser *p)
{
	p->last_end = p->token.end;
	p->token = token_next(p->source, p->token.end);
	p->failed = p->failed || p->token.kind == TOKEN_FAULT;
}

/* One fault of grammar is enough: what comes after it would be guessed. */
static struct expr *
fail(struct parser *p, size_t at, const char *message)
{
	if (!p->failed)
		expr_fault_meant(p->source, at, message, NULL);
	p->failed = true;
	return NULL;
}

static bool
is_word(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

static bool
take_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	step(p);
	return true;
}

static bool
is_op(const struct parser *p, enum expr_op least, enum expr_op most)
{
	return p->token.kind == TOKEN_OP && p->token.op >= least && p->token.op <= most;
}

/* --- nodes ------------------------------------------------------------------- */

static struct expr *
make(struct parser *p, enum expr_kind kind, size_t start)
{
	struct expr *expr = arena_alloc(p->source->arena, sizeof(*expr));

	expr->kind = kind;
	expr->type = TYPE_ANY;
	expr->start = start;
	expr->end = p->last_end;
	return expr;
}

static void
adopt(struct parser *p, struct expr *parent, struct expr *child)
{
	size_t room = parent->count;

	/* Doubled at each power of two. */
	if ((room & (room - 1)) == 0) {
		struct expr **args =
		    arena_alloc(p->source->arena, (room ? 2 * room : 1) * sizeof(struct expr *));

		if (room)
			memcpy(args, parent->args, room * sizeof(struct expr *));
		parent->args = args;
	}
	parent->args[parent->count++] = child;
	parent->end = p->last_end;
}

static struct expr *
pair(struct parser *p, enum expr_kind kind, struct expr *left, struct expr *right)
{
	struct expr *expr;

	if (!left || !right)
		return NULL;
	expr = make(p, kind, left->start);
	adopt(p, expr, left);
	adopt(p, expr, right);
	return expr;
}

static bool
enter(struct parser *p)
{
	if (++p->depth <= EXPR_DEPTH_MAX)
		return true;
	fail(p, p->token.start, "nested too deep");
	return false;
}

/* --- values ------------------------------------------------------------------ */

/* What other engines of SQL know, and what is to be written here. */
static const struct {
	const char *name, *advice;
} strangers[] = {
	{ "select", "nothing is selected here: an expression is about one ticket's facts" },
	{ "exists", "nothing is selected here: an expression is about one ticket's facts" },
	{ "case", "there is no case; write two rules, or use and, or, not" },
	{ "cast", "there is no cast: facts have types (see 'assent rules facts')" },
	{ "glob", "write matches(text, 'pattern*')" },
	{ "regexp", "write matches(text, 'pattern*'); there are no regular expressions" },
	{ "now", "there is no now; write hours_since(created) and the like" },
	{ "current_timestamp", "there is no now; write hours_since(created) and the like" },
	{ "current_time", "there is no now; write hours_since(created) and the like" },
	{ "current_date", "there is no now; write hours_since(created) and the like" },
	{ "datetime", "there is no now; write hours_since(created) and the like" },
	{ "strftime", "there is no now; write hours_since(created) and the like" },
	{ "julianday", "there is no now; write hours_since(created) and the like" },
	{ "random", "there is no chance in rules: the same facts always give the same answer" },
	{ "collate", "texts are compared letter by letter; lower(text) makes case irrelevant" },
	{ "escape", "there is no escape here" },
};

static const char *
advice_for(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
		if (strcmp(strangers[i].name, name) == 0)
			return strangers[i].advice;
	return NULL;
}

static bool
is_keyword(const char *name)
{
	static const char *const words[] = { "and", "or", "not", "in", "between", "like", "is" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

static void
fault_unknown_fact(struct parser *p, const struct token *name)
{
	const char *words[FACTS_MAX];
	const struct fact_list *facts = p->source->facts;
	char message[160];

	if (function_find(name->text)) {
		expr_fault(p->source, name->start, "'%s' is a function; write %s(…)", name->text,
		    name->text);
		return;
	}
	for (size_t i = 0; i < facts->count; i++) {
		words[i] = facts->defs[i].name;
		if (!fact_has_word(&facts->defs[i], name->text))
			continue;
		expr_fault(p->source, name->start,
		    "'%s' is a word of %s; texts stand in single quotes", name->text, words[i]);
		return;
	}
	snprintf(message, sizeof(message), "unknown fact '%.64s'", name->text);
	expr_fault_meant(
	    p->source, name->start, message, text_nearest(name->text, words, facts->count));
}

static struct expr *
parse_fact(struct parser *p, const struct token *name)
{
	struct expr *expr = make(p, EXPR_FACT, name->start);

	expr->text = name->text;
	if (fact_find(p->source->facts, name->text, &expr->fact))
		expr->type = (enum expr_type)p->source->facts->defs[expr->fact].type;
	else
		fault_unknown_fact(p, name);
	return expr;
}

static void
fault_unknown_function(struct parser *p, const struct token *name)
{
	const char *words[FN_COUNT];
	char message[160];

	for (size_t i = 0; i < FN_COUNT; i++)
		words[i] = function_at(i)->name;
	snprintf(message, sizeof(message), "unknown function '%.64s'", name->text);
	expr_fault_meant(
	    p->source, name->start, message, text_nearest(name->text, words, FN_COUNT));
}

/* The rest of a list after its opening parenthesis, into parent. */
static bool
parse_items(struct parser *p, struct expr *parent)
{
	if (p->token.kind == TOKEN_CLOSE) {
		step(p);
		parent->end = p->last_end;
		return true;
	}
	for (size_t n = 0;; n++) {
		struct expr *item = n < EXPR_ITEMS_MAX
		    ? parse_or(p)
		    : fail(p, p->token.start, "more than 200 entries");

		if (!item)
			return false;
		adopt(p, parent, item);
		if (p->token.kind != TOKEN_COMMA)
			break;
		step(p);
	}
	if (p->token.kind != TOKEN_CLOSE) {
		fail(p, p->token.start, "expected ',' or ')' here");
		return false;
	}
	step(p);
	parent->end = p->last_end;
	return true;
}

static struct expr *
parse_call(struct parser *p, const struct token *name)
{
	struct expr *expr = make(p, EXPR_CALL, name->start);
	bool good;

	expr->function = function_find(name->text);
	if (!expr->function)
		fault_unknown_function(p, name);
	if (!enter(p))
		return NULL;
	step(p);
	good = parse_items(p, expr);
	p->depth--;
	return good ? expr : NULL;
}

static struct expr *
parse_name(struct parser *p)
{
	const struct token name = p->token;
	struct expr *expr;

	if (is_keyword(name.text))
		return fail(p, name.start, "expected a fact, a value or a function here");
	if (advice_for(name.text))
		return fail(p, name.start, advice_for(name.text));
	step(p);
	if (p->failed)
		return NULL;
	if (p->token.kind == TOKEN_OPEN)
		return parse_call(p, &name);
	if (strcmp(name.text, "true") != 0 && strcmp(name.text, "false") != 0 &&
	    strcmp(name.text, "null") != 0)
		return parse_fact(p, &name);
	expr = make(p, *name.text == 'n' ? EXPR_NULL : EXPR_BOOL, name.start);
	expr->type = *name.text == 'n' ? TYPE_NULL : TYPE_BOOL;
	expr->yes = *name.text == 't';
	return expr;
}

static struct expr *
parse_literal(struct parser *p)
{
	const struct token token = p->token;
	struct expr *expr;

	step(p);
	expr = make(p, token.kind == TOKEN_TEXT ? EXPR_TEXT : EXPR_NUMBER, token.start);
	expr->type = token.kind == TOKEN_TEXT ? TYPE_TEXT : TYPE_NUMBER;
	expr->text = token.text;
	if (token.kind == TOKEN_NUMBER && !decimal_parse(token.text, &expr->number))
		return fail(p, token.start, "this is no number");
	return expr;
}

/* The parentheses belong to the part, so that its text reads as it was written. */
static struct expr *
parse_parentheses(struct parser *p)
{
	size_t start = p->token.start;
	struct expr *expr;

	if (!enter(p))
		return NULL;
	step(p);
	expr = parse_or(p);
	p->depth--;
	if (!expr)
		return NULL;
	if (p->token.kind != TOKEN_CLOSE)
		return fail(p, p->token.start,
		    p->token.kind == TOKEN_COMMA ? "a list stands only after in"
						 : "expected ')' here");
	step(p);
	expr->start = start;
	expr->end = p->last_end;
	return expr;
}

static struct expr *
parse_value(struct parser *p)
{
	switch (p->token.kind) {
	case TOKEN_NAME:
		return parse_name(p);
	case TOKEN_NUMBER:
	case TOKEN_TEXT:
		return parse_literal(p);
	case TOKEN_OPEN:
		return parse_parentheses(p);
	case TOKEN_END:
		return fail(p, p->last_end, "the expression ends too early");
	default:
		return fail(p, p->token.start, "expected a fact, a value or a function here");
	}
}

/* --- operators ----------------------------------------------------------------- */

static struct expr *
parse_sign(struct parser *p)
{
	struct expr *expr, *arg;
	size_t start = p->token.start;

	if (!is_op(p, OP_SUB, OP_SUB))
		return parse_value(p);
	if (!enter(p))
		return NULL;
	step(p);
	arg = parse_sign(p);
	p->depth--;
	if (!arg)
		return NULL;
	expr = make(p, EXPR_SIGN, start);
	adopt(p, expr, arg);
	return expr;
}

/* Parts with operators from least to most between them, the first two first. */
static struct expr *
parse_chain(struct parser *p, enum expr_op least, enum expr_op most,
    struct expr *(*parse_part)(struct parser *))
{
	struct expr *left = parse_part(p);

	while (left && is_op(p, least, most)) {
		enum expr_op op = p->token.op;

		step(p);
		left = pair(p, EXPR_ARITHMETIC, left, parse_part(p));
		if (left)
			left->op = op;
	}
	return left;
}

static struct expr *
parse_product(struct parser *p)
{
	return parse_chain(p, OP_MUL, OP_MOD, parse_sign);
}

static struct expr *
parse_sum(struct parser *p)
{
	return parse_chain(p, OP_ADD, OP_SUB, parse_product);
}

static struct expr *
parse_in(struct parser *p, struct expr *subject)
{
	struct expr *expr = make(p, EXPR_IN, subject->start);

	adopt(p, expr, subject);
	if (p->token.kind != TOKEN_OPEN)
		return fail(p, p->token.start, "after in stands a list: ('open', 'waiting')");
	if (!enter(p))
		return NULL;
	step(p);
	if (!parse_items(p, expr))
		return NULL;
	p->depth--;
	return expr;
}

static struct expr *
parse_between(struct parser *p, struct expr *subject)
{
	struct expr *least = parse_sum(p), *most;
	struct expr *expr;

	if (!least)
		return NULL;
	if (!take_word(p, "and"))
		return fail(p, p->token.start, "expected and here: x between 1 and 5");
	most = parse_sum(p);
	expr = pair(p, EXPR_BETWEEN, subject, least);
	if (!most || !expr)
		return NULL;
	adopt(p, expr, most);
	return expr;
}

/* After a subject: IN, BETWEEN or LIKE; left alone when it is none of them. */
static struct expr *
parse_set(struct parser *p, struct expr *subject)
{
	bool negated = take_word(p, "not");
	struct expr *expr;

	if (take_word(p, "in"))
		expr = parse_in(p, subject);
	else if (take_word(p, "between"))
		expr = parse_between(p, subject);
	else if (take_word(p, "like"))
		expr = pair(p, EXPR_LIKE, subject, parse_sum(p));
	else if (negated)
		return fail(p, p->token.start, "expected in, between or like after not");
	else
		return subject;
	if (expr)
		expr->negated = negated;
	return expr;
}

static struct expr *
parse_comparison(struct parser *p)
{
	struct expr *left = parse_sum(p), *expr;

	if (!left)
		return NULL;
	if (is_op(p, OP_EQ, OP_GE)) {
		enum expr_op op = p->token.op;

		step(p);
		expr = pair(p, EXPR_COMPARE, left, parse_sum(p));
		if (expr)
			expr->op = op;
	} else if (take_word(p, "is")) {
		bool negated = take_word(p, "not");

		expr = pair(p, EXPR_IS, left, parse_sum(p));
		if (expr)
			expr->negated = negated;
	} else {
		expr = parse_set(p, left);
	}
	if (expr && is_op(p, OP_EQ, OP_GE))
		return fail(
		    p, p->token.start, "comparisons cannot be chained; write a < b and b < c");
	return expr;
}

static struct expr *
parse_not(struct parser *p)
{
	size_t start = p->token.start;
	struct expr *expr, *arg;

	if (!is_word(p, "not"))
		return parse_comparison(p);
	if (!enter(p))
		return NULL;
	step(p);
	arg = parse_not(p);
	p->depth--;
	if (!arg)
		return NULL;
	expr = make(p, EXPR_NOT, start);
	adopt(p, expr, arg);
	return expr;
}

static struct expr *
parse_joined(struct parser *p, enum expr_kind kind)
{
	struct expr *first = kind == EXPR_AND ? parse_not(p) : parse_joined(p, EXPR_AND);
	struct expr *expr = NULL;
	const char *word = kind == EXPR_AND ? "and" : "or";

	while (first && take_word(p, word)) {
		struct expr *next = kind == EXPR_AND ? parse_not(p) : parse_joined(p, EXPR_AND);

		if (!next)
			return NULL;
		if (!expr) {
			expr = make(p, kind, first->start);
			adopt(p, expr, first);
		}
		adopt(p, expr, next);
	}
	return expr ? expr : first;
}

static struct expr *
parse_or(struct parser *p)
{
	return parse_joined(p, EXPR_OR);
}

struct expr *
expr_parse(struct expr_source *source)
{
	struct parser p = { .source = source };
	struct expr *expr;

	step(&p);
	if (p.failed)
		return NULL;
	expr = parse_or(&p);
	if (expr && p.token.kind == TOKEN_COMMA)
		expr = fail(&p, p.token.start, "a number is written without ',', such as 100000");
	if (expr && p.token.kind != TOKEN_END)
		expr = fail(&p, p.token.start,
		    p.token.kind == TOKEN_CLOSE ? "this ')' closes nothing"
						: "expected and, or, or the end here");
	return p.failed ? NULL : expr;
}
