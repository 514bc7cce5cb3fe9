#pragma once
/*
 * intent: from the writer's own words to a decision, deterministically.
 *
 * Input is what reply_extract() left. A decision needs a clear word that
 * stands alone on one of the first lines ("approved", "no, too expensive" is
 * reject with a comment); anything conditional, hedged, asking, delegating or
 * contradictory is unclear. Unclear costs one more mail; a wrong approval
 * costs the customer money.
 */
#include <assent/base/mem.h>

#include <stdbool.h>
#include <stddef.h>

#define INTENT_ITEMS_MAX 100

enum verdict { VERDICT_UNCLEAR, VERDICT_APPROVE, VERDICT_REJECT };

enum intent_reason { /* why it came out as it did */
	INTENT_CLEAR,
	INTENT_EMPTY, /* nothing left after the quote was cut */
	INTENT_NO_WORD, /* no decision word */
	INTENT_QUESTION, /* the writer asks something */
	INTENT_CONDITION, /* "if", "provided", "up to" */
	INTENT_HEDGE, /* "I think", "probably", "later" */
	INTENT_CONTRADICTION, /* both words */
	INTENT_DELEGATION, /* somebody else shall say or said it */
	INTENT_ITEMS, /* items named that do not exist, or twice */
};

struct intent_item {
	enum verdict verdict;
	const char *comment; /* "" when none; lives in the arena */
};

struct intent {
	struct intent_item *items; /* as many as were asked for */
	size_t count;
	const char *comment; /* of the whole reply, "" when none */
	enum intent_reason reason;
	bool question; /* contains a question to pass on */
	bool suspicion; /* decides nothing and asks whether our mail is genuine */
	bool partly; /* some items decided, others left open */
};

const char *verdict_name(enum verdict verdict); /* "approve", "reject", "unclear" */
const char *intent_reason_name(enum intent_reason reason);
/* One sentence for the writer, such as "your answer holds a condition". */
const char *intent_reason_sentence(enum intent_reason reason);

struct intent_ask {
	const char *words; /* what reply_extract() left */
	size_t items; /* 1 to INTENT_ITEMS_MAX */
	const char *locale; /* of the mail that is answered: "pl", "de-AT"; "" when unknown */
};

/* Everything in *out lives in arena. */
void intent_read_in(const struct intent_ask *ask, struct arena *arena, struct intent *out);
/* ... where the language of our mail is not known. */
void intent_read(const char *words, size_t count, struct arena *arena, struct intent *out);
