/* Why a rule holds or does not: its parts, one by one. */
#include "rules/engine_priv.h"

#include <string.h>

struct explaining {
	struct engine *engine;
	const struct moment *moment;
	const struct rule *rule;
	struct arena *arena;
	struct term *terms;
	size_t count;
};

const char *
truth_name(enum truth truth)
{
	static const char *const names[] = { "false", "true", "unknown", "fault" };

	return names[truth];
}

static const char *
joint_of(const struct expr *expr)
{
	return expr->kind == EXPR_AND ? "and"
	    : expr->kind == EXPR_OR   ? "or"
	    : expr->kind == EXPR_NOT  ? "not"
				      : "";
}

static size_t
count_terms(const struct expr *expr)
{
	size_t n = 1;

	for (size_t i = 0; *joint_of(expr) && i < expr->count; i++)
		n += count_terms(expr->args[i]);
	return n;
}

static void
add_facts(struct explaining *to, const struct expr *expr, struct term *term)
{
	struct expr_uses uses = { 0 };
	uint16_t *facts = arena_alloc(to->arena, FACTS_MAX * sizeof(*facts));

	expr_uses(expr, &uses);
	for (size_t i = 0; i < FACTS_MAX; i++)
		if (uses.facts[i])
			facts[term->fact_count++] = (uint16_t)i;
	term->facts = facts;
}

static bool
is_wrong(const struct moment *moment, const struct term *term)
{
	for (size_t i = 0; i < term->fact_count; i++)
		if (moment->values[term->facts[i]].is == FACT_WRONG)
			return true;
	return false;
}

static void
add_term(struct explaining *to, const struct expr *expr, size_t depth)
{
	struct term *term = &to->terms[to->count++];
	struct err why;

	term->depth = depth;
	term->joint = joint_of(expr);
	term->text = arena_dup_n(to->arena, to->rule->when + expr->start, expr->end - expr->start);
	add_facts(to, expr, term);
	term->truth = is_wrong(to->moment, term) ? TRUTH_FAULT
						 : engine_truth(to->engine, expr, to->moment, &why);
	for (size_t i = 0; *term->joint && i < expr->count; i++)
		add_term(to, expr->args[i], depth + 1);
}

static enum truth
truth_of_rule(struct engine *engine, const struct moment *moment, size_t rule, struct err *why)
{
	if (engine_is_misled(engine, moment, rule, why))
		return TRUTH_FAULT;
	return engine_truth(engine, engine->rules->bodies[rule].expr, moment, why);
}

/* The earlier rule of the same group that holds; NULL for none. */
static const struct rule *
find_winner(struct engine *engine, const struct moment *moment, size_t rule)
{
	const struct rule *rules = engine->rules->items;
	struct err why;

	for (size_t i = 0; *rules[rule].group && i < rule; i++)
		if (strcmp(rules[i].group, rules[rule].group) == 0 &&
		    truth_of_rule(engine, moment, i, &why) == TRUTH_TRUE)
			return &rules[i];
	return NULL;
}

/* house: wide on purpose */
int
engine_explain(struct engine *engine, const struct moment *moment, size_t rule, struct arena *arena,
    struct explanation *out, struct err *err)
{
	const struct rule *it = rules_at(engine->rules, rule);
	struct explaining to = { .engine = engine, .moment = moment, .rule = it, .arena = arena };
	const struct rule *winner;
	struct err why = { 0 };

	if (!it)
		return err_set(err, ERR_NOT_FOUND, "there is no rule %zu", rule);
	to.terms =
	    arena_alloc(arena, count_terms(engine->rules->bodies[rule].expr) * sizeof(*to.terms));
	add_term(&to, engine->rules->bodies[rule].expr, 0);
	*out = (struct explanation){ .rule = it, .terms = to.terms, .term_count = to.count };
	out->truth = truth_of_rule(engine, moment, rule, &why);
	out->why = out->truth == TRUTH_FAULT ? arena_dup(arena, why.text) : "";
	winner = out->truth == TRUTH_TRUE ? find_winner(engine, moment, rule) : NULL;
	out->is_hit = out->truth == TRUTH_TRUE && !winner;
	if (winner)
		out->why = arena_printf(arena, "beaten by %s", winner->id);
	return 0;
}
