#pragma once
/*
 * api: the JSON API under /api/v1 (docs/API.md, docs/openapi.yaml).
 *
 * A request shows a token (Authorization: Bearer) that holds the endpoint's
 * scope within its role. GET reads one snapshot; what changes something is one
 * step, whose answer waits for its commit. A step looks at the token again, so
 * a revoked one does nothing, and keeps its answer where the request has an
 * Idempotency-Key, so that a repeat does nothing either. Tokens that do not
 * exist are limited by address, requests by token.
 */
#include <assent/net/http.h>
#include <assent/web/web.h>

/* Put the API's routes into out[0..room); returns how many. */
size_t api_routes(struct web *web, struct http_route *out, size_t room);

/* For http_options.problem with the struct web: JSON for programs, pages for people. */
void api_problem(struct http_request *rq, int status, struct http_answer *answer, void *web);
