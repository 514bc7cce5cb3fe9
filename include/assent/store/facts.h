#pragma once
/*
 * facts: what rules want to know about tickets, many at a time or one, what
 * happened since a rule looked last, and which rules hold for which ticket. A
 * part that there is none of, or that was not wanted, is all zero and "".
 */
#include <assent/model/id.h>
#include <assent/store/db.h>
#include <assent/store/ticket.h>

#include <stddef.h>

enum facts_part {
	FACTS_THREAD = 1 << 0,
	FACTS_WORDS = 1 << 1, /* of the last message, at most 4,000 characters */
	FACTS_TASKS = 1 << 2,
	FACTS_FIXES = 1 << 3,
	FACTS_FAILURES = 1 << 4,
	FACTS_PACKETS = 1 << 5,
	FACTS_ASKED = 1 << 6,
	FACTS_BALLOTS = 1 << 7, /* approver, unclear */
	FACTS_REMINDERS = 1 << 8,
	FACTS_HOLDS = 1 << 9,
	/* Texts of tickets and questions; those of facts_one() are all there. */
	FACTS_TITLE = 1 << 10,
	FACTS_PEOPLE = 1 << 11,
	FACTS_HELPDESK = 1 << 12, /* priority, source, external_status */
	FACTS_ATTRIBUTES = 1 << 13,
	FACTS_QUESTION = 1 << 14,
};

struct rule_hold {
	struct id ticket;
	const char *rule, *once_key;
	utc_ms since;
};

struct facts_row { /* of one ticket */
	struct ticket ticket;
	utc_ms status_since;
	bool ends; /* the ticket that follows it by id is not in the page */
	struct {
		int64_t messages;
		utc_ms last, unanswered_since; /* 0: never */
		bool is_by_staff; /* the last one */
		const char *own; /* … its words */
	} thread;
	int64_t open_tasks, packets, open_packets;
	int64_t confidence; /* of the newest fix that stands; -1 for none */
	int64_t failures; /* mails that reached nobody */
	utc_ms last_failure;
	struct facts_asked { /* the newest question */
		struct id id; /* null: there is none */
		const char *state, *question, *approver;
		utc_ms created, asked_at, deadline, decided_at, reminded_at;
		int64_t reminders, unclear;
		int64_t approvals, rejections; /* of the ticket */
		struct id seen; /* the last one of the ticket's that was read */
		struct id ballot; /* whose approver that is */
		int rank; /* of it */
	} asked;
	struct rule_hold *holds;
	size_t hold_count;
};

struct facts_rows {
	unsigned parts; /* that are wanted */
	struct arena *arena; /* where texts are put */
	struct id after; /* moved on to the last ticket that was looked at */
	struct facts_row *rows;
	size_t max, count;
	bool more;
};
/* The next tickets that are not resolved, in order of their ids. */
int facts_page(struct tx *tx, struct facts_rows *page, struct err *err) MUST_USE;
/* One ticket, whatever its status, into page->rows[0]. */
int facts_one(
    struct tx *tx, const struct id *ticket, struct facts_rows *page, struct err *err) MUST_USE;

/* The newest question of a ticket alone; its id is null where there is none. */
int facts_asked(
    struct tx *tx, const struct id *ticket, struct facts_asked *out, struct err *err) MUST_USE;

/* --- what is to be looked at ----------------------------------------------------- */

struct facts_page {
	int64_t after; /* number of a row; moved on to the last one looked at */
	size_t max;
	struct id *tickets; /* out, in tx_arena() */
	size_t count;
	bool more;
	bool lost; /* there were rows behind after that are not kept any more */
};
/* Tickets with events after page->after, each once. */
int facts_events(struct tx *tx, struct facts_page *page, struct err *err) MUST_USE;
/* The newest event there is. */
int facts_last_event(struct tx *tx, int64_t *seq, struct err *err) MUST_USE;
/* The same of tickets of which facts changed that no event tells of. */
int facts_touched(struct tx *tx, struct facts_page *page, struct err *err) MUST_USE;
int facts_last_touched(struct tx *tx, int64_t *n, struct err *err) MUST_USE;
/* ERR_NOT_FOUND unless there is one of that number that is not resolved. */
int facts_unresolved(struct tx *tx, int64_t ref, struct id *ticket, struct err *err) MUST_USE;

/* How often what many tickets share has changed. */
struct facts_marks {
	int64_t organisations, staff, absences;
};
int facts_marks(struct tx *tx, struct facts_marks *out, struct err *err) MUST_USE;

/* --- which rules hold -------------------------------------------------------------- */

int rule_hold_list(struct tx *tx, const struct id *ticket, struct rule_hold **out, size_t *count,
    struct err *err) MUST_USE;
/* In the place of the one of this ticket and rule. */
int rule_hold_put(struct tx *tx, const struct rule_hold *hold, struct err *err) MUST_USE;
int rule_hold_remove(
    struct tx *tx, const struct id *ticket, const char *rule, struct err *err) MUST_USE;
/* Did it begin to hold for another ticket of the same organisation before, by the same key? */
int rule_hold_before(
    struct tx *tx, const struct rule_hold *hold, bool *out, struct err *err) MUST_USE;
