/* Making a calendar: every week once, weeks that look alike as one pattern. */
#include "calendar_priv.h"

#include <stdlib.h>
#include <string.h>

#define YEARS (CALENDAR_YEAR_LAST - CALENDAR_YEAR_FIRST + 1)

struct make {
	struct calendar *calendar;
	struct days days;
	struct date_at *dates;
	struct stretches closed_days, closed; /* closed: seconds */
	size_t closed_at; /* the first of closed that is not over */
	struct stretches open, left; /* of the week at hand */
};

static void
make_donep(struct make *make)
{
	mem_free(make->dates);
	stretches_donep(&make->closed_days);
	stretches_donep(&make->closed);
	stretches_donep(&make->open);
	stretches_donep(&make->left);
}

/* --- the plan, sorted -------------------------------------------------- */

static int
compare_dates(const void *left, const void *right)
{
	const struct date_at *a = left, *b = right;

	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	/* A day of one year wins over its like of every year, the first over the next. */
	if (a->date->yearly != b->date->yearly)
		return a->date->yearly ? 1 : -1;
	return a->date < b->date ? -1 : a->date > b->date;
}

static size_t
put_date(struct date_at *out, const struct calendar_date *date)
{
	struct civil c;
	size_t n = 0;

	if (!date->yearly) {
		*out = (struct date_at){ date->day, date };
		return 1;
	}
	days_to_date(date->day, &c);
	for (int year = CALENDAR_YEAR_FIRST; year <= CALENDAR_YEAR_LAST; year++) {
		int64_t day = days_to_month(year, c.month) + c.day - 1;

		if (day < days_to_month(year, c.month + 1))
			out[n++] = (struct date_at){ day, date };
	}
	return n;
}

static void
sort_dates(struct make *make, const struct calendar_plan *plan)
{
	size_t n = 0;

	make->dates = mem_alloc((plan->date_count * YEARS + 1) * sizeof(*make->dates));
	for (size_t i = 0; i < plan->date_count; i++)
		n += put_date(make->dates + n, &plan->dates[i]);
	qsort(make->dates, n, sizeof(*make->dates), compare_dates);
	make->days.dates = make->dates;
	make->days.date_count = n;
}

static int
compare_closed(const void *left, const void *right)
{
	const struct calendar_closed *a = left, *b = right;

	return a->from < b->from ? -1 : a->from > b->from;
}

/* The seconds that a closed time touches. */
static void
put_closed(struct make *make, const struct calendar_closed *c)
{
	if (c->is_days)
		stretch_add(&make->closed_days, c->from, c->until);
	else
		stretch_add(
		    &make->closed, floor_div(c->from, 1000), floor_div(c->until + 999, 1000));
}

static void
sort_closed(struct make *make, const struct calendar_plan *plan)
{
	size_t n = plan->closed_count;
	struct calendar_closed *sorted = mem_alloc((n + 1) * sizeof(*sorted));

	if (n)
		memcpy(sorted, plan->closed, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_closed);
	for (size_t i = 0; i < n; i++)
		put_closed(make, &sorted[i]);
	mem_free(sorted);
	make->days.closed = make->closed_days.items;
	make->days.closed_count = make->closed_days.count;
}

/* --- patterns ---------------------------------------------------------- */

static void
add_piece(struct calendar *c, struct piece piece)
{
	if (c->piece_count == c->piece_room) {
		c->piece_room = c->piece_room ? 2 * c->piece_room : 64;
		c->pieces = mem_grow(c->pieces, c->piece_room * sizeof(*c->pieces));
	}
	c->pieces[c->piece_count++] = piece;
}

/* The pieces of open behind all others, as seconds since start; how long they are. */
static uint32_t
add_pieces(struct calendar *c, const struct stretches *open, int64_t start)
{
	uint32_t before = 0;

	for (size_t i = 0; i < open->count; i++) {
		struct piece piece = { (uint32_t)(open->items[i].from - start),
			(uint32_t)(open->items[i].until - start), before };

		before += piece.until - piece.from;
		add_piece(c, piece);
	}
	return before;
}

static bool
is_same(const struct calendar *c, const struct pattern *a, const struct pattern *b)
{
	return a->total == b->total && a->count == b->count &&
	    memcmp(c->pieces + a->first, c->pieces + b->first, a->count * sizeof(*c->pieces)) == 0;
}

static uint32_t
pattern_of(struct calendar *c, const struct stretches *open, int64_t start)
{
	struct pattern fresh = { .first = (uint32_t)c->piece_count,
		.count = (uint32_t)open->count };

	fresh.total = add_pieces(c, open, start);
	for (size_t i = 0; i < c->pattern_count; i++)
		if (is_same(c, &c->patterns[i], &fresh)) {
			c->piece_count = fresh.first;
			return (uint32_t)i;
		}
	if (c->pattern_count == c->pattern_room) {
		c->pattern_room = c->pattern_room ? 2 * c->pattern_room : 16;
		c->patterns = mem_grow(c->patterns, c->pattern_room * sizeof(*c->patterns));
	}
	c->patterns[c->pattern_count] = fresh;
	return (uint32_t)c->pattern_count++;
}

/* --- weeks ------------------------------------------------------------- */

static int64_t
second_of_day(const struct zone *zone, int64_t day)
{
	struct civil c = { 0 };

	days_to_date(day, &c);
	return floor_div(zone_instant(zone, &c), 1000);
}

/* As a zone without clock changes has it: of UTC, a week that touches no date. */
static void
make_ordinary(struct make *make)
{
	struct days days = { .hours = make->days.hours };

	if (zone_get("UTC", &days.zone, NULL) < 0)
		abort();
	make->open.count = 0;
	days_open(&days, (struct stretch){ 4 * DAY_S, 4 * DAY_S + WEEK_S }, &make->open);
	pattern_of(make->calendar, &make->open, 4 * DAY_S);
}

/* What is open and not closed, into left. */
static void
subtract(struct make *make)
{
	const struct stretches *closed = &make->closed;
	size_t k = make->closed_at;

	make->left.count = 0;
	for (size_t i = 0; i < make->open.count; i++) {
		int64_t at = make->open.items[i].from, until = make->open.items[i].until;

		while (k < closed->count && closed->items[k].until <= at)
			k++;
		for (size_t j = k; j < closed->count && closed->items[j].from < until; j++) {
			stretch_add(&make->left, at, closed->items[j].from);
			if (closed->items[j].until > at)
				at = closed->items[j].until;
		}
		stretch_add(&make->left, at, until);
	}
}

static bool
has_one_offset(const struct zone *zone, struct stretch week)
{
	struct civil first, now;

	if (week.until - week.from != WEEK_S)
		return false;
	zone_civil(zone, week.from * 1000, &first);
	for (int64_t at = week.from; at < week.until; at += DAY_S) {
		zone_civil(zone, (at + DAY_S - 1) * 1000, &now);
		if (now.offset_s != first.offset_s)
			return false;
	}
	return true;
}

static uint32_t
make_week(struct make *make, int64_t day, struct stretch week)
{
	const struct stretches *closed = &make->closed;
	size_t *k = &make->closed_at;

	while (*k < closed->count && closed->items[*k].until <= week.from)
		(*k)++;
	if ((*k == closed->count || closed->items[*k].from >= week.until) &&
	    !days_are_special(&make->days, day - 1, day + 7) &&
	    has_one_offset(make->days.zone, week))
		return 0;
	make->open.count = 0;
	days_open(&make->days, week, &make->open);
	subtract(make);
	return pattern_of(make->calendar, &make->left, week.from);
}

/* The Monday on or after a day. */
static int64_t
monday_from(int64_t day)
{
	return day + 6 - (day + 9 - floor_div(day + 9, 7) * 7);
}

static void
make_weeks(struct make *make)
{
	struct calendar *c = make->calendar;
	int64_t first = monday_from(days_to_month(CALENDAR_YEAR_FIRST, 1));
	int64_t last = monday_from(days_to_month(CALENDAR_YEAR_LAST + 1, 1));
	int64_t start = second_of_day(c->zone, first), until;
	uint32_t before = 0;

	c->count = (size_t)(last - first) / 7;
	c->weeks = mem_alloc((c->count + 1) * sizeof(*c->weeks));
	for (size_t i = 0; i <= c->count; i++, start = until) {
		int64_t day = first + 7 * (int64_t)i;
		uint32_t pattern = 0;

		until = second_of_day(c->zone, day + 7);
		if (i < c->count)
			pattern = make_week(make, day, (struct stretch){ start, until });
		c->weeks[i] = (struct week){ (uint32_t)start, before, pattern };
		before += c->patterns[pattern].total;
	}
}

/* Nothing is added any more. */
static void
shrink(struct calendar *c)
{
	c->patterns = mem_grow(c->patterns, c->pattern_count * sizeof(*c->patterns));
	c->pieces = mem_grow(c->pieces, c->piece_count * sizeof(*c->pieces));
}

struct calendar *
calendar_new(const struct calendar_plan *plan)
{
	struct calendar *c = mem_alloc(sizeof(*c));
	AUTO(make_donep) struct make make = { .calendar = c };

	c->zone = plan->zone;
	make.days.zone = plan->zone;
	make.days.hours = &plan->hours;
	sort_dates(&make, plan);
	sort_closed(&make, plan);
	make_ordinary(&make);
	make_weeks(&make);
	shrink(c);
	return c;
}

void
calendar_free(struct calendar *c)
{
	if (!c)
		return;
	mem_free(c->weeks);
	mem_free(c->patterns);
	mem_free(c->pieces);
	mem_free(c);
}

size_t
calendar_size(const struct calendar *c)
{
	return sizeof(*c) + (c->count + 1) * sizeof(*c->weeks) +
	    c->pattern_count * sizeof(*c->patterns) + c->piece_count * sizeof(*c->pieces);
}
