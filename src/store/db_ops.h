#pragma once
/*
 * db_ops: what differs between database engines, one table of functions each.
 *
 * A session is one connection, used by one thread at a time. Functions that
 * can fail return 0 (or what they say) or an error code and a sentence that
 * names the file: ERR_FULL, ERR_BUSY, ERR_DENIED, ERR_IO, ERR_CONFLICT for a
 * broken uniqueness, ERR_INVALID for any other broken rule or a damaged file.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct stmt;

enum session_role {
	SESSION_WRITE, /* makes the file when it is missing */
	SESSION_READ, /* snapshots of a file that we may write */
	SESSION_READ_ONLY, /* snapshots of a file that we may not write */
	SESSION_CHECKPOINT, /* moves the log into the file */
};

struct file_identity {
	int64_t application; /* 0 in a new file */
	int64_t version; /* number of the last migration */
	bool is_empty; /* no table at all */
};

struct db_ops {
	const char *name;
	const char *const *migrations; /* [0] leads to version 1; ends with NULL */

	int (*open)(
	    const char *path, enum session_role role, struct session **out, struct err *err);
	void (*close)(struct session *session);
	int (*identify)(struct session *session, struct file_identity *out, struct err *err);
	int (*set_identity)(
	    struct session *session, const struct file_identity *identity, struct err *err);
	int (*script)(struct session *session, const char *sql, struct err *err);

	int (*begin)(struct session *session, bool to_write, struct err *err);
	int (*commit)(struct session *session, struct err *err);
	void (*rollback)(struct session *session);
	int (*savepoint)(struct session *session, struct err *err);
	int (*release)(struct session *session, struct err *err);
	int (*rollback_to)(struct session *session, struct err *err);
	/* False too when an error ended the transaction by itself. */
	bool (*in_transaction)(struct session *session);

	int (*prepare)(
	    struct session *session, const char *sql, struct stmt **out, struct err *err);
	void (*finish)(struct stmt *stmt);
	/* Parameters count from 1; bytes stay the caller's until reset(). */
	bool (*bind_null)(struct stmt *stmt, int at);
	bool (*bind_int)(struct stmt *stmt, int at, int64_t value);
	bool (*bind_text)(struct stmt *stmt, int at, const char *text);
	bool (*bind_blob)(struct stmt *stmt, int at, const void *bytes, size_t n);
	/* 1: there is a row; 0: that was all. */
	int (*step)(struct session *session, struct stmt *stmt, struct err *err);
	void (*reset)(struct stmt *stmt);
	int64_t (*changes)(struct session *session); /* rows of the last statement */

	/* Columns count from 0; texts and blobs last until the next step(). */
	int (*columns)(struct stmt *stmt);
	bool (*column_is_null)(struct stmt *stmt, int at);
	int64_t (*column_int)(struct stmt *stmt, int at);
	const char *(*column_text)(struct stmt *stmt, int at, size_t *n);
	const void *(*column_blob)(struct stmt *stmt, int at, size_t *n);

	/* Grows when another session of any process commits. */
	int (*data_version)(struct session *session, int64_t *out, struct err *err);
	/* Size of the write-ahead log after this session's last commit. */
	int64_t (*log_bytes)(struct session *session);
	/* Give back memory that is only kept for speed. */
	void (*shrink)(struct session *session);
	/* A snapshot of all of it as the new file path; structural faults as one sentence each. */
	int (*copy)(struct session *session, const char *path, struct err *err);
	int (*check)(struct session *session, struct str *fault, struct err *err);
	/* blocking: wait for readers and start the log afresh; the caller keeps writers away. */
	int (*checkpoint)(struct session *session, bool blocking, struct err *err);
};

extern const struct db_ops sqlite_ops;
