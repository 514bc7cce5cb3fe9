/* Answers as mail programs really write them: tests/clients, each with what its writer wrote. */
#include "help_mail.h"

#include <assent/base/file.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>

#include <cmocka.h>

#define FOLDER "tests/clients"
#define CLIENTS_LEAST 41

static int
is_mail(const struct dirent *entry)
{
	return text_ends_nocase(entry->d_name, ".eml");
}

static void
load(const char *name, const char *end, struct str *out)
{
	char path[300];
	struct err err = { 0 };

	snprintf(path, sizeof(path), FOLDER "/%.*s%s", (int)(strlen(name) - 4), name, end);
	if (file_read(path, out, &err) < 0)
		fail_msg("%s (tests run from the top of the tree)", err.text);
}

static bool
reads_well(struct parser *parser, const char *name)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str raw = STR_INIT(LETTER_RAW_MAX), want = STR_INIT(LETTER_TEXT_MAX);
	struct letter *letter = NULL;
	struct err err = { 0 };

	load(name, ".eml", &raw);
	load(name, ".txt", &want);
	if (parser_letter(parser, str_text(&raw), raw.len, arena, &letter, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	if (text_is(letter->reply, str_text(&want)))
		return true;
	print_error("%s is read as\n[%s]\nnot\n[%s]\n", name, letter->reply, str_text(&want));
	return false;
}

static void
what_each_mail_program_quotes_is_not_the_writers(void **state)
{
	struct dirent **names;
	int count = scandir(FOLDER, &names, is_mail, alphasort), wrong = 0;

	assert_true(count >= CLIENTS_LEAST);
	for (int i = 0; i < count; i++) {
		wrong += !reads_well(*state, names[i]->d_name);
		free(names[i]); /* house: library memory */
	}
	free(names); /* house: library memory */
	assert_int_equal(wrong, 0);
}

static int
start(void **state)
{
	*state = help_parser(1, 30 * MS_SECOND);
	return 0;
}

static int
stop(void **state)
{
	parser_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_each_mail_program_quotes_is_not_the_writers),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
