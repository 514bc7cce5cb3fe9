/* Our own mails, signed, as somebody else reads them. */
#include "help_mail.h"
#include "help_smime.h"

#include <assent/base/certificate.h>
#include <assent/mail/parser.h>
#include <assent/mail/sign.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BODY \
	"Content-Type: multipart/alternative;\r\n\tboundary=\"=_b\"\r\n\r\n--=_b\r\n" \
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" \
	"May we?\r\n\r\n--=_b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>May we?</p>\r\n" \
	"\r\n--=_b--\r\n"
#define MAIL "From: <desk@desk.test>\r\nSubject: May we?\r\nMIME-Version: 1.0\r\n" BODY

static const struct outlet_mail mail = {
	.bytes = MAIL,
	.size = sizeof(MAIL) - 1,
	.date = HELP_SIGNED_AT,
};

static struct {
	struct person root, rsa, ec, weak, other;
} who;

static int
make_people(void **state)
{
#define PERSON(...) help_person(&(struct person_spec){ __VA_ARGS__ }
	who.root = PERSON(.name = "Root", .authority = true), NULL);
	who.rsa = PERSON(.name = "Desk", .san = "email:desk@desk.test", .rsa = 2048), &who.root);
	who.ec = PERSON(.name = "Desk", .san = "email:desk@desk.test"), &who.root);
	who.weak = PERSON(.name = "Desk", .san = "email:desk@desk.test", .rsa = 1024), &who.root);
	who.other = PERSON(.name = "Web", .san = "DNS:desk.test", .usage = "serverAuth"), &who.root);
	return 0;
}

static int
free_people(void **state)
{
	help_person_free(&who.root);
	help_person_free(&who.rsa);
	help_person_free(&who.ec);
	help_person_free(&who.weak);
	help_person_free(&who.other);
	return 0;
}

static int
read_pair(
    const struct person *cert, const struct person *key, struct identity **out, struct err *err)
{
	AUTO(str_donep) struct str chain = STR_INIT(IDENTITY_FILE_MAX), pem = chain;

	help_person_pem(cert, &chain);
	help_person_pem(&who.root, &chain);
	help_person_key(key, &pem);
	return identity_read(str_text(&chain), str_text(&pem), out, err);
}

static struct identity *
identity_of(const struct person *person)
{
	struct identity *identity;
	struct err err;

	if (read_pair(person, person, &identity, &err) < 0)
		fail_msg("%s", err.text);
	return identity;
}

static utc_ms
the_time(void)
{
	return HELP_SIGNED_AT;
}

static struct letter *
read_by_another(const struct str *raw, struct arena *arena)
{
	const struct parser_options options = { .program = BUILD_DIR "/assent-parser",
		.children = 1,
		.deadline = 20 * MS_SECOND,
		.now = the_time };
	AUTO(str_donep) struct str pem = STR_INIT((size_t)1 << 16);
	AUTO(parser_freep) struct parser *parser = NULL;
	struct letter *letter;
	struct err err;

	help_person_pem(&who.root, &pem);
	assert_int_equal(parser_new(&options, &parser, &err), 0);
	parser_trust(parser, str_text(&pem), "");
	assert_int_equal(parser_letter(parser, str_text(raw), raw->len, arena, &letter, &err), 0);
	return letter;
}

static void
a_signed_mail_is_whole_and_believed(void **state)
{
	const struct person *people[] = { &who.rsa, &who.ec };

	for (size_t i = 0; i < ARRAY_LEN(people); i++) {
		AUTO(identity_freep) struct identity *identity = identity_of(people[i]);
		AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
		AUTO(str_donep) struct str out = STR_INIT(SIGN_MAX);
		const struct letter *l;

		assert_int_equal(mail_sign(identity, &mail, &out, NULL), 0);
		l = read_by_another(&out, arena);
		assert_int_equal(l->signature.state, SIGNATURE_VALID);
		assert_int_equal(l->signature.signed_at, HELP_SIGNED_AT);
		assert_string_equal(l->text, "May we?\n");
		assert_string_equal(l->subject, "May we?");
		assert_string_equal(l->attachments[0].name, "smime.p7s");
		/* The very bytes of the unsigned mail are what is signed. */
		assert_non_null(strstr(str_text(&out), "\r\n" BODY "\r\n--=_s"));
	}
}

static void
the_same_mail_is_signed_with_the_same_bytes(void **state)
{
	AUTO(identity_freep) struct identity *rsa = identity_of(&who.rsa);
	AUTO(str_donep) struct str once = STR_INIT(SIGN_MAX), twice = once;

	assert_int_equal(mail_sign(rsa, &mail, &once, NULL), 0);
	assert_int_equal(mail_sign(rsa, &mail, &twice, NULL), 0);
	assert_int_equal(once.len, twice.len);
	assert_memory_equal(once.text, twice.text, once.len);
}

static void
no_line_is_longer_than_relays_carry(void **state)
{
	AUTO(identity_freep) struct identity *rsa = identity_of(&who.rsa);
	AUTO(str_donep) struct str out = STR_INIT(SIGN_MAX);

	assert_int_equal(mail_sign(rsa, &mail, &out, NULL), 0);
	for (const char *at = str_text(&out); *at; at += strcspn(at, "\n") + 1) {
		assert_true(strcspn(at, "\n") <= 79);
		assert_int_equal(at[strcspn(at, "\n") - 1], '\r');
	}
}

static void
a_pair_that_could_not_sign_is_refused(void **state)
{
	const struct {
		const struct person *cert, *key;
		const char *says;
	} cases[] = {
		{ &who.rsa, &who.ec, "does not belong" },
		{ &who.weak, &who.weak, "weaker than" },
		{ &who.other, &who.other, "not one for signing mail" },
	};
	struct identity *identity = NULL;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };

		assert_int_equal(
		    read_pair(cases[i].cert, cases[i].key, &identity, &err), ERR_INVALID);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s", err.text);
		assert_null(identity);
	}
}

static void
a_certificate_says_whom_it_names_and_how_long(void **state)
{
	AUTO(identity_freep) struct identity *ec = identity_of(&who.ec);

	assert_true(identity_names(ec, "Desk@desk.test"));
	assert_false(identity_names(ec, "desk@desk.test.example"));
	assert_int_equal(identity_until(ec), 1830297600000);
}

static void
only_authorities_may_stand_in_the_bundle(void **state)
{
	AUTO(str_donep) struct str pem = STR_INIT((size_t)1 << 16);
	AUTO(authorities_freep) struct authorities *a = NULL;
	struct err err;

	help_person_pem(&who.root, &pem);
	assert_int_equal(authorities_read(str_text(&pem), "", &a, &err), 0);
	authorities_free(a);
	a = NULL;
	assert_int_equal(authorities_read(str_text(&pem), "no list", &a, &err), ERR_INVALID);
	help_person_pem(&who.ec, &pem);
	assert_int_equal(authorities_read(str_text(&pem), "", &a, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "'Desk' is no authority's"));
	assert_int_equal(
	    authorities_read("-----BEGIN CERTIFICATE-----\nAAAA\n", "", &a, &err), ERR_INVALID);
	assert_null(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_mail_is_whole_and_believed),
		cmocka_unit_test(the_same_mail_is_signed_with_the_same_bytes),
		cmocka_unit_test(no_line_is_longer_than_relays_carry),
		cmocka_unit_test(a_pair_that_could_not_sign_is_refused),
		cmocka_unit_test(a_certificate_says_whom_it_names_and_how_long),
		cmocka_unit_test(only_authorities_may_stand_in_the_bundle),
	};

	return cmocka_run_group_tests(tests, make_people, free_people);
}
