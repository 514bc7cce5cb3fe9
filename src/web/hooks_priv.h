#pragma once
/* hooks_priv: who signed a request, for /hooks/<source> and the API. */
#include <assent/net/signature.h>
#include <assent/web/web.h>

/* One request as long as a thread of the server has it. */
struct visit {
	const struct web *web;
	struct settings *settings;
	struct http_request *rq;
	struct http_answer *answer;
	const struct policy_source *source; /* NULL: there is none of this name */
	struct webhook_signature signature;
};

/* False once the answer is filled in: it is not signed by the source, or not just now. */
bool hooks_check_sender(struct visit *visit);
