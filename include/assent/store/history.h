#pragma once
/*
 * history: what things were before, for whoever asks what was so at a time.
 *
 * Triggers write down what a row was whenever it changes (dialect_sqlite_history.c);
 * history_before() does where a row has no time of its own. Erasing a person
 * and forgetting a ticket empty the texts in it. Everything else that replay
 * of rules wants to know of a ticket is read here, too, oldest first.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

/* clang-format off */
#define HISTORY_ROWS(X) \
	X(BALLOT)	/* its status and how many unclear answers it had */ \
	X(DEADLINE)	/* an approval's */ \
	X(MESSAGE)	/* public or not */
/* clang-format on */

#define X(id) HISTORY_##id,
enum history_row { HISTORY_ROWS(X) HISTORY_ROW_COUNT };
#undef X

/* It is about to change. */
int history_before(
    struct tx *tx, enum history_row row, const struct id *id, utc_ms now, struct err *err) MUST_USE;
int history_absence(struct tx *tx, const char *email, utc_ms now, struct err *err) MUST_USE;

/* Changes before this time were not all written down; 0: all were. */
int history_since(struct tx *tx, utc_ms *out, struct err *err) MUST_USE;

struct history_change {
	struct id row; /* null: the subject itself */
	utc_ms at;
	const char *what; /* "status", "title", "approval", … as the triggers are called */
	const char *value; /* before */
};
/* Of a ticket or an organisation, in the order in which they were made. */
int history_list(struct tx *tx, const struct id *subject, struct history_change **out,
    size_t *count, struct err *err) MUST_USE;
/* The same of a person's absences; value is "learnt until". */
int history_absences(struct tx *tx, const char *email, struct history_change **out, size_t *count,
    struct err *err) MUST_USE;

/* --- tickets ----------------------------------------------------------------------- */

struct history_page {
	int64_t after; /* ref; moved on */
	size_t max;
	utc_ms since; /* those that something happened to since, or that are not resolved */
	const char *organisation; /* key; "" for all */
	struct id *tickets; /* out, in tx_arena() */
	size_t count;
	bool more;
};
int history_tickets(struct tx *tx, struct history_page *page, struct err *err) MUST_USE;

struct history_event {
	utc_ms at;
	bool is_reminder, is_edit; /* is_edit: a message was changed */
};
int history_events(struct tx *tx, const struct id *ticket, struct history_event **out,
    size_t *count, struct err *err) MUST_USE;

struct history_message {
	struct id id;
	int64_t seq;
	bool is_public, is_staff, is_erased; /* is_staff: by today's list */
	utc_ms at;
	const char *own; /* at most 4,000 characters; "" unless texts are wanted */
};
int history_messages(struct tx *tx, const struct id *ticket, bool texts,
    struct history_message **out, size_t *count, struct err *err) MUST_USE;

struct history_ballot {
	struct id id, approval;
	const char *email, *status;
	int64_t unclear;
	utc_ms cast_at;
};
int history_ballots(struct tx *tx, const struct id *ticket, struct history_ballot **out,
    size_t *count, struct err *err) MUST_USE;

struct history_failure { /* a mail that reached nobody */
	struct id id;
	utc_ms created, last; /* last: as the fact last_failure has it */
};
int history_failures(struct tx *tx, const struct id *ticket, struct history_failure **out,
    size_t *count, struct err *err) MUST_USE;

struct history_act { /* a step of a packet that opened or closed it */
	struct id packet;
	utc_ms at;
	const char *kind; /* "raised", "resolve", "reopen", "lapse" */
};
struct history_packet {
	struct id id;
	int64_t ref; /* of its ticket; 0 for none */
	const char *rule, *once_key; /* rule: "" when no rule raised it */
	utc_ms created, closed; /* closed: INT64_MAX while it is open */
};
/* Of a ticket, with all acts of all of them. */
int history_packets(struct tx *tx, const struct id *ticket, struct history_packet **out,
    size_t *count, struct err *err) MUST_USE;
int history_acts(struct tx *tx, const struct id *ticket, struct history_act **out, size_t *count,
    struct err *err) MUST_USE;

struct history_raised {
	utc_ms from, to;
	const char *organisation; /* key; "" for all */
	struct id ticket; /* null for all */
};
/* Packets that rules raised in a time, and what else they did (id null). By time. */
int history_raised(struct tx *tx, const struct history_raised *wanted, struct history_packet **out,
    size_t *count, struct err *err) MUST_USE;

/* --- organisations ----------------------------------------------------------------- */

struct history_span { /* in which a question was open */
	utc_ms from, to; /* to INT64_MAX: it still is */
};
int history_questions(struct tx *tx, const struct id *organisation, struct history_span **out,
    size_t *count, struct err *err) MUST_USE;

/* Did the list of staff change since? Who was dismissed has no time, and counts. */
int history_staff_changed(struct tx *tx, utc_ms since, bool *out, struct err *err) MUST_USE;
