#pragma once
/*
 * rows: every key of the settings file, once.
 *
 * A row says where a value lives, what it may be, what it is when nobody
 * writes it, and what to tell people about it. The reader, `config show`, the
 * first file and the manual walk the same tables.
 */
#include <assent/config/settings.h>

enum kind {
	KIND_TEXT, /* one line; min to max bytes */
	KIND_NAME, /* lower-case word */
	KIND_ADDRESS,
	KIND_LOCALE,
	KIND_ZONE, /* second: the const struct zone * */
	KIND_URL,
	KIND_PATH,
	KIND_SECRET, /* name of a file that holds a secret; second, if any: its text, trimmed */
	KIND_PRICE, /* int64_t: millionths, of a decimal number; "" is -1 */
	KIND_INT, /* int; min to max */
	KIND_SPAN, /* span_ms; min to max */
	KIND_SIZE, /* int64_t bytes; min to max */
	KIND_BOOL,
	KIND_WORD, /* int: place in words */
	KIND_CHOICE, /* const char *: one of words */
	KIND_NAMES, /* struct text_items of lower-case words, or "*" */
	KIND_DOMAINS, /* struct domain_list; min to max entries, as for all lists */
	KIND_HOSTS, /* struct domain_list of authserv-ids */
	KIND_LISTEN, /* struct listen_list */
	KIND_RANGES, /* struct range_list */
	KIND_TEXTS, /* struct text_items of single lines */
	KIND_ADDRESSES, /* struct text_items of addresses */
	KIND_SECTION, /* table; rows of the same struct */
	KIND_RECORDS, /* table; second: the size_t count */
	KIND_COUNT
};

enum row_flag {
	ROW_RESTART = 1, /* a reload cannot change it */
	ROW_LATER = 2, /* not in the first file */
	ROW_QUERY = 4, /* a url may have a query */
};

struct table;

struct row {
	const char *key;
	enum kind kind;
	unsigned at, second; /* offsets in the table's struct */
	int64_t min, max;
	const char *fallback; /* as it would be written; NULL: must be given */
	const char *words; /* of KIND_WORD, blank between */
	unsigned flags;
	const char *example; /* value in the first file; NULL: the default, as a comment */
	const char *help; /* sentences */
	const struct table *table;
};

struct table {
	const struct row *rows;
	size_t count;
	size_t size; /* of one record; 0 for a section */
};

extern const struct table settings_table;
extern const struct table calendar_table, role_table, workflow_table; /* rows_calendar.c */

/* The nth word of words into out; false past the end. */
bool row_word(const char *words, int n, char *out, size_t room);

#define ROW_WORD_MAX 24
#define ROW_WORDS_MAX 8
