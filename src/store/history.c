#include <assent/store/history.h>

#include "query.h"

#include <assent/base/num.h>
#include <assent/store/site.h>

/* clang-format off */
#define CHANGE(F, N, S) F(S, MAYBE_ID, row) N(S, INT, at) N(S, TEXT, what) N(S, TEXT, value)
#define EVENT(F, N, S) F(S, INT, at) N(S, BOOL, is_reminder) N(S, BOOL, is_edit)
#define MESSAGE(F, N, S) \
	F(S, ID, id) N(S, INT, seq) N(S, BOOL, is_public) N(S, BOOL, is_staff) N(S, BOOL, is_erased) N(S, INT, at) \
	N(S, TEXT, own)
#define BALLOT(F, N, S) \
	F(S, ID, id) N(S, ID, approval) N(S, TEXT, email) N(S, TEXT, status) N(S, INT, unclear) \
	N(S, INT, cast_at)
#define FAILURE(F, N, S) F(S, ID, id) N(S, INT, created) N(S, INT, last)
#define ACT(F, N, S) F(S, ID, packet) N(S, INT, at) N(S, TEXT, kind)
#define PACKET(F, N, S) \
	F(S, ID, id) N(S, INT, ref) N(S, TEXT, rule) N(S, TEXT, once_key) N(S, INT, created) \
	N(S, INT, closed)
#define SPAN(F, N, S) F(S, INT, from) N(S, INT, to)

#define WAS "INSERT INTO history (subject, row, at, what, value) SELECT "
#define CHANGES "SELECT row, at, what, value FROM history WHERE subject = "
#define PACKETS \
	"SELECT e.id, coalesce(t.ref, 0), iif(e.source = 'rules', e.rule, ''), e.once_key," \
	" e.created, iif(e.state IN ('pending', 'in_progress'), 9223372036854775807, e.moved_at)" \
	" FROM escalations e LEFT JOIN tickets t ON t.id = e.ticket WHERE "
/* What rules do besides packets; the actor is "rule:<id>", after the key. */
#define ACTED "('rule.request_approval', 'rule.remind', 'rule.notify', 'rule.close')"
#define STAFF "(SELECT email FROM staff WHERE active = 1)"

#define HISTORY(X) \
	X(WAS_BALLOT, WAS "a.ticket, b.id, ?2, 'ballot', b.status || ' ' || b.unclear" \
	    " FROM ballots b JOIN approvals a ON a.id = b.approval WHERE b.id = ?1") \
	X(WAS_DEADLINE, WAS "ticket, id, ?2, 'deadline', CAST(deadline AS TEXT)" \
	    " FROM approvals WHERE id = ?1") \
	X(WAS_MESSAGE, WAS "ticket, id, ?2, 'message', CAST(is_public AS TEXT)" \
	    " FROM messages WHERE id = ?1") \
	X(WAS_ABSENT, WAS "CAST(person_email AS BLOB), NULL, ?2, 'absence'," \
	    " learnt || ' ' || until FROM absences WHERE person_email = ?1") \
	X(CHANGES_OF, CHANGES "? ORDER BY n") \
	X(ABSENCES_OF, CHANGES "CAST(?1 AS BLOB) UNION ALL SELECT NULL, 9223372036854775807," \
	    " 'absence', learnt || ' ' || until FROM absences WHERE person_email = ?1") \
	X(TICKETS_PAGE, "SELECT t.ref, t.id FROM tickets t WHERE t.ref > ?1 AND (t.updated >= ?2" \
	    " OR t.status <> 'resolved' OR EXISTS (SELECT 1 FROM events e WHERE e.ticket = t.id" \
	    " AND e.at >= ?2)) AND (?3 = '' OR t.organisation =" \
	    " (SELECT id FROM organisations WHERE key = ?3)) ORDER BY t.ref LIMIT ?4") \
	X(EVENTS_OF, "SELECT at, kind = 'approval.reminded', kind = 'message.changed'" \
	    " FROM events WHERE ticket = ?" \
	    " ORDER BY seq") \
	X(MESSAGES_OF, "SELECT id, seq, is_public, from_email IN " STAFF "," \
	    " from_email = '' AND message_id = '' AND own = '', at," \
	    " iif(?2, substr(own, 1, 4000), '') FROM messages WHERE ticket = ?1 ORDER BY seq") \
	X(BALLOTS_OF, "SELECT b.id, b.approval, b.person_email, b.status, b.unclear, b.cast_at" \
	    " FROM approvals a JOIN ballots b ON b.approval = a.id WHERE a.ticket = ?" \
	    " ORDER BY b.id") \
	X(FAILURES_OF, "SELECT id, created, coalesce(nullif(sent_at, 0), created) FROM outgoing" \
	    " WHERE ticket = ? AND status = 'refused' AND escalation IS NULL ORDER BY created") \
	X(PACKETS_OF, PACKETS "e.ticket = ? ORDER BY e.id") \
	X(ACTS_OF, "SELECT s.escalation, s.at, s.kind FROM escalations e" \
	    " JOIN escalation_events s ON s.escalation = e.id WHERE e.ticket = ?" \
	    " AND s.kind IN ('raised', 'resolve', 'reopen', 'lapse') ORDER BY s.escalation, s.n") \
	X(RAISED, PACKETS "e.source = 'rules' AND e.created >= ?1 AND e.created <= ?2" \
	    " AND (?3 = '' OR e.organisation = ?3) AND (?4 IS NULL OR e.ticket = ?4)" \
	    " UNION ALL SELECT zeroblob(16), coalesce(t.ref, 0), substr(v.actor, 6), v.after, v.at," \
	    " v.at FROM events v LEFT JOIN tickets t ON t.id = v.ticket WHERE v.kind IN " ACTED \
	    " AND v.at >= ?1 AND v.at <= ?2 AND (?3 = '' OR t.organisation =" \
	    " (SELECT id FROM organisations WHERE key = ?3)) AND (?4 IS NULL OR v.ticket = ?4)" \
	    " ORDER BY 5, 1") \
	X(QUESTIONS_OF, "SELECT created, iif(state IN ('draft', 'sent', 'undeliverable')," \
	    " 9223372036854775807, moved_at) FROM approvals WHERE organisation = ?") \
	X(STAFF_LIST, "SELECT id, active FROM staff ORDER BY id")
/* clang-format on */

DEFINE_STATEMENTS(SET_HISTORY, history, HISTORY);
DEFINE_TABLE(history_change, struct history_change, CHANGE);
DEFINE_TABLE(history_event, struct history_event, EVENT);
DEFINE_TABLE(history_message, struct history_message, MESSAGE);
DEFINE_TABLE(history_ballot, struct history_ballot, BALLOT);
DEFINE_TABLE(history_failure, struct history_failure, FAILURE);
DEFINE_TABLE(history_act, struct history_act, ACT);
DEFINE_TABLE(history_packet, struct history_packet, PACKET);
DEFINE_TABLE(history_span, struct history_span, SPAN);

#define QUERY(which) query_open(tx, &history_statements, which)
#define SINCE "history.since" /* of the site */

/* --- before a change --------------------------------------------------------------- */

int
history_before(
    struct tx *tx, enum history_row row, const struct id *id, utc_ms now, struct err *err)
{
	static const int statements[HISTORY_ROW_COUNT] = {
		[HISTORY_BALLOT] = WAS_BALLOT,
		[HISTORY_DEADLINE] = WAS_DEADLINE,
		[HISTORY_MESSAGE] = WAS_MESSAGE,
	};
	struct query q = QUERY(statements[row]);

	bind_id(&q, id);
	bind_int(&q, now);
	return query_run(&q, err);
}

int
history_absence(struct tx *tx, const char *email, utc_ms now, struct err *err)
{
	struct query q = QUERY(WAS_ABSENT);

	bind_email(&q, email);
	bind_int(&q, now);
	return query_run(&q, err);
}

/* --- what was ---------------------------------------------------------------------- */

int
history_since(struct tx *tx, utc_ms *out, struct err *err)
{
	const char *text;
	int rc = site_get(tx, SINCE, &text, err);

	*out = 0;
	if (rc == 0 && !num_parse(text, out))
		return err_set(err, ERR_INVALID, "site: %s is no time", SINCE);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
history_list(struct tx *tx, const struct id *subject, struct history_change **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(CHANGES_OF);

	bind_id(&q, subject);
	return query_list(&q, &history_change_table, out, count, err);
}

int
history_absences(
    struct tx *tx, const char *email, struct history_change **out, size_t *count, struct err *err)
{
	struct query q = QUERY(ABSENCES_OF);

	bind_email(&q, email);
	return query_list(&q, &history_change_table, out, count, err);
}

/* --- tickets ----------------------------------------------------------------------- */

int
history_tickets(struct tx *tx, struct history_page *page, struct err *err)
{
	struct query q = QUERY(TICKETS_PAGE);
	int rc;

	page->tickets = arena_alloc(tx_arena(tx), (page->max + 1) * sizeof(*page->tickets));
	page->count = 0;
	bind_int(&q, page->after);
	bind_int(&q, page->since);
	bind_text(&q, page->organisation);
	bind_int(&q, (int64_t)page->max);
	while ((rc = query_next(&q, err)) > 0) {
		page->after = column_int(&q, 0);
		if (column_id(&q, 1, &page->tickets[page->count]))
			page->count++;
	}
	page->more = page->count == page->max;
	return rc;
}

int
history_events(struct tx *tx, const struct id *ticket, struct history_event **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(EVENTS_OF);

	bind_id(&q, ticket);
	return query_list(&q, &history_event_table, out, count, err);
}

int
history_messages(struct tx *tx, const struct id *ticket, bool texts, struct history_message **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(MESSAGES_OF);

	bind_id(&q, ticket);
	bind_int(&q, texts);
	return query_list(&q, &history_message_table, out, count, err);
}

int
history_ballots(struct tx *tx, const struct id *ticket, struct history_ballot **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(BALLOTS_OF);

	bind_id(&q, ticket);
	return query_list(&q, &history_ballot_table, out, count, err);
}

int
history_failures(struct tx *tx, const struct id *ticket, struct history_failure **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(FAILURES_OF);

	bind_id(&q, ticket);
	return query_list(&q, &history_failure_table, out, count, err);
}

int
history_packets(struct tx *tx, const struct id *ticket, struct history_packet **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(PACKETS_OF);

	bind_id(&q, ticket);
	return query_list(&q, &history_packet_table, out, count, err);
}

int
history_acts(struct tx *tx, const struct id *ticket, struct history_act **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(ACTS_OF);

	bind_id(&q, ticket);
	return query_list(&q, &history_act_table, out, count, err);
}

int
history_raised(struct tx *tx, const struct history_raised *wanted, struct history_packet **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(RAISED);

	bind_int(&q, wanted->from);
	bind_int(&q, wanted->to);
	bind_text(&q, wanted->organisation);
	bind_maybe_id(&q, &wanted->ticket);
	return query_list(&q, &history_packet_table, out, count, err);
}

/* --- organisations ----------------------------------------------------------------- */

int
history_questions(struct tx *tx, const struct id *organisation, struct history_span **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(QUESTIONS_OF);

	bind_id(&q, organisation);
	return query_list(&q, &history_span_table, out, count, err);
}

int
history_staff_changed(struct tx *tx, utc_ms since, bool *out, struct err *err)
{
	struct query q = QUERY(STAFF_LIST);
	utc_ms first = 0;
	struct id id;
	int rc;

	*out = false;
	while ((rc = query_next(&q, err)) > 0) {
		if (!column_id(&q, 0, &id))
			continue;
		/* The first ones came with the database. */
		if (first == 0)
			first = id_time(&id);
		if (column_int(&q, 1) == 0 || (id_time(&id) > first && id_time(&id) > since))
			*out = true;
	}
	return rc;
}
