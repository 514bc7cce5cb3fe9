/* What binds: the hash of what was put to a person. */
#include <assent/model/asked.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct asked_attachment files[] = { { "offer.pdf", 1000, { 1 } },
	{ "plan.png", 2000, { 2 } } };

static const struct asked base = { "jane@acme.test", "May we?", "Laptop", "We need one.", files, 2,
	NULL, 0 };

static void
every_part_is_bound(void **state)
{
	static const struct asked_attachment other[] = { { "offer.pdf", 1000, { 9 } },
		{ "plan.png", 2000, { 2 } } };
	struct asked variants[6];
	uint8_t first[SHA256_SIZE], hash[SHA256_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++)
		variants[i] = base;
	variants[0].approver = "carl@acme.test";
	variants[1].question = "May we not?";
	variants[2].title = "Laptops";
	variants[3].request = "We need two.";
	variants[4].attachments = other;
	variants[5].attachment_count = 1;
	asked_hash(&base, first);
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		asked_hash(&variants[i], hash);
		assert_memory_not_equal(first, hash, SHA256_SIZE);
	}
}

static const struct asked_attribute facts[] = { { "cost", "480 EUR" }, { "days", "3" } };

static void
attributes_bind_and_what_has_none_hashes_as_ever(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct asked with = base, back;
	uint8_t plain[SHA256_SIZE], first[SHA256_SIZE], hash[SHA256_SIZE];
	json_t *json, *changes;
	struct err err;

	(void)state;
	with.attributes = facts;
	with.attribute_count = 2;
	asked_hash(&base, plain);
	asked_hash(&with, first);
	assert_memory_not_equal(plain, first, SHA256_SIZE);
	json = asked_to_json(&with);
	assert_int_equal(asked_from_json(json, arena, &back, &err), 0);
	asked_hash(&back, hash);
	assert_memory_equal(first, hash, SHA256_SIZE);
	json_object_del(json, "attributes");
	assert_int_equal(asked_from_json(json, arena, &back, &err), ERR_INVALID);
	json_decref(json);
	back = with;
	back.attribute_count = 1;
	asked_hash(&back, hash);
	assert_memory_not_equal(first, hash, SHA256_SIZE);
	changes = asked_changes(&back, &with);
	assert_string_equal(json_string_value(json_object_get(json_array_get(changes, 0), "after")),
	    "cost: 480 EUR\ndays: 3");
	json_decref(changes);
}

static void
text_that_moves_between_fields_is_another_question(void **state)
{
	struct asked a = base, b = base;
	uint8_t x[SHA256_SIZE], y[SHA256_SIZE];

	(void)state;
	a.question = "ab";
	a.title = "c";
	b.question = "a";
	b.title = "bc";
	asked_hash(&a, x);
	asked_hash(&b, y);
	assert_memory_not_equal(x, y, SHA256_SIZE);
}

static void
what_was_stored_is_read_back(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	json_t *json = asked_to_json(&base);
	uint8_t x[SHA256_SIZE], y[SHA256_SIZE];
	struct asked back;
	struct err err;

	(void)state;
	assert_int_equal(asked_from_json(json, arena, &back, &err), 0);
	asked_hash(&base, x);
	asked_hash(&back, y);
	assert_memory_equal(x, y, SHA256_SIZE);
	json_object_set_new(json, "version", json_integer(2));
	assert_int_equal(asked_from_json(json, arena, &back, &err), ERR_INVALID);
	json_decref(json);
	assert_int_equal(asked_from_json(NULL, arena, &back, &err), ERR_INVALID);
}

static void
changes_name_what_a_person_must_look_at_again(void **state)
{
	struct asked after = base;
	json_t *none = asked_changes(&base, &base), *some;

	(void)state;
	after.title = "Laptops";
	after.attachment_count = 1;
	some = asked_changes(&base, &after);
	assert_int_equal(json_array_size(none), 0);
	assert_int_equal(json_array_size(some), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(some, 0), "before")), "Laptop");
	json_decref(none);
	json_decref(some);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_bound),
		cmocka_unit_test(attributes_bind_and_what_has_none_hashes_as_ever),
		cmocka_unit_test(text_that_moves_between_fields_is_another_question),
		cmocka_unit_test(what_was_stored_is_read_back),
		cmocka_unit_test(changes_name_what_a_person_must_look_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
