/*
 * Answers in Dutch, Swedish, Danish and Norwegian, written before anybody looked whether
 * they are read: what approves, what refuses, and near misses that do neither.
 */
#include <assent/base/mem.h>
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format off */
static const char *const dutch_approve_rows[] = {
	"Bestel die laptop maar.", "Zet maar in gang, kost wat het kost",
	"Keur ik goed, graag snel leveren", "Doe maar hoor, we zitten erom te springen",
	"Helemaal goed zo, ga je gang", "Ja doe maar bestellen", "Mag door!",
	"Hier kan ik mij in vinden, akkoord.",
	"Akkoord met de verlenging van het supportcontract",
	"Jullie mogen de bestelling plaatsen", "Wij gaan graag in op dit voorstel",
	"Tuurlijk joh, regel het", "Akkoord, de oude is al weken stuk",
	"Ja graag, de huidige loopt steeds vast", "Het budget is er, dus bestellen maar",
	"Ga gerust je gang met de nieuwe server", "Yes, kopen die handel",
	"Zeker doen, scheelt ons veel werk", "Gefiatteerd", "Geen bezwaar tegen deze aanschaf",
	"U kunt overgaan tot aanschaf van de laptops", "Fiat van mijn kant",
	"Dat keuren wij goed", "Lijkt me een prima voorstel, doen.",
	"Ja hoor, zet maar op kostenplaats IT", "Oke top, factuur naar de vestiging aub",
	"Ik kan me hierin vinden, bestel maar", "Voor mij in orde, ge moogt bestellen",
	"Tis goe voor mij", "Het mag allemaal besteld worden",
	"Dit is precies wat we nodig hebben. Akkoord!", "Vervang hem maar, hij is op",
	"We kunnen niet zonder. Bestel maar.", "Koop die nieuwe toner maar in",
	"Top, aan de slag ermee", "Neem maar af", "Accoord met offerte", "Ja, ga ervoor!",
	"Prima prijs, doen we",
};

static const char *const dutch_reject_rows[] = {
	"Dat gaat hem niet worden", "Helaas, daar hebben we het geld niet voor",
	"Doe maar niet, de oude werkt nog prima", "Nee, te duur",
	"Niet nodig, we hebben er nog twee liggen", "Sla ik over", "Hier trap ik niet in, nee",
	"Nee, dat is zonde van het geld", "Wij zien hier vanaf, bedankt voor de moeite",
	"Laat die upgrade maar zitten", "Dit keur ik af", "Afgekeurd, veel te duur",
	"Geen goedkeuring voor deze aanvraag", "Wij passen", "Schrap die aanvraag maar",
	"Ik verleen geen goedkeuring", "Dat lijkt me geen goed idee, niet doen",
	"neeee zeker niet", "Nee, daar is geen budget voor", "Hier ga ik niet voor betalen",
	"Annuleer die bestelling", "We gaan het niet doen, te duur",
	"Afgewezen, er is geen budget", "Daar doen we niet aan mee", "Dat hoeft van mij niet",
	"Nee merci, we hebben genoeg",
};

static const char *const dutch_unclear_rows[] = {
	"Dat komt wel goed", "Komt vast goed", "Goed hoor, als het maar niet te duur is",
	"Prima, mits het binnen budget blijft", "Akkoord zodra de baas terug is",
	"Ik denk dat het wel goed is", "Het zal wel goed zijn",
	"Bestel maar als je denkt dat het nodig is", "Doe maar wat je wilt",
	"Mag van mij, maar vraag het Piet even", "Piet vindt het goed",
	"Mijn baas heeft het goedgekeurd", "Jan zegt dat het mag", "Volgens mij mag het wel",
	"Is goed, maar wel de goedkopere", "Bestel maar een andere", "Bestel er maar één",
	"Doe er maar twee van", "Akkoord tot 500 euro", "Akkoord voor maximaal 300",
	"Prima, maar niet meer dan 3 stuks", "Bestel maar, behalve de muis",
	"Ok maar dan zonder garantie", "Ga akkoord als jullie 10% korting geven",
	"Mag ik eerst een offerte zien?", "Wat kost dat?", "Kan het ook goedkoper?",
	"Keur ik later wel goed", "Ik keur het morgen goed",
	"Ik zal het goedkeuren na de vakantie", "Nog even wachten met bestellen",
	"Bestel nog niet", "Nog niet akkoord", "Even overleggen",
	"Akkoord? Dat dacht ik niet zo snel",
	"Lijkt me goed, maar ik moet het nog even nakijken", "Waarschijnlijk wel",
	"Misschien wel", "Zou best kunnen", "Ik twijfel", "Goed ontvangen",
	"Ik heb je mail gelezen", "Ik kijk er morgen naar", "Ja, dat heb ik gezien",
	"Ja, ik heb het ontvangen", "Nee, ik heb nog geen offerte ontvangen",
	"Nee, wacht nog even", "Nee, eerst wil ik een andere prijs", "Graag goedkeuren",
	"Gelieve akkoord te geven", "Wie heeft dit aangevraagd?", "Moet dat echt?",
	"Als je het echt nodig hebt dan bestel maar", "Bestel maar iets goedkopers",
	"Doe die andere maar", "Bestel maar bij Coolblue", "Bestellen doe ik zelf wel",
	"Ik bestel het zelf", "Ik had het al goedgekeurd toch", "Was dit niet al goedgekeurd",
	"Leuk geprobeerd haha", "Ja dag", "Ja ja, dat zal wel", "Goed idee, maar nu niet",
	"Ok, noteer ik", "Ok, ik bel je", "Prima, ik laat het weten", "Top, ik kom erop terug",
	"Akkoord onder protest, maar alleen de eerste maand", "Deels akkoord",
	"Toch maar niet, of toch wel", "Wel ja", "In principe akkoord",
	"Onder voorbehoud akkoord", "Akkoord, mits getekend door Karin",
	"Bestel maar wanneer de prijs zakt",
};

static const char *const swedish_approve_rows[] = {
	"Kör på med den nya skrivaren", "Det kan vi gott unna oss, beställ",
	"Går fint, beställ på!", "Det är lugnt, kör", "Ja tack, den gamla har gett upp",
	"Beställ den där datorn", "Godkänner inköpet av skärmarna",
	"Helt okej för mig, lägg ordern", "Låter vettigt, beställ", "Sätt igång bara",
	"Visst, köp den", "Jajamensan kör", "Du får klartecken av mig",
	"Ni får lov att beställa", "Det är godkänt från min sida", "Ok att beställa",
	"Ok, lägg det på kostnadsställe 4410", "Ja, fakturera skolan",
	"Japp, vi behöver den verkligen", "Absolut, bara beställ hem den",
	"Byt ut den, den har krånglat i månader", "Toppen, då beställer vi",
	"Jag är med på tåget, kör", "Ja för fan, beställ", "Inga konstigheter, kör på det",
	"ja beställ den du", "bestall den tack", "godkant", "Jag säger ja till det här",
	"Vi slår till!", "Det ordnar du, kör hårt", "Tack för snabb återkoppling. Godkänt.",
	"Vi har pengar kvar i budgeten, så beställ", "Klart ni ska ha en ny server, beställ",
	"Jag har läst igenom offerten och godkänner den",
	"Den gamla fungerar inte längre så köp en ny", "Kör ba", "De e lugnt, beställ",
	"Attesteras", "Attesterat och klart", "Skicka iväg ordern", "Gör slag i saken",
	"Varsågod att beställa", "Förnya avtalet tack", "Ja det gör vi",
	"Självklart ska vi ha den, beställ",
};

static const char *const swedish_reject_rows[] = {
	"Nej, för dyrt", "Nej, den gamla duger", "Behövs inte, vi har redan två",
	"Avslås pga kostnaden", "Det blir avslag", "Det säger jag nej till",
	"Nej tack, vi klarar oss med den vi har", "Släng offerten, vi är inte intresserade",
	"Det där kan ni glömma", "Den skippar vi", "Den hoppar vi över", "Icke godkänt",
	"Nä, de behövs inte", "Näpp, inte till det priset", "Nej, lägg ner", "Låt bli",
	"Nej usch så dyrt", "Vi tänker inte betala för det", "Det får vara",
	"Vi låter bli den här gången", "Vi väljer att avstå", "Strunta i den", "Underkänns",
	"nä tack", "Tack men vi avstår", "Det går inte, vi har inga pengar",
	"Nej, beställ absolut inte",
};

static const char *const swedish_unclear_rows[] = {
	"Det blir nog bra", "Det ordnar sig nog", "Det är väl okej", "Det går väl bra",
	"Ja, det kan man väl göra", "Ja vars", "Tja, varför inte kanske",
	"Jag tror det blir bra", "Jag antar att det är ok", "Godkänt om priset är under 500",
	"Okej så länge chefen är med på det", "Ok om Anna också tycker det",
	"Beställ när priset går ner", "Kör på när semestern är slut", "Godkänt med förbehåll",
	"Beställ högst två", "Köp bara en", "Beställ en billigare",
	"Ja men bara den första månaden", "Godkänt för max 3000 kr", "Chefen säger ja",
	"Anna har godkänt det", "Enligt ekonomi är det godkänt",
	"Min fru tycker att vi ska köpa den", "Fråga Kalle", "Det bestämmer du", "Du avgör",
	"Gör som du vill", "Gör vad du vill", "Jag godkänner imorgon",
	"Jag ska godkänna det sen", "Jag återkommer", "Vi får se", "Får fundera",
	"Jag sover på saken", "Vänta med beställningen", "Beställ inte än", "Inte nu",
	"Inte godkänt ännu", "Nej, vänta lite", "Nej, jag har inte hunnit titta",
	"Nej, jag har inte fått någon offert", "Ja, jag har sett mejlet", "Ja, jag fick den",
	"Ok, noterat", "Ok jag läser det sen", "Tack, jag kollar på det", "Vad kostar det?",
	"Varför behövs den?", "Är det godkänt?", "Vänligen godkänn", "Kan du godkänna detta",
	"För godkännande", "Godkänt sa chefen", "Hade godkänt om det var billigare",
	"Skulle kunna godkänna", "Borde gå bra", "I princip ja", "Kanske", "Eventuellt",
	"Preliminärt ok", "Ja eller nej, jag vet inte", "Beställ allt utom musen",
	"Ok men utan garanti", "Ja jo, fast inte nu", "Bra, men inte den röda",
	"Beställ från Dustin istället", "Jag beställer själv", "Jag köper en på Elgiganten",
	"Det löser sig", "Var inte det redan godkänt", "Skojar du, klart jag inte vill",
	"Kör på om du vågar", "Beställ två till", "Hoppas det blir bra",
};

static const char *const danish_approve_rows[] = {
	"Bare gå i gang", "Kør da bare", "Den er god med mig", "Den er i orden herfra",
	"Det er helt okay, bestil bare", "Ja tak, den gamle er død", "Lad os gøre det",
	"Lad os få den bestilt", "Vi tager den", "Bestil de to skærme",
	"I må gerne bestille den nye printer", "Du må godt bestille", "Godkendt af mig",
	"Hermed godkendt", "Det godkender jeg", "Jeg godkender købet af skærmene",
	"Super, sæt i gang", "Fint med mig", "Ja da, bare køb den", "Selvfølgelig, bestil den",
	"Helt sikkert, kør på", "Klar til bestilling, bare kør", "Ja, vi kan ikke undvære den",
	"Ja, det haster", "Det passer i budgettet, bestil",
	"Det lyder fornuftigt, gå bare videre", "Tilbuddet er accepteret",
	"Vi accepterer tilbuddet", "Det siger jeg ja tak til", "Den køber vi",
	"Jeg er med på den", "Grønt lys herfra", "Værsgo at bestille", "Jamen så gør vi det",
	"Udskift den bare", "Ja for søren, bestil", "Er ok", "Alt ok herfra",
	"Ingen indvendinger, bestil", "Det har jeg ikke noget imod", "Forny aftalen",
	"Ja, det skal vi have", "ja bestil", "Tak for hjælpen, jeg godkender",
	"Fedt, bestil den", "Afgiv ordren", "Ka du tro, bestil",
};

static const char *const danish_reject_rows[] = {
	"Det bliver et nej herfra", "Nej, det er for dyrt", "Den må vi springe over",
	"Vi springer over denne gang", "Det har vi ikke råd til", "Nej, vi har lige købt en",
	"Drop det", "Vi dropper den", "Lad være med at bestille", "Det er der ikke penge til",
	"Nej tak, vi klarer os", "Vi klarer os uden", "Det går ikke", "Kan ikke godkendes",
	"Det kan jeg desværre ikke godkende", "Afvist, for dyrt", "Vi takker nej",
	"Jeg må desværre sige nej", "Bestil ikke noget", "Det skal vi ikke have",
	"Ikke interesseret, tak", "Ellers tak", "Glem alt om det",
	"Nul, det bliver ikke til noget", "Vi siger nej tak til tilbuddet", "Afslag", "Nope",
	"Det vil vi ikke bruge penge på", "Overhovedet ikke",
};

static const char *const danish_unclear_rows[] = {
	"Det går nok", "Det er nok fint", "Det er vel ok", "Det bliver vel godt",
	"Det skal nok gå", "Jeg tror det er ok", "Måske", "Fint hvis det er under 500",
	"Godkendt hvis chefen siger ja", "Bestil når prisen falder",
	"Ok så længe det ikke bliver dyrere", "Bestil højst to", "Køb kun en",
	"Godkendt op til 2000 kr", "Bestil en billigere", "Bestil den anden model",
	"Ja men kun den ene", "Chefen siger ja", "Lone har godkendt det",
	"Ifølge Lone er det fint", "Min kone synes vi skal købe den", "Spørg Mads",
	"Det bestemmer du", "Du bestemmer", "Gør som du vil", "Jeg godkender i morgen",
	"Jeg godkender det senere", "Jeg vender tilbage", "Jeg kigger på det",
	"Jeg tænker over det", "Vi må se", "Vent med at bestille", "Bestil ikke endnu",
	"Ikke nu", "Ikke godkendt endnu", "Nej, vent lidt", "Nej, jeg har ikke set tilbuddet",
	"Nej, jeg har ikke fået det", "Ja, jeg har set mailen", "Ja, den fik jeg", "Ok, noteret",
	"Tak, jeg læser den", "Hvad koster det?", "Hvorfor skal vi have den?",
	"Er det godkendt?", "Godkend venligst", "Til godkendelse",
	"Ville have godkendt hvis den var billigere", "Det burde gå", "I princippet ja",
	"Foreløbig ok", "Alt undtagen musen", "Ok men uden garanti", "Ja, bare ikke nu",
	"Bestil hos Elgiganten i stedet", "Jeg bestiller selv", "Det finder vi ud af",
	"Var det ikke godkendt", "Tak", "Jo tak, men nej", "Det er fint, men spørg lige økonomi",
	"Godkendt med forbehold", "Bestil to mere", "Forhåbentlig ja",
	"Fint nok, men ring lige først", "Ok, ringer senere",
};

static const char *const norwegian_approve_rows[] = {
	"Kjør på, dette trenger vi", "Bare å bestille", "Det er bare å kjøre på", "Bare kjør",
	"Greit for meg, bestill", "Den er grei", "Den er god", "Helt greit, bare kjør",
	"Null problem, bestill", "Gå for det", "Sett i gang", "Bestill skjermene",
	"Kjøp den nye skriveren", "Godkjent fra min side", "Godkjend", "Eg godkjenner dette",
	"Eg godkjenner", "Ja, berre bestill", "Kjør på, den gamle er daud", "Dette godkjennes",
	"Dette er godkjent", "Jeg godkjenner innkjøpet", "Vi godkjenner tilbudet",
	"Ja takk, gjerne", "Ja, det haster", "Ja, den gamle virker ikke lenger",
	"Ja, vi trenger den", "Tommel opp", "Grønt lys fra meg", "Selvfølgelig, bestill",
	"Klart vi skal ha den, bestill", "Supert, da bestiller vi",
	"Fint, legg inn bestillingen", "Dere kan bestille", "Du kan gjerne bestille den",
	"Bare legg inn ordren", "Det er i orden", "Det høres bra ut, kjør på",
	"Ser bra ut, bestill", "Jeg har ingen innvendinger", "Har ikke noe imot det, bestill",
	"Vi slår til", "Jepp, kjør", "Ja da, bare bestill den", "Ja, gjør det", "Vi tar den",
	"Det går bra for meg", "godkjent av meg", "godkjenner denne", "Heilt greitt, køyr på",
	"Gjer det", "Den er i boks, kjør", "Ja, kjempefint", "Forny avtalen",
};

static const char *const norwegian_reject_rows[] = {
	"Nei takk, vi klarer oss", "Dropp det", "Dropp denne", "Vi dropper det",
	"Nei, altfor dyrt", "Dette har vi ikke råd til", "Ikke aktuelt", "Uaktuelt",
	"Det blir nei fra meg", "Det blir ikke noe av", "Vi trenger ikke dette",
	"Me treng ikkje den", "Nei, ikkje bestill", "Ikke bestill noe", "Avslått", "Avslås",
	"Avvist, for dyrt", "Må dessverre si nei", "Vi må dessverre takke nei", "Vi takker nei",
	"Jeg kan ikke godkjenne dette", "Eg godkjenner ikkje dette", "Ikkje godkjent",
	"Ikke tale om", "Aldri i verden", "Over mitt lik", "Glem det",
	"Vi står over denne gangen", "Vi hopper over denne", "Kanseller bestillingen",
	"Nei, det er det ikke budsjett til", "Vi er ikke interessert", "Nope", "Niks",
};

static const char *const norwegian_unclear_rows[] = {
	"Det går nok bra", "Det er nok greit", "Det er vel greit", "Det ordner seg",
	"Det blir vel bra", "Jeg tror det er greit", "Kanskje", "Greit hvis det er under 500",
	"Godkjent dersom sjefen er enig", "Bestill når prisen går ned",
	"Ok så lenge det ikke blir dyrere", "Bestill maks to", "Kjøp bare én",
	"Godkjent opp til 2000 kr", "Bestill en billigere", "Bestill den andre modellen",
	"Sjefen sier ja", "Kari har godkjent det", "Ifølge Kari er det greit",
	"Kona mener vi bør kjøpe den", "Spør Ola", "Det bestemmer du", "Du bestemmer",
	"Gjør som du vil", "Jeg godkjenner i morgen", "Jeg godkjenner det senere",
	"Jeg kommer tilbake", "Jeg ser på det", "Eg ser på det", "Må tenke på det", "Vi får se",
	"Vent med å bestille", "Ikke bestill ennå", "Ikkje enno", "Ikke nå",
	"Ikke godkjent ennå", "Nei, vent litt", "Nei, jeg har ikke sett tilbudet",
	"Nei, jeg har ikke fått det", "Ja, jeg har sett e-posten", "Ja, jeg fikk den",
	"Ok, notert", "Takk, jeg leser den", "Hva koster det?", "Hvorfor trenger vi den?",
	"Kvifor det?", "Er det godkjent?", "Vennligst godkjenn", "Til godkjenning",
	"Ville godkjent om den var billigere", "Det burde gå", "I prinsippet ja", "Foreløpig ok",
	"Alt unntatt musa", "Ok men uten garanti", "Ja, bare ikke nå",
	"Bestill hos Elkjøp i stedet", "Jeg bestiller selv", "Det finner vi ut av",
	"Var ikke det godkjent", "Takk", "Greit, men spør økonomi først",
	"Godkjent med forbehold", "Bestill to til", "Forhåpentligvis ja",
	"Ok, ringer deg senere", "Nei. Eller jo",
};

static const struct {
	const char *words, *verdicts; /* of four items */
} batches[] = {
	{ "eerste twee ja, laatste twee nee", "AARR" },
	{ "alleen de derde, de rest hoeft niet", "RRAR" }, { "1 tot 3 akkoord, 4 niet", "AAAR" },
	{ "de eerste twee mogen besteld worden", "AAUU" },
	{ "1 is goed, over de rest denk ik nog na", "AUUU" }, { "1 ja 2 nee 3 ja 4 ja", "ARAA" },
	{ "allemaal goed", "AAAA" }, { "allemaal niet", "RRRR" },
	{ "1+2 akkoord, rest afgekeurd", "AARR" },
	{ "1 akkoord; 2 afgekeurd; 3 wat is dat?; 4 misschien", "ARUU" },
	{ "allt utom trean", "AAUA" }, { "bara trean, resten nej", "RRAR" },
	{ "ingen av dem", "RRRR" }, { "1-3 ok, 4 nej", "AAAR" },
	{ "1 ja 2 nej 3 ja 4 ja", "ARAA" }, { "nr 1 och 2 ok, övriga avslås", "AARR" },
	{ "1 å 2 ok, 3 å 4 inte", "AARR" }, { "nej till alla", "RRRR" },
	{ "den första avslås, resten godkänns", "RAAA" }, { "1 og 3 ja, 2 og 4 nej", "ARAR" },
	{ "alt undtagen 3", "AAUA" }, { "kun nr 3, resten nej", "RRAR" },
	{ "alle fire godkendes", "AAAA" }, { "ingen af dem", "RRRR" },
	{ "1-3 ok, 4 nej", "AAAR" }, { "den første nej, den anden ja", "RAUU" },
	{ "1 og 2 er fine, resten afvises", "AARR" }, { "toeren nej, etteren ja", "ARUU" },
	{ "nej til alle", "RRRR" }, { "1, 2 og 4 er godkendt, 3 må vente", "AAUA" },
	{ "1 og 3 ja, 2 og 4 nei", "ARAR" }, { "alt unntatt 3", "AAUA" },
	{ "bare nr 3, resten nei", "RRAR" }, { "alle fire godkjennes", "AAAA" },
	{ "ingen av dem", "RRRR" }, { "1-3 ok, 4 nei", "AAAR" },
	{ "1 og 2 er greit, resten avslås", "AARR" }, { "eneren ja, toeren nei", "ARUU" },
	{ "nei til alle", "RRRR" }, { "1, 2 og 4 er godkjent, 3 må vente", "AAUA" },
};
/* clang-format on */

static void
all_read_as(enum verdict want, const char *const *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 16);
		struct intent intent;
		intent_read(rows[i], 1, arena, &intent);
		if (intent.items[0].verdict != want)
			fail_msg("'%s': %s", rows[i], verdict_name(intent.items[0].verdict));
	}
}

static void
every_dutch_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, dutch_approve_rows, ARRAY_LEN(dutch_approve_rows));
}

static void
every_dutch_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, dutch_reject_rows, ARRAY_LEN(dutch_reject_rows));
}

static void
every_dutch_near_miss_is_unclear(void **state)
{
	all_read_as(VERDICT_UNCLEAR, dutch_unclear_rows, ARRAY_LEN(dutch_unclear_rows));
}

static void
every_swedish_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, swedish_approve_rows, ARRAY_LEN(swedish_approve_rows));
}

static void
every_swedish_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, swedish_reject_rows, ARRAY_LEN(swedish_reject_rows));
}

static void
every_swedish_near_miss_is_unclear(void **state)
{
	all_read_as(VERDICT_UNCLEAR, swedish_unclear_rows, ARRAY_LEN(swedish_unclear_rows));
}

static void
every_danish_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, danish_approve_rows, ARRAY_LEN(danish_approve_rows));
}

static void
every_danish_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, danish_reject_rows, ARRAY_LEN(danish_reject_rows));
}

static void
every_danish_near_miss_is_unclear(void **state)
{
	all_read_as(VERDICT_UNCLEAR, danish_unclear_rows, ARRAY_LEN(danish_unclear_rows));
}

static void
every_norwegian_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, norwegian_approve_rows, ARRAY_LEN(norwegian_approve_rows));
}

static void
every_norwegian_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, norwegian_reject_rows, ARRAY_LEN(norwegian_reject_rows));
}

static void
every_norwegian_near_miss_is_unclear(void **state)
{
	all_read_as(VERDICT_UNCLEAR, norwegian_unclear_rows, ARRAY_LEN(norwegian_unclear_rows));
}

static char
letter(enum verdict verdict)
{
	return verdict == VERDICT_APPROVE ? 'A' : verdict == VERDICT_REJECT ? 'R' : 'U';
}

static void
every_item_of_a_batch_is_read_for_itself(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 16);
		struct intent intent;
		intent_read(batches[i].words, 4, arena, &intent);
		for (size_t k = 0; k < 4; k++)
			if (letter(intent.items[k].verdict) != batches[i].verdicts[k])
				fail_msg("'%s': item %zu", batches[i].words, k + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dutch_consent_approves),
		cmocka_unit_test(every_dutch_refusal_rejects),
		cmocka_unit_test(every_dutch_near_miss_is_unclear),
		cmocka_unit_test(every_swedish_consent_approves),
		cmocka_unit_test(every_swedish_refusal_rejects),
		cmocka_unit_test(every_swedish_near_miss_is_unclear),
		cmocka_unit_test(every_danish_consent_approves),
		cmocka_unit_test(every_danish_refusal_rejects),
		cmocka_unit_test(every_danish_near_miss_is_unclear),
		cmocka_unit_test(every_norwegian_consent_approves),
		cmocka_unit_test(every_norwegian_refusal_rejects),
		cmocka_unit_test(every_norwegian_near_miss_is_unclear),
		cmocka_unit_test(every_item_of_a_batch_is_read_for_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
