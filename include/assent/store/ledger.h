#pragma once
/*
 * ledger: append-only, hash-chained record of what was decided and done
 * (invariant 10).
 *
 * An entry's text is canonical: one line per part, in a fixed order, each field
 * as "name <hex of SHA-256(salt ‖ value)>". hash = SHA-256(previous hash ‖
 * text). Values and salts lie apart and can be erased; verification then says
 * "erased" for the field and still proves the chain.
 */
#include <assent/base/crypto.h>
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct ledger_field {
	const char *name; /* [a-z_]+ */
	const char *value;
};

struct ledger_entry {
	int64_t seq; /* 1, 2, … */
	utc_ms at;
	const char *kind; /* "approval.asked", "decision", "owner.changed", … */
	struct id subject; /* approval, organisation, … */
	const struct ledger_field *fields;
	size_t field_count;
	uint8_t hash[SHA256_SIZE];
};

struct ledger_head {
	int64_t seq; /* 0 while empty */
	uint8_t hash[SHA256_SIZE]; /* zeros while empty */
};

/* at, kind, subject, fields are read. *head (may be NULL) is the chain's head after it. */
int ledger_append(struct tx *tx, const struct ledger_entry *entry, struct ledger_head *head,
    struct err *err) MUST_USE;
int ledger_head(struct tx *tx, struct ledger_head *out, struct err *err) MUST_USE;
/* An erased field has value NULL. Oldest first; subject null for all. */
int ledger_list(struct tx *tx, const struct id *subject, int64_t after_seq, size_t max,
    struct ledger_entry **out, size_t *count, struct err *err) MUST_USE;

struct ledger_report {
	int64_t entries, values, erased;
	struct ledger_head head;
	int64_t bad_seq; /* 0: all is well */
	const char *fault; /* sentence about bad_seq; "" when all is well */
};

/*
 * Walk the whole chain: every hash, every value present, the head row. Returns
 * 0 whether or not it is intact (see bad_seq); texts in tx_arena().
 */
int ledger_verify(struct tx *tx, struct ledger_report *out, struct err *err) MUST_USE;

/* Does the chain contain this hash at this place (a receipt's head)? */
int ledger_has(struct tx *tx, const struct ledger_head *head, bool *out, struct err *err) MUST_USE;

/* Is there an entry of this kind behind seq? Reads all that came since. */
int ledger_since(struct tx *tx, int64_t seq, const char *kind, bool *out, struct err *err) MUST_USE;
