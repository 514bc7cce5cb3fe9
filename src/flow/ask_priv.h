#pragma once
/* ask_priv: what the files of the ask story share. */
#include <assent/flow/ask.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>

/* Close an open approval by event without a decision: state, ballot, tokens, event. */
int ask_close(struct desk *desk, struct approval *approval, enum approval_event event,
    struct err *err) MUST_USE;
/* Those that are open become void; all of their tokens are closed. */
int ask_close_ballots(struct desk *desk, const struct id *approval, struct err *err) MUST_USE;
int ask_close_batch(struct desk *desk, const struct id *batch, struct err *err) MUST_USE;
int ask_reopen_ticket(struct desk *desk, const struct matter *m, struct err *err) MUST_USE;
/* The deadline has passed; nothing happens to what is closed already. */
int ask_expire(struct desk *desk, struct matter *m, struct err *err) MUST_USE;
/* The request's mail was refused for good; the engineer is told once. */
int ask_undeliverable(
    struct desk *desk, struct approval *approval, const char *why, struct err *err) MUST_USE;
/* Older open questions give way to m; *old_question is the last one's, or NULL. */
int ask_supersede(
    struct desk *desk, const struct matter *m, const char **old_question, struct err *err) MUST_USE;

/* A code of the question, as its mails carry it; adding it again is success. */
int ask_add_token(struct desk *desk, enum token_purpose purpose, const struct id *target,
    int64_t generation, struct err *err) MUST_USE;

#define ASK_UNPAID "unpaid" /* in the payload of an "ask": no model drafts for it */

/* A job about the approval or its batch: "ask", "remind" or "expire". */
int ask_queue(struct desk *desk, const struct approval *approval, const char *kind, utc_ms due,
    struct err *err) MUST_USE;

/* One more person of a question that is out: tokens, ledger, mail. */
int ask_put_to(struct desk *desk, const struct matter *m, struct err *err) MUST_USE;

/* What a request mail says beside the question. */
struct ask_extra {
	const char *flag; /* "reminder", "fresh_link" or NULL */
	const char *replaces; /* the earlier question, or NULL */
	json_t *changes; /* borrowed; NULL for none */
	enum notice_gather gathers;
};

int ask_send_single(struct desk *desk, const struct matter *matter, const struct ask_extra *extra,
    struct err *err) MUST_USE;
int ask_send_batch(struct desk *desk, const struct matter *matters, size_t count,
    const struct ask_extra *extra, struct err *err) MUST_USE;
/* Tell the engineer's thread and, where effects say so, the owner that the question is closed. */
int ask_tell_undeliverable(
    struct desk *desk, const struct matter *m, const char *why, struct err *err) MUST_USE;
int ask_tell_person_closed(
    struct desk *desk, const struct matter *m, const char *by, struct err *err) MUST_USE;
int ask_tell_closed(struct desk *desk, struct matter *matter, unsigned effects, const char *by,
    struct err *err) MUST_USE;

/* Those that a decision binds to (`binding:`), into out. */
void ask_attributes(struct desk *desk, const struct ticket *ticket, struct asked *out);

struct notice;
/* Keys request and attachments of a view (docs/TEMPLATES.md). */
int ask_view_request(struct desk *desk, const struct matter *m, const struct asked *asked,
    json_t *view, struct err *err) MUST_USE;
/* One card for each matter that still waits. */
int ask_cards(struct desk *desk, const struct matter *matters, size_t count, json_t *cards,
    struct err *err) MUST_USE;
/* To the person of the ballot, under the request in his mailbox. */
int ask_address(
    struct desk *desk, const struct matter *m, struct notice *notice, struct err *err) MUST_USE;
