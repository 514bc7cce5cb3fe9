#pragma once
/*
 * breaker: stop asking a peer that keeps failing.
 *
 * After BREAKER_FAILURES failures in a row nobody asks for BREAKER_REST; then
 * one may try, and its outcome decides for all. Thread-safe. Times are of the
 * boot clock.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>

#include <pthread.h>
#include <stdbool.h>

#define BREAKER_FAILURES 5
#define BREAKER_REST MS_MINUTE

struct breaker {
	pthread_mutex_t lock;
	int failures; /* in a row */
	span_ms until; /* nobody asks before */
	bool is_trying; /* the one after a rest is under way */
};

void breaker_init(struct breaker *breaker);
void breaker_done(struct breaker *breaker);

/* May somebody ask now? Each true is followed by one breaker_note(). */
bool breaker_may(struct breaker *breaker, span_ms now) MUST_USE;
/* rest: at least how long to leave it alone after this failure (Retry-After), else 0. */
void breaker_note(struct breaker *breaker, bool good, span_ms rest, span_ms now);
/* How long nobody will ask yet; 0 where somebody may. */
span_ms breaker_rests(struct breaker *breaker, span_ms now);
