#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/web/json_body.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
what_is_wrong_is_named_with_its_place(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *code, *pointer;
	} cases[] = {
		{ "", 400, "syntax", "" },
		{ "{", 400, "syntax", "" },
		{ "{\"a\":1,}", 400, "syntax", "" },
		{ "{\"a\":[1,2,x]}", 400, "syntax", "/a/2" },
		{ "{\"a\":{\"b\":tru}}", 400, "syntax", "/a/b" },
		{ "{\"a\":\"\xff\"}", 400, "syntax", "/a" },
		{ "{} {}", 400, "syntax", "" },
		{ "[]", 422, "not-an-object", "" },
		{ "null", 400, "syntax", "" },
		{ "\"x\"", 400, "syntax", "" },
		{ "{\"a\":1,\"a\":2}", 422, "doubled-key", "/a" },
		{ "{\"m\":[{},{\"t\":1,\"t\":1}]}", 422, "doubled-key", "/m/1/t" },
		{ "{\"m\":{\"a/b~c\":1,\"a\\/b~c\":1}}", 422, "doubled-key", "/m/a~1b~0c" },
		{ "{\"\\u00e4\":1,\"\xc3\xa4\":2}", 422, "doubled-key", "/\xc3\xa4" },
		{ "{\"a\":\"\\u0000\"}", 400, "syntax", "/a" },
		{ "{\"a\\u0000b\":1}", 400, "syntax", "" },
		{ "{\"a\":[99999999999999999999]}", 400, "syntax", "/a/0" },
		{ "{\"a\":1e999}", 400, "syntax", "/a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_fault fault = { .status = 0 };
		json_t *json = NULL;

		if (json_body_parse(cases[i].body, strlen(cases[i].body), &json, &fault))
			fail_msg("%s was taken", cases[i].body);
		if (fault.status != cases[i].status || !text_is(fault.code, cases[i].code) ||
		    (cases[i].pointer[0] != '\0' && !text_is(fault.pointer, cases[i].pointer)))
			fail_msg("%s: %d %s at '%s': %s", cases[i].body, fault.status, fault.code,
			    fault.pointer, fault.message);
		assert_true(fault.has_pointer);
		assert_null(json);
	}
}

static void
nest(struct str *out, int levels)
{
	str_clear(out);
	str_add(out, "{\"a\":");
	for (int i = 1; i < levels; i++)
		str_add_char(out, '[');
	for (int i = 1; i < levels; i++)
		str_add_char(out, ']');
	str_add(out, ",\"deep\":\"[[[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}");
}

static void
thirty_two_levels_are_taken_and_one_more_is_not(void **state)
{
	struct str body = STR_INIT(1 << 20);
	struct json_fault fault;
	json_t *json = NULL;

	(void)state;
	nest(&body, JSON_BODY_DEPTH);
	assert_true(json_body_parse(str_text(&body), body.len, &json, &fault));
	json_decref(json);
	nest(&body, JSON_BODY_DEPTH + 1);
	assert_false(json_body_parse(str_text(&body), body.len, &json, &fault));
	assert_int_equal(fault.status, 422);
	assert_string_equal(fault.code, "too-deep");
	assert_true(text_starts(fault.pointer, "/a/0/0/0"));
	/* The first bracket too many is inside 32 others: 32 parts. */
	assert_int_equal(strlen(fault.pointer), 2 * JSON_BODY_DEPTH);
	nest(&body, 200000);
	assert_false(json_body_parse(str_text(&body), body.len, &json, &fault));
	assert_string_equal(fault.code, "too-deep");
	str_done(&body);
}

static void
a_long_pointer_is_cut_between_characters(void **state)
{
	char pointer[JSON_POINTER_MAX + 1];

	(void)state;
	for (size_t start = 0; start < 5; start++) {
		memset(pointer, 'x', start);
		pointer[start] = '\0';
		for (int i = 0; i < 100; i++)
			json_pointer_add(pointer, i % 2 ? "~~/" : "\xe2\x82\xac");
		assert_true(strlen(pointer) <= JSON_POINTER_MAX);
		assert_true(utf8_is_valid(pointer, strlen(pointer)));
		assert_int_not_equal(pointer[strlen(pointer) - 1], '~');
	}
}

static void
only_json_in_utf8_is_json(void **state)
{
	static const struct {
		const char *type;
		bool is;
	} cases[] = {
		{ NULL, false },
		{ "", false },
		{ "text/plain", false },
		{ "application/x-www-form-urlencoded", false },
		{ "application/json", true },
		{ "Application/JSON", true },
		{ "application/json ; charset=UTF-8", true },
		{ "application/json;charset=\"utf-8\"", true },
		{ "application/json; charset=iso-8859-1", false },
		{ "application/merge-patch+json", true },
		{ "application/jsonp", false },
		{ "text/json", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (json_body_is_type(cases[i].type) != cases[i].is)
			fail_msg("%s", cases[i].type);
}

static const struct json_field person[] = {
	{ "name", JSON_KIND_TEXT, true, 10 },
	{ "email", JSON_KIND_ADDRESS, false, 0 },
	{ "tags", JSON_KIND_LIST, false, 2 },
	{ "age", JSON_KIND_INTEGER, false, 0 },
	{ "nice", JSON_KIND_BOOLEAN, false, 0 },
	{ "more", JSON_KIND_OBJECT, false, 0 },
	{ NULL, JSON_KIND_TEXT, false, 0 },
};

static void
an_object_holds_what_its_table_says(void **state)
{
	static const struct {
		const char *body;
		const char *code, *pointer; /* NULL: all is well */
	} cases[] = {
		{ "{\"name\":\"Eve\"}", NULL, NULL },
		{ "{\"name\":\"Eve\",\"email\":null,\"tags\":[1,2],\"age\":3,\"nice\":false,"
		  "\"more\":{}}",
		    NULL, NULL },
		{ "{\"name\":\"Eve\",\"email\":\"eve@help.example\"}", NULL, NULL },
		{ "{\"name\":\"Eve\",\"email\":\"\"}", NULL, NULL },
		{ "{}", "missing", "/p/name" },
		{ "{\"name\":null}", "missing", "/p/name" },
		{ "{\"name\":\" \"}", "missing", "/p/name" },
		{ "{\"name\":7}", "invalid", "/p/name" },
		{ "{\"name\":\"12345678901\"}", "too-long", "/p/name" },
		{ "{\"name\":\"E\",\"email\":\"eve\"}", "invalid", "/p/email" },
		{ "{\"name\":\"E\",\"email\":\"eve@a.example, bob@b.example\"}", "invalid",
		    "/p/email" },
		{ "{\"name\":\"E\",\"email\":\"e@a.example\\r\\nBcc: b@b.example\"}", "invalid",
		    "/p/email" },
		{ "{\"name\":\"E\",\"tags\":[1,2,3]}", "too-long", "/p/tags" },
		{ "{\"name\":\"E\",\"tags\":{}}", "invalid", "/p/tags" },
		{ "{\"name\":\"E\",\"age\":1.5}", "invalid", "/p/age" },
		{ "{\"name\":\"E\",\"nice\":1}", "invalid", "/p/nice" },
		{ "{\"name\":\"E\",\"more\":[]}", "invalid", "/p/more" },
		{ "{\"name\":\"E\",\"a/b\":1}", "unknown-field", "/p/a~1b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_fault fault = { .code = NULL };
		json_t *json = json_loads(cases[i].body, 0, NULL);
		bool ok = json_check(&(struct json_part){ json, "/p" }, person, true, &fault);

		if (ok != (cases[i].code == NULL) ||
		    (!ok &&
			(fault.status != 422 || !text_is(fault.code, cases[i].code) ||
			    !text_is(fault.pointer, cases[i].pointer))))
			fail_msg("%s: %s %s", cases[i].body, fault.code, fault.pointer);
		json_decref(json);
	}
}

static void
what_is_not_in_the_table_is_taken_where_one_may_send_more(void **state)
{
	struct json_fault fault;
	json_t *json = json_loads("{\"name\":\"E\",\"other\":1}", 0, NULL);

	(void)state;
	assert_true(json_check(&(struct json_part){ json, "" }, person, false, &fault));
	json_decref(json);
}

static void
an_error_is_one_clean_sentence(void **state)
{
	struct json_fault fault;
	json_t *json, *error;

	(void)state;
	(void)json_fault(&fault, "invalid", "/a", "a \xe2\x80\xae b\r\nc \xff");
	json = json_fault_json(&fault);
	error = json_object_get(json, "error");
	assert_string_equal(json_text(error, "code"), "invalid");
	assert_string_equal(json_text(error, "pointer"), "/a");
	assert_null(strpbrk(json_text(error, "message"), "\r\n"));
	assert_null(strstr(json_text(error, "message"), "\xe2\x80\xae"));
	json_decref(json);
	(void)json_fault(&fault, "not-found", NULL, "there is none");
	json = json_fault_json(&fault);
	assert_null(json_object_get(json_object_get(json, "error"), "pointer"));
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(thirty_two_levels_are_taken_and_one_more_is_not),
		cmocka_unit_test(a_long_pointer_is_cut_between_characters),
		cmocka_unit_test(only_json_in_utf8_is_json),
		cmocka_unit_test(an_object_holds_what_its_table_says),
		cmocka_unit_test(what_is_not_in_the_table_is_taken_where_one_may_send_more),
		cmocka_unit_test(an_error_is_one_clean_sentence),
	};

	return cmocka_run_group_tests_name("json_body", tests, NULL, NULL);
}
