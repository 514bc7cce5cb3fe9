#include <assent/base/utf8.h>
#include <assent/text/redact.h>
#include <assent/text/secret.h>

#include "ai/form_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STRANGERS_TOLD 8
#define TOLD_BYTES 60
#define TITLE_BYTES ((size_t)300)

void
form_fault(struct forming *f, const char *fmt, ...)
{
	AUTO(str_donep) struct str line = STR_INIT(2048);
	char text[1024];
	va_list args;

	if (f->faults->count == ARRAY_LEN(f->faults->items))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	utf8_add_line(&line, text, sizeof(text));
	f->faults->items[f->faults->count++] = arena_dup(f->arena, str_text(&line));
}

/* --- strangers --------------------------------------------------------------------- */

static void
add_stranger(struct forming *f, const char *word, size_t n)
{
	AUTO(mem_freep) char *copy = mem_alloc(n + 1);
	size_t before = f->strangers.len;

	memcpy(copy, word, n);
	if (f->stranger_count++ >= STRANGERS_TOLD)
		return;
	str_add(&f->strangers, f->strangers.len > 0 ? ", \"" : "\"");
	utf8_add_line(&f->strangers, copy, TOLD_BYTES);
	str_add_char(&f->strangers, '"');
	/* Once is enough. */
	if (before > 0 &&
	    memmem(f->strangers.text, before, f->strangers.text + before + 2,
		f->strangers.len - before - 2) != NULL)
		str_cut(&f->strangers, before);
}

struct looking {
	struct forming *f;
	bool has_link;
};

static void
tell(void *arg, enum word_kind kind, const char *word, size_t n)
{
	struct looking *looking = arg;

	if (kind == WORD_LINK)
		looking->has_link = true;
	else
		add_stranger(looking->f, word, n);
}

/* Between two backticks stands a command or a name: word for word as in the input. */
static void
look_at_code(struct forming *f, const char *folded)
{
	const char *from = strchr(folded, '`'), *to;

	for (; from != NULL; from = strchr(to + 1, '`')) {
		to = from + 1 + strcspn(from + 1, "`\n");
		if (*to != '`')
			return;
		if (!ground_holds(f->ground, from + 1, (size_t)(to - from - 1)))
			add_stranger(f, from + 1, (size_t)(to - from - 1));
	}
}

static void
look(struct forming *f, const char *text)
{
	struct looking looking = { .f = f };
	char *folded = arena_dup(f->arena, form_fold(text, f->arena)), *to = folded;

	if (strchr(folded, '`') != NULL)
		look_at_code(f, folded);
	/* Marks of emphasis must not part a word. */
	for (const char *p = folded; *p != '\0'; p++)
		if (*p != '`' && *p != '*')
			*to++ = *p;
	*to = '\0';
	ground_look(f->ground, folded, tell, &looking);
	if (looking.has_link)
		form_fault(f, "Write no links and no addresses of pages.");
	if (f->strangers.len > 0)
		form_fault(f,
		    "These are not in the input, take them out or write what the input says: %s.",
		    str_text(&f->strangers));
	str_clear(&f->strangers);
}

/* --- markup ------------------------------------------------------------------------ */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "&#104;" and "&lt;" would be something else on a page. */
static bool
is_entity(const char *p)
{
	size_t n = 1;

	if (p[1] == '#')
		return true;
	while (is_letter(p[n]) && n < 12)
		n++;
	return n > 2 && p[n] == ';';
}

static bool
has_html(const char *text)
{
	for (const char *p = text; (p = strpbrk(p, "<&")) != NULL; p++)
		if (*p == '&' ? is_entity(p) : is_letter(p[1]) || strchr("/!?", p[1]) != NULL)
			return true;
	return false;
}

static bool
has_table(const char *text)
{
	size_t bars = 0;

	for (const char *p = text; *p != '\0' && bars < 2; p++)
		bars = *p == '\n' ? 0 : bars + (*p == '|');
	return bars > 1;
}

static bool
has_quote(const char *text)
{
	return *text == '>' || strstr(text, "\n>") != NULL;
}

static void
look_at_markup(struct forming *f, const char *text)
{
	if (strstr(text, "](") != NULL || strstr(text, "![") != NULL || strstr(text, "]:") != NULL)
		form_fault(f, "Write no links and no images.");
	if (has_html(text))
		form_fault(f, "Write no HTML and no angle brackets.");
	if (has_table(text))
		form_fault(f, "Write no tables.");
	if (has_quote(text) || strstr(text, "```") != NULL)
		form_fault(f, "Write no quotes and no blocks of code.");
}

/* --- placeholders ------------------------------------------------------------------- */

static bool
is_left_open(const char *text)
{
	static const char *const marks[] = { "{{", "}}", "${", "<<", ">>" };

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (strstr(text, marks[i]) != NULL)
			return true;
	for (const char *p = text; (p = strchr(p, '[')) != NULL; p++)
		if (!text_starts(p, SECRET_MARK) && !text_starts(p, REDACTED))
			return true;
	return false;
}

/* A bit for how a phrase begins, in either case: few words have one of theirs. */
static uint64_t
head_of(const char *text)
{
	return UINT64_C(1) << (((text[0] & 31) * 7 + (text[1] & 31)) & 63);
}

static bool
is_filler(const char *text)
{
	/* In capitals; "todo" is a word in Spanish. */
	static const char *const words[] = { "TBD", "TBC", "TBA", "T.B.D.",
		"TO"
		"DO",
		"XX"
		"X",
		"FIX"
		"ME" };
	static const char *const phrases[] = { "lorem ipsum", "as an ai", "as a language model",
		"as an assistant", "i cannot", "i can't", "i'm sorry", "als ki", "als sprachmodell",
		"en tant qu'ia", "en tant que modèle", "como ia", "como modelo de", "your name",
		"customer name", "insert name", "insert here", "name here", "to be determined",
		"john doe", "jane doe", "max mustermann", "باعتباري نموذج" };
	uint64_t heads = 0;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (const char *p = text; (p = strstr(p, words[i])) != NULL; p++)
			if ((p == text || !is_letter(p[-1])) && !is_letter(p[strlen(words[i])]))
				return true;
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		heads |= head_of(phrases[i]);
	for (const char *p = text; *p != '\0'; p++)
		for (size_t i = 0; (p == text || !is_letter(p[-1])) && (heads & head_of(p)) != 0 &&
		     i < ARRAY_LEN(phrases);
		     i++)
			if ((*p | 0x20) == (phrases[i][0] | 0x20) &&
			    text_starts_nocase(p, phrases[i]) && !is_letter(p[strlen(phrases[i])]))
				return true;
	return false;
}

static bool
is_visible(const char *text)
{
	size_t n = strlen(text);
	AUTO(str_donep) struct str seen = STR_INIT(4 * n + 16);

	if (utf8_plain_run(text, n) == n)
		return true;
	utf8_add_visible(&seen, text, n);
	return text_is(str_text(&seen), text) && strstr(text, "\xef\xbf\xbd") == NULL;
}

static bool
holds_secret(const char *text)
{
	size_t n = strlen(text);
	AUTO(str_donep) struct str out = STR_INIT(8 * n + 64);

	return secret_redact(text, n, &out) > 0 ||
	    (redact_may_hold(text, n) && redact_tokens(text, n, &out) > 0);
}

bool
form_is_plain(struct forming *f, const char *text)
{
	size_t before = f->faults->count;

	if (!is_visible(text))
		form_fault(f, "Write no invisible or control characters.");
	look_at_markup(f, text);
	if (is_left_open(text) || is_filler(text))
		form_fault(f,
		    "Write no placeholders and nothing about yourself: where the input says "
		    "nothing, write \"%s\".",
		    form_said(f->check, WORD_NOT_STATED));
	if (holds_secret(text))
		form_fault(f, "Write no passwords, keys or tokens.");
	look(f, text);
	return f->faults->count == before;
}

bool
form_may_say(const struct ground *ground, const char *text, struct arena *arena)
{
	static const struct form_check none = { .locale = "en" };
	struct form_faults faults = { .count = 0 };
	struct forming f = { .check = &none,
		.ground = ground,
		.arena = arena,
		.faults = &faults,
		.strangers = STR_INIT(4096) };
	bool good = form_is_plain(&f, text);

	str_done(&f.strangers);
	return good;
}

/* --- titles ---------------------------------------------------------------------------- */

static char *
on_one_line(const char *text, struct arena *arena)
{
	size_t n = strnlen(text, 16 * TITLE_BYTES), cut;
	AUTO(str_donep) struct str seen = STR_INIT(8 * n + 64), bare = STR_INIT(8 * n + 64);

	utf8_add_visible(&seen, text, utf8_cut(text, strlen(text), n));
	secret_redact(str_text(&seen), seen.len, &bare);
	str_clear(&seen);
	for (const char *p = str_text(&bare); *p != '\0'; p++) {
		bool is_blank = strchr(" \t\n\r", *p) != NULL;
		if (strchr("<>*`#|{}", *p) == NULL &&
		    !(is_blank && (seen.len == 0 || seen.text[seen.len - 1] == ' ')))
			str_add_char(&seen, is_blank ? ' ' : *p);
	}
	cut = utf8_cut(str_text(&seen), seen.len, TITLE_BYTES);
	while (cut < seen.len && cut > 0 && seen.text[cut] != ' ')
		cut--;
	if (cut == seen.len)
		return text_trim(arena_dup(arena, str_text(&seen)));
	return arena_printf(arena, "%s …", text_trim(arena_dup_n(arena, str_text(&seen), cut)));
}

/* A sentence without its number says something else. */
static bool
is_number(const char *word)
{
	bool digit = false;

	for (; *word != '\0'; word++) {
		if (!((*word >= '0' && *word <= '9') || strchr(".,:-%", *word) != NULL))
			return false;
		digit |= *word >= '0' && *word <= '9';
	}
	return digit;
}

const char *
form_sayable(const struct ground *ground, const char *text, struct arena *arena)
{
	AUTO(str_donep) struct str out = STR_INIT(4 * TITLE_BYTES);
	char *line = on_one_line(text != NULL ? text : "", arena), *word;

	if (form_may_say(ground, line, arena))
		return line;
	while ((word = strsep(&line, " ")) != NULL) {
		if (*word == '\0')
			continue;
		if (form_may_say(ground, word, arena))
			str_addf(&out, "%s%s", out.len > 0 ? " " : "", word);
		else if (is_number(word))
			return "";
	}
	line = arena_dup(arena, str_text(&out));
	return form_may_say(ground, line, arena) ? line : "";
}
