#pragma once
/* intent: the tokens of an answer to several items, and the lists of items in it. */
#include "intent_priv.h"

#define MASK_WORDS ((INTENT_ITEMS_MAX + 63) / 64)

struct items { /* a set of item numbers, 0-based */
	uint64_t bits[MASK_WORDS];
	bool outside; /* one was named that does not exist */
};

struct token {
	char mark; /* punctuation or newline; 0 for words and numbers */
	const char *word; /* folded; a number's digits */
	int64_t number; /* -1 when it is none */
	const char *raw;
	size_t raw_len;
};

struct statement {
	struct items items;
	struct items left; /* what "all but" leaves out */
	enum verdict verdict;
	bool only; /* "only 3": the others are refused, or this says nothing */
	bool others; /* "the others": what no statement names */
	bool doubtful;
	size_t tail; /* where the comment starts */
};

struct batch {
	struct token *at;
	size_t count;
	size_t items;
	const struct reader *reader;
	struct arena *arena;
	struct intent *out;
	struct items named, approved, rejected, doubted, only;
	struct items left; /* by the last statement */
	enum verdict last, said; /* of the last statement; of a bare word beside statements */
	bool asked; /* a question about some items */
	enum verdict others;
	bool wrong; /* an item that is not there */
	unsigned doubts; /* of text outside of statements */
	size_t statements;
};

struct numbered {
	int number; /* -1 is the last */
	const char *word;
};

/* Tables of languages/; each ends with NULL. */
extern const char *const batch_all_words[]; /* "all" */
extern const char *const batch_but_words[]; /* "except" */
extern const char *const batch_and_words[]; /* "and" */
extern const char *const batch_to_words[]; /* "through" */
extern const char *const batch_is_words[]; /* "is" */
extern const char *const batch_fillers[]; /* "item", "for": say nothing */
extern const char *const batch_other_words[]; /* "rest" */
extern const char *const batch_plural_words[]; /* Swedish "de", before "andra": the others */
extern const char *const batch_articles[]; /* "the": with a count of all it means all */
extern const char *const batch_one_words[]; /* "one", behind "first" */
extern const char *const batch_both_words[]; /* "both" */
extern const char *const batch_soft_tails[]; /* "please": may stand behind a list */
extern const char *const batch_why_words[]; /* "because": a reason starts */
extern const char *const batch_open_words[]; /* "later" */
extern const char *const batch_not_words[]; /* "not", at the end of "the rest not" */
extern const char *const batch_none_words[]; /* "none", "neither" */
extern const char *const batch_label_words[]; /* "number", before "one" */
extern const char *const batch_only_words[]; /* "only", before items */
extern const char *const batch_yes_words[]; /* "y", right behind an item */
extern const char *const batch_no_words[]; /* "n", right behind an item */
extern const char *const batch_endings[]; /* "an", glued to digits */
extern const struct numbered batch_ordinals[]; /* "first" */
extern const struct numbered batch_counts[]; /* "two", behind "first" */

bool word_is_one_of(const char *word, const char *const *list);
bool items_has(const struct items *set, size_t index);
void items_join(struct items *set, const struct items *more);
/* What the next words from i on hold against a decision. */
unsigned batch_doubts(const struct batch *b, size_t i);
void batch_tokenise(struct batch *b, const char *words);
/* What token i is: a word (NULL when it is none), a mark (0), a number (-1). */
const char *batch_word(const struct batch *b, size_t i);
char batch_mark(const struct batch *b, size_t i);
bool batch_is_mark(const struct batch *b, size_t i, const char *any);
int64_t batch_number(const struct batch *b, size_t i);

/* Each of these returns how many tokens it took, 0 when nothing of it stands there. */
size_t batch_verdict(const struct batch *b, size_t i, enum verdict *out);
/* ... in no more than so many tokens. */
size_t batch_verdict_in(const struct batch *b, size_t i, size_t most, enum verdict *out);
size_t batch_list(const struct batch *b, size_t from, struct items *set);
size_t batch_all(const struct batch *b, size_t from, struct statement *s);
size_t batch_others(const struct batch *b, size_t i);
/* Is it the number of all items, in words? */
bool batch_is_count(const struct batch *b, size_t i);

/* Read item by item; false when the text is none of that shape; intent_segments.c. */
bool batch_segments(const struct batch *b, struct intent_item *items);
/* Read part by part; false when the text is not wholly made of such; intent_parts.c. */
bool batch_parts(const struct batch *b, struct intent_item *items);
/* "all but 2", "2 excepted, all is fine"; false when it is none. */
bool batch_excepted(const struct batch *b, struct intent_item *items);

/* The first token from i on that is no filler. */
size_t batch_skip_fillers(const struct batch *b, size_t i);
