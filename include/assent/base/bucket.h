#pragma once
/*
 * bucket: token buckets by key, in a fixed table (rate limits).
 * Thread-safe. When the table is full the bucket that is nearest to full is
 * forgotten first, so an attacker with many keys cannot grow memory.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>

#include <stdbool.h>
#include <stddef.h>

struct buckets;

/* slots keys at once; each may take burst at once and gains rate per minute. */
struct buckets *buckets_new(size_t slots, int burst, int per_minute) MUST_USE;
void buckets_free(struct buckets *buckets);
FREEP(struct buckets, buckets_free)

/* Take one from key's bucket at boot time now; false when it is empty. */
bool bucket_take(struct buckets *buckets, const char *key, span_ms now) MUST_USE;
/* Is there one to take? (Takes nothing.) */
bool bucket_has(struct buckets *buckets, const char *key, span_ms now) MUST_USE;
