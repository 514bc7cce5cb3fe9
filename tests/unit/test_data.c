#include <assent/base/data.h>
#include <assent/base/file.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* In the place of the build's own table, so that the archive's is not linked. */
const struct data_file data_files[] = {
	{ "mail-templates/en/bulk.txt", "bulk", 4 },
	{ "mail-templates/en/request.txt", "built in\0x", 10 },
	{ "web/page.html", "<p>", 3 },
	{ 0, 0, 0 },
};
const size_t data_file_count = 3;

static char site[64];

static int
make_site(void **state)
{
	char path[128];

	(void)state;
	snprintf(site, sizeof(site), "/tmp/assent-data-XXXXXX");
	if (!mkdtemp(site))
		return -1;
	snprintf(path, sizeof(path), "%s/web", site);
	if (folder_make(path, 0700, NULL) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/web/page.html", site);
	return file_write(path, "<b>site", 7, 0600, NULL);
}

static int
remove_site(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/web/page.html", site);
	unlink(path);
	snprintf(path, sizeof(path), "%s/web", site);
	return rmdir(path) | rmdir(site);
}

static void
each_built_in_file_is_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < data_file_count; i++)
		assert_ptr_equal(data_find(data_files[i].name), &data_files[i]);
	assert_null(data_find("web"));
	assert_null(data_find(""));
	assert_null(data_find("zzz"));
}

static void
a_site_overrides_file_by_file(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100);

	(void)state;
	assert_int_equal(data_read(site, "web/page.html", &s, NULL), 0);
	assert_string_equal(str_text(&s), "<b>site");
	assert_int_equal(data_read(site, "mail-templates/en/request.txt", &s, NULL), 0);
	assert_int_equal(s.len, 10);
	assert_memory_equal(s.text, "built in\0x", 10);
	assert_int_equal(data_read(NULL, "web/page.html", &s, NULL), 0);
	assert_string_equal(str_text(&s), "<p>");
	assert_int_equal(data_read("", "web/page.html", &s, NULL), 0);
	assert_string_equal(str_text(&s), "<p>");
}

static const struct {
	const char *name;
	int rc;
} bad[] = {
	{ "web/absent.html", ERR_NOT_FOUND }, { "../etc/passwd", ERR_INVALID },
	{ "web/../../etc/passwd", ERR_INVALID }, { "/etc/passwd", ERR_INVALID },
	{ "", ERR_INVALID }, { "web", ERR_INVALID }, /* a folder */
};

static void
a_name_does_not_lead_out_of_the_folder(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(100), small = STR_INIT(2);
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(data_read(site, bad[i].name, &s, &err), bad[i].rc);
	assert_int_equal(data_read(NULL, "web/page.html", &small, &err), ERR_LIMIT);
	assert_int_equal(data_read(site, "web/page.html", &small, &err), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_built_in_file_is_found_by_name),
		cmocka_unit_test(a_site_overrides_file_by_file),
		cmocka_unit_test(a_name_does_not_lead_out_of_the_folder),
	};

	return cmocka_run_group_tests(tests, make_site, remove_site);
}
