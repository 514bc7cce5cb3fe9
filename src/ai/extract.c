/* extract: sentences of a ticket, chosen by what their words say. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include "ai/extract_priv.h"

#include <string.h>

#define SENTENCES_MAX 400
#define SENTENCE_MIN 8 /* bytes; shorter ones are greetings */
#define GREETING_MOST 48
#define MESSAGE_BYTES ((size_t)32 << 10)
#define MESSAGES_MAX 24

struct sentence {
	const char *text;
	int score[EXTRACT_ROLES];
	bool idle; /* thanks and the like */
	bool taken;
	bool void_; /* it may not be said */
};

struct extract {
	struct sentence *items;
	size_t count;
	struct arena *arena;
	extract_say_fn say;
	const void *arg;
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

/* "27. November", as Germans, Czechs, Danes, Finns … write a day. */
static bool
is_day(const char *start, const char *p)
{
	static const char *const months[] = { "januar", "jänner", "februar", "märz", "mars ",
		"marts", "april", "mai ", "maj ", "juni", "juli", "august", "september", "oktober",
		"november", "dezember", "desember", "december" };
	const char *next = p + 1 + strspn(p + 1, " \n");

	if (p == start || p[-1] < '0' || p[-1] > '9')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(months); i++)
		if (text_starts_nocase(next, months[i]))
			return true;
	return false;
}

static bool
ends_sentence(const char *start, const char *p)
{
	/* "4.800" and "v1.2" go on; "。" and "؟" are found by their last byte's neighbours. */
	if (*p == '.')
		return (p[1] == '\0' || p[1] == ' ' || p[1] == '\n') && !is_day(start, p);
	if (*p == '?' || *p == '!')
		return true;
	return strncmp(p, "。", 3) == 0 || strncmp(p, "؟", 2) == 0;
}

static size_t
mark_size(const char *p)
{
	return strncmp(p, "。", 3) == 0 ? 3 : strncmp(p, "؟", 2) == 0 ? 2 : 1;
}

static bool
is_greeting(const char *line)
{
	return text_ends_nocase(line, ",") || text_ends_nocase(line, "،");
}

const char *
extract_start(const char *text, struct arena *arena)
{
	const char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		char *line = text_trim(arena_dup_n(arena, text, (size_t)(end - text)));

		line = text_trim(line + strspn(line, "> "));
		if (*line != '\0' && !is_quote_head(line) &&
		    !(is_greeting(line) && strlen(line) < GREETING_MOST))
			break;
		text = end + 1;
	}
	return text;
}

static void
add_sentence(struct extract *bag, const char *text, size_t n)
{
	const char *line = clean(bag->arena, text, n);

	if (strlen(line) < SENTENCE_MIN || bag->count == SENTENCES_MAX)
		return;
	if (is_greeting(line))
		return; /* "Dear Ms Meier," greets; no sentence ends so */
	for (size_t i = 0; i < bag->count; i++)
		if (text_is_nocase(bag->items[i].text, line))
			return;
	bag->items[bag->count++] = (struct sentence){ .text = line };
}

/* A paragraph without quote marks → its sentences. */
static void
cut_paragraph(struct extract *bag, const char *text)
{
	const char *start = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (!ends_sentence(start, p))
			continue;
		size_t mark = mark_size(p);
		add_sentence(bag, start, (size_t)(p - start) + mark);
		p += mark - 1;
		start = p + 1;
	}
	add_sentence(bag, start, strlen(start));
}

static void
end_paragraph(struct extract *bag, struct str *paragraph)
{
	if (paragraph->len > 0)
		cut_paragraph(bag, str_text(paragraph));
	str_clear(paragraph);
}

static void
cut_message(struct extract *bag, const char *text)
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
	bool asks = is_question(s->text);

	s->idle =
	    count_words(s->text, extract_idle_words) > 0 || text_starts_nocase(s->text, "thanks");
	if (s->idle)
		return;
	s->score[EXTRACT_ASK] = 2 * count_words(s->text, extract_ask_words);
	s->score[EXTRACT_QUESTION] = asks && s->score[EXTRACT_ASK] == 0 ? 2 : 0;
	if (asks)
		return; /* who asks states nothing */
	s->score[EXTRACT_IMPACT] = count_words(s->text, extract_impact_words);
	s->score[EXTRACT_COST] =
	    has_digit(s->text) ? 2 * count_words(s->text, extract_money_words) : 0;
	s->score[EXTRACT_DATE] = count_words(s->text, extract_date_words);
}

struct extract *
extract_new(const struct bundle *bundle, extract_say_fn say, const void *arg, struct arena *arena)
{
	struct extract *bag = arena_alloc(arena, sizeof(*bag));
	size_t n = bundle->message_count, skip = n > MESSAGES_MAX ? n - MESSAGES_MAX : 0;

	*bag = (struct extract){ .arena = arena, .say = say, .arg = arg };
	bag->items = arena_alloc(arena, SENTENCES_MAX * sizeof(*bag->items));
	for (size_t i = 0; i + skip < n; i++) {
		const char *text = bundle->messages[i > 0 ? i + skip : 0].text;
		size_t cut = utf8_cut(text, strlen(text), MESSAGE_BYTES);
		cut_message(bag, arena_dup_n(arena, text, cut));
	}
	for (size_t i = 0; i < bag->count; i++)
		score(&bag->items[i]);
	return bag;
}

/* The best one for a role that nobody took; the earliest of equals. */
static struct sentence *
best_for(const struct extract *bag, enum extract_role role)
{
	struct sentence *best = NULL;

	for (size_t i = 0; i < bag->count; i++) {
		struct sentence *s = &bag->items[i];
		if (s->taken || s->void_ || s->score[role] == 0)
			continue;
		if (best == NULL || s->score[role] > best->score[role])
			best = s;
	}
	return best;
}

static struct sentence *
first_left(const struct extract *bag)
{
	for (size_t i = 0; i < bag->count; i++) {
		struct sentence *s = &bag->items[i];
		if (!s->taken && !s->void_ && !s->idle && !is_question(s->text))
			return s;
	}
	return NULL;
}

const char *
extract_take(struct extract *bag, enum extract_role role)
{
	struct sentence *s;

	while ((s = role == EXTRACT_ROLES ? first_left(bag) : best_for(bag, role)) != NULL) {
		const char *text = bag->say(bag->arg, s->text);
		s->taken = *text != '\0';
		s->void_ = !s->taken;
		if (s->taken)
			return text;
	}
	return NULL;
}

bool
extract_was_said(const struct extract *bag, enum extract_role role)
{
	for (size_t i = 0; i < bag->count; i++)
		if (bag->items[i].taken && bag->items[i].score[role] > 0)
			return true;
	return false;
}
