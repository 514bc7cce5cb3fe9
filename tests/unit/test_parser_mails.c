/* Every mail of tests/mail through a real child: what must come out, a row each. */
#include "help_mail.h"

#include <assent/base/num.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct mail_case {
	const char *mail, *what, *want;
};

/* clang-format off */
static const struct mail_case cases[] = {
	{ "plain", "subject", "Re: New disk" },
	{ "plain", "from", "Anna Example <anna@example.com>" },
	{ "plain", "to", "Desk <desk@desk.test>" },
	{ "plain", "cc", "" },
	{ "plain", "message_id", "m1@example.com" },
	{ "plain", "in_reply_to", "q1@desk.test" },
	{ "plain", "references", "q0@desk.test q1@desk.test" },
	{ "plain", "recipients", "desk+abc@desk.test desk@desk.test" },
	{ "plain", "return_path", "anna@example.com" },
	{ "plain", "loop", "desk-1" },
	{ "plain", "date", "1795165200000" },
	{ "plain", "reply", "Approved, thank you." },
	{ "plain", "html", "" },
	{ "plain", "flags", "" },
	{ "plain", "automatic", "0 " },
	{ "plain", "attachments", "" },

	{ "html-only", "reply", "Yes, please order it.\n\n1. approve\n2. reject" },
	{ "html-only", "text", "Yes, please order it.\n\n1. approve\n2. reject\n\n"
	    "> On Friday Desk wrote:\n> May we order\n> the disk & the cable?\n" },
	{ "html-deep", "text", "the bottom" },
	{ "html-deep", "flags", "truncated " },
	{ "html-broken", "text", "Approved\nby me <ok>\none two\n" },
	{ "html-attributes", "text", "still here\n" },
	{ "outlook-html", "reply", "Rejected, too dear.\n\nAnna" },

	{ "alternative", "reply", "Approved.\n\nAnna *Example*" },
	{ "alternative", "flags", "" },
	{ "alternative-lies", "flags", "disagree " },
	{ "alternative-more", "flags", "disagree " },
	{ "alternative-empty-plain", "reply", "Approved by HTML" },
	{ "alternative-empty-plain", "flags", "" },

	{ "mixed", "text", "See the files." },
	{ "mixed", "flags", "" },
	{ "mixed", "attachments", "logo.png image/png 8|Angebot f\xc3\xbcr M\xc3\xa4rz.pdf application/pdf 19|"
	    "zahlen \xe2\x82\xac.csv text/csv 3|winmail.dat application/ms-tnef 6| message/rfc822 71|" },

	{ "headers", "subject", "Caf\xc3\xa9 und \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
	{ "headers", "from", "Andr\xc3\xa9 M\xc3\xbcller <andre@m\xc3\xbcller.example>" },
	{ "headers", "to", "B\xc3\xbcro <buero@example.com>, <a@example.com>, <b@example.com>" },
	{ "headers", "cc", "gro\xc3\x9f" "artig <c@example.com>" },
	{ "headers", "message_id", "ab@example.com" },
	{ "headers", "in_reply_to", "x@y.test" },
	{ "headers", "original_id", "orig@example.com" },
	{ "headers", "recipients", "one@desk.test two@desk.test" },
	{ "headers", "date", "1795165200000" },
	{ "headers", "flags", "" },
	{ "header-break", "subject", "line Bcc: evil@example.com" },

	{ "two-from", "from", "<anna@example.com>, <boss@example.com>" },
	{ "two-from", "from_fields", "2" },
	{ "two-mailboxes", "from", "<anna@example.com>, <boss@example.com>" },
	{ "two-mailboxes", "sender", "<evil@example.org>" },
	{ "odd-from-1", "flags", "odd " },
	{ "odd-from-2", "flags", "odd " },
	{ "odd-from-3", "flags", "odd " },
	{ "odd-from-4", "flags", "odd " },
	{ "odd-from-5", "flags", "odd " },
	{ "odd-from-6", "flags", "odd " },
	{ "odd-from-7", "flags", "odd " },
	{ "odd-from-8", "flags", "odd " },
	{ "plain-from", "flags", "" },
	{ "plain-from", "from", "Example, Anna (IT) <anna.x+tag@example.com>" },

	{ "flowed", "text", "This line goes on and ends here.\n> not a quote\n>> a quoted line goes on\n> less\n-- \nAnna\n" },
	{ "flowed-delsp", "text", "longword and blank\n" },

	{ "charset-utf-8", "text", "K\xc3\xa4se gr\xc3\xb6\xc3\x9f" "er \xe2\x82\xac" },
	{ "charset-utf-8-quoted", "text", "K\xc3\xa4se" },
	{ "charset-iso-8859-1", "text", "K\xc3\xa4se gr\xc3\xb6\xc3\x9f" "er" },
	{ "charset-iso-8859-15", "text", "K\xc3\xa4se \xe2\x82\xac" },
	{ "charset-windows-1252", "text", "\xe2\x80\x9cK\xc3\xa4se\xe2\x80\x9d \xe2\x82\xac" },
	{ "charset-windows-1251", "text", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd0\xbc\xd0\xb8\xd1\x80" },
	{ "charset-koi8-r", "text", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd0\xbc\xd0\xb8\xd1\x80" },
	{ "charset-iso-2022-jp", "text", "\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf\xe4\xb8\x96\xe7\x95\x8c" },
	{ "charset-x-sjis", "text", "\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf\xe4\xb8\x96\xe7\x95\x8c" },
	{ "charset-ks_c_5601-1987", "text", "\xec\x95\x88\xeb\x85\x95\xed\x95\x98\xec\x84\xb8\xec\x9a\x94" },
	{ "charset-gb2312", "text", "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c" },
	{ "charset-big5", "text", "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c" },
	{ "charset-utf-16le", "text", "K\xc3\xa4se \xe4\xbd\xa0\xe5\xa5\xbd" },
	{ "charset-cp-850", "text", "K\xc3\xa4se" },
	{ "charset-utf-7", "text", "K\xc3\xa4se +" },
	{ "charset-none", "text", "K\xc3\xa4se gr\xc3\xb6\xc3\x9f" "er" },
	{ "charset-invented", "text", "K\xc3\xa4se gr\xc3\xb6\xc3\x9f" "er" },
	{ "charset-nul", "text", "onetwo" },
	{ "meta-charset", "text", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd0\xbc\xd0\xb8\xd1\x80\n" },

	{ "dsn", "automatic", "3 Content-Type: multipart/report; report-type=delivery-status" },
	{ "dsn", "delivery", "failed 5.1.1 owner@example.com [550 5.1.1 <owner@example.com>: user unknown] q7@desk.test" },
	{ "dsn", "return_path", "<>" },
	{ "dsn", "reply", "It did not work." },
	{ "dsn-headers", "delivery", "delayed 4.4.7 boss@example.com [] q8@desk.test" },
	{ "bounce-exim", "automatic", "3 X-Failed-Recipients: owner@example.com" },
	{ "bounce-exim", "delivery", "failed  owner@example.com [] q9@desk.test" },
	{ "receipt", "automatic", "4 Content-Type: multipart/report; report-type=disposition-notification" },
	{ "absence", "automatic", "1 Return-Path: <>" },
	{ "list", "automatic", "2 Precedence: bulk" },

	{ "auth", "auth", "mx.desk.test dkim=pass example.com 0 above|mx.desk.test spf=pass mail.example.com 0 above|"
	    "mx.desk.test dmarc=pass example.com 0 above|mx.desk.test dmarc=pass forged.example 2 below|" },
	{ "auth", "received_by", "mx.desk.test mail.example.com" },
	{ "auth", "flags", "" },
	{ "auth-lmtp", "auth", "mx.desk.test dmarc=pass example.com 0 above|mx.desk.test dmarc=pass forged.example 1 below|" },
	{ "auth-open", "auth", "mx.desk.test dkim=pass example.com 0 above|mx.desk.test =malformed  0 above|" },
	{ "auth-open", "flags", "auth " },
	{ "auth-m365", "auth", " spf=pass example.com 0 below| dkim=pass example.com 0 below| dmarc=pass example.com 0 below|"
	    " compauth=pass  0 below|" },
	{ "auth-m365", "received_by", "b.eurprd02.prod.outlook.com c.mail.protection.outlook.com" },

	{ "signed", "reply", "Approved and signed." },
	{ "signed", "attachments", "signature.asc application/pgp-signature 64|" },
	{ "clearsigned", "text", "Approved in armour." },
	{ "mbox", "subject", "from an mbox" },
	{ "nested-mail", "text", "" },
	{ "no-body", "text", "" },
	{ "boundary", "text", "Approved" },
	{ "cut-short", "text", "Approv" },
};
/* clang-format on */

static void
add_addresses(struct str *out, const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		str_addf(out, "%s%s%s<%s>", i ? ", " : "", list->items[i].name,
		    *list->items[i].name ? " " : "", list->items[i].email);
}

static void
add_texts(struct str *out, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		str_addf(out, "%s%s", i ? " " : "", list->items[i]);
}

static void
add_flags(struct str *out, const struct letter *l)
{
	str_addf(out, "%s%s%s%s", l->from_odd ? "odd " : "", l->parts_disagree ? "disagree " : "",
	    l->auth_malformed ? "auth " : "", l->truncated ? "truncated " : "");
}

static void
add_rows(struct str *out, const char *what, const struct letter *l)
{
	for (size_t i = 0; text_is(what, "attachments") && i < l->attachment_count; i++)
		str_addf(out, "%s %s %lld|", l->attachments[i].name, l->attachments[i].type,
		    (long long)l->attachments[i].size);
	for (size_t i = 0; text_is(what, "auth") && i < l->auth_count; i++)
		str_addf(out, "%s %s=%s %s %d %s|", l->auth[i].authserv_id, l->auth[i].method,
		    l->auth[i].result, l->auth[i].domain, l->auth[i].field,
		    l->auth[i].above_received ? "above" : "below");
}

struct text_row {
	const char *name;
	size_t offset;
};

static bool
add_text(struct str *out, const char *what, const struct letter *l)
{
	static const struct text_row rows[] = {
		{ "subject", offsetof(struct letter, subject) },
		{ "message_id", offsetof(struct letter, message_id) },
		{ "original_id", offsetof(struct letter, original_id) },
		{ "return_path", offsetof(struct letter, return_path) },
		{ "loop", offsetof(struct letter, loop) },
		{ "text", offsetof(struct letter, text) },
		{ "html", offsetof(struct letter, html_text) },
		{ "reply", offsetof(struct letter, reply) },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (text_is(what, rows[i].name)) {
			str_add(out, *(const char *const *)((const char *)l + rows[i].offset));
			return true;
		}
	return false;
}

static bool
add_list(struct str *out, const char *what, const struct letter *l)
{
	if (text_is(what, "from"))
		add_addresses(out, &l->from);
	else if (text_is(what, "sender"))
		add_addresses(out, &l->sender);
	else if (text_is(what, "to"))
		add_addresses(out, &l->to);
	else if (text_is(what, "cc"))
		add_addresses(out, &l->cc);
	else if (text_is(what, "in_reply_to"))
		add_texts(out, &l->in_reply_to);
	else if (text_is(what, "references"))
		add_texts(out, &l->references);
	else if (text_is(what, "recipients"))
		add_texts(out, &l->recipients);
	else if (text_is(what, "received_by"))
		add_texts(out, &l->received_by);
	else
		return false;
	return true;
}

static void
tell(struct str *out, const char *what, const struct letter *l)
{
	if (add_text(out, what, l) || add_list(out, what, l))
		return;
	if (text_is(what, "date"))
		str_addf(out, "%lld", (long long)l->date);
	else if (text_is(what, "from_fields"))
		str_addf(out, "%d", l->from_fields);
	else if (text_is(what, "flags"))
		add_flags(out, l);
	else if (text_is(what, "automatic"))
		str_addf(out, "%d %s", l->automatic, l->automatic_why);
	else if (text_is(what, "delivery"))
		str_addf(out, "%s %s %s [%s] %s", l->delivery.action, l->delivery.status,
		    l->delivery.recipient, l->delivery.diagnostic, l->delivery.original_message_id);
	else
		add_rows(out, what, l);
}

static struct letter *
parse(struct parser *parser, const char *name, struct arena *arena)
{
	AUTO(str_donep) struct str raw = STR_INIT(LETTER_RAW_MAX);
	struct letter *letter = NULL;
	struct err err = { 0 };

	help_mail_read(name, &raw);
	if (parser_letter(parser, str_text(&raw), raw.len, arena, &letter, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	return letter;
}

static void
each_mail_is_understood(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
		AUTO(str_donep) struct str got = STR_INIT(LETTER_TEXT_MAX);
		struct letter *letter = parse(*state, cases[i].mail, arena);

		tell(&got, cases[i].what, letter);
		/* How many line ends a body closes with is its writer's affair. */
		if (text_is(cases[i].what, "text") && !text_ends_nocase(cases[i].want, "\n") &&
		    got.len > 0 && got.text[got.len - 1] == '\n')
			str_cut(&got, got.len - 1);
		if (text_is(str_text(&got), cases[i].want))
			continue;
		print_error("%s: %s is\n[%s]\nnot\n[%s]\n", cases[i].mail, cases[i].what,
		    str_text(&got), cases[i].want);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void
the_fingerprint_forgets_trace_fields_and_line_ends(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *crlf = parse(*state, "plain", arena);
	struct letter *lf = parse(*state, "plain-lf", arena);
	struct letter *other = parse(*state, "html-only", arena);

	assert_memory_equal(crlf->fingerprint, lf->fingerprint, 32);
	assert_memory_not_equal(crlf->fingerprint, other->fingerprint, 32);
}

static void
a_lying_label_does_not_lose_the_text(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *letter = parse(*state, "charset-lies", arena);

	assert_non_null(
	    strstr(letter->text, "\xd1\x84\xd1\x80\xd0\xb0\xd0\xbd\xd1\x86\xd1\x83\xd0\xb7"));
}

static void
words_of_a_forwarded_mail_are_nobodys_words_here(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *mixed = parse(*state, "mixed", arena);
	struct letter *dsn = parse(*state, "dsn", arena);

	assert_null(strstr(mixed->text, "approved"));
	assert_null(strstr(dsn->text, "approved"));
}

static void
hidden_words_are_not_read(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	struct letter *letter = parse(*state, "html-only", arena);

	assert_null(strstr(letter->text, "nobody"));
	assert_null(strstr(letter->text, "hidden"));
	assert_null(strstr(letter->text, "white"));
	assert_null(strstr(letter->text, "color"));
}

static int
start(void **state)
{
	*state = help_parser(1, 30 * MS_SECOND);
	return 0;
}

static int
stop(void **state)
{
	parser_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mail_is_understood),
		cmocka_unit_test(the_fingerprint_forgets_trace_fields_and_line_ends),
		cmocka_unit_test(a_lying_label_does_not_lose_the_text),
		cmocka_unit_test(words_of_a_forwarded_mail_are_nobodys_words_here),
		cmocka_unit_test(hidden_words_are_not_read),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
