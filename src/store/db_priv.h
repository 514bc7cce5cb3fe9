#pragma once
/* db_priv: what the files of this folder share about a database. */
#include "db_ops.h"

#include <assent/base/beat.h>
#include <assent/store/db.h>

#include <pthread.h>
#include <semaphore.h>

#define STEP_ARENA_MAX ((size_t)256 << 20)
#define GROUP_MAX 512
#define HURRY_WINDOW_NS ((uint64_t)20 * 1000000)
#define TOOL_LOG_MAX ((int64_t)4 << 20) /* then a tool moves its log itself */

/* One list of statements for each aggregate's file. */
enum statement_set {
	SET_PEOPLE,
	SET_TICKET,
	SET_MESSAGE,
	SET_APPROVAL,
	SET_BALLOT,
	SET_POST,
	SET_QUEUE,
	SET_RECALL,
	SET_LEDGER,
	SET_SITE,
	SET_FIND,
	SET_ALERT,
	SET_HOLD,
	SET_BACKUP,
	SET_RETENTION,
	SET_ERASE,
	SET_KEYRING,
	SET_CURSOR,
	SET_CREDENTIAL,
	SET_API,
	SET_BROWSE,
	SET_STANDIN,
	SET_MEMORY,
	SET_DOCUMENT,
	SET_CLOSING,
	SET_ESCALATION,
	SET_RESUME,
	SET_FACTS,
	SET_WATCH,
	SET_HISTORY,
	SET_COUNT
};

/* A connection with the statements it has prepared so far. */
struct conn {
	const struct db_ops *ops;
	struct session *session;
	struct stmt **kept[SET_COUNT]; /* NULL until the first one of the set */
	struct conn *next; /* in the pool of idle readers */
	struct arena *arena;
};

int conn_open(
    const struct db *db, enum session_role role, struct conn **out, struct err *err) MUST_USE;
void conn_close(struct conn *conn);
FREEP(struct conn, conn_close)

struct tx {
	struct conn *conn;
	struct arena *arena;
	bool to_write;
	int broken; /* an error after which nothing more may run */
	struct err error; /* of the last statement that failed */
};

/* One step handed in. */
struct call {
	step_fn fn;
	void *arg;
	step_done_fn done; /* NULL: somebody waits for ready */
	uint64_t began_ns; /* handed in; clock_tick_ns() */
	int rc;
	struct err err;
	sem_t ready;
	struct call *next;
};

struct calls { /* first in, first out */
	struct call *first, *last;
	int count;
};

void calls_add(struct calls *calls, struct call *call);
struct call *calls_take(struct calls *calls);

/* Moves the log into the file beside the writer. */
struct checkpointer {
	pthread_t thread;
	bool is_running, stop;
	bool wanted; /* the log has grown */
	bool blocks; /* the writer has to wait between two groups */
	int64_t log_bytes; /* after the last commit */
	int64_t block_at; /* size at which the writer is asked to wait */
	pthread_cond_t changed;
};

struct db {
	const struct db_ops *ops;
	char *path;
	enum db_mode mode;
	void (*committed)(void *ctx);
	bool (*full)(void *ctx);
	void *ctx;

	struct conn *writer; /* used by the writer's thread, or under tool_lock */
	pthread_mutex_t tool_lock; /* recursive: a step's done() may hand in another */
	pthread_t thread;
	bool is_running;
	struct beat *beat; /* the writer's thread */

	pthread_mutex_t lock; /* guards all down to checkpointer */
	pthread_cond_t work; /* for the writer */
	struct calls waiting, patient;
	uint64_t window_ns; /* when the count of hurried steps began */
	int hurried, hurried_before; /* steps by db_submit() in this window, and the one before */
	int allowed; /* patient ones that may still join this group */
	bool is_idle, is_writing, stop;
	struct checkpointer checkpointer;

	pthread_mutex_t readers_lock; /* guards the pool */
	pthread_cond_t reader_free;
	struct conn *idle_readers;
	int readers, most_readers;

	pthread_mutex_t watch_lock; /* guards the two below */
	struct conn *watch;
	int64_t version;
};

/* migrate.c: bring the file to our newest schema, or only check it. */
int migrate(struct db *db, struct conn *conn, struct err *err) MUST_USE;
int migrate_check(struct db *db, struct conn *conn, struct err *err) MUST_USE;

/*
 * group.c: run the steps of first in one transaction and, when more is not
 * NULL, those that more(db) hands over meanwhile; then release them all.
 */
void group_run(struct db *db, struct calls *first, struct call *(*more)(struct db *db));

/* writer.c */
int writer_start(struct db *db, struct err *err) MUST_USE;
void writer_stop(struct db *db);

/* checkpoint.c; all but start and stop are called under db->lock by the writer. */
int checkpointer_start(struct db *db, struct err *err) MUST_USE;
void checkpointer_stop(struct db *db);
void checkpointer_note(struct db *db, int64_t log_bytes);
