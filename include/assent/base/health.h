#pragma once
/*
 * health: what is wrong right now, by name. Process-wide, any thread.
 *
 * A condition is "mailbox:desk" or "credential:m365"; it is bad from the first
 * health_bad() until health_good(). /readyz shows them, and the operator gets
 * one mail when one begins. Sentences say what happened and what to do, and
 * hold no secrets.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>

#include <stdbool.h>
#include <stddef.h>

#define HEALTH_NAME_SIZE 80
#define HEALTH_TEXT_SIZE 400
#define HEALTH_MAX 64 /* conditions at once; more are counted, not kept */

struct health {
	char name[HEALTH_NAME_SIZE];
	char text[HEALTH_TEXT_SIZE];
	utc_ms since;
	bool not_ready; /* /readyz fails; else it is only told */
};

/* Begin or change a condition; since stays that of its beginning. */
void health_bad(const char *name, bool not_ready, utc_ms now, const char *fmt, ...) PRINTF(4, 5);
/* It is over; fine when it was not there. */
void health_good(const char *name);

/* Copy up to room conditions, oldest first; how many there are. */
size_t health_list(struct health *out, size_t room);
/* Is there one that makes us not ready? */
bool health_is_ready(void);
/* Grows with each begin, change and end. */
uint64_t health_version(void);
/* Forget all (tests). */
void health_reset(void);
