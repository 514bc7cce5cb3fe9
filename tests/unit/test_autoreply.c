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
	{ "X-Loop", "agent@desk.example", G },
	{ "X-MS-Exchange-Inbox-Rules-Loop", "bob@example.com", G },
	{ "X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent", G },
	{ "X-Cron-Env", "<SHELL=/bin/sh>", G },
	{ "Precedence", "auto-reply", R },
	{ "Precedence", "vacation", R },
	{ "X-Zendesk-From-Account-Id", "4f1a", G },
	{ "X-JIRA-FingerPrint", "1a2b", G },
	{ "X-OTRS-Loop", "support@example.com", G },
	{ "X-Powered-By", "OTRS - Open Ticket Request System", G },
	{ "RT-Ticket", "desk.example #12", G },
	{ "X-RT-Loop-Prevention", "desk", G },
	{ "X-FreshDesk-Ticket", "7", G },
	{ "X-Zammad-Ticket-Id", "7", G },
	{ "X-GitHub-Reason", "mention", G },
	{ "X-BeenThere", "list@example.com", G },
	{ "List-Help", "<mailto:list@example.com>", G },
	{ "X-TMDA-Confirm", "x", R },
	{ "From", "Autoresponder <autoresponder@example.com>", R },
	{ "From", "Auto Responder Inc <bob@example.com>", P },
	{ "Subject", "Please confirm (conf#7f3a)", R },
	{ "Subject", "Autoreply from Bob", R },
	{ "Subject", "OOO: Disk", R },
	{ "Subject", "Message d'absence", R },
	{ "Subject", "Fuera de oficina: disco", R },
	{ "Subject", "Fuori sede", R },
	{ "Subject", "Buiten kantoor", R },
	{ "Subject", "Nieobecno\xc5\x9b\xc4\x87: dysk", R },
	{ "Subject", "\xd0\x90\xd0\xb2\xd1\x82\xd0\xbe\xd0\xbc\xd0\xb0\xd1\x82\xd0\xb8\xd1\x87\xd0\xb5\xd1\x81\xd0\xba\xd0\xb8\xd0\xb9 \xd0\xbe\xd1\x82\xd0\xb2\xd0\xb5\xd1\x82: x", R },
	{ "Subject", "Otomatik yan\xc4\xb1t: disk", R },
	{ "Subject", "\xd7\xaa\xd7\xa9\xd7\x95\xd7\x91\xd7\x94 \xd7\x90\xd7\x95\xd7\x98\xd7\x95\xd7\x9e\xd7\x98\xd7\x99\xd7\xaa: x", R },
	{ "Subject", "\xd8\xb1\xd8\xaf \xd8\xaa\xd9\x84\xd9\x82\xd8\xa7\xd8\xa6\xd9\x8a", R },
	{ "Subject", "\xec\x9e\x90\xeb\x8f\x99 \xed\x9a\x8c\xec\x8b\xa0: x", R },
	{ "Subject", "\xe4\xb8\x8d\xe5\x9c\xa8\xe9\x80\x9a\xe7\x9f\xa5", R },
	{ "Subject", "Automatikus v\xc3\xa1lasz: x", R },
	{ "Subject", "R\xc4\x83spuns automat: x", R },
	{ "Subject", "\xce\x91\xcf\x85\xcf\x84\xcf\x8c\xce\xbc\xce\xb1\xcf\x84\xce\xb7 \xce\xb1\xcf\x80\xce\xac\xce\xbd\xcf\x84\xce\xb7\xcf\x83\xce\xb7: x", R },
	{ "Subject", "failure notice", B },
	{ "Subject", "Returned mail: see transcript for details", B },
	{ "Subject", "DELIVERY FAILURE: User bob not listed in Domino Directory", B },
	{ "Subject", "Unzustellbar: Platte", B },
	{ "Subject", "Non remis : disque", B },
	{ "Subject", "Re: failure notice", P },
	{ "Subject", "Rejected: the second offer", P },
	{ "Subject", "Absence of Bob next week", P },
	{ "Subject", "Vacation plans", P },
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
a_report_is_what_it_says_whatever_its_subject_looks_like(void **state)
{
	struct header_value headers[] = {
		{ "From", "Mail Delivery Subsystem <mailer-daemon@acme.test>" },
		{ "Subject", "Undeliverable: New disk" },
		{ "Content-Type", "multipart/report; report-type=disposition-notification" },
	};

	(void)state;
	assert_int_equal(autoreply_judge(headers, ARRAY_LEN(headers)).kind, MDN);
	headers[2].value = "text/plain";
	assert_int_equal(autoreply_judge(headers, ARRAY_LEN(headers)).kind, B);
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
		cmocka_unit_test(a_report_is_what_it_says_whatever_its_subject_looks_like),
		cmocka_unit_test(an_absence_note_of_exchange_is_a_reply),
		cmocka_unit_test(the_second_field_of_a_name_is_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
