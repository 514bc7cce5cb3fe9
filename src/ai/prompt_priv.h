#pragma once
/* prompt_priv: the front matter of a prompt file. */
#include <assent/ai/prompt.h>

/*
 * Read tier, max_tokens, temperature and form into out; *body gets where the
 * template begins. The sentence of an error begins with line:column.
 */
int prompt_front(const char *text, const char *kind, struct prompt *out, const char **body,
    struct err *err) MUST_USE;
