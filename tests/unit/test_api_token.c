#include "help_store.h"

#include <assent/model/api_token.h>
#include <assent/store/api_token.h>

#include <stdio.h>
#include <string.h>

/* --- what a token is --------------------------------------------------------- */

static void
a_token_is_told_from_a_slip_of_the_pen(void **state)
{
	uint8_t chance[API_TOKEN_CHANCE], hash[SHA256_SIZE], again[SHA256_SIZE];
	struct api_token_text token;

	(void)state;
	for (size_t i = 0; i < sizeof(chance); i++)
		chance[i] = (uint8_t)(i * 37 + 5);
	api_token_text(chance, &token);
	assert_int_equal(strlen(token.text), API_TOKEN_CHARS);
	assert_true(text_starts(token.text, "asn_"));
	assert_true(api_token_hash(token.text, hash));
	/* Every single letter that is another one is a slip. */
	for (size_t i = 0; i < API_TOKEN_CHARS; i++) {
		char kept = token.text[i];
		token.text[i] = kept == 'q' ? 'r' : 'q';
		assert_false(api_token_hash(token.text, again));
		token.text[i] = kept;
	}
	assert_true(api_token_hash(token.text, again));
	assert_memory_equal(hash, again, sizeof(hash));
	token.text[API_TOKEN_CHARS - 1] = '\0';
	assert_false(api_token_hash(token.text, again));
	assert_false(api_token_hash("", again));
	assert_false(api_token_hash("asn_", again));
}

static void
scopes_are_words_in_any_order(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{ "", "" },
		{ "tickets:read", "tickets:read" },
		{ "approvals:write,tickets:read", "tickets:read approvals:write" },
		{ " tickets:read ,  tickets:read", "tickets:read" },
		{ "organisations:write", "organisations:write" },
		{ "tickets:reads", NULL },
		{ "tickets", NULL },
		{ "tickets:read organisations:writeorganisations:write organisations:write", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str text = STR_INIT(400);
		const char *bad = NULL;
		unsigned scopes;
		bool ok = api_scopes_parse(cases[i].text, &scopes, &bad);

		assert_int_equal(ok, cases[i].want != NULL);
		if (!ok) {
			assert_true(bad[0] != '\0' && strlen(bad) < 40);
			continue;
		}
		api_scopes_add(&text, scopes);
		assert_string_equal(str_text(&text), cases[i].want);
	}
}

static void
a_role_bounds_the_scopes(void **state)
{
	unsigned reader, engineer, admin;

	(void)state;
	assert_true(api_role_scopes("reader", &reader));
	assert_true(api_role_scopes("engineer", &engineer));
	assert_true(api_role_scopes("admin", &admin));
	assert_false(api_role_scopes("owner", &admin));
	assert_false(api_role_scopes("", &admin));
	assert_int_equal(reader & SCOPE_BIT(SCOPE_TICKETS_WRITE), 0);
	assert_int_equal(reader & SCOPE_BIT(SCOPE_APPROVALS_WRITE), 0);
	assert_int_equal(engineer & SCOPE_BIT(SCOPE_ORGANISATIONS_WRITE), 0);
	assert_int_not_equal(engineer & SCOPE_BIT(SCOPE_APPROVALS_WRITE), 0);
	assert_int_equal(admin, SCOPE_ALL);
	assert_int_equal(reader & engineer, reader);
}

static void
a_name_goes_into_logs_and_the_ledger(void **state)
{
	char longest[API_NAME_MAX + 2];

	(void)state;
	assert_true(api_name_is_good("zammad-bridge_2.prod"));
	assert_false(api_name_is_good(""));
	assert_false(api_name_is_good("two words"));
	assert_false(api_name_is_good("a\nb"));
	assert_false(api_name_is_good("\xc3\xa4"));
	memset(longest, 'a', sizeof(longest));
	longest[API_NAME_MAX] = '\0';
	assert_true(api_name_is_good(longest));
	longest[API_NAME_MAX] = 'a';
	longest[API_NAME_MAX + 1] = '\0';
	assert_false(api_name_is_good(longest));
}

/* --- where it is kept -------------------------------------------------------- */

static struct api_token
bridge(unsigned n)
{
	struct api_token token = {
		.id = id_of(n),
		.name = "bridge",
		.role = "engineer",
		.team = "Network",
		.scopes = "tickets:read",
		.created = T0,
		.expires = T0 + MS_DAY,
	};

	memset(token.hash, (int)n, sizeof(token.hash));
	return token;
}

STEP_TEST(a_token_is_found_by_its_hash_and_revoked_once)
{
	struct api_token in = bridge(1), other = bridge(2), out, *list;
	size_t n;

	OK(api_token_add(tx, &in, err));
	OK(api_token_add(tx, &other, err));
	OK(api_token_by_hash(tx, in.hash, &out, err));
	assert_true(id_equal(&out.id, &in.id));
	assert_string_equal(out.name, "bridge");
	assert_string_equal(out.role, "engineer");
	assert_string_equal(out.team, "Network");
	assert_string_equal(out.scopes, "tickets:read");
	assert_int_equal(out.expires, T0 + MS_DAY);
	assert_int_equal(out.revoked, 0);
	OK(api_token_revoke(tx, &in.id, T0 + 5, err));
	REFUSED(ERR_CONFLICT, api_token_revoke(tx, &in.id, T0 + 6, err));
	OK(api_token_get(tx, &in.id, &out, err));
	assert_int_equal(out.revoked, T0 + 5);
	OK(api_token_get(tx, &other.id, &out, err));
	assert_int_equal(out.revoked, 0);
	OK(api_token_list(tx, &list, &n, err));
	assert_int_equal(n, 2);
	assert_true(id_equal(&list[0].id, &other.id));
	memset(in.hash, 9, sizeof(in.hash));
	REFUSED(ERR_NOT_FOUND, api_token_by_hash(tx, in.hash, &out, err));
}

STEP_TEST(an_answer_is_kept_for_a_day_and_for_its_token_only)
{
	struct api_answer in = { .token = id_of(1),
		.key = "k",
		.request = { 7 },
		.status = 201,
		.body = "{}",
		.at = T0 };
	struct api_answer_key key = { id_of(1), "k", T0 + MS_DAY - 1 };
	struct api_answer out;

	OK(api_answer_put(tx, &in, err));
	OK(api_answer_get(tx, &key, &out, err));
	assert_int_equal(out.status, 201);
	assert_string_equal(out.body, "{}");
	assert_memory_equal(out.request, in.request, SHA256_SIZE);
	key.now = T0 + MS_DAY;
	REFUSED(ERR_NOT_FOUND, api_answer_get(tx, &key, &out, err));
	key = (struct api_answer_key){ id_of(2), "k", T0 };
	REFUSED(ERR_NOT_FOUND, api_answer_get(tx, &key, &out, err));
	/* The key is free again after a day. */
	in.at = T0 + MS_DAY;
	in.body = "{\"n\":2}";
	OK(api_answer_put(tx, &in, err));
	key = (struct api_answer_key){ id_of(1), "k", T0 + MS_DAY };
	OK(api_answer_get(tx, &key, &out, err));
	assert_string_equal(out.body, "{\"n\":2}");
}

static int
put_answers(struct tx *tx, void *arg, struct err *err)
{
	const utc_ms *at = arg;
	char key[24];

	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%lld-%d", (long long)*at, i);
		struct api_answer answer = {
			.token = id_of(1), .key = key, .status = 200, .body = "", .at = *at
		};
		OK(api_answer_put(tx, &answer, err));
	}
	return 0;
}

static void
old_answers_go_as_new_ones_come(void **state)
{
	struct store *store = *state;
	utc_ms at = T0;

	store_step(store, put_answers, &at);
	at = T0 + MS_DAY;
	store_step(store, put_answers, &at);
	assert_int_equal(store_number(store, "SELECT count(*) FROM api_answers"), 100);
	assert_int_equal(store_number(store, "SELECT min(at) FROM api_answers"), T0 + MS_DAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_told_from_a_slip_of_the_pen),
		cmocka_unit_test(scopes_are_words_in_any_order),
		cmocka_unit_test(a_role_bounds_the_scopes),
		cmocka_unit_test(a_name_goes_into_logs_and_the_ledger),
		STORE_TEST(a_token_is_found_by_its_hash_and_revoked_once),
		STORE_TEST(an_answer_is_kept_for_a_day_and_for_its_token_only),
		STORE_TEST(old_answers_go_as_new_ones_come),
	};

	return cmocka_run_group_tests_name("api_token", tests, NULL, NULL);
}
