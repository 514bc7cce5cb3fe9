#pragma once
/*
 * model: texts by language models. A struct of functions for each API
 * (openai, anthropic, gemini), a chain of them as fall-back, a tier for each
 * kind of document.
 *
 * A model's text is a stranger's: whoever asked checks it (ai/form.h) before
 * anybody sees it as a document (invariant 5). Keys and texts are in no error.
 */
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_tier { MODEL_FAST, MODEL_CAREFUL };

struct model_usage { /* tokens, as the server counted them; 0 where it did not say */
	int64_t in, cached, out;
};

enum model_trouble {
	MODEL_WORKS,
	MODEL_RESTS, /* all are left alone: they failed too often, or asked for it */
	MODEL_TIME,
	MODEL_CONNECTION,
	MODEL_STATUS, /* 4xx, 5xx, a redirect */
	MODEL_ANSWER, /* not what the API says, or too large */
	MODEL_BUDGET, /* of the day or the organisation */
	MODEL_NONE, /* nobody is there for this tier */
	MODEL_TROUBLES
};
const char *model_trouble_name(enum model_trouble trouble); /* "rests", …, as in docs/PROMPTS.md */

/* One text to be written. All texts are UTF-8 and live until models_run() returns. */
struct model_call {
	/* Wanted. */
	enum model_tier tier;
	const char *task; /* constant for a kind of document: what a server may cache */
	const char *material;
	const char *before,
	    *fault; /* a repair round: what was written and what is wrong with it; NULL */
	int max_tokens; /* 0: the server's */
	double temperature; /* negative: the server's */
	const char *organisation; /* key, for budgets; "" for none */
	/*
	 * Told each piece as it comes, by any thread, one at a time; NULL asks for no
	 * stream. began is told before the first piece of each try: what came
	 * before it is void.
	 */
	void (*began)(void *arg);
	void (*delta)(void *arg, const char *text, size_t n);
	void *arg;

	/*
	 * What it came to. rc is 0, or why the last provider that was asked failed: ERR_PEER, ERR_BUSY (time,
	 * or all are left alone for a while), ERR_LIMIT (a budget is spent, an answer
	 * too large), ERR_NOT_FOUND (none for this tier), ERR_INVALID (not UTF-8).
	 */
	int rc;
	struct err err;
	enum model_trouble trouble; /* the same in a word */
	const char *text; /* in the caller's arena */
	const char *provider, *model; /* who wrote it */
	struct model_usage usage; /* of all tries */
	int64_t micros; /* what it cost, in millionths of the currency of the settings; 0 unknown */
};

/* --- who is asked ------------------------------------------------------------ */

enum model_serves { MODEL_SERVES_BOTH, MODEL_SERVES_FAST, MODEL_SERVES_CAREFUL };

/* One model on one server, as the settings name it. */
struct model_provider {
	const char *name; /* unique */
	const char *kind; /* "openai", "anthropic", "gemini" */
	const char *base_url, *model;
	const char *key; /* NULL: none is sent */
	enum model_serves serves;
	int64_t price_in, price_cached,
	    price_out; /* micros per million tokens; negative: not said */
	span_ms timeout; /* of a call; 0: that of the options */
};

struct model_budget {
	const char *organisation;
	int64_t tokens; /* a day; 0: no limit */
};

struct model_chain {
	const struct model_provider *providers; /* in the order in which they are asked */
	size_t provider_count;
	span_ms timeout; /* of one call */
	span_ms batch_timeout; /* of all calls of a run */
	int at_once; /* calls of a run */
	int64_t budget; /* tokens a day of all together; 0: no limit */
	int64_t organisation_budget; /* of one that has none of its own; 0: no limit */
	const struct model_budget *budgets; /* of those that have */
	size_t budget_count;
};

struct http_client;

/*
 * models: the chain in force, and what is known of its providers (who is left
 * alone, what they cost) and of the day's budgets. Thread-safe.
 */
struct models;

struct models_options {
	struct http_client *client; /* outlives it */
	span_ms (*boot)(void); /* clock_boot() */
	utc_ms (*now)(void); /* clock_now(): a budget's day is one of UTC */
	/* http_client_pause(); NULL: who asked to be left alone is waited for by nobody. */
	bool (*pause)(struct http_client *client, span_ms span);
};

struct models *models_new(const struct models_options *options) MUST_USE;
/* After the last models_run(). Keys are wiped. */
void models_free(struct models *models);
FREEP(struct models, models_free)

/*
 * From now on this chain, which is copied; runs under way go on with theirs. A
 * provider that stays the same keeps what is known of it. ERR_INVALID, and
 * nothing changed: there is no such kind.
 */
int models_set(struct models *models, const struct model_chain *chain, struct err *err) MUST_USE;
/* Is there anybody to ask? */
bool models_are_there(struct models *models);

/* Tokens of an organisation that were spent on a UTC day (now / MS_DAY), before this program ran. */
void models_spent(struct models *models, const char *organisation, int64_t day, int64_t tokens);

/* What is known of a provider of the chain. */
struct model_state {
	const char *name, *kind, *model; /* in the caller's arena */
	span_ms rests; /* is left alone for so long yet; 0: is not */
	int64_t calls, failures;
	struct model_usage usage;
	int64_t micros;
};

size_t models_look(struct models *models, struct arena *arena, struct model_state **out);

/* Tokens of all on the day that is now, and the most there may be (0: no limit). */
void models_day(struct models *models, int64_t *spent, int64_t *budget);

/* --- asking ------------------------------------------------------------------- */

/*
 * Do all calls, at most at_once of the settings at a time, each within the
 * time of one, all within that of a fan-out. A call goes to the next provider
 * of its tier's chain when one fails; after the last it waits for one that is
 * left alone for less than there is time. Any thread.
 */
void models_run(struct models *models, struct model_call *calls, size_t count, struct arena *arena);

/* When a fan-out that begins now ends, on the boot clock; and the same within what is left of one. */
span_ms models_deadline(struct models *models);
void models_run_until(struct models *models, struct model_call *calls, size_t count,
    span_ms deadline, struct arena *arena);
