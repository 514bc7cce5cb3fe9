#include "cli.h"

#include <assent/base/num.h>
#include <assent/base/utf8.h>
#include <assent/base/zone.h>

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define CELL_MAX 400
#define WIDTH_DEFAULT 100
#define WIDTH_MAX 10000
#define NARROWEST 12 /* of a column that is cut */
#define SQUEEZED 6 /* where a line would be too long even so */
#define LAST_LEAST 24 /* what others are cut for */
#define LAST_FLOOR 8
#define GAP "  "

struct cli_table {
	size_t columns, rows, room;
	uint64_t cut; /* a bit for each column that may be narrowed */
	bool headed;
	char **cells; /* rows * columns */
	char **below; /* one a row, NULL for none */
};

/* --- JSON and time ----------------------------------------------------- */

int
cli_print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	fputc('\n', stdout);
	json_decref(value);
	return CLI_OK;
}

json_t *
cli_json_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	json_t *value;
	struct str clean;

	if (len == 0 || utf8_is_valid(text, len))
		return json_stringn_nocheck(text ? text : "", len);
	clean = STR_INIT(3 * len + 1);
	utf8_add_clean(&clean, text, len);
	value = json_stringn_nocheck(str_text(&clean), clean.len);
	str_done(&clean);
	return value;
}

void
cli_take_text(struct cli *cli, json_t *arguments, const char *name, const char *option)
{
	const char *text = cli_text(cli, option);

	if (text)
		json_object_set_new(arguments, name, cli_json_text(text));
}

void
cli_add_time(struct str *out, utc_ms at)
{
	if (at)
		zone_add_text(out, zone_local(), at);
}

json_t *
cli_json_time(utc_ms at)
{
	AUTO(str_donep) struct str text = STR_INIT(64);

	if (!at)
		return json_null();
	utc_add_iso(&text, at);
	return json_string(str_text(&text));
}

/* --- width ------------------------------------------------------------- */

struct range {
	uint32_t first, last;
};

static bool
is_in(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/*
 * wcwidth() needs a UTF-8 locale, which a service's shell often lacks; these
 * blocks (Unicode 15, East Asian Width W and F; general category Mn) are what
 * names and subjects hold in practice.
 */
static size_t
columns_of(uint32_t c)
{
	static const struct range wide[] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e },
		{ 0x3041, 0xa4cf }, { 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd } };
	static const struct range none[] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd },
		{ 0x610, 0x61a }, { 0x64b, 0x65f }, { 0x6d6, 0x6dc }, { 0xe31, 0xe31 },
		{ 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
		{ 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };

	if (is_in(c, none, ARRAY_LEN(none)))
		return 0;
	return is_in(c, wide, ARRAY_LEN(wide)) ? 2 : 1;
}

static size_t
columns_in(const char *text, size_t len)
{
	size_t columns = 0;
	uint32_t c;

	for (size_t i = 0; i < len;) {
		i += utf8_next(text + i, len - i, &c);
		columns += columns_of(c);
	}
	return columns;
}

size_t
text_columns(const char *text)
{
	return columns_in(text, strlen(text));
}

/* Bytes of text that fit into room columns. */
static size_t
bytes_that_fit(const char *text, size_t room)
{
	size_t len = strlen(text), i = 0;
	uint32_t c;

	while (i < len) {
		size_t n = utf8_next(text + i, len - i, &c);

		if (columns_of(c) > room)
			break;
		room -= columns_of(c);
		i += n;
	}
	return i;
}

/* --- tables ------------------------------------------------------------ */

static char **
add_row(struct cli_table *table)
{
	if (table->rows == table->room) {
		table->room = table->room ? 2 * table->room : 16;
		table->cells =
		    mem_grow(table->cells, table->room * table->columns * sizeof(table->cells[0]));
		table->below = mem_grow(table->below, table->room * sizeof(table->below[0]));
	}
	table->below[table->rows] = NULL;
	memset(table->cells + table->rows * table->columns, 0,
	    table->columns * sizeof(table->cells[0]));
	return table->cells + table->rows++ * table->columns;
}

static char *
cell_new(const char *text)
{
	struct str cell = STR_INIT(CELL_MAX + 8);

	utf8_add_line(&cell, text ? text : "", CELL_MAX);
	str_add(&cell, "");
	return cell.text ? str_take(&cell) : mem_dup("");
}

struct cli_table *
cli_table_new(const char *const *headings, size_t columns)
{
	struct cli_table *table = mem_alloc(sizeof(*table));
	char **row;

	for (table->columns = columns; headings && headings[table->columns];)
		table->columns++;
	table->headed = headings != NULL;
	if (!headings)
		return table;
	row = add_row(table);
	for (size_t i = 0; i < table->columns; i++)
		row[i] = cell_new(headings[i]);
	return table;
}

void
cli_table_free(struct cli_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->rows * table->columns; i++)
		mem_free(table->cells[i]);
	for (size_t i = 0; i < table->rows; i++)
		mem_free(table->below[i]);
	mem_free(table->cells);
	mem_free(table->below);
	mem_free(table);
}

void
cli_table_add(struct cli_table *table, ...)
{
	char **row = add_row(table);
	const char *cell;
	va_list args;

	va_start(args, table);
	for (size_t i = 0; i < table->columns; i++) {
		cell = va_arg(args, const char *);
		if (cell == CLI_END)
			break;
		row[i] = cell_new(cell);
	}
	va_end(args);
}

void
cli_table_below(struct cli_table *table, const char *text)
{
	char **at = &table->below[table->rows - 1];

	mem_free(*at);
	*at = mem_dup(text);
}

static const char *
cell_at(const struct cli_table *table, size_t row, size_t column)
{
	const char *cell = table->cells[row * table->columns + column];

	return cell ? cell : "";
}

static size_t
column_width(const struct cli_table *table, size_t column)
{
	size_t widest = 0;

	for (size_t row = 0; row < table->rows; row++) {
		size_t n = text_columns(cell_at(table, row, column));

		widest = n > widest ? n : widest;
	}
	return widest;
}

void
cli_table_cut(struct cli_table *table, size_t column)
{
	if (column < 64)
		table->cut |= UINT64_C(1) << column;
}

/* How long a line may be; 0 where nobody says. */
static size_t
width_told(FILE *out)
{
	const char *told = getenv("COLUMNS");
	struct winsize size;
	int64_t n;

	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return told && num_parse_within(told, 20, WIDTH_MAX, &n) ? (size_t)n : 0;
}

/* The widest of those that may be cut down to least; SIZE_MAX when none is left. */
static size_t
next_to_cut(const struct cli_table *table, const size_t *widths, size_t least)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i + 1 < table->columns && i < 64; i++)
		if ((table->cut >> i & 1) && widths[i] > least &&
		    (found == SIZE_MAX || widths[i] > widths[found]))
			found = i;
	return found;
}

/* Cut what may be cut until all but the last fit into room; returns what they take. */
static size_t
cut_for(const struct cli_table *table, size_t room, size_t least, size_t *widths)
{
	size_t used = 0, cut;

	for (size_t i = 0; i + 1 < table->columns; i++)
		used += widths[i] + strlen(GAP);
	while (used > room && (cut = next_to_cut(table, widths, least)) != SIZE_MAX) {
		widths[cut]--;
		used--;
	}
	return used;
}

/* What is left of width beside a last column of at most wanted. */
static size_t
beside(size_t width, size_t last, size_t wanted)
{
	size_t n = last < wanted ? last : wanted;

	return width > n ? width - n : 0;
}

/* Fill in the widths of all columns; the last one gets what is left. */
static void
settle_widths(const struct cli_table *table, size_t width, size_t *widths)
{
	size_t *last = &widths[table->columns - 1], used;

	for (size_t i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i);
	(void)cut_for(table, beside(width, *last, LAST_LEAST), NARROWEST, widths);
	used = cut_for(table, beside(width, *last, LAST_FLOOR), SQUEEZED, widths);
	if (used + *last > width)
		*last = width > used + LAST_FLOOR ? width - used : LAST_FLOOR;
}

/* At most room columns of it; returns how many were printed. */
static size_t
print_cell(const char *cell, size_t room, FILE *out)
{
	size_t columns = text_columns(cell);

	if (columns <= room) {
		fprintf(out, "%s", cell);
		return columns;
	}
	size_t n = bytes_that_fit(cell, room - 1);
	AUTO(mem_freep) char *start = mem_dup(cell);
	start[n] = '\0';
	fprintf(out, "%s…", start);
	return text_columns(start) + 1;
}

/* Cells with their gaps; nothing behind the last that holds something. */
static void
print_row(const struct cli_table *table, size_t row, const size_t *widths, FILE *out)
{
	size_t behind = 0;

	for (size_t i = 0; i < table->columns; i++) {
		const char *cell = cell_at(table, row, i);

		if (*cell != '\0') {
			fprintf(out, "%*s", (int)behind, "");
			behind = widths[i] - print_cell(cell, widths[i], out);
		} else {
			behind += widths[i];
		}
		behind += strlen(GAP);
	}
	fputc('\n', out);
}

/* --- texts --------------------------------------------------------------- */

void
cli_print_wrapped(const char *line, size_t indent, size_t hang, FILE *out)
{
	size_t width = width_told(out), lead = strspn(line, " "), at = indent + lead;
	const char *word = line + lead;

	fprintf(out, "%*s", (int)at, "");
	for (bool first = true; *word != '\0'; first = false) {
		size_t n = strcspn(word, " "), columns = columns_in(word, n);

		if (!first && width != 0 && at + 1 + columns > width) {
			at = indent + lead + hang;
			fprintf(out, "\n%*s", (int)at, "");
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)n, word);
		at += columns + !first;
		word += n;
		word += *word == ' ';
	}
	fputc('\n', out);
}

static void
print_below(const char *text, size_t indent, FILE *out)
{
	AUTO(mem_freep) char *copy = mem_dup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			cli_print_wrapped(line, indent, 0, out);
}

void
cli_table_print(const struct cli_table *table, FILE *out)
{
	AUTO(mem_freep) size_t *widths = mem_alloc(table->columns * sizeof(*widths));
	size_t width = width_told(out);

	settle_widths(table, width ? width : WIDTH_DEFAULT, widths);
	for (size_t row = 0; row < table->rows; row++) {
		print_row(table, row, widths, out);
		if (table->below[row] != NULL)
			print_below(table->below[row], widths[0] + strlen(GAP), out);
	}
}
