#pragma once
/*
 * facts: what rules want to know about one ticket, each part one statement,
 * what happened since a rule looked last, and which rules hold for which
 * ticket. A part that there is none of is all zero and "".
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct facts_thread {
	int64_t messages;
	utc_ms last, unanswered_since, status_since; /* 0: never */
	bool is_by_staff; /* the last one */
	const char *own; /* … its words, at most 4,000 characters */
};
int facts_thread(
    struct tx *tx, const struct id *ticket, struct facts_thread *out, struct err *err) MUST_USE;

struct facts_work {
	int64_t open_tasks, packets, open_packets;
	int64_t confidence; /* of the newest fix that stands; -1 for none */
	int64_t failures; /* mails that reached nobody */
	utc_ms last_failure;
};
int facts_work(
    struct tx *tx, const struct id *ticket, struct facts_work *out, struct err *err) MUST_USE;

struct facts_asked { /* the newest question */
	struct id id; /* null: there is none */
	const char *state, *question, *approver;
	utc_ms asked_at, deadline, decided_at, reminded_at;
	int64_t reminders, unclear;
	int64_t approvals, rejections; /* of the ticket */
};
int facts_asked(
    struct tx *tx, const struct id *ticket, struct facts_asked *out, struct err *err) MUST_USE;

/* --- what is to be looked at ----------------------------------------------------- */

struct facts_page {
	int64_t after; /* seq or ref; moved on to the last one looked at */
	size_t max;
	struct id *tickets; /* out, in tx_arena() */
	size_t count;
	bool more;
};
/* Tickets with events after page->after, each once. */
int facts_events(struct tx *tx, struct facts_page *page, struct err *err) MUST_USE;
/* The newest event there is. */
int facts_last_event(struct tx *tx, int64_t *seq, struct err *err) MUST_USE;
/* Tickets that are not resolved, by ref. */
int facts_unresolved(struct tx *tx, struct facts_page *page, struct err *err) MUST_USE;

/* --- which rules hold -------------------------------------------------------------- */

struct rule_hold {
	struct id ticket;
	const char *rule, *once_key;
	utc_ms since;
};
int rule_hold_list(struct tx *tx, const struct id *ticket, struct rule_hold **out, size_t *count,
    struct err *err) MUST_USE;
/* In the place of the one of this ticket and rule. */
int rule_hold_put(struct tx *tx, const struct rule_hold *hold, struct err *err) MUST_USE;
int rule_hold_remove(
    struct tx *tx, const struct id *ticket, const char *rule, struct err *err) MUST_USE;
/* Did it begin to hold for another ticket of the same organisation before, by the same key? */
int rule_hold_before(
    struct tx *tx, const struct rule_hold *hold, bool *out, struct err *err) MUST_USE;
