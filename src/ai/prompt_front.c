#include <assent/base/num.h>

#include "ai/prompt_priv.h"

#include <stdio.h>
#include <string.h>

#define VALUE_MAX 40
#define TOKENS_MAX 32000

enum key { KEY_TIER, KEY_TOKENS, KEY_TEMPERATURE, KEY_FORM, KEYS };

static const char *const key_names[KEYS] = { "tier", "max_tokens", "temperature", "form" };

struct front {
	const char *kind;
	struct prompt *out;
	bool given[KEYS];
	int line;
};

static int
refuse(const struct front *front, size_t column, const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "%d:%zu: %s", front->line, column, what);
}

/* 0 to 2 with at most two digits behind the point, in hundredths. */
static bool
read_temperature(const char *value, double *out)
{
	char digits[VALUE_MAX + 2];
	size_t n = strlen(value);
	int64_t hundredths;

	if (n == 0 || n > 4 || (n > 1 && value[1] != '.') || n == 2)
		return false;
	snprintf(digits, sizeof(digits), "%c%s", value[0], n > 1 ? value + 2 : "");
	if (!num_parse_within(digits, 0, n == 4 ? 200 : n == 3 ? 20 : 2, &hundredths))
		return false;
	*out = (double)hundredths / (n == 4 ? 100 : n == 3 ? 10 : 1);
	return true;
}

static const char *
take_value(struct front *front, enum key key, const char *value)
{
	int64_t n;

	switch (key) {
	case KEY_TIER:
		front->out->tier = text_is(value, "careful") ? MODEL_CAREFUL : MODEL_FAST;
		return text_is(value, "fast") || text_is(value, "careful")
		    ? NULL
		    : "tier is \"fast\" or \"careful\"";
	case KEY_TOKENS:
		if (!num_parse_within(value, 1, TOKENS_MAX, &n))
			return "max_tokens is a number from 1 to 32000";
		front->out->max_tokens = (int)n;
		return NULL;
	case KEY_TEMPERATURE:
		return read_temperature(value, &front->out->temperature)
		    ? NULL
		    : "temperature is a number from 0 to 2, such as 0.2";
	default:
		return text_is(value, front->kind) ? NULL : "form is the name of the file";
	}
}

static int
take_line(struct front *front, const char *line, size_t n, struct err *err)
{
	size_t name = 0, value, end = n;
	char text[VALUE_MAX + 1];
	const char *why;
	enum key key;

	while (name < n && line[name] != ':')
		name++;
	for (key = 0; key < KEYS; key++)
		if (strlen(key_names[key]) == name && strncmp(line, key_names[key], name) == 0)
			break;
	if (key == KEYS || name == n)
		return refuse(front, 1,
		    "only \"tier: \", \"max_tokens: \", \"temperature: \" and \"form: \" stand "
		    "here",
		    err);
	if (front->given[key])
		return refuse(front, 1, "this is said twice", err);
	front->given[key] = true;
	for (value = name + 1; value < n && line[value] == ' ';)
		value++;
	while (end > value && strchr(" \r", line[end - 1]) != NULL)
		end--;
	snprintf(text, sizeof(text), "%.*s",
	    end - value > VALUE_MAX ? VALUE_MAX : (int)(end - value), line + value);
	why = take_value(front, key, text);
	return why != NULL ? refuse(front, value + 1, why, err) : 0;
}

static bool
is_border(const char *line, size_t n)
{
	return (n == 3 || (n == 4 && line[3] == '\r')) && strncmp(line, "---", 3) == 0;
}

int
prompt_front(
    const char *text, const char *kind, struct prompt *out, const char **body, struct err *err)
{
	struct front front = { .kind = kind, .out = out, .line = 1 };
	size_t n = strcspn(text, "\n");
	int rc = 0;

	out->max_tokens = 0;
	out->temperature = -1;
	if (!is_border(text, n))
		return refuse(&front, 1,
		    "a prompt begins with a line that is only \"---\" and its front matter", err);
	for (text += n; rc == 0 && *text == '\n'; text += n) {
		n = strcspn(++text, "\n");
		front.line++;
		if (*text == '\0' || is_border(text, n))
			break;
		rc = take_line(&front, text, n, err);
	}
	if (rc < 0)
		return rc;
	if (!is_border(text, n) || text[n] == '\0')
		return refuse(&front, 1, "a line that is only \"---\" ends the front matter", err);
	if (!front.given[KEY_TIER] || !front.given[KEY_FORM])
		return refuse(&front, 1, "the front matter needs \"tier: \" and \"form: \"", err);
	*body = text + n + 1;
	return 0;
}
