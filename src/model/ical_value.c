/* iCalendar, the values: RFC 5545 sections 3.3.4 to 3.3.6. */
#include "ical_priv.h"

#include "calendar_priv.h"

#include <ctype.h>
#include <string.h>

#define YEAR_MIN 1900
#define YEAR_MAX 2199
#define LENGTH_DIGITS_MAX 6

static bool
take_number(const char **at, size_t digits, int *out)
{
	*out = 0;
	for (size_t i = 0; i < digits; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

/* "20261225" */
static bool
take_day(const char **at, int64_t *out)
{
	int year, month, day;

	if (!take_number(at, 4, &year) || !take_number(at, 2, &month) ||
	    !take_number(at, 2, &day) || year < YEAR_MIN || year > YEAR_MAX || month < 1 ||
	    month > 12 || day < 1)
		return false;
	*out = days_to_month(year, month) + day - 1;
	return *out < days_to_month(year, month + 1);
}

/* "T093000"; RFC 5545 allows a 60th second. */
static bool
take_second(const char **at, int *out)
{
	int hour, minute, second;

	if (*(*at)++ != 'T' || !take_number(at, 2, &hour) || !take_number(at, 2, &minute) ||
	    !take_number(at, 2, &second) || hour > 23 || minute > 59 || second > 60)
		return false;
	*out = hour * 3600 + minute * 60 + second;
	return true;
}

/* "/example.org/tz/Europe/Berlin" is a name, too: of somebody's registry (section 3.8.3.1). */
static const struct zone *
zone_named(const char *name)
{
	const struct zone *zone = NULL;

	while (*name == '/' && zone_get(name + 1, &zone, NULL) < 0)
		name = strchrnul(name + 1, '/');
	if (!zone && zone_get(name, &zone, NULL) < 0)
		return NULL;
	return zone;
}

/* Which wall clock a time that does not end with Z is of. */
static bool
find_zone(struct ical_reader *reader, const struct ical_line *line, struct ical_time *out)
{
	const char *name = ical_param(line, "TZID");

	if (!name)
		return true;
	out->zone = zone_named(name);
	if (!out->zone)
		return ical_refuse(reader, line->line,
		    "%s: unknown time zone '%.60s'; only names such as Europe/Berlin are known",
		    line->name, name);
	return true;
}

static bool
is_of_type(const struct ical_line *line, const struct ical_time *time)
{
	const char *type = ical_param(line, "VALUE");

	if (!type || text_is_nocase(type, "PERIOD"))
		return true;
	return text_is_nocase(type, time->is_day ? "DATE" : "DATE-TIME");
}

static bool
refuse_time(struct ical_reader *reader, const struct ical_line *line, const char *text)
{
	return ical_refuse(reader, line->line,
	    "%s: '%.40s' is no day or time such as 20261225 or 20261224T120000 in 1900 to 2199",
	    line->name, text);
}

bool
ical_read_time(struct ical_reader *reader, const struct ical_line *line, const char *text,
    struct ical_time *out)
{
	struct ical_time time = { .zone = reader->zone };
	const char *at = text;

	if (!take_day(&at, &time.day))
		return refuse_time(reader, line, text);
	time.is_day = *at == '\0';
	if (!time.is_day && !take_second(&at, &time.second))
		return refuse_time(reader, line, text);
	if (!is_of_type(line, &time))
		return ical_refuse(
		    reader, line->line, "%s: '%.40s' is not what VALUE says", line->name, text);
	if (*at == 'Z' && !at[1] && !ical_param(line, "TZID")) {
		if (zone_get("UTC", &time.zone, NULL) < 0)
			return false;
	} else if (*at) {
		return refuse_time(reader, line, text);
	} else if (!find_zone(reader, line, &time)) {
		return false;
	}
	*out = time;
	return true;
}

int64_t
ical_moment(const struct ical_time *time)
{
	struct civil c = { 0 };

	if (time->is_day)
		return time->day;
	days_to_date(time->day, &c);
	c.second = time->second;
	return zone_instant(time->zone, &c);
}

/* --- how long ------------------------------------------------------------ */

struct unit {
	char letter;
	bool timed; /* behind the T */
	int days, seconds;
};

/* clang-format off */
static const struct unit units[] = {
	{ 'W', false, 7, 0 }, { 'D', false, 1, 0 },
	{ 'H', true, 0, 3600 }, { 'M', true, 0, 60 }, { 'S', true, 0, 1 },
};
/* clang-format on */

/* "15D" and the like, each unit once and in its order. */
static bool
take_unit(const char **at, bool timed, size_t *unit, struct ical_length *out)
{
	size_t digits = strspn(*at, "0123456789");
	int n;

	if (digits == 0 || digits > LENGTH_DIGITS_MAX || !take_number(at, digits, &n))
		return false;
	while (*unit < ARRAY_LEN(units) &&
	    (units[*unit].letter != **at || units[*unit].timed != timed))
		++*unit;
	if (*unit == ARRAY_LEN(units))
		return false;
	out->days += (int64_t)n * units[*unit].days;
	out->seconds += (int64_t)n * units[*unit].seconds;
	++*unit;
	++*at;
	return true;
}

static bool
take_length(const char *at, struct ical_length *out)
{
	bool timed = false;
	size_t unit = 0;

	if (*at == '+')
		at++;
	if (*at++ != 'P')
		return false;
	do {
		if (*at == 'T' && !timed) {
			timed = true;
			at++;
		}
		if (!take_unit(&at, timed, &unit, out))
			return false;
	} while (*at);
	return out->days > 0 || out->seconds > 0;
}

bool
ical_read_length(struct ical_reader *reader, const struct ical_line *line, const char *text,
    struct ical_length *out)
{
	*out = (struct ical_length){ 0 };
	if (take_length(text, out))
		return true;
	return ical_refuse(reader, line->line,
	    "%s: '%.40s' is no time such as P1D or PT4H30M that is longer than none", line->name,
	    text);
}
