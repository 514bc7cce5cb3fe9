#include <assent/text/intent.h>

#include "intent_priv.h"

#include "fold_priv.h"

#include <string.h>

#define WORDS_MAX 8192 /* who writes more than this tells a story */

/* clang-format off */
static const struct {
	const char *name, *sentence;
} reasons[] = {
	[INTENT_CLEAR] = { "clear", "your answer is clear" },
	[INTENT_EMPTY] = { "empty", "there were no words of your own in your answer" },
	[INTENT_NO_WORD] = { "no-word", "your answer holds no clear yes or no" },
	[INTENT_QUESTION] = { "question", "your answer asks a question" },
	[INTENT_CONDITION] = { "condition", "your answer holds a condition" },
	[INTENT_HEDGE] = { "hedge", "your answer is not definite" },
	[INTENT_CONTRADICTION] = { "contradiction", "your answer says both yes and no" },
	[INTENT_DELEGATION] = { "delegation", "your answer speaks of somebody else" },
	[INTENT_ITEMS] = { "items", "your answer names items that are not in the question, or one of them twice" },
};
/* clang-format on */

const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_APPROVE:
		return "approve";
	case VERDICT_REJECT:
		return "reject";
	case VERDICT_UNCLEAR:
		break;
	}
	return "unclear";
}

const char *
intent_reason_name(enum intent_reason reason)
{
	return reasons[reason].name;
}

const char *
intent_reason_sentence(enum intent_reason reason)
{
	return reasons[reason].sentence;
}

static bool
begins_any(const char *s, const char *const *words)
{
	for (; *words; words++) {
		size_t n = strlen(*words);
		if (strncmp(s, *words, n) == 0 &&
		    (s[n] == '\0' || strchr(" ,.!:", s[n]) || (unsigned char)s[n] >= 0x80))
			return true;
	}
	return false;
}

static size_t
count_words(const char *s)
{
	size_t words = *s != '\0';
	for (; *s; s++)
		words += *s == ' ';
	return words;
}

static bool
is_decision(const struct clause *clause)
{
	return clause->class == PHRASE_APPROVE || clause->class == PHRASE_REJECT ||
	    clause->class == PHRASE_NO;
}

/* "Hi Bob," at the start says nothing. */
static size_t
after_greeting(const struct clauses *list)
{
	size_t i = 0;
	while (i < list->count && list->at[i].sentence == list->at[0].sentence &&
	    list->at[0].line == list->at[i].line && !is_decision(&list->at[i]) &&
	    begins_any(list->at[0].text, intent_greetings) && count_words(list->at[i].text) <= 4 &&
	    !(list->at[i].doubts & ~(unsigned)DOUBT_POSITIVE))
		i++;
	return i;
}

/* "Regards, / Maria Smith / Head of IT" at the end says nothing either. */
static size_t
before_signoff(const struct clauses *list, size_t from)
{
	size_t end = list->count;
	for (size_t i = list->count; i > from + 1; i--) {
		const struct clause *clause = &list->at[i - 1];
		if (list->count - i > 6 || is_decision(clause) || count_words(clause->text) > 5 ||
		    clause->doubts & ~(unsigned)(DOUBT_DELEGATION | DOUBT_POSITIVE | DOUBT_ITEMS))
			break;
		if (clause->line == list->at[i - 2].line && clause->class != PHRASE_NEUTRAL)
			continue;
		if (begins_any(clause->text, intent_signoffs) && clause->line > list->at[from].line)
			end = i - 1;
	}
	return end;
}

struct reading {
	enum verdict verdict;
	enum intent_reason reason;
	bool question;
	size_t word; /* the clause that decided */
	size_t end; /* where courtesies start again */
};

static enum intent_reason
reason_of(unsigned doubts)
{
	if (doubts & DOUBT_QUESTION)
		return INTENT_QUESTION;
	if (doubts & DOUBT_RETRACTION)
		return INTENT_CONTRADICTION;
	if (doubts & (DOUBT_CONDITION | DOUBT_NUMBER | DOUBT_ITEMS))
		return INTENT_CONDITION;
	if (doubts & DOUBT_DELEGATION)
		return INTENT_DELEGATION;
	if (doubts & DOUBT_HEDGE)
		return INTENT_HEDGE;
	if (doubts & (DOUBT_NEGATION | DOUBT_NEGATIVE))
		return INTENT_CONTRADICTION;
	return INTENT_NO_WORD;
}

/* Which doubts of a clause behind the word of decision undo that decision. */
static unsigned
doubts_against(const struct clause *word, const struct clause *other)
{
	bool same = word->sentence == other->sentence;
	if (word->class == PHRASE_APPROVE) {
		unsigned bits = other->doubts & ~(unsigned)DOUBT_POSITIVE;
		/* A figure of the next sentence is rarely about the quantity, a word for one may be. */
		return bits;
	}
	unsigned mask = DOUBT_RETRACTION | DOUBT_QUESTION;
	if (same)
		mask |= DOUBT_ITEMS;
	if (word->class == PHRASE_NO && same)
		mask |= DOUBT_POSITIVE;
	unsigned bits = other->doubts & mask;
	if (same && (other->doubts & DOUBT_CONDITION) && !(other->doubts & DOUBT_NEGATION))
		bits |= DOUBT_CONDITION;
	if (word->class == PHRASE_NO && same)
		bits |= other->doubts & (DOUBT_CONDITION | DOUBT_HEDGE | DOUBT_DELEGATION);
	return bits;
}

static struct reading
unclear(unsigned doubts)
{
	return (struct reading){ .verdict = VERDICT_UNCLEAR,
		.reason = reason_of(doubts),
		.question = (doubts & DOUBT_QUESTION) != 0 };
}

/* The first clause that is no courtesy must be the word of decision. */
static struct reading
read_all(const struct clauses *list)
{
	size_t from = after_greeting(list), end = before_signoff(list, from);
	size_t word = from;
	unsigned all = 0, against = 0;
	bool yes = false, no = false;
	for (size_t i = from; i < end; i++) {
		all |= list->at[i].doubts;
		yes |= list->at[i].class == PHRASE_APPROVE;
		no |= list->at[i].class == PHRASE_REJECT || list->at[i].class == PHRASE_NO;
	}
	if (all & DOUBT_QUESTION)
		return unclear(DOUBT_QUESTION);
	if (yes && no)
		return unclear(DOUBT_RETRACTION);
	while (word < end && list->at[word].class == PHRASE_NEUTRAL)
		word++;
	if (word == end || !is_decision(&list->at[word]))
		return unclear(all &
		    ~(unsigned)(DOUBT_NEGATION | DOUBT_NEGATIVE | DOUBT_NUMBER | DOUBT_ITEMS));
	for (size_t i = word + 1; i < end; i++)
		against |= doubts_against(&list->at[word], &list->at[i]);
	if (against)
		return unclear(against);
	return (struct reading){ .verdict = yes ? VERDICT_APPROVE : VERDICT_REJECT,
		.reason = INTENT_CLEAR,
		.word = word,
		.end = end };
}

/* What stands behind the word of decision, as it was written, without courtesies. */
static const char *
comment_of(const struct clauses *list, const struct reading *reading, struct arena *arena)
{
	size_t from = reading->word + 1;
	while (from < reading->end && list->at[from].class != PHRASE_OTHER)
		from++;
	if (from >= reading->end)
		return "";
	const struct clause *last = &list->at[reading->end - 1];
	const char *start = list->at[from].raw, *end = last->raw + last->raw_len;
	start += strspn(start, " \t\r\n.,;:!-)]}\"'*_");
	while (end > start && strchr(" \t\r\n)]*_", end[-1]))
		end--;
	return start < end ? arena_dup_n(arena, start, (size_t)(end - start)) : "";
}

static void
decide_all(struct intent *out, enum verdict verdict)
{
	for (size_t i = 0; i < out->count; i++)
		out->items[i].verdict = verdict;
}

void
intent_read(const char *words, size_t count, struct arena *arena, struct intent *out)
{
	size_t n = strlen(words);
	if (count > INTENT_ITEMS_MAX)
		count = INTENT_ITEMS_MAX;
	*out = (struct intent){ .count = count, .comment = "", .reason = INTENT_EMPTY };
	out->items = arena_alloc(arena, (count ? count : 1) * sizeof *out->items);
	for (size_t i = 0; i < count; i++)
		out->items[i].comment = "";
	if (text_is_blank(words))
		return;
	out->reason = INTENT_NO_WORD;
	if (n > WORDS_MAX)
		return;
	if (count > 1 && intent_batch(words, arena, out))
		return;
	struct clauses list;
	intent_split(words, n, arena, &list);
	struct reading reading = read_all(&list);
	out->reason = list.count ? reading.reason : INTENT_EMPTY;
	out->question = reading.question;
	decide_all(out, reading.verdict);
	out->comment = reading.verdict == VERDICT_UNCLEAR ? arena_dup(arena, words)
							  : comment_of(&list, &reading, arena);
}
