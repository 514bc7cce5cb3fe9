#include "help_play.h"
#include "help_jane.h"
#include "help_rules.h"

#include <assent/base/str.h>
#include <assent/flow/api.h>
#include <assent/flow/ask.h>
#include <assent/flow/closing.h>
#include <assent/flow/memory.h>
#include <assent/flow/owner.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>
#include <assent/store/post.h>
#include <assent/store/standin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SPAN (6 * MS_DAY)
#define DEED_AFTER MS_SECOND

static uint32_t
draw(struct play *p, uint32_t below)
{
	p->draw = p->draw * 1664525 + 1013904223;
	return (p->draw >> 8) % below;
}

/* --- what happens ---------------------------------------------------------------------- */

static struct id *
any_ticket(struct play *p)
{
	return &p->tickets[draw(p, (uint32_t)p->ticket_count)];
}

int
play_open_ticket(struct desk *desk, struct play *p, struct err *err)
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

	if (p->ticket_count == PLAY_TICKETS)
		return 0;
	return api_open_ticket(desk, &ticket, &p->tickets[p->ticket_count++], &wrong, err);
}

int
play_message(struct desk *desk, struct play *p, struct err *err)
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

int
play_facts(struct desk *desk, struct play *p, struct err *err)
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

static int (*const acts[])(struct desk *, struct play *, struct err *) = { play_open_ticket,
	play_open_ticket, play_message, play_message, play_facts, play_facts, act_ask, act_close,
	act_fix, act_task, act_task, act_owner, act_absence, act_packet, act_packet, act_foreign,
	act_refuse, act_withdraw };

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

void
play_act(struct play *p, int (*act)(struct desk *, struct play *, struct err *))
{
	p->act = act;
	must(p, do_act);
}

void
play_days(struct play *p, utc_ms from)
{
	utc_ms sweep = (from / PLAY_SWEEP + 1) * PLAY_SWEEP;

	for (utc_ms next = from + MS_MINUTE; sweep < from + SPAN;) {
		if (next < sweep) {
			p->kit->now = next;
			p->act = acts[draw(p, ARRAY_LEN(acts))];
			play_act(p, p->ticket_count > 0 ? p->act : play_open_ticket);
			next += (1 + draw(p, 120)) * MS_MINUTE + 123;
		} else {
			p->kit->now = sweep;
			kit_run(p->kit);
			must(p, do_events);
			must(p, do_sweep);
			sweep += PLAY_SWEEP;
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

const struct replay_report *
play_replay_as(struct play *p, struct engine *engine, const struct replay_wish *wish)
{
	replay_free(p->replay);
	p->wish = *wish;
	p->replay = replay_new(engine, &p->wish);
	do
		must(p, do_replay);
	while (p->more);
	must(p, do_compare);
	return replay_report(p->replay);
}

const struct replay_report *
play_replay(struct play *p, struct engine *engine, utc_ms from)
{
	return play_replay_as(
	    p, engine, &(struct replay_wish){ from, p->kit->now, PLAY_SWEEP, "", { { 0 } } });
}

/* --- the desk --- */

void
play_open(struct play *p, const char *rules, uint32_t seed)
{
	void *state = NULL;

	assert_int_equal(packet_setup(&state), 0);
	*p = (struct play){ .kit = state, .engine = rules_engine(rules), .draw = seed };
	p->kit->policy.remind_after_days = 1;
	p->kit->policy.expire_after_days = 2;
}

void
play_close(struct play *p)
{
	void *state = p->kit;

	replay_free(p->replay);
	engine_free(p->engine);
	kit_teardown(&state);
}
