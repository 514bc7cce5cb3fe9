#pragma once
/*
 * erase: what is known about one person, by address, and its removal.
 * Tickets with an open question are left alone: their words bind (invariant 9).
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct erase_count {
	const char *what; /* for people: "messages from", then comes the address */
	int64_t rows;
};

#define ERASE_COUNTS_MAX 48

struct erase_report {
	struct erase_count counts[ERASE_COUNTS_MAX];
	size_t count;
	int64_t kept; /* messages that stay, because a question about them is open */
};

/* How much there is; changes nothing. email in lower case, as all addresses in the store. */
int erase_look(
    struct tx *tx, const char *email, struct erase_report *out, struct err *err) MUST_USE;
/* Remove it; the report says how much there was. */
int erase_do(struct tx *tx, const char *email, struct erase_report *out, struct err *err) MUST_USE;

/* Marks of tickets whose open question waits for this person. */
int erase_open(
    struct tx *tx, const char *email, int64_t **refs, size_t *count, struct err *err) MUST_USE;
/* Keys of organisations that this person owns, and whether he is active staff. */
int erase_roles(struct tx *tx, const char *email, const char ***owned, size_t *count,
    bool *is_staff, struct err *err) MUST_USE;
