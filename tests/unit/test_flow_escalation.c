/* Packets that reach a person, climb, are taken, put off, resolved and expire (flow/escalation.h). */
#include "help_escalation.h"

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)
#define IS(kit, table, where) assert_int_equal(COUNT(kit, table, where), 1)
#define MAILS(kit, to, want) assert_int_equal(kit_sent_count(kit, to), want)

static struct escalation
fresh(struct desk_kit *kit)
{
	struct escalation_raise raise = packet_plain();

	return packet_new(kit, &raise);
}

static struct escalation_wish
wish(const struct escalation *e, enum escalation_act act, const char *by)
{
	return (struct escalation_wish){ .id = e->id, .act = act, .by = by };
}

static void
a_packet_reaches_its_role_with_history_ledger_and_event(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	assert_string_equal(e.state, "pending");
	assert_string_equal(e.to, "engineer");
	assert_int_equal(e.due, kit->now + 4 * MS_HOUR);
	assert_int_equal(e.next_at, kit->now + 2 * MS_HOUR);
	MAILS(kit, EVE_AT, 1);
	MAILS(kit, MAX_AT, 0);
	IS(kit, "escalation_people", "email = 'eve@help.test' AND role = 'engineer' AND level = 0");
	IS(kit, "escalation_events", "n = 1 AND kind = 'raised' AND actor = 'rules'");
	IS(kit, "escalation_events", "n = 2 AND kind = 'told' AND after = 'eve@help.test'");
	IS(kit, "ledger", "kind = 'escalation.raised'");
	IS(kit, "events", "kind = 'escalation.raised'");
	IS(kit, "outgoing", "kind = 'escalation' AND escalation IS NOT NULL AND status = 'sent'");
	assert_int_equal(COUNT(kit, "jobs", "kind IN ('climb', 'lapse')"), 2);
}

static void
what_is_open_is_not_raised_again(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation first, again;
	bool is_new = true;
	struct err err;

	raise.rule = "high_value";
	raise.once_key = "T-1001";
	first = packet_new(kit, &raise);
	assert_int_equal(packet_raise(kit, &raise, &again, &is_new, &err), 0);
	assert_false(is_new);
	assert_true(id_equal(&first.id, &again.id));
	raise.once_key = "T-1002";
	assert_int_equal(packet_raise(kit, &raise, &again, &is_new, &err), 0);
	assert_true(is_new);
	packet_do(kit, wish(&first, ESCALATION_RESOLVE, EVE_AT));
	raise.once_key = "T-1001";
	assert_int_equal(packet_raise(kit, &raise, &again, &is_new, &err), 0);
	assert_true(is_new);
	/* Now the first one cannot come back. */
	struct escalation_wish reopen = wish(&first, ESCALATION_REOPEN, EVE_AT);
	assert_int_equal(packet_act(kit, &reopen, &again, &is_new, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, "is open about the same"));
}

static void
what_nobody_takes_climbs_and_the_old_ones_are_told(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	kit_pass(kit, 2 * MS_HOUR - 1);
	MAILS(kit, MAX_AT, 0);
	kit_pass(kit, 1);
	MAILS(kit, MAX_AT, 1);
	MAILS(kit, EVE_AT, 2);
	IS(kit, "outgoing", "kind = 'escalation-moved' AND to_email = 'eve@help.test'");
	e = packet_get(kit, &e.id);
	assert_string_equal(e.to, "admin");
	assert_int_equal(e.level, 1);
	kit_pass(kit, 2 * MS_HOUR); /* due */
	MAILS(kit, MAX_AT, 2);
	kit_pass(kit, 20 * MS_HOUR);
	MAILS(kit, OLGA_AT, 1);
	e = packet_get(kit, &e.id);
	assert_string_equal(e.to, "owner");
	assert_string_equal(e.state, "pending");
	assert_int_equal(e.next_at, 0);
	/* The highest level has an hour; then it is over. */
	kit_pass(kit, MS_HOUR);
	e = packet_get(kit, &e.id);
	assert_string_equal(e.state, "expired");
	assert_int_equal(COUNT(kit, "ledger", "kind = 'escalation.climb'"), 2);
	IS(kit, "ledger", "kind = 'escalation.lapse'");
	assert_int_equal(COUNT(kit, "jobs", "kind IN ('climb', 'lapse')"), 0);
}

static void
what_is_acknowledged_climbs_no_more_and_has_a_day_beyond_its_time(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	e = packet_do(kit, wish(&e, ESCALATION_ACK, EVE_AT));
	assert_string_equal(e.state, "in_progress");
	assert_string_equal(e.assignee, EVE_AT);
	assert_string_equal(e.acked_by, EVE_AT);
	kit_pass(kit, 4 * MS_HOUR);
	MAILS(kit, MAX_AT, 0);
	MAILS(kit, EVE_AT, 2); /* it is overdue */
	IS(kit, "escalation_events", "kind = 'overdue'");
	kit_pass(kit, MS_DAY - 1);
	assert_string_equal(packet_get(kit, &e.id).state, "in_progress");
	kit_pass(kit, 1);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
}

static void
who_acknowledges_second_is_told_who_has_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit), out;
	struct escalation_wish second = wish(&e, ESCALATION_ACK, MAX_AT);
	bool changed = true;
	struct err err;

	packet_do(kit, wish(&e, ESCALATION_ACK, EVE_AT));
	assert_int_equal(packet_act(kit, &second, &out, &changed, &err), 0);
	assert_false(changed);
	assert_string_equal(out.acked_by, EVE_AT);
	IS(kit, "ledger", "kind = 'escalation.ack'");
}

static void
what_is_resolved_again_changes_nothing_and_names_who_did_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit), out;
	struct escalation_wish resolve = wish(&e, ESCALATION_RESOLVE, EVE_AT);
	bool changed = true;
	struct err err;

	kit_pass(kit, 30 * MS_MINUTE);
	resolve.action = "Called the customer";
	resolve.override_json = "{\"discount\": 5}";
	out = packet_do(kit, resolve);
	assert_string_equal(out.state, "resolved");
	assert_int_equal(out.took, 30 * MS_MINUTE);
	assert_string_equal(out.override_json, "{\"discount\":5}");
	assert_int_equal(COUNT(kit, "jobs", "kind IN ('climb', 'lapse')"), 0);
	resolve.by = MAX_AT;
	resolve.action = "No, I did";
	assert_int_equal(packet_act(kit, &resolve, &out, &changed, &err), 0);
	assert_false(changed);
	assert_string_equal(out.resolved_by, EVE_AT);
	assert_string_equal(out.action, "Called the customer");
	IS(kit, "ledger", "kind = 'escalation.resolve'");
	IS(kit, "escalation_events", "kind = 'resolve'");
	MAILS(kit, EVE_AT, 1); /* she did it herself */
}

static void
what_is_closed_takes_no_act_but_to_be_opened_again(void **state)
{
	static const enum escalation_act refused[] = { ESCALATION_ACK, ESCALATION_ASSIGN,
		ESCALATION_SNOOZE };
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit), out;
	bool changed;
	struct err err;

	kit_pass(kit, MS_MINUTE);
	packet_do(kit, wish(&e, ESCALATION_RESOLVE, EVE_AT));
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct escalation_wish w = wish(&e, refused[i], MAX_AT);

		w.to = OLGA_AT;
		w.until = kit->now + MS_HOUR;
		assert_int_equal(packet_act(kit, &w, &out, &changed, &err), ERR_CONFLICT);
		assert_non_null(strstr(err.text, "resolved: eve@help.test resolved it on"));
	}
	kit_pass(kit, 10 * MS_HOUR);
	out = packet_do(kit, wish(&e, ESCALATION_REOPEN, MAX_AT));
	assert_string_equal(out.state, "pending");
	assert_string_equal(out.to, "engineer");
	assert_string_equal(out.resolved_by, "");
	assert_int_equal(out.resolved_at, 0);
	assert_int_equal(out.took, 0);
	assert_int_equal(out.due, kit->now + 4 * MS_HOUR);
	MAILS(kit, EVE_AT, 2);
	kit_pass(kit, 2 * MS_HOUR);
	assert_int_equal(packet_get(kit, &e.id).level, 1);
	struct escalation_wish again = wish(&e, ESCALATION_REOPEN, MAX_AT);
	assert_int_equal(packet_act(kit, &again, &out, &changed, &err), 0);
	assert_false(changed);
}

static void
what_expired_is_opened_again_before_it_is_resolved(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e, out;
	bool changed;
	struct err err;

	raise.levels = "";
	e = packet_new(kit, &raise);
	kit_pass(kit, 4 * MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	IS(kit, "outgoing", "kind = 'escalation-moved' AND to_email = 'eve@help.test'");
	struct escalation_wish resolve = wish(&e, ESCALATION_RESOLVE, EVE_AT);
	assert_int_equal(packet_act(kit, &resolve, &out, &changed, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, "expired: it expired on"));
	packet_do(kit, wish(&e, ESCALATION_REOPEN, EVE_AT));
	out = packet_do(kit, resolve);
	assert_string_equal(out.state, "resolved");
}

static void
what_is_put_off_rests_until_then_and_is_told_again(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct escalation_wish snooze = wish(&e, ESCALATION_SNOOZE, EVE_AT);

	snooze.until = kit->now + 6 * MS_HOUR; /* past level and due */
	e = packet_do(kit, snooze);
	assert_string_equal(e.state, "pending");
	kit_pass(kit, 6 * MS_HOUR - 1);
	MAILS(kit, EVE_AT, 1);
	MAILS(kit, MAX_AT, 0);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	kit_pass(kit, 1);
	MAILS(kit, EVE_AT, 2);
	MAILS(kit, MAX_AT, 0);
	kit_pass(kit, MS_HOUR);
	MAILS(kit, EVE_AT, 3); /* that it went up */
	MAILS(kit, MAX_AT, 1);
	assert_int_equal(packet_get(kit, &e.id).level, 1);
	assert_int_equal(packet_get(kit, &e.id).snoozed_until, 0);
}

static void
whoever_is_named_gets_it_and_loses_it_when_he_is_silent(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit), out;
	struct escalation_wish assign = wish(&e, ESCALATION_ASSIGN, EVE_AT);
	bool changed;
	struct err err;

	assign.to = "Olga@help.test";
	e = packet_do(kit, assign);
	assert_string_equal(e.state, "in_progress");
	assert_string_equal(e.assignee, OLGA_AT);
	assert_int_equal(e.acked_at, 0);
	MAILS(kit, OLGA_AT, 1);
	assert_int_equal(packet_act(kit, &assign, &out, &changed, &err), 0);
	assert_false(changed);
	kit_pass(kit, 2 * MS_HOUR);
	MAILS(kit, MAX_AT, 1);
	MAILS(kit, OLGA_AT, 2);
	e = packet_get(kit, &e.id);
	assert_string_equal(e.state, "pending");
	assert_string_equal(e.assignee, "");
	/* Who names himself has it. */
	assign.to = assign.by = MAX_AT;
	e = packet_do(kit, assign);
	assert_string_equal(e.acked_by, MAX_AT);
	kit_pass(kit, MS_DAY);
	assert_int_equal(packet_get(kit, &e.id).level, 1);
}

static void
a_packet_is_put_to_nobody_from_elsewhere(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit), out;
	struct escalation_wish assign = wish(&e, ESCALATION_ASSIGN, EVE_AT);
	const char *wrong = NULL;
	bool changed;
	struct err err;

	assign.wrong = &wrong;
	assign.to = "mallory@evil.test";
	assert_int_equal(packet_act(kit, &assign, &out, &changed, &err), ERR_INVALID);
	assert_string_equal(wrong, "/to");
	assert_non_null(strstr(err.text, "nobody of this desk"));
	assign.to = "nobody";
	assert_int_equal(packet_act(kit, &assign, &out, &changed, &err), ERR_INVALID);
	assign.to = NULL;
	assert_int_equal(packet_act(kit, &assign, &out, &changed, &err), ERR_INVALID);
	assign.to = SECOND_AT;
	packet_do(kit, assign);
	MAILS(kit, SECOND_AT, 1);
}

static void
nothing_happens_while_the_clock_is_not_trusted_and_nothing_twice_after(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	kit->clock_trusted = false;
	kit->now += 5 * 365 * MS_DAY;
	kit_run(kit);
	assert_int_equal(packet_get(kit, &e.id).level, 0);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	kit->now -= 5 * 365 * MS_DAY;
	kit_run(kit);
	kit->clock_trusted = true;
	kit_pass(kit, MS_MINUTE);
	MAILS(kit, EVE_AT, 1);
	MAILS(kit, MAX_AT, 0);
	assert_int_equal(packet_get(kit, &e.id).level, 0);
}

static void
nothing_happens_while_no_mail_may_leave(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	kit_change(kit, "INSERT INTO site (name, value) VALUES ('hold', '1')");
	kit_pass(kit, 3 * MS_DAY);
	assert_int_equal(packet_get(kit, &e.id).level, 0);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	kit_change(kit, "DELETE FROM site WHERE name = 'hold'");
	kit_pass(kit, MS_MINUTE);
	assert_string_equal(packet_get(kit, &e.id).to, "owner");
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
}

static void
nobody_is_named_whose_mail_comes_back_and_a_named_one_loses_it_then(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e, out;
	struct escalation_wish assign;
	bool changed;
	struct err err;

	raise.levels = "";
	e = packet_new(kit, &raise);
	assign = wish(&e, ESCALATION_ASSIGN, EVE_AT);
	assign.to = OLGA_AT;
	outlet_memory_fail_next(kit->outlet, ERR_INVALID);
	e = packet_do(kit, assign);
	assert_string_equal(e.assignee, "");
	assert_string_equal(e.state, "pending");
	assert_string_equal(e.to, SECOND_AT);
	MAILS(kit, SECOND_AT, 1);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(packet_act(kit, &assign, &out, &changed, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "came back lately"));
}

static void
after_days_of_silence_it_goes_to_the_top_at_once_and_is_not_over_yet(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	kit_pass(kit, 3 * MS_DAY); /* the daemon was down */
	e = packet_get(kit, &e.id);
	assert_string_equal(e.to, "owner");
	assert_string_equal(e.state, "pending");
	MAILS(kit, OLGA_AT, 1);
	MAILS(kit, MAX_AT, 0);
	MAILS(kit, EVE_AT, 2);
	kit_pass(kit, MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
}

static void
whose_mail_comes_back_is_skipped_and_reported(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e;

	fresh(kit);
	kit_change(kit, "UPDATE outgoing SET status = 'refused' WHERE to_email = 'eve@help.test'");
	e = fresh(kit);
	MAILS(kit, EVE_AT, 1);
	MAILS(kit, MAX_AT, 1);
	assert_string_equal(e.to, "admin");
	IS(kit, "escalation_people", "email = 'eve@help.test' AND skipped <> ''");
	IS(kit, "escalation_events",
	    "kind = 'skipped' AND before = 'eve@help.test' AND after LIKE '%came back'");
	/* Four days later it may be well again. */
	kit_pass(kit, 4 * MS_DAY);
	fresh(kit);
	assert_int_equal(
	    COUNT(kit, "escalation_people", "email = 'eve@help.test' AND skipped = ''"), 2);
}

static void
a_mail_that_is_refused_makes_it_climb_at_once(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	outlet_memory_fail_next(kit->outlet, ERR_INVALID);
	e = packet_new(kit, &raise);
	assert_string_equal(e.to, "admin");
	MAILS(kit, MAX_AT, 1);
	IS(kit, "escalation_people", "email = 'eve@help.test' AND skipped = 'the mail came back'");
}

static void
a_role_that_nobody_has_is_climbed_over(void **state)
{
	static const struct policy_role nobody = { .name = "nobody_there" };
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	kit->policy.roles = &nobody;
	kit->policy.role_count = 1;
	raise.to = "nobody_there";
	e = packet_new(kit, &raise);
	assert_string_equal(e.to, "admin");
	MAILS(kit, MAX_AT, 1);
	raise.levels = "[{\"after_ms\": 7200000, \"to\": \"nobody_there\"}]";
	e = packet_new(kit, &raise);
	assert_string_equal(e.to, SECOND_AT);
	MAILS(kit, SECOND_AT, 1);
	assert_int_equal(COUNT(kit, "escalation_events", "kind = 'skipped'"), 3);
}

static void
a_role_that_the_settings_do_not_have_means_whom_the_site_names(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	raise.rule = "a_rule";
	raise.to = "manager";
	e = packet_new(kit, &raise);
	assert_int_equal(e.level, 0);
	MAILS(kit, SECOND_AT, 1);
	MAILS(kit, MAX_AT, 0);
	IS(kit, "escalation_events", "kind = 'skipped' AND before = 'manager'");
	kit_pass(kit, 2 * MS_HOUR);
	MAILS(kit, MAX_AT, 1);
	/* So does an address of nobody of the desk: he could open nothing. */
	raise.to = "gone@elsewhere.test";
	packet_new(kit, &raise);
	MAILS(kit, "gone@elsewhere.test", 0);
	MAILS(kit, SECOND_AT, 3); /* the first one went up, and this one */
}

static void
a_level_that_repeats_is_told_again_and_again(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation e;

	raise.levels = "[{\"after_ms\": 3600000, \"to\": \"admin\", \"repeat_ms\": 1800000},"
		       " {\"after_ms\": 86400000, \"to\": \"owner\"}]";
	e = packet_new(kit, &raise);
	kit_pass(kit, MS_HOUR);
	MAILS(kit, MAX_AT, 1);
	kit_pass(kit, 30 * MS_MINUTE);
	MAILS(kit, MAX_AT, 2);
	kit_pass(kit, 65 * MS_MINUTE); /* two of them were missed: one mail */
	MAILS(kit, MAX_AT, 3);
	packet_do(kit, wish(&e, ESCALATION_ACK, MAX_AT));
	kit_pass(kit, 30 * MS_MINUTE);
	MAILS(kit, MAX_AT, 3);
}

static void
who_was_told_hears_that_somebody_else_has_it(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);

	kit_pass(kit, 2 * MS_HOUR);
	packet_do(kit, wish(&e, ESCALATION_ACK, MAX_AT));
	MAILS(kit, EVE_AT, 3); /* put to her, gone up, taken */
	MAILS(kit, MAX_AT, 1);
	packet_do(kit, wish(&e, ESCALATION_RESOLVE, MAX_AT));
	MAILS(kit, EVE_AT, 4);
	IS(kit, "outgoing", "kind = 'escalation-resolved' AND to_email = 'eve@help.test'");
}

static int
sweep(struct desk *desk, void *arg, struct err *err)
{
	return escalation_sweep(desk, arg, err);
}

static void
a_sweep_expires_what_is_out_of_time_and_nothing_else(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation_sweep all = { 0 };
	struct escalation e, other;
	struct err err;

	raise.levels = "";
	e = packet_new(kit, &raise);
	raise.due = kit->now + MS_DAY;
	other = packet_new(kit, &raise);
	assert_int_equal(kit_step(kit, sweep, &all, &err), 0);
	assert_int_equal(all.expired, 0);
	kit->now += 5 * MS_HOUR;
	kit->clock_trusted = false;
	assert_int_equal(kit_step(kit, sweep, &all, &err), ERR_BUSY);
	kit->clock_trusted = true;
	assert_int_equal(kit_step(kit, sweep, &all, &err), 0);
	assert_int_equal(all.expired, 1);
	assert_false(all.more);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	assert_string_equal(packet_get(kit, &other.id).state, "pending");
	kit_run(kit);
	IS(kit, "ledger", "kind = 'escalation.lapse'");
}

static void
a_sweep_goes_page_by_page(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct escalation_sweep all = { 0 };
	struct err err;

	raise.levels = "";
	for (int i = 0; i < ESCALATION_PAGE + 5; i++)
		packet_new(kit, &raise);
	kit->now += 5 * MS_HOUR;
	assert_int_equal(kit_step(kit, sweep, &all, &err), 0);
	assert_int_equal(all.expired, ESCALATION_PAGE);
	assert_true(all.more);
	assert_int_equal(kit_step(kit, sweep, &all, &err), 0);
	assert_int_equal(all.expired, ESCALATION_PAGE + 5);
	assert_false(all.more);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_packet_reaches_its_role_with_history_ledger_and_event),
		STORY(what_is_open_is_not_raised_again),
		STORY(what_nobody_takes_climbs_and_the_old_ones_are_told),
		STORY(what_is_acknowledged_climbs_no_more_and_has_a_day_beyond_its_time),
		STORY(who_acknowledges_second_is_told_who_has_it),
		STORY(what_is_resolved_again_changes_nothing_and_names_who_did_it),
		STORY(what_is_closed_takes_no_act_but_to_be_opened_again),
		STORY(what_expired_is_opened_again_before_it_is_resolved),
		STORY(what_is_put_off_rests_until_then_and_is_told_again),
		STORY(whoever_is_named_gets_it_and_loses_it_when_he_is_silent),
		STORY(a_packet_is_put_to_nobody_from_elsewhere),
		STORY(nothing_happens_while_the_clock_is_not_trusted_and_nothing_twice_after),
		STORY(nothing_happens_while_no_mail_may_leave),
		STORY(nobody_is_named_whose_mail_comes_back_and_a_named_one_loses_it_then),
		STORY(after_days_of_silence_it_goes_to_the_top_at_once_and_is_not_over_yet),
		STORY(whose_mail_comes_back_is_skipped_and_reported),
		STORY(a_mail_that_is_refused_makes_it_climb_at_once),
		STORY(a_role_that_nobody_has_is_climbed_over),
		STORY(a_role_that_the_settings_do_not_have_means_whom_the_site_names),
		STORY(a_level_that_repeats_is_told_again_and_again),
		STORY(who_was_told_hears_that_somebody_else_has_it),
		STORY(a_sweep_expires_what_is_out_of_time_and_nothing_else),
		STORY(a_sweep_goes_page_by_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
