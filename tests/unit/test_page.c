#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_http.h"

#include <assent/web/page.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLES "tests/pages/*.json"

/*
 * "test_page serve [SITE]" puts the samples of tests/pages behind the real server,
 * prints its port and ends with its standard input; tests/browser/render.py
 * looks at them through a browser.
 */

static json_t *
sample_read(const char *name)
{
	json_error_t fault;
	json_t *sample;
	char path[200];

	(void)snprintf(path, sizeof(path), "tests/pages/%s.json", name);
	sample = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
	if (!sample)
		print_error("%s:%d: %s\n", path, fault.line, fault.text);
	return sample;
}

static enum http_when
show(struct http_request *rq, struct http_answer *answer, void *pages)
{
	json_t *sample = strchr(rq->segment, '/') ? NULL : sample_read(rq->segment);
	struct page_ask ask = { 404, "invalid", NULL };
	struct err err;

	if (sample) {
		ask.status = (int)json_integer_value(json_object_get(sample, "status"));
		ask.name = json_string_value(json_object_get(sample, "page"));
		ask.view = json_incref(json_object_get(sample, "view"));
	}
	if (page_answer(pages, rq, answer, &ask, &err) < 0)
		print_error("%s\n", err.text);
	json_decref(sample);
	return HTTP_NOW;
}

/* The confirm page from a view that is made once: what a portal GET costs without its database. */
static enum http_when
fast(struct http_request *rq, struct http_answer *answer, void *pages)
{
	static __thread json_t *sample;
	struct page_ask ask = { 200, "confirm", NULL };
	struct err err;

	if (!sample)
		sample = sample_read("confirm");
	ask.view = json_incref(json_object_get(sample, "view"));
	(void)page_answer(pages, rq, answer, &ask, &err);
	return HTTP_NOW;
}

static struct http_server *
serve(struct pages *pages, bool https)
{
	static struct http_route routes[4];
	struct http_options o = SITE(routes, .problem = page_problem, .problem_arg = pages);

	routes[0] = (struct http_route){ "GET", "/p/{}", show, pages, 0 };
	routes[1] = (struct http_route){ "POST", "/p/{}", show, pages, 0 };
	routes[2] = (struct http_route){ "GET", "/s/style.css", page_style, pages, 0 };
	routes[3] = (struct http_route){ "GET", "/fast", fast, pages, 0 };
	o.headers = https ? page_headers_https : page_headers;
	o.header_count = https ? page_headers_https_count : page_header_count;
	return site_start(o);
}

static int
serve_main(const char *site_dir)
{
	struct pages *pages = NULL;
	struct http_server *server;
	struct err err;

	if (pages_open(site_dir, &pages, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	server = serve(pages, false);
	(void)printf("%d\n", http_server_port(server, 0));
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	http_server_stop(server, 0);
	pages_close(pages);
	return 0;
}

/* --- rendering --------------------------------------------------------------- */

static struct pages *
open_pages(void)
{
	struct pages *pages = NULL;
	struct err err = { 0 };

	if (pages_open(NULL, &pages, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(pages);
	return pages;
}

static char *
render(const struct pages *pages, const char *name, const char *view)
{
	struct str out = STR_INIT(1 << 20);
	json_t *json = json_loads(view, 0, NULL);
	struct err err = { 0 };

	assert_non_null(json);
	if (page_render(pages, name, json, &out, &err) < 0)
		print_error("%s\n", err.text);
	json_decref(json);
	return str_take(&out);
}

static void
expect_in(const char *page, const char *part)
{
	if (!strstr(page, part))
		print_error("'%s' is not in\n%s\n", part, page);
	assert_non_null(strstr(page, part));
}

static void
expect_not_in_tag(const char *tag, const char *part)
{
	const char *at = strstr(tag, part), *end = strchr(tag, '>');

	if (end && at && at < end)
		print_error("'%s' is in %.*s\n", part, (int)(end - tag), tag);
	assert_false(end && at && at < end);
}

static void
every_sample_is_a_whole_page_without_scripts(void **state)
{
	static const char *const never[] = { "<script", " on", "javascript:", "http://", "style=\"",
		"{{", "<img", "src=", "@import" };
	struct pages *pages = open_pages();
	glob_t found;
	size_t i, j;

	assert_int_equal(glob(SAMPLES, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		json_t *sample = json_load_file(found.gl_pathv[i], 0, NULL);
		char *view = json_dumps(json_object_get(sample, "view"), 0);
		const char *name = json_string_value(json_object_get(sample, "page"));
		char *page = render(pages, name, view);
		const char *tag;

		expect_in(page, "<h1");
		expect_in(page, "</html>");
		assert_null(strstr(page, "<title></title>"));
		for (j = 0; j < ARRAY_LEN(never); j++)
			for (tag = strchr(page, '<'); tag; tag = strchr(tag + 1, '<'))
				expect_not_in_tag(tag, never[j]);
		mem_free(page);
		free(view);
		json_decref(sample);
	}
	assert_true(found.gl_pathc >= 10);
	globfree(&found);
	pages_close(pages);
}

static void
the_confirm_page_shows_all_and_decides_nothing_by_itself(void **state)
{
	struct pages *pages = open_pages();
	char *page = render(pages, "confirm",
	    "{\"question\":\"Buy "
	    "it?\",\"approver\":\"Ann\",\"engineer\":\"Bob\",\"organisation\":\"Org\","
	    "\"summary\":[\"one\",\"two\"],\"summary_label\":\"drafted without AI\","
	    "\"request\":{\"who\":\"C <c@x.example>\",\"date\":\"today\",\"text\":\" a\\n  b\"},"
	    "\"attachments\":[{\"name\":\"f.pdf\",\"size_text\":\"1 KB\"}],\"deadline\":\"Friday\","
	    "\"nonce\":\"n0\",\"asked_hash\":\"h0\",\"prefer\":\"reject\",\"lang\":\"de\"}");

	expect_in(page, "<title>Your decision: Buy it?</title>");
	expect_in(page, "<h1 dir=\"auto\" lang=\"de\">Buy it?</h1>");
	expect_in(page, "drafted without AI");
	expect_in(page, "<li dir=\"auto\" lang=\"de\">two</li>");
	expect_in(page, "dir=\"auto\" lang=\"de\"> a\n  b</blockquote>");
	expect_in(page, "C &lt;c@x.example&gt;");
	expect_in(page, "f.pdf");
	expect_in(page, "Friday");
	expect_in(page, "name=\"nonce\" value=\"n0\"");
	expect_in(page, "name=\"asked_hash\" value=\"h0\"");
	expect_in(page, "name=\"decision\" value=\"approve\" class=\"approve quiet\"");
	expect_in(page, "name=\"decision\" value=\"reject\" class=\"reject\"");
	expect_in(page, "method=\"post\"");
	assert_null(strstr(page, "autofocus"));
	assert_null(strstr(page, "http-equiv"));
	mem_free(page);
	pages_close(pages);
}

static void
hostile_text_stays_text(void **state)
{
	struct pages *pages = open_pages();
	char *page = render(pages, "confirm",
	    "{\"question\":\"<script>x</script>{{nonce}}\",\"nonce\":\"\\\"><b>\",\"comment\":"
	    "\"</textarea><b>\",\"request\":{\"text\":\"pay \\u202e0001\\u202c\\u200b ok é\"}}");

	expect_in(page, "&lt;script&gt;x&lt;/script&gt;{{nonce}}");
	expect_in(page, "value=\"&quot;&gt;&lt;b&gt;\"");
	expect_in(page, "&lt;/textarea&gt;&lt;b&gt;");
	expect_in(page, "pay 0001 ok é");
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<b>"));
	mem_free(page);
	pages_close(pages);
}

static void
an_outcome_is_said_in_words(void **state)
{
	/* clang-format off */
	static const struct { const char *page, *view, *want; } cases[] = {
		{ "done", "{\"outcome\":\"approved\"}", "You approved this." },
		{ "done", "{\"outcome\":\"rejected\"}", "You rejected this." },
		{ "decided", "{\"outcome\":\"approved\",\"by\":\"Ann\",\"when\":\"today\"}", "This was approved already." },
		{ "decided", "{\"outcome\":\"rejected\",\"by\":\"Ann <a@x>\"}", "Ann &lt;a@x&gt;" },
		{ "decided", "{\"outcome\":\"approved\",\"too_late\":true}", "Your answer came second and changed nothing." },
		{ "decided", "{\"outcome\":\"approved\",\"channel\":\"reply\"}", "By reply to our mail" },
		{ "changed", "{\"changes\":[{\"what\":\"the amount\",\"before\":\"5\",\"after\":\"6\"}]}", "<del>5</del>" },
		{ "changed", "{\"changes\":[{\"what\":\"a file\",\"before\":\"\",\"after\":\"f\"}]}", "(nothing)" },
		{ "changed", "{\"nonce\":\"n\"}", "name=\"action\" value=\"ask-again\"" },
		{ "expired", "{\"nonce\":\"n\"}", "name=\"action\" value=\"fresh-link\"" },
		{ "expired", "{}", "Nothing was approved." },
		{ "fresh-sent", "{\"address_hint\":\"k…@x\"}", "k…@x" },
		{ "invalid", "{}", "This link does not work." },
		{ "error", "{}", "Nothing was decided." },
		{ "withdrawn", "{\"by\":\"Bob\"}", "This question was withdrawn." },
		{ "elsewhere", "{\"deputy\":\"Dan\"}", "is asked instead of you" },
		{ "superseded", "{\"replaced_by\":\"New?\"}", "New?" },
	};
	/* clang-format on */
	struct pages *pages = open_pages();
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char *page = render(pages, cases[i].page, cases[i].view);

		expect_in(page, cases[i].want);
		mem_free(page);
	}
	pages_close(pages);
}

static void
a_closed_question_offers_no_button(void **state)
{
	static const char *const closed[] = { "done", "decided", "expired", "fresh-sent", "invalid",
		"error", "withdrawn", "superseded", "elsewhere" };
	struct pages *pages = open_pages();
	size_t i;

	for (i = 0; i < ARRAY_LEN(closed); i++) {
		char *page = render(pages, closed[i], "{\"outcome\":\"approved\"}");

		assert_null(strstr(page, "<form"));
		assert_null(strstr(page, "<button"));
		mem_free(page);
	}
	pages_close(pages);
}

/* --- a site's own ------------------------------------------------------------- */

static void
site_write(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/web", dir);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/web/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void
site_remove(const char *dir, const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/web/%s", dir, name);
	unlink(path);
	(void)snprintf(path, sizeof(path), "%s/web", dir);
	rmdir(path);
}

static void
a_site_replaces_one_page(void **state)
{
	char dir[] = "/tmp/test-page-XXXXXX";
	struct pages *pages = NULL;
	struct err err;
	char *page;

	assert_non_null(mkdtemp(dir));
	site_write(dir, "invalid.html", "Title: Ours\n\n<h1>Our own words</h1>\n");
	assert_int_equal(pages_open(dir, &pages, &err), 0);
	page = render(pages, "invalid", "{}");
	expect_in(page, "<title>Ours</title>");
	expect_in(page, "<h1>Our own words</h1>");
	mem_free(page);
	page = render(pages, "withdrawn", "{}");
	expect_in(page, "This question was withdrawn.");
	mem_free(page);
	pages_close(pages);
	site_remove(dir, "invalid.html");
	rmdir(dir);
}

static void
a_page_speaks_the_language_of_its_view_where_it_can(void **state)
{
	static const struct {
		const char *name, *view, *want;
	} cases[] = {
		{ "packet-invalid", "{}", "<html lang=\"en\" dir=\"ltr\">" },
		{ "packet-invalid", "{\"locale\": \"ar\"}", "<html lang=\"ar\" dir=\"rtl\">" },
		{ "packet-invalid", "{\"locale\": \"ar-SA\"}", "<html lang=\"ar\" dir=\"rtl\">" },
		{ "packet-invalid", "{\"locale\": \"de\"}", "<html lang=\"en\" dir=\"ltr\">" },
		{ "packet-invalid", "{\"locale\": \"../ar\"}", "<html lang=\"en\" dir=\"ltr\">" },
		{ "withdrawn", "{\"locale\": \"ar\"}", "<html lang=\"en\" dir=\"ltr\">" },
	};
	struct pages *pages = NULL;
	struct err err;

	(void)state;
	assert_int_equal(pages_open(NULL, &pages, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *page = render(pages, cases[i].name, cases[i].view);

		expect_in(page, cases[i].want);
		mem_free(page);
	}
	pages_close(pages);
}

/* Whatever it has of German, the other pages stay whole. */
static void
expect_german(const char *dir, const char *const parts[], const char *other)
{
	struct pages *pages = NULL;
	struct err err;
	char *page;

	assert_int_equal(pages_open(dir, &pages, &err), 0);
	page = render(pages, "packet-invalid", "{\"locale\": \"de-AT\"}");
	expect_in(page, "<html lang=\"de\"");
	for (; *parts; parts++)
		expect_in(page, *parts);
	mem_free(page);
	page = render(pages, "invalid", "{\"locale\": \"de\"}");
	expect_in(page, "<html lang=\"en\"");
	expect_in(page, other);
	mem_free(page);
	pages_close(pages);
}

static void
a_site_adds_a_language_by_adding_a_folder(void **state)
{
	static const char *const parts[] = { "<h1>Kein Link</h1>", "<svg class=\"sign note\"",
		NULL };
	char dir[] = "/tmp/test-page-XXXXXX", folder[64];
	struct pages *pages = NULL;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	site_write(dir, "invalid.html", "Title: x\n\n<h1>Ours</h1>\n");
	(void)snprintf(folder, sizeof(folder), "%s/web/de", dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	site_write(dir, "de/page.html", "<html lang=\"de\">{{> content}}</html>");
	site_write(dir, "de/packet-invalid.html", "Title: x\n\n{{> _note}}<h1>Kein Link</h1>\n");
	expect_german(dir, parts, "<h1>Ours</h1>");
	site_write(dir, "de/packet.html", "<p>no title</p>");
	assert_int_equal(pages_open(dir, &pages, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "web/de/packet.html: 1:1:"));
	site_remove(dir, "de/page.html");
	site_remove(dir, "de/packet-invalid.html");
	site_remove(dir, "de/packet.html");
	assert_int_equal(rmdir(folder), 0);
	site_remove(dir, "invalid.html");
	rmdir(dir);
}

static void
a_site_adds_a_language_by_a_file_of_phrases(void **state)
{
	static const char *const parts[] = { "dir=\"ltr\"", "<h1 id=\"heading\">Kein Link</h1>",
		NULL };
	char dir[] = "/tmp/test-page-XXXXXX", folder[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(folder, sizeof(folder), "%s/phrases", dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	site_write(dir, "../phrases/de.txt",
	    "lang: de\ndir: ltr\nspeaks: packet-invalid\ninvalid-title: Kein Link\n");
	expect_german(dir, parts, "This link does not work");
	site_remove(dir, "../phrases/de.txt");
	assert_int_equal(rmdir(folder), 0);
	rmdir(dir);
}

static void
a_broken_page_is_named_with_its_place(void **state)
{
	/* clang-format off */
	static const struct { const char *text, *want; } cases[] = {
		{ "", "web/invalid.html: the file is empty" },
		{ "<h1>No title</h1>\n", "web/invalid.html: 1:1: a page begins with" },
		{ "Title: x\n<h1>no blank line</h1>\n", "web/invalid.html: 1:1: a page begins with" },
		{ "Title: {{x\n\nbody\n", "web/invalid.html: 1:" },
		{ "Title: x\n\n<p>\n{{#a}}\n", "web/invalid.html: 4:" },
	};
	/* clang-format on */
	char dir[] = "/tmp/test-page-XXXXXX";
	struct pages *pages = NULL;
	struct err err;
	size_t i;

	assert_non_null(mkdtemp(dir));
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		site_write(dir, "invalid.html", cases[i].text);
		assert_int_equal(pages_open(dir, &pages, &err), ERR_INVALID);
		if (!strstr(err.text, cases[i].want))
			print_error("%s\n", err.text);
		assert_non_null(strstr(err.text, cases[i].want));
	}
	assert_null(pages);
	site_remove(dir, "invalid.html");
	rmdir(dir);
}

static void
a_page_that_is_none_is_refused(void **state)
{
	struct pages *pages = open_pages();
	struct str out = STR_INIT(1000);
	json_t *view = json_object();
	struct err err;

	assert_int_equal(page_render(pages, "nothing", view, &out, &err), ERR_NOT_FOUND);
	assert_int_equal(page_render(pages, "invalid", view, &out, &err), ERR_LIMIT);
	json_decref(view);
	str_done(&out);
	pages_close(pages);
}

/* --- served ------------------------------------------------------------------- */

static void
every_answer_has_the_walls(void **state)
{
	/* clang-format off */
	static const struct { const char *path; int status; } cases[] = {
		{ "/p/confirm", 200 }, { "/p/unknown", 404 }, { "/nothing", 404 }, { "/p/%00", 400 },
	};
	static const struct http_header want[] = {
		{ "Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; "
		    "frame-ancestors 'none'; base-uri 'none'" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cache-Control", "no-store" },
		{ "X-Robots-Tag", "noindex, nofollow" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Type", "text/html; charset=utf-8" },
	};
	/* clang-format on */
	struct pages *pages = open_pages();
	struct http_server *server = serve(pages, false);
	char ask[200];
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct reply reply;

		(void)snprintf(
		    ask, sizeof(ask), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", cases[i].path);
		reply = client_ask(http_server_port(server, 0), ask);
		assert_int_equal(reply.status, cases[i].status);
		for (j = 0; j < ARRAY_LEN(want); j++)
			assert_string_equal(reply_header(&reply, want[j].name), want[j].value);
		assert_null(reply_header(&reply, "Strict-Transport-Security"));
		reply_done(&reply);
	}
	http_server_stop(server, 0);
	server = serve(pages, true);
	{
		struct reply reply = client_ask(http_server_port(server, 0), GET("/nothing"));

		assert_string_equal(
		    reply_header(&reply, "Strict-Transport-Security"), "max-age=31536000");
		expect_in(reply.body, "This link does not work.");
		reply_done(&reply);
	}
	http_server_stop(server, 0);
	pages_close(pages);
}

static void
the_style_sheet_is_kept_by_its_version(void **state)
{
	struct pages *pages = open_pages();
	struct http_server *server = serve(pages, false);
	int port = http_server_port(server, 0);
	char ask[300], tag[64];
	struct reply reply;

	(void)snprintf(
	    ask, sizeof(ask), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", page_style_href(pages));
	reply = client_ask(port, ask);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Content-Type"), "text/css; charset=utf-8");
	assert_string_equal(
	    reply_header(&reply, "Cache-Control"), "public, max-age=31536000, immutable");
	(void)snprintf(tag, sizeof(tag), "%s", reply_header(&reply, "ETag"));
	assert_null(strstr(reply.body, "url("));
	assert_null(strstr(reply.body, "@import"));
	reply_done(&reply);
	reply = client_ask(port, GET("/s/style.css?v=0"));
	assert_string_equal(reply_header(&reply, "Cache-Control"), "public, max-age=300");
	reply_done(&reply);
	(void)snprintf(ask, sizeof(ask),
	    "GET /s/style.css HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n", tag);
	reply = client_ask(port, ask);
	assert_int_equal(reply.status, 304);
	reply_done(&reply);
	http_server_stop(server, 0);
	pages_close(pages);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_a_whole_page_without_scripts),
		cmocka_unit_test(the_confirm_page_shows_all_and_decides_nothing_by_itself),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(an_outcome_is_said_in_words),
		cmocka_unit_test(a_closed_question_offers_no_button),
		cmocka_unit_test(a_site_replaces_one_page),
		cmocka_unit_test(a_page_speaks_the_language_of_its_view_where_it_can),
		cmocka_unit_test(a_site_adds_a_language_by_adding_a_folder),
		cmocka_unit_test(a_site_adds_a_language_by_a_file_of_phrases),
		cmocka_unit_test(a_broken_page_is_named_with_its_place),
		cmocka_unit_test(a_page_that_is_none_is_refused),
		cmocka_unit_test(every_answer_has_the_walls),
		cmocka_unit_test(the_style_sheet_is_kept_by_its_version),
	};

	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return serve_main(argc > 2 ? argv[2] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
