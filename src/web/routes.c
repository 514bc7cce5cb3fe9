#include <assent/web/routes.h>

#include <assent/web/api.h>
#include <assent/web/control.h>
#include <assent/web/hooks.h>
#include <assent/web/monitor.h>
#include <assent/web/page.h>
#include <assent/web/portal.h>

#define FORM_MAX ((size_t)32 << 10)
#define HOOK_MAX ((size_t)1 << 20)
#define VERB_MAX ((size_t)1 << 20)

static enum http_when
style(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct web *web = arg;

	return page_style(rq, answer, (void *)(uintptr_t)web->pages);
}

/* clang-format off */
static const struct {
	const char *method, *path;
	http_handler handler;
	size_t max_body;
} table[] = {
	{ "GET",	"/a/{}",		portal_get,	0 },
	{ "POST",	"/a/{}",		portal_post,	FORM_MAX },
	{ "GET",	"/e/{}",		portal_get,	0 },
	{ "POST",	"/e/{}",		portal_post,	FORM_MAX },
	{ "GET",	"/s/style.css",		style,		0 },
	{ "GET",	"/healthz",		monitor_alive,	0 },
	{ "GET",	"/readyz",		monitor_ready,	0 },
	{ "GET",	"/metrics",		monitor_metrics, 0 },
	{ "POST",	"/hooks/{}",		hooks_post,	HOOK_MAX },
	{ "POST",	"/api/v1/verbs/{}",	control_handle,	VERB_MAX },
};
/* clang-format on */

_Static_assert(ARRAY_LEN(table) <= WEB_ROUTES_MAX, "WEB_ROUTES_MAX is too small");

size_t
web_routes(struct web *web, struct http_route out[WEB_ROUTES_MAX])
{
	pthread_mutex_init(&web->monitor.lock, NULL);
	pthread_mutex_init(&web->monitor.counted.lock, NULL);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		out[i] = (struct http_route){ table[i].method, table[i].path, table[i].handler, web,
			table[i].max_body };
	return ARRAY_LEN(table) +
	    api_routes(web, out + ARRAY_LEN(table), WEB_ROUTES_MAX - ARRAY_LEN(table));
}
