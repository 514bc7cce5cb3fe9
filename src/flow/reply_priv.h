#pragma once
/* reply_priv: an answer while it is being taken, and the mails about it. */
#include <assent/flow/decide.h>
#include <assent/flow/notice.h>

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
struct explained {
	const char *why;
	bool passed_on; /* his question went to the engineer */
	bool told_engineer; /* the engineer heard that he could not be understood */
};
int reply_explain(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    const struct explained *explained, struct err *err) MUST_USE;
/* What was decided before, by whom and when. */
int reply_tell_already(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    struct err *err) MUST_USE;

/* Who was asked before, but is not now, hears who is; so does the engineer, what he wrote. */
int reply_tell_elsewhere(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    struct err *err) MUST_USE;

/* Who is asked instead, on whose word and since when; for pages and mails. */
int reply_elsewhere_view(
    struct desk *desk, const struct matter *m, json_t *view, struct err *err) MUST_USE;

/* The owner's words, to the engineer's thread; what the engineer answers is passed on. */
struct passed {
	const struct matter *matter;
	const char *flag; /* "suspicion", "unclear", "disagree", "elsewhere", or NULL: he asks */
	bool of_batch; /* it is about the whole bulk mail and not about this item */
	const char *why; /* what the owner is told; NULL where that is said elsewhere */
};
int reply_tell_engineer(struct desk *desk, struct arrival *arrival, const struct passed *passed,
    struct err *err) MUST_USE;

/* ... at most five times an hour for one question; *done: it went out. */
int reply_pass_on(struct desk *desk, struct arrival *arrival, const struct passed *passed,
    bool *done, struct err *err) MUST_USE;

/* Words that decide nothing, and answers that may not decide; reply_unclear.c. */
int reply_unclear(
    struct desk *desk, struct arrival *arrival, struct reply *reply, struct err *err) MUST_USE;
int reply_refuse(struct desk *desk, struct arrival *arrival, struct reply *reply, const char *why,
    struct err *err) MUST_USE;
bool reply_all_closed(const struct reply *reply);

/* Is our mail genuine? What was asked, by whom, and how to check that without us; genuine.c. */
int genuine_answer(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    struct err *err) MUST_USE;

/* The mail belongs under this letter. */
void reply_under(struct desk *desk, const struct letter *letter, struct notice *notice);
/* Deadline and links of the open questions. */
int reply_open_view(struct desk *desk, const struct matter *matters, size_t count, json_t *view,
    struct err *err) MUST_USE;
/* text, no longer than a notice quotes. */
const char *reply_clip(struct arena *arena, const char *text);
