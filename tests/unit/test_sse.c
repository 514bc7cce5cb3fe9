#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/net/sse.h>

#include <string.h>

#define MOST 64

/* Each event as name|data|id and a line end, with the data's line ends as "/". */
static int
tell(void *arg, const struct sse_event *event, struct err *err)
{
	struct str *told = arg;

	(void)err;
	assert_int_equal(strlen(event->data), event->data_len);
	str_addf(told, "%s|", event->name);
	for (const char *at = event->data; *at != '\0'; at++)
		str_add_char(told, *at == '\n' ? '/' : *at);
	str_addf(told, "|%s\n", event->id);
	return 0;
}

struct heard {
	struct str told;
	int rc;
	int64_t retry_ms;
};

static struct heard
hear(const char *bytes, size_t n, size_t piece)
{
	struct heard heard = { .told = STR_INIT(4096) };
	struct sse sse;
	struct err err;

	sse_init(&sse, MOST, tell, &heard.told);
	for (size_t at = 0; at < n; at += piece)
		heard.rc = sse_feed(&sse, bytes + at, n - at < piece ? n - at : piece, &err);
	heard.retry_ms = sse.retry_ms;
	sse_done(&sse);
	return heard;
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t n;
	const char *want;
} cases[] = {
	{ BYTES(""), "" },
	{ BYTES("data: a\n\n"), "message|a|\n" },
	{ BYTES("data:a\n\ndata:  a\n\n"), "message|a|\nmessage| a|\n" },
	{ BYTES("data: a\r\rdata: b\r\n\r\ndata: c\n\r\n"),
	    "message|a|\nmessage|b|\nmessage|c|\n" },
	{ BYTES("data: a\r\n\ndata: b\r\r\n"), "message|a|\nmessage|b|\n" },
	{ BYTES("\xef\xbb\xbf"
		"data: a\n\n"),
	    "message|a|\n" },
	{ BYTES("\n\xef\xbb\xbf"
		"data: a\n\n"),
	    "" },
	{ BYTES("\xef\xbb\xbf\xef\xbb\xbf"
		"data: a\n\n"),
	    "" },
	{ BYTES(": hello\ndata: a\n:\n\n"), "message|a|\n" },
	{ BYTES("data: YHOO\ndata: +2\ndata: 10\n\n"), "message|YHOO/+2/10|\n" },
	{ BYTES("data\n\ndata\ndata\n\ndata:\n"), "message||\nmessage|/|\n" },
	{ BYTES("event: add\ndata: 1\n\ndata: 2\n\n"), "add|1|\nmessage|2|\n" },
	{ BYTES("event: add\n\ndata: 2\n\n"), "message|2|\n" },
	{ BYTES("event: add\nevent: sub\nevent\ndata: 2\n\n"), "message|2|\n" },
	{ BYTES("id: 7\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n"),
	    "message|1|7\nmessage|2|7\nmessage|3|\n" },
	{ BYTES("id: 7\n\nid: 8\0\ndata: 1\n\n"), "message|1|7\n" },
	{ BYTES("Data: a\n data: b\ndata : c\nDATA\nother: d\n\n"), "" },
	{ BYTES("data: a: b :c\n\n"), "message|a: b :c|\n" },
	{ BYTES("data: a\0b\xff\n\n"), "message|ab\xef\xbf\xbd|\n" },
	{ BYTES("data: \xf0\x9f\x99\x82\n\n"), "message|\xf0\x9f\x99\x82|\n" },
	{ BYTES("data: cut off"), "" },
	{ BYTES("data: cut off\n"), "" },
	{ BYTES("data: a\n\rdata: b\n\n"), "message|a|\nmessage|b|\n" },
};

static void
events_are_as_the_standard_says_in_whatever_pieces_they_come(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 5, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases) * ARRAY_LEN(pieces); i++) {
		size_t at = i / ARRAY_LEN(pieces), piece = pieces[i % ARRAY_LEN(pieces)];
		struct heard heard = hear(cases[at].bytes, cases[at].n, piece);
		assert_int_equal(heard.rc, 0);
		if (!text_is(str_text(&heard.told), cases[at].want))
			fail_msg("%s in pieces of %zu: %s", cases[at].bytes, piece,
			    str_text(&heard.told));
		str_done(&heard.told);
	}
}

static void
the_next_try_may_be_told_in_digits_only(void **state)
{
	static const struct {
		const char *bytes;
		int64_t want;
	} waits[] = {
		{ "data: a\n\n", -1 },
		{ "retry: 3000\n", 3000 },
		{ "retry: 0\n", 0 },
		{ "retry: 3000\nretry: soon\nretry\nretry: -1\nretry: 1.5\n", 3000 },
		{ "retry: 99999999999999999999999999\n", -1 },
		{ "retry: 86400001\n", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct heard heard = hear(waits[i].bytes, strlen(waits[i].bytes), 2);
		assert_int_equal(heard.retry_ms, waits[i].want);
		str_done(&heard.told);
	}
}

static void
what_is_too_large_ends_the_reading_after_the_events_before_it(void **state)
{
	static const char *const parts[] = {
		"data: 12345678901234567890123456789012345678901234567890123456789\n\n",
		":234567890123456789012345678901234567890123456789012345678901234567890",
		("data: 1234567890123456789012345678901234567890\ndata: "
		 "123456789012345678901234\n\n"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts) * 2; i++) {
		AUTO(str_donep) struct str bytes = STR_INIT(1000);
		struct heard heard;
		str_addf(&bytes, "data: a\n\n%sdata: b\n\n", parts[i / 2]);
		heard = hear(str_text(&bytes), bytes.len, i % 2 == 0 ? 1 : 1000);
		assert_int_equal(heard.rc, ERR_LIMIT);
		assert_string_equal(str_text(&heard.told), "message|a|\n");
		str_done(&heard.told);
	}
}

static void
what_just_fits_is_an_event(void **state)
{
	static const char bytes[] =
	    "data: 1234567890123456789012345678901234567890123456789012345678\n\n"
	    "data: 1234567890123456789012345678901234567890\ndata: 12345678901234567890123\n\n";
	struct heard heard = hear(bytes, sizeof(bytes) - 1, 1);

	(void)state;
	assert_int_equal(heard.rc, 0);
	assert_int_equal(heard.told.len, 58 + 64 + 2 * strlen("message||\n"));
	str_done(&heard.told);
}

static int
refuse(void *arg, const struct sse_event *event, struct err *err)
{
	(void)event;
	++*(int *)arg;
	return err_set(err, ERR_PEER, "enough");
}

static void
who_takes_events_can_end_the_reading(void **state)
{
	static const char bytes[] = "data: a\n\ndata: b\n\n";
	struct sse sse;
	struct err err;
	int told = 0;

	(void)state;
	sse_init(&sse, MOST, refuse, &told);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sse_feed(&sse, bytes, sizeof(bytes) - 1, &err), ERR_PEER);
		assert_string_equal(err.text, "enough");
	}
	assert_int_equal(told, 1);
	sse_done(&sse);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_as_the_standard_says_in_whatever_pieces_they_come),
		cmocka_unit_test(the_next_try_may_be_told_in_digits_only),
		cmocka_unit_test(what_is_too_large_ends_the_reading_after_the_events_before_it),
		cmocka_unit_test(what_just_fits_is_an_event),
		cmocka_unit_test(who_takes_events_can_end_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
