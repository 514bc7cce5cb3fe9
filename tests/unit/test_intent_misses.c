/*
 * Near misses: replies made to talk a loosened grammar into a decision. None of the first table
 * approves, none of the second rejects; the third shows that the grammar still reads.
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
	/* somebody else's words */
	"Bob approved it", "Bob approved this one, not me", "The vendor wrote: go ahead", "My boss says go ahead", "My wife thinks we should order it", "He approved",
	"Approved by Bob", "approved by the committee", "Legal approved the other one", "It was approved by finance", "They said order it", "I was told to order it",
	"The supplier says please order today", "Somebody approved it already", "Who approved this", "Sarah would approve", "Karen can approve it", "The dentist next door bought them",
	"You have his approval", "You need my approval", "You don't have my approval", "You'll have my approval tomorrow", "I need approval first", "I have asked for approval",
	/* past and other things */
	"I approved the other one", "I approved the last one", "Approved was last year's", "I approved it last year", "We ordered it ourselves", "We bought it already", "I already ordered it",
	"We already ordered them", "ordered", "We have ordered", "it was fine", "that was fine until last week", "I got approved", "I signed off the last invoice", "we agreed on that last year",
	"order pizza", "please order pizza", "order lunch", "buy milk", "go ahead of me", "I'm going ahead to the office", "you can go", "go away", "get lost", "get real", "get a life", "do it yourself", "you can buy lunch",
	"The order is fine, the invoice isn't", "the printer is fine", "The weather is fine", "all good here, how are you", "good question", "good grief", "fine print please",
	"yes, the printer works again", "yes we received it", "Yes, I was in the office", "yes I know", "Yes, I read it", "ok I saw it", "ok noted", "yes it is broken?", "Sure, I remember that",
	/* irony */
	"Oh sure, buy ten", "yeah right, order away", "great, another bill", "Fine. Whatever.", "perfect, just what we needed, another invoice", "Sure, why don't we order two", "Of course you can order it, in your dreams", "Love it. Why not order ten", "yes, when pigs fly", "Order it, haha",
	/* partial, other quantity, other thing */
	"order two", "order only one", "order one of them", "Please order three instead", "order half", "order 2", "buy two of them", "Order the cheaper one", "order the other one", "order a different one", "buy the smaller one", "get us one", "please order one", "go ahead with two", "proceed with the first half",
	"Approved for 500", "Approved up to a point", "Order it for under 500", "order it but not from them", "order it from somebody else", "order it minus the bag", "Go ahead with everything except the dock", "Approved. Two only", "Approved. Max 300", "Approved. The smaller one though", "Approved. Take the cheaper one", "Approved. For one month.", "Approved. But the blue one", "Approved. Not the dock.",
	/* postponement */
	"order it tomorrow", "order it next week", "order it later", "you can order it when I'm back", "please order once he agrees", "buy it after Easter", "go ahead after the meeting", "go ahead next month", "Will order it myself", "I will approve", "I'll order it", "we'll go ahead in May", "order it soon maybe", "hold the order", "wait with the order", "I'll let you know", "don't order yet", "not yet, go ahead later",
	"I will approve it as soon as I can", "We are going to approve this", "I am about to approve it", "I intend to approve", "I want to approve it", "I'd love to approve", "I would like to approve this", "happy to approve once I see it", "glad to approve if needed",
	/* asking a superior, wishes */
	"please approve", "please approve it", "Boss, please approve this", "kindly approve the purchase", "could you approve", "can you order it", "should I approve", "shall we order it", "May I order it", "can we go ahead", "do we have approval", "please let me approve", "let me order it", "ask Bob to order it", "tell Bob to go ahead", "Bob can order it", "Anna may approve it", "have Bob approve it", "get Bob to sign it off", "get it approved", "get it signed off by Bob", "get this approved by Bob please", "we need to get this approved",
	/* negation, near and at distance */
	"not approved", "Approved. Not.", "Approved - no wait", "Approved? no", "I do not think we should order it", "I don't believe you can order it", "you can not order it", "you may not order it", "nobody can order it", "you can never order it", "don't go ahead and order it", "never order it", "no way you can order it", "I am not saying go ahead", "not fine", "not at all fine", "anything but fine", "far from fine", "that's not fine", "that is hardly acceptable", "none of this is acceptable", "that's nowhere near acceptable", "not acceptable", "can't approve", "I can't say that I approve", "I can't order it", "We can't go ahead", "I wouldn't order it", "without my approval", "you ordered without my approval", "refuse to order", "stop the order", "cancel, go ahead and cancel", "go ahead and cancel it", "please go ahead and cancel the order", "go ahead and return it", "I would hesitate to approve", "I hesitate to approve", "I'm reluctant to approve", "it's not that I approve", "no objections my foot", "I have objections", "I have one objection", "no objections except the price", "No objections if Bob agrees", "not a problem for us to wait", "no problem to wait", "no problem, we can wait", "I don't have a problem with waiting", "no need to order", "no need to go ahead", "no reason to approve", "no reason to order it", "I see no reason to approve", "can't see any reason to order it", "nothing speaks for it", "I don't mind waiting", "no rush to order", "do not hesitate to ask", "do not hesitate to order", "don't wait, cancel it", "not too bad",
	"no, that's fine", "No - fine as it is", "yes and no", "yes no maybe", "yesn't", "no yes", "No. Order it.", "Don't. Order it.", "Not! Approved", "Never. Approved.", "Approved. It is not.", "Approved. That is not what I want.", "Approved. This was not me.", "Approved. I don't think so.", "Approved. I have not decided.", "Order it. Or not.", "Approved. Cancel that.", "Approved. Sorry, wrong mail.", "I don't think so. Approved by whom?", "I never said approved", "I never said go ahead", "don't you dare order it", "who says I approved",
	/* with a courtesy beside it the verb asks somebody else */
	"Por favor, aprobar", "por favor aprueben", "please, approve", "Bitte, genehmigen", "s'il vous plaît, approuver", "svp valider", "por favor, aprovar", "por favor, aprove", "alstublieft, goedkeuren", "per favore, approvare", "proszę, zatwierdzić", "snälla, godkänn", "vær så snill, godkjenn", "lütfen, onayla", "пожалуйста, одобрите", "בבקשה, לאשר",
	/* negators that open it, hearsay, names, talk */
	"never 3, 2 ok", "never RRRRR1. ove 1,3; rejeck.\n2. ok\n3. no", "never this 1 thing\n1. ok\n2. ok\n3. no", "never 1 ok, 2 ok", "never everything except 1\n2. ok", "not 3, 2 ok", "das nicht können sie so bestellen", "das not koennen sie so bestellen", "Nein, das Internet geht nicht", "ok computer", "ok google", "да уж", "no bierz", "Paul est d'accord donc ok", "Simon", "Thanks, Simon", "Thanks, Jo", "Thanks\nJo", "Thanks, Dale", "Gracias, Vale", "Thanks, Sim", "Cheers, Si", "a) non confermo", "b) yes a) no",
	/* beside a decision: what a clause before it must not bear */
	"we refuse so order it", "rejected so order it", "we pass so order it", "yeah, right", "Approved. There is no money left", "Never this one. Approved", "Don't buy that. Approved? Order it?", "yeah right, order away", "Bob from sales, go ahead", "He was in doubt, so go ahead Bob said", "The vendor is keen, go ahead they wrote", "I can not approve this. Order it?", "Yes, I saw your mail. No, we don't want it", "godkänner no vi", "godkender no vi", "Har vi ikke en? Bestil", "skal vi vente? ja", "480 for a disk? Approved?",
	"none", "neither", "none of them", "weder noch", "all but number 9 and the rest",
	/* conditions and hedges */
	"I would approve if", "I would approve it", "I could approve it", "I might order it", "should be fine I guess", "that should be fine", "that would be fine", "might be fine", "fine if it fits", "fine as long as it fits", "order it if you must", "order it if possible", "if you can order it do it", "Order it unless Bob minds", "order it provided it's in stock", "You can order it once paid", "you may order it when the old one dies", "order it assuming it's cheap", "only order it with a warranty", "You can only order it with a warranty", "if in doubt order it", "if it was me I'd order it", "probably order it", "maybe order it", "perhaps go ahead", "I think you can order it", "I guess order it", "I suppose go ahead", "looks like you can order it", "apparently approved", "it seems approved", "in theory you can order it", "technically approved", "almost approved", "half approved", "partly approved", "conditionally approved", "unofficially approved", "as good as approved", "pre-approved", "approved in principle", "I'm inclined to approve", "tempted to approve", "leaning towards approving", "It has to be approved", "it must be approved first", "needs to be approved", "to be approved", "is to be approved by Bob", "subject to approval", "pending approval", "awaiting approval", "approval pending", "approval needed", "no approval", "approval denied", "approval withdrawn", "I withdraw my approval", "I take back my approval",
	"If it's still broken order it", "Yes, if it's broken", "yes, the old one is broken, but wait", "Yes, charge it to Bob if he agrees", "Yes. Only one though.", "yes, we need two of them", "yes but cheaper", "yes, it's expensive", "ok, the price is too high", "Approved? The old one is broken.", "The old one is broken. Approved?",
	/* German */
	"Bob hat es genehmigt", "Der Chef sagt ja", "genehmigt von Bob", "wurde letztes Jahr genehmigt", "Genehmigt war das letztes Jahr", "ich habe das andere genehmigt", "bestell Pizza", "bitte Pizza bestellen", "bestellen Sie nur eins", "bestell zwei", "bitte den anderen bestellen", "das billigere bestellen", "bestellt das später", "bestellen Sie nächste Woche", "bitte noch nicht bestellen", "bitte erst morgen bestellen", "das würde ich genehmigen", "das könnte man bestellen", "kann man bestellen wenn es passt", "wenn es passt bestellen", "falls nötig bestellen", "nur bestellen wenn nötig", "Sie können nicht bestellen", "das dürfen Sie nicht bestellen", "das kann nicht bestellt werden", "nicht in Ordnung", "alles andere als in Ordnung", "das ist nicht ok", "keine Freigabe", "Freigabe folgt", "Freigabe fehlt", "ich erteile keine Freigabe", "ich kann keine Freigabe erteilen", "Freigabe erteile ich nicht", "Bedenken habe ich", "ich habe Bedenken", "keine Bedenken zu warten", "kein Grund zu bestellen", "wir haben schon bestellt", "haben wir selbst gekauft", "haben wir schon gekauft", "bitte um Freigabe", "bitte freigeben", "können Sie das bestellen", "soll ich bestellen", "darf ich bestellen", "ich bestelle selbst", "ich bestelle morgen", "wir bestellen woanders", "bestellen Sie woanders", "das Angebot ist in Ordnung, der Preis nicht", "Ja, der Drucker geht wieder", "ja ich habe es gelesen", "ja klar, Geld wächst ja auf Bäumen", "von mir aus könnt ihr das lassen", "kann weg", "macht euch keine Sorgen", "mach Schluss", "frag Bob ob er bestellt", "Bob soll bestellen", "Anna darf das freigeben", "Freigegeben. Nicht.", "Freigegeben? Nein", "Freigegeben, halt, doch nicht", "ich glaube ihr könnt bestellen", "eigentlich genehmigt", "vermutlich genehmigt", "genehmigt bis 500", "genehmigt, maximal 500", "Genehmigt. Nur einen.", "Genehmigt. Aber den blauen", "Ja und nein", "jein", "nein, passt schon", "bestellt ist bestellt", "da spricht einiges dagegen", "dagegen habe ich etwas", "ich habe etwas dagegen", "nicht dass ich was dagegen hätte",
};

static const char *const never_reject[] = {
	"Do I mind? No", "Is there another one? No", "any objections? none", "none", "Have you any objection? Keine", "aucune", "He told them that he wants it, but no",
	"Это к Виктору Палычу, я такое не подписываю", "b) no a) yes", "Nein, das Internet geht nicht", "das nicht können sie so bestellen",
	"no problem", "no problem at all, go ahead", "no worries", "no rush", "no objections", "no objection to cancelling the old one", "not rejected", "don't reject it", "do not cancel", "don't cancel the order", "please don't cancel it", "never say no", "I can't say no", "can't say no to that", "I won't say no", "I wouldn't say no", "not a no", "it's not a no", "It's not a no from me", "the answer is not no", "no is not an option", "I don't want to say no", "I haven't said no", "did I say no", "who said no", "Bob said no", "Legal says no", "My wife says no", "rejected by finance", "It was rejected last year", "I rejected the other one", "We declined the last one", "The card was declined", "your mail was rejected", "my payment was declined", "they cancelled the meeting", "cancel the meeting", "please cancel my subscription to the newsletter", "Please cancel the meeting on Monday", "don't order it yet", "do not order before Friday", "don't order until I call", "don't order without a warranty", "don't order the blue one", "do not order two", "don't buy the cheaper one", "don't buy it from them", "don't order if it's late", "don't order unless Bob agrees", "no, unless it's free", "No if it's over 500", "not now", "not today", "not this week", "not yet approved", "not sure", "no idea", "no comment", "no clue what this is", "No, the wifi is still down", "no it arrived today", "no I am in the office", "No, I meant the other mail", "should I decline", "shall we cancel it", "can you cancel it", "could you decline it for me", "why was it declined", "I might decline", "I may have to say no", "I'd probably say no", "I think no", "leaning towards no", "maybe not", "probably not", "I would decline if it was more", "I'll decline tomorrow if nothing changes", "I will not decline", "we are not declining", "I don't decline", "no, go ahead", "No. Approved.", "leave it with me", "leave it to Bob", "leave it on my desk", "leave it until Monday", "let me leave it for now", "drop it off at the desk", "drop it at reception", "scrap that, order it", "Please decline", "please reject it", "reject or approve", "no thanks needed", "no thanks necessary, go ahead", "No need to thank me", "no need to wait", "no longer in the office", "I no longer work here", "we don't need to talk about it", "we don't need more details", "I don't need the details", "we don't want delays", "I don't want to wait", "I don't want to cancel it", "not interested in the details", "pass it on to Bob", "I'll pass it on", "We'll pass this to finance", "turn it down a bit", "not a chance I'd cancel it", "I can't justify waiting", "I can't justify saying no",
	"kein Problem", "keine Einwände", "nicht abgelehnt", "nicht stornieren", "bitte nicht stornieren", "das lehne ich nicht ab", "Bob hat abgelehnt", "der Chef sagt nein", "wurde letztes Jahr abgelehnt", "noch nicht bestellen", "nicht vor Freitag bestellen", "nicht ohne Garantie bestellen", "nicht bestellen bevor ich anrufe", "nur nicht den blauen bestellen", "nicht heute", "noch nicht", "nicht sicher", "eher nicht", "vielleicht nicht", "soll ich ablehnen", "warum abgelehnt", "ich kann nicht nein sagen", "da sage ich nicht nein", "kein Nein", "brauchen wir nicht lange überlegen", "das brauchen wir nicht zu besprechen", "Nein, das Internet funktioniert immer noch nicht", "nein, noch nicht angekommen", "nicht nötig zu fragen", "nicht warten, bestellen", "ich lehne nur ab wenn es teurer wird",
};

/* want: one letter an item: a approve, r reject, - unclear. */
static const struct { const char *words, *want; } reads[] = {
	{ "The old one doesn't boot any more. Approved.", "a" }, { "Approved. The old one doesn't boot any more.", "a" }, { "Not cheap but it has to be done. Approved.", "a" },
	{ "Sorry for the slow answer, we had lambs all night. Order it.", "a" }, { "You can order both monitors as quoted", "a" }, { "that's fine mate", "a" }, { "yes, charge it to the Leeds branch", "a" },
	{ "yes, we budgeted for it", "a" }, { "I don't have a problem with that", "a" }, { "can't fault the quote", "a" }, { "have to say no", "r" }, { "leave it, we don't want it", "r" }, { "scrap the order", "r" },
	{ "Das Angebot ist in Ordnung, Sie können bestellen.", "a" }, 
	{ "leider muss ich das ablehnen", "r" }, { "1 yes\n2 only if it's under 200\n3 no", "a-r" }, { "number one is fine, number two no way", "ar" }, { "Only number 3, scrap the rest", "rrar" },
	{ "Yes to everything except 6 - I don't want that one", "aaaaar" }, { "2+3 go ahead. 1+4 talk to me first", "-aa-" }, { "First two are a no. The other four are all fine", "rraaaa" },
	{ "1 and 2 approved. What is 3 for?", "aa-" }, { "all but 2", "a-a" },
	{ "a) approved b) rejected", "ar" }, { "A: yes\nB: no", "ar" }, { "a) oui\nb) non", "ar" }, { "a) nein b) ja", "ra-" }, { "а) да б) нет", "ar" }, { "a) confermo b) non confermo", "a-" },
	{ "approved, this is Anna from Lund", "a" }, { "Approved. Anna", "a" }, { "Approved, Simon", "a" }, { "Thanks, that's fine. See you Monday", "a" },
	/* what stands beside a decision */
	{ "Billig ist es nicht, aber es muss sein. Genehmigt.", "a" }, { "I've just talked to my wife, order it", "a" }, { "Barato no es, pero hace falta. Queda aprobado.", "a" }, { "Are you joking? At that price I decline", "-" },
	{ "480 for a disk? No", "r" }, { "Vous rigolez ? Je refuse.", "r" }, { "Yes, I saw your mail. I don't want it.", "r" }, { "haha nee, doen we niet", "r" }, { "den er vi med på", "a" },
	/* several items: counts before what they count, two words that leave out, none of them */
	{ "De två första nej, de andra två ja", "rraa" }, { "Les deux premiers non, les deux autres oui", "rraa" }, { "alle drei ja", "aaa" }, { "alle drei ja", "----" }, { "yes to all three", "aaa" },
	{ "Alle bis auf Nr. 2, die lehne ich ab", "araa" }, { "Everything except 3, that one is a no", "aara" }, { "neither of them", "rr" }, { "Weder noch, danke", "rr" }, { "Both, yes", "aa" }, { "Первый и третий делайте", "a-a" }, { "1 ○\n2 ×\n3 ○", "ara" },
	/* "to" is two in Danish, "andra" the second and the others in Swedish */
	{ "No to all of them please", "rrr" }, { "No to all of these", "rrr" }, { "nummer én ja, nummer to nej", "ar" },
	{ "första nej, andra ja", "ra--" }, { "första nej, den andra ja", "ra--" }, { "första nej, de andra ja", "raaa" }, { "första ja, alla andra nej", "arr" },
	{ "første nei, andre ja", "ra--" }, { "første nei, den andre ja", "ra--" }, { "første nei, de andre ja", "raaa" }, { "første nei, de to andre ja", "raa" },
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
count_with(const char *const *rows, size_t count, enum verdict verdict)
{
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t items = 1; items <= 3; items++)
			for (size_t k = 0; k < items; k++)
				if (read_item(rows[i], items, k) == verdict) {
					print_error("'%s' with %zu: %s\n", rows[i], items,
					    verdict_name(verdict));
					wrong++;
				}
	return wrong;
}

static void
near_misses_never_approve(void **state)
{
	assert_int_equal(count_with(never_approve, ARRAY_LEN(never_approve), VERDICT_APPROVE), 0);
}

static void
near_misses_never_reject(void **state)
{
	assert_int_equal(count_with(never_reject, ARRAY_LEN(never_reject), VERDICT_REJECT), 0);
}

static void
what_is_clear_is_still_read(void **state)
{
	size_t wrong = 0;
	for (size_t i = 0; i < ARRAY_LEN(reads); i++)
		for (size_t k = 0; reads[i].want[k]; k++)
			if ("-ar"[read_item(reads[i].words, strlen(reads[i].want), k)] !=
			    reads[i].want[k]) {
				print_error("'%s': item %zu\n", reads[i].words, k + 1);
				wrong++;
			}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_misses_never_approve),
		cmocka_unit_test(near_misses_never_reject),
		cmocka_unit_test(what_is_clear_is_still_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
