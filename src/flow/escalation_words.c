#include "flow/escalation_words.h"

#include <assent/base/num.h>
#include <assent/base/str.h>

#include <string.h>

#define SPAN_NUMBER_MAX 100000
#define TEXT_ROOM ((size_t)1 << 20)

/* clang-format off */
static const struct word {
	const char *word;
	enum escalation_act act;
	enum { NOTHING, TEXT, SPAN, PERSON } follows;
} words[] = {
	{ "acknowledged",	ESCALATION_ACK,		NOTHING },
	{ "acknowledge",	ESCALATION_ACK,		NOTHING },
	{ "ack",		ESCALATION_ACK,		NOTHING },
	{ "resolved",		ESCALATION_RESOLVE,	TEXT },
	{ "resolve",		ESCALATION_RESOLVE,	TEXT },
	{ "snooze",		ESCALATION_SNOOZE,	SPAN },
	{ "assign",		ESCALATION_ASSIGN,	PERSON },
	{ "reopen",		ESCALATION_REOPEN,	NOTHING },
	{ "استلمت",		ESCALATION_ACK,		NOTHING },
	{ "تم الاستلام",		ESCALATION_ACK,		NOTHING },
	{ "تم الحل",		ESCALATION_RESOLVE,	TEXT },
	{ "تأجيل",		ESCALATION_SNOOZE,	SPAN },
	{ "إسناد",		ESCALATION_ASSIGN,	PERSON },
	{ "إعادة فتح",		ESCALATION_REOPEN,	NOTHING },
};

static const struct {
	const char *unit;
	span_ms span;
} units[] = {
	{ "m",		MS_MINUTE },	{ "min",	MS_MINUTE },
	{ "minute",	MS_MINUTE },	{ "minutes",	MS_MINUTE },
	{ "h",		MS_HOUR },	{ "hour",	MS_HOUR },
	{ "hours",	MS_HOUR },	{ "d",		MS_DAY },
	{ "day",	MS_DAY },	{ "days",	MS_DAY },
	{ "دقيقة",	MS_MINUTE },	{ "دقائق",	MS_MINUTE },
	{ "ساعة",	MS_HOUR },	{ "ساعات",	MS_HOUR },
	{ "يوم",		MS_DAY },	{ "أيام",	MS_DAY },
};
/* clang-format on */

static char *
skip_blanks(char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* "ack." and "ack!" are "ack"; "ack?" is not. */
static void
cut_stops(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && strchr(".! \t", text[n - 1]) != NULL)
		text[--n] = '\0';
}

/* "2h", "30 minutes" */
static bool
read_span(struct arena *arena, char *text, span_ms *out)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = skip_blanks(text + digits);
	int64_t n;

	if (!num_parse_within(arena_dup_n(arena, text, digits), 1, SPAN_NUMBER_MAX, &n))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!text_is_nocase(unit, units[i].unit))
			continue;
		*out = n * units[i].span;
		return true;
	}
	return false;
}

/* One word with an @, perhaps in angle brackets. */
static bool
read_person(struct arena *arena, const char *text, const char **out)
{
	size_t n = strlen(text);

	if (n > 2 && text[0] == '<' && text[n - 1] == '>') {
		text++;
		n -= 2;
	}
	*out = arena_dup_n(arena, text, n);
	return strchr(*out, '@') != NULL && strcspn(*out, " \t,;<>") == n;
}

static bool
read_following(
    struct arena *arena, const struct word *word, char *rest, struct escalation_word *out)
{
	bool is_joined = *rest == ':';

	if (*rest != '\0' && !is_joined && *rest != ' ' && *rest != '\t')
		return false;
	rest = skip_blanks(is_joined ? rest + 1 : rest);
	if (word->follows != TEXT)
		cut_stops(rest);
	switch (word->follows) {
	case TEXT:
		out->text = rest;
		return is_joined || *rest == '\0';
	case SPAN:
		return read_span(
		    arena, text_starts_nocase(rest, "for ") ? rest + 4 : rest, &out->span);
	case PERSON:
		return read_person(
		    arena, text_starts_nocase(rest, "to ") ? rest + 3 : rest, &out->text);
	default:
		return *rest == '\0';
	}
}

static const struct word *
read_line(struct arena *arena, const char *from, struct escalation_word *out)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char *line = arena_dup(arena, from);

		if (!text_starts_nocase(line, words[i].word))
			continue;
		if (words[i].follows == TEXT && strlen(line) <= strlen(words[i].word) + 2)
			cut_stops(line);
		else if (words[i].follows == NOTHING)
			cut_stops(line);
		*out = (struct escalation_word){ .act = words[i].act, .text = "" };
		if (read_following(arena, &words[i], line + strlen(words[i].word), out))
			return &words[i];
	}
	return NULL;
}

/* The lines below belong to what was done, because mail programs wrap. */
static void
go_on(struct arena *arena, char **rest, struct escalation_word *word)
{
	AUTO(str_donep) struct str text = STR_INIT(TEXT_ROOM);
	struct escalation_word other;
	char *line;

	str_add(&text, word->text);
	while (*rest != NULL) {
		size_t n = strcspn(*rest, "\n");

		line = text_trim(arena_dup_n(arena, *rest, n));
		if (*line == '\0' || *line == '>' || read_line(arena, line, &other) != NULL)
			break;
		str_addf(&text, "\n%s", line);
		*rest = (*rest)[n] == '\n' ? *rest + n + 1 : NULL;
	}
	word->text = arena_dup(arena, str_text(&text));
}

enum escalation_said
escalation_words(struct arena *arena, const char *own, struct escalation_word *out)
{
	char *rest = arena_dup(arena, own), *line;
	const struct word *word = NULL;
	struct escalation_word other;

	while (word == NULL && (line = strsep(&rest, "\n")) != NULL) {
		line = text_trim(line);
		if (*line == '\0')
			continue;
		word = read_line(arena, line, out);
		if (word == NULL)
			return SAID_NOTHING;
	}
	if (word == NULL)
		return SAID_NOTHING;
	/* What is complete in its line does not go on: "resolved". */
	if (word->follows == TEXT && out->text[0] != '\0')
		go_on(arena, &rest, out);
	while ((line = strsep(&rest, "\n")) != NULL)
		if (read_line(arena, text_trim(line), &other) != NULL)
			return SAID_SEVERAL;
	return SAID_ONE;
}
