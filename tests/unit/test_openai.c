#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ai/check_priv.h"
#include "ai/codec_priv.h"

#include <assent/ai/prompt.h>
#include <assent/base/file.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	const struct draft_message messages[] = { { "Bob Hansen", text } };
	const struct draft_request request = { "summary", "de-AT", "Twelve licences",
		"Shall we order?", messages, 1 };
	struct prompt prompt;
	struct err err;

	if (prompt_make("", &request, arena, &prompt, &err) < 0)
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
	assert_non_null(
	    strstr(prompt.material, "From Bob Hansen:\nWe need {{twelve}} <b>licences</b>.\n"));
}

static char *
repeat(const char *text, size_t n)
{
	size_t len = strlen(text);
	char *out = arena_alloc(arena, n * len + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(out + i * len, text, len);
	return out;
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
a_long_thread_is_cut_between_characters_and_says_so(void **state)
{
	/* "From Bob Hansen:\n" is of the thread, too: 17 characters. */
	static const struct {
		const char *character;
		size_t times, shown;
		const char *mark;
	} cases[] = {
		{ "x", 7982, 7982, NULL },
		{ "x", 7983, 7983, "[… cut, 1 more character]" },
		{ "ж", 9000, 7983, "[… cut, 1,018 more characters]" },
		{ "漢", 20340, 7983, "[… cut, 12,358 more characters]" },
		{ "🙂", 1000000, 7983, "[… cut, 992,018 more characters]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *text = prompt_of(repeat(cases[i].character, cases[i].times)).material;
		const char *thread = strstr(text, "<<<");
		assert_true(utf8_is_valid(text, strlen(text)));
		/* The mark has an x of its own. */
		assert_int_equal(count(thread, cases[i].character), cases[i].shown);
		if (cases[i].mark == NULL)
			assert_null(strstr(text, "cut,"));
		else if (strstr(text, cases[i].mark) == NULL)
			fail_msg("case %zu: %s", i, strstr(text, "[…"));
	}
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

static void
a_thread_of_many_megabytes_costs_little(void **state)
{
	struct draft_message messages[40];
	const struct draft_request request = { "summary", "en", "t", "q", messages, 40 };
	char *text = repeat("0123456789", 400000);
	size_t before = arena_used(arena);
	struct prompt prompt;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		messages[i] = (struct draft_message){ text, text };
	assert_int_equal(prompt_make("", &request, arena, &prompt, &err), 0);
	assert_true(arena_used(arena) - before < (1u << 20));
	assert_non_null(strstr(prompt.material, "more characters]"));
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

/* --- requests and answers --------------------------------------------------------------- */

static void
a_request_is_json_whatever_the_ticket_holds(void **state)
{
	struct prompt prompt = prompt_of("\"quotes\" \\ and\r\nlines\xf0\x9f\x99\x82\x02");
	struct codec_server server = { &codec_openai, "http://127.0.0.1/v1", "a \"model\"", NULL };
	struct model_call call = {
		.task = prompt.task, .material = prompt.material, .temperature = -1
	};
	struct codec_request request;
	json_t *json, *messages;
	struct err err;

	(void)state;
	assert_int_equal(codec_request(&server, &call, arena, &request, &err), 0);
	json = json_loads(request.body, 0, NULL);
	messages = json_object_get(json, "messages");
	assert_int_equal(json_object_size(json), 3);
	assert_string_equal(json_string_value(json_object_get(json, "model")), "a \"model\"");
	assert_true(json_is_false(json_object_get(json, "stream")));
	assert_int_equal(json_array_size(messages), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(messages, 0), "role")), "system");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(messages, 1), "content")),
	    prompt.material);
	json_decref(json);
}

#define CHOICE(m, reason) \
	"{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":" m ",\"finish_reason\":" reason \
	"}],\"usage\":{}}"

static void
only_a_whole_text_is_an_answer(void **state)
{
	static const struct {
		const char *body, *want; /* NULL: none */
	} cases[] = {
		{ CHOICE("{\"role\":\"assistant\",\"content\":\"- a\"}", "\"stop\""), "- a" },
		{ CHOICE("{\"content\":\"- a\",\"refusal\":null,\"tool_calls\":[]}", "null"),
		    "- a" },
		{ CHOICE("{\"content\":\"- a\"}", "\"length\""), NULL },
		{ CHOICE("{\"content\":\"- a\"}", "\"content_filter\""), NULL },
		{ CHOICE("{\"content\":\"- a\",\"refusal\":\"I can't\"}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]}", "\"tool_calls\""),
		    NULL },
		{ CHOICE("{\"content\":\"- a\",\"tool_calls\":[{\"id\":\"1\"}]}", "\"stop\""),
		    NULL },
		{ CHOICE("{\"content\":null}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":\" \\n\"}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":[{\"type\":\"text\",\"text\":\"- a\"}]}", "\"stop\""),
		    NULL },
		{ CHOICE("{\"content\":\"- a\\u0000b\"}", "\"stop\""), NULL },
		{ "{\"choices\":[]}", NULL },
		{ "{\"choices\":{}}", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "data: {\"choices\":[]}", NULL },
		{ "", NULL },
	};
	struct codec_server server = { &codec_openai, "", "", NULL };
	struct codec_answer answer;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int rc = codec_read(&server, cases[i].body, arena, &answer, &err);
		if ((rc == 0) != (cases[i].want != NULL))
			fail_msg("%s", cases[i].body);
		if (rc == 0)
			assert_string_equal(answer.text, cases[i].want);
	}
}

/* --- bullets ---------------------------------------------------------------------------- */

#define SEEN \
	"Please look at https://shop.example/quote?id=7 or mail bob@northwind.example. " \
	"The host cad.northwind.example is down."

static int
check(const char *text, struct draft *out)
{
	struct err err;
	int rc = check_answer(text, SEEN, arena, out, &err);

	if (rc < 0)
		assert_int_equal(rc, ERR_PEER);
	return rc;
}

static void
bullets_are_read_in_the_shapes_that_models_use(void **state)
{
	static const char *const texts[] = {
		"{\"bullets\": [\"one a\", \"two b\", \"three c\", \"four d\"]}",
		"[\"one a\", \"two b\", \"three c\", \"four d\"]",
		"```json\n{\"bullets\": [\"one a\", \"two b\", \"three c\", \"four d\"]}\n```",
		"```\n- one a\n- two b\n- three c\n- four d\n```",
		"- one a\n- two b\n- three c\n- four d\n",
		"Here is the summary:\n\n* one a\n* two b\n\n* three c\n* four d",
		"• one a\n• two b\n•three c\n• four d",
		"1. one a\n2. two b\n3) three c\n4. four d",
		"- **one** a\r\n- `two` b\r\n- <i>three c\r\n- #four d",
		"- one a\n- two b\n- three c\n- three c\n- four d",
		("- one\xe2\x80\x8b a\n- two \xe2\x80\xae"
		 "b\n- three\t\tc\n- four d"),
	};
	struct draft out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		static const char *const want[] = { "one a", "two b", "three c", "four d" };
		bool fits = check(texts[i], &out) == 0 && out.count == 4;
		for (size_t k = 0; fits && k < 4; k++)
			fits = text_is(out.bullets[k], want[k]) ||
			    (i == 8 && k == 2 && text_is(out.bullets[k], "ithree c"));
		if (!fits)
			fail_msg("%s", texts[i]);
	}
}

static void
what_is_no_list_of_bullets_is_void(void **state)
{
	static const char *const texts[] = {
		"",
		"Sure! Bob wants licences.",
		"- one a\n- two b\n- three c",
		"- a1a\n- b1b\n- c1c\n- d1d\n- e1e\n- f1f\n- g1g",
		"- one a\n- two b\n- three c\n- four d\nLet me know if you need more!",
		"- one a\ngoes on\n- two b\n- three c\n- four d",
		"{\"bullets\": [\"one a\", \"two b\", \"three c\", 4]}",
		"{\"bullets\": [\"one a\", \"two b\", \"three c\", [\"four\"]]}",
		("{\"bullets\": [\"one a\", \"two b\", \"three c\", \"four d\"], \"decision\": "
		 "\"approve\"}"),
		"{\"summary\": [\"one a\", \"two b\", \"three c\", \"four d\"]}",
		"{\"bullets\": \"one\"}",
		"{\"bullets\": [\"one a\", \"two b\", \"three c\", \"four d\"]",
		"[[\"one a\", \"two b\", \"three c\", \"four d\"]]",
		"- one a\n- two b\n- three c\n- \xe2\x80\x8b\xe2\x80\xae",
		"- one a\n- two b\n- three c\n- --",
		"- one a\n- One A\n- ONE A\n- two b",
	};
	struct draft out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (check(texts[i], &out) == 0)
			fail_msg("%s", texts[i]);
}

static int
check_one(const char *bullet, struct draft *out)
{
	return check(arena_printf(arena, "- one a\n- two b\n- three c\n- %s", bullet), out);
}

static void
a_link_or_address_that_the_ticket_does_not_hold_makes_it_void(void **state)
{
	static const char *const bullets[] = {
		"Approve at https://evil.example/a now",
		"Approve at HTTPS://EVIL.EXAMPLE now",
		"Approve at h*ttps://evil.example now",
		"[Approve](https://evil.example)",
		"<a href=\"https://evil.example\">Approve</a>",
		"see www.evil.example",
		"see evil.example",
		"see evil.example.",
		"see (evil.example/login)",
		"see evil.*example",
		"see ev\xe2\x80\x8bil.exam\xe2\x80\x8bple",
		"see evil。example",
		"see evil．example",
		"see xn--vil-pla.example",
		"see \xd1\x94vil.example",
		"mail eve@evil.example",
		"mail eve@localhost",
		"mailto:eve@evil.example",
		"click javascript:alert(1)",
		"call tel:+4912345",
		"see shop.example.evil.example",
		"see data:text/html,x",
		"see cid:part1",
		"see //evil.example/x",
	};
	struct draft out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bullets); i++)
		if (check_one(bullets[i], &out) == 0)
			fail_msg("%s → %s", bullets[i], out.bullets[3]);
}

static void
what_the_ticket_holds_may_be_said_but_not_linked(void **state)
{
	static const struct {
		const char *bullet, *want;
	} cases[] = {
		{ "see https://shop.example/quote?id=7 for it", "see for it" },
		{ "see (https://shop.example/quote?id=7).", "see" },
		{ "Mail Bob@Northwind.Example first", "Mail Bob@Northwind.Example first" },
		{ "cad.northwind.example is down", "cad.northwind.example is down" },
		{ "It costs 4.800 EUR, i.e. 400.50 a month", NULL },
		{ "Version 1.2.3 of it, e.g. for Bob", NULL },
		{ "Data: 5 GB. Tel: none.", NULL },
		{ "它需要十二个许可证。周五之前。", NULL },
		{ "نحتاج اثني عشر ترخيصا.", NULL },
		{ "Cost *is* not `stated`", "Cost is not stated" },
		{ "Emoji \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb stay", NULL },
	};
	struct draft out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (check_one(cases[i].bullet, &out) < 0)
			fail_msg("%s", cases[i].bullet);
		assert_string_equal(
		    out.bullets[3], cases[i].want != NULL ? cases[i].want : cases[i].bullet);
	}
}

static void
a_long_bullet_is_cut_and_an_essay_is_void(void **state)
{
	struct draft out;

	(void)state;
	assert_int_equal(check_one(repeat("word ", 60), &out), 0);
	assert_true(strlen(out.bullets[3]) <= DRAFT_BULLET_SIZE);
	assert_true(text_ends_nocase(out.bullets[3], "word …"));
	assert_int_equal(check_one(repeat("漢", 200), &out), 0);
	assert_true(strlen(out.bullets[3]) <= DRAFT_BULLET_SIZE);
	assert_true(utf8_is_valid(out.bullets[3], strlen(out.bullets[3])));
	assert_int_equal(check_one(repeat("word ", 200), &out), ERR_PEER);
	assert_int_equal(check(repeat("- a\n", 100000), &out), ERR_PEER);
}

static void
our_tokens_do_not_come_back(void **state)
{
	struct draft out;

	(void)state;
	assert_int_equal(
	    check_one("the page /a/abcdefghijklmnopqrstuvwxyz234567 says so", &out), 0);
	assert_null(strstr(out.bullets[3], "abcdefghijklmnopqrstuvwxyz234567"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prompt_holds_the_thread_and_the_language),
		cmocka_unit_test(a_long_thread_is_cut_between_characters_and_says_so),
		cmocka_unit_test(what_the_reader_cannot_see_the_model_does_not_see),
		cmocka_unit_test(our_tokens_do_not_leave_the_house),
		cmocka_unit_test(secrets_of_the_thread_do_not_leave_the_house),
		cmocka_unit_test(a_thread_of_many_megabytes_costs_little),
		cmocka_unit_test(a_sites_prompt_is_checked),
		cmocka_unit_test(each_kind_has_a_prompt_with_its_headings),
		cmocka_unit_test(a_request_is_json_whatever_the_ticket_holds),
		cmocka_unit_test(only_a_whole_text_is_an_answer),
		cmocka_unit_test(bullets_are_read_in_the_shapes_that_models_use),
		cmocka_unit_test(what_is_no_list_of_bullets_is_void),
		cmocka_unit_test(a_link_or_address_that_the_ticket_does_not_hold_makes_it_void),
		cmocka_unit_test(what_the_ticket_holds_may_be_said_but_not_linked),
		cmocka_unit_test(a_long_bullet_is_cut_and_an_essay_is_void),
		cmocka_unit_test(our_tokens_do_not_come_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
