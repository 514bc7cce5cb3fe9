#include <assent/base/data.h>
#include <assent/base/file.h>
#include <assent/mail/compose.h>
#include <assent/text/phrase.h>

#include "help_file.h"
#include "help_compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define ROOM ((size_t)1 << 20)
#define VIEW "{\"title\": \"Laptops & more\", \"mark\": \"[T-1]\", \"question\": \"May we?\"}"

static char site[64];
static json_t *view;

static int
make_site(void **state)
{
	(void)state;
	snprintf(site, sizeof(site), "/tmp/assent-templates-XXXXXX");
	view = help_view(VIEW);
	compose_forget();
	return mkdtemp(site) && view ? 0 : -1;
}

static int
remove_site(void **state)
{
	(void)state;
	json_decref(view);
	compose_forget();
	return folder_remove(site);
}

static void
put(const char *locale, const char *file, const char *text)
{
	char path[300];
	struct err err = { 0 };

	snprintf(path, sizeof(path), "%s/mail-templates/%s", site, locale);
	if (folder_make(path, 0755, &err) < 0)
		fail_msg("%s", err.text);
	snprintf(path, sizeof(path), "%s/mail-templates/%s/%s", site, locale, file);
	if (file_write(path, text, strlen(text), 0644, &err) < 0)
		fail_msg("%s", err.text);
}

/* The text twin of a request of that locale, or the error's code. */
static int
text_of(const char *locale, struct str *out, struct err *err)
{
	struct compose compose = help_compose("request", view);

	compose.locale = locale;
	compose.site_dir = site;
	str_clear(out);
	return compose_text(&compose, out, err);
}

static void
assert_text(const char *locale, const char *want)
{
	AUTO(str_donep) struct str out = STR_INIT(ROOM);
	struct err err = { 0 };

	if (text_of(locale, &out, &err) < 0)
		fail_msg("%s", err.text);
	if (!strstr(str_text(&out), want))
		fail_msg("\"%s\" does not hold \"%s\"", str_text(&out), want);
}

static void
assert_refused(int code, const char *want)
{
	AUTO(str_donep) struct str out = STR_INIT(ROOM);
	struct err err = { 0 };

	assert_int_equal(text_of("en", &out, &err), code);
	if (!strstr(err.text, want))
		fail_msg("\"%s\" does not hold \"%s\"", err.text, want);
	assert_int_equal(out.len, 0);
}

static void
a_site_overrides_one_kind_and_keeps_the_rest(void **state)
{
	(void)state;
	put("en", "request.txt", "Subject: Ours {{title}}\n\n{{cut_marker}}\nOur {{title}}\n");
	assert_text("en",
	    "Subject: Ours Laptops & more\n\n" COMPOSE_CUT_MARKER_EN "\nOur Laptops & more\n");
	assert_int_equal(compose_check(site, "en", NULL), 0);
}

static void
a_site_overrides_one_partial_for_all_kinds(void **state)
{
	(void)state;
	put("en", "_why.txt", "Written by us.\n");
	assert_text("en", "Written by us.");
}

static void
a_changed_file_counts_after_forgetting(void **state)
{
	(void)state;
	put("en", "request.txt", "Subject: a\n\nfirst\n");
	assert_text("en", "first");
	put("en", "request.txt", "Subject: a\n\nsecond\n");
	assert_text("en", "first");
	compose_forget();
	assert_text("en", "second");
}

static void
a_locale_falls_back_to_its_language_and_then_to_english(void **state)
{
	(void)state;
	put("de", "request.txt",
	    "Subject: Freigabe?\n\n{{cut_marker}}\n{{lang}} {{dir}}\n{{> _why}}\n");
	put("de", "request.html", "<p>{{title}}</p>");
	assert_text("de-AT", "--- Bitte oberhalb dieser Zeile antworten ---\nde ltr\nYou get");
	assert_text("de_CH", "Subject: Freigabe?");
	assert_text("fr", "Subject: Approve?");
	assert_text("fr", COMPOSE_CUT_MARKER_EN); /* the marker speaks the template's language */
	assert_text("../../etc", "Subject: Approve?");
	assert_text("", "Subject: Approve?");
}

static void
a_right_to_left_locale_says_so(void **state)
{
	(void)state;
	put("ar", "request.txt", "Subject: x\n\n{{dir}} {{lang}} {{#rtl}}yes{{/rtl}}\n");
	put("ar", "request.html", "<p>");
	assert_text("ar", "rtl ar yes");
}

static void
half_a_pair_is_refused(void **state)
{
	(void)state;
	put("de", "request.txt", "Subject: x\n\ny\n");
	AUTO(str_donep) struct str out = STR_INIT(ROOM);
	struct err err = { 0 };

	assert_int_equal(text_of("de", &out, &err), ERR_INVALID);
	assert_string_equal(
	    err.text, "mail template mail-templates/de/request.html is missing beside its .txt");
}

static void
a_broken_template_is_named_with_its_place(void **state)
{
	(void)state;
	put("en", "request.txt", "Subject: x\n\nHello\n{{#open}} no end\n");
	assert_refused(ERR_INVALID, "mail template mail-templates/en/request.txt: ");
	compose_forget();
	put("en", "request.txt", "no subject\n\nHello\n");
	assert_refused(ERR_INVALID, "begins with 'Subject: ...' and a blank line");
	compose_forget();
	put("en", "request.txt", "Subject: x\nno blank line\n");
	assert_refused(ERR_INVALID, "begins with 'Subject: ...' and a blank line");
	compose_forget();
	put("en", "request.txt", "Subject: x");
	assert_refused(ERR_INVALID, "begins with 'Subject: ...' and a blank line");
	compose_forget();
	put("en", "request.txt", "Subject: x\n\n{{> _nowhere}}\n");
	assert_refused(ERR_INVALID, "there is no partial mail template '_nowhere'");
	compose_forget();
	put("en", "request.txt", "Subject: x\n\n{{> ../../secret}}\n");
	assert_refused(ERR_INVALID, "there is no partial mail template");
	compose_forget();
	put("en", "request.txt", "Subject: x\n\n{{> request_loop}}\n");
	put("en", "request_loop.txt", "{{> request_loop}}\n");
	assert_refused(ERR_LIMIT, "");
}

static void
the_check_finds_what_is_broken_in_any_kind(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(compose_check(site, "en", &err), 0);
	assert_int_equal(compose_check("", "en", &err), 0);
	compose_forget();
	put("en", "closed.html", "{{/no}}");
	assert_int_equal(compose_check(site, "en", &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "mail-templates/en/closed.html"));
}

static void
an_unknown_kind_has_no_template(void **state)
{
	AUTO(str_donep) struct str out = STR_INIT(ROOM);
	struct compose compose = help_compose("birthday", view);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(compose_text(&compose, &out, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "there is no mail template mail-templates/en/birthday.txt");
	compose.kind = "../etc/passwd";
	assert_int_equal(compose_text(&compose, &out, &err), ERR_INVALID);
}

static void
arabic_is_whole_for_packets_and_english_for_the_rest(void **state)
{
	AUTO(str_donep) struct str packet = STR_INIT(ROOM);
	AUTO(str_donep) struct str other = STR_INIT(ROOM);
	struct compose compose = help_compose("escalation", view);
	struct err err = { 0 };

	(void)state;
	compose.locale = "ar-SA";
	assert_int_equal(compose_html(&compose, &packet, &err), 0);
	assert_non_null(strstr(str_text(&packet), "<html lang=\"ar\" dir=\"rtl\">"));
	assert_null(strstr(str_text(&packet), "Reply"));
	compose.kind = "request";
	assert_int_equal(compose_html(&compose, &other, &err), 0);
	assert_non_null(strstr(str_text(&other), "<html lang=\"en\" dir=\"ltr\">"));
}

/* A template that ships must not name an address of its own (invariant 4). */
static void
no_shipped_template_holds_a_link_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < data_file_count; i++) {
		const char *p = data_files[i].bytes;

		if (!text_starts(data_files[i].name, "mail-templates/") &&
		    !text_starts(data_files[i].name, PHRASES_FOLDER))
			continue;
		assert_null(strstr(p, "http"));
		assert_null(strstr(p, "mailto:"));
		assert_null(strstr(p, "src="));
		assert_null(strstr(p, "{{{"));
		assert_null(strstr(p, "{{&"));
		for (; (p = strstr(p, "href=")); p++)
			if (!text_starts(p, "href=\"{{approve_href}}\"") &&
			    !text_starts(p, "href=\"{{reject_href}}\"") &&
			    !text_starts(p, "href=\"{{packet_url}}\""))
				fail_msg("%s: %.60s", data_files[i].name, p);
	}
}

static bool
has_words(const struct mustache *phrase)
{
	AUTO(str_donep) struct str out = STR_INIT(10000);
	const struct mustache_view how = { 0 };

	assert_int_equal(mustache_render(phrase, &how, &out, NULL), 0);
	return out.len > 0;
}

/* Each "{{> say.x}}" is a sentence of English and, where it has words, of each other language. */
static void
check_sentences(const char *file, const struct phrases *english, const struct phrases *other)
{
	static const char tag[] = "{{> " PHRASE_PREFIX;
	const char *p = file;

	while ((p = strstr(p, tag))) {
		const struct mustache *phrase;
		char name[64];

		p += strlen("{{> ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, " }"), p);
		phrase = phrases_find(english, name, PHRASE_PLAIN);
		if (!phrase)
			fail_msg("phrases/en.txt has no '%s'", name);
		if (has_words(phrase) && !phrases_find(other, name, PHRASE_PLAIN))
			fail_msg("a language has no '%s'", name);
	}
}

static void
every_language_has_every_sentence_that_a_template_says(void **state)
{
	AUTO(phrases_freep) struct phrases *english = NULL;
	size_t languages = 0;

	(void)state;
	assert_int_equal(phrases_read(NULL, "en", &english, NULL), 0);
	for (size_t i = 0; i < data_file_count; i++) {
		AUTO(phrases_freep) struct phrases *other = NULL;
		const char *name = data_files[i].name + strlen(PHRASES_FOLDER);
		char locale[16];

		if (!text_starts(data_files[i].name, PHRASES_FOLDER))
			continue;
		(void)snprintf(locale, sizeof(locale), "%.*s", (int)strcspn(name, "."), name);
		assert_int_equal(phrases_read(NULL, locale, &other, NULL), 0);
		assert_true(phrases_speak(other, "escalation"));
		for (size_t f = 0; f < data_file_count; f++)
			check_sentences(data_files[f].bytes, english, other);
		languages++;
	}
	assert_true(languages >= 2);
}

#define with_site(f) cmocka_unit_test_setup_teardown(f, make_site, remove_site)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_site(a_site_overrides_one_kind_and_keeps_the_rest),
		with_site(a_site_overrides_one_partial_for_all_kinds),
		with_site(a_changed_file_counts_after_forgetting),
		with_site(a_locale_falls_back_to_its_language_and_then_to_english),
		with_site(a_right_to_left_locale_says_so),
		with_site(half_a_pair_is_refused),
		with_site(a_broken_template_is_named_with_its_place),
		with_site(the_check_finds_what_is_broken_in_any_kind),
		with_site(an_unknown_kind_has_no_template),
		with_site(arabic_is_whole_for_packets_and_english_for_the_rest),
		cmocka_unit_test(no_shipped_template_holds_a_link_of_its_own),
		cmocka_unit_test(every_language_has_every_sentence_that_a_template_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
