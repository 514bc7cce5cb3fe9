/* Types: what is compared with what. */
#include "rules/expr_priv.h"

#include <assent/base/utf8.h>

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 32

static const char *
type_phrase(enum expr_type type)
{
	switch (type) {
	case TYPE_NUMBER:
		return "a number";
	case TYPE_TEXT:
		return "a text";
	case TYPE_BOOL:
		return "true or false";
	case TYPE_TIME:
		return "a time";
	default:
		return "null";
	}
}

/* The part as it was written, short enough for a sentence. */
struct phrase {
	char text[64];
};

static struct phrase
phrase_of(const struct expr_source *source, const struct expr *expr)
{
	struct phrase phrase;
	size_t n = expr->end - expr->start;

	snprintf(phrase.text, sizeof(phrase.text), "%.*s%s",
	    (int)utf8_cut(source->text + expr->start, n, 40), source->text + expr->start,
	    n > 40 ? "…" : "");
	return phrase;
}

static bool
fits(const struct expr *expr, enum expr_type type)
{
	return expr->type == type || expr->type == TYPE_ANY || type == TYPE_ANY;
}

static void
want(struct expr_source *source, const struct expr *expr, enum expr_type type)
{
	if (fits(expr, type))
		return;
	expr_fault(source, expr->start, "%s is %s; %s is expected here",
	    phrase_of(source, expr).text, type_phrase(expr->type), type_phrase(type));
}

/* --- words ------------------------------------------------------------------------ */

static size_t
split(char *words, const char **out)
{
	size_t n = 0;
	char *word;

	while (n < WORDS_MAX && (word = strsep(&words, " ")) != NULL)
		if (*word)
			out[n++] = word;
	return n;
}

/* A text that the fact never has is a slip, and the rule would never hold. */
static void
check_word(struct expr_source *source, const struct expr *fact, const struct expr *literal)
{
	const char *words[WORDS_MAX];
	const struct fact_def *def;
	char message[400];
	size_t n;

	if (fact->kind != EXPR_FACT || fact->type != TYPE_TEXT || literal->kind != EXPR_TEXT)
		return;
	def = &source->facts->defs[fact->fact];
	n = split(arena_dup(source->arena, def->words), words);
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], literal->text) == 0)
			return;
	snprintf(message, sizeof(message), "%s is never '%.40s'; it is one of: %s", def->name,
	    literal->text, def->words);
	expr_fault_meant(source, literal->start, message, text_nearest(literal->text, words, n));
}

/* lower(title) = 'Urgent' never holds. */
static void
check_case(struct expr_source *source, const struct expr *call, const struct expr *literal)
{
	bool is_lower;

	if (call->kind != EXPR_CALL || literal->kind != EXPR_TEXT || !call->function ||
	    (call->function->id != FN_LOWER && call->function->id != FN_UPPER))
		return;
	is_lower = call->function->id == FN_LOWER;
	for (const char *p = literal->text; *p; p++)
		if (*p >= (is_lower ? 'A' : 'a') && *p <= (is_lower ? 'Z' : 'z')) {
			expr_fault(source, literal->start, "%s(…) is never '%.40s'",
			    call->function->name, literal->text);
			return;
		}
}

static void
check_texts(struct expr_source *source, const struct expr *left, const struct expr *right)
{
	check_word(source, left, right);
	check_word(source, right, left);
	check_case(source, left, right);
	check_case(source, right, left);
}

static bool
has_order(struct expr_source *source, const struct expr *expr)
{
	if (expr->type == TYPE_BOOL)
		return false;
	return expr->kind != EXPR_FACT || expr->type != TYPE_TEXT ||
	    *source->facts->defs[expr->fact].words == '\0';
}

static void
want_order(struct expr_source *source, const struct expr *expr)
{
	if (!has_order(source, expr))
		expr_fault(source, expr->start,
		    "%s has no order; compare with = or <>, or write in (…)",
		    phrase_of(source, expr).text);
}

/* --- kinds -------------------------------------------------------------------------- */

static void
same_type(struct expr_source *source, const struct expr *left, const struct expr *right)
{
	const char *advice = "";

	if (fits(left, right->type) || right->type == TYPE_NULL || left->type == TYPE_NULL)
		return;
	if (left->type == TYPE_TIME || right->type == TYPE_TIME)
		advice = "; times are asked for with hours_since(…) and the like";
	expr_fault(source, right->start, "%s is %s, %s is %s: they cannot be compared%s",
	    phrase_of(source, left).text, type_phrase(left->type), phrase_of(source, right).text,
	    type_phrase(right->type), advice);
}

static void
no_null(struct expr_source *source, const struct expr *expr)
{
	if (expr->type == TYPE_NULL)
		expr_fault_meant(source, expr->start,
		    "a comparison with null never holds; write is null or is not null", NULL);
}

static void
check_comparison(struct expr_source *source, struct expr *expr)
{
	const struct expr *left = expr->args[0], *right = expr->args[1];

	no_null(source, left);
	no_null(source, right);
	same_type(source, left, right);
	check_texts(source, left, right);
	if (expr->op != OP_EQ && expr->op != OP_NE && fits(left, right->type)) {
		want_order(source, left);
		if (has_order(source, left))
			want_order(source, right);
	}
}

static void
check_is(struct expr_source *source, const struct expr *expr)
{
	same_type(source, expr->args[0], expr->args[1]);
	check_texts(source, expr->args[0], expr->args[1]);
}

static void
check_in(struct expr_source *source, const struct expr *expr)
{
	no_null(source, expr->args[0]);
	if (expr->count == 1)
		expr_fault_meant(source, expr->end - 1, "an empty list holds nothing", NULL);
	for (size_t i = 1; i < expr->count; i++) {
		no_null(source, expr->args[i]);
		same_type(source, expr->args[0], expr->args[i]);
		check_texts(source, expr->args[0], expr->args[i]);
	}
}

static void
check_between(struct expr_source *source, const struct expr *expr)
{
	for (size_t i = 0; i < expr->count; i++) {
		no_null(source, expr->args[i]);
		same_type(source, expr->args[0], expr->args[i]);
	}
	want_order(source, expr->args[0]);
}

static enum expr_type
wanted_of(char letter)
{
	return letter == 't' ? TYPE_TIME : letter == 's' ? TYPE_TEXT : TYPE_NUMBER;
}

/* All alike; the first one that has a type says which. */
static enum expr_type
check_alike(struct expr_source *source, const struct expr *expr)
{
	const struct expr *first = NULL;

	for (size_t i = 0; i < expr->count; i++) {
		if (expr->args[i]->type == TYPE_NULL)
			no_null(source, expr->args[i]);
		else if (!first)
			first = expr->args[i];
		else
			same_type(source, first, expr->args[i]);
	}
	if (first && first->type == TYPE_BOOL && expr->function->id != FN_COALESCE)
		want_order(source, first);
	return first ? first->type : TYPE_ANY;
}

/* What it costs to look for a pattern must be known when the rule is read. */
static void
check_pattern(struct expr_source *source, const struct expr *pattern)
{
	if (pattern->kind != EXPR_TEXT)
		expr_fault_meant(source, pattern->start,
		    "a pattern is a text in single quotes, such as '*urgent*'", NULL);
	else if (strlen(pattern->text) > EXPR_PATTERN_MAX)
		expr_fault(
		    source, pattern->start, "a pattern of more than %d bytes", EXPR_PATTERN_MAX);
}

static void
check_call(struct expr_source *source, struct expr *expr)
{
	const struct function *fn = expr->function;
	size_t letters = fn ? strlen(fn->takes) : 0;

	if (!fn)
		return;
	expr->type = fn->gives;
	if (expr->count < fn->least || expr->count > fn->most) {
		expr_fault(source, expr->start, "%s takes %s%zu value%s, found %zu", fn->name,
		    fn->least == fn->most	  ? ""
			: expr->count < fn->least ? "at least "
						  : "at most ",
		    expr->count < fn->least ? fn->least : fn->most,
		    (expr->count < fn->least ? fn->least : fn->most) == 1 ? "" : "s", expr->count);
		return;
	}
	if (*fn->takes == 'x') {
		expr->type = check_alike(source, expr);
		return;
	}
	for (size_t i = 0; i < expr->count; i++)
		want(source, expr->args[i], wanted_of(fn->takes[i < letters ? i : letters - 1]));
	if (fn->id == FN_MATCHES)
		check_pattern(source, expr->args[1]);
}

static void
check_all(struct expr_source *source, const struct expr *expr, enum expr_type type)
{
	for (size_t i = 0; i < expr->count; i++)
		want(source, expr->args[i], type);
}

static void
check_node(struct expr_source *source, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_CALL:
		check_call(source, expr);
		return;
	case EXPR_SIGN:
	case EXPR_ARITHMETIC:
		check_all(source, expr, TYPE_NUMBER);
		expr->type = TYPE_NUMBER;
		return;
	case EXPR_COMPARE:
		check_comparison(source, expr);
		break;
	case EXPR_IS:
		check_is(source, expr);
		break;
	case EXPR_IN:
		check_in(source, expr);
		break;
	case EXPR_BETWEEN:
		check_between(source, expr);
		break;
	case EXPR_LIKE:
		check_all(source, expr, TYPE_TEXT);
		check_pattern(source, expr->args[1]);
		break;
	case EXPR_NOT:
	case EXPR_AND:
	case EXPR_OR:
		check_all(source, expr, TYPE_BOOL);
		break;
	default:
		return;
	}
	expr->type = TYPE_BOOL;
}

static bool
reads_time(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->function &&
	    expr->function->id <= FN_BUSINESS_HOURS_SINCE && expr->function->id != FN_HOURS_BETWEEN;
}

static void
check_tree(struct expr_source *source, struct expr *expr)
{
	for (size_t i = 0; i < expr->count; i++)
		check_tree(source, expr->args[i]);
	check_node(source, expr);
	expr->moves = reads_time(expr);
	for (size_t i = 0; i < expr->count; i++)
		expr->moves = expr->moves || expr->args[i]->moves;
}

void
expr_check(struct expr_source *source, struct expr *expr)
{
	check_tree(source, expr);
	want(source, expr, TYPE_BOOL);
}

/* --- questions -------------------------------------------------------------------- */

void
expr_uses(const struct expr *expr, struct expr_uses *uses)
{
	if (expr->kind == EXPR_FACT)
		uses->facts[expr->fact] = true;
	uses->time = uses->time || reads_time(expr);
	for (size_t i = 0; i < expr->count; i++)
		expr_uses(expr->args[i], uses);
}

static bool
is_same_node(const struct expr *a, const struct expr *b)
{
	if (a->kind != b->kind || a->op != b->op || a->negated != b->negated ||
	    a->count != b->count || a->function != b->function)
		return false;
	switch (a->kind) {
	case EXPR_NUMBER:
		return !(a->number < b->number || a->number > b->number);
	case EXPR_TEXT:
		return strcmp(a->text, b->text) == 0;
	case EXPR_BOOL:
		return a->yes == b->yes;
	case EXPR_FACT:
		return a->fact == b->fact;
	default:
		return true;
	}
}

bool
expr_is_same(const struct expr *a, const struct expr *b)
{
	if (!is_same_node(a, b))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!expr_is_same(a->args[i], b->args[i]))
			return false;
	return true;
}
