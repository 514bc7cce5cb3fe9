#pragma once
/* intent: clauses, and the tables of phrases (languages/, by contrib/build/words.py). */
#include <assent/text/intent.h>

#include <assent/base/str.h>

#include "wordset.h"

#include <stdint.h>

enum phrase_class {
	PHRASE_OTHER,
	PHRASE_APPROVE,
	PHRASE_YES, /* a bare yes or ok: may open "yes, the printer works again" */
	PHRASE_REJECT,
	PHRASE_NO, /* a bare no: may open "no, that is fine" */
	PHRASE_NEUTRAL, /* greeting, thanks, "no problem": says nothing alone */
	PHRASE_ASK, /* "please approve": as one writes to a superior, with us in Cc */
	PHRASE_REASON, /* "the old one is broken", "charge it to Leeds": fits a yes */
	PHRASE_ERRAND, /* "come after 3", "use the side gate": how it is done */
};

enum doubt { /* bits: what a clause holds that speaks against a decision */
	DOUBT_CONDITION = 1,
	DOUBT_HEDGE = 2,
	DOUBT_DELEGATION = 4,
	DOUBT_NEGATION = 8, /* doubts an approval only */
	DOUBT_RETRACTION = 16,
	DOUBT_POSITIVE = 32, /* doubts a bare no only */
	DOUBT_QUESTION = 64,
	DOUBT_NUMBER = 128, /* a small number or a sum: perhaps another quantity */
	DOUBT_NEGATIVE = 256, /* words of rejecting: doubt an approval only */
	DOUBT_ITEMS = 512, /* "the first", "both": not the whole */
	DOUBT_CONTRAST = 1024, /* "but": behind an approval it takes something back */
	DOUBT_PAST = 2048, /* "was", "got": an account of something, not an answer */
	DOUBT_REGRET = 4096, /* "sorry": doubts an approval only */
	DOUBT_ELSEWHERE = 8192, /* "got it", "works again": the answer to something else */
};

struct doubt_word {
	unsigned bits;
	unsigned langs; /* in which it means that */
	bool weak; /* in another sentence it only tells something */
	const char *text; /* a word or phrase, anywhere in a clause */
};

struct perform { /* "i approve", with what is approved behind it or before */
	enum phrase_class class;
	bool last; /* the verb stands last */
	const char *text;
	size_t len;
};

struct affix {
	const char *text;
	size_t len;
};

/* Sorted by their bytes. */
extern const struct wordset intent_phrases;
extern const uint8_t intent_phrase_classes[]; /* enum phrase_class by number */
extern const struct doubt_word intent_doubts[];
extern const unsigned short intent_doubt_from[257]; /* those that begin with a byte */
extern const struct wordset intent_typos;
extern const uint16_t intent_typo_rights[]; /* by number: where its word is in intent_rights */
extern const char *const intent_rights[];

/* The rest end with NULL. Affixes come longest first. */
extern const struct perform intent_performs[];
extern const struct affix intent_leads[]; /* may stand before a phrase */
extern const struct affix intent_trails[]; /* may stand behind a phrase */
extern const unsigned short intent_lead_from[257]; /* those that begin with a byte */
extern const unsigned short intent_trail_from[257]; /* those that end with a byte */
extern const char *const intent_greetings[]; /* a first line begins so */
extern const char *const intent_signoffs[]; /* a late short line begins so */
extern const char *const intent_names[]; /* a yes or no that is a given name too: "Dale" */
extern const char *const intent_suspicions[]; /* "is this phishing" */
extern const char *const intent_agrees[]; /* "de acuerdo": whole, it opens as a plain yes does */
extern const char
    *const intent_informed[]; /* "thanks for the info": for what one thanks who only takes note */
extern const char *const intent_bare[]; /* "ok", "no we": the first word answers by itself */
extern const char *const intent_harmless[]; /* idioms taken out before doubts are looked for */
extern const char
    *const intent_consent[]; /* negators that consent with a phrase: "no objections" */

struct clause {
	const char *raw; /* in the reply */
	size_t raw_len;
	const char *text; /* folded, without marks around it; lives in the arena */
	size_t len;
	enum phrase_class class;
	unsigned doubts;
	unsigned firm; /* those of its doubts that stay doubts in an account */
	unsigned hard; /* those that say more than when */
	bool iffy; /* a condition in it is a real one: "if", "unless" */
	bool account; /* it tells how things are: "the old one doesn't boot" */
	bool refers; /* it may speak of the decision: "that was last year" */
	bool story; /* a negation in it is none of the decision: "we can't wait any longer" */
	bool led; /* it begins with "so" or "but": what follows is the writer's own word */
	bool opens; /* a plain yes or no: "ok", and whatever comes behind it */
	bool glued; /* no mark stands between it and the yes or no before it */
	size_t sentence, line; /* which one it belongs to */
	bool phrase; /* it stands so in the lexicon: "order it", not "order the screens" */
	bool barred; /* it begins with a negator that may be meant for all: "never", "not" */
	bool errand; /* an instruction how a yes is carried out: "come after 3" */
	bool joined; /* no mark stands between it and the "so" or "but" behind it */
	bool starts_told; /* it begins with somebody, or with what he does: "says Bob", "ask him" */
	bool asked; /* a question mark ends it */
	bool asks; /* it begins as a question does: "why", "can you" */
	bool told; /* a colon stands before it: "he wrote: go ahead" */
};

/* Who reads: where its results live, and the language of the mail that is answered. */
struct reader {
	struct arena *arena;
	unsigned home; /* its bit, 0 when it is not known */
	unsigned only; /* that bit, when the words plainly are of that language */
};

struct clauses {
	struct clause *at;
	size_t count;
};

/* Split words into clauses and classify each; intent_clause.c. */
void intent_split(const struct reader *r, const char *words, size_t n, struct clauses *out);
enum phrase_class intent_phrase(const char *text, size_t len);
/* ... what it means in the language of the mail only; PHRASE_OTHER when that is nothing else. */
enum phrase_class intent_own(const struct reader *r, const char *text);
/* The word that s[0..n) is a slip of, or NULL. */
const char *intent_typo(const char *s, size_t n);

/* intent_beside.c: what the clauses beside a word of decision hold against it. */
bool says_yes(const struct clause *clause);
bool is_decision(const struct clause *clause);
unsigned doubts_behind(const struct clause *word, const struct clause *other);
unsigned doubts_before(const struct clause *word, const struct clause *other);
/* "The vendor wrote: go ahead", "Bob from sales, go ahead": somebody else's word. */
bool is_told(const struct clauses *list, size_t from, size_t word);
bool answers_itself(const struct clauses *list, size_t from, size_t word, size_t end);

/* intent_script.c: scripts that put no blank between words, or particles in front of them. */
extern const char *const script_listed[]; /* words of the batch tables, sorted */
extern const size_t script_listed_count;
bool script_begins_east(const char *s, size_t n);
size_t script_compact(char *out, const char *s, size_t n);
size_t script_words(const char *s);
size_t script_word(const char *s, size_t n);
bool script_blank_divides(const char *s, size_t n, size_t at);
bool script_is_particle(const char *text, const char *at, size_t len);
bool script_is_inside(const char *text, const char *at, size_t len);
/* Where the token that begins at s ends. */
size_t script_token(const char *s, size_t n);

/* Does the writer ask whether our mail is genuine? intent_suspicion.c. */
bool intent_suspects(const char *words, size_t n);

/* What one reply to one question says, and what stands against that. */
struct intent_item intent_verdict(const struct reader *r, const char *words, unsigned *doubts);

/* Name single items of several; false when no item is named; intent_batch.c. */
bool intent_batch(const struct reader *r, const char *words, struct intent *out);
