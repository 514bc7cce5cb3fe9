/* JSON of strangers: read whole, or refused with the place that is wrong. */
#include <assent/base/str.h>
#include <assent/text/strict.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DEPTH 4

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *json, *code, *pointer;
	} cases[] = {
		{ "", "syntax", "" },
		{ "{", "syntax", "" },
		{ "nonsense", "syntax", "" },
		{ "[1]", "not-an-object", "" },
		{ "{} {}", "syntax", "" },
		{ "{\"a\":1,}", "syntax", "" },
		{ "{\"a\":{\"b\":tru}}", "syntax", "/a/b" },
		{ "{\"a\":[1,2,{\"b\":01}]}", "syntax", "/a/2/b" },
		{ "{\"a\":1,\"a\":2}", "doubled-key", "/a" },
		{ "{\"x\":[{},{\"a\":1,\"b\":2,\"a\":3}]}", "doubled-key", "/x/1/a" },
		{ "{\"x\":{\"a\":1},\"y\":{\"a\":1,\"a\":2}}", "doubled-key", "/y/a" },
		{ "{\"a~b/c\":{\"d\":nil}}", "syntax", "/a~0b~1c/d" },
		{ "{\"a\":\"]}[{\\\"\",\"b\":no}", "syntax", "/b" },
		{ "{\"a\":[[[[1]]]]}", "too-deep", "/a/0/0/0" },
		{ "{\"a\":[[],[[[]]]]}", "too-deep", "/a/1/0/0" },
		{ "{\"a\":\"\\u0000\"}", "syntax", "/a" },
		{ "{\"a\":\"\xff\"}", "syntax", "/a" },
		{ "{\"a\":1e999}", "syntax", "/a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strict_fault fault = { .code = "" };
		json_t *json = strict_read(cases[i].json, strlen(cases[i].json), DEPTH, &fault);

		assert_null(json);
		if (!text_is(fault.code, cases[i].code) ||
		    !text_is(fault.pointer, cases[i].pointer) || fault.message[0] == '\0')
			fail_msg("%s: %s at \"%s\": %s", cases[i].json, fault.code, fault.pointer,
			    fault.message);
	}
}

static void
what_is_right_is_read(void **state)
{
	static const char *const cases[] = {
		"{}",
		" {\"a\":[[[1]]]}\n",
		"{\"a\":1,\"b\":{\"a\":1}}",
		"{\"a\":\"[[[[[[{{{{{{\"}",
		"{\"a\":[{},{},{},{},[],[],[]]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strict_fault fault;
		json_t *json = strict_read(cases[i], strlen(cases[i]), DEPTH, &fault);

		if (json == NULL)
			fail_msg("%s: %s at \"%s\"", cases[i], fault.message, fault.pointer);
		json_decref(json);
	}
}

static void
long_names_are_clipped_and_unusual_bytes_shown(void **state)
{
	AUTO(str_donep) struct str json = STR_INIT(1 << 20);
	struct strict_fault fault;

	for (int i = 0; i < 40; i++)
		str_addf(&json, "{\"%0100d\":", i);
	assert_null(strict_read(str_text(&json), json.len, 64, &fault));
	assert_true(strlen(fault.pointer) < STRICT_POINTER_MAX);
	assert_null(strict_read("{\"\x1b[31m\":1", 11, 64, &fault));
	assert_null(strchr(fault.pointer, '\x1b'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(what_is_right_is_read),
		cmocka_unit_test(long_names_are_clipped_and_unusual_bytes_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
