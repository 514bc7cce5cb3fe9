/* Packets in the language of whoever reads them, whatever the site's is. */
#include "help_escalation.h"

#include <assent/base/str.h>
#include <assent/flow/portal.h>
#include <assent/mail/compose.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define IN_ARABIC "صفقة فوق الحد"

static const struct policy_staff people[] = {
	{ EVE_AT, "Eve Engineer", "engineer", "desk", "ar" },
	{ MAX_AT, "Max Manager", "admin", "desk", "" },
	{ OLGA_AT, "Olga Owner", "owner", "desk", "de-AT" },
};

static int
setup(void **state)
{
	int rc = packet_setup(state);
	struct desk_kit *kit = *state;

	kit->policy.staff = people;
	return rc;
}

static struct escalation_raise
deal(void)
{
	struct escalation_raise raise = packet_plain();

	raise.texts =
	    "{\"title\": {\"ar\": \"" IN_ARABIC "\", \"en\": \"A deal above the limit\"}}";
	return raise;
}

static void
holds(const char *text, const char *part, bool want)
{
	if (text == NULL || (strstr(text, part) != NULL) != want)
		fail_msg("\"%s\" %s \"%s\"", text != NULL ? text : "no mail",
		    want ? "does not hold" : "holds", part);
}

static void
each_reader_gets_it_in_a_language_of_his_own(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = deal();

	packet_new(kit, &raise);
	holds(kit_sent(kit, EVE_AT, 0), IN_ARABIC, true);
	holds(kit_sent(kit, EVE_AT, 0), "استلمت", true);
	holds(kit_sent(kit, EVE_AT, 0), "Priority", false);
	kit_pass(kit, 3 * MS_HOUR); /* it climbs */
	holds(kit_sent(kit, MAX_AT, 0), "A deal above the limit", true);
	holds(kit_sent(kit, MAX_AT, 0), "Priority: High", true);
	holds(kit_sent(kit, EVE_AT, 1), "استلم", false);
	holds(kit_sent(kit, EVE_AT, 1), IN_ARABIC, true);
}

static void
what_a_site_reads_is_read_by_who_says_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = deal();

	kit->policy.locale = "ar";
	raise.to = "admin";
	packet_new(kit, &raise);
	holds(kit_sent(kit, MAX_AT, 0), IN_ARABIC, true);
	holds(kit_sent(kit, MAX_AT, 0), "Priority", false);
}

static void
an_answer_by_mail_is_answered_in_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = deal();

	packet_new(kit, &raise);
	kit_letter(kit,
	    &(struct kit_letter){ .from = EVE_AT,
		.to = kit_header(kit, EVE_AT, 0, "Reply-To"),
		.subject = "Re",
		.body = "استلمت\r\n" });
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, EVE_AT), 2);
	holds(kit_sent(kit, EVE_AT, 1), "You have it", false);
	holds(kit_sent(kit, EVE_AT, 1), IN_ARABIC, true);
}

static void
the_step_that_failed_is_named_without_a_workflow_too(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = deal();

	raise.failed_step = "book";
	packet_new(kit, &raise);
	holds(kit_sent(kit, EVE_AT, 0), "تعثّر في: book", true);
	raise.to = "admin";
	packet_new(kit, &raise);
	holds(kit_sent(kit, MAX_AT, 0), "Failed at: book", true);
}

static int
show(struct desk *desk, void *arg, struct err *err)
{
	struct portal_answer *out = arg;
	const char *token = json_string_value(json_object_get(out->view, "token"));

	return portal_packet_show(desk, token, out, err);
}

static void
its_page_is_in_the_language_of_whose_link_it_is(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = deal();
	struct portal_answer answer;
	const char *link;
	struct err err;

	packet_new(kit, &raise);
	link = strstr(kit_sent(kit, EVE_AT, 0), "/e/");
	assert_non_null(link);
	answer.view = json_pack("{s:s%}", "token", link + 3, (size_t)32);
	json_t *asked = answer.view;
	assert_int_equal(kit_step(kit, show, &answer, &err), 0);
	json_decref(asked);
	assert_int_equal(answer.page, PAGE_PACKET);
	assert_string_equal(json_string_value(json_object_get(answer.view, "locale")), "ar");
	assert_string_equal(json_string_value(json_object_get(answer.view, "title")), IN_ARABIC);
	json_decref(answer.view);
}

static void
write_file(const char *folder, const char *name, const char *text)
{
	AUTO(str_donep) struct str path = STR_INIT(600);
	FILE *file;

	str_addf(&path, "%s/%s", folder, name);
	file = fopen(str_text(&path), "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
make_folder(struct desk_kit *kit, const char *name)
{
	assert_int_equal(mkdir(arena_printf(kit->arena, "%s/%s", kit->folder, name), 0700), 0);
}

static void
raise_to_olga(struct desk_kit *kit)
{
	struct escalation_raise raise = deal();

	raise.to = "owner";
	raise.levels = "[{\"after_ms\": 7200000, \"to\": \"admin\"}]";
	packet_new(kit, &raise);
}

/* What it lacks is read in English. */
static void
a_folder_more_is_a_language_more(void **state)
{
	struct desk_kit *kit = *state;

	make_folder(kit, "mail-templates");
	make_folder(kit, "mail-templates/de");
	write_file(kit->folder, "mail-templates/de/escalation.txt",
	    "Subject: Für Sie: {{title}}\n\n{{cut_marker}}\n\nBitte übernehmen: {{title}}\n");
	write_file(kit->folder, "mail-templates/de/escalation.html",
	    "<html lang=\"{{lang}}\"><body>{{cut_marker}} Bitte übernehmen: "
	    "{{title}}</body></html>");
	kit->policy.site_dir = kit->folder;
	raise_to_olga(kit);
	holds(kit_sent(kit, OLGA_AT, 0), "Bitte übernehmen: A deal above the limit", true);
	holds(kit_sent(kit, OLGA_AT, 0), "Bitte oberhalb dieser Zeile antworten", true);
	kit_pass(kit, 3 * MS_HOUR);
	holds(kit_sent(kit, OLGA_AT, 1), "This went to somebody else", true);
	compose_forget();
}

/* Sentences, and how dates are written. */
static void
a_file_of_phrases_is_a_language_too(void **state)
{
	struct desk_kit *kit = *state;
	const char *mail;

	make_folder(kit, "phrases");
	write_file(kit->folder, "phrases/de.txt",
	    "speaks: escalation\ndo-by: Bitte bis {{due}} erledigen.\n"
	    "is-raised: Das braucht Sie: Noch hat es niemand.\n"
	    "date: {{weekday}}, {{day}}. {{month}} {{year}}, {{time}} Uhr\n"
	    "date-weekdays: So Mo Di Mi Do Fr Sa\n"
	    "date-months: Januar Februar März April Mai Juni Juli August September Oktober"
	    " November Dezember\n");
	kit->policy.site_dir = kit->folder;
	raise_to_olga(kit);
	mail = kit_sent(kit, OLGA_AT, 0);
	holds(mail, "Das braucht Sie: Noch hat es niemand. Bitte bis ", true);
	holds(mail, "Mo, 16. November 2026, 14:00 Uhr", true);
	holds(mail, "Bitte oberhalb dieser Zeile antworten", true);
	kit_pass(kit, 3 * MS_HOUR);
	holds(kit_sent(kit, MAX_AT, 0), "Mon 16 Nov 2026, ", true);
	compose_forget();
}

int
main(void)
{
#define with_readers(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		with_readers(each_reader_gets_it_in_a_language_of_his_own),
		with_readers(what_a_site_reads_is_read_by_who_says_nothing),
		with_readers(the_step_that_failed_is_named_without_a_workflow_too),
		with_readers(an_answer_by_mail_is_answered_in_it),
		with_readers(its_page_is_in_the_language_of_whose_link_it_is),
		with_readers(a_folder_more_is_a_language_more),
		with_readers(a_file_of_phrases_is_a_language_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
