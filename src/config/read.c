#include "read_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX 200 /* in one mapping; more is no settings file */
#define WORDS_MAX 64

struct within {
	const char *name;
	void *base; /* the struct that the rows' offsets count in */
};

struct table_place {
	const struct node *map; /* what the table is read from */
	void *base;
};

static void read_table(
    struct reader *reader, const struct table *table, const struct node *node, void *base);

void
value_fault(
    struct reader *reader, const struct row *row, const struct node *node, const char *fmt, ...)
{
	char text[480];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	faults_add(
	    reader->faults, node->line, node->column, "%s%s: %s", reader->where, row->key, text);
}

static void
shape_fault(
    struct reader *reader, const struct row *row, const struct node *node, const char *expected)
{
	value_fault(reader, row, node, "expected %s, found %s", expected, tree_shape(node));
}

/* Where a default stands as if somebody had written it. */
static void
read_fallback(struct reader *reader, const struct row *row, const struct node *near, void *base)
{
	struct node node = { .kind = NODE_SCALAR,
		.quoted = true,
		.line = near->line,
		.column = near->column,
		.text = row->fallback };
	char *rest, *word;

	if (!kinds[row->kind].list) {
		kinds[row->kind].read(reader, row, &node, base);
		return;
	}
	for (rest = arena_dup(reader->arena, row->fallback); (word = strsep(&rest, " ")) != NULL;) {
		node.text = word;
		if (*word)
			kinds[row->kind].read(reader, row, &node, base);
	}
}

static void
read_list(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	int64_t count = 0;

	for (const struct node *item = node->first; item; item = item->next) {
		if (++count > row->max) {
			value_fault(
			    reader, row, item, "more than %lld entries", (long long)row->max);
			return;
		}
		if (item->kind != NODE_SCALAR || tree_is_nothing(item))
			shape_fault(reader, row, item, kinds[row->kind].expected);
		else
			kinds[row->kind].read(reader, row, item, base);
	}
	if (count < row->min)
		value_fault(reader, row, node, "needs at least %lld", (long long)row->min);
}

static void
read_value(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const struct kind_ops *ops = &kinds[row->kind];
	char expected[120];

	if (!ops->list && (node->kind != NODE_SCALAR || tree_is_nothing(node))) {
		shape_fault(reader, row, node, ops->expected);
	} else if (!ops->list) {
		ops->read(reader, row, node, base);
	} else if (node->kind != NODE_LIST) {
		snprintf(expected, sizeof(expected), "a list ([]: an empty one), each entry %s",
		    ops->expected);
		shape_fault(reader, row, node, expected);
	} else {
		read_list(reader, row, node, base);
	}
}

/* Walk into a section or a record with its name in front of every fault. */
static void
read_within(
    struct reader *reader, const struct table *table, const struct node *node, struct within in)
{
	char outer[sizeof(reader->where)];

	snprintf(outer, sizeof(outer), "%s", reader->where);
	snprintf(reader->where, sizeof(reader->where), "%.90s.", in.name);
	read_table(reader, table, node, in.base);
	snprintf(reader->where, sizeof(reader->where), "%s", outer);
}

static void
read_section(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	if (node->kind != NODE_MAP && !tree_is_nothing(node)) {
		shape_fault(reader, row, node, "a group of keys");
		return;
	}
	read_within(reader, row->table, node, (struct within){ row->key, base });
}

static size_t
count_items(const struct node *list)
{
	size_t n = 0;

	for (const struct node *item = list->first; item; item = item->next)
		n++;
	return n;
}

static bool
records_are_sane(struct reader *reader, const struct row *row, const struct node *node)
{
	if (node->kind != NODE_LIST) {
		if (!tree_is_nothing(node) || row->min > 0)
			shape_fault(reader, row, node, "a list of records (each starts with '- ')");
		return false;
	}
	if (count_items(node) > (size_t)row->max) {
		value_fault(reader, row, node, "more than %lld records", (long long)row->max);
		return false;
	}
	if (count_items(node) < (size_t)row->min) {
		value_fault(reader, row, node, "needs at least one record");
		return false;
	}
	return true;
}

static void
read_records(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	size_t n = 0, size = row->table->size;
	char name[64], *records;

	if (!records_are_sane(reader, row, node))
		return;
	records = arena_alloc(reader->arena, count_items(node) * size + 1);
	for (const struct node *item = node->first; item; item = item->next, n++) {
		snprintf(name, sizeof(name), "%s[%zu]", row->key, n + 1);
		if (item->kind == NODE_MAP)
			read_within(
			    reader, row->table, item, (struct within){ name, records + n * size });
		else
			shape_fault(reader, row, item, "a group of keys");
	}
	memcpy((char *)base + row->at, &records, sizeof(records));
	memcpy((char *)base + row->second, &n, sizeof(n));
}

static const struct row *
row_find(const struct table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].key, key) == 0)
			return &table->rows[i];
	return NULL;
}

/* Was the right word written in the wrong section? Names it "section.key". */
static bool
name_elsewhere(const char *key, char *out, size_t room)
{
	for (size_t i = 0; i < settings_table.count; i++) {
		const struct row *row = &settings_table.rows[i];

		if (row->kind == KIND_SECTION && row_find(row->table, key)) {
			snprintf(out, room, "%s.%s", row->key, key);
			return true;
		}
	}
	if (!row_find(&settings_table, key))
		return false;
	snprintf(out, room, "%s", key);
	return true;
}

static void
fault_unknown(struct reader *reader, const struct table *table, const struct node *key)
{
	const char *words[WORDS_MAX];
	char elsewhere[80];
	size_t n = 0;

	for (; n < table->count && n < WORDS_MAX; n++)
		words[n] = table->rows[n].key;
	faults_add(reader->faults, key->line, key->column, "unknown key '%s%.60s'", reader->where,
	    key->text);
	if (!faults_is_full(reader->faults) && text_nearest(key->text, words, n))
		faults_meant(reader->faults, text_nearest(key->text, words, n));
	else if (name_elsewhere(key->text, elsewhere, sizeof(elsewhere)))
		faults_meant(reader->faults, elsewhere);
}

/* Every key known, and none twice. False when there are too many to look at. */
static bool
check_keys(struct reader *reader, const struct table *table, const struct node *map)
{
	size_t n = 0;

	for (const struct node *key = map->first; key; key = key->next) {
		const struct node *other = map->first;

		if (++n > KEYS_MAX) {
			faults_add(reader->faults, key->line, key->column,
			    "more than %d keys in one group", KEYS_MAX);
			return false;
		}
		while (other != key && strcmp(other->text, key->text) != 0)
			other = other->next;
		if (other != key)
			faults_add(reader->faults, key->line, key->column,
			    "'%s%.60s' is given twice (first in line %d)", reader->where, key->text,
			    other->line);
		else if (!row_find(table, key->text))
			fault_unknown(reader, table, key);
	}
	return true;
}

static void
read_row(struct reader *reader, const struct row *row, const struct table_place *in)
{
	const struct node *node = tree_value(in->map, row->key);
	const struct node nothing = {
		.line = in->map->line, .column = in->map->column, .text = ""
	};

	if (row->kind == KIND_SECTION) {
		read_section(reader, row, node ? node : &nothing, in->base);
	} else if (!node && !row->fallback) {
		faults_add(reader->faults, in->map->line, in->map->column, "missing key '%s%s'",
		    reader->where, row->key);
	} else if (row->kind == KIND_RECORDS) {
		if (node)
			read_records(reader, row, node, in->base);
	} else if (node) {
		read_value(reader, row, node, in->base);
	} else {
		read_fallback(reader, row, in->map, in->base);
	}
}

static void
read_table(struct reader *reader, const struct table *table, const struct node *node, void *base)
{
	const struct table_place in = { node, base };

	if (node->kind == NODE_MAP && !check_keys(reader, table, node))
		return;
	for (size_t i = 0; i < table->count; i++)
		read_row(reader, &table->rows[i], &in);
}

void
read_settings(struct reader *reader, const struct node *root)
{
	if (root->kind != NODE_MAP) {
		faults_add(reader->faults, root->line, root->column,
		    "expected keys such as 'agent:', found %s", tree_shape(root));
		return;
	}
	read_table(reader, &settings_table, root, reader->settings);
}
