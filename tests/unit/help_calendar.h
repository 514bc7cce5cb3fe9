#pragma once
/* help_calendar: calendars as a site writes them. */
#include <assent/model/calendar.h>

#include "help_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define TEXTS_MAX 8

/* A calendar as a site writes it. */
struct site {
	const char *zone;
	const char *hours[TEXTS_MAX];
	const char *holidays[TEXTS_MAX];
	struct calendar_closed closed[3];
	size_t closed_count;
};

static inline size_t
read_dates(const struct site *site, struct calendar_date *out)
{
	struct date_range range;
	size_t n = 0;

	for (const char *const *text = site->holidays; *text; text++) {
		assert_null(calendar_date_fault(*text, &range));
		for (int64_t i = 0; i < range.days; i++) {
			out[n] = range.date;
			out[n++].day += i;
		}
	}
	return n;
}

static inline struct calendar *
make(const struct site *site)
{
	static struct calendar_date dates[400];
	struct calendar_plan plan = { .zone = zone(site->zone),
		.dates = dates,
		.closed = site->closed,
		.closed_count = site->closed_count };

	for (const char *const *text = site->hours; *text; text++)
		assert_null(week_hours_fault(*text, &plan.hours));
	plan.date_count = read_dates(site, dates);
	return calendar_new(&plan);
}
