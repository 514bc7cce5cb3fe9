#include "kinds_priv.h"

#include <string.h>

#define WRAP 78

/* Words that other YAML readers take for something else than text. */
static bool
is_special_word(const char *text)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y",
		"n", "~" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_is_nocase(text, words[i]))
			return true;
	return false;
}

static bool
is_plain(const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789@._/+- ";
	size_t len = strlen(text);

	return len > 0 && strspn(text, safe) == len && strchr(safe, *text) < strchr(safe, '0') &&
	    text[len - 1] != ' ' && !is_special_word(text);
}

void
yaml_add_scalar(struct str *out, const char *text)
{
	if (is_plain(text) || (*text == '/' && is_plain(text + 1))) {
		str_add(out, text);
		return;
	}
	str_add_char(out, '"');
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			str_add_char(out, '\\');
		str_add_char(out, *p);
	}
	str_add_char(out, '"');
}

struct amount {
	int64_t factor;
	const char *name;
};

static void
add_amount(struct str *out, int64_t value, const struct amount *units, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || (value && value % units[i].factor == 0)) {
			str_addf(
			    out, "%lld%s", (long long)(value / units[i].factor), units[i].name);
			return;
		}
}

void
span_add(struct str *out, span_ms span)
{
	static const struct amount units[] = { { MS_DAY, "d" }, { MS_HOUR, "h" },
		{ MS_MINUTE, "m" }, { MS_SECOND, "s" }, { 1, "ms" } };

	add_amount(out, span, units, ARRAY_LEN(units));
}

void
size_add(struct str *out, int64_t size)
{
	static const struct amount units[] = { { 1 << 30, "GiB" }, { 1 << 20, "MiB" },
		{ 1 << 10, "KiB" }, { 1, "" } };

	add_amount(out, size, units, ARRAY_LEN(units));
}

/* --- the settings in force --------------------------------------------- */

static void
show_rows(const struct table *table, const void *base, struct str *out, const char *indent)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		str_addf(out, "%s%s: ", table->size && i == 0 ? "  - " : indent, row->key);
		kinds[row->kind].show(row, base, out);
		str_add(out, "\n");
	}
}

static void
show_records(const struct row *row, const void *base, struct str *out)
{
	const char *records;
	size_t count;

	memcpy(&records, (const char *)base + row->at, sizeof(records));
	memcpy(&count, (const char *)base + row->second, sizeof(count));
	str_addf(out, "%s:%s\n", row->key, count ? "" : " []");
	for (size_t i = 0; i < count; i++)
		show_rows(row->table, records + i * row->table->size, out, "    ");
}

static void
show_row(const struct row *row, const void *base, struct str *out)
{
	if (row->kind == KIND_SECTION) {
		str_addf(out, "%s:\n", row->key);
		show_rows(row->table, base, out, "  ");
	} else if (row->kind == KIND_RECORDS) {
		show_records(row, base, out);
	} else {
		str_addf(out, "%s: ", row->key);
		kinds[row->kind].show(row, base, out);
		str_add(out, "\n");
	}
}

void
settings_add_yaml(const struct settings *settings, struct str *out)
{
	for (size_t i = 0; i < settings_table.count; i++)
		show_row(&settings_table.rows[i], settings, out);
}

static bool
row_differs(const struct row *row, const void *a, const void *b)
{
	AUTO(str_donep) struct str left = STR_INIT((size_t)4 << 20);
	AUTO(str_donep) struct str right = STR_INIT((size_t)4 << 20);

	if (row->kind == KIND_RECORDS) {
		show_records(row, a, &left);
		show_records(row, b, &right);
	} else {
		kinds[row->kind].show(row, a, &left);
		kinds[row->kind].show(row, b, &right);
	}
	return strcmp(str_text(&left), str_text(&right)) != 0;
}

bool
settings_needs_restart(const struct settings *now, const struct settings *then, struct str *out)
{
	for (size_t i = 0; i < settings_table.count; i++) {
		const struct row *row = &settings_table.rows[i];
		bool section = row->kind == KIND_SECTION;
		const struct row *rows = section ? row->table->rows : row;

		for (size_t k = 0; k < (section ? row->table->count : 1); k++) {
			if (!(rows[k].flags & ROW_RESTART) || !row_differs(&rows[k], now, then))
				continue;
			str_addf(out, "%s%s%s", section ? row->key : "", section ? "." : "",
			    rows[k].key);
			return true;
		}
	}
	return false;
}

/* --- rows for people --------------------------------------------------- */

static void
add_bound(struct str *out, const struct row *row, int64_t value)
{
	if (row->kind == KIND_SPAN)
		span_add(out, value);
	else if (row->kind == KIND_SIZE)
		size_add(out, value);
	else
		str_addf(out, "%lld", (long long)value);
}

static void
add_words(struct str *out, const char *words)
{
	char word[ROW_WORD_MAX];

	for (int i = 0; row_word(words, i, word, sizeof(word)); i++)
		str_addf(out, "%s%s", i ? ", " : "one of ", word);
}

void
row_add_type(struct str *out, const struct row *row)
{
	const char *things = kinds[row->kind].list ? " entries" : "";

	if (row->words) {
		add_words(out, row->words);
		return;
	}
	str_add(out, row->kind == KIND_RECORDS ? "list of records" : kinds[row->kind].name);
	if (row->kind == KIND_TEXT)
		things = row->max == 1 ? " byte" : " bytes";
	if (row->max && row->min) {
		str_add(out, ", ");
		add_bound(out, row, row->min);
		str_add(out, " to ");
		add_bound(out, row, row->max);
		str_add(out, things);
	} else if (row->max) {
		str_add(out, ", at most ");
		add_bound(out, row, row->max);
		str_add(out, things);
	}
}

struct page {
	struct str *out;
	bool example; /* the first file; else the table of defaults */
	bool off; /* everything is a comment */
	const char *indent;
};

/* help and type as a comment, wrapped. */
static void
add_comment(const struct page *page, const char *text)
{
	size_t column = WRAP;
	bool first = true;

	for (const char *p = text; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (column + 1 + n > WRAP) {
			str_addf(page->out, "%s%s#", first ? "" : "\n", page->indent);
			column = strlen(page->indent) + 1;
			first = false;
		}
		str_addf(page->out, " %.*s", (int)n, p);
		column += 1 + n;
		p += n;
	}
	str_add(page->out, "\n");
}

static void
add_help(const struct page *page, const struct row *row)
{
	AUTO(str_donep) struct str text = STR_INIT(2000);

	str_addf(&text, "%s (", row->help);
	row_add_type(&text, row);
	str_add(&text, row->fallback ? ")" : "; must be given)");
	add_comment(page, str_text(&text));
}

/* The entries of a list's default stand with blanks between. */
static void
add_table_list(struct str *out, const char *value)
{
	char entry[200];

	str_add(out, "[");
	for (const char *p = value; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		snprintf(entry, sizeof(entry), "%.*s", (int)n, p);
		str_add(out, p == value ? "" : ", ");
		yaml_add_scalar(out, entry);
		p += n;
	}
	str_add(out, "]");
}

/* A value out of the tables, as it is written in a file. */
static void
add_table_value(struct str *out, const struct row *row, const char *value)
{
	if (row->kind >= KIND_INT && row->kind <= KIND_WORD) {
		str_add(out, value);
		return;
	}
	if (!kinds[row->kind].list) {
		yaml_add_scalar(out, value);
		return;
	}
	add_table_list(out, value);
}

static void
add_line(const struct page *page, const struct row *row, bool first_of_record)
{
	const char *value = page->example && row->example ? row->example : row->fallback;
	bool off = page->off || !value || (page->example && !row->example);
	size_t indent = strlen(page->indent);

	if (first_of_record)
		str_addf(page->out, "%.*s%s- ", (int)indent - 2, page->indent, off ? "#" : "");
	else
		str_addf(page->out, "%s%s", page->indent, off ? "#" : "");
	str_addf(page->out, "%s: ", row->key);
	if (value)
		add_table_value(page->out, row, value);
	str_add(page->out, "\n");
}

static void
add_rows(const struct page *page, const struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		add_help(page, &table->rows[i]);
		add_line(page, &table->rows[i], table->size && i == 0);
	}
}

static void
add_group(const struct page *page, const struct row *row)
{
	bool records = row->kind == KIND_RECORDS;
	bool off = records && !(page->example && row->example);
	struct page inner = { page->out, page->example, off, records ? "    " : "  " };

	add_comment(page, row->help);
	str_addf(page->out, "%s%s:%s\n", off && page->example ? "#" : "", row->key,
	    off && !page->example && row->fallback ? " []" : "");
	add_rows(&inner, row->table);
}

static void
add_page(const struct page *page)
{
	for (size_t i = 0; i < settings_table.count; i++) {
		const struct row *row = &settings_table.rows[i];

		if (page->example && (row->flags & ROW_LATER))
			continue;
		str_add(page->out, "\n");
		if (row->table) {
			add_group(page, row);
		} else {
			add_help(page, row);
			add_line(page, row, false);
		}
	}
}

void
settings_add_defaults(struct str *out)
{
	struct page page = { out, false, false, "" };

	str_add(out, "# Every key of assentd.yaml with its default.\n");
	add_page(&page);
}

void
settings_add_example(struct str *out)
{
	struct page page = { out, true, false, "" };

	str_add(out,
	    "# Settings of assentd; the manual is assentd.yaml(5).\n"
	    "#\n"
	    "# Edit, then run `assent config check`: it shows everything that is wrong, with\n"
	    "# line and column. Explanations start with \"# \"; a key behind a bare # is off\n"
	    "# and shows its default. `assent config show --defaults` prints all there are.\n"
	    "# Relative paths start at this file's folder.\n");
	add_page(&page);
}
