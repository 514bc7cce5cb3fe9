#pragma once
/*
 * escalation: packets that wait for a person, whom each was put to, and what
 * happened to it.
 *
 * A packet changes by escalation_put() alone: one conditional UPDATE that names
 * the version it was read at, so that of two acts at once one finds it changed
 * (invariant 1). Of one rule and once_key at most one packet is open.
 */
#include <assent/model/escalation.h>
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct escalation {
	struct id id;
	int64_t version; /* grows with each change */
	const char *organisation; /* key; "" for none */
	struct id ticket; /* null for none */
	const char *title;
	const char *entity_type, *entity_id; /* what it is about: "ticket", "T-1001" */
	const char *workflow, *failed_step; /* "" for none */
	const char *reason;
	const char *missing; /* JSON list of texts */
	const char *priority; /* model/escalation.h */
	const char *risk; /* if it is delayed */
	const char *artifacts; /* JSON list of {type, title, …} */
	const char *resume_token;
	const char *suggest;
	const char *texts; /* JSON: {"title": {"ar": "…"}, …}, what other languages read */
	int64_t confidence; /* millionths; -1 for none */
	const char *rule, *once_key;
	const char *source; /* who raised it: "rules", "api:…", address */
	const char *first_to; /* role or address */
	const char *levels; /* JSON list of {after_ms, to, repeat_ms} */

	const char *state; /* model/escalation.h */
	const char *to; /* the role or address that it is put to now */
	int64_t level; /* 0: first_to; n: the nth of levels */
	int64_t repeats; /* of this level so far */
	const char *assignee; /* address; "" while it is a role's */
	utc_ms created;
	utc_ms began; /* when it was raised, or opened again: levels count from here */
	utc_ms due;
	utc_ms next_at; /* when the clock looks at it again; 0 for never */
	utc_ms climbed_at; /* put to another level, or to a person, last */
	utc_ms snoozed_until; /* 0 when it is not */
	utc_ms overdue_told; /* 0: not yet */
	utc_ms acked_at; /* 0: nobody said that he has it */
	const char *acked_by;
	utc_ms moved_at; /* of the last change of state */

	const char *action, *notes, *override_json; /* of the resolution */
	const char *resolved_by;
	utc_ms resolved_at; /* 0 while it is not */
	span_ms took; /* created to resolved */
};

int escalation_add(struct tx *tx, const struct escalation *escalation, struct err *err) MUST_USE;
/* ERR_NOT_FOUND */
int escalation_get(
    struct tx *tx, const struct id *id, struct escalation *out, struct err *err) MUST_USE;
/* The open one of this rule and once_key; ERR_NOT_FOUND. */
int escalation_of_key(struct tx *tx, const char *rule, const char *once_key, struct escalation *out,
    struct err *err) MUST_USE;
/*
 * All of the second half (state and what follows) as to says, if the row is
 * still at to->version; it is one higher then. ERR_CONFLICT when somebody was
 * first. An open one is refused while another of its key is (ERR_CONFLICT).
 */
int escalation_put(struct tx *tx, struct escalation *to, struct err *err) MUST_USE;

struct escalation_filter {
	const char *state; /* "" for any, "open" for pending and in progress */
	const char *organisation; /* key; NULL for any */
	const char *priority, *reason, *assignee, *rule; /* "" for any */
	struct id ticket; /* null for any */
	utc_ms overdue_at; /* only open ones that were due before; 0 for any */
	struct id before; /* only smaller ids; null is from the newest on */
	size_t max; /* 0: ESCALATION_PAGE */
};
#define ESCALATION_PAGE 100

/* Newest first. */
int escalation_list(struct tx *tx, const struct escalation_filter *filter, struct escalation **out,
    size_t *count, struct err *err) MUST_USE;

/* --- whom it was put to ------------------------------------------------------------ */

struct escalation_person {
	struct id id; /* what tokens of the mail are made for */
	struct id escalation;
	int64_t level; /* as the packet's; -1 for somebody it was assigned to */
	const char *role; /* "" for none */
	const char *email, *name;
	utc_ms at;
	const char
	    *skipped; /* why nothing was sent: "no address", "mail came back"; "" when it was */
};

int escalation_person_add(
    struct tx *tx, const struct escalation_person *person, struct err *err) MUST_USE;
int escalation_person_get(
    struct tx *tx, const struct id *id, struct escalation_person *out, struct err *err) MUST_USE;
/* In order of time. */
int escalation_person_list(struct tx *tx, const struct id *escalation,
    struct escalation_person **out, size_t *count, struct err *err) MUST_USE;
/* The newest row of that address; ERR_NOT_FOUND. */
int escalation_person_of(struct tx *tx, const struct id *escalation, const char *email,
    struct escalation_person *out, struct err *err) MUST_USE;
int escalation_person_skip(
    struct tx *tx, const struct id *id, const char *why, struct err *err) MUST_USE;
/* Did mail to this address come back since? */
int escalation_bounces(
    struct tx *tx, const char *email, utc_ms since, bool *out, struct err *err) MUST_USE;

/*
 * INT64_MAX while a mail that puts it to somebody waits to leave; else when the
 * last one left that had waited for late or longer; 0 for none.
 */
int escalation_left_at(struct tx *tx, const struct id *escalation, span_ms late, utc_ms *out,
    struct err *err) MUST_USE;

/* --- what happened ------------------------------------------------------------------ */

struct escalation_event {
	struct id escalation;
	int64_t n; /* 1, 2, …; assigned */
	utc_ms at;
	const char *kind; /* "raised", "ack", "assign", …, "told", "skipped", "overdue", "resume" */
	const char *actor; /* address, "rules", "system", "operator", "api:…" */
	const char *before, *after; /* "" for none */
	const char *channel, *evidence; /* how he came, and what shows it; "" for the clock */
};

int escalation_event_add(
    struct tx *tx, const struct escalation_event *event, struct err *err) MUST_USE;
/* Oldest first. */
int escalation_event_list(struct tx *tx, const struct id *escalation, struct escalation_event **out,
    size_t *count, struct err *err) MUST_USE;

/* --- how many, how fast ---------------------------------------------------------------- */

struct escalation_period {
	const char *organisation; /* key; NULL for all */
	utc_ms from, to; /* raised from, and before to (0: no end) */
	utc_ms now;
};

struct escalation_count {
	const char *word;
	int64_t n;
};

struct escalation_stats {
	int64_t total, overdue;
	struct escalation_count states[ESCALATION_STATE_COUNT];
	struct escalation_count priorities[ESCALATION_PRIORITY_COUNT];
	struct escalation_count *reasons; /* most frequent first, in tx_arena() */
	size_t reason_count;
	double average_minutes, p95_minutes; /* of resolution; 0 when nothing was resolved */
	double oldest_pending_hours; /* 0 when nothing is pending */
};

/* What a monitor asks for every few seconds: of each no more are counted than this. */
#define ESCALATION_GAUGE_MAX 100000

struct escalation_gauges {
	int64_t pending[ESCALATION_PRIORITY_COUNT];
	int64_t in_progress[ESCALATION_PRIORITY_COUNT];
	int64_t overdue;
};

int escalation_gauge(
    struct tx *tx, utc_ms now, struct escalation_gauges *out, struct err *err) MUST_USE;

/* By SQL over the rows, never by counters. */
int escalation_stats(struct tx *tx, const struct escalation_period *period,
    struct escalation_stats *out, struct err *err) MUST_USE;
