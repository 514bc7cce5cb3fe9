#include <assent/base/beat.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define RESTING UINT64_MAX

struct beat {
	char name[BEAT_NAME_SIZE];
	bool is_taken; /* under lock, as the name */
	_Atomic uint64_t until; /* clock_tick_ns() */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct beat beats[BEATS_MAX];

struct beat *
beat_new(const char *name)
{
	struct beat *beat = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; beat == NULL && i < BEATS_MAX; i++)
		if (!beats[i].is_taken)
			beat = &beats[i];
	if (beat != NULL) {
		beat->is_taken = true;
		snprintf(beat->name, sizeof(beat->name), "%s", name);
		atomic_store(&beat->until, RESTING);
	}
	pthread_mutex_unlock(&lock);
	return beat;
}

void
beat_free(struct beat *beat)
{
	if (beat == NULL)
		return;
	pthread_mutex_lock(&lock);
	beat->is_taken = false;
	pthread_mutex_unlock(&lock);
}

static uint64_t
until(span_ms span)
{
	return clock_tick_ns() + (uint64_t)span * 1000000;
}

void
beat_promise(struct beat *beat, span_ms span)
{
	if (beat != NULL)
		atomic_store_explicit(&beat->until, until(span), memory_order_relaxed);
}

void
beat_rest(struct beat *beat)
{
	if (beat != NULL)
		atomic_store_explicit(&beat->until, RESTING, memory_order_relaxed);
}

void
beat_expect(struct beat *beat, span_ms span)
{
	uint64_t resting = RESTING;

	if (beat != NULL && atomic_load_explicit(&beat->until, memory_order_relaxed) == RESTING)
		atomic_compare_exchange_strong(&beat->until, &resting, until(span));
}

bool
beat_find_late(uint64_t tick_ns, struct beat_late *out)
{
	uint64_t first = tick_ns;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < BEATS_MAX; i++) {
		uint64_t promised = atomic_load_explicit(&beats[i].until, memory_order_relaxed);

		if (!beats[i].is_taken || promised >= first)
			continue;
		first = promised;
		memcpy(out->name, beats[i].name, sizeof(out->name));
	}
	pthread_mutex_unlock(&lock);
	out->by = (span_ms)((tick_ns - first) / 1000000);
	return first < tick_ns;
}
