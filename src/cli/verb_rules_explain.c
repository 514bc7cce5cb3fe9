/* assent rules explain: why rules hold for a ticket or do not, part by part. */
#include "look.h"
#include "rules.h"
#include "verbs.h"

#include <assent/flow/verb.h>
#include <assent/flow/watch.h>
#include <assent/store/escalation.h>

#include <string.h>

struct explain {
	const char *ticket, *only; /* only: one rule's id, NULL for all */
	struct engine *engine;
	struct arena *arena;
	struct facts facts;
	struct moment moment;
	json_t *out;
};

/* --- gathering ------------------------------------------------------------------ */

static json_t *
facts_of(struct explain *e, const struct term *term)
{
	const struct rules *rules = engine_rules(e->engine);
	json_t *list = json_array();

	for (size_t i = 0; i < term->fact_count; i++) {
		const struct fact_def *def = rules_fact(rules, term->facts[i]);
		const struct fact_value *value = &e->facts.values[term->facts[i]];
		AUTO(str_donep) struct str text = STR_INIT(3 * FACT_TEXT_MAX);

		fact_add_text(&text, def, value);
		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o, s:b}", "name", def->name, "value",
			fact_json(def, value), "shown", cli_json_text(str_text(&text)),
			"wrong_type", value->is == FACT_WRONG));
	}
	return list;
}

static json_t *
term_json(struct explain *e, const struct term *term)
{
	return json_pack("{s:I, s:o, s:o, s:s, s:o}", "depth", (json_int_t)term->depth, "joint",
	    *term->joint ? json_string(term->joint) : json_null(), "text",
	    cli_json_text(term->text), "truth", truth_name(term->truth), "facts",
	    facts_of(e, term));
}

/* What it would do, if something is in the way. */
static int
add_wait(
    struct desk *desk, struct explain *e, json_t *row, const struct rule *rule, struct err *err)
{
	utc_ms until = 0;
	int rc = watch_waits(desk, &e->facts.ticket.id, rule, &until, err);

	if (until != 0)
		look_set_time(row, "waits_until", until);
	else
		json_object_set_new(row, "waits_until", json_null());
	return rc;
}

/* The packet of this rule that is open about the same. */
static int
add_packet(
    struct desk *desk, struct explain *e, json_t *row, const struct rule *rule, struct err *err)
{
	struct escalation packet;
	const char *key = watch_key(desk, rule, &e->facts);
	int rc = escalation_of_key(desk->tx, rule->id, key, &packet, err);

	look_set_text(row, "once_key", key);
	if (rc == 0)
		look_set_id(row, "open_packet", &packet.id);
	else
		json_object_set_new(row, "open_packet", json_null());
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
explain_rule(struct desk *desk, struct explain *e, size_t i, struct err *err)
{
	struct explanation said;
	json_t *row, *terms;
	int rc = engine_explain(e->engine, &e->moment, i, e->arena, &said, err);

	if (rc < 0)
		return rc;
	terms = json_array();
	for (size_t n = 0; n < said.term_count; n++)
		json_array_append_new(terms, term_json(e, &said.terms[n]));
	row = json_pack("{s:s, s:s, s:i, s:s, s:b, s:o, s:o, s:s}", "rule", said.rule->id, "file",
	    said.rule->file, "line", said.rule->line, "truth", truth_name(said.truth), "hit",
	    said.is_hit, "why", *said.why ? cli_json_text(said.why) : json_null(), "terms", terms,
	    "then", rule_then_name(said.rule->then));
	json_array_append_new(json_object_get(e->out, "rules"), row);
	rc = add_wait(desk, e, row, said.rule, err);
	return rc < 0 ? rc : add_packet(desk, e, row, said.rule, err);
}

static int
explain_all(struct desk *desk, struct explain *e, struct err *err)
{
	const struct rules *rules = engine_rules(e->engine);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < rules_count(rules); i++)
		if (!e->only || strcmp(rules_at(rules, i)->id, e->only) == 0)
			rc = explain_rule(desk, e, i, err);
	return rc;
}

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct explain *e = arg;
	int rc = verb_ticket(desk, e->ticket, &e->facts.ticket.id, err);

	if (rc == 0)
		rc = facts_read(desk, engine_rules(e->engine), &e->facts, err);
	if (rc == 0) {
		e->moment = facts_moment(desk, &e->facts);
		e->out = json_pack("{s:o, s:s, s:b, s:[]}", "ticket",
		    json_sprintf("T-%lld", (long long)e->facts.ticket.ref), "hash",
		    rules_hash(engine_rules(e->engine)), "attributes_unreadable",
		    e->facts.attributes_lost, "rules");
		look_set_time(e->out, "at", desk->now);
		rc = explain_all(desk, e, err);
	}
	facts_done(&e->facts);
	return rc;
}

/* --- showing ---------------------------------------------------------------------- */

static void
print_term(const json_t *term)
{
	const char *joint = json_string_value(json_object_get(term, "joint"));
	int depth = (int)json_integer_value(json_object_get(term, "depth"));
	const json_t *fact;
	size_t i;

	printf("  %-8s%*s%s", look_string(term, "truth"), 2 * depth, "",
	    joint ? joint : look_string(term, "text"));
	if (!joint)
		json_array_foreach(json_object_get(term, "facts"), i, fact) printf("%s%s: %.200s",
		    i ? ", " : "   -- ", look_string(fact, "name"), look_string(fact, "shown"));
	putchar('\n');
}

static void
print_rule(const json_t *rule)
{
	const char *packet = look_string(rule, "open_packet"), *then = look_string(rule, "then");
	bool hit = json_is_true(json_object_get(rule, "hit"));
	const json_t *term;
	size_t i;

	printf("%s  %s", look_string(rule, "rule"), hit ? "holds" : look_string(rule, "truth"));
	if (hit && strcmp(then, "escalate") != 0)
		printf(", then: %s", then);
	if (hit && *look_string(rule, "waits_until"))
		printf(", waits until %s", look_string(rule, "waits_until"));
	printf("%s%s%s\n", *packet ? ", packet " : "", packet, *packet ? " is open" : "");
	if (*look_string(rule, "why"))
		printf("  %s\n", look_string(rule, "why"));
	json_array_foreach(json_object_get(rule, "terms"), i, term) print_term(term);
}

static int
show(struct cli *cli, struct explain *e)
{
	const json_t *rule;
	size_t i;

	if (cli->json)
		return cli_print_json(json_incref(e->out));
	if (e->facts.attributes_lost)
		puts("The ticket's attributes are no JSON object that can be read; nothing is "
		     "known of them.\n");
	json_array_foreach(json_object_get(e->out, "rules"), i, rule) print_rule(rule);
	return CLI_OK;
}

static int
explain(struct cli *cli, struct explain *e, struct rules *rules)
{
	struct err err;
	int rc;

	if (e->only && !rules_find(rules, e->only, NULL))
		return rules_unknown(cli, rules, e->only);
	if (engine_new(rules, &e->engine, &err) < 0)
		return cli_fail(cli, &err);
	e->arena = arena_new((size_t)64 << 20);
	rc = look(cli, gather, e);
	if (rc == CLI_OK)
		rc = show(cli, e);
	json_decref(e->out);
	arena_free(e->arena);
	engine_free(e->engine);
	return rc;
}

int
verb_rules_explain(struct cli *cli)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;
	struct explain e = { .ticket = cli_text(cli, "--ticket"),
		.only = cli->word_count ? cli->words[0] : NULL };
	int rc;

	if (!e.ticket)
		return cli_usage(cli, "name the ticket: --ticket T-1001");
	rc = rules_read(cli, cli_text(cli, "--dir"), stderr, &rules);
	return rc == CLI_OK ? explain(cli, &e, rules) : rc;
}
