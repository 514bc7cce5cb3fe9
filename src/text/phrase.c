#include <assent/text/phrase.h>

#include <assent/base/data.h>
#include <assent/base/mem.h>

#include <string.h>

#define FILE_MAX MUSTACHE_SOURCE_MAX
#define NAMES "abcdefghijklmnopqrstuvwxyz0123456789-_"
#define BLANKS " \t\r"

struct phrase {
	char *name, *text;
	struct mustache *forms[2]; /* by enum phrase_form */
};

struct phrases {
	struct phrase *list;
	size_t count;
};

void
phrases_free(struct phrases *phrases)
{
	if (!phrases)
		return;
	for (size_t i = 0; i < phrases->count; i++) {
		struct phrase *phrase = &phrases->list[i];

		mustache_free(phrase->forms[PHRASE_PLAIN]);
		mustache_free(phrase->forms[PHRASE_HTML]);
		mem_free(phrase->name);
		mem_free(phrase->text);
	}
	mem_free(phrases->list);
	mem_free(phrases);
}

static struct phrase *
find(const struct phrases *phrases, const char *name, size_t n)
{
	for (size_t i = 0; i < phrases->count; i++)
		if (strlen(phrases->list[i].name) == n &&
		    memcmp(phrases->list[i].name, name, n) == 0)
			return &phrases->list[i];
	return NULL;
}

/* --- reading ------------------------------------------------------------------ */

static struct phrase *
find_or_add(struct phrases *phrases, const char *name, size_t n)
{
	struct phrase *phrase = find(phrases, name, n);

	if (phrase)
		return phrase;
	phrase = &phrases->list[phrases->count++];
	phrase->name = mem_alloc(n + 1);
	memcpy(phrase->name, name, n);
	return phrase;
}

/* One more piece of the file's sentence: the first replaces what shipped. */
static void
set_text(struct phrase *phrase, const char *text, bool first)
{
	AUTO(str_donep) struct str whole = STR_INIT(FILE_MAX);

	str_addf(&whole, "%s%s", first || !phrase->text ? "" : phrase->text, text);
	mem_free(phrase->text);
	phrase->text = str_take(&whole);
}

static const char *
take_line(struct phrases *phrases, char *line, struct phrase **last)
{
	size_t n = strspn(line, NAMES), end = strlen(line);

	while (end > 0 && strchr("\r", line[end - 1]))
		line[--end] = '\0';
	if (line[strspn(line, BLANKS)] == '\0' || *line == '#')
		return NULL;
	if (strchr(BLANKS, *line)) {
		if (!*last)
			return "a sentence begins with its name and ':'";
		set_text(*last, line + strspn(line, BLANKS), false);
		return NULL;
	}
	if (n == 0 || line[n] != ':')
		return "a line is 'name: sentence', goes on after a blank, or begins with '#'";
	if (phrases->count == PHRASES_MAX)
		return "these are too many sentences";
	*last = find_or_add(phrases, line, n);
	set_text(*last, line + n + 1 + strspn(line + n + 1, BLANKS), true);
	return NULL;
}

static int
take_text(struct phrases *phrases, char *text, struct err *err)
{
	struct phrase *last = NULL;
	unsigned number = 1;
	char *line;

	for (; (line = strsep(&text, "\n")); number++) {
		const char *fault = take_line(phrases, line, &last);

		if (fault)
			return err_set(err, ERR_INVALID, "%u:1: %s", number, fault);
	}
	return 0;
}

/* --- compiling ---------------------------------------------------------------- */

/* A value has its own direction; what marks HTML in plain words is escaped. */
static void
add_html(struct str *out, const char *text)
{
	while (*text) {
		const char *open = strstr(text, "{{"), *close = open ? strstr(open, "}}") : NULL;
		size_t n = close ? (size_t)(open - text) : strlen(text);
		bool is_value = close && !strchr("#^/!>=&{", open[2]);

		mustache_html(out, text, n);
		text += n;
		if (!close)
			continue;
		n = (size_t)(close + 2 - text);
		str_addf(out, is_value ? "<bdi>%.*s</bdi>" : "%.*s", (int)n, text);
		text += n;
	}
}

static int
compile(struct phrase *phrase, struct err *err)
{
	AUTO(str_donep) struct str html = STR_INIT(2 * FILE_MAX);
	int rc;

	add_html(&html, phrase->text);
	rc =
	    mustache_compile(phrase->text, strlen(phrase->text), &phrase->forms[PHRASE_PLAIN], err);
	if (rc == 0)
		rc = mustache_compile(str_text(&html), html.len, &phrase->forms[PHRASE_HTML], err);
	return rc < 0 ? err_wrap(err, rc, "%s", phrase->name) : 0;
}

static int
take_file(struct phrases *phrases, const struct str *file, struct err *err)
{
	char *text = mem_dup(str_text(file));
	int rc = take_text(phrases, text, err);

	mem_free(text);
	return rc;
}

/* What ships first, so that a site's file names only what it says otherwise. */
static int
take_both(struct phrases *phrases, const char *site_dir, const char *path, struct err *err)
{
	AUTO(str_donep) struct str file = STR_INIT(FILE_MAX);
	int rc = data_read(NULL, path, &file, err);

	if (rc == 0)
		rc = take_file(phrases, &file, err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	str_clear(&file);
	rc = data_read(site_dir, path, &file, err);
	return rc < 0 ? rc : take_file(phrases, &file, err);
}

int
phrases_read(const char *site_dir, const char *locale, struct phrases **out, struct err *err)
{
	AUTO(phrases_freep) struct phrases *phrases = mem_alloc(sizeof(*phrases));
	AUTO(str_donep) struct str path = STR_INIT(200);
	int rc;

	str_addf(&path, PHRASES_FOLDER "%s.txt", locale);
	if (str_overflowed(&path))
		return err_set(err, ERR_NOT_FOUND, "a language's name is not so long");
	phrases->list = mem_alloc(PHRASES_MAX * sizeof(*phrases->list));
	rc = take_both(phrases, site_dir, str_text(&path), err);
	for (size_t i = 0; rc == 0 && i < phrases->count; i++)
		rc = compile(&phrases->list[i], err);
	if (rc < 0)
		return err_wrap(err, rc, "%s", str_text(&path));
	*out = TAKE(phrases);
	return 0;
}

/* --- asking ------------------------------------------------------------------- */

bool
phrases_speak(const struct phrases *phrases, const char *kind)
{
	const struct phrase *speaks = phrases ? find(phrases, "speaks", strlen("speaks")) : NULL;
	const char *p = speaks ? speaks->text : "";
	size_t n = strlen(kind);

	for (; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strncmp(p, kind, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

const struct mustache *
phrases_find(const struct phrases *phrases, const char *partial, enum phrase_form form)
{
	const char *name = partial + strlen(PHRASE_PREFIX);
	const struct phrase *phrase;

	if (!phrases || !text_starts(partial, PHRASE_PREFIX))
		return NULL;
	phrase = find(phrases, name, strlen(name));
	return phrase ? phrase->forms[form] : NULL;
}
