#include <assent/model/escalation.h>

#include <assent/base/str.h>

#include <string.h>

#define REASON_MAX 64

/* clang-format off */
static const struct {
	enum escalation_state from;
	enum escalation_act act;
	enum escalation_state to;
} edges[] = {
	/* from				act			to */
	{ ESCALATION_PENDING,		ESCALATION_ACK,		ESCALATION_IN_PROGRESS },
	{ ESCALATION_PENDING,		ESCALATION_ASSIGN,	ESCALATION_IN_PROGRESS },
	/* Why not in progress: who puts it off has not said that he will do it. */
	{ ESCALATION_PENDING,		ESCALATION_SNOOZE,	ESCALATION_PENDING },
	{ ESCALATION_PENDING,		ESCALATION_RESOLVE,	ESCALATION_RESOLVED },
	{ ESCALATION_PENDING,		ESCALATION_CLIMB,	ESCALATION_PENDING },
	{ ESCALATION_PENDING,		ESCALATION_LAPSE,	ESCALATION_EXPIRED },

	{ ESCALATION_IN_PROGRESS,	ESCALATION_ACK,		ESCALATION_IN_PROGRESS },
	{ ESCALATION_IN_PROGRESS,	ESCALATION_ASSIGN,	ESCALATION_IN_PROGRESS },
	{ ESCALATION_IN_PROGRESS,	ESCALATION_SNOOZE,	ESCALATION_IN_PROGRESS },
	{ ESCALATION_IN_PROGRESS,	ESCALATION_RESOLVE,	ESCALATION_RESOLVED },
	/* Whoever was named did not take it: it is nobody's again. */
	{ ESCALATION_IN_PROGRESS,	ESCALATION_CLIMB,	ESCALATION_PENDING },
	{ ESCALATION_IN_PROGRESS,	ESCALATION_LAPSE,	ESCALATION_EXPIRED },

	{ ESCALATION_RESOLVED,		ESCALATION_REOPEN,	ESCALATION_PENDING },
	{ ESCALATION_EXPIRED,		ESCALATION_REOPEN,	ESCALATION_PENDING },
};

#define X(id, name) name,
const char *const escalation_state_names[] = { ESCALATION_STATES(X) };
const char *const escalation_priority_names[] = { ESCALATION_PRIORITIES(X) };
static const char *const act_names[] = { ESCALATION_ACTS(X) };
#undef X
#define X(name) name,
const char *const escalation_reasons[] = { ESCALATION_REASONS(X) };
#undef X
const size_t escalation_reason_count = ARRAY_LEN(escalation_reasons);
/* clang-format on */

static bool
find(const char *const *words, size_t n, const char *word, size_t *at)
{
	for (*at = 0; *at < n; ++*at)
		if (text_is(words[*at], word))
			return true;
	return false;
}

bool
escalation_step(enum escalation_state from, enum escalation_act act, enum escalation_state *to)
{
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		if (edges[i].from != from || edges[i].act != act)
			continue;
		*to = edges[i].to;
		return true;
	}
	return false;
}

bool
escalation_is_open(enum escalation_state state)
{
	return state == ESCALATION_PENDING || state == ESCALATION_IN_PROGRESS;
}

const char *
escalation_state_name(enum escalation_state state)
{
	return escalation_state_names[state];
}

bool
escalation_state_parse(const char *name, enum escalation_state *out)
{
	size_t at;

	if (!find(escalation_state_names, ARRAY_LEN(escalation_state_names), name, &at))
		return false;
	*out = (enum escalation_state)at;
	return true;
}

const char *
escalation_act_name(enum escalation_act act)
{
	return act_names[act];
}

bool
escalation_act_parse(const char *name, enum escalation_act *out)
{
	size_t at;

	if (!find(act_names, ARRAY_LEN(act_names), name, &at))
		return false;
	*out = (enum escalation_act)at;
	return true;
}

const char *
escalation_priority_name(enum escalation_priority priority)
{
	return escalation_priority_names[priority];
}

bool
escalation_priority_parse(const char *name, enum escalation_priority *out)
{
	size_t at;

	if (!find(escalation_priority_names, ARRAY_LEN(escalation_priority_names), name, &at))
		return false;
	*out = (enum escalation_priority)at;
	return true;
}

bool
escalation_reason_is_sane(const char *reason)
{
	size_t n = strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n <= REASON_MAX && reason[n] == '\0' && reason[0] >= 'a';
}
