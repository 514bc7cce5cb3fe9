#pragma once
/* words_priv: what a key of a rule may be. */
#include <stdbool.h>
#include <stddef.h>

struct rule_words {
	const char *const *names;
	unsigned count;
};

extern const struct rule_words rule_priority_words, rule_once_words, rule_then_words;

bool rule_word_parse(const struct rule_words *words, const char *name, unsigned *out);
