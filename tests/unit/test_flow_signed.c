/* What Jane's S/MIME signature is worth to the desk. */
#include "help_jane.h"
#include "help_smime.h"

#include <assent/mail/outlet.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct {
	struct person root, jane, bob, stranger;
} who;

static int
make_people(void **state)
{
#define PERSON(...) help_person(&(struct person_spec){ __VA_ARGS__ }
	who.root = PERSON(.name = "ACME Root", .authority = true), NULL);
	who.jane = PERSON(.name = "Jane Owner", .san = "email:Jane@ACME.test"), &who.root);
	who.bob = PERSON(.name = "Bob Buyer", .san = "email:bob@acme.test"), &who.root);
	who.stranger = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test"), NULL);
	return 0;
}

static int
free_people(void **state)
{
	help_person_free(&who.root);
	help_person_free(&who.jane);
	help_person_free(&who.bob);
	help_person_free(&who.stranger);
	return 0;
}

static int
setup(void **state)
{
	AUTO(str_donep) struct str pem = STR_INIT((size_t)1 << 16);
	struct desk_kit *kit;

	kit_setup(state);
	kit = *state;
	help_person_pem(&who.root, &pem);
	parser_trust(kit->parser, str_text(&pem), "");
	jane_ask(kit);
	return 0;
}

struct sending { /* of a signed answer to the nth mail */
	const struct person *by; /* NULL: nobody signs */
	size_t n;
	const char *words;
	bool no_quote; /* leaves our mail out */
	bool to_agent; /* not to the reply address, but in answer to our Message-ID */
	bool vouched;
	const char *to; /* instead of the mail's Reply-To */
};

/* What a mail program makes of it: our mail quoted below. */
static const char *
part_of(struct desk_kit *kit, const struct sending *sending)
{
	AUTO(str_donep) struct str part = STR_INIT((size_t)1 << 20);
	const char *mail = sending->no_quote ? "" : kit_sent(kit, JANE, sending->n);

	str_addf(
	    &part, "Content-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n\r\n", sending->words);
	if (*mail)
		str_add(&part, "On Mon, 16 Nov 2026 at 09:00, Desk <agent@desk.test> wrote:\r\n> ");
	for (; *mail; mail++)
		if (*mail == '\n')
			str_add(&part, "\r\n> ");
		else
			str_add_char(&part, *mail);
	return arena_dup(kit->arena, str_text(&part));
}

static const char *
headers_of(struct desk_kit *kit, const struct sending *sending)
{
	static const char vouch[] =
	    "Authentication-Results: mx.desk.test; dkim=pass header.d=acme.test\r\n";
	const char *to = sending->to ? sending->to
	    : sending->to_agent	     ? "agent@desk.test"
				     : kit_header(kit, JANE, sending->n, "Reply-To");

	return arena_printf(kit->arena,
	    "%sReceived: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
	    "From: Jane Owner <jane@acme.test>\r\nTo: %s\r\nSubject: Re: Approve?\r\n"
	    "Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nMessage-ID: <signed-%d@acme.test>\r\n"
	    "In-Reply-To: %s\r\nMIME-Version: 1.0\r\n",
	    sending->vouched ? vouch : "", to, kit->letters,
	    kit_header(kit, JANE, sending->n, "Message-ID"));
}

static struct id
take(struct desk_kit *kit, const struct str *raw)
{
	struct id id = kit_mail_bytes(kit, str_text(raw), raw->len);

	kit_run(kit);
	return id;
}

static struct id
send_part(struct desk_kit *kit, const struct sending *sending, const char *part)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct signing signing = { .who = sending->by };

	str_add(&raw, headers_of(kit, sending));
	if (sending->by)
		help_detached(&signing, part, &raw);
	else
		str_add(&raw, part);
	return take(kit, &raw);
}

static const char *
answer(struct desk_kit *kit, struct sending sending)
{
	struct id id = send_part(kit, &sending, part_of(kit, &sending));

	return kit_outcome(kit, &id);
}

static void
assert_says(const char *outcome, const char *words)
{
	if (!strstr(outcome, words))
		fail_msg("%s", outcome);
}

/* The last mail to somebody, on one line: texts are wrapped. */
static const char *
last_words(struct desk_kit *kit, const char *to)
{
	char *text = arena_dup(kit->arena, kit_last_to(kit, to));

	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
	return text;
}

static void
her_signature_counts_more_than_any_servers_word(void **state)
{
	struct desk_kit *kit = *state;
	const char *outcome;

	kit->policy.level = LEVEL_SIGNED;
	outcome = answer(kit, (struct sending){ .by = &who.jane, .words = "Approved." });
	assert_says(outcome, "an answer: 1 decided");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM ballots WHERE evidence LIKE "
			     "'%S/MIME signature of CN=Jane Owner <jane@acme.test>, issued by ACME "
			     "Root, serial %, SHA-256 %; the reply token matched%'"),
	    1);
	assert_says(last_words(kit, "eve@help.test"), "S/MIME signature of CN=Jane Owner");
}

static void
it_decides_where_nobody_else_vouches(void **state)
{
	struct desk_kit *kit = *state;

	/* The level wants a mail server's word; the answer came to another address. */
	answer(kit, (struct sending){ .by = &who.jane, .words = "Approved.", .to_agent = true });
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
a_signature_around_the_words_counts_as_well(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct sending sending = { .by = &who.jane, .words = "No, too expensive." };
	const struct signing signing = { .who = &who.jane };
	struct desk_kit *kit = *state;

	kit->policy.level = LEVEL_SIGNED;
	str_add(&raw, headers_of(kit, &sending));
	help_opaque(&signing, part_of(kit, &sending), &raw);
	take(kit, &raw);
	assert_int_equal(kit_state(kit, 0), AS_REJECTED);
}

static void
what_is_not_signed_by_her_does_not_decide_there(void **state)
{
	static const struct {
		const struct person *by;
		bool no_quote;
		const char *says;
	} cases[] = {
		{ NULL, false, "yours is not signed" },
		{ &who.stranger, false, "nobody whom we know vouches" },
		{ &who.bob, false, "it is the signature of Bob Buyer, bob@acme.test, not of jane" },
		{ &who.jane, true, "does not show which question" },
	};
	struct desk_kit *kit = *state;

	kit->policy.level = LEVEL_SIGNED;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_says(answer(kit,
				(struct sending){ .by = cases[i].by,
				    .words = "Approved.",
				    .vouched = true,
				    .no_quote = cases[i].no_quote }),
		    cases[i].says);
		assert_int_equal(kit_state(kit, 0), AS_SENT);
	}
	/* She was told how to answer. */
	assert_int_equal(kit_sent_count(kit, JANE), 3);
	assert_says(last_words(kit, JANE), "you sign (S/MIME)");
}

static void
a_signature_that_does_not_count_leaves_the_mail_as_good_as_unsigned(void **state)
{
	static const struct {
		const struct person *by;
		bool no_quote;
		const char *says;
	} cases[] = {
		{ &who.stranger, false, "does not count: nobody whom we know" },
		{ &who.bob, false, "does not count: it is the signature of Bob" },
		{ &who.jane, true, "does not count: what it covers does not show" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sending sending = {
			.by = cases[i].by, .words = "Approved.", .no_quote = cases[i].no_quote
		};
		struct desk_kit *kit = *state;

		assert_says(answer(kit, sending), cases[i].says);
		assert_int_equal(kit_state(kit, 0), AS_SENT);
		sending.vouched = true;
		assert_says(answer(kit, sending), cases[i].says);
		assert_int_equal(kit_state(kit, 0), AS_APPROVED);
		assert_int_equal(
		    kit_number(kit, "SELECT count(*) FROM ballots WHERE evidence LIKE '%S/MIME%'"),
		    0);
		kit_teardown(state);
		setup(state);
	}
}

/* Send a signed answer in which what was turned into something else. */
static const char *
answer_changed(struct desk_kit *kit, const char *what, const char *into)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20), changed = raw;
	const struct sending sending = { .words = "Rejected.", .vouched = true };
	const struct signing signing = { .who = &who.jane };
	const char *at;
	struct id id;

	str_add(&raw, headers_of(kit, &sending));
	help_detached(&signing, part_of(kit, &sending), &raw);
	at = strstr(str_text(&raw), what);
	assert_non_null(at);
	str_add_n(&changed, raw.text, (size_t)(at - raw.text));
	str_addf(&changed, "%s%s", into, at + strlen(what));
	id = take(kit, &changed);
	return kit_outcome(kit, &id);
}

static void
a_broken_signature_is_refused_and_she_is_told(void **state)
{
	struct desk_kit *kit = *state;

	assert_says(answer_changed(kit, "Rejected.", "Approved."),
	    "filed: may not decide: the S/MIME signature of your mail does not hold: the mail was "
	    "changed after it was signed");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_says(last_words(kit, JANE), "S/MIME signature of your mail does not hold");
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM events WHERE kind = 'approval.answered' AND "
			     "after LIKE '%S/MIME signature of your mail does not hold%'"),
	    1);
}

static void
words_in_front_of_what_is_signed_are_never_read(void **state)
{
	struct desk_kit *kit = *state;

	/* As the preamble they are nothing; as a part of their own they spoil the mail. */
	assert_says(answer_changed(kit, "\r\n\r\n--sig\r\n",
			"\r\n\r\nApproved.\r\n--sig\r\nContent-Type: text/plain\r\n\r\nApproved."
			"\r\n--sig\r\n"),
	    "not as it was signed");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	answer_changed(kit, "\r\n\r\n--sig\r\n", "\r\n\r\nApproved.\r\n--sig\r\n");
	assert_int_equal(kit_state(kit, 0), AS_REJECTED);
}

static void
a_signed_answer_wrapped_into_another_mail_does_not_lend_its_signature(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct sending sending = { .by = &who.jane, .words = "Rejected.", .vouched = true };
	const struct signing signing = { .who = &who.jane };
	struct desk_kit *kit = *state;
	struct id id;

	str_addf(&raw,
	    "%sContent-Type: multipart/mixed; boundary=mix\r\n\r\n--mix\r\n"
	    "Content-Type: text/plain\r\n\r\nApproved.\r\n--mix\r\n",
	    headers_of(kit, &sending));
	help_detached(&signing, part_of(kit, &sending), &raw);
	str_add(&raw, "\r\n--mix--\r\n");
	id = take(kit, &raw);
	assert_says(kit_outcome(kit, &id), "covers only a part of the mail");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_signed_answer_that_is_attached_lends_nothing(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct sending sending = { .by = &who.jane, .words = "Approved.", .vouched = true };
	const struct signing signing = { .who = &who.jane };
	struct desk_kit *kit = *state;
	struct id id;

	kit->policy.level = LEVEL_SIGNED;
	str_addf(&raw,
	    "%sContent-Type: multipart/mixed; boundary=mix\r\n\r\n--mix\r\n"
	    "Content-Type: text/plain\r\n\r\nApproved.\r\n--mix\r\n"
	    "Content-Type: message/rfc822\r\n\r\n%s",
	    headers_of(kit, &sending), headers_of(kit, &sending));
	help_detached(&signing, part_of(kit, &sending), &raw);
	str_add(&raw, "\r\n--mix--\r\n");
	id = take(kit, &raw);
	assert_says(kit_outcome(kit, &id), "yours is not signed");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_signed_yes_cannot_be_sent_again_to_another_question(void **state)
{
	struct desk_kit *kit = *state;
	struct sending first = { .by = &who.jane, .words = "Approved." }, replay = first;
	const char *part = part_of(kit, &first);
	struct id id;
	size_t second;

	jane_ticket(kit, "bob@acme.test", "a yacht", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	second = kit_sent_count(kit, JANE) - 1;
	assert_int_equal(second, 1);
	send_part(kit, &first, part);
	assert_int_equal(kit_state(kit, 1), AS_APPROVED);
	/* The same signed bytes, addressed to the yacht's reply address and Message-ID. */
	replay.n = second;
	id = send_part(kit, &replay, part);
	assert_says(kit_outcome(kit, &id), "no mail server vouched");
	assert_says(kit_outcome(kit, &id), "does not show which question");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	kit->policy.level = LEVEL_SIGNED;
	replay.vouched = true;
	id = send_part(kit, &replay, part);
	assert_says(kit_outcome(kit, &id), "here only answers decide that you sign");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
of_two_questions_in_the_signed_words_the_upper_one_is_meant(void **state)
{
	struct desk_kit *kit = *state;
	struct sending yacht = { .by = &who.jane, .n = 1, .words = "Approved." }, laptop = yacht;
	const char *part;

	jane_ticket(kit, "bob@acme.test", "a yacht", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	kit->policy.level = LEVEL_SIGNED;
	/* Her answer about the yacht quotes the mail about the laptop below. */
	laptop.n = 0;
	part = arena_printf(
	    kit->arena, "%s\r\n%s", part_of(kit, &yacht), strstr(part_of(kit, &laptop), "\r\n> "));
	send_part(kit, &laptop, part);
	assert_int_equal(kit_state(kit, 1), AS_SENT);
	send_part(kit, &yacht, part);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_state(kit, 1), AS_SENT);
}

static const char *
envelope_of(struct desk_kit *kit, size_t n)
{
	for (size_t i = 0; i < outlet_memory_count(kit->outlet); i++)
		if (text_is(outlet_memory_at(kit->outlet, i)->to, JANE) && n-- == 0)
			return outlet_memory_at(kit->outlet, i)->from;
	fail_msg("no such mail to Jane");
	return NULL;
}

/* Whoever saw a mail of ours knows its code, and can teach us names for it. */
static void
a_name_that_a_robot_taught_us_shows_no_question(void **state)
{
	static const char name[] = "<name-of-the-relay@mail.acme.test>";
	static const char approved[] = "SELECT count(*) FROM approvals WHERE state = 'approved'";
	struct desk_kit *kit = *state;
	struct sending laptop = { .by = &who.jane, .n = 0 }, yacht = { .by = &who.jane, .n = 1 };
	const char *part;

	kit->policy.verp = true;
	jane_ticket(kit, "bob@acme.test", "a yacht", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	jane_ticket(kit, "bob@acme.test", "a plane", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	yacht.n = 2;
	/* Her answer to another mail, whose name the relay had changed. */
	part = arena_printf(
	    kit->arena, "Content-Type: text/plain\r\nIn-Reply-To: %s\r\n\r\nApproved.\r\n", name);
	kit_say(kit,
	    (struct kit_letter){ .from = "Bob Buyer <bob@acme.test>",
		.to = envelope_of(kit, yacht.n),
		.subject = "Automatic reply",
		.extra = arena_printf(
		    kit->arena, "In-Reply-To: %s\r\nAuto-Submitted: auto-replied\r\n", name),
		.body = "I am away.\r\n" });
	kit->policy.level = LEVEL_SIGNED;
	send_part(kit, &yacht, part);
	assert_int_equal(kit_number(kit, approved), 0);
	/* Our own name is ours. */
	part = arena_printf(kit->arena,
	    "Content-Type: text/plain\r\nIn-Reply-To: %s\r\n\r\nApproved.\r\n",
	    kit_header(kit, JANE, laptop.n, "Message-ID"));
	send_part(kit, &laptop, part);
	assert_int_equal(kit_number(kit, approved), 1);
}

static void
the_code_of_the_reply_address_shows_the_question_as_well(void **state)
{
	struct desk_kit *kit = *state;

	/* A site without pages: the mail has addresses to answer to, no links. */
	kit->policy.public_url = "";
	kit->policy.signatures = true;
	kit->policy.level = LEVEL_SIGNED;
	jane_ticket(kit, "bob@acme.test", "a yacht", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	answer(kit, (struct sending){ .by = &who.jane, .n = 1, .words = "Approved." });
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_state(kit, 1), AS_SENT);
}

static void
a_signed_answer_to_many_questions_decides_them(void **state)
{
	struct desk_kit *kit = *state;
	struct sending sending = { .by = &who.jane, .words = "Approve 1, reject 2" };
	const char *old = part_of(kit, &(struct sending){ .words = sending.words });

	kit->policy.level = LEVEL_SIGNED;
	jane_ticket(kit, "bob@acme.test", "a yacht", "");
	jane_ticket(kit, "bob@acme.test", "a plane", "");
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "agent@desk.test",
		.subject = "ask",
		.body = "bulk: T-1002, T-1003\r\n" });
	kit_pass(kit, MS_MINUTE);
	sending.n = kit_sent_count(kit, JANE) - 1;
	assert_int_equal(sending.n, 1);
	/* What she signed about the laptop is not about these. */
	send_part(kit, &sending, old);
	assert_int_equal(kit_item_state(kit, 1), AS_SENT);
	answer(kit, sending);
	assert_int_equal(kit_item_state(kit, 1), AS_APPROVED);
	assert_int_equal(kit_item_state(kit, 2), AS_REJECTED);
	assert_int_equal(kit_state(kit, 2), AS_SENT);
}

static void
a_time_of_signing_that_is_far_off_is_noted(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct sending sending = { .by = &who.jane, .words = "Approved." };
	const struct signing signing = { .who = &who.jane, .at = HELP_SIGNED_AT - 3 * MS_DAY };
	struct desk_kit *kit = *state;

	str_add(&raw, headers_of(kit, &sending));
	help_detached(&signing, part_of(kit, &sending), &raw);
	take(kit, &raw);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM ballots WHERE evidence LIKE "
			     "'%signed (as it says) at 2026-11-13T09:00:00%'"),
	    1);
}

static void
a_server_that_says_fail_outweighs_her_signature(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct sending sending = { .by = &who.jane, .words = "Approved." };
	const struct signing signing = { .who = &who.jane };
	struct desk_kit *kit = *state;
	struct id id;

	str_addf(&raw,
	    "Authentication-Results: mx.desk.test; dmarc=fail header.from=acme.test\r\n%s",
	    headers_of(kit, &sending));
	help_detached(&signing, part_of(kit, &sending), &raw);
	id = take(kit, &raw);
	assert_says(kit_outcome(kit, &id), "not believed");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_signed_absence_is_still_an_absence(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)4 << 20);
	const struct sending sending = { .by = &who.jane, .words = "Approved." };
	const struct signing signing = { .who = &who.jane };
	struct desk_kit *kit = *state;

	str_addf(&raw, "Auto-Submitted: auto-replied\r\n%s", headers_of(kit, &sending));
	help_detached(&signing, part_of(kit, &sending), &raw);
	take(kit, &raw);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
an_encrypted_answer_is_answered_in_one_sentence(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);
	const struct sending sending = { .vouched = true };
	struct desk_kit *kit = *state;
	struct id id;

	str_addf(&raw,
	    "%sContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nMIAA\r\n",
	    headers_of(kit, &sending));
	id = take(kit, &raw);
	assert_says(kit_outcome(kit, &id), "your mail is encrypted");
	assert_says(last_words(kit, JANE), "we cannot read encrypted mail");
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(her_signature_counts_more_than_any_servers_word),
		TEST(it_decides_where_nobody_else_vouches),
		TEST(a_signature_around_the_words_counts_as_well),
		TEST(what_is_not_signed_by_her_does_not_decide_there),
		TEST(a_signature_that_does_not_count_leaves_the_mail_as_good_as_unsigned),
		TEST(a_broken_signature_is_refused_and_she_is_told),
		TEST(words_in_front_of_what_is_signed_are_never_read),
		TEST(a_signed_answer_wrapped_into_another_mail_does_not_lend_its_signature),
		TEST(a_signed_answer_that_is_attached_lends_nothing),
		TEST(a_signed_yes_cannot_be_sent_again_to_another_question),
		TEST(of_two_questions_in_the_signed_words_the_upper_one_is_meant),
		TEST(a_name_that_a_robot_taught_us_shows_no_question),
		TEST(the_code_of_the_reply_address_shows_the_question_as_well),
		TEST(a_signed_answer_to_many_questions_decides_them),
		TEST(a_time_of_signing_that_is_far_off_is_noted),
		TEST(a_server_that_says_fail_outweighs_her_signature),
		TEST(a_signed_absence_is_still_an_absence),
		TEST(an_encrypted_answer_is_answered_in_one_sentence),
	};

	return cmocka_run_group_tests(tests, make_people, free_people);
}
