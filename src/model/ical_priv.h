#pragma once
/* The reader of iCalendar files, between its files: lines, values, rules, events. */
#include <assent/model/ical.h>

#define ICAL_PARAMS_MAX 16

struct ical_reader {
	struct ical *out;
	const struct zone *zone; /* of floating times */
	char *at; /* rest of the text, changed while it is read */
	int line; /* of at */
	int rule_years; /* looked at so far, of all rules */
	bool too_many; /* closed times; that was said */
};

struct ical_param {
	const char *name, *value; /* the name in capitals */
};

/* A content line, unfolded: NAME;PARAM=VALUE:VALUE */
struct ical_line {
	int line;
	const char *name; /* in capitals */
	char *value;
	struct ical_param params[ICAL_PARAMS_MAX];
	size_t param_count;
};

struct ical_time {
	bool is_day;
	int64_t day; /* on the wall clock of zone, since 1970-01-01 */
	int second; /* of that day */
	const struct zone *zone;
};

struct ical_length {
	int64_t days, seconds;
};

struct ical_weekday {
	int nth; /* 0: every one */
	int weekday; /* 0 Sunday */
};

#define ICAL_LIST_MAX 64

struct ical_rule {
	int interval; /* 0: there is no rule */
	int64_t count; /* 0: no end by number */
	bool has_until;
	struct ical_time until;
	unsigned months; /* a bit for each, 1 to 12 */
	int monthdays[ICAL_LIST_MAX];
	size_t monthday_count;
	struct ical_weekday weekdays[ICAL_LIST_MAX];
	size_t weekday_count;
	int positions[ICAL_LIST_MAX];
	size_t position_count;
};

struct ical_instance { /* one that RDATE adds */
	struct ical_time start;
	int64_t length; /* of its own, as ical_event.span; 0: the event's */
};

struct ical_event {
	int line;
	size_t faults; /* that were there when it began */
	bool has_start, has_end, has_length, is_cancelled;
	struct ical_time start, end;
	struct ical_length length;
	int length_line;
	struct ical_rule rule;
	int rule_line;
	struct ical_instance *added;
	size_t added_count, added_room;
	struct ical_time *without; /* EXDATE */
	size_t without_count, without_room;
	int64_t *excluded; /* the same as moments, sorted */
	int64_t span; /* days of a day, else ms */
};

/* False, always: so that a reader may return it. The text is cut to visible characters. */
bool ical_refuse(struct ical_reader *reader, int line, const char *fmt, ...) PRINTF(3, 4);

/* The next line into out; false at the end of the text. A line that is none is a fault. */
bool ical_next(struct ical_reader *reader, struct ical_line *out);
/* The value of a parameter, or NULL. */
const char *ical_param(const struct ical_line *line, const char *name);

/* Each takes one of line's values; false after a fault. */
bool ical_read_time(struct ical_reader *reader, const struct ical_line *line, const char *text,
    struct ical_time *out);
bool ical_read_length(struct ical_reader *reader, const struct ical_line *line, const char *text,
    struct ical_length *out);
bool ical_read_rule(
    struct ical_reader *reader, const struct ical_line *line, struct ical_rule *out);

/* The moment of a time; for a day its number. */
int64_t ical_moment(const struct ical_time *time);

/*
 * The days of one year on which rule puts an event that began at start, as
 * days since 1970-01-01 in their order; how many. None are before start.
 */
size_t ical_rule_days(
    const struct ical_rule *rule, const struct ical_time *start, int year, int64_t days[366]);

/* A line between BEGIN:VEVENT and END:VEVENT; what is wrong with it is a fault. */
void ical_event_read(
    struct ical_reader *reader, struct ical_event *event, const struct ical_line *line);
/* All its closed times go to reader->out. */
void ical_event_end(struct ical_reader *reader, struct ical_event *event);
void ical_event_done(struct ical_event *event);
