/*
 * steady: between which instants time alone changes nothing.
 *
 * Each comparison that asks for the time is taken apart into the ranges that
 * its sides have while the clock moves. Where they do not touch, it comes out
 * the same all the while; where they do, or nothing is known, it may not.
 */
#include "rules/engine_priv.h"

#include <math.h>

#define NEAR 1e-9 /* what rounding may do */

struct range {
	bool is_null, may_be_null; /* is_null: surely */
	double least, most;
};

struct stretch {
	const struct moment *moment;
	utc_ms until;
};

static const struct range anything = { false, true, -INFINITY, INFINITY };
static const struct range nothing = { true, true, 0, 0 };

static struct range
point(double value)
{
	return (struct range){ false, false, value, value };
}

static bool
is_point(const struct range *r)
{
	return !r->may_be_null && r->least == r->most;
}

static struct range range_of(const struct stretch *s, const struct expr *expr);

/* --- what asks for the time ---------------------------------------------------------- */

static bool
is_clock(const struct expr *expr)
{
	if (expr->kind != EXPR_CALL)
		return false;
	return expr->function->id <= FN_DAYS_UNTIL || expr->function->id == FN_BUSINESS_HOURS_SINCE;
}

static bool
asks_time(const struct expr *expr)
{
	if (is_clock(expr))
		return true;
	for (size_t i = 0; i < expr->count; i++)
		if (asks_time(expr->args[i]))
			return true;
	return false;
}

static double
business(const struct stretch *s, utc_ms from, utc_ms to)
{
	const struct moment *m = s->moment;
	span_ms span = to - from;

	if (m->business)
		span = from <= to ? m->business(m->arg, from, to) : -m->business(m->arg, to, from);
	return (double)span / (double)MS_HOUR;
}

static struct range
clock_range(const struct stretch *s, const struct expr *expr)
{
	struct range t = range_of(s, expr->args[0]);
	enum function_id id = expr->function->id;
	double unit = id == FN_DAYS_SINCE || id == FN_DAYS_UNTIL ? MS_DAY : MS_HOUR;
	double now = (double)s->moment->now, until = (double)s->until;

	if (!is_point(&t))
		return t.is_null ? nothing : anything;
	if (id == FN_BUSINESS_HOURS_SINCE)
		return (struct range){ false, false, business(s, (utc_ms)t.least, s->moment->now),
			business(s, (utc_ms)t.least, s->until) };
	if (id == FN_HOURS_SINCE || id == FN_DAYS_SINCE)
		return (
		    struct range){ false, false, (now - t.least) / unit, (until - t.least) / unit };
	return (struct range){ false, false, (t.least - until) / unit, (t.least - now) / unit };
}

/* --- values -------------------------------------------------------------------------- */

static struct range
fact_range(const struct stretch *s, const struct expr *expr)
{
	const struct fact_value *value = &s->moment->values[expr->fact];

	if (value->is != FACT_KNOWN)
		return nothing;
	switch (expr->type) {
	case TYPE_NUMBER:
		return point(value->number);
	case TYPE_TIME:
		return point((double)value->time);
	case TYPE_BOOL:
		return point(value->yes);
	default:
		return anything;
	}
}

static struct range
wider(struct range a, struct range b)
{
	if (a.is_null || b.is_null) {
		struct range known = a.is_null ? b : a;

		known.may_be_null = true;
		return known;
	}
	return (struct range){ false, a.may_be_null || b.may_be_null, fmin(a.least, b.least),
		fmax(a.most, b.most) };
}

static struct range
product(struct range a, struct range b)
{
	double p[] = { a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most };
	struct range out = { false, false, p[0], p[0] };

	for (size_t i = 1; i < ARRAY_LEN(p); i++) {
		out.least = fmin(out.least, p[i]);
		out.most = fmax(out.most, p[i]);
	}
	return isfinite(out.least) && isfinite(out.most) ? out : anything;
}

static struct range
quotient(struct range a, struct range b)
{
	if (b.least <= 0 && b.most >= 0)
		return anything;
	return product(a, (struct range){ false, false, 1 / b.most, 1 / b.least });
}

/* SQLite's remainder is one of whole numbers. */
static struct range
rest(struct range a, struct range b)
{
	double whole = trunc(a.least);

	if (whole != trunc(a.most) || !is_point(&b) || trunc(b.least) == 0 || fabs(whole) > 1e15)
		return anything;
	return point(fmod(whole, trunc(b.least)));
}

static struct range
arithmetic_range(const struct stretch *s, const struct expr *expr)
{
	struct range a = range_of(s, expr->args[0]), b = range_of(s, expr->args[1]);

	if (a.is_null || b.is_null)
		return nothing;
	if (a.may_be_null || b.may_be_null)
		return anything;
	switch (expr->op) {
	case OP_ADD:
		return (struct range){ false, false, a.least + b.least, a.most + b.most };
	case OP_SUB:
		return (struct range){ false, false, a.least - b.most, a.most - b.least };
	case OP_MUL:
		return product(a, b);
	case OP_DIV:
		return quotient(a, b);
	default:
		return rest(a, b);
	}
}

static struct range
coalesce_range(const struct stretch *s, const struct expr *expr)
{
	struct range out = nothing;

	for (size_t i = 0; i < expr->count; i++) {
		struct range next = range_of(s, expr->args[i]);

		if (next.is_null)
			continue;
		out = out.is_null ? next : wider(out, next);
		if (!next.may_be_null) {
			out.may_be_null = false;
			break;
		}
	}
	return out;
}

static struct range
extreme_range(const struct stretch *s, const struct expr *expr)
{
	double (*pick)(double, double) = expr->function->id == FN_MIN ? fmin : fmax;
	struct range out = range_of(s, expr->args[0]);

	for (size_t i = 1; i < expr->count; i++) {
		struct range next = range_of(s, expr->args[i]);

		if (out.is_null || next.is_null)
			return nothing;
		if (out.may_be_null || next.may_be_null)
			return anything;
		out.least = pick(out.least, next.least);
		out.most = pick(out.most, next.most);
	}
	return out;
}

static struct range
call_range(const struct stretch *s, const struct expr *expr)
{
	enum function_id id = expr->function->id;
	struct range a;

	if (is_clock(expr))
		return clock_range(s, expr);
	if (id == FN_COALESCE)
		return coalesce_range(s, expr);
	if (id == FN_MIN || id == FN_MAX)
		return extreme_range(s, expr);
	if (id != FN_ABS && id != FN_ROUND && id != FN_HOURS_BETWEEN)
		return anything;
	a = range_of(s, expr->args[0]);
	if (a.is_null || a.may_be_null || id == FN_HOURS_BETWEEN)
		return a.is_null ? nothing : anything;
	if (id == FN_ROUND)
		return expr->count == 1
		    ? (struct range){ false, false, round(a.least), round(a.most) }
		    : (struct range){ false, false, a.least - 1, a.most + 1 };
	if (a.least >= 0)
		return a;
	if (a.most <= 0)
		return (struct range){ false, false, -a.most, -a.least };
	return (struct range){ false, false, 0, fmax(-a.least, a.most) };
}

static struct range
range_of(const struct stretch *s, const struct expr *expr)
{
	struct range a;

	switch (expr->kind) {
	case EXPR_NUMBER:
		return point(expr->number);
	case EXPR_BOOL:
		return point(expr->yes);
	case EXPR_NULL:
		return nothing;
	case EXPR_FACT:
		return fact_range(s, expr);
	case EXPR_CALL:
		return call_range(s, expr);
	case EXPR_SIGN:
		a = range_of(s, expr->args[0]);
		return (struct range){ a.is_null, a.may_be_null, -a.most, -a.least };
	case EXPR_ARITHMETIC:
		return arithmetic_range(s, expr);
	default:
		return anything;
	}
}

/* --- comparisons ----------------------------------------------------------------------- */

static bool
stay_apart(struct range a, struct range b)
{
	double near = NEAR * (1 + fmax(fabs(a.least), fabs(a.most)));

	if (a.is_null || b.is_null)
		return true;
	if (a.may_be_null || b.may_be_null)
		return false;
	return (is_point(&a) && is_point(&b)) || a.most + near < b.least || b.most + near < a.least;
}

static bool
is_comparison(const struct expr *expr)
{
	return expr->kind >= EXPR_COMPARE && expr->kind <= EXPR_BETWEEN;
}

static bool
has_comparison(const struct expr *expr)
{
	for (size_t i = 0; i < expr->count; i++)
		if (expr->args[i]->kind >= EXPR_COMPARE || has_comparison(expr->args[i]))
			return true;
	return false;
}

/* Whether something is null changes with nothing but a division. */
static bool
comparison_is_steady(const struct stretch *s, const struct expr *expr)
{
	struct range subject = range_of(s, expr->args[0]);
	bool steady = true;

	for (size_t i = 1; steady && i < expr->count; i++) {
		struct range other = range_of(s, expr->args[i]);

		steady = expr->kind == EXPR_IS && (subject.is_null || other.is_null)
		    ? subject.is_null == subject.may_be_null && other.is_null == other.may_be_null
		    : stay_apart(subject, other);
	}
	return steady;
}

static bool
is_steady(const struct stretch *s, const struct expr *expr)
{
	if (!asks_time(expr))
		return true;
	if (is_clock(expr))
		return false;
	if (is_comparison(expr) && !has_comparison(expr))
		return comparison_is_steady(s, expr);
	for (size_t i = 0; i < expr->count; i++)
		if (!is_steady(s, expr->args[i]))
			return false;
	return true;
}

bool
rules_are_steady(const struct rules *rules, const struct moment *moment, utc_ms until)
{
	const struct stretch stretch = { moment, until };

	for (size_t i = 0; i < rules->count; i++)
		if (rules->bodies[i].uses.time && !is_steady(&stretch, rules->bodies[i].expr))
			return false;
	return true;
}
