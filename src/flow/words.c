#include <assent/flow/matter.h>

#include <string.h>

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

static const char *const arabic_weekdays[] = { "الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس",
	"الجمعة", "السبت" };
static const char *const arabic_months[] = { "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
	"يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر" };

const char *
words_date_in(struct arena *arena, const struct words_place *place, utc_ms at)
{
	size_t n = strcspn(place->locale, "-_");
	struct civil c;

	if (n != 2 || strncmp(place->locale, "ar", n) != 0)
		return words_date(arena, place->zone, at);
	zone_civil(place->zone, at, &c);
	/* A bare "+03" would turn around in a line that runs from right to left. */
	return arena_printf(arena, "%s %d %s %d، %02d:%02d %s%s", arabic_weekdays[c.weekday], c.day,
	    arabic_months[c.month - 1], c.year, c.hour, c.minute,
	    c.abbr[0] == '+' || c.abbr[0] == '-' ? "UTC" : "", c.abbr);
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
