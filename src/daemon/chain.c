/* chain: who may be asked to write, as the settings say. */
#include <assent/ai/model.h>
#include <assent/base/log.h>

#include "daemon/daemon_priv.h"

void
chain_set(struct daemon *daemon, const struct settings *settings)
{
	const struct settings_ai *ai = &settings->ai;
	const struct model_provider provider = { .name = "openai",
		.kind = "openai",
		.base_url = ai->base_url,
		.model = ai->model,
		.key = ai->key,
		.serves = MODEL_SERVES_BOTH,
		.price_in = -1,
		.price_cached = -1,
		.price_out = -1 };
	const struct model_chain chain = { .providers = &provider,
		.provider_count = ai->kind == AI_OPENAI,
		.timeout = ai->timeout,
		.batch_timeout = ai->batch_timeout,
		.at_once = ai->at_once };
	struct err err;

	if (models_set(daemon->models, &chain, &err) < 0)
		log_err(LOG_ERROR, "ai", &err);
}
