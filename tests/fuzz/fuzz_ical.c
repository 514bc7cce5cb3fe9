/*
 * Any bytes as an iCalendar file: never a crash, bounded work, a refusal always
 * names a line that the file has, and what was accepted makes a calendar whose
 * business time and moments are inverse.
 */
#include "help_fuzz.h"

#include <assent/model/ical.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOMENT INT64_C(1800000000000)

static void
check_faults(const struct ical *ical, int lines)
{
	if (ical->fault_count == 0 || ical->fault_count > ICAL_FAULTS_MAX)
		abort();
	for (size_t i = 0; i < ical->fault_count; i++)
		if (ical->faults[i].line < 1 || ical->faults[i].line > lines ||
		    !*ical->faults[i].text || strpbrk(ical->faults[i].text, "\r\n"))
			abort();
}

static void
check_closed(const struct ical *ical)
{
	if (ical->fault_count || ical->count > ICAL_CLOSED_MAX)
		abort();
	for (size_t i = 0; i < ical->count; i++)
		if (ical->closed[i].from >= ical->closed[i].until)
			abort();
}

static void
check_calendar(const struct ical *ical, const struct zone *zone)
{
	struct calendar_plan plan = {
		.zone = zone, .closed = ical->closed, .closed_count = ical->count
	};
	AUTO(calendar_freep) struct calendar *calendar = NULL;
	utc_ms after;

	if (week_hours_fault("mon-fri 09:00-17:00", &plan.hours))
		abort();
	calendar = calendar_new(&plan);
	for (size_t i = 0; i < ical->count && i < 50; i++)
		if (!ical->closed[i].is_days && calendar_is_open(calendar, ical->closed[i].from) &&
		    ical->closed[i].from % 1000 == 0)
			abort();
	after = calendar_after(calendar, MOMENT, 1000 * MS_HOUR);
	if (calendar_between(calendar, MOMENT, after) != 1000 * MS_HOUR)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str text = STR_INIT(ICAL_SIZE_MAX + 1);
	const struct zone *zone;
	struct ical ical;

	if (zone_get("Europe/Berlin", &zone, NULL) < 0)
		abort();
	str_add_n(&text, data, size);
	if (ical_read(&text, zone, &ical) < 0) {
		check_faults(&ical, count_lines(data, size));
	} else {
		check_closed(&ical);
		check_calendar(&ical, zone);
	}
	ical_done(&ical);
	return 0;
}
