/* What expressions of rules mean, and which are refused where. */
#include "help_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((utc_ms)1795000000000)

/* --- meaning -------------------------------------------------------------------- */

/* amount 5, level low, urgent true, due_at two hours from now, note "It's Red", status open,
 * created 49 hours ago; all others unknown. */
static const struct {
	const char *when;
	enum truth truth;
} meanings[] = {
	/* comparing */
	{ "amount = 5", TRUTH_TRUE },
	{ "amount == 5", TRUTH_TRUE },
	{ "5 = amount", TRUTH_TRUE },
	{ "amount <> 5", TRUTH_FALSE },
	{ "amount != 6", TRUTH_TRUE },
	{ "amount < 5", TRUTH_FALSE },
	{ "amount <= 5", TRUTH_TRUE },
	{ "amount > 4.99", TRUTH_TRUE },
	{ "amount >= 5.01", TRUTH_FALSE },
	{ "4 < amount", TRUTH_TRUE },
	{ "amount > -1", TRUTH_TRUE },
	{ "level = 'low'", TRUTH_TRUE },
	{ "LEVEL = 'low' AND Amount = 5", TRUTH_TRUE },
	{ "note = 'It''s Red'", TRUTH_TRUE },
	{ "note = 'it''s red'", TRUTH_FALSE },
	{ "note > 'A'", TRUTH_TRUE },
	{ "urgent", TRUTH_TRUE },
	{ "not urgent", TRUTH_FALSE },
	{ "urgent = true", TRUTH_TRUE },
	{ "urgent = false", TRUTH_FALSE },
	{ "urgent <> false", TRUTH_TRUE },
	{ "created < due_at", TRUTH_TRUE },
	{ "created = due_at", TRUTH_FALSE },
	/* what is unknown */
	{ "spent_minutes > 5", TRUTH_UNKNOWN },
	{ "not (spent_minutes > 5)", TRUTH_UNKNOWN },
	{ "spent_minutes is null", TRUTH_TRUE },
	{ "spent_minutes is not null", TRUTH_FALSE },
	{ "amount is null", TRUTH_FALSE },
	{ "spent_minutes > 5 and amount = 6", TRUTH_FALSE },
	{ "spent_minutes > 5 or amount = 5", TRUTH_TRUE },
	{ "spent_minutes > 5 and amount = 5", TRUTH_UNKNOWN },
	{ "approval_state = 'sent'", TRUTH_UNKNOWN },
	{ "approval_state <> 'sent'", TRUTH_UNKNOWN },
	{ "approval_state is not 'sent'", TRUTH_TRUE },
	{ "approval_state is 'sent'", TRUTH_FALSE },
	{ "approval_state in ('sent', 'draft')", TRUTH_UNKNOWN },
	{ "approval_state not in ('sent', 'draft')", TRUTH_UNKNOWN },
	{ "coalesce(spent_minutes, 0) = 0", TRUTH_TRUE },
	{ "coalesce(spent_minutes, messages, amount) = 5", TRUTH_TRUE },
	/* and, or, not: as in SQL, not binds least but before and */
	{ "not amount = 6", TRUTH_TRUE },
	{ "not amount = 5 or urgent", TRUTH_TRUE },
	{ "not (amount = 5 or urgent)", TRUTH_FALSE },
	{ "amount = 6 and urgent or level = 'low'", TRUTH_TRUE },
	{ "amount = 6 and (urgent or level = 'low')", TRUTH_FALSE },
	{ "amount = 5 or urgent and level = 'high'", TRUTH_TRUE },
	{ "not not urgent", TRUTH_TRUE },
	{ "(((urgent)))", TRUTH_TRUE },
	{ "amount\n=\n5\nand\nurgent", TRUTH_TRUE },
	/* sets */
	{ "level in ('low', 'high')", TRUTH_TRUE },
	{ "status in ('open', 'waiting')", TRUTH_TRUE },
	{ "status not in ('open', 'waiting')", TRUTH_FALSE },
	{ "(status in ('waiting')) = false", TRUTH_TRUE },
	{ "(status not in ('waiting')) = true", TRUTH_TRUE },
	{ "amount in (1, 2, 5)", TRUTH_TRUE },
	{ "amount in (1, 2, 6)", TRUTH_FALSE },
	{ "amount + 1 in (6, 7)", TRUTH_TRUE },
	{ "lower(note) in ('it''s red', 'blue', 'green', 'x')", TRUTH_TRUE },
	{ "lower(note) not in ('red', 'blue', 'green', 'x')", TRUTH_TRUE },
	{ "amount between 5 and 6", TRUTH_TRUE },
	{ "amount not between 5 and 6", TRUTH_FALSE },
	{ "amount between 1 and 4 or urgent", TRUTH_TRUE },
	{ "(amount not between 5 and 6) = false", TRUTH_TRUE },
	/* arithmetic: a half is a half */
	{ "amount / 2 = 2.5", TRUTH_TRUE },
	{ "amount / 10 > 0.4", TRUTH_TRUE },
	{ "amount * 2 + 1 = 11", TRUTH_TRUE },
	{ "amount * (2 + 1) = 15", TRUTH_TRUE },
	{ "amount - 2 - 1 = 2", TRUTH_TRUE },
	{ "- amount = -5", TRUTH_TRUE },
	{ "amount % 3 = 2", TRUTH_TRUE },
	{ "amount / 0 > 1", TRUTH_UNKNOWN },
	{ "1 / amount < 0.21", TRUTH_TRUE },
	/* functions */
	{ "hours_since(created) > 48", TRUTH_TRUE },
	{ "hours_since(created) = 49", TRUTH_TRUE },
	{ "hours_since(created) <> 49", TRUTH_FALSE },
	{ "49 <= hours_since(created)", TRUTH_TRUE },
	{ "hours_since(created) > 49", TRUTH_FALSE },
	{ "hours_since(created) > 48.999", TRUTH_TRUE },
	{ "hours_since(created) < 49.0000001", TRUTH_TRUE }, /* a third of a millisecond */
	{ "hours_since(created) between 48 and 50", TRUTH_TRUE },
	{ "hours_since(created) / 7 = 7", TRUTH_TRUE },
	{ "hours_since(due_at) = -2", TRUTH_TRUE },
	{ "hours_until(due_at) = 2", TRUTH_TRUE },
	{ "hours_until(due_at) > 2", TRUTH_FALSE },
	{ "hours_until(created) < 0", TRUTH_TRUE },
	{ "days_since(created) > 2", TRUTH_TRUE },
	{ "days_since(created) > 2.1", TRUTH_FALSE },
	{ "days_until(due_at) < 0.1", TRUTH_TRUE },
	{ "hours_between(created, due_at) = 51", TRUTH_TRUE },
	{ "hours_between(due_at, created) = -51", TRUTH_TRUE },
	{ "hours_since(asked_at) > 5", TRUTH_UNKNOWN },
	{ "hours_since(coalesce(asked_at, created)) = 49", TRUTH_TRUE },
	{ "business_hours_since(created) = 12.25",
	    TRUTH_TRUE }, /* the test's calendar: a quarter */
	{ "business_hours_since(due_at) = -0.5", TRUTH_TRUE },
	{ "business_hours_since(asked_at) > 0", TRUTH_UNKNOWN },
	{ "matches(note, '*RED')", TRUTH_TRUE },
	{ "matches(note, 'it?s*')", TRUTH_TRUE },
	{ "matches(note, 'it')", TRUTH_FALSE },
	{ "matches(note, '*s*r*d*')", TRUTH_TRUE },
	{ "matches(note, '*s*d*r*')", TRUTH_FALSE },
	{ "matches(engineer, '*')", TRUTH_UNKNOWN },
	{ "note like '%red'", TRUTH_TRUE },
	{ "note like '_t%'", TRUTH_TRUE },
	{ "note not like '%blue%'", TRUTH_TRUE },
	{ "note like 'red'", TRUTH_FALSE },
	{ "lower(note) = 'it''s red'", TRUTH_TRUE },
	{ "upper(note) = 'IT''S RED'", TRUTH_TRUE },
	{ "length(note) = 8", TRUTH_TRUE },
	{ "abs(amount - 7) = 2", TRUTH_TRUE },
	{ "round(amount / 3) = 2", TRUTH_TRUE },
	{ "round(amount / 3, 1) = 1.7", TRUTH_TRUE },
	{ "min(amount, 3) = 3", TRUTH_TRUE },
	{ "max(amount, 3, 9) = 9", TRUTH_TRUE },
	{ "min(amount, spent_minutes) = 3", TRUTH_UNKNOWN },
	{ "max(created, due_at) = due_at", TRUTH_TRUE },
};

static span_ms
quarter(void *arg, utc_ms from, utc_ms to)
{
	return (to - from) / 4;
}

static void
set(struct rules *rules, struct fact_value values[], const char *name, struct fact_value value)
{
	for (size_t i = 0; i < rules_fact_count(rules); i++)
		if (strcmp(rules_fact(rules, i)->name, name) == 0)
			values[i] = value;
}

static void
an_expression_means_what_sql_says(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		AUTO(str_donep) struct str faults = STR_INIT(10000);
		AUTO(rules_unrefp) struct rules *rules = rules_when(meanings[i].when, &faults);
		AUTO(engine_freep) struct engine *engine = NULL;
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
		struct fact_value values[FACTS_MAX] = { 0 };
		const struct moment moment = { .now = NOW, .values = values, .business = quarter };
		struct explanation why;
		struct hits hits;
		struct err err;

		if (!rules)
			fail_msg("%s: %s", meanings[i].when, str_text(&faults));
		set(rules, values, "amount", fact_number(5));
		set(rules, values, "level", fact_text("low"));
		set(rules, values, "urgent", fact_bool(true));
		set(rules, values, "due_at", fact_time(NOW + 2 * MS_HOUR));
		set(rules, values, "note", fact_text("It's Red"));
		set(rules, values, "status", fact_text("open"));
		set(rules, values, "created", fact_time(NOW - 49 * MS_HOUR));
		assert_int_equal(engine_new(rules, &engine, &err), 0);
		assert_int_equal(engine_explain(engine, &moment, 0, arena, &why, &err), 0);
		if (why.truth != meanings[i].truth)
			fail_msg("%s is %s: %s", meanings[i].when, truth_name(why.truth), why.why);
		assert_int_equal(engine_run(engine, &moment, &hits, &err), 0);
		assert_int_equal(hits.count, meanings[i].truth == TRUTH_TRUE);
	}
}

/* --- refusals --------------------------------------------------------------------- */

/* Places count from the expression's first character, which is 12:7 of the file. */
static const struct {
	const char *when, *want;
} refusals[] = {
	/* names */
	{ "ammount = 5", "12:7: r: when: unknown fact 'ammount' (amount?)\n" },
	{ "amount = 5 and stats = 'open'", "12:22: r: when: unknown fact 'stats' (status?)\n" },
	{ "zzzz = 1 or qqqq = 2",
	    "12:7: r: when: unknown fact 'zzzz'\n12:19: r: when: unknown fact 'qqqq'\n" },
	{ "amount = 5\n  and ammount = 6", "13:13: r: when: unknown fact 'ammount' (amount?)\n" },
	{ "mtches(note, '*')", "12:7: r: when: unknown function 'mtches' (matches?)\n" },
	{ "status = open",
	    "12:16: r: when: 'open' is a word of status; texts stand in single quotes\n" },
	{ "status in (open, 'waiting')",
	    "12:18: r: when: 'open' is a word of status; texts stand in single quotes\n" },
	{ "level = high",
	    "12:15: r: when: 'high' is a word of level; texts stand in single quotes\n" },
	{ "hours_since > 5", "12:7: r: when: 'hours_since' is a function; write hours_since(…)\n" },
	/* what SQL has and rules have not */
	{ "exists(select 1)",
	    "12:7: r: when: nothing is selected here: an expression is about one ticket's "
	    "facts\n" },
	{ "amount = (select 1)",
	    "12:17: r: when: nothing is selected here: an expression is about one ticket's "
	    "facts\n" },
	{ "amount > now()",
	    "12:16: r: when: there is no now; write hours_since(created) and the like\n" },
	{ "created > current_timestamp",
	    "12:17: r: when: there is no now; write hours_since(created) and the like\n" },
	{ "amount > random()",
	    "12:16: r: when: there is no chance in rules: the same facts always give the same "
	    "answer\n" },
	{ "cast(note as integer) = 1",
	    "12:7: r: when: there is no cast: facts have types (see 'assent rules facts')\n" },
	{ "case when urgent then 1 end",
	    "12:7: r: when: there is no case; write two rules, or use and, or, not\n" },
	{ "note glob 'x*'", "12:12: r: when: expected and, or, or the end here\n" },
	{ "note || 'x' = 'y'",
	    "12:12: r: when: write or instead of ||; texts cannot be put together here\n" },
	{ "amount = 5; drop table x",
	    "12:17: r: when: this is one expression, nothing follows it\n" },
	{ "amount = 5 -- why",
	    "12:18: r: when: comments stand outside of expressions, after # in YAML\n" },
	{ "amount = ?1",
	    "12:16: r: when: there are no parameters here; write the name of the fact\n" },
	{ "note = \"red\"", "12:14: r: when: texts stand in single quotes: 'open'\n" },
	{ "urgent && urgent", "12:14: r: when: write and instead of &&\n" },
	{ "!urgent", "12:7: r: when: write not instead of !\n" },
	{ "ticket.status = 'open'", "12:13: r: when: a fact has one name without a point\n" },
	{ "status in ['open']",
	    "12:17: r: when: lists stand in parentheses: status in ('open', 'waiting')\n" },
	/* grammar */
	{ "amount =", "12:15: r: when: the expression ends too early\n" },
	{ "(amount = 5", "12:18: r: when: expected ')' here\n" },
	{ "amount = 5)", "12:17: r: when: this ')' closes nothing\n" },
	{ "amount 5", "12:14: r: when: expected and, or, or the end here\n" },
	{ "amount = = 5", "12:16: r: when: expected a fact, a value or a function here\n" },
	{ "1 < amount < 5",
	    "12:18: r: when: comparisons cannot be chained; write a < b and b < c\n" },
	{ "amount = 100,000", "12:19: r: when: a number is written without ',', such as 100000\n" },
	{ "amount = 5h",
	    "12:16: r: when: a number is digits and at most one point, such as 100000 or 0.5\n" },
	{ "amount = 1.2.3",
	    "12:16: r: when: a number is digits and at most one point, such as 100000 or 0.5\n" },
	{ "amount = 1234567890123456", "12:16: r: when: a number of more than 15 digits\n" },
	{ "note = 'red", "12:14: r: when: this text has no closing '\n" },
	{ "note = ‘red’",
	    "12:14: r: when: character U+2018 has no meaning outside of a text in single "
	    "quotes\n" },
	{ "status in 'open'", "12:17: r: when: after in stands a list: ('open', 'waiting')\n" },
	{ "status in ()", "12:18: r: when: an empty list holds nothing\n" },
	{ "status not 'open'", "12:18: r: when: expected in, between or like after not\n" },
	{ "amount between 1", "12:23: r: when: expected and here: x between 1 and 5\n" },
	{ "and urgent", "12:7: r: when: expected a fact, a value or a function here\n" },
	/* types */
	{ "amount", "12:7: r: when: amount is a number; true or false is expected here\n" },
	{ "amount and urgent",
	    "12:7: r: when: amount is a number; true or false is expected here\n" },
	{ "not note", "12:11: r: when: note is a text; true or false is expected here\n" },
	{ "amount > '5'",
	    "12:16: r: when: amount is a number, '5' is a text: they cannot be compared\n" },
	{ "amount = note",
	    "12:16: r: when: amount is a number, note is a text: they cannot be compared\n" },
	{ "amount in (1, 'two', 3)",
	    "12:21: r: when: amount is a number, 'two' is a text: they cannot be compared\n" },
	{ "amount between 1 and 'x'",
	    "12:28: r: when: amount is a number, 'x' is a text: they cannot be compared\n" },
	{ "created > 5",
	    "12:17: r: when: created is a time, 5 is a number: they cannot be compared; times are "
	    "asked for with hours_since(…) and the like\n" },
	{ "created > '2026-01-01'",
	    "12:17: r: when: created is a time, '2026-01-01' is a text: they cannot be compared; "
	    "times are asked for with hours_since(…) and the like\n" },
	{ "created - due_at > 5",
	    "12:7: r: when: created is a time; a number is expected here\n"
	    "12:17: r: when: due_at is a time; a number is expected here\n" },
	{ "urgent = 1",
	    "12:16: r: when: urgent is true or false, 1 is a number: they cannot be compared\n" },
	{ "urgent > false",
	    "12:7: r: when: urgent has no order; compare with = or <>, or write in (…)\n" },
	{ "status > 'open'",
	    "12:7: r: when: status has no order; compare with = or <>, or write in (…)\n" },
	{ "note + 1 = 2", "12:7: r: when: note is a text; a number is expected here\n" },
	{ "- note = 'x'",
	    "12:9: r: when: note is a text; a number is expected here\n"
	    "12:16: r: when: - note is a number, 'x' is a text: they cannot be compared\n" },
	{ "amount = null",
	    "12:16: r: when: a comparison with null never holds; write is null or is not null\n" },
	{ "amount in (1, null)",
	    "12:21: r: when: a comparison with null never holds; write is null or is not null\n" },
	{ "hours_since(amount) > 1",
	    "12:19: r: when: amount is a number; a time is expected here\n" },
	{ "hours_since() > 1", "12:7: r: when: hours_since takes 1 value, found 0\n" },
	{ "hours_since(created, due_at) > 1",
	    "12:7: r: when: hours_since takes 1 value, found 2\n" },
	{ "coalesce(amount) > 1", "12:7: r: when: coalesce takes at least 2 values, found 1\n" },
	{ "coalesce(amount, note) = 1",
	    "12:24: r: when: amount is a number, note is a text: they cannot be compared\n" },
	{ "matches(note, engineer)",
	    "12:21: r: when: a pattern is a text in single quotes, such as '*urgent*'\n" },
	{ "matches(amount, '*')", "12:15: r: when: amount is a number; a text is expected here\n" },
	/* words */
	{ "level = 'hgh'",
	    "12:15: r: when: level is never 'hgh'; it is one of: low high (high?)\n" },
	{ "status in ('open', 'closed')",
	    "12:26: r: when: status is never 'closed'; it is one of: open waiting decided paused "
	    "escalated resolved\n" },
	{ "'Low' <> level",
	    "12:7: r: when: level is never 'Low'; it is one of: low high (low?)\n" },
	{ "lower(note) = 'Red'", "12:21: r: when: lower(…) is never 'Red'\n" },
	{ "upper(note) in ('RED', 'Blue')", "12:30: r: when: upper(…) is never 'Blue'\n" },
	/* constants */
	{ "true", "12:7: r: when: this reads no fact, so it is the same for every ticket\n" },
	{ "1 = 1", "12:7: r: when: this reads no fact, so it is the same for every ticket\n" },
	{ "urgent and 1 < 2",
	    "12:18: r: when: this reads no fact, so it is the same for every ticket\n" },
	{ "lower('X') = 'x' or urgent",
	    "12:7: r: when: this reads no fact, so it is the same for every ticket\n" },
	{ "amount = amount", "12:7: r: when: this compares a thing with itself\n" },
	{ "amount + 1 <= Amount + 1", "12:7: r: when: this compares a thing with itself\n" },
	{ "amount > 5 and amount < 3",
	    "12:7: r: when: this can never hold, whatever the facts are\n" },
	{ "amount >= 5 and not amount >= 5",
	    "12:7: r: when: this can never hold, whatever the facts are\n" },
	{ "urgent and (amount > 5 and amount <= 5)",
	    "12:18: r: when: this can never hold, whatever the facts are\n" },
	{ "amount between 5 and 3",
	    "12:7: r: when: this can never hold, whatever the facts are\n" },
	{ "level = 'low' and level = 'high'",
	    "12:7: r: when: this can never hold, whatever the facts are\n" },
	{ "urgent or not urgent", "12:7: r: when: this always holds, whatever the facts are\n" },
	{ "amount is null or amount is not null",
	    "12:7: r: when: this always holds, whatever the facts are\n" },
	{ "hours_since(created) > 5 and hours_since(created) < 4",
	    "12:7: r: when: this can never hold, whatever the facts are\n" },
	{ "status not in ('open', 'waiting', 'decided', 'paused', 'escalated', 'resolved')",
	    "12:7: r: when: this can never hold, whatever the facts are\n" },
};

static void
a_refusal_says_what_and_where(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		AUTO(str_donep) struct str faults = STR_INIT(10000);
		AUTO(rules_unrefp) struct rules *rules = rules_when(refusals[i].when, &faults);

		if (rules)
			fail_msg("%s was taken", refusals[i].when);
		if (strcmp(str_text(&faults), refusals[i].want) != 0)
			fail_msg("%s\nsaid   %swanted %s", refusals[i].when, str_text(&faults),
			    refusals[i].want);
	}
}

/* Not called constant: what looks like it and is not. */
static const char *const sound[] = {
	"amount > 5 or amount <= 5", /* unknown when amount is */
	"level = 'low' or level = 'high'",
	"amount > 3 and amount < 5",
	"amount > 4 and amount < 5",
	"amount >= 5 and amount <= 5",
	"note > 'a' and note < 'b'",
	"note >= 'a' and note <= 'a'",
	"amount <> 5 and amount <> 6",
	"hours_since(created) > 5 and hours_since(updated) < 4",
	"matches(note, 'x*') and not matches(note, 'xy*')",
	"not (amount > 5 and urgent)",
	"amount > 5 and (urgent or amount < 10)",
	"spent_minutes > messages and messages > spent_minutes - 5",
};

static void
what_may_hold_is_taken(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(sound); i++) {
		AUTO(str_donep) struct str faults = STR_INIT(10000);
		AUTO(rules_unrefp) struct rules *rules = rules_when(sound[i], &faults);

		if (!rules)
			fail_msg("%s: %s", sound[i], str_text(&faults));
	}
}

/* --- limits ---------------------------------------------------------------------------- */

/* Nineteen are within our grammar and beyond the stack of SQLite's. */
static void
what_sqlite_cannot_parse_is_refused_where_it_stands(void **state)
{
	AUTO(str_donep) struct str when = STR_INIT(2000), faults = STR_INIT(2000);
	AUTO(rules_unrefp) struct rules *rules = NULL;

	for (int i = 0; i < 19; i++)
		str_addf(&when, "urgent or amount=%d and not (", i);
	str_add(&when, "urgent");
	for (int i = 0; i < 19; i++)
		str_add_char(&when, ')');
	rules = rules_when(str_text(&when), &faults);
	assert_null(rules);
	assert_string_equal(str_text(&faults),
	    "12:7: r: when: too deep or too long: SQLite: parser stack overflow\n");
}

static struct rules *
repeated(const char *first, const char *next, size_t bytes, struct str *faults)
{
	AUTO(str_donep) struct str when = STR_INIT(20000);

	str_add(&when, first);
	while (when.len + strlen(next) <= bytes)
		str_add(&when, next);
	return rules_when(str_text(&when), faults);
}

static void
a_very_long_expression_is_taken_or_refused_but_never_a_burden(void **state)
{
	static const struct {
		const char *first, *next;
		size_t bytes;
		const char *want; /* "" taken */
	} cases[] = {
		{ "amount=1", " or amount=1", RULE_WHEN_MAX - 2, "" },
		{ "amount=1", " or amount=1", RULE_WHEN_MAX + 10, "is longer than 2000 bytes" },
		{ "amount=1", "+1", RULE_WHEN_MAX - 2, "" },
		{ "amount=1", "*1+1", RULE_WHEN_MAX - 2, "" },
		{ "amount=1", "-(1", 60, "expected ')'" },
		{ "(", "(", 30, "ends too early" },
		{ "(", "(", 500, "nested too deep" },
		{ "not", " not", 500, "nested too deep" },
		{ "amount=-", "-", 10, "comments stand outside" },
		{ "amount=-", " -", 500, "nested too deep" },
		{ "abs(", "abs(", 500, "nested too deep" },
		{ "amount in (1", ",1", 1000, "more than 200 entries" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str faults = STR_INIT(100000);
		AUTO(rules_unrefp)
		struct rules *rules =
		    repeated(cases[i].first, cases[i].next, cases[i].bytes, &faults);

		if ((*cases[i].want == '\0') != (rules != NULL) ||
		    !strstr(str_text(&faults), cases[i].want))
			fail_msg("%s%s…: %s", cases[i].first, cases[i].next, str_text(&faults));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_means_what_sql_says),
		cmocka_unit_test(a_refusal_says_what_and_where),
		cmocka_unit_test(what_may_hold_is_taken),
		cmocka_unit_test(what_sqlite_cannot_parse_is_refused_where_it_stands),
		cmocka_unit_test(a_very_long_expression_is_taken_or_refused_but_never_a_burden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
