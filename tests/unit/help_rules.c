#include "help_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
add_fault(void *arg, const char *file, const struct fault *fault)
{
	struct str *out = arg;

	str_addf(out, "%d:%d: %s", fault->line, fault->column, fault->message);
	if (fault->meant)
		str_addf(out, " (%s?)", fault->meant);
	str_add_char(out, '\n');
}

struct rules *
rules_of(const char *text, struct str *faults)
{
	const struct rules_file file = { "rules/t.yaml", text, strlen(text) };
	const struct rules_source source = {
		.files = &file, .file_count = 1, .fault = faults ? add_fault : NULL, .arg = faults
	};
	struct rules *rules = NULL;
	struct err err = { 0 };

	if (rules_load(&source, &rules, &err) < 0 && faults && faults->len == 0)
		str_addf(faults, "%s\n", err.text);
	return rules;
}

struct rules *
rules_when(const char *when, struct str *faults)
{
	AUTO(str_donep) struct str text = STR_INIT((size_t)1 << 20);

	str_add(&text,
	    "facts:\n"
	    "  amount: {type: number}\n"
	    "  level: {type: text, words: [low, high]}\n"
	    "  urgent: {type: bool, default: false}\n"
	    "  due_at: {type: time}\n"
	    "  note: {type: text}\n"
	    "rules:\n"
	    "  - id: r\n"
	    "    title: {en: t}\n"
	    "    to: owner\n"
	    "    when: |\n"
	    "      ");
	for (; *when; when++) {
		str_add_char(&text, *when);
		if (*when == '\n')
			str_add(&text, "      ");
	}
	str_add_char(&text, '\n');
	return rules_of(str_text(&text), faults);
}

struct engine *
rules_engine(const char *text)
{
	AUTO(str_donep) struct str faults = STR_INIT(10000);
	AUTO(rules_unrefp) struct rules *rules = rules_of(text, &faults);
	struct engine *engine = NULL;
	struct err err;

	if (!rules)
		fail_msg("%s", str_text(&faults));
	assert_int_equal(engine_new(rules, &engine, &err), 0);
	return engine;
}
