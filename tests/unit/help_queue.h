#pragma once
/* help_queue: jobs 1, 2, … and who claims them. */
#include "help_store.h"

#include <assent/store/queue.h>

#define BOOT (10 * MS_HOUR)
#define LEASE MS_MINUTE

extern const struct job_ask queue_ask;

/* Job n, due at due, of LANE_OUTGOING. */
void queue_add_kind(struct tx *tx, unsigned n, const char *kind, const char *serial);
void queue_add(struct tx *tx, unsigned n, const char *serial, utc_ms due);
/* Claimed ids as numbers, such as "1 3 4". */
const char *queue_claimed(struct tx *tx, const struct job_ask *how);
struct job queue_job(struct tx *tx, unsigned n);
void queue_done(struct tx *tx, unsigned n);
/* True when it is dead now. */
bool queue_fail(struct tx *tx, unsigned n, int64_t max_attempts);
