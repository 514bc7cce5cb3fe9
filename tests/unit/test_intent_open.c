/*
 * A yes or no that opens a reply bears much behind it: what it must not bear, for each of the
 * permissive rules, in many languages; and what it must.
 */
#include <assent/base/mem.h>
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* clang-format off */
static const char *const never_approve[] = {
	/* a yes to something else */
	"yes, the printer works again", "yes I got your mail", "Ok, I saw it", "ok, will look at it tonight", "yes we received the laptop", "ok got it thanks", "yes call me", "ok let me know", "Yes that is my number", "ok I read it", "yes, the wifi is back up", "yes it arrived this morning", "ok we can talk in the meeting", "yes I remember you", "yes, solved now",
	"Ja, der Drucker geht wieder", "ja hab ich gesehen", "Ok, melde mich", "ja, meine Nummer stimmt", "Ja, rufen Sie mich an", "Ja, das WLAN ist langsam", "ok verstanden", "ja, ist angekommen", "ok weiß ich",
	"Ja, de printer doet het weer", "ja heb ik gezien", "ok bel me maar", "Ja, ik ben thuis", "ok ik kijk er vanavond naar", "ja opgelost",
	"Oui, bien reçu", "oui l'imprimante remarche", "ok je regarde", "Oui, rappelez-moi", "oui c'est mon numéro", "ok compris",
	"Sí, lo recibí ayer", "sí, ya funciona", "ok lo miro luego", "Sí, llámame", "sí es mi número", "ok entendido",
	"Sì, ricevuto", "sì la stampante ora funziona", "ok lo guardo", "Sim, recebi o email", "sim já funciona", "ok vou ver", "Ja, skrivaren funkar igen", "ja jag har sett det", "ok ringer dig", "Ja, printeren virker igen", "ok jeg kigger på det", "Ja, skriveren virker igjen", "Evet aldım", "evet yazıcı düzeldi", "tamam bakarım", "Ok, działa już", "ok widziałem",
	/* a yes with a doubt behind it */
	"yes Bob said so", "yes and then again maybe", "yes, if it is cheap", "ok ask my boss", "yes but only two", "ok, tomorrow", "yes not", "yes, not now", "ok for 500", "yes, two of them", "ok unless it rains", "yes, this is not ok", "Yes. That is not what I want.", "yes, it's too expensive", "ok, cancel it", "yes, I don't want it", "yes no", "yes sorry no", "yes we need to think", "ok when the old one dies", "yes, take the smaller one", "ok without the bag", "yes, what does it cost", "ok then again no", "yes wait",
	"ja wenn es billig ist", "ja aber nur zwei", "ja morgen", "ja nicht", "ja, ohne die Tasche", "ja, das will ich nicht", "ja, fragen Sie den Chef", "ja vielleicht", "ok, maximal 500", "ja als het goedkoop is", "ja maar alleen de kleine", "ja misschien", "ja vraag het Bob", "oui si c'est moins cher", "oui mais pas maintenant", "oui peut-être", "ok demandez à Paul", "sí si es barato", "sí pero mañana", "ok pregúntale a Pedro", "sì se costa poco", "sì ma non ora", "sim se for barato", "sim mas só um", "ja om det är billigt", "ja men inte nu", "ja kanske", "ok spør sjefen", "evet ama ucuzsa", "tamam belki", "ok jeśli będzie taniej",
	/* words that only look like a yes of their own */
	"ja się nie zgadzam", "ja tego teraz na pewno nie chcę mieć", "ja nie wiem", "okay is not what I said", "si baja de 200", "si te parece", "da Paolo", "also nicht", "yes men are annoying me", "ok is what he said",
	/* an account, and no decision of the writer's own */
	"He was in doubt, so go ahead Bob said", "The vendor is keen, go ahead they wrote", "Bob from sales, go ahead", "My boss is fine with it. He said yes", "If it breaks we have no till. Yes", "Is the old one dead? Yes", "I got the mail. Yes", "The printer is on again. Yes", "I do not approve of this. Yes", "I saw it, so yes",
	/* offices' words, nearly */
	"Aye right", "We sold", "I'm sold, but not on the price", "This approval", "Please check it and approve it", "It needs to be reviewed and approved", "I want it checked and approved", "Reviewed and approved by Bob", "the board met and it's approved", "Happy for it to go", "Approved. We do not want it", "ok. quote please", "Great. Send it back", "Thanks\nK", "It works", "Aye, if it's cheap", "let's go with the other one",
	"bestel maar twee", "Prima. Mijn man is niet akkoord", "Super. Zonder offerte gaat dat niet", "Bra. Utan offert går det inte", "Når budgettet er på plads så bestil", "Når vi har fått svar så kjør", "vi kan hermed ikke godkende det",
	/* what another decides, and whom to ask */
	"A reserva de lo que diga el contador, autorizado", "A falta de lo que diga el contador, autorizado", "Con riserva, approvato", "Ce que dit le comptable, accordé", "A voi la scelta, approvato", "Ta det med Ingrid", "Tag det med Anna",
};

static const char *const never_reject[] = {
	"no, I have not seen it yet", "No, it arrived today", "no I am in the office", "no idea what this is", "no, that is fine", "no I have no objection", "No, the wifi is still down", "no, I meant the other mail", "no we don't mind", "no, still waiting", "No. Is it broken", "no wait", "no if it costs more", "no, maybe later", "no, ask Bob", "no but go ahead", "No, I did not get your mail", "no I read it only now", "no news is good news", "no one told me", "no rush we can talk", "no, not yet", "no he is away", "No, call me first",
	"nein, noch nicht angekommen", "Nein, das Internet geht noch nicht", "nein sage ich da nicht", "nein, habe ich nicht gesehen", "nein, das ist in Ordnung", "nein, vielleicht später", "nein, fragen Sie Bob", "Nein, rufen Sie mich an", "nein, kein Problem",
	"nee, nog niet gezien", "nee zeg ik niet", "nee, misschien later", "nee, dat is goed", "nee bel me maar", "nee, het internet doet het nog steeds niet", "non, pas encore", "non je n'ai pas reçu le mail", "non c'est bon", "non, c'est parfait", "no lo rechazo", "no lo cancelen", "no lo he visto", "non annullate", "non lo rifiuto", "non sono contrario", "non ho ancora deciso", "não rejeito", "nej, inte än", "nej jag har inte sett det", "nej, det går bra", "nej, kanske senare", "nei, ikke ennå", "nej, det er fint", "hayır demiyorum", "nie odrzucam", "нет проблем", "нет, пока не видел",
	"I never said no", "He told them that he wants it, but no", "If you must, but no idea",
	"It is happening", "it is going", "carry on with the order", "We're keeping to the contract", "we can't run this", "we'll stay with the current contract", "I'm not paying for the second one", "we have decided not to wait", "i'm going to have to say yes", "det må nok blive et nej", "Min man sa nej", "Mijn man is niet akkoord",
	"No lo veo claro", "Yo diría que no, pero no me hagas mucho caso", "I'd say no, but don't listen to me", "Direi di no, ma non datemi retta", "ikke bestill ti", "ikke bestil to", "nie zamawiajcie dziesięciu", "Strunta i mitt förra svar, barnet hade mobilen", "Vergeet mijn vorige mail", "Forget my last answer",
};

/* want: one letter an item: a approve, r reject, - unclear. */
static const struct { const char *words, *want; } rows[] = {
	{ "ok avisad a manolo", "a" }, { "Ok, portkoden är samma som förra gången", "a" }, { "yes, without the register we can't open the shop", "a" }, { "Nej, vi har precis bytt leverantör.", "r" },
	{ "No, we've just bought new ones from another supplier.", "r" }, { "Vi kan ju inte vara utan löneprogrammet, så ja.", "a" }, { "Det svider i plånboken, men kör.", "a" }, { "Expensive, but go ahead", "a" },
	{ "Ojalá pudiera decir que sí, pero no hay presupuesto. Denegado.", "r" }, { "Ik kan er niet omheen, dus ja.", "a" },
	/* item by item */
	{ "1 j\n2 n\n3 j\n4 alleen als t onder de 200 blijft\n5 j", "ara-a" }, { "1 j 2 n 3 only if it is under 300 4 j", "ar-a" }, { "1 s 2 s 3 n", "aar" }, { "Allt utom 1:an", "-aaa" }, { "2 hariç hepsi", "a-aa" }, { "2以外は承認します", "a-aa" }, { "1 ok, 2 what does it cost?, 3 no", "a-r" },
	{ "1 t/m 3 ok, de rest niet", "aaarr" }, { "2'yi onaylıyorum, 1'i reddediyorum", "ra" },
	/* ... and what is no list of items */
	{ "Approved\n2 licences only", "---" }, { "2 licences approved", "---" }, { "2 pieces ok", "---" }, { "Order 2, please", "---" }, { "all except 2 licences", "---" }, { "all but 2 if the price holds", "---" }, { "ok, 2 pieces", "---" }, { "1 order 2 of them", "---" }, { "everything except 2, sorry no", "ara" }, { "1 y 2 n 3 scratch that", "---" },
	{ "1 for 500, 2 for 300", "---" }, { "all except the price", "---" }, { "all but 9", "---" }, { "1 or 2 is ok", "---" }, { "1 x 2 = 2", "---" }, { "the first time it broke, the second time too", "---" }, { "1 of them", "---" }, { "1 j of n", "---" }, { "2 excepted maybe", "---" }, { "1 ok?", "---" }, { "not 1", "---" }, { "yes except that 2 asks Bob", "---" },
	{ "1. y if it fits\n2. n or y", "---" }, { "1st of May", "---" }, { "1 day, 2 days", "---" },
};
/* clang-format on */

static enum verdict
read_item(const char *words, size_t count, size_t item)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	struct intent intent;
	intent_read(words, count, arena, &intent);
	return intent.items[item].verdict;
}

static size_t
count_with(const char *const *list, size_t count, enum verdict verdict)
{
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t items = 1; items <= 3; items += 2)
			for (size_t k = 0; k < items; k++)
				if (read_item(list[i], items, k) == verdict) {
					print_error("'%s': %s\n", list[i], verdict_name(verdict));
					wrong++;
				}
	return wrong;
}

static void
what_is_no_consent_never_approves(void **state)
{
	assert_int_equal(count_with(never_approve, ARRAY_LEN(never_approve), VERDICT_APPROVE), 0);
}

static void
what_is_no_refusal_never_rejects(void **state)
{
	assert_int_equal(count_with(never_reject, ARRAY_LEN(never_reject), VERDICT_REJECT), 0);
}

static void
each_answer_is_read_item_by_item(void **state)
{
	size_t wrong = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; rows[i].want[k]; k++)
			if ("-ar"[read_item(rows[i].words, strlen(rows[i].want), k)] !=
			    rows[i].want[k]) {
				print_error("'%s': item %zu\n", rows[i].words, k + 1);
				wrong++;
			}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_consent_never_approves),
		cmocka_unit_test(what_is_no_refusal_never_rejects),
		cmocka_unit_test(each_answer_is_read_item_by_item),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
