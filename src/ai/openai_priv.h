#pragma once
/* openai_priv: the pure parts of openai.c, for tests. */
#include <assent/ai/openai.h>
#include <assent/ai/prompt.h>

/* The request's JSON, in the arena. */
const char *openai_body(const char *model, const struct prompt *prompt, struct arena *arena);

/* An answer of status 200 → the text that the model wrote. */
int openai_read(const char *body, struct arena *arena, const char **out, struct err *err) MUST_USE;
