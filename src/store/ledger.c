#include <assent/store/ledger.h>

#include "ledger_priv.h"

#include <assent/base/str.h>

#include <string.h>

DEFINE_STATEMENT_TEXTS(SET_LEDGER, ledger, LEDGER);

#define QUERY(which) query_open(tx, &ledger_statements, which)

static bool
is_name(const char *name, const char *more)
{
	if (name == NULL || *name == '\0')
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if ((*p < 'a' || *p > 'z') && *p != '_' && strchr(more, *p) == NULL)
			return false;
	return true;
}

static int
check_entry(const struct ledger_entry *entry, struct err *err)
{
	if (!is_name(entry->kind, ".-"))
		return err_set(err, ERR_INVALID, "ledger: '%s' is no kind of entry", entry->kind);
	for (size_t i = 0; i < entry->field_count; i++)
		if (!is_name(entry->fields[i].name, ""))
			return err_set(err, ERR_INVALID, "ledger: '%s' is no name of a field",
			    entry->fields[i].name);
	return 0;
}

void
ledger_field_hash(const uint8_t salt[LEDGER_SALT_SIZE], const char *value, uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *hash = hash_new();

	hash_add(hash, salt, LEDGER_SALT_SIZE);
	hash_add(hash, value, strlen(value));
	hash_end(hash, out);
}

void
ledger_chain_hash(const uint8_t before[SHA256_SIZE], const char *text, uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *hash = hash_new();

	hash_add(hash, before, SHA256_SIZE);
	hash_add(hash, text, strlen(text));
	hash_end(hash, out);
}

void
ledger_text_head(struct str *out, const struct ledger_entry *entry)
{
	char subject[ID_TEXT_SIZE];

	str_addf(out, "seq %lld\nat %lld\nkind %s\nsubject %s\n", (long long)entry->seq,
	    (long long)entry->at, entry->kind, id_text(&entry->subject, subject));
}

int
ledger_head(struct tx *tx, struct ledger_head *out, struct err *err)
{
	struct query q = QUERY(HEAD_GET);
	int rc = query_next(&q, err);

	if (rc == 0)
		return err_set(err, ERR_INVALID, "ledger: its head row is missing");
	if (rc < 0)
		return rc;
	out->seq = column_int(&q, 0);
	rc = column_hash(&q, 1, out->hash)
	    ? 0
	    : err_set(err, ERR_INVALID, "ledger: its head is damaged");
	query_end(&q);
	return rc;
}

static int
head_move(struct tx *tx, const struct ledger_head *head, struct err *err)
{
	struct query q = QUERY(HEAD_MOVE);

	bind_int(&q, head->seq);
	bind_hash(&q, head->hash);
	bind_int(&q, head->seq - 1);
	return query_claim(&q, ERR_CONFLICT, "ledger: its head has moved", err);
}

static int
value_add(struct tx *tx, int64_t seq, size_t n, const uint8_t salt[LEDGER_SALT_SIZE],
    const char *value, struct err *err)
{
	struct query q = QUERY(VALUE_ADD);

	bind_int(&q, seq);
	bind_int(&q, (int64_t)n);
	bind_bytes(&q, salt, LEDGER_SALT_SIZE);
	bind_text(&q, value);
	return query_run(&q, err);
}

static const char *
value_of(const struct ledger_field *field)
{
	return field->value != NULL ? field->value : "";
}

/* The "name hash" lines. */
static int
fields_text(
    struct str *text, const struct ledger_entry *entry, const uint8_t *salts, struct err *err)
{
	uint8_t hash[SHA256_SIZE];

	for (size_t i = 0; i < entry->field_count; i++) {
		ledger_field_hash(salts + i * LEDGER_SALT_SIZE, value_of(&entry->fields[i]), hash);
		str_addf(text, "%s ", entry->fields[i].name);
		str_add_hex(text, hash, sizeof(hash));
		str_add_char(text, '\n');
	}
	if (str_overflowed(text))
		return err_set(err, ERR_LIMIT, "ledger: an entry has too many fields");
	return 0;
}

static int
values_add(struct tx *tx, const struct ledger_entry *entry, const uint8_t *salts, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < entry->field_count && rc == 0; i++)
		rc = value_add(tx, entry->seq, i + 1, salts + i * LEDGER_SALT_SIZE,
		    value_of(&entry->fields[i]), err);
	return rc;
}

static int
entry_add(struct tx *tx, const struct ledger_entry *entry, const char *text, struct err *err)
{
	struct query q = QUERY(ENTRY_ADD);

	bind_int(&q, entry->seq);
	bind_int(&q, entry->at);
	bind_text(&q, entry->kind);
	bind_maybe_id(&q, &entry->subject);
	bind_text(&q, text);
	bind_hash(&q, entry->hash);
	return query_run(&q, err);
}

/* Invariant 10: chained to the head, which moves in the same step. */
int
ledger_append(
    struct tx *tx, const struct ledger_entry *entry, struct ledger_head *head, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(LEDGER_TEXT_MAX);
	struct ledger_entry row = *entry;
	/* All salts at once: asking for chance costs more than the hashes. */
	size_t salts_size = entry->field_count * LEDGER_SALT_SIZE;
	uint8_t *salts = arena_alloc(tx_arena(tx), salts_size);
	struct ledger_head now = { 0 };
	int rc = check_entry(entry, err);

	if (rc == 0)
		rc = ledger_head(tx, &now, err);
	if (rc < 0)
		return rc;
	row.seq = now.seq + 1;
	ledger_text_head(&text, &row);
	random_bytes(salts, salts_size);
	rc = fields_text(&text, &row, salts, err);
	if (rc == 0)
		rc = values_add(tx, &row, salts, err);
	if (rc < 0)
		return rc;
	ledger_chain_hash(now.hash, str_text(&text), row.hash);
	now.seq = row.seq;
	memcpy(now.hash, row.hash, sizeof(now.hash));
	rc = entry_add(tx, &row, str_text(&text), err);
	if (rc == 0)
		rc = head_move(tx, &now, err);
	if (rc == 0 && head != NULL)
		*head = now;
	return rc;
}

int
ledger_has(struct tx *tx, const struct ledger_head *head, bool *out, struct err *err)
{
	static const uint8_t zeros[SHA256_SIZE];
	struct query q = QUERY(ENTRY_HAS);

	if (head->seq == 0) {
		query_end(&q);
		*out = memcmp(head->hash, zeros, sizeof(zeros)) == 0;
		return 0;
	}
	bind_int(&q, head->seq);
	bind_hash(&q, head->hash);
	return query_exists(&q, out, err);
}

int
ledger_since(struct tx *tx, int64_t seq, const char *kind, bool *out, struct err *err)
{
	struct query q = QUERY(ENTRY_SINCE);

	bind_int(&q, seq);
	bind_text(&q, kind);
	return query_exists(&q, out, err);
}

/* --- listing --------------------------------------------------------------- */

/* The names, from the text: they stay when values are erased. */
static size_t
count_fields(const char *text)
{
	size_t lines = 0;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	return lines > LEDGER_HEAD_LINES ? lines - LEDGER_HEAD_LINES : 0;
}

const char *
ledger_first_field(const char *text)
{
	for (int i = 0; i < LEDGER_HEAD_LINES && text != NULL; i++) {
		text = strchr(text, '\n');
		text = text != NULL ? text + 1 : NULL;
	}
	return text;
}

bool
ledger_next_field(const char **at, struct ledger_line *out)
{
	const char *line = *at, *end, *blank;

	if (line == NULL || *line == '\0')
		return false;
	end = strchr(line, '\n');
	blank = strchr(line, ' ');
	if (end == NULL || blank == NULL || blank > end)
		return false;
	out->name = line;
	out->name_len = (size_t)(blank - line);
	*at = end + 1;
	return hex_decode(blank + 1, (size_t)(end - blank - 1), out->hash, SHA256_SIZE) ==
	    SHA256_SIZE;
}

static int
read_values(struct tx *tx, int64_t seq, struct ledger_field *fields, size_t count, struct err *err)
{
	struct query q = QUERY(VALUES_OF);
	int rc;

	bind_int(&q, seq);
	while ((rc = query_next(&q, err)) > 0) {
		int64_t n = column_int(&q, 0);

		if (n >= 1 && (size_t)n <= count && !column_is_null(&q, 2))
			fields[n - 1].value = column_text(&q, 2);
	}
	return rc;
}

static int
read_fields(struct tx *tx, struct ledger_entry *entry, const char *text, struct err *err)
{
	size_t count = count_fields(text);
	struct ledger_field *fields = arena_alloc(tx_arena(tx), (count + 1) * sizeof(*fields));
	const char *at = ledger_first_field(text);
	struct ledger_line line;

	for (size_t i = 0; i < count && ledger_next_field(&at, &line); i++)
		fields[i].name = arena_dup_n(tx_arena(tx), line.name, line.name_len);
	for (size_t i = 0; i < count; i++)
		if (fields[i].name == NULL)
			return err_set(err, ERR_INVALID, "ledger entry %lld: its text is damaged",
			    (long long)entry->seq);
	entry->fields = fields;
	entry->field_count = count;
	return read_values(tx, entry->seq, fields, count, err);
}

int
ledger_list(struct tx *tx, const struct id *subject, int64_t after_seq, size_t max,
    struct ledger_entry **out, size_t *count, struct err *err)
{
	bool all = subject == NULL || id_is_null(subject);
	struct query q = QUERY(all ? ENTRY_LIST : ENTRY_LIST_OF);
	struct ledger_row *rows = NULL;
	struct ledger_entry *list;
	size_t n = 0;
	int rc;

	bind_int(&q, after_seq);
	if (!all)
		bind_id(&q, subject);
	bind_max(&q, max);
	rc = query_list(&q, &ledger_entry_table, &rows, &n, err);
	if (rc < 0)
		return rc;
	list = arena_alloc(tx_arena(tx), (n + 1) * sizeof(*list));
	for (size_t i = 0; i < n && rc == 0; i++) {
		list[i] = rows[i].entry;
		rc = read_fields(tx, &list[i], rows[i].text, err);
	}
	if (rc < 0)
		return rc;
	*out = list;
	*count = n;
	return 0;
}
