#include "mail/compose_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define W70 "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa"
#define LINK \
	"https://desk.example/a/" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* clang-format off */
static const struct {
	const char *in, *want;
} cases[] = {
	{ "", "" },
	{ "short\n", "short\n" },
	{ "no newline", "no newline\n" },
	{ "\n\n\nfirst\n\n\n\nsecond\n", "first\n\nsecond\n" },
	{ "blanks at the end   \t\r\n", "blanks at the end\n" },
	{ W70 " bbbbbbbb\n", W70 " bbbbbbbb\n" },			/* 78 columns stay */
	{ W70 " bbbbbbbbb\n", W70 "\nbbbbbbbbb\n" },
	{ "> " W70 " bbbbbbbbb\n", "> " W70 "\n> bbbbbbbbb\n" },
	{ ">> > " W70 " bbbbbbbbb\n", ">> > aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\n"
	    ">> > aaaaaaaaa bbbbbbbbb\n" },
	{ "- " W70 " bbbbbbbbb\n", "- " W70 "\n  bbbbbbbbb\n" },
	{ "  - " W70 " bbbbb\n", "  - aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\n"
	    "    aaaaaaaaa bbbbb\n" },
	{ "12. " W70 " bbbbb\n", "12. aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\n"
	    "    aaaaaaaaa bbbbb\n" },
	{ LINK "\n", LINK "\n" },
	{ "see " LINK " now\n", "see " LINK "\nnow\n" },
	{ "-----BEGIN X-----\nhead " W70 " bbbbbbbbb\n-----END X-----\n" W70 " bbbbbbbbb\n",
	  "-----BEGIN X-----\nhead " W70 " bbbbbbbbb\n-----END X-----\n" W70 "\nbbbbbbbbb\n" },
	{ ">\n> x\n", ">\n> x\n" },
	/* columns are letters, not bytes */
	{ "äääääääää äääääääää äääääääää äääääääää äääääääää äääääääää äääääääää bbbbbbbb\n",
	  "äääääääää äääääääää äääääääää äääääääää äääääääää äääääääää äääääääää bbbbbbbb\n" },
};
/* clang-format on */

static void
lines_break_at_blanks_and_keep_their_beginnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str out = STR_INIT(10000);

		compose_wrap(&out, cases[i].in);
		if (strcmp(str_text(&out), cases[i].want) != 0)
			fail_msg("case %zu: \"%s\" became \"%s\" and not \"%s\"", i, cases[i].in,
			    str_text(&out), cases[i].want);
	}
}

static void
wrapping_twice_changes_nothing_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str once = STR_INIT(10000), twice = STR_INIT(10000);

		compose_wrap(&once, cases[i].in);
		compose_wrap(&twice, str_text(&once));
		assert_string_equal(str_text(&once), str_text(&twice));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_break_at_blanks_and_keep_their_beginnings),
		cmocka_unit_test(wrapping_twice_changes_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
