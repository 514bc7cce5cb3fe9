#include <assent/store/cursor.h>

#include "query.h"

/* clang-format off */
#define CURSOR(F, N, S) \
	F(S, TEXT, mailbox) N(S, INT, uidvalidity) N(S, INT, next_uid) N(S, INT, newest) \
	N(S, INT, old_uid) N(S, INT, old_time) N(S, INT, settled_uid) N(S, INT, epoch) \
	N(S, TEXT, holder) N(S, INT, flight_first) N(S, INT, flight_last) \
	N(S, INT, flight_tries) N(S, INT, batch) N(S, INT, updated)

#define CURSORS(X) \
	X(CURSOR_TAKE, INSERT("mailbox_cursor", CURSOR) " ON CONFLICT (mailbox) DO UPDATE SET" \
	    " holder = excluded.holder, epoch = epoch + 1") \
	X(CURSOR_GET, "SELECT " NAMES(CURSOR) " FROM mailbox_cursor WHERE mailbox = ?") \
	X(CURSOR_PUT, "UPDATE mailbox_cursor SET uidvalidity = ?, next_uid = ?, newest = ?," \
	    " old_uid = ?, old_time = ?, settled_uid = ?, flight_first = ?, flight_last = ?," \
	    " flight_tries = ?, batch = ?, updated = ? WHERE mailbox = ? AND epoch = ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_CURSOR, cursor, CURSORS);
DEFINE_TABLE(mailbox_cursor, struct cursor, CURSOR);

#define QUERY(which) query_open(tx, &cursor_statements, which)

int
cursor_take(
    struct tx *tx, const char *mailbox, const char *holder, struct cursor *out, struct err *err)
{
	struct cursor fresh = {
		.mailbox = mailbox,
		.next_uid = 1,
		.settled_uid = 1,
		.epoch = 1,
		.holder = holder,
	};
	struct query q = QUERY(CURSOR_TAKE);
	int rc;

	bind_row(&q, &mailbox_cursor_table, &fresh);
	rc = query_run(&q, err);
	return rc < 0 ? rc : cursor_get(tx, mailbox, out, err);
}

int
cursor_get(struct tx *tx, const char *mailbox, struct cursor *out, struct err *err)
{
	struct query q = QUERY(CURSOR_GET);

	*out = (struct cursor){ 0 };
	bind_text(&q, mailbox);
	return query_one(&q, &mailbox_cursor_table, out, err);
}

int
cursor_put(struct tx *tx, const struct cursor *cursor, struct err *err)
{
	struct query q = QUERY(CURSOR_PUT);
	const int64_t values[] = { cursor->uidvalidity, cursor->next_uid, cursor->newest,
		cursor->old_uid, cursor->old_time, cursor->settled_uid, cursor->flight_first,
		cursor->flight_last, cursor->flight_tries, cursor->batch, cursor->updated };

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		bind_int(&q, values[i]);
	bind_text(&q, cursor->mailbox);
	bind_int(&q, cursor->epoch);
	return query_claim(
	    &q, ERR_CONFLICT, "another assentd works on this mailbox now; this one stops", err);
}
