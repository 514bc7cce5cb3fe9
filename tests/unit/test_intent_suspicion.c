/* "Is this phishing?" is heard in every language; talk about spam filters is not. */
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct intent
read(struct arena *arena, const char *words)
{
	struct intent intent;

	intent_read(words, 1, arena, &intent);
	return intent;
}

static void
whoever_asks_whether_it_is_phishing_is_heard(void **state)
{
	static const char *const cases[] = { "Is this phishing?", "is this legit??",
		"Is this a scam", "Is this real?", "Is this spam?", "This looks like spam to me",
		"Phishing?", "SCAM!!!", "Hi, is this email genuine?\nThanks, Jane",
		"How do I know this is real?", "Ist das echt?", "Ist das Phishing?",
		"Hallo, woher weiß ich, dass das echt ist?", "Est-ce une arnaque ?",
		"C'est du phishing ?", "¿Es esto una estafa?", "¿Este correo es legítimo?",
		"Isto é golpe?", "È una truffa?", "Is dit echt?", "Czy to phishing?",
		"Är det här bluff?", "Er det svindel?", "Er dette ekte?", "Er det ægte?",
		"Bu dolandırıcılık mı?", "Это мошенничество?", "هل هذا تصيد؟", "האם זה פישינג?",
		"这是钓鱼吗？", "これはフィッシングですか？", "피싱인가요?", "이거 사기인가요?" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct intent intent = read(*state, cases[i]);

		if (!intent.suspicion)
			fail_msg("not heard: %s", cases[i]);
		assert_int_equal(intent.items[0].verdict, VERDICT_UNCLEAR);
	}
}

static void
talk_about_the_thing_and_decisions_are_no_suspicion(void **state)
{
	static const char *const cases[] = { "", "Approved", "No, too expensive",
		"Does the price include phishing protection?", "Does the spam filter cost more?",
		"How much is it?", "Is this a realistic price?", "Is this spamming our server?",
		"Is this legitimately urgent?", "Ist das Echtholz?" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (read(*state, cases[i]).suspicion)
			fail_msg("heard in vain: %s", cases[i]);
}

static void
of_a_bulk_mail_it_is_heard_where_nothing_is_decided(void **state)
{
	struct intent intent;

	intent_read("1 ok\n2 no", 2, *state, &intent);
	assert_false(intent.suspicion);
	intent_read("Is this phishing?", 2, *state, &intent);
	assert_true(intent.suspicion);
}

static int
open_arena(void **state)
{
	*state = arena_new(8u << 20);
	return 0;
}

static int
close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_asks_whether_it_is_phishing_is_heard),
		cmocka_unit_test(talk_about_the_thing_and_decisions_are_no_suspicion),
		cmocka_unit_test(of_a_bulk_mail_it_is_heard_where_nothing_is_decided),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
