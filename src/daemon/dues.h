#pragma once
/*
 * dues: when each ticket is to be looked at again by the rules, four bytes a
 * ticket, in memory only: after a start all are looked at anyway. Tickets are
 * numbered one after the other, so that a number is a place. It belongs to one
 * thread.
 */
#include <assent/base/clock.h>
#include <assent/base/mem.h>

#include <stddef.h>

#define DUES_AT_ONCE ((utc_ms)0)
#define DUES_NEVER INT64_MAX

struct dues;

struct dues *dues_new(void) MUST_USE;
void dues_free(struct dues *dues);
FREEP(struct dues, dues_free)

/* In seconds: never before at, and up to one later. Beyond 2106, and DUES_NEVER, is never. */
void dues_set(struct dues *dues, int64_t ref, utc_ms at);

struct dues_wish {
	utc_ms now;
	int64_t after;
	size_t max;
};
/* Tickets behind after that are due at now, by number; as many as that are put into refs. */
size_t dues_list(struct dues *dues, const struct dues_wish *wish, int64_t *refs);

size_t dues_late(const struct dues *dues, utc_ms now); /* how many are due */
size_t dues_count(const struct dues *dues); /* that have an instant */
size_t dues_bytes(const struct dues *dues);
