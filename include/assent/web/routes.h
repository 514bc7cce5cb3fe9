#pragma once
/* routes: which handler serves which path. */
#include <assent/net/http.h>
#include <assent/web/web.h>

#define WEB_ROUTES_MAX 80

/*
 * Fill in the public table and return how many routes it has. /api/v1/verbs/{}
 * answers over the control socket only. The arguments point to web, which must
 * outlive the server.
 */
size_t web_routes(struct web *web, struct http_route out[WEB_ROUTES_MAX]);
