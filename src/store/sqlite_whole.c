/* sqlite_whole: copying a database while others write it, and looking through it. */
#include "sqlite_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_MODE 0600

/* What the copy's own connection says: it is the one that meets a full disk. */
static int
copy_error(sqlite3 *copy, const char *path, int rc, struct err *err)
{
	int no = copy != NULL ? sqlite3_system_errno(copy) : 0;

	if ((rc & 0xff) == SQLITE_FULL || no == ENOSPC || no == EDQUOT)
		return err_set(err, ERR_FULL, "%s: disk is full", path);
	return err_set(
	    err, ERR_IO, "%s: %s", path, copy != NULL ? sqlite3_errmsg(copy) : sqlite3_errstr(rc));
}

/*
 * In one go, so that it is one snapshot: piece by piece it would begin anew
 * with each commit of the daemon. Then no log, so that it is one file.
 */
static int
copy_into(struct session *session, sqlite3 *copy, const char *path, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", sqlite_handle(session), "main");
	int rc;

	if (backup == NULL)
		return copy_error(copy, path, sqlite3_errcode(copy), err);
	rc = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	if (rc != SQLITE_DONE)
		return copy_error(copy, path, rc, err);
	rc = sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : copy_error(copy, path, rc, err);
}

static int
make_empty(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, COPY_MODE);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_CONFLICT, "%s exists already", path);
	if (fd < 0)
		return err_errno(err, errno == EACCES ? ERR_DENIED : ERR_IO, errno, "%s", path);
	if (fchmod(fd, COPY_MODE) < 0) {
		close(fd);
		return err_errno(err, ERR_IO, errno, "%s", path);
	}
	close(fd);
	return 0;
}

static int
sync_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = err_errno(err, errno == ENOSPC ? ERR_FULL : ERR_IO, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int
sqlite_copy(struct session *session, const char *path, struct err *err)
{
	sqlite3 *copy = NULL;
	int rc = make_empty(path, err);

	if (rc < 0)
		return rc;
	rc = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	rc =
	    rc == SQLITE_OK ? copy_into(session, copy, path, err) : copy_error(copy, path, rc, err);
	sqlite3_close(copy);
	if (rc == 0)
		rc = sync_file(path, err);
	if (rc < 0)
		unlink(path);
	return rc;
}

int
sqlite_check(struct session *session, struct str *fault, struct err *err)
{
	struct stmt *stmt = NULL;
	int rc = sqlite_ops.prepare(session, "PRAGMA quick_check(10)", &stmt, err);
	size_t n;

	while (rc >= 0 && (rc = sqlite_ops.step(session, stmt, err)) > 0) {
		const char *line = sqlite_ops.column_text(stmt, 0, &n);

		if (!text_is(line, "ok"))
			str_addf(fault, "%s%s", fault->len > 0 ? "; " : "", line);
	}
	if (stmt != NULL)
		sqlite_ops.finish(stmt);
	/* Damage can be so bad that even looking fails. */
	if (rc == ERR_INVALID && err != NULL) {
		str_add(fault, err->text);
		rc = 0;
	}
	return rc < 0 ? rc : 0;
}
