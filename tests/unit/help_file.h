#pragma once
/* help_file: folders and databases from outside, past the code under test. Failing fails the test. */
#include <stdint.h>

/* The folder with all that is in it; 0, as a cmocka fixture returns it. */
int folder_remove(const char *path);

/* By another hand than the program's: a connection of its own. */
struct sqlite3 *sql_open(const char *path); /* sqlite3_close() it */
void sql_run(const char *path, const char *sql);
int64_t sql_number(const char *path, const char *sql); /* the first number of the first row */
