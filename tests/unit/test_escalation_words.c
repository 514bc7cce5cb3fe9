/* What an answer to a packet's mail says (src/flow/escalation_words.h). */
#include "flow/escalation_words.h"

#include <assent/base/attr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARENA_MAX ((size_t)1 << 20)

/* clang-format off */
static const struct {
	const char *own;
	enum escalation_act act;
	const char *text;
	span_ms span;
} clear[] = {
	{ "ack",				ESCALATION_ACK,		"", 0 },
	{ "  Ack.  \n\nThanks\nBob",		ESCALATION_ACK,		"", 0 },
	{ "\n\nACKNOWLEDGED!",			ESCALATION_ACK,		"", 0 },
	{ "resolved",				ESCALATION_RESOLVE,	"", 0 },
	{ "Resolved.",				ESCALATION_RESOLVE,	"", 0 },
	{ "resolved: called them.",		ESCALATION_RESOLVE,	"called them.", 0 },
	{ "resolve : called",			ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "resolved: we called\nand they paid\n\nBob", ESCALATION_RESOLVE, "we called\nand they paid", 0 },
	{ "resolved: it\n> ack",		ESCALATION_RESOLVE,	"it", 0 },
	{ "snooze 2h",				ESCALATION_SNOOZE,	"", 2 * MS_HOUR },
	{ "Snooze: 30 min.",			ESCALATION_SNOOZE,	"", 30 * MS_MINUTE },
	{ "snooze for 1 day",			ESCALATION_SNOOZE,	"", MS_DAY },
	{ "assign bob@help.test",		ESCALATION_ASSIGN,	"bob@help.test", 0 },
	{ "assign to <bob@help.test>.",		ESCALATION_ASSIGN,	"bob@help.test", 0 },
	{ "assign: bob@help.test",		ESCALATION_ASSIGN,	"bob@help.test", 0 },
	{ "reopen",				ESCALATION_REOPEN,	"", 0 },
	{ "استلمت.\n\nشكرا",			ESCALATION_ACK,		"", 0 },
	{ "تم الحل: اتصلنا بهم",			ESCALATION_RESOLVE,	"اتصلنا بهم", 0 },
	{ "تم الحل",				ESCALATION_RESOLVE,	"", 0 },
	{ "تأجيل 2h",				ESCALATION_SNOOZE,	"", 2 * MS_HOUR },
	{ "تأجيل 3 ساعات",			ESCALATION_SNOOZE,	"", 3 * MS_HOUR },
	{ "إسناد bob@help.test",			ESCALATION_ASSIGN,	"bob@help.test", 0 },
	{ "إعادة فتح",				ESCALATION_REOPEN,	"", 0 },
	/* Nothing that we could read: ESCALATION_ACT_COUNT. */
	{ "",					ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "ack?",				ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "acknowledgement follows",		ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "ack, but only tomorrow",		ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "I do not want to\nack",		ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "resolved?",				ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "resolved by nobody so far",		ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "snooze",				ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "snooze tomorrow",			ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "snooze 0h",				ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "snooze -2h",				ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "snooze 99999999999999999999h",	ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "assign Bob",				ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "assign a@b.test, c@d.test",		ESCALATION_ACT_COUNT,	NULL, 0 },
	{ "> ack",				ESCALATION_ACT_COUNT,	NULL, 0 },
};
/* clang-format on */

static void
one_word_on_the_first_line_is_all_that_counts(void **state)
{
	struct arena *arena = arena_new(ARENA_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clear); i++) {
		struct escalation_word word;
		bool want = clear[i].act != ESCALATION_ACT_COUNT;
		enum escalation_said said = escalation_words(arena, clear[i].own, &word);

		if ((said == SAID_ONE) != want)
			fail_msg("\"%s\" was read as %d", clear[i].own, said);
		if (!want)
			continue;
		assert_int_equal(word.act, clear[i].act);
		assert_string_equal(word.text, clear[i].text);
		assert_int_equal(word.span, clear[i].span);
	}
	arena_free(arena);
}

static void
two_words_are_none(void **state)
{
	static const char *const texts[] = { "ack\nresolved: done", "ack\n\nThanks\nreopen",
		"resolved: done\nack", "snooze 2h\nsnooze 3h" };
	struct arena *arena = arena_new(ARENA_MAX);
	struct escalation_word word;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(escalation_words(arena, texts[i], &word), SAID_SEVERAL);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_word_on_the_first_line_is_all_that_counts),
		cmocka_unit_test(two_words_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
