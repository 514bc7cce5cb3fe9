#pragma once
/*
 * portal: what the pages behind a link show and do (invariants 1, 4, 9).
 *
 * portal_show() only reads. Deciding, asking again and asking for a fresh link
 * are steps. Unknown, foreign and malformed tokens all get PAGE_INVALID.
 */
#include <assent/flow/desk.h>

#include <jansson.h>

enum portal_page {
	PAGE_CONFIRM, /* the question and two buttons */
	PAGE_DONE, /* this click decided */
	PAGE_DECIDED, /* it was decided before: who, when, what */
	PAGE_CHANGED, /* what was asked is not what is; ask again */
	PAGE_EXPIRED, /* the deadline passed; offers a fresh question by mail */
	PAGE_WITHDRAWN, /* withdrawn or superseded */
	PAGE_ELSEWHERE, /* open, but somebody else is asked instead */
	PAGE_SENT, /* the fresh question is on its way to the address on file */
	PAGE_INVALID,
	PAGE_PACKET, /* what a packet is about, and what may be done */
	PAGE_PACKET_DONE, /* what was done, or who did it before */
	PAGE_PACKET_INVALID,
};

/* The keys of view are those of docs/PAGES.md for its page. */
struct portal_answer {
	enum portal_page page;
	json_t *view; /* the caller's */
};

int portal_show(struct desk *desk, const char *token, const char *choice, struct portal_answer *out,
    struct err *err) MUST_USE;

struct portal_post {
	const char *token;
	const char *nonce;
	const char *asked_hash; /* as the form showed it */
	const char *decision; /* "approve" or "reject" */
	const char *comment;
	const char *peer, *agent;
	const char *to; /* of a packet: who shall take it */
};

/* A stale or wrong nonce shows the form again, with a problem; nothing is decided. */
int portal_decide(struct desk *desk, const struct portal_post *post, struct portal_answer *out,
    struct err *err) MUST_USE;

/* From PAGE_CHANGED and PAGE_EXPIRED (post->nonce is checked): mail the question as it is now. At most once an hour. */
int portal_again(struct desk *desk, const struct portal_post *post, struct portal_answer *out,
    struct err *err) MUST_USE;

/*
 * The page of a packet, for one whom it was put to. Unknown and foreign tokens,
 * and those of somebody who is nobody of this desk any more, get
 * PAGE_PACKET_INVALID; one of a packet that was closed shows what became of it
 * and opens it again, and does nothing any more once it is.
 */
int portal_packet_show(
    struct desk *desk, const char *token, struct portal_answer *out, struct err *err) MUST_USE;
/* post->decision: "ack", "resolve" (comment: what was done), "snooze-1h", "snooze-4h", "snooze-1d", "assign" (to), "reopen". */
int portal_packet_act(struct desk *desk, const struct portal_post *post, struct portal_answer *out,
    struct err *err) MUST_USE;
