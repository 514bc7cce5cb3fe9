#include <assent/base/str.h>
#include <assent/net/signature.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The example of the specification's reference libraries. */
#define SPEC_SECRET "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SPEC_ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define SPEC_TIME "1614265330"
#define SPEC_BODY "{\"test\": 2432232314}"
#define SPEC_MAC "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct mac_key
key_of(const char *base64)
{
	struct mac_key key = { .len = 0 };
	long n = base64_decode(base64, strlen(base64), key.bytes, sizeof(key.bytes));

	assert_true(n > 0);
	key.len = (size_t)n;
	return key;
}

static bool
holds(const struct signature_head *head, const char *body, const struct mac_key *keys, size_t count)
{
	const struct signed_body what = { body, strlen(body), keys, count };
	struct webhook_signature signature;
	struct err err;

	if (signature_read(head, &signature, &err) < 0)
		fail_msg("%s", err.text);
	return signature_holds(&signature, &what);
}

static void
the_example_of_the_specification_holds(void **state)
{
	const struct mac_key key = key_of(SPEC_SECRET);
	const struct signature_head head = { SPEC_ID, SPEC_TIME, SPEC_MAC };

	assert_int_equal(key.len, 24);
	assert_true(holds(&head, SPEC_BODY, &key, 1));
}

static void
any_changed_byte_is_refused(void **state)
{
	const struct mac_key key = key_of(SPEC_SECRET);
	char body[] = SPEC_BODY, id[] = SPEC_ID, at[] = SPEC_TIME;
	const struct signature_head head = { id, at, SPEC_MAC };

	for (size_t i = 0; i < sizeof(body) - 1; i++) {
		body[i] ^= 1;
		assert_false(holds(&head, body, &key, 1));
		body[i] ^= 1;
	}
	for (size_t i = 4; i < sizeof(id) - 1; i++) {
		id[i] ^= 1;
		assert_false(holds(&head, body, &key, 1));
		id[i] ^= 1;
	}
	at[9] ^= 1;
	assert_false(holds(&head, body, &key, 1));
	at[9] ^= 1;
	assert_true(holds(&head, body, &key, 1));
	assert_false(holds(&head, SPEC_BODY " ", &key, 1));
}

static void
the_parts_do_not_run_into_each_other(void **state)
{
	const struct mac_key key = key_of(SPEC_SECRET);
	/* "id.timestamp.body" of the example, cut elsewhere. */
	const struct signature_head head = { "msg_p5jXN8AQM9LWM0D4loKWxJe", SPEC_TIME, SPEC_MAC };

	assert_false(holds(&head, SPEC_BODY, &key, 1));
	assert_false(holds(
	    &(struct signature_head){ SPEC_ID, "161426533", SPEC_MAC }, "0." SPEC_BODY, &key, 1));
}

static void
a_new_secret_may_stand_beside_the_old_one(void **state)
{
	const struct mac_key keys[] = { key_of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		key_of(SPEC_SECRET), key_of("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB") };
	const struct signature_head head = { SPEC_ID, SPEC_TIME, SPEC_MAC };
	const struct signature_head two = { SPEC_ID, SPEC_TIME,
		"v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= " SPEC_MAC };

	assert_true(holds(&head, SPEC_BODY, keys, 3));
	assert_true(holds(&two, SPEC_BODY, keys, 3));
	assert_true(holds(&two, SPEC_BODY, keys + 1, 1));
	assert_false(holds(&two, SPEC_BODY, keys, 1));
	assert_false(holds(&head, SPEC_BODY, keys, 0));
}

static void
other_versions_and_malformed_entries_prove_nothing(void **state)
{
	static const char *const lists[] = {
		"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqwenGzPCXe5BdqzCInXqYXFymVJaA==",
		"v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1A==",
		"v1,",
		"v1",
		"v1,v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=,",
		" ",
	};
	const struct mac_key key = key_of(SPEC_SECRET);

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const struct signature_head head = { SPEC_ID, SPEC_TIME, lists[i] };
		char both[400];

		assert_false(holds(&head, SPEC_BODY, &key, 1));
		/* Nor do they harm what stands beside them. */
		snprintf(both, sizeof(both), "%s  %s", lists[i], SPEC_MAC);
		assert_true(holds(
		    &(struct signature_head){ SPEC_ID, SPEC_TIME, both }, SPEC_BODY, &key, 1));
	}
}

static void
headers_that_are_missing_or_wrong_are_named(void **state)
{
	char longest[SIGNATURE_ID_MAX + 2], many[1200] = "";
	const struct {
		struct signature_head head;
		const char *says;
	} cases[] = {
		{ { NULL, SPEC_TIME, SPEC_MAC }, "webhook-id is missing" },
		{ { "", SPEC_TIME, SPEC_MAC }, "webhook-id is missing" },
		{ { "a.b", SPEC_TIME, SPEC_MAC }, "full stops" },
		{ { "a b", SPEC_TIME, SPEC_MAC }, "visible ASCII" },
		{ { "a\x01", SPEC_TIME, SPEC_MAC }, "visible ASCII" },
		{ { "a\xc3\xa9", SPEC_TIME, SPEC_MAC }, "visible ASCII" },
		{ { longest, SPEC_TIME, SPEC_MAC }, "longer than 128" },
		{ { SPEC_ID, NULL, SPEC_MAC }, "webhook-timestamp is missing" },
		{ { SPEC_ID, "", SPEC_MAC }, "webhook-timestamp is missing" },
		{ { SPEC_ID, "-1", SPEC_MAC }, "whole seconds" },
		{ { SPEC_ID, "1614265330.5", SPEC_MAC }, "whole seconds" },
		{ { SPEC_ID, " 1614265330", SPEC_MAC }, "whole seconds" },
		{ { SPEC_ID, "99999999999999999999", SPEC_MAC }, "whole seconds" },
		{ { SPEC_ID, "2021-02-25T15:02:10Z", SPEC_MAC }, "whole seconds" },
		{ { SPEC_ID, SPEC_TIME, NULL }, "webhook-signature is missing" },
		{ { SPEC_ID, SPEC_TIME, "" }, "webhook-signature is missing" },
		{ { SPEC_ID, SPEC_TIME, many }, "more than 16" },
	};

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (int i = 0; i < 17; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "%s ", SPEC_MAC);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct webhook_signature signature;
		struct err err = { 0 };

		assert_int_equal(signature_read(&cases[i].head, &signature, &err), ERR_INVALID);
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("case %zu says: %s", i, err.text);
	}
}

static void
an_attempt_is_fresh_within_the_tolerance_either_way(void **state)
{
	const struct webhook_signature signature = { .at = 1000 * MS_SECOND };
	static const struct {
		utc_ms now;
		bool fresh;
	} cases[] = {
		{ 1000 * MS_SECOND, true },
		{ 1300 * MS_SECOND, true },
		{ 1300 * MS_SECOND + 1, false },
		{ 700 * MS_SECOND, true },
		{ 700 * MS_SECOND - 1, false },
		{ 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		    signature_is_fresh(&signature, cases[i].now, 300 * MS_SECOND), cases[i].fresh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_specification_holds),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(the_parts_do_not_run_into_each_other),
		cmocka_unit_test(a_new_secret_may_stand_beside_the_old_one),
		cmocka_unit_test(other_versions_and_malformed_entries_prove_nothing),
		cmocka_unit_test(headers_that_are_missing_or_wrong_are_named),
		cmocka_unit_test(an_attempt_is_fresh_within_the_tolerance_either_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
