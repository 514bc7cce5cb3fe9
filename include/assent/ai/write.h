#pragma once
/*
 * write: documents, each from a bundle, as they may be stored.
 *
 * What models write goes through ai/form.h before anybody believes it; a text
 * with faults is asked for once more, with the list of them; what then still
 * has any, and what no model answers in time, is written without one
 * (ai/offline.h). So every writing has a text of its kind's form afterwards,
 * and a model's words are in it only if the check let them (invariant 5).
 */
#include <assent/ai/form.h>
#include <assent/ai/model.h>

/* What stands as provider where no model wrote a text; its model is "". */
#define WRITE_OFFLINE "extract"

/* Troubles beside those of a model_call. */
#define WRITE_TEXT "text" /* a model wrote what must not be shown, twice */
#define WRITE_PROMPT "prompt" /* a site's prompt cannot be used */

struct writing {
	/* Wanted; all texts live until write_documents() returns. */
	enum document_kind kind;
	const char *locale;
	const struct bundle *bundle;
	const char *organisation; /* key, for budgets; "" for none */
	bool is_offline; /* without asking a model, whoever is there */
	/*
	 * What comes is told as it comes, as by a model_call; NULL: no stream. Whole
	 * lines, and only as long as each may be said; what was written without a
	 * model comes in one piece, a proposal not at all.
	 */
	void (*began)(void *arg);
	void (*delta)(void *arg, const char *text, size_t n);
	void *arg;

	const struct form_words *words; /* of its language: found by write_documents() */

	/* What it came to, in the caller's arena. */
	const char *text; /* never NULL: of the kind's form, as it may be stored */
	const char *provider, *model; /* who wrote it */
	bool is_drafted_by_ai;
	struct model_usage usage; /* of all tries */
	int64_t micros;
	/* Whose usage that is, also where the text was refused; "" for nobody's. */
	const char *paid_provider, *paid_model;
	/* Why no model wrote it, 0 without models; as a word (docs/PROMPTS.md), "" for none. */
	int rc;
	const char *trouble;
	const char *why; /* as a sentence for the operator, with nothing of the ticket; "" */
	const struct form_faults *faults; /* of a proposal: what was ignored; else empty */
};

/*
 * Write all at once, within the time of a fan-out (ai/model.h). Without models
 * (NULL) none is asked. Any thread.
 */
void write_documents(struct models *models, const char *site_dir, struct writing *writings,
    size_t count, struct arena *arena);
