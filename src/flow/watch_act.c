/* What happens when a rule begins to hold: a packet, or a job that does what it says. */
#include "flow/watch_priv.h"

#include <assent/base/str.h>
#include <assent/flow/document.h>
#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>

#include "flow/deed.h"

#include <string.h>

#define BY "rules"

json_t *
watch_said(const struct rule_text *text)
{
	json_t *object = json_object();

	for (size_t i = 0; i < text->count; i++)
		json_object_set_new(object, text->said[i].locale, json_string(text->said[i].text));
	return object;
}

static const char *
texts_of(struct desk *desk, const struct rule *rule)
{
	json_t *texts = json_pack(
	    "{s:o, s:o}", "title", watch_said(&rule->title), "suggest", watch_said(&rule->suggest));
	const char *out = view_dump(tx_arena(desk->tx), texts);

	json_decref(texts);
	return out;
}

const char *
watch_levels(struct desk *desk, const struct rule *rule)
{
	json_t *list = json_array();
	const char *out;

	for (size_t i = 0; i < rule->level_count; i++)
		json_array_append_new(list,
		    json_pack("{s:I, s:I, s:s}", "after_ms", (json_int_t)rule->levels[i].after,
			"repeat_ms", (json_int_t)rule->levels[i].repeat, "to", rule->levels[i].to));
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
raise_packet(
    struct watching *w, const struct beginning *begins, struct watched *out, struct err *err)
{
	const struct rule *rule = rules_at(engine_rules(w->engine), begins->rule);
	const char *site = w->desk->policy->locale;
	const bool of_question = text_starts(begins->key, "approval:");
	struct arena *arena = tx_arena(w->desk->tx);
	struct escalation packet;
	bool is_new = false;
	int rc = escalation_raise(w->desk,
	    &(struct escalation_raise){ .title = rule_text_in(&rule->title, site),
		.suggest = rule_text_in(&rule->suggest, site),
		.texts = texts_of(w->desk, rule),
		.entity_type = of_question ? "approval" : "ticket",
		.entity_id = of_question
		    ? begins->key + strlen("approval:")
		    : arena_printf(arena, "T-%lld", (long long)w->facts.ticket.ref),
		.reason = rule->reason,
		.priority = escalation_priority_name(rule->priority),
		.rule = rule->id,
		.once_key = begins->key,
		.to = rule->to,
		.levels = watch_levels(w->desk, rule),
		.confidence = confidence_of(w, begins->rule),
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

int
watch_act(struct watching *w, const struct beginning *begins, struct watched *out, struct err *err)
{
	const struct rule *rule = rules_at(engine_rules(w->engine), begins->rule);

	if (rule->then == THEN_ESCALATE)
		return raise_packet(w, begins, out, err);
	/* Words for the desk are gathered; the rest is counted with packets. */
	out->acted += rule->then != THEN_NOTIFY;
	out->noted += rule->then == THEN_NOTIFY;
	return deed_want(w->desk, &(struct deed_wish){ &w->facts.ticket, rule, begins->key }, err);
}
