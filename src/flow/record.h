#pragma once
/* record: events and ledger entries in a line each. */
#include <assent/flow/desk.h>
#include <assent/store/ledger.h>

#include <jansson.h>

struct record_change {
	const char *kind, *actor;
	const char *before, *after; /* NULL for none */
};

int record_event(struct desk *desk, const struct id *ticket, const struct record_change *change,
    struct err *err) MUST_USE;

struct record_entry {
	const char *kind;
	struct id subject;
	const struct ledger_field *fields; /* a NULL value leaves the field out */
	size_t field_count;
};

int record_ledger(struct desk *desk, const struct record_entry *entry, struct ledger_head *head,
    struct err *err) MUST_USE;

/* NULL for "": a field that is left out. */
const char *record_maybe(const char *text);
const char *record_hex(struct desk *desk, const uint8_t hash[SHA256_SIZE]);

/* head and head_seq of a view: where the chain ends now. */
int record_head(struct desk *desk, json_t *view, struct err *err) MUST_USE;
