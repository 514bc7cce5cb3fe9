#pragma once
/*
 * offline: each kind of document without any model, from the same bundle.
 * Pure, deterministic, never fails, and always of the form that ai/form.h wants.
 */
#include <assent/ai/bundle.h>
#include <assent/ai/form.h>

const char *offline_write_in(enum document_kind kind, const struct form_words *words,
    const struct bundle *bundle, struct arena *arena) MUST_USE;
/* With the words that are built in. */
const char *offline_write(enum document_kind kind, const char *locale, const struct bundle *bundle,
    struct arena *arena) MUST_USE;
