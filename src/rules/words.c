#include <assent/rules/rules.h>

#include "rules/words_priv.h"

#include <string.h>

/* clang-format off */
#define X(id, name) name,
static const char *const onces[] = { RULE_ONCES(X) };
static const char *const thens[] = { RULE_THENS(X) };
#undef X
/* clang-format on */

const struct rule_words rule_priority_words = { escalation_priority_names,
	ESCALATION_PRIORITY_COUNT };
const struct rule_words rule_once_words = { onces, ONCE_PER_COUNT };
const struct rule_words rule_then_words = { thens, THEN_COUNT };

bool
rule_word_parse(const struct rule_words *words, const char *name, unsigned *out)
{
	for (unsigned i = 0; name && i < words->count; i++)
		if (strcmp(words->names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

const char *
rule_once_name(enum rule_once once)
{
	return onces[once];
}

const char *
rule_then_name(enum rule_then then)
{
	return thens[then];
}

/* "de" is the language of "de-AT" and of "de_AT". */
static bool
is_in_language(const char *locale, const char *language)
{
	size_t n = strcspn(locale, "-_");

	return strlen(language) == n && strncmp(locale, language, n) == 0;
}

const char *
rule_text_in(const struct rule_text *text, const char *locale)
{
	for (size_t i = 0; i < text->count; i++)
		if (text_is_nocase(text->said[i].locale, locale))
			return text->said[i].text;
	for (size_t i = 0; locale && i < text->count; i++)
		if (is_in_language(locale, text->said[i].locale))
			return text->said[i].text;
	return text->count ? text->said[0].text : "";
}
