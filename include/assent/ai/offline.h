#pragma once
/*
 * offline: each kind of document without any model, from the same bundle.
 * Pure, deterministic, never fails, and always of the form that ai/form.h wants.
 */
#include <assent/ai/bundle.h>
#include <assent/ai/form.h>

const char *offline_write(enum document_kind kind, const char *locale, const struct bundle *bundle,
    struct arena *arena) MUST_USE;
