#include <assent/store/retention.h>

#include "query.h"

#include <jansson.h>

#define PIECE 500

/* clang-format off */
#define OPEN_OF(ticket) \
	"SELECT 1 FROM approvals o WHERE o.ticket = " ticket \
	" AND o.state IN ('draft', 'sent', 'undeliverable')"
#define OF_TICKET "(SELECT id FROM approvals WHERE ticket = ?)"
/* Tickets that were asked about in one mail with another: one answer speaks of all. */
#define MATES(ticket) \
	"SELECT b.ticket FROM approvals a JOIN approvals b ON b.batch = a.batch" \
	" WHERE a.ticket = " ticket " AND a.batch IS NOT NULL"
/* What came about this ticket, and about none that is still remembered. */
#define ITS_MAIL \
	"SELECT i.n FROM inbound i WHERE (i.ticket = ?1 OR i.ticket IN (" MATES("?1") ") OR i.id IN" \
	" (SELECT inbound FROM messages WHERE ticket = ?1 AND inbound IS NOT NULL))" \
	" AND i.status <> 'new' AND NOT EXISTS (SELECT 1 FROM tickets t WHERE t.id <> ?1" \
	" AND t.forgotten = 0 AND t.id IN (" MATES("i.ticket") "))"

/* What one forgotten ticket loses, each by the ticket's id. */
#define FORGET(X) \
	X(FORGET_MESSAGES, "UPDATE messages SET from_email = '', from_name = '', subject = ''," \
	    " text = '', own = '', message_id = '' WHERE ticket = ?") \
	X(FORGET_ATTACHMENTS, "UPDATE attachments SET name = '' WHERE message IN" \
	    " (SELECT id FROM messages WHERE ticket = ?)") \
	X(FORGET_DOCUMENTS, "DELETE FROM documents WHERE ticket = ?") \
	X(FORGET_FINDINGS, "DELETE FROM findings WHERE ticket = ?") \
	X(FORGET_FIXES, "DELETE FROM fixes WHERE ticket = ?") \
	X(FORGET_TASKS, "DELETE FROM tasks WHERE ticket = ?") \
	X(FORGET_CLOSINGS, "DELETE FROM closings WHERE ticket = ?") \
	X(FORGET_HOLDS, "DELETE FROM rule_holds WHERE ticket = ?") \
	/* When its status changed stays, as its events do. */ \
	X(FORGET_HISTORY, "UPDATE history SET value = '' WHERE subject = ? AND what IN ('title'," \
	    " 'requester', 'engineer', 'attributes', 'priority', 'external_status')") \
	X(FORGET_BALLOTS, "UPDATE ballots SET person_email = '', person_name = '', comment = ''," \
	    " evidence = '{}' WHERE approval IN " OF_TICKET) \
	X(FORGET_APPROVALS, "UPDATE approvals SET question = '', requested_by = '', summary = ''," \
	    " asked = '', comment = '' WHERE ticket = ?") \
	X(FORGET_OUTGOING, "UPDATE outgoing SET to_email = '', to_name = '', subject = ''," \
	    " in_reply_to = '', \"references\" = '', last_error = '', \"view\" = '{}' WHERE (ticket = ?1" \
	    " OR id IN (SELECT digest FROM outgoing WHERE ticket = ?1)) AND " OUTGOING_HAS_LEFT) \
	X(FORGET_RAW, "DELETE FROM inbound_raw WHERE n IN (" ITS_MAIL ")") \
	X(FORGET_INBOUND, "UPDATE inbound SET from_email = '', subject = '', outcome = ''," \
	    " spool = '' WHERE n IN (" ITS_MAIL ")") \
	X(FORGET_EVENTS, "UPDATE events SET actor = '', before = '', after = ''" \
	    " WHERE ticket = ? AND kind NOT LIKE '%.state'") \
	X(FORGET_ACTORS, "UPDATE events SET actor = '' WHERE ticket = ?") \
	X(FORGET_TICKET, "UPDATE tickets SET title = '', requester_email = ''," \
	    " attributes = ''," \
	    " requester_name = '', engineer_email = '', engineer_name = '', status_by = '', forgotten = 1" \
	    " WHERE id = ?")

#define RETENTION(X) \
	FORGET(X) \
	X(KEEP_MAIL, "UPDATE inbound SET decided = 1 WHERE id = ?") \
	X(MAIL_END, "SELECT max(n) FROM (SELECT n FROM inbound WHERE n > ? AND received < ?" \
	    " ORDER BY n LIMIT ?)") \
	X(RAW_REMOVE, "DELETE FROM inbound_raw WHERE n > ?1 AND n <= ?2 AND n IN (SELECT n" \
	    " FROM inbound WHERE n > ?1 AND n <= ?2 AND received < ?3 AND decided = 0" \
	    " AND status <> 'new')") \
	X(SPOOL_REMOVE, "UPDATE inbound SET spool = '' WHERE n > ? AND n <= ? AND received < ?" \
	    " AND spool <> '' AND decided = 0 AND status <> 'new'") \
	X(CLICKS, "SELECT seq, subject FROM ledger WHERE seq > ? AND at < ?" \
	    " AND kind = 'decision' ORDER BY seq LIMIT ?") \
	X(EVIDENCE_GET, "SELECT id, evidence FROM ballots WHERE approval = ?") \
	X(EVIDENCE_SET, "UPDATE ballots SET evidence = ? WHERE id = ?") \
	X(OLD_TICKETS, "SELECT ref, id FROM tickets t WHERE ref > ? AND updated < ?" \
	    " AND forgotten = 0 AND NOT EXISTS (" OPEN_OF("t.id") ") AND NOT EXISTS" \
	    " (SELECT 1 FROM escalations p WHERE p.ticket = t.id" \
	    " AND p.state IN ('pending', 'in_progress')) ORDER BY ref LIMIT ?") \
	X(ENTRIES_OF, "SELECT seq FROM ledger WHERE subject IN " OF_TICKET) \
	X(OLD_PACKETS, "SELECT n AS ref, id FROM escalations WHERE n > ? AND moved_at < ?" \
	    " AND forgotten = 0 AND state IN ('resolved', 'expired') ORDER BY n LIMIT ?") \
	X(ENTRIES_OF_PACKET, "SELECT seq FROM ledger WHERE subject = ?") \
	X(FORGET_PEOPLE, "UPDATE escalation_people SET email = '', name = '' WHERE escalation = ?") \
	X(FORGET_STEPS, "UPDATE escalation_events SET actor = '', before = '', after = '', evidence = ''" \
	    " WHERE escalation = ?") \
	X(FORGET_PACKET_MAIL, "UPDATE outgoing SET to_email = '', to_name = '', subject = ''," \
	    " in_reply_to = '', \"references\" = '', last_error = '', \"view\" = '{}'" \
	    " WHERE (escalation = ?1" \
	    " OR id IN (SELECT digest FROM outgoing WHERE escalation = ?1)) AND " OUTGOING_HAS_LEFT) \
	X(FORGET_ANSWER, "UPDATE resumes SET answer = '', error = '' WHERE escalation = ?") \
	X(FORGET_PACKET, "UPDATE escalations SET title = '', entity_id = '', missing = '[]'," \
	    " risk = '', artifacts = '[]', resume_token = '', suggest = '', texts = '{}'," \
	    " source = '', first_to = '', levels = '[]', \"to\" = '', assignee = ''," \
	    " acked_by = '', action = '', notes = '', override_json = '', resolved_by = ''," \
	    " forgotten = 1 WHERE id = ?") \
	X(SEEN_REMOVE, "DELETE FROM seen WHERE fingerprint IN" \
	    " (SELECT fingerprint FROM seen WHERE at < ? LIMIT ?)") \
	X(ANSWERED_REMOVE, "DELETE FROM answered WHERE key IN" \
	    " (SELECT key FROM answered WHERE at < ? LIMIT ?)")
/* clang-format on */

DEFINE_STATEMENTS(SET_RETENTION, retention, RETENTION);

#define QUERY(which) query_open(tx, &retention_statements, which)

int
retention_keep_mail(struct tx *tx, const struct id *inbound, struct err *err)
{
	struct query q = QUERY(KEEP_MAIL);

	bind_id(&q, inbound);
	return query_run(&q, err);
}

static int
run_counted(struct query *q, int64_t *removed, struct err *err)
{
	size_t n = 0;
	int rc = query_count(q, &n, err);

	*removed += (int64_t)n;
	return rc;
}

/* --- mail as it came --------------------------------------------------------- */

/* The last row of this piece; 0 when there is none. */
static int
mail_end(struct tx *tx, utc_ms before, int64_t after, int64_t *out, struct err *err)
{
	struct query q = QUERY(MAIL_END);

	bind_int(&q, after);
	bind_int(&q, before);
	bind_int(&q, PIECE);
	return query_int(&q, out, err);
}

static int
remove_mail(struct tx *tx, int statement, const int64_t range[2], utc_ms before, int64_t *removed,
    struct err *err)
{
	struct query q = QUERY(statement);

	bind_int(&q, range[0]);
	bind_int(&q, range[1]);
	bind_int(&q, before);
	return run_counted(&q, removed, err);
}

int
retention_raw_mail(struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err)
{
	int64_t range[2] = { piece->at, 0 };
	int rc = mail_end(tx, before, piece->at, &range[1], err);

	piece->at = range[1];
	if (rc < 0 || range[1] == 0)
		return rc;
	rc = remove_mail(tx, RAW_REMOVE, range, before, &piece->removed, err);
	return rc < 0 ? rc : remove_mail(tx, SPOOL_REMOVE, range, before, &piece->removed, err);
}

/* --- addresses of clicks ------------------------------------------------------ */

static int
set_evidence(struct tx *tx, const struct id *ballot, const char *text, struct err *err)
{
	struct query q = QUERY(EVIDENCE_SET);

	bind_text(&q, text);
	bind_id(&q, ballot);
	return query_run(&q, err);
}

/* *text gets the evidence without the peer, NULL where there is none. */
static void
without_peer(struct arena *arena, const char *evidence, const char **text)
{
	json_t *json = json_loads(evidence, 0, NULL);
	char *dump;

	*text = NULL;
	if (json_object_del(json, "peer") == 0) {
		dump = json_dumps(json, JSON_COMPACT);
		*text = arena_dup(arena, dump);
		free(dump); /* house: library memory */
	}
	json_decref(json);
}

static int
forget_peer(struct tx *tx, const struct id *approval, struct err *err)
{
	struct query q = QUERY(EVIDENCE_GET);
	const char *text = NULL;
	struct id ballot;
	int rc;

	bind_id(&q, approval);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc;
	if (column_id(&q, 0, &ballot))
		without_peer(tx->arena, column_text(&q, 1), &text);
	query_end(&q);
	return text != NULL ? set_evidence(tx, &ballot, text, err) : 0;
}

struct click {
	int64_t seq;
	struct id approval;
};

static int
list_clicks(
    struct tx *tx, utc_ms before, int64_t after, struct click **out, size_t *count, struct err *err)
{
	struct query q = QUERY(CLICKS);
	struct click *clicks = arena_alloc(tx->arena, PIECE * sizeof(*clicks));
	size_t n = 0;
	int rc;

	bind_int(&q, after);
	bind_int(&q, before);
	bind_int(&q, PIECE);
	while ((rc = query_next(&q, err)) > 0) {
		clicks[n].seq = column_int(&q, 0);
		if (column_id(&q, 1, &clicks[n].approval))
			n++;
	}
	*out = clicks;
	*count = n;
	return rc;
}

int
retention_ip(struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err)
{
	static const char *const names[] = { "peer", NULL };
	struct click *clicks;
	size_t n = 0;
	int rc = list_clicks(tx, before, piece->at, &clicks, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ledger_erase(tx, clicks[i].seq, names, &piece->removed, err);
		if (rc == 0)
			rc = forget_peer(tx, &clicks[i].approval, err);
	}
	piece->at = n > 0 ? clicks[n - 1].seq : 0;
	return rc;
}

/* --- people of closed tickets --------------------------------------------------- */

struct forgetting { /* of a ticket with all that hangs on it, or of a packet */
	int old; /* (ref, id) of those that may go */
	int entries; /* seq of their ledger entries */
	const int *statements; /* each by the id */
	size_t count;
};

static int
list_entries(struct tx *tx, struct query q, int64_t **out, size_t *count, struct err *err)
{
	size_t room = 64, n = 0;
	int64_t *list = arena_alloc(tx->arena, room * sizeof(*list)), *wider;
	int rc;

	while ((rc = query_next(&q, err)) > 0) {
		if (n == room) {
			wider = arena_alloc(tx->arena, 2 * room * sizeof(*list));
			for (size_t i = 0; i < n; i++)
				wider[i] = list[i];
			list = wider;
			room *= 2;
		}
		list[n++] = column_int(&q, 0);
	}
	*out = list;
	*count = n;
	return rc;
}

static int
forget(struct tx *tx, const struct forgetting *what, const struct id *id, int64_t *removed,
    struct err *err)
{
	struct query of = QUERY(what->entries);
	int64_t *entries;
	size_t n = 0;
	int rc;

	bind_id(&of, id);
	rc = list_entries(tx, of, &entries, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = ledger_erase(tx, entries[i], NULL, removed, err);
	for (size_t i = 0; rc == 0 && i < what->count; i++) {
		struct query q = QUERY(what->statements[i]);

		bind_id(&q, id);
		rc = run_counted(&q, removed, err);
	}
	return rc;
}

struct old_one {
	int64_t ref;
	struct id id;
};

#define OLD_ONE(F, N, S) F(S, INT, ref) N(S, ID, id)
DEFINE_TABLE(old_one, struct old_one, OLD_ONE);

static int
forget_old(struct tx *tx, const struct forgetting *what, utc_ms before,
    struct retention_piece *piece, struct err *err)
{
	struct query q = QUERY(what->old);
	struct old_one *list = NULL;
	size_t n = 0;
	int rc;

	bind_int(&q, piece->at);
	bind_int(&q, before);
	bind_int(&q, PIECE / 10);
	rc = query_list(&q, &old_one_table, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = forget(tx, what, &list[i].id, &piece->removed, err);
	piece->at = n > 0 ? list[n - 1].ref : 0;
	return rc;
}

int
retention_people(struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err)
{
	/* Ballots before approvals, mails before messages: each finds its rows by the later ones. */
	static const int statements[] = { FORGET_RAW, FORGET_INBOUND, FORGET_ATTACHMENTS,
		FORGET_MESSAGES, FORGET_DOCUMENTS, FORGET_FINDINGS, FORGET_FIXES, FORGET_TASKS,
		FORGET_CLOSINGS, FORGET_HOLDS, FORGET_HISTORY, FORGET_BALLOTS, FORGET_APPROVALS,
		FORGET_OUTGOING, FORGET_EVENTS, FORGET_ACTORS, FORGET_TICKET };
	static const struct forgetting tickets = { OLD_TICKETS, ENTRIES_OF, statements,
		ARRAY_LEN(statements) };

	return forget_old(tx, &tickets, before, piece, err);
}

int
retention_packets(struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err)
{
	static const int statements[] = { FORGET_PEOPLE, FORGET_STEPS, FORGET_PACKET_MAIL,
		FORGET_ANSWER, FORGET_PACKET };
	static const struct forgetting packets = { OLD_PACKETS, ENTRIES_OF_PACKET, statements,
		ARRAY_LEN(statements) };

	return forget_old(tx, &packets, before, piece, err);
}

/* --- fingerprints ---------------------------------------------------------------- */

int
retention_seen(struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err)
{
	static const int statements[] = { SEEN_REMOVE, ANSWERED_REMOVE };
	int64_t removed = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(statements); i++) {
		struct query q = QUERY(statements[i]);

		bind_int(&q, before);
		bind_int(&q, PIECE);
		rc = run_counted(&q, &removed, err);
	}
	piece->at = removed > 0 ? 1 : 0;
	piece->removed += removed;
	return rc;
}
