#pragma once
/*
 * approval: questions, ballots, batches and the tokens that open them.
 *
 * The two claims are one conditional UPDATE each (invariant 1): ballot_cast()
 * and approval_move() change exactly the row that is still where the caller
 * believes it is, and say ERR_CONFLICT when somebody was first.
 */
#include <assent/model/approval.h>
#include <assent/model/decision.h>
#include <assent/model/id.h>
#include <assent/model/token.h>
#include <assent/store/db.h>

#include <stddef.h>

struct approval {
	struct id id;
	struct id ticket;
	struct id organisation;
	struct id batch; /* null when single */
	int64_t item; /* 1, 2, … within the batch; 0 when single */
	enum approval_state state;
	const char *question;
	const char *requested_by; /* engineer's address, or "operator" */
	const char *summary; /* JSON of what was shown; "" until sent */
	const char *asked; /* JSON, model/asked.h; "" until sent */
	uint8_t asked_hash[SHA256_SIZE];
	int64_t asked_seq; /* last message's seq that was in the request */
	struct id replaces; /* the question this one superseded, or null */
	struct id replaced_by;
	utc_ms created;
	utc_ms ask_at; /* when the mail may leave */
	utc_ms asked_at; /* 0 until sent */
	utc_ms reminded_at; /* 0 for never */
	utc_ms deadline; /* 0 until sent */
	utc_ms moved_at; /* of the last change of state; 0 for none */
	utc_ms decided_at;
	span_ms turnaround; /* asked → decided */
	const char *comment;
};

int approval_add(struct tx *tx, const struct approval *approval, struct err *err) MUST_USE;
int approval_get(
    struct tx *tx, const struct id *id, struct approval *out, struct err *err) MUST_USE;

/* Claim the move from → to; ERR_CONFLICT when it is not in from any more. */
int approval_move(struct tx *tx, const struct id *id, enum approval_state from,
    enum approval_state to, utc_ms now, struct err *err) MUST_USE;
/* What was put to the person: asked, asked_hash, asked_seq, summary, asked_at, deadline. */
int approval_set_asked(struct tx *tx, const struct approval *approval, struct err *err) MUST_USE;
int approval_set_reminded(struct tx *tx, const struct id *id, utc_ms now, struct err *err) MUST_USE;
int approval_set_deadline(struct tx *tx, const struct id *id, utc_ms at, struct err *err) MUST_USE;
int approval_set_outcome(struct tx *tx, const struct id *id, const char *comment, utc_ms decided_at,
    span_ms turnaround, struct err *err) MUST_USE;
int approval_set_replaced(
    struct tx *tx, const struct id *id, const struct id *replaced_by, struct err *err) MUST_USE;

struct approval_filter {
	struct id ticket; /* null for any */
	struct id batch; /* null for any */
	bool only_open;
	size_t max;
};

int approval_count_open(
    struct tx *tx, const struct id *organisation, int64_t *out, struct err *err) MUST_USE;
/* Newest first, except of one batch: by item. */
int approval_list(struct tx *tx, const struct approval_filter *filter, struct approval **out,
    size_t *count, struct err *err) MUST_USE;

struct ballot {
	struct id id;
	struct id approval;
	const char *person_email, *person_name;
	const char *on_behalf_of; /* address of the one who was to answer; "" for himself */
	const char *status; /* "open", "cast", "void" */
	int64_t generation; /* of its tokens */
	int64_t unclear; /* unclear answers so far */
	bool approve; /* once cast */
	const char *comment;
	enum channel channel;
	const char *evidence; /* JSON, once cast */
	utc_ms cast_at;
};

int ballot_add(struct tx *tx, const struct ballot *ballot, struct err *err) MUST_USE;
int ballot_get(struct tx *tx, const struct id *id, struct ballot *out, struct err *err) MUST_USE;
/* The one that was cast; else the newest that is open; else the newest. */
int ballot_of_approval(
    struct tx *tx, const struct id *approval, struct ballot *out, struct err *err) MUST_USE;
/* The newest of that person; ERR_NOT_FOUND. */
int ballot_of_person(struct tx *tx, const struct id *approval, const char *email,
    struct ballot *out, struct err *err) MUST_USE;
/* All, oldest first. */
int ballot_list(struct tx *tx, const struct id *approval, struct ballot **out, size_t *count,
    struct err *err) MUST_USE;
/* Claim: open → cast. ERR_CONFLICT when it was cast or voided before. */
int ballot_cast(struct tx *tx, const struct id *id, const struct decision *decision,
    const char *evidence, struct err *err) MUST_USE;
/* open → void; nothing when it is not open. */
int ballot_void(struct tx *tx, const struct id *id, struct err *err) MUST_USE;
int ballot_count_unclear(
    struct tx *tx, const struct id *id, int64_t *now_at, struct err *err) MUST_USE;

struct batch {
	struct id id;
	const char *person_email, *person_name;
	int64_t generation;
	utc_ms created;
	utc_ms asked_at; /* 0 until sent */
};

int batch_add(struct tx *tx, const struct batch *batch, struct err *err) MUST_USE;
int batch_get(struct tx *tx, const struct id *id, struct batch *out, struct err *err) MUST_USE;
int batch_set_asked(struct tx *tx, const struct id *id, utc_ms now, struct err *err) MUST_USE;

struct token_row {
	uint8_t hash[SHA256_SIZE];
	struct token_of of;
	bool open; /* false once spent or closed: it may only show */
	utc_ms created;
};

/* Adding the same token again is success. */
int token_add(struct tx *tx, const struct token_row *row, struct err *err) MUST_USE;
int token_find(struct tx *tx, const uint8_t hash[SHA256_SIZE], struct token_row *out,
    struct err *err) MUST_USE;
/* The newest token of a ballot or batch for a purpose, open or not; ERR_NOT_FOUND. */
int token_of_target(struct tx *tx, const struct id *target, enum token_purpose purpose,
    struct token_row *out, struct err *err) MUST_USE;
/* Close every token of a ballot or batch. */
int token_close(struct tx *tx, const struct id *target, struct err *err) MUST_USE;
