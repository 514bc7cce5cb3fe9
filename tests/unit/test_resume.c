/* Packets by JSON, and workflows that are told of them (flow/escalation_json.h, flow/resume.h). */
#include "help_escalation.h"
#include "help_verb.h"

#include <assent/base/str.h>
#include <assent/flow/escalation_json.h>
#include <assent/flow/resume.h>
#include <assent/store/queue.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct mac_key keys[] = { { "0123456789abcdef01234567", 24 } };
static const struct policy_workflow workflows[] = {
	{ "billing", "https://flows.help.test/resume", "", "", keys, 1 },
	{ "orders", "https://flows.help.test/orders", "", "", keys, 1 },
};

static int
setup(void **state)
{
	int rc = packet_setup(state);
	struct desk_kit *kit = *state;

	kit->policy.workflows = workflows;
	kit->policy.workflow_count = ARRAY_LEN(workflows);
	return rc;
}

static json_t *
packet_of(const char *more)
{
	json_t *object = json_loads("{\"title\": \"T\", \"reason\": \"timeout\"}", 0, NULL);
	json_t *change = json_loads(more, JSON_ALLOW_NUL, NULL);

	assert_non_null(change);
	json_object_update(object, change);
	json_decref(change);
	return object;
}

/* The id of one that waits for the workflow billing. */
static const char *
raised(struct desk_kit *kit)
{
	json_t *out = NULL;
	const char *id;
	struct err err;

	if (kit_verb(kit, "escalation.raise",
		packet_of(
		    "{\"workflow\": \"billing\", \"resume_token\": \"r\", \"to\": \"engineer\"}"),
		&out, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(json_is_true(json_object_get(out, "changed")));
	id = arena_dup(kit->arena,
	    json_string_value(json_object_get(json_object_get(out, "escalation"), "id")));
	json_decref(out);
	return id;
}

static int
act(struct desk_kit *kit, const char *name, const char *id, struct err *err)
{
	return kit_verb(kit, name, json_pack("{s:s}", "escalation", id), NULL, err);
}

/* --- by JSON ---------------------------------------------------------------------- */

static void
what_an_object_may_not_say_is_refused(void **state)
{
	static const struct {
		const char *more, *sentence;
	} cases[] = {
		{ "{\"titel\": 1}", "there is no member titel; did you mean title?" },
		{ "{\"title\": 7}", "title must be a text" },
		{ "{\"title\": null}", "the title" },
		{ "{\"entity\": []}", "entity must be an object" },
		{ "{\"entity\": {\"id\": 4711}}", "entity/id must be a text" },
		{ "{\"entity\": {\"kind\": \"x\"}}", "a type and an id, nothing else" },
		{ "{\"confidence\": \"0.5\"}", "confidence must be a number" },
		{ "{\"confidence\": -0.5}", "confidence must be a number" },
		{ "{\"due\": \"soon\"}", "due must be a time" },
		{ "{\"ticket\": \"T-77\"}", "there is no ticket T-77" },
		{ "{\"ticket\": \"x\"}", "is no ticket" },
		{ "{\"missing\": \"x\"}", "missing must be a JSON list" },
		{ "{\"levels\": {}}", "levels must be a JSON list" },
		{ "{\"workflow\": \"biling\"}", "did you mean billing?" },
		{ "{\"workflow\": \"zzzzzzzz\"}", "it must be one of workflows" },
	};
	struct desk_kit *kit = *state;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (kit_verb(kit, "escalation.raise", packet_of(cases[i].more), NULL, &err) == 0)
			fail_msg("%s was taken", cases[i].more);
		if (strstr(err.text, cases[i].sentence) == NULL)
			fail_msg("%s: %s", cases[i].more, err.text);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM escalations"), 0);
}

static void
an_act_takes_its_own_members_only(void **state)
{
	static const struct {
		const char *verb, *object, *sentence;
	} cases[] = {
		{ "escalation.ack", "{\"to\": \"x\"}", "there is no member to" },
		{ "escalation.assign", "{\"until\": \"x\"}", "there is no member until" },
		{ "escalation.assign", "{\"to\": 7}", "to must be a text" },
		{ "escalation.snooze", "{\"until\": \"2h\"}", "until must be a time" },
		{ "escalation.resolve", "{\"override\": 7}", "override must be a JSON object" },
		{ "escalation.reopen", "{\"action\": \"x\"}", "there is no member action" },
	};
	struct desk_kit *kit = *state;
	const char *id = raised(kit);
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *object = json_loads(cases[i].object, 0, NULL);

		json_object_set_new(object, "escalation", json_string(id));
		if (kit_verb(kit, cases[i].verb, object, NULL, &err) == 0)
			fail_msg("%s was taken", cases[i].object);
		if (strstr(err.text, cases[i].sentence) == NULL)
			fail_msg("%s: %s", cases[i].object, err.text);
	}
	assert_int_equal(act(kit, "escalation.ack", "x", &err), ERR_INVALID);
	assert_int_equal(act(kit, "escalation.ack", "01010101-0101-7101-8101-010101010101", &err),
	    ERR_NOT_FOUND);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM escalations WHERE version > 1"), 0);
}

/* --- workflows ----------------------------------------------------------------------- */

struct
try { /* one try of the job, with the answer that the test gives */
	int rc, status;
	const char *answer;
	span_ms retry_after;

	struct arena *arena; /* of the test */
	const char *body, *id; /* what was told; NULL for nothing */
	utc_ms again;
};

static int
try_step(struct desk *desk, void *arg, struct err *err)
{
	struct try *try = arg;
	struct job *jobs;
	size_t n;
	int rc = job_list(desk->tx, "", 100, &jobs, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct story *story = story_find(jobs[i].kind);
		struct call call = { .arena = tx_arena(desk->tx) };

		if (!text_is(jobs[i].kind, "resume"))
			continue;
		rc = story->plan(desk, &jobs[i], &call, err);
		try->body = call.kind == CALL_POST ? arena_dup(try->arena, call.post.body) : NULL;
		try->id = call.kind == CALL_POST ? arena_dup(try->arena, call.post.id) : NULL;
		call.rc = try->rc < 0 ? err_set(&call.err, try->rc, "the line was cut") : 0;
		call.post.status = try->status;
		call.post.answer = try->answer;
		call.post.answer_len = try->answer != NULL ? strlen(try->answer) : 0;
		call.post.retry_after = try->retry_after;
		if (rc == 0)
			rc = story->settle(desk, &jobs[i], &call, err);
		try->again = call.again;
		if (rc == 0 && call.again == 0)
			rc = job_done(desk->tx, &jobs[i].id, err);
	}
	return rc;
}

static void
try_it(struct desk_kit *kit, struct try *try)
{
	struct err err;

	try->again = -1;
	try->arena = kit->arena;
	if (kit_step(kit, try_step, try, &err) < 0)
		fail_msg("%s", err.text);
}

#define IS(kit, state, tries) \
	assert_int_equal( \
	    kit_number(kit, \
		"SELECT count(*) FROM resumes WHERE state = '" state "' AND tries = " #tries), \
	    1)

static void
each_answer_has_its_consequence(void **state)
{
	static const struct {
		struct try try;
		span_ms again; /* 0: it is over */
		const char *state;
	} cases[] = {
		{ { .status = 200, .answer = "ok" }, 0, "accepted" },
		{ { .status = 204 }, 0, "accepted" },
		{ { .status = 299 }, 0, "accepted" },
		{ { .status = 302 }, 0, "refused" },
		{ { .status = 400 }, 0, "refused" },
		{ { .status = 410 }, 0, "refused" },
		{ { .status = 408 }, 30 * MS_SECOND, "waiting" },
		{ { .status = 425 }, 30 * MS_SECOND, "waiting" },
		{ { .status = 429, .retry_after = 2 * MS_MINUTE }, 2 * MS_MINUTE, "waiting" },
		{ { .status = 429, .retry_after = 30 * MS_DAY }, 6 * MS_HOUR, "waiting" },
		{ { .status = 500, .retry_after = -1 }, 30 * MS_SECOND, "waiting" },
		{ { .status = 503, .retry_after = MS_SECOND }, 30 * MS_SECOND, "waiting" },
		{ { .rc = ERR_PEER }, 30 * MS_SECOND, "waiting" },
		{ { .rc = ERR_BUSY }, 30 * MS_SECOND, "waiting" },
		{ { .rc = ERR_INVALID }, 0, "refused" },
	};
	struct desk_kit *kit = *state;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct try try = cases[i].try;

		kit_change(kit, "DELETE FROM jobs");
		kit_change(kit, "DELETE FROM resumes");
		assert_int_equal(act(kit, "escalation.resolve", raised(kit), &err), 0);
		try_it(kit, &try);
		assert_non_null(try.body);
		if (try.again != (cases[i].again != 0 ? kit->now + cases[i].again : 0))
			fail_msg("case %zu: again in %lld", i, (long long)(try.again - kit->now));
		assert_int_equal(
		    kit_number(kit,
			arena_printf(kit->arena,
			    "SELECT count(*) FROM resumes WHERE state = '%s' AND tries = 1"
			    " AND status = %d",
			    cases[i].state, cases[i].try.status)),
		    1);
	}
}

static void
it_is_told_the_same_at_every_try_and_longer_and_longer_apart(void **state)
{
	static const span_ms pauses[] = { 30, 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	struct try try = { .status = 500, .retry_after = -1 };
	struct desk_kit *kit = *state;
	const char *body = NULL, *id = NULL, *packet = raised(kit);
	struct err err;

	assert_int_equal(act(kit, "escalation.resume", packet, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, "not before"));
	assert_int_equal(act(kit, "escalation.resolve", packet, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		try_it(kit, &try);
		assert_int_equal(try.again, kit->now + pauses[i] * MS_SECOND);
		assert_true(body == NULL || (text_is(body, try.body) && text_is(id, try.id)));
		body = try.body;
		id = try.id;
		kit->now = try.again;
	}
	assert_non_null(strstr(body, "\"resume_token\":\"r\""));
	kit->now += RESUME_LIFETIME;
	try_it(kit, &try);
	assert_int_equal(try.again, 0);
	IS(kit, "given_up", 10);

	/* By hand it is the same message, and begins anew. */
	assert_int_equal(act(kit, "escalation.resume", packet, &err), 0);
	try.status = 200;
	try_it(kit, &try);
	assert_string_equal(try.id, id);
	assert_string_equal(try.body, body);
	IS(kit, "accepted", 11);
	assert_int_equal(act(kit, "escalation.resume", packet, &err), 0);
	IS(kit, "accepted", 11);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM jobs WHERE kind = 'resume'"), 0);
}

static void
nothing_is_told_while_it_must_not_be(void **state)
{
	struct try try = { .status = 200 };
	struct desk_kit *kit = *state;
	const char *packet = raised(kit);
	struct err err;

	assert_int_equal(act(kit, "escalation.resolve", packet, &err), 0);
	kit->clock_trusted = false;
	try_it(kit, &try);
	assert_true(try.body == NULL && try.again > kit->now);
	kit->clock_trusted = true;
	kit_change(kit, "INSERT INTO site (name, value) VALUES ('hold', '1')");
	try_it(kit, &try);
	assert_true(try.body == NULL && try.again > kit->now);
	kit_change(kit, "DELETE FROM site WHERE name = 'hold'");
	IS(kit, "waiting", 0);
	assert_int_equal(act(kit, "escalation.reopen", packet, &err), 0);
	try_it(kit, &try);
	assert_null(try.body);
	IS(kit, "dropped", 0);

	/* The job of an older resolution says nothing about the new one. */
	assert_int_equal(act(kit, "escalation.resolve", packet, &err), 0);
	kit_change(kit, "UPDATE resumes SET message = x'01010101010171018101010101010101'");
	try_it(kit, &try);
	assert_true(try.body == NULL && try.again == 0);
	IS(kit, "waiting", 0);

	/* Nor does the job of one that was taken. */
	assert_int_equal(act(kit, "escalation.resume", packet, &err), 0);
	kit_change(kit, "UPDATE resumes SET state = 'accepted'");
	try_it(kit, &try);
	assert_true(try.body == NULL && try.again == 0);
	IS(kit, "accepted", 0);
}

static void
a_workflow_that_is_gone_is_said_so(void **state)
{
	struct try try = { .status = 200 };
	struct desk_kit *kit = *state;
	const char *packet = raised(kit);
	struct err err;

	kit->policy.workflow_count = 0;
	assert_int_equal(act(kit, "escalation.resolve", packet, &err), 0);
	try_it(kit, &try);
	assert_null(try.body);
	IS(kit, "refused", 0);
	assert_int_equal(act(kit, "escalation.resume", packet, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "no workflow \"billing\""));
}

static void
what_a_workflow_said_of_somebody_is_erased_with_him(void **state)
{
	struct try try = { .status = 200, .answer = "{\"done\": \"tom@acme.test has it\"}" };
	struct desk_kit *kit = *state;
	struct err err;

	assert_int_equal(act(kit, "escalation.resolve", raised(kit), &err), 0);
	try_it(kit, &try);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM resumes WHERE answer LIKE '%tom@acme.test%'"), 1);
	if (kit_verb(
		kit, "person.erase", json_pack("{s:s}", "email", "tom@acme.test"), NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM resumes WHERE answer = ''"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_an_object_may_not_say_is_refused, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    an_act_takes_its_own_members_only, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    each_answer_has_its_consequence, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    it_is_told_the_same_at_every_try_and_longer_and_longer_apart, setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    nothing_is_told_while_it_must_not_be, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_workflow_that_is_gone_is_said_so, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    what_a_workflow_said_of_somebody_is_erased_with_him, setup, kit_teardown),
	};

	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
