#include "help_store.h"

#include <assent/base/fault.h>
#include <assent/base/file.h>
#include <assent/base/str.h>
#include <assent/store/ticket.h>

#include "store/query.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- opening --------------------------------------------------------------- */

static void
a_new_file_is_ours_and_strict(void **state)
{
	struct store *store = *state;
	struct stat st;

	assert_int_equal(store_number(store, "PRAGMA application_id"), 0x41534e54);
	assert_true(store_number(store, "PRAGMA user_version") > 0);
	assert_int_equal(store_number(store,
			     "SELECT count(*) FROM pragma_table_list"
			     " WHERE schema = 'main' AND type = 'table'"
			     " AND strict = 0 AND name NOT LIKE 'sqlite%'"),
	    0);
	assert_int_equal(stat(store->path, &st), 0);
	assert_int_equal(st.st_mode & 0007, 0);
}

static void
opening_twice_keeps_what_is_there(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	store_step(store, store_add_ticket, NULL);
	store_close(store);
	must(store_open(store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_tickets(store), 1);
}

static void
refused_with(struct store *store, enum db_mode mode, int code, const char *words)
{
	struct err err = { 0 };

	assert_int_equal(store_open(store, mode, &err), code);
	if (strstr(err.text, words) == NULL || strstr(err.text, store->folder) == NULL)
		fail_msg("'%s' should say '%s' and where", err.text, words);
}

static void
a_file_of_a_newer_assentd_is_refused(void **state)
{
	struct store *store = *state;

	store_close(store);
	store_sql(store, "PRAGMA user_version = 1000");
	refused_with(store, DB_TOOL, ERR_CONFLICT, "written by a newer assentd (schema 1000");
	refused_with(store, DB_SERVER, ERR_CONFLICT, "newer");
	refused_with(store, DB_READ_ONLY, ERR_CONFLICT, "newer");
}

static void
a_file_of_an_older_assentd_is_brought_up_to_date_but_not_by_a_reader(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	store_as_of(store, 7);
	refused_with(store, DB_READ_ONLY, ERR_CONFLICT, "older assentd");
	must(store_open(store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_number(store, "SELECT count(*) FROM alerts"), 0);
}

static void
a_migration_that_fails_leaves_the_file_as_it_was(void **state)
{
	struct store *store = *state;

	store_close(store);
	store_sql(store, "DROP TABLE site; PRAGMA user_version = 6");
	refused_with(store, DB_TOOL, ERR_IO, "migration 7");
	assert_int_equal(store_number(store, "PRAGMA user_version"), 6);
	assert_int_equal(
	    store_number(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'site'"), 0);
}

static void
a_foreign_file_is_refused(void **state)
{
	struct store *store = *state;
	struct err err;

	store_close(store);
	store_sql(store, "PRAGMA application_id = 7");
	refused_with(store, DB_TOOL, ERR_INVALID, "not an assentd database");
	assert_int_equal(file_write(store->path,
			     "no database at all, but long enough to be one"
			     "................................................."
			     "..................................",
			     120, 0600, &err),
	    0);
	refused_with(store, DB_TOOL, ERR_INVALID, "not an assentd database");
	refused_with(store, DB_READ_ONLY, ERR_INVALID, "not an assentd database");
}

static void
a_missing_folder_and_a_missing_file_are_named(void **state)
{
	struct store store;

	(void)state;
	store_make(&store);
	refused_with(&store, DB_READ_ONLY, ERR_NOT_FOUND, "does not exist yet");
	rmdir(store.folder);
	refused_with(&store, DB_SERVER, ERR_IO, "No such file or directory");
}

/* Root may write everywhere, so somebody else has to try. */
static void
as_somebody_else(void (*fn)(struct store *store), struct store *store)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(9);
		fn(store);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the other one ended with %d", status);
}

static void
try_to_open(struct store *store)
{
	struct err err = { 0 };

	if (store_open(store, DB_TOOL, &err) != ERR_DENIED ||
	    strstr(err.text, "Permission denied") == NULL)
		_exit(1);
	if (store_open(store, DB_SERVER, &err) != ERR_DENIED)
		_exit(2);
}

static void
a_file_that_we_may_not_write_is_denied(void **state)
{
	struct store *store = *state;

	store_close(store);
	assert_int_equal(chmod(store->path, 0444), 0);
	assert_int_equal(chmod(store->folder, 0555), 0);
	as_somebody_else(try_to_open, store);
	assert_int_equal(chmod(store->folder, 0755), 0);
}

static void
try_to_look(struct store *store)
{
	struct err err = { 0 };
	int rc = store_open(store, DB_READ_ONLY, &err);

	if (rc != ERR_DENIED || strstr(err.text, "only its owner can read it") == NULL)
		_exit(1);
}

static void
a_resting_file_in_a_folder_of_others_says_why_it_cannot_be_read(void **state)
{
	struct store *store = *state;

	store_close(store);
	assert_int_equal(chmod(store->path, 0444), 0);
	assert_int_equal(chmod(store->folder, 0555), 0);
	as_somebody_else(try_to_look, store);
	assert_int_equal(chmod(store->folder, 0755), 0);
}

static void
a_reader_reads_and_never_writes(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	store_step(store, store_add_ticket, NULL);
	store_close(store);
	must(store_open(store, DB_READ_ONLY, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_tickets(store), 1);
	assert_int_equal(db_step(store->db, store_add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "reading only"));
	assert_int_equal(db_read(store->db, NULL, store_add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "read-only"));
}

static void
a_snapshot_of_a_writable_file_does_not_write_either(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	assert_int_equal(db_read(store->db, NULL, store_add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "read-only"));
	assert_int_equal(store_tickets(store), 0);
}

#ifdef ASSENT_FAULTS
static void
a_migration_whose_commit_fails_is_made_at_the_next_start(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	store_as_of(store, 7);
	fault_arm("migrate", 1);
	refused_with(store, DB_SERVER, ERR_IO, "on purpose");
	fault_arm("migrate", 0);
	assert_int_equal(store_number(store, "PRAGMA user_version"), 7);
	must(store_open(store, DB_SERVER, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_number(store, "SELECT count(*) FROM escalations"), 0);
}

#endif

static void
every_statement_can_be_prepared(void **state)
{
	struct store *store = *state;
	const struct db_ops *ops = store->db->ops;
	struct err err = { 0 };

	for (int set = 0; set < SET_COUNT; set++) {
		const struct statements *statements = all_statements[set];

		assert_int_equal(statements->set, set);
		for (size_t i = 0; i < statements->count; i++) {
			struct stmt *stmt = NULL;
			int rc = ops->prepare(
			    store->db->writer->session, statements->sql[i], &stmt, &err);

			must(rc, 0, &err, statements->sql[i], __FILE__, __LINE__);
			ops->finish(stmt);
		}
	}
}

/* --- memory ---------------------------------------------------------------- */

static void *
read_on(void *arg)
{
	struct store *store = arg;

	for (int i = 0; i < 200; i++)
		assert_int_equal(store_tickets(store), 1);
	return NULL;
}

static void
memory_is_given_back_while_others_read(void **state)
{
	struct store *store = *state;
	pthread_t threads[4];

	store_step(store, store_add_ticket, NULL);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, store), 0);
	for (int i = 0; i < 50; i++)
		db_trim(store->db);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	db_trim(store->db);
	assert_int_equal(store->db->readers, 1);
	assert_non_null(store->db->idle_readers);
	assert_null(store->db->idle_readers->next);
	assert_int_equal(store_tickets(store), 1);
}

/* --- versions -------------------------------------------------------------- */

static void
the_version_grows_with_our_commits_and_with_others(void **state)
{
	struct store *store = *state;
	int64_t first = db_version(store->db), second, third;

	assert_int_equal(db_version(store->db), first);
	store_step(store, store_add_ticket, NULL);
	second = db_version(store->db);
	assert_true(second > first);
	store_sql(store, "INSERT INTO site VALUES ('a', 'b')");
	third = db_version(store->db);
	assert_true(third > second);
	assert_int_equal(db_version(store->db), third);
}

static void
the_version_grows_for_a_reader_of_another_process(void **state)
{
	struct store *store = *state, other = { 0 };
	struct err err = { 0 };
	int64_t before;
	pid_t pid;
	int status;

	snprintf(other.path, sizeof(other.path), "%s", store->path);
	must(store_open(&other, DB_READ_ONLY, &err), 0, &err, "open", __FILE__, __LINE__);
	before = db_version(other.db);
	pid = fork();
	if (pid == 0) {
		/* A connection must not be carried over a fork, so this one opens its own. */
		execl("/proc/self/exe", "test_db", "--add", store->path, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(db_version(other.db) > before);
	assert_int_equal(store_tickets(&other), 1);
	store_close(&other);
}

struct worker {
	struct store *store;
	pthread_t thread;
	int ok;
};

/* --- snapshots ------------------------------------------------------------- */

struct twice {
	struct store *store;
	size_t before, after;
};

static int
count_twice(struct tx *tx, void *arg, struct err *err)
{
	struct twice *twice = arg;
	int rc = store_count_tickets(tx, &twice->before, err);

	if (rc == 0)
		rc = db_step(twice->store->db, store_add_ticket, NULL, err);
	return rc < 0 ? rc : store_count_tickets(tx, &twice->after, err);
}

static void
a_snapshot_does_not_move(void **state)
{
	struct store *store = *state;
	struct twice twice = { store, 0, 0 };
	struct err err = { 0 };

	store_step(store, store_add_ticket, NULL);
	must(db_read(store->db, NULL, count_twice, &twice, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	assert_int_equal(twice.before, 1);
	assert_int_equal(twice.after, 1);
	assert_int_equal(store_tickets(store), 2);
}

static int
first_title(struct tx *tx, void *arg, struct err *err)
{
	struct ticket *list;
	size_t count;
	int rc = ticket_list(tx, "", 1, &list, &count, err);

	if (rc == 0)
		*(const char **)arg = list[0].title;
	return rc;
}

static void
texts_live_as_long_as_the_callers_arena(void **state)
{
	struct store *store = *state;
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	const char *title = NULL;
	struct err err = { 0 };

	store_step(store, store_add_ticket, (char[]){ "Replace the switch" });
	must(db_read(store->db, arena, first_title, &title, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	store_tickets(store);
	assert_string_equal(title, "Replace the switch");
}

static int
find_nothing(struct tx *tx, void *arg, struct err *err)
{
	struct ticket ticket;
	struct id id = id_of(1);

	(void)arg;
	return ticket_get(tx, &id, &ticket, err);
}

static void *
read_often(void *arg)
{
	struct worker *worker = arg;
	struct err err;

	for (int i = 0; i < 50; i++)
		worker->ok +=
		    db_read(worker->store->db, NULL, find_nothing, NULL, &err) == ERR_NOT_FOUND;
	return NULL;
}

static void
more_readers_than_connections_take_turns(void **state)
{
	struct store *store = *state;
	struct worker workers[16];

	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		workers[i] = (struct worker){ .store = store };
		pthread_create(&workers[i].thread, NULL, read_often, &workers[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].ok, 50);
	}
	assert_true(store->db->readers <= 4);
}

static int
add_to(const char *path)
{
	struct store store = { 0 };
	struct err err;
	int rc;

	snprintf(store.path, sizeof(store.path), "%s", path);
	if (store_open(&store, DB_TOOL, &err) < 0)
		return 2;
	rc = db_step(store.db, store_add_ticket, NULL, &err);
	store_close(&store);
	return rc < 0 ? 3 : 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_new_file_is_ours_and_strict),
		STORE_TEST(opening_twice_keeps_what_is_there),
		STORE_TEST(a_file_of_a_newer_assentd_is_refused),
		STORE_TEST(a_file_of_an_older_assentd_is_brought_up_to_date_but_not_by_a_reader),
		STORE_TEST(a_migration_that_fails_leaves_the_file_as_it_was),
		STORE_TEST(a_foreign_file_is_refused),
		cmocka_unit_test(a_missing_folder_and_a_missing_file_are_named),
		STORE_TEST(a_file_that_we_may_not_write_is_denied),
		STORE_TEST(a_resting_file_in_a_folder_of_others_says_why_it_cannot_be_read),
		STORE_TEST(a_reader_reads_and_never_writes),
		STORE_TEST(a_snapshot_of_a_writable_file_does_not_write_either),
		STORE_TEST(every_statement_can_be_prepared),
		SERVER_TEST(memory_is_given_back_while_others_read),
		SERVER_TEST(the_version_grows_with_our_commits_and_with_others),
		STORE_TEST(the_version_grows_for_a_reader_of_another_process),
		SERVER_TEST(a_snapshot_does_not_move),
		STORE_TEST(texts_live_as_long_as_the_callers_arena),
		SERVER_TEST(more_readers_than_connections_take_turns),
#ifdef ASSENT_FAULTS
		STORE_TEST(a_migration_whose_commit_fails_is_made_at_the_next_start),
#endif
	};

	if (argc == 3 && text_is(argv[1], "--add"))
		return add_to(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
