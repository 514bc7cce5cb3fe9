/* Replies in Polish, Turkish and Russian: near-misses that must decide nothing, and plain words that must. */
#include <assent/base/mem.h>
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* want: one letter an item: a approve, r reject, - unclear. */
struct row {
	const char *words, *want;
};

/* clang-format off */
static const struct row rows[] = {
	/* pl */
	{ "Zatwierdzam.", "a" }, { "Zamawiajcie!", "a" }, { "Proszę zamówić.", "a" }, { "Możecie wymieniać.", "a" },
	{ "Wymieniajcie, stary padł w piątek.", "a" }, { "Zgadzam się, proszę działać", "a" },
	{ "Jestem za.", "a" }, { "Przyjmujemy ofertę.", "a" }, { "Nie mam zastrzeżeń, zamawiajcie", "a" },
	{ "nie widze przeciwwskazan", "a" }, { "Proszę od razu zamówić", "a" }, { "Bierzemy to.", "a" },
	{ "Daję zielone światło", "a" }, { "Dzień dobry, akceptujemy. Pozdrawiam, Anna", "a" },
	{ "Zgoda na wymianę dysku", "a" }, { "Akceptuję wycenę", "a" }, { "kupujcie spokojnie", "a" },
	{ "Dobrze, zróbcie to", "a" }, { "Macie moją zgodę na zakup", "a" }, { "Można zamawiać", "a" },
	{ "Wyrażam zgodę.", "a" }, { "Nie wnosimy uwag", "a" }, { "Naprawiajcie jak najszybciej", "a" },
	{ "Nie zamawiajcie.", "r" }, { "Rezygnujemy z zakupu", "r" }, { "Nie skorzystamy, dziękujemy.", "r" },
	{ "Tym razem nie skorzystamy", "r" }, { "Postanowiliśmy nie kupować", "r" },
	{ "Nie wyrażamy zgody na zakup", "r" }, { "Niestety nie zdecydujemy się", "r" },
	{ "Nie będziemy tego wymieniać", "r" }, { "Dziękujemy, ale nie.", "r" }, { "Odpuszczamy.", "r" },
	{ "proszę nic nie zamawiać", "r" }, { "Nie możemy tego zaakceptować", "r" }, { "Odmawiam", "r" },
	{ "Obejdziemy się bez tego", "r" }, { "Nie chcemy tego kupować", "r" }, { "Za drogo. Nie kupujemy.", "r" },
	{ "Zatwierdzam, jeśli będzie taniej", "-" }, { "Zamówcie gdzie indziej", "-" },
	{ "Zatwierdzam, ale nie zamawiajcie", "-" }, { "Szef zatwierdził", "-" }, { "Może zamówimy", "-" },
	{ "Proszę zatwierdzić", "-" }, { "Proszę nie odrzucać", "-" }, { "Nie odrzucam", "-" },
	{ "Zamawiajcie po konsultacji z szefem", "-" }, { "Zamówcie tylko jeden", "-" },
	{ "Kto to zamówił?", "-" }, { "Czy można zamówić", "-" }, { "Nie wiem, czy akceptuję", "-" },
	{ "Zgoda, maksymalnie 300 zł", "-" }, { "Zamawiajcie tańszy", "-" }, { "Nie mówię nie", "-" },
	{ "Zgadzam się co do zasady", "-" }, { "Otrzymałem, dziękuję", "-" }, { "Jutro zdecyduję", "-" },
	{ "Drukarka już działa, dziękuję", "-" }, { "Zatwierdzone przez kogo?", "-" },
	{ "Nie zatwierdziłem tego jeszcze", "-" }, { "Na razie nie", "-" }, { "Kupimy później", "-" },
	{ "Zamawiajcie. Stop, jednak nie!", "-" }, { "Żona się zgadza", "-" }, { "Zobaczymy", "-" },
	{ "Proszę o rabat", "-" }, { "Nie jestem pewna, czy zamawiać", "-" }, { "Zamów dwa", "-" },
	{ "Nie anulujcie", "-" }, { "Proszę nie rezygnować", "-" },
	/* tr */
	{ "İptal etmeyin", "-" }, { "Reddetmeyin", "-" }, { "İptal etmiyoruz", "-" },
	{ "Onaylıyorum.", "a" }, { "Sipariş verin lütfen", "a" }, { "Değiştirebilirsiniz", "a" },
	{ "Tamam, başlayın", "a" }, { "Uygundur, alabilirsiniz", "a" }, { "Bunu onaylıyoruz", "a" },
	{ "Fiyata itirazım yok, alın", "a" }, { "Hemen sipariş edin", "a" }, { "Evet, yapın", "a" },
	{ "Siparişi geçebilirsiniz", "a" }, { "Bence sakıncası yok", "a" }, { "kabul ettik", "a" },
	{ "Olur verdim, devam edin", "a" }, { "Eskisi bozuldu, yenisini alın", "a" }, { "Hay hay", "a" },
	{ "Merhaba, onay veriyorum. Saygılarımla", "a" }, { "Peki, alın bakalım", "a" },
	{ "Benden onay", "a" }, { "Gereğini yapın", "a" }, { "Halledin lütfen", "a" }, { "Onaydır", "a" },
	{ "Onaylamıyorum", "r" }, { "Almayın", "r" }, { "Maalesef kabul edemiyoruz", "r" },
	{ "Vazgeçtik, teşekkürler", "r" }, { "Bu işi yaptırmayacağız", "r" }, { "Sipariş etmeyin lütfen", "r" },
	{ "Hayır, istemiyoruz", "r" }, { "İhtiyacımız yok", "r" }, { "Bunu değiştirmeyeceğiz", "r" },
	{ "Hiçbir şey almayın", "r" }, { "Kesinlikle olmaz", "r" }, { "İptal edin", "r" },
	{ "Reddediyoruz", "r" }, { "Uygun bulmuyorum", "r" }, { "Almamaya karar verdik", "r" },
	{ "Onaylıyorum ama sipariş vermeyin", "-" }, { "Ucuzlarsa alın", "-" }, { "Müdür onayladı", "-" },
	{ "Onaylar mısınız", "-" }, { "Belki alırız", "-" }, { "Alsak mı", "-" }, { "Yarın bakarım", "-" },
	{ "Rengini değiştirin", "-" }, { "Onay bekliyorum", "-" }, { "Lütfen onaylayın", "-" },
	{ "Reddetmiyorum", "-" }, { "Hayır demiyorum", "-" }, { "Onaylandı mı", "-" }, { "En fazla 500 lira", "-" },
	{ "Sadece birini alın", "-" }, { "Patron onaylarsa alın", "-" }, { "Kim onayladı", "-" },
	{ "Teklif aldım, teşekkürler", "-" }, { "Daha ucuzunu alın", "-" }, { "Onayladığımı kim söyledi", "-" },
	{ "Almayı düşünüyoruz", "-" }, { "Şimdilik almayın", "-" }, { "Onaylamadan önce arayın", "-" },
	{ "İki tane sipariş edin", "-" }, { "Eşim kabul ediyor", "-" }, { "Yazıcı düzeldi", "-" },
	{ "Onaylıyorum. Yok, durun", "-" }, { "Haftaya karar veririm", "-" }, { "Bilmiyorum", "-" },
	/* ru */
	{ "Не отменяйте", "-" }, { "Не отказываем", "-" },
	{ "Меняйте", "a" }, { "Замените, пожалуйста", "a" }, { "Ок, ставьте", "a" }, { "Можно менять", "a" },
	{ "Ремонт принтера согласован", "a" }, { "Ну что ж, заказывайте", "a" }, { "Ага, чините", "a" },
	{ "Коротко: да", "a" }, { "Приступайте сегодня", "a" }, { "Мы не возражаем, заказывайте", "a" },
	{ "Замену утверждаю", "a" }, { "Поддерживаю, покупайте", "a" }, { "Одобряю покупку принтера", "a" },
	{ "Не будем менять", "r" }, { "Решили не продлевать", "r" }, { "Спасибо, но обойдемся", "r" },
	{ "Ничего не надо покупать", "r" }, { "Отказываемся от покупки", "r" }, { "Не надо ничего менять", "r" },
	{ "К сожалению, мы против", "r" }, { "В этот раз воздержимся", "r" }, { "Не вздумайте покупать", "r" },
	{ "Не надо это", "r" }, { "Меняйте, если дешевле", "-" }, { "Может, поменяем", "-" },
	{ "Меняйте условия", "-" }, { "Покупать не запрещаю", "-" }, { "Не отказываюсь", "-" },
	{ "Да, старый снова работает", "-" }, { "Кто разрешил менять?", "-" }, { "Берите дешевле", "-" },
	{ "Согласуйте замену с директором", "-" }, { "Шеф одобряет", "-" }, { "Закажите два", "-" },
	{ "Надо подумать", "-" }, { "Отказ или согласие сообщу позже", "-" }, { "Пока не меняйте", "-" },
	{ "Одобряю. Стоп, не надо", "-" }, { "Не уверен, что надо менять", "-" }, { "Одобрит директор", "-" },
};
/* clang-format on */

static void
each_reply_reads_as_a_careful_person_would(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
		struct intent intent;
		intent_read(rows[i].words, strlen(rows[i].want), arena, &intent);
		for (size_t k = 0; rows[i].want[k]; k++)
			if ("-ar"[intent.items[k].verdict] != rows[i].want[k])
				fail_msg("'%s': item %zu", rows[i].words, k + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_reads_as_a_careful_person_would),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
