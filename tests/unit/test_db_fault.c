#include "help_store.h"

#include <assent/base/fault.h>
#include <assent/base/str.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef ASSENT_FAULTS
static int
add_two(struct tx *tx, void *arg, struct err *err)
{
	int rc = store_add_ticket(tx, arg, err);

	return rc < 0 ? rc : store_add_ticket(tx, arg, err);
}

static int
sequence(struct store *store)
{
	struct err err;
	int done = 0;

	done += db_step(store->db, store_add_ticket, NULL, &err) == 0 ? 1 : 0;
	done += db_step(store->db, add_two, NULL, &err) == 0 ? 2 : 0;
	done += db_step(store->db, store_add_ticket, NULL, &err) == 0 ? 1 : 0;
	return done;
}

static void
walk(struct store *store, const char *point)
{
	int n = 1, failed = 0;
	size_t before = store_tickets(store);

	for (;; n++) {
		int done;

		fault_arm(point, n);
		done = sequence(store);
		assert_int_equal(store_tickets(store) - before, done);
		before = store_tickets(store);
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
		execl("/proc/self/exe", "test_db_fault", "--sequence", store->path, NULL);
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
		assert_int_equal(store_tickets(&store), want[n - 1]);
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

int
main(int argc, char **argv)
{
#ifdef ASSENT_FAULTS
	const struct CMUnitTest tests[] = {
		STORE_TEST(every_fault_of_a_sequence_loses_exactly_the_steps_that_were_told_so),
		SERVER_TEST(every_fault_of_a_sequence_loses_exactly_the_steps_that_were_told_so),
		cmocka_unit_test(a_kill_at_every_commit_leaves_whole_steps_only),
	};

	if (argc == 3 && text_is(argv[1], "--sequence"))
		return run_sequence(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	(void)argc;
	(void)argv;
	puts("this build makes no faults");
	return 0;
#endif
}
