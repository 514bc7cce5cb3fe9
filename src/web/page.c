#include <assent/web/page.h>

#include <assent/base/crypto.h>
#include <assent/base/data.h>
#include <assent/base/utf8.h>
#include <assent/text/mustache.h>
#include <assent/text/phrase.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX MUSTACHE_SOURCE_MAX
#define NAME_MAX_LEN 64
#define TITLE "Title:"
#define LOCALE_MAX 16
#define SETS_MAX 33
#define FIRST "en" /* the language of web/ itself */
#define BASE "web/"
#define LAYOUT "/page.html"
#define WORDS ".txt"
#define HTML "text/html; charset=utf-8"
#define CSP \
	"default-src 'none'; style-src 'self'; form-action 'self'; " \
	"frame-ancestors 'none'; base-uri 'none'"

/* clang-format off */
static const char *const page_names[] = {
	"confirm", "done", "decided", "changed", "expired", "fresh-sent",
	"invalid", "error", "withdrawn", "superseded", "elsewhere",
	"packet", "packet-done", "packet-invalid",
};
static const char *const partial_names[] = {
	"_summary", "_request", "_record", "_yes", "_no", "_note", "_packet", "_packet_ask",
};

/* With "has_" in front they say that there are entries. */
static const char *const list_names[] = {
	"summary", "attachments", "missing", "artifacts", "sections",
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

struct set { /* of one language; what another than the first lacks is NULL */
	char locale[LOCALE_MAX + 1];
	struct page pages[ARRAY_LEN(page_names)];
	struct mustache *partials[ARRAY_LEN(partial_names)];
	struct mustache *layout;
	struct phrases *phrases;
};

struct pages {
	struct set sets[SETS_MAX]; /* the first is web/ itself, whole */
	size_t set_count;
	struct str style;
	char style_href[sizeof("/s/style.css?v=") + 16];
	char style_tag[24]; /* its ETag */
};

static void
set_done(struct set *set)
{
	for (size_t i = 0; i < ARRAY_LEN(page_names); i++) {
		mustache_free(set->pages[i].title);
		mustache_free(set->pages[i].content);
	}
	for (size_t i = 0; i < ARRAY_LEN(partial_names); i++)
		mustache_free(set->partials[i]);
	mustache_free(set->layout);
	phrases_free(set->phrases);
}

void
pages_close(struct pages *pages)
{
	if (!pages)
		return;
	for (size_t i = 0; i < pages->set_count; i++)
		set_done(&pages->sets[i]);
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

/* "confirm", or "ar/confirm" */
static const char *
name_in(const struct set *set, const char *name, char out[NAME_MAX_LEN])
{
	(void)snprintf(out, NAME_MAX_LEN, "%s%s%s", set->locale, set->locale[0] ? "/" : "", name);
	return out;
}

/* Only web/ itself must have every file. */
static int
unless_missing(const struct set *set, int rc)
{
	return rc == ERR_NOT_FOUND && set->locale[0] ? 0 : rc;
}

static int
compile_set(const char *site_dir, struct set *set, struct err *err)
{
	char name[NAME_MAX_LEN];
	int rc = unless_missing(
	    set, phrases_read(site_dir, set->locale[0] ? set->locale : FIRST, &set->phrases, err));

	if (rc == 0)
		rc = unless_missing(
		    set, compile_file(site_dir, name_in(set, "page", name), &set->layout, err));
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(partial_names); i++)
		rc = unless_missing(set,
		    compile_file(
			site_dir, name_in(set, partial_names[i], name), &set->partials[i], err));
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(page_names); i++)
		rc = unless_missing(set,
		    compile_page(site_dir, name_in(set, page_names[i], name), &set->pages[i], err));
	return rc;
}

static bool
is_locale(const char *name, size_t n)
{
	return n >= 2 && n <= LOCALE_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") >= n;
}

static void
add_locale(struct pages *pages, const char *name, size_t n)
{
	struct set *set = &pages->sets[pages->set_count];

	if (!is_locale(name, n) || pages->set_count == SETS_MAX)
		return;
	for (size_t i = 1; i < pages->set_count; i++)
		if (strlen(pages->sets[i].locale) == n && !strncmp(pages->sets[i].locale, name, n))
			return;
	memcpy(set->locale, name, n);
	pages->set_count++;
}

static void
add_built_in(struct pages *pages, const char *base, const char *ending)
{
	for (size_t i = 0; i < data_file_count; i++) {
		const char *name = data_files[i].name + strlen(base);
		size_t n = text_starts(data_files[i].name, base) ? strcspn(name, "/.") : 0;

		if (n > 0 && text_is(name + n, ending))
			add_locale(pages, name, n);
	}
}

static void
add_site(struct pages *pages, const char *site_dir, const char *base, const char *ending)
{
	AUTO(str_donep) struct str path = STR_INIT(FILE_MAX);
	struct dirent *entry;
	DIR *folder = NULL;

	str_addf(&path, "%s/%s", site_dir, base);
	if (!str_overflowed(&path))
		folder = opendir(str_text(&path));
	while (folder && (entry = readdir(folder))) {
		size_t n = strcspn(entry->d_name, ".");

		str_clear(&path);
		str_addf(&path, "%s/%s%.*s%s", site_dir, base, (int)n, entry->d_name, ending);
		if (!str_overflowed(&path) && access(str_text(&path), F_OK) == 0)
			add_locale(pages, entry->d_name, n);
	}
	if (folder)
		closedir(folder);
}

/* Languages with words, and folders of web/ with a page.html: built in or the site's. */
static void
find_locales(const char *site_dir, struct pages *pages)
{
	add_built_in(pages, PHRASES_FOLDER, WORDS);
	add_built_in(pages, BASE, LAYOUT);
	if (!site_dir || !*site_dir)
		return;
	add_site(pages, site_dir, PHRASES_FOLDER, WORDS);
	add_site(pages, site_dir, BASE, LAYOUT);
}

int
pages_open(const char *site_dir, struct pages **out, struct err *err)
{
	AUTO(pages_closep) struct pages *pages = mem_alloc(sizeof(*pages));
	int rc;

	pages->set_count = 1;
	find_locales(site_dir, pages);
	rc = read_style(site_dir, pages, err);
	for (size_t i = 0; rc == 0 && i < pages->set_count; i++)
		rc = compile_set(site_dir, &pages->sets[i], err);
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
	for (size_t i = 0; i < ARRAY_LEN(list_names); i++) {
		char has[NAME_MAX_LEN];

		(void)snprintf(has, sizeof(has), "has_%s", list_names[i]);
		if (json_array_size(json_object_get(view, list_names[i])) > 0)
			(void)json_object_set_new(view, has, json_true());
	}
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
	const struct set *set;
	const struct page *page;
};

static const struct mustache *
find_partial(void *arg, const char *name)
{
	const struct lookup *lookup = arg;
	size_t i;

	const struct mustache *phrase = phrases_find(lookup->set->phrases, name, PHRASE_HTML);

	if (phrase)
		return phrase;
	if (text_starts(name, PHRASE_PREFIX))
		return phrases_find(lookup->pages->sets[0].phrases, name, PHRASE_HTML);
	if (strcmp(name, "content") == 0)
		return lookup->page->content;
	if (strcmp(name, "title") == 0)
		return lookup->page->title;
	for (i = 0; i < ARRAY_LEN(partial_names); i++)
		if (strcmp(name, partial_names[i]) == 0)
			return lookup->set->partials[i] ? lookup->set->partials[i]
							: lookup->pages->sets[0].partials[i];
	return NULL;
}

static const struct set *
find_set(const struct pages *pages, const char *locale, size_t n)
{
	for (size_t i = 1; i < pages->set_count; i++)
		if (strlen(pages->sets[i].locale) == n &&
		    strncmp(pages->sets[i].locale, locale, n) == 0)
			return &pages->sets[i];
	return NULL;
}

static const struct page *
page_in(const struct set *set, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(page_names); i++)
		if (strcmp(name, page_names[i]) == 0 && set->pages[i].content)
			return &set->pages[i];
	return NULL;
}

/* "ar-SA" is looked for as "ar-SA", as "ar", and as what web/ itself has. */
static void
find_page(struct lookup *lookup, const char *name, const char *locale)
{
	const struct pages *pages = lookup->pages;
	const struct set *sets[] = { locale ? find_set(pages, locale, strlen(locale)) : NULL,
		locale ? find_set(pages, locale, strcspn(locale, "-_")) : NULL, &pages->sets[0] };

	for (size_t i = 0; !lookup->page && i < ARRAY_LEN(sets); i++) {
		if (!sets[i])
			continue;
		lookup->set = sets[i];
		lookup->page = page_in(sets[i], name);
		if (!lookup->page && phrases_speak(sets[i]->phrases, name))
			lookup->page = page_in(&pages->sets[0], name);
	}
}

int
page_render(
    const struct pages *pages, const char *name, json_t *view, struct str *out, struct err *err)
{
	struct lookup lookup = { .pages = pages };
	struct mustache_view how = {
		.data = view,
		.escape = escape,
		.partial = find_partial,
		.partial_arg = &lookup,
	};
	int rc;

	find_page(&lookup, name, json_string_value(json_object_get(view, "locale")));
	if (!lookup.page)
		return err_set(err, ERR_NOT_FOUND, "there is no page '%s'", name);
	complete_view(pages, view);
	rc = mustache_render(
	    lookup.set->layout ? lookup.set->layout : pages->sets[0].layout, &how, out, err);
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
