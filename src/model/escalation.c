#include <assent/model/escalation.h>

#include "table_priv.h"

#include <assent/base/str.h>

#include <string.h>

#define REASON_MAX 64

/* clang-format off */
static const struct edge edges[] = {
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

bool
escalation_step(enum escalation_state from, enum escalation_act act, enum escalation_state *to)
{
	int next = edge_follow(edges, ARRAY_LEN(edges), (int)from, (int)act);

	if (next >= 0)
		*to = (enum escalation_state)next;
	return next >= 0;
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
	int at = word_place(escalation_state_names, ARRAY_LEN(escalation_state_names), name);

	if (at >= 0)
		*out = (enum escalation_state)at;
	return at >= 0;
}

const char *
escalation_act_name(enum escalation_act act)
{
	return act_names[act];
}

bool
escalation_act_parse(const char *name, enum escalation_act *out)
{
	int at = word_place(act_names, ARRAY_LEN(act_names), name);

	if (at >= 0)
		*out = (enum escalation_act)at;
	return at >= 0;
}

const char *
escalation_priority_name(enum escalation_priority priority)
{
	return escalation_priority_names[priority];
}

bool
escalation_priority_parse(const char *name, enum escalation_priority *out)
{
	int at = word_place(escalation_priority_names, ARRAY_LEN(escalation_priority_names), name);

	if (at >= 0)
		*out = (enum escalation_priority)at;
	return at >= 0;
}

bool
escalation_reason_is_sane(const char *reason)
{
	size_t n = strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n <= REASON_MAX && reason[n] == '\0' && reason[0] >= 'a';
}

const char *
escalation_reason_meant(const char *reason)
{
	return word_place(escalation_reasons, escalation_reason_count, reason) < 0
	    ? text_nearest(reason, escalation_reasons, escalation_reason_count)
	    : NULL;
}
