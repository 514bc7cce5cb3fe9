#include <assent/web/routes.h>

#include <assent/web/control.h>
#include <assent/web/page.h>
#include <assent/web/portal.h>

#include <string.h>

#define FORM_MAX ((size_t)32 << 10)
#define VERB_MAX ((size_t)1 << 20)

static enum http_when
alive(struct http_request *rq, struct http_answer *answer, void *arg)
{
	(void)rq;
	(void)arg;
	http_answer_text(answer, 200, "ok\n");
	return HTTP_NOW;
}

void
web_routes(struct web *web, struct http_route out[WEB_ROUTES])
{
	/* clang-format off */
	const struct http_route routes[WEB_ROUTES] = {
		{ "GET",	"/a/{}",		portal_get,	web,	0 },
		{ "POST",	"/a/{}",		portal_post,	web,	FORM_MAX },
		{ "GET",	"/s/style.css",		page_style,	(void *)(uintptr_t)web->pages, 0 },
		{ "GET",	"/healthz",		alive,		web,	0 },
		{ "POST",	"/api/v1/verbs/{}",	control_handle,	web,	VERB_MAX },
	};
	/* clang-format on */

	memcpy(out, routes, sizeof(routes));
}
