#include <assent/mail/sender.h>

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define ROWS_MAX 6

struct sender_case {
	const char *name;
	const char *from;
	const char *rows; /* "host method result domain[ @n]; …": n Received fields above */
	enum sender_verdict want;
};

#define V SENDER_VOUCHED
#define N SENDER_NOT_VOUCHED
#define F SENDER_FAILED

/* clang-format off */
static const struct sender_case cases[] = {
	{ "aligned DMARC vouches", "a@example.com", "mx.desk.test dmarc pass example.com", V },
	{ "DMARC of a subdomain's organisation vouches", "a@mail.example.com", "mx.desk.test dmarc pass example.com", V },
	{ "DMARC for another domain does not", "a@example.com", "mx.desk.test dmarc pass example.org", N },
	{ "DMARC that names no domain does not", "a@example.com", "mx.desk.test dmarc pass -", N },
	{ "aligned DKIM vouches", "a@example.com", "mx.desk.test dkim pass example.com", V },
	{ "DKIM of a subdomain vouches", "a@example.com", "mx.desk.test dkim pass news.example.com", V },
	{ "DKIM of somebody else does not", "a@example.com", "mx.desk.test dkim pass relay.test", N },
	{ "a domain that only ends alike does not align", "a@example.com", "mx.desk.test dkim pass badexample.com", N },
	{ "a domain that begins alike does not align", "a@example.com", "mx.desk.test dkim pass example.com.evil.test", N },
	{ "aligned SPF vouches", "a@example.com", "mx.desk.test spf pass bounces.example.com", V },
	{ "SPF of somebody else does not", "a@example.com", "mx.desk.test spf pass mailer.test", N },
	{ "SPF of the null sender does not", "a@example.com", "mx.desk.test spf pass -", N },
	{ "two firms under co.uk do not align", "a@one.co.uk", "mx.desk.test dkim pass two.co.uk", N },
	{ "one firm under co.uk aligns", "a@mail.one.co.uk", "mx.desk.test dkim pass one.co.uk", V },
	{ "a public suffix does not align with what is below it", "a@one.co.uk", "mx.desk.test dkim pass co.uk", N },
	{ "two pages of a host of pages do not align", "a@one.github.io", "mx.desk.test dkim pass two.github.io", N },
	{ "case does not matter", "a@EXAMPLE.com", "MX.desk.TEST dmarc pass Example.COM", V },
	{ "U-label and A-label are one domain", "a@m\xc3\xbcller.example", "mx.desk.test dkim pass xn--mller-kva.example", V },
	{ "A-label and U-label are one domain", "a@xn--mller-kva.example", "mx.desk.test dkim pass m\xc3\xbcller.example", V },
	{ "letters that look alike are not alike", "a@ex\xd0\xb0mple.com", "mx.desk.test dkim pass example.com", N },
	{ "a final dot does not matter", "a@example.com", "mx.desk.test dkim pass example.com.", V },

	{ "DMARC fail wins over DKIM pass", "a@example.com", "mx.desk.test dkim pass example.com; mx.desk.test dmarc fail example.com", F },
	{ "SPF fail wins over DMARC pass", "a@example.com", "mx.desk.test dmarc pass example.com; mx.desk.test spf fail example.com", F },
	{ "SPF hardfail is a fail", "a@example.com", "mx.desk.test spf hardfail example.com", F },
	{ "aligned DKIM fail wins over DMARC pass", "a@example.com", "mx.desk.test dmarc pass example.com; mx.desk.test dkim fail mail.example.com", F },
	{ "a second field's fail wins", "a@example.com", "mx.desk.test dkim pass example.com; mx2.desk.test dmarc fail example.com", F },
	{ "the order of pass and fail does not matter", "a@example.com", "mx.desk.test dkim fail example.com; mx.desk.test dkim pass example.com", F },
	{ "DKIM fail of a list says nothing", "a@example.com", "mx.desk.test dkim fail list.test; mx.desk.test dmarc pass example.com", V },
	{ "DKIM fail that names nobody could be the author's", "a@example.com", "mx.desk.test dkim fail -; mx.desk.test dmarc pass example.com", F },
	{ "SPF softfail does not fail", "a@example.com", "mx.desk.test spf softfail example.com; mx.desk.test dkim pass example.com", V },
	{ "SPF softfail alone vouches for nobody", "a@example.com", "mx.desk.test spf softfail example.com", N },
	{ "temporary errors vouch for nobody", "a@example.com", "mx.desk.test dmarc temperror example.com; mx.desk.test dkim temperror example.com", N },
	{ "none vouches for nobody", "a@example.com", "mx.desk.test dmarc none example.com; mx.desk.test spf none example.com", N },
	{ "neutral DKIM vouches for nobody", "a@example.com", "mx.desk.test dkim neutral example.com", N },
	{ "a method that we do not know says nothing", "a@example.com", "mx.desk.test arc fail example.com; mx.desk.test auth pass example.com", N },

	{ "a strange host's pass does not count", "a@example.com", "mx.evil.test dmarc pass example.com", N },
	{ "a strange host's fail does not count", "a@example.com", "mx.evil.test dmarc fail example.com; mx.desk.test dmarc pass example.com", V },
	{ "a host that only ends alike is strange", "a@example.com", "evil-mx.desk.test dmarc pass example.com", N },
	{ "an unnamed host is strange", "a@example.com", "- dmarc pass example.com", N },
	{ "our name below a Received field is forged", "a@example.com", "mx.desk.test dmarc pass example.com @1", N },
	{ "a forged fail below a Received field does not harm", "a@example.com", "mx.desk.test dmarc pass example.com; mx.desk.test dmarc fail example.com @1", V },
	{ "a field of ours that ends nowhere fails", "a@example.com", "mx.desk.test dmarc pass example.com; mx.desk.test - malformed -", F },
	{ "a strange field that ends nowhere does not", "a@example.com", "mx.desk.test dmarc pass example.com; mx.evil.test - malformed - @1", V },
	{ "nothing said vouches for nobody", "a@example.com", "", N },
	{ "no From fails", "", "mx.desk.test dmarc pass example.com", F },
	{ "a From without domain fails", "root", "mx.desk.test dmarc pass example.com", F },
	{ "a From whose domain is none fails", "a@-..x", "mx.desk.test dmarc pass -..x", F },
};
/* clang-format on */

struct built {
	struct address from[2];
	struct auth_result rows[ROWS_MAX];
	const char *by[2];
	struct letter letter;
	char words[512];
};

static const char *
word(char **at)
{
	char *s = strsep(at, " ");

	return !s || text_is(s, "-") ? "" : s;
}

static void
add_row(struct built *b, char *row)
{
	struct auth_result *a = &b->rows[b->letter.auth_count++];
	char *at = row + strspn(row, " ");
	const char *mark;

	a->authserv_id = word(&at);
	a->method = word(&at);
	a->result = word(&at);
	a->domain = word(&at);
	mark = word(&at);
	a->received_above = *mark ? mark[1] - '0' : 0;
	a->above_received = a->received_above == 0;
}

static void
build(struct built *b, const char *from, const char *rows)
{
	char *at = b->words, *row;

	memset(b, 0, sizeof(*b));
	assert_true(strlen(rows) < sizeof(b->words));
	memcpy(b->words, rows, strlen(rows) + 1);
	while (*rows && (row = strsep(&at, ";")))
		add_row(b, row);
	b->from[0] = (struct address){ "", from };
	b->letter.from = (struct address_list){ b->from, *from ? 1 : 0 };
	b->letter.from_fields = *from ? 1 : 0;
	b->letter.auth = b->rows;
	b->by[0] = "mx.inside.test";
	b->by[1] = "mx.elsewhere.test";
	b->letter.received_by = (struct text_list){ b->by, 2 };
}

static const char *desk_hosts[] = { "mx.desk.test", "mx2.desk.test" };
static const struct sender_trust desk = {
	.mode = TRUST_AUTHSERV,
	.authserv_ids = { desk_hosts, 2 },
};

static void
a_sender_is_judged_by_what_our_hosts_say(void **state)
{
	struct built b;
	struct sender out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		build(&b, cases[i].from, cases[i].rows);
		sender_judge(&b.letter, &desk, &out);
		if (out.verdict != cases[i].want)
			fail_msg("%s: %s (%s)", cases[i].name, sender_verdict_name(out.verdict),
			    out.sentence);
		assert_true(strlen(out.sentence) > 10);
	}
}

static void
without_a_trust_source_nobody_is_vouched_for(void **state)
{
	static const struct sender_trust none = { .mode = TRUST_NONE };
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com");
	sender_judge(&b.letter, &none, &out);
	assert_int_equal(out.verdict, SENDER_NOT_VOUCHED);
	assert_string_equal(out.sentence, "sender not vouched for: no trust source is configured");
	assert_string_equal(out.email, "a@example.com");
	assert_string_equal(out.domain, "example.com");
}

static void
two_senders_fail_whoever_vouches(void **state)
{
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com");
	b.letter.from_fields = 2;
	sender_judge(&b.letter, &desk, &out);
	assert_int_equal(out.verdict, SENDER_FAILED);
	assert_string_equal(out.email, "");
	b.letter.from_fields = 1;
	b.from[1] = (struct address){ "", "b@example.com" };
	b.letter.from.count = 2;
	sender_judge(&b.letter, &desk, &out);
	assert_int_equal(out.verdict, SENDER_FAILED);
}

static void
an_odd_from_field_fails_whoever_vouches(void **state)
{
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com");
	b.letter.from_odd = true;
	sender_judge(&b.letter, &desk, &out);
	assert_int_equal(out.verdict, SENDER_FAILED);
}

static void
an_unreadable_field_above_received_fails(void **state)
{
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com");
	b.letter.auth_malformed = true;
	sender_judge(&b.letter, &desk, &out);
	assert_int_equal(out.verdict, SENDER_FAILED);
}

static void
own_hosts_may_stand_above_a_field_that_counts(void **state)
{
	static const char *own[] = { "inside.test" };
	struct sender_trust trust = desk;
	struct built b;
	struct sender out;

	(void)state;
	trust.own_hosts = (struct domain_list){ own, 1 };
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com @1");
	sender_judge(&b.letter, &trust, &out);
	assert_int_equal(out.verdict, SENDER_VOUCHED);
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com @2");
	sender_judge(&b.letter, &trust, &out);
	assert_int_equal(out.verdict, SENDER_NOT_VOUCHED);
}

static void
microsoft_365_speaks_without_a_name(void **state)
{
	static const struct sender_trust m365 = { .mode = TRUST_M365 };
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com", "- dmarc pass example.com @1; - compauth pass -");
	b.by[0] = "db9pr02.eurprd02.prod.outlook.com";
	sender_judge(&b.letter, &m365, &out);
	assert_int_equal(out.verdict, SENDER_VOUCHED);
	assert_non_null(strstr(out.sentence, "Microsoft 365"));
	b.by[0] = "outlook.com.evil.test";
	sender_judge(&b.letter, &m365, &out);
	assert_int_equal(out.verdict, SENDER_NOT_VOUCHED);
	build(&b, "a@example.com", "- dmarc pass example.com; - compauth fail -");
	sender_judge(&b.letter, &m365, &out);
	assert_int_equal(out.verdict, SENDER_FAILED);
	build(&b, "a@example.com", "mx.desk.test dmarc pass example.com");
	sender_judge(&b.letter, &m365, &out);
	assert_int_equal(out.verdict, SENDER_NOT_VOUCHED);
}

static void
the_sentence_names_host_and_method(void **state)
{
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com",
	    "mx.desk.test spf pass example.com; mx.desk.test dmarc pass example.com");
	sender_judge(&b.letter, &desk, &out);
	assert_string_equal(
	    out.sentence, "mx.desk.test vouches for example.com: dmarc=pass for example.com");
	build(&b, "a@example.com", "mx.desk.test dmarc fail example.com");
	sender_judge(&b.letter, &desk, &out);
	assert_string_equal(out.sentence, "mx.desk.test says dmarc=fail for example.com");
}

static void
a_stranger_cannot_break_the_sentence(void **state)
{
	struct built b;
	struct sender out;

	(void)state;
	build(&b, "a@example.com", "mx.desk.test dmarc fail -");
	b.rows[0].domain = "evil.test\nforged=\xe2\x80\xae"
			   "line";
	sender_judge(&b.letter, &desk, &out);
	assert_null(strchr(out.sentence, '\n'));
	assert_null(strstr(out.sentence, "\xe2\x80\xae"));
}

static void
alignment_is_by_organisation(void **state)
{
	(void)state;
	assert_true(sender_domains_align("a.b.example.com", "c.EXAMPLE.com"));
	assert_false(sender_domains_align("example.com", "example.net"));
	assert_false(sender_domains_align("com", "example.com"));
	assert_true(sender_domains_align("localhost", "localhost"));
	assert_false(sender_domains_align("", ""));
	assert_true(sender_domains_align("stra\xc3\x9f"
					 "e.de",
	    "xn--strae-oqa.de"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_is_judged_by_what_our_hosts_say),
		cmocka_unit_test(without_a_trust_source_nobody_is_vouched_for),
		cmocka_unit_test(two_senders_fail_whoever_vouches),
		cmocka_unit_test(an_odd_from_field_fails_whoever_vouches),
		cmocka_unit_test(an_unreadable_field_above_received_fails),
		cmocka_unit_test(own_hosts_may_stand_above_a_field_that_counts),
		cmocka_unit_test(microsoft_365_speaks_without_a_name),
		cmocka_unit_test(the_sentence_names_host_and_method),
		cmocka_unit_test(a_stranger_cannot_break_the_sentence),
		cmocka_unit_test(alignment_is_by_organisation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
