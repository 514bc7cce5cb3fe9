/* A file that is tried before it is a site's: assent rules replay --rules FILE. */
#include <assent/rules/rules.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
one_file_beside_takes_the_place_of_that_name_or_is_added(void **state)
{
	static const char text[] =
	    "rules: [{id: mine, title: {en: x}, when: messages > 0, to: owner}]\n";
	static const struct {
		const char *name;
		bool replaces;
	} cases[] = { { "rules/desk.yaml", true }, { "rules/zzz.yaml", false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct rules_file beside = { cases[i].name, text, strlen(text) };
		const struct rules_source source = { .beside = &beside };
		AUTO(rules_unrefp) struct rules *rules = NULL;
		struct err err;

		if (rules_load(&source, &rules, &err) < 0)
			fail_msg("%s", err.text);
		assert_non_null(rules_find(rules, "mine", NULL));
		assert_non_null(rules_find(rules, "silent_owner", NULL));
		assert_int_equal(
		    rules_find(rules, "high_value_deal", NULL) == NULL, cases[i].replaces);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file_beside_takes_the_place_of_that_name_or_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
