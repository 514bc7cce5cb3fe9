/* When time alone may change what rules say: until then it must not, whatever the expression. */
#include "help_calendar.h"
#include "help_rules.h"

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((utc_ms)1795000000000) /* 2026-11-18T11:06:40Z, a Wednesday */
#define AMOUNT FACT_COUNT
#define LEVEL (FACT_COUNT + 1)
#define URGENT (FACT_COUNT + 2)
#define DUE_AT (FACT_COUNT + 3)

struct bench {
	struct rules *rules;
	struct engine *engine;
	struct fact_value values[FACTS_MAX];
	struct moment moment;
};

static void
bench_open(struct bench *b, const char *when)
{
	AUTO(str_donep) struct str faults = STR_INIT(10000);
	struct err err;

	memset(b, 0, sizeof(*b));
	b->rules = rules_when(when, &faults);
	if (!b->rules)
		fail_msg("%s: %s", when, str_text(&faults));
	assert_int_equal(engine_new(b->rules, &b->engine, &err), 0);
	b->moment = (struct moment){ .now = NOW, .values = b->values };
}

static void
bench_close(struct bench *b)
{
	engine_free(b->engine);
	rules_unref(b->rules);
}

static bool
holds_at(struct bench *b, utc_ms at)
{
	struct moment moment = b->moment;
	struct hits hits;
	struct err err;

	moment.now = at;
	assert_int_equal(engine_run(b->engine, &moment, &hits, &err), 0);
	return hits.count > 0;
}

/* --- business time ------------------------------------------------------------------- */

static span_ms
business(void *arg, utc_ms from, utc_ms to)
{
	return calendar_between(arg, from, to);
}

static utc_ms
after(void *arg, utc_ms from, span_ms span)
{
	return calendar_after(arg, from, span);
}

static const struct site office = { "Europe/Berlin", { "mon-fri 09:00-17:00" }, { "2026-11-20" },
	{ { 0 } }, 0 };

/* --- cases --------------------------------------------------------------------------- */

#define H MS_HOUR
#define D MS_DAY
#define NEVER (RULES_NEVER - NOW)

/* created is 10 hours ago, due_at in 10 hours; amount 7, urgent, level low, title a box; the rest unknown. */
static const struct {
	const char *when;
	span_ms until; /* from now; -NOW: nobody knows */
} cases[] = {
	{ "amount > 5", NEVER },
	{ "hours_since(created) > 5", NEVER },
	{ "hours_since(created) > 10", 1 },
	{ "hours_since(created) >= 10", NEVER },
	{ "hours_since(created) < 10.5", H / 2 },
	{ "hours_since(created) = 12", 2 * H },
	{ "hours_since(created) <> 10", 1 },
	{ "days_since(created) > 5", 5 * D - 10 * H },
	{ "5 < days_since(created)", 5 * D - 10 * H },
	{ "days_since(created) > 0.123456789", NEVER },
	{ "hours_until(due_at) <= 4", 6 * H },
	{ "hours_until(due_at) < 0", 10 * H },
	{ "days_until(due_at) > 20", NEVER },
	{ "hours_since(due_at) > 5", 15 * H },
	{ "hours_since(created) > amount + 5", 2 * H + 1 },
	{ "hours_since(created) - amount * 2 > 0", 4 * H + 1 },
	{ "amount * 2 > hours_since(created)", 4 * H },
	{ "hours_since(created) / 2 > amount", 4 * H + 1 },
	{ "-hours_since(created) < -12", 2 * H + 1 },
	{ "hours_since(created) between 11 and 12", H },
	{ "hours_since(created) not between 9 and 12", 2 * H + 1 },
	{ "hours_since(created) in (1, 2, 30)", 20 * H },
	{ "coalesce(hours_since(last_message), hours_since(created)) > 11", H + 1 },
	{ "max(hours_since(created), hours_since(due_at)) > 11", H + 1 },
	{ "hours_since(coalesce(last_message, created)) > 11", H },
	{ "hours_since(last_message) > 11", NEVER },
	{ "hours_since(created) is null", NEVER },
	/* What cannot hold for another reason is not waited for. */
	{ "amount > 8 and hours_since(created) > 11", NEVER },
	{ "messages > 3 and hours_since(created) > 11", NEVER },
	{ "amount > 6 and hours_since(created) > 11", H },
	{ "amount > 6 or hours_since(created) > 11", NEVER },
	{ "level = 'high' and hours_since(created) > 11", NEVER },
	{ "level in ('low', 'high') and hours_since(created) > 11", H },
	{ "not urgent and hours_since(created) > 11", NEVER },
	{ "not (urgent and hours_since(created) < 11)", H },
	{ "hours_since(created) > 11 and hours_until(due_at) < 2", 8 * H },
	{ "hours_since(created) > 11 or hours_until(due_at) < 2", H },
	{ "hours_since(created) > 11 and matches(title, '*x*')", H },
	{ "hours_between(created, due_at) > 19.5 and hours_since(created) > 11", H },
	{ "hours_between(created, due_at) > 20 and hours_since(created) > 11", NEVER },
	{ "business_hours_since(created) > 11", H },
	/* Not understood. */
	{ "abs(hours_until(due_at)) < 5", -NOW },
	{ "round(hours_since(created)) = 11", -NOW },
	{ "hours_since(created) % 2 = 1", -NOW },
	{ "hours_since(created) > hours_since(due_at)", -NOW },
	{ "amount > 8 and abs(hours_until(due_at)) < 5", NEVER },
};

static void
set_facts(struct bench *b)
{
	b->values[FACT_OF_CREATED] = fact_time(NOW - 10 * H);
	b->values[DUE_AT] = fact_time(NOW + 10 * H);
	b->values[AMOUNT] = fact_number(7);
	b->values[FACT_OF_TITLE] = fact_text("a box");
	b->values[LEVEL] = fact_text("low");
	b->values[URGENT] = fact_bool(true);
}

static void
the_instant_is_the_one_that_can_be_read_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bench b;
		utc_ms until;

		bench_open(&b, cases[i].when);
		set_facts(&b);
		until = rules_until(b.rules, &b.moment);
		/* "> 11" begins a millisecond behind 11, and may be looked at when it is reached. */
		if (until - NOW != cases[i].until && until - NOW != cases[i].until + 1)
			fail_msg("%s: %lld", cases[i].when, (long long)(until - NOW));
		if (until > 0 && until < RULES_NEVER && holds_at(&b, NOW) == holds_at(&b, until) &&
		    holds_at(&b, NOW) == holds_at(&b, until + 1))
			fail_msg("%s: nothing changed", cases[i].when);
		bench_close(&b);
	}
}

static void
business_time_is_that_of_the_calendar(void **state)
{
	AUTO(calendar_freep) struct calendar *calendar = make(&office);
	struct bench b;

	(void)state;
	/* Wednesday 12:06:40 in Berlin; Friday is a holiday, so 20 hours are over on Monday. */
	bench_open(&b, "business_hours_since(created) > 20");
	b.values[FACT_OF_CREATED] = fact_time(NOW);
	b.moment.business = business;
	b.moment.arg = calendar;
	for (int i = 0; i < 2; i++) {
		utc_ms until = rules_until(b.rules, &b.moment);

		assert_true(until == at("2026-11-23T15:06:40Z") + 1);
		assert_false(holds_at(&b, until - 1));
		assert_true(holds_at(&b, until));
		b.moment.after = after;
	}
	bench_close(&b);
}

static void
a_fact_that_passes_is_waited_for(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "owner_away and amount > 5");
	set_facts(&b);
	b.values[FACT_OF_OWNER_AWAY] = fact_bool(true);
	assert_true(rules_until(b.rules, &b.moment) == RULES_NEVER);
	b.moment.passing[0] = (struct fact_passing){ FACT_OF_OWNER_AWAY, NOW + 5 };
	b.moment.passing_count = 1;
	assert_true(rules_until(b.rules, &b.moment) == NOW + 5);
	b.values[AMOUNT] = fact_number(5);
	assert_true(rules_until(b.rules, &b.moment) == RULES_NEVER);
	bench_close(&b);
}

static void
a_fact_of_a_wrong_type_never_holds(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "hours_since(created) > 11 or amount > 5");
	set_facts(&b);
	b.values[AMOUNT] = fact_number(1);
	assert_true(rules_until(b.rules, &b.moment) < RULES_NEVER);
	b.values[AMOUNT] = (struct fact_value){ .is = FACT_WRONG };
	assert_true(rules_until(b.rules, &b.moment) == RULES_NEVER);
	bench_close(&b);
}

/* --- any expression --------------------------------------------------------------------- */

static uint64_t seed = 7;

static unsigned
draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *const times[] = { "created", "due_at", "last_message", "unanswered_since",
	"coalesce(last_message, created)", "min(created, due_at)" };
static const char *const spans[] = { "hours_since", "days_since", "hours_until", "days_until",
	"business_hours_since" };
static const char *const signs[] = { "<", "<=", ">", ">=", "=", "<>" };
static const char *const still[] = { "amount > 5", "level = 'low'", "urgent", "amount is null",
	"messages between 2 and 9", "level in ('high', 'low')", "matches(title, 'a*')",
	"hours_between(created, due_at) > 12", "due_at > created", "amount * 2 <> messages" };

static void
add_number(struct str *out)
{
	static const char *const numbers[] = { "0", "1", "2.5", "24", "0.1", "7.3333", "-5", "120",
		"amount", "messages", "(amount + 1)" };

	str_add(out, numbers[draw(ARRAY_LEN(numbers))]);
}

static void
add_span(struct str *out)
{
	unsigned shape = draw(12);
	char text[100];

	snprintf(text, sizeof(text), "%s(%s)", spans[draw(ARRAY_LEN(spans))],
	    times[draw(ARRAY_LEN(times))]);
	if (shape < 7) {
		str_add(out, text);
	} else if (shape == 7) {
		str_addf(out, "%s * ", text);
		add_number(out);
	} else if (shape == 8) {
		add_number(out);
		str_addf(out, " - %s / 2", text);
	} else if (shape == 9) {
		str_addf(out, "coalesce(%s, ", text);
		add_number(out);
		str_add(out, ")");
	} else if (shape == 10) {
		str_addf(out, "max(%s, ", text);
		add_number(out);
		str_add(out, ")");
	} else {
		str_addf(out, "abs(%s)", text);
	}
}

static void
add_leaf(struct str *out)
{
	unsigned shape = draw(10);

	if (shape < 3) {
		str_add(out, still[draw(ARRAY_LEN(still))]);
		return;
	}
	if (shape == 3) {
		add_number(out);
		str_addf(out, " %s ", signs[draw(ARRAY_LEN(signs))]);
		add_span(out);
		return;
	}
	add_span(out);
	if (shape == 4) {
		str_add(out, draw(2) ? " between -2 and 30" : " not between 1.5 and 2.5");
	} else if (shape == 5) {
		str_add(out, draw(2) ? " in (1, amount, 3)" : " is not null");
	} else {
		str_addf(out, " %s ", signs[draw(ARRAY_LEN(signs))]);
		add_number(out);
	}
}

static void
add_expr(struct str *out, int depth)
{
	unsigned shape = depth > 0 ? draw(6) : 0;

	if (shape < 2) {
		add_leaf(out);
		return;
	}
	str_add(out, shape == 2 ? "(not (" : "((");
	add_expr(out, depth - 1);
	str_add(out, shape == 2 ? ") or (" : shape < 5 ? ") and (" : ") or (");
	add_expr(out, depth - 1);
	str_add(out, "))");
}

static struct fact_value
some_time(void)
{
	static const span_ms grains[] = { H, MS_MINUTE, 1 };

	if (draw(5) == 0)
		return (struct fact_value){ .is = FACT_UNKNOWN };
	return fact_time(NOW + ((span_ms)draw(400) - 200) * H / 2 +
	    (span_ms)draw(50) * grains[draw(ARRAY_LEN(grains))]);
}

static void
some_facts(struct bench *b)
{
	b->values[FACT_OF_CREATED] = some_time();
	b->values[FACT_OF_LAST_MESSAGE] = some_time();
	b->values[FACT_OF_UNANSWERED_SINCE] = some_time();
	b->values[DUE_AT] = some_time();
	b->values[AMOUNT] = draw(4) ? fact_number(draw(40) / 4.0) : (struct fact_value){ 0 };
	b->values[FACT_OF_MESSAGES] = fact_number(draw(12));
	b->values[FACT_OF_TITLE] = fact_text(draw(2) ? "a thing" : "b");
	b->values[LEVEL] = fact_text(draw(2) ? "low" : "high");
	b->values[URGENT] = fact_bool(draw(2) == 0);
}

struct tally {
	size_t tried, unknown, never, sharp;
};

static void
try_times(struct bench *b, const char *when, struct tally *tally)
{
	bool now = holds_at(b, b->moment.now);
	utc_ms until = rules_until(b->rules, &b->moment), end;

	tally->tried++;
	tally->unknown += until == 0;
	tally->never += until == RULES_NEVER;
	if (until == 0)
		return;
	assert_true(until > b->moment.now);
	if (holds_at(b, until - 1) != now)
		fail_msg("%s: changed before %lld", when, (long long)(until - b->moment.now));
	tally->sharp +=
	    until < RULES_NEVER && (holds_at(b, until) != now || holds_at(b, until + 1) != now);
	end = until - b->moment.now > 60 * D ? b->moment.now + 60 * D : until;
	for (int i = 0; i < 12; i++) {
		utc_ms then = b->moment.now + (end - b->moment.now) * (span_ms)draw(1000) / 1000;

		if (then < until && holds_at(b, then) != now)
			fail_msg("%s: changed at %lld of %lld", when,
			    (long long)(then - b->moment.now), (long long)(until - b->moment.now));
	}
}

/* An expression that is refused (a constant, say) is another one's turn. */
static void
try_one(struct calendar *calendar, struct tally *tally)
{
	AUTO(str_donep) struct str text = STR_INIT(4000);
	struct rules *rules;
	struct bench b;

	add_expr(&text, 3);
	rules = rules_when(str_text(&text), NULL);
	if (!rules)
		return;
	rules_unref(rules);
	bench_open(&b, str_text(&text));
	if (draw(2)) {
		b.moment.business = business;
		b.moment.after = draw(2) ? after : NULL;
		b.moment.arg = calendar;
	}
	for (int i = 0; i < 6; i++) {
		some_facts(&b);
		try_times(&b, str_text(&text), tally);
	}
	bench_close(&b);
}

static void
nothing_changes_before_its_time(void **state)
{
	AUTO(calendar_freep) struct calendar *calendar = make(&office);
	struct tally tally = { 0 };

	(void)state;
	for (int i = 0; i < 2500; i++)
		try_one(calendar, &tally);
	/* Most is understood, and most that was said to change does. */
	assert_true(tally.tried > 8000);
	assert_true(tally.unknown * 5 < tally.tried);
	assert_true(tally.sharp * 2 > tally.tried - tally.unknown - tally.never);
	print_message("%zu tried, %zu not understood, %zu never, %zu sharp\n", tally.tried,
	    tally.unknown, tally.never, tally.sharp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_instant_is_the_one_that_can_be_read_off),
		cmocka_unit_test(business_time_is_that_of_the_calendar),
		cmocka_unit_test(a_fact_that_passes_is_waited_for),
		cmocka_unit_test(a_fact_of_a_wrong_type_never_holds),
		cmocka_unit_test(nothing_changes_before_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
