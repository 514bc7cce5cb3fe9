/* Rules over tickets: what they see, and the packets that come of it. */
#include "help_escalation.h"
#include "help_jane.h"
#include "help_rules.h"

#include <assent/base/str.h>
#include <assent/flow/watch.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)
#define RULE(id, when, rest) \
	"rules:\n  - id: " id \
	"\n    title: {en: A title, ar: عنوان}\n    to: engineer\n    when: " when "\n" rest

/* --- one look ---------------------------------------------------------------------- */

struct looked {
	struct engine *engine;
	struct desk_kit *kit;
	const char *fact; /* whose value is wanted; NULL: settle */
	struct watched watched;
	bool differs, lost;
	struct str text;
};

static struct id
first_ticket(struct desk *desk)
{
	struct ticket ticket;

	assert_int_equal(ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, NULL), 0);
	return ticket.id;
}

static int
do_settle(struct desk *desk, void *arg, struct err *err)
{
	struct looked *l = arg;
	struct id ticket = first_ticket(desk);
	struct watch_seen seen;
	int rc = watch_look(desk, l->engine, &ticket, &seen, err);

	l->differs = rc == 0 && seen.differs;
	return rc < 0 ? rc : watch_settle(desk, l->engine, &ticket, &l->watched, err);
}

static struct watched
settle(struct desk_kit *kit, struct engine *engine)
{
	struct looked looked = { .engine = engine };
	struct err err;

	if (kit_step(kit, do_settle, &looked, &err) < 0)
		fail_msg("%s", err.text);
	/* Who looks first says whether there is anything to do. */
	assert_int_equal(looked.differs,
	    looked.watched.raised + looked.watched.ended > 0 || looked.watched.refused.code != 0);
	kit_run(kit);
	return looked.watched;
}

static int
do_fact(struct desk *desk, void *arg, struct err *err)
{
	struct looked *l = arg;
	const struct rules *rules = engine_rules(l->engine);
	struct facts facts = { .ticket.id = first_ticket(desk) };
	int rc = facts_read(desk, rules, &facts, err);

	for (size_t i = 0; rc == 0 && i < rules_fact_count(rules); i++)
		if (text_is(rules_fact(rules, i)->name, l->fact))
			fact_add_text(&l->text, rules_fact(rules, i), &facts.values[i]);
	l->lost = facts.attributes_lost;
	facts_done(&facts);
	return rc;
}

static void
fact_is(struct desk_kit *kit, const char *fact, const char *want)
{
	const char *text = arena_printf(kit->arena, RULE("r", "%s is not null", ""), fact);
	AUTO(engine_freep) struct engine *engine = rules_engine(text);
	struct looked looked = { .engine = engine, .fact = fact, .text = STR_INIT(10000) };
	struct err err;

	if (kit_step(kit, do_fact, &looked, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&looked.text), want);
	str_done(&looked.text);
}

/* --- facts, by the page ------------------------------------------------------------------ */

static void
add_facts(struct str *out, const struct rules *rules, const struct facts *facts)
{
	str_addf(out, "T-%lld:", (long long)facts->ticket.ref);
	for (size_t i = 0; i < rules_fact_count(rules); i++) {
		str_addf(out, " %s=", rules_fact(rules, i)->name);
		fact_add_text(out, rules_fact(rules, i), &facts->values[i]);
	}
	str_addf(out, " calendar=%d passing=%zu lost=%d\n", facts->organisation.key[0] != '\0',
	    facts->passing_count, facts->attributes_lost);
}

/* Each ticket twice: as it is in a page, and alone. */
static int
do_page(struct desk *desk, void *arg, struct err *err)
{
	struct looked *l = arg;
	const struct rules *rules = engine_rules(l->engine);
	AUTO(facts_reader_freep) struct facts_reader *reader = facts_reader_new(rules);
	AUTO(str_donep) struct str alone = STR_INIT(100000);
	struct facts facts = { 0 }, one;
	struct id after = { 0 };
	int rc;

	facts_reader_begin(reader, desk);
	rc = facts_reader_page(reader, desk, &after, err);
	while (rc == 0 && (rc = facts_reader_next(reader, desk, &facts, err)) > 0) {
		add_facts(&l->text, rules, &facts);
		one = (struct facts){ .ticket.id = facts.ticket.id };
		facts_done(&facts);
		rc = facts_read(desk, rules, &one, err);
		add_facts(&alone, rules, &one);
		facts_done(&one);
	}
	assert_string_equal(str_text(&l->text), str_text(&alone));
	assert_false(facts_reader_more(reader, &after));
	return rc;
}

static void
all_facts_are_the_same_by_the_page(struct desk_kit *kit)
{
	AUTO(str_donep) struct str when = STR_INIT(4000);
	struct looked looked = { .text = STR_INIT(100000) };
	struct err err;

	for (size_t i = 0; i < FACT_COUNT; i++)
		str_addf(&when, "%s%s is null", i ? " or " : "", fact_built_in(i)->name);
	looked.engine =
	    rules_engine(arena_printf(kit->arena, RULE("r", "%s", ""), str_text(&when)));
	if (kit_step(kit, do_page, &looked, &err) < 0)
		fail_msg("%s", err.text);
	assert_non_null(strstr(str_text(&looked.text), "T-1001:"));
	engine_free(looked.engine);
	str_done(&looked.text);
}

/* --- facts -------------------------------------------------------------------------- */

static const char *
iso(struct desk_kit *kit, utc_ms at)
{
	AUTO(str_donep) struct str text = STR_INIT(100);

	utc_add_iso(&text, at);
	return arena_dup(kit->arena, str_text(&text));
}

static void
a_ticket_and_its_question_are_facts(void **state)
{
	struct desk_kit *kit = *state;
	utc_ms asked = kit->now;

	jane_ask(kit);
	fact_is(kit, "status", "'waiting'");
	fact_is(kit, "title", "'a laptop'");
	fact_is(kit, "engineer", "'eve@help.test'");
	fact_is(kit, "organisation", "'acme'");
	fact_is(kit, "organisation_locale", "'en'");
	fact_is(kit, "organisation_zone", "'Europe/Berlin'");
	fact_is(kit, "owner", "'jane@acme.test'");
	fact_is(kit, "owner_away", "false");
	fact_is(kit, "approval_state", "'sent'");
	fact_is(kit, "approver", "'jane@acme.test'");
	fact_is(kit, "approvals", "1");
	fact_is(kit, "open_approvals", "1");
	fact_is(kit, "rejections", "0");
	fact_is(kit, "reminders", "0");
	fact_is(kit, "reminded_at", "unknown");
	fact_is(kit, "decided_at", "unknown");
	fact_is(kit, "unclear_answers", "0");
	fact_is(kit, "delivery_failures", "0");
	fact_is(kit, "last_failure", "unknown");
	fact_is(kit, "ai_confidence", "unknown");
	fact_is(kit, "open_tasks", "0");
	fact_is(kit, "escalations", "0");
	fact_is(kit, "source", "unknown");
	assert_true(asked <= kit->now);
	kit_change(kit,
	    arena_printf(kit->arena,
		"INSERT INTO absences VALUES ('jane@acme.test', %lld, '', zeroblob(16), 1)",
		(long long)(kit->now + MS_DAY)));
	fact_is(kit, "owner_away", "true");
	kit_change(kit, "UPDATE tickets SET attributes = '{\"consent_given\": \"2026-01-01\"}'");
	all_facts_are_the_same_by_the_page(kit);
	kit_change(kit,
	    "UPDATE tickets SET attributes = '[1', organisation = "
	    "x'00000000000000000000000000000009'");
	all_facts_are_the_same_by_the_page(kit);
	kit_change(kit, "UPDATE tickets SET organisation = NULL");
	all_facts_are_the_same_by_the_page(kit);
}

static void
silence_begins_with_the_customers_first_word_that_nobody_answered(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	kit_change(kit, "DELETE FROM messages");
	fact_is(kit, "messages", "0");
	fact_is(kit, "last_message_by", "unknown");
	kit_change(kit,
	    "INSERT INTO messages (id, ticket, seq, is_public, message_id, from_email, from_name,"
	    " subject, at, text, own) SELECT randomblob(16), id, n, pub, '', sender, '', '', n * "
	    "86400000, 'x', 'own ' || n FROM tickets, (SELECT 1 n, 1 pub, 'jane@acme.test' sender"
	    " UNION SELECT 2, 1, 'eve@help.test' UNION SELECT 3, 1, 'jane@acme.test'"
	    " UNION SELECT 4, 1, 'bob@acme.test' UNION SELECT 5, 0, 'eve@help.test')");
	fact_is(kit, "messages", "5");
	fact_is(kit, "unanswered_since", iso(kit, 3 * MS_DAY));
	fact_is(kit, "last_message", iso(kit, 5 * MS_DAY));
	fact_is(kit, "last_message_by", "'staff'");
	fact_is(kit, "last_message_text", "'own 5'");
	all_facts_are_the_same_by_the_page(kit);
	/* A note is no answer; a mail is. */
	kit_change(kit, "UPDATE messages SET is_public = 1");
	fact_is(kit, "unanswered_since", "unknown");
}

static void
what_is_counted_is_this_tickets(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	kit_change(kit, "UPDATE ballots SET unclear = 2");
	kit_change(kit,
	    "UPDATE outgoing SET status = 'refused', sent_at = 0, created = 7200000"
	    " WHERE to_email = 'jane@acme.test'");
	kit_change(kit,
	    "INSERT INTO fixes SELECT randomblob(16), id, 1, 't', '', 41, 'model', 'proposed', 1, "
	    "0,"
	    " '' FROM tickets");
	kit_change(kit,
	    "INSERT INTO tasks SELECT randomblob(16), id, 1, 'question', '?', '', 'eve', 'open', 1,"
	    " 0, '' FROM tickets UNION SELECT randomblob(16), id, 2, 'question', '?', '', 'eve',"
	    " 'answered', 1, 0, '' FROM tickets UNION SELECT randomblob(16), randomblob(16), 1,"
	    " 'question', '?', '', 'eve', 'open', 1, 0, '' FROM tickets");
	fact_is(kit, "unclear_answers", "2");
	fact_is(kit, "delivery_failures", "1");
	fact_is(kit, "last_failure", iso(kit, 2 * MS_HOUR));
	fact_is(kit, "ai_confidence", "41");
	fact_is(kit, "open_tasks", "1");
	all_facts_are_the_same_by_the_page(kit);
	kit_change(kit, "UPDATE fixes SET state = 'dismissed'");
	fact_is(kit, "ai_confidence", "unknown");
}

static void
the_time_of_a_status_is_kept(void **state)
{
	struct desk_kit *kit = *state;
	utc_ms asked;

	jane_ask(kit);
	asked = kit_number(kit, "SELECT asked_at FROM approvals");
	fact_is(kit, "status_since", iso(kit, asked));
	kit_change(kit, "UPDATE tickets SET status_since = 0, status_at = 0, created = 3600000");
	fact_is(kit, "status_since", iso(kit, MS_HOUR));
}

#define OWN \
	"facts:\n  amount: {type: number, default: 5}\n  vip: {type: bool}\n" \
	"rules:\n" \
	"  - {id: big, title: {en: Big}, to: engineer, when: amount > 100}\n" \
	"  - {id: vips, title: {en: Vip}, to: engineer, when: vip}\n"

static void
attributes_of_any_shape_harm_only_the_rules_that_read_them(void **state)
{
	static const struct {
		const char *attributes;
		size_t raised;
		bool lost;
	} cases[] = {
		{ "", 0, false },
		{ "{}", 0, false },
		{ "{\"amount\": 101}", 1, false },
		{ "{\"amount\": \"101.5\", \"vip\": true}", 2, false },
		{ "{\"amount\": {\"a\": 200}, \"vip\": true}", 1, false },
		{ "{\"amount\": [[[[101]]]], \"vip\": \"yes\"}", 0, false },
		{ "{\"amount\": 1e308, \"vip\": null}", 1, false },
		{ "[101]", 0, true },
		{ "{\"amount\": 101", 0, true },
		{ "101", 0, true },
	};
	struct desk_kit *kit = *state;
	AUTO(engine_freep) struct engine *engine = rules_engine(OWN);

	jane_ask(kit);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct looked looked = { .engine = engine, .fact = "", .text = STR_INIT(1) };
		struct err err;

		kit_change(kit, "DELETE FROM rule_holds");
		kit_change(kit, "UPDATE escalations SET state = 'resolved'");
		kit_change(kit,
		    arena_printf(
			kit->arena, "UPDATE tickets SET attributes = '%s'", cases[i].attributes));
		assert_int_equal(kit_step(kit, do_fact, &looked, &err), 0);
		assert_int_equal(looked.lost, cases[i].lost);
		assert_int_equal(settle(kit, engine).raised, cases[i].raised);
	}
}

static void
attributes_without_end_say_nothing(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep) struct engine *engine = rules_engine(OWN);

	jane_ask(kit);
	kit_change(kit,
	    "UPDATE tickets SET attributes = '{\"amount\": 101, \"x\": \"' ||"
	    " hex(zeroblob(150000)) || '\"}'");
	assert_int_equal(settle(kit, engine).raised, 0);
	kit_change(kit, "UPDATE tickets SET attributes = replace(hex(zeroblob(50000)), '0', '[')");
	assert_int_equal(settle(kit, engine).raised, 0);
}

/* --- packets --------------------------------------------------------------------------- */

static void
a_rule_that_holds_is_a_packet_with_all_that_it_says(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("waits", "status = 'waiting'",
	    "    reason: timeout\n    priority: high\n    due: 90m\n"
	    "    levels: [{after: 2h, to: admin}]\n    suggest: {en: Call Jane., ar: اتصل}\n"));
	struct watched watched;

	jane_ask(kit);
	watched = settle(kit, engine);
	assert_int_equal(watched.raised, 1);
	assert_int_equal(
	    COUNT(kit, "escalations",
		"rule = 'waits' AND once_key = 'ticket:T-1001' AND title = 'A title'"
		" AND reason = 'timeout' AND priority = 'high' AND suggest = 'Call Jane.'"
		" AND source = 'rules' AND organisation = 'acme' AND entity_id = 'T-1001'"
		" AND due = created + 5400000 AND state = 'pending' AND \"to\" = 'engineer'"
		" AND json_extract(levels, '$[0].after_ms') = 7200000"
		" AND json_extract(texts, '$.title.ar') = 'عنوان'"),
	    1);
	assert_int_equal(
	    COUNT(kit, "outgoing", "kind = 'escalation' AND to_email = 'eve@help.test'"), 1);
	assert_int_equal(COUNT(kit, "documents", "kind = 'handoff'"), 1);
	/* It left before that. */
	assert_non_null(
	    strstr(kit_sent(kit, "eve@help.test", kit_sent_count(kit, "eve@help.test") - 1),
		"is being written"));
	/* Nothing changed: nothing comes again, neither while it is open nor later. */
	assert_int_equal(settle(kit, engine).raised, 0);
	kit_change(kit, "UPDATE escalations SET state = 'resolved'");
	assert_int_equal(settle(kit, engine).raised, 0);
}

static void
what_ceased_to_hold_may_come_again(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("w", "priority = 'urgent'", ""));
	struct watched watched;

	jane_ask(kit);
	kit_change(kit, "UPDATE tickets SET priority = 'urgent'");
	assert_int_equal(settle(kit, engine).raised, 1);
	kit_change(kit, "UPDATE tickets SET priority = 'low'");
	watched = settle(kit, engine);
	assert_int_equal(watched.raised, 0);
	assert_int_equal(watched.ended, 1);
	/* While the first one is open it is the same. */
	kit_change(kit, "UPDATE tickets SET priority = 'urgent'");
	kit_change(kit, "UPDATE escalations SET state = 'resolved'");
	assert_int_equal(settle(kit, engine).raised, 1);
	assert_int_equal(COUNT(kit, "escalations", "rule = 'w'"), 2);
}

static void
what_is_the_same_is_said_by_once_per(void **state)
{
	static const struct {
		const char *once, *key;
	} cases[] = {
		{ "ticket", "ticket:T-1001" },
		{ "organisation", "organisation:acme" },
	};
	struct desk_kit *kit = *state;

	jane_ask(kit);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(engine_freep)
		struct engine *engine = rules_engine(arena_printf(kit->arena,
		    RULE("r%zu", "status = 'waiting'", "    once_per: %s\n"), i, cases[i].once));

		settle(kit, engine);
		assert_int_equal(kit_number(kit,
				     arena_printf(kit->arena,
					 "SELECT count(*) FROM escalations WHERE once_key = '%s'",
					 cases[i].key)),
		    1);
	}
}

static void
a_new_day_and_a_new_question_are_not_the_same(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *daily = rules_engine(RULE("d", "status = 'waiting'", "    once_per: day\n"));
	AUTO(engine_freep)
	struct engine *asked =
	    rules_engine(RULE("a", "approval_state = 'sent'", "    once_per: approval\n"));

	jane_ask(kit);
	assert_int_equal(settle(kit, daily).raised, 1);
	assert_int_equal(settle(kit, daily).raised, 0);
	kit->now += MS_DAY;
	assert_int_equal(settle(kit, daily).raised, 1);
	kit_change(kit, "DELETE FROM rule_holds");
	assert_int_equal(settle(kit, asked).raised, 1);
	assert_int_equal(COUNT(kit, "escalations", "rule = 'a' AND entity_type = 'approval'"), 1);
	kit_change(kit, "UPDATE approvals SET id = randomblob(16)");
	kit_change(kit, "UPDATE ballots SET approval = (SELECT id FROM approvals)");
	assert_int_equal(settle(kit, asked).raised, 1);
}

static void
of_a_group_only_the_first_is_raised(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(
	    "rules:\n"
	    "  - {id: one, title: {en: t}, to: engineer, when: status = 'open', group: g}\n"
	    "  - {id: two, title: {en: t}, to: engineer, when: status <> 'open', group: g}\n"
	    "  - {id: six, title: {en: t}, to: engineer, when: status = 'waiting', group: g}\n");

	jane_ask(kit);
	assert_int_equal(settle(kit, engine).raised, 1);
	assert_int_equal(COUNT(kit, "escalations", "rule = 'two'"), 1);
}

static void
business_time_is_the_organisations(void **state)
{
	struct desk_kit *kit = *state;
	AUTO(engine_freep)
	struct engine *engine = rules_engine(RULE("b", "business_hours_since(asked_at) > 3", ""));

	jane_ask(kit);
	assert_int_equal(settle(kit, engine).raised, 0);
	kit->now += 3 * MS_HOUR + MS_MINUTE;
	assert_int_equal(settle(kit, engine).raised, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(a_ticket_and_its_question_are_facts),
		T(silence_begins_with_the_customers_first_word_that_nobody_answered),
		T(what_is_counted_is_this_tickets),
		T(the_time_of_a_status_is_kept),
		T(attributes_of_any_shape_harm_only_the_rules_that_read_them),
		T(attributes_without_end_say_nothing),
		T(a_rule_that_holds_is_a_packet_with_all_that_it_says),
		T(what_ceased_to_hold_may_come_again),
		T(what_is_the_same_is_said_by_once_per),
		T(a_new_day_and_a_new_question_are_not_the_same),
		T(of_a_group_only_the_first_is_raised),
		T(business_time_is_the_organisations),
	};

	mem_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
