#include <assent/store/backup.h>

#include "query.h"

/* clang-format off */
#define BACKUP(X) \
	X(SPOOL_LIST, "SELECT DISTINCT spool FROM inbound WHERE spool <> '' AND spool > ?" \
	    " ORDER BY spool LIMIT ?") \
	X(SPOOL_USED, "SELECT 1 FROM inbound WHERE spool <> '' AND spool = ? LIMIT 1")
/* clang-format on */

DEFINE_STATEMENTS(SET_BACKUP, backup, BACKUP);

#define QUERY(which) query_open(tx, &backup_statements, which)

struct whole {
	const char *path;
	struct str *fault;
};

static int
copy_step(struct tx *tx, void *arg, struct err *err)
{
	const struct whole *whole = arg;

	return tx->conn->ops->copy(tx->conn->session, whole->path, err);
}

int
db_copy(struct db *db, const char *path, struct err *err)
{
	struct whole whole = { .path = path };

	return db_read(db, NULL, copy_step, &whole, err);
}

static int
check_step(struct tx *tx, void *arg, struct err *err)
{
	struct whole *whole = arg;

	return tx->conn->ops->check(tx->conn->session, whole->fault, err);
}

int
db_check(struct db *db, struct arena *arena, const char **fault, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(2000);
	struct whole whole = { .fault = &text };
	int rc = db_read(db, NULL, check_step, &whole, err);

	if (rc == 0)
		*fault = arena_dup(arena, str_text(&text));
	return rc;
}

int64_t
db_schema(struct db *db)
{
	struct file_identity file = { 0 };

	pthread_mutex_lock(&db->watch_lock);
	if (db->ops->identify(db->watch->session, &file, NULL) < 0)
		file.version = 0;
	pthread_mutex_unlock(&db->watch_lock);
	return file.version;
}

int
spool_list(
    struct tx *tx, const char *after, size_t max, const char ***out, size_t *count, struct err *err)
{
	struct query q = QUERY(SPOOL_LIST);
	const char **names = arena_alloc(tx_arena(tx), (max + 1) * sizeof(*names));
	size_t n = 0;
	int rc;

	bind_text(&q, after);
	bind_max(&q, max);
	while ((rc = query_next(&q, err)) > 0)
		names[n++] = column_text(&q, 0);
	*out = names;
	*count = n;
	return rc;
}

int
spool_is_used(struct tx *tx, const char *name, bool *out, struct err *err)
{
	struct query q = QUERY(SPOOL_USED);

	bind_text(&q, name);
	return query_exists(&q, out, err);
}
