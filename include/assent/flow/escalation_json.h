#pragma once
/*
 * escalation_json: packets as programs see them and hand them in. The API, the
 * operator's tool and signed webhooks read and write this one shape;
 * docs/openapi.yaml describes it field by field.
 */
#include <assent/flow/escalation.h>

#include <jansson.h>

#define ESCALATION_HISTORY_MAX 500 /* the newest of a packet's history, in one answer */

/* New reference. The resume token is not in it: it is the workflow's. */
json_t *escalation_json(struct desk *desk, const struct escalation *e) MUST_USE;
/* The same with "people" and "history". New reference. */
int escalation_json_whole(
    struct desk *desk, const struct escalation *e, json_t **out, struct err *err) MUST_USE;
/* New reference. */
json_t *escalation_stats_json(const struct escalation_stats *stats) MUST_USE;

struct escalation_request {
	const json_t *object; /* what was sent */
	const char *by; /* "operator", "api:…" */
	struct escalation_way way;
	const struct policy_source *source; /* of a raise, who signed it; NULL: a token, a person */
	struct id id; /* of an act */
	enum escalation_act act;

	/* What it came to. */
	const char *wrong; /* where in object it is at fault, "" for all of it; NULL for nowhere */
	bool changed; /* false: it was so before, and nothing was written */
	json_t *out; /* {"changed", "message", "escalation"}; the caller's */
};

/*
 * Raise what object says. A member that is not known or of another type than it
 * must be is ERR_INVALID; else as escalation_raise(). *changed is false when one
 * with this once_key is open: that one is in out. A source raises packets about
 * its own customers only, and its keys are its own.
 */
int escalation_request_raise(
    struct desk *desk, struct escalation_request *request, struct err *err) MUST_USE;
/* As escalation_do(). */
int escalation_request_act(
    struct desk *desk, struct escalation_request *request, struct err *err) MUST_USE;

/* The workflow of a resolved one is told once more: resume_again() (flow/resume.h). */
int escalation_request_resume(
    struct desk *desk, struct escalation_request *request, struct err *err) MUST_USE;

/* Verbs of the operator's tool (flow/verb.h). */
int escalation_verb_raise(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int escalation_verb_ack(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int escalation_verb_assign(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int escalation_verb_snooze(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int escalation_verb_resolve(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int escalation_verb_reopen(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int escalation_verb_expire(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
