#pragma once
/* dialect_sqlite: SQL that only SQLite understands: tables and the claim. */

extern const char *const sqlite_migrations[]; /* ends with NULL */
extern const char sqlite_escalations[], sqlite_watches[], sqlite_history[]; /* the last of them */

/* Due jobs of a lane, earliest first; then all of them down to (lane, due, id). */
#define SQLITE_CLAIM_DUE \
	"SELECT j.id, j.kind, d.lane, j.payload, j.serial, j.due, j.attempts + 1, 'leased'," \
	" j.last_error, j.created, j.cut_offs FROM job_due d CROSS JOIN jobs j ON j.id = d.id" \
	" WHERE d.lane = ? AND d.due <= ? ORDER BY d.due, d.id LIMIT ?"
#define SQLITE_CLAIM_TAKE "DELETE FROM job_due WHERE lane = ? AND (due, id) <= (?, ?)"
