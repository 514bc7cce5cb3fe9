#pragma once
/*
 * portal: /a/<token> for questions, /e/<token> for packets. GET and HEAD only
 * show (invariant 4); POST decides, asks again or mails a fresh question, acts on a packet, as a step whose answer waits for its commit.
 * Look-ups that fail are limited per client address.
 */
#include <assent/net/http.h>

enum http_when portal_get(struct http_request *rq, struct http_answer *answer, void *web);
enum http_when portal_post(struct http_request *rq, struct http_answer *answer, void *web);
