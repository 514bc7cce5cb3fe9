#pragma once
/*
 * beat: who must move, and by when. Process-wide, any thread.
 *
 * A thread that works in turns has a beat. At each turn it promises to be back
 * within so long: its nap and a little when it sleeps, its deadline when it
 * works. A thread that waits for another one, or for work that nobody has
 * handed in, rests: then there is nothing to promise. The watchdog asks for a
 * promise that was not kept; a thread without a beat is nobody's business.
 *
 * Counted by CLOCK_MONOTONIC: a machine that slept has not hung, and a virtual
 * clock (base/clock.h) hurries nobody.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>

#include <stdbool.h>
#include <stddef.h>

#define BEAT_NAME_SIZE 48
#define BEATS_MAX 96

struct beat;

/* Resting at first. NULL when there are too many: then nothing watches this thread. */
struct beat *beat_new(const char *name);
void beat_free(struct beat *beat); /* NULL is fine, here and below */

/* Back within span; what a busy machine adds to that is the watchdog's to allow. */
void beat_promise(struct beat *beat, span_ms span);
void beat_rest(struct beat *beat);
/* For who hands work to a resting thread: it has to wake up. Changes no promise. */
void beat_expect(struct beat *beat, span_ms span);

struct beat_late {
	char name[BEAT_NAME_SIZE];
	span_ms by; /* for how long the promise has been broken */
};

/* The one whose promise was broken first, at tick_ns (clock_tick_ns()); false when all move. */
bool beat_find_late(uint64_t tick_ns, struct beat_late *out) MUST_USE;
