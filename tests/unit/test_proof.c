#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/flow/proof.h>

#include "flow/receipt.h"

#include <stdio.h>
#include <string.h>

#define ARENA ((size_t)1 << 20)

static struct policy policy = { .signing_seed = { 1, 2, 3 } };

/* The lines as a receipt carries them, joined by end. */
static char *
receipt(const char *end)
{
	struct outgoing mail = { .id = { { 9 } }, .created = 1700000000000 };
	struct str text = STR_INIT(8000);
	json_t *view = json_loads("{\"head_seq\": 12, \"head\":"
				  "\"00112233445566778899aabbccddeeff"
				  "00112233445566778899aabbccddeeff\","
				  "\"items\": [{\"mark\": \"[T-1001]\", \"outcome\": \"approved\"},"
				  "{\"mark\": \"[T-1002]\", \"outcome\": \"rejected\"}]}",
	    0, NULL);
	json_t *line;
	size_t i;

	assert_non_null(view);
	receipt_sign(&policy, &mail, view);
	json_array_foreach(json_object_get(view, "signature"), i, line)
	{
		str_addf(&text, "%s%s", json_string_value(line), end);
	}
	json_decref(view);
	return str_take(&text);
}

/* old becomes new, once. */
static char *
changed(const char *text, const char *old, const char *new)
{
	struct str out = STR_INIT(16000);
	const char *at = strstr(text, old);

	assert_non_null(at);
	str_add_n(&out, text, (size_t)(at - text));
	str_add(&out, new);
	str_add(&out, at + strlen(old));
	return str_take(&out);
}

static int
read_it(const char *text, struct proof *out, struct err *err)
{
	static struct arena *arena;

	if (!arena)
		arena = arena_new(ARENA);
	arena_reset(arena);
	return proof_read(text, arena, out, err);
}

static void
expect_whole(const char *text)
{
	struct proof proof;
	struct err err = { 0 };
	int rc = read_it(text, &proof, &err);

	if (rc < 0)
		fail_msg("%s:\n%s", err.text, text);
	assert_true(proof.is_signed);
	assert_string_equal(proof.mail, "09000000-0000-0000-0000-000000000000");
	assert_int_equal(proof.count, 2);
	assert_string_equal(proof.items[0].mark, "[T-1001]");
	assert_string_equal(proof.items[1].outcome, "rejected");
	assert_string_equal(proof.when, "2023-11-14T22:13:20.000Z");
	assert_int_equal(proof.head.seq, 12);
	assert_int_equal(proof.head.hash[31], 0xff);
}

static void
what_was_signed_is_read_back(void **state)
{
	AUTO(mem_freep) char *text = receipt("\n");

	expect_whole(text);
}

static void
quotes_indents_and_line_ends_do_not_matter(void **state)
{
	static const char *const ends[] = { "\r\n", "\n\n", "  \n", "\n> ", "\n>> > ", "\n\t" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO(mem_freep) char *text = receipt(ends[i]);
		struct str around = STR_INIT(8000);

		str_addf(&around, "Hello\n%s%s\nBye\nkey to it\n", ends[i], text);
		expect_whole(str_text(&around));
		str_done(&around);
	}
}

/* As mail programs wrap: at blanks, or hard at a width. */
static void
wrapped_lines_are_joined_again(void **state)
{
	AUTO(mem_freep) char *text = receipt("\n");

	for (size_t width = 20; width < 110; width++) {
		struct str out = STR_INIT(8000);
		size_t column = 0;

		for (const char *p = text; *p; p++) {
			str_add_char(&out, *p);
			column = *p == '\n' ? 0 : column + 1;
			/* A word that is cut is only joined in what has no blanks. */
			if (column >= width && (strstr(p, "signature") == NULL || *p == ' ')) {
				str_add_char(&out, '\n');
				column = 0;
			}
		}
		expect_whole(str_text(&out));
		str_done(&out);
	}
}

static void
a_changed_line_does_not_fit_its_signature(void **state)
{
	static const struct {
		const char *old, *new;
	} cases[] = {
		{ "[T-1001] approved", "[T-1001] rejected" },
		{ "[T-1001]", "[T-1003]" },
		{ "item [T-1002] rejected\n", "" },
		{ "head 12", "head 13" },
		{ "ddeeff\n", "ddeefe\n" },
		{ "when 2023", "when 2024" },
		{ "mail 09", "mail 08" },
	};
	AUTO(mem_freep) char *text = receipt("\n");
	struct proof proof;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(mem_freep) char *other = changed(text, cases[i].old, cases[i].new);

		assert_int_equal(read_it(other, &proof, &err), 0);
		assert_false(proof.is_signed);
	}
}

static void
a_line_that_is_missing_is_named(void **state)
{
	static const struct {
		const char *old, *new, *sentence;
	} cases[] = {
		{ "mail 0", "mule 0", "the receipt is cut off: its signature is not whole" },
		{ "when 2", "item a 2", "the receipt's line \"when\" is not whole" },
		{ "head 12", "head x", "the receipt's line \"head\" is not whole" },
		{ "ddeeff\n", "ddee\n", "the receipt's line \"head\" is not whole" },
		{ "ddeeff\n", "ddeeffff\n", "the receipt's line \"head\" is not whole" },
		{ "key ", "key =", "the receipt's line \"key\" is not whole" },
		{ "signature ", "signature =", "the receipt's line \"signature\" is not whole" },
		{ "signature ", "signatur ", "the receipt is cut off: its signature is not whole" },
		{ "[T-1001] approved", "[T-1001]", "the receipt's line \"item\" is not whole" },
		{ "assentd receipt 1", "assentd receipt 2",
		    "there is no receipt (\"assentd receipt 1\") in it" },
	};
	AUTO(mem_freep) char *text = receipt("\n");
	struct proof proof;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(mem_freep) char *other = changed(text, cases[i].old, cases[i].new);

		assert_true(read_it(other, &proof, &err) < 0);
		assert_string_equal(err.text, cases[i].sentence);
	}
}

static void
a_receipt_that_is_cut_anywhere_is_not_whole(void **state)
{
	AUTO(mem_freep) char *text = receipt("\n");
	size_t len = strlen(text);
	struct proof proof;
	struct err err;

	/* Without its last newline it is whole still. */
	for (size_t n = 0; n + 1 < len; n++) {
		AUTO(mem_freep) char *part = mem_dup(text);

		part[n] = '\0';
		assert_true(read_it(part, &proof, &err) < 0);
	}
}

static void
endless_lines_end(void **state)
{
	struct str text = STR_INIT(4 << 20);
	struct proof proof;
	struct err err;

	str_add(&text, "assentd receipt 1\nmail x\n");
	for (int i = 0; i < 100000; i++)
		str_add(&text, i < 50000 ? "item a b\n" : "more and more\n");
	assert_int_equal(read_it(str_text(&text), &proof, &err), ERR_INVALID);
	str_done(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_signed_is_read_back),
		cmocka_unit_test(quotes_indents_and_line_ends_do_not_matter),
		cmocka_unit_test(wrapped_lines_are_joined_again),
		cmocka_unit_test(a_changed_line_does_not_fit_its_signature),
		cmocka_unit_test(a_line_that_is_missing_is_named),
		cmocka_unit_test(a_receipt_that_is_cut_anywhere_is_not_whole),
		cmocka_unit_test(endless_lines_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
