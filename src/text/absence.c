#include <assent/text/absence.h>

#include "absence_priv.h"

#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <string.h>

#define TOKENS_MAX 2000
#define LOOK_BACK 8 /* tokens between a date and the word that says what it is */
#define LOOK_AHEAD 4
#define PAST_DAYS 183 /* a date of so long ago, without its year, is not one of next year */
#define YEAR_DAYS 366

enum date_class { CLASS_NONE, CLASS_UNTIL, CLASS_BACK };

struct scan {
	const struct date_token *tokens;
	size_t count;
	const struct absence_date *today;
	enum date_order order;
	int month; /* of the date before, for a range that names it once; 0 for none */
	int year;
};

struct found {
	struct absence_date date; /* year 0: not written; month 0: not written */
	size_t end; /* the token behind it */
	int weekday; /* -1: it is no day of the week */
	bool tomorrow;
	bool is_range; /* two dates in one: this is the last */
};

/* --- days --------------------------------------------------------------- */

/* Days since 1970-01-01 (Howard Hinnant's civil days). */
static long
day_number(const struct absence_date *date)
{
	long y = date->month <= 2 ? date->year - 1 : date->year, era = y / 400;
	long yoe = y - era * 400;
	long doy = (153L * (date->month + (date->month > 2 ? -3 : 9)) + 2) / 5 + date->day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static struct absence_date
date_of(long days)
{
	long z = days + 719468, era = z / 146097, doe = z - era * 146097;
	long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	long doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	long month = mp < 10 ? mp + 3 : mp - 9;

	return (struct absence_date){ (int)(yoe + era * 400 + (month <= 2)), (int)month,
		(int)(doy - (153 * mp + 2) / 5 + 1) };
}

static bool
is_date(const struct absence_date *date)
{
	struct absence_date same;

	if (date->month < 1 || date->month > 12 || date->day < 1 || date->day > 31)
		return false;
	same = date_of(day_number(date));
	return same.month == date->month && same.day == date->day;
}

/* --- tokens ------------------------------------------------------------- */

static unsigned
kinds_at(const struct scan *scan, size_t i)
{
	return i < scan->count ? scan->tokens[i].kinds : DATE_BREAK;
}

static bool
is_mark(const struct scan *scan, size_t i, const char *marks)
{
	return (kinds_at(scan, i) & DATE_MARK) && strchr(marks, scan->tokens[i].value) != NULL;
}

/* A number of one or two digits, from 1 to most. */
static bool
is_small(const struct scan *scan, size_t i, int most)
{
	return (kinds_at(scan, i) & DATE_NUMBER) && scan->tokens[i].digits <= 2 &&
	    scan->tokens[i].value >= 1 && scan->tokens[i].value <= most;
}

static bool
is_year(const struct scan *scan, size_t i)
{
	return (kinds_at(scan, i) & DATE_NUMBER) && scan->tokens[i].digits == 4 &&
	    scan->tokens[i].value >= 1970 && scan->tokens[i].value <= 9998;
}

static int
value_at(const struct scan *scan, size_t i)
{
	return scan->tokens[i].value;
}

/* The year behind a date, with what may stand before it. */
static size_t
take_year(const struct scan *scan, size_t i, struct absence_date *date)
{
	size_t at = i;

	while (at < i + 2 && (is_mark(scan, at, ".,'") || (kinds_at(scan, at) & DATE_OF)))
		at++;
	if (!is_year(scan, at))
		return i;
	date->year = value_at(scan, at);
	return at + 1;
}

/* --- the ways to write a date ------------------------------------------- */

/* 2026-08-14, 2026/8/14, 2026.8.14 */
static bool
read_year_first(const struct scan *scan, size_t i, struct found *out)
{
	if (!is_year(scan, i) || !is_mark(scan, i + 1, "-/.") || !is_small(scan, i + 2, 12) ||
	    !is_mark(scan, i + 3, "-/.") || !is_small(scan, i + 4, 31))
		return false;
	out->date = (struct absence_date){ value_at(scan, i), value_at(scan, i + 2),
		value_at(scan, i + 4) };
	out->end = i + 5;
	return true;
}

/* 2026年8月14日, 8월 14일, 14日 of the month before */
static bool
read_eastern(const struct scan *scan, size_t i, struct found *out)
{
	size_t at = i;

	if (is_year(scan, at) && (kinds_at(scan, at + 1) & DATE_YEAR_MARK)) {
		out->date.year = value_at(scan, at);
		at += 2;
	}
	if (is_small(scan, at, 12) && (kinds_at(scan, at + 1) & DATE_MONTH_MARK)) {
		out->date.month = value_at(scan, at);
		at += 2;
	} else if (at == i && scan->month > 0) {
		out->date.month = scan->month;
	} else {
		return false;
	}
	if (!is_small(scan, at, 31) || !(kinds_at(scan, at + 1) & DATE_DAY_MARK))
		return false;
	out->date.day = value_at(scan, at);
	out->end = at + 2;
	return true;
}

/* 14 August, 14th of August 2026, 14. August, 14 de agosto de 2026 */
static bool
read_day_month(const struct scan *scan, size_t i, struct found *out)
{
	size_t at = i + 1;

	if (!is_small(scan, i, 31))
		return false;
	while (
	    at < i + 4 && (is_mark(scan, at, ".-'") || (kinds_at(scan, at) & (DATE_TH | DATE_OF))))
		at++;
	if (!(kinds_at(scan, at) & DATE_MONTH))
		return false;
	out->date.day = value_at(scan, i);
	out->date.month = value_at(scan, at);
	out->end = take_year(scan, at + 1, &out->date);
	if (out->date.year == 0 && is_mark(scan, at + 1, "-") && is_year(scan, at + 2)) {
		out->date.year = value_at(scan, at + 2);
		out->end = at + 3;
	}
	return true;
}

/* August 14, Aug. 14th, 2026, August 3 - 14 */
static bool
read_month_day(const struct scan *scan, size_t i, struct found *out)
{
	size_t at = i + 1;

	if (!(kinds_at(scan, i) & DATE_MONTH))
		return false;
	at += is_mark(scan, at, ".");
	if (!is_small(scan, at, 31))
		return false;
	out->date.month = value_at(scan, i);
	out->date.day = value_at(scan, at++);
	at += (kinds_at(scan, at) & DATE_TH) != 0;
	if ((is_mark(scan, at, "-") || (kinds_at(scan, at) & DATE_TO)) &&
	    is_small(scan, at + 1, 31) && !(kinds_at(scan, at + 2) & (DATE_MONTH | DATE_OF))) {
		out->date.day = value_at(scan, at + 1);
		out->is_range = true;
		at += 2;
		at += (kinds_at(scan, at) & DATE_TH) != 0;
	}
	out->end = take_year(scan, at, &out->date);
	return true;
}

static bool
in_order(enum date_order order, int first, int second, struct absence_date *out)
{
	if (order == DATE_ORDER_UNKNOWN && first != second && first <= 12 && second <= 12)
		return false;
	if (second > 12 || (order == DATE_ORDER_MONTH && first <= 12))
		*out = (struct absence_date){ out->year, first, second };
	else
		*out = (struct absence_date){ out->year, second, first };
	return true;
}

/* 14.08.2026, 14.8., 14/08, 8/14/2026, 14-08-2026 */
static bool
read_numbers(const struct scan *scan, size_t i, struct found *out)
{
	enum date_order order = is_mark(scan, i + 1, ".") ? DATE_ORDER_DAY : scan->order;
	int first, second;

	if (!is_small(scan, i, 31) || !is_mark(scan, i + 1, "./-") || !is_small(scan, i + 2, 31))
		return false;
	first = value_at(scan, i);
	second = value_at(scan, i + 2);
	out->end = i + 3;
	if (is_mark(scan, i + 3, "./-") && value_at(scan, i + 3) == value_at(scan, i + 1)) {
		if (is_year(scan, i + 4))
			out->date.year = value_at(scan, i + 4);
		else if (is_small(scan, i + 4, 99))
			out->date.year = 2000 + value_at(scan, i + 4);
		out->end = out->date.year > 0 ? i + 5 : is_mark(scan, i + 3, ".") ? i + 4 : i + 3;
	}
	/* "3-14" is a range, "9.30 Uhr" a time. */
	if (out->date.year == 0 && is_mark(scan, i + 1, "-"))
		return false;
	if (kinds_at(scan, out->end) & DATE_CLOCK)
		return false;
	return in_order(order, first, second, &out->date);
}

/* "until the 14th": the next day of that number. */
static bool
read_day_alone(const struct scan *scan, size_t i, struct found *out)
{
	if (!is_small(scan, i, 31) || !(kinds_at(scan, i + 1) & DATE_TH) ||
	    (kinds_at(scan, i + 1) & (DATE_TO | DATE_OF | DATE_FROM)))
		return false;
	out->date.day = value_at(scan, i);
	out->end = i + 2;
	return true;
}

static bool
read_word(const struct scan *scan, size_t i, struct found *out)
{
	unsigned kinds = kinds_at(scan, i);

	if (kinds & DATE_WEEKDAY)
		out->weekday = value_at(scan, i);
	else if (kinds & DATE_TOMORROW)
		out->tomorrow = true;
	else
		return false;
	out->end = i + 1;
	return true;
}

static bool
read_date(const struct scan *scan, size_t i, struct found *out)
{
	static bool (*const ways[])(const struct scan *, size_t, struct found *) = {
		read_year_first,
		read_eastern,
		read_day_month,
		read_month_day,
		read_numbers,
		read_day_alone,
		read_word,
	};

	for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
		*out = (struct found){ .weekday = -1 };
		if (ways[k](scan, i, out))
			return true;
	}
	return false;
}

/* --- what a date is ------------------------------------------------------ */

/* Is the token before i the "to" of a range? */
static bool
is_range_end(const struct scan *scan, size_t i)
{
	size_t k = i;

	for (size_t steps = 0; k > 0 && steps < LOOK_BACK; steps++) {
		unsigned kinds = scan->tokens[--k].kinds;

		if (kinds & (DATE_NUMBER | DATE_MONTH | DATE_FROM | DATE_DAY_MARK | DATE_WEEKDAY))
			return true;
		if (kinds & DATE_BREAK)
			return false;
	}
	return false;
}

static enum date_class
class_before(const struct scan *scan, size_t i)
{
	size_t k = i;

	for (size_t steps = 0; k > 0 && steps < LOOK_BACK; steps++) {
		unsigned kinds = scan->tokens[--k].kinds;

		if (kinds & DATE_BREAK)
			break;
		/* "not back until the 17th" */
		if ((kinds & DATE_UNTIL) && k > 0 && (scan->tokens[k - 1].kinds & DATE_BACK))
			return CLASS_BACK;
		if ((kinds & DATE_TO || is_mark(scan, k, "-~")) && is_range_end(scan, k))
			return CLASS_UNTIL;
		if (kinds & DATE_BACK)
			return CLASS_BACK;
		if (kinds & DATE_UNTIL)
			return CLASS_UNTIL;
		if (kinds & DATE_MONTH)
			break;
	}
	return CLASS_NONE;
}

static enum date_class
class_behind(const struct scan *scan, size_t end)
{
	for (size_t k = end; k < scan->count && k < end + LOOK_BACK; k++) {
		unsigned kinds = scan->tokens[k].kinds;

		if (kinds & (DATE_BREAK | DATE_NUMBER))
			break;
		if ((kinds & DATE_AFTER) && k < end + LOOK_AHEAD)
			return CLASS_UNTIL;
		if (kinds & DATE_BACK)
			return CLASS_BACK;
	}
	return CLASS_NONE;
}

static enum date_class
class_of(const struct scan *scan, size_t i, const struct found *found)
{
	enum date_class class = found->is_range ? CLASS_UNTIL : class_before(scan, i);

	return class != CLASS_NONE ? class : class_behind(scan, found->end);
}

/* --- the day it means ---------------------------------------------------- */

static bool
resolve_day_alone(long today, int day, long *out)
{
	for (long d = today; d < today + 62; d++) {
		if (date_of(d).day != day)
			continue;
		*out = d;
		return true;
	}
	return false;
}

static bool
resolve_date(const struct scan *scan, const struct found *found, long today, long *out)
{
	struct absence_date date = found->date;

	if (date.year == 0)
		date.year = scan->today->year;
	/* 29 February of a year that has none is nobody's. */
	if (!is_date(&date))
		return false;
	*out = day_number(&date);
	if (found->date.year != 0 || *out >= today)
		return true;
	date.year++;
	if (!is_date(&date))
		return false;
	*out = day_number(&date);
	return *out <= today + YEAR_DAYS - PAST_DAYS;
}

static bool
resolve(const struct scan *scan, const struct found *found, long *out)
{
	long today = day_number(scan->today), ahead;

	if (found->tomorrow) {
		*out = today + 1;
		return true;
	}
	if (found->weekday >= 0) {
		ahead = (found->weekday - (today + 4) % 7 + 7) % 7;
		*out = today + (ahead == 0 ? 7 : ahead);
		return true;
	}
	if (found->date.month == 0)
		return resolve_day_alone(today, found->date.day, out);
	return resolve_date(scan, found, today, out);
}

/* --- a whole note -------------------------------------------------------- */

struct best {
	enum date_class class;
	long day; /* of return */
	bool exact; /* not a day of the week */
};

/* The day of return is worth more than the last day away; of two, the later. */
static void
consider(struct best *best, const struct best *other)
{
	bool better = other->class > best->class ||
	    (other->class == best->class && other->exact > best->exact) ||
	    (other->class == best->class && other->exact == best->exact && other->day > best->day);

	if (better)
		*best = *other;
}

/* "Monday, 17 August" is one date. */
static bool
is_named_again(const struct scan *scan, const struct found *found)
{
	struct found next;
	size_t i = found->end;

	while (i < found->end + 4 && (is_mark(scan, i, ",.(") || (kinds_at(scan, i) & DATE_OF)))
		i++;
	return found->weekday >= 0 && read_date(scan, i, &next) && next.weekday < 0;
}

static void
take(struct scan *scan, size_t i, const struct found *found, struct best *best)
{
	struct best now = { .class = class_of(scan, i, found), .exact = found->weekday < 0 };

	if (found->date.month > 0)
		scan->month = found->date.month;
	if (now.class == CLASS_NONE || is_named_again(scan, found) ||
	    !resolve(scan, found, &now.day))
		return;
	now.day += now.class == CLASS_UNTIL;
	consider(best, &now);
}

bool
absence_return(const char *words, const struct absence_date *today, enum date_order order,
    struct absence_date *out)
{
	AUTO(mem_freep) struct date_token *tokens = mem_alloc(TOKENS_MAX * sizeof(*tokens));
	struct scan scan = { .tokens = tokens, .today = today, .order = order };
	struct best best = { .class = CLASS_NONE };
	long ahead;

	scan.count = absence_tokens(words, tokens, TOKENS_MAX);
	for (size_t i = 0; i < scan.count;) {
		struct found found;

		if (!read_date(&scan, i, &found)) {
			i++;
			continue;
		}
		take(&scan, i, &found, &best);
		i = found.end;
	}
	ahead = best.day - day_number(today);
	if (best.class == CLASS_NONE || ahead < 1 || ahead > YEAR_DAYS - 1)
		return false;
	*out = date_of(best.day);
	return true;
}

enum date_order
absence_order(const char *locale)
{
	static const char *const month_first[] = { "zh", "ja", "ko", "en-US", "en_US" };

	for (size_t i = 0; i < ARRAY_LEN(month_first); i++)
		if (text_starts_nocase(locale, month_first[i]))
			return DATE_ORDER_MONTH;
	return text_is_nocase(locale, "en") ? DATE_ORDER_UNKNOWN : DATE_ORDER_DAY;
}
