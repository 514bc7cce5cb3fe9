#include "flow/watch_priv.h"

#include <assent/base/str.h>
#include <assent/base/zone.h>

/* --- what is so ------------------------------------------------------------------- */

static int
look(struct watching *w, const struct id *ticket, struct err *err)
{
	struct moment moment;
	int rc;

	w->facts.ticket.id = *ticket;
	rc = facts_read(w->desk, engine_rules(w->engine), &w->facts, err);
	if (rc < 0)
		return rc;
	moment = facts_moment(w->desk, &w->facts);
	return engine_run(w->engine, &moment, &w->hits, err);
}

static const struct rule *
hit_at(const struct watching *w, size_t i)
{
	return rules_at(engine_rules(w->engine), w->hits.rules[i]);
}

static bool
is_hit(const struct watching *w, const char *rule)
{
	for (size_t i = 0; i < w->hits.count; i++)
		if (text_is(hit_at(w, i)->id, rule))
			return true;
	return false;
}

static bool
held_before(const struct watching *w, const struct rule *rule, const char *key)
{
	for (size_t i = 0; i < w->facts.hold_count; i++)
		if (text_is(w->facts.holds[i].rule, rule->id))
			return text_is(w->facts.holds[i].once_key, key);
	return false;
}

const char *
watch_key(struct desk *desk, const struct rule *rule, const struct facts *facts)
{
	struct arena *arena = tx_arena(desk->tx);
	long long ref = facts->ticket.ref;
	char id[ID_TEXT_SIZE];
	struct civil day;

	if (rule->once_per == ONCE_PER_APPROVAL && !id_is_null(&facts->approval))
		return arena_printf(arena, "approval:%s", id_text(&facts->approval, id));
	if (rule->once_per == ONCE_PER_ORGANISATION && *facts->organisation.key)
		return arena_printf(arena, "organisation:%s", facts->organisation.key);
	if (rule->once_per != ONCE_PER_DAY)
		return arena_printf(arena, "ticket:T-%lld", ref);
	zone_civil(desk->policy->zone, desk->now, &day);
	return arena_printf(arena, "day:%04d-%02d-%02d:T-%lld", day.year, day.month, day.day, ref);
}

static bool
differs(const struct watching *w)
{
	for (size_t i = 0; i < w->hits.count; i++)
		if (!held_before(w, hit_at(w, i), watch_key(w->desk, hit_at(w, i), &w->facts)))
			return true;
	for (size_t i = 0; i < w->facts.hold_count; i++)
		if (!is_hit(w, w->facts.holds[i].rule))
			return true;
	return false;
}

/* --- until when ---------------------------------------------------------------------- */

static utc_ms
next_midnight(const struct desk *desk)
{
	struct civil day;

	zone_civil(desk->policy->zone, desk->now, &day);
	day = (struct civil){ .year = day.year, .month = day.month, .day = day.day + 1 };
	return zone_instant(desk->policy->zone, &day);
}

/* A rule that goes on holding is another matter on another day. */
static utc_ms
until_of(const struct watching *w, const struct moment *moment)
{
	utc_ms until = rules_until(engine_rules(w->engine), moment), midnight;

	for (size_t i = 0; i < w->hits.count; i++)
		if (hit_at(w, i)->once_per == ONCE_PER_DAY) {
			midnight = next_midnight(w->desk);
			return midnight < until ? midnight : until;
		}
	return until;
}

static void
see(const struct watching *w, struct watch_seen *out)
{
	const struct moment moment = facts_moment(w->desk, &w->facts);

	*out = (struct watch_seen){ .ticket = w->facts.ticket.id,
		.ref = w->facts.ticket.ref,
		.differs = differs(w),
		.until = text_is(w->facts.ticket.status, "resolved") ? RULES_NEVER
								     : until_of(w, &moment) };
}

int
watch_look(struct desk *desk, struct engine *engine, const struct id *ticket,
    struct watch_seen *out, struct err *err)
{
	struct watching w = { .desk = desk, .engine = engine };
	int rc = look(&w, ticket, err);

	if (rc == 0)
		see(&w, out);
	facts_done(&w.facts);
	return rc;
}

int
watch_look_next(struct desk *desk, struct engine *engine, struct facts_reader *reader,
    struct watch_seen *out, struct err *err)
{
	struct watching w;
	struct moment moment;
	int rc;

	w.desk = desk;
	w.engine = engine;
	rc = facts_reader_next(reader, desk, &w.facts, err);
	if (rc <= 0)
		return rc;
	moment = facts_moment(desk, &w.facts);
	rc = engine_run(engine, &moment, &w.hits, err);
	if (rc == 0)
		see(&w, out);
	facts_done(&w.facts);
	return rc < 0 ? rc : 1;
}

/* --- what begins, what ended -------------------------------------------------------- */

static int
begin_all(struct watching *w, struct watched *out, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->hits.count; i++) {
		const struct rule *rule = hit_at(w, i);
		const char *key = watch_key(w->desk, rule, &w->facts);

		if (held_before(w, rule, key))
			continue;
		rc = watch_act(w, &(struct beginning){ w->hits.rules[i], key }, out, err);
		if (rc == 0)
			rc = rule_hold_put(w->desk->tx,
			    &(struct rule_hold){ w->facts.ticket.id, rule->id, key, w->desk->now },
			    err);
	}
	return rc;
}

static int
end_all(struct watching *w, struct watched *out, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->facts.hold_count; i++) {
		if (is_hit(w, w->facts.holds[i].rule))
			continue;
		out->ended++;
		rc =
		    rule_hold_remove(w->desk->tx, &w->facts.ticket.id, w->facts.holds[i].rule, err);
	}
	return rc;
}

int
watch_settle(struct desk *desk, struct engine *engine, const struct id *ticket, struct watched *out,
    struct err *err)
{
	struct watching w = { .desk = desk, .engine = engine };
	int rc = look(&w, ticket, err);

	*out = (struct watched){ 0 };
	if (rc == 0)
		rc = begin_all(&w, out, err);
	if (rc == 0)
		rc = end_all(&w, out, err);
	facts_done(&w.facts);
	return rc;
}
