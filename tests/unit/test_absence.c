/* When somebody comes back, as absence notes say it. */
#include <assent/text/absence.h>

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A Monday. */
static const struct absence_date today = { 2026, 7, 27 };

struct note {
	const char *locale, *words;
	int month, day; /* of the return, 2026; month 0: none is named; 13: January 2027 */
};

/* clang-format off */
static const struct note notes[] = {
	{ "en", "I am out of the office until 14 August.", 8, 15 },
	{ "en", "I am out of the office until August 14, 2026. For urgent matters call 555-0199.", 8, 15 },
	{ "en", "Thank you for your mail. I'm away until the 14th of August.", 8, 15 },
	{ "en", "I will be back on 17 August 2026.", 8, 17 },
	{ "en", "I'll return on Monday, August 17th.", 8, 17 },
	{ "en", "I am on leave from 3 to 14 August.", 8, 15 },
	{ "en", "On vacation August 3 - 14, with no access to mail.", 8, 15 },
	{ "en", "Out of office from 3 August to 14 August 2026.", 8, 15 },
	{ "en", "I am currently out of the office, returning Monday.", 8, 3 },
	{ "en", "I will be back next Monday", 8, 3 },
	{ "en", "I'm out today and back tomorrow.", 7, 28 },
	{ "en", "I will not be back until 17 August.", 8, 17 },
	{ "en", "I am out until 14.08.2026.", 8, 15 },
	{ "en", "I'm away until 2026-08-14.", 8, 15 },
	{ "en", "Away through 8/14/2026", 8, 15 },
	{ "en", "Away through 14/08", 8, 15 },
	{ "en", "Away until 8/9", 0, 0 },
	{ "en-US", "Away until 8/9", 8, 10 },
	{ "en-GB", "Away until 8/9", 9, 9 },
	{ "en", "I am away until the 14th.", 8, 15 },
	{ "en", "I am away until 4 January. Happy holidays!", 13, 5 },
	{ "en", "I am away. Your mail of 3 August will be read later.", 0, 0 },
	{ "en", "I am out of the office with limited access to mail.", 0, 0 },
	{ "en", "I am away until 14 August 2019.", 0, 0 },
	{ "en", "I am away until 14 August 2031.", 0, 0 },
	{ "en", "I was away until 20 July.", 0, 0 },
	{ "en", "I may be back at 9:30 tomorrow.", 7, 28 },
	{ "en", "Back in the office Thu 30 July.", 7, 30 },
	{ "en", "Return date: 17-Aug-2026", 8, 17 },
	{ "en", "I left the company. Please write to sales@acme.example.", 0, 0 },
	{ "en", "Away until 31 June", 0, 0 },
	{ "en", "I am on parental leave until 12 January 2027.", 13, 13 },
	{ "de", "Ich bin bis zum 14. August nicht im Büro.", 8, 15 },
	{ "de", "Ich bin bis einschließlich 14.08.2026 abwesend.", 8, 15 },
	{ "de", "Ich bin vom 03.08. bis 14.08.2026 im Urlaub.", 8, 15 },
	{ "de", "Ich bin vom 3. bis 14. August im Urlaub.", 8, 15 },
	{ "de", "Ab dem 17. August bin ich wieder erreichbar.", 8, 17 },
	{ "de", "Ich bin ab Montag, den 17.08. wieder im Büro.", 8, 17 },
	{ "de", "Vielen Dank für Ihre Nachricht. Ich bin am 17.8. zurück.", 8, 17 },
	{ "de", "Ich bin erst am 17. August wieder da.", 8, 17 },
	{ "de", "Ich bin bis Freitag abwesend.", 8, 1 },
	{ "de", "Ich bin heute außer Haus und morgen wieder da.", 7, 28 },
	{ "de", "Ich bin derzeit nicht im Büro.", 0, 0 },
	{ "fr", "Je suis absent jusqu'au 14 août inclus.", 8, 15 },
	{ "fr", "Je suis absente du 3 au 14 août 2026.", 8, 15 },
	{ "fr", "Je serai de retour le lundi 17 août.", 8, 17 },
	{ "fr", "Absent du bureau, retour le 17/08/2026.", 8, 17 },
	{ "fr", "Je suis en congés jusqu’au 14/08.", 8, 15 },
	{ "fr", "Je reviens demain.", 7, 28 },
	{ "es", "Estaré fuera de la oficina hasta el 14 de agosto.", 8, 15 },
	{ "es", "Estoy de vacaciones del 3 al 14 de agosto de 2026.", 8, 15 },
	{ "es", "Vuelvo el lunes 17 de agosto.", 8, 17 },
	{ "es", "Regreso el 17/08/2026.", 8, 17 },
	{ "it", "Sono assente fino al 14 agosto.", 8, 15 },
	{ "it", "Sarò in ferie dal 3 al 14 agosto 2026.", 8, 15 },
	{ "it", "Rientro lunedì 17 agosto.", 8, 17 },
	{ "it", "Tornerò il 17/8.", 8, 17 },
	{ "pt", "Estarei ausente até 14 de agosto.", 8, 15 },
	{ "pt", "Estou de férias de 3 a 14 de agosto.", 8, 15 },
	{ "pt", "Estarei de volta no dia 17 de agosto de 2026.", 8, 17 },
	{ "nl", "Ik ben afwezig tot en met 14 augustus.", 8, 15 },
	{ "nl", "Ik ben van 3 t/m 14 augustus met vakantie.", 8, 15 },
	{ "nl", "Maandag 17 augustus ben ik terug.", 8, 17 },
	{ "nl", "Ik ben vanaf 17 augustus weer bereikbaar.", 8, 17 },
	{ "pl", "Jestem nieobecny do 14 sierpnia.", 8, 15 },
	{ "pl", "Urlop od 3 do 14 sierpnia 2026.", 8, 15 },
	{ "pl", "Wracam 17 sierpnia.", 8, 17 },
	{ "pl", "Będę ponownie w biurze 17.08.2026.", 8, 17 },
	{ "sv", "Jag är ledig till och med 14 augusti.", 8, 15 },
	{ "sv", "Jag är tillbaka den 17 augusti.", 8, 17 },
	{ "sv", "Semester 3-14 augusti.", 8, 15 },
	{ "da", "Jeg er på ferie til og med den 14. august.", 8, 15 },
	{ "da", "Jeg er tilbage mandag den 17. august.", 8, 17 },
	{ "no", "Jeg er på ferie til 14. august.", 8, 15 },
	{ "no", "Jeg er tilbake 17. august 2026.", 8, 17 },
	{ "tr", "14 Ağustos'a kadar izindeyim.", 8, 15 },
	{ "tr", "14 Ağustos 2026 tarihine kadar ofiste değilim.", 8, 15 },
	{ "tr", "17 Ağustos'ta döneceğim.", 8, 17 },
	{ "ru", "Я в отпуске до 14 августа.", 8, 15 },
	{ "ru", "Я в отпуске с 3 по 14 августа 2026 г.", 8, 15 },
	{ "ru", "Вернусь 17 августа.", 8, 17 },
	{ "ru", "Буду на месте с 17.08.2026.", 8, 17 },
	{ "ar", "أنا خارج المكتب حتى 14 أغسطس.", 8, 15 },
	{ "ar", "سأعود يوم ١٧ أغسطس ٢٠٢٦.", 8, 17 },
	{ "ar", "أنا في إجازة من 3 إلى 14 أغسطس", 8, 15 },
	{ "he", "אני בחופשה עד 14 אוגוסט.", 8, 15 },
	{ "he", "אחזור ב 17 באוגוסט 2026.", 8, 17 },
	{ "he", "אני בחופשה עד 14.8.2026", 8, 15 },
	{ "zh", "我休假至8月14日。", 8, 15 },
	{ "zh", "我将于2026年8月17日回来。", 8, 17 },
	{ "zh", "我从8月3日到8月14日休假。", 8, 15 },
	{ "ja", "8月14日まで休暇をいただいております。", 8, 15 },
	{ "ja", "８月３日から１４日まで不在です。", 8, 15 },
	{ "ja", "8月17日に復帰いたします。", 8, 17 },
	{ "ja", "2026/8/14まで不在にしております。", 8, 15 },
	{ "ko", "8월 14일까지 부재중입니다.", 8, 15 },
	{ "ko", "8월 17일에 복귀합니다.", 8, 17 },
	{ "ko", "8월 3일부터 8월 14일까지 휴가입니다.", 8, 15 },
};
/* clang-format on */

static void
a_note_names_the_day_of_return(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		const struct note *n = &notes[i];
		struct absence_date got = { 0 };
		bool found = absence_return(n->words, &today, absence_order(n->locale), &got);
		int year = n->month == 13 ? 2027 : 2026, month = n->month == 13 ? 1 : n->month;

		if (found == (n->month != 0) &&
		    (!found || (got.year == year && got.month == month && got.day == n->day)))
			continue;
		wrong++;
		print_error("%s: %s: %d-%d-%d, not %d-%d-%d\n", n->locale, n->words, got.year,
		    got.month, got.day, found || n->month ? year : 0, month, n->day);
	}
	assert_int_equal(wrong, 0);
}

static void
the_year_is_the_next_one_and_a_day_just_past_is_none(void **state)
{
	static const struct absence_date late = { 2026, 12, 22 };
	struct absence_date got = { 0 };

	(void)state;
	assert_true(absence_return("away until 6 January", &late, DATE_ORDER_DAY, &got));
	assert_int_equal(got.year, 2027);
	assert_int_equal(got.day, 7);
	assert_false(absence_return("away until 20 December", &late, DATE_ORDER_DAY, &got));
	assert_true(absence_return("away until 31 December", &late, DATE_ORDER_DAY, &got));
	assert_int_equal(got.month, 1);
	assert_int_equal(got.day, 1);
}

static void
a_very_long_note_is_read_at_its_beginning(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(4u << 20);
	struct absence_date got = { 0 };

	(void)state;
	str_add(&text, "Away until 14 August.\n");
	for (int i = 0; i < 100000; i++)
		str_add(&text, "until 3 - ");
	assert_true(absence_return(str_text(&text), &today, DATE_ORDER_DAY, &got));
	assert_int_equal(got.month, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_note_names_the_day_of_return),
		cmocka_unit_test(the_year_is_the_next_one_and_a_day_just_past_is_none),
		cmocka_unit_test(a_very_long_note_is_read_at_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
