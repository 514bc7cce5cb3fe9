/* dialect_sqlite_history: migration 14. */
#include "dialect_sqlite.h"

/* clang-format off */
/*
 * What a row was before, written down by the database itself, so that no path
 * forgets it. Only changes that a reader notices count: erasing and forgetting
 * move none of the times, and leave nothing here.
 */
#define WAS(name, table, column, when, subject, row, at, value) \
	"CREATE TRIGGER history_" name " AFTER UPDATE OF " column " ON " table " WHEN " when "\n" \
	"BEGIN INSERT INTO history (subject, row, at, what, value)\n" \
	"	VALUES (" subject ", " row ", " at ", '" name "', " value "); END;\n"
#define DIFFERS(column) "old." column " IS NOT new." column
#define WAS_TICKET(name, column, value) \
	WAS(name, "tickets", column, DIFFERS(column) " AND new.state_version > old.state_version", \
	    "new.id", "NULL", "new.updated", value)
#define WAS_ASKED(name, column, more, at) \
	WAS(name, "approvals", column, DIFFERS(column) more, "new.ticket", "new.id", at, \
	    "CAST(old." column " AS TEXT)")
#define WAS_ORGANISATION(name, column) \
	WAS(name, "organisations", column, DIFFERS(column) " AND " DIFFERS("updated"), \
	    "new.id", "NULL", "new.updated", "old." column)
/*
 * What earlier versions noted as events. A title without words was erased, which
 * is to be seen; of others '' may be what it was.
 */
#define NOT_ERASED " AND before || after <> ''"
#define TOLD(kind, what, still_there) \
	"INSERT INTO history (subject, row, at, what, value)\n" \
	"	SELECT ticket, NULL, at, '" what "', before FROM events\n" \
	"	WHERE kind = '" kind "' AND ticket IS NOT NULL" still_there "\n" \
	"	ORDER BY seq;\n"

const char sqlite_history[] =
"CREATE TABLE history (\n"
"	n INTEGER NOT NULL PRIMARY KEY,\n"
"	subject BLOB NOT NULL,\n"
"	row BLOB,\n"
"	at INTEGER NOT NULL,\n"
"	what TEXT NOT NULL,\n"
"	value TEXT NOT NULL\n"
") STRICT;\n"
TOLD("ticket.title", "title", "")
TOLD("ticket.status", "external_status", NOT_ERASED)
TOLD("ticket.priority", "priority", NOT_ERASED)
TOLD("ticket.attributes", "attributes", NOT_ERASED)
TOLD("ticket.requester", "requester", NOT_ERASED)
TOLD("ticket.engineer", "engineer", NOT_ERASED)
TOLD("ticket.state", "status", NOT_ERASED)
"INSERT INTO history (subject, row, at, what, value)\n"
"	SELECT ticket, id, coalesce((SELECT min(e.at) FROM events e WHERE e.ticket = o.ticket\n"
"		AND e.kind = 'mail.bounced' AND e.actor = o.to_email AND e.at >= o.created), created),\n"
"		'refused', 'sent'\n"
"	FROM outgoing o WHERE status = 'refused' AND ticket IS NOT NULL;\n"
"CREATE INDEX history_of ON history (subject, n);\n"
/* All that came after this is here. */
"INSERT INTO site (name, value)\n"
"	SELECT 'history.since', CAST(coalesce(max(at), 0) AS TEXT) FROM events;\n"
WAS_TICKET("status", "status", "old.status")
WAS_TICKET("title", "title", "old.title")
WAS_TICKET("priority", "priority", "old.priority")
WAS_TICKET("external_status", "external_status", "old.external_status")
WAS_TICKET("requester", "requester_email", "old.requester_email")
WAS_TICKET("engineer", "engineer_email", "old.engineer_email")
WAS_TICKET("attributes", "attributes", "old.attributes")
WAS_TICKET("organisation", "organisation", "coalesce(lower(hex(old.organisation)), '')")
WAS_TICKET("spent", "spent", "CAST(old.spent AS TEXT)")
WAS_TICKET("updated", "updated", "CAST(old.updated AS TEXT)")
WAS("approval", "approvals", "state", DIFFERS("state"), "new.ticket", "new.id", "new.moved_at",
    "old.state")
WAS_ASKED("asked_at", "asked_at", "", "new.asked_at")
WAS_ASKED("reminded_at", "reminded_at", "", "new.reminded_at")
WAS_ASKED("deadline", "deadline", " AND " DIFFERS("asked_at"), "new.asked_at")
WAS("fix", "fixes", "state, confidence", DIFFERS("state") " OR " DIFFERS("confidence"),
    "new.ticket", "new.id", "new.moved_at", "old.state || ' ' || old.confidence")
WAS("task", "tasks", "state", DIFFERS("state"), "new.ticket", "new.id", "new.moved_at",
    "old.state")
WAS_ORGANISATION("name", "name")
WAS_ORGANISATION("owner", "owner_email")
WAS_ORGANISATION("locale", "locale")
WAS_ORGANISATION("zone", "zone_name")
WAS("absence", "absences", "learnt", "1", "CAST(new.person_email AS BLOB)", "NULL", "new.learnt",
    "old.learnt || ' ' || old.until");
/* clang-format on */
