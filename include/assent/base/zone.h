#pragma once
/*
 * zone: local time by IANA name, from the system's TZif files (RFC 8536,
 * footer rule included). A zone is immutable once loaded and may be shared.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

struct zone;

struct civil { /* proleptic Gregorian, local */
	int year, month, day; /* month 1-12, day 1-31 */
	int hour, minute, second;
	int weekday; /* 0 Sunday ... 6 Saturday */
	int offset_s; /* east of UTC */
	char abbr[8]; /* such as "CET" */
};

/* Days from 1970-01-01 to the first of a month; month may be out of range. */
int64_t days_to_month(int64_t year, int64_t month);
/* The civil date of a day number: year, month, day and weekday of out. */
void days_to_date(int64_t days, struct civil *out);

/*
 * Load name ("Europe/Berlin", "UTC") from /usr/share/zoneinfo, or from the
 * folder in TZDIR; names with "..", or a leading "/" are refused. A zone is
 * cached for the life of the process: the caller never frees it.
 * ERR_NOT_FOUND for an unknown name, ERR_INVALID for a broken file.
 */
int zone_get(const char *name, const struct zone **out, struct err *err) MUST_USE;

/* The machine's own zone: TZ, else /etc/localtime, else UTC; never NULL. */
const struct zone *zone_local(void);

void zone_civil(const struct zone *zone, utc_ms at, struct civil *out);

/*
 * The instant of a local time. In a gap (spring) the time is moved forward by
 * the gap; a doubled time (autumn) means its first occurrence. Fields out of
 * range are carried (day 32, hour 25), weekday, offset and abbr are ignored.
 */
utc_ms zone_instant(const struct zone *zone, const struct civil *local);

/*
 * The same local time n working days (Monday to Friday) later; n from 0 to a
 * million (it is a setting with a bound). With
 * n = 0 the instant itself. From a weekend the count starts on Monday, so that
 * one day from Saturday is Tuesday: a person has Monday to answer.
 */
utc_ms zone_add_working_days(const struct zone *zone, utc_ms from, int n);

/* "2026-11-21 09:30 CET" and "Sat, 21 Nov 2026 09:30:00 +0100" (RFC 5322). */
void zone_add_text(struct str *out, const struct zone *zone, utc_ms at);
void zone_add_rfc5322(struct str *out, const struct zone *zone, utc_ms at);

/* "2026-11-21T08:30:00.000Z", always UTC, for JSON; and back (also "+01:00"). */
void utc_add_iso(struct str *out, utc_ms at);
bool utc_parse_iso(const char *text, utc_ms *out) MUST_USE;
