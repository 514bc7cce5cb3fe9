/* The SQLite version of db_ops: write-ahead log, one sync a commit. */
#include "dialect_sqlite.h"
#include "sqlite_priv.h"

#include <assent/base/mem.h>
#include <assent/base/sqlite.h>
#include <assent/base/str.h>

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640
#define PAGE_SIZE 4096
#define BUSY_WAIT_MS 10000
/* A checkpoint that waits keeps the writer waiting too. */
#define CHECKPOINT_WAIT_MS 100
#define VALUE_MAX (64 << 20)

/* clang-format off */
#define CONTROLS(X) \
	X(BEGIN_READ,	"BEGIN") \
	X(BEGIN_WRITE,	"BEGIN IMMEDIATE") \
	X(COMMIT,	"COMMIT") \
	X(ROLLBACK,	"ROLLBACK") \
	X(SAVEPOINT,	"SAVEPOINT step") \
	X(RELEASE,	"RELEASE step") \
	X(ROLLBACK_TO,	"ROLLBACK TO step") \
	X(DATA_VERSION,	"PRAGMA data_version")
/* clang-format on */

enum control {
#define X(id, sql) CONTROL_##id,
	CONTROLS(X)
#undef X
	    CONTROL_COUNT
};

static const char *const control_sql[] = {
#define X(id, sql) sql,
	CONTROLS(X)
#undef X
};

struct session {
	sqlite3 *db;
	char *path;
	bool only_reads; /* the file is not ours to write */
	int64_t log_bytes;
	sqlite3_stmt *controls[CONTROL_COUNT];
};

static sqlite3_stmt *
raw(struct stmt *stmt)
{
	return (sqlite3_stmt *)(void *)stmt;
}

/* --- errors ---------------------------------------------------------------- */

static int
constraint_error(struct session *session, int extended, struct err *err)
{
	bool twice = extended == SQLITE_CONSTRAINT_UNIQUE ||
	    extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_ROWID;

	return err_set(err, twice ? ERR_CONFLICT : ERR_INVALID, "database %s: %s", session->path,
	    sqlite3_errmsg(session->db));
}

static int
io_error(struct session *session, struct err *err)
{
	int no = sqlite3_system_errno(session->db);

	if (no == ENOSPC || no == EDQUOT || no == EFBIG)
		return err_set(err, ERR_FULL, "database %s: disk is full", session->path);
	if (no == EROFS)
		return err_set(
		    err, ERR_DENIED, "database %s: database is read-only", session->path);
	if (no != 0)
		return err_errno(
		    err, ERR_IO, no, "database %s: %s", session->path, sqlite3_errmsg(session->db));
	return err_set(err, ERR_IO, "database %s: %s", session->path, sqlite3_errmsg(session->db));
}

/*
 * A log that nobody holds open has to be set up by its first reader, who needs
 * to write beside the file for that.
 */
static int
read_only_error(struct session *session, int rc, struct err *err)
{
	if (session->only_reads && rc != SQLITE_READONLY)
		return err_set(err, ERR_DENIED,
		    "database %s: while assentd is down only its owner can read it", session->path);
	return err_set(err, ERR_DENIED, "database %s: database is read-only", session->path);
}

/* The session's last error as one of ours; rc may be an extended code. */
static int
fail(struct session *session, int rc, struct err *err)
{
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		return constraint_error(session, sqlite3_extended_errcode(session->db), err);
	case SQLITE_FULL:
		return err_set(err, ERR_FULL, "database %s: disk is full", session->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(
		    err, ERR_BUSY, "database %s: in use by another program", session->path);
	case SQLITE_READONLY:
		return read_only_error(session, rc, err);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return err_set(err, ERR_DENIED, "database %s: permission denied", session->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(err, ERR_INVALID,
		    "database %s: not an assentd database, or damaged (%s)", session->path,
		    sqlite3_errmsg(session->db));
	case SQLITE_CANTOPEN:
		if (sqlite3_system_errno(session->db) == EACCES)
			return err_set(
			    err, ERR_DENIED, "database %s: permission denied", session->path);
		return io_error(session, err);
	default:
		return io_error(session, err);
	}
}

sqlite3 *
sqlite_handle(struct session *session)
{
	return session->db;
}

/* --- opening --------------------------------------------------------------- */

static int
open_error(const char *path, int no, struct err *err)
{
	int code = ERR_IO;

	if (no == EACCES || no == EPERM || no == EROFS)
		code = ERR_DENIED;
	if (no == ENOSPC || no == EDQUOT)
		code = ERR_FULL;
	return err_errno(err, code, no, "database %s", path);
}

/* May it be opened to read? Without opening it, see touch_file(). */
static int
look_at_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		return -1;
	}
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS);
}

/*
 * SQLite's own words for a file that cannot be opened are "unable to open
 * database file"; the system's are better, and the mode is ours to choose.
 *
 * Why only the first connection opens the file: closing any descriptor of a
 * file drops all locks that the process has on it (POSIX), those of its other
 * connections too. Another program that closes the database would then believe
 * to be the last one and remove the log under us.
 */
static int
touch_file(const char *path, enum session_role role, struct err *err)
{
	bool first = role == SESSION_WRITE;
	int fd = first ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE)
		       : look_at_file(path);

	if (fd < 0 && errno == ENOENT && role == SESSION_READ_ONLY)
		return err_set(err, ERR_NOT_FOUND, "database %s: does not exist yet", path);
	if (fd < 0 && errno == EROFS)
		return err_set(err, ERR_DENIED, "database %s: database is read-only", path);
	if (fd < 0)
		return open_error(path, errno, err);
	if (first)
		close(fd);
	return 0;
}

static int
sqlite_script(struct session *session, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(session->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(session, rc, err);
}

static int
note_log_size(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct session *session = ctx;

	(void)db;
	(void)name;
	session->log_bytes = (int64_t)pages * PAGE_SIZE;
	return SQLITE_OK;
}

static const char *
role_script(enum session_role role)
{
	switch (role) {
	case SESSION_WRITE:
		/* The cache holds the due table's edge and the newest rows of each table. */
		return "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		       "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;"
		       "PRAGMA temp_store = MEMORY;"
		       /* What is erased must not lie about in freed pages. */
		       "PRAGMA secure_delete = ON;";
	case SESSION_CHECKPOINT:
		return "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
		       "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -64;";
	case SESSION_READ:
	case SESSION_READ_ONLY:
		break;
	}
	return "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;";
}

static int
settle_session(struct session *session, enum session_role role, struct err *err)
{
	sqlite3 *db = session->db;

	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, role == SESSION_CHECKPOINT ? CHECKPOINT_WAIT_MS : BUSY_WAIT_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	/* In place of the automatic checkpoint, which would run inside a commit. */
	if (role == SESSION_WRITE)
		sqlite3_wal_hook(db, note_log_size, session);
	return sqlite_script(session, role_script(role), err);
}

static void
sqlite_close(struct session *session)
{
	if (session == NULL)
		return;
	for (int i = 0; i < CONTROL_COUNT; i++)
		sqlite3_finalize(session->controls[i]);
	sqlite3_close_v2(session->db);
	mem_free(session->path);
	mem_free(session);
}
FREEP(struct session, sqlite_close)

static int
sqlite_open(const char *path, enum session_role role, struct session **out, struct err *err)
{
	AUTO(sqlite_closep) struct session *session = NULL;
	int flags = SQLITE_OPEN_NOMUTEX, rc;

	sqlite_start();
	rc = touch_file(path, role, err);
	if (rc < 0)
		return rc;
	session = mem_alloc(sizeof(*session));
	session->path = mem_dup(path);
	session->only_reads = role == SESSION_READ_ONLY;
	flags |= role == SESSION_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	rc = sqlite3_open_v2(path, &session->db, flags, NULL);
	if (rc != SQLITE_OK)
		return fail(session, rc, err);
	rc = settle_session(session, role, err);
	if (rc < 0)
		return rc;
	*out = TAKE(session);
	return 0;
}

/* --- statements ------------------------------------------------------------ */

static int
sqlite_prepare(struct session *session, const char *sql, struct stmt **out, struct err *err)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v3(session->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);

	if (rc != SQLITE_OK)
		return fail(session, rc, err);
	*out = (struct stmt *)(void *)stmt;
	return 0;
}

static void
sqlite_finish(struct stmt *stmt)
{
	sqlite3_finalize(raw(stmt));
}

static bool
sqlite_bind_null(struct stmt *stmt, int at)
{
	return sqlite3_bind_null(raw(stmt), at) == SQLITE_OK;
}

static bool
sqlite_bind_int(struct stmt *stmt, int at, int64_t value)
{
	return sqlite3_bind_int64(raw(stmt), at, value) == SQLITE_OK;
}

static bool
sqlite_bind_text(struct stmt *stmt, int at, const char *text)
{
	return sqlite3_bind_text(raw(stmt), at, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

static bool
sqlite_bind_blob(struct stmt *stmt, int at, const void *bytes, size_t n)
{
	/* SQLite takes a NULL pointer for NULL, not for a blob of no bytes. */
	return sqlite3_bind_blob64(raw(stmt), at, n > 0 ? bytes : "", n, SQLITE_STATIC) ==
	    SQLITE_OK;
}

static int
sqlite_step(struct session *session, struct stmt *stmt, struct err *err)
{
	int rc = sqlite3_step(raw(stmt));

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail(session, rc, err);
}

static void
sqlite_reset(struct stmt *stmt)
{
	sqlite3_reset(raw(stmt));
}

static int64_t
sqlite_changes(struct session *session)
{
	return sqlite3_changes64(session->db);
}

static int
sqlite_columns(struct stmt *stmt)
{
	return sqlite3_column_count(raw(stmt));
}

static bool
sqlite_column_is_null(struct stmt *stmt, int at)
{
	return sqlite3_column_type(raw(stmt), at) == SQLITE_NULL;
}

static int64_t
sqlite_column_int(struct stmt *stmt, int at)
{
	return sqlite3_column_int64(raw(stmt), at);
}

static const char *
sqlite_column_text(struct stmt *stmt, int at, size_t *n)
{
	const char *text = (const char *)sqlite3_column_text(raw(stmt), at);

	*n = text != NULL ? (size_t)sqlite3_column_bytes(raw(stmt), at) : 0;
	return text != NULL ? text : "";
}

static const void *
sqlite_column_blob(struct stmt *stmt, int at, size_t *n)
{
	const void *bytes = sqlite3_column_blob(raw(stmt), at);

	*n = bytes != NULL ? (size_t)sqlite3_column_bytes(raw(stmt), at) : 0;
	return bytes != NULL ? bytes : "";
}

/* --- transactions ---------------------------------------------------------- */

/* *value (may be NULL) gets the first column of a row. */
static int
control(struct session *session, enum control which, int64_t *value, struct err *err)
{
	struct stmt *stmt = NULL;
	int rc = 0;

	if (session->controls[which] == NULL) {
		rc = sqlite_prepare(session, control_sql[which], &stmt, err);
		if (rc < 0)
			return rc;
		session->controls[which] = raw(stmt);
	}
	stmt = (struct stmt *)(void *)session->controls[which];
	rc = sqlite_step(session, stmt, err);
	if (rc > 0 && value != NULL)
		*value = sqlite_column_int(stmt, 0);
	sqlite_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int
sqlite_begin(struct session *session, bool to_write, struct err *err)
{
	return control(session, to_write ? CONTROL_BEGIN_WRITE : CONTROL_BEGIN_READ, NULL, err);
}

static int
sqlite_commit(struct session *session, struct err *err)
{
	return control(session, CONTROL_COMMIT, NULL, err);
}

static bool
sqlite_in_transaction(struct session *session)
{
	return sqlite3_get_autocommit(session->db) == 0;
}

static void
sqlite_rollback(struct session *session)
{
	if (sqlite_in_transaction(session) && control(session, CONTROL_ROLLBACK, NULL, NULL) < 0)
		sqlite3_exec(session->db, "ROLLBACK", NULL, NULL, NULL);
}

static int
sqlite_savepoint(struct session *session, struct err *err)
{
	return control(session, CONTROL_SAVEPOINT, NULL, err);
}

static int
sqlite_release(struct session *session, struct err *err)
{
	return control(session, CONTROL_RELEASE, NULL, err);
}

static int
sqlite_rollback_to(struct session *session, struct err *err)
{
	return control(session, CONTROL_ROLLBACK_TO, NULL, err);
}

static int
sqlite_data_version(struct session *session, int64_t *out, struct err *err)
{
	return control(session, CONTROL_DATA_VERSION, out, err);
}

/* --- the file -------------------------------------------------------------- */

static int
read_number(struct session *session, const char *sql, int64_t *out, struct err *err)
{
	struct stmt *stmt = NULL;
	int rc = sqlite_prepare(session, sql, &stmt, err);

	if (rc < 0)
		return rc;
	rc = sqlite_step(session, stmt, err);
	if (rc > 0)
		*out = sqlite_column_int(stmt, 0);
	sqlite_finish(stmt);
	return rc < 0 ? rc : 0;
}

static int
sqlite_identify(struct session *session, struct file_identity *out, struct err *err)
{
	int64_t tables = 0;
	int rc = read_number(session, "PRAGMA application_id", &out->application, err);

	if (rc == 0)
		rc = read_number(session, "PRAGMA user_version", &out->version, err);
	if (rc == 0)
		rc = read_number(session, "SELECT count(*) FROM sqlite_schema", &tables, err);
	out->is_empty = tables == 0;
	return rc;
}

static int
sqlite_set_identity(struct session *session, const struct file_identity *identity, struct err *err)
{
	AUTO(str_donep) struct str sql = STR_INIT(200);

	str_addf(&sql, "PRAGMA application_id = %lld; PRAGMA user_version = %lld;",
	    (long long)identity->application, (long long)identity->version);
	return sqlite_script(session, str_text(&sql), err);
}

static int64_t
sqlite_log_bytes(struct session *session)
{
	return session->log_bytes;
}

static void
sqlite_shrink(struct session *session)
{
	(void)sqlite3_db_release_memory(session->db);
}

static int
sqlite_checkpoint(struct session *session, bool blocking, struct err *err)
{
	int mode = blocking ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
	int rc = sqlite3_wal_checkpoint_v2(session->db, NULL, mode, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(session, rc, err);
}

const struct db_ops sqlite_ops = {
	.name = "sqlite",
	.migrations = sqlite_migrations,
	.open = sqlite_open,
	.close = sqlite_close,
	.identify = sqlite_identify,
	.set_identity = sqlite_set_identity,
	.script = sqlite_script,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.savepoint = sqlite_savepoint,
	.release = sqlite_release,
	.rollback_to = sqlite_rollback_to,
	.in_transaction = sqlite_in_transaction,
	.prepare = sqlite_prepare,
	.finish = sqlite_finish,
	.bind_null = sqlite_bind_null,
	.bind_int = sqlite_bind_int,
	.bind_text = sqlite_bind_text,
	.bind_blob = sqlite_bind_blob,
	.step = sqlite_step,
	.reset = sqlite_reset,
	.changes = sqlite_changes,
	.columns = sqlite_columns,
	.column_is_null = sqlite_column_is_null,
	.column_int = sqlite_column_int,
	.column_text = sqlite_column_text,
	.column_blob = sqlite_column_blob,
	.data_version = sqlite_data_version,
	.log_bytes = sqlite_log_bytes,
	.shrink = sqlite_shrink,
	.checkpoint = sqlite_checkpoint,
	.copy = sqlite_copy,
	.check = sqlite_check,
};
