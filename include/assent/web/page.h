#pragma once
/*
 * page: the pages that people see, from templates (docs/PAGES.md says which
 * keys each one reads).
 *
 * A page is web/<name>.html: a line "Title: …", a blank line, the content. It
 * is put into web/page.html. A view with a locale gets web/<locale>/<name>.html
 * in web/<locale>/page.html where there are both. A site overrides files one by one. All templates
 * are compiled once; rendering is pure and any thread may do it.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/str.h>
#include <assent/net/http.h>

#include <jansson.h>
#include <stddef.h>

struct pages; /* opaque */

/*
 * Read and compile every page, from site_dir (may be NULL or "") and what is
 * built in. ERR_INVALID names the file, line and column that is wrong.
 */
int pages_open(const char *site_dir, struct pages **out, struct err *err) MUST_USE;
void pages_close(struct pages *pages);
FREEP(struct pages, pages_close)

/*
 * Append the page to out. The view gets the keys that docs/PAGES.md calls
 * added; otherwise it stays as it is. ERR_NOT_FOUND for a name that is no
 * page, ERR_LIMIT when the page would be too large.
 */
int page_render(const struct pages *pages, const char *name, json_t *view, struct str *out,
    struct err *err) MUST_USE;

struct page_ask {
	int status;
	const char *name; /* "confirm" */
	json_t *view; /* taken over */
};

/*
 * Answer with the page. Takes over view (NULL is an empty one). On failure
 * returns the error and answers with a plain sentence of status 500.
 */
int page_answer(const struct pages *pages, struct http_request *rq, struct http_answer *answer,
    const struct page_ask *ask, struct err *err);

/* For the route GET /s/style.css, with the struct pages as argument; the version allows a year of caching. */
enum http_when page_style(struct http_request *rq, struct http_answer *answer, void *pages);

/* The style sheet's path with its version: "/s/style.css?v=3f2a…". */
const char *page_style_href(const struct pages *pages);

/*
 * For http_options.headers: what every answer carries (CSP without scripts,
 * no-referrer, no-store, noindex, nosniff). page_headers_https has HSTS as
 * well; it is for sites whose public_url is https.
 */
extern const struct http_header page_headers[];
extern const size_t page_header_count;
extern const struct http_header page_headers_https[];
extern const size_t page_headers_https_count;

/* For http_options.problem, with the struct pages as argument. */
void page_problem(struct http_request *rq, int status, struct http_answer *answer, void *pages);
