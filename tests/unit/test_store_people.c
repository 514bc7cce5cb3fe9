#include "help_store.h"

#include <assent/store/people.h>

#include <string.h>

static struct organisation
acme(void)
{
	return (struct organisation){
		.id = id_of(1),
		.key = "acme",
		.name = "Acme Ltd",
		.owner_email = "Olga@Acme.EXAMPLE",
		.owner_name = "Olga Owner",
		.settled_owner = "Olga@Acme.EXAMPLE",
		.locale = "en",
		.zone_name = "Europe/Vienna",
		.level = LEVEL_VOUCHED,
		.updated = T0,
	};
}

STEP_TEST(an_organisation_comes_back_as_it_was_with_addresses_in_lower_case)
{
	struct organisation in = acme(), out = { 0 };
	struct id id = { 0 };

	OK(organisation_put(tx, &in, &id, err));
	assert_true(id_equal(&id, &in.id));
	OK(organisation_get(tx, &id, &out, err));
	assert_string_equal(out.key, "acme");
	assert_string_equal(out.name, "Acme Ltd");
	assert_string_equal(out.owner_email, "olga@acme.example");
	assert_string_equal(out.owner_name, "Olga Owner");
	assert_string_equal(out.settled_owner, "olga@acme.example");
	assert_string_equal(out.locale, "en");
	assert_string_equal(out.zone_name, "Europe/Vienna");
	assert_int_equal(out.level, LEVEL_VOUCHED);
	assert_int_equal(out.updated, T0);
}

STEP_TEST(putting_a_key_again_keeps_its_id)
{
	struct organisation in = acme(), out;
	struct id id;

	OK(organisation_put(tx, &in, &id, err));
	in.id = id_of(2);
	in.name = "Acme Group";
	in.level = LEVEL_LINK;
	OK(organisation_put(tx, &in, &id, err));
	in.id = id_of(1);
	assert_true(id_equal(&id, &in.id));
	OK(organisation_by_key(tx, "acme", &out, err));
	assert_string_equal(out.name, "Acme Group");
	assert_int_equal(out.level, LEVEL_LINK);
	in.id = id_of(2);
	REFUSED(ERR_NOT_FOUND, organisation_get(tx, &in.id, &out, err));
	REFUSED(ERR_NOT_FOUND, organisation_by_key(tx, "nobody", &out, err));
	assert_string_equal(err->text, "there is no such organisation");
}

STEP_TEST(a_domain_leads_to_one_organisation_and_may_move)
{
	const char *two[] = { "acme.example", "Acme.TEST" }, *one[] = { "acme.example" };
	struct domain_list both = { two, 2 }, single = { one, 1 }, none = { NULL, 0 };
	struct organisation in = acme(), out;
	struct id first, second;
	bool has = false;

	OK(organisation_put(tx, &in, &first, err));
	in.id = id_of(2);
	in.key = "other";
	OK(organisation_put(tx, &in, &second, err));
	OK(organisation_set_domains(tx, &first, &both, err));
	OK(organisation_by_domain(tx, "ACME.test", &out, err));
	assert_true(id_equal(&out.id, &first));
	OK(organisation_has_domain(tx, &first, "acme.TEST", &has, err));
	assert_true(has);
	OK(organisation_has_domain(tx, &second, "acme.test", &has, err));
	assert_false(has);

	OK(organisation_set_domains(tx, &second, &single, err));
	OK(organisation_by_domain(tx, "acme.example", &out, err));
	assert_true(id_equal(&out.id, &second));
	OK(organisation_set_domains(tx, &first, &none, err));
	REFUSED(ERR_NOT_FOUND, organisation_by_domain(tx, "acme.test", &out, err));
	OK(organisation_by_domain(tx, "acme.example", &out, err));
}

STEP_TEST(an_owner_can_change_and_go)
{
	struct organisation in = acme(), out;
	struct id id, nobody = id_of(9);

	OK(organisation_put(tx, &in, &id, err));
	OK(organisation_set_owner(tx, &id, "New@Acme.example", "New", T0 + 1, err));
	OK(organisation_get(tx, &id, &out, err));
	assert_string_equal(out.owner_email, "new@acme.example");
	assert_string_equal(out.settled_owner, "olga@acme.example");
	assert_int_equal(out.updated, T0 + 1);
	OK(organisation_set_owner(tx, &id, "", "", T0 + 2, err));
	OK(organisation_get(tx, &id, &out, err));
	assert_string_equal(out.owner_email, "");
	REFUSED(ERR_NOT_FOUND, organisation_set_owner(tx, &nobody, "a@b", "", T0, err));
}

STEP_TEST(staff_that_left_the_settings_is_not_found_until_it_returns)
{
	struct policy_staff rows[] = { { .email = "ANN@desk.example" } };
	struct policy policy = { .staff = rows, .staff_count = 1 };
	struct staff ann = { id_of(1), "Ann@desk.example", "Ann", "engineer", "first", true };
	struct staff bob = { id_of(2), "bob@desk.example", "Bob", "admin", "", true };
	struct staff out;

	OK(staff_put(tx, &ann, err));
	OK(staff_put(tx, &bob, err));
	OK(staff_keep_only(tx, &policy, err));
	OK(staff_by_email(tx, "ann@DESK.example", &out, err));
	assert_string_equal(out.name, "Ann");
	assert_string_equal(out.role, "engineer");
	assert_string_equal(out.team, "first");
	REFUSED(ERR_NOT_FOUND, staff_by_email(tx, "bob@desk.example", &out, err));

	bob.id = id_of(3);
	OK(staff_put(tx, &bob, err));
	OK(staff_by_email(tx, "bob@desk.example", &out, err));
	assert_int_equal(out.id.bytes[15], 2);
}

STEP_TEST(a_contact_keeps_its_organisation_and_a_name_is_not_lost)
{
	struct contact in = { id_of(1), id_of(7), "Rita@Acme.example", "Rita", T0 }, out;

	OK(contact_put(tx, &in, err));
	in = (struct contact){ id_of(2), id_of(8), "rita@acme.EXAMPLE", "", T0 + 1 };
	OK(contact_put(tx, &in, err));
	OK(contact_by_email(tx, "RITA@acme.example", &out, err));
	assert_int_equal(out.id.bytes[15], 1);
	assert_int_equal(out.organisation.bytes[15], 7);
	assert_string_equal(out.name, "Rita");
	assert_int_equal(out.first_seen, T0);
	in.name = "Rita R.";
	OK(contact_put(tx, &in, err));
	OK(contact_by_email(tx, "rita@acme.example", &out, err));
	assert_string_equal(out.name, "Rita R.");
	in = (struct contact){ .id = id_of(3), .email = "x@y.example", .name = NULL };
	OK(contact_put(tx, &in, err));
	OK(contact_by_email(tx, "x@y.example", &out, err));
	assert_true(id_is_null(&out.organisation));
	assert_string_equal(out.name, "");
	REFUSED(ERR_NOT_FOUND, contact_by_email(tx, "nobody@y.example", &out, err));
}

static int
put_acme(struct tx *tx, void *arg, struct err *err)
{
	struct organisation in = acme();

	return organisation_put(tx, &in, arg, err);
}

static int
get_acme(struct tx *tx, void *arg, struct err *err)
{
	struct organisation out;

	(void)arg;
	return organisation_by_key(tx, "acme", &out, err);
}

static void
a_level_that_nobody_knows_is_refused(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };
	struct id id;

	store_step(store, put_acme, &id);
	store_sql(store, "UPDATE organisations SET level = 'trusting'");
	assert_int_equal(db_read(store->db, NULL, get_acme, NULL, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "organisation 01020304"));
	assert_non_null(strstr(err.text, "column level"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_organisation_comes_back_as_it_was_with_addresses_in_lower_case),
		STORE_TEST(putting_a_key_again_keeps_its_id),
		STORE_TEST(a_domain_leads_to_one_organisation_and_may_move),
		STORE_TEST(an_owner_can_change_and_go),
		STORE_TEST(staff_that_left_the_settings_is_not_found_until_it_returns),
		STORE_TEST(a_contact_keeps_its_organisation_and_a_name_is_not_lost),
		STORE_TEST(a_level_that_nobody_knows_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
