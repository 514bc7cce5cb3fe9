/* migrate: numbered changes of the schema, each applied once. */
#include "db_priv.h"

#include <assent/base/fault.h>

/* "ASNT": what `file` and our own check know the database by. */
#define APPLICATION 0x41534e54

static int64_t
newest(const struct db *db)
{
	int64_t n = 0;

	while (db->ops->migrations[n] != NULL)
		n++;
	return n;
}

/* *at gets the file's version; ERR_INVALID or ERR_CONFLICT when it is not one that we know. */
static int
check_identity(struct db *db, struct conn *conn, int64_t *at, struct err *err)
{
	struct file_identity file = { 0 };
	int rc = db->ops->identify(conn->session, &file, err);

	if (rc < 0)
		return rc;
	if (file.is_empty && file.application == 0)
		file = (struct file_identity){ .application = APPLICATION };
	if (file.application != APPLICATION)
		return err_set(err, ERR_INVALID, "database %s: not an assentd database", db->path);
	if (file.version > newest(db) || file.version < 0)
		return err_set(err, ERR_CONFLICT,
		    "database %s: written by a newer assentd (schema %lld, this one knows %lld)",
		    db->path, (long long)file.version, (long long)newest(db));
	*at = file.version;
	return 0;
}

static int
apply(struct db *db, struct conn *conn, int64_t from, struct err *err)
{
	struct file_identity identity = { .application = APPLICATION, .version = newest(db) };

	for (int64_t n = from; n < identity.version; n++) {
		int rc = db->ops->script(conn->session, db->ops->migrations[n], err);

		if (rc < 0)
			return err_wrap(err, rc, "migration %lld", (long long)n + 1);
	}
	return db->ops->set_identity(conn->session, &identity, err);
}

/* Why the second look: another program may have migrated while we waited for the lock. */
int
migrate(struct db *db, struct conn *conn, struct err *err)
{
	int64_t at = 0;
	int rc = check_identity(db, conn, &at, err);

	if (rc < 0 || at == newest(db))
		return rc;
	rc = db->ops->begin(conn->session, true, err);
	if (rc < 0)
		return rc;
	rc = check_identity(db, conn, &at, err);
	if (rc == 0)
		rc = apply(db, conn, at, err);
	if (rc == 0 && fault_here("migrate"))
		rc = err_set(err, ERR_IO, "database %s: the migration failed on purpose", db->path);
	if (rc == 0)
		rc = db->ops->commit(conn->session, err);
	if (rc < 0)
		db->ops->rollback(conn->session);
	return rc;
}

int
migrate_check(struct db *db, struct conn *conn, struct err *err)
{
	int64_t at = 0;
	int rc = check_identity(db, conn, &at, err);

	if (rc < 0 || at == newest(db))
		return rc;
	return err_set(err, ERR_CONFLICT,
	    "database %s: written by an older assentd (schema %lld, this one needs %lld); start "
	    "assentd once to bring it up to date",
	    db->path, (long long)at, (long long)newest(db));
}
