#include "intent_priv.h"

#include "fold_priv.h"

#include <assent/base/utf8.h>

#include <ctype.h>
#include <string.h>

#define PHRASE_MAX 80 /* a clause with more bytes is no phrase of ours */
#define STRIP_MAX 3 /* so many leads and trails may wrap a phrase */

/* clang-format off */
static const struct {
	uint32_t code_point;
	char as;	/* '.' ends a sentence, ',' a clause */
} marks[] = {
	{ ';', ',' }, { '(', ',' }, { ')', ',' }, { '[', ',' }, { ']', ',' }, { 0x2013, ',' },
	{ 0x2014, ',' }, { 0x060c, ',' }, { 0x061b, ',' }, { 0x3001, ',' }, { 0xff0c, ',' },
	{ 0xff1a, ',' }, { 0xff1b, ',' }, { 0x3002, '.' }, { 0x2026, '.' }, { '!', '.' },
	{ 0xff01, '.' }, { 0x00a1, '.' }, { 0x00bf, '.' }, { '\n', '.' }, { 0x2028, '.' }, { 0x2029, '.' },
	{ '?', '?' }, { 0x061f, '?' }, { 0xff1f, '?' }, { 0x037e, '?' }, { 0x2753, '?' }, { 0x2754, '?' },
};
/* clang-format on */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What mark stands at s[at]: '.', ',', '?' or 0. *len is the code point's length. */
static char
mark_at(const char *s, size_t n, size_t at, size_t *len)
{
	uint32_t c;
	*len = utf8_next(s + at, n - at, &c);
	char next = at + 1 < n ? s[at + 1] : '\n', before = at > 0 ? s[at - 1] : '\n';
	if (c == '.')
		return is_space(next) || next == '.' || next == '"' || next == '\'' ? '.' : 0;
	if (c == ',' || c == ':')
		return isdigit((unsigned char)before) && isdigit((unsigned char)next) ? 0 : ',';
	if (c == '-')
		return is_space(before) && before != '\n' && is_space(next) ? ',' : 0;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i].code_point == c)
			return marks[i].as;
	return 0;
}

static bool
is_skin_tone(uint32_t c)
{
	return c >= 0x1f3fb && c <= 0x1f3ff;
}

/* Quotation marks and underscores go; an emoji said twice is said once. */
static char *
tidy(struct arena *arena, const char *s, size_t n, size_t *len)
{
	char *out = arena_alloc(arena, n + 1);
	uint32_t last = 0;
	size_t used = 0;
	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t size = utf8_next(s + i, n - i, &c);
		bool skip = is_skin_tone(c) || c == '"' || c == '_' || c == '~' ||
		    (c == last && c >= 0x2600 && !fold_is_word(c) && c < 0x20000);
		if (!skip) {
			memcpy(out + used, s + i, size);
			used += size;
			last = c;
		}
		i += size;
	}
	while (used > 0 && strchr(" '.", out[used - 1]))
		used--;
	size_t lead = 0;
	while (lead < used && strchr(" '", out[lead]))
		lead++;
	memmove(out, out + lead, used - lead);
	*len = used - lead;
	out[*len] = '\0';
	return out;
}

static enum phrase_class
phrase_exact(const char *s, size_t n)
{
	for (const struct phrase *row = intent_phrases; row->text; row++)
		if (row->text[0] == s[0] && strncmp(row->text, s, n) == 0 && row->text[n] == '\0')
			return row->class;
	return PHRASE_OTHER;
}

static size_t
lead_len(const char *s, size_t n)
{
	for (const char *const *lead = intent_leads; *lead; lead++) {
		size_t len = strlen(*lead);
		if (len < n && memcmp(s, *lead, len) == 0)
			return len;
	}
	return 0;
}

static size_t
trail_len(const char *s, size_t n)
{
	size_t best = 0;
	for (const char *const *trail = intent_trails; *trail; trail++) {
		size_t len = strlen(*trail);
		if (len < n && len > best && memcmp(s + n - len, *trail, len) == 0)
			best = len;
	}
	return best;
}

/* Take trails off one by one, the whole phrase first. */
static enum phrase_class
phrase_before_trails(const char *s, size_t n)
{
	for (int i = 0; i <= STRIP_MAX && n > 0; i++) {
		enum phrase_class class = phrase_exact(s, n);
		if (class != PHRASE_OTHER)
			return class;
		size_t cut = trail_len(s, n);
		if (cut == 0)
			break;
		n -= cut;
	}
	return PHRASE_OTHER;
}

enum phrase_class
intent_phrase(const char *text, size_t len)
{
	if (len > PHRASE_MAX)
		return PHRASE_OTHER;
	for (int i = 0; i <= STRIP_MAX && len > 0; i++) {
		enum phrase_class class = phrase_before_trails(text, len);
		if (class != PHRASE_OTHER)
			return class;
		size_t cut = lead_len(text, len);
		if (cut == 0)
			break;
		text += cut;
		len -= cut;
	}
	return PHRASE_OTHER;
}

/* Latin words end where letters end; others may be glued to their neighbours. */
static bool
stands_alone(const char *hay, const char *at, size_t len)
{
	if (at > hay && isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[0]))
		return false;
	if (isalnum((unsigned char)at[len]) && isalnum((unsigned char)at[len - 1]))
		return false;
	bool latin = (unsigned char)at[0] < 0x80 ||
	    ((unsigned char)at[0] >= 0xc3 && (unsigned char)at[0] <= 0xdb);
	if (!latin)
		return true;
	/* A letter of two bytes before or behind makes it part of a longer word. */
	bool glued = (at > hay && ((unsigned char)at[-1] & 0xc0) == 0x80 && at - hay >= 2 &&
			 (unsigned char)at[-2] >= 0xc3 && (unsigned char)at[-2] <= 0xdb) ||
	    ((unsigned char)at[len] >= 0xc3 && (unsigned char)at[len] <= 0xdb);
	return !glued;
}

static bool
holds(const char *hay, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = strstr(hay, word); at; at = strstr(at + 1, word))
		if (stands_alone(hay, at, len))
			return true;
	return false;
}

/* One or two digits may be another quantity; "cost centre 4711" is none. */
static bool
holds_small_number(const char *s)
{
	size_t run = 0;
	for (; *s; s++) {
		if (isdigit((unsigned char)*s)) {
			run++;
			continue;
		}
		if ((run > 0 && run < 3) || (run > 0 && (*s == 'k' || *s == 'm' || *s == ',')))
			return true;
		run = 0;
	}
	return run > 0 && run < 3;
}

unsigned
intent_doubt(const char *text)
{
	unsigned bits = 0;
	for (const struct doubt_word *row = intent_doubts; row->text; row++)
		if ((bits & row->bits) != row->bits && holds(text, row->text))
			bits |= row->bits;
	if (holds_small_number(text))
		bits |= DOUBT_NUMBER;
	return bits;
}

/* Idioms with a negator in them are blanked before doubts are looked for. */
static unsigned
doubts_of(struct arena *arena, const char *text)
{
	char *copy = arena_dup(arena, text);
	bool forget = false;
	for (const char *const *idiom = intent_harmless; *idiom; idiom++) {
		char *at = strstr(copy, *idiom);
		if (at == NULL)
			continue;
		memset(at, ' ', strlen(*idiom));
		forget |= strstr(*idiom, "forget") != NULL;
	}
	unsigned bits = intent_doubt(copy);
	/* "Don't forget to cancel the old one" is an errand, not a doubt. */
	return forget ? bits & ~(unsigned)DOUBT_NEGATIVE : bits;
}

static void
add_clause(struct clauses *list, struct arena *arena, struct clause clause)
{
	struct str fold = STR_INIT(4 * clause.raw_len + 16);
	fold_add(&fold, clause.raw, clause.raw_len);
	clause.text = tidy(arena, str_text(&fold), fold.len, &clause.len);
	str_done(&fold);
	if (clause.len == 0)
		return;
	clause.class = intent_phrase(clause.text, clause.len);
	if (clause.class == PHRASE_OTHER)
		clause.doubts |= doubts_of(arena, clause.text);
	list->at[list->count++] = clause;
}

void
intent_split(const char *words, size_t n, struct arena *arena, struct clauses *out)
{
	*out = (struct clauses){ .at = arena_alloc(arena, (n + 1) * sizeof *out->at) };
	struct clause now = { .raw = words };
	size_t at = 0;
	while (at <= n) {
		size_t len = 1;
		char mark = at < n ? mark_at(words, n, at, &len) : '.';
		if (mark == 0) {
			at += len;
			continue;
		}
		now.raw_len = at - (size_t)(now.raw - words);
		now.doubts = mark == '?' ? DOUBT_QUESTION : 0;
		add_clause(out, arena, now);
		/* A question mark alone on its line asks too. */
		if (mark == '?' && out->count > 0)
			out->at[out->count - 1].doubts |= DOUBT_QUESTION;
		now.sentence += mark != ',';
		now.line += at < n && words[at] == '\n';
		at += len;
		now.raw = words + (at < n ? at : n);
	}
}
