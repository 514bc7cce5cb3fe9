#include "help_store.h"

#include <assent/base/fault.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/store/site.h>

#include "store/db_priv.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
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

static int
add_and_fail(struct tx *tx, void *arg, struct err *err)
{
	int rc = store_add_ticket(tx, arg, err);

	return rc < 0 ? rc : err_set(err, ERR_DENIED, "this step never succeeds");
}

/* --- steps ----------------------------------------------------------------- */

static void
a_failing_step_is_rolled_back(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };

	assert_int_equal(db_step(store->db, add_and_fail, NULL, &err), ERR_DENIED);
	assert_string_equal(err.text, "this step never succeeds");
	assert_int_equal(db_step(store->db, add_and_fail, NULL, NULL), ERR_DENIED);
	assert_int_equal(store_tickets(store), 0);
	store_step(store, store_add_ticket, NULL);
	assert_int_equal(store_tickets(store), 1);
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
			int rc = db_step(worker->store->db, store_add_ticket, NULL, &err);

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
	assert_int_equal(store_tickets(store), THREADS * 15);
	/* A tool has no group: each step is a commit of its own. */
	assert_int_equal(commits < THREADS * 20, store->db->mode == DB_SERVER);
}

static void
a_commit_is_one_sync(void **state)
{
	struct store *store = *state;
	int before;

	store_step(store, store_add_ticket, NULL);
	before = atomic_load(&syncs);
	for (int i = 0; i < 10; i++)
		store_step(store, store_add_ticket, NULL);
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
	step_fn fn;
	void *arg;
	int calls, rc;
	char text[480];
	sem_t *all;
};

static int
run_outcome(struct tx *tx, void *arg, struct err *err)
{
	struct outcome *outcome = arg;

	return outcome->fn(tx, outcome->arg, err);
}

static void
note_outcome(void *arg, int rc, const struct err *err)
{
	struct outcome *outcome = arg;

	outcome->calls++;
	outcome->rc = rc;
	snprintf(outcome->text, sizeof(outcome->text), "%s", rc < 0 ? err->text : "");
	sem_post(outcome->all);
}

static void
submit(struct outcome *outcome, struct store *store)
{
	db_submit(store->db, run_outcome, note_outcome, outcome);
}

struct group {
	struct gate gate;
	sem_t all;
	struct outcome outcomes[10];
	int count;
};

static void
group_add(struct group *group, struct store *store, step_fn fn, void *arg)
{
	struct outcome *outcome = &group->outcomes[group->count++];

	outcome->fn = fn;
	outcome->arg = arg;
	outcome->all = &group->all;
	submit(outcome, store);
}

static void
group_begin(struct group *group, struct store *store)
{
	memset(group, 0, sizeof(*group));
	sem_init(&group->gate.entered, 0, 0);
	sem_init(&group->gate.leave, 0, 0);
	sem_init(&group->all, 0, 0);
	group_add(group, store, wait_at_gate, &group->gate);
	sem_wait(&group->gate.entered);
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
	group_add(&group, store, store_add_ticket, NULL);
	group_add(&group, store, add_and_fail, NULL);
	group_add(&group, store, store_add_ticket, NULL);
	group_end(&group);
	assert_int_equal(metric_value(METRIC_COMMITS) - commits, 1);
	assert_int_equal(group.outcomes[1].rc, 0);
	assert_int_equal(group.outcomes[2].rc, ERR_DENIED);
	assert_string_equal(group.outcomes[2].text, "this step never succeeds");
	assert_int_equal(group.outcomes[3].rc, 0);
	assert_int_equal(store_tickets(store), 2);
}

static int
end_transaction(struct tx *tx, void *arg, struct err *err)
{
	int *runs = arg;

	(*runs)++;
	if (store_add_ticket(tx, NULL, err) < 0)
		return ERR_IO;
	return tx->conn->ops->script(tx->conn->session, "ROLLBACK", err);
}

static int
count_run(struct tx *tx, void *arg, struct err *err)
{
	int *runs = arg;

	(*runs)++;
	return store_add_ticket(tx, NULL, err);
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
	assert_int_equal(store_tickets(store), 2);
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
	group_add(&group, store, store_add_ticket, NULL);
	group_add(&group, store, add_large, (char[]){ "large" });
	group_add(&group, store, store_add_ticket, NULL);
	sem_post(&group.gate.leave);
	group_end(&group);
	assert_int_equal(group.outcomes[1].rc, 0);
	assert_int_equal(group.outcomes[2].rc, ERR_FULL);
	assert_non_null(strstr(group.outcomes[2].text, "disk is full"));
	assert_non_null(strstr(group.outcomes[2].text, store->path));
	assert_int_equal(group.outcomes[3].rc, 0);
	assert_int_equal(store_tickets(store), 2);
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
		print_message("left out: a full disk (only root can mount a small one)\n");
		skip();
	}
	rc = store_open(&store, DB_SERVER, &err);
	must(rc, 0, &err, "open", __FILE__, __LINE__);
	while ((rc = db_step(store.db, store_add_ticket, NULL, &err)) == 0 && added < 100000)
		added++;
	assert_int_equal(rc, ERR_FULL);
	assert_non_null(strstr(err.text, "disk is full"));
	assert_true(added > 10);
	assert_int_equal(store_tickets(&store), added);
	store_close(&store);
	must(store_open(&store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	assert_int_equal(store_tickets(&store), added);
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
	if (store_add_ticket(tx, NULL, err) == 0)
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
	assert_int_equal(store_tickets(store), 0);
}

static void
a_read_only_database_is_said(void **state)
{
	struct store *store = *state;
	struct conn *writer = store->db->writer;
	struct err err = { 0 };

	writer->ops->script(writer->session, "PRAGMA query_only = ON", NULL);
	assert_int_equal(db_step(store->db, store_add_ticket, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "database is read-only"));
	assert_non_null(strstr(err.text, store->path));
	writer->ops->script(writer->session, "PRAGMA query_only = OFF", NULL);
	store_step(store, store_add_ticket, NULL);
	assert_int_equal(store_tickets(store), 1);
}

/* --- answers --------------------------------------------------------------- */

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
		store_step(&store, store_add_ticket, NULL);
		store_step(&store, store_add_ticket, NULL);
		store_close(&store); /* the second announcement may come after its answer */
		assert_int_equal(atomic_load(&counted.commits), 2);
		store_remove(&store);
	}
}

static void
a_tool_submits_too(void **state)
{
	struct store *store = *state;
	struct outcome outcome = { .fn = store_add_ticket };
	sem_t all;

	sem_init(&all, 0, 0);
	outcome.all = &all;
	submit(&outcome, store);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.rc, 0);
	outcome.fn = add_and_fail;
	submit(&outcome, store);
	assert_int_equal(outcome.calls, 2);
	assert_int_equal(outcome.rc, ERR_DENIED);
	sem_destroy(&all);
	assert_int_equal(store_tickets(store), 1);
}

struct turn {
	int *next, taken; /* the how manyth it was */
};

static int
take_turn(struct tx *tx, void *arg, struct err *err)
{
	struct turn *turn = arg;

	(void)tx;
	(void)err;
	turn->taken = ++*turn->next;
	return 0;
}

static void
who_waits_for_an_answer_goes_before_who_does_not(void **state)
{
	struct store *store = *state;
	struct turn patient[4], hurried[4];
	struct group group;
	int next = 0;

	group_begin(&group, store);
	for (int i = 0; i < 4; i++) {
		struct outcome *outcome = &group.outcomes[group.count++];

		patient[i] = (struct turn){ &next, 0 };
		*outcome = (struct outcome){ take_turn, &patient[i], .all = &group.all };
		db_submit_later(store->db, run_outcome, note_outcome, outcome);
	}
	for (int i = 0; i < 4; i++) {
		hurried[i] = (struct turn){ &next, 0 };
		group_add(&group, store, take_turn, &hurried[i]);
	}
	group_end(&group);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(hurried[i].taken, i + 1);
		/* Later, in their order, and none is forgotten. */
		assert_int_equal(patient[i].taken, i + 5);
	}
}

#ifdef ASSENT_FAULTS
/* --- faults ---------------------------------------------------------------- */

static void
a_failing_commit_fails_the_whole_group_and_nothing_happened(void **state)
{
	struct store *store = *state;
	struct group group;

	group_begin(&group, store);
	group_add(&group, store, store_add_ticket, NULL);
	group_add(&group, store, add_and_fail, NULL);
	group_add(&group, store, store_add_ticket, NULL);
	fault_arm("commit", 1);
	group_end(&group);
	fault_arm("commit", 0);
	assert_int_equal(group.outcomes[1].rc, ERR_IO);
	assert_non_null(strstr(group.outcomes[1].text, "commit failed"));
	assert_int_equal(group.outcomes[2].rc, ERR_DENIED);
	assert_int_equal(group.outcomes[3].rc, ERR_IO);
	assert_int_equal(store_tickets(store), 0);
	store_step(store, store_add_ticket, NULL);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(each_commit_is_announced),
		STORE_TEST(a_tool_submits_too),
		SERVER_TEST(who_waits_for_an_answer_goes_before_who_does_not),
#ifdef ASSENT_FAULTS
		SERVER_TEST(a_failing_commit_fails_the_whole_group_and_nothing_happened),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
