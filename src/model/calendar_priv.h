#pragma once
/* A calendar's insides, between the files that read, make and ask it. */
#include <assent/model/calendar.h>

#define DAY_MINUTES 1440
#define WEEK_MINUTES (7 * DAY_MINUTES)
#define DAY_S 86400
#define WEEK_S (7 * DAY_S)

/* Open from from to until, seconds since the week's start; before is open until from. */
struct piece {
	uint32_t from, until, before;
};

/* One way a week may look; weeks that look alike share it. */
struct pattern {
	uint32_t first, count; /* of the calendar's pieces */
	uint32_t total;
};

struct week {
	uint32_t start; /* seconds since 1970-01-01T00:00:00Z */
	uint32_t before; /* seconds that were open since the first week's start */
	uint32_t pattern;
};

struct calendar {
	const struct zone *zone;
	struct week *weeks; /* count, and one that only says where the last one ends */
	size_t count;
	struct pattern *patterns; /* the first one is the ordinary week's */
	size_t pattern_count, pattern_room;
	struct piece *pieces;
	size_t piece_count, piece_room;
};

/* Moments in seconds, in their order, apart from each other. */
struct stretch {
	int64_t from, until;
};

struct stretches {
	struct stretch *items;
	size_t count, room;
};

void stretch_add(
    struct stretches *list, int64_t from, int64_t until); /* one with the last if they meet */
void stretches_donep(struct stretches *list);

/* A local date and where it stands in the plan. */
struct date_at {
	int64_t day;
	const struct calendar_date *date;
};

/* Which hours hold on which date. */
struct days {
	const struct zone *zone;
	const struct week_hours *hours;
	const struct date_at *dates; /* by day; the one that wins first */
	size_t date_count;
	const struct stretch *closed; /* days, by day */
	size_t closed_count;
};

/* The open moments in a range of seconds, added to out in their order. */
void days_open(const struct days *days, struct stretch range, struct stretches *out);

/* Is there a date with its own hours, or a closed one, from first to before last? */
bool days_are_special(const struct days *days, int64_t first, int64_t last);

int64_t floor_div(int64_t a, int64_t b);

/* "09:30" at *at in minutes, up to 24:00; moves *at behind it. */
bool take_clock(const char **at, int *minutes);
/* "2026-12-25" at *at as days since 1970-01-01, a date that exists; moves *at behind it. */
bool take_date(const char **at, int64_t *day);
/* "mon" at *at, 0 to 6; moves *at behind it. */
bool take_weekday(const char **at, int *weekday);
