#include "intent_like_priv.h"

#include <ctype.h>
#include <string.h>

/*
 * What the clauses beside a word of decision hold against it.
 */

#define NAME_WORDS 2 /* "Bob Smith, go ahead" calls him */
#define BARRED_WORDS 3 /* "Not cheap", "Don't": such a clause may speak of the decision */
#define TITLE_WORDS 4 /* "Director of the school" */
#define TALE_WORDS 3 /* words of a clause that tells something before a yes */
#define STORY_WORDS 6 /* ... with a negation in it that is none of the decision */
#define REMARK_WORDS 4 /* ... that says something of its own behind a word of decision */
#define SUM_WORDS 4 /* a clause with fewer words is about its number */

/* In an account of how things are, these are no doubts of the decision. */
#define TOLD (DOUBT_NEGATION | DOUBT_NEGATIVE | DOUBT_REGRET | DOUBT_PAST | DOUBT_POSITIVE)

bool
says_yes(const struct clause *clause)
{
	return clause->class == PHRASE_APPROVE || clause->class == PHRASE_YES;
}

bool
is_decision(const struct clause *clause)
{
	return clause->class >= PHRASE_APPROVE && clause->class <= PHRASE_NO;
}

/* "The director has to agree": an account of what somebody else shall decide. */
static bool
binds(const struct clause *other)
{
	return other->doubts & DOUBT_DELEGATION &&
	    (other->doubts & DOUBT_POSITIVE || other->hard & DOUBT_CONDITION);
}

/* What a clause holds against a decision that it is no part of. */
static unsigned
weight_of(const struct clause *other)
{
	unsigned bits = other->account && !other->refers ? other->firm : other->doubts;
	if (other->glued || binds(other))
		return other->doubts;
	return other->story ? bits & ~(unsigned)DOUBT_NEGATION : bits;
}

static unsigned
doubts_behind_no(const struct clause *word, const struct clause *other)
{
	bool same = word->sentence == other->sentence;
	unsigned mask = DOUBT_RETRACTION | DOUBT_QUESTION;
	unsigned bits = word->class == PHRASE_NO ? weight_of(other) : other->doubts;
	/* "No thanks, we keep the old one until it dies": how it is, not what it takes. */
	if (other->account && !other->glued)
		bits &= other->firm;
	/* "No, we keep it until it dies" sets no condition. */
	if (!other->iffy && !other->glued && (word->class == PHRASE_REJECT || other->account))
		bits &= ~(unsigned)DOUBT_CONDITION;
	if (word->class == PHRASE_NO)
		mask |= DOUBT_ELSEWHERE;
	if (same)
		mask |= DOUBT_ITEMS;
	if (word->class == PHRASE_NO && same)
		mask |= DOUBT_POSITIVE | DOUBT_HEDGE | DOUBT_DELEGATION | DOUBT_CONDITION |
		    DOUBT_CONTRAST;
	else if (same && (other->iffy || !(other->doubts & DOUBT_NEGATION)))
		mask |= DOUBT_CONDITION | DOUBT_CONTRAST;
	return bits & mask;
}

static unsigned
weigh_behind(const struct clause *word, const struct clause *other)
{
	/* "No, come after 3" answers something else. */
	if (other->errand && !says_yes(word))
		return DOUBT_ELSEWHERE;
	/* "Approved, but come after 3". */
	if (other->errand && (word->class == PHRASE_APPROVE || (says_yes(word) && word->opens)))
		return other->doubts & (DOUBT_QUESTION | DOUBT_RETRACTION);
	if (word->class == PHRASE_APPROVE && other->account && !other->refers && !binds(other))
		return other->firm & ~(unsigned)(TOLD | DOUBT_ELSEWHERE);
	/* "Approved. The director": who it is that signs. */
	if (word->class == PHRASE_APPROVE && other->sentence > word->sentence &&
	    script_words(other->text) <= TITLE_WORDS && !(other->firm & DOUBT_DELEGATION) &&
	    other->doubts == DOUBT_DELEGATION)
		return 0;
	if (word->class == PHRASE_APPROVE)
		return weight_of(other) &
		    ~(unsigned)(DOUBT_POSITIVE | DOUBT_PAST | DOUBT_ELSEWHERE);
	/* "Ok for 500": behind a bare yes any number may be a cap. */
	bool sum = strpbrk(other->text, "0123456789") && script_words(other->text) < SUM_WORDS;
	if (word->class == PHRASE_YES && sum)
		return DOUBT_NUMBER;
	if (word->class == PHRASE_YES)
		return word->opens ? weight_of(other) & ~(unsigned)(DOUBT_POSITIVE | DOUBT_PAST)
				   : other->doubts & ~(unsigned)DOUBT_POSITIVE;
	return doubts_behind_no(word, other);
}

/* Is it a statement of how things are, that neither begins with "never" nor speaks of a yes? */
static bool
bars_nothing(const struct clause *other)
{
	return script_words(other->text) >= BARRED_WORDS && !other->barred &&
	    !(other->doubts & DOUBT_POSITIVE);
}

static unsigned
weigh_before(const struct clause *word, const struct clause *other)
{
	unsigned mask = DOUBT_QUESTION | DOUBT_RETRACTION | DOUBT_CONDITION | DOUBT_ITEMS;
	bool bare = word->class == PHRASE_YES || word->class == PHRASE_NO;
	bool apart = word->sentence != other->sentence || word->led;
	bool account = other->account || (other->story && apart);
	unsigned bits =
	    other->account ? other->firm | (other->doubts & DOUBT_POSITIVE) : other->doubts;
	if (other->class == PHRASE_NEUTRAL)
		return other->doubts & DOUBT_QUESTION;
	/* "The board has frozen it until April, so no": a "so" or "but" concludes from it. */
	if (!says_yes(word) && word->led && other->sentence == word->sentence)
		bits &= other->firm |
		    ~(unsigned)(DOUBT_CONDITION | DOUBT_HEDGE | (bare ? 0 : DOUBT_DELEGATION));
	/* "After long talks: no": what comes before a refusal limits it only where it is firm. */
	if (word->class == PHRASE_REJECT)
		bits &= other->firm | ~(unsigned)(DOUBT_CONDITION | DOUBT_ITEMS);
	if (!says_yes(word) && !other->iffy && !(other->doubts & DOUBT_NUMBER))
		mask &= ~(unsigned)DOUBT_CONDITION;
	if (!says_yes(word) && word->sentence != other->sentence)
		mask &= ~(unsigned)DOUBT_QUESTION;
	if (bare)
		mask |= DOUBT_ELSEWHERE;
	/* "He wants it, but no" may still tell of him. */
	if (bare && word->sentence == other->sentence && other->doubts & DOUBT_DELEGATION)
		return DOUBT_DELEGATION;
	/* "I'd gladly have said yes, but ..." */
	bool wished = apart && bits & (DOUBT_HEDGE | DOUBT_REGRET | DOUBT_PAST);
	if (word->sentence == other->sentence && !wished)
		mask |= DOUBT_DELEGATION | DOUBT_POSITIVE;
	if (says_yes(word) && account)
		mask = ~(unsigned)(TOLD | DOUBT_CONTRAST | (bare ? 0 : DOUBT_ELSEWHERE));
	else if (says_yes(word))
		mask = ~(unsigned)(DOUBT_POSITIVE | DOUBT_PAST | DOUBT_CONTRAST |
		    (bare ? 0 : DOUBT_ELSEWHERE));
	/* "Expensive, but go ahead." */
	if (word->led)
		mask &= ~(unsigned)(DOUBT_NEGATIVE | DOUBT_REGRET);
	/* "Without the telephone nothing works, so yes": a comma stands between the two. */
	if (word->led && !other->joined && other->account)
		mask &= ~(unsigned)(DOUBT_NEGATION | DOUBT_ELSEWHERE);
	/* "It isn't cheap. Approved": an outspoken word on its own is what it all comes to. */
	if (word->class == PHRASE_APPROVE && word->sentence != other->sentence && word->phrase &&
	    bars_nothing(other))
		mask &=
		    ~(unsigned)(DOUBT_NEGATION | DOUBT_NEGATIVE | DOUBT_REGRET | DOUBT_CONTRAST);
	/* "No point in waiting, order it": what is told first holds nothing against the word. */
	bool tale = word->class == PHRASE_APPROVE && word->phrase &&
	    script_words(other->text) >= TALE_WORDS && !(other->doubts & DOUBT_POSITIVE) &&
	    !(other->hard & DOUBT_CONDITION && other->doubts & DOUBT_NEGATION);
	if (tale)
		mask &= ~(unsigned)((TOLD & ~DOUBT_NEGATION) | DOUBT_CONTRAST | DOUBT_ELSEWHERE);
	if (tale && other->story && script_words(other->text) >= STORY_WORDS)
		mask &= ~(unsigned)DOUBT_NEGATION;
	if (tale && word->sentence != other->sentence)
		bits &= other->hard | ~(unsigned)(DOUBT_CONDITION | DOUBT_HEDGE);
	return bits & mask;
}

/* Doubts that are none in so many words: "tell the secretary before you start". */
static unsigned
eased_behind(const struct clause *word, const struct clause *other)
{
	bool same = word->sentence == other->sentence;
	bool long_enough = script_words(other->text) >= REMARK_WORDS && !other->glued;
	unsigned eased = 0;
	if (word->class == PHRASE_APPROVE && long_enough && !other->starts_told && !binds(other))
		eased |= DOUBT_DELEGATION;
	if (word->class == PHRASE_APPROVE && long_enough && !same &&
	    !(other->hard & DOUBT_CONDITION))
		eased |= DOUBT_CONDITION | DOUBT_REGRET;
	bool plain = !(other->doubts & (DOUBT_POSITIVE | DOUBT_CONTRAST | DOUBT_QUESTION));
	if (word->class == PHRASE_REJECT && plain && script_words(other->text) >= TALE_WORDS)
		eased |= DOUBT_RETRACTION | (long_enough ? DOUBT_ITEMS : 0);
	if (word->class == PHRASE_NO && plain && long_enough && !(other->doubts & DOUBT_RETRACTION))
		eased |= DOUBT_DELEGATION;
	return eased;
}

unsigned
doubts_behind(const struct clause *word, const struct clause *other)
{
	return weigh_behind(word, other) & ~eased_behind(word, other);
}

/* What is said in a sentence before an outspoken yes, or long before an outspoken no. */
static unsigned
eased_before(const struct clause *word, const struct clause *other)
{
	size_t words = script_words(other->text);
	bool clear = word->class == PHRASE_APPROVE && word->phrase;
	unsigned keep = DOUBT_QUESTION | DOUBT_RETRACTION | DOUBT_HEDGE |
	    (other->firm & DOUBT_DELEGATION) | (other->iffy ? DOUBT_CONDITION : 0) |
	    (other->barred || words < TALE_WORDS ? DOUBT_NEGATION : 0);
	if (clear && word->sentence != other->sentence)
		return ~keep;
	if (word->class == PHRASE_REJECT && words > REMARK_WORDS &&
	    !(other->doubts & DOUBT_POSITIVE))
		return DOUBT_DELEGATION;
	return 0;
}

unsigned
doubts_before(const struct clause *word, const struct clause *other)
{
	return weigh_before(word, other) & ~eased_before(word, other);
}

/* May it name who speaks next? "Bob from sales", not "I've just talked to my wife". */
static bool
names_speaker(const struct clause *clause, bool phrase)
{
	size_t first = strcspn(clause->text, " ");
	bool tells = clause->account || clause->story;
	if ((tells && phrase ? clause->firm : clause->doubts) & DOUBT_DELEGATION)
		return true;
	return script_words(clause->text) > NAME_WORDS && !tells && !like_word(clause->text, first);
}

bool
is_told(const struct clauses *list, size_t from, size_t word)
{
	const struct clause *now = &list->at[word];
	for (size_t i = from; i < word; i++) {
		const struct clause *other = &list->at[i];
		bool same = other->sentence == now->sentence && !now->led;
		if (other->class == PHRASE_OTHER &&
		    (now->told || (says_yes(now) && same && names_speaker(other, now->phrase))))
			return true;
	}
	return false;
}

/* "480 for a disk? No", "Are you joking? Please cancel": who refuses asks no answer before it. */
bool
answers_itself(const struct clauses *list, size_t from, size_t word, size_t end)
{
	const struct clause *now = &list->at[word];
	bool sum = false;
	for (size_t i = from; i < end; i++) {
		const struct clause *other = &list->at[i];
		if (!(other->doubts & DOUBT_QUESTION))
			continue;
		if (i >= word || other->sentence == now->sentence)
			return false;
		for (const char *c = other->text; *c; c++)
			sum |= isdigit((unsigned char)c[0]) && isdigit((unsigned char)c[1]);
	}
	return now->class == PHRASE_REJECT || (now->class == PHRASE_NO && sum);
}
