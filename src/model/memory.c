#include <assent/model/memory.h>

#include "table_priv.h"

#include <assent/base/str.h>

/* clang-format off */
static const struct edge fix_edges[] = {
	/* from			event		to */
	/* Why nothing else: until a person stands for it, a proposal is nobody's fix. */
	{ FIX_PROPOSED,		FE_ACCEPT,	FIX_ACTIVE },
	{ FIX_PROPOSED,		FE_SUPERSEDE,	FIX_SUPERSEDED },
	{ FIX_PROPOSED,		FE_DISMISS,	FIX_DISMISSED },

	{ FIX_ACTIVE,		FE_SUPERSEDE,	FIX_SUPERSEDED },
	{ FIX_ACTIVE,		FE_DISMISS,	FIX_DISMISSED },
	{ FIX_ACTIVE,		FE_KEEP_ONCE,	FIX_ONE_OFF },
	{ FIX_ACTIVE,		FE_KEEP_DRAFT,	FIX_DRAFT_TEMPLATE },
	{ FIX_ACTIVE,		FE_KEEP_BUILD,	FIX_BUILD_TEMPLATE },
};

static const struct edge task_edges[] = {
	/* from			event		to */
	{ TASK_PROPOSED,	TE_ACCEPT,	TASK_OPEN },
	{ TASK_PROPOSED,	TE_EDIT,	TASK_OPEN },
	{ TASK_PROPOSED,	TE_DISMISS,	TASK_DISMISSED },

	{ TASK_OPEN,		TE_EDIT,	TASK_OPEN },
	{ TASK_OPEN,		TE_NOTE,	TASK_OPEN },
	{ TASK_OPEN,		TE_ANSWER,	TASK_ANSWERED },
	{ TASK_OPEN,		TE_SKIP,	TASK_SKIPPED },

	{ TASK_ANSWERED,	TE_REOPEN,	TASK_OPEN },
	{ TASK_SKIPPED,		TE_REOPEN,	TASK_OPEN },
};

static const struct {
	const char *word;
	enum fix_event event;
} decisions[] = {
	{ "accepted",		FE_ACCEPT },
	{ "dismissed",		FE_DISMISS },
	{ "one_off",		FE_KEEP_ONCE },
	{ "draft_template",	FE_KEEP_DRAFT },
	{ "build_template",	FE_KEEP_BUILD },
};

#define X(id, name) name,
static const char *const fix_names[] = { FIX_STATES(X) };
static const char *const task_names[] = { TASK_STATES(X) };
#undef X
/* clang-format on */

static const char *const finding_kinds[] = { "reported", "observed", "check", "script" };
static const char *const task_kinds[] = { "question", "action" };

bool
fix_step(enum fix_state from, enum fix_event event, enum fix_state *to)
{
	int next = edge_follow(fix_edges, ARRAY_LEN(fix_edges), (int)from, (int)event);

	if (next >= 0)
		*to = (enum fix_state)next;
	return next >= 0;
}

bool
task_step(enum task_state from, enum task_event event, enum task_state *to)
{
	int next = edge_follow(task_edges, ARRAY_LEN(task_edges), (int)from, (int)event);

	if (next >= 0)
		*to = (enum task_state)next;
	return next >= 0;
}

const char *
fix_state_name(enum fix_state state)
{
	return fix_names[state];
}

bool
fix_state_parse(const char *name, enum fix_state *out)
{
	int at = word_place(fix_names, ARRAY_LEN(fix_names), name);

	if (at >= 0)
		*out = (enum fix_state)at;
	return at >= 0;
}

const char *
task_state_name(enum task_state state)
{
	return task_names[state];
}

bool
task_state_parse(const char *name, enum task_state *out)
{
	int at = word_place(task_names, ARRAY_LEN(task_names), name);

	if (at >= 0)
		*out = (enum task_state)at;
	return at >= 0;
}

bool
fix_decision_parse(const char *word, enum fix_event *out)
{
	for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
		if (!text_is(decisions[i].word, word))
			continue;
		*out = decisions[i].event;
		return true;
	}
	return false;
}

bool
task_way(enum task_state from, enum task_state wish, enum task_event *out)
{
	for (size_t i = 0; i < ARRAY_LEN(task_edges); i++) {
		if (from == wish || task_edges[i].from != (int)from ||
		    task_edges[i].to != (int)wish)
			continue;
		*out = (enum task_event)task_edges[i].event;
		return true;
	}
	return false;
}

bool
finding_kind_is_known(const char *kind)
{
	return word_place(finding_kinds, ARRAY_LEN(finding_kinds), kind) >= 0;
}

bool
task_kind_is_known(const char *kind)
{
	return word_place(task_kinds, ARRAY_LEN(task_kinds), kind) >= 0;
}
