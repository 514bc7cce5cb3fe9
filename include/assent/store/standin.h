#pragma once
/*
 * standin: who is away, who answers in whose place, and who was proposed to.
 * Addresses are stored and compared lower-case.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct absence { /* what a person's own absence note said */
	const char *person_email;
	utc_ms until; /* the first moment of the day of return; 0 when it named none */
	const char *words; /* the note's own */
	struct id inbound;
	utc_ms learnt;
};

/* In the place of what was known of this person. */
int absence_put(struct tx *tx, const struct absence *absence, struct err *err) MUST_USE;
int absence_get(struct tx *tx, const char *email, struct absence *out, struct err *err) MUST_USE;
/* The latest return first. */
int absence_list(
    struct tx *tx, size_t max, struct absence **out, size_t *count, struct err *err) MUST_USE;
/* ERR_NOT_FOUND when nothing was known. */
int absence_forget(struct tx *tx, const char *email, struct err *err) MUST_USE;

struct delegate {
	struct id id;
	struct id organisation;
	const char *person_email; /* "" for whoever is the owner */
	const char *delegate_email, *delegate_name;
	const char *when; /* "absent" or "always" */
	utc_ms since, until; /* until is the first moment it is over; 0 for no bound */
	const char *source; /* "settings" */
	utc_ms created;
};

int delegate_add(struct tx *tx, const struct delegate *delegate, struct err *err) MUST_USE;
int delegate_remove(struct tx *tx, const struct id *id, struct err *err) MUST_USE;
/* Of one organisation, or of all where that is NULL; oldest first. */
int delegate_list(struct tx *tx, const struct id *organisation, struct delegate **out,
    size_t *count, struct err *err) MUST_USE;

struct proposal { /* somebody else shall answer, says the person who was asked */
	struct id id;
	struct id approval;
	const char *email, *name;
	const char *proposed_by;
	const char *state; /* "open", "accepted" or "closed" */
	utc_ms created, moved_at;
};

int proposal_add(struct tx *tx, const struct proposal *proposal, struct err *err) MUST_USE;
/* Of an approval, newest first. */
int proposal_list(struct tx *tx, const struct id *approval, struct proposal **out, size_t *count,
    struct err *err) MUST_USE;
/* All open ones of an approval become state. */
int proposal_close(struct tx *tx, const struct id *approval, const char *state, utc_ms now,
    struct err *err) MUST_USE;
