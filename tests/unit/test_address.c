#include <assent/mail/compose.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define LABEL60 A60 "."

/* clang-format off */
static const struct {
	const char *email;
	bool plain;
} cases[] = {
	{ "k.vogel@hanse-logistik.example",	true },
	{ "approvals+3k7qmw2c@brandt-it.example", true },
	{ "root@localhost",			true },
	{ "o'neil/x=y@example.org",		true },
	{ "jörg@müller.example",		true },
	{ "用户@例子.example",			true },
	{ A60 "aaaa@example.org",		true },
	{ "a@" LABEL60 LABEL60 LABEL60 "org",	true },

	{ "",					false },
	{ "plain",				false },
	{ "@example.org",			false },
	{ "a@",					false },
	{ "a@b@c.example",			false },
	{ "a b@example.org",			false },
	{ "\"a b\"@example.org",		false },
	{ "a(comment)@example.org",		false },
	{ "attacker(&email=v@x&)@example.org",	false },
	{ "<a@example.org>",			false },
	{ "a@example.org>",			false },
	{ "a,b@example.org",			false },
	{ "a;b@example.org",			false },
	{ ".a@example.org",			false },
	{ "a.@example.org",			false },
	{ "a..b@example.org",			false },
	{ "a@example..org",			false },
	{ "a@example.org.",			false },
	{ "a@.example.org",			false },
	{ "a@[127.0.0.1]",			false },
	{ "a@exa mple.org",			false },
	{ "a@example.org\r\nBcc: b@c",		false },
	{ "a\n@example.org",			false },
	{ "a@example.org\t",			false },
	{ "a\x01@example.org",			false },
	{ "a@ex\x7f.org",			false },
	{ "a\xff@example.org",			false },
	{ "a\xc3@example.org",			false },
	{ "a\xe2\x80\xae@example.org",		false },	/* right-to-left override */
	{ "a\xe2\x80\x8b@example.org",		false },	/* zero-width space */
	{ "a\xc2\x85@example.org",		false },	/* C1 control */
	{ A60 "aaaaa@example.org",		false },	/* local part of 65 */
	{ "a@" A60 "aaaa.org",			false },	/* label of 64 */
	{ "a@" LABEL60 LABEL60 LABEL60 LABEL60 "example.org", false },	/* over 254 */
};
/* clang-format on */

static void
only_plain_mailboxes_go_into_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (address_is_plain(cases[i].email) != cases[i].plain)
			fail_msg("\"%s\" should %sbe plain", cases[i].email,
			    cases[i].plain ? "" : "not ");
	assert_false(address_is_plain(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_mailboxes_go_into_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
