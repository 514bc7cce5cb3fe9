/* Replies to a mail whose language is known, and what may stand beside an outspoken word. */
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* clang-format off */
static const struct {
	const char *locale, *words, *want; /* a verdict an item: a, r or - */
} rows[] = {
	/* one word, two languages */
	{ "pl", "No", "-" }, { "", "No", "r" }, { "en", "No", "r" }, { "pl-PL", "No", "-" }, { "pl", "No to nie", "r" },
	{ "pl", "Tak", "a" }, { "", "Tak", "-" }, { "da", "Tak", "-" }, { "pl", "Tak, drukarka już działa", "-" },
	{ "pl", "pierwsze tak, drugie nie", "ar" }, { "xx", "approved", "a" },
	/* a word of one language that is a doubt in another: Italian "se", Turkish "mi" */
	{ "es", "Rechazado, se sale del presupuesto anual", "r" }, { "it", "Rifiutato, se non costa meno", "-" },
	{ "de", "Nein, das lassen wir. Trotzdem vielen Dank für die Mühe", "r" },
	/* a consequence that contradicts what it follows from */
	{ "en", "we decline so order it", "-" }, { "en", "I refuse so buy it", "-" }, { "en", "I reject this so go ahead", "-" },
	{ "de", "wir lehnen ab also bestellen", "-" }, { "fr", "on refuse donc commandez", "-" }, { "en", "we need it so order it", "a" },
	/* thanks for news and questions behind a yes */
	{ "en", "Great, thanks for letting me know", "-" }, { "de", "Super, danke für die Info!", "-" }, { "pl", "Super, dzięki za informację", "-" },
	{ "en", "Great, thank you", "a" }, { "en", "yes I have a question about the price", "-" }, { "es", "Sí, tengo una duda con el precio", "-" },
	{ "en", "no questions, go ahead", "a" }, { "de", "Ok, dann lassen wir es eben bleiben.", "-" }, { "de", "Bin dafür", "a" },
	/* errands, and what only looks like one */
	{ "fr", "Accord donné. Merci de prévenir l'accueil avant de couper le réseau.", "a" }, { "es", "De acuerdo, avisad a mi socio para que decida", "-" },
	{ "pt", "De acordo. Reiniciem depois das 22h por favor", "a" }, { "it", "D'accordo, chiamate prima me", "-" }, { "en", "Yes, tell Bob to choose the colour", "-" },
	{ "de", "Ja, kommen Sie vorbei und zeigen Sie mir erst das Gerät", "-" }, { "de", "Passt, aber der Chef muss noch drüberschauen", "-" },
	{ "en", "Yes please. Arrange a call with me beforehand", "-" }, { "en", "No, come after 3", "-" },
	/* somebody else who is to decide, and somebody who only is there */
	{ "en", "OK. The board has to agree to it", "-" }, { "en", "Approved. The director must sign it first", "-" }, { "fr", "Approuvé. Le directeur doit signer", "-" },
	{ "en", "According to Bob it is fine. Approved", "-" }, { "en", "I am not the one who decides. Approved", "-" }, { "en", "Approved. Two of them are enough for us", "-" },
	{ "sv", "Tre i stället för fyra, stryk Kennys", "-" },
	/* capitals say nothing */
	{ "en", "Approved.\nONLY 2 PLEASE", "-" },
	/* several items, part by part */
	{ "en", "Go ahead with 1 and 3.", "a-a" }, { "en", "Only number 3. Reject the others.", "rra" }, { "en", "None of these are approved.", "rrr" },
	{ "pt", "Só o do meio, os outros dois recusados", "---" }, { "en", "ok for 1 and 2. Not 3 and 4. Number 5 I'd have to ask Helen about", "aarr-" },
	{ "en", "All but 2, that one I don't want", "ara" }, { "de", "Alle ja bis auf die letzte, die bitte nicht bestellen", "aaar" },
	{ "en", "2 licences approved", "---" }, { "en", "approve none", "--" }, { "en", "1 and 2 when Bob agrees", "---" }, { "en", "none of these is urgent", "---" },
	{ "fr", "le un et le trois, vous pouvez lancer", "---" }, { "en", "we agreed on that last year", "---" }, { "en", "1: ok, wait, no", "--" },
};
/* clang-format on */

static void
each_reply_is_read_in_the_language_of_its_mail(void **state)
{
	(void)state;
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct intent_ask ask = { rows[i].words, strlen(rows[i].want), rows[i].locale };
		struct intent intent;
		char got[16] = "";
		intent_read_in(&ask, arena, &intent);
		for (size_t k = 0; k < ask.items; k++)
			got[k] = "-ar"[intent.items[k].verdict];
		if (strcmp(got, rows[i].want) != 0)
			print_error("'%s' (%s): got %s, want %s\n", rows[i].words, rows[i].locale,
			    got, rows[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct intent_ask ask = { rows[i].words, strlen(rows[i].want), rows[i].locale };
		struct intent intent;
		intent_read_in(&ask, arena, &intent);
		for (size_t k = 0; k < ask.items; k++)
			assert_int_equal("-ar"[intent.items[k].verdict], rows[i].want[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_is_read_in_the_language_of_its_mail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
