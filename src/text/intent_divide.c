#include "intent_batch_priv.h"
#include "intent_like_priv.h"

#include <string.h>

/*
 * Clauses without a mark between what decides and what stands beside it.
 */

#define JOINTS_MAX 4 /* so many words like "so" and "but" are looked behind in a clause */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_and(const struct like_token *token)
{
	char word[16] = "";
	if (token->len >= sizeof word)
		return false;
	memcpy(word, token->at, token->len);
	return word_is_one_of(word, batch_and_words);
}

/* Where the word that stands at folded[at] starts in what was written; words are counted. */
static size_t
raw_at(const struct clause *clause, size_t at)
{
	size_t words = 0, i = 0;
	for (size_t k = 0; k < at; k++)
		words += clause->text[k] == ' ';
	while (i < clause->raw_len && is_space(clause->raw[i]))
		i++;
	for (; words > 0 && i < clause->raw_len; words--) {
		while (i < clause->raw_len && !is_space(clause->raw[i]))
			i++;
		while (i < clause->raw_len && is_space(clause->raw[i]))
			i++;
	}
	return i;
}

/* Cut *clause at a word of its; what stands before goes into *head. */
static void
cut(const struct reader *r, struct clause *clause, size_t at, struct clause *head)
{
	size_t raw = raw_at(clause, at);
	unsigned asked = clause->doubts & DOUBT_QUESTION;
	*head = *clause;
	head->raw_len = raw;
	head->text = arena_dup_n(r->arena, clause->text, at > 0 ? at - 1 : 0);
	head->len = at > 0 ? at - 1 : 0;
	clause->raw += raw;
	clause->raw_len -= raw;
	clause->text += at;
	clause->len -= at;
	head->doubts = head->firm = clause->doubts = clause->firm = asked;
	head->asks = clause->asks = false;
	head->account = head->refers = head->story = head->opens = head->errand = false;
	clause->account = clause->refers = clause->story = clause->opens = clause->errand = false;
}

/* "ok for me but use the side gate": cut where the errand starts. */
static bool
divided_errand(
    const struct reader *r, struct clause *clause, const struct weighed *w, struct clause *head)
{
	struct weighed unused;
	size_t tries = 0;
	for (size_t i = 1; i < w->count && tries < JOINTS_MAX; i++) {
		bool so = w->at[i].word && w->at[i].word->kinds & LIKE_SO;
		if (!so && !(w->at[i].doubts & DOUBT_CONTRAST) && !is_and(&w->at[i]))
			continue;
		tries++;
		struct clause rest = *clause;
		cut(r, &rest, w->offset[i], head);
		intent_classify(r, &rest, &unused);
		if (!rest.errand)
			continue;
		intent_classify(r, head, &unused);
		if (!says_yes(head))
			continue;
		*clause = rest;
		return true;
	}
	return false;
}

/* "ok tell the caretaker", "nee want jansen ...": cut where a yes or no ends or starts. */
bool
intent_divide(
    const struct reader *r, struct clause *clause, const struct weighed *w, struct clause *head)
{
	struct weighed unused;
	struct clause rest = *clause;
	if (divided_errand(r, clause, w, head))
		return true;
	size_t bare = intent_bare_len(clause->text);
	if (bare > 0 && bare + 1 < clause->len) {
		cut(r, &rest, bare + 1, head);
		intent_classify(r, head, &unused);
		intent_classify(r, &rest, &unused);
		rest.glued = true;
		rest.doubts |= w->doubts & DOUBT_RETRACTION; /* "yeah right" */
		bool no = head->class == PHRASE_NO;
		if (is_decision(head) && !is_decision(&rest) &&
		    (!no || rest.story || rest.account)) {
			*clause = rest;
			return true;
		}
	}
	size_t tries = 0;
	for (size_t i = 1; i < w->count && tries < JOINTS_MAX; i++) {
		unsigned kinds = w->at[i].word ? w->at[i].word->kinds : 0;
		bool so = kinds & LIKE_SO || w->at[i].doubts & DOUBT_CONTRAST;
		if (!so && !(kinds & LIKE_BECAUSE))
			continue;
		tries++;
		rest = *clause;
		cut(r, &rest, w->offset[i], head);
		const struct clause *word = so ? &rest : head;
		intent_classify(r, so ? &rest : head, &unused);
		if (!is_decision(word) || (word->class == PHRASE_YES && !word->opens && so))
			continue;
		intent_classify(r, so ? head : &rest, &unused);
		rest.led = head->joined = so;
		/* German "das nicht können Sie so bestellen" draws no conclusion. */
		head->story &= !(kinds & LIKE_SO);
		head->account &=
		    !(kinds & LIKE_SO && i + 2 == w->count && rest.class == PHRASE_APPROVE);
		*clause = rest;
		return true;
	}
	return false;
}
