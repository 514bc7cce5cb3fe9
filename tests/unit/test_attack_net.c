/* What servers, power cuts and clocks can do to us: each case here was a hole once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_token.h"

#include <assent/base/str.h>
#include <assent/store/credential.h>

#include <fcntl.h>
#include <mail/smtp_priv.h>
#include <mailbox/session_priv.h>
#include <mailbox/walls_priv.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define JANE "jane@acme.test"

/* --- a mail that was under way when we were killed (invariant 3) --------------------- */

static int
claim_and_die(struct desk *desk, void *arg, struct err *err)
{
	const struct job_ask ask = { LANE_OUTGOING, desk->now, desk->now, MS_MINUTE, "killed", 9 };
	size_t *count = arg;
	struct job *jobs;
	int rc = job_claim(desk->tx, &ask, &jobs, count, err);

	return rc < 0 ? rc : job_release(desk->tx, "the next", err);
}

/* A question to Jane that is due, as far as its mail. */
static void
until_its_mail(struct desk_kit *kit, const char *body)
{
	struct kit_letter letter = { .from = "Eve Engineer <eve@help.test>",
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = "Licences",
		.body = body };

	(void)kit_letter(kit, &letter);
	kit_run(kit);
}

static void
die_with_mail_under_way(struct desk_kit *kit)
{
	size_t count = 0;
	struct err err;

	if (kit_step(kit, claim_and_die, &count, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(count > 0);
}

/* A mail that waits to be sent: the first try failed. */
static void
waiting_mail(struct desk_kit *kit)
{
	outlet_memory_fail_next(kit->outlet, ERR_BUSY);
	until_its_mail(kit, "Bob, I look at it.\r\n");
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM outgoing WHERE status = 'queued'"), 1);
	kit->now += MS_HOUR;
}

static void
a_mail_under_way_when_we_were_killed_may_have_arrived_twice_and_says_so(void **state)
{
	struct desk_kit *kit = *state;

	waiting_mail(kit);
	die_with_mail_under_way(kit);
	/* What fails in between must not cover it up. */
	outlet_memory_fail_next(kit->outlet, ERR_BUSY);
	kit_run(kit);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM jobs WHERE kind = 'send' AND last_error LIKE "
			     "'a try was cut off; %'"),
	    1);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE status = 'sent' AND last_error = "
			     "'it may have arrived twice: an earlier try was cut off'"),
	    1);
}

static void
a_mail_that_only_failed_before_did_not_arrive_twice(void **state)
{
	struct desk_kit *kit = *state;

	waiting_mail(kit);
	kit_run(kit);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE status = 'sent' AND "
			     "last_error = ''"),
	    1);
}

static void
where_a_repeat_changes_nothing_nothing_is_said(void **state)
{
	struct desk_kit *kit = *state;

	waiting_mail(kit);
	die_with_mail_under_way(kit);
	kit->outlet->may_double = false;
	kit_run(kit);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE status = 'sent' AND "
			     "last_error = ''"),
	    1);
}

static void
a_doubt_that_ended_well_is_still_told(void **state)
{
	struct desk_kit *kit = *state;

	outlet_memory_fail_next(kit->outlet, ERR_PEER);
	until_its_mail(kit, "Bob, I look at it.\r\n");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE status = 'sent' AND last_error = "
			     "'it may have arrived twice: the relay was lost before it answered'"),
	    1);
}

static void
what_was_cut_off_and_then_given_up_is_not_called_refused(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.mail_lifetime = MS_DAY;
	waiting_mail(kit);
	die_with_mail_under_way(kit);
	kit->now += 2 * MS_DAY;
	outlet_memory_fail_next(kit->outlet, ERR_BUSY);
	kit_run(kit);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE status = 'maybe' AND last_error "
			     "LIKE 'perhaps it was sent: an earlier try was cut off; given up%'"),
	    1);
}

/* --- tokens and the clock -------------------------------------------------------------- */

static int
was_refused(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return credential_renew(desk, "m365", err);
}

/* A machine that starts in 2036 and is put right later, and a server that refuses the old token. */
static void
a_clock_that_went_back_does_not_keep_a_dead_token_for_years(void **state)
{
	struct bench *b = *state;

	b->kit.now += 3650 * MS_DAY;
	signed_in(b);
	b->kit.now -= 3650 * MS_DAY;
	step(b, was_refused, NULL);
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_string_equal(token(b), "access-2");
}

static void
a_start_after_the_clock_went_back_fetches_anew(void **state)
{
	struct bench *b = *state;

	b->kit.now += 3650 * MS_DAY;
	signed_in(b);
	b->kit.now -= 3650 * MS_DAY;
	step(b, sync_all, NULL);
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_string_equal(token(b), "access-2");
}

static void
a_failure_before_the_clock_went_back_is_not_waited_out_for_years(void **state)
{
	struct bench *b = *state;

	signed_in(b);
	b->kit.now += 3650 * MS_DAY;
	assert_true(answer(b, 503, ""));
	b->kit.now -= 3650 * MS_DAY;
	step(b, sync_all, NULL);
	assert_true(answer(b, 200, ACCESS("access-2")));
	assert_string_equal(token(b), "access-2");
}

/* --- a token server that tells our secrets ------------------------------------------------ */

struct row_look {
	char error[400];
};

static int
look_error(struct desk *desk, void *arg, struct err *err)
{
	struct row_look *look = arg;
	struct credential row;
	int rc = credential_get(desk->tx, "m365", &row, err);

	if (rc == 0)
		snprintf(look->error, sizeof(look->error), "%s", row.error);
	return rc;
}

/* What is kept and shown after this answer. */
static const char *
error_after(struct bench *b, const char *body)
{
	static struct row_look look;

	b->kit.now += 45 * MS_MINUTE;
	assert_true(answer(b, 400, body));
	step(b, look_error, &look);
	return look.error;
}

static void
a_server_that_repeats_our_secrets_is_not_quoted(void **state)
{
	static const char *const bodies[] = {
		"{\"error\":\"temporarily_unavailable\",\"error_description\":"
		"\"client hush/hush is unknown\"}",
		"{\"error\":\"temporarily_unavailable\",\"error_description\":"
		"\"body was client_secret=hush%2Fhush&x\"}",
		"{\"error\":\"temporarily_unavailable\",\"error_description\":"
		"\"token refresh-1 has gone\"}",
		"{\"error\":\"hush/hush\"}",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		bench_credential.secret = "hush/hush";
		step(b, sync_all, NULL);
		signed_in(b);
		const char *error = error_after(b, bodies[i]);
		bench_credential.secret = NULL;
		assert_null(strstr(error, "hush"));
		assert_null(strstr(error, "refresh-1"));
		assert_non_null(strstr(error, "repeat a secret"));
	}
}

/* --- a local mail program that dies ---------------------------------------------------------- */

static int
send_by(struct desk_kit *kit, const char *script, const char *body)
{
	const char *program = arena_printf(kit->arena, "%s/sendmail", kit->folder);
	AUTO(outlet_freep) struct outlet *outlet = NULL;
	struct outlet_mail mail = { .key = "k",
		.from = "agent@desk.test",
		.to = JANE,
		.bytes = body,
		.size = strlen(body) };
	FILE *file = fopen(program, "we");
	struct err err;

	assert_non_null(file);
	fputs(script, file);
	assert_int_equal(fchmod(fileno(file), 0700), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(outlet_sendmail_new(program, MS_MINUTE, &outlet, &err), 0);
	return outlet->ops->send(outlet, &mail, &err);
}

/* It may have queued the mail before something ended it. */
static void
a_mail_program_that_was_ended_after_it_had_the_mail_leaves_a_doubt(void **state)
{
	AUTO(str_donep) struct str large = STR_INIT(1 << 20);
	struct desk_kit *kit = *state;

	assert_int_equal(
	    send_by(kit, "#!/bin/sh\ncat >/dev/null\nkill -9 $$\n", "x\r\n"), ERR_PEER);
	/* This one never had all of it. */
	while (large.len < 300000)
		str_add(&large, "a line of a mail\r\n");
	assert_int_equal(
	    send_by(kit, "#!/bin/sh\nread line\nkill -9 $$\n", str_text(&large)), ERR_IO);
}

/* --- a bounce that quotes our link ------------------------------------------------------------- */

static void
ask_jane(struct desk_kit *kit)
{
	until_its_mail(kit, "Bob, I pass it on.\r\n\r\nask: Shall we order it?\r\n");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

/* From Jane's mail server, as its spam filter speaks. */
static void
bounce(struct desk_kit *kit, const char *to, const char *diagnostic)
{
	kit_mail(kit,
	    arena_printf(kit->arena,
		"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.test\r\nTo: %s\r\n"
		"Subject: Undelivered\r\nMessage-ID: <b1@mx.test>\r\nMIME-Version: 1.0\r\n"
		"Auto-Submitted: auto-replied\r\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain\r\n\r\nno\r\n"
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "
		"mx.test\r\n\r\n"
		"Final-Recipient: rfc822; jane@acme.test\r\nAction: failed\r\nStatus: 5.7.1\r\n"
		"Diagnostic-Code: smtp; 550 %s\r\n\r\n"
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %s\r\n\r\n--b--\r\n",
		to, diagnostic, kit_header(kit, JANE, 0, "Message-ID")));
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_UNDELIVERABLE);
}

static const char *
sender_of_the_question(struct desk_kit *kit)
{
	for (size_t i = 0; i < outlet_memory_count(kit->outlet); i++)
		if (text_is(outlet_memory_at(kit->outlet, i)->to, JANE))
			return outlet_memory_at(kit->outlet, i)->from;
	return NULL;
}

/* Its question was withdrawn before the repeat: nobody is asked again, and nothing is claimed. */
static void
a_question_in_doubt_that_was_closed_is_not_repeated(void **state)
{
	struct desk_kit *kit = *state;

	until_its_mail(kit, "Bob, I pass it on.\r\n\r\nask: Shall we order it?\r\n");
	outlet_memory_fail_next(kit->outlet, ERR_PEER);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE kind = 'request' AND "
			     "status = 'maybe'"),
	    1);
	kit_change(kit, "UPDATE approvals SET state = 'withdrawn'");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM outgoing WHERE kind = 'request' AND "
			     "status = 'maybe'"),
	    1);
}

/* Neither the whole token nor so much of one that the rest could be guessed. */
static void
assert_hides(const char *text, const char *token)
{
	AUTO(str_donep) struct str start = STR_INIT(100);

	str_add_n(&start, token, 12);
	assert_non_null(text);
	assert_null(strstr(text, str_text(&start)));
}

static void
the_engineer_never_sees_the_owners_link_in_a_bounce(void **state)
{
	static const int paddings[] = { 0, 230, 250, 270 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(paddings); i++) {
		struct desk_kit *kit;
		const char *link;

		assert_int_equal(kit_setup(state), 0);
		kit = *state;
		kit->policy.verp = i % 2 == 1;
		ask_jane(kit);
		link = kit_link(kit, JANE, 0, 0);
		bounce(kit, kit->policy.verp ? sender_of_the_question(kit) : "agent@desk.test",
		    arena_printf(kit->arena, "%.*s https://desk.test/a/%s is listed",
			paddings[i / 2],
			"xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx "
			"xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx "
			"xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx "
			"xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx xxxxxxxxx",
			link));
		assert_hides(
		    kit_sent(kit, "eve@help.test", kit_sent_count(kit, "eve@help.test") - 1), link);
		kit_teardown(state);
	}
}

/* A relay that says so at once, its words as long as it likes. */
static void
nor_in_what_a_relay_says_nor_a_password(void **state)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyz234567";
	static const char password[] = "open sesame, you old door of the forty thieves";
	const struct smtp_try try = { "mx.test:587", "desk", "agent@desk.test", JANE, password,
		BREAK_NONE, "" };

	(void)state;
	for (int padding = 0; padding < 320; padding++) {
		AUTO(str_donep) struct str line = STR_INIT(1000);
		struct smtp_talk talk = { .stage = padding % 2 ? STAGE_END : STAGE_SIGN_IN };
		struct err err;

		str_addf(&line, "550 %*s %s", padding, "x",
		    padding % 2 ? "https://desk.test/a/abcdefghijklmnopqrstuvwxyz234567 is listed"
				: password);
		/* Many blanks are one to nobody here; letters keep the width. */
		for (size_t i = 4; i < 4 + (size_t)padding; i++)
			line.text[i] = "x y"[i % 3];
		smtp_heard(&talk, str_text(&line), line.len);
		assert_true(smtp_verdict(&talk, &try, &err) < 0);
		assert_hides(err.text, token);
		assert_hides(err.text, password);
	}
}

/* --- names of folders ------------------------------------------------------------------------- */

static void
an_ampersand_in_a_folder_is_one_unless_it_is_copied_code(void **state)
{
	static const struct {
		const char *name, *wire;
	} cases[] = {
		{ "INBOX", "INBOX" },
		{ "R&D", "R&-D" },
		{ "R&-D", "R&-D" },
		{ "Smith & Sons - all", "Smith &- Sons - all" },
		{ "Q&A-2026", "Q&-A-2026" },
		{ "at the end &", "at the end &-" },
		{ "Entw&APw-rfe", "Entw&APw-rfe" },
		{ "Entwürfe", "Entw&APw-rfe" },
		{ "Entwürfe & mehr", "Entw&APw-rfe &- mehr" },
		{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
		{ "\xf0\x9f\x93\xae", "&2D3c7g-" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str out = STR_INIT(1000);

		assert_true(folder_encode(cases[i].name, &out));
		assert_string_equal(str_text(&out), cases[i].wire);
	}
}

/* --- a mailbox child that was taken over ---------------------------------------------------- */

static bool
can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* 0 when all is as it should be, else the number of what is not; 77 without Landlock. */
static int
look_from_within(const char *ca_file)
{
	struct err err;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) < 1)
		return 77;
	if (walls_raise(ca_file, 993, 1 << 20, &err) < 0)
		return 1;
	if (!can_read("/etc/hosts") || !can_read("/etc/nsswitch.conf"))
		return 2;
	if (!can_read(ca_file))
		return 3;
	return can_read("/etc/passwd") ? 4 : 0;
}

/* Keys, passwords of others and ca_file usually lie together in a folder below /etc. */
static void
a_mailbox_child_reads_of_etc_only_what_it_needs(void **state)
{
	struct desk_kit *kit = *state;
	const char *ca_file = arena_printf(kit->arena, "%s/ca.pem", kit->folder);
	int status, fd = open(ca_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	pid_t pid;

	assert_true(fd >= 0);
	close(fd);
	pid = fork();
	if (pid == 0)
		_exit(look_from_within(ca_file));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_question_in_doubt_that_was_closed_is_not_repeated, kit_setup, kit_teardown),
		cmocka_unit_test(nor_in_what_a_relay_says_nor_a_password),
		cmocka_unit_test(the_engineer_never_sees_the_owners_link_in_a_bounce),
		cmocka_unit_test(an_ampersand_in_a_folder_is_one_unless_it_is_copied_code),
		cmocka_unit_test_setup_teardown(
		    a_mail_program_that_was_ended_after_it_had_the_mail_leaves_a_doubt, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_mailbox_child_reads_of_etc_only_what_it_needs, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_clock_that_went_back_does_not_keep_a_dead_token_for_years, bench_open,
		    bench_close),
		cmocka_unit_test_setup_teardown(
		    a_start_after_the_clock_went_back_fetches_anew, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
		    a_failure_before_the_clock_went_back_is_not_waited_out_for_years, bench_open,
		    bench_close),
		cmocka_unit_test_setup_teardown(
		    a_server_that_repeats_our_secrets_is_not_quoted, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
		    a_mail_under_way_when_we_were_killed_may_have_arrived_twice_and_says_so,
		    kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_mail_that_only_failed_before_did_not_arrive_twice, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    where_a_repeat_changes_nothing_nothing_is_said, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_doubt_that_ended_well_is_still_told, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    what_was_cut_off_and_then_given_up_is_not_called_refused, kit_setup,
		    kit_teardown),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
