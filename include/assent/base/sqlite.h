#pragma once
/*
 * sqlite: what SQLite is told about the whole process, once.
 *
 * It can only be told before its first use, whoever that is (the store, or the
 * expressions of rules), so each calls this before it opens anything.
 */

/* No statistics of memory; savepoints in memory. Thread-safe, and again does nothing. */
void sqlite_start(void);
