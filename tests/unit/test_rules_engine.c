/* The engine: groups, faults of one rule, what explain shows; and values of facts. */
#include "help_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((utc_ms)1795000000000)

struct bench {
	struct rules *rules;
	struct engine *engine;
	struct arena *arena;
	struct fact_value values[FACTS_MAX];
	struct moment moment;
	struct hits hits;
};

static void
bench_open(struct bench *b, const char *text)
{
	AUTO(str_donep) struct str faults = STR_INIT(10000);
	struct err err;

	memset(b, 0, sizeof(*b));
	b->rules = rules_of(text, &faults);
	if (!b->rules)
		fail_msg("%s", str_text(&faults));
	assert_int_equal(engine_new(b->rules, &b->engine, &err), 0);
	b->arena = arena_new((size_t)4 << 20);
	b->moment = (struct moment){ .now = NOW, .values = b->values };
}

static void
bench_close(struct bench *b)
{
	engine_free(b->engine);
	rules_unref(b->rules);
	arena_free(b->arena);
}

/* The ids of rules that hold, a blank behind each. */
static const char *
hits_of(struct bench *b)
{
	static char ids[2000];
	struct err err;

	assert_int_equal(engine_run(b->engine, &b->moment, &b->hits, &err), 0);
	*ids = '\0';
	for (size_t i = 0; i < b->hits.count; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s ",
		    rules_at(b->rules, b->hits.rules[i])->id);
	return ids;
}

static const char grouped[] =
    "rules:\n"
    "  - {id: a, title: {en: t}, to: owner, when: messages > 30, group: g}\n"
    "  - {id: b, title: {en: t}, to: owner, when: messages > 10}\n"
    "  - {id: c, title: {en: t}, to: owner, when: messages > 20, group: g}\n"
    "  - {id: d, title: {en: t}, to: owner, when: messages > 5, group: h}\n"
    "  - {id: e, title: {en: t}, to: owner, when: messages > 1, group: g}\n";

static void
of_a_group_the_first_that_holds_counts(void **state)
{
	static const struct {
		double messages;
		const char *want;
	} cases[] = { { 31, "a b d " }, { 21, "b c d " }, { 11, "b d e " }, { 2, "e " },
		{ 1, "" } };
	struct bench b;

	bench_open(&b, grouped);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		b.values[FACT_OF_MESSAGES] = fact_number(cases[i].messages);
		assert_string_equal(hits_of(&b), cases[i].want);
	}
	bench_close(&b);
}

/* Of two long texts at one place each is cut where its own characters end. */
static void
a_long_text_is_cut_between_its_characters(void **state)
{
	char text[FACT_TEXT_MAX + 100];
	struct bench b;

	bench_open(&b,
	    "rules:\n"
	    "  - {id: whole, title: {en: t}, to: owner, when: length(title) = 4096}\n"
	    "  - {id: less, title: {en: t}, to: owner, when: length(title) = 4095}\n");
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	b.values[FACT_OF_TITLE] = fact_text(text);
	assert_string_equal(hits_of(&b), "whole ");
	memcpy(text + FACT_TEXT_MAX - 1, "\xc3\xa9", 2);
	assert_string_equal(hits_of(&b), "less ");
	bench_close(&b);
}

static const char two[] =
    "facts:\n"
    "  amount: {type: number}\n"
    "rules:\n"
    "  - {id: value, title: {en: t}, to: owner, when: amount > 5 or messages > 5}\n"
    "  - {id: talk, title: {en: t}, to: owner, when: messages > 5}\n";

static void
a_fact_of_a_wrong_type_is_the_fault_of_the_rules_that_read_it(void **state)
{
	struct bench b;
	const char *why;

	bench_open(&b, two);
	b.values[FACT_OF_MESSAGES] = fact_number(9);
	b.values[FACT_COUNT] = (struct fact_value){ .is = FACT_WRONG };
	assert_string_equal(hits_of(&b), "talk ");
	assert_string_equal(hits_of(&b), "talk ");
	assert_int_equal(engine_faults(b.engine, 0, &why), 2);
	assert_string_equal(why, "amount is no number");
	assert_int_equal(engine_faults(b.engine, 1, &why), 0);
	assert_string_equal(why, "");
	b.values[FACT_COUNT] = fact_number(1);
	assert_string_equal(hits_of(&b), "value talk ");
	assert_int_equal(engine_faults(b.engine, 0, &why), 2);
	bench_close(&b);
}

/* Lists that are looked through for a value that is none of their own: each entry costs. */
static void
too_many_steps_are_the_fault_of_one_rule(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(20000);
	struct explanation why;
	const char *sentence;
	struct bench b;
	struct err err;

	str_add(&text,
	    "facts:\n"
	    "  x: {type: number}\n"
	    "rules:\n"
	    "  - {id: small, title: {en: t}, to: owner, when: messages > 5}\n"
	    "  - id: large\n"
	    "    title: {en: t}\n"
	    "    to: owner\n"
	    "    when: x > 5 and (x = 6");
	for (int i = 0; i < 4; i++) {
		str_add(&text, " or -x in (0");
		for (int n = 1; n < 120; n++)
			str_addf(&text, ",%d", n);
		str_add_char(&text, ')');
	}
	str_add(&text, ")\n");
	bench_open(&b, str_text(&text));
	b.values[FACT_OF_MESSAGES] = fact_number(9);
	b.values[FACT_COUNT] = fact_number(1);
	assert_string_equal(hits_of(&b), "small ");
	b.values[FACT_COUNT] = fact_number(6);
	assert_string_equal(hits_of(&b), "small large ");
	assert_int_equal(engine_faults(b.engine, 1, &sentence), 0);
	b.values[FACT_COUNT] = fact_number(7);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(hits_of(&b), "small ");
	assert_int_equal(engine_faults(b.engine, 1, &sentence), 3);
	assert_string_equal(sentence, "more than 500 steps");
	assert_int_equal(engine_faults(b.engine, 0, &sentence), 0);
	assert_int_equal(engine_explain(b.engine, &b.moment, 1, b.arena, &why, &err), 0);
	assert_int_equal(why.truth, TRUTH_FAULT);
	assert_string_equal(why.why, "more than 500 steps");
	bench_close(&b);
}

/* SQLite counts steps over all runs of a statement; we must not. */
static void
many_runs_are_not_many_steps(void **state)
{
	struct bench b;
	const char *why;

	bench_open(&b, two);
	b.values[FACT_OF_MESSAGES] = fact_number(9);
	for (int i = 0; i < 5000; i++) {
		b.values[FACT_COUNT] = fact_number(i % 2);
		assert_string_equal(hits_of(&b), "value talk ");
	}
	assert_int_equal(engine_faults(b.engine, 0, &why), 0);
	bench_close(&b);
}

static void
the_same_facts_give_the_same_answer_whatever_was_asked_before(void **state)
{
	struct bench b;
	char text[40];

	bench_open(&b,
	    "rules:\n"
	    "  - {id: t, title: {en: t}, to: owner, when: title = 'abc'}\n"
	    "  - {id: l, title: {en: t}, to: owner, when: length(title) = 3}\n"
	    "  - {id: n, title: {en: t}, to: owner, when: title is null}\n"
	    "  - {id: o, title: {en: t}, to: owner, when: hours_since(created) > 1}\n");
	for (int i = 0; i < 3; i++) {
		/* The same memory with other words, shorter and longer. */
		memcpy(text, "abc", 4);
		b.values[FACT_OF_TITLE] = fact_text(text);
		assert_string_equal(hits_of(&b), "t l ");
		memcpy(text, "xyz", 4);
		assert_string_equal(hits_of(&b), "l ");
		memcpy(text, "abcd", 5);
		assert_string_equal(hits_of(&b), "");
		b.values[FACT_OF_TITLE] = fact_text("");
		assert_string_equal(hits_of(&b), "n ");
		b.values[FACT_OF_CREATED] = fact_time(NOW - 2 * MS_HOUR);
		assert_string_equal(hits_of(&b), "n o ");
		b.moment.now = NOW - MS_HOUR;
		assert_string_equal(hits_of(&b), "n ");
		b.moment.now = NOW;
		b.values[FACT_OF_CREATED] = fact_time(0);
	}
	bench_close(&b);
}

static void
a_text_is_cut_where_rules_stop_to_look(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(3 * FACT_TEXT_MAX);
	struct bench b;

	bench_open(&b,
	    "rules:\n"
	    "  - {id: l, title: {en: t}, to: owner, when: length(title) = 2048}\n"
	    "  - {id: m, title: {en: t}, to: owner, when: \"matches(title, '*z*')\"}\n");
	while (text.len < 2 * FACT_TEXT_MAX)
		str_add(&text, "é");
	str_add(&text, "z");
	b.values[FACT_OF_TITLE] = fact_text(str_text(&text));
	assert_string_equal(hits_of(&b), "l ");
	bench_close(&b);
}

/* --- explain ----------------------------------------------------------------------- */

static void
terms_as_lines(struct bench *b, size_t rule, struct str *out)
{
	struct explanation why;
	struct err err;

	assert_int_equal(engine_explain(b->engine, &b->moment, rule, b->arena, &why, &err), 0);
	str_addf(out, "%s %s%s%s\n", why.rule->id, truth_name(why.truth), why.is_hit ? " hit" : "",
	    *why.why ? " !" : "");
	for (size_t i = 0; i < why.term_count; i++) {
		str_addf(out, "%*s[%s] %s: %s", (int)why.terms[i].depth * 2, "", why.terms[i].joint,
		    why.terms[i].text, truth_name(why.terms[i].truth));
		for (size_t f = 0; f < why.terms[i].fact_count; f++) {
			size_t fact = why.terms[i].facts[f];

			str_addf(out, "; %s ", rules_fact(b->rules, fact)->name);
			fact_add_text(out, rules_fact(b->rules, fact), &b->values[fact]);
		}
		str_add_char(out, '\n');
	}
}

static void
an_explanation_shows_each_term_with_its_facts_and_truth(void **state)
{
	AUTO(str_donep) struct str lines = STR_INIT(10000);
	struct bench b;

	bench_open(&b,
	    "facts:\n"
	    "  amount: {type: number}\n"
	    "rules:\n"
	    "  - {id: r, title: {en: t}, to: owner, when: \"not (amount > 5 or spent_minutes > 1)"
	    " and status in ('open', 'waiting')\"}\n");
	b.values[FACT_COUNT] = fact_number(2.5);
	b.values[FACT_OF_STATUS] = fact_text("open");
	terms_as_lines(&b, 0, &lines);
	b.values[FACT_OF_SPENT_MINUTES] = fact_number(1);
	b.values[FACT_COUNT] = (struct fact_value){ .is = FACT_WRONG };
	terms_as_lines(&b, 0, &lines);
	assert_string_equal(str_text(&lines),
	    "r unknown\n"
	    "[and] not (amount > 5 or spent_minutes > 1) and status in ('open', 'waiting'): "
	    "unknown; "
	    "status 'open'; spent_minutes unknown; amount 2.5\n"
	    "  [not] not (amount > 5 or spent_minutes > 1): unknown; spent_minutes unknown; amount "
	    "2.5\n"
	    "    [or] (amount > 5 or spent_minutes > 1): unknown; spent_minutes unknown; amount "
	    "2.5\n"
	    "      [] amount > 5: false; amount 2.5\n"
	    "      [] spent_minutes > 1: unknown; spent_minutes unknown\n"
	    "  [] status in ('open', 'waiting'): true; status 'open'\n"
	    "r fault !\n"
	    "[and] not (amount > 5 or spent_minutes > 1) and status in ('open', 'waiting'): fault; "
	    "status 'open'; spent_minutes 1; amount of a wrong type\n"
	    "  [not] not (amount > 5 or spent_minutes > 1): fault; spent_minutes 1; amount of a "
	    "wrong type\n"
	    "    [or] (amount > 5 or spent_minutes > 1): fault; spent_minutes 1; amount of a wrong "
	    "type\n"
	    "      [] amount > 5: fault; amount of a wrong type\n"
	    "      [] spent_minutes > 1: false; spent_minutes 1\n"
	    "  [] status in ('open', 'waiting'): true; status 'open'\n");
	bench_close(&b);
}

static void
an_explanation_counts_nothing_and_knows_the_group(void **state)
{
	struct explanation why;
	const char *sentence;
	struct bench b;
	struct err err;

	bench_open(&b, grouped);
	b.values[FACT_OF_MESSAGES] = fact_number(21);
	assert_int_equal(engine_explain(b.engine, &b.moment, 2, b.arena, &why, &err), 0);
	assert_true(why.truth == TRUTH_TRUE && why.is_hit);
	assert_string_equal(why.why, "");
	assert_int_equal(engine_explain(b.engine, &b.moment, 4, b.arena, &why, &err), 0);
	assert_true(why.truth == TRUTH_TRUE && !why.is_hit);
	assert_string_equal(why.why, "beaten by c");
	b.values[FACT_OF_MESSAGES] = (struct fact_value){ .is = FACT_WRONG };
	assert_int_equal(engine_explain(b.engine, &b.moment, 4, b.arena, &why, &err), 0);
	assert_int_equal(why.truth, TRUTH_FAULT);
	assert_int_equal(engine_faults(b.engine, 4, &sentence), 0);
	assert_int_equal(
	    engine_explain(b.engine, &b.moment, 5, b.arena, &why, &err), ERR_NOT_FOUND);
	bench_close(&b);
}

/* --- values ------------------------------------------------------------------------- */

static const struct {
	enum fact_type type;
	const char *words, *json, *want;
} taken[] = {
	{ FACT_NUMBER, "", "5", "5" },
	{ FACT_NUMBER, "", "-5.25", "-5.25" },
	{ FACT_NUMBER, "", "1e3", "1000" },
	{ FACT_NUMBER, "", "\"120000.50\"", "120000.5" },
	{ FACT_NUMBER, "", "\"-7\"", "-7" },
	{ FACT_NUMBER, "", "\"0.1\"", "0.1" },
	{ FACT_NUMBER, "", "\"1,000\"", "of a wrong type" },
	{ FACT_NUMBER, "", "\"5 \"", "of a wrong type" },
	{ FACT_NUMBER, "", "\"1.\"", "of a wrong type" },
	{ FACT_NUMBER, "", "\".5\"", "of a wrong type" },
	{ FACT_NUMBER, "", "\"-\"", "of a wrong type" },
	{ FACT_NUMBER, "", "\"1e9\"", "of a wrong type" },
	{ FACT_NUMBER, "", "\"1234567890123456\"", "of a wrong type" },
	{ FACT_NUMBER, "", "\"a lot\"", "of a wrong type" },
	{ FACT_NUMBER, "", "true", "of a wrong type" },
	{ FACT_NUMBER, "", "[5]", "of a wrong type" },
	{ FACT_NUMBER, "", "{\"a\":{\"b\":5}}", "of a wrong type" },
	{ FACT_NUMBER, "", "null", "unknown" },
	{ FACT_NUMBER, "", "\"\"", "unknown" },
	{ FACT_BOOL, "", "true", "true" },
	{ FACT_BOOL, "", "false", "false" },
	{ FACT_BOOL, "", "\"true\"", "true" },
	{ FACT_BOOL, "", "\"False\"", "of a wrong type" },
	{ FACT_BOOL, "", "1", "of a wrong type" },
	{ FACT_TEXT, "", "\"red\"", "'red'" },
	{ FACT_TEXT, "", "\"\"", "unknown" },
	{ FACT_TEXT, "", "5", "of a wrong type" },
	{ FACT_TEXT, "", "\"a\\u0000b\"", "of a wrong type" },
	{ FACT_TEXT, "low high", "\"high\"", "'high'" },
	{ FACT_TEXT, "low high", "\"hig\"", "of a wrong type" },
	{ FACT_TEXT, "low high", "\"low high\"", "of a wrong type" },
	{ FACT_TIME, "", "\"2026-11-21\"", "2026-11-21T00:00:00.000Z" },
	{ FACT_TIME, "", "\"2026-11-21T08:30:00+01:00\"", "2026-11-21T07:30:00.000Z" },
	{ FACT_TIME, "", "\"21.11.2026\"", "of a wrong type" },
	{ FACT_TIME, "", "\"2026-13-21\"", "of a wrong type" },
	{ FACT_TIME, "", "1795000000000", "of a wrong type" },
};

static void
a_peers_json_is_taken_as_the_type_that_was_declared_or_not_at_all(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		const struct fact_def def = { .type = taken[i].type, .words = taken[i].words };
		AUTO(str_donep) struct str text = STR_INIT(200);
		json_t *json = json_loads(taken[i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		struct fact_value value = fact_of_json(&def, json);

		fact_add_text(&text, &def, &value);
		json_decref(json);
		if (strcmp(str_text(&text), taken[i].want) != 0)
			fail_msg("%s: %s", taken[i].json, str_text(&text));
	}
}

static void
attributes_fill_a_sites_facts_and_defaults_the_rest(void **state)
{
	json_t *attributes = json_pack("{s:s, s:i, s:s, s:{s:i}}", "note", "red", "amount", 7,
	    "consent_expires", "2026-12-24", "other", "deep", 1);
	struct bench b;

	bench_open(&b,
	    "facts:\n"
	    "  amount: {type: number, default: 3}\n"
	    "  level: {type: text, words: [low, high], default: low}\n"
	    "  note: {type: text}\n"
	    "  idle: {type: number, default: 1}\n"
	    "rules:\n"
	    "  - {id: r, title: {en: t}, to: owner, when: amount > 5 and level = 'low' and note = "
	    "'red'}\n"
	    "  - {id: c, title: {en: t}, to: owner, when: hours_until(consent_expires) > 0}\n");
	rules_take_attributes(b.rules, attributes, b.values);
	assert_string_equal(hits_of(&b), "r c ");
	assert_int_equal(b.values[FACT_COUNT + 3].is, FACT_UNKNOWN); /* nobody reads it */
	rules_take_attributes(b.rules, NULL, b.values);
	assert_string_equal(hits_of(&b), "");
	assert_true(b.values[FACT_COUNT].number > 2 && b.values[FACT_COUNT].number < 4);
	assert_int_equal(b.values[FACT_OF_CONSENT_EXPIRES].is, FACT_UNKNOWN);
	json_decref(attributes);
	bench_close(&b);
}

static void
it_is_known_which_rule_reads_what(void **state)
{
	struct bench b;

	bench_open(&b, two);
	assert_true(rules_use(b.rules, FACT_OF_MESSAGES) && rules_use(b.rules, FACT_COUNT));
	assert_false(rules_use(b.rules, FACT_OF_TITLE));
	assert_true(rule_uses(b.rules, 0, FACT_COUNT));
	assert_false(rule_uses(b.rules, 1, FACT_COUNT));
	assert_false(rules_use_time(b.rules, 0));
	bench_close(&b);
	bench_open(&b,
	    "rules:\n"
	    "  - {id: a, title: {en: t}, to: owner, when: days_until(answer_by) < 1}\n"
	    "  - {id: b, title: {en: t}, to: owner, when: \"hours_between(asked_at, answer_by) < "
	    "1\"}\n");
	assert_true(rules_use_time(b.rules, 0));
	assert_false(rules_use_time(b.rules, 1));
	bench_close(&b);
}

static void
no_rules_at_all_are_rules_too(void **state)
{
	struct bench b;

	bench_open(&b, "rules: []\n");
	assert_string_equal(hits_of(&b), "");
	assert_int_equal(rules_test(b.rules, NULL, NULL), 0);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_group_the_first_that_holds_counts),
		cmocka_unit_test(a_long_text_is_cut_between_its_characters),
		cmocka_unit_test(a_fact_of_a_wrong_type_is_the_fault_of_the_rules_that_read_it),
		cmocka_unit_test(too_many_steps_are_the_fault_of_one_rule),
		cmocka_unit_test(many_runs_are_not_many_steps),
		cmocka_unit_test(the_same_facts_give_the_same_answer_whatever_was_asked_before),
		cmocka_unit_test(a_text_is_cut_where_rules_stop_to_look),
		cmocka_unit_test(an_explanation_shows_each_term_with_its_facts_and_truth),
		cmocka_unit_test(an_explanation_counts_nothing_and_knows_the_group),
		cmocka_unit_test(a_peers_json_is_taken_as_the_type_that_was_declared_or_not_at_all),
		cmocka_unit_test(attributes_fill_a_sites_facts_and_defaults_the_rest),
		cmocka_unit_test(it_is_known_which_rule_reads_what),
		cmocka_unit_test(no_rules_at_all_are_rules_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
