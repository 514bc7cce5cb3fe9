#include <assent/ai/prompt.h>

#include <assent/base/data.h>
#include <assent/base/utf8.h>
#include <assent/text/mustache.h>

#include "ai/form_priv.h"
#include "ai/prompt_priv.h"

#include <string.h>

#define FILE_MAX ((size_t)64 << 10)
#define PROMPT_MAX ((size_t)256 << 10)
#define LOCALE_BYTES 40
#define BULLET_WORDS 20
#define DIVIDER "\n---\n"

/* --- the template ----------------------------------------------------------- */

static const char *
locale_line(struct arena *arena, const char *locale)
{
	AUTO(str_donep) struct str line = STR_INIT(8 * LOCALE_BYTES);

	utf8_add_line(&line, locale, LOCALE_BYTES);
	return arena_dup(arena, str_text(&line));
}

static json_t *
view_of(const struct form_check *form, struct arena *arena)
{
	json_t *view = json_pack("{s:s, s:s, s:i, s:i, s:i}", "locale",
	    locale_line(arena, form->locale), "material", form->material, "bullets_min",
	    FORM_BULLETS_MIN, "bullets_max", FORM_BULLETS_MAX, "bullet_words", BULLET_WORDS);

	for (enum form_word i = 0; i < FORM_WORDS; i++)
		json_object_set_new(view, form_word_key(i), json_string(form_said(form, i)));
	return view;
}

/* Which line of text is the one at p? */
static size_t
line_of(const char *text, const char *p)
{
	size_t line = 1;

	for (; text < p; text++)
		line += *text == '\n';
	return line;
}

/* Divided after rendering: what is above and below may come from sections. */
static int
divide(char *text, struct prompt *out, struct err *err)
{
	char *divider = strstr(text, DIVIDER);

	if (divider == NULL)
		return err_set(err, ERR_INVALID,
		    "%zu:1: a line that is only \"---\" must divide the task from the material",
		    line_of(text, text + strlen(text)));
	*divider = '\0';
	out->task = text + strspn(text, "\r\n");
	out->material = divider + strlen(DIVIDER);
	return 0;
}

struct source {
	const char *text, *body; /* of a file, and where its template begins */
};

/* The front matter becomes empty lines, so that a fault's line is that of the file. */
static int
render(const struct source *from, const json_t *view, struct arena *arena, struct prompt *out,
    struct err *err)
{
	AUTO(mustache_freep) struct mustache *template = NULL;
	AUTO(str_donep) struct str text = STR_INIT(PROMPT_MAX), source = STR_INIT(FILE_MAX);
	const struct mustache_view with = { .data = view };
	int rc;

	for (size_t i = line_of(from->text, from->body); i > 1; i--)
		str_add_char(&source, '\n');
	str_add(&source, from->body);
	rc = mustache_compile(str_text(&source), source.len, &template, err);
	if (rc == 0)
		rc = mustache_render(template, &with, &text, err);
	return rc < 0 ? rc : divide(arena_dup(arena, str_text(&text)), out, err);
}

static void
add_hash(const struct str *file, char out[2 * SHA256_SIZE + 1])
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE);
	uint8_t sum[SHA256_SIZE];

	sha256(str_text(file), file->len, sum);
	str_add_hex(&hex, sum, sizeof(sum));
	memcpy(out, str_text(&hex), 2 * SHA256_SIZE + 1);
}

/* The names of files stand in front of a fault. */
int
prompt_write(const char *site_dir, const struct form_check *form, struct arena *arena,
    struct prompt *out, struct err *err)
{
	const char *kind = document_kind_name(form->kind);
	char *name = arena_printf(arena, "prompts/%s.md", kind);
	AUTO(str_donep) struct str file = STR_INIT(FILE_MAX);
	struct prompt prompt = { .task = "" };
	struct source from = { .text = "" };
	json_t *view;
	int rc = data_read(site_dir, name, &file, err);

	if (rc < 0)
		return err_wrap(err, rc, "%s", name);
	if (!utf8_is_valid(str_text(&file), file.len))
		return err_set(err, ERR_INVALID, "%s: it is not UTF-8 text", name);
	from.text = str_text(&file);
	rc = prompt_front(from.text, kind, &prompt, &from.body, err);
	view = view_of(form, arena);
	if (rc == 0)
		rc = render(&from, view, arena, &prompt, err);
	json_decref(view);
	if (rc == ERR_INVALID)
		return err_set(err, rc, "%s:%s", name, arena_dup(arena, err->text));
	if (rc < 0)
		return err_wrap(err, rc, "%s", name);
	add_hash(&file, prompt.hash);
	*out = prompt;
	return 0;
}

int
prompt_hash(
    const char *site_dir, enum document_kind kind, char out[2 * SHA256_SIZE + 1], struct err *err)
{
	AUTO(str_donep) struct str file = STR_INIT(FILE_MAX), name = STR_INIT(64);
	int rc;

	str_addf(&name, "prompts/%s.md", document_kind_name(kind));
	rc = data_read(site_dir, str_text(&name), &file, err);
	if (rc < 0)
		return err_wrap(err, rc, "%s", str_text(&name));
	add_hash(&file, out);
	return 0;
}

/* --- checking ---------------------------------------------------------------- */

/* What a prompt leaves out, a model invents. */
static int
check_kind(const char *site_dir, enum document_kind kind, struct err *err)
{
	static const char word[] = "kdjw7";
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)4 << 20);
	const struct form_check form = { .kind = kind, .locale = "en", .material = word };
	const char *name = document_kind_name(kind);
	struct prompt prompt = { .task = "", .material = "" };
	int rc = prompt_write(site_dir, &form, arena, &prompt, err);

	if (rc == 0 && strstr(prompt.material, word) == NULL)
		rc = err_set(err, ERR_INVALID,
		    "prompts/%s.md:1:1: {{material}} is missing below the line ---", name);
	if (rc == 0 && text_is_blank(prompt.task))
		rc = err_set(err, ERR_INVALID,
		    "prompts/%s.md:1:1: nothing above the line --- says what to do", name);
	return rc;
}

int
prompt_check(const char *site_dir, struct err *err)
{
	AUTO(str_donep) struct str old = STR_INIT(FILE_MAX);
	int rc = 0;

	if (site_dir != NULL && data_read(site_dir, "prompts/summary.txt", &old, NULL) == 0)
		return err_set(err, ERR_INVALID,
		    "prompts/summary.txt: this is called prompts/summary.md now and begins with a "
		    "front matter, see docs/PROMPTS.md; rename it");
	for (int kind = 0; rc == 0 && kind < DOCUMENT_KINDS; kind++)
		rc = check_kind(site_dir, (enum document_kind)kind, err);
	return rc;
}
