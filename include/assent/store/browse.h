#pragma once
/*
 * browse: long lists a page at a time. A page begins behind the last entry of
 * the one before it, so that what is added meanwhile moves nothing.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

#define BROWSE_MAX 100 /* entries of a page */

struct browse_tickets {
	const char *status; /* "" for any */
	struct id organisation; /* null for any */
	int64_t before; /* only those with a smaller ref; 0 is from the newest on */
	size_t max;
};

/* The refs, newest first, in tx_arena(). */
int browse_tickets(struct tx *tx, const struct browse_tickets *want, int64_t **out, size_t *count,
    struct err *err) MUST_USE;

struct browse_approvals {
	const char *state; /* "" for any, "open" for those that can still be answered */
	struct id organisation, ticket, batch; /* null for any */
	struct id before; /* only those with a smaller id; null is from the newest on */
	size_t max;
};

/* The ids, newest first. */
int browse_approvals(struct tx *tx, const struct browse_approvals *want, struct id **out,
    size_t *count, struct err *err) MUST_USE;

/* The keys behind after ("" for the first page), in their order. */
int browse_organisations(struct tx *tx, const char *after, size_t max, const char ***out,
    size_t *count, struct err *err) MUST_USE;

/* The domains of an organisation, in their order. */
int browse_domains(struct tx *tx, const struct id *organisation, const char ***out, size_t *count,
    struct err *err) MUST_USE;
