#include "intent_batch_priv.h"

#include <string.h>

/*
 * Answers to several items, read item by item as if each were a reply of its
 * own: "1 j / 2 only if it is cheap / 3 n", "the first one go ahead, the
 * second one we don't want", "2 excepted, all is fine".
 */

#define IS_MAX 3 /* words like "is" before an answer */
#define BEFORE_MAX 12 /* tokens of the items that stand before "excepted" */

struct segment {
	struct items items;
	bool others, numbered;
	bool counted; /* no mark before it: told from what stands before by its number only */
	size_t from, rest, to; /* tokens; the answer is [rest, to) */
};

struct segments {
	struct segment at[INTENT_ITEMS_MAX];
	size_t count;
};

static size_t
count_items(const struct items *set)
{
	size_t n = 0;
	for (size_t i = 0; i < INTENT_ITEMS_MAX; i++)
		n += items_has(set, i);
	return n;
}

static const char *
text_of(const struct batch *b, size_t from, size_t to)
{
	while (from < to && batch_is_mark(b, from, "\n.:;,)]-=>"))
		from++;
	if (from >= to)
		return "";
	const char *start = b->at[from].raw, *end = b->at[to - 1].raw + b->at[to - 1].raw_len;
	return arena_dup_n(b->arena, start, (size_t)(end - start));
}

/* May what stands at i begin a new answer? */
static bool
is_boundary(const struct batch *b, size_t i)
{
	return i == 0 || batch_is_mark(b, i - 1, "\n.;!,?") ||
	    word_is_one_of(batch_word(b, i - 1), batch_and_words);
}

/* The items that an answer which starts at i names. */
static bool
segment_at(const struct batch *b, size_t i, struct segment *s)
{
	size_t at = i;
	*s = (struct segment){ .from = i };
	while (batch_is_mark(b, at, "([#-"))
		at++;
	at = batch_skip_fillers(b, at);
	s->numbered = batch_number(b, at) >= 0 && at == i;
	size_t n = batch_list(b, at, &s->items);
	if (n == 0 && (n = batch_others(b, at)) > 0)
		s->others = true;
	if (n == 0 || s->items.outside)
		return false;
	at += n;
	while (
	    batch_is_mark(b, at, ".:)]=->") || word_is_one_of(batch_word(b, at), batch_one_words))
		at++;
	s->rest = at;
	return true;
}

/* "1 j 2 n 3 j": numbers that go on one by one need no marks between. */
static bool
counts_on(const struct batch *b, const struct segments *all, size_t i)
{
	const struct segment *last = all->count ? &all->at[all->count - 1] : NULL;
	return last && last->numbered && i > last->rest && count_items(&last->items) == 1 &&
	    batch_number(b, i) == (int64_t)all->count + 1 &&
	    items_has(&last->items, all->count - 1);
}

static void
find_segments(const struct batch *b, struct segments *all)
{
	struct segment next;
	bool enumerated = true;
	for (size_t i = 0; i < b->count && all->count < INTENT_ITEMS_MAX; i++) {
		bool on = enumerated && counts_on(b, all, i);
		if (!(on || is_boundary(b, i)) || !segment_at(b, i, &next))
			continue;
		if (all->count > 0)
			all->at[all->count - 1].to = i;
		next.counted = !is_boundary(b, i);
		enumerated = enumerated && (on || all->count == 0);
		all->at[all->count++] = next;
		i = next.rest > i ? next.rest - 1 : i;
	}
	if (all->count > 0)
		all->at[all->count - 1].to = b->count;
}

/* "j", "n": letters that answer behind an item. */
static enum verdict
letter_of(const struct batch *b, const struct segment *s)
{
	size_t to = s->to;
	while (to > s->rest && batch_is_mark(b, to - 1, "\n.,;!)"))
		to--;
	if (to != s->rest + 1)
		return VERDICT_UNCLEAR;
	if (word_is_one_of(batch_word(b, s->rest), batch_yes_words))
		return VERDICT_APPROVE;
	bool no = word_is_one_of(batch_word(b, s->rest), batch_no_words) ||
	    word_is_one_of(batch_word(b, s->rest), batch_not_words);
	return no ? VERDICT_REJECT : VERDICT_UNCLEAR;
}

/* What one answer says; false when it takes something back. */
static bool
read_segment(const struct batch *b, const struct segments *all, size_t at, struct intent_item *item)
{
	const struct segment *s = &all->at[at];
	bool counted = s->counted || (at + 1 < all->count && s[1].counted);
	unsigned doubts = 0;
	*item = (struct intent_item){ letter_of(b, s), "" };
	size_t last = s->rest + IS_MAX < s->to ? s->rest + IS_MAX : s->to;
	for (size_t from = s->rest; item->verdict == VERDICT_UNCLEAR && from < last; from++) {
		const char *text = text_of(b, from, s->to);
		*item = intent_verdict(b->reader, text, &doubts);
		if (doubts & (DOUBT_RETRACTION | DOUBT_REGRET) ||
		    !word_is_one_of(batch_word(b, from), batch_is_words))
			break;
	}
	/* "1 order 2 of them" is no list. */
	return !(doubts & DOUBT_RETRACTION) &&
	    !(counted && doubts == 0 && item->verdict == VERDICT_UNCLEAR);
}

/* Courtesies only. */
static bool
is_preamble(const struct batch *b, size_t to)
{
	struct clauses list;
	const char *text = text_of(b, 0, to);
	intent_split(b->reader, text, strlen(text), &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.at[i].class != PHRASE_NEUTRAL &&
		    (list.at[i].class != PHRASE_OTHER || list.count > 2 || list.at[i].doubts ||
			to > 4))
			return false;
	return true;
}

static bool
are_apart(const struct segments *all)
{
	struct items named = { 0 };
	for (size_t i = 0; i < all->count; i++) {
		for (size_t k = 0; k < INTENT_ITEMS_MAX; k++)
			if (items_has(&named, k) && items_has(&all->at[i].items, k))
				return false;
		items_join(&named, &all->at[i].items);
		if (all->at[i].others && i + 1 < all->count)
			return false;
	}
	/* "2 licences approved" names no item. */
	return all->count > 1 || (all->count == 1 && !all->at[0].numbered);
}

/* A number in an answer that says nothing clear may be an item that was not understood. */
static bool
hides_items(const struct batch *b, const struct segment *s)
{
	for (size_t i = s->rest; i < s->to; i++)
		if (batch_number(b, i) >= 0)
			return true;
	return false;
}

bool
batch_segments(const struct batch *b, struct intent_item *items)
{
	struct segments *all = arena_alloc(b->arena, sizeof *all);
	struct items named = { 0 };
	bool hidden = false;
	all->count = 0;
	find_segments(b, all);
	if (!are_apart(all) || !is_preamble(b, all->at[0].from))
		return false;
	for (size_t i = 0; i < all->count; i++) {
		struct segment *s = &all->at[i];
		struct intent_item item;
		if (!read_segment(b, all, i, &item))
			return false;
		hidden |= item.verdict == VERDICT_UNCLEAR && hides_items(b, s);
		if (s->others && hidden)
			item = (struct intent_item){ .comment = "" };
		for (size_t k = 0; k < b->items; k++)
			if (s->others ? !items_has(&named, k) : items_has(&s->items, k))
				items[k] = item;
		items_join(&named, &s->items);
	}
	return true;
}

/* "all", "everything": no more than what is named; or a decision. */
static enum verdict
main_of(const struct batch *b, size_t from, size_t to)
{
	unsigned doubts;
	bool all = false, only = true;
	for (size_t i = from; i < to; i++) {
		const char *word = batch_word(b, i);
		all |= word_is_one_of(word, batch_all_words);
		only &= word == NULL || word_is_one_of(word, batch_all_words) ||
		    word_is_one_of(word, batch_fillers) || word_is_one_of(word, batch_other_words);
	}
	return all && only ? VERDICT_APPROVE
			   : intent_verdict(b->reader, text_of(b, from, to), &doubts).verdict;
}

/* What is said behind the exception: a no about it, or why it stays open. */
static bool
read_exception(const struct batch *b, size_t from, enum verdict *out)
{
	unsigned doubts = 0;
	const char *text = text_of(b, from, b->count);
	struct clauses list;
	*out = VERDICT_UNCLEAR;
	intent_split(b->reader, text, strlen(text), &list);
	for (size_t i = 0; i < list.count; i++)
		doubts |= list.at[i].doubts;
	if (list.count > 0 && list.at[0].class == PHRASE_OTHER && list.at[0].doubts == 0)
		return false;
	*out = intent_verdict(b->reader, text, &(unsigned){ 0 }).verdict;
	return *out != VERDICT_APPROVE &&
	    !(doubts & (DOUBT_RETRACTION | DOUBT_CONDITION | DOUBT_NUMBER | DOUBT_REGRET));
}

/* The items that end right before token i. */
static size_t
items_before(const struct batch *b, size_t i, struct segment *s)
{
	for (size_t at = i > BEFORE_MAX ? i - BEFORE_MAX : 0; at < i; at++)
		if (segment_at(b, at, s) && s->rest == i && !s->others)
			return at;
	return i;
}

/* "All but 2, that one no": what comes behind is about 2. */
static bool
holds_all(const struct batch *b, size_t to)
{
	bool all = false;
	for (size_t i = 0; i < to; i++)
		all |= word_is_one_of(batch_word(b, i), batch_all_words);
	return all;
}

bool
batch_excepted(const struct batch *b, struct intent_item *items)
{
	size_t but = 0, count = 0;
	struct segment s;
	enum verdict all, left = VERDICT_UNCLEAR;
	for (size_t i = b->count; i > 0; i--)
		if (word_is_one_of(batch_word(b, i - 1), batch_but_words))
			but = i - 1, count++;
	if (count != 1)
		return false;
	if (segment_at(b, but + 1, &s) && !s.others) {
		bool first = is_preamble(b, but) && !holds_all(b, but);
		all = first ? main_of(b, s.rest, b->count) : main_of(b, 0, but);
		if (!first && s.rest < b->count && !read_exception(b, s.rest, &left))
			return false;
	} else {
		size_t at = items_before(b, but, &s);
		if (at == but || !is_preamble(b, at))
			return false;
		all = main_of(b, but + 1, b->count);
	}
	for (size_t k = 0; k < b->items; k++)
		items[k] = (struct intent_item){ items_has(&s.items, k) ? left : all, "" };
	return all != VERDICT_UNCLEAR;
}
