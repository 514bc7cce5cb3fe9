#include "read_priv.h"

#include <assent/base/data.h>
#include <assent/base/file.h>

#include <string.h>
#include <sys/stat.h>

#define TEMPLATES "mail-templates/"
#define WORDS "phrases/"
#define LOCALES_MAX 64
#define ZONES_MAX 700
#define ZONE_LIST_MAX ((size_t)256 << 10)

static size_t
add_builtin(struct arena *arena, const char *folder, const char **out, size_t n)
{
	for (size_t i = 0; i < data_file_count && n < LOCALES_MAX; i++) {
		const char *name = data_files[i].name + strlen(folder);
		size_t len;

		if (!text_starts(data_files[i].name, folder))
			continue;
		len = strcspn(name, "/.");
		if (!name[len] ||
		    (n && strlen(out[n - 1]) == len && !strncmp(out[n - 1], name, len)))
			continue;
		out[n++] = arena_dup_n(arena, name, len);
	}
	return n;
}

/* The built-in locales: folders of templates, and languages with phrases. */
static size_t
builtin_locales(struct arena *arena, const char **out)
{
	return add_builtin(arena, WORDS, out, add_builtin(arena, TEMPLATES, out, 0));
}

/* Has the site a folder of templates, or phrases of its own? */
static bool
has_files(struct reader *reader, const char *locale)
{
	const char *site = reader->settings->policy.site_dir;
	struct stat st;

	if (!site || !*site || !*locale)
		return false;
	if (stat(arena_printf(reader->arena, "%s/" TEMPLATES "%s", site, locale), &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return true;
	return stat(arena_printf(reader->arena, "%s/" WORDS "%s.txt", site, locale), &st) == 0;
}

bool
locale_is_known(struct reader *reader, const char *locale, const char **meant)
{
	const char *locales[LOCALES_MAX];
	const char *language = arena_dup_n(reader->arena, locale, strcspn(locale, "-_"));
	size_t n = builtin_locales(reader->arena, locales);

	/* Mails look for "de-AT" as "de-AT" and as "de". */
	for (size_t i = 0; i < n; i++)
		if (text_is(locales[i], locale) || text_is(locales[i], language))
			return true;
	if (has_files(reader, locale) || has_files(reader, language))
		return true;
	*meant = text_nearest(locale, locales, n);
	return false;
}

/* The third column of zone1970.tab: one name for each zone in use. */
static size_t
zone_names(char *text, const char **out)
{
	char *rest = text, *line;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) && n < ZONES_MAX) {
		if (*line == '#' || !strsep(&line, "\t") || !strsep(&line, "\t") || !line)
			continue;
		out[n++] = strsep(&line, "\t");
	}
	return n;
}

const char *
zone_nearest(struct arena *arena, const char *name)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);
	AUTO(str_donep) struct str text = STR_INIT(ZONE_LIST_MAX);
	const char *names[ZONES_MAX], *folder = getenv("TZDIR");
	struct err err;

	str_addf(&path, "%s/zone1970.tab", folder ? folder : "/usr/share/zoneinfo");
	if (file_read(str_text(&path), &text, &err) < 0 || !text.text || strlen(name) > 60)
		return NULL;
	return arena_dup(arena, text_nearest(name, names, zone_names(text.text, names)));
}
