/*
 * bench_calendar: business time of a calendar with fifteen holidays a year and
 * clock changes: how long it takes to ask and to make, and how much it holds.
 */
#include <assent/model/calendar.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 1000000
#define MADE 20
#define RUNS 5
#define T0 INT64_C(1767225600000) /* 2026-01-01 */
#define TEN_YEARS (10 * 365 * MS_DAY)

static const char *const holidays[] = { "01-01", "01-06", "05-01", "05-08", "06-06", "07-14",
	"08-15", "10-03", "10-31", "11-01", "11-11", "12-08", "12-24 09:00-12:00", "12-25",
	"12-26" };
static struct calendar_date dates[ARRAY_LEN(holidays)];
static struct calendar_plan plan;
static struct calendar *calendar;
static int64_t sum; /* so that nothing is left out */

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
set_up(void)
{
	struct date_range range;

	if (zone_get("Europe/Berlin", &plan.zone, NULL) < 0 ||
	    week_hours_fault("mon-thu 08:30-12:00 13:00-17:15", &plan.hours) ||
	    week_hours_fault("fri 08:30-13:00", &plan.hours))
		exit(1);
	for (size_t i = 0; i < ARRAY_LEN(holidays); i++) {
		if (calendar_date_fault(holidays[i], &range))
			exit(1);
		dates[i] = range.date;
	}
	plan.dates = dates;
	plan.date_count = ARRAY_LEN(holidays);
	calendar = calendar_new(&plan);
}

/* Moments without a pattern over ten years. */
static utc_ms
moment(uint64_t i)
{
	return T0 + (utc_ms)(i * UINT64_C(11400714819323198485) % (uint64_t)TEN_YEARS);
}

static void
ask_between(void)
{
	for (uint64_t i = 0; i < ROUNDS; i++)
		sum += calendar_between(calendar, moment(i), moment(i + ROUNDS));
}

static void
ask_after(void)
{
	for (uint64_t i = 0; i < ROUNDS; i++)
		sum += calendar_after(calendar, moment(i), 4 * MS_HOUR + (span_ms)i);
}

static void
make_some(void)
{
	for (int i = 0; i < MADE; i++)
		calendar_free(calendar_new(&plan));
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct row {
	const char *name, *unit, *notes;
	void (*run)(void);
	double scale; /* from seconds a run to the unit */
};

static void
measure(const struct row *row)
{
	double values[RUNS];

	for (int i = 0; i < RUNS; i++) {
		double start = seconds();

		row->run();
		values[i] = (seconds() - start) * row->scale;
	}
	qsort(values, RUNS, sizeof(*values), by_size);
	printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"runs\": %d, "
	       "\"min\": %.1f, \"max\": %.1f, \"notes\": \"%s, %zu bytes\"}\n",
	    row->name, values[RUNS / 2], row->unit, RUNS, values[0], values[RUNS - 1], row->notes,
	    calendar_size(calendar));
}

int
main(void)
{
	static const struct row rows[] = {
		{ "calendar_between", "ns", "business time between two moments of ten years",
		    ask_between, 1e9 / ROUNDS },
		{ "calendar_after", "ns", "the moment four hours and more of business later",
		    ask_after, 1e9 / ROUNDS },
		{ "calendar_make", "ms", "from the settings' texts read, 2000 to 2069", make_some,
		    1e3 / MADE },
	};

	set_up();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		measure(&rows[i]);
	calendar_free(calendar);
	return sum == 0;
}
