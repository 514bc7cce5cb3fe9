#include <assent/ai/offline.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct ticket {
	const char *title;
	const char *messages[3];
	const char *must[3]; /* each is in some bullet */
};

/* clang-format off */
static const struct ticket tickets[] = {
	{ "Five more design licences", { "Hello,\n\nwe need five more licences of the design suite for the new team.\nWithout them they cannot start on Monday. The price is 4,800 EUR per year.\n\nBest regards\nAnna", "Which cost centre shall we use?" },
	    { "five more licences", "4,800 EUR", "Which cost centre" } },
	{ "Laptop for a new colleague", { "Please order a laptop for Jonas Weber.\nHe starts on 1 December, otherwise he has no machine.\nThe quote says 1,899.00 EUR incl. VAT.", "The vendor holds the quote until Friday." },
	    { "order a laptop", "1,899.00 EUR" } },
	{ "Firewall: open 443 to the supplier", { "We request a firewall change: allow 10.20.0.0/16 to 203.0.113.7:443.\nThe nightly import fails because the supplier moved its servers.\nThe change window would be Thursday 22:00.", NULL },
	    { "firewall change", "import fails" } },
	{ "Mailbox access for Petra", { "Could you grant Petra full access to the mailbox sales@example.com?\nMr. Kim is ill and customers are waiting.\nIt is needed until the end of the month.", NULL }, { "grant Petra" } },
	{ "Certificate renewal", { "The certificate of shop.example.com expires on 14 June.\nWe need a new one for two years; it costs $380.\nIf it lapses the shop is down for every customer.", "Is a wildcard better?" }, { "$380", "wildcard" } },
	{ "Storage for backups", { "Please approve 20 TB of additional backup storage.\nBackups have failed since Tuesday, we risk losing data.\nMonthly cost: 240 EUR.", NULL }, { "20 TB", "240 EUR" } },
	{ "VPN for external auditor", { "- VPN account for Ms. Rossi\n- valid from 3 to 28 March\n- read access to the finance share\n\nPlease create it before Monday.", NULL }, { "create it before Monday" } },
	{ "Admin rights on a server", { "I would like local admin rights on srv-build-02. The build tool cannot be updated without them.", "For how long?" }, { "admin rights", "For how long" } },
	{ "Neue Lizenzen", { "Guten Tag,\nwir benötigen drei Lizenzen der Buchhaltung.\nOhne sie steht der Monatsabschluss still.\nDie Kosten betragen 1.200 EUR bis zum Freitag.\n\nViele Grüße\nKarl", "Wer trägt die Kosten?" }, { "drei Lizenzen", "Wer trägt" } },
	{ "Drucker", { "Hallo,\n\nbitte den Drucker bestellen.\nDas Angebot über 1.390 EUR gilt bis 27. November 2026.", NULL }, { "bis 27. November 2026" } },
	{ "Serverumzug", { "Bitte den Umzug des Servers am Samstag freigeben. Während der Arbeiten gibt es einen Ausfall von zwei Stunden.", NULL }, { "Ausfall" } },
	{ "ترخيص جديد", { "السلام عليكم،\nنحتاج إلى ثلاثة تراخيص للفريق الجديد.\nبدون التراخيص يتوقف العمل.\nالتكلفة 900 ريال قبل الخميس.", "من يوافق على ذلك؟" }, { "ثلاثة تراخيص", "900 ريال" } },
	{ "جدار الحماية", { "الرجاء فتح المنفذ 443 للمورد. هناك خطر على الخدمة.", NULL }, { "443" } },
	{ "Accès à la boîte", { "Bonjour,\nnous avons besoin d'un accès à la boîte commune.\nSans cela la facturation est bloquée.\nLe coût est de 50 EUR par mois.", NULL }, { "accès à la boîte", "50 EUR" } },
	{ "Screens", { "Please order *two* screens, see https://shop.example/cart?id=9 and <b>hurry</b>.\n\n> quoted text from below\n", NULL }, { "order two screens" } },
	{ "Nothing but a title", { "", NULL }, { "Nothing but a title" } },
	{ "A long story", { "We need a replacement for the old telephone system of the northern branch office because the supplier has told us in three letters, two telephone calls and one visit that no spare parts will be made any longer after the end of next year at the very latest.", NULL }, { "We need a replacement" } },
	{ "Invisible", { "Please order\xe2\x80\x8b a \xe2\x80\xae" "printer for 200 EUR.", NULL }, { "printer", "200 EUR" } },
};
/* clang-format on */

#define BULLETS_MOST 8

struct bullets {
	const char *items[BULLETS_MOST];
	size_t count;
};

static void
draft(const struct ticket *ticket, const char *locale, struct arena *arena, struct bullets *out)
{
	struct bundle_message messages[3];
	struct bundle bundle = { .title = ticket->title, .messages = messages };
	char *rest, *line;

	for (size_t n = 0; n < 3 && ticket->messages[n] != NULL; n++) {
		messages[n] = (struct bundle_message){ "customer", true, 0, ticket->messages[n] };
		bundle.message_count++;
	}
	*out = (struct bullets){ .count = 0 };
	rest = arena_dup(arena, offline_write(DOCUMENT_SUMMARY, locale, &bundle, arena));
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		assert_true(text_starts(line, "- "));
		assert_true(out->count < BULLETS_MOST);
		out->items[out->count++] = line + 2;
	}
}

static void
add_source(struct str *out, const char *text)
{
	struct str seen = STR_INIT(65536);
	utf8_add_visible(&seen, text, strlen(text));
	for (const char *c = str_text(&seen); *c; c++)
		if (strchr("*<>_`#|", *c) == NULL)
			str_add_char(out, *c);
	str_add_char(out, ' ');
	str_done(&seen);
}

static char *
without_label(char *bullet)
{
	static const char *const labels[] = {
		"Asked for: ", "Why it matters: ", "Cost: ", "When: ", "Open question: "
	};

	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (text_starts(bullet, labels[i]))
			return bullet + strlen(labels[i]);
	return bullet;
}

static void
never_says(const struct ticket *ticket, const char *words)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	struct bullets got;

	draft(ticket, "en", arena, &got);
	for (size_t i = 0; i < got.count; i++)
		if (strstr(got.items[i], words) != NULL)
			fail_msg("'%s' says '%s'", got.items[i], words);
}

static void
neither_a_greeting_nor_a_sentence_without_its_number_is_a_bullet(void **state)
{
	static const struct ticket arabic = { "طابعة",
		{ "مرحبا سام،\n\nنطلب شراء طابعة قبل الخميس. التكلفة 1,390 يورو." }, { NULL } };
	static const struct ticket markup = { "Markup",
		{ "<script>alert(1)</script> & {{title}} costs 20 EUR" }, { NULL } };

	never_says(&arabic, "مرحبا");
	never_says(&markup, "costs EUR");
}

static void
a_problem_begins_after_who_wrote_and_the_greeting(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	struct bundle_message message = { "customer", true, 0,
		"On Mon, 16 Nov 2026 Bob Hansen <bob@x.example> wrote:\n> Hi Sam,\n>\n> the "
		"printer "
		"broke." };
	struct bundle bundle = { .title = "Printer", .messages = &message, .message_count = 1 };
	const char *got = offline_write(DOCUMENT_HANDOFF, "en", &bundle, arena);

	assert_non_null(strstr(got, "\n- the printer broke."));
	assert_null(strstr(got, "wrote"));
}

static void
every_word_comes_from_the_ticket(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(tickets); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
		struct str source = STR_INIT(65536);
		struct bullets got;
		add_source(&source, tickets[i].title);
		for (size_t k = 0; k < 3 && tickets[i].messages[k]; k++)
			add_source(&source, tickets[i].messages[k]);
		draft(&tickets[i], "en", arena, &got);
		for (size_t k = 0; k < got.count; k++) {
			char *copy = without_label(arena_dup(arena, got.items[k])), *word;
			if (text_is(copy, "not stated") || text_is(copy, "see above") ||
			    text_starts(got.items[k], "Not stated: "))
				continue;
			while ((word = strsep(&copy, " ")) != NULL)
				if (!text_is(word, "…") && strstr(str_text(&source), word) == NULL)
					fail_msg("%s: '%s' is nowhere in the ticket", got.items[k],
					    word);
		}
		str_done(&source);
	}
}

static void
what_matters_is_in_the_bullets(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(tickets); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
		struct bullets got;
		draft(&tickets[i], "en", arena, &got);
		for (size_t k = 0; k < 3 && tickets[i].must[k]; k++) {
			bool found = false;
			for (size_t b = 0; b < got.count; b++)
				found |= strstr(got.items[b], tickets[i].must[k]) != NULL;
			if (!found)
				fail_msg(
				    "%s: '%s' was left out", tickets[i].title, tickets[i].must[k]);
		}
	}
}

static void
bullets_are_few_short_and_plain(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(tickets); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
		struct bullets got;
		draft(&tickets[i], "en", arena, &got);
		assert_true(got.count >= FORM_BULLETS_MIN && got.count <= FORM_BULLETS_MAX);
		for (size_t k = 0; k < got.count; k++) {
			const char *bullet = got.items[k];
			assert_true(strlen(bullet) <= FORM_BULLET_SIZE);
			assert_true(utf8_is_valid(bullet, strlen(bullet)));
			assert_null(strpbrk(bullet, "<>*\n\r"));
			assert_null(strstr(bullet, "http"));
			assert_null(strstr(bullet, "\xe2\x80\x8b"));
			assert_null(strstr(bullet, "\xe2\x80\xae"));
		}
	}
}

static void
the_same_ticket_gives_the_same_bullets(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	struct bullets a, b;
	draft(&tickets[0], "en", arena, &a);
	draft(&tickets[0], "en", arena, &b);
	assert_int_equal(a.count, b.count);
	for (size_t i = 0; i < a.count; i++)
		assert_string_equal(a.items[i], b.items[i]);
}

static size_t
count_holding(const struct bullets *got, const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < got->count; i++)
		n += strstr(got->items[i], what) != NULL;
	return n;
}

/* A line each for what nobody wrote is noise on a phone. */
static void
what_is_not_stated_is_one_line_where_the_ticket_says_enough(void **state)
{
	static const struct ticket cases[] = {
		{ "Disk",
		    { "Please order a disk. The old one is full. Builds go to tape for now." },
		    { NULL } },
		{ "Disk", { "Please order a disk. It costs 90 EUR. The old one is full." },
		    { NULL } },
		{ "Disk",
		    { "Please order a disk, else we stop without builds. Is SSD fine? Who "
		      "pays?" },
		    { NULL } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
		struct bullets got;

		draft(&cases[i], "en", arena, &got);
		assert_int_equal(count_holding(&got, "Not stated: "), 1);
		assert_int_equal(count_holding(&got, ": not stated"), 0);
		assert_int_equal(count_holding(&got, "see above"), 0);
	}
}

static void
what_the_request_asks_stands_last(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	const struct ticket ticket = { "Disk",
		{ "Please order a disk. Is SSD fine? It costs 90 EUR." }, { NULL } };
	struct bullets got;

	draft(&ticket, "de-AT", arena, &got);
	assert_string_equal(got.items[0], "Gewünscht: Please order a disk.");
	assert_string_equal(got.items[got.count - 1], "Offene Frage: Is SSD fine?");
	assert_int_equal(count_holding(&got, "Nicht angegeben: Warum es wichtig ist · Wann"), 1);
}

static void
who_wrote_nothing_gets_four_lines_all_the_same(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	const struct ticket ticket = { "A new mouse", { "" }, { NULL } };
	struct bullets got;

	draft(&ticket, "en", arena, &got);
	assert_int_equal(got.count, 4);
	assert_string_equal(got.items[0], "Asked for: A new mouse");
	assert_int_equal(count_holding(&got, ": not stated"), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_begins_after_who_wrote_and_the_greeting),
		cmocka_unit_test(every_word_comes_from_the_ticket),
		cmocka_unit_test(neither_a_greeting_nor_a_sentence_without_its_number_is_a_bullet),
		cmocka_unit_test(what_matters_is_in_the_bullets),
		cmocka_unit_test(bullets_are_few_short_and_plain),
		cmocka_unit_test(the_same_ticket_gives_the_same_bullets),
		cmocka_unit_test(what_is_not_stated_is_one_line_where_the_ticket_says_enough),
		cmocka_unit_test(what_the_request_asks_stands_last),
		cmocka_unit_test(who_wrote_nothing_gets_four_lines_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
