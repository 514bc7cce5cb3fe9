#pragma once
/*
 * calendar: business time.
 *
 * A calendar is the hours of a week on the wall clocks of one zone, less the
 * days and times that are closed. A moment is business time if the wall clock
 * shows a time inside the hours of that day; hours that pass midnight belong
 * to the day on which they begin. So a day of 9 to 17 has eight hours on every
 * date, an hour that the clocks skip does not exist, and one that they repeat
 * counts twice. A closed day is closed from midnight to midnight.
 *
 * It is made once, immutable, and read by any thread. Every call is a binary
 * search or less, however far apart the moments. Holidays and clock changes
 * are known from 2000 to 2069; before and after every week is an ordinary one.
 *
 * Where a calendar is NULL all time is business time.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/str.h>
#include <assent/base/zone.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_YEAR_FIRST 2000
#define CALENDAR_YEAR_LAST 2069
#define CALENDAR_HOURS_MAX 56 /* times in one week */

struct calendar;

/* Minutes on the wall clock since Monday 00:00; until is up to a day past the week's end. */
struct week_time {
	int from, until;
};

struct week_hours {
	struct week_time times[CALENDAR_HOURS_MAX];
	size_t count;
};

/* A local date that has other hours than its day of the week. */
struct calendar_date {
	int64_t day; /* since 1970-01-01 */
	bool yearly; /* on this date in every year */
	struct week_hours hours; /* from: minutes since its midnight; none: closed */
};

/* A closed time: days of the calendar's zone, or moments. until is the first that is open. */
struct calendar_closed {
	bool is_days;
	int64_t from, until; /* days since 1970-01-01, or utc_ms */
};

struct calendar_plan {
	const struct zone *zone;
	struct week_hours hours; /* at least one */
	const struct calendar_date *dates; /* they win over closed days */
	size_t date_count;
	const struct calendar_closed *closed;
	size_t closed_count;
};

/*
 * Each reads one text and returns NULL, or the piece of a sentence that says
 * what is wrong with it.
 *
 * "mon-fri 09:00-12:00 13:00-17:00", "sat 22:00-06:00", "mon-sun 00:00-24:00":
 * added to hours, which must not meet hours that are there already.
 * "2026-12-25" (closed), "12-25" (every year), "2026-12-24/2027-01-01" (the last
 * day included), "2026-12-24 09:00-13:00" (its hours on that day): one entry to
 * out for a day, count for a range.
 */
const char *week_hours_fault(const char *text, struct week_hours *hours) MUST_USE;
struct date_range {
	struct calendar_date date; /* the first one */
	int64_t days; /* how many */
};
const char *calendar_date_fault(const char *text, struct date_range *out) MUST_USE;

/* Is the wall clock of zone inside hours? */
bool week_hours_has(const struct week_hours *hours, const struct zone *zone, utc_ms at);

/* The first moment from at on that is outside hours; at itself where it is. Never is -1. */
utc_ms week_hours_end(const struct week_hours *hours, const struct zone *zone, utc_ms at);

/* The first minute of the week that no hours cover, or -1. */
int week_hours_gap(const struct week_hours *hours);

/* plan is not kept. */
struct calendar *calendar_new(const struct calendar_plan *plan) MUST_USE;
void calendar_free(struct calendar *calendar);
FREEP(struct calendar, calendar_free)

const struct zone *calendar_zone(const struct calendar *calendar); /* NULL for NULL */

bool calendar_is_open(const struct calendar *calendar, utc_ms at);

/* The business time between two moments; less than 0 where to is the earlier one. */
span_ms calendar_between(const struct calendar *calendar, utc_ms from, utc_ms to);

/*
 * The earliest moment with that much business time since from; from itself for
 * 0 and less. calendar_between(from, calendar_after(from, n)) is n.
 */
utc_ms calendar_after(const struct calendar *calendar, utc_ms from, span_ms business);

/* Has that local date any business time? day counts from 1970-01-01. */
bool calendar_has_day(const struct calendar *calendar, int64_t day);

/*
 * zone_add_working_days() where a working day is one with business time: the
 * same local time n of them later, counted from the next one where from is on
 * none. With a NULL calendar that function, in zone.
 */
utc_ms calendar_add_days(
    const struct calendar *calendar, const struct zone *zone, utc_ms from, int n);

/* Move local to the working day that it is on or that comes next; its time is kept. */
void calendar_to_working_day(const struct calendar *calendar, struct civil *local);

/* The bytes it takes, for the bench. */
size_t calendar_size(const struct calendar *calendar);

/* The calendar of an organisation (key): its own, else the site's, else NULL. */
struct policy;
const struct calendar *policy_calendar(const struct policy *policy, const char *organisation);
