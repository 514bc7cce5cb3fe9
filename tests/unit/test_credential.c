#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_desk.h"

#include <assent/base/health.h>
#include <assent/flow/credential.h>
#include <assent/store/credential.h>
#include <assent/store/queue.h>

#include <stdio.h>
#include <string.h>

static struct policy_credential credentials[] = {
	{ "m365", GRANT_REFRESH, "https://login.test/token", "https://login.test/device", "client",
	    "", NULL, "mail offline_access" },
	{ "robot", GRANT_CLIENT, "https://login.test/token", "", "robot", "secret", "s3cret",
	    "mail" },
};
static const struct site_key old_keys[] = { { 1, { 1 } } };
static const struct site_key new_keys[] = { { 1, { 1 } }, { 2, { 2 } } };

struct bench {
	struct desk_kit kit;
	char asked[600]; /* url and form of the last request */
};

static int
sync_all(struct desk *desk, void *arg, struct err *err)
{
	int rc = credential_sync(desk, err);

	(void)arg;
	credential_watch(desk);
	return rc;
}

static void
step(struct bench *b, int (*fn)(struct desk *, void *, struct err *), void *arg)
{
	struct err err;

	if (kit_step(&b->kit, fn, arg, &err) < 0)
		fail_msg("%s", err.text);
}

static int
setup(void **state)
{
	static struct bench b;

	kit_open(&b.kit);
	health_reset();
	b.kit.policy.credentials = credentials;
	b.kit.policy.credential_count = 1;
	b.kit.policy.credential_keys = old_keys;
	b.kit.policy.credential_key_count = 1;
	credentials[0].grant = GRANT_REFRESH;
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	kit_close(&b->kit);
	return 0;
}

/* --- one job, with an answer of the test's ------------------------------------- */

struct turn {
	struct bench *b;
	int rc, status;
	const char *answer;
	span_ms retry_after;
	bool found;
	void (*meanwhile)(struct bench *b);
	struct job job;
	struct call call;
};

static int
claim(struct desk *desk, void *arg, struct err *err)
{
	struct turn *turn = arg;
	const struct job_ask ask = { LANE_OUTSIDE, desk->now, desk->now, MS_MINUTE, "test", 1 };
	struct job *jobs;
	size_t n;
	int rc = job_claim(desk->tx, &ask, &jobs, &n, err);

	turn->found = rc == 0 && n == 1;
	if (!turn->found)
		return rc;
	turn->job = *jobs;
	turn->job.kind = arena_dup(turn->b->kit.arena, jobs->kind);
	turn->job.payload = arena_dup(turn->b->kit.arena, jobs->payload);
	turn->job.serial = arena_dup(turn->b->kit.arena, jobs->serial);
	return 0;
}

static int
plan(struct desk *desk, void *arg, struct err *err)
{
	struct turn *turn = arg;

	return story_find(turn->job.kind)->plan(desk, &turn->job, &turn->call, err);
}

static int
settle(struct desk *desk, void *arg, struct err *err)
{
	struct turn *turn = arg;
	int rc = story_find(turn->job.kind)->settle(desk, &turn->job, &turn->call, err);

	if (rc == 0 && turn->call.again != 0)
		rc = job_postpone(desk->tx, &turn->job.id, turn->call.again, err);
	else if (rc == 0)
		rc = job_done(desk->tx, &turn->job.id, err);
	if (rc == 0 && turn->call.after != NULL)
		turn->call.after(desk);
	return rc;
}

/* The next due job; false when none is. */
static bool
run_turn(struct bench *b, struct turn turn)
{
	turn.b = b;
	turn.call.arena = b->kit.arena;
	step(b, claim, &turn);
	if (!turn.found)
		return false;
	step(b, plan, &turn);
	b->asked[0] = '\0';
	if (turn.call.kind == CALL_TOKEN) {
		snprintf(
		    b->asked, sizeof(b->asked), "%s %s", turn.call.token.url, turn.call.token.form);
		turn.call.rc = turn.rc;
		if (turn.rc < 0)
			err_set(&turn.call.err, turn.rc, "login.test: no answer in time");
		turn.call.token.status = turn.status;
		turn.call.token.answer = turn.answer;
		turn.call.token.retry_after = turn.retry_after;
	}
	if (turn.meanwhile != NULL)
		turn.meanwhile(b);
	step(b, settle, &turn);
	return true;
}

static bool
answer(struct bench *b, int status, const char *body)
{
	return run_turn(b, (struct turn){ .status = status, .answer = body, .retry_after = -1 });
}

#define TOKENS(a, r) \
	"{\"access_token\":\"" a "\",\"refresh_token\":\"" r "\",\"token_type\":\"Bearer\"," \
	"\"expires_in\":3600}"
#define ACCESS(a) "{\"access_token\":\"" a "\",\"expires_in\":3600}"
#define REFUSED "{\"error\":\"invalid_grant\"}"
#define DEVICE \
	"{\"device_code\":\"dev-code\",\"user_code\":\"ABCD-EFGH\",\"interval\":5," \
	"\"verification_uri\":\"https://login.test/go\",\"expires_in\":600}"

/* --- looking --------------------------------------------------------------------- */

struct looked {
	const char *name;
	int rc;
	char text[600];
};

static int
look_token(struct desk *desk, void *arg, struct err *err)
{
	struct looked *looked = arg;
	const char *token = "";

	looked->rc = credential_token(desk, looked->name, &token, err);
	snprintf(looked->text, sizeof(looked->text), "%s", looked->rc == 0 ? token : err->text);
	return 0;
}

static struct looked
token_of(struct bench *b, const char *name)
{
	struct looked looked = { .name = name };

	step(b, look_token, &looked);
	return looked;
}

static const char *
token(struct bench *b)
{
	static struct looked looked;

	looked = token_of(b, "m365");
	if (looked.rc != 0)
		fail_msg("%s", looked.text);
	return looked.text;
}

static int
sign_in(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return credential_sign_in(desk, "m365", err);
}

static int
show(struct desk *desk, void *arg, struct err *err)
{
	return credential_show(desk, "m365", arg, err);
}

static const char *
login_state(struct bench *b)
{
	static char text[40];
	json_t *out = json_object();

	step(b, show, out);
	snprintf(text, sizeof(text), "%s",
	    json_string_value(json_object_get(json_object_get(out, "login"), "state")));
	json_decref(out);
	return text;
}

static void
signed_in(struct bench *b)
{
	step(b, sign_in, NULL);
	assert_true(answer(b, 200, DEVICE));
	b->kit.now += 5 * MS_SECOND;
	assert_true(answer(b, 200, TOKENS("access-1", "refresh-1")));
	assert_string_equal(login_state(b), "done");
}

static bool
is_bad(const char *words)
{
	struct health bad[HEALTH_MAX];
	size_t n = health_list(bad, HEALTH_MAX);

	for (size_t i = 0; i < n; i++)
		if (text_is(bad[i].name, "credential:m365"))
			return strstr(bad[i].text, words) != NULL && bad[i].not_ready;
	return false;
}

static bool
holds(const struct sealed *sealed, const char *text)
{
	return memmem(sealed->bytes, sealed->size, text, strlen(text)) != NULL;
}

/* --- signing in ------------------------------------------------------------------- */

static void
before_anybody_signed_in_it_says_how_to(void **state)
{
	struct bench *b = *state;
	struct looked looked;

	step(b, sync_all, NULL);
	assert_false(answer(b, 200, ""));
	looked = token_of(b, "m365");
	assert_int_equal(looked.rc, ERR_NOT_FOUND);
	assert_non_null(strstr(looked.text, "assent mailbox login m365"));
	assert_true(is_bad("nobody has signed in"));
	assert_int_equal(token_of(b, "else").rc, ERR_NOT_FOUND);
}

static void
signing_in_asks_for_a_code_and_waits_for_the_person(void **state)
{
	struct bench *b = *state;

	step(b, sync_all, NULL);
	step(b, sign_in, NULL);
	assert_string_equal(login_state(b), "starting");
	assert_true(answer(b, 200, DEVICE));
	assert_string_equal(
	    b->asked, "https://login.test/device client_id=client&scope=mail%20offline_access");
	assert_string_equal(login_state(b), "pending");
	assert_false(answer(b, 400, "{\"error\":\"authorization_pending\"}"));
	b->kit.now += 5 * MS_SECOND;
	assert_true(answer(b, 400, "{\"error\":\"authorization_pending\"}"));
	assert_non_null(strstr(b->asked, "device_code=dev-code&client_id=client"));
	b->kit.now += 5 * MS_SECOND;
	assert_true(answer(b, 400, "{\"error\":\"slow_down\"}"));
	b->kit.now += 9 * MS_SECOND;
	assert_false(answer(b, 400, ""));
	b->kit.now += MS_SECOND;
	assert_true(answer(b, 200, TOKENS("access-1", "refresh-1")));
	assert_string_equal(login_state(b), "done");
	assert_string_equal(token(b), "access-1");
	assert_true(health_is_ready());
}

static void
a_sign_in_ends_in_words(void **state)
{
	static const struct {
		int status;
		const char *body, *want;
	} cases[] = {
		{ 400, "{\"error\":\"access_denied\"}", "refused" },
		{ 400, "{\"error\":\"expired_token\"}", "expired" },
		{ 200, ACCESS("only-access"), "failed" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		step(b, sign_in, NULL);
		assert_true(answer(b, 200, DEVICE));
		b->kit.now += 5 * MS_SECOND;
		assert_true(answer(b, cases[i].status, cases[i].body));
		assert_string_equal(login_state(b), cases[i].want);
		b->kit.now += MS_HOUR;
		assert_false(answer(b, 200, TOKENS("late", "late")));
		assert_int_equal(token_of(b, "m365").rc, ERR_NOT_FOUND);
	}
	step(b, sign_in, NULL);
	assert_true(answer(b, 404, "<html>"));
	assert_string_equal(login_state(b), "failed");
}

static void
nobody_who_types_the_code_ends_the_sign_in(void **state)
{
	struct bench *b = *state;

	step(b, sign_in, NULL);
	assert_true(answer(b, 200, DEVICE));
	b->kit.now += 10 * MS_MINUTE;
	assert_string_equal(login_state(b), "expired");
	assert_true(answer(b, 200, TOKENS("late", "late")));
	assert_string_equal(b->asked, "");
	assert_int_equal(token_of(b, "m365").rc, ERR_NOT_FOUND);
}

static void
what_signs_in_by_itself_needs_no_person(void **state)
{
	struct bench *b = *state;
	struct err err;

	credentials[0].grant = GRANT_CLIENT;
	assert_int_equal(kit_step(&b->kit, sign_in, NULL, &err), ERR_INVALID);
	step(b, sync_all, NULL);
	assert_int_equal(token_of(b, "m365").rc, ERR_BUSY);
	assert_true(health_is_ready());
	assert_true(answer(b, 200, ACCESS("robots")));
	assert_non_null(strstr(b->asked, "grant_type=client_credentials&client_id=client&scope="));
	assert_string_equal(token(b), "robots");
}

static int
give(struct desk *desk, void *arg, struct err *err)
{
	return credential_give(desk, "m365", arg, err);
}

static void
a_refresh_token_got_elsewhere_is_as_good(void **state)
{
	static char wrong[] = "two words", line[] = "a\r\nb", none[] = "",
		    good[] = "from-elsewhere";
	struct bench *b = *state;
	struct err err;

	assert_int_equal(kit_step(&b->kit, give, wrong, &err), ERR_INVALID);
	assert_int_equal(kit_step(&b->kit, give, line, &err), ERR_INVALID);
	assert_int_equal(kit_step(&b->kit, give, none, &err), ERR_INVALID);
	step(b, give, good);
	assert_int_equal(token_of(b, "m365").rc, ERR_BUSY);
	/* A new key before the first fetch: there is no access token to seal yet. */
	b->kit.policy.credential_keys = new_keys;
	b->kit.policy.credential_key_count = 2;
	step(b, sync_all, NULL);
	b->kit.policy.credential_keys = new_keys + 1;
	b->kit.policy.credential_key_count = 1;
	assert_true(answer(b, 200, ACCESS("access-1")));
	assert_non_null(strstr(b->asked, "refresh_token=from-elsewhere"));
	assert_string_equal(token(b), "access-1");
	credentials[0].grant = GRANT_CLIENT;
	assert_int_equal(kit_step(&b->kit, give, good, &err), ERR_INVALID);
}

/* --- renewing ----------------------------------------------------------------------- */

static void
a_token_is_renewed_before_it_ends_and_the_new_refresh_token_replaces_the_old(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 44 * MS_MINUTE;
	assert_false(answer(b, 200, ""));
	b->kit.now += MS_MINUTE;
	assert_true(answer(b, 200, TOKENS("access-2", "refresh-2")));
	assert_non_null(strstr(b->asked, "grant_type=refresh_token&refresh_token=refresh-1"));
	assert_string_equal(token(b), "access-2");
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 200, ACCESS("access-3")));
	assert_non_null(strstr(b->asked, "refresh_token=refresh-2"));
	/* A server that does not rotate: the old one goes on. */
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 200, ACCESS("access-4")));
	assert_non_null(strstr(b->asked, "refresh_token=refresh-2"));
}

static int
look_sealed(struct desk *desk, void *arg, struct err *err)
{
	struct credential row;
	int rc = credential_get(desk->tx, "m365", &row, err);

	(void)arg;
	assert_false(holds(&row.refresh, "refresh-1"));
	assert_false(holds(&row.access, "access-1"));
	assert_int_equal(row.refresh.size, strlen("refresh-1") + 28);
	return rc;
}

static void
what_is_stored_shows_no_token(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	step(b, look_sealed, NULL);
}

static void
a_refused_grant_is_told_and_not_repeated(void **state)
{
	struct bench *b = *state;
	struct looked looked;

	signed_in(b);
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 400, REFUSED));
	assert_true(is_bad("assent mailbox login m365"));
	looked = token_of(b, "m365");
	assert_int_equal(looked.rc, ERR_DENIED);
	assert_non_null(strstr(looked.text, "invalid_grant"));
	b->kit.now += 10 * MS_DAY;
	assert_false(answer(b, 400, REFUSED));
	signed_in(b);
	assert_true(health_is_ready());
	assert_string_equal(token(b), "access-1");
}

static void
new_settings_are_worth_one_more_try(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 401, "{\"error\":\"invalid_client\"}"));
	step(b, sync_all, NULL);
	assert_true(answer(b, 401, "{\"error\":\"invalid_client\"}"));
	assert_false(answer(b, 200, ""));
	step(b, sync_all, NULL);
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_true(health_is_ready());
}

static void
a_server_that_is_down_is_asked_again_ever_less_often(void **state)
{
	static const span_ms waits[] = { 30, 60, 120, 240, 480, 900, 900, 900 };
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 45 * MS_MINUTE;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		assert_true(run_turn(b, (struct turn){ .rc = ERR_BUSY, .retry_after = -1 }));
		b->kit.now += waits[i] * MS_SECOND - 1;
		assert_false(answer(b, 200, ""));
		b->kit.now += 1;
		/* While the old one holds nobody is bothered. */
		assert_int_equal(health_is_ready(), i < 5);
	}
	assert_true(is_bad("no answer in time"));
	assert_int_equal(token_of(b, "m365").rc, ERR_BUSY);
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_true(health_is_ready());
}

static void
a_server_says_when_to_come_back(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 45 * MS_MINUTE;
	assert_true(run_turn(
	    b, (struct turn){ .status = 429, .answer = "slow", .retry_after = 7 * MS_MINUTE }));
	b->kit.now += 7 * MS_MINUTE - 1;
	assert_false(answer(b, 200, ""));
	b->kit.now += 1;
	assert_true(answer(b, 200, ACCESS("access-2")));
}

static int
renew(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return credential_renew(desk, "m365", err);
}

static void
a_token_that_a_server_refused_is_fetched_anew_once(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	step(b, renew, NULL); /* fetched this moment: nothing would change */
	assert_false(answer(b, 200, ""));
	b->kit.now += 2 * MS_MINUTE;
	step(b, renew, NULL);
	step(b, renew, NULL);
	assert_int_equal(token_of(b, "m365").rc, ERR_BUSY);
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_false(answer(b, 200, ""));
	assert_string_equal(token(b), "access-2");
	step(b, renew, NULL);
	assert_string_equal(token(b), "access-2");
}

static void
sign_in_meanwhile(struct bench *b)
{
	signed_in(b);
}

static void
what_an_old_grant_came_to_does_not_touch_a_new_one(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 45 * MS_MINUTE;
	assert_true(run_turn(b,
	    (struct turn){ .status = 400,
		.answer = REFUSED,
		.retry_after = -1,
		.meanwhile = sign_in_meanwhile }));
	assert_string_equal(token(b), "access-1");
	assert_true(health_is_ready());
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_string_equal(token(b), "access-2");
}

/* --- keys -------------------------------------------------------------------------------- */

static void
a_new_key_of_the_ring_seals_what_the_old_one_did(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.policy.credential_keys = new_keys;
	b->kit.policy.credential_key_count = 2;
	step(b, sync_all, NULL);
	assert_string_equal(token(b), "access-1");
	/* The old key may go now. */
	b->kit.policy.credential_keys = new_keys + 1;
	b->kit.policy.credential_key_count = 1;
	assert_string_equal(token(b), "access-1");
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_non_null(strstr(b->asked, "refresh_token=refresh-1"));
}

static void
a_lost_key_asks_for_a_new_sign_in(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.policy.credential_keys = new_keys + 1;
	step(b, sync_all, NULL);
	assert_true(answer(b, 200, ""));
	assert_string_equal(b->asked, "");
	assert_int_equal(token_of(b, "m365").rc, ERR_DENIED);
	assert_true(is_bad("key that is not in the ring"));
	signed_in(b);
	assert_string_equal(token(b), "access-1");
}

static void
a_credential_that_left_the_settings_is_no_condition_any_more(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 400, REFUSED));
	b->kit.policy.credential_count = 0;
	step(b, sync_all, NULL);
	assert_true(health_is_ready());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_anybody_signed_in_it_says_how_to),
		TEST(signing_in_asks_for_a_code_and_waits_for_the_person),
		TEST(a_sign_in_ends_in_words),
		TEST(nobody_who_types_the_code_ends_the_sign_in),
		TEST(what_signs_in_by_itself_needs_no_person),
		TEST(a_refresh_token_got_elsewhere_is_as_good),
		TEST(a_token_is_renewed_before_it_ends_and_the_new_refresh_token_replaces_the_old),
		TEST(what_is_stored_shows_no_token),
		TEST(a_refused_grant_is_told_and_not_repeated),
		TEST(new_settings_are_worth_one_more_try),
		TEST(a_server_that_is_down_is_asked_again_ever_less_often),
		TEST(a_server_says_when_to_come_back),
		TEST(a_token_that_a_server_refused_is_fetched_anew_once),
		TEST(what_an_old_grant_came_to_does_not_touch_a_new_one),
		TEST(a_new_key_of_the_ring_seals_what_the_old_one_did),
		TEST(a_lost_key_asks_for_a_new_sign_in),
		TEST(a_credential_that_left_the_settings_is_no_condition_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
