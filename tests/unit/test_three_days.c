/*
 * Three days without a daemon, with three hundred questions and a hundred
 * packets that had their time meanwhile: each is done once, in the order in
 * which it was due, and nobody finds more mail than a person reads.
 */
#include "help_escalation.h"
#include "help_jane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define QUESTIONS 300
#define PACKETS 100
#define A_DAY 10 /* reminders of a person */
#define SINGLES 5 /* mails to one person within a minute */
#define COUNT(where) kit_number(kit, "SELECT count(*) FROM " where)

static void
fill(struct desk_kit *kit)
{
	struct escalation_raise raise = packet_plain();

	kit->policy.reminders_per_day = A_DAY;
	kit->policy.singles = SINGLES;
	for (int i = 0; i < QUESTIONS; i++) {
		kit->now += MS_SECOND;
		jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
		arena_reset(kit->arena);
	}
	for (int i = 0; i < 60; i++)
		kit_pass(kit, MS_SECOND); /* the last are put to her one by one, too */
	for (int i = 0; i < PACKETS; i++) {
		kit->now += MS_SECOND;
		packet_new(kit, &raise);
		arena_reset(kit->arena);
	}
	kit_pass(kit, 5 * MS_MINUTE); /* lists of what came just now */
	assert_int_equal(COUNT("approvals WHERE state = 'sent'"), QUESTIONS);
	assert_int_equal(COUNT("escalations WHERE state = 'pending'"), PACKETS);
}

/* What she finds in her mailbox since the last look. */
static size_t
found(struct desk_kit *kit, const char *to, size_t *before)
{
	size_t all = kit_sent_count(kit, to), fresh = all - *before;

	*before = all;
	return fresh;
}

#define EARLIER(what, order, from) \
	COUNT("(SELECT " what " AS it, lag(" what ") OVER (ORDER BY " order \
	      ") AS before FROM " from ") WHERE it < before")

static void
what_was_due_is_caught_up_in_order_and_without_a_storm(void **state)
{
	struct desk_kit *kit = *state;
	size_t jane = 0, eve = 0, olga = 0;

	fill(kit);
	found(kit, JANE, &jane);
	found(kit, EVE_AT, &eve);
	found(kit, OLGA_AT, &olga);
	kit->now += 3 * MS_DAY;
	kit_run(kit);
	/* A few by themselves, and what is more as lines of one mail, a minute later. */
	assert_int_equal(found(kit, JANE, &jane), SINGLES);
	assert_int_equal(found(kit, EVE_AT, &eve), SINGLES);
	assert_int_equal(found(kit, OLGA_AT, &olga), SINGLES);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(found(kit, JANE, &jane), 1);
	assert_int_equal(found(kit, EVE_AT, &eve), 1);
	assert_int_equal(found(kit, OLGA_AT, &olga), 1);
	assert_non_null(strstr(kit_last_to(kit, JANE), "T-1006"));
	/* Each has had its turn, once, in its order; packets went past the level between. */
	assert_int_equal(COUNT("events WHERE kind = 'approval.reminded'"), QUESTIONS);
	assert_int_equal(EARLIER("t.ref", "e.seq",
			     "events e JOIN tickets t ON t.id = e.ticket"
			     " WHERE kind = 'approval.reminded'"),
	    0);
	assert_int_equal(COUNT("escalation_people WHERE level = 2"), PACKETS);
	assert_int_equal(COUNT("escalation_people WHERE level = 1"), 0);
	assert_int_equal(EARLIER("e.n", "p.id",
			     "escalation_people p JOIN escalations e ON e.id = p.escalation"
			     " WHERE p.level = 2"),
	    0);
	assert_int_equal(COUNT("escalations WHERE state <> 'pending'"), 0);
	for (int i = 0; i < 20; i++)
		kit_pass(kit, 2 * MS_MINUTE);
	assert_int_equal(found(kit, JANE, &jane) + found(kit, EVE_AT, &eve), 0);
	assert_int_equal(found(kit, OLGA_AT, &olga), 0);
	assert_int_equal(COUNT("events WHERE kind = 'approval.reminded'"), QUESTIONS);
	assert_int_equal(COUNT("jobs WHERE dead = 1"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_was_due_is_caught_up_in_order_and_without_a_storm, packet_setup,
		    kit_teardown),
	};

	/* Thousands of commits, none of which has to outlive the test. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
