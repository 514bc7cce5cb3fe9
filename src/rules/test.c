/* The tests of rule files. */
#include "rules/engine_priv.h"

#include <stdio.h>
#include <string.h>

struct testing {
	struct engine *engine;
	struct fact_value values[FACTS_MAX];
	void (*report)(void *arg, const struct rule_tested *tested);
	void *arg;
	size_t failed;
};

/* What a test does not name is unknown, or what the fact's declaration says. */
static void
set_values(struct testing *testing, const struct rule_test *test)
{
	const struct fact_list *facts = &testing->engine->rules->facts;

	for (size_t i = 0; i < facts->count; i++)
		testing->values[i] = facts->defs[i].fallback;
	for (size_t i = 0; i < test->fact_count; i++)
		testing->values[test->facts[i].fact] = test->facts[i].value;
}

static void
run(struct testing *testing, size_t rule, size_t n)
{
	const struct rules *rules = testing->engine->rules;
	const struct rule_test *test = &rules->bodies[rule].tests[n];
	const struct moment moment = { .now = test->now, .values = testing->values };
	struct rule_tested tested = {
		.rule = &rules->items[rule], .n = n + 1, .line = test->line, .column = test->column
	};
	struct err why = { 0 };
	char sentence[600];
	enum truth truth;

	set_values(testing, test);
	truth = engine_truth(testing->engine, rules->bodies[rule].expr, &moment, &why);
	tested.passed = truth != TRUTH_FAULT && (truth == TRUTH_TRUE) == test->expect;
	if (truth == TRUTH_FAULT)
		snprintf(sentence, sizeof(sentence), "fault: %s", why.text);
	else
		snprintf(sentence, sizeof(sentence), "expected %s, found %s",
		    test->expect ? "true" : "false", truth_name(truth));
	tested.why = tested.passed ? "" : sentence;
	testing->failed += !tested.passed;
	if (testing->report)
		testing->report(testing->arg, &tested);
}

size_t
rules_test(
    struct rules *rules, void (*report)(void *arg, const struct rule_tested *tested), void *arg)
{
	struct testing *testing = mem_alloc(sizeof(*testing));
	struct err err;
	size_t failed;

	testing->report = report;
	testing->arg = arg;
	/* rules_load() made one of the same rules. */
	if (engine_new(rules, &testing->engine, &err) < 0)
		testing->failed = 1;
	for (size_t i = 0; testing->engine && i < rules->count; i++)
		for (size_t n = 0; n < rules->bodies[i].test_count; n++)
			run(testing, i, n);
	engine_free(testing->engine);
	failed = testing->failed;
	mem_free(testing);
	return failed;
}
