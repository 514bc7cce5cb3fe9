#include "intent_batch_priv.h"

#include "intent_like_priv.h"

#include "fold_priv.h"

#include <assent/base/num.h>
#include <assent/base/utf8.h>

#include <ctype.h>
#include <string.h>

#define MIDDLE -2 /* an ordinal of the tables */
#define SPAN_MAX 6 /* words of one verdict */
#define SOON 4 /* words in which a doubt shows what is said of items */

bool
word_is_one_of(const char *word, const char *const *list)
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

bool
items_has(const struct items *set, size_t index)
{
	return set->bits[index / 64] >> (index % 64) & 1;
}

void
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
	} else if (fold_is_word(c) || (c >= 0xff10 && c <= 0xff19)) {
		end = script_token(s, n);
	}
	struct str fold = STR_INIT(4 * end + 16);
	fold_add(&fold, s, end);
	const char *right = intent_typo(str_text(&fold), fold.len);
	token.word = right ? right : arena_dup_n(b->arena, str_text(&fold), fold.len);
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

/* Which letter a token is, as items are labelled: 1 for a, 0 for none. */
static int
letter_at(const struct batch *b, size_t i)
{
	static const char *const letters[] = { "a", "а", "א", "ا", "b", "б", "ב", "ب", "c", "в",
		"ג", "ج", "d", "г", "ד", "د", "e", "д", "ה", "ه", "f", "е", "ו", "و" };
	for (size_t k = 0; batch_word(b, i) && k < ARRAY_LEN(letters); k++)
		if (strcmp(letters[k], batch_word(b, i)) == 0)
			return (int)(k / 4) + 1;
	return 0;
}

/* "a)" anywhere, "A:" or "a." where a line or clause starts. */
static bool
is_lettered(const struct batch *b, size_t i)
{
	const struct token *now = &b->at[i];
	if (letter_at(b, i) == 0 || i + 1 >= b->count || now[1].raw != now->raw + now->raw_len)
		return false;
	return now[1].mark == ')' || (now[1].mark == ':' && (i == 0 || now[-1].mark)) ||
	    (now[1].mark == '.' && (i == 0 || now[-1].mark == '\n'));
}

/* "a) yes b) no": letters from a on are numbers; in any other order nobody knows. */
static void
number_letters(struct batch *b)
{
	size_t count = 0;
	bool order = true;
	for (size_t i = 0; i < b->count; i++) {
		if (!is_lettered(b, i))
			continue;
		order = order && letter_at(b, i) == (int)count + 1;
		count++;
	}
	b->wrong |= count > 0 && (!order || count > b->items);
	for (size_t i = 0; order && count > 1 && i < b->count; i++)
		if (is_lettered(b, i)) {
			b->at[i].number = letter_at(b, i);
			b->at[i].word = arena_printf(b->arena, "%d", letter_at(b, i));
		}
}

/* "apart from": two words that leave items out are one token. */
static void
join_buts(struct batch *b)
{
	size_t count = 0;
	for (size_t i = 0; i < b->count; i++) {
		struct token now = b->at[i];
		const char *next = now.mark ? NULL : batch_word(b, i + 1);
		char *pair = next ? arena_printf(b->arena, "%s %s", now.word, next) : NULL;
		if (word_is_one_of(pair, batch_but_words)) {
			const struct token *end = &b->at[++i];
			now.word = pair;
			now.raw_len = (size_t)(end->raw + end->raw_len - now.raw);
		}
		b->at[count++] = now;
	}
	b->count = count;
}

void
batch_tokenise(struct batch *b, const char *words)
{
	size_t n = strlen(words);
	b->at = arena_alloc(b->arena, (n + 1) * sizeof *b->at);
	for (size_t i = 0; i < n;)
		i += token_read(b, words + i, n - i);
	number_letters(b);
	join_buts(b);
}

const char *
batch_word(const struct batch *b, size_t i)
{
	return i < b->count && b->at[i].mark == 0 ? b->at[i].word : NULL;
}

char
batch_mark(const struct batch *b, size_t i)
{
	return i < b->count ? b->at[i].mark : '\n';
}

bool
batch_is_mark(const struct batch *b, size_t i, const char *any)
{
	char mark = batch_mark(b, i);
	return mark != '\0' && strchr(any, mark) != NULL;
}

int64_t
batch_number(const struct batch *b, size_t i)
{
	return i < b->count ? b->at[i].number : -1;
}

/* The longest phrase that starts at i; returns its tokens, 0 for none. */
size_t
batch_verdict(const struct batch *b, size_t i, enum verdict *out)
{
	return batch_verdict_in(b, i, SPAN_MAX, out);
}

size_t
batch_verdict_in(const struct batch *b, size_t i, size_t most, enum verdict *out)
{
	struct str text = STR_INIT(200);
	size_t best = 0;
	for (size_t n = 0; n < most && batch_word(b, i + n) && batch_number(b, i + n) < 0; n++) {
		str_add(&text, n ? " " : "");
		str_add(&text, b->at[i + n].word);
		enum phrase_class own = intent_own(b->reader, str_text(&text));
		enum phrase_class class = own ? own : intent_phrase(str_text(&text), text.len);
		if (class < PHRASE_APPROVE || class > PHRASE_NO)
			continue;
		best = n + 1;
		*out = class <= PHRASE_YES ? VERDICT_APPROVE : VERDICT_REJECT;
	}
	str_done(&text);
	return best;
}

/* "3'e", "1:an", "2de": an ending that belongs to the digits before; its tokens. */
static size_t
ending_at(const struct batch *b, size_t i)
{
	size_t mark =
	    batch_is_mark(b, i, "':-") && b->at[i].raw == b->at[i - 1].raw + b->at[i - 1].raw_len;
	const struct token *word = i + mark < b->count ? &b->at[i + mark] : NULL;
	if (word == NULL || !word_is_one_of(batch_word(b, i + mark), batch_endings))
		return 0;
	const struct token *before = word - 1;
	return word->raw == before->raw + before->raw_len ? mark + 1 : 0;
}

static int
number_of(const char *word, const struct numbered *list)
{
	/* "L'ultimo". */
	const char *behind = word ? strchr(word, '\'') : NULL;
	word = behind && behind[1] ? behind + 1 : word;
	for (; word && list->word; list++)
		if (strcmp(word, list->word) == 0)
			return list->number;
	return 0;
}

/* "number one": a count in words behind a label names an item, but "no to all" none; 0 for none. */
static int64_t
labelled(const struct batch *b, size_t i)
{
	if (!word_is_one_of(batch_word(b, i), batch_label_words))
		return 0;
	if (batch_number(b, i + 1) >= 0)
		return batch_number(b, i + 1);
	if (word_is_one_of(batch_word(b, i), batch_not_words))
		return 0;
	return number_of(batch_word(b, i + 1), batch_counts);
}

size_t
batch_skip_fillers(const struct batch *b, size_t i)
{
	while (i < b->count &&
	    (word_is_one_of(batch_word(b, i), batch_fillers) || batch_is_mark(b, i, ":#-.=>")) &&
	    batch_mark(b, i) != '\n' && labelled(b, i) <= 0)
		i++;
	return i;
}

/* A number, or a range of them; returns its tokens. */
static size_t
range_at(const struct batch *b, size_t i, struct items *set)
{
	size_t from = i;
	i += batch_mark(b, i) == '#';
	int64_t first = labelled(b, i);
	i += first > 0;
	if (first <= 0)
		first = batch_number(b, i);
	if (first < 0)
		return 0;
	bool joins =
	    batch_is_mark(b, i + 1, "-~") || word_is_one_of(batch_word(b, i + 1), batch_to_words);
	/* Dutch "t/m" is three tokens. */
	bool split = joins && batch_mark(b, i + 2) == '/' && batch_word(b, i + 3) &&
	    strcmp(batch_word(b, i + 3), "m") == 0;
	size_t second = i + 2 + (batch_mark(b, i + 2) == '#') + (split ? 2 : 0);
	if (joins && batch_number(b, second) >= 0) {
		items_range(set, first, batch_number(b, second), b->items);
		return second + 1 - from;
	}
	items_range(set, first, first, b->items);
	i++;
	return i + ending_at(b, i) - from;
}

/*
 * Swedish "de andra" are the others, "den andra" is the second: the latter where another number
 * shows that there is a count, and never behind a plural.
 */
static bool
means_others(const struct batch *b, size_t i)
{
	if (!word_is_one_of(batch_word(b, i), batch_other_words))
		return false;
	if (i > 0 &&
	    (word_is_one_of(batch_word(b, i - 1), batch_plural_words) ||
		word_is_one_of(batch_word(b, i - 1), batch_all_words) ||
		number_of(batch_word(b, i - 1), batch_counts) > 0 || batch_number(b, i - 1) >= 0))
		return true;
	for (size_t k = 0; k < b->count; k++)
		if (k != i &&
		    (batch_number(b, k) >= 0 || number_of(batch_word(b, k), batch_ordinals) != 0))
			return false;
	return true;
}

/* "the first two", "last one". */
static size_t
ordinal_at(const struct batch *b, size_t i, struct items *set)
{
	/* "Los dos primeros", "de to første": the count first. */
	int64_t before = number_of(batch_word(b, i), batch_counts);
	size_t skip = before > 1 && number_of(batch_word(b, i + 1), batch_ordinals) ? 1 : 0;
	int64_t count = (int64_t)b->items,
		which = number_of(batch_word(b, i + skip), batch_ordinals);
	const char *next = skip ? batch_word(b, i) : batch_word(b, i + 1);
	if (which == 0 || means_others(b, i + skip) || (skip && which != 1 && which != -1))
		return 0;
	/* "The middle one" */
	if (which == MIDDLE && count % 2 == 0)
		return 0;
	if (which == MIDDLE)
		which = count / 2 + 1;
	int64_t many = which == 1 || which == -1 ? number_of(next, batch_counts) : 0;
	size_t taken = many > 0 || word_is_one_of(next, batch_one_words) ? 2 : 1;
	if (many == 0)
		many = 1;
	if (which == -1)
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
	const char *next = batch_word(b, i + n);
	return n > 0 &&
	    (next == NULL || word_is_one_of(next, batch_and_words) ||
		word_is_one_of(next, batch_soft_tails) || word_is_one_of(next, batch_is_words) ||
		batch_number(b, i + n) >= 0);
}

size_t
batch_list(const struct batch *b, size_t from, struct items *set)
{
	size_t i = from;
	size_t n = range_at(b, i, set);
	if (n == 0)
		n = ordinal_at(b, i, set);
	if (n == 0)
		return 0;
	i += n;
	/* A longer list names one twice; the bound keeps the whole linear. */
	for (size_t k = 0; k < INTENT_ITEMS_MAX; k++) {
		bool joins = batch_is_mark(b, i, ",+&/");
		bool joined = word_is_one_of(batch_word(b, i), batch_and_words);
		size_t next =
		    i + 1 + (joins && word_is_one_of(batch_word(b, i + 1), batch_and_words));
		bool article = (word_is_one_of(batch_word(b, next), batch_fillers) ||
				   batch_mark(b, next) == '-') &&
		    batch_number(b, next + 1) >= 0;
		if ((!joins && !joined) ||
		    (joins && next == i + 1 && batch_mark(b, i) == ',' && !goes_on(b, next)))
			break;
		n = range_at(b, next + article, set);
		/* "The first and the third". */
		if (n == 0 && next == i + 1 && joined) {
			next = batch_skip_fillers(b, next);
			n = ordinal_at(b, next, set);
			article = false;
		}
		if (n == 0)
			break;
		i = next + article + n;
	}
	return i - from;
}

/* "all three", "las tres": as many as there are. */
static size_t
whole_count(const struct batch *b, size_t i)
{
	int64_t count = batch_number(b, i);
	if (count < 0)
		count = number_of(batch_word(b, i), batch_counts);
	return b->items > 1 && count == (int64_t)b->items;
}

bool
batch_is_count(const struct batch *b, size_t i)
{
	return number_of(batch_word(b, i), batch_counts) && whole_count(b, i);
}

static bool
is_whole(const struct batch *b, size_t i)
{
	/* "Le un et le trois": the third. */
	bool joined = i > 1 && word_is_one_of(batch_word(b, i - 2), batch_and_words);
	return i > 0 && !joined && word_is_one_of(batch_word(b, i - 1), batch_articles) &&
	    number_of(batch_word(b, i), batch_counts) && whole_count(b, i);
}

/* "all", "all but 2", "both", with or without "of them". */
size_t
batch_all(const struct batch *b, size_t from, struct statement *s)
{
	struct items *set = &s->items;
	size_t i = from;
	bool both = word_is_one_of(batch_word(b, i), batch_both_words);
	if (both && b->items != 2)
		return 0;
	if (!both && !word_is_one_of(batch_word(b, i), batch_all_words) && !is_whole(b, i))
		return 0;
	i++;
	i += !both && whole_count(b, i);
	while (word_is_one_of(batch_word(b, i), batch_fillers) ||
	    word_is_one_of(batch_word(b, i), batch_one_words) ||
	    (batch_word(b, i) &&
		(strcmp(batch_word(b, i), "of") == 0 || strcmp(batch_word(b, i), "them") == 0 ||
		    strcmp(batch_word(b, i), "these") == 0)))
		i++;
	items_range(set, 1, (int64_t)b->items, b->items);
	size_t comma = i + (batch_mark(b, i) == ',');
	if (!word_is_one_of(batch_word(b, comma), batch_but_words))
		return i - from;
	struct items open = { 0 };
	i = comma + 1;
	while (word_is_one_of(batch_word(b, i), batch_fillers) ||
	    word_is_one_of(batch_word(b, i), batch_to_words) ||
	    (batch_mark(b, i) == '-' && batch_number(b, i + 1) >= 0) ||
	    (batch_word(b, i) && strcmp(batch_word(b, i), "for") == 0))
		i++;
	size_t n = batch_list(b, i, &open);
	set->outside |= n == 0 || open.outside;
	s->left = open;
	for (size_t k = 0; k < MASK_WORDS; k++)
		set->bits[k] &= ~open.bits[k];
	return i + n - from;
}

size_t
batch_others(const struct batch *b, size_t i)
{
	size_t from = i;
	while (word_is_one_of(batch_word(b, i), batch_fillers) ||
	    word_is_one_of(batch_word(b, i), batch_all_words))
		i++;
	/* "Les deux autres". */
	bool led = i > from || (i > 0 && word_is_one_of(batch_word(b, i - 1), batch_fillers));
	i += led && number_of(batch_word(b, i), batch_counts) > 1 &&
	    word_is_one_of(batch_word(b, i + 1), batch_other_words);
	if (!word_is_one_of(batch_word(b, i), batch_other_words))
		return 0;
	i++;
	while (word_is_one_of(batch_word(b, i), batch_one_words) ||
	    number_of(batch_word(b, i), batch_counts))
		i++;
	return i - from;
}

unsigned
batch_doubts(const struct batch *b, size_t i)
{
	struct weighed weighed;
	struct str text = STR_INIT(400);
	for (size_t n = 0; n < SOON && batch_word(b, i + n); n++) {
		str_add(&text, n ? " " : "");
		str_add(&text, b->at[i + n].word);
	}
	intent_weigh(b->reader, str_text(&text), &weighed);
	str_done(&text);
	return weighed.doubts;
}
