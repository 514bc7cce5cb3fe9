#include <mailbox/session_priv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* A guard behind its greeting, with room for some letters. */
static struct guard
ready(void)
{
	struct guard g = { .greeted = true };

	guard_expect(&g, 1000, 10000, 5);
	g.wants = "LIST";
	return g;
}

static int
hear(struct guard *g, const char *line, struct err *err)
{
	char copy[512];
	size_t n = strlen(line);

	memcpy(copy, line, n + 1);
	return guard_line(g, copy, n, err);
}

/* clang-format off */
static const struct { const char *line; int want; } lines[] = {
	{ "* 3 FETCH (UID 7 RFC822.SIZE 100)\r\n", GUARD_PASS },
	{ "* 3 fetch (uid 7)\n", GUARD_PASS },
	{ "* LIST () \"/\" INBOX\r\n", GUARD_PASS },
	{ "* LIST () \"/\" {4}\r\n", GUARD_PASS },
	{ "* LIST () \"/\" {4} INBOX\r\n", ERR_PEER },
	{ "* CAPABILITY IMAP4rev1\r\n", GUARD_DROP },
	{ "* 3 FETCH (BODY[] {9} x)\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY[] \"{9}\")\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY[] {9}{9}\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY[] {}\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY[] \"open)\r\n", ERR_PEER },
	{ "+ go on\r\n", GUARD_PASS },
	{ "12 OK done\r\n", GUARD_PASS },
	{ "12 NO [TRYCREATE] none\r\n", GUARD_PASS },
	{ "* 3 EXISTS\r\n", GUARD_DROP },
	{ "* 3 EXPUNGE\r\n", GUARD_DROP },
	{ "* OK [HIGHESTMODSEQ 90060115205545359] x\r\n", GUARD_DROP },
	{ "* FLAGS (\\Seen)\r\n", GUARD_DROP },
	{ "* XNEWS 9999999999999\r\n", GUARD_DROP },
	{ "*\r\n", GUARD_DROP },
	{ "* BYE\r\n", ERR_PEER },
	{ "* BYE [ALERT] closed\r\n", ERR_PEER },
	{ "12 OK\r\n", ERR_PEER },
	{ "12 DONE well\r\n", ERR_PEER },
	{ "\r\n", ERR_PEER },
	{ "\n", ERR_PEER },
	{ "* 4294967296 EXISTS\r\n", ERR_PEER },
	{ "* 3 FETCH (UID 4294967296)\r\n", ERR_PEER },
	{ "* 3 FETCH (UID 42949672950)\r\n", ERR_PEER },
	{ "* 3 FETCH (UID 4294967295)\r\n", GUARD_PASS },
	{ "* 3 FETCH (INTERNALDATE \"99999999999\")\r\n", GUARD_PASS },
	{ "* 3 FETCH (X \"a\\\"99\" UID 99999999999)\r\n", ERR_PEER },
	{ "* 3 FETCH (ENVELOPE NIL)\r\n", ERR_PEER },
	{ "* 3 FETCH (UID 1 bodystructure NIL)\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY (NIL))\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY[HEADER.FIELDS (TO)] NIL)\r\n", ERR_PEER },
	{ "* 3 FETCH (BODY[HEADER]<0> NIL)\r\n", GUARD_PASS },
	{ "* 3 FETCH (RFC822 NIL)\r\n", ERR_PEER },
	{ "* 3 FETCH (FLAGS (Bodyguard $Envelope) NoBody 1 UID 7)\r\n", GUARD_PASS },
	{ "* 3 FETCH (INTERNALDATE \"ENVELOPE \\\" BODY \" UID 1)\r\n", GUARD_PASS },
	{ "* 3 FETCH (BODY[] {1000}\r\n", GUARD_PASS },
	{ "* 3 FETCH (BODY[] {1001}\r\n", ERR_LIMIT },
	{ "* 3 FETCH (BODY[] {4294967296}\r\n", ERR_PEER },
	{ "* SEARCH {4294967296}\r\n", ERR_LIMIT },
	{ "* OK [UIDVALIDITY 0] x\r\n", ERR_PEER },
	{ "* OK [UIDVALIDITY x] x\r\n", ERR_PEER },
	{ "* OK [UIDNEXT 4294967296] x\r\n", ERR_PEER },
	{ "* OK [UIDNEXT] x\r\n", ERR_PEER },
	{ "* OK text with an end like a literal {12345}\r\n", GUARD_DROP },
};
/* clang-format on */

static void
each_line_meets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct guard g = ready();
		struct err err = { 0 };
		int rc = hear(&g, lines[i].line, &err);

		if (rc != lines[i].want)
			print_error(
			    "%s: %d, not %d (%s)\n", lines[i].line, rc, lines[i].want, err.text);
		assert_int_equal(rc, lines[i].want);
	}
}

static void
a_nul_is_no_part_of_a_line(void **state)
{
	struct guard g = ready();
	char line[] = "* OK a\0b\r\n";
	struct err err;

	(void)state;
	assert_int_equal(guard_line(&g, line, sizeof(line) - 1, &err), ERR_PEER);
}

/* clang-format off */
static const struct { const char *line; int want; bool preauth; } greetings[] = {
	{ "* OK [CAPABILITY IMAP4rev1] ready\r\n", GUARD_PASS, false },
	{ "* OK [PERMANENTFLAGS (] hi\r\n", GUARD_PASS, false },
	{ "* PREAUTH welcome\r\n", GUARD_PASS, true },
	{ "* BYE go away\r\n", ERR_PEER, false },
	{ "* OK\r\n", ERR_PEER, false },
	{ "* NO\r\n", ERR_PEER, false },
	{ "220 mx ESMTP\r\n", ERR_PEER, false },
	{ "A1 OK done\r\n", ERR_PEER, false },
};
/* clang-format on */

static void
each_greeting_meets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(greetings); i++) {
		struct guard g = { 0 };
		struct err err;

		guard_expect(&g, 0, 1000, 0);
		assert_int_equal(hear(&g, greetings[i].line, &err), greetings[i].want);
		assert_int_equal(g.preauth, greetings[i].preauth);
	}
}

static void
the_library_sees_no_response_code(void **state)
{
	struct guard g = ready();
	char line[] = "A1 NO [TRYCREATE] make [it] first\r\n";
	struct err err;

	(void)state;
	assert_int_equal(guard_line(&g, line, sizeof(line) - 1, &err), GUARD_PASS);
	assert_string_equal(line, "A1 NO (TRYCREATE] make [it] first\r\n");
	assert_string_equal(g.code, "TRYCREATE");
	assert_string_equal(g.said, "[TRYCREATE] make [it] first");
	assert_int_equal(g.status, GUARD_NO);
}

static void
what_we_need_is_kept(void **state)
{
	struct guard g = ready();
	struct err err;

	(void)state;
	assert_int_equal(hear(&g, "* OK [UIDVALIDITY 4294967295] x\r\n", &err), GUARD_DROP);
	assert_int_equal(hear(&g, "* OK [uidnext 12] x\r\n", &err), GUARD_DROP);
	assert_int_equal(g.uidvalidity, 4294967295);
	assert_int_equal(g.uidnext, 12);
	assert_int_equal(hear(&g, "* 4 EXISTS\r\n", &err), GUARD_DROP);
	assert_true(g.fresh);
	g.fresh = false;
	assert_int_equal(hear(&g, "* 4 EXISTS\r\n", &err), GUARD_DROP);
	assert_int_equal(hear(&g, "* 1 EXPUNGE\r\n", &err), GUARD_DROP);
	assert_false(g.fresh);
	assert_int_equal(hear(&g, "* 4 EXISTS\r\n", &err), GUARD_DROP);
	assert_true(g.fresh);
}

static void
a_literal_shares_its_lines_fate(void **state)
{
	struct guard g = ready();
	struct err err;

	(void)state;
	assert_int_equal(hear(&g, "* SEARCH {5}\r\n", &err), GUARD_DROP);
	assert_int_equal(g.literal, 5);
	g.literal = 0;
	/* What follows the literal belongs to the response, whatever it looks like. */
	assert_int_equal(hear(&g, "A1 OK done {7}\r\n", &err), GUARD_DROP);
	assert_int_equal(g.literal, 7);
	g.literal = 0;
	assert_int_equal(hear(&g, " end\r\n", &err), GUARD_DROP);
	assert_int_equal(hear(&g, "A1 OK done\r\n", &err), GUARD_PASS);
}

static void
no_more_lines_than_there_is_room_for(void **state)
{
	struct guard g = ready();
	struct err err;
	int passed = 0;

	(void)state;
	for (int i = 0; i < 9; i++)
		passed += hear(&g, "* 1 FETCH (UID 1)\r\n", &err) == GUARD_PASS;
	assert_int_equal(passed, 5);
	assert_int_equal(g.dropped, 4);
}

static void
a_budget_ends(void **state)
{
	struct guard g = ready();
	struct err err;

	(void)state;
	guard_expect(&g, 1000, 40, 5);
	assert_int_equal(hear(&g, "* OK thirty bytes and a few\r\n", &err), GUARD_DROP);
	assert_int_equal(hear(&g, "* OK thirty bytes and a few\r\n", &err), ERR_LIMIT);
	guard_expect(&g, 1000, 40, 5);
	assert_int_equal(hear(&g, "* 1 FETCH (BODY[] {39}\r\n", &err), ERR_LIMIT);
}

/* clang-format off */
static const struct { const char *name, *want; } folders[] = {
	{ "INBOX", "INBOX" },
	{ "Entw&APw-rfe", "Entw&APw-rfe" },
	{ "Entwürfe", "Entw&APw-rfe" },
	{ "Über & Ä", "&ANw-ber &- &AMQ-" },
	{ "~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" }, /* RFC 3501 section 5.1.3 */
	{ "😀", "&2D3eAA-" },
};
/* clang-format on */

static void
folders_are_written_as_the_rfc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		AUTO(str_donep) struct str out = STR_INIT(200);

		assert_true(folder_encode(folders[i].name, &out));
		assert_string_equal(str_text(&out), folders[i].want);
	}
}

static void
a_folder_that_is_no_text_or_too_long_is_refused(void **state)
{
	AUTO(str_donep) struct str out = STR_INIT(10);

	(void)state;
	assert_false(folder_encode("\xff", &out));
	assert_false(folder_encode("üüüüüüüüüü", &out));
}

/* --- the stream over a wire of memory --- */

struct memory {
	const char *bytes;
	size_t left, piece;
};

static ssize_t
memory_read(void *self, void *bytes, size_t n)
{
	struct memory *m = self;

	n = n > m->left ? m->left : n;
	n = n > m->piece ? m->piece : n;
	memcpy(bytes, m->bytes, n);
	m->bytes += n;
	m->left -= n;
	return n > 0 ? (ssize_t)n : WIRE_END;
}

static struct stream *
stream_of(struct memory *m)
{
	struct stream *s = stream_new(-1, -1, MS_MINUTE);

	stream_wire(s, (struct wire){ memory_read, NULL, NULL, NULL, m });
	s->guard = ready();
	return s;
}

static void
a_reader_never_gets_more_than_a_line_or_a_literal(void **state)
{
	static const char said[] =
	    "* 9 EXISTS\r\n* 1 FETCH (BODY[] {5}\r\na\nb\r\n)\r\nA1 OK done\r\n";
	static const char *const want[] = { "* 1 FETCH (BODY[] {5}\r\n", "a\nb\r\n", ")\r\n",
		"A1 OK done\r\n" };

	(void)state;
	for (size_t piece = 1; piece < sizeof(said) + 1; piece++) {
		struct memory m = { said, sizeof(said) - 1, piece };
		AUTO(stream_freep) struct stream *s = stream_of(&m);
		char got[100];

		for (size_t i = 0; i < ARRAY_LEN(want); i++) {
			size_t n = 0;

			while (n < strlen(want[i])) {
				ssize_t more = stream_read(s, got + n, sizeof(got) - n);

				assert_true(more > 0);
				n += (size_t)more;
				assert_true(n <= strlen(want[i]));
			}
			assert_memory_equal(got, want[i], n);
		}
		assert_int_equal(stream_read(s, got, sizeof(got)), -1);
		assert_int_equal(s->why.code, ERR_PEER);
	}
}

static void
a_line_without_end_is_cut(void **state)
{
	AUTO(mem_freep) char *much = mem_alloc(GUARD_LINE_MAX + 100);
	struct memory m = { much, GUARD_LINE_MAX + 100, 1 << 14 };
	AUTO(stream_freep) struct stream *s = stream_of(&m);

	(void)state;
	memset(much, 'x', GUARD_LINE_MAX + 100);
	s->guard.budget = 1 << 30;
	assert_null(stream_read_line(s));
	assert_int_equal(s->why.code, ERR_LIMIT);
}

static void
a_stream_that_failed_stays_so(void **state)
{
	struct memory m = { "A1 OK done\r\n", 12, 100 };
	AUTO(stream_freep) struct stream *s = stream_of(&m);
	static const struct err first = { ERR_BUSY, "late" }, second = { ERR_IO, "later" };
	char byte;

	(void)state;
	assert_int_equal(stream_fail(s, &first), -1);
	assert_int_equal(stream_fail(s, &second), -1);
	assert_string_equal(s->why.text, "late");
	assert_null(stream_read_line(s));
	assert_int_equal(stream_read(s, &byte, 1), -1);
	assert_int_equal(stream_write(s, "x", 1), -1);
	assert_int_equal(stream_hear(s), -1);
	assert_int_equal(stream_listen(s, 0), -1);
	assert_int_equal(stream_wait(s, 0), -1);
}

static void
a_deadline_that_passed_is_told_though_bytes_are_there(void **state)
{
	struct memory m = { "A1 OK done\r\n", 12, 100 };
	AUTO(stream_freep) struct stream *s = stream_of(&m);

	(void)state;
	s->deadline = 0;
	assert_null(stream_read_line(s));
	assert_int_equal(s->why.code, ERR_BUSY);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_meets_its_verdict),
		cmocka_unit_test(a_nul_is_no_part_of_a_line),
		cmocka_unit_test(each_greeting_meets_its_verdict),
		cmocka_unit_test(the_library_sees_no_response_code),
		cmocka_unit_test(what_we_need_is_kept),
		cmocka_unit_test(a_literal_shares_its_lines_fate),
		cmocka_unit_test(no_more_lines_than_there_is_room_for),
		cmocka_unit_test(a_budget_ends),
		cmocka_unit_test(folders_are_written_as_the_rfc_says),
		cmocka_unit_test(a_folder_that_is_no_text_or_too_long_is_refused),
		cmocka_unit_test(a_reader_never_gets_more_than_a_line_or_a_literal),
		cmocka_unit_test(a_line_without_end_is_cut),
		cmocka_unit_test(a_stream_that_failed_stays_so),
		cmocka_unit_test(a_deadline_that_passed_is_told_though_bytes_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
