#pragma once
/* intent: patterns of clauses as states, made by contrib/build/patterns.py. */
#include "intent_priv.h"

enum like_kind {
	LIKE_TELLS = 1,
	LIKE_REFERS = 2,
	LIKE_UNIT = 4,
	LIKE_SO = 8,
	LIKE_BECAUSE = 16,
	LIKE_VERBAL = 32,
	LIKE_WITHOUT = 64
};
enum like_free { LIKE_OBJECT = 1, LIKE_ACCOUNT = 2 }; /* `...` and `<any>` */

struct like_word { /* sorted by text; its classes end where those of the next begin */
	const char *text;
	unsigned fills; /* languages in which it may stand anywhere */
	unsigned common; /* languages of which it is an ordinary word */
	unsigned times; /* ... in which it says when: "before", "monday" */
	unsigned errands; /* ... in which it tells somebody to do something: "come", "inform" */
	unsigned ifs; /* ... in which it makes a condition, not a time or a limit */
	unsigned classes;
	unsigned char kinds;
};

struct own_phrase { /* means that only where the mail is of that language */
	unsigned lang;
	enum phrase_class class;
	const char *text;
};

extern const struct own_phrase intent_owns[]; /* the last has no text */

struct like_edge {
	unsigned short class, to;
};

struct like_state { /* edges are sorted by class and end where those of the next begin */
	unsigned edges;
	unsigned langs;
	enum phrase_class ends; /* what a clause is that ends here */
	enum phrase_class verdict; /* what it is on its way to */
	unsigned char free; /* which words may stand here unnamed */
};

struct like_token {
	const char *at;
	size_t len;
	unsigned doubts, firm;
	unsigned hard; /* those that say more than when */
	bool iffy; /* its condition is one: "if", not "until" */
	const struct like_word *word; /* NULL when no pattern knows it */
};

extern const char *const like_langs[]; /* each is a bit, from the lowest on */
extern const size_t like_lang_count;
extern const unsigned like_if_langs; /* languages that list the words of a condition */
extern const struct like_word like_words[];
extern const size_t like_word_count;
extern const unsigned short like_classes[];
extern const struct like_state like_states[]; /* the first is the start */
extern const struct like_edge like_edges[];
extern const unsigned short like_open[]; /* starts of patterns that begin with free words */
extern const size_t like_open_count;

#define LIKE_STATES_MAX 40960 /* patterns.py sees to it */
#define LIKE_TOKENS_MAX 32 /* words of a clause that patterns are tried on */

struct weighed { /* the words of a clause, and what each holds against a decision */
	struct like_token at[LIKE_TOKENS_MAX];
	size_t offset[LIKE_TOKENS_MAX]; /* where each stands in the clause */
	size_t count; /* of at */
	size_t words;
	unsigned doubts, firm, hard;
	unsigned kinds; /* of all words */
	bool sure; /* of its language */
	unsigned only; /* the only ones whose doubts count; 0 for all */
	unsigned langs, best; /* languages that it may be in, and those that it most looks like */
};

unsigned intent_home_only(const char *words, unsigned home);
void intent_weigh(const struct reader *r, const char *text, struct weighed *out);
/* What a clause is by itself, and its words where it is no phrase; intent_clause.c. */
void intent_classify(const struct reader *r, struct clause *clause, struct weighed *w);
/* "Please tell the porter before you come": nothing that limits a yes; intent_errand.c. */
bool intent_is_errand(const struct reader *r, const struct weighed *w);
/* Does it begin with a word of a plain yes or no? That word's length, or 0. */
size_t intent_bare_len(const char *s);
/* Cut *clause in two where a yes or no ends or starts, the first into *head; intent_divide.c. */
bool intent_divide(
    const struct reader *r, struct clause *clause, const struct weighed *w, struct clause *head);
const struct like_word *like_word(const char *s, size_t n);
/* What all of these words together are; PHRASE_OTHER when no pattern fits or two differ. */
enum phrase_class like_read(const struct like_token *tokens, size_t count);
/* ... and of a text in which no word is free; scripts other than Latin. */
enum phrase_class like_phrase(const char *s, size_t n);
