#pragma once
/* engine_priv: what evaluating and explaining share. */
#include "rules/machine_priv.h"
#include "rules/rules_priv.h"

struct rule_faults {
	uint64_t count;
	char why[160];
};

struct engine {
	struct rules *rules;
	sqlite3 *db;
	const struct moment *moment; /* while something runs */
	sqlite3_stmt *all;
	int numbers[FACTS_MAX]; /* parameter of each fact that is used, from 2; 0 */
	uint16_t used[FACTS_MAX];
	size_t used_count;
	struct bound {
		enum fact_is is;
		int64_t bits; /* the value, or a text's address */
		size_t len;
	} bound[FACTS_MAX]; /* what `all` holds: most facts are those of the ticket before */
	struct rule_faults faults[RULES_MAX];
};

/* What an expression comes to on its own; why says what a fault was. */
enum truth engine_truth(
    struct engine *engine, const struct expr *expr, const struct moment *moment, struct err *why);

/* Does the rule read a fact of a wrong type? Then that is its fault. */
bool engine_is_misled(
    struct engine *engine, const struct moment *moment, size_t rule, struct err *why);
