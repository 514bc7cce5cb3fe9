/* The tool is no library, so its printer is taken in as source. */
#include <cli/output.c>

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>

#include <cmocka.h>

static void
width_is_counted_in_terminal_columns(void **state)
{
	static const struct {
		const char *text;
		size_t want;
	} cases[] = {
		{ "", 0 }, { "plain", 5 }, { "Jörg", 4 },
		{ "Jo\xcc\x88rg", 4 }, /* a combining diaeresis */
		{ "日本", 4 }, { "한국어", 6 }, { "👍", 2 },
		{ "\xe2\x80\x8bx", 1 }, /* a zero-width space */
		{ "\xff\xfe", 2 }, /* two replacement characters */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (text_columns(cases[i].text) != cases[i].want)
			fail_msg("'%s' takes %zu columns, not %zu", cases[i].text,
			    text_columns(cases[i].text), cases[i].want);
}

static void
assert_prints(const struct cli_table *table, const char *want)
{
	char *got = NULL;
	size_t n;
	FILE *out = open_memstream(&got, &n);

	assert_non_null(out);
	cli_table_print(table, out);
	fclose(out);
	assert_string_equal(got, want);
	free(got);
}

static void
columns_stand_under_each_other(void **state)
{
	static const char *const headings[] = { "ID", "OWNER", "TITLE", NULL };
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(headings, 0);

	cli_table_add(table, "1", "Jörg", "Printer", CLI_END);
	cli_table_add(table, "22", "日本", "A much longer title that nobody clips", CLI_END);
	cli_table_add(table, "3", NULL, "No owner", CLI_END);
	cli_table_add(table, "4", CLI_END);
	assert_prints(table,
	    "ID  OWNER  TITLE\n"
	    "1   Jörg   Printer\n"
	    "22  日本   A much longer title that nobody clips\n"
	    "3          No owner\n"
	    "4\n");
}

static void
a_table_needs_no_headings(void **state)
{
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(NULL, 2);

	cli_table_add(table, "Subject", "Hello", CLI_END);
	cli_table_add(table, "To", "x@y.example", CLI_END);
	assert_prints(table,
	    "Subject  Hello\n"
	    "To       x@y.example\n");
}

static void
names_are_cut_before_the_last_column_is(void **state)
{
	static const char *const headings[] = { "ID", "OWNER", "TITLE", NULL };
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(headings, 0);

	cli_table_cut(table, 1);
	cli_table_add(table, "0123456789012345678901234567890123456789012345678",
	    "a-long-name@customer.example",
	    "What it is about, in some more words than there is room", CLI_END);
	unsetenv("COLUMNS");
	assert_prints(table,
	    "ID                                                 OWNER                    TITLE\n"
	    "0123456789012345678901234567890123456789012345678  a-long-name@customer.e…  "
	    "What it is about, in so…\n");
	setenv("COLUMNS", "60", 1);
	assert_prints(table,
	    "ID                                                 OWNER   TITLE\n"
	    "0123456789012345678901234567890123456789012345678  a-lon…  What it…\n");
	setenv("COLUMNS", "1000", 1);
	assert_prints(table,
	    "ID                                                 OWNER                         "
	    "TITLE\n"
	    "0123456789012345678901234567890123456789012345678  a-long-name@customer.example  "
	    "What it is about, in some more words than there is room\n");
	unsetenv("COLUMNS");
}

static void
a_long_text_stands_below_its_row(void **state)
{
	static const char *const headings[] = { "ID", "OWNER", NULL };
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(headings, 0);

	cli_table_add(table, "1", "Bob", CLI_END);
	cli_table_below(table, "It is loud, and it was so\n\nbefore as well");
	cli_table_add(table, "2", "Eve", CLI_END);
	setenv("COLUMNS", "20", 1);
	assert_prints(table,
	    "ID  OWNER\n1   Bob\n    It is loud, and\n    it was so\n    before as well\n2   "
	    "Eve\n");
	unsetenv("COLUMNS");
}

static void
words_go_on_below_where_somebody_says_how_wide_it_is(void **state)
{
	static const struct {
		const char *line, *columns, *want;
	} cases[] = {
		{ "", "20", "\n" },
		{ "- one two three four", "20", "  - one two three\n    four\n" },
		{ "- one two three  four", NULL, "  - one two three  four\n" },
		{ "    code  stays where it is", "20", "      code  stays\n        where it is\n" },
		{ "see https://desk.example/a/b", "20", "  see\n    https://desk.example/a/b\n" },
		{ "日本語日 日本語日日 x", "20", "  日本語日\n    日本語日日 x\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *got = NULL;
		size_t n;
		FILE *out = open_memstream(&got, &n);

		if (cases[i].columns)
			setenv("COLUMNS", cases[i].columns, 1);
		cli_print_wrapped(cases[i].line, *cases[i].line ? 2 : 0, 2, out);
		unsetenv("COLUMNS");
		fclose(out);
		assert_string_equal(got, cases[i].want);
		free(got);
	}
}

/* A subject comes from a stranger: it must not reach the terminal as it is. */
static void
cells_cannot_steer_the_terminal(void **state)
{
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(NULL, 1);

	cli_table_add(table,
	    "a\x1b[2Jb\nc\xe2\x80\xae"
	    "d",
	    CLI_END);
	assert_prints(table, "a[2Jb cd\n");
}

static void
the_last_column_is_clipped_on_a_terminal(void **state)
{
	AUTO(cli_table_freep) struct cli_table *table = cli_table_new(NULL, 2);
	struct winsize size = { .ws_col = 20, .ws_row = 5 };
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	char got[200] = "";
	FILE *out;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	out = fdopen(slave, "w");
	assert_non_null(out);
	cli_table_add(table, "id", "日本語日本語日本語日本語", CLI_END);
	cli_table_print(table, out);
	fflush(out);
	/* A terminal hands a line over in pieces. */
	for (size_t n = 0; n < sizeof(got) - 1 && !strchr(got, '\n'); n = strlen(got))
		assert_true(read(master, got + n, sizeof(got) - 1 - n) > 0);
	assert_string_equal(got, "id  日本語日本語日…\r\n");
	fclose(out);
	close(master);
}

static void
times_are_shown_or_left_empty(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(100);
	json_t *time = cli_json_time(1795249800000), *none = cli_json_time(0);

	cli_add_time(&text, 0);
	assert_string_equal(str_text(&text), "");
	cli_add_time(&text, 1795249800000);
	assert_true(text.len > 10);
	assert_string_equal(json_string_value(time), "2026-11-21T08:30:00.000Z");
	assert_true(json_is_null(none));
	json_decref(time);
}

static void
json_texts_are_always_utf8(void **state)
{
	json_t *value = cli_json_text("a\xff"
				      "b");

	assert_string_equal(json_string_value(value),
	    "a\xef\xbf\xbd"
	    "b");
	json_decref(value);
	value = cli_json_text(NULL);
	assert_string_equal(json_string_value(value), "");
	json_decref(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(width_is_counted_in_terminal_columns),
		cmocka_unit_test(columns_stand_under_each_other),
		cmocka_unit_test(a_table_needs_no_headings),
		cmocka_unit_test(names_are_cut_before_the_last_column_is),
		cmocka_unit_test(a_long_text_stands_below_its_row),
		cmocka_unit_test(words_go_on_below_where_somebody_says_how_wide_it_is),
		cmocka_unit_test(cells_cannot_steer_the_terminal),
		cmocka_unit_test(the_last_column_is_clipped_on_a_terminal),
		cmocka_unit_test(times_are_shown_or_left_empty),
		cmocka_unit_test(json_texts_are_always_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
