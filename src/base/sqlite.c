#include <assent/base/sqlite.h>

#include <pthread.h>
#include <sqlite3.h>

static void
start(void)
{
	/* Why: the allocator's statistics take a lock that all threads share. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* Each step has a savepoint; what it keeps stays in memory, not in a temporary file. */
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
	sqlite3_initialize();
}

void
sqlite_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
}
