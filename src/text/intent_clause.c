#include "intent_batch_priv.h"
#include "intent_like_priv.h"

#include "fold_priv.h"

#include <assent/base/utf8.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PHRASE_MAX 120 /* a clause with more bytes is no phrase of ours */
#define OBJECT_WORDS_MAX 9 /* of what is approved */
#define STRIP_MAX 4 /* so many trails may stand behind a phrase */
#define TYPO_MIN 3 /* bytes of a word that may be a slip of a longer one */
#define BARS_MAX 2 /* first words, in which a negator may be meant for all that follows */
#define ACCOUNT_MIN 4 /* words of a clause that tells something */
#define ASKS_AT 2 /* so many words in, a question starts */
#define TRIES_MAX 12 /* so many leads are taken off */

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
	size_t number = wordset_find(&intent_phrases, s, n);

	return number == WORDSET_NONE ? like_phrase(s, n)
				      : (enum phrase_class)intent_phrase_classes[number];
}

const char *
intent_typo(const char *s, size_t n)
{
	size_t number = wordset_find(&intent_typos, s, n);

	return number == WORDSET_NONE ? NULL : intent_rights[intent_typo_rights[number]];
}

static size_t
trail_len(const char *s, size_t n)
{
	unsigned char last = (unsigned char)s[n - 1];
	const struct affix *end = intent_trails + intent_trail_from[last + 1];
	for (const struct affix *trail = intent_trails + intent_trail_from[last]; trail < end;
	     trail++)
		if (trail->len < n && s[n - 1] == trail->text[trail->len - 1] &&
		    memcmp(s + n - trail->len, trail->text, trail->len) == 0)
			return trail->len;
	return 0;
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
		while (n > 0 && s[n - 1] == ' ')
			n--;
	}
	return PHRASE_OTHER;
}

static bool
is_negator(const char *word, size_t n)
{
	unsigned char first = (unsigned char)word[0];
	for (size_t i = intent_doubt_from[first]; i < intent_doubt_from[first + 1]; i++)
		if (intent_doubts[i].bits & DOUBT_NEGATION &&
		    strncmp(word, intent_doubts[i].text, n) == 0 &&
		    intent_doubts[i].text[n] == '\0')
			return true;
	return false;
}

static bool
holds_negator(const char *s, size_t n)
{
	for (size_t at = 0, len; at < n; at += len + 1) {
		const char *blank = memchr(s + at, ' ', n - at);
		len = blank ? (size_t)(blank - s) - at : n - at;
		if (len > 0 && is_negator(s + at, len))
			return true;
	}
	return false;
}

size_t
intent_bare_len(const char *s)
{
	for (const char *const *word = intent_bare; *word; word++) {
		size_t n = strlen(*word), head = strcspn(*word, " ");
		bool whole = strncmp(s, *word, n) == 0 && (s[n] == ' ' || s[n] == '\0');
		if (whole || (strncmp(s, *word, head) == 0 && s[head] == '\0'))
			return head;
	}
	return 0;
}

/* "yes" may not lead to a no, nor "no" to a yes. */
static bool
leads_astray(const struct affix *lead, enum phrase_class class, bool negated)
{
	enum phrase_class before = phrase_exact(lead->text, strcspn(lead->text, " "));
	bool yes = before == PHRASE_APPROVE || before == PHRASE_YES;
	bool no = before == PHRASE_REJECT || before == PHRASE_NO;
	/* "No lo rechazo", "nie odrzucam": that no belongs to the verb. */
	if (class == PHRASE_REJECT && no && !negated && intent_bare_len(lead->text) == 0)
		return true;
	return (yes && (class == PHRASE_REJECT || class == PHRASE_NO)) ||
	    (no && (class == PHRASE_APPROVE || class == PHRASE_YES));
}

/* The longest lead first; a shorter one may leave a phrase where that does not. */
static enum phrase_class
phrase_behind_leads(const char *s, size_t n, int *tries)
{
	enum phrase_class class = phrase_before_trails(s, n);
	const struct affix *lead = intent_leads + intent_lead_from[(unsigned char)s[0]];
	const struct affix *end = intent_leads + intent_lead_from[(unsigned char)s[0] + 1];
	for (; class == PHRASE_OTHER && lead < end; lead++) {
		if (lead->len >= n || s[0] != lead->text[0] ||
		    memcmp(s, lead->text, lead->len) != 0 || (*tries)-- <= 0)
			continue;
		size_t skip = lead->len + (s[lead->len] == ' ');
		class = skip < n ? phrase_behind_leads(s + skip, n - skip, tries) : class;
		if (leads_astray(lead, class, holds_negator(s + skip, n - skip)))
			return PHRASE_OTHER;
	}
	return class;
}

enum phrase_class
intent_phrase(const char *text, size_t len)
{
	int tries = TRIES_MAX;
	char compact[PHRASE_MAX + 1];
	if (len == 0 || len > PHRASE_MAX)
		return PHRASE_OTHER;
	len = script_compact(compact, text, len);
	return phrase_behind_leads(compact, len, &tries);
}

static unsigned
doubts_of(const struct reader *r, const char *text)
{
	struct weighed weighed;
	intent_weigh(r, text, &weighed);
	return weighed.doubts;
}

static bool
is_short(const char *s)
{
	return script_words(s) <= OBJECT_WORDS_MAX;
}

/* What is approved must not change what was asked; what is rejected hardly can. */
static bool
is_object(enum phrase_class class, unsigned doubts)
{
	unsigned against = DOUBT_CONDITION | DOUBT_RETRACTION | DOUBT_QUESTION | DOUBT_DELEGATION |
	    DOUBT_ITEMS | DOUBT_NUMBER;
	if (class == PHRASE_APPROVE)
		against = ~(unsigned)DOUBT_POSITIVE;
	else if (doubts & DOUBT_CONTRAST) /* "no problem with it but I do not approve" */
		against |= DOUBT_POSITIVE;
	return (doubts & against) == 0;
}

/* "i approve the purchase of the screens", "ekranları onaylıyorum". */
static enum phrase_class
performed(const struct reader *r, const char *s, size_t n)
{
	for (const struct perform *row = intent_performs; row->text; row++) {
		if (row->len >= n)
			continue;
		const char *verb = row->last ? s + n - row->len : s;
		char beside = row->last ? verb[-1] : s[row->len];
		if (verb[0] != row->text[0] || memcmp(verb, row->text, row->len) != 0 ||
		    (beside != ' ' && row->text[row->last ? 0 : row->len - 1] != '\'' &&
			!script_begins_east(row->text, row->len)))
			continue;
		/* The blank ends a negator that its verb stood right behind. */
		char *object = row->last ? arena_printf(r->arena, "%.*s ", (int)(n - row->len), s)
					 : arena_dup(r->arena, s + row->len);
		/* "Ok for 500" names a sum. */
		bool sum = row->class == PHRASE_APPROVE &&
		    isdigit((unsigned char)object[strspn(object, " ")]);
		if (!sum && is_short(object) && is_object(row->class, doubts_of(r, object)))
			return row->class;
	}
	return PHRASE_OTHER;
}

/* ... with "yes", "hereby" and the like before it. */
static enum phrase_class
performed_behind_leads(const struct reader *r, const char *s, size_t n)
{
	for (int i = 0; i < STRIP_MAX; i++) {
		enum phrase_class class = performed(r, s, n);
		if (class != PHRASE_OTHER)
			return class;
		const struct affix *lead = intent_leads + intent_lead_from[(unsigned char)s[0]];
		const struct affix *end = intent_leads + intent_lead_from[(unsigned char)s[0] + 1];
		while (lead < end && (lead->len >= n || memcmp(s, lead->text, lead->len) != 0))
			lead++;
		/* A yes or no before it is not looked through. */
		if (lead == end || leads_astray(lead, PHRASE_APPROVE, true) ||
		    leads_astray(lead, PHRASE_REJECT, true))
			break;
		s += lead->len;
		n -= lead->len;
		while (*s == ' ' && n > 0)
			s++, n--;
	}
	return PHRASE_OTHER;
}

/* Slips of the fingers put right, word by word; mostly there is none. */
static char *
corrected(struct arena *arena, char *text, size_t *len)
{
	struct str out = STR_INIT(4 * *len + 64);
	size_t done = 0;
	for (size_t at = 0, n; at < *len; at += n + 1) {
		n = strcspn(text + at, " ");
		const char *right = n >= TYPO_MIN ? intent_typo(text + at, n) : NULL;
		if (right == NULL)
			continue;
		str_add_n(&out, text + done, at - done);
		str_add(&out, right);
		done = at + n;
	}
	if (done > 0) {
		str_add_n(&out, text + done, *len - done);
		text = arena_dup_n(arena, str_text(&out), out.len);
		*len = out.len;
	}
	str_done(&out);
	return text;
}

/* The patterns, with leads before them; a yes or no among those must agree. */
static enum phrase_class
like_behind_leads(const struct weighed *w, const char *text)
{
	if (w->words > w->count)
		return PHRASE_OTHER;
	size_t skip = 0;
	for (int i = 0; i < STRIP_MAX; i++) {
		enum phrase_class class = like_read(w->at + skip, w->count - skip);
		if (class != PHRASE_OTHER)
			return class;
		const struct affix *lead = intent_leads + intent_lead_from[(unsigned char)text[0]];
		const struct affix *end =
		    intent_leads + intent_lead_from[(unsigned char)text[0] + 1];
		while (lead < end && strncmp(text, lead->text, lead->len) != 0)
			lead++;
		if (lead == end || lead->text[lead->len - 1] != ' ' ||
		    leads_astray(lead, PHRASE_APPROVE, true) ||
		    leads_astray(lead, PHRASE_REJECT, true))
			break;
		for (size_t k = 0; k < lead->len; k++)
			skip += lead->text[k] == ' ';
		text += lead->len;
	}
	return PHRASE_OTHER;
}

/* "Without the till we can't open": a second negator makes the first a reason. */
static bool
is_without(const struct weighed *w)
{
	size_t without = 0, other = 0;
	for (size_t i = 0; i < w->count; i++) {
		bool negates = (w->at[i].doubts & DOUBT_NEGATION) != 0;
		bool limits = w->at[i].word && w->at[i].word->kinds & LIKE_WITHOUT;
		without += negates && limits;
		other += negates && !limits;
		if (!limits && !negates && w->at[i].firm & DOUBT_CONDITION)
			return false;
	}
	return without == 1 && other > 0;
}

/* An account has a verb of being, and neither starts nor ends with "not". */
static void
judge_account(struct weighed *w, struct clause *clause)
{
	const struct like_token *last = w->count ? &w->at[w->count - 1] : NULL;
	bool enough = w->words >= ACCOUNT_MIN && w->words <= LIKE_TOKENS_MAX;
	bool without = enough && is_without(w);
	bool edges =
	    last && enough && !without && ((last->doubts | w->at[0].doubts) & DOUBT_NEGATION) != 0;
	clause->account = enough && (w->kinds & LIKE_TELLS || without) && !edges;
	for (size_t i = 0; i < w->count && i < 2; i++)
		clause->refers |= w->at[i].word && w->at[i].word->kinds & LIKE_REFERS;
	if (without) {
		w->firm &= ~(unsigned)DOUBT_CONDITION, clause->refers = false;
		w->doubts &= ~(unsigned)DOUBT_CONDITION;
	}
	clause->story = enough && !edges && !clause->refers &&
	    (!(w->doubts & DOUBT_NEGATION) || !(w->doubts & DOUBT_POSITIVE));
}

/* What the words [from, to) of a clause decide by themselves. */
static struct clause
half_of(const struct reader *r, const struct clause *clause, const struct weighed *w, size_t *span)
{
	size_t start = span[0] < w->count ? w->offset[span[0]] : clause->len;
	size_t end = span[1] < w->count ? w->offset[span[1]] - 1 : clause->len;
	const char *text =
	    arena_dup_n(r->arena, clause->text + start, end > start ? end - start : 0);
	struct clause half = { .class = intent_phrase(text, strlen(text)) };
	if (half.class == PHRASE_OTHER && text[0])
		half.class = performed_behind_leads(r, text, strlen(text));
	if (half.class == PHRASE_OTHER)
		half.class = like_read(w->at + span[0], span[1] - span[0]);
	return half;
}

/* "We refuse so order it": what stands before or behind a "so" decides the other way. */
static bool
decides_twice(const struct reader *r, const struct clause *clause, const struct weighed *w)
{
	for (size_t i = 1; i < w->count; i++) {
		if (!w->at[i].word || !(w->at[i].word->kinds & LIKE_SO))
			continue;
		size_t spans[] = { 0, i, i + 1, w->count };
		for (size_t k = 0; k < ARRAY_LEN(spans); k += 2) {
			struct clause half = half_of(r, clause, w, spans + k);
			if (is_decision(&half) && says_yes(&half) != says_yes(clause))
				return true;
		}
	}
	return false;
}

/* Polish "tak" is a yes, Danish "tak" thanks: who knows the mail's language knows which. */
enum phrase_class
intent_own(const struct reader *r, const char *text)
{
	for (const struct own_phrase *own = intent_owns; own->text; own++)
		if (own->lang & r->home && strcmp(own->text, text) == 0)
			return own->class;
	return PHRASE_OTHER;
}

void
intent_classify(const struct reader *r, struct clause *clause, struct weighed *w)
{
	*w = (struct weighed){ .count = 0 };
	enum phrase_class own = intent_own(r, clause->text);
	clause->iffy = false;
	clause->class = own ? own : intent_phrase(clause->text, clause->len);
	clause->phrase = clause->class != PHRASE_OTHER;
	if (clause->class == PHRASE_OTHER) {
		char *compact = arena_alloc(r->arena, clause->len + 1);
		size_t n = script_compact(compact, clause->text, clause->len);
		clause->class = performed_behind_leads(r, compact, n);
	}
	clause->opens = clause->class == PHRASE_YES &&
	    (own || intent_bare_len(clause->text) > 0 ||
		word_is_one_of(clause->text, intent_agrees));
	if (clause->class == PHRASE_ASK)
		clause->doubts |= DOUBT_DELEGATION;
	/* "No problem" stands ill with a no. */
	if (clause->class == PHRASE_NEUTRAL)
		clause->doubts |= doubts_of(r, clause->text) & DOUBT_POSITIVE;
	if (clause->class != PHRASE_OTHER && clause->class != PHRASE_ASK &&
	    (clause->phrase || !is_decision(clause)))
		return;
	intent_weigh(r, clause->text, w);
	if (clause->class == PHRASE_OTHER)
		clause->class = like_behind_leads(w, clause->text);
	if (clause->class == PHRASE_ASK) {
		clause->doubts |= DOUBT_DELEGATION;
		clause->class = PHRASE_OTHER;
	}
	clause->errand = clause->class == PHRASE_ERRAND || intent_is_errand(r, w);
	if (clause->class == PHRASE_ERRAND)
		clause->class = PHRASE_OTHER;
	if (is_decision(clause) && decides_twice(r, clause, w)) {
		clause->class = PHRASE_OTHER;
		clause->doubts |= DOUBT_RETRACTION;
		clause->firm |= DOUBT_RETRACTION;
	}
	if (clause->class != PHRASE_OTHER)
		return;
	judge_account(w, clause);
	clause->starts_told = w->count > 0 && w->at[0].doubts & DOUBT_DELEGATION;
	for (size_t i = 0; i < w->count && i < ASKS_AT; i++)
		clause->asks |= (w->at[i].doubts & DOUBT_QUESTION) != 0;
	for (size_t i = 0; i < w->count && i < BARS_MAX; i++)
		clause->barred |= w->at[i].doubts & DOUBT_NEGATION &&
		    !(w->at[i].word && w->at[i].word->kinds & LIKE_VERBAL);
	clause->firm = clause->doubts | w->firm;
	clause->hard = clause->doubts | w->hard;
	for (size_t i = 0; i < w->count; i++)
		clause->iffy |= w->at[i].iffy;
	clause->doubts |= w->doubts;
}

/* Does it begin with "so" or "but"? */
static bool
begins_led(const struct reader *r, const char *text)
{
	size_t n = strcspn(text, " ");
	const struct like_word *word = like_word(text, n);
	return (word && word->kinds & LIKE_SO) ||
	    (n < PHRASE_MAX && doubts_of(r, arena_dup_n(r->arena, text, n)) & DOUBT_CONTRAST);
}

/* "Yeah, right": the comma takes nothing from what both say together. */
static unsigned
doubts_with(const struct reader *r, const struct clauses *list, const struct clause *clause)
{
	const struct clause *before = list->count ? &list->at[list->count - 1] : NULL;
	char joined[64];

	if (!before || before->sentence != clause->sentence || !before->opens ||
	    before->len + clause->len + 2 > sizeof(joined))
		return 0;
	snprintf(joined, sizeof(joined), "%s %s", before->text, clause->text);
	return doubts_of(r, joined) & DOUBT_RETRACTION;
}

static void
add_clause(const struct reader *r, struct clauses *list, struct clause clause)
{
	struct weighed w;
	struct clause head;
	struct str fold = STR_INIT(4 * clause.raw_len + 16);
	fold_add(&fold, clause.raw, clause.raw_len);
	char *words = tidy(r->arena, str_text(&fold), fold.len, &clause.len);
	str_done(&fold);
	if (clause.len == 0)
		return;
	clause.text = corrected(r->arena, words, &clause.len);
	/* Polish "no to do dzieła": a word that is none of ours leads nowhere. */
	size_t first = strcspn(clause.text, " ");
	if (first < clause.len &&
	    intent_own(r, arena_dup_n(r->arena, clause.text, first)) == PHRASE_NEUTRAL) {
		clause.text += first + 1;
		clause.len -= first + 1;
	}
	unsigned asked = clause.doubts;
	intent_classify(r, &clause, &w);
	if (clause.class == PHRASE_OTHER && intent_phrase(clause.text, clause.len) != PHRASE_ASK) {
		unsigned doubts = clause.doubts;
		clause.doubts = asked;
		if (intent_divide(r, &clause, &w, &head))
			list->at[list->count++] = head;
		else
			clause.doubts = doubts;
	}
	clause.led |= begins_led(r, clause.text);
	clause.doubts |= doubts_with(r, list, &clause);
	list->at[list->count++] = clause;
}

static bool
is_emoji(uint32_t c)
{
	return (c >= 0x1f000 && !is_skin_tone(c) && c < 0xe0000) ||
	    (c >= 0x2600 && c <= 0x27bf && c != 0x2753 && c != 0x2754);
}

/* What ends right before s[at]: an emoji says what it says by itself. */
static bool
is_border(const char *s, size_t n, size_t at, size_t from)
{
	uint32_t now, before;
	if (at >= n || at <= from)
		return false;
	utf8_next(s + at, n - at, &now);
	size_t back = at - 1;
	while (back > from && ((unsigned char)s[back] & 0xc0) == 0x80)
		back--;
	utf8_next(s + back, n - back, &before);
	if (now == 0xfe0f || now == 0x200d || is_skin_tone(now))
		return false;
	return is_emoji(now) || is_emoji(before) || before == 0xfe0f || is_skin_tone(before);
}

void
intent_split(const struct reader *r, const char *words, size_t n, struct clauses *out)
{
	*out = (struct clauses){ .at = arena_alloc(r->arena, (n + 1) * sizeof *out->at) };
	struct clause now = { .raw = words };
	size_t at = 0;
	while (at <= n) {
		size_t len = 1;
		if (is_border(words, n, at, (size_t)(now.raw - words)) ||
		    script_blank_divides(words, n, at)) {
			now.raw_len = at - (size_t)(now.raw - words);
			now.doubts = now.firm = 0;
			add_clause(r, out, now);
			now.raw = words + at;
		}
		char mark = at < n ? mark_at(words, n, at, &len) : '.';
		if (mark == 0) {
			at += len;
			continue;
		}
		now.raw_len = at - (size_t)(now.raw - words);
		now.doubts = now.firm = mark == '?' ? DOUBT_QUESTION : 0;
		add_clause(r, out, now);
		/* A question mark alone on its line asks too. */
		if (mark == '?' && out->count > 0) {
			out->at[out->count - 1].doubts |= DOUBT_QUESTION;
			out->at[out->count - 1].asked = true;
		}
		now.sentence += mark != ',';
		now.line += at < n && words[at] == '\n';
		now.told = at < n && words[at] == ':';
		at += len;
		now.raw = words + (at < n ? at : n);
	}
}
