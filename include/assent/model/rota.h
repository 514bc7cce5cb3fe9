#pragma once
/*
 * rota: who stands behind a role, and when he may be disturbed.
 *
 * A role has people in order, and perhaps a rota: people who are on call in
 * turns of one week, handed over at a weekday and time of the role's zone.
 * An override puts somebody else (or nobody) on call for a time. Who is on
 * call comes first, then the people in their order, each once.
 */
#include <assent/model/calendar.h>
#include <assent/model/policy.h>

#define ROTA_PEOPLE_MAX 64

struct rota_override {
	utc_ms from, until; /* until is the first moment it is over */
	const char *person; /* "" for nobody */
};

/* What the texts of a policy_role mean. */
struct rota {
	const struct zone *zone;
	int64_t first_day; /* of the first hand-over, since 1970-01-01 */
	int minute; /* of that day */
	const char *const *people; /* in turn */
	size_t count; /* 0: nobody takes turns */
	struct week_hours hours; /* on call only then; none: always */
	struct rota_override *overrides; /* the last that fits wins */
	size_t override_count;
	struct week_hours quiet;
};

/* "mon 09:00": weekday (0 Monday) and minute. NULL, or what is wrong. */
const char *rota_handover_fault(const char *text, int *weekday, int *minute) MUST_USE;

/*
 * "2026-12-24 2027-01-02 bob@helpdesk.example": the days from, to the last one
 * included; either may have a time, as in 2026-12-24T18:00, and is then that
 * moment. "nobody" for the person.
 */
const char *rota_override_fault(
    const char *text, const struct zone *zone, struct rota_override *out) MUST_USE;

/* The person on call at that moment, or NULL. */
const char *rota_on_call(const struct rota *rota, utc_ms at);

/* The role of that name for everybody, or NULL. */
const struct policy_role *policy_role(const struct policy *policy, const char *name);

/* The role of that name of an organisation (key), else the one for everybody, else NULL. */
const struct policy_role *policy_role_of(
    const struct policy *policy, const char *name, const char *organisation);

/* The addresses of a role at that moment, on call first; how many there are, at most max. */
size_t role_people(const struct policy_role *role, utc_ms at, const char **emails, size_t max);

/* When a mail to the role may go out: at, or the end of its quiet hours unless it is critical. */
utc_ms role_delivery(const struct policy_role *role, utc_ms at, bool is_critical);
