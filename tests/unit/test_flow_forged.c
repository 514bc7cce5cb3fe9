/* Attacks on answers and on the queue that must stay without effect. */
#include "help_jane.h"

#include <assent/store/approval.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <sqlite3.h>

#include <cmocka.h>

/* --- looking into the database, past the code under test -------------------- */

static const char *
nth_id(struct desk_kit *kit, const char *table, int64_t n)
{
	sqlite3 *db = kit_file(kit);
	sqlite3_stmt *statement;
	struct id id;
	char text[ID_TEXT_SIZE];
	const char *sql =
	    arena_printf(kit->arena, "SELECT id FROM %s LIMIT 1 OFFSET %d", table, (int)n);

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(statement, 0), sizeof(id));
	memcpy(&id, sqlite3_column_blob(statement, 0), sizeof(id));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return arena_dup(kit->arena, id_text(&id, text));
}

/* --- answers ----------------------------------------------------------------- */

static struct id
raw_mail(struct desk_kit *kit, const char *head, const char *body)
{
	struct id id = kit_mail(kit,
	    arena_printf(kit->arena,
		"%sSubject: Re: Approve?\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n"
		"Message-ID: <raw-%d@mail.test>\r\n%s",
		head, kit->letters, body));

	kit_run(kit);
	return id;
}

#define VOUCHED "Authentication-Results: mx.desk.test; dkim=pass header.d=acme.test\r\n"
#define RECEIVED "Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
#define FROM_JANE "From: Jane Owner <jane@acme.test>\r\n"
#define PLAIN "Content-Type: text/plain; charset=utf-8\r\n\r\n"

static void
forged_heads_decide_nothing(void **state)
{
	static const char *const heads[] = {
		/* Cc of a mail by somebody else, with the owner's name */
		VOUCHED RECEIVED "From: \"jane@acme.test\" <bob@acme.test>\r\n",
		VOUCHED RECEIVED "From: Jane Owner <jane@acme.test>, Bob <bob@acme.test>\r\n",
		VOUCHED RECEIVED FROM_JANE "From: Bob <bob@acme.test>\r\n",
		VOUCHED RECEIVED "From: jane@acme.test (bob@acme.test), bob@acme.test\r\n",
		VOUCHED RECEIVED "From: owners: jane@acme.test, bob@acme.test;\r\n",
		VOUCHED RECEIVED "From: Bob <bob@acme.test>\r\nSender: jane@acme.test\r\n",
		VOUCHED RECEIVED "From: Bob <bob@acme.test>\r\nReply-To: jane@acme.test\r\n",
		/* nobody vouches */
		RECEIVED FROM_JANE,
		RECEIVED VOUCHED FROM_JANE,
		"Authentication-Results: mx.evil.test; dkim=pass header.d=acme.test\r\n" RECEIVED
		    FROM_JANE,
		"Authentication-Results: mx.desk.test.evil.test; dmarc=pass "
		"header.from=acme.test\r\n" RECEIVED FROM_JANE,
		"Authentication-Results: mx.desk.test; dkim=pass header.d=evil.test\r\n" RECEIVED
		    FROM_JANE,
		"Authentication-Results: mx.desk.test; spf=pass "
		"smtp.mailfrom=evil.test\r\n" RECEIVED FROM_JANE,
		"Authentication-Results: mx.desk.test; dkim=pass header.d=test\r\n" RECEIVED
		    FROM_JANE,
		"Authentication-Results: mx.desk.test; none\r\n" RECEIVED FROM_JANE,
		/* somebody speaks against him */
		VOUCHED "Authentication-Results: mx.desk.test; dmarc=fail "
			"header.from=acme.test\r\n" RECEIVED FROM_JANE,
		"Authentication-Results: mx.desk.test; dkim=pass header.d=acme.test; dmarc=fail "
		"header.from=acme.test\r\n" RECEIVED FROM_JANE,
		VOUCHED
		"Authentication-Results: mx.desk.test; dkim=pass (open\r\n" RECEIVED FROM_JANE,
		/* no person wrote it */
		VOUCHED RECEIVED FROM_JANE "Auto-Submitted: auto-replied\r\n",
		VOUCHED RECEIVED FROM_JANE "X-Autoreply: yes\r\n",
		VOUCHED RECEIVED FROM_JANE "Precedence: auto_reply\r\n",
		VOUCHED RECEIVED FROM_JANE "Return-Path: <>\r\n",
	};
	struct desk_kit *kit = *state;

	jane_ask(kit);
	const char *to = kit_header(kit, JANE, 0, "Reply-To");
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		raw_mail(kit,
		    arena_printf(kit->arena, "%sTo: agent@desk.test\r\nCc: %s\r\n", heads[i], to),
		    PLAIN "approved\r\n");
		if (kit_state(kit, 0) != AS_SENT)
			fail_msg("%s", heads[i]);
	}
}

static void
odd_bodies_decide_nothing(void **state)
{
	static const char *const bodies[] = {
		"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: "
		"text/plain\r\n\r\nrejected\r\n--x\r\nContent-Type: text/html\r\n\r\n"
		"<p>approved</p>\r\n--x--\r\n",
		"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: "
		"text/plain\r\n\r\napproved\r\n--x\r\nContent-Type: text/html\r\n\r\n"
		"<p>rejected</p>\r\n--x--\r\n",
		"Content-Type: text/html\r\n\r\n<p "
		"style='display:none'>approved</p><p>Later</p>\r\n",
		"Content-Type: text/html\r\n\r\n<blockquote>approved</blockquote>\r\n",
		"Content-Type: text/html\r\n\r\n<!-- approved --><title>approved</title>\r\n",
		"Content-Type: message/rfc822\r\n\r\nFrom: jane@acme.test\r\n\r\napproved\r\n",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: "
		"text/plain\r\n"
		"Content-Disposition: attachment; filename=a.txt\r\n\r\napproved\r\n--x--\r\n",
		PLAIN "Forwarding this to Bob, he knows.\r\n\r\nApproved?\r\n",
		PLAIN "I am out of the office. Carl has approved requests until Friday.\r\n",
		PLAIN "\r\n",
		PLAIN "T-1001: approved, T-9999: rejected\r\n",
		PLAIN "2: approved\r\n",
	};
	struct desk_kit *kit = *state;

	jane_ask(kit);
	const char *to = kit_header(kit, JANE, 0, "Reply-To");
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		raw_mail(kit, arena_printf(kit->arena, VOUCHED RECEIVED FROM_JANE "To: %s\r\n", to),
		    bodies[i]);
		if (kit_state(kit, 0) != AS_SENT)
			fail_msg("%s", bodies[i]);
	}
}

static void
an_address_of_one_question_under_the_mail_of_another_is_unclear(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	jane_ticket(kit, "bob@acme.test", "a phone", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	/* A mail program completed the address that it learned from the first mail. */
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = kit_header(kit, JANE, 0, "Reply-To"),
		.subject = "Re: Approve?",
		.extra = arena_printf(
		    kit->arena, "In-Reply-To: %s\r\n", kit_header(kit, JANE, 1, "Message-ID")),
		.body = "approved\r\n" });
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(kit_state(kit, 1), AS_SENT);
}

static void
a_story_of_thousands_of_lines_decides_nothing_and_takes_no_time(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(str_donep) struct str body = STR_INIT(4u << 20);

	jane_ask(kit);
	for (int i = 0; i < 3000; i++)
		str_addf(
		    &body, "line %d approved, rejected; ask\r\n> %d\r\nOn %d wrote:\r\n", i, i, i);
	jane_answer(kit, 0, str_text(&body));
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

/* --- what is put to people ------------------------------------------------------ */

static void
a_subject_is_words_and_nothing_else(void **state)
{
	static const char *const subjects[] = { "=?utf-8?Q?a=0D=0ABcc:_x@evil.test=0D=0A?=",
		"{{agent_email}} {{{cards}}} {{> _top}} {{#x}}", "<script>alert(1)</script> \"><b>",
		"=?utf-8?Q?a=E2=80=AEb=E2=80=8Bc=00d?=", "[T-] [T-99999999999999999999] [T-1001",
		"Re: Re: Re:" };
	struct desk_kit *kit = *state;

	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		jane_ticket(kit, "bob@acme.test", subjects[i], "ask: {{x}} <i>?\r\n");
		kit_pass(kit, MS_MINUTE);
		if (kit_sent_count(kit, JANE) != i + 1)
			fail_msg("[%zu] %s", i, subjects[i]);
		const char *mail = kit_last_to(kit, JANE);
		assert_null(strstr(mail, "\xe2\x80\xae"));
		assert_non_null(strstr(mail, "{{x}} <i>?"));
		assert_null(kit_header(kit, JANE, i, "Bcc"));
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM jobs WHERE dead = 1"), 0);
}

static void
a_mail_from_the_future_is_a_mail_of_today(void **state)
{
	struct desk_kit *kit = *state;

	kit_mail(kit,
	    "Authentication-Results: mx.desk.test; dkim=pass header.d=help.test\r\n" RECEIVED
	    "From: eve@help.test\r\nTo: agent@desk.test, bob@acme.test\r\nSubject: a laptop\r\n"
	    "Date: Mon, 16 Nov 2099 09:00:00 +0000\r\nMessage-ID: <f@x.test>\r\n" PLAIN
	    "ask\r\n\r\nbuy it\r\n");
	kit_run(kit);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM messages WHERE at > 1800000000000"), 0);
}

/* --- the queue -------------------------------------------------------------------- */

static void
garbage_in_a_job_stops_nobody(void **state)
{
	struct desk_kit *kit = *state;
	static const char *const payloads[] = { "", "{", "null", "[]", "{\"approval\":7}",
		"{\"approval\":\"x\"}", "{\"approval\":\"01890000-0000-7000-8000-000000000009\"}",
		"{\"batch\":\"01890000-0000-7000-8000-000000000009\"}" };

	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
		kit_change(kit,
		    arena_printf(kit->arena, "UPDATE jobs SET payload = '%s' WHERE kind = 'ask'",
			payloads[i]));
		for (int k = 0; k < 20; k++)
			kit_pass(kit, MS_HOUR);
	}
	jane_ask(kit);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

struct once_more {
	const struct story *story;
	struct job job;
	struct call call;
};

static int
settle_again(struct desk *desk, void *arg, struct err *err)
{
	struct once_more *m = arg;

	return m->story->settle(desk, &m->job, &m->call, err);
}

/* Every job that ever ran, settled once more as if its end had been lost. */
static void
settle_all_again(struct desk_kit *kit, const char *kind, const char *payload)
{
	struct once_more m = {
		.story = story_find(kind),
		.job = { .id = id_new(kit->now),
		    .kind = kind,
		    .payload = payload,
		    .attempts = 1,
		    .serial = "",
		    .last_error = "" },
		.call = { .arena = kit->arena },
	};
	struct err err;

	if (kit_step(kit, settle_again, &m, &err) < 0)
		fail_msg("%s %s: %s", kind, payload, err.text);
}

static void
what_is_settled_twice_happens_once(void **state)
{
	static const char *const rows[][3] = {
		{ "intake", "inbound", "inbound" },
		{ "ask", "approval", "approvals" },
		{ "remind", "approval", "approvals" },
		{ "send", "outgoing", "outgoing" },
		{ "expire", "approval", "approvals" },
	};
	static const char watched[] =
	    "SELECT (SELECT count(*) FROM outgoing) * 1000000 + (SELECT count(*) FROM events) * "
	    "1000"
	    " + (SELECT count(*) FROM ledger) * 10 + (SELECT count(*) FROM approvals"
	    " WHERE state = 'approved')";
	struct desk_kit *kit = *state;

	jane_ask(kit);
	kit_pass(kit, 2 * MS_DAY + MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	jane_answer(kit, 0, "approved\r\n");
	int64_t before = kit_number(kit, watched);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			int64_t n = kit_number(
			    kit, arena_printf(kit->arena, "SELECT count(*) FROM %s", rows[i][2]));
			for (int64_t k = 0; k < n; k++)
				settle_all_again(kit, rows[i][0],
				    arena_printf(kit->arena, "{\"%s\":\"%s\"}", rows[i][1],
					nth_id(kit, rows[i][2], k)));
		}
	kit_run(kit);
	assert_int_equal(kit_number(kit, watched), before);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)
	static const struct CMUnitTest tests[] = {
		T(forged_heads_decide_nothing),
		T(odd_bodies_decide_nothing),
		T(an_address_of_one_question_under_the_mail_of_another_is_unclear),
		T(a_story_of_thousands_of_lines_decides_nothing_and_takes_no_time),
		T(a_subject_is_words_and_nothing_else),
		T(a_mail_from_the_future_is_a_mail_of_today),
		T(garbage_in_a_job_stops_nobody),
		T(what_is_settled_twice_happens_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
