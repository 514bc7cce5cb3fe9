#include <assent/base/fault.h>
#include <assent/base/file.h>

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];
static char path_room[2][512];

/* A name in this test's folder; two live at once. */
static const char *
in_dir(const char *name)
{
	static int turn;
	char *path = path_room[turn++ & 1];

	snprintf(path, sizeof(path_room[0]), "%s/%s", dir, name);
	return path;
}

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/assent-file-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && unlink(in_dir(e->d_name)) < 0)
			rmdir(in_dir(e->d_name));
	if (d)
		closedir(d);
	return rmdir(dir);
}

static int
count_files(void)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void
what_was_written_is_read_back(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(1 << 20);
	static char big[300000];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31);
	assert_int_equal(file_write(in_dir("big"), big, sizeof(big), 0600, &err), 0);
	assert_int_equal(file_read(in_dir("big"), &s, &err), 0);
	assert_int_equal(s.len, sizeof(big));
	assert_memory_equal(s.text, big, sizeof(big));
	assert_int_equal(file_write(in_dir("big"), "small", 5, 0600, &err), 0);
	assert_int_equal(file_read(in_dir("big"), &s, &err), 0);
	assert_string_equal(str_text(&s), "small");
	assert_int_equal(file_write(in_dir("none"), NULL, 0, 0600, &err), 0);
	assert_int_equal(file_read(in_dir("none"), &s, &err), 0);
	assert_string_equal(str_text(&s), "");
	assert_int_equal(count_files(), 2);
}

static void
the_mode_is_exact_whatever_the_umask(void **state)
{
	struct stat st;
	mode_t before = umask(077);
	int rc = file_write(in_dir("a"), "x", 1, 0664, NULL);

	(void)state;
	umask(before);
	assert_int_equal(rc, 0);
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0664);
}

static void
a_file_of_the_ceilings_size_is_read_and_no_larger(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(5), none = STR_INIT(0);
	struct err err;

	(void)state;
	assert_int_equal(file_write(in_dir("a"), "12345", 5, 0600, &err), 0);
	assert_int_equal(file_read(in_dir("a"), &s, &err), 0);
	assert_string_equal(str_text(&s), "12345");
	assert_int_equal(file_write(in_dir("a"), "123456", 6, 0600, &err), 0);
	assert_int_equal(file_read(in_dir("a"), &s, &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "larger than 5 bytes"));
	assert_int_equal(file_read(in_dir("a"), &none, &err), ERR_LIMIT);
}

static void
what_cannot_be_read_is_named(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100);
	struct err err;

	(void)state;
	str_add(&s, "old");
	assert_int_equal(file_read(in_dir("absent"), &s, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "absent: No such file"));
	assert_string_equal(str_text(&s), "");
	assert_int_equal(file_read(dir, &s, &err), ERR_INVALID);
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(file_read(in_dir("fifo"), &s, &err), ERR_INVALID);
	assert_int_equal(file_write(in_dir("no/such/folder"), "x", 1, 0600, &err), ERR_IO);
}

static const struct {
	unsigned mode;
	const char *text;
	int rc;
	const char *want;
} secrets[] = {
	{ 0600, "sesame", 0, "sesame" },
	{ 0400, "sesame\n", 0, "sesame" },
	{ 0640, "sesame\n\n", 0, "sesame\n" },
	{ 0440, "\n", 0, "" },
	{ 0600, "", 0, "" },
	{ 0644, "sesame", ERR_DENIED, "" },
	{ 0602, "sesame", ERR_DENIED, "" },
};

static void
a_secret_that_others_may_read_is_refused(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100);
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		const char *text = secrets[i].text;

		assert_int_equal(
		    file_write(in_dir("s"), text, strlen(text), secrets[i].mode, &err), 0);
		assert_int_equal(file_read_secret(in_dir("s"), &s, &err), secrets[i].rc);
		assert_string_equal(str_text(&s), secrets[i].want);
	}
	assert_non_null(strstr(err.text, "chmod o="));
	assert_int_equal(file_read_secret(in_dir("absent"), &s, &err), ERR_NOT_FOUND);
}

static void
a_created_file_never_replaces(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100);
	struct err err;

	(void)state;
	assert_int_equal(file_create(in_dir("key"), "first", 5, 0600, &err), 0);
	assert_int_equal(file_create(in_dir("key"), "second", 6, 0600, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, "exists already"));
	assert_int_equal(file_read(in_dir("key"), &s, &err), 0);
	assert_string_equal(str_text(&s), "first");
	assert_int_equal(count_files(), 1);
}

static void
folders_are_made_on_the_way(void **state)
{
	struct err err;
	struct stat st;
	mode_t before = umask(077);

	(void)state;
	assert_int_equal(folder_make(in_dir("a/b/c/"), 0750, &err), 0);
	assert_int_equal(folder_make(in_dir("a/b/c"), 0700, &err), 0);
	umask(before);
	assert_int_equal(stat(in_dir("a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(folder_sync(in_dir("a/b"), &err), 0);
	assert_int_equal(folder_sync(in_dir("z"), &err), ERR_NOT_FOUND);
	assert_int_equal(file_write(in_dir("file"), "x", 1, 0600, &err), 0);
	assert_int_equal(folder_make(in_dir("file"), 0700, &err), ERR_IO);
	assert_non_null(strstr(err.text, "not a folder"));
	assert_int_equal(folder_make(in_dir("file/sub"), 0700, &err), ERR_IO);
	assert_int_equal(rmdir(in_dir("a/b/c")) | rmdir(in_dir("a/b")), 0);
}

static void
free_space_is_told_or_minus_one(void **state)
{
	(void)state;
	assert_true(disk_free(dir) >= 0);
	assert_int_equal(disk_free(in_dir("absent")), -1);
}

#ifdef ASSENT_FAULTS
static const struct {
	const char *point;
	int rc;
} faults[] = {
	{ "file.write", ERR_FULL },
	{ "file.sync", ERR_IO },
	{ "file.rename", ERR_IO },
};

static void
a_write_that_fails_leaves_the_old_file_and_no_other(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100);
	struct err err;

	(void)state;
	assert_int_equal(file_write(in_dir("a"), "old", 3, 0600, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		fault_arm(faults[i].point, 1);
		assert_int_equal(file_write(in_dir("a"), "new", 3, 0600, &err), faults[i].rc);
		fault_arm(NULL, 0);
		assert_int_equal(file_read(in_dir("a"), &s, &err), 0);
		assert_string_equal(str_text(&s), "old");
		assert_int_equal(count_files(), 1);
	}
	fault_arm("folder.sync", 1);
	assert_int_equal(file_write(in_dir("a"), "new", 3, 0600, &err), ERR_IO);
	fault_arm(NULL, 0);
}
#endif

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(what_was_written_is_read_back),
		IN_DIR(the_mode_is_exact_whatever_the_umask),
		IN_DIR(a_file_of_the_ceilings_size_is_read_and_no_larger),
		IN_DIR(what_cannot_be_read_is_named),
		IN_DIR(a_secret_that_others_may_read_is_refused),
		IN_DIR(a_created_file_never_replaces),
		IN_DIR(folders_are_made_on_the_way),
		IN_DIR(free_space_is_told_or_minus_one),
#ifdef ASSENT_FAULTS
		IN_DIR(a_write_that_fails_leaves_the_old_file_and_no_other),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
