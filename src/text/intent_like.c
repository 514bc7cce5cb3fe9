#include "intent_like_priv.h"

#include <string.h>

#define ACTIVE_MAX 2048 /* states at a time; who needs more is not read */
#define FREE_MAX 9 /* words of what is approved */
#define FIRST_OTHER_SCRIPT 0xd0 /* byte of a Cyrillic letter; Latin ones lie below */

struct active {
	unsigned short state;
	unsigned char used; /* free words so far */
};

struct run {
	struct active at[ACTIVE_MAX];
	size_t count;
	unsigned short *where; /* of each state in at, if it is there */
};

const struct like_word *
like_word(const char *s, size_t n)
{
	size_t low = 0, high = like_word_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const char *text = like_words[middle].text;
		int order = strncmp(s, text, n);
		if (order == 0 && text[n] == '\0')
			return &like_words[middle];
		if (order < 0 || (order == 0 && text[n] != '\0'))
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void
enter(struct run *run, unsigned short state, unsigned used)
{
	struct active *old = &run->at[run->where[state]];
	if (run->where[state] < run->count && old->state == state) {
		if (old->used > used)
			old->used = (unsigned char)used;
		return;
	}
	if (run->count == ACTIVE_MAX)
		return;
	run->where[state] = (unsigned short)run->count;
	run->at[run->count++] = (struct active){ state, (unsigned char)used };
}

/* The first of a state's edges that is not below class. */
static size_t
edge_from(size_t from, size_t to, unsigned class)
{
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (like_edges[middle].class < class)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* May the word stand unnamed on the way to a verdict? */
static bool
may_be_free(const struct like_state *state, const struct like_token *token)
{
	unsigned against =
	    DOUBT_CONDITION | DOUBT_RETRACTION | DOUBT_QUESTION | DOUBT_DELEGATION | DOUBT_ITEMS;
	if (state->free == LIKE_OBJECT)
		against |= DOUBT_NUMBER | DOUBT_HEDGE;
	if (state->free == LIKE_ACCOUNT)
		against |= DOUBT_HEDGE;
	else if (state->verdict != PHRASE_REJECT && state->verdict != PHRASE_NO)
		against = ~(unsigned)DOUBT_POSITIVE;
	return (token->doubts & against) == 0;
}

static void
step(const struct active *now, const struct like_token *token, const struct like_token *before,
    struct run *next)
{
	const struct like_state *state = &like_states[now->state];
	const struct like_word *word = token->word;
	bool opens = now->used == 0 && token->doubts & DOUBT_NEGATION;
	if (state->free && !opens && now->used < FREE_MAX && may_be_free(state, token))
		enter(next, now->state, now->used + 1U);
	/* "das nicht können Sie bestellen": an account does not end with a negator. */
	bool negated = now->used > 0 && state->free == LIKE_ACCOUNT &&
	    state->verdict != PHRASE_REJECT && state->verdict != PHRASE_NO && before &&
	    before->doubts & DOUBT_NEGATION;
	if (word == NULL || negated)
		return;
	if (word->fills & state->langs)
		enter(next, now->state, now->used);
	size_t end = state[1].edges;
	for (size_t i = word[0].classes; i < word[1].classes; i++)
		for (size_t e = edge_from(state->edges, end, like_classes[i]);
		     e < end && like_edges[e].class == like_classes[i]; e++)
			enter(next, like_edges[e].to, now->used);
}

/* One of these that the run ends in; yes and no at once are none. */
static enum phrase_class
ending(const struct run *run)
{
	bool ends[PHRASE_ERRAND + 1] = { false };
	for (size_t i = 0; i < run->count; i++)
		ends[like_states[run->at[i].state].ends] = true;
	bool yes = ends[PHRASE_APPROVE] || ends[PHRASE_YES];
	bool no = ends[PHRASE_REJECT] || ends[PHRASE_NO];
	if (yes && no)
		return PHRASE_OTHER;
	static const enum phrase_class order[] = { PHRASE_ASK, PHRASE_APPROVE, PHRASE_REJECT,
		PHRASE_YES, PHRASE_NO, PHRASE_REASON, PHRASE_NEUTRAL, PHRASE_ERRAND };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (ends[order[i]])
			return order[i];
	return PHRASE_OTHER;
}

enum phrase_class
like_read(const struct like_token *tokens, size_t count)
{
	struct run runs[2];
	if (count == 0 || count > LIKE_TOKENS_MAX)
		return PHRASE_OTHER;
	unsigned short where[LIKE_STATES_MAX] = { 0 };
	runs[0].where = runs[1].where = where;
	runs[0].count = 0;
	enter(&runs[0], 0, 0);
	for (size_t i = 0; i < like_open_count; i++)
		enter(&runs[0], like_open[i], 0);
	for (size_t i = 0; i < count; i++) {
		const struct run *now = &runs[i % 2];
		struct run *next = &runs[(i + 1) % 2];
		next->count = 0;
		if (now->count == 0)
			return PHRASE_OTHER;
		for (size_t k = 0; k < now->count; k++)
			step(&now->at[k], &tokens[i], i > 0 ? &tokens[i - 1] : NULL, next);
	}
	return ending(&runs[count % 2]);
}

enum phrase_class
like_phrase(const char *s, size_t n)
{
	struct like_token at[LIKE_TOKENS_MAX];
	size_t count = 0, from = 0;
	while (from < n && (unsigned char)s[from] < FIRST_OTHER_SCRIPT)
		from++;
	if (from == n)
		return PHRASE_OTHER;
	for (from = 0; from < n;) {
		const char *blank = memchr(s + from, ' ', n - from);
		size_t len = script_word(s + from, blank ? (size_t)(blank - s) - from : n - from);
		const struct like_word *word = like_word(s + from, len);
		if (len > 0 && (word == NULL || count == LIKE_TOKENS_MAX))
			return PHRASE_OTHER;
		if (len > 0)
			at[count++] = (struct like_token){ .doubts = ~0u, .word = word };
		from += len + (from + len < n && s[from + len] == ' ');
	}
	enum phrase_class class = like_read(at, count);
	return class == PHRASE_REASON || class == PHRASE_ERRAND ? PHRASE_OTHER : class;
}
