#include "help_store.h"

#include <assent/base/fault.h>
#include <assent/base/file.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/store/site.h>
#include <assent/store/ticket.h>

#include "store/query.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 64

/* The library's call comes here first, so that a test can count the syncs. */
static atomic_int syncs;

int
fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	return (int)syscall(SYS_fdatasync, fd);
}

/* --- steps for all tests --------------------------------------------------- */

static int
add_ticket(struct tx *tx, void *arg, struct err *err)
{
	struct ticket ticket = {
		.id = id_new(T0),
		.title = arg != NULL ? arg : "a ticket",
		.status = "open",
		.created = T0,
	};

	return ticket_add(tx, &ticket, NULL, err);
}

static int
add_and_fail(struct tx *tx, void *arg, struct err *err)
{
	int rc = add_ticket(tx, arg, err);

	return rc < 0 ? rc : err_set(err, ERR_DENIED, "this step never succeeds");
}

static int
count_tickets(struct tx *tx, void *arg, struct err *err)
{
	struct ticket *list;

	return ticket_list(tx, "", 0, &list, arg, err);
}

static size_t
tickets(struct store *store)
{
	struct err err = { 0 };
	size_t count = 0;

	must(db_read(store->db, NULL, count_tickets, &count, &err), 0, &err, "count", __FILE__,
	    __LINE__);
	return count;
}

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

	store_step(store, add_ticket, NULL);
	store_close(store);
	must(store_open(store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(tickets(store), 1);
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

	store_close(store);
	store_sql(store, "DROP TABLE site; DROP TABLE clock_seen; PRAGMA user_version = 6");
	refused_with(store, DB_READ_ONLY, ERR_CONFLICT, "older assentd");
	must(store_open(store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_number(store, "SELECT count(*) FROM site"), 0);
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

	store_step(store, add_ticket, NULL);
	store_close(store);
	must(store_open(store, DB_READ_ONLY, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(tickets(store), 1);
	assert_int_equal(db_step(store->db, add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "reading only"));
	assert_int_equal(db_read(store->db, NULL, add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "read-only"));
}

static void
a_snapshot_of_a_writable_file_does_not_write_either(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	assert_int_equal(db_read(store->db, NULL, add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "read-only"));
	assert_int_equal(tickets(store), 0);
}

/* --- steps ----------------------------------------------------------------- */

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

static void
a_failing_step_is_rolled_back(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	assert_int_equal(db_step(store->db, add_and_fail, NULL, &err), ERR_DENIED);
	assert_string_equal(err.text, "this step never succeeds");
	assert_int_equal(db_step(store->db, add_and_fail, NULL, NULL), ERR_DENIED);
	assert_int_equal(tickets(store), 0);
	store_step(store, add_ticket, NULL);
	assert_int_equal(tickets(store), 1);
}

struct worker {
	struct store *store;
	pthread_t thread;
	pthread_barrier_t *start;
	int ok, failed, wrong;
};

static void *
work(void *arg)
{
	struct worker *worker = arg;
	struct err err;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 20; i++) {
		if (i % 4 == 3) {
			int rc = db_step(worker->store->db, add_and_fail, NULL, &err);

			worker->failed += rc == ERR_DENIED;
			worker->wrong += rc != ERR_DENIED;
		} else {
			int rc = db_step(worker->store->db, add_ticket, NULL, &err);

			worker->ok += rc == 0;
			worker->wrong += rc != 0;
		}
	}
	return NULL;
}

static struct worker
all_work(struct store *store)
{
	struct worker workers[THREADS], sum = { 0 };
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .store = store, .start = &start };
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		sum.ok += workers[i].ok;
		sum.failed += workers[i].failed;
		sum.wrong += workers[i].wrong;
	}
	pthread_barrier_destroy(&start);
	return sum;
}

static void
many_steps_share_a_commit_and_only_the_failing_are_undone(void **state)
{
	struct store *store = *state;
	int64_t commits = metric_value(METRIC_COMMITS);
	struct worker sum = all_work(store);

	commits = metric_value(METRIC_COMMITS) - commits;
	assert_int_equal(sum.ok, THREADS * 15);
	assert_int_equal(sum.failed, THREADS * 5);
	assert_int_equal(sum.wrong, 0);
	assert_int_equal(tickets(store), THREADS * 15);
	/* A tool has no group: each step is a commit of its own. */
	assert_int_equal(commits < THREADS * 20, store->db->mode == DB_SERVER);
}

static void
a_commit_is_one_sync(void **state)
{
	struct store *store = *state;
	int before;

	store_step(store, add_ticket, NULL);
	before = atomic_load(&syncs);
	for (int i = 0; i < 10; i++)
		store_step(store, add_ticket, NULL);
	assert_int_equal(atomic_load(&syncs) - before, 10);
}

/* --- many at once, in one group -------------------------------------------- */

/* Holds the writer so that whatever is handed in meanwhile becomes one group. */
struct gate {
	sem_t entered, leave;
};

static int
wait_at_gate(struct tx *tx, void *arg, struct err *err)
{
	struct gate *gate = arg;

	(void)tx;
	(void)err;
	sem_post(&gate->entered);
	sem_wait(&gate->leave);
	return 0;
}

struct outcome {
	int calls, rc;
	char text[480];
	sem_t *all;
};

static void
note_outcome(void *ctx, int rc, const struct err *err)
{
	struct outcome *outcome = ctx;

	outcome->calls++;
	outcome->rc = rc;
	snprintf(outcome->text, sizeof(outcome->text), "%s", rc < 0 ? err->text : "");
	sem_post(outcome->all);
}

struct group {
	struct gate gate;
	sem_t all;
	struct outcome outcomes[10];
	int count;
};

static void
group_begin(struct group *group, struct store *store)
{
	memset(group, 0, sizeof(*group));
	sem_init(&group->gate.entered, 0, 0);
	sem_init(&group->gate.leave, 0, 0);
	sem_init(&group->all, 0, 0);
	group->outcomes[0].all = &group->all;
	group->count = 1;
	db_submit(store->db, wait_at_gate, &group->gate, note_outcome, &group->outcomes[0]);
	sem_wait(&group->gate.entered);
}

static void
group_add(struct group *group, struct store *store, step_fn fn, void *arg)
{
	struct outcome *outcome = &group->outcomes[group->count++];

	outcome->all = &group->all;
	db_submit(store->db, fn, arg, note_outcome, outcome);
}

static void
group_end(struct group *group)
{
	sem_post(&group->gate.leave);
	for (int i = 0; i < group->count; i++)
		sem_wait(&group->all);
	for (int i = 0; i < group->count; i++)
		assert_int_equal(group->outcomes[i].calls, 1);
	sem_destroy(&group->gate.entered);
	sem_destroy(&group->gate.leave);
	sem_destroy(&group->all);
}

static void
submitted_steps_are_answered_once_each_with_their_own_result(void **state)
{
	struct store *store = *state;
	int64_t commits = metric_value(METRIC_COMMITS);
	struct group group;

	group_begin(&group, store);
	group_add(&group, store, add_ticket, NULL);
	group_add(&group, store, add_and_fail, NULL);
	group_add(&group, store, add_ticket, NULL);
	group_end(&group);
	assert_int_equal(metric_value(METRIC_COMMITS) - commits, 1);
	assert_int_equal(group.outcomes[1].rc, 0);
	assert_int_equal(group.outcomes[2].rc, ERR_DENIED);
	assert_string_equal(group.outcomes[2].text, "this step never succeeds");
	assert_int_equal(group.outcomes[3].rc, 0);
	assert_int_equal(tickets(store), 2);
}

static int
end_transaction(struct tx *tx, void *arg, struct err *err)
{
	int *runs = arg;

	(*runs)++;
	if (add_ticket(tx, NULL, err) < 0)
		return ERR_IO;
	return tx->conn->ops->script(tx->conn->session, "ROLLBACK", err);
}

static int
count_run(struct tx *tx, void *arg, struct err *err)
{
	int *runs = arg;

	(*runs)++;
	return add_ticket(tx, NULL, err);
}

/* SQLite ends a transaction by itself on some errors; nobody else may pay for it. */
static void
a_step_that_ends_the_transaction_fails_alone_and_the_others_run_again(void **state)
{
	struct store *store = *state;
	int first = 0, middle = 0, last = 0;
	struct group group;

	group_begin(&group, store);
	group_add(&group, store, count_run, &first);
	group_add(&group, store, end_transaction, &middle);
	group_add(&group, store, count_run, &last);
	sem_post(&group.gate.leave); /* passes the gate's second run */
	group_end(&group);
	assert_int_equal(first, 2);
	assert_int_equal(middle, 1);
	assert_int_equal(last, 1);
	assert_int_equal(group.outcomes[1].rc, 0);
	assert_int_equal(group.outcomes[2].rc, ERR_IO);
	assert_int_equal(group.outcomes[3].rc, 0);
	assert_int_equal(tickets(store), 2);
}

static int
limit_pages(struct tx *tx, void *arg, struct err *err)
{
	int64_t *pages = arg;
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)*pages);
	return tx->conn->ops->script(tx->conn->session, sql, err);
}

static int
add_large(struct tx *tx, void *arg, struct err *err)
{
	AUTO(mem_freep) char *value = mem_alloc(4 << 20);

	memset(value, 'x', (4 << 20) - 1);
	return site_set(tx, arg, value, err);
}

static void
a_full_disk_is_said_and_the_rest_of_the_group_lives(void **state)
{
	struct store *store = *state;
	int64_t few = store_number(store, "PRAGMA page_count") + 20, many = 1 << 30;
	struct group group;

	store_step(store, limit_pages, &few);
	group_begin(&group, store);
	group_add(&group, store, add_ticket, NULL);
	group_add(&group, store, add_large, (char[]){ "large" });
	group_add(&group, store, add_ticket, NULL);
	sem_post(&group.gate.leave);
	group_end(&group);
	assert_int_equal(group.outcomes[1].rc, 0);
	assert_int_equal(group.outcomes[2].rc, ERR_FULL);
	assert_non_null(strstr(group.outcomes[2].text, "disk is full"));
	assert_non_null(strstr(group.outcomes[2].text, store->path));
	assert_int_equal(group.outcomes[3].rc, 0);
	assert_int_equal(tickets(store), 2);
	store_step(store, limit_pages, &many);
	store_step(store, add_large, (char[]){ "large" });
}

static void
a_really_full_disk_fails_the_commit_and_nothing_happened(void **state)
{
	struct store store;
	struct err err = { 0 };
	int rc, added = 0;

	(void)state;
	store_make(&store);
	if (mount("none", store.folder, "tmpfs", 0, "size=2m") != 0) {
		rmdir(store.folder);
		skip();
	}
	rc = store_open(&store, DB_SERVER, &err);
	must(rc, 0, &err, "open", __FILE__, __LINE__);
	while ((rc = db_step(store.db, add_ticket, NULL, &err)) == 0 && added < 100000)
		added++;
	assert_int_equal(rc, ERR_FULL);
	assert_non_null(strstr(err.text, "disk is full"));
	assert_true(added > 10);
	assert_int_equal(tickets(&store), added);
	store_close(&store);
	must(store_open(&store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(tickets(&store), added);
	store_close(&store);
	umount2(store.folder, MNT_DETACH);
	rmdir(store.folder);
}

static int
ignore_the_end(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	if (add_large(tx, (char[]){ "large" }, NULL) == 0)
		return err_set(err, ERR_INVALID, "the disk was not full");
	if (add_ticket(tx, NULL, err) == 0)
		return err_set(err, ERR_INVALID, "a dead transaction took a row");
	return 0;
}

static void
a_step_that_goes_on_after_a_fatal_error_writes_nothing(void **state)
{
	struct store *store = *state;
	int64_t few = store_number(store, "PRAGMA page_count") + 20;
	struct err err = { 0 };

	store_step(store, limit_pages, &few);
	assert_int_equal(db_step(store->db, ignore_the_end, NULL, &err), ERR_FULL);
	assert_int_equal(tickets(store), 0);
}

static void
a_read_only_database_is_said(void **state)
{
	struct store *store = *state;
	struct conn *writer = store->db->writer;
	struct err err = { 0 };

	writer->ops->script(writer->session, "PRAGMA query_only = ON", NULL);
	assert_int_equal(db_step(store->db, add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "database is read-only"));
	assert_non_null(strstr(err.text, store->path));
	writer->ops->script(writer->session, "PRAGMA query_only = OFF", NULL);
	store_step(store, add_ticket, NULL);
	assert_int_equal(tickets(store), 1);
}

#ifdef ASSENT_FAULTS
static void
a_migration_whose_commit_fails_is_made_at_the_next_start(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	store_close(store);
	store_sql(store, "DROP TABLE site; DROP TABLE clock_seen; PRAGMA user_version = 6");
	fault_arm("migrate", 1);
	refused_with(store, DB_SERVER, ERR_IO, "on purpose");
	fault_arm("migrate", 0);
	assert_int_equal(store_number(store, "PRAGMA user_version"), 6);
	must(store_open(store, DB_SERVER, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_number(store, "SELECT count(*) FROM site"), 0);
}

static void
a_failing_commit_fails_the_whole_group_and_nothing_happened(void **state)
{
	struct store *store = *state;
	struct group group;

	group_begin(&group, store);
	group_add(&group, store, add_ticket, NULL);
	group_add(&group, store, add_and_fail, NULL);
	group_add(&group, store, add_ticket, NULL);
	fault_arm("commit", 1);
	group_end(&group);
	fault_arm("commit", 0);
	assert_int_equal(group.outcomes[1].rc, ERR_IO);
	assert_non_null(strstr(group.outcomes[1].text, "commit failed"));
	assert_int_equal(group.outcomes[2].rc, ERR_DENIED);
	assert_int_equal(group.outcomes[3].rc, ERR_IO);
	assert_int_equal(tickets(store), 0);
	store_step(store, add_ticket, NULL);
}

static int
add_two(struct tx *tx, void *arg, struct err *err)
{
	int rc = add_ticket(tx, arg, err);

	return rc < 0 ? rc : add_ticket(tx, arg, err);
}

static int
sequence(struct store *store)
{
	struct err err;
	int done = 0;

	done += db_step(store->db, add_ticket, NULL, &err) == 0 ? 1 : 0;
	done += db_step(store->db, add_two, NULL, &err) == 0 ? 2 : 0;
	done += db_step(store->db, add_ticket, NULL, &err) == 0 ? 1 : 0;
	return done;
}

static void
walk(struct store *store, const char *point)
{
	int n = 1, failed = 0;
	size_t before = tickets(store);

	for (;; n++) {
		int done;

		fault_arm(point, n);
		done = sequence(store);
		assert_int_equal(tickets(store) - before, done);
		before = tickets(store);
		if (fault_passed(point) < n)
			break;
		assert_true(done < 4);
		failed++;
	}
	fault_arm(point, 0);
	assert_int_equal(failed, 3);
}

static void
every_fault_of_a_sequence_loses_exactly_the_steps_that_were_told_so(void **state)
{
	walk(*state, "commit");
	walk(*state, "step");
}

static void
die_at(struct store *store, int n)
{
	char value[32];
	pid_t pid;
	int status;

	snprintf(value, sizeof(value), "commit:%d:kill", n);
	pid = fork();
	if (pid == 0) {
		struct err err;

		setenv("ASSENTD_FAULT", value, 1);
		execl("/proc/self/exe", "test_db", "--sequence", store->path, NULL);
		_exit(err_set(&err, 1, "no program"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
a_kill_at_every_commit_leaves_whole_steps_only(void **state)
{
	static const size_t want[] = { 0, 1, 3 };

	(void)state;
	for (int n = 1; n <= 3; n++) {
		struct store store;
		struct err err = { 0 };

		store_make(&store);
		die_at(&store, n);
		must(store_open(&store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
		assert_int_equal(tickets(&store), want[n - 1]);
		store_remove(&store);
	}
}

static int
run_sequence(const char *path)
{
	struct store store = { 0 };
	struct err err;

	snprintf(store.path, sizeof(store.path), "%s", path);
	if (store_open(&store, DB_SERVER, &err) < 0)
		return 2;
	sequence(&store);
	store_close(&store);
	return 0;
}
#endif

/* --- callbacks and versions ------------------------------------------------ */

struct counted {
	struct db *db;
	atomic_int commits;
};

static void
count_commit(void *ctx)
{
	struct counted *counted = ctx;

	atomic_fetch_add(&counted->commits, 1);
}

static void
each_commit_is_announced(void **state)
{
	static const enum db_mode modes[] = { DB_SERVER, DB_TOOL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct counted counted = { 0 };
		struct store store;
		struct err err = { 0 };
		struct db_options options = {
			.mode = modes[i], .readers = 1, .committed = count_commit, .ctx = &counted
		};

		store_make(&store);
		options.path = store.path;
		must(db_open(&options, &store.db, &err), 0, &err, "open", __FILE__, __LINE__);
		store_step(&store, add_ticket, NULL);
		store_step(&store, add_ticket, NULL);
		store_close(&store); /* the second announcement may come after its answer */
		assert_int_equal(atomic_load(&counted.commits), 2);
		store_remove(&store);
	}
}

static void
a_tool_submits_too(void **state)
{
	struct store *store = *state;
	struct outcome outcome = { 0 };
	sem_t all;

	sem_init(&all, 0, 0);
	outcome.all = &all;
	db_submit(store->db, add_ticket, NULL, note_outcome, &outcome);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.rc, 0);
	db_submit(store->db, add_and_fail, NULL, note_outcome, &outcome);
	assert_int_equal(outcome.calls, 2);
	assert_int_equal(outcome.rc, ERR_DENIED);
	sem_destroy(&all);
	assert_int_equal(tickets(store), 1);
}

static void
the_version_grows_with_our_commits_and_with_others(void **state)
{
	struct store *store = *state;
	int64_t first = db_version(store->db), second, third;

	assert_int_equal(db_version(store->db), first);
	store_step(store, add_ticket, NULL);
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
	assert_int_equal(tickets(&other), 1);
	store_close(&other);
}

/* --- snapshots ------------------------------------------------------------- */

struct twice {
	struct store *store;
	size_t before, after;
};

static int
count_twice(struct tx *tx, void *arg, struct err *err)
{
	struct twice *twice = arg;
	int rc = count_tickets(tx, &twice->before, err);

	if (rc == 0)
		rc = db_step(twice->store->db, add_ticket, NULL, err);
	return rc < 0 ? rc : count_tickets(tx, &twice->after, err);
}

static void
a_snapshot_does_not_move(void **state)
{
	struct store *store = *state;
	struct twice twice = { store, 0, 0 };
	struct err err = { 0 };

	store_step(store, add_ticket, NULL);
	must(db_read(store->db, NULL, count_twice, &twice, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	assert_int_equal(twice.before, 1);
	assert_int_equal(twice.after, 1);
	assert_int_equal(tickets(store), 2);
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

	store_step(store, add_ticket, (char[]){ "Replace the switch" });
	must(db_read(store->db, arena, first_title, &title, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	tickets(store);
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
	int rc = count_tickets(tx, &count, err);

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

	store_step(store, add_ticket, NULL);
	store_close(store);
	snprintf(path, sizeof(path), "%s-wal", store->path);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(errno, ENOENT);
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
	rc = db_step(store.db, add_ticket, NULL, &err);
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
		STORE_TEST(a_failing_step_is_rolled_back),
		SERVER_TEST(a_failing_step_is_rolled_back),
		SERVER_TEST(many_steps_share_a_commit_and_only_the_failing_are_undone),
		STORE_TEST(many_steps_share_a_commit_and_only_the_failing_are_undone),
		SERVER_TEST(a_commit_is_one_sync),
		SERVER_TEST(submitted_steps_are_answered_once_each_with_their_own_result),
		SERVER_TEST(a_step_that_ends_the_transaction_fails_alone_and_the_others_run_again),
		SERVER_TEST(a_full_disk_is_said_and_the_rest_of_the_group_lives),
		cmocka_unit_test(a_really_full_disk_fails_the_commit_and_nothing_happened),
		STORE_TEST(a_step_that_goes_on_after_a_fatal_error_writes_nothing),
		SERVER_TEST(a_read_only_database_is_said),
#ifdef ASSENT_FAULTS
		STORE_TEST(a_migration_whose_commit_fails_is_made_at_the_next_start),
		SERVER_TEST(a_failing_commit_fails_the_whole_group_and_nothing_happened),
		STORE_TEST(every_fault_of_a_sequence_loses_exactly_the_steps_that_were_told_so),
		SERVER_TEST(every_fault_of_a_sequence_loses_exactly_the_steps_that_were_told_so),
		cmocka_unit_test(a_kill_at_every_commit_leaves_whole_steps_only),
#endif
		cmocka_unit_test(each_commit_is_announced),
		STORE_TEST(a_tool_submits_too),
		SERVER_TEST(the_version_grows_with_our_commits_and_with_others),
		STORE_TEST(the_version_grows_for_a_reader_of_another_process),
		SERVER_TEST(a_snapshot_does_not_move),
		STORE_TEST(texts_live_as_long_as_the_callers_arena),
		SERVER_TEST(more_readers_than_connections_take_turns),
		SERVER_TEST(the_log_stays_bounded_under_load),
		SERVER_TEST(a_reader_that_holds_the_log_holds_up_no_writer),
		SERVER_TEST(closing_leaves_one_file),
	};

	if (argc == 3 && text_is(argv[1], "--add"))
		return add_to(argv[2]);
#ifdef ASSENT_FAULTS
	if (argc == 3 && text_is(argv[1], "--sequence"))
		return run_sequence(argv[2]);
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
