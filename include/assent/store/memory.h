#pragma once
/*
 * memory: what is known about a ticket while it is worked on: findings, the
 * suggested fix, open questions and actions. Every change that a reader would
 * notice raises the ticket's state_version in the same step.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stdbool.h>
#include <stddef.h>

struct finding {
	struct id id, ticket;
	const char *kind; /* "reported", "observed", "check", "script" */
	const char *text;
	const char *author; /* address, "model", "api:…" */
	const char *source; /* where it comes from: message, script; "" for none */
	utc_ms created, removed; /* removed 0: it stands */
	const char *removed_by;
};

struct fix {
	struct id id, ticket;
	const char *title, *description;
	int64_t confidence; /* 0 to 100 */
	const char *author;
	const char *
	    state; /* "proposed" (a model's, inert), "active", "superseded", "dismissed", "one_off", "draft_template", "build_template" */
	utc_ms created, moved_at;
	const char *moved_by;
};

struct task {
	struct id id, ticket;
	const char *kind; /* "question", "action" */
	const char *text;
	const char *answer; /* so far; "" for none */
	const char *author;
	const char *state; /* "proposed", "open", "answered", "skipped" */
	utc_ms created, moved_at;
	const char *moved_by;
};

int finding_add(struct tx *tx, const struct finding *finding, struct err *err) MUST_USE;
int finding_get(struct tx *tx, const struct id *id, struct finding *out, struct err *err) MUST_USE;
/* ERR_CONFLICT when it was removed before. */
int finding_remove(
    struct tx *tx, const struct id *id, const char *by, utc_ms now, struct err *err) MUST_USE;
/* In order of creation; removed ones too where all is true. */
int finding_list(struct tx *tx, const struct id *ticket, bool all, struct finding **out,
    size_t *count, struct err *err) MUST_USE;

int fix_add(struct tx *tx, const struct fix *fix, struct err *err) MUST_USE;
int fix_get(struct tx *tx, const struct id *id, struct fix *out, struct err *err) MUST_USE;
/* From one of the states in from (blank-separated) to state; ERR_CONFLICT says which it is in. */
int fix_move(struct tx *tx, const struct fix *to, const char *from, struct err *err) MUST_USE;
int fix_list(struct tx *tx, const struct id *ticket, struct fix **out, size_t *count,
    struct err *err) MUST_USE;

int task_add(struct tx *tx, const struct task *task, struct err *err) MUST_USE;
int task_get(struct tx *tx, const struct id *id, struct task *out, struct err *err) MUST_USE;
/* state, answer and text as to says; as fix_move(). */
int task_move(struct tx *tx, const struct task *to, const char *from, struct err *err) MUST_USE;
int task_list(struct tx *tx, const struct id *ticket, struct task **out, size_t *count,
    struct err *err) MUST_USE;
