#include <assent/model/approval.h>

#include <assent/base/str.h>

struct edge {
	enum approval_state from;
	enum approval_event event;
	enum approval_state to;
	unsigned effects;
};

/* clang-format off */
#define CLOSED (FX_TELL_HELPDESK | FX_TELL_OWNER | FX_CLOSE_TOKENS)
#define DECIDED (FX_SEND_RECEIPT | FX_TELL_HELPDESK | FX_CLOSE_TOKENS)

/* Why DEADLINE never leads to APPROVED: silence is not consent (invariant 12). */
static const struct edge edges[] = {
	/* from			event		to			effects */
	{ AS_DRAFT,		AE_ASK,		AS_SENT,		FX_SEND_REQUEST },
	{ AS_DRAFT,		AE_WITHDRAW,	AS_WITHDRAWN,		FX_CLOSE_TOKENS },
	{ AS_DRAFT,		AE_SUPERSEDE,	AS_SUPERSEDED,		FX_CLOSE_TOKENS },

	{ AS_SENT,		AE_YES,		AS_APPROVED,		DECIDED },
	{ AS_SENT,		AE_NO,		AS_REJECTED,		DECIDED },
	{ AS_SENT,		AE_REMIND,	AS_SENT,		FX_SEND_REMINDER },
	{ AS_SENT,		AE_DEADLINE,	AS_EXPIRED,		CLOSED },
	{ AS_SENT,		AE_WITHDRAW,	AS_WITHDRAWN,		CLOSED },
	{ AS_SENT,		AE_SUPERSEDE,	AS_SUPERSEDED,		FX_CLOSE_TOKENS },
	{ AS_SENT,		AE_BOUNCE,	AS_UNDELIVERABLE,	FX_TELL_HELPDESK },

	/* Whoever holds the link may have got the mail another way. */
	{ AS_UNDELIVERABLE,	AE_YES,		AS_APPROVED,		DECIDED },
	{ AS_UNDELIVERABLE,	AE_NO,		AS_REJECTED,		DECIDED },
	{ AS_UNDELIVERABLE,	AE_DEADLINE,	AS_EXPIRED,		FX_TELL_HELPDESK | FX_CLOSE_TOKENS },
	{ AS_UNDELIVERABLE,	AE_WITHDRAW,	AS_WITHDRAWN,		FX_TELL_HELPDESK | FX_CLOSE_TOKENS },
	{ AS_UNDELIVERABLE,	AE_SUPERSEDE,	AS_SUPERSEDED,		FX_CLOSE_TOKENS },
};

static const char *const state_names[] = {
#define X(id, name) [AS_##id] = name,
	APPROVAL_STATES(X)
#undef X
};
/* clang-format on */

bool
approval_step(
    enum approval_state from, enum approval_event event, enum approval_state *to, unsigned *effects)
{
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		if (edges[i].from != from || edges[i].event != event)
			continue;
		*to = edges[i].to;
		*effects = edges[i].effects;
		return true;
	}
	return false;
}

bool
approval_is_open(enum approval_state state)
{
	return state == AS_DRAFT || state == AS_SENT || state == AS_UNDELIVERABLE;
}

bool
approval_is_final(enum approval_state state)
{
	return !approval_is_open(state);
}

const char *
approval_state_name(enum approval_state state)
{
	return state_names[state];
}

bool
approval_state_parse(const char *name, enum approval_state *out)
{
	for (int i = 0; i < AS_COUNT; i++) {
		if (!text_is(name, state_names[i]))
			continue;
		*out = (enum approval_state)i;
		return true;
	}
	return false;
}
