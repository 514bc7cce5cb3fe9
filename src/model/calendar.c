#include "calendar_priv.h"

#include <assent/model/policy.h>

/*
 * Moments are cut to about 140,000 years around 1970, so that nothing below
 * overflows; business time beyond is answered with that last moment.
 */
#define MOMENT_MAX ((int64_t)1 << 52)
#define WEEK_MS ((int64_t)WEEK_S * 1000)

struct place {
	const struct pattern *pattern;
	utc_ms start; /* of the week */
	int64_t before; /* business ms from the first week's start to this one's */
};

static int64_t
cut(int64_t value)
{
	return value > MOMENT_MAX ? MOMENT_MAX : value < -MOMENT_MAX ? -MOMENT_MAX : value;
}

static struct place
place_of(const struct calendar *c, size_t i)
{
	const struct week *week = &c->weeks[i];

	return (struct place){ &c->patterns[week->pattern], (utc_ms)week->start * 1000,
		(int64_t)week->before * 1000 };
}

/* n ordinary weeks beyond week i, which is the first one or the end. */
static struct place
place_beyond(const struct calendar *c, size_t i, int64_t n)
{
	struct place place = place_of(c, i);

	place.pattern = c->patterns;
	place.start += n * WEEK_MS;
	place.before += n * c->patterns->total * 1000;
	return place;
}

/* The week that a moment is in. No week is more than a day longer or shorter than seven. */
static struct place
find_week(const struct calendar *c, utc_ms at)
{
	utc_ms first = (utc_ms)c->weeks[0].start * 1000;
	utc_ms end = (utc_ms)c->weeks[c->count].start * 1000;
	size_t i;

	if (at < first)
		return place_beyond(c, 0, floor_div(at - first, WEEK_MS));
	if (at >= end)
		return place_beyond(c, c->count, (at - end) / WEEK_MS);
	i = (size_t)((at - first) / WEEK_MS);
	if (i >= c->count)
		i = c->count - 1;
	while ((utc_ms)c->weeks[i].start * 1000 > at)
		i--;
	while ((utc_ms)c->weeks[i + 1].start * 1000 <= at)
		i++;
	return place_of(c, i);
}

/* The last piece of a pattern that begins at or before ms of the week, or NULL. */
static const struct piece *
find_piece(const struct calendar *c, const struct pattern *pattern, int64_t ms)
{
	const struct piece *pieces = c->pieces + pattern->first;
	size_t low = 0, high = pattern->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if ((int64_t)pieces[mid].from * 1000 <= ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &pieces[low - 1] : NULL;
}

/* Business ms from the first week's start to that moment; less than 0 before it. */
static int64_t
opened(const struct calendar *c, utc_ms at)
{
	struct place place = find_week(c, at);
	int64_t of_week = at - place.start;
	const struct piece *piece = find_piece(c, place.pattern, of_week);
	int64_t until;

	if (!piece)
		return place.before;
	until = (int64_t)piece->until * 1000;
	return place.before + (int64_t)piece->before * 1000 + (of_week < until ? of_week : until) -
	    (int64_t)piece->from * 1000;
}

/* The week with the moment at which n ms, not fewer, have been open. */
static struct place
find_week_of(const struct calendar *c, int64_t n)
{
	int64_t all = (int64_t)c->weeks[c->count].before * 1000;
	int64_t ordinary = (int64_t)c->patterns->total * 1000;
	size_t low = 0, high = c->count;

	if (n <= 0)
		return place_beyond(c, 0, floor_div(n - 1, ordinary));
	if (n > all)
		return place_beyond(c, c->count, (n - all - 1) / ordinary);
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if ((int64_t)c->weeks[mid].before * 1000 < n)
			low = mid;
		else
			high = mid;
	}
	return place_of(c, low);
}

/* The piece in which the nth of them is, n from 1 to what the pattern has. */
static const struct piece *
find_piece_of(const struct calendar *c, const struct pattern *pattern, int64_t n)
{
	const struct piece *pieces = c->pieces + pattern->first;
	size_t low = 0, high = pattern->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if ((int64_t)pieces[mid].before * 1000 < n)
			low = mid;
		else
			high = mid;
	}
	return &pieces[low];
}

static utc_ms
moment_of(const struct calendar *c, int64_t n)
{
	int64_t weeks = n / ((int64_t)c->patterns->total * 1000);
	struct place place;
	const struct piece *piece;

	if (weeks > MOMENT_MAX / WEEK_MS)
		return MOMENT_MAX;
	place = find_week_of(c, n);
	piece = find_piece_of(c, place.pattern, n - place.before);
	return place.start + (int64_t)piece->from * 1000 + n - place.before -
	    (int64_t)piece->before * 1000;
}

span_ms
calendar_between(const struct calendar *calendar, utc_ms from, utc_ms to)
{
	from = cut(from);
	to = cut(to);
	return calendar ? opened(calendar, to) - opened(calendar, from) : to - from;
}

utc_ms
calendar_after(const struct calendar *calendar, utc_ms from, span_ms business)
{
	from = cut(from);
	business = cut(business);
	if (business <= 0)
		return from;
	if (!calendar)
		return cut(from + business);
	return cut(moment_of(calendar, opened(calendar, from) + business));
}

bool
calendar_is_open(const struct calendar *calendar, utc_ms at)
{
	struct place place;
	const struct piece *piece;

	if (!calendar)
		return true;
	place = find_week(calendar, cut(at));
	piece = find_piece(calendar, place.pattern, cut(at) - place.start);
	return piece && cut(at) - place.start < (int64_t)piece->until * 1000;
}

const struct zone *
calendar_zone(const struct calendar *calendar)
{
	return calendar ? calendar->zone : NULL;
}

/* --- days -------------------------------------------------------------- */

static utc_ms
midnight(const struct zone *zone, int64_t day)
{
	struct civil c = { 0 };

	days_to_date(day, &c);
	return zone_instant(zone, &c);
}

bool
calendar_has_day(const struct calendar *calendar, int64_t day)
{
	return !calendar ||
	    calendar_between(
		calendar, midnight(calendar->zone, day), midnight(calendar->zone, day + 1)) > 0;
}

static int64_t
day_of(const struct civil *c)
{
	return days_to_month(c->year, c->month) + c->day - 1;
}

/* Monday to Friday are those of NULL. */
static bool
is_working_day(const struct calendar *calendar, int64_t day)
{
	int64_t weekday = day + 3 - floor_div(day + 3, 7) * 7;

	return calendar ? calendar_has_day(calendar, day) : weekday < 5;
}

void
calendar_to_working_day(const struct calendar *calendar, struct civil *local)
{
	int64_t day = day_of(local);

	while (!is_working_day(calendar, day))
		day++;
	days_to_date(day, local);
}

utc_ms
calendar_add_days(const struct calendar *calendar, const struct zone *zone, utc_ms from, int n)
{
	struct civil c;

	if (!calendar)
		return zone_add_working_days(zone, from, n);
	if (n <= 0)
		return from;
	zone_civil(calendar->zone, from, &c);
	calendar_to_working_day(calendar, &c);
	for (int i = 0; i < n; i++) {
		c.day++;
		calendar_to_working_day(calendar, &c);
	}
	return zone_instant(calendar->zone, &c) + (from - floor_div(from, 1000) * 1000);
}

const struct calendar *
policy_calendar(const struct policy *policy, const char *organisation)
{
	for (size_t i = 0; organisation && i < policy->organisation_count; i++) {
		const struct policy_organisation *o = &policy->organisations[i];

		if (text_is(o->key, organisation))
			return o->calendar ? o->calendar : policy->calendar;
	}
	return policy->calendar;
}
