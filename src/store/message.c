/* message: what hangs on a ticket: its thread, attachments, events. */
#include <assent/store/ticket.h>

#include "query.h"

#include <string.h>

/* clang-format off */
#define MESSAGE(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, INT, seq) N(S, BOOL, is_public) \
	N(S, TEXT, message_id) N(S, TEXT, from_email) N(S, TEXT, from_name) \
	N(S, TEXT, subject) N(S, TEXT, text) N(S, TEXT, own) N(S, MAYBE_ID, inbound) \
	N(S, INT, at) N(S, TEXT, external_id)

#define ATTACHMENT(F, N, S) \
	F(S, ID, message) N(S, TEXT, name) N(S, TEXT, type) N(S, INT, size) N(S, HASH, sha256)

#define EVENT(F, N, S) \
	F(S, INT, seq) N(S, MAYBE_ID, ticket) N(S, INT, at) N(S, TEXT, kind) N(S, TEXT, actor) \
	N(S, TEXT, before) N(S, TEXT, after)

#define BYTES "coalesce(sum(length(CAST(text AS BLOB)) + length(CAST(own AS BLOB))), 0)"

#define MESSAGES(X) \
	X(MESSAGE_ADD, INSERT("messages", MESSAGE)) \
	X(MESSAGE_NEXT_SEQ, "SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE ticket = ?") \
	X(THREAD_BYTES, "SELECT " BYTES " FROM messages WHERE ticket = ?") \
	X(THREAD_BYTES_BESIDE, "SELECT " BYTES " FROM messages WHERE ticket =" \
	    " (SELECT ticket FROM messages WHERE id = ?1) AND id <> ?1") \
	X(THREAD_ATTACHMENTS, "SELECT count(*) FROM messages m JOIN attachments a ON a.message = m.id" \
	    " WHERE m.ticket = (SELECT ticket FROM messages WHERE id = ?)") \
	X(MESSAGE_SET_TEXT, "UPDATE messages SET text = ?, own = ? WHERE id = ?") \
	X(MESSAGE_LIST, "SELECT " NAMES(MESSAGE) " FROM messages WHERE ticket = ? AND seq <= ?" \
	    " ORDER BY seq") \
	X(MESSAGE_SET_PUBLIC, "UPDATE messages SET is_public = ? WHERE id = ?") \
	X(MESSAGE_BY_EXTERNAL, "SELECT " NAMES(MESSAGE) " FROM messages WHERE ticket = ?" \
	    " AND external_id = ? AND external_id <> ''") \
	X(MESSAGE_FIND, "SELECT ticket FROM messages WHERE message_id = ? AND message_id <> ''" \
	    " LIMIT 1") \
	X(ATTACHMENT_ADD, "INSERT INTO attachments (" NAMES(ATTACHMENT) ", n) VALUES (" \
	    MARKS(ATTACHMENT) ", (SELECT coalesce(max(n), 0) + 1 FROM attachments" \
	    " WHERE message = ?1))") \
	X(ATTACHMENT_LIST, "SELECT " NAMES(ATTACHMENT) " FROM (SELECT a.*, m.seq FROM messages m" \
	    " JOIN attachments a ON a.message = m.id WHERE m.ticket = ? AND m.seq <= ?)" \
	    " ORDER BY seq, n") \
	X(EVENT_ADD, INSERT("events", EVENT)) \
	X(EVENT_NEXT_SEQ, "SELECT coalesce(max(seq), 0) + 1 FROM events") \
	X(EVENT_LIST, "SELECT " NAMES(EVENT) " FROM events WHERE ticket IS ? ORDER BY seq")
/* clang-format on */

DEFINE_STATEMENTS(SET_MESSAGE, message, MESSAGES);
DEFINE_TABLE(message, struct message, MESSAGE);
DEFINE_TABLE(attachment, struct stored_attachment, ATTACHMENT);
DEFINE_TABLE(event, struct event, EVENT);

#define QUERY(which) query_open(tx, &message_statements, which)

/* Fewer messages than this fit, however long they are. */
#define NEVER_FULL 8
#define MESSAGE_ARENA ((size_t)16 << 20) /* holds any message */

/* --- messages -------------------------------------------------------------- */

/* Why a limit at all: threads are read whole, and anybody may go on writing into one. */
static int
check_room(int64_t there, const struct message *more, struct err *err)
{
	int64_t bytes = more->text != NULL ? (int64_t)strlen(more->text) : 0;

	bytes += more->own != NULL ? (int64_t)strlen(more->own) : 0;
	if (there + bytes <= THREAD_BYTES_MAX)
		return 0;
	return err_set(err, ERR_LIMIT,
	    "the thread of this ticket is full: its messages may hold %lld MiB in all; open "
	    "another ticket",
	    (long long)(THREAD_BYTES_MAX >> 20));
}

static int
check_thread(struct tx *tx, const struct message *row, struct err *err)
{
	struct query q = QUERY(THREAD_BYTES);
	int64_t bytes = 0;
	int rc;

	bind_id(&q, &row->ticket);
	rc = query_int(&q, &bytes, err);
	if (rc == 0 && row->seq > THREAD_MESSAGES_MAX)
		return err_set(err, ERR_LIMIT,
		    "the thread of this ticket is full: it has %d messages; open another ticket",
		    THREAD_MESSAGES_MAX);
	return rc < 0 ? rc : check_room(bytes, row, err);
}

int
message_add(struct tx *tx, const struct message *message, int64_t *seq, struct err *err)
{
	struct query next = QUERY(MESSAGE_NEXT_SEQ);
	struct message row = *message;
	int rc;

	bind_id(&next, &row.ticket);
	rc = query_int(&next, &row.seq, err);
	if (rc == 0 && row.seq > NEVER_FULL)
		rc = check_thread(tx, &row, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(MESSAGE_ADD);

	bind_row(&q, &message_table, &row);
	rc = query_run(&q, err);
	if (rc == 0 && seq != NULL)
		*seq = row.seq;
	return rc;
}

int
message_set_text(
    struct tx *tx, const struct id *id, const char *text, const char *own, struct err *err)
{
	struct query beside = QUERY(THREAD_BYTES_BESIDE);
	int64_t bytes = 0;
	int rc;

	bind_id(&beside, id);
	rc = query_int(&beside, &bytes, err);
	if (rc == 0)
		rc = check_room(bytes, &(struct message){ .text = text, .own = own }, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(MESSAGE_SET_TEXT);

	bind_text(&q, text);
	bind_text(&q, own);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such message", err);
}

int
message_set_public(struct tx *tx, const struct id *id, bool is_public, struct err *err)
{
	struct query q = QUERY(MESSAGE_SET_PUBLIC);

	bind_int(&q, is_public);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such message", err);
}

int
message_by_external(struct tx *tx, const struct id *ticket, const char *external_id,
    struct message *out, struct err *err)
{
	struct query q = QUERY(MESSAGE_BY_EXTERNAL);

	bind_id(&q, ticket);
	bind_text(&q, external_id);
	return query_one(&q, &message_table, out, err);
}

static void
bind_part(struct query *q, const struct id *ticket, int64_t up_to)
{
	bind_id(q, ticket);
	bind_int(q, up_to > 0 ? up_to : INT64_MAX);
}

int
message_list(struct tx *tx, const struct id *ticket, int64_t up_to, struct message **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(MESSAGE_LIST);

	bind_part(&q, ticket, up_to);
	return query_list(&q, &message_table, out, count, err);
}

int
message_last_seq(struct tx *tx, const struct id *ticket, int64_t *out, struct err *err)
{
	struct query q = QUERY(MESSAGE_NEXT_SEQ);
	int rc;

	bind_id(&q, ticket);
	rc = query_int(&q, out, err);
	*out -= rc == 0;
	return rc;
}

static int
each(struct query *q, const struct message_walk *walk, struct err *err)
{
	struct message message;
	int rc;

	while ((rc = query_next(q, err)) > 0) {
		arena_reset(q->tx->arena);
		message = (struct message){ 0 };
		rc = read_row(q, &message_table, &message, err);
		if (rc == 0)
			rc = walk->fn(&message, walk->arg, err);
		if (rc < 0)
			break;
	}
	query_end(q);
	return rc;
}

int
message_each(struct tx *tx, const struct message_walk *walk, struct err *err)
{
	struct query q = QUERY(MESSAGE_LIST);
	struct arena *kept = tx->arena;
	int rc;

	bind_part(&q, walk->ticket, walk->up_to);
	tx->arena = arena_new(MESSAGE_ARENA);
	rc = each(&q, walk, err);
	arena_free(tx->arena);
	tx->arena = kept;
	return rc;
}

int
message_find_ticket(struct tx *tx, const char *message_id, struct id *ticket, struct err *err)
{
	struct query q = QUERY(MESSAGE_FIND);
	int rc;

	bind_text(&q, message_id);
	rc = query_next(&q, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no ticket holds this Message-ID");
	if (rc < 0)
		return rc;
	rc = column_id(&q, 0, ticket) ? 0 : err_set(err, ERR_INVALID, "message with a bad ticket");
	query_end(&q);
	return rc;
}

/* --- attachments ----------------------------------------------------------- */

int
attachment_add(struct tx *tx, const struct stored_attachment *attachment, struct err *err)
{
	struct query there = QUERY(THREAD_ATTACHMENTS);
	int64_t count = 0;
	int rc;

	bind_id(&there, &attachment->message);
	rc = query_int(&there, &count, err);
	if (rc == 0 && count >= THREAD_ATTACHMENTS_MAX)
		rc = err_set(err, ERR_LIMIT,
		    "this ticket has %d attachments already; open another ticket",
		    THREAD_ATTACHMENTS_MAX);
	if (rc < 0)
		return rc;

	struct query q = QUERY(ATTACHMENT_ADD);

	bind_row(&q, &attachment_table, attachment);
	return query_run(&q, err);
}

int
attachment_list(struct tx *tx, const struct id *ticket, int64_t up_to,
    struct stored_attachment **out, size_t *count, struct err *err)
{
	struct query q = QUERY(ATTACHMENT_LIST);

	bind_part(&q, ticket, up_to);
	return query_list(&q, &attachment_table, out, count, err);
}

/* --- events ---------------------------------------------------------------- */

int
event_add(struct tx *tx, const struct event *event, struct err *err)
{
	struct query next = QUERY(EVENT_NEXT_SEQ);
	struct event row = *event;
	int rc = query_int(&next, &row.seq, err);

	if (rc < 0)
		return rc;

	struct query q = QUERY(EVENT_ADD);

	bind_row(&q, &event_table, &row);
	return query_run(&q, err);
}

int
event_list(
    struct tx *tx, const struct id *ticket, struct event **out, size_t *count, struct err *err)
{
	struct query q = QUERY(EVENT_LIST);

	bind_maybe_id(&q, ticket);
	return query_list(&q, &event_table, out, count, err);
}
