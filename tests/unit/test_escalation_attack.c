/* Packets of people and programs that mean no good, and acts that meet (flow/escalation.h). */
#include "help_escalation.h"

#include <assent/base/str.h>

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char giant[300 << 10];

/* --- what is refused ------------------------------------------------------------------- */

enum field {
	TITLE,
	ENTITY,
	STEP,
	REASON,
	PRIORITY,
	RISK,
	SUGGEST,
	TOKEN,
	RULE,
	KEY,
	MISSING,
	ARTIFACTS,
	TEXTS,
	LEVELS,
	TO,
	ORGANISATION,
	FIELD_COUNT
};

static const char **
field_of(struct escalation_raise *raise, enum field field)
{
	const char **fields[FIELD_COUNT] = { &raise->title, &raise->entity_id, &raise->failed_step,
		&raise->reason, &raise->priority, &raise->risk, &raise->suggest,
		&raise->resume_token, &raise->rule, &raise->once_key, &raise->missing,
		&raise->artifacts, &raise->texts, &raise->levels, &raise->to,
		&raise->organisation };

	return fields[field];
}

/* clang-format off */
static const struct {
	enum field field;
	const char *value; /* NULL: 300 KiB of "a" */
	int code;
	const char *wrong, *words;
} bad[] = {
	{ TITLE, "", ERR_INVALID, "/title", "no visible letter" },
	{ TITLE, " \t\xe2\x80\x8b", ERR_INVALID, "/title", "no visible letter" },
	{ TITLE, NULL, ERR_LIMIT, "/title", "longer than 300 bytes" },
	{ ENTITY, NULL, ERR_LIMIT, "/entity_id", "longer than 200 bytes" },
	{ STEP, NULL, ERR_LIMIT, "/failed_step", "longer than 200 bytes" },
	{ RISK, NULL, ERR_LIMIT, "/risk", "longer than 4000 bytes" },
	{ SUGGEST, NULL, ERR_LIMIT, "/suggest", "longer than 4000 bytes" },
	{ TOKEN, NULL, ERR_LIMIT, "/resume_token", "longer than 1000 bytes" },
	{ RULE, NULL, ERR_LIMIT, "/rule", "longer than 200 bytes" },
	{ KEY, NULL, ERR_LIMIT, "/once_key", "longer than 200 bytes" },
	{ REASON, "", ERR_INVALID, "/reason", "must be a word" },
	{ REASON, "DROP TABLE", ERR_INVALID, "/reason", "must be a word" },
	{ REASON, NULL, ERR_INVALID, "/reason", "must be a word" },
	{ PRIORITY, "urgent", ERR_INVALID, "/priority", "critical, high, medium or low" },
	{ PRIORITY, "critcal", ERR_INVALID, "/priority", "did you mean critical?" },
	{ MISSING, NULL, ERR_LIMIT, "/missing", "longer than 64 KiB" },
	{ MISSING, "{}", ERR_INVALID, "/missing", "must be a JSON list" },
	{ MISSING, "[", ERR_INVALID, "/missing", "must be a JSON list" },
	{ MISSING, "[1]", ERR_INVALID, "/missing", "with a text" },
	{ MISSING, "[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
		"\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
		"\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]",
		ERR_LIMIT, "/missing", "too many entries" },
	{ ARTIFACTS, NULL, ERR_LIMIT, "/artifacts", "longer than 64 KiB" },
	{ ARTIFACTS, "[\"x\"]", ERR_INVALID, "/artifacts", "must have a title" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"exe\"}]", ERR_INVALID, "/artifacts", "text, json, link or document" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"text\"}]", ERR_INVALID, "/artifacts", "must have a text" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"json\"}]", ERR_INVALID, "/artifacts", "must have json" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"document\"}]", ERR_INVALID, "/artifacts", "name its kind" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"document\", \"document\": \"nonsense\"}]", ERR_INVALID, "/artifacts", "proposal or notes" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"document\", \"document\": \"hand-off\"}]", ERR_INVALID, "/artifacts", "did you mean handoff?" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"link\", \"url\": \"https://evil.test/\"}]", ERR_INVALID, "/artifacts", "url of this site" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"link\", \"url\": \"//evil.test/\"}]", ERR_INVALID, "/artifacts", "url of this site" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"link\", \"url\": \"/\\\\evil.test/\"}]", ERR_INVALID, "/artifacts", "url of this site" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"link\", \"url\": \"https://ok.desk.test.evil.test/\"}]", ERR_INVALID, "/artifacts", "url of this site" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"link\", \"url\": \"javascript:alert(1)\"}]", ERR_INVALID, "/artifacts", "url of this site" },
	{ ARTIFACTS, "[{\"title\": \"x\", \"type\": \"json\", \"json\": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}]", ERR_LIMIT, "/artifacts", "nested too deeply" },
	{ TEXTS, "{\"body\": {}}", ERR_INVALID, "/texts", "title, suggest and risk" },
	{ TEXTS, "{\"title\": \"x\"}", ERR_INVALID, "/texts", "for each language" },
	{ TEXTS, "{\"title\": {\"ar\": 1}}", ERR_INVALID, "/texts", "for each language" },
	{ TEXTS, "[]", ERR_INVALID, "/texts", "must be a JSON object" },
	{ LEVELS, "[{}]", ERR_INVALID, "/levels", "after_ms" },
	{ LEVELS, "[{\"after_ms\": \"2h\", \"to\": \"admin\"}]", ERR_INVALID, "/levels", "after_ms" },
	{ LEVELS, "[{\"after_ms\": 0, \"to\": \"admin\"}]", ERR_INVALID, "/levels", "later than the one before" },
	{ LEVELS, "[{\"after_ms\": -5, \"to\": \"admin\"}]", ERR_INVALID, "/levels", "later than the one before" },
	{ LEVELS, "[{\"after_ms\": 9223372036854775807, \"to\": \"admin\"}]", ERR_INVALID, "/levels", "within a year" },
	{ LEVELS, "[{\"after_ms\": 9, \"to\": \"admin\"}, {\"after_ms\": 9, \"to\": \"owner\"}]", ERR_INVALID, "/levels", "later than the one before" },
	{ LEVELS, "[{\"after_ms\": 9, \"to\": \"admin\", \"repeat_ms\": 1}]", ERR_INVALID, "/levels", "every five minutes" },
	{ LEVELS, "[{\"after_ms\": 9, \"to\": \"admni\"}]", ERR_INVALID, "/levels", "did you mean admin?" },
	{ LEVELS, "[{\"after_ms\": 9, \"to\": \"mallory@evil.test\"}]", ERR_INVALID, "/levels", "nobody of this desk" },
	{ LEVELS, "[{\"after_ms\":1,\"to\":\"a\"},{\"after_ms\":2,\"to\":\"a\"},{\"after_ms\":3,\"to\":\"a\"},{\"after_ms\":4,\"to\":\"a\"},"
		"{\"after_ms\":5,\"to\":\"a\"},{\"after_ms\":6,\"to\":\"a\"},{\"after_ms\":7,\"to\":\"a\"},{\"after_ms\":8,\"to\":\"a\"},"
		"{\"after_ms\":9,\"to\":\"a\"},{\"after_ms\":10,\"to\":\"a\"},{\"after_ms\":11,\"to\":\"a\"}]", ERR_INVALID, "/levels", "more than 10" },
	{ TO, "jane@acme.test", ERR_INVALID, "/to", "nobody of this desk" },
	{ TO, "enginer", ERR_INVALID, "/to", "did you mean engineer?" },
	{ TO, "x\r\nBcc: all@acme.test", ERR_INVALID, "/to", "nobody of this desk" },
	{ TO, NULL, ERR_LIMIT, "/to", "longer than 200 bytes" },
	{ REASON, "timeot", ERR_INVALID, "/reason", "did you mean timeout?" },
	{ ORGANISATION, "nobody", ERR_INVALID, "/organisation", "there is no organisation \"nobody\"" },
};
/* clang-format on */

static void
what_is_out_of_bounds_is_refused_with_its_place_and_changes_nothing(void **state)
{
	struct desk_kit *kit = *state;

	memset(giant, 'a', sizeof(giant) - 1);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct escalation_raise raise = packet_plain();
		const char *wrong = NULL;
		struct escalation out;
		struct err err = { 0 };
		bool is_new;
		int rc;

		raise.wrong = &wrong;
		*field_of(&raise, bad[i].field) = bad[i].value != NULL ? bad[i].value : giant;
		rc = packet_raise(kit, &raise, &out, &is_new, &err);
		if (rc != bad[i].code || strstr(err.text, bad[i].words) == NULL)
			fail_msg("%zu is %d: %s", i, rc, err.text);
		assert_string_equal(wrong, bad[i].wrong);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM escalations"), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM jobs"), 0);
}

static void
numbers_that_are_none_and_times_that_are_over_are_refused(void **state)
{
	struct desk_kit *kit = *state;
	const struct {
		double confidence;
		utc_ms due;
		const char *wrong;
	} numbers[] = {
		{ (double)NAN, 0, "/confidence" },
		{ 1.01, 0, "/confidence" },
		{ (double)INFINITY, 0, "/confidence" },
		{ -1, kit->now, "/due" },
		{ -1, kit->now - MS_DAY, "/due" },
		{ -1, -1, "/due" },
		{ -1, kit->now + 400 * MS_DAY, "/due" },
		{ -1, INT64_MAX, "/due" },
	};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct escalation_raise raise = packet_plain();
		const char *wrong = NULL;
		struct escalation out;
		struct err err;
		bool is_new;

		raise.wrong = &wrong;
		raise.confidence = numbers[i].confidence;
		raise.due = numbers[i].due;
		assert_int_equal(packet_raise(kit, &raise, &out, &is_new, &err), ERR_INVALID);
		assert_string_equal(wrong, numbers[i].wrong);
	}
}

static void
an_unknown_ticket_or_packet_is_said_to_be_unknown(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation_wish act = { .by = EVE_AT };
	struct escalation out;
	struct err err;
	bool changed;

	raise.ticket = id_new(kit->now);
	assert_int_equal(packet_raise(kit, &raise, &out, &changed, &err), ERR_NOT_FOUND);
	act.id = id_new(kit->now);
	for (int i = 0; i < ESCALATION_ACT_COUNT; i++) {
		act.act = (enum escalation_act)i;
		assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_NOT_FOUND);
	}
}

static void
words_of_others_lose_tokens_and_what_nobody_sees(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	raise.title = "A\r\nBcc: all@acme.test \xe2\x80\xae deal";
	raise.risk = "see https://ok.desk.test/a/abcdefghijklmnopqrstuvwxyz234567";
	e = packet_new(kit, &raise);
	assert_null(strchr(e.title, '\n'));
	assert_null(strstr(e.title, "\xe2\x80\xae"));
	assert_null(strstr(e.risk, "abcdefghijklmnopqrstuvwxyz234567"));
}

/* --- acts that meet ---------------------------------------------------------------------- */

static void
what_the_clock_does_is_for_nobody_else_to_do(void **state)
{
	static const enum escalation_act clocks[] = { ESCALATION_CLIMB, ESCALATION_LAPSE,
		ESCALATION_ACT_COUNT };
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise), out;
	struct escalation_wish act = { .id = e.id, .by = EVE_AT };
	struct err err;
	bool changed;

	for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
		act.act = clocks[i];
		assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_INVALID);
	}
	act.act = ESCALATION_ACK;
	act.by = "";
	assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_INVALID);
	assert_int_equal(packet_get(kit, &e.id).version, e.version);
}

static void
it_is_put_off_neither_into_the_past_nor_for_ever(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise), out;
	const utc_ms times[] = { 0, -1, kit->now, kit->now - 1, kit->now + 32 * MS_DAY, INT64_MAX,
		INT64_MIN };
	const char *wrong = NULL;
	struct escalation_wish act = {
		.id = e.id, .act = ESCALATION_SNOOZE, .by = EVE_AT, .wrong = &wrong
	};
	struct err err;
	bool changed;

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		act.until = times[i];
		assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_INVALID);
		assert_string_equal(wrong, "/until");
	}
	assert_int_equal(packet_get(kit, &e.id).snoozed_until, 0);
}

static void
a_resolution_that_is_too_much_is_refused(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise), out;
	const char *wrong = NULL;
	struct escalation_wish act = {
		.id = e.id, .act = ESCALATION_RESOLVE, .by = EVE_AT, .wrong = &wrong
	};
	struct err err;
	bool changed;

	memset(giant, 'a', sizeof(giant) - 1);
	act.action = giant;
	assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_LIMIT);
	assert_string_equal(wrong, "/action");
	act.action = "done";
	act.notes = giant;
	assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_LIMIT);
	assert_string_equal(wrong, "/notes");
	act.notes = "";
	act.override_json = giant;
	assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_LIMIT);
	act.override_json = "[1]";
	assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_INVALID);
	assert_string_equal(wrong, "/override");
	act.override_json = "{\"a\": 1, \"a\": 2}";
	assert_int_equal(packet_act(kit, &act, &out, &changed, &err), ERR_INVALID);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
}

/* An act that was taken between the claim of a timer and its settling. */
static void
an_acknowledgement_beats_the_climb_that_was_on_its_way(void **state)
{
	static const char *const kinds[] = { "climb", "lapse" };
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	raise.levels = "[{\"after_ms\": 7200000, \"to\": \"admin\"}]";
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		bool changed;
		struct err err;

		e = packet_new(kit, &raise);
		kit->now += 2 * MS_HOUR;
		struct escalation_wish act = { .id = e.id,
			.act = i == 0 ? ESCALATION_ACK : ESCALATION_RESOLVE,
			.by = EVE_AT };
		/* The timers are due, and not done yet. */
		assert_int_equal(packet_act(kit, &act, &e, &changed, &err), 0);
		assert_true(changed);
		kit_run(kit);
		e = packet_get(kit, &e.id);
		assert_int_equal(e.level, 0);
		assert_string_equal(e.state, i == 0 ? "in_progress" : "resolved");
	}
	assert_int_equal(kit_sent_count(kit, MAX_AT), 0);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'escalation.climb'"), 0);
}

/* A timer that is settled twice, as after a crash between settle and answer. */
static void
a_timer_that_comes_twice_does_its_work_once(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);

	kit_change(kit,
	    "INSERT INTO jobs SELECT randomblob(16), lane, due, 0, 0, '', kind, created,"
	    " '', payload, 0 FROM jobs WHERE kind IN ('climb', 'lapse')");
	kit_change(kit,
	    "INSERT INTO job_due SELECT lane, due, id FROM jobs WHERE serial = ''"
	    " AND kind IN ('climb', 'lapse')");
	kit_pass(kit, 2 * MS_HOUR);
	assert_int_equal(kit_sent_count(kit, MAX_AT), 1);
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, OLGA_AT), 1);
	kit_pass(kit, 3 * MS_DAY);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'escalation.lapse'"), 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM jobs WHERE kind IN ('climb', 'lapse')"), 0);
}

static void
a_row_that_nobody_of_us_wrote_stops_nothing_else(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise), whole = packet_new(kit, &raise);
	char sql[160], text[ID_TEXT_SIZE], hex[40], *at = hex;

	id_text(&e.id, text);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '-')
			*at++ = *p;
	*at = '\0';
	snprintf(sql, sizeof(sql),
	    "UPDATE escalations SET levels = '{[', texts = '9', missing = 'x', level = 7"
	    " WHERE id = x'%s'",
	    hex);
	kit_change(kit, sql);
	kit_pass(kit, 2 * MS_HOUR);
	assert_int_equal(packet_get(kit, &whole.id).level, 1);
	kit_pass(kit, MS_DAY);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	assert_int_equal(packet_get(kit, &whole.id).level, 2);
}

/* --- many at once, against one writer ------------------------------------------------------- */

#define THREADS 8

struct crowd {
	struct desk_kit *kit;
	struct escalation_wish wish;
	pthread_t thread;
	bool changed;
	int rc;
};

static int
crowd_step(struct desk *desk, void *arg, struct err *err)
{
	struct crowd *one = arg;
	struct escalation out;

	return escalation_do(desk, &one->wish, &out, &one->changed, err);
}

static void *
crowd_run(void *arg)
{
	struct crowd *one = arg;
	struct err err;

	one->rc = kit_step(one->kit, crowd_step, one, &err);
	return NULL;
}

static size_t
crowd_all(struct crowd crowd[THREADS])
{
	size_t changed = 0;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&crowd[i].thread, NULL, crowd_run, &crowd[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(crowd[i].thread, NULL), 0);
		assert_int_equal(crowd[i].rc, 0);
		changed += crowd[i].changed;
	}
	return changed;
}

static void
of_many_who_act_at_once_one_does(void **state)
{
	static const enum escalation_act each[] = { ESCALATION_ACK, ESCALATION_RESOLVE,
		ESCALATION_REOPEN };
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e = packet_new(kit, &raise);
	const char *path = arena_printf(kit->arena, "%s/test.db", kit->folder);
	struct db_options options = { .path = path, .mode = DB_SERVER, .readers = 1 };
	struct err err;

	db_close(kit->db);
	assert_int_equal(db_open(&options, &kit->db, &err), 0);
	for (size_t k = 0; k < ARRAY_LEN(each); k++) {
		struct crowd crowd[THREADS];

		for (size_t i = 0; i < THREADS; i++)
			crowd[i] = (struct crowd){ .kit = kit,
				.wish = { .id = e.id,
				    .act = each[k],
				    .by = i % 2 == 0 ? EVE_AT : MAX_AT } };
		assert_int_equal(crowd_all(crowd), 1);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger"), 4);
	assert_int_equal(packet_get(kit, &e.id).version, e.version + 3);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_is_out_of_bounds_is_refused_with_its_place_and_changes_nothing),
		STORY(numbers_that_are_none_and_times_that_are_over_are_refused),
		STORY(an_unknown_ticket_or_packet_is_said_to_be_unknown),
		STORY(words_of_others_lose_tokens_and_what_nobody_sees),
		STORY(what_the_clock_does_is_for_nobody_else_to_do),
		STORY(it_is_put_off_neither_into_the_past_nor_for_ever),
		STORY(a_resolution_that_is_too_much_is_refused),
		STORY(an_acknowledgement_beats_the_climb_that_was_on_its_way),
		STORY(of_many_who_act_at_once_one_does),
		STORY(a_timer_that_comes_twice_does_its_work_once),
		STORY(a_row_that_nobody_of_us_wrote_stops_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
