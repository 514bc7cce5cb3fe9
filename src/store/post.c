#include <assent/store/post.h>

#include "query.h"

#include <assent/base/str.h>

/* clang-format off */
#define INBOUND(F, N, S) \
	F(S, ID, id) N(S, TEXT, source) N(S, TEXT, source_key) N(S, INT, received) \
	N(S, INT, size) N(S, TEXT, spool) N(S, TEXT, status) N(S, TEXT, outcome) \
	N(S, TEXT, from_email) N(S, TEXT, subject) N(S, MAYBE_ID, ticket)

#define OUTGOING(F, N, S) \
	F(S, ID, id) N(S, TEXT, kind) N(S, TEXT, to_email) N(S, TEXT, to_name) \
	N(S, TEXT, locale) N(S, TEXT, zone_name) N(S, TEXT, view) N(S, MAYBE_ID, ticket) \
	N(S, MAYBE_ID, approval) N(S, MAYBE_ID, ballot) N(S, MAYBE_ID, batch) \
	N(S, MAYBE_ID, escalation) N(S, TEXT, message_id) N(S, TEXT, in_reply_to) N(S, TEXT, references) \
	N(S, TEXT, subject) N(S, BOOL, replied) N(S, TEXT, status) N(S, TEXT, last_error) \
	N(S, INT, created) N(S, INT, sent_at) N(S, MAYBE_ID, digest)

#define SENT_ID(F, N, S) \
	F(S, ID, outgoing) N(S, MAYBE_ID, ticket) N(S, MAYBE_ID, approval) \
	N(S, MAYBE_ID, ballot) N(S, MAYBE_ID, batch) N(S, MAYBE_ID, escalation) \
	N(S, TEXT, kind) N(S, BOOL, own)

#define POST(X) \
	X(INBOUND_ADD, INSERT("inbound", INBOUND) " ON CONFLICT (source_key) DO NOTHING") \
	X(INBOUND_ADD_RAW, "INSERT INTO inbound_raw (n, raw) SELECT n, ? FROM inbound WHERE id = ?") \
	X(INBOUND_GET, "SELECT " NAMES(INBOUND) " FROM inbound WHERE id = ?") \
	X(INBOUND_BY_KEY, "SELECT " NAMES(INBOUND) " FROM inbound WHERE source_key = ?") \
	X(INBOUND_GET_RAW, "SELECT raw FROM inbound_raw" \
	    " WHERE n = (SELECT n FROM inbound WHERE id = ?)") \
	X(INBOUND_SETTLE, "UPDATE inbound SET status = ?, outcome = ?, from_email = ?," \
	    " subject = ?, ticket = ? WHERE id = ? AND status = 'new'") \
	X(INBOUND_LIST, "SELECT " NAMES(INBOUND) " FROM inbound ORDER BY n DESC LIMIT ?") \
	X(INBOUND_LIST_STATUS, "SELECT " NAMES(INBOUND) " FROM inbound WHERE status = ?" \
	    " ORDER BY n DESC LIMIT ?") \
	X(SEEN_ADD, "INSERT INTO seen (fingerprint, at) VALUES (?, ?)" \
	    " ON CONFLICT (fingerprint) DO NOTHING") \
	X(ANSWERED_PUT, "INSERT INTO answered (key, at) VALUES (?1, ?2)" \
	    " ON CONFLICT (key) DO UPDATE SET at = excluded.at" \
	    /* A time ahead is of a clock that was wrong. */ \
	    " WHERE at < ?3 OR at > 2 * ?2 - ?3") \
	X(OUTGOING_ADD, INSERT("outgoing", OUTGOING)) \
	X(OUTGOING_GET, "SELECT " NAMES(OUTGOING) " FROM outgoing WHERE id = ?") \
	X(OUTGOING_SET_STATUS, "UPDATE outgoing SET status = ?1, last_error = ?2," \
	    " sent_at = CASE WHEN ?1 IN ('sent', 'maybe') THEN ?3 ELSE sent_at END" \
	    " WHERE id = ?4") \
	/* history.h: since when it counts as a failure. */ \
	X(OUTGOING_WAS, "INSERT INTO history (subject, row, at, what, value)" \
	    " SELECT ticket, id, ?2, 'refused', status FROM outgoing WHERE id = ?1" \
	    " AND status <> 'refused' AND ticket IS NOT NULL") \
	X(OUTGOING_LIST, "SELECT " NAMES(OUTGOING) " FROM outgoing" \
	    " WHERE approval = ?1 OR batch = ?1 OR escalation = ?1 ORDER BY created, id") \
	X(GATHERING, "SELECT " NAMES(OUTGOING) " FROM outgoing WHERE to_email = ?" \
	    " AND status = 'gathering' ORDER BY created, id") \
	X(LINES, "SELECT " NAMES(OUTGOING) " FROM outgoing WHERE digest = ?" \
	    " AND digest IS NOT NULL ORDER BY created, id LIMIT ?") \
	X(LINES_COUNT, "SELECT count(*) FROM outgoing WHERE digest = ? AND digest IS NOT NULL") \
	X(FILL, "UPDATE outgoing SET status = ?, \"view\" = ?, last_error = ?" \
	    " WHERE id = ? AND status = 'gathering'") \
	X(LINES_SETTLE, "UPDATE outgoing SET status = ?1," \
	    " sent_at = CASE WHEN ?1 IN ('sent', 'maybe') THEN ?2 ELSE sent_at END" \
	    " WHERE digest = ?3 AND digest IS NOT NULL AND status IN ('gathered', 'maybe')") \
	X(SENT_ID_ADD, "INSERT INTO sent_ids (message_id, outgoing) VALUES (?, ?)" \
	    " ON CONFLICT (message_id) DO NOTHING") \
	X(SENT_ID_FIND, "SELECT o.id, o.ticket, o.approval, o.ballot, o.batch, o.escalation, o.kind," \
	    " o.message_id = s.message_id" \
	    " FROM sent_ids s JOIN outgoing o ON o.id = s.outgoing WHERE s.message_id = ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_POST, post, POST);
DEFINE_TABLE(inbound, struct inbound, INBOUND);
DEFINE_TABLE(outgoing, struct outgoing, OUTGOING);
DEFINE_TABLE(sent_id, struct sent_id, SENT_ID);

#define QUERY(which) query_open(tx, &post_statements, which)

/* --- mail that came in ----------------------------------------------------- */

static int
check_raw(const struct inbound *inbound, struct err *err)
{
	bool is_spooled = inbound->spool != NULL && inbound->spool[0] != '\0';
	int64_t most = text_starts(inbound->source, "hook:") ? INBOUND_EVENT_MAX : INBOUND_ROW_MAX;

	if (is_spooled == (inbound->raw != NULL))
		return err_set(err, ERR_INVALID,
		    "mail %s: its bytes must lie either in the row or in the spool",
		    inbound->source_key);
	if (inbound->size < 0 || (!is_spooled && inbound->size > most))
		return err_set(err, ERR_LIMIT, "mail %s: %lld bytes are too many for the database",
		    inbound->source_key, (long long)inbound->size);
	return 0;
}

static int
inbound_add_raw(struct tx *tx, const struct inbound *inbound, struct err *err)
{
	struct query q = QUERY(INBOUND_ADD_RAW);

	bind_bytes(&q, inbound->raw, (size_t)inbound->size);
	bind_id(&q, &inbound->id);
	return query_run(&q, err);
}

int
inbound_add(struct tx *tx, const struct inbound *inbound, struct err *err)
{
	int rc = check_raw(inbound, err);

	if (rc < 0)
		return rc;

	struct query q = QUERY(INBOUND_ADD);

	bind_row(&q, &inbound_table, inbound);
	rc = query_claim(&q, ERR_CONFLICT, "this mail was taken in before", err);
	if (rc == 0 && inbound->raw != NULL)
		rc = inbound_add_raw(tx, inbound, err);
	return rc;
}

/* A spooled one has no row here, and out->raw stays NULL. */
static int
inbound_get_raw(struct tx *tx, struct inbound *out, struct err *err)
{
	struct query q = QUERY(INBOUND_GET_RAW);
	const void *raw;
	size_t n;
	int rc;

	bind_id(&q, &out->id);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc;
	raw = column_bytes(&q, 0, &n);
	out->raw = arena_dup_n(tx_arena(tx), raw, n);
	query_end(&q);
	if ((int64_t)n != out->size)
		return err_set(err, ERR_INVALID, "mail %s: %zu bytes stored where %lld came",
		    out->source_key, n, (long long)out->size);
	return 0;
}

int
inbound_get(struct tx *tx, const struct id *id, bool with_raw, struct inbound *out, struct err *err)
{
	struct query q = QUERY(INBOUND_GET);
	int rc;

	*out = (struct inbound){ 0 };
	bind_id(&q, id);
	rc = query_one(&q, &inbound_table, out, err);
	if (rc == 0 && with_raw)
		rc = inbound_get_raw(tx, out, err);
	return rc;
}

int
inbound_by_key(
    struct tx *tx, const char *source_key, bool with_raw, struct inbound *out, struct err *err)
{
	struct query q = QUERY(INBOUND_BY_KEY);
	int rc;

	*out = (struct inbound){ 0 };
	bind_text(&q, source_key);
	rc = query_one(&q, &inbound_table, out, err);
	if (rc == 0 && with_raw)
		rc = inbound_get_raw(tx, out, err);
	return rc;
}

int
inbound_settle(struct tx *tx, const struct inbound *inbound, struct err *err)
{
	struct query q = QUERY(INBOUND_SETTLE);

	bind_text(&q, inbound->status);
	bind_text(&q, inbound->outcome);
	bind_text(&q, inbound->from_email);
	bind_text(&q, inbound->subject);
	bind_maybe_id(&q, &inbound->ticket);
	bind_id(&q, &inbound->id);
	return query_claim(&q, ERR_CONFLICT, "this mail was settled before", err);
}

int
inbound_list(struct tx *tx, const char *status, size_t max, struct inbound **out, size_t *count,
    struct err *err)
{
	bool all = status == NULL || *status == '\0';
	struct query q = QUERY(all ? INBOUND_LIST : INBOUND_LIST_STATUS);

	if (!all)
		bind_text(&q, status);
	bind_max(&q, max);
	return query_list(&q, &inbound_table, out, count, err);
}

int
seen_add(struct tx *tx, const uint8_t fingerprint[SHA256_SIZE], utc_ms now, struct err *err)
{
	struct query q = QUERY(SEEN_ADD);

	bind_hash(&q, fingerprint);
	bind_int(&q, now);
	return query_claim(&q, ERR_CONFLICT, "a letter with the same content came before", err);
}

int
answered_first(struct tx *tx, const char *key, utc_ms since, utc_ms now, bool *out, struct err *err)
{
	struct query q = QUERY(ANSWERED_PUT);
	size_t changed = 0;
	int rc;

	bind_text(&q, key);
	bind_int(&q, now);
	bind_int(&q, since);
	rc = query_count(&q, &changed, err);
	if (rc == 0)
		*out = changed > 0;
	return rc;
}

/* --- mail that goes out ---------------------------------------------------- */

int
outgoing_add(struct tx *tx, const struct outgoing *outgoing, struct err *err)
{
	struct query q = QUERY(OUTGOING_ADD);
	int rc;

	bind_row(&q, &outgoing_table, outgoing);
	rc = query_run(&q, err);
	if (rc == 0)
		rc = sent_id_add(tx, outgoing->message_id, &outgoing->id, err);
	return rc;
}

int
outgoing_get(struct tx *tx, const struct id *id, struct outgoing *out, struct err *err)
{
	struct query q = QUERY(OUTGOING_GET);

	bind_id(&q, id);
	return query_one(&q, &outgoing_table, out, err);
}

static int
outgoing_was(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct query q = QUERY(OUTGOING_WAS);

	bind_id(&q, id);
	bind_int(&q, now);
	return query_run(&q, err);
}

int
outgoing_set_status(struct tx *tx, const struct id *id, const char *status, const char *last_error,
    utc_ms now, struct err *err)
{
	int rc = text_is(status, "refused") ? outgoing_was(tx, id, now, err) : 0;

	if (rc < 0)
		return rc;

	struct query q = QUERY(OUTGOING_SET_STATUS);

	bind_text(&q, status);
	bind_text(&q, last_error);
	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such outgoing mail", err);
}

int
outgoing_list(
    struct tx *tx, const struct id *about, struct outgoing **out, size_t *count, struct err *err)
{
	struct query q = QUERY(OUTGOING_LIST);

	bind_id(&q, about);
	return query_list(&q, &outgoing_table, out, count, err);
}

/* --- digests ------------------------------------------------------------------- */

int
outgoing_gathering(
    struct tx *tx, const char *to_email, struct outgoing **out, size_t *count, struct err *err)
{
	struct query q = QUERY(GATHERING);

	bind_text(&q, to_email);
	return query_list(&q, &outgoing_table, out, count, err);
}

static int
count_lines(struct tx *tx, const struct id *digest, int64_t *out, struct err *err)
{
	struct query q = QUERY(LINES_COUNT);
	int rc;

	bind_id(&q, digest);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc;
	*out = column_int(&q, 0);
	query_end(&q);
	return 0;
}

int
outgoing_lines(struct tx *tx, struct outgoing_lines *lines, struct err *err)
{
	struct query q = QUERY(LINES);
	int64_t all = 0;
	int rc;

	bind_id(&q, &lines->digest);
	bind_max(&q, lines->max);
	rc = query_list(&q, &outgoing_table, &lines->list, &lines->count, err);
	if (rc == 0)
		rc = count_lines(tx, &lines->digest, &all, err);
	lines->more = all - (int64_t)lines->count;
	return rc;
}

int
outgoing_fill(struct tx *tx, const struct outgoing *digest, struct err *err)
{
	struct query q = QUERY(FILL);

	bind_text(&q, digest->status);
	bind_text(&q, digest->view);
	bind_text(&q, digest->last_error);
	bind_id(&q, &digest->id);
	return query_claim(&q, ERR_CONFLICT, "this mail gathers nothing", err);
}

int
outgoing_lines_settle(
    struct tx *tx, const struct id *digest, const char *status, utc_ms now, struct err *err)
{
	struct query q = QUERY(LINES_SETTLE);

	bind_text(&q, status);
	bind_int(&q, now);
	bind_id(&q, digest);
	return query_run(&q, err);
}

int
sent_id_add(struct tx *tx, const char *message_id, const struct id *outgoing, struct err *err)
{
	struct query q = QUERY(SENT_ID_ADD);

	bind_text(&q, message_id);
	bind_id(&q, outgoing);
	return query_run(&q, err);
}

int
sent_id_find(struct tx *tx, const char *message_id, struct sent_id *out, struct err *err)
{
	struct query q = QUERY(SENT_ID_FIND);

	bind_text(&q, message_id);
	return query_one(&q, &sent_id_table, out, err);
}
