/* iCalendar, the lines: RFC 5545 section 3.1. */
#include "ical_priv.h"

#include <assent/base/utf8.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool
is_full(const struct ical_reader *reader)
{
	return reader->out->fault_count == ICAL_FAULTS_MAX;
}

bool
ical_refuse(struct ical_reader *reader, int line, const char *fmt, ...)
{
	AUTO(str_donep) struct str clean = STR_INIT(1000);
	char text[600];
	struct ical_fault *fault;
	va_list args;

	if (is_full(reader))
		return false;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fault = &reader->out->faults[reader->out->fault_count++];
	utf8_add_line(&clean, text, sizeof(fault->text) - 8);
	fault->line = line;
	snprintf(fault->text, sizeof(fault->text), "%s", str_text(&clean));
	return false;
}

/* Past the line end at *p; what stands there becomes an end of text. */
static void
end_line(struct ical_reader *reader, char **p)
{
	char *end = *p;

	if (*end == '\r' && end[1] == '\n')
		(*p)++;
	if (**p) {
		(*p)++;
		reader->line++;
	}
	*end = '\0';
}

/* The next line with its folds taken out, in place; NULL at the end. */
static char *
unfold(struct ical_reader *reader, int *line)
{
	char *start = reader->at, *from = start, *to = start;

	if (!*start)
		return NULL;
	*line = reader->line;
	for (;;) {
		size_t n = strcspn(from, "\r\n");

		memmove(to, from, n);
		to += n;
		from += n;
		end_line(reader, &from);
		if (*from != ' ' && *from != '\t')
			break;
		from++;
	}
	*to = '\0';
	reader->at = from;
	return start;
}

static char *
take_word(char **at)
{
	char *word = *at;

	for (; isalnum((unsigned char)**at) || **at == '-' || **at == '_'; (*at)++)
		**at = (char)toupper((unsigned char)**at);
	return *at > word ? word : NULL;
}

/* To the end of a parameter's value, whose commas and quoted parts belong to it. */
static bool
skip_value(char **at)
{
	for (; **at && !strchr(";:", **at); (*at)++) {
		if (**at != '"')
			continue;
		*at = strchr(*at + 1, '"');
		if (!*at)
			return false;
	}
	return **at != '\0';
}

static const char *
unquote(char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && value[0] == '"' && strchr(value + 1, '"') == value + n - 1) {
		value[n - 1] = '\0';
		return value + 1;
	}
	return value;
}

/* ";TZID=Europe/Berlin" at *at, up to the ';' or ':' behind it. */
static bool
take_param(char **at, struct ical_line *out)
{
	struct ical_param *param = &out->params[out->param_count];
	char *value, end;

	**at = '\0'; /* the name in front of it ends here */
	(*at)++;
	param->name = take_word(at);
	if (!param->name || **at != '=' || out->param_count + 1 == ICAL_PARAMS_MAX)
		return false;
	**at = '\0';
	value = ++*at;
	if (!skip_value(at))
		return false;
	end = **at;
	**at = '\0';
	param->value = unquote(value);
	**at = end;
	out->param_count++;
	return true;
}

static bool
split(char *text, struct ical_line *out)
{
	char *at = text;

	out->param_count = 0;
	out->name = take_word(&at);
	if (!out->name)
		return false;
	while (*at == ';')
		if (!take_param(&at, out))
			return false;
	if (*at != ':')
		return false;
	*at = '\0';
	out->value = at + 1;
	return true;
}

bool
ical_next(struct ical_reader *reader, struct ical_line *out)
{
	char *text;

	while (!is_full(reader) && (text = unfold(reader, &out->line)) != NULL) {
		if (!*text)
			continue;
		if (split(text, out))
			return true;
		ical_refuse(reader, out->line, "is no line of an iCalendar file, NAME:VALUE");
	}
	return false;
}

const char *
ical_param(const struct ical_line *line, const char *name)
{
	for (size_t i = 0; i < line->param_count; i++)
		if (text_is(line->params[i].name, name))
			return line->params[i].value;
	return NULL;
}
