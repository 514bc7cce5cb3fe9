#include <assent/text/redact.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define T "abcdefghijklmnopqrstuvwxyz234567"
#define S64 \
	"aHR0cHM6Ly9kZXNrLmV4YW1wbGUvYS9hYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejIzNDU2Nz9kPWFwcHJvdmU"
#define U "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/* clang-format off */
static const struct {
	const char *text, *want;
} cases[] = {
	{ "see https://desk.example/a/" T, "see https://desk.example/a/[token]" },
	{ "https://desk.example/a/" T "?d=approve more", "https://desk.example/a/[token]?d=approve more" },
	{ "https://desk.example/a/" U, "https://desk.example/a/[token]" },
	{ "/a/" T "\n/a/" T, "/a/[token]\n/a/[token]" },
	{ "see https://desk.example/e/" T " now", "see https://desk.example/e/[token] now" },
	{ "https%3A%2F%2Fdesk.example%2Fe%2F" T "&x", "https%3A%2F%2Fdesk.example%2Fe%2F[token]&x" },
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
	/* gateways */
	{ "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fdesk.example%2fa%2f" T "%3fd&c=E,1,x", "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fdesk.example%2fa%2f[token]%3fd&c=E,1,x" },
	{ "https://secure-web.cisco.com/1aB2/https%3A%2F%2Fdesk.example%2Fa%2F" T, "https://secure-web.cisco.com/1aB2/https%3A%2F%2Fdesk.example%2Fa%2F[token]" },
	{ "https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fd%2fa%2f" T "&umid=1", "https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fd%2fa%2f[token]&umid=1" },
	{ "https://www.google.com/url?q=https%3A%2F%2Fd%2Fa%2F" T "&sa=D", "https://www.google.com/url?q=https%3A%2F%2Fd%2Fa%2F[token]&sa=D" },
	{ "https://urldefense.proofpoint.com/v1/url?u=https://d/a/" T "&k=x", "https://urldefense.proofpoint.com/v1/url?u=https://d/a/[token]&k=x" },
	{ "https://protect-eu.mimecast.com/s/abc?url=https%3A%2F%2Fd%2Fa%2F" T, "https://protect-eu.mimecast.com/s/abc?url=https%3A%2F%2Fd%2Fa%2F[token]" },
	/* https://desk.example/a/TOKEN?d=approve, in both alphabets of base64 */
	{ "https://eu-west-1.protection.sophos.com?d=desk.example&u=" S64 "&i=1", "https://eu-west-1.protection.sophos.com?d=desk.example&u=[token]&i=1" },
	{ "u=aHR0cHM6Ly9leGFtcGxlLmNvbS9wYWdlP3E9MSZhbXA= &i=1", "u=aHR0cHM6Ly9leGFtcGxlLmNvbS9wYWdlP3E9MSZhbXA= &i=1" },
	/* codes */
	{ "ref:" T " and ref%3A" T, "ref:[token] and ref%3A[token]" },
	{ "ref: 4711, xref:abc", "ref: 4711, xref:abc" },
	/* in pieces */
	{ "/a/abcdefghijklmnop\n> qrstuvwxyz234567\n> bye", "/a/[token]\n> bye" },
	{ "/a/abcdefghijklmnop=\r\nqrstuvwxyz234567 bye", "/a/[token] bye" },
	{ "/a/abcdefgh<wbr>ijklmnop&shy;qrstuvwxyz\xe2\x80\x8b" "234567\">", "/a/[token]\">" },
	{ "agent+abcdefghijklmnopqrst\r\n uvwxyz234567@desk.example", "agent+[token]@desk.example" },
	{ "agent+\n> abcdefghijklmnopqrstuvwxyz234567\n> @desk.example", "agent+\n> [token]\n> @desk.example" },
	{ "ref:abcdefghijklmno \npqrstuvwxyz234567.", "ref:[token]." },
	/* words on lines of their own are none */
	{ "apples\nbananas\ncherries\ndates\nelderberries\nfigs\nbob@example.com", "apples\nbananas\ncherries\ndates\nelderberries\nfigs\nbob@example.com" },
	{ "- apples\nbananas\ncherries\ndatesxxx\nbob@example.com", "- apples\nbananas\ncherries\ndatesxxx\nbob@example.com" },
	{ "see /a/ and\nthe other\n> lines", "see /a/ and\nthe other\n> lines" },
	{ "/a/abcdefghijklmnop qrstuvwxyz234567", "/a/[token]" },
	{ "/a/abcdefghijklmnop qrstuvwxyz234567 x", "/a/[token] x" },
	{ "/a/apple pie recipes for all the holidays", "/a/apple pie recipes for all the holidays" },
	{ "/a/abcdefghijklmnop qrstuvwxyz2345", "/a/abcdefghijklmnop qrstuvwxyz2345" },
	{ "ref:\nDear Bob,\nthanks\nfor\nall\nyour\nhelp", "ref:\nDear Bob,\nthanks\nfor\nall\nyour\nhelp" },
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

/* --- in pieces ------------------------------------------------------------- */

/* text in lines of width bytes, each new one behind prefix. */
static void
wrap(const char *text, size_t width, const char *eol, const char *prefix, struct str *out)
{
	str_clear(out);
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (i > 0 && i % width == 0) {
			str_add(out, eol);
			str_add(out, prefix);
		}
		str_add_char(out, text[i]);
	}
}

/* Do 20 characters of the token follow each other, whatever breaks lie between? */
static bool
survives(const char *text)
{
	AUTO(str_donep) struct str bare = STR_INIT(4096);

	for (; *text != '\0'; text++)
		if (strchr(" \t\r\n>|=", *text) == NULL)
			str_add_char(&bare, *text);
	for (size_t i = 0; i + 20 <= strlen(T); i++)
		if (memmem(str_text(&bare), bare.len, &T[i], 20) != NULL)
			return true;
	return strstr(str_text(&bare), "YWJjZGVmZ2hpamtsbW5v") != NULL;
}

static void
no_wrapping_hides_a_token(void **state)
{
	static const char *const places[] = { "https://desk.example/a/" T "?d=approve",
		"https%3A%2F%2Fdesk.example%2Fa%2F" T "%3Fd", "https-3A__desk.example_a_" T "&d=Dw",
		"Please answer to agent+" T "@desk.example today",
		"mailto:agent%2B" T "%40desk.example?x", "leave ref:" T " in your answer",
		"?d=desk.example&u=" S64 "&i=1" };
	static const char *const eols[] = { "\n", "\r\n", " \n", "=\r\n", "\n\n", "<wbr>",
		"<br>\n" };
	static const char *const prefixes[] = { "", " ", "> ", "> > ", ">>> ", "| ", "\t> " };
	AUTO(str_donep) struct str text = STR_INIT(8192);

	for (size_t p = 0; p < ARRAY_LEN(places); p++)
		for (size_t e = 0; e < ARRAY_LEN(eols); e++)
			for (size_t x = 0; x < ARRAY_LEN(prefixes); x++)
				for (size_t width = 1; width < 80; width += width < 36 ? 1 : 7) {
					AUTO(str_donep) struct str out = STR_INIT(8192);

					if (strcmp(eols[e], "<wbr>") == 0 && prefixes[x][0] != '\0')
						continue;
					wrap(places[p], width, eols[e], prefixes[x], &text);
					if (redact_tokens(str_text(&text), text.len, &out) == 0 ||
					    survives(str_text(&out)))
						fail_msg("%s", str_text(&text));
				}
}

static void
a_broken_code_is_put_together(void **state)
{
	static const char text[] =
	    "ref: 12\n> leave REF:abcdefghijklmno\n> pqrstuvwxyz234567 in it";
	struct redact_code code;

	assert_true(redact_next_code(text, 0, &code));
	assert_string_equal(code.token, T);
	assert_int_equal(code.start, strstr(text, "REF") - text);
	assert_string_equal(text + code.end, " in it");
	assert_false(redact_next_code(text, code.end, &code));
}

/* Text of one kind only must not take longer than its length: a second is a hundred times too long. */
static void
no_text_takes_more_than_linear_time(void **state)
{
	static const char *const units[] = { "/a/", "aHR0c", "a\n", "/\n", "=",
		"ref:", "a\n> > > > >", "/a/abcdefghijklmnopqrstuvwxyz23456", "%2f", ">", "+a\n",
		"a        ", "<" };

	for (size_t u = 0; u < ARRAY_LEN(units); u++) {
		AUTO(str_donep) struct str text = STR_INIT((size_t)4 << 20);
		AUTO(str_donep) struct str out = STR_INIT((size_t)8 << 20);

		while (text.len + 100 < (size_t)1 << 20)
			str_add(&text, units[u]);
		str_add(&text, " /a/" T);
		assert_true(redact_tokens(text.text, text.len, &out) >= 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_tokens_go_and_all_else_stays),
		cmocka_unit_test(a_second_pass_finds_nothing),
		cmocka_unit_test(no_wrapping_hides_a_token),
		cmocka_unit_test(a_broken_code_is_put_together),
		cmocka_unit_test(no_text_takes_more_than_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
