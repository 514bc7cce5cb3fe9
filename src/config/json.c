#include "read_priv.h"

#include <assent/base/num.h>

#include <string.h>

#define VALUE_MAX ((size_t)1 << 20)

static json_t *
scalar_json(const struct row *row, const char *text)
{
	int64_t number;

	if (row->kind == KIND_INT && num_parse(text, &number))
		return json_integer(number);
	if (row->kind == KIND_BOOL)
		return json_boolean(text_is(text, "true"));
	return json_string(text);
}

/* What a kind shows is YAML, so it is read as such: one printer a kind is enough. */
static json_t *
shown_json(const struct row *row, const struct str *shown)
{
	AUTO(faults_freep) struct faults *faults = faults_new("shown");
	AUTO(arena_freep) struct arena *arena = arena_new(TREE_ARENA_MAX(shown->len));
	const struct node *node = tree_read(shown, arena, faults);
	json_t *list;

	if (!node)
		return json_null();
	if (node->kind == NODE_SCALAR)
		return scalar_json(row, node->text);
	list = json_array();
	for (const struct node *item = node->first; item; item = item->next)
		json_array_append_new(list, json_string(item->text));
	return list;
}

static json_t *
value_json(const struct row *row, const void *base)
{
	AUTO(str_donep) struct str shown = STR_INIT(VALUE_MAX);

	kinds[row->kind].show(row, base, &shown);
	return shown_json(row, &shown);
}

static json_t *
rows_json(const struct table *table, const void *base)
{
	json_t *object = json_object();

	for (size_t i = 0; i < table->count; i++)
		json_object_set_new(object, table->rows[i].key, value_json(&table->rows[i], base));
	return object;
}

static json_t *
records_json(const struct row *row, const void *base)
{
	json_t *list = json_array();
	const char *records;
	size_t count;

	memcpy(&records, (const char *)base + row->at, sizeof(records));
	memcpy(&count, (const char *)base + row->second, sizeof(count));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, rows_json(row->table, records + i * row->table->size));
	return list;
}

json_t *
settings_json(const struct settings *settings)
{
	json_t *object = json_object(), *value;

	for (size_t i = 0; i < settings_table.count; i++) {
		const struct row *row = &settings_table.rows[i];

		if (row->kind == KIND_SECTION)
			value = rows_json(row->table, settings);
		else if (row->kind == KIND_RECORDS)
			value = records_json(row, settings);
		else
			value = value_json(row, settings);
		json_object_set_new(object, row->key, value);
	}
	return object;
}

static const struct row *
row_named(const char *key)
{
	const char *dot = strchr(key, '.');
	size_t len = strcspn(key, ".[");

	for (size_t i = 0; i < settings_table.count; i++) {
		const struct row *row = &settings_table.rows[i];

		if (strlen(row->key) != len || strncmp(row->key, key, len) != 0)
			continue;
		for (size_t k = 0; dot && k < row->table->count; k++)
			if (text_is(row->table->rows[k].key, dot + 1))
				return &row->table->rows[k];
		return row;
	}
	return NULL;
}

json_t *
settings_rows_json(void)
{
	AUTO(str_donep) struct str key = STR_INIT(100);
	AUTO(str_donep) struct str type = STR_INIT(400);
	json_t *list = json_array();

	for (size_t i = 0; settings_key_at(i, &key); i++) {
		const struct row *row = row_named(str_text(&key));

		row_add_type(&type, row);
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s?, s:b, s:s}", "key", str_text(&key), "type",
			str_text(&type), "default", row->fallback, "required", !row->fallback,
			"help", row->help));
		str_clear(&key);
		str_clear(&type);
	}
	return list;
}
