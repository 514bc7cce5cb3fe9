#include "daemon/mailbox_imap_priv.h"

/* Four fifths to six fifths of span, the same for the same seed. */
static span_ms
spread(span_ms span, uint64_t seed)
{
	seed ^= seed >> 33;
	seed *= UINT64_C(0xff51afd7ed558ccd);
	seed ^= seed >> 33;
	return span - span / 5 + (span_ms)(seed % (uint64_t)(2 * span / 5 + 1));
}

static span_ms
doubled(unsigned failures, span_ms most)
{
	span_ms span = RETREAT_FIRST;

	while (--failures > 0 && span < most)
		span *= 2;
	return span < most ? span : most;
}

static span_ms
most_of(enum mishap mishap)
{
	if (mishap == MISHAP_SECRET)
		return RETREAT_SECRET;
	return mishap == MISHAP_SOFT ? RETREAT_SOFT : RETREAT_MOST;
}

span_ms
retreat_after(struct retreat *retreat, enum mishap mishap, uint64_t seed)
{
	if (mishap == MISHAP_FLIGHT)
		return RETREAT_FLIGHT;
	retreat->failures++;
	retreat->deaths = mishap == MISHAP_DEATH ? retreat->deaths + 1 : 0;
	retreat->is_parked = retreat->deaths >= PARK_DEATHS || mishap == MISHAP_EVERY;
	if (retreat->is_parked)
		return PARK_TIME;
	seed += retreat->failures;
	if (mishap == MISHAP_FINAL)
		return spread(RETREAT_MOST, seed);
	return spread(doubled(retreat->failures, most_of(mishap)), seed);
}

bool
retreat_is_bad(const struct retreat *retreat, enum mishap mishap)
{
	return retreat->is_parked || mishap == MISHAP_FINAL || retreat->failures >= TELL_FAILURES;
}
