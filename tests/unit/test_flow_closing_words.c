/* What people write about a ticket that is resolved, and who may not have it (flow/closing.h). */
#include "help_jane.h"

#include <assent/flow/closing.h>
#include <assent/store/closing.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BOB "bob@acme.test"
#define STATUS(kit, name) \
	assert_int_equal( \
	    kit_number(kit, "SELECT count(*) FROM tickets WHERE status = '" name "'"), 1)

static void
say(struct desk_kit *kit, const char *from, const char *body)
{
	kit_say(kit,
	    (struct kit_letter){ .from = from,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = body });
}

struct heard {
	const char *from;
	utc_ms at;
};

static int
hear_step(struct desk *desk, void *arg, struct err *err)
{
	const struct heard *heard = arg;
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err);

	return rc < 0 ? rc
		      : closing_heard(desk,
			    &(struct closing_words){ ticket.id, heard->from, heard->at }, err);
}

static void
hear(struct desk_kit *kit, const char *from, utc_ms at)
{
	struct err err;

	if (kit_step(kit, hear_step, &(struct heard){ from, at }, &err) < 0)
		fail_msg("%s", err.text);
}

/* A helpdesk may report a thread hours later. */
static void
words_of_before_it_was_resolved_open_nothing(void **state)
{
	struct desk_kit *kit = *state;
	utc_ms before = kit->now;

	jane_ticket(kit, BOB, "a laptop", "");
	kit_pass(kit, MS_HOUR);
	say(kit, EVE, "resolve: a new dock\r\n");
	STATUS(kit, "resolved");
	hear(kit, BOB, before);
	STATUS(kit, "resolved");
	hear(kit, EVES, kit->now); /* staff says so if it means it */
	STATUS(kit, "resolved");
	hear(kit, BOB, kit->now);
	STATUS(kit, "open");
}

static void
words_are_kept_where_a_ticket_was_opened_too_often(void **state)
{
	struct desk_kit *kit = *state;
	int64_t messages;

	jane_ticket(kit, BOB, "a laptop", "");
	say(kit, EVE, "resolve: a new dock\r\n");
	kit_change(kit, arena_printf(kit->arena, "UPDATE closings SET n = %d", CLOSINGS_MAX));
	messages = kit_number(kit, "SELECT count(*) FROM messages");
	say(kit, "Bob Buyer <" BOB ">", "It still does not work.\r\n");
	STATUS(kit, "resolved");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM messages"), messages + 1);
}

static void
nobody_hands_a_ticket_to_himself(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, BOB, "a laptop", "");
	say(kit, EVE, "escalate to eve@help.test: it is late\r\n");
	STATUS(kit, "open");
	assert_non_null(strstr(kit_last_to(kit, EVES), "hand it to somebody else than yourself"));
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(words_of_before_it_was_resolved_open_nothing),
		KIT_TEST(words_are_kept_where_a_ticket_was_opened_too_often),
		KIT_TEST(nobody_hands_a_ticket_to_himself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
