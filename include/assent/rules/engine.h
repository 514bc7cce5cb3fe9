#pragma once
/*
 * engine: which rules hold, given the facts and the time.
 *
 * An engine has a private SQLite without any data: all rules are the columns
 * of one prepared statement, the facts they read its parameters. It belongs to
 * one thread at a time; each thread that evaluates has its own. What goes wrong
 * with one rule while it is evaluated (a fact of a wrong type, more steps than
 * RULE_STEPS_MAX) is that rule's fault: it does not hold, the fault is counted,
 * and the others go on.
 */
#include <assent/rules/rules.h>

#define RULE_STEPS_MAX 500 /* of SQLite's machine, for each rule */

struct engine;

/* ERR_INVALID should SQLite refuse what rules_load() let pass. Holds rules. */
int engine_new(struct rules *rules, struct engine **out, struct err *err) MUST_USE;
void engine_free(struct engine *engine);
FREEP(struct engine, engine_free)
const struct rules *engine_rules(const struct engine *engine);

struct moment {
	utc_ms now;
	const struct fact_value *values; /* rules_fact_count() of them; only used ones are read */
	/* Business time between two instants; NULL: all time is. */
	span_ms (*business)(void *arg, utc_ms from, utc_ms to);
	/* The first instant with so much business time since from; may be NULL. */
	utc_ms (*after)(void *arg, utc_ms from, span_ms business);
	void *arg;
	/* For rules_until(): facts that change although nothing happens, and until when not. */
	struct fact_passing {
		size_t fact;
		utc_ms until; /* 0: at any time */
	} passing[2];
	size_t passing_count;
};

struct hits {
	size_t count;
	uint16_t rules[RULES_MAX]; /* in order */
};
bool hits_have(const struct hits *hits, size_t rule);

/* Of a group only the first that holds is a hit. ERR_IO: the engine is broken. */
int engine_run(
    struct engine *engine, const struct moment *moment, struct hits *out, struct err *err) MUST_USE;

/* How often a rule was at fault, and the last sentence ("" for never). */
uint64_t engine_faults(const struct engine *engine, size_t rule, const char **why);

/*
 * The first instant after now at which time alone may make a rule hold that does
 * not, or the other way: until then all of them stay as they are. RULES_NEVER
 * for never, 0 where that cannot be told.
 */
#define RULES_NEVER INT64_C(253402300799999) /* the year 9999 */
utc_ms rules_until(const struct rules *rules, const struct moment *moment);

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN, TRUTH_FAULT };
const char *truth_name(enum truth truth); /* "false", "true", "unknown", "fault" */

/* A rule's expression, cut at and, or and not: each part after the one it is part of. */
struct term {
	size_t depth; /* 0 is the whole expression */
	const char *joint; /* "and", "or" and "not" have parts; "" has none */
	const char *text; /* as written */
	enum truth truth;
	const uint16_t *facts; /* that it reads, each once */
	size_t fact_count;
};

struct explanation {
	const struct rule *rule;
	enum truth truth;
	bool is_hit; /* it holds, and no earlier one of its group does */
	const char *why; /* of TRUTH_FAULT; "beaten by x" of the group's first; "" otherwise */
	const struct term *terms;
	size_t term_count;
};

/* Texts and terms are in arena. Nothing is counted. */
int engine_explain(struct engine *engine, const struct moment *moment, size_t rule,
    struct arena *arena, struct explanation *out, struct err *err) MUST_USE;
