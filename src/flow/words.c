#include <assent/flow/matter.h>

#include <assent/base/str.h>
#include <assent/mail/compose.h>

#include <string.h>

#define SENTENCE_MAX 1000

static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };

const char *
words_date(struct arena *arena, const struct zone *zone, utc_ms at)
{
	struct civil c;

	zone_civil(zone, at, &c);
	return arena_printf(arena, "%s %d %s %d, %02d:%02d %s", weekdays[c.weekday], c.day,
	    months[c.month - 1], c.year, c.hour, c.minute, c.abbr);
}

/* NULL where that language has no such sentence. */
static const char *
say(struct arena *arena, const struct words_place *place, const char *name, const json_t *view)
{
	AUTO(str_donep) struct str out = STR_INIT(SENTENCE_MAX);
	const struct compose_phrase phrase = { place->site_dir, place->locale, name, view };

	return compose_phrase(&phrase, &out) ? arena_dup(arena, str_text(&out)) : NULL;
}

/* The nth (0 first) of a sentence's words. */
static const char *
word_of(struct arena *arena, const struct words_place *place, const char *name, int n)
{
	const char *said = say(arena, place, name, NULL);
	char *rest = arena_dup(arena, said != NULL ? said : ""), *word;

	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0' && n-- == 0)
			return word;
	return NULL;
}

/* A bare "+03" would turn around in a line that runs from right to left. */
static bool
is_number(const struct civil *c)
{
	return c->abbr[0] == '+' || c->abbr[0] == '-';
}

const char *
words_date_in(struct arena *arena, const struct words_place *place, utc_ms at)
{
	const char *weekday, *month, *date = NULL;
	struct civil c;
	json_t *view;

	zone_civil(place->zone, at, &c);
	weekday = word_of(arena, place, "date-weekdays", c.weekday);
	month = word_of(arena, place, "date-months", c.month - 1);
	if (weekday == NULL || month == NULL)
		return words_date(arena, place->zone, at);
	view =
	    json_pack("{s:s, s:i, s:s, s:i, s:s, s:s}", "weekday", weekday, "day", c.day, "month",
		month, "year", c.year, "time", arena_printf(arena, "%02d:%02d", c.hour, c.minute),
		"zone", arena_printf(arena, "%s%s", is_number(&c) ? "UTC" : "", c.abbr));
	date = say(arena, place, "date", view);
	json_decref(view);
	return date != NULL ? date : words_date(arena, place->zone, at);
}

const char *
words_size(struct arena *arena, int64_t bytes)
{
	if (bytes < 1000)
		return arena_printf(arena, "%lld bytes", (long long)bytes);
	if (bytes < 1000 * 1000)
		return arena_printf(arena, "%lld KB", (long long)((bytes + 500) / 1000));
	return arena_printf(arena, "%.1f MB", (double)bytes / 1e6);
}

const char *
words_span(struct arena *arena, span_ms span)
{
	long long minutes = span / MS_MINUTE;

	if (minutes < 1)
		return "less than a minute";
	if (minutes < 60)
		return arena_printf(arena, "%lld min", minutes);
	if (minutes < 48 * 60)
		return arena_printf(arena, "%lld h %lld min", minutes / 60, minutes % 60);
	return arena_printf(arena, "%lld days %lld h", minutes / 1440, minutes % 1440 / 60);
}

const char *
view_dump(struct arena *arena, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	char *copy = arena_dup(arena, text != NULL ? text : "{}");

	free(text); /* house: library memory */
	return copy;
}

void
view_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_object_set_new(object, key, json_string(text));
}
