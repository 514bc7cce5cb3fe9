#pragma once
/* ledger_priv: what appending and verifying share. */
#include "query.h"

#include <assent/base/str.h>
#include <assent/store/ledger.h>

#define LEDGER_SALT_SIZE 16
#define LEDGER_HEAD_LINES 4 /* seq, at, kind, subject */
#define LEDGER_TEXT_MAX (64 << 10)

struct ledger_row {
	struct ledger_entry entry; /* without fields */
	const char *text;
};

/* clang-format off */
#define ENTRY(F, N, S) \
	F(S, INT, entry.seq) N(S, INT, entry.at) N(S, TEXT, entry.kind) \
	N(S, MAYBE_ID, entry.subject) N(S, HASH, entry.hash) N(S, TEXT, text)

#define SELECT_ENTRIES "SELECT seq, at, kind, subject, hash, text FROM ledger WHERE seq > ?"

#define LEDGER(X) \
	X(HEAD_GET, "SELECT seq, hash FROM ledger_head WHERE id = 1") \
	X(HEAD_MOVE, "UPDATE ledger_head SET seq = ?, hash = ? WHERE id = 1 AND seq = ?") \
	X(ENTRY_ADD, "INSERT INTO ledger (seq, at, kind, subject, text, hash)" \
	    " VALUES (?, ?, ?, ?, ?, ?)") \
	X(VALUE_ADD, "INSERT INTO ledger_values (seq, n, salt, value) VALUES (?, ?, ?, ?)") \
	X(VALUES_OF, "SELECT n, salt, value FROM ledger_values WHERE seq = ? ORDER BY n") \
	X(VALUES_ALL, "SELECT seq, n, salt, value FROM ledger_values ORDER BY seq, n") \
	X(VALUE_ERASE, "UPDATE ledger_values SET salt = NULL, value = NULL" \
	    " WHERE seq = ? AND n = ? AND salt IS NOT NULL") \
	X(ENTRY_TEXT, "SELECT text FROM ledger WHERE seq = ?") \
	X(ENTRY_HAS, "SELECT 1 FROM ledger WHERE seq = ? AND hash = ?") \
	X(ENTRY_SINCE, "SELECT 1 FROM ledger WHERE seq > ? AND kind = ? LIMIT 1") \
	X(ENTRY_LIST, SELECT_ENTRIES " ORDER BY seq LIMIT ?") \
	X(ENTRY_LIST_OF, SELECT_ENTRIES " AND subject = ? ORDER BY seq LIMIT ?") \
	X(ENTRY_ALL, SELECT_ENTRIES " ORDER BY seq")
/* clang-format on */

enum { LEDGER(STATEMENT_NAME) };
DEFINE_TABLE(ledger_entry, struct ledger_row, ENTRY);

/* One "name hash" line of an entry's text. */
struct ledger_line {
	const char *name;
	size_t name_len;
	uint8_t hash[SHA256_SIZE];
};

void ledger_field_hash(
    const uint8_t salt[LEDGER_SALT_SIZE], const char *value, uint8_t out[SHA256_SIZE]);
void ledger_chain_hash(
    const uint8_t before[SHA256_SIZE], const char *text, uint8_t out[SHA256_SIZE]);
/* The lines before the fields. */
void ledger_text_head(struct str *out, const struct ledger_entry *entry);
const char *ledger_first_field(const char *text); /* NULL when there are too few lines */
/* False at the end and at a line that is not "name hash\n". */
bool ledger_next_field(const char **at, struct ledger_line *out);
