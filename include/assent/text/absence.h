#pragma once
/*
 * absence: when does the writer of an absence note come back?
 *
 * From the note's own words, in the languages of languages/absence.dates:
 * "until 14 August" (that day is still away), "back on 17 August", ranges,
 * numeric dates, days of the week. A year that is not written is the next one.
 * Pure and linear in its input.
 */
#include <assent/base/attr.h>

#include <stdbool.h>

/* How a date such as 3/4 is to be read, where nothing in it tells. */
enum date_order {
	DATE_ORDER_UNKNOWN, /* then it is not read */
	DATE_ORDER_DAY,
	DATE_ORDER_MONTH,
};

struct absence_date {
	int year, month, day;
};

/* As people of that locale write dates ("de", "en-US"). */
enum date_order absence_order(const char *locale);

/*
 * The day of return that words name, seen from today: after today and at most
 * a year ahead. False when they name none, or an absurd one; *out then is what
 * it was. The note's quoted text must be cut before.
 */
bool absence_return(const char *words, const struct absence_date *today, enum date_order order,
    struct absence_date *out) MUST_USE;
