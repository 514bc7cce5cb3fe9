#pragma once
/*
 * control: the operator's tool talks to the daemon. POST /api/v1/verbs/{} with
 * a JSON object runs that verb (flow/verb.h) as one step and answers with the
 * verb's object, or {"error": {"code", "message"}}. Only over the unix socket,
 * whose permissions say who may: over TCP there is nothing here (404).
 */
#include <assent/net/http.h>

#define CONTROL_BODY_MAX ((size_t)1 << 20)

/* For a route; arg is the struct web. */
enum http_when control_handle(struct http_request *rq, struct http_answer *answer, void *web);
