#include "intent_like_priv.h"

/*
 * Errands: how a yes is carried out, told by a verb that asks somebody to do something.
 */

#define ERRAND_AT 3 /* so many words in, the verb of an errand stands */

/* A number that says when: "after 15", "18 h". */
static bool
is_hour(const struct reader *r, const struct weighed *w, size_t i)
{
	unsigned langs = r->only ? r->only : w->langs;
	const struct like_word *before = i > 0 ? w->at[i - 1].word : NULL;
	const struct like_word *behind = i + 1 < w->count ? w->at[i + 1].word : NULL;
	return (before && before->times & langs) ||
	    (behind && (behind->times & langs || behind->kinds & LIKE_UNIT));
}

/* "Please tell the porter before you come": how a yes is carried out, and nothing that limits it. */
bool
intent_is_errand(const struct reader *r, const struct weighed *w)
{
	unsigned langs = r->only ? r->only : w->langs;
	bool verb = false;
	for (size_t i = 0; i < w->count; i++) {
		const struct like_token *token = &w->at[i];
		unsigned against = token->hard & ~(unsigned)(DOUBT_PAST | DOUBT_REGRET);
		bool asks = token->word && token->word->errands & langs;
		verb |= i < ERRAND_AT && asks;
		if (asks || !(token->firm & DOUBT_DELEGATION))
			against &= ~(unsigned)DOUBT_DELEGATION;
		if (asks)
			against &= ~(unsigned)(DOUBT_ELSEWHERE | DOUBT_HEDGE);
		if (i == 0)
			against &= ~(unsigned)DOUBT_CONTRAST;
		if (is_hour(r, w, i))
			against &= ~(unsigned)DOUBT_NUMBER;
		if (against)
			return false;
	}
	return verb && w->words <= LIKE_TOKENS_MAX;
}
