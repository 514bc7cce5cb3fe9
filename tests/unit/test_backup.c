/* Copies of a database in use, its soundness, its locks, and a full disk (store/backup.h). */
#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/backup.h>

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct load {
	struct store *store;
	atomic_bool stop;
	size_t done;
};

static void *
write_on(void *arg)
{
	struct load *load = arg;
	struct err err;

	while (!atomic_load(&load->stop) && load->done < 20000)
		load->done += db_step(load->store->db, store_add_ticket, NULL, &err) == 0;
	return NULL;
}

static size_t
tickets_in(const char *path)
{
	struct db_options options = { .path = path, .mode = DB_READ_ONLY, .readers = 1 };
	struct db *db = NULL;
	struct err err;
	size_t n = 0;

	if (db_open(&options, &db, &err) < 0 ||
	    db_read(db, NULL, store_count_tickets, &n, &err) < 0)
		fail_msg("%s", err.text);
	db_close(db);
	return n;
}

static void
copies_under_load_are_whole_and_one_file_each(void **state)
{
	struct store *store = *state;
	struct load load = { .store = store };
	char path[400], tail[440];
	pthread_t thread;
	struct err err;
	size_t last = 0;

	assert_int_equal(pthread_create(&thread, NULL, write_on, &load), 0);
	for (int i = 0; i < 5; i++) {
		size_t n;

		snprintf(path, sizeof(path), "%s/copy%d", store->folder, i);
		if (db_copy(store->db, path, &err) < 0)
			fail_msg("%s", err.text);
		n = tickets_in(path);
		assert_true(n >= last);
		last = n;
		snprintf(tail, sizeof(tail), "%s-wal", path);
		assert_int_equal(access(tail, F_OK), -1);
	}
	atomic_store(&load.stop, true);
	pthread_join(thread, NULL);
	assert_true(last <= load.done);
	assert_int_equal(store_tickets(store), load.done);
}

static void
a_copy_replaces_nothing(void **state)
{
	struct store *store = *state;
	char path[400];
	struct stat st;
	struct err err;

	snprintf(path, sizeof(path), "%s/copy", store->folder);
	assert_int_equal(db_copy(store->db, path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(db_copy(store->db, path, &err), ERR_CONFLICT);
	assert_int_equal(db_copy(store->db, "/nowhere/copy", &err), ERR_IO);
	assert_non_null(strstr(err.text, "/nowhere/copy"));
}

static void
a_sound_database_has_no_fault_and_a_damaged_one_has(void **state)
{
	struct store *store = *state;
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	const char *fault = NULL;
	struct err err;
	int fd;

	assert_int_equal(db_check(store->db, arena, &fault, &err), 0);
	assert_string_equal(fault, "");
	assert_true(db_schema(store->db) >= 8);
	store_close(store);
	fd = open(store->path, O_WRONLY | O_CLOEXEC);
	for (int page = 3; page < 8; page++)
		assert_int_equal(pwrite(fd, "damaged damaged damaged", 23, 4096 * page), 23);
	close(fd);
	assert_int_equal(store_open(store, DB_READ_ONLY, &err), 0);
	assert_int_equal(db_check(store->db, arena, &fault, &err), 0);
	assert_true(*fault != '\0');
}

/* --- another program ------------------------------------------------------- */

/* Opens, writes and closes, as somebody's sqlite3 does. */
static int
come_and_go(const char *path)
{
	sqlite3 *db;
	int rc = sqlite3_open(path, &db);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
		    "PRAGMA busy_timeout = 5000; INSERT INTO site (name, value)"
		    " VALUES ('guest', 'was here')",
		    NULL, NULL, NULL);
	sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : 1;
}

static void
another_program_that_closes_the_file_does_not_remove_our_log(void **state)
{
	struct store *store = *state;
	char log[400];
	struct stat before, after;
	pid_t pid;
	int status;

	/* Several connections: each one that opens must leave the locks of the others alone. */
	for (int i = 0; i < 3; i++)
		store_step(store, store_add_ticket, NULL);
	store_tickets(store);
	snprintf(log, sizeof(log), "%s-wal", store->path);
	assert_int_equal(stat(log, &before), 0);
	pid = fork();
	if (pid == 0) {
		execl("/proc/self/exe", "test_backup", "--come-and-go", store->path, NULL);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(stat(log, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	store_step(store, store_add_ticket, NULL);
	assert_int_equal(store_tickets(store), 4);
	assert_int_equal(store_number(store, "SELECT count(*) FROM tickets"), 4);
}

/* --- a full disk ------------------------------------------------------------- */

struct disk {
	char reserve[400];
	int asked;
};

static bool
make_room(void *ctx)
{
	struct disk *disk = ctx;

	disk->asked++;
	return unlink(disk->reserve) == 0;
}

static void
write_until_full(const char *path)
{
	static const char bytes[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

static void
make_reserve(struct disk *disk, const struct store *store)
{
	int fd;

	snprintf(disk->reserve, sizeof(disk->reserve), "%s/reserve", store->folder);
	fd = open(disk->reserve, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, 1 << 20), 0);
	close(fd);
}

/* Each step is told what became of it, and all that were told "done" are there. */
static void
the_reserve_lets_the_step_that_met_a_full_disk_commit(void **state)
{
	struct disk disk = { .asked = 0 };
	struct store store;
	struct db_options options = {
		.mode = DB_SERVER, .readers = 1, .full = make_room, .ctx = &disk
	};
	char ballast[400];
	struct err err;
	int rc, added = 0;

	(void)state;
	store_make(&store);
	if (mount("none", store.folder, "tmpfs", 0, "size=8m") != 0) {
		rmdir(store.folder);
		print_message("left out: a full disk (only root can mount a small one)\n");
		skip();
	}
	options.path = store.path;
	if (db_open(&options, &store.db, &err) < 0)
		fail_msg("%s", err.text);
	make_reserve(&disk, &store);
	snprintf(ballast, sizeof(ballast), "%s/ballast", store.folder);
	write_until_full(ballast);
	while ((rc = db_step(store.db, store_add_ticket, NULL, &err)) == 0 && added < 100000)
		added++;
	/* The first time room was made, the second time there was none. */
	assert_int_equal(rc, ERR_FULL);
	assert_int_equal(disk.asked, 2);
	assert_true(added > 10);
	assert_int_equal(store_tickets(&store), added);
	unlink(ballast);
	assert_int_equal(db_step(store.db, store_add_ticket, NULL, &err), 0);
	assert_int_equal(store_tickets(&store), added + 1);
	store_close(&store);
	umount2(store.folder, MNT_DETACH);
	rmdir(store.folder);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(copies_under_load_are_whole_and_one_file_each),
		SERVER_TEST(a_copy_replaces_nothing),
		STORE_TEST(a_sound_database_has_no_fault_and_a_damaged_one_has),
		SERVER_TEST(another_program_that_closes_the_file_does_not_remove_our_log),
		cmocka_unit_test(the_reserve_lets_the_step_that_met_a_full_disk_commit),
	};

	if (argc == 3 && text_is(argv[1], "--come-and-go"))
		return come_and_go(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
