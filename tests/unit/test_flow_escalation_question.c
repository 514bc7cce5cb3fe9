/* A packet about a question of ours: its reader learns which, whose, and how long it can wait. */
#include "help_escalation.h"
#include "help_jane.h"

#include <assent/base/str.h>
#include <assent/flow/portal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
holds(const char *text, const char *part, bool want)
{
	if (text == NULL || (strstr(text, part) != NULL) != want)
		fail_msg("\"%s\" %s \"%s\"", text != NULL ? text : "no mail",
		    want ? "does not hold" : "holds", part);
}

struct found {
	struct desk_kit *kit;
	struct id ticket;
	const char *approval;
};

static int
find(struct desk *desk, void *arg, struct err *err)
{
	struct found *found = arg;
	struct approval_filter filter = { .max = 1 };
	struct approval *list;
	char text[ID_TEXT_SIZE];
	size_t n = 0;
	int rc = approval_list(desk->tx, &filter, &list, &n, err);

	if (rc == 0 && n == 1) {
		found->ticket = list[0].ticket;
		found->approval = arena_dup(found->kit->arena, id_text(&list[0].id, text));
	}
	return rc;
}

/* Jane was asked; after days a rule would say so to Max. */
static struct found
raise_about_the_question(struct desk_kit *kit, span_ms after)
{
	struct found found = { .kit = kit };
	struct escalation_raise raise = packet_plain();
	struct err err;

	jane_ask(kit);
	kit_pass(kit, after);
	assert_int_equal(kit_step(kit, find, &found, &err), 0);
	assert_non_null(found.approval);
	raise.to = "admin";
	raise.levels = "";
	raise.ticket = found.ticket;
	raise.entity_type = "approval";
	raise.entity_id = found.approval;
	packet_new(kit, &raise);
	return found;
}

static void
its_mail_says_which_question_and_whose_it_is(void **state)
{
	struct desk_kit *kit = *state;
	struct found found = raise_about_the_question(kit, 3 * MS_DAY);
	const char *mail = kit_sent(kit, MAX_AT, 0);

	holds(mail, found.approval, false);
	holds(mail, "Question to Jane Owner (jane@acme.test):", true);
	holds(mail, "> Do you approve this request?\nTicket: [T-1001] a laptop\nAsked: ", true);
	holds(mail, "Reminders: 1, the last on ", true);
	holds(mail, "(days left: ", true);
	holds(strstr(mail, "Priority: "), "Ticket: ", false);
}

static void
its_page_says_what_became_of_it_meanwhile(void **state)
{
	struct desk_kit *kit = *state;
	const char *link;

	raise_about_the_question(kit, MS_HOUR);
	link = strstr(kit_sent(kit, MAX_AT, 0), "/e/");
	assert_non_null(link);
	holds(kit_sent(kit, MAX_AT, 0), "Reminders", false);
	jane_answer(kit, 0, "yes, approved\r\n");
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	kit_pass(kit, 5 * MS_HOUR); /* it is overdue now */
	holds(kit_last_to(kit, MAX_AT), "It was approved meanwhile, on ", true);
	holds(kit_last_to(kit, MAX_AT), "days left", false);
}

static void
what_names_no_question_of_ours_is_shown_as_it_is(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();

	raise.entity_type = "approval";
	raise.entity_id = "purchase 4711";
	packet_new(kit, &raise);
	holds(kit_sent(kit, EVE_AT, 0), "About: approval purchase 4711", true);
}

int
main(void)
{
#define with_packets(f) cmocka_unit_test_setup_teardown(f, packet_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		with_packets(its_mail_says_which_question_and_whose_it_is),
		with_packets(its_page_says_what_became_of_it_meanwhile),
		with_packets(what_names_no_question_of_ours_is_shown_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
