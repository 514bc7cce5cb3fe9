/* Tickets that are resolved, handed over, laid aside and taken up again (flow/closing.h). */
#include "help_jane.h"
#include "help_verb.h"

#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/memory.h>
#include <assent/flow/verb.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND "second@help.test"

/* --- by steps --------------------------------------------------------------------- */

/* "resolve", {"comment": …} on T-1001; *out may be NULL. */
static int
act(struct desk_kit *kit, const char *verb, const char *json, struct err *err, json_t **out)
{
	json_t *arguments = json_loads(json, 0, NULL);

	assert_non_null(arguments);
	json_object_set_new(arguments, "ticket", json_string("T-1001"));
	return kit_verb(kit, verb, arguments, out, err);
}

static void
done(struct desk_kit *kit, const char *verb, const char *json)
{
	struct err err;

	if (act(kit, verb, json, &err, NULL) < 0)
		fail_msg("%s: %s", verb, err.text);
}

static void
refused(struct desk_kit *kit, int want, const char *verb, const char *json, const char *words)
{
	struct err err = { 0 };
	int64_t version = kit_number(kit, "SELECT state_version FROM tickets");
	int64_t rows = kit_number(kit, "SELECT count(*) FROM closings");
	int rc = act(kit, verb, json, &err, NULL);

	if (rc != want || strstr(err.text, words) == NULL)
		fail_msg("%s is %d: %s", verb, rc, rc < 0 ? err.text : "done");
	assert_int_equal(kit_number(kit, "SELECT state_version FROM tickets"), version);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM closings"), rows);
}

#define IS(kit, table, where) \
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM " table " WHERE " where), 1)
#define STATUS(kit, name) IS(kit, "tickets", "status = '" name "'")

static void
what_is_resolved_twice_names_who_was_first(void **state)
{
	struct desk_kit *kit = *state;
	int64_t version;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	version = kit_number(kit, "SELECT state_version FROM tickets");
	done(kit, "ticket.resolve", "{\"comment\": \"A new dock\", \"spent\": \"30m\"}");
	STATUS(kit, "resolved");
	assert_true(kit_number(kit, "SELECT state_version FROM tickets") > version);
	IS(kit, "closings",
	    "act = 'resolve' AND by = 'operator' AND comment = 'A new dock' AND"
	    " spent = 30 AND n = 1");
	IS(kit, "events", "kind = 'ticket.state' AND before = 'open' AND after = 'resolved'");
	IS(kit, "events", "kind = 'ticket.spent' AND after = '30 min'");
	refused(kit, ERR_CONFLICT, "ticket.resolve", "{}",
	    "T-1001 is resolved already; operator resolved it on Mon 16 Nov 2026, 10:00 CET; "
	    "nothing was changed");
	refused(kit, ERR_CONFLICT, "ticket.escalate", "{\"to\": \"eve@help.test\"}",
	    "must be opened again first; operator resolved it");
	refused(kit, ERR_CONFLICT, "ticket.pause", "{}", "operator resolved it");
	refused(kit, ERR_CONFLICT, "ticket.resume", "{}", "resolved, not paused; operator");
	done(kit, "ticket.reopen", "{}");
	STATUS(kit, "open");
	refused(kit, ERR_CONFLICT, "ticket.reopen", "{}",
	    "T-1001 is open, not resolved; operator opened it again on");
	refused(kit, ERR_CONFLICT, "ticket.resume", "{}", "is open, not paused");
}

static void
what_is_not_right_changes_nothing(void **state)
{
	static const struct {
		const char *verb, *json, *words;
	} bad[] = {
		{ "ticket.resolve", "{\"spent\": \"soon\"}", "such as \"30m\"" },
		{ "ticket.resolve", "{\"spent\": \"2000h\"}", "at most 1000 hours" },
		{ "ticket.spent", "{\"spent\": \"\"}", "say how long" },
		{ "ticket.escalate", "{\"to\": \"bob@acme.test\"}", "not of this desk's staff" },
		{ "ticket.escalate", "{\"to\": \"nobody\"}", "not of this desk's staff" },
	};
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refused(kit, ERR_INVALID, bad[i].verb, bad[i].json, bad[i].words);
	STATUS(kit, "open");
	IS(kit, "tickets", "spent = 0");
}

static void
time_that_was_spent_adds_up(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "ticket.spent", "{\"spent\": \"45m\"}");
	done(kit, "ticket.pause", "{\"spent\": \"1h\"}");
	done(kit, "ticket.resume", "{}");
	done(kit, "ticket.resolve", "{\"spent\": \"1.5h\"}");
	IS(kit, "tickets", "spent = 195");
	refused(kit, ERR_LIMIT, "ticket.spent", "{\"spent\": \"999h\"}", "more than 1000 hours");
}

/* --- a question that is out --------------------------------------------------------- */

static void
nobody_is_asked_about_what_is_solved(void **state)
{
	struct desk_kit *kit = *state;
	json_t *out;
	struct err err;

	jane_ask(kit);
	STATUS(kit, "waiting");
	refused(kit, ERR_CONFLICT, "ticket.resolve", "{}",
	    "was not resolved: jane@acme.test is being asked about it");
	assert_int_equal(act(kit, "ticket.resolve", "{\"withdraw\": true}", &err, &out), 0);
	assert_int_equal(json_integer_value(json_object_get(out, "withdrawn")), 1);
	assert_string_equal(json_string_value(json_object_get(out, "status")), "resolved");
	json_decref(out);
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_WITHDRAWN);
	STATUS(kit, "resolved");
	/* Her late answer is told so, and decides nothing. */
	jane_answer(kit, 0, "ok");
	assert_int_equal(kit_state(kit, 0), AS_WITHDRAWN);
	STATUS(kit, "resolved");
}

static void
a_draft_is_a_question_too(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
	refused(kit, ERR_CONFLICT, "ticket.resolve", "{}", "was not resolved");
	done(kit, "ticket.resolve", "{\"withdraw\": true}");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	STATUS(kit, "resolved");
}

static void
what_is_laid_aside_is_answered_but_not_reminded_of(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	done(kit, "ticket.pause", "{\"comment\": \"waiting for the supplier\"}");
	IS(kit, "tickets", "status = 'paused' AND status_before = 'waiting'");
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	done(kit, "ticket.resume", "{}");
	STATUS(kit, "waiting");
	kit_pass(kit, 2 * MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	done(kit, "ticket.pause", "{}");
	jane_answer(kit, 0, "ok");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	IS(kit, "tickets", "status = 'paused' AND status_before = 'decided'");
	done(kit, "ticket.resume", "{}");
	IS(kit, "tickets", "status = 'decided' AND status_before = ''");
}

static void
a_question_that_expires_meanwhile_leaves_it_paused(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	done(kit, "ticket.pause", "{}");
	kit_pass(kit, 9 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
	IS(kit, "tickets", "status = 'paused' AND status_before = 'open'");
}

static void
nobody_is_asked_about_what_is_closed(void **state)
{
	struct desk_kit *kit = *state;
	const char *ask = "{\"tickets\": [\"T-1001\"]}";

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "ticket.pause", "{}");
	refused(kit, ERR_CONFLICT, "approval.request", ask, "T-1001 is paused");
	done(kit, "ticket.resume", "{}");
	done(kit, "ticket.resolve", "{}");
	refused(kit, ERR_CONFLICT, "approval.request", ask, "before it is opened again");
	done(kit, "ticket.reopen", "{}");
	done(kit, "approval.request", ask);
}

/* --- partial answers ------------------------------------------------------------------ */

static void
tasks_and_partial_answers_come_back_as_they_were(void **state)
{
	struct desk_kit *kit = *state;
	const json_t *open, *first;
	struct err err;
	json_t *out;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "task.add", "{\"text\": \"Which model?\"}");
	done(kit, "task.add", "{\"text\": \"Call the supplier\"}");
	done(kit, "task.change", "{\"task\": \"1\", \"answer\": \"An LX, he thinks\"}");
	done(kit, "task.change", "{\"task\": \"2\", \"state\": \"skipped\"}");
	done(kit, "ticket.pause", "{}");
	kit_pass(kit, 30 * MS_DAY);
	assert_int_equal(act(kit, "ticket.resume", "{}", &err, &out), 0);
	open = json_object_get(out, "open");
	assert_int_equal(json_array_size(open), 1);
	first = json_array_get(open, 0);
	assert_string_equal(json_string_value(json_object_get(first, "text")), "Which model?");
	assert_string_equal(
	    json_string_value(json_object_get(first, "answer")), "An LX, he thinks");
	json_decref(out);
	IS(kit, "tasks", "n = 2 AND state = 'skipped'");
}

/* --- handed over ------------------------------------------------------------------------ */

static void
what_is_handed_over_has_another_engineer(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	done(kit, "ticket.escalate", "{\"comment\": \"too deep for me\"}");
	IS(kit, "tickets", "status = 'escalated' AND engineer_email = 'second@help.test'");
	IS(kit, "events",
	    "kind = 'ticket.engineer' AND before = 'eve@help.test'"
	    " AND after = 'second@help.test'");
	refused(kit, ERR_CONFLICT, "ticket.escalate", "{}",
	    "T-1001 is escalated to the same person already; operator handed it over to "
	    "second@help.test on");
	/* Handed back is handed on. */
	done(kit, "ticket.escalate", "{\"to\": \"EVE@help.test\"}");
	IS(kit, "tickets", "engineer_email = 'eve@help.test' AND engineer_name = 'Eve Engineer'");
	jane_answer(kit, 0, "ok");
	STATUS(kit, "decided");
}

/* --- what is written afterwards ------------------------------------------------------------ */

static const char *
paper(json_t *out, const char *kind, const char *field)
{
	const json_t *one = json_object_get(json_object_get(out, "documents"), kind);
	const char *text = json_string_value(json_object_get(one, field));

	return text != NULL ? text : "";
}

static void
notes_and_resolution_are_written_after_the_answer(void **state)
{
	struct desk_kit *kit = *state;
	struct err err;
	json_t *out;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	assert_int_equal(
	    act(kit, "ticket.resolve",
		"{\"comment\": \"A new dock was put in\", \"spent\": \"90\"}", &err, &out),
	    0);
	assert_string_equal(paper(out, "notes", "status"), "drafting");
	assert_string_equal(
	    paper(out, "notes", "stream"), "/api/v1/tickets/T-1001/documents/notes/stream");
	assert_string_equal(paper(out, "resolution", "status"), "drafting");
	assert_int_equal(json_object_size(json_object_get(out, "documents")), 2);
	json_decref(out);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), 0);
	kit_run(kit);
	IS(kit, "documents",
	    "kind = 'notes' AND text LIKE '%A new dock was put in%'"
	    " AND text LIKE '%1 h 30 min%' AND kept = 1 AND is_by_ai = 0");
	IS(kit, "documents", "kind = 'resolution' AND text LIKE '%A new dock was put in%'");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), 2);
}

static void
who_takes_it_over_gets_the_handoff_by_mail(void **state)
{
	struct desk_kit *kit = *state;
	const char *mail;

	jane_ask(kit);
	done(kit, "finding.add", "{\"text\": \"The dock gets no power\"}");
	done(kit, "ticket.escalate", "{\"comment\": \"too deep for me\", \"spent\": \"20m\"}");
	assert_int_equal(kit_sent_count(kit, SECOND), 0);
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, SECOND), 1);
	mail = kit_sent(kit, SECOND, 0);
	assert_string_equal(
	    kit_header(kit, SECOND, 0, "Subject"), "Handed to you: a laptop [T-1001]");
	assert_non_null(strstr(mail, "The operator hands this ticket to you"));
	assert_non_null(strstr(mail, "> too deep for me"));
	assert_non_null(strstr(mail, "Time spent so far: 20 min"));
	assert_non_null(strstr(mail, "- Observed: The dock gets no power"));
	assert_non_null(strstr(strstr(mail, "What we've tried"), "- too deep for me"));
	assert_null(strstr(strstr(mail, "Current hypothesis"), "too deep for me"));
	assert_non_null(strstr(mail, "Jane Owner is being asked: "));
	assert_non_null(strstr(mail, "This handoff was drafted without AI."));
	IS(kit, "documents", "kind = 'notes'");
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, SECOND), 1);
	/* What is handed on before it was written goes to the last one only. */
	done(kit, "ticket.escalate", "{\"to\": \"eve@help.test\"}");
	done(kit, "ticket.escalate", "{}");
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, SECOND), 2);
	for (size_t i = 0; i < kit_sent_count(kit, EVES); i++)
		assert_null(strstr(kit_sent(kit, EVES, i), "hands this ticket"));
}

static int
give_up(struct desk *desk, void *arg, struct err *err)
{
	struct id ticket;
	int rc = verb_ticket(desk, "T-1001", &ticket, err);

	(void)arg;
	return rc < 0 ? rc : closing_handoff(desk, &ticket, NULL, err);
}

/* Nobody drafts over what somebody just wrote for this. */
static void
what_an_engineer_wrote_is_what_is_handed_over(void **state)
{
	struct desk_kit *kit = *state;
	const char *mail;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "document.edit",
	    "{\"kind\": \"handoff\", \"text\": \"## Problem\\nIt is the grille.\"}");
	done(kit, "ticket.escalate", "{\"comment\": \"my notes\", \"spent\": \"20m\"}");
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, SECOND), 1);
	mail = kit_sent(kit, SECOND, 0);
	assert_non_null(strstr(mail, "It is the grille."));
	assert_non_null(strstr(mail, "This handoff was written by operator."));
	IS(kit, "documents", "kind = 'handoff'");
	/* The ticket moved since: this time it is drafted. */
	done(kit, "finding.add", "{\"text\": \"The dock gets no power\"}");
	done(kit, "ticket.escalate", "{\"to\": \"eve@help.test\"}");
	kit_run(kit);
	assert_non_null(strstr(kit_sent(kit, EVES, kit_sent_count(kit, EVES) - 1), "no power"));
}

static void
a_handoff_that_cannot_be_written_is_told_all_the_same(void **state)
{
	struct desk_kit *kit = *state;
	struct err err;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "ticket.escalate", "{\"comment\": \"over to you\"}");
	assert_int_equal(kit_step(kit, give_up, NULL, &err), 0);
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, SECOND), 1);
	assert_non_null(strstr(kit_sent(kit, SECOND, 0), "No handoff could be written"));
}

static void
who_was_erased_before_it_left_gets_no_handoff(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "ticket.escalate", "{}");
	done(kit, "person.erase", "{\"email\": \"" SECOND "\"}");
	kit_run(kit);
	IS(kit, "documents", "kind = 'handoff'");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM jobs WHERE last_error <> ''"), 0);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM outgoing WHERE kind = 'handoff'"), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM closings WHERE told = 0"), 0);
}

/* --- a customer writes ------------------------------------------------------------------- */

static void
customer_writes(struct desk_kit *kit, bool vouched)
{
	kit_say(kit,
	    (struct kit_letter){ .from = "Bob Buyer <bob@acme.test>",
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = "It still does not work.\r\n",
		.not_vouched = !vouched });
}

static void
a_customer_who_writes_opens_what_was_resolved(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	done(kit, "ticket.resolve", "{}");
	customer_writes(kit, false);
	STATUS(kit, "resolved");
	kit_say(kit,
	    (struct kit_letter){ .from = "Bob Buyer <bob@acme.test>",
		.to = "agent@desk.test",
		.subject = "Automatic reply: a laptop [T-1001]",
		.extra = "Auto-Submitted: auto-replied\r\n",
		.body = "I am on holiday.\r\n" });
	STATUS(kit, "resolved");
	customer_writes(kit, true);
	STATUS(kit, "open");
	IS(kit, "closings", "act = 'reopen' AND by = 'bob@acme.test'");
	IS(kit, "events", "kind = 'ticket.state' AND after = 'open' AND actor = 'bob@acme.test'");
	/* What is laid aside stays so. */
	done(kit, "ticket.pause", "{}");
	customer_writes(kit, true);
	STATUS(kit, "paused");
}

/* --- by mail -------------------------------------------------------------------------------- */

static void
from_eve(struct desk_kit *kit, const char *body, bool vouched)
{
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = body,
		.not_vouched = !vouched });
}

static void
an_engineer_closes_by_mail(void **state)
{
	struct desk_kit *kit = *state;
	const char *mail;

	jane_ask(kit);
	from_eve(kit, "spent 30m\r\npause: the supplier\r\nis on holiday\r\n", true);
	IS(kit, "tickets", "status = 'paused' AND spent = 30");
	IS(kit, "closings",
	    "act = 'pause' AND comment = 'the supplier' || char(10) ||"
	    " 'is on holiday' AND by = 'eve@help.test'");
	mail = kit_last_to(kit, EVES);
	assert_non_null(strstr(mail, "30 min in all now"));
	assert_non_null(strstr(mail, "paused; \"resume\" takes it up again"));
	from_eve(kit, "resume\r\nresolve: A new dock\r\n", true);
	mail = kit_last_to(kit, EVES);
	assert_non_null(strstr(mail, "taken up again"));
	assert_non_null(strstr(mail, "is being asked about it"));
	STATUS(kit, "waiting");
	from_eve(kit, "withdraw\r\nresolve: A new dock\r\nspent: 1h 30m\r\n", true);
	IS(kit, "tickets", "status = 'resolved' AND spent = 120 AND status_by = 'eve@help.test'");
	assert_int_equal(kit_state(kit, 0), AS_WITHDRAWN);
	/* His own words do not open it again, a command does. */
	from_eve(kit, "For the record: the old dock is in the bin.\r\n", true);
	STATUS(kit, "resolved");
	from_eve(kit, "resolve\r\n", true);
	assert_non_null(strstr(kit_last_to(kit, EVES), "eve@help.test resolved it on"));
	from_eve(kit, "reopen\r\nescalate to second@help.test: see the log\r\n", true);
	IS(kit, "tickets", "status = 'escalated' AND engineer_email = 'second@help.test'");
	IS(kit, "closings", "act = 'escalate' AND comment = 'see the log'");
}

static void
nobody_closes_by_a_mail_that_nobody_vouches_for(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	from_eve(kit, "resolve: done\r\n", false);
	STATUS(kit, "open");
	kit_say(kit,
	    (struct kit_letter){ .from = "Bob Buyer <bob@acme.test>",
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = "resolve: done\r\n" });
	STATUS(kit, "open");
	from_eve(kit, "> resolve: done\r\n\r\nWe spent 30m on it.\r\n", true);
	from_eve(kit, "spent 30m on the phone\r\n", true);
	from_eve(kit, "escalate to the boss\r\n", true);
	STATUS(kit, "open");
	IS(kit, "tickets", "spent = 0");
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(what_is_resolved_twice_names_who_was_first),
		KIT_TEST(what_is_not_right_changes_nothing),
		KIT_TEST(time_that_was_spent_adds_up),
		KIT_TEST(nobody_is_asked_about_what_is_solved),
		KIT_TEST(a_draft_is_a_question_too),
		KIT_TEST(what_is_laid_aside_is_answered_but_not_reminded_of),
		KIT_TEST(a_question_that_expires_meanwhile_leaves_it_paused),
		KIT_TEST(nobody_is_asked_about_what_is_closed),
		KIT_TEST(tasks_and_partial_answers_come_back_as_they_were),
		KIT_TEST(what_is_handed_over_has_another_engineer),
		KIT_TEST(notes_and_resolution_are_written_after_the_answer),
		KIT_TEST(who_takes_it_over_gets_the_handoff_by_mail),
		KIT_TEST(what_an_engineer_wrote_is_what_is_handed_over),
		KIT_TEST(who_was_erased_before_it_left_gets_no_handoff),
		KIT_TEST(a_handoff_that_cannot_be_written_is_told_all_the_same),
		KIT_TEST(a_customer_who_writes_opens_what_was_resolved),
		KIT_TEST(an_engineer_closes_by_mail),
		KIT_TEST(nobody_closes_by_a_mail_that_nobody_vouches_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
