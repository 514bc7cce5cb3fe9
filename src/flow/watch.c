#include <assent/flow/watch.h>

#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/flow/document.h>
#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>
#include <assent/store/facts.h>

#include <string.h>

#define BY "rules"

struct watching {
	struct desk *desk;
	struct engine *engine;
	struct facts facts;
	struct hits hits;
	struct rule_hold *holds;
	size_t hold_count;
};

/* --- what is so ------------------------------------------------------------------- */

static int
look(struct watching *w, const struct id *ticket, struct err *err)
{
	struct moment moment;
	int rc;

	w->facts.ticket.id = *ticket;
	rc = facts_read(w->desk, engine_rules(w->engine), &w->facts, err);
	if (rc == 0)
		rc = rule_hold_list(w->desk->tx, ticket, &w->holds, &w->hold_count, err);
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
	for (size_t i = 0; i < w->hold_count; i++)
		if (text_is(w->holds[i].rule, rule->id))
			return text_is(w->holds[i].once_key, key);
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

int
watch_look(
    struct desk *desk, struct engine *engine, const struct id *ticket, bool *out, struct err *err)
{
	struct watching w = { .desk = desk, .engine = engine };
	int rc = look(&w, ticket, err);

	*out = false;
	for (size_t i = 0; rc == 0 && i < w.hits.count; i++)
		*out = *out ||
		    !held_before(&w, hit_at(&w, i), watch_key(desk, hit_at(&w, i), &w.facts));
	for (size_t i = 0; rc == 0 && i < w.hold_count; i++)
		*out = *out || !is_hit(&w, w.holds[i].rule);
	facts_done(&w.facts);
	return rc;
}

/* --- raising ------------------------------------------------------------------------ */

static json_t *
said(const struct rule_text *text)
{
	json_t *object = json_object();

	for (size_t i = 0; i < text->count; i++)
		json_object_set_new(object, text->said[i].locale, json_string(text->said[i].text));
	return object;
}

static const char *
texts_of(struct desk *desk, const struct rule *rule)
{
	json_t *texts =
	    json_pack("{s:o, s:o}", "title", said(&rule->title), "suggest", said(&rule->suggest));
	const char *out = view_dump(tx_arena(desk->tx), texts);

	json_decref(texts);
	return out;
}

static const char *
levels_of(struct desk *desk, const struct rule *rule)
{
	json_t *list = json_array();
	const char *out;

	for (size_t i = 0; i < rule->level_count; i++)
		json_array_append_new(list,
		    json_pack("{s:I, s:s}", "after_ms", (json_int_t)rule->levels[i].after, "to",
			rule->levels[i].to));
	out = view_dump(tx_arena(desk->tx), list);
	json_decref(list);
	return out;
}

static utc_ms
due_of(struct watching *w, const struct rule *rule)
{
	const struct escalation like = { .organisation = w->facts.organisation.key,
		.priority = escalation_priority_name(rule->priority) };

	if (rule->due == 0)
		return 0;
	return escalation_after(w->desk, &like, w->desk->now, rule->due);
}

static double
confidence_of(const struct watching *w, size_t rule)
{
	const struct fact_value *value = &w->facts.values[FACT_OF_AI_CONFIDENCE];

	if (!rule_uses(engine_rules(w->engine), rule, FACT_OF_AI_CONFIDENCE) ||
	    value->is != FACT_KNOWN)
		return -1;
	return value->number / 100;
}

/* Beside the packet: pages and later mails show it once it is written. */
static int
want_handoff(struct watching *w, struct err *err)
{
	const struct document_wish wish = {
		.ticket = w->facts.ticket.id, .kind = DOCUMENT_HANDOFF, .locale = "", .by = BY
	};
	struct document document;
	enum document_stand stand;
	int rc = document_want(w->desk, &wish, &document, &stand, err);

	return rc == ERR_LIMIT || rc == ERR_INVALID ? 0 : rc;
}

static int
raise_packet(struct watching *w, size_t i, const char *key, struct watched *out, struct err *err)
{
	const struct rule *rule = hit_at(w, i);
	const char *site = w->desk->policy->locale;
	const bool of_question = text_starts(key, "approval:");
	struct arena *arena = tx_arena(w->desk->tx);
	struct escalation packet;
	bool is_new = false;
	int rc = escalation_raise(w->desk,
	    &(struct escalation_raise){ .title = rule_text_in(&rule->title, site),
		.suggest = rule_text_in(&rule->suggest, site),
		.texts = texts_of(w->desk, rule),
		.entity_type = of_question ? "approval" : "ticket",
		.entity_id = of_question
		    ? key + strlen("approval:")
		    : arena_printf(arena, "T-%lld", (long long)w->facts.ticket.ref),
		.reason = rule->reason,
		.priority = escalation_priority_name(rule->priority),
		.rule = rule->id,
		.once_key = key,
		.to = rule->to,
		.levels = levels_of(w->desk, rule),
		.confidence = confidence_of(w, w->hits.rules[i]),
		.due = due_of(w, rule),
		.ticket = w->facts.ticket.id,
		.by = BY },
	    &packet, &is_new, err);

	/* It would be refused again each time: told once, by the caller. */
	if (rc == ERR_INVALID || rc == ERR_LIMIT) {
		out->refused = *err;
		return 0;
	}
	out->raised += rc == 0 && is_new;
	return rc < 0 || !is_new ? rc : want_handoff(w, err);
}

static int
begin_all(struct watching *w, struct watched *out, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->hits.count; i++) {
		const struct rule *rule = hit_at(w, i);
		const char *key = watch_key(w->desk, rule, &w->facts);

		if (held_before(w, rule, key))
			continue;
		rc = raise_packet(w, i, key, out, err);
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

	for (size_t i = 0; rc == 0 && i < w->hold_count; i++) {
		if (is_hit(w, w->holds[i].rule))
			continue;
		out->ended++;
		rc = rule_hold_remove(w->desk->tx, &w->facts.ticket.id, w->holds[i].rule, err);
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
