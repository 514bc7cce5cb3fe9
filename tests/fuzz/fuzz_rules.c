/*
 * Any bytes as a file of rules: never a crash, a refusal always names a place
 * that the file has, and what was accepted can be tested, run and explained
 * with facts of any kind, in bounded time, the same way twice.
 */
#include <assent/rules/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((utc_ms)1795000000000)

struct seen {
	int lines;
	size_t faults;
};

static void
take_fault(void *arg, const char *file, const struct fault *fault)
{
	struct seen *seen = arg;

	/* YAML counts other line ends too, so a last line of its own is allowed. */
	if (fault->line < 1 || fault->line > seen->lines + 1 || fault->column < 1 ||
	    !*fault->message)
		abort();
	if (strchr(fault->message, '\n') || strcmp(file, "rules/fuzz.yaml") != 0)
		abort();
	seen->faults++;
}

/* Three worlds: nothing known, everything known, everything of a wrong type. */
static void
fill(const struct rules *rules, struct fact_value values[], int world)
{
	for (size_t i = 0; i < rules_fact_count(rules); i++) {
		const struct fact_def *def = rules_fact(rules, i);

		values[i] = (struct fact_value){ .is = world == 2 ? FACT_WRONG : FACT_UNKNOWN };
		if (world == 1 && def->type == FACT_NUMBER)
			values[i] = fact_number((double)i * 3 - 7);
		else if (world == 1 && def->type == FACT_TEXT)
			values[i] = fact_text("open \xff صفقة");
		else if (world == 1 && def->type == FACT_TIME)
			values[i] = fact_time(NOW - (utc_ms)i * MS_HOUR);
		else if (world == 1)
			values[i] = fact_bool(i % 2);
	}
}

/* The engine's answer and the explanation's are the same. */
static void
compare(struct engine *engine, const struct moment *moment, const struct hits *hits)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	struct explanation why;
	struct err err;
	size_t n = 0;

	for (size_t i = 0; i < rules_count(engine_rules(engine)); i++) {
		if (engine_explain(engine, moment, i, arena, &why, &err) < 0)
			abort();
		if (why.is_hit != (n < hits->count && hits->rules[n] == i))
			abort();
		n += why.is_hit;
		arena_reset(arena);
	}
}

static void
run(struct rules *rules)
{
	static struct fact_value values[FACTS_MAX];
	const struct moment moment = { .now = NOW, .values = values };
	AUTO(engine_freep) struct engine *engine = NULL;
	struct hits first, second;
	struct err err;

	if (engine_new(rules, &engine, &err) < 0)
		abort();
	for (int world = 0; world < 3; world++) {
		fill(rules, values, world);
		if (engine_run(engine, &moment, &first, &err) < 0 ||
		    engine_run(engine, &moment, &second, &err) < 0)
			abort();
		if (first.count != second.count ||
		    memcmp(first.rules, second.rules, first.count * sizeof(first.rules[0])) != 0)
			abort();
		compare(engine, &moment, &first);
	}
	rules_test(rules, NULL, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rules_file file = { "rules/fuzz.yaml", (const char *)data, size };
	struct seen seen = { .lines = 1 };
	const struct rules_source source = {
		.files = &file, .file_count = 1, .fault = take_fault, .arg = &seen
	};
	struct rules *rules = NULL;
	struct err err;
	int rc;

	for (size_t i = 0; i < size; i++)
		seen.lines += data[i] == '\n' || data[i] == '\r';
	rc = rules_load(&source, &rules, &err);
	if ((rc == 0) != (rules != NULL) || (rc == 0) != (seen.faults == 0 && rc != ERR_LIMIT) ||
	    (rc < 0 && rc != ERR_INVALID && rc != ERR_LIMIT))
		abort();
	if (rules)
		run(rules);
	rules_unref(rules);
	return 0;
}
