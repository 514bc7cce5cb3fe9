#include <assent/model/memory.h>

#include <assent/base/str.h>

/* clang-format off */
static const struct {
	enum fix_state from;
	enum fix_event event;
	enum fix_state to;
} fix_edges[] = {
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

static const struct {
	enum task_state from;
	enum task_event event;
	enum task_state to;
} task_edges[] = {
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

static bool
find(const char *const *words, size_t n, const char *word, size_t *at)
{
	for (*at = 0; *at < n; ++*at)
		if (text_is(words[*at], word))
			return true;
	return false;
}

bool
fix_step(enum fix_state from, enum fix_event event, enum fix_state *to)
{
	for (size_t i = 0; i < ARRAY_LEN(fix_edges); i++) {
		if (fix_edges[i].from != from || fix_edges[i].event != event)
			continue;
		*to = fix_edges[i].to;
		return true;
	}
	return false;
}

bool
task_step(enum task_state from, enum task_event event, enum task_state *to)
{
	for (size_t i = 0; i < ARRAY_LEN(task_edges); i++) {
		if (task_edges[i].from != from || task_edges[i].event != event)
			continue;
		*to = task_edges[i].to;
		return true;
	}
	return false;
}

const char *
fix_state_name(enum fix_state state)
{
	return fix_names[state];
}

bool
fix_state_parse(const char *name, enum fix_state *out)
{
	size_t at;

	if (!find(fix_names, ARRAY_LEN(fix_names), name, &at))
		return false;
	*out = (enum fix_state)at;
	return true;
}

const char *
task_state_name(enum task_state state)
{
	return task_names[state];
}

bool
task_state_parse(const char *name, enum task_state *out)
{
	size_t at;

	if (!find(task_names, ARRAY_LEN(task_names), name, &at))
		return false;
	*out = (enum task_state)at;
	return true;
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
		if (from == wish || task_edges[i].from != from || task_edges[i].to != wish)
			continue;
		*out = task_edges[i].event;
		return true;
	}
	return false;
}

bool
finding_kind_is_known(const char *kind)
{
	size_t at;

	return find(finding_kinds, ARRAY_LEN(finding_kinds), kind, &at);
}

bool
task_kind_is_known(const char *kind)
{
	size_t at;

	return find(task_kinds, ARRAY_LEN(task_kinds), kind, &at);
}
