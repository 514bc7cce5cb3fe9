/* dialect_sqlite_watch: migration 13. */
#include "dialect_sqlite.h"

/* clang-format off */
#define MARK(name) "	BEGIN UPDATE watch_marks SET n = n + 1 WHERE name = '" name "'; END;\n"

/* The last ten thousand are kept: who is further behind looks at all tickets. */
#define TOUCH(select) "	BEGIN INSERT INTO watch_touched (ticket) SELECT " select ";" \
	" DELETE FROM watch_touched WHERE n <= (SELECT max(n) FROM watch_touched) - 10000; END;\n"

/* What rules look for among much else, and who changed that tickets do not tell of. */
const char sqlite_watches[] =
/* By which door the acts on packets came; and mails that became lines of another one. */
"ALTER TABLE escalation_events ADD COLUMN channel TEXT NOT NULL DEFAULT '';\n"
"ALTER TABLE escalation_events ADD COLUMN evidence TEXT NOT NULL DEFAULT '';\n"
"ALTER TABLE outgoing ADD COLUMN digest BLOB;\n"
"CREATE INDEX outgoing_digest ON outgoing (digest) WHERE digest IS NOT NULL;\n"
"CREATE INDEX outgoing_gathering ON outgoing (to_email) WHERE status = 'gathering';\n"
"CREATE INDEX outgoing_failed ON outgoing (ticket)\n"
"	WHERE status = 'refused' AND escalation IS NULL AND ticket IS NOT NULL;\n"
"CREATE INDEX events_reminded ON events (ticket, at) WHERE kind = 'approval.reminded';\n"
"CREATE INDEX approvals_waiting ON approvals (organisation)\n"
"	WHERE state IN ('draft', 'sent', 'undeliverable');\n"
"CREATE TABLE watch_marks (\n"
"	name TEXT NOT NULL PRIMARY KEY,\n"
"	n INTEGER NOT NULL\n"
") STRICT, WITHOUT ROWID;\n"
"INSERT INTO watch_marks VALUES ('organisations', 0), ('staff', 0), ('absences', 0);\n"
/* Tickets of which facts changed that leave no event. */
"CREATE TABLE watch_touched (\n"
"	n INTEGER NOT NULL PRIMARY KEY,\n"
"	ticket BLOB NOT NULL\n"
") STRICT;\n"
"CREATE TRIGGER tickets_touched AFTER UPDATE OF organisation, title, requester_email,\n"
"	engineer_email, source, external_status, priority, attributes ON tickets\n"
"	WHEN (old.organisation, old.title, old.requester_email, old.engineer_email, old.source,\n"
"	old.external_status, old.priority, old.attributes) IS NOT (new.organisation, new.title,\n"
"	new.requester_email, new.engineer_email, new.source, new.external_status, new.priority,\n"
"	new.attributes)\n"
TOUCH("new.id")
"CREATE TRIGGER messages_touched AFTER INSERT ON messages WHEN new.is_public = 0\n"
TOUCH("new.ticket")
"CREATE TRIGGER ballots_touched AFTER UPDATE OF unclear, status ON ballots\n"
"	WHEN old.unclear <> new.unclear OR (old.status <> new.status AND new.status = 'void')\n"
TOUCH("ticket FROM approvals WHERE id = new.approval")
"CREATE TRIGGER outgoing_touched AFTER UPDATE OF status ON outgoing\n"
"	WHEN old.status <> new.status AND new.status = 'refused' AND new.ticket IS NOT NULL\n"
TOUCH("new.ticket")
"CREATE TRIGGER organisations_marked AFTER UPDATE OF key, name, owner_email ON organisations\n"
"	WHEN (old.key, old.name, old.owner_email) <> (new.key, new.name, new.owner_email)\n"
MARK("organisations")
"CREATE TRIGGER staff_marked_new AFTER INSERT ON staff\n"
MARK("staff")
"CREATE TRIGGER staff_marked AFTER UPDATE OF email, active ON staff\n"
"	WHEN (old.email, old.active) <> (new.email, new.active)\n"
MARK("staff")
"CREATE TRIGGER staff_marked_gone AFTER DELETE ON staff\n"
MARK("staff")
"CREATE TRIGGER absences_marked_new AFTER INSERT ON absences\n"
MARK("absences")
"CREATE TRIGGER absences_marked AFTER UPDATE OF until ON absences\n"
"	WHEN old.until <> new.until\n"
MARK("absences")
"CREATE TRIGGER absences_marked_gone AFTER DELETE ON absences\n"
MARK("absences")
"CREATE INDEX rule_holds_organisation ON rule_holds (rule, once_key, since)\n"
"	WHERE once_key >= 'organisation:' AND once_key < 'organisation;';\n";
/* clang-format on */
