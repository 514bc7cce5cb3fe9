#pragma once
/*
 * hooks: POST /hooks/<source>. An event is answered with 202 once it is
 * committed, 200 when this delivery came before. Whoever cannot sign hears 401
 * and nothing else, whether the source exists or not; of whoever signed, the
 * faults of an event are told with their place (docs/WEBHOOKS.md).
 */
#include <assent/net/http.h>

/* For a route with max_body HOOK_BODY_MAX; arg is the struct web. */
enum http_when hooks_post(struct http_request *rq, struct http_answer *answer, void *web);
