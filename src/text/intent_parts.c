#include "intent_batch_priv.h"
#include "intent_like_priv.h"

#include <string.h>

/*
 * Answers to several items, part by part: each part names items and says yes
 * or no to them, in any order, and nothing else that could change that:
 * "go ahead with 1 and 3", "only the middle one, the other two no", "none of
 * these", "not 3 and 4". A part that says something else leaves its items
 * open; a text that is not wholly made of parts is not read at all.
 */

#define PARTS_MAX 64
#define STRANGE_MAX 6 /* words of a part that name what the item is */
#define GREETING_MAX 5 /* words before the first part */

struct part {
	struct items items, left, refused;
	bool named, others, all, only, none, not, asked;
	bool excepting; /* what comes next is left out of all */
	bool ordinal; /* "the last one" */
	bool loose; /* a number that nothing labels: "2 licences" */
	bool curt; /* its no is a bare negator */
	bool led; /* the verdict stands before the items */
	unsigned yes, no;
	size_t strange; /* words that say neither item nor verdict */
	struct str rest; /* these words */
	unsigned doubts; /* of them */
	char end; /* the mark behind it */
};

struct parts {
	struct part *at;
	size_t count;
	bool failed;
};

static struct part *
open_part(struct parts *all)
{
	if (all->count == PARTS_MAX) {
		all->failed = true;
		return &all->at[PARTS_MAX - 1];
	}
	struct part *part = &all->at[all->count++];
	*part = (struct part){ .rest = STR_INIT(400) };
	return part;
}

static bool
is_silent(const struct batch *b, size_t i)
{
	const char *word = batch_word(b, i);
	return word_is_one_of(word, batch_fillers) || word_is_one_of(word, batch_is_words) ||
	    word_is_one_of(word, batch_articles) || word_is_one_of(word, batch_one_words) ||
	    word_is_one_of(word, batch_soft_tails) || word_is_one_of(word, batch_plural_words) ||
	    word_is_one_of(word, batch_and_words) || word_is_one_of(word, batch_to_words) ||
	    batch_is_count(b, i);
}

/* The items that are named at i; the tokens of that. */
static size_t
items_at(const struct batch *b, size_t i, struct part *out)
{
	struct statement s = { .verdict = VERDICT_UNCLEAR };
	size_t skip = batch_skip_fillers(b, i), n = batch_others(b, i);
	/* "Andra" is the second or the others; the list knows which. */
	size_t listed = batch_list(b, skip, &s.items);
	if (n > 0 && !(listed && word_is_one_of(batch_word(b, skip), batch_other_words))) {
		out->others = true;
		return n;
	}
	n = listed ? listed + skip - i : 0;
	if (n == 0)
		out->all = (n = batch_all(b, i, &s)) > 0;
	out->items = s.items;
	out->left = s.left;
	return n;
}

/* The verdict at i, without items that its phrase may have swallowed. */
static size_t
verdict_at(const struct batch *b, size_t i, enum verdict *out)
{
	struct part unused = { .named = false };
	size_t n = batch_verdict(b, i, out);
	for (size_t k = 1; k < n; k++)
		if (items_at(b, i + k, &unused) > 0) {
			enum verdict shorter;
			return batch_verdict_in(b, i, k, &shorter) == k ? (*out = shorter, k) : n;
		}
	return n;
}

static bool
is_said(const struct part *part)
{
	return part->yes + part->no > 0 || part->not || part->none;
}

/* Take the items at i into a part: an own one where this has its answer. */
static struct part *
take_items(struct parts *all, struct part *part, const struct part *found)
{
	if (part->excepting) {
		part->excepting = false;
		items_join(&part->left, &found->items);
		for (size_t k = 0; k < MASK_WORDS; k++)
			part->items.bits[k] &= ~found->items.bits[k];
		all->failed |= found->items.outside || found->others || found->all;
		return part;
	}
	if (part->named && is_said(part) && !part->led)
		part = open_part(all);
	else if (part->named)
		all->failed = true;
	all->failed |= found->items.outside;
	part->led |= is_said(part);
	part->named = true;
	part->all |= found->all;
	part->others |= found->others;
	items_join(&part->items, &found->items);
	items_join(&part->left, &found->left);
	return part;
}

/* "2 nee" refuses, "5 weet ik niet" does not: a negator says it only where it stands alone. */
static bool
is_curt(const struct batch *b, size_t i)
{
	struct weighed weighed;
	intent_weigh(b->reader, batch_word(b, i), &weighed);
	return word_is_one_of(batch_word(b, i), batch_not_words) ||
	    (weighed.doubts & DOUBT_NEGATION) != 0;
}

static struct part *
take_word(const struct batch *b, struct parts *all, struct part *part, size_t *at)
{
	struct part found = { .named = false };
	enum verdict verdict;
	size_t i = *at, n = items_at(b, i, &found);
	if (n > 0) {
		bool labelled = i > 0 && word_is_one_of(batch_word(b, i - 1), batch_fillers);
		*at += n;
		part = take_items(all, part, &found);
		part->loose |= batch_number(b, i) >= 0 && !labelled;
		part->ordinal |= batch_number(b, i) < 0 && !found.all;
		return part;
	}
	*at = i + 1;
	if (word_is_one_of(batch_word(b, i), batch_none_words)) {
		/* "Approve none" is an odd way to say no. */
		all->failed |= part->yes > 0;
		part->none = true;
	} else if ((n = verdict_at(b, i, &verdict)) > 0) {
		*at = i + n;
		if (part->named && is_said(part) && part->led)
			part = open_part(all);
		part->yes += verdict == VERDICT_APPROVE;
		part->no += verdict == VERDICT_REJECT;
		part->curt |= n == 1 && verdict == VERDICT_REJECT && is_curt(b, i);
	} else if (part->all && word_is_one_of(batch_word(b, i), batch_but_words)) {
		part->excepting = true;
	} else if (word_is_one_of(batch_word(b, i), batch_not_words)) {
		part->not = true;
	} else if (word_is_one_of(batch_word(b, i), batch_only_words)) {
		part->only = true;
	} else if (!is_silent(b, i)) {
		/* "Dall'1" may be an item. */
		all->failed |= strpbrk(batch_word(b, i), "0123456789") != NULL;
		str_add(&part->rest, part->strange++ ? " " : "");
		str_add(&part->rest, batch_word(b, i));
	}
	return part;
}

/* "1 ok and 2 no": what stands behind "and" starts a part where this one is whole. */
static bool
starts_part(const struct batch *b, const struct part *part, size_t i)
{
	struct part unused = { .named = false };
	enum verdict verdict;
	if (!part->named || !is_said(part) || !word_is_one_of(batch_word(b, i), batch_and_words))
		return false;
	size_t next = batch_skip_fillers(b, i + 1);
	return items_at(b, next, &unused) > 0 || verdict_at(b, next, &verdict) > 0;
}

static void
divide(const struct batch *b, struct parts *all)
{
	struct part *part = open_part(all);
	for (size_t i = 0; i < b->count && !all->failed;) {
		char mark = batch_mark(b, i);
		if (batch_is_mark(b, i, "\n.;!?,") || starts_part(b, part, i)) {
			part->asked |= mark == '?';
			part->end = mark;
			part = open_part(all);
			i++;
		} else if (batch_word(b, i) == NULL && batch_number(b, i) < 0) {
			i++;
		} else {
			part = take_word(b, all, part, &i);
		}
	}
	for (size_t i = 0; i < all->count; i++) {
		struct weighed weighed;
		part = &all->at[i];
		intent_weigh(b->reader, str_text(&part->rest), &weighed);
		part->doubts = weighed.doubts;
	}
}

/* Doubts that a part's words hold against what it says. */
static bool
is_doubted(const struct part *part, enum verdict verdict)
{
	unsigned against = DOUBT_CONDITION | DOUBT_QUESTION | DOUBT_RETRACTION | DOUBT_HEDGE |
	    DOUBT_POSITIVE | DOUBT_CONTRAST | DOUBT_DELEGATION;
	if (verdict == VERDICT_APPROVE)
		against = ~(unsigned)DOUBT_POSITIVE;
	return part->asked || part->strange > STRANGE_MAX || (part->doubts & against) != 0;
}

/* What a part that names items says of them. */
static enum verdict
said_by(const struct part *part)
{
	enum verdict verdict = VERDICT_UNCLEAR;
	if (part->none)
		verdict = part->yes + part->no > 0 || part->strange == 0 ? VERDICT_REJECT : verdict;
	else if (part->yes > 0 && part->no == 0 && !part->not )
		verdict = VERDICT_APPROVE;
	else if (part->yes == 0 && (part->no > 0 || (part->not &&part->strange == 0)))
		verdict = VERDICT_REJECT;
	if (verdict == VERDICT_REJECT && (part->only || (part->curt && part->strange > 0)))
		return VERDICT_UNCLEAR;
	return is_doubted(part, verdict) ? VERDICT_UNCLEAR : verdict;
}

static bool
items_any(const struct items *set)
{
	bool any = false;
	for (size_t k = 0; k < MASK_WORDS; k++)
		any |= set->bits[k] != 0;
	return any;
}

/* A part without items: courtesies, a reason, or the answer of the part before it. */
static bool
fits_beside(const struct parts *all, size_t i, size_t last)
{
	struct part *part = &all->at[i];
	struct part *before = last < all->count ? &all->at[last] : NULL;
	unsigned weight = DOUBT_RETRACTION | DOUBT_REGRET | DOUBT_QUESTION;
	if (part->asked || part->not || part->only || part->doubts & weight)
		return false;
	if (part->yes + part->no + part->strange == 0)
		return !part->none;
	if (before == NULL)
		return part->yes + part->no == 0 && part->strange <= GREETING_MAX &&
		    !(part->doubts & ~(unsigned)DOUBT_POSITIVE);
	if (part->yes > 0 && part->no > 0)
		return false;
	/* "All but 2, that one I don't want." */
	if (part->no > 0 && items_any(&before->left) && !before->no && last + 1 == i) {
		before->refused = before->left;
		before->yes += !is_said(before);
		return !(part->doubts & ~(unsigned)(DOUBT_NEGATION | DOUBT_NEGATIVE));
	}
	if (part->yes + part->no > 0 && !is_said(before)) {
		before->yes = part->yes, before->no = part->no;
		before->doubts |= part->doubts, before->strange += part->strange;
		return all->at[last].end == ',' && last + 1 == i;
	}
	if (part->yes > 0)
		return before->yes > 0 && part->doubts == 0;
	if (part->no > 0)
		return before->no > 0 || before->not || before->none;
	if (said_by(before) == VERDICT_APPROVE)
		before->doubts |= part->doubts & ~(unsigned)(DOUBT_POSITIVE | DOUBT_PAST);
	return true;
}

/* "None", "granted, all five": a part without items may be about all of them. */
static void
spread(const struct batch *b, struct parts *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct part *part = &all->at[i], *next = i + 1 < all->count ? &part[1] : NULL;
		if (part->none && !part->named && part->yes + part->no > 0) {
			part->named = part->all = true;
			for (size_t k = 0; k < b->items; k++)
				part->items.bits[k / 64] |= (uint64_t)1 << (k % 64);
		}
		bool bare = !part->named && part->yes + part->no > 0 && !part->none && !part->not ;
		if (bare && i == 0 && next && next->named && next->all && !is_said(next)) {
			next->yes = part->yes, next->no = part->no;
			next->doubts |= part->doubts, next->strange += part->strange;
			next->asked |= part->asked;
			*part = (struct part){ .end = part->end };
		}
	}
}

/* Does a part take something back? */
static bool
retracts(const struct parts *all)
{
	unsigned doubts = 0;
	for (size_t i = 0; i < all->count; i++)
		doubts |= all->at[i].doubts;
	return (doubts & DOUBT_RETRACTION) != 0;
}

/* "2 licences approved", "we agreed on that last year" name no item. */
static bool
are_items(const struct parts *all)
{
	size_t parts = 0, vague = 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct part *part = &all->at[i];
		parts += part->named;
		vague += part->named &&
		    (part->others || part->ordinal || (part->loose && part->strange > 0));
		if (part->named && part->loose && part->strange > 0 && !is_said(part) &&
		    !part->doubts)
			return false;
	}
	return parts > 1 || vague == 0;
}

static bool
judge(const struct batch *b, const struct parts *all, struct intent_item *items)
{
	struct items named = { 0 };
	enum verdict others = VERDICT_UNCLEAR;
	bool decided = false;
	if (!are_items(all))
		return false;
	for (size_t i = 0; i < all->count; i++) {
		const struct part *part = &all->at[i];
		if (!part->named)
			continue;
		enum verdict verdict = said_by(part);
		if (part->others)
			others = verdict;
		for (size_t k = 0; k < b->items; k++) {
			if (items_has(&part->refused, k) && verdict != VERDICT_UNCLEAR)
				items[k].verdict = VERDICT_REJECT;
			if (!items_has(&part->items, k))
				continue;
			if (items_has(&named, k))
				return false;
			items[k].verdict = verdict;
		}
		decided |= verdict != VERDICT_UNCLEAR;
		items_join(&named, &part->items);
		items_join(&named, &part->refused);
	}
	for (size_t k = 0; k < b->items; k++)
		if (!items_has(&named, k))
			items[k].verdict = others;
	return decided;
}

/* "Only 3. The rest no." */
static void
settle_only(struct parts *all)
{
	bool refused = false;
	for (size_t i = 0; i < all->count; i++)
		refused |= all->at[i].others && said_by(&all->at[i]) == VERDICT_REJECT;
	for (size_t i = 0; i < all->count; i++) {
		struct part *part = &all->at[i];
		if (refused && part->only && part->named && !is_said(part) && !part->others)
			part->yes = 1;
	}
}

bool
batch_parts(const struct batch *b, struct intent_item *items)
{
	struct parts all = { .at = arena_alloc(b->arena, PARTS_MAX * sizeof(struct part)) };
	size_t last = PARTS_MAX;
	bool fits = true;
	divide(b, &all);
	spread(b, &all);
	for (size_t i = 0; fits && !all.failed && i < all.count; i++) {
		if (all.at[i].named)
			last = i;
		else
			fits = fits_beside(&all, i, last);
	}
	settle_only(&all);
	fits = fits && !all.failed && !retracts(&all) && last < all.count && judge(b, &all, items);
	for (size_t i = 0; i < all.count; i++)
		str_done(&all.at[i].rest);
	return fits;
}
