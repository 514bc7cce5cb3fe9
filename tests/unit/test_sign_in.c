#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_token.h"

#include <assent/base/health.h>
#include <assent/base/str.h>

#include <stdio.h>
#include <string.h>

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

	bench_credential.grant = GRANT_CLIENT;
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
	b->kit.policy.credential_keys = bench_keys;
	b->kit.policy.credential_key_count = 2;
	step(b, sync_all, NULL);
	b->kit.policy.credential_keys = bench_keys + 1;
	b->kit.policy.credential_key_count = 1;
	assert_true(answer(b, 200, ACCESS("access-1")));
	assert_non_null(strstr(b->asked, "refresh_token=from-elsewhere"));
	assert_string_equal(token(b), "access-1");
	bench_credential.grant = GRANT_CLIENT;
	assert_int_equal(kit_step(&b->kit, give, good, &err), ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
