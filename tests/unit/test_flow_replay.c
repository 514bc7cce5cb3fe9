/*
 * Rules over what is recorded. The property: a desk to which things happen at
 * random got exactly the packets that replay finds; and replay of other rules
 * finds those that another desk got that had them from the start.
 */
#include "help_play.h"

#include <assent/base/str.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DEED_AFTER MS_SECOND /* what rules do besides packets */

/* Closed now and then, and the same in all sets. */
#define COMMON PLAY_RULE("common", "priority = 'urgent'", "")

static const char rules_a[] = PLAY_RULES COMMON PLAY_RULE("big", "amount > 100", "")
    PLAY_RULE("silent", "hours_since(unanswered_since) > 20", "") PLAY_RULE(
	"daily", "status = 'waiting'", ", once_per: day") PLAY_RULE("question",
	"hours_since(asked_at) >= 5 and approval_state = 'sent'",
	", once_per: approval") PLAY_RULE("reminded", "reminders > 0 and status <> 'resolved'", "")
	PLAY_RULE("tasks", "open_tasks >= 2", "") PLAY_RULE("unsure", "ai_confidence < 50", "")
	    PLAY_RULE("failed", "delivery_failures > 0", "") PLAY_RULE(
		"owners", "owner = 'new@acme.test'", "") PLAY_RULE("away", "owner_away", "")
		PLAY_RULE("asked", "open_approvals >= 2", ", once_per: organisation") PLAY_RULE(
		    "quiet", "hours_since(updated) > 10 and last_message_by = 'staff'", "")
		    PLAY_RULE("spent", "spent_minutes > 50", "") PLAY_RULE("first", "messages > 3",
			", group: g") PLAY_RULE("second", "messages > 1", ", group: g")
			PLAY_RULE("refused", "rejections > 0 or approvals > 1", "") PLAY_RULE(
			    "words", "last_message_text like '%7%'", "") PLAY_RULE("paused",
			    "days_since(status_since) between 0.25 and 0.5 and status = 'paused'",
			    "") PLAY_RULE("packets", "open_escalations > 2", "");

/* They do more than raise packets, which becomes part of what is recorded. */
static const char rules_c[] = PLAY_RULES COMMON PLAY_RULE(
    "silent", "hours_since(unanswered_since) > 20", "") PLAY_RULE("tasks", "open_tasks >= 2",
    ", once_per: organisation") "  - {id: told, title: {en: t}, to: engineer, then: notify, when: "
				"messages > 2}\n"
				"  - {id: late, title: {en: t}, to: engineer, then: notify, "
				"once_per: day,"
				" when: hours_since(created) > 30}\n"
				"  - {id: over, title: {en: t}, then: close,"
				" when: \"hours_since(last_message) > 40 and status = 'open'\"}\n";

static const char rules_b[] = PLAY_RULES COMMON PLAY_RULE("big", "amount > 180", "")
    PLAY_RULE("silent", "hours_since(unanswered_since) > 12", "")
	PLAY_RULE("question", "hours_since(asked_at) >= 2", ", once_per: approval")
	    PLAY_RULE("asked", "open_approvals >= 1", ", once_per: organisation")
		PLAY_RULE("tasks", "open_tasks >= 1", "") PLAY_RULE(
		    "quiet", "hours_since(last_message) * 2 > 16 + open_tasks", "")
		    PLAY_RULE("late", "min(hours_since(created), 100) % 24 > 20", ", once_per: day")
			PLAY_RULE("packets", "escalations > 3", "");

static void
tell(const struct replay_packet *packet, const char *what)
{
	AUTO(str_donep) struct str text = STR_INIT(400);

	utc_add_iso(&text, packet->replayed ? packet->replayed : packet->raised);
	print_message("%s: %s %s T-%lld %s\n", what, packet->rule, packet->once_key,
	    (long long)packet->ref, str_text(&text));
}

static void
is_what_happened(const struct replay_report *report)
{
	size_t wrong = 0;

	for (size_t i = 0; i < report->packet_count; i++) {
		const struct replay_packet *p = &report->packets[i];

		if (p->replayed + (id_is_null(&p->id) ? DEED_AFTER : 0) == p->raised)
			continue;
		wrong++;
		tell(p, p->replayed == 0 ? "only real" : p->raised == 0 ? "only replay" : "moved");
	}
	assert_int_equal(wrong, 0);
	assert_true(report->packet_count > 20);
}

/* Every packet of one desk is one that replay finds on another, and the reverse. */
static void
is_as_on(const struct replay_report *report, const struct replay_report *other)
{
	size_t n = 0, m = 0, wrong = 0;

	for (size_t i = 0; i < report->packet_count; i++) {
		const struct replay_packet *a = &report->packets[i];
		bool found = false;

		n += a->replayed != 0;
		for (size_t k = 0; a->replayed && k < other->packet_count; k++) {
			const struct replay_packet *b = &other->packets[k];

			found = found ||
			    (b->raised > a->replayed - PLAY_SWEEP &&
				b->raised < a->replayed + PLAY_SWEEP && text_is(a->rule, b->rule) &&
				a->ref == b->ref);
		}
		if (a->replayed && !found)
			tell(a, "only replay");
		wrong += a->replayed && !found;
	}
	for (size_t k = 0; k < other->packet_count; k++)
		m += other->packets[k].raised != 0;
	assert_int_equal(wrong, 0);
	assert_int_equal(n, m);
	assert_true(n > 10);
}

static void
the_rules_in_force_give_the_packets_that_there_were(void **state)
{
	static const char *const sets[] = { rules_a, rules_b, rules_c };

	for (uint32_t seed = 1; seed <= 6; seed++) {
		struct play p;
		utc_ms from;

		play_open(&p, sets[seed % ARRAY_LEN(sets)], seed);
		from = p.kit->now;
		play_days(&p, from);
		is_what_happened(play_replay(&p, p.engine, from));
		play_close(&p);
	}
}

static void
other_rules_give_what_a_desk_with_them_got(void **state)
{
	for (uint32_t seed = 11; seed <= 12; seed++) {
		struct play one, two;
		utc_ms from;

		play_open(&one, rules_a, seed);
		from = one.kit->now;
		play_days(&one, from);
		play_open(&two, rules_b, seed);
		two.kit->now = from;
		play_days(&two, from);
		is_as_on(play_replay(&one, two.engine, from), play_replay(&two, two.engine, from));
		play_close(&one);
		play_close(&two);
	}
}

/* --- what is not known ------------------------------------------------------------------- */

/* A ticket from an hour after from on, a message of Bob's and another priority an hour later. */
static utc_ms
begin_small(struct play *p, const char *rules)
{
	utc_ms from;

	play_open(p, rules, 1);
	from = p->kit->now;
	p->kit->now += MS_HOUR;
	play_act(p, play_open_ticket);
	for (int i = 0; i < 2; i++) {
		p->kit->now += MS_HOUR;
		play_act(p, i == 0 ? play_message : play_facts);
	}
	p->kit->now += 5 * MS_HOUR;
	return from;
}

static void
what_was_not_recorded_is_counted_for_each_fact(void **state)
{
	static const struct {
		const char *change;
		enum replay_reason reason;
		enum fact fact, exact; /* exact is known all the same */
	} cases[] = {
		{ "UPDATE site SET value = '9000000000000' WHERE name = 'history.since'",
		    REPLAY_BEFORE, FACT_OF_STATUS, FACT_OF_MESSAGES },
		{ "UPDATE tickets SET title = '', requester_email = ''", REPLAY_FORGOTTEN,
		    FACT_OF_PRIORITY, FACT_OF_STATUS },
		{ "UPDATE messages SET from_email = '', own = '', message_id = ''", REPLAY_ERASED,
		    FACT_OF_UNANSWERED_SINCE, FACT_OF_MESSAGES },
		{ "INSERT INTO events SELECT 999, id, updated, 'message.changed', '', '', ''"
		  " FROM tickets",
		    REPLAY_EDITED, FACT_OF_LAST_MESSAGE_TEXT, FACT_OF_UNANSWERED_SINCE },
		{ "UPDATE staff SET active = 0", REPLAY_STAFF, FACT_OF_LAST_MESSAGE_BY,
		    FACT_OF_MESSAGES },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct replay_report *report;
		struct play p;
		utc_ms from = begin_small(&p, rules_a);

		report = play_replay(&p, p.engine, from);
		for (int why = 0; why < REPLAY_REASON_COUNT; why++)
			assert_int_equal(report->lost[why][cases[i].fact], 0);
		kit_change(p.kit, cases[i].change);
		report = play_replay(&p, p.engine, from);
		for (int why = 0; why < REPLAY_REASON_COUNT; why++) {
			assert_int_equal(
			    report->lost[why][cases[i].fact], why == (int)cases[i].reason);
			assert_int_equal(report->lost[why][cases[i].exact], 0);
		}
		play_close(&p);
	}
}

/* --- what is asked for -------------------------------------------------------------------- */

static const char created[] = PLAY_RULES PLAY_RULE("old", "hours_since(created) > 3", "") PLAY_RULE(
    "other", "hours_since(created) > 1.5 and organisation = 'acme'", ", once_per: organisation");

static size_t
replayed(struct play *p, const struct replay_wish *wish)
{
	const struct replay_report *report = play_replay_as(p, p->engine, wish);
	size_t n = 0;

	for (size_t i = 0; i < report->packet_count; i++)
		n += report->packets[i].replayed != 0;
	return n;
}

static void
only_what_is_asked_for_is_told(void **state)
{
	struct play p;
	utc_ms from = begin_small(&p, created), now = p.kit->now;
	struct id nobody = id_new(from);

	assert_int_equal(
	    replayed(&p, &(struct replay_wish){ from, now, MS_MINUTE, "", { { 0 } } }), 2);
	assert_int_equal(
	    replayed(&p, &(struct replay_wish){ from, now, MS_MINUTE, "acme", { { 0 } } }), 2);
	assert_int_equal(
	    replayed(&p, &(struct replay_wish){ from, now, MS_MINUTE, "other", { { 0 } } }), 0);
	assert_int_equal(
	    replayed(&p, &(struct replay_wish){ from, now, MS_MINUTE, "", p.tickets[0] }), 2);
	assert_int_equal(
	    replayed(&p, &(struct replay_wish){ from, now, MS_MINUTE, "", nobody }), 0);
	/* Made after an hour: the one holds from two and a half hours on, the other from four. */
	assert_int_equal(
	    replayed(
		&p, &(struct replay_wish){ from + 3 * MS_HOUR, now, MS_MINUTE, "", { { 0 } } }),
	    1);
	assert_int_equal(
	    replayed(
		&p, &(struct replay_wish){ from, from + 3 * MS_HOUR, MS_MINUTE, "", { { 0 } } }),
	    1);
	play_close(&p);
}

/* Nothing is written: the file is the same to the last row. */
static void
replay_changes_nothing(void **state)
{
	static const char count[] =
	    "SELECT (SELECT count(*) FROM escalations) + (SELECT count(*) FROM events)"
	    " + (SELECT count(*) FROM outgoing) + (SELECT count(*) FROM jobs)"
	    " + (SELECT count(*) FROM rule_holds) + (SELECT count(*) FROM documents)"
	    " + (SELECT count(*) FROM history)";
	struct play p;
	utc_ms from = begin_small(&p, created);
	int64_t before = kit_number(p.kit, count);

	assert_int_equal(
	    replayed(&p, &(struct replay_wish){ from, p.kit->now, MS_MINUTE, "", { { 0 } } }), 2);
	assert_int_equal(kit_number(p.kit, count), before);
	play_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rules_in_force_give_the_packets_that_there_were),
		cmocka_unit_test(other_rules_give_what_a_desk_with_them_got),
		cmocka_unit_test(what_was_not_recorded_is_counted_for_each_fact),
		cmocka_unit_test(only_what_is_asked_for_is_told),
		cmocka_unit_test(replay_changes_nothing),
	};

	mem_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
