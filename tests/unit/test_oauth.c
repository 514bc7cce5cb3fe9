#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_arena.h"
#include "flow/oauth.h"

#include <string.h>

static struct oauth_answer
read_answer(int status, const char *body)
{
	struct call call = { .kind = CALL_TOKEN };
	struct oauth_answer out;

	call.token.status = status;
	call.token.answer = body;
	oauth_read(arena, &call, &out);
	return out;
}

/* --- tokens ------------------------------------------------------------------- */

static void
tokens_are_taken_as_the_rfc_lets_a_server_write_them(void **state)
{
	static const struct {
		const char *body, *access, *refresh;
		span_ms lifetime;
	} cases[] = {
		{ "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":60}", "a", NULL,
		    60000 },
		{ "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":\"3599\","
		  "\"refresh_token\":\"r\",\"scope\":\"x\"}",
		    "a", "r", 3599000 },
		{ "{\"access_token\":\"a\"}", "a", NULL, MS_HOUR },
		{ "{\"access_token\":\"a\",\"expires_in\":-5,\"refresh_token\":null}", "a", NULL,
		    MS_HOUR },
		{ "{\"access_token\":\"a\",\"expires_in\":9223372036854775807}", "a", NULL,
		    30 * MS_DAY },
		{ "{\"access_token\":\"a\",\"expires_in\":1.5}", "a", NULL, MS_HOUR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct oauth_answer out = read_answer(200, cases[i].body);
		assert_int_equal(out.verdict, OAUTH_TOKENS);
		assert_string_equal(out.access, cases[i].access);
		assert_true(text_is(out.refresh, cases[i].refresh));
		assert_int_equal(out.lifetime, cases[i].lifetime);
	}
}

static void
a_token_that_could_break_out_of_a_line_is_none(void **state)
{
	static const char *const bodies[] = {
		"{\"access_token\":\"a\\r\\nRCPT TO:<x>\"}",
		"{\"access_token\":\"a b\"}",
		"{\"access_token\":\"a\\u0001\"}",
		"{\"access_token\":\"a\\u00e9\"}",
		"{\"access_token\":\"\"}",
		"{\"access_token\":7}",
		"{\"access_token\":null}",
		"{\"access_token\":\"a\",\"access_token\":\"b\"}",
		"{\"access_token\":\"a\",\"refresh_token\":\"r\\n\"}",
		"{\"access_token\":\"a\",\"refresh_token\":[]}",
		"{\"access_token\":\"a\",\"token_type\":\"mac\"}",
		"{}",
		"[]",
		"\"a\"",
		"access_token=a",
		"<html>",
		"",
		"{\"access_token\":\"a\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct oauth_answer out = read_answer(200, bodies[i]);
		if (out.verdict != OAUTH_LATER || out.why == NULL)
			fail_msg("%s", bodies[i]);
	}
}

static void
a_token_is_not_endless(void **state)
{
	AUTO(str_donep) struct str body = STR_INIT(100000);

	(void)state;
	str_add(&body, "{\"access_token\":\"");
	for (int i = 0; i < OAUTH_TOKEN_MAX; i++)
		str_add_char(&body, 'a');
	str_add(&body, "\"}");
	assert_int_equal(read_answer(200, str_text(&body)).verdict, OAUTH_TOKENS);
	str_cut(&body, body.len - 2);
	str_add(&body, "a\"}");
	assert_int_equal(read_answer(200, str_text(&body)).verdict, OAUTH_LATER);
}

/* --- errors ------------------------------------------------------------------- */

static void
what_an_error_means_depends_on_who_can_mend_it(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum oauth_verdict want;
	} cases[] = {
		{ 400, "{\"error\":\"invalid_grant\"}", OAUTH_REFUSED },
		{ 401, "{\"error\":\"invalid_client\"}", OAUTH_REFUSED },
		{ 400, "{\"error\":\"unauthorized_client\"}", OAUTH_REFUSED },
		{ 400, "{\"error\":\"invalid_scope\"}", OAUTH_REFUSED },
		{ 403, "{\"error\":\"access_denied\"}", OAUTH_REFUSED },
		{ 400, "{\"error\":\"authorization_pending\"}", OAUTH_PENDING },
		{ 400, "{\"error\":\"slow_down\"}", OAUTH_SLOWER },
		{ 400, "{\"error\":\"expired_token\"}", OAUTH_EXPIRED },
		{ 400, "{\"error\":\"temporarily_unavailable\"}", OAUTH_LATER },
		{ 500, "{\"error\":\"invalid_grant\"}", OAUTH_LATER },
		{ 503, "{\"error\":\"server_error\"}", OAUTH_LATER },
		{ 429, "{\"error\":\"too_many\"}", OAUTH_LATER },
		{ 408, "{\"error\":\"x\"}", OAUTH_LATER },
		{ 404, "<html>not found</html>", OAUTH_LATER },
		{ 400, "{\"error\":{\"code\":1}}", OAUTH_LATER },
		{ 302, "", OAUTH_LATER },
		{ 204, "", OAUTH_LATER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct oauth_answer out = read_answer(cases[i].status, cases[i].body);
		if (out.verdict != cases[i].want)
			fail_msg("%d %s: %d", cases[i].status, cases[i].body, out.verdict);
		assert_non_null(out.why);
	}
}

static void
a_servers_words_are_told_without_what_could_be_a_token(void **state)
{
	struct oauth_answer out = read_answer(400,
	    "{\"error\":\"invalid_grant\",\"error_description\":\"the token "
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH has\\r\\nexpired\\u202e\"}");

	(void)state;
	assert_string_equal(
	    out.why, "the token server says invalid_grant (the token … has expired)");
}

static void
a_call_that_failed_is_repeated(void **state)
{
	struct call call = { .rc = ERR_BUSY };
	struct oauth_answer out;

	(void)state;
	err_set(&call.err, ERR_BUSY, "login.example: no answer in time");
	oauth_read(arena, &call, &out);
	assert_int_equal(out.verdict, OAUTH_LATER);
	assert_string_equal(out.why, "login.example: no answer in time");
}

/* --- the device endpoint -------------------------------------------------------- */

static int
read_device(int status, const char *body, struct oauth_device *out, struct err *err)
{
	struct call call = { .kind = CALL_TOKEN };

	call.token.status = status;
	call.token.answer = body;
	return oauth_read_device(arena, &call, out, err);
}

static void
a_device_code_comes_with_words_for_the_person(void **state)
{
	struct oauth_device device;
	struct err err;

	(void)state;
	assert_int_equal(read_device(200,
			     "{\"device_code\":\"d\",\"user_code\":\"ABCD-EFGH\","
			     "\"verification_uri\":\"https://login.example/device\","
			     "\"expires_in\":600,\"interval\":7}",
			     &device, &err),
	    0);
	assert_string_equal(device.code, "d");
	assert_string_equal(device.user_code, "ABCD-EFGH");
	assert_string_equal(device.url, "https://login.example/device");
	assert_int_equal(device.lifetime, 600000);
	assert_int_equal(device.interval, 7000);
	assert_int_equal(read_device(200,
			     "{\"device_code\":\"d\",\"user_code\":\"A\","
			     "\"verification_url\":\"https://login.example/device\"}",
			     &device, &err),
	    0);
	assert_int_equal(device.interval, 5000);
	assert_int_equal(device.lifetime, 15 * MS_MINUTE);
}

static void
what_a_person_could_not_type_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"device_code\":\"d\",\"verification_uri\":\"https://x.example\"}",
		"{\"user_code\":\"A\",\"verification_uri\":\"https://x.example\"}",
		"{\"device_code\":\"d\",\"user_code\":\"A\"}",
		"{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":\"javascript:x\"}",
		"{\"device_code\":\"d\",\"user_code\":\"A\\u001b[2J\",\"verification_uri\":"
		"\"https://x.example\"}",
		"{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":"
		"\"https://x.example/\\n\"}",
		"[]",
	};
	struct oauth_device device;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		assert_int_equal(read_device(200, bodies[i], &device, &err), ERR_PEER);
	assert_int_equal(
	    read_device(400, "{\"error\":\"invalid_client\"}", &device, &err), ERR_DENIED);
}

/* --- forms ---------------------------------------------------------------------- */

static void
a_form_keeps_every_byte_in_its_field(void **state)
{
	const struct policy_credential client = { .client_id = "a&b", .secret = "p=q+r %\xc3\xa9" };
	AUTO(str_donep) struct str form = STR_INIT(1000);

	(void)state;
	oauth_add_field(&form, "grant_type", "client_credentials");
	oauth_add_field(&form, "scope", "");
	oauth_add_field(&form, "scope", NULL);
	oauth_add_client(&form, &client);
	assert_string_equal(str_text(&form),
	    "grant_type=client_credentials&client_id=a%26b&client_secret=p%3Dq%2Br%20%25%C3%A9");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_taken_as_the_rfc_lets_a_server_write_them),
		cmocka_unit_test(a_token_that_could_break_out_of_a_line_is_none),
		cmocka_unit_test(a_token_is_not_endless),
		cmocka_unit_test(what_an_error_means_depends_on_who_can_mend_it),
		cmocka_unit_test(a_servers_words_are_told_without_what_could_be_a_token),
		cmocka_unit_test(a_call_that_failed_is_repeated),
		cmocka_unit_test(a_device_code_comes_with_words_for_the_person),
		cmocka_unit_test(what_a_person_could_not_type_is_refused),
		cmocka_unit_test(a_form_keeps_every_byte_in_its_field),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
