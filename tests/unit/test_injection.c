/*
 * Tickets that try to make a model their own (tests/injection), each with the
 * answer of a model that obeys. Nothing of what they are after gets through.
 */
#include <assent/ai/form.h>
#include <assent/base/file.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define FOLDER "tests/injection"
#define ATTACKS_MIN 60

static const char *
text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text != NULL ? text : "";
}

static void
must_not_hold(const char *name, const json_t *json, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(json, "forbidden"), i, item)
	{
		if (strstr(text, json_string_value(item)) != NULL)
			fail_msg("%s: '%s' came through: %s", name, json_string_value(item), text);
	}
}

static void
try_ticket(const char *name, const json_t *json, struct arena *arena)
{
	const struct bundle_message message = { "customer", true, 0,
		json_string_value(json_array_get(json_object_get(json, "messages"), 0)) };
	const struct bundle bundle = { .title = "Printer on floor 2",
		.question = "May we?",
		.attributes = text_of(json, "attributes"),
		.messages = &message,
		.message_count = 1 };
	struct form_faults faults;
	struct form_check check;
	enum document_kind kind;
	const char *out = "", *want = text_of(json, "expect");
	bool good;

	assert_true(document_kind_find(text_of(json, "kind"), &kind));
	check = form_check_of(kind, "en", &bundle, bundle_text(&bundle, arena));
	check.text = text_of(json, "answer");
	good = form_read(&check, arena, &out, &faults);
	if (good && text_is(want, "refused"))
		fail_msg("%s: passed: %s", name, out);
	if (!good && !text_is(want, "refused"))
		fail_msg("%s: %s", name, faults.items[0]);
	must_not_hold(name, json, out);
	if (!good && faults.count == 0)
		fail_msg("%s: refused without a reason", name);
}

static void
a_model_that_obeys_a_ticket_gets_nothing_past_the_form(void **state)
{
	struct arena *arena = arena_new(256u << 20);
	struct dirent **names;
	int n = scandir(FOLDER, &names, NULL, alphasort), attacks = 0, controls = 0;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		json_t *json = NULL;
		if (names[i]->d_name[0] != '.') {
			json = json_load_file(
			    arena_printf(arena, FOLDER "/%s", names[i]->d_name), 0, NULL);
			assert_non_null(json);
			try_ticket(names[i]->d_name, json, arena);
			attacks += !text_is(text_of(json, "expect"), "pass");
			controls += text_is(text_of(json, "expect"), "pass");
		}
		json_decref(json);
		free(names[i]);
	}
	free(names);
	arena_free(arena);
	assert_true(attacks >= ATTACKS_MIN);
	assert_true(controls >= 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_that_obeys_a_ticket_gets_nothing_past_the_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
