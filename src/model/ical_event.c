/* iCalendar, the events: RFC 5545 sections 3.6.1 and 3.8. */
#include "ical_priv.h"

#include <stdlib.h>
#include <string.h>

/* Of all rules together: what looks like a file of holidays has some thousand. */
#define RULE_YEARS_MAX 200000

void
ical_event_done(struct ical_event *event)
{
	mem_free(event->added);
	mem_free(event->without);
	mem_free(event->excluded);
	*event = (struct ical_event){ 0 };
}

/* Room for one more at the end of a list. */
static void *
more(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room ? 2 * *room : 8;
	return mem_grow(list, *room * size);
}

/* --- properties ---------------------------------------------------------- */

struct property {
	struct ical_reader *reader;
	struct ical_event *event;
	const struct ical_line *line;
};

static bool
refuse(const struct property *p, const char *wrong)
{
	return ical_refuse(p->reader, p->line->line, "%s: %s", p->line->name, wrong);
}

static bool
read_start(const struct property *p)
{
	if (p->event->has_start)
		return refuse(p, "is given twice");
	p->event->has_start = true;
	return ical_read_time(p->reader, p->line, p->line->value, &p->event->start);
}

static bool
read_end(const struct property *p)
{
	if (p->event->has_end || p->event->has_length)
		return refuse(p, "is given twice, or beside the other one of DTEND and DURATION");
	p->event->has_end = true;
	p->event->length_line = p->line->line;
	return ical_read_time(p->reader, p->line, p->line->value, &p->event->end);
}

static bool
read_length(const struct property *p)
{
	if (p->event->has_end || p->event->has_length)
		return refuse(p, "is given twice, or beside the other one of DTEND and DURATION");
	p->event->has_length = true;
	p->event->length_line = p->line->line;
	return ical_read_length(p->reader, p->line, p->line->value, &p->event->length);
}

static bool
read_rule(const struct property *p)
{
	if (p->event->rule.interval)
		return refuse(p, "is given twice");
	p->event->rule_line = p->line->line;
	return ical_read_rule(p->reader, p->line, &p->event->rule);
}

static bool
read_without(const struct property *p)
{
	struct ical_event *e = p->event;
	char *rest = p->line->value, *item;

	while ((item = strsep(&rest, ",")) != NULL) {
		e->without =
		    more(e->without, e->without_count, &e->without_room, sizeof(*e->without));
		if (!ical_read_time(p->reader, p->line, item, &e->without[e->without_count]))
			return false;
		e->without_count++;
	}
	return true;
}

/* Where an event of that start and length ends, less where it starts. */
static int64_t
span_of(const struct ical_time *start, const struct ical_length *length)
{
	struct ical_time end = *start;

	if (start->is_day)
		return length->days;
	end.day += length->days;
	return ical_moment(&end) - ical_moment(start) + length->seconds * MS_SECOND;
}

/* "19960403T020000Z/19960403T040000Z", "19960404T010000Z/PT3H" */
static bool
read_period(const struct property *p, char *item, struct ical_instance *out)
{
	char *slash = strchr(item, '/');
	struct ical_length length;
	struct ical_time end;

	if (slash)
		*slash++ = '\0';
	if (!ical_read_time(p->reader, p->line, item, &out->start))
		return false;
	if (!slash)
		return true;
	if (out->start.is_day)
		return refuse(p, "a period is of times, not of days");
	if (strchr(slash, 'P')) {
		if (!ical_read_length(p->reader, p->line, slash, &length))
			return false;
		out->length = span_of(&out->start, &length);
		return true;
	}
	if (!ical_read_time(p->reader, p->line, slash, &end))
		return false;
	out->length = ical_moment(&end) - ical_moment(&out->start);
	return (!end.is_day && out->length > 0) || refuse(p, "a period ends before it begins");
}

static bool
read_added(const struct property *p)
{
	struct ical_event *e = p->event;
	char *rest = p->line->value, *item;

	while ((item = strsep(&rest, ",")) != NULL) {
		e->added = more(e->added, e->added_count, &e->added_room, sizeof(*e->added));
		e->added[e->added_count] = (struct ical_instance){ .length = 0 };
		if (!read_period(p, item, &e->added[e->added_count]))
			return false;
		e->added_count++;
	}
	return true;
}

static bool
read_status(const struct property *p)
{
	static const char *const words[] = { "CONFIRMED", "TENTATIVE", "CANCELLED" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_is_nocase(p->line->value, words[i])) {
			p->event->is_cancelled = i == 2;
			return true;
		}
	return refuse(p, "is none of CONFIRMED, TENTATIVE and CANCELLED");
}

static bool
refuse_moved(const struct property *p)
{
	return refuse(p,
	    "one event of a series that was moved is not read; write it as an EXDATE of the "
	    "series and an event of its own");
}

static bool
refuse_exrule(const struct property *p)
{
	return refuse(p, "is not read; write the days as EXDATE");
}

/* clang-format off */
static const struct { const char *name; bool (*read)(const struct property *p); } properties[] = {
	{ "DTSTART", read_start }, { "DTEND", read_end }, { "DURATION", read_length },
	{ "RRULE", read_rule }, { "RDATE", read_added }, { "EXDATE", read_without },
	{ "STATUS", read_status }, { "RECURRENCE-ID", refuse_moved }, { "EXRULE", refuse_exrule },
};
/* clang-format on */

void
ical_event_read(struct ical_reader *reader, struct ical_event *event, const struct ical_line *line)
{
	const struct property property = { reader, event, line };

	for (size_t i = 0; i < ARRAY_LEN(properties); i++)
		if (text_is(properties[i].name, line->name)) {
			(void)properties[i].read(&property);
			return;
		}
}

/* --- an event as closed times -------------------------------------------- */

static void
add_closed(struct ical_reader *reader, const struct ical_event *e, struct calendar_closed closed)
{
	struct ical *out = reader->out;
	int64_t day = closed.is_days ? 1 : MS_DAY;

	if (closed.until <= days_to_month(CALENDAR_YEAR_FIRST, 1) * day - day ||
	    closed.from >= days_to_month(CALENDAR_YEAR_LAST + 1, 1) * day + day)
		return;
	if (out->count == ICAL_CLOSED_MAX) {
		if (!reader->too_many)
			ical_refuse(reader, e->line,
			    "is one event too many: more than %d closed times", ICAL_CLOSED_MAX);
		reader->too_many = true;
		return;
	}
	out->closed = more(out->closed, out->count, &out->room, sizeof(*out->closed));
	out->closed[out->count++] = closed;
}

static int
compare_moments(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

static void
add_instance(
    struct ical_reader *reader, const struct ical_event *e, const struct ical_instance *instance)
{
	int64_t from = ical_moment(&instance->start);
	int64_t span = instance->length ? instance->length : e->span;

	if (e->without_count &&
	    bsearch(&from, e->excluded, e->without_count, sizeof(from), compare_moments))
		return;
	/* Days of DURATION are days of the wall clock, of each event its own. */
	if (!instance->length && e->has_length)
		span = span_of(&instance->start, &e->length);
	add_closed(reader, e, (struct calendar_closed){ e->start.is_day, from, from + span });
}

static bool
is_over(const struct ical_rule *rule, const struct ical_time *at)
{
	if (!rule->has_until)
		return false;
	if (rule->until.is_day || at->is_day)
		return at->day > rule->until.day;
	return ical_moment(at) > ical_moment(&rule->until);
}

/* Those of one year; false when there are no more. left counts down where there is a COUNT. */
static bool
add_year(struct ical_reader *reader, const struct ical_event *e, int year, int64_t *left)
{
	int64_t days[366];
	size_t n = ical_rule_days(&e->rule, &e->start, year, days);

	for (size_t i = 0; i < n; i++) {
		struct ical_instance next = { .start = e->start };

		/* The first one is there already. */
		if (days[i] == e->start.day)
			continue;
		next.start.day = days[i];
		if (is_over(&e->rule, &next.start) || (e->rule.count && --*left <= 0) ||
		    reader->too_many)
			return false;
		add_instance(reader, e, &next);
	}
	return true;
}

static void
add_rule(struct ical_reader *reader, const struct ical_event *e)
{
	int64_t left = e->rule.count;
	struct civil begun;

	days_to_date(e->start.day, &begun);
	for (int year = begun.year; year <= CALENDAR_YEAR_LAST; year += e->rule.interval) {
		if (reader->rule_years++ == RULE_YEARS_MAX)
			ical_refuse(reader, e->rule_line, "RRULE: there are too many before it");
		if (reader->rule_years > RULE_YEARS_MAX || !add_year(reader, e, year, &left))
			return;
	}
}

/* How long the event is; false after a fault. */
static bool
measure(struct ical_reader *reader, struct ical_event *e)
{
	if (e->has_length) {
		if (e->start.is_day && e->length.seconds)
			return ical_refuse(reader, e->length_line,
			    "DURATION: an event that starts on a day lasts whole days");
		e->span = span_of(&e->start, &e->length);
		return true;
	}
	if (e->has_end && e->end.is_day != e->start.is_day)
		return ical_refuse(reader, e->length_line,
		    "DTEND: DTSTART and DTEND are both days, or both times");
	if (e->has_end)
		e->span = ical_moment(&e->end) - ical_moment(&e->start);
	/* Section 3.6.1: a day without an end is one day; many write its end as the same day. */
	if (e->start.is_day && e->span == 0)
		e->span = 1;
	if (e->span > 0)
		return true;
	return ical_refuse(reader, e->has_end ? e->length_line : e->line,
	    e->has_end ? "DTEND: is not after DTSTART"
		       : "has a time, and neither DTEND nor DURATION");
}

static bool
is_of_one_type(struct ical_reader *reader, const struct ical_event *e)
{
	for (size_t i = 0; i < e->without_count; i++)
		if (e->without[i].is_day != e->start.is_day)
			return ical_refuse(reader, e->line,
			    "EXDATE: is a day where DTSTART is a time, or a time where it is a "
			    "day");
	for (size_t i = 0; i < e->added_count; i++)
		if (e->added[i].start.is_day != e->start.is_day)
			return ical_refuse(reader, e->line,
			    "RDATE: is a day where DTSTART is a time, or a time where it is a day");
	return true;
}

static void
sort_excluded(struct ical_event *e)
{
	e->excluded = mem_alloc((e->without_count + 1) * sizeof(*e->excluded));
	for (size_t i = 0; i < e->without_count; i++)
		e->excluded[i] = ical_moment(&e->without[i]);
	qsort(e->excluded, e->without_count, sizeof(*e->excluded), compare_moments);
}

void
ical_event_end(struct ical_reader *reader, struct ical_event *e)
{
	struct ical_instance first;

	if (!e->has_start) {
		ical_refuse(reader, e->line, "this event has no DTSTART");
		return;
	}
	/* What is wrong with a line was said there. */
	if (reader->out->fault_count > e->faults || e->is_cancelled || !measure(reader, e) ||
	    !is_of_one_type(reader, e))
		return;
	sort_excluded(e);
	first = (struct ical_instance){ .start = e->start };
	add_instance(reader, e, &first);
	if (e->rule.interval)
		add_rule(reader, e);
	for (size_t i = 0; i < e->added_count; i++)
		add_instance(reader, e, &e->added[i]);
}
