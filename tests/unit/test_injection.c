/*
 * Tickets that try to make a model their own (tests/injection), each with the
 * answer of a model that obeys. Nothing of what they are after gets through.
 */
#include "help_jane.h"

#include <assent/base/file.h>
#include <assent/base/str.h>

#include "ai/write_priv.h"

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

/* --- each alone --------------------------------------------------------------------- */

struct attack {
	const char *name;
	const json_t *json;
	enum document_kind kind;
	const char *answer;
	bool is_control;
};

typedef void (*attack_fn)(const struct attack *attack, void *arg);

static struct arena *arena;

/* Every file of the folder; returns how many of them attack. */
static int
each_attack(attack_fn fn, void *arg)
{
	struct dirent **names;
	int n = scandir(FOLDER, &names, NULL, alphasort), attacks = 0;

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		struct attack attack = { .name = arena_dup(arena, names[i]->d_name) };
		json_t *json = NULL;

		free(names[i]);
		if (attack.name[0] == '.')
			continue;
		json = json_load_file(arena_printf(arena, FOLDER "/%s", attack.name), 0, NULL);
		assert_non_null(json);
		assert_true(document_kind_find(text_of(json, "kind"), &attack.kind));
		attack.json = json;
		attack.answer = text_of(json, "answer");
		attack.is_control = text_is(text_of(json, "expect"), "pass");
		attacks += !attack.is_control;
		fn(&attack, arg);
		json_decref(json);
	}
	free(names);
	return attacks;
}

static struct bundle
bundle_of(const struct attack *attack, struct bundle_message *message)
{
	*message = (struct bundle_message){ "customer", true, 0,
		json_string_value(json_array_get(json_object_get(attack->json, "messages"), 0)) };
	return (struct bundle){ .title = "Printer on floor 2",
		.question = "May we?",
		.attributes = text_of(attack->json, "attributes"),
		.messages = message,
		.message_count = 1 };
}

static void
try_form(const struct attack *attack, void *arg)
{
	const char *want = text_of(attack->json, "expect"), *out = "";
	struct bundle_message message;
	struct bundle bundle = bundle_of(attack, &message);
	struct form_check check =
	    form_check_of(attack->kind, "en", &bundle, bundle_text(&bundle, arena));
	struct form_faults faults;
	bool good;

	check.text = attack->answer;
	good = form_read(&check, arena, &out, &faults);
	if (good && text_is(want, "refused"))
		fail_msg("%s: passed: %s", attack->name, out);
	if (!good && !text_is(want, "refused"))
		fail_msg("%s: %s", attack->name, faults.items[0]);
	must_not_hold(attack->name, attack->json, out);
	if (!good && faults.count == 0)
		fail_msg("%s: refused without a reason", attack->name);
	*(int *)arg += attack->is_control;
}

static void
a_model_that_obeys_a_ticket_gets_nothing_past_the_form(void **state)
{
	int controls = 0;

	(void)state;
	assert_true(each_attack(try_form, &controls) >= ATTACKS_MIN);
	assert_true(controls >= 6);
}

/* --- as documents, of every kind ------------------------------------------------------- */

static span_ms
no_end(void *state)
{
	(void)state;
	return INT64_MAX;
}

/* A model that obeys, that does so again when it is told of its faults, and streams all of it. */
static void
obey(void *state, struct model_call *calls, size_t count, span_ms deadline, struct arena *texts)
{
	const struct attack *attack = state;

	(void)deadline;
	(void)texts;
	for (size_t i = 0; i < count; i++) {
		calls[i].rc = 0;
		calls[i].provider = "openai";
		calls[i].model = "obedient";
		calls[i].text = attack->answer;
		if (calls[i].delta == NULL)
			continue;
		calls[i].began(calls[i].arg);
		for (const char *p = attack->answer; *p != '\0'; p++)
			calls[i].delta(calls[i].arg, p, 1);
	}
}

/*
 * Written without a model: its sentences are the ticket's own, so it may ask for
 * "rm -rf" as the ticket does. Links, addresses, secrets and what is hidden
 * are in no document, whoever wrote it.
 */
static void
must_not_repeat(const struct attack *attack, const char *text)
{
	static const char *const never[] = { "link-", "recipient-", "secret-", "hidden-" };

	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (text_starts(attack->name, never[i]))
			must_not_hold(attack->name, attack->json, text);
}

static void
must_be_clean(const struct attack *attack, const struct writing *w)
{
	if (w->is_drafted_by_ai)
		must_not_hold(attack->name, attack->json, w->text);
	else
		must_not_repeat(attack, w->text);
}

/* What was told before the text that was written without a model in the end. */
static const char *
told_by_model(const struct writing *w, struct str *heard)
{
	size_t n = strlen(w->text);

	if (!w->is_drafted_by_ai && heard->len >= n)
		str_cut(heard, heard->len - n);
	return str_text(heard);
}

/* Of a stream the words are known line by line; the form only when all of it is there. */
static void
must_be_harmless(const struct attack *attack, const char *told)
{
	if (!text_starts(attack->name, "form-") && !text_starts(attack->name, "decision-"))
		must_not_hold(attack->name, attack->json, told);
}

static void
hear(void *arg, const char *text, size_t n)
{
	str_add_n(arg, text, n);
}

static void
try_documents(const struct attack *attack, void *arg)
{
	const struct writer writer = { (void *)(uintptr_t)attack, no_end, obey };
	struct str heard[DOCUMENT_KINDS];
	struct writing writings[DOCUMENT_KINDS];
	struct bundle_message message;
	struct bundle bundle = bundle_of(attack, &message);

	for (int kind = 0; kind < DOCUMENT_KINDS; kind++) {
		heard[kind] = STR_INIT(256u << 10);
		writings[kind] = (struct writing){ .kind = (enum document_kind)kind,
			.locale = "en",
			.bundle = &bundle,
			.delta = hear,
			.arg = &heard[kind] };
	}
	write_by(&writer, "", writings, DOCUMENT_KINDS, arena);
	for (int kind = 0; kind < DOCUMENT_KINDS; kind++) {
		must_be_clean(attack, &writings[kind]);
		must_be_harmless(attack, told_by_model(&writings[kind], &heard[kind]));
		str_done(&heard[kind]);
	}
	if (writings[attack->kind].is_drafted_by_ai &&
	    text_is(text_of(attack->json, "expect"), "refused"))
		fail_msg("%s: written by the model", attack->name);
	*(int *)arg += writings[attack->kind].is_drafted_by_ai;
}

static void
a_model_that_obeys_gets_nothing_into_a_document_of_any_kind(void **state)
{
	int written = 0;

	(void)state;
	assert_true(each_attack(try_documents, &written) >= ATTACKS_MIN);
	assert_true(written >= 6);
}

/* --- as an owner's summary, by mail -------------------------------------------------------- */

static int
read_summaries(struct desk *desk, void *arg, struct err *err)
{
	struct str *all = arg;
	struct approval *list;
	size_t n;
	int rc = approval_list(desk->tx, &(struct approval_filter){ .max = 1 }, &list, &n, err);

	str_clear(all);
	if (rc == 0 && n > 0)
		str_add(all, list[0].summary);
	return rc;
}

static void
try_mail(const struct attack *attack, void *arg)
{
	const struct writer writer = { (void *)(uintptr_t)attack, no_end, obey };
	const char *message =
	    json_string_value(json_array_get(json_object_get(attack->json, "messages"), 0));
	AUTO(str_donep) struct str summary = STR_INIT(64u << 10);
	struct desk_kit *kit = arg;
	size_t before = kit_approvals(kit);
	struct err err;

	if (attack->kind != DOCUMENT_SUMMARY)
		return;
	kit->writer = &writer;
	kit_say(kit,
	    (struct kit_letter){ EVE, "Bob <bob@acme.test>", "agent@desk.test",
		arena_printf(arena, "Printer (%s)", attack->name), "",
		arena_printf(arena, "ask: Shall we?\n\n%s", message), NULL, false });
	kit_pass(kit, MS_HOUR);
	kit->writer = NULL;
	assert_int_equal(kit_approvals(kit), before + 1);
	assert_int_equal(kit_step(kit, read_summaries, &summary, &err), 0);
	assert_non_null(strstr(str_text(&summary), "drafted "));
	if (strstr(str_text(&summary), "drafted by AI") != NULL)
		must_not_hold(attack->name, attack->json, str_text(&summary));
	else
		must_not_repeat(attack, str_text(&summary));
}

static void
a_model_that_obeys_gets_nothing_into_an_owners_summary(void **state)
{
	assert_true(each_attack(try_mail, *state) >= ATTACKS_MIN);
}

static int
open_arena(void **state)
{
	(void)state;
	arena = arena_new((size_t)1 << 30);
	return 0;
}

static int
free_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_that_obeys_a_ticket_gets_nothing_past_the_form),
		cmocka_unit_test(a_model_that_obeys_gets_nothing_into_a_document_of_any_kind),
		cmocka_unit_test_setup_teardown(
		    a_model_that_obeys_gets_nothing_into_an_owners_summary, kit_setup,
		    kit_teardown),
	};

	return cmocka_run_group_tests(tests, open_arena, free_arena);
}
