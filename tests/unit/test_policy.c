/* What a policy says of a person (model/policy.h). */
#include <assent/base/mem.h>
#include <assent/model/policy.h>
#include <assent/model/rota.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *managers[] = { "meg@b.example", "Sam@b.example" };
static const char *turns[] = { "rob@b.example" };
static struct rota_override overrides[] = { { .person = "ola@b.example" } };
static const struct rota rota = { .overrides = overrides, .override_count = 1 };
static const struct policy_staff staff[] = {
	{ "sam@b.example", "Sam", "engineer", "", "ar" },
	{ "tom@b.example", "Tom", "engineer", "", "" },
	{ "uma@b.example", "Uma", "engineer", "", NULL },
};
static const struct policy_role roles[] = {
	{ .name = "manager",
	    .people = { managers, 2 },
	    .rota = { turns, 1 },
	    .turns = &rota,
	    .locale = "de" },
	{ .name = "director", .people = { managers, 2 }, .locale = "fr" },
};
static const struct policy_organisation organisations[] = {
	{ .key = "n", .owner_email = "anna@n.example", .locale = "sv" },
};

static void
each_person_reads_one_language(void **state)
{
	static const struct {
		const char *email, *want;
	} cases[] = {
		{ "sam@b.example", "ar" }, /* as staff, before the role */
		{ "SAM@B.example", "ar" },
		{ "tom@b.example", "en" },
		{ "uma@b.example", "en" },
		{ "meg@b.example", "de" }, /* the first role that says one */
		{ "rob@b.example", "de" },
		{ "ola@b.example", "de" },
		{ "anna@n.example", "sv" },
		{ "nobody@n.example", "en" },
		{ "", "en" },
	};
	const struct policy policy = { .locale = "en",
		.staff = staff,
		.staff_count = ARRAY_LEN(staff),
		.roles = roles,
		.role_count = ARRAY_LEN(roles),
		.organisations = organisations,
		.organisation_count = ARRAY_LEN(organisations) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(policy_locale_of(&policy, cases[i].email), cases[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_person_reads_one_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
