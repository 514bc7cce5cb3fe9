#include <assent/store/erase.h>

#include "query.h"

#include <assent/store/retention.h>

#include <string.h>

/* clang-format off */
#define OPEN "o.state IN ('draft', 'sent', 'undeliverable')"
#define NO_QUESTION(ticket) "NOT EXISTS (SELECT 1 FROM approvals o WHERE o.ticket = " ticket " AND " OPEN ")"
/* Approvals that this person answered, or whose ticket he opened; all of them closed. */
#define HIS_APPROVALS \
	"(SELECT a.id FROM approvals a JOIN tickets t ON t.id = a.ticket WHERE" \
	" (t.requester_email = ?1 OR a.id IN (SELECT approval FROM ballots WHERE person_email = ?1))" \
	" AND " NO_QUESTION("a.ticket") ")"
#define HIS_MAIL "from_email = ?1 AND status <> 'new'"
#define NAMES_HIM(text) "instr(lower(" text "), ?1) > 0"

/* Work on tickets that he opened, and whatever else names him; his own name goes by itself. */
#define ABOUT_HIM(first, second) \
	"ticket IN (SELECT id FROM tickets t WHERE t.requester_email = ?1 AND " NO_QUESTION("t.id") \
	") OR " \
	NAMES_HIM(first) " OR " NAMES_HIM(second)

/* Packets: those that are open keep their people, as questions do. */
#define CLOSED_PACKET "state IN ('resolved', 'expired')"
#define PACKET_WORDS \
	"title || ' ' || entity_id || ' ' || missing || ' ' || risk || ' ' || artifacts || ' ' ||" \
	" suggest || ' ' || texts || ' ' || action || ' ' || notes || ' ' || override_json"
#define WITHOUT_HIM(column) column " = CASE lower(" column ") WHEN ?1 THEN '' ELSE " column " END"

/* id, what, table, where, change. The order matters: rows are found by those below. */
#define PARTS(X) \
	X(DOCUMENTS, "documents about, or naming", "documents", ABOUT_HIM("text", "why"), \
	    "DELETE FROM documents") \
	X(DOCUMENTED, "documents written by", "documents", "author = ?1", \
	    "UPDATE documents SET author = 'somebody'") \
	X(APPROVALS, "questions put to, or about tickets of", "approvals", \
	    "id IN " HIS_APPROVALS, "UPDATE approvals SET asked = '', summary = '', comment = ''") \
	X(REQUESTED, "questions asked for by", "approvals", "requested_by = ?1", \
	    "UPDATE approvals SET requested_by = ''") \
	X(BALLOTS, "answers and their evidence, of", "ballots", "person_email = ?1", \
	    "UPDATE ballots SET person_email = '', person_name = '', comment = ''," \
	    " evidence = '{}'") \
	X(BATCHES, "bulk questions to", "batches", "person_email = ?1", \
	    "UPDATE batches SET person_email = '', person_name = ''") \
	X(ATTACHMENTS, "names of files from", "attachments", \
	    "name <> '' AND message IN (SELECT id FROM messages WHERE from_email = ?1 AND " \
	    NO_QUESTION("messages.ticket") ")", "UPDATE attachments SET name = ''") \
	X(MESSAGES, "messages from", "messages", \
	    "from_email = ?1 AND " NO_QUESTION("messages.ticket"), \
	    "UPDATE messages SET from_email = '', from_name = '', subject = '', text = ''," \
	    " own = '', message_id = ''") \
	X(OUTGOING, "mails to, or naming", "outgoing", \
	    "(to_email = ?1 OR " NAMES_HIM("\"view\"") " OR " NAMES_HIM("\"references\"") \
	    " OR " NAMES_HIM("last_error") ") AND " OUTGOING_HAS_LEFT, \
	    "UPDATE outgoing SET to_email = '', to_name = '', subject = '', in_reply_to = ''," \
	    " \"references\" = '', last_error = '', \"view\" = '{}'") \
	X(JOBS, "failures of jobs naming", "jobs", NAMES_HIM("last_error"), \
	    "UPDATE jobs SET last_error = ''") \
	X(ALERTS, "alerts that are over, naming", "alerts", "ended <> 0 AND " NAMES_HIM("text"), \
	    "DELETE FROM alerts") \
	X(RAW, "bytes of mails from", "inbound_raw", \
	    "n IN (SELECT n FROM inbound WHERE " HIS_MAIL ")", "DELETE FROM inbound_raw") \
	X(HOOKS, "webhooks naming", "inbound_raw", \
	    "n IN (SELECT n FROM inbound WHERE source LIKE 'hook:%' AND status <> 'new')" \
	    " AND " NAMES_HIM("CAST(raw AS TEXT)"), "DELETE FROM inbound_raw") \
	X(INBOUND, "mails received from", "inbound", HIS_MAIL, \
	    "UPDATE inbound SET from_email = '', subject = '', outcome = '', spool = ''") \
	X(OUTCOMES, "outcomes of mails and webhooks, naming", "inbound", \
	    NAMES_HIM("outcome") " AND status <> 'new'", "UPDATE inbound SET outcome = ''") \
	X(EVENTS, "events naming", "events", \
	    "actor = ?1 OR " NAMES_HIM("before") " OR " NAMES_HIM("after"), \
	    "UPDATE events SET actor = '', before = '', after = ''") \
	X(HISTORY, "earlier values of tickets of, or naming", "history", \
	    "(what IN ('title', 'attributes') AND value <> '' AND subject IN (SELECT id" \
	    " FROM tickets t WHERE t.requester_email = ?1 AND " NO_QUESTION("t.id") ")) OR " \
	    NAMES_HIM("value"), "UPDATE history SET value = ''") \
	X(AWAY, "earlier absences of", "history", "subject = CAST(?1 AS BLOB)", \
	    "DELETE FROM history") \
	X(ANSWERED, "notes of answers to", "answered", NAMES_HIM("key"), "DELETE FROM answered") \
	X(API_ANSWERS, "kept answers of the API about, or naming", "api_answers", \
	    NAMES_HIM("body") " OR EXISTS (SELECT 1 FROM tickets t WHERE t.requester_email = ?1" \
	    " AND instr(body, '\"T-' || t.ref || '\"') > 0)", \
	    "DELETE FROM api_answers") \
	X(BEHALVES, "answers in the place of", "ballots", "on_behalf_of = ?1", \
	    "UPDATE ballots SET on_behalf_of = ''") \
	X(ABSENCES, "absence notes of", "absences", "person_email = ?1", "DELETE FROM absences") \
	X(PROPOSALS, "proposals of, or naming", "proposals", \
	    "(email = ?1 OR proposed_by = ?1) AND state <> 'open'", \
	    "UPDATE proposals SET email = '', name = '', proposed_by = ''") \
	X(FINDINGS, "findings about, or naming", "findings", ABOUT_HIM("text", "source"), \
	    "DELETE FROM findings") \
	X(FIXES, "fixes of tickets of, or naming", "fixes", ABOUT_HIM("title", "description"), \
	    "DELETE FROM fixes") \
	X(TASKS, "tasks of tickets of, or naming", "tasks", ABOUT_HIM("text", "answer"), \
	    "DELETE FROM tasks") \
	X(CLOSINGS, "notes on closing tickets of, or naming", "closings", \
	    "comment <> '' AND (" ABOUT_HIM("comment", "comment") ")", "UPDATE closings SET comment = ''") \
	X(CLOSED, "tickets closed by", "closings", "by = ?1", "UPDATE closings SET by = ''") \
	X(HANDED, "tickets handed to", "closings", "to_email = ?1", \
	    "UPDATE closings SET to_email = '', to_name = ''") \
	X(PACKETS, "packets of tickets of, or naming", "escalations", \
	    CLOSED_PACKET " AND title <> '' AND (" ABOUT_HIM(PACKET_WORDS, "title") ")", \
	    "UPDATE escalations SET title = '', entity_id = '', missing = '[]', risk = ''," \
	    " artifacts = '[]', suggest = '', texts = '{}', action = '', notes = ''," \
	    " override_json = '', resume_token = ''") \
	X(PACKET_PEOPLE, "packets put to", "escalation_people", "email = ?1 AND escalation IN" \
	    " (SELECT id FROM escalations WHERE " CLOSED_PACKET ")", \
	    "UPDATE escalation_people SET email = '', name = ''") \
	X(PACKET_EVENTS, "steps of packets naming", "escalation_events", \
	    "actor = ?1 OR " NAMES_HIM("before") " OR " NAMES_HIM("after") " OR " \
	    NAMES_HIM("evidence"), \
	    "UPDATE escalation_events SET actor = '', before = '', after = '', evidence = ''") \
	X(PACKET_ANSWERS, "answers of workflows naming", "resumes", \
	    NAMES_HIM("answer") " OR " NAMES_HIM("error"), "UPDATE resumes SET answer = '', error = ''") \
	X(PACKETS_OF, "packets raised, taken or resolved by", "escalations", \
	    CLOSED_PACKET " AND (?1 IN (lower(source), lower(first_to), lower(\"to\"), assignee," \
	    " lower(acked_by), lower(resolved_by)) OR " NAMES_HIM("levels") ")", \
	    "UPDATE escalations SET " WITHOUT_HIM("source") ", " WITHOUT_HIM("first_to") ", " \
	    WITHOUT_HIM("\"to\"") ", " WITHOUT_HIM("assignee") ", " WITHOUT_HIM("acked_by") ", " \
	    WITHOUT_HIM("resolved_by") "," \
	    " levels = CASE WHEN " NAMES_HIM("levels") " THEN '[]' ELSE levels END") \
	X(CLOSER, "tickets with the last word of", "tickets", "status_by = ?1", \
	    "UPDATE tickets SET status_by = ''") \
	X(FOUND, "findings by", "findings", "author = ?1 OR removed_by = ?1", \
	    "UPDATE findings SET author = '', removed_by = ''") \
	X(FIXED, "fixes by", "fixes", "author = ?1 OR moved_by = ?1", \
	    "UPDATE fixes SET author = '', moved_by = ''") \
	X(TASKED, "tasks by", "tasks", "author = ?1 OR moved_by = ?1", \
	    "UPDATE tasks SET author = '', moved_by = ''") \
	X(CONTACTS, "contacts with the address of", "contacts", "email = ?1", \
	    "DELETE FROM contacts") \
	X(ENGINEER, "tickets brought in by", "tickets", \
	    "engineer_email = ?1 AND " NO_QUESTION("tickets.id"), \
	    "UPDATE tickets SET engineer_email = '', engineer_name = ''") \
	X(REQUESTER, "tickets opened by", "tickets", \
	    "requester_email = ?1 AND " NO_QUESTION("tickets.id"), \
	    "UPDATE tickets SET requester_email = '', requester_name = '', title = ''," \
	    " attributes = ''") \
	X(STAFF, "former staff with the address of", "staff", "email = ?1 AND active = 0", \
	    "DELETE FROM staff")

#define COUNT_ID(id, what, table, where, change) COUNT_##id,
#define CHANGE_ID(id, what, table, where, change) CHANGE_##id,
#define COUNT_SQL(id, what, table, where, change) "SELECT count(*) FROM " table " WHERE " where,
#define CHANGE_SQL(id, what, table, where, change) change " WHERE " where,

/* What the ledger says about him without his name. */
#define HIS_SUBJECTS \
	"(SELECT id FROM " HIS_APPROVALS " UNION SELECT p.id FROM escalations p JOIN tickets t" \
	" ON t.id = p.ticket WHERE t.requester_email = ?1 AND p.state IN ('resolved', 'expired'))"

#define OTHERS(X) \
	X(COUNT_VALUES, "SELECT count(*) FROM ledger_values WHERE salt IS NOT NULL AND" \
	    " (" NAMES_HIM("value") " OR seq IN" \
	    " (SELECT seq FROM ledger WHERE subject IN " HIS_SUBJECTS "))") \
	X(CHANGE_VALUES, "UPDATE ledger_values SET salt = NULL, value = NULL" \
	    " WHERE salt IS NOT NULL AND " NAMES_HIM("value")) \
	X(HIS_ENTRIES, "SELECT seq FROM ledger WHERE subject IN " HIS_SUBJECTS " ORDER BY seq") \
	X(COUNT_KEPT, "SELECT (SELECT count(*) FROM messages WHERE from_email = ?1 AND NOT " \
	    NO_QUESTION("messages.ticket") ") + (SELECT count(*) FROM outgoing WHERE to_email = ?1" \
	    " AND NOT " OUTGOING_HAS_LEFT ")") \
	X(WAITING, "SELECT t.ref FROM ballots b JOIN approvals o ON o.id = b.approval" \
	    " JOIN tickets t ON t.id = o.ticket WHERE b.person_email = ?1 AND " OPEN \
	    " ORDER BY t.ref") \
	X(OWNED, "SELECT key FROM organisations WHERE owner_email = ?1 OR settled_owner = ?1" \
	    " OR id IN (SELECT organisation FROM delegates WHERE person_email = ?1" \
	    " OR delegate_email = ?1) ORDER BY key") \
	X(ACTIVE, "SELECT 1 FROM staff WHERE email = ?1 AND active = 1")

enum { PARTS(COUNT_ID) PARTS(CHANGE_ID) OTHERS(STATEMENT_NAME) };
static const char *const erase_sql[] = { PARTS(COUNT_SQL) PARTS(CHANGE_SQL) OTHERS(STATEMENT_TEXT) };

static const struct part {
	const char *what;
	int count, change;
} parts[] = {
#define PART(id, what, table, where, change) { what, COUNT_##id, CHANGE_##id },
	PARTS(PART)
};
/* clang-format on */

const struct statements erase_statements = { SET_ERASE, erase_sql, ARRAY_LEN(erase_sql) };

#define QUERY(which) query_open(tx, &erase_statements, which)

static int
count(struct tx *tx, int statement, const char *email, int64_t *out, struct err *err)
{
	struct query q = QUERY(statement);

	bind_email(&q, email);
	return query_int(&q, out, err);
}

static int
change(struct tx *tx, int statement, const char *email, int64_t *out, struct err *err)
{
	struct query q = QUERY(statement);
	size_t n = 0;
	int rc;

	bind_email(&q, email);
	rc = query_count(&q, &n, err);
	*out += (int64_t)n;
	return rc;
}

static void
report(struct erase_report *out, const char *what, int64_t rows)
{
	if (rows > 0 && out->count < ERASE_COUNTS_MAX)
		out->counts[out->count++] = (struct erase_count){ what, rows };
}

static const char values_of[] = "values of the ledger about";

int
erase_look(struct tx *tx, const char *email, struct erase_report *out, struct err *err)
{
	int64_t n = 0;
	int rc = count(tx, COUNT_VALUES, email, &n, err);

	*out = (struct erase_report){ 0 };
	report(out, values_of, n);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(parts); i++) {
		rc = count(tx, parts[i].count, email, &n, err);
		report(out, parts[i].what, rc == 0 ? n : 0);
	}
	return rc < 0 ? rc : count(tx, COUNT_KEPT, email, &out->kept, err);
}

static int
list_numbers(
    struct tx *tx, int statement, const char *email, int64_t **out, size_t *n, struct err *err)
{
	struct query q = QUERY(statement);
	size_t room = 64;
	int64_t *list = arena_alloc(tx->arena, room * sizeof(*list)), *wider;
	int rc;

	*n = 0;
	bind_email(&q, email);
	while ((rc = query_next(&q, err)) > 0) {
		if (*n == room) {
			wider = arena_alloc(tx->arena, 2 * room * sizeof(*list));
			memcpy(wider, list, room * sizeof(*list));
			list = wider;
			room *= 2;
		}
		list[(*n)++] = column_int(&q, 0);
	}
	*out = list;
	return rc;
}

/* First: the entries are found by ballots and tickets, which lose the address below. */
static int
erase_values(struct tx *tx, const char *email, int64_t *erased, struct err *err)
{
	int64_t *entries;
	size_t n = 0;
	int rc = list_numbers(tx, HIS_ENTRIES, email, &entries, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = ledger_erase(tx, entries[i], NULL, erased, err);
	return rc < 0 ? rc : change(tx, CHANGE_VALUES, email, erased, err);
}

int
erase_do(struct tx *tx, const char *email, struct erase_report *out, struct err *err)
{
	int64_t n = 0;
	int rc = erase_values(tx, email, &n, err);

	*out = (struct erase_report){ 0 };
	report(out, values_of, n);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(parts); i++) {
		n = 0;
		rc = change(tx, parts[i].change, email, &n, err);
		report(out, parts[i].what, n);
	}
	return rc < 0 ? rc : count(tx, COUNT_KEPT, email, &out->kept, err);
}

int
erase_open(struct tx *tx, const char *email, int64_t **refs, size_t *n, struct err *err)
{
	return list_numbers(tx, WAITING, email, refs, n, err);
}

int
erase_roles(struct tx *tx, const char *email, const char ***owned, size_t *n, bool *is_staff,
    struct err *err)
{
	const size_t most = 100;
	const char **keys = arena_alloc(tx->arena, most * sizeof(*keys));
	int rc;

	struct query q = QUERY(OWNED);
	bind_email(&q, email);
	*n = 0;
	while ((rc = query_next(&q, err)) > 0)
		if (*n < most)
			keys[(*n)++] = column_text(&q, 0);
	*owned = keys;
	if (rc < 0)
		return rc;

	struct query active = QUERY(ACTIVE);

	bind_email(&active, email);
	return query_exists(&active, is_staff, err);
}
