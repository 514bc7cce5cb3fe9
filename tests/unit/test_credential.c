#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_token.h"

#include <assent/base/health.h>
#include <assent/base/str.h>
#include <assent/store/credential.h>

#include <string.h>

static bool
holds(const struct sealed *sealed, const char *text)
{
	return memmem(sealed->bytes, sealed->size, text, strlen(text)) != NULL;
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
	b->kit.policy.credential_keys = bench_keys;
	b->kit.policy.credential_key_count = 2;
	step(b, sync_all, NULL);
	assert_string_equal(token(b), "access-1");
	/* The old key may go now. */
	b->kit.policy.credential_keys = bench_keys + 1;
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
	b->kit.policy.credential_keys = bench_keys + 1;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
