/* Hours and dates as people write them. */
#include "calendar_priv.h"

#include <ctype.h>
#include <string.h>

#define RANGE_DAYS_MAX 366

int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool
take_digits(const char **at, size_t n, int *out)
{
	int value = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)(*at)[i]))
			return false;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += n;
	*out = value;
	return true;
}

static bool
take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static void
skip_blanks(const char **at)
{
	*at += strspn(*at, " ");
}

bool
take_clock(const char **at, int *minutes)
{
	const char *p = *at;
	int hour, minute;

	if (!take_digits(&p, 2, &hour)) {
		p = *at;
		if (!take_digits(&p, 1, &hour))
			return false;
	}
	if (!take_char(&p, ':') || !take_digits(&p, 2, &minute) || minute > 59 ||
	    hour * 60 + minute > DAY_MINUTES)
		return false;
	*minutes = hour * 60 + minute;
	*at = p;
	return true;
}

/* Month and day in year, where there is such a day. */
static bool
take_month_day(const char **at, int year, int64_t *day)
{
	int month, of_month;
	int64_t first;

	if (!take_digits(at, 2, &month) || !take_char(at, '-') || !take_digits(at, 2, &of_month) ||
	    month < 1 || month > 12 || of_month < 1)
		return false;
	first = days_to_month(year, month);
	*day = first + of_month - 1;
	return *day < days_to_month(year, month + 1);
}

bool
take_date(const char **at, int64_t *day)
{
	const char *p = *at;
	int year;

	if (!take_digits(&p, 4, &year) || !take_char(&p, '-') || !take_month_day(&p, year, day))
		return false;
	*at = p;
	return true;
}

bool
take_weekday(const char **at, int *weekday)
{
	static const char names[] = "montuewedthufrisatsun";

	for (int i = 0; i < 7; i++)
		if (strncasecmp(*at, names + 3 * i, 3) == 0 && !isalpha((unsigned char)(*at)[3])) {
			*weekday = i;
			*at += 3;
			return true;
		}
	return false;
}

/* "09:00-17:00"; an end that is not after the beginning is on the next day. */
static const char *
take_time(const char **at, struct week_time *out)
{
	if (!take_clock(at, &out->from) || !take_char(at, '-') || !take_clock(at, &out->until) ||
	    (**at && !strchr(" ,", **at)))
		return "has no time such as 09:00-17:00";
	if (out->from == DAY_MINUTES || out->from == out->until)
		return "has a time that is over when it begins; a whole day is 00:00-24:00";
	if (out->until < out->from)
		out->until += DAY_MINUTES;
	return NULL;
}

static bool
meets(const struct week_hours *hours, struct week_time time)
{
	for (size_t i = 0; i < hours->count; i++)
		for (int shift = -WEEK_MINUTES; shift <= WEEK_MINUTES; shift += WEEK_MINUTES)
			if (time.from < hours->times[i].until + shift &&
			    hours->times[i].from + shift < time.until)
				return true;
	return false;
}

static const char *
add_time(struct week_hours *hours, struct week_time time)
{
	if (meets(hours, time))
		return "meets hours that are given already";
	if (hours->count == CALENDAR_HOURS_MAX)
		return "is more than 56 times a week";
	hours->times[hours->count++] = time;
	return NULL;
}

/* The times behind the days, each added on every day of the bits in days. */
static const char *
take_times(const char *at, unsigned days, struct week_hours *hours)
{
	struct week_time time;
	const char *wrong = NULL;

	do {
		skip_blanks(&at);
		wrong = take_time(&at, &time);
		for (int day = 0; day < 7 && !wrong; day++)
			if (days & 1u << day)
				wrong = add_time(hours,
				    (struct week_time){ time.from + day * DAY_MINUTES,
					time.until + day * DAY_MINUTES });
		take_char(&at, ',');
		skip_blanks(&at);
	} while (!wrong && *at);
	return wrong;
}

/* "mon-fri", "sun-thu", "mon,wed": a bit for each day. */
static bool
take_weekdays(const char **at, unsigned *days)
{
	int from, until;

	*days = 0;
	do {
		if (!take_weekday(at, &from))
			return false;
		until = from;
		if (take_char(at, '-') && !take_weekday(at, &until))
			return false;
		for (int day = from;; day = (day + 1) % 7) {
			*days |= 1u << day;
			if (day == until)
				break;
		}
	} while (take_char(at, ','));
	return **at == ' ';
}

const char *
week_hours_fault(const char *text, struct week_hours *hours)
{
	struct week_hours all = *hours;
	const char *wrong;
	unsigned days;

	if (!take_weekdays(&text, &days))
		return "does not begin with days such as mon-fri or sat";
	wrong = take_times(text, days, &all);
	if (!wrong)
		*hours = all;
	return wrong;
}

/* --- dates ------------------------------------------------------------- */

static bool
is_in_years(int64_t day)
{
	return day >= days_to_month(CALENDAR_YEAR_FIRST, 1) &&
	    day < days_to_month(CALENDAR_YEAR_LAST + 1, 1);
}

static const char *
take_days(const char **at, struct date_range *out)
{
	int64_t last;

	if (take_date(at, &out->date.day)) {
		last = out->date.day;
		if (take_char(at, '/') && !take_date(at, &last))
			return "has no second day such as 2027-01-01";
		if (last < out->date.day || last - out->date.day >= RANGE_DAYS_MAX)
			return "ends before it begins, or is longer than a year";
		if (!is_in_years(out->date.day) || !is_in_years(last))
			return "is outside the years 2000 to 2069";
		out->days = last - out->date.day + 1;
		return NULL;
	}
	/* A leap year: 29 February is a day that some years have. */
	if (!take_month_day(at, 2000, &out->date.day))
		return "is no day; write it as 2026-12-25, or 12-25 for every year";
	out->date.yearly = true;
	out->days = 1;
	return NULL;
}

const char *
calendar_date_fault(const char *text, struct date_range *out)
{
	const char *wrong;

	*out = (struct date_range){ .days = 0 };
	wrong = take_days(&text, out);
	if (wrong || !*text)
		return wrong;
	if (*text != ' ')
		return "has something behind the day";
	return take_times(text, 1, &out->date.hours);
}

/* --- the wall clock ---------------------------------------------------- */

bool
week_hours_has(const struct week_hours *hours, const struct zone *zone, utc_ms at)
{
	struct civil c;
	int minute;

	zone_civil(zone, at, &c);
	minute = (c.weekday + 6) % 7 * DAY_MINUTES + c.hour * 60 + c.minute;
	for (size_t i = 0; i < hours->count; i++) {
		const struct week_time *t = &hours->times[i];

		if ((minute >= t->from && minute < t->until) || minute + WEEK_MINUTES < t->until)
			return true;
	}
	return false;
}

int
week_hours_gap(const struct week_hours *hours)
{
	int minute = 0;

	for (size_t i = 0; i < hours->count;) {
		const struct week_time *t = &hours->times[i];
		bool here =
		    (minute >= t->from && minute < t->until) || minute + WEEK_MINUTES < t->until;

		if (!here) {
			i++;
			continue;
		}
		minute = minute + WEEK_MINUTES < t->until ? t->until - WEEK_MINUTES : t->until;
		if (minute >= WEEK_MINUTES)
			return -1;
		i = 0;
	}
	return minute;
}

utc_ms
week_hours_end(const struct week_hours *hours, const struct zone *zone, utc_ms at)
{
	AUTO(stretches_donep) struct stretches open = { 0 };
	const struct days days = { .zone = zone, .hours = hours };
	int64_t second = floor_div(at, 1000);

	if (!week_hours_has(hours, zone, at))
		return at;
	if (week_hours_gap(hours) < 0)
		return -1;
	days_open(&days, (struct stretch){ second, second + 2 * WEEK_S }, &open);
	return open.items[0].until * 1000;
}
