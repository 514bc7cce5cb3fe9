#include "rules/rules_priv.h"

#include <string.h>

struct rules *
rules_ref(struct rules *rules)
{
	atomic_fetch_add(&rules->refs, 1);
	return rules;
}

void
rules_unref(struct rules *rules)
{
	if (!rules || atomic_fetch_sub(&rules->refs, 1) > 1)
		return;
	arena_free(rules->arena);
	mem_free(rules);
}

size_t
rules_count(const struct rules *rules)
{
	return rules->count;
}

const struct rule *
rules_at(const struct rules *rules, size_t i)
{
	return i < rules->count ? &rules->items[i] : NULL;
}

const struct rule *
rules_find(const struct rules *rules, const char *id, size_t *i)
{
	for (size_t n = 0; n < rules->count; n++)
		if (strcmp(rules->items[n].id, id) == 0) {
			if (i)
				*i = n;
			return &rules->items[n];
		}
	return NULL;
}

bool
fact_find(const struct fact_list *facts, const char *name, size_t *out)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->defs[i].name, name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

size_t
rules_fact_count(const struct rules *rules)
{
	return rules->facts.count;
}

const struct fact_def *
rules_fact(const struct rules *rules, size_t fact)
{
	return fact < rules->facts.count ? &rules->facts.defs[fact] : NULL;
}

bool
rules_use(const struct rules *rules, size_t fact)
{
	return fact < FACTS_MAX && rules->used[fact];
}

bool
rule_uses(const struct rules *rules, size_t rule, size_t fact)
{
	return rule < rules->count && fact < FACTS_MAX && rules->bodies[rule].uses.facts[fact];
}

bool
rules_use_time(const struct rules *rules, size_t rule)
{
	return rule < rules->count && rules->bodies[rule].uses.time;
}

void
rules_take_attributes(
    const struct rules *rules, const json_t *attributes, struct fact_value values[])
{
	for (size_t i = 0; i < rules->facts.count; i++) {
		const struct fact_def *def = &rules->facts.defs[i];

		if (!def->of_attribute || !rules->used[i])
			continue;
		values[i] = fact_of_json(def, json_object_get(attributes, def->name));
		if (values[i].is == FACT_UNKNOWN)
			values[i] = def->fallback;
	}
}

const char *
rules_hash(const struct rules *rules)
{
	return rules->hash;
}
