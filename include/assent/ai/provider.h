#pragma once
/*
 * provider: who drafts. A struct of functions; `extract` works offline and
 * never fails, others may and then fall back to it.
 *
 * What comes back is text for people, cleaned of links, markup and invisible
 * characters (invariant 5). It never chooses a recipient, decision or URL.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>

#include <stdbool.h>
#include <stddef.h>

#define DRAFT_BULLETS_MIN 4
#define DRAFT_BULLETS_MAX 6
#define DRAFT_BULLET_SIZE 200 /* bytes, without the NUL */

struct draft_message {
	const char *from; /* name or address */
	const char *text; /* its own words */
};

struct draft_request {
	const char *kind; /* "summary" */
	const char *locale;
	const char *title;
	const char *question;
	const struct draft_message *messages; /* oldest first */
	size_t message_count;
};

struct draft {
	const char **bullets; /* 4 to 6, in the arena */
	size_t count;
	const char *provider; /* "extract" */
	const char *label; /* "drafted without AI" */
	const char *model; /* NULL: no model wrote it */
};

/* One of many to draft at once. */
struct draft_task {
	const struct draft_request *request;
	struct draft *out;
	int rc; /* of the provider asked last; 0: out is filled */
	struct err err; /* why the first one that was asked failed; code 0: it did not */
};

struct provider {
	const char *name;
	void *state;
	int (*draft)(void *state, const struct draft_request *request, struct arena *arena,
	    struct draft *out, struct err *err);
	/* Where it is not NULL, it is asked instead of draft: all that have rc < 0, at once. */
	void (*draft_many)(
	    void *state, struct draft_task *tasks, size_t count, struct arena *arena);
};

/* The offline summariser: pure, deterministic, always succeeds. */
extern const struct provider provider_extract;

/* Ask each provider of the chain in turn; the last one should be provider_extract. */
int provider_draft(const struct provider *const *chain, size_t count,
    const struct draft_request *request, struct arena *arena, struct draft *out,
    struct err *err) MUST_USE;

/* The same for many at once; each task says what it came to. */
void provider_draft_many(const struct provider *const *chain, size_t count,
    struct draft_task *tasks, size_t task_count, struct arena *arena);
