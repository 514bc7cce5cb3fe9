#include "text/wordset.h"

#include <assent/base/str.h>

#include "text/intent_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* "a", "ab", "b", "bb": made by hand as contrib/build/wordset.py would. */
#define EDGE(byte, last, ends, to) \
	((uint32_t)(byte) | (uint32_t)(last) << 8 | (uint32_t)(ends) << 9 | (uint32_t)(to) << 10)
static const uint32_t edges[] = { EDGE('a', 0, 1, 2), EDGE('b', 1, 1, 2), EDGE('b', 1, 1, 0) };
static const uint32_t skips[] = { 0, 2, 1 };
static const struct wordset four = { edges, skips, 4 };
static const char *const texts[] = { "a", "ab", "b", "bb" };

static void
each_text_has_its_number_and_others_have_none(void **state)
{
	static const char *const others[] = { "", "c", "aa", "abb", "ba", "\xff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(wordset_find(&four, texts[i], strlen(texts[i])), i);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_true(wordset_find(&four, others[i], strlen(others[i])) == WORDSET_NONE);
}

static void
note(void *arg, size_t number, const char *text)
{
	size_t *count = arg;

	assert_int_equal(number, *count);
	assert_string_equal(text, texts[number]);
	++*count;
}

static void
a_walk_meets_each_text_once_and_in_order(void **state)
{
	static const struct wordset none = { edges, skips, 0 };
	size_t count = 0;

	(void)state;
	wordset_each(&four, note, &count);
	assert_int_equal(count, 4);
	wordset_each(&none, note, &count);
	assert_int_equal(count, 4);
	assert_true(wordset_find(&none, "a", 1) == WORDSET_NONE);
}

static void
check_typo(void *arg, size_t number, const char *text)
{
	size_t *count = arg;

	assert_int_equal(wordset_find(&intent_typos, text, strlen(text)), number);
	assert_string_not_equal(intent_typo(text, strlen(text)), text);
	++*count;
}

static void
every_slip_leads_to_another_word(void **state)
{
	size_t count = 0;

	(void)state;
	wordset_each(&intent_typos, check_typo, &count);
	assert_int_equal(count, intent_typos.count);
	assert_true(count > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_has_its_number_and_others_have_none),
		cmocka_unit_test(a_walk_meets_each_text_once_and_in_order),
		cmocka_unit_test(every_slip_leads_to_another_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
