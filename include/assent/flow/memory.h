#pragma once
/*
 * memory: what people and models write down about a ticket, as steps:
 * findings, fixes, tasks (store/memory.h, model/memory.h).
 *
 * Texts lose what nobody sees and every token of ours, and have an end: what is
 * longer is refused, a model's is cut. What is said twice in the same words
 * changes nothing. Each change is an event of the ticket with who did it.
 *
 * A model only ever proposes: what it puts is inert until a person accepts,
 * edits or dismisses it, and it can do nothing else here (invariant 5).
 *
 * As in flow/api.h, *wrong gets the part of a wish that is to blame, or NULL.
 */
#include <assent/flow/desk.h>
#include <assent/store/memory.h>

#include <jansson.h>

#define MEMORY_MODEL "model" /* as who does something */
#define FINDING_TEXT_MAX ((size_t)8000)
#define FINDING_SOURCE_MAX ((size_t)300)
#define FIX_TITLE_MAX ((size_t)300)
#define FIX_DESCRIPTION_MAX ((size_t)16000)
#define TASK_TEXT_MAX ((size_t)2000)
#define TASK_ANSWER_MAX ((size_t)8000)
#define FIX_CONFIDENCE 50 /* where nobody says */

/* By its number in the ticket, or its id. ERR_NOT_FOUND also for another ticket's. */
struct memory_name {
	struct id ticket;
	const char *text;
};
int finding_named(struct desk *desk, const struct memory_name *name, struct finding *out,
    struct err *err) MUST_USE;
int fix_named(
    struct desk *desk, const struct memory_name *name, struct fix *out, struct err *err) MUST_USE;
int task_named(
    struct desk *desk, const struct memory_name *name, struct task *out, struct err *err) MUST_USE;

struct finding_wish {
	struct id ticket;
	const char *kind; /* "" is "observed" */
	const char *text, *source; /* source "" for none */
	const char *by;
};
int finding_put(struct desk *desk, const struct finding_wish *wish, struct finding *out,
    const char **wrong, struct err *err) MUST_USE;
/* ERR_CONFLICT when it was removed before. */
int finding_take_back(
    struct desk *desk, const struct finding *finding, const char *by, struct err *err) MUST_USE;

struct fix_wish {
	struct id ticket;
	const char *title, *description; /* description "" for none */
	int64_t confidence;
	const char *by;
};
/* It becomes the active one; the one before is superseded. */
int fix_suggest(struct desk *desk, const struct fix_wish *wish, struct fix *out, const char **wrong,
    struct err *err) MUST_USE;

struct fix_verdict {
	const char *decision; /* a word of fix_decision_parse() */
	const char *title, *description; /* of one that is accepted; NULL leaves it */
	int64_t confidence; /* the same; -1 leaves it */
	const char *by;
};
/* ERR_CONFLICT says what was decided before; the same again changes nothing. *fix becomes as it is then. */
int fix_decide(struct desk *desk, struct fix *fix, const struct fix_verdict *verdict,
    const char **wrong, struct err *err) MUST_USE;

struct task_wish {
	struct id ticket;
	const char *kind; /* "question", "action" */
	const char *text;
	const char *by;
};
/* "question" for what ends with a question mark, else "action". */
const char *task_kind_of(const char *text);
int task_put(struct desk *desk, const struct task_wish *wish, struct task *out, const char **wrong,
    struct err *err) MUST_USE;

struct task_change {
	const char *text; /* NULL leaves it; of a proposal, this accepts it */
	const char *answer; /* NULL leaves it; without a state it is a part of an answer */
	const char *state; /* "open", "answered", "skipped", "dismissed"; NULL leaves it */
	const char *by;
};
/* As fix_decide(). A question is answered only with words. */
int task_change(struct desk *desk, struct task *task, const struct task_change *change,
    const char **wrong, struct err *err) MUST_USE;

/*
 * What a model proposes, all at once: it takes the place of what was proposed
 * before and nobody touched. What the ticket has already, in whatever state, is
 * not proposed again. Texts are cut, blank ones left out.
 */
struct memory_proposal {
	struct id ticket;
	const char *title, *description; /* title "" for no fix */
	int64_t confidence; /* brought into 0 to 100 */
	const char *const *questions, *const *actions;
	size_t question_count, action_count;
};
int memory_propose(
    struct desk *desk, const struct memory_proposal *proposal, struct err *err) MUST_USE;

/* Verbs of the operator's tool (flow/verb.h). */
int memory_verb_finding_add(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int memory_verb_finding_remove(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int memory_verb_fix_add(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int memory_verb_fix_decide(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int memory_verb_task_add(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int memory_verb_task_change(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
