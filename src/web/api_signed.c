/* requests that a source of the settings signed, in place of a token. */
#include <assent/base/str.h>
#include <assent/flow/hook.h>

#include "web/api_priv.h"
#include "web/hooks_priv.h"

#include <string.h>

bool
api_is_signed(const struct api *api)
{
	return api_takes_signature(api->endpoint) &&
	    http_header(api->rq, "Authorization") == NULL &&
	    http_header(api->rq, "webhook-signature") != NULL;
}

/* A delivery that is repeated, by whomever, is answered as it was: its id is the key. */
static bool
take_sender(struct api *api, struct http_answer *answer, struct err *err)
{
	const char *name = http_query(api->rq, "source");
	struct visit visit = { .web = api->web,
		.settings = api->settings,
		.rq = api->rq,
		.answer = answer,
		.source = hook_source(&api->settings->policy, name != NULL ? name : "") };
	uint8_t hash[SHA256_SIZE];

	if (!hooks_check_sender(&visit)) {
		bool slow = answer->status == 429;

		*answer = (struct http_answer){ 0 };
		(void)api_refuse(api, slow ? "rate" : "unauthorized", NULL, err, "%s",
		    slow ? "too many requests that are not signed as they must be"
			 : "this request is not signed as it must be, or not just now");
		return false;
	}
	api->source = visit.source;
	api->name = arena_printf(api->rq->arena, "hook:%s", visit.source->name);
	api->key = arena_dup(api->rq->arena, visit.signature.id);
	sha256(api->name, strlen(api->name), hash);
	memcpy(api->token.id.bytes, hash, sizeof(api->token.id.bytes));
	return true;
}

static int
admit_sender(struct api *api, struct err *err)
{
	if (!bucket_take(api->web->api_rates, api->name, api->web->boot()))
		return api_refuse(api, "rate", NULL, err,
		    "this source made more than %d requests in a minute", api->settings->api_rate);
	if (api->source->may_escalate)
		return 0;
	return api_refuse(
	    api, "denied", NULL, err, "this source may not raise packets; may_escalate lets it");
}

bool
api_take_sender(struct api *api, struct http_answer *answer, struct err *err)
{
	return take_sender(api, answer, err) && admit_sender(api, err) == 0;
}
