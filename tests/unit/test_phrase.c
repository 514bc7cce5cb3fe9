#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/base/data.h>
#include <assent/text/phrase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What ships in this test: both languages of a kind "note". */
static const char en[] = "speaks: note\n# a comment\n\n"
			 "hello: Hello {{name}}, it's R&D <here>\n"
			 "long:\n  one \n\ttwo{{#a}} &{{/a}}\n"
			 "both: {{> say.hello}}!\n";
static const char ar[] = "speaks: note other\nhello: أهلا {{name}}\r\n";

const struct data_file data_files[] = {
	{ "phrases/ar.txt", ar, sizeof(ar) - 1 },
	{ "phrases/en.txt", en, sizeof(en) - 1 },
};
const size_t data_file_count = 2;

static char site[] = "/tmp/test-phrase-XXXXXX";

static void
put(const char *text)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/phrases/en.txt", site);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static struct phrases *
have(const char *site_dir, const char *locale)
{
	struct phrases *phrases = NULL;
	struct err err = { 0 };

	if (phrases_read(site_dir, locale, &phrases, &err) < 0)
		fail_msg("%s", err.text);
	return phrases;
}

static void
assert_says(
    const struct phrases *phrases, const char *name, enum phrase_form form, const char *want)
{
	AUTO(str_donep) struct str out = STR_INIT(1000);
	json_t *view = json_pack("{s:s, s:b}", "name", "<Ann>", "a", 1);
	const struct mustache_view how = { .data = view,
		.escape = form == PHRASE_HTML ? mustache_html : mustache_plain };
	const struct mustache *phrase = phrases_find(phrases, name, form);

	assert_non_null(phrase);
	assert_int_equal(mustache_render(phrase, &how, &out, NULL), 0);
	assert_string_equal(str_text(&out), want);
	json_decref(view);
}

static void
a_sentence_has_a_plain_form_and_one_for_html(void **state)
{
	AUTO(phrases_freep) struct phrases *phrases = have(NULL, "en");

	(void)state;
	assert_says(phrases, "say.hello", PHRASE_PLAIN, "Hello <Ann>, it's R&D <here>");
	assert_says(phrases, "say.hello", PHRASE_HTML,
	    "Hello <bdi>&lt;Ann&gt;</bdi>, it&#39;s R&amp;D &lt;here&gt;");
	assert_says(phrases, "say.long", PHRASE_PLAIN, "one two &");
	assert_says(phrases, "say.long", PHRASE_HTML, "one two &amp;");
	assert_null(phrases_find(phrases, "say.nothing", PHRASE_PLAIN));
	assert_null(phrases_find(phrases, "hello", PHRASE_PLAIN));
	assert_null(phrases_find(NULL, "say.hello", PHRASE_PLAIN));
}

static void
a_language_speaks_what_it_says_it_speaks(void **state)
{
	AUTO(phrases_freep) struct phrases *arabic = have(NULL, "ar");
	struct phrases *none = NULL;

	(void)state;
	assert_true(phrases_speak(arabic, "note"));
	assert_true(phrases_speak(arabic, "other"));
	assert_false(phrases_speak(arabic, "not"));
	assert_false(phrases_speak(arabic, "notes"));
	assert_false(phrases_speak(NULL, "note"));
	assert_says(arabic, "say.hello", PHRASE_PLAIN, "أهلا <Ann>");
	assert_int_equal(phrases_read(NULL, "de", &none, NULL), ERR_NOT_FOUND);
	assert_int_equal(phrases_read(NULL, "../phrases/en", &none, NULL), ERR_INVALID);
	assert_null(none);
}

static void
a_site_says_some_sentences_otherwise(void **state)
{
	struct phrases *phrases;

	(void)state;
	put("hello: Moin {{name}}\nown: ours");
	phrases = have(site, "en");
	assert_says(phrases, "say.hello", PHRASE_PLAIN, "Moin <Ann>");
	assert_says(phrases, "say.own", PHRASE_PLAIN, "ours");
	assert_says(phrases, "say.long", PHRASE_PLAIN, "one two &");
	phrases_free(phrases);
}

static void
a_fault_is_named_with_its_place(void **state)
{
	/* clang-format off */
	static const struct { const char *text, *want; } cases[] = {
		{ "hello: x\nworld\n", "phrases/en.txt: 2:1: a line is 'name: sentence'" },
		{ "Hello: x\n", "phrases/en.txt: 1:1: a line is 'name: sentence'" },
		{ ": x\n", "phrases/en.txt: 1:1: a line is 'name: sentence'" },
		{ "\n  x\n", "phrases/en.txt: 2:1: a sentence begins with its name" },
		{ "hello: {{x\n", "phrases/en.txt: hello: 1:1: this tag is never closed" },
		{ "hello: {{#x}}y\n", "phrases/en.txt: hello: " },
	};
	/* clang-format on */
	struct phrases *phrases = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(cases[i].text);
		assert_int_equal(phrases_read(site, "en", &phrases, &err), ERR_INVALID);
		if (!strstr(err.text, cases[i].want))
			fail_msg("%s", err.text);
	}
	assert_null(phrases);
}

static int
make_site(void **state)
{
	char folder[64];

	(void)state;
	if (!mkdtemp(site))
		return -1;
	(void)snprintf(folder, sizeof(folder), "%s/phrases", site);
	return mkdir(folder, 0700);
}

static int
remove_site(void **state)
{
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/phrases/en.txt", site);
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path) || rmdir(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_has_a_plain_form_and_one_for_html),
		cmocka_unit_test(a_language_speaks_what_it_says_it_speaks),
		cmocka_unit_test(a_site_says_some_sentences_otherwise),
		cmocka_unit_test(a_fault_is_named_with_its_place),
	};

	return cmocka_run_group_tests(tests, make_site, remove_site);
}
