#include "help_store.h"

#include <assent/store/site.h>
#include <assent/store/ticket.h>

#include <string.h>

static struct id
add_ticket(struct tx *tx, unsigned n, const char *status)
{
	struct err e, *err = &e;
	struct ticket ticket = {
		.id = id_of(n),
		.title = "Replace the switch",
		.requester_email = "rita@acme.example",
		.requester_name = "Rita",
		.engineer_email = "ann@desk.example",
		.engineer_name = "Ann",
		.status = status,
		.created = T0,
		.updated = T0,
	};

	OK(ticket_add(tx, &ticket, NULL, err));
	return ticket.id;
}

static struct ticket
ticket_no(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);
	struct ticket ticket = { 0 };

	OK(ticket_get(tx, &id, &ticket, err));
	return ticket;
}

STEP_TEST(tickets_are_numbered_from_1001)
{
	struct ticket in = {
		.id = id_of(9), .ref = 5, .state_version = 7, .title = "a", .status = "open"
	};
	struct ticket out;
	int64_t ref = 0;

	add_ticket(tx, 1, "open");
	OK(ticket_add(tx, &in, &ref, err));
	assert_int_equal(ref, TICKET_REF_FIRST + 1);
	OK(ticket_by_ref(tx, TICKET_REF_FIRST, &out, err));
	assert_int_equal(out.id.bytes[15], 1);
	assert_int_equal(out.state_version, 1);
	assert_string_equal(out.title, "Replace the switch");
	assert_string_equal(out.requester_email, "rita@acme.example");
	assert_string_equal(out.engineer_name, "Ann");
	assert_true(id_is_null(&out.organisation));
	REFUSED(ERR_NOT_FOUND, ticket_by_ref(tx, 5, &out, err));
}

STEP_TEST(what_a_reader_would_notice_raises_the_state_version)
{
	struct id id = add_ticket(tx, 1, "open"), organisation = id_of(7), nobody = id_of(99);
	int64_t version = 1;

	struct ticket open = ticket_no(tx, 1);

	OK(ticket_move(tx,
	    &(struct ticket_move){ &open, { TICKET_WAITING, TICKET_WAITING }, NULL, T0 + 1 }, err));
	assert_int_equal(ticket_no(tx, 1).state_version, ++version);
	OK(ticket_set_title(tx, &id, "New title", T0 + 2, err));
	assert_int_equal(ticket_no(tx, 1).state_version, ++version);
	OK(ticket_set_organisation(tx, &id, &organisation, T0 + 3, err));
	assert_int_equal(ticket_no(tx, 1).state_version, ++version);
	OK(ticket_set_requester(tx, &id, "bob@acme.example", "Bob", T0 + 4, err));
	assert_int_equal(ticket_no(tx, 1).state_version, ++version);
	OK(ticket_touch(tx, &id, T0 + 5, err));
	assert_int_equal(ticket_no(tx, 1).state_version, ++version);
	assert_int_equal(ticket_no(tx, 1).updated, T0 + 5);
	assert_int_equal(ticket_no(tx, 1).created, T0);
	assert_string_equal(ticket_no(tx, 1).status, "waiting");
	assert_string_equal(ticket_no(tx, 1).title, "New title");
	assert_string_equal(ticket_no(tx, 1).requester_name, "Bob");
	assert_int_equal(ticket_no(tx, 1).organisation.bytes[15], 7);
	REFUSED(ERR_NOT_FOUND, ticket_touch(tx, &nobody, T0, err));
	assert_string_equal(err->text, "there is no such ticket");
}

STEP_TEST(lists_are_newest_first_and_as_long_as_wanted)
{
	struct ticket *list;
	size_t count;

	for (unsigned n = 1; n <= 40; n++)
		add_ticket(tx, n, n % 2 == 0 ? "open" : "decided");
	OK(ticket_list(tx, "", 3, &list, &count, err));
	assert_int_equal(count, 3);
	assert_int_equal(list[0].ref, 1040);
	assert_int_equal(list[2].ref, 1038);
	OK(ticket_list(tx, "decided", 0, &list, &count, err));
	assert_int_equal(count, 20);
	assert_int_equal(list[0].ref, 1039);
	OK(ticket_list(tx, "waiting", 5, &list, &count, err));
	assert_int_equal(count, 0);
}

static int64_t
add_message(struct tx *tx, unsigned n, const struct id *ticket, const char *message_id)
{
	struct err e, *err = &e;
	struct message message = {
		.id = id_of(100 + n),
		.ticket = *ticket,
		.is_public = n != 2,
		.message_id = message_id,
		.from_email = "rita@acme.example",
		.from_name = "Rita",
		.subject = "Re: switch",
		.text = "Please.\n> quote\n",
		.own = "Please.\n",
		.inbound = id_of(200 + n),
		.at = T0 + n,
	};
	int64_t seq = 0;

	OK(message_add(tx, &message, &seq, err));
	return seq;
}

STEP_TEST(messages_are_counted_within_their_ticket)
{
	struct id one = add_ticket(tx, 1, "open"), two = add_ticket(tx, 2, "open"), found;
	struct message *list;
	size_t count;

	assert_int_equal(add_message(tx, 1, &one, "a@x"), 1);
	assert_int_equal(add_message(tx, 2, &one, ""), 2);
	assert_int_equal(add_message(tx, 3, &two, ""), 1);
	assert_int_equal(add_message(tx, 4, &one, "b@x"), 3);
	OK(message_list(tx, &one, 0, &list, &count, err));
	assert_int_equal(count, 3);
	assert_int_equal(list[2].seq, 3);
	assert_string_equal(list[0].text, "Please.\n> quote\n");
	assert_string_equal(list[0].own, "Please.\n");
	assert_string_equal(list[0].message_id, "a@x");
	assert_true(list[0].is_public);
	assert_false(list[1].is_public);
	assert_int_equal(list[1].inbound.bytes[15], 202);
	OK(message_list(tx, &one, 2, &list, &count, err));
	assert_int_equal(count, 2);
	OK(message_find_ticket(tx, "b@x", &found, err));
	assert_true(id_equal(&found, &one));
	REFUSED(ERR_NOT_FOUND, message_find_ticket(tx, "c@x", &found, err));
	/* An empty Message-ID is no name: two letters without one are not the same. */
	REFUSED(ERR_NOT_FOUND, message_find_ticket(tx, "", &found, err));
}

STEP_TEST(a_messages_text_can_be_replaced)
{
	struct id one = add_ticket(tx, 1, "open"), id = id_of(101), nobody = id_of(55);
	struct message *list;
	size_t count;

	add_message(tx, 1, &one, "a@x");
	OK(message_set_text(tx, &id, "Edited.", "Edited", err));
	OK(message_list(tx, &one, 0, &list, &count, err));
	assert_string_equal(list[0].text, "Edited.");
	assert_string_equal(list[0].own, "Edited");
	REFUSED(ERR_NOT_FOUND, message_set_text(tx, &nobody, "a", "b", err));
}

STEP_TEST(attachments_come_in_order_of_arrival)
{
	struct id one = add_ticket(tx, 1, "open");
	struct stored_attachment in = { .name = "b.pdf", .type = "application/pdf", .size = 5 };
	struct stored_attachment *list;
	size_t count;

	add_message(tx, 1, &one, "");
	add_message(tx, 2, &one, "");
	in.message = id_of(102);
	OK(attachment_add(tx, &in, err));
	in.message = id_of(101);
	memset(in.sha256, 7, sizeof(in.sha256));
	OK(attachment_add(tx, &in, err));
	in.name = "a.pdf";
	OK(attachment_add(tx, &in, err));
	OK(attachment_list(tx, &one, 0, &list, &count, err));
	assert_int_equal(count, 3);
	assert_string_equal(list[0].name, "b.pdf");
	assert_string_equal(list[1].name, "a.pdf");
	assert_int_equal(list[2].message.bytes[15], 102);
	assert_int_equal(list[0].sha256[31], 7);
	assert_int_equal(list[0].size, 5);
	assert_string_equal(list[0].type, "application/pdf");
	OK(attachment_list(tx, &one, 1, &list, &count, err));
	assert_int_equal(count, 2);
}

STEP_TEST(events_grow_and_keep_old_and_new)
{
	struct event in = { .ticket = id_of(1),
		.at = T0,
		.kind = "ticket.opened",
		.actor = "ann@desk.example",
		.before = "",
		.after = "open" };
	struct id nobody = { 0 };
	struct event *list;
	size_t count;

	OK(event_add(tx, &in, err));
	in.ticket = nobody;
	OK(event_add(tx, &in, err));
	in.ticket = id_of(1);
	in.kind = "ticket.status";
	in.before = "open";
	in.after = "waiting";
	OK(event_add(tx, &in, err));
	OK(event_list(tx, &in.ticket, &list, &count, err));
	assert_int_equal(count, 2);
	assert_true(list[0].seq < list[1].seq);
	assert_string_equal(list[1].before, "open");
	assert_string_equal(list[1].after, "waiting");
	assert_string_equal(list[1].actor, "ann@desk.example");
	OK(event_list(tx, &nobody, &list, &count, err));
	assert_int_equal(count, 1);
}

STEP_TEST(facts_of_the_site_are_kept_by_name)
{
	const char *value;
	struct clock_seen in = { T0, 5, "boot-1" }, out;
	struct site_counts counts;

	REFUSED(ERR_NOT_FOUND, site_get(tx, "instance", &value, err));
	OK(site_set(tx, "instance", "a", err));
	OK(site_set(tx, "instance", "b", err));
	OK(site_get(tx, "instance", &value, err));
	assert_string_equal(value, "b");
	REFUSED(ERR_NOT_FOUND, clock_seen_get(tx, &out, err));
	OK(clock_seen_set(tx, &in, err));
	in.wall = T0 + 1;
	in.boot_id = "boot-2";
	OK(clock_seen_set(tx, &in, err));
	OK(clock_seen_get(tx, &out, err));
	assert_int_equal(out.wall, T0 + 1);
	assert_int_equal(out.boot, 5);
	assert_string_equal(out.boot_id, "boot-2");
	add_ticket(tx, 1, "open");
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.tickets, 1);
	assert_int_equal(counts.oldest_job_due, 0);
	assert_int_equal(counts.ledger_entries, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(tickets_are_numbered_from_1001),
		STORE_TEST(what_a_reader_would_notice_raises_the_state_version),
		STORE_TEST(lists_are_newest_first_and_as_long_as_wanted),
		STORE_TEST(messages_are_counted_within_their_ticket),
		STORE_TEST(a_messages_text_can_be_replaced),
		STORE_TEST(attachments_come_in_order_of_arrival),
		STORE_TEST(events_grow_and_keep_old_and_new),
		STORE_TEST(facts_of_the_site_are_kept_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
