#include "help_token.h"

#include <assent/base/health.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct policy_credential bench_credential = { "m365", GRANT_REFRESH, "https://login.test/token",
	"https://login.test/device", "client", "", NULL, "mail offline_access" };
const struct site_key bench_keys[2] = { { 1, { 1 } }, { 2, { 2 } } };

int
sync_all(struct desk *desk, void *arg, struct err *err)
{
	int rc = credential_sync(desk, err);

	(void)arg;
	credential_watch(desk);
	return rc;
}

void
step(struct bench *b, int (*fn)(struct desk *, void *, struct err *), void *arg)
{
	struct err err;

	if (kit_step(&b->kit, fn, arg, &err) < 0)
		fail_msg("%s", err.text);
}

int
bench_open(void **state)
{
	static struct bench b;

	kit_open(&b.kit);
	health_reset();
	b.kit.policy.credentials = &bench_credential;
	b.kit.policy.credential_count = 1;
	b.kit.policy.credential_keys = bench_keys;
	b.kit.policy.credential_key_count = 1;
	bench_credential.grant = GRANT_REFRESH;
	*state = &b;
	return 0;
}

int
bench_close(void **state)
{
	struct bench *b = *state;

	kit_close(&b->kit);
	return 0;
}

/* --- one job, with an answer of the test's ------------------------------------- */

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
bool
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

bool
answer(struct bench *b, int status, const char *body)
{
	return run_turn(b, (struct turn){ .status = status, .answer = body, .retry_after = -1 });
}

/* --- looking --------------------------------------------------------------------- */

static int
look_token(struct desk *desk, void *arg, struct err *err)
{
	struct looked *looked = arg;
	const char *token = "";

	looked->rc = credential_token(desk, looked->name, &token, err);
	snprintf(looked->text, sizeof(looked->text), "%s", looked->rc == 0 ? token : err->text);
	return 0;
}

struct looked
token_of(struct bench *b, const char *name)
{
	struct looked looked = { .name = name };

	step(b, look_token, &looked);
	return looked;
}

const char *
token(struct bench *b)
{
	static struct looked looked;

	looked = token_of(b, "m365");
	if (looked.rc != 0)
		fail_msg("%s", looked.text);
	return looked.text;
}

int
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

const char *
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

void
signed_in(struct bench *b)
{
	step(b, sign_in, NULL);
	assert_true(answer(b, 200, DEVICE));
	b->kit.now += 5 * MS_SECOND;
	assert_true(answer(b, 200, TOKENS("access-1", "refresh-1")));
	assert_string_equal(login_state(b), "done");
}

bool
is_bad(const char *words)
{
	struct health bad[HEALTH_MAX];
	size_t n = health_list(bad, HEALTH_MAX);

	for (size_t i = 0; i < n; i++)
		if (text_is(bad[i].name, "credential:m365"))
			return strstr(bad[i].text, words) != NULL && bad[i].not_ready;
	return false;
}
