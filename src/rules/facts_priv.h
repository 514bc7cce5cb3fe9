#pragma once
/* facts_priv: values out of texts. */
#include <assent/rules/facts.h>

/* "-12.50": up to 15 digits, whole or not at all. */
bool decimal_parse(const char *text, double *out) MUST_USE;

bool fact_type_parse(const char *name, enum fact_type *out) MUST_USE;

/* Is word one of def->words? */
bool fact_has_word(const struct fact_def *def, const char *word);

/* What text says of def; FACT_WRONG when it is nothing of its type, FACT_UNKNOWN when empty. */
struct fact_value fact_parse(const struct fact_def *def, const char *text);
