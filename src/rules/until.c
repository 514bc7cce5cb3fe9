/*
 * until: when time alone may change what a rule says. Each part has an outlook:
 * its truth now, and the first instant at which that may be another. Where all
 * that moves only rises or only falls, that instant is exact; what is not
 * understood may change at any time.
 */
#include <assent/rules/engine.h>

#include "rules/rules_priv.h"
#include "rules/value_priv.h"

#include <math.h>

enum { NO, YES, MAYBE, ANY };

struct outlook {
	int truth;
	utc_ms until; /* that lasts at least until then */
	utc_ms unheld; /* it is not true until then; 0: that is not known */
};

/* Two values that are compared. */
struct race {
	const struct moment *moment;
	const struct expr *left, *right;
	enum expr_op op;
};

static utc_ms
earlier(utc_ms a, utc_ms b)
{
	return a < b ? a : b;
}

static utc_ms
later(utc_ms a, utc_ms b)
{
	return a > b ? a : b;
}

static struct outlook
outlook(int truth, utc_ms until)
{
	return (struct outlook){ truth, until, truth == NO || truth == MAYBE ? until : 0 };
}

/* --- comparing --------------------------------------------------------------------- */

static int
order_at(const struct race *race, utc_ms at)
{
	struct value left = value_at(race->moment, race->left, at);
	struct value right = value_at(race->moment, race->right, at);

	return value_order(&left, &right);
}

/* Equal is something that is passed: any other order may be another truth. */
static bool
differs(const struct race *race, int order, utc_ms at)
{
	int then = order_at(race, at);

	if (race->op == OP_EQ || race->op == OP_NE)
		return (then > 0) - (then < 0) != (order > 0) - (order < 0);
	return order_holds(race->op, then) != order_holds(race->op, order);
}

/* About when what is a plain "hours since …" reaches number; NEVER: nobody knows. */
static utc_ms
guess(const struct moment *moment, const struct expr *call, double number)
{
	struct value time;
	double span = number *
	    (double)(call->kind == EXPR_CALL &&
			(call->function->id == FN_DAYS_SINCE || call->function->id == FN_DAYS_UNTIL)
		    ? MS_DAY
		    : MS_HOUR);

	if (call->kind != EXPR_CALL || call->function->id > FN_BUSINESS_HOURS_SINCE ||
	    call->function->id == FN_HOURS_BETWEEN || fabs(span) > (double)RULES_NEVER)
		return RULES_NEVER;
	time = value_at(moment, call->args[0], moment->now);
	if (call->function->id == FN_BUSINESS_HOURS_SINCE && moment->business)
		return moment->after && span > 0
		    ? moment->after(moment->arg, time.time, (span_ms)ceil(span))
		    : RULES_NEVER;
	if (call->function->id == FN_HOURS_UNTIL || call->function->id == FN_DAYS_UNTIL)
		return time.time - (span_ms)span;
	return time.time + (span_ms)span;
}

#define NEAR 4 /* ms that a guess may be wrong by */

/* The first instant at which the order is another one; it only ever rises, or falls. */
static utc_ms
search(const struct race *race, int order, utc_ms near)
{
	utc_ms low = race->moment->now, high = RULES_NEVER;

	if (near < high - NEAR && near + NEAR > low && differs(race, order, near + NEAR)) {
		high = near + NEAR;
		if (near - NEAR > low && !differs(race, order, near - NEAR))
			low = near - NEAR;
	} else if (!differs(race, order, high)) {
		return RULES_NEVER;
	}
	while (high - low > 1) {
		utc_ms mid = low + (high - low) / 2;

		if (differs(race, order, mid))
			high = mid;
		else
			low = mid;
	}
	return high;
}

/* Is what is compared one thing that rises and one that does not, or the like? */
static bool
is_monotone(const struct value *left, const struct value *right)
{
	return left->rises == 0 || right->rises == 0 || left->rises != right->rises;
}

static struct outlook
compare(const struct race *race)
{
	const struct moment *moment = race->moment;
	struct value left = value_at(moment, race->left, moment->now);
	struct value right = value_at(moment, race->right, moment->now);
	bool moves = left.rises != 0 || right.rises != 0;
	utc_ms near = RULES_NEVER;
	int order;

	if (left.kind == VALUE_ANY || right.kind == VALUE_ANY)
		return outlook(ANY, moves ? 0 : RULES_NEVER);
	if (left.kind == VALUE_NULL || right.kind == VALUE_NULL)
		return outlook(MAYBE, RULES_NEVER);
	order = value_order(&left, &right);
	if (!moves)
		return outlook(order_holds(race->op, order), RULES_NEVER);
	if (!is_monotone(&left, &right))
		return outlook(order_holds(race->op, order), 0);
	if (left.rises == 0)
		near = guess(moment, race->right, left.number);
	else if (right.rises == 0)
		near = guess(moment, race->left, right.number);
	return outlook(order_holds(race->op, order), search(race, order, near));
}

/* hours_since(t) > 48, as SQLite has it: in whole milliseconds. */
static struct outlook
compare_whole(const struct moment *moment, const struct expr *expr, const struct expr_whole *whole)
{
	enum function_id id = whole->difference->function->id;
	bool falls = id == FN_HOURS_UNTIL || id == FN_DAYS_UNTIL;
	struct value time = value_at(moment, whole->difference->args[0], moment->now);
	utc_ms at; /* when both are equal */
	int before, order, truth;

	if (time.kind != VALUE_TIME)
		return outlook(time.kind == VALUE_NULL ? MAYBE : ANY,
		    time.kind == VALUE_NULL ? RULES_NEVER : 0);
	at = falls ? time.time - whole->ms : time.time + whole->ms;
	before = falls == whole->is_turned ? -1 : 1;
	order = moment->now < at ? before : moment->now == at ? 0 : -before;
	truth = order_holds(expr->op, order);
	if (moment->now < at && order_holds(expr->op, 0) != truth)
		return outlook(truth, at);
	if (moment->now <= at && order_holds(expr->op, -before) != truth)
		return outlook(truth, at + 1);
	return outlook(truth, RULES_NEVER);
}

/* Both times stay: only which milliseconds are compared is to be the same. */
static struct outlook
compare_between(
    const struct moment *moment, const struct expr *expr, const struct expr_whole *whole)
{
	struct value from = value_at(moment, whole->difference->args[0], moment->now);
	struct value to = value_at(moment, whole->difference->args[1], moment->now);
	int order;

	if (from.kind == VALUE_NULL || to.kind == VALUE_NULL)
		return outlook(MAYBE, RULES_NEVER);
	if (from.kind != VALUE_TIME || to.kind != VALUE_TIME)
		return outlook(ANY, RULES_NEVER);
	order = (to.time - from.time > whole->ms) - (to.time - from.time < whole->ms);
	return outlook(order_holds(expr->op, whole->is_turned ? -order : order), RULES_NEVER);
}

/* --- parts ---------------------------------------------------------------------------- */

static struct outlook
both(struct outlook a, struct outlook b)
{
	struct outlook out = { .until = earlier(a.until, b.until),
		.unheld = later(a.unheld, b.unheld) };

	if (a.truth == NO && b.truth == NO)
		out.until = later(a.until, b.until);
	else if (a.truth == NO || b.truth == NO)
		out.until = a.truth == NO ? a.until : b.until;
	if (a.truth == NO || b.truth == NO)
		out.truth = NO;
	else
		out.truth = a.truth == ANY || b.truth == ANY ? ANY
		    : a.truth == YES			     ? b.truth
							     : MAYBE;
	return out;
}

static struct outlook not(struct outlook a)
{
	return outlook(a.truth == YES ? NO : a.truth == NO ? YES : a.truth, a.until);
}

static struct outlook
either(struct outlook a, struct outlook b)
{
	struct outlook out = not(both(not(a), not(b)));

	out.unheld = later(out.unheld, earlier(a.unheld, b.unheld));
	return out;
}

static struct outlook
of_between(const struct moment *moment, const struct expr *expr)
{
	struct race least = { moment, expr->args[0], expr->args[1], OP_GE };
	struct race most = { moment, expr->args[0], expr->args[2], OP_LE };
	struct outlook out = both(compare(&least), compare(&most));

	return expr->negated ? not(out) : out;
}

static struct outlook
of_in(const struct moment *moment, const struct expr *expr)
{
	struct outlook out = outlook(NO, RULES_NEVER);

	for (size_t i = 1; i < expr->count; i++) {
		struct race race = { moment, expr->args[0], expr->args[i], OP_EQ };

		out = either(out, compare(&race));
	}
	return expr->negated ? not(out) : out;
}

static struct outlook
of_is(const struct moment *moment, const struct expr *expr)
{
	struct race race = { moment, expr->args[0], expr->args[1], OP_EQ };
	struct value left = value_at(moment, expr->args[0], moment->now);
	struct value right = value_at(moment, expr->args[1], moment->now);
	struct outlook out;

	if (left.kind != VALUE_ANY && right.kind != VALUE_ANY &&
	    (left.kind == VALUE_NULL || right.kind == VALUE_NULL))
		out = outlook(left.kind == right.kind, RULES_NEVER);
	else
		out = compare(&race);
	/* What may be NULL is not only equal or not. */
	if (out.truth == MAYBE)
		out.truth = ANY;
	return expr->negated ? not(out) : out;
}

static struct outlook
of_comparison(const struct moment *moment, const struct expr *expr)
{
	struct expr_whole whole;

	if (expr_whole(expr, &whole))
		return whole.difference->function->id == FN_HOURS_BETWEEN
		    ? compare_between(moment, expr, &whole)
		    : compare_whole(moment, expr, &whole);
	return compare(&(struct race){ moment, expr->args[0], expr->args[1], expr->op });
}

/* A fact, or a function, that is true or not by itself. */
static struct outlook
of_itself(const struct moment *moment, const struct expr *expr)
{
	struct value value = value_at(moment, expr, moment->now);

	if (value.kind == VALUE_NULL)
		return outlook(MAYBE, RULES_NEVER);
	if (value.kind == VALUE_NUMBER && value.rises == 0)
		return outlook(value.number != 0, RULES_NEVER);
	return outlook(ANY, value.rises != 0 ? 0 : RULES_NEVER);
}

static struct outlook
of_leaf(const struct moment *moment, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_COMPARE:
		return of_comparison(moment, expr);
	case EXPR_IS:
		return of_is(moment, expr);
	case EXPR_IN:
		return of_in(moment, expr);
	case EXPR_BETWEEN:
		return of_between(moment, expr);
	default:
		return of_itself(moment, expr);
	}
}

/* Facts that change although nothing happens to the ticket. */
static utc_ms
facts_last(const struct moment *moment, const struct expr *expr)
{
	utc_ms until = RULES_NEVER;

	for (size_t i = 0; expr->kind == EXPR_FACT && i < moment->passing_count; i++)
		if (moment->passing[i].fact == expr->fact)
			until = earlier(until, moment->passing[i].until);
	for (size_t i = 0; i < expr->count; i++)
		until = earlier(until, facts_last(moment, expr->args[i]));
	return until;
}

static struct outlook look_ahead(const struct moment *moment, const struct expr *expr);

/* What is false for ever makes all of an AND so, whatever else there is. */
static struct outlook
look_ahead_joint(const struct moment *moment, const struct expr *expr)
{
	bool is_and = expr->kind == EXPR_AND;
	struct outlook out = look_ahead(moment, expr->args[0]);

	for (size_t i = 1; i < expr->count; i++) {
		struct outlook next;

		if (out.until == RULES_NEVER && out.truth == (is_and ? NO : YES))
			break;
		next = look_ahead(moment, expr->args[i]);
		out = is_and ? both(out, next) : either(out, next);
	}
	return out;
}

static struct outlook
look_ahead(const struct moment *moment, const struct expr *expr)
{
	struct outlook out;

	if (expr->kind == EXPR_NOT)
		return not(look_ahead(moment, expr->args[0]));
	if (expr->kind == EXPR_AND || expr->kind == EXPR_OR)
		return look_ahead_joint(moment, expr);
	out = of_leaf(moment, expr);
	if (moment->passing_count > 0) {
		utc_ms last = facts_last(moment, expr);

		out.until = earlier(out.until, last);
		out.unheld = earlier(out.unheld, last);
	}
	return out;
}

/* --- rules --------------------------------------------------------------------------- */

static bool
is_wrong(const struct rules *rules, const struct moment *moment)
{
	for (size_t i = 0; i < rules->facts.count; i++)
		if (rules->used[i] && moment->values[i].is == FACT_WRONG)
			return true;
	return false;
}

/* A fact of a wrong type: the rule does not hold, whatever the time. */
static bool
is_misled(const struct rules *rules, size_t rule, const struct moment *moment)
{
	for (size_t i = 0; i < rules->facts.count; i++)
		if (rules->bodies[rule].uses.facts[i] && moment->values[i].is == FACT_WRONG)
			return true;
	return false;
}

static bool
moves(const struct rules *rules, size_t rule, const struct moment *moment)
{
	bool found = rules->bodies[rule].expr->moves;

	for (size_t i = 0; i < moment->passing_count; i++)
		found = found || rules->bodies[rule].uses.facts[moment->passing[i].fact];
	return found;
}

static utc_ms
until_of(const struct rules *rules, size_t rule, const struct moment *moment)
{
	struct outlook out = look_ahead(moment, rules->bodies[rule].expr);

	return out.truth == YES ? out.until : later(out.until, out.unheld);
}

utc_ms
rules_until(const struct rules *rules, const struct moment *moment)
{
	const bool wrong = is_wrong(rules, moment);
	utc_ms until = RULES_NEVER;

	for (size_t i = 0; until > 0 && i < rules->count; i++)
		if (moves(rules, i, moment) && !(wrong && is_misled(rules, i, moment)))
			until = earlier(until, until_of(rules, i, moment));
	return until;
}
