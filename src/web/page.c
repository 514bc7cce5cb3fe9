#include <assent/web/page.h>

#include <assent/base/crypto.h>
#include <assent/base/data.h>
#include <assent/base/utf8.h>
#include <assent/text/mustache.h>

#include <stdio.h>
#include <string.h>

#define FILE_MAX MUSTACHE_SOURCE_MAX
#define NAME_MAX_LEN 64
#define TITLE "Title:"
#define HTML "text/html; charset=utf-8"
#define CSP \
	"default-src 'none'; style-src 'self'; form-action 'self'; " \
	"frame-ancestors 'none'; base-uri 'none'"

/* clang-format off */
static const char *const page_names[] = {
	"confirm", "done", "decided", "changed", "expired", "fresh-sent",
	"invalid", "error", "withdrawn", "superseded", "elsewhere",
};
static const char *const partial_names[] = {
	"_summary", "_request", "_record", "_yes", "_no", "_note",
};

#define FIXED_HEADERS \
	{ "Content-Security-Policy",	CSP }, \
	{ "Referrer-Policy",		"no-referrer" }, \
	{ "Cache-Control",		"no-store" }, \
	{ "X-Robots-Tag",		"noindex, nofollow" }, \
	{ "X-Content-Type-Options",	"nosniff" }

const struct http_header page_headers[] = { FIXED_HEADERS };
const struct http_header page_headers_https[] = {
	FIXED_HEADERS,
	{ "Strict-Transport-Security",	"max-age=31536000" },
};
/* clang-format on */
const size_t page_header_count = ARRAY_LEN(page_headers);
const size_t page_headers_https_count = ARRAY_LEN(page_headers_https);

struct page {
	struct mustache *title, *content;
};

struct pages {
	struct page pages[ARRAY_LEN(page_names)];
	struct mustache *partials[ARRAY_LEN(partial_names)];
	struct mustache *layout;
	struct str style;
	char style_href[sizeof("/s/style.css?v=") + 16];
	char style_tag[24]; /* its ETag */
};

void
pages_close(struct pages *pages)
{
	size_t i;

	if (!pages)
		return;
	for (i = 0; i < ARRAY_LEN(page_names); i++) {
		mustache_free(pages->pages[i].title);
		mustache_free(pages->pages[i].content);
	}
	for (i = 0; i < ARRAY_LEN(partial_names); i++)
		mustache_free(pages->partials[i]);
	mustache_free(pages->layout);
	str_done(&pages->style);
	mem_free(pages);
}

static int
read_file(
    const char *site_dir, const char *name, const char *suffix, struct str *out, struct err *err)
{
	struct str path = STR_INIT(NAME_MAX_LEN);
	int rc;

	str_addf(&path, "web/%s%s", name, suffix);
	rc = data_read(site_dir, str_text(&path), out, err);
	str_done(&path);
	return rc;
}

static int
compile_file(const char *site_dir, const char *name, struct mustache **out, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(FILE_MAX);
	int rc;

	rc = read_file(site_dir, name, ".html", &text, err);
	if (rc < 0)
		return rc;
	rc = mustache_compile(str_text(&text), text.len, out, err);
	if (rc < 0)
		return err_wrap(err, rc, "web/%s.html", name);
	return 0;
}

/* "Title: …", a blank line, the content; the line numbers of faults stay those of the file. */
static int
compile_parts(char *text, struct page *out, struct err *err)
{
	char *title = text + sizeof(TITLE) - 1, *end = strchr(text, '\n');
	int rc;

	if (!text_starts(text, TITLE) || !end || (end[1] != '\n' && end[1] != '\r'))
		return err_set(
		    err, ERR_INVALID, "1:1: a page begins with 'Title: …' and a blank line");
	title += strspn(title, " ");
	rc = mustache_compile(
	    title, (size_t)(end - title) - (end > title && end[-1] == '\r'), &out->title, err);
	if (rc < 0)
		return rc;
	/* Blanked, not cut, so that an error's line is the file's. */
	memset(text, ' ', (size_t)(end - text));
	return mustache_compile(text, strlen(text), &out->content, err);
}

static int
compile_page(const char *site_dir, const char *name, struct page *out, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(FILE_MAX);
	int rc;

	rc = read_file(site_dir, name, ".html", &text, err);
	if (rc < 0)
		return rc;
	if (text.len == 0)
		return err_set(err, ERR_INVALID, "web/%s.html: the file is empty", name);
	rc = compile_parts(text.text, out, err);
	if (rc < 0)
		return err_wrap(err, rc, "web/%s.html", name);
	return 0;
}

static int
read_style(const char *site_dir, struct pages *pages, struct err *err)
{
	struct str hex = STR_INIT(64);
	uint8_t hash[SHA256_SIZE];
	int rc;

	pages->style = STR_INIT(FILE_MAX);
	rc = read_file(site_dir, "style", ".css", &pages->style, err);
	if (rc < 0)
		return rc;
	sha256(str_text(&pages->style), pages->style.len, hash);
	str_add_hex(&hex, hash, 8);
	(void)snprintf(
	    pages->style_href, sizeof(pages->style_href), "/s/style.css?v=%s", str_text(&hex));
	(void)snprintf(pages->style_tag, sizeof(pages->style_tag), "\"%s\"", str_text(&hex));
	str_done(&hex);
	return 0;
}

int
pages_open(const char *site_dir, struct pages **out, struct err *err)
{
	AUTO(pages_closep) struct pages *pages = mem_alloc(sizeof(*pages));
	size_t i;
	int rc;

	rc = read_style(site_dir, pages, err);
	if (rc == 0)
		rc = compile_file(site_dir, "page", &pages->layout, err);
	for (i = 0; rc == 0 && i < ARRAY_LEN(partial_names); i++)
		rc = compile_file(site_dir, partial_names[i], &pages->partials[i], err);
	for (i = 0; rc == 0 && i < ARRAY_LEN(page_names); i++)
		rc = compile_page(site_dir, page_names[i], &pages->pages[i], err);
	if (rc < 0)
		return rc;
	*out = TAKE(pages);
	return 0;
}

const char *
page_style_href(const struct pages *pages)
{
	return pages->style_href;
}

/* --- the view ---------------------------------------------------------------- */

static void
set_default(json_t *view, const char *key, const char *value)
{
	if (!json_object_get(view, key))
		(void)json_object_set_new(view, key, json_string(value));
}

/* "is_" + "approved" beside outcome: approved. */
static void
set_flag(json_t *view, const char *prefix, const char *key)
{
	const char *value = json_string_value(json_object_get(view, key));
	struct str flag = STR_INIT(NAME_MAX_LEN);

	if (!value)
		return;
	str_addf(&flag, "%s%s", prefix, value);
	if (!str_overflowed(&flag))
		(void)json_object_set_new(view, str_text(&flag), json_true());
	str_done(&flag);
}

static void
complete_view(const struct pages *pages, json_t *view)
{
	set_default(view, "style", pages->style_href);
	set_default(view, "comment_max", "2000");
	set_flag(view, "is_", "outcome");
	set_flag(view, "via_", "channel");
	set_flag(view, "prefer_", "prefer");
	if (json_array_size(json_object_get(view, "summary")) > 0)
		(void)json_object_set_new(view, "has_summary", json_true());
	if (json_array_size(json_object_get(view, "attachments")) > 0)
		(void)json_object_set_new(view, "has_attachments", json_true());
}

/* --- rendering --------------------------------------------------------------- */

/* Invisible and direction-changing characters must not reach who decides. */
static void
escape(struct str *out, const char *text, size_t n)
{
	struct str visible = STR_INIT(out->ceiling);

	if (utf8_plain_run(text, n) == n) {
		mustache_html(out, text, n);
		return;
	}
	utf8_add_visible(&visible, text, n);
	if (str_overflowed(&visible))
		out->overflow = true;
	mustache_html(out, str_text(&visible), visible.len);
	str_done(&visible);
}

struct lookup {
	const struct pages *pages;
	const struct page *page;
};

static const struct mustache *
find_partial(void *arg, const char *name)
{
	const struct lookup *lookup = arg;
	size_t i;

	if (strcmp(name, "content") == 0)
		return lookup->page->content;
	if (strcmp(name, "title") == 0)
		return lookup->page->title;
	for (i = 0; i < ARRAY_LEN(partial_names); i++)
		if (strcmp(name, partial_names[i]) == 0)
			return lookup->pages->partials[i];
	return NULL;
}

static const struct page *
find_page(const struct pages *pages, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(page_names); i++)
		if (strcmp(name, page_names[i]) == 0)
			return &pages->pages[i];
	return NULL;
}

int
page_render(
    const struct pages *pages, const char *name, json_t *view, struct str *out, struct err *err)
{
	struct lookup lookup = { pages, find_page(pages, name) };
	struct mustache_view how = {
		.data = view,
		.escape = escape,
		.partial = find_partial,
		.partial_arg = &lookup,
	};
	int rc;

	if (!lookup.page)
		return err_set(err, ERR_NOT_FOUND, "there is no page '%s'", name);
	complete_view(pages, view);
	rc = mustache_render(pages->layout, &how, out, err);
	if (rc < 0)
		return err_wrap(err, rc, "page %s", name);
	return 0;
}

int
page_answer(const struct pages *pages, struct http_request *rq, struct http_answer *answer,
    const struct page_ask *ask, struct err *err)
{
	json_t *view = ask->view ? ask->view : json_object();
	int rc;

	str_clear(rq->page);
	rc = page_render(pages, ask->name, view, rq->page, err);
	json_decref(view);
	if (rc < 0) {
		http_answer_text(answer, 500,
		    "This page cannot be shown. Nothing was decided by opening it.\n"
		    "You can answer by replying to our mail.\n");
		return rc;
	}
	http_answer_page(answer, rq, ask->status, HTML);
	return 0;
}

enum http_when
page_style(struct http_request *rq, struct http_answer *answer, void *arg)
{
	const struct pages *pages = arg;
	const char *have = http_header(rq, "If-None-Match");
	bool current = strcmp(strchr(pages->style_href, '?') + 1, rq->query) == 0;

	answer->status = have && strcmp(have, pages->style_tag) == 0 ? 304 : 200;
	answer->type = "text/css; charset=utf-8";
	answer->body = str_text(&pages->style);
	answer->body_len = pages->style.len;
	http_answer_header(answer, "ETag", pages->style_tag);
	http_answer_header(answer, "Cache-Control",
	    current ? "public, max-age=31536000, immutable" : "public, max-age=300");
	return HTTP_NOW;
}

/* clang-format off */
static const struct {
	int status;
	const char *heading, *message;
} problems[] = {
	{ 400, "This cannot be read.", "Your browser sent something that we do not understand. Please open the link from the mail again." },
	{ 405, "That does not work here.", "Please open the link from the mail again." },
	{ 413, "That is too long.", "Please shorten your comment, or answer by replying to our mail." },
	{ 429, "Too many tries.", "Please wait a few minutes and open the link again." },
	{ 503, "Just a moment.", "The server is busy or starting again. Please try again in a minute." },
};
/* clang-format on */

void
page_problem(struct http_request *rq, int status, struct http_answer *answer, void *pages)
{
	struct page_ask ask = { status, status == 404 ? "invalid" : "error", json_object() };
	struct err err;
	size_t i;

	/* A POST that failed late may have been committed: do not deny it. */
	if (status >= 500 && strcmp(rq->method, "POST") == 0)
		(void)json_object_set_new(ask.view, "may_be_decided", json_true());
	for (i = 0; i < ARRAY_LEN(problems); i++) {
		if (problems[i].status != status)
			continue;
		(void)json_object_set_new(ask.view, "heading", json_string(problems[i].heading));
		(void)json_object_set_new(ask.view, "message", json_string(problems[i].message));
	}
	(void)page_answer(pages, rq, answer, &ask, &err);
}
