#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/site.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- the log --------------------------------------------------------------- */

static off_t
log_size(const struct store *store)
{
	char path[320];
	struct stat st;

	snprintf(path, sizeof(path), "%s-wal", store->path);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Each step writes 2 MiB and nobody waits, so that the writer never rests. */
static int
write_much(struct tx *tx, void *arg, struct err *err)
{
	AUTO(mem_freep) char *value = mem_alloc(2 << 20);
	char name[16];

	/* SQLite writes no page that stays the same. */
	memset(value, 'a' + *(int *)arg % 26, (2 << 20) - 1);
	snprintf(name, sizeof(name), "v%d", *(int *)arg % 4);
	return site_set(tx, name, value, err);
}

static void
the_log_stays_bounded_under_load(void **state)
{
	struct store *store = *state;
	off_t most = 0;
	struct err err = { 0 };

	for (int i = 0; i < 100; i++) {
		must(
		    db_step(store->db, write_much, &i, &err), 0, &err, "write", __FILE__, __LINE__);
		if (log_size(store) > most)
			most = log_size(store);
	}
	assert_true(most > 0);
	assert_true(most <= 80 << 20);
}

static int
hold_and_write(struct tx *tx, void *arg, struct err *err)
{
	struct store *store = arg;
	size_t count;
	int rc = store_count_tickets(tx, &count, err);

	for (int i = 0; i < 60 && rc == 0; i++)
		rc = db_step(store->db, write_much, &i, err);
	return rc;
}

/* The log cannot start afresh under a snapshot; nobody fails or waits for ever because of it. */
static void
a_reader_that_holds_the_log_holds_up_no_writer(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	must(db_read(store->db, NULL, hold_and_write, store, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	assert_true(log_size(store) > 100 << 20);
	for (int i = 0; i < 60; i++)
		store_step(store, write_much, &i);
	assert_true(log_size(store) < 200 << 20);
}

static void
closing_leaves_one_file(void **state)
{
	struct store *store = *state;
	struct stat st;
	char path[320];

	store_step(store, store_add_ticket, NULL);
	store_close(store);
	snprintf(path, sizeof(path), "%s-wal", store->path);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(the_log_stays_bounded_under_load),
		SERVER_TEST(a_reader_that_holds_the_log_holds_up_no_writer),
		SERVER_TEST(closing_leaves_one_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
