/* ledger_verify: walk the chain and say what does not fit. */
#include "ledger_priv.h"

#include <stdio.h>
#include <string.h>

#define QUERY(which) query_open(tx, &ledger_statements, which)

struct walk {
	struct tx *tx;
	struct ledger_report *report;
	struct query entries, values;
	bool at_value; /* values stands at one: */
	int64_t value_seq, value_n;
	uint8_t before[SHA256_SIZE];
	struct str *text;
};

static int
found(struct walk *walk, int64_t seq, const char *fault)
{
	walk->report->bad_seq = seq;
	walk->report->fault =
	    arena_printf(walk->tx->arena, "entry %lld: %s", (long long)seq, fault);
	return 1;
}

/* Go to the next stored value. */
static int
step_values(struct walk *walk, struct err *err)
{
	int rc = query_next(&walk->values, err);

	walk->at_value = rc > 0;
	if (rc > 0) {
		walk->value_seq = column_int(&walk->values, 0);
		walk->value_n = column_int(&walk->values, 1);
	}
	return rc < 0 ? rc : 0;
}

static bool
value_fits(struct walk *walk, const uint8_t want[SHA256_SIZE])
{
	uint8_t hash[SHA256_SIZE];
	size_t salt_len, len;
	const void *salt = column_bytes(&walk->values, 2, &salt_len);
	const char *value = column_peek(&walk->values, 3, &len);

	if (salt_len != LEDGER_SALT_SIZE || strlen(value) != len)
		return false;
	ledger_field_hash(salt, value, hash);
	return memcmp(hash, want, sizeof(hash)) == 0;
}

/* 1: a fault was found; 0: this field is as it was, or erased. */
static int
check_field(
    struct walk *walk, int64_t seq, int64_t n, const struct ledger_line *line, struct err *err)
{
	char fault[128];

	if (!walk->at_value || walk->value_seq != seq || walk->value_n != n) {
		walk->report->erased++;
		return 0;
	}
	if (column_is_null(&walk->values, 2) && column_is_null(&walk->values, 3)) {
		walk->report->erased++;
		return step_values(walk, err);
	}
	if (!value_fits(walk, line->hash)) {
		snprintf(fault, sizeof(fault), "the value of '%.*s' was changed",
		    (int)(line->name_len < 64 ? line->name_len : 64), line->name);
		return found(walk, seq, fault);
	}
	walk->report->values++;
	return step_values(walk, err);
}

static int
check_fields(struct walk *walk, int64_t seq, const char *text, struct err *err)
{
	const char *at = ledger_first_field(text);
	struct ledger_line line;
	int64_t n = 0;
	int rc = 0;

	if (at == NULL)
		return found(walk, seq, "its text is damaged");
	while (rc == 0 && ledger_next_field(&at, &line))
		rc = check_field(walk, seq, ++n, &line, err);
	if (rc != 0)
		return rc;
	if (*at != '\0')
		return found(walk, seq, "its text is damaged");
	if (walk->at_value && walk->value_seq == seq)
		return found(walk, seq, "a value was added to it");
	return 0;
}

/* Columns are read for lists, so they must say what the text says. */
static bool
head_fits(struct walk *walk, const struct ledger_row *row)
{
	str_clear(walk->text);
	ledger_text_head(walk->text, &row->entry);
	return strncmp(row->text, str_text(walk->text), walk->text->len) == 0;
}

static int
check_entry(struct walk *walk, const struct ledger_row *row, struct err *err)
{
	const struct ledger_entry *entry = &row->entry;
	int64_t want = walk->report->head.seq + 1;
	uint8_t hash[SHA256_SIZE];

	if (entry->seq != want)
		return found(walk, want, "it is missing");
	if (walk->at_value && walk->value_seq < want)
		return found(walk, want, "a value of no entry lies before it");
	ledger_chain_hash(walk->before, row->text, hash);
	if (memcmp(hash, entry->hash, sizeof(hash)) != 0)
		return found(walk, want, "its text or hash was changed, or an entry before it");
	if (!head_fits(walk, row))
		return found(walk, want, "its time, kind or subject was changed");
	memcpy(walk->before, hash, sizeof(hash));
	walk->report->entries++;
	walk->report->head.seq = want;
	memcpy(walk->report->head.hash, hash, sizeof(hash));
	return check_fields(walk, want, row->text, err);
}

static int
check_head(struct walk *walk, struct err *err)
{
	const struct ledger_head *end = &walk->report->head;
	struct ledger_head head = { 0 };
	int rc = ledger_head(walk->tx, &head, err);

	if (rc == ERR_INVALID)
		return found(walk, end->seq > 0 ? end->seq : 1, "the head of the chain is damaged");
	if (rc < 0)
		return rc;
	if (head.seq > end->seq)
		return found(walk, end->seq + 1, "it is missing, the end of the chain was cut off");
	if (head.seq != end->seq || memcmp(head.hash, end->hash, SHA256_SIZE) != 0)
		return found(
		    walk, end->seq > 0 ? end->seq : 1, "the head of the chain does not name it");
	if (walk->at_value)
		return found(walk, walk->value_seq, "there are values of it, but no entry");
	return 0;
}

static int
walk_chain(struct walk *walk, struct err *err)
{
	/* One entry at a time: a long chain must not fill the caller's arena. */
	AUTO(arena_freep) struct arena *arena = arena_new(STEP_ARENA_MAX);
	struct tx mine = *walk->tx;
	struct ledger_row row;
	int rc = step_values(walk, err);

	mine.arena = arena;
	walk->entries.tx = &mine;
	while (rc == 0 && (rc = query_next(&walk->entries, err)) > 0) {
		memset(&row, 0, sizeof(row));
		rc = read_row(&walk->entries, &ledger_entry_table, &row, NULL);
		rc = rc < 0 ? found(walk, walk->report->head.seq + 1, "its row is damaged")
			    : check_entry(walk, &row, err);
		arena_reset(arena);
	}
	query_end(&walk->entries);
	if (rc == 0)
		rc = check_head(walk, err);
	return rc;
}

int
ledger_verify(struct tx *tx, struct ledger_report *out, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(LEDGER_TEXT_MAX);
	struct walk walk = { .tx = tx, .report = out, .text = &text };
	int rc;

	*out = (struct ledger_report){ .fault = "" };
	walk.entries = QUERY(ENTRY_ALL);
	bind_int(&walk.entries, INT64_MIN);
	walk.values = QUERY(VALUES_ALL);
	rc = walk_chain(&walk, err);
	query_end(&walk.entries);
	query_end(&walk.values);
	return rc < 0 ? rc : 0;
}
