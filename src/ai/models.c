/* models: the chain in force, and runs over it. */
#include "ai/models_priv.h"

#include <string.h>

#define TEXTS_MAX ((size_t)1 << 20)
#define ERRAND_MAX ((size_t)16 << 20) /* request, answer and what is made of them, of all tries */

/* --- providers ----------------------------------------------------------------- */

static void
peer_unref(struct peer *peer)
{
	if (peer == NULL || atomic_fetch_sub(&peer->references, 1) > 1)
		return;
	if (peer->provider.key != NULL)
		mem_wipe((void *)(uintptr_t)peer->provider.key, strlen(peer->provider.key));
	breaker_done(&peer->breaker);
	arena_free(peer->arena);
	mem_free(peer);
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : text_is(a, b);
}

/* Who stays the same server in the eyes of whoever left it alone. */
static bool
is_same(const struct model_provider *a, const struct model_provider *b)
{
	return text_is(a->name, b->name) && text_is(a->kind, b->kind) &&
	    text_is(a->base_url, b->base_url) && text_is(a->model, b->model) &&
	    is_same_text(a->key, b->key) && a->serves == b->serves && a->price_in == b->price_in &&
	    a->price_cached == b->price_cached && a->price_out == b->price_out &&
	    a->timeout == b->timeout;
}

static struct peer *
peer_new(const struct model_provider *from)
{
	struct peer *peer = mem_alloc(sizeof(*peer));
	struct model_provider *to = &peer->provider;

	atomic_init(&peer->references, 1);
	peer->arena = arena_new(TEXTS_MAX);
	*to = *from;
	to->name = arena_dup(peer->arena, from->name);
	to->kind = arena_dup(peer->arena, from->kind);
	to->base_url = arena_dup(peer->arena, from->base_url);
	to->model = arena_dup(peer->arena, from->model);
	to->key = arena_dup(peer->arena, from->key);
	peer->server =
	    (struct codec_server){ codec_find(to->kind), to->base_url, to->model, to->key };
	breaker_init(&peer->breaker);
	return peer;
}

static struct peer *
peer_of(const struct setup *old, const struct model_provider *provider)
{
	for (size_t i = 0; old != NULL && i < old->count; i++)
		if (is_same(&old->peers[i]->provider, provider)) {
			atomic_fetch_add(&old->peers[i]->references, 1);
			return old->peers[i];
		}
	return peer_new(provider);
}

bool
peer_serves(const struct peer *peer, enum model_tier tier)
{
	return peer->provider.serves !=
	    (tier == MODEL_FAST ? MODEL_SERVES_CAREFUL : MODEL_SERVES_FAST);
}

/* --- chains ---------------------------------------------------------------------- */

struct setup *
setup_get(struct models *models)
{
	struct setup *setup;

	pthread_mutex_lock(&models->lock);
	setup = models->setup;
	atomic_fetch_add(&setup->references, 1);
	pthread_mutex_unlock(&models->lock);
	return setup;
}

void
setup_unref(struct setup *setup)
{
	if (setup == NULL || atomic_fetch_sub(&setup->references, 1) > 1)
		return;
	for (size_t i = 0; i < setup->count; i++)
		peer_unref(setup->peers[i]);
	arena_free(setup->arena);
	mem_free(setup);
}

static struct setup *
setup_new(const struct model_chain *chain, const struct setup *old)
{
	struct setup *setup = mem_alloc(sizeof(*setup));
	struct model_budget *budgets;

	atomic_init(&setup->references, 1);
	setup->arena = arena_new(TEXTS_MAX);
	setup->chain = *chain;
	setup->chain.providers = NULL;
	setup->count = chain->provider_count;
	setup->peers = arena_alloc(setup->arena, (setup->count + 1) * sizeof(struct peer *));
	for (size_t i = 0; i < setup->count; i++)
		setup->peers[i] = peer_of(old, &chain->providers[i]);
	budgets = arena_alloc(setup->arena, (chain->budget_count + 1) * sizeof(*budgets));
	for (size_t i = 0; i < chain->budget_count; i++) {
		budgets[i] = chain->budgets[i];
		budgets[i].organisation = arena_dup(setup->arena, budgets[i].organisation);
	}
	setup->chain.budgets = budgets;
	return setup;
}

int
models_set(struct models *models, const struct model_chain *chain, struct err *err)
{
	struct setup *old, *fresh;

	for (size_t i = 0; i < chain->provider_count; i++)
		if (codec_find(chain->providers[i].kind) == NULL)
			return err_set(err, ERR_INVALID, "provider %s: there is no kind '%.40s'",
			    chain->providers[i].name, chain->providers[i].kind);
	pthread_mutex_lock(&models->lock);
	old = models->setup;
	fresh = setup_new(chain, old);
	models->setup = fresh;
	pthread_mutex_unlock(&models->lock);
	setup_unref(old);
	return 0;
}

struct models *
models_new(const struct models_options *options)
{
	static const struct model_chain none = { .at_once = 1 };
	struct models *models = mem_alloc(sizeof(*models));

	models->options = *options;
	pthread_mutex_init(&models->lock, NULL);
	models->setup = setup_new(&none, NULL);
	budget_init(&models->budget);
	return models;
}

void
models_free(struct models *models)
{
	if (models == NULL)
		return;
	setup_unref(models->setup);
	budget_done(&models->budget);
	pthread_mutex_destroy(&models->lock);
	mem_free(models);
}

/* --- what is known ------------------------------------------------------------------ */

bool
models_are_there(struct models *models)
{
	struct setup *setup = setup_get(models);
	bool there = setup->count > 0;

	setup_unref(setup);
	return there;
}

void
models_spent(struct models *models, const char *organisation, int64_t day, int64_t tokens)
{
	if (day == models->options.now() / MS_DAY)
		budget_add(&models->budget, organisation, day, tokens);
}

static struct model_state
state_of(struct peer *peer, struct arena *arena, span_ms now)
{
	return (struct model_state){
		.name = arena_dup(arena, peer->provider.name),
		.kind = arena_dup(arena, peer->provider.kind),
		.model = arena_dup(arena, peer->provider.model),
		.rests = breaker_rests(&peer->breaker, now),
		.calls = atomic_load(&peer->calls),
		.failures = atomic_load(&peer->failures),
		.usage = { atomic_load(&peer->in), atomic_load(&peer->cached),
		    atomic_load(&peer->out) },
		.micros = atomic_load(&peer->micros),
	};
}

size_t
models_look(struct models *models, struct arena *arena, struct model_state **out)
{
	struct setup *setup = setup_get(models);
	struct model_state *states = arena_alloc(arena, (setup->count + 1) * sizeof(*states));
	size_t count = setup->count;

	for (size_t i = 0; i < count; i++)
		states[i] = state_of(setup->peers[i], arena, models->options.boot());
	setup_unref(setup);
	*out = states;
	return count;
}

void
models_day(struct models *models, int64_t *spent, int64_t *budget)
{
	struct setup *setup = setup_get(models);

	*spent = budget_tokens(&models->budget, models->options.now() / MS_DAY);
	*budget = setup->chain.budget;
	setup_unref(setup);
}

/* --- runs -------------------------------------------------------------------------- */

/* Why threads and not one loop: a call goes its chain alone and waits for no other. */
struct run {
	struct models *models;
	const struct setup *setup;
	struct model_call *calls;
	size_t count;
	span_ms deadline;
	pthread_mutex_t lock; /* of what follows */
	size_t next;
	struct arena *arena; /* the caller's */
};

static void
do_call(struct run *run, struct model_call *call)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ERRAND_MAX);
	struct errand errand = { run->models, run->setup, call, arena, run->deadline };

	errand_do(&errand);
	pthread_mutex_lock(&run->lock);
	call->text = arena_dup(run->arena, call->text);
	call->provider = arena_dup(run->arena, call->provider);
	call->model = arena_dup(run->arena, call->model);
	pthread_mutex_unlock(&run->lock);
}

static void *
work(void *arg)
{
	struct run *run = arg;
	size_t i;

	for (;;) {
		pthread_mutex_lock(&run->lock);
		i = run->next++;
		pthread_mutex_unlock(&run->lock);
		if (i >= run->count)
			return NULL;
		do_call(run, &run->calls[i]);
	}
}

#define THREADS_MAX 20

static void
work_together(struct run *run, size_t most)
{
	pthread_t threads[THREADS_MAX];
	size_t n = 0;

	if (most > run->count)
		most = run->count;
	/* The caller is one of them; where there is no thread, fewer go at once. */
	while (n < THREADS_MAX && n + 1 < most && pthread_create(&threads[n], NULL, work, run) == 0)
		n++;
	work(run);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

span_ms
models_deadline(struct models *models)
{
	struct setup *setup = setup_get(models);
	span_ms deadline = models->options.boot() + setup->chain.batch_timeout;

	setup_unref(setup);
	return deadline;
}

void
models_run_until(struct models *models, struct model_call *calls, size_t count, span_ms deadline,
    struct arena *arena)
{
	struct setup *setup = setup_get(models);
	struct run run = { .models = models,
		.setup = setup,
		.calls = calls,
		.count = count,
		.deadline = deadline,
		.arena = arena };

	pthread_mutex_init(&run.lock, NULL);
	work_together(&run, setup->chain.at_once > 0 ? (size_t)setup->chain.at_once : 1);
	pthread_mutex_destroy(&run.lock);
	setup_unref(setup);
}

void
models_run(struct models *models, struct model_call *calls, size_t count, struct arena *arena)
{
	models_run_until(models, calls, count, models_deadline(models), arena);
}
