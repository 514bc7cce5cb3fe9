#pragma once
/*
 * escalation: the life of a packet that waits for a person, as a table with one
 * door, and the words that it is described with.
 *
 * The steps are pure; flow stores the move. What a packet is (its state) and
 * whether somebody has said that he has it (acked_at in store/escalation.h) are
 * two things: one that was put to Bob is in progress, and climbs all the same
 * until Bob acknowledges it.
 */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define ESCALATION_STATES(X) \
	X(PENDING,	"pending")	/* nobody has it yet */ \
	X(IN_PROGRESS,	"in_progress")	/* somebody has, or was named */ \
	X(RESOLVED,	"resolved") \
	X(EXPIRED,	"expired")	/* its time ran out */

#define ESCALATION_ACTS(X) \
	X(ACK,		"ack") \
	X(ASSIGN,	"assign") \
	X(SNOOZE,	"snooze") \
	X(RESOLVE,	"resolve") \
	X(REOPEN,	"reopen") \
	X(CLIMB,	"climb")	/* the clock's: to the next level */ \
	X(LAPSE,	"lapse")	/* the clock's: its time ran out */

#define ESCALATION_PRIORITIES(X) \
	X(CRITICAL, "critical") X(HIGH, "high") X(MEDIUM, "medium") X(LOW, "low")

/* Those that we use ourselves; a rule may have others. */
#define ESCALATION_REASONS(X) \
	X("validation_failure") X("missing_data") X("permission_issue") X("timeout") \
	X("ambiguous_data") X("low_confidence") X("high_value_deal") X("customer_complaint") \
	X("consent_expired") X("delivery_failure") X("nobody_to_ask")
/* clang-format on */

#define X(id, name) ESCALATION_##id,
enum escalation_state { ESCALATION_STATES(X) ESCALATION_STATE_COUNT };
enum escalation_act { ESCALATION_ACTS(X) ESCALATION_ACT_COUNT };
enum escalation_priority { ESCALATION_PRIORITIES(X) ESCALATION_PRIORITY_COUNT };
#undef X

/* True and *to set when act may happen in state from. */
bool escalation_step(
    enum escalation_state from, enum escalation_act act, enum escalation_state *to) MUST_USE;
bool escalation_is_open(enum escalation_state state); /* pending or in progress */

const char *escalation_state_name(enum escalation_state state);
bool escalation_state_parse(const char *name, enum escalation_state *out) MUST_USE;
const char *escalation_act_name(enum escalation_act act);
bool escalation_act_parse(const char *name, enum escalation_act *out) MUST_USE;
const char *escalation_priority_name(enum escalation_priority priority);
bool escalation_priority_parse(const char *name, enum escalation_priority *out) MUST_USE;

/* For tables of a file's words and for text_nearest(). */
extern const char *const escalation_state_names[ESCALATION_STATE_COUNT];
extern const char *const escalation_priority_names[ESCALATION_PRIORITY_COUNT];
extern const char *const escalation_reasons[];
extern const size_t escalation_reason_count;

/* [a-z][a-z0-9_]*, at most 64 bytes: what may stand for a reason. */
bool escalation_reason_is_sane(const char *reason) MUST_USE;
/* The known reason that this one is a slip of; NULL where it is known itself, or a site's own. */
const char *escalation_reason_meant(const char *reason) MUST_USE;
