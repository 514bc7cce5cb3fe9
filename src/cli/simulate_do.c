/* simulate_do: what rules would do to a ticket to which nothing happens. */
#include "simulate.h"

#include <assent/base/str.h>
#include <assent/flow/matter.h>

#include <string.h>

#define REST MS_HOUR /* between a question and its reminder by a rule */
#define REMINDERS_APART (20 * MS_HOUR)

/* --- as flow/deed_*.c do it ------------------------------------------------------------- */

static bool
is_status(const struct simulation *s, const char *status)
{
	const struct fact_value *value = &s->facts.values[FACT_OF_STATUS];

	return value->is == FACT_KNOWN && text_is(value->text, status);
}

void
simulate_asked(struct simulation *s, utc_ms at)
{
	const struct policy *policy = s->desk->policy;
	const struct calendar *calendar = policy_calendar(policy, s->facts.organisation.key);
	const struct zone *zone;

	if (zone_get(s->facts.organisation.zone_name, &zone, NULL) < 0)
		zone = policy->zone;
	s->asked_at = at;
	s->expire = calendar_add_days(calendar, zone, at, policy->expire_after_days);
	s->remind = policy->remind_after_days > 0
	    ? calendar_add_days(calendar, zone, at, policy->remind_after_days)
	    : 0;
}

static void
take_question(struct simulation *s, const char *question)
{
	struct fact_value *values = s->facts.values;

	s->facts.approval = id_new(s->desk->now);
	values[FACT_OF_STATUS] = fact_text("waiting");
	values[FACT_OF_APPROVAL_STATE] = fact_text("sent");
	values[FACT_OF_APPROVER] = fact_text(s->approver);
	values[FACT_OF_QUESTION] = fact_text(question);
	values[FACT_OF_ASKED_AT] = fact_time(s->asked_at);
	values[FACT_OF_ANSWER_BY] = fact_time(s->expire);
	values[FACT_OF_REMINDERS] = fact_number(0);
	values[FACT_OF_REMINDED_AT] = (struct fact_value){ .is = FACT_UNKNOWN };
	values[FACT_OF_APPROVALS] = fact_number(values[FACT_OF_APPROVALS].number + 1);
}

static bool
ask(struct simulation *s, size_t i)
{
	const struct rule *rule = rules_at(engine_rules(s->engine), i);
	const struct organisation *o = &s->facts.organisation;
	const char *question =
	    rule_text_in(&rule->ask, *o->locale ? o->locale : s->desk->policy->locale);

	if (s->asked[i] != NULL &&
	    (rule->once_per != ONCE_PER_DAY || text_is(s->asked[i], s->held[i])))
		return true;
	if (s->expire != 0 || is_status(s, "paused"))
		return false;
	s->asked[i] = s->held[i];
	if (*o->owner_email == '\0') {
		simulate_raise(s, i, *rule->to ? rule->to : "engineer");
		return true;
	}
	s->approver = o->owner_email;
	SIMULATE(s, .at = s->desk->now, .what = "would ask", .rule = rule->id, .to = o->owner_email,
	    .text = question);
	simulate_asked(s, s->desk->now + s->desk->policy->send_delay);
	take_question(s, question);
	return true;
}

static bool
remind(struct simulation *s, const struct rule *rule)
{
	const struct fact_value *last = &s->facts.values[FACT_OF_REMINDED_AT];
	utc_ms now = s->desk->now;

	if (s->expire == 0 || (last->is == FACT_KNOWN && now - last->time < REMINDERS_APART))
		return true;
	if (now < s->asked_at + REST ||
	    !calendar_is_open(policy_calendar(s->desk->policy, s->facts.organisation.key), now))
		return false;
	SIMULATE(s, .at = now, .what = "would remind", .rule = rule->id, .to = s->approver);
	simulate_reminded(s, now);
	return true;
}

static bool
close_it(struct simulation *s, const struct rule *rule)
{
	if ((s->expire != 0 && !rule->withdraw) || s->packet_count > 0 || is_status(s, "paused"))
		return false;
	SIMULATE(s, .at = s->desk->now, .what = "would close", .rule = rule->id,
	    .to = *rule->to ? rule->to : s->facts.ticket.engineer_email,
	    .text = s->expire != 0 ? "and withdraw the question" : "");
	s->closed = true;
	return true;
}

bool
simulate_do(struct simulation *s, size_t i)
{
	const struct rule *rule = rules_at(engine_rules(s->engine), i);

	switch (rule->then) {
	case THEN_REQUEST_APPROVAL:
		return ask(s, i);
	case THEN_REMIND:
		return remind(s, rule);
	case THEN_CLOSE:
		return close_it(s, rule);
	case THEN_NOTIFY:
		SIMULATE(s, .at = s->desk->now, .what = "would notify", .rule = rule->id,
		    .to = rule->to);
		return true;
	default:
		simulate_raise(s, i, rule->to);
		return true;
	}
}
