/* look, second half: JSON as tables and fields for people. */
#include "look.h"

#include <assent/base/utf8.h>
#include <assent/base/zone.h>
#include <assent/model/ticket.h>

#include <string.h>

#define CELL_MAX 400
#define NARROW_MAX 48 /* of a cell with others behind it */
#define COLUMNS_MAX 12
#define BULLET_MAX 1000
#define BODY_MAX 4000
#define INDENT 4

static const json_t *
value_of(const json_t *object, const char *key)
{
	const char *dot;
	char part[40];

	while (object && (dot = strchr(key, '.')) && (size_t)(dot - key) < sizeof(part)) {
		memcpy(part, key, (size_t)(dot - key));
		part[dot - key] = '\0';
		object = json_object_get(object, part);
		key = dot + 1;
	}
	return json_object_get(object, key);
}

static const json_t *
value_at(const json_t *object, const char *key)
{
	const char *bar = strchr(key, '|');
	const json_t *value;
	char first[40];

	if (!bar || (size_t)(bar - key) >= sizeof(first))
		return value_of(object, key);
	memcpy(first, key, (size_t)(bar - key));
	first[bar - key] = '\0';
	value = value_of(object, first);
	return value && !json_is_null(value) ? value : value_at(object, bar + 1);
}

const char *
look_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(value_at(object, key));

	return text ? text : "";
}

static void
add_words(struct str *out, enum look_kind kind, int64_t n)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096);
	char minutes[TICKET_SPENT_SIZE];

	if (kind == LOOK_MINUTES)
		str_add(out, n ? ticket_spent_text(n, minutes) : "");
	else if (kind == LOOK_SPAN)
		str_add(out, n ? words_span(arena, n) : "");
	else if (kind == LOOK_SIZE)
		str_add(out, words_size(arena, n));
	else
		str_addf(out, "%lld", (long long)n);
}

static void
add_cell(struct str *out, const json_t *value, enum look_kind kind, size_t max)
{
	const char *text = json_string_value(value);
	utc_ms at;

	if (json_is_integer(value))
		add_words(out, kind, json_integer_value(value));
	else if (json_is_boolean(value))
		str_add(out, json_is_true(value) ? "yes" : "no");
	else if (text && kind == LOOK_TIME && utc_parse_iso(text, &at))
		cli_add_time(out, at);
	else if (text)
		utf8_add_line(out, text, max);
}

void
look_add_cell(struct str *out, const json_t *object, const char *key, enum look_kind kind)
{
	add_cell(out, value_at(object, key), kind, CELL_MAX);
}

/* --- tables ------------------------------------------------------------ */

/* How many stand beside each other. */
static size_t
cells_of(const struct look_column *columns)
{
	size_t n = 0;

	while (n < COLUMNS_MAX && columns[n].heading && columns[n].kind != LOOK_BODY)
		n++;
	return n;
}

static void
add_body(struct str *out, const char *heading, const char *text)
{
	size_t len = strlen(text), cut = utf8_cut(text, len, BODY_MAX);

	if (len == 0)
		return;
	str_addf(out, "%s%s", heading, *heading ? ": " : "");
	utf8_add_visible(out, text, cut);
	str_add(out, cut < len ? "…\n" : "\n");
}

static void
add_row(struct cli_table *table, const json_t *row, const struct look_column *columns)
{
	AUTO(str_donep) struct str below = STR_INIT(8 * BODY_MAX);
	size_t beside = cells_of(columns);
	struct str cells[COLUMNS_MAX];
	const char *texts[COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < COLUMNS_MAX; i++)
		cells[i] = STR_INIT(2 * CELL_MAX);
	for (size_t i = 0; i < beside; i++) {
		add_cell(&cells[i], value_at(row, columns[i].key), columns[i].kind,
		    i + 1 < beside ? NARROW_MAX : CELL_MAX);
		texts[i] = str_text(&cells[i]);
	}
	cli_table_add(table, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6],
	    texts[7], texts[8], texts[9], texts[10], texts[11], CLI_END);
	for (const struct look_column *c = columns + beside; c->heading; c++)
		add_body(&below, c->heading, look_string(row, c->key));
	if (below.len > 0)
		cli_table_below(table, str_text(&below));
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		str_done(&cells[i]);
}

void
look_table(const json_t *rows, const struct look_column *columns, const char *none)
{
	AUTO(cli_table_freep) struct cli_table *table = NULL;
	const char *headings[COLUMNS_MAX + 1] = { 0 };
	size_t beside = cells_of(columns), i;
	const json_t *row;

	if (json_array_size(rows) == 0) {
		printf("%s\n", none);
		return;
	}
	for (i = 0; i < beside; i++)
		headings[i] = columns[i].heading;
	table = cli_table_new(headings, 0);
	for (i = 0; i < beside; i++)
		if (columns[i].kind == LOOK_NAME)
			cli_table_cut(table, i);
	json_array_foreach(rows, i, row)
	{
		add_row(table, row, columns);
	}
	cli_table_print(table, stdout);
}

int
look_list(struct cli *cli, json_t *rows, const struct look_column *columns, size_t max)
{
	bool more = max && json_array_size(rows) > max;

	if (more)
		json_array_remove(rows, max);
	if (cli->json)
		return cli_print_json(rows);
	look_table(rows, columns, "none");
	json_decref(rows);
	if (more)
		printf("… and more; --max says how many to show.\n");
	return CLI_OK;
}

int
look_listing(
    struct cli *cli, look_fn gather, struct look_rows *list, const struct look_column *columns)
{
	size_t max;
	int rc = look_max(cli, &max);

	if (rc != CLI_OK)
		return rc;
	list->ask = max ? max + 1 : 0;
	list->rows = json_array();
	rc = look(cli, gather, list);
	if (rc == CLI_OK)
		return look_list(cli, list->rows, columns, max);
	json_decref(list->rows);
	return rc;
}

/* --- fields ------------------------------------------------------------ */

static void
field_cell(struct str *out, const json_t *object, const struct look_column *column)
{
	str_clear(out);
	look_add_cell(out, object, column->key, column->kind);
}

/* Of the headings that are shown. */
static size_t
widest(const json_t *object, const struct look_column *columns)
{
	AUTO(str_donep) struct str cell = STR_INIT(2 * CELL_MAX);
	size_t most = 0;

	for (; columns->heading; columns++) {
		size_t n = text_columns(columns->heading);

		field_cell(&cell, object, columns);
		most = cell.len && n > most ? n : most;
	}
	return most;
}

void
look_fields(const json_t *object, const struct look_column *columns)
{
	AUTO(str_donep) struct str cell = STR_INIT(2 * CELL_MAX);
	size_t width = widest(object, columns);

	for (; columns->heading; columns++) {
		field_cell(&cell, object, columns);
		if (cell.len)
			printf("%s:%*s  %s\n", columns->heading,
			    (int)(width - text_columns(columns->heading)), "", str_text(&cell));
	}
}

void
look_heading(const char *heading)
{
	printf("\n%s\n", heading);
}

void
look_bullet(const char *text)
{
	AUTO(str_donep) struct str line = STR_INIT(4 * BULLET_MAX);

	str_add(&line, "- ");
	utf8_add_line(&line, text ? text : "", BULLET_MAX);
	cli_print_wrapped(str_text(&line), 2, 2, stdout);
}

void
look_text(const char *text, size_t max)
{
	size_t len = strlen(text), cut = utf8_cut(text, len, max);
	AUTO(str_donep) struct str visible = STR_INIT(4 * cut + 1);
	char *rest, *line;

	utf8_add_visible(&visible, text, cut);
	AUTO(mem_freep)
	char *copy = mem_dup(text_trim(visible.text ? visible.text : (char[]){ "" }));
	for (rest = copy; (line = strsep(&rest, "\n"));)
		cli_print_wrapped(
		    line, *line ? INDENT : 0, text_starts(line, "- ") ? 2 : 0, stdout);
	if (cut < len)
		printf("    [… %zu more bytes; --json shows all]\n", len - cut);
}
