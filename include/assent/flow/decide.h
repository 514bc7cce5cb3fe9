#pragma once
/*
 * decide: take an answer, once, and see to everything that follows from it
 * in the same step (invariants 1, 3, 9, 10).
 */
#include <assent/flow/matter.h>
#include <assent/model/decision.h>
#include <assent/store/approval.h>

#include <jansson.h>
#include <stddef.h>

enum answer_result {
	ANSWER_TAKEN, /* this answer decided */
	ANSWER_ALREADY, /* decided before: see approval */
	ANSWER_CLOSED, /* withdrawn, superseded or expired before */
	ANSWER_CHANGED, /* what was asked is not what is: not applied */
};

struct answer {
	struct id ballot;
	const struct matter *matter; /* the ballot's, as just loaded in this step; NULL: load it */
	const uint8_t *shown; /* asked_hash that the person saw, or NULL (a reply) */
	struct decision decision;
};

struct answered {
	enum answer_result result;
	struct matter matter; /* as it stands after the answer */
};

/* One answer. Receipts and notes are written by decide_tell(). */
int decide_answer(
    struct desk *desk, const struct answer *answer, struct answered *out, struct err *err) MUST_USE;

/*
 * One receipt to the person for all that this mail or click decided, a note to
 * each ticket's thread, and to the requester where the site wants it.
 * in_reply_to: Message-ID of the answer, "" for a link.
 */
int decide_tell(struct desk *desk, const struct answered *answered, size_t count,
    const char *in_reply_to, struct err *err) MUST_USE;
