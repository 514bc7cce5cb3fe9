#pragma once
/* routes: which handler serves which path. */
#include <assent/net/http.h>
#include <assent/web/web.h>

#define WEB_ROUTES 5

/*
 * Fill in the public table; /api/v1/verbs/{} answers over the control socket
 * only. The arguments point to web, which must outlive the server.
 */
void web_routes(struct web *web, struct http_route out[WEB_ROUTES]);
