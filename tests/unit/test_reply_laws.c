/*
 * The laws of reading a reply, over every phrase of languages/ and a list of
 * wrappers: what a wrapper must never do to a verdict.
 */
#include <assent/base/mem.h>
#include <assent/text/intent.h>
#include <assent/text/reply.h>

#include "text/fold_priv.h"
#include "text/intent_priv.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define ROOM ((size_t)1 << 16)

struct phrase {
	enum phrase_class class;
	const char *text;
};

/* All phrases, taken out of the tables before the first law. */
static struct phrase *phrases;
static size_t phrase_count;
static struct arena *phrase_arena;

static void
take_phrase(void *arg, size_t number, const char *text)
{
	(void)arg;
	assert_int_equal(number, phrase_count);
	assert_int_equal(wordset_find(&intent_phrases, text, strlen(text)), number);
	phrases[phrase_count++] = (struct phrase){ (enum phrase_class)intent_phrase_classes[number],
		arena_dup(phrase_arena, text) };
}

static int
take_phrases(void **state)
{
	(void)state;
	phrase_arena = arena_new((size_t)64 << 20);
	phrases = mem_alloc(intent_phrases.count * sizeof(*phrases));
	wordset_each(&intent_phrases, take_phrase, NULL);
	assert_int_equal(phrase_count, intent_phrases.count);
	return 0;
}

static int
drop_phrases(void **state)
{
	(void)state;
	mem_free(phrases);
	arena_free(phrase_arena);
	return 0;
}

/* One phrase of so many, always the same ones: for laws that try many texts a phrase. */
static bool
is_sampled(const char *text, uint32_t one_of)
{
	uint32_t hash = 2166136261;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619;
	return hash % one_of == 0;
}

static enum verdict
read_own(const char *text)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	AUTO(str_donep) struct str own = STR_INIT(ROOM);
	struct intent intent;
	reply_extract(text, NULL, &own, NULL);
	intent_read(str_text(&own), 1, arena, &intent);
	return intent.items[0].verdict;
}

static enum verdict
read_between(const char *before, const char *words, const char *behind)
{
	AUTO(str_donep) struct str text = STR_INIT(ROOM);
	str_add(&text, before);
	str_add(&text, words);
	str_add(&text, behind);
	return read_own(str_text(&text));
}

static bool
decides(const struct phrase *phrase)
{
	return phrase->class >= PHRASE_APPROVE && phrase->class <= PHRASE_NO;
}

static void
each_phrase_says_what_its_class_means(void **state)
{
	for (size_t i = 0; i < phrase_count; i++) {
		const struct phrase *phrase = &phrases[i];
		enum verdict want = !decides(phrase) ? VERDICT_UNCLEAR
		    : phrase->class <= PHRASE_YES    ? VERDICT_APPROVE
						     : VERDICT_REJECT;
		enum verdict got = read_own(phrase->text);
		/* Some are cut as a sign-off or broken by a mark: unclear, never the contrary. */
		if (got != want && got != VERDICT_UNCLEAR)
			fail_msg("'%s': %s", phrase->text, verdict_name(got));
	}
}

static void
every_word_of_the_tables_stands_in_its_folded_form(void **state)
{
	for (size_t i = 0; i < phrase_count; i++) {
		AUTO(str_donep) struct str fold = STR_INIT(ROOM);
		fold_add(&fold, phrases[i].text, strlen(phrases[i].text));
		assert_string_equal(str_text(&fold), phrases[i].text);
		if (i > 0)
			assert_true(strcmp(phrases[i - 1].text, phrases[i].text) < 0);
	}
}

static void
quoted_text_never_yields_a_verdict(void **state)
{
	static const char *const before[] = { "> ", "> > ",
		"On Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> ",
		"On Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n\n",
		"From: Desk <d@x.example>\nSent: Monday, 1 June 2026\nTo: Owner\nSubject: x\n\n",
		"---------- Forwarded message ---------\nFrom: Bob <b@x.example>\n\n" };
	for (size_t i = 0; i < phrase_count; i++)
		if (is_sampled(phrases[i].text, 8))
			for (size_t k = 0; k < ARRAY_LEN(before); k++)
				if (read_between(before[k], phrases[i].text, "\n") !=
				    VERDICT_UNCLEAR)
					fail_msg("'%s%s' decides", before[k], phrases[i].text);
}

static void
nothing_below_or_around_changes_a_verdict(void **state)
{
	static const char *const behind[] = { "   \n\n \t\n", "\n\nSent from my iPhone\n",
		"\n\n-- \nMaria Smith\nHead of IT\n", "\n\n> approved\n> no\n",
		"\n\nOn Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> no\n> yes\n",
		"\n\nFrom: Desk <d@x.example>\nSent: Monday\nTo: Owner\nSubject: x\n\nno\n" };
	for (size_t i = 0; i < phrase_count; i++) {
		if (!is_sampled(phrases[i].text, 8))
			continue;
		enum verdict want = read_own(phrases[i].text);
		for (size_t k = 0; k < ARRAY_LEN(behind); k++)
			if (read_between("", phrases[i].text, behind[k]) != want)
				fail_msg(
				    "'%s' with '%s' reads otherwise", phrases[i].text, behind[k]);
	}
}

static void
upper_case_changes_no_verdict(void **state)
{
	for (size_t i = 0; i < phrase_count; i++) {
		if (!is_sampled(phrases[i].text, 4))
			continue;
		AUTO(str_donep) struct str text = STR_INIT(ROOM);
		for (const char *c = phrases[i].text; *c; c++)
			str_add_char(&text,
			    (unsigned char)*c < 0x80 ? (char)toupper((unsigned char)*c) : *c);
		if (read_own(str_text(&text)) != read_own(phrases[i].text))
			fail_msg("'%s' reads otherwise", str_text(&text));
	}
}

/* Put negator before each word of the phrase, and behind the last. */
static void
negate(const char *phrase, const char *negator)
{
	for (size_t at = 0;; at++) {
		if (at > 0 && phrase[at] != ' ' && phrase[at] != '\0')
			continue;
		AUTO(str_donep) struct str text = STR_INIT(ROOM);
		str_add_n(&text, phrase, at);
		str_add(&text, at ? " " : "");
		str_add(&text, negator);
		str_add(&text, at ? "" : " ");
		str_add(&text, phrase + at);
		/* A phrase of its own is an idiom of consent that stands in the list. */
		enum phrase_class class = intent_phrase(str_text(&text), text.len);
		if (class != PHRASE_APPROVE && class != PHRASE_YES &&
		    read_own(str_text(&text)) == VERDICT_APPROVE)
			fail_msg("'%s' approves", str_text(&text));
		if (phrase[at] == '\0')
			return;
	}
}

static bool
consents(size_t i, uint32_t one_of)
{
	return (phrases[i].class == PHRASE_APPROVE || phrases[i].class == PHRASE_YES) &&
	    is_sampled(phrases[i].text, one_of);
}

static void
a_negator_in_an_approval_never_approves(void **state)
{
	static const char *const negators[] = { "not", "never", "no", "don't", "nicht", "kein",
		"nie", "pas", "ne", "non", "no", "nunca", "não", "nem", "mai", "niet", "geen",
		"nigdy", "inte", "ej", "ikke", "aldrig", "hayir", "değil", "не", "нет" };
	/* These negators are Latin and Cyrillic; so are the phrases they stand in. */
	for (size_t i = 0; i < phrase_count; i++)
		for (size_t k = 0; k < ARRAY_LEN(negators); k++)
			if ((unsigned char)phrases[i].text[0] < 0xd6 && consents(i, 16))
				negate(phrases[i].text, negators[k]);
}

/* Scripts of the east put the negator anywhere, those of Arabic and Hebrew before a word. */
static void
a_negator_without_blanks_never_approves(void **state)
{
	static const char *const words[] = { "لا", "لم", "غير", "לא", "אל", "אין" };
	enum { HANGUL = 5 }; /* where its letters start */
	static const char *const letters[] = { "不", "没", "别", "未", "無", "안 ", "못 " };
	for (size_t i = 0; i < phrase_count; i++) {
		const char *text = phrases[i].text;
		unsigned char first = (unsigned char)text[0];
		if (first < 0xd6 || !consents(i, 8))
			continue;
		for (size_t k = 0; first < 0xe0 && k < ARRAY_LEN(words); k++)
			negate(text, words[k]);
		bool hangul = first >= 0xea;
		size_t from = hangul ? HANGUL : 0, end = hangul ? ARRAY_LEN(letters) : HANGUL;
		for (size_t k = from; first >= 0xe0 && k < end; k++) {
			AUTO(str_donep) struct str negated = STR_INIT(ROOM);
			str_add(&negated, letters[k]);
			str_add(&negated, text);
			enum phrase_class class = intent_phrase(str_text(&negated), negated.len);
			if (class != PHRASE_APPROVE && class != PHRASE_YES &&
			    read_own(str_text(&negated)) == VERDICT_APPROVE)
				fail_msg("'%s' approves", str_text(&negated));
		}
	}
}

/* Put what is in doubt before and behind every approving phrase. */
static void
a_condition_a_hedge_or_a_question_never_approves(void **state)
{
	static const char *const before[] = { "if ", "unless ", "only if ", "maybe ", "probably " };
	static const char *const behind[] = { "?", " if it is cheaper", " unless bob minds",
		" provided it fits", ", i think", ". max 300", ". hold on", ", but only one" };
	for (size_t i = 0; i < phrase_count; i++) {
		if (!is_sampled(phrases[i].text, 16))
			continue;
		const char *text = phrases[i].text;
		for (size_t k = 0; k < ARRAY_LEN(before); k++)
			if (read_between(before[k], text, "") == VERDICT_APPROVE)
				fail_msg("'%s%s' approves", before[k], text);
		for (size_t k = 0; k < ARRAY_LEN(behind); k++)
			if (read_between("", text, behind[k]) == VERDICT_APPROVE)
				fail_msg("'%s%s' approves", text, behind[k]);
	}
}

static void
please_approve_is_what_one_writes_to_somebody_else(void **state)
{
	static const char *const asks[] = { "Please approve", "please approve this.",
		"Bitte genehmigen", "Veuillez approuver", "Por favor aprobar",
		"Si prega di approvare", "Proszę o zatwierdzenie", "Vänligen godkänn",
		"Lütfen onaylayın" };
	static const char *const orders[] = { "Please proceed", "Please go ahead.",
		"Please order it", "Bitte bestellen", "Merci de passer commande",
		"Proszę zamówić" };
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		if (read_own(asks[i]) != VERDICT_UNCLEAR)
			fail_msg("'%s' decides", asks[i]);
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (read_own(orders[i]) != VERDICT_APPROVE)
			fail_msg("'%s' does not approve", orders[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_phrase_says_what_its_class_means),
		cmocka_unit_test(every_word_of_the_tables_stands_in_its_folded_form),
		cmocka_unit_test(quoted_text_never_yields_a_verdict),
		cmocka_unit_test(nothing_below_or_around_changes_a_verdict),
		cmocka_unit_test(upper_case_changes_no_verdict),
		cmocka_unit_test(a_negator_in_an_approval_never_approves),
		cmocka_unit_test(a_negator_without_blanks_never_approves),
		cmocka_unit_test(a_condition_a_hedge_or_a_question_never_approves),
		cmocka_unit_test(please_approve_is_what_one_writes_to_somebody_else),
	};
	return cmocka_run_group_tests(tests, take_phrases, drop_phrases);
}
