/* doctor, models: does each answer? It costs a few tokens of each. */
#include "doctor.h"

#include <assent/ai/model.h>

#define TASK "You are asked whether you work. Answer with one word."
#define MATERIAL "Answer with the word: ready"

static struct model_provider
provider_of(const struct settings_model *model)
{
	return (struct model_provider){ .name = model->name,
		.kind = model->kind,
		.base_url = model->base_url,
		.model = model->model,
		.key = model->key,
		.price_in = model->price_in,
		.price_cached = model->price_cached,
		.price_out = model->price_out };
}

static int
try_it(struct doctor *doctor, const struct settings_model *model, struct model_call *call,
    struct err *err)
{
	const struct http_client_options options = { .connections = 1 };
	const struct model_provider provider = provider_of(model);
	const struct settings_ai *ai = &doctor->settings->ai;
	const struct model_chain chain = { .providers = &provider,
		.provider_count = 1,
		.timeout = model->timeout > 0 ? model->timeout : ai->timeout,
		.batch_timeout = ai->batch_timeout,
		.at_once = 1 };
	AUTO(http_client_freep) struct http_client *client = NULL;
	AUTO(models_freep) struct models *models = NULL;
	int rc = http_client_new(&options, &client, err);

	if (rc < 0)
		return rc;
	models = models_new(&(struct models_options){ client, clock_boot, clock_now, NULL });
	rc = models_set(models, &chain, err);
	if (rc == 0)
		models_run(models, call, 1, doctor->arena);
	return rc;
}

static void
look_at_model(struct doctor *doctor, const struct settings_model *model)
{
	struct model_call call = {
		.task = TASK, .material = MATERIAL, .temperature = -1, .organisation = ""
	};
	uint64_t began = clock_tick_ns();
	struct err err = { 0 };
	int rc = try_it(doctor, model, &call, &err);

	if (rc == 0 && call.rc == 0)
		doctor_say(doctor, NOTE(FINDING_OK, "models", NULL),
		    "%s: %s answers, in %llu ms and %lld tokens", model->name, model->model,
		    (unsigned long long)((clock_tick_ns() - began) / 1000000),
		    (long long)call.usage.in + (long long)call.usage.out);
	else
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "models",
			"texts are written by the next model or without one; docs/MODELS.md has "
			"what each API wants"),
		    "%s", rc < 0 ? err.text : call.err.text);
}

static bool
serves(const struct settings_model *model, enum model_tier tier)
{
	return model->serves !=
	    (int)(tier == MODEL_FAST ? MODEL_SERVES_CAREFUL : MODEL_SERVES_FAST);
}

static void
look_at_tier(struct doctor *doctor, enum model_tier tier)
{
	const struct settings_ai *ai = &doctor->settings->ai;
	bool found = ai->chain_count == 0;

	for (size_t i = 0; i < ai->chain_count; i++)
		found |= serves(&ai->chain[i], tier);
	if (!found)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "models", "give one of models the tier \"both\""),
		    "none serves the tier \"%s\": what its prompts ask for is drafted without AI",
		    tier == MODEL_FAST ? "fast" : "careful");
}

void
doctor_models(struct doctor *doctor)
{
	const struct settings_ai *ai = &doctor->settings->ai;

	if (ai->chain_count == 0)
		doctor_say(doctor, NOTE(FINDING_OK, "models", NULL),
		    "none is set: what is drafted is drafted without AI");
	for (size_t i = 0; i < ai->chain_count; i++)
		look_at_model(doctor, &ai->chain[i]);
	look_at_tier(doctor, MODEL_FAST);
	look_at_tier(doctor, MODEL_CAREFUL);
}
