#pragma once
/*
 * closing: who resolved, handed over, paused, … a ticket, as history. What the
 * ticket is now stands in its own row (store/ticket.h); this one is only added
 * to.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

#define CLOSINGS_MAX 2000 /* of one ticket; ERR_LIMIT beyond */

struct closing {
	struct id id, ticket;
	int64_t n; /* 1, 2, … within the ticket; assigned */
	const char *act; /* model/ticket.h: "resolve", "escalate", …; or "spent" */
	const char *by; /* address, "operator", "api:…" */
	utc_ms at;
	const char *comment;
	int64_t spent; /* minutes; 0 for none */
	const char *to_email, *to_name; /* of "escalate" */
	utc_ms told; /* 0: the mail with its handoff waits for the document */
};

int closing_add(struct tx *tx, const struct closing *closing, struct err *err) MUST_USE;
/* Oldest first. */
int closing_list(struct tx *tx, const struct id *ticket, struct closing **out, size_t *count,
    struct err *err) MUST_USE;
/* The newest whose mail waits; ERR_NOT_FOUND. */
int closing_untold(
    struct tx *tx, const struct id *ticket, struct closing *out, struct err *err) MUST_USE;
/* No mail of this ticket waits any more. */
int closing_set_told(struct tx *tx, const struct id *ticket, utc_ms now, struct err *err) MUST_USE;
