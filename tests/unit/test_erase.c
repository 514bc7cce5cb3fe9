/* What is known about a person, and its removal (store/erase.h). */
#include "help_store.h"

#include <assent/store/closing.h>
#include <assent/store/api_token.h>
#include <assent/store/approval.h>
#include <assent/store/document.h>
#include <assent/store/erase.h>
#include <assent/store/escalation.h>
#include <assent/store/ledger.h>
#include <assent/store/memory.h>
#include <assent/store/people.h>
#include <assent/store/post.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

#define ANNA "anna@b.test"

static void
add_ballot(struct tx *tx, unsigned n, enum approval_state state, const char *person)
{
	struct ticket ticket = { .id = id_of(n),
		.title = "Seats for Anna",
		.requester_email = ANNA,
		.requester_name = "Anna",
		.status = "open" };
	struct approval approval = { .id = id_of(n + 100),
		.ticket = ticket.id,
		.state = state,
		.question = "May we?",
		.requested_by = "sam@h.test",
		.asked = "{\"request\":\"please\"}" };
	struct ballot ballot = { .id = id_of(n + 200),
		.approval = approval.id,
		.person_email = person,
		.person_name = "Anna",
		.status = "open",
		.evidence = "{\"words\":\"fine\"}" };
	struct message message = { .id = id_of(n + 300),
		.ticket = ticket.id,
		.from_email = ANNA,
		.text = "please",
		.own = "please" };
	const struct ledger_field fields[] = { { "outcome", "approved" }, { "approver", person },
		{ "words", "fine by me" } };
	const struct ledger_entry entry = { .at = T0,
		.kind = "decision",
		.subject = approval.id,
		.fields = fields,
		.field_count = 3 };
	struct err e, *err = &e;

	OK(ticket_add(tx, &ticket, NULL, err));
	OK(approval_add(tx, &approval, err));
	OK(ballot_add(tx, &ballot, err));
	OK(message_add(tx, &message, NULL, err));
	OK(ledger_append(tx, &entry, NULL, err));
}

static int64_t
rows(const struct erase_report *report, const char *what)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->counts[i].what, what) == 0)
			return report->counts[i].rows;
	return 0;
}

STEP_TEST(all_that_was_counted_goes_and_the_ledger_stays_provable)
{
	struct erase_report before, done, after;
	struct ledger_report report;
	struct id ballot_id = id_of(201);
	struct ballot ballot;

	add_ballot(tx, 1, AS_APPROVED, ANNA);
	add_ballot(tx, 2, AS_APPROVED, "carla@c.test");
	OK(erase_look(tx, ANNA, &before, err));
	OK(erase_do(tx, "ANNA@b.test", &done, err));
	assert_int_equal(rows(&before, "messages from"), 2);
	assert_int_equal(rows(&done, "messages from"), 2);
	assert_int_equal(rows(&done, "answers and their evidence, of"), 1);
	assert_int_equal(before.kept, 0);
	OK(erase_look(tx, ANNA, &after, err));
	assert_int_equal(rows(&after, "messages from"), 0);
	assert_int_equal(rows(&after, "answers and their evidence, of"), 0);
	OK(ballot_get(tx, &ballot_id, &ballot, err));
	assert_string_equal(ballot.person_email, "");
	assert_string_equal(ballot.evidence, "{}");
	OK(ledger_verify(tx, &report, err));
	assert_int_equal(report.bad_seq, 0);
	assert_int_equal(report.entries, 2);
	/* Approver and words of both: the second ticket was hers as well. */
	assert_int_equal(report.erased, 4);
}

STEP_TEST(an_answer_of_the_api_about_his_ticket_goes_without_his_name)
{
	static const char *const bodies[] = {
		"{\"target_ticket_ref\":\"T-1001\",\"text\":\"seats\"}",
		"{\"target_ticket_ref\":\"T-10010\",\"text\":\"nothing of hers\"}",
	};
	struct erase_report done;
	struct api_answer out;

	add_ballot(tx, 1, AS_APPROVED, ANNA);
	for (unsigned i = 0; i < 2; i++)
		OK(api_answer_put(tx,
		    &(struct api_answer){ .token = id_of(7),
			.key = i == 0 ? "a" : "b",
			.status = 200,
			.body = bodies[i],
			.at = T0 },
		    err));
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "kept answers of the API about, or naming"), 1);
	OK(api_answer_get(tx, &(struct api_answer_key){ id_of(7), "b", T0 }, &out, err));
}

STEP_TEST(what_an_open_question_rests_on_stays_and_is_counted)
{
	struct erase_report done;
	struct message *messages;
	struct id ticket = id_of(1);
	int64_t *refs;
	size_t n;

	add_ballot(tx, 1, AS_SENT, ANNA);
	OK(erase_open(tx, ANNA, &refs, &n, err));
	assert_int_equal(n, 1);
	assert_int_equal(refs[0], TICKET_REF_FIRST);
	OK(erase_open(tx, "nobody@b.test", &refs, &n, err));
	assert_int_equal(n, 0);
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(done.kept, 1);
	OK(message_list(tx, &ticket, 0, &messages, &n, err));
	assert_string_equal(messages[0].text, "please");
}

STEP_TEST(a_webhook_that_names_the_person_loses_its_bytes_and_another_does_not)
{
	static const char *const bodies[] = { "{\"from\":\"Anna@B.test\"}", "{\"from\":\"x\"}" };
	const struct id ids[] = { id_of(1), id_of(2) };
	struct erase_report done;
	struct inbound out;

	for (unsigned i = 0; i < 2; i++) {
		char key[20];
		struct inbound in = { .id = id_of(i + 1),
			.source = "hook:desk",
			.source_key = key,
			.size = (int64_t)strlen(bodies[i]),
			.raw = bodies[i],
			.status = "new" };

		snprintf(key, sizeof(key), "hook:desk:%u", i);
		OK(inbound_add(tx, &in, err));
		in.status = "done";
		OK(inbound_settle(tx, &in, err));
	}
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "webhooks naming"), 1);
	OK(inbound_get(tx, &ids[0], true, &out, err));
	assert_null(out.raw);
	OK(inbound_get(tx, &ids[1], true, &out, err));
	assert_non_null(out.raw);
}

static void
add_packet(struct tx *tx, unsigned n, const char *state, const char *words)
{
	struct err e, *err = &e;

	OK(escalation_add(tx,
	    &(struct escalation){ .id = id_of(n),
		.title = words,
		.reason = "timeout",
		.priority = "high",
		.first_to = "Anna@b.test",
		.to = "manager",
		.levels = "[]",
		.state = state,
		.assignee = ANNA,
		.resolved_by = "sam@h.test" },
	    err));
	OK(escalation_person_add(tx,
	    &(struct escalation_person){ .id = id_of(n), .escalation = id_of(n), .email = ANNA },
	    err));
	OK(escalation_event_add(tx,
	    &(struct escalation_event){
		.escalation = id_of(n), .actor = "sam@h.test", .after = ANNA },
	    err));
}

STEP_TEST(closed_packets_lose_her_name_and_words_and_open_ones_keep_their_people)
{
	struct id naming = id_of(1), hers = id_of(2), open = id_of(3);
	struct erase_report done, after;
	struct escalation_event *events;
	struct escalation_person person;
	struct escalation e;
	size_t n;

	add_packet(tx, 1, "resolved", "anna@B.test complains");
	add_packet(tx, 2, "expired", "The disk is full");
	add_packet(tx, 3, "pending", "anna@b.test complains again");
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "packets of tickets of, or naming"), 1);
	assert_int_equal(rows(&done, "packets put to"), 2);
	assert_int_equal(rows(&done, "packets raised, taken or resolved by"), 2);
	assert_int_equal(rows(&done, "steps of packets naming"), 3);
	OK(escalation_get(tx, &naming, &e, err));
	assert_string_equal(e.title, "");
	assert_string_equal(e.resolved_by, "sam@h.test");
	OK(escalation_get(tx, &hers, &e, err));
	assert_string_equal(e.title, "The disk is full");
	assert_string_equal(e.assignee, "");
	assert_string_equal(e.first_to, "");
	assert_string_equal(e.to, "manager");
	OK(escalation_person_get(tx, &hers, &person, err));
	assert_string_equal(person.email, "");
	OK(escalation_event_list(tx, &open, &events, &n, err));
	assert_string_equal(events[0].after, "");
	OK(escalation_get(tx, &open, &e, err));
	assert_string_equal(e.assignee, ANNA);
	OK(erase_look(tx, ANNA, &after, err));
	assert_int_equal(after.count, 0);
}

static void
add_memory(struct tx *tx, unsigned n, const char *words, const char *author)
{
	const struct finding finding = { .id = id_of(n),
		.ticket = id_of(n),
		.kind = "observed",
		.text = words,
		.author = author,
		.created = T0 };
	const struct fix fix = { .id = id_of(n),
		.ticket = id_of(n),
		.title = "Reboot",
		.description = words,
		.author = author,
		.state = "active",
		.created = T0 };
	const struct task task = { .id = id_of(n),
		.ticket = id_of(n),
		.kind = "question",
		.text = "Who?",
		.answer = words,
		.author = author,
		.state = "open",
		.created = T0 };
	struct err e, *err = &e;

	OK(finding_add(tx, &finding, err));
	OK(fix_add(tx, &fix, err));
	OK(task_add(tx, &task, err));
}

STEP_TEST(what_was_found_out_about_a_person_goes_and_what_she_found_out_loses_her_name)
{
	struct id hers = id_of(1), naming = id_of(2), by_her = id_of(3);
	struct erase_report done, after;
	struct finding finding;
	struct task *tasks;
	struct fix fix;
	size_t n;

	add_ballot(tx, 1, AS_APPROVED, ANNA);
	add_ballot(tx, 2, AS_SENT, "carla@c.test");
	add_ballot(tx, 3, AS_SENT, "carla@c.test");
	add_memory(tx, 1, "the disk is full", "sam@h.test");
	add_memory(tx, 2, "Anna@B.test says so", "sam@h.test");
	add_memory(tx, 3, "the fan is loud", ANNA);
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "findings about, or naming"), 2);
	assert_int_equal(rows(&done, "fixes of tickets of, or naming"), 2);
	assert_int_equal(rows(&done, "tasks of tickets of, or naming"), 2);
	assert_int_equal(rows(&done, "findings by"), 1);
	REFUSED(ERR_NOT_FOUND, finding_get(tx, &hers, &finding, err));
	REFUSED(ERR_NOT_FOUND, fix_get(tx, &naming, &fix, err));
	OK(finding_get(tx, &by_her, &finding, err));
	assert_string_equal(finding.text, "the fan is loud");
	assert_string_equal(finding.author, "");
	OK(fix_get(tx, &by_her, &fix, err));
	assert_string_equal(fix.author, "");
	OK(task_list(tx, &by_her, &tasks, &n, err));
	assert_int_equal(n, 1);
	assert_string_equal(tasks[0].author, "");
	OK(erase_look(tx, ANNA, &after, err));
	assert_int_equal(rows(&after, "findings about, or naming"), 0);
	assert_int_equal(rows(&after, "tasks by"), 0);
}

static void
add_closing(struct tx *tx, unsigned n, const char *comment, const char *by, const char *to)
{
	struct err e, *err = &e;
	const struct closing closing = { .id = id_of(n + 700),
		.ticket = id_of(n),
		.act = "escalate",
		.by = by,
		.at = T0,
		.comment = comment,
		.to_email = to,
		.to_name = "Anna",
		.told = T0 };

	OK(closing_add(tx, &closing, err));
}

STEP_TEST(who_closed_a_ticket_loses_his_name_and_so_does_who_took_it_over)
{
	struct id first = id_of(1), second = id_of(2);
	struct erase_report done, after;
	struct closing *list;
	size_t n;

	add_ballot(tx, 1, AS_APPROVED, "carla@c.test");
	add_ballot(tx, 2, AS_SENT, "carla@c.test");
	add_closing(tx, 1, "see what anna@B.test says", "sam@h.test", ANNA);
	add_closing(tx, 2, "the fan", ANNA, "sam@h.test");
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "notes on closing tickets of, or naming"), 1);
	assert_int_equal(rows(&done, "tickets closed by"), 1);
	assert_int_equal(rows(&done, "tickets handed to"), 1);
	OK(closing_list(tx, &first, &list, &n, err));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].comment, "");
	assert_string_equal(list[0].by, "sam@h.test");
	assert_string_equal(list[0].to_email, "");
	assert_string_equal(list[0].to_name, "");
	OK(closing_list(tx, &second, &list, &n, err));
	assert_string_equal(list[0].comment, "the fan");
	assert_string_equal(list[0].by, "");
	OK(erase_look(tx, ANNA, &after, err));
	assert_int_equal(rows(&after, "notes on closing tickets of, or naming"), 0);
}

static void
add_document(struct tx *tx, unsigned n, const char *words, const char *author)
{
	const struct document document = { .id = id_of(n),
		.ticket = id_of(n),
		.kind = "notes",
		.locale = "en",
		.author = author,
		.text = words,
		.created = T0 };
	struct err e, *err = &e;

	OK(document_add(tx, &document, err));
}

STEP_TEST(documents_about_a_person_go_and_those_she_wrote_lose_her_name)
{
	struct document_name name = { id_of(1), "notes", "en", 0 };
	struct erase_report done, after;
	struct document out;

	add_ballot(tx, 1, AS_APPROVED, ANNA);
	add_ballot(tx, 2, AS_SENT, "carla@c.test");
	add_ballot(tx, 3, AS_SENT, "carla@c.test");
	add_document(tx, 1, "the disk is full", "");
	add_document(tx, 2, "Anna@B.test says so", "sam@h.test");
	add_document(tx, 3, "the fan is loud", ANNA);
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "documents about, or naming"), 2);
	assert_int_equal(rows(&done, "documents written by"), 1);
	REFUSED(ERR_NOT_FOUND, document_get(tx, &name, &out, err));
	name.ticket = id_of(2);
	REFUSED(ERR_NOT_FOUND, document_get(tx, &name, &out, err));
	name.ticket = id_of(3);
	OK(document_get(tx, &name, &out, err));
	assert_string_equal(out.author, "somebody");
	OK(erase_look(tx, ANNA, &after, err));
	assert_int_equal(rows(&after, "documents about, or naming"), 0);
	assert_int_equal(rows(&after, "documents written by"), 0);
}

STEP_TEST(owners_and_staff_are_named_as_such)
{
	struct organisation acme = {
		.id = id_of(1), .key = "acme", .name = "Acme", .owner_email = ANNA
	};
	struct staff sam = { id_of(2), "sam@h.test", "Sam", "engineer", "", true };
	const char **owned;
	bool is_staff = true;
	struct id id;
	size_t n;

	OK(organisation_put(tx, &acme, &id, err));
	OK(staff_put(tx, &sam, err));
	OK(erase_roles(tx, ANNA, &owned, &n, &is_staff, err));
	assert_int_equal(n, 1);
	assert_string_equal(owned[0], "acme");
	assert_false(is_staff);
	OK(erase_roles(tx, "sam@h.test", &owned, &n, &is_staff, err));
	assert_int_equal(n, 0);
	assert_true(is_staff);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(all_that_was_counted_goes_and_the_ledger_stays_provable),
		STORE_TEST(an_answer_of_the_api_about_his_ticket_goes_without_his_name),
		STORE_TEST(what_an_open_question_rests_on_stays_and_is_counted),
		STORE_TEST(a_webhook_that_names_the_person_loses_its_bytes_and_another_does_not),
		STORE_TEST(closed_packets_lose_her_name_and_words_and_open_ones_keep_their_people),
		STORE_TEST(
		    what_was_found_out_about_a_person_goes_and_what_she_found_out_loses_her_name),
		STORE_TEST(who_closed_a_ticket_loses_his_name_and_so_does_who_took_it_over),
		STORE_TEST(documents_about_a_person_go_and_those_she_wrote_lose_her_name),
		STORE_TEST(owners_and_staff_are_named_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
