#include "rules/value_priv.h"

#include <math.h>
#include <string.h>

#define EXACT ((double)((int64_t)1 << 53)) /* beyond, whole numbers of SQLite are others */

static struct value
any_of(const struct expr *expr)
{
	return (struct value){ .kind = VALUE_ANY, .rises = expr->moves };
}

static struct value
number_of(double number, int rises)
{
	return (struct value){ .kind = VALUE_NUMBER, .number = number, .rises = rises };
}

/* --- facts -------------------------------------------------------------------- */

static struct value
text_of(const char *text)
{
	/* Where a longer one is cut is not for us to know. */
	if (strnlen(text, FACT_TEXT_MAX + 1) > FACT_TEXT_MAX)
		return (struct value){ .kind = VALUE_ANY };
	return (struct value){ .kind = VALUE_TEXT, .text = text };
}

static struct value
fact_of(const struct moment *moment, const struct expr *expr)
{
	const struct fact_value *value = &moment->values[expr->fact];

	if (value->is != FACT_KNOWN)
		return (struct value){ .kind = VALUE_NULL };
	switch (expr->type) {
	case TYPE_TEXT:
		return text_of(value->text);
	case TYPE_TIME:
		return (struct value){ .kind = VALUE_TIME, .time = value->time };
	case TYPE_BOOL:
		return number_of(value->yes, 0);
	default:
		return number_of(value->number, 0);
	}
}

/* --- arithmetic ----------------------------------------------------------------- */

static int
sign_of(double number)
{
	return (number > 0) - (number < 0);
}

/* How a sum of two goes on; 2 for nobody knows. */
static int
join(int a, int b)
{
	return a == 0 || a == b ? b : b == 0 ? a : 2;
}

static int
rises_of(enum expr_op op, const struct value *a, const struct value *b)
{
	switch (op) {
	case OP_ADD:
		return join(a->rises, b->rises);
	case OP_SUB:
		return join(a->rises, -b->rises);
	case OP_MUL:
		if (a->rises != 0 && b->rises != 0)
			return 2;
		return a->rises != 0 ? a->rises * sign_of(b->number)
				     : b->rises * sign_of(a->number);
	default:
		return b->rises != 0 ? 2 : a->rises * sign_of(b->number);
	}
}

static double
compute(enum expr_op op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	default:
		return a / b;
	}
}

static struct value
arithmetic(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	struct value a = value_at(moment, expr->args[0], at);
	struct value b = value_at(moment, expr->args[1], at);
	int rises = rises_of(expr->op, &a, &b);
	double number;

	if (expr->op == OP_MOD || a.kind == VALUE_ANY || b.kind == VALUE_ANY || rises == 2)
		return any_of(expr);
	if (a.kind == VALUE_NULL || b.kind == VALUE_NULL || (expr->op == OP_DIV && b.number == 0))
		return (struct value){ .kind = VALUE_NULL };
	number = compute(expr->op, a.number, b.number);
	/* What moves is no whole number, so SQLite has a double, too. */
	return rises != 0 || fabs(number) < EXACT ? number_of(number, rises) : any_of(expr);
}

/* --- functions ------------------------------------------------------------------- */

static struct value
since(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	struct value time = value_at(moment, expr->args[0], at);
	bool is_days = expr->function->id == FN_DAYS_SINCE || expr->function->id == FN_DAYS_UNTIL;
	bool is_since = expr->function->id == FN_HOURS_SINCE || expr->function->id == FN_DAYS_SINCE;
	double span;

	if (time.kind != VALUE_TIME)
		return time.kind == VALUE_NULL ? time : any_of(expr);
	span = (double)(is_since ? at - time.time : time.time - at);
	return number_of(span / (double)(is_days ? MS_DAY : MS_HOUR), is_since ? 1 : -1);
}

static struct value
business_since(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	struct value time = value_at(moment, expr->args[0], at);

	if (time.kind != VALUE_TIME)
		return time.kind == VALUE_NULL ? time : any_of(expr);
	return number_of((double)moment_business(moment, time.time, at) / (double)MS_HOUR, 1);
}

static struct value
hours_between(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	struct value a = value_at(moment, expr->args[0], at);
	struct value b = value_at(moment, expr->args[1], at);

	if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
		return (struct value){ .kind = VALUE_NULL };
	if (a.kind != VALUE_TIME || b.kind != VALUE_TIME)
		return any_of(expr);
	return number_of((double)(b.time - a.time) / (double)MS_HOUR, 0);
}

/* What is NULL now is so for ever, whatever the time. */
static struct value
coalesce(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	struct value value = { .kind = VALUE_NULL };

	for (size_t i = 0; i < expr->count && value.kind == VALUE_NULL; i++)
		value = value_at(moment, expr->args[i], at);
	return value.kind == VALUE_ANY ? any_of(expr) : value;
}

static struct value
least_or_most(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	int sign = expr->function->id == FN_MIN ? 1 : -1, rises = 0;
	struct value best = { .kind = VALUE_NULL };

	for (size_t i = 0; i < expr->count; i++) {
		struct value value = value_at(moment, expr->args[i], at);

		if (value.kind == VALUE_NULL)
			return value;
		rises = join(rises, value.rises);
		if (value.kind == VALUE_ANY || rises == 2)
			return any_of(expr);
		if (i == 0 || sign * value_order(&value, &best) < 0)
			best = value;
	}
	best.rises = rises;
	return best;
}

static struct value
call(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	switch (expr->function->id) {
	case FN_HOURS_SINCE:
	case FN_DAYS_SINCE:
	case FN_HOURS_UNTIL:
	case FN_DAYS_UNTIL:
		return since(moment, expr, at);
	case FN_BUSINESS_HOURS_SINCE:
		return business_since(moment, expr, at);
	case FN_HOURS_BETWEEN:
		return hours_between(moment, expr, at);
	case FN_COALESCE:
		return coalesce(moment, expr, at);
	case FN_MIN:
	case FN_MAX:
		return least_or_most(moment, expr, at);
	default:
		return any_of(expr);
	}
}

/* --- all ---------------------------------------------------------------------------- */

struct value
value_at(const struct moment *moment, const struct expr *expr, utc_ms at)
{
	struct value value;

	switch (expr->kind) {
	case EXPR_NUMBER:
		return number_of(expr->number, 0);
	case EXPR_BOOL:
		return number_of(expr->yes, 0);
	case EXPR_TEXT:
		return (struct value){ .kind = VALUE_TEXT, .text = expr->text };
	case EXPR_NULL:
		return (struct value){ .kind = VALUE_NULL };
	case EXPR_FACT:
		return fact_of(moment, expr);
	case EXPR_SIGN:
		value = value_at(moment, expr->args[0], at);
		value.number = -value.number;
		value.rises = value.kind == VALUE_ANY ? value.rises : -value.rises;
		return value;
	case EXPR_ARITHMETIC:
		return arithmetic(moment, expr, at);
	case EXPR_CALL:
		return call(moment, expr, at);
	default:
		return any_of(expr);
	}
}

int
value_order(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT)
		return strcmp(a->text, b->text);
	if (a->kind == VALUE_TIME)
		return (a->time > b->time) - (a->time < b->time);
	return (a->number > b->number) - (a->number < b->number);
}

bool
order_holds(enum expr_op op, int order)
{
	switch (op) {
	case OP_EQ:
		return order == 0;
	case OP_NE:
		return order != 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}
