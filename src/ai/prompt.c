#include <assent/ai/prompt.h>

#include <assent/base/data.h>
#include <assent/base/utf8.h>
#include <assent/text/mustache.h>
#include <assent/text/redact.h>

#include <string.h>

#define FILE_MAX ((size_t)64 << 10)
#define PROMPT_MAX ((size_t)256 << 10)
#define LOCALE_CHARS 40
#define NAME_CHARS 200
#define THREAD_BYTES ((size_t)8 * PROMPT_THREAD_CHARS)
#define TITLE_CHARS 300
#define QUESTION_CHARS 1000
#define BULLET_WORDS 20
#define DIVIDER "\n---\n"

/* --- the material ----------------------------------------------------------- */

/* Bytes of the first so many characters; *left says how many follow. */
static size_t
cut_at(const char *text, size_t n, size_t chars, size_t *left)
{
	size_t at = 0, cut = n, seen = 0;
	uint32_t c;

	while (at < n) {
		if (seen++ == chars)
			cut = at;
		at += utf8_next(text + at, n - at, &c);
	}
	*left = seen > chars ? seen - chars : 0;
	return cut;
}

/* "12,340" */
static void
add_count(struct str *out, size_t n)
{
	if (n >= 1000) {
		add_count(out, n / 1000);
		str_addf(out, ",%03zu", n % 1000);
	} else {
		str_addf(out, "%zu", n);
	}
}

static size_t
count_chars(const char *text, size_t n)
{
	size_t left;

	cut_at(text, n, 0, &left);
	return left;
}

struct material {
	const char *text;
	size_t chars; /* of it are shown */
	size_t skipped; /* characters behind it that nobody looked at */
};

/* What a person may see of it, without our own tokens, and a mark where it was cut. */
static const char *
fit(struct arena *arena, struct material material)
{
	size_t n = strlen(material.text), left;
	AUTO(str_donep) struct str seen = STR_INIT(4 * n + 16), out = STR_INIT(4 * n + 200);

	utf8_add_visible(&seen, material.text, n);
	redact_tokens(str_text(&seen), seen.len, &out);
	str_cut(&out, cut_at(str_text(&out), out.len, material.chars, &left));
	left += material.skipped;
	if (left > 0) {
		str_add(&out, "\n[… cut, ");
		add_count(&out, left);
		str_add(&out, " more characters]");
	}
	return arena_dup(arena, str_text(&out));
}

static const char *
fit_text(struct arena *arena, const char *text, size_t chars)
{
	size_t n = strlen(text), cut = utf8_cut(text, n, 8 * chars);

	return fit(arena,
	    (struct material){
		arena_dup_n(arena, text, cut), chars, count_chars(text + cut, n - cut) });
}

/* Only as many bytes as could be shown are kept: a thread may be of many megabytes. */
static const char *
thread_of(const struct draft_request *request, struct arena *arena)
{
	AUTO(str_donep) struct str all = STR_INIT(THREAD_BYTES + 4096);
	struct material material = { .chars = PROMPT_THREAD_CHARS };

	for (size_t i = 0; i < request->message_count; i++) {
		const char *text = request->messages[i].text;
		size_t n = strlen(text);
		size_t room = all.len < THREAD_BYTES ? THREAD_BYTES - all.len : 0;
		size_t cut = utf8_cut(text, n, room);

		if (room > 0)
			str_addf(&all, "%sFrom %s:\n", i > 0 ? "\n" : "",
			    fit_text(arena, request->messages[i].from, NAME_CHARS));
		str_addf(&all, "%.*s%s", (int)cut, text, room > 0 ? "\n" : "");
		material.skipped += count_chars(text + cut, n - cut);
	}
	material.text = str_text(&all);
	return fit(arena, material);
}

static json_t *
view_of(const struct draft_request *request, struct arena *arena)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "locale",
	    fit_text(arena, request->locale, LOCALE_CHARS), "title",
	    fit_text(arena, request->title, TITLE_CHARS), "question",
	    fit_text(arena, request->question, QUESTION_CHARS), "thread", thread_of(request, arena),
	    "bullets_min", DRAFT_BULLETS_MIN, "bullets_max", DRAFT_BULLETS_MAX, "bullet_words",
	    BULLET_WORDS);
}

/* --- the template ----------------------------------------------------------- */

/* Divided after rendering, so that a fault's line is that of the file. */
static int
divide(char *text, struct prompt *out, struct err *err)
{
	char *divider = strstr(text, DIVIDER);

	if (divider == NULL)
		return err_set(err, ERR_INVALID,
		    "a line that is only \"---\" must divide the task from the material");
	*divider = '\0';
	*out = (struct prompt){ text, divider + strlen(DIVIDER) };
	return 0;
}

static int
render(const struct str *file, const json_t *view, struct arena *arena, struct prompt *out,
    struct err *err)
{
	AUTO(mustache_freep) struct mustache *template = NULL;
	AUTO(str_donep) struct str text = STR_INIT(PROMPT_MAX);
	const struct mustache_view with = { .data = view };
	int rc = 0;

	if (!utf8_is_valid(str_text(file), file->len))
		rc = err_set(err, ERR_INVALID, "it is not UTF-8 text");
	if (rc == 0)
		rc = mustache_compile(str_text(file), file->len, &template, err);
	if (rc == 0)
		rc = mustache_render(template, &with, &text, err);
	return rc < 0 ? rc : divide(arena_dup(arena, str_text(&text)), out, err);
}

int
prompt_make(const char *site_dir, const struct draft_request *request, struct arena *arena,
    struct prompt *out, struct err *err)
{
	char *name = arena_printf(arena, "prompts/%s.txt", request->kind);
	AUTO(str_donep) struct str file = STR_INIT(FILE_MAX);
	json_t *view;
	int rc = data_read(site_dir, name, &file, err);

	if (rc < 0)
		return err_wrap(err, rc, "%s", name);
	view = view_of(request, arena);
	rc = render(&file, view, arena, out, err);
	json_decref(view);
	return rc < 0 ? err_wrap(err, rc, "%s", name) : 0;
}

/* What a prompt leaves out, a model invents. */
int
prompt_check(const char *site_dir, struct err *err)
{
	static const char word[] = "kdjw7";
	const struct draft_message message = { word, word };
	const struct draft_request request = { "summary", "en", "title", "question", &message, 1 };
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)4 << 20);
	struct prompt prompt = { "", "" };
	int rc = prompt_make(site_dir, &request, arena, &prompt, err);

	if (rc == 0 && strstr(prompt.material, word) == NULL)
		return err_set(err, ERR_INVALID,
		    "prompts/summary.txt: {{thread}} is missing below the line ---");
	if (rc == 0 && text_is_blank(prompt.task))
		return err_set(err, ERR_INVALID,
		    "prompts/summary.txt: nothing above the line --- says what to do");
	return rc;
}
