/* Instants as text, and back. */
#include "zone_priv.h"

#include <stdio.h>
#include <string.h>

static const struct zone *
utc_zone(void)
{
	const struct zone *zone = NULL;

	return zone_get("UTC", &zone, NULL) == 0 ? zone : NULL;
}

void
zone_add_text(struct str *out, const struct zone *zone, utc_ms at)
{
	struct civil c;

	zone_civil(zone, at, &c);
	str_addf(
	    out, "%04d-%02d-%02d %02d:%02d %s", c.year, c.month, c.day, c.hour, c.minute, c.abbr);
}

void
zone_add_rfc5322(struct str *out, const struct zone *zone, utc_ms at)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c;
	int minutes;

	zone_civil(zone, at, &c);
	minutes = (c.offset_s < 0 ? -c.offset_s : c.offset_s) / 60;
	str_addf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d", days + 3 * c.weekday, c.day,
	    months + 3 * (c.month - 1), c.year, c.hour, c.minute, c.second,
	    c.offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void
utc_add_iso(struct str *out, utc_ms at)
{
	struct civil c;

	zone_civil(utc_zone(), at, &c);
	str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, c.hour,
	    c.minute, c.second, (int)(((at % 1000) + 1000) % 1000));
}

/* Exactly n digits, at least and at most as told. */
static bool
take_digits(const char **p, int n, int least, int most, int *out)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*out = value;
	return value >= least && value <= most;
}

static bool
take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
take_date(const char **p, struct civil *c)
{
	return take_digits(p, 4, 0, 9999, &c->year) && take_char(p, '-') &&
	    take_digits(p, 2, 1, 12, &c->month) && take_char(p, '-') &&
	    take_digits(p, 2, 1, 31, &c->day) &&
	    c->day <= days_to_month(c->year, c->month + 1) - days_to_month(c->year, c->month);
}

static bool
take_clock(const char **p, struct civil *c)
{
	return take_digits(p, 2, 0, 23, &c->hour) && take_char(p, ':') &&
	    take_digits(p, 2, 0, 59, &c->minute) && take_char(p, ':') &&
	    take_digits(p, 2, 0, 59, &c->second);
}

/* ".5" is 500 ms; what is finer than that is dropped. */
static bool
take_fraction(const char **p, int *ms)
{
	int unit = 100;

	*ms = 0;
	if (!take_char(p, '.'))
		return true;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*ms += (**p - '0') * unit;
	return true;
}

static bool
take_offset(const char **p, int *offset_s)
{
	int sign = **p == '-' ? -1 : 1, h, m;

	*offset_s = 0;
	if (take_char(p, 'Z'))
		return true;
	if (!take_char(p, '+') && !take_char(p, '-'))
		return false;
	if (!take_digits(p, 2, 0, 23, &h) || !take_char(p, ':') || !take_digits(p, 2, 0, 59, &m))
		return false;
	*offset_s = sign * (h * 3600 + m * 60);
	return true;
}

bool
utc_parse_iso(const char *text, utc_ms *out)
{
	struct civil c = { 0 };
	const char *p = text;
	int ms, offset_s;

	if (!text || !take_date(&p, &c) || !take_char(&p, 'T') || !take_clock(&p, &c) ||
	    !take_fraction(&p, &ms) || !take_offset(&p, &offset_s) || *p)
		return false;
	*out = zone_instant(utc_zone(), &c) - (int64_t)offset_s * 1000 + ms;
	return true;
}
