#pragma once
/*
 * received: what letters and webhooks share on their way from the inbound row
 * to its settling: how often it is tried, and what is set aside (invariant 6).
 */
#include <assent/flow/story.h>
#include <assent/store/post.h>

/*
 * The row that a job names: 1, or 0 when there is nothing to read any more
 * (it was settled before, or its tries are used up).
 */
int received_open(
    struct desk *desk, const struct job *job, struct inbound *out, struct err *err) MUST_USE;

struct received { /* a try that is over */
	const struct job *job;
	struct call *call;
};

/*
 * At the settling, the row without its bytes: 1, or 0 when it is settled
 * already, was set aside in this step because the tries or the carry came to
 * nothing, or is to be tried again.
 */
int received_take(struct desk *desk, const struct received *received, struct inbound *out,
    struct err *err) MUST_USE;

/* Set it aside, unread. */
int received_quarantine(
    struct desk *desk, struct inbound *inbound, const char *why, struct err *err) MUST_USE;

/* A story's given_up: nobody reads it any more. */
int received_given_up(
    struct desk *desk, const struct job *job, struct call *call, struct err *err) MUST_USE;
