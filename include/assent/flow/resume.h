#pragma once
/*
 * resume: a workflow that waits for a packet is told that it was resolved.
 *
 * The settings say which workflows there are. Each try is a POST that is signed
 * (Standard Webhooks); its message id is the same at every try, so that a
 * workflow that takes it twice goes on once. Nothing is told before the packet
 * is resolved, after it was opened again, or while a hold is on. docs/ESCALATION.md
 * has the rules.
 */
#include <assent/flow/desk.h>
#include <assent/store/escalation.h>
#include <assent/store/resume.h>

#include <jansson.h>

#define RESUME_LIFETIME (3 * MS_DAY) /* of tries; then it is given up */

/* ERR_INVALID with the nearest name when the settings have no such workflow. */
int resume_check(struct desk *desk, const char *workflow, struct err *err) MUST_USE;

/* It was resolved in this step: its workflow, if it has one, will be told. */
int resume_begin(struct desk *desk, const struct escalation *e, struct err *err) MUST_USE;

/*
 * Try again now, by hand. *changed is false when the workflow took it before.
 * ERR_CONFLICT when the packet is not resolved; ERR_INVALID when it names no
 * workflow, or one that the settings do not have.
 */
struct resume_wish {
	struct id escalation;
	const char *by;
};
int resume_again(struct desk *desk, const struct resume_wish *wish, struct resume *out,
    bool *changed, struct err *err) MUST_USE;

/* What became of it, null for nothing yet. New reference. */
json_t *resume_json(struct desk *desk, const struct escalation *e) MUST_USE;

/* Verb of the operator's tool (flow/verb.h). */
int escalation_verb_resume(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
