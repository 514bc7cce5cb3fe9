#pragma once
/* reply_priv: an answer while it is being taken, and the mails about it. */
#include <assent/flow/decide.h>

#include "flow/intake_priv.h"

struct reply_item {
	struct matter *matter;
	const struct intent_item *intent;
};

struct reply {
	struct matter *matters; /* by item */
	size_t count;
	struct answered *taken; /* decided now */
	size_t taken_count;
	struct matter *changed; /* not what was asked any more */
	size_t changed_count;
	struct matter *late; /* closed before */
	size_t late_count;
	const struct matter *flipped; /* it says the opposite of what was decided; NULL for none */
};

/* How to decide, and why this did not; the open questions with their links. */
int reply_explain(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    const char *why, struct err *err) MUST_USE;
/* What was decided before, by whom and when. */
int reply_tell_already(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    struct err *err) MUST_USE;
/* The owner's words, to the engineer's thread. */
int reply_tell_engineer(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    struct err *err) MUST_USE;
