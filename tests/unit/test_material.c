/* What a document is written from: who may read what, and how much of it. */
#include "help_jane.h"

#include <assent/ai/write.h>
#include <assent/base/str.h>
#include <assent/flow/material.h>
#include <assent/flow/memory.h>
#include <assent/store/closing.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- a ticket with all that there can be ------------------------------------------- */

static void
must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

static struct ticket
add_ticket(struct desk *desk)
{
	struct organisation acme;
	struct err err;
	struct ticket ticket = { .id = id_new(desk->now),
		.title = "Loud printer",
		.requester_email = "joe@gmail.test",
		.engineer_email = EVES,
		.status = "open",
		.attributes = "{\"floor\":\"two\",\"mood\":\"angry\",\"shelf\":\"B7\"}",
		.created = desk->now,
		.updated = desk->now };

	must(organisation_by_key(desk->tx, "acme", &acme, &err), &err);
	ticket.organisation = acme.id;
	must(ticket_add(desk->tx, &ticket, NULL, &err), &err);
	return ticket;
}

static void
say(struct desk *desk, const struct id *ticket, struct message message)
{
	struct err err;

	message.id = id_new(desk->now);
	message.ticket = *ticket;
	message.at = desk->now;
	if (message.own == NULL)
		message.own = message.text;
	must(message_add(desk->tx, &message, NULL, &err), &err);
}

static void
note(struct desk *desk, const struct id *ticket)
{
	const char *questions[] = { "Is it the fuser?" }, *wrong;
	struct finding finding;
	struct fix fix;
	struct task task;
	struct err err;

	must(finding_put(desk,
		 &(struct finding_wish){ *ticket, "check", "The fuser rattles.", "", EVES },
		 &finding, &wrong, &err),
	    &err);
	must(finding_put(desk,
		 &(struct finding_wish){ *ticket, "check", "A mistaken finding.", "", EVES },
		 &finding, &wrong, &err),
	    &err);
	must(finding_take_back(desk, &finding, EVES, &err), &err);
	must(fix_suggest(desk,
		 &(struct fix_wish){ *ticket, "Swap the fuser", "Takes an hour.", 85, EVES }, &fix,
		 &wrong, &err),
	    &err);
	must(task_put(desk, &(struct task_wish){ *ticket, "question", "Which model is it?", EVES },
		 &task, &wrong, &err),
	    &err);
	must(memory_propose(desk,
		 &(struct memory_proposal){ .ticket = *ticket,
		     .title = "Burn it",
		     .description = "With fire.",
		     .confidence = 99,
		     .questions = questions,
		     .question_count = 1 },
		 &err),
	    &err);
}

static struct ticket
add_all(struct desk *desk)
{
	struct ticket ticket = add_ticket(desk);

	say(desk, &ticket.id,
	    (struct message){ .is_public = true,
		.from_email = "joe@gmail.test",
		.text = "The printer is loud.\n> quoted before" });
	say(desk, &ticket.id,
	    (struct message){ .is_public = true,
		.from_email = "pam@acme.test",
		.text = "Louder today.\n> The printer is loud.",
		.own = "Louder today." });
	say(desk, &ticket.id,
	    (struct message){ .from_email = EVES, .text = "This customer shouts." });
	say(desk, &ticket.id,
	    (struct message){ .is_public = true,
		.from_email = "sales@vendor.test",
		.text = "A fuser is 90 EUR." });
	note(desk, &ticket.id);
	return ticket;
}

static const char *
text_of(struct desk *desk, const struct id *ticket, enum document_kind kind)
{
	struct bundle bundle;
	struct err err;

	must(material_read(desk, ticket, kind, &bundle, &err), &err);
	return bundle_text(&bundle, tx_arena(desk->tx));
}

#define DESK_TEST(name) \
	static int name##_step(struct desk *desk, void *arg, struct err *err); \
	static void name(void **state) \
	{ \
		struct err err; \
		must(kit_step(*state, name##_step, *state, &err), &err); \
	} \
	static int name##_step(struct desk *desk, void *arg, struct err *err)

/* --- who reads what ---------------------------------------------------------------- */

static void
must_hold(const char *text, const char *const *words, bool holds)
{
	for (; *words != NULL; words++)
		if ((strstr(text, *words) != NULL) != holds)
			fail_msg("'%s' is %s:\n%s", *words, holds ? "missing" : "there", text);
}

DESK_TEST(an_owner_is_told_nothing_of_the_engineers_work)
{
	static const char *const shown[] = { "Title: Loud printer", "> quoted before",
		"  Louder today.", "  A fuser is 90 EUR.", NULL };
	static const char *const hidden[] = { "shouts", "rattles", "Swap", "Which model", "angry",
		"Burn", "Status:", "Louder today.\n  > ", NULL };
	struct ticket ticket = add_all(desk);
	const char *text = text_of(desk, &ticket.id, DOCUMENT_SUMMARY);

	(void)arg;
	(void)err;
	must_hold(text, shown, true);
	must_hold(text, hidden, false);
	return 0;
}

DESK_TEST(a_customer_reads_what_was_found_but_no_internal_note)
{
	static const char *const shown[] = { "Louder today.", "The fuser rattles.",
		"Swap the fuser", "Which model", NULL };
	static const char *const hidden[] = { "shouts", "angry", "Burn", "mistaken", NULL };
	struct ticket ticket = add_all(desk);
	const char *text = text_of(desk, &ticket.id, DOCUMENT_RESOLUTION);

	(void)arg;
	(void)err;
	must_hold(text, shown, true);
	must_hold(text, hidden, false);
	return 0;
}

DESK_TEST(an_engineer_reads_all_but_what_nobody_stands_for)
{
	static const char *const shown[] = { "From customer (public", "From engineer (internal",
		"From other (public", "This customer shouts.", "The fuser rattles.",
		"active, confidence 85 %", "Which model", "mood: angry", "Status: open", NULL };
	static const char *const hidden[] = { "Burn", "fire", "Is it the fuser", "mistaken",
		"Time spent", NULL };
	struct ticket ticket = add_all(desk);

	(void)arg;
	(void)err;
	for (int kind = 0; kind < DOCUMENT_KINDS; kind++) {
		const char *text;
		if (kind == DOCUMENT_SUMMARY || kind == DOCUMENT_RESOLUTION)
			continue;
		text = text_of(desk, &ticket.id, (enum document_kind)kind);
		must_hold(text, shown, true);
		must_hold(text, hidden, false);
	}
	return 0;
}

DESK_TEST(a_proposal_that_was_dismissed_or_replaced_is_no_material)
{
	const char *wrong;
	struct ticket ticket = add_all(desk);
	const char *text;
	struct fix fix;

	(void)arg;
	must(memory_propose(desk,
		 &(struct memory_proposal){
		     .ticket = ticket.id, .title = "Drown it", .description = "" },
		 err),
	    err);
	must(fix_of_state(desk->tx, &ticket.id, "proposed", &fix, err), err);
	must(fix_decide(desk, &fix,
		 &(struct fix_verdict){ .decision = "dismissed", .confidence = -1, .by = EVES },
		 &wrong, err),
	    err);
	text = text_of(desk, &ticket.id, DOCUMENT_HANDOFF);
	assert_null(strstr(text, "Burn"));
	assert_null(strstr(text, "Drown"));
	assert_non_null(strstr(text, "Swap the fuser"));
	return 0;
}

DESK_TEST(an_attribute_is_shown_to_whom_it_may_be)
{
	static const char *binding[] = { "shelf" }, *sensitive[] = { "floor" };
	struct desk_kit *kit = arg;
	struct ticket ticket = add_all(desk);
	const char *text;

	(void)err;
	kit->policy.binding = (struct text_items){ binding, 1 };
	kit->policy.sensitive = (struct text_items){ sensitive, 1 };
	text = text_of(desk, &ticket.id, DOCUMENT_SUMMARY);
	assert_non_null(strstr(text, "shelf: B7"));
	assert_null(strstr(text, "angry"));
	text = text_of(desk, &ticket.id, DOCUMENT_NOTES);
	assert_non_null(strstr(text, "floor: [secret]"));
	assert_non_null(strstr(text, "shelf: B7"));
	kit->policy.binding.count = kit->policy.sensitive.count = 0;
	return 0;
}

DESK_TEST(the_time_spent_is_for_the_house)
{
	struct ticket ticket = add_all(desk);

	(void)arg;
	must(ticket_add_spent(desk->tx, &ticket.id, 90, desk->now, err), err);
	assert_non_null(strstr(text_of(desk, &ticket.id, DOCUMENT_NOTES), "Time spent: 1"));
	assert_null(strstr(text_of(desk, &ticket.id, DOCUMENT_RESOLUTION), "Time spent"));
	return 0;
}

static void
close_with(struct desk *desk, const struct id *ticket, const char *act, const char *comment)
{
	struct closing row = { .id = id_new(desk->now),
		.ticket = *ticket,
		.act = act,
		.by = EVES,
		.at = desk->now,
		.comment = comment,
		.to_email = "",
		.to_name = "" };
	struct err err;

	must(closing_add(desk->tx, &row, &err), &err);
}

DESK_TEST(what_was_said_at_the_end_is_in_the_notes_and_how_it_was_solved_for_the_customer)
{
	static const char *const all[] = { "- pause: They do not pay", "- spent: Cleaned it",
		"- resolve: A new fuser was put in", NULL };
	struct ticket ticket = add_all(desk);
	struct writing notes = { .kind = DOCUMENT_NOTES, .locale = "en" };
	struct bundle bundle;
	const char *text;

	(void)arg;
	close_with(desk, &ticket.id, "pause", "They do not pay");
	close_with(desk, &ticket.id, "spent", "Cleaned it");
	close_with(desk, &ticket.id, "resume", "");
	close_with(desk, &ticket.id, "resolve", "A new fuser was put in");
	must_hold(text_of(desk, &ticket.id, DOCUMENT_NOTES), all, true);
	must_hold(text_of(desk, &ticket.id, DOCUMENT_SUMMARY), all, false);
	text = text_of(desk, &ticket.id, DOCUMENT_RESOLUTION);
	assert_non_null(strstr(text, "- resolve: A new fuser was put in"));
	assert_null(strstr(text, "They do not pay"));
	must(material_read(desk, &ticket.id, DOCUMENT_NOTES, &bundle, err), err);
	notes.bundle = &bundle;
	write_documents(NULL, "", &notes, 1, tx_arena(desk->tx));
	assert_non_null(strstr(notes.text, "## Steps Taken\n\n- Cleaned it\n"));
	assert_non_null(strstr(notes.text, "## Resolution\n\n- A new fuser was put in\n"));
	return 0;
}

/* --- how much ------------------------------------------------------------------------ */

DESK_TEST(of_a_long_thread_the_first_and_the_newest_are_read)
{
	struct ticket ticket = add_ticket(desk);
	char text[800], line[40];
	struct bundle bundle;
	const char *shown;

	(void)arg;
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "Message %03d. ", i);
		text[strlen(text)] = 'y';
		text[sizeof(text) - 1] = '\0';
		say(desk, &ticket.id,
		    (struct message){ .is_public = true, .from_email = EVES, .text = text });
	}
	must(material_read(desk, &ticket.id, DOCUMENT_HANDOFF, &bundle, err), err);
	assert_true(bundle.message_count < 40);
	assert_int_equal(bundle.message_count + bundle.skipped, 300);
	assert_non_null(strstr(bundle.messages[0].text, "Message 000."));
	shown = bundle_text(&bundle, tx_arena(desk->tx));
	assert_non_null(strstr(shown, "Message 000."));
	assert_non_null(strstr(shown, "Message 299."));
	for (int i = 0, seen = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "Message %03d.", i);
		seen += strstr(shown, line) != NULL;
		snprintf(line, sizeof(line), "[… %d messages left out]", 300 - seen);
		if (i == 299)
			assert_non_null(strstr(shown, line));
	}
	return 0;
}

DESK_TEST(a_ticket_without_anything_has_material)
{
	struct id nobody = { { 1 } };
	struct ticket ticket = { .id = id_new(desk->now), .title = "Alone", .status = "open" };
	struct bundle bundle;

	(void)arg;
	must(ticket_add(desk->tx, &ticket, NULL, err), err);
	for (int kind = 0; kind < DOCUMENT_KINDS; kind++)
		assert_non_null(
		    strstr(text_of(desk, &ticket.id, (enum document_kind)kind), "Title: Alone"));
	assert_int_equal(material_read(desk, &nobody, DOCUMENT_NOTES, &bundle, err), ERR_NOT_FOUND);
	return 0;
}

/* --- the decision --------------------------------------------------------------------- */

static int
read_decision(struct desk *desk, void *arg, struct err *err)
{
	struct ticket ticket;

	(void)arg;
	must(ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err), err);
	assert_non_null(strstr(text_of(desk, &ticket.id, DOCUMENT_RESOLUTION),
	    "Decision:\n  rejected: too expensive"));
	return 0;
}

static void
the_newest_decision_is_told_with_its_comment(void **state)
{
	struct desk_kit *kit = *state;
	struct err err;

	jane_ask(kit);
	jane_answer(kit, 0, "no, too expensive");
	kit_run(kit);
	kit_change(kit, "UPDATE approvals SET comment = 'too expensive'");
	must(kit_step(kit, read_decision, kit, &err), &err);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_owner_is_told_nothing_of_the_engineers_work),
		TEST(a_customer_reads_what_was_found_but_no_internal_note),
		TEST(an_engineer_reads_all_but_what_nobody_stands_for),
		TEST(a_proposal_that_was_dismissed_or_replaced_is_no_material),
		TEST(an_attribute_is_shown_to_whom_it_may_be),
		TEST(the_time_spent_is_for_the_house),
		TEST(
		    what_was_said_at_the_end_is_in_the_notes_and_how_it_was_solved_for_the_customer),
		TEST(of_a_long_thread_the_first_and_the_newest_are_read),
		TEST(a_ticket_without_anything_has_material),
		TEST(the_newest_decision_is_told_with_its_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
