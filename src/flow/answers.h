#pragma once
/*
 * answers: how many answers to mail we write. Two robots that answer each
 * other without a word of it end here, whatever their mails say.
 */
#include <assent/model/id.h>
#include <assent/flow/desk.h>

/* Less than a day, so that at the same hour of the next one all are free again. */
#define ANSWERS_REMINDED_WITHIN (20 * MS_HOUR)

/* For keys; not the address itself: these rows outlive a person who is forgotten. */
const char *answers_name(struct arena *arena, const char *email);

struct answers_limit {
	const char *key; /* whom or what it is about */
	int max;
	span_ms within;
};

/* *out: is this one of the first max within the time? It counts from then on. */
int answers_take(
    struct desk *desk, const struct answers_limit *limit, bool *out, struct err *err) MUST_USE;

/* May this person be reminded once more today? It counts from then on. */
int answers_remind(struct desk *desk, const char *email, bool *out, struct err *err) MUST_USE;

struct answers_to {
	const char *email;
	struct id ticket; /* null for none */
	bool doubtful; /* what is answered may be forged: it uses up no more than a third */
};

/*
 * May this address get one more answer, and this ticket? *why says of what
 * there were too many; NULL where it may. The ticket and the log hear of it
 * once an hour.
 */
int answers_may(
    struct desk *desk, const struct answers_to *to, const char **why, struct err *err) MUST_USE;
