/* iCalendar, the components: RFC 5545 sections 3.4 and 3.6. */
#include "ical_priv.h"

#include <string.h>

#define DEPTH_MAX 4

struct file {
	struct ical_reader reader;
	char open[DEPTH_MAX][24]; /* BEGINs without their END */
	int depth, skip; /* skip: the depth at which nothing is read; 0: everything is */
	struct ical_event event;
	size_t events;
};

/* Where BEGINs and ENDs do not fit nothing behind them can be believed. */
static void
stop(struct ical_reader *reader)
{
	reader->at += strlen(reader->at);
}

static bool
is_in(const struct file *file, const char *name)
{
	return file->depth > 0 && text_is_nocase(file->open[file->depth - 1], name);
}

/* May name begin here? What is passed over has to do with wall clocks we know, or with bells. */
static bool
may_begin(struct file *file, const struct ical_line *line)
{
	const char *name = line->value;

	if (file->depth == 0)
		return text_is_nocase(name, "VCALENDAR") ||
		    ical_refuse(&file->reader, line->line, "BEGIN:%.40s is no VCALENDAR", name);
	if (is_in(file, "VCALENDAR") && text_is_nocase(name, "VEVENT"))
		return true;
	file->skip = file->depth + 1;
	if ((is_in(file, "VCALENDAR") && text_is_nocase(name, "VTIMEZONE")) ||
	    (is_in(file, "VEVENT") && text_is_nocase(name, "VALARM")))
		return true;
	return ical_refuse(&file->reader, line->line,
	    "BEGIN:%.40s is not read here; only events (VEVENT) are", name);
}

static void
begin(struct file *file, const struct ical_line *line)
{
	if (file->depth == DEPTH_MAX || strlen(line->value) >= sizeof(file->open[0])) {
		ical_refuse(
		    &file->reader, line->line, "BEGIN:%.40s is too deep, or too long", line->value);
		stop(&file->reader);
		return;
	}
	if (!file->skip)
		may_begin(file, line);
	memcpy(file->open[file->depth++], line->value, strlen(line->value) + 1);
	if (!file->skip && is_in(file, "VEVENT")) {
		ical_event_done(&file->event);
		file->event.line = line->line;
		file->event.faults = file->reader.out->fault_count;
		file->events++;
	}
}

static void
end(struct file *file, const struct ical_line *line)
{
	if (!is_in(file, line->value)) {
		ical_refuse(
		    &file->reader, line->line, "END:%.40s has no BEGIN that fits", line->value);
		stop(&file->reader);
		return;
	}
	if (!file->skip && is_in(file, "VEVENT"))
		ical_event_end(&file->reader, &file->event);
	if (file->skip == file->depth)
		file->skip = 0;
	file->depth--;
}

/* clang-format off */
static const struct { const char *name, *value; } expected[] = {
	{ "VERSION", "2.0" }, { "CALSCALE", "GREGORIAN" }, { "METHOD", "PUBLISH" },
};
/* clang-format on */

static void
read_head(struct file *file, const struct ical_line *line)
{
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		if (text_is(expected[i].name, line->name) &&
		    !text_is_nocase(expected[i].value, line->value))
			ical_refuse(&file->reader, line->line,
			    "%s: '%.40s' is not read; only %s is", line->name, line->value,
			    expected[i].value);
}

static void
read_line(struct file *file, const struct ical_line *line)
{
	if (text_is(line->name, "BEGIN"))
		begin(file, line);
	else if (text_is(line->name, "END"))
		end(file, line);
	else if (file->depth == 0)
		ical_refuse(&file->reader, line->line, "stands outside of BEGIN:VCALENDAR");
	else if (!file->skip && is_in(file, "VEVENT"))
		ical_event_read(&file->reader, &file->event, line);
	else if (!file->skip)
		read_head(file, line);
}

/* Bytes that no line of text has. */
static bool
is_text(struct ical_reader *reader, const struct str *text)
{
	int line = 1;

	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->text[i];

		line += c == '\n';
		if ((c < ' ' && !strchr("\t\r\n", c)) || c == '\0' || c == 127)
			return ical_refuse(reader, line, "has a byte that is no text");
	}
	return true;
}

static void
read_file(struct file *file)
{
	struct ical_line line;

	while (ical_next(&file->reader, &line))
		read_line(file, &line);
	if (file->reader.out->fault_count)
		return;
	if (file->depth)
		ical_refuse(&file->reader, file->reader.line, "ends inside of BEGIN:%s",
		    file->open[file->depth - 1]);
	else if (!file->events)
		ical_refuse(&file->reader, file->reader.line, "has no event (BEGIN:VEVENT)");
}

int
ical_read(const struct str *text, const struct zone *zone, struct ical *out)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct file file = { .reader = { .out = out, .zone = zone, .line = 1 } };
	char *copy = mem_dup(str_text(text));

	*out = (struct ical){ .count = 0 };
	file.reader.at = copy + (text_starts(copy, mark) ? strlen(mark) : 0);
	if (str_overflowed(text) || text->len > ICAL_SIZE_MAX)
		ical_refuse(&file.reader, 1, "is larger than 1 MiB");
	else if (is_text(&file.reader, text))
		read_file(&file);
	ical_event_done(&file.event);
	mem_free(copy);
	return out->fault_count ? ERR_INVALID : 0;
}

void
ical_done(struct ical *ical)
{
	mem_free(ical->closed);
	*ical = (struct ical){ .count = 0 };
}
