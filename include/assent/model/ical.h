#pragma once
/*
 * ical: the closed times in an iCalendar file (RFC 5545).
 *
 * Read are VEVENTs: DTSTART and DTEND or DURATION as DATE or DATE-TIME (UTC,
 * TZID with an IANA name, or floating: the calendar's zone), RRULE with
 * FREQ=YEARLY, RDATE, EXDATE, and STATUS:CANCELLED, which takes the event out.
 * What an event is called, and whether it is TRANSPARENT (public holidays often
 * are), does not matter. Everything else that would move or hide an event is a
 * fault, never passed over.
 *
 * The work is bounded by ICAL_SIZE_MAX, ICAL_CLOSED_MAX and the years of a
 * calendar.
 */
#include <assent/model/calendar.h>

#define ICAL_SIZE_MAX ((size_t)1 << 20)
#define ICAL_CLOSED_MAX 20000
#define ICAL_FAULTS_MAX 20 /* then reading stops */

struct ical_fault {
	int line; /* from 1 */
	char text[200];
};

struct ical {
	struct calendar_closed *closed; /* in the order of the file */
	size_t count, room;
	struct ical_fault faults[ICAL_FAULTS_MAX];
	size_t fault_count;
};

/*
 * Read text; zone is that of floating times. 0, or ERR_INVALID with at least
 * one fault. ical_done() in both cases.
 */
int ical_read(const struct str *text, const struct zone *zone, struct ical *out) MUST_USE;
void ical_done(struct ical *ical);
