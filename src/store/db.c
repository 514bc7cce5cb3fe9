#include "query.h"

#include <assent/base/log.h>

/* --- connections ----------------------------------------------------------- */

int
conn_open(const struct db *db, enum session_role role, struct conn **out, struct err *err)
{
	AUTO(conn_closep) struct conn *conn = mem_alloc(sizeof(*conn));
	int rc;

	conn->ops = db->ops;
	conn->arena = arena_new(STEP_ARENA_MAX);
	rc = db->ops->open(db->path, role, &conn->session, err);
	if (rc < 0)
		return rc;
	*out = TAKE(conn);
	return 0;
}

static void
finish_set(struct conn *conn, int set)
{
	if (conn->kept[set] == NULL)
		return;
	for (size_t i = 0; i < all_statements[set]->count; i++)
		if (conn->kept[set][i] != NULL)
			conn->ops->finish(conn->kept[set][i]);
	mem_free(conn->kept[set]);
}

void
conn_close(struct conn *conn)
{
	if (conn == NULL)
		return;
	for (int set = 0; set < SET_COUNT; set++)
		finish_set(conn, set);
	if (conn->session != NULL)
		conn->ops->close(conn->session);
	arena_free(conn->arena);
	mem_free(conn);
}

/* --- opening and closing --------------------------------------------------- */

static void
init_recursive(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static struct db *
db_new(const struct db_options *options)
{
	struct db *db = mem_alloc(sizeof(*db));

	db->ops = &sqlite_ops;
	db->path = mem_dup(options->path);
	db->mode = options->mode;
	db->committed = options->committed;
	db->full = options->full;
	db->ctx = options->ctx;
	db->most_readers = options->readers > 0 ? options->readers : 1;
	init_recursive(&db->tool_lock);
	pthread_mutex_init(&db->lock, NULL);
	pthread_cond_init(&db->work, NULL);
	pthread_cond_init(&db->checkpointer.changed, NULL);
	pthread_mutex_init(&db->readers_lock, NULL);
	pthread_cond_init(&db->reader_free, NULL);
	pthread_mutex_init(&db->watch_lock, NULL);
	return db;
}

static enum session_role
reading_role(const struct db *db)
{
	return db->mode == DB_READ_ONLY ? SESSION_READ_ONLY : SESSION_READ;
}

static int
open_connections(struct db *db, struct err *err)
{
	int rc = 0;

	if (db->mode != DB_READ_ONLY) {
		rc = conn_open(db, SESSION_WRITE, &db->writer, err);
		if (rc == 0)
			rc = migrate(db, db->writer, err);
	}
	if (rc == 0)
		rc = conn_open(db, reading_role(db), &db->watch, err);
	if (rc == 0 && db->mode == DB_READ_ONLY)
		rc = migrate_check(db, db->watch, err);
	return rc;
}

int
db_open(const struct db_options *options, struct db **out, struct err *err)
{
	AUTO(db_closep) struct db *db = db_new(options);
	int rc = open_connections(db, err);

	if (rc == 0 && db->mode == DB_SERVER)
		rc = checkpointer_start(db, err);
	if (rc == 0 && db->mode == DB_SERVER)
		rc = writer_start(db, err);
	if (rc < 0)
		return rc;
	*out = TAKE(db);
	return 0;
}

void
db_close(struct db *db)
{
	struct conn *conn;

	if (db == NULL)
		return;
	writer_stop(db);
	checkpointer_stop(db);
	while ((conn = db->idle_readers) != NULL) {
		db->idle_readers = conn->next;
		conn_close(conn);
	}
	conn_close(db->watch);
	/* Last: the connection that may write moves the log into the file as it goes. */
	conn_close(db->writer);
	pthread_mutex_destroy(&db->watch_lock);
	pthread_cond_destroy(&db->reader_free);
	pthread_mutex_destroy(&db->readers_lock);
	pthread_cond_destroy(&db->checkpointer.changed);
	pthread_cond_destroy(&db->work);
	pthread_mutex_destroy(&db->lock);
	pthread_mutex_destroy(&db->tool_lock);
	mem_free(db->path);
	mem_free(db);
}

/* --- reading --------------------------------------------------------------- */

static int
take_reader(struct db *db, struct conn **out, struct err *err)
{
	struct conn *conn;
	int rc = 0;

	pthread_mutex_lock(&db->readers_lock);
	while (db->idle_readers == NULL && db->readers == db->most_readers)
		pthread_cond_wait(&db->reader_free, &db->readers_lock);
	conn = db->idle_readers;
	if (conn != NULL)
		db->idle_readers = conn->next;
	else
		db->readers++;
	pthread_mutex_unlock(&db->readers_lock);
	if (conn == NULL)
		rc = conn_open(db, reading_role(db), &conn, err);
	*out = conn;
	return rc;
}

/* conn NULL: it could not be opened, so another may be. */
static void
return_reader(struct db *db, struct conn *conn)
{
	pthread_mutex_lock(&db->readers_lock);
	if (conn == NULL) {
		db->readers--;
	} else {
		conn->next = db->idle_readers;
		db->idle_readers = conn;
	}
	pthread_cond_signal(&db->reader_free);
	pthread_mutex_unlock(&db->readers_lock);
}

static int
read_snapshot(struct tx *tx, step_fn fn, void *arg, struct err *err)
{
	struct conn *conn = tx->conn;
	int rc = conn->ops->begin(conn->session, false, err);

	if (rc < 0)
		return rc;
	rc = fn(tx, arg, err);
	conn->ops->rollback(conn->session);
	return rc;
}

int
db_read(struct db *db, struct arena *arena, step_fn fn, void *arg, struct err *err)
{
	struct conn *conn = NULL;
	struct tx tx = { 0 };
	int rc = take_reader(db, &conn, err);

	if (rc == 0) {
		tx.conn = conn;
		tx.arena = arena != NULL ? arena : conn->arena;
		rc = read_snapshot(&tx, fn, arg, err);
		arena_reset(conn->arena);
	}
	return_reader(db, conn);
	return rc;
}

static int
shrink_step(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	tx->conn->ops->shrink(tx->conn->session);
	return 0;
}

/* All but one of those that nobody uses. */
static void
close_idle_readers(struct db *db)
{
	struct conn *conn = NULL;

	pthread_mutex_lock(&db->readers_lock);
	if (db->idle_readers != NULL)
		conn = TAKE(db->idle_readers->next);
	for (struct conn *at = conn; at != NULL; at = at->next)
		db->readers--;
	pthread_mutex_unlock(&db->readers_lock);
	while (conn != NULL) {
		struct conn *next = conn->next;

		conn_close(conn);
		conn = next;
	}
}

void
db_trim(struct db *db)
{
	struct err err;

	close_idle_readers(db);
	if (db_read(db, NULL, shrink_step, NULL, &err) < 0 ||
	    (db->mode != DB_READ_ONLY && db_step(db, shrink_step, NULL, &err) < 0))
		log_err(LOG_DEBUG, "trim.failed", &err);
}

int64_t
db_version(struct db *db)
{
	struct err err;
	int64_t version;

	pthread_mutex_lock(&db->watch_lock);
	if (db->ops->data_version(db->watch->session, &db->version, &err) < 0)
		log_err(LOG_DEBUG, "data_version.failed", &err);
	version = db->version;
	pthread_mutex_unlock(&db->watch_lock);
	return version;
}

struct arena *
tx_arena(struct tx *tx)
{
	return tx->arena;
}
