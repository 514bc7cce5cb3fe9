#pragma once
/*
 * memory: the lives of a suggested fix and of a task, as tables with one door.
 *
 * What a model proposes is inert: nothing leads from "proposed" into work but
 * a person who accepts, edits or dismisses it. The steps are pure; flow stores
 * the move.
 */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define FIX_STATES(X) \
	X(PROPOSED,		"proposed")	/* a model's, inert */ \
	X(ACTIVE,		"active")	/* what is being tried; one of a ticket */ \
	X(SUPERSEDED,		"superseded")	/* a newer one took its place */ \
	X(DISMISSED,		"dismissed") \
	X(ONE_OFF,		"one_off")	/* it was right, this once */ \
	X(DRAFT_TEMPLATE,	"draft_template") /* it was right; a template is to be drafted of it */ \
	X(BUILD_TEMPLATE,	"build_template") /* it was right; a template is to be built of it */

#define FIX_EVENTS(X) \
	X(ACCEPT,		"accept")	/* a person stands for a proposal, edited or not */ \
	X(SUPERSEDE,		"supersede") \
	X(DISMISS,		"dismiss") \
	X(KEEP_ONCE,		"one_off") \
	X(KEEP_DRAFT,		"draft_template") \
	X(KEEP_BUILD,		"build_template")

#define TASK_STATES(X) \
	X(PROPOSED,		"proposed")	/* a model's, inert */ \
	X(OPEN,			"open") \
	X(ANSWERED,		"answered")	/* an action: done */ \
	X(SKIPPED,		"skipped") \
	X(DISMISSED,		"dismissed")	/* a proposal that nobody wanted */

#define TASK_EVENTS(X) \
	X(ACCEPT,		"accept") \
	X(EDIT,			"edit")		/* of its text; of a proposal, this accepts it */ \
	X(NOTE,			"note")		/* part of an answer; it stays open */ \
	X(ANSWER,		"answer") \
	X(SKIP,			"skip") \
	X(REOPEN,		"reopen") \
	X(DISMISS,		"dismiss")
/* clang-format on */

#define X(id, name) FIX_##id,
enum fix_state { FIX_STATES(X) FIX_STATE_COUNT };
#undef X
#define X(id, name) FE_##id,
enum fix_event { FIX_EVENTS(X) FE_COUNT };
#undef X
#define X(id, name) TASK_##id,
enum task_state { TASK_STATES(X) TASK_STATE_COUNT };
#undef X
#define X(id, name) TE_##id,
enum task_event { TASK_EVENTS(X) TE_COUNT };
#undef X

/* True and *to set when event may happen in state from. */
bool fix_step(enum fix_state from, enum fix_event event, enum fix_state *to) MUST_USE;
bool task_step(enum task_state from, enum task_event event, enum task_state *to) MUST_USE;

const char *fix_state_name(enum fix_state state);
bool fix_state_parse(const char *name, enum fix_state *out) MUST_USE;
const char *task_state_name(enum task_state state);
bool task_state_parse(const char *name, enum task_state *out) MUST_USE;

/* What people decide about a fix: "accepted" and each final state but "superseded". */
bool fix_decision_parse(const char *word, enum fix_event *out) MUST_USE;
/* What leads a task from one state to the one that is wished; false when nothing does. */
bool task_way(enum task_state from, enum task_state wish, enum task_event *out) MUST_USE;

/* Is it one of the kinds of finding ("reported", "observed", "check", "script"), of task? */
bool finding_kind_is_known(const char *kind);
bool task_kind_is_known(const char *kind);
