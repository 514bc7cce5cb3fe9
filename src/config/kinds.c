#include "kinds_priv.h"
#include "syntax_priv.h"

#include <assent/base/num.h>
#include <assent/base/utf8.h>

#include <stdio.h>
#include <string.h>

static void
put(void *base, unsigned at, const void *value, size_t n)
{
	memcpy((char *)base + at, value, n);
}

static void
put_pointer(void *base, unsigned at, const void *value)
{
	put(base, at, &value, sizeof(void *));
}

static void
put_text(struct reader *reader, const struct row *row, const char *text, void *base)
{
	put_pointer(base, row->at, arena_dup(reader->arena, text));
}

static const char *
text_at(const struct row *row, const void *base)
{
	const char *text;

	memcpy(&text, (const char *)base + row->at, sizeof(text));
	return text ? text : "";
}

/* --- texts ------------------------------------------------------------- */

static void
read_text(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	size_t len = strlen(node->text);

	if (strpbrk(node->text, "\r\n\t"))
		value_fault(reader, row, node, "must be one line without tabs");
	else if (len < (size_t)row->min)
		value_fault(reader, row, node, "must not be empty");
	else if (row->max && len > (size_t)row->max)
		value_fault(reader, row, node, "is longer than %lld bytes", (long long)row->max);
	else
		put_text(reader, row, node->text, base);
}

static void
show_text(const struct row *row, const void *base, struct str *out)
{
	yaml_add_scalar(out, text_at(row, base));
}

static void
read_name(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *fault = name_fault(node->text);

	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		put_text(reader, row, node->text, base);
}

static void
read_address(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *address = "", *fault = NULL;

	if (*node->text || !row->fallback)
		fault = address_fault(node->text, reader->arena, &address);
	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		put_pointer(base, row->at, address);
}

static void
read_url(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *url = "", *fault = NULL, *query = strchrnul(node->text, '?');

	if (!(row->flags & ROW_QUERY))
		query = "";
	if (*node->text)
		fault = url_fault(
		    arena_dup_n(reader->arena, node->text, strlen(node->text) - strlen(query)),
		    reader->arena, &url);
	if (!fault && *query)
		fault = query_fault(query);
	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		put_pointer(base, row->at, arena_printf(reader->arena, "%s%s", url, query));
}

/* Whether a locale exists is asked in check_settings(), when site_dir is known. */
static void
read_locale(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *text = node->text;

	if (strlen(text) > 16 ||
	    strspn(text,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(text))
		value_fault(reader, row, node, "'%.40s' is no locale such as en or de", text);
	else
		put_text(reader, row, text, base);
}

static void
read_zone(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const struct zone *zone = NULL;
	struct err err;

	if (*node->text && zone_get(node->text, &zone, &err) < 0) {
		value_fault(reader, row, node,
		    "unknown time zone '%.60s'; write one such as Europe/Berlin or UTC",
		    node->text);
		if (!faults_is_full(reader->faults))
			faults_meant(reader->faults, zone_nearest(reader->arena, node->text));
		return;
	}
	put_pointer(base, row->second, zone);
	put_text(reader, row, node->text, base);
}

/* Relative paths start at the settings file's folder. */
static void
read_path(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *text = node->text;

	if (!*text && (!row->fallback || *row->fallback)) {
		value_fault(reader, row, node, "must not be empty");
	} else if (strlen(text) > 1000 || strpbrk(text, "\r\n\t")) {
		value_fault(reader, row, node, "is not a usable path");
	} else if (!*text || *text == '/') {
		put_text(reader, row, text, base);
	} else {
		text = arena_printf(reader->arena, "%s/%s", reader->folder, text);
		put_pointer(base, row->at, text);
	}
}

/* systemd credentials come first: LoadCredential= is how a unit hands secrets over. */
static void
read_secret(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	const char *path;

	if (!folder || !*folder || !*node->text || *node->text == '/') {
		read_path(reader, row, node, base);
	} else {
		path = arena_printf(reader->arena, "%s/%.1000s", folder, node->text);
		put_pointer(base, row->at, path);
	}
	if (row->second && *text_at(row, base))
		put_pointer(base, row->second, read_secret_text(reader, text_at(row, base), node));
}

/* --- numbers ----------------------------------------------------------- */

static bool
is_within(struct reader *reader, const struct row *row, const struct node *node, int64_t value)
{
	struct str bound = STR_INIT(64);

	if (value >= row->min && value <= row->max)
		return true;
	if (row->kind == KIND_SPAN)
		span_add(&bound, value < row->min ? row->min : row->max);
	else if (row->kind == KIND_SIZE)
		size_add(&bound, value < row->min ? row->min : row->max);
	else
		str_addf(&bound, "%lld", (long long)(value < row->min ? row->min : row->max));
	value_fault(reader, row, node, "'%.40s' is %s than %s", node->text,
	    value < row->min ? "less" : "more", str_text(&bound));
	str_done(&bound);
	return false;
}

static void
number_fault(struct reader *reader, const struct row *row, const struct node *node)
{
	value_fault(
	    reader, row, node, "expected %s, found '%.40s'", kinds[row->kind].expected, node->text);
}

static void
read_int(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	int64_t value;
	int number;

	if (!num_parse(node->text, &value)) {
		number_fault(reader, row, node);
	} else if (is_within(reader, row, node, value)) {
		number = (int)value;
		put(base, row->at, &number, sizeof(number));
	}
}

static void
read_price(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	int64_t micros = -1;

	if (*node->text && !price_parse(node->text, &micros))
		number_fault(reader, row, node);
	else
		put(base, row->at, &micros, sizeof(micros));
}

static void
show_price(const struct row *row, const void *base, struct str *out)
{
	int64_t micros;

	memcpy(&micros, (const char *)base + row->at, sizeof(micros));
	if (micros < 0)
		yaml_add_scalar(out, "");
	else
		price_add(out, micros);
}

static void
show_int(const struct row *row, const void *base, struct str *out)
{
	int number;

	memcpy(&number, (const char *)base + row->at, sizeof(number));
	str_addf(out, "%d", number);
}

static void
read_span(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	int64_t value;

	if (!span_parse(node->text, &value))
		number_fault(reader, row, node);
	else if (is_within(reader, row, node, value))
		put(base, row->at, &value, sizeof(value));
}

static void
show_span(const struct row *row, const void *base, struct str *out)
{
	int64_t value;

	memcpy(&value, (const char *)base + row->at, sizeof(value));
	span_add(out, value);
}

static void
read_size(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	int64_t value;

	if (!size_parse(node->text, &value))
		number_fault(reader, row, node);
	else if (is_within(reader, row, node, value))
		put(base, row->at, &value, sizeof(value));
}

static void
show_size(const struct row *row, const void *base, struct str *out)
{
	int64_t value;

	memcpy(&value, (const char *)base + row->at, sizeof(value));
	size_add(out, value);
}

static void
read_bool(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	bool yes = text_is(node->text, "true") || text_is(node->text, "yes");

	if (!yes && !text_is(node->text, "false") && !text_is(node->text, "no"))
		number_fault(reader, row, node);
	else
		put(base, row->at, &yes, sizeof(yes));
}

static void
show_bool(const struct row *row, const void *base, struct str *out)
{
	bool yes;

	memcpy(&yes, (const char *)base + row->at, sizeof(yes));
	str_add(out, yes ? "true" : "false");
}

/* --- words ------------------------------------------------------------- */

/* The place of node's word in row->words, or -1 after a fault. */
static int
word_place(struct reader *reader, const struct row *row, const struct node *node)
{
	char words[ROW_WORDS_MAX][ROW_WORD_MAX];
	const char *list[ROW_WORDS_MAX];
	char all[200] = "";
	int n = 0;

	for (; n < ROW_WORDS_MAX && row_word(row->words, n, words[n], ROW_WORD_MAX); n++) {
		size_t len = strlen(all);

		if (strcmp(words[n], node->text) == 0)
			return n;
		list[n] = words[n];
		snprintf(all + len, sizeof(all) - len, "%s%s", n ? ", " : "", words[n]);
	}
	value_fault(reader, row, node, "'%.40s' is none of %s", node->text, all);
	faults_meant(reader->faults, text_nearest(node->text, list, (size_t)n));
	for (int i = 0; i < n; i++)
		if (text_starts(node->text, words[i]))
			faults_meant(reader->faults, words[i]);
	return -1;
}

static void
read_word(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	int place = word_place(reader, row, node);

	if (place >= 0)
		put(base, row->at, &place, sizeof(place));
}

static void
show_word(const struct row *row, const void *base, struct str *out)
{
	char word[ROW_WORD_MAX];
	int place;

	memcpy(&place, (const char *)base + row->at, sizeof(place));
	if (row_word(row->words, place, word, sizeof(word)))
		str_add(out, word);
}

static void
read_choice(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	if (word_place(reader, row, node) >= 0)
		put_text(reader, row, node->text, base);
}

/* clang-format off */
const struct kind_ops kinds[KIND_COUNT] = {
	[KIND_TEXT] = { "text", "a text", false, read_text, show_text },
	[KIND_NAME] = { "word", "a word", false, read_name, show_text },
	[KIND_ADDRESS] = { "address", "an address like name@example.com", false, read_address, show_text },
	[KIND_LOCALE] = { "locale", "a locale such as en", false, read_locale, show_text },
	[KIND_ZONE] = { "time zone", "a time zone such as Europe/Berlin", false, read_zone, show_text },
	[KIND_URL] = { "URL", "a URL", false, read_url, show_text },
	[KIND_PATH] = { "path", "a path", false, read_path, show_text },
	[KIND_SECRET] = { "path of a secret file", "a file name", false, read_secret, show_text },
	[KIND_PRICE] = { "price", "a price such as 0.15, or \"\"", false, read_price, show_price },
	[KIND_INT] = { "whole number", "a whole number", false, read_int, show_int },
	[KIND_SPAN] = { "duration", "a duration such as 30s, 5m, 2h or 7d", false, read_span, show_span },
	[KIND_SIZE] = { "size", "a size such as 64KiB, 25MiB or 1GiB", false, read_size, show_size },
	[KIND_BOOL] = { "true or false", "true or false", false, read_bool, show_bool },
	[KIND_WORD] = { "word", "a word", false, read_word, show_word },
	[KIND_CHOICE] = { "word", "a word", false, read_choice, show_text },
	[KIND_NAMES] = { "list of words", "a word", true, read_name_item, show_domains },
	[KIND_DOMAINS] = { "list of domains", "a domain", true, read_domain, show_domains },
	[KIND_HOSTS] = { "list of host names", "a host name", true, read_host, show_domains },
	[KIND_LISTEN] = { "list of addresses with port", "an address with port like 127.0.0.1:8025", true, read_listen, show_listen },
	[KIND_TEXTS] = { "list of texts", "a text", true, read_text_item, show_domains },
	[KIND_ADDRESSES] = { "list of addresses", "an address like name@example.com", true, read_address_item, show_domains },
	[KIND_RANGES] = { "list of IP addresses or ranges", "an IP address or a range like 10.0.0.0/8", true, read_range, show_ranges },
};
/* clang-format on */
