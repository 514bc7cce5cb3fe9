/* One rule: its keys, its expression. */
#include "rules/facts_priv.h"
#include "rules/rules_priv.h"
#include "rules/words_priv.h"

#include <assent/base/num.h>

#include <stdio.h>
#include <string.h>

#define ID_MAX 60
#define TITLE_MAX 200
#define SUGGEST_MAX 1000
#define TO_MAX 254
#define LOCALES_MAX 40
#define NAMES_MAX 203 /* of roles */
#define SPAN_MAX (365 * MS_DAY)

/* --- single values ------------------------------------------------------------- */

static const char *
name_of(struct rules_reader *reader, const struct node *value, const char *key)
{
	const char *text = rules_line(reader, value, key, ID_MAX);

	if (text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(text)) {
		rules_fault(
		    reader, value, "%s: '%.60s' must be of a-z, 0-9, '-' and '_'", key, text);
		return NULL;
	}
	return text;
}

static void
take_id(struct rules_reader *reader, const struct node *value, void *into)
{
	struct rule *rule = into;
	const struct rule *other;
	const char *id = name_of(reader, value, "id");

	if (!id)
		return;
	other = rules_find(reader->rules, id, NULL);
	if (other)
		rules_fault(reader, value, "id: '%s' is a rule already (%s:%d)", id, other->file,
		    other->line);
	rule->id = id;
}

static void
take_group(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *name = name_of(reader, value, "group");

	if (name)
		((struct rule *)into)->group = name;
}

static unsigned
take_word(struct rules_reader *reader, const struct node *value, const char *key,
    const struct rule_words *words)
{
	AUTO(str_donep) struct str all = STR_INIT(400);
	const char *text = rules_scalar(reader, value, key, "a word");
	unsigned word = 0;

	if (!text || rule_word_parse(words, text, &word))
		return word;
	for (unsigned i = 0; i < words->count; i++)
		str_addf(&all, "%s%s", i ? ", " : "", words->names[i]);
	rules_fault(reader, value, "%s: '%.40s' is none of: %s", key, text, str_text(&all));
	rules_meant(reader, text, words->names, words->count);
	return 0;
}

/* A site may have reasons of its own; what is nearly one of ours is a slip. */
static void
take_reason(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *text = rules_line(reader, value, "reason", ID_MAX);

	if (!text)
		return;
	((struct rule *)into)->reason = text;
	if (!escalation_reason_is_sane(text)) {
		rules_fault(reader, value, "reason: '%.60s' must be of a-z, 0-9 and '_'", text);
	} else if (escalation_reason_meant(text)) {
		rules_fault(reader, value, "reason: '%.60s' is nearly a known reason", text);
		rules_meant(reader, text, escalation_reasons, escalation_reason_count);
	}
}

static void
take_priority(struct rules_reader *reader, const struct node *value, void *into)
{
	((struct rule *)into)->priority =
	    take_word(reader, value, "priority", &rule_priority_words);
}

static void
take_once(struct rules_reader *reader, const struct node *value, void *into)
{
	((struct rule *)into)->once_per = take_word(reader, value, "once_per", &rule_once_words);
}

static void
take_then(struct rules_reader *reader, const struct node *value, void *into)
{
	((struct rule *)into)->then = take_word(reader, value, "then", &rule_then_words);
}

static span_ms
span_of(struct rules_reader *reader, const struct node *value, const char *key)
{
	const char *text = rules_scalar(reader, value, key, "a duration such as 30m, 4h or 2d");
	span_ms span;

	if (!text)
		return 0;
	if (!span_parse(text, &span) || span < MS_MINUTE || span > SPAN_MAX) {
		rules_fault(reader, value,
		    "%s: expected a duration such as 30m, 4h or 2d, of one minute to 365 days, "
		    "found '%.40s'",
		    key, text);
		return 0;
	}
	return span;
}

static void
take_due(struct rules_reader *reader, const struct node *value, void *into)
{
	((struct rule *)into)->due = span_of(reader, value, "due");
}

/* Why not anybody's: he could open no link of ours, and no answer of his would count. */
static const char *
address_of(struct rules_reader *reader, const struct node *value, const char *key, const char *text)
{
	const struct policy *policy = reader->source->policy;

	if (!text || !policy || policy_reaches(policy, NULL, text))
		return text;
	rules_fault(reader, value, "%s: %.200s is nobody of this desk: neither staff nor of a role",
	    key, text);
	return NULL;
}

/* A role of the settings or of staff, or an address. */
static const char *
person_of(struct rules_reader *reader, const struct node *value, const char *key)
{
	const struct rules_source *source = reader->source;
	const char *text = rules_line(reader, value, key, TO_MAX), *words[NAMES_MAX];
	size_t n = 0;

	if (!text || strchr(text, '@'))
		return address_of(reader, value, key, text);
	words[n++] = "owner";
	words[n++] = "admin";
	words[n++] = "engineer";
	for (size_t i = 0; source->roles && i < source->role_count && n < ARRAY_LEN(words); i++)
		words[n++] = source->roles[i];
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], text) == 0)
			return text;
	if (!source->roles || reader->is_built_in)
		return name_of(reader, value, key);
	rules_fault(reader, value,
	    "%s: '%.60s' is no role of the settings, no address, and none of owner, admin, "
	    "engineer",
	    key, text);
	rules_meant(reader, text, words, n);
	return NULL;
}

static void
take_to(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *to = person_of(reader, value, "to");

	((struct rule *)into)->to = to ? to : "?";
}

/* --- texts in languages ---------------------------------------------------------- */

static bool
is_locale(const char *text)
{
	return *text && strlen(text) <= 16 &&
	    strspn(text,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(text);
}

struct text_place {
	const char *key;
	size_t max;
	struct rule_text *text;
};

/* "000 SAR" of {en: 100,000 SAR}. */
static bool
is_rest_of_text(const struct node *map, const struct node *key)
{
	const struct node *value = key->value;

	return key != map->first && !is_locale(key->text) && value->kind == NODE_SCALAR &&
	    !value->quoted && *value->text == '\0';
}

static void
take_text(struct rules_reader *reader, const struct node *value, const struct text_place *place)
{
	struct rule_said *said = arena_alloc(reader->rules->arena, LOCALES_MAX * sizeof(*said));
	size_t n = 0;

	if (value->kind != NODE_MAP) {
		rules_fault(reader, value, "%s: expected a text for each language: {en: …, ar: …}",
		    place->key);
		return;
	}
	for (const struct node *key = value->first; key; key = key->next) {
		struct rule_said one = { 0 };

		if (is_rest_of_text(value, key)) {
			rules_fault(reader, key,
			    "%s: '%.40s' is no locale such as en or ar; within { } a comma ends a "
			    "text, so one that has a comma is put in quotes",
			    place->key, key->text);
			continue;
		}
		one.text = rules_line(reader, key->value, place->key, place->max);
		one.locale = arena_dup(reader->rules->arena, key->text);
		for (size_t i = 0; i < n; i++)
			if (strcmp(said[i].locale, key->text) == 0)
				rules_fault(
				    reader, key, "%s: '%s' is given twice", place->key, key->text);
		if (!is_locale(key->text))
			rules_fault(reader, key, "%s: '%.40s' is no locale such as en or ar",
			    place->key, key->text);
		else if (n == LOCALES_MAX)
			rules_fault(reader, key, "%s: more than 40 languages", place->key);
		else if (one.text)
			said[n++] = one;
	}
	if (!value->first)
		rules_fault(reader, value, "%s: a text in one language at least", place->key);
	*place->text = (struct rule_text){ said, n };
}

static void
take_title(struct rules_reader *reader, const struct node *value, void *into)
{
	take_text(reader, value,
	    &(struct text_place){ "title", TITLE_MAX, &((struct rule *)into)->title });
}

static void
take_suggest(struct rules_reader *reader, const struct node *value, void *into)
{
	take_text(reader, value,
	    &(struct text_place){ "suggest", SUGGEST_MAX, &((struct rule *)into)->suggest });
}

static void
take_ask(struct rules_reader *reader, const struct node *value, void *into)
{
	take_text(reader, value,
	    &(struct text_place){ "ask", RULE_ASK_MAX, &((struct rule *)into)->ask });
}

static void
take_withdraw(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *text = rules_scalar(reader, value, "withdraw", "true or false");

	if (!text)
		return;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		rules_fault(reader, value, "withdraw: expected true or false, found '%.40s'", text);
	((struct rule *)into)->withdraw = strcmp(text, "true") == 0;
}

/* --- levels ------------------------------------------------------------------------- */

static void
take_after(struct rules_reader *reader, const struct node *value, void *into)
{
	((struct rule_level *)into)->after = span_of(reader, value, "after");
}

static void
take_level_to(struct rules_reader *reader, const struct node *value, void *into)
{
	((struct rule_level *)into)->to = person_of(reader, value, "to");
}

static void
take_repeat(struct rules_reader *reader, const struct node *value, void *into)
{
	span_ms repeat = span_of(reader, value, "repeat");

	if (repeat > 0 && repeat < RULE_REPEAT_MIN)
		rules_fault(reader, value, "repeat: every five minutes at most");
	((struct rule_level *)into)->repeat = repeat;
}

static const struct rules_key level_keys[] = {
	{ "after", true, take_after },
	{ "to", true, take_level_to },
	{ "repeat", false, take_repeat },
};
static const struct rules_keys level_group = { "a level", level_keys, ARRAY_LEN(level_keys) };

static void
take_levels(struct rules_reader *reader, const struct node *value, void *into)
{
	struct rule *rule = into;
	struct rule_level *levels =
	    arena_alloc(reader->rules->arena, RULE_LEVELS_MAX * sizeof(*levels));

	rule->levels = levels;
	if (!rules_is_list(reader, value, "levels"))
		return;
	for (const struct node *item = value->first; item; item = item->next) {
		struct rule_level *level = &levels[rule->level_count];

		if (rule->level_count == RULE_LEVELS_MAX) {
			rules_fault(reader, item, "levels: more than %d", RULE_LEVELS_MAX);
			return;
		}
		rules_read_keys(reader, &level_group, item, level);
		if (rule->level_count > 0 && level->after > 0 && level->after <= level[-1].after)
			rules_fault(reader, item, "levels: each is later than the one before it");
		rule->level_count++;
	}
}

/* --- the expression ----------------------------------------------------------------- */

struct when_place {
	struct rules_reader *reader;
	const struct node *node;
};

static void
take_expression_fault(void *arg, size_t offset, const char *message, const char *meant)
{
	const struct when_place *at = arg;
	struct rules_place place = { at->node->line, at->node->column };

	/* What will only be counted needs no place. */
	if (!faults_is_full(at->reader->faults))
		place = rules_place_in(at->reader->text, at->node, offset);
	faults_add(at->reader->faults, place.line, place.column, "%s%swhen: %s", at->reader->where,
	    *at->reader->where ? ": " : "", message);
	if (meant && !faults_is_full(at->reader->faults))
		faults_meant(at->reader->faults, meant);
}

static void
read_expression(struct rules_reader *reader, const struct node *value, struct rule_body *body)
{
	struct when_place place = { reader, value };
	struct expr_source source = { .text = value->text,
		.facts = &reader->rules->facts,
		.arena = reader->rules->arena,
		.fault = take_expression_fault,
		.arg = &place };
	struct expr *expr = expr_parse(&source);
	struct err err;

	if (expr)
		expr_check(&source, expr);
	if (expr && source.fault_count == 0)
		expr_check_constant(&source, expr);
	if (expr && source.fault_count == 0 && machine_try(reader->machine, expr, &err) < 0)
		expr_fault(&source, 0, "too deep or too long: %s", err.text);
	if (source.fault_count == 0)
		body->expr = expr;
}

static void
take_when(struct rules_reader *reader, const struct node *value, void *into)
{
	struct rule *rule = into;
	struct rule_body *body = &reader->rules->bodies[rule - reader->rules->items];

	if (!rules_scalar(reader, value, "when", "an expression such as status = 'open'"))
		return;
	if (strlen(value->text) > RULE_WHEN_MAX) {
		rules_fault(reader, value, "when: is longer than %d bytes", RULE_WHEN_MAX);
		return;
	}
	rule->when = arena_dup(reader->rules->arena, value->text);
	read_expression(reader, value, body);
	if (!body->expr)
		return;
	expr_uses(body->expr, &body->uses);
	for (size_t i = 0; i < FACTS_MAX; i++)
		reader->rules->used[i] = reader->rules->used[i] || body->uses.facts[i];
}

static void
take_tests(struct rules_reader *reader, const struct node *value, void *into)
{
	rules_read_tests(reader, value, into);
}

/* --- all of it ------------------------------------------------------------------------ */

static const struct rules_key rule_keys[] = {
	{ "id", true, NULL }, /* read first: it stands in front of every fault */
	{ "title", true, take_title },
	{ "when", true, take_when },
	{ "reason", false, take_reason },
	{ "priority", false, take_priority },
	{ "due", false, take_due },
	{ "to", false, take_to },
	{ "levels", false, take_levels },
	{ "suggest", false, take_suggest },
	{ "ask", false, take_ask },
	{ "once_per", false, take_once },
	{ "then", false, take_then },
	{ "withdraw", false, take_withdraw },
	{ "group", false, take_group },
	{ "tests", false, take_tests },
};
static const struct rules_keys rule_group = { "a rule", rule_keys, ARRAY_LEN(rule_keys) };

static void
read_rule(struct rules_reader *reader, const struct node *node)
{
	struct rules *rules = reader->rules;
	struct rule *rule = &rules->items[rules->count];
	const struct node *id = tree_value(node, "id");

	*rule = (struct rule){ .id = "",
		.file = arena_dup(rules->arena, reader->file),
		.line = node->line,
		.column = node->column,
		.when = "",
		.reason = "other",
		.priority = ESCALATION_MEDIUM,
		.to = "",
		.group = "" };
	if (id)
		take_id(reader, id, rule);
	reader->where = rule->id;
	rules_read_keys(reader, &rule_group, node, rule);
	if (node->kind == NODE_MAP)
		rules_check_then(reader, node, rule);
	reader->where = "";
	rules->count++;
}

void
rules_read_list(struct rules_reader *reader, const struct node *list)
{
	if (tree_is_nothing(list) || !rules_is_list(reader, list, "rules"))
		return;
	for (const struct node *item = list->first; item; item = item->next) {
		if (reader->rules->count == RULES_MAX) {
			rules_fault(reader, item, "more than %d rules", RULES_MAX);
			return;
		}
		read_rule(reader, item);
	}
}
