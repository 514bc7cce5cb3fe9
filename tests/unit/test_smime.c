/* Signed mail as the jailed parser reads it. */
#include "help_mail.h"
#include "help_smime.h"

#include <assent/mail/parser.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PART "Content-Type: text/plain; charset=utf-8\r\n\r\nApproved.\r\n"
#define HEADERS \
	"From: Jane <jane@acme.test>\r\nTo: desk@desk.test\r\nSubject: hello\r\n" \
	"MIME-Version: 1.0\r\n"
#define YEAR ((utc_ms)365 * 24 * 3600 * 1000)

static struct {
	struct person root, issuing, other_root, jane, stranger, expired, early, web, weak, sha1;
	struct person subject, both, below;
	struct parser *parser;
	struct arena *arena;
} s;

static utc_ms
the_time(void)
{
	return HELP_SIGNED_AT;
}

static int
open_all(void **state)
{
	const utc_ms now = HELP_SIGNED_AT;
	static const char *const markers[] = { "--- Please reply above this line ---" };
	struct parser_options options = { .program = BUILD_DIR "/assent-parser",
		.children = 1,
		.deadline = 20 * MS_SECOND,
		.markers = markers,
		.marker_count = 1,
		.now = the_time };
	struct str pem = STR_INIT(((size_t)1 << 16));
#define PERSON(...) help_person(&(struct person_spec){ __VA_ARGS__ }
	s.root = PERSON(.name = "ACME Root", .authority = true), NULL);
	s.other_root = PERSON(.name = "Other Root", .authority = true), NULL);
	s.issuing = PERSON(.name = "ACME People", .authority = true), &s.root);
	s.jane = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test"), &s.root);
	s.stranger = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test"), &s.other_root);
	s.expired = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test",
	    .from = now - 2 * YEAR, .until = now - 1000), &s.root);
	s.early = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test", .from = now + 1000,
	    .until = now + YEAR), &s.root);
	s.web = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test", .usage = "serverAuth"),
	    &s.root);
	s.weak = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test", .rsa = 1024), &s.root);
	s.sha1 = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test", .digest = "SHA1"),
	    &s.root);
	s.subject = PERSON(.name = "Jane Owner", .subject_email = "jane@acme.test"), &s.root);
	s.both = PERSON(.name = "Jane Owner", .san = "DNS:acme.test",
	    .subject_email = "jane@acme.test"), &s.root);
	s.below = PERSON(.name = "Jane Owner", .san = "email:jane@acme.test"), &s.issuing);
	assert_int_equal(parser_new(&options, &s.parser, NULL), 0);
	help_person_pem(&s.root, &pem);
	parser_trust(s.parser, str_text(&pem), "");
	str_done(&pem);
	s.arena = arena_new((size_t)256 << 20);
	return 0;
}

static int
close_all(void **state)
{
	struct person *people = &s.root;

	for (size_t i = 0; i < offsetof(__typeof__(s), parser) / sizeof(*people); i++)
		help_person_free(&people[i]);
	parser_free(s.parser);
	arena_free(s.arena);
	return 0;
}

static struct letter *
parse(const struct str *raw)
{
	struct letter *letter = NULL;
	struct err err;

	if (parser_letter(s.parser, str_text(raw), raw->len, s.arena, &letter, &err) < 0)
		fail_msg("%s", err.text);
	return letter;
}

static void
assert_state(const struct letter *letter, enum signature_state state, const char *sentence)
{
	if (letter->signature.state != state || !strstr(letter->signature.sentence, sentence))
		fail_msg("state %d: %s", letter->signature.state, letter->signature.sentence);
}

static struct letter *
read_detached(const struct signing *signing, const char *part)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)8 << 20);

	str_add(&raw, HEADERS);
	help_detached(signing, part, &raw);
	return parse(&raw);
}

static void
a_signature_beside_the_words_names_its_signer(void **state)
{
	const struct signing signing = { .who = &s.jane };
	const struct letter *l = read_detached(&signing, PART);

	assert_state(l, SIGNATURE_VALID, "");
	assert_string_equal(l->reply, "Approved.");
	assert_string_equal(l->signature.name, "Jane Owner");
	assert_string_equal(l->signature.issuer, "ACME Root");
	assert_int_equal(l->signature.emails.count, 1);
	assert_string_equal(l->signature.emails.items[0], "jane@acme.test");
	assert_int_equal(l->signature.signed_at, HELP_SIGNED_AT);
	assert_true(l->signature.serial[0] != '\0');
	assert_int_equal(l->attachment_count, 1);
}

static void
the_line_ends_of_a_store_change_nothing(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20), lf = raw;
	const struct signing signing = { .who = &s.jane };
	const struct letter *l;

	str_add(&raw, HEADERS);
	help_detached(&signing, PART, &raw);
	for (size_t i = 0; i < raw.len; i++)
		if (raw.text[i] != '\r')
			str_add_char(&lf, raw.text[i]);
	l = parse(&lf);
	assert_state(l, SIGNATURE_VALID, "");
	assert_string_equal(l->reply, "Approved.");
}

static void
a_signature_around_the_words_gives_the_words(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);
	const struct signing signing = { .who = &s.jane };
	const struct letter *l;

	str_add(&raw, HEADERS);
	help_opaque(&signing, PART, &raw);
	l = parse(&raw);
	assert_state(l, SIGNATURE_VALID, "");
	assert_string_equal(l->reply, "Approved.");
}

static void
who_may_not_be_believed_is_said(void **state)
{
	const struct {
		struct signing signing;
		enum signature_state state;
		const char *sentence;
	} cases[] = {
		{ { .who = &s.stranger }, SIGNATURE_UNTRUSTED, "nobody whom we know" },
		{ { .who = &s.expired }, SIGNATURE_UNTRUSTED, "has expired" },
		{ { .who = &s.early }, SIGNATURE_UNTRUSTED, "not yet valid" },
		{ { .who = &s.web }, SIGNATURE_UNTRUSTED, "purpose" },
		{ { .who = &s.sha1 }, SIGNATURE_UNTRUSTED, "digest" },
		{ { .who = &s.weak }, SIGNATURE_BROKEN, "too short" },
		{ { .who = &s.jane, .digest = "SHA1" }, SIGNATURE_BROKEN, "SHA-1" },
		{ { .who = &s.weak, .digest = "MD5" }, SIGNATURE_BROKEN, "can be forged" },
		{ { .who = &s.jane, .flags = CMS_NOATTR }, SIGNATURE_BROKEN, "attributes" },
		{ { .who = &s.jane, .flags = CMS_NOCERTS }, SIGNATURE_UNTRUSTED, "without the" },
		{ { .who = &s.jane, .second = &s.stranger }, SIGNATURE_UNTRUSTED, "nobody" },
		{ { .who = &s.stranger, .second = &s.jane }, SIGNATURE_UNTRUSTED, "nobody" },
		{ { .who = &s.jane, .second = &s.weak }, SIGNATURE_BROKEN, "too short" },
		{ { .who = &s.jane, .second = &s.subject }, SIGNATURE_VALID, "" },
		{ { .who = &s.jane, .digest = "SHA512" }, SIGNATURE_VALID, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_state(
		    read_detached(&cases[i].signing, PART), cases[i].state, cases[i].sentence);
}

static void
the_subjects_address_counts_only_without_other_names(void **state)
{
	const struct signing subject = { .who = &s.subject }, both = { .who = &s.both };
	const struct letter *l = read_detached(&subject, PART);

	assert_state(l, SIGNATURE_VALID, "");
	assert_int_equal(l->signature.emails.count, 1);
	assert_string_equal(l->signature.emails.items[0], "jane@acme.test");
	l = read_detached(&both, PART);
	assert_state(l, SIGNATURE_VALID, "");
	assert_int_equal(l->signature.emails.count, 0);
}

/* Change what with into in a signed mail. */
static struct letter *
read_changed(const char *what, const char *into)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20), changed = raw;
	const struct signing signing = { .who = &s.jane };
	const char *at;

	str_add(&raw, HEADERS);
	help_detached(&signing, PART, &raw);
	at = strstr(str_text(&raw), what);
	assert_non_null(at);
	str_add_n(&changed, raw.text, (size_t)(at - raw.text));
	str_addf(&changed, "%s%s", into, at + strlen(what));
	return parse(&changed);
}

static void
one_letter_changed_breaks_it(void **state)
{
	assert_state(read_changed("Approved.", "Approve it"), SIGNATURE_BROKEN, "was changed");
	assert_state(read_changed("Approved.", "Approved. "), SIGNATURE_BROKEN, "was changed");
	assert_state(
	    read_changed("charset=utf-8", "charset=utf-7"), SIGNATURE_BROKEN, "was changed");
	assert_state(
	    read_changed("base64\r\n\r\nM", "base64\r\n\r\nN"), SIGNATURE_BROKEN, "cannot be read");
	assert_state(read_changed("application/pkcs7-signature; name", "text/plain; name"),
	    SIGNATURE_BROKEN, "no signature");
}

static void
what_stands_outside_is_no_part_of_the_words(void **state)
{
	/* In front, between and behind what is signed, where some programs look. */
	const struct letter *l =
	    read_changed("\r\n\r\n--sig\r\n", "\r\n\r\nRejected!\r\n--sig\r\n");

	assert_state(l, SIGNATURE_VALID, "");
	assert_string_equal(l->reply, "Approved.");
	l = read_changed("--sig--\r\n", "--sig--\r\nRejected!\r\n");
	assert_state(l, SIGNATURE_VALID, "");
	assert_string_equal(l->reply, "Approved.");
	l = read_changed(
	    "--sig--\r\n", "--sig\r\nContent-Type: text/plain\r\n\r\nRejected!\r\n--sig--\r\n");
	assert_state(l, SIGNATURE_PARTIAL, "");
	assert_state(read_changed("--sig--\r\n", ""), SIGNATURE_PARTIAL, "");
}

static void
a_signed_part_of_an_unsigned_mail_vouches_for_nothing(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);
	const struct signing signing = { .who = &s.jane };
	const struct letter *l;

	str_add(&raw,
	    HEADERS "Content-Type: multipart/mixed; boundary=mix\r\n\r\n--mix\r\n"
		    "Content-Type: text/plain\r\n\r\nRejected.\r\n--mix\r\n");
	help_detached(&signing, PART, &raw);
	str_add(&raw, "\r\n--mix--\r\n");
	l = parse(&raw);
	assert_state(l, SIGNATURE_PARTIAL, "a part of the mail");
	assert_int_equal(l->signature.emails.count, 0);
}

static void
a_signed_mail_that_is_attached_is_no_signature_of_this_one(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);
	const struct signing signing = { .who = &s.jane };
	const struct letter *l;

	str_add(&raw,
	    HEADERS "Content-Type: multipart/mixed; boundary=mix\r\n\r\n--mix\r\n"
		    "Content-Type: text/plain\r\n\r\nRejected.\r\n--mix\r\n"
		    "Content-Type: message/rfc822\r\n\r\n" HEADERS);
	help_detached(&signing, PART, &raw);
	str_add(&raw, "\r\n--mix--\r\n");
	l = parse(&raw);
	assert_state(l, SIGNATURE_NONE, "");
	assert_string_equal(l->reply, "Rejected.");
}

static void
a_signature_beside_words_must_not_bring_its_own(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20), der = raw, base64 = raw;
	const struct signing signing = { .who = &s.jane };

	help_sign(&signing, PART, true, &der);
	str_add_base64(&base64, der.text, der.len);
	str_addf(&raw,
	    HEADERS "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";"
		    " boundary=sig\r\n\r\n--sig\r\n" PART "\r\n--sig\r\n"
		    "Content-Type: application/pkcs7-signature\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--sig--\r\n",
	    str_text(&base64));
	assert_state(parse(&raw), SIGNATURE_BROKEN, "second text");
}

#define OF_DIGESTS "\x06\x01\x2a"

/* Signed data of nobody (BER) with as many digest algorithms, around what is too short to count. */
static const struct letter *
read_elements(size_t count)
{
	static const char front[] = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
				    "\xa0\x80\x30\x80\x02\x01\x01\x31\x80";
	static const char back[] = "\0\0\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
				   "\xa0\x80\x04\x03\n\nx\0\0\0\0\x31\x80\0\0\0\0\0\0\0\0";
	AUTO(str_donep) struct str der = STR_INIT((size_t)4 << 20), base64 = der, raw = der;

	str_add_n(&der, front, sizeof(front) - 1);
	for (size_t i = 0; i < count; i++)
		str_add(&der, "\x30\x03" OF_DIGESTS);
	str_add_n(&der, back, sizeof(back) - 1);
	str_add_base64(&base64, der.text, der.len);
	str_addf(&raw,
	    HEADERS "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n",
	    str_text(&base64));
	return parse(&raw);
}

static void
a_signature_of_countless_pieces_is_not_unpacked(void **state)
{
	assert_state(read_elements(10), SIGNATURE_BROKEN, "nobody signed it");
	assert_state(read_elements(100000), SIGNATURE_BROKEN, "too large");
}

static void
a_certificate_of_countless_names_is_not_unpacked(void **state)
{
	AUTO(str_donep) struct str names = STR_INIT((size_t)1 << 20);
	struct person many;
	struct signing signing = { .who = &many };

	str_add(&names, "email:jane@acme.test");
	for (int i = 0; i < 4000; i++)
		str_addf(&names, ",email:jane%d@acme.test", i);
	many = help_person(
	    &(struct person_spec){ .name = "Jane Owner", .san = str_text(&names) }, &s.root);
	assert_state(read_detached(&signing, PART), SIGNATURE_BROKEN, "than we look at");
	help_person_free(&many);
}

static void
encrypted_mail_is_called_so(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);

	str_add(&raw,
	    HEADERS "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\nMIAA\r\n");
	assert_state(parse(&raw), SIGNATURE_ENCRYPTED, "encrypted");
}

static void
what_may_be_a_token_in_the_signed_words_is_told(void **state)
{
	static const char part[] =
	    "Content-Type: text/plain\r\nIn-Reply-To: <q1@desk.test>\r\n\r\nYes\r\n"
	    "> https://ok.desk.test/a/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567\r\n"
	    "> https%3A%2F%2Fok%2Fa%2F234567abcdefghijklmnopqrstuvwxyz\r\n"
	    "> abcdefghijklmnopqrstuvwxyz234568 abcdefghijklmnopqrstuvwxyz23456\r\n";
	const struct signing jane = { .who = &s.jane }, stranger = { .who = &s.stranger };
	const struct text_list *list = &read_detached(&jane, part)->signature.references;

	assert_int_equal(list->count, 3);
	assert_string_equal(list->items[0], "q1@desk.test");
	assert_string_equal(list->items[1], "abcdefghijklmnopqrstuvwxyz234567");
	assert_string_equal(list->items[2], "234567abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(read_detached(&stranger, part)->signature.references.count, 0);
}

static void
a_large_signed_mail_travels_by_descriptor(void **state)
{
	AUTO(str_donep) struct str part = STR_INIT((size_t)4 << 20);
	const struct signing signing = { .who = &s.jane };

	str_add(&part, PART);
	for (int i = 0; i < 20000; i++)
		str_add(&part, "A line of the report that was never asked for.\r\n");
	assert_state(read_detached(&signing, str_text(&part)), SIGNATURE_VALID, "");
}

static void
without_authorities_nothing_is_looked_at(void **state)
{
	const struct signing signing = { .who = &s.jane };
	AUTO(str_donep) struct str pem = STR_INIT(((size_t)1 << 16));
	const struct letter *l;

	parser_trust(s.parser, "", "");
	l = read_detached(&signing, PART);
	assert_state(l, SIGNATURE_NONE, "");
	assert_string_equal(l->reply, "Approved.");
	/* Another authority, without a new pool. */
	help_person_pem(&s.other_root, &pem);
	parser_trust(s.parser, str_text(&pem), "");
	assert_state(read_detached(&signing, PART), SIGNATURE_UNTRUSTED, "nobody");
	str_clear(&pem);
	help_person_pem(&s.root, &pem);
	parser_trust(s.parser, str_text(&pem), "");
	assert_state(read_detached(&signing, PART), SIGNATURE_VALID, "");
}

static void
revocation_lists_are_believed_while_they_are_current(void **state)
{
	const struct {
		const struct person *revoked, *list_of;
		utc_ms until;
		enum signature_state state;
		const char *sentence;
	} cases[] = {
		{ NULL, &s.root, HELP_SIGNED_AT + 1000, SIGNATURE_VALID, "" },
		{ &s.web, &s.root, HELP_SIGNED_AT + 1000, SIGNATURE_VALID, "" },
		{ &s.jane, &s.root, HELP_SIGNED_AT + 1000, SIGNATURE_BROKEN, "was revoked" },
		{ NULL, &s.root, HELP_SIGNED_AT - 1000, SIGNATURE_UNTRUSTED, "CRL has expired" },
		{ NULL, &s.other_root, HELP_SIGNED_AT + 1000, SIGNATURE_UNTRUSTED,
		    "get certificate CRL" },
	};
	const struct signing signing = { .who = &s.jane };
	AUTO(str_donep) struct str pem = STR_INIT((size_t)1 << 16);

	help_person_pem(&s.root, &pem);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str crl = STR_INIT((size_t)1 << 16);

		help_crl(cases[i].list_of, cases[i].revoked, cases[i].until, &crl);
		parser_trust(s.parser, str_text(&pem), str_text(&crl));
		assert_state(read_detached(&signing, PART), cases[i].state, cases[i].sentence);
	}
	parser_trust(s.parser, str_text(&pem), "");
}

static void
an_issuing_authority_alone_may_be_named(void **state)
{
	const struct signing signing = { .who = &s.below };
	AUTO(str_donep) struct str pem = STR_INIT((size_t)1 << 16);

	/* The signature does not bring the certificate between. */
	assert_state(read_detached(&signing, PART), SIGNATURE_UNTRUSTED, "local issuer");
	help_person_pem(&s.issuing, &pem);
	parser_trust(s.parser, str_text(&pem), "");
	assert_state(read_detached(&signing, PART), SIGNATURE_VALID, "");
	str_clear(&pem);
	help_person_pem(&s.root, &pem);
	parser_trust(s.parser, str_text(&pem), "");
}

static void
many_signed_mails_are_read_in_one_go(void **state)
{
	AUTO(str_donep) struct str raw = STR_INIT((size_t)1 << 20);
	const struct signing signing = { .who = &s.jane };
	struct parser_ask asks[20] = { 0 };

	str_add(&raw, HEADERS);
	help_detached(&signing, PART, &raw);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		asks[i] = (struct parser_ask){ str_text(&raw), raw.len, s.arena, NULL, 0, { 0 } };
	parser_letters(s.parser, asks, ARRAY_LEN(asks));
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		assert_int_equal(asks[i].rc, 0);
		assert_state(asks[i].letter, SIGNATURE_VALID, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_beside_the_words_names_its_signer),
		cmocka_unit_test(the_line_ends_of_a_store_change_nothing),
		cmocka_unit_test(a_signature_around_the_words_gives_the_words),
		cmocka_unit_test(who_may_not_be_believed_is_said),
		cmocka_unit_test(the_subjects_address_counts_only_without_other_names),
		cmocka_unit_test(one_letter_changed_breaks_it),
		cmocka_unit_test(what_stands_outside_is_no_part_of_the_words),
		cmocka_unit_test(a_signed_part_of_an_unsigned_mail_vouches_for_nothing),
		cmocka_unit_test(a_signed_mail_that_is_attached_is_no_signature_of_this_one),
		cmocka_unit_test(a_signature_beside_words_must_not_bring_its_own),
		cmocka_unit_test(a_signature_of_countless_pieces_is_not_unpacked),
		cmocka_unit_test(a_certificate_of_countless_names_is_not_unpacked),
		cmocka_unit_test(encrypted_mail_is_called_so),
		cmocka_unit_test(what_may_be_a_token_in_the_signed_words_is_told),
		cmocka_unit_test(a_large_signed_mail_travels_by_descriptor),
		cmocka_unit_test(revocation_lists_are_believed_while_they_are_current),
		cmocka_unit_test(an_issuing_authority_alone_may_be_named),
		cmocka_unit_test(many_signed_mails_are_read_in_one_go),
		cmocka_unit_test(without_authorities_nothing_is_looked_at),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
