/*
 * assent rules simulate: what would happen to a ticket if nobody did anything.
 * Nothing is written: only time passes, and with it the reminder and the end of
 * its question; packets that come are taken by nobody.
 */
#include "look.h"
#include "rules.h"
#include "simulate.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/flow/matter.h>
#include <assent/flow/verb.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>

#include <string.h>

#define UNTIL_DEFAULT (7 * MS_DAY)
#define UNTIL_MAX (366 * MS_DAY)
#define LINES_ORDER 100000
#define STEPS_MAX 20000 /* a longer time is walked in longer steps */

/* --- the timeline ------------------------------------------------------------------ */

void
simulate_add(struct simulation *s, const struct simulate_line *line)
{
	json_t *object;

	if (line->at < s->from || line->at > s->until)
		return;
	object = json_object();
	look_set_time(object, "at", line->at);
	/* What comes at once stays in order. */
	look_set_int(object, "order", line->at * LINES_ORDER + (int64_t)json_array_size(s->lines));
	look_set_text(object, "what", line->what);
	look_set_text(object, "rule", line->rule != NULL ? line->rule : "");
	look_set_text(object, "to", line->to != NULL ? line->to : "");
	look_set_text(object, "text", line->text != NULL ? line->text : "");
	json_array_append_new(s->lines, object);
}

static int
add_open(struct simulation *s, struct err *err)
{
	const struct escalation_filter filter = { .state = "open",
		.priority = "",
		.reason = "",
		.assignee = "",
		.rule = "",
		.ticket = s->facts.ticket.id };
	struct escalation *list;
	size_t n = 0;
	int rc = escalation_list(s->desk->tx, &filter, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		simulate_packet(s, &list[i]);
	return rc;
}

/* --- time passes --------------------------------------------------------------------- */

/* The open question, one that was sent before one that was not. */
static int
load_question(struct simulation *s, struct matter *out, bool *found, struct err *err)
{
	const struct approval_filter filter = {
		.ticket = s->facts.ticket.id, .only_open = true, .max = 100
	};
	struct approval *open = NULL;
	size_t n = 0, i = 0;
	int rc = approval_list(s->desk->tx, &filter, &open, &n, err);

	while (i + 1 < n && open[i].state == AS_DRAFT)
		i++;
	*found = rc == 0 && n > 0;
	return *found ? matter_load(s->desk, &open[i].id, out, err) : rc;
}

static int
find_question(struct simulation *s, struct err *err)
{
	int days = s->desk->policy->remind_after_days;
	struct matter m;
	bool found = false;
	int rc = load_question(s, &m, &found, err);

	if (rc < 0 || !found)
		return rc;
	s->approver = m.ballot.person_email;
	s->asked_at = m.approval.asked_at;
	s->expire = m.approval.deadline;
	if (m.approval.state == AS_DRAFT)
		simulate_asked(s, m.approval.ask_at);
	else if (m.approval.state == AS_SENT && m.approval.reminded_at == 0 && days > 0)
		s->remind = matter_add_days(s->desk, &m, m.approval.asked_at, days);
	if (s->remind <= s->from || s->remind >= s->expire)
		s->remind = 0;
	return 0;
}

void
simulate_reminded(struct simulation *s, utc_ms now)
{
	struct fact_value *values = s->facts.values;

	values[FACT_OF_REMINDED_AT] = fact_time(now);
	values[FACT_OF_REMINDERS] = fact_number(values[FACT_OF_REMINDERS].number + 1);
	s->remind = 0;
}

static void
change_facts(struct simulation *s, utc_ms now)
{
	struct fact_value *values = s->facts.values;

	simulate_expire(s, now);
	if (s->remind != 0 && now >= s->remind) {
		SIMULATE(s, .at = s->remind, .what = "reminder", .to = s->approver);
		simulate_reminded(s, s->remind);
	}
	if (s->expire != 0 && now >= s->expire) {
		SIMULATE(s, .at = s->expire, .what = "question expires", .to = s->approver);
		values[FACT_OF_APPROVAL_STATE] = fact_text("expired");
		if (text_is(values[FACT_OF_STATUS].text, "waiting"))
			values[FACT_OF_STATUS] = fact_text("open");
		s->expire = 0;
	}
}

static int
look_at(struct simulation *s, utc_ms now, struct err *err)
{
	const struct rules *rules = engine_rules(s->engine);
	struct moment moment;
	struct hits hits;
	int rc;

	s->desk->now = now;
	change_facts(s, now);
	moment = facts_moment(s->desk, &s->facts);
	rc = engine_run(s->engine, &moment, &hits, err);
	for (size_t i = 0; rc == 0 && i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);
		const char *key;

		if (!hits_have(&hits, i)) {
			s->held[i] = NULL;
			s->waits[i] = false;
			continue;
		}
		if (s->held[i] && rule->once_per != ONCE_PER_DAY)
			continue;
		key = watch_key(s->desk, rule, &s->facts);
		if (!s->held[i] || strcmp(key, s->held[i]) != 0)
			s->waits[i] = true;
		s->held[i] = key;
	}
	for (size_t i = 0; rc == 0 && i < rules_count(rules) && !s->closed; i++)
		if (s->waits[i])
			s->waits[i] = !simulate_do(s, i);
	return rc;
}

/* What holds already, and what it still waits to do. */
static int
take_held(struct simulation *s, struct err *err)
{
	const struct rules *rules = engine_rules(s->engine);
	struct rule_hold *holds;
	utc_ms until = 0;
	size_t n = 0, at;
	int rc = rule_hold_list(s->desk->tx, &s->facts.ticket.id, &holds, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!rules_find(rules, holds[i].rule, &at))
			continue;
		s->held[at] = holds[i].once_key;
		rc = watch_waits(s->desk, &s->facts.ticket.id, rules_at(rules, at), &until, err);
		s->waits[at] = until != 0;
	}
	return rc;
}

static int
walk(struct simulation *s, struct err *err)
{
	span_ms step = s->span / STEPS_MAX > MS_MINUTE ? s->span / STEPS_MAX : MS_MINUTE;
	int rc = 0;

	for (utc_ms at = s->from; rc == 0 && at <= s->until && !s->closed; at += step)
		rc = look_at(s, at, err);
	return rc;
}

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct simulation *s = arg;
	int rc = verb_ticket(desk, s->ticket, &s->facts.ticket.id, err);

	s->desk = desk;
	s->from = desk->now;
	s->until = desk->now + s->span;
	if (rc == 0)
		rc = facts_read(desk, engine_rules(s->engine), &s->facts, err);
	if (rc == 0)
		rc = add_open(s, err);
	if (rc == 0)
		rc = find_question(s, err);
	if (rc == 0)
		rc = take_held(s, err);
	if (rc == 0)
		rc = walk(s, err);
	facts_done(&s->facts);
	return rc;
}

/* --- showing --------------------------------------------------------------------------- */

static int
by_time(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "order"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "order"));

	return (x > y) - (x < y);
}

static json_t *
sorted(json_t *lines)
{
	size_t n = json_array_size(lines);
	json_t **list = mem_alloc((n + 1) * sizeof(json_t *));
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++)
		list[i] = json_array_get(lines, i);
	qsort(list, n, sizeof(json_t *), by_time);
	for (size_t i = 0; i < n; i++) {
		json_object_del(list[i], "order");
		json_array_append(out, list[i]);
	}
	mem_free(list);
	return out;
}

static int
show_json(const struct simulation *s, json_t *lines)
{
	json_t *object = json_pack("{s:o, s:s}", "ticket",
	    json_sprintf("T-%lld", (long long)s->facts.ticket.ref), "hash",
	    rules_hash(engine_rules(s->engine)));

	look_set_time(object, "at", s->from);
	look_set_time(object, "until", s->until);
	json_object_set_new(object, "timeline", lines);
	return cli_print_json(object);
}

static int
show(struct cli *cli, struct simulation *s)
{
	static const struct look_column columns[] = {
		{ "WHEN", "at", LOOK_TIME },
		{ "WHAT", "what", LOOK_TEXT },
		{ "RULE", "rule", LOOK_NAME },
		{ "TO", "to", LOOK_TEXT },
		{ "SAYS", "text", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	json_t *lines = sorted(s->lines);

	if (cli->json)
		return show_json(s, lines);
	look_table(lines, columns, "Nothing happens in that time.");
	json_decref(lines);
	return CLI_OK;
}

static int
simulate(struct cli *cli, struct simulation *s, struct rules *rules)
{
	struct err err;
	int rc;

	if (engine_new(rules, &s->engine, &err) < 0)
		return cli_fail(cli, &err);
	s->lines = json_array();
	rc = look(cli, gather, s);
	if (rc == CLI_OK)
		rc = show(cli, s);
	json_decref(s->lines);
	mem_free(s->packets);
	engine_free(s->engine);
	return rc;
}

int
verb_rules_simulate(struct cli *cli)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;
	struct simulation s = { .ticket = cli_text(cli, "--ticket"), .span = UNTIL_DEFAULT };
	const char *until = cli_text(cli, "--until");
	int rc;

	if (!s.ticket)
		return cli_usage(cli, "name the ticket: --ticket T-1001");
	if (until && (!span_parse(until, &s.span) || s.span < MS_MINUTE || s.span > UNTIL_MAX))
		return cli_usage(
		    cli, "--until is a time such as 12h or 7d, of one minute to 366 days");
	rc = rules_read(cli, cli_text(cli, "--dir"), stderr, &rules);
	return rc == CLI_OK ? simulate(cli, &s, rules) : rc;
}
