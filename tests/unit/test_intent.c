#include <assent/base/mem.h>
#include <assent/text/intent.h>
#include <assent/text/reply.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* want: one letter an item: a approve, r reject, - unclear. */
struct row {
	const char *words, *want;
};

/* clang-format off */
static const struct row single[] = {
	/* a clear word */
	{ "approve", "a" }, { "Approved", "a" }, { "APPROVED", "a" }, { "approved.", "a" }, { "Approved!", "a" },
	{ "yes", "a" }, { "Yes.", "a" }, { "Yes please", "a" }, { "ok", "a" }, { "OK", "a" }, { "Ok, thanks", "a" },
	{ "okay", "a" }, { "go ahead", "a" }, { "Please go ahead.", "a" }, { "Please proceed with this", "a" },
	{ "I approve this request.", "a" }, { "We approve it", "a" }, { "This request is approved", "a" },
	{ "Approved as requested, thanks", "a" }, { "fine by me", "a" }, { "Sounds good!", "a" }, { "lgtm", "a" },
	{ "*Approved*", "a" }, { "\"approved\"", "a" }, { "[approve]", "a" }, { "approved \xf0\x9f\x91\x8d", "a" },
	{ "\xf0\x9f\x91\x8d", "a" }, { "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "a" }, { "+1", "a" },
	{ "Hi John,\n\nyes please go ahead.\n\nBest,\nMaria Smith\nHead of Legal", "a" },
	{ "Hello,\nApproved.\nKind regards\nM", "a" }, { "Approved\nUse cost centre 4711.", "a" },
	{ "Approved. Don't forget to cancel the old subscription.", "a" }, { "No problem, go ahead.", "a" },
	{ "I don't see why not, go ahead.", "a" }, { "No objections", "a" }, { "Nothing against it. Approved.", "a" },
	{ "I'm fine with this", "a" }, { "aproved", "a" },
	{ "no", "r" }, { "No.", "r" }, { "No thanks", "r" }, { "No, thank you.", "r" }, { "reject", "r" },
	{ "Rejected", "r" }, { "Rejected: too expensive", "r" }, { "Denied - not in this year's budget.", "r" },
	{ "No, too expensive", "r" }, { "not approved", "r" }, { "I do not approve this", "r" },
	{ "I can't approve this, the quote has expired.", "r" }, { "Do not approve", "r" }, { "No, this is not ok.", "r" },
	{ "Please don't approve this", "r" }, { "Declined. Ask again next year with three quotes.", "r" },
	{ "Hello,\n\nNo.\n\nRegards\nM", "r" }, { "\xf0\x9f\x91\x8e", "r" }, { "-1", "r" },
	{ "Rejected. I would approve a cheaper model.", "r" }, { "unable to approve: no cost centre given", "r" },
	/* conditions */
	{ "approved if under 5k", "-" }, { "Yes, provided the price stays", "-" }, { "ok unless legal objects", "-" },
	{ "Approved up to 5,000", "-" }, { "Approved, but only two", "-" }, { "yes but not now", "-" },
	{ "Approved for 3000 EUR", "-" }, { "Approved\n2 licences only", "-" }, { "Approved. Max 3000", "-" },
	{ "Approved 2 licences", "-" }, { "Approved for Bob only", "-" }, { "Approved with changes", "-" },
	{ "go ahead when the new budget is in", "-" }, { "yes, take the cheaper one", "-" }, { "Approved, half of it", "-" },
	{ "Approved.\nThanks\nonly 2 please", "-" },
	/* hedges and promises */
	{ "I think so", "-" }, { "probably fine", "-" }, { "maybe", "-" }, { "I guess yes", "-" }, { "in principle yes", "-" },
	{ "I'll approve it tomorrow", "-" }, { "ok, will look tonight", "-" }, { "Ok, let me check", "-" },
	{ "Should be OK I think.", "-" }, { "Fine, whatever", "-" }, { "not now", "-" }, { "later", "-" }, { "do it tomorrow", "-" },
	/* hearsay and delegation */
	{ "ask Bob", "-" }, { "Bob approves", "-" }, { "Bob said yes", "-" }, { "Legal says no.", "-" }, { "My boss approved this", "-" },
	{ "Not my call", "-" }, { "+Sarah, please approve", "-" }, { "Yes, Bob should decide", "-" }, { "you decide", "-" },
	{ "rejected by finance", "-" }, { "approved by Bob", "-" }, { "The board will approve it on Monday.", "-" },
	/* contradictions */
	{ "yes\nno", "-" }, { "Yes and no", "-" }, { "Approve. Actually no, reject.", "-" }, { "approve, reject", "-" },
	{ "approve / reject", "-" }, { "APPROVE or REJECT", "-" }, { "No, go ahead.", "-" }, { "No, that's fine", "-" },
	{ "No. I changed my mind, go ahead", "-" }, { "Sorry, approved", "-" }, { "Not rejected", "-" }, { "Don't reject", "-" },
	{ "approve not", "-" }, { "approved not", "-" }, { "never approved", "-" }, { "I never approved this!", "-" },
	{ "No, I have no objection", "-" }, { "Go ahead and reject it", "-" }, { "\xf0\x9f\x91\x8d\xf0\x9f\x91\x8e", "-" },
	/* nothing clear */
	{ "", "-" }, { "   \n\t", "-" }, { "thanks", "-" }, { "Thank you!", "-" }, { "no problem", "-" }, { "No comment.", "-" },
	{ "No idea", "-" }, { "No rush on this.", "-" }, { "Confirmed receipt", "-" }, { "Ok got it", "-" }, { "test", "-" },
	{ "Yes, I received your mail", "-" }, { "Nothing to add.", "-" }, { "Okinawa trip is booked.", "-" }, { "Yesterday I sent you the form.", "-" },
	{ "Nobody told me about this.", "-" }, { "a-p-p-r-o-v-e-d", "-" }, { "approve.reject", "-" }, { "perfect example of waste", "-" },
	{ "I am out of the office until 12 May. For urgent approvals contact Bob.", "-" }, { "Your mail was accepted for delivery.", "-" },
	{ "\xf0\x9f\xa4\x94", "-" }, { "accept my apologies", "-" }, { "Is this phishing?", "-" }, { "This looks like phishing", "-" },
	/* questions */
	{ "Is this approved already?", "-" }, { "Approved - but why 3 licences?", "-" }, { "sure, when?", "-" }, { "Approved? No.", "-" },
	{ "What does it cost?", "-" }, { "?", "-" }, { "yes?", "-" },
	/* other languages */
	{ "J'approuve.", "a" }, { "D'accord, allez-y.", "a" }, { "Oui", "a" }, { "Refusé : trop cher", "r" }, { "Je n'approuve pas.", "r" }, { "Oui, mais pas maintenant", "-" }, { "Pas encore.", "-" },
	{ "Genehmigt", "a" }, { "Freigegeben, danke.", "a" }, { "Keine Einwände.", "a" }, { "Nicht genehmigt", "r" }, { "Ich lehne das ab.", "r" }, { "Genehmigt, wenn unter 5000 €.", "-" }, { "Fragen Sie bitte Herrn Müller.", "-" },
	{ "Sí, adelante.", "a" }, { "No lo apruebo.", "r" }, { "Aprobado si cuesta menos de 500.", "-" }, { "Todavía no.", "-" },
	{ "Aprovado", "a" }, { "Não aprovado", "r" }, { "Approvato", "a" }, { "Goedgekeurd", "a" }, { "Zatwierdzam", "a" }, { "Nie zatwierdzam", "r" }, { "Onaylıyorum", "a" }, { "ONAYLIYORUM", "a" }, { "Одобрено", "a" }, { "ОДОБРЕНО", "a" }, { "Не одобрено", "r" },
	{ "موافق", "a" }, { "أوافق على الطلب، شكراً", "a" }, { "غير موافق", "r" }, { "مرفوض: السعر مرتفع جداً", "r" }, { "موافق إذا كان أقل من 5000", "-" }, { "كم التكلفة؟", "-" },
	{ "מאושר", "a" }, { "לא מאושר", "r" }, { "同意", "a" }, { "不同意", "r" }, { "承認します", "a" }, { "却下", "r" }, { "승인합니다", "a" },
};

static const struct row batches[] = {
	{ "approve", "aaa" }, { "no", "rrr" }, { "Approved, thanks!", "aa" }, { "yes to all", "aaa" }, { "reject all", "rrr" }, { "all approved", "aaa" },
	{ "1 yes 2 no: too dear", "ar" }, { "approve 1,3; reject 2: too expensive", "ara" }, { "approve 1 and 3, reject 2: too expensive", "ara" },
	{ "approve 1-2; reject 3", "aar" }, { "approve 1 through 3", "aaa" }, { "reject 3, approve 1 to 2", "aar" }, { "all but 2 approved", "a-a" },
	{ "approve all but 2", "a-a" }, { "Approve all except 3", "aa-a" }, { "approve all but the last one", "aa-" }, { "everything except 1 and 4 is approved", "-aa-" },
	{ "1. ok\n2. ok\n3. no", "aar" }, { "1) ok 2) no 3) ok", "ara" }, { "1: approve\n2: reject - too dear\n3: approve", "ara" },
	{ "approve the first two, reject the last", "aar" }, { "first ok, second no", "ar" }, { "reject the last one, approve the others", "aar" },
	{ "approve 1, reject the rest", "arr" }, { "both approved", "aa" }, { "both no", "rr" }, { "Approve both", "---" }, { "approve #2 only", "-a-" },
	{ "no to 1, yes to 2, 3 later", "ra-" }, { "not approved: 1, 2\napproved: 3", "rra" }, { "approve 1+3", "a-a" }, { "item 1: ok\nitem 2: no", "ar" },
	{ "I approve 1 and I reject 2", "ar" }, { "do not approve 1, approve 2", "ra" }, { "don't approve 1 and 2", "rr" }, { "1 no 2 no 3 yes", "rra" },
	{ "Hi,\n\n1 yes\n2 no\n\nThanks\nBob", "ar" }, { "1 genehmigt, 2 abgelehnt: zu teuer", "ar" }, { "Approuvé pour 1 et 3, refusé pour 2 : trop cher", "ara" },
	/* doubtful */
	{ "approve 4", "---" }, { "approve 0", "---" }, { "approve 1000 for item 2", "---" }, { "approve 2 licences", "---" }, { "approve 1, 2 licences", "---" },
	{ "approve two of them", "---" }, { "approve 1 or 2", "--" }, { "approve 1, reject 1", "--" }, { "approve 1, not 2", "ar" }, { "approve 1 instead of 2", "--" },
	{ "approve 1; why 2?", "a-" }, { "What does 2 cost?", "---" }, { "approve 1 if under 5k, reject 2", "-r-" }, { "1 approved if cheaper, 2 approved", "-a" },
	{ "yes\nno\nyes", "---" }, { "Bob approves 1", "--" }, { "1", "--" }, { "approve 3 of them", "---" }, { "approve 1 on 3 May", "---" },
	{ "Approve the laptop, not the monitor", "---" }, { "1 yes, 2 maybe", "a-" }, { "Out of office until 3 May", "---" }, { "approve 1, 2. Sorry, I meant reject.", "--" },
	{ "approve 1 and 2 if Bob agrees", "--" }, { "approve none", "--" }, { "", "--" },
};
/* clang-format on */

static void
read_into(const char *words, size_t count, char *got)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
	struct intent intent;
	intent_read(words, count, arena, &intent);
	assert_int_equal(intent.count, count);
	for (size_t i = 0; i < count; i++)
		got[i] = "-ar"[intent.items[i].verdict];
	got[count] = '\0';
}

static void
check(const struct row *row)
{
	char got[INTENT_ITEMS_MAX + 1];
	read_into(row->words, strlen(row->want), got);
	if (strcmp(got, row->want) != 0)
		fail_msg("'%s': got %s, want %s", row->words, got, row->want);
}

static void
single_answers_read_as_a_careful_person_would(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		check(&single[i]);
}

static void
batches_read_item_by_item(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(batches); i++)
		check(&batches[i]);
}

static void
case_blanks_and_a_name_below_change_nothing(void **state)
{
	char got[INTENT_ITEMS_MAX + 1], text[1024];
	for (size_t i = 0; i < ARRAY_LEN(single); i++) {
		snprintf(text, sizeof text, "%s  \n\n", single[i].words);
		read_into(text, 1, got);
		assert_string_equal(got, single[i].want);
		for (char *c = text; *c; c++)
			*c = (char)((unsigned char)*c < 0x80 ? toupper((unsigned char)*c) : *c);
		read_into(text, 1, got);
		if (strcmp(got, single[i].want) != 0)
			fail_msg("'%s' in upper case: got %s", single[i].words, got);
	}
}

static void
a_negator_before_an_approval_never_approves(void **state)
{
	static const char *const negators[] = { "not ", "never ", "don't ", "do not ", "cannot ",
		"no, " };
	char got[INTENT_ITEMS_MAX + 1], text[1024];
	for (size_t i = 0; i < ARRAY_LEN(single); i++) {
		for (size_t k = 0; single[i].want[0] == 'a' && k < ARRAY_LEN(negators); k++) {
			snprintf(text, sizeof text, "%s%s", negators[k], single[i].words);
			read_into(text, 1, got);
			if (got[0] == 'a')
				fail_msg("'%s' approves", text);
		}
	}
}

static void
quoted_text_never_decides_nor_changes_a_decision(void **state)
{
	char got[INTENT_ITEMS_MAX + 1], text[2048];
	for (size_t i = 0; i < ARRAY_LEN(single); i++) {
		struct str own = STR_INIT(8192);
		snprintf(text, sizeof text,
		    "%s\n\nOn Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> approved\n> "
		    "no\n",
		    single[i].words);
		reply_extract(text, NULL, &own, NULL);
		read_into(str_text(&own), 1, got);
		if (strcmp(got, single[i].want) != 0)
			fail_msg("'%s' above a quote: got %s, left '%s'", single[i].words, got,
			    str_text(&own));
		str_clear(&own);
		snprintf(text, sizeof text,
		    "On Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> %s",
		    single[i].words);
		if (strchr(single[i].words, '\n') == NULL) {
			reply_extract(text, NULL, &own, NULL);
			read_into(str_text(&own), 1, got);
			assert_string_equal(got, "-");
		}
		str_done(&own);
	}
}

static void
each_item_keeps_its_comment(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	struct intent intent;
	intent_read(
	    "Approve 1: use cost centre 4711\nReject 2: too dear, 3 times the price; approve 3", 3,
	    arena, &intent);
	assert_string_equal(intent.items[0].comment, "use cost centre 4711");
	assert_string_equal(intent.items[1].comment, "too dear, 3 times the price");
	assert_string_equal(intent.items[2].comment, "");
	assert_int_equal(intent.reason, INTENT_CLEAR);
	assert_false(intent.partly);
	intent_read("Hi,\nRejected: too expensive\n\nRegards,\nMaria", 1, arena, &intent);
	assert_string_equal(intent.comment, "too expensive");
}

static void
the_reason_says_what_was_in_the_way(void **state)
{
	/* clang-format off */
	static const struct { const char *words; enum intent_reason want; bool question; } rows[] = {
		{ "", INTENT_EMPTY, false }, { "hello there", INTENT_NO_WORD, false }, { "Can you send me the quote?", INTENT_QUESTION, true },
		{ "approved if cheap", INTENT_CONDITION, false }, { "I think so", INTENT_HEDGE, false }, { "yes\nno", INTENT_CONTRADICTION, false },
		{ "ask Bob", INTENT_DELEGATION, false }, { "approved", INTENT_CLEAR, false },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
		struct intent intent;
		intent_read(rows[i].words, 1, arena, &intent);
		if (intent.reason != rows[i].want)
			fail_msg("'%s': %s", rows[i].words, intent_reason_name(intent.reason));
		assert_int_equal(intent.question, rows[i].question);
		assert_true(strlen(intent_reason_sentence(intent.reason)) > 10);
	}
}

static void
some_items_left_open_is_said(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	struct intent intent;
	intent_read("approve 1", 3, arena, &intent);
	assert_true(intent.partly);
	intent_read("approve 9", 3, arena, &intent);
	assert_false(intent.partly);
	assert_int_equal(intent.reason, INTENT_ITEMS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_answers_read_as_a_careful_person_would),
		cmocka_unit_test(batches_read_item_by_item),
		cmocka_unit_test(case_blanks_and_a_name_below_change_nothing),
		cmocka_unit_test(a_negator_before_an_approval_never_approves),
		cmocka_unit_test(quoted_text_never_decides_nor_changes_a_decision),
		cmocka_unit_test(each_item_keeps_its_comment),
		cmocka_unit_test(the_reason_says_what_was_in_the_way),
		cmocka_unit_test(some_items_left_open_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
