#include "intent_batch_priv.h"
#include "intent_like_priv.h"

#include <ctype.h>
#include <string.h>

#define LANGS 32 /* bits of a mask */
#define LANG_MIN 2 /* ordinary words that tell a language */
#define LANG_HOME 2 /* ... and so many does our mail count for */
#define LANG_SURE 3 /* ... so well that even a negator may be an ordinary word of it */

/* Latin words end where letters end; others may be glued to their neighbours. */
static bool
stands_alone(const char *hay, const char *at, size_t len)
{
	if (at > hay && isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[0]))
		return false;
	unsigned char last = (unsigned char)at[len - 1];
	/* "Mühe" does not begin with Turkish "mü". */
	bool latin_end = isalnum(last) ||
	    (len > 1 && (last & 0xc0) == 0x80 && (unsigned char)at[len - 2] >= 0xc3 &&
		(unsigned char)at[len - 2] <= 0xc9);
	if (isalnum((unsigned char)at[len]) && latin_end)
		return false;
	bool latin = (unsigned char)at[0] < 0x80 ||
	    ((unsigned char)at[0] >= 0xc3 && (unsigned char)at[0] <= 0xdb);
	if (!latin)
		return !script_is_inside(hay, at, len);
	/* A letter of two bytes before or behind makes it part of a longer word. */
	bool glued = (at > hay && ((unsigned char)at[-1] & 0xc0) == 0x80 && at - hay >= 2 &&
			 (unsigned char)at[-2] >= 0xc3 && (unsigned char)at[-2] <= 0xdb &&
			 !script_is_particle(hay, at, len)) ||
	    ((unsigned char)at[len] >= 0xc3 && (unsigned char)at[len] <= 0xdb);
	return !glued;
}

/* One or two digits may be another quantity; "cost centre 4711" is none. */
static bool
holds_small_number(const char *s)
{
	size_t run = 0;
	for (; *s; s++) {
		if (isdigit((unsigned char)*s)) {
			run++;
			continue;
		}
		if ((run > 0 && run < 3) || (run > 0 && (*s == 'k' || *s == 'm' || *s == ',')))
			return true;
		run = 0;
	}
	return run > 0 && run < 3;
}

/* May a word of any script start here? */
static bool
starts_word(const char *text, const char *at)
{
	return ((unsigned char)*at & 0xc0) != 0x80 &&
	    (at == text || !isalnum((unsigned char)at[-1]) || !isalnum((unsigned char)*at));
}

/* Does the word say when, in every language in which it is that doubt? */
static bool
is_time(const struct weighed *w, const struct like_token *token, const struct doubt_word *doubt)
{
	unsigned langs = doubt->langs & (w->only ? w->only : w->langs);
	return token->word && langs && (langs & ~token->word->times) == 0;
}

/* "If", not "until": where a language does not list these, any condition may be one. */
static bool
is_if(const struct weighed *w, const struct like_token *token, const struct doubt_word *doubt)
{
	unsigned langs = doubt->langs & (w->only ? w->only : w->langs);
	return doubt->bits & DOUBT_CONDITION &&
	    (langs & ~like_if_langs || (token->word && langs & token->word->ifs));
}

/* Lay a doubt on every word that [at, at + len) touches. */
static void
lay(struct weighed *out, const char *at, size_t len, const struct doubt_word *doubt)
{
	unsigned firm = doubt->weak ? doubt->bits & DOUBT_ELSEWHERE : doubt->bits;
	out->doubts |= doubt->bits;
	out->firm |= firm;
	for (size_t i = 0; i < out->count; i++)
		if (out->at[i].at < at + len && at < out->at[i].at + out->at[i].len) {
			out->at[i].doubts |= doubt->bits;
			out->at[i].firm |= firm;
			out->at[i].iffy |= is_if(out, &out->at[i], doubt);
			out->at[i].hard |= is_time(out, &out->at[i], doubt)
			    ? doubt->bits & ~(unsigned)(DOUBT_CONDITION | DOUBT_HEDGE)
			    : doubt->bits;
		}
}

/*
 * Which languages the words look like: those with the most ordinary words, and
 * all near to them. The mail's own language has a start.
 */
static void
find_langs(struct weighed *out, unsigned home)
{
	unsigned score[LANGS] = { 0 }, most = 0;
	for (size_t i = 0; i < out->count; i++)
		for (unsigned k = 0; out->at[i].word && k < LANGS; k++)
			score[k] += out->at[i].word->common >> k & 1;
	for (unsigned k = 0; k < LANGS; k++)
		score[k] += home >> k & 1 ? LANG_HOME : 0;
	for (unsigned k = 0; k < LANGS; k++)
		most = score[k] > most ? score[k] : most;
	out->langs = out->best = most < LANG_MIN ? ~0U : 0;
	out->sure = most >= LANG_SURE;
	for (unsigned k = 0; most >= LANG_MIN && k < LANGS; k++) {
		out->best |= (unsigned)(score[k] == most) << k;
		out->langs |= (unsigned)(2 * score[k] > most) << k;
	}
}

/* "mi" asks in Turkish; in what looks like Spanish it is an ordinary word. */
static bool
is_foreign(const struct weighed *out, const char *at, size_t len, const struct doubt_word *doubt)
{
	if (out->only && !(doubt->langs & out->only))
		return true;
	if (doubt->langs & out->langs || (doubt->bits & DOUBT_NEGATION && !out->sure))
		return false;
	const struct like_word *word = like_word(at, len);
	return word && word->common & out->best;
}

/* "Der har vi revisoren": behind a word that is no "and" the verb only comes first. */
static bool
is_inverted(const struct weighed *out, const char *at, const struct doubt_word *doubt)
{
	char before[16] = "";
	size_t i = 0;
	while (i < out->count && out->at[i].at < at)
		i++;
	const char *blank = strchr(doubt->text, ' ');
	if (doubt->bits != DOUBT_QUESTION || blank == NULL || i == 0 || i >= out->count ||
	    out->at[i].at != at || out->at[i - 1].len >= sizeof before)
		return false;
	const struct like_token *last = &out->at[i - 1];
	const struct like_word *verb = like_word(doubt->text, (size_t)(blank - doubt->text));
	const struct like_word *rest = like_word(blank + 1, strlen(blank + 1));
	memcpy(before, last->at, last->len);
	return last->word && last->word->common & doubt->langs && verb &&
	    verb->common & doubt->langs && rest && rest->common & doubt->langs &&
	    !(last->word->kinds & (LIKE_SO | LIKE_BECAUSE)) && !(last->doubts & DOUBT_CONTRAST) &&
	    !word_is_one_of(before, batch_and_words);
}

static void
doubts_at(const char *text, const char *at, struct weighed *out)
{
	unsigned char first = (unsigned char)*at;
	for (size_t i = intent_doubt_from[first]; i < intent_doubt_from[first + 1]; i++) {
		const char *word = intent_doubts[i].text;
		if (word[1] != at[1] && word[1] != '\0')
			continue;
		size_t len = strlen(word);
		if (strncmp(at, word, len) == 0 && stands_alone(text, at, len) &&
		    !is_foreign(out, at, len, &intent_doubts[i]) &&
		    !is_inverted(out, at, &intent_doubts[i]))
			lay(out, at, len, &intent_doubts[i]);
	}
}

/* The idiom that starts here; they are sorted. */
static const char *
idiom_at(const char *at)
{
	for (const char *const *idiom = intent_harmless; *idiom; idiom++) {
		if ((unsigned char)(*idiom)[0] > (unsigned char)at[0])
			break;
		if ((*idiom)[0] == at[0] && (*idiom)[1] == at[1] &&
		    strncmp(at, *idiom, strlen(*idiom)) == 0)
			return *idiom;
	}
	return NULL;
}

/* Idioms with a negator in them are blanked before doubts are looked for. */
static char *
without_idioms(struct arena *arena, const char *text, bool *forget, bool *consent)
{
	char *copy = arena_dup(arena, text);
	for (char *at = copy; *at; at++) {
		const char *idiom = starts_word(copy, at) ? idiom_at(at) : NULL;
		if (idiom == NULL)
			continue;
		memset(at, ' ', strlen(idiom));
		*forget |= strstr(idiom, "forget") != NULL;
		*consent = true;
	}
	return copy;
}

static void
find_words(const char *text, struct weighed *out)
{
	for (size_t n; *text; text += n + (text[n] == ' ')) {
		n = script_word(text, strcspn(text, " "));
		if (n == 0)
			continue;
		struct like_token token = { .at = text, .len = n, .word = like_word(text, n) };
		out->words += !script_begins_east(text, n);
		out->kinds |= token.word ? token.word->kinds : 0;
		if (out->count < LIKE_TOKENS_MAX)
			out->at[out->count++] = token;
		else
			out->words = LIKE_TOKENS_MAX + 1;
	}
}

static bool
is_kind(const struct weighed *w, size_t i, unsigned kind)
{
	return i < w->count && w->at[i].word && w->at[i].word->kinds & kind;
}

/* "3 years", "in room 12" are no other quantity, in an account. */
static void
weigh_numbers(struct weighed *w)
{
	bool firm = false;
	for (size_t i = 0; i < w->count; i++) {
		char *word = (char[32]){ 0 };
		size_t n = w->at[i].len < 31 ? w->at[i].len : 31;
		memcpy(word, w->at[i].at, n);
		if (holds_small_number(word)) {
			w->at[i].doubts |= DOUBT_NUMBER;
			w->at[i].firm |= DOUBT_NUMBER;
			w->at[i].hard |= DOUBT_NUMBER;
		}
		bool unit = is_kind(w, i + 1, LIKE_UNIT) || (i > 0 && is_kind(w, i - 1, LIKE_UNIT));
		firm |= (w->at[i].firm & DOUBT_NUMBER) != 0 && !unit;
		w->doubts |= w->at[i].doubts & DOUBT_NUMBER;
	}
	w->firm = firm ? w->firm | DOUBT_NUMBER : w->firm & ~(unsigned)DOUBT_NUMBER;
}

/* The languages that a text may be in, when it is plainly that of our mail; else 0. */
unsigned
intent_home_only(const char *words, unsigned home)
{
	struct weighed *w = &(struct weighed){ .count = 0 };
	size_t score[LANGS] = { 0 }, own = 0, most = 0;
	find_words(words, w);
	for (size_t i = 0; i < w->count; i++)
		for (unsigned k = 0; w->at[i].word && k < LANGS; k++)
			score[k] += w->at[i].word->common >> k & 1;
	for (unsigned k = 0; k < LANGS; k++) {
		own = home >> k & 1 ? score[k] : own;
		most = score[k] > most ? score[k] : most;
	}
	return own >= LANG_MIN && own == most ? home : 0;
}

void
intent_weigh(const struct reader *r, const char *text, struct weighed *out)
{
	bool forget = false, consent = false;
	char *copy = without_idioms(r->arena, text, &forget, &consent);
	*out = (struct weighed){ .count = 0 };
	find_words(text, out);
	find_langs(out, r->home);
	out->only = r->only;
	/* The words lie in text, the doubts are looked for in its copy. */
	for (size_t i = 0; i < out->count; i++) {
		out->offset[i] = (size_t)(out->at[i].at - text);
		out->at[i].at = copy + out->offset[i];
	}
	for (const char *at = copy; *at; at++)
		if (starts_word(copy, at))
			doubts_at(copy, at, out);
	if (holds_small_number(copy))
		out->doubts |= DOUBT_NUMBER;
	weigh_numbers(out);
	for (size_t i = 0; i < out->count; i++)
		out->hard |= out->at[i].hard;
	if (out->words > out->count)
		out->hard = out->doubts;
	if (out->words > out->count)
		out->firm = out->doubts;
	if (consent)
		out->doubts |= DOUBT_POSITIVE;
	/* "Don't forget to cancel the old one" is an errand, not a doubt. */
	if (forget) {
		out->doubts &= ~(unsigned)DOUBT_NEGATIVE;
		out->firm &= ~(unsigned)DOUBT_NEGATIVE;
	}
}
