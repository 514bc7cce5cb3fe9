#include <assent/base/data.h>
#include <assent/base/utf8.h>

#include "ai/form_priv.h"

#include <pthread.h>
#include <string.h>

#define FILE_MAX ((size_t)16 << 10)
#define VALUE_MAX 80
#define FOLDER "prompts/"
#define ENDING ".words"
#define BUILTIN_MAX 64 /* languages */

static const char *const keys[FORM_WORDS] = {
	[WORD_PROBLEM] = "problem",
	[WORD_CONFIRMED] = "confirmed",
	[WORD_TRIED] = "tried",
	[WORD_HYPOTHESIS] = "hypothesis",
	[WORD_SUGGESTED] = "suggested",
	[WORD_WE_CONFIRMED] = "we_confirmed",
	[WORD_CAUSE] = "cause",
	[WORD_RESOLUTION] = "resolution",
	[WORD_PROBLEM_SUMMARY] = "problem_summary",
	[WORD_STEPS] = "steps",
	[WORD_NEXT_STEPS] = "next_steps",
	[WORD_NO_HYPOTHESIS] = "no_hypothesis",
	[WORD_NOT_STATED] = "not_stated",
	[WORD_NONE_MATERIAL] = "none_material",
	[WORD_SPENT] = "spent",
	[WORD_ASKED] = "asked",
	[WORD_IMPACT] = "impact",
	[WORD_COST] = "cost",
	[WORD_WHEN] = "when",
	[WORD_OPEN] = "open",
	[WORD_APPLY] = "apply",
	[WORD_ASK] = "ask",
	[WORD_DO] = "do",
	[WORD_REVIEW] = "review",
	[WORD_CHECK_AGAIN] = "check_again",
	[WORD_NOTHING] = "nothing",
	[WORD_SEE_ABOVE] = "see_above",
	[WORD_REPORTED] = "reported",
	[WORD_OBSERVED] = "observed",
	[WORD_CHECK] = "check",
	[WORD_SCRIPT] = "script",
	[WORD_SUPERSEDED] = "superseded",
	[WORD_APPLIED] = "applied",
	[WORD_DISMISSED] = "dismissed",
	[WORD_UNSTATED] = "unstated",
	[WORD_APPROVED] = "approved",
	[WORD_REJECTED] = "rejected",
};

const char *
form_word_key(enum form_word word)
{
	return keys[word];
}

/* --- a file of words ------------------------------------------------------------------- */

struct reading {
	const char *name; /* of the file */
	struct form_words *out;
	bool given[FORM_WORDS];
	const struct ground *nothing; /* what holds for all documents holds for a word */
	struct arena *arena;
	int line;
};

static int
refuse(const struct reading *r, size_t column, const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s:%d:%zu: %s", r->name, r->line, column, what);
}

static const char *
why_not(const struct reading *r, const char *value)
{
	size_t n = strlen(value);

	if (n == 0 || n > VALUE_MAX)
		return "a word has 1 to 80 bytes";
	if (strpbrk(value, "#*`|:") != NULL || *value == '-')
		return "it holds no colon, no mark of a list and no other markup";
	if (!form_may_say(r->nothing, value, r->arena))
		return "no document may say that: it has a number, a link, a placeholder or the "
		       "like";
	return NULL;
}

static int
take_line(struct reading *r, char *line, struct err *err)
{
	char *colon = strchr(line, ':');
	const char *value, *why;
	enum form_word word;

	if (*line == '\0' || *line == '#')
		return 0;
	if (colon == NULL)
		return refuse(r, 1, "a line is \"name: words\"", err);
	*colon = '\0';
	for (word = 0; word < FORM_WORDS; word++)
		if (text_is(keys[word], line))
			break;
	if (word == FORM_WORDS)
		return refuse(r, 1,
		    "there is no such name; the source's prompts/en.words has all of them", err);
	if (r->given[word])
		return refuse(r, 1, "this is said twice", err);
	value = text_trim(colon + 1);
	why = why_not(r, value);
	if (why != NULL)
		return refuse(r, (size_t)(value - line) + 1, why, err);
	r->given[word] = true;
	r->out->items[word] = value;
	return 0;
}

/* Lives in arena. What the file does not name stays as it is in out. */
static int
read_words(struct reading *r, const char *bytes, size_t n, struct err *err)
{
	char *rest = arena_dup_n(r->arena, bytes, n), *line;
	int rc = 0;

	if (!utf8_is_valid(bytes, n))
		return err_set(err, ERR_INVALID, "%s: it is not UTF-8 text", r->name);
	r->nothing = ground_new("", r->arena);
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL) {
		size_t end = strlen(line);

		r->line++;
		if (end > 0 && line[end - 1] == '\r')
			line[end - 1] = '\0';
		rc = take_line(r, line, err);
	}
	return rc;
}

/* --- what is built in -------------------------------------------------------------------- */

struct language {
	const char *name;
	struct form_words words;
};

static struct {
	pthread_once_t once; /* not call_once(), which ThreadSanitizer does not know */
	struct language items[BUILTIN_MAX];
	size_t count, english;
	struct arena *arena; /* as long as the program */
} builtin = { .once = PTHREAD_ONCE_INIT };

/* Faults are for the tests, which read every file. */
static void
add_language(const struct data_file *file, size_t len)
{
	const size_t folder = strlen(FOLDER);
	struct language *language = &builtin.items[builtin.count];
	struct reading reading = {
		.name = file->name, .out = &language->words, .arena = builtin.arena
	};
	struct err err;

	for (size_t i = 0; i < FORM_WORDS; i++)
		language->words.items[i] = "";
	language->name =
	    arena_dup_n(builtin.arena, file->name + folder, len - folder - strlen(ENDING));
	if (text_is(language->name, "en"))
		builtin.english = builtin.count;
	if (read_words(&reading, file->bytes, file->size, &err) == 0)
		builtin.count++;
}

static void
read_builtin(void)
{
	builtin.arena = arena_new((size_t)4 << 20);
	for (size_t i = 0; i < data_file_count && builtin.count < BUILTIN_MAX; i++) {
		size_t len = strlen(data_files[i].name), end = strlen(ENDING);

		if (text_starts(data_files[i].name, FOLDER) && len > end &&
		    text_is(data_files[i].name + len - end, ENDING))
			add_language(&data_files[i], len);
	}
}

static size_t
language_of(const char *locale)
{
	return strcspn(locale, "-_.@");
}

const struct form_words *
form_words(const char *locale)
{
	const char *name = locale != NULL ? locale : "";
	size_t n = language_of(name);

	pthread_once(&builtin.once, read_builtin);
	for (size_t i = 0; i < builtin.count; i++)
		if (strlen(builtin.items[i].name) == n &&
		    strncasecmp(name, builtin.items[i].name, n) == 0)
			return &builtin.items[i].words;
	return &builtin.items[builtin.english].words;
}

const char *
form_word(const char *locale, enum form_word word)
{
	return form_words(locale)->items[word];
}

const char *
form_said(const struct form_check *check, enum form_word word)
{
	return check->words != NULL ? check->words->items[word] : form_word(check->locale, word);
}

/* --- a site's own -------------------------------------------------------------------------- */

static int
read_file(const char *site_dir, struct reading *r, struct err *err)
{
	AUTO(str_donep) struct str file = STR_INIT(FILE_MAX);
	int rc = data_read(site_dir, r->name, &file, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? rc : err_wrap(err, rc, "%s", r->name);
	return read_words(r, str_text(&file), file.len, err);
}

int
form_words_read(const char *site_dir, const char *locale, struct arena *arena,
    const struct form_words **out, struct err *err)
{
	const char *names[] = { locale, arena_dup_n(arena, locale, language_of(locale)), "en" };
	struct form_words *words = arena_alloc(arena, sizeof(*words));
	int rc = ERR_NOT_FOUND;

	*out = words;
	*words = *form_words(locale);
	if (site_dir == NULL || site_dir[0] == '\0')
		return 0;
	for (size_t i = 0; rc == ERR_NOT_FOUND && i < ARRAY_LEN(names); i++) {
		struct reading reading = { .out = words, .arena = arena };

		reading.name = arena_printf(arena, FOLDER "%.40s" ENDING, names[i]);
		if (names[i][0] != '\0')
			rc = read_file(site_dir, &reading, err);
	}
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
form_words_check(const char *site_dir, const char *locale, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)4 << 20);
	const struct form_words *words;

	return form_words_read(site_dir, locale, arena, &words, err);
}

/* --- headings -------------------------------------------------------------------------------- */

size_t
form_headings(enum document_kind kind, enum form_word out[5])
{
	static const struct {
		size_t count;
		enum form_word words[5];
	} kinds[DOCUMENT_KINDS] = {
		[DOCUMENT_HANDOFF] = { 5,
		    { WORD_PROBLEM, WORD_CONFIRMED, WORD_TRIED, WORD_HYPOTHESIS, WORD_SUGGESTED } },
		[DOCUMENT_RESOLUTION] = { 4,
		    { WORD_PROBLEM, WORD_WE_CONFIRMED, WORD_CAUSE, WORD_RESOLUTION } },
		[DOCUMENT_NOTES] = { 4,
		    { WORD_PROBLEM_SUMMARY, WORD_STEPS, WORD_RESOLUTION, WORD_NEXT_STEPS } },
	};

	memcpy(out, kinds[kind].words, sizeof(kinds[kind].words));
	return kinds[kind].count;
}
