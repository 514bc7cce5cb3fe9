#include <assent/base/breaker.h>

#define REST_MOST (10 * MS_MINUTE) /* whatever a peer asks for */

void
breaker_init(struct breaker *breaker)
{
	*breaker = (struct breaker){ 0 };
	pthread_mutex_init(&breaker->lock, NULL);
}

void
breaker_done(struct breaker *breaker)
{
	pthread_mutex_destroy(&breaker->lock);
}

bool
breaker_may(struct breaker *breaker, span_ms now)
{
	bool may;

	pthread_mutex_lock(&breaker->lock);
	may = now >= breaker->until;
	if (may && breaker->failures >= BREAKER_FAILURES) {
		may = !breaker->is_trying;
		breaker->is_trying = true;
	}
	pthread_mutex_unlock(&breaker->lock);
	return may;
}

void
breaker_note(struct breaker *breaker, bool good, span_ms rest, span_ms now)
{
	pthread_mutex_lock(&breaker->lock);
	breaker->is_trying = false;
	breaker->failures = good ? 0 : breaker->failures + 1;
	if (!good && breaker->failures >= BREAKER_FAILURES && rest < BREAKER_REST)
		rest = BREAKER_REST;
	if (rest > REST_MOST)
		rest = REST_MOST;
	if (good)
		breaker->until = 0;
	else if (rest > 0 && now + rest > breaker->until)
		breaker->until = now + rest;
	pthread_mutex_unlock(&breaker->lock);
}

span_ms
breaker_rests(struct breaker *breaker, span_ms now)
{
	span_ms rests;

	pthread_mutex_lock(&breaker->lock);
	rests = breaker->until > now ? breaker->until - now : 0;
	pthread_mutex_unlock(&breaker->lock);
	return rests;
}
