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
	MODEL_RESTS, /* the breaker: it failed too often */
	MODEL_TIME,
	MODEL_CONNECTION,
	MODEL_STATUS, /* 4xx, 5xx, a redirect */
	MODEL_ANSWER, /* not what the API says, or too large */
	MODEL_BUDGET, /* of the day or the organisation */
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

	/* What it came to. */
	int rc; /* 0, or why the last provider that was asked failed */
	struct err err;
	enum model_trouble trouble; /* the same in a word */
	const char *text; /* in the caller's arena */
	const char *provider, *model; /* who wrote it */
	struct model_usage usage; /* of all tries */
	int64_t micros; /* what it cost, in millionths of the currency of the settings; 0 unknown */
};

struct models;

/*
 * Do all calls, at most at_once of the settings at a time, each within the
 * time of one, all within that of a fan-out. A call goes to the next provider
 * of its tier's chain when one fails. Any thread.
 */
void models_run(struct models *models, struct model_call *calls, size_t count, struct arena *arena);

/* When a fan-out that begins now ends, on the boot clock; and the same within what is left of one. */
span_ms models_deadline(const struct models *models);
void models_run_until(struct models *models, struct model_call *calls, size_t count,
    span_ms deadline, struct arena *arena);
