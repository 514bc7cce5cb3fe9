#pragma once
/* models_priv: what models*.c share. */
#include <assent/ai/model.h>
#include <assent/base/breaker.h>

#include "ai/codec_priv.h"

#include <pthread.h>
#include <stdatomic.h>

/* --- budgets ------------------------------------------------------------------ */

struct spent { /* of one organisation, today */
	char *organisation;
	int64_t tokens; /* with what calls under way may still spend */
};

struct budget {
	pthread_mutex_t lock;
	int64_t day; /* UTC; what follows is of it */
	int64_t tokens; /* of all */
	struct spent *items;
	size_t count, room;
};

struct purse { /* what one call may spend of */
	struct budget *budget;
	const struct model_chain *chain;
	const char *organisation;
};

void budget_init(struct budget *budget);
void budget_done(struct budget *budget);
void budget_add(struct budget *budget, const char *organisation, int64_t day, int64_t tokens);
int64_t budget_tokens(struct budget *budget, int64_t day);
/* Set tokens aside; ERR_LIMIT where that is more than there is left. */
int budget_take(const struct purse *purse, int64_t day, int64_t tokens, struct err *err) MUST_USE;

/* --- providers ----------------------------------------------------------------- */

/* A provider and what is known of it; shared by the chains that it is in. */
struct peer {
	atomic_int references;
	struct arena *arena; /* of the texts */
	struct model_provider provider; /* price_cached is never negative */
	struct codec_server server;
	struct breaker breaker;
	atomic_bool is_untuned; /* it refused max_tokens or a temperature */
	atomic_int_fast64_t calls, failures, in, cached, out, micros;
};

/* A chain in force; freed with the last run that goes by it. */
struct setup {
	atomic_int references;
	struct arena *arena;
	struct model_chain chain; /* its providers are the peers' */
	struct peer **peers;
	size_t count;
};

struct models {
	struct models_options options;
	pthread_mutex_t lock; /* of setup */
	struct setup *setup;
	struct budget budget;
};

struct setup *setup_get(struct models *models) MUST_USE; /* setup_unref() it */
void setup_unref(struct setup *setup);
bool peer_serves(const struct peer *peer, enum model_tier tier);

/* --- one call -------------------------------------------------------------------- */

struct errand {
	struct models *models;
	const struct setup *setup;
	struct model_call *call;
	struct arena *arena; /* of its own; text, provider and model are in it */
	span_ms deadline;
};

/* The chain, until somebody wrote it. */
void errand_do(struct errand *errand);
