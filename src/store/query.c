#include "query.h"

#include <assent/base/str.h>
#include <assent/model/approval.h>
#include <assent/model/decision.h>
#include <assent/model/policy.h>
#include <assent/store/queue.h>

#include <string.h>

const struct statements *const all_statements[SET_COUNT] = {
	[SET_PEOPLE] = &people_statements,
	[SET_TICKET] = &ticket_statements,
	[SET_MESSAGE] = &message_statements,
	[SET_APPROVAL] = &approval_statements,
	[SET_BALLOT] = &ballot_statements,
	[SET_POST] = &post_statements,
	[SET_QUEUE] = &queue_statements,
	[SET_RECALL] = &recall_statements,
	[SET_LEDGER] = &ledger_statements,
	[SET_SITE] = &site_statements,
	[SET_FIND] = &find_statements,
	[SET_CREDENTIAL] = &credential_statements,
	[SET_API] = &api_statements,
	[SET_BROWSE] = &browse_statements,
	[SET_STANDIN] = &standin_statements,
	[SET_MEMORY] = &memory_statements,
	[SET_DOCUMENT] = &document_statements,
	[SET_CLOSING] = &closing_statements,
	[SET_ESCALATION] = &escalation_statements,
	[SET_RESUME] = &resume_statements,
	[SET_FACTS] = &facts_statements,
	[SET_WATCH] = &watch_statements,
	[SET_HISTORY] = &history_statements,
	[SET_CURSOR] = &cursor_statements,
	[SET_ALERT] = &alert_statements,
	[SET_HOLD] = &hold_statements,
	[SET_BACKUP] = &backup_statements,
	[SET_RETENTION] = &retention_statements,
	[SET_ERASE] = &erase_statements,
	[SET_KEYRING] = &keyring_statements,
};

static const struct db_ops *
ops_of(const struct query *query)
{
	return query->tx->conn->ops;
}

/* A write after SQLite ended the transaction by itself would stand alone. */
static int
note_error(struct tx *tx, int rc)
{
	if (tx->to_write && !tx->conn->ops->in_transaction(tx->conn->session))
		tx->broken = rc;
	return rc;
}

static int
prepare_kept(struct tx *tx, const struct statements *statements, int which, struct stmt **out)
{
	struct conn *conn = tx->conn;
	struct stmt ***set = &conn->kept[statements->set];
	int rc;

	if (*set == NULL)
		*set = mem_alloc(statements->count * sizeof(struct stmt *));
	if ((*set)[which] == NULL) {
		rc = conn->ops->prepare(
		    conn->session, statements->sql[which], &(*set)[which], &tx->error);
		if (rc < 0)
			return note_error(tx, rc);
	}
	*out = (*set)[which];
	return 0;
}

struct query
query_open(struct tx *tx, const struct statements *statements, int which)
{
	struct query query = { .tx = tx, .rc = tx->broken };

	if (query.rc == 0)
		query.rc = prepare_kept(tx, statements, which, &query.stmt);
	return query;
}

void
query_end(struct query *query)
{
	if (query->stmt != NULL)
		ops_of(query)->reset(query->stmt);
	query->stmt = NULL;
}

/* --- binding --------------------------------------------------------------- */

static void
bind_checked(struct query *query, bool ok)
{
	if (!ok && query->rc == 0)
		query->rc = err_set(&query->tx->error, ERR_LIMIT,
		    "value %d of a statement is too long", query->bound);
}

void
bind_int(struct query *query, int64_t value)
{
	if (query->rc == 0)
		bind_checked(query, ops_of(query)->bind_int(query->stmt, ++query->bound, value));
}

void
bind_max(struct query *query, size_t max)
{
	bind_int(query, max == 0 || max > INT64_MAX ? -1 : (int64_t)max);
}

void
bind_text(struct query *query, const char *text)
{
	if (query->rc == 0)
		bind_checked(query,
		    ops_of(query)->bind_text(
			query->stmt, ++query->bound, text != NULL ? text : ""));
}

void
bind_email(struct query *query, const char *email)
{
	char *lower = arena_dup(query->tx->arena, email != NULL ? email : "");

	text_lower(lower);
	bind_text(query, lower);
}

void
bind_bytes(struct query *query, const void *bytes, size_t n)
{
	if (query->rc == 0)
		bind_checked(
		    query, ops_of(query)->bind_blob(query->stmt, ++query->bound, bytes, n));
}

void
bind_hash(struct query *query, const uint8_t hash[SHA256_SIZE])
{
	bind_bytes(query, hash, SHA256_SIZE);
}

void
bind_id(struct query *query, const struct id *id)
{
	bind_bytes(query, id->bytes, sizeof(id->bytes));
}

void
bind_maybe_id(struct query *query, const struct id *id)
{
	if (!id_is_null(id))
		bind_id(query, id);
	else if (query->rc == 0)
		bind_checked(query, ops_of(query)->bind_null(query->stmt, ++query->bound));
}

static int
word_at(const void *at)
{
	int word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static const char *
text_at(const void *at)
{
	const char *text;

	memcpy(&text, at, sizeof(text));
	return text;
}

static int64_t
int_at(const void *at)
{
	int64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void
bind_column(struct query *query, enum column_type type, const void *at)
{
	switch (type) {
	case COL_ID:
		bind_id(query, at);
		break;
	case COL_MAYBE_ID:
		bind_maybe_id(query, at);
		break;
	case COL_INT:
		bind_int(query, int_at(at));
		break;
	case COL_BOOL:
		bind_int(query, *(const bool *)at);
		break;
	case COL_TEXT:
		bind_text(query, text_at(at));
		break;
	case COL_EMAIL:
		bind_email(query, text_at(at));
		break;
	case COL_HASH:
		bind_hash(query, at);
		break;
	case COL_STATE:
		bind_text(query, approval_state_name((enum approval_state)word_at(at)));
		break;
	case COL_CHANNEL:
		bind_text(query, channel_name((enum channel)word_at(at)));
		break;
	case COL_LEVEL:
		bind_text(query, level_name(word_at(at)));
		break;
	case COL_LANE:
		bind_int(query, word_at(at));
		break;
	}
}

void
bind_row(struct query *query, const struct table *table, const void *row)
{
	for (int i = 0; i < table->count; i++)
		bind_column(
		    query, table->columns[i].type, (const char *)row + table->columns[i].offset);
}

/* --- running --------------------------------------------------------------- */

int
query_next(struct query *query, struct err *err)
{
	struct tx *tx = query->tx;

	if (query->rc == 0) {
		query->rc = ops_of(query)->step(tx->conn->session, query->stmt, &tx->error);
		if (query->rc > 0) {
			query->rc = 0;
			return 1;
		}
		if (query->rc < 0)
			note_error(tx, query->rc);
	}
	if (query->rc < 0 && err != NULL)
		*err = tx->error;
	query_end(query);
	return query->rc;
}

int
query_run(struct query *query, struct err *err)
{
	int rc;

	do
		rc = query_next(query, err);
	while (rc > 0);
	return rc;
}

int
query_count(struct query *query, size_t *changed, struct err *err)
{
	int rc = query_run(query, err);

	if (rc == 0)
		*changed = (size_t)ops_of(query)->changes(query->tx->conn->session);
	return rc;
}

int
query_claim(struct query *query, int code, const char *what, struct err *err)
{
	size_t changed;
	int rc = query_count(query, &changed, err);

	if (rc == 0 && changed == 0)
		return err_set(err, code, "%s", what);
	return rc;
}

int64_t
column_int(struct query *query, int at)
{
	return ops_of(query)->column_int(query->stmt, at);
}

bool
column_is_null(struct query *query, int at)
{
	return ops_of(query)->column_is_null(query->stmt, at);
}

const char *
column_text(struct query *query, int at)
{
	size_t n;
	const char *text = ops_of(query)->column_text(query->stmt, at, &n);

	return arena_dup_n(query->tx->arena, text, n);
}

const char *
column_peek(struct query *query, int at, size_t *n)
{
	return ops_of(query)->column_text(query->stmt, at, n);
}

const void *
column_bytes(struct query *query, int at, size_t *n)
{
	return ops_of(query)->column_blob(query->stmt, at, n);
}

static bool
column_exactly(struct query *query, int at, void *out, size_t size)
{
	size_t n;
	const void *bytes = column_bytes(query, at, &n);

	if (n != size)
		return false;
	memcpy(out, bytes, size);
	return true;
}

bool
column_id(struct query *query, int at, struct id *out)
{
	if (column_is_null(query, at)) {
		*out = (struct id){ 0 };
		return true;
	}
	return column_exactly(query, at, out->bytes, sizeof(out->bytes));
}

bool
column_hash(struct query *query, int at, uint8_t out[SHA256_SIZE])
{
	return column_exactly(query, at, out, SHA256_SIZE);
}

/* --- rows ------------------------------------------------------------------ */

static bool
read_word(struct query *query, int at, enum column_type type, void *out)
{
	size_t n;
	const char *name;
	int64_t number = 0;
	int word = 0;
	bool ok = true;

	if (type == COL_LANE) {
		number = column_int(query, at);
		word = (int)number;
		memcpy(out, &word, sizeof(word));
		return number >= 0 && number < LANE_COUNT;
	}
	name = ops_of(query)->column_text(query->stmt, at, &n);
	if (type == COL_STATE) {
		enum approval_state state = AS_DRAFT;

		ok = approval_state_parse(name, &state);
		word = (int)state;
	} else if (type == COL_CHANNEL) {
		enum channel channel = CHANNEL_LINK;

		ok = channel_parse(name, &channel);
		word = (int)channel;
	} else {
		ok = level_parse(name, &word);
	}
	memcpy(out, &word, sizeof(word));
	return ok;
}

static bool
read_column(struct query *query, int at, enum column_type type, void *out)
{
	const char *text;
	int64_t number;

	switch (type) {
	case COL_ID:
		return !column_is_null(query, at) && column_id(query, at, out);
	case COL_MAYBE_ID:
		return column_id(query, at, out);
	case COL_INT:
		number = column_int(query, at);
		memcpy(out, &number, sizeof(number));
		return true;
	case COL_BOOL:
		number = column_int(query, at);
		*(bool *)out = number != 0;
		return number == 0 || number == 1;
	case COL_TEXT:
	case COL_EMAIL:
		text = column_text(query, at);
		memcpy(out, &text, sizeof(text));
		return true;
	case COL_HASH:
		return column_hash(query, at, out);
	case COL_STATE:
	case COL_CHANNEL:
	case COL_LEVEL:
	case COL_LANE:
		return read_word(query, at, type, out);
	}
	return false;
}

static int
bad_row(struct query *query, const struct table *table, int at, struct err *err)
{
	char row[ID_TEXT_SIZE] = "with a bad id";
	struct id id;

	if (column_id(query, 0, &id))
		id_text(&id, row);
	return err_set(err, ERR_INVALID, "%s %s: column %s holds what assentd never writes",
	    table->name, row, table->columns[at].name);
}

int
read_row(struct query *query, const struct table *table, void *out, struct err *err)
{
	for (int i = 0; i < table->count; i++)
		if (!read_column(
			query, i, table->columns[i].type, (char *)out + table->columns[i].offset))
			return bad_row(query, table, i, err);
	return 0;
}

int
query_one(struct query *query, const struct table *table, void *out, struct err *err)
{
	int rc = query_next(query, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such %s", table->name);
	if (rc < 0)
		return rc;
	rc = read_row(query, table, out, err);
	query_end(query);
	return rc;
}

int
query_list(
    struct query *query, const struct table *table, void *out, size_t *count, struct err *err)
{
	AUTO(mem_freep) char *rows = NULL;
	size_t n = 0, room = 0;
	void *list;
	int rc;

	while ((rc = query_next(query, err)) > 0) {
		if (n == room) {
			room = room > 0 ? 2 * room : 16;
			rows = mem_grow(rows, room * table->size);
		}
		memset(rows + n * table->size, 0, table->size);
		rc = read_row(query, table, rows + n++ * table->size, err);
		if (rc < 0)
			break;
	}
	query_end(query);
	if (rc < 0)
		return rc;
	list = arena_alloc(query->tx->arena, n * table->size + 1);
	if (n > 0)
		memcpy(list, rows, n * table->size);
	memcpy(out, &list, sizeof(list));
	*count = n;
	return 0;
}

int
query_int(struct query *query, int64_t *out, struct err *err)
{
	int rc = query_next(query, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such row");
	if (rc < 0)
		return rc;
	*out = column_int(query, 0);
	query_end(query);
	return 0;
}

int
query_exists(struct query *query, bool *out, struct err *err)
{
	int rc = query_next(query, err);

	if (rc < 0)
		return rc;
	*out = rc > 0;
	query_end(query);
	return 0;
}
