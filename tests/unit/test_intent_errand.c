/* How a yes is carried out ("come after 3", "use the side gate") is no doubt of it, and no yes either. */
#include <assent/base/mem.h>
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* clang-format off */
/* want: one letter an item: a approve, r reject, - unclear. */
static const struct { const char *words, *want; } rows[] = {
	{ "Approved. Come after 3", "a" }, { "Approved. Come after 3", "aaaa" }, { "Yes. Come after 3", "aaa" }, { "Yes to 1 and 2. Come after 3", "aa--" },
	{ "Yes, use the side gate", "a" }, { "ok for me but use the side gate", "a" }, { "Approved, invoice to the club not my house", "a" }, { "Approve. Please tell Dave he owes me a beer", "a" },
	{ "Ja, bitte erst nach 14 Uhr", "a" }, { "Genehmigt, bitte über den Hintereingang", "a" }, { "sí, y venid por la mañana", "a" }, { "Zgoda, proszę przyjechać po 15", "a" }, { "Ja kom gärna efter 15", "a" },
	{ "Ja, kom via de achterdeur", "a" }, { "akkoord maar niet tijdens de lunch", "a" }, { "Oui mais pas pendant les cours", "a" },
	/* alone it says nothing, and beside something else it adds nothing */
	{ "Come after 3", "-" }, { "Use the side gate", "-" }, { "Maybe, come after 3", "-" }, { "Yes? Come after 3", "-" }, { "No, come after 3", "-" }, { "Great, come after 3", "-" }, { "nej men kom gärna efter 15", "-" },
	{ "not approved but use the side gate", "-" }, { "never ok and use the side gate", "-" }, { "no ok but use the side gate", "-" }, { "Yes maybe but use the side gate", "-" }, { "Bob says yes, use the back door", "-" },
	{ "Nicht genehmigt und kommen Sie am Montag", "-" }, { "Pas d'accord, passez après 14h", "-" },
	/* it only looks like an errand */
	{ "Ja, aber erst ab 10", "-" }, { "Ok, bitte nur ab 3", "-" }, { "Yes, but only before 5", "-" }, { "Approved, after 3", "-" }, { "OK but call me first", "-" }, { "Yes, but tell Bob to check it", "-" },
	{ "Yes, but come on Monday if the price is right", "-" }, { "Approved, use the other vendor", "-" }, { "yes and ask for approval at reception", "-" },
};
/* clang-format on */

static void
each_errand_leaves_a_decision_as_it_is(void **state)
{
	(void)state;
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t count = strlen(rows[i].want);
		struct intent intent;
		intent_read(rows[i].words, count, arena, &intent);
		for (size_t k = 0; k < count; k++) {
			enum verdict want = rows[i].want[k] == 'a' ? VERDICT_APPROVE
			    : rows[i].want[k] == 'r'		   ? VERDICT_REJECT
								   : VERDICT_UNCLEAR;
			if (intent.items[k].verdict != want)
				print_error("%s [%zu]\n", rows[i].words, k + 1);
			assert_int_equal(intent.items[k].verdict, want);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_errand_leaves_a_decision_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
