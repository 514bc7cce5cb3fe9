#include <assent/text/autoreply.h>

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct sign_case {
	const char *name, *value;
	enum autoreply want;
};

#define P AUTOREPLY_PERSON
#define G AUTOREPLY_GENERATED
#define R AUTOREPLY_REPLY
#define B AUTOREPLY_BOUNCE
#define MDN AUTOREPLY_RECEIPT

/* clang-format off */
static const struct sign_case cases[] = {
	{ "Subject", "Re: New disk for room four", P },
	{ "Auto-Submitted", "no", P },
	{ "Auto-Submitted", "No (really)", P },
	{ "Auto-Submitted", "auto-replied", R },
	{ "Auto-Submitted", "AUTO-REPLIED; owner-email=\"a@b\"", R },
	{ "Auto-Submitted", "auto-generated", G },
	{ "Auto-Submitted", "auto-notified", G },
	{ "Auto-Submitted", "auto-something-new", G },
	{ "Auto-Submitted", "notable", G },
	{ "X-Autoreply", "yes", R },
	{ "X-Autoreply", "no", P },
	{ "X-Autorespond", "Gone fishing", R },
	{ "X-AutoReply-From", "bob@example.com", R },
	{ "X-Auto-Response-Suppress", "All", G },
	{ "X-Auto-Response-Suppress", "DR, OOF, AutoReply", G },
	{ "X-Auto-Response-Suppress", "DR, RN", P },
	{ "Precedence", "bulk", G },
	{ "Precedence", "list", G },
	{ "Precedence", "junk", G },
	{ "Precedence", "auto_reply", R },
	{ "Precedence", "first-class", P },
	{ "X-Precedence", "bulk", G },
	{ "X-FC-MachineGenerated", "true", G },
	{ "X-FC-MachineGenerated", "false", P },
	{ "X-POST-MessageClass", "9; Autoresponder", R },
	{ "Delivered-To", "Autoresponder", R },
	{ "Delivered-To", "bob@example.com", P },
	{ "List-Id", "<announce.example.com>", G },
	{ "List-Unsubscribe", "<mailto:off@example.com>", G },
	{ "Feedback-ID", "1:2:3:mailer", G },
	{ "Return-Path", "<>", R },
	{ "Return-Path", " <>", R },
	{ "Return-Path", "<bob@example.com>", P },
	{ "Content-Type", "multipart/report; report-type=delivery-status", B },
	{ "Content-Type", "multipart/report; report-type=disposition-notification", MDN },
	{ "Content-Type", "multipart/report; report-type=feedback-report", G },
	{ "Content-Type", "multipart/alternative", P },
	{ "X-Failed-Recipients", "bob@example.com", B },
	{ "From", "Mail Delivery System <MAILER-DAEMON@mx.example.com>", B },
	{ "From", "mailer-daemon@example.com", B },
	{ "From", "No Reply <no-reply@example.com>", G },
	{ "From", "noreply+7@example.com", G },
	{ "From", "Noreply Nielsen <nielsen@example.com>", P },
	{ "From", "snoreply@example.com", P },
	{ "Subject", "Automatic reply: New disk", R },
	{ "Subject", "Out of Office: New disk", R },
	{ "Subject", "Abwesenheitsnotiz: New disk", R },
	{ "Subject", "R\xc3\xa9ponse automatique : Disque", R },
	{ "Subject", "\xe8\x87\xaa\xe5\x8a\xa8\xe7\xad\x94\xe5\xa4\x8d: disk", R },
	{ "Subject", "Re: Automatic reply: New disk", P },
	{ "Subject", "We are out of office supplies", P },
	{ "Subject", "Undeliverable: New disk", B },
	{ "X-Mailer", "Auto-Submitted: auto-replied", P },
};
/* clang-format on */

static void
each_sign_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct header_value header = { cases[i].name, cases[i].value };
		struct autoreply_sign sign = autoreply_judge(&header, 1);

		if (sign.kind != cases[i].want)
			fail_msg("%s: %s is %d, not %d", cases[i].name, cases[i].value, sign.kind,
			    cases[i].want);
		assert_ptr_equal(sign.header, sign.kind == P ? NULL : &header);
	}
}

static void
names_of_fields_have_no_case(void **state)
{
	struct header_value header = { "AUTO-submitted", "auto-replied" };

	(void)state;
	assert_int_equal(autoreply_judge(&header, 1).kind, R);
}

static void
no_header_is_a_person(void **state)
{
	(void)state;
	assert_int_equal(autoreply_judge(NULL, 0).kind, P);
}

static void
a_bounce_is_a_bounce_whatever_else_it_is(void **state)
{
	struct header_value headers[] = {
		{ "Return-Path", "<>" },
		{ "Auto-Submitted", "auto-replied" },
		{ "Precedence", "bulk" },
		{ "Content-Type", "multipart/report; report-type=delivery-status" },
	};
	struct autoreply_sign sign = autoreply_judge(headers, ARRAY_LEN(headers));

	(void)state;
	assert_int_equal(sign.kind, B);
	assert_ptr_equal(sign.header, &headers[3]);
}

static void
an_absence_note_of_exchange_is_a_reply(void **state)
{
	struct header_value headers[] = {
		{ "Subject", "Automatic reply: New disk" },
		{ "Auto-Submitted", "auto-generated" },
		{ "X-Auto-Response-Suppress", "All" },
	};

	(void)state;
	assert_int_equal(autoreply_judge(headers, ARRAY_LEN(headers)).kind, R);
}

static void
the_second_field_of_a_name_is_read_too(void **state)
{
	struct header_value headers[] = {
		{ "Auto-Submitted", "no" },
		{ "Auto-Submitted", "auto-replied" },
	};

	(void)state;
	assert_int_equal(autoreply_judge(headers, ARRAY_LEN(headers)).kind, R);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sign_is_known),
		cmocka_unit_test(names_of_fields_have_no_case),
		cmocka_unit_test(no_header_is_a_person),
		cmocka_unit_test(a_bounce_is_a_bounce_whatever_else_it_is),
		cmocka_unit_test(an_absence_note_of_exchange_is_a_reply),
		cmocka_unit_test(the_second_field_of_a_name_is_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
