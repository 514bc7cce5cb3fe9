/* What a model is asked: the prompts, a site's own, and what stays in the house. */
#include <assent/ai/prompt.h>
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

static struct arena *arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(64u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

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
	rc = prompt_check(folder, err);
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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
