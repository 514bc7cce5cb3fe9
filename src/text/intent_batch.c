#include "intent_batch_priv.h"

#include "intent_like_priv.h"

#include <string.h>

/* Doubts that stay with the items beside them. */
enum { SAYS_YES = 1, SAYS_NO = 2 };

#define THEIRS (DOUBT_CONDITION | DOUBT_HEDGE | DOUBT_DELEGATION | DOUBT_QUESTION | DOUBT_CONTRAST)

/*
 * Several items in one answer: "approve 1,3; reject 2: too dear", "1 yes 2 no",
 * "all but 2". A statement starts where a line, sentence or clause does, names
 * a verdict and items, and gives whatever follows it as the items' comment.
 */

static size_t
count_items(const struct items *set)
{
	size_t n = 0;
	for (size_t i = 0; i < MASK_WORDS; i++)
		n += (size_t)__builtin_popcountll(set->bits[i]);
	return n;
}

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
		taken = batch_all(b, at, s);
	if (taken == 0 && (taken = batch_others(b, at)) > 0)
		s->others = true;
	/* "approve all": the phrase may have swallowed its "all". */
	if (taken == 0 && n > 1 && word_is_one_of(batch_word(b, i + n - 1), batch_all_words)) {
		at = i + n - 1;
		taken = batch_all(b, at, s);
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

/* "2 only if it is cheap": doubts right behind items at the start of a sentence are theirs. */
static bool
is_doubted(const struct batch *b, size_t start, size_t i)
{
	size_t before = start > 0 ? start - 1 : 0;
	if (start > 0 && !batch_is_mark(b, start, "\n.;!,") && !batch_is_mark(b, before, "\n.;!,"))
		return false;
	while (batch_is_mark(b, i, ".:)-"))
		i++;
	return (batch_doubts(b, i) & THEIRS) != 0;
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
	bool only = word_is_one_of(batch_word(b, i), batch_only_words);
	if (only)
		i = batch_skip_fillers(b, i + 1);
	bool about = i > start + bracket + only, all = false;
	size_t n = batch_list(b, i, &s->items);
	if (n == 0)
		all = (n = batch_all(b, i, s)) > 0;
	if (n == 0 && (n = batch_others(b, i)) > 0)
		s->others = true;
	if (n == 0)
		return false;
	i += n;
	/* "Both, yes". */
	i += all && start == 0 && count_items(&s->items) == b->items && batch_mark(b, i) == ',' &&
	    batch_verdict(b, i + 1, &s->verdict) > 0;
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
	s->only = only && !all && is_end(b, i);
	return s->only || word_is_one_of(batch_word(b, i), batch_open_words) || s->others ||
	    (about && count_items(&s->items) > 1 && !all) || (!all && is_doubted(b, start, i));
}

/* "I approved the last one" tells of another time. */
static bool
is_history(const struct batch *b, size_t i, const struct statement *s)
{
	const char *verb = batch_word(b, i);
	size_t n = verb ? strlen(verb) : 0;
	return n > 2 && strcmp(verb + n - 2, "ed") == 0 && i + 1 < s->tail &&
	    batch_number(b, i + 1) < 0;
}

static bool
statement_at(const struct batch *b, size_t i, struct statement *s)
{
	static const char *const we[] = { "i", "we", NULL };
	bool told = word_is_one_of(batch_word(b, i), we) ||
	    (i > 0 && word_is_one_of(batch_word(b, i - 1), we));
	i += batch_word(b, i) && strcmp(batch_word(b, i), "we") == 0;
	while (batch_word(b, i) &&
	    (strcmp(batch_word(b, i), "please") == 0 || strcmp(batch_word(b, i), "i") == 0))
		i++;
	*s = (struct statement){ .verdict = VERDICT_UNCLEAR };
	if (verdict_first(b, i, s))
		return !told || !is_history(b, i, s);
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
doubts_in(const struct batch *b, const char *raw, unsigned *said)
{
	struct clauses list;
	unsigned bits = 0;
	intent_split(b->reader, raw, strlen(raw), &list);
	for (size_t i = 0; i < list.count; i++) {
		enum phrase_class class = list.at[i].class;
		bits |= list.at[i].doubts & ~(unsigned)DOUBT_POSITIVE;
		if (class == PHRASE_APPROVE || class == PHRASE_YES)
			*said |= SAYS_YES;
		if (class == PHRASE_REJECT || class == PHRASE_NO)
			*said |= SAYS_NO;
	}
	return bits;
}

/* "All but 6 - I don't want that one." */
static bool
refuse_left(struct batch *b, const struct items *left, unsigned said)
{
	if (said != SAYS_NO || count_items(left) == 0)
		return false;
	items_join(&b->named, left);
	items_join(&b->rejected, left);
	return true;
}

/* A bare word beside statements agrees with the one before it, or takes it back. */
static unsigned
agree(struct batch *b, unsigned said)
{
	if (said == 0)
		return 0;
	if (refuse_left(b, &b->left, said))
		return 0;
	enum verdict verdict = said == SAYS_YES ? VERDICT_APPROVE : VERDICT_REJECT;
	if (said == (SAYS_YES | SAYS_NO) || (b->statements > 0 && b->last != verdict) ||
	    (b->said != VERDICT_UNCLEAR && b->said != verdict))
		return DOUBT_RETRACTION;
	if (b->statements == 0)
		b->said = verdict;
	return 0;
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
	if (s->only) {
		items_join(&b->only, &s->items);
		return;
	}
	if (b->statements == 1 && b->said != VERDICT_UNCLEAR && s->verdict != b->said)
		b->doubts |= DOUBT_RETRACTION;
	b->last = s->verdict;
	b->left = s->left;
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
		unsigned said = 0, doubts = doubts_in(b, comment, &said);
		for (size_t k = s->tail; k <= end; k++)
			doubts |= batch_mark(b, k) == '?' ? DOUBT_QUESTION : 0;
		if (refuse_left(b, &s->left, said))
			doubts = said = 0;
		if (said &&
		    said !=
			(s->verdict == VERDICT_APPROVE ? (unsigned)SAYS_YES : (unsigned)SAYS_NO))
			doubts |= DOUBT_RETRACTION;
		/* What is open anyway may be asked about. */
		unsigned all = s->verdict == VERDICT_UNCLEAR && doubts & DOUBT_QUESTION
		    ? DOUBT_RETRACTION
		    : DOUBT_QUESTION | DOUBT_RETRACTION | DOUBT_REGRET;
		b->asked |= (doubts & DOUBT_QUESTION) != 0;
		b->doubts |= doubts & all;
		s->doubtful |= s->verdict == VERDICT_APPROVE &&
		    (doubts & ~(unsigned)DOUBT_CONDITION ||
			(doubts && !text_is_nocase(comment, "only")));
		if (!s->doubtful)
			give_comment(b, s, comment);
	}
	record(b, s);
	return end;
}

/* Text between statements: its doubts are those of the items it names, or of all. */
static void
take_text(struct batch *b, size_t from, size_t end)
{
	unsigned said = 0, doubts = doubts_in(b, raw_text(b, from, end), &said);
	struct items about = { 0 };
	for (size_t k = from, n; k <= end && k < b->count; k += n ? n : 1) {
		n = k < end ? batch_list(b, k, &about) : 0;
		if (batch_mark(b, k) == '?')
			doubts |= DOUBT_QUESTION;
	}
	b->asked |= (doubts & DOUBT_QUESTION) != 0;
	if (doubts && !(doubts & (DOUBT_RETRACTION | DOUBT_REGRET)) && said == 0 &&
	    count_items(&about) > 0 && !about.outside) {
		items_join(&b->named, &about);
		items_join(&b->doubted, &about);
		return;
	}
	b->doubts |= doubts | agree(b, said);
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
		take_text(b, i, end);
		i = end > i ? end : i + 1;
	}
}

static enum verdict
verdict_of(const struct batch *b, size_t i)
{
	bool yes = items_has(&b->approved, i), no = items_has(&b->rejected, i);
	if (items_has(&b->only, i) && b->others == VERDICT_REJECT)
		yes = true;
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

/* What another way of reading adds; two that differ leave an item open. */
static bool
add_answers(const struct batch *b, bool (*read)(const struct batch *, struct intent_item *))
{
	struct intent_item *own = arena_alloc(b->arena, b->items * sizeof *own);
	for (size_t i = 0; i < b->items; i++)
		own[i] = (struct intent_item){ .comment = "" };
	if (b->wrong || !read(b, own))
		return false;
	bool any = false;
	for (size_t i = 0; i < b->items; i++) {
		struct intent_item *item = &b->out->items[i];
		any |= own[i].verdict != VERDICT_UNCLEAR;
		if (item->verdict == VERDICT_UNCLEAR)
			*item = own[i].verdict ? own[i] : (struct intent_item){ .comment = "" };
		else if (own[i].verdict != VERDICT_UNCLEAR && own[i].verdict != item->verdict)
			*item = (struct intent_item){ .comment = "" };
	}
	return any;
}

/* Item by item, as if each were a reply of its own. */
static bool
read_each(const struct batch *b, struct intent_item *items)
{
	return !(b->doubts & DOUBT_RETRACTION) &&
	    (batch_excepted(b, items) || batch_segments(b, items));
}

/* "Never 3, 2 ok", "never ... / 2. ok": how far a negator that opens the reply reaches is not known. */
static bool
opens_negated(const struct batch *b, const char *words)
{
	struct weighed weighed;
	struct clauses list;
	size_t i = 0;
	while (i < b->count && batch_mark(b, i))
		i++;
	const char *word = batch_word(b, i);
	struct statement unused = { .verdict = VERDICT_UNCLEAR };
	if (word == NULL || intent_phrase(word, strlen(word)) == PHRASE_NO)
		return false;
	intent_weigh(b->reader, word, &weighed);
	if (!(weighed.doubts & DOUBT_NEGATION))
		return false;
	size_t at = batch_skip_fillers(b, i + 1);
	if (batch_list(b, at, &unused.items) > 0 || batch_all(b, at, &unused) > 0 ||
	    batch_others(b, at) > 0)
		return true;
	/* "No objections" is read as a whole; what is not read may speak of every item. */
	intent_split(b->reader, words, strlen(words), &list);
	return list.count > 0 && list.at[0].class == PHRASE_OTHER;
}

/* "None of these": that negator reaches as far as there are items. */
static bool
opens_with_none(const struct batch *b)
{
	size_t i = 0;
	while (i < b->count && batch_mark(b, i))
		i++;
	return word_is_one_of(batch_word(b, i), batch_none_words);
}

/* "... but not 3, ...": what is left out was not understood, so nothing counts for all. */
static bool
excepts(const struct batch *b)
{
	struct items unused = { 0 };
	bool found = false;
	for (size_t i = 0; i < b->count; i++)
		found |= word_is_one_of(batch_word(b, i), batch_but_words) &&
		    batch_list(b, batch_skip_fillers(b, i + 1), &unused) > 0;
	return found;
}

bool
intent_batch(const struct reader *r, const char *words, struct intent *out)
{
	struct batch b = { .items = out->count, .reader = r, .arena = r->arena, .out = out };
	size_t decided = 0;
	batch_tokenise(&b, words);
	scan(&b);
	bool negated = opens_negated(&b, words);
	b.doubts |= negated ? DOUBT_NEGATION : 0;
	bool void_all =
	    b.statements == 0 || b.wrong || b.doubts & (DOUBT_QUESTION | DOUBT_RETRACTION);
	for (size_t i = 0; i < out->count; i++) {
		struct intent_item *item = &out->items[i];
		item->verdict = void_all ? VERDICT_UNCLEAR : verdict_of(&b, i);
		if (item->verdict == VERDICT_UNCLEAR)
			item->comment = "";
	}
	bool more = add_answers(&b, read_each);
	unsigned said = 0;
	if ((!negated || opens_with_none(&b)) && !(doubts_in(&b, words, &said) & DOUBT_RETRACTION))
		more |= add_answers(&b, batch_parts);
	if (!more && b.statements == 0 && !b.wrong && !excepts(&b))
		return false;
	for (size_t i = 0; i < out->count; i++)
		decided += out->items[i].verdict != VERDICT_UNCLEAR;
	out->reason = decided > 0 ? INTENT_CLEAR : reason_of(&b);
	out->question = b.asked || (b.doubts & DOUBT_QUESTION) != 0;
	out->partly = decided > 0 && decided < out->count;
	if (decided == 0)
		out->comment = arena_dup(r->arena, words);
	return true;
}
