/* Nobody can silence an honest writer with mails in his name. */
#include "help_jane.h"

#include <assent/flow/notice.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FORGED 70 /* more than any limit of an hour */

static void
forge(struct desk_kit *kit, struct kit_letter letter)
{
	letter.not_vouched = true;
	kit_say(kit, letter);
}

static void
mails_in_the_engineers_name_do_not_use_up_the_engineers_answers(void **state)
{
	struct desk_kit *kit = *state;
	size_t told;

	jane_ask(kit);
	for (int i = 0; i < FORGED; i++)
		forge(kit,
		    (struct kit_letter){ .from = EVE,
			.subject = "Re: a laptop [T-1001]",
			.body = arena_printf(kit->arena, "status\r\n> %d\r\n", i) });
	told = kit_sent_count(kit, EVES);
	kit_say(kit,
	    (struct kit_letter){
		.from = EVE, .subject = "Re: a laptop [T-1001]", .body = "status\r\n" });
	assert_int_equal(kit_sent_count(kit, EVES), told + 1);
	assert_non_null(strstr(kit_last_to(kit, EVES), "to jane@acme.test: sent"));
	/* The owner's answers are about the same ticket. */
	told = kit_sent_count(kit, JANE);
	jane_answer(kit, 0, "hmm, let me think\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), told + 1);
}

static void
mails_in_the_engineers_name_are_answered_a_few_times_an_hour(void **state)
{
	struct desk_kit *kit = *state;
	size_t told;

	jane_ask(kit);
	told = kit_sent_count(kit, EVES);
	for (int i = 0; i < FORGED; i++)
		forge(kit,
		    (struct kit_letter){ .from = EVE,
			.subject = "Re: a laptop [T-1001]",
			.body = arena_printf(kit->arena, "status\r\n> %d\r\n", i) });
	assert_int_equal(kit_sent_count(kit, EVES) - told, NOTICE_TICKET_HOUR / 3);
}

static void
mails_in_the_owners_name_do_not_use_up_what_is_explained_to_the_owner(void **state)
{
	struct desk_kit *kit = *state;
	const char *id;
	size_t told;

	jane_ask(kit);
	id =
	    arena_printf(kit->arena, "In-Reply-To: %s\r\n", kit_header(kit, JANE, 0, "Message-ID"));
	for (int i = 0; i < 5; i++)
		forge(kit,
		    (struct kit_letter){ .from = JANE_LONG,
			.subject = "Re: Approve?",
			.extra = id,
			.body = arena_printf(kit->arena, "approved %d\r\n", i) });
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	told = kit_sent_count(kit, EVES);
	jane_answer(kit, 0, "hmm, let me think\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 3);
	jane_answer(kit, 0, "hmm, I am still thinking\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 4);
	assert_int_equal(kit_sent_count(kit, EVES), told + 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)
	static const struct CMUnitTest tests[] = {
		T(mails_in_the_engineers_name_do_not_use_up_the_engineers_answers),
		T(mails_in_the_engineers_name_are_answered_a_few_times_an_hour),
		T(mails_in_the_owners_name_do_not_use_up_what_is_explained_to_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
