#pragma once
/* kinds: the readers and printers of lists, and of numbers with a unit. */
#include "read_priv.h"

#define LIST_READER(name) \
	void name(struct reader *reader, const struct row *row, const struct node *node, void *base)
#define LIST_PRINTER(name) void name(const struct row *row, const void *base, struct str *out)

LIST_READER(read_name_item);
LIST_READER(read_text_item);
LIST_READER(read_address_item);
LIST_READER(read_domain);
LIST_READER(read_host);
LIST_READER(read_listen);
LIST_READER(read_range);
LIST_PRINTER(show_domains);
LIST_PRINTER(show_listen);
LIST_PRINTER(show_ranges);

/* In the largest unit that leaves a whole number: "90s", "2h"; "64KiB". */
void span_add(struct str *out, span_ms span);
void size_add(struct str *out, int64_t size);

/* "0.15" and 150000; at most six places. */
bool price_parse(const char *text, int64_t *out) MUST_USE;
void price_add(struct str *out, int64_t micros);
