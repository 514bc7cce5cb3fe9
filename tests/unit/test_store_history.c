/* What things were before (store/history.h): written by the database, emptied with the rest. */
#include "help_store.h"

#include <assent/store/approval.h>
#include <assent/store/erase.h>
#include <assent/store/history.h>
#include <assent/store/memory.h>
#include <assent/store/people.h>
#include <assent/store/post.h>
#include <assent/store/retention.h>
#include <assent/store/standin.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

#define ANNA "anna@b.test"

static struct ticket
plain(unsigned n)
{
	return (struct ticket){ .id = id_of(n),
		.title = "Seats",
		.requester_email = ANNA,
		.requester_name = "Anna",
		.engineer_email = "eve@h.test",
		.status = "open",
		.priority = "low",
		.created = T0,
		.updated = T0 };
}

static struct ticket
add(struct tx *tx, unsigned n)
{
	struct ticket ticket = plain(n);
	struct err e, *err = &e;

	OK(ticket_add(tx, &ticket, NULL, err));
	OK(ticket_get(tx, &ticket.id, &ticket, err));
	return ticket;
}

/* "status=open@5 …" of a subject, times from T0 on; updated left out. */
static void
is(struct tx *tx, const struct id *subject, const char *want)
{
	AUTO(str_donep) struct str text = STR_INIT(4000);
	struct history_change *list;
	struct err e, *err = &e;
	size_t n;

	OK(history_list(tx, subject, &list, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].what, "updated") != 0)
			str_addf(&text, "%s%s=%s@%lld", text.len ? " " : "", list[i].what,
			    list[i].value, (long long)(list[i].at - T0));
	assert_string_equal(str_text(&text), want);
}

STEP_TEST(a_change_of_a_ticket_leaves_what_it_was_and_when)
{
	struct ticket t = add(tx, 1);
	struct ticket_move move = { &t, { TICKET_WAITING, TICKET_OPEN }, "eve", T0 + 9 };

	t.title = "More seats";
	t.priority = "high";
	t.attributes = "{\"n\": 1}";
	OK(ticket_set_facts(tx, &t, T0 + 5, err));
	OK(ticket_set_facts(tx, &t, T0 + 6, err));
	OK(ticket_set_organisation(tx, &t.id, &t.id, T0 + 7, err));
	OK(ticket_add_spent(tx, &t.id, 30, T0 + 8, err));
	OK(ticket_move(tx, &move, err));
	is(tx, &t.id,
	    "attributes=@5 priority=low@5 title=Seats@5 organisation=@7 spent=0@8 status=open@9");
	t.engineer_email = "kim@h.test";
	OK(ticket_set_engineer(tx, &t, T0 + 10, err));
	OK(ticket_touch(tx, &t.id, T0 + 11, err));
	assert_int_equal(t.state_version, 1);
}

STEP_TEST(a_question_a_fix_and_a_task_leave_theirs_at_the_ticket)
{
	struct ticket t = add(tx, 1);
	struct approval a = { .id = id_of(2),
		.ticket = t.id,
		.state = AS_DRAFT,
		.question = "?",
		.requested_by = "",
		.created = T0,
		.asked_at = T0 + 3,
		.deadline = T0 + 100 };
	struct ballot b = { .id = id_of(3),
		.approval = a.id,
		.person_email = ANNA,
		.person_name = "",
		.status = "open",
		.comment = "",
		.evidence = "" };
	struct fix fix = { .id = id_of(4),
		.ticket = t.id,
		.title = "t",
		.description = "",
		.confidence = 40,
		.author = "eve",
		.state = "active",
		.created = T0,
		.moved_by = "" };
	int64_t times;

	OK(approval_add(tx, &a, err));
	OK(approval_set_asked(tx, &a, err));
	a.asked_at = T0 + 4;
	a.deadline = T0 + 200;
	OK(approval_set_asked(tx, &a, err));
	OK(approval_move(tx, &a.id, AS_DRAFT, AS_SENT, T0 + 4, err));
	OK(approval_set_reminded(tx, &a.id, T0 + 5, err));
	OK(history_before(tx, HISTORY_DEADLINE, &a.id, T0 + 6, err));
	OK(approval_set_deadline(tx, &a.id, T0 + 300, err));
	OK(ballot_add(tx, &b, err));
	OK(history_before(tx, HISTORY_BALLOT, &b.id, T0 + 7, err));
	OK(ballot_count_unclear(tx, &b.id, &times, err));
	OK(fix_add(tx, &fix, err));
	fix.state = "accepted";
	fix.confidence = 70;
	fix.moved_at = T0 + 8;
	OK(fix_move(tx, &fix, "active", err));
	is(tx, &t.id,
	    "deadline=1700000000100@4 asked_at=1700000000003@4 approval=draft@4 reminded_at=0@5"
	    " deadline=1700000000200@6 ballot=open 0@7 fix=active 40@8");
}

STEP_TEST(a_mail_that_is_refused_twice_failed_once)
{
	struct ticket t = add(tx, 1);
	struct outgoing mail = { .id = id_of(2),
		.kind = "request",
		.to_email = ANNA,
		.to_name = "",
		.locale = "en",
		.zone_name = "UTC",
		.view = "{}",
		.ticket = t.id,
		.message_id = "m",
		.status = "sent",
		.created = T0 };

	OK(outgoing_add(tx, &mail, err));
	OK(outgoing_set_status(tx, &mail.id, "refused", "no", T0 + 5, err));
	OK(outgoing_set_status(tx, &mail.id, "refused", "no", T0 + 6, err));
	is(tx, &t.id, "refused=sent@5");
}

STEP_TEST(an_absence_that_another_note_replaces_was_there)
{
	struct absence absence = {
		.person_email = "Jane@B.test", .until = T0 + 50, .words = "", .learnt = T0 + 1
	};
	struct history_change *list;
	size_t n;

	OK(absence_put(tx, &absence, err));
	absence.learnt = T0 + 2;
	absence.until = T0 + 90;
	OK(absence_put(tx, &absence, err));
	OK(history_absences(tx, "jane@b.test", &list, &n, err));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].value, "1700000000001 1700000000050");
	assert_int_equal(list[0].at, T0 + 2);
	assert_string_equal(list[1].value, "1700000000002 1700000000090");
	assert_int_equal(list[1].at, INT64_MAX);
	OK(history_absence(tx, "JANE@b.test", T0 + 3, err));
	OK(absence_forget(tx, "jane@b.test", err));
	OK(history_absences(tx, "jane@b.test", &list, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(list[1].at, T0 + 3);
}

STEP_TEST(erasing_and_forgetting_empty_the_texts_and_leave_none_behind)
{
	struct ticket one = add(tx, 1), two = add(tx, 2);
	struct retention_piece piece = { 0 };
	struct erase_report report;

	one.title = "Seats for nobody";
	OK(ticket_set_facts(tx, &one, T0 + 5, err));
	two.requester_email = "bob@b.test";
	two.title = "Two";
	OK(ticket_set_facts(tx, &two, T0 + 5, err));
	is(tx, &two.id, "requester=anna@b.test@5 title=Seats@5");
	OK(erase_do(tx, ANNA, &report, err));
	is(tx, &one.id, "title=@5");
	is(tx, &two.id, "requester=@5 title=Seats@5");
	OK(retention_people(tx, T0 + MS_DAY, &piece, err));
	is(tx, &two.id, "requester=@5 title=@5");
}

static int
read_old(struct tx *tx, void *arg, struct err *err)
{
	struct id id = id_of(1);
	utc_ms since;

	(void)arg;
	OK(history_since(tx, &since, err));
	assert_int_equal(since, T0 + 7);
	is(tx, &id, "title=@6 priority=low@5");
	return 0;
}

static void
what_an_older_assentd_noted_as_events_is_history(void **state)
{
	struct store *store = *state;
	struct err err;
	struct id id = id_of(1);
	char text[ID_TEXT_SIZE], sql[1000], hex[33];
	size_t n = 0;

	for (const char *p = id_text(&id, text); *p; p++)
		if (*p != '-')
			hex[n++] = *p;
	hex[n] = '\0';
	store_as_of(store, 13);
	snprintf(sql, sizeof(sql),
	    "INSERT INTO events VALUES (1, x'%s', %lld, 'ticket.priority', 'x', 'low', 'high'),"
	    " (2, x'%s', %lld, 'message.added', 'x', 'low', 'high'),"
	    " (3, x'%s', %lld, 'ticket.title', 'x', '', '')",
	    hex, (long long)T0 + 5, hex, (long long)T0 + 7, hex, (long long)T0 + 6);
	store_sql(store, sql);
	if (store_open(store, DB_TOOL, &err) < 0)
		fail_msg("%s", err.text);
	store_step(store, read_old, NULL);
}

STEP_TEST(a_new_database_knows_everything)
{
	utc_ms since = 1;
	bool changed = true;

	OK(history_since(tx, &since, err));
	assert_int_equal(since, 0);
	OK(history_staff_changed(tx, 0, &changed, err));
	assert_false(changed);
}

STEP_TEST(staff_has_changed_when_somebody_came_later_or_went)
{
	struct staff eve = { id_new(T0), "eve@h.test", "Eve", "engineer", "", true };
	struct staff kim = { id_new(T0 + 10), "kim@h.test", "Kim", "engineer", "", true };
	bool changed;

	OK(staff_put(tx, &eve, err));
	OK(history_staff_changed(tx, T0 - 5, &changed, err));
	assert_false(changed);
	OK(staff_put(tx, &kim, err));
	OK(history_staff_changed(tx, T0 - 5, &changed, err));
	assert_true(changed);
	OK(history_staff_changed(tx, T0 + 20, &changed, err));
	assert_false(changed);
	OK(staff_keep_only(tx, &(struct policy){ .zone_name = "" }, err));
	OK(history_staff_changed(tx, T0 + 20, &changed, err));
	assert_true(changed);
}

STEP_TEST(an_organisation_leaves_its_language_and_zone)
{
	struct organisation o = { .key = "a",
		.name = "A",
		.owner_email = "j@a.test",
		.owner_name = "",
		.settled_owner = "",
		.locale = "en",
		.zone_name = "UTC",
		.updated = T0,
		.source = "" };
	struct id id;

	OK(organisation_put(tx, &o, &id, err));
	o.locale = "ar";
	o.updated = T0 + 5;
	OK(organisation_put(tx, &o, &id, err));
	o.zone_name = "Asia/Riyadh";
	o.updated = T0 + 6;
	OK(organisation_put(tx, &o, &id, err));
	is(tx, &id, "locale=en@5 zone=UTC@6");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_change_of_a_ticket_leaves_what_it_was_and_when),
		STORE_TEST(a_question_a_fix_and_a_task_leave_theirs_at_the_ticket),
		STORE_TEST(a_mail_that_is_refused_twice_failed_once),
		STORE_TEST(an_absence_that_another_note_replaces_was_there),
		STORE_TEST(erasing_and_forgetting_empty_the_texts_and_leave_none_behind),
		STORE_TEST(what_an_older_assentd_noted_as_events_is_history),
		STORE_TEST(a_new_database_knows_everything),
		STORE_TEST(an_organisation_leaves_its_language_and_zone),
		STORE_TEST(staff_has_changed_when_somebody_came_later_or_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
