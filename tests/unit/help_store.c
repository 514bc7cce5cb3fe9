#include "help_store.h"
#include "help_file.h"

#include <assent/base/str.h>
#include <assent/store/ticket.h>

#include "store/dialect_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
store_make(struct store *store)
{
	const char *tmp = getenv("TMPDIR");

	memset(store, 0, sizeof(*store));
	snprintf(store->folder, sizeof(store->folder), "%s/assent-store-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(store->folder));
	snprintf(store->path, sizeof(store->path), "%s/assent.db", store->folder);
}

void
store_remove(struct store *store)
{
	store_close(store);
	(void)folder_remove(store->folder);
}

int
store_open(struct store *store, enum db_mode mode, struct err *err)
{
	struct db_options options = { .path = store->path, .mode = mode, .readers = 4 };

	return db_open(&options, &store->db, err);
}

void
store_close(struct store *store)
{
	db_close(store->db);
	store->db = NULL;
}

static int
setup(void **state, enum db_mode mode)
{
	struct store *store = mem_alloc(sizeof(*store));
	struct err err;

	store_make(store);
	*state = store;
	if (store_open(store, mode, &err) == 0)
		return 0;
	print_error("%s\n", err.text);
	return -1;
}

int
store_setup(void **state)
{
	return setup(state, DB_TOOL);
}

int
store_setup_server(void **state)
{
	return setup(state, DB_SERVER);
}

int
store_teardown(void **state)
{
	store_remove(*state);
	mem_free(*state);
	return 0;
}

void
store_sql(const struct store *store, const char *sql)
{
	sql_run(store->path, sql);
}

void
store_as_of(struct store *store, int migrations)
{
	char identity[100];

	store_close(store);
	unlink(store->path);
	for (int i = 0; i < migrations; i++)
		store_sql(store, sqlite_migrations[i]);
	snprintf(identity, sizeof(identity), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    0x41534e54, migrations);
	store_sql(store, identity);
}

int64_t
store_number(const struct store *store, const char *sql)
{
	return sql_number(store->path, sql);
}

size_t
store_bytes(const struct store *store, const char *sql, void *out, size_t room)
{
	sqlite3 *db = sql_open(store->path);
	sqlite3_stmt *stmt;
	size_t n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = (size_t)sqlite3_column_bytes(stmt, 0);
	assert_true(n <= room);
	memcpy(out, sqlite3_column_blob(stmt, 0), n);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

void
store_step(struct store *store, step_fn fn, void *arg)
{
	struct err err = { 0 };
	int rc = db_step(store->db, fn, arg, &err);

	must(rc, 0, &err, "db_step", __FILE__, __LINE__);
}

int
store_add_ticket(struct tx *tx, void *arg, struct err *err)
{
	struct ticket ticket = {
		.id = id_new(T0),
		.title = arg != NULL ? arg : "a ticket",
		.status = "open",
		.created = T0,
	};

	return ticket_add(tx, &ticket, NULL, err);
}

int
store_count_tickets(struct tx *tx, void *arg, struct err *err)
{
	struct ticket *list;

	return ticket_list(tx, "", 0, &list, arg, err);
}

size_t
store_tickets(struct store *store)
{
	struct err err = { 0 };
	size_t count = 0;

	must(db_read(store->db, NULL, store_count_tickets, &count, &err), 0, &err, "count",
	    __FILE__, __LINE__);
	return count;
}

struct id
id_of(unsigned n)
{
	struct id id = { { 1, 2, 3, 4, 5, 6, 0x70, 0, 0x80 } };

	for (int i = 0; i < 4; i++)
		id.bytes[12 + i] = (uint8_t)(n >> (24 - 8 * i));
	return id;
}

void
must(int rc, int want, const struct err *err, const char *what, const char *file, int line)
{
	if (rc == want)
		return;
	print_error("%s: %s, not %s: %s\n", what, err_name(rc), err_name(want),
	    rc < 0 && err != NULL ? err->text : "");
	_fail(file, line);
}
