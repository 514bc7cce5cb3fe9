/* A desk's database, past the code under test. */
#include "help_desk.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>

#include <cmocka.h>

struct sqlite3 *
kit_file(struct desk_kit *kit)
{
	char *path = arena_printf(kit->arena, "%s/test.db", kit->folder);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

int64_t
kit_number(struct desk_kit *kit, const char *sql)
{
	sqlite3 *db = kit_file(kit);
	sqlite3_stmt *statement;
	int64_t value;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

void
kit_change(struct desk_kit *kit, const char *sql)
{
	sqlite3 *db = kit_file(kit);

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}
