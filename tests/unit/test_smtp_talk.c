#include "mail/smtp_priv.h"

#include <assent/mail/outlet.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A conversation: lines that begin with "> " are ours, "." is the end of the mail. */
static void
play(struct smtp_talk *talk, const char *script)
{
	smtp_begin(talk);
	for (const char *at = script; *at != '\0';) {
		size_t n = strcspn(at, "\n");
		char line[2000];
		int got;

		assert_true(n < sizeof(line) - 3);
		got = snprintf(line, sizeof(line), "%.*s\r\n", (int)n, at);
		if (n == 1 && *at == '.')
			smtp_said_all(talk);
		else if (n >= 2 && at[0] == '>' && at[1] == ' ')
			smtp_said(talk, line + 2, (size_t)got - 2);
		else
			smtp_heard(talk, line, (size_t)got);
		at += n + (at[n] == '\n');
	}
}

static struct smtp_try
try_of(enum smtp_break broke)
{
	return (struct smtp_try){ "mx.test:587", "desk", "agent+b-abc@desk.test", "k@x.test",
		"hunter2", broke, "the library says why" };
}

#define HELLO "220 mx.test ESMTP\n> EHLO desk.test\n250-mx.test\n250-AUTH PLAIN\n250 SIZE\n"
#define IN HELLO "> AUTH PLAIN AGRlc2sAaHVudGVyMg==\n235 ok\n"
#define FROM IN "> MAIL FROM:<agent@desk.test>\n250 ok\n"
#define TO FROM "> RCPT TO:<k@x.test>\n250 ok\n"
#define DATA TO "> DATA\n354 go\n"

/* clang-format off */
static const struct {
	const char *script;
	enum smtp_break broke;
	int want;
	const char *words; /* that the sentence holds */
} cases[] = {
	{ DATA ".\n250 queued as 77",			BREAK_NONE,	0,	"" },
	{ DATA ".\n251 forwarded",			BREAK_LINE,	0,	"" },
	{ "",						BREAK_LINE,	ERR_IO,
	  "no connection to the relay mx.test:587, before its greeting: the library says why" },
	{ "",						BREAK_TIME,	ERR_IO,	"did not answer in time" },
	{ "",						BREAK_STOP,	ERR_BUSY, "stopped before" },
	{ "554 no service for you",			BREAK_LINE,	ERR_DENIED,
	  "does not talk to us: 554 no service for you" },
	{ "421 busy",					BREAK_LINE,	ERR_BUSY, "try later: 421 busy" },
	{ "220 hi\n> EHLO x\n502 no",			BREAK_LINE,	ERR_DENIED, "502 no" },
	{ "220 hi\n> EHLO x\n250 mx.test",		BREAK_TLS,	ERR_IO,
	  "it does not offer STARTTLS; nothing was sent" },
	{ "220 hi\n> EHLO x\n250-mx.test\n250 STARTTLS\n> STARTTLS\n220 go",	BREAK_TLS,	ERR_IO,
	  "no encryption with the relay mx.test:587: the library says why" },
	{ "220 hi\n> EHLO x\n250-mx.test\n250 STARTTLS\n> STARTTLS\n454 no",	BREAK_TLS,	ERR_BUSY,
	  "454 no" },
	{ "",						BREAK_CERTIFICATE, ERR_IO, "is not to be trusted" },
	{ "220 hi\n> EHLO x\n250 mx.test",		BREAK_SIGN_IN,	ERR_DENIED, "it offers none" },
	{ HELLO,					BREAK_SIGN_IN,	ERR_DENIED, "as auth says;" },
	{ HELLO "> AUTH PLAIN AGRlc2sAaHVudGVyMg==\n535 5.7.8 no such password", BREAK_SIGN_IN, ERR_DENIED,
	  "refuses the login desk: 535 5.7.8 no such password (check the user" },
	{ HELLO "> AUTH LOGIN\n334 VXNlcg==\n> ZGVzaw==\n334 UGFzcw==\n> aHVudGVyMg==\n454 wait",
	  BREAK_LINE, ERR_BUSY, "454 wait" },
	{ HELLO "> AUTH XOAUTH2 eHg=\n334 eyJzdGF0dXMiOiI0MDEifQ==\n> =\n535-5.7.8 Username and\n"
	  "535 5.7.8 token not accepted", BREAK_LINE, ERR_DENIED,
	  "535 5.7.8 Username and token not accepted (" },
	{ HELLO "> AUTH XOAUTH2 eHg=\n334 eyJzdGF0dXMiOiI0MDEifQ==\n> QUIT\n221 bye", BREAK_SIGN_IN, ERR_DENIED,
	  "refuses the access token of desk" },
	{ IN "> MAIL FROM:<agent@desk.test>\n553 5.7.1 not yours", BREAK_LINE, ERR_DENIED,
	  "refuses the sender agent+b-abc@desk.test: 553 5.7.1 not yours (it must allow this login" },
	{ IN "> MAIL FROM:<agent@desk.test>\n451 4.7.1 wait", BREAK_LINE, ERR_BUSY, "451 4.7.1 wait" },
	{ FROM "> RCPT TO:<k@x.test>\n550 5.1.1 unknown user", BREAK_LINE, ERR_INVALID,
	  "the relay mx.test:587 refuses the recipient k@x.test: 550 5.1.1 unknown user" },
	{ FROM "> RCPT TO:<k@x.test>\n550-5.1.1 unknown\n550 5.1.1 user", BREAK_LINE, ERR_INVALID,
	  "550 5.1.1 unknown user" },
	{ FROM "> RCPT TO:<k@x.test>\n450 4.2.1 greylisted", BREAK_LINE, ERR_BUSY, "450 4.2.1 greylisted" },
	{ FROM "> RCPT TO:<k@x.test>\n421 closing", BREAK_LINE, ERR_BUSY, "421 closing" },
	{ FROM "> RCPT TO:<k@x.test>\n554 5.7.1 <k@x.test>: Relay access denied", BREAK_LINE, ERR_DENIED,
	  "refuses the sender" },
	{ FROM "> RCPT TO:<k@x.test>\n553 5.7.1 <a@b>: Sender address rejected: not owned by user desk",
	  BREAK_LINE, ERR_DENIED, "refuses the sender" },
	{ FROM "> RCPT TO:<k@x.test>\n530 5.7.0 Must issue a STARTTLS", BREAK_LINE, ERR_DENIED, "530" },
	{ DATA ".\n550 5.7.60 SMTP; Client does not have permissions to send as this sender", BREAK_LINE,
	  ERR_DENIED, "refuses the sender" },
	{ FROM "> RCPT TO:<k@x.test>\n55",		BREAK_LINE,	ERR_IO,
	  "after the recipient was named" },
	{ TO "> DATA\n554 no",				BREAK_LINE,	ERR_INVALID, "refuses the mail to k@x.test: 554 no" },
	{ DATA,						BREAK_LINE,	ERR_IO, "before the whole mail was out" },
	{ DATA ".",					BREAK_LINE,	ERR_PEER, "perhaps it was sent" },
	{ DATA ".",					BREAK_TIME,	ERR_PEER, "perhaps it was sent" },
	{ DATA ".",					BREAK_STOP,	ERR_PEER, "perhaps it was sent" },
	{ DATA ".\n250-half",				BREAK_LINE,	ERR_PEER, "perhaps it was sent" },
	{ DATA ".\n999 what",				BREAK_LINE,	ERR_PEER, "perhaps it was sent" },
	{ DATA ".\n354 again",				BREAK_LINE,	ERR_PEER, "perhaps it was sent" },
	{ DATA ".\n452 4.3.1 disk full",		BREAK_LINE,	ERR_BUSY, "452 4.3.1 disk full" },
	{ DATA ".\n554 5.6.0 no",			BREAK_LINE,	ERR_INVALID, "554 5.6.0 no" },
	{ FROM "> RCPT TO:<k@x.test>\n550 5.1.1 unknown\n> QUIT\n221 bye",	BREAK_LINE, ERR_INVALID,
	  "550 5.1.1 unknown" },
	{ HELLO,					BREAK_UTF8,	ERR_INVALID, "does not offer SMTPUTF8" },
};
/* clang-format on */

static void
what_the_relay_says_decides_whose_fault_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_try try = try_of(cases[i].broke);
		struct smtp_talk talk = { 0 };
		struct err err = { 0 };
		int rc;

		play(&talk, cases[i].script);
		rc = smtp_verdict(&talk, &try, &err);
		if (rc != cases[i].want || strstr(err.text, cases[i].words) == NULL)
			fail_msg("case %zu: %s \"%s\"", i, rc ? err_name(rc) : "0", err.text);
	}
}

/* clang-format off */
static const struct {
	const char *script, *shown, *hidden;
} secrets[] = {
	{ HELLO "> AUTH PLAIN AGRlc2sAaHVudGVyMg==\n535 no: hunter2", "535 (its words", "hunter2" },
	{ HELLO "> AUTH PLAIN AGRlc2sAaHVudGVyMg==\n502 what is AUTH PLAIN AGRlc2sAaHVudGVyMg==",
	  "502 (its words", "AGRlc2s" },
	{ HELLO "> AUTH LOGIN\n334 a\n> aHVudGVyMg==\n535 aHVudGVyMg== is wrong", "535 (its", "aHVud" },
	{ DATA ".\n554 5.7.1 spam: https://desk.test/a/abcdefghijklmnopqrstuvwxyz234567 blocked",
	  "554 5.7.1 spam: https://desk.test/a/[token] blocked", "abcdefgh" },
	{ DATA ".\n554 a\tb\x1b[31mc\xc2\x9b\xe2\x80\xae \xff!", "554 a b[31mc ", "\x1b" },
};
/* clang-format on */

static void
no_secret_and_no_control_byte_of_a_reply_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		struct smtp_try try = try_of(BREAK_LINE);
		struct smtp_talk talk = { 0 };
		struct err err = { 0 };

		play(&talk, secrets[i].script);
		assert_true(smtp_verdict(&talk, &try, &err) < 0);
		if (!strstr(err.text, secrets[i].shown) || strstr(err.text, secrets[i].hidden))
			fail_msg("case %zu: \"%s\"", i, err.text);
	}
}

static void
a_reply_of_any_length_is_shown_in_one_bounded_line(void **state)
{
	struct smtp_talk talk = { 0 };
	char line[900];

	(void)state;
	play(&talk, FROM "> RCPT TO:<k@x.test>\n");
	/* Two-byte letters, so that the cut may fall into one. */
	for (int lines = 0; lines < 400; lines++) {
		snprintf(line, sizeof(line), "550-5.1.1 ");
		for (size_t i = strlen(line); i + 2 < sizeof(line); i += 2)
			memcpy(line + i, "\xc3\xa9\0", 3);
		smtp_heard(&talk, line, strlen(line));
	}
	assert_int_equal(talk.code, 0);
	smtp_heard(&talk, "550 \r\n", 6);
	assert_int_equal(talk.code, 550);
	assert_int_equal(talk.length, strlen(talk.text));
	assert_in_range(talk.length, SMTP_REPLY_ROOM - 4, SMTP_REPLY_ROOM);
	assert_int_equal((unsigned char)talk.text[talk.length - 1] & 0xc0, 0x80);
	assert_null(strpbrk(talk.text, "\r\n"));
}

static void
what_is_offered_counts_by_the_last_greeting_only(void **state)
{
	struct smtp_talk talk = { 0 };

	(void)state;
	play(&talk,
	    "220 x\n> EHLO a\n250-x\n250-STARTTLS\n250-SMTPUTF8\n250-XAUTH\n250 AUTH=LOGIN\n");
	assert_true(talk.offers_tls && talk.offers_utf8 && talk.offers_sign_in);
	smtp_said(&talk, "EHLO a\r\n", 8);
	assert_false(talk.offers_tls || talk.offers_utf8 || talk.offers_sign_in);
	smtp_heard(&talk, "250-SMTPUTF8X\r\n", 15);
	smtp_heard(&talk, "250 smtputf8\r\n", 14);
	assert_true(talk.offers_utf8);
	smtp_begin(&talk); /* the next mail, on the same connection */
	assert_true(talk.offers_utf8);
}

static void
a_kept_connection_is_stale_until_the_relay_knew_of_the_mail(void **state)
{
	/* clang-format off */
	static const struct {
		const char *script;
		enum smtp_break broke;
		bool want;
	} list[] = {
		{ "> MAIL FROM:<a@b.c>",				BREAK_LINE,	true },
		{ "> MAIL FROM:<a@b.c>\n421 timeout",			BREAK_LINE,	true },
		{ "> MAIL FROM:<a@b.c>",				BREAK_TIME,	false },
		{ "> MAIL FROM:<a@b.c>",				BREAK_STOP,	false },
		{ "> MAIL FROM:<a@b.c>\n451 later",			BREAK_LINE,	false },
		{ "> MAIL FROM:<a@b.c>\n250 ok",			BREAK_LINE,	false },
		{ "> MAIL FROM:<a@b.c>\n250 ok\n> RCPT TO:<x@y.z>",	BREAK_LINE,	false },
		{ "> DATA\n354 go\n.",					BREAK_LINE,	false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct smtp_talk talk = { 0 };

		play(&talk, list[i].script);
		if (smtp_was_stale(&talk, list[i].broke) != list[i].want)
			fail_msg("case %zu", i);
	}
}

static void
a_password_that_looks_like_a_command_is_none(void **state)
{
	struct smtp_talk talk = { 0 };

	(void)state;
	play(&talk, HELLO "> AUTH LOGIN\n334 a\n> MAILMAIL\n> DATAdata\n> RCPTabcd\n");
	assert_int_equal(talk.stage, STAGE_SIGN_IN);
	smtp_heard(&talk, "535 no", 6);
	assert_true(smtp_refused_login(&talk, BREAK_LINE));
	smtp_said(&talk, "QUIT\r\n", 6);
	assert_true(smtp_refused_login(&talk, BREAK_LINE));
}

static void
the_relays_name_for_a_mail_is_taken_where_it_is_one(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		/* Amazon SES */
		{ "250 Ok 0102018c6f1e2b3a-1d2c3b4a-5e6f-7a8b-9c0d-1e2f3a4b5c6d-000000\r\n",
		    "0102018c6f1e2b3a-1d2c3b4a-5e6f-7a8b-9c0d-1e2f3a4b5c6d-000000" },
		{ "250 2.0.0 Ok: queued as 5f0c2b6e-1f3d-4a55-9b0e-8f2d7c6a1b90\r\n",
		    "5f0c2b6e-1f3d-4a55-9b0e-8f2d7c6a1b90" },
		/* Exchange Online */
		{ "250 2.6.0 <AM6PR01.18@x.outlook.example> [InternalId=3] Queued mail\r\n",
		    "AM6PR01.18@x.outlook.example" },
		{ "250 OK id=1rVx2Y-0003aB-2f-77121-aaaa\r\n", "1rVx2Y-0003aB-2f-77121-aaaa" },
		/* a queue's short names come again */
		{ "250 2.0.0 Ok: queued as 4XyZ12AbCd\r\n", "" },
		{ "250 2.0.0 Ok\r\n", "" },
		{ "250 <@> <> <x> accepted-and-queued-for-delivery\r\n", "" },
		{ "550 no 0102018c6f1e2b3a-1d2c3b4a-5e6f\r\n", "0102018c6f1e2b3a-1d2c3b4a-5e6f" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct smtp_talk talk = { 0 };
		char name[OUTLET_NAME_SIZE];

		smtp_said_all(&talk);
		smtp_heard(&talk, rows[i].line, strlen(rows[i].line));
		smtp_name(&talk, name, sizeof(name));
		assert_string_equal(name, rows[i].want);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_relay_says_decides_whose_fault_it_is),
		cmocka_unit_test(no_secret_and_no_control_byte_of_a_reply_is_shown),
		cmocka_unit_test(a_reply_of_any_length_is_shown_in_one_bounded_line),
		cmocka_unit_test(what_is_offered_counts_by_the_last_greeting_only),
		cmocka_unit_test(a_kept_connection_is_stale_until_the_relay_knew_of_the_mail),
		cmocka_unit_test(a_password_that_looks_like_a_command_is_none),
		cmocka_unit_test(the_relays_name_for_a_mail_is_taken_where_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
