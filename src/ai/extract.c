/*
 * extract: the offline summariser. It invents nothing: every bullet is a
 * sentence of the ticket, chosen by what its words say, or says "not stated".
 */
#include <assent/ai/provider.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include "ai/extract_priv.h"

#include <string.h>

#define SENTENCES_MAX 400
#define SENTENCE_MIN 8 /* bytes; shorter ones are greetings */

enum role { ROLE_ASK, ROLE_IMPACT, ROLE_COST, ROLE_DATE, ROLE_QUESTION, ROLE_COUNT };

struct sentence {
	const char *text;
	int score[ROLE_COUNT];
	bool idle; /* thanks and the like */
	bool taken;
};

struct bag {
	struct sentence *items;
	size_t count;
	struct arena *arena;
};

/* --- cutting ---------------------------------------------------------------- */

static bool
is_link(const char *p)
{
	return text_starts_nocase(p, "http://") || text_starts_nocase(p, "https://") ||
	    text_starts_nocase(p, "www.");
}

/* Visible text on one line, without links and markup (invariant 5). */
static const char *
clean(struct arena *arena, const char *text, size_t n)
{
	AUTO(str_donep) struct str seen = STR_INIT(64u << 10), out = STR_INIT(64u << 10);
	bool blank = true;

	utf8_add_visible(&seen, text, n);
	for (const char *p = str_text(&seen); *p != '\0'; p++) {
		if (is_link(p)) {
			while (p[1] != '\0' && strchr(" \t\n>)", p[1]) == NULL)
				p++;
			continue;
		}
		if (strchr("<>*_`#|", *p) != NULL)
			continue;
		bool space = strchr(" \t\r\n", *p) != NULL;
		if (space && blank)
			continue;
		str_add_char(&out, space ? ' ' : *p);
		blank = space;
	}
	return text_trim(arena_dup(arena, str_text(&out)));
}

static const char *
clip(struct arena *arena, const char *text)
{
	size_t n = strlen(text), cut;

	if (n <= DRAFT_BULLET_SIZE)
		return text;
	cut = utf8_cut(text, n, DRAFT_BULLET_SIZE - 4);
	while (cut > DRAFT_BULLET_SIZE / 2 && text[cut] != ' ')
		cut--;
	return arena_printf(arena, "%.*s …", (int)utf8_cut(text, n, cut), text);
}

static bool
is_quote_head(const char *line)
{
	static const char *const heads[] = { "from:", "to:", "cc:", "sent:", "date:", "subject:",
		"von:", "an:", "gesendet:", "betreff:", "-----", "_____", "sent from my" };

	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (text_starts_nocase(line, heads[i]))
			return true;
	return text_ends_nocase(line, "wrote:") || text_ends_nocase(line, "schrieb:");
}

static bool
ends_sentence(const char *p)
{
	/* "4.800" and "v1.2" go on; "。" and "؟" are found by their last byte's neighbours. */
	if (*p == '.')
		return p[1] == '\0' || p[1] == ' ' || p[1] == '\n';
	if (*p == '?' || *p == '!')
		return true;
	return strncmp(p, "。", 3) == 0 || strncmp(p, "؟", 2) == 0;
}

static size_t
mark_size(const char *p)
{
	return strncmp(p, "。", 3) == 0 ? 3 : strncmp(p, "؟", 2) == 0 ? 2 : 1;
}

static void
add_sentence(struct bag *bag, const char *text, size_t n)
{
	const char *line = clean(bag->arena, text, n);

	if (strlen(line) < SENTENCE_MIN || bag->count == SENTENCES_MAX)
		return;
	if (text_ends_nocase(line, ","))
		return; /* "Dear Ms Meier," greets; no sentence ends so */
	for (size_t i = 0; i < bag->count; i++)
		if (text_is_nocase(bag->items[i].text, line))
			return;
	bag->items[bag->count++] = (struct sentence){ .text = line };
}

/* A paragraph without quote marks → its sentences. */
static void
cut_paragraph(struct bag *bag, const char *text)
{
	const char *start = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (!ends_sentence(p))
			continue;
		size_t mark = mark_size(p);
		add_sentence(bag, start, (size_t)(p - start) + mark);
		p += mark - 1;
		start = p + 1;
	}
	add_sentence(bag, start, strlen(start));
}

static void
end_paragraph(struct bag *bag, struct str *paragraph)
{
	if (paragraph->len > 0)
		cut_paragraph(bag, str_text(paragraph));
	str_clear(paragraph);
}

static void
cut_message(struct bag *bag, const char *text)
{
	AUTO(str_donep) struct str paragraph = STR_INIT(64u << 10);
	AUTO(mem_freep) char *copy = mem_dup(text);
	char *rest = copy, *line;
	bool signature = false;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line = text_trim(line);
		/* RFC 3676 section 4.3; what is quoted below is no part of it. */
		signature =
		    text_is(line, "--") || (signature && *line != '>' && !is_quote_head(line));
		while (*line == '>' || *line == ' ')
			line++;
		if (signature || *line == '\0' || is_quote_head(line)) {
			end_paragraph(bag, &paragraph);
			continue;
		}
		/* A list item or a "Name: value" line stands for itself. */
		if (strchr("-*•", *line) != NULL && line[1] == ' ')
			end_paragraph(bag, &paragraph);
		if (paragraph.len > 0)
			str_add_char(&paragraph, ' ');
		str_add(&paragraph, line);
	}
	end_paragraph(bag, &paragraph);
}

/* --- choosing ---------------------------------------------------------------- */

static int
count_words(const char *text, const char *const *words)
{
	int n = 0;

	for (size_t i = 0; words[i] != NULL; i++)
		n += text_find_nocase(text, words[i]) != NULL;
	return n;
}

static bool
has_digit(const char *text)
{
	return strpbrk(text, "0123456789") != NULL || strstr(text, "٠") != NULL ||
	    strstr(text, "١") != NULL;
}

static bool
is_question(const char *text)
{
	size_t n = strlen(text);

	return (n > 0 && text[n - 1] == '?') || strstr(text, "؟") != NULL ||
	    strstr(text, "？") != NULL;
}

static void
score(struct sentence *s)
{
	bool digit = has_digit(s->text);

	s->score[ROLE_ASK] = 2 * count_words(s->text, extract_ask_words);
	s->score[ROLE_IMPACT] = count_words(s->text, extract_impact_words);
	s->score[ROLE_COST] = digit ? 2 * count_words(s->text, extract_money_words) : 0;
	s->score[ROLE_DATE] = count_words(s->text, extract_date_words);
	s->score[ROLE_QUESTION] = is_question(s->text) ? 2 : 0;
	if (is_question(s->text) && s->score[ROLE_ASK] > 0)
		s->score[ROLE_QUESTION] = 0;
	s->idle =
	    count_words(s->text, extract_idle_words) > 0 || text_starts_nocase(s->text, "thanks");
	if (s->idle)
		memset(s->score, 0, sizeof(s->score));
}

/* The best one for a role that nobody took; the earliest of equals. */
static const char *
take_best(struct bag *bag, enum role role)
{
	struct sentence *best = NULL;

	for (size_t i = 0; i < bag->count; i++) {
		struct sentence *s = &bag->items[i];
		if (s->taken || s->score[role] == 0)
			continue;
		if (best == NULL || s->score[role] > best->score[role])
			best = s;
	}
	if (best == NULL)
		return NULL;
	best->taken = true;
	return best->text;
}

static const char *
take_first(struct bag *bag)
{
	for (size_t i = 0; i < bag->count; i++)
		if (!bag->items[i].taken && !bag->items[i].idle &&
		    !is_question(bag->items[i].text)) {
			bag->items[i].taken = true;
			return bag->items[i].text;
		}
	return NULL;
}

/* One sentence may say several things; it is shown once. */
static const char *
take_or_see(struct bag *bag, enum role role)
{
	const char *text = take_best(bag, role);

	for (size_t i = 0; text == NULL && i < bag->count; i++)
		if (bag->items[i].taken && bag->items[i].score[role] > 0)
			text = "see above";
	return text;
}

static void
add_bullet(struct draft *out, struct arena *arena, const char *label, const char *text)
{
	if (out->count < DRAFT_BULLETS_MAX)
		out->bullets[out->count++] = clip(arena,
		    arena_printf(arena, "%s: %s", label, text != NULL ? text : "not stated"));
}

static int
extract_draft(void *state, const struct draft_request *request, struct arena *arena,
    struct draft *out, struct err *err)
{
	struct bag bag = {
		.items = arena_alloc(arena, SENTENCES_MAX * sizeof(struct sentence)),
		.arena = arena,
	};
	const char *text;

	(void)state;
	(void)err;
	for (size_t i = 0; i < request->message_count; i++)
		cut_message(&bag, request->messages[i].text);
	for (size_t i = 0; i < bag.count; i++)
		score(&bag.items[i]);

	*out = (struct draft){
		.bullets = arena_alloc(arena, DRAFT_BULLETS_MAX * sizeof(char *)),
		.provider = provider_extract.name,
		.label = "drafted without AI",
	};
	text = take_best(&bag, ROLE_ASK);
	if (text == NULL)
		text = take_first(&bag);
	add_bullet(out, arena, "Asked for",
	    text != NULL ? text : clean(arena, request->title, strlen(request->title)));
	add_bullet(out, arena, "Why it matters", take_or_see(&bag, ROLE_IMPACT));
	add_bullet(out, arena, "Cost", take_or_see(&bag, ROLE_COST));
	add_bullet(out, arena, "When", take_or_see(&bag, ROLE_DATE));
	text = take_best(&bag, ROLE_QUESTION);
	if (text != NULL)
		add_bullet(out, arena, "Open question", text);
	text = text != NULL ? take_best(&bag, ROLE_QUESTION) : NULL;
	if (text != NULL)
		add_bullet(out, arena, "Open question", text);
	return 0;
}

const struct provider provider_extract = { "extract", NULL, extract_draft, NULL };
