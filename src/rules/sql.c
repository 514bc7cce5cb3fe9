/* From the tree to what SQLite is given: nothing of the file is copied but digits. */
#include "rules/expr_priv.h"

#include <math.h>

static const char *const op_signs[] = { " = ", " <> ", " < ", " <= ", " > ", " >= ", " + ", " - ",
	" * ", " / ", " % " };

static void
add_text(struct str *out, const char *text)
{
	str_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			str_add_char(out, '\'');
		str_add_char(out, *text);
	}
	str_add_char(out, '\'');
}

static void
add_joined(const struct expr_sql *sql, const struct expr *expr, const char *sign)
{
	for (size_t i = 0; i < expr->count; i++) {
		if (i > 0)
			str_add(sql->out, sign);
		expr_add_sql(sql, expr->args[i]);
	}
}

/* For a fact a chain of comparisons, which needs no table; otherwise its value is computed once. */
static void
add_in(const struct expr_sql *sql, const struct expr *expr)
{
	bool is_chain = expr->args[0]->kind == EXPR_FACT;

	str_add(sql->out, expr->negated ? "(NOT (" : "((");
	for (size_t i = is_chain ? 1 : 0; i < expr->count; i++) {
		if (i > 1)
			str_add(sql->out, is_chain ? " OR " : ", ");
		else if (!is_chain && i == 1)
			str_add(sql->out, " IN (");
		if (is_chain) {
			expr_add_sql(sql, expr->args[0]);
			str_add(sql->out, " = ");
		}
		expr_add_sql(sql, expr->args[i]);
	}
	str_add(sql->out, is_chain ? "))" : ")))");
}

static void
add_between(const struct expr_sql *sql, const struct expr *expr)
{
	str_add(sql->out, expr->negated ? "(NOT (" : "((");
	expr_add_sql(sql, expr->args[0]);
	str_add(sql->out, " BETWEEN ");
	expr_add_sql(sql, expr->args[1]);
	str_add(sql->out, " AND ");
	expr_add_sql(sql, expr->args[2]);
	str_add(sql->out, "))");
}

/* Times are whole milliseconds, and so is a difference of two. */
static void
add_interval(const struct expr_sql *sql, const struct expr *later, const struct expr *earlier)
{
	str_add_char(sql->out, '(');
	if (later)
		expr_add_sql(sql, later);
	else
		str_add(sql->out, "?1");
	str_add(sql->out, " - ");
	if (earlier)
		expr_add_sql(sql, earlier);
	else
		str_add(sql->out, "?1");
	str_add_char(sql->out, ')');
}

static void
add_function(const struct expr_sql *sql, const struct expr *expr)
{
	str_add(sql->out, expr->function->name);
	str_add_char(sql->out, '(');
	add_joined(sql, expr, ", ");
	str_add_char(sql->out, ')');
}

static bool
is_difference(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->function->id <= FN_HOURS_BETWEEN;
}

static span_ms
unit_of(const struct expr *difference)
{
	enum function_id id = difference->function->id;

	return id == FN_DAYS_SINCE || id == FN_DAYS_UNTIL ? MS_DAY : MS_HOUR;
}

static void
add_milliseconds(const struct expr_sql *sql, const struct expr *difference)
{
	enum function_id id = difference->function->id;

	if (id == FN_HOURS_BETWEEN)
		add_interval(sql, difference->args[1], difference->args[0]);
	else if (id == FN_HOURS_SINCE || id == FN_DAYS_SINCE)
		add_interval(sql, NULL, difference->args[0]);
	else
		add_interval(sql, difference->args[0], NULL);
}

/* What is only arithmetic needs no call. */
static void
add_call(const struct expr_sql *sql, const struct expr *expr)
{
	if (!is_difference(expr)) {
		add_function(sql, expr);
		return;
	}
	str_add_char(sql->out, '(');
	add_milliseconds(sql, expr);
	str_addf(sql->out, " / %lld.0)", (long long)unit_of(expr));
}

static void
add_leaf(const struct expr_sql *sql, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
		str_add(sql->out, expr->text);
		break;
	case EXPR_TEXT:
		add_text(sql->out, expr->text);
		break;
	case EXPR_BOOL:
		str_add_char(sql->out, expr->yes ? '1' : '0');
		break;
	case EXPR_FACT:
		str_addf(sql->out, "?%d", sql->numbers[expr->fact]);
		break;
	default:
		str_add(sql->out, "NULL");
	}
}

static bool
number_of(const struct expr *expr, double *out)
{
	bool is_minus = expr->kind == EXPR_SIGN;
	const struct expr *number = is_minus ? expr->args[0] : expr;

	*out = is_minus ? -number->number : number->number;
	return number->kind == EXPR_NUMBER;
}

bool
expr_whole(const struct expr *comparison, struct expr_whole *out)
{
	bool is_turned = is_difference(comparison->args[1]);
	const struct expr *difference = comparison->args[is_turned];
	double number, whole;

	if (!is_difference(difference) || !number_of(comparison->args[!is_turned], &number))
		return false;
	number *= (double)unit_of(difference);
	if (modf(number, &whole) != 0 || fabs(whole) > 1e15)
		return false;
	*out = (struct expr_whole){ difference, is_turned, (span_ms)whole };
	return true;
}

static bool
add_whole(const struct expr_sql *sql, const struct expr *expr)
{
	struct expr_whole whole;

	if (!expr_whole(expr, &whole))
		return false;
	str_add_char(sql->out, '(');
	if (whole.is_turned)
		str_addf(sql->out, "%lld%s", (long long)whole.ms, op_signs[expr->op]);
	add_milliseconds(sql, whole.difference);
	if (!whole.is_turned)
		str_addf(sql->out, "%s%lld", op_signs[expr->op], (long long)whole.ms);
	str_add_char(sql->out, ')');
	return true;
}

static void
add_prefixed(const struct expr_sql *sql, const char *prefix, const struct expr *expr)
{
	str_add_char(sql->out, '(');
	str_add(sql->out, prefix);
	expr_add_sql(sql, expr->args[0]);
	str_add_char(sql->out, ')');
}

static void
add_infix(const struct expr_sql *sql, const struct expr *expr, const char *sign)
{
	str_add_char(sql->out, '(');
	add_joined(sql, expr, sign);
	str_add_char(sql->out, ')');
}

static bool
is_sum(const struct expr *expr)
{
	return expr->kind == EXPR_ARITHMETIC && expr->op <= OP_SUB;
}

/* A chain is written flat: SQLite's parser has no deep stack. */
static void
add_arithmetic(const struct expr_sql *sql, const struct expr *expr)
{
	const struct expr *left = expr->args[0];

	if (left->kind == EXPR_ARITHMETIC && is_sum(left) == is_sum(expr))
		add_arithmetic(sql, left);
	else
		expr_add_sql(sql, left);
	str_add(sql->out, op_signs[expr->op]);
	expr_add_sql(sql, expr->args[1]);
}

/* Does the chain of products divide? Then, of whole numbers too, a half shall be a half. */
static bool
divides(const struct expr *expr)
{
	for (; expr->kind == EXPR_ARITHMETIC && !is_sum(expr); expr = expr->args[0])
		if (expr->op == OP_DIV)
			return true;
	return false;
}

void
expr_add_sql(const struct expr_sql *sql, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_CALL:
		add_call(sql, expr);
		break;
	case EXPR_SIGN:
		add_prefixed(sql, "- ", expr);
		break;
	case EXPR_NOT:
		add_prefixed(sql, "NOT ", expr);
		break;
	case EXPR_ARITHMETIC:
		str_add(sql->out, divides(expr) ? "(1.0 * " : "(");
		add_arithmetic(sql, expr);
		str_add_char(sql->out, ')');
		break;
	case EXPR_COMPARE:
		if (add_whole(sql, expr))
			break;
		add_infix(sql, expr, op_signs[expr->op]);
		break;
	case EXPR_IS:
		add_infix(sql, expr, expr->negated ? " IS NOT " : " IS ");
		break;
	case EXPR_LIKE:
		add_infix(sql, expr, expr->negated ? " NOT LIKE " : " LIKE ");
		break;
	case EXPR_IN:
		add_in(sql, expr);
		break;
	case EXPR_BETWEEN:
		add_between(sql, expr);
		break;
	case EXPR_AND:
		add_infix(sql, expr, " AND ");
		break;
	case EXPR_OR:
		add_infix(sql, expr, " OR ");
		break;
	default:
		add_leaf(sql, expr);
	}
}
