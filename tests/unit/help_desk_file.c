/* A desk's database, past the code under test. */
#include "help_desk.h"
#include "help_file.h"

static const char *
path_of(struct desk_kit *kit)
{
	return arena_printf(kit->arena, "%s/test.db", kit->folder);
}

struct sqlite3 *
kit_file(struct desk_kit *kit)
{
	return sql_open(path_of(kit));
}

int64_t
kit_number(struct desk_kit *kit, const char *sql)
{
	return sql_number(path_of(kit), sql);
}

void
kit_change(struct desk_kit *kit, const char *sql)
{
	sql_run(path_of(kit), sql);
}
