#include <assent/rules/facts.h>

#include <assent/base/utf8.h>
#include <assent/base/zone.h>

#include "rules/facts_priv.h"

#include <math.h>
#include <string.h>

/* clang-format off */
static const struct fact_def built_in[FACT_COUNT] = {
#define X(id, fact_name, fact_type, fact_words, fact_unit, fact_help) \
	[FACT_OF_##id] = { .name = fact_name, .type = FACT_##fact_type, .words = fact_words, \
	    .unit = fact_unit, .help = fact_help, \
	    .of_attribute = FACT_OF_##id == FACT_OF_CONSENT_GIVEN || \
		FACT_OF_##id == FACT_OF_CONSENT_EXPIRES },
	FACTS(X)
#undef X
};
static const char *const type_names[FACT_TYPE_COUNT] = {
#define X(id, name) [FACT_##id] = name,
	FACT_TYPES(X)
#undef X
};
/* clang-format on */

const struct fact_def *
fact_built_in(enum fact fact)
{
	return &built_in[fact];
}

const char *
fact_type_name(enum fact_type type)
{
	return type_names[type];
}

bool
fact_type_parse(const char *name, enum fact_type *out)
{
	for (enum fact_type i = 0; i < FACT_TYPE_COUNT; i++)
		if (strcmp(type_names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

struct fact_value
fact_number(double number)
{
	return (struct fact_value){ .is = FACT_KNOWN, .number = number };
}

struct fact_value
fact_text(const char *text)
{
	return (struct fact_value){ .is = text && *text ? FACT_KNOWN : FACT_UNKNOWN, .text = text };
}

struct fact_value
fact_time(utc_ms time)
{
	return (struct fact_value){ .is = time ? FACT_KNOWN : FACT_UNKNOWN, .time = time };
}

struct fact_value
fact_bool(bool yes)
{
	return (struct fact_value){ .is = FACT_KNOWN, .yes = yes };
}

/* --- out of texts ------------------------------------------------------------ */

/* So many digits are exact in a double. */
#define DIGITS_MAX 15

bool
decimal_parse(const char *text, double *out)
{
	double whole = 0, scale = 1;
	size_t digits = 0;
	bool minus = *text == '-', point = false;

	for (text += minus; *text; text++) {
		if (*text == '.' && !point && digits > 0 && text[1] != '\0') {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || ++digits > DIGITS_MAX)
			return false;
		whole = whole * 10 + (*text - '0');
		scale = point ? scale * 10 : scale;
	}
	if (digits == 0)
		return false;
	*out = (minus ? -whole : whole) / scale;
	return true;
}

static bool
time_parse(const char *text, utc_ms *out)
{
	char whole[32];

	if (strlen(text) != strlen("2026-11-21"))
		return utc_parse_iso(text, out);
	memcpy(whole, text, strlen("2026-11-21"));
	memcpy(whole + strlen("2026-11-21"), "T00:00:00Z", sizeof("T00:00:00Z"));
	return utc_parse_iso(whole, out);
}

bool
fact_has_word(const struct fact_def *def, const char *word)
{
	const char *words = def->words;
	size_t n = strlen(word);

	for (; *words; words += strspn(words, " ")) {
		if (strcspn(words, " ") == n && strncmp(words, word, n) == 0)
			return true;
		words += strcspn(words, " ");
	}
	return false;
}

struct fact_value
fact_parse(const struct fact_def *def, const char *text)
{
	struct fact_value value = { .is = FACT_KNOWN };
	bool good = true;

	if (*text == '\0')
		return (struct fact_value){ .is = FACT_UNKNOWN };
	switch (def->type) {
	case FACT_NUMBER:
		good = decimal_parse(text, &value.number);
		break;
	case FACT_BOOL:
		value.yes = strcmp(text, "true") == 0;
		good = value.yes || strcmp(text, "false") == 0;
		break;
	case FACT_TIME:
		good = time_parse(text, &value.time);
		break;
	default:
		value.text = text;
		good = *def->words == '\0' || fact_has_word(def, text);
	}
	return good ? value : (struct fact_value){ .is = FACT_WRONG };
}

struct fact_value
fact_of_json(const struct fact_def *def, const json_t *json)
{
	const struct fact_value wrong = { .is = FACT_WRONG };
	const char *text = json_string_value(json);

	if (!json || json_is_null(json))
		return (struct fact_value){ .is = FACT_UNKNOWN };
	if (text)
		return strlen(text) == json_string_length(json) ? fact_parse(def, text) : wrong;
	if (def->type == FACT_NUMBER && json_is_number(json))
		return fact_number(json_number_value(json));
	if (def->type == FACT_BOOL && json_is_boolean(json))
		return fact_bool(json_is_true(json));
	return wrong;
}

/* --- for people and programs ---------------------------------------------------- */

/* Enough of a text to know it by. */
#define SHOWN_MAX 200

static void
add_number(struct str *out, double number)
{
	if (number == floor(number) && fabs(number) < 1e15)
		str_addf(out, "%.0f", number);
	else
		str_addf(out, "%.10g", number);
}

static void
add_quoted(struct str *out, const char *text)
{
	AUTO(str_donep) struct str line = STR_INIT(8 * SHOWN_MAX);

	utf8_add_line(&line, text, SHOWN_MAX);
	str_addf(out, "'%s'", str_text(&line));
}

void
fact_add_text(struct str *out, const struct fact_def *def, const struct fact_value *value)
{
	if (value->is != FACT_KNOWN)
		str_add(out, value->is == FACT_UNKNOWN ? "unknown" : "of a wrong type");
	else if (def->type == FACT_NUMBER)
		add_number(out, value->number);
	else if (def->type == FACT_TEXT)
		add_quoted(out, value->text);
	else if (def->type == FACT_TIME)
		utc_add_iso(out, value->time);
	else
		str_add(out, value->yes ? "true" : "false");
}

json_t *
fact_json(const struct fact_def *def, const struct fact_value *value)
{
	AUTO(str_donep) struct str text = STR_INIT(64);
	double whole;

	if (value->is != FACT_KNOWN)
		return json_null();
	switch (def->type) {
	case FACT_NUMBER:
		if (modf(value->number, &whole) == 0 && fabs(whole) < 1e15)
			return json_integer((json_int_t)whole);
		return json_real(value->number);
	case FACT_BOOL:
		return json_boolean(value->yes);
	case FACT_TIME:
		utc_add_iso(&text, value->time);
		return json_string(str_text(&text));
	default:
		return json_string(value->text);
	}
}
