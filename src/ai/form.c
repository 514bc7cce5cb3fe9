#include <assent/base/utf8.h>

#include "ai/check_priv.h"
#include "ai/form_priv.h"

#include <string.h>

#define ANSWER_MAX ((size_t)64 << 10)
#define BULLET_MOST ((size_t)(4 * FORM_BULLET_SIZE))
#define SCRATCH_MAX ((size_t)64 << 20)
#define SECTIONS_MAX 5
#define TITLE_WORD 4 /* letters of a word that tells a fix from another */

static const char *const names[DOCUMENT_KINDS] = {
	[DOCUMENT_SUMMARY] = "summary",
	[DOCUMENT_HANDOFF] = "handoff",
	[DOCUMENT_RESOLUTION] = "resolution",
	[DOCUMENT_PROPOSAL] = "proposal",
	[DOCUMENT_NOTES] = "notes",
};

const char *
document_kind_name(enum document_kind kind)
{
	return names[kind];
}

bool
document_kind_find(const char *name, enum document_kind *out)
{
	for (size_t i = 0; i < DOCUMENT_KINDS; i++)
		if (text_is(names[i], name)) {
			*out = (enum document_kind)i;
			return true;
		}
	return false;
}

/* --- lines --------------------------------------------------------------------------- */

/* Without marks of emphasis, which could part a word that nobody sees parted. */
static char *
without_emphasis(const char *line, struct arena *arena)
{
	char *out = arena_dup(arena, line), *to = out;

	for (const char *p = line; *p != '\0'; p++)
		if (*p != '*')
			*to++ = *p;
	*to = '\0';
	return text_trim(out);
}

static bool
is_question(const char *text)
{
	size_t n = strlen(text);

	return (n > 0 && text[n - 1] == '?') || text_ends_nocase(text, "؟") ||
	    text_ends_nocase(text, "？");
}

/* --- bullets ------------------------------------------------------------------------- */

static bool
is_new(const char *const *bullets, size_t count, const char *bullet)
{
	for (size_t i = 0; i < count; i++)
		if (text_is_nocase(bullets[i], bullet))
			return false;
	return true;
}

static void
look_at_order(struct forming *f, const char *const *bullets, size_t count)
{
	for (size_t i = 2; i < count; i++)
		if (is_question(bullets[i - 1]) && !is_question(bullets[i])) {
			form_fault(f, "Open questions come last.");
			return;
		}
}

bool
form_read_bullets(struct forming *f, const char **out)
{
	AUTO(str_donep) struct str text = STR_INIT(ANSWER_MAX);
	const char *bullets[CHECK_LINES_MAX];
	struct check_lines lines;
	size_t count = 0;

	if (!check_shape(f->check->text, f->arena, &lines)) {
		form_fault(f,
		    "Write only the bullets, each on a line of its own that begins with \"- \".");
		return false;
	}
	for (size_t i = 0; i < lines.count; i++) {
		char *bullet = without_emphasis(lines.items[i], f->arena);
		if (strpbrk(bullet, "\r\n") != NULL || strlen(bullet) > BULLET_MOST)
			form_fault(f, "A bullet is one short sentence.");
		else if (strlen(bullet) > 2 && is_new(bullets, count, bullet))
			bullets[count++] = check_clip(f->arena, bullet);
	}
	if (lines.is_full || count < FORM_BULLETS_MIN || count > FORM_BULLETS_MAX)
		form_fault(
		    f, "Write %d to %d bullets that differ.", FORM_BULLETS_MIN, FORM_BULLETS_MAX);
	look_at_order(f, bullets, count);
	for (size_t i = 0; i < count; i++)
		str_addf(&text, "- %s\n", bullets[i]);
	*out = arena_dup(f->arena, str_text(&text));
	form_is_plain(f, *out);
	return f->faults->count == 0;
}

/* --- sections -------------------------------------------------------------------------- */

struct sections {
	enum form_word words[SECTIONS_MAX];
	struct str bodies[SECTIONS_MAX];
	size_t lines[SECTIONS_MAX], items[SECTIONS_MAX];
	const char *first[SECTIONS_MAX]; /* line of each */
	size_t wanted, seen;
	bool in_order;
};

static void
done(struct sections *s)
{
	for (size_t i = 0; i < SECTIONS_MAX; i++)
		str_done(&s->bodies[i]);
}

/* Heading and its apostrophe as people and models type it. */
static bool
is_heading(const char *line, const char *want)
{
	for (; *line != '\0' && *want != '\0'; want++) {
		if (*want == '\'' && text_starts(line, "’"))
			line += strlen("’");
		else if (*line == *want)
			line++;
		else
			return false;
	}
	return *line == *want;
}

static void
take_heading(const struct forming *f, struct sections *s, const char *line)
{
	const char *want;

	if (s->seen < s->wanted) {
		want = form_said(f->check, s->words[s->seen]);
		s->in_order &= text_starts(line, "## ") && is_heading(line + 3, want);
		s->seen++;
	} else {
		s->in_order = false;
	}
}

static void
take_line(struct forming *f, struct sections *s, char *line)
{
	const char *item = check_behind_mark(line);
	struct str *body;
	const char *text;

	if (s->seen == 0) {
		s->in_order = false;
		return;
	}
	body = &s->bodies[s->seen - 1];
	text = without_emphasis(item != NULL ? item : line, f->arena);
	if (*text == '\0')
		return;
	if (strlen(text) > FORM_LINE_MAX)
		form_fault(f, "Write shorter paragraphs.");
	if (s->lines[s->seen - 1]++ == 0)
		s->first[s->seen - 1] = text;
	s->items[s->seen - 1] += item != NULL;
	str_add(body, item != NULL ? "- " : "");
	str_add(body, text);
	str_add_char(body, '\n');
}

static bool
is_rule(const char *line)
{
	return strlen(line) > 2 && line[strspn(line, "-=_* ")] == '\0';
}

static void
cut_sections(struct forming *f, struct sections *s)
{
	char *rest = check_without_fence(arena_dup(f->arena, f->check->text)), *line;

	s->wanted = form_headings(f->check->kind, s->words);
	s->in_order = true;
	for (size_t i = 0; i < SECTIONS_MAX; i++)
		s->bodies[i] = STR_INIT(ANSWER_MAX);
	while ((line = strsep(&rest, "\n")) != NULL) {
		line = text_trim(line);
		if (*line == '#')
			take_heading(f, s, line);
		else if (*line != '\0' && !is_rule(line))
			take_line(f, s, line);
	}
}

static void
tell_headings(struct forming *f, const struct sections *s)
{
	AUTO(str_donep) struct str all = STR_INIT(2048);

	for (size_t i = 0; i < s->wanted; i++)
		str_addf(&all, "%s\"## %s\"", i > 0 ? ", " : "", form_said(f->check, s->words[i]));
	form_fault(f,
	    "Write exactly these headings, in this order, each once, and nothing before the "
	    "first: %s.",
	    str_text(&all));
}

static void
look_at_headings(struct forming *f, const struct sections *s)
{
	if (!s->in_order || s->seen < s->wanted)
		tell_headings(f, s);
	for (size_t i = 0; i < s->seen; i++)
		if (s->lines[i] == 0)
			form_fault(f, "Below \"## %s\" stands nothing; write \"%s\" there.",
			    form_said(f->check, s->words[i]), form_said(f->check, WORD_NOT_STATED));
}

/* --- handoff ------------------------------------------------------------------------------ */

/* Half of the title's longer words: a step may put it into a sentence. */
static bool
names_fix(struct forming *f, const char *step)
{
	char *title = arena_dup(
	    f->arena, form_fold(form_sayable(f->ground, f->check->fix, f->arena), f->arena));
	const char *folded = form_fold(step, f->arena);
	size_t words = 0, found = 0;
	char *word;

	while ((word = strsep(&title, " ,.;:")) != NULL) {
		if (strlen(word) < TITLE_WORD)
			continue;
		words++;
		found += strstr(folded, word) != NULL;
	}
	return found * 2 >= words;
}

static void
look_at_handoff(struct forming *f, const struct sections *s)
{
	const char *none = form_said(f->check, WORD_NO_HYPOTHESIS);
	const char *hypothesis = s->first[3] != NULL ? s->first[3] : "";
	size_t n = strlen(none);
	bool is_none = s->lines[3] == 1 && strncmp(hypothesis, none, n) == 0 &&
	    (hypothesis[n] == '\0' || text_is(hypothesis + n, "."));

	if (f->check->confidence < 60 && !is_none)
		form_fault(f, "Below \"## %s\" write exactly: %s",
		    form_said(f->check, WORD_HYPOTHESIS), none);
	if (f->check->confidence >= 60 && is_none)
		form_fault(f, "Below \"## %s\" name the active fix: there is one.",
		    form_said(f->check, WORD_HYPOTHESIS));
	if (s->items[4] < FORM_STEPS_MIN || s->items[4] > FORM_STEPS_MAX ||
	    s->items[4] != s->lines[4])
		form_fault(f,
		    "Below \"## %s\" write %d to %d actions, each a line that begins with \"- \".",
		    form_said(f->check, WORD_SUGGESTED), FORM_STEPS_MIN, FORM_STEPS_MAX);
	else if (f->check->confidence > 80 && !names_fix(f, s->first[4]))
		form_fault(
		    f, "The first action is to apply the active fix; name it as the input does.");
}

static void
look_at_notes(struct forming *f, const char *text)
{
	const char *spent = form_fold(form_sayable(f->ground, f->check->spent, f->arena), f->arena);

	if (strstr(form_fold(text, f->arena), spent) == NULL)
		form_fault(f, "Say the time spent as the input does, after \"%s: \".",
		    form_said(f->check, WORD_SPENT));
}

static const char *
settled(const struct forming *f, const struct sections *s)
{
	AUTO(str_donep) struct str text = STR_INIT(2 * ANSWER_MAX);

	for (size_t i = 0; i < s->seen; i++) {
		str_add(&text, i > 0 ? "\n## " : "## ");
		str_add(&text, form_said(f->check, s->words[i]));
		str_add(&text, "\n\n");
		str_add_n(&text, s->bodies[i].text, s->bodies[i].len);
	}
	return arena_dup(f->arena, str_text(&text));
}

bool
form_read_sections(struct forming *f, const char **out)
{
	struct sections s = { .seen = 0 };

	cut_sections(f, &s);
	look_at_headings(f, &s);
	*out = settled(f, &s);
	if (f->check->kind == DOCUMENT_HANDOFF && s.seen == s.wanted)
		look_at_handoff(f, &s);
	if (f->check->kind == DOCUMENT_NOTES)
		look_at_notes(f, *out);
	if (strlen(*out) > FORM_TEXT_MAX)
		form_fault(f, "Write less: at most %zu characters.", FORM_TEXT_MAX / 4);
	form_is_plain(f, *out);
	done(&s);
	return f->faults->count == 0;
}

/* --- all --------------------------------------------------------------------------------- */

static bool
read_kind(struct forming *f, const char **out)
{
	switch (f->check->kind) {
	case DOCUMENT_SUMMARY:
		return form_read_bullets(f, out);
	case DOCUMENT_PROPOSAL:
		return form_read_proposal(f, out);
	default:
		return form_read_sections(f, out);
	}
}

/* What was left out of the text on its way must not be missed. */
static bool
is_text(struct forming *f)
{
	const char *text = f->check->text;
	size_t n = strlen(text);
	AUTO(str_donep) struct str seen = STR_INIT(4 * ANSWER_MAX), bare = STR_INIT(4 * ANSWER_MAX);

	if (n > ANSWER_MAX) {
		form_fault(f, "Write less.");
		return false;
	}
	if (utf8_plain_run(text, n) == n)
		return true;
	utf8_add_visible(&seen, text, n);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\r')
			str_add_char(&bare, *p);
	if (!text_is(str_text(&seen), str_text(&bare)))
		form_fault(f, "Write no invisible or control characters.");
	return f->faults->count == 0;
}

bool
form_read(const struct form_check *check, struct arena *arena, const char **out,
    struct form_faults *faults)
{
	AUTO(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX);
	struct forming f = {
		.check = check, .arena = scratch, .faults = faults, .strangers = STR_INIT(4096)
	};
	const char *text = "";
	bool good;

	faults->count = 0;
	good = is_text(&f);
	if (good) {
		f.ground = ground_new(check->material, scratch);
		good = read_kind(&f, &text);
	}
	if (good)
		*out = arena_dup(arena, text);
	for (size_t i = 0; i < faults->count; i++)
		faults->items[i] = arena_dup(arena, faults->items[i]);
	str_done(&f.strangers);
	return good;
}

struct form_check
form_check_of(
    enum document_kind kind, const char *locale, const struct bundle *bundle, const char *material)
{
	const struct bundle_fix *fix = bundle_active_fix(bundle);

	return (struct form_check){
		.kind = kind,
		.locale = locale,
		.text = "",
		.material = material,
		.confidence = fix != NULL ? fix->confidence : -1,
		.fix = fix != NULL ? fix->title : "",
		.spent = bundle->spent != NULL ? bundle->spent : "",
	};
}
