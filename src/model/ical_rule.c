/* iCalendar, what comes every year: RFC 5545 section 3.3.10, as far as FREQ=YEARLY goes. */
#include "ical_priv.h"

#include "calendar_priv.h"

#include <assent/base/num.h>

#include <string.h>

#define COUNT_MAX 100000
#define INTERVAL_MAX 1000

/* --- reading ------------------------------------------------------------- */

struct part { /* of a rule: KEY=VALUE */
	struct ical_reader *reader;
	const struct ical_line *line;
	struct ical_rule *rule;
	char *value;
};

static bool
refuse(const struct part *part, const char *item, const char *wrong)
{
	return ical_refuse(part->reader, part->line->line, "RRULE: '%.40s' %s", item, wrong);
}

static bool
read_freq(const struct part *part)
{
	return text_is_nocase(part->value, "YEARLY") ||
	    refuse(part, part->value, "is not read; only FREQ=YEARLY is");
}

static bool
read_interval(const struct part *part)
{
	int64_t n;

	if (!num_parse_within(part->value, 1, INTERVAL_MAX, &n))
		return refuse(part, part->value, "is no INTERVAL from 1 to 1000");
	part->rule->interval = (int)n;
	return true;
}

static bool
read_count(const struct part *part)
{
	return num_parse_within(part->value, 1, COUNT_MAX, &part->rule->count) ||
	    refuse(part, part->value, "is no COUNT from 1 to 100000");
}

static bool
read_until(const struct part *part)
{
	struct ical_line line = { .line = part->line->line, .name = "RRULE" };

	part->rule->has_until = true;
	return ical_read_time(part->reader, &line, part->value, &part->rule->until);
}

/* Numbers from -most to most, none of them 0, to list. */
static bool
read_numbers(const struct part *part, int most, int *list, size_t *count)
{
	char *rest = part->value, *item;
	int64_t n;

	while ((item = strsep(&rest, ",")) != NULL) {
		if (*item == '+')
			item++;
		if (!num_parse_within(item, -most, most, &n) || n == 0)
			return refuse(part, item, "is no such number");
		if (*count == ICAL_LIST_MAX)
			return refuse(part, item, "is one too many, after 64");
		list[(*count)++] = (int)n;
	}
	return true;
}

static bool
read_months(const struct part *part)
{
	int months[ICAL_LIST_MAX];
	size_t n = 0;

	if (!read_numbers(part, 12, months, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (months[i] < 0)
			return refuse(part, "BYMONTH", "is from 1 to 12");
		part->rule->months |= 1u << months[i];
	}
	return true;
}

static bool
read_monthdays(const struct part *part)
{
	return read_numbers(part, 31, part->rule->monthdays, &part->rule->monthday_count);
}

static bool
read_positions(const struct part *part)
{
	return read_numbers(part, 366, part->rule->positions, &part->rule->position_count);
}

static int
weekday_of(const char *text)
{
	static const char names[] = "SUMOTUWETHFRSA";

	for (int i = 0; i < 7; i++)
		if (strncasecmp(text, names + 2 * i, 2) == 0 && !text[2])
			return i;
	return -1;
}

/* "MO", "-1MO", "+2TU" */
static bool
read_weekdays(const struct part *part)
{
	char *rest = part->value, *item;

	while ((item = strsep(&rest, ",")) != NULL) {
		size_t sign = strspn(item, "+-") > 0, digits = strspn(item + sign, "0123456789");
		char number[4] = "";
		int64_t nth = 0;
		int weekday = weekday_of(item + sign + digits);

		if (weekday < 0 || digits > 2 || (sign && !digits))
			return refuse(part, item, "is no weekday such as MO, 2TU or -1FR");
		memcpy(number, item + sign, digits);
		if (digits && !num_parse_within(number, 1, 53, &nth))
			return refuse(part, item, "is no weekday from 1 to 53");
		if (part->rule->weekday_count == ICAL_LIST_MAX)
			return refuse(part, item, "is one too many, after 64");
		part->rule->weekdays[part->rule->weekday_count++] =
		    (struct ical_weekday){ *item == '-' ? -(int)nth : (int)nth, weekday };
	}
	return true;
}

/* Where a week begins matters to rules that are not read. */
static bool
read_week_start(const struct part *part)
{
	return weekday_of(part->value) >= 0 || refuse(part, part->value, "is no WKST");
}

/* clang-format off */
static const struct { const char *key; bool (*read)(const struct part *part); } parts[] = {
	{ "FREQ", read_freq }, { "INTERVAL", read_interval }, { "COUNT", read_count },
	{ "UNTIL", read_until }, { "BYMONTH", read_months }, { "BYMONTHDAY", read_monthdays },
	{ "BYDAY", read_weekdays }, { "BYSETPOS", read_positions }, { "WKST", read_week_start },
};
/* clang-format on */

static bool
read_part(struct part *part, const char *key, unsigned *seen)
{
	for (size_t i = 0; part->value && i < ARRAY_LEN(parts); i++) {
		if (!text_is_nocase(parts[i].key, key))
			continue;
		if (*seen & 1u << i)
			return refuse(part, key, "is given twice");
		*seen |= 1u << i;
		return parts[i].read(part);
	}
	return refuse(part, key, "is not read");
}

static bool
fits_together(const struct part *part, unsigned seen)
{
	const struct ical_rule *rule = part->rule;
	bool nth = false;

	for (size_t i = 0; i < rule->weekday_count; i++)
		nth |= rule->weekdays[i].nth != 0;
	if (!(seen & 1u))
		return refuse(part, "FREQ", "is missing");
	if (rule->count && rule->has_until)
		return refuse(part, "COUNT", "and UNTIL exclude each other");
	if (nth && rule->monthday_count)
		return refuse(part, "BYDAY", "with a number does not go with BYMONTHDAY");
	if (rule->position_count && !rule->weekday_count && !rule->monthday_count && !rule->months)
		return refuse(part, "BYSETPOS", "needs another BY");
	return true;
}

bool
ical_read_rule(struct ical_reader *reader, const struct ical_line *line, struct ical_rule *out)
{
	struct ical_rule rule = { .interval = 1 };
	struct part part = { .reader = reader, .line = line, .rule = &rule };
	char *rest = line->value, *item;
	unsigned seen = 0;

	while ((item = strsep(&rest, ";")) != NULL) {
		part.value = strchr(item, '=');
		if (part.value)
			*part.value++ = '\0';
		if (!read_part(&part, item, &seen))
			return false;
	}
	if (!fits_together(&part, seen))
		return false;
	*out = rule;
	return true;
}

/* --- the days of a year -------------------------------------------------- */

struct year {
	int64_t first, end; /* days */
	bool marked[366];
};

static void
mark(struct year *year, int64_t day)
{
	year->marked[day - year->first] = true;
}

/* The weekdays of a rule in a month or a year. */
static void
mark_weekdays(struct year *year, const struct ical_rule *rule, int64_t from, int64_t until)
{
	for (size_t i = 0; i < rule->weekday_count; i++) {
		const struct ical_weekday *w = &rule->weekdays[i];
		/* 1970-01-01 was a Thursday. */
		int64_t first =
		    from + floor_div(w->weekday - from - 4, 7) * -7 + (w->weekday - from - 4);
		int64_t last = first + floor_div(until - 1 - first, 7) * 7;
		int64_t day = w->nth > 0 ? first + 7 * (w->nth - 1) : last + 7 * (w->nth + 1);

		if (w->nth == 0)
			for (day = first; day < until; day += 7)
				mark(year, day);
		else if (day >= from && day < until)
			mark(year, day);
	}
}

static bool
is_weekday_of(const struct ical_rule *rule, int64_t day)
{
	for (size_t i = 0; i < rule->weekday_count; i++)
		if (floor_div(day + 4, 7) * 7 + rule->weekdays[i].weekday == day + 4)
			return true;
	return rule->weekday_count == 0;
}

static void
mark_monthdays(struct year *year, const struct ical_rule *rule, int64_t from, int64_t until)
{
	for (size_t i = 0; i < rule->monthday_count; i++) {
		int n = rule->monthdays[i];
		int64_t day = n > 0 ? from + n - 1 : until + n;

		if (day >= from && day < until && is_weekday_of(rule, day))
			mark(year, day);
	}
}

/* RFC 5545 section 3.3.10, the table of BY parts, its last column. */
static void
mark_month(struct year *year, const struct ical_rule *rule, const struct civil *start, int month)
{
	struct civil c;
	int64_t from, until;

	days_to_date(year->first, &c);
	from = days_to_month(c.year, month);
	until = days_to_month(c.year, month + 1);
	if (rule->monthday_count)
		mark_monthdays(year, rule, from, until);
	else if (rule->weekday_count)
		mark_weekdays(year, rule, from, until);
	else if (from + start->day - 1 < until)
		mark(year, from + start->day - 1);
}

static void
mark_year(struct year *year, const struct ical_rule *rule, const struct civil *start)
{
	bool by_day = rule->monthday_count || rule->weekday_count;

	if (!rule->months && rule->weekday_count && !rule->monthday_count) {
		mark_weekdays(year, rule, year->first, year->end);
		return;
	}
	for (int month = 1; month <= 12; month++)
		if (rule->months ? (rule->months & 1u << month) != 0
				 : by_day || month == start->month)
			mark_month(year, rule, start, month);
}

/* Is the ith of n days, from 0, one of the positions? */
static bool
is_chosen(const struct ical_rule *rule, size_t i, size_t n)
{
	for (size_t k = 0; k < rule->position_count; k++) {
		int p = rule->positions[k];

		if (p > 0 ? (size_t)p == i + 1 : (size_t)-p == n - i)
			return true;
	}
	return rule->position_count == 0;
}

size_t
ical_rule_days(
    const struct ical_rule *rule, const struct ical_time *start, int year, int64_t days[366])
{
	struct year y = { .first = days_to_month(year, 1), .end = days_to_month(year + 1, 1) };
	struct civil begun;
	size_t n = 0, kept = 0;

	days_to_date(start->day, &begun);
	mark_year(&y, rule, &begun);
	for (int64_t day = y.first; day < y.end; day++)
		if (y.marked[day - y.first])
			days[n++] = day;
	for (size_t i = 0; i < n; i++)
		if (is_chosen(rule, i, n) && days[i] >= start->day)
			days[kept++] = days[i];
	return kept;
}
