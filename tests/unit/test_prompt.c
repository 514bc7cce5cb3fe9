/* What a model is asked: the prompts, a site's own, and what stays in the house. */
#include "help_arena.h"

#include <assent/ai/offline.h>
#include <assent/ai/prompt.h>
#include <assent/base/data.h>
#include <assent/base/file.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the prompt ------------------------------------------------------------------ */

static struct prompt
prompt_of(const char *text)
{
	const struct bundle_message message = { "customer", true, 0, text };
	const struct bundle bundle = { .title = "Twelve licences",
		.question = "Shall we order?",
		.messages = &message,
		.message_count = 1 };
	const struct form_check form =
	    form_check_of(DOCUMENT_SUMMARY, "de-AT", &bundle, bundle_text(&bundle, arena));
	struct prompt prompt;
	struct err err;

	if (prompt_write("", &form, arena, &prompt, &err) < 0)
		fail_msg("%s", err.text);
	return prompt;
}

static void
a_prompt_holds_the_thread_and_the_language(void **state)
{
	struct prompt prompt = prompt_of("We need {{twelve}} <b>licences</b>.");

	(void)state;
	assert_non_null(strstr(prompt.task, "de-AT"));
	assert_non_null(strstr(prompt.task, "4 to 6 plain bullets"));
	assert_null(strstr(prompt.task, "licences"));
	assert_non_null(strstr(prompt.material, "Title: Twelve licences\n"));
	assert_non_null(strstr(prompt.material, "\n  We need {{twelve}} <b>licences</b>.\n"));
}

/* How often it occurs. */
static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void
what_the_reader_cannot_see_the_model_does_not_see(void **state)
{
	struct prompt prompt =
	    prompt_of("pay\xe2\x80\x8b \xe2\x80\xaethe\xf3\xa0\x81\x81 \x01invoice\xff");

	(void)state;
	assert_non_null(strstr(prompt.material, "pay the invoice\xef\xbf\xbd"));
}

static void
our_tokens_do_not_leave_the_house(void **state)
{
	struct prompt prompt =
	    prompt_of("see https://ok.desk.test/a/abcdefghijklmnopqrstuvwxyz234567 and write to "
		      "agent+abcdefghijklmnopqrstuvwxyz234567@desk.test");

	(void)state;
	assert_null(strstr(prompt.material, "abcdefghijklmnopqrstuvwxyz234567"));
	assert_int_equal(count(prompt.material, "[token]"), 2);
}

static void
secrets_of_the_thread_do_not_leave_the_house(void **state)
{
	struct prompt prompt = prompt_of("The admin password: Trout-44-lamp, and the key is "
					 "AKIAIOSFODNN7EXAMPLE. Order 12 licences, T-1042.");

	(void)state;
	assert_null(strstr(prompt.material, "Trout-44-lamp"));
	assert_null(strstr(prompt.material, "AKIAIOSFODNN7EXAMPLE"));
	assert_int_equal(count(strstr(prompt.material, "<<<"), "[secret]"), 2);
	assert_non_null(strstr(prompt.material, "Order 12 licences, T-1042."));
}

/* --- a site's own prompt -------------------------------------------------------------- */

static int (*site_check)(const char *site_dir, struct err *err) = prompt_check;

static int
check_file(const char *name, const char *text, struct err *err)
{
	char folder[] = "/tmp/assent-prompt-XXXXXX", path[100], file[120];
	int rc;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/prompts", folder);
	snprintf(file, sizeof(file), "%s/%s", path, name);
	assert_int_equal(folder_make(path, 0700, err), 0);
	assert_int_equal(file_write(file, text, strlen(text), 0600, err), 0);
	rc = site_check(folder, err);
	unlink(file);
	rmdir(path);
	rmdir(folder);
	return rc;
}

#define FRONT "---\ntier: fast\nform: summary\n---\n"

static void
a_sites_prompt_is_checked(void **state)
{
	static const struct {
		const char *text;
		int want;
		const char *why;
	} cases[] = {
		{ FRONT "Be brief.\n---\n{{material}}", 0, NULL },
		{ "---\r\nform: summary\r\ntier: careful\r\n---\r\nBe brief.\n---\n{{material}}", 0,
		    NULL },
		{ FRONT "Be brief.\n---\n{{title}}", ERR_INVALID, "{{material}} is missing" },
		{ FRONT "Be brief: {{material}}\n---\n", ERR_INVALID, "{{material}} is missing" },
		{ FRONT "Be brief: {{material}}", ERR_INVALID, "prompts/summary.md:5:1: a line" },
		{ FRONT " \n---\n{{material}}", ERR_INVALID, "nothing above" },
		{ FRONT "a\nb {{#thread}\n---\n", ERR_INVALID, "prompts/summary.md:6:3: " },
		{ FRONT "a \xff\n---\n{{material}}", ERR_INVALID, "UTF-8" },
		{ "Be brief.\n---\n{{material}}", ERR_INVALID, "prompts/summary.md:1:1: a prompt" },
		{ "---\ntier: fast\n", ERR_INVALID, "ends the front matter" },
		{ "---\ntier: fast\n---\nx\n---\n{{material}}", ERR_INVALID, "needs" },
		{ "---\ntier: quick\n---\n", ERR_INVALID, "summary.md:2:7: tier is" },
		{ "---\ntier: fast\nmodel: x\n---\n", ERR_INVALID, "summary.md:3:1: only" },
		{ "---\ntier: fast\ntier: fast\n---\n", ERR_INVALID, "summary.md:3:1: this" },
		{ "---\nmax_tokens: 0\n---\n", ERR_INVALID, "summary.md:2:13: max_tokens" },
		{ "---\ntemperature: 2.5\n---\n", ERR_INVALID, "summary.md:2:14: temp" },
		{ "---\nform:  notes\n---\n", ERR_INVALID, "summary.md:2:8: form" },
	};
	struct err err;

	(void)state;
	assert_int_equal(prompt_check("", &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(check_file("summary.md", cases[i].text, &err), cases[i].want);
		if (cases[i].why != NULL && strstr(err.text, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	assert_int_equal(check_file("summary.txt", "x\n---\n{{thread}}", &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "is called prompts/summary.md now"));
	assert_int_equal(check_file("notes.md", "x", &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "prompts/notes.md:1:1: "));
}

static void
each_kind_has_a_prompt_with_its_headings(void **state)
{
	struct err err;

	(void)state;
	for (int kind = 0; kind < DOCUMENT_KINDS; kind++) {
		const struct form_check form = { .kind = (enum document_kind)kind,
			.locale = "de-AT",
			.material = "Title: T-1042 {{x}}" };
		char hash[2 * SHA256_SIZE + 1];
		struct prompt prompt;
		assert_int_equal(prompt_write("", &form, arena, &prompt, &err), 0);
		assert_non_null(strstr(prompt.material, "Title: T-1042 {{x}}\n"));
		assert_non_null(strstr(prompt.task, "de-AT"));
		assert_non_null(strstr(prompt.task, "nicht angegeben"));
		assert_null(strstr(prompt.task, "{{"));
		assert_true(prompt.max_tokens > 0 && prompt.temperature > 0.19);
		assert_int_equal(prompt_hash("", form.kind, hash, &err), 0);
		assert_string_equal(hash, prompt.hash);
		if (kind == DOCUMENT_HANDOFF)
			assert_non_null(
			    strstr(prompt.task, "## Vorgeschlagene nächste Schritte\n"));
		assert_int_equal(prompt.tier,
		    kind == DOCUMENT_SUMMARY || kind == DOCUMENT_NOTES ? MODEL_FAST
								       : MODEL_CAREFUL);
	}
}

/* --- a site's own words -------------------------------------------------------------- */

static int
use_swedish(const char *site_dir, struct err *err)
{
	const struct bundle bundle = { .title = "Backup" };
	const struct form_words *words;
	struct form_check form = form_check_of(DOCUMENT_HANDOFF, "sv-SE", &bundle, "");
	struct form_faults faults;
	struct prompt prompt;
	const char *out;

	assert_int_equal(form_words_read(site_dir, "sv-SE", arena, &words, err), 0);
	assert_string_equal(words->items[WORD_TRIED], "Vad vi har provat");
	assert_string_equal(words->items[WORD_CAUSE], "Root cause");
	form.words = words;
	form.text = offline_write_in(DOCUMENT_HANDOFF, words, &bundle, arena);
	assert_non_null(strstr(form.text, "## Vad vi har provat\n"));
	assert_true(form_read(&form, arena, &out, &faults));
	assert_int_equal(prompt_write(site_dir, &form, arena, &prompt, err), 0);
	assert_non_null(strstr(prompt.task, "## Vad vi har provat\n"));
	form.words = NULL;
	assert_false(form_read(&form, arena, &out, &faults));
	/* Another language's stays what it is. */
	assert_int_equal(form_words_read(site_dir, "de-AT", arena, &words, err), 0);
	assert_string_equal(words->items[WORD_CAUSE], "Ursache");
	return form_words_check(site_dir, "sv", err);
}

static int
check_swedish(const char *site_dir, struct err *err)
{
	return form_words_check(site_dir, "sv", err);
}

/* What ai/bundle.c calls it: an engineer's own words at a turn of the ticket. */
static void
what_was_said_at_a_turn_of_the_ticket_is_pointed_out(void **state)
{
	static const struct text_pair act = { "resolve", "Cable swapped." };
	static const struct bundle bundle = { .title = "x", .acts = &act, .act_count = 1 };
	static const enum document_kind kinds[] = { DOCUMENT_HANDOFF, DOCUMENT_RESOLUTION,
		DOCUMENT_NOTES };
	struct prompt prompt;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct form_check form =
		    form_check_of(kinds[i], "en", &bundle, bundle_text(&bundle, arena));
		assert_int_equal(prompt_write("", &form, arena, &prompt, &err), 0);
		assert_non_null(strstr(prompt.task, "\"Done with the ticket\""));
		assert_non_null(
		    strstr(prompt.material, "\nDone with the ticket:\n- resolve: Cable swapped."));
	}
}

static void
a_site_may_add_a_language(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "cause: Orsak\nCause: Orsak\n", "prompts/sv.words:2:1: there is no such name" },
		{ "cause: Orsak\ncause: Skäl\n", "sv.words:2:1: this is said twice" },
		{ "# sv\n\ncause\n", "sv.words:3:1: a line is" },
		{ "cause:  \n", "sv.words:1:9: a word has" },
		{ "cause:  # Orsak\n", "sv.words:1:9: it holds no" },
		{ "steps: Steg 4711\n", "sv.words:1:8: no document may say that" },
		{ "steps: example.org/x\n", "sv.words:1:8: no document may say that" },
		{ "steps: \xff\n", "sv.words: it is not UTF-8" },
	};
	struct err err;

	(void)state;
	site_check = use_swedish;
	assert_int_equal(
	    check_file("sv.words", "# Svenska\r\ntried: Vad vi har provat \r\n", &err), 0);
	site_check = check_swedish;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(check_file("sv.words", cases[i].text, &err), ERR_INVALID);
		if (strstr(err.text, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	site_check = prompt_check;
}

/* What is built in is read without telling anybody what is wrong with it. */
static void
each_language_has_all_words(void **state)
{
	static const char folder[] = "prompts/", ending[] = ".words";
	size_t languages = 0;

	(void)state;
	for (size_t i = 0; i < data_file_count; i++) {
		const char *name = data_files[i].name;
		const char *end = strstr(name, ending);
		if (!text_starts(name, folder) || end == NULL)
			continue;
		name += strlen(folder);
		const struct form_words *words =
		    form_words(arena_dup_n(arena, name, (size_t)(end - name)));
		for (int w = 0; w < FORM_WORDS; w++)
			if (words->items[w][0] == '\0')
				fail_msg("%s has no %s", name, form_word_key((enum form_word)w));
		assert_true(words == form_words("en") || !text_starts(name, "en."));
		assert_true(words != form_words("en") || text_starts(name, "en."));
		languages++;
	}
	assert_int_equal(languages, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prompt_holds_the_thread_and_the_language),
		cmocka_unit_test(what_the_reader_cannot_see_the_model_does_not_see),
		cmocka_unit_test(our_tokens_do_not_leave_the_house),
		cmocka_unit_test(secrets_of_the_thread_do_not_leave_the_house),
		cmocka_unit_test(a_sites_prompt_is_checked),
		cmocka_unit_test(each_kind_has_a_prompt_with_its_headings),
		cmocka_unit_test(what_was_said_at_a_turn_of_the_ticket_is_pointed_out),
		cmocka_unit_test(a_site_may_add_a_language),
		cmocka_unit_test(each_language_has_all_words),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
