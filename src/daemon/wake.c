#include "daemon/daemon_priv.h"

void
wake_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void
wake_deadline(struct timespec *out, span_ms span)
{
	uint64_t until = clock_tick_ns() + (uint64_t)span * 1000000;

	out->tv_sec = (time_t)(until / 1000000000);
	out->tv_nsec = (long)(until % 1000000000);
}

void
wake_init(struct wake *wake)
{
	pthread_mutex_init(&wake->lock, NULL);
	wake_cond_init(&wake->rung);
	wake->count = 0;
}

void
wake_done(struct wake *wake)
{
	pthread_cond_destroy(&wake->rung);
	pthread_mutex_destroy(&wake->lock);
}

void
wake_ring(struct wake *wake)
{
	pthread_mutex_lock(&wake->lock);
	wake->count++;
	pthread_cond_broadcast(&wake->rung);
	pthread_mutex_unlock(&wake->lock);
}

uint64_t
wake_count(struct wake *wake)
{
	uint64_t count;

	pthread_mutex_lock(&wake->lock);
	count = wake->count;
	pthread_mutex_unlock(&wake->lock);
	return count;
}

void
wake_wait(struct wake *wake, uint64_t seen, span_ms span)
{
	struct timespec deadline;

	wake_deadline(&deadline, span);
	pthread_mutex_lock(&wake->lock);
	while (wake->count == seen)
		if (pthread_cond_timedwait(&wake->rung, &wake->lock, &deadline) != 0)
			break;
	pthread_mutex_unlock(&wake->lock);
}
