#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/net/form.h>

#include <string.h>

#define OK 0

/* clang-format off */
static const struct {
	const char *text;
	int rc;
	const char *want; /* fields as name|value; */
} cases[] = {
	{ "", OK, "" },
	{ "a=b", OK, "a|b;" },
	{ "a=", OK, "a|;" },
	{ "a=b&c=d", OK, "a|b;c|d;" },
	{ "comment=two+words%21", OK, "comment|two words!;" },
	{ "c=l1%0D%0Al2%09x", OK, "c|l1\r\nl2\tx;" },
	{ "n=%D8%B3%D9%84%D8%A7%D9%85", OK, "n|سلام;" },
	{ "na%6de=x", OK, "name|x;" },
	{ "a=%26%3d%25%2B", OK, "a|&=%+;" },
	{ "a=b&a=c", ERR_INVALID, NULL },
	{ "a=b&%61=c", ERR_INVALID, NULL },
	{ "a", ERR_INVALID, NULL },
	{ "=b", ERR_INVALID, NULL },
	{ "a=b&", ERR_INVALID, NULL },
	{ "&a=b", ERR_INVALID, NULL },
	{ "a=b&&c=d", ERR_INVALID, NULL },
	{ "a=b=c", ERR_INVALID, NULL },
	{ "a=%", ERR_INVALID, NULL },
	{ "a=%4", ERR_INVALID, NULL },
	{ "a=%4&b=1", ERR_INVALID, NULL },
	{ "a=%zz", ERR_INVALID, NULL },
	{ "a=%00", ERR_INVALID, NULL },
	{ "a=%1B", ERR_INVALID, NULL },
	{ "a=%7F", ERR_INVALID, NULL },
	{ "a=%FF", ERR_INVALID, NULL },
	{ "a=%C0%80", ERR_INVALID, NULL },
	{ "a=%ED%A0%80", ERR_INVALID, NULL },
	{ "a=b c", ERR_INVALID, NULL },
	{ "a=b\r\n", ERR_INVALID, NULL },
	{ "a=\xc3\xa9", ERR_INVALID, NULL },
};
/* clang-format on */

static void
describe(struct str *out, const struct form *form)
{
	size_t i;

	for (i = 0; i < form->count; i++)
		str_addf(out, "%s|%s;", form->fields[i].name, form->fields[i].value);
}

static void
a_form_is_read_strictly(void **state)
{
	struct form form;
	struct err err;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct str got = STR_INIT(4096);
		int rc = form_parse(arena, cases[i].text, strlen(cases[i].text), &form, &err);

		if (rc != cases[i].rc)
			print_error("'%s': %d\n", cases[i].text, rc);
		assert_int_equal(rc, cases[i].rc);
		if (rc == 0) {
			describe(&got, &form);
			assert_string_equal(str_text(&got), cases[i].want);
		}
		str_done(&got);
		arena_free(arena);
	}
}

static void
a_nul_in_the_text_is_refused(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct form form;
	struct err err;

	assert_int_equal(form_parse(arena, "a=b\0c", 5, &form, &err), ERR_INVALID);
	arena_free(arena);
}

static void
more_fields_than_the_limit_are_refused(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct str text = STR_INIT(4096);
	struct form form;
	struct err err;
	int i;

	for (i = 0; i < FORM_FIELDS_MAX; i++)
		str_addf(&text, "%sf%d=%d", i ? "&" : "", i, i);
	assert_int_equal(form_parse(arena, str_text(&text), text.len, &form, &err), 0);
	assert_int_equal(form.count, FORM_FIELDS_MAX);
	assert_string_equal(form_get(&form, "f63"), "63");
	assert_null(form_get(&form, "f64"));
	str_add(&text, "&more=1");
	assert_int_equal(form_parse(arena, str_text(&text), text.len, &form, &err), ERR_LIMIT);
	str_done(&text);
	arena_free(arena);
}

static void
what_is_escaped_is_read_back(void **state)
{
	static const char hard[] = "a&b=c%d+e f\r\n\tسلام~-._";
	struct arena *arena = arena_new(1 << 20);
	struct str text = STR_INIT(4096);
	struct form form;
	struct err err;

	str_add(&text, "x=");
	form_escape(&text, hard);
	assert_int_equal(form_parse(arena, str_text(&text), text.len, &form, &err), 0);
	assert_string_equal(form_get(&form, "x"), hard);
	str_done(&text);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_read_strictly),
		cmocka_unit_test(a_nul_in_the_text_is_refused),
		cmocka_unit_test(more_fields_than_the_limit_are_refused),
		cmocka_unit_test(what_is_escaped_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
