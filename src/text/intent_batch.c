#include "intent_batch_priv.h"

#include <string.h>

/*
 * Several items in one answer: "approve 1,3; reject 2: too dear", "1 yes 2 no",
 * "all but 2". A statement starts where a line, sentence or clause does, names
 * a verdict and items, and gives whatever follows it as the items' comment.
 */

/* "approve 1", "no to 2", "reject the last one", "approve all but 2". */
static bool
verdict_first(const struct batch *b, size_t i, struct statement *s)
{
	size_t n = batch_verdict(b, i, &s->verdict);
	if (n == 0)
		return false;
	size_t at = batch_skip_fillers(b, i + n);
	size_t taken = batch_list(b, at, &s->items);
	if (taken == 0)
		taken = batch_all(b, at, &s->items);
	if (taken == 0 && (taken = batch_others(b, at)) > 0)
		s->others = true;
	/* "approve all": the phrase may have swallowed its "all". */
	if (taken == 0 && n > 1 && word_is_one_of(batch_word(b, i + n - 1), batch_all_words)) {
		at = i + n - 1;
		taken = batch_all(b, at, &s->items);
	}
	s->tail = at + taken;
	return taken > 0;
}

static bool
is_end(const struct batch *b, size_t i)
{
	return i >= b->count || batch_is_mark(b, i, "\n;.,!");
}

/* A verdict behind items: at once, behind "is", or a "not" that ends it. */
static size_t
verdict_behind(const struct batch *b, size_t i, enum verdict *out)
{
	size_t from = i, n = batch_verdict(b, i, out);
	while (n == 0 && i < b->count && batch_mark(b, i) != '\n' &&
	    (word_is_one_of(batch_word(b, i), batch_is_words) || batch_is_mark(b, i, ":.)]=->"))) {
		i++;
		n = batch_verdict(b, i, out);
	}
	if (n > 0)
		return i + n - from;
	if (!word_is_one_of(batch_word(b, i), batch_not_words) || !is_end(b, i + 1))
		return 0;
	*out = VERDICT_REJECT;
	return i + 1 - from;
}

static bool
is_last(const struct batch *b, size_t i)
{
	while (batch_is_mark(b, i, "\n.!") && i < b->count)
		i++;
	return i >= b->count;
}

static size_t
count_items(const struct items *set)
{
	size_t n = 0;
	for (size_t i = 0; i < MASK_WORDS; i++)
		n += (size_t)__builtin_popcountll(set->bits[i]);
	return n;
}

/* "1: ok", "2 and 3 no", "everything except 1 is approved", "3 later", "all but 2". */
static bool
items_first(const struct batch *b, size_t i, struct statement *s)
{
	size_t start = i;
	bool bracket = batch_mark(b, i) == '[' || batch_mark(b, i) == '(';
	i += bracket;
	if (word_is_one_of(batch_word(b, i), batch_fillers))
		i = batch_skip_fillers(b, i);
	bool about = i > start + bracket, all = false;
	size_t n = batch_list(b, i, &s->items);
	if (n == 0)
		all = (n = batch_all(b, i, &s->items)) > 0;
	if (n == 0 && (n = batch_others(b, i)) > 0)
		s->others = true;
	if (n == 0)
		return false;
	i += n;
	n = verdict_behind(b, i, &s->verdict);
	s->tail = i + n;
	if (n > 0)
		return true;
	/* "All but 2" says yes to the others, if it is all there is. */
	if (all && start == 0 && count_items(&s->items) < b->items && is_last(b, i)) {
		s->verdict = VERDICT_APPROVE;
		return true;
	}
	s->verdict = VERDICT_UNCLEAR;
	s->doubtful = true;
	return word_is_one_of(batch_word(b, i), batch_open_words) || s->others ||
	    (about && count_items(&s->items) > 1 && !all);
}

static bool
statement_at(const struct batch *b, size_t i, struct statement *s)
{
	while (batch_word(b, i) &&
	    (strcmp(batch_word(b, i), "please") == 0 || strcmp(batch_word(b, i), "i") == 0))
		i++;
	*s = (struct statement){ .verdict = VERDICT_UNCLEAR };
	if (verdict_first(b, i, s))
		return true;
	*s = (struct statement){ .verdict = VERDICT_UNCLEAR };
	return items_first(b, i, s);
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
		if (list.at[i].class >= PHRASE_APPROVE && list.at[i].class <= PHRASE_NO)
			bits |= DOUBT_RETRACTION;
	}
	return bits;
}

/* Where the comment that starts at i ends: its line, or the next statement. */
static size_t
comment_end(const struct batch *b, size_t i)
{
	struct statement next;
	for (; i < b->count && batch_mark(b, i) != '\n' && batch_mark(b, i) != ';'; i++)
		if (is_end(b, i) &&
		    (statement_at(b, i + 1, &next) ||
			(word_is_one_of(batch_word(b, i + 1), batch_and_words) &&
			    statement_at(b, i + 2, &next))))
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
	while (word_is_one_of(batch_word(b, i), batch_soft_tails) &&
	    !(s->verdict == VERDICT_REJECT && word_is_one_of(batch_word(b, i), batch_why_words)))
		i++;
	if (batch_word(b, i) == NULL || word_is_one_of(batch_word(b, i), batch_and_words))
		return true;
	if (s->verdict == VERDICT_REJECT && word_is_one_of(batch_word(b, i), batch_why_words))
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
	    batch_word(b, end) && statement_at(b, end, &next) && next.verdict != VERDICT_UNCLEAR;
	if (!glued && !s->doubtful && word_is_one_of(batch_word(b, end), batch_and_words) &&
	    statement_at(b, end + 1, &next))
		glued = true;
	if (!glued) {
		bool ends = is_end(b, end) && batch_mark(b, end) != ',';
		end = ends && s->verdict == VERDICT_APPROVE ? end : comment_end(b, end);
		const char *comment = raw_text(b, s->tail, end);
		unsigned doubts = doubts_in(b, comment);
		b->doubts |= doubts & (DOUBT_QUESTION | DOUBT_RETRACTION | DOUBT_REGRET);
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
		    word_is_one_of(batch_word(b, i), batch_and_words);
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
			if (batch_mark(b, k) == '?')
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
	batch_tokenise(&b, words);
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
