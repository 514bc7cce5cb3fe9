#pragma once
/*
 * prompt: what a model is asked, from prompts/<kind>.txt.
 *
 * A prompt file is a mustache template in two halves, divided by a line that
 * is exactly "---": what the model is told as its task, and the material. A
 * site's file under site_dir wins over the built-in one. Its view is described
 * in docs/PROMPTS.md.
 */
#include <assent/ai/provider.h>

#define PROMPT_THREAD_CHARS 8000 /* of the ticket's thread; more is cut with a mark */

struct prompt {
	const char *task, *material; /* UTF-8 without invisible characters */
};

/* ERR_INVALID names what is wrong with a site's file; ERR_LIMIT. */
int prompt_make(const char *site_dir, const struct draft_request *request, struct arena *arena,
    struct prompt *out, struct err *err) MUST_USE;

/* Is prompts/summary.txt one that works? For `assent config check`. */
int prompt_check(const char *site_dir, struct err *err) MUST_USE;
