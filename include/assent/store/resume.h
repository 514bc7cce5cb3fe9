#pragma once
/*
 * resume: what the workflow of a resolved packet was told, and what it
 * answered. One row a packet: of the last time that it was resolved.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#define RESUME_WAITING "waiting" /* not taken yet, and tried again */
#define RESUME_ACCEPTED "accepted"
#define RESUME_REFUSED "refused" /* no use in trying again before somebody mends it */
#define RESUME_GIVEN_UP "given_up" /* tried for too long */
#define RESUME_DROPPED "dropped" /* the packet was opened again before */

#define RESUME_ANSWER_MAX 4000

struct resume {
	struct id escalation;
	struct id message; /* the same at every try: what makes it idempotent */
	const char *workflow; /* name, as the packet has it */
	const char *state; /* one of these */
	int64_t tries;
	int64_t status; /* of the last answer; 0 for none */
	const char *answer; /* the beginning of its body */
	const char *error; /* why the last try came to nothing; "" */
	utc_ms created; /* tries count from here */
	utc_ms at; /* of the last try, or created */
};

/* By escalation: what was there is replaced. */
int resume_put(struct tx *tx, const struct resume *resume, struct err *err) MUST_USE;
/* ERR_NOT_FOUND */
int resume_get(
    struct tx *tx, const struct id *escalation, struct resume *out, struct err *err) MUST_USE;
