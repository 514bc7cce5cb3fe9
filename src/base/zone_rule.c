/* The rule in a TZif footer (POSIX TZ, with the extensions of RFC 8536 section 3.3.1). */
#include "zone_priv.h"

#include <string.h>

#define LONGEST_OFFSET (26 * 3600)

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
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
take_number(const char **p, int most, int *out)
{
	int n = 0;

	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++) {
		n = n * 10 + (**p - '0');
		if (n > most)
			return false;
	}
	*out = n;
	return true;
}

/* hh[:mm[:ss]] with a sign, in seconds */
static bool
take_time(const char **p, int *out)
{
	int sign = take_char(p, '-') ? -1 : 1, h, m = 0, s = 0;

	if (sign > 0)
		take_char(p, '+');
	if (!take_number(p, 167, &h))
		return false;
	if (take_char(p, ':')) {
		if (!take_number(p, 59, &m))
			return false;
		if (take_char(p, ':') && !take_number(p, 59, &s))
			return false;
	}
	*out = sign * (h * 3600 + m * 60 + s);
	return true;
}

/* "CET" or "<+0330>" */
static bool
take_abbr(const char **p, char out[8])
{
	bool quoted = take_char(p, '<');
	size_t n = 0;

	while (is_letter(**p) || (quoted && (is_digit(**p) || **p == '+' || **p == '-'))) {
		if (n == 7)
			return false;
		out[n++] = *(*p)++;
	}
	out[n] = '\0';
	return n >= 3 && (!quoted || take_char(p, '>'));
}

static bool
take_date(const char **p, struct zone_change *c)
{
	if (take_char(p, 'J')) {
		c->kind = 'J';
		return take_number(p, 365, &c->day) && c->day >= 1;
	}
	if (!take_char(p, 'M')) {
		c->kind = '0';
		return take_number(p, 365, &c->day);
	}
	c->kind = 'M';
	return take_number(p, 12, &c->month) && c->month >= 1 && take_char(p, '.') &&
	    take_number(p, 5, &c->week) && c->week >= 1 && take_char(p, '.') &&
	    take_number(p, 6, &c->day);
}

static bool
take_change(const char **p, struct zone_change *c)
{
	if (!take_char(p, ',') || !take_date(p, c))
		return false;
	c->time_s = 2 * 3600;
	return !take_char(p, '/') || take_time(p, &c->time_s);
}

/* POSIX counts offsets west of Greenwich; we count east. */
static bool
take_offset(const char **p, int32_t *east)
{
	int west;

	if (!take_time(p, &west) || west > LONGEST_OFFSET || west < -LONGEST_OFFSET)
		return false;
	*east = -west;
	return true;
}

bool
zone_rule_parse(const char *text, struct zone_rule *out)
{
	struct zone_rule r = { .present = true };
	const char *p = text;

	if (!take_abbr(&p, r.std.abbr) || !take_offset(&p, &r.std.offset_s))
		return false;
	if (*p) {
		r.has_dst = true;
		if (!take_abbr(&p, r.dst.abbr))
			return false;
		r.dst.offset_s = r.std.offset_s + 3600;
		if (*p != ',' && !take_offset(&p, &r.dst.offset_s))
			return false;
		if (!take_change(&p, &r.start) || !take_change(&p, &r.end) || *p)
			return false;
	}
	*out = r;
	return true;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The day number of a change in year. */
static int64_t
change_day(const struct zone_change *c, int64_t year)
{
	int64_t first, day;

	if (c->kind == '0')
		return days_to_month(year, 1) + c->day;
	if (c->kind == 'J') /* 29 February is never counted */
		return days_to_month(year, 1) + c->day - 1 + (c->day >= 60 && is_leap(year));
	first = days_to_month(year, c->month);
	/* 1970-01-01 was a Thursday, weekday 4. */
	day = first + (c->day - (first + 4) % 7 + 14) % 7 + 7 * (c->week - 1);
	return day < days_to_month(year, c->month + 1) ? day : day - 7;
}

const struct zone_type *
zone_rule_type(const struct zone_rule *r, int64_t at_s)
{
	const struct zone_type *found = &r->std;
	struct civil date;
	int64_t latest = INT64_MIN;

	if (!r->has_dst)
		return found;
	days_to_date((at_s + r->std.offset_s) / DAY_S, &date);
	/* The years beside it too: a change may lie some days outside its year. */
	for (int64_t y = date.year - 1; y <= date.year + 1; y++) {
		int64_t start, end;

		end = change_day(&r->end, y) * DAY_S + r->end.time_s - r->dst.offset_s;
		if (end <= at_s && end > latest) {
			latest = end;
			found = &r->std;
		}
		start = change_day(&r->start, y) * DAY_S + r->start.time_s - r->std.offset_s;
		/* Summer time all year ends and starts at one instant: it goes on. */
		if (start <= at_s && start >= latest) {
			latest = start;
			found = &r->dst;
		}
	}
	return found;
}
