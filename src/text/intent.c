#include <assent/text/intent.h>

#include "intent_like_priv.h"

#include "fold_priv.h"

#include <string.h>

#define WORDS_MAX 8192 /* who writes more than this tells a story */

/* clang-format off */
static const struct {
	const char *name, *sentence;
} reasons[] = {
	[INTENT_CLEAR] = { "clear", "your answer is clear" },
	[INTENT_EMPTY] = { "empty", "there were no words of your own in your answer" },
	[INTENT_NO_WORD] = { "no-word", "your answer holds no clear yes or no" },
	[INTENT_QUESTION] = { "question", "your answer asks a question" },
	[INTENT_CONDITION] = { "condition", "your answer holds a condition" },
	[INTENT_HEDGE] = { "hedge", "your answer is not definite" },
	[INTENT_CONTRADICTION] = { "contradiction", "your answer says both yes and no" },
	[INTENT_DELEGATION] = { "delegation", "your answer speaks of somebody else" },
	[INTENT_ITEMS] = { "items", "your answer names items that are not in the question, or one of them twice" },
};
/* clang-format on */

const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_APPROVE:
		return "approve";
	case VERDICT_REJECT:
		return "reject";
	case VERDICT_UNCLEAR:
		break;
	}
	return "unclear";
}

const char *
intent_reason_name(enum intent_reason reason)
{
	return reasons[reason].name;
}

const char *
intent_reason_sentence(enum intent_reason reason)
{
	return reasons[reason].sentence;
}

static bool
begins_any(const char *s, const char *const *words)
{
	for (; *words; words++) {
		size_t n = strlen(*words);
		if (strncmp(s, *words, n) == 0 &&
		    (s[n] == '\0' || strchr(" ,.!:", s[n]) || (unsigned char)s[n] >= 0x80))
			return true;
	}
	return false;
}

/* "Hi Bob," at the start says nothing. */
static size_t
after_greeting(const struct clauses *list)
{
	size_t i = 0;
	while (i < list->count && list->at[i].sentence == list->at[0].sentence &&
	    list->at[0].line == list->at[i].line && !is_decision(&list->at[i]) &&
	    begins_any(list->at[0].text, intent_greetings) && script_words(list->at[i].text) <= 4 &&
	    !(list->at[i].doubts & ~(unsigned)(DOUBT_POSITIVE | (i == 0 ? DOUBT_DELEGATION : 0))))
		i++;
	return i;
}

/* Nothing but a sign-off. */
static bool
is_signoff(const struct clause *clause)
{
	for (const char *const *word = intent_signoffs; *word; word++)
		if (strcmp(*word, clause->text) == 0)
			return true;
	return false;
}

/* "Regards, / Maria Smith / Head of IT" at the end says nothing either. */
static size_t
before_signoff(const struct clauses *list, size_t from)
{
	size_t end = list->count;
	for (size_t i = list->count; i > from + 1; i--) {
		const struct clause *clause = &list->at[i - 1];
		bool doubts =
		    (clause->doubts &
			~(unsigned)(DOUBT_DELEGATION | DOUBT_POSITIVE | DOUBT_ITEMS)) != 0;
		if (list->count - i > 6 || script_words(clause->text) > 5 ||
		    (clause->len > 1 && (doubts || is_decision(clause))))
			break;
		/* "..., we agree. Regards, Joke of the camp site" all on one line. */
		bool starts = clause->sentence != list->at[i - 2].sentence &&
		    clause->sentence > list->at[from].sentence;
		if (starts && is_signoff(clause))
			end = i - 1;
		if (clause->line == list->at[i - 2].line && clause->class != PHRASE_NEUTRAL)
			continue;
		if (begins_any(clause->text, intent_signoffs) && clause->line > list->at[from].line)
			end = i - 1;
	}
	return end;
}

struct reading {
	enum verdict verdict;
	enum intent_reason reason;
	bool question;
	unsigned doubts; /* that made it unclear */
	size_t word; /* the clause that decided */
	size_t end; /* where courtesies start again */
};

static enum intent_reason
reason_of(unsigned doubts)
{
	if (doubts & DOUBT_QUESTION)
		return INTENT_QUESTION;
	if (doubts & DOUBT_RETRACTION)
		return INTENT_CONTRADICTION;
	if (doubts & (DOUBT_CONDITION | DOUBT_CONTRAST | DOUBT_NUMBER | DOUBT_ITEMS))
		return INTENT_CONDITION;
	if (doubts & DOUBT_DELEGATION)
		return INTENT_DELEGATION;
	if (doubts & (DOUBT_HEDGE | DOUBT_PAST | DOUBT_ELSEWHERE))
		return INTENT_HEDGE;
	if (doubts & (DOUBT_NEGATION | DOUBT_NEGATIVE | DOUBT_REGRET))
		return INTENT_CONTRADICTION;
	return INTENT_NO_WORD;
}

static struct reading
unclear(unsigned doubts)
{
	return (struct reading){ .verdict = VERDICT_UNCLEAR,
		.reason = reason_of(doubts),
		.doubts = doubts,
		.question = (doubts & DOUBT_QUESTION) != 0 };
}

/* A bare word at the end, in a sentence of its own or behind "so": what it all comes to. */
static bool
concludes(const struct clauses *list, size_t from, size_t i)
{
	const struct clause *now = &list->at[i];
	return is_decision(now) && i > from &&
	    (now->led || now->sentence != list->at[i - 1].sentence);
}

/* The outspoken word, or the bare yes or no that the reply opens or ends with; end for none. */
static size_t
word_of(const struct clauses *list, size_t from, size_t end)
{
	size_t first = from, last = end;
	while (first < end &&
	    (list->at[first].class == PHRASE_NEUTRAL || list->at[first].doubts == DOUBT_REGRET))
		first++;
	for (size_t i = first; i < end; i++)
		if (list->at[i].class == PHRASE_APPROVE || list->at[i].class == PHRASE_REJECT)
			return i;
	if (first < end && is_decision(&list->at[first]))
		return first;
	while (last > first && list->at[last - 1].class == PHRASE_NEUTRAL)
		last--;
	return last > first && concludes(list, first, last - 1) ? last - 1 : end;
}

/* "Great, thanks for letting me know" takes note. */
static bool
takes_note(const struct clause *clause)
{
	for (const char *const *what = intent_informed; *what; what++) {
		const char *at = strstr(clause->text, *what);
		size_t n = strlen(*what);
		if (at > clause->text && strchr(" '", at[-1]) && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

/* What speaks against the decision in the rest of the reply. */
static unsigned
doubts_around(const struct clauses *list, size_t from, size_t word, size_t end)
{
	unsigned against = 0;
	bool more = false;
	for (size_t i = from; i < end; i++) {
		/* "Sorry, no": regret stands with a no as courtesies do. */
		if (i < word && (says_yes(&list->at[word]) || list->at[i].doubts != DOUBT_REGRET))
			against |= doubts_before(&list->at[word], &list->at[i]);
		if (i > word)
			against |= doubts_behind(&list->at[word], &list->at[i]);
		more |= list->at[i].class == PHRASE_OTHER;
		if (i != word && list->at[word].class == PHRASE_YES &&
		    list->at[i].class == PHRASE_NEUTRAL && takes_note(&list->at[i]))
			against |= DOUBT_ELSEWHERE;
	}
	/* "Great" may be said of something else that the reply goes on to tell. */
	if (more && list->at[word].class == PHRASE_YES && !list->at[word].opens && word + 1 < end)
		against |= DOUBT_HEDGE;
	return against;
}

/* "Por favor, aprobar": with the courtesy beside it a verb asks somebody else. */
static void
mark_asks(struct clauses *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct clause *one = &list->at[i - 1], *two = &list->at[i];
		struct clause *verb = is_decision(two) ? two : one;
		struct clause *other = verb == two ? one : two;
		char joined[128];
		if (one->sentence != two->sentence || !is_decision(verb) || is_decision(other) ||
		    one->len + two->len + 2 > sizeof joined)
			continue;
		memcpy(joined, one->text, one->len);
		joined[one->len] = ' ';
		memcpy(joined + one->len + 1, two->text, two->len);
		if (intent_phrase(joined, one->len + 1 + two->len) != PHRASE_ASK)
			continue;
		verb->class = PHRASE_OTHER;
		verb->doubts |= DOUBT_DELEGATION;
		verb->firm |= DOUBT_DELEGATION;
	}
}

/* "Thanks, Dale": behind nothing but courtesies, a word that is a name too signs the mail. */
static void
mark_names(struct clauses *list)
{
	struct clause *last = list->count ? &list->at[list->count - 1] : NULL;
	bool named = false;
	for (const char *const *name = intent_names; last && *name; name++)
		named |= strcmp(*name, last->text) == 0;
	for (size_t i = 0; named && i + 1 < list->count; i++)
		named = list->at[i].class == PHRASE_NEUTRAL;
	char first = named ? last->raw[strspn(last->raw, " \t\r\n")] : 'a';
	if (named && list->count > 1 && first >= 'A' && first <= 'Z')
		last->class = PHRASE_OTHER;
}

/* "Yes, I saw your mail. No, we don't want it": that yes answers the other thing. */
static void
mark_spent(struct clauses *list)
{
	for (size_t i = 0; i + 2 < list->count; i++) {
		struct clause *yes = &list->at[i];
		const struct clause *told = &list->at[i + 1];
		bool elsewhere = told->class == PHRASE_OTHER && told->sentence == yes->sentence &&
		    told->doubts & (DOUBT_ELSEWHERE | DOUBT_PAST);
		for (size_t k = i + 2; yes->class == PHRASE_YES && elsewhere && k < list->count;
		     k++)
			if (list->at[k].class == PHRASE_REJECT)
				yes->class = PHRASE_NEUTRAL;
	}
}

/* "Tell the one who asked: how nice", without a mark: beside an outspoken word, no question. */
static unsigned
unasked_at(const struct clauses *list, size_t word, size_t end, size_t i)
{
	const struct clause *other = &list->at[i];
	const struct clause *now = word < end ? &list->at[word] : NULL;
	if (now == NULL || other->asked || other->asks || other->errand ||
	    other->class != PHRASE_OTHER)
		return 0;
	bool outspoken = now->class == PHRASE_APPROVE || !says_yes(now);
	return outspoken && (i < word || !says_yes(now)) ? DOUBT_QUESTION : 0;
}

static struct reading
read_all(struct clauses *list)
{
	mark_asks(list);
	mark_names(list);
	mark_spent(list);
	size_t from = after_greeting(list), end = before_signoff(list, from);
	unsigned all = 0;
	bool yes = false, no = false;
	size_t word = word_of(list, from, end);
	for (size_t i = from; i < end; i++) {
		unsigned unasked = i == word ? 0 : unasked_at(list, word, end, i);
		list->at[i].doubts &= ~unasked;
		list->at[i].firm &= ~unasked;
		all |= list->at[i].doubts;
		yes |= says_yes(&list->at[i]);
		no |= is_decision(&list->at[i]) && !says_yes(&list->at[i]);
	}
	if (all & DOUBT_QUESTION && !(word < end && answers_itself(list, from, word, end)))
		return unclear(DOUBT_QUESTION);
	if (yes && no)
		return unclear(DOUBT_RETRACTION);
	if (word == end)
		return unclear(all &
		    ~(unsigned)(DOUBT_NEGATION | DOUBT_NEGATIVE | DOUBT_NUMBER | DOUBT_ITEMS |
			DOUBT_REGRET));
	if (is_told(list, from, word))
		return unclear(DOUBT_DELEGATION);
	unsigned against = doubts_around(list, from, word, end);
	if (against)
		return unclear(against);
	return (struct reading){ .verdict = yes ? VERDICT_APPROVE : VERDICT_REJECT,
		.reason = INTENT_CLEAR,
		.word = word,
		.end = end };
}

/* What stands behind the word of decision, as it was written, without courtesies. */
static const char *
comment_of(const struct clauses *list, const struct reading *reading, struct arena *arena)
{
	size_t from = reading->word + 1;
	while (from < reading->end && list->at[from].class != PHRASE_OTHER)
		from++;
	if (from >= reading->end)
		return "";
	const struct clause *last = &list->at[reading->end - 1];
	const char *start = list->at[from].raw, *end = last->raw + last->raw_len;
	start += strspn(start, " \t\r\n.,;:!-)]}\"'*_");
	while (end > start && strchr(" \t\r\n)]*_", end[-1]))
		end--;
	return start < end ? arena_dup_n(arena, start, (size_t)(end - start)) : "";
}

struct intent_item
intent_verdict(const struct reader *r, const char *words, unsigned *doubts)
{
	struct clauses list;
	intent_split(r, words, strlen(words), &list);
	struct reading reading = read_all(&list);
	*doubts = reading.doubts;
	return (struct intent_item){ reading.verdict,
		reading.verdict == VERDICT_UNCLEAR ? "" : comment_of(&list, &reading, r->arena) };
}

static void
decide_all(struct intent *out, enum verdict verdict)
{
	for (size_t i = 0; i < out->count; i++)
		out->items[i].verdict = verdict;
}

static bool
counts_something(const struct clauses *list, const struct reading *reading)
{
	unsigned doubts = 0;
	for (size_t i = 0; i < reading->end; i++)
		doubts |= list->at[i].class == PHRASE_OTHER && !list->at[i].errand
		    ? list->at[i].doubts
		    : 0;
	return (doubts & (DOUBT_NUMBER | DOUBT_ITEMS)) != 0;
}

static void
read_words(const struct reader *r, const char *words, struct intent *out)
{
	struct clauses list;

	if (out->count > 1 && intent_batch(r, words, out))
		return;
	intent_split(r, words, strlen(words), &list);
	struct reading reading = read_all(&list);
	/* "One and three, go ahead": numbers that were not understood may be items. */
	if (out->count > 1 && reading.verdict != VERDICT_UNCLEAR &&
	    counts_something(&list, &reading))
		reading = unclear(DOUBT_ITEMS);
	out->reason = list.count ? reading.reason : INTENT_EMPTY;
	out->question = reading.question;
	decide_all(out, reading.verdict);
	out->comment = reading.verdict == VERDICT_UNCLEAR ? arena_dup(r->arena, words)
							  : comment_of(&list, &reading, r->arena);
}

static bool
decides_nothing(const struct intent *intent)
{
	for (size_t i = 0; i < intent->count; i++)
		if (intent->items[i].verdict != VERDICT_UNCLEAR)
			return false;
	return true;
}

/* The bit of a locale's language, "de-AT" as "de"; 0 when no table is of that language. */
static unsigned
home_of(const char *locale)
{
	size_t n = strcspn(locale, "-_");
	for (size_t i = 0; i < like_lang_count; i++)
		if (strlen(like_langs[i]) == n && strncasecmp(like_langs[i], locale, n) == 0)
			return 1U << i;
	return 0;
}

void
intent_read_in(const struct intent_ask *ask, struct arena *arena, struct intent *out)
{
	size_t n = strlen(ask->words);
	size_t count = ask->items < INTENT_ITEMS_MAX ? ask->items : INTENT_ITEMS_MAX;
	struct reader reader = { arena, home_of(ask->locale), 0 };
	*out = (struct intent){ .count = count, .comment = "", .reason = INTENT_EMPTY };
	out->items = arena_alloc(arena, (count ? count : 1) * sizeof *out->items);
	for (size_t i = 0; i < count; i++)
		out->items[i].comment = "";
	if (text_is_blank(ask->words))
		return;
	out->reason = INTENT_NO_WORD;
	if (n > WORDS_MAX)
		return;
	struct str fold = STR_INIT(4 * n + 16);
	fold_add(&fold, ask->words, n);
	reader.only = intent_home_only(str_text(&fold), reader.home);
	str_done(&fold);
	read_words(&reader, ask->words, out);
	out->suspicion = decides_nothing(out) && intent_suspects(ask->words, n);
}

void
intent_read(const char *words, size_t count, struct arena *arena, struct intent *out)
{
	intent_read_in(&(struct intent_ask){ words, count, "" }, arena, out);
}
