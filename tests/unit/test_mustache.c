#include <assent/base/file.h>
#include <assent/text/mustache.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct shelf { /* partials by name, compiled when first asked for */
	json_t *sources;
	struct mustache *compiled[16];
	const char *names[16];
	size_t count;
};

static const struct mustache *
shelf_partial(void *arg, const char *name)
{
	struct shelf *shelf = arg;
	struct err err;
	for (size_t i = 0; i < shelf->count; i++)
		if (text_is(shelf->names[i], name))
			return shelf->compiled[i];
	const char *source = json_string_value(json_object_get(shelf->sources, name));
	if (source == NULL)
		return NULL;
	assert_true(shelf->count < ARRAY_LEN(shelf->compiled));
	assert_int_equal(
	    mustache_compile(source, strlen(source), &shelf->compiled[shelf->count], &err), 0);
	shelf->names[shelf->count] = name;
	return shelf->compiled[shelf->count++];
}

static void
shelf_done(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		mustache_free(shelf->compiled[i]);
}

/* Returns 0 and the text in out, or the error. */
static int
render(const char *source, json_t *data, json_t *partials, struct str *out, struct err *err)
{
	struct shelf shelf = { .sources = partials };
	struct mustache *m = NULL;
	int rc = mustache_compile(source, strlen(source), &m, err);
	if (rc == 0) {
		struct mustache_view view = { data, mustache_html, shelf_partial, &shelf };
		rc = mustache_render(m, &view, out, err);
	}
	shelf_done(&shelf);
	mustache_free(m);
	return rc;
}

/* clang-format off */
static const struct {
	const char *section, *source, *data, *partials, *want;
} cases[] = {
	{ "interpolation", "Hello, {{who}}!\n", "{\"who\":\"you\"}", NULL, "Hello, you!\n" },
	{ "interpolation", "{{{h}}} {{&h}} {{h}}", "{\"h\":\"<'&\\\">\"}", NULL,
	    "<'&\"> <'&\"> &lt;&#39;&amp;&quot;&gt;" },
	{ "interpolation", "{{n}} {{r}} {{t}} {{f}}", "{\"n\":85,\"r\":1.21,\"t\":true,\"f\":false}",
	    NULL, "85 1.21 true false" },
	{ "interpolation", "{{r}}", "{\"r\":0.1234567890123456789}", NULL, "0.12345678901234568" },
	{ "interpolation", "[{{no}}{{null}}{{o}}{{l}}]", "{\"null\":null,\"o\":{},\"l\":[1]}", NULL, "[]" },
	{ "interpolation", "{{a.b.c}} {{a.x.c}}|", "{\"a\":{\"b\":{\"c\":7}}}", NULL, "7 |" },
	{ "interpolation", "{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"ERROR\"}}", NULL, "" },
	{ "interpolation", "{{a.b}}", "{\"a.b\":\"c\"}", NULL, "" },
	{ "interpolation", "{{t}}", "{\"t\":\"{{planet}}\",\"planet\":\"Earth\"}", NULL, "{{planet}}" },
	{ "interpolation", "| {{ s }} |\n  {{s}}\n", "{\"s\":\"-\"}", NULL, "| - |\n  -\n" },
	{ "sections", "{{#b}}yes{{/b}}", "{\"b\":true}", NULL, "yes" },
	{ "sections", "{{#b}}yes{{/b}}", "{\"b\":\"\"}", NULL, "" },
	{ "sections", "{{#b}}yes{{/b}}", "{\"b\":0}", NULL, "yes" },
	{ "sections", "{{#l}}{{.}},{{/l}}", "{\"l\":[1,\"<\",2.5]}", NULL, "1,&lt;,2.5," },
	{ "sections", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{\"l\":[[1,2],[3]]}", NULL, "(12)(3)" },
	{ "sections", "{{#a}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}", "{\"a\":{\"x\":1},\"b\":{\"y\":2}}", NULL, "12" },
	{ "sections", "{{#a.b}}x{{/a.b}}{{#a.c}}y{{/a.c}}", "{\"a\":{\"b\":true}}", NULL, "x" },
	{ "sections", "| a\n{{#b}}\n|\n{{/b}}\n| z\n", "{\"b\":true}", NULL, "| a\n|\n| z\n" },
	{ "sections", "|\r\n{{#b}}\r\n{{/b}}\r\n|", "{\"b\":true}", NULL, "|\r\n|" },
	{ "sections", "#{{#b}}\n/\n  {{/b}}", "{\"b\":true}", NULL, "#\n/\n" },
	{ "sections", " {{#b}} y {{/b}}\n", "{\"b\":true}", NULL, "  y \n" },
	{ "inverted", "{{^b}}no{{/b}}", "{\"b\":false}", NULL, "no" },
	{ "inverted", "{{^b}}no{{/b}}", "{}", NULL, "no" },
	{ "inverted", "{{^b}}no{{/b}}", "{\"b\":[]}", NULL, "no" },
	{ "inverted", "{{^b}}no{{/b}}", "{\"b\":{}}", NULL, "" },
	{ "inverted", "a\n{{^b}}\nno\n{{/b}}\nz", "{}", NULL, "a\nno\nz" },
	{ "partials", "\"{{>p}}\"", "{\"x\":1}", "{\"p\":\"*{{x}}*\"}", "\"*1*\"" },
	{ "partials", "\"{{>none}}\"", "{}", "{}", "\"\"" },
	{ "partials", "a\n{{> p}}\nz", "{}", "{\"p\":\"p\"}", "a\npz" },
	{ "partials", "a\n  {{> say.p}}\nz", "{}", "{\"say.p\":\"p\"}", "a\n  p\nz" },
	{ "partials", "{{>n}}", "{\"c\":\"X\",\"n\":[{\"c\":\"Y\",\"n\":[]}]}",
	    "{\"n\":\"{{c}}<{{#n}}{{>n}}{{/n}}>\"}", "X<Y<>>" },
	{ "partials", "a\n  {{>p}}\nz", "{\"m\":\"1\\n2\"}", "{\"p\":\"x\\n{{{m}}}\\n{{#m}}\\ny\\n{{/m}}\\n\"}",
	    "a\n  x\n  1\n2\n  y\nz" },
	{ "partials", " {{>p}}\n", "{}", "{\"p\":\"a\\n {{>q}}\\n\",\"q\":\"b\\nc\\n\"}", " a\n  b\n  c\n" },
	{ "partials", "  {{m}}  {{>p}}\n", "{\"m\":\"|\"}", "{\"p\":\">\\n>\"}", "  |  >\n>\n" },
	{ "partials", "{{=<% %>=}}<%>p%>{{x}}", "{\"x\":1}", "{\"p\":\"{{x}}\"}", "1{{x}}" },
	{ "delimiters", "{{=<% %>=}}(<%x%>)", "{\"x\":1}", NULL, "(1)" },
	{ "delimiters", "{{=| |=}}|#b|{{x}}|/b|", "{\"b\":true}", NULL, "{{x}}" },
	{ "delimiters", "a\n  {{=@ @=}}\nz@x@", "{\"x\":1}", NULL, "a\nz1" },
	{ "delimiters", "|{{= @   @ =}}|", "{}", NULL, "||" },
	{ "comments", "a{{! not this }}z", "{}", NULL, "az" },
	{ "comments", "a\n  {{!\n not\n this\n }}\nz", "{}", NULL, "a\nz" },
	{ "comments", "{{!}}a {{! b }}\n", "{}", NULL, "a \n" },
};
/* clang-format on */

static void
own_cases_of_each_chapter_render_as_written(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str out = STR_INIT(65536);
		struct err err = { 0 };
		json_t *data = json_loads(cases[i].data, 0, NULL);
		json_t *partials =
		    cases[i].partials ? json_loads(cases[i].partials, 0, NULL) : NULL;
		assert_non_null(data);
		int rc = render(cases[i].source, data, partials, &out, &err);
		if (rc < 0 || !text_is(str_text(&out), cases[i].want))
			fail_msg("%s: %s\n got '%s'\nwant '%s' %s", cases[i].section,
			    cases[i].source, str_text(&out), cases[i].want, err.text);
		str_done(&out);
		json_decref(data);
		json_decref(partials);
	}
}

static void
spec_file_passes(const char *folder, const char *name)
{
	char path[512];
	json_error_t why;
	snprintf(path, sizeof path, "%s/spec/mustache/%s.json", folder, name);
	json_t *file = json_load_file(path, JSON_DECODE_ANY, &why);
	if (file == NULL)
		fail_msg("%s: %s", path, why.text);
	size_t i;
	json_t *test;
	json_array_foreach(json_object_get(file, "tests"), i, test)
	{
		struct str out = STR_INIT(65536);
		struct err err = { 0 };
		const char *want = json_string_value(json_object_get(test, "expected"));
		int rc = render(json_string_value(json_object_get(test, "template")),
		    json_object_get(test, "data"), json_object_get(test, "partials"), &out, &err);
		if (rc < 0 || !text_is(str_text(&out), want))
			fail_msg("%s: %s\n got '%s'\nwant '%s' %s", path,
			    json_string_value(json_object_get(test, "name")), str_text(&out), want,
			    err.text);
		str_done(&out);
	}
	assert_true(i > 10);
	json_decref(file);
}

static void
the_official_specification_passes(void **state)
{
	static const char *const names[] = { "interpolation", "sections", "inverted", "partials",
		"delimiters", "comments" };
	const char *folder = getenv("SHARED");
	char path[512];
	snprintf(path, sizeof path, "%s/spec/mustache/sections.json", folder ? folder : "");
	FILE *there = folder ? fopen(path, "r") : NULL;
	if (there == NULL) {
		print_message("SKIPPED: no $SHARED/spec/mustache; only our own cases were run\n");
		skip();
	}
	fclose(there);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		spec_file_passes(folder, names[i]);
}

static void
a_broken_template_is_told_where_it_breaks(void **state)
{
	static const struct {
		const char *source, *want;
	} broken[] = {
		{ "a {{name", "1:3: this tag is never closed" },
		{ "a\nb {{{x}} c", "2:3: this tag is never closed" },
		{ "a\n\n {{#open}} x", "3:2: this section is never closed" },
		{ "{{#a}}{{#b}}{{/a}}", "1:13: 'b' is open here, not 'a'" },
		{ "x{{/a}}", "1:2: no section is open here" },
		{ "{{}}", "1:1: this tag has no name" },
		{ "{{# }}", "1:1: this tag has no name" },
		{ "{{=a=}}", "1:1: a change of delimiters is written {{=<% %>=}}" },
		{ "{{=a b c=}}", "1:1: a change of delimiters is written {{=<% %>=}}" },
		{ "{{=== ===}}", "1:1: a change of delimiters is written {{=<% %>=}}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct mustache *m = NULL;
		struct err err = { 0 };
		int rc = mustache_compile(broken[i].source, strlen(broken[i].source), &m, &err);
		assert_int_equal(rc, ERR_INVALID);
		assert_string_equal(err.text, broken[i].want);
		assert_null(m);
	}
}

static void
nesting_deeper_than_the_limit_is_refused(void **state)
{
	struct str source = STR_INIT(65536), out = STR_INIT(65536);
	struct err err;
	struct mustache *m = NULL;
	for (int i = 0; i <= MUSTACHE_DEPTH_MAX; i++)
		str_add(&source, "{{#a}}");
	assert_int_equal(mustache_compile(source.text, source.len, &m, &err), ERR_LIMIT);
	json_t *data = json_pack("{s:b}", "a", 1);
	json_t *partials = json_pack("{s:s}", "p", "{{>p}}");
	assert_int_equal(render("{{>p}}", data, partials, &out, &err), ERR_LIMIT);
	json_decref(data);
	json_decref(partials);
	str_done(&source);
	str_done(&out);
}

static void
output_and_work_have_ceilings(void **state)
{
	struct str small = STR_INIT(100), out = STR_INIT(1000);
	struct err err;
	json_t *list = json_array();
	for (int i = 0; i < 500; i++)
		json_array_append_new(list, json_integer(1));
	json_t *data = json_pack("{s:o}", "l", list);
	assert_int_equal(render("{{#l}}x{{/l}}", data, NULL, &small, &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "longer than 100 bytes"));
	assert_int_equal(
	    render("{{#l}}{{#l}}{{#l}}{{no}}{{/l}}{{/l}}{{/l}}", data, NULL, &out, &err),
	    ERR_LIMIT);
	assert_string_equal(err.text, "the template takes too much work");
	json_decref(data);
	str_done(&small);
	str_done(&out);
}

static void
plain_text_is_not_escaped(void **state)
{
	struct mustache *m = NULL;
	struct err err;
	struct str out = STR_INIT(100);
	json_t *data = json_pack("{s:s}", "a", "<&>");
	assert_int_equal(mustache_compile("{{a}}", 5, &m, &err), 0);
	struct mustache_view view = { .data = data };
	assert_int_equal(mustache_render(m, &view, &out, &err), 0);
	assert_string_equal(str_text(&out), "<&>");
	mustache_free(m);
	json_decref(data);
	str_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_cases_of_each_chapter_render_as_written),
		cmocka_unit_test(the_official_specification_passes),
		cmocka_unit_test(a_broken_template_is_told_where_it_breaks),
		cmocka_unit_test(nesting_deeper_than_the_limit_is_refused),
		cmocka_unit_test(output_and_work_have_ceilings),
		cmocka_unit_test(plain_text_is_not_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
