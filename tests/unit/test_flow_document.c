/* Documents: wanted, drafted, found again, edited (flow/document.h). */
#include "help_jane.h"

#include <assent/ai/prompt.h>
#include <assent/base/str.h>
#include <assent/flow/document.h>
#include <assent/flow/memory.h>
#include <assent/store/hold.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HANDOFF "## Problem\n\nThe printer is loud."

struct asking {
	struct document_wish wish;
	struct document_edit edit;
	struct document out;
	enum document_stand stand;
	size_t faults;
	struct desk_kit *kit;
	int rc;
};

/* Texts end with their step. */
static int
copied(struct asking *a, int rc)
{
	struct arena *arena = a->kit->arena;

	if (rc < 0 || a->stand != DOCUMENT_STORED)
		return rc;
	a->out.text = arena_dup(arena, a->out.text);
	a->out.author = arena_dup(arena, a->out.author);
	a->out.provider = arena_dup(arena, a->out.provider);
	return rc;
}

static int
add_ticket(struct desk *desk, void *arg, struct err *err)
{
	struct asking *a = arg;
	struct organisation organisation;
	struct ticket ticket = { .id = id_new(desk->now),
		.title = "Printer",
		.status = "open",
		.created = desk->now,
		.updated = desk->now };
	struct message message = { .id = id_new(desk->now),
		.is_public = true,
		.from_email = "joe@acme.test",
		.subject = "Printer",
		.text = "The printer is loud.",
		.own = "The printer is loud.",
		.at = desk->now };
	int rc = organisation_by_key(desk->tx, "acme", &organisation, err);

	ticket.organisation = organisation.id;
	if (rc == 0)
		rc = ticket_add(desk->tx, &ticket, NULL, err);
	message.ticket = ticket.id;
	if (rc == 0)
		rc = message_add(desk->tx, &message, NULL, err);
	a->wish.ticket = a->edit.ticket = ticket.id;
	return rc;
}

static void
step(struct desk_kit *kit, int (*fn)(struct desk *, void *, struct err *), void *arg)
{
	struct err err;

	if (kit_step(kit, fn, arg, &err) < 0)
		fail_msg("%s", err.text);
}

static struct asking
ask_about(struct desk_kit *kit)
{
	struct asking a = { .kit = kit,
		.wish = { .kind = DOCUMENT_HANDOFF, .locale = "", .by = EVES },
		.edit = { .kind = DOCUMENT_HANDOFF, .locale = "", .by = EVES } };
	step(kit, add_ticket, &a);
	return a;
}

static int
want_step(struct desk *desk, void *arg, struct err *err)
{
	struct asking *a = arg;

	return copied(a, document_want(desk, &a->wish, &a->out, &a->stand, err));
}

static enum document_stand
want(struct desk_kit *kit, struct asking *a)
{
	char prompt[2 * SHA256_SIZE + 1];
	struct err err;

	/* As the API does it: before the step. */
	assert_int_equal(prompt_hash("", a->wish.kind, prompt, &err), 0);
	a->wish.prompt = prompt;
	step(kit, want_step, a);
	return a->stand;
}

/* Wanted, and all that follows from it. */
static void
draft(struct desk_kit *kit, struct asking *a)
{
	want(kit, a);
	kit_run(kit);
}

static int
look_step(struct desk *desk, void *arg, struct err *err)
{
	struct asking *a = arg;

	return copied(a, document_look(desk, &a->wish, &a->out, &a->stand, err));
}

static enum document_stand
look(struct desk_kit *kit, struct asking *a)
{
	step(kit, look_step, a);
	return a->stand;
}

static int
edit_step(struct desk *desk, void *arg, struct err *err)
{
	struct asking *a = arg;
	struct document_edited edited;
	const char *wrong;

	a->stand = DOCUMENT_STORED;
	a->rc = document_edit(desk, &a->edit, &edited, &wrong, err);
	a->out = edited.document;
	a->faults = edited.faults.count;
	return copied(a, a->rc);
}

static int
edit(struct desk_kit *kit, struct asking *a, const char *text)
{
	struct err err;

	a->edit.text = text;
	(void)kit_step(kit, edit_step, a, &err);
	return a->rc;
}

static int
touch_step(struct desk *desk, void *arg, struct err *err)
{
	return ticket_touch(desk->tx, &((struct asking *)arg)->wish.ticket, desk->now, err);
}

static void
touch(struct desk_kit *kit, struct asking *a)
{
	step(kit, touch_step, a);
}

/* A model of the test's own. */
struct model {
	int calls;
	bool fails;
	const char *text;
	void (*meanwhile)(struct desk_kit *kit, void *arg);
	void *arg;
};

static void
write(struct desk_kit *kit, struct writing *w)
{
	struct model *model = kit->arg;

	model->calls++;
	if (model->meanwhile != NULL)
		model->meanwhile(kit, model->arg);
	w->paid_provider = "openai";
	w->paid_model = "m";
	w->usage = (struct model_usage){ 100, 40, 20 };
	w->micros = 5;
	w->why = "it does not answer";
	if (model->fails)
		return;
	w->text = model->text != NULL ? model->text : HANDOFF;
	w->provider = "openai";
	w->model = "m";
	w->is_drafted_by_ai = true;
	w->why = "";
}

static struct asking
ask_model(struct desk_kit *kit, struct model *model)
{
	kit->write = write;
	kit->arg = model;
	kit->policy.ai_chain = "openai/m";
	return ask_about(kit);
}

static void
what_is_drafted_once_is_found_again(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);

	assert_int_equal(look(kit, &a), DOCUMENT_NONE);
	assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	assert_int_equal(kit_run(kit), 1);
	assert_int_equal(look(kit, &a), DOCUMENT_STORED);
	assert_string_equal(a.out.text, HANDOFF);
	assert_int_equal(a.out.revision, 1);
	assert_int_equal(a.out.state_version, kit_number(kit, "SELECT state_version FROM tickets"));
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
	assert_int_equal(kit_run(kit), 0);
	assert_int_equal(model.calls, 1);
	assert_int_equal(kit_number(kit,
			     "SELECT tokens_in + tokens_cached + tokens_out + micros"
			     " FROM ai_usage WHERE organisation = 'acme'"
			     " AND provider = 'openai' AND kind = 'handoff'"),
	    165);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE kind = 'document.drafted'"), 1);
}

static void
a_ticket_that_moved_another_language_or_another_model_is_drafted_anew(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);

	draft(kit, &a);
	touch(kit, &a);
	assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	kit_run(kit);
	assert_int_equal(model.calls, 2);
	a.wish.locale = "fr";
	draft(kit, &a);
	assert_int_equal(model.calls, 3);
	a.wish.locale = "";
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
	kit->policy.ai_chain = "openai/n";
	assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	kit_run(kit);
	assert_int_equal(model.calls, 4);
	assert_int_equal(look(kit, &a), DOCUMENT_STORED);
	assert_int_equal(a.out.revision, 3);
}

static void
two_who_want_the_same_make_one_call(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);

	for (int i = 0; i < 5; i++)
		assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	a.wish.force = true;
	for (int i = 0; i < 5; i++)
		assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	a.wish.force = false;
	want(kit, &a);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM jobs"), 2);
	assert_int_equal(kit_run(kit), 2);
	assert_int_equal(model.calls, 2);
}

static void
a_forced_draft_renews_and_an_unforced_one_behind_it_costs_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);

	draft(kit, &a);
	a.wish.force = true;
	assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	assert_int_equal(kit_run(kit), 1);
	assert_int_equal(model.calls, 2);
	assert_int_equal(look(kit, &a), DOCUMENT_STORED);
	assert_int_equal(a.out.revision, 2);
}

/* Who asks without the prompt's hash (a step cannot read files): the job looks. */
static void
a_job_finds_what_is_stored_before_it_asks_anybody(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);

	draft(kit, &a);
	a.wish.prompt = NULL;
	a.wish.keep = true;
	step(kit, want_step, &a);
	assert_int_equal(a.stand, DOCUMENT_DRAFTING);
	assert_int_equal(kit_run(kit), 1);
	assert_int_equal(model.calls, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), 1);
	assert_int_equal(kit_number(kit, "SELECT kept FROM documents"), 1);
}

static void
an_outage_is_tried_again_after_a_while_but_not_at_once(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { .fails = true };
	struct asking a = ask_model(kit, &model);

	draft(kit, &a);
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
	assert_string_equal(a.out.provider, WRITE_OFFLINE);
	assert_false(a.out.is_by_ai);
	model.fails = false;
	kit->now += DOCUMENT_RETRY;
	assert_int_equal(want(kit, &a), DOCUMENT_DRAFTING);
	kit_run(kit);
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
	assert_true(a.out.is_by_ai);
}

/* Where no model is to be asked, what was drafted without one is as good as it gets. */
static void
without_a_model_a_draft_stands_until_the_ticket_moves(void **state)
{
	struct desk_kit *kit = *state;
	struct asking a = ask_about(kit);

	draft(kit, &a);
	kit->now += 400 * DOCUMENT_RETRY;
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
	assert_non_null(strstr(a.out.text, "## Problem"));
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ai_usage"), 0);
}

static void
move_ticket(struct desk_kit *kit, void *arg)
{
	struct asking *a = arg;
	enum document_stand stand = a->stand;

	touch(kit, a);
	assert_int_equal(want(kit, a), DOCUMENT_DRAFTING);
	a->stand = stand;
	((struct model *)kit->arg)->meanwhile = NULL;
}

static void
a_ticket_that_moves_meanwhile_gets_its_old_draft_and_a_new_one(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { .meanwhile = move_ticket };
	struct asking a = ask_model(kit, &model);

	model.arg = &a;
	want(kit, &a);
	assert_int_equal(kit_run(kit), 2);
	assert_int_equal(model.calls, 2);
	assert_int_equal(
	    kit_number(kit, "SELECT max(state_version) - min(state_version) FROM documents"), 1);
	assert_int_equal(kit_number(kit,
			     "SELECT state_version = (SELECT state_version FROM tickets)"
			     " FROM documents ORDER BY revision DESC LIMIT 1"),
	    1);
}

static void
edit_meanwhile(struct desk_kit *kit, void *arg)
{
	assert_int_equal(edit(kit, arg, "Mine."), 0);
}

static void
what_a_person_writes_is_not_written_over_by_a_draft_under_way(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { .meanwhile = edit_meanwhile };
	struct asking a = ask_model(kit, &model);

	model.arg = &a;
	draft(kit, &a);
	assert_int_equal(look(kit, &a), DOCUMENT_STORED);
	assert_string_equal(a.out.text, "Mine.");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), 1);
	assert_int_equal(kit_number(kit, "SELECT calls FROM ai_usage"), 1);
}

static void
an_edit_is_a_revision_and_the_form_is_advice(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);
	int64_t version = kit_number(kit, "SELECT state_version FROM tickets");

	draft(kit, &a);
	assert_int_equal(edit(kit, &a, "Look at\xE2\x80\xAE the rollers."), 0);
	assert_string_equal(a.out.text, "Look at the rollers.");
	assert_string_equal(a.out.author, EVES);
	assert_int_equal(a.out.revision, 2);
	assert_true(a.faults > 0);
	assert_int_equal(edit(kit, &a, "Look at the rollers."), 0);
	assert_int_equal(a.out.revision, 2);
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
	assert_int_equal(a.out.revision, 2);
	assert_int_equal(kit_number(kit, "SELECT state_version FROM tickets"), version);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE kind = 'document.edited'"), 1);
	a.wish.force = true;
	draft(kit, &a);
	assert_int_equal(look(kit, &a), DOCUMENT_STORED);
	assert_int_equal(a.out.revision, 3);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), 3);
}

static void
an_edit_holds_none_of_our_tokens_and_has_an_end(void **state)
{
	struct desk_kit *kit = *state;
	struct asking a = ask_about(kit);
	AUTO(mem_freep) char *much = mem_alloc(DOCUMENT_TEXT_MAX + 2);

	memset(much, 'a', DOCUMENT_TEXT_MAX + 1);
	assert_int_equal(edit(kit, &a, much), ERR_LIMIT);
	assert_int_equal(edit(kit, &a, " \xE2\x80\x8B\n"), ERR_INVALID);
	assert_int_equal(
	    edit(kit, &a, "See https://desk.test/a/abcdefghijklmnopqrstuvwxyz234567 there"), 0);
	assert_null(strstr(a.out.text, "abcdefghij"));
	a.edit.kind = DOCUMENT_PROPOSAL;
	assert_int_equal(edit(kit, &a, "{}"), ERR_INVALID);
	a.edit.kind = DOCUMENT_NOTES;
	a.edit.by = MEMORY_MODEL;
	assert_int_equal(edit(kit, &a, "mine"), ERR_DENIED);
	a.edit.by = EVES;
	a.edit.locale = "de\nignore";
	assert_int_equal(edit(kit, &a, "mine"), ERR_INVALID);
}

static void
a_proposal_is_inert(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = {
		.text = "{\"fix\": {\"title\": \"Clean it\", \"description\": \"\","
			" \"confidence\": 70}, \"questions\": [\"Which model?\"], \"actions\": []}",
	};
	struct asking a = ask_model(kit, &model);
	int64_t version = kit_number(kit, "SELECT state_version FROM tickets");

	a.wish.kind = DOCUMENT_PROPOSAL;
	draft(kit, &a);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM fixes WHERE state = 'proposed'"
			     " AND author = 'model' AND title = 'Clean it'"),
	    1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM tasks WHERE state = 'proposed'"), 1);
	assert_int_equal(kit_number(kit, "SELECT state_version FROM tickets"), version);
	assert_int_equal(want(kit, &a), DOCUMENT_STORED);
}

static void
a_summary_is_in_the_owners_language_and_the_rest_in_the_sites(void **state)
{
	struct desk_kit *kit = *state;
	struct asking a = ask_about(kit);

	kit_change(kit, "UPDATE organisations SET locale = 'fr'");
	kit->policy.locale = "de";
	want(kit, &a);
	a.wish.kind = DOCUMENT_SUMMARY;
	draft(kit, &a);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM documents WHERE"
			     " (kind = 'summary' AND locale = 'fr')"
			     " OR (kind = 'handoff' AND locale = 'de')"),
	    2);
}

static int
hold_step(struct desk *desk, void *arg, struct err *err)
{
	return hold_set(desk->tx, *(bool *)arg, desk->now, err);
}

static void
while_a_hold_is_on_no_model_is_asked(void **state)
{
	struct desk_kit *kit = *state;
	struct model model = { 0 };
	struct asking a = ask_model(kit, &model);
	bool on = true;

	want(kit, &a);
	step(kit, hold_step, &on);
	kit_run(kit);
	assert_int_equal(model.calls, 0);
	assert_int_equal(look(kit, &a), DOCUMENT_DRAFTING);
	on = false;
	step(kit, hold_step, &on);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(model.calls, 1);
	assert_int_equal(look(kit, &a), DOCUMENT_STORED);
}

static void
a_hit_writes_at_most_once_an_hour(void **state)
{
	struct desk_kit *kit = *state;
	struct asking a = ask_about(kit);
	utc_ms began;

	draft(kit, &a);
	began = kit->now;
	kit->now += MS_HOUR - 1;
	want(kit, &a);
	assert_int_equal(kit_number(kit, "SELECT used FROM documents"), began);
	kit->now += 1;
	want(kit, &a);
	assert_int_equal(kit_number(kit, "SELECT used FROM documents"), kit->now);
}

static int
bad_step(struct desk *desk, void *arg, struct err *err)
{
	static const char *const locales[] = { "d", "de_AT", "-de", "de-", "de--AT", "1de", "de AT",
		"a234567890-234567890-234567890-23456", "{{x}}" };
	struct asking a = *(struct asking *)arg;

	for (size_t i = 0; i < ARRAY_LEN(locales); i++) {
		a.wish.locale = locales[i];
		assert_int_equal(document_want(desk, &a.wish, &a.out, &a.stand, err), ERR_INVALID);
	}
	a.wish.locale = "zh-Hans-CN";
	assert_int_equal(document_want(desk, &a.wish, &a.out, &a.stand, err), 0);
	a.wish.ticket.bytes[15] ^= 1;
	assert_int_equal(document_want(desk, &a.wish, &a.out, &a.stand, err), ERR_NOT_FOUND);
	return 0;
}

static void
a_locale_is_a_language_tag(void **state)
{
	struct desk_kit *kit = *state;
	struct asking a = ask_about(kit);
	step(kit, bad_step, &a);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(what_is_drafted_once_is_found_again),
		KIT_TEST(a_ticket_that_moved_another_language_or_another_model_is_drafted_anew),
		KIT_TEST(two_who_want_the_same_make_one_call),
		KIT_TEST(a_forced_draft_renews_and_an_unforced_one_behind_it_costs_nothing),
		KIT_TEST(a_job_finds_what_is_stored_before_it_asks_anybody),
		KIT_TEST(an_outage_is_tried_again_after_a_while_but_not_at_once),
		KIT_TEST(without_a_model_a_draft_stands_until_the_ticket_moves),
		KIT_TEST(a_ticket_that_moves_meanwhile_gets_its_old_draft_and_a_new_one),
		KIT_TEST(what_a_person_writes_is_not_written_over_by_a_draft_under_way),
		KIT_TEST(an_edit_is_a_revision_and_the_form_is_advice),
		KIT_TEST(an_edit_holds_none_of_our_tokens_and_has_an_end),
		KIT_TEST(a_proposal_is_inert),
		KIT_TEST(a_summary_is_in_the_owners_language_and_the_rest_in_the_sites),
		KIT_TEST(while_a_hold_is_on_no_model_is_asked),
		KIT_TEST(a_hit_writes_at_most_once_an_hour),
		KIT_TEST(a_locale_is_a_language_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
