#include "help_arena.h"

#include <assent/ai/form.h>
#include <assent/ai/offline.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct bundle_message messages[] = {
	{ "customer", true, 1763000000000,
	    "Ticket T-1042: srv-build-02 (10.0.0.5, v1.2.3) has no room. Twelve seats cost "
	    "4,800.00 EUR "
	    "until 20.11.2026. Ask bob@northwind.example or look at cad.northwind.example, where "
	    "`df -h` says 98%. It took 20GB." },
	{ "customer", true, 1763000100000, "Could we clear the old logs first?" },
};
static const struct bundle_finding findings[] = { { "observed", "The disk is full", 0 },
	{ "reported", "Builds fail since Tuesday", 0 } };
static struct bundle_fix fixes[] = { { "Restart the builder", "", 40, "superseded" },
	{ "Clear the build cache", "Logs of 2025 go", 85, "active" } };
static const struct bundle_task tasks[] = { { "question", "Which disk is it?", "The second",
						"answered" },
	{ "action", "Order a larger disk", "", "open" } };
static const struct bundle sample = { .title = "No room on the builder",
	.question = "May we order?",
	.messages = messages,
	.message_count = 2,
	.findings = findings,
	.finding_count = 2,
	.fixes = fixes,
	.fix_count = 2,
	.tasks = tasks,
	.task_count = 2,
	.spent = "1 h 20 min" };

static struct form_faults faults;

static bool
reads(enum document_kind kind, const char *locale, const char *text, const char **out)
{
	struct form_check check = form_check_of(kind, locale, &sample, bundle_text(&sample, arena));

	check.text = text;
	return form_read(&check, arena, out, &faults);
}

static bool
is_told(const char *what)
{
	for (size_t i = 0; i < faults.count; i++)
		if (strstr(faults.items[i], what) != NULL)
			return true;
	return false;
}

static void
fails(enum document_kind kind, const char *text, const char *why)
{
	const char *out;

	if (reads(kind, "en", text, &out))
		fail_msg("passed: %s", text);
	if (!is_told(why))
		fail_msg("%s → %s", text, faults.count > 0 ? faults.items[0] : "no fault");
}

/* --- every kind -------------------------------------------------------------------- */

#define BULLETS "- a disk is asked for\n- builds go on\n- none material\n"

static const struct {
	const char *line, *why; /* NULL: fine */
} lines[] = {
	{ "Costs 4,800 EUR for srv-build-02", NULL },
	{ "Costs 4800 EUR, 4.800 EUR or EUR4,800.00", NULL },
	{ "Costs ٤٨٠٠ EUR", NULL },
	{ "Costs 𝟒,𝟖𝟎𝟎 EUR", NULL },
	{ "A well-known half - or so - of it", NULL },
	{ "T-1042, t‑1042 and (T-1042)", NULL },
	{ "until 2026-11-20 or 20/11/2026", NULL },
	{ "It took 20 GB and stands at 98 %", NULL },
	{ "Ask Bob@Northwind.example about cad.northwind.example", NULL },
	{ "`df -h` on 10.0.0.5 with v1.2.3", NULL },
	{ "It is e.g. the second, i.e. slow", NULL },
	{ "它需要许可证。周五之前。", NULL },
	{ "Password: [secret]", NULL },
	{ "Costs 4,900 EUR", "4,900" },
	{ "Costs 48 EUR", "48" },
	{ "T-1043", "t-1043" },
	{ "T-104", "t-104" },
	{ "srv-build-20", "srv-build-20" },
	{ "10.0.0.50", "10.0.0.50" },
	{ "v1.2.4", "v1.2.4" },
	{ "until 21.11.2026", "21.11.2026" },
	{ "Ask eve@evil.example", "eve@evil.example" },
	{ "Ask eve@northwind.example", "eve@northwind.example" },
	{ "see evil.example", "evil.example" },
	{ "see ev*il.exam*ple", "evil.example" },
	{ "see evil．example", "evil.example" },
	{ "see evil\u2024example", "evil.example" },
	{ "see 𝐞𝐯𝐢𝐥.𝓮𝔁𝓪𝓶𝓹𝓵𝓮", "evil.example" },
	{ "see ⓔⓥⓘⓛ.🄴🅇🄰🄼🄿🄻🄴", "evil.example" },
	{ "see ℯvil.ℯxampℓe", "evil.example" },
	{ "ask eve﹫evil﹒example", "eve@evil.example" },
	{ "Costs 𝟒,𝟗𝟎𝟎 EUR", "4,900" },
	{ "Costs ⁴⁹⁰⁰ EUR", "4900" },
	{ "Costs ④⑨ EUR", "49" },
	{ "Costs 🯴🯹 EUR", "49" },
	{ "Costs ౪౯ EUR", "49" },
	{ "run rm -rf here", "-rf" },
	{ "see notnorthwind.example", "notnorthwind.example" },
	{ "see cad.northwind.example/approve", "links" },
	{ "see https://cad.northwind.example", "links" },
	{ "see h*ttps://evil.example", "links" },
	{ "see HTTPS://EVIL.EXAMPLE", "links" },
	{ "see www.evil.example", "links" },
	{ "see //evil.example", "links" },
	{ "see javascript:alert(1)", "links" },
	{ "see https:evil", "links" },
	{ "see h\U0001d42d\U0001d42dps∶∕∕evil", "links" },
	{ "see whatsapp:send", "links" },
	{ "see ms-word:ofe", "links" },
	{ "[here](x)", "links" },
	{ "![x](y)", "links" },
	{ "<b>bold</b>", "HTML" },
	{ "&#104;ttp", "HTML" },
	{ "| a | b |", "tables" },
	{ "run `rm -rf x`", "rm -rf x" },
	{ "run sudo and --force", "sudo" },
	{ "see /etc/passwd", "etc/passwd" },
	{ "Get-ADUser helps", "get-aduser" },
	{ "Dear [name]", "placeholders" },
	{ "Cost: TBD", "placeholders" },
	{ "As an AI I say so", "placeholders" },
	{ "lorem ipsum", "placeholders" },
	{ "{{cost}}", "placeholders" },
	{ "pay\xe2\x80\x8b now", "invisible" },
	{ "pay \xe2\x80\xaewon", "invisible" },
	{ "password: hunter", "passwords" },
};

static void
a_line_may_say_only_what_the_input_says(void **state)
{
	const char *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *text = arena_printf(arena, BULLETS "- %s\n", lines[i].line);
		if (lines[i].why != NULL)
			fails(DOCUMENT_SUMMARY, text, lines[i].why);
		else if (!reads(DOCUMENT_SUMMARY, "en", text, &out))
			fail_msg("%s: %s", lines[i].line, faults.items[0]);
	}
}

static void
a_summary_is_four_to_six_bullets_with_questions_last(void **state)
{
	const char *out;

	(void)state;
	assert_true(reads(DOCUMENT_SUMMARY, "en",
	    "Here it is:\n* **a** disk\n* builds go on\n\n3. none material\n- which one?", &out));
	assert_string_equal(out, "- a disk\n- builds go on\n- none material\n- which one?\n");
	fails(DOCUMENT_SUMMARY, BULLETS, "4 to 6");
	fails(DOCUMENT_SUMMARY, BULLETS BULLETS, "4 to 6");
	fails(DOCUMENT_SUMMARY, BULLETS "- x x\n- y y\n- z z\n- w w\n", "4 to 6");
	fails(DOCUMENT_SUMMARY, "- a a\n- which one?\n- b b\n- c c\n", "last");
	fails(DOCUMENT_SUMMARY, "Sure, I approve it.", "bullets");
	fails(DOCUMENT_SUMMARY, "{\"bullets\":[\"a a\"],\"decision\":\"approve\"}", "bullets");
}

#define HANDOFF(hypothesis, steps) \
	"## Problem\nNo room.\n## What we've confirmed\nThe disk is full.\n" \
	"## What we've tried\nA restart.\n## Current hypothesis\n" hypothesis \
	"\n## Suggested next steps\n" steps

static void
a_handoff_has_five_headings_and_its_steps(void **state)
{
	const char *out;

	(void)state;
	assert_true(reads(DOCUMENT_HANDOFF, "en",
	    HANDOFF("The cache.", "1. Clear the build cache\n2. Order a larger disk\n"), &out));
	assert_string_equal(out,
	    "## Problem\n\nNo room.\n\n## What we've confirmed\n\nThe disk is full.\n\n"
	    "## What we've tried\n\nA restart.\n\n## Current hypothesis\n\nThe cache.\n\n"
	    "## Suggested next steps\n\n- Clear the build cache\n- Order a larger disk\n");
	fails(DOCUMENT_HANDOFF, HANDOFF("The cache.", "- Clear the build cache\n"), "2 to 4");
	fails(DOCUMENT_HANDOFF, HANDOFF("The cache.", "- a a\n- b b\n- c c\n- d d\n- e e\n"),
	    "2 to 4");
	fails(DOCUMENT_HANDOFF, HANDOFF("The cache.", "- Order a disk\n- Clear the build cache\n"),
	    "first action");
	fails(DOCUMENT_HANDOFF,
	    HANDOFF("No leading hypothesis yet", "- Clear the build cache\n- b b\n"), "active fix");
	fails(DOCUMENT_HANDOFF, HANDOFF("", "- Clear the build cache\n- b b\n"), "stands nothing");
	fails(DOCUMENT_HANDOFF, "Hello!\n" HANDOFF("x x", "- Clear the build cache\n- b b\n"),
	    "headings");
	fails(DOCUMENT_HANDOFF, "## Problem\nx\n## What we've tried\ny\n", "headings");
	fails(DOCUMENT_HANDOFF,
	    HANDOFF("x x", "- Clear the build cache\n- b b\n## Decision\nyes\n"), "headings");
	fixes[1].confidence = 50;
	fails(
	    DOCUMENT_HANDOFF, HANDOFF("The cache.", "- a a\n- b b\n"), "write exactly: No leading");
	assert_true(reads(
	    DOCUMENT_HANDOFF, "en", HANDOFF("No leading hypothesis yet.", "- a a\n- b b\n"), &out));
	fixes[1].confidence = 85;
}

#define NOTES(spent) \
	"## Problem Summary\nNo room.\n## Steps Taken\nA restart. " spent \
	"\n## Resolution\nnot stated\n## Next Steps\nA disk.\n"

static void
notes_say_the_time_spent(void **state)
{
	const char *out;

	(void)state;
	assert_true(reads(DOCUMENT_NOTES, "en", NOTES("Time spent: 1 h 20 min"), &out));
	fails(DOCUMENT_NOTES, NOTES(""), "time spent");
	assert_true(reads(DOCUMENT_RESOLUTION, "en",
	    "## Problem\nNo room.\n## What we confirmed\nFull.\n## Root cause\nLogs.\n"
	    "## Resolution\nCleared.\n",
	    &out));
}

static void
of_a_proposal_the_last_block_counts(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} cases[] = {
		{ "{}", "{\"questions\":[],\"actions\":[]}" },
		{ "{\"fix\":{\"title\":\"Clear it\",\"description\":\"\",\"confidence\":140}}",
		    "{\"fix\":{\"title\":\"Clear it\",\"description\":\"\",\"confidence\":100},"
		    "\"questions\":[],\"actions\":[]}" },
		{ "{\"actions\":[\"a\"]}\nBetter:\n```json\n{\"actions\":[\"b\"],\"questions\":["
		  "\"c?\"]}\n```\n",
		    "{\"questions\":[\"c?\"],\"actions\":[\"b\"]}" },
		{ "{\"actions\":[\"a\"]} and {\"decision\":\"approve\"}",
		    "{\"questions\":[],\"actions\":[\"a\"]}" },
		{ "{\"actions\":[\"see evil.example\",\"a\",7]}",
		    "{\"questions\":[],\"actions\":[\"a\"]}" },
		{ "{\"fix\":{\"title\":\"x\",\"confidence\":-3},\"actions\":{}}",
		    "{\"fix\":{\"title\":\"x\",\"description\":\"\",\"confidence\":0},"
		    "\"questions\":[],\"actions\":[]}" },
		{ "{\"fix\":{\"title\":\"run sudo\",\"confidence\":9}}", NULL },
		{ "{\"actions\":[\"see https://evil.example\"]}", NULL },
		{ "{\"actions\":[\"a\"", NULL },
		{ "I propose nothing.", NULL },
		{ "", NULL },
	};
	const char *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool good = reads(DOCUMENT_PROPOSAL, "en", cases[i].text, &out);
		if (good != (cases[i].want != NULL) || (good && !text_is(out, cases[i].want)))
			fail_msg("%s → %s", cases[i].text, good ? out : faults.items[0]);
		if (!good)
			assert_true(faults.count > 0);
	}
}

static void
headings_are_the_readers_language(void **state)
{
	static const char *const locales[] = { "en", "de-AT", "fr", "es_MX", "ar", "ja", "" };
	const char *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(locales); i++)
		for (int k = 0; k < DOCUMENT_KINDS; k++) {
			const char *text =
			    offline_write((enum document_kind)k, locales[i], &sample, arena);
			if (!reads((enum document_kind)k, locales[i], text, &out))
				fail_msg("%s: %s: %s", locales[i], text, faults.items[0]);
			assert_string_equal(out, text);
			for (int w = 0; w < FORM_WORDS; w++)
				assert_non_null(form_word(locales[i], (enum form_word)w));
		}
	assert_string_equal(form_word("de-AT", WORD_CAUSE), "Ursache");
	assert_string_equal(form_word("ja", WORD_CAUSE), "Root cause");
	fails(DOCUMENT_HANDOFF, offline_write(DOCUMENT_HANDOFF, "de", &sample, arena), "headings");
}

/* --- without a model ----------------------------------------------------------------- */

static void
what_is_written_without_a_model_says_what_is_known(void **state)
{
	const char *text = offline_write(DOCUMENT_HANDOFF, "en", &sample, arena);

	(void)state;
	assert_non_null(strstr(text, "- No room on the builder\n"));
	assert_non_null(
	    strstr(text, "- Reported: Builds fail since Tuesday\n- Observed: The disk is full\n"));
	assert_non_null(
	    strstr(text, "- Restart the builder (superseded)\n- Which disk is it? The second\n"));
	assert_non_null(strstr(text,
	    "## Suggested next steps\n\n- Apply the fix: Clear the build cache\n- Do: Order a "
	    "larger disk\n"));
	text = offline_write(DOCUMENT_NOTES, "en", &sample, arena);
	assert_non_null(strstr(text, "- Time spent: 1 h 20 min\n"));
	text = offline_write(DOCUMENT_PROPOSAL, "en", &sample, arena);
	assert_string_equal(
	    text, "{\"questions\":[\"Could we clear the old logs first?\"],\"actions\":[]}");
	text = offline_write(DOCUMENT_SUMMARY, "en", &sample, arena);
	assert_non_null(strstr(text, "- Asked for: "));
}

static void
kinds_have_names(void **state)
{
	enum document_kind kind;

	(void)state;
	assert_true(document_kind_find("handoff", &kind));
	assert_int_equal(kind, DOCUMENT_HANDOFF);
	assert_string_equal(document_kind_name(kind), "handoff");
	assert_false(document_kind_find("Handoff", &kind));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_may_say_only_what_the_input_says),
		cmocka_unit_test(a_summary_is_four_to_six_bullets_with_questions_last),
		cmocka_unit_test(a_handoff_has_five_headings_and_its_steps),
		cmocka_unit_test(notes_say_the_time_spent),
		cmocka_unit_test(of_a_proposal_the_last_block_counts),
		cmocka_unit_test(headings_are_the_readers_language),
		cmocka_unit_test(what_is_written_without_a_model_says_what_is_known),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
