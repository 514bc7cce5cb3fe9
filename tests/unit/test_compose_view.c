#include <assent/mail/compose.h>
#include <assent/text/intent.h>
#include <assent/text/reply.h>

#include "help_compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ROOM ((size_t)1 << 20)

static void
html_of(const struct compose *compose, struct str *out)
{
	struct err err = { 0 };

	if (compose_html(compose, out, &err) < 0)
		fail_msg("%s", err.text);
}

static void
text_of(const struct compose *compose, struct str *out)
{
	struct err err = { 0 };

	if (compose_text(compose, out, &err) < 0)
		fail_msg("%s", err.text);
}

/* The nth href of the HTML twin with &amp; undone, "" when there are fewer. */
static void
href(const struct str *html, int n, struct str *out)
{
	const char *p = str_text(html);

	str_clear(out);
	for (; (p = strstr(p, "href=\"")); n--) {
		p += strlen("href=\"");
		if (n > 0)
			continue;
		for (; *p && *p != '"'; p++) {
			str_add_char(out, *p);
			if (text_starts(p, "&amp;"))
				p += strlen("amp;");
		}
		return;
	}
}

/* What a mail program would put into the new mail's body. */
static void
body_of(const char *link, struct str *out)
{
	const char *p = strstr(link, "&body=");

	assert_non_null(p);
	for (p += strlen("&body="); *p; p++) {
		char byte;

		if (*p != '%') {
			str_add_char(out, *p);
			continue;
		}
		assert_int_equal(hex_decode(p + 1, 2, &byte, 1), 1);
		str_add_char(out, byte);
		p += 2;
	}
}

static void
links_are_used_as_they_are_given(void **state)
{
	AUTO(str_donep) struct str html = STR_INIT(ROOM), link = STR_INIT(ROOM);
	json_t *view = help_view("{\"question\": \"May we?\","
				 " \"approve_url\": \"https://desk.example/a/x?d=approve&y=1\","
				 " \"reject_url\": \"https://desk.example/a/x?d=reject\"}");
	struct compose compose = help_compose("request", view);

	(void)state;
	html_of(&compose, &html);
	href(&html, 0, &link);
	assert_string_equal(str_text(&link), "https://desk.example/a/x?d=approve&y=1");
	href(&html, 1, &link);
	assert_string_equal(str_text(&link), "https://desk.example/a/x?d=reject");
	href(&html, 2, &link);
	assert_string_equal(str_text(&link), "");
	json_decref(view);
}

/* clang-format off */
static const char *const bad_links[] = {
	"javascript:alert(1)", "http://", "data:text/html,x", "//desk.example/a", "ftp://desk.example/a",
	"https://desk.example/a\\\"onclick=x", "https://desk.example/a b", "https://desk.example/<a>",
	"https://desk.example/a\\nb", "https://desk.example/\\u00e4", "mailto:a@b.example",
};
/* clang-format on */

static void
what_is_no_web_address_is_refused_as_a_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_links) * 4; i++) {
		AUTO(str_donep) struct str out = STR_INIT(ROOM);
		AUTO(str_donep) struct str text = STR_INIT(ROOM);
		const char *key = i & 1 ? "approve_url" : "reject_url";
		struct err err = { 0 };

		str_addf(&text,
		    i & 2 ? "{\"cards\": [{}, {\"number\": 2, \"%s\": \"%s\"}]}"
			  : "{\"%s\": \"%s\"}",
		    key, bad_links[i / 4]);
		json_t *view = help_view(str_text(&text));
		struct compose compose = help_compose(i & 2 ? "batch" : "request", view);
		assert_int_equal(compose_html(&compose, &out, &err), ERR_INVALID);
		assert_non_null(strstr(err.text, key));
		assert_int_equal(out.len, 0);
		json_decref(view);
	}
}

static void
without_links_an_answer_is_written_already(void **state)
{
	AUTO(str_donep) struct str html = STR_INIT(ROOM), link = STR_INIT(ROOM);
	AUTO(str_donep) struct str body = STR_INIT(ROOM);
	json_t *view = help_view("{\"question\": \"May we?\", \"title\": \"Größe & Preis?\","
				 " \"mark\": \"[T-7]\", \"reply_code\": \"ref:abc\"}");
	struct compose compose = help_compose("request", view);

	(void)state;
	html_of(&compose, &html);
	href(&html, 0, &link);
	assert_string_equal(str_text(&link),
	    "mailto:approvals%2Babcdefghijklmnopqrstuvwxyz234567@brandt-it.example"
	    "?subject=Re%3A%20Approve%3F%20Gr%C3%B6%C3%9Fe%20%26%20Preis%3F%20%5BT-7%5D"
	    "&body=approved%0D%0A%0D%0A---%20Please%20reply%20above%20this%20line%20---"
	    "%0D%0Aref%3Aabc%0D%0A");
	href(&html, 1, &link);
	body_of(str_text(&link), &body);
	assert_string_equal(
	    str_text(&body), "rejected\r\n\r\n" COMPOSE_CUT_MARKER_EN "\r\nref:abc\r\n");
	json_decref(view);
}

static void
without_a_reply_address_the_answer_goes_to_the_sender(void **state)
{
	AUTO(str_donep) struct str html = STR_INIT(ROOM), link = STR_INIT(ROOM);
	json_t *view = help_view("{\"question\": \"May we?\"}");
	struct compose compose = help_compose("request", view);

	(void)state;
	compose.reply_to = NULL;
	html_of(&compose, &html);
	href(&html, 0, &link);
	assert_true(text_starts(str_text(&link), "mailto:approvals@brandt-it.example?"));
	json_decref(view);
}

static void
a_written_answer_is_short_whatever_the_title(void **state)
{
	AUTO(str_donep) struct str html = STR_INIT(ROOM), link = STR_INIT(ROOM);
	char title[1501];
	json_t *view = help_view("{\"question\": \"May we?\"}");
	struct compose compose = help_compose("request", view);

	(void)state;
	for (size_t i = 0; i < 1500; i += 3)
		memcpy(title + i, "界", 3);
	title[1500] = '\0';
	json_object_set_new(view, "title", json_string(title));
	html_of(&compose, &html);
	href(&html, 0, &link);
	assert_in_range(link.len, 100, 1999);
	json_decref(view);
}

/* The reader of answers must read what our own buttons write, as the parser would read it. */
static void
read_button(const struct str *html, int n, struct arena *arena, struct intent *out, size_t items)
{
	AUTO(str_donep) struct str link = STR_INIT(ROOM), body = STR_INIT(ROOM);
	AUTO(str_donep) struct str own = STR_INIT(ROOM);
	struct reply_hints hints;

	hints.markers = compose_cut_markers(&hints.marker_count);
	href(html, n, &link);
	body_of(str_text(&link), &body);
	reply_extract(str_text(&body), &hints, &own, NULL);
	intent_read(str_text(&own), items, arena, out);
}

static void
a_written_answer_decides_what_its_button_says(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROOM);
	AUTO(str_donep) struct str html = STR_INIT(ROOM);
	json_t *view = help_sample("request.mailto");
	struct compose compose = help_compose("request", view);

	(void)state;
	html_of(&compose, &html);
	for (int i = 0; i < 2; i++) {
		struct intent intent;

		read_button(&html, i, arena, &intent, 1);
		assert_int_equal(intent.items[0].verdict, i ? VERDICT_REJECT : VERDICT_APPROVE);
		assert_string_equal(intent.items[0].comment, "");
	}
	json_decref(view);
}

static void
a_written_answer_of_a_batch_decides_one_card(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROOM);
	AUTO(str_donep) struct str html = STR_INIT(ROOM);
	json_t *view = help_sample("batch.mailto");
	struct compose compose = help_compose("batch", view);
	size_t cards = json_array_size(json_object_get(view, "cards"));

	(void)state;
	json_object_set_new(view, "reply_code", json_string("ref:3k7qmw2c5v6t4xjy"));
	html_of(&compose, &html);
	for (size_t i = 0; i < 2 * cards; i++) {
		struct intent intent;

		read_button(&html, (int)i, arena, &intent, cards);
		for (size_t k = 0; k < cards; k++)
			assert_int_equal(intent.items[k].verdict,
			    k != i / 2	? VERDICT_UNCLEAR
				: i % 2 ? VERDICT_REJECT
					: VERDICT_APPROVE);
	}
	json_decref(view);
}

static void
the_marker_is_the_first_thing_that_is_read(void **state)
{
	size_t count;
	const char *const *markers = compose_cut_markers(&count);
	size_t seen = 0;

	(void)state;
	assert_string_equal(compose_cut_marker("en"), COMPOSE_CUT_MARKER_EN);
	assert_string_equal(compose_cut_marker("en-GB"), COMPOSE_CUT_MARKER_EN);
	assert_string_equal(compose_cut_marker("xx"), COMPOSE_CUT_MARKER_EN);
	assert_string_equal(compose_cut_marker(NULL), COMPOSE_CUT_MARKER_EN);
	assert_string_not_equal(compose_cut_marker("de-AT"), COMPOSE_CUT_MARKER_EN);
	for (size_t i = 0; i < count; i++) {
		assert_true(strlen(markers[i]) > 8); /* nobody types one by chance */
		seen += text_is(markers[i], COMPOSE_CUT_MARKER_EN);
		seen += text_is(markers[i], compose_cut_marker("ar"));
	}
	assert_int_equal(seen, 2);
}

/* The hidden line and all of the mail, as programs quote it that know neither ">" nor "wrote:". */
static void
below_the_marker_nothing_is_an_answer(void **state)
{
	static const char *const kinds[] = { "request.plain", "batch.three", "unclear.condition",
		"receipt.batch", "transcript.ask" };
	struct reply_hints hints;

	(void)state;
	hints.markers = compose_cut_markers(&hints.marker_count);
	for (size_t i = 0; i < ARRAY_LEN(kinds) * 2; i++) {
		AUTO(str_donep) struct str text = STR_INIT(ROOM), answer = STR_INIT(ROOM);
		AUTO(str_donep) struct str own = STR_INIT(ROOM);
		json_t *view = help_sample(kinds[i / 2]);
		char kind[100];

		snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(kinds[i / 2], "."), kinds[i / 2]);
		struct compose compose = help_compose(kind, view);
		text_of(&compose, &text);
		str_add(&answer, "No, too expensive.\n\n");
		if (i % 2)
			str_add(&answer, "In short · Approved: yes\n");
		str_add(&answer, strstr(str_text(&text), "\n\n") + 2);
		reply_extract(str_text(&answer), &hints, &own, NULL);
		assert_string_equal(str_text(&own), "No, too expensive.");
		json_decref(view);
	}
}

static void
no_text_can_fake_a_line_or_turn_the_direction(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(ROOM), html = STR_INIT(ROOM);
	json_t *view =
	    help_view("{\"title\": \"A\\nReply: no\", \"question\": \"Pay \\u202e001\\u202c?\","
		      " \"summary\": [\"one\\n- two\"], \"organisation\": \"<b>x</b> & y\","
		      " \"request\": {\"who\": \"E\\nve\", \"text\": \"a\\n\\nb\\u200bc\"}}");
	struct compose compose = help_compose("request", view);

	(void)state;
	text_of(&compose, &text);
	html_of(&compose, &html);
	assert_non_null(strstr(str_text(&text), "\nA Reply: no\n"));
	assert_non_null(strstr(str_text(&text), "\nPay 001?\n"));
	assert_non_null(strstr(str_text(&text), "\n- one - two\n"));
	assert_non_null(strstr(str_text(&text), "as E ve wrote it:\n\n> a\n>\n> bc\n"));
	assert_non_null(strstr(str_text(&html), "a<br><br>bc<br>"));
	assert_non_null(strstr(str_text(&html), "&lt;b&gt;x&lt;/b&gt; &amp; y"));
	assert_null(strstr(str_text(&html), "<b>x"));
	json_decref(view);
}

static void
outcomes_and_channels_become_words(void **state)
{
	/* clang-format off */
	static const struct {
		const char *outcome, *channel, *words, *by;
	} cases[] = {
		{ "approved",		"link",		"Approved: ",				", by link" },
		{ "rejected",		"reply",	"Rejected: ",				", by reply" },
		{ "expired",		"",		"Expired without an answer: ",		"By K" },
		{ "withdrawn",		"console",	"Withdrawn: ",				", at the desk" },
		{ "superseded",		"api",		"Replaced by a newer question: ",	", by another program" },
		{ "undeliverable",	"",		"The question could not be delivered: ", "By K" },
		{ "open",		"",		"Still open: ",				"By K" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str text = STR_INIT(ROOM);
		json_t *view =
		    json_pack("{s:[{s:s, s:s, s:s, s:s, s:s}]}", "items", "question", "Q?", "title",
			"T", "outcome", cases[i].outcome, "channel", cases[i].channel, "by", "K");
		struct compose compose = help_compose("already", view);

		text_of(&compose, &text);
		if (!strstr(str_text(&text), cases[i].words) ||
		    !strstr(str_text(&text), cases[i].by))
			fail_msg("%s: %s", cases[i].outcome, str_text(&text));
		json_decref(view);
	}
}

static void
lists_know_their_length(void **state)
{
	AUTO(str_donep) struct str one = STR_INIT(ROOM), three = STR_INIT(ROOM);
	json_t *single = help_view("{\"organisation\": \"X\", \"cards\": [{\"number\": 4}]}");
	json_t *batch = help_sample("batch.three");
	struct compose compose = help_compose("batch", single);

	(void)state;
	text_of(&compose, &one);
	assert_non_null(strstr(str_text(&one), "Subject: Approve? One request for X\n"));
	assert_non_null(strstr(str_text(&one), "\n  4 ok\n"));
	assert_null(strstr(str_text(&one), "A bare"));
	compose.view = batch;
	text_of(&compose, &three);
	assert_non_null(strstr(str_text(&three), "Subject: Approve? 3 requests for "));
	assert_non_null(strstr(str_text(&three), "\n  1 ok\n  2 no, too expensive\n\nA bare"));
	json_decref(single);
	json_decref(batch);
}

/* A person whom we know by his address alone, and a count of none. */
static void
nothing_is_said_twice_and_none_is_not_counted(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *words;
	} cases[] = {
		{ "P. Lange",		"\nNow: P. Lange (p@hanse.example)\n" },
		{ "p@hanse.example",	"\nNow: p@hanse.example\n" },
		{ "P@Hanse.Example",	"\nNow: P@Hanse.Example\n" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str text = STR_INIT(ROOM);
		json_t *view = json_pack("{s:s, s:s, s:s, s:i}", "organisation", "X", "owner",
		    cases[i].name, "owner_email", "p@hanse.example", "open_count", 0);
		struct compose compose = help_compose("owner-changed", view);

		text_of(&compose, &text);
		if (!strstr(str_text(&text), cases[i].words))
			fail_msg("%s: %s", cases[i].name, str_text(&text));
		assert_null(strstr(str_text(&text), " 0"));
		json_decref(view);
	}
}

/* Fifty cards, each as long as the stories let them be. */
static void
a_batch_that_is_too_large_is_shortened_and_says_so(void **state)
{
	AUTO(str_donep) struct str html = STR_INIT(ROOM), mail = STR_INIT(COMPOSE_MAIL_MAX);
	json_t *view = help_sample("batch.fifty"), *card;
	struct compose compose = help_compose("batch", view);
	char excerpt[401], bullet[181];
	struct err err = { 0 };
	size_t i;

	(void)state;
	html_of(&compose, &html);
	assert_null(strstr(str_text(&html), "Shortened to fit"));
	memset(excerpt, 'x', 400);
	memset(bullet, 'y', 180);
	excerpt[400] = bullet[180] = '\0';
	json_array_foreach(json_object_get(view, "cards"), i, card)
	{
		json_object_set_new(card, "excerpt", json_string(excerpt));
		for (int k = 0; k < 4; k++)
			json_array_set_new(
			    json_object_get(card, "summary"), (size_t)k, json_string(bullet));
	}
	str_clear(&html);
	html_of(&compose, &html);
	assert_true(html.len <= COMPOSE_MAX);
	assert_non_null(strstr(str_text(&html), "Shortened to fit into one mail; each page shows"));
	assert_null(strstr(str_text(&html), "xxxx"));
	assert_non_null(strstr(str_text(&html), "Reject 50"));
	assert_int_equal(compose_mail(&compose, &mail, &err), 0);
	json_decref(view);
}

static void
the_caller_s_view_stays_as_it_was(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(ROOM);
	json_t *view = help_sample("batch.mailto"), *before = json_deep_copy(view);
	struct compose compose = help_compose("batch", view);

	(void)state;
	text_of(&compose, &text);
	assert_true(json_equal(view, before));
	json_decref(view);
	json_decref(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_used_as_they_are_given),
		cmocka_unit_test(what_is_no_web_address_is_refused_as_a_link),
		cmocka_unit_test(without_links_an_answer_is_written_already),
		cmocka_unit_test(without_a_reply_address_the_answer_goes_to_the_sender),
		cmocka_unit_test(a_written_answer_is_short_whatever_the_title),
		cmocka_unit_test(a_written_answer_decides_what_its_button_says),
		cmocka_unit_test(a_written_answer_of_a_batch_decides_one_card),
		cmocka_unit_test(the_marker_is_the_first_thing_that_is_read),
		cmocka_unit_test(below_the_marker_nothing_is_an_answer),
		cmocka_unit_test(no_text_can_fake_a_line_or_turn_the_direction),
		cmocka_unit_test(outcomes_and_channels_become_words),
		cmocka_unit_test(lists_know_their_length),
		cmocka_unit_test(nothing_is_said_twice_and_none_is_not_counted),
		cmocka_unit_test(a_batch_that_is_too_large_is_shortened_and_says_so),
		cmocka_unit_test(the_caller_s_view_stays_as_it_was),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	compose_forget();
	return rc;
}
