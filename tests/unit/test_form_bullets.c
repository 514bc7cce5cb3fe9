/* Bullets of a summary, in the shapes that models use, and what voids them. */
#include "help_arena.h"

#include <assent/ai/form.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEEN \
	"Please look at https://shop.example/quote?id=7 or mail bob@northwind.example. " \
	"The host cad.northwind.example is down. It costs 4.800 EUR, version 1.2.3."

/* The bullets, or NULL. */
static const char *
read_bullets(const char *text)
{
	const struct bundle_message message = { "customer", true, 0, SEEN };
	const struct bundle bundle = { .messages = &message, .message_count = 1 };
	struct form_check check =
	    form_check_of(DOCUMENT_SUMMARY, "en", &bundle, bundle_text(&bundle, arena));
	struct form_faults faults;
	const char *out;

	check.text = text;
	return form_read(&check, arena, &out, &faults) ? out : NULL;
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
		"- **one** a\r\n- two b\r\n- *three c*\r\n- four d",
		"- one a\n- two b\n- three c\n- three c\n- four d",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *out = read_bullets(texts[i]);
		if (out == NULL || !text_is(out, "- one a\n- two b\n- three c\n- four d\n"))
			fail_msg("%s → %s", texts[i], out != NULL ? out : "void");
	}
}

static void
what_is_no_list_of_bullets_is_void(void **state)
{
	static const char *const texts[] = {
		"",
		"Sure! Bob wants licences.",
		"- one a\n- two b\n- three c",
		"- a a\n- b b\n- c c\n- d d\n- e e\n- f f\n- g g",
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
		("- one\xe2\x80\x8b a\n- two \xe2\x80\xae"
		 "b\n- three c\n- four d"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (read_bullets(texts[i]) != NULL)
			fail_msg("%s", texts[i]);
}

static const char *
read_one(const char *bullet)
{
	return read_bullets(arena_printf(arena, "- one a\n- two b\n- three c\n- %s", bullet));
}

static void
a_link_or_an_address_that_the_ticket_does_not_hold_makes_it_void(void **state)
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
		"see https://shop.example/quote?id=7 for it",
		"the page /a/abcdefghijklmnopqrstuvwxyz234567 says so",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bullets); i++) {
		const char *out = read_one(bullets[i]);
		if (out != NULL)
			fail_msg("%s → %s", bullets[i], out);
	}
}

static void
what_the_ticket_holds_may_be_said(void **state)
{
	static const char *const bullets[] = {
		"Mail Bob@Northwind.Example first",
		"cad.northwind.example is down",
		"It costs 4,800 EUR, i.e. a lot",
		"Version 1.2.3 of it, e.g. for Bob",
		"Data: unknown. Tel: none.",
		"它需要十二个许可证。周五之前。",
		"نحتاج اثني عشر ترخيصا.",
		"Emoji \xf0\x9f\x99\x82 stay",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bullets); i++) {
		const char *out = read_one(bullets[i]);
		if (out == NULL || strstr(out, bullets[i]) == NULL)
			fail_msg("%s", bullets[i]);
	}
}

static const char *
repeat(const char *text, size_t n)
{
	AUTO(str_donep) struct str all = STR_INIT(4u << 20);

	while (n-- > 0)
		str_add(&all, text);
	return arena_dup(arena, str_text(&all));
}

static const char *
last_of(const char *text)
{
	const char *out = read_one(text), *last;

	assert_non_null(out);
	last = strstr(out, "three c\n- ");
	assert_non_null(last);
	return text_trim(arena_dup(arena, last + strlen("three c\n- ")));
}

static void
a_long_bullet_is_cut_and_an_essay_is_void(void **state)
{
	const char *last = last_of(repeat("word ", 60));

	(void)state;
	assert_true(strlen(last) <= FORM_BULLET_SIZE);
	assert_true(text_ends_nocase(last, "word …"));
	last = last_of(repeat("漢", 200));
	assert_true(strlen(last) <= FORM_BULLET_SIZE);
	assert_true(utf8_is_valid(last, strlen(last)));
	assert_null(read_one(repeat("word ", 200)));
	assert_null(read_bullets(repeat("- a\n", 100000)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bullets_are_read_in_the_shapes_that_models_use),
		cmocka_unit_test(what_is_no_list_of_bullets_is_void),
		cmocka_unit_test(a_link_or_an_address_that_the_ticket_does_not_hold_makes_it_void),
		cmocka_unit_test(what_the_ticket_holds_may_be_said),
		cmocka_unit_test(a_long_bullet_is_cut_and_an_essay_is_void),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
