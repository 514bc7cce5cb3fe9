/* chain: who may be asked to write, as the settings say, and what is known of them. */
#include <assent/ai/model.h>
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/store/document.h>

#include "daemon/daemon_priv.h"

#include <inttypes.h>
#include <string.h>

#define ARENA_MAX ((size_t)4 << 20)
#define REST_WORTH_TELLING (20 * MS_SECOND) /* a busy server's few seconds are no news */
#define CONDITION "model:"

/* --- the settings ------------------------------------------------------------ */

static struct model_provider
provider_of(const struct settings_model *model)
{
	return (struct model_provider){ .name = model->name,
		.kind = model->kind,
		.base_url = model->base_url,
		.model = model->model,
		.key = model->key,
		.serves = (enum model_serves)model->serves,
		.price_in = model->price_in,
		.price_cached = model->price_cached,
		.price_out = model->price_out,
		.timeout = model->timeout };
}

static void
fill_providers(const struct settings_ai *ai, struct model_chain *chain, struct arena *arena)
{
	struct model_provider *providers =
	    arena_alloc(arena, (ai->chain_count + 1) * sizeof(*providers));

	for (size_t i = 0; i < ai->chain_count; i++)
		providers[i] = provider_of(&ai->chain[i]);
	chain->providers = providers;
	chain->provider_count = ai->chain_count;
}

static void
fill_budgets(const struct policy *policy, struct model_chain *chain, struct arena *arena)
{
	struct model_budget *budgets =
	    arena_alloc(arena, (policy->organisation_count + 1) * sizeof(*budgets));

	for (size_t i = 0; i < policy->organisation_count; i++)
		if (policy->organisations[i].ai_budget >= 0)
			budgets[chain->budget_count++] =
			    (struct model_budget){ policy->organisations[i].key,
				    policy->organisations[i].ai_budget };
	chain->budgets = budgets;
}

void
chain_set(struct daemon *daemon, const struct settings *settings)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	const struct settings_ai *ai = &settings->ai;
	struct model_chain chain = { .timeout = ai->timeout,
		.batch_timeout = ai->batch_timeout,
		.at_once = ai->at_once,
		.budget = ai->budget,
		.organisation_budget = ai->organisation_budget };
	struct err err;

	fill_providers(ai, &chain, arena);
	fill_budgets(&settings->policy, &chain, arena);
	if (models_set(daemon->models, &chain, &err) < 0)
		log_err(LOG_ERROR, "ai", &err);
}

/* --- what was spent before --------------------------------------------------- */

static int
remember_step(struct tx *tx, void *arg, struct err *err)
{
	struct models *models = arg;
	int64_t today = DAY_OF(clock_now());
	const struct ai_usage_filter filter = { .from = today, .to = today };
	struct ai_usage *rows;
	size_t count;
	int rc = ai_usage_list(tx, &filter, &rows, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		models_spent(models, rows[i].organisation, rows[i].day,
		    rows[i].tokens_in + rows[i].tokens_out);
	return rc;
}

void
chain_remember(struct daemon *daemon)
{
	struct err err;

	if (db_read(daemon->db, NULL, remember_step, daemon->models, &err) < 0)
		log_err(LOG_WARN, "tokens that were spent today are not counted", &err);
}

/* --- who is left alone --------------------------------------------------------- */

static bool
rests(const struct model_state *states, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(states[i].name, name))
			return states[i].rests > 0;
	return false;
}

static void
tell_those_who_are_back(const struct model_state *states, size_t count)
{
	struct health items[HEALTH_MAX];
	size_t n = health_list(items, HEALTH_MAX);

	for (size_t i = 0; i < n && i < HEALTH_MAX; i++)
		if (text_starts(items[i].name, CONDITION) &&
		    !rests(states, count, items[i].name + strlen(CONDITION)))
			health_good(items[i].name);
}

void
chain_tick(struct daemon *daemon)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct model_state *states;
	size_t count = models_look(daemon->models, arena, &states);

	tell_those_who_are_back(states, count);
	for (size_t i = 0; i < count; i++)
		if (states[i].rests >= REST_WORTH_TELLING)
			health_bad(arena_printf(arena, CONDITION "%s", states[i].name), false,
			    clock_now(),
			    "The model %s failed too often or asked to be left alone for a while; "
			    "the next one of models is asked, or texts are drafted without AI. "
			    "assent doctor says why.",
			    states[i].model);
}

/* --- figures --------------------------------------------------------------------- */

struct figures {
	struct str *page;
	const struct model_state *states;
	size_t count;
};

typedef int64_t figure_of(const struct model_state *state);

static void
add_figure(const struct figures *to, const char *name, const char *help, figure_of *of)
{
	str_addf(to->page, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name,
	    text_ends_nocase(name, "_total") ? "counter" : "gauge");
	for (size_t i = 0; i < to->count; i++)
		str_addf(to->page, "%s{model=\"%s\"} %" PRId64 "\n", name, to->states[i].name,
		    of(&to->states[i]));
}

static int64_t
calls_of(const struct model_state *state)
{
	return state->calls;
}

static int64_t
failures_of(const struct model_state *state)
{
	return state->failures;
}

static int64_t
in_of(const struct model_state *state)
{
	return state->usage.in;
}

static int64_t
cached_of(const struct model_state *state)
{
	return state->usage.cached;
}

static int64_t
out_of(const struct model_state *state)
{
	return state->usage.out;
}

static int64_t
micros_of(const struct model_state *state)
{
	return state->micros;
}

static int64_t
rest_of(const struct model_state *state)
{
	return (state->rests + MS_SECOND - 1) / MS_SECOND;
}

static void
add_day(struct models *models, struct str *page)
{
	int64_t spent, budget;

	models_day(models, &spent, &budget);
	str_addf(page,
	    "# HELP assentd_ai_day_tokens Tokens of this UTC day.\n"
	    "# TYPE assentd_ai_day_tokens gauge\nassentd_ai_day_tokens %" PRId64 "\n"
	    "# HELP assentd_ai_day_tokens_most The most there may be; 0 no limit.\n"
	    "# TYPE assentd_ai_day_tokens_most gauge\nassentd_ai_day_tokens_most %" PRId64 "\n",
	    spent, budget);
}

void
chain_add_metrics(void *arg, struct str *page)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct models *models = arg;
	struct model_state *states;
	struct figures to = { page, NULL, models_look(models, arena, &states) };

	to.states = states;
	add_day(models, page);
	add_figure(&to, "assentd_model_calls_total", "Times that a model was asked", calls_of);
	add_figure(&to, "assentd_model_failures_total", "Of which no text came", failures_of);
	add_figure(&to, "assentd_model_tokens_in_total", "Tokens that went in", in_of);
	add_figure(&to, "assentd_model_tokens_cached_total", "Of which were cached", cached_of);
	add_figure(&to, "assentd_model_tokens_out_total", "Tokens that came out", out_of);
	add_figure(&to, "assentd_model_cost_micros_total", "Millionths of money spent", micros_of);
	add_figure(&to, "assentd_model_rest_seconds", "How long it is left alone yet", rest_of);
}
