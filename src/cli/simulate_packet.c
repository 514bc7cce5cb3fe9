/* simulate_packet: packets of a ticket to which nothing happens, and whom nobody takes. */
#include "simulate.h"

#include <assent/base/str.h>
#include <assent/flow/escalation.h>
#include <assent/flow/watch.h>

struct becoming {
	struct simulation *s;
	const struct escalation *packet;
	utc_ms expires;
};

static void
add_step(void *arg, const struct escalation_foreseen *step)
{
	struct becoming *b = arg;
	const char *rule = b->packet->rule;

	SIMULATE(b->s, .at = step->at, .what = step->what, .rule = rule, .to = step->to,
	    .text = *rule == '\0' ? b->packet->title : "");
	b->expires = step->at;
}

void
simulate_packet(struct simulation *s, const struct escalation *packet)
{
	struct becoming b = { s, packet, 0 };

	escalation_foresee(s->desk, packet, add_step, &b);
	s->packets = mem_grow(s->packets, (s->packet_count + 1) * sizeof(*s->packets));
	s->packets[s->packet_count++] =
	    (struct simulated){ packet->rule, packet->once_key, b.expires };
}

static void
count(struct simulation *s, size_t fact, double more)
{
	s->facts.values[fact] = fact_number(s->facts.values[fact].number + more);
}

static bool
is_open(const struct simulation *s, const struct rule *rule, const char *key)
{
	for (size_t i = 0; i < s->packet_count; i++)
		if (text_is(s->packets[i].rule, rule->id) && text_is(s->packets[i].key, key))
			return true;
	return false;
}

void
simulate_raise(struct simulation *s, size_t i, const char *to)
{
	const struct rule *rule = rules_at(engine_rules(s->engine), i);
	utc_ms now = s->desk->now;
	struct escalation packet = { .organisation = s->facts.organisation.key,
		.priority = escalation_priority_name(rule->priority),
		.state = escalation_state_name(ESCALATION_PENDING),
		.rule = rule->id,
		.once_key = s->held[i],
		.to = to,
		.assignee = "",
		.levels = watch_levels(s->desk, rule),
		.created = now,
		.began = now,
		.climbed_at = now };

	if (is_open(s, rule, s->held[i]))
		return;
	packet.due =
	    escalation_after(s->desk, &packet, now, rule->due ? rule->due : ESCALATION_DUE);
	SIMULATE(s, .at = now, .what = "packet", .rule = rule->id, .to = to);
	simulate_packet(s, &packet);
	count(s, FACT_OF_OPEN_ESCALATIONS, 1);
	count(s, FACT_OF_ESCALATIONS, 1);
}

void
simulate_expire(struct simulation *s, utc_ms now)
{
	for (size_t i = s->packet_count; i > 0; i--) {
		if (s->packets[i - 1].until > now)
			continue;
		s->packets[i - 1] = s->packets[--s->packet_count];
		count(s, FACT_OF_OPEN_ESCALATIONS, -1);
	}
}
