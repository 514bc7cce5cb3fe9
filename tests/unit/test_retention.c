/* What goes when its time is over, and what stays (store/retention.h). */
#include "help_store.h"

#include <assent/store/closing.h>
#include <assent/store/approval.h>
#include <assent/store/document.h>
#include <assent/store/escalation.h>
#include <assent/store/facts.h>
#include <assent/store/hold.h>
#include <assent/store/ledger.h>
#include <assent/store/memory.h>
#include <assent/store/post.h>
#include <assent/store/retention.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

static void
add_letter(struct tx *tx, unsigned n, utc_ms received, const char *status)
{
	struct err e, *err = &e;
	char key[40];
	struct inbound in = { .id = id_of(n),
		.source = "desk",
		.source_key = key,
		.received = received,
		.size = 5,
		.raw = "bytes",
		.status = "new",
		.from_email = "a@b.test",
		.subject = "s" };

	snprintf(key, sizeof(key), "k%u", n);
	OK(inbound_add(tx, &in, err));
	in.status = status;
	in.outcome = "it";
	if (strcmp(status, "new") != 0)
		OK(inbound_settle(tx, &in, err));
}

static bool
has_raw(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);
	struct inbound out;

	OK(inbound_get(tx, &id, true, &out, err));
	return out.raw != NULL;
}

/* All pieces; how many there were. */
static int
run(struct tx *tx, retention_fn fn, utc_ms before, int64_t *removed)
{
	struct retention_piece piece = { 0 };
	struct err e, *err = &e;
	int n = 0;

	do {
		OK(fn(tx, before, &piece, err));
		n++;
		assert_true(n < 1000);
	} while (piece.at != 0);
	*removed = piece.removed;
	return n;
}

STEP_TEST(old_mail_loses_its_bytes_but_not_what_decided_or_waits)
{
	struct id decided = id_of(2);
	int64_t removed;

	add_letter(tx, 1, T0, "done");
	add_letter(tx, 2, T0, "done");
	add_letter(tx, 3, T0, "new");
	add_letter(tx, 4, T0, "quarantined");
	add_letter(tx, 5, T0 + MS_DAY, "done");
	OK(retention_keep_mail(tx, &decided, err));
	run(tx, retention_raw_mail, T0 + 1, &removed);
	assert_int_equal(removed, 2);
	assert_false(has_raw(tx, 1));
	assert_true(has_raw(tx, 2));
	assert_true(has_raw(tx, 3));
	assert_false(has_raw(tx, 4));
	assert_true(has_raw(tx, 5));
	run(tx, retention_raw_mail, T0 + 1, &removed);
	assert_int_equal(removed, 0);
}

STEP_TEST(many_letters_go_in_bounded_pieces)
{
	int64_t removed;

	for (unsigned n = 1; n <= 1201; n++)
		add_letter(tx, n, T0, "filed");
	assert_int_equal(run(tx, retention_raw_mail, T0 + 1, &removed), 4);
	assert_int_equal(removed, 1201);
}

STEP_TEST(a_spooled_letter_loses_its_file_by_name)
{
	struct inbound in = { .id = id_of(1),
		.source = "desk",
		.source_key = "k",
		.received = T0,
		.size = 400 << 10,
		.spool = "abcd",
		.status = "new" },
		       out;
	int64_t removed;

	OK(inbound_add(tx, &in, err));
	in.status = "done";
	OK(inbound_settle(tx, &in, err));
	run(tx, retention_raw_mail, T0 + 1, &removed);
	OK(inbound_get(tx, &in.id, true, &out, err));
	assert_string_equal(out.spool, "");
	assert_null(out.raw);
}

static void
add_entry(struct tx *tx, const char *kind, const struct id *subject, utc_ms at)
{
	static const struct ledger_field fields[] = { { "outcome", "approved" },
		{ "approver", "anna@b.test" }, { "peer", "192.0.2.7" }, { "agent", "browser" } };
	const struct ledger_entry entry = {
		.at = at, .kind = kind, .subject = *subject, .fields = fields, .field_count = 4
	};
	struct err e, *err = &e;

	OK(ledger_append(tx, &entry, NULL, err));
}

static const char *
value(struct tx *tx, size_t entry, size_t field)
{
	struct ledger_entry *entries;
	struct err e, *err = &e;
	size_t n;

	OK(ledger_list(tx, NULL, 0, 0, &entries, &n, err));
	assert_true(entry < n && field < entries[entry].field_count);
	return entries[entry].fields[field].value;
}

STEP_TEST(addresses_of_clicks_go_and_the_chain_stays_provable)
{
	struct id subject = id_of(7);
	struct ledger_report report;
	int64_t removed;

	add_entry(tx, "decision", &subject, T0);
	add_entry(tx, "asked", &subject, T0);
	add_entry(tx, "decision", &subject, T0 + MS_DAY);
	run(tx, retention_ip, T0 + 1, &removed);
	assert_int_equal(removed, 1);
	assert_null(value(tx, 0, 2));
	assert_string_equal(value(tx, 0, 3), "browser");
	assert_string_equal(value(tx, 1, 2), "192.0.2.7");
	assert_string_equal(value(tx, 2, 2), "192.0.2.7");
	OK(ledger_verify(tx, &report, err));
	assert_int_equal(report.bad_seq, 0);
	assert_int_equal(report.erased, 1);
}

STEP_TEST(an_entry_without_its_values_still_says_what_was_decided)
{
	struct id subject = id_of(7);
	struct ledger_report report;
	int64_t erased = 0;

	add_entry(tx, "decision", &subject, T0);
	OK(ledger_erase(tx, 1, NULL, &erased, err));
	assert_int_equal(erased, 3);
	assert_string_equal(value(tx, 0, 0), "approved");
	OK(ledger_erase(tx, 1, NULL, &erased, err));
	assert_int_equal(erased, 3);
	REFUSED(ERR_NOT_FOUND, ledger_erase(tx, 2, NULL, &erased, err));
	OK(ledger_verify(tx, &report, err));
	assert_int_equal(report.bad_seq, 0);
}

static struct id
add_ticket(struct tx *tx, unsigned n, utc_ms at, enum approval_state state)
{
	struct ticket ticket = { .id = id_of(n),
		.title = "Twelve seats",
		.requester_email = "bob@b.test",
		.requester_name = "Bob",
		.engineer_email = "sam@h.test",
		.engineer_name = "Sam",
		.status = "decided",
		.created = at,
		.updated = at };
	struct approval approval = { .id = id_of(n + 100),
		.ticket = ticket.id,
		.state = state,
		.question = "May we?",
		.requested_by = "sam@h.test",
		.summary = "s",
		.asked = "{}",
		.comment = "too dear" };
	struct message message = { .id = id_of(n + 200),
		.ticket = ticket.id,
		.from_email = "bob@b.test",
		.from_name = "Bob",
		.subject = "Twelve seats",
		.text = "please",
		.own = "please" };
	struct err e, *err = &e;

	OK(ticket_add(tx, &ticket, NULL, err));
	OK(approval_add(tx, &approval, err));
	OK(message_add(tx, &message, NULL, err));
	return ticket.id;
}

static void
add_finding(struct tx *tx, unsigned n)
{
	const struct finding finding = { .id = id_of(n + 300),
		.ticket = id_of(n),
		.kind = "reported",
		.text = "Bob sees nothing",
		.author = "sam@h.test",
		.created = T0 };
	const struct task task = { .id = id_of(n + 300),
		.ticket = id_of(n),
		.kind = "action",
		.text = "Call Bob",
		.author = "sam@h.test",
		.state = "open",
		.created = T0 };
	const struct fix fix = { .id = id_of(n + 300),
		.ticket = id_of(n),
		.title = "A new screen for Bob",
		.author = "model",
		.state = "proposed",
		.created = T0 };
	struct err e, *err = &e;

	OK(closing_add(tx,
	    &(struct closing){ .id = id_of(n + 700),
		.ticket = id_of(n),
		.act = "resolve",
		.by = "sam@h.test",
		.comment = "Bob has a screen",
		.told = T0 },
	    err));
	OK(rule_hold_put(tx, &(struct rule_hold){ id_of(n), "old", "ticket:T-1", T0 }, err));
	OK(finding_add(tx, &finding, err));
	OK(task_add(tx, &task, err));
	OK(fix_add(tx, &fix, err));
	OK(document_add(tx,
	    &(struct document){ .id = id_of(n + 300),
		.ticket = id_of(n),
		.kind = "notes",
		.locale = "en",
		.text = "Bob wants a screen",
		.author = "sam@h.test",
		.kept = true },
	    err));
}

STEP_TEST(closed_tickets_forget_what_was_found_out)
{
	struct id closed = add_ticket(tx, 1, T0, AS_REJECTED),
		  open = add_ticket(tx, 2, T0, AS_SENT);
	struct document *documents;
	struct rule_hold *holds;
	struct closing *closings;
	struct finding *findings;
	struct task *tasks;
	struct fix *fixes;
	int64_t removed;
	size_t n;

	add_finding(tx, 1);
	add_finding(tx, 2);
	run(tx, retention_people, T0 + 1, &removed);
	OK(finding_list(tx, &closed, true, &findings, &n, err));
	assert_int_equal(n, 0);
	OK(task_list(tx, &closed, &tasks, &n, err));
	assert_int_equal(n, 0);
	OK(fix_list(tx, &closed, &fixes, &n, err));
	assert_int_equal(n, 0);
	OK(closing_list(tx, &closed, &closings, &n, err));
	assert_int_equal(n, 0);
	OK(closing_list(tx, &open, &closings, &n, err));
	assert_int_equal(n, 1);
	OK(rule_hold_list(tx, &closed, &holds, &n, err));
	assert_int_equal(n, 0);
	OK(rule_hold_list(tx, &open, &holds, &n, err));
	assert_int_equal(n, 1);
	OK(document_list(tx, &closed, &documents, &n, err));
	assert_int_equal(n, 0);
	OK(document_list(tx, &open, &documents, &n, err));
	assert_int_equal(n, 1);
	OK(finding_list(tx, &open, false, &findings, &n, err));
	assert_int_equal(n, 1);
	OK(fix_list(tx, &open, &fixes, &n, err));
	assert_int_equal(n, 1);
}

STEP_TEST(closed_tickets_lose_their_people_and_open_ones_do_not)
{
	struct id closed = add_ticket(tx, 1, T0, AS_REJECTED),
		  open = add_ticket(tx, 2, T0, AS_SENT),
		  young = add_ticket(tx, 3, T0 + MS_DAY, AS_APPROVED);
	struct message *messages;
	struct ticket ticket;
	int64_t removed;
	size_t n;

	run(tx, retention_people, T0 + 1, &removed);
	assert_true(removed > 0);
	OK(ticket_get(tx, &closed, &ticket, err));
	assert_string_equal(ticket.requester_email, "");
	assert_string_equal(ticket.title, "");
	OK(message_list(tx, &closed, 0, &messages, &n, err));
	assert_int_equal(n, 1);
	assert_string_equal(messages[0].text, "");
	OK(ticket_get(tx, &open, &ticket, err));
	assert_string_equal(ticket.requester_email, "bob@b.test");
	OK(ticket_get(tx, &young, &ticket, err));
	assert_string_equal(ticket.title, "Twelve seats");
	run(tx, retention_people, T0 + 1, &removed);
	assert_int_equal(removed, 0);
}

static void
add_packet(struct tx *tx, unsigned n, const char *state, utc_ms moved)
{
	const struct ledger_field field = { "by", "eve@h.test" };
	const struct ledger_entry entry = { .at = moved,
		.kind = "escalation.raised",
		.subject = id_of(n + 500),
		.fields = &field,
		.field_count = 1 };
	struct err e, *err = &e;

	OK(escalation_add(tx,
	    &(struct escalation){ .id = id_of(n + 500),
		.ticket = id_of(n),
		.title = "Bob waits",
		.reason = "timeout",
		.priority = "high",
		.state = state,
		.to = "eve@h.test",
		.assignee = "eve@h.test",
		.created = moved,
		.moved_at = moved,
		.notes = "Bob called" },
	    err));
	OK(escalation_person_add(tx,
	    &(struct escalation_person){
		.id = id_of(n + 600), .escalation = id_of(n + 500), .email = "eve@h.test" },
	    err));
	OK(escalation_event_add(tx,
	    &(struct escalation_event){ .escalation = id_of(n + 500), .actor = "eve@h.test" },
	    err));
	OK(ledger_append(tx, &entry, NULL, err));
}

STEP_TEST(closed_packets_forget_their_people_after_their_own_time)
{
	struct id ticket = add_ticket(tx, 1, T0, AS_REJECTED), two = id_of(502), his = id_of(602);
	struct escalation e;
	struct escalation_event *events;
	struct escalation_person person;
	struct ledger_entry *entries;
	struct ticket row;
	int64_t removed;
	size_t n;

	add_packet(tx, 1, "pending", T0);
	add_packet(tx, 2, "resolved", T0);
	add_packet(tx, 3, "expired", T0 + MS_DAY);
	/* Whoever has to act needs to know about what. */
	run(tx, retention_people, T0 + 1, &removed);
	OK(ticket_get(tx, &ticket, &row, err));
	assert_string_equal(row.title, "Twelve seats");
	run(tx, retention_packets, T0 + 1, &removed);
	assert_int_equal(removed, 4);
	OK(escalation_get(tx, &two, &e, err));
	assert_string_equal(e.title, "");
	assert_string_equal(e.assignee, "");
	assert_string_equal(e.notes, "");
	assert_string_equal(e.reason, "timeout");
	OK(escalation_person_get(tx, &his, &person, err));
	assert_string_equal(person.email, "");
	OK(escalation_event_list(tx, &e.id, &events, &n, err));
	assert_string_equal(events[0].actor, "");
	OK(ledger_list(tx, &e.id, 0, 10, &entries, &n, err));
	assert_null(entries[0].fields[0].value);
	for (unsigned i = 501; i <= 503; i += 2) {
		struct id other = id_of(i);

		OK(escalation_get(tx, &other, &e, err));
		assert_string_equal(e.title, "Bob waits");
	}
	run(tx, retention_packets, T0 + 1, &removed);
	assert_int_equal(removed, 0);
}

STEP_TEST(fingerprints_are_kept_for_their_time)
{
	uint8_t hash[SHA256_SIZE] = { 0 };
	int64_t removed;

	for (int i = 0; i < 1100; i++) {
		memcpy(hash, &i, sizeof(i));
		OK(seen_add(tx, hash, i < 1000 ? T0 : T0 + MS_DAY, err));
	}
	assert_int_equal(run(tx, retention_seen, T0 + 1, &removed), 3);
	assert_int_equal(removed, 1000);
	REFUSED(ERR_CONFLICT, seen_add(tx, hash, T0, err));
}

STEP_TEST(a_hold_is_on_from_its_beginning_to_its_end)
{
	utc_ms since = -1;
	bool held = true;

	OK(hold_get(tx, &held, &since, err));
	assert_false(held);
	assert_int_equal(since, 0);
	OK(hold_set(tx, true, T0, err));
	OK(hold_get(tx, &held, &since, err));
	assert_true(held);
	assert_int_equal(since, T0);
	OK(hold_set(tx, false, T0 + 5, err));
	OK(hold_get(tx, &held, NULL, err));
	assert_false(held);
}

STEP_TEST(held_mails_are_listed_by_age_and_dropped_once)
{
	struct outgoing mail = {
		.kind = "request", .to_email = "a@b.test", .view = "{}", .status = "queued"
	};
	struct held_mail *mails;
	struct id gone = id_of(2);
	char message_id[40];
	size_t n;

	for (unsigned i = 1; i <= 5; i++) {
		mail.id = id_of(i);
		snprintf(message_id, sizeof(message_id), "m%u@b.test", i);
		mail.message_id = message_id;
		mail.created = T0 - (utc_ms)i;
		OK(outgoing_add(tx, &mail, err));
	}
	OK(hold_drop(tx, &gone, "too old", err));
	REFUSED(ERR_CONFLICT, hold_drop(tx, &gone, "too old", err));
	OK(hold_list(tx, NULL, 2, &mails, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(mails[0].created, T0 - 5);
	OK(hold_list(tx, &mails[1], 9, &mails, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(mails[1].created, T0 - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(old_mail_loses_its_bytes_but_not_what_decided_or_waits),
		STORE_TEST(many_letters_go_in_bounded_pieces),
		STORE_TEST(a_spooled_letter_loses_its_file_by_name),
		STORE_TEST(addresses_of_clicks_go_and_the_chain_stays_provable),
		STORE_TEST(an_entry_without_its_values_still_says_what_was_decided),
		STORE_TEST(closed_tickets_forget_what_was_found_out),
		STORE_TEST(closed_tickets_lose_their_people_and_open_ones_do_not),
		STORE_TEST(closed_packets_forget_their_people_after_their_own_time),
		STORE_TEST(fingerprints_are_kept_for_their_time),
		STORE_TEST(a_hold_is_on_from_its_beginning_to_its_end),
		STORE_TEST(held_mails_are_listed_by_age_and_dropped_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
