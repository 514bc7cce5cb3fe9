#pragma once
/*
 * approval: the life of one question, as a table with one door.
 *
 * The step is pure: it says where an event leads and what must be done beside
 * it. Only flow stores the move, with its jobs, in one transaction.
 */
#include <assent/base/attr.h>

#include <stdbool.h>

/* clang-format off */
#define APPROVAL_STATES(X) \
	X(DRAFT,	"draft")	/* asked for, the mail waits for its send delay */ \
	X(SENT,		"sent")		/* the owner has been asked */ \
	X(UNDELIVERABLE,"undeliverable")/* asked, but the mail was refused for good */ \
	X(APPROVED,	"approved") \
	X(REJECTED,	"rejected") \
	X(EXPIRED,	"expired") \
	X(WITHDRAWN,	"withdrawn") \
	X(SUPERSEDED,	"superseded")	/* a newer question on the same ticket took its place */

#define APPROVAL_EVENTS(X) \
	X(ASK,		"ask") \
	X(YES,		"yes") \
	X(NO,		"no") \
	X(REMIND,	"remind") \
	X(DEADLINE,	"deadline") \
	X(WITHDRAW,	"withdraw") \
	X(SUPERSEDE,	"supersede") \
	X(BOUNCE,	"bounce")

/* What the mover owes the world; a set of bits. */
#define APPROVAL_EFFECTS(X) \
	X(SEND_REQUEST,		0) \
	X(SEND_REMINDER,	1) \
	X(SEND_RECEIPT,		2) \
	X(TELL_HELPDESK,	3)	/* the engineer's thread, and later the ticket system */ \
	X(TELL_OWNER,		4)	/* that the question is closed */ \
	X(CLOSE_TOKENS,		5)
/* clang-format on */

enum approval_state {
#define X(id, name) AS_##id,
	APPROVAL_STATES(X)
#undef X
	    AS_COUNT
};

enum approval_event {
#define X(id, name) AE_##id,
	APPROVAL_EVENTS(X)
#undef X
	    AE_COUNT
};

enum approval_effect {
#define X(id, bit) FX_##id = 1 << (bit),
	APPROVAL_EFFECTS(X)
#undef X
};

/* True and *to, *effects set when event may happen in state from. */
bool approval_step(enum approval_state from, enum approval_event event, enum approval_state *to,
    unsigned *effects) MUST_USE;

bool approval_is_open(enum approval_state state); /* DRAFT, SENT or UNDELIVERABLE */
bool approval_is_final(enum approval_state state);
const char *approval_state_name(enum approval_state state);
bool approval_state_parse(const char *name, enum approval_state *out) MUST_USE;
