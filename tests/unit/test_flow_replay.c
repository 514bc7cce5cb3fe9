/*
 * Rules over what is recorded. The property: a desk to which things happen at
 * random, whose rules are evaluated as the daemon does it, got exactly the
 * packets that replay finds; and replay of other rules finds those that another
 * desk got that had them from the start.
 */
#include "help_escalation.h"
#include "help_jane.h"
#include "help_rules.h"

#include <assent/base/str.h>
#include <assent/flow/api.h>
#include <assent/flow/ask.h>
#include <assent/flow/closing.h>
#include <assent/flow/memory.h>
#include <assent/flow/owner.h>
#include <assent/flow/replay.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>
#include <assent/store/post.h>
#include <assent/store/standin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SWEEP (10 * MS_MINUTE)
#define SPAN (6 * MS_DAY)
#define TICKETS 4
#define DEED_AFTER MS_SECOND
#define PACKETS_MAX 2000

#define OWN "facts:\n  amount: {type: number, default: 5}\nrules:\n"
#define R(id, when, rest) \
	"  - {id: " id ", title: {en: t}, to: engineer, due: 300d" rest ", when: \"" when "\"}\n"

/* Closed now and then, and the same in all sets. */
#define COMMON R("common", "priority = 'urgent'", "")

static const char rules_a[] = OWN COMMON R("big", "amount > 100", "") R("silent",
    "hours_since(unanswered_since) > 20", "") R("daily", "status = 'waiting'", ", once_per: day")
    R("question", "hours_since(asked_at) >= 5 and approval_state = 'sent'", ", once_per: approval")
	R("reminded", "reminders > 0 and status <> 'resolved'", "") R("tasks", "open_tasks >= 2",
	    "") R("unsure", "ai_confidence < 50", "") R("failed", "delivery_failures > 0", "")
	    R("owners", "owner = 'new@acme.test'", "") R("away", "owner_away", "") R(
		"asked", "open_approvals >= 2", ", once_per: organisation") R("quiet",
		"hours_since(updated) > 10 and last_message_by = 'staff'",
		"") R("spent", "spent_minutes > 50", "") R("first", "messages > 3", ", group: g")
		R("second", "messages > 1", ", group: g")
		    R("refused", "rejections > 0 or approvals > 1", "")
			R("words", "last_message_text like '%7%'", "") R("paused",
			    "days_since(status_since) between 0.25 and 0.5 and status = 'paused'",
			    "") R("packets", "open_escalations > 2", "");

/* They do more than raise packets, which becomes part of what is recorded. */
static const char rules_c[] = OWN COMMON R("silent", "hours_since(unanswered_since) > 20", "") R(
    "tasks", "open_tasks >= 2",
    ", once_per: organisation") "  - {id: told, title: {en: t}, to: engineer, then: notify, when: "
				"messages > 2}\n"
				"  - {id: late, title: {en: t}, to: engineer, then: notify, "
				"once_per: day,"
				" when: hours_since(created) > 30}\n"
				"  - {id: over, title: {en: t}, then: close,"
				" when: \"hours_since(last_message) > 40 and status = 'open'\"}\n";

static const char rules_b[] =
    OWN COMMON R("big", "amount > 180", "") R("silent", "hours_since(unanswered_since) > 12", "")
	R("question", "hours_since(asked_at) >= 2", ", once_per: approval")
	    R("asked", "open_approvals >= 1", ", once_per: organisation")
		R("tasks", "open_tasks >= 1", "")
		    R("quiet", "hours_since(last_message) * 2 > 16 + open_tasks", "")
			R("late", "min(hours_since(created), 100) % 24 > 20", ", once_per: day")
			    R("packets", "escalations > 3", "");

struct play {
	struct desk_kit *kit;
	struct engine *engine;
	int64_t seen, touched; /* events, and what changed without one */
	struct id tickets[TICKETS];
	size_t ticket_count;
	uint32_t draw;
	int (*act)(struct desk *desk, struct play *play, struct err *err);
	struct replay_wish wish;
	struct replay *replay;
	bool more;
};

static uint32_t
draw(struct play *p, uint32_t below)
{
	p->draw = p->draw * 1664525 + 1013904223;
	return (p->draw >> 8) % below;
}

static struct engine *
engine_of(const char *text)
{
	AUTO(str_donep) struct str faults = STR_INIT(10000);
	AUTO(rules_unrefp) struct rules *rules = rules_of(text, &faults);
	struct engine *engine = NULL;
	struct err err;

	if (!rules)
		fail_msg("%s", str_text(&faults));
	assert_int_equal(engine_new(rules, &engine, &err), 0);
	return engine;
}

/* --- what happens ---------------------------------------------------------------------- */

static struct id *
any_ticket(struct play *p)
{
	return &p->tickets[draw(p, (uint32_t)p->ticket_count)];
}

static int
act_open(struct desk *desk, struct play *p, struct err *err)
{
	const struct api_ticket ticket = { .title = "a laptop",
		.description = "We need one.",
		.customer = "acme",
		.requester = { "bob@acme.test", "Bob" },
		.engineer = EVES,
		.external_id = "",
		.priority = draw(p, 3) == 0 ? "urgent" : "low",
		.by = "api:x" };
	const char *wrong;

	if (p->ticket_count == TICKETS)
		return 0;
	return api_open_ticket(desk, &ticket, &p->tickets[p->ticket_count++], &wrong, err);
}

static int
act_message(struct desk *desk, struct play *p, struct err *err)
{
	bool staff = draw(p, 2);
	const struct api_message message = { .ticket = *any_ticket(p),
		.from = { staff ? EVES : "bob@acme.test", "x" },
		.text = arena_printf(tx_arena(desk->tx), "number %u", draw(p, 10)),
		.external_id = "",
		.is_public = draw(p, 4) != 0,
		.by = "api:x" };
	const char *wrong;
	struct id id;

	return api_add_message(desk, &message, &id, &wrong, err);
}

static int
act_facts(struct desk *desk, struct play *p, struct err *err)
{
	static const char *const priorities[] = { "urgent", "low", "" };
	struct ticket t;
	int rc = ticket_get(desk->tx, any_ticket(p), &t, err);
	const struct event event = { .ticket = t.id,
		.at = desk->now,
		.kind = "ticket.priority",
		.actor = "x",
		.before = t.priority,
		.after = "" };

	if (rc < 0)
		return rc;
	t.priority = priorities[draw(p, 3)];
	t.attributes = arena_printf(tx_arena(desk->tx), "{\"amount\": %u}", 50 + draw(p, 200));
	rc = ticket_set_facts(desk->tx, &t, desk->now, err);
	return rc < 0 || draw(p, 2) ? rc : event_add(desk->tx, &event, err);
}

static int
act_ask(struct desk *desk, struct play *p, struct err *err)
{
	const struct ask ask = { .tickets = any_ticket(p),
		.ticket_count = 1,
		.question = "",
		.by = EVES,
		.summary = "a laptop" };
	struct ask_result result;
	int rc = ask_request(desk, &ask, &result, err);

	return rc == ERR_CONFLICT || rc == ERR_INVALID ? 0 : rc;
}

static int
act_close(struct desk *desk, struct play *p, struct err *err)
{
	static const enum ticket_event acts[] = { TICKET_DO_RESOLVE, TICKET_DO_PAUSE,
		TICKET_DO_RESUME, TICKET_DO_REOPEN };
	const struct closing_wish wish = { .ticket = *any_ticket(p),
		.act = acts[draw(p, 4)],
		.by = EVES,
		.comment = "",
		.spent = draw(p, 2) ? "20m" : "",
		.to = "",
		.withdraw = true,
		.unpaid = true };
	struct closing_done done;
	const char *wrong;
	int rc = closing_do(desk, &wish, &done, &wrong, err);

	return rc == ERR_CONFLICT || rc == ERR_INVALID ? 0 : rc;
}

static int
act_fix(struct desk *desk, struct play *p, struct err *err)
{
	const struct fix_wish wish = { .ticket = *any_ticket(p),
		.title = "t",
		.description = "",
		.confidence = draw(p, 100),
		.by = EVES };
	const char *wrong;
	struct fix fix;

	return fix_suggest(desk, &wish, &fix, &wrong, err);
}

static int
act_task(struct desk *desk, struct play *p, struct err *err)
{
	const struct task_wish wish = {
		.ticket = *any_ticket(p), .kind = "action", .text = "Do it", .by = EVES
	};
	const struct task_change change = { .state = "skipped", .by = EVES };
	const char *wrong;
	struct task *tasks, task;
	size_t n;
	int rc = task_list(desk->tx, &wish.ticket, &tasks, &n, err);

	for (size_t i = 0; rc == 0 && i < n && draw(p, 2); i++)
		if (text_is(tasks[i].state, "open"))
			return task_change(desk, &tasks[i], &change, &wrong, err);
	return rc < 0 ? rc : task_put(desk, &wish, &task, &wrong, err);
}

static int
act_owner(struct desk *desk, struct play *p, struct err *err)
{
	const struct owner_change change = { .ticket = any_ticket(p),
		.email = draw(p, 2) ? "new@acme.test" : JANE,
		.by = EVES,
		.evidence = "x" };

	return owner_change(desk, &change, err);
}

static int
act_absence(struct desk *desk, struct play *p, struct err *err)
{
	const struct absence absence = { .person_email = draw(p, 2) ? "new@acme.test" : JANE,
		.until = desk->now + (1 + draw(p, 20)) * MS_HOUR + 77,
		.words = "away",
		.inbound = id_new(desk->now),
		.learnt = desk->now };

	return absence_put(desk->tx, &absence, err);
}

/* The oldest packet of a rule that is in all sets. */
static int
act_packet(struct desk *desk, struct play *p, struct err *err)
{
	const struct escalation_filter filter = { .state = draw(p, 4) ? "open" : "resolved",
		.priority = "",
		.reason = "",
		.assignee = "",
		.rule = "common",
		.max = 1000 };
	struct escalation *list, done;
	bool changed;
	size_t n = 0;
	int rc = escalation_list(desk->tx, &filter, &list, &n, err);
	struct escalation_wish wish = { .act = ESCALATION_RESOLVE, .by = EVES, .action = "done" };

	if (rc < 0 || n == 0)
		return rc;
	wish.id = list[n - 1].id;
	wish.act = text_is(list[n - 1].state, "resolved") ? ESCALATION_REOPEN : ESCALATION_RESOLVE;
	rc = escalation_do(desk, &wish, &done, &changed, err);
	return rc == ERR_CONFLICT ? 0 : rc;
}

/* One of another program's. */
static int
act_foreign(struct desk *desk, struct play *p, struct err *err)
{
	struct escalation_raise raise = packet_plain();
	struct escalation packet;
	bool is_new;

	raise.ticket = *any_ticket(p);
	raise.by = "api:x";
	raise.due = desk->now + 300 * MS_DAY;
	raise.levels = "[]";
	return escalation_raise(desk, &raise, &packet, &is_new, err);
}

/* A mail about a question comes back. */
static int
act_refuse(struct desk *desk, struct play *p, struct err *err)
{
	const struct approval_filter all = { .ticket = *any_ticket(p), .max = 1 };
	struct approval *list;
	struct outgoing *mails;
	size_t n = 0, count = 0;
	int rc = approval_list(desk->tx, &all, &list, &n, err);

	if (rc == 0 && n > 0)
		rc = outgoing_list(desk->tx, &list[0].id, &mails, &count, err);
	if (rc < 0 || count == 0 || !text_is(mails[0].status, "sent"))
		return rc;
	rc = outgoing_set_status(desk->tx, &mails[0].id, "refused", "no such user", desk->now, err);
	return rc < 0 ? rc
		      : event_add(desk->tx,
			    &(struct event){ .ticket = mails[0].ticket,
				.at = desk->now,
				.kind = "mail.bounced",
				.actor = JANE,
				.before = "",
				.after = "no" },
			    err);
}

static int
act_withdraw(struct desk *desk, struct play *p, struct err *err)
{
	const struct approval_filter open = {
		.ticket = *any_ticket(p), .only_open = true, .max = 1
	};
	struct approval *list;
	size_t n = 0;
	int rc = approval_list(desk->tx, &open, &list, &n, err);

	return rc < 0 || n == 0 ? rc : ask_withdraw(desk, &list[0], EVES, err);
}

static int (*const acts[])(struct desk *, struct play *, struct err *) = { act_open, act_open,
	act_message, act_message, act_facts, act_facts, act_ask, act_close, act_fix, act_task,
	act_task, act_owner, act_absence, act_packet, act_packet, act_foreign, act_refuse,
	act_withdraw };

static int
do_act(struct desk *desk, void *arg, struct err *err)
{
	struct play *p = arg;

	return p->act(desk, p, err);
}

/* --- rules, as the daemon has it ---------------------------------------------------------- */

static int
settle_page(struct desk *desk, struct play *p, struct facts_page *page, struct err *err)
{
	struct watched watched;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < page->count; i++)
		rc = watch_settle(desk, p->engine, &page->tickets[i], &watched, err);
	return rc;
}

static int
do_events(struct desk *desk, void *arg, struct err *err)
{
	struct play *p = arg;
	struct facts_page page = { .after = p->seen, .max = 1000 };
	int rc = facts_events(desk->tx, &page, err);

	if (rc == 0)
		rc = settle_page(desk, p, &page, err);
	p->more = page.after != p->seen;
	p->seen = page.after;
	page.after = p->touched;
	if (rc == 0)
		rc = facts_touched(desk->tx, &page, err);
	if (rc == 0)
		rc = settle_page(desk, p, &page, err);
	p->more = p->more || page.after != p->touched;
	p->touched = page.after;
	return rc;
}

static int
do_sweep(struct desk *desk, void *arg, struct err *err)
{
	struct play *p = arg;
	struct watched watched;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->ticket_count; i++) {
		struct id ticket;

		rc = facts_unresolved(desk->tx, TICKET_REF_FIRST + (int64_t)i, &ticket, err);
		if (rc == 0)
			rc = watch_settle(desk, p->engine, &ticket, &watched, err);
		rc = rc == ERR_NOT_FOUND ? 0 : rc;
	}
	return rc;
}

static void
must(struct play *p, int (*fn)(struct desk *, void *, struct err *))
{
	struct err err;

	if (kit_step(p->kit, fn, p, &err) < 0)
		fail_msg("%s", err.text);
}

static void
look(struct play *p)
{
	do {
		kit_run(p->kit);
		must(p, do_events);
	} while (p->more);
}

static void
play(struct play *p, utc_ms from)
{
	utc_ms sweep = (from / SWEEP + 1) * SWEEP;

	for (utc_ms next = from + MS_MINUTE; sweep < from + SPAN;) {
		if (next < sweep) {
			p->kit->now = next;
			p->act = acts[draw(p, ARRAY_LEN(acts))];
			must(p, p->ticket_count > 0 ? do_act : (p->act = act_open, do_act));
			next += (1 + draw(p, 120)) * MS_MINUTE + 123;
		} else {
			p->kit->now = sweep;
			kit_run(p->kit);
			must(p, do_events);
			must(p, do_sweep);
			sweep += SWEEP;
		}
		look(p);
		/* What rules do besides packets is done a second later. */
		p->kit->now += DEED_AFTER;
		look(p);
	}
}

/* --- replay --------------------------------------------------------------------------------- */

static int
do_replay(struct desk *desk, void *arg, struct err *err)
{
	struct play *p = arg;

	return replay_step(desk, p->replay, &p->more, err);
}

static int
do_compare(struct desk *desk, void *arg, struct err *err)
{
	return replay_compare(desk, ((struct play *)arg)->replay, err);
}

static const struct replay_report *
replay(struct play *p, struct engine *engine, utc_ms from)
{
	p->wish = (struct replay_wish){ from, p->kit->now, SWEEP, "", { { 0 } } };
	p->replay = replay_new(engine, &p->wish);
	do
		must(p, do_replay);
	while (p->more);
	must(p, do_compare);
	return replay_report(p->replay);
}

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
			    (b->raised > a->replayed - SWEEP && b->raised < a->replayed + SWEEP &&
				text_is(a->rule, b->rule) && a->ref == b->ref);
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
open_play(struct play *p, const char *rules, uint32_t seed)
{
	void *state = NULL;

	assert_int_equal(packet_setup(&state), 0);
	*p = (struct play){ .kit = state, .engine = engine_of(rules), .draw = seed };
	p->kit->policy.remind_after_days = 1;
	p->kit->policy.expire_after_days = 2;
}

static void
close_play(struct play *p)
{
	void *state = p->kit;

	replay_free(p->replay);
	engine_free(p->engine);
	kit_teardown(&state);
}

static void
the_rules_in_force_give_the_packets_that_there_were(void **state)
{
	static const char *const sets[] = { rules_a, rules_b, rules_c };

	for (uint32_t seed = 1; seed <= 6; seed++) {
		struct play p;
		utc_ms from;

		open_play(&p, sets[seed % ARRAY_LEN(sets)], seed);
		from = p.kit->now;
		play(&p, from);
		is_what_happened(replay(&p, p.engine, from));
		close_play(&p);
	}
}

static void
other_rules_give_what_a_desk_with_them_got(void **state)
{
	for (uint32_t seed = 11; seed <= 12; seed++) {
		struct play one, two;
		utc_ms from;

		open_play(&one, rules_a, seed);
		from = one.kit->now;
		play(&one, from);
		open_play(&two, rules_b, seed);
		two.kit->now = from;
		play(&two, from);
		is_as_on(replay(&one, two.engine, from), replay(&two, two.engine, from));
		close_play(&one);
		close_play(&two);
	}
}

/* --- what is not known ------------------------------------------------------------------- */

/* A ticket from an hour after from on, a message of Bob's and another priority an hour later. */
static utc_ms
begin_small(struct play *p, const char *rules)
{
	utc_ms from;

	open_play(p, rules, 1);
	from = p->kit->now;
	p->kit->now += MS_HOUR;
	p->act = act_open;
	must(p, do_act);
	for (int i = 0; i < 2; i++) {
		p->kit->now += MS_HOUR;
		p->act = i == 0 ? act_message : act_facts;
		must(p, do_act);
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

		report = replay(&p, p.engine, from);
		for (int why = 0; why < REPLAY_REASON_COUNT; why++)
			assert_int_equal(report->lost[why][cases[i].fact], 0);
		replay_free(p.replay);
		kit_change(p.kit, cases[i].change);
		report = replay(&p, p.engine, from);
		for (int why = 0; why < REPLAY_REASON_COUNT; why++) {
			assert_int_equal(
			    report->lost[why][cases[i].fact], why == (int)cases[i].reason);
			assert_int_equal(report->lost[why][cases[i].exact], 0);
		}
		close_play(&p);
	}
}

/* --- what is asked for -------------------------------------------------------------------- */

static const char created[] = OWN R("old", "hours_since(created) > 3", "")
    R("other", "hours_since(created) > 1.5 and organisation = 'acme'", ", once_per: organisation");

static size_t
replayed(struct play *p, const struct replay_wish *wish)
{
	size_t n = 0;

	p->replay = replay_new(p->engine, wish);
	do
		must(p, do_replay);
	while (p->more);
	must(p, do_compare);
	for (size_t i = 0; i < replay_report(p->replay)->packet_count; i++)
		n += replay_report(p->replay)->packets[i].replayed != 0;
	replay_free(TAKE(p->replay));
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
	close_play(&p);
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
	close_play(&p);
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
