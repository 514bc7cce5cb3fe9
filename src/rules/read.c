/* Groups of keys, and the facts of a site. */
#include "rules/facts_priv.h"
#include "rules/rules_priv.h"

#include <assent/base/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX 100 /* in one group */
#define NAME_MAX 40
#define LINE_MAX 200

void
rules_fault(struct rules_reader *reader, const struct node *node, const char *fmt, ...)
{
	char text[480];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	faults_add(reader->faults, node->line, node->column, "%s%s%s", reader->where,
	    *reader->where ? ": " : "", text);
}

void
rules_meant(struct rules_reader *reader, const char *word, const char *const *words, size_t n)
{
	if (!faults_is_full(reader->faults))
		faults_meant(reader->faults, text_nearest(word, words, n));
}

/* --- values -------------------------------------------------------------------- */

const char *
rules_scalar(
    struct rules_reader *reader, const struct node *node, const char *key, const char *expected)
{
	if (node->kind == NODE_SCALAR && !tree_is_nothing(node))
		return node->text;
	rules_fault(reader, node, "%s: expected %s, found %s", key, expected, tree_shape(node));
	return NULL;
}

const char *
rules_line(struct rules_reader *reader, const struct node *node, const char *key, size_t max)
{
	const char *given = rules_scalar(reader, node, key, "one line of text");
	char *text;

	if (!given)
		return NULL;
	/* A folded scalar (>) ends with a line end. */
	text = text_trim(arena_dup(reader->rules->arena, given));
	if (strpbrk(text, "\r\n\t") || text_is_blank(text)) {
		rules_fault(reader, node, "%s: must be one line of text", key);
		return NULL;
	}
	if (strlen(text) > max) {
		rules_fault(reader, node, "%s: is longer than %zu bytes", key, max);
		return NULL;
	}
	return text;
}

bool
rules_is_list(struct rules_reader *reader, const struct node *node, const char *key)
{
	if (node->kind == NODE_LIST)
		return true;
	rules_fault(reader, node, "%s: expected a list, found %s", key, tree_shape(node));
	return false;
}

size_t
rules_count_items(const struct node *list)
{
	size_t n = 0;

	for (const struct node *item = list->first; item; item = item->next)
		n++;
	return n;
}

/* --- groups of keys -------------------------------------------------------------- */

static const struct rules_key *
find_key(const struct rules_keys *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->keys[i].name, name) == 0)
			return &keys->keys[i];
	return NULL;
}

static void
fault_unknown(struct rules_reader *reader, const struct rules_keys *keys, const struct node *key)
{
	const char *words[32];
	size_t n = 0;

	for (; n < keys->count && n < ARRAY_LEN(words); n++)
		words[n] = keys->keys[n].name;
	rules_fault(reader, key, "%s has no key '%.60s'", keys->of, key->text);
	rules_meant(reader, key->text, words, n);
}

static const struct node *
first_of_name(const struct node *map, const struct node *key)
{
	const struct node *other = map->first;

	while (other != key && strcmp(other->text, key->text) != 0)
		other = other->next;
	return other;
}

static bool
has_too_many(struct rules_reader *reader, const struct node *map)
{
	size_t n = 0;

	for (const struct node *key = map->first; key; key = key->next)
		if (++n > KEYS_MAX) {
			rules_fault(reader, key, "more than %d keys in one group", KEYS_MAX);
			return true;
		}
	return false;
}

static void
check_first(struct rules_reader *reader, const struct node *map, const struct node *key)
{
	const struct node *first = first_of_name(map, key);

	if (first != key)
		rules_fault(reader, key, "'%.60s' is given twice (first in line %d)", key->text,
		    first->line);
}

void
rules_read_keys(
    struct rules_reader *reader, const struct rules_keys *keys, const struct node *map, void *into)
{
	if (map->kind != NODE_MAP) {
		rules_fault(
		    reader, map, "%s is a group of keys, found %s", keys->of, tree_shape(map));
		return;
	}
	if (has_too_many(reader, map))
		return;
	for (const struct node *key = map->first; key; key = key->next) {
		const struct rules_key *known = find_key(keys, key->text);

		if (!known)
			fault_unknown(reader, keys, key);
		else
			check_first(reader, map, key);
	}
	/* In the table's order: what comes later there may build on what came before. */
	for (size_t i = 0; i < keys->count; i++) {
		const struct node *value = tree_value(map, keys->keys[i].name);

		if (value && keys->keys[i].take)
			keys->keys[i].take(reader, value, into);
		else if (!value && keys->keys[i].needed)
			rules_fault(
			    reader, map, "%s needs the key '%s'", keys->of, keys->keys[i].name);
	}
}

/* --- a site's facts ----------------------------------------------------------------- */

struct fact_reading {
	struct fact_def def;
	const struct node *fallback;
	bool typed;
};

static void
take_type(struct rules_reader *reader, const struct node *value, void *into)
{
	struct fact_reading *reading = into;
	static const char *const names[] = {
#define X(id, name) name,
		FACT_TYPES(X)
#undef X
	};
	const char *text = rules_scalar(reader, value, "type", "number, text, bool or time");

	if (!text)
		return;
	reading->typed = fact_type_parse(text, &reading->def.type);
	if (reading->typed)
		return;
	rules_fault(reader, value, "type: '%.40s' is none of: number, text, bool, time", text);
	rules_meant(reader, text, names, ARRAY_LEN(names));
}

static void
take_unit(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *text = rules_line(reader, value, "unit", 20);

	if (text)
		((struct fact_reading *)into)->def.unit = text;
}

static void
take_help(struct rules_reader *reader, const struct node *value, void *into)
{
	const char *text = rules_line(reader, value, "help", LINE_MAX);

	if (text)
		((struct fact_reading *)into)->def.help = text;
}

/* Joined by blanks, as those of built-in facts are. */
static void
take_words(struct rules_reader *reader, const struct node *value, void *into)
{
	AUTO(str_donep) struct str words = STR_INIT(1000);
	struct fact_reading *reading = into;

	if (!rules_is_list(reader, value, "words"))
		return;
	for (const struct node *item = value->first; item; item = item->next) {
		const char *text = rules_scalar(reader, item, "words", "a word");

		if (text && strpbrk(text, " \t\r\n"))
			rules_fault(reader, item, "words: '%.40s' is not one word", text);
		else if (text)
			str_addf(&words, "%s%s", words.len ? " " : "", text);
	}
	if (str_overflowed(&words))
		rules_fault(reader, value, "words: more than 1000 bytes");
	reading->def.words = arena_dup(reader->rules->arena, str_text(&words));
}

static void
take_default(struct rules_reader *reader, const struct node *value, void *into)
{
	if (rules_scalar(reader, value, "default", "one value"))
		((struct fact_reading *)into)->fallback = value;
}

static const struct rules_key fact_keys[] = {
	{ "type", true, take_type },
	{ "unit", false, take_unit },
	{ "words", false, take_words },
	{ "default", false, take_default },
	{ "help", false, take_help },
};
static const struct rules_keys fact_group = { "a fact", fact_keys, ARRAY_LEN(fact_keys) };

/* When the whole group is read: the type may stand behind the default. */
static void
settle_default(struct rules_reader *reader, struct fact_reading *reading)
{
	const struct node *node = reading->fallback;

	if (*reading->def.words && reading->def.type != FACT_TEXT)
		rules_fault(reader, node ? node : &(struct node){ .line = 1, .column = 1 },
		    "only a text has words");
	if (!node || !reading->typed)
		return;
	reading->def.fallback =
	    fact_parse(&reading->def, arena_dup(reader->rules->arena, node->text));
	if (reading->def.fallback.is == FACT_WRONG)
		rules_fault(reader, node, "default: '%.40s' is no %s%s%s", node->text,
		    fact_type_name(reading->def.type), *reading->def.words ? " of: " : "",
		    reading->def.words);
}

static const char *
name_fault(const struct rules *rules, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	static const char *const taken[] = { "and", "or", "not", "in", "between", "like", "is",
		"null", "true", "false", "now", "select", "case", "cast", "exists", "random" };
	size_t fact;

	if (strspn(name, letters) != strlen(name) || *name < 'a' || *name > 'z' ||
	    strlen(name) > NAME_MAX)
		return "is no name of a fact: a letter a-z, then a-z, 0-9 and _, at most 40";
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(taken[i], name) == 0)
			return "is a word of expressions; choose another name";
	if (function_find(name))
		return "is a function; choose another name";
	if (fact_find(&rules->facts, name, &fact))
		return fact < FACT_COUNT
		    ? "is a fact already; it needs no declaration"
		    : "is declared twice; all files, and those that ship, share their "
		      "facts";
	return rules->facts.count == FACTS_MAX ? "is one fact too many: there may be 64" : NULL;
}

static void
read_fact(struct rules_reader *reader, const struct node *key)
{
	struct fact_reading reading = {
		.def = { .words = "", .unit = "", .help = "", .of_attribute = true }
	};
	const char *fault = name_fault(reader->rules, key->text);

	if (fault) {
		rules_fault(reader, key, "'%.40s' %s", key->text, fault);
		return;
	}
	reader->where = reading.def.name = arena_dup(reader->rules->arena, key->text);
	rules_read_keys(reader, &fact_group, key->value, &reading);
	settle_default(reader, &reading);
	reader->where = "";
	/* In any case: who uses it should not be told that it is unknown. */
	reader->rules->facts.defs[reader->rules->facts.count++] = reading.def;
}

void
rules_read_facts(struct rules_reader *reader, const struct node *map)
{
	if (tree_is_nothing(map))
		return;
	if (map->kind != NODE_MAP) {
		rules_fault(
		    reader, map, "facts: expected a group of names, found %s", tree_shape(map));
		return;
	}
	if (has_too_many(reader, map))
		return;
	for (const struct node *key = map->first; key; key = key->next)
		read_fact(reader, key);
}
