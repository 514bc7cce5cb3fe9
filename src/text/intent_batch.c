#include "intent_priv.h"

#include "fold_priv.h"

#include <assent/base/num.h>
#include <assent/base/utf8.h>

#include <ctype.h>
#include <string.h>

/*
 * Several items in one answer: "approve 1,3; reject 2: too dear", "1 yes 2 no",
 * "all but 2". A statement starts where a line, sentence or clause does, names
 * a verdict and items, and gives whatever follows it as the items' comment.
 */

#define SPAN_MAX 6 /* words of one verdict */
#define MASK_WORDS ((INTENT_ITEMS_MAX + 63) / 64)

struct items { /* a set of item numbers, 0-based */
	uint64_t bits[MASK_WORDS];
	bool outside; /* one was named that does not exist */
};

struct token {
	char mark; /* punctuation or newline; 0 for words and numbers */
	const char *word; /* folded; a number's digits */
	int64_t number; /* -1 when it is none */
	const char *raw;
	size_t raw_len;
};

struct statement {
	struct items items;
	enum verdict verdict;
	bool others; /* "the others": what no statement names */
	bool doubtful;
	size_t tail; /* where the comment starts */
};

struct batch {
	struct token *at;
	size_t count;
	size_t items;
	struct arena *arena;
	struct intent *out;
	struct items named, approved, rejected, doubted;
	enum verdict others;
	bool wrong; /* an item that is not there */
	unsigned doubts; /* of text outside of statements */
	size_t statements;
};

static const char *const all_words[] = { "all", "everything", "alle", "alles", "tous", "tout",
	"toutes", "todo", "todos", "todas", "tutti", "tutto", "allemaal", "wszystkie", "alla",
	"hepsi", "все", "всё", "הכל", "الكل", "全部", "すべて", "모두", NULL };
static const char *const but_words[] = { "except", "but", "besides", "excluding", "save", "sauf",
	"außer", "ausser", "excepto", "salvo", "tranne", "behalve", "oprócz", "utom", "кроме",
	NULL };
static const char *const and_words[] = { "and", "und", "et", "y", "e", "en", "i", "och", "og", "ve",
	"и", "و", "和", "と", NULL };
static const char *const to_words[] = { "to", "through", "thru", "until", "bis", "à", "a", "tot",
	NULL };
static const char *const item_fillers[] = { "item", "items", "number", "numbers", "nr", "nos",
	"num", "to", "for", "on", "the", "request", "requests", "ticket", "tickets", "pour", "für",
	"para", "per", "voor", "le", "la", "el", "punkt", "position", "positionen", "nummer",
	"question", "point", NULL };
static const char *const is_words[] = { "is", "are", "ist", "sind", "est", "sont", "es", "son",
	NULL };
static const char *const other_words[] = { "others", "rest", "remaining", "remainder", "other",
	"restlichen", "übrigen", "anderen", "autres", "demás", NULL };
static const char *const one_words[] = { "one", "item", "request", "ones", "items", "requests",
	NULL };
static const char *const soft_tails[] = { "only", "please", "thanks", "too", "also", "well", "as",
	"bitte", "danke", NULL };
static const char *const why_words[] = { "because", "since", "due", "as", "too", "weil", "da", "zu",
	"car", "trop", "porque", "demasiado", NULL };
static const char *const open_words[] = { "later", "open", "skip", "wait", "hold", "pending",
	"maybe", "tomorrow", "not", "unsure", "undecided", "später", "plus", "luego", NULL };

static bool
is_one_of(const char *word, const char *const *list)
{
	for (; word && *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static void
items_add(struct items *set, size_t index)
{
	set->bits[index / 64] |= (uint64_t)1 << (index % 64);
}

static bool
items_has(const struct items *set, size_t index)
{
	return set->bits[index / 64] >> (index % 64) & 1;
}

static void
items_join(struct items *set, const struct items *more)
{
	for (size_t i = 0; i < MASK_WORDS; i++)
		set->bits[i] |= more->bits[i];
	set->outside |= more->outside;
}

static void
items_range(struct items *set, int64_t from, int64_t to, size_t count)
{
	if (from < 1 || to < from || to > (int64_t)count)
		set->outside = true;
	for (int64_t i = from; !set->outside && i <= to; i++)
		items_add(set, (size_t)i - 1);
}

/* Tokens: marks one by one, words folded, digits as numbers. */
static size_t
token_read(struct batch *b, const char *s, size_t n)
{
	uint32_t c;
	size_t len = utf8_next(s, n, &c), end = len;
	struct token token = { .raw = s, .number = -1 };
	bool digits = c < 0x80 && isdigit((int)c);
	if (digits) {
		while (end < n && isdigit((unsigned char)s[end]))
			end++;
	} else if (fold_is_word(c)) {
		while (end < n) {
			size_t size = utf8_next(s + end, n - end, &c);
			if (!fold_is_word(c) && c != '\'' && c != 0x2019)
				break;
			end += size;
		}
	}
	struct str fold = STR_INIT(4 * end + 16);
	fold_add(&fold, s, end);
	token.word = arena_dup_n(b->arena, str_text(&fold), fold.len);
	str_done(&fold);
	token.raw_len = end;
	/* Folding made a full-width or Arabic digit plain. */
	if (isdigit((unsigned char)token.word[0]) &&
	    !num_parse_within(token.word, 0, 1000000000, &token.number))
		token.number = 1000000000;
	if (s[0] == '\n')
		token.mark = '\n';
	else if (token.word[0] && token.word[1] == '\0' && ispunct((unsigned char)token.word[0]))
		token.mark = token.word[0];
	if (token.mark || token.word[0])
		b->at[b->count++] = token;
	return end;
}

static void
tokenise(struct batch *b, const char *words)
{
	size_t n = strlen(words);
	b->at = arena_alloc(b->arena, (n + 1) * sizeof *b->at);
	for (size_t i = 0; i < n;)
		i += token_read(b, words + i, n - i);
}

static const char *
word_at(const struct batch *b, size_t i)
{
	return i < b->count && b->at[i].mark == 0 ? b->at[i].word : NULL;
}

static char
mark_at(const struct batch *b, size_t i)
{
	return i < b->count ? b->at[i].mark : '\n';
}

static bool
is_mark(const struct batch *b, size_t i, const char *any)
{
	char mark = mark_at(b, i);
	return mark != '\0' && strchr(any, mark) != NULL;
}

static int64_t
number_at(const struct batch *b, size_t i)
{
	return i < b->count ? b->at[i].number : -1;
}

/* The longest phrase that starts at i; returns its tokens, 0 for none. */
static size_t
verdict_at(const struct batch *b, size_t i, enum verdict *out)
{
	struct str text = STR_INIT(200);
	size_t best = 0;
	for (size_t n = 0; n < SPAN_MAX && word_at(b, i + n) && number_at(b, i + n) < 0; n++) {
		str_add(&text, n ? " " : "");
		str_add(&text, b->at[i + n].word);
		enum phrase_class class = intent_phrase(str_text(&text), text.len);
		if (class == PHRASE_OTHER || class == PHRASE_NEUTRAL)
			continue;
		best = n + 1;
		*out = class == PHRASE_APPROVE ? VERDICT_APPROVE : VERDICT_REJECT;
	}
	str_done(&text);
	return best;
}

static size_t
skip_fillers(const struct batch *b, size_t i)
{
	while (i < b->count &&
	    (is_one_of(word_at(b, i), item_fillers) || is_mark(b, i, ":#-.=>")) &&
	    mark_at(b, i) != '\n')
		i++;
	return i;
}

/* A number, or a range of them; returns its tokens. */
static size_t
range_at(const struct batch *b, size_t i, struct items *set)
{
	size_t from = i;
	i += mark_at(b, i) == '#';
	int64_t first = number_at(b, i);
	if (first < 0)
		return 0;
	bool joins = mark_at(b, i + 1) == '-' || is_one_of(word_at(b, i + 1), to_words);
	size_t second = i + 2 + (mark_at(b, i + 2) == '#');
	if (joins && number_at(b, second) >= 0) {
		items_range(set, first, number_at(b, second), b->items);
		return second + 1 - from;
	}
	items_range(set, first, first, b->items);
	return i + 1 - from;
}

/* "the first two", "last one". */
static size_t
ordinal_at(const struct batch *b, size_t i, struct items *set)
{
	static const char *const counts[] = { "one", "two", "three", "four", "five" };
	static const char *const ordinals[] = { "first", "second", "third", "fourth", "fifth" };
	const char *word = word_at(b, i);
	int64_t count = (int64_t)b->items, many = 1, which = 0;
	size_t taken = 1;
	if (word == NULL)
		return 0;
	for (size_t k = 0; k < ARRAY_LEN(ordinals); k++)
		if (strcmp(word, ordinals[k]) == 0)
			which = (int64_t)k + 1;
	bool last = strcmp(word, "last") == 0;
	if (which == 0 && !last)
		return 0;
	const char *next = word_at(b, i + 1);
	for (size_t k = 0; next && (last || which == 1) && k < ARRAY_LEN(counts); k++)
		if (strcmp(next, counts[k]) == 0) {
			many = (int64_t)k + 1;
			taken = 2;
		}
	if (taken == 1 && is_one_of(next, one_words))
		taken = 2;
	if (last)
		items_range(set, count - many + 1, count, b->items);
	else
		items_range(set, which, which + many - 1, b->items);
	return taken;
}

/* After "1," does "2" go on with the list, or start "2 no"? */
static bool
goes_on(const struct batch *b, size_t i)
{
	struct items unused = { 0 };
	size_t n = range_at(b, i, &unused);
	const char *next = word_at(b, i + n);
	return n > 0 &&
	    (next == NULL || is_one_of(next, and_words) || is_one_of(next, soft_tails) ||
		is_one_of(next, is_words) || number_at(b, i + n) >= 0);
}

static size_t
list_at(const struct batch *b, size_t from, struct items *set)
{
	size_t i = from;
	size_t n = range_at(b, i, set);
	if (n == 0)
		n = ordinal_at(b, i, set);
	if (n == 0)
		return 0;
	i += n;
	for (;;) {
		bool joins = is_mark(b, i, ",+&/");
		bool joined = is_one_of(word_at(b, i), and_words);
		size_t next = i + 1 + (joins && is_one_of(word_at(b, i + 1), and_words));
		if ((!joins && !joined) ||
		    (joins && next == i + 1 && mark_at(b, i) == ',' && !goes_on(b, next)))
			break;
		n = range_at(b, next, set);
		if (n == 0)
			break;
		i = next + n;
	}
	return i - from;
}

/* "all", "all but 2", "both", with or without "of them". */
static size_t
all_at(const struct batch *b, size_t from, struct items *set)
{
	size_t i = from;
	bool both = word_at(b, i) && strcmp(word_at(b, i), "both") == 0;
	if (both && b->items != 2)
		return 0;
	if (!both && !is_one_of(word_at(b, i), all_words))
		return 0;
	i++;
	while (is_one_of(word_at(b, i), item_fillers) || is_one_of(word_at(b, i), one_words) ||
	    (word_at(b, i) &&
		(strcmp(word_at(b, i), "of") == 0 || strcmp(word_at(b, i), "them") == 0 ||
		    strcmp(word_at(b, i), "these") == 0)))
		i++;
	items_range(set, 1, (int64_t)b->items, b->items);
	size_t comma = i + (mark_at(b, i) == ',');
	if (!is_one_of(word_at(b, comma), but_words))
		return i - from;
	struct items open = { 0 };
	i = comma + 1;
	while (is_one_of(word_at(b, i), item_fillers) || is_one_of(word_at(b, i), to_words) ||
	    (word_at(b, i) && strcmp(word_at(b, i), "for") == 0))
		i++;
	size_t n = list_at(b, i, &open);
	set->outside |= n == 0 || open.outside;
	for (size_t k = 0; k < MASK_WORDS; k++)
		set->bits[k] &= ~open.bits[k];
	return i + n - from;
}

static size_t
others_at(const struct batch *b, size_t i)
{
	size_t from = i;
	while (is_one_of(word_at(b, i), item_fillers) || is_one_of(word_at(b, i), all_words))
		i++;
	if (!is_one_of(word_at(b, i), other_words))
		return 0;
	i++;
	while (is_one_of(word_at(b, i), one_words))
		i++;
	return i - from;
}

/* "approve 1", "no to 2", "reject the last one", "approve all but 2". */
static bool
verdict_first(const struct batch *b, size_t i, struct statement *s)
{
	size_t n = verdict_at(b, i, &s->verdict);
	if (n == 0)
		return false;
	size_t at = skip_fillers(b, i + n);
	size_t taken = list_at(b, at, &s->items);
	if (taken == 0)
		taken = all_at(b, at, &s->items);
	if (taken == 0 && (taken = others_at(b, at)) > 0)
		s->others = true;
	/* "approve all": the phrase may have swallowed its "all". */
	if (taken == 0 && n > 1 && is_one_of(word_at(b, i + n - 1), all_words)) {
		at = i + n - 1;
		taken = all_at(b, at, &s->items);
	}
	s->tail = at + taken;
	return taken > 0;
}

/* "1: ok", "2 and 3 no", "everything except 1 is approved", "3 later". */
static bool
items_first(const struct batch *b, size_t i, struct statement *s)
{
	bool bracket = mark_at(b, i) == '[' || mark_at(b, i) == '(';
	i += bracket;
	if (is_one_of(word_at(b, i), item_fillers))
		i = skip_fillers(b, i);
	size_t n = list_at(b, i, &s->items);
	if (n == 0)
		n = all_at(b, i, &s->items);
	if (n == 0 && (n = others_at(b, i)) > 0)
		s->others = true;
	if (n == 0)
		return false;
	i += n;
	while (i < b->count && (is_one_of(word_at(b, i), is_words) || is_mark(b, i, ":.)]=->")) &&
	    (mark_at(b, i) || word_at(b, i)) && mark_at(b, i) != '\n')
		i++;
	n = verdict_at(b, i, &s->verdict);
	s->tail = i + n;
	if (n > 0)
		return true;
	s->verdict = VERDICT_UNCLEAR;
	s->doubtful = true;
	return is_one_of(word_at(b, i), open_words);
}

static bool
statement_at(const struct batch *b, size_t i, struct statement *s)
{
	while (word_at(b, i) &&
	    (strcmp(word_at(b, i), "please") == 0 || strcmp(word_at(b, i), "i") == 0))
		i++;
	*s = (struct statement){ .verdict = VERDICT_UNCLEAR };
	if (verdict_first(b, i, s))
		return true;
	*s = (struct statement){ .verdict = VERDICT_UNCLEAR };
	return items_first(b, i, s);
}

static bool
is_end(const struct batch *b, size_t i)
{
	return i >= b->count || is_mark(b, i, "\n;.,!");
}

/* The raw text of tokens [from, to) without blanks and marks around it. */
static const char *
raw_text(const struct batch *b, size_t from, size_t to)
{
	static const char around[] = " \t\r\n:;,.-";
	if (from >= to)
		return "";
	const char *start = b->at[from].raw;
	const char *end = b->at[to - 1].raw + b->at[to - 1].raw_len;
	while (start < end && strchr(around, *start))
		start++;
	while (end > start && strchr(around, end[-1]))
		end--;
	return arena_dup_n(b->arena, start, (size_t)(end - start));
}

static unsigned
doubts_in(const struct batch *b, const char *raw)
{
	struct clauses list;
	unsigned bits = 0;
	intent_split(raw, strlen(raw), b->arena, &list);
	for (size_t i = 0; i < list.count; i++) {
		bits |= list.at[i].doubts & ~(unsigned)DOUBT_POSITIVE;
		if (list.at[i].class > PHRASE_OTHER && list.at[i].class < PHRASE_NEUTRAL)
			bits |= DOUBT_RETRACTION;
	}
	return bits;
}

/* Where the comment that starts at i ends: its line, or the next statement. */
static size_t
comment_end(const struct batch *b, size_t i)
{
	struct statement next;
	for (; i < b->count && mark_at(b, i) != '\n' && mark_at(b, i) != ';'; i++)
		if (is_end(b, i) &&
		    (statement_at(b, i + 1, &next) ||
			(is_one_of(word_at(b, i + 1), and_words) && statement_at(b, i + 2, &next))))
			break;
	return i;
}

static void
give_comment(struct batch *b, const struct statement *s, const char *comment)
{
	for (size_t i = 0; *comment && i < b->items; i++)
		if (items_has(&s->items, i))
			b->out->items[i].comment = comment;
}

/* Words right behind the items, with no mark between, may change what was said. */
static bool
tail_is_plain(const struct batch *b, const struct statement *s)
{
	size_t i = s->tail;
	struct statement next;
	while (is_one_of(word_at(b, i), soft_tails) &&
	    !(s->verdict == VERDICT_REJECT && is_one_of(word_at(b, i), why_words)))
		i++;
	if (word_at(b, i) == NULL || is_one_of(word_at(b, i), and_words))
		return true;
	if (s->verdict == VERDICT_REJECT && is_one_of(word_at(b, i), why_words))
		return true;
	return statement_at(b, i, &next) && next.verdict != VERDICT_UNCLEAR;
}

static void
record(struct batch *b, struct statement *s)
{
	b->statements++;
	b->wrong |= s->items.outside;
	if (s->others)
		b->others = s->doubtful ? VERDICT_UNCLEAR : s->verdict;
	items_join(&b->named, &s->items);
	if (s->doubtful || s->verdict == VERDICT_UNCLEAR)
		items_join(&b->doubted, &s->items);
	else if (s->verdict == VERDICT_APPROVE)
		items_join(&b->approved, &s->items);
	else
		items_join(&b->rejected, &s->items);
}

/* One statement and its comment; returns where to go on. */
static size_t
take_statement(struct batch *b, struct statement *s)
{
	struct statement next;
	s->doubtful |= !tail_is_plain(b, s);
	size_t end = s->tail;
	bool glued =
	    word_at(b, end) && statement_at(b, end, &next) && next.verdict != VERDICT_UNCLEAR;
	if (!glued && !s->doubtful && is_one_of(word_at(b, end), and_words) &&
	    statement_at(b, end + 1, &next))
		glued = true;
	if (!glued) {
		bool ends = is_end(b, end) && mark_at(b, end) != ',';
		end = ends && s->verdict == VERDICT_APPROVE ? end : comment_end(b, end);
		const char *comment = raw_text(b, s->tail, end);
		unsigned doubts = doubts_in(b, comment);
		b->doubts |= doubts & (DOUBT_QUESTION | DOUBT_RETRACTION);
		s->doubtful |= s->verdict == VERDICT_APPROVE &&
		    (doubts & ~(unsigned)DOUBT_CONDITION ||
			(doubts && !text_is_nocase(comment, "only")));
		if (!s->doubtful)
			give_comment(b, s, comment);
	}
	record(b, s);
	return end;
}

static void
scan(struct batch *b)
{
	for (size_t i = 0; i < b->count;) {
		struct statement s;
		bool separator = (b->at[i].mark && strchr("\n;.,!-&>", b->at[i].mark)) ||
		    is_one_of(word_at(b, i), and_words);
		if (b->at[i].number < 0 && separator && !statement_at(b, i, &s)) {
			i++;
			continue;
		}
		if (statement_at(b, i, &s)) {
			i = take_statement(b, &s);
			continue;
		}
		/* Up to the next mark behind which a statement starts. */
		size_t end = comment_end(b, i);
		b->doubts |= doubts_in(b, raw_text(b, i, end));
		for (size_t k = i; k <= end && k < b->count; k++)
			if (mark_at(b, k) == '?')
				b->doubts |= DOUBT_QUESTION;
		i = end > i ? end : i + 1;
	}
}

static enum verdict
verdict_of(const struct batch *b, size_t i)
{
	bool yes = items_has(&b->approved, i), no = items_has(&b->rejected, i);
	if (items_has(&b->doubted, i) || (yes && no))
		return VERDICT_UNCLEAR;
	if (!items_has(&b->named, i) && b->statements > 1) {
		yes = b->others == VERDICT_APPROVE;
		no = b->others == VERDICT_REJECT;
	}
	if (no)
		return VERDICT_REJECT;
	/* A doubt anywhere else takes approvals back, never turns them. */
	return yes && b->doubts == 0 ? VERDICT_APPROVE : VERDICT_UNCLEAR;
}

static enum intent_reason
reason_of(const struct batch *b)
{
	if (b->wrong)
		return INTENT_ITEMS;
	if (b->doubts & DOUBT_QUESTION)
		return INTENT_QUESTION;
	if (b->doubts & (DOUBT_RETRACTION | DOUBT_NEGATION | DOUBT_NEGATIVE))
		return INTENT_CONTRADICTION;
	if (b->doubts & DOUBT_HEDGE)
		return INTENT_HEDGE;
	if (b->doubts & DOUBT_DELEGATION)
		return INTENT_DELEGATION;
	for (size_t i = 0; i < MASK_WORDS; i++)
		if (b->approved.bits[i] & b->rejected.bits[i])
			return INTENT_ITEMS;
	return INTENT_CONDITION;
}

bool
intent_batch(const char *words, struct arena *arena, struct intent *out)
{
	struct batch b = { .items = out->count, .arena = arena, .out = out };
	size_t decided = 0;
	tokenise(&b, words);
	scan(&b);
	if (b.statements == 0)
		return false;
	bool void_all = b.wrong || b.doubts & (DOUBT_QUESTION | DOUBT_RETRACTION);
	for (size_t i = 0; i < out->count; i++) {
		struct intent_item *item = &out->items[i];
		item->verdict = void_all ? VERDICT_UNCLEAR : verdict_of(&b, i);
		decided += item->verdict != VERDICT_UNCLEAR;
		if (item->verdict == VERDICT_UNCLEAR)
			item->comment = "";
	}
	out->reason = decided > 0 ? INTENT_CLEAR : reason_of(&b);
	out->question = (b.doubts & DOUBT_QUESTION) != 0;
	out->partly = decided > 0 && decided < out->count;
	if (decided == 0)
		out->comment = arena_dup(arena, words);
	return true;
}
