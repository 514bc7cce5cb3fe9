/* The thread of rules: its place among events, its sweeps, and what it waits for. */
#include "help_daemon.h"
#include "help_rules.h"

#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/store/queue.h>
#include <assent/store/site.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define SETTINGS \
	"roles: [{name: desk, people: [eve@help.test]}]\n" \
	"calendar: office\ncalendars: [{name: office, hours: ['mon-fri 09:00-17:00']}]\n"
#define RULE(id, when) "  - id: " id "\n    title: {en: " id "}\n    to: desk\n    when: " when "\n"
#define PRINTERS RULE("printers", "matches(title, '*printer*')")
#define TURNS_MOST 500
#define WAITS_MOST 100 /* as src/daemon/ruling.c has it */

static struct room room;
static struct ruling *ruling;

static int
setup(void **state)
{
	(void)state;
	room_start(&room, SETTINGS);
	pthread_mutex_init(&room.daemon.rules_lock, NULL);
	ruling = ruling_new(&room.daemon);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ruling_free(ruling);
	ruling_take(&room.daemon, NULL);
	pthread_mutex_destroy(&room.daemon.rules_lock);
	room_end(&room);
	return 0;
}

/* --- rules and tickets -------------------------------------------------------------- */

static void
take(const char *lines)
{
	AUTO(str_donep) struct str faults = STR_INIT(10000), text = STR_INIT(10000);
	struct rules *rules_taken;

	str_addf(&text, "rules:\n%s", lines);
	rules_taken = rules_of(str_text(&text), &faults);
	if (rules_taken == NULL)
		fail_msg("%s", str_text(&faults));
	ruling_take(&room.daemon, rules_taken);
}

struct some { /* tickets */
	const char *title;
	unsigned count;
	bool silent; /* no event says that they came */
};

static int
some_step(struct tx *tx, void *arg, struct err *err)
{
	const struct some *some = arg;
	utc_ms now = clock_now();
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < some->count; i++) {
		const struct ticket ticket = { .id = id_next(now),
			.title = some->title,
			.status = "open",
			.attributes = "{}",
			.created = now,
			.updated = now };

		rc = ticket_add(tx, &ticket, NULL, err);
		if (rc == 0 && !some->silent)
			rc = event_add(tx,
			    &(struct event){ 0, ticket.id, now, "ticket.opened", "system", "", "" },
			    err);
	}
	return rc;
}

static void
come(struct some some)
{
	room_write(&room, some_step, &some);
}

static int64_t
packets(const char *rule)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM escalations WHERE rule = '%s'", rule);
	return room_number(&room, sql);
}

static unsigned
turns(void)
{
	unsigned n = 1;

	while (ruling_turn(ruling))
		if (++n > TURNS_MOST)
			fail_msg("there is always more to do");
	return n;
}

static void
pass(span_ms span)
{
	static span_ms passed;

	if (span == 0)
		passed = 0;
	passed += span;
	room_clock(&room, passed, 0, false);
}

/* --- its place ------------------------------------------------------------------------ */

static void
a_ticket_to_which_something_happened_is_looked_at_once(void **state)
{
	(void)state;
	pass(0);
	take(PRINTERS);
	turns(); /* the first sweep: nothing is there yet */
	come((struct some){ "a printer", 1, false });
	come((struct some){ "a screen", 1, false });
	turns();
	assert_int_equal(packets("printers"), 1);
	room_sql(&room, "UPDATE escalations SET state = 'resolved'");
	pass(20 * MS_SECOND);
	turns();
	assert_int_equal(packets("printers"), 1);
	assert_int_equal(room_number(&room,
			     "SELECT value = (SELECT max(seq) FROM events) FROM site"
			     " WHERE name = 'rules.seen'"),
	    1);
}

static void
whoever_starts_goes_on_where_the_last_one_was(void **state)
{
	(void)state;
	pass(0);
	take(PRINTERS);
	turns();
	pass(20 * MS_SECOND);
	turns();
	ruling_free(ruling);
	come((struct some){ "a printer", 350, false });
	ruling = ruling_new(&room.daemon);
	/* Pages of a hundred events, and as many as there are. */
	assert_true(turns() >= 4);
	assert_int_equal(packets("printers"), 350);
	assert_int_equal(room_number(&room, "SELECT count(DISTINCT ticket) FROM escalations"), 350);
}

static void
a_place_that_is_none_begins_at_the_end(void **state)
{
	(void)state;
	pass(0);
	come((struct some){ "a printer", 1, false });
	room_sql(&room, "INSERT INTO site (name, value) VALUES ('rules.seen', '99999999')");
	take(PRINTERS);
	turns();
	come((struct some){ "a printer", 1, false });
	turns();
	/* One by the first sweep, one by its event. */
	assert_int_equal(packets("printers"), 2);
}

/* --- sweeps ----------------------------------------------------------------------------- */

static void
rules_that_do_not_ask_for_the_time_sweep_once(void **state)
{
	(void)state;
	pass(0);
	come((struct some){ "a printer", 3, true });
	take(PRINTERS);
	turns();
	assert_int_equal(packets("printers"), 3);
	come((struct some){ "a printer", 1, true });
	pass(MS_HOUR);
	turns();
	assert_int_equal(packets("printers"), 3);
	/* Other rules look at everything anew. */
	take(PRINTERS RULE("screens", "title = 'a screen'"));
	turns();
	assert_int_equal(packets("printers"), 4);
}

static void
what_only_time_changes_is_found_within_minutes(void **state)
{
	(void)state;
	pass(0);
	take(RULE("old", "hours_since(created) >= 2"));
	come((struct some){ "a screen", 2, false });
	turns();
	assert_int_equal(packets("old"), 0);
	pass(MS_HOUR);
	turns();
	assert_int_equal(packets("old"), 0);
	pass(MS_HOUR + MS_MINUTE);
	turns();
	assert_int_equal(packets("old"), 2);
}

static void
a_ticket_is_looked_at_when_its_time_comes_and_not_before(void **state)
{
	(void)state;
	pass(0);
	take(RULE("old", "hours_since(created) >= 2") PRINTERS);
	come((struct some){ "a screen", 1, false });
	come((struct some){ "a screen", 1, false });
	turns();
	/* Nothing tells of it. */
	room_sql(&room, "UPDATE tickets SET title = 'a printer' WHERE ref = 1001");
	room_sql(&room, "DELETE FROM watch_touched");
	pass(MS_HOUR);
	turns();
	assert_int_equal(packets("printers"), 0);
	pass(MS_HOUR + MS_MINUTE);
	turns();
	assert_int_equal(packets("printers"), 1);
	assert_int_equal(packets("old"), 2);
}

/* What is not understood is looked at each minute: many of them as all are. */
static void
many_whose_time_comes_at_once_are_looked_at_by_the_page(void **state)
{
	(void)state;
	pass(0);
	take(RULE("near", "abs(hours_since(created) - 3) < 1 and priority = 'x'"));
	come((struct some){ "a screen", 1500, true });
	turns();
	room_sql(&room, "UPDATE tickets SET priority = 'x' WHERE ref = 1700");
	pass(2 * MS_HOUR);
	turns();
	pass(10 * MS_MINUTE);
	turns();
	pass(10 * MS_MINUTE);
	turns();
	assert_int_equal(packets("near"), 1);
	pass(2 * MS_HOUR);
	turns();
	pass(10 * MS_MINUTE);
	turns();
	assert_int_equal(room_number(&room, "SELECT count(*) FROM rule_holds"), 0);
}

/* Who wrote it down need not have thought of rules. */
static void
a_change_that_leaves_no_event_is_found_all_the_same(void **state)
{
	(void)state;
	pass(0);
	take(PRINTERS);
	come((struct some){ "a screen", 2, false });
	turns();
	room_sql(&room, "UPDATE tickets SET title = 'a printer' WHERE ref = 1002");
	turns();
	assert_int_equal(packets("printers"), 1);
}

static void
people_that_are_others_are_a_reason_to_look_at_all(void **state)
{
	(void)state;
	pass(0);
	take(RULE("ours", "last_message_by = 'staff'"));
	come((struct some){ "a screen", 3, false });
	room_sql(&room,
	    "INSERT INTO messages SELECT id, id, 1, 1, '', 'new@help.test', '', '', NULL, 5, '', "
	    "'', ''"
	    " FROM tickets");
	turns();
	assert_int_equal(packets("ours"), 0);
	room_sql(&room,
	    "INSERT INTO staff (id, email, name, role, team, active)"
	    " VALUES (x'05', 'new@help.test', '', 'engineer', '', 1)");
	pass(2 * MS_MINUTE);
	turns();
	assert_int_equal(packets("ours"), 3);
	room_sql(&room, "UPDATE staff SET active = 0 WHERE email = 'new@help.test'");
	pass(2 * MS_MINUTE);
	turns();
	assert_int_equal(room_number(&room, "SELECT count(*) FROM rule_holds"), 0);
}

static void
a_rule_of_the_day_comes_again_on_the_next(void **state)
{
	(void)state;
	pass(0);
	take(RULE("daily", "title = 'a printer'") "    once_per: day\n");
	come((struct some){ "a printer", 1, false });
	turns();
	for (int day = 1; day <= 3; day++) {
		assert_int_equal(packets("daily"), day);
		room_sql(&room, "UPDATE escalations SET state = 'resolved'");
		room_sql(&room, "DELETE FROM job_due WHERE lane = 3");
		pass(MS_DAY);
		turns();
	}
}

static void
a_clock_that_was_put_back_is_a_reason_to_look_at_all(void **state)
{
	(void)state;
	pass(0);
	take(RULE("old", "hours_since(created) >= 2"));
	come((struct some){ "a screen", 1, false });
	turns();
	room_clock(&room, 0, 3 * MS_HOUR, true);
	turns();
	assert_int_equal(packets("old"), 1);
	room_clock(&room, 2 * MS_MINUTE, 0, true);
	turns();
	assert_int_equal(room_number(&room, "SELECT count(*) FROM rule_holds"), 0);
	pass(2 * MS_HOUR + MS_MINUTE);
	turns();
	assert_int_equal(room_number(&room, "SELECT count(*) FROM rule_holds"), 1);
}

/* Resolved, reopened, forgotten: time goes on only for those that are open. */
static void
only_time_of_open_tickets_counts(void **state)
{
	(void)state;
	pass(0);
	take(RULE("old", "hours_since(created) >= 2"));
	come((struct some){ "a screen", 3, false });
	turns();
	room_sql(&room, "UPDATE tickets SET status = 'resolved' WHERE ref = 1001");
	room_sql(&room, "UPDATE tickets SET forgotten = 1 WHERE ref = 1002");
	pass(2 * MS_HOUR + MS_MINUTE);
	turns();
	assert_int_equal(packets("old"), 1);
	room_sql(&room, "UPDATE tickets SET status = 'open' WHERE ref = 1001");
	room_sql(&room,
	    "INSERT INTO events (ticket, at, kind, actor, before, after)"
	    " SELECT id, 1, 'ticket.reopened', '', '', '' FROM tickets WHERE ref = 1001");
	turns();
	assert_int_equal(packets("old"), 2);
}

static void
a_sweep_raises_a_hundred_and_the_next_one_the_rest(void **state)
{
	int64_t before = 0, now;
	int sweeps = 0;

	(void)state;
	pass(0);
	come((struct some){ "a printer", 350, true });
	take(PRINTERS);
	do {
		turns();
		now = packets("printers");
		assert_true(now > before && now - before < 200);
		before = now;
		sweeps++;
		room_sql(&room, "DELETE FROM job_due WHERE lane = 3");
		pass(2 * MS_MINUTE);
	} while (now < 350);
	assert_true(sweeps >= 2);
	assert_int_equal(room_number(&room, "SELECT count(DISTINCT ticket) FROM escalations"), 350);
}

/* --- what goes wrong ------------------------------------------------------------------------ */

static void
a_packet_that_is_refused_stops_no_other(void **state)
{
	(void)state;
	pass(0);
	/* A year of business hours are four years. */
	take(RULE("far", "true = (title <> '')") "    due: 365d\n" PRINTERS);
	come((struct some){ "a printer", 2, false });
	turns();
	assert_int_equal(packets("far"), 0);
	assert_int_equal(packets("printers"), 2);
	assert_int_equal(room_number(&room, "SELECT count(*) FROM rule_holds"), 4);
}

static void
what_could_not_be_written_is_found_again(void **state)
{
	(void)state;
	pass(0);
	take(PRINTERS);
	turns();
	room_sql(&room,
	    "CREATE TRIGGER no BEFORE INSERT ON rule_holds WHEN (SELECT ref FROM tickets WHERE"
	    " id = new.ticket) = 1001 BEGIN SELECT RAISE(ABORT, 'no'); END");
	come((struct some){ "a printer", 2, false });
	turns();
	assert_int_equal(packets("printers"), 1);
	/* A sweep that meets it again leaves it for the next one. */
	pass(2 * MS_MINUTE);
	turns();
	assert_int_equal(packets("printers"), 1);
	room_sql(&room, "DROP TRIGGER no");
	turns();
	assert_int_equal(packets("printers"), 1);
	pass(2 * MS_MINUTE);
	turns();
	assert_int_equal(packets("printers"), 2);
}

static void
nothing_is_raised_by_a_clock_that_nobody_believes(void **state)
{
	(void)state;
	pass(0);
	take(RULE("old", "days_since(created) > 3") PRINTERS);
	come((struct some){ "a printer", 1, false });
	room_clock(&room, 0, 5 * 365 * MS_DAY, false);
	assert_false(ruling_turn(ruling));
	assert_int_equal(packets("old") + packets("printers"), 0);
	pass(0);
	turns();
	assert_int_equal(packets("old"), 0);
	assert_int_equal(packets("printers"), 1);
}

/* --- timers ----------------------------------------------------------------------------------- */

static int
timer_step(struct tx *tx, void *arg, struct err *err)
{
	const struct job job = { .id = id_next(clock_now()),
		.kind = "remind",
		.lane = LANE_CLOCK,
		.payload = "{}",
		.serial = "",
		.due = clock_now(),
		.created = clock_now() };

	(void)arg;
	return job_add(tx, &job, err);
}

static void
rules_wait_for_timers_but_not_for_ever(void **state)
{
	(void)state;
	pass(0);
	take(PRINTERS);
	turns();
	room_write(&room, timer_step, NULL);
	come((struct some){ "a printer", 1, false });
	for (int i = 0; i < WAITS_MOST; i++)
		assert_false(ruling_turn(ruling));
	assert_int_equal(packets("printers"), 0);
	turns();
	assert_int_equal(packets("printers"), 1);
	room_sql(&room, "DELETE FROM job_due WHERE lane = 3");
	/* What was waited for and came is not counted against the next one. */
	turns();
	room_write(&room, timer_step, NULL);
	come((struct some){ "a printer", 1, false });
	turns();
	assert_int_equal(packets("printers"), 1);
	room_sql(&room, "DELETE FROM job_due WHERE lane = 3");
	turns();
	assert_int_equal(packets("printers"), 2);
}

/* --- the thread ----------------------------------------------------------------------------------- */

static void
until_packets(int64_t wanted)
{
	for (int i = 0; i < 3000 && packets("printers") < wanted; i++)
		usleep(10000);
	assert_true(packets("printers") >= wanted);
}

static struct ruling *
start(void)
{
	struct ruling *thread = NULL;
	struct err err;

	atomic_store(&room.daemon.stop, false);
	if (ruling_start(&room.daemon, &thread, &err) < 0)
		fail_msg("%s", err.text);
	return thread;
}

static void
stop(struct ruling *thread)
{
	eventfd_t rung;

	atomic_store(&room.daemon.stop, true);
	assert_int_equal(eventfd_write(room.daemon.stop_fd, 1), 0);
	ruling_stop(thread);
	assert_int_equal(eventfd_read(room.daemon.stop_fd, &rung), 0);
}

static void
a_thread_that_is_stopped_in_a_sweep_loses_nothing(void **state)
{
	struct ruling *thread;

	(void)state;
	pass(0);
	come((struct some){ "a printer", 60, true });
	take(PRINTERS);
	thread = start();
	until_packets(1);
	stop(thread);
	assert_true(packets("printers") <= 60);
	thread = start();
	until_packets(60);
	/* Rules may change, and tickets come, while it looks. */
	take(PRINTERS RULE("screens", "title = 'a screen'"));
	come((struct some){ "a printer", 5, false });
	wake_ring(&room.daemon.wake);
	until_packets(65);
	stop(thread);
	ruling_stop(NULL);
	assert_int_equal(room_number(&room, "SELECT count(DISTINCT ticket) FROM escalations"), 65);
	assert_int_equal(packets("printers"), 65);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(a_ticket_to_which_something_happened_is_looked_at_once),
		ROOM_TEST(whoever_starts_goes_on_where_the_last_one_was),
		ROOM_TEST(a_place_that_is_none_begins_at_the_end),
		ROOM_TEST(rules_that_do_not_ask_for_the_time_sweep_once),
		ROOM_TEST(what_only_time_changes_is_found_within_minutes),
		ROOM_TEST(a_ticket_is_looked_at_when_its_time_comes_and_not_before),
		ROOM_TEST(many_whose_time_comes_at_once_are_looked_at_by_the_page),
		ROOM_TEST(a_change_that_leaves_no_event_is_found_all_the_same),
		ROOM_TEST(people_that_are_others_are_a_reason_to_look_at_all),
		ROOM_TEST(a_rule_of_the_day_comes_again_on_the_next),
		ROOM_TEST(a_clock_that_was_put_back_is_a_reason_to_look_at_all),
		ROOM_TEST(only_time_of_open_tickets_counts),
		ROOM_TEST(a_sweep_raises_a_hundred_and_the_next_one_the_rest),
		ROOM_TEST(a_packet_that_is_refused_stops_no_other),
		ROOM_TEST(what_could_not_be_written_is_found_again),
		ROOM_TEST(nothing_is_raised_by_a_clock_that_nobody_believes),
		ROOM_TEST(rules_wait_for_timers_but_not_for_ever),
		ROOM_TEST(a_thread_that_is_stopped_in_a_sweep_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
