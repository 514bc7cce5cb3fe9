#pragma once
/*
 * memory: what is known about a ticket while it is worked on: findings, the
 * suggested fix, open questions and actions.
 *
 * Every change that a reader would notice raises the ticket's state_version in
 * the same step. What a model proposes is inert and no part of any document,
 * so neither its coming nor its going unused counts as one.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stdbool.h>
#include <stddef.h>

/* What one ticket may hold; ERR_LIMIT beyond. */
#define FINDINGS_MAX 500
#define FIXES_MAX 200
#define TASKS_MAX 500
#define MEMORY_BYTES_MAX ((int64_t)1 << 20) /* of all their texts */

struct finding {
	struct id id, ticket;
	int64_t n; /* 1, 2, … within the ticket; assigned */
	const char *kind; /* "reported", "observed", "check", "script" */
	const char *text;
	const char *author; /* address, "operator", "api:…" */
	const char *source; /* where it comes from: message, script; "" for none */
	utc_ms created, removed; /* removed 0: it stands */
	const char *removed_by;
};

struct fix {
	struct id id, ticket;
	int64_t n; /* as a finding's, of fixes */
	const char *title, *description;
	int64_t confidence; /* 0 to 100 */
	const char *author; /* or "model", for what was proposed first */
	const char *state; /* model/memory.h */
	utc_ms created, moved_at; /* moved_at 0: as it was made */
	const char *moved_by;
};

struct task {
	struct id id, ticket;
	int64_t n; /* as a finding's, of tasks */
	const char *kind; /* "question", "action" */
	const char *text;
	const char *answer; /* so far; "" for none */
	const char *author;
	const char *state; /* model/memory.h */
	utc_ms created, moved_at;
	const char *moved_by;
};

int finding_add(struct tx *tx, const struct finding *finding, struct err *err) MUST_USE;
int finding_get(struct tx *tx, const struct id *id, struct finding *out, struct err *err) MUST_USE;
int finding_by_n(struct tx *tx, const struct id *ticket, int64_t n, struct finding *out,
    struct err *err) MUST_USE;
/* ERR_CONFLICT when it was removed before. */
int finding_remove(
    struct tx *tx, const struct id *id, const char *by, utc_ms now, struct err *err) MUST_USE;
/* In order of creation; removed ones too where all is true. */
int finding_list(struct tx *tx, const struct id *ticket, bool all, struct finding **out,
    size_t *count, struct err *err) MUST_USE;

/* An active one supersedes the active one, a proposed one the proposed one, in the same step. */
int fix_add(struct tx *tx, const struct fix *fix, struct err *err) MUST_USE;
int fix_get(struct tx *tx, const struct id *id, struct fix *out, struct err *err) MUST_USE;
int fix_by_n(
    struct tx *tx, const struct id *ticket, int64_t n, struct fix *out, struct err *err) MUST_USE;
/* The one of this state; ERR_NOT_FOUND. For "active" and "proposed", of which there is one at most. */
int fix_of_state(struct tx *tx, const struct id *ticket, const char *state, struct fix *out,
    struct err *err) MUST_USE;
/*
 * title, description, confidence, state, moved_at and moved_by as to says, if
 * it is in one of the states in from (blank-separated); to "active" supersedes
 * as fix_add() does. ERR_CONFLICT says which state it is in.
 */
int fix_move(struct tx *tx, const struct fix *to, const char *from, struct err *err) MUST_USE;
int fix_list(struct tx *tx, const struct id *ticket, struct fix **out, size_t *count,
    struct err *err) MUST_USE;

int task_add(struct tx *tx, const struct task *task, struct err *err) MUST_USE;
int task_get(struct tx *tx, const struct id *id, struct task *out, struct err *err) MUST_USE;
int task_by_n(
    struct tx *tx, const struct id *ticket, int64_t n, struct task *out, struct err *err) MUST_USE;
/* text, answer, state, moved_at and moved_by as to says; as fix_move(). */
int task_move(struct tx *tx, const struct task *to, const char *from, struct err *err) MUST_USE;
int task_list(struct tx *tx, const struct id *ticket, struct task **out, size_t *count,
    struct err *err) MUST_USE;
