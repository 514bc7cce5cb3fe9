/* Tokens and ids: what they are derived from, and what they are not. */
#include <assent/model/token.h>

#include <assent/base/attr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct site_key keys[] = { { 1, { 1 } }, { 2, { 2 } } };
static const struct policy policy = { .keys = keys, .key_count = 2 };

static struct token_of
some_token(void)
{
	return (struct token_of){ TOKEN_LINK, { { 1, 2, 3 } }, 1, 2 };
}

static struct token_text
derive(const struct token_of *of)
{
	struct token_text text;

	assert_true(token_derive(&policy, of, &text));
	return text;
}

static void
the_same_question_renders_the_same_link(void **state)
{
	struct token_of of = some_token();
	struct token_text a = derive(&of), b = derive(&of);

	(void)state;
	assert_string_equal(a.text, b.text);
	assert_int_equal(strlen(a.text), TOKEN_CHARS);
}

static void
each_part_makes_another_token(void **state)
{
	struct token_of base = some_token(), other[4];
	struct token_text first = derive(&base);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		other[i] = base;
	other[0].purpose = TOKEN_REPLY;
	other[1].target.bytes[15] = 9;
	other[2].generation = 2;
	other[3].key_id = 1;
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		struct token_text text = derive(&other[i]);
		assert_string_not_equal(first.text, text.text);
	}
}

static void
case_does_not_matter_and_nothing_else_is_a_token(void **state)
{
	struct token_of of = some_token();
	struct token_text text = derive(&of);
	uint8_t hash[SHA256_SIZE], upper[SHA256_SIZE];

	(void)state;
	assert_true(token_hash(text.text, TOKEN_CHARS, hash));
	for (char *p = text.text; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	assert_true(token_hash(text.text, TOKEN_CHARS, upper));
	assert_memory_equal(hash, upper, SHA256_SIZE);
	assert_false(token_hash(text.text, TOKEN_CHARS - 1, hash));
	assert_false(token_hash("0000000000000000000000000000000!", TOKEN_CHARS, hash));
}

static void
a_key_that_left_the_ring_derives_nothing(void **state)
{
	struct token_of of = some_token();
	struct token_text text;

	(void)state;
	of.key_id = 3;
	assert_false(token_derive(&policy, &of, &text));
	assert_int_equal(token_newest_key(&policy), 2);
}

static void
ids_grow_with_time_and_are_read_back(void **state)
{
	struct id a = id_new(1000), b = id_new(1001), back;
	char text[ID_TEXT_SIZE];

	(void)state;
	assert_true(memcmp(a.bytes, b.bytes, 6) < 0);
	assert_int_equal(a.bytes[6] >> 4, 7);
	assert_int_equal(a.bytes[8] >> 6, 2);
	assert_true(id_parse(id_text(&a, text), &back));
	assert_true(id_equal(&a, &back));
	assert_false(id_parse("0193", &back));
	assert_false(id_parse("0193aaaa-0000-7000-8000-00000000000g", &back));
	assert_false(id_parse("0193aaaa-0000-7000-8000-0000000000001", &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_question_renders_the_same_link),
		cmocka_unit_test(each_part_makes_another_token),
		cmocka_unit_test(case_does_not_matter_and_nothing_else_is_a_token),
		cmocka_unit_test(a_key_that_left_the_ring_derives_nothing),
		cmocka_unit_test(ids_grow_with_time_and_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
