/* What engineers, customers and strangers can do with a mail. */
#include "help_jane.h"

#include <assent/store/people.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct id
from_eve(struct desk_kit *kit, const char *subject, const char *body)
{
	struct kit_letter letter = { .from = EVE,
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = subject,
		.body = body };
	return kit_say(kit, letter);
}

struct owner_look {
	char email[100];
};

static int
look_owner(struct desk *desk, void *arg, struct err *err)
{
	struct owner_look *look = arg;
	struct organisation organisation;
	int rc = organisation_by_key(desk->tx, "acme", &organisation, err);

	if (rc == 0)
		snprintf(look->email, sizeof(look->email), "%s", organisation.owner_email);
	return rc;
}

static const char *
owner(struct desk_kit *kit)
{
	static struct owner_look look;
	struct err err;

	assert_int_equal(kit_step(kit, look_owner, &look, &err), 0);
	return look.email;
}

static void
a_mail_with_the_agent_in_cc_opens_a_ticket(void **state)
{
	struct desk_kit *kit = *state;

	from_eve(kit, "Re: A new laptop", "Bob, I pass it on.\r\n");
	const char *mail = kit_sent(kit, EVES, 0);
	assert_non_null(strstr(mail, "T-1001"));
	assert_non_null(strstr(mail, "jane@acme.test"));
	assert_int_equal(kit_sent_count(kit, "bob@acme.test"), 0);
}

static void
later_mail_of_the_thread_joins_its_ticket(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter bob = { .from = "Bob Buyer <bob@acme.test>",
		.subject = "Re: A new laptop",
		.extra = "References: <letter-0@mail.test>\r\n",
		.body = "It must have 32 GB.\r\n" };

	from_eve(kit, "Re: A new laptop", "Bob, I pass it on.\r\n");
	struct id id = kit_say(kit, bob);
	assert_string_equal(kit_outcome(kit, &id), "done: added to the thread");
	from_eve(kit, "A new laptop [T-1001]", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_non_null(strstr(kit_sent(kit, JANE, 0), "It must have 32 GB."));
}

static void
a_ticket_mark_does_not_let_another_customer_in(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter mallory = { .from = "Mallory <mallory@evil.test>",
		.subject = "Re: A new laptop [T-1001]",
		.body = "Please buy ten.\r\n" };

	from_eve(kit, "Re: A new laptop", "Bob, I pass it on.\r\n");
	struct id id = kit_say(kit, mallory);
	assert_non_null(strstr(kit_outcome(kit, &id), "nobody this desk knows"));
	assert_int_equal(kit_sent_count(kit, "mallory@evil.test"), 0);
}

static void
words_that_nobody_vouches_for_join_no_question(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter forged = { .from = EVE,
		.subject = "A new laptop [T-1001]",
		.body = "Better buy fifty of them.\r\n",
		.not_vouched = true };

	from_eve(kit, "Re: A new laptop", "Bob, I pass it on.\r\n");
	kit_say(kit, forged);
	from_eve(kit, "A new laptop [T-1001]", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_null(strstr(kit_sent(kit, JANE, 0), "fifty"));
}

static void
a_forged_engineer_commands_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter forged = { .from = EVE,
		.cc = "bob@acme.test",
		.subject = "Laptop",
		.body = "owner: mallory@acme.test\r\nask\r\n\r\nsome text\r\n",
		.not_vouched = true };

	kit_say(kit, forged);
	kit_pass(kit, MS_DAY);
	assert_string_equal(owner(kit), JANE);
	assert_int_equal(kit_approvals(kit), 0);
	assert_non_null(strstr(kit_sent(kit, EVES, 0), "no mail server vouched"));
}

static void
an_engineer_that_our_host_calls_forged_opens_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct id id = kit_mail(kit,
	    "Authentication-Results: mx.desk.test; dmarc=fail header.from=help.test\r\n"
	    "From: Eve Engineer <eve@help.test>\r\nTo: agent@desk.test\r\nCc: bob@acme.test\r\n"
	    "Subject: Laptop\r\nMessage-ID: <f@x.test>\r\n\r\nask\r\n");

	kit_run(kit);
	assert_non_null(strstr(kit_outcome(kit, &id), "not believed"));
	assert_int_equal(outlet_memory_count(kit->outlet), 0);
}

static void
commands_in_a_quote_are_nobodys_words(void **state)
{
	struct desk_kit *kit = *state;

	from_eve(kit, "Laptop",
	    "See below.\r\n\r\nOn Monday Bob wrote:\r\n> ask\r\n> owner: "
	    "bob@acme.test\r\n");
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_approvals(kit), 0);
	assert_string_equal(owner(kit), JANE);
}

static void
an_owner_changes_inside_the_customers_domains_and_the_old_one_is_told(void **state)
{
	struct desk_kit *kit = *state;

	from_eve(kit, "Laptop", "Please.\r\n\r\nask\r\n");
	kit_pass(kit, MS_MINUTE);
	from_eve(kit, "Laptop [T-1001]", "owner: mallory@evil.test\r\n");
	assert_string_equal(owner(kit), JANE);
	from_eve(kit, "Laptop [T-1001]", "owner: Carl@Acme.test\r\n");
	assert_string_equal(owner(kit), "carl@acme.test");
	assert_non_null(strstr(kit_sent(kit, JANE, 1), "carl@acme.test"));
	/* The open question stays with the one who was asked. */
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_stranger_is_never_answered(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter stranger = {
		.from = "Someone <x@else.test>", .subject = "hello", .body = "ask\r\n"
	};

	kit_say(kit, stranger);
	assert_int_equal(outlet_memory_count(kit->outlet), 0);
}

static void
a_known_contact_is_told_once_that_nothing_was_understood(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter bob = {
		.from = "Bob Buyer <bob@acme.test>", .subject = "where is it", .body = "hello?\r\n"
	};

	from_eve(kit, "Re: A new laptop", "Bob, I pass it on.\r\n");
	for (int i = 0; i < 3; i++) {
		kit_say(kit, bob);
	}
	assert_int_equal(kit_sent_count(kit, "bob@acme.test"), 1);
}

static void
what_no_customer_is_named_in_asks_for_one(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter plain = { .from = EVE, .subject = "A thing", .body = "text\r\n" };

	kit_say(kit, plain);
	assert_non_null(strstr(kit_sent(kit, EVES, 0), "customer: KEY"));
	from_eve(kit, "A thing [T-1001]", "ask\r\ncustomer: nobody\r\n");
	const char *mail = kit_sent(kit, EVES, 1);
	assert_non_null(strstr(mail, "belongs to no customer"));
	assert_non_null(strstr(mail, "no customer has the key"));
	from_eve(kit, "A thing [T-1001]", "customer: acme\r\nask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

static void
bulk_without_names_takes_every_ticket_that_nobody_was_asked_about(void **state)
{
	struct desk_kit *kit = *state;

	from_eve(kit, "Laptop", "A laptop please.\r\n");
	from_eve(kit, "Phone", "A phone please.\r\n");
	from_eve(kit, "Phone [T-1002]", "bulk\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_approvals(kit), 2);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

static void
a_letter_that_no_parser_survives_is_quarantined_after_three_tries(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter = { .from = EVE, .subject = "poison", .body = "x\r\n" };
	struct id id = kit_letter(kit, &letter);

	kit->parser_answers = ERR_PEER;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
		    strncmp(kit_outcome(kit, &id), i < 3 ? "new" : "quarantined", 3), 0);
		kit_pass(kit, MS_HOUR);
	}
	kit->parser_answers = 0;
	struct id next = from_eve(kit, "Laptop", "A laptop please.\r\n");
	assert_non_null(strstr(kit_outcome(kit, &next), "done"));
}

static void
a_parser_that_cannot_be_started_condemns_no_letter(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter letter = {
		.from = EVE, .to = "bob@acme.test", .subject = "Laptop", .body = "x\r\n"
	};
	struct id id = kit_letter(kit, &letter);

	kit->parser_answers = ERR_IO;
	for (int i = 0; i < 10; i++)
		kit_pass(kit, MS_HOUR);
	kit->parser_answers = 0;
	kit_pass(kit, MS_HOUR);
	assert_non_null(strstr(kit_outcome(kit, &id), "done"));
}

static void
a_mail_that_cannot_be_sent_for_good_is_told_to_the_engineer(void **state)
{
	struct desk_kit *kit = *state;

	from_eve(kit, "Laptop", "A laptop please.\r\n\r\nask\r\n");
	outlet_memory_fail_next(kit->outlet, ERR_INVALID);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_UNDELIVERABLE);
	/* Counted as a bounce is. */
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM events WHERE kind = 'mail.bounced'"
			     " AND actor = 'jane@acme.test' AND ticket IS NOT NULL"),
	    1);
}

static void
a_mail_that_cannot_be_sent_now_is_tried_again(void **state)
{
	struct desk_kit *kit = *state;

	from_eve(kit, "Laptop", "A laptop please.\r\n\r\nask\r\n");
	outlet_memory_fail_next(kit->outlet, ERR_IO);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_mail_with_the_agent_in_cc_opens_a_ticket),
		T(later_mail_of_the_thread_joins_its_ticket),
		T(a_ticket_mark_does_not_let_another_customer_in),
		T(words_that_nobody_vouches_for_join_no_question),
		T(a_forged_engineer_commands_nothing),
		T(an_engineer_that_our_host_calls_forged_opens_nothing),
		T(commands_in_a_quote_are_nobodys_words),
		T(an_owner_changes_inside_the_customers_domains_and_the_old_one_is_told),
		T(a_stranger_is_never_answered),
		T(a_known_contact_is_told_once_that_nothing_was_understood),
		T(what_no_customer_is_named_in_asks_for_one),
		T(bulk_without_names_takes_every_ticket_that_nobody_was_asked_about),
		T(a_letter_that_no_parser_survives_is_quarantined_after_three_tries),
		T(a_parser_that_cannot_be_started_condemns_no_letter),
		T(a_mail_that_cannot_be_sent_for_good_is_told_to_the_engineer),
		T(a_mail_that_cannot_be_sent_now_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
