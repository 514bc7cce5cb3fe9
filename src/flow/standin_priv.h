#pragma once
/* standin: people who are away, and who answers in their place (docs/ABSENCE.md). */
#include "flow/intake_priv.h"

#include <assent/flow/handover.h>
#include <assent/store/standin.h>

/* Is this person known to be away now? *until is the morning of his return. */
int standin_away(
    struct desk *desk, const char *email, bool *away, utc_ms *until, struct err *err) MUST_USE;
/* An absence note that answers the mails about these matters. */
int standin_learn(struct desk *desk, struct arrival *arrival, const struct matter *matters,
    size_t count, struct err *err) MUST_USE;
/* If the person of a question that was just put is away: wait for him, ask who answers instead. */
int standin_check(struct desk *desk, const struct matter *m, struct err *err) MUST_USE;

/* Who is asked first: the owner, or who answers for him always. */
struct standin_person {
	const char *email, *name;
	const char *on_behalf_of; /* "" for the owner himself */
};
int standin_first(struct desk *desk, const struct organisation *organisation,
    struct standin_person *out, struct err *err) MUST_USE;

/* Who was to answer in the first place stays named, however often it is handed on. */
const char *standin_first_person(const struct matter *m);

/* Ask somebody beside, or instead of, the person of m: a ballot and a mail of his own. */
int standin_ask(struct desk *desk, const struct matter *m, const struct standin_person *who,
    struct err *err) MUST_USE;

/* Everybody else who was asked, or in whose place was answered, hears what came of it. */
int standin_tell_decided(struct desk *desk, const struct matter *m, struct err *err) MUST_USE;
/* ... or that nothing will. */
int standin_tell_closed(
    struct desk *desk, const struct matter *m, const char *by, struct err *err) MUST_USE;

/* Whom the settings name no more has no say in what he was asked because of them. */
int standin_release(struct desk *desk, const struct organisation *organisation,
    const struct delegate *ended, struct err *err) MUST_USE;

/* The delegates of the settings, into the database. */
int standin_sync(struct desk *desk, struct err *err) MUST_USE;

/* An unclear answer that names somebody: the engineer may hand the question over. */
int handover_propose(struct desk *desk, const struct arrival *arrival, const struct matter *m,
    struct err *err) MUST_USE;

/* The person of m hears that somebody else answers in his place. */
int handover_tell(struct desk *desk, const struct matter *m, const struct handover *handover,
    struct err *err) MUST_USE;
