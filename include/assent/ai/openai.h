#pragma once
/*
 * openai: drafts by any server that speaks OpenAI's API, POST
 * {base_url}/chat/completions.
 *
 * The ticket goes out bounded and without our tokens; what comes back is
 * checked word by word (invariant 5) and void when anything is off. Nothing of
 * the ticket or the answer is in an error's sentence.
 */
#include <assent/ai/provider.h>
#include <assent/base/breaker.h>
#include <assent/net/http_client.h>

/* All that an outage can be, for counting and for a log that says each once. */
enum openai_trouble {
	OPENAI_RESTS, /* the breaker: it failed too often */
	OPENAI_TIME,
	OPENAI_CONNECTION,
	OPENAI_STATUS, /* 4xx, 5xx, a redirect */
	OPENAI_ANSWER, /* not what the API says, or too large */
	OPENAI_TEXT, /* not bullets that may be shown */
	OPENAI_PROMPT, /* prompts/summary.md cannot be used */
	OPENAI_TROUBLES
};

struct openai {
	struct http_client *client;
	struct breaker *breaker;
	span_ms (*boot)(void); /* clock_boot() */
	const char *base_url, *model;
	const char *key; /* NULL: no Authorization header */
	const char *site_dir;
	span_ms timeout, batch_timeout;
	int at_once;
	struct { /* filled by draft_many */
		size_t count;
		struct err why; /* of the first */
	} troubles[OPENAI_TROUBLES];
	size_t drafted;
};

/* "time", "connection", … */
const char *openai_trouble_name(enum openai_trouble trouble);

/* A provider over it; openai must outlive it. Not for two threads at once. */
struct provider openai_provider(struct openai *openai);
