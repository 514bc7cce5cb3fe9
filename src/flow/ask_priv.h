#pragma once
/* ask_priv: what the files of the ask story share. */
#include <assent/flow/ask.h>
#include <assent/flow/matter.h>

/* Close an open approval by event without a decision: state, ballot, tokens, event. */
int ask_close(struct desk *desk, struct approval *approval, enum approval_event event,
    struct err *err) MUST_USE;

/* A job about the approval or its batch: "ask", "remind" or "expire". */
int ask_queue(struct desk *desk, const struct approval *approval, const char *kind,
    utc_ms due, struct err *err) MUST_USE;

/* What a matter's request mail says beside the question (flow/ask_view.c). */
struct ask_extra {
	const char *flag;		/* "reminder", "fresh_link" or NULL */
	json_t *changes;		/* borrowed; NULL for none */
};

int ask_send_single(struct desk *desk, const struct matter *matter,
    const struct ask_extra *extra, struct err *err) MUST_USE;
int ask_send_batch(struct desk *desk, const struct matter *matters, size_t count,
    const struct ask_extra *extra, struct err *err) MUST_USE;
/* Tell the engineer's thread and, where somebody was asked, the owner that the question is closed. */
int ask_tell_closed(struct desk *desk, struct matter *matter, unsigned effects,
    const char *by, struct err *err) MUST_USE;
