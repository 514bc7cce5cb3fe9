#pragma once
/*
 * ask: put questions to the owners of tickets.
 *
 * ask_request() writes drafts and a job that sends them after the delay;
 * until then withdraw cancels without anybody having been asked. Several
 * tickets of one owner become one bulk mail. When the mail goes out, an older
 * open question on the same ticket is superseded, and the mail says so.
 */
#include <assent/flow/desk.h>
#include <assent/model/asked.h>
#include <assent/store/approval.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <stddef.h>

struct ask {
	const struct id *tickets;
	size_t ticket_count; /* 1 to policy->batch_max for one owner */
	const char *question; /* "" for the usual one */
	const char *by; /* engineer's address, or "operator" */
	const char *summary; /* "" to have it drafted; else its text, a line a bullet */
	span_ms delay;
	bool unpaid; /* no model is asked for what is to be drafted */
};

struct ask_line { /* one mail that will go out */
	const char *owner_email, *owner_name;
	const char *title; /* of the first ticket */
	struct id batch; /* null for a single question */
	struct id approval; /* the first one */
	size_t count;
	const char *question;
	utc_ms ask_at;
};

struct ask_result {
	struct ask_line *lines;
	size_t count;
};

/*
 * Errors (nothing is asked): ERR_NOT_FOUND for a ticket, ERR_INVALID when a
 * ticket has no organisation or its organisation no owner, ERR_LIMIT for too
 * many. The sentence names the ticket and what to do.
 */
int ask_request(
    struct desk *desk, const struct ask *ask, struct ask_result *out, struct err *err) MUST_USE;

/* What would be (up_to 0), or was, put to approver about this approval's ticket; texts in tx_arena(). */
int ask_snapshot(struct desk *desk, const struct approval *approval, const char *approver,
    struct asked *out, struct err *err) MUST_USE;

/*
 * The question as it is now, once more and at once, to the ticket's owner: for
 * an approval whose bound facts changed. *changes names what changed.
 */
int ask_again(
    struct desk *desk, const struct approval *stale, struct id *fresh, struct err *err) MUST_USE;

/* Send the open request's mail again, to everybody who may answer it. */
int ask_remind(struct desk *desk, const struct approval *approval, struct err *err) MUST_USE;

/*
 * Close an open question unanswered. ERR_CONFLICT with a sentence when it is
 * not open any more.
 */
int ask_withdraw(
    struct desk *desk, const struct approval *approval, const char *by, struct err *err) MUST_USE;
