/* The tests that stand beside a rule. */
#include "rules/facts_priv.h"
#include "rules/rules_priv.h"

#include <assent/base/num.h>
#include <assent/base/zone.h>

#include <stdio.h>
#include <string.h>

struct test_reading {
	struct rule_test test;
	const struct node *facts;
};

static void
take_test_facts(struct rules_reader *reader, const struct node *value, void *into)
{
	if (value->kind == NODE_MAP)
		((struct test_reading *)into)->facts = value;
	else
		rules_fault(
		    reader, value, "facts: expected facts and their values: {status: open}");
}

static void
take_expect(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *text = rules_scalar(reader, value, "expect", "true or false");

	if (!text)
		return;
	((struct test_reading *)into)->test.expect = strcmp(text, "true") == 0;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		rules_fault(reader, value, "expect: expected true or false, found '%.40s'", text);
}

static void
take_now(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *text =
	    rules_scalar(reader, value, "now", "a time such as 2026-01-01T12:00:00Z");

	if (text && !utc_parse_iso(text, &((struct test_reading *)into)->test.now))
		rules_fault(reader, value,
		    "now: expected a time such as 2026-01-01T12:00:00Z, found '%.40s'", text);
}

static const struct rules_key test_keys[] = {
	{ "facts", true, take_test_facts },
	{ "now", false, take_now },
	{ "expect", true, take_expect },
};
static const struct rules_keys test_group = { "a test", test_keys, ARRAY_LEN(test_keys) };

/* "5d ago" and "in 3h", from the test's now. */
static bool
relative_parse(const char *text, utc_ms now, utc_ms *out)
{
	bool is_past = strlen(text) > 4 && strcmp(text + strlen(text) - 4, " ago") == 0;
	char span[40];
	span_ms distance;

	if (!is_past && !text_starts(text, "in "))
		return false;
	snprintf(span, sizeof(span), "%.*s", is_past ? (int)strlen(text) - 4 : 39,
	    is_past ? text : text + 3);
	if (!span_parse(span, &distance) || distance > 3650 * MS_DAY)
		return false;
	*out = is_past ? now - distance : now + distance;
	return true;
}

static void
read_value(struct rules_reader *reader, const struct fact_def *def, const struct node *node,
    struct test_reading *reading)
{
	struct fact_value *value =
	    &((struct test_fact *)reading->test.facts)[reading->test.fact_count].value;
	const char *text = rules_scalar(reader, node, def->name, "one value");
	utc_ms at;

	if (!text)
		return;
	if (def->type == FACT_TIME && relative_parse(text, reading->test.now, &at))
		*value = fact_time(at);
	else if (strcmp(text, "null") != 0 || node->quoted)
		*value = fact_parse(def, arena_dup(reader->rules->arena, text));
	if (value->is == FACT_WRONG)
		rules_fault(reader, node, "%s: '%.40s' is no %s%s%s", def->name, text,
		    fact_type_name(def->type), *def->words ? " of: " : "",
		    def->type == FACT_TIME ? " such as 2026-01-01T12:00:00Z, 5d ago or in 3h"
					   : def->words);
}

static void
fault_unknown_fact(struct rules_reader *reader, const struct node *key)
{
	const struct fact_list *facts = &reader->rules->facts;
	const char *words[FACTS_MAX];

	for (size_t i = 0; i < facts->count; i++)
		words[i] = facts->defs[i].name;
	rules_fault(reader, key, "unknown fact '%.60s'", key->text);
	rules_meant(reader, key->text, words, facts->count);
}

/* A test that sets what its rule does not read shows a slip. */
static void
read_test_facts(
    struct rules_reader *reader, const struct rule_body *body, struct test_reading *reading)
{
	const struct fact_list *facts = &reader->rules->facts;
	size_t fact, n = rules_count_items(reading->facts);
	struct test_fact *found;

	if (n > FACTS_MAX) {
		rules_fault(reader, reading->facts, "facts: more than there are");
		return;
	}
	reading->test.facts = found = arena_alloc(reader->rules->arena, (n + 1) * sizeof(*found));
	for (const struct node *key = reading->facts->first; key; key = key->next) {
		if (!fact_find(facts, key->text, &fact)) {
			fault_unknown_fact(reader, key);
			continue;
		}
		if (body->expr && !body->uses.facts[fact])
			rules_fault(reader, key, "the rule does not read '%s'", key->text);
		for (size_t i = 0; i < reading->test.fact_count; i++)
			if (found[i].fact == fact) {
				rules_fault(reader, key, "'%s' is given twice", key->text);
				return;
			}
		found[reading->test.fact_count].fact = fact;
		read_value(reader, &facts->defs[fact], key->value, reading);
		reading->test.fact_count++;
	}
}

static void
read_test(struct rules_reader *reader, const struct node *node, const struct rule_body *body,
    struct rule_test *out)
{
	struct test_reading reading = { .test = { .line = node->line, .column = node->column } };

	if (!utc_parse_iso(RULE_TEST_NOW, &reading.test.now))
		return;
	rules_read_keys(reader, &test_group, node, &reading);
	if (reading.facts)
		read_test_facts(reader, body, &reading);
	*out = reading.test;
}

void
rules_read_tests(struct rules_reader *reader, const struct node *list, struct rule *rule)
{
	struct rule_body *body = &reader->rules->bodies[rule - reader->rules->items];
	struct rule_test *tests;

	if (!rules_is_list(reader, list, "tests"))
		return;
	if (rules_count_items(list) > RULE_TESTS_MAX) {
		rules_fault(reader, list, "tests: more than %d", RULE_TESTS_MAX);
		return;
	}
	tests = arena_alloc(reader->rules->arena, (rules_count_items(list) + 1) * sizeof(*tests));
	for (const struct node *item = list->first; item; item = item->next)
		read_test(reader, item, body, &tests[body->test_count++]);
	body->tests = tests;
}
