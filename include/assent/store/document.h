#pragma once
/*
 * document: texts that were drafted for a ticket, and what they cost.
 *
 * A row is one revision; the newest of a ticket's kind and locale is what is
 * shown. Drafts are also a cache: what would be asked once more, word for word,
 * is found by document_find(). Of those only the DOCUMENTS_MAX that were used
 * last stay; what a person wrote and what something refers to stays as long as
 * its ticket (kept).
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stdbool.h>
#include <stddef.h>

#define DOCUMENTS_MAX 5000 /* drafts in the whole database that nothing refers to */

struct document {
	struct id id, ticket;
	const char *kind; /* document_kind_name() */
	const char *locale;
	int64_t revision; /* 1, 2, … of ticket, kind and locale; assigned */
	const char *author; /* who wrote it; "" for what was drafted */
	const char *text; /* as ai/form.h gives it: a summary is lines "- …" */

	int64_t state_version; /* of the ticket it was written from */
	const char *prompt; /* prompt_hash() */
	const char *chain; /* policy->ai_chain: who was to be asked */

	const char *provider, *model; /* who wrote it; model "" for none */
	bool is_by_ai;
	const char *why; /* why not by AI, a sentence for the operator; "" */
	int64_t tokens_in, tokens_cached, tokens_out, micros;
	bool kept; /* never removed for others' sake */
	utc_ms created, used;
};

/* revision is assigned; what is over DOCUMENTS_MAX goes. */
int document_add(struct tx *tx, const struct document *document, struct err *err) MUST_USE;

/* What a document is of: any revision, or one (0 is the newest). */
struct document_name {
	struct id ticket;
	const char *kind, *locale;
	int64_t revision;
};
int document_get(struct tx *tx, const struct document_name *name, struct document *out,
    struct err *err) MUST_USE;

/*
 * The newest revision whose key is asked's: ticket, kind, locale, state_version
 * and, unless a person wrote it, prompt and chain. ERR_NOT_FOUND.
 */
int document_find(
    struct tx *tx, const struct document *asked, struct document *out, struct err *err) MUST_USE;

/* Of how many other kinds and locales there are documents; bytes of what people wrote. */
int document_names(
    struct tx *tx, const struct document_name *name, int64_t *out, struct err *err) MUST_USE;
int document_words(struct tx *tx, const struct id *ticket, int64_t *out, struct err *err) MUST_USE;

/* The newest revision of each kind and locale, texts included. */
int document_list(struct tx *tx, const struct id *ticket, struct document **out, size_t *count,
    struct err *err) MUST_USE;
/* Something refers to it now. */
int document_keep(struct tx *tx, const struct id *id, struct err *err) MUST_USE;
/* It is of that state of its ticket, too. */
int document_carry(
    struct tx *tx, const struct id *id, int64_t state_version, struct err *err) MUST_USE;
/* It was wanted again. */
int document_use(struct tx *tx, const struct id *id, utc_ms now, struct err *err) MUST_USE;
/* Only the most drafts used last, of those that are not kept. */
int document_trim(struct tx *tx, int64_t most, struct err *err) MUST_USE;

/*
 * The payload of the last job of a run (its serial) that is neither settled nor
 * dead; ERR_NOT_FOUND.
 */
int document_job(struct tx *tx, const char *run, const char **payload, struct err *err) MUST_USE;

/* --- what models were paid ----------------------------------------------------- */

#define DAY_OF(utc) ((utc) / (24 * MS_HOUR)) /* as ai_usage counts days: UTC */

struct ai_usage {
	int64_t day;
	const char *organisation; /* key; "" for none */
	const char *provider, *model, *kind;
	int64_t calls; /* documents */
	int64_t tokens_in, tokens_cached, tokens_out, micros;
};

/* Adds to the day's row. */
int ai_usage_add(struct tx *tx, const struct ai_usage *usage, struct err *err) MUST_USE;

struct ai_usage_filter {
	int64_t from, to; /* days, both included */
	const char *organisation; /* NULL for all */
};
/* Sums over all days: day is 0. */
int ai_usage_sum(struct tx *tx, const struct ai_usage_filter *filter, struct ai_usage **out,
    size_t *count, struct err *err) MUST_USE;
/* In order of days. */
int ai_usage_list(struct tx *tx, const struct ai_usage_filter *filter, struct ai_usage **out,
    size_t *count, struct err *err) MUST_USE;
