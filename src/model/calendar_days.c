/* From hours on wall clocks to moments: the one place that knows of clock changes. */
#include "calendar_priv.h"

#include <string.h>

#define DAY_TIMES_MAX (2 * CALENDAR_HOURS_MAX)

/* The minutes of one local date that are open, in their order. */
struct day_times {
	struct week_time times[DAY_TIMES_MAX];
	size_t count;
};

void
stretch_add(struct stretches *list, int64_t from, int64_t until)
{
	if (from >= until)
		return;
	if (list->count && list->items[list->count - 1].until >= from) {
		if (list->items[list->count - 1].until < until)
			list->items[list->count - 1].until = until;
		return;
	}
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 32;
		list->items = mem_grow(list->items, list->room * sizeof(*list->items));
	}
	list->items[list->count++] = (struct stretch){ from, until };
}

void
stretches_donep(struct stretches *list)
{
	mem_free(list->items);
	*list = (struct stretches){ 0 };
}

/* The place of the first date at or after day. */
static size_t
date_place(const struct days *days, int64_t day)
{
	size_t low = 0, high = days->date_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (days->dates[mid].day < day)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct calendar_date *
date_of(const struct days *days, int64_t day)
{
	size_t at = date_place(days, day);

	return at < days->date_count && days->dates[at].day == day ? days->dates[at].date : NULL;
}

/* Does a closed stretch meet the days from first to before last? */
static bool
is_closed(const struct days *days, int64_t first, int64_t last)
{
	size_t low = 0, high = days->closed_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (days->closed[mid].until <= first)
			low = mid + 1;
		else
			high = mid;
	}
	return low < days->closed_count && days->closed[low].from < last;
}

bool
days_are_special(const struct days *days, int64_t first, int64_t last)
{
	size_t at = date_place(days, first);

	return (at < days->date_count && days->dates[at].day < last) ||
	    is_closed(days, first, last);
}

/* Sorted in, one with those that it touches. */
static void
put_time(struct day_times *out, int from, int until)
{
	size_t at = out->count;

	if (from >= until)
		return;
	while (at > 0 && out->times[at - 1].from > from)
		at--;
	memmove(&out->times[at + 1], &out->times[at], (out->count - at) * sizeof(out->times[0]));
	out->times[at] = (struct week_time){ from, until };
	out->count++;
}

/* What begins on day, seen from a date that is behind days later (0 or 1). */
static void
put_hours(const struct days *days, int64_t day, int behind, struct day_times *out)
{
	const struct calendar_date *date = date_of(days, day);
	bool own = date && date->hours.count;
	const struct week_hours *hours = own ? &date->hours : days->hours;
	/* 1970-01-01 was a Thursday. */
	int weekday = (int)(day + 3 - floor_div(day + 3, 7) * 7);
	int base = own ? 0 : weekday * DAY_MINUTES, shift = base + behind * DAY_MINUTES;

	for (size_t i = 0; i < hours->count; i++) {
		const struct week_time *t = &hours->times[i];
		int from = t->from - shift, until = t->until - shift;

		if (t->from >= base && t->from < base + DAY_MINUTES)
			put_time(
			    out, from < 0 ? 0 : from, until > DAY_MINUTES ? DAY_MINUTES : until);
	}
}

static void
times_of(const struct days *days, int64_t day, struct day_times *out)
{
	const struct calendar_date *date = date_of(days, day);

	out->count = 0;
	if (date ? date->hours.count == 0 : is_closed(days, day, day + 1))
		return;
	put_hours(days, day - 1, 1, out);
	put_hours(days, day, 0, out);
}

static int64_t
offset_at(const struct zone *zone, int64_t second)
{
	struct civil c;

	zone_civil(zone, second * 1000, &c);
	return c.offset_s;
}

/* The first second of range, not its first one, with another offset; else its end. */
static int64_t
next_change(const struct zone *zone, struct stretch range)
{
	int64_t offset = offset_at(zone, range.from), low = range.from, high = low;

	do {
		low = high;
		if (low >= range.until)
			return range.until;
		high = low + DAY_S < range.until ? low + DAY_S : range.until;
	} while (offset_at(zone, high) == offset);
	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (offset_at(zone, mid) == offset)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* Seconds of local time that all have one offset. */
static void
open_of_local(const struct days *days, struct stretch local, int64_t offset, struct stretches *out)
{
	struct day_times open;
	int64_t last = floor_div(local.until - 1, DAY_S);

	for (int64_t day = floor_div(local.from, DAY_S); day <= last; day++) {
		times_of(days, day, &open);
		for (size_t i = 0; i < open.count; i++) {
			int64_t from = day * DAY_S + open.times[i].from * 60;
			int64_t until = day * DAY_S + open.times[i].until * 60;

			stretch_add(out, (from > local.from ? from : local.from) - offset,
			    (until < local.until ? until : local.until) - offset);
		}
	}
}

void
days_open(const struct days *days, struct stretch range, struct stretches *out)
{
	while (range.from < range.until) {
		int64_t offset = offset_at(days->zone, range.from);
		int64_t change = next_change(days->zone, range);

		open_of_local(
		    days, (struct stretch){ range.from + offset, change + offset }, offset, out);
		range.from = change;
	}
}
