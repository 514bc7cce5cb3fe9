#include <assent/text/redact.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define T "abcdefghijklmnopqrstuvwxyz234567"
#define U "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/* clang-format off */
static const struct {
	const char *text, *want;
} cases[] = {
	{ "see https://desk.example/a/" T, "see https://desk.example/a/[token]" },
	{ "https://desk.example/a/" T "?d=approve more", "https://desk.example/a/[token]?d=approve more" },
	{ "https://desk.example/a/" U, "https://desk.example/a/[token]" },
	{ "/a/" T "\n/a/" T, "/a/[token]\n/a/[token]" },
	{ "agent+" T "@desk.example", "agent+[token]@desk.example" },
	{ "Reply-To: <agent-" T "@desk.example>", "Reply-To: <agent-[token]@desk.example>" },
	{ "mailto:agent%2B" T "@desk.example", "mailto:agent%2B[token]@desk.example" },
	{ "agent%252B" T "%2540desk.example", "agent%252B[token]%2540desk.example" },
	{ "agent+" T "%40desk.example", "agent+[token]%40desk.example" },
	{ "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdesk.example%2Fa%2F" T "%3Fd%3Dapprove&data=05",
	    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdesk.example%2Fa%2F[token]%3Fd%3Dapprove&data=05" },
	{ "https%253A%252F%252Fdesk.example%252Fa%252F" T, "https%253A%252F%252Fdesk.example%252Fa%252F[token]" },
	{ "https://urldefense.com/v3/__https://desk.example/a/" T "__;!!x", "https://urldefense.com/v3/__https://desk.example/a/[token]__;!!x" },
	{ "https://urldefense.proofpoint.com/v2/url?u=https-3A__desk.example_-2Fa-2F" T "-3Fd&d=Dw",
	    "https://urldefense.proofpoint.com/v2/url?u=https-3A__desk.example_-2Fa-2F[token]-3Fd&d=Dw" },
	{ "{\"u\":\"\\/a\\/" T "\"}", "{\"u\":\"\\/a\\/[token]\"}" },
	{ "href=\"https:&#x2F;&#x2F;d&#x2F;a&#x2F;" T "\"", "href=\"https:&#x2F;&#x2F;d&#x2F;a&#x2F;[token]\"" },
	/* what is none stays */
	{ "", "" },
	{ "/a/abcdef and /a/", "/a/abcdef and /a/" },
	{ "/b/" T, "/b/" T },
	{ "/a/abcdefghijklmnopqrstuvwxyz234561", "/a/abcdefghijklmnopqrstuvwxyz234561" },
	{ "a plain word " T " without a place", "a plain word " T " without a place" },
	{ "bob@example.com", "bob@example.com" },
	{ "d41d8cd98f00b204e9800998ecf8427e@example.com", "d41d8cd98f00b204e9800998ecf8427e@example.com" },
	{ "Größe: 5 €, /a/ä", "Größe: 5 €, /a/ä" },
};
/* clang-format on */

static void
our_tokens_go_and_all_else_stays(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str out = STR_INIT(4096);
		size_t found = redact_tokens(cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(str_text(&out), cases[i].want);
		assert_int_equal(found > 0, strstr(cases[i].want, REDACTED) != NULL);
		str_done(&out);
	}
}

static void
a_second_pass_finds_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str out = STR_INIT(4096);
		assert_int_equal(redact_tokens(cases[i].want, strlen(cases[i].want), &out), 0);
		assert_string_equal(str_text(&out), cases[i].want);
		str_done(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_tokens_go_and_all_else_stays),
		cmocka_unit_test(a_second_pass_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
